//! All that the kernel tells of one cgroup, as `/metrics/cadvisor` shows it: times, memory, disks, pressure, and what is
//! allowed. A value that a hierarchy does not have is 0 or None.
use super::{below, number};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpuTimes {
    pub total_nanos: u64,
    pub user_nanos: u64,
    pub system_nanos: u64,
    pub periods: u64,
    pub throttled_periods: u64,
    pub throttled_nanos: u64,
    pub burst_periods: u64,
    pub burst_nanos: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    pub usage: u64,
    pub max_usage: u64,
    pub limit_hits: u64,
    pub kernel: u64,
    pub cache: u64,
    pub rss: u64,
    pub swap: u64,
    pub mapped_file: u64,
    pub active_file: u64,
    pub inactive_file: u64,
    pub page_faults: u64,
    pub major_page_faults: u64,
}

impl Memory {
    pub fn working_set(&self) -> u64 {
        self.usage.saturating_sub(self.inactive_file)
    }
}

/// Amounts by operation (`Read`, `Write`, `Sync`, …, `Total`).
pub type Operations = BTreeMap<String, u64>;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disk {
    pub major: u32,
    pub minor: u32,
    pub bytes: Operations,
    pub requests: Operations,
    /// The I/O cost controller's usage, wait, debt and delay in microseconds, where it is at work.
    pub cost: BTreeMap<String, u64>,
}

/// Microseconds in which some or all tasks waited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stalled {
    pub some: u64,
    pub full: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pressure {
    pub cpu: Stalled,
    pub memory: Stalled,
    pub io: Stalled,
}

/// What the cgroup may use; None: its controller is not there. `u64::MAX`: no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowed {
    pub cpu: Option<CpuAllowed>,
    pub memory: Option<MemoryAllowed>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpuAllowed {
    pub shares: u64,
    pub period_us: u64,
    /// None: no quota.
    pub quota_us: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryAllowed {
    pub limit: u64,
    pub swap_limit: u64,
    pub reservation: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// Seconds since the epoch.
    pub made_at: u64,
    pub cpu: CpuTimes,
    pub memory: Memory,
    pub disks: Vec<Disk>,
    pub oom_kills: u64,
    /// None: this hierarchy does not tell.
    pub pressure: Option<Pressure>,
    pub threads: u64,
    /// 0: no limit.
    pub threads_max: u64,
    /// Process ids of the cgroup itself, without those below.
    pub processes: Vec<u32>,
    pub allowed: Allowed,
}

type Pairs = HashMap<String, u64>;

fn pairs(path: &Path) -> Pairs {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter_map(|line| {
        let (key, value) = line.split_once(' ')?;
        Some((key.to_owned(), value.trim().parse().ok()?))
    });
    lines.collect()
}

fn of(pairs: &Pairs, key: &str) -> u64 {
    pairs.get(key).copied().unwrap_or(0)
}

/// A number, or `max`.
fn limit(path: &Path) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    if text.trim() == "max" { Some(u64::MAX) } else { text.trim().parse().ok() }
}

fn threads_max(dir: &Path) -> u64 {
    limit(&dir.join("pids.max")).filter(|most| *most != u64::MAX).unwrap_or(0)
}

fn processes(dir: &Path) -> Vec<u32> {
    let text = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

/// The earlier of the folder's time and of a file's that only its making touches.
fn made_at(dir: &Path, untouched: &str) -> u64 {
    let changed = |path: &Path| fs::metadata(path).ok().and_then(|it| u64::try_from(it.mtime()).ok());
    changed(dir).into_iter().chain(changed(&dir.join(untouched))).min().unwrap_or(0)
}

fn device(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// `8:0 Read 4096` a line, as version 1 writes it.
fn operations(text: &str) -> BTreeMap<(u32, u32), Operations> {
    let mut out: BTreeMap<(u32, u32), Operations> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(of), Some(operation), Some(value)) = (words.next().and_then(device), words.next(), words.next())
        else {
            continue;
        };
        let Ok(value) = value.parse() else { continue };
        out.entry(of).or_default().insert(operation.to_owned(), value);
    }
    out
}

/// Files of version 1, the most telling first: the schedulers' own, then those of the throttle.
const V1_DISKS: &[(&str, &str)] = &[
    ("blkio.bfq.io_service_bytes_recursive", "blkio.bfq.io_serviced_recursive"),
    ("blkio.io_service_bytes_recursive", "blkio.io_serviced_recursive"),
    ("blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_serviced_recursive"),
    ("blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced"),
];

