//! What a pod or pod template is warned of (`GetWarningsForPod`, `GetWarningsForPodTemplate`).
use super::{
    app_armor,
    validate::{every_container, quantity},
};
use crate::{
    Value,
    meta::{at::At, go::quote, ip, names},
};
use std::collections::{BTreeMap, BTreeSet};

/// (label, what to do about it).
const DEPRECATED_LABELS: &[(&str, &str)] = &[
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

/// (annotation, what to do about it).
const DEPRECATED_ANNOTATIONS: &[(&str, &str)] = &[
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
];

/// (volume source, shown as, what became of it).
const DEPRECATED_VOLUMES: &[(&str, &str, &str)] = &[
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

pub(super) fn pod(pod: &Value, old: Option<&Value>) -> Vec<String> {
    // People seldom update pods themselves, programs do it often: upstream warns of new ones only.
    if old.is_some() {
        return Vec::new();
    }
    let root = At::root(pod);
    let mut out = Vec::new();
    let wrong = names::dns1123_label(root.child("metadata").text("name"));
    if !wrong.is_empty() {
        out.push(format!(
            "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [{}]",
            wrong.join(" ")
        ));
    }
    out.extend(spec_and_meta(&root));
    out
}

/// A workload whose template is at `path`: new ones are warned of their name too, old ones when they changed.
pub(crate) fn workload(object: &Value, old: Option<&Value>) -> Vec<String> {
    let root = At::root(object);
    let mut out = Vec::new();
    let generation = |object: &Value| object["metadata"]["generation"].clone();
    if old.is_some_and(|old| generation(old) == generation(object)) {
        return out;
    }
    let wrong = names::dns1123_label(root.child("metadata").text("name"));
    if old.is_none() && !wrong.is_empty() {
        out.push(format!(
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [{}]",
            wrong.join(" ")
        ));
    }
    out.extend(spec_and_meta(&root.child("spec").child("template")));
    out
}

/// The pod or template at `at`.
pub(crate) fn spec_and_meta(at: &At) -> Vec<String> {
    let (meta, spec) = (at.child("metadata"), at.child("spec"));
    let mut out = Vec::new();
    placement(&spec, &mut out);
    for (key, value) in meta.child("annotations").entries() {
        let deprecated = DEPRECATED_ANNOTATIONS.iter().find(|(name, _)| *name == key);
        out.extend(deprecated.map(|(_, what)| format!("{}: {what}", value.path())));
    }
    for volume in spec.child("volumes").items() {
        let used = DEPRECATED_VOLUMES.iter().filter(|(source, ..)| volume.has(source));
        out.extend(used.map(|(_, shown, what)| format!("{}: {what}", volume.child(shown).path())));
    }
    for volume in spec.child("volumes").items() {
        overlapping_paths(&volume, &mut out);
    }
    repeated(&spec, &mut out);
    let annotations = meta.child("annotations");
    old_seccomp(&spec, &annotations, SECCOMP_POD, &mut out);
    every_container(&spec, |container| {
        old_seccomp(container, &annotations, &format!("{SECCOMP_CONTAINER}{}", container.text("name")), &mut out);
        if !at.path().is_empty() {
            old_app_armor(&spec, container, &annotations, &mut out);
        }
        amounts_and_variables(container, &mut out);
    });
    ports(&spec, &mut out);
    let grace = spec.child("terminationGracePeriodSeconds");
    if grace.int().is_some_and(|seconds| seconds < 0) {
        out.push(format!("{}: must be >= 0; negative values are invalid and will be treated as 1", grace.path()));
    }
    pod_affinity(&spec.child("affinity"), &mut out);
    let dns = spec.child("dnsConfig");
    out.extend(dns.child("nameservers").items().filter_map(|server| ip::warning(&server.path(), server.str())));
    for alias in spec.child("hostAliases").items() {
        out.extend(ip::warning(&alias.child("ip").path(), alias.text("ip")));
    }
    out
}

const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// The annotation that chose a profile before there was a field.
fn old_seccomp(of: &At, annotations: &At, key: &str, out: &mut Vec<String>) {
    if of.child("securityContext").get("seccompProfile").is_null() && annotations.has(key) {
        let path = annotations.key(key).path();
        out.push(format!("{path}: non-functional in v1.27+; use the \"seccompProfile\" field instead"));
    }
}

/// Of a template: pods get the field from the annotation. Both may say the same.
fn old_app_armor(spec: &At, container: &At, annotations: &At, out: &mut Vec<String>) {
    let key = format!("{}{}", app_armor::ANNOTATION, container.text("name"));
    if !container.child("securityContext").get("appArmorProfile").is_null() || !annotations.has(&key) {
        return;
    }
    let said = app_armor::profile_of(annotations.text(&key)).unwrap_or(Value::Null);
    let pods = spec.child("securityContext").get("appArmorProfile").clone();
    if pods.is_null() || pods != said {
        let path = annotations.key(&key).path();
        out.push(format!("{path}: deprecated since v1.30; use the \"appArmorProfile\" field instead"));
    }
}

fn deprecated_label(key: &str) -> Option<&'static str> {
    DEPRECATED_LABELS.iter().find(|(label, _)| *label == key).map(|(_, what)| *what)
}

fn placement(spec: &At, out: &mut Vec<String>) {
    for (key, value) in spec.child("nodeSelector").entries() {
        out.extend(deprecated_label(key).map(|what| format!("{}: {what}", value.path())));
    }
    let affinity = spec.child("affinity");
    let node = affinity.child("nodeAffinity");
    let required = node.child("requiredDuringSchedulingIgnoredDuringExecution");
    for term in required.child("nodeSelectorTerms").items() {
        node_term(&term, false, out);
    }
    for preferred in node.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
        node_term(&preferred.child("preference"), true, out);
    }
    for constraint in spec.child("topologySpreadConstraints").items() {
        let key = constraint.child("topologyKey");
        out.extend(deprecated_label(key.str()).map(|what| format!("{}: {} is {what}", key.path(), key.str())));
        null_selector(&constraint, out);
    }
}

