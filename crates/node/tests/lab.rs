//! A whole node's container side on a real containerd, in namespaces of its own (`scripts/lab.sh`): images made on the
//! spot, pods over CRI with our CNI plugin, host ports, containerd killed, adopted and stopped, and nothing left behind.
//!
//! Without a test harness: this same program is also the CNI plugin, and the part that runs inside the lab.
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]
#[path = "lab_parts/services.rs"]
mod services_traffic;

use skeg_node::{
    cri::{ContainerRuntime, CriClient, api},
    net::{
        cni::{self, NodeNetwork, config::write_conflist},
        nft::{Kernel, PacketFilter, Start},
        services::{self, Endpoint, NodeView, Port, Ruleset, Service},
        sysctl,
    },
    runtime::{Containerd, ContainerdConfig, programs},
    teardown::{Teardown, teardown},
};
use std::{
    collections::HashMap,
    env, fs,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const NODE_ADDRESS: Ipv4Addr = Ipv4Addr::new(172, 31, 255, 2);
const HOST_PORT: u16 = 8099;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    if let Some(code) = arguments.first().and_then(|program| cni::run_if_plugin(Path::new(program))) {
        return code;
    }
    if skeg_testing::traffic::run_if_helper(&arguments) {
        return ExitCode::SUCCESS;
    }
    if let [_, inside, dir] = &arguments[..]
        && inside == "inside-lab"
    {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(inside_lab(Path::new(dir)));
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == "--list") {
        println!("a_node_in_a_lab: test");
        return ExitCode::SUCCESS;
    }
    match missing() {
        Some(what) => println!("test a_node_in_a_lab ... skipped: {what}"),
        None => {
            in_a_lab();
            println!("test a_node_in_a_lab ... ok");
        }
    }
    ExitCode::SUCCESS
}

fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("namespaces need root".into());
    }
    let config = ContainerdConfig::new(Path::new("/"), env::var_os("PATH").as_deref());
    ["containerd", "runc", "unshare", "nsenter", "ip"]
        .into_iter()
        .find(|program| config.find(program).is_none())
        .map(|program| format!("{program} is not installed (scripts/install-deps.sh)"))
}

/// A lab that is taken down also when the test fails.
struct Lab {
    name: String,
    state: PathBuf,
}

impl Lab {
    fn run(&self, arguments: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/lab.sh");
        let (verb, rest) = arguments.split_first().unwrap();
        let mut command = Command::new(script);
        command.arg(verb).arg(&self.name).args(rest).env("SKEG_LAB_DIR", &self.state);
        let status = command.status().expect("lab.sh starts");
        assert!(status.success(), "lab.sh {arguments:?}: {status}");
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.run(&["down"]);
    }
}

fn in_a_lab() {
    let dir = tempfile::Builder::new().prefix("skeg-lab").tempdir().unwrap();
    let lab = Lab { name: format!("t{}", std::process::id()), state: dir.path().join("labs") };
    let program = env::current_exe().unwrap();
    let data = dir.path().join("data");
    lab.run(&["up"]);
    lab.run(&["exec", program.to_str().unwrap(), "inside-lab", data.to_str().unwrap()]);
    drop(lab);
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(dir.path().to_str().unwrap()), "{mounts}");
}

async fn inside_lab(data: &Path) {
    fs::create_dir_all(data).unwrap();
    let mut config = ContainerdConfig::new(data, env::var_os("PATH").as_deref());
    config.sandbox_image = programs::PAUSE_IMAGE.into();
    sysctl::prepare_node().unwrap();
    cni::install(&env::current_exe().unwrap(), &config.cni_bin_dir).unwrap();
    let network = NodeNetwork {
        pod_cidr: "10.244.7.0/24".parse().unwrap(),
        cluster_cidr: "10.244.0.0/16".parse().ok(),
        mtu: 1500,
        state_dir: data.join("cni/addresses"),
    };
    write_conflist(&network, &config.cni_conf_dir).unwrap();
    let containerd = Arc::new(Containerd::start(config.clone()).await.unwrap());
    for image in [programs::pause(), programs::web()] {
        containerd.ensure_image(&image).await.unwrap();
        containerd.ensure_image(&image).await.unwrap();
    }
    let client = CriClient::new(&config.endpoint());
    let network_ready = client.status().await.unwrap().status.unwrap().conditions;
    assert!(network_ready.iter().all(|condition| condition.status), "{network_ready:?}");
    let one = start_pod(&client, data, "one", Some(HOST_PORT)).await;
    let two = start_pod(&client, data, "two", None).await;
    traffic(&client, &one, &two).await;
    through_services(&client, &one, &two).await;
    tokio::task::block_in_place(|| services_traffic::all(data, &one, &two));
    lives_on(containerd, &config, &client, &one).await;
    client.stop_sandbox(&two.sandbox).await.unwrap();
    client.remove_sandbox(&two.sandbox).await.unwrap();
    let table = nft(&["list", "table", "ip", cni::hostports::TABLE]);
    assert!(table.contains(&one.address) && !table.contains(&two.address), "{table}");
    let what = Teardown { containerd: config, data_dir: data.to_owned(), cgroup_root: String::new() };
    tokio::task::block_in_place(|| teardown(&what)).unwrap();
    tokio::task::block_in_place(|| teardown(&what)).unwrap();
    nothing_left(data, &one);
}

