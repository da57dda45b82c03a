//! Evicts pods from nodes with NoExecute taints once their tolerations run out.
use super::{
    Context,
    common::pod,
    node_lifecycle::{index_pods, pods_on},
};
use crate::runner::{Action, Note, Plan, Reconciler};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::core::v1::{Node, ObjectReference, Pod, PodCondition, Taint, Toleration},
    apimachinery::pkg::apis::meta::v1::Time,
};
use serde_json::json;
use skeg_client::{Informer, Key, Object};
use skeg_model::status::Status;
use std::sync::Arc;

const WORKERS: usize = 8;
const NO_EXECUTE: &str = "NoExecute";

struct Controller {
    pods: Informer<Pod>,
    nodes: Informer<Node>,
}

struct View {
    pod: Arc<Pod>,
    taints: Vec<Taint>,
}

/// The taint-eviction controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("node-controller", "taint-eviction-controller");
    let pods = wiring.informer::<Pod>();
    let nodes = wiring.informer::<Node>();
    index_pods(&pods);
    let (queue, all) = (wiring.queue(), nodes.clone());
    pods.on_change(move |change| {
        let Some(pod) = change.new else { return };
        let placed = change
            .old
            .is_none_or(|old| pod::node_name(old) != pod::node_name(pod) || tolerations(old) != tolerations(pod));
        if placed && all.get(pod::node_name(pod)).is_some_and(|node| !no_execute(&node).is_empty()) {
            queue.add(change.key);
        }
    });
    let (queue, on_node) = (wiring.queue(), pods.clone());
    nodes.on_change(move |change| {
        let taints = |node: Option<&Arc<Node>>| node.map(|node| no_execute(node)).unwrap_or_default();
        if taints(change.old) != taints(change.new) {
            pods_on(&on_node, change.key).iter().for_each(|pod| queue.add(&pod.key()));
        }
    });
    wiring.run(Controller { pods, nodes }, WORKERS);
}

fn tolerations(pod: &Pod) -> &[Toleration] {
    pod.spec.as_ref().and_then(|spec| spec.tolerations.as_deref()).unwrap_or_default()
}

fn no_execute(node: &Node) -> Vec<Taint> {
    let taints = node.spec.iter().filter_map(|spec| spec.taints.as_ref()).flatten();
    taints.filter(|taint| taint.effect == NO_EXECUTE).cloned().collect()
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(pod) = self.pods.get(key).filter(|pod| !pod.is_deleting()) else { return Ok(None) };
        let taints = self.nodes.get(pod::node_name(&pod)).map(|node| no_execute(&node)).unwrap_or_default();
        Ok((!taints.is_empty()).then_some(View { pod, taints }))
    }

    fn reconcile(&self, view: &View, now: Timestamp) -> Plan {
        match eviction_time(&view.pod, &view.taints, now) {
            None => Plan::default(),
            Some(at) if at > now => {
                let mut plan = Plan::default();
                plan.look_again_at(at, now);
                plan
            }
            Some(_) => evict(&view.pod, now),
        }
    }
}

/// When the pod must go; None: never.
fn eviction_time(pod: &Pod, taints: &[Taint], now: Timestamp) -> Option<Timestamp> {
    let mut shortest: Option<i64> = None;
    for taint in taints {
        let matching: Vec<_> = tolerations(pod).iter().filter(|it| tolerates(it, taint)).collect();
        if matching.is_empty() {
            return Some(now);
        }
        // As upstream: the first toleration that matches is the one used.
        let seconds = matching[0].toleration_seconds;
        shortest = [shortest, seconds].into_iter().flatten().min();
    }
    let seconds = shortest?;
    if seconds <= 0 {
        return Some(now);
    }
    let since = taints.iter().filter_map(|taint| taint.time_added.as_ref()).map(|time| time.0).max();
    let bound = pod::condition(pod, "PodScheduled").and_then(|it| it.last_transition_time.as_ref()).map(|it| it.0);
    let start = [since, bound].into_iter().flatten().max().unwrap_or(now);
    Some(start + SignedDuration::from_secs(seconds))
}

pub(super) fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (effect, key) = (text(&toleration.effect), text(&toleration.key));
    if (!effect.is_empty() && effect != taint.effect) || (!key.is_empty() && key != taint.key) {
        return false;
    }
    match toleration.operator.as_deref() {
        None | Some("" | "Equal") => text(&toleration.value) == text(&taint.value),
        Some("Exists") => true,
        _ => false,
    }
}

/// Says why, then deletes.
fn evict(pod: &Pod, now: Timestamp) -> Plan {
    const REASON: &str = "DeletionByTaintManager";
    let about = ObjectReference {
        api_version: Some("v1".into()),
        kind: Some("Pod".into()),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        ..ObjectReference::default()
    };
    let mut conditions = pod.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let told = conditions.iter().any(|it| it.type_ == "DisruptionTarget" && it.status == "True");
    let text = format!("Marking for deletion Pod {}", pod.key());
    let mut actions = vec![Action::note(Note::normal(about, "TaintManagerEviction", text))];
    if !told {
        conditions.retain(|condition| condition.type_ != "DisruptionTarget");
        conditions.push(PodCondition {
            type_: "DisruptionTarget".into(),
            status: "True".into(),
            reason: Some(REASON.into()),
            message: Some("Taint manager: deleting due to NoExecute taint".into()),
            last_transition_time: Some(Time(now)),
            observed_generation: pod.metadata.generation,
            ..PodCondition::default()
        });
        let patch = json!({ "status": { "conditions": conditions } });
        actions.push(Action::patch(pod, Some("status"), patch).accepting(Status::is_not_found));
    }
    actions.push(Action::delete(pod, None).accepting(Status::is_not_found));
    Plan::of(actions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tolerations: serde_json::Value, taints: serde_json::Value, expected_seconds: Option<i64>) {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let pod = json!({ "metadata": {}, "spec": { "containers": [], "tolerations": tolerations } });
        let pod: Pod = serde_json::from_value(pod).unwrap();
        let taints: Vec<Taint> = serde_json::from_value(taints).unwrap();
        let at = eviction_time(&pod, &taints, now).map(|at| at.duration_since(now).as_secs());
        assert_eq!(at, expected_seconds);
    }

    #[test]
    fn tolerations_decide_when() {
        let taint = json!([{ "key": "k", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z" }]);
        check(json!([]), taint.clone(), Some(0));
        check(json!([{ "operator": "Exists" }]), taint.clone(), None);
        check(json!([{ "key": "k", "operator": "Exists", "tolerationSeconds": 30 }]), taint.clone(), Some(30));
        check(json!([{ "key": "other", "operator": "Exists" }]), taint.clone(), Some(0));
        check(json!([{ "key": "k", "operator": "Exists", "tolerationSeconds": 0 }]), taint, Some(0));
    }
}
