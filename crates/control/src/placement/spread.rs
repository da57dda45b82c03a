//! Topology spread constraints (upstream's `PodTopologySpread`).
use super::{
    cluster::{Cluster, NodeFacts, NodeId},
    explain::Reason,
    filter::untolerated,
    interpod::PerValue,
    pod::PodFacts,
    terms::Spread,
};
use rustc_hash::FxHashMap;

const HOSTNAME: &str = "kubernetes.io/hostname";
const SCORE_MAX: i64 = 100;

/// Whether the node's pods count for the constraint (`nodeAffinityPolicy`, `nodeTaintsPolicy`).
fn included(constraint: &Spread, pod: &PodFacts, node: &NodeFacts) -> bool {
    (!constraint.honours_affinity || pod.selection.admits(&node.name, &node.labels))
        && (!constraint.honours_taints || untolerated(&node.taints, &pod.tolerations).is_none())
}

fn has_all(constraints: &[Spread], node: &NodeFacts) -> bool {
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

/// Scores from 0 to 100, when the pod has soft constraints.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "counts of nodes and pods")]
pub(super) fn score(pod: &PodFacts, cluster: &Cluster, feasible: &[NodeId]) -> Option<Vec<i64>> {
    let constraints = &pod.relations.spread_soft;
    if constraints.is_empty() {
        return None;
    }
    let takes_part: Vec<bool> = feasible.iter().map(|id| has_all(constraints, cluster.node(*id))).collect();
    let candidates: Vec<NodeId> =
        feasible.iter().zip(&takes_part).filter(|(_, part)| **part).map(|(id, _)| *id).collect();
    let mut raw = vec![0.0_f64; feasible.len()];
    for constraint in constraints {
        let pods = near(constraint, constraints, pod, cluster, &candidates);
        let host = constraint.topology_key == HOSTNAME;
        let domains = if host { candidates.len() } else { pods.len() };
        let weight = (domains as f64 + 2.0).ln();
        let here = cluster.census.of(&constraint.matcher);
        for ((score, id), part) in raw.iter_mut().zip(feasible).zip(&takes_part) {
            if !part {
                continue;
            }
            let value = &*cluster.node(*id).labels[&constraint.topology_key];
            let count = if host { here.get(id).copied() } else { pods.get(value).copied() }.unwrap_or(0);
            *score += count as f64 * weight + (constraint.max_skew - 1) as f64;
        }
    }
    let rounded: Vec<i64> = raw.iter().map(|s| s.round() as i64).collect();
    Some(normalise(&rounded, &takes_part))
}

/// Pods per topology value, over the values of the candidates.
fn near<'a>(
    constraint: &Spread,
    all: &[Spread],
    pod: &PodFacts,
    cluster: &'a Cluster,
    candidates: &[NodeId],
) -> PerValue<'a> {
    let key = &constraint.topology_key;
    let values = candidates.iter().filter_map(|id| cluster.node(*id).labels.get(key));
    let mut pods: PerValue<'a> = values.map(|v| (v.as_str(), 0)).collect::<FxHashMap<_, _>>();
    for (id, count) in cluster.census.of(&constraint.matcher) {
        let node = cluster.node(*id);
        if has_all(all, node)
            && included(constraint, pod, node)
            && let Some(sum) = node.labels.get(key).and_then(|value| pods.get_mut(value.as_str()))
        {
            *sum += count;
        }
    }
    pods
}

/// The fewer the better; nodes that lack a label get nothing.
fn normalise(scores: &[i64], takes_part: &[bool]) -> Vec<i64> {
    let parts = || scores.iter().zip(takes_part).filter(|(_, part)| **part).map(|(score, _)| *score);
    let (least, most) = (parts().min().unwrap_or(0), parts().max().unwrap_or(0));
    let one = |(score, part): (&i64, &bool)| match (part, most) {
        (false, _) => 0,
        (true, 0) => SCORE_MAX,
        (true, _) => SCORE_MAX * (most + least - score) / most,
    };
    scores.iter().zip(takes_part).map(one).collect()
}
