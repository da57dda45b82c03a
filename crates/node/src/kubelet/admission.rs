//! Whether this node takes a pod that was bound to it.
use super::shared::Shared;
use crate::pod::{
    quantity::{is_native, value},
    resources::{Amounts, ResourceList, request_list, requests},
    spec::{containers, ephemeral_containers, init_containers, is_static, spec},
};
use k8s_openapi::api::core::v1::{AppArmorProfile, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint, Toleration};
use skeg_client::key::key;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Admitted,
    /// Status reason and message.
    Refused(String, String),
}

/// What a decision rests on.
#[derive(Debug)]
pub struct Facts<'a> {
    pub labels: &'a BTreeMap<String, String>,
    pub taints: &'a [Taint],
    /// Resources beside those of `allocatable`, as the node offers them.
    pub scalars: &'a ResourceList,
    /// What the pods that run ask of these.
    pub scalars_used: BTreeMap<String, i64>,
    /// Whether the runtime knows `supplementalGroupsPolicy`.
    pub groups_policy: bool,
    /// Whether the kernel enforces AppArmor profiles.
    pub app_armor: bool,
    pub node_name: &'a str,
    pub allocatable: Amounts,
    pub max_pods: usize,
    pub used: Amounts,
    pub pods: usize,
    /// (host IP, protocol, port) of the pods that run.
    pub ports: BTreeSet<(String, String, i32)>,
    /// Sysctls, and patterns that end in `*`, that are allowed beside the safe ones.
    pub unsafe_sysctls: &'a [String],
}

/// Sysctls that every pod may set.
const SAFE_SYSCTLS: &[&str] = &[
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

fn matches(requirement: &NodeSelectorRequirement, value: Option<&String>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let number = |text: Option<&String>| text.and_then(|text| text.parse::<i64>().ok());
    match requirement.operator.as_str() {
        "In" => value.is_some_and(|value| values.contains(value)),
        "NotIn" => value.is_none_or(|value| !values.contains(value)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => number(value).zip(number(values.first())).is_some_and(|(own, than)| own > than),
        "Lt" => number(value).zip(number(values.first())).is_some_and(|(own, than)| own < than),
        _ => false,
    }
}

fn term_matches(term: &NodeSelectorTerm, facts: &Facts<'_>) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    let name = facts.node_name.to_owned();
    (!expressions.is_empty() || !fields.is_empty())
        && expressions.iter().all(|it| matches(it, facts.labels.get(&it.key)))
        && fields.iter().all(|it| it.key == "metadata.name" && matches(it, Some(&name)))
}

fn selects_node(pod: &Pod, facts: &Facts<'_>) -> bool {
    let selector = spec(pod).node_selector.iter().flatten().all(|(key, value)| facts.labels.get(key) == Some(value));
    let affinity = spec(pod).affinity.as_ref().and_then(|it| it.node_affinity.as_ref());
    let required = affinity.and_then(|it| it.required_during_scheduling_ignored_during_execution.as_ref());
    selector && required.is_none_or(|it| it.node_selector_terms.iter().any(|term| term_matches(term, facts)))
}

/// Ports of the node that a pod takes.
pub fn host_ports(pod: &Pod) -> BTreeSet<(String, String, i32)> {
    let all = init_containers(pod).iter().chain(containers(pod)).flat_map(|it| it.ports.iter().flatten());
    let taken = all.filter_map(|port| {
        let number = port.host_port.filter(|it| *it > 0)?;
        let ip = port.host_ip.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| "0.0.0.0".into());
        Some((ip, port.protocol.clone().unwrap_or_else(|| "TCP".into()), number))
    });
    taken.collect()
}

fn clash(own: &BTreeSet<(String, String, i32)>, taken: &BTreeSet<(String, String, i32)>) -> bool {
    own.iter().any(|(ip, protocol, port)| {
        taken.iter().any(|(other_ip, other_protocol, other)| {
            let same_ip = ip == other_ip || ip == "0.0.0.0" || other_ip == "0.0.0.0";
            port == other && protocol == other_protocol && same_ip
        })
    })
}

fn lacks(reason: &str, resource: &str, requested: i64, used: i64, capacity: i64) -> Verdict {
    let message = format!(
        "Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: {capacity}"
    );
    Verdict::Refused(reason.into(), message)
}

fn fits(pod: &Pod, facts: &Facts<'_>) -> Option<Verdict> {
    let count = i64::try_from(facts.pods).unwrap_or(i64::MAX);
    let max = i64::try_from(facts.max_pods).unwrap_or(i64::MAX);
    if facts.pods + 1 > facts.max_pods {
        return Some(lacks("OutOfpods", "pods", 1, count, max));
    }
    let wanted = requests(pod);
    let rows = [
        ("OutOfcpu", "cpu", wanted.cpu_milli, facts.used.cpu_milli, facts.allocatable.cpu_milli),
        ("OutOfmemory", "memory", wanted.memory_bytes, facts.used.memory_bytes, facts.allocatable.memory_bytes),
        (
            "OutOfephemeral-storage",
            "ephemeral-storage",
            wanted.ephemeral_bytes,
            facts.used.ephemeral_bytes,
            facts.allocatable.ephemeral_bytes,
        ),
    ];
    let short = rows.into_iter().find(|(_, _, own, used, capacity)| *own > 0 && own.saturating_add(*used) > *capacity);
    let short = short.map(|(reason, resource, own, used, capacity)| lacks(reason, resource, own, used, capacity));
    short.or_else(|| scalars_fit(pod, facts))
}

/// Huge pages and extended resources. An extended resource that the node does not know is the cluster's, not the node's.
fn scalars_fit(pod: &Pod, facts: &Facts<'_>) -> Option<Verdict> {
    let wanted = request_list(pod).into_iter().filter(|(name, _)| !COUNTED.contains(&name.as_str()));
    wanted.into_iter().find_map(|(name, amount)| {
        let capacity = facts.scalars.get(&name).map(value);
        let (own, used) = (value(&amount), facts.scalars_used.get(&name).copied().unwrap_or(0));
        let capacity = capacity.or_else(|| is_native(&name).then_some(0))?;
        let short = own > 0 && own.saturating_add(used) > capacity;
        short.then(|| lacks(&format!("OutOf{name}"), &name, own, used, capacity))
    })
}

/// Resources that are counted by themselves.
const COUNTED: &[&str] = &["cpu", "memory", "ephemeral-storage", "pods"];

fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    let (key, effect) = (text(&toleration.key), text(&toleration.effect));
    let named = key.is_empty() || key == taint.key;
    let valued = match text(&toleration.operator).as_str() {
        "Exists" => true,
        "" | "Equal" => text(&toleration.value) == text(&taint.value),
        _ => false,
    };
    named && valued && (effect.is_empty() || effect == taint.effect)
}

