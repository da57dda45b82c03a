//! What runs inside the lab. One node with pods `one` and `two`; `far` stands for a pod of another node, `outside` for
//! machines beyond the cluster.
use serde_json::{Value, json};
use skeg_testing::traffic::{Helper, PORT, Place};
use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const CLUSTER_IP: &str = "10.96.0.50:80";
/// The node as machines beyond the cluster see it.
const NODE: &str = "192.0.2.1";
const NODE_PORT: u16 = 30_050;
const HOST_PORT: u16 = 9_100;
const HEALTH_PORT: u16 = 31_050;
const OUTSIDE: &str = "192.0.2.2";
const OUTSIDE_TOO: &str = "192.0.2.3";
const FAR: &str = "10.244.9.2";
const BALANCER: &str = "203.0.113.1:80";
/// The cluster's DNS as pods are told.
const DNS: &str = "10.96.0.10:53";
/// Within so long what was asked of the API is seen in the traffic.
const PATIENCE: Duration = Duration::from_secs(60);
const BOTH: [&str; 2] = ["tcp", "udp"];

struct Cluster {
    kubectl: PathBuf,
    data: PathBuf,
    outside: Place,
    _far: (Place, Helper),
}

struct Pod {
    name: &'static str,
    address: String,
    place: Place,
    _server: Helper,
}

/// Who answers whom, and what is seen of him.
fn saw(who: &str, whom: &str) -> String {
    format!("{who} saw {whom}")
}

fn ready(address: &str, node: &str) -> Value {
    json!({"addresses": [address], "nodeName": node})
}

impl Cluster {
    fn run(&self, line: &str) -> String {
        self.kubectl(&line.split_whitespace().collect::<Vec<_>>(), "")
    }

    fn kubectl(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new(&self.kubectl);
        let pipes = (Stdio::piped(), Stdio::piped(), Stdio::piped());
        let mut child = command.args(arguments).stdin(pipes.0).stdout(pipes.1).stderr(pipes.2).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let pods = || if arguments[0] == "wait" { self.run("describe pods") } else { String::new() };
        assert!(output.status.success(), "kubectl {arguments:?}: {errors}\n{input}{}", pods());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn apply(&self, object: &Value) {
        self.kubectl(&["apply", "-f", "-"], &object.to_string());
    }

    /// A pod whose server runs; ready unless it has a gate.
    fn pod(&self, name: &'static str, spec: Value) -> Pod {
        let mut object = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": "web", "pod": name}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [{
                "name": "web", "image": "skeg.dev/web:1", "imagePullPolicy": "IfNotPresent",
                "ports": [
                    {"name": "t", "containerPort": PORT, "protocol": "TCP"},
                    {"name": "u", "containerPort": PORT, "protocol": "UDP"},
                ],
            }]},
        });
        merge(&mut object["spec"], spec);
        self.apply(&object);
        self.run(&format!("wait pod {name} --for=condition=ContainersReady --timeout=60s"));
        let address = self.run(&format!("get pod {name} -o jsonpath={{.status.podIP}}"));
        let place = Place::of_pod(&self.data, &address);
        let server = place.serve(name);
        Pod { name, address, place, _server: server }
    }

    fn delete(&self, pod: Pod) {
        self.run(&format!("delete pod {} --timeout=60s", pod.name));
    }

    /// The Service of the pods with a label, `web` unless told otherwise.
    fn service(&self, change: Value) {
        let mut object = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {
                "type": "NodePort",
                "clusterIP": "10.96.0.50",
                "selector": {"app": "web"},
                "ports": [
                    {"name": "t", "port": 80, "targetPort": PORT, "nodePort": NODE_PORT, "protocol": "TCP"},
                    {"name": "u", "port": 80, "targetPort": PORT, "nodePort": NODE_PORT, "protocol": "UDP"},
                ],
            },
        });
        merge(&mut object, change);
        self.apply(&object);
    }

    /// Endpoints by hand, for a Service without selector.
    fn slice(&self, endpoints: &[Value]) {
        self.apply(&json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "by-hand", "labels": {"kubernetes.io/service-name": "web"}},
            "addressType": "IPv4",
            "ports": [{"name": "t", "port": PORT, "protocol": "TCP"}, {"name": "u", "port": PORT, "protocol": "UDP"}],
            "endpoints": endpoints,
        }));
    }

    fn without_service(&self) {
        self.run("delete service web --timeout=60s");
        self.run("delete endpointslice by-hand --ignore-not-found --timeout=60s");
    }
}

