//! What RoleBindings and ClusterRoleBindings show of their role and subjects.
use super::columns::{items, text};
use crate::Value;

/// `Kind/name` of the role.
pub(super) fn role(binding: &Value) -> Value {
    format!("{}/{}", text(binding, "/roleRef/kind"), text(binding, "/roleRef/name")).into()
}

/// Names of the subjects of one kind, service accounts with their namespace.
pub(super) fn names(binding: &Value, kind: &str) -> Value {
    let subjects = items(binding, "/subjects").iter().filter(|subject| subject["kind"] == kind);
    let names: Vec<String> = subjects
        .map(|subject| {
            let name = text(subject, "/name");
            if kind == "ServiceAccount" { format!("{}/{name}", text(subject, "/namespace")) } else { name }
        })
        .collect();
    names.join(", ").into()
}
