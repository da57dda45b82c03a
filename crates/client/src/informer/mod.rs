//! Shared, indexed views of one resource that know their revision. A view lists once, then follows a watch with bookmarks;
//! it resumes by resourceVersion and lists again only when the server says 410.
mod fence;
mod follow;
mod subscription;
mod view;

pub use fence::{Fence, Viewed};
pub use subscription::Subscription;

use crate::{
    client::Client,
    key::{self, Key},
    object::{Object, gvr_of},
    tasks::Tasks,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use parking_lot::RwLock;
use serde::Deserialize;
use skeg_model::{request::Gvr, stored::Stored};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::watch;
use view::View;

/// Which objects a view holds.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// None: all namespaces, and cluster-scoped kinds.
    pub namespace: Option<String>,
    pub label_selector: String,
    pub field_selector: String,
    /// Only metadata is asked for.
    pub metadata_only: bool,
}

/// One change of a view. Both sides are set for a modification.
#[derive(Debug)]
pub struct Change<'a, T> {
    pub key: &'a Key,
    pub old: Option<&'a Arc<T>>,
    pub new: Option<&'a Arc<T>>,
}

/// The metadata-only form of any object, for who needs no more (the garbage collector).
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Metadata {
    #[serde(default)]
    pub metadata: ObjectMeta,
}

/// How far a view is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub synced: bool,
    /// Everything up to here is in the view.
    pub revision: u64,
}

/// The view ended before it got where the caller waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the informer has stopped")]
pub struct Stopped;

type Decode<T> = fn(&Stored) -> Result<Arc<T>, serde_json::Error>;
type Handler<T> = Box<dyn Fn(&Change<'_, T>) + Send + Sync>;

struct Inner<T> {
    gvr: Gvr,
    view: RwLock<View<T>>,
    handlers: RwLock<Vec<Handler<T>>>,
    progress: watch::Receiver<Progress>,
    decode: Decode<T>,
    /// Objects given out so far.
    reads: AtomicU64,
}

/// A shared view; clones share it.
pub struct Informer<T> {
    inner: Arc<Inner<T>>,
}

impl<T> Clone for Informer<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<T> fmt::Debug for Informer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Informer({} {:?})", self.inner.gvr.resource, *self.inner.progress.borrow())
    }
}

/// Starts a view of a kind. `seed` spreads the back-off of processes that lost the same server.
pub fn informer<K: Object>(client: Client, selection: Selection, tasks: &Tasks, seed: u64) -> Informer<K> {
    Informer::start(client, gvr_of::<K>(), selection, tasks, seed, |stored| stored.typed::<K>())
}

/// Starts a view that asks for metadata only and keeps no more, of any resource; who wrote which field is dropped.
pub fn metadata_informer(
    client: Client,
    gvr: Gvr,
    selection: Selection,
    tasks: &Tasks,
    seed: u64,
) -> Informer<Metadata> {
    let selection = Selection { metadata_only: true, ..selection };
    // Decoded beside the shared cell: it belongs to who reads the whole object.
    Informer::start(client, gvr, selection, tasks, seed, |stored| {
        let mut object: Metadata = serde_json::from_slice(&stored.wire_json())?;
        object.metadata.managed_fields = None;
        Ok(Arc::new(object))
    })
}

