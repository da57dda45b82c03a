//! Which change of the cluster may help which waiting pod (upstream's queueing hints): a pod is tried again only when something
//! that spoke against it may have changed.
use super::{
    cluster::{Cluster, NodeBefore, NodeFacts, NodeId},
    explain::Reason,
    filter::{self, untolerated},
    pod::PodFacts,
    resources::Amounts,
    spread::has_all,
    terms::{Bearing, Carried},
};

/// One change.
#[derive(Debug, Clone, Copy)]
pub enum Hint<'a> {
    /// A node came, or is no longer what it was.
    Node(NodeId, Option<&'a NodeBefore>),
    NodeGone(&'a NodeBefore),
    /// A pod came to a node.
    Placed(&'a PodFacts),
    /// A pod left its node.
    Left(&'a PodFacts),
    /// Labels of a placed pod changed: before and after.
    Relabelled(&'a PodFacts, &'a PodFacts),
    /// What a placed pod asks for changed: before and after.
    Resized(&'a PodFacts, &'a PodFacts),
    /// A placed pod began to end, and counts for spreading no more.
    Ending(&'a PodFacts),
    /// Labels of a namespace.
    Namespace,
}

/// Whether `hint` may help `pod`, which found no node for `reasons`.
pub fn helps(hint: Hint<'_>, pod: &PodFacts, reasons: &[Reason], cluster: &Cluster) -> bool {
    let any = |test: fn(&Reason) -> bool| reasons.iter().any(test);
    let spreads = any(|r| matches!(r, Reason::Spread | Reason::SpreadLabel));
    // The constraints of a profile for pods that have none are not kept with the pod.
    if spreads && !pod.spreads() {
        return true;
    }
    let neighbours = any(is_neighbour);
    let same_group = |other: &PodFacts| {
        let constraints = &pod.relations.spread_hard;
        constraints.iter().any(|c| c.matcher.matches(other, &cluster.namespaces))
    };
    match hint {
        Hint::Node(node, before) => reasons.iter().any(|reason| node_helps(reason, pod, cluster, node, before)),
        Hint::NodeGone(before) => spreads && has_all(&pod.relations.spread_hard, &before.facts),
        Hint::Namespace => neighbours,
        Hint::Placed(other) => {
            let all = pod.relations.near_all.as_ref();
            let followed = || all.is_some_and(|all| all.matches(other, &cluster.namespaces));
            spreads && same_group(other) || neighbours && followed()
        }
        Hint::Relabelled(old, new) => {
            let names = &cluster.namespaces;
            let regrouped = pod
                .relations
                .spread_hard
                .iter()
                .any(|c| c.matcher.matches(old, names) != c.matcher.matches(new, names));
            spreads && regrouped || neighbours && relabelling_helps(pod, old, new, cluster)
        }
        Hint::Resized(old, new) => {
            any(|r| matches!(r, Reason::TooManyPods | Reason::Insufficient { .. }))
                && grew(pod, &new.requests, &old.requests)
        }
        Hint::Ending(other) => spreads && constrained_without_end(pod, other, cluster),
        Hint::Left(other) => reasons.iter().any(|r| left_helps(r, pod, other, cluster)) || spreads && same_group(other),
    }
}

fn is_neighbour(reason: &Reason) -> bool {
    matches!(reason, Reason::PodAffinity | Reason::PodAntiAffinity | Reason::Repelled)
}

/// Whether a node that came, or changed from what it was, may be free of one reason.
fn node_helps(reason: &Reason, pod: &PodFacts, cluster: &Cluster, id: NodeId, before: Option<&NodeBefore>) -> bool {
    let (node, old) = (cluster.node(id), before.map(|before| &before.facts));
    let added = pod.profile.added_affinity.as_ref();
    let admitted = |node: &NodeFacts| {
        added.is_none_or(|added| added.admits(&node.name, &node.labels))
            && pod.selection.admits(&node.name, &node.labels)
    };
    let kept_off = |node: &NodeFacts| untolerated(&node.taints, &pod.tolerations).is_some();
    match reason {
        Reason::Cordoned => !node.unschedulable && old.is_none_or(|old| old.unschedulable),
        Reason::Tainted => !kept_off(node) && old.is_none_or(kept_off),
        Reason::NodeAffinity | Reason::NotNamed | Reason::AddedAffinity => {
            admitted(node) && old.is_none_or(|old| !admitted(old))
        }
        Reason::Ports => old.is_none(),
        Reason::OtherName => *pod.node_name == *node.name && old.is_none(),
        Reason::TooManyPods | Reason::Insufficient { .. } => {
            let has = &cluster.allocatable[id.row()];
            filter::fits_empty(pod, has) && before.is_none_or(|before| grew(pod, &before.allocatable, has))
        }
        Reason::Spread | Reason::SpreadLabel => spread_changed(pod, node, old),
        Reason::PodAffinity | Reason::PodAntiAffinity | Reason::Repelled => topology_changed(pod, node, old),
        Reason::NoVictims | Reason::NotHelpful => false,
    }
}

/// Whether there is more of something that the pod asks for.
fn grew(pod: &PodFacts, before: &Amounts, now: &Amounts) -> bool {
    let asked = &pod.requests;
    let more = |asked: i64, before: i64, now: i64| asked > 0 && now > before;
    now.pods > before.pods
        || more(asked.cpu_milli, before.cpu_milli, now.cpu_milli)
        || more(asked.memory_bytes, before.memory_bytes, now.memory_bytes)
        || more(asked.ephemeral_bytes, before.ephemeral_bytes, now.ephemeral_bytes)
        || asked.others.iter().any(|(name, asked)| more(*asked, before.get(name), now.get(name)))
}

fn spread_changed(pod: &PodFacts, node: &NodeFacts, old: Option<&NodeFacts>) -> bool {
    let constraints = &pod.relations.spread_hard;
    let labelled = has_all(constraints, node);
    let Some(old) = old else { return labelled };
    let moved = || constraints.iter().any(|c| old.labels.get(&c.topology_key) != node.labels.get(&c.topology_key));
    labelled != has_all(constraints, old) || labelled && (moved() || old.taints != node.taints)
}

/// Whether the node came into a topology of the pod's affinity, or left one of its anti-affinity.
fn topology_changed(pod: &PodFacts, node: &NodeFacts, old: Option<&NodeFacts>) -> bool {
    let now = |key: &str| node.labels.get(key);
    let Some(old) = old else {
        return pod.relations.near.iter().any(|term| now(&term.topology_key).is_some())
            || !pod.relations.apart.is_empty();
    };
    let differs = |key: &str| now(key) != old.labels.get(key);
    let came = |key: &str| now(key).is_some() && differs(key);
    let left = |key: &str| old.labels.contains_key(key) && differs(key);
    pod.relations.near.iter().any(|term| came(&term.topology_key))
        || pod.relations.apart.iter().any(|term| left(&term.topology_key))
}

/// Whether the pod now follows the other, or need no longer keep away from it.
fn relabelling_helps(pod: &PodFacts, old: &PodFacts, new: &PodFacts, cluster: &Cluster) -> bool {
    let names = &cluster.namespaces;
    let followed = |other: &PodFacts| pod.relations.near_all.as_ref().is_some_and(|all| all.matches(other, names));
    let apart = &pod.relations.apart;
    let avoided = |other: &PodFacts| !apart.is_empty() && apart.iter().all(|t| t.matcher.matches(other, names));
    !followed(old) && followed(new) || avoided(old) && !avoided(new)
}

/// `other` counted for one of the constraints while it lived.
fn constrained_without_end(pod: &PodFacts, other: &PodFacts, cluster: &Cluster) -> bool {
    let before = PodFacts { terminating: false, ..other.clone() };
    pod.relations.spread_hard.iter().any(|c| c.matcher.matches(&before, &cluster.namespaces))
}

/// Whether what `other` held or said was in the way.
fn left_helps(reason: &Reason, pod: &PodFacts, other: &PodFacts, cluster: &Cluster) -> bool {
    let names = &cluster.namespaces;
    match reason {
        // Whatever it held, it was one pod of those that a node may have.
        Reason::TooManyPods | Reason::Insufficient { .. } => true,
        Reason::Ports => other.ports.iter().any(|held| pod.ports.iter().any(|p| held.conflicts(p))),
        Reason::PodAffinity | Reason::PodAntiAffinity | Reason::Repelled => {
            let apart = &pod.relations.apart;
            let avoided = || apart.iter().all(|t| t.matcher.matches(other, names));
            let repels = |c: &&Carried| c.bearing == Bearing::Repels;
            let mut terms = other.relations.carried.iter().filter(repels).peekable();
            !apart.is_empty() && avoided()
                || terms.peek().is_some() && terms.all(|c| c.term.matcher.matches(pod, names))
        }
        _ => false,
    }
}
