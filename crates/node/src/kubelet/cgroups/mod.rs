//! Cgroups of the node's pods: `kubepods`, one below it for each quality of service, one below that for each pod.
//! Containers' own cgroups are the runtime's.
mod detail;

pub use detail::{Allowed, Detail, Disk, Memory, Operations, Pressure};

use crate::pod::{
    qos::Qos,
    resources::{CPU_PERIOD_US, cpu_quota, cpu_shares, cpu_weight},
};
use crate::runtime::process::Identity;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::{
    fmt::Debug,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// A process that was killed is gone within this time, unless the kernel holds it.
const KILLED_WITHIN: Duration = Duration::from_secs(2);

/// What a cgroup may use; None: nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    pub cpu_request_milli: i64,
    pub cpu_limit_milli: Option<i64>,
    pub memory_bytes: Option<i64>,
    /// Processes at most.
    pub pids: Option<i64>,
}

/// A hierarchy of cgroups. Paths start with "/", relative to where it is mounted.
pub trait Cgroups: Send + Sync + Debug {
    fn version(&self) -> u8;
    fn ensure(&self, path: &str, limits: &Limits) -> io::Result<()>;
    fn exists(&self, path: &str) -> bool;
    /// Bounds a cgroup that is there, as `enforceNodeAllocatable` asks; what is not told stays as it is.
    fn bound(&self, path: &str, cpu_milli: i64, memory_bytes: Option<i64>) -> io::Result<()>;
    /// Removes it with all below it; no process may be left in it.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// The processes in it and below.
    fn members(&self, path: &str) -> Vec<i32>;
    /// Names of the cgroups directly below.
    fn children(&self, path: &str) -> Vec<String>;
    /// (working set, total usage) in bytes and processor nanoseconds used.
    fn usage(&self, path: &str) -> Usage;
    /// All that is known of it, for metrics; None: there is no such cgroup.
    fn detail(&self, path: &str) -> Option<Detail>;
    /// A process that is in it or below.
    fn any_process(&self, path: &str) -> Option<u32>;
    /// When it was made, in nanoseconds since the epoch.
    fn made_at(&self, path: &str) -> Option<i128>;
    /// Pressure of its input and output, where the kernel tells.
    fn io(&self, path: &str) -> Option<Value>;
    /// How many processes and threads are in it and below.
    fn processes(&self, path: &str) -> u64;
}

/// Removes a cgroup with whatever still runs in it: a runtime may lose track of a container and leave its processes.
///
/// # Errors
/// It stays.
pub fn destroy(cgroups: &dyn Cgroups, path: &str) -> io::Result<()> {
    match cgroups.remove(path) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
        done => return done,
    }
    for pid in cgroups.members(path) {
        let Some(process) = Identity::of(pid).ok().and_then(|it| it.open()) else { continue };
        // Its number may have become another process's before it was opened.
        if cgroups.members(path).contains(&pid) {
            tracing::info!(pid, path, "ending a process that was left in a cgroup");
            process.signal(Signal::KILL);
            process.wait(KILLED_WITHIN);
        }
    }
    cgroups.remove(path)
}

/// What a cgroup has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub cpu_nanos: u64,
    pub memory_bytes: u64,
    pub working_set_bytes: u64,
    pub rss_bytes: u64,
    pub page_faults: u64,
    pub major_page_faults: u64,
    pub swap_bytes: u64,
}

/// `/kubepods`, `/kubepods/burstable`, `/kubepods/besteffort` below `root`.
pub fn qos_path(root: &str, qos: Qos) -> String {
    match qos {
        Qos::Guaranteed => format!("{root}/kubepods"),
        Qos::Burstable => format!("{root}/kubepods/burstable"),
        Qos::BestEffort => format!("{root}/kubepods/besteffort"),
    }
}

pub fn pod_path(root: &str, qos: Qos, uid: &str) -> String {
    format!("{}/pod{uid}", qos_path(root, qos))
}

