//! RuntimeClass: which handler of the container runtime runs a pod.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.node.v1.RuntimeClass")];

pub static KIND: Kind = Kind {
    create_on_update: true,
    unconditional_update: false,
    ..Kind::new(
        "node.k8s.io",
        "RuntimeClass",
        "runtimeclasses",
        "runtimeclass",
        Scope::Cluster,
        "/registry/runtimeclasses/",
        VERSIONS,
    )
};
