//! RuntimeClass: which handler of the container runtime runs a pod.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, column, text},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.node.v1.RuntimeClass")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
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

const COLUMNS: &[Column] =
    &[columns::NAME, column("Handler", "string", "", |class, _| text(class, "/handler").into()), columns::AGE];
