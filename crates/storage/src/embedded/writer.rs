//! The one writer: gathers transactions, checks them against memory, makes them durable in one append and one sync,
//! then publishes and answers.
use super::{
    Counters, Health, Options,
    disk::Disk,
    format::{BatchWriter, Identity, Record},
    log::{Log, WriteError},
    names,
    queue::{Answer, Queue, Request, Work},
    room::{Room, shrinks},
    snapshot::{self, Image},
};
use crate::{
    Change, CommitError, Durability, Revision,
    shared::Shared,
    wake::Pace,
    world::{Planned, Planner},
};
use jiff::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Instant,
};

/// A segment longer than this is followed by a new one.
const SEGMENT_BYTES_MAX: u64 = 32 << 20;
/// Revisions that may be handed out before they are durable; far less than the jump after an unclean stop.
pub(crate) const UNSYNCED_REVISIONS_MAX: u64 = 1 << 16;
/// A log that has grown to this many times the state is replaced even within the watch window's minimum of time.
const LOG_GROWTH_MAX: u64 = 8;

/// On a full disk a state smaller than this counts as this much when a snapshot's gain is reckoned.
const FULL_SNAPSHOT_BYTES_MIN: u64 = 4 << 10;

/// The writer's thread owns this.
#[derive(Debug)]
pub(crate) struct Writer {
    pub shared: Arc<Shared>,
    pub queue: Arc<Queue>,
    pub disk: Arc<dyn Disk>,
    pub identity: Identity,
    pub options: Options,
    pub health: Arc<Health>,
    pub counters: Arc<Counters>,
    pub log: Log,
    pub room: Room,
    pub pace: Pace,
    /// When the oldest write that is not yet durable must be.
    pub flush_at: Option<Instant>,
    /// Bytes appended since the newest snapshot.
    pub grown: u64,
    /// Numbers from which the state can be rebuilt, ascending: where this start began (1: the empty state), and the
    /// snapshots made since.
    pub anchors: Vec<u64>,
    pub snapshot_at: Timestamp,
    pub snapshotting: Option<JoinHandle<Option<u64>>>,
    pub stop: Arc<AtomicBool>,
}

/// A batch that is checked and encoded but not written.
struct Prepared {
    outcomes: Vec<Result<Planned, CommitError>>,
    payload: Option<Vec<u8>>,
    sync: bool,
    time: Timestamp,
}

impl Writer {
    pub fn run(mut self) {
        loop {
            let due = [self.flush_at, self.pace.deadline()].into_iter().flatten().min();
            match self.queue.take(due) {
                Work::Batch(batch) => self.batch(batch),
                Work::Due => {}
                Work::Close => break,
            }
            self.pace.tell_due(Instant::now());
            self.keep_house();
        }
        self.finish();
    }

    fn batch(&mut self, batch: Vec<Request>) {
        if let Some(reason) = self.health.failure() {
            return refuse(batch, &reason);
        }
        self.room.look();
        let batch = match self.room.reason().cloned() {
            Some(reason) => self.only_shrinking(batch, &reason),
            None => batch,
        };
        self.health.set_full(self.room.reason().cloned());
        match self.attempt(&batch) {
            Ok(prepared) => self.publish(batch, prepared),
            Err(WriteError::Failed(e)) => self.poison(batch, &e),
            Err(WriteError::Full(e)) => self.retry_shrinking(batch, &e),
        }
    }

    /// Refuses what would grow the state.
    fn only_shrinking(&self, batch: Vec<Request>, reason: &str) -> Vec<Request> {
        let (shrinking, growing) = batch.into_iter().partition(|r| shrinks(&r.txn));
        refuse(growing, reason);
        shrinking
    }

    fn retry_shrinking(&mut self, batch: Vec<Request>, error: &std::io::Error) {
        self.room.fill(&error.to_string());
        let reason = self.room.reason().cloned().unwrap_or_default();
        self.health.set_full(Some(reason.clone()));
        let batch = self.only_shrinking(batch, &reason);
        self.room.release();
        self.prune(1);
        match self.attempt(&batch) {
            Ok(prepared) => self.publish(batch, prepared),
            Err(WriteError::Failed(e)) => self.poison(batch, &e),
            Err(WriteError::Full(_)) => refuse(batch, &reason),
        }
    }

    /// After this nothing is written any more: what the disk holds of the newest writes is unknown.
    fn poison(&mut self, batch: Vec<Request>, error: &std::io::Error) {
        let place = self.disk.place();
        let reason = format!("writing to {place} failed ({error}); reads go on. Check the disk, then restart");
        tracing::error!(%error, place, "the store refuses writes from now on");
        self.flush_at = None;
        self.health.fail(reason.clone());
        refuse(batch, &reason);
    }

