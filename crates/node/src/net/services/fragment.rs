//! The part of the table that belongs to one Service.
use super::{
    MASQUERADE_MARK, NodeView,
    model::{Endpoint, Port, Service},
    skeleton::{
        CLUSTER_IPS, FIREWALL, HAIRPINS, NO_ENDPOINT_NODE_PORTS, NO_ENDPOINT_SERVICES, NODE_PORTS, REJECT, SERVICES,
    },
};
use crate::net::nft::{Data, Datum, Field, Key, Load, Name, Rule, Set, Side, Statement, Value, Verdict};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

/// Chains and sets are named by hash and, to be read, by the Service; the kernel's bound is 255 bytes.
const NAME_BYTES_MAX: usize = 200;

/// Chains and sets of one Service, and its elements in the common sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fragment {
    pub chains: BTreeMap<Name, Vec<Rule>>,
    pub sets: BTreeMap<Name, Set>,
    pub elements: BTreeMap<(&'static str, Key), Option<Datum>>,
}

/// Makes a Service's part.
pub fn fragment(service: &Service, node: &NodeView) -> Fragment {
    let mut fragment = Fragment::default();
    fragment.elements.insert((CLUSTER_IPS, address(service.cluster_ip)), None);
    for port in &service.ports {
        PortRules { service, port, node, fragment: &mut fragment }.write();
    }
    fragment
}

fn address(address: Ipv4Addr) -> Key {
    Key::from_slice(&[Value::Address(address)])
}

fn protocol_name(protocol: u8) -> &'static str {
    match protocol {
        6 => "tcp",
        17 => "udp",
        _ => "sctp",
    }
}

/// `kind-hash-namespace/name/protocol/port`, the same for the same port everywhere.
fn name(kind: &str, service: &Service, port: &Port, endpoint: Option<&Endpoint>) -> Name {
    let mut text = format!("{}/{}/{}", service.key, protocol_name(port.protocol), port.name);
    if let Some(endpoint) = endpoint {
        text = format!("{text}__{}/{}", endpoint.address, endpoint.port);
    }
    let digest = Sha256::digest(&text);
    let hash = digest.iter().take(5).fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    let mut name = format!("{kind}-{hash}-{text}");
    name.truncate(NAME_BYTES_MAX);
    name.into()
}

fn goto(chain: impl Into<Name>) -> Verdict {
    Verdict::Goto(chain.into())
}

struct PortRules<'a> {
    service: &'a Service,
    port: &'a Port,
    node: &'a NodeView,
    fragment: &'a mut Fragment,
}

