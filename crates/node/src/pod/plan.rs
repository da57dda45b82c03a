//! What to do next with a pod whose sandbox and containers look like this.
use super::{
    Container, Observed, State,
    conditions::restarts_all,
    hash::container_hash,
    plan_init::init_steps,
    spec::{
        containers, ephemeral_containers, host_network, init_containers, is_deleted, matching_rule, restart_policy,
        restarts_after_probe, should_restart,
    },
};
use k8s_openapi::api::core::v1::{self, Pod, PodStatus};
use std::collections::{BTreeMap, BTreeSet};

/// Verdicts of a container's probes by container id; no entry: no probe, or none has decided yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdicts {
    pub startup: BTreeMap<String, bool>,
    pub liveness: BTreeMap<String, bool>,
    pub readiness: BTreeMap<String, bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KillReason {
    Other,
    Liveness,
    Startup,
    Unknown,
    RestartAll,
}

/// A container to end, with the event that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kill {
    pub id: String,
    pub name: String,
    pub message: String,
    pub reason: KillReason,
}

/// The next steps, in the order of the fields. Indices point into the pod's own lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// End all containers and the sandbox.
    pub kill_pod: bool,
    /// Make a sandbox, with this attempt number.
    pub create_sandbox: Option<u32>,
    /// The sandbox in use, or the one that is given up.
    pub sandbox_id: Option<String>,
    pub kill: Vec<Kill>,
    /// Containers to remove before the pod starts anew, running ones killed at once.
    pub reset: Vec<(String, bool)>,
    pub start_ephemeral: Vec<usize>,
    pub start_init: Vec<usize>,
    pub start: Vec<usize>,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        let Self { kill_pod, create_sandbox, sandbox_id: _, kill, reset, start_ephemeral, start_init, start } = self;
        !kill_pod
            && create_sandbox.is_none()
            && [kill.is_empty(), reset.is_empty(), start_ephemeral.is_empty(), start_init.is_empty(), start.is_empty()]
                .into_iter()
                .all(|it| it)
    }
}

/// Attempt of the sandbox that the pod needs, with the one that it replaces; None when the present one will do.
pub fn sandbox_changed(pod: &Pod, observed: &Observed) -> Option<(u32, Option<String>)> {
    let Some(newest) = observed.sandboxes.first() else { return Some((0, None)) };
    let ready = observed.sandboxes.iter().filter(|sandbox| sandbox.ready).count();
    if ready > 1 || !newest.ready {
        return Some((newest.attempt + 1, Some(newest.id.clone())));
    }
    if newest.host_network != host_network(pod) {
        return Some((newest.attempt + 1, None));
    }
    if !host_network(pod) && newest.ips.is_empty() {
        return Some((newest.attempt + 1, Some(newest.id.clone())));
    }
    None
}

fn regular_created(pod: &Pod, observed: &Observed) -> bool {
    containers(pod).iter().any(|container| observed.container(&container.name).is_some())
}

/// A new sandbox means starting from the beginning, unless all is done already.
fn with_new_sandbox(pod: &Pod, observed: &Observed, attempt: u32, mut plan: Plan) -> Plan {
    plan.kill_pod = true;
    if restart_policy(pod) == "Never" && attempt != 0 && !observed.containers.is_empty() {
        return plan;
    }
    let succeeded = |container: &v1::Container| {
        let once = container.restart_policy.as_deref().unwrap_or_else(|| restart_policy(pod)) == "OnFailure";
        once && observed.container(&container.name).is_some_and(|it| it.state == State::Exited && it.exit_code == 0)
    };
    let wanted = containers(pod).iter().enumerate().filter(|(_, container)| !succeeded(container));
    let start: Vec<usize> = wanted.map(|(index, _)| index).collect();
    if start.is_empty() && regular_created(pod, observed) {
        return plan;
    }
    plan.create_sandbox = Some(attempt);
    if init_containers(pod).is_empty() {
        plan.start = start;
    } else {
        plan.start_init = vec![0];
    }
    plan
}

/// All containers go, those that asked for it last.
fn reset_all(pod: &Pod, observed: &Observed) -> Vec<(String, bool)> {
    let of = |list: &[v1::Container]| {
        let (mut sources, mut targets) = (Vec::new(), Vec::new());
        for container in list {
            for found in observed.containers.iter().filter(|it| it.name == container.name) {
                let ended = found.state == State::Exited;
                let asked = ended && matching_rule(container, found.exit_code) == Some("RestartAllContainers");
                if asked { &mut sources } else { &mut targets }.push((found.id.clone(), !ended));
            }
        }
        (sources, targets)
    };
    let (init_sources, init_targets) = of(init_containers(pod));
    let (sources, targets) = of(containers(pod));
    [targets, init_targets, sources, init_sources].concat()
}

