//! Decoders of what others wrote, fed with mutated bytes: log lines and answers of the runtime, DNS questions, network
//! configurations, netlink attributes. None panics, and each keeps its promise on what it does decode. Seeded; bounded by
//! rounds, or by time where `SKEG_FUZZ_SECONDS` says how long.
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RecordType},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Service;
use prost::Message as _;
use serde_json::{from_value, json};
use skeg_node::{
    cri::api,
    dns::{Zone, answer, message, zone::service_entry},
    kubelet::{
        logs::line::{Options, shown, tail_start},
        observe,
    },
    net::{
        cni::{NodeNetwork, config::Network, conflist},
        netlink::{Messages, attributes, flag},
    },
};
use skeg_testing::{dice::Dice, fuzz};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
};

const ROUNDS: usize = 2_000;

/// Changes what was right a few times, or leaves it.
fn change(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..dice.roll(4) {
        fuzz::mutate(bytes, &[], dice);
    }
}

fn byte(dice: &mut Dice) -> u8 {
    u8::try_from(dice.roll(256)).expect("below 256")
}

/// A log as a runtime writes it, and what was written to each stream.
fn log(dice: &mut Dice) -> (Vec<u8>, HashMap<&'static str, Vec<u8>>) {
    let (mut log, mut written) = (Vec::new(), HashMap::<_, Vec<u8>>::new());
    for second in 0..dice.roll(12) {
        let (stream, whole) = (dice.pick(&["stdout", "stderr"]), dice.one_in(2));
        let mut text: Vec<u8> = (0..dice.roll(20)).map(|_| byte(dice)).filter(|byte| *byte != b'\n').collect();
        log.extend(format!("2026-01-01T00:00:{second:02}.5Z {stream} {} ", if whole { "F" } else { "P" }).bytes());
        log.extend(&text);
        log.push(b'\n');
        text.extend(whole.then_some(b'\n'));
        written.entry(stream).or_default().extend(text);
    }
    (log, written)
}

fn read(log: &[u8], options: &Options) -> Vec<u8> {
    let lines = log.split_inclusive(|byte| *byte == b'\n').filter_map(|line| shown(line, options));
    lines.collect::<Vec<_>>().concat()
}

#[test]
fn log_lines() {
    fuzz::fuzz(0x5EED_0041, ROUNDS, |dice| {
        let (mut bytes, written) = log(dice);
        for stream in ["stdout", "stderr"] {
            let options = Options { stream: Some(stream.into()), ..Options::default() };
            assert_eq!(read(&bytes, &options), written.get(stream).cloned().unwrap_or_default(), "{bytes:?}");
        }
        change(&mut bytes, dice);
        let since = dice.one_in(2).then(|| "2026-01-01T00:00:03Z".parse::<Timestamp>().expect("a time"));
        let stream = dice.one_in(3).then(|| "stdout".to_owned());
        let options = Options { timestamps: dice.one_in(2), since, stream, ..Options::default() };
        let all = read(&bytes, &options);
        assert!(all.len() <= bytes.len() + 1, "a reader gets more than was written: {bytes:?}");
        let lines = dice.roll(14) as u64;
        let from = tail_start(&bytes, lines);
        assert!(from == 0 || from == bytes.len() || bytes[from - 1] == b'\n', "{bytes:?}: {lines} from {from}");
        let count = bytes[from..].split_inclusive(|byte| *byte == b'\n').count() as u64;
        assert!(count == lines || (count < lines && from == 0), "{bytes:?}: {count} of {lines}");
        assert!(all.ends_with(&read(&bytes[from..], &options)), "{bytes:?}");
    });
}

fn container_status(dice: &mut Dice) -> api::ContainerStatus {
    let annotation = |name: &str, value: &str| (format!("io.kubernetes.container.{name}"), value.to_owned());
    let message = dice.pick(&["", "killed", "\u{fffd}\u{10ffff}"]);
    api::ContainerStatus {
        id: "c".into(),
        metadata: dice.one_in(2).then(|| api::ContainerMetadata { name: "app".into(), attempt: 1 }),
        state: i32::try_from(dice.roll(5)).expect("small"),
        created_at: 1,
        started_at: i64::MAX,
        finished_at: i64::MIN,
        exit_code: -1,
        reason: "Error".into(),
        message: message.into(),
        image: dice.one_in(2).then(|| api::ImageSpec { image: "app:1".into(), ..api::ImageSpec::default() }),
        image_ref: "sha256:1".into(),
        labels: HashMap::from([annotation("name", "app")]),
        annotations: HashMap::from([annotation("restartCount", "3"), annotation("hash", "ff")]),
        resources: Some(api::ContainerResources {
            linux: Some(api::LinuxContainerResources {
                cpu_quota: dice.pick(&[0, -1, 50_000, i64::MAX]),
                cpu_shares: dice.pick(&[0, 2, i64::MAX]),
                cpu_period: 100_000,
                ..api::LinuxContainerResources::default()
            }),
            ..api::ContainerResources::default()
        }),
        ..api::ContainerStatus::default()
    }
}

