//! `/stats/summary`: what the node, its pods and their containers use, read when it is asked for.
use super::{Answer, json, text};
use crate::{
    cri::api,
    kubelet::{
        cgroups::{Usage, pod_path},
        eviction::{disk_usage, image_fs, local_volumes},
        make::sandbox::{CONTAINER_NAME, POD_UID},
        metrics::VOLUME_METRICS,
        node::facts::{self, FileSystem},
        shared::Shared,
    },
    pod::{
        qos::qos,
        spec::{self, host_network},
    },
};
use http::StatusCode;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json as value};
use skeg_model::time::rfc3339_seconds;
use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// Between the two samples of a rate that was not asked for before.
const SAMPLE: Duration = Duration::from_millis(250);
/// Rates are taken over at least this time where an earlier sample is there.
const RATE_OVER: Duration = Duration::from_secs(1);
/// Samples kept; past it all are taken anew.
const SAMPLES_MAX: usize = 4096;

/// Processor time by whose it is, as last asked for, with the rate since the sample before.
#[derive(Debug, Default)]
pub struct Rates(parking_lot::Mutex<HashMap<String, Sample>>);

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    nanos: u64,
    rate: Option<u64>,
}

impl Rates {
    /// Takes a sample; the rate over the time since the one before, where there is one.
    fn take(&self, key: &str, nanos: u64) -> Option<u64> {
        let mut all = self.0.lock();
        if all.len() >= SAMPLES_MAX {
            all.clear();
        }
        let now = Instant::now();
        let Some(before) = all.get_mut(key) else {
            all.insert(key.to_owned(), Sample { at: now, nanos, rate: None });
            return None;
        };
        let elapsed = now - before.at;
        if before.rate.is_none() || elapsed >= RATE_OVER {
            let used = u128::from(nanos.saturating_sub(before.nanos)) * 1_000_000_000;
            let rate = u64::try_from(used / elapsed.as_nanos().max(1)).unwrap_or(u64::MAX);
            *before = Sample { at: now, nanos, rate: Some(rate) };
        }
        before.rate
    }

    fn has(&self, key: &str) -> bool {
        self.0.lock().contains_key(key)
    }
}

fn cpu(shared: &Shared, key: &str, nanos: u64, now: Timestamp) -> Value {
    let mut made = value!({"time": rfc3339_seconds(now), "usageCoreNanoSeconds": nanos});
    if let Some(rate) = shared.rates.take(key, nanos) {
        made["usageNanoCores"] = rate.into();
    }
    made
}

/// `capacity`: of the machine, or the limit; None: no limit of its own.
fn memory(usage: &Usage, capacity: Option<u64>, now: Timestamp) -> Value {
    let mut made = value!({
        "time": rfc3339_seconds(now),
        "usageBytes": usage.memory_bytes,
        "workingSetBytes": usage.working_set_bytes,
        "rssBytes": usage.rss_bytes,
        "pageFaults": usage.page_faults,
        "majorPageFaults": usage.major_page_faults,
    });
    if let Some(capacity) = capacity {
        made["availableBytes"] = capacity.saturating_sub(usage.working_set_bytes).into();
    }
    made
}

fn swap(usage: &Usage, now: Timestamp) -> Value {
    value!({"time": rfc3339_seconds(now), "swapUsageBytes": usage.swap_bytes})
}

fn file_system(it: FileSystem, used: Option<u64>, now: Timestamp) -> Value {
    value!({
        "time": rfc3339_seconds(now),
        "availableBytes": it.available_bytes,
        "capacityBytes": it.capacity_bytes,
        "usedBytes": used.unwrap_or_else(|| it.capacity_bytes.saturating_sub(it.free_bytes)),
        "inodesFree": it.inodes_free,
        "inodes": it.inodes,
        "inodesUsed": it.inodes.saturating_sub(it.inodes_free),
    })
}

