//! Every field of KubeletConfiguration (kubelet.config.k8s.io/v1beta1): its type, its default, and whether it can be
//! changed here. The decoder, `/configz` and the command line's flags are made from this table.
use super::value::Kind::{self, Bool, BoolMap, Duration, Float, Int32, Int64, Other, Taints, Text, TextMap, Texts};

/// Whether a setting other than the default is honoured.
#[derive(Debug, Clone, Copy)]
pub enum Support {
    Honoured,
    /// Only the default, and these values (as JSON), say what this kubelet does.
    Only(&'static [&'static str]),
}

/// One setting. A name with dots stands in nested objects.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    /// As JSON; None: absent unless it is set.
    pub default: Option<&'static str>,
    pub support: Support,
    /// Flag of upstream's kubelet, with the help that the command line shows.
    pub flag: Option<(&'static str, &'static str)>,
}

/// Fields that upstream tells apart from their zero value; of all others a zero means the default.
const ZERO_COUNTS: &[&str] = &[
    "registryPullQPS",
    "eventRecordQPS",
    "kubeAPIQPS",
    "healthzPort",
    "oomScoreAdj",
    "cpuCFSQuotaPeriod",
    "imageGCHighThresholdPercent",
    "imageGCLowThresholdPercent",
    "nodeStatusMaxImages",
    "podPidsLimit",
    "containerLogMaxFiles",
    "containerLogMaxWorkers",
    "iptablesMasqueradeBit",
    "iptablesDropBit",
    "memoryThrottlingFactor",
    "resolvConf",
    "volumePluginDir",
    "crashLoopBackOff.maxContainerRestartPeriod",
    "nodeStatusReportFrequency",
];

impl Field {
    /// Whether this value means that the default holds, as upstream's defaulting has it.
    pub fn is_zero(&self, value: &serde_json::Value) -> bool {
        let zero = match self.kind {
            Int32 | Int64 => value.as_i64() == Some(0),
            Text => value.as_str() == Some(""),
            Duration => value.as_str().and_then(super::duration).is_some_and(|it| it.is_zero()),
            Other => value.as_i64() == Some(0),
            _ => false,
        };
        zero && self.default.is_some() && !ZERO_COUNTS.contains(&self.name)
    }

    /// What parts a key from its value in the flag of a map.
    pub fn between(&self) -> char {
        if matches!(self.name, "evictionHard" | "evictionSoft") { '<' } else { '=' }
    }

    const fn flag(mut self, name: &'static str, help: &'static str) -> Self {
        self.flag = Some((name, help));
        self
    }
}

const fn free(name: &'static str, kind: Kind, default: &'static str) -> Field {
    Field { name, kind, default: Some(default), support: Support::Honoured, flag: None }
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, default: None, support: Support::Honoured, flag: None }
}

const fn fixed(name: &'static str, kind: Kind, default: &'static str) -> Field {
    Field { name, kind, default: Some(default), support: Support::Only(&[]), flag: None }
}

/// Absent by default; `values` say the same as its absence.
const fn unset(name: &'static str, kind: Kind, values: &'static [&'static str]) -> Field {
    Field { name, kind, default: None, support: Support::Only(values), flag: None }
}

const fn alike(name: &'static str, kind: Kind, default: &'static str, values: &'static [&'static str]) -> Field {
    Field { name, kind, default: Some(default), support: Support::Only(values), flag: None }
}

