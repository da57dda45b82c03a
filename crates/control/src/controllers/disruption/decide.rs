//! What a budget allows, and what is said of its pods.
use super::{
    super::common::{count_i32, pod},
    is_healthy,
    scale::Scale,
};
use crate::{
    controllers::common::numbers::scaled,
    runner::{Action, Note, Order, Plan},
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::{
        core::v1::{Pod, PodCondition},
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus},
    },
    apimachinery::pkg::{
        apis::meta::v1::{Condition, LabelSelector, Time},
        util::intstr::IntOrString,
    },
};
use skeg_client::{Object, reference_to};
use skeg_model::status::Status;
use std::{collections::BTreeMap, fmt::Write, sync::Arc};

/// How long an evicted pod may take until its deletion shows.
const DELETION_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// How long a pod may be marked for disruption without being deleted.
pub(super) const STALE_AFTER: SignedDuration = SignedDuration::from_mins(2);
const ALLOWED: &str = "DisruptionAllowed";
const SYNC_FAILED: &str = "SyncFailed";

#[derive(Debug)]
pub(super) struct Budget {
    pub budget: Arc<PodDisruptionBudget>,
    pub pods: Vec<Arc<Pod>>,
    /// Err says why it cannot be told.
    pub wanted: Result<Wanted, String>,
}

/// How many pods there should be, and how many of them healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    expected: i32,
    healthy: i32,
    unmanaged: bool,
}

fn spec(budget: &PodDisruptionBudget) -> PodDisruptionBudgetSpec {
    budget.spec.clone().unwrap_or_default()
}

/// Whether the bound is relative to the size of the pods' controllers.
pub(super) fn needs_scale(budget: &PodDisruptionBudget) -> bool {
    let spec = spec(budget);
    spec.max_unavailable.is_some() || matches!(spec.min_available, Some(IntOrString::String(_)))
}

impl Wanted {
    pub(super) fn counted(budget: &PodDisruptionBudget, pods: &[Arc<Pod>]) -> Self {
        match spec(budget).min_available {
            Some(IntOrString::Int(healthy)) => Self { expected: count_i32(pods.len()), healthy, unmanaged: false },
            _ => Self { expected: 0, healthy: 0, unmanaged: false },
        }
    }

    pub(super) fn scaled(budget: &PodDisruptionBudget, scale: &Scale) -> Self {
        let spec = spec(budget);
        let expected = scale.replicas;
        let healthy = match (spec.max_unavailable, spec.min_available) {
            (Some(most), _) => (expected - scaled(&most, expected, true)).max(0),
            (None, Some(least)) => scaled(&least, expected, true),
            (None, None) => 0,
        };
        Self { expected, healthy, unmanaged: scale.unmanaged }
    }
}

impl Budget {
    pub(super) fn plan(&self, now: Timestamp) -> Plan {
        let mut notes = Vec::new();
        let about = || reference_to(&*self.budget);
        if self.pods.is_empty() {
            notes.push(Action::note(Note::normal(about(), "NoPods", "No matching pods found")));
        }
        let old = self.budget.status.clone().unwrap_or_default();
        let status = match &self.wanted {
            Err(why) => {
                let text = format!("Failed to calculate the number of expected pods: {why}");
                notes.push(Action::note(Note::warning(about(), "CalculateExpectedPodCountFailed", text)));
                failed(&old, why, now)
            }
            Ok(wanted) => {
                if wanted.unmanaged {
                    notes.push(Action::note(Note::warning(about(), "UnmanagedPods", self.unmanaged_text())));
                }
                notes.extend(self.overdue(now).map(|pod| self.not_deleted(pod)));
                self.status(*wanted, &old, now)
            }
        };
        let mut plan = Plan::default();
        plan.then(notes, Order::Sequence);
        if status != old {
            let changed = PodDisruptionBudget { status: Some(status), ..(*self.budget).clone() };
            plan.then(vec![Action::update_status(&changed).accepting(Status::is_not_found)], Order::Sequence);
        }
        plan
    }

