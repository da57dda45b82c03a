//! Nodes and what is placed on them, in columns.
use super::{
    budget::Budgets,
    census::Census,
    lens::Lenses,
    pod::{HostPort, PodFacts},
    resources::Amounts,
    terms::Namespaces,
};
use k8s_openapi::api::{
    core::v1::{Node, Taint},
    policy::v1::PodDisruptionBudget,
};
use rustc_hash::FxHashMap;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Changes of rows that lenses can follow; one that is further behind looks at all rows.
const CHANGES_MAX: usize = 1 << 16;

/// Index of a node's row in the columns; rows of deleted nodes are used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    pub(super) fn row(self) -> usize {
        self.0 as usize
    }
}

/// One node's facts that change with the Node object only.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NodeFacts {
    pub name: Arc<str>,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub unschedulable: bool,
    /// Image name -> size in bytes.
    pub images: FxHashMap<String, i64>,
}

/// What a node was before a change.
#[derive(Debug, Clone)]
pub struct NodeBefore {
    pub(super) facts: NodeFacts,
    pub(super) allocatable: Amounts,
}

/// The columns. A row is alive when `facts` is set.
#[derive(Debug, Default)]
pub struct Cluster {
    pub(super) facts: Vec<Option<NodeFacts>>,
    pub(super) allocatable: Vec<Amounts>,
    pub(super) requested: Vec<Amounts>,
    /// CPU (milli) and memory (bytes) requested as nodes are compared by.
    pub(super) compared: Vec<(i64, i64)>,
    pub(super) ports: Vec<Vec<HostPort>>,
    pub(super) pods: Vec<Vec<Arc<PodFacts>>>,
    /// Image name -> nodes that have it.
    pub(super) image_nodes: FxHashMap<String, u32>,
    pub(super) census: Census,
    pub(super) namespaces: Namespaces,
    pub(super) budgets: Budgets,
    /// Counts how often the node of a row came, changed or went.
    pub(super) generation: Vec<u32>,
    /// Counts what changes for all rows at once: labels of namespaces.
    pub(super) epoch: u64,
    /// Counts changes of images, and of the number of nodes.
    pub(super) images_epoch: u64,
    pub(super) lenses: Lenses,
    /// Rows that changed last, and how many changes there were before them.
    changes: VecDeque<u32>,
    forgotten: u64,
    by_name: FxHashMap<Arc<str>, NodeId>,
    /// Pods without a node to which room on a node was promised, by uid.
    nominated: FxHashMap<Arc<str>, (Arc<PodFacts>, String)>,
    free: Vec<u32>,
    placed: FxHashMap<Arc<str>, (NodeId, Arc<PodFacts>)>,
    /// Pods bound to nodes that are not (yet, or any more) known, by node name and uid; and where each is.
    homeless: FxHashMap<String, BTreeMap<Arc<str>, Arc<PodFacts>>>,
    homeless_on: FxHashMap<Arc<str>, String>,
}

impl Cluster {
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub fn name(&self, node: NodeId) -> &Arc<str> {
        &self.node(node).name
    }

    pub(super) fn node(&self, node: NodeId) -> &NodeFacts {
        self.facts[node.row()].as_ref().expect("ids of dead rows are not handed out")
    }

