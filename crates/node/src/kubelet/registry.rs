//! The pods of this node: one worker each, told of every change of its pod; and which of them were admitted.
use super::{
    admission::{self, Verdict},
    shared::Shared,
    worker::{self, Update},
};
use crate::pod::spec::{full_name, is_deleted, is_terminal, uid};
use k8s_openapi::api::core::v1::Pod;
use parking_lot::Mutex;
use skeg_client::Key;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{Notify, watch};

/// How to reach a pod's worker, and the pod as it last saw it.
#[derive(Debug)]
struct Entry {
    key: Key,
    pod: Arc<Pod>,
    update: watch::Sender<Update>,
    wake: Arc<Notify>,
    /// Set where something changed that neither the pod nor the runtime shows.
    news: Arc<AtomicBool>,
    admitted: bool,
}

/// Workers by the uid of their pod.
#[derive(Debug, Default)]
pub struct Registry {
    entries: Mutex<HashMap<String, Entry>>,
}

impl Registry {
    /// Lets the worker of this pod look again.
    pub fn wake(&self, uid: &str) {
        if let Some(entry) = self.entries.lock().get(uid) {
            entry.wake.notify_one();
        }
    }

    /// As [`Registry::wake`], for a change that the worker cannot see by itself.
    pub fn wake_for_news(&self, uid: &str) {
        if let Some(entry) = self.entries.lock().get(uid) {
            entry.news.store(true, Ordering::Release);
            entry.wake.notify_one();
        }
    }

    pub fn wake_all(&self) {
        for entry in self.entries.lock().values() {
            entry.wake.notify_one();
        }
    }

    pub fn knows(&self, uid: &str) -> bool {
        self.entries.lock().contains_key(uid)
    }

    pub(super) fn forget(&self, uid: &str) {
        self.entries.lock().remove(uid);
    }

    /// Pods as the kubelet has them, those that were deleted from the API but still end included.
    pub fn pods(&self) -> Vec<Arc<Pod>> {
        self.entries.lock().values().map(|entry| entry.pod.clone()).collect()
    }

    pub fn find(&self, namespace: &str, name: &str) -> Option<Arc<Pod>> {
        let entries = self.entries.lock();
        let named = |entry: &&Entry| {
            let meta = &entry.pod.metadata;
            meta.name.as_deref() == Some(name) && meta.namespace.as_deref() == Some(namespace)
        };
        let mut found: Vec<&Entry> = entries.values().filter(named).collect();
        found.sort_by_key(|entry| entry.pod.metadata.creation_timestamp.clone());
        found.last().map(|entry| entry.pod.clone())
    }

    /// Pods that use the node's resources.
    pub fn active(&self) -> Vec<Arc<Pod>> {
        let entries = self.entries.lock();
        let active = entries.values().filter(|entry| entry.admitted && !is_terminal(&entry.pod));
        active.map(|entry| entry.pod.clone()).collect()
    }
}

/// Carries one change of the API's pods to the workers. Called by one task only, so that pods are admitted one by one.
pub(super) async fn changed(shared: &Arc<Shared>, key: &Key) {
    if let Some(fresh) = tell(shared, key) {
        start(shared, key, fresh).await;
    }
}

/// Tells the workers of this name; the pod itself if it has no worker yet.
fn tell(shared: &Shared, key: &Key) -> Option<Arc<Pod>> {
    let current = shared.pods.get(key);
    let mut entries = shared.registry.entries.lock();
    for (uid_of, entry) in entries.iter_mut().filter(|(_, entry)| entry.key == *key) {
        match current.as_ref().filter(|pod| uid(pod) == uid_of) {
            Some(pod) => {
                entry.pod = pod.clone();
                entry.update.send_replace(Update::Pod(pod.clone()));
            }
            None => {
                entry.update.send_replace(Update::Gone);
            }
        }
    }
    current.filter(|pod| !entries.contains_key(uid(pod)))
}

async fn start(shared: &Arc<Shared>, key: &Key, pod: Arc<Pod>) {
    let known = super::runtime_knows(shared, uid(&pod)).await;
    let fresh = !known && !is_deleted(&pod) && !is_terminal(&pod);
    let verdict = if fresh { admission::admit(shared, &pod) } else { Verdict::Admitted };
    let (update, updates) = watch::channel(Update::Pod(pod.clone()));
    let wake = Arc::new(Notify::new());
    let admitted = verdict == Verdict::Admitted;
    let news = Arc::new(AtomicBool::new(false));
    let entry = Entry { key: key.clone(), pod: pod.clone(), update, wake: wake.clone(), news: news.clone(), admitted };
    shared.registry.entries.lock().insert(uid(&pod).to_owned(), entry);
    tracing::debug!(pod = full_name(&pod), known, "pod taken on");
    worker::spawn(shared.clone(), pod, worker::Signals { updates, wake, news }, verdict);
}
