//! The scheduler's shell around [`crate::placement`]: it follows nodes and pods, decides one pod after the other on its own
//! columns, assumes the decision and binds in the background (kube-scheduler's `default-scheduler` profile).
mod queue;
mod report;

use crate::placement::{Cluster, Decision, PodFacts, schedule};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use parking_lot::Mutex;
use queue::Queue;
use serde_json::json;
use skeg_client::{
    Change, Client, EventRecorder, EventType, Informer, Selection, Tasks, informer::informer, reference_to,
};
use skeg_model::time::Clock;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

/// Bindings and status writes under way at once.
const WRITES_MAX: usize = 64;

/// What the wiring gives.
#[derive(Debug, Clone)]
pub struct SchedulerConfig {
    /// As `system:kube-scheduler`.
    pub client: Client,
    pub clock: Arc<dyn Clock>,
    /// Decides between equally good nodes.
    pub seed: u64,
    /// Pods with this `spec.schedulerName` are ours.
    pub scheduler_name: String,
}

#[derive(Debug, Default)]
struct State {
    cluster: Cluster,
    queue: Queue,
}

/// What tasks share.
#[derive(Debug)]
struct Shared {
    config: SchedulerConfig,
    state: Mutex<State>,
    wake: Notify,
    pods: Informer<Pod>,
    events: EventRecorder,
    writes: Arc<Semaphore>,
}

/// Schedules until `token` is cancelled.
pub async fn run(config: SchedulerConfig, token: CancellationToken) {
    let tasks = Tasks::new(token.clone());
    let pods: Informer<Pod> = informer(config.client.clone(), Selection::default(), &tasks, config.seed);
    let nodes: Informer<Node> = informer(config.client.clone(), Selection::default(), &tasks, config.seed ^ 1);
    let namespaces: Informer<Namespace> =
        informer(config.client.clone(), Selection::default(), &tasks, config.seed ^ 2);
    let name = config.scheduler_name.clone();
    let events = EventRecorder::new(config.client.clone(), &name, "", config.clock.clone(), &tasks);
    let shared = Arc::new(Shared {
        config,
        state: Mutex::default(),
        wake: Notify::new(),
        pods: pods.clone(),
        events,
        writes: Arc::new(Semaphore::new(WRITES_MAX)),
    });
    let on = shared.clone();
    nodes.on_change(move |change| on.node_changed(change));
    let on = shared.clone();
    namespaces.on_change(move |change| on.namespace_changed(change));
    let on = shared.clone();
    pods.on_change(move |change| on.pod_changed(change));
    if namespaces.synced().await.is_ok() && nodes.synced().await.is_ok() && pods.synced().await.is_ok() {
        token.run_until_cancelled(shared.decide_all(&tasks)).await;
    }
    tasks.shutdown().await;
}

/// What of a node matters to pods that found no place.
fn matters(old: &Node, new: &Node) -> bool {
    let of = |n: &Node| {
        let status = n.status.as_ref();
        (n.metadata.labels.clone(), n.spec.clone(), status.and_then(|s| s.allocatable.clone()))
    };
    of(old) != of(new)
}

fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or("")
}

fn node_name(pod: &Pod) -> &str {
    pod.spec.as_ref().and_then(|s| s.node_name.as_deref()).unwrap_or("")
}

impl Shared {
    fn node_changed(&self, change: &Change<'_, Node>) {
        let mut state = self.state.lock();
        match (change.old, change.new) {
            (old, Some(new)) => {
                state.cluster.set_node(new);
                if old.is_none_or(|o| matters(o, new)) {
                    state.queue.cluster_changed(self.config.clock.now());
                }
            }
            (Some(old), None) => state.cluster.remove_node(old.metadata.name.as_deref().unwrap_or_default()),
            (None, None) => {}
        }
        self.wake.notify_one();
    }

    fn namespace_changed(&self, change: &Change<'_, Namespace>) {
        let Some(name) = change.new.or(change.old).and_then(|n| n.metadata.name.as_deref()) else { return };
        let labels = change.new.map(|n| n.metadata.labels.clone().unwrap_or_default());
        self.state.lock().cluster.set_namespace(name, labels);
    }

    fn ours(&self, pod: &Pod) -> bool {
        let spec = pod.spec.as_ref();
        let gated = spec.and_then(|s| s.scheduling_gates.as_ref()).is_some_and(|g| !g.is_empty());
        let name = spec.and_then(|s| s.scheduler_name.as_deref()).unwrap_or_default();
        name == self.config.scheduler_name && !gated && pod.metadata.deletion_timestamp.is_none()
    }

