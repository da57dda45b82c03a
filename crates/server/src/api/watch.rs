//! Watches over HTTP: events as they come, all that are ready in one write.
use super::{
    body::{Body, BrokenStream, CHUNK_BYTES, Chunks},
    handler::{Exchange, Server},
    json,
    negotiate::{self, Endpoint, Format, Shape},
    options,
    render::{self, Include, Renderer},
    respond,
    verbs::Plan,
};
use crate::resources::Watch;
use bytes::Bytes;
use futures::{Future, StreamExt};
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Frame;
use skeg_model::{request::WatchEvent, status::Status, stored::Stored, wire::proto_encode};
use std::{
    collections::VecDeque,
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
        ready: VecDeque::new(),
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

/// A watch on its way to one client. All that is ready goes out in one write; between events nothing is kept.
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
    ready: VecDeque<Bytes>,
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = BrokenStream;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenStream>>> {
        let this = self.get_mut();
        if let Some(chunk) = this.ready.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        if this.over || this.stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        let mut segments = Vec::new();
        let (mut size, mut events) = (0, 0);
        while size < CHUNK_BYTES && !this.over {
            match this.watch.poll_next_unpin(cx) {
                Poll::Ready(Some(event)) => size += this.write(event, &mut segments),
                Poll::Ready(None) => this.over = true,
                Poll::Pending => break,
            }
            events += 1;
        }
        if segments.is_empty() {
            return if this.over { Poll::Ready(None) } else { Poll::Pending };
        }
        this.sent.fetch_add(events, Ordering::Relaxed);
        let chunk = if segments.len() == 1 {
            segments.pop()
        } else {
            this.ready = Chunks::new(segments.into_iter()).collect();
            this.ready.pop_front()
        };
        Poll::Ready(chunk.map(Frame::data).map(Ok))
    }
}

impl Events {
    /// Adds the event's frame; returns its size.
    fn write(&mut self, event: Result<WatchEvent, Status>, segments: &mut Vec<Bytes>) -> usize {
        let frame = match event {
            Ok(WatchEvent::Added(object)) => self.shared("ADDED", &object),
            Ok(WatchEvent::Modified(object)) => self.shared("MODIFIED", &object),
            Ok(WatchEvent::Deleted(object)) => self.shared("DELETED", &object),
            Ok(WatchEvent::Bookmark { revision, initial_done }) => {
                let object = render::bookmark(self.renderer.kind, self.renderer.version, revision, initial_done);
                // A bookmark is its metadata, whatever else rows were to carry.
                let renderer = Renderer { include: Include::Metadata, ..self.renderer };
                let first = std::mem::take(&mut self.first);
                encode(&renderer, "BOOKMARK", &renderer.event(&object, first))
            }
            Err(status) => {
                self.over = true;
                encode(&self.renderer, "ERROR", &[respond::status_line(&status)])
            }
        };
        let size = frame.len();
        segments.push(frame);
        size
    }

    fn shared(&mut self, event: &'static str, object: &Arc<Stored>) -> Bytes {
        let first = std::mem::take(&mut self.first);
        let (server, renderer) = (&self.server, &mut self.renderer);
        if matches!(renderer.wanted.shape, Some((Shape::Table, _))) {
            renderer.now = server.config.clock.now();
        }
        let make = || encode(renderer, event, &renderer.event(object, first));
        server.frames.frame(renderer, event, object, make)
    }
}

/// One event around the JSON of its object.
fn encode(renderer: &Renderer, event: &'static str, content: &[Bytes]) -> Bytes {
    let size: usize = content.iter().map(Bytes::len).sum();
    let line = |end: &[u8]| {
        let mut line = Vec::with_capacity(size + event.len() + 32);
        line.extend_from_slice(b"{\"type\":\"");
        line.extend_from_slice(event.as_bytes());
        line.extend_from_slice(b"\",\"object\":");
        content.iter().for_each(|part| line.extend_from_slice(part));
        line.extend_from_slice(end);
        line
    };
    match renderer.wanted.format {
        Format::Protobuf => {
            let object = serde_json::from_slice(&content.concat()).expect("objects are valid JSON of bounded depth");
            let encoded = proto_encode::encode(&object).unwrap_or_default();
            proto_encode::watch_frame(event, &encoded).into()
        }
        Format::Json { pretty: true } => json::pretty(&line(b"}")).into(),
        Format::Json { pretty: false } | Format::Yaml => line(b"}\n").into(),
    }
}
