//! Watches over HTTP: events as they come, all that are ready in one write.
use super::{
    body::{Body, BrokenStream, CHUNK_BYTES},
    handler::{Exchange, Server},
    json,
    negotiate::{self, Endpoint, Format, Shape},
    options,
    render::{self, Include, Renderer},
    respond,
    verbs::Plan,
};
use crate::resources::{Batch, Watch};
use bytes::Bytes;
use futures::Future;
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Frame;
use skeg_model::{request::WatchEvent, status::Status, wire::proto_encode};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio_util::sync::WaitForCancellationFutureOwned;

const PROTOBUF_STREAM: &str = "application/vnd.kubernetes.protobuf;stream=watch";

/// Opens a watch and answers with its stream.
///
/// # Errors
/// What upstream answers with before the first event.
pub async fn answer(server: &Arc<Server>, exchange: &Exchange, plan: &Plan) -> Result<Response<Body>, Status> {
    let mut options = options::list_options(&exchange.query, true)?;
    let wanted = negotiate::negotiate(&exchange.headers, &exchange.query, Endpoint::Watch)?;
    let include = match wanted.shape {
        Some((Shape::Table, _)) => Include::parse(exchange.query.first("includeObject").unwrap_or_default())?,
        _ => Include::Metadata,
    };
    options.timeout_seconds = Some(watch_length(server, options.timeout_seconds).as_secs());
    let target = plan.target(&exchange.info);
    let watch = server.config.api.watch(&exchange.context(plan.verb), &target, options).await?;
    let renderer = Renderer {
        kind: plan.row,
        version: plan.version,
        wanted,
        include,
        now: server.config.clock.now(),
        scale: false,
    };
    let content_type = if wanted.format == Format::Protobuf { PROTOBUF_STREAM } else { respond::JSON };
    let events = Events {
        watch,
        stop: Box::pin(server.token.clone().cancelled_owned()),
        sent: server.metrics.watch_events(plan.row, plan.version),
        server: server.clone(),
        renderer,
        first: true,
        over: false,
        open: None,
    };
    Ok(respond::with_type(200, content_type, events.boxed_unsync()))
}

/// As long as the client wants; without a wish a random time, so that watches do not all end at once.
fn watch_length(server: &Server, wanted: Option<u64>) -> Duration {
    match wanted {
        Some(seconds) if seconds > 0 => Duration::from_secs(seconds),
        _ => {
            let shortest = server.config.min_watch_timeout;
            shortest + Duration::from_secs(server.config.entropy.u64() % shortest.as_secs().max(1))
        }
    }
}

/// A watch on its way to one client: a batch is one write, a large one several. Between events nothing is kept.
struct Events {
    server: Arc<Server>,
    watch: Watch,
    /// Comes with the end of the server.
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    sent: Arc<AtomicU64>,
    renderer: Renderer,
    /// Nothing was sent yet: a table's first event defines its columns.
    first: bool,
    over: bool,
    /// A batch that is sent in parts, and its next event.
    open: Option<(Arc<Batch>, usize)>,
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = BrokenStream;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenStream>>> {
        let this = self.get_mut();
        if let Some(part) = this.part() {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        if this.over {
            return Poll::Ready(None);
        }
        let frames = match this.watch.poll_batch(cx) {
            // Asking for the end costs a lock that all share: only when there is nothing to send.
            Poll::Pending if this.stop.as_mut().poll(cx).is_ready() => return Poll::Ready(None),
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(batch))) => this.frames(batch),
            Poll::Ready(Some(Err(status))) => {
                this.over = true;
                this.sent.fetch_add(1, Ordering::Relaxed);
                let mut frame = Vec::new();
                append(&mut frame, &this.renderer, "ERROR", &[respond::status_line(&status)]);
                frame.into()
            }
            Poll::Ready(None) => return Poll::Ready(None),
        };
        Poll::Ready(Some(Ok(Frame::data(frames))))
    }
}

impl Events {
    /// The frames of a batch, or of its first part.
    fn frames(&mut self, batch: Arc<Batch>) -> Bytes {
        self.sent.fetch_add(batch.events.len() as u64, Ordering::Relaxed);
        let make = || {
            let (mut renderer, mut first) = (self.renderer, self.first);
            write(&self.server, &mut renderer, &batch.events, &mut first, usize::MAX).0
        };
        if let Some(shared) = self.server.frames.frames(&self.renderer, &batch, make) {
            self.first = false;
            return shared;
        }
        self.open = Some((batch, 0));
        self.part().expect("a batch has at least one event")
    }

    /// The next part of the batch that is sent in parts.
    fn part(&mut self) -> Option<Bytes> {
        let (batch, from) = self.open.take()?;
        let rest = &batch.events[from..];
        let (frames, count) = write(&self.server, &mut self.renderer, rest, &mut self.first, CHUNK_BYTES);
        let next = from + count;
        if next < batch.events.len() {
            self.open = Some((batch, next));
        }
        Some(frames)
    }
}

/// The frames of events until they are `enough` bytes, and of how many events.
fn write(
    server: &Server,
    renderer: &mut Renderer,
    events: &[WatchEvent],
    first: &mut bool,
    enough: usize,
) -> (Bytes, usize) {
    if matches!(renderer.wanted.shape, Some((Shape::Table, _))) {
        renderer.now = server.config.clock.now();
    }
    let (mut out, mut count) = (Vec::new(), 0);
    for event in events {
        let (name, object) = match event {
            WatchEvent::Added(object) => ("ADDED", object),
            WatchEvent::Modified(object) => ("MODIFIED", object),
            WatchEvent::Deleted(object) => ("DELETED", object),
            WatchEvent::Bookmark { revision, initial_done } => {
                let object = render::bookmark(renderer.kind, renderer.version, *revision, *initial_done);
                // A bookmark is its metadata, whatever else rows were to carry.
                let renderer = Renderer { include: Include::Metadata, ..*renderer };
                append(&mut out, &renderer, "BOOKMARK", &renderer.event(&object, std::mem::take(first)));
                count += 1;
                continue;
            }
        };
        append(&mut out, renderer, name, &renderer.event(object, std::mem::take(first)));
        count += 1;
        if out.len() >= enough {
            break;
        }
    }
    (out.into(), count)
}

/// Adds one event around the JSON of its object.
fn append(out: &mut Vec<u8>, renderer: &Renderer, event: &'static str, content: &[Bytes]) {
    let line = |out: &mut Vec<u8>, end: &[u8]| {
        let size: usize = content.iter().map(Bytes::len).sum();
        out.reserve(size + event.len() + 32);
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(event.as_bytes());
        out.extend_from_slice(b"\",\"object\":");
        content.iter().for_each(|part| out.extend_from_slice(part));
        out.extend_from_slice(end);
    };
    match renderer.wanted.format {
        Format::Protobuf => {
            let object = serde_json::from_slice(&content.concat()).expect("objects are valid JSON of bounded depth");
            let encoded = proto_encode::encode(&object).unwrap_or_default();
            out.extend_from_slice(&proto_encode::watch_frame(event, &encoded));
        }
        Format::Json { pretty: true } => {
            let mut compact = Vec::new();
            line(&mut compact, b"}");
            out.extend_from_slice(&json::pretty(&compact));
        }
        Format::Json { pretty: false } | Format::Yaml => line(out, b"}\n"),
    }
}
