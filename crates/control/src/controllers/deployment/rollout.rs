//! One look at a Deployment with its ReplicaSets, and the next step of it.
use super::{
    numbers::{available, desired, is_rolling, max_surge, max_unavailable, new_size, proportion, size},
    replica_set::{self, by_age, is_active},
    revision::{self, REVISION},
    rollback, spec_of, status,
};
use crate::runner::{Action, Note, Order, Outcome, Plan};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentStatus, ReplicaSet};
use skeg_client::{Object, reference_to};
use skeg_model::status::Status;
use std::{cmp::Ordering, sync::Arc};

pub(super) struct Rollout<'a> {
    deployment: &'a Deployment,
    /// Of the current template.
    new: Option<&'a ReplicaSet>,
    /// All others, oldest first.
    old: Vec<&'a ReplicaSet>,
    /// Uids of ReplicaSets with pods that have not ended.
    running: &'a [String],
    now: Timestamp,
}

impl<'a> Rollout<'a> {
    pub(super) fn new(
        deployment: &'a Deployment,
        sets: &'a [Arc<ReplicaSet>],
        running: &'a [String],
        now: Timestamp,
    ) -> Self {
        let mut sets: Vec<&ReplicaSet> = sets.iter().map(|set| &**set).collect();
        sets.sort_by(|a, b| by_age(a, b));
        let new = sets.iter().position(|set| replica_set::is_of(deployment, set)).map(|at| sets.remove(at));
        Self { deployment, new, old: sets, running, now }
    }

    pub(super) fn plan(&self) -> Plan {
        if self.deployment.is_deleting() {
            return self.revision_step().unwrap_or_else(|| self.status_plan(Vec::new(), self.counted()));
        }
        if let Some(plan) = self.pause_step() {
            return plan;
        }
        if let Some(plan) = self.revision_step() {
            return plan;
        }
        let paused = spec_of(self.deployment).paused == Some(true);
        if let Some(revision) = rollback::wanted(self.deployment).filter(|_| !paused) {
            return if self.new.is_none() { self.create() } else { rollback::step(self, self.deployment, revision) };
        }
        if paused || self.is_scaling_event() {
            return self.scale_step(paused);
        }
        if is_rolling(self.deployment) { self.rolling_step() } else { self.recreate_step() }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &'a ReplicaSet> + Clone + use<'a, '_> {
        self.old.iter().copied().chain(self.new)
    }

    fn total(&self) -> i32 {
        self.all().map(size).sum()
    }

    fn counted(&self) -> DeploymentStatus {
        status::counted(self.deployment, self.new, self.all(), self.now)
    }

    fn rolled(&self) -> DeploymentStatus {
        status::rolled(self.deployment, self.new, self.all(), self.now)
    }

    /// The actions, then the status if it changed.
    fn status_plan(&self, actions: Vec<Action>, status: DeploymentStatus) -> Plan {
        let mut plan = Plan::of(actions);
        if self.deployment.status.as_ref() == Some(&status) {
            plan.look_again = status::next_check(self.deployment, &status, self.now);
        } else {
            plan.then(vec![self.write_status(status)], Order::Sequence);
        }
        plan
    }

    fn write_status(&self, status: DeploymentStatus) -> Action {
        Action::update_status(&Deployment { status: Some(status), ..self.deployment.clone() })
    }

    /// Pausing and resuming show as the Progressing condition, so that the pause is not held against the deadline.
    fn pause_step(&self) -> Option<Plan> {
        status::deadline(self.deployment)?;
        let mut status = self.deployment.status.clone().unwrap_or_default();
        let reason = status::condition(&status, status::PROGRESSING).and_then(|condition| condition.reason.clone());
        if reason.as_deref() == Some(status::TIMED_OUT) {
            return None;
        }
        let (paused, shown) =
            (spec_of(self.deployment).paused == Some(true), reason.as_deref() == Some("DeploymentPaused"));
        let (reason, text) = match (paused, shown) {
            (true, false) => ("DeploymentPaused", "Deployment is paused"),
            (false, true) => ("DeploymentResumed", "Deployment is resumed"),
            _ => return None,
        };
        let condition = status::make(status::PROGRESSING, "Unknown", reason, text.into(), self.now);
        status::set(&mut status, condition);
        Some(Plan::of(vec![self.write_status(status)]))
    }

    fn next_revision(&self) -> i64 {
        self.old.iter().map(|set| revision::revision(*set)).max().unwrap_or(0).max(0) + 1
    }

