//! Tests on a real kernel in network namespaces of their own.
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Runs `work` in a fresh network namespace; None, with the reason printed, where that is not possible.
pub fn in_new_network<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: a network namespace needs root");
        return None;
    }
    let thread = std::thread::spawn(|| {
        unshare_network().expect("root may make network namespaces");
        work()
    });
    Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

#[expect(unsafe_code, reason = "a namespace is left for another")]
fn unshare_network() -> rustix::io::Result<()> {
    // SAFETY: only the calling thread's network namespace changes; no file descriptor table is unshared.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) }
}

/// Runs a program in the calling thread's namespaces and returns what it printed.
pub fn run(program: &str, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {errors}\n{input}");
    out.into_owned()
}
