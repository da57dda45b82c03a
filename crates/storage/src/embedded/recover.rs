//! Start: the oldest good snapshot that the log goes on from, and the log after it. Beginning at the oldest one gives
//! the rings the events of the whole log that is kept, so that watches resume.
use super::{
    OpenError, Transformer,
    disk::Disk,
    format::{FileKind, Header, HeaderError, Identity, LoggedChange, LoggedOp, Record, scan},
    names::{self, Listing},
    snapshot::{self, LoadError, open_value},
};
use crate::{
    Key, Revision, Window,
    world::{Effect, World},
};
use skeg_model::stored::Stored;
use std::{
    io::{self, Read},
    sync::Arc,
};

/// The newest segment as it was found.
#[derive(Debug)]
pub(crate) struct Tail {
    pub number: u64,
    /// Revision before its first record.
    pub revision: Revision,
    /// Its good frames, without the mark of a clean stop.
    pub frames: Vec<u8>,
    pub clean: bool,
}

#[derive(Debug)]
pub(crate) struct Recovered {
    pub world: World,
    /// Where it began: a snapshot's number, or 1 for the empty state.
    pub anchor: u64,
    /// None in a directory that was never written.
    pub tail: Option<Tail>,
    /// Bytes in all segments but the newest.
    pub older_log_bytes: u64,
}

/// What recovery reads from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub disk: &'a dyn Disk,
    pub identity: Identity,
    pub window: Window,
    pub transformer: Option<&'a dyn Transformer>,
}

