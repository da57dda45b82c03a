//! LimitRange: bounds and defaults of what pods of a namespace ask for.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.LimitRange")];

pub static KIND: Kind = Kind {
    short_names: &["limits"],
    create_on_update: true,
    ..Kind::new("", "LimitRange", "limitranges", "limitrange", Scope::Namespaced, "/registry/limitranges/", VERSIONS)
};
