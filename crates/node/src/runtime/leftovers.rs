//! What a containerd that died in the middle of its work leaves behind and will not look after when it runs again: shims
//! that it had started and not noted yet, bundles in which no task was made (releases before 1.7 stop at the first such one
//! and leave the tasks after it alone), network namespaces and addresses of sandboxes that it had not stored yet. Everything
//! is found before the next containerd is started, and so cannot be taken for what that one makes; what it turns out to
//! know stays.
use super::{
    config::ContainerdConfig,
    mounts,
    process::{Handle, Identity, find},
    stop::{TASKS, bundles, remove},
};
use crate::net::cni::{self, ipam::Addresses};
use rustix::{
    mount::{UnmountFlags, unmount},
    process::Signal,
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// Programs that a dead containerd had called finish what they were at within this time, or are ended.
const HELPERS_WITHIN: Duration = Duration::from_secs(5);
const END_WITHIN: Duration = Duration::from_secs(5);
/// Looks for programs that such programs have called in turn.
const LOOKS_MAX: u32 = 8;

/// A call of the shim's program that serves this containerd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShimCall {
    namespace: String,
    id: String,
    /// It starts or deletes a shim and ends by itself.
    helper: bool,
}

impl ShimCall {
    /// None for other programs and for other containerds' shims: the socket of theirs is among their arguments.
    pub fn read(arguments: &[&[u8]], socket: &Path) -> Option<Self> {
        let (program, rest) = arguments.split_first()?;
        let value = |name: &[u8]| {
            let at = rest.iter().position(|argument| *argument == name)?;
            rest.get(at + 1).map(|value| String::from_utf8_lossy(value).into_owned())
        };
        let own = program.ends_with(b"containerd-shim-runc-v2")
            && value(b"-address").is_some_and(|address| Path::new(&address) == socket);
        own.then(|| Self {
            namespace: value(b"-namespace").unwrap_or_default(),
            id: value(b"-id").unwrap_or_default(),
            helper: rest.iter().any(|argument| [&b"start"[..], b"delete"].contains(argument)),
        })
    }

    fn bundle(&self, config: &ContainerdConfig) -> PathBuf {
        config.state().join(TASKS).join(&self.namespace).join(&self.id)
    }
}

#[derive(Debug)]
struct Shim {
    call: ShimCall,
    pid: i32,
    handle: Handle,
    sockets: BTreeSet<PathBuf>,
}

/// What libcni notes of a plugin's answer.
#[derive(Debug, Deserialize)]
struct Note {
    #[serde(rename = "containerId")]
    container: String,
    result: NoteResult,
}

#[derive(Debug, Deserialize)]
struct NoteResult {
    #[serde(default)]
    interfaces: Vec<NoteInterface>,
}

#[derive(Debug, Deserialize)]
struct NoteInterface {
    #[serde(default)]
    sandbox: PathBuf,
}

/// What was there when no containerd ran.
#[derive(Debug, Default)]
pub struct Leftovers {
    shims: Vec<Shim>,
    /// Sandboxes with an address: the interfaces that have one.
    attachments: BTreeMap<String, Vec<String>>,
    /// Notes of sandboxes' networks: the file, its sandbox and the network namespace.
    notes: Vec<(PathBuf, String, PathBuf)>,
    /// Mounted network namespaces of sandboxes.
    namespaces: Vec<PathBuf>,
}

