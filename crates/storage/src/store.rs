//! The contract that every engine keeps and that the in-memory reference model defines.
use bytes::Bytes;
use futures::future::BoxFuture;
use skeg_model::stored::{Event, Stored};
use std::{ops::Bound, sync::Arc};

pub type Revision = u64;

/// A key: its ring (the kind's prefix, e.g. `/registry/pods/`) and the rest (`ns/name`, or `name`). Rings are separate
/// ordered maps with their own watch window.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub ring: Arc<str>,
    pub rest: Arc<str>,
}

/// What must hold of a key for the transaction to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    Absent,
    /// Exactly this revision of last write.
    Revision(Revision),
    Any,
}

#[derive(Debug, Clone)]
pub enum Change {
    /// Canonical bytes without resourceVersion.
    Put(Bytes),
    Delete,
    /// Only the expectation counts.
    Check,
}

#[derive(Debug, Clone)]
pub struct Op {
    pub key: Key,
    pub expect: Expect,
    pub change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Acknowledged after fsync.
    #[default]
    Synced,
    /// Acknowledged once in memory; may be lost by a crash within a documented second (node heartbeats, Events).
    Unsynced,
}

/// All operations commit at one revision, or none does. Operations see those before them. A transaction that changes
/// nothing (checks, deletions of what is not there) answers with the newest revision and takes none.
#[derive(Debug, Clone, Default)]
pub struct Txn {
    pub ops: Vec<Op>,
    pub durability: Durability,
}

/// The commit: its revision, and per operation the new state (None for deletions and checks).
#[derive(Debug, Clone)]
pub struct Committed {
    pub revision: Revision,
    pub puts: Vec<Option<Arc<Stored>>>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// `index` is that of the first operation whose expectation failed; `current` is the key's state now.
    #[error("expectation on {key:?} failed")]
    Conflict { index: usize, key: Key, current: Option<Arc<Stored>> },
    /// Disk full or failing: writes are refused, reads and watches go on.
    #[error("storage refuses writes: {0}")]
    Unavailable(String),
    #[error("request is too large: {bytes} bytes, limit {limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the store is shutting down")]
    Closed,
}

/// The revision asked for lies before the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too old resource version: {requested} ({oldest})")]
pub struct Expired {
    pub requested: Revision,
    pub oldest: Revision,
}

/// The durable ordered map with its watch rings. Cheap to share; all reads are from memory.
pub trait Store: Send + Sync + std::fmt::Debug + 'static {
    /// Revision of the newest published commit.
    fn revision(&self) -> Revision;

    fn get(&self, key: &Key) -> Option<Arc<Stored>>;

    /// The ring's content now: O(1), later commits do not show.
    fn snapshot(&self, ring: &str) -> Snapshot;

    /// The ring's content exactly at `revision`, by undoing the ring's events on a snapshot.
    fn snapshot_at(&self, ring: &str, revision: Revision) -> Result<Snapshot, Expired>;

    /// A cursor over the events of `ring` after `after`. Ask for the newest by `after = snapshot.revision`. A revision
    /// that was never handed out, or that a crash has taken back, is `Expired` too.
    fn watch(&self, ring: &str, after: Revision) -> Result<Box<dyn Cursor>, Expired>;

    fn commit(&self, txn: Txn) -> BoxFuture<'_, Result<Committed, CommitError>>;

    /// Flushes and stops; further commits answer `Closed`. Watches end.
    fn close(&self) -> BoxFuture<'_, ()>;

    /// Whether writes are accepted, for /readyz; the reason if not.
    fn health(&self) -> Result<(), String>;

    /// Sizes and counts for metrics: O(rings).
    fn stats(&self) -> Stats {
        Stats::default()
    }
}

/// What a store holds and has done.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    pub rings: Vec<RingStats>,
    /// Bytes that the log has grown by since the newest snapshot.
    pub log_bytes: u64,
    /// Bytes of the newest snapshot on disk.
    pub snapshot_bytes: u64,
    /// Transactions that changed something since the start.
    pub commits: u64,
    /// Batches they were written in.
    pub batches: u64,
    pub fsyncs: u64,
}

/// Sizes of one ring.
#[derive(Debug, Clone)]
pub struct RingStats {
    pub ring: Arc<str>,
    pub keys: usize,
    /// Of keys and values.
    pub bytes: usize,
    pub window_events: usize,
    pub window_bytes: usize,
}

/// An immutable view of one ring.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub revision: Revision,
    pub map: imbl::OrdMap<Arc<str>, Arc<Stored>>,
}

impl Snapshot {
    /// Entries whose key starts with `prefix` (`ns/`, or "" for all), in key order, starting at `from` (inclusive) if given.
    pub fn range<'a>(
        &'a self,
        prefix: &'a str,
        from: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<Stored>)> + 'a {
        let start = from.filter(|f| *f > prefix).unwrap_or(prefix);
        self.map
            .range::<(Bound<&str>, Bound<&str>), str>((Bound::Included(start), Bound::Unbounded))
            .take_while(move |(k, _)| k.starts_with(prefix))
    }
}

/// A watcher: a position in a ring and a waker; no queue of its own.
pub trait Cursor: Send {
    /// All events that are ready, at most `max`, oldest first; waits for at least one.
    /// `Ok(empty)` means the store was closed. `Err` means the cursor fell off the ring: the client gets 410.
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Arc<Event>>, Expired>>;

    /// Waits until [`Self::next`] has something to answer at once.
    fn ready(&mut self) -> BoxFuture<'_, ()>;

    /// The place in the ring: the same number for all cursors whose next event is the same.
    fn place(&self) -> u64;

    /// Goes on from `place`, which another cursor of this ring has reached by handing out everything up to `seen`.
    fn go_on(&mut self, place: u64, seen: Revision);

    /// Everything up to this revision has been handed out (or did not concern this ring); bookmarks carry it.
    /// Never ahead of the durable mark, so it may lie before events of the unsynced class that were handed out already:
    /// send no bookmark older than the last event sent.
    fn position(&self) -> Revision;
}
