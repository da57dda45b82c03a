//! Objects as users and other components would write them.
use crate::lab::ALIVE;
use serde_json::{Value, json};
use skeg_model::{kinds, request::Gvr};
use skeg_testing::dice::Dice;

/// Resources and objects.
pub type Objects = Vec<(&'static str, Value)>;

/// The resource under its first version.
pub fn gvr(resource: &str) -> Gvr {
    let row = kinds::ALL.iter().find(|row| row.resource == resource).unwrap();
    Gvr::new(row.group, row.versions[0].name, row.resource)
}

/// Times before the test clock's start.
pub const LONG_AGO: &str = "2025-06-15T10:00:00Z";

pub fn namespace(name: &str) -> (&'static str, Value) {
    let spec = json!({ "finalizers": ["kubernetes"] });
    ("namespaces", json!({ "metadata": { "name": name }, "spec": spec, "status": { "phase": "Active" } }))
}

pub fn template(image: &str) -> Value {
    json!({ "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "c", "image": image }] } })
}

pub fn deployment() -> (&'static str, Value) {
    (
        "deployments",
        json!({
            "metadata": { "name": "web", "namespace": "n" },
            "spec": {
                "replicas": 3, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
                "selector": { "matchLabels": { "app": "web" } },
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
                "template": template("app:v1"),
            },
        }),
    )
}

pub fn replica_set() -> (&'static str, Value) {
    (
        "replicasets",
        json!({
            "metadata": { "name": "web", "namespace": "n", "uid": "uid-web" },
            "spec": { "replicas": 4, "selector": { "matchLabels": { "app": "web" } }, "template": template("app:v1") },
        }),
    )
}

pub fn replication_controller() -> (&'static str, Value) {
    (
        "replicationcontrollers",
        json!({
            "metadata": { "name": "web", "namespace": "n", "uid": "uid-web" },
            "spec": { "replicas": 4, "selector": { "app": "web" }, "template": template("app:v1") },
        }),
    )
}

pub fn service(name: &str, selector: Option<&str>) -> (&'static str, Value) {
    let ports = json!([{ "port": 80, "targetPort": 8080, "protocol": "TCP" }]);
    let mut spec = json!({ "clusterIP": "10.96.0.7", "ipFamilies": ["IPv4"], "ports": ports });
    if let Some(app) = selector {
        spec["selector"] = json!({ "app": app });
    }
    ("services", json!({ "metadata": { "name": name, "namespace": "n", "uid": format!("uid-{name}") }, "spec": spec }))
}

/// A node that reports in every round of the lab.
pub fn node(name: &str) -> (&'static str, Value) {
    let labels = json!({ "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", ALIVE: "" });
    (
        "nodes",
        json!({
            "metadata": { "name": name, "labels": labels },
            "spec": { "taints": [{ "key": "node.kubernetes.io/not-ready", "effect": "NoSchedule" }] },
            "status": { "conditions": [
                { "type": "Ready", "status": "True", "lastHeartbeatTime": "2025-06-15T15:06:40Z" },
            ]},
        }),
    )
}

pub fn silent(mut node: (&'static str, Value)) -> (&'static str, Value) {
    node.1["metadata"]["labels"].as_object_mut().unwrap().remove(ALIVE);
    node
}

/// A pod in some state of its life.
pub fn random_pod(dice: &mut Dice, name: &str, node: Option<&str>) -> (&'static str, Value) {
    let mut pod = json!({
        "metadata": { "name": name, "namespace": "n", "labels": { "app": dice.pick(&["web", "web", "web", "other"]) } },
        "spec": { "containers": [{ "name": "c", "image": "app:v1", "ports": [{ "containerPort": 8080 }] }] },
    });
    if let Some(node) = node {
        pod["spec"]["nodeName"] = node.into();
    }
    if !dice.one_in(4) {
        let phase = dice.pick(&["Running", "Running", "Running", "Pending", "Succeeded", "Failed"]);
        let ready = if phase == "Running" && !dice.one_in(3) { "True" } else { "False" };
        let ip = format!("10.0.0.{}", 2 + dice.roll(200));
        pod["status"] = json!({
            "phase": phase, "podIP": ip, "podIPs": [{ "ip": ip }],
            "conditions": [{ "type": "Ready", "status": ready, "lastTransitionTime": LONG_AGO }],
        });
    }
    ("pods", pod)
}

pub fn owned_by(
    mut object: (&'static str, Value),
    version: &str,
    kind: &str,
    name: &str,
    uid: &str,
) -> (&'static str, Value) {
    let owner = json!({
        "apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": true, "blockOwnerDeletion": true,
    });
    object.1["metadata"]["ownerReferences"] = json!([owner]);
    object
}

pub fn config_map(name: &str) -> (&'static str, Value) {
    ("configmaps", json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name, "namespace": "n" } }))
}

/// A ConfigMap that depends on another one.
pub fn owned_config_map(name: &str, owner: &str, owner_uid: &str) -> (&'static str, Value) {
    let owner = json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": owner_uid });
    let (resource, mut map) = config_map(name);
    map["metadata"]["ownerReferences"] = json!([owner]);
    (resource, map)
}

pub fn account(name: &str) -> (&'static str, Value) {
    ("serviceaccounts", json!({ "metadata": { "name": name, "namespace": "n", "uid": format!("uid-{name}") } }))
}

pub fn token_secret(name: &str, account: &str) -> (&'static str, Value) {
    let annotations = json!({ "kubernetes.io/service-account.name": account });
    let meta = json!({ "name": name, "namespace": "n", "annotations": annotations });
    ("secrets", json!({ "metadata": meta, "type": "kubernetes.io/service-account-token" }))
}

pub fn cluster_role(name: &str, to: Option<&str>) -> (&'static str, Value) {
    let rules = json!([{ "apiGroups": [""], "resources": [name], "verbs": ["get"] }]);
    let labels = to.map(|to| json!({ "to": to })).unwrap_or_default();
    ("clusterroles", json!({ "metadata": { "name": name, "labels": labels }, "rules": rules }))
}

pub fn aggregate(name: &str, to: &str) -> (&'static str, Value) {
    let selectors = json!([{ "matchLabels": { "to": to } }]);
    ("clusterroles", json!({ "metadata": { "name": name }, "aggregationRule": { "clusterRoleSelectors": selectors } }))
}

pub fn budget(name: &str, bound: Value) -> (&'static str, Value) {
    let mut spec = bound;
    spec["selector"] = json!({ "matchLabels": { "app": "web" } });
    ("poddisruptionbudgets", json!({ "metadata": { "name": name, "namespace": "n" }, "spec": spec }))
}

pub fn endpoints(name: &str, ips: &[String]) -> (&'static str, Value) {
    let addresses: Vec<Value> = ips.iter().map(|ip| json!({ "ip": ip })).collect();
    let subsets = json!([{ "addresses": addresses, "ports": [{ "port": 80, "protocol": "TCP" }] }]);
    let subsets = if ips.is_empty() { json!(null) } else { subsets };
    ("endpoints", json!({ "metadata": { "name": name, "namespace": "n" }, "subsets": subsets }))
}
