//! A living pod: report what is, then do what is next.
use super::{Next, RETRY, Worker};
use crate::{
    cri::RuntimeError,
    kubelet::{
        cgroups::{Limits, pod_path},
        metrics, objects,
        observe::observe,
    },
    pod::{
        Observed, Plan, plan,
        qos::qos,
        resize::Steps,
        resources::{limits, requests},
        spec::{host_network, spec},
        status::{Input, status},
    },
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use skeg_client::{EventType, reference_to};
use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;

#[derive(Debug, thiserror::Error)]
pub(super) enum SyncError {
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

const VOLUME_RETRY_MIN: Duration = Duration::from_millis(500);
const VOLUME_RETRY_MAX: Duration = Duration::from_secs(122);

fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)
}

impl Worker {
    pub(super) async fn observe(&mut self) -> Result<Observed, RuntimeError> {
        let uid = self.uid().to_owned();
        let start = std::time::Instant::now();
        let seen = observe(&*self.shared.runtime, &self.shared.runtime_name, &uid, &mut self.known).await;
        self.shared.metrics.took(&metrics::PLEG_POD_RELIST, &[], start);
        seen
    }

    pub(super) fn compute(&self, observed: &Observed, terminal: bool) -> PodStatus {
        let verdicts = self.probes.verdicts();
        status(&Input {
            pod: &self.pod,
            old: &self.status,
            observed,
            reasons: &self.reasons,
            verdicts: &verdicts,
            terminal,
            host_ips: &self.shared.host_ips(),
            recursive_read_only: self.shared.supports_recursive_read_only(),
            resize: &self.grant.conditions(),
            evicted: self.evicted.as_ref().map(|(reason, message)| (reason.as_str(), message.as_str())),
            disruption: self.eviction.get().and_then(|it| it.condition.as_ref()),
            now: self.now(),
        })
    }

    /// Hands the status on: to the registry at once, to the API as soon as it takes it.
    /// `could_run` says whether a container may still run: then an end is held back.
    pub(super) fn show(&self, could_run: bool) {
        let status = Arc::new(self.status.clone());
        self.shared.registry.note_status(self.uid(), status.clone());
        self.report.send(status, could_run);
    }

    pub(super) async fn sync(&mut self) -> Result<Next, SyncError> {
        let observed = self.observe().await?;
        if self.seen_before(&observed) {
            return Ok(Next::Wait(self.due.saturating_duration_since(Instant::now())));
        }
        self.check_deadline();
        let before = self.status.clone();
        let steps = self.resize_steps(&observed);
        self.status = self.compute(&observed, false);
        self.note_progress(&before);
        self.show(true);
        if matches!(self.status.phase.as_deref(), Some("Succeeded" | "Failed")) {
            return self.end().await;
        }
        if !host_network(&self.pod) && !self.shared.network_ready.load(Ordering::Relaxed) {
            self.looked = None;
            let text = "network is not ready: container runtime network not ready";
            self.shared.recorder.event(&reference_to(&*self.pod), EventType::Warning, "NetworkNotReady", text);
            return Ok(Next::Wait(RETRY / 2));
        }
        self.ensure_cgroup().await?;
        objects::follow(&self.shared, &self.pod);
        if let Some(next) = self.ensure_volumes(&observed).await {
            return Ok(next);
        }
        self.probes.follow(&self.pod, &observed, &self.status);
        let plan = plan::plan(&self.pod, &observed, &self.probes.verdicts(), &before, &steps.restart);
        if plan.is_empty() && steps.is_empty() {
            return Ok(Next::Wait(self.longest_wait()));
        }
        self.carry_out(plan, &steps, &observed).await
    }

    /// Whether nothing has changed since the last look and nothing is due: a signal that tells what is known already.
    fn seen_before(&mut self, observed: &Observed) -> bool {
        let verdicts = self.probes.verdicts();
        let same = self.looked.as_ref().is_some_and(|(seen, known, pod)| {
            seen == observed && *known == verdicts && std::sync::Arc::ptr_eq(pod, &self.pod)
        });
        let news = self.news.swap(false, Ordering::AcqRel);
        if same && !news && Instant::now() < self.due {
            return true;
        }
        self.looked = Some((observed.clone(), verdicts, self.pod.clone()));
        false
    }

    fn check_deadline(&mut self) {
        if let Some(it) = self.eviction.get().filter(|_| self.evicted.is_none()) {
            self.evicted = Some((it.reason.clone(), it.message.clone()));
        }
        let Some(at) = self.deadline() else { return };
        if self.evicted.is_none() && self.now() >= at {
            let text = "Pod was active on the node longer than the specified deadline";
            self.shared.recorder.event(&reference_to(&*self.pod), EventType::Normal, "DeadlineExceeded", text);
            self.evicted = Some(("DeadlineExceeded".into(), text.into()));
        }
    }

