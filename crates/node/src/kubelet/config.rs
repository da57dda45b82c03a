//! What a kubelet is told at start, and why it may not start.
use super::configuration::Settings;
use skeg_client::Client;
use skeg_model::time::{Clock, SystemClock};
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The version of Kubernetes that nodes say they run.
pub const VERSION: &str = "v1.36.3";

/// Files (PEM) of the kubelet's own certificate, its key, and the authorities of those whom it trusts. They are followed:
/// a new certificate is used as soon as it is there.
#[derive(Debug, Clone)]
pub struct ServingTls {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub client_ca: PathBuf,
}

/// The settings of a KubeletConfiguration with what stands beside it.
#[derive(Debug, Clone)]
pub struct KubeletConfig {
    pub node_name: String,
    /// Speaks as `system:node:<name>`.
    pub client: Client,
    /// Holds `pods/<uid>`; `/var/lib/kubelet` upstream.
    pub root_dir: PathBuf,
    pub node_ips: Vec<IpAddr>,
    /// Given to label `kubernetes.io/hostname` and the Hostname address.
    pub hostname: String,
    /// None: the node answers no requests of its own.
    pub tls: Option<ServingTls>,
    pub labels: BTreeMap<String, String>,
    /// Where the cgroup hierarchies are mounted.
    pub cgroup_mount: PathBuf,
    /// Version that the node reports.
    pub version: String,
    pub clock: Arc<dyn Clock>,
    /// Spreads retries and renewals.
    pub seed: u64,
    /// Told when the pods' network was set up: the runtime does not say that it is ready, so it is asked then.
    pub network: Arc<Notify>,
    /// Cancelled once the runtime has what it needs for pods, such as the sandboxes' image. No pod is looked at before.
    pub may_start_pods: CancellationToken,
    pub settings: Settings,
}

impl KubeletConfig {
    /// Upstream's defaults around what has none.
    pub fn new(node_name: &str, client: Client, node_ip: IpAddr, settings: Settings) -> Self {
        Self {
            node_name: node_name.to_owned(),
            client,
            root_dir: "/var/lib/kubelet".into(),
            node_ips: vec![node_ip],
            hostname: node_name.to_owned(),
            tls: None,
            labels: BTreeMap::new(),
            cgroup_mount: "/sys/fs/cgroup".into(),
            version: VERSION.into(),
            clock: Arc::new(SystemClock),
            seed: 0,
            network: Arc::default(),
            may_start_pods: already(),
            settings,
        }
    }

    pub fn pod_dir(&self, uid: &str) -> PathBuf {
        self.root_dir.join("pods").join(uid)
    }

    pub fn pod_logs(&self, namespace: &str, name: &str, uid: &str) -> PathBuf {
        self.settings.pod_logs_dir.join(format!("{namespace}_{name}_{uid}"))
    }
}

/// Nothing is to be waited for.
fn already() -> CancellationToken {
    let token = CancellationToken::new();
    token.cancel();
    token
}

/// Why the kubelet ended.
#[derive(Debug, thiserror::Error)]
pub enum KubeletError {
    #[error("the container runtime at {endpoint} does not answer: {source}")]
    Runtime { endpoint: String, source: crate::cri::RuntimeError },
    #[error("cannot use {}: {source}", path.display())]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("cannot set up cgroups: {0}")]
    Cgroups(std::io::Error),
    #[error("running with swap on is not supported, please disable swap or set --fail-swap-on flag to false")]
    Swap,
    #[error("kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is in maintenance mode")]
    CgroupV1,
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("{0}")]
    Reserved(String),
    #[error("cannot use the serving certificate: {0}")]
    Tls(String),
}
