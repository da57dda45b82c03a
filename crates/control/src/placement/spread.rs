//! Topology spread constraints (upstream's `PodTopologySpread`).
use super::{
    cluster::{Cluster, NodeFacts},
    explain::Reason,
    filter::untolerated,
    interpod::PerValue,
    pod::PodFacts,
    terms::Spread,
};

pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";
const SCORE_MAX: i64 = 100;

/// Whether the node's pods count for the constraint (`nodeAffinityPolicy`, `nodeTaintsPolicy`).
pub(super) fn included(constraint: &Spread, pod: &PodFacts, node: &NodeFacts) -> bool {
    (!constraint.honours_affinity || pod.selection.admits(&node.name, &node.labels))
        && (!constraint.honours_taints || untolerated(&node.taints, &pod.tolerations).is_none())
}

pub(super) fn has_all(constraints: &[Spread], node: &NodeFacts) -> bool {
    constraints.iter().all(|c| node.labels.contains_key(&c.topology_key))
}

struct Domains<'a> {
    constraint: &'a Spread,
    pods: PerValue<'a>,
    fewest: i64,
    /// 1 when the pod counts itself.
    own: i64,
}

/// What the filter asks of every node, gathered once per decision.
pub(super) struct Spreading<'a>(Vec<Domains<'a>>);

impl<'a> Spreading<'a> {
    pub fn gather(pod: &'a PodFacts, cluster: &'a Cluster) -> Self {
        let constraints = &pod.relations.spread_hard;
        let domains = constraints.iter().map(|constraint| {
            let counts = cluster.census.of(&constraint.matcher);
            let mut pods = PerValue::default();
            for (id, node) in cluster.nodes() {
                if has_all(constraints, node) && included(constraint, pod, node) {
                    let value = &*node.labels[&constraint.topology_key];
                    *pods.entry(value).or_default() += counts.get(&id).copied().unwrap_or(0);
                }
            }
            let few = pods.len() < constraint.min_domains;
            let fewest = if few { 0 } else { pods.values().copied().min().unwrap_or(0) };
            let own = i64::from(constraint.matcher.matches(pod, &cluster.namespaces));
            Domains { constraint, pods, fewest, own }
        });
        Self(domains.collect())
    }

    pub fn refuse(&self, node: &NodeFacts) -> Option<Reason> {
        self.0.iter().find_map(|domains| {
            let Some(value) = node.labels.get(&domains.constraint.topology_key) else {
                return Some(Reason::SpreadLabel);
            };
            let pods = domains.pods.get(value.as_str()).copied().unwrap_or(0);
            (pods + domains.own - domains.fewest > domains.constraint.max_skew).then_some(Reason::Spread)
        })
    }
}

/// The weight of a constraint: topologies with few domains are not watered down by those with many.
#[expect(clippy::cast_precision_loss, reason = "a count of nodes")]
pub(super) fn weight(domains: usize) -> f64 {
    (domains as f64 + 2.0).ln()
}

/// What one constraint adds to the score of a node.
#[expect(clippy::cast_precision_loss, reason = "a count of pods")]
pub(super) fn score_for(pods: i64, max_skew: i64, weight: f64) -> f64 {
    pods as f64 * weight + (max_skew - 1) as f64
}

/// The fewer the better; nodes that lack a label get nothing.
#[expect(clippy::cast_possible_truncation, reason = "counts of pods times small weights")]
pub(super) fn normalise(raw: &[f64], takes_part: &[bool]) -> Vec<i64> {
    let scores: Vec<i64> = raw.iter().map(|score| score.round() as i64).collect();
    let parts = || scores.iter().zip(takes_part).filter(|(_, part)| **part).map(|(score, _)| *score);
    let (least, most) = (parts().min().unwrap_or(0), parts().max().unwrap_or(0));
    let one = |(score, part): (&i64, &bool)| match (part, most) {
        (false, _) => 0,
        (true, 0) => SCORE_MAX,
        (true, _) => SCORE_MAX * (most + least - score) / most,
    };
    scores.iter().zip(takes_part).map(one).collect()
}
