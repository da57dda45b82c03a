//! What the rules need to know of a Service, read off its object and its EndpointSlices.
use crate::net::cni::config::Cidr;
use k8s_openapi::api::{
    core::v1 as core,
    discovery::v1::{Endpoint as SliceEndpoint, EndpointSlice},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    time::Duration,
};

/// Somebody else proxies a Service that carries this label.
pub const PROXY_NAME_LABEL: &str = "service.kubernetes.io/service-proxy-name";
/// Upstream's default of `sessionAffinityConfig.clientIP.timeoutSeconds`.
const AFFINITY_SECONDS: i32 = 10_800;

/// The node whose rules are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeView {
    pub name: String,
    /// The node's own address; one of `loadBalancerSourceRanges` that holds it lets the node itself in.
    pub address: Option<Ipv4Addr>,
    /// Its label `topology.kubernetes.io/zone`.
    pub zone: Option<String>,
    /// Where pods are; traffic from elsewhere is masqueraded on its way to a ClusterIP.
    pub cluster_cidr: Option<Cidr>,
    /// Addresses that node ports answer on; none means all of the node's but loopback.
    pub node_port_addresses: Vec<Cidr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    pub address: Ipv4Addr,
    pub port: u16,
    /// On this node.
    pub local: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    pub name: String,
    /// `IPPROTO_…`
    pub protocol: u8,
    pub port: u16,
    pub node_port: Option<u16>,
    /// Those that take new connections under traffic policy Cluster, in order; none means that there is none anywhere.
    pub endpoints: Vec<Endpoint>,
    /// The same under policy Local.
    pub local: Vec<Endpoint>,
    /// Wherever a connection may go on: all that serve, also while they end and wherever they are.
    pub serving: BTreeSet<(Ipv4Addr, u16)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// `namespace/name`
    pub key: String,
    pub cluster_ip: Ipv4Addr,
    pub external_ips: Vec<Ipv4Addr>,
    /// The load balancer's addresses, as far as this node answers for them.
    pub balancer_ips: Vec<Ipv4Addr>,
    /// Who may come by the load balancer's addresses; none means everybody.
    pub source_ranges: Vec<Cidr>,
    pub health: Option<Health>,
    pub internal_local: bool,
    pub external_local: bool,
    pub affinity: Option<Duration>,
    pub ports: Vec<Port>,
}

/// What a load balancer may ask of a Service that keeps to its nodes' own endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `healthCheckNodePort`
    pub port: u16,
    /// Addresses of ready endpoints on this node.
    pub local_endpoints: usize,
}

impl Service {
    /// Addresses beside the ClusterIP.
    pub fn outer_ips(&self) -> impl Iterator<Item = Ipv4Addr> + '_ {
        self.external_ips.iter().chain(&self.balancer_ips).copied()
    }
}

/// None for a Service that has no rules: headless, of type ExternalName, without an IPv4 address, or another proxy's.
pub fn service(object: &core::Service, slices: &[&EndpointSlice], node: &NodeView) -> Option<Service> {
    let (metadata, spec) = (&object.metadata, object.spec.as_ref()?);
    let foreign = metadata.labels.as_ref().is_some_and(|labels| labels.contains_key(PROXY_NAME_LABEL));
    if foreign || spec.type_.as_deref() == Some("ExternalName") {
        return None;
    }
    let first = spec.cluster_ip.iter().chain(spec.cluster_ips.iter().flatten());
    let cluster_ip = first.filter_map(|text| text.parse().ok()).next()?;
    let balanced = object.status.iter().filter_map(|status| status.load_balancer.as_ref());
    let ingress = balanced.flat_map(|balancer| balancer.ingress.iter().flatten());
    // `Proxy` keeps the balancer's own way: its address is not answered for here.
    let ours = ingress.filter(|ingress| ingress.ip_mode.as_deref() != Some("Proxy"));
    let affinity = spec.session_affinity.as_deref() == Some("ClientIP");
    let seconds = spec.session_affinity_config.as_ref().and_then(|config| config.client_ip.as_ref()?.timeout_seconds);
    let seconds = u64::try_from(seconds.unwrap_or(AFFINITY_SECONDS)).unwrap_or(0);
    let local = |policy: &Option<String>| policy.as_deref() == Some("Local");
    Some(Service {
        key: format!(
            "{}/{}",
            metadata.namespace.as_deref().unwrap_or_default(),
            metadata.name.as_deref().unwrap_or_default()
        ),
        cluster_ip,
        external_ips: spec.external_ips.iter().flatten().filter_map(|text| text.parse().ok()).collect(),
        balancer_ips: ours.filter_map(|ingress| ingress.ip.as_ref()?.parse().ok()).collect(),
        source_ranges: source_ranges(object, spec),
        health: health(spec, slices, node),
        internal_local: local(&spec.internal_traffic_policy),
        external_local: local(&spec.external_traffic_policy),
        affinity: affinity.then(|| Duration::from_secs(seconds)),
        ports: spec.ports.iter().flatten().filter_map(|port| read_port(port, slices, node)).collect(),
    })
}

