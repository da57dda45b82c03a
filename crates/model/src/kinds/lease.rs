//! Lease: a lock or heartbeat that must be renewed.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, column, text},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.coordination.v1.Lease")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    create_on_update: true,
    unconditional_update: false,
    unsynced: |lease| lease["metadata"]["namespace"] == "kube-node-lease",
    ..Kind::new("coordination.k8s.io", "Lease", "leases", "lease", Scope::Namespaced, "/registry/leases/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column(
        "Holder",
        "string",
        "holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.",
        |lease, _| text(lease, "/spec/holderIdentity").into(),
    ),
    columns::AGE,
];
