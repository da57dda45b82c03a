//! Quality of service of a pod and what follows from it.
use super::{
    quantity::{milli, value},
    spec::{containers, init_containers, spec},
};
use k8s_openapi::{
    api::core::v1::{Container, Pod, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qos {
    Guaranteed,
    Burstable,
    BestEffort,
}

impl Qos {
    pub fn name(self) -> &'static str {
        match self {
            Self::Guaranteed => "Guaranteed",
            Self::Burstable => "Burstable",
            Self::BestEffort => "BestEffort",
        }
    }
}

const COMPUTE: [&str; 2] = ["cpu", "memory"];

fn positive(list: Option<&BTreeMap<String, Quantity>>, resource: &str) -> Option<i64> {
    list?.get(resource).map(milli).filter(|amount| *amount > 0)
}

fn of_requirements<'a>(all: impl Iterator<Item = Option<&'a ResourceRequirements>>) -> Qos {
    let mut guaranteed = true;
    let mut any = false;
    for requirements in all {
        for resource in COMPUTE {
            let limit = positive(requirements.and_then(|it| it.limits.as_ref()), resource);
            let request = positive(requirements.and_then(|it| it.requests.as_ref()), resource);
            any |= limit.is_some() || request.is_some();
            guaranteed &= limit.is_some() && request.is_none_or(|request| Some(request) == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => Qos::BestEffort,
        (true, true) => Qos::Guaranteed,
        (true, false) => Qos::Burstable,
    }
}

/// As the API would set `status.qosClass`.
pub fn qos(pod: &Pod) -> Qos {
    if let Some(whole) = spec(pod).resources.as_ref().filter(|it| it.limits.is_some() || it.requests.is_some()) {
        return of_requirements(std::iter::once(Some(whole)));
    }
    of_requirements(init_containers(pod).iter().chain(containers(pod)).map(|container| container.resources.as_ref()))
}

/// Priority from which a pod counts as critical for the node.
const SYSTEM_CRITICAL: i32 = 2_000_000_000;

/// `oom_score_adj` of a container's processes on a node with this much memory.
pub fn oom_score_adj(pod: &Pod, container: &Container, memory_capacity: i64) -> i64 {
    if spec(pod).priority.is_some_and(|priority| priority >= SYSTEM_CRITICAL) {
        return -997;
    }
    match qos(pod) {
        Qos::Guaranteed => return -997,
        Qos::BestEffort => return 1000,
        Qos::Burstable => {}
    }
    let request = container.resources.as_ref().and_then(|it| it.requests.as_ref()).and_then(|it| it.get("memory"));
    let share = 1000 * request.map_or(0, value) / memory_capacity.max(1);
    (1000 - share).clamp(3, 999)
}
