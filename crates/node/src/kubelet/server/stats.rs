//! Statistics of the node and its pods: the summary API and metrics, read from cgroups and the runtime when asked for.
use super::{Answer, json, text};
use crate::{
    cri::api,
    kubelet::{
        cgroups::{Usage, pod_path},
        make::sandbox::{CONTAINER_NAME, POD_NAME, POD_NAMESPACE, POD_UID},
        node::facts,
        shared::Shared,
    },
    pod::{qos::qos, spec},
};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json as value};
use skeg_model::time::rfc3339_seconds;
use std::{collections::HashMap, fmt::Write, fs, path::Path, sync::Arc};

fn cpu(usage: &Usage, now: Timestamp) -> Value {
    value!({"time": rfc3339_seconds(now), "usageNanoCores": 0, "usageCoreNanoSeconds": usage.cpu_nanos})
}

fn memory(usage: &Usage, capacity: i64, now: Timestamp) -> Value {
    let available = u64::try_from(capacity).unwrap_or(0).saturating_sub(usage.working_set_bytes);
    value!({
        "time": rfc3339_seconds(now),
        "availableBytes": available,
        "usageBytes": usage.memory_bytes,
        "workingSetBytes": usage.working_set_bytes,
        "rssBytes": usage.rss_bytes,
        "pageFaults": usage.page_faults,
        "majorPageFaults": usage.major_page_faults,
    })
}

fn file_system(path: &Path, now: Timestamp) -> Value {
    let it = facts::file_system(path);
    value!({
        "time": rfc3339_seconds(now),
        "availableBytes": it.available_bytes,
        "capacityBytes": it.capacity_bytes,
        "usedBytes": it.capacity_bytes.saturating_sub(it.available_bytes),
        "inodesFree": it.inodes_free,
        "inodes": it.inodes,
        "inodesUsed": it.inodes.saturating_sub(it.inodes_free),
    })
}

/// Counters of the node's interfaces; the first that is not loopback stands for the node.
fn network(now: Timestamp) -> Value {
    let table = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let rows = table.lines().skip(2).filter_map(|line| {
        let (name, rest) = line.split_once(':')?;
        let numbers: Vec<u64> = rest.split_whitespace().filter_map(|it| it.parse().ok()).collect();
        let at = |index: usize| numbers.get(index).copied().unwrap_or(0);
        let name = name.trim();
        (name != "lo")
            .then(|| value!({"name": name, "rxBytes": at(0), "rxErrors": at(2), "txBytes": at(8), "txErrors": at(10)}))
    });
    let interfaces: Vec<Value> = rows.collect();
    let mut all = interfaces.first().cloned().unwrap_or_else(|| value!({"name": ""}));
    all["time"] = rfc3339_seconds(now).into();
    all["interfaces"] = interfaces.into();
    all
}

fn processes() -> Value {
    let count = fs::read_dir("/proc").into_iter().flatten().flatten();
    let count = count.filter(|it| it.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit())).count();
    let most = fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default();
    value!({"maxpid": most.trim().parse::<u64>().unwrap_or(0), "curproc": count})
}

fn node(shared: &Shared, now: Timestamp) -> Value {
    let whole = shared.cgroups.usage("/");
    let pods = shared.cgroups.usage(&format!("{}/kubepods", shared.config.settings.cgroup_root));
    let root = &shared.config.root_dir;
    let mut rlimit = processes();
    rlimit["time"] = rfc3339_seconds(now).into();
    value!({
        "nodeName": shared.config.node_name,
        "systemContainers": [{
            "name": "pods",
            "startTime": rfc3339_seconds(now),
            "cpu": cpu(&pods, now),
            "memory": memory(&pods, shared.memory_bytes, now),
        }],
        "startTime": rfc3339_seconds(now),
        "cpu": cpu(&whole, now),
        "memory": memory(&whole, shared.memory_bytes, now),
        "network": network(now),
        "fs": file_system(root, now),
        "runtime": {"imageFs": file_system(root, now), "containerFs": file_system(root, now)},
        "rlimit": rlimit,
    })
}

fn value_of(it: Option<&api::UInt64Value>) -> u64 {
    it.map_or(0, |it| it.value)
}