/// Whether a container that is not running is to be started.
pub fn needs_start(pod: &Pod, container: &v1::Container, found: Option<&Container>) -> bool {
    if is_deleted(pod) {
        return false;
    }
    match found.map(|it| (it.state, it.exit_code)) {
        None | Some((State::Unknown | State::Created, _)) => true,
        Some((State::Running, _)) => false,
        Some((State::Exited, code)) => should_restart(pod, container, code),
    }
}

fn uncertain(found: &Container) -> Kill {
    Kill {
        id: found.id.clone(),
        name: found.name.clone(),
        message: format!("Container is in \"{}\" state, try killing it before restart", found.state.name()),
        reason: KillReason::Unknown,
    }
}

/// A running container that is started anew to get its new resources.
pub(super) fn for_resize(container: &v1::Container, running: &Container) -> Kill {
    Kill {
        id: running.id.clone(),
        name: container.name.clone(),
        message: format!("Container {} resize requires restart", container.name),
        reason: KillReason::Other,
    }
}

/// Why a running container may not stay, and whether its successor is certain.
fn unwanted(container: &v1::Container, found: &Container, verdicts: &Verdicts) -> Option<(String, KillReason, bool)> {
    let name = &container.name;
    if found.hash != container_hash(container) {
        return Some((format!("Container {name} definition changed"), KillReason::Other, true));
    }
    if verdicts.liveness.get(&found.id) == Some(&false) {
        return Some((format!("Container {name} failed liveness probe"), KillReason::Liveness, false));
    }
    if verdicts.startup.get(&found.id) == Some(&false) {
        return Some((format!("Container {name} failed startup probe"), KillReason::Startup, false));
    }
    None
}

fn regular_steps(pod: &Pod, observed: &Observed, verdicts: &Verdicts, resized: &BTreeSet<String>, plan: &mut Plan) {
    let mut kept = 0;
    for (index, container) in containers(pod).iter().enumerate() {
        let found = observed.container(&container.name);
        let Some(running) = found.filter(|it| it.state == State::Running) else {
            if needs_start(pod, container, found) {
                plan.start.push(index);
                plan.kill.extend(found.filter(|it| it.state == State::Unknown).map(uncertain));
            }
            continue;
        };
        let Some((mut message, reason, certain)) = unwanted(container, running, verdicts) else {
            if resized.contains(&container.name) {
                plan.start.push(index);
                plan.kill.push(for_resize(container, running));
            } else {
                kept += 1;
            }
            continue;
        };
        if certain || restarts_after_probe(pod, container) {
            message.push_str(", will be restarted");
            plan.start.push(index);
        }
        plan.kill.push(Kill { id: running.id.clone(), name: container.name.clone(), message, reason });
    }
    if kept == 0 && plan.start.is_empty() {
        plan.kill_pod = true;
        plan.start_init.clear();
    }
}

/// `old` is the status as last reported.
/// `resized` names running containers whose new resources ask for a restart.
pub fn plan(pod: &Pod, observed: &Observed, verdicts: &Verdicts, old: &PodStatus, resized: &BTreeSet<String>) -> Plan {
    let newest = observed.sandboxes.first().map(|sandbox| sandbox.id.clone());
    let mut plan = Plan { sandbox_id: newest, ..Plan::default() };
    if restarts_all(pod, observed, old) {
        let reset = reset_all(pod, observed);
        if !reset.is_empty() {
            plan.reset = reset;
            return plan;
        }
    }
    if let Some((attempt, replaced)) = sandbox_changed(pod, observed) {
        plan.sandbox_id = replaced;
        return with_new_sandbox(pod, observed, attempt, plan);
    }
    for (index, container) in ephemeral_containers(pod).iter().enumerate() {
        if observed.container(&container.name).is_none() {
            plan.start_ephemeral.push(index);
        }
    }
    let initialized = init_steps(pod, observed, verdicts, resized, &mut plan);
    if plan.kill_pod || !initialized {
        return plan;
    }
    regular_steps(pod, observed, verdicts, resized, &mut plan);
    plan
}
