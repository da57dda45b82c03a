//! In-place resize of pods (KEP-1287): what a pod is allowed (allocated), what its containers were given (actuated), and
//! the steps from the one to the other.
use super::{
    Observed, State,
    qos::{Qos, qos},
    quantity::{milli, value},
    resources::{ResourceList, limits, requests},
    spec::{containers, generation, init_containers, is_sidecar, spec},
};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Container, Pod, PodCondition, PodStatus, ResourceRequirements},
    apimachinery::pkg::apis::meta::v1::Time,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

pub const PENDING: &str = "PodResizePending";
pub const IN_PROGRESS: &str = "PodResizeInProgress";
pub const INFEASIBLE: &str = "Infeasible";
const DEFERRED: &str = "Deferred";
const ERROR: &str = "Error";

/// Resources of a pod and its containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<ResourceRequirements>,
    #[serde(default)]
    pub containers: BTreeMap<String, ResourceRequirements>,
}

fn same_list(a: Option<&ResourceList>, b: Option<&ResourceList>) -> bool {
    let empty = ResourceList::new();
    let (a, b) = (a.unwrap_or(&empty), b.unwrap_or(&empty));
    a.len() == b.len() && a.iter().all(|(name, own)| b.get(name).is_some_and(|other| milli(own) == milli(other)))
}

fn same(a: &ResourceRequirements, b: &ResourceRequirements) -> bool {
    same_list(a.limits.as_ref(), b.limits.as_ref()) && same_list(a.requests.as_ref(), b.requests.as_ref())
}

fn resizable(pod: &Pod) -> impl Iterator<Item = &Container> {
    init_containers(pod).iter().chain(containers(pod))
}

impl Allocation {
    /// What the pod's specification asks for.
    pub fn of(pod: &Pod) -> Self {
        let own = |it: &Container| (it.name.clone(), it.resources.clone().unwrap_or_default());
        Self { pod: spec(pod).resources.clone(), containers: resizable(pod).map(own).collect() }
    }

    /// Whether the pod asks for just this.
    pub fn covers(&self, pod: &Pod) -> bool {
        let empty = ResourceRequirements::default();
        let of_pod = same(self.pod.as_ref().unwrap_or(&empty), spec(pod).resources.as_ref().unwrap_or(&empty));
        of_pod
            && resizable(pod).all(|it| {
                let known = self.containers.get(&it.name);
                known.is_none_or(|known| same(known, it.resources.as_ref().unwrap_or(&empty)))
            })
    }

    /// Takes over one container's amounts of one resource.
    pub fn take(&mut self, from: &Self, name: &str, resource: Resource) {
        let (Some(own), Some(other)) = (self.containers.get_mut(name), from.containers.get(name)) else { return };
        let one = |own: &mut Option<ResourceList>, other: &Option<ResourceList>| match other
            .as_ref()
            .and_then(|list| list.get(resource.name()))
        {
            Some(amount) => drop(own.get_or_insert_default().insert(resource.name().into(), amount.clone())),
            None => drop(own.as_mut().and_then(|list| list.remove(resource.name()))),
        };
        one(&mut own.limits, &other.limits);
        one(&mut own.requests, &other.requests);
    }

    /// What another allocation changes: (resource, whether limits or requests, how).
    pub fn changes(&self, new: &Self) -> Vec<(&'static str, &'static str, &'static str)> {
        type List = fn(&ResourceRequirements) -> Option<&ResourceList>;
        let lists: [(&str, List); 2] = [("limits", |it| it.limits.as_ref()), ("requests", |it| it.requests.as_ref())];
        let mut out = Vec::new();
        for (name, wanted) in &new.containers {
            let before = self.containers.get(name);
            for resource in [Resource::Memory, Resource::Cpu] {
                for (requirement, list) in lists {
                    let amount = |it: &ResourceRequirements| list(it)?.get(resource.name()).map(milli);
                    let how = match (before.and_then(amount), amount(wanted)) {
                        (None, Some(_)) => "add",
                        (Some(_), None) => "remove",
                        (Some(old), Some(new)) if new > old => "increase",
                        (Some(old), Some(new)) if new < old => "decrease",
                        _ => continue,
                    };
                    out.push((resource.name(), requirement, how));
                }
            }
        }
        out
    }

    /// The pod as if it asked for this.
    #[must_use]
    pub fn applied(&self, pod: &Pod) -> Pod {
        let mut pod = pod.clone();
        let Some(spec) = pod.spec.as_mut() else { return pod };
        spec.resources.clone_from(&self.pod);
        for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
            if let Some(known) = self.containers.get(&container.name) {
                container.resources = Some(known.clone());
            }
        }
        pod
    }
}

/// What stands in the pod's status about its resize.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conditions {
    pub pending: Option<PodCondition>,
    pub in_progress: Option<PodCondition>,
}

