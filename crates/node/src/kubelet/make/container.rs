//! A container as CRI takes it.
use super::{expand::expand, sandbox, security::container_context};
use crate::{
    cri::api::{
        ContainerConfig, ContainerMetadata, HugepageLimit, ImageSpec, KeyValue, LinuxContainerConfig,
        LinuxContainerResources, Mount, NamespaceMode, UserNamespace,
    },
    pod::{
        hash::container_hash,
        qos::oom_score_adj,
        quantity::{milli, value},
        resources::{CPU_PERIOD_US, ResourceList, cpu_quota, cpu_shares, limits},
        spec::spec,
    },
};
use k8s_openapi::api::core::v1::{Container, Pod};
use std::{collections::HashMap, path::Path};

pub const HASH: &str = "io.kubernetes.container.hash";
pub const RESTART_COUNT: &str = "io.kubernetes.container.restartCount";
pub const MESSAGE_PATH: &str = "io.kubernetes.container.terminationMessagePath";
pub const MESSAGE_POLICY: &str = "io.kubernetes.container.terminationMessagePolicy";
const PRE_STOP: &str = "io.kubernetes.container.preStopHandler";
const PORTS: &str = "io.kubernetes.container.ports";
const POD_DELETION_GRACE: &str = "io.kubernetes.pod.deletionGracePeriod";
const POD_GRACE: &str = "io.kubernetes.pod.terminationGracePeriod";

/// What the container's own specification does not say.
#[derive(Debug, Clone)]
pub struct Surroundings<'a> {
    /// Restarts before this one.
    pub restart_count: i32,
    /// As the runtime names the image that is to be used.
    pub image_ref: &'a str,
    pub image_user: (Option<i64>, &'a str),
    pub environment: Vec<(String, String)>,
    pub mounts: Vec<Mount>,
    /// Container whose processes an ephemeral container sees.
    pub target: Option<String>,
    pub node_memory_bytes: i64,
    pub root: &'a Path,
    /// Whether CPU limits are enforced.
    pub cpu_quota: bool,
    /// Whether a container without a seccomp profile gets the runtime's.
    pub seccomp_default: bool,
    pub users: UserNamespace,
}

fn annotations(pod: &Pod, container: &Container, restart_count: i32) -> HashMap<String, String> {
    let mut out = HashMap::from([
        (HASH.to_owned(), container_hash(container)),
        (RESTART_COUNT.to_owned(), restart_count.to_string()),
        (MESSAGE_PATH.to_owned(), container.termination_message_path.clone().unwrap_or_default()),
        (MESSAGE_POLICY.to_owned(), container.termination_message_policy.clone().unwrap_or_default()),
    ]);
    if let Some(seconds) = pod.metadata.deletion_grace_period_seconds {
        out.insert(POD_DELETION_GRACE.into(), seconds.to_string());
    }
    if let Some(seconds) = spec(pod).termination_grace_period_seconds {
        out.insert(POD_GRACE.into(), seconds.to_string());
    }
    let pre_stop = container.lifecycle.as_ref().and_then(|it| it.pre_stop.as_ref());
    if let Some(Ok(text)) = pre_stop.map(serde_json::to_string) {
        out.insert(PRE_STOP.into(), text);
    }
    if let Some(Ok(text)) = container.ports.as_ref().filter(|it| !it.is_empty()).map(serde_json::to_string) {
        out.insert(PORTS.into(), text);
    }
    out
}

fn hugepages(container: &Container) -> Vec<HugepageLimit> {
    let limits = container.resources.as_ref().and_then(|it| it.limits.as_ref());
    let sizes = limits.into_iter().flatten().filter_map(|(name, amount)| {
        let size = name.strip_prefix("hugepages-")?;
        let page_size = match size {
            "2Mi" => "2MB".to_owned(),
            "1Gi" => "1GB".to_owned(),
            other => other.replace('i', "B"),
        };
        Some(HugepageLimit { page_size, limit: u64::try_from(value(amount)).unwrap_or(0) })
    });
    sizes.collect()
}

