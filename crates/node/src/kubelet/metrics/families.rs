//! The metrics that there are.
use super::{Family, Kind};

const DEFAULT: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const START: &[f64] = &[
    0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 20.0, 30.0, 45.0, 60.0, 120.0, 180.0, 240.0, 300.0, 360.0, 480.0,
    600.0, 900.0, 1200.0, 1800.0, 2700.0, 3600.0,
];
/// From 5 ms, each 2.5 times the one before.
const RUNTIME: &[f64] = &[
    0.005,
    0.0125,
    0.03125,
    0.078_125,
    0.195_312_5,
    0.488_281_25,
    1.220_703_125,
    3.051_757_812_5,
    7.629_394_531_25,
    19.073_486_328_125,
    47.683_715_820_312_5,
    119.209_289_550_781_25,
    298.023_223_876_953_1,
    745.058_059_692_382_8,
];

const fn counter(name: &'static str, help: &'static str, labels: &'static [&'static str]) -> Family {
    Family { name, kind: Kind::Counter, help, labels }
}

const fn gauge(name: &'static str, help: &'static str, labels: &'static [&'static str]) -> Family {
    Family { name, kind: Kind::Gauge, help, labels }
}

const fn histogram(
    name: &'static str,
    bounds: &'static [f64],
    help: &'static str,
    labels: &'static [&'static str],
) -> Family {
    Family { name, kind: Kind::Histogram(bounds), help, labels }
}

pub static ACTIVE_PODS: Family = gauge(
    "kubelet_active_pods",
    "Pods that count when others are admitted, by whether the API server knows them.",
    &["static"],
);
pub static ADMISSION_REJECTIONS: Family =
    counter("kubelet_admission_rejections_total", "Pods that this node did not take, by reason.", &["reason"]);
pub static CGROUP_MANAGER_DURATION: Family = histogram(
    "kubelet_cgroup_manager_duration_seconds",
    DEFAULT,
    "Time of changes to pods' cgroups, by operation.",
    &["operation_type"],
);
pub static CGROUP_VERSION: Family = gauge("kubelet_cgroup_version", "Version of the cgroup hierarchy in use.", &[]);
pub static CONTAINER_LOG_BYTES: Family = gauge(
    "kubelet_container_log_filesystem_used_bytes",
    "Bytes of a container's logs on the node's disk.",
    &["uid", "namespace", "pod", "container"],
);
pub static REQUESTED_RESIZES: Family = counter(
    "kubelet_container_requested_resizes_total",
    "Requested resizes, counted for each container and resource.",
    &["resource", "requirement", "operation"],
);
pub static CONTAINERS_PER_POD: Family = histogram(
    "kubelet_containers_per_pod_count",
    &[1.0, 2.0, 4.0, 8.0, 16.0],
    "Containers of the pods that this node took.",
    &[],
);
pub static CPU_EXCLUSIVE: Family =
    gauge("kubelet_cpu_manager_exclusive_cpu_allocation_count", "Processors given to containers for themselves.", &[]);
pub static CPU_PINNING_ERRORS: Family =
    counter("kubelet_cpu_manager_pinning_errors_total", "Allocations of single processors that failed.", &[]);
pub static CPU_PINNING_REQUESTS: Family =
    counter("kubelet_cpu_manager_pinning_requests_total", "Allocations of single processors.", &[]);
pub static CPU_SHARED_POOL: Family =
    gauge("kubelet_cpu_manager_shared_pool_size_millicores", "Processors that all pods share, in thousandths.", &[]);
pub static DESIRED_PODS: Family = gauge(
    "kubelet_desired_pods",
    "Pods that this node is told to run, by whether the API server knows them.",
    &["static"],
);
pub static EVENTED_PLEG_ERRORS: Family =
    counter("kubelet_evented_pleg_connection_error_count", "Failed attempts to follow the runtime's events.", &[]);
pub static EVENTED_PLEG_LATENCY: Family = histogram(
    "kubelet_evented_pleg_connection_latency_seconds",
    DEFAULT,
    "Time until the runtime's events could be followed.",
    &[],
);
pub static EVENTED_PLEG_SUCCESS: Family =
    counter("kubelet_evented_pleg_connection_success_count", "Times that the runtime's events could be followed.", &[]);
