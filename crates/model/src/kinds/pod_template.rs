//! PodTemplate: a template of pods kept by itself.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.PodTemplate")];

pub static KIND: Kind =
    Kind::new("", "PodTemplate", "podtemplates", "podtemplate", Scope::Namespaced, "/registry/podtemplates/", VERSIONS);