fn null_selector(at: &At, out: &mut Vec<String>) {
    let selector = at.child("labelSelector");
    if selector.is_nil() {
        out.push(format!("{}: a null labelSelector results in matching no pod", selector.path()));
    }
}

fn node_term(term: &At, check_values: bool, out: &mut Vec<String>) {
    for expression in term.child("matchExpressions").items() {
        let key = expression.child("key");
        out.extend(deprecated_label(key.str()).map(|what| format!("{}: {} is {what}", key.path(), key.str())));
        for value in expression.child("values").items().filter(|_| check_values) {
            let wrong = names::label_value(value.str());
            out.extend(wrong.iter().map(|why| format!("{}: {} is invalid, {why}", value.path(), value.str())));
        }
    }
}

fn pod_affinity(affinity: &At, out: &mut Vec<String>) {
    for side in ["podAffinity", "podAntiAffinity"] {
        let side = affinity.child(side);
        for term in side.child("requiredDuringSchedulingIgnoredDuringExecution").items() {
            null_selector(&term, out);
        }
        for weighted in side.child("preferredDuringSchedulingIgnoredDuringExecution").items() {
            null_selector(&weighted.child("podAffinityTerm"), out);
        }
    }
}

fn repeated(spec: &At, out: &mut Vec<String>) {
    for (list, field) in [("hostAliases", "ip"), ("imagePullSecrets", "name")] {
        let mut seen = BTreeSet::new();
        for item in spec.child(list).items() {
            let value = item.child(field);
            if !seen.insert(value.str()) {
                out.push(format!("{}: duplicate {field} {}", value.path(), quote(value.str())));
            }
        }
    }
    for secret in spec.child("imagePullSecrets").items().filter(|secret| secret.text("name").is_empty()) {
        out.push(format!("{}: invalid empty name \"\"", secret.child("name").path()));
    }
    let overhead = spec.child("overhead");
    fractional_bytes(&overhead, out);
}

