//! What every engine keeps in memory: the rings' ordered maps, their windows of events, and the revisions that hold
//! them together. Engines decide when a commit is published; what it does to memory is decided here, once.
use crate::{
    Change, CommitError, Committed, Expect, Expired, Key, Revision, RingStats, Snapshot, Stats, Txn, wake::Wake,
};
use imbl::OrdMap;
use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;
use skeg_model::stored::{Event, Stored};
use std::{collections::VecDeque, sync::Arc};

/// Revision of an empty store, as etcd's.
pub(crate) const FIRST_REVISION: Revision = 1;

/// A transaction larger than this is refused, as by etcd's `--max-request-bytes`.
pub const TXN_BYTES_MAX: usize = 1_572_864;

/// What an event costs in a window beside its object's bytes, in bytes.
const EVENT_OVERHEAD_BYTES: usize = 256;

/// How far back a ring's watchers may lag. The oldest events go when one of the upper bounds is passed, but never while
/// they are younger than `time_min`: a slow list followed by a watch must succeed.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub events_max: usize,
    pub bytes_max: usize,
    pub time_min: SignedDuration,
}

impl Default for Window {
    fn default() -> Self {
        Self { events_max: 16_384, bytes_max: 32 << 20, time_min: SignedDuration::from_secs(75) }
    }
}

/// One change of a planned transaction; `new` is None for a deletion.
#[derive(Debug, Clone)]
pub(crate) struct Effect {
    /// Which operation of the transaction it is.
    pub op: usize,
    pub key: Key,
    pub new: Option<Arc<Stored>>,
}

/// A transaction that may commit. Without effects it changes nothing and takes no revision of its own.
#[derive(Debug)]
pub(crate) struct Planned {
    pub committed: Committed,
    pub effects: Vec<Effect>,
}

/// Checks transactions one after the other, each against the world and all planned before it.
pub(crate) struct Planner<'a> {
    world: &'a World,
    overlay: FxHashMap<Key, Option<Arc<Stored>>>,
    revision: Revision,
}

impl<'a> Planner<'a> {
    pub fn new(world: &'a World) -> Self {
        Self { world, overlay: FxHashMap::default(), revision: world.revision }
    }

    fn current(&self, own: &[Effect], key: &Key) -> Option<Arc<Stored>> {
        if let Some(effect) = own.iter().rev().find(|e| e.key == *key) {
            return effect.new.clone();
        }
        match self.overlay.get(key) {
            Some(planned) => planned.clone(),
            None => self.world.get(key),
        }
    }

    pub fn plan(&mut self, txn: &Txn) -> Result<Planned, CommitError> {
        let bytes = txn_bytes(txn);
        if bytes > TXN_BYTES_MAX {
            return Err(CommitError::TooLarge { bytes, limit: TXN_BYTES_MAX });
        }
        let next = self.revision + 1;
        let mut effects: Vec<Effect> = Vec::with_capacity(txn.ops.len());
        let mut puts = Vec::with_capacity(txn.ops.len());
        for (index, op) in txn.ops.iter().enumerate() {
            let current = self.current(&effects, &op.key);
            let holds = match op.expect {
                Expect::Any => true,
                Expect::Absent => current.is_none(),
                Expect::Revision(r) => current.as_ref().is_some_and(|c| c.revision() == r),
            };
            if !holds {
                return Err(CommitError::Conflict { index, key: op.key.clone(), current });
            }
            let put = match &op.change {
                Change::Put(bytes) => Some(Arc::new(Stored::new(bytes.clone(), next))),
                Change::Delete | Change::Check => None,
            };
            let changes = put.is_some() || (matches!(op.change, Change::Delete) && current.is_some());
            if changes {
                effects.push(Effect { op: index, key: op.key.clone(), new: put.clone() });
            }
            puts.push(put);
        }
        if !effects.is_empty() {
            self.revision = next;
            for effect in &effects {
                self.overlay.insert(effect.key.clone(), effect.new.clone());
            }
        }
        Ok(Planned { committed: Committed { revision: self.revision, puts }, effects })
    }
}

/// Bytes of keys and values that a transaction carries.
pub(crate) fn txn_bytes(txn: &Txn) -> usize {
    let op_bytes = |op: &crate::Op| {
        let value = if let Change::Put(bytes) = &op.change { bytes.len() } else { 0 };
        op.key.ring.len() + op.key.rest.len() + value
    };
    txn.ops.iter().map(op_bytes).sum()
}

#[derive(Debug)]
struct Entry {
    event: Arc<Event>,
    time: Timestamp,
    bytes: usize,
}

#[derive(Debug)]
struct Ring {
    name: Arc<str>,
    map: OrdMap<Arc<str>, Arc<Stored>>,
    /// Of keys and values in `map`.
    bytes: usize,
    window: VecDeque<Entry>,
    window_bytes: usize,
    /// Running number of the window's first event.
    first: u64,
    /// All events after this revision are in the window.
    floor: Revision,
    wake: Arc<Wake>,
}

