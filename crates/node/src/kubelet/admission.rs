//! Whether this node takes a pod that was bound to it.
use super::shared::Shared;
use crate::pod::{
    resources::{Amounts, requests},
    spec::{containers, init_containers, spec},
};
use k8s_openapi::api::core::v1::{NodeSelectorRequirement, NodeSelectorTerm, Pod};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
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
    short.map(|(reason, resource, own, used, capacity)| lacks(reason, resource, own, used, capacity))
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
    if spec(pod).os.as_ref().is_some_and(|os| os.name != "linux") {
        let message = "Failed to admit pod as the OS field doesn't match node OS";
        return Verdict::Refused("PodOSNotSupported".into(), message.into());
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
    let facts = Facts {
        labels: &node.labels,
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
