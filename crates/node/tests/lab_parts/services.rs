//! Services with real traffic: pods of this node, an endpoint of another node, clients in the cluster and outside of it.
use super::{NODE_ADDRESS, RunningPod, nft};
use k8s_openapi::api::{core::v1 as core, discovery::v1::EndpointSlice};
use serde_json::{Value, from_value, json};
use skeg_node::net::{
    nft::{Kernel, PacketFilter, Start},
    services::{self, NodeView, Ruleset},
};
use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream, UdpSocket},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

/// Where the servers of this test listen in the pods.
const PORT: u16 = 9_000;
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);
const OUTSIDE: &str = "192.0.2.2";
const OUTSIDE_TOO: &str = "192.0.2.3";
const FAR: &str = "10.244.9.2";
const BALANCER: &str = "203.0.113.1";
const EXTERNAL: &str = "203.0.113.2";

/// `serve NAME`: tells every TCP and UDP client the server's name and the client's address. `ask tcp|udp FROM TO COUNT PORT`: a line
/// for each answer, or the kind of the error.
pub fn run_if_helper(arguments: &[String]) -> bool {
    match arguments {
        [_, verb, name] if verb == "serve" => serve(name),
        [_, verb, protocol, from, to, count, port] if verb == "ask" => {
            let (count, port): (u16, u16) = (count.parse().unwrap(), port.parse().unwrap());
            (port..port + count).for_each(|port| println!("{}", ask_once(protocol, (from, port), to)));
        }
        _ => return false,
    }
    true
}

fn serve(name: &str) {
    let (tcp, udp) = (TcpListener::bind(("0.0.0.0", PORT)).unwrap(), UdpSocket::bind(("0.0.0.0", PORT)).unwrap());
    println!("ready");
    let own = name.to_owned();
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((_, from)) = udp.recv_from(&mut buffer) {
            _ = udp.send_to(format!("{own} saw {}", from.ip()).as_bytes(), from);
        }
    });
    for stream in tcp.incoming().flatten() {
        let from = stream.peer_addr().map(|from| from.ip().to_string()).unwrap_or_default();
        _ = (&stream).write_all(format!("{name} saw {from}").as_bytes());
    }
}

fn ask_once(protocol: &str, from: (&str, u16), to: &str) -> String {
    let answer = if protocol == "tcp" { ask_tcp(from.0, to) } else { ask_udp(from, to) };
    answer.unwrap_or_else(|error| match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "refused".into(),
        std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => "silence".into(),
        other => format!("{other:?}"),
    })
}

fn ask_tcp(from: &str, to: &str) -> std::io::Result<String> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&format!("{from}:0").parse::<std::net::SocketAddr>().unwrap().into())?;
    socket.connect_timeout(&to.parse::<std::net::SocketAddr>().unwrap().into(), ANSWER_WITHIN)?;
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

fn ask_udp(from: (&str, u16), to: &str) -> std::io::Result<String> {
    let socket = UdpSocket::bind(from)?;
    socket.set_read_timeout(Some(ANSWER_WITHIN))?;
    socket.connect(to)?;
    socket.send(b"?")?;
    let mut buffer = [0; 64];
    let length = socket.recv(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

fn run(program: &str, arguments: &str) {
    let status = Command::new(program).args(arguments.split_whitespace()).status().unwrap();
    assert!(status.success(), "{program} {arguments}: {status}");
}

/// A process that is ended with the test.
struct Helper(Child);

impl Drop for Helper {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A network namespace: a pod's by its file, or one that a helper holds.
struct Place {
    network: String,
    _holder: Option<Helper>,
}

impl Place {
    /// The namespace of the pod with this address.
    fn of_pod(data: &Path, pod: &RunningPod) -> Self {
        let dirs = ["io.containerd.grpc.v1.cri/netns", "io.containerd.cri.v1.runtime/netns", "netns"];
        let dirs = dirs.map(|dir| data.join("containerd/state").join(dir));
        let files = dirs.iter().filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten();
        let has = |network: &str| {
            let shown =
                Command::new("nsenter").arg(format!("--net={network}")).args(["ip", "-o", "-4", "addr"]).output();
            String::from_utf8_lossy(&shown.unwrap().stdout).contains(&format!(" {}/", pod.address))
        };
        let mut networks = files.map(|file| file.path().display().to_string());
        Self { network: networks.find(|network| has(network)).expect("the pod has a namespace"), _holder: None }
    }

    /// A namespace that hangs on the node by one link, with addresses of its own.
    fn beside(link: &str, node_side: &str, addresses: &[&str], gateway: &str) -> Self {
        let mut holder = Command::new("unshare");
        holder.args(["--net", "--", "sh", "-c", "echo ready; exec sleep infinity"]).stdout(Stdio::piped());
        let mut holder = Helper(holder.spawn().unwrap());
        let mut ready = [0; 6];
        holder.0.stdout.take().unwrap().read_exact(&mut ready).unwrap();
        let pid = holder.0.id();
        let network = format!("/proc/{pid}/ns/net");
        run("ip", &format!("link add {link} type veth peer name eth0 netns {pid}"));
        run("ip", &format!("addr add {node_side} dev {link}"));
        run("ip", &format!("link set {link} up"));
        let inside = |arguments: &str| run("nsenter", &format!("--net={network} ip {arguments}"));
        inside("link set lo up");
        addresses.iter().for_each(|address| inside(&format!("addr add {address} dev eth0")));
        inside("link set eth0 up");
        inside(&format!("route add default via {gateway}"));
        Self { network, _holder: Some(holder) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.network)).arg(std::env::current_exe().unwrap()).args(arguments);
        command
    }

    fn serve(&self, name: &str) -> Helper {
        let mut helper = Helper(self.command(&["serve", name]).stdout(Stdio::piped()).spawn().unwrap());
        helper.0.stdout.take().unwrap().read_exact(&mut [0; 6]).unwrap();
        helper
    }

    /// All different answers to so many questions.
    fn ask(&self, protocol: &str, from: &str, to: &str, count: u16) -> BTreeSet<String> {
        // The kernel remembers for half a minute where packets from a port went: no port is used twice.
        static FIRST_PORT: AtomicU16 = AtomicU16::new(10_000);
        let port = FIRST_PORT.fetch_add(count, Ordering::Relaxed);
        let numbers = [count.to_string(), port.to_string()];
        let output = self.command(&["ask", protocol, from, to, &numbers[0], &numbers[1]]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }
}

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
    let (first, second) = (Place::of_pod(data, one), Place::of_pod(data, two));
    let outside = Place::beside("out0", "192.0.2.1/24", &["192.0.2.2/24", "192.0.2.3/24"], "192.0.2.1");
    let far = Place::beside("far0", "10.244.9.1/24", &["10.244.9.2/24"], "10.244.9.1");
    let servers = [first.serve("one"), second.serve("two"), far.serve("far")];
    let node = Place { network: "/proc/self/ns/net".into(), _holder: None };
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
