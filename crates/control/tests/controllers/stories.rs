//! Behaviour of single controllers, told step by step.
use crate::{
    lab::Lab,
    objects::{
        account, aggregate, cluster_role, deployment, namespace, node, owned_config_map, replica_set, silent,
        token_secret,
    },
};
use serde_json::{Value, json};
use skeg_model::{request::Propagation, status::Status};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_rollout_keeps_enough_pods_available() {
    let mut lab = Lab::new(&["deployment-controller", "replicaset-controller"], &[deployment()]);
    lab.settle().await;
    lab.update("deployments", "web", |it| it["spec"]["template"]["spec"]["containers"][0]["image"] = "app:v2".into())
        .await;
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let ready = lab.api.objects("pods").iter().filter(|pod| pod["status"]["phase"] == "Running").count();
        assert!(ready >= 3, "{ready} of 3 available");
        lab.report().await;
    }
    lab.settle().await;
    let images: Vec<Value> =
        lab.api.objects("pods").iter().map(|pod| pod["spec"]["containers"][0]["image"].clone()).collect();
    assert_eq!(images, ["app:v2", "app:v2", "app:v2"]);
    let status = &lab.api.objects("deployments")[0]["status"];
    assert_eq!(status["conditions"][1]["reason"], "NewReplicaSetAvailable");
    lab.stop().await;
}

#[tokio::test(start_paused = true)]
async fn refused_pods_show_in_the_status() {
    let mut lab = Lab::new(&["replicaset-controller"], &[]);
    for _ in 0..50 {
        lab.api.refuse("create pods", Status::forbidden("", "pods", "web-1", "exceeded quota"));
    }
    let (resource, object) = replica_set();
    lab.create(resource, object).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let condition = lab.api.objects("replicasets")[0]["status"]["conditions"][0].clone();
    assert_eq!(condition["reason"], "FailedCreate");
    assert_eq!(condition["message"], "pods \"web-1\" is forbidden: exceeded quota");
    lab.stop().await;
}

async fn owner_and_dependent(block: bool) -> Lab {
    let lab = Lab::new(&["garbage-collector-controller"], &[]);
    lab.create("configmaps", json!({ "metadata": { "name": "owner", "namespace": "n" } })).await;
    let uid = lab.api.objects("configmaps")[0]["metadata"]["uid"].as_str().unwrap().to_owned();
    let (resource, mut dependent) = owned_config_map("dependent", "owner", &uid);
    dependent["metadata"]["ownerReferences"][0]["blockOwnerDeletion"] = block.into();
    lab.create(resource, dependent).await;
    lab.settle().await;
    lab
}

