//! Restarts and leaks with real containers: whatever is killed, the node ends where upstream's would and no healthy container is
//! restarted; rounds of pods and Services that come and go leave nothing behind, by identity. `make churn` does more rounds.
#![expect(clippy::unwrap_used, reason = "a test ends at its first failure")]

#[expect(dead_code, reason = "each test program uses its part of the lab")]
mod lab;

use lab::{Lab, obstacle};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    ffi::OsString,
    time::{Duration, Instant},
};

/// The first kinds of kills; `make churn` does all of them, several times.
const ROUNDS: u32 = 8;
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
    let node = Node { lab: &lab };
    lab.start_server();
    lab.skeg(&["sample", "--kubeconfig", &lab.kubeconfig(), "--wait-for-server"]);
    node.endpoints_go_first();
    node.restarts();
    // The first rounds make what stays for good, such as containerd's folders.
    (0..2).for_each(|round| node.round(round, Kill::Nothing));
    let healthy = node.all();
    let before = node.inventory();
    let same = |text: &str| text.is_empty();
    for (round, kill) in (0..rounds).zip(KILLS.iter().cycle()) {
        eprintln!("round {round}: {kill:?}");
        node.round(round, *kill);
        let left = || differences(&before, &node.inventory());
        node.until(&format!("what round {round} made is gone"), left, same);
    }
    assert_eq!(node.all(), healthy, "after the rounds");
    lab.stop_server();
    lab.cleanup();
}

fn differences(before: &BTreeSet<String>, after: &BTreeSet<String>) -> String {
    let left = after.difference(before).map(|line| format!("+ {line}\n"));
    left.chain(before.difference(after).map(|line| format!("- {line}\n"))).collect()
}

/// How far a pod has come.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Asked,
    /// The network plugin is at work, or has been.
    HasAddress,
    /// containerd starts the sandbox's shim, or has done so.
    HasSandbox,
    /// Likewise the container.
    HasContainer,
    Answers,
}

/// What is killed while a round's pod comes up, and when.
#[derive(Debug, Clone, Copy)]
enum Kill {
    Nothing,
    Server(Stage),
    Containerd(Stage),
    /// First the one, then the other.
    Both(Stage),
    Container,
    Shim,
}

const KILLS: [Kill; 11] = [
    Kill::Nothing,
    Kill::Containerd(Stage::Asked),
    Kill::Containerd(Stage::HasAddress),
    Kill::Containerd(Stage::HasSandbox),
    Kill::Containerd(Stage::HasContainer),
    Kill::Containerd(Stage::Answers),
    Kill::Container,
    Kill::Shim,
    Kill::Server(Stage::Asked),
    Kill::Server(Stage::HasSandbox),
    Kill::Both(Stage::HasSandbox),
];

struct Node<'a> {
    lab: &'a Lab,
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

    /// The sample's containers.
    fn all(&self) -> Vec<Seen> {
        self.names().iter().map(|name| self.seen(name)).collect()
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

    fn kill_shim(&self, container: &str) {
        let process = self.process_of(container);
        let shim = self.lab.run("sh", &["-c", &format!("awk '/^PPid:/ {{print $2}}' /proc/{process}/status")]);
        self.kill(shim.trim());
    }

    /// What the runtime and the network plugin have of pods at this stage.
    fn traces(&self, stage: Stage) -> BTreeSet<OsString> {
        let folder = match stage {
            Stage::HasAddress => "data/cni/addresses",
            _ => "data/containerd/state/io.containerd.runtime.v2.task/k8s.io",
        };
        let entries = std::fs::read_dir(self.lab.path(folder)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).collect()
    }

    /// Waits until a pod that was asked for after `before` was seen has come so far.
    fn reached(&self, stage: Stage, pod: &str, before: &BTreeSet<OsString>) {
        let count = match stage {
            Stage::Asked => return,
            Stage::Answers => return self.page(pod),
            Stage::HasAddress | Stage::HasSandbox => 1,
            Stage::HasContainer => 2,
        };
        let end = Instant::now() + PATIENCE;
        // Stages pass within milliseconds: running a program for each look would miss them.
        while self.traces(stage).difference(before).count() < count {
            assert!(Instant::now() < end, "{pod} has not come to {stage:?}");
            std::thread::yield_now();
        }
    }

    fn restart_server(&self) {
        self.lab.kill_server();
        self.lab.start_server();
    }

    /// Kills while the pod comes up, or once it runs, and waits until it is up again.
    fn kill_at(&self, kill: Kill, pod: &str, traces: &dyn Fn(Stage) -> BTreeSet<OsString>) {
        match kill {
            Kill::Nothing => {}
            Kill::Server(stage) => {
                self.reached(stage, pod, &traces(stage));
                self.restart_server();
            }
            Kill::Containerd(stage) => {
                self.reached(stage, pod, &traces(stage));
                self.kill_containerd();
            }
            Kill::Both(stage) => {
                self.reached(stage, pod, &traces(stage));
                self.lab.kill_server();
                self.kill_and_start_all();
            }
            Kill::Container | Kill::Shim => {
                self.page(pod);
                let before = self.seen(pod);
                if matches!(kill, Kill::Shim) {
                    self.kill_shim(&before.id);
                } else {
                    self.kill(&self.process_of(&before.id));
                }
                self.restarted(pod, &before, &[137, 255]);
            }
        }
        self.page(pod);
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
        let all = || self.all();
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
        self.kill_shim(&healthy[1].id);
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
            // A runtime may tell of the end after the new container runs: its shim was not there to tell.
            now.ready && now.id != before.id && !now.last_exit.is_null()
        });
        let now = self.seen(name);
        let code = now.last_exit.as_i64().unwrap_or_default();
        assert!(now.restarts == before.restarts + 1 && codes.contains(&code), "{now:?}");
    }

    /// A pod with host ports and a Service over TCP and UDP come, answer and go, while something is killed.
    fn round(&self, round: u32, kill: Kill) {
        let stages = [Stage::HasAddress, Stage::HasSandbox].map(|stage| self.traces(stage));
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
        let before = |stage| stages[usize::from(!matches!(stage, Stage::HasAddress))].clone();
        self.kill_at(kill, &pod, &before);
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
