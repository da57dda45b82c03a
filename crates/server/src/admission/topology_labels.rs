//! A pod carries the topology labels of the node that it is bound to (KEP 4742), so that it can read them itself.
use super::{Operation, Prompt, Request};
use crate::resources::tree;
use serde_json::json;
use skeg_model::{Value, kinds::node, status::Status};
use skeg_storage::{Key, Store};

const LABELS: &[&str] = &["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

#[derive(Debug)]
pub(super) struct PodTopologyLabels;

impl Prompt for PodTopologyLabels {
    fn name(&self) -> &'static str {
        "PodTopologyLabels"
    }

    fn mutates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create)
    }

    fn mutate(&self, store: &dyn Store, request: &mut Request<'_>, object: &mut Value) -> Result<(), Status> {
        let pods = request.kind.group.is_empty() && request.kind.resource == "pods";
        if pods && request.operation == Operation::Create {
            let node = match request.subresource {
                "" => tree::text(object, "/spec/nodeName"),
                "binding" if object["target"]["kind"] == "Node" => tree::text(object, "/target/name"),
                _ => "",
            };
            let node = node.to_owned();
            copy_labels(store, &node, object);
        }
        Ok(())
    }
}

/// Copies the labels of a node that is there.
fn copy_labels(store: &dyn Store, node: &str, object: &mut Value) {
    let key = Key { ring: node::KIND.prefix.into(), rest: node.into() };
    let Some(node) = store.get(&key).filter(|_| !node.is_empty()) else { return };
    for name in LABELS {
        if let Some(value) = node.meta().labels.get(*name) {
            let labels = tree::meta_mut(object).entry("labels").or_insert_with(|| json!({}));
            labels[*name] = value.clone().into();
        }
    }
}
