//! Pods that come from files of the node, and a resize after a restart: with real containers in a lab.
#![expect(clippy::unwrap_used, reason = "a test ends at its first failure")]

#[expect(dead_code, reason = "each test program uses its part of the lab")]
mod lab;

use lab::{EVICTION, Lab, kubectls, obstacle};
use skeg_node::runtime::image::{File, Image, archive};
use std::path::PathBuf;

const SHELL: &str = "skeg.dev/shell:1";

struct Node {
    lab: Lab,
    kubectl: PathBuf,
    busybox: Vec<u8>,
}

/// None, and a line that says why, where this machine cannot do it.
fn node(name: &str) -> Option<Node> {
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].iter().find_map(|path| std::fs::read(path).ok());
    let why = match (obstacle(), kubectls().pop(), busybox) {
        (Some(why), ..) => why,
        (_, None, _) => "there is no kubectl".to_owned(),
        (_, _, None) => "there is no static busybox: install busybox-static".to_owned(),
        (None, Some((_, kubectl)), Some(busybox)) => return Some(Node { lab: Lab::up(name), kubectl, busybox }),
    };
    eprintln!("SKIPPED: {name}: {why}");
    None
}

impl Node {
    /// Starts the server; its node is ready then.
    fn start(&self, flags: &[&str]) {
        self.lab.start_server_with(flags);
        self.lab.until(&self.kubectl, &["wait", "node/node-1", "--for=condition=Ready", "--timeout=5s"]);
    }

    fn kubectl(&self, words: &[&str]) -> String {
        self.lab.run(&self.kubectl, words)
    }

    fn of_pod(&self, pod: &str, path: &str) -> String {
        self.kubectl(&["get", "pod", pod, "-o", &format!("jsonpath={path}")])
    }

    fn wait(&self, what: &str, path: &str, value: &str) {
        self.kubectl(&["wait", what, &format!("--for=jsonpath={path}={value}"), "--timeout=90s"]);
    }

    fn apply(&self, manifest: &str) {
        let file = self.lab.file("manifest.yaml", manifest);
        self.kubectl(&["apply", "-f", &file]);
    }

    fn import(&self) {
        let names = ["busybox", "sh", "sleep"].iter();
        let files =
            names.map(|name| File { path: format!("bin/{name}"), mode: 0o755, content: self.busybox.clone().into() });
        let image = Image { files: files.collect(), env: vec!["PATH=/bin".into()], ..Image::new(SHELL) };
        self.lab.import(&archive(&image).bytes);
    }
}

fn pod(name: &str, more: &str, script: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  terminationGracePeriodSeconds: 1\n  volumes: \
         [{{name: v, emptyDir: {{}}}}]\n  containers: [{{name: c, image: '{SHELL}', imagePullPolicy: IfNotPresent, \
         volumeMounts: [{{name: v, mountPath: /v}}], command: [sh, -c, '{script}; sleep 3600']{more}}}]\n---\n"
    )
}

#[test]
fn static_pods_and_a_resize_after_a_restart() {
    let Some(node) = node("statics") else { return };
    let folder = node.lab.path("statics");
    std::fs::create_dir(&folder).unwrap();
    let config = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nfileCheckFrequency: 1h0m0s\n";
    let config = node.lab.file("kubelet.yaml", &format!("{config}staticPodPath: {folder}\nfailCgroupV1: false\n"));
    let flags = [EVICTION, "--config", &config, "--fail-swap-on=false"];
    node.start(&flags);
    node.import();
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
