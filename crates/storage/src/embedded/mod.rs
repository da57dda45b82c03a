//! The durable engine of a single node: all state in memory, every commit in a checksummed log, snapshots beside it.
//!
//! Files of its directory (0700, files 0600), each headed by format version and the directory's identity:
//! `identity`; `lock` with the owner's process id; `log-N`, segments in order; `snapshot-N`, the state before segment N;
//! `reserve`, room that is given up for deletions when the disk is full.
//!
//! What is acknowledged is on the disk (class `Unsynced`: within [`Options::flush_after`]). A torn end of the newest
//! segment is an unfinished write and is dropped; any other damage refuses the start. One case cannot be told from a
//! torn write: damage to the very last writes of a log that was not closed, since nothing after them vouches for them.
mod disk;
mod fake;
mod format;
mod log;
mod names;
mod queue;
mod recover;
mod room;
mod snapshot;
mod writer;

#[cfg(test)]
mod tests;

pub use disk::{Disk, DiskFile, LockError, RealDisk};
pub use fake::{FakeDisk, Fault};

use crate::{
    CommitError, Committed, Cursor, Expired, Key, Revision, Snapshot, Stats, Store, Txn, Window, shared::Shared,
    wake::Pace,
};
use bytes::Bytes;
use format::{FileKind, Header, HeaderError, Identity, Record};
use futures::future::BoxFuture;
use jiff::Timestamp;
use log::{Log, WriteError};
use names::Listing;
use parking_lot::Mutex;
use queue::Queue;
use recover::{Recovered, Source, read_all};
use room::Room;
use skeg_model::{stored::Stored, time::Clock};
use std::{
    fmt, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::watch;
use writer::Writer;

/// How far the revision counter jumps after an unclean stop: past everything that may have been handed out unsynced.
pub const REVISION_JUMP: u64 = 1 << 20;
const _: () = assert!(REVISION_JUMP > 2 * writer::UNSYNCED_REVISIONS_MAX);

/// After a clean stop a segment longer than this is left as it is and the next one begun.
const REWRITE_BYTES_MAX: usize = 4 << 20;

/// Encrypts values at rest. Errors say why, without secrets.
pub trait Transformer: fmt::Debug + Send + Sync {
    /// The bytes to keep instead of `plain`; None: keep them plain.
    fn seal(&self, key: &Key, plain: &[u8]) -> Result<Option<Vec<u8>>, String>;
    fn open(&self, key: &Key, sealed: &[u8]) -> Result<Bytes, String>;
}

/// What the wiring decides.
#[derive(Debug, Clone)]
pub struct Options {
    pub clock: Arc<dyn Clock>,
    /// Random bytes that become the name of a directory which has none yet.
    pub identity: [u8; 16],
    pub window: Window,
    pub transformer: Option<Arc<dyn Transformer>>,
    /// When writes of the unsynced class are durable at the latest.
    pub flush_after: Duration,
    /// Growing writes are refused while the disk has less than this free.
    pub keep_free_bytes: u64,
    /// Room claimed for deletions on a full disk.
    pub reserve_bytes: u64,
    /// No snapshot before the log has grown by this much.
    pub snapshot_log_bytes_min: u64,
    pub segment_bytes_max: u64,
}

impl Options {
    pub fn new(clock: Arc<dyn Clock>, identity: [u8; 16]) -> Self {
        Self {
            clock,
            identity,
            window: Window::default(),
            transformer: None,
            flush_after: Duration::from_millis(500),
            keep_free_bytes: 32 << 20,
            reserve_bytes: 16 << 20,
            snapshot_log_bytes_min: 16 << 20,
            segment_bytes_max: Self::SEGMENT_BYTES_MAX,
        }
    }
}

/// Why a data directory cannot be opened; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("data directory {place} is in use by process {pid}: stop that process or give another directory")]
    InUse { place: String, pid: String },
    #[error("data directory {place} holds {found:?}, which is not Skeg's: give an empty or a new directory")]
    Foreign { place: String, found: String },
    #[error(
        "{place}/{file} has format version {found}, this binary reads up to {}: run a newer skeg",
        format::FORMAT_VERSION
    )]
    Newer { place: String, file: String, found: u32 },
    #[error(
        "{place}/{file} is damaged at byte {offset}: {why}. Nothing was changed. Restore the directory from a copy; or \
         give up all that was written after revision {good}: cut the file there (truncate -s {offset}) or, at byte 0, \
         remove it, and remove every log- and snapshot- file of a higher number"
    )]
    Damaged { place: String, file: String, offset: u64, good: Revision, why: String },
    #[error("data directory {place}: encryption at rest: {why}: configure the keys that it was written with")]
    Unseal { place: String, why: String },
    #[error("data directory {place}: the disk is full ({source}): make room there")]
    Full { place: String, source: io::Error },
    #[error("data directory {place}: {doing}: {source}: check the disk and the permissions")]
    Io { place: String, doing: String, source: io::Error },
}

