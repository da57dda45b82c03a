//! The shell: measures in a fixed rhythm, since nothing tells when a disk or the memory fills up.
use super::{
    Signal,
    decide::{self, Disks, PodUsage, Reason, is_bounded, is_critical, local_storage},
    images::{self, Records},
    measure::{self, Measured, measure},
    thresholds::Threshold,
    usage::of_pod,
    watch::{Found, Watch, is_over},
};
use crate::{
    cri::api,
    kubelet::{make::sandbox::POD_UID, metrics::EVICTIONS, registry::Eviction, shared::Shared},
    pod::{
        qos::{Qos, qos},
        spec::{full_name, is_terminal, spec, uid},
    },
};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Pod, PodCondition},
    apimachinery::pkg::apis::meta::v1::Time,
};
use skeg_client::{EventType, reference_to};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Upstream's monitoring period.
const EVERY: Duration = Duration::from_secs(10);
/// Grace period of a pod that the node cannot afford any longer.
const AT_ONCE: Duration = Duration::from_secs(1);
/// Reason of an evicted pod, and of its events.
const REASON: &str = "Evicted";

/// What is known of the node's shortages.
#[derive(Debug, Default)]
pub struct State {
    watch: parking_lot::Mutex<Watch>,
    /// Told when a condition comes or goes.
    pub changed: Notify,
    pub images: tokio::sync::Mutex<Records>,
}

/// Conditions that hold.
fn pressed(shared: &Shared, now: Timestamp) -> Vec<&'static str> {
    shared.eviction.watch.lock().conditions(shared.config.settings.eviction_transition, now)
}

/// Whether the node is short of something that this condition stands for.
pub fn is_pressed(shared: &Shared, condition: &str) -> bool {
    pressed(shared, shared.config.clock.now()).contains(&condition)
}

/// Why a node that is short of something does not take this pod: reason and message.
pub fn refuses(shared: &Shared, pod: &Pod) -> Option<(String, String)> {
    let conditions = pressed(shared, shared.config.clock.now());
    if conditions.is_empty() || is_critical(pod) {
        return None;
    }
    if conditions == ["MemoryPressure"] {
        let tolerates = spec(pod).tolerations.iter().flatten().any(|it| {
            let key = it.key.as_deref().unwrap_or_default();
            let effect = it.effect.as_deref().unwrap_or_default();
            let exists = it.operator.as_deref() == Some("Exists");
            let value = exists || it.value.as_deref().unwrap_or_default().is_empty();
            let named = key == "node.kubernetes.io/memory-pressure" || (key.is_empty() && exists);
            named && value && (effect.is_empty() || effect == "NoSchedule")
        });
        if qos(pod) != Qos::BestEffort || tolerates {
            return None;
        }
    }
    Some((REASON.into(), format!("The node had condition: [{}]. ", conditions.join(" "))))
}

fn evict(shared: &Shared, pod: &Pod, signal: &str, why: Reason, grace: Duration, condition: Option<PodCondition>) {
    let Reason { message, annotations } = why;
    shared.metrics.count(&EVICTIONS, &[signal]);
    tracing::warn!(pod = full_name(pod), message, "a pod is evicted");
    let annotations = Some(annotations).filter(|it| !it.is_empty());
    shared.recorder.annotated(&reference_to(pod), EventType::Warning, REASON, message.clone(), annotations);
    shared.registry.evict(uid(pod), Eviction { reason: REASON.into(), message, grace, condition });
}

/// Pods above their own bounds; says whether one had to go.
async fn bound_local_storage(shared: &Shared) -> bool {
    let mut any = false;
    for pod in shared.registry.active().iter().filter(|pod| is_bounded(pod) && !is_critical(pod)) {
        if shared.registry.is_evicted(uid(pod)) {
            continue;
        }
        let Ok(usage) = of_pod(shared, pod).await else { continue };
        if let Some((signal, message)) = local_storage(pod, &usage) {
            let why = Reason { message, ..Reason::default() };
            evict(shared, pod, signal, why, AT_ONCE, None);
            any = true;
        }
    }
    any
}

async fn measure_all(shared: &Shared) -> Found {
    let mut found = Found::new();
    for threshold in &shared.config.settings.eviction {
        if let Some(measured) = measure(shared, threshold.signal).await {
            found.insert(threshold.signal, measured);
        }
    }
    found
}