fn condition(
    kind: &str,
    before: Option<&PodCondition>,
    (reason, message): (&str, &str),
    generation: Option<i64>,
    now: Timestamp,
) -> PodCondition {
    let text = |it: &str| (!it.is_empty()).then(|| it.to_owned());
    let now = Some(Time(Timestamp::from_second(now.as_second()).unwrap_or(now)));
    let kept = before.filter(|it| it.reason.as_deref().unwrap_or_default() == reason);
    PodCondition {
        type_: kind.into(),
        status: "True".into(),
        reason: text(reason),
        message: text(message),
        observed_generation: generation,
        last_probe_time: now.clone(),
        last_transition_time: kept.and_then(|it| it.last_transition_time.clone()).or(now),
    }
}

impl Conditions {
    /// As the API has them: what an earlier kubelet said.
    pub fn reported(status: Option<&PodStatus>) -> Self {
        let all = || status.into_iter().flat_map(|it| it.conditions.iter().flatten());
        let of = |kind: &str| all().find(|it| it.type_ == kind).cloned();
        Self { pending: of(PENDING), in_progress: of(IN_PROGRESS) }
    }

    pub fn list(&self) -> impl Iterator<Item = PodCondition> {
        self.pending.iter().chain(&self.in_progress).cloned().collect::<Vec<_>>().into_iter()
    }

    pub fn is_deferred(&self) -> bool {
        self.pending.as_ref().is_some_and(|it| it.reason.as_deref() == Some(DEFERRED))
    }

    /// Whether that is worth an event: reason or generation are new.
    pub fn set_pending(&mut self, pod: &Pod, reason: &str, message: &str, now: Timestamp) -> bool {
        let reason = if reason == INFEASIBLE { INFEASIBLE } else { DEFERRED };
        let made = condition(PENDING, self.pending.as_ref(), (reason, message), generation(pod), now);
        let before = self.pending.replace(made);
        before.is_none_or(|it| it.reason.as_deref() != Some(reason) || it.observed_generation != generation(pod))
    }

    /// The resize of this generation was granted.
    pub fn start(&mut self, pod: &Pod, now: Timestamp) {
        self.pending = None;
        self.in_progress = Some(condition(IN_PROGRESS, None, ("", ""), generation(pod), now));
    }

    /// Something is not as it was granted yet: generation, reason and message of an earlier word stay.
    pub fn go_on(&mut self, pod: &Pod, now: Timestamp) {
        if self.in_progress.is_none() {
            self.in_progress = Some(condition(IN_PROGRESS, None, ("", ""), generation(pod), now));
        }
    }

    /// Notes why a step failed. Some(generation) if that is new.
    pub fn fail(&mut self, pod: &Pod, message: &str, now: Timestamp) -> Option<i64> {
        let before = self.in_progress.take();
        let of = before.as_ref().map_or(generation(pod), |it| it.observed_generation);
        let made = condition(IN_PROGRESS, before.as_ref(), (ERROR, message), of, now);
        let fresh = before.is_none_or(|it| it.reason != made.reason || it.message != made.message);
        self.in_progress = Some(made);
        fresh.then(|| of.unwrap_or_default())
    }

    /// All is as it was granted. Some(generation) if a resize was under way.
    pub fn complete(&mut self) -> Option<i64> {
        self.in_progress.take().map(|it| it.observed_generation.unwrap_or_default())
    }
}

/// Amounts of one container that the runtime is told: (memory limit, memory request, CPU limit, CPU request).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Amounts {
    memory: (i64, i64),
    cpu: (i64, i64),
}

fn amounts(pod: &Pod, container: &Container) -> Amounts {
    let own = container.resources.as_ref();
    let list = |list: Option<&ResourceList>, name: &str, of: fn(&_) -> i64| list.and_then(|it| it.get(name)).map(of);
    let of_pod =
        if spec(pod).resources.as_ref().is_some_and(|it| it.limits.is_some()) { limits(pod) } else { (None, None) };
    let (limits, requests) = (own.and_then(|it| it.limits.as_ref()), own.and_then(|it| it.requests.as_ref()));
    Amounts {
        memory: (list(limits, "memory", value).or(of_pod.1).unwrap_or(0), list(requests, "memory", value).unwrap_or(0)),
        cpu: (list(limits, "cpu", milli).or(of_pod.0).unwrap_or(0), list(requests, "cpu", milli).unwrap_or(0)),
    }
}

/// A resource that can be changed in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    Memory,
    Cpu,
}

impl Resource {
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
        }
    }
}

/// One container that the runtime is to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    pub id: String,
    pub name: String,
    /// Some(limit in bytes) where a memory limit is lowered or made.
    pub lowers_memory_to: Option<i64>,
}

