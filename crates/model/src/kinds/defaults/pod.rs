//! Defaults of pods, which templates do not get, and of what pods and templates share.
use super::{object_at, object_in, objects_at, or_set, or_set_nil, text};
use crate::{
    Object, Value,
    meta::{image, quantity::Quantity},
};
use std::collections::BTreeMap;

/// Amounts by resource name.
pub type Amounts = BTreeMap<String, Quantity>;

/// `SetDefaults_Pod`.
pub(super) fn pod(pod: &mut Object) {
    let spec = object_in(pod, "spec");
    for list in ["containers", "initContainers"] {
        objects_at(spec, list).for_each(requests_from_limits);
    }
    pod_level_resources(spec);
    or_set_nil(spec, "enableServiceLinks", true);
    let grace = spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64);
    if grace.is_some_and(|seconds| seconds < 0) {
        spec.insert("terminationGracePeriodSeconds".into(), 1.into());
    }
    if spec.get("hostNetwork").and_then(Value::as_bool) == Some(true) {
        for list in ["containers", "initContainers"] {
            for container in objects_at(spec, list) {
                for port in objects_at(container, "ports") {
                    let number = port.get("containerPort").cloned().unwrap_or_else(|| 0.into());
                    or_set(port, "hostPort", number);
                }
            }
        }
    }
}

/// `SetDefaults_PodSpec`.
pub(super) fn spec(spec: &mut Object) {
    super::twice::service_account(spec);
    or_set(spec, "dnsPolicy", "ClusterFirst");
    or_set(spec, "restartPolicy", "Always");
    or_set_nil(spec, "securityContext", Object::new());
    or_set_nil(spec, "terminationGracePeriodSeconds", 30);
    or_set(spec, "schedulerName", "default-scheduler");
    service_account(spec);
}

/// The account's name stands under its old name too; the new one wins.
fn service_account(spec: &mut Object) {
    let name = [text(spec, "serviceAccountName"), text(spec, "serviceAccount")].into_iter().find(|n| !n.is_empty());
    if let Some(name) = name.map(str::to_owned) {
        spec.insert("serviceAccount".into(), name.clone().into());
        spec.insert("serviceAccountName".into(), name.into());
    }
}

/// Amounts in the downward API are divided by something; nothing is written as zero and counts as one.
fn divisor(item: &mut Object) {
    if let Some(amount) = object_at(item, "resourceFieldRef") {
        or_set(amount, "divisor", "0");
    }
}

/// A volume without a source is an emptyDir; images are pulled as containers' are.
pub(super) fn volume(volume: &mut Object) {
    if volume.iter().all(|(field, value)| field == "name" || value.is_null()) {
        volume.insert("emptyDir".into(), Value::Object(Object::new()));
    }
    if let Some(source) = object_at(volume, "downwardAPI") {
        objects_at(source, "items").for_each(divisor);
    }
    if let Some(projected) = object_at(volume, "projected") {
        for source in objects_at(projected, "sources").filter_map(|source| object_at(source, "downwardAPI")) {
            objects_at(source, "items").for_each(divisor);
        }
    }
    if let Some(source) = object_at(volume, "image") {
        let latest = image::is_latest(text(source, "reference"));
        or_set(source, "pullPolicy", if latest { "Always" } else { "IfNotPresent" });
    }
}

fn requests_from_limits(container: &mut Object) {
    let Some(resources) = object_at(container, "resources") else { return };
    let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned() else { return };
    let requests = object_in(resources, "requests");
    for (name, amount) in limits {
        requests.entry(name).or_insert(amount);
    }
    if requests.is_empty() {
        resources.remove("requests");
    }
}

/// Resources of the pod as a whole, completed from its containers' (KEP-2837): hugepage limits from the sum of limits,
/// requests from the sum of requests, then from the pod's own limits.
fn pod_level_resources(spec: &mut Object) {
    if !spec.get("resources").is_some_and(Value::is_object) {
        return;
    }
    let whole = Value::Object(spec.clone());
    let (container_limits, container_requests) = (aggregate(&whole, "limits"), aggregate(&whole, "requests"));
    let Some(resources) = object_at(spec, "resources") else { return };
    let amounts =
        |resources: &Object, field: &str| resources.get(field).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut requests = amounts(resources, "requests");
    let mut limits = amounts(resources, "limits");
    if limits.is_empty() && requests.is_empty() {
        return;
    }
    for (name, amount) in container_limits.iter().filter(|(name, _)| name.starts_with("hugepages-")) {
        if !requests.contains_key(name) && !limits.contains_key(name) {
            limits.insert(name.clone(), amount.to_string().into());
        }
    }
    if !limits.is_empty() {
        for (name, amount) in container_requests.iter().filter(|(name, _)| matches!(name.as_str(), "cpu" | "memory")) {
            requests.entry(name.clone()).or_insert_with(|| amount.to_string().into());
        }
        for (name, amount) in limits.iter().filter(|(name, _)| is_pod_level(name)) {
            requests.entry(name.clone()).or_insert_with(|| amount.clone());
        }
        resources.insert("limits".into(), Value::Object(limits));
    }
    if !requests.is_empty() {
        resources.insert("requests".into(), Value::Object(requests));
    }
}

fn is_pod_level(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory") || resource.starts_with("hugepages-")
}

/// What the containers use together at most: the sum of the ordinary ones and sidecars, or an init container with the
/// sidecars that were started before it.
pub fn aggregate(spec: &Value, side: &str) -> Amounts {
    let list = |field: &str| spec.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of = |container: &Value| -> Amounts {
        let amounts = container["resources"][side].as_object();
        let parsed = |text: &Value| text.as_str().and_then(|t| Quantity::parse(t).ok());
        amounts.into_iter().flatten().filter_map(|(name, v)| Some((name.clone(), parsed(v)?))).collect()
    };
    let mut total = Amounts::new();
    list("containers").iter().for_each(|container| add(&mut total, of(container)));
    let (mut sidecars, mut peak) = (Amounts::new(), Amounts::new());
    for container in list("initContainers") {
        let mut own = of(container);
        if container["restartPolicy"] == "Always" {
            add(&mut total, own.clone());
            add(&mut sidecars, own);
            own = sidecars.clone();
        } else {
            add(&mut own, sidecars.clone());
        }
        raise(&mut peak, own);
    }
    raise(&mut total, peak);
    total
}

fn add(total: &mut Amounts, more: Amounts) {
    for (name, amount) in more {
        let sum = total.get(&name).map_or(amount, |have| *have + amount);
        total.insert(name, sum);
    }
}

fn raise(total: &mut Amounts, other: Amounts) {
    for (name, amount) in other {
        let most = total.get(&name).map_or(amount, |have| (*have).max(amount));
        total.insert(name, most);
    }
}
