//! Every controller through the fake API server: it converges and then rests, a crash between any two writes changes
//! nothing in the end, and a view that lags never makes it act twice.
#![expect(clippy::unwrap_used, reason = "a test may panic anywhere")]

use jiff::SignedDuration;
use serde_json::{Value, json};
use skeg_client::{Client, SharedTransport, object::target};
use skeg_control::controllers::{ControllerManagerConfig, run};
use skeg_model::{
    request::{DeleteOptions, Gvr, Propagation},
    status::Status,
    time::Clock,
};
use skeg_testing::{
    api::{FakeApi, FakeTransport},
    clock::FakeClock,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server with controllers that can be stopped and started.
struct Lab {
    api: Arc<FakeApi>,
    clock: Arc<FakeClock>,
    client: Client,
    controllers: Vec<String>,
    running: Option<(DropGuard, JoinHandle<()>)>,
}

const GROUPS: &[(&str, &str, &str)] = &[
    ("deployments", "apps", "Deployment"),
    ("replicasets", "apps", "ReplicaSet"),
    ("endpointslices", "discovery.k8s.io", "EndpointSlice"),
    ("leases", "coordination.k8s.io", "Lease"),
    ("clusterroles", "rbac.authorization.k8s.io", "ClusterRole"),
    ("pods", "", "Pod"),
    ("services", "", "Service"),
    ("nodes", "", "Node"),
    ("namespaces", "", "Namespace"),
    ("configmaps", "", "ConfigMap"),
    ("secrets", "", "Secret"),
];

fn gvr(resource: &'static str) -> Gvr {
    let group = GROUPS.iter().find(|(name, ..)| *name == resource).map_or("", |(_, group, _)| group);
    Gvr::new(group, "v1", resource)
}

impl Lab {
    async fn new(controllers: &[&str], objects: &[(&'static str, Value)]) -> Self {
        let clock = Arc::new(FakeClock::default());
        let api = FakeApi::new(clock.clone());
        let client = Client::new(Arc::new(FakeTransport(api.clone())));
        let controllers = controllers.iter().map(|name| (*name).to_owned()).collect();
        let mut lab = Self { api, clock, client, controllers, running: None };
        for (resource, object) in objects {
            lab.create(resource, object.clone()).await;
        }
        lab.api.take_writes();
        lab.start();
        lab
    }

    async fn create(&self, resource: &'static str, object: Value) {
        let namespace = object["metadata"]["namespace"].as_str();
        self.client.create_tree(&target(gvr(resource), namespace, None, None), object.clone()).await.unwrap();
    }

    async fn update(&self, resource: &'static str, name: &str, change: impl Fn(&mut Value)) {
        let objects = self.api.objects(resource);
        let mut object = objects.into_iter().find(|object| object["metadata"]["name"] == name).unwrap();
        let subresource = (resource == "pods" || resource == "nodes").then_some("status");
        change(&mut object);
        let namespace = object["metadata"]["namespace"].as_str().map(str::to_owned);
        let target = target(gvr(resource), namespace.as_deref(), Some(name), subresource);
        self.client.update_tree(&target, object).await.unwrap();
    }

    async fn delete(&self, resource: &'static str, namespace: Option<&str>, name: &str, how: Option<Propagation>) {
        let options = DeleteOptions { propagation: how, ..DeleteOptions::default() };
        self.client.delete_target(&target(gvr(resource), namespace, Some(name), None), options).await.unwrap();
    }

    fn start(&mut self) {
        let transport: SharedTransport = Arc::new(FakeTransport(self.api.clone()));
        let client = Client::new(transport.clone());
        let client_for = Arc::new(move |_: &str| Client::new(transport.clone()));
        let mut config = ControllerManagerConfig::new(client, client_for, self.clock.clone(), "PEM".into());
        config.controllers.clone_from(&self.controllers);
        config.service_account_tokens = Some(Arc::new(|_: &str, secret: &str, _: &str, _: &str| Ok(secret.to_owned())));
        let token = CancellationToken::new();
        let task = tokio::spawn({
            let token = token.clone();
            async move { run(config, token).await.unwrap() }
        });
        self.running = Some((token.drop_guard(), task));
    }

    async fn stop(&mut self) {
        let (token, task) = self.running.take().unwrap();
        drop(token);
        task.await.unwrap();
    }

    /// Runs until nothing has changed for a while of (paused) time; kubelets report every pod ready meanwhile.
    async fn settle(&self) {
        loop {
            let before = self.api.revision();
            tokio::time::sleep(Duration::from_secs(20)).await;
            self.report_pods().await;
            if self.api.revision() == before {
                return;
            }
        }
    }

    async fn report_pods(&self) {
        for pod in self.api.objects("pods") {
            let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
            if pod["metadata"]["deletionTimestamp"].is_string() {
                let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
                let namespace = pod["metadata"]["namespace"].as_str();
                let _ = self.client.delete_target(&target(gvr("pods"), namespace, Some(&name), None), options).await;
            } else if pod["status"].is_null() {
                self.update("pods", &name, |pod| pod["status"] = ready_status()).await;
            }
        }
    }

    /// The world without what differs from run to run.
    fn world(&self) -> BTreeMap<String, Vec<String>> {
        let kinds =
            ["deployments", "replicasets", "pods", "endpointslices", "endpoints", "serviceaccounts", "configmaps"];
        let more = ["namespaces", "nodes", "secrets", "clusterroles"];
        let resources = kinds.into_iter().chain(more);
        resources.map(|resource| (resource.to_owned(), self.plain(resource))).collect()
    }

    fn plain(&self, resource: &str) -> Vec<String> {
        let mut texts: Vec<String> = self.api.objects(resource).into_iter().map(plain).collect();
        texts.sort();
        texts
    }

    /// Writes since last asked, events left out.
    fn writes(&self) -> Vec<String> {
        let writes = self.api.take_writes().into_iter();
        writes.filter(|line| !line.contains(" events") && !line.starts_with("update pods/status")).collect()
    }
}

fn plain(mut object: Value) -> String {
    let meta = object["metadata"].as_object_mut().unwrap();
    if let Some(prefix) = meta.get("generateName").cloned() {
        meta.insert("name".into(), prefix);
    }
    strip(&mut object);
    object.to_string()
}

fn strip(value: &mut Value) {
    const UNSTABLE: &[&str] =
        &["uid", "resourceVersion", "creationTimestamp", "name", "generation", "observedGeneration", "annotations"];
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !UNSTABLE.contains(&name.as_str()) && !name.ends_with("Time"));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => {
            items.iter_mut().for_each(strip);
            items.sort_by_key(ToString::to_string);
        }
        _ => {}
    }
}

fn ready_status() -> Value {
    json!({
        "phase": "Running", "podIP": "10.0.0.1", "podIPs": [{ "ip": "10.0.0.1" }],
        "conditions": [{ "type": "Ready", "status": "True", "lastTransitionTime": "2025-01-01T00:00:00Z" }],
    })
}

fn namespace(name: &str) -> (&'static str, Value) {
    let spec = json!({ "finalizers": ["kubernetes"] });
    ("namespaces", json!({ "metadata": { "name": name }, "spec": spec, "status": { "phase": "Active" } }))
}

fn template() -> Value {
    json!({
        "metadata": { "labels": { "app": "web" } },
        "spec": { "containers": [{ "name": "c", "image": "app:v1" }] },
    })
}

fn deployment() -> (&'static str, Value) {
    (
        "deployments",
        json!({
            "metadata": { "name": "web", "namespace": "n" },
            "spec": {
                "replicas": 3, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
                "selector": { "matchLabels": { "app": "web" } },
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
                "template": template(),
            },
        }),
    )
}

fn replica_set() -> (&'static str, Value) {
    (
        "replicasets",
        json!({
            "metadata": { "name": "web", "namespace": "n" },
            "spec": { "replicas": 4, "selector": { "matchLabels": { "app": "web" } }, "template": template() },
        }),
    )
}

fn service() -> (&'static str, Value) {
    (
        "services",
        json!({
            "metadata": { "name": "web", "namespace": "n" },
            "spec": {
                "clusterIP": "10.96.0.7", "ipFamilies": ["IPv4"], "selector": { "app": "web" },
                "publishNotReadyAddresses": true, "ports": [{ "port": 80, "targetPort": 8080, "protocol": "TCP" }],
            },
        }),
    )
}

fn node(name: &str) -> (&'static str, Value) {
    (
        "nodes",
        json!({
            "metadata": { "name": name, "labels": { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" } },
            "spec": { "taints": [{ "key": "node.kubernetes.io/not-ready", "effect": "NoSchedule" }] },
            "status": { "conditions": [
                { "type": "Ready", "status": "True", "lastHeartbeatTime": "2025-06-15T15:06:40Z" },
            ]},
        }),
    )
}

fn owned_config_map(name: &str, owner_uid: &str) -> (&'static str, Value) {
    let owner = json!({ "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner_uid });
    (
        "configmaps",
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": name, "namespace": "n", "ownerReferences": [owner] },
        }),
    )
}

fn mirrored() -> Objects {
    let (_, mut service) = service();
    service["spec"]["selector"] = Value::Null;
    let subsets = json!([{ "addresses": [{ "ip": "192.0.2.1" }], "ports": [{ "port": 80, "protocol": "TCP" }] }]);
    let endpoints = json!({ "metadata": { "name": "web", "namespace": "n" }, "subsets": subsets });
    vec![("services", service), ("endpoints", endpoints)]
}

fn roles() -> Objects {
    let selector = json!({ "clusterRoleSelectors": [{ "matchLabels": { "to": "all" } }] });
    let rules = json!([{ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] }]);
    vec![
        ("clusterroles", json!({ "metadata": { "name": "all" }, "aggregationRule": selector })),
        ("clusterroles", json!({ "metadata": { "name": "part", "labels": { "to": "all" } }, "rules": rules })),
    ]
}

/// Being deleted, and never bound: no kubelet will end it.
fn stuck_pod() -> (&'static str, Value) {
    let meta = json!({ "name": "p", "namespace": "n", "deletionTimestamp": "2025-06-15T15:00:00Z" });
    ("pods", json!({ "metadata": meta, "spec": { "containers": [] }, "status": { "phase": "Pending" } }))
}

fn tainted_node(name: &str) -> (&'static str, Value) {
    let (resource, mut node) = node(name);
    node["spec"]["taints"] = json!([{ "key": "k", "effect": "NoExecute" }]);
    (resource, node)
}

fn bound_pod(node: &str) -> (&'static str, Value) {
    let spec = json!({ "nodeName": node, "containers": [] });
    ("pods", json!({ "metadata": { "name": "p", "namespace": "n" }, "spec": spec, "status": ready_status() }))
}

fn account(name: &str) -> (&'static str, Value) {
    ("serviceaccounts", json!({ "metadata": { "name": name, "namespace": "n" } }))
}

fn token_secret(name: &str, account: &str) -> (&'static str, Value) {
    let annotations = json!({ "kubernetes.io/service-account.name": account });
    let meta = json!({ "name": name, "namespace": "n", "annotations": annotations });
    ("secrets", json!({ "metadata": meta, "type": "kubernetes.io/service-account-token" }))
}

type Objects = Vec<(&'static str, Value)>;

/// Controllers and what they start from.
fn cases() -> Vec<(&'static [&'static str], Objects)> {
    vec![
        (
            &["serviceaccount-controller", "root-ca-certificate-publisher-controller"],
            vec![namespace("a"), namespace("b")],
        ),
        (&["replicaset-controller"], vec![replica_set()]),
        (&["deployment-controller", "replicaset-controller"], vec![deployment()]),
        (
            &["endpoints-controller", "endpointslice-controller", "replicaset-controller"],
            vec![replica_set(), service()],
        ),
        (&["garbage-collector-controller"], vec![owned_config_map("orphan", "no-such-uid")]),
        (&["endpointslice-mirroring-controller"], mirrored()),
        (&["clusterrole-aggregation-controller"], roles()),
        (&["ttl-controller"], vec![node("n1"), node("n2")]),
        (&["pod-garbage-collector-controller"], vec![stuck_pod()]),
        (&["taint-eviction-controller"], vec![tainted_node("n1"), bound_pod("n1")]),
        (
            &["serviceaccount-token-controller"],
            vec![account("bot"), token_secret("t", "bot"), token_secret("u", "gone")],
        ),
        (&["node-ipam-controller"], vec![node("n1"), node("n2")]),
        (&["node-lifecycle-controller"], vec![node("n1"), node("n2")]),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_converges_and_rests() {
    for (controllers, objects) in cases() {
        let mut lab = Lab::new(controllers, &objects).await;
        lab.settle().await;
        assert_ne!(lab.writes(), Vec::<String>::new(), "{controllers:?} did nothing");
        lab.stop().await;
        lab.start();
        lab.settle().await;
        assert_eq!(lab.writes(), Vec::<String>::new(), "{controllers:?} does not rest");
        lab.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_two_writes_changes_nothing() {
    for (controllers, objects) in cases() {
        let mut lab = Lab::new(controllers, &objects).await;
        lab.settle().await;
        let (goal, writes) = (lab.world(), lab.writes().len());
        lab.stop().await;
        for cut in 0..writes {
            let mut lab = Lab::new(controllers, &objects).await;
            lab.api.cut_after(cut);
            tokio::time::sleep(Duration::from_secs(20)).await;
            lab.stop().await;
            lab.api.restore();
            lab.start();
            lab.settle().await;
            assert_eq!(lab.world(), goal, "{controllers:?} cut after {cut} of {writes} writes");
            lab.stop().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lagging_view_never_acts_twice() {
    for (controllers, objects) in cases() {
        let mut calm = Lab::new(controllers, &objects).await;
        calm.settle().await;
        let goal = calm.world();
        calm.stop().await;
        let mut lab = Lab::new(controllers, &[]).await;
        lab.settle().await;
        for (resource, object) in &objects {
            lab.create(resource, object.clone()).await;
        }
        for _ in 0..40 {
            // Each thaw shows what was written since the last one, long after it was written.
            lab.api.freeze();
            tokio::time::sleep(Duration::from_secs(5)).await;
            lab.api.thaw();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let writes = lab.writes();
        let created = writes.iter().filter(|line| line.starts_with("create pods")).count();
        lab.settle().await;
        let deleted = writes.iter().filter(|line| line.starts_with("delete pods")).count();
        assert!(created <= lab.api.objects("pods").len() + deleted, "{controllers:?} {writes:?}");
        let expected = objects.iter().filter(|(resource, _)| *resource == "pods").count();
        assert!(deleted <= expected, "{controllers:?} {writes:?}");
        assert_eq!(lab.world(), goal, "{controllers:?}");
        lab.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rollout_keeps_enough_pods_available() {
    let mut lab = Lab::new(&["deployment-controller", "replicaset-controller"], &[deployment()]).await;
    lab.settle().await;
    lab.update("deployments", "web", |it| it["spec"]["template"]["spec"]["containers"][0]["image"] = "app:v2".into())
        .await;
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let ready = lab.api.objects("pods").iter().filter(|pod| pod["status"]["phase"] == "Running").count();
        assert!(ready >= 3, "{ready} of 3 available");
        lab.report_pods().await;
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
    let mut lab = Lab::new(&["replicaset-controller"], &[]).await;
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
    let lab = Lab::new(&["garbage-collector-controller"], &[]).await;
    lab.create("configmaps", json!({ "metadata": { "name": "owner", "namespace": "n" } })).await;
    let uid = lab.api.objects("configmaps")[0]["metadata"]["uid"].as_str().unwrap().to_owned();
    let (resource, mut dependent) = owned_config_map("dependent", &uid);
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
    let mut lab = Lab::new(&["namespace-controller"], &objects).await;
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
    let mut lab = Lab::new(&["node-lifecycle-controller"], &[node("n1"), node("n2")]).await;
    lab.settle().await;
    lab.clock.advance(SignedDuration::from_secs(60));
    lab.update("nodes", "n2", |it| it["status"]["conditions"][0]["lastHeartbeatTime"] = "2025-06-15T16:00:00Z".into())
        .await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    let nodes = lab.api.objects("nodes");
    assert_eq!(nodes[0]["status"]["conditions"][0]["status"], "Unknown");
    assert_eq!(nodes[0]["status"]["conditions"][0]["reason"], "NodeStatusUnknown");
    let taints: Vec<_> = nodes[0]["spec"]["taints"].as_array().unwrap().iter().map(|it| it["effect"].clone()).collect();
    assert_eq!(taints, ["NoSchedule", "NoExecute"]);
    assert_eq!(nodes[1]["spec"]["taints"], Value::Null);
    lab.stop().await;
}

#[tokio::test(start_paused = true)]
async fn views_survive_a_compaction() {
    let mut lab = Lab::new(&["replicaset-controller"], &[replica_set()]).await;
    lab.settle().await;
    lab.api.compact();
    let pods = lab.api.objects("pods");
    let name = pods[0]["metadata"]["name"].as_str().unwrap();
    lab.delete("pods", Some("n"), name, None).await;
    lab.settle().await;
    assert_eq!(lab.api.objects("pods").len(), 4);
    assert!(lab.clock.now() > jiff::Timestamp::UNIX_EPOCH);
    lab.stop().await;
}