#[test]
fn answers_of_the_runtime() {
    fuzz::fuzz(0x5EED_0042, ROUNDS, |dice| {
        let status = container_status(dice);
        let seen = observe::one(status.clone(), "s");
        assert_eq!((seen.id.as_str(), seen.restart_count, seen.exit_code), ("c", 3, -1));
        let mut bytes = status.encode_to_vec();
        change(&mut bytes, dice);
        if let Ok(decoded) = api::ContainerStatus::decode(&bytes[..]) {
            let id = decoded.id.clone();
            assert_eq!(observe::one(decoded, "s").id, id);
        }
        // As another message: fields of one may have the numbers of others.
        if let Ok(decoded) = api::PodSandboxStatus::decode(&bytes[..]) {
            let id = decoded.id.clone();
            assert_eq!(observe::sandbox(decoded).id, id);
        }
    });
}

fn zone() -> Zone {
    let mut zone = Zone::new("cluster.local", vec![Ipv4Addr::new(10, 96, 0, 10).into()]);
    zone.set_namespace("default", true);
    let service: Service = from_value(json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"clusterIP": "10.96.0.7", "ports": [{"name": "http", "port": 80}]},
    }))
    .expect("a Service");
    zone.set_service("default/web", service_entry(&service));
    zone.synced = true;
    zone
}

#[test]
fn dns_questions() {
    let zone = zone();
    assert_eq!(zone.service_at(IpAddr::from([10, 96, 0, 7])), Some("default/web"));
    let names =
        ["web.default.svc.cluster.local.", "7.0.96.10.in-addr.arpa.", "_http._tcp.web.default.svc.cluster.local."];
    fuzz::fuzz(0x5EED_0043, ROUNDS, |dice| {
        let kind = dice.pick(&[RecordType::A, RecordType::AAAA, RecordType::SRV, RecordType::PTR, RecordType::ANY]);
        let mut question = Message::new(7, MessageType::Query, OpCode::Query);
        question.add_query(Query::query(Name::from_ascii(dice.pick(&names)).expect("a name"), kind));
        let mut bytes = question.to_vec().expect("a question encodes");
        change(&mut bytes, dice);
        let Ok(request) = Message::from_vec(&bytes) else { return };
        let limit = message::udp_limit(&request);
        let reply = match message::refusal(&request) {
            Some(code) => Some(message::reply(&request, code)),
            None => {
                let query = &request.queries[0];
                message::from_zone(&request, answer(query.name(), query.query_type(), &zone), &zone)
            }
        };
        let Some(sent) = reply.and_then(|reply| message::encode(reply, limit)) else { return };
        assert!(sent.len() <= limit, "{bytes:?}: {} bytes of {limit}", sent.len());
        let got = Message::from_vec(&sent).expect("what is sent can be read");
        assert_eq!(got.metadata.id, request.metadata.id);
        assert!(got.metadata.response_code != ResponseCode::NoError || got.queries == request.queries);
    });
}

#[test]
fn network_configurations() {
    let network = NodeNetwork {
        pod_cidr: "10.244.0.0/24".parse().expect("a network"),
        cluster_cidr: "10.244.0.0/16".parse().ok(),
        mtu: 1450,
        state_dir: "/run/addresses".into(),
    };
    let text = conflist(&network);
    fuzz::fuzz(0x5EED_0044, ROUNDS, |dice| {
        let mut bytes = text.clone().into_bytes();
        change(&mut bytes, dice);
        // A list, and its one plugin with what libcni adds to it.
        let _ = Network::parse(&bytes);
        let mut plugin = json!({
            "cniVersion": "1.0.0", "name": "skeg", "type": "skeg-cni", "podCIDR": "10.244.0.0/24", "mtu": 1450,
            "stateDir": "/run/addresses",
            "runtimeConfig": {"portMappings": [{"hostPort": 80, "containerPort": 80, "protocol": "tcp"}]},
        })
        .to_string()
        .into_bytes();
        change(&mut plugin, dice);
        if let Ok(parsed) = Network::parse(&plugin) {
            assert!(parsed.pod_cidr.contains(parsed.pod_cidr.address), "{:?}", parsed.pod_cidr);
        }
    });
}

#[test]
fn netlink_attributes() {
    fuzz::fuzz(0x5EED_0045, ROUNDS, |dice| {
        let mut messages = Messages::default();
        messages.push(16, flag::CREATE, &[1, 2, 3, 4], |a| {
            a.text(3, "eth0");
            a.nest(18, |a| a.number(1, 7));
        });
        let mut bytes = messages.bytes().to_vec();
        change(&mut bytes, dice);
        let from = dice.roll(bytes.len() + 1);
        let values: usize = attributes(&bytes[from..]).take(bytes.len() + 1).map(|(_, value)| value.len() + 4).sum();
        assert!(values <= bytes.len() - from, "attributes overlap: {bytes:?} from {from}");
    });
}
