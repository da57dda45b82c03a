//! Parts of volumes. A container may have changed the volume, so the path to the part is walked without following
//! links that lead out, and what was reached is mounted by its descriptor.
use rustix::{
    fs::{CWD, Mode, OFlags, openat},
    mount::mount_bind,
};
use std::{
    fs, io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::fs::{MetadataExt, PermissionsExt},
    },
    path::{Component, Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub enum SubPathError {
    #[error("it leads out of its volume")]
    Outside,
    #[error("{0}")]
    Io(#[from] io::Error),
}

fn inside(volume: &Path, path: &Path) -> Result<PathBuf, SubPathError> {
    let real = fs::canonicalize(path)?;
    if real.starts_with(volume) { Ok(real) } else { Err(SubPathError::Outside) }
}

/// Makes the folders of `part` that are missing, with the rights of the volume itself.
fn make_missing(volume: &Path, part: &Path) -> Result<(), SubPathError> {
    let mode = fs::metadata(volume)?.mode() & 0o7777;
    let mut at = volume.to_owned();
    for name in part.components() {
        let Component::Normal(name) = name else { return Err(SubPathError::Outside) };
        at.push(name);
        if fs::symlink_metadata(&at).is_err() {
            fs::create_dir(&at)?;
            fs::set_permissions(&at, fs::Permissions::from_mode(mode))?;
        }
        at = inside(volume, &at)?;
    }
    Ok(())
}

/// Opens `real`, which lies below `volume`, one name at a time; a link put in the way meanwhile is an error.
fn open_below(volume: &Path, real: &Path) -> Result<OwnedFd, SubPathError> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let rest = real.strip_prefix(volume).map_err(|_| SubPathError::Outside)?;
    let mut at = openat(CWD, volume, flags | OFlags::DIRECTORY, Mode::empty()).map_err(io::Error::from)?;
    for name in rest.components() {
        at = openat(at.as_fd(), name.as_os_str(), flags, Mode::empty()).map_err(io::Error::from)?;
    }
    Ok(at)
}

/// Binds `part` of the volume at `target` and says so; a part that is mounted already stays as it is.
///
/// # Errors
/// The part leads out of the volume, or cannot be made or mounted.
pub fn bind(volume: &Path, part: &str, target: &Path) -> Result<PathBuf, SubPathError> {
    let table = fs::read_to_string("/proc/self/mountinfo")?;
    if crate::runtime::mounts::below(&table, target).iter().any(|point| point == target) {
        return Ok(target.to_owned());
    }
    let volume = fs::canonicalize(volume)?;
    let part = Path::new(part);
    if part.components().any(|it| !matches!(it, Component::Normal(_) | Component::CurDir)) {
        return Err(SubPathError::Outside);
    }
    if fs::symlink_metadata(volume.join(part)).is_err() {
        let plain: PathBuf = part.components().filter(|it| matches!(it, Component::Normal(_))).collect();
        make_missing(&volume, &plain)?;
    }
    let real = inside(&volume, &volume.join(part))?;
    let opened = open_below(&volume, &real)?;
    if fs::metadata(&real)?.is_dir() {
        fs::create_dir_all(target)?;
    } else {
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::File::options().create(true).append(true).open(target)?;
    }
    mount_bind(format!("/proc/self/fd/{}", opened.as_raw_fd()), target).map_err(io::Error::from)?;
    Ok(target.to_owned())
}
