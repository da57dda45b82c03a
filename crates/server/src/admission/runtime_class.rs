//! A pod's runtime class decides its overhead and where it can run.
use super::{Operation, Prompt, Request};
use crate::resources::tree;
use skeg_model::{Object, Value, kinds::runtime_class, meta::object_meta::semantic_eq, status::Status};
use skeg_storage::{Key, Store};

const MISMATCH: &str = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
const UNEXPECTED: &str = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

#[derive(Debug)]
pub(super) struct RuntimeClass;

impl Prompt for RuntimeClass {
    fn name(&self) -> &'static str {
        "RuntimeClass"
    }

    fn mutates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create)
    }

    fn validates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create)
    }

    fn mutate(&self, store: &dyn Store, request: &mut Request<'_>, object: &mut Value) -> Result<(), Status> {
        if !request.is_core("pods") || request.operation != Operation::Create {
            return Ok(());
        }
        class_of(store, request, object).and_then(|class| match class {
            Some(class) => settle(&class, object).map_err(|why| request.forbidden(object, &why)),
            None => Ok(()),
        })
    }

    fn validate(&self, store: &dyn Store, request: &mut Request<'_>, object: &Value) -> Result<(), Status> {
        if !request.is_core("pods") || request.operation != Operation::Create {
            return Ok(());
        }
        class_of(store, request, object)
            .and_then(|class| check(class.as_ref(), object).map_err(|why| request.forbidden(object, why)))
    }
}

/// The class that the pod names; None where it names none.
fn class_of(store: &dyn Store, request: &Request<'_>, pod: &Value) -> Result<Option<Value>, Status> {
    let Some(name) = pod["spec"]["runtimeClassName"].as_str() else { return Ok(None) };
    if name.is_empty() {
        return Err(Status::failure(500, "", "resource name may not be empty"));
    }
    let key = Key { ring: runtime_class::KIND.prefix.into(), rest: name.into() };
    let missing = || request.forbidden(pod, &format!("pod rejected: RuntimeClass \"{name}\" not found"));
    store.get(&key).map(|stored| Some(stored.tree())).ok_or_else(missing)
}

/// Gives the pod what its class says: overhead, where it can run, what it tolerates.
fn settle(class: &Value, pod: &mut Value) -> Result<(), String> {
    if let Some(overhead) = class["overhead"].as_object() {
        let fixed = overhead.get("podFixed").unwrap_or(&Value::Null);
        let given = &pod["spec"]["overhead"];
        if given.as_object().is_some_and(|given| !given.is_empty()) && !semantic_eq(given, fixed) {
            return Err(MISMATCH.into());
        }
        tree::map_mut(pod, "spec").insert("overhead".into(), fixed.clone());
    }
    let scheduling = &class["scheduling"];
    if !scheduling.is_object() {
        return Ok(());
    }
    if let Some(wanted) = scheduling["nodeSelector"].as_object().filter(|wanted| !wanted.is_empty()) {
        select_nodes(wanted, pod)?;
    }
    let spec = tree::map_mut(pod, "spec");
    let all =
        tree::list_mut(spec, "tolerations").iter().chain(tree::list(scheduling, "/tolerations")).cloned().collect();
    spec.insert("tolerations".into(), merged(all).into());
    Ok(())
}

fn select_nodes(wanted: &Object, pod: &mut Value) -> Result<(), String> {
    let spec = tree::map_mut(pod, "spec");
    let selector = spec.entry("nodeSelector").or_insert(Value::Null);
    if !selector.is_object() {
        *selector = Value::Object(Object::new());
    }
    for (key, value) in wanted {
        let value = value.as_str().unwrap_or_default();
        if let Some(have) = selector[key.as_str()].as_str().filter(|have| *have != value) {
            return Err(format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {have}"
            ));
        }
        selector[key.as_str()] = value.into();
    }
    Ok(())
}

/// Tolerations without those that another one covers; of equal ones the first stays.
fn merged(all: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::with_capacity(all.len());
    for (i, toleration) in all.iter().enumerate() {
        let covered = kept.iter().any(|other| covers(other, toleration))
            || all[i + 1..].iter().any(|other| !semantic_eq(other, toleration) && covers(other, toleration));
        if !covered {
            kept.push(toleration.clone());
        }
    }
    kept
}