    /// All nodes alive, in row order.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (NodeId, &NodeFacts)> {
        let rows = self.facts.iter().enumerate();
        rows.filter_map(|(row, facts)| Some((NodeId(u32::try_from(row).ok()?), facts.as_ref()?)))
    }

    /// Number of rows, dead ones included.
    pub(super) fn rows(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn id(&self, row: usize) -> NodeId {
        NodeId(u32::try_from(row).expect("fewer nodes than 2^32"))
    }

    fn changed(&mut self, id: NodeId) {
        if self.changes.len() == CHANGES_MAX {
            self.changes.pop_front();
            self.forgotten += 1;
        }
        self.changes.push_back(id.0);
    }

    /// How many changes of rows there were.
    pub(super) fn position(&self) -> u64 {
        self.forgotten + self.changes.len() as u64
    }

    /// The rows that changed since `position`; None when looking at all rows is less work, or the only way.
    pub(super) fn changes_since(&self, position: u64) -> Option<impl Iterator<Item = usize>> {
        let skip = usize::try_from(position.checked_sub(self.forgotten)?).ok()?;
        let behind = self.changes.len().checked_sub(skip)?;
        (behind <= self.rows()).then(|| self.changes.range(skip..).map(|row| *row as usize))
    }

    /// Rows that decisions looked at so far.
    pub fn work(&self) -> u64 {
        self.lenses.work
    }

    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    /// Takes in a node's new state; tells what it was before if that is something else.
    pub fn set_node(&mut self, node: &Node) -> Option<(NodeId, Option<NodeBefore>)> {
        let name = node.metadata.name.clone().unwrap_or_default();
        let id = self.find(&name).unwrap_or_else(|| self.new_row(&name));
        let spec = node.spec.as_ref();
        let status = node.status.as_ref();
        let images = status.and_then(|s| s.images.as_ref()).into_iter().flatten();
        let facts = NodeFacts {
            name: self.by_name.get_key_value(name.as_str()).map_or_else(|| name.as_str().into(), |(k, _)| k.clone()),
            labels: node.metadata.labels.clone().unwrap_or_default(),
            taints: spec.and_then(|s| s.taints.clone()).unwrap_or_default(),
            unschedulable: spec.and_then(|s| s.unschedulable).unwrap_or(false),
            images: images
                .flat_map(|i| i.names.iter().flatten().map(|n| (n.clone(), i.size_bytes.unwrap_or(0))))
                .collect(),
        };
        let known = status.and_then(|s| s.allocatable.as_ref().or(s.capacity.as_ref()));
        let allocatable = Amounts::read(known);
        if self.facts[id.row()].as_ref() == Some(&facts) && self.allocatable[id.row()] == allocatable {
            return None;
        }
        let before = self.before(id);
        if self.facts[id.row()].as_ref().is_none_or(|old| old.images != facts.images) {
            self.count_images(id, -1);
            self.facts[id.row()] = Some(facts);
            self.count_images(id, 1);
        } else {
            self.facts[id.row()] = Some(facts);
        }
        self.allocatable[id.row()] = allocatable;
        self.node_changed(id);
        for pod in self.homeless.remove(&name).unwrap_or_default().into_values() {
            self.homeless_on.remove(&pod.uid);
            self.place(id, pod);
        }
        Some((id, before))
    }

    fn before(&self, id: NodeId) -> Option<NodeBefore> {
        let facts = self.facts[id.row()].clone()?;
        Some(NodeBefore { facts, allocatable: self.allocatable[id.row()].clone() })
    }

    fn node_changed(&mut self, id: NodeId) {
        self.generation[id.row()] = self.generation[id.row()].wrapping_add(1).max(1);
        self.changed(id);
    }

    fn new_row(&mut self, name: &str) -> NodeId {
        let id = match self.free.pop() {
            Some(row) => NodeId(row),
            None => {
                self.facts.push(None);
                self.allocatable.push(Amounts::default());
                self.requested.push(Amounts::default());
                self.compared.push((0, 0));
                self.ports.push(Vec::new());
                self.pods.push(Vec::new());
                self.generation.push(0);
                NodeId(u32::try_from(self.facts.len() - 1).expect("fewer nodes than 2^32"))
            }
        };
        self.by_name.insert(name.into(), id);
        id
    }

    fn count_images(&mut self, id: NodeId, by: i64) {
        self.images_epoch += 1;
        let Some(facts) = &self.facts[id.row()] else { return };
        for name in facts.images.keys() {
            let count = self.image_nodes.entry(name.clone()).or_default();
            *count = count.saturating_add_signed(i32::try_from(by).unwrap_or(0));
        }
        for name in facts.images.keys() {
            if self.image_nodes.get(name) == Some(&0) {
                self.image_nodes.remove(name);
            }
        }
    }

    /// Forgets a node; its pods wait for it to come back.
    pub fn remove_node(&mut self, name: &str) -> Option<NodeBefore> {
        let id = self.by_name.remove(name)?;
        let before = self.before(id);
        self.count_images(id, -1);
        self.facts[id.row()] = None;
        let pods = std::mem::take(&mut self.pods[id.row()]);
        for pod in &pods {
            self.placed.remove(&pod.uid);
            self.census.count(id, pod, -1, &self.namespaces);
        }
        self.allocatable[id.row()] = Amounts::default();
        self.requested[id.row()] = Amounts::default();
        self.compared[id.row()] = (0, 0);
        self.ports[id.row()].clear();
        for pod in pods {
            self.leave_homeless(pod, name);
        }
        self.node_changed(id);
        self.free.push(id.0);
        before
    }

    fn leave_homeless(&mut self, pod: Arc<PodFacts>, node_name: &str) {
        self.homeless_on.insert(pod.uid.clone(), node_name.to_owned());
        self.homeless.entry(node_name.to_owned()).or_default().insert(pod.uid.clone(), pod);
    }

    /// Promises room on a node to a pod that waits for it.
    pub fn nominate(&mut self, pod: Arc<PodFacts>, node_name: &str) {
        self.nominated.insert(pod.uid.clone(), (pod, node_name.to_owned()));
    }

    /// Ends the promise.
    pub fn withdraw(&mut self, uid: &str) {
        self.nominated.remove(uid);
    }

    /// The node promised to a pod, as long as it exists.
    pub fn nomination(&self, uid: &str) -> Option<NodeId> {
        self.nominated.get(uid).and_then(|(_, name)| self.find(name))
    }

    /// Less important pods that were promised room on a node.
    pub fn outbid(&self, node_name: &str, priority: i32) -> Vec<Arc<PodFacts>> {
        let here = self.nominated.values().filter(|(pod, node)| node == node_name && pod.priority < priority);
        here.map(|(pod, _)| pod.clone()).collect()
    }

    /// Nodes with the pods, as important as `pod` or more, that they were promised to.
    pub(super) fn promised(&self, pod: &PodFacts) -> BTreeMap<NodeId, Vec<Arc<PodFacts>>> {
        let mut out: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (other, name) in self.nominated.values() {
            if other.uid != pod.uid
                && other.priority >= pod.priority
                && !self.knows(&other.uid)
                && let Some(node) = self.find(name)
            {
                out.entry(node).or_default().push(other.clone());
            }
        }
        out
    }

    /// Takes in a pod that is bound (or assumed) to `node_name`, replacing what was known of it.
    pub fn set_pod(&mut self, pod: Arc<PodFacts>, node_name: &str) {
        self.withdraw(&pod.uid);
        let found = self.find(node_name);
        if let Some((id, known)) = self.placed.get_mut(&pod.uid)
            && Some(*id) == found
            && known.counts_as(&pod)
        {
            let list = &mut self.pods[id.row()];
            list.iter_mut().filter(|it| it.uid == pod.uid).for_each(|it| *it = pod.clone());
            *known = pod;
            return;
        }
        self.displace(&pod.uid);
        match found {
            Some(id) => self.place(id, pod),
            None => self.leave_homeless(pod, node_name),
        }
    }

    pub(super) fn place(&mut self, id: NodeId, pod: Arc<PodFacts>) {
        let row = id.row();
        self.requested[row].add(&pod.requests);
        self.compared[row].0 += pod.compared.0;
        self.compared[row].1 += pod.compared.1;
        self.ports[row].extend(pod.ports.iter().cloned());
        self.census.count(id, &pod, 1, &self.namespaces);
        self.placed.insert(pod.uid.clone(), (id, pod.clone()));
        self.pods[row].push(pod);
        self.changed(id);
    }

    /// Forgets a pod that ended or is gone.
    pub fn remove_pod(&mut self, uid: &str) {
        self.withdraw(uid);
        self.displace(uid);
    }

    /// Takes a pod off its node.
    pub(super) fn displace(&mut self, uid: &str) {
        let Some((id, pod)) = self.placed.remove(uid) else {
            if let Some(node) = self.homeless_on.remove(uid)
                && let Some(pods) = self.homeless.get_mut(&node)
            {
                pods.remove(uid);
                if pods.is_empty() {
                    self.homeless.remove(&node);
                }
            }
            return;
        };
        let row = id.row();
        self.census.count(id, &pod, -1, &self.namespaces);
        self.requested[row].remove(&pod.requests);
        self.compared[row].0 -= pod.compared.0;
        self.compared[row].1 -= pod.compared.1;
        for port in &pod.ports {
            if let Some(at) = self.ports[row].iter().position(|p| p == port) {
                self.ports[row].swap_remove(at);
            }
        }
        self.pods[row].retain(|p| &*p.uid != uid);
        self.changed(id);
    }

    /// Takes in a namespace's labels; None when it is gone.
    pub fn set_namespace(&mut self, name: &str, labels: Option<BTreeMap<String, String>>) {
        if self.namespaces.get(name) == labels.as_ref() {
            return;
        }
        match labels {
            Some(labels) => self.namespaces.insert(name.to_owned(), labels),
            None => self.namespaces.remove(name),
        };
        self.census.namespaces_changed();
        self.epoch += 1;
    }

    pub fn set_budget(&mut self, budget: &PodDisruptionBudget) {
        self.budgets.set(budget);
    }

    pub fn remove_budget(&mut self, namespace: &str, name: &str) {
        self.budgets.remove(namespace, name);
    }

    /// Starts to count the sets of pods that decisions about `pod` ask for; without effect for those counted already.
    pub(super) fn prepare(&mut self, pod: &PodFacts) {
        for matcher in pod.relations.matchers() {
            let all = || self.placed.values().map(|(node, placed)| (*node, placed));
            self.census.start(matcher, all, &self.namespaces);
        }
    }

    /// A placed pod.
    pub fn placed(&self, uid: &str) -> Option<Arc<PodFacts>> {
        self.placed.get(uid).map(|(_, pod)| pod.clone())
    }

    /// Whether this pod counts somewhere already.
    pub fn knows(&self, uid: &str) -> bool {
        self.placed.contains_key(uid)
    }
}
