//! The checks of the Pod Security Standards, each a pure function of a pod's spec.
use crate::resources::tree;
use skeg_model::Value;
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

type Check = fn(&Value, &Value) -> Option<Violation>;

/// In the order of upstream's check names. A restricted check may stand in for its baseline form.
const CHECKS: &[(Level, Check)] = &[
    (Level::Restricted, allow_privilege_escalation),
    (Level::Baseline, app_armor),
    (Level::Baseline, host_namespaces),
    (Level::Baseline, host_ports),
    (Level::Baseline, privileged),
    (Level::Baseline, proc_mount),
    (Level::Restricted, restricted_volumes),
    (Level::Restricted, run_as_non_root),
    (Level::Restricted, run_as_user),
    (Level::Baseline, se_linux_options),
    (Level::Baseline, sysctls),
    (Level::Baseline, windows_host_process),
];

/// All failed checks of a level, in upstream's order.
pub(super) fn run(level: Level, metadata: &Value, spec: &Value) -> Vec<Violation> {
    if level == Level::Privileged {
        return Vec::new();
    }
    let restricted = level == Level::Restricted;
    let capabilities: Check = if restricted { capabilities_restricted } else { capabilities_baseline };
    let seccomp: Check = if restricted { seccomp_restricted } else { seccomp_baseline };
    let mut found = Vec::new();
    for (i, (of, check)) in CHECKS.iter().enumerate() {
        if *of <= level {
            found.extend(check(metadata, spec));
        }
        // The checks with two forms stand between the others by name.
        match i {
            1 => found.extend(capabilities(metadata, spec)),
            2 if !restricted => found.extend(host_path_volumes(metadata, spec)),
            9 => found.extend(seccomp(metadata, spec)),
            _ => {}
        }
    }
    found
}

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

fn allow_privilege_escalation(_: &Value, spec: &Value) -> Option<Violation> {
    let bad = failing(spec, |c| c["securityContext"]["allowPrivilegeEscalation"] != false);
    if bad.is_empty() || is_windows(spec) {
        return None;
    }
    let who = named("container", &bad);
    violation(
        "allowPrivilegeEscalation != false",
        format!("{who} must set securityContext.allowPrivilegeEscalation=false"),
    )
}

fn app_armor(metadata: &Value, spec: &Value) -> Option<Violation> {
    let allowed = |profile: &Value| matches!(profile["type"].as_str(), None | Some("RuntimeDefault" | "Localhost"));
    let pod = !allowed(&spec["securityContext"]["appArmorProfile"]);
    let bad = failing(spec, |c| !allowed(&c["securityContext"]["appArmorProfile"]));
    let mut details = Vec::new();
    if pod || !bad.is_empty() {
        let who = setters(pod, &bad);
        details.push(format!("{who} must not set securityContext.appArmorProfile.type to \"Unconfined\""));
    }
    let annotations = metadata["annotations"].as_object();
    let forbidden: Vec<String> = annotations
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.starts_with("container.apparmor.security.beta.kubernetes.io/"))
        .filter_map(|(key, value)| Some((key, value.as_str()?)))
        .filter(|(_, value)| !(value.is_empty() || *value == "runtime/default" || value.starts_with("localhost/")))
        .map(|(key, value)| format!("{key}=\"{value}\""))
        .collect();
    let count = details.len() + forbidden.len();
    if !forbidden.is_empty() {
        let s = if forbidden.len() == 1 { "" } else { "s" };
        details.push(format!("annotation{s} {}", forbidden.join(", ")));
    }
    match count {
        0 => None,
        1 => violation("forbidden AppArmor profile", details.join(", ")),
        _ => violation("forbidden AppArmor profiles", details.join(", ")),
    }
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

fn capabilities_baseline(_: &Value, spec: &Value) -> Option<Violation> {
    let (bad, extra) = added(spec, DEFAULT_CAPABILITIES);
    if bad.is_empty() { None } else { violation("non-default capabilities", must_not_add(&bad, &extra)) }
}

fn capabilities_restricted(_: &Value, spec: &Value) -> Option<Violation> {
    if is_windows(spec) {
        return None;
    }
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

fn host_namespaces(_: &Value, spec: &Value) -> Option<Violation> {
    let set: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|field| spec[*field] == true)
        .map(|field| format!("{field}=true"))
        .collect();
    if set.is_empty() { None } else { violation("host namespaces", set.join(", ")) }
}

fn host_path_volumes(_: &Value, spec: &Value) -> Option<Violation> {
    let volumes: Vec<String> =
        tree::list(spec, "/volumes").iter().filter(|v| !v["hostPath"].is_null()).map(name).collect();
    if volumes.is_empty() { None } else { violation("hostPath volumes", named("volume", &volumes)) }
}

