//! What `/proc` tells of processes, interfaces, disks and file systems.
use crate::kubelet::node::facts::{self, FileSystem};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Processes {
    pub count: u64,
    pub open_files: u64,
    pub sockets: u64,
}

/// Counters of one network interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    /// Bytes, packets, errors, dropped.
    pub received: [u64; 4],
    pub sent: [u64; 4],
}

/// Counters of one disk since the machine was started; times in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiskCounters {
    pub name: String,
    /// Requests, merged requests, sectors, time.
    pub reads: [u64; 4],
    pub writes: [u64; 4],
    pub under_way: u64,
    pub time: u64,
    pub weighted_time: u64,
}

/// A mounted file system of the node.
#[derive(Debug, Clone, Default)]
pub struct Mounted {
    pub device: String,
    pub room: FileSystem,
    pub disk: DiskCounters,
}

pub fn processes(ids: &[u32]) -> Processes {
    let mut out = Processes { count: ids.len() as u64, ..Processes::default() };
    for id in ids {
        for file in fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten() {
            out.open_files += 1;
            let is_socket =
                fs::read_link(file.path()).is_ok_and(|to| to.as_os_str().as_encoded_bytes().starts_with(b"socket"));
            out.sockets += u64::from(is_socket);
        }
    }
    out
}

/// Threads of the machine.
pub fn threads() -> Option<u64> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    load.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

/// Soft limit of open files; -1: none.
pub fn open_files(process: u32) -> Option<i64> {
    let text = fs::read_to_string(format!("/proc/{process}/limits")).ok()?;
    let soft = text.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?;
    if soft == "unlimited" { Some(-1) } else { soft.parse().ok() }
}

/// Interfaces whose traffic is counted elsewhere, or stays inside.
const NOT_COUNTED: &[&str] = &["lo", "veth", "docker", "nerdctl"];

fn interfaces_of(table: &str) -> Vec<Interface> {
    let rows = table.lines().skip(2).filter_map(|line| {
        let (name, rest) = line.split_once(':')?;
        let numbers: Vec<u64> = rest.split_whitespace().map_while(|it| it.parse().ok()).collect();
        let at = |from: usize| numbers.get(from..from + 4)?.try_into().ok();
        Some(Interface { name: name.trim().to_owned(), received: at(0)?, sent: at(8)? })
    });
    rows.filter(|it| !NOT_COUNTED.iter().any(|prefix| it.name.to_lowercase().starts_with(prefix))).collect()
}

/// Interfaces as this process sees them.
pub fn interfaces(process: u32) -> Vec<Interface> {
    interfaces_of(&fs::read_to_string(format!("/proc/{process}/net/dev")).unwrap_or_default())
}

fn disks_of(table: &str) -> BTreeMap<(u32, u32), DiskCounters> {
    let rows = table.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let of = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let name = format!("/dev/{}", words.next()?);
        let numbers: Vec<u64> = words.map_while(|it| it.parse().ok()).collect();
        let four = |from: usize| numbers.get(from..from + 4)?.try_into().ok();
        let one = |at: usize| numbers.get(at).copied();
        let disk = DiskCounters {
            name,
            reads: four(0)?,
            writes: four(4)?,
            under_way: one(8)?,
            time: one(9)?,
            weighted_time: one(10)?,
        };
        Some((of, disk))
    });
    rows.collect()
}

/// Disks by device number.
pub fn disks() -> BTreeMap<(u32, u32), DiskCounters> {
    disks_of(&fs::read_to_string("/proc/diskstats").unwrap_or_default())
}

/// File systems that hold files of their own.
fn holds_files(kind: &str) -> bool {
    kind.starts_with("ext")
        || matches!(kind, "xfs" | "btrfs" | "zfs" | "tmpfs" | "overlay" | "nfs" | "nfs4" | "f2fs" | "vfat")
}

struct Mount {
    number: (u32, u32),
    kind: String,
    place: String,
}

fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

/// Mounts by device: the first of each disk, each tmpfs by its place and each overlay by its number.
fn mounts_of(table: &str) -> HashMap<String, Mount> {
    let mut out = HashMap::new();
    for line in table.lines() {
        let Some((left, right)) = line.split_once(" - ") else { continue };
        let (left, right): (Vec<&str>, Vec<&str>) = (left.split(' ').collect(), right.split(' ').collect());
        let (Some(number), Some(place), Some(kind), Some(source)) =
            (left.get(2), left.get(4), right.first(), right.get(1))
        else {
            continue;
        };
        let parsed = number.split_once(':').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let Some(number) = parsed.filter(|_| holds_files(kind)) else { continue };
        let (place, source) = (unescaped(place), unescaped(source));
        let device = match *kind {
            "tmpfs" => place.clone(),
            "overlay" => format!("{source}_{}-{}", number.0, number.1),
            _ => source,
        };
        out.entry(device).or_insert(Mount { number, kind: (*kind).to_owned(), place });
    }
    out
}

pub fn file_systems() -> Vec<Mounted> {
    let disks = disks();
    let mounts = mounts_of(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default());
    let local = mounts.into_iter().filter(|(_, mount)| !mount.kind.starts_with("nfs"));
    let all = local.map(|(device, mount)| Mounted {
        room: facts::file_system(Path::new(&mount.place)),
        disk: disks.get(&mount.number).cloned().unwrap_or_default(),
        device,
    });
    all.filter(|it| it.room.capacity_bytes > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_leave_out_what_stays_inside() {
        let table = "Inter-|   Receive\n face |bytes\n    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n\
                     eth0: 10 2 3 4 0 0 0 0 50 6 7 8 0 0 0 0\n vethx: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n";
        let want = Interface { name: "eth0".into(), received: [10, 2, 3, 4], sent: [50, 6, 7, 8] };
        assert_eq!(interfaces_of(table), [want]);
    }

    #[test]
    fn disks_by_number() {
        let all = disks_of(" 254 0 vda 1 2 3 4 5 6 7 8 9 10 11 0 0 0 0 0 0\n");
        let disk = &all[&(254, 0)];
        assert_eq!((disk.name.as_str(), disk.reads, disk.writes), ("/dev/vda", [1, 2, 3, 4], [5, 6, 7, 8]));
        assert_eq!((disk.under_way, disk.time, disk.weighted_time), (9, 10, 11));
    }

    #[test]
    fn a_device_counts_once() {
        let table = "1 0 254:0 / / rw - ext4 /dev/vda rw\n2 1 254:0 /x /y rw - ext4 /dev/vda rw\n\
                     3 1 0:5 / /proc rw - proc proc rw\n4 1 0:6 / /run\\040x rw shared:3 - tmpfs lab rw\n\
                     5 1 0:90 / /o rw - overlay overlay rw\n";
        let mounts = mounts_of(table);
        let mut devices: Vec<&str> = mounts.keys().map(String::as_str).collect();
        devices.sort_unstable();
        assert_eq!(devices, ["/dev/vda", "/run x", "overlay_0-90"]);
        assert_eq!(mounts["/dev/vda"].place, "/");
    }
}