impl Ring {
    fn new(name: Arc<str>, floor: Revision) -> Self {
        let wake = Arc::new(Wake::default());
        let (map, window) = (OrdMap::new(), VecDeque::new());
        Self { name, map, bytes: 0, window, window_bytes: 0, first: 0, floor, wake }
    }

    fn end(&self) -> u64 {
        self.first + self.window.len() as u64
    }

    fn set(&mut self, rest: &Arc<str>, new: Option<Arc<Stored>>) -> Option<Arc<Stored>> {
        let old = match &new {
            Some(stored) => {
                self.bytes += rest.len() + stored.bytes().len();
                self.map.insert(rest.clone(), stored.clone())
            }
            None => self.map.remove::<str>(rest),
        };
        if let Some(old) = &old {
            self.bytes -= rest.len() + old.bytes().len();
        }
        old
    }

    fn push(&mut self, event: Event, time: Timestamp) {
        let object = event.new.as_ref().or(event.old.as_ref()).map_or(0, |s| s.bytes().len());
        let bytes = object + event.key.len() + EVENT_OVERHEAD_BYTES;
        self.window_bytes += bytes;
        self.window.push_back(Entry { event: Arc::new(event), time, bytes });
    }

    fn trim(&mut self, now: Timestamp, window: &Window) {
        while self.window.len() > window.events_max || self.window_bytes > window.bytes_max {
            let Some(front) = self.window.front() else { return };
            if now.duration_since(front.time) < window.time_min {
                return;
            }
            self.floor = front.event.revision;
            self.window_bytes -= front.bytes;
            self.window.pop_front();
            self.first += 1;
        }
    }

    /// Number of the first event after `revision`.
    fn after(&self, revision: Revision) -> u64 {
        self.first + self.window.partition_point(|e| e.event.revision <= revision) as u64
    }

