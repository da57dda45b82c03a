//! A pod that runs on a node is not resized to more than the node has at all.
use super::{Operation, Prompt, Request};
use crate::resources::tree;
use skeg_model::{
    Value,
    kinds::node,
    meta::quantity::Quantity,
    status::{Cause, Status},
};
use skeg_storage::{Key, Store};

#[derive(Debug)]
pub(super) struct PodResizeValidator;

impl Prompt for PodResizeValidator {
    fn name(&self) -> &'static str {
        "PodResizeValidator"
    }

    fn validates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Update)
    }

    fn validate(&self, store: &dyn Store, request: &mut Request<'_>, object: &Value) -> Result<(), Status> {
        let pods = request.kind.group.is_empty() && request.kind.resource == "pods";
        if !pods || request.subresource != "resize" || request.operation != Operation::Update {
            return Ok(());
        }
        let unchanged =
            request.old.is_some_and(|old| old["metadata"]["generation"] == object["metadata"]["generation"]);
        let name = tree::text(object, "/spec/nodeName");
        if unchanged || name.is_empty() {
            return Ok(());
        }
        fits(store, name, object).map_err(|(why, cause)| {
            let mut status = request.forbidden(object, &why);
            if let (Some(reason), Some(details)) = (cause, status.details.as_mut()) {
                details.causes.push(Cause { reason: reason.into(), message: String::new(), field: String::new() });
            }
            status
        })
    }
}

type Refusal = (String, Option<&'static str>);

fn fits(store: &dyn Store, name: &str, pod: &Value) -> Result<(), Refusal> {
    let key = Key { ring: node::KIND.prefix.into(), rest: name.into() };
    let node = store.get(&key).ok_or_else(|| (format!("node {name:?} not found"), None))?.tree();
    let system = node["metadata"]["labels"]["kubernetes.io/os"].as_str();
    if let Some(system) = system.filter(|it| *it != "linux") {
        let why = format!("pod resize is only supported on linux nodes, node {name:?} is {system:?}");
        return Err((why, Some("UnsupportedPlatform")));
    }
    let allocatable = &node["status"]["allocatable"];
    let rows = [("cpu", Quantity::milli_value as fn(Quantity) -> i64), ("memory", Quantity::value)];
    let short: Vec<String> = rows
        .into_iter()
        .filter_map(|(resource, of)| {
            let (wanted, has) = (requested(pod, resource, of), amount(allocatable, resource, of).unwrap_or(0));
            (wanted > has).then(|| format!("{resource}, requested: {wanted}, allocatable: {has}"))
        })
        .collect();
    if short.is_empty() {
        return Ok(());
    }
    let why = format!("node didn't have enough allocatable resources: {}", short.join("; "));
    Err((why, Some("NodeCapacity")))
}

fn amount(list: &Value, resource: &str, of: fn(Quantity) -> i64) -> Option<i64> {
    Quantity::parse(list[resource].as_str()?).ok().map(of)
}

/// What the whole pod asks for of one resource, as the scheduler counts it.
fn requested(pod: &Value, resource: &str, of: fn(Quantity) -> i64) -> i64 {
    let spec = &pod["spec"];
    let own = |it: &Value| amount(&it["resources"]["requests"], resource, of).unwrap_or(0);
    let list = |field: &str| spec[field].as_array().map(Vec::as_slice).unwrap_or_default();
    let (mut sidecars, mut peak) = (0_i64, 0_i64);
    for container in list("initContainers") {
        let amount = own(container);
        if container["restartPolicy"] == "Always" {
            sidecars = sidecars.saturating_add(amount);
            peak = peak.max(sidecars);
        } else {
            peak = peak.max(sidecars.saturating_add(amount));
        }
    }
    let regular = list("containers").iter().map(own).fold(sidecars, i64::saturating_add);
    let containers = amount(&spec["resources"]["requests"], resource, of).unwrap_or_else(|| regular.max(peak));
    containers.saturating_add(amount(&spec["overhead"], resource, of).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn requests_of_a_pod_are_counted() {
        let check = |spec: Value, want: i64| {
            assert_eq!(requested(&json!({"spec": spec}), "cpu", Quantity::milli_value), want, "{spec}");
        };
        let of = |cpu: &str| json!({"resources": {"requests": {"cpu": cpu}}});
        let mut sidecar = of("300m");
        sidecar["restartPolicy"] = "Always".into();
        check(json!({"containers": [of("1"), of("500m")]}), 1500);
        check(json!({"containers": [of("1")], "initContainers": [sidecar, of("2")]}), 2300);
        check(
            json!({"containers": [of("1")], "resources": {"requests": {"cpu": "4"}}, "overhead": {"cpu": "10m"}}),
            4010,
        );
    }
}
