//! One pod's worker: looks at what the runtime has, reports the status, carries out the plan, waits for the next reason
//! to look again.
mod count;
mod end;
mod kill;
mod report;
mod resize;
mod start;
mod sync;

use super::{
    admission::Verdict, allocation::Grant, probes::Probes, registry::Eviction, shared::Shared, volumes::MountedVolumes,
};
use crate::pod::{
    Container, Observed,
    backoff::Backoff,
    conditions::OWNED,
    plan::Verdicts,
    spec::{is_deleted, is_terminal, uid},
    status::Reasons,
    status_merge,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Pod, PodCondition, PodStatus};
use report::Reporter;
use skeg_client::{EventType, reference_to};
use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

/// What the API says of the pod.
#[derive(Debug, Clone)]
pub enum Update {
    Pod(Arc<Pod>),
    /// It is deleted there.
    Gone,
}

/// Until the next try after one that failed.
const RETRY: Duration = Duration::from_secs(10);

/// What a look ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Something was done: look at once.
    Again,
    Wait(Duration),
    /// Nothing is left to do, ever.
    Done,
}

pub(super) struct Worker {
    shared: Arc<Shared>,
    pod: Arc<Pod>,
    gone: bool,
    updates: watch::Receiver<Update>,
    wake: Arc<Notify>,
    news: Arc<AtomicBool>,
    report: Reporter,
    probes: Probes,
    /// Status as last computed.
    status: PodStatus,
    reasons: Reasons,
    grant: Arc<Grant>,
    backoff: Backoff,
    /// Ended containers, by id.
    known: HashMap<String, Container>,
    volumes: Option<MountedVolumes>,
    volume_failures: u32,
    evicted: Option<(String, String)>,
    /// The node's own decision to end the pod.
    eviction: Arc<OnceLock<Eviction>>,
    /// Looks taken, and what was noted of the pod's start.
    counts: count::Counts,
    /// Nothing of the pod runs any more, and the API knows.
    ended: bool,
    /// When this kubelet first saw the pod.
    seen: Timestamp,
    /// What the last look saw, and when the next is due if nothing changes.
    looked: Option<(Observed, Verdicts, Arc<Pod>)>,
    due: Instant,
}

const CONFIG_SEEN: &str = "kubernetes.io/config.seen";
const CONFIG_SOURCE: &str = "kubernetes.io/config.source";

/// The pod with the annotations that a kubelet adds for itself: the downward API shows them.
fn annotated(pod: &Pod, seen: Timestamp) -> Arc<Pod> {
    let mut pod = pod.clone();
    let annotations = pod.metadata.annotations.get_or_insert_default();
    annotations.insert(CONFIG_SEEN.into(), seen.to_string());
    annotations.entry(CONFIG_SOURCE.into()).or_insert_with(|| "api".into());
    Arc::new(pod)
}

/// Whether the API's pod differs from the known one in nothing but what a kubelet reports.
fn only_own_status_differs(known: &Pod, new: &Pod) -> bool {
    let foreign = |pod: &Pod| -> Vec<PodCondition> {
        let all = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
        all.filter(|it| !OWNED.contains(&it.type_.as_str())).cloned().collect()
    };
    let own_annotations = |pod: &Pod| {
        let mut all = pod.metadata.annotations.clone().unwrap_or_default();
        all.retain(|key, _| key != CONFIG_SEEN && key != CONFIG_SOURCE);
        all
    };
    let (a, b) = (&known.metadata, &new.metadata);
    a.uid == b.uid
        && a.labels == b.labels
        && a.deletion_timestamp == b.deletion_timestamp
        && a.deletion_grace_period_seconds == b.deletion_grace_period_seconds
        && a.finalizers == b.finalizers
        && own_annotations(known) == own_annotations(new)
        && foreign(known) == foreign(new)
        && known.spec == new.spec
}

/// What wakes a worker.
pub(super) struct Signals {
    pub updates: watch::Receiver<Update>,
    pub wake: Arc<Notify>,
    pub news: Arc<AtomicBool>,
    pub eviction: Arc<OnceLock<Eviction>>,
}

