//! Which pods go first when there are too many.
use crate::controllers::common::pod;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use skeg_client::Object;
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

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
    let (ready, made) = (Ages::new(pods, pod::ready_since, now), Ages::new(pods, created, now));
    let mut sorted = pods.to_vec();
    sorted.sort_by_cached_key(|pod| Importance {
        assigned: !pod::node_name(pod).is_empty(),
        phase: phase_order(pod),
        ready: pod::is_ready(pod),
        cost: deletion_cost(pod),
        crowd: Reverse(rank(pod)),
        ready_age: ready.of(pod),
        restarts: Reverse(pod::restarts(pod)),
        age: made.of(pod),
    });
    sorted.truncate(count);
    sorted
}

/// What makes a pod missed; the first difference decides.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Importance<'a> {
    assigned: bool,
    phase: u8,
    ready: bool,
    cost: i32,
    crowd: Reverse<usize>,
    ready_age: Option<(i64, &'a str)>,
    restarts: Reverse<(i32, i32)>,
    age: Option<(i64, &'a str)>,
}

/// Ages of pods: younger first, on a logarithmic scale. Pods of one time are equal; those of about one age differ by chance,
/// which is here the least uid of the pods of that time. Upstream compares the two uids, which is no order once pods of one
/// time are among them: then what comes out hangs on how its sort works.
struct Ages<'a> {
    time: fn(&Pod) -> Option<Timestamp>,
    uids: BTreeMap<Timestamp, &'a str>,
    now: Timestamp,
}

impl<'a> Ages<'a> {
    fn new(pods: &'a [Arc<Pod>], time: fn(&Pod) -> Option<Timestamp>, now: Timestamp) -> Self {
        let mut uids: BTreeMap<Timestamp, &str> = BTreeMap::new();
        for pod in pods {
            if let Some(time) = time(pod) {
                let least = uids.entry(time).or_insert_with(|| pod.uid());
                *least = (*least).min(pod.uid());
            }
        }
        Self { time, uids, now }
    }

    fn of(&self, pod: &Pod) -> Option<(i64, &'a str)> {
        let time = (self.time)(pod)?;
        Some((age_class(time, self.now), self.uids.get(&time).copied().unwrap_or_default()))
    }
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

/// Binary logarithm of the age in nanoseconds; -1 for the future.
fn age_class(time: Timestamp, now: Timestamp) -> i64 {
    let age = now.duration_since(time).as_nanos();
    u128::try_from(age).ok().and_then(u128::checked_ilog2).map_or(-1, i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use skeg_testing::dice::Dice;

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

    /// Of many pods that came in the same few seconds, the same ones go whatever the order in which they are seen.
    #[test]
    fn many_pods_of_about_one_age_have_one_order() {
        let mut dice = Dice::new(7);
        let one = |index: usize, dice: &mut Dice| {
            let second = |dice: &mut Dice| format!("2026-01-01T00:00:0{}Z", dice.roll(4));
            let metadata = json!({
                "name": format!("p{index}"), "uid": format!("{:03}-{index}", dice.roll(1000)), "creationTimestamp": second(dice),
            });
            let restarts =
                json!([{ "name": "c", "image": "i", "imageID": "", "ready": true, "restartCount": dice.roll(2) }]);
            let status = json!({ "phase": "Running", "containerStatuses": restarts, "conditions": [
                { "type": "Ready", "status": "True", "lastTransitionTime": second(dice) }
            ]});
            pod("", json!({ "/metadata": metadata, "/status": status }))
        };
        let now = "2026-01-01T00:00:30Z".parse().unwrap();
        for round in 1..50 {
            let pods: Vec<_> = (0..60).map(|index| one(index, &mut dice)).collect();
            let chosen = |pods: &[Arc<Pod>]| {
                let plain = |pod: &Arc<Pod>| (pod::ready_since(pod), pod::restarts(pod), created(pod));
                let mut chosen: Vec<_> = choose(pods, pods, round, now).iter().map(plain).collect();
                chosen.sort();
                chosen
            };
            let mut turned = pods.clone();
            turned.reverse();
            assert_eq!(chosen(&pods), chosen(&turned));
        }
    }
}
