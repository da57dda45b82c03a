//! A small API server in memory behind [`Transport`](skeg_client::Transport), with faults: for tests of informers and controllers. It keeps the
//! rules that controllers lean on (revisions, uids, generateName, generations, preconditions, finalizers, watches) and
//! none of the kinds' own.
mod transport;
mod world;

use futures::{StreamExt, stream::BoxStream};
use parking_lot::Mutex;
use skeg_client::discovery::{ApiResource, Discovered, Served};
use skeg_model::{
    Value,
    request::{Call, Gvr, ListOptions, Reply, Target, WatchEvent},
    status::Status,
    stored::Stored,
    time::{Clock, rfc3339_seconds},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::watch;
pub use transport::{FakeTransport, SilentTransport};
use world::World;

type ObjectKey = (Gvr, String);

#[derive(Debug, Clone)]
struct Logged {
    gvr: Gvr,
    namespace: String,
    revision: u64,
    event: WatchEvent,
}

#[derive(Debug, Default)]
struct State {
    revision: u64,
    uids: u64,
    objects: BTreeMap<ObjectKey, Arc<Stored>>,
    /// Top-level fields of the last configuration that was applied to each.
    applied: BTreeMap<ObjectKey, BTreeSet<String>>,
    log: Vec<Logged>,
    /// Watches that resume at or before this get 410.
    compacted: u64,
    writes: Vec<String>,
    calls: u64,
    listed: u64,
    writes_left: Option<usize>,
    refusals: Vec<(String, Status)>,
    frozen: bool,
}

/// The server; clones of the `Arc` are transports.
#[derive(Debug)]
pub struct FakeApi {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// The revision up to which watchers may read.
    shown: watch::Sender<u64>,
    served: watch::Sender<Arc<Served>>,
}

impl FakeApi {
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            state: Mutex::default(),
            shown: watch::channel(0).0,
            served: watch::channel(Served::builtin()).0,
        })
    }

    /// From now on these are served beside the built-in kinds; those of the failing group versions are left out.
    pub fn serve(&self, others: &[ApiResource], failures: &[(&str, &str)]) {
        let failures: BTreeMap<String, String> =
            failures.iter().map(|(version, why)| ((*version).into(), (*why).into())).collect();
        let builtin = Served::builtin();
        let resources = builtin.resources().iter().chain(others).filter(|it| !failures.contains_key(&it.api_version()));
        self.served.send_replace(Arc::new(Served::new(resources.cloned().collect(), failures.clone())));
    }

    fn open(
        self: &Arc<Self>,
        target: &Target,
        options: &ListOptions,
    ) -> Result<BoxStream<'static, Result<WatchEvent, Status>>, Status> {
        let after = options.resource_version.parse().unwrap_or(0);
        self.events_after(target, after).map(|_| stream_of(self.clone(), target.clone(), after))
    }

    fn discovered(&self) -> Discovered {
        let mut served = self.served.subscribe();
        let now = served.borrow_and_update().clone();
        let changed = async move {
            if served.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        Discovered { served: now, changed: Box::pin(changed) }
    }

    /// From now on only `count` more writes reach the server; the others fail as if the caller's process had died.
    pub fn cut_after(&self, count: usize) {
        self.state.lock().writes_left = Some(count);
    }

    /// Ends [`FakeApi::cut_after`].
    pub fn restore(&self) {
        self.state.lock().writes_left = None;
    }

    /// The next write whose log line (`verb resource key`) starts with `prefix` is refused.
    pub fn refuse(&self, prefix: &str, status: Status) {
        self.state.lock().refusals.push((prefix.into(), status));
    }

    /// Watches show nothing new until [`FakeApi::thaw`].
    pub fn freeze(&self) {
        self.state.lock().frozen = true;
    }

    pub fn thaw(&self) {
        let mut state = self.state.lock();
        state.frozen = false;
        self.shown.send_replace(state.revision);
    }

    /// Forgets the event log: who resumes from before now gets 410. Running watches end.
    pub fn compact(&self) {
        let mut state = self.state.lock();
        state.compacted = state.revision;
        state.log.clear();
        self.shown.send_modify(|_| {});
    }

    /// Takes the log of accepted writes: `verb resource[/subresource] key`.
    pub fn take_writes(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().writes)
    }

    /// How many writes [`FakeApi::take_writes`] would answer.
    pub fn writes(&self) -> usize {
        self.state.lock().writes.len()
    }

    /// Calls of [`FakeTransport`]s so far, and objects that lists answered with.
    pub fn calls(&self) -> (u64, u64) {
        let state = self.state.lock();
        (state.calls, state.listed)
    }

    /// Puts many objects in at once, before anybody watches.
    pub fn load(&self, objects: impl IntoIterator<Item = (Target, Value)>) {
        let mut state = self.state.lock();
        let now = rfc3339_seconds(self.clock.now());
        for (target, body) in objects {
            World { state: &mut state, now: &now, logged: false }
                .create(&target, body)
                .expect("loaded objects are new");
            state.log.clear();
        }
        self.shown.send_replace(state.revision);
    }

    pub fn revision(&self) -> u64 {
        self.state.lock().revision
    }

    /// Told of every revision that watchers may read.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shown.subscribe()
    }

    /// The resources of which there are or were objects.
    pub fn resources(&self) -> BTreeSet<String> {
        self.state.lock().objects.keys().map(|(gvr, _)| gvr.resource.to_string()).collect()
    }

    /// All objects of a resource in key order.
    pub fn objects(&self, resource: &str) -> Vec<Value> {
        let state = self.state.lock();
        state.objects.iter().filter(|((gvr, _), _)| gvr.resource == resource).map(|(_, o)| o.tree()).collect()
    }

    fn call_now(&self, target: &Target, call: Call, logged: bool) -> Result<Reply, Status> {
        let mut state = self.state.lock();
        let now = rfc3339_seconds(self.clock.now());
        let mut world = World { state: &mut state, now: &now, logged };
        let reply = world.call(target, call);
        if logged {
            state.calls += 1;
            if let Ok(Reply::List(list)) = &reply {
                state.listed += list.items.len() as u64;
            }
        }
        if !state.frozen {
            let revision = state.revision;
            self.shown.send_if_modified(|shown| std::mem::replace(shown, revision) != revision);
        }
        reply
    }

    /// Events after `after`, at most up to what is shown; 410 if they are gone.
    fn events_after(&self, target: &Target, after: u64) -> Result<(Vec<WatchEvent>, u64), Status> {
        let state = self.state.lock();
        let shown = *self.shown.borrow();
        if after < state.compacted {
            return Err(Status::failure(410, "Expired", "too old resource version"));
        }
        let wanted = |entry: &&Logged| {
            entry.gvr == target.gvr
                && entry.revision <= shown
                && target.namespace.as_ref().is_none_or(|namespace| *namespace == entry.namespace)
        };
        let news = &state.log[state.log.partition_point(|entry| entry.revision <= after)..];
        let events: Vec<_> = news.iter().filter(wanted).map(|entry| entry.event.clone()).collect();
        Ok((events, shown.max(after)))
    }
}

fn stream_of(api: Arc<FakeApi>, target: Target, after: u64) -> BoxStream<'static, Result<WatchEvent, Status>> {
    let shown = api.shown.subscribe();
    let start = Some((api, target, after, shown));
    futures::stream::unfold(start, |state| async move {
        let (api, target, mut after, mut shown) = state?;
        loop {
            shown.borrow_and_update();
            match api.events_after(&target, after) {
                Err(gone) => return Some((vec![Err(gone)], None)),
                Ok((events, upto)) if upto > after => {
                    after = upto;
                    let bookmark = WatchEvent::Bookmark { revision: upto, initial_done: false };
                    let batch = events.into_iter().chain([bookmark]).map(Ok).collect::<Vec<_>>();
                    return Some((batch, Some((api, target, after, shown))));
                }
                Ok(_) => {}
            }
            if shown.changed().await.is_err() {
                return None;
            }
        }
    })
    .flat_map(futures::stream::iter)
    .boxed()
}
