//! Kernel settings of the calling thread's network namespace that the container network needs.
use std::{fs, io};

#[derive(Debug, thiserror::Error)]
#[error("the kernel setting {name} must be {wanted} for {purpose}, and setting it failed ({source}); {advice}")]
pub struct SysctlError {
    pub name: String,
    pub wanted: &'static str,
    pub purpose: &'static str,
    pub advice: &'static str,
    pub source: io::Error,
}

const ADVICE: &str = "run as root with a writable /proc/sys, or set it beforehand";

/// Makes sure that a setting has a value; `name` is written with dots or, where a part holds dots, with slashes.
pub fn ensure(name: &str, wanted: &'static str, purpose: &'static str) -> Result<(), SysctlError> {
    let path =
        if name.contains('/') { format!("/proc/sys/{name}") } else { format!("/proc/sys/{}", name.replace('.', "/")) };
    if fs::read_to_string(&path).is_ok_and(|value| value.trim() == wanted) {
        return Ok(());
    }
    fs::write(&path, wanted).map_err(|source| SysctlError {
        name: name.into(),
        wanted,
        purpose,
        advice: ADVICE,
        source,
    })
}

/// What the node as a whole needs.
pub fn prepare_node() -> Result<(), SysctlError> {
    ensure("net.ipv4.ip_forward", "1", "traffic of pods")?;
    ensure("net.ipv4.conf.all.send_redirects", "0", "pods that reach themselves through a Service")
}

/// What the node's end of a pod's link needs.
pub fn prepare_link(link: &str) -> Result<(), SysctlError> {
    ensure(&format!("net/ipv4/conf/{link}/proxy_arp"), "1", "the gateway of pods")?;
    ensure(&format!("net/ipv4/neigh/{link}/proxy_delay"), "0", "an undelayed gateway of pods")?;
    ensure(&format!("net/ipv4/conf/{link}/send_redirects"), "0", "pods that reach themselves through a Service")
}