/// Counters of the interfaces that a process sees; the one of the default route stands for all, else the first.
fn network(process: &str, now: Timestamp) -> Value {
    let table = fs::read_to_string(format!("/proc/{process}/net/dev")).unwrap_or_default();
    let routes = fs::read_to_string(format!("/proc/{process}/net/route")).unwrap_or_default();
    let default = routes.lines().skip(1).find_map(|line| {
        let mut parts = line.split_whitespace();
        let name = parts.next()?;
        (parts.next()? == "00000000").then(|| name.to_owned())
    });
    let rows = table.lines().skip(2).filter_map(|line| {
        let (name, rest) = line.split_once(':')?;
        let numbers: Vec<u64> = rest.split_whitespace().filter_map(|it| it.parse().ok()).collect();
        let at = |index: usize| numbers.get(index).copied().unwrap_or(0);
        let name = name.trim();
        (name != "lo")
            .then(|| value!({"name": name, "rxBytes": at(0), "rxErrors": at(2), "txBytes": at(8), "txErrors": at(10)}))
    });
    let interfaces: Vec<Value> = rows.collect();
    let own = interfaces.iter().find(|it| default.as_deref() == it["name"].as_str()).or(interfaces.first());
    let mut all = own.cloned().unwrap_or_else(|| value!({"name": ""}));
    all["time"] = rfc3339_seconds(now).into();
    all["interfaces"] = interfaces.into();
    all
}

fn rlimit(now: Timestamp) -> Value {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let tasks =
        load.split_whitespace().nth(3).and_then(|it| it.split_once('/')).and_then(|(_, all)| all.parse::<u64>().ok());
    let read = |path: &str| fs::read_to_string(path).ok().and_then(|it| it.trim().parse::<u64>().ok()).unwrap_or(0);
    let most = read("/proc/sys/kernel/pid_max").min(read("/proc/sys/kernel/threads-max"));
    value!({"time": rfc3339_seconds(now), "maxpid": most, "curproc": tasks.unwrap_or(0)})
}

fn when(nanoseconds: i128) -> Value {
    Timestamp::from_nanosecond(nanoseconds).map_or(Value::Null, |at| rfc3339_seconds(at).into())
}

/// When the machine was started.
fn boot() -> Value {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let seconds = text.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<i128>().ok());
    seconds.map_or(Value::Null, |seconds| when(seconds * 1_000_000_000))
}

async fn node(shared: &Shared, now: Timestamp) -> Value {
    let whole = shared.cgroups.usage("/");
    let path = format!("{}/kubepods", shared.config.settings.cgroup_root);
    let pods = shared.cgroups.usage(&path);
    let capacity = u64::try_from(shared.memory_bytes).ok();
    let disk = facts::file_system(&shared.config.root_dir);
    let images = image_fs(shared).await.unwrap_or(disk);
    value!({
        "nodeName": shared.config.node_name,
        "systemContainers": [{
            "name": "pods",
            "startTime": shared.cgroups.made_at(&path).map_or(Value::Null, when),
            "cpu": cpu(shared, "pods", pods.cpu_nanos, now),
            "memory": memory(&pods, capacity, now),
            "swap": swap(&pods, now),
            "io": shared.cgroups.io(&path).map_or_else(|| value!({"time": rfc3339_seconds(now)}), |psi| {
                value!({"time": rfc3339_seconds(now), "psi": psi})
            }),
        }],
        "startTime": boot(),
        "cpu": cpu(shared, "node", whole.cpu_nanos, now),
        "memory": memory(&whole, capacity, now),
        "network": network("self", now),
        "fs": file_system(disk, None, now),
        "runtime": {"imageFs": file_system(images, None, now), "containerFs": file_system(images, None, now)},
        "rlimit": rlimit(now),
        "swap": swap(&whole, now),
    })
}

fn number(it: Option<&api::UInt64Value>) -> u64 {
    it.map_or(0, |it| it.value)
}

/// What is measured on disk of one pod.
#[derive(Debug, Default)]
struct OnDisk {
    logs: HashMap<String, (u64, u64)>,
    /// (name, bytes, inodes, whether on the node's disk, its file system)
    volumes: Vec<(String, u64, u64, bool, FileSystem)>,
}

