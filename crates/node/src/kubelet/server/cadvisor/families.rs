//! Every family of `/metrics/cadvisor` that belongs to a cgroup: its name, and how its values are read.
use super::{
    Families,
    Kind::{self, Counter, Gauge},
    Sample,
    gather::Seen,
    system::{self, DiskCounters, Mounted},
};
use crate::kubelet::{
    cgroups::{Detail, Disk, Pressure},
    node::facts::FileSystem,
};

/// Limits from here on mean none.
const MEMORY_MAX: u64 = 1 << 62;

type Label = (&'static str, String);

#[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
fn float(count: u64) -> f64 {
    count as f64
}

fn seconds(nanos: u64) -> f64 {
    float(nanos) / 1e9
}

/// A family with one value for a cgroup.
struct One {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    value: fn(&Detail) -> f64,
}

const fn one(name: &'static str, kind: Kind, help: &'static str, value: fn(&Detail) -> f64) -> One {
    One { name, kind, help, value }
}

/// Shown of cgroups with a quota of processor time.
static QUOTA: &[One] = &[
    one("container_cpu_cfs_periods_total", Counter, "Number of elapsed enforcement period intervals.", |it| {
        float(it.cpu.periods)
    }),
    one("container_cpu_cfs_throttled_periods_total", Counter, "Number of throttled period intervals.", |it| {
        float(it.cpu.throttled_periods)
    }),
    one(
        "container_cpu_cfs_throttled_seconds_total",
        Counter,
        "Total time duration the container has been throttled.",
        |it| seconds(it.cpu.throttled_nanos),
    ),
    one("container_cpu_cfs_burst_periods_total", Counter, "Number of periods when burst occurs.", |it| {
        float(it.cpu.burst_periods)
    }),
    one(
        "container_cpu_cfs_burst_seconds_total",
        Counter,
        "Total time duration the container has been bursted.",
        |it| seconds(it.cpu.burst_nanos),
    ),
];

static ALWAYS: &[One] = &[
    one("container_cpu_user_seconds_total", Counter, "Cumulative user cpu time consumed in seconds.", |it| {
        seconds(it.cpu.user_nanos)
    }),
    one("container_cpu_system_seconds_total", Counter, "Cumulative system cpu time consumed in seconds.", |it| {
        seconds(it.cpu.system_nanos)
    }),
    one("container_memory_cache", Gauge, "Number of bytes of page cache memory.", |it| float(it.memory.cache)),
    one("container_memory_rss", Gauge, "Size of RSS in bytes.", |it| float(it.memory.rss)),
    one("container_memory_kernel_usage", Gauge, "Size of kernel memory allocated in bytes.", |it| {
        float(it.memory.kernel)
    }),
    one("container_memory_mapped_file", Gauge, "Size of memory mapped files in bytes.", |it| {
        float(it.memory.mapped_file)
    }),
    one("container_memory_swap", Gauge, "Container swap usage in bytes.", |it| float(it.memory.swap)),
    one("container_memory_failcnt", Counter, "Number of memory usage hits limits", |it| float(it.memory.limit_hits)),
    one(
        "container_memory_usage_bytes",
        Gauge,
        "Current memory usage in bytes, including all memory regardless of when it was accessed",
        |it| float(it.memory.usage),
    ),
    one("container_memory_max_usage_bytes", Gauge, "Maximum memory usage recorded in bytes", |it| {
        float(it.memory.max_usage)
    }),
    one("container_memory_working_set_bytes", Gauge, "Current working set in bytes.", |it| {
        float(it.memory.working_set())
    }),
    one("container_memory_total_active_file_bytes", Gauge, "Current total active file in bytes.", |it| {
        float(it.memory.active_file)
    }),
    one("container_memory_total_inactive_file_bytes", Gauge, "Current total inactive file in bytes.", |it| {
        float(it.memory.inactive_file)
    }),
    one("container_threads", Gauge, "Number of threads running inside the container", |it| float(it.threads)),
    one(
        "container_threads_max",
        Gauge,
        "Maximum number of threads allowed inside the container, infinity if value is zero",
        |it| float(it.threads_max),
    ),
    one("container_oom_events_total", Counter, "Count of out of memory events observed for the container", |it| {
        float(it.oom_kills)
    }),
];

/// A counter's name and help.
type Named = (&'static str, &'static str);

/// In the order of [`system::Interface`]'s counters.
static RECEIVED: [Named; 4] = [
    ("container_network_receive_bytes_total", "Cumulative count of bytes received"),
    ("container_network_receive_packets_total", "Cumulative count of packets received"),
    ("container_network_receive_errors_total", "Cumulative count of errors encountered while receiving"),
    ("container_network_receive_packets_dropped_total", "Cumulative count of packets dropped while receiving"),
];
static SENT: [Named; 4] = [
    ("container_network_transmit_bytes_total", "Cumulative count of bytes transmitted"),
    ("container_network_transmit_packets_total", "Cumulative count of packets transmitted"),
    ("container_network_transmit_errors_total", "Cumulative count of errors encountered while transmitting"),
    ("container_network_transmit_packets_dropped_total", "Cumulative count of packets dropped while transmitting"),
];

/// In the order of [`DiskCounters`].
static READS: [Named; 4] = [
    ("container_fs_reads_total", "Cumulative count of reads completed"),
    ("container_fs_reads_merged_total", "Cumulative count of reads merged"),
    ("container_fs_sector_reads_total", "Cumulative count of sector reads completed"),
    ("container_fs_read_seconds_total", "Cumulative count of seconds spent reading"),
];
static WRITES: [Named; 4] = [
    ("container_fs_writes_total", "Cumulative count of writes completed"),
    ("container_fs_writes_merged_total", "Cumulative count of writes merged"),
    ("container_fs_sector_writes_total", "Cumulative count of sector writes completed"),
    ("container_fs_write_seconds_total", "Cumulative count of seconds spent writing"),
];

fn milliseconds(count: u64) -> f64 {
    float(count) / 1e3
}

/// What is free and used of a mounted file system.
fn room(put: &mut Put<'_>, device: &str, room: &FileSystem) {
    let used = room.capacity_bytes.saturating_sub(room.free_bytes);
    for (name, help, value) in [
        ("container_fs_inodes_free", "Number of available Inodes", room.inodes_free),
        ("container_fs_inodes_total", "Number of Inodes", room.inodes),
        (
            "container_fs_limit_bytes",
            "Number of bytes that can be consumed by the container on this filesystem.",
            room.capacity_bytes,
        ),
        ("container_fs_usage_bytes", "Number of bytes that are consumed by the container on this filesystem.", used),
    ] {
        put.at(name, Gauge, help, &[("device", device)], float(value));
    }
}

/// What the disk below a mounted file system has done.
fn disk_work(put: &mut Put<'_>, device: &str, disk: &DiskCounters) {
    for (families, counts) in [(&READS, disk.reads), (&WRITES, disk.writes)] {
        let [requests, merged, sectors, time] = counts;
        let values = [float(requests), float(merged), float(sectors), milliseconds(time)];
        for ((name, help), value) in families.iter().zip(values) {
            put.at(name, Counter, help, &[("device", device)], value);
        }
    }
    for (name, kind, help, value) in [
        ("container_fs_io_current", Gauge, "Number of I/Os currently in progress", float(disk.under_way)),
        (
            "container_fs_io_time_seconds_total",
            Counter,
            "Cumulative count of seconds spent doing I/Os",
            milliseconds(disk.time),
        ),
        (
            "container_fs_io_time_weighted_seconds_total",
            Counter,
            "Cumulative weighted I/O time in seconds",
            milliseconds(disk.weighted_time),
        ),
    ] {
        put.at(name, kind, help, &[("device", device)], value);
    }
}

/// The cgroup's samples are put under its own labels.
struct Put<'a> {
    out: &'a mut Families,
    base: Vec<Label>,
    now: i64,
}

