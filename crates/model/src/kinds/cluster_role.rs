//! ClusterRole: a set of rules, usable in the whole cluster.
use super::{Kind, Scope, Version, rules};
use crate::{
    Value,
    meta::{at::At, field_error::Errors, object_meta},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.rbac.v1.ClusterRole")];

pub static KIND: Kind = Kind {
    validate,
    validate_update: |new, old, errors| rules::role_update(&KIND, new, old, errors),
    ..rules::row("ClusterRole", "clusterroles", "clusterrole", Scope::Cluster, "/registry/clusterroles/", VERSIONS)
};

fn validate(role: &Value, errors: &mut Errors) {
    let root = At::root(role);
    rules::policy_rules(&root.child("rules"), false, errors);
    let aggregation = root.child("aggregationRule");
    let selectors = aggregation.child("clusterRoleSelectors");
    if !aggregation.is_nil() && selectors.is_empty() {
        let why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        errors.required(selectors, why);
    }
    for selector in selectors.items() {
        let mut wrong = Errors::new();
        object_meta::label_selector(&selector, &mut wrong);
        let is_wrong = !wrong.is_empty();
        errors.extend(wrong);
        if is_wrong {
            errors.invalid(selector, &Value::Null, "invalid label selector.");
        }
    }
}
