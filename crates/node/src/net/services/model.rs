//! What the rules need to know of a Service, read off its object and its EndpointSlices.
use crate::net::cni::config::Cidr;
use k8s_openapi::api::{
    core::v1 as core,
    discovery::v1::{Endpoint as SliceEndpoint, EndpointSlice},
};
use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

/// Somebody else proxies a Service that carries this label.
const PROXY_NAME_LABEL: &str = "service.kubernetes.io/service-proxy-name";
/// Upstream's default of `sessionAffinityConfig.clientIP.timeoutSeconds`.
const AFFINITY_SECONDS: i32 = 10_800;

/// The node whose rules are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeView {
    pub name: String,
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
    /// Those that take new connections, in order.
    pub endpoints: Vec<Endpoint>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// `namespace/name`
    pub key: String,
    pub cluster_ip: Ipv4Addr,
    /// External and load balancer addresses.
    pub external_ips: Vec<Ipv4Addr>,
    pub internal_local: bool,
    pub external_local: bool,
    pub affinity: Option<Duration>,
    pub ports: Vec<Port>,
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
    let external = spec.external_ips.iter().flatten().chain(ours.filter_map(|ingress| ingress.ip.as_ref()));
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
        external_ips: external.filter_map(|text| text.parse().ok()).collect(),
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
    Some(Port {
        endpoints: endpoints(slices, &name, protocol, node),
        name,
        protocol,
        port: u16::try_from(port.port).ok()?,
        node_port: port.node_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0),
    })
}

/// The ready endpoints of a port, or where none is, those that still serve while they end.
fn endpoints(slices: &[&EndpointSlice], port_name: &str, protocol: u8, node: &NodeView) -> Vec<Endpoint> {
    let (mut ready, mut ending) = (BTreeMap::new(), BTreeMap::new());
    for slice in slices.iter().filter(|slice| slice.address_type == "IPv4") {
        let same = |port: &&k8s_openapi::api::discovery::v1::EndpointPort| {
            port.name.as_deref().unwrap_or_default() == port_name
                && protocol_number(port.protocol.as_deref()) == Some(protocol)
        };
        let Some(port) = slice.ports.iter().flatten().find(same).and_then(|port| u16::try_from(port.port?).ok()) else {
            continue;
        };
        for endpoint in slice.endpoints.iter().flatten() {
            let (is_ready, is_ending) = conditions(endpoint);
            let target = if is_ready {
                &mut ready
            } else if is_ending {
                &mut ending
            } else {
                continue;
            };
            let Some(address) = endpoint.addresses.first().and_then(|address| address.parse::<Ipv4Addr>().ok()) else {
                continue;
            };
            let local = endpoint.node_name.as_deref() == Some(&node.name);
            target.insert((address, port), Endpoint { address, port, local });
        }
    }
    if ready.is_empty() { ending } else { ready }.into_values().collect()
}

/// Ready; and serving though terminating.
fn conditions(endpoint: &SliceEndpoint) -> (bool, bool) {
    let Some(conditions) = &endpoint.conditions else { return (true, false) };
    let ready = conditions.ready.unwrap_or(true);
    let serving = conditions.serving.unwrap_or(ready);
    (ready, serving && conditions.terminating.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn node() -> NodeView {
        NodeView { name: "here".into(), cluster_cidr: None, node_port_addresses: Vec::new() }
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
