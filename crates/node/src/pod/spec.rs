//! Questions about a pod's specification that several parts ask.
use k8s_openapi::api::core::v1::{Container, EphemeralContainer, Pod, PodSpec};
use std::borrow::Cow;

static EMPTY_SPEC: std::sync::LazyLock<PodSpec> = std::sync::LazyLock::new(PodSpec::default);

pub fn spec(pod: &Pod) -> &PodSpec {
    pod.spec.as_ref().unwrap_or(&EMPTY_SPEC)
}

pub fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

pub fn namespace(pod: &Pod) -> &str {
    pod.metadata.namespace.as_deref().unwrap_or_default()
}

pub fn uid(pod: &Pod) -> &str {
    pod.metadata.uid.as_deref().unwrap_or_default()
}

pub fn generation(pod: &Pod) -> Option<i64> {
    pod.metadata.generation
}

/// `name_namespace(uid)`, as events and messages name a pod.
pub fn full_name(pod: &Pod) -> String {
    format!("{}_{}({})", name(pod), namespace(pod), uid(pod))
}

pub fn init_containers(pod: &Pod) -> &[Container] {
    spec(pod).init_containers.as_deref().unwrap_or_default()
}

pub fn containers(pod: &Pod) -> &[Container] {
    &spec(pod).containers
}

pub fn ephemeral_containers(pod: &Pod) -> &[EphemeralContainer] {
    spec(pod).ephemeral_containers.as_deref().unwrap_or_default()
}

pub fn restart_policy(pod: &Pod) -> &str {
    spec(pod).restart_policy.as_deref().unwrap_or("Always")
}

pub fn host_network(pod: &Pod) -> bool {
    spec(pod).host_network.unwrap_or(false)
}

/// Says where the kubelet has a pod from: `file`, or `api`.
pub const SOURCE_ANNOTATION: &str = "kubernetes.io/config.source";
/// On the API's picture of a static pod: the hash of what the kubelet runs.
pub const MIRROR_ANNOTATION: &str = "kubernetes.io/config.mirror";

fn annotation<'a>(pod: &'a Pod, key: &str) -> Option<&'a str> {
    pod.metadata.annotations.as_ref()?.get(key).map(String::as_str)
}

/// Whether the API's pod is only the picture of a static pod.
pub fn is_mirror(pod: &Pod) -> bool {
    annotation(pod, MIRROR_ANNOTATION).is_some()
}

/// Whether the pod comes from the node itself, or is the picture of one that does.
pub fn is_static(pod: &Pod) -> bool {
    is_mirror(pod) || annotation(pod, SOURCE_ANNOTATION).is_some_and(|it| it != "api")
}

pub fn is_deleted(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

/// A restartable init container.
pub fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// Whether the API says that the pod has ended.
pub fn is_terminal(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// An ephemeral container with the fields that it shares with all others.
pub fn as_container(it: &EphemeralContainer) -> Container {
    let it = it.clone();
    Container {
        args: it.args,
        command: it.command,
        env: it.env,
        env_from: it.env_from,
        image: it.image,
        image_pull_policy: it.image_pull_policy,
        lifecycle: it.lifecycle,
        liveness_probe: it.liveness_probe,
        name: it.name,
        ports: it.ports,
        readiness_probe: it.readiness_probe,
        resize_policy: it.resize_policy,
        resources: it.resources,
        restart_policy: it.restart_policy,
        restart_policy_rules: it.restart_policy_rules,
        security_context: it.security_context,
        startup_probe: it.startup_probe,
        stdin: it.stdin,
        stdin_once: it.stdin_once,
        termination_message_path: it.termination_message_path,
        termination_message_policy: it.termination_message_policy,
        tty: it.tty,
        volume_devices: it.volume_devices,
        volume_mounts: it.volume_mounts,
        working_dir: it.working_dir,
    }
}

/// Which of the pod's three lists a container stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Init,
    Regular,
    Ephemeral,
}

impl Role {
    /// Path of a container in its pod, as events' references write it.
    pub fn field_path(self, name: &str) -> String {
        match self {
            Self::Init => format!("spec.initContainers{{{name}}}"),
            Self::Regular => format!("spec.containers{{{name}}}"),
            Self::Ephemeral => format!("spec.ephemeralContainers{{{name}}}"),
        }
    }
}

/// Container of this name in any of the lists.
pub fn find<'a>(pod: &'a Pod, wanted: &str) -> Option<(Role, Cow<'a, Container>)> {
    let named = |container: &&Container| container.name == wanted;
    if let Some(found) = containers(pod).iter().find(named) {
        return Some((Role::Regular, Cow::Borrowed(found)));
    }
    if let Some(found) = init_containers(pod).iter().find(named) {
        return Some((Role::Init, Cow::Borrowed(found)));
    }
    let found = ephemeral_containers(pod).iter().find(|container| container.name == wanted)?;
    Some((Role::Ephemeral, Cow::Owned(as_container(found))))
}

/// What the container's own rules say about this exit code: the action of the first that matches.
pub fn matching_rule(container: &Container, exit_code: i32) -> Option<&str> {
    let rules = container.restart_policy_rules.as_deref().unwrap_or_default();
    let matching = rules.iter().find(|rule| {
        rule.exit_codes.as_ref().is_some_and(|codes| {
            let listed = codes.values.as_deref().unwrap_or_default().contains(&exit_code);
            match codes.operator.as_str() {
                "In" => listed,
                "NotIn" => !listed,
                _ => false,
            }
        })
    });
    matching.map(|rule| rule.action.as_str())
}

/// Whether a container that ended with this code is started again (KEP-5307).
pub fn should_restart(pod: &Pod, container: &Container, exit_code: i32) -> bool {
    if let Some(policy) = container.restart_policy.as_deref() {
        if matches!(matching_rule(container, exit_code), Some("Restart" | "RestartAllContainers")) {
            return true;
        }
        match policy {
            "Always" => return true,
            "OnFailure" => return exit_code != 0,
            "Never" => return false,
            _ => {}
        }
    }
    match restart_policy(pod) {
        "OnFailure" => exit_code != 0,
        "Never" => false,
        _ => true,
    }
}

/// Whether some container has the rule that starts the whole pod anew.
pub fn could_restart_all(pod: &Pod) -> bool {
    init_containers(pod).iter().chain(containers(pod)).any(|container| {
        container.restart_policy_rules.iter().flatten().any(|rule| rule.action == "RestartAllContainers")
    })
}

/// Whether a container killed by its probe comes back: only policies count, no rule, since there is no exit code yet.
pub fn restarts_after_probe(pod: &Pod, container: &Container) -> bool {
    match container.restart_policy.as_deref() {
        Some(policy) => policy != "Never",
        None => restart_policy(pod) != "Never",
    }
}