/// The hierarchies that are mounted at `mount`: version 2 if it is the unified one, else version 1 (hybrid included).
pub fn detect(mount: &Path) -> Box<dyn Cgroups> {
    if mount.join("cgroup.controllers").exists() {
        Box::new(V2 { mount: mount.to_owned() })
    } else {
        Box::new(V1 { mount: mount.to_owned() })
    }
}

fn below(base: &Path, path: &str) -> PathBuf {
    base.join(path.trim_start_matches('/'))
}

fn number(path: &Path) -> u64 {
    fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

fn keyed(path: &Path, key: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ').map(str::to_owned));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

/// A process of this cgroup, else of one below.
fn process_in(dir: &Path) -> Option<u32> {
    let own = fs::read_to_string(dir.join("cgroup.procs")).ok()?;
    let first = own.lines().find_map(|line| line.trim().parse().ok());
    first.or_else(|| directories(dir).iter().find_map(|name| process_in(&dir.join(name))))
}

/// Processes of this cgroup and of those below.
fn processes_in(dir: &Path) -> Vec<i32> {
    let own = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
    let own = own.lines().filter_map(|line| line.trim().parse().ok());
    own.chain(directories(dir).iter().flat_map(|name| processes_in(&dir.join(name)))).collect()
}

fn birth(dir: &Path) -> Option<i128> {
    let at = fs::metadata(dir).ok()?.modified().ok()?;
    let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
    i128::try_from(since.as_nanos()).ok()
}

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` and `full …`, as the summary shows it.
fn pressure(text: &str) -> Value {
    let mut out = json!({});
    for line in text.lines() {
        let mut parts = line.split_whitespace();
        let Some(kind) = parts.next() else { continue };
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            out[kind][key] = value
                .parse::<u64>()
                .map(Value::from)
                .or_else(|_| value.parse::<f64>().map(Value::from))
                .unwrap_or_default();
        }
    }
    out
}

fn remove_tree(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_tree(&entry.path())?;
        }
    }
    match fs::remove_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn directories(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let dirs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    dirs.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// Controllers of version 1, each with a hierarchy of its own (a v2 mount beside them is left alone).
#[derive(Debug)]
pub struct V1 {
    mount: PathBuf,
}

/// Controllers in which pods get a cgroup.
const V1_CONTROLLERS: &[&str] = &["cpu", "cpuacct", "memory", "pids"];

impl V1 {
    fn hierarchies(&self) -> impl Iterator<Item = PathBuf> + '_ {
        V1_CONTROLLERS.iter().map(|name| self.mount.join(name)).filter(|path| path.is_dir())
    }
}

impl Cgroups for V1 {
    fn version(&self) -> u8 {
        1
    }

    fn ensure(&self, path: &str, limits: &Limits) -> io::Result<()> {
        for hierarchy in self.hierarchies() {
            fs::create_dir_all(below(&hierarchy, path))?;
        }
        let cpu = below(&self.mount.join("cpu"), path);
        if cpu.is_dir() {
            fs::write(cpu.join("cpu.shares"), cpu_shares(limits.cpu_request_milli).to_string())?;
            let quota = limits.cpu_limit_milli.map_or(-1, |milli| cpu_quota(milli).max(1000));
            if cpu.join("cpu.cfs_quota_us").exists() {
                fs::write(cpu.join("cpu.cfs_period_us"), CPU_PERIOD_US.to_string())?;
                fs::write(cpu.join("cpu.cfs_quota_us"), quota.to_string())?;
            }
        }
        let memory = below(&self.mount.join("memory"), path);
        if memory.is_dir()
            && let Some(bytes) = limits.memory_bytes
        {
            fs::write(memory.join("memory.limit_in_bytes"), bytes.to_string())?;
        }
        let pids = below(&self.mount.join("pids"), path);
        if pids.is_dir()
            && let Some(most) = limits.pids
        {
            fs::write(pids.join("pids.max"), most.to_string())?;
        }
        Ok(())
    }

    fn exists(&self, path: &str) -> bool {
        let mut some = self.hierarchies().peekable();
        some.peek().is_some() && some.all(|hierarchy| below(&hierarchy, path).is_dir())
    }

    fn bound(&self, path: &str, cpu_milli: i64, memory_bytes: Option<i64>) -> io::Result<()> {
        let cpu = below(&self.mount.join("cpu"), path);
        fs::write(cpu.join("cpu.shares"), cpu_shares(cpu_milli).to_string())?;
        match memory_bytes {
            Some(bytes) => {
                fs::write(below(&self.mount.join("memory"), path).join("memory.limit_in_bytes"), bytes.to_string())
            }
            None => Ok(()),
        }
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        for name in directories(&self.mount) {
            remove_tree(&below(&self.mount.join(name), path))?;
        }
        Ok(())
    }

    fn members(&self, path: &str) -> Vec<i32> {
        processes_in(&below(&self.mount.join("memory"), path))
    }

    fn children(&self, path: &str) -> Vec<String> {
        directories(&below(&self.mount.join("memory"), path))
    }

    fn any_process(&self, path: &str) -> Option<u32> {
        process_in(&below(&self.mount.join("memory"), path))
    }

    fn made_at(&self, path: &str) -> Option<i128> {
        birth(&below(&self.mount.join("memory"), path))
    }

    fn io(&self, _path: &str) -> Option<Value> {
        None
    }

    fn processes(&self, path: &str) -> u64 {
        number(&below(&self.mount.join("pids"), path).join("pids.current"))
    }

    fn detail(&self, path: &str) -> Option<Detail> {
        detail::v1(&self.mount, path)
    }

    fn usage(&self, path: &str) -> Usage {
        let memory = below(&self.mount.join("memory"), path);
        let stat = memory.join("memory.stat");
        let used = number(&memory.join("memory.usage_in_bytes"));
        Usage {
            cpu_nanos: number(&below(&self.mount.join("cpuacct"), path).join("cpuacct.usage")),
            memory_bytes: used,
            working_set_bytes: used.saturating_sub(keyed(&stat, "total_inactive_file")),
            rss_bytes: keyed(&stat, "total_rss"),
            page_faults: keyed(&stat, "pgfault"),
            major_page_faults: keyed(&stat, "pgmajfault"),
            swap_bytes: keyed(&stat, "total_swap"),
        }
    }
}

/// The unified hierarchy.
#[derive(Debug)]
pub struct V2 {
    mount: PathBuf,
}

/// Controllers that every level hands down.
const V2_CONTROLLERS: &[&str] = &["cpuset", "cpu", "io", "memory", "hugetlb", "pids"];

impl V2 {
    fn hand_down(&self, dir: &Path) -> io::Result<()> {
        let available = fs::read_to_string(dir.join("cgroup.controllers"))?;
        let wanted = V2_CONTROLLERS.iter().filter(|name| available.split_whitespace().any(|it| it == **name));
        let text: Vec<String> = wanted.map(|name| format!("+{name}")).collect();
        fs::write(dir.join("cgroup.subtree_control"), text.join(" "))
    }
}

impl Cgroups for V2 {
    fn version(&self) -> u8 {
        2
    }

    fn ensure(&self, path: &str, limits: &Limits) -> io::Result<()> {
        let mut dir = self.mount.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            self.hand_down(&dir)?;
            dir.push(part);
            if !dir.is_dir() {
                fs::create_dir(&dir)?;
            }
        }
        let weight = cpu_weight(cpu_shares(limits.cpu_request_milli));
        fs::write(dir.join("cpu.weight"), weight.to_string())?;
        let quota = limits.cpu_limit_milli.map_or("max".to_owned(), |milli| cpu_quota(milli).max(1000).to_string());
        fs::write(dir.join("cpu.max"), format!("{quota} {CPU_PERIOD_US}"))?;
        if let Some(bytes) = limits.memory_bytes {
            fs::write(dir.join("memory.max"), bytes.to_string())?;
        }
        if let Some(most) = limits.pids {
            fs::write(dir.join("pids.max"), most.to_string())?;
        }
        self.hand_down(&dir)
    }

    fn exists(&self, path: &str) -> bool {
        below(&self.mount, path).is_dir()
    }

    fn bound(&self, path: &str, cpu_milli: i64, memory_bytes: Option<i64>) -> io::Result<()> {
        let dir = below(&self.mount, path);
        fs::write(dir.join("cpu.weight"), cpu_weight(cpu_shares(cpu_milli)).to_string())?;
        memory_bytes.map_or(Ok(()), |bytes| fs::write(dir.join("memory.max"), bytes.to_string()))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        remove_tree(&below(&self.mount, path))
    }

    fn members(&self, path: &str) -> Vec<i32> {
        processes_in(&below(&self.mount, path))
    }

    fn children(&self, path: &str) -> Vec<String> {
        directories(&below(&self.mount, path))
    }

    fn any_process(&self, path: &str) -> Option<u32> {
        process_in(&below(&self.mount, path))
    }

    fn made_at(&self, path: &str) -> Option<i128> {
        birth(&below(&self.mount, path))
    }

    fn io(&self, path: &str) -> Option<Value> {
        fs::read_to_string(below(&self.mount, path).join("io.pressure")).ok().map(|text| pressure(&text))
    }

    fn processes(&self, path: &str) -> u64 {
        number(&below(&self.mount, path).join("pids.current"))
    }

    fn detail(&self, path: &str) -> Option<Detail> {
        detail::v2(&self.mount, path)
    }

    fn usage(&self, path: &str) -> Usage {
        let dir = below(&self.mount, path);
        let stat = dir.join("memory.stat");
        let used = number(&dir.join("memory.current"));
        Usage {
            cpu_nanos: keyed(&dir.join("cpu.stat"), "usage_usec") * 1000,
            memory_bytes: used,
            working_set_bytes: used.saturating_sub(keyed(&stat, "inactive_file")),
            rss_bytes: keyed(&stat, "anon"),
            page_faults: keyed(&stat, "pgfault"),
            major_page_faults: keyed(&stat, "pgmajfault"),
            swap_bytes: number(&dir.join("memory.swap.current")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "cpuset cpu io memory pids\n").unwrap();
        }
        dir
    }

    #[test]
    fn version_two_hands_controllers_down() {
        let dir = recorded(&["cgroup.controllers", "kubepods/cgroup.controllers", "kubepods/podx/cgroup.controllers"]);
        let cgroups = detect(dir.path());
        assert_eq!(cgroups.version(), 2);
        let limits =
            Limits { cpu_request_milli: 500, cpu_limit_milli: Some(1500), memory_bytes: Some(1 << 20), pids: Some(64) };
        cgroups.ensure("/kubepods/podx", &limits).unwrap();
        let read = |file: &str| fs::read_to_string(dir.path().join(file)).unwrap();
        assert_eq!(read("cgroup.subtree_control"), "+cpuset +cpu +io +memory +pids");
        assert_eq!(read("kubepods/podx/cpu.max"), "150000 100000");
        assert_eq!(read("kubepods/podx/memory.max"), "1048576");
        assert_eq!(read("kubepods/podx/pids.max"), "64");
        cgroups.bound("/kubepods/podx", 1000, None).unwrap();
        assert_eq!(
            (read("kubepods/podx/cpu.weight"), read("kubepods/podx/memory.max")),
            ("100".into(), "1048576".into())
        );
    }

    #[test]
    fn version_one_writes_each_hierarchy() {
        let dir = recorded(&["cpu/tasks", "memory/tasks", "pids/tasks"]);
        let cgroups = detect(dir.path());
        assert_eq!(cgroups.version(), 1);
        let path = pod_path("", Qos::Burstable, "u");
        assert_eq!(path, "/kubepods/burstable/podu");
        cgroups.ensure(&path, &Limits { cpu_request_milli: 250, ..Limits::default() }).unwrap();
        let shares = fs::read_to_string(dir.path().join("cpu/kubepods/burstable/podu/cpu.shares")).unwrap();
        assert_eq!(shares, "256");
        assert!(cgroups.exists(&path));
    }
}