struct RunningPod {
    sandbox: String,
    container: String,
    address: String,
}

async fn start_pod(client: &CriClient, data: &Path, name: &str, host_port: Option<u16>) -> RunningPod {
    let logs = data.join("logs").join(name);
    fs::create_dir_all(&logs).unwrap();
    let metadata = api::PodSandboxMetadata {
        name: name.into(),
        uid: format!("uid-{name}"),
        namespace: "default".into(),
        attempt: 0,
    };
    let port = host_port.map(|host_port| api::PortMapping {
        protocol: 0,
        container_port: 8080,
        host_port: host_port.into(),
        host_ip: String::new(),
    });
    let sandbox_config = api::PodSandboxConfig {
        metadata: Some(metadata),
        hostname: name.into(),
        log_directory: logs.to_string_lossy().into(),
        port_mappings: port.into_iter().collect(),
        linux: Some(api::LinuxPodSandboxConfig {
            cgroup_parent: format!("/kubepods/besteffort/pod-{name}"),
            ..Default::default()
        }),
        ..Default::default()
    };
    let sandbox = client.run_sandbox(sandbox_config.clone(), "").await.unwrap();
    let container_config = api::ContainerConfig {
        metadata: Some(api::ContainerMetadata { name: "web".into(), attempt: 0 }),
        image: Some(api::ImageSpec { image: programs::WEB_IMAGE.into(), ..Default::default() }),
        envs: vec![api::KeyValue { key: "MESSAGE".into(), value: format!("this is {name}").into() }],
        log_path: "web.log".into(),
        linux: Some(api::LinuxContainerConfig::default()),
        annotations: HashMap::new(),
        ..Default::default()
    };
    let container = client.create_container(&sandbox, container_config, sandbox_config).await.unwrap();
    client.start_container(&container).await.unwrap();
    let address = client.sandbox_status(&sandbox).await.unwrap().network.unwrap().ip;
    RunningPod { sandbox, container, address }
}

async fn traffic(client: &CriClient, one: &RunningPod, two: &RunningPod) {
    let from_node = fetch(&format!("{}:8080", one.address)).await;
    assert!(from_node.contains("this is one") && from_node.contains("pod: one"), "{from_node}");
    let get = |url: String| vec!["/web".into(), "get".into(), url];
    let urls = [format!("http://{}:8080/", one.address), format!("http://{NODE_ADDRESS}:{HOST_PORT}/")];
    for (pod, url) in [(two, &urls[0]), (two, &urls[1]), (one, &urls[1])] {
        let output = client.exec_sync(&pod.container, get(url.clone()), Duration::from_secs(20)).await.unwrap();
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("this is one"), "{url} from {}: {text}{errors}", pod.address);
    }
    let through_host_port = fetch(&format!("{NODE_ADDRESS}:{HOST_PORT}")).await;
    assert!(through_host_port.contains("this is one"), "{through_host_port}");
}

