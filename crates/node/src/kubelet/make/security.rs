//! Security context of containers: the pod's and the container's own, merged, as CRI takes it.
use crate::{
    cri::api::{
        Capability, Int64Value, LinuxContainerSecurityContext, NamespaceMode, NamespaceOption, SeLinuxOption,
        SecurityProfile, SupplementalGroupsPolicy, UserNamespace, security_profile::ProfileType,
    },
    pod::spec::{containers, full_name, init_containers, spec},
};
use k8s_openapi::api::core::v1::{self, Container, Pod, PodSecurityContext, SecurityContext};

const MASKED: &[&str] = &[
    "/proc/asound",
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];
const READ_ONLY: &[&str] = &["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

fn pod_context(pod: &Pod) -> PodSecurityContext {
    spec(pod).security_context.clone().unwrap_or_default()
}

/// The container's context with the pod's where it says nothing.
pub fn effective(pod: &Pod, container: &Container) -> SecurityContext {
    let of_pod = pod_context(pod);
    let mut own = container.security_context.clone().unwrap_or_default();
    own.run_as_user = own.run_as_user.or(of_pod.run_as_user);
    own.run_as_group = own.run_as_group.or(of_pod.run_as_group);
    own.run_as_non_root = own.run_as_non_root.or(of_pod.run_as_non_root);
    own.se_linux_options = own.se_linux_options.or(of_pod.se_linux_options);
    own.seccomp_profile = own.seccomp_profile.or(of_pod.seccomp_profile);
    own
}

pub fn is_privileged(container: &Container) -> bool {
    container.security_context.as_ref().is_some_and(|it| it.privileged == Some(true))
}

pub fn any_privileged(pod: &Pod) -> bool {
    init_containers(pod).iter().chain(containers(pod)).any(is_privileged)
}

/// Namespaces that the pod's sandbox and containers share. `users`: its range of ids.
pub fn namespaces(pod: &Pod, users: UserNamespace) -> NamespaceOption {
    let spec = spec(pod);
    let mode = |host: Option<bool>| if host == Some(true) { NamespaceMode::Node } else { NamespaceMode::Pod };
    let pid = match (spec.host_pid, spec.share_process_namespace) {
        (Some(true), _) => NamespaceMode::Node,
        (_, Some(true)) => NamespaceMode::Pod,
        _ => NamespaceMode::Container,
    };
    NamespaceOption {
        network: mode(spec.host_network) as i32,
        ipc: mode(spec.host_ipc) as i32,
        pid: pid as i32,
        target_id: String::new(),
        userns_options: Some(users),
    }
}

fn seccomp(
    profile: Option<&v1::SeccompProfile>,
    root: &std::path::Path,
    default: bool,
) -> Result<SecurityProfile, String> {
    let make = |kind: ProfileType, localhost_ref: String| SecurityProfile { profile_type: kind as i32, localhost_ref };
    let Some(profile) = profile else {
        let kind = if default { ProfileType::RuntimeDefault } else { ProfileType::Unconfined };
        return Ok(make(kind, String::new()));
    };
    match profile.type_.as_str() {
        "RuntimeDefault" => Ok(make(ProfileType::RuntimeDefault, String::new())),
        "Localhost" => match profile.localhost_profile.as_deref() {
            Some(name) if !name.is_empty() => {
                Ok(make(ProfileType::Localhost, root.join("seccomp").join(name).display().to_string()))
            }
            _ => Err("localhostProfile must be set if seccompProfile type is Localhost.".to_owned()),
        },
        _ => Ok(make(ProfileType::Unconfined, String::new())),
    }
}

fn apparmor(profile: Option<&v1::AppArmorProfile>) -> Option<SecurityProfile> {
    let profile = profile?;
    let (kind, name) = match profile.type_.as_str() {
        "Unconfined" => (ProfileType::Unconfined, String::new()),
        "Localhost" => (ProfileType::Localhost, profile.localhost_profile.clone().unwrap_or_default()),
        _ => (ProfileType::RuntimeDefault, String::new()),
    };
    Some(SecurityProfile { profile_type: kind as i32, localhost_ref: name })
}

pub(super) fn selinux(options: Option<&v1::SELinuxOptions>) -> Option<SeLinuxOption> {
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    options.map(|it| SeLinuxOption {
        user: text(&it.user),
        role: text(&it.role),
        r#type: text(&it.type_),
        level: text(&it.level),
    })
}

/// Groups beside the primary one: fsGroup first, then those listed.
pub fn supplemental_groups(pod: &Pod) -> Vec<i64> {
    let context = pod_context(pod);
    context.fs_group.into_iter().chain(context.supplemental_groups.into_iter().flatten()).collect()
}

pub fn groups_policy(pod: &Pod) -> SupplementalGroupsPolicy {
    match pod_context(pod).supplemental_groups_policy.as_deref() {
        Some("Strict") => SupplementalGroupsPolicy::Strict,
        _ => SupplementalGroupsPolicy::Merge,
    }
}

fn no_new_privileges(context: &SecurityContext) -> bool {
    context.allow_privilege_escalation == Some(false)
}

/// `image_user` is what the image says its process runs as: a number, or a name.
///
/// # Errors
/// A profile that cannot be found.
pub fn container_context(
    pod: &Pod,
    container: &Container,
    image_user: (Option<i64>, &str),
    root: &std::path::Path,
    seccomp_default: bool,
    users: UserNamespace,
) -> Result<LinuxContainerSecurityContext, String> {
    let context = effective(pod, container);
    let number = |it: Option<i64>| it.map(|value| Int64Value { value });
    let list = |it: &Option<Vec<String>>| it.clone().unwrap_or_default();
    let unmasked = context.proc_mount.as_deref() == Some("Unmasked");
    let paths = |list: &[&str]| {
        if unmasked { Vec::new() } else { list.iter().map(|it| (*it).to_owned()).collect() }
    };
    let own_user = context.run_as_user;
    Ok(LinuxContainerSecurityContext {
        capabilities: context.capabilities.as_ref().map(|it| Capability {
            add_capabilities: list(&it.add),
            drop_capabilities: list(&it.drop),
            add_ambient_capabilities: Vec::new(),
        }),
        privileged: context.privileged.unwrap_or(false),
        namespace_options: Some(namespaces(pod, users)),
        selinux_options: selinux(context.se_linux_options.as_ref()),
        run_as_user: number(own_user.or(image_user.0)),
        run_as_username: if own_user.is_none() { image_user.1.to_owned() } else { String::new() },
        run_as_group: number(context.run_as_group),
        readonly_rootfs: context.read_only_root_filesystem.unwrap_or(false),
        supplemental_groups: supplemental_groups(pod),
        supplemental_groups_policy: groups_policy(pod) as i32,
        no_new_privs: no_new_privileges(&context),
        masked_paths: paths(MASKED),
        readonly_paths: paths(READ_ONLY),
        seccomp: Some(seccomp(context.seccomp_profile.as_ref(), root, seccomp_default)?),
        apparmor: apparmor(context.app_armor_profile.as_ref().or(pod_context(pod).app_armor_profile.as_ref())),
        ..LinuxContainerSecurityContext::default()
    })
}

/// Holds `runAsNonRoot` against what the process would run as.
///
/// # Errors
/// It would be root, or that cannot be told.
pub fn verify_non_root(pod: &Pod, container: &Container, image_user: (Option<i64>, &str)) -> Result<(), String> {
    let context = effective(pod, container);
    if context.run_as_non_root != Some(true) {
        return Ok(());
    }
    let place = format!("(pod: \"{}\", container: {})", full_name(pod), container.name);
    match (context.run_as_user, image_user) {
        (Some(0), _) => Err(format!("container's runAsUser breaks non-root policy {place}")),
        (Some(_), _) => Ok(()),
        (None, (None, name)) if !name.is_empty() => Err(format!(
            "container has runAsNonRoot and image has non-numeric user ({name}), cannot verify user is non-root {place}"
        )),
        (None, (Some(0), _)) => Err(format!("container has runAsNonRoot and image will run as root {place}")),
        (None, _) => Ok(()),
    }
}