#[tokio::test(start_paused = true)]
async fn dependents_follow_their_owner() {
    for (how, left) in [
        (None, vec![]),
        (Some(Propagation::Background), vec![]),
        (Some(Propagation::Foreground), vec![]),
        (Some(Propagation::Orphan), vec!["dependent"]),
    ] {
        let mut lab = owner_and_dependent(true).await;
        lab.delete("configmaps", Some("n"), "owner", how).await;
        lab.settle().await;
        let rest = lab.api.objects("configmaps");
        let names: Vec<_> = rest.iter().map(|it| it["metadata"]["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names, left, "{how:?}");
        assert!(rest.iter().all(|it| it["metadata"]["ownerReferences"].is_null()), "{how:?}");
        lab.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_namespace_is_emptied_and_goes() {
    let objects = [namespace("n"), ("configmaps", json!({ "metadata": { "name": "c", "namespace": "n" } }))];
    let mut lab = Lab::new(&["namespace-controller"], &objects);
    lab.settle().await;
    lab.delete("namespaces", None, "n", None).await;
    lab.settle().await;
    assert_eq!(lab.api.objects("configmaps"), Vec::<Value>::new());
    let finalizers = lab.api.objects("namespaces").first().map(|it| it["spec"]["finalizers"].clone());
    assert!(finalizers.is_none_or(|it| it.is_null() || it == json!([])));
    lab.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_node_becomes_unreachable() {
    let mut lab = Lab::new(&["node-lifecycle-controller"], &[silent(node("n1")), node("n2")]);
    lab.settle().await;
    let nodes = lab.api.objects("nodes");
    assert_eq!(nodes[0]["status"]["conditions"][0]["status"], "Unknown");
    assert_eq!(nodes[0]["status"]["conditions"][0]["reason"], "NodeStatusUnknown");
    let taints: Vec<_> = nodes[0]["spec"]["taints"].as_array().unwrap().iter().map(|it| it["effect"].clone()).collect();
    assert_eq!(taints, ["NoSchedule", "NoExecute"]);
    assert_eq!(nodes[1]["spec"]["taints"], Value::Null);
    lab.stop().await;
}

/// What is said of a pod whose node is tainted and, after a while, no longer is.
#[tokio::test(start_paused = true)]
async fn an_eviction_that_waits_can_be_called_off() {
    let mut pod =
        json!({ "metadata": { "name": "p", "namespace": "n" }, "spec": { "nodeName": "n1", "containers": [] } });
    pod["spec"]["tolerations"] = json!([{ "key": "k", "operator": "Exists", "tolerationSeconds": 60 }]);
    let mut lab = Lab::new(&["taint-eviction-controller"], &[node("n1"), ("pods", pod)]);
    let taint = |on: bool| {
        move |node: &mut Value| {
            node["spec"]["taints"] = if on { json!([{ "key": "k", "effect": "NoExecute" }]) } else { json!(null) };
        }
    };
    lab.update("nodes", "n1", taint(true)).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    lab.update("nodes", "n1", taint(false)).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(lab.api.objects("pods").len(), 1);
    let said = |lab: &Lab| -> Vec<Value> { lab.api.objects("events").iter().map(|it| it["message"].clone()).collect() };
    assert_eq!(said(&lab), ["Cancelling deletion of Pod n/p"]);
    lab.update("nodes", "n1", taint(true)).await;
    tokio::time::sleep(Duration::from_secs(70)).await;
    let pod = &lab.api.objects("pods")[0];
    assert!(pod["metadata"]["deletionTimestamp"].is_string(), "{pod}");
    assert_eq!(pod["status"]["conditions"][0]["reason"], "DeletionByTaintManager");
    assert!(said(&lab).contains(&"Marking for deletion Pod n/p".into()));
    lab.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_takes_the_old_template_back() {
    let mut lab = Lab::new(&["deployment-controller", "replicaset-controller"], &[deployment()]);
    lab.settle().await;
    lab.update("deployments", "web", |it| it["spec"]["template"]["spec"]["containers"][0]["image"] = "app:v2".into())
        .await;
    lab.settle().await;
    let back = |it: &mut Value| it["metadata"]["annotations"]["deprecated.deployment.rollback.to"] = "0".into();
    lab.update("deployments", "web", back).await;
    lab.settle().await;
    let deployment = &lab.api.objects("deployments")[0];
    assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["image"], "app:v1");
    assert_eq!(deployment["metadata"]["annotations"], json!({ "deployment.kubernetes.io/revision": "3" }));
    let events = lab.api.objects("events");
    let told = events.iter().find(|it| it["reason"] == "DeploymentRollback").unwrap();
    assert_eq!(told["message"], "Rolled back deployment \"web\" to revision 1");
    lab.stop().await;
}

#[tokio::test(start_paused = true)]
async fn views_survive_a_compaction() {
    let mut lab = Lab::new(&["replicaset-controller"], &[replica_set()]);
    lab.settle().await;
    lab.api.compact();
    let pods = lab.api.objects("pods");
    let name = pods[0]["metadata"]["name"].as_str().unwrap();
    lab.delete("pods", Some("n"), name, None).await;
    lab.settle().await;
    assert_eq!(lab.api.objects("pods").len(), 4);
    lab.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_aggregate_loses_what_its_last_part_gave() {
    let objects = [aggregate("all", "all"), cluster_role("part", Some("all"))];
    let mut lab = Lab::new(&["clusterrole-aggregation-controller"], &objects);
    lab.settle().await;
    let rules = |lab: &Lab| lab.api.objects("clusterroles")[0]["rules"].clone();
    assert_eq!(rules(&lab), lab.api.objects("clusterroles")[1]["rules"]);
    lab.delete("clusterroles", None, "part", None).await;
    lab.settle().await;
    assert_eq!(rules(&lab), Value::Null);
    lab.stop().await;
}

/// Endpoints of pods whose node is unknown are left out, and it is said.
#[tokio::test(start_paused = true)]
async fn a_pod_on_an_unknown_node_is_no_endpoint() {
    let (resource, mut pod) = crate::states::bound_pod();
    pod["status"] = crate::lab::ready_status(crate::objects::LONG_AGO);
    let objects = [crate::objects::service("web", Some("web")), (resource, pod)];
    let mut lab = Lab::new(&["endpointslice-controller"], &objects);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let slice = lab.api.objects("endpointslices").remove(0);
    assert!(slice["endpoints"].as_array().is_none_or(Vec::is_empty), "{slice}");
    assert_eq!(
        lab.api.objects("events")[0]["message"],
        "Error updating Endpoint Slices for Service n/web: skipping Pod web-1 for Service n/web: Node n1 Not Found"
    );
    let (resource, object) = node("n1");
    lab.create(resource, object).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(lab.api.objects("endpointslices")[0]["endpoints"][0]["nodeName"], "n1");
    lab.stop().await;
}

/// Only an owner that was seen in another namespace is reported as misplaced.
#[tokio::test(start_paused = true)]
async fn owners_in_other_namespaces_are_reported() {
    let mut lab = Lab::new(&["garbage-collector-controller"], &[]);
    lab.create("configmaps", json!({ "metadata": { "name": "owner", "namespace": "other" } })).await;
    let uid = lab.api.objects("configmaps")[0]["metadata"]["uid"].as_str().unwrap().to_owned();
    let references = json!([{ "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid }]);
    let (resource, mut cluster) = cluster_role("wide", None);
    cluster["metadata"]["ownerReferences"] = references.clone();
    lab.create(resource, cluster).await;
    let (resource, mut stranger) = cluster_role("stranger", None);
    stranger["metadata"]["ownerReferences"] = references.clone();
    stranger["metadata"]["ownerReferences"][0]["uid"] = "uid-unknown".into();
    lab.create(resource, stranger).await;
    let dependent = json!({ "metadata": { "name": "d", "namespace": "n", "ownerReferences": references } });
    lab.create("configmaps", dependent).await;
    lab.settle().await;
    assert_eq!(lab.api.objects("clusterroles").len(), 2, "references that mean nothing delete nothing");
    let names: Vec<Value> = lab.api.objects("configmaps").iter().map(|it| it["metadata"]["name"].clone()).collect();
    assert_eq!(names, ["owner"]);
    let told = |object: &str, namespace: &str| {
        let place = format!("[v1/ConfigMap, namespace: {namespace}, name: owner, uid: {uid}]");
        (Value::from(object), Value::from(format!("ownerRef {place} does not exist in namespace {namespace:?}")))
    };
    let mut events: Vec<_> = lab
        .api
        .objects("events")
        .iter()
        .map(|it| (it["involvedObject"]["name"].clone(), it["message"].clone()))
        .collect();
    events.sort_by_key(|it| it.0.to_string());
    assert_eq!(events, [told("d", "n"), told("wide", "")]);
    lab.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_account_no_longer_lists_a_token_that_went() {
    let mut bot = account("bot");
    bot.1["secrets"] = json!([{ "name": "t" }, { "name": "mine" }]);
    let mut lab = Lab::new(&["serviceaccount-token-controller"], &[bot, token_secret("t", "bot")]);
    lab.settle().await;
    lab.delete("secrets", Some("n"), "t", None).await;
    lab.settle().await;
    assert_eq!(lab.api.objects("serviceaccounts")[0]["secrets"], json!([{ "name": "mine" }]));
    lab.stop().await;
}

/// The finalizer was set by hand before anybody deleted the owner.
#[tokio::test(start_paused = true)]
async fn an_owner_with_the_finalizer_from_birth_is_collected() {
    let mut lab = owner_and_dependent(true).await;
    lab.update("configmaps", "owner", |owner| owner["metadata"]["finalizers"] = json!(["foregroundDeletion"])).await;
    lab.settle().await;
    lab.delete("configmaps", Some("n"), "owner", None).await;
    lab.settle().await;
    assert_eq!(lab.api.objects("configmaps"), Vec::<Value>::new());
    lab.stop().await;
}
