//! The scheduler's shell around [`crate::placement`]: it follows nodes and pods, decides one pod after the other on its own
//! columns, assumes the decision and binds in the background (kube-scheduler's `default-scheduler` profile).
mod configuration;
mod defaults;
mod queue;
mod report;

use crate::placement::{Cluster, Decision, Hint, PodFacts, Shapes, helps, schedule};
pub use configuration::{Backoff, Configuration, ConfigurationError, Elected, Pace};
use defaults::Defaults;
use jiff::Timestamp;
use k8s_openapi::api::{
    core::v1::{Namespace, Node, Pod},
    policy::v1::PodDisruptionBudget,
};
use parking_lot::Mutex;
use queue::Queue;
use serde_json::json;
use skeg_client::{
    Change, Client, EventType, Informer, Object, Said, Selection, SeriesRecorder, Tasks, informer::informer,
    reference_to,
};
use skeg_model::time::Clock;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

/// Bindings and status writes under way at once.
const WRITES_MAX: usize = 256;

/// What the wiring gives.
#[derive(Debug, Clone)]
pub struct SchedulerConfig {
    /// As `system:kube-scheduler`.
    pub client: Client,
    pub clock: Arc<dyn Clock>,
    /// Decides between equally good nodes.
    pub seed: u64,
    pub configuration: Configuration,
    /// The machine's name; Events tell it.
    pub host: String,
}

#[derive(Debug)]
struct State {
    cluster: Cluster,
    queue: Queue,
    shapes: Shapes,
}

impl State {
    /// A pod as placement sees it; what is the same as before is not compiled again.
    fn facts(&mut self, old: Option<&Arc<Pod>>, pod: &Pod) -> Arc<PodFacts> {
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let known = self.queue.get(uid).or_else(|| self.cluster.placed(uid));
        let same = known.filter(|_| old.is_some_and(|old| Shapes::same(old, pod)));
        let shape = same.map_or_else(|| self.shapes.of(pod), |known| known.shape.clone());
        Arc::new(PodFacts::new(pod, shape))
    }

    fn hint(&mut self, hint: Hint<'_>, now: Timestamp) {
        let cluster = &self.cluster;
        self.queue.cluster_changed(now, "", |pod, reasons| helps(hint, pod, reasons, cluster));
    }

    /// What `pod` was promised is free for others.
    fn hint_others(&mut self, pod: &PodFacts, now: Timestamp) {
        let cluster = &self.cluster;
        let left = Hint::Left(pod);
        self.queue.cluster_changed(now, &pod.uid, |other, reasons| helps(left, other, reasons, cluster));
    }

    /// A pod is on its node.
    fn placed(&mut self, facts: Arc<PodFacts>, now: Timestamp) {
        self.queue.remove(&facts.uid);
        let before = self.cluster.placed(&facts.uid);
        self.cluster.set_pod(facts.clone(), &facts.node_name);
        match before {
            // So far it was assumed to be there.
            Some(old) if old.node_name.is_empty() => self.hint(Hint::Placed(&facts), now),
            Some(old) if old.labels != facts.labels => {
                self.hint(Hint::Relabelled(&old, &facts), now);
            }
            Some(old) if old.requests != facts.requests => self.hint(Hint::Resized(&old, &facts), now),
            Some(old) if facts.terminating && !old.terminating => self.hint(Hint::Ending(&facts), now),
            Some(_) => {}
            None => self.hint(Hint::Placed(&facts), now),
        }
    }

    /// A pod ended, is gone or no longer ours; what it held or was promised is free.
    fn gone(&mut self, uid: &str, now: Timestamp) {
        let waited = self.queue.remove(uid).filter(|_| self.cluster.nomination(uid).is_some());
        let held = self.cluster.placed(uid).or(waited);
        self.cluster.remove_pod(uid);
        if let Some(pod) = held {
            self.hint(Hint::Left(&pod), now);
        }
    }
}

