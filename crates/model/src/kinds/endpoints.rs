//! Endpoints: the addresses behind a Service, the older form of EndpointSlice.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Endpoints")];

pub static KIND: Kind = Kind {
    short_names: &["ep"],
    create_on_update: true,
    ..Kind::new("", "Endpoints", "endpoints", "endpoints", Scope::Namespaced, "/registry/services/endpoints/", VERSIONS)
};
