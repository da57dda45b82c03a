//! Snapshots: the whole state before a segment, in chunks, with a last frame that says that nothing is missing.
use super::{
    Transformer,
    disk::Disk,
    format::{
        FRAME_HEAD, FileKind, Header, Identity, Input, announced_len, frame_at, put_bytes, put_frame, put_number,
    },
    log::{discard, publish},
    names,
};
use crate::{
    Key, Revision,
    world::{RingMap, World},
};
use bytes::Bytes;
use jiff::Timestamp;
use skeg_model::stored::Stored;
use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A chunk is written when it has grown to this many bytes.
const CHUNK_BYTES: usize = 256 << 10;
const ENTRIES: u8 = 1;
const END: u8 = 2;
/// An end without a time: nothing was ever written.
const NO_TIME: i64 = i64::MIN;

/// The state that a snapshot is made of; cheap to take.
#[derive(Debug)]
pub(crate) struct Image {
    pub number: u64,
    pub revision: Revision,
    pub last_write: Option<Timestamp>,
    pub maps: Vec<RingMap>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("encryption at rest: {0}")]
    Seal(String),
    #[error("given up: the store is shutting down")]
    Stopped,
}

/// Writes a snapshot; answers its size in bytes. It appears whole or not at all.
pub(crate) fn write(
    disk: &dyn Disk,
    identity: Identity,
    image: Image,
    transformer: Option<&dyn Transformer>,
    stop: &AtomicBool,
) -> Result<u64, SnapshotError> {
    let name = names::snapshot(image.number);
    let written = write_temporary(disk, &name, identity, image, transformer, stop);
    match written {
        Ok(bytes) => {
            publish(disk, &name)?;
            Ok(bytes)
        }
        Err(e) => {
            discard(disk, &name);
            Err(e)
        }
    }
}

fn write_temporary(
    disk: &dyn Disk,
    name: &str,
    identity: Identity,
    image: Image,
    transformer: Option<&dyn Transformer>,
    stop: &AtomicBool,
) -> Result<u64, SnapshotError> {
    let mut file = disk.create(&names::temporary(name))?;
    let header = Header { kind: FileKind::Snapshot, identity, number: image.number, revision: image.revision };
    let mut out = header.encode();
    let (mut len, mut entries) = (0u64, 0u64);
    for (ring, map) in image.maps {
        let mut chunk = open_chunk(&ring);
        for (rest, stored) in map {
            put_entry(&mut chunk, &ring, &rest, &stored, transformer)?;
            entries += 1;
            if chunk.len() >= CHUNK_BYTES {
                if stop.load(Ordering::Relaxed) {
                    return Err(SnapshotError::Stopped);
                }
                let offset = len + out.len() as u64;
                put_frame(&mut out, &header, offset, 0, &chunk);
                file.append(&out)?;
                len += out.len() as u64;
                out.clear();
                chunk = open_chunk(&ring);
            }
        }
        let offset = len + out.len() as u64;
        put_frame(&mut out, &header, offset, 0, &chunk);
    }
    let mut end = vec![END];
    end.extend_from_slice(&entries.to_le_bytes());
    end.extend_from_slice(&image.last_write.map_or(NO_TIME, |t| t.as_microsecond()).to_le_bytes());
    let offset = len + out.len() as u64;
    put_frame(&mut out, &header, offset, 0, &end);
    file.append(&out)?;
    file.sync()?;
    Ok(len + out.len() as u64)
}

fn open_chunk(ring: &str) -> Vec<u8> {
    let mut chunk = vec![ENTRIES];
    put_bytes(&mut chunk, ring.as_bytes());
    chunk
}

fn put_entry(
    chunk: &mut Vec<u8>,
    ring: &Arc<str>,
    rest: &Arc<str>,
    stored: &Stored,
    transformer: Option<&dyn Transformer>,
) -> Result<(), SnapshotError> {
    let key = || Key { ring: ring.clone(), rest: rest.clone() };
    let sealed = match transformer {
        Some(t) => t.seal(&key(), stored.bytes()).map_err(SnapshotError::Seal)?,
        None => None,
    };
    chunk.push(u8::from(sealed.is_some()));
    put_bytes(chunk, rest.as_bytes());
    put_number(chunk, stored.revision());
    put_bytes(chunk, sealed.as_deref().unwrap_or(stored.bytes()));
    Ok(())
}