    fn status(&self, wanted: Wanted, old: &PodDisruptionBudgetStatus, now: Timestamp) -> PodDisruptionBudgetStatus {
        let disrupted: BTreeMap<String, Time> = self.expected_to_go(now).map(|(name, at)| (name, Time(at))).collect();
        let healthy = self.pods.iter().filter(|pod| is_healthy(pod) && !disrupted.contains_key(pod.name()));
        let healthy = count_i32(healthy.count());
        let spare = healthy - wanted.healthy;
        let allowed = if wanted.expected > 0 { spare.max(0) } else { 0 };
        let generation = self.budget.metadata.generation;
        let (status, reason) = if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
        let mut new = PodDisruptionBudgetStatus {
            current_healthy: Some(healthy),
            desired_healthy: Some(wanted.healthy),
            expected_pods: Some(wanted.expected),
            disruptions_allowed: Some(allowed),
            disrupted_pods: (!disrupted.is_empty()).then_some(disrupted),
            observed_generation: generation,
            conditions: old.conditions.clone(),
        };
        set_condition(&mut new, status, reason, "", now);
        // A condition that says the same is not written for the sake of its generation.
        let same = PodDisruptionBudgetStatus { conditions: old.conditions.clone(), ..new.clone() } == *old;
        let told = old.conditions.iter().flatten().find(|it| it.type_ == ALLOWED);
        if same && told.is_some_and(|it| it.status == status && it.reason == reason) { old.clone() } else { new }
    }

    /// Pods that an eviction announced and that are not being deleted yet, with the time of the announcement.
    fn announced(&self) -> impl Iterator<Item = (&Arc<Pod>, Timestamp)> {
        let announced = self.budget.status.as_ref().and_then(|status| status.disrupted_pods.as_ref());
        let pods = self.pods.iter().filter(|pod| !pod.is_deleting());
        pods.filter_map(move |pod| Some((pod, announced?.get(pod.name())?.0)))
    }

    fn expected_to_go(&self, now: Timestamp) -> impl Iterator<Item = (String, Timestamp)> {
        let soon = self.announced().filter(move |(_, at)| *at + DELETION_AFTER >= now);
        soon.map(|(pod, at)| (pod.name().to_owned(), at))
    }

    fn overdue(&self, now: Timestamp) -> impl Iterator<Item = &Arc<Pod>> {
        self.announced().filter(move |(_, at)| *at + DELETION_AFTER < now).map(|(pod, _)| pod)
    }

    /// When an announced deletion becomes overdue.
    pub(super) fn recheck_at(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.expected_to_go(now).map(|(_, at)| at + DELETION_AFTER).min();
        next.map(|at| at + SignedDuration::from_millis(10))
    }

    fn not_deleted(&self, pod: &Pod) -> Action {
        let namespace = self.budget.namespace().unwrap_or_default();
        // Upstream names the namespace twice.
        let text = format!("Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't");
        Action::note(Note::warning(reference_to(pod), "NotDeleted", text))
    }

    fn unmanaged_text(&self) -> String {
        let selector = shown(spec(&self.budget).selector.as_ref());
        format!(
            "Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. As a result, \
             the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account \
             for these pods please set \".spec.minAvailable\" field of the PDB to an integer value."
        )
    }
}

/// What stays true when nothing can be told: no eviction is allowed.
fn failed(old: &PodDisruptionBudgetStatus, why: &str, now: Timestamp) -> PodDisruptionBudgetStatus {
    let mut status = PodDisruptionBudgetStatus { disruptions_allowed: Some(0), ..old.clone() };
    set_condition(&mut status, "False", SYNC_FAILED, why, now);
    status
}

fn set_condition(status: &mut PodDisruptionBudgetStatus, value: &str, reason: &str, message: &str, now: Timestamp) {
    let observed_generation = status.observed_generation.filter(|generation| *generation != 0);
    let conditions = status.conditions.get_or_insert_default();
    let old = conditions.iter_mut().find(|it| it.type_ == ALLOWED);
    let since = old.as_ref().filter(|it| it.status == value).map_or(Time(now), |it| it.last_transition_time.clone());
    let new = Condition {
        type_: ALLOWED.into(),
        status: value.into(),
        reason: reason.into(),
        message: message.into(),
        observed_generation,
        last_transition_time: since,
    };
    match old {
        Some(old) => *old = new,
        None => conditions.push(new),
    }
}

/// Since when a pod that is not being deleted has been marked for disruption; what the kubelet marks does not grow old.
pub(super) fn stale_since(pod: &Pod) -> Option<Timestamp> {
    let condition = pod::condition(pod, "DisruptionTarget").filter(|it| it.status == "True")?;
    let counts = condition.reason.as_deref() != Some("TerminationByKubelet");
    let since = condition.last_transition_time.as_ref()?.0;
    (counts && !pod.is_deleting() && !pod::is_terminal(pod)).then_some(since)
}

