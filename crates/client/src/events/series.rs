//! Events of `events.k8s.io` as the scheduler writes them: the same thing said again about the same state of an object makes a
//! series, whose count is written when it begins, now and then, and when it has ended.
use super::{ATTEMPT_INTERVAL, ATTEMPTS_MAX, EventType, event_name, lru::Lru};
use crate::{client::Client, object::target_of, tasks::Tasks};
use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::{
        core::v1::ObjectReference,
        events::v1::{Event, EventSeries},
    },
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use serde_json::json;
use skeg_model::{request::PatchKind, status::Status, time::Clock};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};

/// Events that wait to be written; who has another one waits for room.
const QUEUE_EVENTS_MAX: usize = 4096;
/// Writes under way at once: they share the store's batches.
const WRITES_MAX: usize = 128;
/// Events remembered; the ones not repeated for longest are forgotten first.
const RECORDS_MAX: usize = 1024;
/// A series without a repetition for so long has ended (upstream's `finishTime`).
const SERIES_END: Duration = Duration::from_secs(6 * 60);
/// Looks at series for ends between two writes of those that go on (upstream's `refreshTime`: 30 minutes).
const LOOKS_PER_REFRESH: u32 = 5;
/// Bytes of a note (upstream's `NoteLengthLimit`), and how a longer one ends.
const NOTE_BYTES_MAX: usize = 1024;
const NOTE_CUT: &str = " ...";

/// What is said about an object.
#[derive(Debug)]
pub struct Said {
    pub related: Option<ObjectReference>,
    pub kind: EventType,
    pub reason: &'static str,
    pub action: &'static str,
    /// Cut to what an event may carry.
    pub note: String,
}

/// Records events of the controllers of one program. Clones share the queue.
#[derive(Debug, Clone)]
pub struct SeriesRecorder {
    host: String,
    clock: Arc<dyn Clock>,
    queue: mpsc::Sender<Event>,
}

impl SeriesRecorder {
    pub fn new(client: Client, host: &str, clock: Arc<dyn Clock>, tasks: &Tasks) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_EVENTS_MAX);
        tasks.spawn(write_all(client, waiting, clock.clone()));
        Self { host: host.into(), clock, queue }
    }

    /// Queues an event, and waits for that while the queue is full; no event is lost as long as the recorder's tasks run.
    pub async fn record(&self, controller: &str, about: &ObjectReference, said: Said) {
        let now = self.clock.now();
        let namespace = about.namespace.clone().filter(|namespace| !namespace.is_empty());
        let event = Event {
            metadata: ObjectMeta {
                name: Some(event_name(about, now)),
                namespace: Some(namespace.unwrap_or_else(|| "default".into())),
                ..ObjectMeta::default()
            },
            event_time: Some(MicroTime(now)),
            reporting_controller: Some(controller.into()),
            reporting_instance: Some(format!("{controller}-{}", self.host)),
            action: Some(said.action.into()),
            reason: Some(said.reason.into()),
            regarding: Some(about.clone()),
            related: said.related,
            note: Some(cut(said.note)),
            type_: Some(said.kind.as_str().into()),
            ..Event::default()
        };
        // A closed queue means that everything ends.
        let _ = self.queue.send(event).await;
    }
}

fn cut(mut note: String) -> String {
    if note.len() > NOTE_BYTES_MAX {
        let end = note.floor_char_boundary(NOTE_BYTES_MAX - NOTE_CUT.len());
        note.truncate(end);
        note.push_str(NOTE_CUT);
    }
    note
}

fn key_of(event: &Event) -> String {
    let of = |about: Option<&ObjectReference>| {
        let about = about?;
        let parts =
            [&about.kind, &about.namespace, &about.name, &about.uid, &about.resource_version, &about.field_path];
        Some(parts.map(|part| part.as_deref().unwrap_or_default()).join("\u{0}"))
    };
    let said = [&event.type_, &event.action, &event.reason, &event.reporting_controller]
        .map(|part| part.as_deref().unwrap_or_default());
    let about = [event.regarding.as_ref(), event.related.as_ref()].map(|about| of(about).unwrap_or_default());
    format!("{}\u{0}{}", said.join("\u{0}"), about.join("\u{0}"))
}

#[derive(Debug)]
struct Known {
    event: Event,
    /// It is being written.
    busy: bool,
    /// It began a series while it was being written.
    owed: bool,
}

/// What was said lately.
#[derive(Debug)]
struct Memory(Lru<Known>);

impl Memory {
    /// The event to write for a new one, if any.
    fn observe(&mut self, key: &str, event: Event, now: Timestamp) -> Option<Event> {
        let Some(mut known) = self.0.take(key) else {
            self.0.put(key.to_owned(), Known { event: event.clone(), busy: true, owed: false });
            return Some(event);
        };
        let write = match &mut known.event.series {
            Some(series) => {
                (series.count, series.last_observed_time) = (series.count.saturating_add(1), MicroTime(now));
                false
            }
            none => {
                *none = Some(EventSeries { count: 2, last_observed_time: MicroTime(now) });
                known.owed = known.busy;
                !known.busy
            }
        };
        known.busy |= write;
        let out = write.then(|| known.event.clone());
        self.0.put(key.to_owned(), known);
        out
    }

    /// A write ended; what has to be written next.
    fn written(&mut self, key: &str) -> Option<Event> {
        let mut known = self.0.take(key)?;
        (known.busy, known.owed) = (known.owed, false);
        let out = known.busy.then(|| known.event.clone());
        self.0.put(key.to_owned(), known);
        out
    }