/// Why a snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("byte {0} does not match its checksum")]
    Damaged(u64),
    #[error("format version {0} is newer than this binary")]
    Newer(u32),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("encryption at rest: {0}")]
    Unseal(String),
}

/// Puts a snapshot's entries into an empty world and stands it at the snapshot's revision.
pub(crate) fn load(
    disk: &dyn Disk,
    identity: Identity,
    number: u64,
    transformer: Option<&dyn Transformer>,
    world: &mut World,
) -> Result<(), LoadError> {
    let mut input = io::BufReader::with_capacity(CHUNK_BYTES, disk.open(&names::snapshot(number))?);
    let mut head = vec![0; Header::LEN];
    input.read_exact(&mut head).map_err(|_| LoadError::Damaged(0))?;
    let header = match Header::decode(FileKind::Snapshot, &head) {
        Ok(h) if h.identity == identity && h.number == number => h,
        Err(super::format::HeaderError::Newer(version)) => return Err(LoadError::Newer(version)),
        _ => return Err(LoadError::Damaged(0)),
    };
    let (mut offset, mut entries) = (Header::LEN as u64, 0u64);
    let mut frame = Vec::new();
    loop {
        let damaged = || LoadError::Damaged(offset);
        read_frame(&mut input, &mut frame).ok_or_else(damaged)?;
        let payload = frame_at(&header, offset, &frame).ok_or_else(damaged)?.payload;
        let mut chunk = Input(payload);
        match chunk.u8() {
            Some(ENTRIES) => entries += load_chunk(&mut chunk, transformer, world, damaged)?,
            Some(END) => {
                let (count, time) = (chunk.u64().ok_or_else(damaged)?, chunk.u64().ok_or_else(damaged)?.cast_signed());
                if count != entries || input.read(&mut [0])? != 0 {
                    return Err(damaged());
                }
                world.start_at(header.revision, Timestamp::from_microsecond(time).ok());
                return Ok(());
            }
            _ => return Err(damaged()),
        }
        offset += frame.len() as u64;
    }
}

fn read_frame(input: &mut impl Read, frame: &mut Vec<u8>) -> Option<()> {
    let mut head = [0; FRAME_HEAD];
    input.read_exact(&mut head).ok()?;
    let len = announced_len(&head)?;
    frame.clear();
    frame.extend_from_slice(&head);
    frame.resize(FRAME_HEAD + len, 0);
    input.read_exact(&mut frame[FRAME_HEAD..]).ok()
}

fn load_chunk(
    chunk: &mut Input<'_>,
    transformer: Option<&dyn Transformer>,
    world: &mut World,
    damaged: impl Fn() -> LoadError + Copy,
) -> Result<u64, LoadError> {
    let ring: Arc<str> = chunk.text().ok_or_else(damaged)?.into();
    let mut entries = 0;
    while !chunk.0.is_empty() {
        let entry = (|| Some((chunk.u8()?, chunk.text()?, chunk.number()?, chunk.bytes()?)))();
        let (sealed, rest, revision, value) = entry.ok_or_else(damaged)?;
        let key = Key { ring: ring.clone(), rest: rest.into() };
        let value = open_value(&key, Bytes::copy_from_slice(value), sealed != 0, transformer);
        world.load(&key.ring, &key.rest, Arc::new(Stored::new(value.map_err(LoadError::Unseal)?, revision)));
        entries += 1;
    }
    Ok(entries)
}

/// The plain bytes of a value at rest.
pub(crate) fn open_value(
    key: &Key,
    value: Bytes,
    sealed: bool,
    transformer: Option<&dyn Transformer>,
) -> Result<Bytes, String> {
    match (sealed, transformer) {
        (false, _) => Ok(value),
        (true, Some(t)) => t.open(key, &value),
        (true, None) => Err(format!("{}{} is encrypted and no keys are configured", key.ring, key.rest)),
    }
}
