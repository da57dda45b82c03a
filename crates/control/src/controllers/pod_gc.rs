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
use std::{sync::Arc, time::Duration};

/// `--terminated-pod-gc-threshold`.
const ENDED_PODS_MAX: usize = 12_500;
/// How long a node must be missing before its pods are given up.
const QUARANTINE: SignedDuration = SignedDuration::from_secs(40);
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";
const ENDED: &str = "ended";
/// The key of the look at all ended pods; no pod is called so.
const ALL_ENDED: &str = "*";
const WORKERS: usize = 4;

struct Controller {
    pods: Informer<Pod>,
    nodes: Informer<Node>,
    client: Client,
    clock: Arc<dyn Clock>,
    /// Since when nodes that pods are bound to have been missing.
    missing: Mutex<FxHashMap<String, Timestamp>>,
}

enum View {
    /// Ended pods, more than are kept.
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
    pods.index(ENDED, |pod| if pod::is_terminal(pod) { vec![String::new()] } else { Vec::new() });
    let (queue, all, known) = (wiring.queue(), pods.clone(), nodes.clone());
    pods.on_change(move |change| observe(&queue, &all, &known, change));
    let (queue, on_node) = (wiring.queue(), pods.clone());
    nodes.on_change(move |change| {
        if change.new.is_none_or(|node| is_out_of_service(node)) {
            pods_on(&on_node, change.key).iter().for_each(|pod| queue.add(&pod.key()));
        }
    });
    let (client, clock) = (wiring.client(), context.config.clock.clone());
    wiring.run(Controller { pods, nodes, client, clock, missing: Mutex::default() }, WORKERS);
}

fn observe(queue: &Queue, pods: &Informer<Pod>, nodes: &Informer<Node>, change: &Change<'_, Pod>) {
    let Some(pod) = change.new else { return };
    let node = pod::node_name(pod);
    let homeless = if node.is_empty() { pod.is_deleting() } else { nodes.get(node).is_none() };
    if homeless || (pod.is_deleting() && nodes.get(node).is_some_and(|node| is_out_of_service(&node))) {
        queue.add(change.key);
    }
    if pod::is_terminal(pod) && pods.count_index(ENDED, "") > ENDED_PODS_MAX {
        queue.add(&ALL_ENDED.into());
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
            let ended = self.pods.by_index(ENDED, "");
            return Ok((ended.len() > ENDED_PODS_MAX).then_some(View::Surplus(ended)));
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

/// The oldest ones go, evicted ones before all others.
fn surplus(pods: &[Arc<Pod>], now: Timestamp) -> Plan {
    let evicted = |pod: &Pod| {
        let reason = pod.status.as_ref().and_then(|status| status.reason.as_deref());
        pod::phase(pod) == "Failed" && reason == Some("Evicted")
    };
    let created = |pod: &Pod| pod.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let mut pods = pods.to_vec();
    pods.sort_by(|a, b| {
        let order = evicted(b).cmp(&evicted(a));
        order.then_with(|| created(a).cmp(&created(b))).then_with(|| a.name().cmp(b.name()))
    });
    let count = pods.len().saturating_sub(ENDED_PODS_MAX);
    let actions = pods.iter().take(count).flat_map(|pod| remove(pod, None, now));
    let mut plan = Plan::default();
    plan.then(actions.collect(), Order::Together);
    plan.look_again_in(Duration::from_secs(1));
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