impl Leftovers {
    /// To be called while no containerd of this configuration runs. Waits for the programs that it had called.
    pub fn look(config: &ContainerdConfig) -> Self {
        if !config.state().exists() {
            return Self::default();
        }
        finish_helpers(config);
        let mut shims = shims(&config.socket());
        forget_unmade(config, &mut shims);
        Self {
            shims,
            attachments: attachments(&addresses(config)),
            notes: notes(Path::new(cni::RESULTS), &config.state()),
            namespaces: namespaces(&config.state()),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.shims.is_empty() && self.attachments.is_empty() && self.notes.is_empty() && self.namespaces.is_empty()
    }

    /// Removes what the containerd that runs now does not know: shims without a bundle, and what belongs to no sandbox of
    /// `known`.
    pub fn remove(self, config: &ContainerdConfig, known: &BTreeSet<String>) {
        for shim in self.shims.iter().filter(|shim| !shim.call.bundle(config).exists()) {
            warn("a shim", &shim.call.id, end_shim(shim, config));
        }
        let addresses = addresses(config);
        for (sandbox, interfaces) in self.attachments.iter().filter(|(sandbox, _)| !known.contains(*sandbox)) {
            for interface in interfaces {
                warn("an address", sandbox, cni::remove(sandbox, interface, &addresses).map_err(io::Error::other));
            }
        }
        for (file, sandbox, _) in self.notes.iter().filter(|(_, sandbox, _)| !known.contains(sandbox)) {
            warn("a note of a network", sandbox, remove(file));
        }
        let noted = self.notes.iter().filter(|(_, sandbox, _)| known.contains(sandbox)).map(|(_, _, path)| path);
        let noted: BTreeSet<&PathBuf> = noted.collect();
        let used = used_namespaces();
        let left = self.namespaces.iter().filter(|path| !noted.contains(path));
        for path in left.filter(|path| fs::metadata(path).is_ok_and(|it| !used.contains(&(it.dev(), it.ino())))) {
            warn("a network namespace", &path.display().to_string(), unmount_namespace(path));
        }
    }
}

/// Shims that the running containerd does not know: the request that it started them for was cut off when the server that
/// had made it was killed. A shim that it knows has a bundle from before its start until after its end.
#[derive(Debug)]
pub struct Strays(Vec<Shim>);

impl Strays {
    pub fn look(config: &ContainerdConfig) -> Self {
        let mut shims = shims(&config.socket());
        shims.retain(|shim| !shim.call.helper && !shim.call.bundle(config).exists());
        Self(shims)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends those that still run without a bundle. To be called a good while after [`Self::look`]: shims that are told to
    /// end do so by themselves.
    pub fn end(self, config: &ContainerdConfig) {
        let runs = |shim: &&Shim| !shim.handle.wait(Duration::ZERO) && !shim.call.bundle(config).exists();
        for shim in self.0.iter().filter(runs) {
            warn("a shim", &shim.call.id, end_shim(shim, config));
        }
    }
}

fn warn(what: &str, whose: &str, removed: io::Result<()>) {
    match removed {
        Ok(()) => tracing::info!(whose, "removed {what} that work which was cut off had left"),
        Err(error) => tracing::warn!(whose, %error, "removing {what} that work which was cut off had left"),
    }
}

/// Removes bundles in which no process was made, with their shims: the first thing that a task has is the id of its process.
fn forget_unmade(config: &ContainerdConfig, shims: &mut Vec<Shim>) {
    let unmade: BTreeSet<PathBuf> =
        bundles(&config.state()).into_iter().filter(|bundle| !bundle.join("init.pid").exists()).collect();
    shims.retain(|shim| {
        let bundle = shim.call.bundle(config);
        let made = bundle.exists() && !unmade.contains(&bundle);
        if !made {
            warn("a shim", &shim.call.id, end_shim(shim, config));
        }
        made
    });
    for bundle in &unmade {
        warn("a bundle", &bundle.display().to_string(), remove_bundle(bundle, config));
    }
}

/// A bundle links to the task's folder that outlives a boot.
fn remove_bundle(bundle: &Path, config: &ContainerdConfig) -> io::Result<()> {
    forget_container(config, bundle)?;
    mounts::unmount_below(bundle)?;
    if let Ok(work) = fs::read_link(bundle.join("work")) {
        remove(&work)?;
    }
    remove(bundle)
}

fn addresses(config: &ContainerdConfig) -> PathBuf {
    config.cni_conf_dir.with_file_name("addresses")
}

/// Waits until nothing that a dead containerd or its shims had called is at work any more.
fn finish_helpers(config: &ContainerdConfig) {
    let (socket, runc_root) = (config.socket(), config.state().join("runc"));
    let is_helper = |arguments: &[&[u8]]| {
        let below = |argument: &[u8], dir: &Path| argument.starts_with(dir.as_os_str().as_encoded_bytes());
        ShimCall::read(arguments, &socket).is_some_and(|call| call.helper)
            || below(arguments[0], &config.cni_bin_dir)
            || (arguments[0].ends_with(b"runc") && arguments.iter().any(|it| below(it, &runc_root)))
    };
    for _ in 0..LOOKS_MAX {
        let pids = find(Path::new("/proc"), is_helper);
        let running: Vec<Handle> = pids.into_iter().filter_map(|pid| Identity::of(pid).ok()?.open()).collect();
        if running.is_empty() {
            return;
        }
        for helper in running.iter().filter(|helper| !helper.wait(HELPERS_WITHIN)) {
            helper.signal(Signal::KILL);
            helper.wait(END_WITHIN);
        }
    }
}

fn shims(socket: &Path) -> Vec<Shim> {
    let mut found = Vec::new();
    for pid in find(Path::new("/proc"), |arguments| ShimCall::read(arguments, socket).is_some()) {
        let Some(handle) = Identity::of(pid).ok().and_then(|identity| identity.open()) else { continue };
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let arguments: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        let Some(call) = ShimCall::read(&arguments, socket) else { continue };
        found.push(Shim { call, pid, handle, sockets: sockets(pid) });
    }
    found
}

/// The paths of a process's own unix sockets.
fn sockets(pid: i32) -> BTreeSet<PathBuf> {
    let links = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let links = links.filter_map(|entry| fs::read_link(entry.path()).ok());
    let inodes = links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()));
    let inodes: BTreeSet<String> = inodes.collect();
    let table = fs::read_to_string(format!("/proc/{pid}/net/unix")).unwrap_or_default();
    paths_of(&table, &inodes)
}