/// Thresholds that cost a pod now.
fn note(shared: &Shared, found: &Found) -> Vec<Threshold> {
    let now = shared.config.clock.now();
    let before = pressed(shared, now);
    let acute = shared.eviction.watch.lock().look(&shared.config.settings.eviction, found, now);
    if before != pressed(shared, now) {
        shared.eviction.changed.notify_one();
    }
    acute
}

/// Gives up what nobody uses; says whether that was enough.
async fn reclaim(shared: &Shared, threshold: &Threshold, apart: bool) -> bool {
    let of_node = matches!(threshold.signal, Signal::NodeFsAvailable | Signal::NodeFsInodesFree);
    if matches!(threshold.signal.resource(), "memory" | "pids") || (of_node && apart) {
        return false;
    }
    remove_ended(shared).await;
    images::free_all(shared).await;
    is_over(&shared.config.settings.eviction, &measure_all(shared).await)
}

/// Removes containers of pods that have ended.
async fn remove_ended(shared: &Shared) {
    let ended = shared.registry.pods().into_iter().filter(|pod| is_terminal(pod));
    let ended: BTreeSet<String> = ended.map(|pod| uid(&pod).to_owned()).collect();
    for container in shared.runtime.list_containers(None).await.unwrap_or_default() {
        let of_ended = container.labels.get(POD_UID).is_some_and(|it| ended.contains(it));
        if of_ended
            && container.state() == api::ContainerState::ContainerExited
            && let Err(error) = shared.runtime.remove_container(&container.id).await
        {
            tracing::info!(container = container.id, %error, "a container that has ended cannot be removed");
        }
    }
}

/// How long an evicted pod may take to end.
fn grace(shared: &Shared, threshold: &Threshold, pod: &Pod) -> Duration {
    let own = spec(pod).termination_grace_period_seconds.and_then(|it| u64::try_from(it).ok());
    let most = shared.config.settings.eviction_grace_max;
    match threshold.grace {
        None => AT_ONCE,
        Some(_) => own.map_or(most, |own| most.min(Duration::from_secs(own))),
    }
}

async fn evict_one(shared: &Shared, threshold: &Threshold, measured: Measured, apart: bool) {
    let mut pods: Vec<(Arc<Pod>, PodUsage)> = Vec::new();
    for pod in shared.registry.active() {
        if shared.registry.is_evicted(uid(&pod)) {
            // The one before has not gone yet: what it gives back may do.
            return;
        }
        if let Ok(usage) = of_pod(shared, &pod).await {
            pods.push((pod, usage));
        }
    }
    let signal = threshold.signal;
    let Some((pod, usage)) = decide::victim((signal, Disks::of(signal, apart)), &pods) else {
        tracing::warn!(signal = signal.name(), "the node is short of it, and no pod can be evicted");
        return;
    };
    let why = decide::reason(threshold, measured, pod, usage);
    let now = shared.config.clock.now();
    let condition = PodCondition {
        type_: "DisruptionTarget".into(),
        status: "True".into(),
        reason: Some("TerminationByKubelet".into()),
        message: Some(why.message.clone()),
        observed_generation: pod.metadata.generation,
        last_transition_time: Some(Time(Timestamp::from_second(now.as_second()).unwrap_or(now))),
        ..PodCondition::default()
    };
    evict(shared, pod, signal.name(), why, grace(shared, threshold, pod), Some(condition));
}

async fn look(shared: &Shared) {
    let found = measure_all(shared).await;
    let acute = note(shared, &found);
    if bound_local_storage(shared).await {
        return;
    }
    let Some(threshold) = acute.first() else { return };
    let Some(measured) = found.get(&threshold.signal) else { return };
    tracing::warn!(signal = threshold.signal.name(), available = measured.available, "the node runs short");
    let text = format!("Attempting to reclaim {}", threshold.signal.resource());
    images::complain(shared, "EvictionThresholdMet", text);
    let apart = measure::images_apart(shared).await;
    if !reclaim(shared, threshold, apart).await {
        evict_one(shared, threshold, *measured, apart).await;
    }
}

/// Runs until it is dropped.
pub async fn run(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(EVERY).await;
        look(&shared).await;
    }
}
