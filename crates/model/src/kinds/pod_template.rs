//! PodTemplate: a template of pods kept by itself.
use super::{Kind, Scope, Version, prepare};
use crate::{Value, meta::object_meta::semantic_eq};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.PodTemplate")];

pub static KIND: Kind = Kind {
    prepare_create: prepare::first_generation,
    prepare_update: |new: &mut Value, old: &Value| {
        let changed = !semantic_eq(&new["template"], &old["template"]);
        prepare::next_generation(new, old, changed);
    },
    ..Kind::new(
        "",
        "PodTemplate",
        "podtemplates",
        "podtemplate",
        Scope::Namespaced,
        "/registry/podtemplates/",
        VERSIONS,
    )
};