pub static EVICTIONS: Family = counter("kubelet_evictions", "Pods evicted, by what ran short.", &["eviction_signal"]);
pub static FIRST_POD_START: Family = gauge(
    "kubelet_first_network_pod_start_sli_duration_seconds",
    "Time to start the first pod with a network of its own, without image pulls and init containers.",
    &[],
);
pub static SHUTDOWN_END: Family =
    gauge("kubelet_graceful_shutdown_end_time_seconds", "End of the last graceful shutdown of the node.", &[]);
pub static SHUTDOWN_START: Family =
    gauge("kubelet_graceful_shutdown_start_time_seconds", "Start of the last graceful shutdown of the node.", &[]);
pub static HTTP_INFLIGHT: Family = gauge(
    "kubelet_http_inflight_requests",
    "Requests to the node's own server that are being answered.",
    &["long_running", "method", "path", "server_type"],
);
pub static HTTP_DURATION: Family = histogram(
    "kubelet_http_requests_duration_seconds",
    DEFAULT,
    "Time of requests to the node's own server.",
    &["long_running", "method", "path", "server_type"],
);
pub static HTTP_REQUESTS: Family = counter(
    "kubelet_http_requests_total",
    "Requests to the node's own server.",
    &["long_running", "method", "path", "server_type"],
);
pub static ENSURE_IMAGE: Family = counter(
    "kubelet_image_manager_ensure_image_requests_total",
    "Images asked for by containers that start.",
    &["present_locally", "pull_policy", "pull_required"],
);
pub static IMAGE_PULL_DURATION: Family = histogram(
    "kubelet_image_pull_duration_seconds",
    &[
        1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 180.0, 240.0, 300.0, 360.0, 480.0, 600.0, 900.0, 1200.0, 1800.0,
        2700.0, 3600.0,
    ],
    "Time of image pulls, by the size of the image.",
    &["image_size_in_bytes"],
);
pub static IMAGE_VOLUME_ERRORS: Family =
    counter("kubelet_image_volume_mounted_errors_total", "Image volumes whose image could not be had.", &[]);
pub static IMAGE_VOLUME_GOOD: Family =
    counter("kubelet_image_volume_mounted_succeed_total", "Image volumes whose image is there.", &[]);
pub static IMAGE_VOLUME_REQUESTED: Family =
    counter("kubelet_image_volume_requested_total", "Image volumes asked for.", &[]);
pub static MUST_PULL_CHECKS: Family = counter(
    "kubelet_imagemanager_image_mustpull_checks_total",
    "Checks of credentials for images that are there.",
    &["result"],
);
pub static PULLED_RECORDS_USAGE: Family = gauge(
    "kubelet_imagemanager_inmemory_pulledrecords_usage_percent",
    "Use of the cache of records about pulled images, in percent.",
    &[],
);
pub static PULL_INTENTS_USAGE: Family = gauge(
    "kubelet_imagemanager_inmemory_pullintents_usage_percent",
    "Use of the cache of records about pulls that were begun, in percent.",
    &[],
);
pub static PULLED_RECORDS: Family =
    gauge("kubelet_imagemanager_ondisk_pulledrecords", "Records about pulled images on disk.", &[]);
pub static PULL_INTENTS: Family =
    gauge("kubelet_imagemanager_ondisk_pullintents", "Records about pulls that were begun on disk.", &[]);
pub static HOOK_FALLBACKS: Family = counter(
    "kubelet_lifecycle_handler_http_fallbacks_total",
    "Hooks that went over to HTTP because HTTPS was refused.",
    &[],
);
pub static EPHEMERAL_CONTAINERS: Family =
    gauge("kubelet_managed_ephemeral_containers", "Ephemeral containers in this node's pods.", &[]);
pub static MEMORY_PINNING_ERRORS: Family =
    counter("kubelet_memory_manager_pinning_errors_total", "Allocations of pinned memory that failed.", &[]);
pub static MEMORY_PINNING_REQUESTS: Family =
    counter("kubelet_memory_manager_pinning_requests_total", "Allocations of pinned memory.", &[]);
pub static METRICS_PROVIDER: Family =
    gauge("kubelet_metrics_provider", "Where statistics of containers come from.", &["provider"]);
pub static MIRROR_PODS: Family = gauge("kubelet_mirror_pods", "Mirror pods that this node keeps in the API.", &[]);
pub static NODE_NAME: Family = gauge("kubelet_node_name", "The node's name. The count is always 1.", &["node"]);
pub static STARTUP: Family =
    gauge("kubelet_node_startup_duration_seconds", "Time from the machine's start until the node was ready.", &[]);