/// Whether a taint drives the pod off the node at once.
fn driven_off(pod: &Pod, facts: &Facts<'_>) -> bool {
    let mut taints = facts.taints.iter().filter(|it| it.effect == "NoExecute");
    taints.any(|taint| !spec(pod).tolerations.iter().flatten().any(|it| tolerates(it, taint)))
}

/// Whether some container is to be bound by AppArmor.
fn wants_app_armor(pod: &Pod) -> bool {
    let bound = |it: Option<&AppArmorProfile>| it.is_some_and(|it| it.type_ != "Unconfined");
    let of_pod = spec(pod).security_context.as_ref().and_then(|it| it.app_armor_profile.as_ref());
    let all = init_containers(pod).iter().chain(containers(pod)).filter_map(|it| it.security_context.as_ref());
    let ephemeral = ephemeral_containers(pod).iter().filter_map(|it| it.security_context.as_ref());
    bound(of_pod) || all.chain(ephemeral).any(|it| bound(it.app_armor_profile.as_ref()))
}

/// The pod's own demands on the system, before any resource is counted.
fn system(pod: &Pod, facts: &Facts<'_>) -> Option<Verdict> {
    let refused = |reason: &str, message: &str| Some(Verdict::Refused(reason.into(), message.into()));
    let label = pod.metadata.labels.as_ref().and_then(|it| it.get("kubernetes.io/os"));
    if label.is_some_and(|it| it != "linux") {
        let message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
        return refused("PodOSSelectorNodeLabelDoesNotMatch", message);
    }
    if spec(pod).os.as_ref().is_some_and(|os| os.name != "linux") {
        return refused("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
    }
    let context = spec(pod).security_context.as_ref();
    if context.is_some_and(|it| it.supplemental_groups_policy.as_deref() == Some("Strict")) && !facts.groups_policy {
        let message = "SupplementalGroupsPolicy=Strict is not supported in this node";
        return refused("SupplementalGroupsPolicyNotSupported", message);
    }
    None
}

/// The decision, in upstream's order of checks.
pub fn decide(pod: &Pod, facts: &Facts<'_>) -> Verdict {
    let sysctls = spec(pod).security_context.as_ref().and_then(|it| it.sysctls.as_ref());
    let allowed = |name: &str| {
        let listed = |pattern: &String| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        };
        SAFE_SYSCTLS.contains(&name) || facts.unsafe_sysctls.iter().any(listed)
    };
    if let Some(unsafe_one) = sysctls.into_iter().flatten().find(|it| !allowed(&it.name)) {
        let message = format!("forbidden sysctl: \"{}\" not allowlisted", unsafe_one.name);
        return Verdict::Refused("SysctlForbidden".into(), message);
    }
    if let Some(refused) = system(pod, facts) {
        return refused;
    }
    if let Some(refused) = fits(pod, facts) {
        return refused;
    }
    if !selects_node(pod, facts) {
        let message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
        return Verdict::Refused("NodeAffinity".into(), message.into());
    }
    if clash(&host_ports(pod), &facts.ports) {
        let message = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
        return Verdict::Refused("NodePorts".into(), message.into());
    }
    if !is_static(pod) && driven_off(pod, facts) {
        let message = "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate";
        return Verdict::Refused("TaintToleration".into(), message.into());
    }
    if !facts.app_armor && wants_app_armor(pod) {
        let message = "Cannot enforce AppArmor: AppArmor is not enabled on the host";
        return Verdict::Refused("AppArmor".into(), message.into());
    }
    Verdict::Admitted
}

