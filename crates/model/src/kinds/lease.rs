//! Lease: a lock or heartbeat that must be renewed.
use super::{Kind, Scope, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.coordination.v1.Lease")];

pub static KIND: Kind = Kind {
    create_on_update: true,
    unconditional_update: false,
    unsynced: |lease| lease["metadata"]["namespace"] == "kube-node-lease",
    ..Kind::new("coordination.k8s.io", "Lease", "leases", "lease", Scope::Namespaced, "/registry/leases/", VERSIONS)
};
