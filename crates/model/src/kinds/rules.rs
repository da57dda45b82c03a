//! Rules of roles, and what bindings bind them to.
use crate::{
    Value,
    meta::{at::At, field_error::Errors, go, names},
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// `ValidatePolicyRule` over a list.
pub(super) fn policy_rules(at: &At, namespaced: bool, errors: &mut Errors) {
    for rule in at.items() {
        if rule.child("verbs").is_empty() {
            errors.required(rule.child("verbs"), "verbs must contain at least one value");
        }
        let urls = rule.child("nonResourceURLs");
        if !urls.is_empty() {
            if namespaced {
                errors.invalid(urls, urls.value, "namespaced rules cannot apply to non-resource URLs");
            }
            if ["apiGroups", "resources", "resourceNames"].iter().any(|field| !rule.child(field).is_empty()) {
                let why = "rules cannot apply to both regular resources and non-resource URLs";
                errors.invalid(urls, urls.value, why);
            }
            continue;
        }
        for (field, what) in [("apiGroups", "api group"), ("resources", "resource")] {
            if rule.child(field).is_empty() {
                errors.required(rule.child(field), format!("resource rules must supply at least one {what}"));
            }
        }
    }
}

/// A RoleBinding, or a ClusterRoleBinding where not `namespaced`.
pub(super) fn binding(binding: &Value, namespaced: bool, errors: &mut Errors) {
    let root = At::root(binding);
    let role = root.child("roleRef");
    if role.text("apiGroup") != GROUP {
        errors.not_supported(role.child("apiGroup"), role.text("apiGroup"), &[GROUP]);
    }
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if !kinds.contains(&role.text("kind")) {
        errors.not_supported(role.child("kind"), role.text("kind"), kinds);
    }
    let name = role.text("name");
    if name.is_empty() {
        errors.required(role.child("name"), "");
    } else {
        errors.invalid_each(role.child("name"), name, names::path_segment(name));
    }
    for subject in root.child("subjects").items() {
        self::subject(&subject, namespaced, errors);
    }
}

fn subject(at: &At, namespaced: bool, errors: &mut Errors) {
    let (name, group) = (at.text("name"), at.text("apiGroup"));
    if name.is_empty() {
        errors.required(at.child("name"), "");
    }
    match at.text("kind") {
        "ServiceAccount" => {
            if !name.is_empty() {
                errors.invalid_each(at.child("name"), name, names::dns1123_subdomain(name));
            }
            if !group.is_empty() {
                errors.not_supported(at.child("apiGroup"), group, &[""]);
            }
            if !namespaced && at.text("namespace").is_empty() {
                errors.required(at.child("namespace"), "");
            }
        }
        "User" | "Group" if group != GROUP => errors.not_supported(at.child("apiGroup"), group, &[GROUP]),
        "User" | "Group" => {}
        other => errors.not_supported(at.child("kind"), other, &["ServiceAccount", "User", "Group"]),
    }
}

/// A binding's role is what it is.
pub(super) fn same_role(new: &Value, old: &Value, errors: &mut Errors) {
    if new["roleRef"] != old["roleRef"] {
        let shown = go::internal("io.k8s.api.rbac.v1.RoleRef", &new["roleRef"]);
        errors.invalid("roleRef", go::Printed(shown), "cannot change roleRef");
    }
}
