//! How much of what the thresholds bound is left.
use super::Signal;
use super::image_fs;
use crate::kubelet::{node::facts, shared::Shared};
use std::fs;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    pub available: u64,
    pub capacity: u64,
}

/// Threads that there are, and that there may be.
fn threads() -> Option<Measured> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    let used: u64 = load.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()?;
    let read = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let capacity = read("/proc/sys/kernel/pid_max")?.min(read("/proc/sys/kernel/threads-max")?);
    Some(Measured { available: capacity.saturating_sub(used), capacity })
}

/// None: this machine does not say.
pub async fn measure(shared: &Shared, signal: Signal) -> Option<Measured> {
    let node = || Some(facts::file_system(&shared.config.root_dir)).filter(|it| it.capacity_bytes > 0);
    let disk = match signal {
        Signal::ImageFsAvailable | Signal::ImageFsInodesFree => image_fs(shared).await.or_else(node),
        _ => node(),
    };
    match signal {
        Signal::MemoryAvailable => {
            let capacity = u64::try_from(shared.memory_bytes).ok().filter(|bytes| *bytes > 0)?;
            let used = shared.cgroups.usage("/").working_set_bytes;
            Some(Measured { available: capacity.saturating_sub(used), capacity })
        }
        Signal::NodeFsAvailable | Signal::ImageFsAvailable => {
            disk.map(|it| Measured { available: it.available_bytes, capacity: it.capacity_bytes })
        }
        Signal::NodeFsInodesFree | Signal::ImageFsInodesFree => {
            disk.filter(|it| it.inodes > 0).map(|it| Measured { available: it.inodes_free, capacity: it.inodes })
        }
        Signal::PidAvailable => threads(),
    }
}
