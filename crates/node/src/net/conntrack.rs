//! Connections that the kernel goes on translating to where nobody answers any more. TCP notices by itself; a UDP client
//! that keeps its port would be sent to a gone endpoint for ever.
use super::netlink::{Messages, Socket, attribute, flag};
use rustix::net::netlink::NETFILTER;
use std::{
    collections::{BTreeSet, HashMap},
    io,
    net::Ipv4Addr,
};

const SUBSYSTEM: u16 = 1 << 8;
const GET: u16 = SUBSYSTEM | 1;
const DELETE: u16 = SUBSYSTEM | 2;
const HEADER: [u8; 4] = [2, 0, 0, 0];
const UDP: u8 = 17;

const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;
const ZONE: u16 = 18;

pub type Place = (Ipv4Addr, u16);

/// An address and port of a Service, and where its connections may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    /// None: a port of the node, on every address of its own.
    pub address: Option<Ipv4Addr>,
    pub port: u16,
    pub endpoints: BTreeSet<Place>,
}

/// A connection as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    destination: Place,
    /// Where the answers come from.
    answering: Place,
    tuple: Vec<u8>,
    zone: Option<Vec<u8>>,
}

/// Forgets the UDP connections to these fronts that lead elsewhere than to their endpoints; returns how many. Of several of
/// one front the first counts.
pub fn forget_stale(fronts: &[Front], own: &BTreeSet<Ipv4Addr>) -> io::Result<usize> {
    let mut socket = Socket::open(Some(NETFILTER))?;
    let mut list = Messages::default();
    list.push(GET, flag::DUMP, &HEADER, |_| {});
    let listed = socket.transact(&list)?;
    let mut by_place = HashMap::new();
    fronts.iter().for_each(|front| _ = by_place.entry((front.address, front.port)).or_insert(&front.endpoints));
    let entries = listed.iter().filter_map(|message| entry(&message.payload));
    let stale: Vec<Entry> = entries.filter(|entry| is_stale(entry, &by_place, own)).collect();
    for entry in &stale {
        let mut messages = Messages::default();
        messages.push(DELETE, flag::ACK, &HEADER, |a| {
            a.nest(ORIGINAL, |a| a.raw(&entry.tuple));
            if let Some(zone) = &entry.zone {
                a.bytes(ZONE, zone);
            }
        });
        match socket.transact(&messages) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(stale.len())
}

fn is_stale(
    entry: &Entry,
    fronts: &HashMap<(Option<Ipv4Addr>, u16), &BTreeSet<Place>>,
    own: &BTreeSet<Ipv4Addr>,
) -> bool {
    let (address, port) = entry.destination;
    let of_node = || fronts.get(&(None, port)).filter(|_| own.contains(&address));
    let endpoints = fronts.get(&(Some(address), port)).or_else(of_node);
    endpoints.is_some_and(|endpoints| !endpoints.contains(&entry.answering))
}

fn entry(payload: &[u8]) -> Option<Entry> {
    let rest = payload.get(HEADER.len()..)?;
    let tuple = attribute(rest, ORIGINAL)?;
    let (_, destination) = ends(tuple)?;
    let (answering, _) = ends(attribute(rest, REPLY)?)?;
    Some(Entry { destination, answering, tuple: tuple.to_vec(), zone: attribute(rest, ZONE).map(<[u8]>::to_vec) })
}

/// Source and destination of a UDP tuple.
fn ends(tuple: &[u8]) -> Option<(Place, Place)> {
    let (addresses, protocol) = (attribute(tuple, 1)?, attribute(tuple, 2)?);
    if attribute(protocol, 1)? != [UDP] {
        return None;
    }
    let place = |address: u16, port: u16| {
        let octets: [u8; 4] = attribute(addresses, address)?.try_into().ok()?;
        Some((Ipv4Addr::from(octets), u16::from_be_bytes(attribute(protocol, port)?.try_into().ok()?)))
    };
    Some((place(1, 2)?, place(2, 3)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{
        netlink::route::{Route, Routing},
        nft::{Kernel, PacketFilter, Start},
        services::{Endpoint, NodeView, Port, Ruleset, Service, TABLE, fragment, skeleton},
        testing::in_new_network,
    };
    use std::{net::UdpSocket, time::Duration};

    const FRONT: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 10);
    const ONE: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 1);
    const TWO: Ipv4Addr = Ipv4Addr::new(10, 9, 9, 2);

    fn service(endpoint: Ipv4Addr) -> Service {
        let endpoints = vec![Endpoint { address: endpoint, port: 5353, local: true }];
        Service {
            key: "kube-system/kube-dns".into(),
            cluster_ip: FRONT,
            external_ips: Vec::new(),
            balancer_ips: Vec::new(),
            source_ranges: Vec::new(),
            health: None,
            internal_local: false,
            external_local: false,
            affinity: None,
            ports: vec![Port {
                name: "dns".into(),
                protocol: UDP,
                port: 53,
                node_port: None,
                serving: BTreeSet::new(),
                local: endpoints.clone(),
                endpoints,
            }],
        }
    }

    fn receives(socket: &UdpSocket) -> bool {
        socket.recv(&mut [0; 16]).is_ok()
    }

    #[test]
    fn a_client_that_keeps_its_port_reaches_the_new_endpoint() {
        in_new_network(|| {
            let mut routing = Routing::open().unwrap();
            let lo = routing.link("lo").unwrap().unwrap().index;
            routing.set_up(lo).unwrap();
            [ONE, TWO].iter().for_each(|address| routing.add_address(lo, *address, 32).unwrap());
            routing.set_route(&Route { destination: (Ipv4Addr::UNSPECIFIED, 0), gateway: None, link: lo }).unwrap();
            let server = |address| {
                let socket = UdpSocket::bind((address, 5353)).unwrap();
                socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
                socket
            };
            let (one, two) = (server(ONE), server(TWO));
            let node = NodeView { name: "n".into(), ..NodeView::default() };
            let (mut kernel, mut ruleset) = (Kernel::open(TABLE).unwrap(), Ruleset::default());
            kernel.apply(Start::Replace, &skeleton(&node)).unwrap();
            let mut lead_to = |address| {
                let service = service(address);
                let updates = [(service.key.clone(), Some(fragment(&service, &node)))];
                kernel.apply(Start::Present, &ruleset.replace(updates.into())).unwrap();
            };
            lead_to(ONE);
            let client = UdpSocket::bind((ONE, 40_000)).unwrap();
            client.send_to(b"a", (FRONT, 53)).unwrap();
            assert!(receives(&one));
            lead_to(TWO);
            let endpoints = BTreeSet::from([(TWO, 5353)]);
            let front = Front { address: Some(FRONT), port: 53, endpoints };
            assert_eq!(forget_stale(std::slice::from_ref(&front), &BTreeSet::new()).unwrap(), 1);
            client.send_to(b"b", (FRONT, 53)).unwrap();
            assert!(receives(&two) && !receives(&one));
            assert_eq!(forget_stale(&[front], &BTreeSet::new()).unwrap(), 0);
        });
    }
}
