//! The pods of this node: one worker each, told of every change of its pod; and which of them were admitted.
use super::{
    admission::{self, Verdict},
    allocation::{self, Grant},
    metrics,
    shared::Shared,
    worker,
};
use crate::pod::{
    resize::Conditions,
    spec::{full_name, is_deleted, is_mirror, is_terminal, uid},
};
use k8s_openapi::api::core::v1::{Pod, PodCondition, PodStatus};
use parking_lot::Mutex;
use skeg_client::{Key, key::key};
use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, atomic::AtomicBool},
};
use tokio::sync::{Notify, watch};

/// The kubelet's own decision to end a pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Eviction {
    pub reason: String,
    pub message: String,
    /// What its containers are given to end.
    pub grace: std::time::Duration,
    pub condition: Option<PodCondition>,
}

pub use worker::Update;

/// How to reach a pod's worker, and the pod as it last saw it.
#[derive(Debug)]
pub(super) struct Entry {
    key: Key,
    /// As the API has it.
    pub(super) pod: Arc<Pod>,
    pub(super) grant: Arc<Grant>,
    pub(super) update: watch::Sender<Update>,
    pub(super) wake: Arc<Notify>,
    /// Set where something changed that neither the pod nor the runtime shows.
    pub(super) news: Arc<AtomicBool>,
    pub(super) eviction: Arc<OnceLock<Eviction>>,
    /// The newest that its worker made; the API may not have it yet.
    status: Option<Arc<PodStatus>>,
    admitted: bool,
}

/// Entries by the uid of their pod, and the uids by name: a pod that ends may have a successor of the same name.
#[derive(Debug, Default)]
struct Entries {
    by_uid: HashMap<String, Entry>,
    uids: HashMap<Key, Vec<String>>,
}

impl Entries {
    fn insert(&mut self, uid: &str, entry: Entry) {
        let named = self.uids.entry(entry.key.clone()).or_default();
        if !named.iter().any(|it| it == uid) {
            named.push(uid.to_owned());
        }
        self.by_uid.insert(uid.to_owned(), entry);
    }

    fn remove(&mut self, uid: &str) {
        let Some(entry) = self.by_uid.remove(uid) else { return };
        if let Some(named) = self.uids.get_mut(&entry.key) {
            named.retain(|it| it != uid);
            if named.is_empty() {
                self.uids.remove(&entry.key);
            }
        }
    }

    fn named(&self, key: &Key) -> impl Iterator<Item = &Entry> {
        self.uids.get(key).into_iter().flatten().filter_map(|uid| self.by_uid.get(uid))
    }
}

/// The workers of this node's pods.
#[derive(Debug, Default)]
pub struct Registry {
    entries: Mutex<Entries>,
    /// Told when a pod gave something back that others may wait for.
    pub(super) freed: Notify,
}

impl Registry {
    /// Lets the worker of this pod look again.
    pub fn wake(&self, uid: &str) {
        if let Some(entry) = self.entries.lock().by_uid.get(uid) {
            entry.wake.notify_one();
        }
    }

    /// As [`Registry::wake`], for a change that the worker cannot see by itself.
    pub fn wake_for_news(&self, uid: &str) {
        if let Some(entry) = self.entries.lock().by_uid.get(uid) {
            entry.wake_for_news();
        }
    }

    pub fn wake_all(&self) {
        for entry in self.entries.lock().by_uid.values() {
            entry.wake.notify_one();
        }
    }

    /// As [`Registry::wake_for_news`], for all pods.
    pub(super) fn wake_all_for_news(&self) {
        self.entries.lock().by_uid.values().for_each(Entry::wake_for_news);
    }

    pub fn knows(&self, uid: &str) -> bool {
        self.entries.lock().by_uid.contains_key(uid)
    }

    pub(super) fn forget(&self, uid: &str) {
        self.entries.lock().remove(uid);
        self.freed.notify_one();
    }