impl OpenError {
    fn io(disk: &dyn Disk, doing: impl Into<String>, source: io::Error) -> Self {
        Self::Io { place: disk.place(), doing: doing.into(), source }
    }

    fn write(disk: &dyn Disk, doing: &str, error: WriteError) -> Self {
        match error {
            WriteError::Full(source) => Self::Full { place: disk.place(), source },
            WriteError::Failed(source) => Self::io(disk, doing, source),
        }
    }

    fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}

/// Why writes are refused, if they are.
#[derive(Debug, Default)]
pub(crate) struct Health {
    failure: Mutex<Option<String>>,
    full: Mutex<Option<String>>,
}

impl Health {
    fn failure(&self) -> Option<String> {
        self.failure.lock().clone()
    }

    fn fail(&self, reason: String) {
        *self.failure.lock() = Some(reason);
    }

    fn set_full(&self, reason: Option<String>) {
        *self.full.lock() = reason;
    }

    fn check(&self) -> Result<(), String> {
        match self.failure().or_else(|| self.full.lock().clone()) {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    batches: AtomicU64,
    fsyncs: AtomicU64,
    log_bytes: AtomicU64,
    snapshot_bytes: AtomicU64,
}

/// A store in a directory of its own. Dropping it closes it.
#[derive(Debug)]
pub struct Embedded {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    health: Arc<Health>,
    counters: Arc<Counters>,
    last_write_found: Option<Timestamp>,
    ended: watch::Receiver<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Embedded {
    /// Opens or makes the directory `dir` and reads all state into memory. Blocks while it reads.
    ///
    /// # Errors
    /// The directory is in use, foreign, damaged, of a newer format, or the disk fails.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let disk = RealDisk::open(dir).map_err(|source| {
            let place = dir.display().to_string();
            OpenError::Io { place, doing: "opening it".into(), source }
        })?;
        Self::open_disk(Arc::new(disk), options)
    }

