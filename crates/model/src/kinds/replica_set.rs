//! ReplicaSet: keeps a number of like pods.
use super::{Kind, SPEC_STATUS_RESET, Scope, Subresource, Version, prepare};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.apps.v1.ReplicaSet")];

pub static KIND: Kind = Kind {
    short_names: &["rs"],
    categories: &["all"],
    subresources: &[
        Subresource::Scale { spec: ".spec.replicas", status: ".status.replicas", selector: ".spec.selector" },
        Subresource::Status,
    ],
    prepare_create: prepare::first_generation,
    prepare_update: prepare::spec_update,
    prepare_status: prepare::status_update,
    reset_fields: SPEC_STATUS_RESET,
    ..Kind::new(
        "apps",
        "ReplicaSet",
        "replicasets",
        "replicaset",
        Scope::Namespaced,
        "/registry/replicasets/",
        VERSIONS,
    )
};
