//! The informers that all controllers of a process share: one per resource.
use parking_lot::Mutex;
use skeg_client::{
    Client, Fence, Informer, Object, Selection, Tasks,
    discovery::{self, Served},
    gvr_of,
    informer::{Metadata, informer, metadata_informer},
};
use skeg_model::request::Gvr;
use std::{any::Any, collections::BTreeMap, fmt, sync::Arc};
use tokio::sync::watch;

struct Shared {
    view: Box<dyn Any + Send + Sync>,
    fence: Arc<dyn Fence>,
}

/// Informers by resource, started at first use, over all namespaces and without selectors.
pub struct Informers {
    client: Client,
    tasks: Tasks,
    seed: u64,
    typed: Mutex<BTreeMap<Gvr, Shared>>,
    /// With the tasks of each, which end when it is given up.
    metadata: Mutex<BTreeMap<Gvr, (Informer<Metadata>, Tasks)>>,
}

impl fmt::Debug for Informers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.typed.lock().keys().map(|gvr| &gvr.resource)).finish()
    }
}

impl Informers {
    /// `client` lists and watches; the controllers write under identities of their own.
    pub fn new(client: Client, tasks: Tasks, seed: u64) -> Self {
        Self { client, tasks, seed, typed: Mutex::default(), metadata: Mutex::default() }
    }

    pub fn get<K: Object>(&self) -> Informer<K> {
        let mut typed = self.typed.lock();
        let shared = typed.entry(gvr_of::<K>()).or_insert_with(|| {
            let view = informer::<K>(self.client.clone(), Selection::default(), &self.tasks, self.seed);
            Shared { fence: Arc::new(view.clone()), view: Box::new(view) }
        });
        shared.view.downcast_ref::<Informer<K>>().expect("one type per resource").clone()
    }

    /// The metadata-only view of a resource.
    pub fn metadata(&self, gvr: &Gvr) -> Informer<Metadata> {
        let mut metadata = self.metadata.lock();
        let start = || {
            let tasks = self.tasks.child();
            let view = metadata_informer(self.client.clone(), gvr.clone(), Selection::default(), &tasks, self.seed);
            (view, tasks)
        };
        metadata.entry(gvr.clone()).or_insert_with(start).0.clone()
    }

    /// Ends the metadata-only view of a resource that is no longer served.
    pub fn forget_metadata(&self, gvr: &Gvr) {
        if let Some((_, tasks)) = self.metadata.lock().remove(gvr) {
            tasks.token().cancel();
        }
    }

    /// What the server serves, followed.
    pub fn discovery(&self) -> watch::Receiver<Option<Arc<Served>>> {
        discovery::follow(self.client.clone(), &self.tasks, self.seed)
    }

    /// How many objects all views have given out.
    pub fn reads(&self) -> u64 {
        let typed: u64 = self.typed.lock().values().map(|shared| shared.fence.reads()).sum();
        let metadata: u64 = self.metadata.lock().values().map(|(view, _)| view.reads()).sum();
        typed + metadata
    }

    /// The views that show writes of this resource, if any controller reads one.
    pub fn fences(&self, gvr: &Gvr) -> Vec<Arc<dyn Fence>> {
        let typed = self.typed.lock().get(gvr).map(|shared| shared.fence.clone());
        let metadata = self.metadata.lock().get(gvr).map(|(view, _)| Arc::new(view.clone()) as Arc<dyn Fence>);
        typed.into_iter().chain(metadata).collect()
    }
}
