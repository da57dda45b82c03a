//! ClusterRoleBinding: grants a ClusterRole everywhere.
use super::{Kind, NameRule, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.rbac.v1.ClusterRoleBinding")];

pub static KIND: Kind = Kind {
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
