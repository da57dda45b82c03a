//! Statuses of a pod's containers, from what the runtime shows and what was last reported.
use super::{
    Container, State,
    conditions::restarts_all,
    phase::RESTARTING_ALL,
    plan::needs_start,
    quantity::{from_bytes, from_milli, milli, value},
    spec::{Role, as_container, containers, ephemeral_containers, init_containers, is_deleted, is_sidecar},
    status::Input,
};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{
        self, ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus,
        ResourceRequirements, VolumeMountStatus,
    },
    apimachinery::pkg::apis::meta::v1::Time,
};

const STATUS_UNKNOWN: &str = "ContainerStatusUnknown";
const LOST: &str = "The container could not be located when the pod was terminated";
const LOST_DELETED: &str =
    "The container could not be located when the pod was deleted.  The container used to be Running";
const REMOVED: &str = "The container is removed because RestartAllContainers in place";
const NO_INIT_STATUS: &str = "Unable to get init container status from container runtime and pod has been initialized, \
                              treat it as exited normally";

#[expect(clippy::unnecessary_wraps, reason = "the API's fields are optional")]
fn time(nanoseconds: i64) -> Option<Time> {
    let seconds = nanoseconds.div_euclid(1_000_000_000);
    Some(Time(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)))
}

fn text(it: &str) -> Option<String> {
    (!it.is_empty()).then(|| it.to_owned())
}

pub(super) fn waiting(reason: &str, message: &str) -> ContainerState {
    let waiting = ContainerStateWaiting { reason: text(reason), message: text(message) };
    ContainerState { waiting: Some(waiting), ..ContainerState::default() }
}

pub(super) fn ended(reason: &str, message: &str, exit_code: i32) -> ContainerState {
    let how = ContainerStateTerminated {
        reason: text(reason),
        message: text(message),
        exit_code,
        ..ContainerStateTerminated::default()
    };
    ContainerState { terminated: Some(how), ..ContainerState::default() }
}

/// As [`ended`], for a container that was lost sight of.
pub(super) fn lost() -> ContainerState {
    ended(STATUS_UNKNOWN, LOST, 137)
}

pub(super) fn terminated(state: Option<&ContainerState>) -> Option<&ContainerStateTerminated> {
    state?.terminated.as_ref()
}

fn is_running(state: Option<&ContainerState>) -> bool {
    state.is_some_and(|state| state.running.is_some())
}

/// The three lists of statuses, each in its API order.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub init: Vec<ContainerStatus>,
    pub regular: Vec<ContainerStatus>,
    pub ephemeral: Vec<ContainerStatus>,
}

pub(super) fn lists(input: &Input<'_>) -> Lists {
    let ephemeral: Vec<_> = ephemeral_containers(input.pod).iter().map(as_container).collect();
    let old = |list: &Option<Vec<ContainerStatus>>| list.clone().unwrap_or_default();
    let init = list(input, Role::Init, init_containers(input.pod), &old(&input.old.init_container_statuses));
    let mut regular = list(input, Role::Regular, containers(input.pod), &old(&input.old.container_statuses));
    let mut rest = list(input, Role::Ephemeral, &ephemeral, &old(&input.old.ephemeral_container_statuses));
    regular.sort_by(|a, b| a.name.cmp(&b.name));
    rest.sort_by(|a, b| a.name.cmp(&b.name));
    Lists { init, regular, ephemeral: rest }
}

fn list(input: &Input<'_>, role: Role, specs: &[v1::Container], old: &[ContainerStatus]) -> Vec<ContainerStatus> {
    let of = |container: &v1::Container| {
        let before = old.iter().find(|status| status.name == container.name);
        one(input, role, container, before)
    };
    specs.iter().map(of).collect()
}

fn one(input: &Input<'_>, role: Role, spec: &v1::Container, before: Option<&ContainerStatus>) -> ContainerStatus {
    let mut seen = input.observed.containers.iter().filter(|it| it.name == spec.name);
    let mut status = match seen.next() {
        None => unseen(input, spec, before),
        Some(newest) => {
            let mut status = shown(input, role, spec, newest, before);
            if let Some(previous) = seen.next() {
                status.last_state = shown(input, role, spec, previous, before).state;
            }
            status
        }
    };
    if !keeps_init_result(input, role, spec, &mut status) {
        explain_wait(input, spec, &mut status);
    }
    probes(input, role, spec, before, &mut status);
    status
}