fn fractional_bytes(amounts: &At, out: &mut Vec<String>) {
    for name in ["memory", "ephemeral-storage"] {
        let at = amounts.key(name);
        if let Some(amount) = quantity(&at).filter(|amount| amount.milli_value() % 1000 != 0) {
            let shown = quote(&amount.to_string());
            out.push(format!("{}: fractional byte value {shown} is invalid, must be an integer", at.path()));
        }
    }
}

fn amounts_and_variables(container: &At, out: &mut Vec<String>) {
    let resources = container.child("resources");
    for name in ["memory", "ephemeral-storage"] {
        for side in ["limits", "requests"] {
            let list = resources.child(side);
            let at = list.key(name);
            if let Some(amount) = quantity(&at).filter(|amount| amount.milli_value() % 1000 != 0) {
                let shown = quote(&amount.to_string());
                out.push(format!("{}: fractional byte value {shown} is invalid, must be an integer", at.path()));
            }
        }
    }
    let mut seen = BTreeSet::new();
    for variable in container.child("env").items() {
        let (name, value) = (variable.text("name"), variable.text("value"));
        if seen.insert(name) {
            continue;
        }
        let own = format!("$({name})");
        if variable.has("valueFrom") || value == own || !value.contains(&own) {
            let shown = quote(name);
            out.push(format!(
                "{}: hides previous definition of {shown}, which may be dropped when using apply",
                variable.path()
            ));
        }
    }
}

/// A port seen before: where, on which host address and port.
struct Seen {
    path: String,
    host_ip: String,
    host_port: i64,
}

fn ports(spec: &At, out: &mut Vec<String>) {
    let mut seen: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    every_container(spec, |container| {
        for port in container.child("ports").items() {
            let number = |field: &str| port.get(field).as_i64().unwrap_or(0);
            let (host_ip, host_port) = (port.text("hostIP"), number("hostPort"));
            if !host_ip.is_empty() && host_port == 0 {
                out.push(format!(
                    "{}: hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{host_ip}}}",
                    port.path(),
                    port.text("name"),
                    number("containerPort"),
                    port.text("protocol"),
                ));
            }
            let others = seen.entry(format!("{}/{}", number("containerPort"), port.text("protocol"))).or_default();
            for other in &*others {
                let what = if other.host_ip == host_ip && other.host_port == host_port {
                    "duplicate port definition"
                } else if host_port == 0 || other.host_port == 0 {
                    "overlapping port definition"
                } else if host_port == other.host_port && (host_ip.is_empty() != other.host_ip.is_empty()) {
                    "dangerously ambiguous port definition"
                } else {
                    continue;
                };
                out.push(format!("{}: {what} with {}", port.path(), other.path));
            }
            others.push(Seen { path: port.path(), host_ip: host_ip.to_owned(), host_port });
        }
    });
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    every_container(spec, |container| {
        for port in container.child("ports").items().filter(|port| !port.text("name").is_empty()) {
            let name = port.text("name");
            match named.get(name) {
                Some(other) => out.push(format!(
                    "{}: duplicate port name {} with {other}, services and probes that select ports by name will use {other}",
                    port.path(),
                    quote(name)
                )),
                None => drop(named.insert(name.to_owned(), port.path())),
            }
        }
    });
}

/// A path inside a volume and what puts it there.
#[derive(Clone, PartialEq)]
struct Placed {
    path: String,
    source: String,
}

impl Placed {
    fn shown(&self) -> String {
        if self.source.is_empty() { quote(&self.path) } else { format!("{} ({})", quote(&self.path), self.source) }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (format!("{}/", self.path), format!("{}/", other.path));
        !self.path.is_empty() && !other.path.is_empty() && (a.starts_with(&b) || b.starts_with(&a))
    }
}

fn item_paths(source: &At, name: &str) -> Vec<Placed> {
    let items = source.child("items");
    items.items().map(|item| Placed { path: item.text("path").to_owned(), source: name.to_owned() }).collect()
}

