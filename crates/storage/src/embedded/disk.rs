//! The one place where the embedded engine touches the world: a flat directory of files that are written once, at
//! their end, and replaced by renaming.
use std::{
    fmt,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// A directory. Names hold no slash. Nothing is durable before `sync` of the file and, for names, `sync_dir`.
pub trait Disk: Send + Sync + fmt::Debug + 'static {
    /// What error messages call the directory.
    fn place(&self) -> String;
    /// Claims the directory for this process until the guard is dropped.
    ///
    /// # Errors
    /// Another process has it, or the disk fails.
    fn lock(&self) -> Result<Box<dyn Send + Sync>, LockError>;
    /// Names of all entries, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>>;
    /// An empty file, readable by its owner alone; one of this name is emptied.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;
    fn sync_dir(&self) -> io::Result<()>;
    /// Bytes that files may still grow by.
    fn free(&self) -> io::Result<u64>;
}

/// A file that is being written.
pub trait DiskFile: Send + fmt::Debug {
    /// Writes all of `bytes` at the end; after an error some of them may be there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything written survive a crash. After an error nothing is known of what was written since the last
    /// success, and asking again proves nothing.
    fn sync(&mut self) -> io::Result<()>;
    fn truncate(&mut self, len: u64) -> io::Result<()>;
    /// Claims room up to `len` bytes without writing.
    fn reserve(&mut self, len: u64) -> io::Result<()>;
}

/// Why a directory could not be claimed.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("in use by process {pid}")]
    Held { pid: String },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Name of the lock file, which holds the owner's process id.
pub(crate) const LOCK: &str = "lock";

/// A directory of the machine: 0700, its files 0600.
#[derive(Debug)]
pub struct RealDisk {
    path: PathBuf,
    dir: File,
}

impl RealDisk {
    /// Opens the directory, which is made if it is missing.
    ///
    /// # Errors
    /// It cannot be made or opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        if !path.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
                File::open(parent)?.sync_all()?;
            }
        }
        Ok(Self { path: path.to_owned(), dir: File::open(path)? })
    }

    fn write_options() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.write(true).create(true).mode(0o600);
        options
    }
}

impl Disk for RealDisk {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn lock(&self) -> Result<Box<dyn Send + Sync>, LockError> {
        let path = self.path.join(LOCK);
        let mut file = Self::write_options().truncate(false).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let pid = fs::read_to_string(&path)?.trim().to_owned();
                return Err(LockError::Held { pid });
            }
            Err(fs::TryLockError::Error(e)) => return Err(e.into()),
        }
        if self.dir.metadata()?.permissions().mode() & 0o777 != 0o700 {
            self.dir.set_permissions(fs::Permissions::from_mode(0o700))?;
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Box::new(file))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        fs::read_dir(&self.path)?.map(|e| Ok(e?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.path.join(name))?))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(RealFile(Self::write_options().append(true).open_emptied(&self.path.join(name))?)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.dir.sync_all()
    }

    fn free(&self) -> io::Result<u64> {
        let fs = rustix::fs::fstatvfs(&self.dir)?;
        Ok(fs.f_bavail.saturating_mul(fs.f_frsize))
    }
}

trait OpenEmptied {
    fn open_emptied(&self, path: &Path) -> io::Result<File>;
}

impl OpenEmptied for OpenOptions {
    /// `append` and `truncate` exclude each other in `OpenOptions`.
    fn open_emptied(&self, path: &Path) -> io::Result<File> {
        let file = self.open(path)?;
        file.set_len(0)?;
        Ok(file)
    }
}

#[derive(Debug)]
struct RealFile(File);

impl DiskFile for RealFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn reserve(&mut self, len: u64) -> io::Result<()> {
        Ok(rustix::fs::fallocate(&self.0, rustix::fs::FallocateFlags::empty(), 0, len)?)
    }
}