fn mounts(input: &Input<'_>, spec: &v1::Container) -> Option<Vec<VolumeMountStatus>> {
    let of = |mount: &v1::VolumeMount| {
        let read_only = mount.read_only.unwrap_or(false);
        let recursive = match mount.recursive_read_only.as_deref() {
            Some("Enabled") => true,
            Some("IfPossible") => input.recursive_read_only,
            _ => false,
        };
        VolumeMountStatus {
            name: mount.name.clone(),
            mount_path: mount.mount_path.clone(),
            read_only: read_only.then_some(true),
            recursive_read_only: read_only.then(|| if recursive { "Enabled" } else { "Disabled" }.to_owned()),
            volume_status: None,
        }
    };
    spec.volume_mounts.as_ref().map(|mounts| mounts.iter().map(of).collect())
}

/// Status of a container that the runtime knows nothing of.
fn unseen(input: &Input<'_>, spec: &v1::Container, before: Option<&ContainerStatus>) -> ContainerStatus {
    let reason = if init_containers(input.pod).is_empty() { "ContainerCreating" } else { "PodInitializing" };
    let mut status = ContainerStatus {
        name: spec.name.clone(),
        image: spec.image.clone().unwrap_or_default(),
        state: Some(waiting(reason, "")),
        last_state: Some(ContainerState::default()),
        volume_mounts: mounts(input, spec),
        ..ContainerStatus::default()
    };
    let Some(before) = before else { return status };
    let was_waiting = before.state.as_ref().is_some_and(|state| state.waiting.is_some());
    if !was_waiting && restarts_all(input.pod, input.observed, input.old) {
        status.state = Some(waiting(RESTARTING_ALL, REMOVED));
        status.last_state = Some(ended(RESTARTING_ALL, REMOVED, 137));
        status.restart_count = before.restart_count + 1;
        return status;
    }
    if terminated(before.state.as_ref()).is_some() {
        return before.clone();
    }
    status.restart_count = before.restart_count;
    status.last_state.clone_from(&before.last_state);
    if is_running(before.state.as_ref()) && terminated(status.last_state.as_ref()).is_none() {
        status.last_state = Some(ended(STATUS_UNKNOWN, LOST_DELETED, 137));
        status.restart_count += i32::from(!is_deleted(input.pod));
    }
    status
}

fn shown(
    input: &Input<'_>,
    role: Role,
    spec: &v1::Container,
    found: &Container,
    before: Option<&ContainerStatus>,
) -> ContainerStatus {
    let id = input.observed.container_id(found);
    let mut status = ContainerStatus {
        name: found.name.clone(),
        image: found.image.clone(),
        image_id: found.image_id.clone(),
        container_id: Some(id.clone()),
        restart_count: found.restart_count,
        last_state: Some(ContainerState::default()),
        volume_mounts: before.and_then(|it| it.volume_mounts.clone()).or_else(|| mounts(input, spec)),
        user: found.user.clone(),
        stop_signal: found.stop_signal.clone(),
        ..ContainerStatus::default()
    };
    if role != Role::Ephemeral {
        status.resources = Some(resources(spec, found));
        status.allocated_resources = spec.resources.as_ref().and_then(|it| it.requests.clone());
    }
    if let Some(before) = before {
        inherit(&mut status, found, before);
    }
    status.state = Some(match found.state {
        State::Running => ContainerState {
            running: Some(ContainerStateRunning { started_at: time(found.started_at) }),
            ..ContainerState::default()
        },
        State::Created => waiting("", ""),
        State::Exited => exited(found, &id),
        State::Unknown if before.is_some_and(|it| is_running(it.state.as_ref())) => {
            let restarting = restarts_all(input.pod, input.observed, input.old);
            status.restart_count = before.map_or(0, |it| it.restart_count) + 1;
            ended(if restarting { RESTARTING_ALL } else { STATUS_UNKNOWN }, LOST, 137)
        }
        State::Unknown => waiting("", ""),
    });
    status
}

/// What the last report knows that the runtime has forgotten: an end whose container was removed.
fn inherit(status: &mut ContainerStatus, found: &Container, before: &ContainerStatus) {
    status.restart_count = status.restart_count.max(before.restart_count);
    let ended_before = terminated(before.state.as_ref());
    if before.container_id != status.container_id && ended_before.is_some() {
        status.last_state.clone_from(&before.state);
    } else if terminated(before.last_state.as_ref()).is_some() {
        status.last_state.clone_from(&before.last_state);
    }
    if found.state == State::Running && ended_before.is_some() && before.restart_count >= found.restart_count {
        status.restart_count = before.restart_count + 1;
    }
}