pub static STARTUP_POST: Family = gauge(
    "kubelet_node_startup_post_registration_duration_seconds",
    "Time from the node's registration until it was ready.",
    &[],
);
pub static STARTUP_PRE_KUBELET: Family = gauge(
    "kubelet_node_startup_pre_kubelet_duration_seconds",
    "Time from the machine's start until the kubelet's.",
    &[],
);
pub static STARTUP_PRE_REGISTRATION: Family = gauge(
    "kubelet_node_startup_pre_registration_duration_seconds",
    "Time from the kubelet's start until the node's registration began.",
    &[],
);
pub static STARTUP_REGISTRATION: Family =
    gauge("kubelet_node_startup_registration_duration_seconds", "Time that the node's registration took.", &[]);
pub static ORPHAN_VOLUMES: Family =
    gauge("kubelet_orphan_pod_cleaned_volumes", "Unknown pods whose volumes the last sweep removed.", &[]);
pub static ORPHAN_VOLUME_ERRORS: Family = gauge(
    "kubelet_orphan_pod_cleaned_volumes_errors",
    "Unknown pods whose volumes the last sweep could not remove.",
    &[],
);
pub static ORPHANED_PODS: Family =
    counter("kubelet_orphaned_runtime_pods_total", "Pods found in the runtime that nobody knew.", &[]);
pub static PLEG_DISCARDED: Family =
    counter("kubelet_pleg_discard_events", "Events of pods' lives that were thrown away.", &[]);
pub static PLEG_LAST_SEEN: Family = gauge("kubelet_pleg_last_seen_seconds", "When all pods were last listed.", &[]);
pub static PLEG_POD_RELIST: Family =
    histogram("kubelet_pleg_pod_relist_duration_seconds", DEFAULT, "Time to look at one pod in the runtime.", &[]);
pub static PLEG_RELIST: Family =
    histogram("kubelet_pleg_relist_duration_seconds", DEFAULT, "Time to list all pods in the runtime.", &[]);
pub static PLEG_INTERVAL: Family = histogram(
    "kubelet_pleg_relist_interval_seconds",
    DEFAULT,
    "Time between two lists of all pods in the runtime.",
    &[],
);
pub static DEFERRED_ACCEPTED: Family = counter(
    "kubelet_pod_deferred_accepted_resizes_total",
    "Resizes that were granted after they had to wait.",
    &["retry_trigger"],
);
pub static IN_PROGRESS_RESIZES: Family =
    gauge("kubelet_pod_in_progress_resizes", "Pods whose resize is under way.", &[]);
pub static RESIZE_DURATION: Family = histogram(
    "kubelet_pod_resize_duration_milliseconds",
    &[
        10.0, 50.0, 100.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0, 20000.0, 30000.0, 60000.0, 120_000.0, 300_000.0,
        600_000.0,
    ],
    "Time to carry out a pod's resize, in milliseconds.",
    &["success"],
);
pub static POD_START: Family =
    histogram("kubelet_pod_start_duration_seconds", START, "Time from a pod's first sight until it runs.", &[]);
pub static POD_START_SLI: Family = histogram(
    "kubelet_pod_start_sli_duration_seconds",
    START,
    "Time from a pod's creation until all its containers have started, without image pulls and init containers.",
    &[],
);
pub static POD_START_TOTAL: Family = histogram(
    "kubelet_pod_start_total_duration_seconds",
    START,
    "Time from a pod's creation until all its containers have started.",
    &[],
);
pub static STATUS_SYNC: Family = histogram(
    "kubelet_pod_status_sync_duration_seconds",
    &[0.010, 0.050, 0.100, 0.500, 1.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0],
    "Time from a change of a pod's status until the API has it.",
    &[],
);
pub static WATCH_DROPPED: Family =
    counter("kubelet_pod_watch_events_dropped_total", "Events about pods that were thrown away.", &[]);
pub static POD_WORKER: Family = histogram(
    "kubelet_pod_worker_duration_seconds",
    DEFAULT,
    "Time to bring one pod further, by kind of step.",
    &["operation_type"],
);
pub static POD_WORKER_START: Family = histogram(
    "kubelet_pod_worker_start_duration_seconds",
    DEFAULT,
    "Time from a pod's first sight until its first step.",
    &[],
);
pub static RESTARTED_PODS: Family =
    counter("kubelet_restarted_pods_total", "Pods made anew under the same uid.", &["static"]);
