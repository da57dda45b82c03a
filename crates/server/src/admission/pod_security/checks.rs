//! The checks of the Pod Security Standards, each a pure function of a pod's spec.
use crate::resources::tree;
use skeg_model::{Value, meta::go};
use std::{collections::BTreeSet, fmt};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Privileged,
    Baseline,
    Restricted,
}

impl Level {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "privileged" => Some(Self::Privileged),
            "baseline" => Some(Self::Baseline),
            "restricted" => Some(Self::Restricted),
            _ => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

/// One failed check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub reason: &'static str,
    detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.detail.is_empty() { f.write_str(self.reason) } else { write!(f, "{} ({})", self.reason, self.detail) }
    }
}

pub(super) type Check = fn(&Value, &Value) -> Option<Violation>;

fn violation(reason: &'static str, detail: impl Into<String>) -> Option<Violation> {
    Some(Violation { reason, detail: detail.into() })
}

fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    ["/initContainers", "/containers", "/ephemeralContainers"].into_iter().flat_map(|list| tree::list(spec, list))
}

fn name(value: &Value) -> String {
    value["name"].as_str().unwrap_or_default().to_owned()
}

/// Names of the containers that fail.
fn failing(spec: &Value, fails: impl Fn(&Value) -> bool) -> Vec<String> {
    containers(spec).filter(|c| fails(c)).map(name).collect()
}

fn quoted<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    names.into_iter().map(|n| format!("\"{}\"", n.as_ref())).collect::<Vec<_>>().join(", ")
}

/// `container "a"` or `containers "a", "b"`.
fn named(singular: &str, names: &[String]) -> String {
    let s = if names.len() == 1 { "" } else { "s" };
    format!("{singular}{s} {}", quoted(names))
}

/// The pod and containers that do something, joined as upstream does.
fn setters(pod: bool, names: &[String]) -> String {
    let mut all = Vec::new();
    if pod {
        all.push("pod".to_owned());
    }
    if !names.is_empty() {
        all.push(named("container", names));
    }
    all.join(" and ")
}

fn is_windows(spec: &Value) -> bool {
    spec["os"]["name"] == "windows"
}

pub(super) fn allow_privilege_escalation(_: &Value, spec: &Value) -> Option<Violation> {
    let bad = failing(spec, |c| c["securityContext"]["allowPrivilegeEscalation"] != false);
    if bad.is_empty() {
        return None;
    }
    let who = named("container", &bad);
    violation(
        "allowPrivilegeEscalation != false",
        format!("{who} must set securityContext.allowPrivilegeEscalation=false"),
    )
}

/// Windows has no such thing.
pub(super) fn allow_privilege_escalation_linux(metadata: &Value, spec: &Value) -> Option<Violation> {
    if is_windows(spec) { None } else { allow_privilege_escalation(metadata, spec) }
}

pub(super) fn app_armor(metadata: &Value, spec: &Value) -> Option<Violation> {
    let ty = |value: &Value| value["securityContext"]["appArmorProfile"]["type"].as_str().map(str::to_owned);
    let bad_type = |value: &Value| ty(value).filter(|ty| !matches!(ty.as_str(), "RuntimeDefault" | "Localhost"));
    let (pod, bad) = (bad_type(spec), failing(spec, |c| bad_type(c).is_some()));
    let types: BTreeSet<String> = pod.clone().into_iter().chain(containers(spec).filter_map(bad_type)).collect();
    let forbidden = annotations(metadata, "container.apparmor.security.beta.kubernetes.io/", |value| {
        value.is_empty() || value == "runtime/default" || value.starts_with("localhost/")
    });
    let mut who: Vec<String> = Some(setters(pod.is_some(), &bad)).filter(|who| !who.is_empty()).into_iter().collect();
    if !forbidden.is_empty() {
        who.push(if forbidden.len() == 1 { "annotation".into() } else { "annotations".into() });
    }
    let values: Vec<String> = types.into_iter().chain(forbidden).collect();
    let reason = match values.len() {
        0 => return None,
        1 => "forbidden AppArmor profile",
        _ => "forbidden AppArmor profiles",
    };
    violation(reason, format!("{} must not set AppArmor profile type to {}", who.join(" and "), quoted(values)))
}

/// Annotations of a prefix whose values are not allowed, as `key="value"`.
fn annotations(metadata: &Value, prefix: &str, allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let annotations = metadata["annotations"].as_object().into_iter().flatten();
    let bad: BTreeSet<String> = annotations
        .filter(|(key, _)| key.starts_with(prefix))
        .filter_map(|(key, value)| Some((key, value.as_str()?)))
        .filter(|(_, value)| !allowed(value))
        .map(|(key, value)| format!("{key}={}", go::quote(value)))
        .collect();
    bad.into_iter().collect()
}

