//! Links, addresses, routes and neighbours of the calling thread's network namespace (rtnetlink), IPv4.
use super::{Attributes, Messages, Received, Socket, attribute, attributes, flag, text_of};
use std::{
    io,
    net::Ipv4Addr,
    os::fd::{AsRawFd, BorrowedFd},
};

const NEW_LINK: u16 = 16;
const DELETE_LINK: u16 = 17;
const GET_LINK: u16 = 18;
const NEW_ADDRESS: u16 = 20;
const GET_ADDRESS: u16 = 22;
const NEW_ROUTE: u16 = 24;
const DELETE_ROUTE: u16 = 25;
const GET_ROUTE: u16 = 26;
const NEW_NEIGHBOUR: u16 = 28;

const INET: u8 = 2;
const UP: u32 = 1;
const TABLE_MAIN: u8 = 254;
/// Marks the routes that Skeg adds, so that only those are ever taken away.
pub const PROTOCOL_SKEG: u8 = 0x5e;
const SCOPE_LINK: u8 = 253;
const SCOPE_UNIVERSE: u8 = 0;
const UNICAST: u8 = 1;
const ON_LINK: u32 = 4;
const PERMANENT: u16 = 0x80;

pub type Mac = [u8; 6];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub index: u32,
    pub name: String,
    pub mac: Mac,
    pub mtu: u32,
}

/// A route to a network: through a gateway, or right on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub destination: (Ipv4Addr, u8),
    pub gateway: Option<Ipv4Addr>,
    /// Index of the link; 0 lets the kernel find the gateway's.
    pub link: u32,
}

#[derive(Debug)]
pub struct Routing(Socket);

impl Routing {
    pub fn open() -> io::Result<Self> {
        Ok(Self(Socket::open(None)?))
    }

