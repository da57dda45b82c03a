//! Pods that come from files of the node, and a resize after a restart: with real containers in a lab.
#![expect(clippy::unwrap_used, reason = "a test ends at its first failure")]

#[expect(dead_code, reason = "each test program uses its part of the lab")]
mod lab;

use lab::{
    EVICTION,
    node::{Node, SHELL, pod},
};

#[test]
fn static_pods_and_a_resize_after_a_restart() {
    let Some(node) = Node::up("statics") else { return };
    let folder = node.lab.path("statics");
    std::fs::create_dir(&folder).unwrap();
    let config = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nfileCheckFrequency: 1h0m0s\n";
    let config = node.lab.file("kubelet.yaml", &format!("{config}staticPodPath: {folder}\nfailCgroupV1: false\n"));
    let flags = [EVICTION, "--config", &config, "--fail-swap-on=false"];
    node.start(&flags);
    node.import(SHELL);
    std::fs::write(format!("{folder}/web.yaml"), pod("web", "", "true").replace("---", "")).unwrap();
    let ready = ["wait", "pod/web-node-1", "--for=condition=Ready", "--timeout=60s"];
    node.lab.follow(&node.kubectl, &["get", "pods", "-w"], |line| line.contains("web-node-1") && line.contains("1/1"));
    node.kubectl(&ready);
    let annotation =
        |name: &str| node.of_pod("web-node-1", &format!("{{.metadata.annotations.kubernetes\\.io/config\\.{name}}}"));
    assert_eq!(annotation("source"), "file");
    assert!(!annotation("hash").is_empty() && annotation("hash") == annotation("mirror"));
    assert_eq!(node.of_pod("web-node-1", "{.metadata.ownerReferences[0].kind}"), "Node");
    let seen = |path: &str| node.of_pod("web-node-1", path);
    let (uid, container) = (seen("{.metadata.uid}"), seen("{.status.containerStatuses[0].containerID}"));
    node.kubectl(&["delete", "pod", "web-node-1", "--wait=false"]);
    let made_again = |line: &str| line.ends_with("Running") && !line.starts_with(&uid);
    let columns = "custom-columns=UID:.metadata.uid,PHASE:.status.phase";
    node.lab.follow(
        &node.kubectl,
        &["get", "pods", "--field-selector=metadata.name=web-node-1", "-w", "--no-headers", "-o", columns],
        made_again,
    );
    assert_eq!(seen("{.status.containerStatuses[0].containerID}"), container, "the containers were left alone");

    node.apply(&pod("sized", ", resources: {requests: {cpu: 20m}, limits: {cpu: 100m}}", "true"));
    node.kubectl(&["wait", "pod/sized", "--for=condition=Ready", "--timeout=60s"]);
    node.lab.kill_server();
    node.start(&flags);
    let patch = r#"{"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "30m"}, "limits": {"cpu": "150m"}}}]}}"#;
    node.kubectl(&["patch", "pod", "sized", "--subresource=resize", "-p", patch]);
    node.wait("pod/sized", "{.status.containerStatuses[0].resources.limits.cpu}", "150m");
    assert_eq!(node.of_pod("sized", "{.status.containerStatuses[0].restartCount}"), "0");
    assert_eq!(seen("{.status.containerStatuses[0].containerID}"), container, "a restart leaves static pods alone");

    std::fs::remove_file(format!("{folder}/web.yaml")).unwrap();
    node.kubectl(&["wait", "pod/web-node-1", "--for=delete", "--timeout=60s"]);
    node.lab.stop_server();
    node.lab.cleanup();
}
