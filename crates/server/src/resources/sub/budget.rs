//! What PodDisruptionBudgets have to say about an eviction.
use super::super::{Api, place::Place, place::key_of, tree};
use jiff::Timestamp;
use serde_json::json;
use skeg_model::{
    Value,
    kinds::pod_disruption_budget::KIND,
    meta::selector::LabelSelector,
    status::{Cause, Details, Status},
    time::rfc3339_seconds,
};

/// Evictions that the disruption controller has not confirmed yet, at most.
const DISRUPTED_PODS_MAX: usize = 2000;
/// Seconds after which a client should ask again where it may help.
const RETRY_SECONDS: u32 = 10;
const ALLOWED: &str = "DisruptionAllowed";

/// Under which condition a pod may be evicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leave {
    /// Whatever becomes of it meanwhile.
    Given,
    /// As long as no budget needs to be asked: it has ended, has not begun, or goes already.
    Unguarded,
    /// As long as it stays as it was: it is not ready, and this budget does not count on it.
    Unhealthy(String),
}

/// Whether budgets have no say.
pub(super) fn is_unguarded(pod: &Value) -> bool {
    matches!(tree::text(pod, "/status/phase"), "Succeeded" | "Failed" | "Pending") || tree::is_terminating(pod)
}

/// 429: the budget does not allow it now.
pub(super) fn too_many(budget: &str) -> Status {
    refusal(RETRY_SECONDS, format!("The disruption budget {budget} is still being processed by the server."))
}

fn refusal(retry_after_seconds: u32, message: String) -> Status {
    let text = "Cannot evict pod as it would violate the pod's disruption budget.";
    let mut status = Status::failure(429, "TooManyRequests", text);
    let cause = Cause { reason: "DisruptionBudget".into(), message, field: String::new() };
    status.details = Some(Box::new(Details { causes: vec![cause], retry_after_seconds, ..Details::default() }));
    status
}

impl Api {
    /// Asks the pod's budget, and takes one disruption out of it.
    pub(super) async fn spend(&self, pod: &Value, dry_run: bool, now: Timestamp) -> Result<Leave, Status> {
        let budgets = self.budgets_of(pod);
        let budget = match &budgets[..] {
            [] => return Ok(Leave::Given),
            [one] => one,
            _ => {
                let text =
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
                return Err(Status::failure(500, "", text));
            }
        };
        let name = tree::name(budget).to_owned();
        if !is_ready(pod) && spares_unhealthy(budget) {
            return Ok(Leave::Unhealthy(name));
        }
        let (namespace, evicted) = (tree::text(pod, "/metadata/namespace").to_owned(), tree::name(pod).to_owned());
        let version = &KIND.versions[0];
        let place = Place { kind: &KIND, version, namespace: &namespace, name: &name, subresource: "status" };
        let mut change = |budget: &mut Value| take_one(budget, &evicted, dry_run, now);
        match self.change_object(&place, dry_run, &mut change).await {
            Err(error) if error.is_conflict() => {
                let text = format!("couldn't update PodDisruptionBudget {name:?} due to conflicts");
                let mut status = Status::failure(504, "Timeout", format!("Timeout: {text}"));
                status.details = Some(Box::new(Details { retry_after_seconds: RETRY_SECONDS, ..Details::default() }));
                Err(status)
            }
            done => done.map(|()| Leave::Given),
        }
    }

    fn budgets_of(&self, pod: &Value) -> Vec<Value> {
        let snapshot = self.config.store.snapshot(KIND.prefix);
        let prefix = key_of(&KIND, tree::text(pod, "/metadata/namespace"), "").rest;
        let budgets = snapshot.range(&prefix, None).map(|(_, stored)| stored.tree());
        let selects = |budget: &Value| {
            let selector = LabelSelector::from_object(&budget["spec"]["selector"]);
            selector.is_ok_and(|selector| selector.matches_value(&pod["metadata"]["labels"]))
        };
        budgets.filter(selects).collect()
    }
}

fn is_ready(pod: &Value) -> bool {
    tree::list(pod, "/status/conditions").iter().any(|it| it["type"] == "Ready" && it["status"] == "True")
}

fn count(budget: &Value, field: &str) -> i64 {
    budget["status"][field].as_i64().unwrap_or(0)
}

/// Whether pods that are not ready may always go, or may because enough others are.
fn spares_unhealthy(budget: &Value) -> bool {
    let desired = count(budget, "desiredHealthy");
    budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        || (count(budget, "currentHealthy") >= desired && desired > 0)
}

