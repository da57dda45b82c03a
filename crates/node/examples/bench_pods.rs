//! Measures how long many pods of one container take to start at once (`make bench-node` runs it in a lab of its own):
//!   bench_pods cri ENDPOINT COUNT IMAGE FOLDER     the runtime alone: for each pod the calls that our kubelet makes too,
//!                                                  with the same contents, all pods at once; they are removed again
//!   bench_pods api KUBECONFIG COUNT IMAGE PID      pods created in the API at once, until all are Ready; PID is the server,
//!                                                  whose share of all CPU time in the lab is told
#![expect(clippy::unwrap_used, reason = "a measurement ends at its first failure")]
use futures::future::{join_all, try_join_all};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{from_value, json};
use skeg_client::{Client, Selection, Tasks, informer::informer, kubeconfig::Loaded, rest::RestTransport};
use skeg_node::{
    cri::{ContainerRuntime, CriClient, RuntimeError, api},
    kubelet::make::{
        container::{Surroundings as ContainerSurroundings, container_config},
        sandbox::{Surroundings as SandboxSurroundings, sandbox_config},
    },
};
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["cri", endpoint, count, image, folder] => {
            runtime_alone(endpoint, count.parse().unwrap(), image, Path::new(folder)).await;
        }
        ["api", kubeconfig, count, image, pid] => {
            whole(Path::new(kubeconfig), count.parse().unwrap(), image, pid.parse().unwrap()).await;
        }
        _ => eprintln!("usage: bench_pods cri ENDPOINT COUNT IMAGE FOLDER | api KUBECONFIG COUNT IMAGE PID"),
    }
}

fn pod(number: u32, image: &str) -> Pod {
    let container = json!({"name": "c", "image": image, "imagePullPolicy": "IfNotPresent"});
    from_value(json!({
        "metadata": {"name": format!("bench-{number}"), "namespace": "default", "uid": format!("bench-{number}")},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
    }))
    .unwrap()
}

async fn runtime_alone(endpoint: &str, count: u32, image: &str, folder: &Path) {
    let runtime = CriClient::new(endpoint);
    let spec = api::ImageSpec { image: image.to_owned(), ..api::ImageSpec::default() };
    let found = runtime.image_status(spec).await.unwrap().expect("the image is there");
    let pods: Vec<Pod> = (0..count).map(|number| pod(number, image)).collect();
    let (before, start) = (used(), Instant::now());
    let started = pods.iter().map(|pod| start_one(&runtime, pod, &found.id, folder));
    let sandboxes = try_join_all(started).await.unwrap();
    let (took, cpu) = (start.elapsed(), used() - before);
    println!("cri {:.3} s, {:.3} CPU-seconds", took.as_secs_f64(), cpu.as_secs_f64());
    join_all(sandboxes.iter().map(async |id| {
        runtime.stop_sandbox(id).await.unwrap();
        runtime.remove_sandbox(id).await.unwrap();
    }))
    .await;
}

/// What the kubelet asks the runtime for when it starts a pod.
async fn start_one(runtime: &CriClient, pod: &Pod, image_ref: &str, folder: &Path) -> Result<String, RuntimeError> {
    let (name, container) = (pod.metadata.name.as_deref().unwrap(), &pod.spec.as_ref().unwrap().containers[0]);
    let own = folder.join(name);
    fs::create_dir_all(own.join("logs/c")).unwrap();
    fs::create_dir_all(own.join("token")).unwrap();
    let mount = |file: &str, inside: &str, readonly: bool| {
        if file != "token" {
            fs::write(own.join(file), "").unwrap();
        }
        let host_path = own.join(file).display().to_string();
        api::Mount { container_path: inside.into(), host_path, readonly, ..api::Mount::default() }
    };
    let config = sandbox_config(
        pod,
        0,
        SandboxSurroundings {
            dns: api::DnsConfig::default(),
            hostname: name,
            cgroup_parent: &format!("/kubepods/besteffort/pod{name}"),
            log_directory: own.join("logs").display().to_string(),
            users: api::UserNamespace::default(),
        },
    );
    let sandbox = runtime.run_sandbox(config.clone(), "").await?;
    let around = ContainerSurroundings {
        restart_count: 0,
        image_ref,
        image_user: (Some(0), ""),
        environment: vec![("KUBERNETES_SERVICE_HOST".into(), "10.96.0.1".into())],
        mounts: vec![
            mount("token", "/var/run/secrets/kubernetes.io/serviceaccount", true),
            mount("etc-hosts", "/etc/hosts", false),
            mount("message", "/dev/termination-log", false),
        ],
        target: None,
        node_memory_bytes: 1 << 30,
        root: folder,
        cpu_quota: true,
        seccomp_default: false,
        users: api::UserNamespace::default(),
    };
    let made = container_config(pod, container, around).unwrap();
    let id = runtime.create_container(&sandbox, made, config).await?;
    runtime.start_container(&id).await?;
    Ok(sandbox)
}

async fn whole(kubeconfig: &Path, count: u32, image: &str, pid: u32) {
    let resolved = Loaded::read(kubeconfig).unwrap().resolve(None).unwrap();
    let client = Client::new(Arc::new(RestTransport::new(resolved.rest).unwrap()));
    let token = CancellationToken::new();
    let tasks = Tasks::new(token.clone());
    let pods = informer::<Pod>(client.clone(), Selection::default(), &tasks, 1);
    pods.synced().await.unwrap();
    let (all, server, own) = (used(), of_process(pid), of_process(std::process::id()));
    let start = Instant::now();
    let made = (0..count).map(|number| {
        let mut pod = pod(number, image);
        pod.metadata.uid = None;
        let client = client.clone();
        async move { client.create(&pod).await }
    });
    try_join_all(made).await.unwrap();
    let created = start.elapsed();
    for number in 0..count {
        pods.wait_object(&format!("default/bench-{number}"), |pod| pod.is_some_and(|pod| is_ready(pod))).await.unwrap();
    }
    let took = start.elapsed();
    let (server, own) = (of_process(pid) - server, of_process(std::process::id()) - own);
    let all = (used() - all).saturating_sub(own);
    println!(
        "api {:.3} s (created after {:.3} s), {:.3} CPU-seconds without the driver's, skeg {:.3} ({:.1} %)",
        took.as_secs_f64(),
        created.as_secs_f64(),
        all.as_secs_f64(),
        server.as_secs_f64(),
        100.0 * server.as_secs_f64() / all.as_secs_f64(),
    );
    token.cancel();
    tasks.shutdown().await;
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|it| it.type_ == "Ready" && it.status == "True")
}

/// CPU time of everything in the lab: what its cgroup, which is the root here, has used.
fn used() -> Duration {
    let nanos = ["cpuacct", "cpu,cpuacct"].iter().find_map(|controller| {
        fs::read_to_string(format!("/sys/fs/cgroup/{controller}/cpuacct.usage")).ok()?.trim().parse().ok()
    });
    nanos.map(Duration::from_nanos).unwrap_or_else(|| {
        let text = fs::read_to_string("/sys/fs/cgroup/cpu.stat").unwrap();
        let micros = text.lines().find_map(|line| line.strip_prefix("usage_usec ")).unwrap();
        Duration::from_micros(micros.parse().unwrap())
    })
}

/// CPU time of a process, of all its threads.
fn of_process(pid: u32) -> Duration {
    /// What Linux shows programs, whatever the kernel itself counts in.
    const TICKS_A_SECOND: u64 = 100;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
}
