//! Measures the node's network on this machine's kernel (`make bench-net` runs it in a network namespace of its own):
//!   bench_net services [SERVICES]   loads Services of two endpoints into nftables, then changes single ones
//!   bench_net dns [SECONDS]         loads the DNS server, which has one thread, and tells its rate and CPU time
#![expect(clippy::unwrap_used, reason = "a measurement ends at its first failure")]
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query},
    rr::{Name, RecordType},
};
use k8s_openapi::api::{core::v1 as core, discovery::v1::EndpointSlice};
use serde_json::{from_value, json};
use skeg_client::Tasks;
use skeg_node::{
    dns::{
        Zone,
        forward::Forwarder,
        server,
        zone::{service_entry, slice_entry},
    },
    net::{
        nft::{Kernel, PacketFilter, Start},
        services::{Fragment, NodeView, Ruleset, TABLE, fragment, service, skeleton},
    },
};
use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const CHANGES: u32 = 200;
/// Questions that one client has out at once.
const WINDOW: u16 = 32;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = arguments.get(2).map(|text| text.parse().unwrap());
    match arguments.get(1).map(String::as_str) {
        Some("services") => services(number.unwrap_or(1_000)),
        Some("dns") => dns(Duration::from_secs(number.unwrap_or(5).into())),
        _ => eprintln!("usage: bench_net services [SERVICES] | dns [SECONDS]"),
    }
}

fn address(base: u32, n: u32) -> String {
    Ipv4Addr::from(base + n).to_string()
}

fn objects(n: u32, generation: u32) -> (core::Service, EndpointSlice) {
    let object = json!({
        "metadata": {"name": format!("web-{n}"), "namespace": "default"},
        "spec": {"clusterIP": address(0x0a60_0100, n), "ports": [{"name": "http", "port": 80}]},
    });
    let endpoint = |n: u32| json!({"addresses": [address(0x0af4_0002, n)], "nodeName": "here"});
    let slice = json!({
        "metadata": {
            "name": format!("web-{n}-1"),
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": format!("web-{n}")},
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": [endpoint(2 * n), endpoint(2 * n + 1 + 10_000 * generation)],
    });
    (from_value(object).unwrap(), from_value(slice).unwrap())
}

fn part(objects: &(core::Service, EndpointSlice), node: &NodeView) -> (String, Option<Fragment>) {
    let found = service(&objects.0, &[&objects.1], node).unwrap();
    (found.key.clone(), Some(fragment(&found, node)))
}

fn services(count: u32) {
    let node = NodeView { name: "here".into(), cluster_cidr: "10.244.0.0/16".parse().ok(), ..NodeView::default() };
    let (mut kernel, mut ruleset) = (Kernel::open(TABLE).unwrap(), Ruleset::default());
    let all: Vec<_> = (0..count).map(|n| objects(n, 0)).collect();
    let start = Instant::now();
    kernel.apply(Start::Replace, &skeleton(&node)).unwrap();
    kernel.apply(Start::Present, &ruleset.replace(all.iter().map(|it| part(it, &node)).collect())).unwrap();
    println!("load of {count} Services x 2 endpoints: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let mut times: Vec<Duration> = (1..=CHANGES)
        .map(|generation| {
            let changed = objects(generation * 7 % count, generation);
            let start = Instant::now();
            kernel.apply(Start::Present, &ruleset.replace([part(&changed, &node)].into())).unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "one change among them: median {:.2} ms, 99 % within {:.2} ms, longest {:.2} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    kernel.remove().unwrap();
}

fn zone() -> Zone {
    let mut zone = Zone::new("cluster.local", vec![Ipv4Addr::new(10, 96, 0, 10).into()]);
    zone.set_namespace("default", true);
    for n in 0..1_000 {
        let (service, slice) = objects(n, 0);
        zone.set_service(&format!("default/web-{n}"), service_entry(&service));
        zone.set_slice(&format!("default/web-{n}-1"), slice_entry(&slice));
    }
    zone.synced = true;
    zone
}

/// Nanoseconds that a thread of this process has run.
fn ran(thread: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

fn dns(time: Duration) {
    let token = CancellationToken::new();
    let (tell, told) = mpsc::channel();
    let server = std::thread::spawn({
        let token = token.clone();
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (udp, tcp) = server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
                let thread = rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs();
                tell.send((udp.local_addr().unwrap(), thread)).unwrap();
                let tasks = Tasks::new(token.clone());
                let zone = Arc::new(parking_lot::RwLock::new(zone()));
                server::serve((udp, tcp), zone, Forwarder::new(Vec::new()), &tasks);
                token.cancelled().await;
                tasks.shutdown().await;
            });
        }
    });
    let (at, thread) = told.recv().unwrap();
    for (what, kinds) in
        [("A", &[RecordType::A][..]), ("A and AAAA through a search list", &[RecordType::A, RecordType::AAAA])]
    {
        let names: Vec<String> = if kinds.len() == 1 {
            (0..1_000).map(|n| format!("web-{n}.default.svc.cluster.local.")).collect()
        } else {
            let suffixes = ["svc.cluster.local.", "cluster.local.", "default.svc.cluster.local."];
            (0..1_000).flat_map(|n| suffixes.map(|suffix| format!("web-{n}.{suffix}"))).collect()
        };
        let questions: Vec<Vec<u8>> =
            names.iter().flat_map(|name| kinds.iter().map(|kind| question(name, *kind))).collect();
        let (before, start) = (ran(thread), Instant::now());
        let answers = ask(at, &questions, time);
        let (cpu, wall) = (ran(thread) - before, start.elapsed());
        println!(
            "{what}: {answers} answers in {:.1} s, {:.0} a second; {:.1} microseconds of CPU each, {:.0} a second of CPU",
            wall.as_secs_f64(),
            answers as f64 / wall.as_secs_f64(),
            cpu as f64 / 1e3 / answers as f64,
            answers as f64 / (cpu as f64 / 1e9),
        );
    }
    token.cancel();
    server.join().unwrap();
}

fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut request = Message::new(0, MessageType::Query, OpCode::Query);
    request.metadata.recursion_desired = true;
    request.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    request.to_vec().unwrap()
}

/// Keeps a window of questions out until the time is over; each answer lets the next question go.
fn ask(server: SocketAddr, questions: &[Vec<u8>], time: Duration) -> u64 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut next = questions.iter().cycle().zip((0..=u16::MAX).cycle());
    let mut send = || {
        let (question, id) = next.next().unwrap();
        let mut bytes = question.clone();
        bytes[..2].copy_from_slice(&id.to_be_bytes());
        socket.send(&bytes).unwrap();
    };
    (0..WINDOW).for_each(|_| send());
    let (mut answers, end, mut buffer) = (0, Instant::now() + time, [0; 2048]);
    while Instant::now() < end {
        socket.recv(&mut buffer).expect("the server answers");
        answers += 1;
        send();
    }
    answers
}
