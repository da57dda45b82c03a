//! The shell: measures in a fixed rhythm, since nothing tells when a disk or the memory fills up.
use super::{
    Signal,
    decide::{self, PodUsage, is_bounded, is_critical, local_storage},
    images::{self, Records},
    measure::{Measured, measure},
    thresholds::Threshold,
    usage::of_pod,
};
use crate::{
    kubelet::{metrics::EVICTIONS, registry::Eviction, shared::Shared},
    pod::{
        qos::{Qos, qos},
        spec::{full_name, spec, uid},
    },
};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Pod, PodCondition},
    apimachinery::pkg::apis::meta::v1::Time,
};
use skeg_client::{EventType, reference_to};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::Notify;

/// Upstream's monitoring period.
const EVERY: Duration = Duration::from_secs(10);
/// Reason of an evicted pod, and of its events.
const REASON: &str = "Evicted";

/// What is known of the node's shortages.
#[derive(Debug, Default)]
pub struct State {
    /// When each condition was last seen to hold.
    seen: parking_lot::Mutex<BTreeMap<&'static str, Timestamp>>,
    /// Told when a condition comes or goes.
    pub changed: Notify,
    pub images: tokio::sync::Mutex<Records>,
}

/// Conditions that hold: once seen, for the transition period at least.
fn pressed(shared: &Shared, now: Timestamp) -> Vec<&'static str> {
    let period = shared.config.settings.eviction_transition;
    let seen = shared.eviction.seen.lock();
    seen.iter().filter(|(_, at)| now.duration_since(**at) < period).map(|(condition, _)| *condition).collect()
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

fn evict(shared: &Shared, pod: &Pod, signal: &str, message: String, condition: Option<PodCondition>) {
    shared.metrics.count(&EVICTIONS, &[signal]);
    tracing::warn!(pod = full_name(pod), message, "a pod is evicted");
    shared.recorder.event(&reference_to(pod), EventType::Warning, REASON, message.clone());
    shared.registry.evict(uid(pod), Eviction { reason: REASON.into(), message, condition });
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
            evict(shared, pod, signal, message, None);
            any = true;
        }
    }
    any
}

/// Thresholds that are crossed now, memory first.
async fn crossed(shared: &Shared) -> Vec<(Threshold, Measured)> {
    let mut out = Vec::new();
    for threshold in &shared.config.settings.eviction_hard {
        let Some(found) = measure(shared, threshold.signal).await else { continue };
        if found.available < threshold.least(found.capacity) {
            out.push((*threshold, found));
        }
    }
    out.sort_by_key(|(threshold, _)| threshold.signal);
    out
}

fn note(shared: &Shared, crossed: &[(Threshold, Measured)], now: Timestamp) {
    let before = pressed(shared, now);
    {
        let mut seen = shared.eviction.seen.lock();
        let period = shared.config.settings.eviction_transition;
        seen.retain(|_, at| now.duration_since(*at) < period);
        seen.extend(crossed.iter().map(|(threshold, _)| (threshold.signal.condition(), now)));
    }
    if before != pressed(shared, now) {
        shared.eviction.changed.notify_one();
    }
}

/// Gives up what nobody uses; says whether that was enough.
async fn reclaim(shared: &Shared, threshold: &Threshold) -> bool {
    if matches!(threshold.signal, Signal::MemoryAvailable | Signal::PidAvailable) {
        return false;
    }
    images::free_all(shared).await;
    let now = measure(shared, threshold.signal).await;
    now.is_some_and(|found| found.available >= threshold.least(found.capacity))
}

async fn evict_one(shared: &Shared, threshold: &Threshold, measured: Measured) {
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
    let Some((pod, usage)) = decide::victim(threshold.signal, &pods) else {
        tracing::warn!(signal = threshold.signal.name(), "the node is short of it, and no pod can be evicted");
        return;
    };
    let message = decide::message(threshold, measured, pod, usage);
    let now = shared.config.clock.now();
    let condition = PodCondition {
        type_: "DisruptionTarget".into(),
        status: "True".into(),
        reason: Some("TerminationByKubelet".into()),
        message: Some(message.clone()),
        observed_generation: pod.metadata.generation,
        last_transition_time: Some(Time(Timestamp::from_second(now.as_second()).unwrap_or(now))),
        ..PodCondition::default()
    };
    evict(shared, pod, threshold.signal.name(), message, Some(condition));
}

async fn look(shared: &Shared) {
    let crossed = crossed(shared).await;
    note(shared, &crossed, shared.config.clock.now());
    if bound_local_storage(shared).await {
        return;
    }
    let Some((threshold, measured)) = crossed.first() else { return };
    tracing::warn!(signal = threshold.signal.name(), available = measured.available, "the node runs short");
    if !reclaim(shared, threshold).await {
        evict_one(shared, threshold, *measured).await;
    }
}

/// Runs until it is dropped.
pub async fn run(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(EVERY).await;
        look(&shared).await;
    }
}