    /// Has the pod's worker end it. The first decision stands.
    pub(super) fn evict(&self, uid: &str, eviction: Eviction) {
        if let Some(entry) = self.entries.lock().by_uid.get(uid) {
            // A second decision changes nothing.
            let _ = entry.eviction.set(eviction);
            entry.wake_for_news();
        }
    }

    /// Pods whose resize is under way.
    pub fn resizing(&self) -> usize {
        self.entries.lock().by_uid.values().filter(|entry| entry.grant.conditions().in_progress.is_some()).count()
    }

    pub(super) fn note_status(&self, uid: &str, status: Arc<PodStatus>) {
        if let Some(entry) = self.entries.lock().by_uid.get_mut(uid) {
            entry.status = Some(status);
        }
    }

    /// The newest status of a pod, which may be ahead of the API's; None before its worker made one.
    pub(super) fn status(&self, uid: &str) -> Option<Arc<PodStatus>> {
        self.entries.lock().by_uid.get(uid)?.status.clone()
    }

    pub(super) fn is_evicted(&self, uid: &str) -> bool {
        self.entries.lock().by_uid.get(uid).is_some_and(|entry| entry.eviction.get().is_some())
    }

    /// The pod as the API has it, with its grant.
    pub(super) fn granted(&self, uid: &str) -> Option<(Arc<Pod>, Arc<Grant>)> {
        self.entries.lock().by_uid.get(uid).filter(|it| it.admitted).map(|it| (it.pod.clone(), it.grant.clone()))
    }

    /// Tells a pod's worker of what it is granted now.
    pub(super) fn regrant(&self, uid: &str) {
        if let Some(entry) = self.entries.lock().by_uid.get(uid) {
            entry.send();
            entry.wake_for_news();
        }
    }

    /// Pods whose resize is deferred: uid, as they ask, as they are granted, and what was said of it.
    pub(super) fn waiting(&self) -> Vec<(String, Arc<Pod>, Arc<Pod>, Conditions)> {
        let entries = self.entries.lock();
        let all = entries.by_uid.iter().map(|(uid, it)| (uid, it, it.grant.conditions()));
        let deferred = all.filter(|(_, _, conditions)| conditions.is_deferred());
        deferred.map(|(uid, it, said)| (uid.clone(), it.pod.clone(), it.grant.applied(&it.pod), said)).collect()
    }

    /// Pods as the kubelet has them, those that were deleted from the API but still end included.
    pub fn pods(&self) -> Vec<Arc<Pod>> {
        self.entries.lock().by_uid.values().map(|entry| entry.pod.clone()).collect()
    }

    /// Whether some pod of this name has a worker.
    pub fn has(&self, key: &Key) -> bool {
        self.entries.lock().uids.contains_key(key)
    }

    pub fn find(&self, namespace: &str, name: &str) -> Option<Arc<Pod>> {
        let entries = self.entries.lock();
        let mut found: Vec<&Entry> = entries.named(&key(Some(namespace), name)).collect();
        found.sort_by_key(|entry| entry.pod.metadata.creation_timestamp.clone());
        found.last().map(|entry| entry.pod.clone())
    }

    /// Pods that use the node's resources, with what they were granted.
    pub fn active(&self) -> Vec<Arc<Pod>> {
        let entries = self.entries.lock();
        let active = entries.by_uid.values().filter(|entry| entry.admitted && !is_terminal(&entry.pod));
        active.map(|entry| entry.grant.applied(&entry.pod)).collect()
    }
}

