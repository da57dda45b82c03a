//! A whole cluster in namespaces of its own, driven from outside as a person would drive it.
pub mod node;

use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

/// Within so many seconds a state that a test waits for must be there.
const PATIENCE_SECONDS: &str = "60";

/// How full the machine's disk is does not matter to the tests.
pub const EVICTION: &str = "--eviction-hard=memory.available<100Mi,nodefs.available<1%,imagefs.available<1%";

/// The project's folder.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

pub struct Lab {
    name: String,
    dir: tempfile::TempDir,
    root: PathBuf,
}

/// Why tests with real containers cannot run here, if they cannot.
pub fn obstacle() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("real containers need root: run 'make test' as root".into());
    }
    let missing = ["containerd", "runc", "nft"].into_iter().find(|program| !on_path(program));
    missing.map(|program| format!("{program} is not installed: run 'make deps'"))
}

pub fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]).any(|dir| dir.join(program).exists())
}

/// kubectl programs with their minor versions: 1.36 as `make test` downloads it, and what the machine has.
pub fn kubectls() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    match std::env::var_os("SKEG_KUBECTL_1_36") {
        Some(path) => found.push(("1.36".to_owned(), PathBuf::from(path))),
        None => eprintln!("SKIPPED: kubectl 1.36: run the tests by 'make test', which downloads it"),
    }
    let installed = Command::new("kubectl").args(["version", "--client", "-o", "json"]).output();
    match installed {
        Ok(out) if String::from_utf8_lossy(&out.stdout).contains("\"minor\": \"32") => {
            found.push(("1.32".to_owned(), "kubectl".into()));
        }
        _ => eprintln!("SKIPPED: kubectl 1.32: it is not installed on this machine"),
    }
    found
}

