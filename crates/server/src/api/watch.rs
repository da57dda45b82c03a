//! Watches over HTTP: events as they come, all that are ready in one write.
use super::{
    body::{self, Body, CHUNK_BYTES, Chunks},
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
use futures::{FutureExt, StreamExt, stream};
use http::Response;
use skeg_model::{request::WatchEvent, status::Status, stored::Stored, wire::proto_encode};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::Instant;

const PROTOBUF_STREAM: &str = "application/vnd.kubernetes.protobuf;stream=watch";

/// Opens a watch and answers with its stream.
///
/// # Errors
/// What upstream answers with before the first event.
pub async fn answer(server: &Arc<Server>, exchange: &Exchange, plan: &Plan) -> Result<Response<Body>, Status> {
    let options = options::list_options(&exchange.query, true)?;
    let wanted = negotiate::negotiate(&exchange.headers, &exchange.query, Endpoint::Watch)?;
    let include = match wanted.shape {
        Some((Shape::Table, _)) => Include::parse(exchange.query.first("includeObject").unwrap_or_default())?,
        _ => Include::Metadata,
    };
    let length = watch_length(server, options.timeout_seconds);
    let target = plan.target(&exchange.info);
    let watch = server.config.api.watch(&exchange.context(), &target, options).await?;
    let renderer = Renderer {
        kind: plan.row,
        version: plan.version,
        wanted,
        include,
        now: server.config.clock.now(),
        scale: false,
    };
    let frames = Frames {
        server: server.clone(),
        watch,
        renderer,
        ends: Instant::now() + length,
        first: true,
        over: false,
        ready: VecDeque::new(),
    };
    let chunks = stream::unfold(frames, |mut frames| async move { Some((Ok(frames.next().await?), frames)) });
    let content_type = if wanted.format == Format::Protobuf { PROTOBUF_STREAM } else { respond::JSON };
    Ok(respond::with_type(200, content_type, body::streamed(chunks)))
}

/// As long as the client wants; without a wish a random time, so that watches do not all end at once.
fn watch_length(server: &Server, wanted: Option<u64>) -> Duration {
    match wanted {
        Some(seconds) if seconds > 0 => Duration::from_secs(seconds),
        _ => {
            let shortest = server.config.min_watch_timeout;
            let spread = u64::try_from(shortest.as_millis()).unwrap_or(u64::MAX).max(1);
            shortest + Duration::from_millis(server.config.entropy.u64() % spread)
        }
    }
}

/// A watch on its way to one client.
struct Frames {
    server: Arc<Server>,
    watch: Watch,
    renderer: Renderer,
    ends: Instant,
    /// Nothing was sent yet: a table's first event defines its columns.
    first: bool,
    over: bool,
    ready: VecDeque<Bytes>,
}

impl Frames {
    /// The next chunk; None once the watch is over.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(chunk) = self.ready.pop_front() {
            return Some(chunk);
        }
        if self.over {
            return None;
        }
        let token = self.server.token.clone();
        let event = tokio::select! {
            biased;
            () = token.cancelled() => return None,
            () = tokio::time::sleep_until(self.ends) => return None,
            event = self.watch.next() => event?,
        };
        let mut segments = Vec::new();
        let mut size = self.write(event, &mut segments);
        let mut events = 1;
        while size < CHUNK_BYTES && !self.over {
            match self.watch.next().now_or_never() {
                Some(Some(event)) => size += self.write(event, &mut segments),
                Some(None) => self.over = true,
                None => break,
            }
            events += 1;
        }
        self.server.metrics.watch_events(self.renderer.kind, self.renderer.version, events);
        self.ready = Chunks::new(segments.into_iter()).collect();
        self.ready.pop_front()
    }

    /// Adds the event's segments; returns their size.
    fn write(&mut self, event: Result<WatchEvent, Status>, segments: &mut Vec<Bytes>) -> usize {
        let before = segments.len();
        match event {
            Ok(WatchEvent::Added(object)) => self.frame("ADDED", &object, segments),
            Ok(WatchEvent::Modified(object)) => self.frame("MODIFIED", &object, segments),
            Ok(WatchEvent::Deleted(object)) => self.frame("DELETED", &object, segments),
            Ok(WatchEvent::Bookmark { revision, initial_done }) => {
                let object = render::bookmark(self.renderer.kind, self.renderer.version, revision, initial_done);
                // A bookmark is its metadata, whatever else rows were to carry.
                let include = std::mem::replace(&mut self.renderer.include, Include::Metadata);
                self.frame("BOOKMARK", &object, segments);
                self.renderer.include = include;
            }
            Err(status) => {
                self.over = true;
                self.put("ERROR", vec![respond::status_line(&status)], segments);
            }
        }
        segments[before..].iter().map(Bytes::len).sum()
    }

    fn frame(&mut self, kind: &'static str, object: &Stored, segments: &mut Vec<Bytes>) {
        self.renderer.now = self.server.config.clock.now();
        let content = self.renderer.event(object, self.first);
        self.first = false;
        self.put(kind, content, segments);
    }

    /// One event around the JSON of its object.
    fn put(&self, kind: &'static str, content: Vec<Bytes>, segments: &mut Vec<Bytes>) {
        let head = match kind {
            "ADDED" => Bytes::from_static(b"{\"type\":\"ADDED\",\"object\":"),
            "MODIFIED" => Bytes::from_static(b"{\"type\":\"MODIFIED\",\"object\":"),
            "DELETED" => Bytes::from_static(b"{\"type\":\"DELETED\",\"object\":"),
            other => format!("{{\"type\":\"{other}\",\"object\":").into(),
        };
        match self.renderer.wanted.format {
            Format::Protobuf => {
                let object =
                    serde_json::from_slice(&content.concat()).expect("objects are valid JSON of bounded depth");
                let encoded = proto_encode::encode(&object).unwrap_or_default();
                segments.push(proto_encode::watch_frame(kind, &encoded).into());
            }
            Format::Json { pretty: true } => {
                let line = [&head[..], &content.concat(), b"}"].concat();
                segments.push(json::pretty(&line).into());
            }
            Format::Json { pretty: false } | Format::Yaml => {
                segments.push(head);
                segments.extend(content);
                segments.push(Bytes::from_static(b"}\n"));
            }
        }
    }
}