fn protocol_number(protocol: Option<&str>) -> Option<u8> {
    match protocol.unwrap_or("TCP") {
        "TCP" => Some(6),
        "UDP" => Some(17),
        "SCTP" => Some(132),
        _ => None,
    }
}

fn read_port(port: &core::ServicePort, slices: &[&EndpointSlice], node: &NodeView) -> Option<Port> {
    let name = port.name.clone().unwrap_or_default();
    let protocol = protocol_number(port.protocol.as_deref())?;
    let all = candidates(slices, &name, protocol, node);
    let (endpoints, local) = endpoints(&all, node);
    Some(Port {
        endpoints,
        local,
        serving: all.iter().filter(|it| it.serving).map(|it| (it.endpoint.address, it.endpoint.port)).collect(),
        name,
        protocol,
        port: u16::try_from(port.port).ok()?,
        node_port: port.node_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0),
    })
}

/// `loadBalancerSourceRanges`, or the annotation that was there before it; those of the other family are left out.
fn source_ranges(object: &core::Service, spec: &core::ServiceSpec) -> Vec<Cidr> {
    const ANNOTATION: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let given: Vec<&str> = spec.load_balancer_source_ranges.iter().flatten().map(String::as_str).collect();
    let annotated = object.metadata.annotations.as_ref().and_then(|annotations| annotations.get(ANNOTATION));
    let texts = if given.is_empty() { annotated.into_iter().flat_map(|text| text.split(',')).collect() } else { given };
    texts.into_iter().filter_map(|text| text.trim().parse().ok()).collect()
}

fn health(spec: &core::ServiceSpec, slices: &[&EndpointSlice], node: &NodeView) -> Option<Health> {
    let asked =
        spec.type_.as_deref() == Some("LoadBalancer") && spec.external_traffic_policy.as_deref() == Some("Local");
    let port = spec.health_check_node_port.filter(|_| asked).and_then(|port| u16::try_from(port).ok())?;
    let endpoints = slices.iter().filter(|slice| slice.address_type == "IPv4");
    let endpoints = endpoints.flat_map(|slice| slice.endpoints.iter().flatten());
    let ready = endpoints.filter(|it| it.node_name.as_deref() == Some(&node.name) && is_ready(it));
    let addresses: BTreeSet<&String> = ready.filter_map(|endpoint| endpoint.addresses.first()).collect();
    Some(Health { port, local_endpoints: addresses.len() }).filter(|health| health.port != 0)
}

/// An endpoint of one port, as a slice tells it.
struct Candidate<'a> {
    endpoint: Endpoint,
    of: &'a SliceEndpoint,
    ready: bool,
    serving: bool,
    terminating: bool,
}

impl Candidate<'_> {
    /// Serving though terminating.
    fn is_ending(&self) -> bool {
        self.serving && self.terminating
    }
}

