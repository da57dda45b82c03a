//! The table without any Service: sets, maps and the chains that the kernel enters.
use super::{MASQUERADE_MARK, NodeView};
use crate::net::{
    cni::config::Cidr,
    nft::{Base, Chain, ChainType, Change, Data, Field, Hook, Load, Name, Rule, Set, Side, Statement, Verdict},
};

pub const TABLE: &str = "skeg";

/// `(address, protocol, port)` → the chain of a Service's port.
pub const SERVICES: &str = "service-ips";
/// `(protocol, port)` → the chain of a node port.
pub const NODE_PORTS: &str = "service-nodeports";
/// The same keys where nothing can answer → what happens instead.
pub const NO_ENDPOINT_SERVICES: &str = "no-endpoint-services";
pub const NO_ENDPOINT_NODE_PORTS: &str = "no-endpoint-nodeports";
/// All ClusterIPs: what nothing was found for ends here.
pub const CLUSTER_IPS: &str = "cluster-ips";
/// Pairs of a local endpoint's address with itself.
pub const HAIRPINS: &str = "hairpin";
/// `(address, protocol, port)` of a load balancer → the chain that lets only some in.
pub const FIREWALL: &str = "firewall-ips";
pub const REJECT: &str = "reject-chain";

pub const PLACE: &[Load] = &[Load::Destination, Load::Protocol, Load::DestinationPort];
const NODE_PLACE: &[Load] = &[Load::Protocol, Load::DestinationPort];

const DESTINATION_NAT: i32 = -100;
const SOURCE_NAT: i32 = 100;
/// Before the destination is rewritten where a connection comes in or begins.
const BEFORE_NAT: i32 = -110;
const AFTER_NAT: i32 = -90;

fn sets() -> Vec<Set> {
    let set = |name: &'static str, key, data| Set { name: name.into(), key, data, timeout: None };
    let place = &[Field::Address, Field::Protocol, Field::Port];
    let node_place = &[Field::Protocol, Field::Port];
    vec![
        set(SERVICES, place, Data::Verdict),
        set(NODE_PORTS, node_place, Data::Verdict),
        set(NO_ENDPOINT_SERVICES, place, Data::Verdict),
        set(NO_ENDPOINT_NODE_PORTS, node_place, Data::Verdict),
        set(FIREWALL, place, Data::Verdict),
        set(CLUSTER_IPS, &[Field::Address], Data::None),
        set(HAIRPINS, &[Field::Address, Field::Address], Data::None),
    ]
}

/// Conditions under which a packet's destination is an address for node ports, one rule each.
fn node_port_matches(node: &NodeView) -> Vec<Rule> {
    let local = Statement::IsLocal { side: Side::Destination, negate: false };
    let within = |cidr: &Cidr, negate| Statement::InNetwork {
        side: Side::Destination,
        address: cidr.address,
        prefix: cidr.prefix,
        negate,
    };
    match &node.node_port_addresses[..] {
        [] => {
            let loopback = Cidr { address: std::net::Ipv4Addr::new(127, 0, 0, 0), prefix: 8 };
            vec![vec![local, within(&loopback, true)]]
        }
        some => some.iter().map(|cidr| vec![local.clone(), within(cidr, false)]).collect(),
    }
}

fn vmap(loads: &'static [Load], map: &'static str) -> Statement {
    Statement::VerdictMap { loads, map: map.into() }
}

fn node_port_rules(node: &NodeView, map: &'static str) -> Vec<Rule> {
    let mut rules = node_port_matches(node);
    rules.iter_mut().for_each(|rule| rule.push(vmap(NODE_PLACE, map)));
    rules
}

fn jump(chain: &'static str) -> Statement {
    Statement::Verdict(Verdict::Jump(chain.into()))
}

/// The whole table for a node without Services.
pub fn skeleton(node: &NodeView) -> Change {
    let chain = |name: &'static str, base: Option<(ChainType, Hook, i32)>| Chain {
        name: name.into(),
        base: base.map(|(kind, hook, priority)| Base { kind, hook, priority }),
    };
    let (nat, filter) = (ChainType::Nat, ChainType::Filter);
    let mut services = vec![vec![vmap(PLACE, SERVICES)]];
    services.extend(node_port_rules(node, NODE_PORTS));
    let new = |statement| vec![Statement::NewConnection, statement];
    let no_endpoint = vec![vec![vmap(PLACE, NO_ENDPOINT_SERVICES)]];
    let cluster_ips = vec![vec![
        Statement::InSet { loads: &[Load::Destination], set: CLUSTER_IPS.into(), negate: false },
        Statement::Reject,
    ]];
    let masquerading = vec![
        vec![Statement::TakeMark(MASQUERADE_MARK), Statement::Masquerade],
        vec![
            Statement::DestinationTranslated,
            Statement::InSet { loads: &[Load::Source, Load::Destination], set: HAIRPINS.into(), negate: false },
            Statement::Masquerade,
        ],
    ];
    let rules: Vec<(&'static str, Vec<Rule>)> = vec![
        ("services", services),
        ("service-endpoints-check", no_endpoint),
        ("nodeport-endpoints-check", node_port_rules(node, NO_ENDPOINT_NODE_PORTS)),
        ("cluster-ips-check", cluster_ips),
        (REJECT, vec![vec![Statement::Reject]]),
        ("nat-prerouting", vec![vec![jump("services")]]),
        ("nat-output", vec![vec![jump("services")]]),
        ("nat-postrouting", masquerading),
        ("filter-input", vec![new(jump("nodeport-endpoints-check")), new(jump("service-endpoints-check"))]),
        ("filter-forward", vec![new(jump("service-endpoints-check")), new(jump("cluster-ips-check"))]),
        ("firewall-check", vec![vec![vmap(PLACE, FIREWALL)]]),
        ("filter-prerouting", vec![new(jump("firewall-check"))]),
        ("filter-output", vec![new(jump("firewall-check"))]),
        ("filter-output-post-dnat", vec![new(jump("service-endpoints-check")), new(jump("cluster-ips-check"))]),
    ];
    Change {
        add_sets: sets(),
        add_chains: vec![
            chain("services", None),
            chain("service-endpoints-check", None),
            chain("nodeport-endpoints-check", None),
            chain("cluster-ips-check", None),
            chain(REJECT, None),
            chain("nat-prerouting", Some((nat, Hook::Prerouting, DESTINATION_NAT))),
            chain("nat-output", Some((nat, Hook::Output, DESTINATION_NAT))),
            chain("nat-postrouting", Some((nat, Hook::Postrouting, SOURCE_NAT))),
            chain("firewall-check", None),
            chain("filter-prerouting", Some((filter, Hook::Prerouting, BEFORE_NAT))),
            chain("filter-input", Some((filter, Hook::Input, BEFORE_NAT))),
            chain("filter-forward", Some((filter, Hook::Forward, BEFORE_NAT))),
            chain("filter-output", Some((filter, Hook::Output, BEFORE_NAT))),
            chain("filter-output-post-dnat", Some((filter, Hook::Output, AFTER_NAT))),
        ],
        rules: rules.into_iter().map(|(chain, rules)| (Name::from(chain), rules)).collect(),
        ..Change::default()
    }
}