fn container(shared: &Shared, stats: &api::ContainerStats, created: i64, disk: &OnDisk, now: Timestamp) -> Value {
    let attributes = stats.attributes.as_ref();
    let name = attributes.and_then(|it| it.labels.get(CONTAINER_NAME)).cloned().unwrap_or_default();
    let id = attributes.map(|it| it.id.clone()).unwrap_or_default();
    let (memory, layer) = (stats.memory.as_ref(), stats.writable_layer.as_ref());
    let nanos = number(stats.cpu.as_ref().and_then(|it| it.usage_core_nano_seconds.as_ref()));
    let of = |get: fn(&api::MemoryUsage) -> Option<&api::UInt64Value>| number(memory.and_then(get));
    let node = facts::file_system(&shared.config.root_dir);
    let (log_bytes, log_inodes) = disk.logs.get(&name).copied().unwrap_or_default();
    value!({
        "name": name,
        "startTime": when(i128::from(created)),
        "cpu": cpu(shared, &id, nanos, now),
        "memory": {
            "time": rfc3339_seconds(now),
            "usageBytes": of(|it| it.usage_bytes.as_ref()),
            "workingSetBytes": of(|it| it.working_set_bytes.as_ref()),
            "rssBytes": of(|it| it.rss_bytes.as_ref()),
            "pageFaults": of(|it| it.page_faults.as_ref()),
            "majorPageFaults": of(|it| it.major_page_faults.as_ref()),
        },
        "rootfs": {
            "time": rfc3339_seconds(now),
            "availableBytes": node.available_bytes,
            "capacityBytes": node.capacity_bytes,
            "usedBytes": number(layer.and_then(|it| it.used_bytes.as_ref())),
            "inodesFree": node.inodes_free,
            "inodes": node.inodes,
            "inodesUsed": number(layer.and_then(|it| it.inodes_used.as_ref())),
        },
        "logs": {
            "time": rfc3339_seconds(now),
            "availableBytes": node.available_bytes,
            "capacityBytes": node.capacity_bytes,
            "usedBytes": log_bytes,
            "inodesFree": node.inodes_free,
            "inodes": node.inodes,
            "inodesUsed": log_inodes,
        },
    })
}

fn measure(logs: Vec<(String, PathBuf)>, volumes: Vec<(String, PathBuf, bool)>) -> OnDisk {
    OnDisk {
        logs: logs.into_iter().map(|(name, path)| (name, disk_usage(&path))).collect(),
        volumes: volumes
            .into_iter()
            .map(|(name, path, on_disk)| {
                let (bytes, inodes) = disk_usage(&path);
                (name, bytes, inodes, on_disk, facts::file_system(&path))
            })
            .collect(),
    }
}

async fn pod(
    shared: &Shared,
    pod: &Pod,
    containers: Vec<api::ContainerStats>,
    created: &HashMap<String, i64>,
    now: Timestamp,
) -> Value {
    let uid = spec::uid(pod);
    let path = pod_path(&shared.config.settings.cgroup_root, qos(pod), uid);
    let usage = shared.cgroups.usage(&path);
    let dir = shared.config.pod_logs(spec::namespace(pod), spec::name(pod), uid);
    let named = |it: &api::ContainerStats| it.attributes.as_ref()?.labels.get(CONTAINER_NAME).cloned();
    let logs: Vec<(String, PathBuf)> =
        containers.iter().filter_map(named).map(|name| (name.clone(), dir.join(name))).collect();
    let volumes = local_volumes(shared, pod);
    let start = Instant::now();
    let disk = tokio::task::spawn_blocking(move || measure(logs, volumes)).await.unwrap_or_default();
    shared.metrics.took(&VOLUME_METRICS, &["kubelet"], start);
    let made: Vec<Value> = containers
        .iter()
        .map(|it| {
            let id = it.attributes.as_ref().map(|it| it.id.as_str()).unwrap_or_default();
            container(shared, it, created.get(id).copied().unwrap_or(0), &disk, now)
        })
        .collect();
    let layers: u64 =
        containers.iter().map(|it| number(it.writable_layer.as_ref().and_then(|it| it.used_bytes.as_ref()))).sum();
    let logs: u64 = disk.logs.values().map(|(bytes, _)| bytes).sum();
    let on_disk: u64 = disk.volumes.iter().filter(|it| it.3).map(|it| it.1).sum();
    let whole = facts::file_system(&shared.config.root_dir);
    let volumes: Vec<Value> = disk
        .volumes
        .iter()
        .map(|(name, bytes, inodes, _, fs)| {
            let mut made = file_system(*fs, Some(*bytes), now);
            made["inodesUsed"] = (*inodes).into();
            made["name"] = name.as_str().into();
            made
        })
        .collect();
    let limit = crate::pod::resources::limits(pod).1.and_then(|bytes| u64::try_from(bytes).ok());
    let mut out = value!({
        "podRef": {"name": spec::name(pod), "namespace": spec::namespace(pod), "uid": uid},
        "startTime": pod.status.as_ref().and_then(|it| it.start_time.clone()),
        "containers": made,
        "cpu": cpu(shared, uid, usage.cpu_nanos, now),
        "memory": memory(&usage, limit, now),
        "ephemeral-storage": file_system(whole, Some(layers + logs + on_disk), now),
        "process_stats": {"process_count": shared.cgroups.processes(&path)},
        "swap": swap(&usage, now),
    });
    if !volumes.is_empty() {
        out["volume"] = volumes.into();
    }
    if let Some(process) = shared.cgroups.any_process(&path).filter(|_| !host_network(pod)) {
        out["network"] = network(&process.to_string(), now);
    }
    out
}