pub static RUN_SANDBOX: Family = histogram(
    "kubelet_run_podsandbox_duration_seconds",
    DEFAULT,
    "Time to make a pod's sandbox, by handler of the runtime.",
    &["runtime_handler"],
);
pub static RUN_SANDBOX_ERRORS: Family = counter(
    "kubelet_run_podsandbox_errors_total",
    "Sandboxes that could not be made, by handler of the runtime.",
    &["runtime_handler"],
);
pub static RUNNING_CONTAINERS: Family =
    gauge("kubelet_running_containers", "Containers in the runtime, by state.", &["container_state"]);
pub static RUNNING_PODS: Family = gauge("kubelet_running_pods", "Pods with a running sandbox.", &[]);
pub static RUNTIME_DURATION: Family = histogram(
    "kubelet_runtime_operations_duration_seconds",
    RUNTIME,
    "Time of the runtime's operations, by operation.",
    &["operation_type"],
);
pub static RUNTIME_ERRORS: Family = counter(
    "kubelet_runtime_operations_errors_total",
    "Failed operations of the runtime, by operation.",
    &["operation_type"],
);
pub static RUNTIME_OPERATIONS: Family =
    counter("kubelet_runtime_operations_total", "Operations of the runtime, by operation.", &["operation_type"]);
pub static SLEEP_CUT: Family =
    counter("kubelet_sleep_action_terminated_early_total", "Hooks that slept and were ended before their time.", &[]);
pub static CONTAINER_START_ERRORS: Family = counter(
    "kubelet_started_containers_errors_total",
    "Containers that could not be started.",
    &["code", "container_type"],
);
pub static CONTAINER_STARTS: Family =
    counter("kubelet_started_containers_total", "Containers started.", &["container_type"]);
pub static POD_START_ERRORS: Family =
    counter("kubelet_started_pods_errors_total", "Pods whose sandbox could not be made.", &[]);
pub static POD_STARTS: Family = counter("kubelet_started_pods_total", "Pods started.", &[]);
pub static USERNS_POD_ERRORS: Family = counter(
    "kubelet_started_user_namespaced_pods_errors_total",
    "Pods with users of their own whose sandbox could not be made.",
    &[],
);
pub static USERNS_PODS: Family =
    counter("kubelet_started_user_namespaced_pods_total", "Pods with users of their own started.", &[]);
pub static TERMINATED: Family = counter(
    "kubelet_terminated_containers_total",
    "Containers that have ended.",
    &["container_type", "exit_code", "reason"],
);
pub static TOPOLOGY_DURATION: Family = histogram(
    "kubelet_topology_manager_admission_duration_ms",
    &[0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6, 819.2],
    "Time to align a pod's resources, in milliseconds.",
    &[],
);
pub static TOPOLOGY_ERRORS: Family =
    counter("kubelet_topology_manager_admission_errors_total", "Pods whose resources could not be aligned.", &[]);
pub static TOPOLOGY_REQUESTS: Family =
    counter("kubelet_topology_manager_admission_requests_total", "Pods whose resources had to be aligned.", &[]);
pub static VOLUME_METRICS: Family = histogram(
    "kubelet_volume_metric_collection_duration_seconds",
    DEFAULT,
    "Time to measure a volume.",
    &["metric_source"],
);
pub static WEBSOCKETS: Family = counter(
    "kubelet_websocket_streaming_requests_total",
    "Streams over WebSocket that the node answered itself.",
    &["method"],
);
pub static WORKING_PODS: Family = gauge(
    "kubelet_working_pods",
    "Pods that this node works on, by where they are in their life.",
    &["config", "lifecycle", "static"],
);
pub static BUILD_INFO: Family =
    gauge("kubernetes_build_info", "Version of this program.", &["git_version", "major", "minor", "platform"]);
pub static FORCE_CLEANED_ERRORS: Family = counter(
    "force_cleaned_failed_volume_operation_errors_total",
    "Volumes found after a start whose forced removal failed.",
    &[],
);
pub static FORCE_CLEANED: Family = counter(
    "force_cleaned_failed_volume_operations_total",
    "Volumes found after a start that were removed by force.",
    &[],
);
pub static RECONSTRUCT_ERRORS: Family = counter(
    "reconstruct_volume_operations_errors_total",
    "Volumes found after a start that could not be taken over.",
    &[],
);
pub static RECONSTRUCT: Family =
    counter("reconstruct_volume_operations_total", "Volumes found after a start that were taken over.", &[]);
