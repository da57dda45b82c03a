//! PriorityClass: a named scheduling priority.
use super::{Kind, Scope, Version, prepare};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.scheduling.v1.PriorityClass")];

pub static KIND: Kind = Kind {
    prepare_create: prepare::first_generation,
    short_names: &["pc"],
    ..Kind::new(
        "scheduling.k8s.io",
        "PriorityClass",
        "priorityclasses",
        "priorityclass",
        Scope::Cluster,
        "/registry/priorityclasses/",
        VERSIONS,
    )
};
