//! The node's status: computed every `nodeStatusUpdateFrequency`, written when it says something new or is
//! `nodeStatusReportFrequency` old.
use super::{facts, register};
use crate::kubelet::{eviction, make::fields::NodeView, shared::Shared};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{
        ContainerImage, DaemonEndpoint, Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeFeatures,
        NodeRuntimeHandler, NodeRuntimeHandlerFeatures, NodeStatus, NodeSystemInfo,
    },
    apimachinery::pkg::apis::meta::v1::Time,
};
use serde_json::{Map, Value, json};
use skeg_client::backoff::Backoff;
use skeg_model::request::PatchKind;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// While the runtime is not ready yet, which it does not tell of by itself: growing, and from the start again when the
/// network was set up.
const LOOK_UNREADY_MIN: Duration = Duration::from_millis(10);
const LOOK_UNREADY_MAX: Duration = Duration::from_secs(1);
/// Features that the API asks a node for before it admits a pod that uses them.
const DECLARED: &[&str] = &[
    "ExtendWebSocketsToKubelet",
    "InPlacePodLevelResourcesVerticalScaling",
    "InPlacePodVerticalScalingInitContainers",
    "RestartAllContainersOnContainerExits",
];
const IMAGE_NAMES_MAX: usize = 5;

/// Asks the runtime how it is; what the rest of the kubelet goes by.
pub(in crate::kubelet) async fn refresh(shared: &Shared) -> Vec<NodeRuntimeHandler> {
    let Ok(status) = shared.runtime.status().await else {
        shared.runtime_ready.store(false, Ordering::Relaxed);
        return Vec::new();
    };
    let holds = |kind: &str| {
        let conditions = status.status.iter().flat_map(|it| &it.conditions);
        conditions.filter(|it| it.r#type == kind).any(|it| it.status)
    };
    let network = holds("NetworkReady");
    shared.runtime_ready.store(holds("RuntimeReady"), Ordering::Relaxed);
    let groups = status.features.is_some_and(|it| it.supplemental_groups_policy);
    shared.groups_policy.store(groups, Ordering::Relaxed);
    if !shared.network_ready.swap(network, Ordering::Relaxed) && network {
        shared.registry.wake_all();
    }
    let own_users = status.runtime_handlers.iter().filter(|it| it.features.is_some_and(|it| it.user_namespaces));
    shared.users.supported_by(own_users.map(|it| it.name.clone()).collect());
    let mut handlers: Vec<NodeRuntimeHandler> = Vec::new();
    for handler in &status.runtime_handlers {
        let features = handler.features.unwrap_or_default();
        if handler.name.is_empty() {
            shared.recursive_read_only.store(features.recursive_read_only_mounts, Ordering::Relaxed);
        }
        handlers.push(NodeRuntimeHandler {
            name: Some(handler.name.clone()),
            features: Some(NodeRuntimeHandlerFeatures {
                recursive_read_only_mounts: Some(features.recursive_read_only_mounts),
                user_namespaces: Some(features.user_namespaces),
            }),
        });
    }
    handlers
}

fn condition(kind: &str, holds: bool, reason: &str, message: &str, now: Timestamp) -> NodeCondition {
    NodeCondition {
        type_: kind.into(),
        status: if holds { "True" } else { "False" }.into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_heartbeat_time: Some(Time(now)),
        last_transition_time: Some(Time(now)),
    }
}

fn conditions(shared: &Shared, old: &[NodeCondition], now: Timestamp) -> Vec<NodeCondition> {
    let pressure = |condition: &str| eviction::is_pressed(shared, condition);
    let (no_memory, no_disk, no_pids) = (pressure("MemoryPressure"), pressure("DiskPressure"), pressure("PIDPressure"));
    let either = |holds: bool, bad: (&'static str, &'static str), good: (&'static str, &'static str)| {
        if holds { bad } else { good }
    };
    let memory = either(
        no_memory,
        ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
        ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    );
    let disk_text = either(
        no_disk,
        ("KubeletHasDiskPressure", "kubelet has disk pressure"),
        ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    );
    let pids = either(
        no_pids,
        ("KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
        ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    );
    let runtime = shared.runtime_ready.load(Ordering::Relaxed);
    let network = shared.network_ready.load(Ordering::Relaxed);
    let mut missing = Vec::new();
    if !runtime {
        missing.push("container runtime is down");
    }
    if !network {
        missing.push("container runtime network not ready");
    }
    let ready = if missing.is_empty() {
        condition("Ready", true, "KubeletReady", "kubelet is posting ready status", now)
    } else {
        condition("Ready", false, "KubeletNotReady", &format!("[{}]", missing.join(", ")), now)
    };
    let mut list = vec![
        condition("MemoryPressure", no_memory, memory.0, memory.1, now),
        condition("DiskPressure", no_disk, disk_text.0, disk_text.1, now),
        condition("PIDPressure", no_pids, pids.0, pids.1, now),
        ready,
    ];
    for own in &mut list {
        let before = old.iter().find(|it| it.type_ == own.type_ && it.status == own.status);
        if let Some(before) = before {
            own.last_transition_time.clone_from(&before.last_transition_time);
        }
    }
    list
}

async fn images(shared: &Shared) -> Vec<ContainerImage> {
    let mut all = shared.runtime.list_images().await.unwrap_or_default();
    all.sort_by_key(|image| std::cmp::Reverse(image.size));
    all.truncate(shared.config.settings.images_listed_max.unwrap_or(usize::MAX));
    let shown = all.into_iter().map(|image| {
        let names: Vec<String> = image.repo_digests.into_iter().chain(image.repo_tags).take(IMAGE_NAMES_MAX).collect();
        ContainerImage { names: Some(names), size_bytes: i64::try_from(image.size).ok() }
    });
    shown.collect()
}

fn system_info(shared: &Shared) -> NodeSystemInfo {
    let identity = facts::identity();
    NodeSystemInfo {
        architecture: identity.architecture.into(),
        boot_id: identity.boot_id,
        container_runtime_version: format!("{}://{}", shared.runtime_name, shared.runtime_version),
        kernel_version: identity.kernel,
        kube_proxy_version: String::new(),
        kubelet_version: shared.config.version.clone(),
        machine_id: identity.machine_id,
        operating_system: "linux".into(),
        os_image: identity.os_image,
        system_uuid: identity.system_uuid,
        ..NodeSystemInfo::default()
    }
}

pub(super) async fn compute(shared: &Shared, old: Option<&NodeStatus>) -> NodeStatus {
    let handlers = refresh(shared).await;
    let config = &shared.config;
    let now = Timestamp::from_second(config.clock.now().as_second()).unwrap_or_default();
    let capacity = facts::capacity(&config.root_dir, config.settings.pods_max(facts::processors()));
    let allocatable = facts::allocatable(&capacity, &config.settings);
    let address = |kind: &str, address: String| NodeAddress { type_: kind.into(), address };
    let addresses = config.node_ips.iter().map(|ip| address("InternalIP", ip.to_string()));
    let view = NodeView {
        name: config.node_name.clone(),
        ips: shared.host_ips(),
        allocatable: allocatable.clone(),
        labels: register::labels(shared),
    };
    shared.node.store(Arc::new(view));
    let old_conditions = old.and_then(|it| it.conditions.clone()).unwrap_or_default();
    NodeStatus {
        addresses: Some(addresses.chain([address("Hostname", config.hostname.clone())]).collect()),
        allocatable: Some(allocatable),
        capacity: Some(capacity),
        conditions: Some(conditions(shared, &old_conditions, now)),
        daemon_endpoints: Some(NodeDaemonEndpoints {
            kubelet_endpoint: Some(DaemonEndpoint { port: i32::from(config.settings.listen.port()) }),
        }),
        features: Some(NodeFeatures { supplemental_groups_policy: Some(shared.groups_policy.load(Ordering::Relaxed)) }),
        images: Some(images(shared).await),
        node_info: Some(system_info(shared)),
        declared_features: Some(DECLARED.iter().map(|it| (*it).to_owned()).collect()),
        runtime_handlers: (!handlers.is_empty()).then_some(handlers),
        ..NodeStatus::default()
    }
}

fn tree(status: &NodeStatus) -> Map<String, Value> {
    match serde_json::to_value(status) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Without the heartbeat times, which alone are no news.
fn news(status: &NodeStatus) -> NodeStatus {
    let mut status = status.clone();
    for condition in status.conditions.iter_mut().flatten() {
        condition.last_heartbeat_time = None;
    }
    status
}

fn patch(old: &NodeStatus, new: &NodeStatus) -> Value {
    let before = tree(old);
    let changed = tree(new).into_iter().filter(|(key, value)| before.get(key) != Some(value));
    json!({"status": Value::Object(changed.collect())})
}

async fn write(shared: &Shared, last: &mut Option<(Timestamp, NodeStatus)>) {
    let client = &shared.config.client;
    let name = &shared.config.node_name;
    let node = match client.get::<Node>(None, name).await {
        Ok(node) => node,
        Err(error) if error.is_not_found() => return super::register(shared).await,
        Err(error) => {
            tracing::warn!(%error, "the node's status cannot be compared yet");
            return;
        }
    };
    let old = node.status.clone().unwrap_or_default();
    let new = compute(shared, Some(&old)).await;
    let now = shared.config.clock.now();
    let same = last.as_ref().is_some_and(|(at, status)| {
        now.duration_since(*at) < shared.config.settings.status_report_frequency
            && news(status) == news(&new)
            && old.conditions.as_ref().is_some_and(|it| it.len() >= 4)
    });
    if same {
        return;
    }
    match client.patch::<Node>(None, name, Some("status"), PatchKind::Strategic, patch(&old, &new)).await {
        Ok(_) => {
            if new.conditions.iter().flatten().any(|it| it.type_ == "Ready" && it.status == "True") {
                shared.ready_once.cancel();
            }
            *last = Some((now, new));
        }
        Err(error) => tracing::warn!(%error, "the node's status cannot be reported yet"),
    }
}

/// Runs until it is dropped.
pub(in crate::kubelet) async fn keep_status(shared: Arc<Shared>) {
    let look = shared.config.settings.status_update_frequency;
    let mut last = None;
    let mut unready = Backoff::new(LOOK_UNREADY_MIN, LOOK_UNREADY_MAX, shared.config.seed);
    loop {
        write(&shared, &mut last).await;
        let ready = shared.network_ready.load(Ordering::Relaxed) && shared.runtime_ready.load(Ordering::Relaxed);
        let wait = if ready && last.is_some() {
            unready.reset();
            look
        } else {
            unready.next_delay()
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shared.eviction.changed.notified() => {}
            () = shared.config.network.notified() => unready.reset(),
        }
    }
}
