//! One pod as an endpoint, and the ports under which it is one.
use crate::controllers::common::{pod, service};
use k8s_openapi::api::{
    core::v1::{Node, ObjectReference, Pod, Service},
    discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice},
};
use skeg_client::Object;
use std::net::IpAddr;

const ZONE: &str = "topology.kubernetes.io/zone";

/// Name, protocol, number, application protocol.
type Port = (Option<String>, Option<String>, Option<i32>, Option<String>);

/// A set of ports in a fixed order: slices hold endpoints of one such set.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ports(Vec<Port>);

impl Ports {
    pub(super) fn new(ports: impl Iterator<Item = EndpointPort>) -> Self {
        let mut ports: Vec<_> = ports.map(|port| (port.name, port.protocol, port.port, port.app_protocol)).collect();
        ports.sort();
        Self(ports)
    }

    pub(super) fn of_slice(slice: &EndpointSlice) -> Self {
        Self::new(slice.ports.iter().flatten().cloned())
    }

    pub(super) fn to_typed(&self) -> Option<Vec<EndpointPort>> {
        let ports = self.0.iter().cloned().map(|(name, protocol, port, app_protocol)| EndpointPort {
            name,
            protocol,
            port,
            app_protocol,
        });
        (!self.0.is_empty()).then(|| ports.collect())
    }
}

/// The ports of a Service at one pod; names that the pod does not have are left out.
pub(super) fn ports(service: &Service, pod: &Pod) -> Ports {
    let ports = service.spec.iter().filter_map(|spec| spec.ports.as_ref()).flatten();
    Ports::new(ports.filter_map(|port| {
        Some(EndpointPort {
            name: Some(port.name.clone().unwrap_or_default()),
            port: Some(service::target_port(pod, port)?),
            protocol: Some(port.protocol.clone().unwrap_or_else(|| "TCP".into())),
            app_protocol: port.app_protocol.clone(),
        })
    }))
}

/// The address families for which a Service has slices.
pub(super) fn address_types(service: &Service) -> Vec<&'static str> {
    let Some(spec) = &service.spec else { return Vec::new() };
    let families = spec.ip_families.iter().flatten();
    let mut types: Vec<_> = families.map(|family| if family == "IPv6" { "IPv6" } else { "IPv4" }).collect();
    if types.is_empty() {
        types = match spec.cluster_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok()) {
            Some(ip) => vec![if ip.is_ipv6() { "IPv6" } else { "IPv4" }],
            None => vec!["IPv4", "IPv6"],
        };
    }
    types
}

/// A pod as endpoint of one family; None when it has no such address.
pub(super) fn of(pod: &Pod, node: Option<&Node>, service: &Service, family: &str) -> Option<Endpoint> {
    let ips = service::pod_ips(pod).into_iter().filter(|ip| ip.is_ipv6() == (family == "IPv6"));
    let addresses: Vec<String> = ips.map(|ip| ip.to_string()).collect();
    if addresses.is_empty() {
        return None;
    }
    let (serving, terminating) = (pod::is_ready(pod), pod.is_deleting());
    let ready = service::publishes_not_ready(service) || (serving && !terminating);
    let zone = node.and_then(|node| node.label(ZONE)).filter(|zone| !zone.is_empty());
    Some(Endpoint {
        addresses,
        conditions: Some(EndpointConditions {
            ready: Some(ready),
            serving: Some(serving),
            terminating: Some(terminating),
        }),
        hostname: service::hostname(pod, service),
        node_name: Some(pod::node_name(pod).to_owned()).filter(|name| !name.is_empty()),
        target_ref: Some(target(pod)),
        zone: zone.map(Into::into),
        ..Endpoint::default()
    })
}

/// A pod as endpoints refer to it.
pub(super) fn target(pod: &Pod) -> ObjectReference {
    ObjectReference {
        kind: Some("Pod".into()),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        uid: pod.metadata.uid.clone(),
        ..ObjectReference::default()
    }
}
