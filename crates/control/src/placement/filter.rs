//! The filters, in upstream's plugin order: the first that refuses a node gives the reason.
use super::{
    cluster::{Cluster, NodeFacts, NodeId},
    explain::{Diagnosis, Reason},
    interpod::Neighbours,
    pod::PodFacts,
    profile::Filter,
    resources::Amounts,
    shape::Shape,
    spread::Spreading,
};
use k8s_openapi::api::core::v1::{Taint, Toleration};
use std::sync::Arc;

/// What the filters found.
pub(super) struct Filtered {
    pub feasible: Vec<NodeId>,
    pub refused: Vec<(NodeId, Vec<Reason>)>,
}

impl Filtered {
    pub fn diagnosis(&self, cluster: &Cluster) -> Diagnosis {
        Diagnosis::new(cluster.len(), self.refused.iter().map(|(_, reasons)| reasons.as_slice()))
    }
}

/// What is the same for all nodes, gathered once.
pub(super) struct Checks<'a> {
    pod: &'a PodFacts,
    cluster: &'a Cluster,
    named: Option<Vec<&'a str>>,
    spreading: Spreading<'a>,
    neighbours: Neighbours<'a>,
}

impl<'a> Checks<'a> {
    /// The cluster has been prepared for the pod.
    pub fn gather(pod: &'a PodFacts, cluster: &'a Cluster) -> Self {
        let (spreading, neighbours) = (Spreading::gather(pod, cluster), Neighbours::gather(pod, cluster));
        let named = pod.profile.filters.has(Filter::NodeAffinity).then(|| pod.selection.names()).flatten();
        Self { pod, cluster, named, spreading, neighbours }
    }

    /// Why the node will not do: nothing if it will.
    pub fn refuse(&self, id: NodeId) -> Vec<Reason> {
        let node = self.cluster.node(id);
        if self.named.as_ref().is_some_and(|names| !names.contains(&&*node.name)) {
            return vec![Reason::NotNamed];
        }
        let reasons = refuse(self.pod, self.cluster, id, node);
        if !reasons.is_empty() {
            return reasons;
        }
        self.spreading.refuse(node).or_else(|| self.neighbours.refuse(node)).into_iter().collect()
    }
}

pub(super) fn run(pod: &PodFacts, cluster: &mut Cluster) -> Filtered {
    let mut out = Filtered { feasible: Vec::new(), refused: Vec::new() };
    let checks = Checks::gather(pod, cluster);
    for (id, _) in cluster.nodes() {
        let reasons = checks.refuse(id);
        if reasons.is_empty() {
            out.feasible.push(id);
        } else {
            out.refused.push((id, reasons));
        }
    }
    for (id, others) in cluster.promised(pod) {
        let Ok(at) = out.feasible.binary_search(&id) else { continue };
        let reasons = refuse_beside(pod, cluster, id, &others);
        if !reasons.is_empty() {
            out.feasible.remove(at);
            out.refused.push((id, reasons));
        }
    }
    out
}

/// Why one node will not do, also once the pods that it was promised to are there.
pub(super) fn refuse_one(pod: &PodFacts, cluster: &mut Cluster, id: NodeId) -> Vec<Reason> {
    let reasons = Checks::gather(pod, cluster).refuse(id);
    match cluster.promised(pod).get(&id) {
        Some(others) if reasons.is_empty() => refuse_beside(pod, cluster, id, others),
        _ => reasons,
    }
}

/// Whether an empty node that has so much would be enough.
pub(super) fn fits_empty(pod: &Shape, has: &Amounts) -> bool {
    fits(pod, has, &Amounts::default())
}

fn fits(pod: &Shape, has: &Amounts, used: &Amounts) -> bool {
    let Some(asked) = &pod.asked else { return true };
    let fits = |asked: i64, has: i64, used: i64| asked <= 0 || asked <= has - used;
    used.pods + asked.pods <= has.pods
        && fits(asked.cpu_milli, has.cpu_milli, used.cpu_milli)
        && fits(asked.memory_bytes, has.memory_bytes, used.memory_bytes)
        && fits(asked.ephemeral_bytes, has.ephemeral_bytes, used.ephemeral_bytes)
        && asked.others.iter().all(|(name, asked)| fits(*asked, has.get(name), used.get(name)))
}

/// Why the node will not do with `others` on it.
pub(super) fn refuse_beside(
    pod: &PodFacts,
    cluster: &mut Cluster,
    id: NodeId,
    others: &[Arc<PodFacts>],
) -> Vec<Reason> {
    others.iter().for_each(|other| cluster.place(id, other.clone()));
    let reasons = Checks::gather(pod, cluster).refuse(id);
    others.iter().for_each(|other| cluster.displace(&other.uid));
    reasons
}