/// Starts the worker of a pod.
pub(super) fn spawn(shared: Arc<Shared>, pod: Arc<Pod>, grant: Arc<Grant>, signals: Signals, verdict: Verdict) {
    let Signals { updates, wake, news, eviction } = signals;
    let tasks = shared.tasks.clone();
    let report = Reporter::start(&shared, pod.clone(), updates.clone());
    let seen = shared.config.clock.now();
    let worker = Worker {
        probes: Probes::new(shared.clone(), wake.clone()),
        status: pod.status.clone().unwrap_or_default(),
        gone: false,
        ended: false,
        counts: count::Counts::default(),
        seen,
        looked: None,
        due: Instant::now(),
        reasons: Reasons::new(),
        grant,
        backoff: Backoff::up_to(shared.config.settings.restart_backoff_max),
        known: HashMap::new(),
        volumes: None,
        volume_failures: 0,
        evicted: None,
        eviction,
        shared,
        pod: annotated(&pod, seen),
        updates,
        wake,
        news,
        report,
    };
    tasks.spawn(worker.run(verdict));
}

impl Worker {
    fn uid(&self) -> &str {
        uid(&self.pod)
    }

    fn now(&self) -> Timestamp {
        self.shared.config.clock.now()
    }

    async fn run(mut self, verdict: Verdict) {
        if let Verdict::Refused(reason, message) = verdict {
            self.refuse(&reason, &message);
        } else if is_terminal(&self.pod) {
            self.settle().await;
        }
        loop {
            self.take_update();
            let start = std::time::Instant::now();
            let next = self.look().await;
            self.note_look(start);
            match next {
                Next::Again => {}
                Next::Wait(longest) => {
                    self.due = Instant::now() + longest;
                    self.wait(longest).await;
                }
                Next::Done => break,
            }
        }
        self.shared.objects.forget(self.uid());
        self.shared.registry.forget(self.uid());
    }

    fn take_update(&mut self) {
        match self.updates.borrow_and_update().clone() {
            Update::Pod(pod)
                if pod.metadata.resource_version == self.pod.metadata.resource_version && pod.spec == self.pod.spec => {
            }
            Update::Pod(pod) => {
                let quiet = only_own_status_differs(&self.pod, &pod);
                self.pod = annotated(&pod, self.seen);
                // What this worker wrote itself is no news to it.
                if let Some(looked) = self.looked.as_mut().filter(|_| quiet) {
                    looked.2 = self.pod.clone();
                }
            }
            Update::Gone => self.gone = true,
        }
    }

    async fn wait(&mut self, longest: Duration) {
        tokio::select! {
            changed = self.updates.changed() => {
                if changed.is_err() {
                    self.gone = true;
                }
            }
            () = self.wake.notified() => {}
            () = tokio::time::sleep(longest) => {}
        }
    }

    async fn look(&mut self) -> Next {
        let leaving = self.gone || is_deleted(&self.pod);
        let result = match (self.ended, leaving) {
            (false, true) => self.end().await,
            (true, true) => self.leave().await,
            (true, false) => Ok(Next::Wait(Duration::from_secs(3600))),
            (false, false) => self.sync().await,
        };
        result.unwrap_or_else(|error| {
            tracing::warn!(pod = crate::pod::spec::full_name(&self.pod), %error, "the pod could not be brought further");
            Next::Wait(RETRY)
        })
    }

    /// The pod is not taken: it ends before it began.
    fn refuse(&mut self, reason: &str, message: &str) {
        let text = message.to_owned();
        self.shared.recorder.event(&reference_to(&*self.pod), EventType::Warning, reason, text);
        self.status = status_merge::rejected(&self.pod, reason, message, self.now());
        self.show(false);
        self.ended = true;
    }

    /// A pod that had ended when this kubelet first saw it: its status stands, nothing of it may run.
    async fn settle(&mut self) {
        if self.end_processes(None).await.is_ok() {
            self.ended = true;
        }
    }
}
