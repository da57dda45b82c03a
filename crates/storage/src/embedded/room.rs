//! Room on the disk: writes that grow the state stop while there is still enough left for deletions.
use super::{
    disk::{Disk, DiskFile},
    log::is_full,
    names,
};
use crate::{Change, Txn};
use bytes::Bytes;
use skeg_model::stored::Stored;
use std::{io, sync::Arc};

/// The disk is asked for its free space at the latest after this many written bytes.
const ASK_EVERY_BYTES_MAX: u64 = 1 << 20;

/// Guard of the disk's last bytes.
#[derive(Debug)]
pub(crate) struct Room {
    disk: Arc<dyn Disk>,
    /// Growing writes are refused while less than this is free.
    keep_bytes: u64,
    /// Size of the file that claims room beyond the reach of other programs.
    reserve_bytes: u64,
    reserved: bool,
    written: u64,
    full: Option<String>,
}

impl Room {
    pub fn new(disk: Arc<dyn Disk>, keep_bytes: u64, reserve_bytes: u64, reserved: bool) -> Self {
        Self { disk, keep_bytes, reserve_bytes, reserved, written: ASK_EVERY_BYTES_MAX, full: None }
    }

    pub fn reason(&self) -> Option<&String> {
        self.full.as_ref()
    }

    pub fn wrote(&mut self, bytes: u64) {
        self.written += bytes;
    }

    /// Looks at the disk if it is time to; afterwards `reason` tells whether growing writes are refused.
    pub fn look(&mut self) {
        if self.full.is_none() && self.written < ASK_EVERY_BYTES_MAX.min(self.keep_bytes / 4) {
            return;
        }
        self.written = 0;
        match self.disk.free() {
            Ok(free) if free < self.keep_bytes => self.fill(&format!("{free} bytes are free")),
            Ok(free) => {
                self.full = None;
                if !self.reserved && free >= self.keep_bytes + self.reserve_bytes {
                    self.reserve();
                }
            }
            Err(error) => tracing::warn!(%error, "the disk does not tell its free space"),
        }
    }

    /// From now on growing writes are refused, until there is room again.
    pub fn fill(&mut self, why: &str) {
        if self.full.is_none() {
            tracing::error!(place = self.disk.place(), why, "the disk is full: only deletions are accepted");
        }
        let (keep, place) = (self.keep_bytes, self.disk.place());
        self.full =
            Some(format!("the disk of {place} is full ({why}, {keep} are kept for deletions); make room there"));
    }

    fn reserve(&mut self) {
        let claimed = self.disk.create(names::RESERVE).and_then(|mut file: Box<dyn DiskFile>| {
            file.reserve(self.reserve_bytes)?;
            file.sync()?;
            self.disk.sync_dir()
        });
        match claimed {
            Ok(()) => self.reserved = true,
            Err(error) => {
                tracing::warn!(%error, full = is_full(&error), "no room could be reserved for deletions on a full disk");
                // Not asked again before more has been written.
                self.give_up().unwrap_or_else(|error| tracing::debug!(%error, "no reserve to remove"));
            }
        }
    }

    fn give_up(&mut self) -> io::Result<()> {
        self.disk.remove(names::RESERVE)?;
        self.reserved = false;
        Ok(())
    }

    /// Frees the reserve; false if it was free already.
    pub fn release(&mut self) -> bool {
        self.reserved && self.give_up().is_ok()
    }

    /// Whether a snapshot of about `bytes` leaves enough free.
    pub fn admits_snapshot(&self, bytes: u64) -> bool {
        self.disk.free().is_ok_and(|free| free >= bytes + bytes / 4 + self.keep_bytes)
    }

    /// Whether a snapshot of about `bytes` fits at all.
    pub fn holds_snapshot(&self, bytes: u64) -> bool {
        self.disk.free().is_ok_and(|free| free >= 2 * bytes)
    }
}

/// Whether a transaction leads to less data: it deletes, or marks objects as being deleted (a graceful deletion, a
/// finalizer that is done).
pub(crate) fn shrinks(txn: &Txn) -> bool {
    txn.ops.iter().all(|op| match &op.change {
        Change::Put(bytes) => is_being_deleted(bytes),
        Change::Delete | Change::Check => true,
    })
}

fn is_being_deleted(bytes: &Bytes) -> bool {
    Stored::new(bytes.clone(), 0).meta().deletion_timestamp.is_some()
}