fn exited(found: &Container, id: &str) -> ContainerState {
    let how = ContainerStateTerminated {
        exit_code: found.exit_code,
        reason: text(&found.reason),
        message: text(&found.message),
        started_at: time(found.started_at),
        finished_at: time(found.finished_at),
        container_id: Some(id.to_owned()),
        signal: None,
    };
    ContainerState { terminated: Some(how), ..ContainerState::default() }
}

/// Requests and limits in force: the spec's, with what the runtime reports of a running container in their place.
fn resources(spec: &v1::Container, found: &Container) -> ResourceRequirements {
    const CPU_LIMIT_MIN_MILLI: i64 = 10;
    const CPU_REQUEST_MIN_MILLI: i64 = 2;
    let mut all = spec.resources.clone().unwrap_or_default();
    let Some(actual) = found.resources.as_ref().filter(|_| found.state == State::Running) else { return all };
    if let Some(limits) = all.limits.as_mut() {
        if let (Some(own), Some(now)) = (limits.get("cpu").map(milli), actual.cpu_limit_milli)
            && own != now
            && (now > CPU_LIMIT_MIN_MILLI || own > CPU_LIMIT_MIN_MILLI)
        {
            limits.insert("cpu".into(), from_milli(now));
        }
        if let (Some(own), Some(now)) = (limits.get("memory").map(value), actual.memory_limit_bytes)
            && own != now
        {
            limits.insert("memory".into(), from_bytes(now));
        }
    }
    if let Some(requests) = all.requests.as_mut()
        && let (Some(own), Some(now)) = (requests.get("cpu").map(milli), actual.cpu_request_milli)
        && (own * 1024 / 1000) != (now * 1024 / 1000)
        && (now > CPU_REQUEST_MIN_MILLI || own > CPU_REQUEST_MIN_MILLI)
    {
        requests.insert("cpu".into(), from_milli(now));
    }
    all
}

/// A plain init container that is through keeps its result, also when its container is gone.
fn keeps_init_result(input: &Input<'_>, role: Role, spec: &v1::Container, status: &mut ContainerStatus) -> bool {
    if role != Role::Init {
        return false;
    }
    let found = input.observed.container(&spec.name);
    if found.is_some_and(|it| it.state == State::Exited && it.exit_code == 0) {
        return true;
    }
    let passed = containers(input.pod).iter().any(|it| input.observed.container(&it.name).is_some());
    let waits = status.state.as_ref().is_some_and(|state| state.waiting.is_some());
    if found.is_none() && passed && waits && !is_sidecar(spec) {
        status.state = Some(ended("Completed", NO_INIT_STATUS, 0));
        return true;
    }
    false
}

/// A container that is to be started but failed to is waiting, and the last try says why.
fn explain_wait(input: &Input<'_>, spec: &v1::Container, status: &mut ContainerStatus) {
    if !needs_start(input.pod, spec, input.observed.container(&spec.name)) {
        return;
    }
    let Some((reason, message)) = input.reasons.get(&spec.name) else { return };
    if terminated(status.state.as_ref()).is_some() {
        status.last_state = status.state.take();
    }
    status.state = Some(waiting(reason, message));
}

fn probes(
    input: &Input<'_>,
    role: Role,
    spec: &v1::Container,
    before: Option<&ContainerStatus>,
    status: &mut ContainerStatus,
) {
    if role == Role::Ephemeral {
        return;
    }
    let newest = input.observed.container(&spec.name);
    let running = is_running(status.state.as_ref());
    let id = newest.map(|it| it.id.as_str()).unwrap_or_default();
    let same = before.filter(|it| it.container_id == status.container_id && is_running(it.state.as_ref()));
    let started = running
        && match input.verdicts.startup.get(id) {
            Some(verdict) => *verdict,
            None => spec.startup_probe.is_none() || same.is_some_and(|it| it.started == Some(true)),
        };
    status.started = Some(started);
    if role == Role::Init && !is_sidecar(spec) {
        status.ready = terminated(status.state.as_ref()).is_some_and(|how| how.exit_code == 0);
        return;
    }
    status.ready = started
        && match input.verdicts.readiness.get(id) {
            Some(verdict) => *verdict,
            None => spec.readiness_probe.is_none() || same.is_some_and(|it| it.ready),
        };
}
