//! Which change of the cluster may help which waiting pod (upstream's queueing hints): a pod is tried again only when something
//! that spoke against it may have changed.
use super::{
    cluster::{Cluster, NodeId},
    explain::Reason,
    filter,
    pod::PodFacts,
    terms::Bearing,
};

/// One change.
#[derive(Debug, Clone, Copy)]
pub enum Hint<'a> {
    /// A node came, or changed in what filters ask of it.
    Node(NodeId),
    NodeGone,
    /// A pod came to a node.
    Placed(&'a PodFacts),
    /// A pod left its node.
    Left(&'a PodFacts),
    /// A placed pod began to end, and counts for spreading no more.
    Ending(&'a PodFacts),
    /// Labels of a namespace.
    Namespace,
}

/// Whether `hint` may help `pod`, which found no node for `reasons`.
pub fn helps(hint: Hint<'_>, pod: &PodFacts, reasons: &[Reason], cluster: &Cluster) -> bool {
    let any = |test: fn(&Reason) -> bool| reasons.iter().any(test);
    let spreads = any(|r| matches!(r, Reason::Spread | Reason::SpreadLabel));
    let neighbours = any(|r| matches!(r, Reason::PodAffinity | Reason::PodAntiAffinity | Reason::Repelled));
    let same_group = |other: &PodFacts| {
        let constraints = &pod.relations.spread_hard;
        constraints.iter().any(|c| c.matcher.matches(other, &cluster.namespaces))
    };
    match hint {
        Hint::Node(node) => spreads || neighbours || filter::node_may_do(pod, cluster, node, reasons),
        Hint::NodeGone => spreads,
        Hint::Namespace => neighbours,
        Hint::Placed(other) => {
            let followed = || pod.relations.near.iter().any(|t| t.matcher.matches(other, &cluster.namespaces));
            spreads && same_group(other) || any(|r| *r == Reason::PodAffinity) && followed()
        }
        Hint::Ending(other) => spreads && constrained_without_end(pod, other, cluster),
        Hint::Left(other) => reasons.iter().any(|r| left_helps(r, pod, other, cluster)) || spreads && same_group(other),
    }
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
        Reason::TooManyPods => true,
        Reason::Insufficient { resource, .. } => other.requests.get(resource) > 0,
        Reason::Ports => other.ports.iter().any(|held| pod.ports.iter().any(|p| held.conflicts(p))),
        Reason::PodAntiAffinity => pod.relations.apart.iter().any(|t| t.matcher.matches(other, names)),
        Reason::Repelled => {
            let mut carried = other.relations.carried.iter().filter(|c| c.bearing == Bearing::Repels);
            carried.any(|c| c.term.matcher.matches(pod, names))
        }
        _ => false,
    }
}
