//! A pod's priority comes from its class, never from the pod itself.
use super::{Operation, Prompt, Request, look_up};
use crate::resources::tree;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use skeg_model::{Value, kinds::priority_class, status::Status};
use skeg_storage::Store;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Priority;

impl Prompt for Priority {
    fn name(&self) -> &'static str {
        "Priority"
    }

    fn mutates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update | Operation::Delete)
    }

    fn validates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update | Operation::Delete)
    }

    fn mutate(&self, store: &dyn Store, request: &mut Request<'_>, object: &mut Value) -> Result<(), Status> {
        if !request.is_core("pods") {
            return Ok(());
        }
        match request.operation {
            Operation::Create => resolve(store, request, object),
            Operation::Update => {
                keep(object, request.old);
                Ok(())
            }
            Operation::Delete | Operation::Connect => Ok(()),
        }
    }

    fn validate(&self, store: &dyn Store, request: &mut Request<'_>, object: &Value) -> Result<(), Status> {
        let is_class = request.kind.resource == "priorityclasses" && request.subresource.is_empty();
        if !is_class || request.operation == Operation::Delete || object["globalDefault"] != true {
            return Ok(());
        }
        match default_class(store).and_then(|class| class.metadata.name.clone()) {
            Some(other) if request.operation == Operation::Create || other != tree::name(object) => {
                let why = format!("PriorityClass {other} is already marked as default. Only one default can exist");
                Err(request.forbidden(object, &why))
            }
            _ => Ok(()),
        }
    }
}

/// The class for pods that name none; of several the one with the lowest value.
fn default_class(store: &dyn Store) -> Option<Arc<PriorityClass>> {
    let snapshot = store.snapshot(priority_class::KIND.prefix);
    let classes = snapshot.map.values().filter_map(|stored| stored.typed::<PriorityClass>().ok());
    classes.filter(|class| class.global_default == Some(true)).min_by_key(|class| class.value)
}

fn keep(pod: &mut Value, old: Option<&Value>) {
    let Some(old) = old else { return };
    for field in ["priority", "preemptionPolicy"] {
        if pod["spec"][field].is_null() && !old["spec"][field].is_null() {
            tree::map_mut(pod, "spec").insert(field.into(), old["spec"][field].clone());
        }
    }
}

fn resolve(store: &dyn Store, request: &Request<'_>, pod: &mut Value) -> Result<(), Status> {
    let named = tree::text(pod, "/spec/priorityClassName").to_owned();
    let class = if named.is_empty() {
        default_class(store)
    } else {
        let found = look_up::<PriorityClass>(store, &priority_class::KIND, "", &named);
        Some(found.ok_or_else(|| request.forbidden(pod, &format!("no PriorityClass with name {named} was found")))?)
    };
    let (priority, policy) = match &class {
        Some(class) => (i64::from(class.value.unwrap_or_default()), class.preemption_policy.as_deref()),
        None => (0, Some("PreemptLowerPriority")),
    };
    if let Some(given) = pod["spec"]["priority"].as_i64().filter(|given| *given != priority) {
        let why = format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed \
             {priority} from the given PriorityClass name"
        );
        return Err(request.forbidden(pod, &why));
    }
    if let Some(policy) = policy {
        let given = tree::text(pod, "/spec/preemptionPolicy");
        if !pod["spec"]["preemptionPolicy"].is_null() && given != policy {
            let why = format!(
                "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority admission controller \
                 computed {policy} from the given PriorityClass name"
            );
            return Err(request.forbidden(pod, &why));
        }
    }
    let name = class.as_ref().filter(|_| named.is_empty()).and_then(|c| c.metadata.name.clone());
    let policy = policy.map(str::to_owned);
    let spec = tree::map_mut(pod, "spec");
    if let Some(name) = name {
        spec.insert("priorityClassName".into(), name.into());
    }
    spec.insert("priority".into(), priority.into());
    if let Some(policy) = policy {
        spec.insert("preemptionPolicy".into(), policy.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, pod};
    use super::Priority;
    use serde_json::{Value, json};

    fn class(name: &str, value: i64, extra: Value) -> (&'static str, Value) {
        let mut class = json!({"metadata": {"name": name}, "value": value});
        class.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        ("priorityclasses", class)
    }

    fn refused(what: &str, why: &str) -> String {
        format!("403 {what} is forbidden: {why}")
    }

    #[test]
    fn a_pods_priority_is_its_classs() {
        let check = |classes: &[(&str, Value)], spec: Value, want: Result<Value, &str>| {
            let got = admitted(Priority, classes, ("pods", pod(spec))).map(|made| {
                let spec = &made["spec"];
                json!([spec["priorityClassName"], spec["priority"], spec["preemptionPolicy"]])
            });
            assert_eq!(got, want.map_err(|why| refused("pods \"p\"", why)));
        };
        let high = || class("high", 7, json!({"preemptionPolicy": "Never"}));
        let usual = || class("usual", 5, json!({"globalDefault": true}));
        check(&[], json!({}), Ok(json!([null, 0, "PreemptLowerPriority"])));
        check(&[high()], json!({}), Ok(json!([null, 0, "PreemptLowerPriority"])));
        check(&[high(), usual()], json!({}), Ok(json!(["usual", 5, "PreemptLowerPriority"])));
        check(&[high(), usual()], json!({"priorityClassName": "high"}), Ok(json!(["high", 7, "Never"])));
        check(&[high()], json!({"priorityClassName": "high", "priority": 7}), Ok(json!(["high", 7, "Never"])));
        check(&[], json!({"priorityClassName": "no"}), Err("no PriorityClass with name no was found"));
        let number = "the integer value of priority (9) must not be provided in pod spec; priority admission controller computed 7 \
                      from the given PriorityClass name";
        check(&[high()], json!({"priorityClassName": "high", "priority": 9}), Err(number));
        let policy = "the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority \
                      admission controller computed Never from the given PriorityClass name";
        let spec = json!({"priorityClassName": "high", "preemptionPolicy": "PreemptLowerPriority"});
        check(&[high()], spec, Err(policy));
    }

    #[test]
    fn there_is_one_default_class() {
        let usual = |name: &str| class(name, 5, json!({"globalDefault": true}));
        let check = |before: &[(&str, Value)], new: (&'static str, Value), want: Result<(), &str>| {
            let name = new.1["metadata"]["name"].as_str().unwrap().to_owned();
            let what = format!("priorityclasses.scheduling.k8s.io \"{name}\"");
            assert_eq!(admitted(Priority, before, new).map(drop), want.map_err(|why| refused(&what, why)));
        };
        let why = "PriorityClass a is already marked as default. Only one default can exist";
        check(&[usual("a")], usual("b"), Err(why));
        check(&[usual("a")], usual("a"), Err(why));
        check(&[usual("a")], class("b", 1, json!({})), Ok(()));
        check(&[class("a", 1, json!({}))], usual("b"), Ok(()));
    }
}