fn v1_disks(dir: &Path) -> Vec<Disk> {
    for (bytes, requests) in V1_DISKS {
        let read = |file: &str| operations(&fs::read_to_string(dir.join(file)).unwrap_or_default());
        let (bytes, mut requests) = (read(bytes), read(requests));
        if bytes.is_empty() && requests.is_empty() {
            continue;
        }
        let disk = |((major, minor), bytes)| {
            let requests = requests.remove(&(major, minor)).unwrap_or_default();
            Disk { major, minor, bytes, requests, cost: BTreeMap::new() }
        };
        return bytes.into_iter().map(disk).collect();
    }
    Vec::new()
}

/// `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …` a line, as version 2 writes it.
fn v2_disks(text: &str) -> Vec<Disk> {
    let disk = |line: &str| {
        let mut words = line.split_whitespace();
        let (major, minor) = device(words.next()?)?;
        let mut disk = Disk { major, minor, ..Disk::default() };
        for (key, value) in words.filter_map(|word| word.split_once('=')) {
            let Ok(value) = value.parse() else { continue };
            match key {
                "rbytes" => disk.bytes.insert("Read".into(), value),
                "wbytes" => disk.bytes.insert("Write".into(), value),
                "rios" => disk.requests.insert("Read".into(), value),
                "wios" => disk.requests.insert("Write".into(), value),
                key => key.strip_prefix("cost.").and_then(|what| disk.cost.insert(what.to_owned(), value)),
            };
        }
        Some(disk)
    };
    text.lines().filter_map(disk).collect()
}

fn stalled(dir: &Path, file: &str) -> Option<Stalled> {
    let text = fs::read_to_string(dir.join(file)).ok()?;
    let total = |kind: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(kind));
        line.and_then(|rest| rest.split_once("total=")?.1.trim().parse().ok()).unwrap_or(0)
    };
    Some(Stalled { some: total("some "), full: total("full ") })
}

fn pressure(dir: &Path) -> Option<Pressure> {
    Some(Pressure {
        cpu: stalled(dir, "cpu.pressure")?,
        memory: stalled(dir, "memory.pressure").unwrap_or_default(),
        io: stalled(dir, "io.pressure").unwrap_or_default(),
    })
}

/// Ticks in which version 1 counts user and system time.
const TICK_NANOS: u64 = 10_000_000;

fn v1_cpu(cpu: &Path, cpuacct: &Path) -> CpuTimes {
    let (stat, times) = (pairs(&cpu.join("cpu.stat")), pairs(&cpuacct.join("cpuacct.stat")));
    CpuTimes {
        total_nanos: number(&cpuacct.join("cpuacct.usage")),
        user_nanos: of(&times, "user") * TICK_NANOS,
        system_nanos: of(&times, "system") * TICK_NANOS,
        periods: of(&stat, "nr_periods"),
        throttled_periods: of(&stat, "nr_throttled"),
        throttled_nanos: of(&stat, "throttled_time"),
        burst_periods: of(&stat, "nr_bursts"),
        burst_nanos: of(&stat, "burst_time"),
    }
}

fn v1_memory(dir: &Path) -> Memory {
    let stat = pairs(&dir.join("memory.stat"));
    Memory {
        usage: number(&dir.join("memory.usage_in_bytes")),
        max_usage: number(&dir.join("memory.max_usage_in_bytes")),
        limit_hits: number(&dir.join("memory.failcnt")),
        kernel: number(&dir.join("memory.kmem.usage_in_bytes")),
        cache: of(&stat, "total_cache"),
        rss: of(&stat, "total_rss"),
        swap: of(&stat, "total_swap"),
        mapped_file: of(&stat, "total_mapped_file"),
        active_file: of(&stat, "total_active_file"),
        inactive_file: of(&stat, "total_inactive_file"),
        page_faults: of(&stat, "pgfault"),
        major_page_faults: of(&stat, "pgmajfault"),
    }
}

