//! What the machine has, as `machine_*`.
use super::{Families, Kind, Sample};
use crate::kubelet::node::facts;
use std::{collections::BTreeSet, fs};

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// (processors, cores, sockets, books, drawers) as the kernel numbers them.
fn topology() -> [usize; 5] {
    let names = fs::read_dir("/sys/devices/system/cpu").into_iter().flatten().flatten();
    let ids = names.filter_map(|entry| entry.file_name().to_str()?.strip_prefix("cpu")?.parse::<u64>().ok());
    let (mut processors, mut cores, mut sockets) = (0, BTreeSet::new(), BTreeSet::new());
    let (mut books, mut drawers) = (BTreeSet::new(), BTreeSet::new());
    for id in ids {
        let read = |what: &str| number(&format!("/sys/devices/system/cpu/cpu{id}/topology/{what}"));
        let online = number(&format!("/sys/devices/system/cpu/cpu{id}/online")) != Some(0);
        if !online {
            continue;
        }
        processors += 1;
        let (Some(socket), Some(core)) = (read("physical_package_id"), read("core_id")) else { continue };
        sockets.insert(socket);
        cores.insert((socket, core));
        books.extend(read("book_id"));
        drawers.extend(read("drawer_id"));
    }
    [processors, cores.len(), sockets.len(), books.len(), drawers.len()]
}

/// Memory of a field of `/proc/meminfo`, in bytes.
fn memory(field: &str) -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Bytes of persistent memory that the kernel shows as devices.
fn persistent_memory() -> u64 {
    let devices = fs::read_dir("/sys/bus/nd/devices").into_iter().flatten().flatten();
    let regions = devices.filter(|it| it.file_name().as_encoded_bytes().starts_with(b"region"));
    regions.filter_map(|it| number(&it.path().join("size").display().to_string())).sum()
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
pub(super) fn put(out: &mut Families, now: i64) {
    let identity = facts::identity();
    let labels = [
        ("boot_id", identity.boot_id.clone()),
        ("machine_id", identity.machine_id.clone()),
        ("system_uuid", identity.system_uuid.clone()),
    ];
    let mut gauge = |name, help, value: u64, more: Option<(&'static str, &str)>| {
        let more = more.map(|(key, value)| (key, value.to_owned()));
        let labels = labels.iter().cloned().chain(more).collect();
        out.add((name, Kind::Gauge, help), Sample { labels, value: value as f64, at: Some(now) });
    };
    let [processors, cores, sockets, books, drawers] = topology().map(|count| count as u64);
    let processors = processors.max(u64::try_from(facts::processors()).unwrap_or(0));
    gauge("machine_cpu_cores", "Number of logical CPU cores.", processors, None);
    gauge("machine_cpu_physical_cores", "Number of physical CPU cores.", cores, None);
    gauge("machine_cpu_sockets", "Number of CPU sockets.", sockets, None);
    gauge("machine_cpu_books", "Number of CPU books.", books, None);
    gauge("machine_cpu_drawers", "Number of CPU drawers.", drawers, None);
    gauge("machine_memory_bytes", "Amount of memory installed on the machine.", memory("MemTotal"), None);
    gauge("machine_swap_bytes", "Amount of swap memory available on the machine.", memory("SwapTotal"), None);
    let nvm = "NVM capacity value labeled by NVM mode (memory mode or app direct mode).";
    gauge("machine_nvm_capacity", nvm, persistent_memory(), Some(("mode", "app_direct_mode")));
    // Persistent memory in this mode is ordinary memory to the kernel; only its maker's library tells it apart.
    gauge("machine_nvm_capacity", nvm, 0, Some(("mode", "memory_mode")));
    gauge("machine_nvm_avg_power_budget_watts", "NVM power budget.", 0, None);
    let error = Sample { labels: Vec::new(), value: f64::from(u8::from(memory("MemTotal") == 0)), at: None };
    let help = "1 if there was an error while getting machine metrics, 0 otherwise.";
    out.add(("machine_scrape_error", Kind::Gauge, help), error);
    let labels = vec![
        ("cadvisorRevision", String::new()),
        ("cadvisorVersion", String::new()),
        ("dockerVersion", String::new()),
        ("kernelVersion", identity.kernel),
        ("osVersion", identity.os_image),
    ];
    let help = "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor \
                version & cadvisor revision.";
    out.add(("cadvisor_version_info", Kind::Gauge, help), Sample { labels, value: 1.0, at: None });
}