    fn entry(&self, number: u64) -> Option<&Entry> {
        self.window.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

/// A ring's name and its content.
pub(crate) type RingMap = (Arc<str>, OrdMap<Arc<str>, Arc<Stored>>);

/// The ring's number, its waker and the number of the first event to hand out.
pub(crate) type WatchStart = (usize, Arc<Wake>, u64);

/// What a cursor finds at its position.
pub(crate) enum Look {
    Events(Vec<Arc<Event>>),
    Nothing,
    Closed,
    FellOff { oldest: Revision },
}

/// All rings. Invariant: every ring's map holds exactly the commits up to `revision`.
#[derive(Debug)]
pub(crate) struct World {
    pub revision: Revision,
    /// Everything up to this revision survives a crash.
    pub durable: Revision,
    /// Time of the newest commit.
    pub last_write: Option<Timestamp>,
    pub closed: bool,
    floor: Revision,
    /// (last, next): revisions between were perhaps handed out before a crash and lost with it.
    gaps: Vec<(Revision, Revision)>,
    rings: Vec<Ring>,
    index: FxHashMap<Arc<str>, usize>,
    window: Window,
}

impl World {
    /// An empty world whose events are complete from `revision` on (0: from the beginning of time).
    pub fn new(window: Window) -> Self {
        Self {
            revision: FIRST_REVISION,
            durable: FIRST_REVISION,
            last_write: None,
            closed: false,
            floor: 0,
            gaps: Vec::new(),
            rings: Vec::new(),
            index: FxHashMap::default(),
            window,
        }
    }

    /// Sets the point where a loaded snapshot stands: its events begin after it.
    pub fn start_at(&mut self, revision: Revision, last_write: Option<Timestamp>) {
        (self.revision, self.durable, self.floor, self.last_write) = (revision, revision, revision, last_write);
        self.rings.iter_mut().for_each(|r| r.floor = revision);
    }

    /// Puts a loaded entry without an event.
    pub fn load(&mut self, ring: &Arc<str>, rest: &Arc<str>, stored: Arc<Stored>) {
        let ring = self.ring_mut(ring);
        self.rings[ring].set(rest, Some(stored));
    }

    /// The counter goes on at `to`; what lies between was perhaps seen and is gone.
    pub fn jump(&mut self, to: Revision) {
        self.gaps.push((self.revision, to));
        (self.revision, self.durable) = (to, to);
    }

    fn ring_mut(&mut self, name: &str) -> usize {
        if let Some(at) = self.index.get(name) {
            return *at;
        }
        let name: Arc<str> = name.into();
        self.rings.push(Ring::new(name.clone(), self.floor));
        self.index.insert(name, self.rings.len() - 1);
        self.rings.len() - 1
    }

    /// Publishes one transaction at `revision`; the rings it touched are added to `woken`.
    pub fn apply(&mut self, revision: Revision, effects: Vec<Effect>, now: Timestamp, woken: &mut Vec<usize>) {
        let window = self.window;
        for Effect { key, new, .. } in effects {
            let at = self.ring_mut(&key.ring);
            let ring = &mut self.rings[at];
            let old = ring.set(&key.rest, new.clone());
            ring.push(Event { key: key.rest, revision, old, new }, now);
            ring.trim(now, &window);
            if !woken.contains(&at) {
                woken.push(at);
            }
        }
        self.revision = revision;
        self.last_write = Some(now);
    }

    /// Wakers of rings, to be called once the world's lock is free.
    pub fn wakers(&self, rings: &[usize]) -> Vec<Arc<Wake>> {
        rings.iter().map(|at| self.rings[*at].wake.clone()).collect()
    }

    pub fn all_wakers(&self) -> Vec<Arc<Wake>> {
        self.rings.iter().map(|r| r.wake.clone()).collect()
    }

    fn ring(&self, name: &str) -> Option<&Ring> {
        self.index.get(name).map(|at| &self.rings[*at])
    }

    pub fn get(&self, key: &Key) -> Option<Arc<Stored>> {
        self.ring(&key.ring)?.map.get::<str>(&key.rest).cloned()
    }

    pub fn snapshot(&self, ring: &str) -> Snapshot {
        let map = self.ring(ring).map(|r| r.map.clone()).unwrap_or_default();
        Snapshot { revision: self.revision, map }
    }

    /// The maps of all rings, O(rings).
    pub fn maps(&self) -> Vec<RingMap> {
        self.rings.iter().map(|r| (r.name.clone(), r.map.clone())).collect()
    }

    /// Whether events after `revision` can be told completely.
    fn within_window(&self, ring: &str, revision: Revision) -> Result<(), Expired> {
        let oldest = self.ring(ring).map_or(self.floor, |r| r.floor);
        let lost = self.gaps.iter().any(|(last, next)| *last < revision && revision < *next);
        if revision < oldest || revision > self.revision || lost {
            return Err(Expired { requested: revision, oldest });
        }
        Ok(())
    }

    /// A snapshot of now and the events to undo on it, newest first, to get at `revision`.
    pub fn undo_list(&self, ring: &str, revision: Revision) -> Result<(Snapshot, Vec<Arc<Event>>), Expired> {
        self.within_window(ring, revision)?;
        let newer = |ring: &Ring| {
            let newest_first = ring.window.iter().rev();
            newest_first.take_while(|e| e.event.revision > revision).map(|e| e.event.clone()).collect()
        };
        Ok((self.snapshot(ring), self.ring(ring).map(newer).unwrap_or_default()))
    }

    /// Where a watch of a ring that exists begins; None if nobody has written or watched it yet.
    pub fn find_watch(&self, ring: &str, after: Revision) -> Result<Option<WatchStart>, Expired> {
        self.within_window(ring, after)?;
        let start = |at: &usize| (*at, self.rings[*at].wake.clone(), self.rings[*at].after(after));
        Ok(self.index.get(ring).map(start))
    }

    /// Where a watch begins; makes the ring if need be.
    pub fn start_watch(&mut self, ring: &str, after: Revision) -> Result<WatchStart, Expired> {
        self.within_window(ring, after)?;
        let at = self.ring_mut(ring);
        Ok((at, self.rings[at].wake.clone(), self.rings[at].after(after)))
    }

    /// Events from number `next` on, at most `max`.
    pub fn look(&self, ring: usize, next: u64, max: usize) -> Look {
        let ring = &self.rings[ring];
        if next < ring.first {
            return Look::FellOff { oldest: ring.floor };
        }
        let from = usize::try_from(next - ring.first).unwrap_or(usize::MAX);
        if from < ring.window.len() {
            let ready = ring.window.range(from..ring.window.len().min(from.saturating_add(max.max(1))));
            return Look::Events(ready.map(|e| e.event.clone()).collect());
        }
        if self.closed { Look::Closed } else { Look::Nothing }
    }

    /// Whether [`Self::look`] answers anything but [`Look::Nothing`].
    pub fn has_something(&self, ring: usize, next: u64) -> bool {
        self.closed || next < self.rings[ring].end()
    }

    /// Up to which revision a cursor whose next event is `next` has handed out everything; None if it fell off.
    pub fn position(&self, ring: usize, next: u64) -> Option<Revision> {
        let ring = &self.rings[ring];
        if next < ring.first {
            return None;
        }
        let handed_out = if next >= ring.end() { self.revision } else { ring.entry(next)?.event.revision - 1 };
        Some(handed_out.min(self.durable))
    }

    pub fn stats(&self) -> Stats {
        let one = |r: &Ring| RingStats {
            ring: r.name.clone(),
            keys: r.map.len(),
            bytes: r.bytes,
            window_events: r.window.len(),
            window_bytes: r.window_bytes,
        };
        Stats { rings: self.rings.iter().map(one).collect(), ..Stats::default() }
    }

    /// Bytes of all keys and values.
    pub fn bytes(&self) -> usize {
        self.rings.iter().map(|r| r.bytes).sum()
    }
}
