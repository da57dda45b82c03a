//! What all parts of one kubelet share.
use super::{
    blocking::Blocking, cgroups::Cgroups, config::KubeletConfig, eviction, images::Pulls, make::fields::NodeView,
    objects::Objects, registry::Registry, statics::Statics, users::Users, volumes::Volumes,
};
use super::{metrics::Metrics, server::Rates};
use crate::{cri::ContainerRuntime, pod::spec::Role};
use arc_swap::ArcSwap;
use k8s_openapi::api::core::v1::{Node, ObjectReference, Pod, Service};
use skeg_client::{Client, EventRecorder, Informer, Tasks, reference_to};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio_util::sync::CancellationToken;

/// Handles and slow-changing facts; one per kubelet.
#[derive(Debug)]
pub struct Shared {
    /// Its client keeps to the pace that is set.
    pub config: KubeletConfig,
    /// Keeps to no pace, so that heartbeats are never late for other calls.
    pub heartbeat: Client,
    pub runtime: Arc<dyn ContainerRuntime>,
    pub runtime_name: String,
    pub runtime_version: String,
    pub recorder: EventRecorder,
    pub tasks: Tasks,
    pub volumes: Volumes,
    pub users: Users,
    pub blocking: Arc<Blocking>,
    pub cgroups: Box<dyn Cgroups>,
    pub pulls: Pulls,
    pub services: Informer<Service>,
    pub pods: Informer<Pod>,
    /// This node's own object.
    pub nodes: Informer<Node>,
    pub registry: Registry,
    pub objects: Objects,
    pub statics: Statics,
    pub eviction: eviction::State,
    pub metrics: Arc<Metrics>,
    pub rates: Rates,
    /// Whether some pod with a network of its own has started.
    pub first_started: AtomicBool,
    /// Cancelled once the node has been ready.
    pub ready_once: CancellationToken,
    pub node: ArcSwap<NodeView>,
    pub memory_bytes: i64,
    /// Whether the runtime says that pods can have a network.
    pub network_ready: AtomicBool,
    pub runtime_ready: AtomicBool,
    /// Whether the runtime knows `supplementalGroupsPolicy`.
    pub groups_policy: AtomicBool,
    /// Whether the runtime's default handler makes read-only mounts recursively so.
    pub recursive_read_only: AtomicBool,
}

impl Shared {
    pub fn host_ips(&self) -> Vec<String> {
        self.config.node_ips.iter().map(ToString::to_string).collect()
    }

    pub fn supports_recursive_read_only(&self) -> bool {
        self.recursive_read_only.load(Ordering::Relaxed)
    }
}

/// Reference to one container of a pod, for events.
pub fn container_reference(pod: &Pod, role: Role, name: &str) -> ObjectReference {
    ObjectReference { field_path: Some(role.field_path(name)), ..reference_to(pod) }
}
