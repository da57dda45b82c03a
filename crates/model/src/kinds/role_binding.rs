//! RoleBinding: grants a Role or ClusterRole in one namespace.
use super::{Kind, NameRule, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.rbac.v1.RoleBinding")];

pub static KIND: Kind = Kind {
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
