//! Status and conditions of a Deployment.
use super::{
    numbers::{actual, available, desired, max_unavailable, ready, size},
    spec_of,
};
use crate::controllers::common::positive;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::apps::v1::{Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet, ReplicaSetCondition},
    apimachinery::pkg::apis::meta::v1::Time,
};
use skeg_client::Object;
use std::time::Duration;

pub(super) const PROGRESSING: &str = "Progressing";
const AVAILABLE: &str = "Available";
const FAILURE: &str = "ReplicaFailure";
pub(super) const TIMED_OUT: &str = "ProgressDeadlineExceeded";
const NEW_AVAILABLE: &str = "NewReplicaSetAvailable";

pub(super) fn deadline(deployment: &Deployment) -> Option<SignedDuration> {
    let seconds = spec_of(deployment).progress_deadline_seconds.filter(|seconds| *seconds != i32::MAX)?;
    Some(SignedDuration::from_secs(seconds.into()))
}

pub(super) fn condition<'a>(status: &'a DeploymentStatus, name: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().flatten().find(|condition| condition.type_ == name)
}

pub(super) fn make(name: &str, status: &str, reason: &str, message: String, now: Timestamp) -> DeploymentCondition {
    DeploymentCondition {
        type_: name.into(),
        status: status.into(),
        reason: Some(reason.into()),
        message: Some(message),
        last_update_time: Some(Time(now)),
        last_transition_time: Some(Time(now)),
    }
}

/// Sets a condition unless status and reason are the same already.
pub(super) fn set(status: &mut DeploymentStatus, mut new: DeploymentCondition) {
    if let Some(old) = condition(status, &new.type_)
        && old.status == new.status
    {
        if old.reason == new.reason {
            return;
        }
        new.last_transition_time = old.last_transition_time.clone();
    }
    remove(status, &new.type_.clone());
    status.conditions.get_or_insert_default().push(new);
}

pub(super) fn remove(status: &mut DeploymentStatus, name: &str) {
    if let Some(conditions) = &mut status.conditions {
        conditions.retain(|condition| condition.type_ != name);
        if conditions.is_empty() {
            status.conditions = None;
        }
    }
}

/// Counters and availability from what the ReplicaSets report.
pub(super) fn counted<'a>(
    deployment: &Deployment,
    new: Option<&ReplicaSet>,
    all: impl Iterator<Item = &'a ReplicaSet> + Clone,
    now: Timestamp,
) -> DeploymentStatus {
    let old = deployment.status.clone().unwrap_or_default();
    let sum = |number: fn(&ReplicaSet) -> i32| all.clone().map(number).sum::<i32>();
    let available = sum(available);
    let mut status = DeploymentStatus {
        observed_generation: deployment.metadata.generation,
        replicas: positive(sum(actual)),
        updated_replicas: new.and_then(|set| positive(actual(set))),
        ready_replicas: positive(sum(ready)),
        available_replicas: positive(available),
        unavailable_replicas: positive((sum(size) - available).max(0)),
        terminating_replicas: terminating(all.clone()),
        collision_count: old.collision_count,
        conditions: old.conditions,
    };
    let enough = available >= desired(deployment) - max_unavailable(deployment);
    set(
        &mut status,
        if enough {
            make(AVAILABLE, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.".into(), now)
        } else {
            let text = "Deployment does not have minimum availability.";
            make(AVAILABLE, "False", "MinimumReplicasUnavailable", text.into(), now)
        },
    );
    status
}

/// Unknown as long as one ReplicaSet's status does not tell.
fn terminating<'a>(all: impl Iterator<Item = &'a ReplicaSet>) -> Option<i32> {
    let mut total = 0;
    for status in all.filter_map(|set| set.status.as_ref()) {
        match status.terminating_replicas {
            Some(count) => total += count,
            None if status.observed_generation.unwrap_or(0) == 0 => {}
            None => return None,
        }
    }
    Some(total)
}

pub(super) fn is_complete(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let desired = positive(desired(deployment));
    let same = |count: Option<i32>| count.and_then(positive) == desired;
    same(status.updated_replicas)
        && same(status.replicas)
        && same(status.available_replicas)
        && status.observed_generation >= deployment.metadata.generation
}

