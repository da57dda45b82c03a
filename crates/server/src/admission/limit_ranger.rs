//! LimitRanges of a namespace: defaults for containers that name no resources, bounds for all.
use super::{Operation, Plugin, Request, ready};
use crate::resources::tree;
use futures::future::BoxFuture;
use skeg_model::{
    Object, Value,
    kinds::{defaults::aggregate, limit_range},
    meta::quantity::Quantity,
    status::Status,
};
use skeg_storage::Store;
use std::collections::BTreeSet;

const ANNOTATION: &str = "kubernetes.io/limit-ranger";

#[derive(Debug)]
pub(super) struct LimitRanger;

impl Plugin for LimitRanger {
    fn name(&self) -> &'static str {
        "LimitRanger"
    }

    fn mutate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a mut Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        if request.is_core("pods") && request.operation == Operation::Create {
            for range in ranges(store, request.namespace) {
                set_defaults(&range, object);
            }
        }
        ready(Ok(()))
    }

    fn validate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        if !request.is_core("pods") || request.operation != Operation::Create {
            return ready(Ok(()));
        }
        let mut found = Vec::new();
        for range in ranges(store, request.namespace) {
            for limit in tree::list(&range, "/spec/limits") {
                check(limit, object, &mut found);
            }
            if !found.is_empty() {
                break;
            }
        }
        let mut told = BTreeSet::new();
        found.retain(|text| told.insert(text.clone()));
        ready(match found.as_slice() {
            [] => Ok(()),
            [one] => Err(request.forbidden(object, one)),
            many => Err(request.forbidden(object, &format!("[{}]", many.join(", ")))),
        })
    }
}

fn ranges(store: &dyn Store, namespace: &str) -> Vec<Value> {
    let snapshot = store.snapshot(limit_range::KIND.prefix);
    let prefix = format!("{namespace}/");
    snapshot.range(&prefix, None).map(|(_, stored)| stored.tree()).collect()
}

/// Defaults of one LimitRange for containers; what was set is noted in an annotation.
fn set_defaults(range: &Value, pod: &mut Value) {
    let empty = Object::new();
    let limits: Vec<&Value> = tree::list(range, "/spec/limits").iter().filter(|l| l["type"] == "Container").collect();
    let mut requests = empty.clone();
    let mut maxima = empty;
    for limit in limits {
        requests.extend(limit["defaultRequest"].as_object().cloned().unwrap_or_default());
        maxima.extend(limit["default"].as_object().cloned().unwrap_or_default());
    }
    if requests.is_empty() && maxima.is_empty() {
        return;
    }
    let mut notes = Vec::new();
    for (list, what) in [("containers", "container"), ("initContainers", "init container")] {
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let name = tree::text(container, "/name").to_owned();
            let resources = tree::map_mut(container, "resources");
            for (field, defaults) in [("requests", &requests), ("limits", &maxima)] {
                let set = merge(resources, field, defaults);
                if !set.is_empty() {
                    let verb = if field == "requests" { "request" } else { "limit" };
                    notes.push(format!("{} {verb} for {what} {name}", set.join(", ")));
                }
            }
        }
    }
    if !notes.is_empty() {
        let text = format!("LimitRanger plugin set: {}", notes.join("; "));
        let annotations = tree::meta_mut(pod).entry("annotations").or_insert_with(|| Value::Object(Object::new()));
        if let Some(annotations) = annotations.as_object_mut() {
            annotations.insert(ANNOTATION.into(), text.into());
        }
    }
}

/// Fills in resources that are missing; their names.
fn merge(resources: &mut Object, field: &str, defaults: &Object) -> Vec<String> {
    if defaults.is_empty() {
        return Vec::new();
    }
    let place = resources.entry(field).or_insert(Value::Null);
    if !place.is_object() {
        *place = Value::Object(Object::new());
    }
    let Some(have) = place.as_object_mut() else { return Vec::new() };
    let missing: Vec<String> = defaults.keys().filter(|key| !have.contains_key(*key)).cloned().collect();
    for key in &missing {
        have.insert(key.clone(), defaults[key].clone());
    }
    missing
}

