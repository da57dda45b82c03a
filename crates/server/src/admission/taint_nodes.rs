//! A node is tainted until its conditions say that it can run pods.
use super::{Operation, Prompt, Request};
use crate::resources::tree;
use serde_json::json;
use skeg_model::{Value, status::Status};
use skeg_storage::Store;

const NOT_READY: &str = "node.kubernetes.io/not-ready";

#[derive(Debug)]
pub(super) struct TaintNodesByCondition;

impl Prompt for TaintNodesByCondition {
    fn name(&self) -> &'static str {
        "TaintNodesByCondition"
    }

    fn mutates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create)
    }

    fn mutate(&self, _store: &dyn Store, request: &mut Request<'_>, object: &mut Value) -> Result<(), Status> {
        if request.is_core("nodes") && request.operation == Operation::Create {
            let taints = tree::list_mut(tree::map_mut(object, "spec"), "taints");
            if !taints.iter().any(|t| t["key"] == NOT_READY && t["effect"] == "NoSchedule") {
                taints.push(json!({"key": NOT_READY, "effect": "NoSchedule"}));
            }
        }
        Ok(())
    }
}
