//! What the kubelet tells of itself: its pods, its configuration.
use super::{Answer, json, text};
use crate::{
    cri::api,
    kubelet::{
        make::sandbox::{POD_NAME, POD_NAMESPACE, POD_UID},
        shared::Shared,
    },
};
use http::{HeaderValue, StatusCode, header};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json as value};
use std::{collections::BTreeMap, sync::Arc};

fn list(items: Vec<Value>) -> Answer {
    json(&value!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}))
}

fn bare(pod: &Pod) -> Value {
    let mut tree = serde_json::to_value(pod).unwrap_or_default();
    if let Some(map) = tree.as_object_mut() {
        map.remove("kind");
        map.remove("apiVersion");
    }
    tree
}

pub(super) fn pods(shared: &Arc<Shared>) -> Answer {
    list(shared.registry.pods().iter().map(|pod| bare(pod)).collect())
}

/// Pods as the runtime alone knows them.
pub(super) async fn running_pods(shared: &Arc<Shared>) -> Answer {
    let containers = match shared.runtime.list_containers(None).await {
        Ok(containers) => containers,
        Err(error) => return text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    let mut pods: BTreeMap<String, (Value, Vec<Value>)> = BTreeMap::new();
    for container in containers.iter().filter(|it| it.state() == api::ContainerState::ContainerRunning) {
        let label = |key: &str| container.labels.get(key).cloned().unwrap_or_default();
        let metadata = value!({"name": label(POD_NAME), "namespace": label(POD_NAMESPACE), "uid": label(POD_UID)});
        let name = container.metadata.as_ref().map(|it| it.name.clone()).unwrap_or_default();
        let entry = pods.entry(label(POD_UID)).or_insert_with(|| (metadata, Vec::new()));
        entry.1.push(value!({"name": name, "image": container.image_ref, "resources": {}}));
    }
    let items = pods.into_values();
    list(items.map(|(meta, all)| value!({"metadata": meta, "spec": {"containers": all}, "status": {}})).collect())
}

/// As Go's server redirects.
pub(super) fn redirect(to: &'static str) -> Answer {
    let mut answer = text(StatusCode::TEMPORARY_REDIRECT, format!("<a href=\"{to}\">Temporary Redirect</a>.\n\n"));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static(to));
    answer
}

/// The KubeletConfiguration in force.
pub(super) fn configz(shared: &Arc<Shared>) -> Answer {
    let config = &shared.config;
    let mut all = value!({
        "kind": "KubeletConfiguration",
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "address": config.listen.ip().to_string(),
        "port": config.listen.port(),
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"cacheTTL": "2m0s", "enabled": true},
            "x509": {},
        },
        "authorization": {
            "mode": "Webhook",
            "webhook": {"cacheAuthorizedTTL": "5m0s", "cacheUnauthorizedTTL": "30s"},
        },
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": if config.cgroup_root.is_empty() { "/" } else { &config.cgroup_root },
        "clusterDNS": config.cluster_dns,
        "clusterDomain": config.cluster_domain,
        "containerRuntimeEndpoint": config.runtime_endpoint,
        "maxPods": config.max_pods,
        "nodeLeaseDurationSeconds": config.lease_duration.as_secs(),
        "podLogsDir": config.pod_log_dir,
        "resolvConf": config.resolv_conf,
    });
    if let (Some(map), Value::Object(fixed)) = (all.as_object_mut(), fixed()) {
        map.extend(fixed);
    }
    json(&value!({"kubeletconfig": all}))
}

/// Settings that this kubelet has no switch for: how it behaves.
fn fixed() -> Value {
    let mut all = first_half();
    if let (Some(map), Value::Object(more)) = (all.as_object_mut(), second_half()) {
        map.extend(more);
    }
    all
}

fn first_half() -> Value {
    value!({
        "cgroupsPerQOS": true,
        "configMapAndSecretChangeDetectionStrategy": "Watch",
        "containerLogMaxFiles": 5,
        "containerLogMaxSize": "10Mi",
        "containerLogMaxWorkers": 1,
        "containerLogMonitorInterval": "10s",
        "contentType": "application/vnd.kubernetes.protobuf",
        "cpuCFSQuota": true,
        "cpuCFSQuotaPeriod": "100ms",
        "cpuManagerPolicy": "none",
        "cpuManagerReconcilePeriod": "10s",
        "crashLoopBackOff": {"maxContainerRestartPeriod": "5m0s"},
        "enableControllerAttachDetach": true,
        "enableDebugFlagsHandler": true,
        "enableDebuggingHandlers": true,
        "enableProfilingHandler": true,
        "enableServer": true,
        "enableSystemLogHandler": true,
        "enableSystemLogQuery": false,
        "enforceNodeAllocatable": ["pods"],
        "eventBurst": 100,
        "eventRecordQPS": 50,
        "evictionHard": {
            "imagefs.available": "15%",
            "memory.available": "100Mi",
            "nodefs.available": "10%",
            "nodefs.inodesFree": "5%",
        },
        "evictionPressureTransitionPeriod": "5m0s",
        "failCgroupV1": false,
        "failSwapOn": false,
        "fileCheckFrequency": "20s",
        "hairpinMode": "promiscuous-bridge",
        "healthzBindAddress": "127.0.0.1",
        "healthzPort": 10248,
        "httpCheckFrequency": "20s",
        "imageGCHighThresholdPercent": 85,
        "imageGCLowThresholdPercent": 80,
        "imageMaximumGCAge": "0s",
        "imageMinimumGCAge": "2m0s",
    })
}

fn second_half() -> Value {
    value!({
        "imagePullCredentialsVerificationPolicy": "NeverVerifyPreloadedImages",
        "iptablesDropBit": 15,
        "iptablesMasqueradeBit": 14,
        "kubeAPIBurst": 100,
        "kubeAPIQPS": 50,
        "localStorageCapacityIsolation": true,
        "logging": {
            "flushFrequency": "5s",
            "format": "text",
            "options": {"json": {"infoBufferSize": "0"}, "text": {"infoBufferSize": "0"}},
            "verbosity": 0,
        },
        "makeIPTablesUtilChains": true,
        "maxOpenFiles": 1_000_000,
        "memoryManagerPolicy": "None",
        "memoryReservationPolicy": "None",
        "memorySwap": {},
        "memoryThrottlingFactor": 0.9,
        "mergeDefaultEvictionSettings": false,
        "nodeStatusMaxImages": 50,
        "nodeStatusReportFrequency": "5m0s",
        "nodeStatusUpdateFrequency": "10s",
        "oomScoreAdj": -999,
        "podPidsLimit": -1,
        "registerNode": true,
        "registryBurst": 10,
        "registryPullQPS": 0,
        "runtimeRequestTimeout": "2m0s",
        "seccompDefault": false,
        "serializeImagePulls": false,
        "shutdownGracePeriod": "0s",
        "shutdownGracePeriodCriticalPods": "0s",
        "streamingConnectionIdleTimeout": "4h0m0s",
        "syncFrequency": "1m0s",
        "tlsCertFile": "",
        "tlsPrivateKeyFile": "",
        "topologyManagerPolicy": "none",
        "topologyManagerScope": "container",
        "volumePluginDir": "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/",
        "volumeStatsAggPeriod": "1m0s",
    })
}
