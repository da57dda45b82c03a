//! The settings that a kubelet goes by, read from a complete KubeletConfiguration.
use super::{at, value::duration};
use crate::{
    kubelet::{
        eviction::{ImagePolicy, Statements, Threshold, statements, thresholds},
        server::tls::suites_known,
    },
    pod::{quantity, resources::Amounts},
};
use jiff::SignedDuration;
use k8s_openapi::{api::core::v1::Taint, apimachinery::pkg::api::resource::Quantity};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// Who decides over requests to the node's own server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    AlwaysAllow,
    Webhook,
}

/// How images are pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImagePulls {
    /// None: as many as are asked for.
    pub at_once: Option<usize>,
    /// 0: no limit.
    pub per_second: u32,
    pub burst: u32,
}

/// How many calls a client may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// 0: no limit.
    pub per_second: u32,
    pub burst: u32,
}

/// When a container's log is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogFiles {
    pub size_bytes_max: u64,
    pub files_max: usize,
    /// Logs rotated at once.
    pub workers: usize,
    pub look_every: Duration,
}

/// What is kept from pods, by resource.
pub type Reservation = Amounts;

/// A cgroup outside of the pods' that is held to what is reserved for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enforced {
    /// `system` or `kube`.
    pub whose: &'static str,
    pub cgroup: String,
    pub amounts: Reservation,
    /// Only what can be taken away again: processor time.
    pub compressible: bool,
}

impl Enforced {
    pub fn failure(&self, why: &str) -> String {
        let whose = if self.whose == "system" { "System" } else { "Kube" };
        let what = if self.compressible { " Compressible" } else { "" };
        format!("Failed to enforce {whose} Reserved{what} Cgroup Limits on {:?}: {why}", self.cgroup)
    }
}

/// What a kubelet goes by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The whole KubeletConfiguration, as `/configz` shows it.
    pub effective: Value,
    pub listen: SocketAddr,
    /// None: no plain health endpoint.
    pub healthz: Option<SocketAddr>,
    /// Where what can only be read is served without credentials; None: nowhere.
    pub read_only: Option<SocketAddr>,
    /// Whether requests without credentials are answered as `system:anonymous`.
    pub anonymous: bool,
    pub authorization: Authorization,
    pub token_kept: SignedDuration,
    pub allowed_kept: SignedDuration,
    pub denied_kept: SignedDuration,
    /// Files of the serving certificate and its key; None: one of the cluster's authority.
    pub tls_files: Option<(PathBuf, PathBuf)>,
    /// File of the authorities whose client certificates are believed; None: the cluster's.
    pub client_ca_file: Option<PathBuf>,
    pub debugging_handlers: bool,
    pub sync_frequency: Duration,
    pub status_update_frequency: Duration,
    pub status_report_frequency: SignedDuration,
    pub lease_duration: SignedDuration,
    pub runtime_endpoint: String,
    pub runtime_request_timeout: Duration,
    pub pod_logs_dir: PathBuf,
    pub log_files: LogFiles,
    pub cluster_domain: String,
    pub cluster_dns: Vec<IpAddr>,
    /// "" : pods have no host resolver file to start from.
    pub resolv_conf: PathBuf,
    /// "" or "/name".
    pub cgroup_root: String,
    pub max_pods: u32,
    /// 0: no limit.
    pub pods_per_core: u32,
    /// None: no limit of its own.
    pub pod_pids_limit: Option<i64>,
    pub cpu_quota: bool,
    pub images_listed_max: Option<usize>,
    pub image_pulls: ImagePulls,
    pub images: ImagePolicy,
    pub eviction: Vec<Threshold>,
    /// Longest time that a pod may take to end when a soft threshold costs it.
    pub eviction_grace_max: Duration,
    pub eviction_transition: SignedDuration,
    pub reserved: Reservation,
    pub enforced: Vec<Enforced>,
    /// Whether the pods' cgroup is bounded by what is left after reservations.
    pub enforce_allocatable: bool,
    pub unsafe_sysctls: Vec<String>,
    pub provider_id: Option<String>,
    pub restart_backoff_max: SignedDuration,
    pub seccomp_default: bool,
    pub register_node: bool,
    pub taints: Vec<Taint>,
    pub fail_swap_on: bool,
    pub fail_cgroup_v1: bool,
    /// Ids in the user namespace of a pod.
    pub user_ids_per_pod: u32,
    /// None: no static pods.
    pub static_pods: Option<PathBuf>,
    pub files_looked_at_every: Duration,
    pub events: Pace,
    /// Of all calls but heartbeats and events.
    pub api: Pace,
    pub oom_score_adj: i64,
    pub open_files_max: u64,
    /// Whether the node's server speaks no TLS below 1.3.
    pub tls_13_only: bool,
    /// Cipher suites of TLS 1.2 that the node's server speaks; none named: all that are good.
    pub tls_suites: Vec<String>,
}