/// Carries one change of the API's pods to the workers. Called by one task only, so that pods are admitted one by one.
pub(super) async fn changed(shared: &Arc<Shared>, key: &Key) {
    let (fresh, known) = tell(shared, key);
    let of_node = shared.statics.get(key);
    if of_node.is_some() || shared.pods.get(key).is_some_and(|pod| is_mirror(&pod)) {
        shared.statics.mirrors.notify_one();
    }
    if let Some(pod) = &of_node {
        // Its mirror may be new, and lack the status.
        shared.registry.wake_for_news(uid(pod));
        if fresh.is_some() && shared.registry.has(key) {
            // The one before has to end first.
            return;
        }
    }
    if let Some(uid) = known {
        allocation::changed(shared, &uid);
    }
    if let Some(fresh) = fresh {
        start(shared, key, fresh).await;
    }
}

/// Tells the workers of this name; the pod itself if it has no worker yet, the uid of one that has.
fn tell(shared: &Shared, key: &Key) -> (Option<Arc<Pod>>, Option<String>) {
    let of_api = || shared.pods.get(key).filter(|pod| !is_mirror(pod));
    let current = shared.statics.get(key).or_else(of_api);
    let mut entries = shared.registry.entries.lock();
    let Entries { by_uid, uids } = &mut *entries;
    for uid_of in uids.get(key).into_iter().flatten() {
        let Some(entry) = by_uid.get_mut(uid_of) else { continue };
        match current.as_ref().filter(|pod| uid(pod) == uid_of) {
            Some(pod) => {
                if is_terminal(pod) && !is_terminal(&entry.pod) {
                    shared.registry.freed.notify_one();
                }
                entry.pod = pod.clone();
                entry.send();
            }
            None => {
                entry.update.send_replace(Update::Gone);
            }
        }
    }
    let known = current.as_ref().map(|pod| uid(pod).to_owned()).filter(|uid| by_uid.contains_key(uid));
    (current.filter(|_| known.is_none()), known)
}

async fn start(shared: &Arc<Shared>, key: &Key, pod: Arc<Pod>) {
    let known = super::runtime_knows(shared, uid(&pod)).await;
    let path = shared.config.pod_dir(uid(&pod)).join("resources.json");
    let loaded = tokio::task::spawn_blocking({
        let pod = pod.clone();
        move || Grant::load(path, &pod)
    });
    // Blocking tasks are not cancelled, and loading does not panic.
    let Ok(grant) = loaded.await.map(Arc::new) else { return };
    let allocated = grant.applied(&pod);
    let fresh = !known && !is_deleted(&pod) && !is_terminal(&pod);
    let verdict = if fresh { admission::admit(shared, &allocated) } else { Verdict::Admitted };
    if let Verdict::Refused(reason, _) = &verdict {
        shared.metrics.count(&metrics::ADMISSION_REJECTIONS, &[reason]);
    }
    let (update, updates) = watch::channel(Update::Pod(allocated.clone()));
    let wake = Arc::new(Notify::new());
    let admitted = verdict == Verdict::Admitted;
    let news = Arc::new(AtomicBool::new(false));
    let eviction = Arc::new(OnceLock::new());
    if admitted && fresh {
        let count = crate::pod::spec::containers(&pod).len();
        #[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
        shared.metrics.observe(&metrics::CONTAINERS_PER_POD, &[], count as f64);
    }
    if admitted && !is_terminal(&pod) {
        let noted = grant.clone();
        let saved = tokio::task::spawn_blocking(move || noted.save()).await;
        if let Ok(Err(error)) = saved {
            tracing::warn!(pod = full_name(&pod), %error, "a pod's resources cannot be noted");
        }
    }
    let entry = Entry {
        key: key.clone(),
        pod: pod.clone(),
        grant: grant.clone(),
        update,
        wake: wake.clone(),
        news: news.clone(),
        eviction: eviction.clone(),
        status: None,
        admitted,
    };
    shared.registry.entries.lock().insert(uid(&pod), entry);
    tracing::debug!(pod = full_name(&pod), known, "pod taken on");
    worker::spawn(shared.clone(), allocated, grant, worker::Signals { updates, wake, news, eviction }, verdict);
    allocation::changed(shared, uid(&pod));
}
