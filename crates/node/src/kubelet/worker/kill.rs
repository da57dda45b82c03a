//! Ending containers: hooks before, sidecars after the others, SIGTERM, then SIGKILL when the grace period is over.
use super::Worker;
use crate::{
    cri::RuntimeError,
    kubelet::{
        hooks::{Hook, run_hook},
        metrics::SLEEP_CUT,
        shared::{Shared, container_reference},
    },
    pod::{
        Container, Observed, State,
        plan::KillReason,
        spec::{Role, find, init_containers, is_sidecar, spec},
    },
};
use futures::future::join_all;
use k8s_openapi::api::core::v1::{self, Pod};
use skeg_client::EventType;
use std::{collections::HashMap, time::Duration};
use tokio::{sync::watch, time::Instant};

/// Shortest grace period of a container that is asked to end.
const GRACE_MIN: Duration = Duration::from_secs(2);

fn seconds(it: i64) -> Duration {
    Duration::from_secs(u64::try_from(it).unwrap_or(0))
}

/// Grace period of one container, as its pod and the reason have it.
fn grace_period(pod: &Pod, container: Option<&v1::Container>, reason: KillReason) -> Duration {
    if let Some(of_deletion) = pod.metadata.deletion_grace_period_seconds {
        return seconds(of_deletion);
    }
    let Some(of_pod) = spec(pod).termination_grace_period_seconds else { return GRACE_MIN };
    let probe = match reason {
        KillReason::Startup => container.and_then(|it| it.startup_probe.as_ref()),
        KillReason::Liveness => container.and_then(|it| it.liveness_probe.as_ref()),
        _ => None,
    };
    seconds(probe.and_then(|probe| probe.termination_grace_period_seconds).unwrap_or(of_pod))
}

/// Waits for those that must be gone before a sidecar is asked to end: all regular containers and later sidecars.
struct Turn {
    before: Vec<watch::Receiver<bool>>,
    done: watch::Sender<bool>,
}

impl Turn {
    /// At most `longest`; says how much time is left.
    async fn wait(&mut self, longest: Duration) -> Duration {
        let start = Instant::now();
        for other in &mut self.before {
            let left = longest.saturating_sub(start.elapsed());
            let _ = tokio::time::timeout(left, other.wait_for(|done| *done)).await;
        }
        longest.saturating_sub(Duration::from_secs(start.elapsed().as_secs()))
    }
}

fn turns(pod: &Pod, running: &[&Container]) -> HashMap<String, Turn> {
    let sidecars: Vec<&str> =
        init_containers(pod).iter().filter(|it| is_sidecar(it)).map(|it| it.name.as_str()).collect();
    let rank = |name: &str| sidecars.iter().position(|it| *it == name);
    let mut senders: Vec<(&Container, watch::Sender<bool>)> =
        running.iter().map(|it| (*it, watch::channel(false).0)).collect();
    let receivers: Vec<(String, watch::Receiver<bool>)> =
        senders.iter().map(|(it, sender)| (it.name.clone(), sender.subscribe())).collect();
    let before = |own: &str| -> Vec<watch::Receiver<bool>> {
        let Some(own_rank) = rank(own) else { return Vec::new() };
        let earlier = receivers.iter().filter(|(name, _)| rank(name).is_none_or(|other| other > own_rank));
        earlier.map(|(_, receiver)| receiver.clone()).collect()
    };
    senders.drain(..).map(|(it, done)| (it.id.clone(), Turn { before: before(&it.name), done })).collect()
}

async fn kill_one(
    shared: &Shared,
    pod: &Pod,
    observed: (&Container, &str),
    message: &str,
    reason: KillReason,
    grace_override: Option<Duration>,
    turn: Option<Turn>,
) -> Result<(), RuntimeError> {
    let (found, pod_ip) = observed;
    let declared = find(pod, &found.name);
    let role = declared.as_ref().map_or(Role::Regular, |(role, _)| *role);
    let container = declared.as_ref().map(|(_, container)| container.as_ref());
    let about = container_reference(pod, role, &found.name);
    let text = if message.is_empty() { format!("Stopping container {}", found.name) } else { message.to_owned() };
    shared.recorder.event(&about, EventType::Normal, "Killing", text);
    let mut grace = grace_override.unwrap_or_else(|| grace_period(pod, container, reason));
    let hook = container.and_then(|it| it.lifecycle.as_ref()).and_then(|it| it.pre_stop.as_ref());
    if let (Some(container), Some(handler)) = (container, hook)
        && !grace.is_zero()
    {
        let start = Instant::now();
        let hook = Hook { pod, container, container_id: &found.id, pod_ip, handler };
        match tokio::time::timeout(grace, run_hook(shared, &hook)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => shared.recorder.event(&about, EventType::Warning, "FailedPreStopHook", "PreStopHook failed"),
            // A command ends with its container, which is then its failure.
            Err(_) if handler.exec.is_some() => {
                shared.recorder.event(&about, EventType::Warning, "FailedPreStopHook", "PreStopHook failed");
            }
            Err(_) if handler.sleep.is_some() => shared.metrics.count(&SLEEP_CUT, &[]),
            Err(_) => tracing::info!(container = found.name, "the preStop hook was not done within the grace period"),
        }
        grace = grace.saturating_sub(Duration::from_secs(start.elapsed().as_secs()));
    }
    let mut turn = turn;
    if let Some(turn) = turn.as_mut().filter(|_| !grace.is_zero()) {
        grace = turn.wait(grace).await;
    }
    let result = shared.runtime.stop_container(&found.id, grace.max(GRACE_MIN)).await;
    if let Some(turn) = turn {
        turn.done.send_replace(true);
    }
    match result {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

impl Worker {
    pub(super) async fn kill_container(
        &self,
        found: &Container,
        message: &str,
        reason: KillReason,
        grace: Option<Duration>,
    ) -> Result<(), RuntimeError> {
        let ip = self.status.pod_ip.clone().unwrap_or_default();
        kill_one(&self.shared, &self.pod, (found, &ip), message, reason, grace, None).await
    }

    /// Ends all containers of the pod, then its sandboxes.
    pub(super) async fn end_processes(&mut self, grace: Option<Duration>) -> Result<Observed, RuntimeError> {
        let observed = self.observe().await?;
        let ip = self.status.pod_ip.clone().unwrap_or_default();
        let alive = |it: &&Container| matches!(it.state, State::Running | State::Unknown);
        let running: Vec<&Container> = observed.containers.iter().filter(alive).collect();
        let mut turns = turns(&self.pod, &running);
        let ending = running.iter().map(|found| {
            let turn = turns.remove(&found.id);
            kill_one(&self.shared, &self.pod, (found, &ip), "", KillReason::Other, grace, turn)
        });
        for result in join_all(ending).await {
            result?;
        }
        for sandbox in observed.sandboxes.iter().filter(|it| it.ready) {
            self.shared.runtime.stop_sandbox(&sandbox.id).await?;
        }
        Ok(observed)
    }
}
