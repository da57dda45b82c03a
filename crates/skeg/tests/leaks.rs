//! What `make run` starts, `make stop` takes away: nothing stays, by identity.
#![expect(clippy::unwrap_used, reason = "a test ends at its first failure")]

#[expect(dead_code, reason = "each test program uses its part of the lab")]
mod lab;

use lab::{Lab, obstacle};
use std::collections::BTreeSet;

/// In a lab within a lab: the outer one stands for the machine, so that nobody else's doings are seen.
#[test]
fn make_stop_leaves_nothing() {
    if let Some(why) = obstacle() {
        eprintln!("SKIPPED: make_stop_leaves_nothing: {why}");
        return;
    }
    let machine = Lab::up("machine");
    let folder = machine.file("marker", "").replace("/marker", "");
    let arguments_of_server = format!("SKEG_ARGS={}", lab::EVICTION);
    let make = |arguments: &[&str]| {
        let (data, labs) = (format!("DATA_DIR={folder}/data"), format!("SKEG_LAB_DIR={folder}/labs"));
        let binary = concat!("SKEG_BIN=", env!("CARGO_BIN_EXE_skeg"));
        let make = [
            &data,
            &labs,
            &arguments_of_server,
            binary,
            "LAB=1",
            "LAB_NAME=inner",
            "make",
            "--no-print-directory",
            "-C",
            lab::ROOT,
        ];
        machine.run("env", &[&make[..], arguments].concat())
    };
    let inventory = || machine.inventory(&[&folder]);
    // The folders of labs themselves are made once.
    make(&["stop"]);
    let before = inventory();
    let told = make(&["run"]);
    assert!(told.contains("kubectl get pods"), "{told}");
    let during = inventory();
    for kind in ["process", "namespace", "cgroup", "file"] {
        let new = during.difference(&before).any(|line| line.starts_with(kind));
        assert!(new, "a running cluster has no {kind} of its own");
    }
    let told = make(&["stop", "PURGE=1"]);
    assert!(told.contains("Stopped."), "{told}");
    assert_same(&before, &inventory());
}

/// Without a lab of its own: a server and a `skeg cleanup` in what stands for the machine.
#[test]
fn cleanup_leaves_nothing() {
    if let Some(why) = obstacle() {
        eprintln!("SKIPPED: cleanup_leaves_nothing: {why}");
        return;
    }
    let machine = Lab::up("cleanup");
    let folder = machine.file("marker", "").replace("/marker", "");
    let before = machine.inventory(&[&folder]);
    machine.start_server();
    machine.skeg(&["sample", "--kubeconfig", &machine.kubeconfig(), "--wait-for-server"]);
    machine.stop_server();
    machine.cleanup_all();
    assert_same(&before, &machine.inventory(&[&folder]));
}

fn assert_same(before: &BTreeSet<String>, after: &BTreeSet<String>) {
    let (left, lost): (Vec<_>, Vec<_>) = (after.difference(before).collect(), before.difference(after).collect());
    assert!(left.is_empty() && lost.is_empty(), "left behind:\n{left:#?}\nmissing:\n{lost:#?}");
}
