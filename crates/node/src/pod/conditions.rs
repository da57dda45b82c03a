//! The conditions of a pod that its kubelet owns.
use super::{
    Observed, State,
    plan::sandbox_changed,
    spec::{containers, could_restart_all, generation, init_containers, is_sidecar, matching_rule, spec},
};
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod, PodCondition, PodStatus};

/// Conditions that only the kubelet writes; all others are kept as they are.
pub const OWNED: &[&str] = &[
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
    "PodResizePending",
    "PodResizeInProgress",
    "AllContainersRestarting",
];

fn condition(pod: &Pod, kind: &str, holds: bool, reason: &str, message: String) -> PodCondition {
    let text = |it: &str| (!it.is_empty()).then(|| it.to_owned());
    PodCondition {
        type_: kind.into(),
        status: if holds { "True" } else { "False" }.into(),
        reason: text(reason),
        message: text(&message),
        observed_generation: generation(pod),
        ..PodCondition::default()
    }
}

fn names(list: &[&str]) -> String {
    format!("[{}]", list.join(" "))
}

fn complain(unknown: &[&str], other: &[&str], word: &str) -> String {
    let mut parts = Vec::new();
    if !unknown.is_empty() {
        parts.push(format!("containers with unknown status: {}", names(unknown)));
    }
    if !other.is_empty() {
        parts.push(format!("containers with {word} status: {}", names(other)));
    }
    parts.join(", ")
}

fn split<'a>(
    wanted: impl Iterator<Item = &'a Container>,
    statuses: &[ContainerStatus],
    good: impl Fn(&Container, &ContainerStatus) -> bool,
) -> (Vec<&'a str>, Vec<&'a str>) {
    let (mut unknown, mut bad) = (Vec::new(), Vec::new());
    for container in wanted {
        match statuses.iter().find(|status| status.name == container.name) {
            None => unknown.push(container.name.as_str()),
            Some(status) if !good(container, status) => bad.push(container.name.as_str()),
            Some(_) => {}
        }
    }
    (unknown, bad)
}

/// (holds, reason, message) that Ready and ContainersReady share.
fn readiness(pod: &Pod, statuses: &[ContainerStatus], phase: &str) -> (bool, &'static str, String) {
    if statuses.is_empty() {
        return (false, "UnknownContainerStatuses", String::new());
    }
    let wanted = init_containers(pod).iter().filter(|it| is_sidecar(it)).chain(containers(pod));
    let (unknown, unready) = split(wanted, statuses, |_, status| status.ready);
    if phase == "Succeeded" && unknown.is_empty() {
        return (false, "PodCompleted", String::new());
    }
    if phase == "Failed" {
        return (false, "PodFailed", String::new());
    }
    let message = complain(&unknown, &unready, "unready");
    if message.is_empty() { (true, "", message) } else { (false, "ContainersNotReady", message) }
}

pub fn containers_ready(pod: &Pod, statuses: &[ContainerStatus], phase: &str) -> PodCondition {
    let (holds, reason, message) = readiness(pod, statuses, phase);
    condition(pod, "ContainersReady", holds, reason, message)
}

/// `others` are the conditions that readiness gates look at.
pub fn ready(pod: &Pod, statuses: &[ContainerStatus], phase: &str, others: &[PodCondition]) -> PodCondition {
    let (holds, reason, message) = readiness(pod, statuses, phase);
    if !holds {
        return condition(pod, "Ready", false, reason, message);
    }
    let mut closed = Vec::new();
    for gate in spec(pod).readiness_gates.iter().flatten() {
        let kind = &gate.condition_type;
        match others.iter().find(|it| it.type_ == *kind) {
            None => closed.push(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist.")),
            Some(it) if it.status != "True" => {
                closed.push(format!("the status of pod readiness gate \"{kind}\" is not \"True\", but {}", it.status));
            }
            Some(_) => {}
        }
    }
    let reason = if closed.is_empty() { "" } else { "ReadinessGatesNotReady" };
    condition(pod, "Ready", closed.is_empty(), reason, closed.join(", "))
}

fn is_initialized(container: &Container, status: &ContainerStatus) -> bool {
    if is_sidecar(container) { status.started == Some(true) } else { status.ready }
}

fn any_regular_started(pod: &Pod, statuses: &[ContainerStatus]) -> bool {
    let regular = statuses.iter().filter(|status| containers(pod).iter().any(|it| it.name == status.name));
    regular.filter_map(|it| it.state.as_ref()).any(|it| it.running.is_some() || it.terminated.is_some())
}

pub fn initialized(pod: &Pod, statuses: &[ContainerStatus], phase: &str, old: &PodStatus) -> PodCondition {
    let make = |holds, reason, message| condition(pod, "Initialized", holds, reason, message);
    if statuses.is_empty() && !init_containers(pod).is_empty() {
        return make(false, "UnknownContainerStatuses", String::new());
    }
    let (unknown, incomplete) = split(init_containers(pod).iter(), statuses, is_initialized);
    if phase == "Succeeded" && unknown.is_empty() {
        return make(true, "PodCompleted", String::new());
    }
    if any_regular_started(pod, statuses) {
        return make(true, "", String::new());
    }
    let message = complain(&unknown, &incomplete, "incomplete");
    let was = old.conditions.iter().flatten().any(|it| it.type_ == "Initialized" && it.status == "True");
    if message.is_empty() || was {
        return make(true, "", String::new());
    }
    make(false, "ContainersNotInitialized", message)
}

pub fn ready_to_start(pod: &Pod, observed: &Observed) -> PodCondition {
    condition(pod, "PodReadyToStartContainers", sandbox_changed(pod, observed).is_none(), "", String::new())
}

pub fn scheduled(pod: &Pod) -> PodCondition {
    condition(pod, "PodScheduled", true, "", String::new())
}

/// Whether a container's end asks to start the whole pod anew, or that is under way already.
pub fn restarts_all(pod: &Pod, observed: &Observed, old: &PodStatus) -> bool {
    if !could_restart_all(pod) {
        return false;
    }
    let under_way = |it: &PodCondition| it.type_ == "AllContainersRestarting" && it.status == "True";
    if old.conditions.iter().flatten().any(under_way) {
        return true;
    }
    let asks = |container: &Container, code: i32| matching_rule(container, code) == Some("RestartAllContainers");
    init_containers(pod).iter().chain(containers(pod)).any(|container| {
        let ended = observed.container(&container.name).filter(|it| it.state == State::Exited);
        ended.is_some_and(|it| asks(container, it.exit_code))
    })
}

/// None for pods without the rule.
pub fn all_restarting(pod: &Pod, observed: &Observed, old: &PodStatus, phase: &str) -> Option<PodCondition> {
    if !could_restart_all(pod) {
        return None;
    }
    let make = |holds, reason, message: &str| {
        let mut made = condition(pod, "AllContainersRestarting", holds, reason, message.to_owned());
        made.observed_generation = None;
        Some(made)
    };
    match phase {
        "Succeeded" => return make(false, "PodCompleted", ""),
        "Failed" => return make(false, "PodFailed", ""),
        _ => {}
    }
    let known = init_containers(pod).iter().chain(containers(pod));
    let cleaned = known.map(|it| &it.name).all(|name| observed.container(name).is_none());
    if !restarts_all(pod, observed, old) || cleaned {
        return make(false, "", "");
    }
    make(true, "RestartAllContainersStarted", "container exited with restart policy rule")
}
