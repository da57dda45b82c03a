//! Pods outlive a node's short absence: they tolerate not-ready and unreachable for five minutes.
use super::{Operation, Prompt, Request};
use crate::resources::tree;
use serde_json::json;
use skeg_model::{Value, status::Status};
use skeg_storage::Store;

const TOLERATION_SECONDS: i64 = 300;
const TAINTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

#[derive(Debug)]
pub(super) struct DefaultTolerationSeconds;

impl Prompt for DefaultTolerationSeconds {
    fn name(&self) -> &'static str {
        "DefaultTolerationSeconds"
    }

    fn mutates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update)
    }

    fn mutate(&self, _store: &dyn Store, request: &mut Request<'_>, object: &mut Value) -> Result<(), Status> {
        if request.is_core("pods") && matches!(request.operation, Operation::Create | Operation::Update) {
            add_missing(object);
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::super::tests::{admitted, pod};
    use super::DefaultTolerationSeconds;
    use serde_json::{Value, json};

    #[test]
    fn what_a_pod_does_not_tolerate_yet_is_added() {
        let check = |given: Value, added: &[&str]| {
            let made = admitted(DefaultTolerationSeconds, &[], ("pods", pod(json!({"tolerations": given})))).unwrap();
            let whole = |name: &&str| {
                let key = format!("node.kubernetes.io/{name}");
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
            };
            let want: Vec<Value> = given.as_array().unwrap().iter().cloned().chain(added.iter().map(whole)).collect();
            assert_eq!(made["spec"]["tolerations"], json!(want), "{given}");
        };
        let ready = "node.kubernetes.io/not-ready";
        check(json!([]), &["not-ready", "unreachable"]);
        check(json!([{"key": ready, "operator": "Exists"}]), &["unreachable"]);
        check(
            json!([{"key": ready, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 7}]),
            &["unreachable"],
        );
        check(json!([{"key": ready, "operator": "Exists", "effect": "NoSchedule"}]), &["not-ready", "unreachable"]);
        check(json!([{"key": "other", "operator": "Exists"}]), &["not-ready", "unreachable"]);
        check(json!([{"operator": "Exists"}]), &[]);
    }
}