const DEFAULT_CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Containers that add capabilities beyond those allowed, and which.
fn added(spec: &Value, allowed: &[&str]) -> (Vec<String>, BTreeSet<String>) {
    let mut extra = BTreeSet::new();
    let mut bad = Vec::new();
    for container in containers(spec) {
        let more: Vec<&str> = tree::texts(container, "/securityContext/capabilities/add")
            .into_iter()
            .filter(|capability| !allowed.contains(capability))
            .collect();
        if !more.is_empty() {
            bad.push(name(container));
            extra.extend(more.into_iter().map(str::to_owned));
        }
    }
    (bad, extra)
}

fn must_not_add(bad: &[String], extra: &BTreeSet<String>) -> String {
    format!("{} must not include {} in securityContext.capabilities.add", named("container", bad), quoted(extra))
}

pub(super) fn capabilities_baseline(_: &Value, spec: &Value) -> Option<Violation> {
    let (bad, extra) = added(spec, DEFAULT_CAPABILITIES);
    if bad.is_empty() { None } else { violation("non-default capabilities", must_not_add(&bad, &extra)) }
}

pub(super) fn capabilities_restricted_linux(metadata: &Value, spec: &Value) -> Option<Violation> {
    if is_windows(spec) { None } else { capabilities_restricted(metadata, spec) }
}

pub(super) fn capabilities_restricted(_: &Value, spec: &Value) -> Option<Violation> {
    let keep = failing(spec, |c| !tree::texts(c, "/securityContext/capabilities/drop").contains(&"ALL"));
    let (bad, extra) = added(spec, &["NET_BIND_SERVICE"]);
    let mut details = Vec::new();
    if !keep.is_empty() {
        details.push(format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", named("container", &keep)));
    }
    if !bad.is_empty() {
        details.push(must_not_add(&bad, &extra));
    }
    if details.is_empty() { None } else { violation("unrestricted capabilities", details.join("; ")) }
}

pub(super) fn host_namespaces(_: &Value, spec: &Value) -> Option<Violation> {
    let set: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|field| spec[*field] == true)
        .map(|field| format!("{field}=true"))
        .collect();
    if set.is_empty() { None } else { violation("host namespaces", set.join(", ")) }
}

pub(super) fn host_path_volumes(_: &Value, spec: &Value) -> Option<Violation> {
    let volumes: Vec<String> =
        tree::list(spec, "/volumes").iter().filter(|v| !v["hostPath"].is_null()).map(name).collect();
    if volumes.is_empty() { None } else { violation("hostPath volumes", named("volume", &volumes)) }
}

pub(super) fn host_ports(_: &Value, spec: &Value) -> Option<Violation> {
    let ports_of = |container: &Value| -> Vec<u64> {
        tree::list(container, "/ports").iter().filter_map(|p| p["hostPort"].as_u64()).filter(|p| *p > 0).collect()
    };
    let bad = failing(spec, |c| !ports_of(c).is_empty());
    if bad.is_empty() {
        return None;
    }
    let ports: BTreeSet<u64> = containers(spec).flat_map(ports_of).collect();
    let uses = if bad.len() == 1 { "uses" } else { "use" };
    let s = if ports.len() == 1 { "" } else { "s" };
    let listed = ports.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    violation("hostPort", format!("{} {uses} hostPort{s} {listed}", named("container", &bad)))
}

pub(super) fn privileged(_: &Value, spec: &Value) -> Option<Violation> {
    let bad = failing(spec, |c| c["securityContext"]["privileged"] == true);
    if bad.is_empty() {
        return None;
    }
    violation("privileged", format!("{} must not set securityContext.privileged=true", named("container", &bad)))
}

pub(super) fn proc_mount(_: &Value, spec: &Value) -> Option<Violation> {
    let set = |c: &Value| c["securityContext"]["procMount"].as_str().filter(|m| *m != "Default").map(str::to_owned);
    let bad = failing(spec, |c| set(c).is_some());
    if bad.is_empty() {
        return None;
    }
    let values: BTreeSet<String> = containers(spec).filter_map(set).collect();
    let who = named("container", &bad);
    violation("procMount", format!("{who} must not set securityContext.procMount to {}", quoted(values)))
}

/// A pod with users of its own may see all of `/proc`.
pub(super) fn proc_mount_host_users(metadata: &Value, spec: &Value) -> Option<Violation> {
    if has_own_users(spec) { None } else { proc_mount(metadata, spec) }
}

fn has_own_users(spec: &Value) -> bool {
    spec["hostUsers"] == false
}

