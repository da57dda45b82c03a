//! Node: a machine that runs pods.
use super::{
    Column, Kind, PROXY_VERBS, SPEC_STATUS_RESET, Scope, Subresource, Version,
    columns::{
        self,
        Doc::{Field, Text},
        column, items, text, text_or, wide,
    },
    pod, prepare,
};
use crate::{
    Value,
    meta::{
        at::At,
        field_error::Errors,
        go::{self, Printed},
        ip, names, object_meta,
    },
};
use std::collections::{BTreeMap, BTreeSet};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Node")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    short_names: &["no"],
    subresources: &[Subresource::of_parent("proxy", "NodeProxyOptions", PROXY_VERBS), Subresource::Status],
    selectable: &["spec.unschedulable"],
    selectable_values,
    validate,
    validate_update: |new, old, errors| {
        object_meta::validate(&KIND, new, errors);
        validate(new, errors);
        validate_update(new, old, errors);
    },
    validate_status: validate_update,
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
    column("Status", "string", Text("The status of the node"), |node, _| status(node).into()),
    column("Roles", "string", Text("The roles of the node"), |node, _| roles(node).into()),
    columns::AGE,
    column("Version", "string", Field("io.k8s.api.core.v1.NodeSystemInfo", "kubeletVersion"), |node, _| {
        text(node, "/status/nodeInfo/kubeletVersion").into()
    }),
    wide("Internal-IP", "string", ADDRESSES_DOC, |node, _| address(node, "InternalIP").into()),
    wide("External-IP", "string", ADDRESSES_DOC, |node, _| address(node, "ExternalIP").into()),
    wide("OS-Image", "string", Field("io.k8s.api.core.v1.NodeSystemInfo", "osImage"), |node, _| {
        text_or(node, "/status/nodeInfo/osImage", "<unknown>")
    }),
    wide("Kernel-Version", "string", Field("io.k8s.api.core.v1.NodeSystemInfo", "kernelVersion"), |node, _| {
        kernel(node).into()
    }),
    wide(
        "Container-Runtime",
        "string",
        Field("io.k8s.api.core.v1.NodeSystemInfo", "containerRuntimeVersion"),
        |node, _| text_or(node, "/status/nodeInfo/containerRuntimeVersion", "<unknown>"),
    ),
];

const ADDRESSES_DOC: columns::Doc = Field("io.k8s.api.core.v1.NodeStatus", "addresses");
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

fn validate(node: &Value, errors: &mut Errors) {
    let root = At::root(node);
    let spec = root.child("spec");
    taints(&root.child("metadata"), &spec, errors);
    resources(&root.child("status"), errors);
    let ranges = spec.child("podCIDRs");
    for range in ranges.items() {
        ip::legacy_cidr(range, range.str(), errors);
    }
    if ranges.len() > 1
        && let Some((i, wrong)) =
            ranges.items().map(|range| range.str()).enumerate().find(|(_, range)| !ip::is_cidr(range))
    {
        let why = format!("invalid CIDR[{i}]: <nil> (invalid CIDR address: {wrong})");
        errors.internal(ranges, format!("invalid PodCIDRs. failed to check with dual stack with error:{why}"));
    }
    let families: BTreeSet<bool> = ranges.items().map(|range| range.str().contains(':')).collect();
    if ranges.len() > 1 && (families.len() != 2 || ranges.len() > 2) {
        errors.invalid(ranges, ranges.value, "may specify no more than one CIDR for each IP family");
    }
}

/// Errors name `metadata.taints`, as upstream's do.
fn taints(meta: &At, spec: &At, errors: &mut Errors) {
    let list = meta.child("taints").with_value(spec.get("taints"));
    let mut seen = BTreeSet::new();
    for taint in list.items() {
        let (key, value, effect) = (taint.text("key"), taint.text("value"), taint.text("effect"));
        object_meta::label_name(&taint.child("key"), key, errors);
        let wrong = names::label_value(value);
        if !wrong.is_empty() {
            errors.invalid(taint.child("value"), value, wrong.join(";"));
        }
        pod::validate::scheduling::taint_effect(&taint.child("effect"), errors);
        if !seen.insert((effect, key)) {
            errors.duplicate(taint, Printed(go::internal("io.k8s.api.core.v1.Taint", taint.value)));
            if let Some(last) = errors.0.last_mut() {
                last.message.push_str(": taints must be unique by key and effect pair");
            }
        }
    }
}

fn resources(status: &At, errors: &mut Errors) {
    for field in ["capacity", "allocatable"] {
        let list = status.child(field);
        for (name, amount) in list.entries() {
            pod::validate::resources::amount(name, &list.child(name).with_value(amount.value), errors);
        }
    }
}

fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    let (spec, status) = (root.child("spec"), root.child("status"));
    resources(&status, errors);
    let mut seen: Vec<&Value> = Vec::new();
    for address in status.child("addresses").items() {
        if seen.contains(&address.value) {
            errors.duplicate(address, Printed(go::internal("io.k8s.api.core.v1.NodeAddress", address.value)));
        }
        seen.push(address.value);
    }
    let before = old["spec"]["podCIDRs"].as_array().map_or(&[][..], Vec::as_slice);
    let ranges = spec.child("podCIDRs");
    let changed = "node updates may not change podCIDR except from \"\" to valid";
    if !before.is_empty() && before.len() != ranges.len() {
        errors.forbidden(ranges, changed);
    } else {
        for (range, before) in ranges.items().zip(before).filter(|(range, before)| range.value != *before) {
            let _ = (range, before);
            errors.forbidden(ranges, changed);
        }
    }
    let provider = old["spec"]["providerID"].as_str().unwrap_or_default();
    if !provider.is_empty() && provider != spec.text("providerID") {
        let why = "node updates may not change providerID except from \"\" to valid";
        errors.forbidden(spec.child("providerID"), why);
    }
    taints(&root.child("metadata"), &spec, errors);
    if spec.text("externalID") != old["spec"]["externalID"].as_str().unwrap_or_default() {
        errors.forbidden(spec.child("externalID"), "may not be updated");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::checks::tests::{create, update};
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn taints_ranges_and_amounts() {
        create(
            &KIND,
            json!({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule"}]}}),
            &expect![[
                r#"metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair"#
            ]],
        );
        create(
            &KIND,
            json!({"spec": {"podCIDRs": ["10.0.0.0/24", "10.0.1.0/24"]}, "status": {"capacity": {"cpu": "-1"}}}),
            &expect![[
                r#"[status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0, status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0, spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family]"#
            ]],
        );
        update(
            &KIND,
            json!({"spec": {"providerID": "a"}}),
            &json!({"spec": {"providerID": "b", "unschedulable": true}}),
            &expect![[r#"spec.providerID: Forbidden: node updates may not change providerID except from "" to valid"#]],
        );
    }
}