/// The cgroup values of a container. A limit that only the pod has bounds every container of it.
pub fn linux_resources(
    pod: &Pod,
    container: &Container,
    node_memory_bytes: i64,
    quota: bool,
) -> LinuxContainerResources {
    let list = |of: fn(&k8s_openapi::api::core::v1::ResourceRequirements) -> &Option<ResourceList>| {
        container.resources.as_ref().and_then(|it| of(it).clone()).unwrap_or_default()
    };
    let (own_limits, own_requests) = (list(|it| &it.limits), list(|it| &it.requests));
    let pod_limits = spec(pod).resources.as_ref().and_then(|it| it.limits.as_ref());
    let (pod_cpu, pod_memory) = match pod_limits {
        Some(_) => limits(pod),
        None => (None, None),
    };
    let cpu_limit = own_limits.get("cpu").map(milli).or(pod_cpu);
    let memory_limit = own_limits.get("memory").map(value).or(pod_memory);
    let cpu_request = own_requests.get("cpu").map(milli).or(cpu_limit).unwrap_or(0);
    LinuxContainerResources {
        cpu_period: CPU_PERIOD_US,
        cpu_quota: cpu_quota(cpu_limit.filter(|_| quota).unwrap_or(0)),
        cpu_shares: cpu_shares(cpu_request),
        memory_limit_in_bytes: memory_limit.unwrap_or(0),
        oom_score_adj: oom_score_adj(pod, container, node_memory_bytes),
        hugepage_limits: hugepages(container),
        ..LinuxContainerResources::default()
    }
}

/// Files keep the owners that they have on the node, as the container's ids.
fn mapped(mut mounts: Vec<Mount>, users: &UserNamespace) -> Vec<Mount> {
    for mount in &mut mounts {
        mount.uid_mappings.clone_from(&users.uids);
        mount.gid_mappings.clone_from(&users.gids);
    }
    mounts
}

/// # Errors
/// The security context names a profile that cannot be used.
pub fn container_config(pod: &Pod, container: &Container, around: Surroundings<'_>) -> Result<ContainerConfig, String> {
    let mut labels = sandbox::identity(pod);
    labels.insert(sandbox::CONTAINER_NAME.into(), container.name.clone());
    let variables: HashMap<&str, &str> =
        around.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expanded = |list: &Option<Vec<String>>| -> Vec<String> {
        let lookup = |name: &str| variables.get(name).map(|value| (*value).to_owned());
        list.iter().flatten().map(|text| expand(text, lookup)).collect()
    };
    let mut security = container_context(
        pod,
        container,
        around.image_user,
        around.root,
        around.seccomp_default,
        around.users.clone(),
    )?;
    if let (Some(target), Some(options)) = (around.target, security.namespace_options.as_mut())
        && options.pid() == NamespaceMode::Container
    {
        options.pid = NamespaceMode::Target as i32;
        options.target_id = target;
    }
    let (command, args) = (expanded(&container.command), expanded(&container.args));
    let attempt = u32::try_from(around.restart_count).unwrap_or(0);
    let envs = around.environment.iter();
    Ok(ContainerConfig {
        metadata: Some(ContainerMetadata { name: container.name.clone(), attempt }),
        image: Some(ImageSpec {
            image: around.image_ref.to_owned(),
            user_specified_image: container.image.clone().unwrap_or_default(),
            ..ImageSpec::default()
        }),
        command,
        args,
        working_dir: container.working_dir.clone().unwrap_or_default(),
        envs: envs.map(|(key, value)| KeyValue { key: key.clone(), value: value.clone().into_bytes() }).collect(),
        mounts: mapped(around.mounts, &around.users),
        labels,
        annotations: annotations(pod, container, around.restart_count),
        log_path: format!("{}/{}.log", container.name, around.restart_count),
        stdin: container.stdin.unwrap_or(false),
        stdin_once: container.stdin_once.unwrap_or(false),
        tty: container.tty.unwrap_or(false),
        linux: Some(LinuxContainerConfig {
            resources: Some(linux_resources(pod, container, around.node_memory_bytes, around.cpu_quota)),
            security_context: Some(security),
        }),
        ..ContainerConfig::default()
    })
}
