//! A pod's priority comes from its class, never from the pod itself.
use super::{Operation, Plugin, Request, look_up, ready};
use crate::resources::tree;
use futures::future::BoxFuture;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use skeg_model::{Value, kinds::priority_class, status::Status};
use skeg_storage::Store;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Priority;

impl Plugin for Priority {
    fn name(&self) -> &'static str {
        "Priority"
    }

    fn mutate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a mut Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        if !request.is_core("pods") {
            return ready(Ok(()));
        }
        ready(match request.operation {
            Operation::Create => resolve(store, request, object),
            Operation::Update => {
                keep(object, request.old);
                Ok(())
            }
            Operation::Delete | Operation::Connect => Ok(()),
        })
    }

    fn validate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        let is_class = request.kind.resource == "priorityclasses" && request.operation != Operation::Delete;
        if !is_class || object["globalDefault"] != true {
            return ready(Ok(()));
        }
        ready(match default_class(store).and_then(|class| class.metadata.name.clone()) {
            Some(other) if other != tree::name(object) => {
                let why = format!("PriorityClass {other} is already marked as default. Only one default can exist");
                Err(request.forbidden(object, &why))
            }
            _ => Ok(()),
        })
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
