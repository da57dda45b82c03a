//! Role: a set of rules in one namespace.
use super::{Kind, NameRule, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.rbac.v1.Role")];

pub static KIND: Kind = Kind {
    name_rule: NameRule::PathSegment,
    create_on_update: true,
    ..Kind::new("rbac.authorization.k8s.io", "Role", "roles", "role", Scope::Namespaced, "/registry/roles/", VERSIONS)
};
