use super::*;
use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::{Value, json};
use std::sync::Arc;

fn node(name: &str, patch: Value) -> Node {
    let mut tree = json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}, "spec": {},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "3"}},
    });
    skeg_model::patch::merge::apply(&mut tree, &patch);
    serde_json::from_value(tree).unwrap()
}

fn pod(name: &str, spec: Value) -> PodFacts {
    let mut tree = json!({
        "metadata": {"name": name, "namespace": "d", "uid": name},
        "spec": {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]},
    });
    skeg_model::patch::merge::apply(&mut tree["spec"], &spec);
    PodFacts::new(&serde_json::from_value::<Pod>(tree).unwrap())
}

fn cluster(nodes: &[Node]) -> Cluster {
    let mut cluster = Cluster::default();
    nodes.iter().for_each(|n| cluster.set_node(n));
    cluster
}

fn check(pod: &PodFacts, cluster: &Cluster, expected: &str) {
    let got = match schedule(pod, cluster, 0) {
        Decision::Bind { name, .. } => name.to_string(),
        Decision::Unschedulable(why) => why.message(),
    };
    assert_eq!(got, expected);
}

#[test]
fn reasons_are_counted_in_upstreams_words() {
    let taint = json!({"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}});
    let nodes = [
        node("a", json!({"spec": {"unschedulable": true}})),
        node("b", taint),
        node("c", json!({"status": {"allocatable": {"cpu": "500m"}}})),
    ];
    let cluster = cluster(&nodes);
    let all = "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.";
    check(&pod("p", json!({})), &cluster, all);
    check(&pod("p", json!({"tolerations": [{"operator": "Exists"}]})), &cluster, "a");
    check(&pod("p", json!({"nodeSelector": {"x": "y"}})), &Cluster::default(), "no nodes available to schedule pods");
}

#[test]
fn the_emptier_node_wins_and_pods_count_until_they_are_gone() {
    let mut cluster = cluster(&[node("a", json!({})), node("b", json!({}))]);
    cluster.set_pod(Arc::new(pod("x", json!({}))), "a");
    check(&pod("p", json!({})), &cluster, "b");
    cluster.set_pod(Arc::new(pod("y", json!({}))), "b");
    cluster.set_pod(Arc::new(pod("z", json!({}))), "b");
    cluster.remove_pod("x");
    check(&pod("p", json!({})), &cluster, "a");
}

#[test]
fn pods_of_a_node_that_comes_late_count() {
    let mut cluster = Cluster::default();
    cluster.set_pod(Arc::new(pod("x", json!({}))), "a");
    cluster.set_pod(Arc::new(pod("y", json!({}))), "a");
    cluster.set_node(&node("a", json!({})));
    check(&pod("p", json!({})), &cluster, "0/1 nodes are available: 1 Insufficient cpu.");
    cluster.remove_node("a");
    cluster.set_node(&node("a", json!({})));
    check(&pod("p", json!({})), &cluster, "0/1 nodes are available: 1 Insufficient cpu.");
}

#[test]
fn affinity_and_ports_decide() {
    let mut cluster = cluster(&[node("a", json!({"metadata": {"labels": {"disk": "ssd"}}})), node("b", json!({}))]);
    let wants = |operator: &str| {
        let term = json!({"matchExpressions": [{"key": "disk", "operator": operator}]});
        let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}});
        pod("p", json!({"affinity": {"nodeAffinity": required}}))
    };
    check(&wants("Exists"), &cluster, "a");
    check(&wants("DoesNotExist"), &cluster, "b");
    let port = json!({"containers": [{"name": "c", "ports": [{"containerPort": 1, "hostPort": 80}]}], "nodeSelector": {"disk": "ssd"}});
    cluster.set_pod(Arc::new(pod("x", port.clone())), "a");
    check(
        &pod("p", port),
        &cluster,
        "0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, \
                                      1 node(s) didn't match Pod's node affinity/selector.",
    );
}

#[test]
fn init_containers_and_sidecars_count_as_upstream_counts_them() {
    let asks = |cpu: &str| json!({"requests": {"cpu": cpu}});
    let facts = pod(
        "p",
        json!({
            "containers": [{"name": "c", "resources": asks("1")}],
            "initContainers": [
                {"name": "s", "restartPolicy": "Always", "resources": asks("500m")}, {"name": "i", "resources": asks("2")},
            ],
            "overhead": {"cpu": "100m"},
        }),
    );
    assert_eq!(facts.requests.cpu_milli, 2600);
}
