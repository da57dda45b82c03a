//! A node that runs short of disk and of memory for real, with real containers in a lab: pods are evicted in their order, the
//! node tells of it, images that nothing uses go, and all is well again afterwards.
#![expect(clippy::unwrap_used, reason = "a test ends at its first failure")]

#[expect(dead_code, reason = "each test program uses its part of the lab")]
mod lab;

use lab::{
    EVICTION,
    node::{Node, SHELL, pod},
};
use serde_json::Value;

/// The node tells of its state as soon as it sees it.
const OFTEN: &str = "--node-status-update-frequency=1s";
/// An image that nothing uses.
const SPARE: &str = "skeg.dev/spare:1";

#[test]
fn a_node_short_of_disk_and_then_of_memory() {
    let Some(node) = Node::up("shortage") else { return };
    node.lab.bound_data("600m");
    let hard = "--eviction-hard=memory.available<100Mi,nodefs.available<40%,imagefs.available<1%";
    node.start(&[hard, "--eviction-pressure-transition-period=5s", OFTEN]);
    [SHELL, SPARE].into_iter().for_each(|image| node.import(image));
    node.apply(&pod("quiet", ", resources: {requests: {memory: 64Mi}}", "true"));
    node.short_of_disk();

    // Somewhat less than is there now has to stay available.
    let summary = node.kubectl(&["get", "--raw", "/api/v1/nodes/node-1/proxy/stats/summary"]);
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let available = summary["node"]["memory"]["availableBytes"].as_u64().unwrap();
    node.lab.stop_server();
    let soft = format!("--eviction-soft=memory.available<{}", available - (GREED_MIB << 20) / 2);
    let grace = "--eviction-soft-grace-period=memory.available=1s";
    node.start(&[EVICTION, &soft, grace, "--eviction-max-pod-grace-period=2", OFTEN]);
    node.short_of_memory();
    node.lab.stop_server();
    node.lab.cleanup();
}

/// What one pod takes of the memory.
const GREED_MIB: u64 = 400;

impl Node {
    fn events_of(&self, kind: &str, name: &str) -> String {
        let selector = format!("--field-selector=involvedObject.kind={kind},involvedObject.name={name}");
        let path = "-o=jsonpath={range .items[*]}{.type} {.reason} {.message}{.metadata.annotations}{\"\\n\"}{end}";
        self.kubectl(&["get", "events", &selector, path])
    }

    fn short_of_disk(&self) {
        let bounded = ", resources: {limits: {ephemeral-storage: 4Mi}}";
        let modest = pod("modest", "", "dd if=/dev/zero of=/v/x bs=1M count=20");
        self.apply(&[modest, pod("over", bounded, "dd if=/dev/zero of=/x bs=1M count=8")].concat());
        self.wait("pod/over", "{.status.reason}", "Evicted");
        let told = self.of_pod("over", "{.status.message}");
        assert_eq!(told, "Pod ephemeral local storage usage exceeds the total limit of containers 4Mi. ");
        assert!(self.has_image(SPARE), "nothing is short yet");

        self.apply(&pod("hog", "", "dd if=/dev/zero of=/v/x bs=1M count=340"));
        self.wait("pod/hog", "{.status.reason}", "Evicted");
        let told = self.of_pod("hog", "{.status.message}");
        assert!(told.starts_with("The node was low on resource: ephemeral-storage. Threshold quantity: "), "{told}");
        let condition = "{.status.conditions[?(@.type==\"DisruptionTarget\")].reason}";
        assert_eq!(self.of_pod("hog", condition), "TerminationByKubelet");
        self.kubectl(&["wait", "node/node-1", "--for=condition=DiskPressure", "--timeout=60s"]);
        let events = self.events_of("Pod", "hog");
        assert!(events.contains("Warning Evicted The node was low on"), "{events}");
        assert!(events.contains("starved_resource"), "{events}");
        let events = self.events_of("Node", "node-1");
        assert!(events.contains("Warning EvictionThresholdMet Attempting to reclaim ephemeral-storage"), "{events}");
        for name in ["quiet", "modest"] {
            assert_eq!(self.of_pod(name, "{.status.phase}"), "Running", "{name} uses less than hog did");
        }
        self.kubectl(&["delete", "pod", "hog", "over", "modest", "--wait"]);
        self.kubectl(&["wait", "node/node-1", "--for=condition=DiskPressure=false", "--timeout=90s"]);
        assert!(self.has_image(SHELL) && !self.has_image(SPARE), "an image that nothing uses goes, others stay");
    }

    fn has_image(&self, image: &str) -> bool {
        self.lab.ctr(&["images", "ls", "-q"]).contains(image)
    }

    fn short_of_memory(&self) {
        let take = format!("dd if=/dev/zero of=/m/x bs=1M count={GREED_MIB}");
        self.apply(&pod("greedy", ", resources: {requests: {memory: 1Mi}}", &take));
        self.wait("pod/greedy", "{.status.reason}", "Evicted");
        let told = self.of_pod("greedy", "{.status.message}");
        assert!(told.starts_with("The node was low on resource: memory. Threshold quantity: "), "{told}");
        self.kubectl(&["wait", "node/node-1", "--for=condition=MemoryPressure", "--timeout=60s"]);
        assert_eq!(self.of_pod("quiet", "{.status.phase}"), "Running", "it stays below what it asked for");
    }
}
