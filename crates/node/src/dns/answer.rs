//! What a question about the cluster's domain is answered with, in the DNS specification's and CoreDNS's sense.
use super::zone::{Kind, PortEntry, Zone, undashed};
use hickory_proto::rr::{
    Name, RData, Record, RecordType,
    rdata::{A, AAAA, CNAME, NS, PTR, SOA, SRV, TXT},
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Seconds that clients may keep an answer.
pub const TTL: u32 = 30;
const SCHEMA_VERSION: &str = "1.1.0";
const SCHEMA_VERSION_TTL: u32 = 28_800;
/// Aliases within the domain that are followed for one question.
const ALIASES_MAX: usize = 8;
/// What the weights of a name's SRV records add up to.
const WEIGHTS: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Found {
        answers: Vec<Record>,
        additionals: Vec<Record>,
    },
    /// The alias leads out of the domain: its target is to be resolved and appended.
    Alias {
        answers: Vec<Record>,
        target: Name,
    },
    /// The name is there, nothing of the type is.
    NoData,
    NoName,
    Refused,
    /// Names may be missing that will be there.
    NotReady,
    /// Not the domain's to answer.
    Elsewhere,
}

/// Where a name leads.
#[derive(Debug, Clone)]
struct Place {
    to: To,
    port: Option<u16>,
    /// The name that stands for exactly this place.
    own: String,
}

#[derive(Debug, Clone)]
enum To {
    Address(IpAddr),
    Name(String),
}

/// Why a name leads nowhere.
enum Nowhere {
    NoName,
    Empty,
}

/// Answers a question of class IN.
pub fn answer(name: &Name, kind: RecordType, zone: &Zone) -> Answer {
    let text = name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    if let Some(address) = reversed(&text) {
        return if kind == RecordType::PTR { reverse(name, address, zone) } else { Answer::Elsewhere };
    }
    let Some(inside) = within(&text, &zone.domain) else { return Answer::Elsewhere };
    if matches!(kind, RecordType::AXFR | RecordType::IXFR) {
        return Answer::Refused;
    }
    match (forward(name, inside, kind, zone, 0), zone.synced) {
        (Answer::NoName, false) => Answer::NotReady,
        (answer, _) => answer,
    }
}

/// The part of a name before the domain; "" for the domain itself.
fn within<'a>(name: &'a str, domain: &str) -> Option<&'a str> {
    let rest = name.strip_suffix(domain)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_suffix('.') }
}

fn forward(name: &Name, inside: &str, kind: RecordType, zone: &Zone, depth: usize) -> Answer {
    let found = |answers: Vec<Record>| {
        if answers.is_empty() { Answer::NoData } else { Answer::Found { answers, additionals: Vec::new() } }
    };
    match (inside, kind) {
        ("", RecordType::SOA) => return found(vec![soa(zone)]),
        ("", RecordType::NS) => {
            let server = absolute(&format!("ns.dns.{}", zone.domain));
            let record = Record::from_rdata(name.clone(), TTL, RData::NS(NS(server.clone())));
            let additionals = zone.servers.iter().map(|address| address_record(&server, *address)).collect();
            return Answer::Found { answers: vec![record], additionals };
        }
        ("ns.dns", RecordType::A | RecordType::AAAA) => {
            let servers = zone.servers.iter().filter(|address| is_of(kind, **address));
            return found(servers.map(|address| address_record(name, *address)).collect());
        }
        ("dns-version", RecordType::TXT) => {
            let text = RData::TXT(TXT::new(vec![SCHEMA_VERSION.to_owned()]));
            return found(vec![Record::from_rdata(name.clone(), SCHEMA_VERSION_TTL, text)]);
        }
        ("dns-version", _) => return Answer::NoData,
        _ => {}
    }
    match places(inside, zone) {
        Err(Nowhere::NoName) => Answer::NoName,
        Err(Nowhere::Empty) => Answer::NoData,
        Ok(places) => match kind {
            RecordType::A | RecordType::AAAA => addresses(name, &places, kind, zone, depth),
            RecordType::SRV => services(name, &places),
            RecordType::CNAME => found(aliases(name, &places)),
            _ => Answer::NoData,
        },
    }
}

