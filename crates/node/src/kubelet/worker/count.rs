//! What a worker counts of its pod: how long steps and starts took, what was started and what has ended.
use super::Worker;
use crate::{
    kubelet::metrics::{
        CONTAINER_STARTS, FIRST_POD_START, POD_START, POD_START_SLI, POD_START_TOTAL, POD_STARTS, POD_WORKER,
        POD_WORKER_START, TERMINATED,
    },
    pod::spec::{Role, host_network, init_containers, is_deleted},
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStatus, PodStatus};
use std::{
    collections::BTreeSet,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

#[derive(Debug, Default)]
pub(super) struct Counts {
    looks: u64,
    /// It was new to this kubelet, and is not counted as started yet.
    starting: Option<bool>,
    /// Spent on pulling its images.
    pub pulling: Duration,
    ended: BTreeSet<String>,
}

/// The label of a container's kind.
pub(super) fn kind(role: Role) -> &'static str {
    match role {
        Role::Init => "init_container",
        Role::Regular => "container",
        Role::Ephemeral => "ephemeral_container",
    }
}

fn seconds(it: SignedDuration) -> f64 {
    it.as_secs_f64().max(0.0)
}

fn running(list: Option<&Vec<ContainerStatus>>) -> bool {
    list.is_some_and(|list| {
        !list.is_empty() && list.iter().all(|it| it.state.as_ref().is_some_and(|it| it.running.is_some()))
    })
}

/// Time that init containers took, from the first start to the last end.
fn initializing(status: &PodStatus) -> SignedDuration {
    let ended =
        || status.init_container_statuses.iter().flatten().filter_map(|it| it.state.as_ref()?.terminated.as_ref());
    let first = ended().filter_map(|it| it.started_at.as_ref()).map(|it| it.0).min();
    let last = ended().filter_map(|it| it.finished_at.as_ref()).map(|it| it.0).max();
    first.zip(last).map_or(SignedDuration::ZERO, |(first, last)| last.duration_since(first))
}

impl Worker {
    /// After a look that began at `start`.
    pub(super) fn note_look(&mut self, start: Instant) {
        let metrics = &self.shared.metrics;
        let operation = match self.counts.looks {
            _ if is_deleted(&self.pod) => "kill",
            0 => "create",
            _ => "sync",
        };
        metrics.took(&POD_WORKER, &[operation], start);
        if self.counts.looks == 0 {
            let waited = self.now().duration_since(self.seen);
            metrics.observe(&POD_WORKER_START, &[], (seconds(waited) - start.elapsed().as_secs_f64()).max(0.0));
        }
        self.counts.looks += 1;
    }

    pub(super) fn note_started(&self, role: Role) {
        self.shared.metrics.count(&CONTAINER_STARTS, &[kind(role)]);
    }

    /// Compares the status with the one before.
    pub(super) fn note_progress(&mut self, before: &PodStatus) {
        self.note_ends();
        let all_run = |status: &PodStatus| running(status.container_statuses.as_ref());
        let starting = *self.counts.starting.get_or_insert_with(|| !all_run(before));
        if !starting || !all_run(&self.status) {
            return;
        }
        self.counts.starting = Some(false);
        let now = self.now();
        let created = self.pod.metadata.creation_timestamp.as_ref().map_or(now, |it| it.0);
        let total = now.duration_since(created);
        let pulling = SignedDuration::try_from(self.counts.pulling).unwrap_or(SignedDuration::ZERO);
        let own = seconds(total - pulling - initializing(&self.status));
        let metrics = &self.shared.metrics;
        metrics.count(&POD_STARTS, &[]);
        metrics.observe(&POD_START, &[], seconds(now.duration_since(self.seen)));
        metrics.observe(&POD_START_TOTAL, &[], seconds(total));
        metrics.observe(&POD_START_SLI, &[], own);
        if !host_network(&self.pod) && !self.shared.first_started.swap(true, Ordering::Relaxed) {
            metrics.set(&FIRST_POD_START, &[], own);
        }
    }

    /// Counts containers that have ended since this kubelet runs, each once.
    fn note_ends(&mut self) {
        let status = &self.status;
        let lists = [
            (Role::Init, &status.init_container_statuses),
            (Role::Regular, &status.container_statuses),
            (Role::Ephemeral, &status.ephemeral_container_statuses),
        ];
        for (role, list) in lists {
            for one in list.iter().flatten() {
                let states = [one.state.as_ref(), one.last_state.as_ref()];
                for how in states.into_iter().flatten().filter_map(|it| it.terminated.as_ref()) {
                    let Some(id) = how.container_id.as_deref().filter(|it| !it.is_empty()) else { continue };
                    let recent = how.finished_at.as_ref().is_none_or(|at| at.0 >= whole(self.seen));
                    if recent && self.counts.ended.insert(id.to_owned()) {
                        let reason = how.reason.as_deref().unwrap_or_default();
                        let code = how.exit_code.to_string();
                        self.shared.metrics.count(&TERMINATED, &[kind(role), &code, reason]);
                    }
                }
            }
        }
        // Only the present run and the one before stand in a status.
        let most = 4 * (init_containers(&self.pod).len() + crate::pod::spec::containers(&self.pod).len()) + 64;
        while self.counts.ended.len() > most {
            self.counts.ended.pop_first();
        }
    }
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
