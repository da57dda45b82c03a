//! Ending a node for good: every container, shim and containerd itself, their mounts, network namespaces and cgroups.
//! Everything is found through containerd's state folder and recognised before it is touched.
use super::{
    config::ContainerdConfig,
    leftovers::ShimCall,
    mounts::unmount_below,
    process::{Handle, Identity, find},
};
use rustix::process::Signal;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long containers may take to end by themselves.
const CONTAINER_GRACE: Duration = Duration::from_secs(5);
const DAEMON_GRACE: Duration = Duration::from_secs(5);

/// Ends everything that the containerd of this configuration runs, and the containerd. `data_dir` is unmounted below.
pub fn stop(config: &ContainerdConfig, data_dir: &Path) -> io::Result<()> {
    if let Some(handle) = Identity::load(&config.record()).and_then(|identity| identity.open()) {
        handle.end(DAEMON_GRACE);
    }
    let bundles = bundles(&config.state());
    let containers: Vec<Handle> = bundles.iter().filter_map(|bundle| init_process(bundle)).collect();
    let sockets: Vec<PathBuf> = bundles.iter().flat_map(|bundle| shim_sockets(bundle)).collect();
    let mut cgroups: BTreeSet<PathBuf> = BTreeSet::new();
    for bundle in &bundles {
        cgroups.extend(cgroups_of(bundle));
    }
    containers.iter().for_each(|container| container.signal(Signal::TERM));
    let patient = containers.iter().all(|container| container.wait(CONTAINER_GRACE));
    if !patient {
        containers.iter().for_each(|container| container.signal(Signal::KILL));
        containers.iter().for_each(|container| _ = container.wait(DAEMON_GRACE));
    }
    for shim in shims(&config.socket()) {
        shim.signal(Signal::KILL);
        shim.wait(DAEMON_GRACE);
    }
    unmount_below(data_dir)?;
    remove_cgroups(&cgroups);
    sockets.iter().try_for_each(|socket| remove(socket))?;
    sockets.iter().filter_map(|socket| socket.parent()).for_each(|dir| remove_empty(dir, 2));
    for path in [config.state(), config.dir.join("boot")] {
        remove(&path)?;
    }
    for path in [config.record(), config.socket(), config.run_dir.join("containerd.sock.ttrpc")] {
        remove(&path)?;
    }
    Ok(())
}

