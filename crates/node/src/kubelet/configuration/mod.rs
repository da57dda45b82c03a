//! KubeletConfiguration: a file and flags over defaults, decoded strictly; and the settings that the kubelet goes by.
mod fields;
mod settings;
mod value;

pub use fields::{FIELDS, Field, Support, field};
pub use settings::{Authorization, ImagePulls, LogFiles, Reservation, Settings};
pub use value::{Kind, duration, go_text};

use serde_json::{Map, Value, json};
use skeg_model::wire::yaml;
use std::{fs, path::Path};

const API_VERSION: &str = "kubelet.config.k8s.io/v1beta1";
const KIND: &str = "KubeletConfiguration";

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    #[error("failed to read kubelet config file {path:?}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("failed to decode: {0}")]
    Syntax(String),
    #[error("no kind \"{kind}\" is registered for version \"{version}\": only {KIND} of {API_VERSION} is")]
    Kind { kind: String, version: String },
    #[error("strict decoding error: {}", .0.join(", "))]
    Strict(Vec<String>),
    #[error("{}", .0.join(", "))]
    Invalid(Vec<String>),
}

/// A KubeletConfiguration in the making: what was given, over defaults.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Complete: every setting that has a value.
    tree: Value,
    /// Settings that a file or a flag has set.
    given: Vec<&'static str>,
}

impl Default for Configuration {
    fn default() -> Self {
        let mut tree =
            json!({"kind": KIND, "apiVersion": API_VERSION, "authentication": {"x509": {}}, "memorySwap": {}});
        for field in FIELDS {
            if let Some(value) = field.default.and_then(|text| serde_json::from_str(text).ok()) {
                put(&mut tree, field.name, value);
            }
        }
        Self { tree, given: Vec::new() }
    }
}

fn put(tree: &mut Value, name: &str, value: Value) {
    let mut at = tree;
    for part in name.split('.') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[part];
    }
    *at = value;
}

fn at<'a>(tree: &'a Value, name: &str) -> Option<&'a Value> {
    name.split('.').try_fold(tree, |at, part| at.get(part)).filter(|it| !it.is_null())
}

/// A value as an error shows it.
fn shown(value: &Value) -> String {
    value.to_string()
}

/// Checks one setting; the error is a whole sentence.
fn checked(field: &Field, value: &Value) -> Result<Value, String> {
    let wrong = |why: &str| format!("invalid configuration: {}: {}: {why}", field.name, shown(value));
    let value = field.kind.check(value).map_err(wrong)?;
    let Support::Only(values) = field.support else { return Ok(value) };
    let same = |text: &&str| serde_json::from_str::<Value>(text).is_ok_and(|other| other == value);
    let allowed: Vec<&str> = field.default.iter().chain(values).copied().collect();
    if allowed.iter().any(same) {
        return Ok(value);
    }
    Err(match allowed[..] {
        [] => wrong("cannot be honoured by this kubelet: leave it out"),
        [only] => wrong(&format!("cannot be honoured by this kubelet: only {only} can")),
        _ => wrong(&format!("cannot be honoured by this kubelet: only {} can", allowed.join(", "))),
    })
}

impl Configuration {
    /// The upstream defaults, save for these.
    #[must_use]
    pub fn with_defaults(mut self, defaults: &[(&str, Value)]) -> Self {
        for (name, value) in defaults {
            put(&mut self.tree, name, value.clone());
        }
        self
    }

    /// # Errors
    /// The file cannot be read, or as [`Configuration::with_text`].
    pub fn with_file(self, path: &Path) -> Result<Self, ConfigurationError> {
        let text =
            fs::read(path).map_err(|source| ConfigurationError::Read { path: path.display().to_string(), source })?;
        self.with_text(&text)
    }

