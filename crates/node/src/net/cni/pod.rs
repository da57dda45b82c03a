//! One pod's attachment: a pair of links with its end in the pod's namespace, the pod's address on it, a route to it on the
//! node and one to the gateway in the pod.
use super::{
    config::{CniError, Environment, Network, code},
    hostports,
    ipam::{Addresses, Lease},
};
use crate::net::{
    netlink::route::{Link, Mac, Route, Routing},
    sysctl,
};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io,
    net::Ipv4Addr,
    os::fd::{AsFd, BorrowedFd},
    path::Path,
};

/// Every pod's gateway; the node answers for it on each link.
pub const GATEWAY: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 1);
/// What the node's ends of pod links are called.
pub const LINK_PREFIX: &str = "skg";
const HOST_PREFIX: u8 = 32;

/// The name of the node's end: stable for a container, at most 15 bytes.
pub fn link_name(container: &str, interface: &str) -> String {
    let digest = Sha256::digest(format!("{container}/{interface}"));
    digest.iter().take(6).fold(LINK_PREFIX.to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

fn open_namespace(path: &str) -> Result<File, CniError> {
    File::open(path).map_err(|error| CniError::new(code::INVALID_ENVIRONMENT, format!("CNI_NETNS {path}"), error))
}

/// Runs `work` in another network namespace, on a thread of its own that ends with it.
fn within<T: Send>(namespace: BorrowedFd<'_>, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || {
            move_into_link_name_space(namespace, Some(LinkNameSpaceType::Network))?;
            work()
        })?;
        thread.join().map_err(|_| io::Error::other("the thread in the pod's namespace panicked"))?
    })
}

fn ipam(error: super::ipam::IpamError) -> CniError {
    CniError::new(code::NO_ADDRESS, "pod address", error)
}

pub fn add(environment: &Environment, network: &Network) -> Result<Value, CniError> {
    let namespace = open_namespace(&environment.netns)?;
    let mut addresses = Addresses::lock(&network.state_dir).map_err(ipam)?;
    let known = addresses.of(&environment.container, &environment.interface).map(|(address, _)| address);
    let address = match known {
        Some(address) => address,
        None => {
            let lease = Lease {
                container: environment.container.clone(),
                interface: environment.interface.clone(),
                ports: network.runtime_config.port_mappings.clone(),
            };
            addresses.allocate(network.pod_cidr, lease).map_err(ipam)?
        }
    };
    hostports::ensure_table(network.pod_cidr, network.cluster_cidr).map_err(CniError::network("pod masquerading"))?;
    hostports::add(address, &network.runtime_config.port_mappings).map_err(CniError::network("host ports"))?;
    drop(addresses);
    let (outer, inner) = connect(environment, network, &namespace, address)?;
    let mut result = json!({
        "cniVersion": network.cni_version,
        "interfaces": [
            {"name": outer.name, "mac": mac_text(outer.mac)},
            {"name": environment.interface, "mac": mac_text(inner), "sandbox": environment.netns},
        ],
        "ips": [{"address": format!("{address}/{HOST_PREFIX}"), "gateway": GATEWAY.to_string(), "interface": 1}],
        "routes": [{"dst": "0.0.0.0/0", "gw": GATEWAY.to_string()}],
        "dns": {},
    });
    if network.cni_version.starts_with("0.") {
        result["ips"][0]["version"] = "4".into();
    }
    Ok(result)
}

/// Lays the links and routes; returns the node's end and the hardware address of the pod's.
fn connect(
    environment: &Environment,
    network: &Network,
    namespace: &File,
    address: Ipv4Addr,
) -> Result<(Link, Mac), CniError> {
    let name = link_name(&environment.container, &environment.interface);
    let mut routing = Routing::open().map_err(CniError::network("netlink"))?;
    // What an earlier attempt for this container left would be in the way.
    routing.remove_link(&name).map_err(CniError::network("removing an earlier link"))?;
    routing
        .add_pair(&name, &environment.interface, namespace.as_fd(), network.mtu)
        .map_err(CniError::network("making the pod's links"))?;
    let outer = find(&mut routing, &name).map_err(CniError::network("the node's link"))?;
    sysctl::prepare_link(&name).map_err(CniError::network("kernel settings"))?;
    let inner = within(namespace.as_fd(), || configure(&environment.interface, address, outer.mac))
        .map_err(CniError::network("the pod's link"))?;
    let finish = |routing: &mut Routing| {
        routing.set_up(outer.index)?;
        routing.set_route(&Route { destination: (address, HOST_PREFIX), gateway: None, link: outer.index })?;
        routing.add_neighbour(outer.index, address, inner)
    };
    finish(&mut routing).map_err(CniError::network("the route to the pod"))?;
    Ok((outer, inner))
}