/// What tasks share.
#[derive(Debug)]
struct Shared {
    config: SchedulerConfig,
    state: Mutex<State>,
    wake: Notify,
    pods: Informer<Pod>,
    defaults: Defaults,
    events: SeriesRecorder,
    writes: Arc<Semaphore>,
}

/// Schedules until `token` is cancelled.
pub async fn run(config: SchedulerConfig, token: CancellationToken) {
    let tasks = Tasks::new(token.clone());
    let pods: Informer<Pod> = informer(config.client.clone(), Selection::default(), &tasks, config.seed);
    let nodes: Informer<Node> = informer(config.client.clone(), Selection::default(), &tasks, config.seed ^ 1);
    let namespaces: Informer<Namespace> =
        informer(config.client.clone(), Selection::default(), &tasks, config.seed ^ 2);
    let budgets: Informer<PodDisruptionBudget> =
        informer(config.client.clone(), Selection::default(), &tasks, config.seed ^ 6);
    let defaults = Defaults::start(&config.client, &tasks, config.seed);
    let events = SeriesRecorder::new(config.client.clone(), &config.host, config.clock.clone(), &tasks);
    let Configuration { profiles, backoff, .. } = config.configuration.clone();
    let state = State { cluster: Cluster::default(), queue: Queue::new(backoff), shapes: Shapes::new(profiles) };
    let shared = Arc::new(Shared {
        config,
        state: Mutex::new(state),
        wake: Notify::new(),
        pods: pods.clone(),
        defaults,
        events,
        writes: Arc::new(Semaphore::new(WRITES_MAX)),
    });
    let on = shared.clone();
    nodes.on_change(move |change| on.node_changed(change));
    let on = shared.clone();
    namespaces.on_change(move |change| on.namespace_changed(change));
    let on = shared.clone();
    budgets.on_change(move |change| on.budget_changed(change));
    let on = shared.clone();
    pods.on_change(move |change| on.pod_changed(change));
    let known = shared.defaults.synced().await && namespaces.synced().await.is_ok() && budgets.synced().await.is_ok();
    if known && nodes.synced().await.is_ok() && pods.synced().await.is_ok() {
        token.run_until_cancelled(shared.decide_all(&tasks)).await;
    }
    tasks.shutdown().await;
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
        let now = self.config.clock.now();
        match (change.old, change.new) {
            (_, Some(new)) => {
                if let Some((id, before)) = state.cluster.set_node(new) {
                    state.hint(Hint::Node(id, before.as_ref()), now);
                }
            }
            (Some(old), None) => {
                if let Some(before) = state.cluster.remove_node(old.metadata.name.as_deref().unwrap_or_default()) {
                    state.hint(Hint::NodeGone(&before), now);
                }
            }
            (None, None) => {}
        }
        self.wake.notify_one();
    }

    fn namespace_changed(&self, change: &Change<'_, Namespace>) {
        let Some(name) = change.new.or(change.old).and_then(|n| n.metadata.name.as_deref()) else { return };
        let labels = change.new.map(|n| n.metadata.labels.clone().unwrap_or_default());
        let mut state = self.state.lock();
        state.cluster.set_namespace(name, labels);
        state.hint(Hint::Namespace, self.config.clock.now());
        self.wake.notify_one();
    }

    fn budget_changed(&self, change: &Change<'_, PodDisruptionBudget>) {
        let cluster = &mut self.state.lock().cluster;
        match (change.new, change.old) {
            (Some(new), _) => cluster.set_budget(new),
            (None, Some(old)) => {
                cluster.remove_budget(old.namespace().unwrap_or_default(), old.name());
            }
            (None, None) => {}
        }
    }

    fn ours(&self, pod: &Pod) -> bool {
        let spec = pod.spec.as_ref();
        let gated = spec.and_then(|s| s.scheduling_gates.as_ref()).is_some_and(|g| !g.is_empty());
        let name = spec.and_then(|s| s.scheduler_name.as_deref()).unwrap_or_default();
        let profiles = &self.config.configuration.profiles;
        profiles.iter().any(|profile| profile.scheduler_name == name)
            && !gated
            && pod.metadata.deletion_timestamp.is_none()
    }

    fn pod_changed(&self, change: &Change<'_, Pod>) {
        let mut state = self.state.lock();
        let now = self.config.clock.now();
        match (change.old, change.new) {
            (_, Some(pod)) if matches!(phase(pod), "Succeeded" | "Failed") => {
                state.gone(pod.metadata.uid.as_deref().unwrap_or_default(), now);
            }
            (_, Some(pod)) if !node_name(pod).is_empty() => {
                let facts = state.facts(change.old, pod);
                state.placed(facts, now);
            }
            (old, Some(pod)) if self.ours(pod) => {
                let facts = state.facts(old, pod);
                let had = old.and_then(|o| o.status.as_ref()).is_some_and(|s| s.nominated_node_name.is_some());
                match facts.nominated.clone() {
                    Some(node) => state.cluster.nominate(facts.clone(), &node),
                    None if had => state.cluster.withdraw(&facts.uid),
                    None => {}
                }
                state.queue.set(facts, now);
            }
            (_, Some(pod)) | (Some(pod), None) => state.gone(pod.metadata.uid.as_deref().unwrap_or_default(), now),
            (None, None) => {}
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
        let object = self.pods.get(&pod.key);
        let mut state = self.state.lock();
        let state = &mut *state;
        let spread = object.and_then(|object| self.defaults.shape(&object, pod, &mut state.shapes));
        let decision = match spread {
            Some(shape) => schedule(&PodFacts { shape, ..(**pod).clone() }, &mut state.cluster, seed),
            None => schedule(pod, &mut state.cluster, seed),
        };
        let now = self.config.clock.now();
        match &decision {
            Decision::Bind { name, .. } => state.cluster.set_pod(pod.clone(), name),
            Decision::Preempt { why, name, .. } => {
                state.cluster.nominate(pod.clone(), name);
                state.queue.unschedulable(&pod.uid, why.causes(), now);
            }
            Decision::Unschedulable(why) => {
                state.queue.unschedulable(&pod.uid, why.causes(), now);
                if why.void_nomination && state.cluster.nomination(&pod.uid).is_some() {
                    state.cluster.withdraw(&pod.uid);
                    state.hint_others(pod, now);
                }
            }
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
        let name = pod.name();
        let body = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"name": name, "namespace": pod.namespace, "uid": &*pod.uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let client = &self.config.client;
        let bound =
            client.create_subresource::<Pod, serde_json::Value>(Some(&pod.namespace), name, "binding", body).await;
        match bound {
            Ok(_) => {
                if let Some(object) = self.pods.get(&pod.key) {
                    let note = format!("Successfully assigned {} to {node}", pod.key);
                    let (kind, reason, action) = (EventType::Normal, "Scheduled", "Binding");
                    let said = Said { related: None, kind, reason, action, note };
                    self.events.record(&pod.profile.scheduler_name, &reference_to(object.as_ref()), said).await;
                }
            }
            Err(status) => {
                tracing::debug!(pod = %pod.key, node, %status, "binding failed");
                self.take_back(pod);
                self.report_error(pod, format!("running Bind plugin \"DefaultBinder\": {}", status.message)).await;
            }
        }
    }

    /// The pod is not where it was assumed to be.
    fn take_back(&self, pod: &Arc<PodFacts>) {
        let mut state = self.state.lock();
        state.cluster.remove_pod(&pod.uid);
        if let Some(node) = &pod.nominated {
            state.cluster.nominate(pod.clone(), node);
        }
        let now = self.config.clock.now();
        state.queue.failed(&pod.uid, now);
        state.hint(Hint::Left(pod), now);
        self.wake.notify_one();
    }
}
