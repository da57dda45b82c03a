//! LimitRanges of a namespace: defaults for containers that name no resources, bounds for all.
use super::{Operation, Prompt, Request};
use crate::resources::tree;
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

impl Prompt for LimitRanger {
    fn name(&self) -> &'static str {
        "LimitRanger"
    }

    fn mutates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update)
    }

    fn validates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update)
    }

    fn mutate(&self, store: &dyn Store, request: &mut Request<'_>, object: &mut Value) -> Result<(), Status> {
        if is_limited(request) {
            for range in ranges(store, request.namespace) {
                set_defaults(&range, object);
            }
        }
        Ok(())
    }

    fn validate(&self, store: &dyn Store, request: &mut Request<'_>, object: &Value) -> Result<(), Status> {
        if !is_limited(request) {
            return Ok(());
        }
        let verdict = admit(&ranges(store, request.namespace), object);
        verdict.map_err(|why| request.forbidden(object, &why))
    }
}

/// New pods and resized ones; what is going away is let be.
fn is_limited(request: &Request<'_>) -> bool {
    let pods = request.kind.group.is_empty() && request.kind.resource == "pods";
    let touched =
        matches!((request.operation, request.subresource), (Operation::Create, "") | (Operation::Update, "resize"));
    pods && touched && !request.old.is_some_and(tree::is_terminating)
}