/// Takes a first sample of everything whose rate was not asked for before, and waits for the second to differ.
async fn first_samples(shared: &Shared, stats: &[api::ContainerStats]) {
    let path = format!("{}/kubepods", shared.config.settings.cgroup_root);
    let mut fresh = !shared.rates.has("node");
    shared.rates.take("node", shared.cgroups.usage("/").cpu_nanos);
    shared.rates.take("pods", shared.cgroups.usage(&path).cpu_nanos);
    for pod in shared.registry.active() {
        let uid = spec::uid(&pod);
        fresh |= !shared.rates.has(uid);
        let path = pod_path(&shared.config.settings.cgroup_root, qos(&pod), uid);
        shared.rates.take(uid, shared.cgroups.usage(&path).cpu_nanos);
    }
    for one in stats {
        let Some(id) = one.attributes.as_ref().map(|it| it.id.as_str()) else { continue };
        fresh |= !shared.rates.has(id);
        shared.rates.take(id, number(one.cpu.as_ref().and_then(|it| it.usage_core_nano_seconds.as_ref())));
    }
    if fresh {
        tokio::time::sleep(SAMPLE).await;
    }
}

pub(super) async fn summary(shared: &Arc<Shared>) -> Answer {
    let failed = |error: crate::cri::RuntimeError| text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    match shared.runtime.list_container_stats(None).await {
        Ok(stats) => first_samples(shared, &stats).await,
        Err(error) => return failed(error),
    }
    let stats = match shared.runtime.list_container_stats(None).await {
        Ok(stats) => stats,
        Err(error) => return failed(error),
    };
    let created: HashMap<String, i64> = match shared.runtime.list_containers(None).await {
        Ok(list) => list.into_iter().map(|it| (it.id, it.created_at)).collect(),
        Err(error) => return failed(error),
    };
    let now = shared.config.clock.now();
    let mut by_pod: HashMap<String, Vec<api::ContainerStats>> = HashMap::new();
    for one in stats {
        let uid = one.attributes.as_ref().and_then(|it| it.labels.get(POD_UID)).cloned().unwrap_or_default();
        by_pod.entry(uid).or_default().push(one);
    }
    let mut pods = Vec::new();
    for one in shared.registry.active() {
        let containers = by_pod.remove(spec::uid(&one)).unwrap_or_default();
        pods.push(pod(shared, &one, containers, &created, now).await);
    }
    json(&value!({"node": node(shared, now).await, "pods": pods}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_needs_two_samples() {
        let rates = Rates::default();
        assert_eq!(rates.take("a", 100), None);
        assert!(rates.has("a") && !rates.has("b"));
        assert!(rates.take("a", 100 + 1_000_000_000).is_some_and(|rate| rate > 0));
    }
}
