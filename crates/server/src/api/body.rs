//! Bodies of answers: ready segments gathered into chunks, compressed when large and asked for.
use super::negotiate::text_of;
use bytes::{Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use futures::{Stream, StreamExt, stream};
use http::{HeaderMap, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, SizeHint};
use std::{
    io::Write,
    pin::Pin,
    task::{Context, Poll},
};

/// A body broke off: its source ended early.
#[derive(Debug, thiserror::Error)]
#[error("stream broke off: {0}")]
pub struct BrokenStream(#[from] hyper::Error);

/// Body of every answer.
pub type Body = UnsyncBoxBody<Bytes, BrokenStream>;

/// Chunks are flushed to the connection at about this size.
pub const CHUNK_BYTES: usize = 64 << 10;
/// A segment of at least this size travels shared instead of being copied into a chunk.
const SHARED_MIN_BYTES: usize = 16 << 10;
/// Answers above this size are compressed for those who take gzip; upstream's threshold.
const GZIP_MIN_BYTES: usize = 128 << 10;

pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

pub fn empty() -> Body {
    full(Bytes::new())
}

pub fn streamed(chunks: impl Stream<Item = Result<Bytes, BrokenStream>> + Send + 'static) -> Body {
    StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data))).boxed_unsync()
}

/// The same body, which keeps `guard` until it has been sent or given up.
pub fn holding(body: Body, guard: impl Send + Unpin + 'static) -> Body {
    Held { body, _guard: guard }.boxed_unsync()
}

/// The same body, whose bytes are told once it has been sent or given up.
pub fn counted(body: Body, told: impl FnOnce(u64) + Send + Unpin + 'static) -> Body {
    Counting { body, bytes: 0, told: Some(told) }.boxed_unsync()
}

struct Counting<F: FnOnce(u64)> {
    body: Body,
    bytes: u64,
    told: Option<F>,
}

impl<F: FnOnce(u64) + Unpin> hyper::body::Body for Counting<F> {
    type Data = Bytes;
    type Error = BrokenStream;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenStream>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<F: FnOnce(u64)> Drop for Counting<F> {
    fn drop(&mut self) {
        if let Some(told) = self.told.take() {
            told(self.bytes);
        }
    }
}

struct Held<G> {
    body: Body,
    _guard: G,
}

impl<G: Unpin> hyper::body::Body for Held<G> {
    type Data = Bytes;
    type Error = BrokenStream;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenStream>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Gathers segments into chunks of about [`CHUNK_BYTES`]; large segments stay shared.
#[derive(Debug)]
pub struct Chunks<I> {
    segments: I,
    held: Option<Bytes>,
    /// Bytes to make room for: most answers are one small object.
    room: usize,
}

/// Room for an ordinary object.
const FIRST_ROOM_BYTES: usize = 2 << 10;

impl<I: Iterator<Item = Bytes>> Chunks<I> {
    pub fn new(segments: I) -> Self {
        Self { segments, held: None, room: FIRST_ROOM_BYTES }
    }
}

impl<I: Iterator<Item = Bytes>> Iterator for Chunks<I> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut chunk = BytesMut::new();
        while let Some(segment) = self.held.take().or_else(|| self.segments.next()) {
            if segment.len() >= SHARED_MIN_BYTES {
                if chunk.is_empty() {
                    return Some(segment);
                }
                self.held = Some(segment);
                break;
            }
            if chunk.capacity() == 0 {
                chunk.reserve(self.room.max(segment.len()));
            }
            chunk.extend_from_slice(&segment);
            if chunk.len() >= CHUNK_BYTES {
                self.room = CHUNK_BYTES + SHARED_MIN_BYTES;
                break;
            }
        }
        (!chunk.is_empty()).then(|| chunk.freeze())
    }
}

/// Whether the client takes gzip.
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    text_of(headers, header::ACCEPT_ENCODING)
        .split(',')
        .any(|token| token.split(';').next().unwrap_or_default().trim() == "gzip")
}

/// A body out of segments: whole if it is small, chunk by chunk if not. True if it is compressed.
pub fn from_segments(segments: impl Iterator<Item = Bytes> + Send + 'static, gzip: bool) -> (Body, bool) {
    let mut chunks = Chunks::new(segments);
    let mut first = Vec::new();
    let mut size = 0;
    for chunk in chunks.by_ref() {
        size += chunk.len();
        first.push(chunk);
        if size > GZIP_MIN_BYTES {
            break;
        }
    }
    if size <= GZIP_MIN_BYTES {
        let body = if first.len() == 1 { first.remove(0) } else { Bytes::from(first.concat()) };
        return (full(body), false);
    }
    let all = first.into_iter().chain(chunks);
    if gzip {
        (streamed(stream::iter(Gzip::new(all).map(Ok))), true)
    } else {
        (streamed(stream::iter(all.map(Ok))), false)
    }
}

/// Compresses chunk by chunk; what the encoder holds back is bounded by its window.
struct Gzip<I> {
    chunks: I,
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl<I> Gzip<I> {
    fn new(chunks: I) -> Self {
        // Upstream's level.
        Self { chunks, encoder: Some(GzEncoder::new(Vec::new(), Compression::new(1))) }
    }
}

impl<I: Iterator<Item = Bytes>> Iterator for Gzip<I> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        loop {
            let encoder = self.encoder.as_mut()?;
            let Some(chunk) = self.chunks.next() else {
                let rest = self.encoder.take()?.finish().expect("writing to memory succeeds");
                return Some(rest.into());
            };
            encoder.write_all(&chunk).expect("writing to memory succeeds");
            if encoder.get_ref().len() >= CHUNK_BYTES / 4 {
                return Some(std::mem::take(encoder.get_mut()).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn chunks_share_large_segments() {
        let large = Bytes::from(vec![b'x'; SHARED_MIN_BYTES]);
        let segments = [Bytes::from_static(b"a"), large.clone(), Bytes::from_static(b"b"), Bytes::from_static(b"c")];
        let chunks: Vec<_> = Chunks::new(segments.into_iter()).collect();
        assert_eq!(chunks.len(), 3);
        assert_eq!(chunks[1].as_ptr(), large.as_ptr());
        assert_eq!(chunks[2], "bc");
    }

    #[test]
    fn gzip_round_trips() {
        let text: Vec<u8> = (0..300_000_u32).map(|i| (i.wrapping_mul(i) % 251) as u8).collect();
        let chunks: Vec<Bytes> = text.chunks(10_000).map(Bytes::copy_from_slice).collect();
        let packed: Vec<u8> = Gzip::new(chunks.into_iter()).flatten().collect();
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, text);
    }
}