/// Reads a tree whose values are of their kinds; what does not fit together is noted.
struct Reader<'a> {
    tree: &'a Value,
    wrong: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> String {
        at(self.tree, name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn some_text(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|it| !it.is_empty())
    }

    fn bool(&self, name: &str) -> bool {
        at(self.tree, name).and_then(Value::as_bool).unwrap_or(false)
    }

    fn duration(&self, name: &str) -> Duration {
        duration(&self.text(name)).unwrap_or_default()
    }

    fn signed(&self, name: &str) -> SignedDuration {
        SignedDuration::try_from(self.duration(name)).unwrap_or(SignedDuration::MAX)
    }

    fn number(&self, name: &str) -> i64 {
        at(self.tree, name).and_then(Value::as_i64).unwrap_or(0)
    }

    fn complain(&mut self, text: impl std::fmt::Display) {
        self.wrong.push(format!("invalid configuration: {text}"));
    }

    fn natural(&mut self, name: &str, flag: &str) -> u32 {
        let number = self.number(name);
        u32::try_from(number).unwrap_or_else(|_| {
            self.complain(format!("{name} (--{flag}) {number} must not be a negative number"));
            0
        })
    }

    /// 0 is let through where it means "none".
    fn port(&mut self, name: &str, flag: &str, none: bool) -> u16 {
        let number = self.number(name);
        match u16::try_from(number) {
            Ok(port) if port > 0 || none => port,
            _ => {
                self.complain(format!("{name} (--{flag}) {number} must be between 1 and 65535, inclusive"));
                0
            }
        }
    }

    fn address(&mut self, name: &str) -> IpAddr {
        let text = self.text(name);
        text.parse().unwrap_or_else(|_| {
            self.complain(format!("{name}: {text:?} is no IP address"));
            IpAddr::from([0, 0, 0, 0])
        })
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let list = at(self.tree, name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|it| it.as_str().map(str::to_owned)).collect()
    }

    fn map(&self, name: &str) -> BTreeMap<String, String> {
        let map = at(self.tree, name).and_then(Value::as_object).into_iter().flatten();
        map.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    fn addresses(&mut self, name: &str) -> Vec<IpAddr> {
        let mut out = Vec::new();
        for text in self.texts(name) {
            match text.parse() {
                Ok(address) => out.push(address),
                Err(_) => self.complain(format!("{name}: {text:?} is no IP address")),
            }
        }
        out
    }

    fn reservation(&mut self, name: &str) -> Reservation {
        let mut out = Reservation::default();
        for (resource, text) in self.map(name) {
            let amount = Quantity(text.clone());
            if !quantity::is_valid(&text) || quantity::value(&amount) < 0 {
                self.complain(format!("{name}: {resource}: {text:?} is no resource quantity that is not negative"));
                continue;
            }
            match resource.as_str() {
                "cpu" => out.cpu_milli = quantity::milli(&amount),
                "memory" => out.memory_bytes = quantity::value(&amount),
                "ephemeral-storage" => out.ephemeral_bytes = quantity::value(&amount),
                _ => self.complain(format!(
                    "{name}: {resource:?} cannot be reserved: only cpu, memory and ephemeral-storage can"
                )),
            }
        }
        out
    }

    /// The hard thresholds in force as they are written, and all thresholds.
    fn eviction(&mut self) -> (BTreeMap<String, String>, Vec<Threshold>) {
        let given = at(self.tree, "evictionHard").map(|_| self.map("evictionHard"));
        let all = Statements {
            hard: statements(given.as_ref(), self.bool("mergeDefaultEvictionSettings")),
            soft: self.map("evictionSoft"),
            soft_grace: self.map("evictionSoftGracePeriod"),
            reclaim: self.map("evictionMinimumReclaim"),
            pods_bounded: self.bounds_pods(),
        };
        let list = thresholds(&all).unwrap_or_else(|text| {
            self.complain(format!("eviction: {text}"));
            Vec::new()
        });
        (all.hard, list)
    }

    fn bounds_pods(&self) -> bool {
        self.texts("enforceNodeAllocatable").iter().any(|what| what == "pods")
    }

    /// Which reservations are enforced, and on which cgroups.
    fn enforced(&mut self) -> Vec<Enforced> {
        const SETTING: &str = "enforceNodeAllocatable (--enforce-node-allocatable)";
        let asked = self.texts("enforceNodeAllocatable");
        let mut out: Vec<Enforced> = Vec::new();
        for (at, what) in asked.iter().enumerate() {
            if asked[..at].contains(what) {
                self.complain(format!("duplicated enforcements {what:?} in {SETTING}"));
                continue;
            }
            let (whose, compressible) = match what.as_str() {
                "pods" => continue,
                "none" if asked.len() == 1 => continue,
                "none" => {
                    self.complain(format!(
                        "{SETTING} may not contain additional enforcements when \"none\" is specified"
                    ));
                    continue;
                }
                "system-reserved" => ("system", false),
                "system-reserved-compressible" => ("system", true),
                "kube-reserved" => ("kube", false),
                "kube-reserved-compressible" => ("kube", true),
                other => {
                    self.complain(format!(
                        "option {other:?} specified for {SETTING}. Valid options are \"pods\", \"system-reserved\", \
                         \"system-reserved-compressible\", \"kube-reserved\", \"kube-reserved-compressible\" or \"none\""
                    ));
                    continue;
                }
            };
            let cgroup = self.text(&format!("{whose}ReservedCgroup"));
            if out.iter().any(|it| it.whose == whose) {
                self.complain(format!(
                    "both \"{whose}-reserved\" and \"{whose}-reserved-compressible\" cannot be specified together in {SETTING}"
                ));
            }
            if cgroup.is_empty() {
                self.complain(format!(
                    "{whose}ReservedCgroup (--{whose}-reserved-cgroup) must be specified when \"{whose}-reserved\" or \
                     \"{whose}-reserved-compressible\" included in {SETTING}"
                ));
            }
            let amounts = self.reservation(&format!("{whose}Reserved"));
            out.push(Enforced { whose, cgroup, amounts, compressible });
        }
        out
    }

    fn healthz(&mut self) -> Option<SocketAddr> {
        let address =
            SocketAddr::new(self.address("healthzBindAddress"), self.port("healthzPort", "healthz-port", true));
        Some(address).filter(|address| address.port() != 0)
    }

    fn eviction_grace(&mut self) -> Duration {
        Duration::from_secs(self.natural("evictionMaxPodGracePeriod", "eviction-max-pod-grace-period").into())
    }

    fn read_only(&mut self) -> Option<SocketAddr> {
        let port = at(self.tree, "readOnlyPort").and_then(Value::as_i64).unwrap_or(0);
        let address = self.address("address");
        match u16::try_from(port) {
            Ok(0) => None,
            Ok(port) => Some(SocketAddr::new(address, port)),
            Err(_) => {
                self.complain(format!("readOnlyPort (--read-only-port) {port} must be between 0 and 65535, inclusive"));
                None
            }
        }
    }

    fn tls_suites(&mut self) -> Vec<String> {
        let (asked, known) = (self.texts("tlsCipherSuites"), suites_known());
        for suite in asked.iter().filter(|it| !known.contains(&it.as_str())) {
            self.complain(format!(
                "tlsCipherSuites: {suite:?} cannot be honoured by this kubelet: only {} can",
                known.join(", ")
            ));
        }
        asked
    }

    fn image_pulls(&mut self) -> ImagePulls {
        let most = at(self.tree, "maxParallelImagePulls").and_then(Value::as_i64);
        let serial = self.bool("serializeImagePulls");
        if let Some(most) = most.filter(|it| *it < 1) {
            self.complain(format!("maxParallelImagePulls {most} must be a positive number"));
        }
        if serial && most.is_some_and(|it| it > 1) {
            self.complain(
                "maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) \
                 is set to false",
            );
        }
        ImagePulls {
            at_once: if serial { Some(1) } else { most.and_then(|it| usize::try_from(it).ok()) },
            per_second: self.natural("registryPullQPS", "registry-qps"),
            burst: self.natural("registryBurst", "registry-burst"),
        }
    }

    fn images(&mut self) -> ImagePolicy {
        let mut percent = |name: &str, flag: &str| {
            let number = self.number(name);
            if !(0..=100).contains(&number) {
                self.complain(format!("{name} (--{flag}) {number} must be between 0 and 100, inclusive"));
            }
            u64::try_from(number).unwrap_or(0).min(100)
        };
        let high = percent("imageGCHighThresholdPercent", "image-gc-high-threshold");
        let low = percent("imageGCLowThresholdPercent", "image-gc-low-threshold");
        if low >= high {
            self.complain(format!(
                "imageGCLowThresholdPercent (--image-gc-low-threshold) {low} must be less than \
                 imageGCHighThresholdPercent (--image-gc-high-threshold) {high}"
            ));
        }
        let (age_min, age_max) = (self.signed("imageMinimumGCAge"), self.signed("imageMaximumGCAge"));
        if !age_max.is_zero() && age_max <= age_min {
            let (max, min) = (self.text("imageMaximumGCAge"), self.text("imageMinimumGCAge"));
            self.complain(format!("imageMaximumGCAge {max} must be greater than imageMinimumGCAge {min}"));
        }
        ImagePolicy { high, low, age_min, age_max }
    }

    fn log_files(&mut self) -> LogFiles {
        let size = self.text("containerLogMaxSize");
        let bytes = quantity::value(&Quantity(size.clone()));
        if !quantity::is_valid(&size) || bytes <= 0 {
            self.complain(format!(
                "containerLogMaxSize (--container-log-max-size) {size:?} must be a positive quantity"
            ));
        }
        let files = self.number("containerLogMaxFiles");
        if files <= 1 {
            self.complain(format!("containerLogMaxFiles (--container-log-max-files) {files} must be greater than 1"));
        }
        let workers = self.number("containerLogMaxWorkers");
        if workers < 1 {
            self.complain(format!("containerLogMaxWorkers {workers} must be greater than or equal to 1"));
        }
        LogFiles {
            size_bytes_max: u64::try_from(bytes).unwrap_or(0),
            files_max: usize::try_from(files).unwrap_or(2),
            workers: usize::try_from(workers).unwrap_or(1).max(1),
            look_every: self.positive("containerLogMonitorInterval"),
        }
    }

    fn authorization(&mut self) -> Authorization {
        match self.text("authorization.mode").as_str() {
            "AlwaysAllow" => Authorization::AlwaysAllow,
            "Webhook" => Authorization::Webhook,
            other => {
                self.complain(format!("authorization.mode: {other:?} must be one of: \"AlwaysAllow\", \"Webhook\""));
                Authorization::Webhook
            }
        }
    }

    fn tls_files(&mut self) -> Option<(PathBuf, PathBuf)> {
        match (self.some_text("tlsCertFile"), self.some_text("tlsPrivateKeyFile")) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) => None,
            _ => {
                self.complain("tlsCertFile and tlsPrivateKeyFile must be given together");
                None
            }
        }
    }

    fn cgroup_root(&mut self) -> String {
        let text = self.text("cgroupRoot");
        let bare = text.trim_end_matches('/');
        if !bare.is_empty() && (!bare.starts_with('/') || bare.contains("//") || bare.split('/').any(|it| it == "..")) {
            self.complain(format!("cgroupRoot (--cgroup-root) {text:?} must be an absolute path of cgroups"));
        }
        bare.to_owned()
    }

    fn backoff(&mut self) -> SignedDuration {
        let longest = self.signed("crashLoopBackOff.maxContainerRestartPeriod");
        if !(SignedDuration::from_secs(1)..=SignedDuration::from_mins(5)).contains(&longest) {
            self.complain(format!(
                "CrashLoopBackOff.MaxContainerRestartPeriod (got: {} seconds) must be set between 1s and 300s",
                longest.as_secs_f64()
            ));
        }
        longest
    }

    fn lease(&mut self) -> SignedDuration {
        let seconds = self.number("nodeLeaseDurationSeconds");
        if seconds <= 0 {
            self.complain("nodeLeaseDurationSeconds must be greater than 0");
        }
        SignedDuration::from_secs(seconds)
    }

    fn pace(&mut self, rate: (&str, &str), burst: (&str, &str)) -> Pace {
        Pace { per_second: self.natural(rate.0, rate.1), burst: self.natural(burst.0, burst.1) }
    }

    fn oom_score_adj(&mut self) -> i64 {
        let score = self.number("oomScoreAdj");
        if !(-1000..=1000).contains(&score) {
            self.complain(format!("oomScoreAdj (--oom-score-adj) {score} must be between -1000 and 1000, inclusive"));
        }
        score
    }

    fn open_files(&mut self) -> u64 {
        let most = self.number("maxOpenFiles");
        u64::try_from(most).unwrap_or_else(|_| {
            self.complain(format!("maxOpenFiles (--max-open-files) {most} must not be a negative number"));
            0
        })
    }

    fn tls_13_only(&mut self) -> bool {
        let version = self.text("tlsMinVersion");
        if !matches!(version.as_str(), "" | "VersionTLS12" | "VersionTLS13") {
            self.complain(format!(
                "tlsMinVersion: {version:?} cannot be honoured by this kubelet: only \"VersionTLS12\", \"VersionTLS13\" can"
            ));
        }
        version == "VersionTLS13"
    }

    fn user_ids(&mut self) -> u32 {
        const UNIT: i64 = 65_536;
        let ids = at(self.tree, "userNamespaces.idsPerPod").and_then(Value::as_i64).unwrap_or(UNIT);
        if ids < UNIT || ids % UNIT != 0 || u32::try_from(ids).is_err() {
            self.complain(format!("userNamespaces.idsPerPod {ids} must be a multiple of {UNIT} below 2^32"));
        }
        u32::try_from(ids).unwrap_or(65_536).max(65_536)
    }

    fn images_listed(&mut self) -> Option<usize> {
        let most = self.number("nodeStatusMaxImages");
        if most < -1 {
            self.complain(format!("nodeStatusMaxImages (--node-status-max-images) {most} must be -1 or greater"));
        }
        usize::try_from(most).ok()
    }

    fn positive(&mut self, name: &str) -> Duration {
        let period = self.duration(name);
        if period.is_zero() {
            self.complain(format!("{name} must be greater than 0"));
        }
        period
    }
}

