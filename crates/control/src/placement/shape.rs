//! What pods of one template have in common: all that decides where they may go and where they go best. It is compiled once
//! and shared, and what was worked out for one such pod holds for the next.
use super::{
    affinity::NodeSelection,
    pod::HostPort,
    profile::{Filter, Profile},
    requests::{self, Resizing},
    resources::Amounts,
    terms::Relations,
};
use k8s_openapi::{
    api::core::v1::{
        Affinity, Container, ContainerPort, Pod, PodSpec, ResourceRequirements, Toleration, TopologySpreadConstraint,
    },
    apimachinery::pkg::api::resource::Quantity,
};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

/// Shapes that nobody holds any more are looked for when the table has grown to twice what was left the last time.
const SWEEP_AT_LEAST: usize = 1024;

/// The part of a pod that placement goes by, but for its identity, priority and state.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Equal for equal shapes.
    pub(super) id: Arc<str>,
    pub namespace: String,
    pub labels: BTreeMap<String, String>,
    pub requests: Amounts,
    /// What of that a node must have free; None: the profile does not look.
    pub asked: Option<Amounts>,
    /// CPU (milli) and memory (bytes) as nodes are compared by.
    pub compared: (i64, i64),
    pub tolerations: Vec<Toleration>,
    pub selection: NodeSelection,
    pub(super) relations: Relations,
    pub ports: Vec<HostPort>,
    /// Images of all containers and image volumes, with their tags.
    pub images: Vec<String>,
    /// Containers of all sorts, as images are weighed by.
    pub containers: usize,
    /// Whose scores decide.
    pub profile: Arc<Profile>,
}

#[derive(Serialize)]
struct ContainerKey<'a> {
    image: Option<&'a str>,
    resources: Option<&'a ResourceRequirements>,
    ports: Option<&'a Vec<ContainerPort>>,
    restart: Option<&'a str>,
}

#[derive(Serialize)]
struct Key<'a> {
    namespace: Option<&'a str>,
    labels: Option<&'a BTreeMap<String, String>>,
    containers: Vec<ContainerKey<'a>>,
    starting: Vec<ContainerKey<'a>>,
    selector: Option<&'a BTreeMap<String, String>>,
    affinity: Option<&'a Affinity>,
    tolerations: Option<&'a Vec<Toleration>>,
    spread: Option<&'a Vec<TopologySpreadConstraint>>,
    overhead: Option<&'a BTreeMap<String, Quantity>>,
    whole: Option<&'a ResourceRequirements>,
    volumes: Vec<&'a str>,
    resizing: Option<&'a Resizing>,
    profile: Option<&'a str>,
}

fn container_key(container: &Container) -> ContainerKey<'_> {
    ContainerKey {
        image: container.image.as_deref(),
        resources: container.resources.as_ref(),
        ports: container.ports.as_ref(),
        restart: container.restart_policy.as_deref(),
    }
}

fn image_volumes(spec: &PodSpec) -> impl Iterator<Item = &str> {
    let volumes = spec.volumes.iter().flatten();
    volumes.filter_map(|volume| volume.image.as_ref()?.reference.as_deref())
}

fn key(pod: &Pod, spec: &PodSpec, resizing: &Resizing, profile: Option<&str>) -> String {
    let key = Key {
        namespace: pod.metadata.namespace.as_deref(),
        labels: pod.metadata.labels.as_ref(),
        containers: spec.containers.iter().map(container_key).collect(),
        starting: spec.init_containers.iter().flatten().map(container_key).collect(),
        selector: spec.node_selector.as_ref(),
        affinity: spec.affinity.as_ref(),
        tolerations: spec.tolerations.as_ref(),
        spread: spec.topology_spread_constraints.as_ref(),
        overhead: spec.overhead.as_ref(),
        whole: spec.resources.as_ref(),
        volumes: image_volumes(spec).collect(),
        resizing: (!resizing.is_none()).then_some(resizing),
        profile,
    };
    serde_json::to_string(&key).expect("strings and maps of strings can be written")
}

/// An image as nodes list it: with a tag.
fn with_tag(image: &str) -> String {
    if image.rfind(':') <= image.rfind('/') { format!("{image}:latest") } else { image.to_owned() }
}

impl Shape {
    fn new(id: Arc<str>, pod: &Pod, spec: &PodSpec, resizing: &Resizing, profile: Arc<Profile>) -> Self {
        let namespace = pod.metadata.namespace.clone().unwrap_or_default();
        let all = || spec.init_containers.iter().flatten().chain(&spec.containers);
        let images = all().filter_map(|c| c.image.as_deref()).chain(image_volumes(spec));
        let requests = requests::of_pod(spec, resizing);
        let selection = NodeSelection::new(spec);
        Self {
            id,
            labels: pod.metadata.labels.clone().unwrap_or_default(),
            relations: Relations::new(spec, &namespace).heeded(profile.filters),
            namespace,
            asked: asked(&requests, &profile),
            requests,
            compared: requests::compared(spec, resizing),
            tolerations: spec.tolerations.clone().unwrap_or_default(),
            selection: match &profile.added_affinity {
                Some(added) => selection.wishing(added),
                None => selection,
            },
            ports: host_ports(spec),
            images: images.map(with_tag).collect(),
            containers: all().count(),
            profile,
        }
    }

