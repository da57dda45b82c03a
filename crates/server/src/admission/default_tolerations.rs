//! Pods outlive a node's short absence: they tolerate not-ready and unreachable for five minutes.
use super::{Operation, Plugin, Request, ready};
use crate::resources::tree;
use futures::future::BoxFuture;
use serde_json::json;
use skeg_model::{Value, status::Status};
use skeg_storage::Store;

const TOLERATION_SECONDS: i64 = 300;
const TAINTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

#[derive(Debug)]
pub(super) struct DefaultTolerationSeconds;

impl Plugin for DefaultTolerationSeconds {
    fn name(&self) -> &'static str {
        "DefaultTolerationSeconds"
    }

    fn mutate<'a>(
        &'a self,
        _store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a mut Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        if request.is_core("pods") && matches!(request.operation, Operation::Create | Operation::Update) {
            add_missing(object);
        }
        ready(Ok(()))
    }
}

fn add_missing(pod: &mut Value) {
    let is_or_empty = |toleration: &Value, field: &str, wanted: &str| {
        let have = toleration[field].as_str().unwrap_or_default();
        have.is_empty() || have == wanted
    };
    let missing: Vec<&str> = TAINTS
        .into_iter()
        .filter(|taint| {
            !tree::list(pod, "/spec/tolerations")
                .iter()
                .any(|t| is_or_empty(t, "key", taint) && is_or_empty(t, "effect", "NoExecute"))
        })
        .collect();
    if missing.is_empty() {
        return;
    }
    let tolerations = tree::list_mut(tree::map_mut(pod, "spec"), "tolerations");
    tolerations.extend(missing.into_iter().map(
        |key| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATION_SECONDS}),
    ));
}
