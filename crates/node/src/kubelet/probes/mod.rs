//! Probes of running containers: a task each, whose verdict wakes the pod's worker when it changes.
pub mod http;
mod run;

pub(super) use run::authority;

use super::shared::Shared;
use crate::pod::{
    Observed, State,
    plan::Verdicts,
    spec::{containers, init_containers, is_sidecar},
};
use k8s_openapi::api::core::v1::{Container, Pod, PodStatus, Probe};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Startup,
    Liveness,
    Readiness,
}

impl Kind {
    /// As events write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }

    fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            Self::Startup => container.startup_probe.as_ref(),
            Self::Liveness => container.liveness_probe.as_ref(),
            Self::Readiness => container.readiness_probe.as_ref(),
        }
    }
}

/// One container's probe, as its task needs it.
pub(super) struct Task {
    pub shared: Arc<Shared>,
    pub pod: Arc<Pod>,
    pub container: Container,
    pub container_id: String,
    /// Nanoseconds since the epoch.
    pub started_at: i64,
    pub pod_ip: String,
    pub kind: Kind,
    pub probe: Probe,
    pub verdicts: Arc<Mutex<Verdicts>>,
    /// Counts the changes of verdicts.
    pub changes: Arc<watch::Sender<u64>>,
    pub wake: Arc<Notify>,
}

/// Whether this very container was reported as started.
fn has_started(status: &PodStatus, id: &str) -> bool {
    let lists = [&status.init_container_statuses, &status.container_statuses];
    let mut all = lists.into_iter().flatten().flatten();
    all.any(|it| it.container_id.as_deref() == Some(id) && it.started == Some(true))
}

/// The probes of one pod.
pub(super) struct Probes {
    shared: Arc<Shared>,
    wake: Arc<Notify>,
    verdicts: Arc<Mutex<Verdicts>>,
    changes: Arc<watch::Sender<u64>>,
    tasks: HashMap<(String, Kind), CancellationToken>,
}

impl Probes {
    pub(super) fn new(shared: Arc<Shared>, wake: Arc<Notify>) -> Self {
        let changes = Arc::new(watch::channel(0).0);
        Self { shared, wake, verdicts: Arc::default(), changes, tasks: HashMap::new() }
    }

    pub(super) fn verdicts(&self) -> Verdicts {
        self.verdicts.lock().clone()
    }

    /// Probes the containers that run now, and no others.
    /// `status` is as last reported: what had started before this kubelet did is not asked again whether it has.
    pub(super) fn follow(&mut self, pod: &Arc<Pod>, observed: &Observed, status: &PodStatus) {
        let running = |id: &str| observed.by_id(id).is_some_and(|it| it.state == State::Running);
        self.tasks.retain(|(id, _), token| {
            let keep = running(id);
            if !keep {
                token.cancel();
            }
            keep
        });
        let known = |id: &String| observed.by_id(id).is_some();
        let mut verdicts = self.verdicts.lock();
        verdicts.startup.retain(|id, _| known(id));
        verdicts.liveness.retain(|id, _| known(id));
        verdicts.readiness.retain(|id, _| running(id));
        drop(verdicts);
        let ip = observed.ready_sandbox().and_then(|it| it.ips.first().cloned());
        let ip = ip.or_else(|| self.shared.host_ips().into_iter().next()).unwrap_or_default();
        let probed = init_containers(pod).iter().filter(|it| is_sidecar(it)).chain(containers(pod));
        for container in probed {
            let Some(found) = observed.container(&container.name).filter(|it| it.state == State::Running) else {
                continue;
            };
            for kind in [Kind::Startup, Kind::Liveness, Kind::Readiness] {
                let Some(probe) = kind.of(container) else { continue };
                let key = (found.id.clone(), kind);
                if self.tasks.contains_key(&key) {
                    continue;
                }
                if kind == Kind::Startup && has_started(status, &observed.container_id(found)) {
                    self.verdicts.lock().startup.entry(found.id.clone()).or_insert(true);
                    continue;
                }
                let token = CancellationToken::new();
                let task = Task {
                    shared: self.shared.clone(),
                    pod: pod.clone(),
                    container: container.clone(),
                    container_id: found.id.clone(),
                    started_at: found.started_at,
                    pod_ip: ip.clone(),
                    kind,
                    probe: probe.clone(),
                    verdicts: self.verdicts.clone(),
                    changes: self.changes.clone(),
                    wake: self.wake.clone(),
                };
                let own = token.clone();
                self.shared.tasks.spawn(async move {
                    own.run_until_cancelled(run::run(task)).await;
                });
                self.tasks.insert(key, token);
            }
        }
    }

    /// A pod that ends is asked only whether it is still ready.
    pub(super) fn stop_liveness_and_startup(&mut self) {
        self.tasks.retain(|(_, kind), token| {
            let keep = *kind == Kind::Readiness;
            if !keep {
                token.cancel();
            }
            keep
        });
    }

    pub(super) fn stop(&mut self) {
        for (_, token) in self.tasks.drain() {
            token.cancel();
        }
    }
}

impl Drop for Probes {
    fn drop(&mut self) {
        self.stop();
    }
}