impl<T: Send + Sync + 'static> Informer<T> {
    /// Starts a view of `gvr` whose objects are read by `decode`.
    pub fn start(
        client: Client,
        gvr: Gvr,
        selection: Selection,
        tasks: &Tasks,
        seed: u64,
        decode: fn(&Stored) -> Result<Arc<T>, serde_json::Error>,
    ) -> Self {
        let (report, progress) = watch::channel(Progress::default());
        let inner = Arc::new(Inner {
            gvr,
            view: RwLock::new(View::default()),
            handlers: RwLock::new(Vec::new()),
            progress,
            decode,
            reads: AtomicU64::new(0),
        });
        tasks.spawn(follow::run(inner.clone(), client, selection, report, seed));
        Self { inner }
    }

    pub fn gvr(&self) -> &Gvr {
        &self.inner.gvr
    }

    pub fn get(&self, key: &str) -> Option<Arc<T>> {
        self.count(self.inner.view.read().get(key).cloned())
    }

    fn count<C>(&self, given: C) -> C
    where
        for<'a> &'a C: IntoIterator,
    {
        let count = (&given).into_iter().count() as u64;
        self.inner.reads.fetch_add(count, Ordering::Relaxed);
        given
    }

    /// How many objects (or keys) it has given out: what its users' work costs.
    pub fn reads(&self) -> u64 {
        self.inner.reads.load(Ordering::Relaxed)
    }

    pub fn get_in(&self, namespace: Option<&str>, name: &str) -> Option<Arc<T>> {
        self.get(&key::key(namespace, name))
    }

    /// All objects in key order.
    pub fn list(&self) -> Vec<Arc<T>> {
        self.count(self.inner.view.read().iter().map(|(_, object)| object.clone()).collect())
    }

    /// All keys in order.
    pub fn keys(&self) -> Vec<Key> {
        self.count(self.inner.view.read().iter().map(|(key, _)| key.clone()).collect())
    }

    /// The objects of one namespace in name order.
    pub fn list_in(&self, namespace: &str) -> Vec<Arc<T>> {
        self.count(self.inner.view.read().in_namespace(namespace).cloned().collect())
    }

    pub fn len(&self) -> usize {
        self.inner.view.read().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps an index from now on; a second one under the same name changes nothing.
    pub fn index(&self, name: &'static str, values: fn(&T) -> Vec<String>) {
        self.inner.view.write().add_index(name, values);
    }

    /// The objects under `value` of an index made by [`Informer::index`], in key order.
    pub fn by_index(&self, name: &str, value: &str) -> Vec<Arc<T>> {
        self.count(self.inner.view.read().by_index(name, value))
    }

    /// How many objects lie under `value` of an index.
    pub fn count_index(&self, name: &str, value: &str) -> usize {
        self.inner.view.read().count_index(name, value)
    }

    /// Calls `handler` for every object there is and for every change from now on, in order, from the view's own task.
    /// It must not wait: it only marks keys.
    pub fn on_change(&self, handler: impl Fn(&Change<'_, T>) + Send + Sync + 'static) {
        // The lock is held until the handler is in, so that no change falls between.
        let mut handlers = self.inner.handlers.write();
        let present: Vec<_> =
            self.inner.view.read().iter().map(|(key, object)| (key.clone(), object.clone())).collect();
        for (key, object) in &present {
            handler(&Change { key, old: None, new: Some(object) });
        }
        handlers.push(Box::new(handler));
    }

    /// Keys that change from now on (all that exist first). A key waits at most once, so what waits is bounded by the
    /// number of objects.
    pub fn subscribe(&self) -> Subscription {
        let (sender, subscription) = subscription::channel();
        self.on_change(move |change| sender.mark(change.key));
        subscription
    }

    /// Waits until the first list is in.
    ///
    /// # Errors
    /// The view has ended.
    pub async fn synced(&self) -> Result<(), Stopped> {
        self.wait(|progress| progress.synced).await
    }

    pub fn is_synced(&self) -> bool {
        self.inner.progress.borrow().synced
    }

    pub fn revision(&self) -> u64 {
        self.inner.progress.borrow().revision
    }

    /// Waits until everything up to `revision` is in the view.
    ///
    /// # Errors
    /// The view has ended.
    pub async fn wait_revision(&self, revision: u64) -> Result<(), Stopped> {
        self.wait(|progress| progress.synced && progress.revision >= revision).await
    }

    /// Waits until the view holds what `accept` wants under `key`.
    ///
    /// # Errors
    /// The view has ended.
    pub async fn wait_object(&self, key: &str, accept: impl Fn(Option<&Arc<T>>) -> bool) -> Result<(), Stopped> {
        self.wait(|_| accept(self.inner.view.read().get(key))).await
    }

    async fn wait(&self, ready: impl Fn(&Progress) -> bool) -> Result<(), Stopped> {
        self.inner.progress.clone().wait_for(|progress| ready(progress)).await.map(drop).map_err(|_| Stopped)
    }
}
