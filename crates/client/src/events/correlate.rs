//! What becomes of an event: a new object, a higher count on an old one, one aggregate of many alike, or nothing.
use super::lru::Lru;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::core::v1::Event,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use skeg_model::{Value, time::rfc3339_seconds};
use std::collections::BTreeSet;

/// Records kept per cache.
const RECORDS_MAX: usize = 4096;
/// Different messages of one reason about one object within the interval before they are written as one.
const SIMILAR_MAX: usize = 10;
const SIMILAR_INTERVAL: SignedDuration = SignedDuration::from_secs(600);
/// Events of one source about one object: at once, and then one per interval.
const SPAM_BURST: f64 = 25.0;
const SPAM_INTERVAL_SECONDS: f64 = 300.0;

/// An event to write: with a patch if it was written before.
#[derive(Debug, Clone)]
pub struct Correlated {
    pub event: Event,
    pub patch: Option<Value>,
}

#[derive(Debug, Clone)]
struct Observed {
    count: i32,
    first: Option<Time>,
    name: Option<String>,
}

#[derive(Debug)]
struct Similar {
    messages: BTreeSet<String>,
    last: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// The memory of what was written lately.
#[derive(Debug)]
pub struct Correlator {
    observed: Lru<Observed>,
    similar: Lru<Similar>,
    spam: Lru<Bucket>,
}

impl Default for Correlator {
    fn default() -> Self {
        Self { observed: Lru::new(RECORDS_MAX), similar: Lru::new(RECORDS_MAX), spam: Lru::new(RECORDS_MAX) }
    }
}

impl Correlator {
    /// None: the source has said too much about this object.
    pub fn correlate(&mut self, event: Event, now: Timestamp) -> Option<Correlated> {
        let spam_key = about_key(&event, &[]);
        let (event, key) = self.aggregate(event, now);
        let correlated = self.count(event, key);
        self.accept(spam_key, now).then_some(correlated)
    }

    /// Takes the state that the server answered with.
    pub fn written(&mut self, event: &Event) {
        self.observe(event_key(event), event);
    }

    fn aggregate(&mut self, event: Event, now: Timestamp) -> (Event, String) {
        let key = about_key(&event, &[&event.reason, &event.reporting_component, &event.reporting_instance]);
        let fresh = Similar { messages: BTreeSet::new(), last: now };
        let mut similar = self
            .similar
            .take(&key)
            .filter(|similar| now.duration_since(similar.last) <= SIMILAR_INTERVAL)
            .unwrap_or(fresh);
        similar.messages.insert(event.message.clone().unwrap_or_default());
        similar.last = now;
        let many = similar.messages.len() >= SIMILAR_MAX;
        if many {
            similar.messages.pop_first();
        }
        self.similar.put(key.clone(), similar);
        if many {
            (aggregate_of(event, now), key)
        } else {
            let key = event_key(&event);
            (event, key)
        }
    }

    fn count(&mut self, mut event: Event, key: String) -> Correlated {
        let mut patch = None;
        if let Some(seen) = self.observed.take(&key) {
            event.metadata.name = seen.name;
            event.first_timestamp = seen.first;
            event.count = Some(seen.count + 1);
            patch = Some(patch_of(&event));
        }
        self.observe(key, &event);
        Correlated { event, patch }
    }

    fn observe(&mut self, key: String, event: &Event) {
        let (first, name) = (event.first_timestamp.clone(), event.metadata.name.clone());
        self.observed.put(key, Observed { count: event.count.unwrap_or(1), first, name });
    }

    fn accept(&mut self, key: String, now: Timestamp) -> bool {
        let mut bucket = self.spam.take(&key).unwrap_or(Bucket { tokens: SPAM_BURST, at: now });
        let elapsed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
        bucket.tokens = (bucket.tokens + elapsed / SPAM_INTERVAL_SECONDS).min(SPAM_BURST);
        bucket.at = now;
        let accepted = bucket.tokens >= 1.0;
        if accepted {
            bucket.tokens -= 1.0;
        }
        self.spam.put(key, bucket);
        accepted
    }
}

fn aggregate_of(event: Event, now: Timestamp) -> Event {
    Event {
        metadata: ObjectMeta {
            name: Some(super::event_name(&event.involved_object, now)),
            namespace: event.metadata.namespace,
            ..ObjectMeta::default()
        },
        count: Some(1),
        first_timestamp: Some(Time(now)),
        last_timestamp: Some(Time(now)),
        message: Some(format!("(combined from similar events): {}", event.message.unwrap_or_default())),
        involved_object: event.involved_object,
        type_: event.type_,
        reason: event.reason,
        source: event.source,
        ..Event::default()
    }
}

fn patch_of(event: &Event) -> Value {
    let last = event.last_timestamp.as_ref().map(|time| rfc3339_seconds(time.0));
    serde_json::json!({ "count": event.count, "lastTimestamp": last, "message": event.message })
}

/// Source, object and type, and what the caller adds.
fn about_key(event: &Event, more: &[&Option<String>]) -> String {
    let about = &event.involved_object;
    let source = event.source.as_ref();
    let parts = [
        source.and_then(|source| source.component.as_ref()),
        source.and_then(|source| source.host.as_ref()),
        about.kind.as_ref(),
        about.namespace.as_ref(),
        about.name.as_ref(),
        about.uid.as_ref(),
        about.api_version.as_ref(),
        event.type_.as_ref(),
    ];
    let more = more.iter().map(|part| part.as_ref());
    parts.into_iter().chain(more).map(|part| part.map_or("", String::as_str)).collect::<Vec<_>>().join("\u{0}")
}

fn event_key(event: &Event) -> String {
    about_key(event, &[&event.involved_object.field_path, &event.reason, &event.message])
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::{EventSource, ObjectReference};

    fn event(message: &str, now: Timestamp) -> Event {
        let about = ObjectReference { name: Some("a".into()), namespace: Some("n".into()), ..Default::default() };
        let source = EventSource { component: Some("test".into()), host: None };
        super::super::make(&source, &about, super::super::EventType::Normal, "Reason", message.into(), None, now)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn the_same_again_raises_the_count() {
        let mut correlator = Correlator::default();
        let first = correlator.correlate(event("m", at(0)), at(0)).unwrap();
        let again = correlator.correlate(event("m", at(1)), at(1)).unwrap();
        assert!(first.patch.is_none());
        assert_eq!((again.event.count, &again.event.metadata.name), (Some(2), &first.event.metadata.name));
        assert_eq!(again.patch.unwrap()["count"], 2);
    }

    #[test]
    fn ten_alike_are_written_as_one() {
        let mut correlator = Correlator::default();
        let messages: Vec<_> = (0..12)
            .map(|i| correlator.correlate(event(&format!("m{i}"), at(i)), at(i)).unwrap().event.message.unwrap())
            .collect();
        assert_eq!(messages[8], "m8");
        assert_eq!(messages[9], "(combined from similar events): m9");
        assert_eq!(messages[11], "(combined from similar events): m11");
    }

    #[test]
    fn a_chatty_source_is_cut_off_and_recovers() {
        let mut correlator = Correlator::default();
        let accepted = (0..40).filter(|_| correlator.correlate(event("m", at(0)), at(0)).is_some()).count();
        assert_eq!(accepted, 25);
        assert!(correlator.correlate(event("m", at(301)), at(301)).is_some());
        assert!(correlator.correlate(event("m", at(301)), at(301)).is_none());
    }
}
