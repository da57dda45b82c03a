//! Reads from the runtime what it has of one pod.
use super::make::{
    container::{HASH, MESSAGE_PATH, MESSAGE_POLICY, RESTART_COUNT},
    sandbox::{CONTAINER_NAME, POD_UID},
};
use crate::{
    cri::{ContainerRuntime, Result, api},
    pod::{Container, Observed, Sandbox, State, observed::ActualResources, resources::CPU_PERIOD_US},
};
use k8s_openapi::api::core::v1::{ContainerUser, LinuxContainerUser};
use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// Longest termination message of one container, in bytes.
const MESSAGE_BYTES_MAX: u64 = 4096;
/// Longest message taken from a log, in lines and bytes.
const LOG_LINES_MAX: usize = 80;
const LOG_BYTES_MAX: usize = 2048;

fn selector(uid: &str) -> HashMap<String, String> {
    HashMap::from([(POD_UID.to_owned(), uid.to_owned())])
}

/// `known` keeps ended containers, which do not change any more, by id.
pub async fn observe(
    runtime: &dyn ContainerRuntime,
    runtime_name: &str,
    uid: &str,
    known: &mut HashMap<String, Container>,
) -> Result<Observed> {
    let filter = api::PodSandboxFilter { label_selector: selector(uid), ..Default::default() };
    let sandboxes = runtime.list_sandboxes(Some(filter)).await?;
    let filter = api::ContainerFilter { label_selector: selector(uid), ..Default::default() };
    let containers = runtime.list_containers(Some(filter)).await?;
    known.retain(|id, _| containers.iter().any(|container| container.id == *id));
    let mut observed = Observed { runtime: runtime_name.to_owned(), ..Observed::default() };
    for listed in sandboxes {
        match runtime.sandbox_status(&listed.id).await {
            Ok(status) => observed.sandboxes.push(sandbox(status)),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    for listed in containers {
        if let Some(ended) = known.get(&listed.id) {
            observed.containers.push(ended.clone());
            continue;
        }
        let status = match runtime.container_status(&listed.id).await {
            Ok(status) => status,
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error),
        };
        let made = one(status, &listed.pod_sandbox_id);
        if made.state == State::Exited {
            known.insert(made.id.clone(), made.clone());
        }
        observed.containers.push(made);
    }
    observed.sort();
    Ok(observed)
}

/// One sandbox as the runtime reports it.
pub fn sandbox(status: api::PodSandboxStatus) -> Sandbox {
    let options = status.linux.and_then(|it| it.namespaces).and_then(|it| it.options);
    let ready = status.state == api::PodSandboxState::SandboxReady as i32;
    let host_network = options.is_some_and(|it| it.network() == api::NamespaceMode::Node);
    let mut ips = Vec::new();
    if let Some(network) = status.network.filter(|_| !host_network) {
        let all = std::iter::once(network.ip).chain(network.additional_ips.into_iter().map(|it| it.ip));
        ips.extend(all.filter(|ip| !ip.is_empty()));
    }
    Sandbox {
        id: status.id,
        attempt: status.metadata.map_or(0, |metadata| metadata.attempt),
        ready,
        host_network,
        ips,
        created_at: status.created_at,
    }
}

fn state(status: &api::ContainerStatus) -> State {
    match status.state() {
        api::ContainerState::ContainerCreated => State::Created,
        api::ContainerState::ContainerRunning => State::Running,
        api::ContainerState::ContainerExited => State::Exited,
        api::ContainerState::ContainerUnknown => State::Unknown,
    }
}

fn user(user: Option<api::ContainerUser>) -> Option<ContainerUser> {
    let linux = user?.linux?;
    let groups = linux.supplemental_groups;
    Some(ContainerUser {
        linux: Some(LinuxContainerUser {
            uid: linux.uid,
            gid: linux.gid,
            supplemental_groups: (!groups.is_empty()).then_some(groups),
        }),
    })
}

fn resources(resources: Option<api::ContainerResources>) -> Option<ActualResources> {
    let linux = resources?.linux?;
    let period = if linux.cpu_period > 0 { linux.cpu_period } else { CPU_PERIOD_US };
    Some(ActualResources {
        cpu_request_milli: (linux.cpu_shares > 0)
            .then(|| linux.cpu_shares.saturating_mul(1000).saturating_add(1023) / 1024),
        cpu_limit_milli: (linux.cpu_quota > 0).then(|| linux.cpu_quota.saturating_mul(1000) / period),
        memory_limit_bytes: (linux.memory_limit_in_bytes > 0).then_some(linux.memory_limit_in_bytes),
    })
}

/// One container as the runtime reports it.
pub fn one(status: api::ContainerStatus, sandbox_id: &str) -> Container {
    let log = PathBuf::from(&status.log_path);
    let state = state(&status);
    let annotation = |name: &str| status.annotations.get(name).cloned().unwrap_or_default();
    let mut message = status.message.clone();
    if state == State::Exited {
        let written = termination_message(&status, &annotation(MESSAGE_PATH), &annotation(MESSAGE_POLICY), &log);
        if !written.is_empty() {
            if !message.is_empty() {
                message.push_str(": ");
            }
            message.push_str(&written);
        }
    }
    let named = status.metadata.as_ref().map(|metadata| metadata.name.clone()).unwrap_or_default();
    let image = status.image.clone().unwrap_or_default();
    let specified = if image.user_specified_image.is_empty() { image.image } else { image.user_specified_image };
    Container {
        state,
        sandbox_id: sandbox_id.to_owned(),
        name: status.labels.get(CONTAINER_NAME).cloned().unwrap_or(named),
        created_at: status.created_at,
        started_at: status.started_at,
        finished_at: status.finished_at,
        exit_code: status.exit_code,
        reason: status.reason.clone(),
        message,
        image: specified,
        image_id: status.image_ref.clone(),
        restart_count: annotation(RESTART_COUNT).parse().unwrap_or(0),
        hash: annotation(HASH),
        user: user(status.user.clone()),
        resources: resources(status.resources.clone()),
        stop_signal: signal(&status),
        log_path: status.log_path.clone(),
        labels: status.labels.clone().into_iter().collect::<BTreeMap<_, _>>(),
        annotations: status.annotations.clone().into_iter().collect::<BTreeMap<_, _>>(),
        id: status.id,
    }
}

fn signal(status: &api::ContainerStatus) -> Option<String> {
    match status.stop_signal() {
        api::Signal::RuntimeDefault => None,
        other => Some(other.as_str_name().to_owned()),
    }
}

/// Last bytes of a file; "" where it cannot be read.
fn tail(path: &Path, bytes: u64) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
        let mut out = Vec::new();
        file.take(bytes).read_to_end(&mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    };
    read().unwrap_or_default()
}

/// What the container left in its message file, or at the end of its log if it failed and its policy says so.
fn termination_message(status: &api::ContainerStatus, path: &str, policy: &str, log: &Path) -> String {
    let from_log = policy == "FallbackToLogsOnError" && status.exit_code != 0;
    let mount = status.mounts.iter().find(|mount| !path.is_empty() && mount.container_path == path);
    let written = mount.map(|mount| tail(Path::new(&mount.host_path), MESSAGE_BYTES_MAX)).unwrap_or_default();
    if !written.is_empty() || !from_log {
        return written;
    }
    last_lines(&tail(log, 64 << 10))
}

fn last_lines(log: &str) -> String {
    let content = |line: &str| -> Option<String> {
        let mut parts = line.splitn(4, ' ');
        let (_, _, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let text = parts.next().unwrap_or_default();
        Some(if tag.starts_with('F') { format!("{text}\n") } else { text.to_owned() })
    };
    let lines: Vec<&str> = log.lines().collect();
    let from = lines.len().saturating_sub(LOG_LINES_MAX);
    let text: String = lines[from..].iter().filter_map(|line| content(line)).collect();
    let cut = text.len().saturating_sub(LOG_BYTES_MAX);
    let start = (cut..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text[start..].to_owned()
}
