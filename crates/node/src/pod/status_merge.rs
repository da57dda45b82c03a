//! From the status that holds to the one that is sent: a pod is reported as ended only when nothing of it runs, and
//! only what changed is sent.
use super::{
    conditions::{OWNED, containers_ready, ready},
    spec::{init_containers, is_sidecar},
    status::stamp,
    status_containers::{lost, terminated},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodCondition, PodStatus};
use serde_json::{Map, Value, json};

fn ended(phase: Option<&str>) -> bool {
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// The status to send while `could_run` says whether a container may still run: an end is not reported before.
#[must_use]
pub fn delay_end(api: &PodStatus, mut status: PodStatus, could_run: bool) -> PodStatus {
    if could_run && ended(status.phase.as_deref()) && !ended(api.phase.as_deref()) {
        status.phase.clone_from(&api.phase);
        status.reason.clone_from(&api.reason);
        status.message.clone_from(&api.message);
    }
    status
}

fn was_initialized(pod: &Pod, status: &PodStatus) -> bool {
    let Some(last) = init_containers(pod).last() else { return true };
    let moved = |it: &ContainerStatus| {
        terminated(it.last_state.as_ref()).is_some() || it.state.as_ref().is_none_or(|state| state.waiting.is_none())
    };
    if status.container_statuses.iter().flatten().any(moved) {
        return true;
    }
    let Some(result) = status.init_container_statuses.iter().flatten().find(|it| it.name == last.name) else {
        return false;
    };
    if is_sidecar(last) {
        return result.started == Some(true);
    }
    let good = |state| terminated(state).is_some_and(|how| how.exit_code == 0);
    good(result.state.as_ref()) || good(result.last_state.as_ref())
}

/// Length of the part of the init containers that has run; at least one, so that something is marked as failed.
fn begun(list: &[ContainerStatus]) -> usize {
    let waits = |it: &ContainerStatus| it.state.as_ref().is_some_and(|state| state.waiting.is_some());
    let last = list.iter().rposition(|it| !waits(it) || terminated(it.last_state.as_ref()).is_some());
    last.map_or_else(|| list.len().min(1), |index| index + 1)
}

fn mark_lost(list: &mut [ContainerStatus]) {
    for status in list.iter_mut().filter(|it| terminated(it.state.as_ref()).is_none()) {
        status.state = Some(lost());
    }
}

/// The last word about a pod whose containers are all gone: what has no end of its own counts as failed.
#[must_use]
pub fn terminate(pod: &Pod, mut status: PodStatus, now: Timestamp) -> PodStatus {
    let api = pod.status.clone().unwrap_or_default();
    if was_initialized(pod, &api)
        && let Some(list) = status.container_statuses.as_mut()
    {
        mark_lost(list);
    }
    if let Some(list) = status.init_container_statuses.as_mut() {
        let count = begun(list);
        mark_lost(&mut list[..count]);
    }
    if ended(status.phase.as_deref()) {
        return status;
    }
    status.phase = Some("Failed".into());
    let old = status.clone();
    let statuses = || status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    let all: Vec<ContainerStatus> = statuses().cloned().collect();
    let list = status.conditions.get_or_insert_default();
    let true_now = |list: &[PodCondition], kind: &str| list.iter().any(|it| it.type_ == kind && it.status == "True");
    if true_now(list, "Ready") || true_now(list, "ContainersReady") {
        let others = list.clone();
        let made = [ready(pod, &all, "Failed", &others), containers_ready(pod, &all, "Failed")];
        for condition in made {
            if let Some(place) = list.iter_mut().find(|it| it.type_ == condition.type_) {
                *place = condition;
            }
        }
        stamp(list, &old, now);
    }
    status
}

/// Status of a pod that the kubelet refuses.
pub fn rejected(pod: &Pod, reason: &str, message: &str, now: Timestamp) -> PodStatus {
    let api = pod.status.clone().unwrap_or_default();
    let second = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let start = api.start_time.or(Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(second)));
    PodStatus {
        phase: Some("Failed".into()),
        reason: Some(reason.into()),
        message: Some(format!("Pod was rejected: {message}")),
        qos_class: Some(super::qos::qos(pod).name().into()),
        observed_generation: pod.metadata.generation,
        start_time: start,
        conditions: api.conditions,
        ..PodStatus::default()
    }
}

fn tree(status: &PodStatus) -> Map<String, Value> {
    match serde_json::to_value(status) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// A condition as a patch: what it no longer says is taken away.
fn changed_condition(old: &[PodCondition], new: &PodCondition) -> Option<Value> {
    let mut tree = serde_json::to_value(new).ok()?;
    let before = old.iter().find(|it| it.type_ == new.type_).and_then(|it| serde_json::to_value(it).ok());
    for key in before.as_ref().and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        if tree.get(key).is_none() {
            tree[key] = Value::Null;
        }
    }
    Some(tree)
}

/// Conditions of ours that differ, with the order of all; None when they are the same.
fn conditions_patch(api: &PodStatus, new: &PodStatus) -> Option<(Value, Value)> {
    let old = api.conditions.as_deref().unwrap_or_default();
    let list = new.conditions.as_deref().unwrap_or_default();
    // The node may say why it ends a pod; others may too.
    let may_write = |it: &PodCondition| OWNED.contains(&it.type_.as_str()) || it.type_ == "DisruptionTarget";
    let differs = |it: &&PodCondition| may_write(it) && !old.contains(it);
    let changed: Vec<Value> = list.iter().filter(differs).filter_map(|it| changed_condition(old, it)).collect();
    let gone =
        |it: &&PodCondition| OWNED.contains(&it.type_.as_str()) && !list.iter().any(|other| other.type_ == it.type_);
    let removed = old.iter().filter(gone).map(|it| json!({"$patch": "delete", "type": it.type_}));
    let all: Vec<Value> = changed.into_iter().chain(removed).collect();
    if all.is_empty() {
        return None;
    }
    let order = list.iter().map(|it| json!({"type": it.type_})).collect::<Vec<_>>();
    Some((Value::Array(all), Value::Array(order)))
}

/// Strategic merge patch of the status subresource that turns `api` into `new`; None when nothing differs. Conditions
/// that others own are left to them.
pub fn patch(pod: &Pod, api: &PodStatus, new: &PodStatus) -> Option<Value> {
    const SETS: [&str; 2] = ["podIPs", "hostIPs"];
    let (before, after) = (tree(api), tree(new));
    let mut status = Map::new();
    for (key, value) in &after {
        if key != "conditions" && before.get(key) != Some(value) {
            status.insert(key.clone(), value.clone());
        }
    }
    // Fields that only others write are never removed.
    const OTHERS: [&str; 5] =
        ["conditions", "nominatedNodeName", "resourceClaimStatuses", "extendedResourceClaimStatus", "resize"];
    for key in before.keys().filter(|key| !after.contains_key(*key) && !OTHERS.contains(&key.as_str())) {
        status.insert(key.clone(), Value::Null);
    }
    for key in SETS {
        if let Some(Value::Array(list)) = status.get_mut(key) {
            let keep = list.clone();
            let stale = before.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
            let removed = stale.into_iter().filter(|it| !keep.contains(it));
            list.extend(removed.map(|it| json!({"$patch": "delete", "ip": it["ip"]})));
        }
    }
    if let Some((changed, order)) = conditions_patch(api, new) {
        status.insert("$setElementOrder/conditions".into(), order);
        status.insert("conditions".into(), changed);
    }
    (!status.is_empty()).then(|| json!({"metadata": {"uid": pod.metadata.uid}, "status": status}))
}
