//! Events about objects (`core/v1` Event), written in the background with upstream's counting, aggregation and spam limit.
mod correlate;
mod lru;
mod series;

pub use correlate::{Correlated, Correlator};
pub use series::{Said, SeriesRecorder};

use crate::{client::Client, object::target_of, tasks::Tasks};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Event, EventSource, ObjectReference},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use skeg_model::{request::PatchKind, status::Status, time::Clock};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Events that wait to be written; more are dropped, as upstream's broadcaster does.
const QUEUE_EVENTS_MAX: usize = 1000;
/// Attempts per event, and the wait between them.
const ATTEMPTS_MAX: u32 = 12;
const ATTEMPT_INTERVAL: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    Normal,
    Warning,
}

impl EventType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// Records events of one source. Never blocks; clones share the queue.
#[derive(Debug, Clone)]
pub struct EventRecorder {
    source: EventSource,
    clock: Arc<dyn Clock>,
    queue: mpsc::Sender<Event>,
}

impl EventRecorder {
    /// `component` as upstream names it, e.g. `deployment-controller`; `host` is the node's name for node components, else "".
    pub fn new(client: Client, component: &str, host: &str, clock: Arc<dyn Clock>, tasks: &Tasks) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_EVENTS_MAX);
        tasks.spawn(write_all(client, waiting, clock.clone()));
        let source = EventSource { component: Some(component.into()), host: text(host) };
        Self { source, clock, queue }
    }

    pub fn event(&self, about: &ObjectReference, kind: EventType, reason: &str, message: impl Into<String>) {
        self.annotated(about, kind, reason, message, None);
    }

    pub fn annotated(
        &self,
        about: &ObjectReference,
        kind: EventType,
        reason: &str,
        message: impl Into<String>,
        annotations: Option<BTreeMap<String, String>>,
    ) {
        let event = make(&self.source, about, kind, reason, message.into(), annotations, self.clock.now());
        if self.queue.try_send(event).is_err() {
            tracing::warn!(reason, "event dropped: the queue is full or closed");
        }
    }
}

/// The event as it is first written.
fn make(
    source: &EventSource,
    about: &ObjectReference,
    kind: EventType,
    reason: &str,
    message: String,
    annotations: Option<BTreeMap<String, String>>,
    now: Timestamp,
) -> Event {
    let namespace = about.namespace.clone().filter(|namespace| !namespace.is_empty());
    Event {
        metadata: ObjectMeta {
            name: Some(event_name(about, now)),
            namespace: Some(namespace.unwrap_or_else(|| "default".into())),
            annotations,
            ..ObjectMeta::default()
        },
        involved_object: about.clone(),
        reason: text(reason),
        message: Some(message),
        first_timestamp: Some(Time(now)),
        last_timestamp: Some(Time(now)),
        count: Some(1),
        type_: Some(kind.as_str().into()),
        source: Some(source.clone()),
        reporting_component: source.component.clone(),
        reporting_instance: source.host.clone(),
        ..Event::default()
    }
}

/// `<object>.<time in nanoseconds, hexadecimal>`.
fn event_name(about: &ObjectReference, now: Timestamp) -> String {
    format!("{}.{:x}", about.name.as_deref().unwrap_or_default(), now.as_nanosecond())
}

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

async fn write_all(client: Client, mut waiting: mpsc::Receiver<Event>, clock: Arc<dyn Clock>) {
    let mut correlator = Correlator::default();
    while let Some(event) = waiting.recv().await {
        let Some(correlated) = correlator.correlate(event, clock.now()) else { continue };
        write(&client, &mut correlator, correlated).await;
    }
}

async fn write(client: &Client, correlator: &mut Correlator, correlated: Correlated) {
    for _ in 0..ATTEMPTS_MAX {
        match write_once(client, &correlated).await {
            Ok(written) => return correlator.written(&written),
            // Only a server that does not answer is worth another attempt.
            Err(error) if error.reason == "ServiceUnavailable" => tokio::time::sleep(ATTEMPT_INTERVAL).await,
            Err(error) => {
                tracing::debug!(%error, "the server refused an event");
                return;
            }
        }
    }
    tracing::warn!("event not written: attempts used up");
}

async fn write_once(client: &Client, correlated: &Correlated) -> Result<Arc<Event>, Status> {
    let event = &correlated.event;
    let meta = &event.metadata;
    if let (Some(patch), Some(name)) = (&correlated.patch, &meta.name) {
        let patched =
            client.patch::<Event>(meta.namespace.as_deref(), name, None, PatchKind::Strategic, patch.clone()).await;
        match patched {
            // It may have expired since; then it is written anew.
            Err(error) if error.is_not_found() => {}
            done => return done,
        }
    }
    let mut body = serde_json::to_value(event).map_err(Status::internal)?;
    // `EventTime` has no omitempty upstream; nothing else of the struct differs.
    body["eventTime"] = skeg_model::Value::Null;
    let reply = client.create_tree(&target_of::<Event>(meta.namespace.as_deref(), None, None), body).await?;
    crate::client::stored(reply)?.typed::<Event>().map_err(Status::internal)
}
