//! SPDY/3.1 as far as a client of streams needs it: opening streams, data both ways, their ends, pings.
//!
//! Kubernetes' SPDY has no flow control: neither side sends or minds WINDOW_UPDATE, TCP alone slows a sender down.
//! Headers of answers are never looked at, so nothing is decompressed; what is sent is a valid zlib stream of stored
//! blocks, which needs no compressor.
use bytes::{BufMut, Bytes, BytesMut};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

const VERSION: u16 = 0x8003;
const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const HEADERS: u16 = 8;
const FLAG_FIN: u8 = 1;
/// Data is handed on in pieces of at most this size.
pub const PIECE_BYTES: usize = 32 << 10;
/// Control frames beyond this size are a breach of the protocol.
const CONTROL_BYTES_MAX: usize = 64 << 10;
/// Opens a zlib stream: deflate with a window of 32 KiB, no dictionary.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];
/// An empty stored block: what came before it is complete.
const FLUSH: [u8; 5] = [0, 0, 0, 0xff, 0xff];

/// Makes frames that open streams. Ids of a client's streams are odd; the header blocks of a connection are one
/// compressed stream, in which their order matters.
#[derive(Debug, Default)]
pub struct Opener {
    opened: u32,
}

impl Opener {
    /// The id of the next stream and the frame that opens it with one header.
    pub fn open(&mut self, name: &str, value: &str) -> (u32, Bytes) {
        let id = self.opened * 2 + 1;
        let mut block = BytesMut::new();
        block.put_u32(1);
        for text in [name, value] {
            block.put_u32(u32::try_from(text.len()).expect("names of streams are short"));
            block.put_slice(text.as_bytes());
        }
        let length = u16::try_from(block.len()).expect("names of streams are short");
        let mut body = BytesMut::new();
        body.put_u32(id);
        body.put_u32(0);
        body.put_u16(0);
        if self.opened == 0 {
            body.put_slice(&ZLIB_HEADER);
        }
        body.put_u8(0);
        body.put_u16_le(length);
        body.put_u16_le(!length);
        body.put_slice(&block);
        body.put_slice(&FLUSH);
        self.opened += 1;
        (id, control(SYN_STREAM, &body))
    }
}

fn control(kind: u16, body: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(8 + body.len());
    frame.put_u16(VERSION);
    frame.put_u16(kind);
    frame.put_u32(u32::try_from(body.len()).expect("control frames are small"));
    frame.put_slice(body);
    frame.freeze()
}

/// A data frame; `fin` says that no more follows on this stream.
pub fn data(stream: u32, piece: &[u8], fin: bool) -> Bytes {
    let mut frame = BytesMut::with_capacity(8 + piece.len());
    frame.put_u32(stream);
    frame.put_u8(if fin { FLAG_FIN } else { 0 });
    frame.put_uint(piece.len() as u64, 3);
    frame.put_slice(piece);
    frame.freeze()
}

/// The answer to a ping.
pub fn pong(id: u32) -> Bytes {
    control(PING, &id.to_be_bytes())
}

/// Something that the far side said.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    Data {
        stream: u32,
        piece: Bytes,
    },
    /// No more will come on this stream.
    End {
        stream: u32,
    },
    Ping(u32),
}

/// Takes frames apart.
#[derive(Debug)]
pub struct Listener<R> {
    from: R,
    /// What is left of a data frame: (stream, bytes, last of its stream).
    rest: Option<(u32, usize, bool)>,
}

impl<R: AsyncRead + Unpin> Listener<R> {
    pub fn new(from: R) -> Self {
        Self { from, rest: None }
    }

    /// The next thing of interest; None when the connection has ended.
    ///
    /// # Errors
    /// The connection broke, or does not speak SPDY/3.1.
    pub async fn next(&mut self) -> io::Result<Option<Heard>> {
        loop {
            match self.rest.take() {
                Some((stream, 0, true)) => return Ok(Some(Heard::End { stream })),
                Some((_, 0, false)) | None => {}
                Some((stream, left, last)) => {
                    let mut piece = vec![0; left.min(PIECE_BYTES)];
                    self.from.read_exact(&mut piece).await?;
                    self.rest = Some((stream, left - piece.len(), last));
                    return Ok(Some(Heard::Data { stream, piece: piece.into() }));
                }
            }
            let mut head = [0; 8];
            match self.from.read_exact(&mut head).await {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                other => other?,
            };
            let length = usize::try_from(u32::from_be_bytes([0, head[5], head[6], head[7]])).expect("three bytes");
            if head[0] & 0x80 == 0 {
                let stream = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
                self.rest = Some((stream, length, head[4] & FLAG_FIN != 0));
            } else if let Some(heard) = self.control(head, length).await? {
                return Ok(Some(heard));
            }
        }
    }

    async fn control(&mut self, head: [u8; 8], length: usize) -> io::Result<Option<Heard>> {
        if u16::from_be_bytes([head[0], head[1]]) != VERSION || length > CONTROL_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a frame of SPDY/3.1"));
        }
        let mut body = vec![0; length];
        self.from.read_exact(&mut body).await?;
        let Some(first) = body.first_chunk::<4>().map(|it| u32::from_be_bytes(*it)) else { return Ok(None) };
        let ends = head[4] & FLAG_FIN != 0;
        Ok(match u16::from_be_bytes([head[2], head[3]]) {
            PING => Some(Heard::Ping(first)),
            RST_STREAM => Some(Heard::End { stream: first }),
            SYN_REPLY | HEADERS if ends => Some(Heard::End { stream: first }),
            _ => None,
        })
    }
}
