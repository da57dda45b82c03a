//! The newcomer's path with real containers: start, the sample, kubectl, `kill -9`, clean removal.
#![expect(clippy::unwrap_used, reason = "a test ends at its first failure")]

mod kubectl;
#[expect(dead_code, reason = "each test program uses its part of the lab")]
mod lab;
mod process;

use lab::{Lab, end, kubectls, obstacle, succeed};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

#[test]
fn a_newcomers_day() {
    if let Some(why) = obstacle() {
        eprintln!("SKIPPED: a_newcomers_day: {why}");
        return;
    }
    let lab = Lab::up("newcomer");
    lab.start_server();
    let told = lab.skeg(&["sample", "--kubeconfig", &lab.kubeconfig(), "--wait-for-server"]);
    for way in ["its ClusterIP", "its NodePort", "its name web.default.svc.cluster.local.", "from a pod"] {
        assert!(told.contains(way), "the sample says nothing of {way}:\n{told}");
    }
    for (version, kubectl) in kubectls() {
        eprintln!("kubectl {version}");
        Kubectl { lab: &lab, program: &kubectl }.all();
    }
    if let Some((_, kubectl)) = kubectls().first() {
        let kubectl = Kubectl { lab: &lab, program: kubectl };
        kubectl.survives_a_kill();
        kubectl.deletes_what_a_deployment_owned();
    }
    lab.stop_server();
    lab.cleanup();
    let mounts = lab.run("cat", &["/proc/self/mountinfo"]);
    assert!(!mounts.contains("/kubelet/pods/") && !mounts.contains("io.containerd"), "mounts stay:\n{mounts}");
    let cgroup = format!("/sys/fs/cgroup/memory{}/kubepods", lab.cgroup_root());
    assert!(!Path::new(&cgroup).exists(), "{cgroup} stays");
    assert_eq!(lab.run("nft", &["list", "tables"]), "", "packet filter tables stay");
}

fn manifest_of(value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  a: {value}\n")
}

struct Kubectl<'a> {
    lab: &'a Lab,
    program: &'a Path,
}

