//! How bytes lie in the engine's files. Every file opens with a header (kind, format version, the directory's
//! identity, the file's number) and goes on in frames, each under a CRC-32C that also covers where it belongs: a frame
//! that was moved, or that stands inside a value, does not pass for one.
use crate::Revision;
use bytes::Bytes;
use jiff::Timestamp;

/// Version of all formats below; a newer one is refused, an older one is read.
pub(crate) const FORMAT_VERSION: u32 = 1;
/// Random name of a data directory; its files carry it, so that files of two directories never mix.
pub(crate) type Identity = [u8; 16];

pub(crate) const HEADER_BYTES: usize = 44;
const FRAME_HEADER_BYTES: usize = 20;
const FRAME_MAGIC: [u8; 4] = [0xF7, b'S', 0xFE, b'K'];
/// Frames of the log hold one batch, frames of a snapshot one chunk; both stay far below.
pub(crate) const FRAME_BYTES_MAX: usize = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Identity,
    Log,
    Snapshot,
}

impl FileKind {
    fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Identity => b"SKEGID\r\n",
            Self::Log => b"SKEGLOG\n",
            Self::Snapshot => b"SKEGSNP\n",
        }
    }
}

/// Head of a file: `number` is the segment's, `revision` that of the state before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub kind: FileKind,
    pub identity: Identity,
    pub number: u64,
    pub revision: Revision,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// Not such a file at all.
    Foreign,
    Newer(u32),
    Damaged,
}

impl Header {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES + 4);
        out.extend_from_slice(self.kind.magic());
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&self.identity);
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.revision.to_le_bytes());
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    /// Length of an encoded header.
    pub const LEN: usize = HEADER_BYTES + 4;

    pub fn decode(kind: FileKind, bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut input = Input(bytes);
        if input.take(8) != Some(kind.magic()) {
            return Err(if bytes.len() < Self::LEN { HeaderError::Damaged } else { HeaderError::Foreign });
        }
        let version = input.u32().ok_or(HeaderError::Damaged)?;
        let fields = (|| Some((input.array::<16>()?, input.u64()?, input.u64()?, input.u32()?)))();
        let (identity, number, revision, crc) = fields.ok_or(HeaderError::Damaged)?;
        if crc32c::crc32c(&bytes[..HEADER_BYTES]) != crc {
            return Err(HeaderError::Damaged);
        }
        if version > FORMAT_VERSION {
            return Err(HeaderError::Newer(version));
        }
        Ok(Self { kind, identity, number, revision })
    }
}

/// A frame's place: its file's header and its offset, which its checksum covers.
fn checksum(header: &Header, offset: u64, head: &[u8], payload: &[u8]) -> u32 {
    let mut place = [0u8; 32];
    place[..16].copy_from_slice(&header.identity);
    place[16..24].copy_from_slice(&header.number.to_le_bytes());
    place[24..].copy_from_slice(&offset.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(&place), head), payload)
}

/// Appends a frame that will stand at `offset` of its file. `durable` is the offset up to which the file is known to
/// survive a crash: recovery tells by it a torn tail from damage.
pub(crate) fn put_frame(out: &mut Vec<u8>, header: &Header, offset: u64, durable: u64, payload: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&FRAME_MAGIC);
    let len = u32::try_from(payload.len()).expect("batches and chunks are bounded far below 4 GiB");
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&durable.to_le_bytes());
    let crc = checksum(header, offset, &out[start..], payload);
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(payload);
}

/// A frame as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub durable: u64,
    pub payload: &'a [u8],
    /// Length with its head.
    pub len: usize,
}

/// The frame at `offset` of `file`, whose bytes from there on are `bytes`; None if there is no good one.
pub(crate) fn frame_at<'a>(header: &Header, offset: u64, bytes: &'a [u8]) -> Option<Frame<'a>> {
    let mut input = Input(bytes);
    if input.take(4)? != FRAME_MAGIC {
        return None;
    }
    let len = input.u32()? as usize;
    let durable = input.u64()?;
    let crc = input.u32()?;
    let payload = input.take(len)?;
    let good = checksum(header, offset, &bytes[..FRAME_HEADER_BYTES - 4], payload) == crc;
    good.then_some(Frame { durable, payload, len: FRAME_HEADER_BYTES + len })
}

/// Length of the payload that a frame's head announces; for reading a stream frame by frame.
pub(crate) const FRAME_HEAD: usize = FRAME_HEADER_BYTES;
pub(crate) fn announced_len(head: &[u8; FRAME_HEAD]) -> Option<usize> {
    let mut input = Input(head);
    if input.take(4)? != FRAME_MAGIC {
        return None;
    }
    Some(input.u32()? as usize).filter(|len| *len <= FRAME_BYTES_MAX)
}

/// What the bytes of a log segment, its header skipped, amount to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scan<'a> {
    pub frames: Vec<Frame<'a>>,
    /// Offset of the first byte that is no good frame; the file's length if all is good.
    pub good: u64,
    /// A good frame further on says that what stands at `good` was durable once: damage, not a torn tail.
    pub damaged: bool,
}

