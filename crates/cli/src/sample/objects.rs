//! The sample application's objects.
use serde_json::{Value, json};

pub const NAMESPACE: &str = "default";
pub const NAME: &str = "web";
pub const REPLICAS: i64 = 3;
/// Name of the pod that fetches through the cluster's DNS.
pub const VISITOR: &str = "web-visitor";
pub const MESSAGE: &str = "Hello from Skeg";
const IMAGE: &str = "skeg.dev/web:1";

fn metadata(name: &str) -> Value {
    json!({"name": name, "namespace": NAMESPACE, "labels": {"app": NAME}})
}

/// The ConfigMap, the Deployment that shows it, the Service in front.
pub fn application() -> Vec<Value> {
    let message = json!({"configMapKeyRef": {"name": NAME, "key": "message"}});
    let container = json!({
        "name": NAME, "image": IMAGE, "imagePullPolicy": "IfNotPresent",
        "env": [{"name": "MESSAGE", "valueFrom": message}],
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 1},
    });
    vec![
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(NAME), "data": {"message": MESSAGE}}),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(NAME),
            "spec": {
                "replicas": REPLICAS, "selector": {"matchLabels": {"app": NAME}},
                "template": {"metadata": {"labels": {"app": NAME}}, "spec": {"containers": [container]}},
            },
        }),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata(NAME),
            "spec": {
                "type": "NodePort", "selector": {"app": NAME},
                "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
            },
        }),
    ]
}

/// A pod that fetches `url` once and prints what it got.
pub fn visitor(url: &str) -> Value {
    let container = json!({"name": "visitor", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "args": ["get", url]});
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": VISITOR, "namespace": NAMESPACE},
        "spec": {"restartPolicy": "OnFailure", "terminationGracePeriodSeconds": 0, "containers": [container]},
    })
}