/// All endpoints of a port. Of several under one address the last counts, but one that ends never in the place of another:
/// the address may have been given to a new pod already.
fn candidates<'a>(slices: &[&'a EndpointSlice], port_name: &str, protocol: u8, node: &NodeView) -> Vec<Candidate<'a>> {
    let mut found = BTreeMap::new();
    for slice in slices.iter().filter(|slice| slice.address_type == "IPv4") {
        let same = |port: &&k8s_openapi::api::discovery::v1::EndpointPort| {
            port.name.as_deref().unwrap_or_default() == port_name
                && protocol_number(port.protocol.as_deref()) == Some(protocol)
        };
        let Some(port) = slice.ports.iter().flatten().find(same).and_then(|port| u16::try_from(port.port?).ok()) else {
            continue;
        };
        for of in slice.endpoints.iter().flatten() {
            let Some(address) = of.addresses.first().and_then(|address| address.parse::<Ipv4Addr>().ok()) else {
                continue;
            };
            let conditions = of.conditions.as_ref();
            let terminating = conditions.and_then(|it| it.terminating).unwrap_or(false);
            if terminating && found.contains_key(&(address, port)) {
                continue;
            }
            let local = of.node_name.as_deref() == Some(&node.name);
            let serving = conditions.and_then(|it| it.serving).unwrap_or(true);
            let endpoint = Endpoint { address, port, local };
            found.insert((address, port), Candidate { endpoint, of, ready: is_ready(of), serving, terminating });
        }
    }
    found.into_values().collect()
}

/// Where connections under policy Cluster go: the ready endpoints that are meant for this node, or where none is ready,
/// those that still serve while they end. And under policy Local: the same of the node's own.
fn endpoints(all: &[Candidate<'_>], node: &NodeView) -> (Vec<Endpoint>, Vec<Endpoint>) {
    let pick = |which: &dyn Fn(&Candidate<'_>) -> bool| -> Vec<Endpoint> {
        all.iter().filter(|it| which(it)).map(|it| it.endpoint).collect()
    };
    let or = |first: Vec<Endpoint>, second: Vec<Endpoint>| if first.is_empty() { second } else { first };
    let nearness = Nearness::of(all, node);
    (
        or(pick(&|it| it.ready && nearness.admits(it.of, node)), pick(&|it| it.is_ending())),
        or(pick(&|it| it.endpoint.local && it.ready), pick(&|it| it.endpoint.local && it.is_ending())),
    )
}

/// How far the hints of `trafficDistribution` keep traffic near.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nearness {
    Anywhere,
    SameZone,
    SameNode,
}