fn container(stats: &api::ContainerStats, now: Timestamp) -> Value {
    let name = stats.attributes.as_ref().and_then(|it| it.metadata.as_ref()).map(|it| it.name.clone());
    let cpu = stats.cpu.as_ref();
    let memory = stats.memory.as_ref();
    let layer = stats.writable_layer.as_ref();
    value!({
        "name": name.unwrap_or_default(),
        "startTime": rfc3339_seconds(now),
        "cpu": {
            "time": rfc3339_seconds(now),
            "usageNanoCores": value_of(cpu.and_then(|it| it.usage_nano_cores.as_ref())),
            "usageCoreNanoSeconds": value_of(cpu.and_then(|it| it.usage_core_nano_seconds.as_ref())),
        },
        "memory": {
            "time": rfc3339_seconds(now),
            "usageBytes": value_of(memory.and_then(|it| it.usage_bytes.as_ref())),
            "workingSetBytes": value_of(memory.and_then(|it| it.working_set_bytes.as_ref())),
            "rssBytes": value_of(memory.and_then(|it| it.rss_bytes.as_ref())),
            "pageFaults": value_of(memory.and_then(|it| it.page_faults.as_ref())),
            "majorPageFaults": value_of(memory.and_then(|it| it.major_page_faults.as_ref())),
        },
        "rootfs": {
            "time": rfc3339_seconds(now),
            "usedBytes": value_of(layer.and_then(|it| it.used_bytes.as_ref())),
            "inodesUsed": value_of(layer.and_then(|it| it.inodes_used.as_ref())),
        },
    })
}

