//! The decision made anew from all nodes and counts, without columns that follow changes: what the lenses are held against.
use super::{
    cluster::{Cluster, NodeId},
    filter,
    interpod::{PerValue, by_value},
    pod::PodFacts,
    score,
    spread::{self, HOSTNAME, has_all, included},
    terms::Spread,
};
use rustc_hash::FxHashMap;

/// Nodes that would do, and the one to take.
pub(super) fn choose(pod: &PodFacts, cluster: &mut Cluster, seed: u64) -> Option<(NodeId, Vec<NodeId>)> {
    cluster.prepare(pod);
    let feasible = filter::run(pod, cluster).feasible;
    (!feasible.is_empty()).then(|| (best(pod, cluster, &feasible, seed), feasible))
}

fn best(pod: &PodFacts, cluster: &Cluster, feasible: &[NodeId], seed: u64) -> NodeId {
    if let [only] = feasible {
        return *only;
    }
    let of = |score: &dyn Fn(NodeId) -> i64| feasible.iter().map(|id| score(*id)).collect::<Vec<i64>>();
    let weights = pod.profile.weights;
    let image = |id| score::image_locality(pod, cluster, id) * weights.images;
    let mut totals = of(&|id| score::by_resources(pod, cluster, id) + image(id));
    score::add_reversed(&mut totals, &of(&|id| score::soft_taints(pod, cluster.node(id))), weights.taints);
    let liked = of(&|id| pod.selection.liking(&cluster.node(id).name, &cluster.node(id).labels));
    score::add_normalised(&mut totals, &liked, weights.node_affinity);
    if let Some(spread) = spreading(pod, cluster, feasible) {
        totals.iter_mut().zip(spread).for_each(|(total, score)| *total += score * weights.spread);
    }
    if let Some(sums) = attraction(pod, cluster, feasible) {
        score::add_stretched(&mut totals, &sums, weights.pod_affinity);
    }
    let rows: Vec<u32> = feasible.iter().map(|id| id.0).collect();
    NodeId(score::pick(&rows, &totals, seed))
}

fn spreading(pod: &PodFacts, cluster: &Cluster, feasible: &[NodeId]) -> Option<Vec<i64>> {
    let constraints = &pod.relations.spread_soft;
    if constraints.is_empty() {
        return None;
    }
    let any = pod.relations.any_label;
    let takes_part: Vec<bool> = feasible.iter().map(|id| any || has_all(constraints, cluster.node(*id))).collect();
    let candidates: Vec<NodeId> =
        feasible.iter().zip(&takes_part).filter(|(_, part)| **part).map(|(id, _)| *id).collect();
    let mut raw = vec![0.0_f64; feasible.len()];
    for constraint in constraints {
        let pods = near(constraint, constraints, pod, cluster, &candidates);
        let host = constraint.topology_key == HOSTNAME;
        let domains = if host { candidates.len() } else { pods.len() };
        let weight = spread::weight(domains);
        let here = cluster.census.of(&constraint.matcher);
        for ((score, id), part) in raw.iter_mut().zip(feasible).zip(&takes_part) {
            if !part {
                continue;
            }
            let value = &*cluster.node(*id).labels[&constraint.topology_key];
            let count = if host { here.get(id).copied() } else { pods.get(value).copied() }.unwrap_or(0);
            *score += spread::score_for(count, constraint.max_skew, weight);
        }
    }
    Some(spread::normalise(&raw, &takes_part))
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

/// The sum of weights per node, when anybody has preferences.
fn attraction(pod: &PodFacts, cluster: &Cluster, feasible: &[NodeId]) -> Option<Vec<i64>> {
    let mut weights: FxHashMap<&str, PerValue<'_>> = FxHashMap::default();
    for (weight, term) in &pod.relations.preferred {
        let values = by_value(cluster, cluster.census.of(&term.matcher), &term.topology_key);
        let sums = weights.entry(&term.topology_key).or_default();
        values.into_iter().for_each(|(value, count)| *sums.entry(value).or_default() += weight * count);
    }
    for (carried, nodes) in cluster.census.about(pod, &cluster.namespaces) {
        let unmoved = pod.profile.ignores_preferences && pod.relations.preferred.is_empty();
        if let Some(weight) = carried.bearing.weight(&pod.profile).filter(|_| !unmoved) {
            let values = by_value(cluster, nodes, &carried.term.topology_key);
            let sums = weights.entry(&carried.term.topology_key).or_default();
            values.into_iter().for_each(|(value, count)| *sums.entry(value).or_default() += weight * count);
        }
    }
    if weights.values().all(FxHashMap::is_empty) {
        return None;
    }
    let of = |id: &NodeId| {
        let labels = &cluster.node(*id).labels;
        let parts = weights.iter().filter_map(|(key, sums)| sums.get(labels.get(*key)?.as_str()));
        parts.sum()
    };
    Some(feasible.iter().map(of).collect())
}
