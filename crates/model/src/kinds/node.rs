//! Node: a machine that runs pods.
use super::{Kind, PROXY_VERBS, SPEC_STATUS_RESET, Scope, Subresource, Version, prepare};
use crate::Value;
use std::collections::BTreeMap;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Node")];

pub static KIND: Kind = Kind {
    short_names: &["no"],
    subresources: &[Subresource::of_parent("proxy", "NodeProxyOptions", PROXY_VERBS), Subresource::Status],
    selectable: &["spec.unschedulable"],
    selectable_values,
    prepare_create: |node| drop_config(node, None),
    prepare_update: |node, old| {
        prepare::keep(node, old, "status");
        drop_config(node, Some(old));
    },
    prepare_status: |node, old| {
        prepare::keep(node, old, "spec");
        drop_config(node, Some(old));
    },
    reset_fields: SPEC_STATUS_RESET,
    ..Kind::new("", "Node", "nodes", "node", Scope::Cluster, "/registry/minions/", VERSIONS)
};

fn selectable_values(node: &Value) -> BTreeMap<String, String> {
    let unschedulable = node["spec"]["unschedulable"].as_bool().unwrap_or(false);
    [("spec.unschedulable".to_owned(), unschedulable.to_string())].into()
}

/// Dynamic kubelet configuration is gone; its fields survive only where they already were.
fn drop_config(node: &mut Value, old: Option<&Value>) {
    for (part, field) in [("spec", "configSource"), ("status", "config")] {
        let in_use = old.is_some_and(|old| !old[part][field].is_null());
        if !in_use && let Some(part) = node.get_mut(part).and_then(Value::as_object_mut) {
            part.remove(field);
        }
    }
}
