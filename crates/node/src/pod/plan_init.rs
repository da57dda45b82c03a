//! Next steps of a pod's init containers and sidecars.
use super::{
    Container, Observed, State,
    hash::container_hash,
    plan::{Kill, KillReason, Plan, Verdicts, for_resize, needs_start},
    spec::{containers, init_containers, is_sidecar},
};
use k8s_openapi::api::core::v1::{self, Pod};
use std::collections::BTreeSet;

/// What one init container says about the pod's beginning.
enum Step {
    /// It has done its part (a sidecar: it has started); the next one may run.
    Done,
    /// It runs, or its start is awaited.
    Wait,
    /// Start it (again).
    Start,
    /// It failed for good.
    GiveUp,
}

fn kill(container: &v1::Container, found: &Container, message: String, reason: KillReason) -> Kill {
    Kill { id: found.id.clone(), name: container.name.clone(), message, reason }
}

/// A running sidecar: whether the next may start, and whether it is to be made anew.
fn running_sidecar(
    container: &v1::Container,
    found: &Container,
    verdicts: &Verdicts,
    kills: &mut Vec<Kill>,
) -> (bool, bool) {
    let name = &container.name;
    if container.startup_probe.is_some() {
        match verdicts.startup.get(&found.id) {
            None => return (false, false),
            Some(false) => {
                let message = format!("Init container {name} failed startup probe");
                kills.push(kill(container, found, message, KillReason::Startup));
                return (false, true);
            }
            Some(true) => {}
        }
    }
    if found.hash != container_hash(container) {
        let message = format!("Init container {name} definition changed");
        kills.push(kill(container, found, message, KillReason::Other));
        return (true, true);
    }
    if container.liveness_probe.is_some() && verdicts.liveness.get(&found.id) == Some(&false) {
        let message = format!("Init container {name} failed liveness probe");
        kills.push(kill(container, found, message, KillReason::Liveness));
        return (true, true);
    }
    (true, false)
}

fn plain(pod: &Pod, container: &v1::Container, found: &Container, kills: &mut Vec<Kill>) -> Step {
    match found.state {
        State::Created => Step::Start,
        State::Running => Step::Wait,
        State::Exited if found.exit_code == 0 => Step::Done,
        State::Exited if needs_start(pod, container, Some(found)) => Step::Start,
        State::Exited => Step::GiveUp,
        State::Unknown => {
            let message = format!("Init container is in \"{}\" state, try killing it before restart", "unknown");
            kills.push(kill(container, found, message, KillReason::Unknown));
            Step::Start
        }
    }
}

/// Adds the steps to `plan`; says whether the regular containers may run.
pub(super) fn init_steps(
    pod: &Pod,
    observed: &Observed,
    verdicts: &Verdicts,
    resized: &BTreeSet<String>,
    plan: &mut Plan,
) -> bool {
    let list = init_containers(pod);
    if list.is_empty() {
        return true;
    }
    let active = |it: &v1::Container| {
        let state = observed.container(&it.name).map(|found| found.state);
        matches!(state, Some(State::Created | State::Running))
    };
    let mut initialized = containers(pod).iter().any(active);
    // Walked backwards: the last container with a trace tells how far the pod has come, since earlier ones may have
    // been removed. All before it count as done.
    let mut passed = initialized;
    let last = list.len() - 1;
    for (index, container) in list.iter().enumerate().rev() {
        let Some(found) = observed.container(&container.name) else {
            if passed && is_sidecar(container) {
                plan.start_init.push(index);
            }
            continue;
        };
        if passed && !is_sidecar(container) {
            continue;
        }
        let step = if !is_sidecar(container) {
            plain(pod, container, found, &mut plan.kill)
        } else if found.state == State::Running {
            let (done, again) = running_sidecar(container, found, verdicts, &mut plan.kill);
            if again {
                plan.start_init.push(index);
            } else if resized.contains(&container.name) {
                plan.start_init.push(index);
                plan.kill.push(for_resize(container, found));
            }
            if done { Step::Done } else { Step::Wait }
        } else {
            if found.state == State::Unknown {
                plain(pod, container, found, &mut plan.kill);
            }
            Step::Start
        };
        match step {
            Step::Done if index == last => initialized = true,
            Step::Done if !passed => plan.start_init.push(index + 1),
            Step::Done | Step::Wait => {}
            Step::Start => plan.start_init.push(index),
            Step::GiveUp => {
                plan.kill_pod = true;
                plan.start_init.clear();
                return false;
            }
        }
        passed = true;
    }
    if !passed {
        plan.start_init.push(0);
    }
    plan.start_init.sort_unstable();
    plan.start_init.dedup();
    initialized
}
