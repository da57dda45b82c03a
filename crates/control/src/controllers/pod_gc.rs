//! Pods that nobody else removes: on nodes that are gone, never bound and being deleted, stuck on nodes out of service,
//! and ended ones beyond a limit.
use super::{
    Context,
    common::pod,
    node_lifecycle::{index_pods, is_ready, pods_on},
};
use crate::runner::{Action, Order, Plan, Queue, Reconciler};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::core::v1::{Node, Pod, PodCondition},
    apimachinery::pkg::apis::meta::v1::Time,
};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use serde_json::json;
use skeg_client::{Change, Client, Informer, Key, Object, object::target_of};
use skeg_model::{request::DeleteOptions, status::Status, time::Clock};
use std::{collections::BTreeSet, sync::Arc};

/// How long a node must be missing before its pods are given up.
const QUARANTINE: SignedDuration = SignedDuration::from_secs(40);
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";
/// The key of the look at all ended pods; no pod is called so.
const ALL_ENDED: &str = "*";
const WORKERS: usize = 4;

struct Controller {
    pods: Informer<Pod>,
    nodes: Informer<Node>,
    client: Client,
    clock: Arc<dyn Clock>,
    ended: Arc<Ended>,
    /// Since when nodes that pods are bound to have been missing.
    missing: Mutex<FxHashMap<String, Timestamp>>,
}

/// Ended pods in the order in which they go: evicted ones first, then the oldest.
struct Ended {
    pods: Mutex<BTreeSet<Rank>>,
    /// How many are kept; None: all.
    most: Option<usize>,
}

/// Whether it was not evicted, when it was created, its name and its key.
type Rank = (bool, Option<Timestamp>, String, Key);

enum View {
    /// Ended pods beyond those that are kept.
    Surplus(Vec<Arc<Pod>>),
    /// To be removed at once; why, where that is told.
    Remove(Arc<Pod>, Option<&'static str>),
    /// Its node may come back until then.
    Wait(Timestamp),
}

/// The pod-garbage-collector controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("pod-garbage-collector", "pod-garbage-collector");
    let pods = wiring.informer::<Pod>();
    let nodes = wiring.informer::<Node>();
    index_pods(&pods);
    let most = Some(context.config.terminated_pod_gc_threshold).filter(|count| *count > 0);
    let ended = Arc::new(Ended { pods: Mutex::default(), most });
    let (queue, kept, known) = (wiring.queue(), ended.clone(), nodes.clone());
    pods.on_change(move |change| {
        if kept.observe(change) {
            queue.add(&ALL_ENDED.into());
        }
        observe(&queue, &known, change);
    });
    let (queue, on_node) = (wiring.queue(), pods.clone());
    nodes.on_change(move |change| {
        if change.new.is_none_or(|node| is_out_of_service(node)) {
            pods_on(&on_node, change.key).iter().for_each(|pod| queue.add(&pod.key()));
        }
    });
    let (client, clock) = (wiring.client(), context.config.clock.clone());
    wiring.run(Controller { pods, nodes, client, clock, ended, missing: Mutex::default() }, WORKERS);
}

impl Ended {
    /// Takes a change; answers whether there are more than are kept.
    fn observe(&self, change: &Change<'_, Pod>) -> bool {
        let mut pods = self.pods.lock();
        if let Some(old) = change.old.filter(|pod| pod::is_terminal(pod)) {
            pods.remove(&rank(old, change.key));
        }
        let Some(new) = change.new.filter(|pod| pod::is_terminal(pod)) else { return false };
        pods.insert(rank(new, change.key));
        self.most.is_some_and(|most| pods.len() > most)
    }

    fn surplus(&self) -> Vec<Key> {
        let pods = self.pods.lock();
        let count = self.most.map_or(0, |most| pods.len().saturating_sub(most));
        pods.iter().take(count).map(|(.., key)| key.clone()).collect()
    }
}

