//! Static pods: pods that a file of the node asks for. The API gets a picture of each, the mirror pod, which is made again
//! when it is deleted and shows the pod's status.
mod files;
mod mirror;

pub use mirror::keep as keep_mirrors;

use super::{
    inotify::{Change, Watch},
    shared::Shared,
};
use k8s_openapi::api::core::v1::Pod;
use parking_lot::Mutex;
use skeg_client::Key;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::Notify;

/// What the files ask for, by namespace and name.
#[derive(Debug, Default)]
pub struct Statics {
    pods: Mutex<BTreeMap<Key, Arc<Pod>>>,
    /// Names whose pod came, changed or went since they were last taken.
    changed: Mutex<BTreeSet<Key>>,
    /// Told with each of them.
    pub told: Notify,
    /// Told when a mirror may have to be made or removed.
    pub mirrors: Notify,
}

impl Statics {
    pub fn get(&self, key: &Key) -> Option<Arc<Pod>> {
        self.pods.lock().get(key).cloned()
    }

    pub fn all(&self) -> Vec<(Key, Arc<Pod>)> {
        self.pods.lock().iter().map(|(key, pod)| (key.clone(), pod.clone())).collect()
    }

    pub fn take_changed(&self) -> BTreeSet<Key> {
        std::mem::take(&mut *self.changed.lock())
    }

    /// Lets every pod be looked at again: one may have waited for another of its name to end.
    pub fn again(&self) {
        let keys: Vec<Key> = self.pods.lock().keys().cloned().collect();
        self.note(keys);
    }

    fn note(&self, keys: Vec<Key>) {
        if !keys.is_empty() {
            self.changed.lock().extend(keys);
            self.told.notify_one();
        }
    }

    /// Takes over what the files say now.
    fn set(&self, found: BTreeMap<Key, Arc<Pod>>) {
        let mut pods = self.pods.lock();
        let uid = |pod: &Arc<Pod>| pod.metadata.uid.clone();
        let gone = pods.keys().filter(|key| !found.contains_key(*key)).cloned();
        let fresh = found.iter().filter(|(key, pod)| pods.get(*key).map(uid) != Some(uid(pod)));
        let keys: Vec<Key> = gone.chain(fresh.map(|(key, _)| key.clone())).collect();
        *pods = found;
        drop(pods);
        self.note(keys);
    }
}

/// Reads the files once.
pub async fn read(shared: &Shared) {
    let settings = &shared.config.settings;
    let Some(path) = settings.static_pods.clone() else { return };
    let node = shared.config.node_name.clone();
    let seen = shared.config.clock.now();
    let found = tokio::task::spawn_blocking(move || files::read(&path, &node, seen)).await;
    match found {
        Ok(Ok(found)) => shared.statics.set(found),
        Ok(Err(error)) => tracing::debug!(%error, "the folder of static pods cannot be read"),
        Err(_) => {}
    }
}

/// Looks at the files when they change and in the rhythm that is set, until it is dropped.
pub async fn keep(shared: Arc<Shared>) {
    let Some(path) = shared.config.settings.static_pods.clone() else { return };
    let mut watch = None;
    loop {
        if watch.is_none() {
            watch = Watch::of([&*path])
                .inspect_err(|error| tracing::debug!(%error, "the folder of static pods cannot be watched"))
                .ok();
        }
        read(&shared).await;
        tokio::select! {
            change = Watch::next(watch.as_ref()) => if change == Change::Over {
                watch = None;
            },
            () = tokio::time::sleep(shared.config.settings.files_looked_at_every) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let key = |name: &str| skeg_client::key::key(Some("default"), name);
        let pod = |uid: &str| {
            let mut pod = Pod::default();
            pod.metadata.uid = Some(uid.to_owned());
            Arc::new(pod)
        };
        let statics = Statics::default();
        statics.set([(key("a"), pod("1")), (key("b"), pod("2"))].into());
        assert_eq!(statics.take_changed(), [key("a"), key("b")].into());
        statics.set([(key("a"), pod("1")), (key("b"), pod("3"))].into());
        assert_eq!(statics.take_changed(), [key("b")].into());
        statics.set([(key("b"), pod("3"))].into());
        assert_eq!(statics.take_changed(), [key("a")].into());
        assert_eq!((statics.get(&key("a")), statics.all().len()), (None, 1));
    }
}
