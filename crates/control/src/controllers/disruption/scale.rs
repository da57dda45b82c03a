//! How large the controllers of pods are meant to be.
use crate::controllers::Wiring;
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, ReplicaSet},
        core::v1::{Pod, ReplicationController},
    },
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use skeg_client::{Client, Informer, Object, key, object::target};
use skeg_model::{
    Value,
    request::{Call, Reply},
    status::Status,
};
use std::{collections::BTreeMap, sync::Arc};

/// What the controllers of some pods add up to.
#[derive(Debug, Default, Clone)]
pub(super) struct Scale {
    pub replicas: i32,
    /// Whether there are pods that nobody controls.
    pub unmanaged: bool,
}

pub(super) struct Scales {
    deployments: Informer<Deployment>,
    replica_sets: Informer<ReplicaSet>,
    controllers: Informer<ReplicationController>,
    client: Client,
}

/// A controller's uid and size.
type Sized = (String, i32);

impl Scales {
    pub(super) fn new(wiring: &mut Wiring<'_>) -> Self {
        Self {
            deployments: wiring.informer(),
            replica_sets: wiring.informer(),
            controllers: wiring.informer(),
            client: wiring.client(),
        }
    }

    /// Each controller counts once.
    pub(super) async fn of(&self, pods: &[Arc<Pod>]) -> Result<Scale, String> {
        let mut scale = Scale::default();
        let mut sizes: BTreeMap<String, i32> = BTreeMap::new();
        let mut seen: Vec<String> = Vec::new();
        for pod in pods {
            let Some(reference) = pod.controller() else {
                scale.unmanaged = true;
                continue;
            };
            if seen.contains(&reference.uid) {
                continue;
            }
            seen.push(reference.uid.clone());
            match self.find(reference, pod.namespace().unwrap_or_default()).await? {
                Some((uid, size)) => sizes.insert(uid, size),
                None => return Err(format!("found no controllers for pod {:?}", pod.name())),
            };
        }
        scale.replicas = sizes.values().sum();
        Ok(scale)
    }

    async fn find(&self, reference: &OwnerReference, namespace: &str) -> Result<Option<Sized>, String> {
        let group = reference.api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let found = match (group, reference.kind.as_str()) {
            ("", "ReplicationController") => self.controller(reference, namespace),
            ("apps" | "extensions", "ReplicaSet") => self.replica_set(reference, namespace),
            _ => None,
        };
        match found {
            Some(found) => Ok(Some(found)),
            None => self.scaled(reference, namespace).await,
        }
    }

    fn controller(&self, reference: &OwnerReference, namespace: &str) -> Option<Sized> {
        let found = self.controllers.get(&key::key(Some(namespace), &reference.name))?;
        let replicas = found.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        (found.uid() == reference.uid).then(|| (reference.uid.clone(), replicas))
    }

    /// The Deployment behind a ReplicaSet, or the ReplicaSet itself if there is none.
    fn replica_set(&self, reference: &OwnerReference, namespace: &str) -> Option<Sized> {
        let set = self.replica_sets.get(&key::key(Some(namespace), &reference.name))?;
        if set.uid() != reference.uid {
            return None;
        }
        let Some(owner) = set.controller().filter(|owner| owner.kind == "Deployment") else {
            return Some((reference.uid.clone(), set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)));
        };
        let deployment = self.deployments.get(&key::key(Some(namespace), &owner.name))?;
        let replicas = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        (deployment.uid() == owner.uid).then(|| (owner.uid.clone(), replicas))
    }

    /// Any other kind by its scale.
    async fn scaled(&self, reference: &OwnerReference, namespace: &str) -> Result<Option<Sized>, String> {
        let (version, kind) = (&reference.api_version, &reference.kind);
        let served = self.client.discover().await.map_err(|error| error.message)?.served;
        let Some(resource) = served.by_kind(version, kind) else {
            return Err(format!("no matches for kind {kind:?} in version {version:?}"));
        };
        if !resource.subresources.iter().any(|it| it == "scale") {
            return Err(format!("{} does not implement the scale subresource", resource.group_resource()));
        }
        let target = target(resource.gvr.clone(), Some(namespace), Some(&reference.name), Some("scale"));
        let scale: Value = match self.client.call(&target, Call::Get { resource_version: String::new() }).await {
            Ok(Reply::Object(object)) => object.tree(),
            Ok(Reply::Tree { value, .. }) => value,
            Ok(_) => return Err("a scale answered with something else".into()),
            Err(error) if Status::is_not_found(&error) => return Ok(None),
            Err(error) => return Err(error.message),
        };
        if scale["metadata"]["uid"] != reference.uid {
            return Ok(None);
        }
        let replicas = scale["spec"]["replicas"].as_i64().and_then(|count| i32::try_from(count).ok()).unwrap_or(0);
        Ok(Some((reference.uid.clone(), replicas)))
    }
}