pub(super) fn plan_pod(pod: &Pod, budgets: &[Arc<PodDisruptionBudget>], now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    if let [first, _, ..] = budgets {
        let (namespace, name) = (pod.namespace().unwrap_or_default(), pod.name());
        let text = format!(
            "Pod {namespace:?}/{name:?} matches multiple PodDisruptionBudgets.  Chose {:?} arbitrarily.",
            first.name()
        );
        let note = Note::warning(reference_to(pod), "MultiplePodDisruptionBudgets", text);
        plan.then(vec![Action::note(note)], Order::Sequence);
    }
    if stale_since(pod).is_some_and(|since| since + STALE_AFTER <= now) {
        let mut changed = pod.clone();
        let conditions = changed.status.as_mut().and_then(|status| status.conditions.as_mut());
        for condition in conditions.into_iter().flatten().filter(|it| it.type_ == "DisruptionTarget") {
            *condition = PodCondition {
                type_: "DisruptionTarget".into(),
                status: "False".into(),
                observed_generation: condition.observed_generation.and(pod.metadata.generation),
                last_transition_time: Some(Time(now)),
                ..PodCondition::default()
            };
        }
        plan.then(vec![Action::update_status(&changed).accepting(Status::is_not_found)], Order::Sequence);
    }
    plan
}

/// A selector as Go prints it.
fn shown(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else { return "nil".into() };
    let mut labels = String::new();
    for (name, value) in selector.match_labels.iter().flatten() {
        let _ = write!(labels, "{name}: {value},");
    }
    let mut expressions = String::new();
    for it in selector.match_expressions.iter().flatten() {
        let values = it.values.clone().unwrap_or_default().join(" ");
        let (key, operator) = (&it.key, &it.operator);
        let _ = write!(expressions, "{{Key:{key},Operator:{operator},Values:[{values}],}},");
    }
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(spec: serde_json::Value, replicas: i32, ready: usize, expected: (i32, i32, i32)) {
        let budget = json!({ "metadata": { "name": "b", "namespace": "n", "generation": 1 }, "spec": spec });
        let budget: Arc<PodDisruptionBudget> = Arc::new(serde_json::from_value(budget).unwrap());
        let pod = |index: usize| {
            let conditions = json!([{ "type": "Ready", "status": if index < ready { "True" } else { "False" } }]);
            let pod = json!({ "metadata": { "name": format!("p{index}") }, "status": { "conditions": conditions } });
            Arc::new(serde_json::from_value::<Pod>(pod).unwrap())
        };
        let pods: Vec<_> = (0..5).map(pod).collect();
        let scale = Scale { replicas, unmanaged: false };
        let counted = !needs_scale(&budget);
        let wanted = if counted { Wanted::counted(&budget, &pods) } else { Wanted::scaled(&budget, &scale) };
        let view = Budget { budget, pods, wanted: Ok(wanted) };
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let status = view.status(wanted, &PodDisruptionBudgetStatus::default(), now);
        let (desired, healthy, allowed) = expected;
        let counts = (status.desired_healthy, status.current_healthy, status.disruptions_allowed);
        assert_eq!(counts, (Some(desired), Some(healthy), Some(allowed)));
        let reason = if allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
        assert_eq!(status.conditions.as_ref().unwrap()[0].reason, reason);
        assert_eq!(view.status(wanted, &status, now), status, "nothing more to say");
    }

    #[test]
    fn budgets_are_bounds_on_health() {
        check(json!({ "minAvailable": 3 }), 5, 5, (3, 5, 2));
        check(json!({ "minAvailable": "50%" }), 5, 4, (3, 4, 1));
        check(json!({ "maxUnavailable": 1 }), 5, 4, (4, 4, 0));
        check(json!({ "maxUnavailable": "30%" }), 5, 5, (3, 5, 2));
        check(json!({ "maxUnavailable": 9 }), 5, 2, (0, 2, 2));
        check(json!({ "maxUnavailable": 1 }), 0, 2, (0, 2, 0));
        check(json!({}), 5, 5, (0, 5, 0));
    }

    #[test]
    fn selectors_print_as_in_go() {
        let expression = json!({ "key": "k", "operator": "In", "values": ["a", "b"] });
        let selector = json!({ "matchLabels": { "app": "web" }, "matchExpressions": [expression] });
        let selector: LabelSelector = serde_json::from_value(selector).unwrap();
        assert_eq!(
            shown(Some(&selector)),
            "&LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{\
             {Key:k,Operator:In,Values:[a b],},},}"
        );
    }
}