impl Source<'_> {
    pub fn recover(&self, listing: &Listing) -> Result<Recovered, OpenError> {
        if listing.logs.is_empty() && listing.snapshots.is_empty() {
            return Ok(Recovered { world: World::new(self.window), anchor: 1, tail: None, older_log_bytes: 0 });
        }
        let beginning = listing.logs.first().filter(|first| **first == 1).map(|_| None);
        let starts = beginning.into_iter().chain(listing.snapshots.iter().copied().map(Some));
        let mut last_error = None;
        for start in starts {
            match self.recover_from(start, &listing.logs) {
                Ok(recovered) => {
                    if let Some(error) = last_error {
                        tracing::warn!(%error, "started from a newer snapshot, watches from before it have expired");
                    }
                    return Ok(recovered);
                }
                Err(e) if e.is_damage() => last_error = Some(e),
                Err(e) => return Err(e),
            }
        }
        Err(last_error.unwrap_or_else(|| {
            let first = listing.logs.first().copied().unwrap_or_default();
            self.damaged(&names::log(first), 0, 0, "what was written before this file is missing")
        }))
    }

    fn recover_from(&self, start: Option<u64>, logs: &[u64]) -> Result<Recovered, OpenError> {
        let mut world = World::new(self.window);
        if let Some(number) = start {
            self.load_snapshot(number, &mut world)?;
        }
        let first = start.unwrap_or(1);
        let logs: Vec<u64> = logs.iter().copied().filter(|n| *n >= first).collect();
        let (mut tail, mut older_log_bytes) = (None, 0);
        for (at, number) in logs.iter().enumerate() {
            if *number != first + at as u64 {
                let why = format!("the segment {} before it is missing", names::log(first + at as u64));
                return Err(self.damaged(&names::log(*number), 0, world.revision, &why));
            }
            let last = at + 1 == logs.len();
            let (read, bytes) = self.replay(*number, last, &mut world)?;
            older_log_bytes += if last { 0 } else { bytes };
            tail = Some(read);
        }
        if tail.is_none() {
            return Err(self.damaged(&names::log(first), 0, world.revision, "the segment is missing"));
        }
        world.durable = world.revision;
        Ok(Recovered { world, anchor: first, tail, older_log_bytes })
    }

    fn load_snapshot(&self, number: u64, world: &mut World) -> Result<(), OpenError> {
        let name = names::snapshot(number);
        snapshot::load(self.disk, self.identity, number, self.transformer, world).map_err(|e| match e {
            LoadError::Damaged(offset) => self.damaged(&name, offset, 0, "the bytes do not match their checksum"),
            LoadError::Newer(found) => OpenError::Newer { place: self.disk.place(), file: name, found },
            LoadError::Io(source) => OpenError::io(self.disk, format!("reading {name}"), source),
            LoadError::Unseal(why) => OpenError::Unseal { place: self.disk.place(), why },
        })
    }

    /// Applies one segment. Only the newest may end in a torn frame.
    fn replay(&self, number: u64, last: bool, world: &mut World) -> Result<(Tail, u64), OpenError> {
        let name = names::log(number);
        let file = read_all(self.disk, &name).map_err(|e| OpenError::io(self.disk, format!("reading {name}"), e))?;
        let base = world.revision;
        let header = match Header::decode(FileKind::Log, &file) {
            Ok(h) if h.identity == self.identity && h.number == number && h.revision == base => h,
            Ok(h) if h.identity != self.identity => {
                return Err(self.damaged(&name, 0, base, "the file belongs to another data directory"));
            }
            Err(HeaderError::Newer(found)) => {
                return Err(OpenError::Newer { place: self.disk.place(), file: name, found });
            }
            _ => return Err(self.damaged(&name, 0, base, "its header is not the one expected here")),
        };
        let scanned = scan(&header, &file);
        if scanned.good < file.len() as u64 && (!last || scanned.damaged) {
            let why = "the bytes do not match their checksum, and what follows proves that they once did";
            return Err(self.damaged(&name, scanned.good, revision_at(&scanned.frames, base), why));
        }
        if scanned.good < file.len() as u64 {
            let lost = file.len() as u64 - scanned.good;
            tracing::warn!(file = name, bytes = lost, "dropped an unfinished write at the end of the log");
        }
        let (mut offset, mut clean, mut keep) = (Header::LEN as u64, false, scanned.good);
        for frame in &scanned.frames {
            let record = Record::decode(frame.payload);
            clean = matches!(record, Some(Record::Clean { revision }) if revision == world.revision);
            keep = if clean { offset } else { scanned.good };
            self.apply(record, world)?.ok_or_else(|| {
                self.damaged(&name, offset, world.revision, "a record does not go on from the one before it")
            })?;
            offset += frame.len as u64;
        }
        let keep = usize::try_from(keep).expect("a segment lies in memory");
        let frames = file[Header::LEN..keep].to_vec();
        Ok((Tail { number, revision: base, frames, clean }, file.len() as u64))
    }

    /// Inner None: the record cannot stand here.
    fn apply(&self, record: Option<Record>, world: &mut World) -> Result<Option<()>, OpenError> {
        match record {
            Some(Record::Batch { first, time, txns }) if first == world.revision + 1 => {
                for ops in txns {
                    let revision = world.revision + 1;
                    let effects = ops.into_iter().map(|op| self.effect(op, revision)).collect::<Result<_, _>>()?;
                    world.apply(revision, effects, time, &mut Vec::new());
                }
            }
            Some(Record::Jump { from, to }) if from == world.revision && to > from => world.jump(to),
            Some(Record::Clean { revision }) if revision == world.revision => {}
            _ => return Ok(None),
        }
        Ok(Some(()))
    }

    fn effect(&self, op: LoggedOp, revision: Revision) -> Result<Effect, OpenError> {
        let key = Key { ring: op.ring.into(), rest: op.rest.into() };
        let new = match op.change {
            LoggedChange::Put { value, sealed } => {
                let value = open_value(&key, value, sealed, self.transformer)
                    .map_err(|why| OpenError::Unseal { place: self.disk.place(), why })?;
                Some(Arc::new(Stored::new(value, revision)))
            }
            LoggedChange::Delete => None,
        };
        Ok(Effect { op: 0, key, new })
    }

    fn damaged(&self, file: &str, offset: u64, good: Revision, why: &str) -> OpenError {
        OpenError::Damaged { place: self.disk.place(), file: file.to_owned(), offset, good, why: why.to_owned() }
    }
}

/// The revision that the good frames of a segment lead to, for the error that says what could be kept.
fn revision_at(frames: &[super::format::Frame<'_>], base: Revision) -> Revision {
    frames.iter().fold(base, |revision, frame| match Record::decode(frame.payload) {
        Some(Record::Batch { first, txns, .. }) => first + txns.len() as u64 - 1,
        Some(Record::Jump { to, .. }) => to,
        _ => revision,
    })
}

pub(crate) fn read_all(disk: &dyn Disk, name: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    disk.open(name)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