    fn pod_changed(&self, change: &Change<'_, Pod>) {
        let mut state = self.state.lock();
        let gone = match (change.old, change.new) {
            (_, Some(pod)) => {
                let ended = matches!(phase(pod), "Succeeded" | "Failed");
                let facts = Arc::new(PodFacts::new(pod));
                if ended {
                    Some(facts.uid.clone())
                } else if !node_name(pod).is_empty() {
                    state.queue.remove(&facts.uid);
                    let node = facts.node_name.clone();
                    state.cluster.set_pod(facts, &node);
                    None
                } else {
                    if self.ours(pod) {
                        if let Some(node) = facts.nominated.clone() {
                            state.cluster.nominate(facts.clone(), &node);
                        }
                        state.queue.set(facts);
                    } else {
                        state.cluster.withdraw(&facts.uid);
                        state.queue.remove(&facts.uid);
                    }
                    None
                }
            }
            (Some(old), None) => old.metadata.uid.clone(),
            (None, None) => None,
        };
        if let Some(uid) = gone {
            state.queue.remove(&uid);
            state.cluster.withdraw(&uid);
            if state.cluster.knows(&uid) {
                state.cluster.remove_pod(&uid);
                state.queue.cluster_changed(self.config.clock.now());
            }
        }
        self.wake.notify_one();
    }

    async fn decide_all(self: &Arc<Self>, tasks: &Tasks) {
        let mut attempt = self.config.seed;
        loop {
            let permit = self.writes.clone().acquire_owned().await;
            let now = self.config.clock.now();
            let next = self.state.lock().queue.pop(now);
            let Some(pod) = next else {
                drop(permit);
                self.wait(now).await;
                continue;
            };
            attempt = attempt.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let decision = self.decide(&pod, attempt >> 33);
            let shared = self.clone();
            tasks.spawn(async move {
                let _permit = permit;
                match decision {
                    Decision::Bind { name, .. } => shared.bind(&pod, &name).await,
                    Decision::Preempt { why, name, victims, .. } => {
                        shared.report(&pod, &why, Some(&name)).await;
                        shared.preempt(&pod, &name, &victims).await;
                    }
                    Decision::Unschedulable(why) => shared.report(&pod, &why, None).await,
                }
            });
        }
    }

    /// Decides and assumes, so that the next decision counts this one.
    fn decide(&self, pod: &Arc<PodFacts>, seed: u64) -> Decision {
        let mut state = self.state.lock();
        let decision = schedule(pod, &mut state.cluster, seed);
        match &decision {
            Decision::Bind { name, .. } => state.cluster.set_pod(pod.clone(), name),
            Decision::Preempt { name, .. } => {
                state.cluster.nominate(pod.clone(), name);
                state.queue.unschedulable(&pod.uid, self.config.clock.now());
            }
            Decision::Unschedulable(why) if why.void_nomination => {
                state.cluster.withdraw(&pod.uid);
                state.queue.unschedulable(&pod.uid, self.config.clock.now());
            }
            Decision::Unschedulable(_) => state.queue.unschedulable(&pod.uid, self.config.clock.now()),
        }
        decision
    }

    /// Until something changed or a back-off is over.
    async fn wait(&self, now: Timestamp) {
        let next = self.state.lock().queue.next_time();
        let pause = next.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO));
        match pause {
            Some(pause) => {
                let _ = tokio::time::timeout(pause, self.wake.notified()).await;
            }
            None => self.wake.notified().await,
        }
    }

    async fn bind(&self, pod: &Arc<PodFacts>, node: &str) {
        let name = pod.key.split_once('/').map_or("", |(_, name)| name);
        let body = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"name": name, "namespace": pod.namespace, "uid": pod.uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let client = &self.config.client;
        let bound =
            client.create_subresource::<Pod, serde_json::Value>(Some(&pod.namespace), name, "binding", body).await;
        match bound {
            Ok(_) => {
                if let Some(object) = self.pods.get(&pod.key) {
                    let text = format!("Successfully assigned {} to {node}", pod.key);
                    self.events.event(&reference_to(object.as_ref()), EventType::Normal, "Scheduled", text);
                }
            }
            Err(status) => {
                tracing::debug!(pod = %pod.key, node, %status, "binding failed");
                let mut state = self.state.lock();
                state.cluster.remove_pod(&pod.uid);
                if let Some(node) = &pod.nominated {
                    state.cluster.nominate(pod.clone(), node);
                }
                state.queue.failed(&pod.uid, self.config.clock.now());
                self.wake.notify_one();
            }
        }
    }
}
