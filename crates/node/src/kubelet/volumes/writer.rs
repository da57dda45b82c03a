//! Files of a volume that change all at once: they lie in a dated folder, and a symbolic link to it is swapped.
use rustix::fs::{AtFlags, CWD, Gid, Mode, Uid};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Component, Path, PathBuf},
};

/// Link to the folder that holds.
const DATA: &str = "..data";
const NEXT: &str = "..data_tmp";

/// One file of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub data: Vec<u8>,
    pub mode: u32,
    pub owner: Option<u32>,
}

/// Files by path relative to the volume.
pub type Payload = BTreeMap<String, File>;

/// Group of the volume's files and how wide its rights are.
#[derive(Debug, Clone, Copy)]
pub struct Ownership {
    pub group: u32,
    pub read_only: bool,
}

fn invalid(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("invalid path in a volume: {path}"))
}

fn checked(path: &str) -> io::Result<&Path> {
    let it = Path::new(path);
    let plain = it.components().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || !plain || path.starts_with("..") { Err(invalid(path)) } else { Ok(it) }
}

/// Whether the folder that holds has exactly these files.
fn same(dir: &Path, payload: &Payload) -> bool {
    let data = dir.join(DATA);
    let mut found = BTreeSet::new();
    if collect(&data, Path::new(""), &mut found).is_err() {
        return false;
    }
    let wanted: BTreeSet<PathBuf> = payload.keys().map(PathBuf::from).collect();
    wanted == found && payload.iter().all(|(path, file)| fs::read(data.join(path)).is_ok_and(|it| it == file.data))
}

fn collect(base: &Path, below: &Path, out: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(base.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(base, &path, out)?;
        } else {
            out.insert(path);
        }
    }
    Ok(())
}

fn write_file(path: &Path, file: &File) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, &file.data)?;
    fs::set_permissions(path, fs::Permissions::from_mode(file.mode))?;
    if let Some(owner) = file.owner {
        rustix::fs::chown(path, Some(Uid::from_raw(owner)), None)?;
    }
    Ok(())
}

/// Brings the files at `dir` to `payload`; `stamp` names the new folder and has never been used here before. Says
/// whether anything was written.
pub fn write(dir: &Path, payload: &Payload, stamp: &str, ownership: Option<Ownership>) -> io::Result<bool> {
    for path in payload.keys() {
        checked(path)?;
    }
    if same(dir, payload) {
        return Ok(false);
    }
    let old = fs::read_link(dir.join(DATA)).ok();
    let folder = format!("..{stamp}");
    let fresh = dir.join(&folder);
    fs::create_dir(&fresh)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755))?;
    for (path, file) in payload {
        write_file(&fresh.join(path), file)?;
    }
    if let Some(ownership) = ownership {
        own_tree(&fresh, ownership)?;
    }
    let _ = fs::remove_file(dir.join(NEXT));
    symlink(&folder, dir.join(NEXT))?;
    fs::rename(dir.join(NEXT), dir.join(DATA))?;
    link_names(dir, payload)?;
    if let Some(old) = old {
        fs::remove_dir_all(dir.join(old))?;
    }
    Ok(true)
}

/// The names that users see are links through the one that is swapped.
fn link_names(dir: &Path, payload: &Payload) -> io::Result<()> {
    let first = |path: &String| Path::new(path).components().next().map(|part| PathBuf::from(part.as_os_str()));
    let wanted: BTreeSet<PathBuf> = payload.keys().filter_map(first).collect();
    for name in &wanted {
        let link = dir.join(name);
        if fs::symlink_metadata(&link).is_err() {
            symlink(Path::new(DATA).join(name), link)?;
        }
    }
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        let hidden = name.to_string_lossy().starts_with("..");
        if !hidden && entry.file_type()?.is_symlink() && !wanted.contains(&name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Gives a tree to a group: files become readable (and writable, unless read-only) to it, folders pass it on.
pub fn own_tree(path: &Path, ownership: Ownership) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    let group = Some(Gid::from_raw(ownership.group));
    rustix::fs::chownat(CWD, path, None, group, AtFlags::SYMLINK_NOFOLLOW)?;
    if meta.file_type().is_symlink() {
        return Ok(());
    }
    let rights = if ownership.read_only { 0o440 } else { 0o660 };
    let extra = if meta.is_dir() { rights | 0o2110 } else { rights };
    rustix::fs::chmod(path, Mode::from_raw_mode((meta.mode() & 0o7777) | extra))?;
    if meta.is_dir() {
        for entry in fs::read_dir(path)? {
            own_tree(&entry?.path(), ownership)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(files: &[(&str, &str)]) -> Payload {
        let file = |data: &str| File { data: data.into(), mode: 0o644, owner: None };
        files.iter().map(|(path, data)| ((*path).to_owned(), file(data))).collect()
    }

    #[test]
    fn swaps_all_at_once_and_drops_what_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| fs::read_to_string(dir.path().join(name));
        assert!(write(dir.path(), &payload(&[("a", "1"), ("x/y", "2")]), "one", None).unwrap());
        assert_eq!((at("a").unwrap(), at("x/y").unwrap()), ("1".into(), "2".into()));
        assert!(!write(dir.path(), &payload(&[("a", "1"), ("x/y", "2")]), "two", None).unwrap());
        assert!(write(dir.path(), &payload(&[("a", "3")]), "three", None).unwrap());
        assert_eq!(at("a").unwrap(), "3");
        assert!(at("x/y").is_err() && !dir.path().join("..one").exists());
        assert!(write(dir.path(), &payload(&[("../a", "3")]), "four", None).is_err());
    }
}