fn places(inside: &str, zone: &Zone) -> Result<Vec<Place>, Nowhere> {
    if inside.is_empty() {
        return Err(Nowhere::Empty);
    }
    let mut labels: Vec<&str> = inside.split('.').collect();
    let group = labels.pop().unwrap_or_default();
    if !matches!(group, "svc" | "pod") {
        return Err(Nowhere::NoName);
    }
    let Some(namespace) = labels.pop() else { return Err(Nowhere::Empty) };
    if !zone.has_namespace(namespace) {
        return Err(Nowhere::NoName);
    }
    let Some(name) = labels.pop() else { return Err(Nowhere::Empty) };
    if group == "pod" {
        let address = undashed(name).filter(|_| labels.is_empty()).ok_or(Nowhere::NoName)?;
        return Ok(vec![Place { to: To::Address(address), port: None, own: format!("{inside}.{}", zone.domain) }]);
    }
    let wanted = match labels[..] {
        [] => Wanted { host: None, port: "", protocol: "" },
        [host] => Wanted { host: Some(host), port: "", protocol: "" },
        [port, protocol] => {
            let bare = |label: &'_ str| -> usize { usize::from(label.starts_with('_')) };
            Wanted { host: None, port: &port[bare(port)..], protocol: &protocol[bare(protocol)..] }
        }
        _ => return Err(Nowhere::NoName),
    };
    let found = wanted.find(namespace, name, zone);
    if found.is_empty() { Err(Nowhere::NoName) } else { Ok(found) }
}

/// What is asked of a Service beside its name.
struct Wanted<'a> {
    host: Option<&'a str>,
    /// "" is any.
    port: &'a str,
    protocol: &'a str,
}

impl Wanted<'_> {
    fn matches(&self, port: &PortEntry) -> bool {
        (self.port.is_empty() || self.port.eq_ignore_ascii_case(&port.name))
            && (self.protocol.is_empty() || self.protocol == port.protocol)
    }

    fn find(&self, namespace: &str, name: &str, zone: &Zone) -> Vec<Place> {
        let Some(service) = zone.service(namespace, name) else { return Vec::new() };
        let own = format!("{name}.{namespace}.svc.{}", zone.domain);
        match &service.kind {
            Kind::External(target) if self.host.is_none() && self.port.is_empty() && self.protocol.is_empty() => {
                vec![Place { to: To::Name(target.clone()), port: None, own }]
            }
            Kind::External(_) => Vec::new(),
            Kind::Cluster(addresses) if self.host.is_none() => {
                let ports = service.ports.iter().filter(|port| self.matches(port));
                let place = |address: &IpAddr, port: &PortEntry| Place {
                    to: To::Address(*address),
                    port: port.port,
                    own: own.clone(),
                };
                ports
                    .flat_map(|port| addresses.iter().map(move |address| (address, port)))
                    .map(|(address, port)| place(address, port))
                    .collect()
            }
            Kind::Cluster(_) | Kind::Headless => self.endpoints(namespace, name, &own, zone),
        }
    }

    fn endpoints(&self, namespace: &str, name: &str, service: &str, zone: &Zone) -> Vec<Place> {
        let mut found = Vec::new();
        for slice in zone.slices_of(namespace, name) {
            let named = |host: &str| self.host.is_none_or(|wanted| wanted.eq_ignore_ascii_case(host));
            for endpoint in slice.endpoints.iter().filter(|endpoint| named(&endpoint.host)) {
                found.extend(slice.ports.iter().filter(|port| self.matches(port)).map(|port| Place {
                    to: To::Address(endpoint.address),
                    port: port.port,
                    own: format!("{}.{service}", endpoint.host),
                }));
            }
        }
        found
    }
}

/// A name that is known to be well-formed: made of labels that came in a question or from objects' names.
fn absolute(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap_or_else(|_| Name::root());
    name.set_fqdn(true);
    name
}

fn is_of(kind: RecordType, address: IpAddr) -> bool {
    address.is_ipv4() == (kind == RecordType::A)
}

fn address_record(name: &Name, address: IpAddr) -> Record {
    let data = match address {
        IpAddr::V4(address) => RData::A(A(address)),
        IpAddr::V6(address) => RData::AAAA(AAAA(address)),
    };
    Record::from_rdata(name.clone(), TTL, data)
}

fn aliases(name: &Name, places: &[Place]) -> Vec<Record> {
    let names = places.iter().filter_map(|place| if let To::Name(target) = &place.to { Some(target) } else { None });
    names.map(|target| Record::from_rdata(name.clone(), TTL, RData::CNAME(CNAME(absolute(target))))).collect()
}