fn v1_allowed(cpu: &Path, memory: &Path) -> Allowed {
    let bound = |file: &str| limit(&memory.join(file)).unwrap_or(0);
    Allowed {
        cpu: cpu.is_dir().then(|| CpuAllowed {
            shares: number(&cpu.join("cpu.shares")),
            period_us: number(&cpu.join("cpu.cfs_period_us")),
            // -1 is no number: no quota.
            quota_us: limit(&cpu.join("cpu.cfs_quota_us")),
        }),
        memory: memory.is_dir().then(|| MemoryAllowed {
            limit: bound("memory.limit_in_bytes"),
            swap_limit: bound("memory.memsw.limit_in_bytes"),
            reservation: bound("memory.soft_limit_in_bytes"),
        }),
    }
}

/// Of hierarchies of version 1 below `mount`. None: there is no such cgroup.
pub(super) fn v1(mount: &Path, path: &str) -> Option<Detail> {
    let dir = |controller: &str| below(&mount.join(controller), path);
    let (cpu, memory, pids) = (dir("cpu"), dir("memory"), dir("pids"));
    if !memory.is_dir() && !cpu.is_dir() {
        return None;
    }
    Some(Detail {
        made_at: made_at(&memory, "cgroup.clone_children"),
        cpu: v1_cpu(&cpu, &dir("cpuacct")),
        memory: v1_memory(&memory),
        disks: v1_disks(&dir("blkio")),
        oom_kills: of(&pairs(&memory.join("memory.oom_control")), "oom_kill"),
        pressure: None,
        threads: number(&pids.join("pids.current")),
        threads_max: threads_max(&pids),
        processes: processes(&cpu),
        allowed: v1_allowed(&cpu, &memory),
    })
}

fn v2_cpu(dir: &Path) -> CpuTimes {
    let stat = pairs(&dir.join("cpu.stat"));
    let nanos = |key| of(&stat, key) * 1000;
    CpuTimes {
        total_nanos: nanos("usage_usec"),
        user_nanos: nanos("user_usec"),
        system_nanos: nanos("system_usec"),
        periods: of(&stat, "nr_periods"),
        throttled_periods: of(&stat, "nr_throttled"),
        throttled_nanos: nanos("throttled_usec"),
        burst_periods: of(&stat, "nr_bursts"),
        burst_nanos: nanos("burst_usec"),
    }
}

fn v2_memory(dir: &Path) -> Memory {
    let stat = pairs(&dir.join("memory.stat"));
    // The root has no figure of its own: it is what its kinds of pages add up to.
    let usage = limit(&dir.join("memory.current")).unwrap_or_else(|| of(&stat, "anon") + of(&stat, "file"));
    Memory {
        usage,
        max_usage: number(&dir.join("memory.peak")),
        limit_hits: 0,
        kernel: 0,
        cache: of(&stat, "file"),
        rss: of(&stat, "anon"),
        swap: number(&dir.join("memory.swap.current")),
        mapped_file: of(&stat, "file_mapped"),
        active_file: of(&stat, "active_file"),
        inactive_file: of(&stat, "inactive_file"),
        page_faults: of(&stat, "pgfault"),
        major_page_faults: of(&stat, "pgmajfault"),
    }
}

/// Shares of version 1 that stand for a weight of version 2 in metrics: both ranges laid over each other.
fn shares_of_weight(weight: u64) -> u64 {
    2 + weight.clamp(1, 10_000).saturating_sub(1) * 262_142 / 9_999
}

fn v2_allowed(dir: &Path) -> Allowed {
    let bound = |file: &str| limit(&dir.join(file)).unwrap_or(0);
    let max = fs::read_to_string(dir.join("cpu.max")).unwrap_or_default();
    let (quota, period) = max.trim().split_once(' ').unwrap_or_default();
    Allowed {
        cpu: Some(CpuAllowed {
            shares: limit(&dir.join("cpu.weight")).map_or(0, shares_of_weight),
            period_us: period.parse().unwrap_or(0),
            quota_us: quota.parse().ok(),
        }),
        memory: dir.join("memory.max").exists().then(|| MemoryAllowed {
            limit: bound("memory.max"),
            swap_limit: bound("memory.swap.max"),
            reservation: bound("memory.min"),
        }),
    }
}

