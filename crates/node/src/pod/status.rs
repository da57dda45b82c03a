//! The status of a pod as its kubelet reports it.
use super::{
    Observed,
    conditions::{OWNED, all_restarting, containers_ready, initialized, ready, ready_to_start, scheduled},
    phase::phase,
    plan::Verdicts,
    qos::qos,
    resize::Conditions,
    resources::{ResourceList, limit_list, request_list},
    spec::{containers, generation, host_network},
    status_containers::{Lists, lists},
};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{ContainerStatus, HostIP, Pod, PodCondition, PodIP, PodStatus, ResourceRequirements},
    apimachinery::pkg::apis::meta::v1::Time,
};
use std::collections::BTreeMap;

/// Why the last try to start a container failed: (reason, message) by container name.
pub type Reasons = BTreeMap<String, (String, String)>;

/// All that a status is made from.
#[derive(Debug)]
pub struct Input<'a> {
    pub pod: &'a Pod,
    /// As last computed here, else as the API has it.
    pub old: &'a PodStatus,
    pub observed: &'a Observed,
    pub reasons: &'a Reasons,
    pub verdicts: &'a Verdicts,
    /// Nothing will be started any more.
    pub terminal: bool,
    pub host_ips: &'a [String],
    /// Whether the runtime can make mounts below a read-only mount read-only.
    pub recursive_read_only: bool,
    /// What is said of the pod's resize.
    pub resize: &'a Conditions,
    /// The kubelet's own decision to end the pod: reason and message.
    pub evicted: Option<(&'a str, &'a str)>,
    /// What stands beside that in the conditions.
    pub disruption: Option<&'a PodCondition>,
    pub now: Timestamp,
}

fn is_terminal(phase: &str) -> bool {
    matches!(phase, "Succeeded" | "Failed")
}

fn api_status(pod: &Pod) -> PodStatus {
    pod.status.clone().unwrap_or_default()
}

/// The status that holds now. Pure: the same input gives the same status.
pub fn status(input: &Input<'_>) -> PodStatus {
    let Lists { init, regular, ephemeral } = lists(input);
    let api = api_status(input.pod);
    let all: Vec<ContainerStatus> = regular.iter().chain(&init).cloned().collect();
    let active = |name: &str| input.observed.active().any(|container| container.name == name);
    let begun = containers(input.pod).iter().any(|container| active(&container.name));
    let mut status = PodStatus {
        qos_class: Some(qos(input.pod).name().into()),
        observed_generation: generation(input.pod),
        ..PodStatus::default()
    };
    name_phase(input, &api, phase(input.pod, &all, input.terminal, begun), &mut status);
    let phase = status.phase.clone().unwrap_or_default();
    let ordered: Vec<ContainerStatus> = init.iter().chain(&regular).cloned().collect();
    status.conditions = Some(conditions(input, &api, &ordered, &phase));
    addresses(input, &api, &mut status);
    let some = |list: ResourceList| (!list.is_empty()).then_some(list);
    let (requests, limits) = (some(request_list(input.pod)), some(limit_list(input.pod)));
    status.allocated_resources.clone_from(&requests);
    status.resources = Some(ResourceRequirements { requests, limits, claims: None });
    status.init_container_statuses = (!init.is_empty()).then_some(init);
    status.container_statuses = (!regular.is_empty()).then_some(regular);
    status.ephemeral_container_statuses = (!ephemeral.is_empty()).then_some(ephemeral);
    status.start_time = input.old.start_time.clone().or(api.start_time).or_else(|| Some(Time(whole_second(input.now))));
    status
}

/// A pod that has ended stays so, with the reason that came with it.
fn name_phase(input: &Input<'_>, api: &PodStatus, computed: &str, status: &mut PodStatus) {
    let ended = |status: &PodStatus| status.phase.clone().filter(|phase| is_terminal(phase));
    let mut phase = computed.to_owned();
    if !is_terminal(&phase)
        && let Some(before) = ended(input.old).or_else(|| ended(api))
    {
        phase = before;
    }
    if input.old.phase.as_deref() == Some(&phase) {
        status.reason = input.old.reason.clone().or_else(|| api.reason.clone());
        status.message = input.old.message.clone().or_else(|| api.message.clone());
    }
    if let Some((reason, message)) = input.evicted {
        phase = "Failed".into();
        status.reason = Some(reason.into());
        status.message = Some(message.into());
    }
    status.phase = Some(ended(api).unwrap_or(phase));
}

fn conditions(input: &Input<'_>, api: &PodStatus, all: &[ContainerStatus], phase: &str) -> Vec<PodCondition> {
    let foreign = |it: &&PodCondition| !OWNED.contains(&it.type_.as_str());
    let mut list: Vec<PodCondition> = api.conditions.iter().flatten().filter(foreign).cloned().collect();
    if let Some(condition) = input.disruption {
        list.retain(|it| it.type_ != condition.type_);
        list.push(condition.clone());
    }
    list.extend(input.resize.list());
    list.push(ready_to_start(input.pod, input.observed));
    list.push(initialized(input.pod, all, phase, input.old));
    list.push(ready(input.pod, all, phase, &list));
    list.push(containers_ready(input.pod, all, phase));
    list.push(scheduled(input.pod));
    list.extend(all_restarting(input.pod, input.observed, input.old, phase));
    stamp(&mut list, input.old, input.now);
    list
}

/// Sets the time of the last change of every condition that has none of its own.
pub(super) fn stamp(list: &mut [PodCondition], old: &PodStatus, now: Timestamp) {
    let unstamped = |it: &&mut PodCondition| OWNED.contains(&it.type_.as_str()) && it.last_transition_time.is_none();
    for condition in list.iter_mut().filter(unstamped) {
        let before = old.conditions.iter().flatten().find(|it| it.type_ == condition.type_);
        let kept = before.filter(|it| it.status == condition.status).and_then(|it| it.last_transition_time.clone());
        condition.last_transition_time = kept.or_else(|| Some(Time(whole_second(now))));
    }
}

/// The API keeps whole seconds; a status that was read back must compare equal.
fn whole_second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Addresses stay after the sandbox is gone: they say where the pod was.
fn addresses(input: &Input<'_>, api: &PodStatus, status: &mut PodStatus) {
    let hosts = input.host_ips.iter().map(|ip| HostIP { ip: ip.clone() }).collect::<Vec<_>>();
    status.host_ip = input.host_ips.first().cloned();
    status.host_ips = (!hosts.is_empty()).then_some(hosts);
    let mut ips: Vec<PodIP> = match input.observed.ready_sandbox() {
        Some(sandbox) => sandbox.ips.iter().map(|ip| PodIP { ip: ip.clone() }).collect(),
        None => input.old.pod_ips.clone().or_else(|| api.pod_ips.clone()).unwrap_or_default(),
    };
    if ips.is_empty() && host_network(input.pod) {
        ips = input.host_ips.first().map(|ip| PodIP { ip: ip.clone() }).into_iter().collect();
    }
    status.pod_ip = ips.first().map(|it| it.ip.clone());
    status.pod_ips = (!ips.is_empty()).then_some(ips);
}