/// What the first LimitRange that refuses the pod says; every reason once.
fn admit(ranges: &[Value], pod: &Value) -> Result<(), String> {
    for range in ranges {
        let mut found = Vec::new();
        for limit in tree::list(range, "/spec/limits") {
            check(limit, pod, &mut found);
        }
        let mut told = BTreeSet::new();
        found.retain(|text| told.insert(text.clone()));
        match found.as_slice() {
            [] => {}
            [one] => return Err(one.clone()),
            many => return Err(format!("[{}]", many.join(", "))),
        }
    }
    Ok(())
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

/// Up to here amounts are compared in thousandths (`resource.MaxMilliValue`).
const MILLI_MAX: i64 = i64::MAX / 1000;

/// Amounts at the precision at which upstream compares them: thousandths unless one is too large, rounded up.
fn common<const N: usize>(amounts: [Quantity; N]) -> [i64; N] {
    let small = amounts.iter().all(|amount| amount.value() <= MILLI_MAX);
    amounts.map(|amount| if small { amount.milli_value() } else { amount.value() })
}

/// One resource under one bound.
struct Bound<'v> {
    bound: Quantity,
    request: Option<(Quantity, &'v str)>,
    limit: Option<(Quantity, &'v str)>,
}

impl<'v> Bound<'v> {
    fn of(key: &str, bound: &Value, resources: &'v Value) -> Option<Self> {
        let side = |side: &str| {
            let amount = &resources[side][key];
            Some((quantity(amount)?, amount.as_str()?))
        };
        Some(Self { bound: quantity(bound)?, request: side("requests"), limit: side("limits") })
    }

    /// (request, limit, bound), absent amounts as zero.
    fn amounts(&self) -> [i64; 3] {
        let zero = Quantity::default();
        common([self.request.map_or(zero, |r| r.0), self.limit.map_or(zero, |l| l.0), self.bound])
    }
}

/// The bounds of one limit on one set of resources, in upstream's words.
fn bounds(limit: &Value, ty: &str, resources: &Value, found: &mut Vec<String>) {
    let rules: [(&str, Rule); 3] = [("min", minimum), ("max", maximum), ("maxLimitRequestRatio", ratio)];
    for (field, rule) in rules {
        for (key, shown) in limit[field].as_object().into_iter().flatten() {
            let Some(bound) = Bound::of(key, shown, resources) else { continue };
            found.extend(rule(key, ty, shown.as_str().unwrap_or_default(), &bound));
        }
    }
}

type Rule = fn(&str, &str, &str, &Bound) -> Option<String>;

fn minimum(key: &str, ty: &str, shown: &str, it: &Bound) -> Option<String> {
    let what = format!("minimum {key} usage per {ty} is {shown}");
    let [request, limit, min] = it.amounts();
    match (it.request, it.limit) {
        (None, _) => Some(format!("{what}.  No request is specified")),
        (Some((_, text)), _) if request < min => Some(format!("{what}, but request is {text}")),
        (_, Some((_, text))) if limit < min => Some(format!("{what}, but limit is {text}")),
        _ => None,
    }
}

fn maximum(key: &str, ty: &str, shown: &str, it: &Bound) -> Option<String> {
    let what = format!("maximum {key} usage per {ty} is {shown}");
    let [request, limit, max] = it.amounts();
    match (it.limit, it.request) {
        (None, _) => Some(format!("{what}.  No limit is specified")),
        (Some((_, text)), _) if limit > max => Some(format!("{what}, but limit is {text}")),
        (_, Some((_, text))) if request > max => Some(format!("{what}, but request is {text}")),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "the ratio is shown and compared as upstream's float")]
fn ratio(key: &str, ty: &str, shown: &str, it: &Bound) -> Option<String> {
    let what = format!("{key} max limit to request ratio per {ty} is {shown}");
    let [request, limit, _] = it.amounts();
    if request == 0 {
        return Some(format!("{what}, but no request is specified or request is 0"));
    }
    if limit == 0 {
        return Some(format!("{what}, but no limit is specified or limit is 0"));
    }
    let ratio = limit as f64 / request as f64;
    let [bound] = common([it.bound]);
    let scale = if it.bound.value() <= MILLI_MAX { 1000.0 } else { 1.0 };
    (ratio * scale > bound as f64).then(|| format!("{what}, but provided ratio is {ratio:.6}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn range(limits: Value) -> Value {
        json!({"spec": {"limits": [limits]}})
    }

    fn pod(resources: Value) -> Value {
        json!({"spec": {"containers": [{"name": "c", "resources": resources}]}})
    }

    #[track_caller]
    fn check_all(limit: Value, pod: &Value, want: &str) {
        assert_eq!(admit(&[range(limit)], pod).err().unwrap_or_default(), want, "{pod}");
    }

    #[test]
    fn containers_stay_in_bounds() {
        let check = |bounds: Value, resources: Value, want: &str| {
            let mut limit = json!({"type": "Container"});
            limit.as_object_mut().unwrap().extend(bounds.as_object().unwrap().clone());
            check_all(limit, &pod(resources), want);
        };
        let (min, max) = (json!({"min": {"cpu": "100m"}}), json!({"max": {"cpu": "1"}}));
        check(min.clone(), json!({"requests": {"cpu": "100m"}}), "");
        check(min.clone(), json!({}), "minimum cpu usage per Container is 100m.  No request is specified");
        check(
            min.clone(),
            json!({"requests": {"cpu": "99m"}}),
            "minimum cpu usage per Container is 100m, but request is 99m",
        );
        check(
            min.clone(),
            json!({"requests": {"cpu": "100m"}, "limits": {"cpu": "50m"}}),
            "minimum cpu usage per Container is 100m, but limit is 50m",
        );
        // Finer than a thousandth is rounded up before it is compared.
        check(json!({"min": {"cpu": "1m"}}), json!({"requests": {"cpu": "100u"}}), "");
        check(max.clone(), json!({"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}), "");
        check(
            max.clone(),
            json!({"requests": {"cpu": "1"}}),
            "maximum cpu usage per Container is 1.  No limit is specified",
        );
        check(
            max.clone(),
            json!({"limits": {"cpu": "1001m"}}),
            "maximum cpu usage per Container is 1, but limit is 1001m",
        );
        check(
            max,
            json!({"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}),
            "maximum cpu usage per Container is 1, but request is 2",
        );
        check(json!({"max": {"memory": "16E"}}), json!({"limits": {"memory": "15E"}}), "");
    }

    #[test]
    fn limits_are_not_far_above_requests() {
        let check = |resources: Value, want: &str| {
            let limit = json!({"type": "Container", "maxLimitRequestRatio": {"cpu": "1.5"}});
            let want = if want.is_empty() {
                String::new()
            } else {
                format!("cpu max limit to request ratio per Container is 1.5, but {want}")
            };
            check_all(limit, &pod(resources), &want);
        };
        check(json!({"limits": {"cpu": "3"}, "requests": {"cpu": "2"}}), "");
        check(json!({"limits": {"cpu": "3"}, "requests": {"cpu": "1"}}), "provided ratio is 3.000000");
        check(json!({"limits": {"cpu": "3"}}), "no request is specified or request is 0");
        check(json!({"limits": {"cpu": "3"}, "requests": {"cpu": "0"}}), "no request is specified or request is 0");
        check(json!({"requests": {"cpu": "2"}}), "no limit is specified or limit is 0");
    }

    #[test]
    fn pods_are_bounded_as_a_whole() {
        let of = |cpu: &str| json!({"resources": {"requests": {"cpu": cpu}, "limits": {"cpu": cpu}}});
        let max = json!({"type": "Pod", "max": {"cpu": "1"}});
        let two = json!({"spec": {"containers": [of("600m"), of("600m")]}});
        check_all(max.clone(), &two, "maximum cpu usage per Pod is 1, but limit is 1200m");
        let init = json!({"spec": {"containers": [of("600m")], "initContainers": [of("900m")]}});
        check_all(max.clone(), &init, "");
        let mut sidecar = of("600m");
        sidecar["restartPolicy"] = "Always".into();
        check_all(
            max.clone(),
            &json!({"spec": {"containers": [of("600m")], "initContainers": [sidecar]}}),
            "maximum cpu usage per Pod is 1, but limit is 1200m",
        );
        let mut own = two;
        own["spec"]["resources"] = json!({"requests": {"cpu": "1"}, "limits": {"cpu": "1"}});
        check_all(max, &own, "");
        check_all(json!({"type": "PersistentVolumeClaim", "max": {"storage": "1"}}), &own, "");
    }

    #[test]
    fn every_reason_once_and_the_first_range_only() {
        let ranges = [
            range(json!({"type": "Container", "min": {"cpu": "1", "memory": "1Gi"}})),
            range(json!({"type": "Pod", "min": {"storage": "1"}})),
        ];
        let two = json!({"spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "b"}]}});
        let want = "[minimum cpu usage per Container is 1.  No request is specified, minimum memory usage per Container is 1Gi.  No \
                    request is specified]";
        assert_eq!(admit(&ranges, &two), Err(want.into()));
    }

    #[test]
    fn defaults_are_filled_in_and_noted() {
        let range = json!({"spec": {"limits": [
            {"type": "Container", "defaultRequest": {"cpu": "100m"}, "default": {"cpu": "1", "memory": "1Gi"}},
            {"type": "Pod", "default": {"cpu": "7"}},
        ]}});
        let mut pod = json!({"metadata": {}, "spec": {
            "containers": [{"name": "a"}, {"name": "b", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "3"}}}],
            "initContainers": [{"name": "i", "resources": {"limits": {"cpu": "3", "memory": "1"}, "requests": {"cpu": "1"}}}],
        }});
        set_defaults(&range, &mut pod);
        let resources = |list: &str, i: usize| pod["spec"][list][i]["resources"].clone();
        assert_eq!(
            resources("containers", 0),
            json!({"requests": {"cpu": "100m"}, "limits": {"cpu": "1", "memory": "1Gi"}})
        );
        assert_eq!(
            resources("containers", 1),
            json!({"requests": {"cpu": "2"}, "limits": {"cpu": "3", "memory": "1Gi"}})
        );
        assert_eq!(
            resources("initContainers", 0),
            json!({"limits": {"cpu": "3", "memory": "1"}, "requests": {"cpu": "1"}})
        );
        let note = "LimitRanger plugin set: cpu request for container a; cpu, memory limit for container a; memory limit for container b";
        assert_eq!(pod["metadata"]["annotations"][ANNOTATION], note);
    }
}