pub(super) async fn summary(shared: &Arc<Shared>) -> Answer {
    let now = shared.config.clock.now();
    let stats = match shared.runtime.list_container_stats(None).await {
        Ok(stats) => stats,
        Err(error) => return text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    let mut by_pod: HashMap<String, Vec<Value>> = HashMap::new();
    for one in &stats {
        let uid = one.attributes.as_ref().and_then(|it| it.labels.get(POD_UID)).cloned().unwrap_or_default();
        by_pod.entry(uid).or_default().push(container(one, now));
    }
    let pods: Vec<Value> = shared
        .registry
        .active()
        .iter()
        .map(|pod| {
            let uid = spec::uid(pod);
            let usage = shared.cgroups.usage(&pod_path(&shared.config.settings.cgroup_root, qos(pod), uid));
            value!({
                "podRef": {"name": spec::name(pod), "namespace": spec::namespace(pod), "uid": uid},
                "startTime": pod.status.as_ref().and_then(|it| it.start_time.clone()),
                "containers": by_pod.remove(uid).unwrap_or_default(),
                "cpu": cpu(&usage, now),
                "memory": memory(&usage, shared.memory_bytes, now),
            })
        })
        .collect();
    json(&value!({"node": node(shared, now), "pods": pods}))
}

struct Metrics(String);

impl Metrics {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], amount: f64) {
        let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
        let shown = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        let _ = writeln!(self.0, "{name}{shown} {amount}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
fn float(it: u64) -> f64 {
    it as f64
}

pub(super) async fn resource_metrics(shared: &Arc<Shared>) -> Answer {
    let mut out = Metrics(String::new());
    let stats = shared.runtime.list_container_stats(None).await;
    let failed = stats.is_err();
    let stats = stats.unwrap_or_default();
    let labels = |it: &api::ContainerStats| {
        let map = it.attributes.as_ref().map(|it| it.labels.clone()).unwrap_or_default();
        let get = |key: &str| map.get(key).cloned().unwrap_or_default();
        [("container", get(CONTAINER_NAME)), ("namespace", get(POD_NAMESPACE)), ("pod", get(POD_NAME))]
    };
    let mut family = |name: &str, kind: &str, help: &str, of: &dyn Fn(&api::ContainerStats) -> f64| {
        out.family(name, kind, help);
        for one in &stats {
            let labels = labels(one);
            let labels: Vec<(&str, &str)> = labels.iter().map(|(key, value)| (*key, value.as_str())).collect();
            out.sample(name, &labels, of(one));
        }
    };
    let cpu = |it: &api::ContainerStats| value_of(it.cpu.as_ref().and_then(|it| it.usage_core_nano_seconds.as_ref()));
    let memory = |it: &api::ContainerStats| value_of(it.memory.as_ref().and_then(|it| it.working_set_bytes.as_ref()));
    family(
        "container_cpu_usage_seconds_total",
        "counter",
        "Cumulative cpu time consumed by the container in core-seconds",
        &|it| float(cpu(it)) / 1e9,
    );
    family("container_memory_working_set_bytes", "gauge", "Current working set of the container in bytes", &|it| {
        float(memory(it))
    });
    node_and_pods(shared, &mut out);
    out.family(
        "resource_scrape_error",
        "gauge",
        "1 if there was an error while getting container metrics, 0 otherwise",
    );
    out.sample("resource_scrape_error", &[], f64::from(u8::from(failed)));
    text(StatusCode::OK, out.0)
}

fn node_and_pods(shared: &Shared, out: &mut Metrics) {
    let node = shared.cgroups.usage("/");
    out.family("node_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the node in core-seconds");
    out.sample("node_cpu_usage_seconds_total", &[], float(node.cpu_nanos) / 1e9);
    out.family("node_memory_working_set_bytes", "gauge", "Current working set of the node in bytes");
    out.sample("node_memory_working_set_bytes", &[], float(node.working_set_bytes));
    let pods = shared.registry.active();
    let usage = |pod: &k8s_openapi::api::core::v1::Pod| {
        shared.cgroups.usage(&pod_path(&shared.config.settings.cgroup_root, qos(pod), spec::uid(pod)))
    };
    out.family("pod_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the pod in core-seconds");
    for pod in &pods {
        let labels = [("namespace", spec::namespace(pod)), ("pod", spec::name(pod))];
        out.sample("pod_cpu_usage_seconds_total", &labels, float(usage(pod).cpu_nanos) / 1e9);
    }
    out.family("pod_memory_working_set_bytes", "gauge", "Current working set of the pod in bytes");
    for pod in &pods {
        let labels = [("namespace", spec::namespace(pod)), ("pod", spec::name(pod))];
        out.sample("pod_memory_working_set_bytes", &labels, float(usage(pod).working_set_bytes));
    }
}

pub(super) async fn metrics(shared: &Arc<Shared>) -> Answer {
    let mut out = Metrics(String::new());
    let sandboxes = shared.runtime.list_sandboxes(None).await.unwrap_or_default();
    let containers = shared.runtime.list_containers(None).await.unwrap_or_default();
    let ready = sandboxes.iter().filter(|it| it.state() == api::PodSandboxState::SandboxReady).count();
    out.family("kubelet_running_pods", "gauge", "Number of pods that have a running pod sandbox");
    out.sample("kubelet_running_pods", &[], float(ready as u64));
    out.family("kubelet_running_containers", "gauge", "Number of containers currently running");
    for (state, name) in [
        (api::ContainerState::ContainerCreated, "created"),
        (api::ContainerState::ContainerExited, "exited"),
        (api::ContainerState::ContainerRunning, "running"),
        (api::ContainerState::ContainerUnknown, "unknown"),
    ] {
        let count = containers.iter().filter(|it| it.state() == state).count();
        out.sample("kubelet_running_containers", &[("container_state", name)], float(count as u64));
    }
    out.family("kubelet_active_pods", "gauge", "The number of pods the kubelet considers active");
    out.sample("kubelet_active_pods", &[("static", "")], float(shared.registry.active().len() as u64));
    out.family("kubelet_desired_pods", "gauge", "The number of pods the kubelet is being instructed to run");
    out.sample("kubelet_desired_pods", &[("static", "")], float(shared.pods.len() as u64));
    out.family("kubelet_cgroup_version", "gauge", "cgroup version on the hosts");
    out.sample("kubelet_cgroup_version", &[], f64::from(shared.cgroups.version()));
    out.family("kubelet_node_name", "gauge", "The node's name. The count is always 1");
    out.sample("kubelet_node_name", &[("node", &shared.config.node_name)], 1.0);
    text(StatusCode::OK, out.0)
}