/// What is to be done so that the containers have what was allocated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// Names of running containers whose policy asks for a restart.
    pub restart: BTreeSet<String>,
    /// In the order to carry out: decreases before increases.
    pub update: BTreeMap<Resource, Vec<Update>>,
    /// Whether the pod's own cgroup is to be changed.
    pub pod: bool,
}

impl Steps {
    pub fn is_empty(&self) -> bool {
        self.restart.is_empty() && self.update.is_empty() && !self.pod
    }
}

fn wants_restart(container: &Container, resource: Resource) -> bool {
    let mut policies = container.resize_policy.iter().flatten();
    policies.any(|it| it.resource_name == resource.name() && it.restart_policy == "RestartContainer")
}

/// `allocated` and `actuated` are the same pod with the resources of each.
pub fn steps(allocated: &Pod, actuated: &Pod, observed: &Observed) -> Steps {
    let mut out = Steps::default();
    let before: BTreeMap<&str, &Container> = resizable(actuated).map(|it| (it.name.as_str(), it)).collect();
    let live = init_containers(allocated).iter().chain(containers(allocated));
    for container in live {
        let Some(found) = observed.container(&container.name).filter(|it| it.state == State::Running) else { continue };
        let Some(old) = before.get(container.name.as_str()) else { continue };
        let (wanted, has) = (amounts(allocated, container), amounts(actuated, old));
        let plain_init =
            init_containers(allocated).iter().any(|it| it.name == container.name) && !is_sidecar(container);
        let changed = [(Resource::Memory, wanted.memory, has.memory), (Resource::Cpu, wanted.cpu, has.cpu)];
        let changed: Vec<_> = changed.into_iter().filter(|(_, wanted, has)| wanted != has).collect();
        if !plain_init && changed.iter().any(|(resource, ..)| wants_restart(container, *resource)) {
            out.restart.insert(container.name.clone());
            out.pod = true;
            continue;
        }
        for (resource, wanted, has) in changed {
            let lowers = resource == Resource::Memory && wanted.0 > 0 && (has.0 == 0 || wanted.0 < has.0);
            let update = Update {
                id: found.id.clone(),
                name: container.name.clone(),
                lowers_memory_to: lowers.then_some(wanted.0),
            };
            let (new, old) = if wanted.0 == has.0 { (wanted.1, has.1) } else { (wanted.0, has.0) };
            let list = out.update.entry(resource).or_default();
            if new < old { list.insert(0, update) } else { list.push(update) }
        }
    }
    out.pod |= spec(allocated).resources != spec(actuated).resources;
    out
}

/// Event message of a resize: the resources that the pod asks for, and of which generation.
pub fn message(prefix: &str, pod: &Pod, generation: i64, error: &str) -> String {
    let list = |list: &[Container]| -> Vec<String> {
        list.iter().map(|it| format!("{{\"name\":{},\"resources\":{}}}", json!(it.name), requirements(it))).collect()
    };
    let (init, regular) = (list(init_containers(pod)), list(containers(pod)));
    let mut parts = Vec::new();
    if !init.is_empty() {
        parts.push(format!("\"initContainers\":[{}]", init.join(",")));
    }
    if !regular.is_empty() {
        parts.push(format!("\"containers\":[{}]", regular.join(",")));
    }
    parts.push(format!("\"generation\":{generation}"));
    if !error.is_empty() {
        parts.push(format!("\"error\":{}", json!(error)));
    }
    format!("{prefix}: {{{}}}", parts.join(","))
}

fn requirements(container: &Container) -> String {
    let Some(it) = container.resources.as_ref() else { return "{}".into() };
    let list = |name: &str, list: Option<&ResourceList>| -> Option<String> {
        let map: BTreeMap<&str, Value> = list?.iter().map(|(key, amount)| (key.as_str(), json!(amount.0))).collect();
        (!map.is_empty()).then(|| format!("\"{name}\":{}", json!(map)))
    };
    let parts = [list("limits", it.limits.as_ref()), list("requests", it.requests.as_ref())];
    format!("{{{}}}", parts.into_iter().flatten().collect::<Vec<_>>().join(","))
}