pub static VOLUME_OPERATIONS: Family = histogram(
    "volume_operation_total_seconds",
    &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 25.0, 50.0, 120.0, 300.0, 600.0],
    "Time of operations on volumes.",
    &["operation_name", "plugin_name"],
);
pub static PROBE_DURATION: Family = histogram(
    "prober_probe_duration_seconds",
    DEFAULT,
    "Time of probes.",
    &["container", "namespace", "pod", "probe_type"],
);
pub static PROBES_DONE: Family = counter(
    "prober_probe_total",
    "Probes, by what came of them.",
    &["container", "namespace", "pod", "pod_uid", "probe_type", "result"],
);

/// What `/metrics` shows.
pub static ALL: &[&Family] = &[
    &ACTIVE_PODS,
    &ADMISSION_REJECTIONS,
    &CGROUP_MANAGER_DURATION,
    &CGROUP_VERSION,
    &CONTAINER_LOG_BYTES,
    &REQUESTED_RESIZES,
    &CONTAINERS_PER_POD,
    &CPU_EXCLUSIVE,
    &CPU_PINNING_ERRORS,
    &CPU_PINNING_REQUESTS,
    &CPU_SHARED_POOL,
    &DESIRED_PODS,
    &EVENTED_PLEG_ERRORS,
    &EVENTED_PLEG_LATENCY,
    &EVENTED_PLEG_SUCCESS,
    &EVICTIONS,
    &FIRST_POD_START,
    &SHUTDOWN_END,
    &SHUTDOWN_START,
    &HTTP_INFLIGHT,
    &HTTP_DURATION,
    &HTTP_REQUESTS,
    &ENSURE_IMAGE,
    &IMAGE_PULL_DURATION,
    &IMAGE_VOLUME_ERRORS,
    &IMAGE_VOLUME_GOOD,
    &IMAGE_VOLUME_REQUESTED,
    &MUST_PULL_CHECKS,
    &PULLED_RECORDS_USAGE,
    &PULL_INTENTS_USAGE,
    &PULLED_RECORDS,
    &PULL_INTENTS,
    &HOOK_FALLBACKS,
    &EPHEMERAL_CONTAINERS,
    &MEMORY_PINNING_ERRORS,
    &MEMORY_PINNING_REQUESTS,
    &METRICS_PROVIDER,
    &MIRROR_PODS,
    &NODE_NAME,
    &STARTUP,
    &STARTUP_POST,
    &STARTUP_PRE_KUBELET,
    &STARTUP_PRE_REGISTRATION,
    &STARTUP_REGISTRATION,
    &ORPHAN_VOLUMES,
    &ORPHAN_VOLUME_ERRORS,
    &ORPHANED_PODS,
    &PLEG_DISCARDED,
    &PLEG_LAST_SEEN,
    &PLEG_POD_RELIST,
    &PLEG_RELIST,
    &PLEG_INTERVAL,
    &DEFERRED_ACCEPTED,
    &IN_PROGRESS_RESIZES,
    &RESIZE_DURATION,
    &POD_START,
    &POD_START_SLI,
    &POD_START_TOTAL,
    &STATUS_SYNC,
    &WATCH_DROPPED,
    &POD_WORKER,
    &POD_WORKER_START,
    &RESTARTED_PODS,
    &RUN_SANDBOX,
    &RUN_SANDBOX_ERRORS,
    &RUNNING_CONTAINERS,
    &RUNNING_PODS,
    &RUNTIME_DURATION,
    &RUNTIME_ERRORS,
    &RUNTIME_OPERATIONS,
    &SLEEP_CUT,
    &CONTAINER_START_ERRORS,
    &CONTAINER_STARTS,
    &POD_START_ERRORS,
    &POD_STARTS,
    &USERNS_POD_ERRORS,
    &USERNS_PODS,
    &TERMINATED,
    &TOPOLOGY_DURATION,
    &TOPOLOGY_ERRORS,
    &TOPOLOGY_REQUESTS,
    &VOLUME_METRICS,
    &WEBSOCKETS,
    &WORKING_PODS,
    &BUILD_INFO,
    &FORCE_CLEANED_ERRORS,
    &FORCE_CLEANED,
    &RECONSTRUCT_ERRORS,
    &RECONSTRUCT,
    &VOLUME_OPERATIONS,
];

/// What `/metrics/probes` shows.
pub static PROBES: &[&Family] = &[&PROBE_DURATION, &PROBES_DONE];
