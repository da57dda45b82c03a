//! RoleBinding: grants a Role or ClusterRole in one namespace.
use super::{Column, Kind, Scope, Version, rules};

const TYPE: &str = "io.k8s.api.rbac.v1.RoleBinding";
const VERSIONS: &[Version] = &[Version::new("v1", TYPE)];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate: |binding, errors| rules::binding(binding, true, errors),
    validate_update: |new, old, errors| rules::binding_update(&KIND, new, old, errors),
    ..rules::row("RoleBinding", "rolebindings", "rolebinding", Scope::Namespaced, "/registry/rolebindings/", VERSIONS)
};

const COLUMNS: &[Column] = &rules::binding_columns(
    TYPE,
    ["Users in the roleBinding", "Groups in the roleBinding", "ServiceAccounts in the roleBinding"],
);