pub(super) fn host_probes(_: &Value, spec: &Value) -> Option<Violation> {
    const HANDLERS: &[&str] =
        &["livenessProbe", "readinessProbe", "startupProbe", "lifecycle/postStart", "lifecycle/preStop"];
    let hosts = |container: &Value| -> BTreeSet<String> {
        let pointers =
            HANDLERS.iter().flat_map(|of| ["httpGet", "tcpSocket"].map(|action| format!("/{of}/{action}/host")));
        pointers
            .filter_map(|at| container.pointer(&at)?.as_str().filter(|h| !h.is_empty()).map(str::to_owned))
            .collect()
    };
    let bad: BTreeSet<String> = failing(spec, |c| !hosts(c).is_empty()).into_iter().collect();
    if bad.is_empty() {
        return None;
    }
    let all: BTreeSet<String> = containers(spec).flat_map(hosts).collect();
    let (uses, s) = (if bad.len() == 1 { "uses" } else { "use" }, if all.len() == 1 { "" } else { "s" });
    let who = named("container", &bad.into_iter().collect::<Vec<_>>());
    violation("probe or lifecycle host", format!("{who} {uses} probe or lifecycle host{s} {}", quoted(all)))
}

const VOLUMES: &[&str] = &[
    "configMap",
    "downwardAPI",
    "emptyDir",
    "projected",
    "secret",
    "csi",
    "persistentVolumeClaim",
    "ephemeral",
    "image",
];

pub(super) fn restricted_volumes(_: &Value, spec: &Value) -> Option<Violation> {
    let mut types = BTreeSet::new();
    let mut bad = Vec::new();
    for volume in tree::list(spec, "/volumes") {
        let other = volume
            .as_object()
            .into_iter()
            .flatten()
            .find(|(key, value)| *key != "name" && !value.is_null() && !VOLUMES.contains(&key.as_str()));
        if let Some((ty, _)) = other {
            bad.push(name(volume));
            types.insert(ty.clone());
        }
    }
    if bad.is_empty() {
        return None;
    }
    let uses = if bad.len() == 1 { "uses" } else { "use" };
    let s = if types.len() == 1 { "" } else { "s" };
    let who = named("volume", &bad);
    violation("restricted volume types", format!("{who} {uses} restricted volume type{s} {}", quoted(types)))
}

pub(super) fn run_as_non_root(_: &Value, spec: &Value) -> Option<Violation> {
    let of = |value: &Value| value["securityContext"]["runAsNonRoot"].as_bool();
    let pod = of(spec);
    let explicit = failing(spec, |c| of(c) == Some(false));
    if pod == Some(false) || !explicit.is_empty() {
        let who = setters(pod == Some(false), &explicit);
        return violation("runAsNonRoot != true", format!("{who} must not set securityContext.runAsNonRoot=false"));
    }
    let implicit = failing(spec, |c| of(c).is_none() && pod != Some(true));
    if implicit.is_empty() {
        return None;
    }
    let who = named("container", &implicit);
    violation("runAsNonRoot != true", format!("pod or {who} must set securityContext.runAsNonRoot=true"))
}

pub(super) fn run_as_non_root_host_users(metadata: &Value, spec: &Value) -> Option<Violation> {
    if has_own_users(spec) { None } else { run_as_non_root(metadata, spec) }
}

pub(super) fn run_as_user_host_users(metadata: &Value, spec: &Value) -> Option<Violation> {
    if has_own_users(spec) { None } else { run_as_user(metadata, spec) }
}

pub(super) fn run_as_user(_: &Value, spec: &Value) -> Option<Violation> {
    let root = |value: &Value| value["securityContext"]["runAsUser"] == 0;
    let (pod, bad) = (root(spec), failing(spec, root));
    if !pod && bad.is_empty() {
        return None;
    }
    violation("runAsUser=0", format!("{} must not set runAsUser=0", setters(pod, &bad)))
}

const SE_LINUX_TYPES: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// Without the type that came last.
pub(super) fn se_linux_options_1_0(_: &Value, spec: &Value) -> Option<Violation> {
    se_linux(spec, &SE_LINUX_TYPES[..4])
}

pub(super) fn se_linux_options_1_31(_: &Value, spec: &Value) -> Option<Violation> {
    se_linux(spec, SE_LINUX_TYPES)
}

