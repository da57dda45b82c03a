//! The informers that all controllers of a process share: one per resource.
use parking_lot::Mutex;
use skeg_client::{
    Client, Fence, Informer, Object, Selection, Tasks, gvr_of,
    informer::{Metadata, informer, metadata_informer},
};
use skeg_model::request::Gvr;
use std::{any::Any, collections::BTreeMap, fmt, sync::Arc};

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
    metadata: Mutex<BTreeMap<Gvr, Informer<Metadata>>>,
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
        let start =
            || metadata_informer(self.client.clone(), gvr.clone(), Selection::default(), &self.tasks, self.seed);
        metadata.entry(gvr.clone()).or_insert_with(start).clone()
    }

    /// How many objects all views have given out.
    pub fn reads(&self) -> u64 {
        let typed: u64 = self.typed.lock().values().map(|shared| shared.fence.reads()).sum();
        let metadata: u64 = self.metadata.lock().values().map(Informer::reads).sum();
        typed + metadata
    }

    /// The views that show writes of this resource, if any controller reads one.
    pub fn fences(&self, gvr: &Gvr) -> Vec<Arc<dyn Fence>> {
        let typed = self.typed.lock().get(gvr).map(|shared| shared.fence.clone());
        let metadata = self.metadata.lock().get(gvr).map(|view| Arc::new(view.clone()) as Arc<dyn Fence>);
        typed.into_iter().chain(metadata).collect()
    }
}
