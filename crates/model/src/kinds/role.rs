//! Role: a set of rules in one namespace.
use super::{Kind, Scope, Version, rules};
use crate::{
    Value,
    meta::{at::At, field_error::Errors},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.rbac.v1.Role")];

pub static KIND: Kind = Kind {
    validate,
    validate_update: |new, old, errors| rules::role_update(&KIND, new, old, errors),
    ..rules::row("Role", "roles", "role", Scope::Namespaced, "/registry/roles/", VERSIONS)
};

fn validate(role: &Value, errors: &mut Errors) {
    let root = At::root(role);
    rules::policy_rules(&root.child("rules"), true, errors);
}