impl Lab {
    pub fn up(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned();
        let dir = tempfile::tempdir().unwrap();
        let lab = Self { name: format!("{name}-{}", std::process::id()), dir, root };
        lab.script("lab.sh", &["up", &lab.name]);
        lab
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Labs share the machine's cgroup hierarchies: each has a part of its own.
    pub fn cgroup_root(&self) -> String {
        format!("/skeg-{}", self.name)
    }

    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// A file of the test's folder.
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    pub fn kubeconfig(&self) -> String {
        self.dir.path().join("kubeconfig").display().to_string()
    }

    fn script(&self, script: &str, args: &[&str]) -> Output {
        let path = self.root.join("scripts").join(script);
        succeed(Command::new(path).args(args).env("DATA_DIR", self.data()))
    }

    /// A command in the lab; its environment points kubectl at the cluster.
    pub fn command(&self, program: impl AsRef<Path>, args: &[&str]) -> Command {
        let mut command = Command::new(self.root.join("scripts/lab.sh"));
        command.arg("exec").arg(&self.name).arg(program.as_ref()).args(args);
        command.env("DATA_DIR", self.data()).env("KUBECONFIG", self.kubeconfig()).env("HOME", self.dir.path());
        command.stdin(Stdio::null());
        command
    }

    /// Runs it and gives its output; the test fails when it does.
    pub fn run(&self, program: impl AsRef<Path>, args: &[&str]) -> String {
        String::from_utf8_lossy(&succeed(&mut self.command(program, args)).stdout).into_owned()
    }

    /// Runs it again and again until it goes well.
    pub fn until(&self, program: impl AsRef<Path>, args: &[&str]) {
        let program = program.as_ref().display().to_string();
        let again = "until \"$@\" > /dev/null 2>&1; do sleep 0.1; done";
        let words = [PATIENCE_SECONDS, "sh", "-c", again, "sh", &program];
        self.run("timeout", &[&words[..], args].concat());
    }

    pub fn skeg(&self, args: &[&str]) -> String {
        self.run(env!("CARGO_BIN_EXE_skeg"), args)
    }

    /// The server's command line.
    fn server(&self) -> Vec<String> {
        self.server_with(&[EVICTION])
    }

    fn server_with(&self, flags: &[&str]) -> Vec<String> {
        let data = self.data().display().to_string();
        let words = [env!("CARGO_BIN_EXE_skeg"), "server", "--data-dir", &data, "--hostname-override", "node-1"];
        let more = ["--write-kubeconfig", &self.kubeconfig(), "--cgroup-root", &self.cgroup_root()];
        words.into_iter().chain(more).chain(flags.iter().copied()).map(str::to_owned).collect()
    }

    pub fn start_server(&self) {
        self.start(&self.server());
    }

    /// With these flags in the place of [`EVICTION`].
    pub fn start_server_with(&self, flags: &[&str]) {
        self.start(&self.server_with(flags));
    }

    /// A file system of its own and of this size for the server's data.
    pub fn bound_data(&self, size: &str) {
        let data = self.data().display().to_string();
        self.run("mkdir", &["-p", &data]);
        self.run("mount", &["-t", "tmpfs", "-o", &format!("size={size}"), "data", &data]);
    }

    fn start(&self, server: &[String]) {
        let words: Vec<&str> = ["start"].into_iter().chain(server.iter().map(String::as_str)).collect();
        self.run(self.root.join("scripts/server.sh"), &words);
    }

    /// The server in the foreground, started by another program.
    pub fn server_under(&self, program: &str, arguments: &[&str]) -> Command {
        let server = self.server();
        let words: Vec<&str> = arguments.iter().copied().chain(server.iter().map(String::as_str)).collect();
        self.command(program, &words)
    }

    /// Imports an image archive into the node's containerd.
    pub fn import(&self, archive: &[u8]) {
        let file = self.dir.path().join("image.tar");
        std::fs::write(&file, archive).unwrap();
        self.ctr(&["images", "import", &file.display().to_string()]);
    }

    /// Speaks with the node's containerd.
    pub fn ctr(&self, words: &[&str]) -> String {
        let socket = self.data().join("run/containerd.sock").display().to_string();
        self.run("ctr", &[&["-a", &socket, "-n", "k8s.io"], words].concat())
    }

    /// `kill -9` of the server alone; its port is free afterwards.
    pub fn kill_server(&self) {
        let record = std::fs::read_to_string(self.data().join("server.pid")).unwrap();
        let pid = record.split_whitespace().next().unwrap();
        let script = "kill -9 $0; while grep -qs '^State:.[^ZX]' /proc/$0/status; do :; done";
        self.run("sh", &["-c", script, pid]);
    }

    pub fn stop_server(&self) {
        self.run(self.root.join("scripts/server.sh"), &["stop"]);
    }

    pub fn cleanup(&self) {
        self.skeg(&["cleanup", "--data-dir", &self.data().display().to_string(), "--cgroup-root", &self.cgroup_root()]);
    }

    /// As [`Self::cleanup`], and removes the data and the kubeconfig too.
    pub fn cleanup_all(&self) {
        let data = self.data().display().to_string();
        self.skeg(&["cleanup", "--purge", "--data-dir", &data, "--cgroup-root", &self.cgroup_root()]);
        std::fs::remove_file(self.kubeconfig()).unwrap();
    }

    /// Everything that is in the lab, a line each (`scripts/inventory.sh`).
    pub fn inventory(&self, folders: &[&str]) -> BTreeSet<String> {
        self.run(self.root.join("scripts/inventory.sh"), folders).lines().map(str::to_owned).collect()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data().join("skeg.log")).unwrap_or_default()
    }

    /// Reads lines of a program that tells of every change, until one is `wanted`; then the program is ended.
    pub fn follow(&self, program: &Path, args: &[&str], wanted: impl Fn(&str) -> bool) {
        let program = program.display().to_string();
        let words: Vec<&str> = [PATIENCE_SECONDS, &program].into_iter().chain(args.iter().copied()).collect();
        let mut child = self.command("timeout", &words).stdout(Stdio::piped()).spawn().unwrap();
        let mut seen = Vec::new();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let found = lines.map_while(Result::ok).any(|line| {
            let found = wanted(&line);
            seen.push(line);
            found
        });
        assert!(found, "{program} {args:?} showed only:\n{}\nlog:\n{}", seen.join("\n"), self.log());
        end(child);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
        let _ = Command::new(self.root.join("scripts/lab.sh")).args(["down", &self.name]).status();
    }
}

/// Ends a command of [`Lab::command`]: SIGTERM reaches the program inside the lab too.
pub fn end(mut child: Child) {
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::TERM).unwrap();
    child.wait().unwrap();
}

/// Runs to the end; fails the test with everything that was printed.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?} failed: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
