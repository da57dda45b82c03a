//! Requests and limits of whole pods, and the cgroup values that they become.
use super::{
    quantity::{from_bytes, from_milli, milli, value},
    spec::{containers, init_containers, is_sidecar, spec},
};
use k8s_openapi::{
    api::core::v1::{Container, Pod, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};
use std::collections::BTreeMap;

pub type ResourceList = BTreeMap<String, Quantity>;

/// One amount of each kind that the node divides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    pub cpu_milli: i64,
    pub memory_bytes: i64,
    pub ephemeral_bytes: i64,
}

impl Amounts {
    fn of(list: Option<&ResourceList>) -> Self {
        let get = |name: &str| list.and_then(|list| list.get(name));
        Self {
            cpu_milli: get("cpu").map_or(0, milli),
            memory_bytes: get("memory").map_or(0, value),
            ephemeral_bytes: get("ephemeral-storage").map_or(0, value),
        }
    }

    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.saturating_add(other.cpu_milli),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
            ephemeral_bytes: self.ephemeral_bytes.saturating_add(other.ephemeral_bytes),
        }
    }

    #[must_use]
    fn max(self, other: Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.max(other.cpu_milli),
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
            ephemeral_bytes: self.ephemeral_bytes.max(other.ephemeral_bytes),
        }
    }
}

fn whole(pod: &Pod, of: impl Fn(&Container) -> Amounts) -> Amounts {
    let mut sidecars = Amounts::default();
    let mut peak = Amounts::default();
    for container in init_containers(pod) {
        let own = of(container);
        if is_sidecar(container) {
            sidecars = sidecars.plus(own);
            peak = peak.max(sidecars);
        } else {
            peak = peak.max(sidecars.plus(own));
        }
    }
    let regular = containers(pod).iter().map(of).fold(Amounts::default(), Amounts::plus);
    regular.plus(sidecars).max(peak)
}

fn overridden(containers: Amounts, pod_level: Option<&ResourceList>) -> Amounts {
    let Some(list) = pod_level else { return containers };
    let own = Amounts::of(Some(list));
    Amounts {
        cpu_milli: if list.contains_key("cpu") { own.cpu_milli } else { containers.cpu_milli },
        memory_bytes: if list.contains_key("memory") { own.memory_bytes } else { containers.memory_bytes },
        ..containers
    }
}

/// Sum of two lists; an amount that stands alone keeps its own text.
fn add(mut sum: ResourceList, other: &ResourceList) -> ResourceList {
    for (name, amount) in other {
        let total = match sum.get(name) {
            None => amount.clone(),
            Some(own) if name == "cpu" => from_milli(milli(own).saturating_add(milli(amount))),
            Some(own) => from_bytes(value(own).saturating_add(value(amount))),
        };
        sum.insert(name.clone(), total);
    }
    sum
}

fn larger(mut own: ResourceList, other: &ResourceList) -> ResourceList {
    for (name, amount) in other {
        if own.get(name).is_none_or(|it| milli(it) < milli(amount)) {
            own.insert(name.clone(), amount.clone());
        }
    }
    own
}

fn whole_list(pod: &Pod, of: impl Fn(&ResourceRequirements) -> &Option<ResourceList>) -> ResourceList {
    let list = |container: &Container| container.resources.as_ref().and_then(|it| of(it).clone()).unwrap_or_default();
    let (mut sidecars, mut peak) = (ResourceList::new(), ResourceList::new());
    for container in init_containers(pod) {
        let own = list(container);
        if is_sidecar(container) {
            sidecars = add(sidecars, &own);
            peak = larger(peak, &sidecars);
        } else {
            peak = larger(peak, &add(sidecars.clone(), &own));
        }
    }
    let regular = containers(pod).iter().map(list).fold(ResourceList::new(), |sum, own| add(sum, &own));
    let mut all = larger(add(regular, &sidecars), &peak);
    if let Some(own) = spec(pod).resources.as_ref().and_then(|it| of(it).clone()) {
        all.extend(own);
    }
    all
}

/// Requests of the whole pod by resource, overhead included: `status.allocatedResources`.
pub fn request_list(pod: &Pod) -> ResourceList {
    let overhead = spec(pod).overhead.clone().unwrap_or_default();
    add(whole_list(pod, |it| &it.requests), &overhead)
}

/// Limits of the whole pod by resource, as far as they are set.
pub fn limit_list(pod: &Pod) -> ResourceList {
    whole_list(pod, |it| &it.limits)
}

/// What the scheduler and the kubelet count the pod with.
pub fn requests(pod: &Pod) -> Amounts {
    let list = |container: &Container| Amounts::of(container.resources.as_ref().and_then(|it| it.requests.as_ref()));
    let pod_level = spec(pod).resources.as_ref().and_then(|it| it.requests.as_ref());
    overridden(whole(pod, list), pod_level).plus(Amounts::of(spec(pod).overhead.as_ref()))
}

/// Limits of the pod; a kind that some container leaves open is None.
pub fn limits(pod: &Pod) -> (Option<i64>, Option<i64>) {
    let list = |container: &Container| Amounts::of(container.resources.as_ref().and_then(|it| it.limits.as_ref()));
    let pod_level = spec(pod).resources.as_ref().and_then(|it| it.limits.as_ref());
    let sum = overridden(whole(pod, list), pod_level).plus(Amounts::of(spec(pod).overhead.as_ref()));
    let bounded = |kind: &str| {
        let in_pod = pod_level.is_some_and(|list| list.contains_key(kind));
        let in_container = |container: &Container| {
            let limits = container.resources.as_ref().and_then(|it| it.limits.as_ref());
            limits.is_some_and(|limits| limits.contains_key(kind))
        };
        in_pod || init_containers(pod).iter().chain(containers(pod)).all(in_container)
    };
    (bounded("cpu").then_some(sum.cpu_milli), bounded("memory").then_some(sum.memory_bytes))
}

/// Period over which a CPU quota counts, in microseconds.
pub const CPU_PERIOD_US: i64 = 100_000;
const SHARES_MIN: i64 = 2;
const SHARES_MAX: i64 = 262_144;
const QUOTA_MIN_US: i64 = 1000;

/// `cpu.shares` of cgroup v1 for a request in thousandths of a processor.
pub fn cpu_shares(milli: i64) -> i64 {
    if milli == 0 { SHARES_MIN } else { (milli * 1024 / 1000).clamp(SHARES_MIN, SHARES_MAX) }
}

/// Microseconds per period for a limit in thousandths of a processor; 0 means none.
pub fn cpu_quota(milli: i64) -> i64 {
    if milli == 0 { 0 } else { (milli * CPU_PERIOD_US / 1000).max(QUOTA_MIN_US) }
}

/// `cpu.weight` of cgroup v2 for shares of v1, by the curve that runtimes use (1024 shares are weight 100).
pub fn cpu_weight(shares: i64) -> i64 {
    let shares = shares.clamp(SHARES_MIN, SHARES_MAX);
    #[expect(clippy::cast_precision_loss, reason = "shares are at most 2^18")]
    let log = (shares as f64).log2();
    let exponent = (log * log + 125.0 * log) / 612.0 - 7.0 / 34.0;
    #[expect(clippy::cast_possible_truncation, reason = "the curve ends at 10000")]
    let weight = 10_f64.powf(exponent).ceil() as i64;
    weight.clamp(1, 10_000)
}