    /// Keeps the newest ReplicaSet's annotations and the Deployment's revision up to date.
    fn revision_step(&self) -> Option<Plan> {
        let set = self.new?;
        let current = set.metadata.annotations.as_ref();
        let annotations = revision::annotations(self.deployment, current, self.next_revision());
        let min_ready = spec_of(self.deployment).min_ready_seconds.filter(|seconds| *seconds != 0);
        let differs = set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).filter(|s| *s != 0) != min_ready;
        if current.is_none_or(|current| *current != annotations) || differs {
            let mut set = set.clone();
            set.metadata.annotations = Some(annotations);
            set.spec.get_or_insert_default().min_ready_seconds = min_ready;
            return Some(Plan::of(vec![Action::update(&set)]));
        }
        let number = set.annotation(REVISION).unwrap_or_default();
        let mut status = self.deployment.status.clone().unwrap_or_default();
        let unseen =
            status::deadline(self.deployment).is_some() && status::condition(&status, status::PROGRESSING).is_none();
        if self.deployment.annotation(REVISION) == Some(number) && !unseen {
            return None;
        }
        if unseen {
            let text = format!("Found new replica set {:?}", set.name());
            status::set(&mut status, status::make(status::PROGRESSING, "True", "FoundNewReplicaSet", text, self.now));
        }
        Some(Plan::of(vec![self.write_revision(number, status)]))
    }

    fn write_revision(&self, number: &str, status: DeploymentStatus) -> Action {
        let mut deployment = Deployment { status: Some(status), ..self.deployment.clone() };
        deployment.metadata.annotations.get_or_insert_default().insert(REVISION.into(), number.into());
        Action::update_status(&deployment)
    }

    /// Somebody changed the number of replicas since the active ReplicaSets were sized.
    fn is_scaling_event(&self) -> bool {
        let desired = desired(self.deployment);
        let noted = |set: &ReplicaSet| set.annotation(replica_set::DESIRED_REPLICAS)?.parse::<i32>().ok();
        self.all().filter(|set| is_active(set)).filter_map(noted).any(|noted| noted != desired)
    }

    fn resize(&self, set: &ReplicaSet, to: i32) -> Action {
        let from = size(set);
        let action = Action::update(&replica_set::resized(self.deployment, set, to));
        if from == to {
            return action;
        }
        let direction = if from < to { "up" } else { "down" };
        let text = format!("Scaled {direction} replica set {} from {from} to {to}", set.name());
        action.noting(Note::normal(reference_to(self.deployment), "ScalingReplicaSet", text))
    }

    fn scale_step(&self, paused: bool) -> Plan {
        let mut actions = self.scale();
        if paused && actions.is_empty() && rollback::wanted(self.deployment).is_none() {
            actions = self.cleanup();
        }
        self.status_plan(actions, self.counted())
    }

    /// Spreads a new size over the ReplicaSets.
    fn scale(&self) -> Vec<Action> {
        let desired = desired(self.deployment);
        let active: Vec<&ReplicaSet> = self.all().filter(|set| is_active(set)).collect();
        let single = match &active[..] {
            [] => self.new.or(self.old.last().copied()),
            [one] => Some(*one),
            _ => None,
        };
        if let Some(set) = single {
            return if size(set) == desired { Vec::new() } else { vec![self.resize(set, desired)] };
        }
        if active.is_empty() {
            return Vec::new();
        }
        if self.new.is_some_and(|set| self.is_saturated(set)) {
            let old = self.old.iter().filter(|set| is_active(set));
            return old.map(|set| self.resize(set, 0)).collect();
        }
        if is_rolling(self.deployment) { self.scale_proportionally(active) } else { Vec::new() }
    }

    fn is_saturated(&self, set: &ReplicaSet) -> bool {
        let desired = desired(self.deployment);
        let noted = set.annotation(replica_set::DESIRED_REPLICAS).and_then(|text| text.parse::<i32>().ok());
        size(set) == desired && noted == Some(desired) && available(set) == desired
    }

    fn scale_proportionally(&self, mut active: Vec<&ReplicaSet>) -> Vec<Action> {
        let desired = desired(self.deployment);
        let allowed = if desired > 0 { desired + max_surge(self.deployment) } else { 0 };
        let to_add = allowed - active.iter().map(|set| size(set)).sum::<i32>();
        active.sort_by(|a, b| {
            size(b).cmp(&size(a)).then_with(|| match to_add.cmp(&0) {
                Ordering::Greater => by_age(b, a),
                _ => by_age(a, b),
            })
        });
        let mut added = 0;
        let mut sizes = Vec::with_capacity(active.len());
        for set in &active {
            let share = proportion(self.deployment, set, to_add, added);
            added += share;
            sizes.push(size(set) + share);
        }
        // What rounding left over goes to the largest.
        if let Some(first) = sizes.first_mut() {
            *first = (*first + to_add - added).max(0);
        }
        let changed = active.into_iter().zip(sizes);
        let changed = changed.filter(|(set, to)| size(set) != *to || revision::sizes_differ(self.deployment, set));
        changed.map(|(set, to)| self.resize(set, to)).collect()
    }

    fn rolling_step(&self) -> Plan {
        let Some(new) = self.new else { return self.create() };
        let desired = desired(self.deployment);
        let wanted = if size(new) > desired { desired } else { new_size(self.deployment, self.total(), size(new)) };
        let mut actions = Vec::new();
        if size(new) != wanted {
            actions.push(self.resize(new, wanted));
        } else {
            actions.extend(self.scale_down_old(new));
        }
        if actions.is_empty() && self.is_complete() {
            actions = self.cleanup();
        }
        self.status_plan(actions, self.rolled())
    }

    fn is_complete(&self) -> bool {
        self.deployment.status.as_ref().is_some_and(|status| status::is_complete(self.deployment, status))
    }

    /// First what is unhealthy anyway; once nothing is, as many as availability allows.
    fn scale_down_old(&self, new: &ReplicaSet) -> Vec<Action> {
        let min_available = desired(self.deployment) - max_unavailable(self.deployment);
        // Pods beyond a set's size are about to go, whatever its status still says.
        let up = available(new).min(size(new));
        let room = self.total() - min_available - (size(new) - up);
        let active: Vec<&ReplicaSet> = self.old.iter().copied().filter(|set| is_active(set)).collect();
        if active.is_empty() || room <= 0 {
            return Vec::new();
        }
        let mut sizes: Vec<i32> = active.iter().map(|set| size(set)).collect();
        let mut left = room;
        for (set, size) in active.iter().zip(&mut sizes) {
            // Its status is of a time before it shrank: what is available can only be told by the next one.
            if left > 0 && available(set) > *size {
                return Vec::new();
            }
            let unhealthy = (*size - available(set)).clamp(0, left);
            *size -= unhealthy;
            left -= unhealthy;
        }
        if left == room {
            let all_available: i32 = active.iter().map(|set| available(set)).sum::<i32>() + up;
            let mut left = (all_available - min_available).max(0);
            for size in &mut sizes {
                let healthy = left.min(*size);
                *size -= healthy;
                left -= healthy;
            }
        }
        let changed = active.into_iter().zip(sizes).filter(|(set, to)| size(set) != *to);
        changed.map(|(set, to)| self.resize(set, to)).collect()
    }

    fn recreate_step(&self) -> Plan {
        let active = self.old.iter().filter(|set| is_active(set));
        let actions: Vec<Action> = active.map(|set| self.resize(set, 0)).collect();
        if !actions.is_empty() || self.old_pods_running() {
            return self.status_plan(actions, self.rolled());
        }
        let Some(new) = self.new else { return self.create() };
        let desired = desired(self.deployment);
        let mut actions = Vec::new();
        if size(new) != desired {
            actions.push(self.resize(new, desired));
        } else if self.is_complete() {
            actions = self.cleanup();
        }
        self.status_plan(actions, self.rolled())
    }

    fn old_pods_running(&self) -> bool {
        let new = self.new.map(Object::uid);
        let reported = self.old.iter().any(|set| super::numbers::actual(set) > 0);
        reported || self.running.iter().any(|uid| Some(uid.as_str()) != new)
    }

    /// Old ReplicaSets beyond the history limit, oldest revision first, once they are empty.
    fn cleanup(&self) -> Vec<Action> {
        let limit = spec_of(self.deployment).revision_history_limit.filter(|limit| *limit != i32::MAX);
        let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else { return Vec::new() };
        let mut sets: Vec<_> = self.old.iter().copied().filter(|set| !set.is_deleting()).collect();
        let surplus = sets.len().saturating_sub(limit);
        sets.sort_by(|a, b| revision::revision(*a).cmp(&revision::revision(*b)).then_with(|| by_age(a, b)));
        let idle = sets.into_iter().take(surplus).filter(|set| {
            let observed = set.status.as_ref().and_then(|status| status.observed_generation);
            super::numbers::actual(set) == 0 && size(set) == 0 && observed >= set.metadata.generation
        });
        idle.map(|set| Action::delete(set, None).accepting(Status::is_not_found)).collect()
    }

    fn size_at_creation(&self) -> i32 {
        new_size(self.deployment, self.total(), 0)
    }

    fn create(&self) -> Plan {
        let replicas = self.size_at_creation();
        let set = replica_set::new(self.deployment, self.next_revision(), replicas);
        let mut action = Action::create(&set).accepting(crate::controllers::common::namespace_is_terminating);
        if replicas > 0 {
            let text = format!("Scaled up replica set {} from 0 to {replicas}", set.name());
            action = action.noting(Note::normal(reference_to(self.deployment), "ScalingReplicaSet", text));
        }
        Plan::of(vec![action])
    }

    fn creates(&self) -> bool {
        self.new.is_none()
            && self.plan().actions().any(|action| matches!(action.write, crate::runner::plan::Write::Create { .. }))
    }

    /// What the status tells of a ReplicaSet that was just created, or could not be.
    pub(super) fn after_creation(&self, outcomes: &[Outcome], occupant: Option<&ReplicaSet>) -> Plan {
        if !self.creates() {
            return Plan::default();
        }
        let name = replica_set::name_of(self.deployment);
        let mut status = self.deployment.status.clone().unwrap_or_default();
        match outcomes.first() {
            Some(Outcome::Done(_)) => {
                if status::deadline(self.deployment).is_some() {
                    let text = format!("Created new replica set {name:?}");
                    let condition = status::make(status::PROGRESSING, "True", "NewReplicaSetCreated", text, self.now);
                    status::set(&mut status, condition);
                }
                Plan::of(vec![self.write_revision(&self.next_revision().to_string(), status)])
            }
            Some(Outcome::Failed(error)) if error.is_already_exists() => match occupant {
                // Another template with the same hash: the next look salts it.
                Some(set) if !self.owns(set) || !replica_set::is_of(self.deployment, set) => {
                    status.collision_count = Some(status.collision_count.unwrap_or(0) + 1);
                    Plan::of(vec![self.write_status(status)])
                }
                _ => Plan::default(),
            },
            Some(Outcome::Failed(error)) => self.report_failure(&name, error, status),
            _ => Plan::default(),
        }
    }

    fn owns(&self, set: &ReplicaSet) -> bool {
        set.controller().is_some_and(|owner| owner.uid == self.deployment.uid())
    }

    fn report_failure(&self, name: &str, error: &Status, mut status: DeploymentStatus) -> Plan {
        const REASON: &str = "ReplicaSetCreateError";
        let text = format!("Failed to create new replica set {name:?}: {error}");
        let mut actions = vec![Action::note(Note::warning(reference_to(self.deployment), REASON, text.clone()))];
        if status::deadline(self.deployment).is_some() {
            status::set(&mut status, status::make(status::PROGRESSING, "False", REASON, text, self.now));
            if self.deployment.status.as_ref() != Some(&status) {
                actions.push(self.write_status(status));
            }
        }
        Plan::of(actions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(name: &str, image: &str, size: i32, available: i32) -> Arc<ReplicaSet> {
        let template = json!({ "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "c", "image": image }] } });
        let set = json!({
            "metadata": { "name": name, "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": { "replicas": size, "selector": {}, "template": template },
            "status": { "replicas": available, "availableReplicas": available },
        });
        Arc::new(serde_json::from_value(set).unwrap())
    }

    /// How many writes shrink the old sets (size, available) beside a new one, of 3 wanted and at least 2 available.
    fn check(old: &[(i32, i32)], new: (i32, i32), expected: usize) {
        let deployment = json!({
            "metadata": { "name": "web", "namespace": "n" },
            "spec": {
                "replicas": 3, "selector": {},
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 1 } },
                "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "c", "image": "new" }] } },
            },
        });
        let deployment: Deployment = serde_json::from_value(deployment).unwrap();
        let old =
            old.iter().enumerate().map(|(at, (size, up))| set(&format!("old-{at}"), &format!("v{at}"), *size, *up));
        let sets: Vec<_> = old.chain([set("new", "new", new.0, new.1)]).collect();
        let rollout = Rollout::new(&deployment, &sets, &[], Timestamp::UNIX_EPOCH);
        let actions = rollout.scale_down_old(rollout.new.unwrap());
        assert_eq!(actions.len(), expected, "{sets:?}");
    }

    #[test]
    fn a_status_from_before_a_set_shrank_counts_for_nothing() {
        check(&[(3, 3)], (1, 0), 1);
        check(&[(3, 8)], (1, 0), 0);
        check(&[(3, 2)], (1, 0), 1);
        check(&[(1, 1), (2, 8)], (1, 0), 0);
        check(&[(2, 2)], (1, 5), 1);
        check(&[(2, 2)], (2, 0), 0);
    }
}
