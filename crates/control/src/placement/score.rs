//! The scores, with upstream's default weights; ties are broken by the seed.
use super::{
    cluster::{Cluster, NodeId},
    filter::tolerates,
    interpod,
    pod::PodFacts,
    spread,
};

const SCORE_MAX: i64 = 100;
const TAINT_WEIGHT: i64 = 3;
const NODE_AFFINITY_WEIGHT: i64 = 2;
const SPREAD_WEIGHT: i64 = 2;
const POD_AFFINITY_WEIGHT: i64 = 2;
/// Image sizes between these count (upstream's `minThreshold`, `maxContainerThreshold`).
const IMAGE_BYTES_MIN: i64 = 23 * 1024 * 1024;
const IMAGE_BYTES_MAX: i64 = 1000 * 1024 * 1024;

/// The best of the feasible nodes, which are not empty.
pub(super) fn best(pod: &PodFacts, cluster: &Cluster, feasible: &[NodeId], seed: u64) -> NodeId {
    if let [only] = feasible {
        return *only;
    }
    let mut totals = vec![0; feasible.len()];
    let taints: Vec<i64> = feasible.iter().map(|id| soft_taints(pod, cluster, *id)).collect();
    add_reversed(&mut totals, &taints, TAINT_WEIGHT);
    if pod.selection.has_preferences() {
        let liked: Vec<i64> = feasible
            .iter()
            .map(|id| pod.selection.liking(&cluster.node(*id).name, &cluster.node(*id).labels))
            .collect();
        add_normalised(&mut totals, &liked, NODE_AFFINITY_WEIGHT);
    }
    if let Some(spread) = spread::score(pod, cluster, feasible) {
        totals.iter_mut().zip(spread).for_each(|(total, score)| *total += score * SPREAD_WEIGHT);
    }
    if let Some(sums) = interpod::score(pod, cluster, feasible) {
        add_stretched(&mut totals, &sums, POD_AFFINITY_WEIGHT);
    }
    for (total, id) in totals.iter_mut().zip(feasible) {
        *total += least_allocated(pod, cluster, *id) + balanced(pod, cluster, *id) + image_locality(pod, cluster, *id);
    }
    let top = totals.iter().copied().max().unwrap_or(0);
    let ties: Vec<NodeId> = feasible.iter().zip(&totals).filter(|(_, t)| **t == top).map(|(id, _)| *id).collect();
    ties[usize::try_from(seed % ties.len() as u64).unwrap_or(0)]
}

fn add_normalised(totals: &mut [i64], scores: &[i64], weight: i64) {
    let top = scores.iter().copied().max().unwrap_or(0);
    if top > 0 {
        totals.iter_mut().zip(scores).for_each(|(total, score)| *total += score * SCORE_MAX / top * weight);
    }
}

/// From the least (0) to the most (100); nothing when all are equal.
fn add_stretched(totals: &mut [i64], scores: &[i64], weight: i64) {
    let (least, most) = (scores.iter().copied().min().unwrap_or(0), scores.iter().copied().max().unwrap_or(0));
    if most > least {
        let share = |score: i64| SCORE_MAX * (score - least) / (most - least);
        totals.iter_mut().zip(scores).for_each(|(total, score)| *total += share(*score) * weight);
    }
}

/// The fewer the better; all get the full score when there are none.
fn add_reversed(totals: &mut [i64], scores: &[i64], weight: i64) {
    let top = scores.iter().copied().max().unwrap_or(0);
    for (total, score) in totals.iter_mut().zip(scores) {
        let share = if top == 0 { SCORE_MAX } else { SCORE_MAX - score * SCORE_MAX / top };
        *total += share * weight;
    }
}

/// Untolerated `PreferNoSchedule` taints.
fn soft_taints(pod: &PodFacts, cluster: &Cluster, id: NodeId) -> i64 {
    let soft = cluster.node(id).taints.iter().filter(|t| t.effect == "PreferNoSchedule");
    let counts = soft.filter(|taint| !pod.tolerations.iter().any(|t| tolerates(t, taint))).count();
    i64::try_from(counts).unwrap_or(i64::MAX)
}

fn least_allocated(pod: &PodFacts, cluster: &Cluster, id: NodeId) -> i64 {
    let (has, used) = (&cluster.allocatable[id.row()], cluster.compared[id.row()]);
    let free = |has: i64, used: i64| if has == 0 || used > has { 0 } else { (has - used) * SCORE_MAX / has };
    let cpu = free(has.cpu_milli, used.0 + pod.compared.0);
    let memory = free(has.memory_bytes, used.1 + pod.compared.1);
    match (has.cpu_milli > 0, has.memory_bytes > 0) {
        (true, true) => i64::midpoint(cpu, memory),
        (true, false) => cpu,
        (false, true) => memory,
        (false, false) => 0,
    }
}

/// How evenly CPU and memory are used: the standard deviation of the two shares, turned round.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "shares between 0 and 1")]
fn balanced(pod: &PodFacts, cluster: &Cluster, id: NodeId) -> i64 {
    let (has, used) = (&cluster.allocatable[id.row()], &cluster.requested[id.row()]);
    if has.cpu_milli == 0 || has.memory_bytes == 0 {
        return 0;
    }
    let share = |asked: i64, has: i64| (asked as f64 / has as f64).min(1.0);
    let cpu = share(used.cpu_milli + pod.requests.cpu_milli, has.cpu_milli);
    let memory = share(used.memory_bytes + pod.requests.memory_bytes, has.memory_bytes);
    ((1.0 - (cpu - memory).abs() / 2.0) * SCORE_MAX as f64) as i64
}

/// Nodes that have the images already, each image weighed by how common it is.
fn image_locality(pod: &PodFacts, cluster: &Cluster, id: NodeId) -> i64 {
    let nodes = i64::try_from(cluster.len()).unwrap_or(i64::MAX).max(1);
    let size = |image: &String| {
        let bytes = cluster.node(id).images.get(image).copied().unwrap_or(0);
        bytes * i64::from(cluster.image_nodes.get(image).copied().unwrap_or(0)) / nodes
    };
    let sum: i64 = pod.images.iter().map(size).sum();
    let top = IMAGE_BYTES_MAX * i64::try_from(pod.images.len()).unwrap_or(1).max(1);
    SCORE_MAX * (sum.clamp(IMAGE_BYTES_MIN, top) - IMAGE_BYTES_MIN) / (top - IMAGE_BYTES_MIN)
}
