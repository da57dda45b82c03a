//! Pod strategies: what a client may not decide, quality of service, label keys merged into selectors.
use super::app_armor;
use crate::{
    Value,
    kinds::prepare,
    meta::{object_meta::semantic_eq, quantity::Quantity},
};
use serde_json::json;
use std::collections::BTreeMap;

const COMPUTE: [&str; 2] = ["cpu", "memory"];

pub(super) fn create(pod: &mut Value) {
    prepare::first_generation(pod);
    let mut status = json!({"phase": "Pending", "qosClass": qos_class(pod)});
    if !list(&pod["spec"]["schedulingGates"]).is_empty() {
        // The moment of creation, which is when the condition comes to be.
        status["conditions"] = json!([{
            "type": "PodScheduled",
            "status": "False",
            "reason": "SchedulingGated",
            "message": "Scheduling is blocked due to non-empty scheduling gates",
            "lastProbeTime": null,
            "lastTransitionTime": pod["metadata"]["creationTimestamp"],
        }]);
    }
    pod["status"] = status;
    merge_label_keys(pod);
    app_armor::settle(pod);
}

pub(super) fn update(new: &mut Value, old: &Value) {
    prepare::spec_update(new, old);
}

/// Nodes write status here; they may neither finish deletion nor touch owners, and what they forget is kept.
pub(super) fn status(new: &mut Value, old: &Value) {
    prepare::status_update(new, old);
    prepare::keep_meta(new, old, "deletionTimestamp");
    prepare::keep_meta(new, old, "ownerReferences");
    let old_status = &old["status"];
    let status = prepare::object_in(new, "status");
    for field in ["qosClass", "observedGeneration"] {
        let unset = status.get(field).is_none_or(super::super::defaults::is_zero);
        if let Some(kept) = old_status.get(field).filter(|_| unset) {
            status.insert(field.into(), kept.clone());
        }
    }
    let mut generations: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for condition in list(&old_status["conditions"]).iter().rev() {
        let ty = condition["type"].as_str().unwrap_or_default().to_owned();
        generations.entry(ty).or_default().push(condition["observedGeneration"].as_i64().unwrap_or(0));
    }
    for condition in status.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten() {
        let old = condition["type"].as_str().and_then(|ty| generations.get_mut(ty)).and_then(Vec::pop).unwrap_or(0);
        if old != 0 && condition["observedGeneration"].as_i64().unwrap_or(0) == 0 {
            condition["observedGeneration"] = old.into();
        }
    }
}

/// `pods/ephemeralcontainers`: only the list of ephemeral containers counts.
pub fn ephemeral_containers(new: &mut Value, old: &Value) {
    let containers = new["spec"].get("ephemeralContainers").cloned();
    keep_for_subresource(new, old);
    let spec = prepare::object_in(new, "spec");
    match containers {
        Some(containers) => spec.insert("ephemeralContainers".into(), containers),
        None => spec.remove("ephemeralContainers"),
    };
    prepare::next_generation(new, old, !semantic_eq(&new["spec"], &old["spec"]));
}

/// `pods/resize`: only resources and resize policies of the containers, and the pod's own resources, count. Lists that
/// were reordered or changed in length are left for validation to refuse.
pub fn resize(new: &mut Value, old: &Value) {
    const LISTS: [&str; 2] = ["containers", "initContainers"];
    let (new_spec, old_spec) = (&new["spec"], &old["spec"]);
    if LISTS.iter().any(|field| list(&new_spec[field]).len() != list(&old_spec[field]).len()) {
        return;
    }
    let mut spec = old_spec.clone();
    match new_spec.get("resources") {
        Some(resources) => spec["resources"] = resources.clone(),
        None => drop(spec.as_object_mut().and_then(|spec| spec.remove("resources"))),
    }
    for field in LISTS {
        let wanted = list(&new_spec[field]);
        if wanted.is_empty() {
            continue;
        }
        let same_order = wanted.iter().zip(list(&old_spec[field])).all(|(new, old)| new["name"] == old["name"]);
        if !same_order {
            spec[field] = new_spec[field].clone();
            continue;
        }
        for (kept, wanted) in spec[field].as_array_mut().into_iter().flatten().zip(wanted) {
            prepare::keep(kept, wanted, "resources");
            prepare::keep(kept, wanted, "resizePolicy");
        }
    }
    keep_for_subresource(new, old);
    new["spec"] = spec;
    prepare::next_generation(new, old, !semantic_eq(&new["spec"], &old["spec"]));
}

