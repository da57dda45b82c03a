//! Binding: ties a pod to a node; create only (`bindings` and `pods/binding`).
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Binding")];

pub static KIND: Kind = Kind::answered("", "Binding", "bindings", "binding", Scope::Namespaced, VERSIONS);