pub(crate) fn scan<'a>(header: &Header, file: &'a [u8]) -> Scan<'a> {
    let mut frames = Vec::new();
    let mut at = Header::LEN;
    while let Some(frame) = frame_at(header, at as u64, &file[at..]) {
        at += frame.len;
        frames.push(frame);
    }
    let later = |from: usize| frame_at(header, from as u64, &file[from..]);
    let proof = |from: usize| later(from).is_some_and(|f| f.durable > at as u64);
    let damaged = (at + 1..file.len()).any(proof);
    Scan { frames, good: at as u64, damaged }
}

/// One change as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoggedChange {
    Put { value: Bytes, sealed: bool },
    Delete,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoggedOp {
    pub ring: String,
    pub rest: String,
    pub change: LoggedChange,
}

/// A frame of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// Transactions of consecutive revisions, from `first` on.
    Batch { first: Revision, time: Timestamp, txns: Vec<Vec<LoggedOp>> },
    /// The revision counter goes on at `to` after an unclean stop.
    Jump { from: Revision, to: Revision },
    /// The store was closed at this revision; nothing after it was handed out.
    Clean { revision: Revision },
}

const BATCH: u8 = 1;
const JUMP: u8 = 2;
const CLEAN: u8 = 3;
const PUT: u8 = 1;
const DELETE: u8 = 2;
const PUT_SEALED: u8 = 3;

/// Writes a batch record piece by piece, straight from the transactions.
#[derive(Debug)]
pub(crate) struct BatchWriter {
    pub out: Vec<u8>,
    txns: u32,
}

const BATCH_COUNT_AT: usize = 1 + 8 + 8;

impl BatchWriter {
    pub fn new(first: Revision, time: Timestamp) -> Self {
        let mut out = vec![BATCH];
        out.extend_from_slice(&first.to_le_bytes());
        out.extend_from_slice(&time.as_microsecond().to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        Self { out, txns: 0 }
    }

    pub fn txn(&mut self, ops: usize) {
        self.txns += 1;
        put_number(&mut self.out, ops as u64);
    }

    pub fn put(&mut self, ring: &str, rest: &str, value: &[u8], sealed: bool) {
        self.out.push(if sealed { PUT_SEALED } else { PUT });
        [ring.as_bytes(), rest.as_bytes(), value].iter().for_each(|b| put_bytes(&mut self.out, b));
    }

    pub fn delete(&mut self, ring: &str, rest: &str) {
        self.out.push(DELETE);
        [ring, rest].iter().for_each(|b| put_bytes(&mut self.out, b.as_bytes()));
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.out[BATCH_COUNT_AT..BATCH_COUNT_AT + 4].copy_from_slice(&self.txns.to_le_bytes());
        self.out
    }
}

impl Record {
    /// Encodes the records that hold no transactions.
    pub fn encode_mark(&self) -> Vec<u8> {
        let (tag, numbers) = match self {
            Self::Jump { from, to } => (JUMP, vec![*from, *to]),
            Self::Clean { revision } => (CLEAN, vec![*revision]),
            Self::Batch { .. } => unreachable!("batches are written by BatchWriter"),
        };
        let mut out = vec![tag];
        numbers.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        out
    }

    /// None: the bytes are no record, whatever their checksum says.
    pub fn decode(payload: &[u8]) -> Option<Self> {
        let mut input = Input(payload);
        let record = match input.u8()? {
            BATCH => {
                let (first, time) = (input.u64()?, input.time()?);
                let count = input.u32()? as usize;
                let txns = (0..count).map(|_| input.txn()).collect::<Option<_>>()?;
                Self::Batch { first, time, txns }
            }
            JUMP => Self::Jump { from: input.u64()?, to: input.u64()? },
            CLEAN => Self::Clean { revision: input.u64()? },
            _ => return None,
        };
        input.0.is_empty().then_some(record)
    }
}

/// LEB128.
pub(crate) fn put_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Bytes that are taken from the front; every taker answers None when they do not suffice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub fn u8(&mut self) -> Option<u8> {
        Some(self.array::<1>()?[0])
    }

    pub fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.array()?))
    }

    pub fn time(&mut self) -> Option<Timestamp> {
        Timestamp::from_microsecond(i64::from_le_bytes(self.array()?)).ok()
    }

    pub fn number(&mut self) -> Option<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            n |= u64::from(byte & 0x7F).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        self.take(len)
    }

    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn op(&mut self) -> Option<LoggedOp> {
        let tag = self.u8()?;
        let (ring, rest) = (self.text()?.to_owned(), self.text()?.to_owned());
        let change = match tag {
            PUT | PUT_SEALED => {
                LoggedChange::Put { value: Bytes::copy_from_slice(self.bytes()?), sealed: tag == PUT_SEALED }
            }
            DELETE => LoggedChange::Delete,
            _ => return None,
        };
        Some(LoggedOp { ring, rest, change })
    }

    fn txn(&mut self) -> Option<Vec<LoggedOp>> {
        let ops = self.number()?;
        (0..ops).map(|_| self.op()).collect()
    }
}