    /// Lays a KubeletConfiguration, as YAML or JSON, over what is there.
    ///
    /// # Errors
    /// It is none, has fields that do not exist or values that cannot be honoured.
    pub fn with_text(mut self, text: &[u8]) -> Result<Self, ConfigurationError> {
        let document = yaml::parse(text).map_err(|error| ConfigurationError::Syntax(error.0))?;
        let mut strict: Vec<String> = document.duplicates.into_iter().collect();
        let given = document.raw.into_value();
        let word = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, version) = (word("kind"), word("apiVersion"));
        if kind != KIND || version != API_VERSION {
            return Err(ConfigurationError::Kind { kind, version });
        }
        let (mut found, mut invalid) = (Vec::new(), Vec::new());
        walk("", &given, &mut found, &mut strict);
        if !strict.is_empty() {
            return Err(ConfigurationError::Strict(strict));
        }
        for (field, value) in found.into_iter().filter(|(field, value)| !field.is_zero(value)) {
            match checked(field, value) {
                Ok(value) => self.set(field, value),
                Err(text) => invalid.push(text),
            }
        }
        if invalid.is_empty() { Ok(self) } else { Err(ConfigurationError::Invalid(invalid)) }
    }

    fn set(&mut self, field: &'static Field, value: Value) {
        put(&mut self.tree, field.name, value);
        if !self.given.contains(&field.name) {
            self.given.push(field.name);
        }
    }

    /// Lays a flag's text over what is there.
    ///
    /// # Errors
    /// The text does not fit the setting, or cannot be honoured.
    pub fn with_flag(mut self, field: &'static Field, text: &str) -> Result<Self, ConfigurationError> {
        let flag = field.flag.map_or(field.name, |(name, _)| name);
        let value = field.kind.of_flag(text, field.between());
        let value = value.map_err(|why| ConfigurationError::Invalid(vec![format!("--{flag}: {text:?} {why}")]))?;
        let value = checked(field, &value).map_err(|text| ConfigurationError::Invalid(vec![text]))?;
        self.set(field, value);
        Ok(self)
    }

    /// Whether a file or a flag sets it.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains(&name)
    }

    /// What is set, else the default.
    pub fn get(&self, name: &str) -> Option<&Value> {
        at(&self.tree, name)
    }

    /// Completes it and reads the settings.
    ///
    /// # Errors
    /// Settings do not fit together.
    pub fn settings(mut self) -> Result<Settings, ConfigurationError> {
        if self.is_given("nodeStatusUpdateFrequency")
            && !self.is_given("nodeStatusReportFrequency")
            && let Some(value) = self.get("nodeStatusUpdateFrequency").cloned()
        {
            put(&mut self.tree, "nodeStatusReportFrequency", value);
        }
        let parallel = self.get("maxParallelImagePulls").and_then(Value::as_i64).unwrap_or(0) >= 2;
        if parallel && !self.is_given("serializeImagePulls") {
            put(&mut self.tree, "serializeImagePulls", false.into());
        }
        Settings::read(self.tree).map_err(ConfigurationError::Invalid)
    }
}