/// Who is looked at first when several resizes wait: those that ask for no more, then by priority, quality of service
/// and the time of waiting. Each is (the pod as it asks, as it is allocated, its conditions).
pub fn order(a: (&Pod, &Pod, &Conditions), b: (&Pod, &Pod, &Conditions)) -> Ordering {
    let grows = |(asked, allocated, _): (&Pod, &Pod, &Conditions)| {
        let (new, old) = (requests(asked), requests(allocated));
        new.cpu_milli > old.cpu_milli || new.memory_bytes > old.memory_bytes
    };
    let priority = |(pod, ..): (&Pod, &Pod, &Conditions)| spec(pod).priority.unwrap_or(0);
    let guaranteed = |(pod, ..): (&Pod, &Pod, &Conditions)| qos(pod) == Qos::Guaranteed;
    let since = |(_, _, conditions): (&Pod, &Pod, &Conditions)| {
        let time = conditions.pending.as_ref().and_then(|it| it.last_transition_time.clone());
        time.map_or(Timestamp::MAX, |time| time.0)
    };
    grows(a)
        .cmp(&grows(b))
        .then(priority(b).cmp(&priority(a)))
        .then(guaranteed(b).cmp(&guaranteed(a)))
        .then(since(a).cmp(&since(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::{Container as Seen, Sandbox};

    fn pod(resources: Value, policy: Value) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"name": "p", "generation": 2},
            "spec": {"containers": [{"name": "c", "resources": resources, "resizePolicy": policy}]},
        }))
        .unwrap()
    }

    fn running() -> Observed {
        let seen: Seen =
            Seen { id: "c1".into(), name: "c".into(), state: State::Running, ..crate::pod::observed::blank() };
        let sandbox =
            Sandbox { id: "s".into(), attempt: 0, ready: true, host_network: false, ips: Vec::new(), created_at: 0 };
        Observed { runtime: "r".into(), sandboxes: vec![sandbox], containers: vec![seen] }
    }

    fn check(before: Value, after: Value, policy: Value, restart: bool, updates: &[(Resource, Option<i64>)]) {
        let (allocated, actuated) = (pod(after.clone(), policy.clone()), pod(before, policy));
        let steps = steps(&allocated, &actuated, &running());
        let got: Vec<_> =
            steps.update.iter().flat_map(|(it, list)| list.iter().map(|one| (*it, one.lowers_memory_to))).collect();
        assert_eq!((steps.restart.contains("c"), got.as_slice()), (restart, updates), "{after}");
    }

    #[test]
    fn what_differs_is_changed() {
        let of = |cpu: &str, memory: &str| json!({"limits": {"cpu": cpu, "memory": memory}, "requests": {"cpu": cpu, "memory": memory}});
        check(of("100m", "32Mi"), of("0.1", "32Mi"), json!([]), false, &[]);
        check(of("100m", "32Mi"), of("200m", "32Mi"), json!([]), false, &[(Resource::Cpu, None)]);
        let both = [(Resource::Memory, Some(16 << 20)), (Resource::Cpu, None)];
        check(of("100m", "32Mi"), of("50m", "16Mi"), json!([]), false, &both);
        let policy = json!([{"resourceName": "memory", "restartPolicy": "RestartContainer"}]);
        check(of("100m", "32Mi"), of("100m", "64Mi"), policy.clone(), true, &[]);
        check(of("100m", "32Mi"), of("50m", "32Mi"), policy, false, &[(Resource::Cpu, None)]);
    }

    #[test]
    fn events_tell_what_is_asked_for() {
        let asked = pod(json!({"requests": {"cpu": "80m"}, "limits": {"memory": "32Mi", "cpu": "1"}}), json!([]));
        assert_eq!(
            message("Pod resize started", &asked, 2, "no"),
            "Pod resize started: {\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"32Mi\"},\
             \"requests\":{\"cpu\":\"80m\"}}}],\"generation\":2,\"error\":\"no\"}"
        );
    }

    #[test]
    fn an_allocation_stands_in_for_the_specification() {
        let (asked, had) =
            (pod(json!({"requests": {"cpu": "2"}}), json!([])), pod(json!({"requests": {"cpu": "1"}}), json!([])));
        let allocation = Allocation::of(&had);
        assert!(allocation.covers(&had) && !allocation.covers(&asked));
        assert_eq!(requests(&allocation.applied(&asked)).cpu_milli, 1000);
        let text = serde_json::to_string(&allocation).unwrap();
        assert_eq!(serde_json::from_str::<Allocation>(&text).unwrap(), allocation);
    }

    #[test]
    fn conditions_follow_a_resize() {
        let asked = pod(json!({"requests": {"cpu": "2"}}), json!([]));
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut all = Conditions::default();
        assert!(all.set_pending(&asked, "OutOfcpu", "no", at(1)));
        assert!(!all.set_pending(&asked, "OutOfcpu", "still no", at(2)));
        assert!(all.is_deferred());
        assert_eq!(all.pending.as_ref().unwrap().last_transition_time.as_ref().unwrap().0, at(1));
        all.start(&asked, at(3));
        assert_eq!(
            (all.pending.clone(), all.fail(&asked, "x", at(4)), all.fail(&asked, "x", at(5))),
            (None, Some(2), None)
        );
        assert_eq!((all.complete(), all.complete()), (Some(2), None));
    }
}
