//! Node: a machine that runs pods.
use super::{Kind, PROXY_VERBS, SPEC_STATUS_RESET, Scope, Subresource, Version};
use crate::Value;
use std::collections::BTreeMap;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Node")];

pub static KIND: Kind = Kind {
    short_names: &["no"],
    subresources: &[Subresource::of_parent("proxy", "NodeProxyOptions", PROXY_VERBS), Subresource::Status],
    selectable: &["spec.unschedulable"],
    selectable_values,
    reset_fields: SPEC_STATUS_RESET,
    ..Kind::new("", "Node", "nodes", "node", Scope::Cluster, "/registry/minions/", VERSIONS)
};

fn selectable_values(node: &Value) -> BTreeMap<String, String> {
    let unschedulable = node["spec"]["unschedulable"].as_bool().unwrap_or(false);
    [("spec.unschedulable".to_owned(), unschedulable.to_string())].into()
}
