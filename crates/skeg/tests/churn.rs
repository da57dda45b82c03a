//! Restarts and leaks with real containers: whatever is killed, the node ends where upstream's would and no healthy container is
//! restarted; rounds of pods and Services that come and go leave nothing behind, by identity. `make churn` does more rounds.
#![expect(clippy::unwrap_used, reason = "a test ends at its first failure")]

#[expect(dead_code, reason = "each test program uses its part of the lab")]
mod lab;

use lab::{Lab, obstacle};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

const ROUNDS: u32 = 6;
/// Until a state that the test waits for must be there.
const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn nothing_leaks_and_no_healthy_container_restarts() {
    if let Some(why) = obstacle() {
        eprintln!("SKIPPED: nothing_leaks_and_no_healthy_container_restarts: {why}");
        return;
    }
    let asked: Option<u32> = std::env::var("SKEG_CHURN_ROUNDS").ok().map(|text| text.parse().unwrap());
    let rounds = asked.unwrap_or(ROUNDS);
    let lab = Lab::up("churn");
    let node = Node { lab: &lab, kills: asked.is_some() };
    lab.start_server();
    lab.skeg(&["sample", "--kubeconfig", &lab.kubeconfig(), "--wait-for-server"]);
    node.endpoints_go_first();
    node.restarts();
    // The first rounds make what stays for good, such as containerd's folders.
    (0..2).for_each(|round| node.round(round));
    let before = node.inventory();
    (0..rounds).for_each(|round| node.round(round));
    let same = |text: &str| text.is_empty();
    node.until("what the rounds made is gone", || differences(&before, &node.inventory()), same);
    lab.stop_server();
    lab.cleanup();
}

fn differences(before: &BTreeSet<String>, after: &BTreeSet<String>) -> String {
    let left = after.difference(before).map(|line| format!("+ {line}\n"));
    left.chain(before.difference(after).map(|line| format!("- {line}\n"))).collect()
}

struct Node<'a> {
    lab: &'a Lab,
    /// Whether the server and containerd are killed in rounds too. `make churn` alone does so: in longer runs a shim was left
    /// behind by that, whose cause is not known yet.
    kills: bool,
}

/// A container as it can be told from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    id: String,
    restarts: i64,
    ready: bool,
    last_exit: Value,
}