    fn deadline(&self) -> Option<Timestamp> {
        let seconds = spec(&self.pod).active_deadline_seconds?;
        let start = self.status.start_time.as_ref()?.0;
        start.checked_add(SignedDuration::from_secs(seconds)).ok()
    }

    async fn ensure_cgroup(&self) -> io::Result<()> {
        let qos = qos(&self.pod);
        let path = pod_path(&self.shared.config.settings.cgroup_root, qos, self.uid());
        if self.shared.cgroups.exists(&path) {
            return Ok(());
        }
        let start = std::time::Instant::now();
        let limits = self.limits(&self.pod);
        let made = self.shared.blocking.run(|| self.shared.cgroups.ensure(&path, &limits)).await;
        self.shared.metrics.took(&metrics::CGROUP_MANAGER_DURATION, &["create"], start);
        made
    }

    /// What the pod's own cgroup may use.
    pub(super) fn limits(&self, pod: &Pod) -> Limits {
        let settings = &self.shared.config.settings;
        let (cpu_limit, memory_bytes) = limits(pod);
        Limits {
            cpu_request_milli: requests(pod).cpu_milli,
            cpu_limit_milli: cpu_limit.filter(|_| settings.cpu_quota),
            memory_bytes,
            pids: settings.pod_pids_limit,
        }
    }

    /// Some(next) while a volume is missing.
    async fn ensure_volumes(&mut self, observed: &Observed) -> Option<Next> {
        let node = self.shared.node.load_full();
        let ips = self.ips(observed);
        let directory = self.shared.config.pod_dir(self.uid());
        if self.volumes.is_none()
            && let Err(error) = self.shared.blocking.run(|| std::fs::create_dir_all(&directory)).await
        {
            tracing::warn!(path = %directory.display(), %error, "the pod's folder cannot be made");
            return Some(Next::Wait(RETRY));
        }
        match self.shared.volumes.setup(&self.pod, &node, &ips, self.volumes.is_none()).await {
            Ok(volumes) => {
                self.volumes = Some(volumes);
                self.volume_failures = 0;
                None
            }
            // What is mounted stays mounted when its source is gone.
            Err(error) if self.volumes.is_some() && observed.any_running() => {
                tracing::info!(pod = crate::pod::spec::full_name(&self.pod), %error, "a volume cannot be renewed");
                None
            }
            Err(error) => {
                let about = reference_to(&*self.pod);
                self.shared.recorder.event(&about, EventType::Warning, "FailedMount", error.to_string());
                let wait = VOLUME_RETRY_MIN.saturating_mul(1 << self.volume_failures.min(10)).min(VOLUME_RETRY_MAX);
                self.volume_failures += 1;
                Some(Next::Wait(wait))
            }
        }
    }

    /// Addresses that the pod's containers are told of.
    pub(super) fn ips(&self, observed: &Observed) -> Vec<String> {
        if host_network(&self.pod) {
            return self.shared.host_ips().into_iter().take(1).collect();
        }
        observed.ready_sandbox().map(|sandbox| sandbox.ips.clone()).unwrap_or_default()
    }

    fn longest_wait(&self) -> Duration {
        let now = self.now();
        let resync = self.shared.config.settings.sync_frequency;
        let times = [self.deadline().filter(|_| self.evicted.is_none()), self.shared.volumes.renewal(self.uid())];
        let soonest = times.into_iter().flatten().map(|at| until(at, now)).min();
        soonest.map_or(resync, |soonest| soonest.clamp(Duration::from_millis(10), resync))
    }

    async fn carry_out(&mut self, plan: Plan, steps: &Steps, observed: &Observed) -> Result<Next, SyncError> {
        let mut did = false;
        if plan.kill_pod {
            if plan.create_sandbox.is_some() && plan.sandbox_id.is_some() {
                let text = "Pod sandbox changed, it will be killed and re-created.";
                self.shared.recorder.event(&reference_to(&*self.pod), EventType::Normal, "SandboxChanged", text);
            }
            self.end_processes(None).await?;
            did = !observed.sandboxes.is_empty();
        }
        for kill in plan.kill.iter().filter(|_| !plan.kill_pod) {
            if let Some(found) = observed.by_id(&kill.id) {
                self.kill_container(found, &kill.message, kill.reason, None).await?;
                did = true;
            }
        }
        for (id, running) in &plan.reset {
            if let Some(found) = observed.by_id(id).filter(|_| *running) {
                let reason = plan::KillReason::RestartAll;
                self.kill_container(found, "killing", reason, Some(Duration::ZERO)).await?;
            }
            self.shared.runtime.remove_container(id).await?;
            did = true;
        }
        let resized = if plan.kill_pod { Ok(false) } else { self.resize(steps, observed).await };
        did |= resized == Ok(true);
        let starts = self.start_all(&plan, observed).await?;
        if did || starts.started {
            return Ok(Next::Again);
        }
        let longest = if resized.is_err() { RETRY } else { self.longest_wait() };
        Ok(Next::Wait(starts.retry.map_or(longest, |retry| retry.min(longest))))
    }
}