/// All of them; those with sub-fields name each of these.
pub static FIELDS: &[Field] = &[
    fixed("enableServer", Bool, "true"),
    optional("staticPodPath", Text)
        .flag("pod-manifest-path", "Folder (or file) of static pods, which this node runs without being asked."),
    free("podLogsDir", Text, "\"/var/log/pods\""),
    free("syncFrequency", Duration, "\"1m0s\"").flag("sync-frequency", "Longest time between two looks at a pod."),
    free("fileCheckFrequency", Duration, "\"20s\""),
    free("httpCheckFrequency", Duration, "\"20s\""),
    unset("staticPodURL", Text, &["\"\""]),
    unset("staticPodURLHeader", Other, &["{}"]),
    free("address", Text, "\"0.0.0.0\""),
    free("port", Int32, "10250"),
    optional("readOnlyPort", Int32)
        .flag("read-only-port", "Port on which the node serves, without credentials, what can only be read; 0: none."),
    optional("tlsCertFile", Text),
    optional("tlsPrivateKeyFile", Text),
    optional("tlsCipherSuites", Texts).flag(
        "tls-cipher-suites",
        "Cipher suites of TLS 1.2 that the node's server speaks (default: all that are good).",
    ),
    unset("tlsCurvePreferences", Other, &["[]"]),
    optional("tlsMinVersion", Text)
        .flag("tls-min-version", "Lowest version of TLS that the node's server speaks: VersionTLS12 or VersionTLS13."),
    // The kubelet speaks with the API inside one process: there is no client certificate that could grow old.
    unset("rotateCertificates", Bool, &["false", "true"]),
    unset("serverTLSBootstrap", Bool, &["false"]),
    optional("authentication.x509.clientCAFile", Text),
    fixed("authentication.webhook.enabled", Bool, "true"),
    free("authentication.webhook.cacheTTL", Duration, "\"2m0s\""),
    free("authentication.anonymous.enabled", Bool, "false"),
    free("authorization.mode", Text, "\"Webhook\""),
    free("authorization.webhook.cacheAuthorizedTTL", Duration, "\"5m0s\""),
    free("authorization.webhook.cacheUnauthorizedTTL", Duration, "\"30s\""),
    free("registryPullQPS", Int32, "5").flag("registry-qps", "Image pulls a second; 0: no limit."),
    free("registryBurst", Int32, "10").flag("registry-burst", "Image pulls at once above --registry-qps."),
    fixed("imagePullCredentialsVerificationPolicy", Text, "\"NeverVerifyPreloadedImages\""),
    unset("preloadedImagesVerificationAllowlist", Texts, &["[]"]),
    free("eventRecordQPS", Int32, "50").flag("event-qps", "Events written a second; 0: no limit."),
    free("eventBurst", Int32, "100").flag("event-burst", "Events written at once above --event-qps."),
    free("enableDebuggingHandlers", Bool, "true")
        .flag("enable-debugging-handlers", "Whether the node serves logs, exec, attach and port-forward."),
    unset("enableContentionProfiling", Bool, &["false"]),
    free("healthzPort", Int32, "10248").flag("healthz-port", "Port of the node's plain health endpoint; 0: none."),
    free("healthzBindAddress", Text, "\"127.0.0.1\"")
        .flag("healthz-bind-address", "Address of the node's plain health endpoint."),
    free("oomScoreAdj", Int32, "-999")
        .flag("oom-score-adj", "How late this process is killed when the machine runs out of memory: -1000 to 1000."),
    free("clusterDomain", Text, "\"cluster.local\"").flag("cluster-domain", "Domain of the cluster's names."),
    optional("clusterDNS", Texts).flag(
        "cluster-dns",
        "Addresses of the cluster's DNS Service (default: the tenth of --service-cluster-ip-range).",
    ),
    fixed("streamingConnectionIdleTimeout", Duration, "\"4h0m0s\""),
    free("nodeStatusUpdateFrequency", Duration, "\"10s\"")
        .flag("node-status-update-frequency", "Time between two looks at the node's own state."),
    free("nodeStatusReportFrequency", Duration, "\"5m0s\""),
    free("nodeLeaseDurationSeconds", Int32, "40"),
    free("imageMinimumGCAge", Duration, "\"2m0s\"")
        .flag("minimum-image-ttl-duration", "Age below which an unused image stays."),
    free("imageMaximumGCAge", Duration, "\"0s\""),
    free("imageGCHighThresholdPercent", Int32, "85")
        .flag("image-gc-high-threshold", "Percent of the disk in use from which unused images go; 100: never."),
    free("imageGCLowThresholdPercent", Int32, "80")
        .flag("image-gc-low-threshold", "Percent of the disk in use down to which unused images go."),
    fixed("volumeStatsAggPeriod", Duration, "\"1m0s\""),
    unset("kubeletCgroups", Text, &["\"\""]),
    unset("systemCgroups", Text, &["\"\""]),
    optional("cgroupRoot", Text).flag("cgroup-root", "Cgroup below which the pods' cgroups stand (default: the root)."),
    fixed("cgroupsPerQOS", Bool, "true"),
    fixed("cgroupDriver", Text, "\"cgroupfs\""),
    fixed("cpuManagerPolicy", Text, "\"none\""),
    unset("singleProcessOOMKill", Bool, &[]),
    unset("cpuManagerPolicyOptions", TextMap, &["{}"]),
    free("cpuManagerReconcilePeriod", Duration, "\"10s\""),
    fixed("memoryManagerPolicy", Text, "\"None\""),
    fixed("topologyManagerPolicy", Text, "\"none\""),
    alike("topologyManagerScope", Text, "\"container\"", &["\"pod\""]),
    unset("topologyManagerPolicyOptions", TextMap, &["{}"]),
    unset("qosReserved", TextMap, &["{}"]),
    free("runtimeRequestTimeout", Duration, "\"2m0s\"")
        .flag("runtime-request-timeout", "Longest time of a request to the container runtime."),
    alike("hairpinMode", Text, "\"promiscuous-bridge\"", &["\"hairpin-veth\"", "\"none\""]),
    free("maxPods", Int32, "110").flag("max-pods", "Pods on this machine at most."),
    unset("podCIDR", Text, &["\"\""]),
    free("podPidsLimit", Int64, "-1").flag("pod-max-pids", "Processes of one pod at most; -1: no limit of its own."),
    free("resolvConf", Text, "\"/etc/resolv.conf\"")
        .flag("resolv-conf", "Resolver file that pods' resolver files are made from."),
    unset("runOnce", Bool, &["false"]),
    free("cpuCFSQuota", Bool, "true").flag("cpu-cfs-quota", "Whether CPU limits are enforced."),
    fixed("cpuCFSQuotaPeriod", Duration, "\"100ms\""),
    free("nodeStatusMaxImages", Int32, "50")
        .flag("node-status-max-images", "Images that the node's status lists at most; -1: all."),
    free("maxOpenFiles", Int64, "1000000").flag("max-open-files", "Files that this process may have open."),
    fixed("contentType", Text, "\"application/vnd.kubernetes.protobuf\""),
    free("kubeAPIQPS", Int32, "50").flag("kube-api-qps", "Calls of the node to the API server a second."),
    free("kubeAPIBurst", Int32, "100").flag("kube-api-burst", "Calls at once above --kube-api-qps."),
    free("serializeImagePulls", Bool, "true")
        .flag("serialize-image-pulls", "Whether images are pulled one after the other."),
    optional("maxParallelImagePulls", Int32),
    optional("evictionHard", TextMap).flag("eviction-hard", "Thresholds of eviction, as memory.available<1Gi,…."),
    optional("evictionSoft", TextMap)
        .flag("eviction-soft", "Thresholds that cost a pod only when they stay crossed, as memory.available<1.5Gi,…."),
    optional("evictionSoftGracePeriod", TextMap)
        .flag("eviction-soft-grace-period", "How long a soft threshold must be crossed, as memory.available=1m30s,…."),
    free("evictionPressureTransitionPeriod", Duration, "\"5m0s\"")
        .flag("eviction-pressure-transition-period", "How long a shortage is reported after it was last seen."),
    optional("evictionMaxPodGracePeriod", Int32)
        .flag("eviction-max-pod-grace-period", "Seconds that a pod may take to end when a soft threshold costs it."),
    optional("evictionMinimumReclaim", TextMap).flag(
        "eviction-minimum-reclaim",
        "What must be won back beyond a threshold before the shortage is over, as nodefs.available=2Gi,….",
    ),
    free("mergeDefaultEvictionSettings", Bool, "false"),
    optional("podsPerCore", Int32).flag("pods-per-core", "Pods for each processor at most; 0: no limit."),
    fixed("enableControllerAttachDetach", Bool, "true"),
    unset("protectKernelDefaults", Bool, &["false"]),
    fixed("makeIPTablesUtilChains", Bool, "true"),
    fixed("iptablesMasqueradeBit", Int32, "14"),
    fixed("iptablesDropBit", Int32, "15"),
    unset("featureGates", BoolMap, &["{}"]),
    free("failSwapOn", Bool, "true").flag("fail-swap-on", "Whether a machine with swap is refused."),
    unset("memorySwap.swapBehavior", Text, &["\"\"", "\"NoSwap\""]),
    free("containerLogMaxSize", Text, "\"10Mi\"")
        .flag("container-log-max-size", "Size at which a container's log is rotated."),
    free("containerLogMaxFiles", Int32, "5")
        .flag("container-log-max-files", "Files kept of a container's log, 2 at least."),
    free("containerLogMaxWorkers", Int32, "1"),
    free("containerLogMonitorInterval", Duration, "\"10s\""),
    fixed("configMapAndSecretChangeDetectionStrategy", Text, "\"Watch\""),
    optional("systemReserved", TextMap)
        .flag("system-reserved", "Resources kept for the system, as cpu=200m,memory=500Mi."),
    optional("kubeReserved", TextMap)
        .flag("kube-reserved", "Resources kept for Kubernetes' own components, as cpu=200m,memory=500Mi."),
    unset("reservedSystemCPUs", Text, &["\"\""]),
    unset("showHiddenMetricsForVersion", Text, &["\"\""]),
    optional("systemReservedCgroup", Text)
        .flag("system-reserved-cgroup", "Cgroup that --system-reserved is enforced on."),
    optional("kubeReservedCgroup", Text).flag("kube-reserved-cgroup", "Cgroup that --kube-reserved is enforced on."),
    free("enforceNodeAllocatable", Texts, "[\"pods\"]").flag(
        "enforce-node-allocatable",
        "What is held to its bounds: pods, system-reserved, kube-reserved, the last two also with -compressible; or none.",
    ),
    optional("allowedUnsafeSysctls", Texts).flag(
        "allowed-unsafe-sysctls",
        "Sysctls that pods may set beside the safe ones, as net.core.somaxconn or net.*.",
    ),
    fixed("volumePluginDir", Text, "\"/usr/libexec/kubernetes/kubelet-plugins/volume/exec/\""),
    optional("providerID", Text).flag("provider-id", "What the machine's provider calls it."),
    unset("kernelMemcgNotification", Bool, &["false"]),
    fixed("logging.format", Text, "\"text\""),
    fixed("logging.flushFrequency", Other, "\"5s\""),
    fixed("logging.verbosity", Int32, "0"),
    unset("logging.vmodule", Other, &["[]"]),
    fixed("logging.options", Other, "{\"json\":{\"infoBufferSize\":\"0\"},\"text\":{\"infoBufferSize\":\"0\"}}"),
    fixed("enableSystemLogHandler", Bool, "true"),
    fixed("enableSystemLogQuery", Bool, "false"),
    fixed("shutdownGracePeriod", Duration, "\"0s\""),
    fixed("shutdownGracePeriodCriticalPods", Duration, "\"0s\""),
    unset("shutdownGracePeriodByPodPriority", Other, &["[]"]),
    free("crashLoopBackOff.maxContainerRestartPeriod", Duration, "\"5m0s\""),
    unset("reservedMemory", Other, &["[]"]),
    fixed("enableProfilingHandler", Bool, "true"),
    fixed("enableDebugFlagsHandler", Bool, "true"),
    free("seccompDefault", Bool, "false")
        .flag("seccomp-default", "Whether containers without a seccomp profile get the runtime's."),
    fixed("memoryThrottlingFactor", Float, "0.9"),
    fixed("memoryReservationPolicy", Text, "\"None\""),
    optional("registerWithTaints", Taints)
        .flag("register-with-taints", "Taints that the node is registered with, as KEY=VALUE:EFFECT,…."),
    free("registerNode", Bool, "true").flag("register-node", "Whether the node makes its own Node object."),
    unset("tracing", Other, &[]),
    fixed("localStorageCapacityIsolation", Bool, "true"),
    free("containerRuntimeEndpoint", Text, "\"unix:///run/containerd/containerd.sock\"").flag(
        "container-runtime-endpoint",
        "Socket of a running container runtime (default: a containerd that skeg starts).",
    ),
    unset("imageServiceEndpoint", Text, &["\"\""]),
    free("failCgroupV1", Bool, "true").flag("fail-cgroupv1", "Whether a machine with cgroup version 1 is refused."),
    optional("userNamespaces.idsPerPod", Int64),
];

/// The setting of this name.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// Whether some setting stands below this name.
pub(super) fn is_parent(name: &str) -> bool {
    FIELDS.iter().any(|field| field.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}