/// Whether whatever `other` tolerates, `wide` tolerates too.
fn covers(wide: &Value, other: &Value) -> bool {
    let text = |of: &Value, field: &str| of[field].as_str().unwrap_or_default().to_owned();
    let (key, operator, effect) = (text(wide, "key"), text(wide, "operator"), text(wide, "effect"));
    if semantic_eq(wide, other) {
        return true;
    }
    if text(other, "key") != key && !(key.is_empty() && operator == "Exists") {
        return false;
    }
    if text(other, "effect") != effect && !effect.is_empty() {
        return false;
    }
    if effect == "NoExecute"
        && let Some(seconds) = wide["tolerationSeconds"].as_i64()
        && other["tolerationSeconds"].as_i64().is_none_or(|others| others > seconds)
    {
        return false;
    }
    match operator.as_str() {
        "Equal" | "" => text(other, "operator") == "Equal" && text(other, "value") == text(wide, "value"),
        "Exists" => true,
        _ => false,
    }
}

/// Overhead is the class's alone.
fn check(class: Option<&Value>, pod: &Value) -> Result<(), &'static str> {
    let given = &pod["spec"]["overhead"];
    match class.and_then(|class| class["overhead"].as_object()) {
        Some(overhead) if !semantic_eq(overhead.get("podFixed").unwrap_or(&Value::Null), given) => Err(MISMATCH),
        None if !given.is_null() => Err(UNEXPECTED),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The pod's spec after both steps, or why it is refused.
    fn admitted(class: Option<&Value>, spec: Value) -> Result<Value, String> {
        let mut pod = json!({"spec": spec});
        if let Some(class) = class {
            settle(class, &mut pod)?;
        }
        check(class, &pod)?;
        Ok(pod["spec"].take())
    }

    #[test]
    fn overhead_is_the_classs() {
        let class = json!({"overhead": {"podFixed": {"cpu": "100m"}}});
        let check = |class: Option<&Value>, spec: Value, want: Result<Value, &str>| {
            let got = admitted(class, spec).map(|spec| spec["overhead"].clone());
            assert_eq!(got, want.map_err(str::to_owned));
        };
        check(Some(&class), json!({}), Ok(json!({"cpu": "100m"})));
        check(Some(&class), json!({"overhead": {}}), Ok(json!({"cpu": "100m"})));
        check(Some(&class), json!({"overhead": {"cpu": "100m"}}), Ok(json!({"cpu": "100m"})));
        check(Some(&class), json!({"overhead": {"cpu": "1"}}), Err(MISMATCH));
        check(Some(&json!({})), json!({"overhead": {"cpu": "1"}}), Err(UNEXPECTED));
        check(Some(&json!({"overhead": {}})), json!({}), Ok(Value::Null));
        check(None, json!({}), Ok(Value::Null));
        check(None, json!({"overhead": {}}), Err(UNEXPECTED));
    }

    #[test]
    fn selectors_agree_or_conflict() {
        let class = json!({"scheduling": {"nodeSelector": {"a": "b"}}});
        let check = |spec: Value, want: Result<Value, &str>| {
            let got = admitted(Some(&class), spec).map(|spec| spec["nodeSelector"].clone());
            assert_eq!(got, want.map_err(str::to_owned));
        };
        check(json!({}), Ok(json!({"a": "b"})));
        check(json!({"nodeSelector": {"x": "y", "a": "b"}}), Ok(json!({"x": "y", "a": "b"})));
        let why = "conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec.nodeSelector[a] = c";
        check(json!({"nodeSelector": {"a": "c"}}), Err(why));
    }

    #[test]
    fn covered_tolerations_go() {
        let of = |key: &str, operator: &str, value: &str, effect: &str| json!({"key": key, "operator": operator, "value": value, "effect": effect});
        let check = |first: &[Value], second: &[Value], want: &[Value]| {
            let class = json!({"scheduling": {"tolerations": second}});
            let spec = admitted(Some(&class), json!({"tolerations": first})).unwrap();
            assert_eq!(spec["tolerations"], json!(want));
        };
        let (equal, exists, all) =
            (of("k", "Equal", "v", "NoSchedule"), of("k", "Exists", "", "NoSchedule"), of("", "Exists", "", ""));
        check(&[], std::slice::from_ref(&equal), std::slice::from_ref(&equal));
        check(std::slice::from_ref(&equal), std::slice::from_ref(&equal), std::slice::from_ref(&equal));
        check(std::slice::from_ref(&equal), std::slice::from_ref(&exists), std::slice::from_ref(&exists));
        check(std::slice::from_ref(&exists), std::slice::from_ref(&equal), std::slice::from_ref(&exists));
        check(&[equal.clone(), exists.clone()], std::slice::from_ref(&all), std::slice::from_ref(&all));
        let other = of("k", "Equal", "w", "NoSchedule");
        check(std::slice::from_ref(&equal), std::slice::from_ref(&other), &[equal.clone(), other.clone()]);
        let lasting = |seconds: i64| json!({"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds});
        check(&[lasting(5)], &[lasting(9)], &[lasting(9)]);
        check(&[lasting(9)], &[lasting(5)], &[lasting(9)]);
    }
}
