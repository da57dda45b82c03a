//! Node: a machine that runs pods.
use super::{
    Column, Kind, PROXY_VERBS, SPEC_STATUS_RESET, Scope, Subresource, Version,
    columns::{self, column, items, text, text_or, wide},
    prepare,
};
use crate::Value;
use std::collections::BTreeMap;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Node")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
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

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Status", "string", "The status of the node", |node, _| status(node).into()),
    column("Roles", "string", "The roles of the node", |node, _| roles(node).into()),
    columns::AGE,
    column("Version", "string", "Kubelet Version reported by the node.", |node, _| {
        text(node, "/status/nodeInfo/kubeletVersion").into()
    }),
    wide("Internal-IP", "string", ADDRESSES_DOC, |node, _| address(node, "InternalIP").into()),
    wide("External-IP", "string", ADDRESSES_DOC, |node, _| address(node, "ExternalIP").into()),
    wide(
        "OS-Image",
        "string",
        "OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).",
        |node, _| text_or(node, "/status/nodeInfo/osImage", "<unknown>"),
    ),
    wide(
        "Kernel-Version",
        "string",
        "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).",
        |node, _| kernel(node).into(),
    ),
    wide(
        "Container-Runtime",
        "string",
        "ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).",
        |node, _| text_or(node, "/status/nodeInfo/containerRuntimeVersion", "<unknown>"),
    ),
];

const ADDRESSES_DOC: &str = "List of addresses reachable to the node. Queried from cloud provider, if available. More info: https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an example. Consumers should assume that addresses can change during the lifetime of a Node. However, there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in its own status or consumers of the downward API (status.hostIP).";
const ROLE_PREFIX: &str = "node-role.kubernetes.io/";

fn status(node: &Value) -> String {
    let ready = items(node, "/status/conditions").iter().rev().find(|c| c["type"] == "Ready");
    let status = match ready {
        Some(condition) if condition["status"] == "True" => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let cordoned = node["spec"]["unschedulable"] == true;
    if cordoned { format!("{status},SchedulingDisabled") } else { status.to_owned() }
}

fn roles(node: &Value) -> String {
    let labels = node["metadata"]["labels"].as_object();
    let mut roles: Vec<&str> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| match key.strip_prefix(ROLE_PREFIX) {
            Some(role) => Some(role),
            None if key == "kubernetes.io/role" => value.as_str(),
            None => None,
        })
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() { "<none>".into() } else { roles.join(",") }
}

fn address(node: &Value, ty: &str) -> String {
    let found = items(node, "/status/addresses").iter().find(|a| a["type"] == ty);
    found.map_or_else(|| "<none>".into(), |a| text(a, "/address"))
}

fn kernel(node: &Value) -> String {
    let version = text_or(node, "/status/nodeInfo/kernelVersion", "<unknown>");
    let version = version.as_str().unwrap_or_default();
    match text(node, "/status/nodeInfo/architecture").as_str() {
        "" => version.to_owned(),
        architecture => format!("{version} ({architecture})"),
    }
}

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
