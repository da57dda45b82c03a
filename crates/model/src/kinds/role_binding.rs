//! RoleBinding: grants a Role or ClusterRole in one namespace.
use super::{
    Column, Kind, NameRule, Scope, Version,
    columns::{
        self,
        Doc::{FieldWithout, Text},
        column, wide,
    },
    rules, subjects,
};

use crate::meta::object_meta;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.rbac.v1.RoleBinding")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate: |binding, errors| rules::binding(binding, true, errors),
    validate_update: |new, old, errors| {
        object_meta::validate(&KIND, new, errors);
        rules::binding(new, true, errors);
        object_meta::validate_update(new, old, errors);
        rules::same_role(new, old, errors);
    },
    name_rule: NameRule::PathSegment,
    create_on_update: true,
    ..Kind::new(
        "rbac.authorization.k8s.io",
        "RoleBinding",
        "rolebindings",
        "rolebinding",
        Scope::Namespaced,
        "/registry/rolebindings/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column(
        "Role",
        "string",
        FieldWithout("io.k8s.api.rbac.v1.RoleBinding", "roleRef", " This field is immutable."),
        |binding, _| subjects::role(binding),
    ),
    columns::AGE,
    wide("Users", "string", Text("Users in the roleBinding"), |binding, _| subjects::names(binding, "User")),
    wide("Groups", "string", Text("Groups in the roleBinding"), |binding, _| subjects::names(binding, "Group")),
    wide("ServiceAccounts", "string", Text("ServiceAccounts in the roleBinding"), |binding, _| {
        subjects::names(binding, "ServiceAccount")
    }),
];