fn host_ports(_: &Value, spec: &Value) -> Option<Violation> {
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

fn privileged(_: &Value, spec: &Value) -> Option<Violation> {
    let bad = failing(spec, |c| c["securityContext"]["privileged"] == true);
    if bad.is_empty() {
        return None;
    }
    violation("privileged", format!("{} must not set securityContext.privileged=true", named("container", &bad)))
}

fn proc_mount(_: &Value, spec: &Value) -> Option<Violation> {
    let set = |c: &Value| c["securityContext"]["procMount"].as_str().filter(|m| *m != "Default").map(str::to_owned);
    let bad = failing(spec, |c| set(c).is_some());
    if bad.is_empty() {
        return None;
    }
    let values: BTreeSet<String> = containers(spec).filter_map(set).collect();
    let who = named("container", &bad);
    violation("procMount", format!("{who} must not set securityContext.procMount to {}", quoted(values)))
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

fn restricted_volumes(_: &Value, spec: &Value) -> Option<Violation> {
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

fn run_as_non_root(_: &Value, spec: &Value) -> Option<Violation> {
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

fn run_as_user(_: &Value, spec: &Value) -> Option<Violation> {
    let root = |value: &Value| value["securityContext"]["runAsUser"] == 0;
    let (pod, bad) = (root(spec), failing(spec, root));
    if !pod && bad.is_empty() {
        return None;
    }
    violation("runAsUser=0", format!("{} must not set runAsUser=0", setters(pod, &bad)))
}

const SE_LINUX_TYPES: &[&str] = &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

fn se_linux_options(_: &Value, spec: &Value) -> Option<Violation> {
    let text = |value: &Value, field: &str| {
        value["securityContext"]["seLinuxOptions"][field].as_str().unwrap_or_default().to_owned()
    };
    let bad_of = |value: &Value| {
        !SE_LINUX_TYPES.contains(&text(value, "type").as_str())
            || !text(value, "user").is_empty()
            || !text(value, "role").is_empty()
    };
    let (pod, bad) = (bad_of(spec), failing(spec, bad_of));
    if !pod && bad.is_empty() {
        return None;
    }
    let all: Vec<&Value> = std::iter::once(spec).chain(containers(spec)).collect();
    let types: BTreeSet<String> =
        all.iter().map(|v| text(v, "type")).filter(|t| !SE_LINUX_TYPES.contains(&t.as_str())).collect();
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

fn seccomp_baseline(_: &Value, spec: &Value) -> Option<Violation> {
    must_not_set_seccomp(spec, |ty| ty != "Unconfined")
}

fn seccomp_restricted(_: &Value, spec: &Value) -> Option<Violation> {
    if is_windows(spec) {
        return None;
    }
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

const SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
];

fn sysctls(_: &Value, spec: &Value) -> Option<Violation> {
    let bad: Vec<String> = tree::list(spec, "/securityContext/sysctls")
        .iter()
        .map(name)
        .filter(|sysctl| !SYSCTLS.contains(&sysctl.as_str()))
        .collect();
    if bad.is_empty() { None } else { violation("forbidden sysctls", bad.join(", ")) }
}

fn windows_host_process(_: &Value, spec: &Value) -> Option<Violation> {
    let set = |value: &Value| value["securityContext"]["windowsOptions"]["hostProcess"] == true;
    let (pod, bad) = (set(spec), failing(spec, set));
    if !pod && bad.is_empty() {
        return None;
    }
    let who = setters(pod, &bad);
    violation("hostProcess", format!("{who} must not set securityContext.windowsOptions.hostProcess=true"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals")]
    fn check(level: Level, spec: Value, want: Expect) {
        let found: Vec<String> = run(level, &Value::Null, &spec).iter().map(ToString::to_string).collect();
        want.assert_eq(&found.join(", "));
    }

    #[test]
    fn violations_read_as_upstreams() {
        let plain = json!({"containers": [{"name": "app"}]});
        check(Level::Privileged, json!({"hostPID": true}), expect![""]);
        check(Level::Baseline, plain.clone(), expect![""]);
        check(
            Level::Restricted,
            plain,
            expect![[
                r#"allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
            ]],
        );
        check(
            Level::Baseline,
            json!({"hostNetwork": true, "volumes": [{"name": "h", "hostPath": {}}, {"name": "h2", "hostPath": {}}],
                "containers": [{"name": "app", "ports": [{"hostPort": 80}], "securityContext": {"privileged": true}}]}),
            expect![[
                r#"host namespaces (hostNetwork=true), hostPath volumes (volumes "h", "h2"), hostPort (container "app" uses hostPort 80), privileged (container "app" must not set securityContext.privileged=true)"#
            ]],
        );
    }
}
