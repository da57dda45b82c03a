//! What Services hold of addresses and ports, and who notices after a restart.
use super::tests::{api_over, call, create, store};
use serde_json::{Value, json};
use skeg_model::request::{Call, DeleteOptions};

fn service(name: &str, spec: Value) -> Value {
    let mut whole = json!({"ports": [{"port": 80}]});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    json!({"metadata": {"name": name}, "spec": whole})
}

/// A Service with everything that is dealt out.
fn everything(name: &str) -> Value {
    let ports = json!([{"port": 80, "nodePort": 30111}]);
    let spec = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local", "clusterIP": "10.96.0.77", "ports": ports,
                      "healthCheckNodePort": 30222});
    service(name, spec)
}

#[tokio::test]
async fn a_new_server_knows_what_is_taken() {
    let store = store();
    let before = api_over(store.clone(), Vec::new());
    call(&before, "services", create(everything("one"))).await.unwrap();
    call(&before, "services", create(service("gone", json!({"clusterIP": "10.96.0.78"})))).await.unwrap();
    call(&before, "services/gone", Call::Delete(DeleteOptions::default())).await.unwrap();
    drop(before);
    let after = api_over(store, Vec::new());
    let refused = |spec: Value, why: &'static str| {
        let after = after.clone();
        async move {
            let got = call(&after, "services", create(service("two", spec))).await.unwrap_err();
            assert!(got.contains(why), "{got}");
        }
    };
    refused(json!({"clusterIP": "10.96.0.77"}), "failed to allocate IP 10.96.0.77: provided IP is already allocated")
        .await;
    let ports = json!([{"port": 80, "nodePort": 30111}]);
    refused(json!({"type": "NodePort", "ports": ports}), "provided port is already allocated").await;
    let local = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30222});
    refused(local, "failed to allocate requested HealthCheck NodePort 30222: provided port is already allocated").await;
    // What a deleted Service had, and what a refused one would have had, is free.
    call(&after, "services", create(service("three", json!({"clusterIP": "10.96.0.78"})))).await.unwrap();
    call(&after, "services/one", Call::Delete(DeleteOptions::default())).await.unwrap();
    call(&after, "services", create(everything("four"))).await.unwrap();
}
