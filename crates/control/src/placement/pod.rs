//! A pod as placement sees it.
use super::shape::Shape;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use std::{ops::Deref, sync::Arc};

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

/// Everything that filters and scores ask of a pod: its shape, who it is, and how it stands.
#[derive(Debug, Clone)]
pub struct PodFacts {
    /// `namespace/name`.
    pub key: Arc<str>,
    pub uid: Arc<str>,
    pub priority: i32,
    pub shape: Arc<Shape>,
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

impl Deref for PodFacts {
    type Target = Shape;

    fn deref(&self) -> &Shape {
        &self.shape
    }
}

impl PodFacts {
    pub fn new(pod: &Pod, shape: Arc<Shape>) -> Self {
        let spec = pod.spec.as_ref();
        let status = pod.status.as_ref();
        let (namespace, name) = (pod.metadata.namespace.as_deref(), pod.metadata.name.as_deref());
        Self {
            key: format!("{}/{}", namespace.unwrap_or_default(), name.unwrap_or_default()).into(),
            uid: pod.metadata.uid.as_deref().unwrap_or_default().into(),
            shape,
            priority: spec.and_then(|s| s.priority).unwrap_or(0),
            node_name: spec.and_then(|s| s.node_name.clone()).unwrap_or_default(),
            preempts: spec.and_then(|s| s.preemption_policy.as_deref()) != Some("Never"),
            preempted: preempted(pod),
            started: status.and_then(|s| s.start_time.as_ref()).map(|t| t.0),
            nominated: status.and_then(|s| s.nominated_node_name.clone()).filter(|n| !n.is_empty()),
            terminating: pod.metadata.deletion_timestamp.is_some(),
        }
    }

    pub fn name(&self) -> &str {
        self.key.split_once('/').map_or("", |(_, name)| name)
    }

    /// Equal for pods of one shape.
    pub fn shape_id(&self) -> Arc<str> {
        self.shape.id.clone()
    }

    /// Whether both count the same wherever pods are counted.
    pub(super) fn counts_as(&self, other: &Self) -> bool {
        self.terminating == other.terminating
            && self.priority == other.priority
            && (Arc::ptr_eq(&self.shape, &other.shape) || self.shape.id == other.shape.id)
    }
}

fn preempted(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    let marked = |reason: Option<&str>| reason == Some("PreemptionByScheduler");
    conditions.iter().any(|c| c.type_ == "DisruptionTarget" && c.status == "True" && marked(c.reason.as_deref()))
}
