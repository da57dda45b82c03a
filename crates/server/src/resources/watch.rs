//! A watch as its client sees it: a cursor over a ring, a filter, bookmarks and an end.
use super::{
    Api, Context as Caller, convert,
    place::Place,
    read::{check_watch_options, parse_version},
    select::{Selection, pinned_name},
    sharing::{Asked, Batch, Step},
};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use skeg_model::{
    kinds::{Kind, Verb, Version},
    request::{ListOptions, WatchEvent},
    status::Status,
    stored::{Event, Stored},
};
use skeg_storage::{Cursor, Expired, Snapshot};
use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep};

/// Initial objects looked at in one step.
const INITIAL_MAX: usize = 256;
/// Events taken from the ring in one step: few enough that their frames are shared ([`Batch`]).
const STEP_EVENTS_MAX: usize = 32;
/// A watch that says nothing about its timeout ends after this much up to twice as much (`--min-request-timeout`).
const TIMEOUT_MIN: Duration = Duration::from_secs(1800);
/// Longest time without a bookmark for those who asked for them.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// A last bookmark goes out this long before the end.
const BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);

type Batches = BoxStream<'static, Result<Arc<Batch>, Status>>;

/// The events of one watch, one by one or as batches, which may be shared with other watches. An `Err` item is the last.
pub struct Watch {
    batches: Batches,
    /// A batch that is handed out event by event, and the next one of it.
    open: Option<(Arc<Batch>, usize)>,
}

impl Watch {
    fn new(batches: Batches) -> Self {
        Self { batches, open: None }
    }

    fn failed(why: Status) -> Self {
        Self::new(stream::iter([Err(why)]).boxed())
    }

    /// The next events, at least one.
    pub fn poll_batch(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Arc<Batch>, Status>>> {
        self.batches.as_mut().poll_next(cx)
    }
}

impl Stream for Watch {
    type Item = Result<WatchEvent, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some((batch, at)) = &mut self.open {
                if let Some(event) = batch.events.get(*at) {
                    *at += 1;
                    return Poll::Ready(Some(Ok(event.clone())));
                }
                self.open = None;
            }
            match ready!(self.poll_batch(cx)) {
                Some(Ok(batch)) => self.open = Some((batch, 0)),
                Some(Err(why)) => return Poll::Ready(Some(Err(why))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl Api {
    pub(super) async fn open_watch(
        &self,
        ctx: &Caller,
        place: &Place<'_>,
        options: &ListOptions,
    ) -> Result<Watch, Status> {
        place.allow(Verb::Watch)?;
        let pinned = pinned_name(&options.field_selector);
        let name = pinned.as_deref().unwrap_or(place.name);
        self.authorise_list(ctx, "watch", place, name, &options.field_selector)?;
        check_watch_options(options)?;
        let selection = Selection::parse(place, options)?;
        let wanted = parse_version(&options.resource_version)
            .map_err(|why| Status::failure(500, "", format!("resourceVersion: {why}")))?;
        if options.send_initial_events == Some(true) {
            self.come(place, wanted).await;
            if let Err(late) = self.reached(wanted) {
                return Ok(Watch::failed(late));
            }
        }
        match self.feed(place, options, selection, wanted) {
            Ok(feed) => {
                let batches = stream::unfold(feed, |mut feed| async { Some((feed.next().await?, feed)) });
                Ok(Watch::new(batches.boxed()))
            }
            Err(expired) => Ok(Watch::failed(gone(expired))),
        }
    }

    fn feed(
        &self,
        place: &Place<'_>,
        options: &ListOptions,
        selection: Selection,
        wanted: u64,
    ) -> Result<Feed, Expired> {
        let store = &self.config.store;
        let snapshot = store.snapshot(place.kind.prefix);
        let with_initial = options.send_initial_events.unwrap_or(wanted == 0);
        let from = if with_initial || wanted == 0 { snapshot.revision } else { wanted.min(snapshot.revision) };
        let cursor = store.watch(place.kind.prefix, from)?;
        let now = Instant::now();
        let timeout = options.timeout_seconds.map_or_else(|| self.default_timeout(), Duration::from_secs);
        // A watch that ends sooner than its last bookmark would come has none.
        let marked = options.allow_bookmarks && timeout >= BOOKMARK_BEFORE_END;
        let bookmark = marked.then(|| now + first_bookmark(timeout));
        let deadline = now + timeout;
        let mark_initial = options.send_initial_events == Some(true) && options.allow_bookmarks;
        Ok(Feed {
            cursor,
            asked: self.questions.ask(place, options),
            prefix: place.list_prefix(),
            kind: place.kind,
            version: place.version,
            selection,
            after: wanted.max(from),
            sent: 0,
            initial: with_initial.then_some(Initial { snapshot, from: None, mark: mark_initial }),
            ready: VecDeque::new(),
            deadline,
            bookmark,
            ended: false,
            timer: Box::pin(tokio::time::sleep_until(next_ring(bookmark, deadline))),
        })
    }

    /// Between one and two times the minimum, so that watches opened together do not end together.
    fn default_timeout(&self) -> Duration {
        let extra = u64::from(self.config.entropy.u64() as u16) * TIMEOUT_MIN.as_secs() / u64::from(u16::MAX);
        TIMEOUT_MIN + Duration::from_secs(extra)
    }
}

fn next_ring(bookmark: Option<Instant>, deadline: Instant) -> Instant {
    bookmark.map_or(deadline, |at| at.min(deadline))
}

fn first_bookmark(timeout: Duration) -> Duration {
    BOOKMARK_EVERY.min(timeout.saturating_sub(BOOKMARK_BEFORE_END))
}

fn gone(expired: Expired) -> Status {
    Status::failure(410, "Expired", expired.to_string())
}

/// What was there when the watch began, handed out in batches.
struct Initial {
    snapshot: Snapshot,
    /// Key to go on from, inclusive; None before the first batch.
    from: Option<String>,
    /// Whether a bookmark marks its end.
    mark: bool,
}

struct Feed {
    cursor: Box<dyn Cursor>,
    asked: Arc<Asked>,
    prefix: String,
    kind: &'static Kind,
    version: &'static Version,
    selection: Selection,
    /// Events up to this revision are not wanted.
    after: u64,
    /// Newest revision handed out.
    sent: u64,
    initial: Option<Initial>,
    ready: VecDeque<Arc<Batch>>,
    deadline: Instant,
    /// When the next bookmark is due, if any are wanted.
    bookmark: Option<Instant>,
    ended: bool,
    /// Rings at the next bookmark or at the end, whichever is first.
    timer: Pin<Box<Sleep>>,
}

impl Feed {
    async fn next(&mut self) -> Option<Result<Arc<Batch>, Status>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Some(Ok(batch));
            }
            if self.ended {
                return None;
            }
            if let Err(status) = self.refill().await {
                self.ended = true;
                return Some(Err(status));
            }
        }
    }