fn refuse(pod: &PodFacts, cluster: &Cluster, id: NodeId, node: &NodeFacts) -> Vec<Reason> {
    let other = pod.profile.filters.has(Filter::NodeName) && !pod.node_name.is_empty() && *pod.node_name != *node.name;
    match refuse_node(pod, node) {
        Some(Reason::Cordoned) => vec![Reason::Cordoned],
        _ if other => vec![Reason::OtherName],
        Some(reason) => vec![reason],
        None if ports_taken(pod, cluster, id) => vec![Reason::Ports],
        None => lacking(pod, cluster, id),
    }
}

/// Why a pod of this shape may not go to the node, whatever else is on it.
pub(super) fn refuse_node(pod: &Shape, node: &NodeFacts) -> Option<Reason> {
    let filters = pod.profile.filters;
    if node.unschedulable && filters.has(Filter::Cordon) && !tolerates_cordon(&pod.tolerations) {
        return Some(Reason::Cordoned);
    }
    if filters.has(Filter::Taints) && untolerated(&node.taints, &pod.tolerations).is_some() {
        return Some(Reason::Tainted);
    }
    if !filters.has(Filter::NodeAffinity) {
        return None;
    }
    if pod.profile.added_affinity.as_ref().is_some_and(|added| !added.admits(&node.name, &node.labels)) {
        return Some(Reason::AddedAffinity);
    }
    (!pod.selection.admits(&node.name, &node.labels)).then_some(Reason::NodeAffinity)
}

fn ports_taken(pod: &Shape, cluster: &Cluster, id: NodeId) -> bool {
    pod.profile.filters.has(Filter::Ports)
        && pod.ports.iter().any(|p| cluster.ports[id.row()].iter().any(|used| used.conflicts(p)))
}

/// Whether the node has the ports and resources that a pod of this shape needs.
pub(super) fn has_room(pod: &Shape, cluster: &Cluster, id: NodeId) -> bool {
    fits(pod, &cluster.allocatable[id.row()], &cluster.requested[id.row()]) && !ports_taken(pod, cluster, id)
}

/// The resources that do not fit, each with its reason.
fn lacking(pod: &PodFacts, cluster: &Cluster, id: NodeId) -> Vec<Reason> {
    let Some(asked) = &pod.asked else { return Vec::new() };
    let (has, used) = (&cluster.allocatable[id.row()], &cluster.requested[id.row()]);
    let mut reasons = Vec::new();
    if used.pods + asked.pods > has.pods {
        reasons.push(Reason::TooManyPods);
    }
    let mut check = |name: &str, asked: i64, has: i64, used: i64| {
        if asked > 0 && asked > has - used {
            reasons.push(Reason::Insufficient { resource: name.to_owned(), ever: asked <= has });
        }
    };
    check("cpu", asked.cpu_milli, has.cpu_milli, used.cpu_milli);
    check("memory", asked.memory_bytes, has.memory_bytes, used.memory_bytes);
    check("ephemeral-storage", asked.ephemeral_bytes, has.ephemeral_bytes, used.ephemeral_bytes);
    for (name, amount) in &asked.others {
        let of = |amounts: &Amounts| amounts.others.get(name).copied().unwrap_or(0);
        check(name, *amount, of(has), of(used));
    }
    reasons
}

fn tolerates_cordon(tolerations: &[Toleration]) -> bool {
    let taint =
        Taint { key: "node.kubernetes.io/unschedulable".into(), effect: "NoSchedule".into(), ..Taint::default() };
    tolerations.iter().any(|t| tolerates(t, &taint))
}

/// The first taint that keeps the pod away.
pub(super) fn untolerated<'a>(taints: &'a [Taint], tolerations: &[Toleration]) -> Option<&'a Taint> {
    taints
        .iter()
        .filter(|t| matches!(t.effect.as_str(), "NoSchedule" | "NoExecute"))
        .find(|taint| !tolerations.iter().any(|t| tolerates(t, taint)))
}

/// Whether one toleration covers one taint (`core/v1.Toleration.ToleratesTaint`).
pub(super) fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let set = |text: &Option<String>| text.as_deref().unwrap_or("").to_owned();
    let (effect, key) = (set(&toleration.effect), set(&toleration.key));
    if !effect.is_empty() && effect != taint.effect || !key.is_empty() && key != taint.key {
        return false;
    }
    let value = taint.value.as_deref().unwrap_or("");
    let wanted = set(&toleration.value);
    match toleration.operator.as_deref().unwrap_or("Equal") {
        "" | "Equal" => !key.is_empty() && wanted == value,
        "Exists" => true,
        "Gt" => matches!((value.parse::<i64>(), wanted.parse::<i64>()), (Ok(v), Ok(w)) if v > w),
        "Lt" => matches!((value.parse::<i64>(), wanted.parse::<i64>()), (Ok(v), Ok(w)) if v < w),
        _ => false,
    }
}
