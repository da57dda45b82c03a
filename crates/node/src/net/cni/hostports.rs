//! Host ports of pods, and the masquerading of what pods send out of the cluster: a table of the CNI plugin's own, so that
//! both work without the Service proxy.
use super::config::{Cidr, PortMapping};
use crate::net::{
    conntrack::{Front, Place, forget_stale},
    netlink::route::Routing,
    nft::{
        Base, Chain, ChainType, Change, Data, Datum, Field, Hook, Kernel, Key, Load, PacketFilter, Rule, Set, Side,
        Start, Statement, Value, Verdict,
    },
};
use std::{io, net::Ipv4Addr};

pub const TABLE: &str = "skeg-cni";
/// `(protocol, port)` of host ports on every address of the node.
const PORTS: &str = "hostports";
/// `(address, protocol, port)` of host ports on one address.
const ADDRESS_PORTS: &str = "hostports-of-address";
/// Pairs of a pod's address with itself: a pod that reached itself through the node.
const PODS: &str = "pods";

/// After Services have had their turn.
const DESTINATION_PRIORITY: i32 = -90;
const SOURCE_PRIORITY: i32 = 110;

const BY_PORT: &[Load] = &[Load::Protocol, Load::DestinationPort];
const BY_ADDRESS_AND_PORT: &[Load] = &[Load::Destination, Load::Protocol, Load::DestinationPort];

/// The whole table without elements.
pub fn table(pod_cidr: Cidr, cluster_cidr: Option<Cidr>) -> Change {
    let destination = Data::Fields(&[Field::Address, Field::Port]);
    let set = |name: &'static str, key, data| Set { name: name.into(), key, data, timeout: None };
    let nat = |name: &'static str, hook, priority| Chain {
        name: name.into(),
        base: Some(Base { kind: ChainType::Nat, hook, priority }),
    };
    let inside = cluster_cidr.unwrap_or(pod_cidr);
    let lookup: Vec<Rule> = vec![
        vec![Statement::MappedDestination { loads: BY_ADDRESS_AND_PORT, map: ADDRESS_PORTS.into() }],
        vec![
            Statement::IsLocal { side: Side::Destination, negate: false },
            Statement::MappedDestination { loads: BY_PORT, map: PORTS.into() },
        ],
    ];
    let masquerade: Vec<Rule> = vec![
        vec![
            Statement::InSet { loads: &[Load::Source, Load::Destination], set: PODS.into(), negate: false },
            Statement::Masquerade,
        ],
        vec![
            Statement::InNetwork {
                side: Side::Destination,
                address: Ipv4Addr::new(224, 0, 0, 0),
                prefix: 4,
                negate: false,
            },
            Statement::Verdict(Verdict::Return),
        ],
        vec![
            Statement::InNetwork {
                side: Side::Source,
                address: pod_cidr.address,
                prefix: pod_cidr.prefix,
                negate: false,
            },
            Statement::InNetwork {
                side: Side::Destination,
                address: inside.address,
                prefix: inside.prefix,
                negate: true,
            },
            Statement::Masquerade,
        ],
    ];
    Change {
        add_sets: vec![
            set(PORTS, &[Field::Protocol, Field::Port], destination.clone()),
            set(ADDRESS_PORTS, &[Field::Address, Field::Protocol, Field::Port], destination),
            set(PODS, &[Field::Address, Field::Address], Data::None),
        ],
        add_chains: vec![
            nat("prerouting", Hook::Prerouting, DESTINATION_PRIORITY),
            nat("output", Hook::Output, DESTINATION_PRIORITY),
            nat("postrouting", Hook::Postrouting, SOURCE_PRIORITY),
        ],
        rules: vec![
            ("prerouting".into(), lookup.clone()),
            ("output".into(), lookup),
            ("postrouting".into(), masquerade),
        ],
        ..Change::default()
    }
}

/// Makes the table unless it is there. A table of other networks is made anew when the node's network is written.
pub fn ensure_table(pod_cidr: Cidr, cluster_cidr: Option<Cidr>) -> io::Result<()> {
    match Kernel::open(TABLE)?.apply(Start::Fresh, &table(pod_cidr, cluster_cidr)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

pub type Element = (&'static str, Key, Option<Datum>);

/// The elements of one pod.
pub fn elements(pod: Ipv4Addr, ports: &[PortMapping]) -> io::Result<Vec<Element>> {
    let mut all = vec![(PODS, Key::from_slice(&[Value::Address(pod), Value::Address(pod)]), None)];
    for port in ports.iter().filter(|port| port.host_port != 0) {
        let protocol = Value::Protocol(match port.protocol.to_ascii_lowercase().as_str() {
            "tcp" => 6,
            "udp" => 17,
            "sctp" => 132,
            other => return Err(io::Error::other(format!("{other} is no protocol of host ports"))),
        });
        let to = Some(Datum::Values(Key::from_slice(&[Value::Address(pod), Value::Port(port.container_port)])));
        let place = Value::Port(port.host_port);
        match port.host_ip.as_str() {
            "" | "0.0.0.0" => all.push((PORTS, Key::from_slice(&[protocol, place]), to)),
            address => {
                let address = address.parse().map_err(|_| io::Error::other(format!("{address} is no IPv4 address")))?;
                all.push((ADDRESS_PORTS, Key::from_slice(&[Value::Address(address), protocol, place]), to));
            }
        }
    }
    Ok(all)
}

pub fn add(pod: Ipv4Addr, ports: &[PortMapping]) -> io::Result<()> {
    let mut kernel = Kernel::open(TABLE)?;
    let elements = elements(pod, ports)?;
    // An element of an earlier pod under the same key would be kept; most often there is none.
    for (set, key, _) in &elements {
        remove_element(&mut kernel, set, key)?;
    }
    let add = elements.into_iter().map(|(set, key, data)| (set.into(), key, data)).collect();
    kernel.apply(Start::Present, &Change { add_elements: add, ..Change::default() })?;
    // What came before the pod was there would go on past it.
    forget(&fronts(ports, |port| Some((pod, port.container_port))))
}

pub fn remove(pod: Ipv4Addr, ports: &[PortMapping]) -> io::Result<()> {
    let mut kernel = Kernel::open(TABLE)?;
    elements(pod, ports)?.iter().try_for_each(|(set, key, _)| remove_element(&mut kernel, set, key))?;
    forget(&fronts(ports, |_| None))
}

/// The UDP host ports, and where their packets are to go from now on.
fn fronts(ports: &[PortMapping], to: impl Fn(&PortMapping) -> Option<Place>) -> Vec<Front> {
    let udp = ports.iter().filter(|port| port.host_port != 0 && port.protocol.eq_ignore_ascii_case("udp"));
    let front = |port: &PortMapping| {
        let address = port.host_ip.parse().ok().filter(|address: &Ipv4Addr| !address.is_unspecified());
        Front { address, port: port.host_port, endpoints: to(port).into_iter().collect() }
    };
    udp.map(front).collect()
}

fn forget(fronts: &[Front]) -> io::Result<()> {
    if !fronts.is_empty() {
        let own = Routing::open()?.addresses()?;
        forget_stale(fronts, &own.into_iter().map(|(_, address)| address).collect())?;
    }
    Ok(())
}

fn remove_element(kernel: &mut Kernel, set: &'static str, key: &Key) -> io::Result<()> {
    let change = Change { remove_elements: vec![(set.into(), key.clone())], ..Change::default() };
    match kernel.apply(Start::Present, &change) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
