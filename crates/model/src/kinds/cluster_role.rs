//! ClusterRole: a set of rules, usable in the whole cluster.
use super::{Kind, NameRule, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.rbac.v1.ClusterRole")];

pub static KIND: Kind = Kind {
    name_rule: NameRule::PathSegment,
    create_on_update: true,
    ..Kind::new(
        "rbac.authorization.k8s.io",
        "ClusterRole",
        "clusterroles",
        "clusterrole",
        Scope::Cluster,
        "/registry/clusterroles/",
        VERSIONS,
    )
};