fn overlapping_paths(volume: &At, out: &mut Vec<String>) {
    let name = quote(volume.text("name"));
    let mut warn = |what: &str, paths: Vec<Placed>| {
        let mut before: Vec<Placed> = Vec::new();
        for mut placed in paths {
            placed.path = placed.path.trim_end_matches('/').to_owned();
            for other in before.iter().filter(|other| other.overlaps(&placed)) {
                let (a, b) = (placed.shown(), other.shown());
                out.push(format!("volume {name} ({what}): overlapping paths: {a} with {b}"));
            }
            before.push(placed);
        }
    };
    let (map, secret) = (volume.child("configMap"), volume.child("secret"));
    warn(&format!("ConfigMap {}", quote(map.text("name"))), item_paths(&map, ""));
    warn(&format!("Secret {}", quote(secret.text("secretName"))), item_paths(&secret, ""));
    warn("DownwardAPI", item_paths(&volume.child("downwardAPI"), ""));
    let mut all = Vec::new();
    let mut empty = 0;
    for source in volume.child("projected").child("sources").items() {
        if source.value.as_object().is_none_or(|fields| fields.values().all(Value::is_null)) {
            empty += 1;
            continue;
        }
        for (kind, shown) in [("configMap", "ConfigMap"), ("secret", "Secret")] {
            let source = source.child(kind);
            all.extend(item_paths(&source, &format!("{shown} {}", quote(source.text("name")))));
        }
        all.extend(item_paths(&source.child("downwardAPI"), "DownwardAPI"));
        let token = source.child("serviceAccountToken");
        if !token.is_nil() {
            all.push(Placed { path: token.text("path").to_owned(), source: "ServiceAccountToken".into() });
        }
        let bundle = source.child("clusterTrustBundle");
        if !bundle.is_nil() {
            let name = if bundle.has("name") { bundle.text("name") } else { bundle.text("signerName") };
            let source = format!("ClusterTrustBundle {}", quote(name));
            all.push(Placed { path: bundle.text("path").to_owned(), source });
        }
    }
    warn("Projected", all);
    out.extend(std::iter::repeat_n(format!("volume {name} (Projected) has no sources provided"), empty));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn annotations_that_became_fields() {
        let template = json!({"metadata": {"name": "d"}, "spec": {"template": {
            "metadata": {"annotations": {"seccomp.security.alpha.kubernetes.io/pod": "x",
                "container.apparmor.security.beta.kubernetes.io/a": "unconfined"}},
            "spec": {"containers": [{"name": "a"}]}}}});
        let at = "spec.template.metadata.annotations";
        assert_eq!(
            workload(&template, None),
            [
                format!(
                    "{at}[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the \"seccompProfile\" field instead"
                ),
                format!(
                    "{at}[container.apparmor.security.beta.kubernetes.io/a]: deprecated since v1.30; use the \"appArmorProfile\" field instead"
                ),
            ]
        );
    }

    #[test]
    fn warnings() {
        let check = |spec: Value, want: &[&str]| {
            assert_eq!(pod(&json!({"metadata": {"name": "p"}, "spec": spec}), None), want);
        };
        check(json!({"containers": [{"name": "a"}]}), &[]);
        check(
            json!({"volumes": [{"name": "a", "projected": {"sources": [{}]}}], "nodeSelector": {"beta.kubernetes.io/os": "linux"}}),
            &[
                "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
                "volume \"a\" (Projected) has no sources provided",
            ],
        );
        check(
            json!({"containers": [{"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
                "ports": [{"containerPort": 80, "protocol": "TCP", "name": "x"}, {"containerPort": 80, "protocol": "TCP", "name": "x"}]}]}),
            &[
                "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply",
                "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
                "spec.containers[0].ports[1]: duplicate port name \"x\" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]",
            ],
        );
        check(
            json!({"volumes": [{"name": "c", "configMap": {"name": "m", "items": [{"path": "a"}, {"path": "a/b"}]}}]}),
            &["volume \"c\" (ConfigMap \"m\"): overlapping paths: \"a/b\" with \"a\""],
        );
    }
}
