//! Addresses grouped into subsets of equal ports, as `core/v1` Endpoints want them.
use crate::controllers::common::{pod, service};
use k8s_openapi::api::core::v1::{
    EndpointAddress, EndpointPort, EndpointSubset, ObjectReference, Pod, Service, ServicePort,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
};

/// Addresses that one Endpoints object holds.
const ADDRESSES_MAX: usize = 1000;

/// Name, protocol, number, application protocol; None stands for "no ports" (headless).
type Port = Option<(String, String, i32, Option<String>)>;
/// Address and target's uid, as addresses are ordered.
type Address = (String, String);

/// The subsets of a Service's pods.
pub(super) fn of(service: &Service, pods: &[Arc<Pod>]) -> Vec<EndpointSubset> {
    let not_ready_too = service::publishes_not_ready(service);
    let mut packer = Packer::default();
    for pod in pods.iter().filter(|pod| service::belongs(pod, not_ready_too)) {
        let Some(address) = address_of(service, pod) else { continue };
        let ready = not_ready_too || pod::is_ready(pod);
        for port in ports_of(service, pod) {
            packer.add(port, &address, ready);
        }
    }
    packer.finish()
}

/// Subsets as somebody wrote them, in the same form.
pub(in crate::controllers) fn repack(subsets: &[EndpointSubset]) -> Vec<EndpointSubset> {
    let mut packer = Packer::default();
    for subset in subsets {
        let ports = subset.ports.iter().flatten().map(|port| {
            let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".into());
            Some((port.name.clone().unwrap_or_default(), protocol, port.port, port.app_protocol.clone()))
        });
        let mut ports: Vec<Port> = ports.collect();
        if ports.is_empty() {
            ports.push(None);
        }
        for port in ports {
            subset.addresses.iter().flatten().for_each(|address| packer.add(port.clone(), address, true));
            subset.not_ready_addresses.iter().flatten().for_each(|address| packer.add(port.clone(), address, false));
        }
    }
    packer.finish()
}

#[derive(Default)]
struct Packer {
    addresses: BTreeMap<Address, EndpointAddress>,
    by_port: BTreeMap<Port, BTreeMap<Address, bool>>,
}

impl Packer {
    /// An address counts as ready at a port only if it is said to be so each time.
    fn add(&mut self, port: Port, address: &EndpointAddress, ready: bool) {
        let uid = address.target_ref.as_ref().and_then(|target| target.uid.clone()).unwrap_or_default();
        let key = (address.ip.clone(), uid);
        self.addresses.entry(key.clone()).or_insert_with(|| address.clone());
        *self.by_port.entry(port).or_default().entry(key).or_insert(true) &= ready;
    }

    /// Ports with the same addresses in the same state share a subset.
    fn finish(self) -> Vec<EndpointSubset> {
        let mut grouped: BTreeMap<BTreeMap<Address, bool>, BTreeSet<Port>> = BTreeMap::new();
        for (port, members) in self.by_port {
            grouped.entry(members).or_default().insert(port);
        }
        grouped.into_iter().map(|(members, ports)| subset(&self.addresses, &members, ports)).collect()
    }
}

fn subset(
    addresses: &BTreeMap<Address, EndpointAddress>,
    members: &BTreeMap<Address, bool>,
    ports: BTreeSet<Port>,
) -> EndpointSubset {
    let pick = |ready: bool| {
        let picked = members.iter().filter(|(_, state)| **state == ready);
        let picked: Vec<_> = picked.filter_map(|(key, _)| addresses.get(key).cloned()).collect();
        (!picked.is_empty()).then_some(picked)
    };
    let ports = ports.into_iter().flatten().map(|(name, protocol, port, app_protocol)| EndpointPort {
        name: Some(name).filter(|name| !name.is_empty()),
        port,
        protocol: Some(protocol),
        app_protocol,
    });
    let ports: Vec<_> = ports.collect();
    EndpointSubset {
        addresses: pick(true),
        not_ready_addresses: pick(false),
        ports: (!ports.is_empty()).then_some(ports),
    }
}