pub(super) fn remove(path: &Path) -> io::Result<()> {
    let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io::Error::new(error.kind(), format!("removing {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Removes a folder and so many in all upwards as long as they are empty; others may use them too.
pub fn remove_empty(dir: &Path, levels: usize) {
    for folder in dir.ancestors().take(levels) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
}

/// Below containerd's state: the tasks that it runs.
pub(super) const TASKS: &str = "io.containerd.runtime.v2.task";

/// The folder of each container and sandbox that containerd runs: `…/io.containerd.runtime.v2.task/NAMESPACE/ID`.
pub(super) fn bundles(state: &Path) -> Vec<PathBuf> {
    let entries = |dir: PathBuf| fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    entries(state.join(TASKS)).flat_map(entries).collect()
}

fn id(bundle: &Path) -> &str {
    bundle.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn init_pid(bundle: &Path) -> Option<i32> {
    fs::read_to_string(bundle.join("init.pid")).ok()?.trim().parse().ok()
}

/// The first process of a bundle's container: the recorded pid, if that process still lies in the container's cgroup.
fn init_process(bundle: &Path) -> Option<Handle> {
    let pid = init_pid(bundle)?;
    let handle = Identity::of(pid).ok()?.open()?;
    let cgroups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    (!id(bundle).is_empty() && cgroups.contains(id(bundle))).then_some(handle)
}

/// The cgroup folders of a bundle's container, in every hierarchy.
fn cgroups_of(bundle: &Path) -> Vec<PathBuf> {
    let text = init_pid(bundle).and_then(|pid| fs::read_to_string(format!("/proc/{pid}/cgroup")).ok());
    let text = text.unwrap_or_default();
    let own = text.lines().filter(|line| line.contains(id(bundle)) && !id(bundle).is_empty());
    own.filter_map(|line| cgroup_folder(line, Path::new("/sys/fs/cgroup"))).collect()
}

/// Where the cgroup of one line of `/proc/PID/cgroup` lies below `mount`.
fn cgroup_folder(line: &str, mount: &Path) -> Option<PathBuf> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
    let hierarchy = match controllers {
        "" if mount.join("unified").is_dir() => mount.join("unified"),
        "" => mount.to_owned(),
        named => mount.join(named.trim_start_matches("name=")),
    };
    Some(hierarchy.join(path))
}

/// Removes empty cgroups and the pods' and classes' above them; the kernel refuses those that are still in use.
fn remove_cgroups(cgroups: &BTreeSet<PathBuf>) {
    /// Container, pod, class, `kubepods` and the kubelet's root.
    const LEVELS_ABOVE_MAX: usize = 4;
    for cgroup in cgroups {
        for folder in cgroup.ancestors().take(1 + LEVELS_ABOVE_MAX) {
            let is_hierarchy = folder.parent() == Some(Path::new("/sys/fs/cgroup"));
            if is_hierarchy || fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

/// Removes a cgroup and all below it in every hierarchy. Cgroups in use are another kubelet's and stay.
pub fn remove_cgroup_tree(mount: &Path, path: &str) -> io::Result<()> {
    let path = path.trim_start_matches('/');
    let hierarchies = fs::read_dir(mount).into_iter().flatten().flatten().map(|entry| entry.path());
    for tree in hierarchies.chain([mount.to_owned()]).map(|hierarchy| hierarchy.join(path)) {
        if tree.is_dir() {
            remove_cgroups_below(&tree)?;
        }
    }
    Ok(())
}

fn remove_cgroups_below(cgroup: &Path) -> io::Result<()> {
    for entry in fs::read_dir(cgroup)?.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroups_below(&entry.path())?;
        }
    }
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("removing cgroup {}: {error}", cgroup.display()));
    match fs::remove_dir(cgroup) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ResourceBusy) => {
            Err(named(error))
        }
        _ => Ok(()),
    }
}

/// The sockets of a bundle's shim, which containerd keeps in a folder of its own choice and notes in the bundle.
fn shim_sockets(bundle: &Path) -> Vec<PathBuf> {
    let notes = ["address", "bootstrap.json"].map(|name| fs::read_to_string(bundle.join(name)).unwrap_or_default());
    notes.iter().filter_map(|note| socket_in(note)).collect()
}

/// The path in the first `unix://` address of a text.
fn socket_in(note: &str) -> Option<PathBuf> {
    let (_, path) = note.split_once("unix://")?;
    let path = path.split(['"', '\n', ' ']).next().filter(|path| path.starts_with('/'))?;
    Some(PathBuf::from(path))
}

/// The shims that serve this containerd: its socket's path is among their arguments.
fn shims(socket: &Path) -> Vec<Handle> {
    let pids = find(Path::new("/proc"), |arguments| ShimCall::read(arguments, socket).is_some());
    pids.into_iter().filter_map(|pid| Identity::of(pid).ok()?.open()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_read_off_both_notes() {
        let check =
            |note: &str, expected: Option<&str>| assert_eq!(socket_in(note), expected.map(PathBuf::from), "{note}");
        check("unix:///run/containerd/s/abc", Some("/run/containerd/s/abc"));
        check(
            r#"{"version":2,"address":"unix:///run/containerd/s/abc","protocol":"ttrpc"}"#,
            Some("/run/containerd/s/abc"),
        );
        check("", None);
        check("unix://abc", None);
    }

    #[test]
    fn cgroup_lines_become_folders() {
        let check = |line: &str, expected: &str| {
            assert_eq!(cgroup_folder(line, Path::new("/nowhere")), Some(PathBuf::from(expected)), "{line}");
        };
        check("4:memory:/kubepods/pod1/c", "/nowhere/memory/kubepods/pod1/c");
        check("1:name=systemd:/a", "/nowhere/systemd/a");
        check("0::/kubepods/x", "/nowhere/kubepods/x");
        check("5:cpu,cpuacct:/a:b", "/nowhere/cpu,cpuacct/a:b");
    }
}