impl Put<'_> {
    fn at(&mut self, name: &'static str, kind: Kind, help: &'static str, more: &[(&'static str, &str)], value: f64) {
        let more = more.iter().map(|(key, value)| (*key, (*value).to_owned()));
        let labels = self.base.iter().cloned().chain(more).collect();
        self.out.add((name, kind, help), Sample { labels, value, at: Some(self.now) });
    }

    fn fact(&mut self, name: &'static str, help: &'static str, value: f64) {
        self.out.add((name, Gauge, help), Sample { labels: self.base.clone(), value, at: None });
    }
}

fn base(seen: &Seen) -> Vec<Label> {
    vec![
        ("container", seen.name.container.clone()),
        ("id", seen.id.clone()),
        ("image", seen.name.image.clone()),
        ("name", seen.container_id.clone()),
        ("namespace", seen.name.namespace.clone()),
        ("pod", seen.name.pod.clone()),
    ]
}

fn facts(put: &mut Put<'_>, detail: &Detail) {
    put.fact(
        "container_start_time_seconds",
        "Start time of the container since unix epoch in seconds.",
        float(detail.made_at),
    );
    if let Some(cpu) = detail.allowed.cpu {
        put.fact("container_spec_cpu_period", "CPU period of the container.", float(cpu.period_us));
        if let Some(quota) = cpu.quota_us {
            put.fact("container_spec_cpu_quota", "CPU quota of the container.", float(quota));
        }
        put.fact("container_spec_cpu_shares", "CPU share of the container.", float(cpu.shares));
    }
    if let Some(memory) = detail.allowed.memory {
        let bytes = |it: u64| if it > MEMORY_MAX { 0.0 } else { float(it) };
        put.fact("container_spec_memory_limit_bytes", "Memory limit for the container.", bytes(memory.limit));
        put.fact(
            "container_spec_memory_swap_limit_bytes",
            "Memory swap limit for the container.",
            bytes(memory.swap_limit),
        );
        put.fact(
            "container_spec_memory_reservation_limit_bytes",
            "Memory reservation limit for the container.",
            bytes(memory.reservation),
        );
    }
}

fn memory_failures(put: &mut Put<'_>, detail: &Detail) {
    let help = "Cumulative count of memory allocation failures.";
    for scope in ["container", "hierarchy"] {
        for (kind, count) in [("pgfault", detail.memory.page_faults), ("pgmajfault", detail.memory.major_page_faults)] {
            let labels = [("failure_type", kind), ("scope", scope)];
            put.at("container_memory_failures_total", Counter, help, &labels, float(count));
        }
    }
}

fn disks(put: &mut Put<'_>, disks: &[Disk]) {
    if disks.is_empty() {
        return;
    }
    let known = system::disks();
    for disk in disks {
        let device = known.get(&(disk.major, disk.minor)).map_or("", |it| it.name.as_str());
        let of = [("device", device)];
        let read =
            |from: &std::collections::BTreeMap<String, u64>, what: &str| float(from.get(what).copied().unwrap_or(0));
        for (name, help, value) in [
            ("container_fs_reads_bytes_total", "Cumulative count of bytes read", read(&disk.bytes, "Read")),
            ("container_fs_writes_bytes_total", "Cumulative count of bytes written", read(&disk.bytes, "Write")),
            ("container_fs_reads_total", "Cumulative count of reads completed", read(&disk.requests, "Read")),
            ("container_fs_writes_total", "Cumulative count of writes completed", read(&disk.requests, "Write")),
        ] {
            put.at(name, Counter, help, &of, value);
        }
        for (key, name, help) in [
            ("usage", "container_fs_io_cost_usage_seconds_total", "Cumulative IOCost usage in seconds"),
            ("wait", "container_fs_io_cost_wait_seconds_total", "Cumulative IOCost wait in seconds"),
            ("indebt", "container_fs_io_cost_indebt_seconds_total", "Cumulative IOCost debt in seconds"),
            ("indelay", "container_fs_io_cost_indelay_seconds_total", "Cumulative IOCost delay in seconds"),
        ] {
            if let Some(micros) = disk.cost.get(key) {
                put.at(name, Counter, help, &of, float(*micros) / 1e6);
            }
        }
        let (major, minor) = (disk.major.to_string(), disk.minor.to_string());
        for (operation, bytes) in &disk.bytes {
            let labels = [("device", device), ("major", &major), ("minor", &minor), ("operation", operation)];
            let help = "Blkio Device bytes usage";
            put.at("container_blkio_device_usage_total", Counter, help, &labels, float(*bytes));
        }
    }
}

fn pressure(put: &mut Put<'_>, it: &Pressure) {
    for (name, help, micros) in [
        (
            "container_pressure_cpu_stalled_seconds_total",
            "Total time duration no tasks in the container could make progress due to CPU congestion.",
            it.cpu.full,
        ),
        (
            "container_pressure_cpu_waiting_seconds_total",
            "Total time duration tasks in the container have waited due to CPU congestion.",
            it.cpu.some,
        ),
        (
            "container_pressure_memory_stalled_seconds_total",
            "Total time duration no tasks in the container could make progress due to memory congestion.",
            it.memory.full,
        ),
        (
            "container_pressure_memory_waiting_seconds_total",
            "Total time duration tasks in the container have waited due to memory congestion.",
            it.memory.some,
        ),
        (
            "container_pressure_io_stalled_seconds_total",
            "Total time duration no tasks in the container could make progress due to IO congestion.",
            it.io.full,
        ),
        (
            "container_pressure_io_waiting_seconds_total",
            "Total time duration tasks in the container have waited due to IO congestion.",
            it.io.some,
        ),
    ] {
        put.at(name, Counter, help, &[], float(micros) / 1e6);
    }
}

/// What upstream's kubelet shows although nothing measures it there unless cAdvisor's load reader is switched on, which the
/// kubelet has no setting for; and containers have no health of their own beside probes.
fn unmeasured(put: &mut Put<'_>) {
    let load = "Value of container cpu load average over the last 10 seconds.";
    put.at("container_cpu_load_average_10s", Gauge, load, &[], 0.0);
    let load = "Value of container cpu load.d average over the last 10 seconds.";
    put.at("container_cpu_load_d_average_10s", Gauge, load, &[], 0.0);
    for state in ["sleeping", "running", "stopped", "uninterruptible", "iowaiting"] {
        put.at("container_tasks_state", Gauge, "Number of tasks in given state", &[("state", state)], 0.0);
    }
    put.at("container_health_state", Gauge, "The result of the container's health check", &[], -1.0);
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
pub(super) fn put(out: &mut Families, seen: &Seen, now: i64) {
    let mut put = Put { out, base: base(seen), now };
    let detail = &seen.detail;
    facts(&mut put, detail);
    let last = "Last time a container was seen by the exporter";
    put.at("container_last_seen", Gauge, last, &[], (now / 1000) as f64);
    for family in ALWAYS {
        put.at(family.name, family.kind, family.help, &[], (family.value)(detail));
    }
    if detail.allowed.cpu.is_some_and(|it| it.quota_us.is_some()) {
        for family in QUOTA {
            put.at(family.name, family.kind, family.help, &[], (family.value)(detail));
        }
    }
    if detail.cpu.total_nanos > 0 {
        let help = "Cumulative cpu time consumed in seconds.";
        let used = seconds(detail.cpu.total_nanos);
        put.at("container_cpu_usage_seconds_total", Counter, help, &[("cpu", "total")], used);
    }
    memory_failures(&mut put, detail);
    disks(&mut put, &detail.disks);
    if let Some(it) = &detail.pressure {
        pressure(&mut put, it);
    }
    unmeasured(&mut put);
    for interface in &seen.interfaces {
        for (families, counts) in [(&RECEIVED, interface.received), (&SENT, interface.sent)] {
            for ((name, help), count) in families.iter().zip(counts) {
                put.at(name, Counter, help, &[("interface", &interface.name)], float(count));
            }
        }
    }
    for (name, help, count) in [
        ("container_processes", "Number of processes running inside the container.", seen.processes.count),
        ("container_file_descriptors", "Number of open file descriptors for the container.", seen.processes.open_files),
        ("container_sockets", "Number of open sockets for the container.", seen.processes.sockets),
    ] {
        put.at(name, Gauge, help, &[], float(count));
    }
    if let Some(soft) = seen.open_files {
        let help = "Soft ulimit values for the container root process. Unlimited if -1, except priority and nice";
        put.at("container_ulimits_soft", Gauge, help, &[("ulimit", "max_open_files")], soft as f64);
    }
}

/// File systems belong to the node as a whole.
pub(super) fn put_file_systems(out: &mut Families, all: &[Mounted], now: i64) {
    let mut put = Put { out, base: base(&Seen { id: "/".into(), ..Seen::default() }), now };
    for mounted in all {
        room(&mut put, &mounted.device, &mounted.room);
        disk_work(&mut put, &mounted.device, &mounted.disk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubelet::server::cadvisor::gather::Name;

    #[test]
    fn a_container_under_its_names() {
        let name = Name { image: "busybox:1".into(), pod: "p".into(), namespace: "ns".into(), container: "c".into() };
        let mut seen = Seen { id: "/kubepods/podu/1".into(), container_id: "1".into(), name, ..Seen::default() };
        seen.detail.cpu.total_nanos = 2_500_000_000;
        seen.detail.memory.usage = 100;
        seen.detail.memory.inactive_file = 40;
        let mut out = Families::default();
        put(&mut out, &seen, 9_000);
        let text = out.text();
        let labels = "id=\"/kubepods/podu/1\",image=\"busybox:1\",name=\"1\",namespace=\"ns\",pod=\"p\"";
        for line in [
            format!("container_cpu_usage_seconds_total{{container=\"c\",cpu=\"total\",{labels}}} 2.5 9000"),
            format!("container_memory_working_set_bytes{{container=\"c\",{labels}}} 60 9000"),
            format!("container_last_seen{{container=\"c\",{labels}}} 9 9000"),
            format!("container_start_time_seconds{{container=\"c\",{labels}}} 0"),
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
        assert!(!text.contains("container_cpu_cfs_periods_total"), "no quota is set");
        assert!(!text.contains("container_network_"), "the sandbox has the network");
    }
}
