//! Watches on the ConfigMaps and Secrets that pods refer to: a change wakes the workers of those pods. One watch for
//! each object, however many pods refer to it.
use super::{make::env::referenced, shared::Shared};
use crate::pod::spec::{containers, init_containers, namespace, spec, uid};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use parking_lot::Mutex;
use skeg_client::gvr_of;
use skeg_model::request::{Gvr, ListOptions, Target};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    ConfigMap,
    Secret,
}

impl Kind {
    fn gvr(self) -> Gvr {
        match self {
            Self::ConfigMap => gvr_of::<ConfigMap>(),
            Self::Secret => gvr_of::<Secret>(),
        }
    }
}

type ObjectKey = (Kind, String, String);

#[derive(Debug)]
struct Followed {
    pods: BTreeSet<String>,
    token: CancellationToken,
}

/// What is watched, and for whom.
#[derive(Debug, Default)]
pub struct Objects {
    followed: Mutex<BTreeMap<ObjectKey, Followed>>,
}

fn references(pod: &Pod) -> BTreeSet<ObjectKey> {
    let mut all = BTreeSet::new();
    let home = namespace(pod);
    let mut add = |kind, name: &str| {
        if !name.is_empty() {
            all.insert((kind, home.to_owned(), name.to_owned()));
        }
    };
    for volume in spec(pod).volumes.iter().flatten() {
        volume.config_map.iter().for_each(|it| add(Kind::ConfigMap, &it.name));
        volume.secret.iter().for_each(|it| add(Kind::Secret, it.secret_name.as_deref().unwrap_or_default()));
        for source in volume.projected.iter().flat_map(|it| it.sources.iter().flatten()) {
            source.config_map.iter().for_each(|it| add(Kind::ConfigMap, &it.name));
            source.secret.iter().for_each(|it| add(Kind::Secret, &it.name));
        }
    }
    for container in init_containers(pod).iter().chain(containers(pod)) {
        let (config_maps, secrets) = referenced(container);
        config_maps.iter().for_each(|name| add(Kind::ConfigMap, name));
        secrets.iter().for_each(|name| add(Kind::Secret, name));
    }
    all
}

/// Follows what the pod refers to, until it is forgotten.
pub(super) fn follow(shared: &Arc<Shared>, pod: &Pod) {
    let mut followed = shared.objects.followed.lock();
    for key in references(pod) {
        if let Some(known) = followed.get_mut(&key) {
            known.pods.insert(uid(pod).to_owned());
            continue;
        }
        let token = CancellationToken::new();
        let (own, shared_of_task, key_of_task) = (token.clone(), shared.clone(), key.clone());
        shared.tasks.spawn(async move {
            own.run_until_cancelled(watch(shared_of_task, key_of_task)).await;
        });
        followed.insert(key, Followed { pods: BTreeSet::from([uid(pod).to_owned()]), token });
    }
}

impl Objects {
    pub(super) fn forget(&self, pod_uid: &str) {
        self.followed.lock().retain(|_, it| {
            it.pods.remove(pod_uid);
            let keep = !it.pods.is_empty();
            if !keep {
                it.token.cancel();
            }
            keep
        });
    }

    fn pods(&self, key: &ObjectKey) -> Vec<String> {
        self.followed.lock().get(key).map(|it| it.pods.iter().cloned().collect()).unwrap_or_default()
    }
}

async fn watch(shared: Arc<Shared>, key: ObjectKey) {
    let (kind, namespace, name) = &key;
    let target = Target { gvr: kind.gvr(), namespace: Some(namespace.clone()), name: None, subresource: None };
    let options = ListOptions { field_selector: format!("metadata.name={name}"), ..ListOptions::default() };
    let mut wait = RETRY_MIN;
    loop {
        match shared.config.client.watch(&target, options.clone()).await {
            Ok(mut events) => {
                while let Some(Ok(_)) = events.next().await {
                    wait = RETRY_MIN;
                    for uid in shared.objects.pods(&key) {
                        shared.registry.wake_for_news(&uid);
                    }
                }
            }
            Err(error) => tracing::debug!(name, %error, "an object cannot be watched yet"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(RETRY_MAX);
    }
}