/// Gathers the settings of a document, and the fields that do not exist.
fn walk<'a>(prefix: &str, tree: &'a Value, found: &mut Vec<(&'static Field, &'a Value)>, unknown: &mut Vec<String>) {
    for (key, value) in tree.as_object().into_iter().flatten() {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if value.is_null() || (prefix.is_empty() && matches!(key.as_str(), "kind" | "apiVersion")) {
            continue;
        }
        match field(&name) {
            Some(field) => found.push((field, value)),
            None if fields::is_parent(&name) && value.is_object() => walk(&name, value, found, unknown),
            None if fields::is_parent(&name) => unknown.push(format!("{name}: {}: must be an object", shown(value))),
            None => unknown.push(format!("unknown field \"{name}\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n";

    fn read(text: &str) -> Result<Settings, ConfigurationError> {
        Configuration::default().with_text(format!("{HEAD}{text}").as_bytes())?.settings()
    }

    fn fails(text: &str, message: &str) {
        assert_eq!(read(text).map(|_| ()).unwrap_err().to_string(), message, "{text}");
    }

    #[test]
    fn every_default_is_of_its_kind_and_honoured() {
        for field in FIELDS {
            if let Some(default) = field.default {
                let value: Value = serde_json::from_str(default).unwrap();
                assert_eq!(checked(field, &value).as_ref(), Ok(&value), "{}", field.name);
            }
            if let Support::Only(values) = field.support {
                for value in values {
                    serde_json::from_str::<Value>(value).unwrap();
                }
            }
        }
        Configuration::default().settings().unwrap();
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        fails(
            "maxPod: 3\nauthentication: {anonymus: {}}",
            "strict decoding error: unknown field \"authentication.anonymus\", unknown field \"maxPod\"",
        );
        fails("maxPods: many", "invalid configuration: maxPods: \"many\": must be an integer of 32 bits");
        fails("syncFrequency: 3", "invalid configuration: syncFrequency: 3: must be a duration such as 10s or 5m");
        fails(
            "cpuManagerPolicy: static",
            "invalid configuration: cpuManagerPolicy: \"static\": cannot be honoured by this kubelet: only \"none\" can",
        );
        fails(
            "maxPods: 3\nmaxPods: 4",
            "strict decoding error: yaml: unmarshal errors:\n  line 4: key \"maxPods\" already set in map",
        );
        let other = Configuration::default().with_text(b"kind: Pod\napiVersion: v1\n").unwrap_err().to_string();
        assert_eq!(
            other,
            "no kind \"Pod\" is registered for version \"v1\": only KubeletConfiguration of kubelet.config.k8s.io/v1beta1 is"
        );
    }

    #[test]
    fn a_zero_means_the_default_where_upstream_cannot_tell_it_apart() {
        let text = "syncFrequency: 0s\nfileCheckFrequency: 0s\nport: 0\nmaxPods: 0\ncpuManagerReconcilePeriod: 0s\n\
                    evictionPressureTransitionPeriod: 0s\nshutdownGracePeriod: 0s\nvolumeStatsAggPeriod: 0s\n\
                    logging: {flushFrequency: 0, verbosity: 0}\nmemorySwap: {}\nrotateCertificates: true\n\
                    containerRuntimeEndpoint: \"\"\nhealthzPort: 0\n";
        let settings = read(text).unwrap();
        assert_eq!((settings.max_pods, settings.listen.port(), settings.healthz), (110, 10250, None));
        assert_eq!(settings.sync_frequency, std::time::Duration::from_secs(60));
        assert_eq!(settings.effective["volumeStatsAggPeriod"], "1m0s");
    }

    #[test]
    fn limits_of_this_process_are_checked() {
        fails(
            "oomScoreAdj: -2000",
            "invalid configuration: oomScoreAdj (--oom-score-adj) -2000 must be between -1000 and 1000, inclusive",
        );
        fails(
            "maxOpenFiles: -1",
            "invalid configuration: maxOpenFiles (--max-open-files) -1 must not be a negative number",
        );
        fails("kubeAPIQPS: -1", "invalid configuration: kubeAPIQPS (--kube-api-qps) -1 must not be a negative number");
        fails(
            "tlsMinVersion: VersionTLS10",
            "invalid configuration: tlsMinVersion: \"VersionTLS10\" cannot be honoured by this kubelet: only \
             \"VersionTLS12\", \"VersionTLS13\" can",
        );
        let settings = read("tlsMinVersion: VersionTLS13\neventRecordQPS: 0\n").unwrap();
        assert!(settings.tls_13_only && settings.events.per_second == 0);
    }

    #[test]
    fn reservations_are_enforced_on_cgroups_that_are_named() {
        fails(
            "enforceNodeAllocatable: [pods, system-reserved]",
            "invalid configuration: systemReservedCgroup (--system-reserved-cgroup) must be specified when \
             \"system-reserved\" or \"system-reserved-compressible\" included in enforceNodeAllocatable \
             (--enforce-node-allocatable)",
        );
        fails(
            "enforceNodeAllocatable: [pods, none]",
            "invalid configuration: enforceNodeAllocatable (--enforce-node-allocatable) may not contain additional \
             enforcements when \"none\" is specified",
        );
        let settings = read(
            "enforceNodeAllocatable: [pods, kube-reserved-compressible]\nkubeReservedCgroup: /kube\n\
             kubeReserved: {cpu: 200m, memory: 1Gi}\n",
        );
        let enforced = settings.unwrap().enforced;
        let it = &enforced[0];
        assert_eq!((enforced.len(), it.whose, &*it.cgroup, it.compressible), (1, "kube", "/kube", true));
        assert_eq!(it.amounts.cpu_milli, 200);
        assert_eq!(
            it.failure("it is full"),
            "Failed to enforce Kube Reserved Compressible Cgroup Limits on \"/kube\": it is full"
        );
    }

    #[test]
    fn doors_of_the_server() {
        let settings = read("readOnlyPort: 10255\naddress: 127.0.0.1\n").unwrap();
        assert_eq!(settings.read_only, Some(([127, 0, 0, 1], 10255).into()));
        assert_eq!(read("readOnlyPort: 0\n").unwrap().read_only, None);
        let error = read("tlsCipherSuites: [TLS_RSA_WITH_RC4_128_SHA]").map(|_| ()).unwrap_err().to_string();
        let start =
            "invalid configuration: tlsCipherSuites: \"TLS_RSA_WITH_RC4_128_SHA\" cannot be honoured by this kubelet";
        assert!(error.starts_with(start), "{error}");
    }

    #[test]
    fn files_flags_and_defaults_lie_over_each_other() {
        let text = format!(
            "{HEAD}maxPods: 20\nnodeStatusUpdateFrequency: 4s\nmaxParallelImagePulls: 3\nclusterDNS: [10.96.0.10]\n"
        );
        let made = Configuration::default().with_defaults(&[("failSwapOn", false.into())]);
        let made = made.with_text(text.as_bytes()).unwrap().with_flag(field("maxPods").unwrap(), "30").unwrap();
        assert!(made.is_given("clusterDNS") && !made.is_given("failSwapOn"));
        let settings = made.settings().unwrap();
        assert_eq!((settings.max_pods, settings.fail_swap_on), (30, false));
        assert_eq!(settings.effective["nodeStatusReportFrequency"], "4s");
        assert_eq!(settings.effective["serializeImagePulls"], false);
        assert_eq!(settings.effective["authentication"]["webhook"]["enabled"], true);
    }

    #[test]
    fn settings_that_do_not_fit_are_refused() {
        fails(
            "serializeImagePulls: true\nmaxParallelImagePulls: 4",
            "invalid configuration: maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls \
             (--serialize-image-pulls) is set to false",
        );
        fails("port: 70000", "invalid configuration: port (--port) 70000 must be between 1 and 65535, inclusive");
        fails(
            "evictionHard: {memory.available: 1Q}",
            "invalid configuration: eviction: memory.available: \"1Q\" is neither a quantity nor a percentage",
        );
        fails("clusterDNS: [dns]", "invalid configuration: clusterDNS: \"dns\" is no IP address");
    }
}
