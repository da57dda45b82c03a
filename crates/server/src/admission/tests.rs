//! The chain as a whole, through the API.
use super::{Plugin, chain};
use crate::resources::tests::{api_with, call, create};
use serde_json::{Value, json};

#[test]
fn flags_choose_plugins() {
    let names = |enable: &[&str], disable: &[&str]| {
        let owned = |l: &[&str]| l.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        chain(&owned(enable), &owned(disable)).map(|c| c.iter().map(|p| p.name()).collect::<Vec<_>>())
    };
    assert_eq!(names(&[], &[]).unwrap(), super::NAMES);
    assert!(!names(&["NodeRestriction"], &["Priority"]).unwrap().contains(&"Priority"));
    assert!(names(&["Nope"], &[]).is_err());
}

/// Creates `before` and then an object through one plugin alone: what comes out, or the refusal.
pub(super) fn admitted(
    plugin: impl Plugin + 'static,
    before: &[(&str, Value)],
    (path, object): (&str, Value),
) -> Result<Value, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let api = api_with(vec![Box::new(plugin)]);
        for (path, object) in before {
            call(&api, path, create(object.clone())).await.unwrap();
        }
        call(&api, path, create(object)).await
    })
}

/// A pod with one container, unless `extra` has others.
pub(super) fn pod(extra: Value) -> Value {
    let mut spec = json!({"containers": [{"name": "c", "image": "i"}]});
    spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({"metadata": {"name": "p"}, "spec": spec})
}

#[tokio::test]
async fn a_pod_on_its_way_through_the_chain() {
    let api = api_with(chain(&[], &[]).unwrap());
    let missing = call(&api, "pods", create(pod(json!({})))).await;
    assert_eq!(missing, Err("404 namespaces \"ns\" not found".into()));
    call(&api, "namespaces", create(json!({"metadata": {"name": "ns"}}))).await.unwrap();
    let refused = call(&api, "pods", create(pod(json!({})))).await;
    let why = "error looking up service account ns/default: serviceaccount \"default\" not found";
    assert_eq!(refused, Err(format!("403 pods \"p\" is forbidden: {why}")));
    call(&api, "serviceaccounts", create(json!({"metadata": {"name": "default"}}))).await.unwrap();
    let made = call(&api, "pods", create(pod(json!({})))).await.unwrap();
    let spec = &made["spec"];
    assert_eq!((&spec["serviceAccount"], &spec["serviceAccountName"]), (&json!("default"), &json!("default")));
    assert_eq!((&spec["priority"], &spec["preemptionPolicy"]), (&json!(0), &json!("PreemptLowerPriority")));
    assert_eq!(spec["tolerations"].as_array().unwrap().len(), 2);
    let volume = spec["volumes"][0]["name"].as_str().unwrap();
    assert!(volume.starts_with("kube-api-access-"));
    assert_eq!(spec["containers"][0]["volumeMounts"][0]["name"], volume);
    let classless = pod(json!({"priorityClassName": "none"}));
    let refused = call(&api, "pods", create(classless)).await;
    assert_eq!(refused, Err("403 pods \"p\" is forbidden: no PriorityClass with name none was found".into()));
}

#[tokio::test]
async fn nodes_begin_tainted() {
    let api = api_with(chain(&[], &[]).unwrap());
    let node = call(&api, "nodes", create(json!({"metadata": {"name": "n"}}))).await.unwrap();
    assert_eq!(node["spec"]["taints"], json!([{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]));
}

#[tokio::test]
async fn plugins_are_timed() {
    let api = api_with(chain(&[], &[]).unwrap());
    call(&api, "nodes", create(json!({"metadata": {"name": "n"}}))).await.unwrap();
    call(&api, "configmaps", create(json!({"metadata": {"name": "c"}}))).await.unwrap_err();
    let mut text = String::new();
    api.admission.write(&mut text);
    let plugin = "apiserver_admission_controller_admission_duration_seconds_count";
    let step = "apiserver_admission_step_admission_duration_seconds_count";
    for line in [
        format!("{plugin}{{name=\"NamespaceLifecycle\",operation=\"CREATE\",rejected=\"false\",type=\"admit\"}} 1"),
        format!("{plugin}{{name=\"NamespaceLifecycle\",operation=\"CREATE\",rejected=\"true\",type=\"admit\"}} 1"),
        format!("{plugin}{{name=\"TaintNodesByCondition\",operation=\"CREATE\",rejected=\"false\",type=\"admit\"}} 1"),
        format!("{plugin}{{name=\"PodSecurity\",operation=\"CREATE\",rejected=\"false\",type=\"validate\"}} 1"),
        format!("{step}{{operation=\"CREATE\",rejected=\"false\",type=\"admit\"}} 1"),
        format!("{step}{{operation=\"CREATE\",rejected=\"true\",type=\"admit\"}} 1"),
        format!("{step}{{operation=\"CREATE\",rejected=\"false\",type=\"validate\"}} 1"),
    ] {
        assert!(text.contains(&format!("\n{line}\n")), "{line} in {text}");
    }
    assert!(!text.contains("PodResizeValidator"), "it has no say in a create");
}