    /// The same on any disk.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_disk(disk: Arc<dyn Disk>, options: Options) -> Result<Self, OpenError> {
        let list = || Ok(Listing::of(disk.list().map_err(|e| OpenError::io(&*disk, "listing it", e))?));
        refuse_foreign(&*disk, &list()?)?;
        let lock = disk.lock().map_err(|e| match e {
            LockError::Held { pid } => OpenError::InUse { place: disk.place(), pid },
            LockError::Io(e) => OpenError::io(&*disk, "locking it", e),
        })?;
        let listing = list()?;
        let identity = identify(&*disk, &listing, options.identity)?;
        for name in &listing.temporaries {
            disk.remove(name).map_err(|e| OpenError::io(&*disk, format!("removing {name}"), e))?;
        }
        let source =
            Source { disk: &*disk, identity, window: options.window, transformer: options.transformer.as_deref() };
        let mut recovered = source.recover(&listing)?;
        let last_write_found = recovered.world.last_write;
        let mut reserved = listing.reserve;
        let log = continue_log(&disk, identity, &mut recovered, &mut reserved)?;
        let anchor = recovered.anchor;
        let (ended, ends) = watch::channel(false);
        let grown = recovered.older_log_bytes + log.len();
        let mut store = Self {
            shared: Shared::new(recovered.world),
            queue: Queue::new(),
            health: Arc::default(),
            counters: Arc::default(),
            last_write_found,
            ended: ends,
            thread: Mutex::default(),
        };
        store.counters.log_bytes.store(grown, Ordering::Relaxed);
        store.start(Start { disk, identity, options, reserved, anchor, log, grown, lock, ended })?;
        Ok(store)
    }

    fn start(&mut self, start: Start) -> Result<(), OpenError> {
        let Start { disk, identity, options, reserved, anchor, log, grown, lock, ended } = start;
        let writer = Writer {
            shared: self.shared.clone(),
            queue: self.queue.clone(),
            room: Room::new(disk.clone(), options.keep_free_bytes, options.reserve_bytes, reserved),
            disk: disk.clone(),
            identity,
            health: self.health.clone(),
            counters: self.counters.clone(),
            log,
            pace: Pace::default(),
            flush_at: None,
            grown,
            anchors: vec![anchor],
            snapshot_at: options.clock.now(),
            snapshotting: None,
            stop: Arc::new(AtomicBool::new(false)),
            options,
        };
        let ending = Ending { queue: self.queue.clone(), lock: Some(lock), ended };
        let run = move || {
            writer.run();
            drop(ending);
        };
        let thread = std::thread::Builder::new().name("storage".into()).spawn(run);
        *self.thread.get_mut() = Some(thread.map_err(|e| OpenError::io(&*disk, "starting the writer", e))?);
        Ok(())
    }

    /// Time of the newest commit when the directory was opened; None if there was none.
    pub fn last_write_time(&self) -> Option<Timestamp> {
        self.last_write_found
    }
}

/// What happens when the writer's thread ends, in whatever way.
struct Ending {
    queue: Arc<Queue>,
    lock: Option<Box<dyn Send + Sync>>,
    ended: watch::Sender<bool>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.queue.abandon();
        self.lock.take();
        self.ended.send_replace(true);
    }
}

/// What the writer's thread starts with.
struct Start {
    disk: Arc<dyn Disk>,
    identity: Identity,
    options: Options,
    reserved: bool,
    anchor: u64,
    log: Log,
    grown: u64,
    lock: Box<dyn Send + Sync>,
    ended: watch::Sender<bool>,
}

/// Before anything is touched: a directory without an identity that holds something is not ours.
fn refuse_foreign(disk: &dyn Disk, listing: &Listing) -> Result<(), OpenError> {
    match &listing.foreign {
        Some(found) if !listing.identity => Err(OpenError::Foreign { place: disk.place(), found: found.clone() }),
        _ => Ok(()),
    }
}

/// Reads the directory's identity, or gives one to an empty directory.
fn identify(disk: &dyn Disk, listing: &Listing, new: Identity) -> Result<Identity, OpenError> {
    if listing.identity {
        let bytes =
            read_all(disk, names::IDENTITY).map_err(|e| OpenError::io(disk, "reading its identity".to_owned(), e))?;
        let file = names::IDENTITY.to_owned();
        return match Header::decode(FileKind::Identity, &bytes) {
            Ok(header) => Ok(header.identity),
            Err(HeaderError::Newer(found)) => Err(OpenError::Newer { place: disk.place(), file, found }),
            Err(HeaderError::Foreign) => Err(OpenError::Foreign { place: disk.place(), found: file }),
            Err(HeaderError::Damaged) => Err(OpenError::Damaged {
                place: disk.place(),
                file,
                offset: 0,
                good: 0,
                why: "it does not match its checksum".into(),
            }),
        };
    }
    if let Some(number) = listing.logs.first().or(listing.snapshots.first()) {
        let why = format!("it is missing while other files ({number}) are there");
        let file = names::IDENTITY.to_owned();
        return Err(OpenError::Damaged { place: disk.place(), file, offset: 0, good: 0, why });
    }
    let header = Header { kind: FileKind::Identity, identity: new, number: 0, revision: 0 };
    log::write_whole(disk, names::IDENTITY, &[&header.encode()])
        .and_then(|_| log::publish(disk, names::IDENTITY))
        .map_err(|e| OpenError::io(disk, "writing its identity", e))?;
    Ok(new)
}