/// Refuses, or notes the pod as one that is about to go.
fn take_one(budget: &mut Value, pod: &str, dry_run: bool, now: Timestamp) -> Result<(), Status> {
    let name = tree::name(budget).to_owned();
    let allowed = count(budget, "disruptionsAllowed");
    let forbidden = |why: &str| Err(Status::forbidden("policy", "poddisruptionbudget", &name, why));
    if count(budget, "observedGeneration") < budget["metadata"]["generation"].as_i64().unwrap_or(0) {
        return Err(too_many(&name));
    }
    if allowed < 0 {
        return forbidden("pdb disruptions allowed is negative");
    }
    if budget["status"]["disruptedPods"].as_object().is_some_and(|pods| pods.len() > DISRUPTED_PODS_MAX) {
        return forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    }
    if allowed == 0 {
        return Err(refusal(0, why_none(budget, &name)));
    }
    if dry_run {
        return Ok(());
    }
    let generation = budget["status"]["observedGeneration"].clone();
    let status = tree::map_mut(budget, "status");
    status.insert("disruptionsAllowed".into(), (allowed - 1).into());
    status.entry("disruptedPods").or_insert_with(|| json!({}))[pod] = rfc3339_seconds(now).into();
    if allowed == 1 {
        let conditions = tree::list_mut(status, "conditions");
        let transition = conditions.iter().find(|it| it["type"] == ALLOWED && it["status"] == "False");
        let since = transition.map_or_else(|| rfc3339_seconds(now).into(), |it| it["lastTransitionTime"].clone());
        let condition = json!({
            "type": ALLOWED, "status": "False", "observedGeneration": generation, "lastTransitionTime": since,
            "reason": "InsufficientPods", "message": "",
        });
        match conditions.iter_mut().find(|it| it["type"] == ALLOWED) {
            Some(old) => *old = condition,
            None => conditions.push(condition),
        }
    }
    Ok(())
}

fn why_none(budget: &Value, name: &str) -> String {
    let condition = tree::list(budget, "/status/conditions").iter().find(|it| it["type"] == ALLOWED);
    let told =
        condition.filter(|it| it["status"] == "False" && it["message"].as_str().is_some_and(|it| !it.is_empty()));
    let text = |field: &str| told.and_then(|it| it[field].as_str()).unwrap_or_default();
    let (current, desired) = (count(budget, "currentHealthy"), count(budget, "desiredHealthy"));
    match told {
        Some(it) if it["reason"] == "SyncFailed" => {
            let why = text("message");
            format!("The disruption budget {name} does not allow evicting pods currently because it failed sync: {why}")
        }
        _ if current <= desired => {
            format!("The disruption budget {name} needs {desired} healthy pods and has {current} currently")
        }
        Some(_) => {
            let (reason, why) = (text("reason"), text("message"));
            format!("The disruption budget {name} does not allow evicting pods currently ({reason}): {why}")
        }
        None => format!("The disruption budget {name} does not allow evicting pods currently"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: Value, expected: Result<i64, &str>) {
        let mut budget = json!({ "metadata": { "name": "b", "generation": 2 }, "status": status });
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let taken = take_one(&mut budget, "p", false, now);
        let cause =
            |status: &Status| status.details.as_ref().and_then(|it| it.causes.first()).map(|it| it.message.clone());
        let got = taken.map(|()| budget["status"]["disruptionsAllowed"].as_i64().unwrap());
        assert_eq!(
            got.as_ref().map_err(|error| cause(error).unwrap_or_else(|| error.message.clone())),
            expected.as_ref().map_err(|it| (*it).to_owned())
        );
        if got.is_ok() {
            assert_eq!(budget["status"]["disruptedPods"]["p"], "2026-01-01T00:00:00Z");
            assert_eq!(budget["status"]["conditions"][0]["reason"] == "InsufficientPods", got == Ok(0));
        }
    }

    #[test]
    fn each_eviction_takes_one() {
        check(json!({ "observedGeneration": 2, "disruptionsAllowed": 2 }), Ok(1));
        check(json!({ "observedGeneration": 2, "disruptionsAllowed": 1 }), Ok(0));
        let why = "The disruption budget b is still being processed by the server.";
        check(json!({ "observedGeneration": 1, "disruptionsAllowed": 2 }), Err(why));
        let why = "The disruption budget b needs 2 healthy pods and has 1 currently";
        check(json!({ "observedGeneration": 2, "currentHealthy": 1, "desiredHealthy": 2 }), Err(why));
        let failed = json!([{ "type": ALLOWED, "status": "False", "reason": "SyncFailed", "message": "no" }]);
        let why = "The disruption budget b does not allow evicting pods currently because it failed sync: no";
        check(json!({ "observedGeneration": 2, "conditions": failed }), Err(why));
    }
}