/// Inside the pod: address, neighbour and routes.
fn configure(interface: &str, address: Ipv4Addr, gateway: Mac) -> io::Result<Mac> {
    let mut routing = Routing::open()?;
    let link = find(&mut routing, interface)?;
    routing.add_address(link.index, address, HOST_PREFIX)?;
    routing.set_up(link.index)?;
    routing.add_neighbour(link.index, GATEWAY, gateway)?;
    routing.set_route(&Route { destination: (GATEWAY, HOST_PREFIX), gateway: None, link: link.index })?;
    let everything = (Ipv4Addr::UNSPECIFIED, 0);
    routing.set_route(&Route { destination: everything, gateway: Some(GATEWAY), link: link.index })?;
    Ok(link.mac)
}

fn find(routing: &mut Routing, name: &str) -> io::Result<Link> {
    routing.link(name)?.ok_or_else(|| io::Error::other(format!("link {name} is not there")))
}

fn mac_text(mac: Mac) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

pub fn delete(environment: &Environment, network: &Network) -> Result<(), CniError> {
    remove(&environment.container, &environment.interface, &network.state_dir)
}

/// Takes an attachment down; what is gone already is fine. The address is freed last.
pub fn remove(container: &str, interface: &str, state_dir: &Path) -> Result<(), CniError> {
    let mut routing = Routing::open().map_err(CniError::network("netlink"))?;
    routing.remove_link(&link_name(container, interface)).map_err(CniError::network("removing the pod's links"))?;
    let mut addresses = Addresses::lock(state_dir).map_err(ipam)?;
    if let Some((address, lease)) = addresses.of(container, interface) {
        let ports = lease.ports.clone();
        hostports::remove(address, &ports).map_err(CniError::network("host ports"))?;
        addresses.release(address).map_err(ipam)?;
    }
    Ok(())
}

pub fn check(environment: &Environment, network: &Network) -> Result<(), CniError> {
    let addresses = Addresses::lock(&network.state_dir).map_err(ipam)?;
    let lease = addresses.of(&environment.container, &environment.interface);
    let (address, _) = lease.ok_or_else(|| CniError::new(code::CHECK, "the pod has no address", ""))?;
    drop(addresses);
    let failed = |error: io::Error| CniError::new(code::CHECK, "the pod's link", error);
    let mut routing = Routing::open().map_err(failed)?;
    let name = link_name(&environment.container, &environment.interface);
    let link = find(&mut routing, &name).map_err(failed)?;
    let route = Route { destination: (address, HOST_PREFIX), gateway: None, link: link.index };
    if !routing.own_routes().map_err(failed)?.contains(&route) {
        return Err(CniError::new(code::CHECK, "the route to the pod is not there", address));
    }
    let namespace = open_namespace(&environment.netns)?;
    let inside = || {
        let mut routing = Routing::open()?;
        let link = find(&mut routing, &environment.interface)?;
        Ok(routing.addresses()?.contains(&(link.index, address)))
    };
    match within(namespace.as_fd(), inside).map_err(failed)? {
        true => Ok(()),
        false => Err(CniError::new(code::CHECK, "the pod's link has lost its address", address)),
    }
}

/// Whether pods can be added: the network is set up once its folder can be locked.
pub fn status(network: &Network) -> Result<(), CniError> {
    let locked = Addresses::lock(&network.state_dir);
    locked.map(drop).map_err(|error| CniError::new(code::NOT_AVAILABLE, "the pod network", error))
}

pub fn collect(network: &Network) -> Result<(), CniError> {
    let valid = |container: &str, interface: &str| {
        network.valid_attachments.iter().any(|it| it.container == container && it.ifname == interface)
    };
    let addresses = Addresses::lock(&network.state_dir).map_err(ipam)?;
    let gone: Vec<Lease> = addresses
        .leases()
        .filter(|(_, lease)| !valid(&lease.container, &lease.interface))
        .map(|(_, lease)| lease.clone())
        .collect();
    drop(addresses);
    gone.iter().try_for_each(|lease| remove(&lease.container, &lease.interface, &network.state_dir))
}

pub fn loopback_up(environment: &Environment) -> Result<(), CniError> {
    let namespace = open_namespace(&environment.netns)?;
    let up = || {
        let mut routing = Routing::open()?;
        let link = find(&mut routing, "lo")?;
        routing.set_up(link.index)
    };
    within(namespace.as_fd(), up).map_err(CniError::network("the loopback link"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_names_fit_and_differ() {
        let name = link_name("0123456789abcdef", "eth0");
        assert!(name.len() <= 15 && name.starts_with(LINK_PREFIX), "{name}");
        assert_ne!(name, link_name("0123456789abcdef", "eth1"));
    }
}
