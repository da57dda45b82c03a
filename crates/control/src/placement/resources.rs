//! Amounts of resources: what nodes have and pods ask for.
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use skeg_model::meta::quantity;
use std::collections::BTreeMap;

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

    /// Takes the amounts of `list` for the resources that `names` has and a pod as a whole may ask for.
    pub fn set(&mut self, names: &BTreeMap<String, Quantity>, list: &BTreeMap<String, Quantity>) {
        let given = Self::read(Some(list));
        for name in names.keys() {
            match name.as_str() {
                "cpu" => self.cpu_milli = given.cpu_milli,
                "memory" => self.memory_bytes = given.memory_bytes,
                _ if name.starts_with("hugepages-") => {
                    self.others.insert(name.clone(), given.get(name));
                }
                _ => {}
            }
        }
    }
}