/// The old object with the new one's managed fields and resourceVersion.
fn keep_for_subresource(new: &mut Value, old: &Value) {
    let mut kept = old.clone();
    for field in ["managedFields", "resourceVersion"] {
        prepare::keep_meta(&mut kept, new, field);
    }
    *new = kept;
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The pod's quality of service: Guaranteed, Burstable or BestEffort.
pub fn qos_class(pod: &Value) -> &'static str {
    let spec = &pod["spec"];
    let (mut requests, mut limits) = (BTreeMap::new(), BTreeMap::new());
    let mut all_limited = true;
    let mut count = |resources: &Value| {
        add_positive(&mut requests, &resources["requests"]);
        let found = add_positive(&mut limits, &resources["limits"]);
        all_limited &= found == COMPUTE.len();
    };
    if spec["resources"].is_object() {
        let limited = spec["resources"]["limits"].as_object().is_some_and(|l| !l.is_empty());
        count(&spec["resources"]);
        all_limited |= !limited;
    } else {
        let containers = list(&spec["containers"]).iter().chain(list(&spec["initContainers"]));
        containers.for_each(|container| count(&container["resources"]));
    }
    if requests.is_empty() && limits.is_empty() {
        "BestEffort"
    } else if all_limited && requests == limits {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

/// Adds the positive compute amounts of a resource list; how many there were.
fn add_positive(total: &mut BTreeMap<&'static str, Quantity>, list: &Value) -> usize {
    let mut found = 0;
    for name in COMPUTE {
        let amount = list[name].as_str().and_then(|text| Quantity::parse(text).ok());
        if let Some(amount) = amount.filter(|a| !a.is_zero() && !a.is_negative()) {
            let sum = total.get(name).map_or(amount, |have| *have + amount);
            total.insert(name, sum);
            found += 1;
        }
    }
    found
}

/// `matchLabelKeys` and `mismatchLabelKeys` become expressions over the pod's own labels.
fn merge_label_keys(pod: &mut Value) {
    let labels = pod["metadata"]["labels"].clone();
    let Some(spec) = pod["spec"].as_object_mut() else { return };
    for constraint in spec.get_mut("topologySpreadConstraints").and_then(Value::as_array_mut).into_iter().flatten() {
        merge_into_selector(constraint, &labels);
    }
    let Some(affinity) = spec.get_mut("affinity") else { return };
    for side in ["podAffinity", "podAntiAffinity"] {
        let Some(terms) = affinity.get_mut(side) else { continue };
        let weighted = terms.get_mut("preferredDuringSchedulingIgnoredDuringExecution").and_then(Value::as_array_mut);
        for term in weighted.into_iter().flatten().filter_map(|t| t.get_mut("podAffinityTerm")) {
            merge_into_selector(term, &labels);
        }
        let required = terms.get_mut("requiredDuringSchedulingIgnoredDuringExecution").and_then(Value::as_array_mut);
        required.into_iter().flatten().for_each(|term| merge_into_selector(term, &labels));
    }
}

fn merge_into_selector(term: &mut Value, labels: &Value) {
    if !term["labelSelector"].is_object() {
        return;
    }
    let keys = |field: &str| list(&term[field]).iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
    let operators = [("In", keys("matchLabelKeys")), ("NotIn", keys("mismatchLabelKeys"))];
    for (operator, keys) in operators {
        for (key, value) in keys.iter().filter_map(|key| Some((key, labels.get(key)?))) {
            let expression = json!({"key": key, "operator": operator, "values": [value]});
            let expressions = &mut term["labelSelector"]["matchExpressions"];
            match expressions.as_array_mut() {
                Some(list) => list.push(expression),
                None => *expressions = json!([expression]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_of_service() {
        let check = |spec: Value, class: &str| assert_eq!(qos_class(&json!({"spec": spec})), class, "{spec}");
        let container = |resources: Value| json!({"containers": [{"resources": resources}]});
        check(container(json!({})), "BestEffort");
        check(container(json!({"requests": {"cpu": "0"}})), "BestEffort");
        check(container(json!({"requests": {"example.com/x": "1"}})), "BestEffort");
        check(container(json!({"requests": {"cpu": "1"}})), "Burstable");
        let full = json!({"cpu": "1", "memory": "1Gi"});
        check(container(json!({"limits": full, "requests": {"cpu": "1000m", "memory": "1024Mi"}})), "Guaranteed");
        check(container(json!({"limits": {"cpu": "1"}, "requests": {"cpu": "1"}})), "Burstable");
        check(json!({"resources": {"limits": full, "requests": full}, "containers": [{}]}), "Guaranteed");
        check(json!({"resources": {"limits": full, "requests": {"cpu": "1"}}, "containers": [{}]}), "Burstable");
    }

    #[test]
    fn created_pods_are_pending() {
        let mut pod = json!({"metadata": {"labels": {"app": "a"}, "creationTimestamp": "t"}, "status": {"phase": "Running"},
            "spec": {"schedulingGates": [{"name": "g"}], "containers": [],
                "topologySpreadConstraints": [{"labelSelector": {}, "matchLabelKeys": ["app", "none"]}]}});
        create(&mut pod);
        assert_eq!(pod["metadata"]["generation"], 1);
        assert_eq!((&pod["status"]["phase"], &pod["status"]["qosClass"]), (&json!("Pending"), &json!("BestEffort")));
        assert_eq!(pod["status"]["conditions"][0]["lastTransitionTime"], "t");
        assert_eq!(
            pod["spec"]["topologySpreadConstraints"][0]["labelSelector"],
            json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}]})
        );
    }

    #[test]
    fn status_writers_keep_what_they_forget() {
        let old = json!({"metadata": {"generation": 2, "deletionTimestamp": "d"}, "spec": {"a": 1}, "status": {
            "qosClass": "Burstable", "observedGeneration": 2,
            "conditions": [{"type": "Ready", "observedGeneration": 2}]}});
        let mut new = json!({"metadata": {"ownerReferences": [{}]}, "spec": {"a": 2}, "status": {
            "phase": "Running", "conditions": [{"type": "Ready"}, {"type": "New"}]}});
        status(&mut new, &old);
        assert_eq!(new["spec"], old["spec"]);
        assert_eq!(new["metadata"], json!({"generation": 2, "deletionTimestamp": "d"}));
        assert_eq!(new["status"]["qosClass"], "Burstable");
        assert_eq!(new["status"]["conditions"], json!([{"type": "Ready", "observedGeneration": 2}, {"type": "New"}]));
    }

    #[test]
    fn resizing_keeps_all_but_resources() {
        let old = json!({"metadata": {"generation": 1}, "spec": {"x": 1, "containers": [{"name": "a", "image": "i"}]}});
        let mut new = json!({"metadata": {"resourceVersion": "5"}, "spec": {"x": 2,
            "containers": [{"name": "a", "image": "j", "resources": {"limits": {"cpu": "1"}}}]}});
        resize(&mut new, &old);
        assert_eq!(
            new,
            json!({"metadata": {"generation": 2, "resourceVersion": "5"}, "spec": {"x": 1,
            "containers": [{"name": "a", "image": "i", "resources": {"limits": {"cpu": "1"}}}]}})
        );
    }
}
