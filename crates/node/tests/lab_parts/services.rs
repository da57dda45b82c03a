//! Services with real traffic: pods of this node, an endpoint of another node, clients in the cluster and outside of it.
use super::{NODE_ADDRESS, RunningPod, nft};
use k8s_openapi::api::{core::v1 as core, discovery::v1::EndpointSlice};
use serde_json::{Value, from_value, json};
use skeg_node::net::{
    nft::{Kernel, PacketFilter, Start},
    services::{self, NodeView, Ruleset},
};
use skeg_testing::traffic::{PORT, Place};
use std::path::Path;

const OUTSIDE: &str = "192.0.2.2";
const OUTSIDE_TOO: &str = "192.0.2.3";
const FAR: &str = "10.244.9.2";
const BALANCER: &str = "203.0.113.1";
const EXTERNAL: &str = "203.0.113.2";

/// The packet filter with the Services of one case.
struct Filter {
    kernel: Kernel,
    ruleset: Ruleset,
    node: NodeView,
}

impl Filter {
    fn new() -> Self {
        let node = NodeView {
            name: "node".into(),
            address: Some(NODE_ADDRESS),
            cluster_cidr: "10.244.0.0/16".parse().ok(),
            ..NodeView::default()
        };
        let mut kernel = Kernel::open(services::TABLE).unwrap();
        kernel.apply(Start::Replace, &services::skeleton(&node)).unwrap();
        Self { kernel, ruleset: Ruleset::default(), node }
    }

    /// Puts the one Service in force as its object and its slice say.
    fn set(&mut self, spec: Value, endpoints: &[Value]) {
        let mut all = json!({
            "clusterIP": "10.96.0.50",
            "type": "LoadBalancer",
            "externalIPs": [EXTERNAL],
            "ports": [
                {"name": "t", "port": 80, "nodePort": 30050, "protocol": "TCP"},
                {"name": "u", "port": 80, "nodePort": 30050, "protocol": "UDP"},
            ],
        });
        all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        let object: core::Service = from_value(json!({
            "metadata": {"name": "web", "namespace": "default"},
            "spec": all,
            "status": {"loadBalancer": {"ingress": [{"ip": BALANCER}]}},
        }))
        .unwrap();
        let slice: EndpointSlice = from_value(json!({
            "metadata": {"name": "web-1"},
            "addressType": "IPv4",
            "ports": [
                {"name": "t", "port": PORT, "protocol": "TCP"},
                {"name": "u", "port": PORT, "protocol": "UDP"},
            ],
            "endpoints": endpoints,
        }))
        .unwrap();
        let found = services::service(&object, &[&slice], &self.node).unwrap();
        let updates = [(found.key.clone(), Some(services::fragment(&found, &self.node)))];
        self.kernel.apply(Start::Present, &self.ruleset.replace(updates.into())).unwrap();
    }
}

fn ready(address: &str, node: &str) -> Value {
    json!({"addresses": [address], "nodeName": node})
}

fn ending(address: &str, node: &str) -> Value {
    let conditions = json!({"ready": false, "serving": true, "terminating": true});
    json!({"addresses": [address], "nodeName": node, "conditions": conditions})
}

struct World {
    filter: Filter,
    one: String,
    two: String,
    pod: Place,
    node: Place,
    outside: Place,
}

impl World {
    fn check(&self, place: &Place, from: &str, to: &str, expected: &[&str]) {
        for protocol in ["tcp", "udp"] {
            // A dropped or refused packet needs no second; of several endpoints all must be seen.
            let count = if expected.len() > 1 { 30 } else { 3 };
            let seen = place.ask(protocol, from, to, count);
            let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
            assert_eq!(seen, expected, "{protocol} from {from} to {to}\n{}", nft(&["list", "table", "ip", "skeg"]));
        }
    }

    fn pod_asks(&self, to: &str, expected: &[&str]) {
        self.check(&self.pod, &self.one, to, expected);
    }

    fn outside_asks(&self, to: &str, expected: &[&str]) {
        self.check(&self.outside, OUTSIDE, to, expected);
    }

    fn node_asks(&self, to: &str, expected: &[&str]) {
        self.check(&self.node, "0.0.0.0", to, expected);
    }

    fn all_ways(&mut self) {
        let (one, two) = (self.one.clone(), self.two.clone());
        self.filter.set(json!({}), &[ready(&one, "node"), ready(&two, "node"), ready(FAR, "other")]);
        // A pod that reaches itself is masqueraded; the others see the pod.
        let through_service = [format!("far saw {one}"), "one saw 10.244.7.0".into(), format!("two saw {one}")];
        let seen = self.pod.ask("udp", &one, "10.96.0.50:80", 40);
        assert_eq!(seen.len(), 3, "{seen:?} instead of {through_service:?}");
        assert!(
            seen.iter().any(|it| it.starts_with("one saw ")) && !seen.contains(&format!("one saw {one}")),
            "{seen:?}"
        );
        for to in [format!("{EXTERNAL}:80"), format!("{BALANCER}:80"), "192.0.2.1:30050".into()] {
            for protocol in ["tcp", "udp"] {
                let seen = self.outside.ask(protocol, OUTSIDE, &to, 40);
                let names: Vec<&str> = seen.iter().filter_map(|it| it.split(' ').next()).collect();
                assert_eq!(names, ["far", "one", "two"], "{protocol} {to}");
                assert!(!seen.iter().any(|it| it.contains(OUTSIDE)), "masqueraded under policy Cluster: {seen:?}");
            }
        }
    }

