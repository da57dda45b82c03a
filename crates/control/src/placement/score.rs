//! The scores, by the weights of the pod's profile; ties are broken by the seed.
use super::{
    cluster::{Cluster, NodeFacts, NodeId},
    filter::tolerates,
    shape::Shape,
};
use k8s_openapi::api::core::v1::{Taint, Toleration};
use smallvec::SmallVec;

const SCORE_MAX: i64 = 100;
/// Image sizes between these count (upstream's `minThreshold`, `maxContainerThreshold`).
const IMAGE_BYTES_MIN: i64 = 23 * 1024 * 1024;
const IMAGE_BYTES_MAX: i64 = 1000 * 1024 * 1024;

/// One of the rows with the highest total; `seed` decides which.
pub(super) fn pick(rows: &[u32], totals: &[i64], seed: u64) -> u32 {
    let top = totals.iter().copied().max().unwrap_or(0);
    let ties = totals.iter().filter(|total| **total == top).count().max(1);
    let nth = usize::try_from(seed % ties as u64).unwrap_or(0);
    let mut best = rows.iter().zip(totals).filter(|(_, total)| **total == top);
    best.nth(nth).map_or(0, |(row, _)| *row)
}

pub(super) fn add_normalised(totals: &mut [i64], scores: &[i64], weight: i64) {
    let top = scores.iter().copied().max().unwrap_or(0);
    if top > 0 {
        totals.iter_mut().zip(scores).for_each(|(total, score)| *total += score * SCORE_MAX / top * weight);
    }
}

/// From the least (0) to the most (100); nothing when all are equal.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "upstream computes with floats")]
pub(super) fn add_stretched(totals: &mut [i64], scores: &[i64], weight: i64) {
    let (least, most) = (scores.iter().copied().min().unwrap_or(0), scores.iter().copied().max().unwrap_or(0));
    if most > least {
        let share = |score: i64| (SCORE_MAX as f64 * ((score - least) as f64 / (most - least) as f64)) as i64;
        totals.iter_mut().zip(scores).for_each(|(total, score)| *total += share(*score) * weight);
    }
}

/// The fewer the better; all get the full score when there are none.
pub(super) fn add_reversed(totals: &mut [i64], scores: &[i64], weight: i64) {
    let top = scores.iter().copied().max().unwrap_or(0);
    for (total, score) in totals.iter_mut().zip(scores) {
        let share = if top == 0 { SCORE_MAX } else { SCORE_MAX - score * SCORE_MAX / top };
        *total += share * weight;
    }
}

/// Untolerated `PreferNoSchedule` taints.
pub(super) fn soft_taints(pod: &Shape, node: &NodeFacts) -> i64 {
    let soft = node.taints.iter().filter(|t| t.effect == "PreferNoSchedule");
    let relevant = |t: &&Toleration| matches!(t.effect.as_deref(), None | Some("" | "PreferNoSchedule"));
    let tolerated = |taint: &Taint| pod.tolerations.iter().filter(relevant).any(|t| tolerates(t, taint));
    i64::try_from(soft.filter(|taint| !tolerated(taint)).count()).unwrap_or(i64::MAX)
}

/// The score by resources: how much is used, and how evenly.
pub(super) fn by_resources(pod: &Shape, cluster: &Cluster, id: NodeId) -> i64 {
    let weights = pod.profile.weights;
    let fit = if weights.fit == 0 { 0 } else { weights.fit * fit(pod, cluster, id) };
    let even = if weights.balanced == 0 || !pod.weighs() { 0 } else { weights.balanced * balanced(pod, cluster, id) };
    fit + even
}

/// Whether a resource counts only where the pod asks for it: all but the ones that every node has.
fn is_scalar(resource: &str) -> bool {
    !matches!(resource, "cpu" | "memory" | "ephemeral-storage" | "pods")
}

fn fit(pod: &Shape, cluster: &Cluster, id: NodeId) -> i64 {
    let (has, compared) = (&cluster.allocatable[id.row()], cluster.compared[id.row()]);
    pod.profile.fit.score(|name| match name {
        "cpu" => Some((compared.0 + pod.compared.0, has.cpu_milli)),
        "memory" => Some((compared.1 + pod.compared.1, has.memory_bytes)),
        _ if is_scalar(name) && pod.requests.get(name) == 0 => None,
        _ => Some((cluster.requested[id.row()].get(name) + pod.requests.get(name), has.get(name))),
    })
}

/// Whether the pod makes its resources more evenly used: 75 when it changes nothing, towards 100 when it does, towards 50
/// when it does the contrary.
fn balanced(pod: &Shape, cluster: &Cluster, id: NodeId) -> i64 {
    let (has, used) = (&cluster.allocatable[id.row()], &cluster.requested[id.row()]);
    let counts = |name: &&String| has.get(name) != 0 && !(is_scalar(name) && pod.requests.get(name) == 0);
    let names = || pod.profile.balanced.iter().filter(counts);
    let without = evenness(names().map(|name| (used.get(name), has.get(name))));
    let with = evenness(names().map(|name| (used.get(name) + pod.requests.get(name), has.get(name))));
    SCORE_MAX / 2 + (SCORE_MAX / 2 + with - without) / 2
}

/// The standard deviation of the shares, turned round.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "shares between 0 and 1")]
fn evenness(used: impl Iterator<Item = (i64, i64)>) -> i64 {
    let shares: SmallVec<[f64; 4]> = used.map(|(used, has)| (used as f64 / has as f64).min(1.0)).collect();
    let deviation = match shares.as_slice() {
        [] | [_] => 0.0,
        [one, other] => ((one - other) / 2.0).abs(),
        many => {
            let mean = many.iter().sum::<f64>() / many.len() as f64;
            (many.iter().map(|share| (share - mean) * (share - mean)).sum::<f64>() / many.len() as f64).sqrt()
        }
    };
    ((1.0 - deviation) * SCORE_MAX as f64) as i64
}

/// Nodes that have the images already, each image weighed by how common it is.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "upstream computes with floats")]
pub(super) fn image_locality(pod: &Shape, cluster: &Cluster, id: NodeId) -> i64 {
    let nodes = cluster.len().max(1) as f64;
    let size = |image: &String| {
        let bytes = cluster.node(id).images.get(image).copied().unwrap_or(0);
        let common = f64::from(cluster.image_nodes.get(image).copied().unwrap_or(0)) / nodes;
        (bytes as f64 * common) as i64
    };
    let sum: i64 = pod.images.iter().map(size).sum();
    let top = IMAGE_BYTES_MAX * i64::try_from(pod.containers).unwrap_or(1).max(1);
    SCORE_MAX * (sum.clamp(IMAGE_BYTES_MIN, top) - IMAGE_BYTES_MIN) / (top - IMAGE_BYTES_MIN)
}