fn addresses(name: &Name, places: &[Place], kind: RecordType, zone: &Zone, depth: usize) -> Answer {
    let mut answers: Vec<Record> = Vec::new();
    for place in places {
        match &place.to {
            To::Address(address) if is_of(kind, *address) => {
                let record = address_record(name, *address);
                if !answers.contains(&record) {
                    answers.push(record);
                }
            }
            To::Address(_) => {}
            To::Name(target) => return follow(name, target, kind, zone, depth),
        }
    }
    if answers.is_empty() { Answer::NoData } else { Answer::Found { answers, additionals: Vec::new() } }
}

/// An alias: within the domain it is answered whole, others are left to the caller.
fn follow(name: &Name, target: &str, kind: RecordType, zone: &Zone, depth: usize) -> Answer {
    let target_name = absolute(target);
    let alias = Record::from_rdata(name.clone(), TTL, RData::CNAME(CNAME(target_name.clone())));
    let text = target.trim_end_matches('.').to_ascii_lowercase();
    let Some(inside) = within(&text, &zone.domain) else {
        return Answer::Alias { answers: vec![alias], target: target_name };
    };
    if depth >= ALIASES_MAX {
        return Answer::NoData;
    }
    let join = |mut rest: Vec<Record>| {
        let mut answers = vec![alias];
        answers.append(&mut rest);
        answers
    };
    match forward(&target_name, inside, kind, zone, depth + 1) {
        Answer::Found { answers, additionals } => Answer::Found { answers: join(answers), additionals },
        Answer::Alias { answers, target } => Answer::Alias { answers: join(answers), target },
        _ => Answer::NoData,
    }
}

fn services(name: &Name, places: &[Place]) -> Answer {
    let (mut answers, mut additionals): (Vec<Record>, Vec<Record>) = (Vec::new(), Vec::new());
    let counted = places.iter().filter(|place| matches!(place.to, To::Address(_))).count().max(1);
    let weight = u16::try_from((WEIGHTS / counted).max(1)).unwrap_or(1);
    for place in places {
        let (To::Address(address), Some(port)) = (&place.to, place.port) else { continue };
        let own = absolute(&place.own);
        let record = Record::from_rdata(name.clone(), TTL, RData::SRV(SRV::new(0, weight, port, own.clone())));
        let place = address_record(&own, *address);
        for (list, record) in [(&mut answers, record), (&mut additionals, place)] {
            if !list.contains(&record) {
                list.push(record);
            }
        }
    }
    if answers.is_empty() { Answer::NoData } else { Answer::Found { answers, additionals } }
}

/// The record that tells how long the absence of an answer may be kept.
pub fn soa(zone: &Zone) -> Record {
    const REFRESH: i32 = 7200;
    const RETRY: i32 = 1800;
    const EXPIRE: i32 = 86_400;
    let (server, master) = (format!("ns.dns.{}", zone.domain), format!("hostmaster.{}", zone.domain));
    let data = SOA::new(absolute(&server), absolute(&master), zone.serial, REFRESH, RETRY, EXPIRE, TTL);
    Record::from_rdata(absolute(&zone.domain), TTL, RData::SOA(data))
}

/// The address in a name below `in-addr.arpa` or `ip6.arpa`.
fn reversed(name: &str) -> Option<IpAddr> {
    if let Some(rest) = name.strip_suffix(".in-addr.arpa") {
        let mut octets = [0; 4];
        let labels: Vec<&str> = rest.split('.').collect();
        if labels.len() != octets.len() {
            return None;
        }
        for (octet, label) in octets.iter_mut().rev().zip(labels) {
            *octet = label.parse().ok()?;
        }
        return Some(Ipv4Addr::from(octets).into());
    }
    let nibbles: Vec<u128> = name
        .strip_suffix(".ip6.arpa")?
        .split('.')
        .map(|label| if label.len() == 1 { u128::from_str_radix(label, 16).ok() } else { None })
        .collect::<Option<_>>()?;
    if nibbles.len() != 32 {
        return None;
    }
    let number = nibbles.iter().rev().fold(0, |number, nibble| number << 4 | nibble);
    Some(Ipv6Addr::from(number).into())
}

