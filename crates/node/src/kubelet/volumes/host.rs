//! Volumes that are places of the node: host paths and empty folders, on disk or in memory.
use super::{Cause, NodeView, writer};
use crate::pod::{quantity::value, resources::limits};
use k8s_openapi::api::core::v1::{EmptyDirVolumeSource, Pod};
use rustix::mount::{MountFlags, mount};
use std::{
    ffi::CString,
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::Path,
};

fn refuse<T>(path: &Path, what: &str) -> Result<T, Cause> {
    Err(Cause::Refused(format!("hostPath type check failed: {} is not {what}", path.display())))
}

/// Holds a host path against its type, making it where the type says so.
pub(super) fn check(path: &Path, kind: &str) -> Result<(), Cause> {
    let found = fs::metadata(path).ok().map(|meta| meta.file_type());
    let is = |test: fn(&fs::FileType) -> bool| found.as_ref().is_some_and(test);
    match kind {
        "DirectoryOrCreate" if found.is_none() => {
            fs::create_dir_all(path)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
            Ok(())
        }
        "FileOrCreate" if found.is_none() => {
            fs::File::options().create(true).append(true).open(path)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o644))?;
            Ok(())
        }
        "Directory" | "DirectoryOrCreate" if !is(fs::FileType::is_dir) => refuse(path, "a directory"),
        "File" | "FileOrCreate" if !is(fs::FileType::is_file) => refuse(path, "a file"),
        "Socket" if !is(fs::FileType::is_socket) => refuse(path, "a socket file"),
        "CharDevice" if !is(fs::FileType::is_char_device) => refuse(path, "a character device"),
        "BlockDevice" if !is(fs::FileType::is_block_device) => refuse(path, "a block device"),
        _ => Ok(()),
    }
}

/// Whether another file system lies at `dir` than above it. The table of mounts grows with the node's pods.
fn is_mount_point(dir: &Path) -> io::Result<bool> {
    let above = dir.parent().map(fs::metadata).transpose()?;
    Ok(above.is_some_and(|above| fs::metadata(dir).is_ok_and(|own| own.dev() != above.dev())))
}

/// A file system in memory at `dir`, unless one is there.
pub(super) fn mount_tmpfs(dir: &Path, size_bytes: Option<i64>) -> io::Result<()> {
    if is_mount_point(dir)? {
        return Ok(());
    }
    let options = size_bytes.map(|size| format!("size={size}")).unwrap_or_default();
    let options = CString::new(options).map_err(io::Error::other)?;
    mount("tmpfs", dir, "tmpfs", MountFlags::empty(), options.as_c_str())?;
    Ok(())
}

/// Size of a folder in memory: its own limit, the pod's and the node's, whichever is least.
fn memory_size(it: &EmptyDirVolumeSource, pod: &Pod, node: &NodeView) -> Option<i64> {
    let own = it.size_limit.as_ref().map(value).filter(|size| *size > 0);
    let of_node = node.allocatable.get("memory").map(value);
    [own, limits(pod).1, of_node].into_iter().flatten().filter(|size| *size > 0).min()
}

pub(super) fn empty_dir(
    dir: &Path,
    it: &EmptyDirVolumeSource,
    pod: &Pod,
    node: &NodeView,
    group: Option<u32>,
) -> Result<(), Cause> {
    let fresh = !dir.is_dir();
    fs::create_dir_all(dir)?;
    match it.medium.as_deref().unwrap_or_default() {
        "Memory" => {
            mount_tmpfs(dir, memory_size(it, pod, node))?;
            if fresh {
                fs::set_permissions(dir, fs::Permissions::from_mode(0o1777))?;
            }
        }
        "" if fresh => fs::set_permissions(dir, fs::Permissions::from_mode(0o777))?,
        "" => {}
        other => return Err(Cause::Refused(format!("emptyDir medium \"{other}\" is not supported on this node"))),
    }
    if let Some(group) = group.filter(|_| fresh) {
        writer::own_tree(dir, writer::Ownership { group, read_only: false })?;
    }
    Ok(())
}