/// Of the unified hierarchy. None: there is no such cgroup.
pub(super) fn v2(mount: &Path, path: &str) -> Option<Detail> {
    let dir = below(mount, path);
    if !dir.is_dir() {
        return None;
    }
    Some(Detail {
        made_at: made_at(&dir, "cgroup.events"),
        cpu: v2_cpu(&dir),
        memory: v2_memory(&dir),
        disks: v2_disks(&fs::read_to_string(dir.join("io.stat")).unwrap_or_default()),
        oom_kills: of(&pairs(&dir.join("memory.events.local")), "oom_kill"),
        pressure: pressure(&dir),
        threads: number(&dir.join("pids.current")),
        threads_max: threads_max(&dir),
        processes: processes(&dir),
        allowed: v2_allowed(&dir),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn version_one() {
        let dir = tree(&[
            ("cpu/a/cpu.stat", "nr_periods 7\nnr_throttled 2\nthrottled_time 5000\n"),
            ("cpu/a/cpu.shares", "512\n"),
            ("cpu/a/cpu.cfs_period_us", "100000\n"),
            ("cpu/a/cpu.cfs_quota_us", "-1\n"),
            ("cpu/a/cgroup.procs", "11\n12\n"),
            ("cpuacct/a/cpuacct.usage", "123\n"),
            ("cpuacct/a/cpuacct.stat", "user 3\nsystem 4\n"),
            ("memory/a/memory.stat", "cache 1\ntotal_cache 10\ntotal_rss 20\ntotal_inactive_file 5\npgfault 9\n"),
            ("memory/a/memory.usage_in_bytes", "40\n"),
            ("memory/a/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
            ("blkio/a/blkio.throttle.io_service_bytes_recursive", "8:16 Read 4096\n8:16 Total 4096\nTotal 4096\n"),
            ("blkio/a/blkio.throttle.io_serviced_recursive", "8:16 Read 1\n"),
            ("pids/a/pids.current", "2\n"),
            ("pids/a/pids.max", "max\n"),
        ]);
        let it = v1(dir.path(), "/a").unwrap();
        assert_eq!((it.cpu.total_nanos, it.cpu.user_nanos, it.cpu.system_nanos), (123, 30_000_000, 40_000_000));
        assert_eq!((it.cpu.periods, it.cpu.throttled_periods, it.cpu.throttled_nanos), (7, 2, 5000));
        assert_eq!((it.memory.cache, it.memory.rss, it.memory.working_set()), (10, 20, 35));
        assert_eq!((it.oom_kills, it.threads, it.threads_max), (3, 2, 0));
        assert_eq!(it.processes, [11, 12]);
        let disk = &it.disks[0];
        assert_eq!((disk.major, disk.minor, disk.bytes["Total"], disk.requests["Read"]), (8, 16, 4096, 1));
        let cpu = it.allowed.cpu.unwrap();
        assert_eq!((cpu.shares, cpu.period_us, cpu.quota_us), (512, 100_000, None));
        assert_eq!(it.pressure, None);
        assert_eq!(v1(dir.path(), "/b"), None);
    }

    #[test]
    fn version_two() {
        let dir = tree(&[
            ("a/cpu.stat", "usage_usec 9\nuser_usec 4\nsystem_usec 5\nnr_bursts 1\nburst_usec 2\n"),
            ("a/cpu.max", "max 100000\n"),
            ("a/cpu.weight", "39\n"),
            ("a/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=7\nfull avg10=0.00 total=3\n"),
            ("a/memory.stat", "anon 20\nfile 10\ninactive_file 5\n"),
            ("a/memory.current", "40\n"),
            ("a/memory.max", "max\n"),
            ("a/memory.events.local", "low 0\noom_kill 2\n"),
            ("a/io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 cost.usage=5\n"),
            ("a/pids.max", "64\n"),
        ]);
        let it = v2(dir.path(), "/a").unwrap();
        assert_eq!((it.cpu.total_nanos, it.cpu.burst_nanos), (9000, 2000));
        assert_eq!((it.memory.cache, it.memory.rss, it.memory.working_set()), (10, 20, 35));
        assert_eq!((it.oom_kills, it.threads_max), (2, 64));
        assert_eq!(it.pressure.unwrap().cpu, Stalled { some: 7, full: 3 });
        assert_eq!((it.disks[0].bytes["Write"], it.disks[0].requests["Read"], it.disks[0].cost["usage"]), (2, 3, 5));
        let cpu = it.allowed.cpu.unwrap();
        assert_eq!((cpu.shares, cpu.quota_us), (shares_of_weight(39), None));
        assert_eq!(it.allowed.memory.unwrap().limit, u64::MAX);
    }
}