impl Node<'_> {
    /// Looks until it sees what is `wanted`. Each look runs a program in the lab, which is pause enough.
    fn until(&self, what: &str, look: impl Fn() -> String, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let seen = look();
            if wanted(&seen) {
                return seen;
            }
            assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}; last seen:\n{seen}");
        }
    }

    fn api(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let pki = |name: &str| self.lab.path(&format!("data/pki/{name}"));
        let url = format!("https://127.0.0.1:6443{path}");
        let (cert, key) = (pki("admin.crt"), pki("admin.key"));
        let mut args = vec!["-sk", "-m", "20", "-X", method, "--cert", &cert, "--key", &key, &url];
        let text = body.map(ToString::to_string);
        if let Some(text) = &text {
            args.extend(["-H", "Content-Type: application/json", "--data-binary", text]);
        }
        // A server that was killed does not answer for a moment.
        let told = self.until(
            &format!("{method} {path}"),
            || String::from_utf8_lossy(&self.lab.command("curl", &args).output().unwrap().stdout).into_owned(),
            |told| serde_json::from_str::<Value>(told).is_ok_and(|it| it["code"] != 503 && it["code"] != 500),
        );
        serde_json::from_str(&told).unwrap()
    }

    fn pod(&self, name: &str) -> Value {
        self.api("GET", &format!("/api/v1/namespaces/default/pods/{name}"), None)
    }

    fn names(&self) -> Vec<String> {
        let list = self.api("GET", "/api/v1/namespaces/default/pods?labelSelector=app=web", None);
        list["items"].as_array().unwrap().iter().map(|pod| pod["metadata"]["name"].as_str().unwrap().into()).collect()
    }

    fn seen(&self, name: &str) -> Seen {
        let pod = self.pod(name);
        let status = &pod["status"]["containerStatuses"][0];
        Seen {
            id: status["containerID"].as_str().unwrap_or_default().trim_start_matches("containerd://").to_owned(),
            restarts: status["restartCount"].as_i64().unwrap_or_default(),
            ready: status["ready"].as_bool().unwrap_or_default(),
            last_exit: status["lastState"]["terminated"]["exitCode"].clone(),
        }
    }

    /// Process ids in the lab whose cgroup has this text.
    fn process_of(&self, container: &str) -> String {
        let script = format!("grep -l {container} /proc/[0-9]*/cgroup 2>/dev/null | head -n 1 | cut -d/ -f3");
        self.lab.run("sh", &["-c", &script]).trim().to_owned()
    }

    fn kill(&self, pid: &str) {
        assert!(!pid.is_empty(), "nothing to kill");
        self.lab.run("kill", &["-9", pid]);
    }

    fn kill_containerd(&self) {
        let record = std::fs::read_to_string(self.lab.path("data/run/containerd.pid")).unwrap();
        self.kill(record.split_whitespace().next().unwrap());
        let path = self.lab.path("data/run/containerd.pid");
        self.until("containerd is started again", || self.lab.run("cat", &[&path]), |new| new != record);
    }

    fn page(&self, pod: &str) {
        let look = || {
            let address = self.pod(pod)["status"]["podIP"].as_str().unwrap_or_default().to_owned();
            let out =
                self.lab.command("curl", &["-sS", "-m", "3", &format!("http://{address}:8080/")]).output().unwrap();
            String::from_utf8_lossy(&out.stdout).into_owned()
        };
        self.until(&format!("{pod} answers"), look, |page| page.contains("Hello from Skeg"));
    }

    fn restarts(&self) {
        let names = self.names();
        let all = || names.iter().map(|name| self.seen(name)).collect::<Vec<_>>();
        let healthy = all();
        assert!(healthy.iter().all(|it| it.ready && it.restarts == 0), "{healthy:?}");
        self.kill_containerd();
        self.ready_again(&names);
        assert_eq!(all(), healthy, "after containerd was killed");
        self.lab.kill_server();
        self.lab.start_server();
        self.ready_again(&names);
        assert_eq!(all(), healthy, "after the server was killed");
        self.lab.stop_server();
        self.kill_and_start_all();
        self.ready_again(&names);
        assert_eq!(all(), healthy, "after the server was stopped and containerd killed meanwhile");
        // A container that dies is started again by itself, in its pod's sandbox.
        let address = self.pod(&names[0])["status"]["podIP"].clone();
        self.kill(&self.process_of(&healthy[0].id));
        self.restarted(&names[0], &healthy[0], &[137]);
        assert_eq!(self.pod(&names[0])["status"]["podIP"], address, "the pod kept its sandbox");
        // A shim that dies takes its pod along: the pod gets a new sandbox.
        let process = self.process_of(&healthy[1].id);
        let shim = self.lab.run("sh", &["-c", &format!("awk '/^PPid:/ {{print $2}}' /proc/{process}/status")]);
        self.kill(shim.trim());
        // With the shim the exit code is lost; runtimes say that the container was killed, or that it is unknown.
        self.restarted(&names[1], &healthy[1], &[137, 255]);
        assert_eq!(self.seen(&names[2]), healthy[2], "another pod's container");
        names.iter().for_each(|name| self.page(name));
    }

    /// A pod that ends gets no new connections while it still runs.
    fn endpoints_go_first(&self) {
        let pods = "/api/v1/namespaces/default/pods";
        let container = json!({
            "name": "c", "image": "skeg.dev/web:1", "imagePullPolicy": "IfNotPresent",
            "ports": [{"name": "http", "containerPort": 8080}],
            "lifecycle": {"preStop": {"sleep": {"seconds": 60}}},
        });
        self.made(
            pods,
            &json!({
                "kind": "Pod", "apiVersion": "v1", "metadata": {"name": "last", "labels": {"app": "web"}},
                "spec": {"terminationGracePeriodSeconds": 120, "containers": [container]},
            }),
        );
        let place = || format!("{} . 8080", self.pod("last")["status"]["podIP"].as_str().unwrap_or("none"));
        let table = || self.lab.run("nft", &["list", "table", "ip", "skeg"]);
        self.until("the pod gets connections", table, |table| table.contains(&place()));
        let place = place();
        self.api("DELETE", &format!("{pods}/last"), None);
        self.until("it gets none any more", table, |table| !table.contains(&place));
        assert!(self.pod("last")["status"]["containerStatuses"][0]["state"]["running"].is_object(), "it runs on");
        self.api("DELETE", &format!("{pods}/last?gracePeriodSeconds=0"), None);
        let gone = || self.pod("last")["code"].to_string();
        self.until("the pod is gone", gone, |code| code == "404");
    }

    /// The server is down; containerd dies without anybody to see it.
    fn kill_and_start_all(&self) {
        let record = std::fs::read_to_string(self.lab.path("data/run/containerd.pid")).unwrap();
        self.kill(record.split_whitespace().next().unwrap());
        self.lab.start_server();
    }

    fn ready_again(&self, names: &[String]) {
        let node = || self.api("GET", "/api/v1/nodes/node-1", None)["status"]["conditions"].to_string();
        self.until("the node is ready", node, |conditions| conditions.contains("\"KubeletReady\""));
        names.iter().for_each(|name| self.page(name));
    }

    fn restarted(&self, name: &str, before: &Seen, codes: &[i64]) {
        let look = || format!("{:?}", self.seen(name));
        self.until(&format!("{name} runs again"), look, |_| {
            let now = self.seen(name);
            now.ready && now.id != before.id
        });
        let now = self.seen(name);
        let code = now.last_exit.as_i64().unwrap_or_default();
        assert!(now.restarts == before.restarts + 1 && codes.contains(&code), "{now:?}");
    }

    /// Pods with host ports and Services over TCP and UDP come, answer and go; now and then something is killed meanwhile.
    fn round(&self, round: u32) {
        let (pod, service) = (format!("come-{round}"), format!("go-{round}"));
        let pods = "/api/v1/namespaces/default/pods";
        let services = "/api/v1/namespaces/default/services";
        let ports = json!([{"containerPort": 8080, "hostPort": 18_080}, {"containerPort": 53, "hostPort": 18_053, "protocol": "UDP"}]);
        let container =
            json!({"name": "c", "image": "skeg.dev/web:1", "imagePullPolicy": "IfNotPresent", "ports": ports});
        let volumes = json!([{"name": "v", "emptyDir": {"medium": "Memory"}}]);
        self.made(
            pods,
            &json!({
                "kind": "Pod", "apiVersion": "v1",
                "metadata": {"name": pod, "labels": {"round": pod}},
                "spec": {"terminationGracePeriodSeconds": 1, "containers": [container], "volumes": volumes},
            }),
        );
        self.made(
            services,
            &json!({
                "kind": "Service", "apiVersion": "v1", "metadata": {"name": service},
                "spec": {
                    "type": "LoadBalancer", "externalTrafficPolicy": "Local", "sessionAffinity": "ClientIP",
                    "selector": {"round": pod}, "externalIPs": ["203.0.113.9"],
                    "ports": [
                        {"name": "t", "port": 80, "targetPort": 8080},
                        {"name": "u", "port": 53, "protocol": "UDP"},
                    ],
                },
            }),
        );
        if self.kills && round % 3 == 1 {
            self.lab.kill_server();
            self.lab.start_server();
        }
        self.page(&pod);
        // Killing containerd while the pod is still being made is not covered.
        if self.kills && round % 3 == 2 {
            self.kill_containerd();
        }
        let checked = self.api("GET", &format!("{services}/{service}"), None);
        let health = format!("http://127.0.0.1:{}/", checked["spec"]["healthCheckNodePort"]);
        let address = checked["spec"]["clusterIP"].as_str().unwrap().to_owned();
        for (url, wanted) in [
            (format!("http://{address}/"), "Hello from Skeg"),
            ("http://172.31.255.2:18080/".to_owned(), "Hello from Skeg"),
            (health, "\"localEndpoints\": 1,"),
        ] {
            let look = || {
                let out = self.lab.command("curl", &["-sS", "-m", "3", &url]).output().unwrap();
                String::from_utf8_lossy(&out.stdout).into_owned()
            };
            self.until(&url, look, |told| told.contains(wanted));
        }
        self.api("DELETE", &format!("{pods}/{pod}"), None);
        self.api("DELETE", &format!("{services}/{service}"), None);
        for path in [format!("{pods}/{pod}"), format!("{services}/{service}")] {
            let gone = || self.api("GET", &path, None)["code"].to_string();
            self.until(&format!("{path} is gone"), gone, |code| code == "404");
        }
    }

    fn made(&self, path: &str, object: &Value) {
        let told = self.api("POST", path, Some(object));
        assert!(told["metadata"]["uid"].is_string() || told["reason"] == "AlreadyExists", "{told}");
    }

    /// All that is in the lab, but the server and containerd, which were restarted on purpose.
    fn inventory(&self) -> BTreeSet<String> {
        let folders = ["data/cni", "data/run", "data/kubelet", "data/log", "data/containerd/state"];
        let folders = folders.map(|folder| self.lab.path(folder));
        let mut all = self.lab.inventory(&folders.each_ref().map(String::as_str));
        let restarted = [" server --data-dir ", "/containerd --config ", "/containerd -c "];
        all.retain(|line| !line.starts_with("process ") || !restarted.iter().any(|part| line.contains(part)));
        // Where the next address is looked for.
        all.retain(|line| !line.contains("/cni/addresses/last"));
        // The server that was restarted answers for the cluster's DNS on another port of the node.
        let own = "0 : 172.31.255.2 . ";
        all.into_iter()
            .map(|line| line.find(own).map_or(line.clone(), |at| line[..at + own.len()].to_owned()))
            .collect()
    }
}
