//! EndpointSlice: a share of the addresses behind a Service.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.discovery.v1.EndpointSlice")];

pub static KIND: Kind = Kind::new(
    "discovery.k8s.io",
    "EndpointSlice",
    "endpointslices",
    "endpointslice",
    Scope::Namespaced,
    "/registry/endpointslices/",
    VERSIONS,
);