fn se_linux(spec: &Value, allowed: &[&str]) -> Option<Violation> {
    let text = |value: &Value, field: &str| {
        value["securityContext"]["seLinuxOptions"][field].as_str().unwrap_or_default().to_owned()
    };
    let bad_of = |value: &Value| {
        !allowed.contains(&text(value, "type").as_str())
            || !text(value, "user").is_empty()
            || !text(value, "role").is_empty()
    };
    let (pod, bad) = (bad_of(spec), failing(spec, bad_of));
    if !pod && bad.is_empty() {
        return None;
    }
    let all: Vec<&Value> = std::iter::once(spec).chain(containers(spec)).collect();
    let types: BTreeSet<String> =
        all.iter().map(|v| text(v, "type")).filter(|t| !allowed.contains(&t.as_str())).collect();
    let mut data = Vec::new();
    if !types.is_empty() {
        let s = if types.len() == 1 { "" } else { "s" };
        data.push(format!("type{s} {}", quoted(types)));
    }
    for field in ["user", "role"] {
        if all.iter().any(|v| !text(v, field).is_empty()) {
            data.push(format!("{field} may not be set"));
        }
    }
    let who = setters(pod, &bad);
    violation("seLinuxOptions", format!("{who} set forbidden securityContext.seLinuxOptions: {}", data.join("; ")))
}

fn seccomp_type(value: &Value) -> Option<&str> {
    value["securityContext"]["seccompProfile"]["type"].as_str()
}

fn must_not_set_seccomp(spec: &Value, allowed: fn(&str) -> bool) -> Option<Violation> {
    let bad_of = |value: &Value| seccomp_type(value).is_some_and(|ty| !allowed(ty));
    let (pod, bad) = (bad_of(spec), failing(spec, bad_of));
    if !pod && bad.is_empty() {
        return None;
    }
    let values: BTreeSet<&str> =
        std::iter::once(spec).chain(containers(spec)).filter_map(seccomp_type).filter(|ty| !allowed(ty)).collect();
    let who = setters(pod, &bad);
    violation("seccompProfile", format!("{who} must not set securityContext.seccompProfile.type to {}", quoted(values)))
}

pub(super) fn seccomp_baseline(_: &Value, spec: &Value) -> Option<Violation> {
    must_not_set_seccomp(spec, |ty| matches!(ty, "RuntimeDefault" | "Localhost"))
}

pub(super) fn seccomp_restricted_linux(metadata: &Value, spec: &Value) -> Option<Violation> {
    if is_windows(spec) { None } else { seccomp_restricted(metadata, spec) }
}

/// Before there was a field, annotations chose the profile.
pub(super) fn seccomp_annotations(metadata: &Value, spec: &Value) -> Option<Violation> {
    const POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
    const CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
    let keys: Vec<String> =
        containers(spec).map(|c| format!("{CONTAINER}{}", name(c))).chain([POD.to_owned()]).collect();
    let allowed =
        |value: &str| matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/");
    let bad: BTreeSet<String> = keys.iter().flat_map(|key| annotations(metadata, key, allowed)).collect();
    let bad: Vec<String> =
        bad.into_iter().filter(|text| keys.iter().any(|key| text.starts_with(&format!("{key}=")))).collect();
    if bad.is_empty() {
        return None;
    }
    let s = if bad.len() == 1 { "" } else { "s" };
    violation("seccompProfile", format!("forbidden annotation{s} {}", bad.join(", ")))
}

pub(super) fn seccomp_restricted(_: &Value, spec: &Value) -> Option<Violation> {
    if let Some(found) = must_not_set_seccomp(spec, |ty| matches!(ty, "RuntimeDefault" | "Localhost")) {
        return Some(found);
    }
    let pod = seccomp_type(spec).is_some();
    let implicit = failing(spec, |c| seccomp_type(c).is_none() && !pod);
    if implicit.is_empty() {
        return None;
    }
    let who = named("container", &implicit);
    let wanted = "must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"";
    violation("seccompProfile", format!("pod or {who} {wanted}"))
}

/// By the minor version that allowed them first.
const SYSCTLS: &[(u32, &str)] = &[
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
];

/// The sysctls that a minor version allows.
pub(super) fn sysctls<const MINOR: u32>(_: &Value, spec: &Value) -> Option<Violation> {
    let allowed = |sysctl: &String| SYSCTLS.iter().any(|(since, name)| *since <= MINOR && name == sysctl);
    let bad: Vec<String> =
        tree::list(spec, "/securityContext/sysctls").iter().map(name).filter(|sysctl| !allowed(sysctl)).collect();
    if bad.is_empty() { None } else { violation("forbidden sysctls", bad.join(", ")) }
}

pub(super) fn windows_host_process(_: &Value, spec: &Value) -> Option<Violation> {
    let set = |value: &Value| value["securityContext"]["windowsOptions"]["hostProcess"] == true;
    let (pod, bad) = (set(spec), failing(spec, set));
    if !pod && bad.is_empty() {
        return None;
    }
    let who = setters(pod, &bad);
    violation("hostProcess", format!("{who} must not set securityContext.windowsOptions.hostProcess=true"))
}
