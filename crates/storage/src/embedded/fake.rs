//! A disk that fails on demand: crashes, torn writes, flipped bits, failing syncs and a full disk as values.
use super::disk::{Disk, DiskFile, LockError};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    io::{self, Read},
    sync::Arc,
};

/// What goes wrong, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power goes after so many more changing operations; all later ones fail.
    PowerOff { after: u64 },
    /// The sync after so many more fails, and what it was to make durable is lost.
    Sync { after: u64 },
    /// Files may hold so many bytes together.
    Capacity { bytes: u64 },
}

#[derive(Debug, Clone, Default)]
struct Inode {
    data: Vec<u8>,
    /// The length that survives a crash.
    synced: usize,
    reserved: u64,
    /// A sync failed: later ones succeed without making anything durable, as on real kernels.
    lost: bool,
}

#[derive(Debug, Clone, Default)]
struct Content {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    power_off_in: Option<u64>,
    sync_fails_in: Option<u64>,
    capacity: Option<u64>,
    locked: bool,
}

/// A directory in memory. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct FakeDisk(Arc<Mutex<Content>>);

/// A small generator (splitmix64): the same seed, the same crash.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl FakeDisk {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn set(&self, fault: Fault) {
        let mut content = self.0.lock();
        match fault {
            Fault::PowerOff { after } => content.power_off_in = Some(after),
            Fault::Sync { after } => content.sync_fails_in = Some(after),
            Fault::Capacity { bytes } => content.capacity = Some(bytes),
        }
    }

    /// Lifts the limit on the disk's size.
    pub fn enlarge(&self) {
        self.0.lock().capacity = None;
    }

    /// What a crash now would leave: synced bytes and names surely, of the rest a prefix, perhaps with garbage at its
    /// end, as the seed decides.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        let mut seed = seed;
        let mut after = self.0.lock().clone();
        (after.power_off_in, after.sync_fails_in, after.locked) = (None, None, false);
        for inode in &mut after.inodes {
            let unsynced = inode.data.len().saturating_sub(inode.synced) as u64;
            let kept = if unsynced == 0 { 0 } else { random(&mut seed) % (unsynced + 1) };
            let len = inode.synced.min(inode.data.len()) + usize::try_from(kept).expect("a length");
            inode.data.truncate(len);
            if kept > 0 && random(&mut seed).is_multiple_of(2) {
                let from = len - usize::try_from(1 + random(&mut seed) % kept).expect("a length");
                inode.data[from..].iter_mut().for_each(|b| *b = if seed.is_multiple_of(3) { 0 } else { !*b });
            }
            inode.synced = len;
        }
        if random(&mut seed).is_multiple_of(2) {
            after.names = after.synced_names.clone();
        }
        after.synced_names = after.names.clone();
        Self(Arc::new(Mutex::new(after)))
    }

    /// Names and contents of all files.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let content = self.0.lock();
        content.names.iter().map(|(name, at)| (name.clone(), content.inodes[*at].data.clone())).collect()
    }

    /// Puts a file there, durably.
    pub fn put(&self, name: &str, data: Vec<u8>) {
        let mut content = self.0.lock();
        let synced = data.len();
        content.inodes.push(Inode { data, synced, ..Inode::default() });
        let at = content.inodes.len() - 1;
        content.names.insert(name.to_owned(), at);
        content.synced_names.insert(name.to_owned(), at);
    }

    /// Flips one bit of a file.
    pub fn flip(&self, name: &str, byte: usize, bit: u8) {
        let mut content = self.0.lock();
        let at = content.names[name];
        content.inodes[at].data[byte] ^= 1 << (bit % 8);
    }

    fn change<T>(&self, act: impl FnOnce(&mut Content) -> io::Result<T>) -> io::Result<T> {
        let mut content = self.0.lock();
        match &mut content.power_off_in {
            Some(0) => return Err(io::Error::other("power is off")),
            Some(n) => *n -= 1,
            None => {}
        }
        act(&mut content)
    }
}

impl Content {
    fn used(&self) -> u64 {
        self.names.values().map(|at| self.inodes[*at].reserved.max(self.inodes[*at].data.len() as u64)).sum()
    }

    fn inode(&mut self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

struct Guard(FakeDisk);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.lock().locked = false;
    }
}

impl Disk for FakeDisk {
    fn place(&self) -> String {
        "fake".into()
    }

    fn lock(&self) -> Result<Box<dyn Send + Sync>, LockError> {
        let mut content = self.0.lock();
        if content.locked {
            return Err(LockError::Held { pid: "1".into() });
        }
        content.locked = true;
        Ok(Box::new(Guard(self.clone())))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        let mut content = self.0.lock();
        let at = content.inode(name)?;
        Ok(Box::new(io::Cursor::new(content.inodes[at].data.clone())))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let at = self.change(|content| {
            content.inodes.push(Inode::default());
            let at = content.inodes.len() - 1;
            content.names.insert(name.to_owned(), at);
            Ok(at)
        })?;
        Ok(Box::new(FakeFile { disk: self.clone(), at }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change(|content| {
            let at = content.inode(from)?;
            content.names.remove(from);
            content.names.insert(to.to_owned(), at);
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change(|content| {
            content.inode(name)?;
            content.names.remove(name);
            Ok(())
        })
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.change(|content| {
            content.synced_names = content.names.clone();
            Ok(())
        })
    }

    fn free(&self) -> io::Result<u64> {
        let content = self.0.lock();
        Ok(content.capacity.map_or(u64::MAX / 2, |capacity| capacity.saturating_sub(content.used())))
    }
}

#[derive(Debug)]
struct FakeFile {
    disk: FakeDisk,
    at: usize,
}

impl DiskFile for FakeFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.change(|content| {
            let free = content.capacity.map_or(u64::MAX, |c| c.saturating_sub(content.used()));
            let fits = bytes.len().min(usize::try_from(free).unwrap_or(usize::MAX));
            content.inodes[self.at].data.extend_from_slice(&bytes[..fits]);
            if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.change(|content| {
            match &mut content.sync_fails_in {
                Some(0) => {
                    content.sync_fails_in = None;
                    content.inodes[self.at].lost = true;
                    return Err(io::Error::other("sync failed"));
                }
                Some(n) => *n -= 1,
                None => {}
            }
            let inode = &mut content.inodes[self.at];
            if !inode.lost {
                inode.synced = inode.data.len();
            }
            Ok(())
        })
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.change(|content| {
            let inode = &mut content.inodes[self.at];
            inode.data.truncate(usize::try_from(len).expect("a length"));
            inode.synced = inode.synced.min(inode.data.len());
            Ok(())
        })
    }

    fn reserve(&mut self, len: u64) -> io::Result<()> {
        self.disk.change(|content| {
            if content.capacity.is_some_and(|c| content.used() + len > c) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            content.inodes[self.at].reserved = len;
            Ok(())
        })
    }
}
