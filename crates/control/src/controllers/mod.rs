//! One pure module per controller, and the table of all.
mod bootstrap;
mod cluster_role_aggregation;
pub mod common;
mod context;
mod deployment;
mod disruption;
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
mod service_account_legacy;
mod service_account_token;
mod taint_eviction;
mod ttl;

pub use context::{Context, Wiring};
pub use manager::{ClusterInfoSigner, Concurrency, ControllerManagerConfig, Costs, Running, SecretTokens, run, start};

/// One row of the table.
#[derive(Debug)]
pub struct Controller {
    /// Upstream's name, as `--controllers` takes it.
    pub name: &'static str,
    /// The name that older releases knew it by; "" if it has none.
    pub alias: &'static str,
    /// Whether `*` includes it.
    pub default: bool,
    pub start: fn(&Context),
}

const fn row(name: &'static str, alias: &'static str, start: fn(&Context)) -> Controller {
    Controller { name, alias, default: true, start }
}

/// One that `*` leaves out.
const fn on_request(name: &'static str, alias: &'static str, start: fn(&Context)) -> Controller {
    Controller { name, alias, default: false, start }
}

/// Every controller there is.
pub static ALL: &[Controller] = &[
    row("serviceaccount-token-controller", "serviceaccount-token", service_account_token::start),
    row("serviceaccount-controller", "serviceaccount", service_account::start),
    row("root-ca-certificate-publisher-controller", "root-ca-cert-publisher", root_ca::start),
    row("endpoints-controller", "endpoint", endpoints::start),
    row("endpointslice-controller", "endpointslice", endpoint_slice::start),
    row("endpointslice-mirroring-controller", "endpointslicemirroring", endpoint_slice::mirror::start),
    row("namespace-controller", "namespace", namespace::start),
    row("garbage-collector-controller", "garbagecollector", garbage::start),
    row("deployment-controller", "deployment", deployment::start),
    row("replicaset-controller", "replicaset", replicas::start_replica_sets),
    row("replicationcontroller-controller", "replicationcontroller", replicas::start_replication_controllers),
    row("disruption-controller", "disruption", disruption::start),
    row("node-ipam-controller", "nodeipam", node_ipam::start),
    row("node-lifecycle-controller", "nodelifecycle", node_lifecycle::start),
    row("taint-eviction-controller", "", taint_eviction::start),
    row("pod-garbage-collector-controller", "podgc", pod_gc::start),
    row("ttl-controller", "ttl", ttl::start),
    row("clusterrole-aggregation-controller", "clusterrole-aggregation", cluster_role_aggregation::start),
    row(
        "legacy-serviceaccount-token-cleaner-controller",
        "legacy-service-account-token-cleaner",
        service_account_legacy::start,
    ),
    on_request("bootstrap-signer-controller", "bootstrapsigner", bootstrap::signer::start),
    on_request("token-cleaner-controller", "tokencleaner", bootstrap::cleaner::start),
];

/// Name and older name of upstream's controllers that there are none of here.
static ABSENT: &[(&str, &str)] = &[
    ("resourcequota-controller", "resourcequota"),
    ("daemonset-controller", "daemonset"),
    ("job-controller", "job"),
    ("horizontal-pod-autoscaler-controller", "horizontalpodautoscaling"),
    ("statefulset-controller", "statefulset"),
    ("cronjob-controller", "cronjob"),
    ("certificatesigningrequest-signing-controller", "csrsigning"),
    ("certificatesigningrequest-approving-controller", "csrapproving"),
    ("certificatesigningrequest-cleaner-controller", "csrcleaner"),
    ("podcertificaterequest-cleaner-controller", ""),
    ("service-lb-controller", "service"),
    ("node-route-controller", "route"),
    ("cloud-node-lifecycle-controller", "cloud-node-lifecycle"),
    ("device-taint-eviction-controller", ""),
    ("persistentvolume-binder-controller", "persistentvolume-binder"),
    ("persistentvolume-attach-detach-controller", "attachdetach"),
    ("persistentvolume-expander-controller", "persistentvolume-expander"),
    ("persistentvolumeclaim-protection-controller", "pvc-protection"),
    ("persistentvolume-protection-controller", "pv-protection"),
    ("podgroup-protection-controller", ""),
    ("ttl-after-finished-controller", "ttl-after-finished"),
    ("kube-apiserver-serving-clustertrustbundle-publisher-controller", ""),
    ("ephemeral-volume-controller", "ephemeral-volume"),
    ("storageversion-garbage-collector-controller", "storage-version-gc"),
    ("resourceclaim-controller", "resource-claim-controller"),
    ("resourcepoolstatusrequest-controller", ""),
    ("validatingadmissionpolicy-status-controller", ""),
    ("volumeattributesclass-protection-controller", ""),
    ("service-cidr-controller", ""),
    ("storage-version-migrator-controller", "svm"),
    ("selinux-warning-controller", ""),
];
