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
use skeg_model::{request::WatchEvent, status::Status, stored::Stored};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::Instant;

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
        pretty: wanted.format == Format::Json { pretty: true },
        ends: Instant::now() + length,
        first: true,
        over: false,
        ready: VecDeque::new(),
    };
    let chunks = stream::unfold(frames, |mut frames| async move { Some((Ok(frames.next().await?), frames)) });
    Ok(respond::with_type(200, respond::JSON, body::streamed(chunks)))
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
    pretty: bool,
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
        let kind = self.renderer.kind;
        match event {
            Ok(WatchEvent::Added(object)) => self.frame(b"{\"type\":\"ADDED\",\"object\":", &object, segments),
            Ok(WatchEvent::Modified(object)) => self.frame(b"{\"type\":\"MODIFIED\",\"object\":", &object, segments),
            Ok(WatchEvent::Deleted(object)) => self.frame(b"{\"type\":\"DELETED\",\"object\":", &object, segments),
            Ok(WatchEvent::Bookmark { revision, initial_done }) => {
                let object = render::bookmark(kind, self.renderer.version, revision, initial_done);
                // A bookmark is its metadata, whatever else rows were to carry.
                let include = std::mem::replace(&mut self.renderer.include, Include::Metadata);
                self.frame(b"{\"type\":\"BOOKMARK\",\"object\":", &object, segments);
                self.renderer.include = include;
            }
            Err(status) => {
                self.over = true;
                let mut frame =
                    b"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
                        .to_vec();
                frame.extend_from_slice(&json::encode(&status)[1..]);
                frame.extend_from_slice(b"}\n");
                segments.push(frame.into());
            }
        }
        segments[before..].iter().map(Bytes::len).sum()
    }

    fn frame(&mut self, head: &'static [u8], object: &Stored, segments: &mut Vec<Bytes>) {
        self.renderer.now = self.server.config.clock.now();
        let content = self.renderer.event(object, self.first);
        self.first = false;
        if self.pretty {
            let line: Vec<u8> = [head]
                .into_iter()
                .chain(content.iter().map(|b| &b[..]))
                .chain([&b"}"[..]])
                .flatten()
                .copied()
                .collect();
            segments.push(json::pretty(&line).into());
            return;
        }
        segments.push(Bytes::from_static(head));
        segments.extend(content);
        segments.push(Bytes::from_static(b"}\n"));
    }
}
