//! Evicts pods from nodes with NoExecute taints once their tolerations run out.
use super::{
    Context,
    common::pod,
    node_lifecycle::{index_pods, pods_on},
};
use crate::runner::{Action, Note, Order, Plan, Reconciler};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::core::v1::{Node, ObjectReference, Pod, PodCondition, Taint, Toleration},
    apimachinery::pkg::apis::meta::v1::Time,
};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use serde_json::json;
use skeg_client::{Informer, Key, Object, key};
use skeg_model::{status::Status, time::Clock};
use std::sync::Arc;

const WORKERS: usize = 8;
const NO_EXECUTE: &str = "NoExecute";

struct Controller {
    pods: Informer<Pod>,
    nodes: Informer<Node>,
    clock: Arc<dyn Clock>,
    timers: Arc<Timers>,
}

/// Evictions that wait for a toleration to run out. It runs from when the taint was first seen, as upstream: a restart
/// begins anew.
type Timers = Mutex<FxHashMap<Key, Timer>>;

#[derive(Debug, Clone, Copy)]
struct Timer {
    due: Timestamp,
    fired: bool,
}

enum View {
    /// The eviction that waited is off.
    Cancel(Key),
    Wait(Timestamp),
    /// Whether an eviction waited that is now overtaken.
    Evict(Arc<Pod>, bool),
}

/// How long a pod bears its node's taints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tolerance {
    Ever,
    For(SignedDuration),
    Not,
}

/// The taint-eviction controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("node-controller", "taint-eviction-controller");
    let pods = wiring.informer::<Pod>();
    let nodes = wiring.informer::<Node>();
    index_pods(&pods);
    let timers: Arc<Timers> = Arc::default();
    let (queue, all, kept) = (wiring.queue(), nodes.clone(), timers.clone());
    pods.on_change(move |change| {
        let Some(pod) = change.new else {
            if kept.lock().contains_key(change.key) {
                queue.add(change.key);
            }
            return;
        };
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
    let clock = context.config.clock.clone();
    wiring.run(Controller { pods, nodes, clock, timers }, WORKERS);
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
        let mut timers = self.timers.lock();
        let mut cancel = || timers.remove(key).is_some_and(|timer| !timer.fired);
        let Some(pod) = self.pods.get(key) else { return Ok(cancel().then(|| View::Cancel(key.clone()))) };
        let taints = self.nodes.get(pod::node_name(&pod)).map(|node| no_execute(&node)).unwrap_or_default();
        match tolerance(&pod, &taints) {
            Tolerance::Ever => Ok(cancel().then(|| View::Cancel(key.clone()))),
            _ if pod.is_deleting() => Ok(None),
            Tolerance::Not => Ok(Some(View::Evict(pod, cancel()))),
            Tolerance::For(seconds) => {
                let now = self.clock.now();
                let timer = timers.entry(key.clone()).or_insert(Timer { due: now + seconds, fired: false });
                if timer.due > now {
                    return Ok(Some(View::Wait(timer.due)));
                }
                timer.fired = true;
                Ok(Some(View::Evict(pod, false)))
            }
        }
    }

    fn reconcile(&self, view: &View, now: Timestamp) -> Plan {
        match view {
            View::Cancel(key) => Plan::of(vec![cancelling(key)]),
            View::Wait(due) => {
                let mut plan = Plan::default();
                plan.look_again_at(*due, now);
                plan
            }
            View::Evict(pod, overtaken) => {
                let mut plan = Plan::default();
                let note = overtaken.then(|| cancelling(&pod.key()));
                plan.then(note.into_iter().chain(evict(pod, now)).collect(), Order::Sequence);
                plan
            }
        }
    }
}

fn tolerance(pod: &Pod, taints: &[Taint]) -> Tolerance {
    let mut shortest: Option<i64> = None;
    for taint in taints {
        // As upstream: the first toleration that matches is the one used.
        let Some(used) = tolerations(pod).iter().find(|it| tolerates(it, taint)) else { return Tolerance::Not };
        shortest = [shortest, used.toleration_seconds].into_iter().flatten().min();
    }
    match shortest {
        None => Tolerance::Ever,
        Some(seconds) if seconds <= 0 => Tolerance::Not,
        Some(seconds) => Tolerance::For(SignedDuration::from_secs(seconds)),
    }
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

/// Pods as upstream's events name them here: without a uid.
fn note(key: &Key, text: &str) -> Action {
    let (namespace, name) = key::split(key);
    let about = ObjectReference {
        api_version: Some("v1".into()),
        kind: Some("Pod".into()),
        namespace: namespace.map(Into::into),
        name: Some(name.into()),
        ..ObjectReference::default()
    };
    Action::note(Note::normal(about, "TaintManagerEviction", format!("{text} Pod {key}")))
}

fn cancelling(key: &Key) -> Action {
    note(key, "Cancelling deletion of")
}

/// Says why, then deletes.
fn evict(pod: &Pod, now: Timestamp) -> Vec<Action> {
    const REASON: &str = "DeletionByTaintManager";
    let mut conditions = pod.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let told = conditions.iter().any(|it| it.type_ == "DisruptionTarget" && it.status == "True");
    let mut actions = vec![note(&pod.key(), "Marking for deletion")];
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
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tolerations: serde_json::Value, taints: serde_json::Value, expected: Tolerance) {
        let pod = json!({ "metadata": {}, "spec": { "containers": [], "tolerations": tolerations } });
        let pod: Pod = serde_json::from_value(pod).unwrap();
        let taints: Vec<Taint> = serde_json::from_value(taints).unwrap();
        assert_eq!(tolerance(&pod, &taints), expected);
    }

    #[test]
    fn tolerations_decide_when() {
        let taint = json!([{ "key": "k", "effect": "NoExecute" }]);
        check(json!([]), json!([]), Tolerance::Ever);
        check(json!([]), taint.clone(), Tolerance::Not);
        check(json!([{ "operator": "Exists" }]), taint.clone(), Tolerance::Ever);
        let limited = json!([{ "key": "k", "operator": "Exists", "tolerationSeconds": 30 }]);
        check(limited.clone(), taint.clone(), Tolerance::For(SignedDuration::from_secs(30)));
        check(json!([{ "key": "other", "operator": "Exists" }]), taint.clone(), Tolerance::Not);
        check(json!([{ "key": "k", "operator": "Exists", "tolerationSeconds": 0 }]), taint, Tolerance::Not);
        let two = json!([{ "key": "k", "effect": "NoExecute" }, { "key": "l", "effect": "NoExecute" }]);
        check(limited, two, Tolerance::Not);
    }
}