fn reverse(name: &Name, address: IpAddr, zone: &Zone) -> Answer {
    let domain = |parts: &str| absolute(&format!("{parts}.svc.{}", zone.domain));
    let dotted =
        |key: &str| key.split_once('/').map(|(namespace, name)| format!("{name}.{namespace}")).unwrap_or_default();
    let names: Vec<Name> = match zone.service_at(address) {
        Some(key) => vec![domain(&dotted(key))],
        None => zone.endpoints_at(address).map(|(host, key)| domain(&format!("{host}.{}", dotted(key)))).collect(),
    };
    let mut answers: Vec<Record> = Vec::new();
    for target in names {
        let record = Record::from_rdata(name.clone(), TTL, RData::PTR(PTR(target)));
        if !answers.contains(&record) {
            answers.push(record);
        }
    }
    if answers.is_empty() { Answer::Elsewhere } else { Answer::Found { answers, additionals: Vec::new() } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::zone::{EndpointEntry, ServiceEntry, SliceEntry};
    use proptest::prelude::*;

    fn port(name: &str, port: u16) -> PortEntry {
        PortEntry { name: name.into(), protocol: "tcp".into(), port: Some(port) }
    }

    fn zone() -> Zone {
        let mut zone = Zone::new("Cluster.local.", vec!["10.96.0.10".parse().unwrap()]);
        zone.synced = true;
        ["default", "kube-system"].into_iter().for_each(|name| zone.set_namespace(name, true));
        let mut service = |key: &str, kind| {
            zone.set_service(key, Some(ServiceEntry { kind, ports: vec![port("http", 80), port("admin", 81)] }));
        };
        service("default/web", Kind::Cluster(vec!["10.96.0.7".parse().unwrap()]));
        service("default/db", Kind::Headless);
        service("default/empty", Kind::Headless);
        service("default/out", Kind::External("example.org".into()));
        service("default/in", Kind::External("web.default.svc.cluster.local".into()));
        service("default/loop", Kind::External("loop.default.svc.cluster.local".into()));
        let endpoint =
            |address: &str, host: &str| EndpointEntry { address: address.parse().unwrap(), host: host.into() };
        let endpoints = vec![endpoint("10.244.0.5", "db-0"), endpoint("10.244.0.6", "10-244-0-6")];
        let slice = SliceEntry { service: "default/db".into(), endpoints, ports: vec![port("sql", 5432)] };
        zone.set_slice("default/db-1", Some(slice));
        zone
    }

    fn show(answer: Answer) -> String {
        let data = |records: Vec<Record>| {
            records
                .iter()
                .map(|record| format!("{}={}", record.record_type(), record.data))
                .collect::<Vec<_>>()
                .join(" ")
        };
        match answer {
            Answer::Found { answers, additionals } if additionals.is_empty() => data(answers),
            Answer::Found { answers, additionals } => format!("{} + {}", data(answers), data(additionals)),
            Answer::Alias { answers, target } => format!("{} -> {target}", data(answers)),
            other => format!("{other:?}"),
        }
    }

    fn check(kind: RecordType, name: &str, expected: &str) {
        let name = Name::from_ascii(name).unwrap();
        assert_eq!(show(answer(&name, kind, &zone())), expected, "{kind} {name}");
    }

    #[test]
    fn services() {
        check(RecordType::A, "web.default.svc.cluster.local.", "A=10.96.0.7");
        check(RecordType::A, "WEB.default.SVC.cluster.LOCAL.", "A=10.96.0.7");
        check(RecordType::AAAA, "web.default.svc.cluster.local.", "NoData");
        check(RecordType::A, "db.default.svc.cluster.local.", "A=10.244.0.5 A=10.244.0.6");
        check(RecordType::A, "db-0.db.default.svc.cluster.local.", "A=10.244.0.5");
        check(RecordType::A, "10-244-0-6.db.default.svc.cluster.local.", "A=10.244.0.6");
        check(RecordType::A, "empty.default.svc.cluster.local.", "NoName");
        check(RecordType::A, "none.default.svc.cluster.local.", "NoName");
        check(RecordType::A, "web.nowhere.svc.cluster.local.", "NoName");
        check(RecordType::TXT, "web.default.svc.cluster.local.", "NoData");
        check(RecordType::A, "a.b.c.web.default.svc.cluster.local.", "NoName");
    }

    #[test]
    fn service_records() {
        check(
            RecordType::SRV,
            "_http._tcp.web.default.svc.cluster.local.",
            "SRV=0 100 80 web.default.svc.cluster.local. + A=10.96.0.7",
        );
        check(RecordType::SRV, "_http._udp.web.default.svc.cluster.local.", "NoName");
        check(
            RecordType::SRV,
            "web.default.svc.cluster.local.",
            "SRV=0 50 80 web.default.svc.cluster.local. SRV=0 50 81 web.default.svc.cluster.local. + A=10.96.0.7",
        );
        check(
            RecordType::SRV,
            "_sql._tcp.db.default.svc.cluster.local.",
            "SRV=0 50 5432 db-0.db.default.svc.cluster.local. SRV=0 50 5432 10-244-0-6.db.default.svc.cluster.local. + \
             A=10.244.0.5 A=10.244.0.6",
        );
    }

    #[test]
    fn external_names() {
        check(RecordType::A, "out.default.svc.cluster.local.", "CNAME=example.org. -> example.org.");
        check(RecordType::CNAME, "out.default.svc.cluster.local.", "CNAME=example.org.");
        check(RecordType::CNAME, "x.out.default.svc.cluster.local.", "NoName");
        check(RecordType::A, "in.default.svc.cluster.local.", "CNAME=web.default.svc.cluster.local. A=10.96.0.7");
        check(RecordType::A, "loop.default.svc.cluster.local.", "NoData");
        check(RecordType::SRV, "out.default.svc.cluster.local.", "NoData");
    }

    #[test]
    fn levels_of_the_domain() {
        check(RecordType::A, "cluster.local.", "NoData");
        check(RecordType::A, "svc.cluster.local.", "NoData");
        check(RecordType::A, "pod.cluster.local.", "NoData");
        check(RecordType::A, "default.svc.cluster.local.", "NoData");
        check(RecordType::A, "nowhere.svc.cluster.local.", "NoName");
        check(RecordType::A, "other.cluster.local.", "NoName");
        check(RecordType::TXT, "dns-version.cluster.local.", "TXT=1.1.0");
        check(RecordType::NS, "cluster.local.", "NS=ns.dns.cluster.local. + A=10.96.0.10");
        check(RecordType::A, "ns.dns.cluster.local.", "A=10.96.0.10");
        check(RecordType::AXFR, "cluster.local.", "Refused");
        check(RecordType::A, "notcluster.local.", "Elsewhere");
        check(RecordType::A, "example.org.", "Elsewhere");
    }

    #[test]
    fn pods() {
        check(RecordType::A, "10-244-0-9.default.pod.cluster.local.", "A=10.244.0.9");
        check(RecordType::AAAA, "fd00--9.default.pod.cluster.local.", "AAAA=fd00::9");
        check(RecordType::A, "fd00--9.default.pod.cluster.local.", "NoData");
        check(RecordType::A, "10-244-0.default.pod.cluster.local.", "NoName");
        check(RecordType::A, "10-244-0-9.nowhere.pod.cluster.local.", "NoName");
    }

    #[test]
    fn reverse_names() {
        check(RecordType::PTR, "7.0.96.10.in-addr.arpa.", "PTR=web.default.svc.cluster.local.");
        check(RecordType::PTR, "5.0.244.10.in-addr.arpa.", "PTR=db-0.db.default.svc.cluster.local.");
        check(RecordType::PTR, "1.1.1.1.in-addr.arpa.", "Elsewhere");
        check(RecordType::PTR, "1.1.1.in-addr.arpa.", "Elsewhere");
    }

    #[test]
    fn before_all_is_known_nothing_is_denied() {
        let mut zone = zone();
        zone.synced = false;
        let ask = |name: &str| answer(&Name::from_ascii(name).unwrap(), RecordType::A, &zone);
        assert_eq!(ask("none.default.svc.cluster.local."), Answer::NotReady);
        assert!(matches!(ask("web.default.svc.cluster.local."), Answer::Found { .. }));
    }

    proptest! {
        #[test]
        fn removing_everything_leaves_nothing(keys in proptest::collection::vec(("[ab]/[ab]", any::<bool>()), 0..20)) {
            let mut zone = Zone::new("cluster.local", Vec::new());
            let address: IpAddr = "10.0.0.1".parse().unwrap();
            let entry = |service: &str| SliceEntry {
                service: service.into(),
                endpoints: vec![EndpointEntry { address, host: "h".into() }],
                ports: Vec::new(),
            };
            for (key, there) in &keys {
                let service = ServiceEntry { kind: Kind::Cluster(vec![address]), ports: Vec::new() };
                zone.set_service(key, there.then_some(service));
                zone.set_slice(key, there.then(|| entry(key)));
            }
            for (key, _) in &keys {
                zone.set_service(key, None);
                zone.set_slice(key, None);
            }
            prop_assert_eq!(zone.service_at(address), None);
            prop_assert_eq!(zone.endpoints_at(address).count(), 0);
        }
    }
}
