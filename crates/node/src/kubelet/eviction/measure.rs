//! How much of what the thresholds bound is left.
use super::Signal;
use super::image_fs;
use crate::{
    kubelet::{cgroups::qos_path, node::facts, shared::Shared},
    pod::qos::Qos,
};
use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// Whether images and containers' layers lie on another file system than the node's own files.
pub async fn images_apart(shared: &Shared) -> bool {
    let device = |path: &Path| fs::metadata(path).ok().map(|it| it.dev());
    let images = super::images::image_place(shared).await;
    let (images, node) = (images.as_deref().and_then(device), device(&shared.config.root_dir));
    images.is_some() && images != node
}

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
        Signal::ImageFsAvailable
        | Signal::ImageFsInodesFree
        | Signal::ContainerFsAvailable
        | Signal::ContainerFsInodesFree => image_fs(shared).await.or_else(node),
        _ => node(),
    };
    match signal {
        Signal::MemoryAvailable => {
            let capacity = u64::try_from(shared.memory_bytes).ok().filter(|bytes| *bytes > 0)?;
            let used = shared.cgroups.usage("/").working_set_bytes;
            Some(Measured { available: capacity.saturating_sub(used), capacity })
        }
        Signal::AllocatableMemoryAvailable => {
            let settings = &shared.config.settings;
            let bound = shared.memory_bytes.saturating_sub(settings.reserved.memory_bytes);
            let capacity = u64::try_from(bound).ok().filter(|bytes| *bytes > 0)?;
            let used = shared.cgroups.usage(&qos_path(&settings.cgroup_root, Qos::Guaranteed)).working_set_bytes;
            Some(Measured { available: capacity.saturating_sub(used), capacity })
        }
        Signal::NodeFsAvailable | Signal::ImageFsAvailable | Signal::ContainerFsAvailable => {
            disk.map(|it| Measured { available: it.available_bytes, capacity: it.capacity_bytes })
        }
        Signal::NodeFsInodesFree | Signal::ImageFsInodesFree | Signal::ContainerFsInodesFree => {
            disk.filter(|it| it.inodes > 0).map(|it| Measured { available: it.inodes_free, capacity: it.inodes })
        }
        Signal::PidAvailable => threads(),
    }
}