impl Nearness {
    /// Hints count when every ready endpoint has one of the kind and some are for this node or its zone.
    fn of(all: &[Candidate<'_>], node: &NodeView) -> Self {
        let counts = |is_hinted: fn(&SliceEndpoint) -> bool, near: Self| {
            let mut ready = all.iter().filter(|it| it.ready);
            ready.clone().all(|it| is_hinted(it.of)) && ready.any(|it| near.admits(it.of, node))
        };
        if counts(|it| !node_hints(it).is_empty(), Self::SameNode) {
            Self::SameNode
        } else if counts(|it| !zone_hints(it).is_empty(), Self::SameZone) {
            Self::SameZone
        } else {
            Self::Anywhere
        }
    }

    fn admits(self, endpoint: &SliceEndpoint, node: &NodeView) -> bool {
        match self {
            Self::Anywhere => true,
            Self::SameZone => node.zone.as_deref().is_some_and(|zone| zone_hints(endpoint).contains(&zone)),
            Self::SameNode => node_hints(endpoint).contains(&node.name.as_str()),
        }
    }
}

fn zone_hints(endpoint: &SliceEndpoint) -> Vec<&str> {
    let hints = endpoint.hints.as_ref().and_then(|hints| hints.for_zones.as_ref());
    hints.into_iter().flatten().map(|hint| hint.name.as_str()).collect()
}

fn node_hints(endpoint: &SliceEndpoint) -> Vec<&str> {
    let hints = endpoint.hints.as_ref().and_then(|hints| hints.for_nodes.as_ref());
    hints.into_iter().flatten().map(|hint| hint.name.as_str()).collect()
}

fn is_ready(endpoint: &SliceEndpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn node() -> NodeView {
        NodeView { name: "here".into(), zone: Some("z1".into()), ..NodeView::default() }
    }

    fn read(spec: &Value, slices: &[Value]) -> Option<Service> {
        let object = json!({"metadata": {"name": "web", "namespace": "default"}, "spec": spec});
        let object: core::Service = serde_json::from_value(object).unwrap();
        let slices: Vec<EndpointSlice> =
            slices.iter().map(|slice| serde_json::from_value(slice.clone()).unwrap()).collect();
        service(&object, &slices.iter().collect::<Vec<_>>(), &node())
    }

    fn slice(endpoints: &Value) -> Value {
        json!({
            "metadata": {"name": "web-1"},
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": endpoints,
        })
    }

    fn spec() -> Value {
        json!({"clusterIP": "10.96.0.7", "ports": [{"name": "http", "port": 80, "nodePort": 30080}]})
    }

    /// Endpoints as `address/local`.
    fn check(endpoints: &Value, expected: &[&str]) {
        let found = read(&spec(), &[slice(endpoints)]).unwrap();
        let shown: Vec<String> =
            found.ports[0].endpoints.iter().map(|it| format!("{}/{}", it.address, it.local)).collect();
        assert_eq!(shown, expected, "{endpoints}");
    }

    #[test]
    fn ready_endpoints_are_taken_and_ending_ones_only_where_none_is_ready() {
        let ready = json!({"addresses": ["10.0.0.1"], "nodeName": "here", "conditions": {"ready": true}});
        let unknown = json!({"addresses": ["10.0.0.2"], "nodeName": "there"});
        let unready = json!({"addresses": ["10.0.0.3"], "conditions": {"ready": false}});
        let ending = json!({
            "addresses": ["10.0.0.4"], "conditions": {"ready": false, "serving": true, "terminating": true},
        });
        let ended = json!({
            "addresses": ["10.0.0.5"], "conditions": {"ready": false, "serving": false, "terminating": true},
        });
        check(&json!([ready, unknown, unready, ending, ended]), &["10.0.0.1/true", "10.0.0.2/false"]);
        check(&json!([unready, ending, ended]), &["10.0.0.4/false"]);
        check(&json!([unready, ended]), &[]);
        check(&json!([ready, ready]), &["10.0.0.1/true"]);
        check(&Value::Null, &[]);
        // A new pod may have the address of one that ends.
        let heir = json!({"addresses": ["10.0.0.4"]});
        check(&json!([heir, ending]), &["10.0.0.4/false"]);
        check(&json!([ending, heir]), &["10.0.0.4/false"]);
    }

    #[test]
    fn connections_go_on_wherever_it_is_served() {
        let at = |address: &str, conditions: Value| json!({"addresses": [address], "conditions": conditions});
        let endpoints = json!([
            {"addresses": ["10.0.0.1"], "hints": {"forZones": [{"name": "z1"}]}},
            {"addresses": ["10.0.0.2"], "hints": {"forZones": [{"name": "z2"}]}},
            at("10.0.0.3", json!({"ready": false, "serving": true, "terminating": true})),
            at("10.0.0.4", json!({"ready": false, "serving": false})),
            at("10.0.0.5", json!({"ready": false, "serving": false, "terminating": true})),
        ]);
        let found = read(&spec(), &[slice(&endpoints)]).unwrap();
        let shown: Vec<u8> = found.ports[0].serving.iter().map(|(address, _)| address.octets()[3]).collect();
        assert_eq!(shown, [1, 2, 3]);
        assert_eq!(found.ports[0].endpoints.len(), 1);
    }

    #[test]
    fn the_nodes_own_endpoints_fall_back_for_themselves() {
        let at = |address: &str, node: &str, ready: bool| {
            let conditions = json!({"ready": ready, "serving": true, "terminating": !ready});
            json!({"addresses": [address], "nodeName": node, "conditions": conditions})
        };
        let check = |endpoints: &Value, expected: &[&str]| {
            let found = read(&spec(), &[slice(endpoints)]).unwrap();
            let shown: Vec<String> = found.ports[0].local.iter().map(|it| it.address.to_string()).collect();
            assert_eq!(shown, expected, "{endpoints}");
        };
        check(&json!([at("10.0.0.1", "here", true), at("10.0.0.2", "here", false)]), &["10.0.0.1"]);
        check(&json!([at("10.0.0.1", "there", true), at("10.0.0.2", "here", false)]), &["10.0.0.2"]);
        check(&json!([at("10.0.0.1", "there", true)]), &[]);
    }

    #[test]
    fn hints_keep_traffic_near_when_all_have_them() {
        let at = |address: &str, zone: Option<&str>, node: Option<&str>| {
            let names = |name: Option<&str>| name.map(|name| json!([{"name": name}]));
            json!({"addresses": [address], "hints": {"forZones": names(zone), "forNodes": names(node)}})
        };
        let (one, two) = (at("10.0.0.1", Some("z1"), None), at("10.0.0.2", Some("z2"), None));
        check(&json!([one, two]), &["10.0.0.1/false"]);
        check(&json!([two]), &["10.0.0.2/false"]);
        check(&json!([one, at("10.0.0.3", None, None)]), &["10.0.0.1/false", "10.0.0.3/false"]);
        let here = at("10.0.0.4", Some("z2"), Some("here"));
        check(&json!([here, at("10.0.0.5", Some("z1"), Some("there"))]), &["10.0.0.4/false"]);
        check(&json!([here, one]), &["10.0.0.1/false"]);
    }

    #[test]
    fn load_balancers() {
        let mut spec = spec();
        spec["type"] = "LoadBalancer".into();
        spec["loadBalancerSourceRanges"] = json!(["192.0.2.0/24", " 198.51.100.7/32", "fd00::/8"]);
        spec["healthCheckNodePort"] = 30_999.into();
        assert_eq!(read(&spec, &[]).unwrap().health, None);
        spec["externalTrafficPolicy"] = "Local".into();
        let ready = |address: &str, node: &str| json!({"addresses": [address], "nodeName": node});
        let endpoints = json!([ready("10.0.0.1", "here"), ready("10.0.0.1", "here"), ready("10.0.0.2", "there")]);
        let found = read(&spec, &[slice(&endpoints)]).unwrap();
        assert_eq!(found.health, Some(Health { port: 30_999, local_endpoints: 1 }));
        let ranges: Vec<String> = found.source_ranges.iter().map(ToString::to_string).collect();
        assert_eq!(ranges, ["192.0.2.0/24", "198.51.100.7/32"]);
    }

    #[test]
    fn ports_are_matched_by_name_and_protocol() {
        let endpoints = json!([{"addresses": ["10.0.0.1"]}]);
        let other = json!({"clusterIP": "10.96.0.7", "ports": [{"name": "admin", "port": 81}]});
        assert_eq!(read(&other, &[slice(&endpoints)]).unwrap().ports[0].endpoints, []);
        let udp = json!({"clusterIP": "10.96.0.7", "ports": [{"name": "http", "port": 80, "protocol": "UDP"}]});
        assert_eq!(read(&udp, &[slice(&endpoints)]).unwrap().ports[0].endpoints, []);
        let mut v6 = slice(&endpoints);
        v6["addressType"] = "IPv6".into();
        assert_eq!(read(&spec(), &[v6]).unwrap().ports[0].endpoints, []);
    }

    #[test]
    fn services_without_rules() {
        assert_eq!(read(&json!({"clusterIP": "None"}), &[]), None);
        assert_eq!(read(&json!({"type": "ExternalName", "externalName": "example.org"}), &[]), None);
        assert_eq!(read(&json!({"clusterIP": "fd00::7"}), &[]), None);
        assert_eq!(read(&json!({}), &[]), None);
    }

    #[test]
    fn policies_and_affinity() {
        let mut spec = spec();
        spec["internalTrafficPolicy"] = "Local".into();
        spec["externalTrafficPolicy"] = "Cluster".into();
        spec["externalIPs"] = json!(["192.0.2.1"]);
        let found = read(&spec, &[]).unwrap();
        assert!(found.internal_local && !found.external_local && found.affinity.is_none());
        assert_eq!(found.external_ips, [Ipv4Addr::new(192, 0, 2, 1)]);
        spec["sessionAffinity"] = "ClientIP".into();
        assert_eq!(read(&spec, &[]).unwrap().affinity, Some(Duration::from_secs(10_800)));
        spec["sessionAffinityConfig"] = json!({"clientIP": {"timeoutSeconds": 60}});
        assert_eq!(read(&spec, &[]).unwrap().affinity, Some(Duration::from_secs(60)));
    }
}
