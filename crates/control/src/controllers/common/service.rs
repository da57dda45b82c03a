//! Which pods a Service selects, and at which ports it reaches them.
use super::{
    pod,
    selector::{self, Selecting},
};
use crate::runner::Queue;
use k8s_openapi::{
    api::core::v1::{Pod, Service, ServicePort},
    apimachinery::pkg::util::intstr::IntOrString,
};
use skeg_client::{Change, Informer, Object};
use skeg_model::meta::selector::LabelSelector;
use std::{collections::BTreeMap, net::IpAddr};

/// The Service's selector; None when its endpoints are somebody else's business.
pub fn selector_of(service: &Service) -> Option<&BTreeMap<String, String>> {
    let spec = service.spec.as_ref()?;
    let map = spec.selector.as_ref().filter(|map| !map.is_empty())?;
    (spec.type_.as_deref() != Some("ExternalName")).then_some(map)
}

impl Selecting for Service {
    fn selector(&self) -> Option<LabelSelector> {
        selector_of(self).map(selector::of_map)
    }
}

/// Marks the Services that a pod's change concerns: those that select it, or did.
pub fn enqueue_for_pod(queue: &Queue, services: &Informer<Service>, change: &Change<'_, Pod>) {
    if let (Some(old), Some(new)) = (change.old, change.new)
        && !endpoint_changed(old, new)
    {
        return;
    }
    for pod in [change.old, change.new].into_iter().flatten() {
        selector::selecting(services, &**pod).iter().for_each(|service| queue.add(&service.key()));
    }
}

/// Whether what endpoints show of a pod differs.
fn endpoint_changed(old: &Pod, new: &Pod) -> bool {
    let ips = |pod: &Pod| pod_ips(pod);
    let name = |pod: &Pod| pod.spec.as_ref().map(|spec| (spec.hostname.clone(), spec.subdomain.clone()));
    old.metadata.labels != new.metadata.labels
        || old.is_deleting() != new.is_deleting()
        || pod::is_ready(old) != pod::is_ready(new)
        || pod::is_terminal(old) != pod::is_terminal(new)
        || pod::node_name(old) != pod::node_name(new)
        || ips(old) != ips(new)
        || name(old) != name(new)
}

/// The pod's addresses that can be parsed.
pub fn pod_ips(pod: &Pod) -> Vec<IpAddr> {
    let ips = pod.status.iter().filter_map(|status| status.pod_ips.as_ref()).flatten();
    ips.filter_map(|ip| ip.ip.parse().ok()).collect()
}

/// Not ended and with an address; pods on their way out only if asked for.
pub fn belongs(pod: &Pod, include_terminating: bool) -> bool {
    let status = pod.status.as_ref();
    let has_ip = status.and_then(|status| status.pod_ip.as_deref()).is_some_and(|ip| !ip.is_empty());
    !pod::is_terminal(pod) && (has_ip || !pod_ips(pod).is_empty()) && (include_terminating || !pod.is_deleting())
}

/// The port of the pod that a Service port leads to.
pub fn target_port(pod: &Pod, port: &ServicePort) -> Option<i32> {
    let name = match &port.target_port {
        Some(IntOrString::Int(number)) if *number != 0 => return Some(*number),
        Some(IntOrString::Int(_)) | None => return Some(port.port),
        Some(IntOrString::String(name)) => name,
    };
    let spec = pod.spec.as_ref()?;
    let init = spec.init_containers.iter().flatten();
    let sidecars = init.filter(|container| container.restart_policy.as_deref() == Some("Always"));
    let ports = spec.containers.iter().chain(sidecars).flat_map(|container| container.ports.iter().flatten());
    let protocol = |text: &Option<String>| text.clone().unwrap_or_else(|| "TCP".into());
    let mut found = ports.filter(|candidate| candidate.name.as_ref() == Some(name));
    found.find(|candidate| protocol(&candidate.protocol) == protocol(&port.protocol)).map(|port| port.container_port)
}

/// Whether the Service has an address of its own.
pub fn has_cluster_ip(service: &Service) -> bool {
    let ip = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref());
    !matches!(ip, None | Some("" | "None"))
}

pub fn is_headless(service: &Service) -> bool {
    service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()) == Some("None")
}

pub fn publishes_not_ready(service: &Service) -> bool {
    service.spec.as_ref().and_then(|spec| spec.publish_not_ready_addresses) == Some(true)
}

/// The pod's host name where the Service is its domain.
pub fn hostname(pod: &Pod, service: &Service) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let ours = spec.subdomain.as_deref() == Some(service.name());
    spec.hostname.clone().filter(|hostname| ours && !hostname.is_empty())
}
