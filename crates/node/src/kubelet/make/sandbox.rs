//! The sandbox of a pod as CRI takes it.
use super::security::{any_privileged, groups_policy, namespaces, selinux, supplemental_groups};
use crate::{
    cri::api::{
        DnsConfig, Int64Value, LinuxContainerResources, LinuxPodSandboxConfig, LinuxSandboxSecurityContext,
        PodSandboxConfig, PodSandboxMetadata, PortMapping, Protocol, SecurityProfile, UserNamespace,
        security_profile::ProfileType,
    },
    pod::{
        resources::{CPU_PERIOD_US, cpu_quota, cpu_shares, limits, requests},
        spec::{containers, host_network, init_containers, is_sidecar, name, namespace, spec, uid},
    },
};
use k8s_openapi::api::core::v1::{ContainerPort, Pod};
use std::collections::HashMap;

pub const POD_NAME: &str = "io.kubernetes.pod.name";
pub const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";
pub const POD_UID: &str = "io.kubernetes.pod.uid";
pub const CONTAINER_NAME: &str = "io.kubernetes.container.name";

/// Labels by which a sandbox or container is found again.
pub fn identity(pod: &Pod) -> HashMap<String, String> {
    HashMap::from([
        (POD_NAME.to_owned(), name(pod).to_owned()),
        (POD_NAMESPACE.to_owned(), namespace(pod).to_owned()),
        (POD_UID.to_owned(), uid(pod).to_owned()),
    ])
}

fn protocol(port: &ContainerPort) -> Protocol {
    match port.protocol.as_deref() {
        Some("UDP") => Protocol::Udp,
        Some("SCTP") => Protocol::Sctp,
        _ => Protocol::Tcp,
    }
}

fn port_mappings(pod: &Pod) -> Vec<PortMapping> {
    let sidecars = init_containers(pod).iter().filter(|it| is_sidecar(it));
    let ports = containers(pod).iter().chain(sidecars).flat_map(|it| it.ports.iter().flatten());
    ports
        .map(|port| PortMapping {
            protocol: protocol(port) as i32,
            container_port: port.container_port,
            host_port: port.host_port.unwrap_or(0),
            host_ip: port.host_ip.clone().unwrap_or_default(),
        })
        .collect()
}

/// What the pod's own choices do not say.
#[derive(Debug, Clone)]
pub struct Surroundings<'a> {
    pub dns: DnsConfig,
    /// Name that the sandbox's kernel is given.
    pub hostname: &'a str,
    pub cgroup_parent: &'a str,
    pub log_directory: String,
    pub users: UserNamespace,
}

fn security(pod: &Pod, users: UserNamespace) -> LinuxSandboxSecurityContext {
    let mut made = LinuxSandboxSecurityContext {
        privileged: any_privileged(pod),
        seccomp: Some(SecurityProfile {
            profile_type: ProfileType::RuntimeDefault as i32,
            localhost_ref: String::new(),
        }),
        namespace_options: Some(namespaces(pod, users)),
        ..LinuxSandboxSecurityContext::default()
    };
    if let Some(context) = spec(pod).security_context.as_ref() {
        let number = |it: Option<i64>| it.map(|value| Int64Value { value });
        made.run_as_user = number(context.run_as_user);
        made.run_as_group = number(context.run_as_group);
        made.supplemental_groups = supplemental_groups(pod);
        made.supplemental_groups_policy = groups_policy(pod) as i32;
        made.selinux_options = selinux(context.se_linux_options.as_ref());
    }
    made
}

pub fn pod_resources(pod: &Pod) -> LinuxContainerResources {
    let (cpu, memory) = limits(pod);
    LinuxContainerResources {
        cpu_period: CPU_PERIOD_US,
        cpu_quota: cpu.map_or(0, cpu_quota),
        cpu_shares: cpu_shares(requests(pod).cpu_milli),
        memory_limit_in_bytes: memory.unwrap_or(0),
        ..LinuxContainerResources::default()
    }
}

pub fn sandbox_config(pod: &Pod, attempt: u32, around: Surroundings<'_>) -> PodSandboxConfig {
    let mut labels: HashMap<String, String> = pod.metadata.labels.clone().unwrap_or_default().into_iter().collect();
    labels.extend(identity(pod));
    let sysctls = spec(pod).security_context.as_ref().and_then(|it| it.sysctls.as_ref());
    PodSandboxConfig {
        metadata: Some(PodSandboxMetadata {
            name: name(pod).into(),
            uid: uid(pod).into(),
            namespace: namespace(pod).into(),
            attempt,
        }),
        hostname: if host_network(pod) { String::new() } else { around.hostname.to_owned() },
        log_directory: around.log_directory,
        dns_config: Some(around.dns),
        port_mappings: port_mappings(pod),
        labels,
        annotations: pod.metadata.annotations.clone().unwrap_or_default().into_iter().collect(),
        linux: Some(LinuxPodSandboxConfig {
            cgroup_parent: around.cgroup_parent.to_owned(),
            security_context: Some(security(pod, around.users)),
            sysctls: sysctls.into_iter().flatten().map(|it| (it.name.clone(), it.value.clone())).collect(),
            overhead: Some(LinuxContainerResources::default()),
            resources: Some(pod_resources(pod)),
        }),
        windows: None,
    }
}