    /// Checks, encodes, appends and syncs. Nothing is visible yet.
    fn attempt(&mut self, batch: &[Request]) -> Result<Prepared, WriteError> {
        let prepared = self.prepare(batch);
        if let Some(payload) = &prepared.payload {
            let bytes = self.log.append(payload)?;
            self.room.wrote(bytes);
            self.grown += bytes;
        }
        if prepared.sync {
            self.sync()?;
        }
        Ok(prepared)
    }

    fn sync(&mut self) -> Result<(), WriteError> {
        self.log.sync()?;
        self.flush_at = None;
        self.counters.fsyncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn prepare(&self, batch: &[Request]) -> Prepared {
        let sealed: Vec<_> = batch.iter().map(|r| self.seal(r)).collect();
        let world = self.shared.world.read();
        let now = self.options.clock.now();
        let time = world.last_write.map_or(now, |last| last.max(now));
        let mut planner = Planner::new(&world);
        let mut out = BatchWriter::new(world.revision + 1, time);
        let (mut changes, mut sync) = (0, false);
        let mut outcomes = Vec::with_capacity(batch.len());
        for (request, sealed) in batch.iter().zip(sealed) {
            let outcome = sealed.and_then(|values| Ok((planner.plan(&request.txn)?, values)));
            if let Ok((planned, values)) = &outcome
                && !planned.effects.is_empty()
            {
                changes += 1;
                sync |= request.txn.durability == Durability::Synced;
                put_txn(&mut out, planned, values);
            }
            outcomes.push(outcome.map(|(planned, _)| planned));
        }
        sync |= world.revision + changes - world.durable > UNSYNCED_REVISIONS_MAX;
        Prepared { outcomes, payload: (changes > 0).then(|| out.finish()), sync: sync && changes > 0, time }
    }

    /// The transaction's values as they lie at rest where that differs.
    fn seal(&self, request: &Request) -> Result<Vec<Option<Vec<u8>>>, CommitError> {
        let Some(transformer) = &self.options.transformer else { return Ok(Vec::new()) };
        let one = |op: &crate::Op| match &op.change {
            Change::Put(bytes) => transformer.seal(&op.key, bytes),
            Change::Delete | Change::Check => Ok(None),
        };
        let sealed: Result<_, String> = request.txn.ops.iter().map(one).collect();
        sealed.map_err(|why| CommitError::Unavailable(format!("encryption at rest: {why}")))
    }

    fn publish(&mut self, batch: Vec<Request>, prepared: Prepared) {
        let mut answers: Vec<Answer> = Vec::with_capacity(batch.len());
        let (wakers, commits) = {
            let mut world = self.shared.world.write();
            let (mut woken, mut commits) = (Vec::new(), 0);
            for outcome in prepared.outcomes {
                answers.push(outcome.map(|planned| {
                    if !planned.effects.is_empty() {
                        commits += 1;
                        world.apply(planned.committed.revision, planned.effects, prepared.time, &mut woken);
                    }
                    planned.committed
                }));
            }
            if prepared.sync {
                world.durable = world.revision;
            }
            (world.wakers(&woken), commits)
        };
        if commits > 0 && !prepared.sync && self.flush_at.is_none() {
            self.flush_at = Some(Instant::now() + self.options.flush_after);
        }
        self.counters.commits.fetch_add(commits, Ordering::Relaxed);
        self.counters.batches.fetch_add(u64::from(commits > 0), Ordering::Relaxed);
        for (request, answer) in batch.into_iter().zip(answers) {
            // Whoever asked may have gone; the commit stands.
            drop(request.answer.send(answer));
        }
        let now = Instant::now();
        wakers.into_iter().for_each(|wake| self.pace.published(wake, now));
    }

    /// Makes the unsynced class durable.
    fn flush(&mut self) {
        match self.sync() {
            Ok(()) => {
                let mut world = self.shared.world.write();
                world.durable = world.revision;
            }
            Err(WriteError::Full(e) | WriteError::Failed(e)) => self.poison(Vec::new(), &e),
        }
    }

    /// Begins a new segment or a snapshot when it is time to.
    fn keep_house(&mut self) {
        self.reap_snapshot(false);
        if self.flush_at.is_some_and(|at| at <= Instant::now()) {
            self.flush();
        }
        if self.health.failure().is_some() {
            return;
        }
        let (revision, state) = {
            let world = self.shared.world.read();
            (world.revision, world.bytes() as u64)
        };
        let due = self.snapshot_is_due(state);
        let long = self.log.len() > self.options.segment_bytes_max;
        let rotated = (due || long) && self.rotate(revision);
        if rotated && due {
            self.start_snapshot(revision);
        }
        self.counters.log_bytes.store(self.grown, Ordering::Relaxed);
    }

    fn snapshot_is_due(&self, state: u64) -> bool {
        if self.snapshotting.is_some() {
            return false;
        }
        if self.room.reason().is_some() {
            // A log much longer than the state it leads to is room that can be had.
            let gain = self.grown > 2 * state.max(FULL_SNAPSHOT_BYTES_MIN);
            return gain && self.room.holds_snapshot(state);
        }
        let enough = state.max(self.options.snapshot_log_bytes_min);
        if self.grown < enough {
            return false;
        }
        let age = self.options.clock.now().duration_since(self.snapshot_at);
        let ripe = age >= self.options.window.time_min || self.grown >= enough * LOG_GROWTH_MAX;
        ripe && self.room.admits_snapshot(state)
    }

    fn rotate(&mut self, revision: Revision) -> bool {
        if self.flush_at.is_some() {
            self.flush();
        }
        if self.health.failure().is_some() {
            return false;
        }
        match self.log.rotate(revision) {
            Ok(()) => true,
            Err(WriteError::Full(e)) => {
                self.room.fill(&e.to_string());
                false
            }
            Err(WriteError::Failed(e)) => {
                self.poison(Vec::new(), &e);
                false
            }
        }
    }

    fn start_snapshot(&mut self, revision: Revision) {
        let image = {
            let world = self.shared.world.read();
            Image { number: self.log.number(), revision, last_write: world.last_write, maps: world.maps() }
        };
        let number = image.number;
        let (disk, stop) = (self.disk.clone(), self.stop.clone());
        let (identity, transformer) = (self.identity, self.options.transformer.clone());
        let counters = self.counters.clone();
        let write = move || match snapshot::write(&*disk, identity, image, transformer.as_deref(), &stop) {
            Ok(bytes) => {
                counters.snapshot_bytes.store(bytes, Ordering::Relaxed);
                Some(number)
            }
            Err(error) => {
                tracing::warn!(%error, "no snapshot was made; the log goes on growing");
                None
            }
        };
        self.grown = 0;
        self.snapshot_at = self.options.clock.now();
        match std::thread::Builder::new().name("storage-snapshot".into()).spawn(write) {
            Ok(thread) => self.snapshotting = Some(thread),
            Err(error) => tracing::warn!(%error, "no thread for a snapshot; the log goes on growing"),
        }
    }

    fn reap_snapshot(&mut self, wait: bool) {
        if !self.snapshotting.as_ref().is_some_and(|t| wait || t.is_finished()) {
            return;
        }
        if let Some(Ok(Some(number))) = self.snapshotting.take().map(JoinHandle::join) {
            self.anchors.push(number);
            self.prune(if self.room.reason().is_some() { 1 } else { 2 });
        }
    }

    /// Removes what the newest `keep` anchors do not need.
    fn prune(&mut self, keep: usize) {
        let Some(superseded) = self.anchors.len().checked_sub(keep).filter(|n| *n > 0) else { return };
        let needed = self.anchors[superseded];
        let removed = remove_before(&*self.disk, needed);
        match removed {
            Ok(()) => drop(self.anchors.drain(..superseded)),
            Err(error) => tracing::warn!(%error, "old log files stay for the time being"),
        }
    }

    fn finish(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.reap_snapshot(true);
        if self.health.failure().is_none() {
            let revision = self.shared.revision();
            let marked = self.log.append(&Record::Clean { revision }.encode_mark()).and_then(|_| self.log.sync());
            match marked {
                Ok(()) => self.shared.world.write().durable = revision,
                Err(error) => tracing::warn!(%error, "no clean stop; watches of unsynced revisions will expire"),
            }
        }
        self.shared.close();
    }
}

/// Snapshots go first: a segment without its snapshot is harmless.
fn remove_before(disk: &dyn Disk, needed: u64) -> std::io::Result<()> {
    let listing = names::Listing::of(disk.list()?);
    for number in listing.snapshots.iter().filter(|n| **n < needed) {
        disk.remove(&names::snapshot(*number))?;
    }
    disk.sync_dir()?;
    for number in listing.logs.iter().filter(|n| **n < needed) {
        disk.remove(&names::log(*number))?;
    }
    disk.sync_dir()
}

fn put_txn(out: &mut BatchWriter, planned: &Planned, sealed: &[Option<Vec<u8>>]) {
    out.txn(planned.effects.len());
    for effect in &planned.effects {
        let (ring, rest) = (&effect.key.ring, &effect.key.rest);
        match (&effect.new, sealed.get(effect.op).and_then(Option::as_ref)) {
            (Some(_), Some(value)) => out.put(ring, rest, value, true),
            (Some(stored), None) => out.put(ring, rest, stored.bytes(), false),
            (None, _) => out.delete(ring, rest),
        }
    }
}

fn refuse(batch: Vec<Request>, reason: &str) {
    for request in batch {
        drop(request.answer.send(Err(CommitError::Unavailable(reason.to_owned()))));
    }
}

impl Options {
    pub(crate) const SEGMENT_BYTES_MAX: u64 = SEGMENT_BYTES_MAX;
}
