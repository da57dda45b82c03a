//! A pod as placement sees it: compiled once from the API object.
use super::{affinity::NodeSelection, resources::Amounts, terms::Relations};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, Toleration};
use std::{collections::BTreeMap, sync::Arc};

/// A port on the host: (address, protocol, port).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// "0.0.0.0" for all addresses.
    pub ip: String,
    pub protocol: String,
    pub port: i32,
}

impl HostPort {
    /// Whether both cannot be had on one node.
    pub fn conflicts(&self, other: &Self) -> bool {
        self.port == other.port
            && self.protocol == other.protocol
            && (self.ip == other.ip || self.ip == "0.0.0.0" || other.ip == "0.0.0.0")
    }
}

/// Everything that filters and scores ask of a pod.
#[derive(Debug, Clone)]
pub struct PodFacts {
    /// `namespace/name`.
    pub key: Arc<str>,
    pub uid: String,
    pub namespace: String,
    pub labels: BTreeMap<String, String>,
    pub priority: i32,
    pub requests: Amounts,
    /// CPU (milli) and memory (bytes) as nodes are compared by.
    pub compared: (i64, i64),
    pub tolerations: Vec<Toleration>,
    pub selection: NodeSelection,
    pub(super) relations: Relations,
    pub ports: Vec<HostPort>,
    pub images: Vec<String>,
    /// `spec.nodeName` when it is set.
    pub node_name: String,
    pub preempts: bool,
    pub terminating: bool,
    /// It ends because the scheduler made room.
    pub preempted: bool,
    pub started: Option<Timestamp>,
    /// `status.nominatedNodeName` when it is set.
    pub nominated: Option<String>,
}

impl PodFacts {
    pub fn new(pod: &Pod) -> Self {
        let namespace = pod.metadata.namespace.clone().unwrap_or_default();
        let name = pod.metadata.name.clone().unwrap_or_default();
        let status = pod.status.as_ref();
        let empty = Default::default();
        let spec = pod.spec.as_ref().unwrap_or(&empty);
        Self {
            key: format!("{namespace}/{name}").into(),
            uid: pod.metadata.uid.clone().unwrap_or_default(),
            labels: pod.metadata.labels.clone().unwrap_or_default(),
            relations: Relations::new(spec, &namespace),
            namespace,
            priority: spec.priority.unwrap_or(0),
            requests: Amounts::of_pod(spec),
            compared: Amounts::compared_of_pod(spec),
            tolerations: spec.tolerations.clone().unwrap_or_default(),
            selection: NodeSelection::new(spec),
            ports: host_ports(spec),
            images: spec.containers.iter().filter_map(|c| c.image.clone()).collect(),
            node_name: spec.node_name.clone().unwrap_or_default(),
            preempts: spec.preemption_policy.as_deref() != Some("Never"),
            preempted: preempted(pod),
            started: status.and_then(|s| s.start_time.as_ref()).map(|t| t.0),
            nominated: status.and_then(|s| s.nominated_node_name.clone()).filter(|n| !n.is_empty()),
            terminating: pod.metadata.deletion_timestamp.is_some(),
        }
    }
}

fn preempted(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    let marked = |reason: Option<&str>| reason == Some("PreemptionByScheduler");
    conditions.iter().any(|c| c.type_ == "DisruptionTarget" && c.status == "True" && marked(c.reason.as_deref()))
}

fn host_ports(spec: &k8s_openapi::api::core::v1::PodSpec) -> Vec<HostPort> {
    let sidecars = spec.init_containers.iter().flatten().filter(|c| c.restart_policy.as_deref() == Some("Always"));
    let ports = spec.containers.iter().chain(sidecars).flat_map(|c| c.ports.iter().flatten());
    let used = ports.filter_map(|p| {
        let port = p.host_port.filter(|p| *p > 0)?;
        let ip = p.host_ip.clone().filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".into());
        Some(HostPort { ip, protocol: p.protocol.clone().unwrap_or_else(|| "TCP".into()), port })
    });
    used.collect()
}
