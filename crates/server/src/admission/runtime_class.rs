//! A pod's runtime class decides its overhead and where it can run.
use super::{Operation, Plugin, Request, ready};
use crate::resources::tree;
use futures::future::BoxFuture;
use skeg_model::{Value, kinds::runtime_class, meta::object_meta::semantic_eq, status::Status};
use skeg_storage::{Key, Store};

#[derive(Debug)]
pub(super) struct RuntimeClass;

impl Plugin for RuntimeClass {
    fn name(&self) -> &'static str {
        "RuntimeClass"
    }

    fn mutate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a mut Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        if !request.is_core("pods") || request.operation != Operation::Create {
            return ready(Ok(()));
        }
        ready(admit(store, object).map_err(|why| request.forbidden(object, &why)))
    }
}

fn admit(store: &dyn Store, pod: &mut Value) -> Result<(), String> {
    let name = tree::text(pod, "/spec/runtimeClassName").to_owned();
    if name.is_empty() {
        return if pod["spec"]["overhead"].is_null() {
            Ok(())
        } else {
            Err("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead".into())
        };
    }
    let key = Key { ring: runtime_class::KIND.prefix.into(), rest: name.as_str().into() };
    let class = store.get(&key).ok_or_else(|| format!("pod rejected: RuntimeClass \"{name}\" not found"))?.tree();
    set_overhead(pod, &class["overhead"]["podFixed"])?;
    set_scheduling(pod, &class["scheduling"])
}

fn set_overhead(pod: &mut Value, overhead: &Value) -> Result<(), String> {
    let given = &pod["spec"]["overhead"];
    if overhead.is_null() && !semantic_eq(given, &Value::Null) {
        return Err("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead".into());
    }
    if !given.is_null() && !semantic_eq(given, overhead) {
        return Err("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead".into());
    }
    if !overhead.is_null() {
        tree::map_mut(pod, "spec").insert("overhead".into(), overhead.clone());
    }
    Ok(())
}

fn set_scheduling(pod: &mut Value, scheduling: &Value) -> Result<(), String> {
    if let Some(wanted) = scheduling["nodeSelector"].as_object() {
        for (key, value) in wanted {
            let value = value.as_str().unwrap_or_default();
            let spec = tree::map_mut(pod, "spec");
            let selector = spec.entry("nodeSelector").or_insert_with(|| Value::Object(skeg_model::Object::new()));
            if let Some(have) = selector[key.as_str()].as_str().filter(|have| *have != value) {
                return Err(format!(
                    "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {have}"
                ));
            }
            selector[key.as_str()] = value.into();
        }
    }
    let wanted = tree::list(scheduling, "/tolerations");
    if !wanted.is_empty() {
        let tolerations = tree::list_mut(tree::map_mut(pod, "spec"), "tolerations");
        for toleration in wanted {
            if !tolerations.contains(toleration) {
                tolerations.push(toleration.clone());
            }
        }
    }
    Ok(())
}
