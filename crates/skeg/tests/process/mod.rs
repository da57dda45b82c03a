//! How the process starts and stops where something is in its way: one line and an exit code.
use crate::lab::{Lab, obstacle};
use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use skeg_model::time::{Clock, SystemClock};
use skeg_server::auth::pki::ClusterPki;
use skeg_storage::{Change, Durability, Embedded, Expect, Key, Op, Options, Store, Txn};
use std::{
    io::{BufRead, BufReader, Lines, Read, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};

/// By so much the clock is behind what was stored.
const BEHIND: SignedDuration = SignedDuration::from_hours(2);

/// A server alone, on a port that the kernel chooses.
fn apiserver(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skeg"));
    command
        .arg("apiserver")
        .arg("--data-dir")
        .arg(dir.join("data"))
        .arg("--write-kubeconfig")
        .arg(dir.join("kubeconfig"));
    command.args(["--bind-address", "127.0.0.1", "--secure-port", "0"]).stderr(Stdio::piped()).stdin(Stdio::null());
    command
}

/// The one line that a refused start ends with.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("skeg: ")).collect();
    assert_eq!((lines.len(), told.lines().last()), (1, lines.first().copied()), "{told}");
    lines[0].to_owned()
}

/// The clock of the machine before it was set back.
#[derive(Debug)]
struct Before;

impl Clock for Before {
    fn now(&self) -> Timestamp {
        SystemClock.now() + BEHIND
    }
}

#[test]
fn a_clock_set_back_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let storage = dir.path().join("data/storage");
    std::fs::create_dir_all(&storage).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Embedded::open(&storage, Options::new(Arc::new(Before), [7; 16])).unwrap();
        let key = Key { ring: "/registry/configmaps/".into(), rest: "default/a".into() };
        let op = Op { key, expect: Expect::Absent, change: Change::Put("{}".into()) };
        store.commit(Txn { ops: vec![op], durability: Durability::Synced }).await.unwrap();
        store.close().await;
    });
    let line = refusal(&apiserver(dir.path()).output().unwrap());
    assert!(line.contains("was last written at") && line.ends_with("set the clock and start again"), "{line}");
}

#[test]
fn a_clock_before_the_authority_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    ClusterPki::open(&dir.path().join("data/pki"), Before.now()).unwrap();
    let line = refusal(&apiserver(dir.path()).output().unwrap());
    assert!(line.contains("before the cluster's certificate authority was made"), "{line}");
}

/// Reads lines until one holds `wanted`.
fn until(lines: &mut Lines<BufReader<impl Read>>, wanted: &str) {
    assert!(lines.any(|line| line.unwrap().contains(wanted)), "the output ended before {wanted:?}");
}

fn terminate(child: &Child) {
    kill_process(Pid::from_child(child), Signal::TERM).unwrap();
}

#[test]
fn a_second_signal_ends_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = apiserver(dir.path()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    until(&mut log, "API server is ready");
    let kubeconfig = std::fs::read_to_string(dir.path().join("kubeconfig")).unwrap();
    let address = kubeconfig.lines().find_map(|line| line.trim().strip_prefix("server: ")).unwrap();
    // A request whose body never ends holds the stop back; the server has it once it asks for the body.
    let pki = dir.path().join("data/pki");
    let mut request = Command::new("curl");
    request.args(["-svk", "--http1.1", "-X", "POST", "-H", "Expect: 100-continue", "-T", "-", "--cert"]);
    request.arg(pki.join("admin.crt")).arg("--key").arg(pki.join("admin.key"));
    request
        .args(["-H", "Content-Type: application/json"])
        .arg(format!("{}/api/v1/namespaces", address.trim_matches('"')));
    let mut request = request.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut body = request.stdin.take().unwrap();
    until(&mut BufReader::new(request.stderr.take().unwrap()).lines(), "100 Continue");
    body.write_all(b"{").unwrap();
    terminate(&server);
    until(&mut log, "stopping");
    terminate(&server);
    assert_eq!(server.wait().unwrap().code(), Some(130));
    drop(body);
    request.wait().unwrap();
}

#[test]
fn a_kernel_that_filters_no_packets_is_one_line() {
    if let Some(why) = obstacle() {
        eprintln!("SKIPPED: a_kernel_that_filters_no_packets_is_one_line: {why}");
        return;
    }
    let lab = Lab::up("bare");
    // Without the capability every nf_tables transaction is refused, as it is by a kernel without nf_tables.
    let output = lab.server_under("setpriv", &["--bounding-set=-net_admin", "--inh-caps=-net_admin"]).output().unwrap();
    let line = refusal(&output);
    assert!(line.contains("nf_tables, Linux 5.13 or newer, CAP_NET_ADMIN"), "{line}");
    lab.cleanup();
}
