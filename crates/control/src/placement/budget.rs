//! Disruption budgets as preemption asks for them: which victims would go beyond what may be disrupted.
use super::{pod::PodFacts, terms::compile};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use skeg_model::meta::selector::LabelSelector;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

#[derive(Debug, Clone)]
struct Budget {
    selector: LabelSelector,
    /// Pods that may still be disrupted.
    allowed: i32,
    /// Names of pods whose disruption is counted already.
    disrupted: BTreeSet<String>,
}

/// The budgets, by namespace and name.
#[derive(Debug, Default)]
pub(super) struct Budgets(BTreeMap<String, BTreeMap<String, Budget>>);

impl Budgets {
    pub fn set(&mut self, budget: &PodDisruptionBudget) {
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        let status = budget.status.as_ref();
        let known = Budget {
            selector: compile(selector),
            allowed: status.and_then(|status| status.disruptions_allowed).unwrap_or(0),
            disrupted: status
                .and_then(|s| s.disrupted_pods.as_ref())
                .into_iter()
                .flatten()
                .map(|(n, _)| n.clone())
                .collect(),
        };
        let (namespace, name) = (budget.metadata.namespace.clone(), budget.metadata.name.clone());
        self.0.entry(namespace.unwrap_or_default()).or_default().insert(name.unwrap_or_default(), known);
    }

    pub fn remove(&mut self, namespace: &str, name: &str) {
        if let Some(budgets) = self.0.get_mut(namespace) {
            budgets.remove(name);
            if budgets.is_empty() {
                self.0.remove(namespace);
            }
        }
    }

    /// Parts the pods, in their order, into those whose end would violate a budget once the ones before have ended, and the
    /// others.
    pub fn part(&self, pods: Vec<Arc<PodFacts>>) -> (Vec<Arc<PodFacts>>, Vec<Arc<PodFacts>>) {
        let mut left: BTreeMap<(&str, &str), i32> = BTreeMap::new();
        pods.into_iter().partition(|pod| {
            let mut violates = false;
            for (name, budget) in self.0.get(&pod.namespace).into_iter().flatten() {
                if budget.counts(pod) {
                    let left = left.entry((self.namespace(&pod.namespace), name)).or_insert(budget.allowed);
                    *left -= 1;
                    violates |= *left < 0;
                }
            }
            violates
        })
    }

    fn namespace(&self, name: &str) -> &str {
        self.0.get_key_value(name).map_or("", |(name, _)| name)
    }
}

impl Budget {
    /// Whether the pod's end takes from the budget. A selector without requirements selects nothing here.
    fn counts(&self, pod: &PodFacts) -> bool {
        !self.selector.requirements().is_empty()
            && self.selector.matches(&pod.labels)
            && !self.disrupted.contains(pod.name())
    }
}