    fn request(
        &mut self,
        kind: u16,
        flags: u16,
        header: &[u8],
        body: impl FnOnce(&mut Attributes<'_>),
    ) -> io::Result<Vec<Received>> {
        let mut messages = Messages::default();
        messages.push(kind, flags | flag::ACK, header, body);
        self.0.transact(&messages)
    }

    /// The link of a name, or None.
    pub fn link(&mut self, name: &str) -> io::Result<Option<Link>> {
        match self.request(GET_LINK, 0, &link_header(0, 0), |a| a.text(3, name)) {
            Ok(answers) => Ok(answers.iter().find_map(|answer| link_of(&answer.payload))),
            Err(error) if error.raw_os_error() == Some(libc::ENODEV) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn links(&mut self) -> io::Result<Vec<Link>> {
        let answers = self.request(GET_LINK, flag::DUMP, &link_header(0, 0), |_| {})?;
        Ok(answers.iter().filter_map(|answer| link_of(&answer.payload)).collect())
    }

    /// Makes a pair of joined links: `name` here, `peer` in the namespace `into`.
    pub fn add_pair(&mut self, name: &str, peer: &str, into: BorrowedFd<'_>, mtu: u32) -> io::Result<()> {
        const IFNAME: u16 = 3;
        const MTU: u16 = 4;
        const NET_NS_FD: u16 = 28;
        let into = into.as_raw_fd().cast_unsigned();
        self.request(NEW_LINK, flag::CREATE | flag::EXCL, &link_header(0, 0), |a| {
            a.text(IFNAME, name);
            a.native(MTU, mtu);
            a.nest(18, |a| {
                a.text(1, "veth");
                a.nest(2, |a| {
                    a.nest(1, |a| {
                        a.raw(&link_header(0, 0));
                        a.text(IFNAME, peer);
                        a.native(MTU, mtu);
                        a.native(NET_NS_FD, into);
                    });
                });
            });
        })?;
        Ok(())
    }

    pub fn set_up(&mut self, link: u32) -> io::Result<()> {
        self.request(NEW_LINK, 0, &link_header(link, UP), |_| {})?;
        Ok(())
    }

    /// Removes a link; one that is gone is fine.
    pub fn remove_link(&mut self, name: &str) -> io::Result<()> {
        match self.request(DELETE_LINK, 0, &link_header(0, 0), |a| a.text(3, name)) {
            Err(error) if error.raw_os_error() != Some(libc::ENODEV) => Err(error),
            _ => Ok(()),
        }
    }

    pub fn add_address(&mut self, link: u32, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
        let mut header = vec![INET, prefix, 0, SCOPE_UNIVERSE];
        header.extend(link.to_ne_bytes());
        self.request(NEW_ADDRESS, flag::CREATE | flag::EXCL, &header, |a| {
            a.bytes(2, &address.octets());
            a.bytes(1, &address.octets());
        })?;
        Ok(())
    }

    /// All IPv4 addresses with the index of their link.
    pub fn addresses(&mut self) -> io::Result<Vec<(u32, Ipv4Addr)>> {
        const HEADER: usize = 8;
        let answers = self.request(GET_ADDRESS, flag::DUMP, &[INET, 0, 0, 0, 0, 0, 0, 0], |_| {})?;
        let read = |payload: &[u8]| {
            let link = u32::from_ne_bytes(payload.get(4..8)?.try_into().ok()?);
            let rest = payload.get(HEADER..)?;
            let octets: [u8; 4] = attribute(rest, 2).or_else(|| attribute(rest, 1))?.try_into().ok()?;
            Some((link, Ipv4Addr::from(octets)))
        };
        Ok(answers.iter().filter_map(|answer| read(&answer.payload)).collect())
    }

    /// Adds a route or replaces the one to the same destination.
    pub fn set_route(&mut self, route: &Route) -> io::Result<()> {
        const REPLACE: u16 = 0x100;
        self.route(NEW_ROUTE, flag::CREATE | REPLACE, route)
    }

    /// Removes a route; one that is gone is fine.
    pub fn remove_route(&mut self, route: &Route) -> io::Result<()> {
        match self.route(DELETE_ROUTE, 0, route) {
            Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(error),
            _ => Ok(()),
        }
    }

    fn route(&mut self, kind: u16, flags: u16, route: &Route) -> io::Result<()> {
        let scope = if route.gateway.is_some() { SCOPE_UNIVERSE } else { SCOPE_LINK };
        let mut header = vec![INET, route.destination.1, 0, 0, TABLE_MAIN, PROTOCOL_SKEG, scope, UNICAST];
        let on_link = if route.gateway.is_some() && route.link != 0 { ON_LINK } else { 0 };
        header.extend(on_link.to_ne_bytes());
        self.request(kind, flags, &header, |a| {
            if route.destination.1 > 0 {
                a.bytes(1, &route.destination.0.octets());
            }
            if let Some(gateway) = route.gateway {
                a.bytes(5, &gateway.octets());
            }
            if route.link != 0 {
                a.native(4, route.link);
            }
        })?;
        Ok(())
    }

    /// The routes of the main table that Skeg added.
    pub fn own_routes(&mut self) -> io::Result<Vec<Route>> {
        let header = [INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let answers = self.request(GET_ROUTE, flag::DUMP, &header, |_| {})?;
        Ok(answers.iter().filter_map(|answer| route_of(&answer.payload)).collect())
    }

    /// Tells the kernel for good at which hardware address a neighbour is.
    pub fn add_neighbour(&mut self, link: u32, address: Ipv4Addr, mac: Mac) -> io::Result<()> {
        const REPLACE: u16 = 0x100;
        let mut header = vec![INET, 0, 0, 0];
        header.extend(link.to_ne_bytes());
        header.extend(PERMANENT.to_ne_bytes());
        header.extend([0, UNICAST]);
        self.request(NEW_NEIGHBOUR, flag::CREATE | REPLACE, &header, |a| {
            a.bytes(1, &address.octets());
            a.bytes(2, &mac);
        })?;
        Ok(())
    }
}

/// `struct ifinfomsg`; `set` are the flags to set.
fn link_header(index: u32, set: u32) -> Vec<u8> {
    let mut header = vec![0; 4];
    header.extend(index.to_ne_bytes());
    header.extend(set.to_ne_bytes());
    header.extend(set.to_ne_bytes());
    header
}

fn link_of(payload: &[u8]) -> Option<Link> {
    const HEADER: usize = 16;
    let mut link = Link {
        index: u32::from_ne_bytes(payload.get(4..8)?.try_into().ok()?),
        name: String::new(),
        mac: [0; 6],
        mtu: 0,
    };
    for (kind, value) in attributes(payload.get(HEADER..)?) {
        match kind {
            1 => link.mac = value.try_into().unwrap_or_default(),
            3 => link.name = text_of(value),
            4 => link.mtu = u32::from_ne_bytes(value.try_into().ok()?),
            _ => {}
        }
    }
    Some(link)
}

fn route_of(payload: &[u8]) -> Option<Route> {
    const HEADER: usize = 12;
    let header = payload.get(..HEADER)?;
    if header[4] != TABLE_MAIN || header[5] != PROTOCOL_SKEG {
        return None;
    }
    let rest = payload.get(HEADER..)?;
    let address = |kind| {
        let octets: [u8; 4] = attribute(rest, kind)?.try_into().ok()?;
        Some(Ipv4Addr::from(octets))
    };
    let link = attribute(rest, 4).and_then(|value| value.try_into().ok()).map_or(0, u32::from_ne_bytes);
    let destination = (address(1).unwrap_or(Ipv4Addr::UNSPECIFIED), header[1]);
    Some(Route { destination, gateway: address(5), link })
}
