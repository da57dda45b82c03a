//! Kinds that come and go while the controllers run.
use crate::{lab::Lab, objects::namespace};
use serde_json::{Value, json};
use skeg_client::{discovery::ApiResource, object::target};
use skeg_model::request::{DeleteOptions, Gvr};
use std::time::Duration;

const WIDGETS: Gvr = Gvr::new("example.com", "v1", "widgets");

fn widgets() -> ApiResource {
    let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    ApiResource {
        gvr: WIDGETS,
        kind: "Widget".into(),
        namespaced: true,
        verbs: verbs.map(Into::into).to_vec(),
        subresources: Vec::new(),
    }
}

async fn create_widget(lab: &Lab, name: &str, owner: Option<(&str, &str, &str)>) {
    let mut object = json!({ "kind": "Widget", "metadata": { "name": name, "namespace": "n" } });
    if let Some((kind, owner, uid)) = owner {
        let version = if kind == "Widget" { "example.com/v1" } else { "v1" };
        object["metadata"]["ownerReferences"] =
            json!([{ "apiVersion": version, "kind": kind, "name": owner, "uid": uid }]);
    }
    lab.client.create_tree(&target(WIDGETS, Some("n"), None, None), object).await.unwrap();
}

fn names(lab: &Lab, resource: &str) -> Vec<Value> {
    lab.api.objects(resource).iter().map(|it| it["metadata"]["name"].clone()).collect()
}

async fn a_moment() {
    tokio::time::sleep(Duration::from_secs(2)).await;
}

#[tokio::test(start_paused = true)]
async fn the_collector_learns_a_kind_when_it_appears() {
    let mut lab = Lab::new(&["garbage-collector-controller"], &[]);
    create_widget(&lab, "w", Some(("ConfigMap", "gone", "uid-gone"))).await;
    create_widget(&lab, "owner", None).await;
    let owner = lab.api.objects("widgets").into_iter().find(|it| it["metadata"]["name"] == "owner").unwrap();
    let reference = json!([{
        "apiVersion": "example.com/v1", "kind": "Widget", "name": "owner", "uid": owner["metadata"]["uid"]
    }]);
    let map = json!({ "metadata": { "name": "c", "namespace": "n", "ownerReferences": reference } });
    lab.create("configmaps", map).await;
    // Nobody knows what a Widget is: neither is it collected, nor does its dependent count as lost.
    tokio::time::sleep(Duration::from_secs(4000)).await;
    assert_eq!((names(&lab, "widgets").len(), names(&lab, "configmaps").len()), (2, 1));
    lab.api.serve(&[widgets()], &[]);
    a_moment().await;
    assert_eq!(names(&lab, "widgets"), ["owner"]);
    lab.client.delete_target(&target(WIDGETS, Some("n"), Some("owner"), None), DeleteOptions::default()).await.unwrap();
    a_moment().await;
    assert_eq!(names(&lab, "configmaps"), Vec::<Value>::new());
    lab.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_vanishes_takes_nothing_with_it() {
    let mut lab = Lab::new(&["garbage-collector-controller"], &[]);
    lab.api.serve(&[widgets()], &[]);
    a_moment().await;
    create_widget(&lab, "owner", None).await;
    let uid = lab.api.objects("widgets")[0]["metadata"]["uid"].as_str().unwrap().to_owned();
    create_widget(&lab, "w", Some(("Widget", "owner", &uid))).await;
    a_moment().await;
    for (others, failures) in [(vec![], vec![("example.com/v1", "out of order")]), (vec![], vec![])] {
        lab.api.serve(&others, &failures);
        a_moment().await;
        assert_eq!(names(&lab, "widgets"), ["owner", "w"], "{failures:?}");
    }
    lab.api.serve(&[widgets()], &[]);
    a_moment().await;
    lab.client.delete_target(&target(WIDGETS, Some("n"), Some("owner"), None), DeleteOptions::default()).await.unwrap();
    a_moment().await;
    assert_eq!(names(&lab, "widgets"), Vec::<Value>::new());
    lab.stop().await;
}

fn condition(lab: &Lab, name: &str) -> (Value, Value, Value) {
    let namespace = &lab.api.objects("namespaces")[0];
    let conditions = namespace["status"]["conditions"].as_array().unwrap();
    let found = conditions.iter().find(|it| it["type"] == name).unwrap();
    (found["status"].clone(), found["reason"].clone(), found["message"].clone())
}

#[tokio::test(start_paused = true)]
async fn a_namespace_is_emptied_of_kinds_that_appeared() {
    let mut lab = Lab::new(&["namespace-controller"], &[namespace("n")]);
    create_widget(&lab, "w", None).await;
    lab.api.serve(&[widgets()], &[]);
    lab.delete("namespaces", None, "n", None).await;
    a_moment().await;
    assert_eq!(names(&lab, "widgets"), Vec::<Value>::new());
    let namespace = &lab.api.objects("namespaces")[0];
    assert!(namespace["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty), "{namespace}");
    let (status, reason, _) = condition(&lab, "NamespaceContentRemaining");
    assert_eq!((status, reason), ("False".into(), "ContentRemoved".into()));
    lab.stop().await;
}

/// As long as a part of the API cannot be discovered, there may be content in it.
#[tokio::test(start_paused = true)]
async fn a_namespace_waits_for_what_cannot_be_discovered() {
    let mut lab = Lab::new(&["namespace-controller"], &[namespace("n")]);
    lab.create("configmaps", json!({ "metadata": { "name": "c", "namespace": "n" } })).await;
    lab.api.serve(&[], &[("example.com/v1", "the server is currently unable to handle the request")]);
    lab.delete("namespaces", None, "n", None).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(names(&lab, "configmaps"), Vec::<Value>::new());
    let (status, reason, message) = condition(&lab, "NamespaceDeletionDiscoveryFailure");
    assert_eq!((status, reason), ("True".into(), "DiscoveryFailed".into()));
    assert_eq!(
        message,
        "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: \
         example.com/v1: the server is currently unable to handle the request"
    );
    assert_eq!(lab.api.objects("namespaces")[0]["spec"]["finalizers"], json!(["kubernetes"]));
    lab.api.serve(&[], &[]);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert!(lab.api.objects("namespaces")[0]["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty));
    lab.stop().await;
}

/// Nothing explains why an object stays: no finalizer, no grace period.
#[tokio::test(start_paused = true)]
async fn pods_that_outlive_their_grace_period_are_told_of() {
    let pod = json!({
        "metadata": { "name": "p", "namespace": "n" },
        "spec": { "nodeName": "n1", "terminationGracePeriodSeconds": 30, "containers": [] },
    });
    let mut lab = Lab::new(&["namespace-controller"], &[namespace("n"), ("pods", pod)]);
    lab.delete("namespaces", None, "n", None).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(condition(&lab, "NamespaceDeletionContentFailure").0, "False");
    tokio::time::sleep(Duration::from_secs(50)).await;
    let (status, reason, message) = condition(&lab, "NamespaceDeletionContentFailure");
    assert_eq!((status, reason), ("True".into(), "ContentDeletionFailed".into()));
    assert_eq!(
        message,
        "Failed to delete all resource types, 1 remaining: unexpected items still remain in namespace: n for gvr: /v1, \
         Resource=pods"
    );
    assert_eq!(condition(&lab, "NamespaceContentRemaining").1, "ContentRemoved");
    lab.stop().await;
}