/// Decides over the pods that this kubelet runs.
pub(super) fn admit(shared: &Shared, pod: &Pod) -> Verdict {
    among(shared, pod, &shared.registry.active())
}

/// Decides over a pod that runs here and asks for other resources.
pub(super) fn admit_resize(shared: &Shared, pod: &Pod) -> Verdict {
    let mut others = shared.registry.active();
    others.retain(|other| other.metadata.uid != pod.metadata.uid);
    among(shared, pod, &others)
}

fn among(shared: &Shared, pod: &Pod, active: &[Arc<Pod>]) -> Verdict {
    if let Some((reason, message)) = super::eviction::refuses(shared, pod) {
        return Verdict::Refused(reason, message);
    }
    let node = shared.node.load();
    let amount = |name: &str, of: fn(&k8s_openapi::apimachinery::pkg::api::resource::Quantity) -> i64| {
        node.allocatable.get(name).map_or(i64::MAX, of)
    };
    let object = shared.nodes.get(&key(None, &shared.config.node_name));
    let of_api = object.as_deref().and_then(|it| it.metadata.labels.as_ref());
    let taints = object.as_deref().and_then(|it| it.spec.as_ref()?.taints.as_deref());
    let offered = object.as_deref().and_then(|it| it.status.as_ref()?.allocatable.as_ref());
    let mut scalars_used = BTreeMap::new();
    for (name, amount) in active.iter().flat_map(|pod| request_list(pod)) {
        *scalars_used.entry(name).or_insert(0) += value(&amount);
    }
    let facts = Facts {
        labels: of_api.unwrap_or(&node.labels),
        taints: taints.unwrap_or_default(),
        scalars: offered.unwrap_or(&node.allocatable),
        scalars_used,
        groups_policy: shared.groups_policy.load(Ordering::Relaxed),
        app_armor: super::node::facts::has_app_armor(),
        node_name: &shared.config.node_name,
        allocatable: Amounts {
            cpu_milli: amount("cpu", crate::pod::quantity::milli),
            memory_bytes: amount("memory", crate::pod::quantity::value),
            ephemeral_bytes: amount("ephemeral-storage", crate::pod::quantity::value),
        },
        max_pods: shared.config.settings.pods_max(super::node::facts::processors()) as usize,
        used: active.iter().map(|pod| requests(pod)).fold(Amounts::default(), Amounts::plus),
        pods: active.len(),
        unsafe_sysctls: &shared.config.settings.unsafe_sysctls,
        ports: active.iter().flat_map(|pod| host_ports(pod)).collect(),
    };
    decide(pod, &facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(labels: Value, spec: Value, want: Option<(&str, &str)>) {
        let mut spec = spec;
        if spec["containers"].is_null() {
            spec["containers"] = json!([{"name": "c"}]);
        }
        let pod: Pod = serde_json::from_value(json!({"metadata": {"labels": labels}, "spec": spec.clone()})).unwrap();
        let taint = |key: &str, effect: &str| Taint { key: key.into(), effect: effect.into(), ..Taint::default() };
        let quantity = |text: &str| k8s_openapi::apimachinery::pkg::api::resource::Quantity(text.into());
        let facts = Facts {
            labels: &BTreeMap::from([("disk".to_owned(), "fast".to_owned())]),
            taints: &[taint("soft", "NoSchedule"), taint("hard", "NoExecute")],
            scalars: &ResourceList::from([("example.com/card".to_owned(), quantity("3"))]),
            scalars_used: BTreeMap::from([("example.com/card".to_owned(), 2)]),
            groups_policy: false,
            app_armor: false,
            node_name: "n",
            allocatable: Amounts { cpu_milli: 1000, memory_bytes: 1000, ephemeral_bytes: 1000 },
            max_pods: 10,
            used: Amounts::default(),
            pods: 0,
            ports: BTreeSet::new(),
            unsafe_sysctls: &[],
        };
        let want = want.map_or(Verdict::Admitted, |(reason, text)| Verdict::Refused(reason.into(), text.into()));
        assert_eq!(decide(&pod, &facts), want, "{spec}");
    }

    const TOLERANT: &str = r#"[{"operator": "Exists"}]"#;

    fn tolerant(mut spec: Value) -> Value {
        spec["tolerations"] = serde_json::from_str(TOLERANT).unwrap();
        spec
    }

    #[test]
    fn what_drives_a_pod_off() {
        let refused =
            ("TaintToleration", "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate");
        check(json!({}), json!({}), Some(refused));
        check(json!({}), json!({"tolerations": [{"key": "hard", "effect": "NoSchedule"}]}), Some(refused));
        check(json!({}), json!({"tolerations": [{"key": "hard", "operator": "Exists"}]}), None);
        check(json!({}), tolerant(json!({"nodeSelector": {"disk": "fast"}})), None);
    }

    #[test]
    fn what_the_system_lacks() {
        let of_os = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
        let os = json!({"kubernetes.io/os": "windows"});
        check(os, tolerant(json!({})), Some(("PodOSSelectorNodeLabelDoesNotMatch", of_os)));
        let strict = json!({"securityContext": {"supplementalGroupsPolicy": "Strict"}});
        let text = "SupplementalGroupsPolicy=Strict is not supported in this node";
        check(json!({}), tolerant(strict), Some(("SupplementalGroupsPolicyNotSupported", text)));
        let armed = |kind: &str| {
            let context = json!({"appArmorProfile": {"type": kind}});
            tolerant(json!({"containers": [{"name": "c", "securityContext": context}]}))
        };
        let text = "Cannot enforce AppArmor: AppArmor is not enabled on the host";
        check(json!({}), armed("RuntimeDefault"), Some(("AppArmor", text)));
        check(json!({}), armed("Unconfined"), None);
    }

    #[test]
    fn extended_resources_and_huge_pages() {
        let asks = |name: &str, amount: &str| {
            tolerant(json!({"containers": [{"name": "c", "resources": {"requests": {name: amount}}}]}))
        };
        check(json!({}), asks("example.com/card", "1"), None);
        let text = "Node didn't have enough resource: example.com/card, requested: 2, used: 2, capacity: 3";
        check(json!({}), asks("example.com/card", "2"), Some(("OutOfexample.com/card", text)));
        check(json!({}), asks("example.com/other", "2"), None);
        let text = "Node didn't have enough resource: hugepages-2Mi, requested: 2097152, used: 0, capacity: 0";
        check(json!({}), asks("hugepages-2Mi", "2Mi"), Some(("OutOfhugepages-2Mi", text)));
    }
}
