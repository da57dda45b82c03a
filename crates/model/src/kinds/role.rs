//! Role: a set of rules in one namespace.
use super::{Kind, NameRule, Scope, Version, rules};

use crate::{
    Value,
    meta::{at::At, field_error::Errors, object_meta},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.rbac.v1.Role")];

pub static KIND: Kind = Kind {
    validate,
    validate_update: |new, old, errors| {
        object_meta::validate(&KIND, new, errors);
        validate(new, errors);
        object_meta::validate_update(new, old, errors);
    },
    name_rule: NameRule::PathSegment,
    create_on_update: true,
    ..Kind::new("rbac.authorization.k8s.io", "Role", "roles", "role", Scope::Namespaced, "/registry/roles/", VERSIONS)
};

fn validate(role: &Value, errors: &mut Errors) {
    let root = At::root(role);
    rules::policy_rules(&root.child("rules"), true, errors);
}
