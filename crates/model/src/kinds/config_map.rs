//! ConfigMap: named texts and bytes for pods.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.ConfigMap")];

pub static KIND: Kind = Kind {
    short_names: &["cm"],
    ..Kind::new("", "ConfigMap", "configmaps", "configmap", Scope::Namespaced, "/registry/configmaps/", VERSIONS)
};
