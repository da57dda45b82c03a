//! The phase of a pod, from the statuses of its containers.
use super::spec::{containers, init_containers, is_sidecar, should_restart};
use k8s_openapi::api::core::v1::{Container, ContainerStateTerminated, ContainerStatus, Pod};

pub const RESTARTING_ALL: &str = "RestartingAllContainers";

#[derive(Debug, Default)]
struct Counts {
    pending_init: u32,
    pending_sidecars: u32,
    init_failed_for_good: bool,
    unknown: u32,
    running: u32,
    waiting: u32,
    stopped: u32,
    stopped_for_good: u32,
    succeeded: u32,
}

/// What stands in a status: the state, with an ended one either now or before the present wait.
enum Shown<'a> {
    Running { started: bool },
    Ended { how: &'a ContainerStateTerminated, now: bool },
    NeverRan,
    Nothing,
}

fn shown(status: &ContainerStatus) -> Shown<'_> {
    let Some(state) = status.state.as_ref() else { return Shown::Nothing };
    if state.running.is_some() {
        return Shown::Running { started: status.started == Some(true) };
    }
    if let Some(how) = state.terminated.as_ref() {
        return Shown::Ended { how, now: true };
    }
    if state.waiting.is_none() {
        return Shown::Nothing;
    }
    match status.last_state.as_ref().and_then(|last| last.terminated.as_ref()) {
        Some(how) => Shown::Ended { how, now: false },
        None => Shown::NeverRan,
    }
}

fn comes_back(pod: &Pod, container: &Container, how: &ContainerStateTerminated) -> bool {
    should_restart(pod, container, how.exit_code) || how.reason.as_deref() == Some(RESTARTING_ALL)
}

impl Counts {
    fn init(&mut self, pod: &Pod, container: &Container, status: Option<&ContainerStatus>) {
        match status.map(shown) {
            Some(Shown::Ended { how, .. }) => {
                let failed = how.exit_code != 0;
                self.init_failed_for_good |= failed && !comes_back(pod, container, how);
            }
            _ => self.pending_init += 1,
        }
    }

    fn sidecar(&mut self, status: Option<&ContainerStatus>) {
        match status.map(shown) {
            None => self.unknown += 1,
            Some(Shown::Running { started }) => {
                self.pending_sidecars += u32::from(!started);
                self.running += 1;
            }
            Some(Shown::Ended { .. }) => {}
            Some(Shown::NeverRan) => {
                self.pending_sidecars += 1;
                self.waiting += 1;
            }
            Some(Shown::Nothing) => {
                self.pending_sidecars += 1;
                self.unknown += 1;
            }
        }
    }

    fn regular(&mut self, pod: &Pod, container: &Container, status: Option<&ContainerStatus>) {
        match status.map(shown) {
            None | Some(Shown::Nothing) => self.unknown += 1,
            Some(Shown::Running { .. }) => self.running += 1,
            Some(Shown::NeverRan) => self.waiting += 1,
            Some(Shown::Ended { how, now }) => {
                self.stopped += 1;
                self.stopped_for_good += u32::from(!comes_back(pod, container, how));
                self.succeeded += u32::from(now && how.exit_code == 0);
            }
        }
    }

    /// `terminal`: nothing will be started any more; `initialized`: a regular container has run in this sandbox.
    fn phase(&self, terminal: bool, initialized: bool) -> &'static str {
        if self.init_failed_for_good {
            return "Failed";
        }
        let initializing = self.pending_init > 0 || (self.pending_sidecars > 0 && !initialized);
        if initializing || self.waiting > 0 {
            return "Pending";
        }
        if self.running > 0 && self.unknown == 0 {
            return "Running";
        }
        if self.running > 0 || self.stopped == 0 || self.unknown > 0 {
            return "Pending";
        }
        if !terminal && self.stopped != self.stopped_for_good {
            return "Running";
        }
        if self.stopped == self.succeeded { "Succeeded" } else { "Failed" }
    }
}

/// Phase of `pod` whose containers have these statuses (of all lists together).
pub fn phase(pod: &Pod, statuses: &[ContainerStatus], terminal: bool, initialized: bool) -> &'static str {
    let status_of = |container: &Container| statuses.iter().find(|status| status.name == container.name);
    let mut counts = Counts::default();
    for container in init_containers(pod) {
        if is_sidecar(container) {
            counts.sidecar(status_of(container));
        } else {
            counts.init(pod, container, status_of(container));
        }
    }
    for container in containers(pod) {
        counts.regular(pod, container, status_of(container));
    }
    counts.phase(terminal, initialized)
}