fn ports_of(service: &Service, pod: &Pod) -> Vec<Port> {
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    if ports.is_empty() {
        return if service::is_headless(service) { vec![None] } else { Vec::new() };
    }
    let number = |port: &ServicePort| {
        let protocol = port.protocol.clone().unwrap_or_else(|| "TCP".into());
        let target = service::target_port(pod, port)?;
        Some(Some((port.name.clone().unwrap_or_default(), protocol, target, port.app_protocol.clone())))
    };
    ports.iter().filter_map(number).collect()
}

/// The pod's address in the Service's first family.
fn address_of(service: &Service, pod: &Pod) -> Option<EndpointAddress> {
    let spec = service.spec.as_ref()?;
    let family = spec.ip_families.as_ref().and_then(|families| families.first());
    let cluster_ip = spec.cluster_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
    let ips = service::pod_ips(pod);
    let v6 = match (family, cluster_ip) {
        (Some(family), _) => family == "IPv6",
        (None, Some(ip)) => ip.is_ipv6(),
        (None, None) => ips.first().is_some_and(IpAddr::is_ipv6),
    };
    let ip = ips.into_iter().find(|ip| ip.is_ipv6() == v6)?;
    Some(EndpointAddress {
        ip: ip.to_string(),
        hostname: service::hostname(pod, service),
        node_name: Some(pod::node_name(pod).to_owned()),
        target_ref: Some(ObjectReference {
            kind: Some("Pod".into()),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
            uid: pod.metadata.uid.clone(),
            ..ObjectReference::default()
        }),
    })
}

/// Whether two lists of subsets say the same; their order means nothing.
pub(super) fn same(a: Option<&Vec<EndpointSubset>>, b: Option<&Vec<EndpointSubset>>) -> bool {
    let sorted = |list: Option<&Vec<EndpointSubset>>| {
        let mut texts: Vec<_> = list.into_iter().flatten().map(canonical).collect();
        texts.sort();
        texts
    };
    sorted(a) == sorted(b)
}

fn canonical(subset: &EndpointSubset) -> String {
    let mut subset = subset.clone();
    let key = |address: &EndpointAddress| {
        (address.ip.clone(), address.target_ref.as_ref().and_then(|target| target.uid.clone()))
    };
    for list in [&mut subset.addresses, &mut subset.not_ready_addresses].into_iter().flatten() {
        list.sort_by_key(key);
        list.iter_mut().filter_map(|address| address.target_ref.as_mut()).for_each(|it| it.resource_version = None);
    }
    subset.ports.iter_mut().for_each(|ports| ports.sort_by_key(|port| (port.name.clone(), port.port)));
    serde_json::to_string(&subset).expect("typed subsets serialise")
}

/// At most the number of addresses that the object may hold, ready ones first, spread evenly over the subsets.
pub(super) fn truncate(mut subsets: Vec<EndpointSubset>) -> (Vec<EndpointSubset>, bool) {
    let count = |list: &Option<Vec<EndpointAddress>>| list.as_ref().map_or(0, Vec::len);
    let ready: usize = subsets.iter().map(|subset| count(&subset.addresses)).sum();
    let not_ready: usize = subsets.iter().map(|subset| count(&subset.not_ready_addresses)).sum();
    if ready + not_ready <= ADDRESSES_MAX {
        return (subsets, false);
    }
    let cut_ready = ready > ADDRESSES_MAX;
    let (room, total) = if cut_ready { (ADDRESSES_MAX, ready) } else { (ADDRESSES_MAX - ready, not_ready) };
    let mut left = room;
    for subset in &mut subsets {
        if cut_ready {
            subset.not_ready_addresses = None;
        }
        let list = if cut_ready { &mut subset.addresses } else { &mut subset.not_ready_addresses };
        let share = (count(list) * room).div_ceil(total.max(1)).min(left);
        if let Some(addresses) = list {
            addresses.truncate(share);
            left -= addresses.len();
        }
        *list = list.take().filter(|addresses| !addresses.is_empty());
    }
    subsets.retain(|subset| subset.addresses.is_some() || subset.not_ready_addresses.is_some());
    (subsets, true)
}
