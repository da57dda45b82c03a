//! The cgroup below which a node's cgroups stand (`--cgroup-root`). Who finds it missing makes it, notes that, and removes
//! it again; one that was there before is somebody else's and stays.
use super::process::{boot_id, write_atomically};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Makes the root in every hierarchy below `mount` where it is missing, and notes in `record` which folders those are.
/// The note is written first: a crash in between leaves nothing that nobody knows of.
pub fn claim(mount: &Path, root: &str, record: &Path) -> io::Result<()> {
    let boot = boot_id()?;
    let mut own = noted(record, &boot);
    let known = own.len();
    let missing: Vec<PathBuf> =
        hierarchies(mount).iter().flat_map(|hierarchy| folders(hierarchy, root)).filter(|dir| !dir.exists()).collect();
    own.extend(missing.iter().filter(|dir| !own.contains(dir)).cloned().collect::<Vec<_>>());
    if own.len() > known {
        record.parent().map_or(Ok(()), fs::create_dir_all)?;
        let lines: String = own.iter().map(|dir| format!("{}\n", dir.display())).collect();
        write_atomically(record, format!("{boot}\n{lines}").as_bytes())?;
    }
    for dir in &missing {
        match fs::create_dir(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(named("making", dir, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// Removes what [`claim`] made. The kernel keeps a cgroup that holds processes or other cgroups: it has found other users.
pub fn release(record: &Path) -> io::Result<()> {
    for dir in noted(record, &boot_id()?).iter().rev() {
        match fs::remove_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                tracing::warn!(cgroup = %dir.display(), "this cgroup is in use by others and stays");
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(named("removing", dir, &error)),
            _ => {}
        }
    }
    match fs::remove_file(record) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(named("removing", record, &error)),
        _ => Ok(()),
    }
}

fn named(what: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what} {}: {error}", path.display()))
}

/// The folders noted since this boot; an earlier one's cgroups are gone.
fn noted(record: &Path, boot: &str) -> Vec<PathBuf> {
    let text = fs::read_to_string(record).unwrap_or_default();
    let mut lines = text.lines();
    if lines.next() != Some(boot) { Vec::new() } else { lines.map(PathBuf::from).collect() }
}

/// Where hierarchies are mounted: one place under version 2, a folder each under version 1 and in the hybrid layout.
/// `cpu` and `cpuacct` may be links to the hierarchy that they share.
fn hierarchies(mount: &Path) -> Vec<PathBuf> {
    if mount.join("cgroup.controllers").exists() {
        return vec![mount.to_owned()];
    }
    let entries = fs::read_dir(mount).into_iter().flatten().flatten();
    let dirs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path());
    dirs.filter(|dir| dir.join("cgroup.procs").exists()).collect()
}

/// `a` and `a/b` below a hierarchy for the root `/a/b`.
fn folders(hierarchy: &Path, root: &str) -> Vec<PathBuf> {
    let parts = root.split('/').filter(|part| !part.is_empty() && *part != "..");
    let mut dir = hierarchy.to_owned();
    parts
        .map(|part| {
            dir.push(part);
            dir.clone()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hybrid() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for hierarchy in ["cpu", "memory", "unified"] {
            fs::create_dir(dir.path().join(hierarchy)).unwrap();
            fs::write(dir.path().join(hierarchy).join("cgroup.procs"), "").unwrap();
        }
        fs::create_dir(dir.path().join("other")).unwrap();
        dir
    }

    #[test]
    fn only_what_was_made_is_removed() {
        let dir = hybrid();
        let (mount, record) = (dir.path(), dir.path().join("record"));
        fs::create_dir(mount.join("cpu/a")).unwrap();
        claim(mount, "/a/b", &record).unwrap();
        claim(mount, "/a/b", &record).unwrap();
        for there in ["cpu/a/b", "memory/a/b", "unified/a/b"] {
            assert!(mount.join(there).is_dir(), "{there}");
        }
        assert!(!mount.join("other/a").exists());
        release(&record).unwrap();
        release(&record).unwrap();
        assert!(mount.join("cpu/a").is_dir() && !mount.join("cpu/a/b").exists());
        assert!(!mount.join("memory/a").exists() && !mount.join("unified/a").exists());
        assert!(!record.exists());
    }

    #[test]
    fn an_earlier_boots_note_says_nothing() {
        let dir = hybrid();
        let (mount, record) = (dir.path(), dir.path().join("record"));
        fs::create_dir(mount.join("cpu/a")).unwrap();
        fs::write(&record, format!("another\n{}\n", mount.join("cpu/a").display())).unwrap();
        release(&record).unwrap();
        assert!(mount.join("cpu/a").is_dir() && !record.exists());
        claim(mount, "", &record).unwrap();
        assert!(!record.exists());
    }

    #[test]
    fn one_hierarchy_under_version_two() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("cgroup.controllers"), "cpu memory").unwrap();
        let record = dir.path().join("record");
        claim(dir.path(), "x", &record).unwrap();
        assert!(dir.path().join("x").is_dir());
        release(&record).unwrap();
        assert!(!dir.path().join("x").exists());
    }
}
