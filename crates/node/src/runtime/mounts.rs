//! Mounts below a folder: found in the kernel's table and taken down, deepest first.
use rustix::mount::{UnmountFlags, unmount};
use std::{
    fs, io,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

/// Mount points at or below `root`, latest first, in the text of `/proc/self/mountinfo`.
pub fn below(mountinfo: &str, root: &Path) -> Vec<PathBuf> {
    const MOUNT_POINT: usize = 4;
    let points = mountinfo.lines().filter_map(|line| line.split(' ').nth(MOUNT_POINT)).map(unescape);
    let mut found: Vec<PathBuf> = points.filter(|point| point.starts_with(root)).collect();
    found.reverse();
    found
}

/// The kernel writes blanks and backslashes of paths as three octal digits.
fn unescape(text: &str) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let octal = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok();
        match (first, tail.get(..3).and_then(octal)) {
            (b'\\', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

/// Takes down every mount at or below `root`.
pub fn unmount_below(root: &Path) -> io::Result<()> {
    for point in below(&fs::read_to_string("/proc/self/mountinfo")?, root) {
        match unmount(&point, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
            // EINVAL: no longer a mount point.
            Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => {}
            Err(error) => return Err(io::Error::new(error.kind(), format!("unmounting {}: {error}", point.display()))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_below_a_folder_come_latest_first() {
        let table = "21 1 0:1 / / rw - ext4 /dev/a rw\n22 21 0:2 / /d rw - tmpfs t rw\n23 22 0:3 / /d/a\\040b rw - tmpfs t rw\n\
                     24 21 0:4 / /data rw - tmpfs t rw\n";
        assert_eq!(below(table, Path::new("/d")), [PathBuf::from("/d/a b"), PathBuf::from("/d")]);
    }
}
