//! Which pods go first when there are too many.
use crate::controllers::common::pod;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use skeg_client::Object;
use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

/// Annotation by which a user weighs pods against each other (KEP 2255).
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The `count` pods that are missed least. `related` are all pods of the same application: crowded nodes give first.
pub(super) fn choose(pods: &[Arc<Pod>], related: &[Arc<Pod>], count: usize, now: Timestamp) -> Vec<Arc<Pod>> {
    if count >= pods.len() {
        return pods.to_vec();
    }
    let mut crowd: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in related.iter().filter(|pod| pod::is_active(pod)) {
        *crowd.entry(pod::node_name(pod)).or_default() += 1;
    }
    let rank = |pod: &Pod| crowd.get(pod::node_name(pod)).copied().unwrap_or(0);
    let mut sorted = pods.to_vec();
    sorted.sort_by(|a, b| compare(a, b, rank(a), rank(b), now));
    sorted.truncate(count);
    sorted
}

fn compare(a: &Pod, b: &Pod, rank_a: usize, rank_b: usize, now: Timestamp) -> Ordering {
    let assigned = |pod: &Pod| !pod::node_name(pod).is_empty();
    assigned(a)
        .cmp(&assigned(b))
        .then_with(|| phase_order(a).cmp(&phase_order(b)))
        .then_with(|| pod::is_ready(a).cmp(&pod::is_ready(b)))
        .then_with(|| deletion_cost(a).cmp(&deletion_cost(b)))
        .then_with(|| rank_b.cmp(&rank_a))
        .then_with(|| compare_times(pod::ready_since(a), pod::ready_since(b), a, b, now))
        .then_with(|| pod::restarts(b).cmp(&pod::restarts(a)))
        .then_with(|| compare_times(created(a), created(b), a, b, now))
}

fn phase_order(pod: &Pod) -> u8 {
    match pod::phase(pod) {
        "Pending" => 0,
        "Unknown" => 1,
        "Running" => 2,
        _ => 0,
    }
}

fn deletion_cost(pod: &Pod) -> i32 {
    let text = pod.annotation(DELETION_COST).unwrap_or_default();
    let digits = text.strip_prefix('-').unwrap_or(text);
    // As upstream: no plus sign, no leading zeros.
    let plain = text == "0" || digits.starts_with(|c: char| ('1'..='9').contains(&c));
    text.parse().ok().filter(|_| plain).unwrap_or(0)
}

fn created(pod: &Pod) -> Option<Timestamp> {
    pod.meta().creation_timestamp.as_ref().map(|time| time.0)
}

/// Younger first, on a logarithmic scale of age so that pods of about one age differ by uid (chance) only.
fn compare_times(a: Option<Timestamp>, b: Option<Timestamp>, pod_a: &Pod, pod_b: &Pod, now: Timestamp) -> Ordering {
    match (a, b) {
        (a, b) if a == b => Ordering::Equal,
        (Some(a), Some(b)) => age_class(a, now).cmp(&age_class(b, now)).then_with(|| pod_a.uid().cmp(pod_b.uid())),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Binary logarithm of the age in nanoseconds; -1 for the future.
fn age_class(time: Timestamp, now: Timestamp) -> i64 {
    let age = now.duration_since(time).as_nanos();
    u128::try_from(age).ok().and_then(u128::checked_ilog2).map_or(-1, i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, patch: serde_json::Value) -> Arc<Pod> {
        let mut pod = json!({
            "metadata": { "name": name, "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": { "nodeName": "n1", "containers": [] },
            "status": { "phase": "Running", "conditions": [
                { "type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:10Z" }
            ]},
        });
        for (path, value) in patch.as_object().unwrap() {
            *pod.pointer_mut(path).unwrap() = value.clone();
        }
        Arc::new(serde_json::from_value(pod).unwrap())
    }

    /// The pod under test goes before a plain one.
    fn check_goes_first(patch: serde_json::Value) {
        let now = "2026-01-01T01:00:00Z".parse().unwrap();
        let pods = [pod("a-plain", json!({})), pod("b-victim", patch)];
        for pods in [pods.to_vec(), pods.iter().rev().cloned().collect()] {
            assert_eq!(choose(&pods, &pods, 1, now)[0].name(), "b-victim");
        }
    }

    #[test]
    fn least_missed_first() {
        check_goes_first(json!({ "/spec/nodeName": "" }));
        check_goes_first(json!({ "/status/phase": "Pending" }));
        check_goes_first(json!({ "/status/conditions/0/status": "False" }));
        check_goes_first(json!({ "/metadata": {
            "name": "b-victim", "uid": "b-victim", "annotations": { DELETION_COST: "-5" }
        }}));
        check_goes_first(json!({ "/status/conditions/0/lastTransitionTime": "2026-01-01T00:50:00Z" }));
        check_goes_first(json!({ "/metadata/creationTimestamp": "2026-01-01T00:55:00Z" }));
    }

    #[test]
    fn a_crowded_node_gives_first() {
        let now = "2026-01-01T01:00:00Z".parse().unwrap();
        let alone = pod("a-alone", json!({ "/spec/nodeName": "n2" }));
        let pods = [alone, pod("b", json!({})), pod("c", json!({}))];
        assert_ne!(choose(&pods, &pods, 1, now)[0].name(), "a-alone");
    }
}
