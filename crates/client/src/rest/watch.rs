//! The lines of a watch, as they come in.
use super::decode;
use bytes::{Buf, Bytes, BytesMut};
use futures::{StreamExt, stream::BoxStream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use skeg_model::{request::WatchEvent, status::Status};

/// An event larger than this ends the watch: objects are far smaller.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Bytes that are cut at line ends.
#[derive(Debug, Default)]
struct Lines {
    buffer: BytesMut,
    /// So much of the buffer holds no line end.
    searched: usize,
}

impl Lines {
    /// The next whole line that is not blank.
    fn next(&mut self) -> Option<Bytes> {
        loop {
            let Some(at) = self.buffer[self.searched..].iter().position(|b| *b == b'\n') else {
                self.searched = self.buffer.len();
                return None;
            };
            let line = self.buffer.split_to(self.searched + at).freeze();
            self.buffer.advance(1);
            self.searched = 0;
            if !line.trim_ascii().is_empty() {
                return Some(line);
            }
        }
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), Status> {
        if self.buffer.len() + bytes.len() > LINE_BYTES_MAX && self.searched > 0 {
            return Err(Status::internal(format!("an event of the watch is larger than {LINE_BYTES_MAX} bytes")));
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }
}

struct State {
    body: Incoming,
    lines: Lines,
    ended: bool,
}

/// The events of a watch's body, until the server ends it or an error does.
pub(super) fn events(body: Incoming) -> BoxStream<'static, Result<WatchEvent, Status>> {
    let state = State { body, lines: Lines::default(), ended: false };
    futures::stream::unfold(state, |mut state| async move {
        if state.ended {
            return None;
        }
        let event = next(&mut state).await.transpose()?;
        state.ended = event.is_err();
        Some((event, state))
    })
    .boxed()
}

async fn next(state: &mut State) -> Result<Option<WatchEvent>, Status> {
    loop {
        if let Some(line) = state.lines.next() {
            return decode::event(line).map(Some);
        }
        match state.body.frame().await {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    state.lines.add(data)?;
                }
            }
            // A connection that breaks ends a watch as its server may at any time; what was cut off is told again.
            Some(Err(error)) => {
                tracing::debug!(%error, "a watch's connection ended");
                return Ok(None);
            }
            None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_wherever_the_chunks_end() {
        let text = b"{\"a\":1}\n\n{\"b\":2}\n{\"c\"";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let mut seen = Vec::new();
            for chunk in text.chunks(size) {
                lines.add(chunk).unwrap();
                seen.extend(std::iter::from_fn(|| lines.next()));
            }
            assert_eq!(seen, [&b"{\"a\":1}"[..], b"{\"b\":2}"]);
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut lines = Lines::default();
        let chunk = vec![b'x'; 1 << 20];
        let refused = (0..20).any(|_| lines.next().is_some() || lines.add(&chunk).is_err());
        assert!(refused && lines.buffer.len() <= LINE_BYTES_MAX);
    }
}