impl PortRules<'_> {
    fn write(&mut self) {
        let (all, local) = (&self.port.endpoints, &self.port.local);
        for endpoint in all.iter().chain(local).filter(|endpoint| endpoint.local) {
            let pair = [Value::Address(endpoint.address), Value::Address(endpoint.address)];
            self.fragment.elements.insert((HAIRPINS, Key::from_slice(&pair)), None);
        }
        let nothing = || if all.is_empty() { goto(REJECT) } else { Verdict::Drop };
        let inside = if self.service.internal_local { local } else { all };
        let internal = if inside.is_empty() { None } else { Some(self.balance("service", inside, true)) };
        match &internal {
            Some(chain) => self.service_element(SERVICES, self.service.cluster_ip, goto(chain.clone())),
            None => self.service_element(NO_ENDPOINT_SERVICES, self.service.cluster_ip, nothing()),
        }
        if self.service.outer_ips().next().is_none() && self.port.node_port.is_none() {
            return;
        }
        if !all.is_empty() {
            let chain = self.external(internal);
            self.external_elements(SERVICES, NODE_PORTS, &goto(chain));
        }
        if all.is_empty() || (self.service.external_local && local.is_empty()) {
            self.external_elements(NO_ENDPOINT_SERVICES, NO_ENDPOINT_NODE_PORTS, &nothing());
        }
        if !self.service.source_ranges.is_empty() && !self.service.balancer_ips.is_empty() {
            self.firewall();
        }
    }

    /// Lets only some come by the load balancer's addresses.
    fn firewall(&mut self) {
        let (chain, ranges) = (name("firewall", self.service, self.port, None), &self.service.source_ranges);
        let from = |address, prefix| {
            let within = Statement::InNetwork { side: Side::Source, address, prefix, negate: false };
            vec![within, Statement::Verdict(Verdict::Return)]
        };
        let mut rules: Vec<Rule> = ranges.iter().map(|range| from(range.address, range.prefix)).collect();
        // What a node sends to such an address carries that address, where it is the node's own.
        if self.node.address.is_some_and(|own| ranges.iter().any(|range| range.contains(own))) {
            rules.extend(self.service.balancer_ips.iter().map(|address| from(*address, 32)));
        }
        rules.push(vec![Statement::Verdict(Verdict::Drop)]);
        self.fragment.chains.insert(chain.clone(), rules);
        for address in &self.service.balancer_ips {
            self.service_element(FIREWALL, *address, goto(chain.clone()));
        }
    }

    fn service_element(&mut self, set: &'static str, to: Ipv4Addr, verdict: Verdict) {
        let key = [Value::Address(to), Value::Protocol(self.port.protocol), Value::Port(self.port.port)];
        self.fragment.elements.insert((set, Key::from_slice(&key)), Some(Datum::Verdict(verdict)));
    }

    fn external_elements(&mut self, services: &'static str, node_ports: &'static str, verdict: &Verdict) {
        for to in self.service.outer_ips() {
            self.service_element(services, to, verdict.clone());
        }
        if let Some(port) = self.port.node_port {
            let key = Key::from_slice(&[Value::Protocol(self.port.protocol), Value::Port(port)]);
            self.fragment.elements.insert((node_ports, key), Some(Datum::Verdict(verdict.clone())));
        }
    }

    /// A chain that sends connections to endpoints.
    fn balance(&mut self, kind: &str, endpoints: &[Endpoint], masquerades: bool) -> Name {
        let chain = name(kind, self.service, self.port, None);
        let mut rules: Vec<Rule> = Vec::new();
        if let (true, Some(cidr)) = (masquerades, self.node.cluster_cidr) {
            let outside =
                Statement::InNetwork { side: Side::Source, address: cidr.address, prefix: cidr.prefix, negate: true };
            let to = Value::Address(self.service.cluster_ip);
            let through_cluster_ip = Statement::Is { load: Load::Destination, value: to };
            rules.push(vec![through_cluster_ip, outside, Statement::SetMark(MASQUERADE_MARK)]);
        }
        match self.service.affinity {
            None => {
                let places = endpoints.iter().map(|endpoint| (endpoint.address, endpoint.port)).collect();
                rules.push(vec![self.is_protocol(), Statement::RandomDestination(places)]);
            }
            Some(time) => rules.extend(self.sticky(endpoints, time)),
        }
        self.fragment.chains.insert(chain.clone(), rules);
        chain
    }

    fn is_protocol(&self) -> Statement {
        Statement::Is { load: Load::Protocol, value: Value::Protocol(self.port.protocol) }
    }

    /// Session affinity: a source goes where it went before, as long as that endpoint is there and the time has not run
    /// out.
    fn sticky(&mut self, endpoints: &[Endpoint], time: Duration) -> Vec<Rule> {
        let (mut rules, mut chains) = (Vec::new(), Vec::new());
        for endpoint in endpoints {
            // Another time makes another set: the kernel cannot change a set's.
            let seen = name(&format!("affinity-{}", time.as_secs()), self.service, self.port, Some(endpoint));
            let chain = name("endpoint", self.service, self.port, Some(endpoint));
            let set = Set { name: seen.clone(), key: &[Field::Address], data: Data::None, timeout: Some(time) };
            self.fragment.sets.insert(seen.clone(), set);
            let place = vec![(endpoint.address, endpoint.port)];
            let send = vec![
                Statement::RememberSource { set: seen.clone(), timeout: time },
                self.is_protocol(),
                Statement::RandomDestination(place),
            ];
            self.fragment.chains.insert(chain.clone(), vec![send]);
            rules.push(vec![
                Statement::InSet { loads: &[Load::Source], set: seen, negate: false },
                Statement::Verdict(goto(chain.clone())),
            ]);
            chains.push(goto(chain));
        }
        rules.push(vec![Statement::RandomVerdict(chains)]);
        rules
    }

    /// The chain of what comes by a node port or an external address.
    fn external(&mut self, internal: Option<Name>) -> Name {
        let chain = name("external", self.service, self.port, None);
        let (all, local) = (&self.port.endpoints, &self.port.local);
        // Node ports lead to every endpoint, also where the ClusterIP keeps to the node's own.
        let whole = match (internal, self.service.internal_local) {
            (Some(internal), false) => internal,
            _ => self.balance("cluster", all, false),
        };
        let mark = Statement::SetMark(MASQUERADE_MARK);
        let on = Statement::Verdict(goto(whole));
        let mut rules: Vec<Rule> = Vec::new();
        if self.service.external_local {
            if let Some(cidr) = self.node.cluster_cidr {
                let pods = Statement::InNetwork {
                    side: Side::Source,
                    address: cidr.address,
                    prefix: cidr.prefix,
                    negate: false,
                };
                rules.push(vec![pods, on.clone()]);
            }
            let own = Statement::IsLocal { side: Side::Source, negate: false };
            rules.push(vec![own.clone(), mark]);
            rules.push(vec![own, on]);
            if !local.is_empty() {
                rules.push(vec![Statement::Verdict(goto(self.balance("local", local, false)))]);
            }
        } else {
            rules.push(vec![mark]);
            rules.push(vec![on]);
        }
        self.fragment.chains.insert(chain.clone(), rules);
        chain
    }
}