/// Paths of the sockets with these inodes in the text of `/proc/net/unix`.
fn paths_of(table: &str, inodes: &BTreeSet<String>) -> BTreeSet<PathBuf> {
    const INODE: usize = 6;
    let path = |line: &str| {
        let mut columns = line.split_whitespace().skip(INODE);
        let own = inodes.contains(columns.next()?);
        columns.next().filter(|path| own && path.starts_with('/')).map(PathBuf::from)
    };
    table.lines().filter_map(path).collect()
}

fn attachments(addresses: &Path) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if !addresses.is_dir() {
        return all;
    }
    match Addresses::lock(addresses) {
        Ok(held) => {
            for (_, lease) in held.leases() {
                all.entry(lease.container.clone()).or_default().push(lease.interface.clone());
            }
        }
        Err(error) => tracing::warn!(%error, "reading the addresses of pods"),
    }
    all
}

/// Notes about sandboxes whose network namespace lies in this containerd's state.
fn notes(results: &Path, state: &Path) -> Vec<(PathBuf, String, PathBuf)> {
    let files = fs::read_dir(results).into_iter().flatten().flatten().map(|entry| entry.path());
    let read = |file: PathBuf| {
        let note: Note = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        let namespace = note.result.interfaces.into_iter().map(|it| it.sandbox).find(|path| path.starts_with(state))?;
        Some((file, note.container, namespace))
    };
    files.filter_map(read).collect()
}

fn namespaces(state: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut all = mounts::below(&table, state);
    all.retain(|path| path.parent().is_some_and(|dir| dir.ends_with("netns")));
    all
}

/// Network namespaces that some process is in.
fn used_namespaces() -> BTreeSet<(u64, u64)> {
    let pids = find(Path::new("/proc"), |_| true);
    let namespace = |pid: i32| fs::metadata(format!("/proc/{pid}/ns/net")).ok();
    pids.into_iter().filter_map(namespace).map(|it| (it.dev(), it.ino())).collect()
}

