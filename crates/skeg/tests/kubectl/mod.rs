//! What people do with kubectl, with real containers and both versions: streams, pods, nodes, rollouts, objects.
mod objects;
mod streams;
mod terminal;

use crate::{
    Kubectl,
    lab::{Lab, kubectls, obstacle},
};
use skeg_node::runtime::image::{File, Image, archive};

/// Image of the host's busybox, for pods that need a shell.
const SHELL: &str = "skeg.dev/shell:1";
/// Programs of it that are called by their own names.
const APPLETS: &[&str] = &["busybox", "sh", "cat", "tar", "sleep", "stty"];

/// A pod that echoes what it is told, and serves its files on two ports.
const ECHO: &str = "
apiVersion: v1
kind: Pod
metadata: {name: echo, labels: {app: echo}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: c
    image: skeg.dev/shell:1
    imagePullPolicy: IfNotPresent
    stdin: true
    command: [sh, -c, 'mkdir -p /one /two; echo first > /one/page; echo second > /two/page; busybox httpd -p 8081 -h /one; busybox httpd -p 8082 -h /two; echo started; cat; sleep 3600']
";

/// A deployment to roll out, and back.
const ROLLED: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: rolled, labels: {app: rolled}}
spec:
  replicas: 2
  selector: {matchLabels: {app: rolled}}
  template:
    metadata: {labels: {app: rolled}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: web, image: 'skeg.dev/web:1', imagePullPolicy: IfNotPresent}]
";

#[test]
fn a_day_with_kubectl() {
    if let Some(why) = obstacle() {
        eprintln!("SKIPPED: a_day_with_kubectl: {why}");
        return;
    }
    let lab = Lab::up("kubectl");
    lab.start_server();
    lab.skeg(&["sample", "--kubeconfig", &lab.kubeconfig(), "--wait-for-server"]);
    let shell = import_shell(&lab);
    for (version, program) in kubectls() {
        eprintln!("kubectl {version}");
        let kubectl = Kubectl { lab: &lab, program: &program };
        if shell {
            kubectl.with_a_shell();
        }
        kubectl.objects();
        kubectl.rollouts();
        kubectl.nodes();
    }
    lab.stop_server();
    lab.cleanup();
}

/// Makes the shell's image of the host's busybox; false where there is none.
fn import_shell(lab: &Lab) -> bool {
    let found = ["/bin/busybox", "/usr/bin/busybox"].iter().find_map(|path| std::fs::read(path).ok());
    let Some(busybox) = found else {
        eprintln!("SKIPPED: pods with a shell (exec, attach, cp, debug, port-forward): install busybox-static");
        return false;
    };
    let files =
        APPLETS.iter().map(|name| File { path: format!("bin/{name}"), mode: 0o755, content: busybox.clone().into() });
    let image = Image {
        files: files.collect(),
        command: vec!["/bin/sh".into()],
        env: vec!["PATH=/bin".into()],
        ..Image::new(SHELL)
    };
    lab.import(&archive(&image).bytes);
    true
}

impl Kubectl<'_> {
    /// Runs what must fail; what it says about it.
    fn refused(&self, line: &str) -> String {
        let output = self.lab.command(self.program, &line.split_whitespace().collect::<Vec<_>>()).output().unwrap();
        assert!(!output.status.success(), "kubectl {line} went well");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn nodes(&self) {
        assert!(self.refused("top nodes").contains("Metrics API not available"));
        assert!(self.refused("top pods").contains("Metrics API not available"));
        self.check("cordon node-1", "cordoned");
        self.check("get nodes", "SchedulingDisabled");
        self.check("drain node-1 --ignore-daemonsets --force --delete-emptydir-data --timeout=60s", "drained");
        self.check("uncordon node-1", "uncordoned");
        self.check("rollout status deployment/web --timeout=60s", "successfully rolled out");
        self.check("describe node node-1", "Allocated resources");
        self.check("taint node node-1 a=b:PreferNoSchedule", "tainted");
        self.check("taint node node-1 a-", "untainted");
    }

    fn rollouts(&self) {
        let manifest = self.lab.file("rolled.yaml", ROLLED);
        self.check(&format!("apply -f {manifest}"), "deployment.apps/rolled created");
        let done = || self.check("rollout status deployment/rolled --timeout=60s", "successfully rolled out");
        done();
        self.check("set env deployment/rolled A=1", "env updated");
        done();
        self.check("rollout history deployment/rolled", "2         <none>");
        self.check("rollout undo deployment/rolled", "rolled back");
        done();
        let env = self.run("get deployment rolled -o jsonpath={.spec.template.spec.containers[0].env}");
        assert_eq!(env, "", "the variable was not taken back");
        self.check("rollout pause deployment/rolled", "paused");
        self.check("rollout restart deployment/web", "restarted");
        self.check("rollout resume deployment/rolled", "resumed");
        self.check("scale deployment/rolled --replicas=1 --current-replicas=2", "scaled");
        self.check("rollout status deployment/web --timeout=60s", "successfully rolled out");
        self.check(&format!("delete -f {manifest} --timeout=60s"), "deleted");
    }
}