/// Later fields win; objects are merged, all else replaced.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Asks until the answers are these, over both protocols.
fn comes_to(place: &Place, from: &str, to: &str, expected: &[String]) {
    let expected: BTreeSet<String> = expected.iter().cloned().collect();
    let end = Instant::now() + PATIENCE;
    for protocol in BOTH {
        // Of several endpoints all must be seen.
        let count = if expected.len() > 1 { 30 } else { 4 };
        loop {
            let mut seen = place.ask(protocol, from, to, count);
            // The kernel tells only so often that a port is unreachable.
            if seen.contains("refused") && protocol == "udp" {
                seen.remove("silence");
            }
            if seen == expected {
                break;
            }
            assert!(
                Instant::now() < end,
                "{protocol} from {from} to {to}: {seen:?} instead of {expected:?}\n{}",
                nft()
            );
        }
    }
}

fn nft() -> String {
    let output = Command::new("nft").args(["list", "table", "ip", "skeg"]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}\n{}", nft());
    }
}

/// Names of those who answer.
fn names(seen: &BTreeSet<String>) -> Vec<&str> {
    let mut names: Vec<&str> = seen.iter().filter_map(|it| it.split(' ').next()).collect();
    names.dedup();
    names
}

pub fn all(data: &Path, kubectl: &Path) {
    let outside = Place::beside("out0", "192.0.2.1/24", &["192.0.2.2/24", "192.0.2.3/24"], NODE);
    let far = Place::beside("far0", "10.244.9.1/24", &["10.244.9.2/24"], "10.244.9.1");
    let server = far.serve("far");
    let cluster = Cluster { kubectl: kubectl.into(), data: data.into(), outside, _far: (far, server) };
    cluster.host_ports();
    let (one, two) = (cluster.pod("one", json!({})), cluster.pod("two", json!({})));
    let steps: [(&str, &dyn Fn()); 8] = [
        ("reach", &|| cluster.reach(&one, &two)),
        ("names", &|| cluster.names(&one, &two)),
        ("own health", &|| cluster.own_health()),
        ("hairpin", &|| cluster.hairpin(&one)),
        ("traffic policies", &|| cluster.traffic_policies(&one, &two)),
        ("balancer", &|| cluster.balancer(&one, &two)),
        ("affinity", &|| cluster.affinity(&one)),
        ("not ready", &|| cluster.not_ready(&one)),
    ];
    for (name, step) in steps {
        eprintln!("{name}");
        step();
    }
    cluster.delete(two);
    cluster.udp_flows(&one);
    cluster.ending(one);
}

impl Cluster {
    /// ClusterIP and node port, from a pod, from the node and from beyond.
    fn reach(&self, one: &Pod, two: &Pod) {
        self.service(json!({}));
        until("both pods serve", || names(&one.place.ask("udp", &one.address, CLUSTER_IP, 30)) == ["one", "two"]);
        for protocol in BOTH {
            for to in [CLUSTER_IP.to_owned(), node_port()] {
                let seen = Place::here().ask(protocol, "0.0.0.0", &to, 30);
                assert_eq!(names(&seen), ["one", "two"], "{protocol} {to} from the node");
            }
            let seen = self.outside.ask(protocol, OUTSIDE, &node_port(), 30);
            assert_eq!(names(&seen), ["one", "two"], "{protocol} from outside");
            assert!(!seen.iter().any(|it| it.contains(OUTSIDE)), "masqueraded under policy Cluster: {seen:?}");
            let seen = two.place.ask(protocol, &two.address, CLUSTER_IP, 30);
            assert!(seen.contains(&saw("one", &two.address)), "a pod sees the other: {seen:?}");
        }
        // Another proxy's Service.
        self.run("label service web service.kubernetes.io/service-proxy-name=other");
        comes_to(&self.outside, OUTSIDE, &node_port(), &["refused".into()]);
        self.run("label service web service.kubernetes.io/service-proxy-name-");
        until("served again", || names(&one.place.ask("udp", &one.address, CLUSTER_IP, 30)) == ["one", "two"]);
    }

