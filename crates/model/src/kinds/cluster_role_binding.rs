//! ClusterRoleBinding: grants a ClusterRole everywhere.
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

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.rbac.v1.ClusterRoleBinding")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate: |binding, errors| rules::binding(binding, false, errors),
    validate_update: |new, old, errors| {
        object_meta::validate(&KIND, new, errors);
        rules::binding(new, false, errors);
        object_meta::validate_update(new, old, errors);
        rules::same_role(new, old, errors);
    },
    name_rule: NameRule::PathSegment,
    create_on_update: true,
    ..Kind::new(
        "rbac.authorization.k8s.io",
        "ClusterRoleBinding",
        "clusterrolebindings",
        "clusterrolebinding",
        Scope::Cluster,
        "/registry/clusterrolebindings/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column(
        "Role",
        "string",
        FieldWithout("io.k8s.api.rbac.v1.ClusterRoleBinding", "roleRef", " This field is immutable."),
        |binding, _| subjects::role(binding),
    ),
    columns::AGE,
    wide("Users", "string", Text("Users in the clusterRoleBinding"), |binding, _| subjects::names(binding, "User")),
    wide("Groups", "string", Text("Groups in the clusterRoleBinding"), |binding, _| subjects::names(binding, "Group")),
    wide("ServiceAccounts", "string", Text("ServiceAccounts in the clusterRoleBinding"), |binding, _| {
        subjects::names(binding, "ServiceAccount")
    }),
];
