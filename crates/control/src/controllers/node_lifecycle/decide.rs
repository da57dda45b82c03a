//! What is done about one node.
use super::{Grace, View, condition, is_ready, zones::Admission};
use crate::{
    controllers::{common::pod, node_ipam::reference},
    runner::{Action, Note, Order, Plan},
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::core::v1::{Node, NodeCondition, ObjectReference, Pod, Taint},
    apimachinery::pkg::apis::meta::v1::Time,
};
use serde_json::json;
use skeg_client::{Object, reference_to};
use skeg_model::status::Status;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
const NO_SCHEDULE: &str = "NoSchedule";
const NO_EXECUTE: &str = "NoExecute";

/// Conditions that only the kubelet can know.
const REPORTED: &[&str] = &["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// (condition, status) and the NoSchedule taint that follows.
const TAINTS: &[(&str, &str, &str)] = &[
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// Labels that are kept under an older name as well.
const LABELS: &[(&str, &str)] =
    &[("kubernetes.io/os", "beta.kubernetes.io/os"), ("kubernetes.io/arch", "beta.kubernetes.io/arch")];

pub(super) fn removed(name: &str, uid: &str) -> Plan {
    let about = ObjectReference {
        api_version: Some("v1".into()),
        kind: Some("Node".into()),
        name: Some(name.into()),
        uid: Some(uid.into()),
        ..ObjectReference::default()
    };
    let text = format!("Node {name} event: Removing Node {name} from Controller");
    Plan::of(vec![Action::note(Note::normal(about, "RemovingNode", text))])
}

pub(super) fn decide(view: &View, grace: Grace, now: Timestamp) -> Plan {
    let node = &*view.node;
    let mut plan = Plan::default();
    if view.registered {
        let text = format!("Node {0} event: Registered Node {0} in Controller", node.name());
        plan.then(vec![Action::note(Note::normal(reference(node), "RegisteredNode", text))], Order::Sequence);
    }
    let length = if view.observed.reported { grace.monitor } else { grace.startup };
    let over = view.observed.probe + SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
    let due = grace.look(over);
    if now > due {
        if let Some(silent) = silent(node, now) {
            plan.then(vec![silent], Order::Sequence);
            if is_ready(node) {
                plan.then(mark_pods(&view.pods, now), Order::Together);
            }
            return plan;
        }
    } else {
        // Whole seconds on the wire: look just after.
        plan.look_again_at(due + SignedDuration::from_millis(10), now);
    }
    // Of a node that says itself that it is not ready, the kubelet speaks for the pods.
    if condition(node, "Ready").is_some_and(|ready| ready.status == "Unknown") {
        plan.then(mark_pods(&view.pods, now), Order::Together);
    }
    if let Admission::Later(seconds) = view.admission {
        plan.look_again_in(Duration::from_secs_f64(seconds));
    }
    plan.then(metadata(node, view.admission, now), Order::Sequence);
    plan
}

/// The node with its conditions unknown, if any was not.
fn silent(node: &Node, now: Timestamp) -> Option<Action> {
    let mut changed = node.clone();
    let conditions = changed.status.get_or_insert_default().conditions.get_or_insert_default();
    for name in REPORTED {
        match conditions.iter_mut().find(|condition| condition.type_ == *name) {
            None => conditions.push(NodeCondition {
                type_: (*name).into(),
                status: "Unknown".into(),
                reason: Some("NodeStatusNeverUpdated".into()),
                message: Some("Kubelet never posted node status.".into()),
                last_heartbeat_time: node.metadata.creation_timestamp.clone(),
                last_transition_time: Some(Time(now)),
            }),
            Some(condition) if condition.status != "Unknown" => {
                condition.status = "Unknown".into();
                condition.reason = Some("NodeStatusUnknown".into());
                condition.message = Some("Kubelet stopped posting node status.".into());
                condition.last_transition_time = Some(Time(now));
            }
            Some(_) => {}
        }
    }
    if changed == *node {
        return None;
    }
    let action = Action::update_status(&changed);
    let note = |node: &Node| {
        let text = format!("Node {} status is now: NodeNotReady", node.name());
        Note::normal(reference(node), "NodeNotReady", text)
    };
    Some(if is_ready(node) { action.noting(note(node)) } else { action })
}

/// Pods on a node that is not ready are not ready.
fn mark_pods(pods: &[Arc<Pod>], now: Timestamp) -> Vec<Action> {
    pods.iter().filter(|pod| pod::is_ready(pod)).map(|pod| mark_pod(pod, now)).collect()
}

fn mark_pod(pod: &Pod, now: Timestamp) -> Action {
    let mut changed = pod.clone();
    let conditions = changed.status.as_mut().and_then(|status| status.conditions.as_mut());
    for condition in conditions.into_iter().flatten().filter(|condition| condition.type_ == "Ready") {
        condition.status = "False".into();
        condition.last_transition_time = Some(Time(now));
    }
    Action::update_status(&changed).accepting(Status::is_not_found).noting(Note::warning(
        reference_to(pod),
        "NodeNotReady",
        "Node is not ready",
    ))
}

/// Whether its pods are to be evicted and the taint that does it is not there yet. A taint of the other kind is swapped
/// at once and needs no allowance.
pub(super) fn wants_eviction(node: &Node) -> bool {
    let taints = taints(node);
    let tainted =
        taints.iter().any(|taint| taint.effect == NO_EXECUTE && [NOT_READY, UNREACHABLE].contains(&&*taint.key));
    condition(node, "Ready").is_some_and(|ready| ready.status != "True") && !tainted
}

fn taints(node: &Node) -> Vec<Taint> {
    node.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default()
}

/// One patch for taints and labels.
fn metadata(node: &Node, admission: Admission, now: Timestamp) -> Vec<Action> {
    let mut patch = json!({});
    let old = taints(node);
    let new = wanted_taints(node, admission, now);
    if old != new {
        patch["spec"] = json!({ "taints": if new.is_empty() { json!(null) } else { json!(new) } });
    }
    let labels: BTreeMap<&str, &str> = LABELS
        .iter()
        .filter_map(|(name, older)| Some((*older, node.label(name)?)))
        .filter(|(older, value)| node.label(older) != Some(value))
        .collect();
    if !labels.is_empty() {
        patch["metadata"] = json!({ "labels": labels });
    }
    if patch == json!({}) { Vec::new() } else { vec![Action::patch(node, None, patch)] }
}

/// The taints that follow from the conditions, and everybody else's as they are.
fn wanted_taints(node: &Node, admission: Admission, now: Timestamp) -> Vec<Taint> {
    let holds = |name: &str, status: &str| condition(node, name).is_some_and(|it| it.status == status);
    let mut wanted: Vec<(&str, &str)> =
        TAINTS.iter().filter(|(name, status, _)| holds(name, status)).map(|(.., key)| (*key, NO_SCHEDULE)).collect();
    if node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true) {
        wanted.push((UNSCHEDULABLE, NO_SCHEDULE));
    }
    let granted = admission == Admission::Granted;
    for (status, key) in [("False", NOT_READY), ("Unknown", UNREACHABLE)] {
        if granted && holds("Ready", status) {
            wanted.push((key, NO_EXECUTE));
        }
    }
    let ours = |taint: &Taint| match taint.effect.as_str() {
        NO_SCHEDULE => taint.key == UNSCHEDULABLE || TAINTS.iter().any(|(.., key)| *key == taint.key),
        NO_EXECUTE => taint.key == NOT_READY || taint.key == UNREACHABLE,
        _ => false,
    };
    let is_wanted = |taint: &Taint| wanted.contains(&(taint.key.as_str(), taint.effect.as_str()));
    let mut taints = taints(node);
    taints.retain(|taint| !ours(taint) || is_wanted(taint));
    for (key, effect) in &wanted {
        if !taints.iter().any(|taint| taint.key == *key && taint.effect == *effect) {
            taints.push(Taint {
                key: (*key).into(),
                effect: (*effect).into(),
                time_added: Some(Time(now)),
                value: None,
            });
        }
    }
    taints
}
