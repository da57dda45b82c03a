//! The garbage collector: dependents go when all their owners are gone; owners that are deleted in the foreground wait
//! for their blocking dependents; orphaning cuts the ties first.
mod decide;
mod graph;
mod world;

use super::Context;
use crate::runner::{Plan, Reconciler};
use decide::{Owner, View};
use graph::Place;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use skeg_client::{Client, Key, discovery::ApiResource, informer::Metadata};
use skeg_model::status::Status;
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;
use world::World;

pub(super) const FOREGROUND: &str = "foregroundDeletion";
pub(super) const ORPHAN: &str = "orphan";

/// Views that are not full after this long are no longer waited for: an aggregated API may be out of order for ever.
const FIRST_LISTS_TIMEOUT: Duration = Duration::from_secs(30);

struct Controller {
    world: Arc<World>,
    client: Client,
}

/// The garbage-collector controller.
pub fn start(context: &Context) {
    let wiring = context.controller("generic-garbage-collector", "garbage-collector-controller");
    let world = Arc::new(World::new(context.informers.clone(), wiring.queue()));
    let mut served = context.informers.discovery();
    let (first, synced) = oneshot::channel();
    let (kept, ready) = (world.clone(), world.clone());
    context.tasks.spawn(async move {
        let mut first = Some(first);
        while served.changed().await.is_ok() {
            let Some(served) = served.borrow_and_update().clone() else { continue };
            kept.sync(served);
            drop(first.take());
        }
    });
    let ready = async move {
        // The sender is dropped when the first answer is in.
        drop(synced.await as Result<(), _>);
        drop(tokio::time::timeout(FIRST_LISTS_TIMEOUT, ready.ready()).await);
    };
    let client = wiring.client();
    wiring.run_when(ready, Controller { world, client }, context.config.concurrency.gc);
}

/// Being deleted, and waiting for the collector.
fn waits(meta: &ObjectMeta) -> bool {
    meta.deletion_timestamp.is_some() && (has(meta, FOREGROUND) || has(meta, ORPHAN))
}

pub(super) fn has(meta: &ObjectMeta, finalizer: &str) -> bool {
    meta.finalizers.iter().flatten().any(|it| it == finalizer)
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(place) = Place::parse(key) else { return Ok(None) };
        let Some(monitor) = self.world.monitor(&place) else { return Ok(None) };
        let Some(object) = monitor.view.get(&place.key) else { return Ok(None) };
        let meta = &object.metadata;
        if meta.deletion_timestamp.is_some() {
            return Ok(self.gather_deleting(monitor.resource, meta));
        }
        let references = meta.owner_references.as_deref().unwrap_or_default();
        if references.iter().all(|reference| self.is_solid(meta, reference)) {
            return Ok(None);
        }
        self.gather_live(&place, monitor.resource, meta).await
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        decide::decide(view)
    }
}

impl Controller {
    fn gather_deleting(&self, resource: Arc<ApiResource>, meta: &ObjectMeta) -> Option<View> {
        if !waits(meta) {
            return None;
        }
        let uid = meta.uid.as_deref().unwrap_or_default();
        if !has(meta, ORPHAN) {
            return (!self.world.graph.is_blocked(uid)).then(|| View::Waiting { resource, meta: meta.clone() });
        }
        Some(View::Orphaning { resource, meta: meta.clone(), dependents: self.world.dependents(uid) })
    }

    /// Whether the views know the owner, and that it keeps its dependents. What they do not know is asked of the server.
    fn is_solid(&self, meta: &ObjectMeta, reference: &OwnerReference) -> bool {
        let Some(place) = self.world.graph.place(&reference.uid) else { return false };
        let Some(monitor) = self.world.monitor(&place) else { return false };
        let Some(owner) = monitor.view.get(&place.key) else { return false };
        let (owner, resource) = (&owner.metadata, &monitor.resource);
        let kind = self.world.kind(&reference.api_version, &reference.kind);
        kind.is_some_and(|kind| kind.group_resource() == resource.group_resource())
            && owner.name.as_deref() == Some(&reference.name)
            && (!resource.namespaced || owner.namespace == meta.namespace)
            && !(owner.deletion_timestamp.is_some() && has(owner, FOREGROUND))
    }

    async fn gather_live(
        &self,
        place: &Place,
        resource: Arc<ApiResource>,
        meta: &ObjectMeta,
    ) -> Result<Option<View>, Status> {
        let name = meta.name.as_deref().unwrap_or_default();
        let Some(latest) = self.live(&resource, meta.namespace.as_deref(), name).await? else { return Ok(None) };
        if latest.uid != meta.uid {
            return Ok(None);
        }
        let mut owners = Vec::new();
        for reference in latest.owner_references.iter().flatten() {
            owners.push((reference.clone(), self.owner(place, &latest, reference).await?));
        }
        let uid = latest.uid.as_deref().unwrap_or_default();
        let dependents = self.world.dependents(uid);
        let cycle = dependents.iter().any(|(_, it)| waits(&it.metadata) && has(&it.metadata, FOREGROUND));
        let has_dependents = !dependents.is_empty();
        Ok(Some(View::Owned { resource, meta: latest, owners, has_dependents, cycle }))
    }

    async fn owner(&self, place: &Place, dependent: &ObjectMeta, reference: &OwnerReference) -> Result<Owner, Status> {
        let (version, kind) = (&reference.api_version, &reference.kind);
        let Some(resource) = self.world.kind(version, kind) else {
            self.world.await_kind(version, kind, place);
            return Err(Status::internal(format!("unable to get REST mapping for {version}/{kind}.")));
        };
        let misplaced = self.is_misplaced(dependent, reference);
        if resource.namespaced && dependent.namespace.is_none() {
            return Ok(Owner::OutOfReach { misplaced });
        }
        let namespace = dependent.namespace.as_deref().filter(|_| resource.namespaced);
        match self.live(&resource, namespace, &reference.name).await? {
            Some(owner) if owner.uid.as_deref() == Some(&reference.uid) => {
                let waiting = owner.deletion_timestamp.is_some() && has(&owner, FOREGROUND);
                Ok(if waiting { Owner::Waiting } else { Owner::Solid })
            }
            _ => Ok(Owner::Absent { misplaced }),
        }
    }

    /// Whether the owner was seen in another namespace.
    fn is_misplaced(&self, dependent: &ObjectMeta, reference: &OwnerReference) -> bool {
        let place = self.world.graph.place(&reference.uid);
        let owner: Option<Arc<Metadata>> = place.and_then(|place| self.world.metadata(&place));
        owner.is_some_and(|owner| owner.metadata.namespace.is_some() && owner.metadata.namespace != dependent.namespace)
    }

    async fn live(
        &self,
        resource: &ApiResource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<ObjectMeta>, Status> {
        match self.client.get_stored(resource.gvr.clone(), namespace, name).await {
            Ok(stored) => {
                let object: Metadata = serde_json::from_slice(&stored.wire_json()).map_err(Status::internal)?;
                Ok(Some(object.metadata))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
