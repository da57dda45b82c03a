//! The segment that is being written: frames at its end, and what of it is known to survive.
use super::{
    disk::{Disk, DiskFile},
    format::{FileKind, Header, Identity, put_frame},
    names,
};
use crate::Revision;
use std::{io, sync::Arc};

/// What an attempt to write came to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// No room; nothing was written.
    #[error("the disk is full: {0}")]
    Full(io::Error),
    /// Nobody knows what is on the disk now; the segment must not be written again.
    #[error("the disk fails: {0}")]
    Failed(io::Error),
}

pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

#[derive(Debug)]
pub(crate) struct Log {
    disk: Arc<dyn Disk>,
    header: Header,
    file: Box<dyn DiskFile>,
    len: u64,
    durable: u64,
    buffer: Vec<u8>,
}

impl Log {
    /// Makes segment `number`, which goes on from `revision`, with `frames` in it. It appears whole or not at all.
    pub fn create(
        disk: Arc<dyn Disk>,
        identity: Identity,
        number: u64,
        revision: Revision,
        frames: &[u8],
    ) -> Result<Self, WriteError> {
        let header = Header { kind: FileKind::Log, identity, number, revision };
        let name = names::log(number);
        let head = header.encode();
        let file = match write_whole(&*disk, &name, &[&head, frames]) {
            Ok(file) => file,
            Err(e) if is_full(&e) => {
                discard(&*disk, &name);
                return Err(WriteError::Full(e));
            }
            Err(e) => return Err(WriteError::Failed(e)),
        };
        publish(&*disk, &name).map_err(WriteError::Failed)?;
        let len = (head.len() + frames.len()) as u64;
        Ok(Self { disk, header, file, len, durable: len, buffer: Vec::new() })
    }

    pub fn number(&self) -> u64 {
        self.header.number
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    /// Appends one frame, not yet durable; answers its length.
    pub fn append(&mut self, payload: &[u8]) -> Result<u64, WriteError> {
        self.buffer.clear();
        put_frame(&mut self.buffer, &self.header, self.len, self.durable, payload);
        if let Err(e) = self.file.append(&self.buffer) {
            return Err(if is_full(&e) && self.file.truncate(self.len).is_ok() {
                WriteError::Full(e)
            } else {
                WriteError::Failed(e)
            });
        }
        self.len += self.buffer.len() as u64;
        Ok(self.buffer.len() as u64)
    }

    /// Makes all that was appended durable.
    pub fn sync(&mut self) -> Result<(), WriteError> {
        self.file.sync().map_err(WriteError::Failed)?;
        self.durable = self.len;
        Ok(())
    }

    /// Goes on in a new segment. All that was appended must be durable.
    pub fn rotate(&mut self, revision: Revision) -> Result<(), WriteError> {
        assert_eq!(self.durable, self.len, "a segment is durable before the next begins");
        *self = Self::create(self.disk.clone(), self.header.identity, self.header.number + 1, revision, &[])?;
        Ok(())
    }
}

/// Writes and syncs a file under its temporary name.
pub(crate) fn write_whole(disk: &dyn Disk, name: &str, parts: &[&[u8]]) -> io::Result<Box<dyn DiskFile>> {
    let mut file = disk.create(&names::temporary(name))?;
    for part in parts {
        file.append(part)?;
    }
    file.sync()?;
    Ok(file)
}

/// Gives a finished temporary file its name.
pub(crate) fn publish(disk: &dyn Disk, name: &str) -> io::Result<()> {
    disk.rename(&names::temporary(name), name)?;
    disk.sync_dir()
}

/// Gives the room of an unfinished temporary file back; the next start does it again if this fails.
pub(crate) fn discard(disk: &dyn Disk, name: &str) {
    if let Err(error) = disk.remove(&names::temporary(name)) {
        tracing::debug!(name, %error, "an unfinished file stays until the next start");
    }
}
