//! ClusterRoleBinding: grants a ClusterRole everywhere.
use super::{Column, Kind, Scope, Version, rules};

const TYPE: &str = "io.k8s.api.rbac.v1.ClusterRoleBinding";
const VERSIONS: &[Version] = &[Version::new("v1", TYPE)];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate: |binding, errors| rules::binding(binding, false, errors),
    validate_update: |new, old, errors| rules::binding_update(&KIND, new, old, errors),
    ..rules::row(
        "ClusterRoleBinding",
        "clusterrolebindings",
        "clusterrolebinding",
        Scope::Cluster,
        "/registry/clusterrolebindings/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &rules::binding_columns(
    TYPE,
    [
        "Users in the clusterRoleBinding",
        "Groups in the clusterRoleBinding",
        "ServiceAccounts in the clusterRoleBinding",
    ],
);