    /// Goes one step on: initial objects, events, a bookmark or the end.
    async fn refill(&mut self) -> Result<(), Status> {
        if let Some(initial) = self.initial.take() {
            return self.refill_initial(initial);
        }
        tokio::select! {
            biased;
            () = self.cursor.ready() => self.step().await?,
            () = self.timer.as_mut() => self.on_time(),
        }
        Ok(())
    }

    /// Takes what is ready, or what another watcher has made of it.
    async fn step(&mut self) -> Result<(), Status> {
        let from = self.cursor.place();
        let step = match self.asked.find(from).filter(|step| step.first > self.after) {
            Some(step) => {
                self.cursor.go_on(step.to, step.seen);
                step
            }
            None => {
                let events = self.cursor.next(STEP_EVENTS_MAX).await.map_err(gone)?;
                let (Some(first), Some(last)) = (events.first(), events.last()) else {
                    self.ended = true;
                    return Ok(());
                };
                let (batch, sent) = self.seen(&events)?;
                let step =
                    Step { from, to: self.cursor.place(), first: first.revision, seen: last.revision, sent, batch };
                if step.first > self.after {
                    self.asked.keep(&step);
                }
                step
            }
        };
        self.sent = self.sent.max(step.sent);
        if !step.batch.events.is_empty() {
            self.ready.push_back(step.batch);
        }
        Ok(())
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        self.ended = now >= self.deadline;
        self.send_bookmark(now);
        self.timer.as_mut().reset(next_ring(self.bookmark, self.deadline));
    }

    fn send_bookmark(&mut self, now: Instant) {
        let Some(due) = self.bookmark.filter(|due| *due <= now) else { return };
        let revision = self.cursor.position().max(self.sent).max(self.after);
        self.ready.push_back(Batch::of(vec![WatchEvent::Bookmark { revision, initial_done: false }]));
        let last = self.deadline - BOOKMARK_BEFORE_END;
        self.bookmark = (due < last).then(|| (now + BOOKMARK_EVERY).min(last));
    }

    fn refill_initial(&mut self, mut initial: Initial) -> Result<(), Status> {
        let mut last = None;
        let mut seen = 0;
        let mut found = Vec::new();
        for (key, object) in initial.snapshot.range(&self.prefix, initial.from.as_deref()).take(INITIAL_MAX) {
            seen += 1;
            if self.selection.matches(object) {
                found.push(object.clone());
            }
            last = Some(format!("{key}\0"));
        }
        let mut events = Vec::with_capacity(found.len() + 1);
        for object in &found {
            events.push(WatchEvent::Added(self.served(object)?));
        }
        if seen == INITIAL_MAX {
            initial.from = last;
            self.initial = Some(initial);
        } else if initial.mark {
            let revision = initial.snapshot.revision;
            events.push(WatchEvent::Bookmark { revision, initial_done: true });
        }
        if !events.is_empty() {
            self.ready.push_back(Batch::of(events));
        }
        Ok(())
    }

    /// What this client sees of commits, and the revision of the last one under its prefix.
    fn seen(&self, commits: &[Arc<Event>]) -> Result<(Arc<Batch>, u64), Status> {
        let (mut events, mut sent) = (Vec::with_capacity(commits.len()), 0);
        for commit in commits {
            let rest = commit.key.strip_prefix(self.kind.prefix).unwrap_or(&commit.key);
            if commit.revision > self.after && rest.starts_with(&self.prefix) {
                sent = commit.revision;
                events.extend(self.turned(commit)?);
            }
        }
        Ok((Batch::of(events), sent))
    }

    /// An object that enters or leaves the selection is ADDED or DELETED.
    fn turned(&self, commit: &Event) -> Result<Option<WatchEvent>, Status> {
        let old = commit.old.as_ref().filter(|o| self.selection.matches(o));
        let new = commit.new.as_ref().filter(|o| self.selection.matches(o));
        Ok(match (old, new) {
            (None, None) => None,
            (None, Some(new)) => Some(WatchEvent::Added(self.served(new)?)),
            (Some(_), Some(new)) => Some(WatchEvent::Modified(self.served(new)?)),
            (Some(old), None) => Some(WatchEvent::Deleted(self.served(&old.ended_at(commit.revision))?)),
        })
    }

    fn served(&self, object: &Arc<Stored>) -> Result<Arc<Stored>, Status> {
        let place = Place { kind: self.kind, version: self.version, namespace: "", name: "", subresource: "" };
        convert::served(&place, object)
    }
}
