//! What a kubelet is told at start, and why it may not start.
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Taint;
use skeg_client::Client;
use skeg_model::time::{Clock, SystemClock};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

/// The version of Kubernetes that nodes say they run.
pub const VERSION: &str = "v1.36.3";

/// The kubelet's own certificate and whom it trusts, as PEM.
#[derive(Clone, Default)]
pub struct ServingTls {
    pub cert_pem: Vec<u8>,
    pub key_pem: Vec<u8>,
    pub client_ca_pem: Vec<u8>,
}

impl std::fmt::Debug for ServingTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServingTls({} bytes of certificates)", self.cert_pem.len())
    }
}

/// Upstream's KubeletConfiguration, as far as it is read here, with the flags beside it.
#[derive(Debug, Clone)]
pub struct KubeletConfig {
    pub node_name: String,
    /// Speaks as `system:node:<name>`.
    pub client: Client,
    /// Path of the runtime's socket, or `unix://` and the path.
    pub runtime_endpoint: String,
    /// Holds `pods/<uid>`; `/var/lib/kubelet` upstream.
    pub root_dir: PathBuf,
    pub pod_log_dir: PathBuf,
    pub resolv_conf: PathBuf,
    pub cluster_dns: Vec<IpAddr>,
    pub cluster_domain: String,
    pub node_ips: Vec<IpAddr>,
    /// Given to label `kubernetes.io/hostname` and the Hostname address.
    pub hostname: String,
    pub listen: SocketAddr,
    /// None: the node answers no requests of its own.
    pub tls: Option<ServingTls>,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub max_pods: u32,
    /// Where the cgroup hierarchies are mounted.
    pub cgroup_mount: PathBuf,
    /// Cgroup below which `kubepods` stands; "" or "/name".
    pub cgroup_root: String,
    /// Version that the node reports.
    pub version: String,
    pub lease_duration: SignedDuration,
    pub clock: Arc<dyn Clock>,
    /// Spreads retries and renewals.
    pub seed: u64,
}

impl KubeletConfig {
    /// Upstream's defaults around what has none.
    pub fn new(node_name: &str, client: Client, runtime_endpoint: &str, node_ip: IpAddr) -> Self {
        Self {
            node_name: node_name.to_owned(),
            client,
            runtime_endpoint: runtime_endpoint.to_owned(),
            root_dir: "/var/lib/kubelet".into(),
            pod_log_dir: "/var/log/pods".into(),
            resolv_conf: "/etc/resolv.conf".into(),
            cluster_dns: Vec::new(),
            cluster_domain: "cluster.local".into(),
            node_ips: vec![node_ip],
            hostname: node_name.to_owned(),
            listen: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 10250),
            tls: None,
            labels: BTreeMap::new(),
            taints: Vec::new(),
            max_pods: 110,
            cgroup_mount: "/sys/fs/cgroup".into(),
            cgroup_root: String::new(),
            version: VERSION.into(),
            lease_duration: SignedDuration::from_secs(40),
            clock: Arc::new(SystemClock),
            seed: 0,
        }
    }

    pub fn pod_dir(&self, uid: &str) -> PathBuf {
        self.root_dir.join("pods").join(uid)
    }

    pub fn pod_logs(&self, namespace: &str, name: &str, uid: &str) -> PathBuf {
        self.pod_log_dir.join(format!("{namespace}_{name}_{uid}"))
    }
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
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("cannot use the serving certificate: {0}")]
    Tls(String),
}