impl Kubectl<'_> {
    fn run(&self, line: &str) -> String {
        self.args(&line.split_whitespace().collect::<Vec<_>>())
    }

    fn args(&self, args: &[&str]) -> String {
        self.lab.run(self.program, args)
    }

    fn check(&self, line: &str, expected: &str) {
        let got = self.run(line);
        assert!(got.contains(expected), "kubectl {line}: {expected:?} is missing in:\n{got}");
    }

    /// Pods that are not being deleted.
    fn pods(&self, selector: &str) -> Vec<String> {
        let stays = "{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}} {{end}}{{end}}";
        let names = self.args(&["get", "pods", "-l", selector, "-o", &format!("go-template={stays}")]);
        names.split_whitespace().map(str::to_owned).collect()
    }

    fn all(&self) {
        self.reads();
        self.writes();
        self.watches();
        self.looks_into_pods();
        self.forwards();
    }

    fn reads(&self) {
        self.check("get nodes", "node-1   Ready");
        self.check("get deployment web", "3/3");
        self.check("get pods -o wide", "NOMINATED NODE");
        self.check("get service web -o yaml", "nodePort:");
        self.check("get service web -o json", "\"clusterIP\"");
        self.check("get service web -o jsonpath={.spec.type}", "NodePort");
        self.check("get pods -A -o custom-columns=N:.metadata.name", "web-");
        self.check("api-resources", "deployments");
        self.check("explain deployment.spec.replicas", "integer");
        self.check("describe deployment web", "3 desired | 3 updated | 3 total | 3 available");
        self.check("rollout status deployment/web", "successfully rolled out");
    }

    fn writes(&self) {
        self.check("create configmap made --from-literal=a=b", "configmap/made created");
        let manifest = self.lab.file("made.yaml", &manifest_of("b"));
        self.check(&format!("apply -f {manifest}"), "configmap/applied created");
        self.check(&format!("apply -f {manifest}"), "configmap/applied unchanged");
        self.lab.file("made.yaml", &manifest_of("c"));
        self.check(&format!("apply -f {manifest}"), "configmap/applied configured");
        self.check("label configmap made colour=blue", "configmap/made labeled");
        self.check("get configmaps -l colour=blue -o name", "configmap/made");
        let mut edit = self.lab.command(self.program, &["edit", "configmap", "made"]);
        succeed(edit.env("EDITOR", "sed -i s/^\\ \\ a:.*/\\ \\ a:\\ edited/"));
        self.check("get configmap made -o jsonpath={.data.a}", "edited");
        self.check("delete configmap made applied", "deleted");
        self.check("run solo --image=skeg.dev/web:1 --image-pull-policy=IfNotPresent", "pod/solo created");
        self.run("wait --for=condition=Ready pod/solo --timeout=60s");
        self.check("delete pod solo --grace-period=1", "pod \"solo\" deleted");
    }

    /// `get -w` shows what scaling does.
    fn watches(&self) {
        let mut watch = self.lab.command(self.program, &["get", "deployment", "web", "-w"]);
        let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().unwrap().starts_with("NAME"));
        self.check("scale deployment web --replicas=4", "scaled");
        assert!(lines.any(|line| line.unwrap().contains("4/4")), "the watch ended before 4/4");
        end(watch);
        self.run("scale deployment web --replicas=3");
        self.run("rollout status deployment/web --timeout=60s");
    }

    fn looks_into_pods(&self) {
        let pod = &self.pods("app=web")[0];
        self.check(&format!("describe pod {pod}"), "Started");
        self.check(&format!("exec {pod} -- /web lookup kubernetes.default.svc.cluster.local"), "10.96.0.1");
        let terminal =
            format!("{} exec -it {pod} -- /web lookup kubernetes.default.svc.cluster.local", self.program.display());
        let seen = self.lab.run("script", &["-qec", &terminal, "/dev/null"]);
        assert!(seen.contains("10.96.0.1"), "exec -it showed:\n{seen}");
        self.check(
            "run talker --image=skeg.dev/web:1 --image-pull-policy=IfNotPresent --restart=Never -- get http://web/",
            "created",
        );
        self.check("wait --for=jsonpath={.status.phase}=Succeeded pod/talker --timeout=60s", "condition met");
        self.check("logs -f talker", "Hello from Skeg");
        self.run("delete pod talker --grace-period=1");
    }

    fn forwards(&self) {
        let mut forward = self.lab.command(self.program, &["port-forward", "service/web", "18080:80"]);
        let mut forward = forward.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(forward.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().unwrap().contains("Forwarding from"));
        let got = self.lab.run("curl", &["-sS", "-m", "5", "http://127.0.0.1:18080/"]);
        assert!(got.contains("Hello from Skeg"), "through port-forward came:\n{got}");
        end(forward);
    }

    fn containers(&self) -> String {
        self.run("get pods -o jsonpath={range.items[*]}{.metadata.name}{.status.containerStatuses[0].containerID}{.status.containerStatuses[0].restartCount};{end}")
    }

    fn survives_a_kill(&self) {
        let before = self.containers();
        assert!(before.contains("containerd://"), "no containers are told: {before}");
        let address = self.run("get service web -o jsonpath={.spec.clusterIP}");
        self.lab.kill_server();
        let page = self.lab.run("curl", &["-sS", "-m", "5", &format!("http://{address}/")]);
        assert!(page.contains("Hello from Skeg"), "without the server came:\n{page}");
        self.lab.start_server();
        self.lab.skeg(&["sample", "--kubeconfig", &self.lab.kubeconfig(), "--wait-for-server"]);
        assert_eq!(before, self.containers(), "a container was restarted");
    }

    fn deletes_what_a_deployment_owned(&self) {
        self.check("delete deployment web", "deleted");
        self.run("wait --for=delete replicasets,pods -l app=web --timeout=60s");
        let slices = ["get", "endpointslices", "-l", "kubernetes.io/service-name=web", "-w", "-o"];
        let addresses = "jsonpath={.endpoints[*].addresses}{\"\\n\"}";
        self.lab.follow(self.program, &[&slices[..], &[addresses]].concat(), str::is_empty);
    }
}