impl Settings {
    /// `tree` is complete and its values are of their kinds.
    pub(super) fn read(tree: Value) -> Result<Self, Vec<String>> {
        let mut it = Reader { tree: &tree, wrong: Vec::new() };
        let listen = SocketAddr::new(it.address("address"), it.port("port", "port", false));
        let reserved = it.reservation("systemReserved").plus(it.reservation("kubeReserved"));
        let taints = at(&tree, "registerWithTaints").cloned().and_then(|list| serde_json::from_value(list).ok());
        let (statements, eviction) = it.eviction();
        let mut made = Self {
            effective: Value::Null,
            listen,
            healthz: it.healthz(),
            anonymous: it.bool("authentication.anonymous.enabled"),
            authorization: it.authorization(),
            token_kept: it.signed("authentication.webhook.cacheTTL"),
            allowed_kept: it.signed("authorization.webhook.cacheAuthorizedTTL"),
            denied_kept: it.signed("authorization.webhook.cacheUnauthorizedTTL"),
            tls_files: it.tls_files(),
            client_ca_file: it.some_text("authentication.x509.clientCAFile").map(PathBuf::from),
            debugging_handlers: it.bool("enableDebuggingHandlers"),
            sync_frequency: it.positive("syncFrequency"),
            status_update_frequency: it.positive("nodeStatusUpdateFrequency"),
            status_report_frequency: it.signed("nodeStatusReportFrequency"),
            lease_duration: it.lease(),
            runtime_endpoint: it.text("containerRuntimeEndpoint"),
            runtime_request_timeout: it.positive("runtimeRequestTimeout"),
            pod_logs_dir: it.text("podLogsDir").into(),
            log_files: it.log_files(),
            cluster_domain: it.text("clusterDomain"),
            cluster_dns: it.addresses("clusterDNS"),
            resolv_conf: it.text("resolvConf").into(),
            cgroup_root: it.cgroup_root(),
            max_pods: it.natural("maxPods", "max-pods"),
            pods_per_core: it.natural("podsPerCore", "pods-per-core"),
            pod_pids_limit: Some(it.number("podPidsLimit")).filter(|most| *most > 0),
            cpu_quota: it.bool("cpuCFSQuota"),
            images_listed_max: it.images_listed(),
            image_pulls: it.image_pulls(),
            images: it.images(),
            eviction,
            eviction_grace_max: it.eviction_grace(),
            eviction_transition: it.signed("evictionPressureTransitionPeriod"),
            reserved,
            enforce_allocatable: it.bounds_pods(),
            unsafe_sysctls: it.texts("allowedUnsafeSysctls"),
            provider_id: it.some_text("providerID"),
            restart_backoff_max: it.backoff(),
            seccomp_default: it.bool("seccompDefault"),
            register_node: it.bool("registerNode"),
            taints: taints.unwrap_or_default(),
            fail_swap_on: it.bool("failSwapOn"),
            fail_cgroup_v1: it.bool("failCgroupV1"),
            user_ids_per_pod: it.user_ids(),
            static_pods: it.some_text("staticPodPath").map(PathBuf::from),
            files_looked_at_every: it.positive("fileCheckFrequency"),
            events: it.pace(("eventRecordQPS", "event-qps"), ("eventBurst", "event-burst")),
            api: it.pace(("kubeAPIQPS", "kube-api-qps"), ("kubeAPIBurst", "kube-api-burst")),
            oom_score_adj: it.oom_score_adj(),
            open_files_max: it.open_files(),
            tls_13_only: it.tls_13_only(),
            tls_suites: it.tls_suites(),
            read_only: it.read_only(),
            enforced: it.enforced(),
        };
        if !it.wrong.is_empty() {
            return Err(it.wrong);
        }
        made.effective = tree;
        made.effective["evictionHard"] = serde_json::json!(statements);
        if made.cgroup_root.is_empty() {
            made.effective["cgroupRoot"] = "/".into();
        }
        Ok(made)
    }

    /// Pods on this machine at most.
    pub fn pods_max(&self, processors: i64) -> u32 {
        let by_core = u32::try_from(processors).unwrap_or(u32::MAX).saturating_mul(self.pods_per_core);
        if self.pods_per_core == 0 { self.max_pods } else { self.max_pods.min(by_core) }
    }
}