/// A Service of both pods, one of the first alone, one of nobody.
async fn through_services(client: &CriClient, one: &RunningPod, two: &RunningPod) {
    let cluster_cidr = "10.244.0.0/16".parse().ok();
    let node = NodeView { name: "node".into(), cluster_cidr, ..NodeView::default() };
    let endpoint = |pod: &RunningPod| Endpoint { address: pod.address.parse().unwrap(), port: 8080, local: true };
    let service = |n: u8, endpoints: Vec<Endpoint>, affinity| Service {
        key: format!("default/s{n}"),
        cluster_ip: Ipv4Addr::new(10, 96, 0, n),
        external_ips: Vec::new(),
        balancer_ips: Vec::new(),
        source_ranges: Vec::new(),
        health: None,
        internal_local: false,
        external_local: false,
        affinity,
        ports: vec![Port {
            name: "http".into(),
            protocol: 6,
            port: 80,
            node_port: Some(30_000 + u16::from(n)),
            serving: std::collections::BTreeSet::new(),
            local: endpoints.clone(),
            endpoints,
        }],
    };
    let all = [
        service(1, vec![endpoint(one), endpoint(two)], None),
        service(2, vec![endpoint(one)], None),
        service(3, Vec::new(), None),
        service(4, vec![endpoint(one), endpoint(two)], Some(Duration::from_secs(60))),
    ];
    let mut ruleset = Ruleset::default();
    let mut kernel = Kernel::open(services::TABLE).unwrap();
    kernel.apply(Start::Replace, &services::skeleton(&node)).unwrap();
    let fragments = all.iter().map(|it| (it.key.clone(), Some(services::fragment(it, &node))));
    kernel.apply(Start::Present, &ruleset.replace(fragments.collect())).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for at in ["10.96.0.1:80".to_owned(), format!("{NODE_ADDRESS}:30001")] {
        for _ in 0..30 {
            seen.insert(fetch(&at).await.lines().last().unwrap_or_default().to_owned());
        }
        assert_eq!(seen.iter().collect::<Vec<_>>(), ["pod: one", "pod: two"], "{at}");
    }
    let mut sticky = std::collections::BTreeSet::new();
    for _ in 0..20 {
        sticky.insert(fetch("10.96.0.4:80").await);
    }
    assert_eq!(sticky.len(), 1, "{sticky:?}");
    let get = |url: &str| vec!["/web".into(), "get".into(), url.into()];
    for (pod, url) in [(two, "http://10.96.0.2/"), (one, "http://10.96.0.2/"), (one, "http://172.31.255.2:30002/")] {
        let output = client.exec_sync(&pod.container, get(url), Duration::from_secs(20)).await.unwrap();
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("this is one"), "{url} from {}: {text}{errors}", pod.address);
    }
    for url in ["http://10.96.0.3/", "http://10.96.0.2:81/"] {
        let output = client.exec_sync(&two.container, get(url), Duration::from_secs(20)).await.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(errors.contains("refused") || errors.contains("unreachable"), "{url}: {errors}");
    }
    for at in ["10.96.0.3:80", "10.96.0.2:81", "172.31.255.2:30003"] {
        let refused = TcpStream::connect_timeout(&address(at), Duration::from_secs(5)).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused, "{at}");
    }
    kernel.remove().unwrap();
}

/// Killed, containerd is started again; let go of, it is adopted; its containers notice neither.
async fn lives_on(containerd: Arc<Containerd>, config: &ContainerdConfig, client: &CriClient, pod: &RunningPod) {
    let token = CancellationToken::new();
    let supervisor = tokio::spawn({
        let (containerd, token) = (containerd.clone(), token.clone());
        async move { containerd.supervise(token).await }
    });
    let before = containerd.identity().await;
    before.open().unwrap().signal(rustix::process::Signal::KILL);
    before.open().map(|handle| handle.wait(Duration::from_secs(5)));
    let limit = Duration::from_secs(30);
    let restarted = async {
        while containerd.identity().await == before || client.status().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(limit, restarted).await.expect("containerd is started again");
    token.cancel();
    supervisor.await.unwrap();
    let running = containerd.identity().await;
    drop(containerd);
    let adopted = Containerd::start(config.clone()).await.unwrap();
    assert_eq!(adopted.identity().await, running);
    let status = client.container_status(&pod.container).await.unwrap();
    assert_eq!(status.state, api::ContainerState::ContainerRunning as i32);
    let answer = fetch(&format!("{}:8080", pod.address)).await;
    assert!(answer.contains("this is one"), "{answer}");
}

fn nothing_left(data: &Path, pod: &RunningPod) {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(data.to_str().unwrap()), "{mounts}");
    let links = Command::new("ip").args(["-o", "link"]).output().unwrap();
    let links = String::from_utf8_lossy(&links.stdout).into_owned();
    assert!(!links.contains(": skg"), "{links}");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok());
    let left: Vec<String> = lines.filter(|line| line.contains("containerd") || line.starts_with("/web")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(nft(&["list", "ruleset"]), "");
    let sockets: Vec<_> = fs::read_dir("/run/containerd/s").into_iter().flatten().flatten().collect();
    assert!(sockets.is_empty(), "{sockets:?}");
    for hierarchy in fs::read_dir("/sys/fs/cgroup").unwrap().flatten() {
        assert!(!hierarchy.path().join("kubepods").exists(), "{hierarchy:?}");
    }
    assert!(
        TcpStream::connect_timeout(&address(&format!("{}:8080", pod.address)), Duration::from_millis(200)).is_err()
    );
}

fn nft(arguments: &[&str]) -> String {
    let output = Command::new("nft").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The page at an address; a server that is just starting is given a moment.
async fn fetch(at: &str) -> String {
    let at = address(at);
    let get = move || {
        let mut stream = TcpStream::connect_timeout(&at, Duration::from_secs(5))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text)
    };
    let mut last = String::new();
    for _ in 0..100 {
        match tokio::task::spawn_blocking(get).await.unwrap() {
            Ok(text) => return text,
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{at}: {last}");
}