fn check(limit: &Value, pod: &Value, found: &mut Vec<String>) {
    match tree::text(limit, "/type") {
        "Container" => {
            for list in ["/spec/containers", "/spec/initContainers"] {
                for container in tree::list(pod, list) {
                    bounds(limit, "Container", &container["resources"], found);
                }
            }
        }
        "Pod" => bounds(limit, "Pod", &sum(pod), found),
        _ => {}
    }
}

/// What the pod as a whole asks for: what it says itself, else what its containers need together.
fn sum(pod: &Value) -> Value {
    let spec = &pod["spec"];
    let side = |side: &str| -> Value {
        let amounts = aggregate(spec, side);
        let mut total: Object = amounts.into_iter().map(|(name, amount)| (name, amount.to_string().into())).collect();
        let own = spec["resources"][side].as_object().into_iter().flatten();
        total.extend(own.map(|(name, amount)| (name.clone(), amount.clone())));
        total.into()
    };
    serde_json::json!({"requests": side("requests"), "limits": side("limits")})
}

fn quantity(value: &Value) -> Option<Quantity> {
    value.as_str()?.parse().ok()
}

/// The bounds of one limit on one set of resources, in upstream's words.
fn bounds(limit: &Value, ty: &str, resources: &Value, found: &mut Vec<String>) {
    let of = |field: &str, key: &str| quantity(&resources[field][key]);
    for (key, bound) in limit["min"].as_object().into_iter().flatten() {
        let (Some(min), shown) = (quantity(bound), bound.as_str().unwrap_or_default()) else { continue };
        let what = format!("minimum {key} usage per {ty} is {shown}");
        match (of("requests", key), of("limits", key)) {
            (None, _) => found.push(format!("{what}.  No request is specified")),
            (Some(request), _) if request < min => {
                found.push(format!(
                    "{what}, but request is {}",
                    resources["requests"][key.as_str()].as_str().unwrap_or_default()
                ));
            }
            (_, Some(max)) if max < min => {
                found.push(format!(
                    "{what}, but limit is {}",
                    resources["limits"][key.as_str()].as_str().unwrap_or_default()
                ));
            }
            _ => {}
        }
    }
    for (key, bound) in limit["max"].as_object().into_iter().flatten() {
        let (Some(max), shown) = (quantity(bound), bound.as_str().unwrap_or_default()) else { continue };
        let what = format!("maximum {key} usage per {ty} is {shown}");
        match (of("limits", key), of("requests", key)) {
            (None, _) => found.push(format!("{what}.  No limit is specified")),
            (Some(limit), _) if limit > max => {
                found.push(format!(
                    "{what}, but limit is {}",
                    resources["limits"][key.as_str()].as_str().unwrap_or_default()
                ));
            }
            (_, Some(request)) if request > max => {
                found.push(format!(
                    "{what}, but request is {}",
                    resources["requests"][key.as_str()].as_str().unwrap_or_default()
                ));
            }
            _ => {}
        }
    }
    for (key, bound) in limit["maxLimitRequestRatio"].as_object().into_iter().flatten() {
        ratio(key, bound, ty, of("requests", key), of("limits", key), found);
    }
}

fn ratio(
    key: &str,
    bound: &Value,
    ty: &str,
    request: Option<Quantity>,
    limit: Option<Quantity>,
    found: &mut Vec<String>,
) {
    let (Some(max), shown) = (quantity(bound), bound.as_str().unwrap_or_default()) else { return };
    let what = format!("{key} max limit to request ratio per {ty} is {shown}");
    let positive = |q: Option<Quantity>| q.map(|q| q.milli_value()).filter(|m| *m > 0);
    match (positive(request), positive(limit)) {
        (None, _) => found.push(format!("{what}, but no request is specified or request is 0")),
        (_, None) => found.push(format!("{what}, but no limit is specified or limit is 0")),
        (Some(request), Some(limit)) => {
            #[expect(clippy::cast_precision_loss, reason = "the ratio is shown and compared as upstream's float")]
            let ratio = limit as f64 / request as f64;
            #[expect(clippy::cast_precision_loss, reason = "as above")]
            let bound = max.milli_value() as f64 / 1000.0;
            if ratio > bound {
                found.push(format!("{what}, but provided ratio is {ratio:.6}"));
            }
        }
    }
}