fn unmount_namespace(path: &Path) -> io::Result<()> {
    unmount(path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)?;
    remove(path)
}

/// Lets runc forget the container of a bundle, as far as it was made.
pub(super) fn forget_container(config: &ContainerdConfig, bundle: &Path) -> io::Result<()> {
    let mut names = bundle.iter().rev();
    let (Some(id), Some(namespace)) = (names.next(), names.next()) else { return Ok(()) };
    let root = config.state().join("runc").join(namespace);
    if root.join(id).exists()
        && let Some(runc) = config.find("runc")
    {
        let mut delete = Command::new(runc);
        delete.arg("--root").arg(&root).args(["delete", "--force"]).arg(id);
        delete.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    }
    Ok(())
}

/// Ends the shim with what it started; nobody else knows of it.
fn end_shim(shim: &Shim, config: &ContainerdConfig) -> io::Result<()> {
    let children: Vec<Handle> =
        children(shim.pid).into_iter().filter_map(|pid| Identity::of(pid).ok()?.open()).collect();
    shim.handle.signal(Signal::KILL);
    shim.handle.wait(END_WITHIN);
    for child in &children {
        child.signal(Signal::KILL);
        child.wait(END_WITHIN);
    }
    forget_container(config, &shim.call.bundle(config))?;
    shim.sockets.iter().try_for_each(|socket| remove(socket))
}

fn children(pid: i32) -> Vec<i32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_shims_are_told_by_their_socket() {
        let check = |line: &str, expected: Option<(&str, bool)>| {
            let arguments: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let call = ShimCall::read(&arguments, Path::new("/d/run/containerd.sock"));
            let expected = expected.map(|(id, helper)| ShimCall { namespace: "k8s.io".into(), id: id.into(), helper });
            assert_eq!(call, expected, "{line}");
        };
        let shim = "/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id a -address /d/run/containerd.sock";
        check(shim, Some(("a", false)));
        check(&format!("{shim} start"), Some(("a", true)));
        check(&format!("{shim} -bundle /b delete"), Some(("a", true)));
        check("containerd-shim-runc-v2 -namespace k8s.io -id a -address /run/containerd/containerd.sock", None);
        check("other -namespace k8s.io -id a -address /d/run/containerd.sock", None);
        check("containerd-shim-runc-v2 -address", None);
    }

    #[test]
    fn sockets_are_found_by_inode() {
        let table = "Num       RefCount Protocol Flags    Type St Inode Path\n\
                     0: 00000002 00000000 00010000 0001 01 77 /run/containerd/s/a\n\
                     0: 00000002 00000000 00010000 0001 01 78 /run/containerd/s/b\n\
                     0: 00000003 00000000 00000000 0001 03 79\n\
                     0: 00000003 00000000 00000000 0001 03 80 @abstract\n";
        let inodes = ["77", "79", "80"].map(str::to_owned).into();
        assert_eq!(paths_of(table, &inodes), BTreeSet::from(["/run/containerd/s/a".into()]));
    }

    #[test]
    fn only_notes_of_own_namespaces_count() {
        let dir = tempfile::tempdir().unwrap();
        let note = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        note(
            "skeg-a-eth0",
            r#"{"kind":"cniCacheV1","containerId":"a","result":{"interfaces":[{"name":"skg1"},{"name":"eth0","sandbox":"/d/state/x/netns/1"}]}}"#,
        );
        note(
            "other-b-eth0",
            r#"{"containerId":"b","result":{"interfaces":[{"name":"eth0","sandbox":"/var/run/netns/2"}]}}"#,
        );
        note("broken", "{");
        let found = notes(dir.path(), Path::new("/d/state"));
        assert_eq!(found, [(dir.path().join("skeg-a-eth0"), "a".to_owned(), PathBuf::from("/d/state/x/netns/1"))]);
    }
}