    /// Forgets what has ended and answers the series to write: those that ended, and with `all` those that go on.
    fn look(&mut self, now: Timestamp, all: bool) -> Vec<(String, Event)> {
        let end = SignedDuration::try_from(SERIES_END).unwrap_or(SignedDuration::MAX);
        let mut out = Vec::new();
        for key in self.0.keys() {
            let Some(mut known) = self.0.take(&key) else { continue };
            let last = known.event.series.as_ref().map(|series| &series.last_observed_time);
            let last = last.or(known.event.event_time.as_ref()).map_or(now, |time| time.0);
            let (ended, series) = (now.duration_since(last) >= end, known.event.series.is_some());
            if series && !known.busy && (ended || all) {
                out.push((key.clone(), known.event.clone()));
                known.busy = true;
            }
            if !ended {
                self.0.put(key, known);
            }
        }
        out
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

async fn write_all(client: Client, mut waiting: mpsc::Receiver<Event>, clock: Arc<dyn Clock>) {
    let mut memory = Memory(Lru::new(RECORDS_MAX));
    let mut writes: FuturesUnordered<BoxFuture<'_, String>> = FuturesUnordered::new();
    let (mut look_at, mut looks) = (None, 0_u32);
    loop {
        tokio::select! {
            Some(key) = writes.next() => {
                if let Some(event) = memory.written(&key) {
                    writes.push(Box::pin(write(&client, key, event)));
                }
            }
            event = waiting.recv(), if writes.len() < WRITES_MAX => {
                let Some(event) = event else { return };
                let key = key_of(&event);
                if let Some(event) = memory.observe(&key, event, clock.now()) {
                    writes.push(Box::pin(write(&client, key, event)));
                }
                look_at = look_at.or_else(|| Some(Instant::now() + SERIES_END));
            }
            () = until(look_at) => {
                looks += 1;
                for (key, event) in memory.look(clock.now(), looks.is_multiple_of(LOOKS_PER_REFRESH)) {
                    writes.push(Box::pin(write(&client, key, event)));
                }
                look_at = (!memory.is_empty()).then(|| Instant::now() + SERIES_END);
            }
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Writes one event, again if the server does not answer; gives its key back.
async fn write(client: &Client, key: String, event: Event) -> String {
    for _ in 0..ATTEMPTS_MAX {
        match write_once(client, &event).await {
            Ok(()) => return key,
            // A server that does not answer is worth another attempt, and so is a series whose event came in between.
            Err(error)
                if error.reason == "ServiceUnavailable" || event.series.is_some() && error.is_already_exists() =>
            {
                tokio::time::sleep(ATTEMPT_INTERVAL).await;
            }
            Err(error) => {
                tracing::debug!(%error, "the server refused an event");
                return key;
            }
        }
    }
    tracing::warn!(reason = event.reason, "event not written: attempts used up");
    key
}

async fn write_once(client: &Client, event: &Event) -> Result<(), Status> {
    let (namespace, name) = (event.metadata.namespace.as_deref(), event.metadata.name.as_deref());
    if let (Some(series), Some(_)) = (&event.series, name) {
        let patch = json!({ "series": series });
        let target = target_of::<Event>(namespace, name, None);
        match client.patch_tree(&target, PatchKind::Strategic, patch).await {
            // It may have expired since; then it is written anew.
            Err(error) if error.is_not_found() => {}
            done => return done.map(drop),
        }
    }
    let body = serde_json::to_value(event).map_err(Status::internal)?;
    client.create_tree(&target_of::<Event>(namespace, None, None), body).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(version: &str) -> Event {
        let about = ObjectReference { resource_version: Some(version.into()), ..ObjectReference::default() };
        let metadata = ObjectMeta { name: Some(version.into()), ..ObjectMeta::default() };
        Event { metadata, regarding: Some(about), event_time: Some(MicroTime(at(0))), ..Event::default() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn count(event: Option<Event>) -> Option<i32> {
        event.map(|event| event.series.map_or(1, |series| series.count))
    }

    fn memory() -> Memory {
        Memory(Lru::new(RECORDS_MAX))
    }

    #[test]
    fn a_repetition_begins_a_series() {
        let (mut memory, key) = (memory(), key_of(&event("1")));
        assert_ne!(key, key_of(&event("2")), "another state of the object is another event");
        assert_eq!(count(memory.observe(&key, event("1"), at(0))), Some(1));
        assert_eq!(count(memory.observe(&key, event("1"), at(1))), None, "the first write is under way");
        assert_eq!(count(memory.written(&key)), Some(2));
        assert_eq!(count(memory.written(&key)), None);
        assert_eq!(count(memory.observe(&key, event("1"), at(2))), None, "counted, not written");
        let later: Vec<_> = memory.look(at(3), true).into_iter().map(|(_, event)| count(Some(event))).collect();
        assert_eq!(later, [Some(3)]);
    }

    #[test]
    fn an_ended_series_is_written_and_forgotten() {
        let (mut memory, key) = (memory(), key_of(&event("1")));
        memory.observe(&key, event("1"), at(0));
        memory.written(&key);
        memory.observe(&key, event("1"), at(1));
        memory.written(&key);
        memory.observe(&key, event("1"), at(2));
        assert!(memory.look(at(300), false).is_empty());
        assert_eq!(memory.look(at(363), false).len(), 1);
        assert!(memory.is_empty());
    }

    #[test]
    fn a_note_is_cut_to_its_bound() {
        let note = cut("é".repeat(600));
        assert!(note.len() <= NOTE_BYTES_MAX && note.ends_with("é ..."));
        assert_eq!(cut("short".into()), "short");
    }
}
