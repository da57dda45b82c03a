//! Services with real traffic on a whole node: Services, slices and pods go through the API, packets through the kernel.
//!
//! Without a test harness: this same program is also what serves and asks, and the part that runs inside the lab.
#![expect(clippy::unwrap_used, reason = "a test ends at its first failure")]

#[path = "services/cases.rs"]
mod cases;
#[expect(dead_code, reason = "each test program uses its part of the lab")]
mod lab;

use lab::{Lab, kubectls, obstacle};
use std::{env, path::Path, process::ExitCode};

const NAME: &str = "services_carry_traffic";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    if skeg_testing::traffic::run_if_helper(&arguments) {
        return ExitCode::SUCCESS;
    }
    if let [_, verb, data, kubectl] = &arguments[..]
        && verb == "inside-lab"
    {
        cases::all(Path::new(data), Path::new(kubectl));
        return ExitCode::SUCCESS;
    }
    let mut filters = arguments.iter().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    if arguments.iter().any(|argument| argument == "--list") {
        println!("{NAME}: test");
    } else if filters.peek().is_none() || filters.any(|filter| NAME.contains(filter.as_str())) {
        test();
    }
    ExitCode::SUCCESS
}

fn test() {
    if let Some(why) = obstacle() {
        eprintln!("SKIPPED: {NAME}: {why}");
        return;
    }
    let Some((_, kubectl)) = kubectls().into_iter().next() else { return };
    let lab = Lab::up("services");
    lab.start_server();
    lab.until(&kubectl, &["get", "serviceaccount", "default"]);
    lab.until(&kubectl, &["wait", "node", "node-1", "--for=condition=Ready", "--timeout=60s"]);
    let kubectl = kubectl.display().to_string();
    lab.run(env::current_exe().unwrap(), &["inside-lab", &lab.path("data"), &kubectl]);
    lab.stop_server();
    lab.cleanup();
    assert_eq!(lab.run("nft", &["list", "tables"]), "", "packet filter tables stay");
    println!("test {NAME} ... ok");
}
