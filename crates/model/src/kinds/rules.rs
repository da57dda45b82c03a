//! Rules of roles, and what bindings bind them to.
use super::{
    Column, Kind, NameRule, Scope, Version,
    columns::{
        self,
        Doc::{FieldWithout, Text},
        column, wide,
    },
    subjects,
};
use crate::{
    Value,
    meta::{at::At, field_error::Errors, go, names, object_meta},
};

const GROUP: &str = "rbac.authorization.k8s.io";

/// What the rows of the group share. Names may hold colons, as in `system:node`.
pub(super) const fn row(
    kind: &'static str,
    resource: &'static str,
    singular: &'static str,
    scope: Scope,
    prefix: &'static str,
    versions: &'static [Version],
) -> Kind {
    Kind {
        name_rule: NameRule::PathSegment,
        create_on_update: true,
        ..Kind::new(GROUP, kind, resource, singular, scope, prefix, versions)
    }
}

/// The columns of a binding; `texts` describe its users, groups and service accounts.
pub(super) const fn binding_columns(type_name: &'static str, texts: [&'static str; 3]) -> [Column; 6] {
    let [users, groups, accounts] = texts;
    [
        columns::NAME,
        column("Role", "string", FieldWithout(type_name, "roleRef", " This field is immutable."), |it, _| {
            subjects::role(it)
        }),
        columns::AGE,
        wide("Users", "string", Text(users), |it, _| subjects::names(it, "User")),
        wide("Groups", "string", Text(groups), |it, _| subjects::names(it, "Group")),
        wide("ServiceAccounts", "string", Text(accounts), |it, _| subjects::names(it, "ServiceAccount")),
    ]
}

/// The update of a role, whose rules `validate` checks.
pub(super) fn role_update(kind: &Kind, new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate(kind, new, errors);
    (kind.validate)(new, errors);
    object_meta::validate_update(new, old, errors);
}

/// The update of a binding, which stays with its role.
pub(super) fn binding_update(kind: &Kind, new: &Value, old: &Value, errors: &mut Errors) {
    role_update(kind, new, old, errors);
    same_role(new, old, errors);
}

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
fn same_role(new: &Value, old: &Value, errors: &mut Errors) {
    if new["roleRef"] != old["roleRef"] {
        let shown = go::internal("io.k8s.api.rbac.v1.RoleRef", &new["roleRef"]);
        errors.invalid("roleRef", go::Printed(shown), "cannot change roleRef");
    }
}
