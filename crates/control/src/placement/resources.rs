//! Amounts of resources: what nodes have and pods ask for.
use k8s_openapi::{
    api::core::v1::{Container, PodSpec},
    apimachinery::pkg::api::resource::Quantity,
};
use skeg_model::meta::quantity;
use std::collections::BTreeMap;

/// What a container without a request counts as when nodes are compared (upstream's `DefaultMilliCPURequest`,
/// `DefaultMemoryRequest`).
const UNASKED_CPU_MILLI: i64 = 100;
const UNASKED_MEMORY_BYTES: i64 = 200 * 1024 * 1024;

/// Resources by name; the common ones in fields so that columns stay dense.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amounts {
    pub cpu_milli: i64,
    pub memory_bytes: i64,
    pub ephemeral_bytes: i64,
    pub pods: i64,
    /// Everything else (extended resources, hugepages), in whole units.
    pub others: BTreeMap<String, i64>,
}

impl Amounts {
    /// Reads a resource list; what is no quantity counts as none (the API admits no such thing).
    pub fn read(list: Option<&BTreeMap<String, Quantity>>) -> Self {
        let mut out = Self::default();
        for (name, text) in list.into_iter().flatten() {
            let Ok(amount) = quantity::Quantity::parse(&text.0) else { continue };
            match name.as_str() {
                "cpu" => out.cpu_milli = amount.milli_value(),
                "memory" => out.memory_bytes = amount.value(),
                "ephemeral-storage" => out.ephemeral_bytes = amount.value(),
                "pods" => out.pods = amount.value(),
                _ => {
                    out.others.insert(name.clone(), amount.value());
                }
            }
        }
        out
    }

    /// The amount of one resource, by its name.
    pub fn get(&self, name: &str) -> i64 {
        match name {
            "cpu" => self.cpu_milli,
            "memory" => self.memory_bytes,
            "ephemeral-storage" => self.ephemeral_bytes,
            "pods" => self.pods,
            _ => self.others.get(name).copied().unwrap_or(0),
        }
    }

    fn combine(&mut self, other: &Self, with: fn(i64, i64) -> i64) {
        self.cpu_milli = with(self.cpu_milli, other.cpu_milli);
        self.memory_bytes = with(self.memory_bytes, other.memory_bytes);
        self.ephemeral_bytes = with(self.ephemeral_bytes, other.ephemeral_bytes);
        self.pods = with(self.pods, other.pods);
        for (name, amount) in &other.others {
            let ours = self.others.entry(name.clone()).or_default();
            *ours = with(*ours, *amount);
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.combine(other, i64::saturating_add);
    }

    pub fn remove(&mut self, other: &Self) {
        self.combine(other, i64::saturating_sub);
    }

    pub fn at_least(&mut self, other: &Self) {
        self.combine(other, i64::max);
    }

    /// What a pod asks for (KEP-753, KEP-2837): containers and sidecars together, or the greatest init container with the
    /// sidecars before it; requests of the pod as a whole go before; overhead on top.
    pub fn of_pod(spec: &PodSpec) -> Self {
        let mut total = requests_with(spec, |c| Self::read(c.resources.as_ref().and_then(|r| r.requests.as_ref())));
        let whole = Self::read(spec.resources.as_ref().and_then(|r| r.requests.as_ref()));
        if whole.cpu_milli > 0 {
            total.cpu_milli = whole.cpu_milli;
        }
        if whole.memory_bytes > 0 {
            total.memory_bytes = whole.memory_bytes;
        }
        for (name, amount) in &whole.others {
            total.others.insert(name.clone(), *amount);
        }
        total.add(&Self::read(spec.overhead.as_ref()));
        total.pods = 1;
        total
    }

    /// CPU and memory as nodes are compared by: containers that ask for nothing count a little.
    pub fn compared_of_pod(spec: &PodSpec) -> (i64, i64) {
        let whole = Self::read(spec.resources.as_ref().and_then(|r| r.requests.as_ref()));
        let mut total = requests_with(spec, |c| {
            let asked = c.resources.as_ref().and_then(|r| r.requests.as_ref());
            let mut amounts = Self::read(asked);
            let has = |name: &str| asked.is_some_and(|a| a.contains_key(name));
            if !has("cpu") && whole.cpu_milli == 0 {
                amounts.cpu_milli = UNASKED_CPU_MILLI;
            }
            if !has("memory") && whole.memory_bytes == 0 {
                amounts.memory_bytes = UNASKED_MEMORY_BYTES;
            }
            amounts
        });
        if whole.cpu_milli > 0 {
            total.cpu_milli = whole.cpu_milli;
        }
        if whole.memory_bytes > 0 {
            total.memory_bytes = whole.memory_bytes;
        }
        total.add(&Self::read(spec.overhead.as_ref()));
        (total.cpu_milli, total.memory_bytes)
    }
}

fn requests_with(spec: &PodSpec, of: impl Fn(&Container) -> Amounts) -> Amounts {
    let mut total = Amounts::default();
    for container in &spec.containers {
        total.add(&of(container));
    }
    let (mut sidecars, mut starting) = (Amounts::default(), Amounts::default());
    for container in spec.init_containers.iter().flatten() {
        let mut asked = of(container);
        if container.restart_policy.as_deref() == Some("Always") {
            total.add(&asked);
            sidecars.add(&asked);
            asked = sidecars.clone();
        } else {
            asked.add(&sidecars);
        }
        starting.at_least(&asked);
    }
    total.at_least(&starting);
    total
}