    /// The cluster's DNS as a pod sees it, over both protocols.
    fn names(&self, one: &Pod, two: &Pod) {
        self.apply(&json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "each"},
            "spec": {"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"name": "t", "port": PORT}]},
        }));
        self.apply(&json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "alias"},
            "spec": {"type": "ExternalName", "externalName": "web.default.svc.cluster.local"},
        }));
        let dashed = |pod: &Pod| pod.address.replace('.', "-");
        let reversed = |address: &str| {
            let octets: Vec<&str> = address.rsplit('.').collect();
            format!("{}.in-addr.arpa.", octets.join("."))
        };
        let each = |pod: &Pod| format!("{}.each.default.svc.cluster.local.", dashed(pod));
        // Endpoints of every Service have names.
        let of_web = |pod: &Pod| format!("{}.web.default.svc.cluster.local.", dashed(pod));
        let mut both = [format!("A {}", one.address), format!("A {}", two.address)];
        both.sort();
        let mut places = [one, two].map(|pod| format!("SRV 0 50 {PORT} {}", each(pod)));
        places.sort();
        for (kind, name, expected) in [
            ("A", "web.default.svc.cluster.local.".to_owned(), "NoError, A 10.96.0.50".to_owned()),
            ("A", "each.default.svc.cluster.local.".into(), format!("NoError, {}", both.join(", "))),
            ("A", each(one), format!("NoError, A {}", one.address)),
            (
                "SRV",
                "_t._tcp.web.default.svc.cluster.local.".into(),
                "NoError, SRV 0 100 80 web.default.svc.cluster.local.".into(),
            ),
            ("SRV", "_t._tcp.each.default.svc.cluster.local.".into(), format!("NoError, {}", places.join(", "))),
            ("PTR", reversed("10.96.0.50"), "NoError, PTR web.default.svc.cluster.local.".into()),
            ("PTR", reversed(&two.address), format!("NoError, PTR {}, PTR {}", each(two), of_web(two))),
            (
                "A",
                "alias.default.svc.cluster.local.".into(),
                "NoError, A 10.96.0.50, CNAME web.default.svc.cluster.local.".into(),
            ),
            ("A", format!("{}.default.pod.cluster.local.", dashed(one)), format!("NoError, A {}", one.address)),
            ("AAAA", "web.default.svc.cluster.local.".into(), "NoError".into()),
            ("A", "none.default.svc.cluster.local.".into(), "NXDomain".into()),
        ] {
            for protocol in BOTH {
                let ask = || one.place.resolve(protocol, DNS, kind, &name);
                until(&format!("{protocol} {kind} {name}: {} instead of {expected}", ask()), || ask() == expected);
            }
        }
        self.run("delete service each alias --timeout=60s");
    }

    /// What the proxy tells of itself: its health to everybody, its metrics to the node alone.
    fn own_health(&self) {
        let healthz = self.outside.get(&format!("{NODE}:10256"), "/healthz");
        assert!(healthz.starts_with("HTTP/1.1 200 OK\r\n") && healthz.contains("\"nodeEligible\":true"), "{healthz}");
        assert_eq!(self.outside.get(&format!("{NODE}:10249"), "/metrics").trim_end(), "refused");
        assert!(Place::here().get("127.0.0.1:10249", "/proxyMode").trim_end().ends_with("\r\n\r\nnftables"));
        let metrics = Place::here().get("127.0.0.1:10249", "/metrics");
        let value = |series: &str| -> f64 {
            let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("{series} is not in {metrics}")).parse().unwrap()
        };
        for series in [
            "kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}",
            "kubeproxy_sync_partial_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}",
            "kubeproxy_network_programming_duration_seconds_count{ip_family=\"IPv4\"}",
            "kubeproxy_conntrack_reconciler_sync_duration_seconds_count{ip_family=\"IPv4\"}",
            "kubeproxy_sync_proxy_rules_endpoint_changes_total",
            "kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\"IPv4\"}",
            "kubeproxy_proxy_healthz_total{code=\"200\"}",
        ] {
            assert!(value(series) > 0.0, "{series}");
        }
    }

    /// A pod reaches itself through its own Service.
    fn hairpin(&self, one: &Pod) {
        self.service(json!({"spec": {"selector": {"pod": "one"}}}));
        until("one alone serves", || names(&self.outside.ask("tcp", OUTSIDE, &node_port(), 10)) == ["one"]);
        for to in [CLUSTER_IP.to_owned(), node_port()] {
            for protocol in BOTH {
                let seen = one.place.ask(protocol, &one.address, &to, 5);
                assert_eq!(names(&seen), ["one"], "{protocol} {to}");
                assert!(!seen.contains(&saw("one", &one.address)), "{protocol} {to} without masquerade: {seen:?}");
            }
        }
    }

    fn traffic_policies(&self, one: &Pod, two: &Pod) {
        self.without_service();
        let everybody = [ready(&one.address, "node-1"), ready(&two.address, "node-1"), ready(FAR, "other")];
        let node_port = node_port();
        self.service(json!({"spec": {"selector": null, "internalTrafficPolicy": "Local"}}));
        self.slice(&everybody[1..]);
        comes_to(&one.place, &one.address, CLUSTER_IP, &[saw("two", &one.address)]);
        self.slice(&everybody[2..]);
        comes_to(&one.place, &one.address, CLUSTER_IP, &["silence".into()]);
        self.service(json!({"spec": {"selector": null, "externalTrafficPolicy": "Local"}}));
        comes_to(&self.outside, OUTSIDE, &node_port, &["silence".into()]);
        comes_to(&one.place, &one.address, &node_port, &[saw("far", &one.address)]);
        self.slice(&everybody[1..]);
        comes_to(&self.outside, OUTSIDE, &node_port, &[saw("two", OUTSIDE)]);
        comes_to(&self.outside, OUTSIDE_TOO, &node_port, &[saw("two", OUTSIDE_TOO)]);
        // Hints of another node and of this one.
        let near = |address: &str, node: &str| json!({"addresses": [address], "nodeName": node, "hints": {"forNodes": [{"name": node}]}});
        self.service(json!({"spec": {"selector": null, "trafficDistribution": "PreferSameNode"}}));
        self.slice(&[near(&two.address, "node-1"), near(FAR, "other")]);
        comes_to(&one.place, &one.address, CLUSTER_IP, &[saw("two", &one.address)]);
        self.slice(&[near(FAR, "other")]);
        comes_to(&one.place, &one.address, CLUSTER_IP, &[saw("far", &one.address)]);
    }

    /// A load balancer's address, who may come by it, and what it asks of the node.
    fn balancer(&self, one: &Pod, two: &Pod) {
        self.without_service();
        let spec = |more: Value| {
            let mut all = json!({
                "type": "LoadBalancer", "selector": null, "externalTrafficPolicy": "Local",
                "healthCheckNodePort": HEALTH_PORT, "loadBalancerSourceRanges": [format!("{OUTSIDE}/32")],
            });
            merge(&mut all, more);
            json!({"spec": all})
        };
        let ask = || self.outside.get(&format!("{NODE}:{HEALTH_PORT}"), "/whatever");
        self.service(spec(json!({})));
        self.slice(&[ready(FAR, "other")]);
        let ip = BALANCER.split(':').next().unwrap();
        let patch = json!({"status": {"loadBalancer": {"ingress": [{"ip": ip}]}}}).to_string();
        self.kubectl(&["patch", "service", "web", "--subresource=status", "--type=merge", "-p", &patch], "");
        until("nothing here to balance to", || ask().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
        assert_health(&ask(), 0);
        comes_to(&self.outside, OUTSIDE, BALANCER, &["silence".into()]);
        self.slice(&[ready(&one.address, "node-1"), ready(&two.address, "node-1"), ready(FAR, "other")]);
        until("two to balance to", || ask().starts_with("HTTP/1.1 200 OK\r\n"));
        assert_health(&ask(), 2);
        comes_to(&self.outside, OUTSIDE, BALANCER, &[saw("one", OUTSIDE), saw("two", OUTSIDE)]);
        comes_to(&self.outside, OUTSIDE_TOO, BALANCER, &["silence".into()]);
        let ending = json!({"ready": false, "serving": true, "terminating": true});
        let ending = json!({"addresses": [two.address], "nodeName": "node-1", "conditions": ending});
        self.slice(&[ending, ready(FAR, "other")]);
        // The one that ends serves who still comes, while the balancer is told to send nobody.
        until("nobody is to come any more", || ask().starts_with("HTTP/1.1 503 "));
        comes_to(&self.outside, OUTSIDE, BALANCER, &[saw("two", OUTSIDE)]);
        self.service(spec(json!({"externalTrafficPolicy": "Cluster", "healthCheckNodePort": null})));
        until("the port is given up", || ask().starts_with("refused"));
    }

    /// A source stays with its endpoint, and is let go when it kept away for the time.
    fn affinity(&self, one: &Pod) {
        self.without_service();
        let sticky = |seconds: u32| {
            let config = json!({"clientIP": {"timeoutSeconds": seconds}});
            json!({"spec": {"sessionAffinity": "ClientIP", "sessionAffinityConfig": config}})
        };
        self.service(sticky(600));
        until("a pod answers", || {
            let seen = one.place.ask("tcp", &one.address, CLUSTER_IP, 3);
            names(&seen).len() == 1 && names(&seen).iter().all(|name| BOTH_PODS.contains(name))
        });
        for (place, from, to) in
            [(&one.place, one.address.as_str(), CLUSTER_IP), (&self.outside, OUTSIDE, node_port().as_str())]
        {
            for protocol in BOTH {
                let seen = place.ask(protocol, from, to, 30);
                assert_eq!(names(&seen).len(), 1, "{protocol} from {from} to {to}: {seen:?}");
            }
        }
        self.service(sticky(1));
        until("the time is short", || nft().contains("timeout 1s"));
        let mut seen = BTreeSet::new();
        until("a source that kept away is given another endpoint", || {
            let now = self.outside.ask("tcp", OUTSIDE, &node_port(), 1);
            seen.insert(names(&now)[0].to_owned());
            until("the source is forgotten", || !nft().contains(&format!("{OUTSIDE} expires")));
            seen.len() == 2
        });
        assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), BOTH_PODS);
    }

    /// A pod that is not ready is an endpoint where the Service says so.
    fn not_ready(&self, one: &Pod) {
        self.without_service();
        let gate = json!({"readinessGates": [{"conditionType": "skeg.dev/let-in"}]});
        let late = self.pod("late", gate);
        self.service(json!({"spec": {"selector": {"pod": "late"}}}));
        comes_to(&one.place, &one.address, CLUSTER_IP, &["refused".into()]);
        self.service(json!({"spec": {"selector": {"pod": "late"}, "publishNotReadyAddresses": true}}));
        comes_to(&one.place, &one.address, CLUSTER_IP, &[saw("late", &one.address)]);
        self.service(json!({"spec": {"selector": {"pod": "late"}, "publishNotReadyAddresses": false}}));
        comes_to(&one.place, &one.address, CLUSTER_IP, &["refused".into()]);
        let condition = json!({"status": {"conditions": [{"type": "skeg.dev/let-in", "status": "True"}]}}).to_string();
        self.kubectl(&["patch", "pod", "late", "--subresource=status", "-p", &condition], "");
        comes_to(&one.place, &one.address, CLUSTER_IP, &[saw("late", &one.address)]);
        self.delete(late);
        self.without_service();
    }

    /// Host ports over both protocols, from beyond and from the pod itself; UDP clients follow the port to its next pod.
    fn host_ports(&self) {
        let ports = |protocol: &str| json!({"containerPort": PORT, "hostPort": HOST_PORT, "protocol": protocol});
        let container = json!({
            "name": "web", "image": "skeg.dev/web:1", "imagePullPolicy": "IfNotPresent",
            "ports": [ports("TCP"), ports("UDP")],
        });
        let spec = json!({"containers": [container]});
        let at = format!("{NODE}:{HOST_PORT}");
        let mut talk = self.outside.talk(&format!("{OUTSIDE}:40001"), &at);
        talk.until(|heard| heard == "silence");
        let first = self.pod("first", spec.clone());
        talk.until(|heard| heard == saw("first", OUTSIDE));
        comes_to(&self.outside, OUTSIDE, &at, &[saw("first", OUTSIDE)]);
        for protocol in BOTH {
            let seen = first.place.ask(protocol, &first.address, &at, 3);
            assert_eq!(names(&seen), ["first"], "{protocol} from the pod itself");
            let seen = Place::here().ask(protocol, "0.0.0.0", &at, 3);
            assert_eq!(names(&seen), ["first"], "{protocol} from the node");
        }
        self.delete(first);
        talk.until(|heard| heard == "silence");
        comes_to(&self.outside, OUTSIDE, &at, &["refused".into()]);
        let second = self.pod("second", spec);
        talk.until(|heard| heard == saw("second", OUTSIDE));
        self.delete(second);
    }

    /// UDP clients that keep their ports: they stay with a pod that ends as long as it serves, and go on to another one then.
    fn udp_flows(&self, one: &Pod) {
        let slow = json!({"terminationGracePeriodSeconds": 3});
        let leaver = self.pod("leaver", slow);
        self.service(json!({"spec": {"selector": {"pod": "leaver"}}}));
        let mut talks = [
            one.place.talk(&format!("{}:40002", one.address), CLUSTER_IP),
            self.outside.talk(&format!("{OUTSIDE}:40002"), &node_port()),
            Place::here().talk("172.31.255.2:40002", CLUSTER_IP),
        ];
        talks.iter_mut().for_each(|talk| _ = talk.until(|heard| heard.starts_with("leaver ")));
        self.service(json!({"spec": {"selector": {"app": "web"}}}));
        until("a second pod serves", || {
            names(&one.place.ask("udp", &one.address, CLUSTER_IP, 30)) == ["leaver", "one"]
        });
        self.delete(leaver);
        talks.iter_mut().for_each(|talk| _ = talk.until(|heard| heard.starts_with("one ")));
        self.without_service();
    }

    /// New connections leave a pod that is told to end before it ends; where nobody else is ready it serves until then.
    fn ending(&self, one: Pod) {
        let slow = json!({
            "terminationGracePeriodSeconds": 60,
            "containers": [{
                "name": "web", "image": "skeg.dev/web:1", "imagePullPolicy": "IfNotPresent",
                "lifecycle": {"preStop": {"sleep": {"seconds": 50}}},
            }],
        });
        let leaver = self.pod("leaver", slow);
        self.service(json!({}));
        until("both serve", || names(&one.place.ask("tcp", &one.address, CLUSTER_IP, 30)) == ["leaver", "one"]);
        self.run("delete pod leaver --wait=false");
        let is_ending = || self.run("get pod leaver -o jsonpath={.status.phase}{.metadata.deletionTimestamp}");
        let directly = || Place::here().ask("tcp", "0.0.0.0", &format!("{}:{PORT}", leaver.address), 1);
        until("new connections leave it", || names(&one.place.ask("tcp", &one.address, CLUSTER_IP, 30)) == ["one"]);
        assert_eq!(names(&self.outside.ask("udp", OUTSIDE, &node_port(), 30)), ["one"]);
        assert_eq!(names(&directly()), ["leaver"]);
        assert!(is_ending().starts_with("Running2"), "{}", is_ending());
        self.delete(one);
        until("it serves as the last", || names(&self.outside.ask("tcp", OUTSIDE, &node_port(), 4)) == ["leaver"]);
        assert!(is_ending().starts_with("Running2"), "{}", is_ending());
        self.run("delete pod leaver --force --grace-period=0");
        comes_to(&self.outside, OUTSIDE, &node_port(), &["refused".into()]);
    }
}

const BOTH_PODS: [&str; 2] = ["one", "two"];

fn node_port() -> String {
    format!("{NODE}:{NODE_PORT}")
}

/// Upstream's headers and body.
fn assert_health(answer: &str, endpoints: usize) {
    let (head, body) = answer.trim_end_matches('\n').split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    for header in [
        "content-type: application/json".to_owned(),
        "x-content-type-options: nosniff".to_owned(),
        format!("x-load-balancing-endpoint-weight: {endpoints}"),
    ] {
        assert!(head.lines().any(|line| line == header), "{header} is not in {head}");
    }
    let lines = ["{", "\t\"service\": {", "\t\t\"namespace\": \"default\",", "\t\t\"name\": \"web\"", "\t},"];
    let more = [format!("\t\"localEndpoints\": {endpoints},"), "\t\"serviceProxyHealthy\": true".into(), "}".into()];
    assert_eq!(body, [lines.join("\n"), more.join("\n")].join("\n"));
}