    fn traffic_policies(&mut self) {
        let (one, two) = (self.one.clone(), self.two.clone());
        let everybody = [ready(&two, "node"), ready(FAR, "other")];
        self.filter.set(json!({"internalTrafficPolicy": "Local"}), &everybody);
        self.pod_asks("10.96.0.50:80", &[&format!("two saw {one}")]);
        self.filter.set(json!({"internalTrafficPolicy": "Local"}), &everybody[1..]);
        self.pod_asks("10.96.0.50:80", &["silence"]);
        self.filter.set(json!({"externalTrafficPolicy": "Local"}), &everybody);
        for to in [format!("{EXTERNAL}:80"), format!("{BALANCER}:80"), "192.0.2.1:30050".into()] {
            self.outside_asks(&to, &[&format!("two saw {OUTSIDE}")]);
            // What begins in the cluster may go everywhere.
            self.pod_asks(&to, &[&format!("far saw {one}"), &format!("two saw {one}")]);
        }
        self.filter.set(json!({"externalTrafficPolicy": "Local"}), &everybody[1..]);
        self.outside_asks(&format!("{BALANCER}:80"), &["silence"]);
        self.pod_asks(&format!("{BALANCER}:80"), &[&format!("far saw {one}")]);
        self.node_asks(&format!("{BALANCER}:80"), &["far saw 10.244.9.1"]);
    }

    fn ending_endpoints(&mut self) {
        let (one, two) = (self.one.clone(), self.two.clone());
        self.filter.set(json!({}), &[ready(FAR, "other"), ending(&two, "node")]);
        self.pod_asks("10.96.0.50:80", &[&format!("far saw {one}")]);
        self.filter.set(json!({}), &[ending(&two, "node")]);
        self.pod_asks("10.96.0.50:80", &[&format!("two saw {one}")]);
        // The node's own fall back for themselves.
        self.filter.set(json!({"externalTrafficPolicy": "Local"}), &[ready(FAR, "other"), ending(&two, "node")]);
        self.outside_asks(&format!("{BALANCER}:80"), &[&format!("two saw {OUTSIDE}")]);
        self.filter.set(json!({}), &[]);
        self.pod_asks("10.96.0.50:80", &["refused"]);
        self.outside_asks(&format!("{EXTERNAL}:80"), &["refused"]);
    }

    fn source_ranges(&mut self) {
        let two = self.two.clone();
        let spec = json!({"externalTrafficPolicy": "Local", "loadBalancerSourceRanges": [format!("{OUTSIDE}/32")]});
        self.filter.set(spec, &[ready(&two, "node")]);
        let balancer = format!("{BALANCER}:80");
        self.outside_asks(&balancer, &[&format!("two saw {OUTSIDE}")]);
        self.check(&self.outside, OUTSIDE_TOO, &balancer, &["silence"]);
        // Other ways in are not the balancer's.
        self.check(&self.outside, OUTSIDE_TOO, "192.0.2.1:30050", &[&format!("two saw {OUTSIDE_TOO}")]);
        self.check(&self.outside, OUTSIDE_TOO, &format!("{EXTERNAL}:80"), &[&format!("two saw {OUTSIDE_TOO}")]);
    }

    fn affinity(&mut self) {
        let (one, two) = (self.one.clone(), self.two.clone());
        let config = json!({"clientIP": {"timeoutSeconds": 77}});
        let spec = json!({"sessionAffinity": "ClientIP", "sessionAffinityConfig": config});
        let both = [ready(&one, "node"), ready(&two, "node"), ready(FAR, "other")];
        self.filter.set(spec.clone(), &both);
        for protocol in ["tcp", "udp"] {
            for (place, from, to) in [
                (&self.pod, one.as_str(), "10.96.0.50:80"),
                (&self.outside, OUTSIDE, "192.0.2.1:30050"),
                (&self.outside, OUTSIDE_TOO, "203.0.113.2:80"),
            ] {
                let seen = place.ask(protocol, from, to, 12);
                assert_eq!(seen.len(), 1, "{protocol} {to}: {seen:?}");
            }
        }
        let table = nft(&["list", "table", "ip", "skeg"]);
        assert!(table.contains("timeout 1m17s") && table.contains(&format!("{OUTSIDE} expires 1m")), "{table}");
        // An endpoint that goes takes its clients' memory along, not the others'.
        let before = self.pod.ask("tcp", &one, "10.96.0.50:80", 1).pop_first().unwrap();
        let gone = before.split(' ').next().unwrap().to_owned();
        let left: Vec<Value> =
            both.into_iter().zip(["one", "two", "far"]).filter(|(_, name)| *name != gone).map(|(it, _)| it).collect();
        self.filter.set(spec, &left);
        let after = self.pod.ask("tcp", &one, "10.96.0.50:80", 12);
        assert!(after.len() == 1 && !after.contains(&before), "{before} then {after:?}");
    }
}

/// All cases; the table is gone afterwards.
pub fn all(data: &Path, one: &RunningPod, two: &RunningPod) {
    let (first, second) = (Place::of_pod(data, &one.address), Place::of_pod(data, &two.address));
    let outside = Place::beside("out0", "192.0.2.1/24", &["192.0.2.2/24", "192.0.2.3/24"], "192.0.2.1");
    let far = Place::beside("far0", "10.244.9.1/24", &["10.244.9.2/24"], "10.244.9.1");
    let servers = [first.serve("one"), second.serve("two"), far.serve("far")];
    let node = Place::here();
    let (filter, one, two) = (Filter::new(), one.address.clone(), two.address.clone());
    let mut world = World { filter, one, two, pod: first, node, outside };
    world.all_ways();
    world.traffic_policies();
    world.ending_endpoints();
    world.source_ranges();
    world.affinity();
    world.filter.kernel.remove().unwrap();
    drop(servers);
}
