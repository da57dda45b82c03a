//! EndpointSlice: a share of the addresses behind a Service.
use super::{Kind, Scope, Version, prepare};
use crate::{Value, meta::object_meta::semantic_eq};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.discovery.v1.EndpointSlice")];

pub static KIND: Kind = Kind {
    prepare_create: prepare::first_generation,
    prepare_update,
    ..Kind::new(
        "discovery.k8s.io",
        "EndpointSlice",
        "endpointslices",
        "endpointslice",
        Scope::Namespaced,
        "/registry/endpointslices/",
        VERSIONS,
    )
};

/// Everything but metadata counts, and of metadata the labels, which tell the Service.
fn prepare_update(new: &mut Value, old: &Value) {
    let same = |field: &str| semantic_eq(&new[field], &old[field]);
    let changed = !["addressType", "endpoints", "ports"].into_iter().all(same)
        || !semantic_eq(&new["metadata"]["labels"], &old["metadata"]["labels"]);
    prepare::next_generation(new, old, changed);
}