/// The segment to append to. The newest one is written anew, which drops a torn end and makes sure that what was read
/// is on the disk, not only in the cache of a kernel whose last sync failed; after a clean stop a long one, or one that
/// a full disk has no room for, is left as it is. `reserved` says whether there is a reserve to give up.
fn continue_log(
    disk: &Arc<dyn Disk>,
    identity: Identity,
    recovered: &mut Recovered,
    reserved: &mut bool,
) -> Result<Log, OpenError> {
    let world = &mut recovered.world;
    let failed = |e| OpenError::write(&**disk, "writing its log", e);
    let create = |number, revision, frames: &[u8]| Log::create(disk.clone(), identity, number, revision, frames);
    let Some(tail) = recovered.tail.take() else { return create(1, world.revision, &[]).map_err(failed) };
    let rewrite = || create(tail.number, tail.revision, &tail.frames);
    if tail.clean {
        let short = tail.frames.len() <= REWRITE_BYTES_MAX;
        match short.then(rewrite) {
            None | Some(Err(WriteError::Full(_))) => {}
            Some(rewritten) => return rewritten.map_err(failed),
        }
        recovered.older_log_bytes += tail.frames.len() as u64;
        return create(tail.number + 1, world.revision, &[]).map_err(failed);
    }
    let mut rewritten = rewrite();
    if matches!(rewritten, Err(WriteError::Full(_))) && *reserved {
        disk.remove(names::RESERVE).map_err(|e| OpenError::io(&**disk, "giving up the reserve", e))?;
        *reserved = false;
        rewritten = rewrite();
    }
    let mut log = rewritten.map_err(failed)?;
    let (from, to) = (world.revision, world.revision + REVISION_JUMP);
    log.append(&Record::Jump { from, to }.encode_mark()).and_then(|_| log.sync()).map_err(failed)?;
    world.jump(to);
    Ok(log)
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.get_mut().take()
            && thread.join().is_err()
        {
            tracing::error!("the storage writer had panicked");
        }
    }
}

impl Store for Embedded {
    fn revision(&self) -> Revision {
        self.shared.revision()
    }

    fn get(&self, key: &Key) -> Option<Arc<Stored>> {
        self.shared.get(key)
    }

    fn snapshot(&self, ring: &str) -> Snapshot {
        self.shared.snapshot(ring)
    }

    fn snapshot_at(&self, ring: &str, revision: Revision) -> Result<Snapshot, Expired> {
        self.shared.snapshot_at(ring, revision)
    }

    fn watch(&self, ring: &str, after: Revision) -> Result<Box<dyn Cursor>, Expired> {
        self.shared.watch(ring, after)
    }

    fn commit(&self, txn: Txn) -> BoxFuture<'_, Result<Committed, CommitError>> {
        Box::pin(self.queue.commit(txn))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.queue.close();
        let mut ended = self.ended.clone();
        Box::pin(async move {
            // An error means that the writer's thread is gone, which is what is waited for.
            drop(ended.wait_for(|ended| *ended).await);
        })
    }

    fn health(&self) -> Result<(), String> {
        if self.shared.world.read().closed {
            return Err("the store is shutting down".into());
        }
        self.health.check()
    }

    fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            log_bytes: read(&self.counters.log_bytes),
            snapshot_bytes: read(&self.counters.snapshot_bytes),
            commits: read(&self.counters.commits),
            batches: read(&self.counters.batches),
            fsyncs: read(&self.counters.fsyncs),
            ..self.shared.world.read().stats()
        }
    }
}