    /// Whether the pod says itself how it is spread.
    pub fn spreads(&self) -> bool {
        self.relations.spreads
    }

    /// Whether nodes are the better, the more evenly the pod makes them used: it asks for some of what is looked at.
    pub(super) fn weighs(&self) -> bool {
        self.profile.balanced.iter().any(|name| self.requests.get(name) != 0)
    }
}

/// The part of the requests that a node must have free.
fn asked(requests: &Amounts, profile: &Profile) -> Option<Amounts> {
    let mut asked = requests.clone();
    asked.others.retain(|name, _| !profile.ignores(name));
    profile.filters.has(Filter::Resources).then_some(asked)
}

fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
    let sidecars = spec.init_containers.iter().flatten().filter(|c| c.restart_policy.as_deref() == Some("Always"));
    let ports = spec.containers.iter().chain(sidecars).flat_map(|c| c.ports.iter().flatten());
    let used = ports.filter_map(|p| {
        let port = p.host_port.filter(|p| *p > 0)?;
        let ip = p.host_ip.clone().filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".into());
        Some(HostPort { ip, protocol: p.protocol.clone().unwrap_or_else(|| "TCP".into()), port })
    });
    used.collect()
}

/// The shapes in use.
#[derive(Debug)]
pub struct Shapes {
    known: FxHashMap<Arc<str>, Weak<Shape>>,
    left: usize,
    /// Never empty; pods of no profile are seen as the first one sees them.
    profiles: Vec<Arc<Profile>>,
}

impl Default for Shapes {
    fn default() -> Self {
        Self::new(vec![Profile::default()])
    }
}

impl Shapes {
    /// For pods of these profiles, of which there is at least one.
    pub fn new(profiles: Vec<Profile>) -> Self {
        Self { known: FxHashMap::default(), left: 0, profiles: profiles.into_iter().map(Arc::new).collect() }
    }

    fn profile(&self, spec: &PodSpec) -> Arc<Profile> {
        let name = spec.scheduler_name.as_deref().unwrap_or_default();
        let named = self.profiles.iter().find(|profile| profile.scheduler_name == name);
        named.unwrap_or(&self.profiles[0]).clone()
    }

    /// The shape of a pod, shared with all pods like it.
    pub fn of(&mut self, pod: &Pod) -> Arc<Shape> {
        let empty = PodSpec::default();
        let spec = pod.spec.as_ref().unwrap_or(&empty);
        let resizing = Resizing::of(pod);
        let profile = self.profile(spec);
        let several = self.profiles.len() > 1;
        let id = key(pod, spec, &resizing, several.then_some(&*profile.scheduler_name));
        if let Some(shape) = self.known.get(id.as_str()).and_then(Weak::upgrade) {
            return shape;
        }
        self.sweep();
        let id: Arc<str> = id.into();
        let shape = Arc::new(Shape::new(id.clone(), pod, spec, &resizing, profile));
        self.known.insert(id, Arc::downgrade(&shape));
        shape
    }

    /// `base`, spread by default among the pods that `selector` selects.
    pub fn spread_by_default(&mut self, base: &Arc<Shape>, selector: &serde_json::Value) -> Arc<Shape> {
        let id = format!("{} spread among {selector}", base.id);
        if let Some(shape) = self.known.get(id.as_str()).and_then(Weak::upgrade) {
            return shape;
        }
        self.sweep();
        let id: Arc<str> = id.into();
        let relations = base.relations.spread_by_default(&base.namespace, selector, &base.profile);
        let shape = Arc::new(Shape { id: id.clone(), relations, ..(**base).clone() });
        self.known.insert(id, Arc::downgrade(&shape));
        shape
    }

    /// Whether both pods certainly have the same shape.
    pub fn same(old: &Pod, new: &Pod) -> bool {
        let (Some(a), Some(b)) = (&old.spec, &new.spec) else { return false };
        old.metadata.labels == new.metadata.labels
            && a.containers == b.containers
            && a.init_containers == b.init_containers
            && a.node_selector == b.node_selector
            && a.affinity == b.affinity
            && a.tolerations == b.tolerations
            && a.topology_spread_constraints == b.topology_spread_constraints
            && a.overhead == b.overhead
            && a.resources == b.resources
            && a.volumes == b.volumes
            && Resizing::of(old) == Resizing::of(new)
    }

    fn sweep(&mut self) {
        if self.known.len() >= 2 * self.left.max(SWEEP_AT_LEAST) {
            self.known.retain(|_, shape| shape.strong_count() > 0);
            self.left = self.known.len();
        }
    }
}
