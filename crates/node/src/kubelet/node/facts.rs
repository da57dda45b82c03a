//! What the machine says of itself. Read at start and with every status.
use crate::{
    kubelet::{configuration::Settings, eviction::Signal},
    pod::quantity::{from_bytes, from_milli, milli, value},
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::{collections::BTreeMap, fs, path::Path};

fn line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// Memory of the machine, in bytes.
pub fn memory_bytes() -> i64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.split_whitespace().next()?.parse::<i64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Whether the machine has somewhere to swap to.
pub fn has_swap() -> bool {
    fs::read_to_string("/proc/swaps").is_ok_and(|text| text.lines().skip(1).any(|line| !line.trim().is_empty()))
}

/// Whether the kernel enforces AppArmor profiles.
pub fn has_app_armor() -> bool {
    line("/sys/module/apparmor/parameters/enabled").starts_with('Y')
}

/// Seconds since the machine was started.
pub fn seconds_since_boot() -> f64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    text.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or(0.0)
}

/// Processors that this process may use.
pub fn processors() -> i64 {
    std::thread::available_parallelism().map_or(1, |count| i64::try_from(count.get()).unwrap_or(1))
}

/// Room of the file system that holds `path`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSystem {
    pub capacity_bytes: u64,
    pub available_bytes: u64,
    /// With what is kept for root.
    pub free_bytes: u64,
    pub inodes: u64,
    pub inodes_free: u64,
}

pub fn file_system(path: &Path) -> FileSystem {
    rustix::fs::statvfs(path).map_or_else(
        |_| FileSystem::default(),
        |it| FileSystem {
            capacity_bytes: it.f_blocks * it.f_frsize,
            available_bytes: it.f_bavail * it.f_frsize,
            free_bytes: it.f_bfree * it.f_frsize,
            inodes: it.f_files,
            inodes_free: it.f_ffree,
        },
    )
}

/// Huge pages by resource name, in bytes.
fn huge_pages() -> BTreeMap<String, i64> {
    let entries = fs::read_dir("/sys/kernel/mm/hugepages").into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let kib: i64 = name.strip_prefix("hugepages-")?.strip_suffix("kB")?.parse().ok()?;
        let count: i64 = fs::read_to_string(entry.path().join("nr_hugepages")).ok()?.trim().parse().ok()?;
        Some((format!("hugepages-{}", from_bytes(kib * 1024).0), count * kib * 1024))
    });
    sizes.collect()
}

/// Capacity by resource.
pub fn capacity(root: &Path, max_pods: u32) -> BTreeMap<String, Quantity> {
    let disk = i64::try_from(file_system(root).capacity_bytes).unwrap_or(i64::MAX);
    let mut all = BTreeMap::from([
        ("cpu".to_owned(), from_milli(processors() * 1000)),
        ("memory".to_owned(), Quantity(format!("{}Ki", memory_bytes() / 1024))),
        ("ephemeral-storage".to_owned(), Quantity(format!("{}Ki", disk / 1024))),
        ("pods".to_owned(), Quantity(max_pods.to_string())),
    ]);
    all.extend(huge_pages().into_iter().map(|(name, bytes)| (name, from_bytes(bytes))));
    all
}

/// What hard eviction keeps back of this capacity, in bytes.
fn kept_back(settings: &Settings, signal: Signal, capacity: i64) -> i64 {
    let capacity = u64::try_from(capacity).unwrap_or(0);
    let of_signal = settings.eviction.iter().find(|it| it.signal == signal && it.grace.is_none());
    of_signal.map_or(0, |it| i64::try_from(it.least(capacity)).unwrap_or(i64::MAX))
}

/// What pods may have of a capacity: all but reservations and what hard eviction keeps back.
pub fn allocatable(capacity: &BTreeMap<String, Quantity>, settings: &Settings) -> BTreeMap<String, Quantity> {
    let mut all = capacity.clone();
    let reserved = settings.reserved;
    if let Some(cpu) = all.get_mut("cpu") {
        *cpu = from_milli((milli(cpu) - reserved.cpu_milli).max(0));
    }
    if let Some(memory) = all.get_mut("memory") {
        let bytes = value(memory);
        let kept = reserved.memory_bytes.saturating_add(kept_back(settings, Signal::MemoryAvailable, bytes));
        *memory = Quantity(format!("{}Ki", bytes.saturating_sub(kept).max(0) / 1024));
    }
    if let Some(disk) = all.get_mut("ephemeral-storage") {
        let bytes = value(disk);
        let kept = reserved.ephemeral_bytes.saturating_add(kept_back(settings, Signal::NodeFsAvailable, bytes));
        *disk = Quantity(bytes.saturating_sub(kept).max(0).to_string());
    }
    all
}

/// Identity of the machine and its software.
#[derive(Debug, Clone)]
pub struct Identity {
    pub machine_id: String,
    pub system_uuid: String,
    pub boot_id: String,
    pub kernel: String,
    pub os_image: String,
    pub architecture: &'static str,
}

pub fn identity() -> Identity {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let machine_id = line("/etc/machine-id");
    let uuid = line("/sys/class/dmi/id/product_uuid");
    Identity {
        system_uuid: if uuid.is_empty() { machine_id.clone() } else { uuid },
        machine_id,
        boot_id: line("/proc/sys/kernel/random/boot_id"),
        kernel: line("/proc/sys/kernel/osrelease"),
        os_image: pretty.unwrap_or("Linux").trim_matches('"').to_owned(),
        architecture: match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        },
    }
}