fn has_progressed(deployment: &Deployment, new: &DeploymentStatus) -> bool {
    let old = deployment.status.clone().unwrap_or_default();
    let number = |count: Option<i32>| count.unwrap_or(0);
    let outdated = |status: &DeploymentStatus| number(status.replicas) - number(status.updated_replicas);
    number(new.updated_replicas) > number(old.updated_replicas)
        || outdated(new) < outdated(&old)
        || number(new.ready_replicas) > number(old.ready_replicas)
        || number(new.available_replicas) > number(old.available_replicas)
}

fn has_timed_out(deployment: &Deployment, status: &DeploymentStatus, now: Timestamp) -> bool {
    let (Some(deadline), Some(condition)) = (deadline(deployment), condition(status, PROGRESSING)) else {
        return false;
    };
    match condition.reason.as_deref() {
        Some(NEW_AVAILABLE) => false,
        Some(TIMED_OUT) => true,
        _ => condition.last_update_time.as_ref().is_some_and(|time| time.0 + deadline < now),
    }
}

/// The status during a rollout: counters, progress, failures.
pub(super) fn rolled<'a>(
    deployment: &Deployment,
    new: Option<&ReplicaSet>,
    all: impl Iterator<Item = &'a ReplicaSet> + Clone,
    now: Timestamp,
) -> DeploymentStatus {
    let mut status = counted(deployment, new, all.clone(), now);
    if deadline(deployment).is_none() {
        remove(&mut status, PROGRESSING);
    }
    let current = deployment.status.as_ref().and_then(|status| condition(status, PROGRESSING));
    let settled = status.replicas == status.updated_replicas
        && current.is_some_and(|condition| condition.reason.as_deref() == Some(NEW_AVAILABLE));
    if deadline(deployment).is_some() && !settled {
        estimate(deployment, new, current, &mut status, now);
    }
    match failure(new).or_else(|| all.clone().find_map(|set| failure(Some(set)))) {
        Some(failure) => set(&mut status, failure),
        None => remove(&mut status, FAILURE),
    }
    status
}

fn estimate(
    deployment: &Deployment,
    new: Option<&ReplicaSet>,
    current: Option<&DeploymentCondition>,
    status: &mut DeploymentStatus,
    now: Timestamp,
) {
    let who = match new {
        Some(set) => format!("ReplicaSet {:?}", set.name()),
        None => format!("Deployment {:?}", deployment.name()),
    };
    if is_complete(deployment, status) {
        let text = format!("{who} has successfully progressed.");
        set(status, make(PROGRESSING, "True", NEW_AVAILABLE, text, now));
    } else if has_progressed(deployment, status) {
        let mut condition = make(PROGRESSING, "True", "ReplicaSetUpdated", format!("{who} is progressing."), now);
        // Progress moves the update time even when nothing else of the condition changes.
        if let Some(current) = current {
            if current.status == "True" {
                condition.last_transition_time = current.last_transition_time.clone();
            }
            remove(status, PROGRESSING);
        }
        set(status, condition);
    } else if has_timed_out(deployment, status, now) {
        let text = format!("{who} has timed out progressing.");
        set(status, make(PROGRESSING, "False", TIMED_OUT, text, now));
    }
}

fn failure(set: Option<&ReplicaSet>) -> Option<DeploymentCondition> {
    let conditions = set?.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == FAILURE).map(of_replica_set)
}

fn of_replica_set(condition: &ReplicaSetCondition) -> DeploymentCondition {
    DeploymentCondition {
        type_: condition.type_.clone(),
        status: condition.status.clone(),
        reason: condition.reason.clone(),
        message: condition.message.clone(),
        last_update_time: condition.last_transition_time.clone(),
        last_transition_time: condition.last_transition_time.clone(),
    }
}

/// How long until progress must be checked again.
pub(super) fn next_check(deployment: &Deployment, status: &DeploymentStatus, now: Timestamp) -> Option<Duration> {
    let deadline = deadline(deployment)?;
    let condition = condition(deployment.status.as_ref()?, PROGRESSING)?;
    if is_complete(deployment, status) || condition.reason.as_deref() == Some(TIMED_OUT) {
        return None;
    }
    let left = (condition.last_update_time.as_ref()?.0 + deadline).duration_since(now);
    // One more second, because the times of conditions are cut to seconds.
    Some(Duration::try_from(left).unwrap_or(Duration::ZERO) + Duration::from_secs(1))
}
