//! One pure module per controller, and the table of all.
mod cluster_role_aggregation;
pub mod common;
mod context;
mod deployment;
mod endpoint_slice;
mod endpoints;
mod garbage;
mod manager;
mod namespace;
mod node_ipam;
mod node_lifecycle;
mod pod_gc;
mod replicas;
mod root_ca;
mod service_account;
mod service_account_token;
mod taint_eviction;
mod ttl;

pub use context::{Context, Wiring};
pub use manager::{ControllerManagerConfig, SecretTokens, run};

/// One row of the table.
#[derive(Debug)]
pub struct Controller {
    /// Upstream's name, as `--controllers` takes it.
    pub name: &'static str,
    /// Whether `*` includes it.
    pub default: bool,
    pub start: fn(&Context),
}

const fn row(name: &'static str, start: fn(&Context)) -> Controller {
    Controller { name, default: true, start }
}

/// Every controller there is.
pub static ALL: &[Controller] = &[
    row("serviceaccount-token-controller", service_account_token::start),
    row("serviceaccount-controller", service_account::start),
    row("root-ca-certificate-publisher-controller", root_ca::start),
    row("endpoints-controller", endpoints::start),
    row("endpointslice-controller", endpoint_slice::start),
    row("namespace-controller", namespace::start),
    row("garbage-collector-controller", garbage::start),
    row("deployment-controller", deployment::start),
    row("replicaset-controller", replicas::start_replica_sets),
    row("replicationcontroller-controller", replicas::start_replication_controllers),
    row("node-ipam-controller", node_ipam::start),
    row("node-lifecycle-controller", node_lifecycle::start),
    row("taint-eviction-controller", taint_eviction::start),
    row("endpointslice-mirroring-controller", endpoint_slice::mirror::start),
    row("pod-garbage-collector-controller", pod_gc::start),
    row("ttl-controller", ttl::start),
    row("clusterrole-aggregation-controller", cluster_role_aggregation::start),
];