fn rank(pod: &Pod, key: &Key) -> Rank {
    let reason = pod.status.as_ref().and_then(|status| status.reason.as_deref());
    let evicted = pod::phase(pod) == "Failed" && reason == Some("Evicted");
    let created = pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
    (!evicted, created, pod.name().into(), key.clone())
}

fn observe(queue: &Queue, nodes: &Informer<Node>, change: &Change<'_, Pod>) {
    let Some(pod) = change.new else { return };
    let node = pod::node_name(pod);
    let homeless = if node.is_empty() { pod.is_deleting() } else { nodes.get(node).is_none() };
    if homeless || (pod.is_deleting() && nodes.get(node).is_some_and(|node| is_out_of_service(&node))) {
        queue.add(change.key);
    }
}

fn is_out_of_service(node: &Node) -> bool {
    let taints = node.spec.iter().filter_map(|spec| spec.taints.as_ref()).flatten();
    !is_ready(node) && taints.into_iter().any(|taint| taint.key == OUT_OF_SERVICE)
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        if &**key == ALL_ENDED {
            let pods: Vec<_> = self.ended.surplus().iter().filter_map(|key| self.pods.get(key)).collect();
            return Ok((!pods.is_empty()).then_some(View::Surplus(pods)));
        }
        let Some(pod) = self.pods.get(key) else { return Ok(None) };
        let name = pod::node_name(&pod).to_owned();
        if name.is_empty() {
            return Ok(pod.is_deleting().then_some(View::Remove(pod, None)));
        }
        if let Some(node) = self.nodes.get(&name) {
            self.missing.lock().remove(&name);
            let stuck = pod.is_deleting() && is_out_of_service(&node);
            return Ok(stuck.then_some(View::Remove(pod, None)));
        }
        let now = self.clock.now();
        let since = *self.missing.lock().entry(name.clone()).or_insert(now);
        if now < since + QUARANTINE {
            return Ok(Some(View::Wait(since + QUARANTINE)));
        }
        match self.client.get::<Node>(None, &name).await {
            Err(error) if error.is_not_found() => Ok(Some(View::Remove(pod, Some("PodGC: node no longer exists")))),
            Err(error) => Err(error),
            Ok(_) => Ok(None),
        }
    }

    fn reconcile(&self, view: &View, now: Timestamp) -> Plan {
        match view {
            View::Wait(until) => {
                let mut plan = Plan::default();
                plan.look_again_at(*until + SignedDuration::from_millis(10), now);
                plan
            }
            View::Remove(pod, why) => Plan::of(remove(pod, *why, now)),
            View::Surplus(pods) => surplus(pods, now),
        }
    }
}

fn surplus(pods: &[Arc<Pod>], now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    plan.then(pods.iter().flat_map(|pod| remove(pod, None, now)).collect(), Order::Together);
    plan
}

/// Marks a pod that has not ended as failed and deletes it without grace.
fn remove(pod: &Pod, why: Option<&str>, now: Timestamp) -> Vec<Action> {
    let mut actions = Vec::new();
    if !pod::is_terminal(pod) {
        let mut status = json!({ "phase": "Failed" });
        if let Some(why) = why {
            let mut conditions = pod.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
            conditions.retain(|condition| condition.type_ != "DisruptionTarget");
            conditions.push(PodCondition {
                type_: "DisruptionTarget".into(),
                status: "True".into(),
                reason: Some("DeletionByPodGC".into()),
                message: Some(why.into()),
                last_transition_time: Some(Time(now)),
                observed_generation: pod.metadata.generation,
                ..PodCondition::default()
            });
            status["conditions"] = json!(conditions);
        }
        actions.push(Action::patch(pod, Some("status"), json!({ "status": status })).accepting(Status::is_not_found));
    }
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        precondition_uid: Some(pod.uid().to_owned()),
        ..DeleteOptions::default()
    };
    let target = target_of::<Pod>(pod.namespace(), Some(pod.name()), None);
    actions.push(Action::delete_with(target, options).accepting(Status::is_not_found));
    actions
}
