//! The garbage collector: dependents go when all their owners are gone; owners that are deleted in the foreground wait
//! for their blocking dependents; orphaning cuts the ties first.
mod decide;
mod graph;

use super::{
    Context,
    common::resource::{self, Resource},
};
use crate::runner::{Plan, Queue, Reconciler};
use decide::{Owner, View};
use graph::{Graph, Place};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use skeg_client::{Change, Client, Informer, Key, informer::Metadata};
use skeg_model::status::Status;
use std::sync::Arc;

pub(super) const FOREGROUND: &str = "foregroundDeletion";
pub(super) const ORPHAN: &str = "orphan";
/// Events are too many, too short-lived and owned by nobody.
const IGNORED: &[&str] = &["events"];

struct Controller {
    world: Arc<World>,
    client: Client,
}

/// Every resource's view and who depends on whom.
pub(super) struct World {
    resources: Vec<Resource>,
    views: Vec<Informer<Metadata>>,
    graph: Graph,
}

/// The garbage-collector controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("generic-garbage-collector", "garbage-collector-controller");
    let mut resources = resource::all();
    resources.retain(|resource| !IGNORED.contains(&&*resource.gvr.resource));
    let views: Vec<_> = resources.iter().map(|resource| wiring.metadata_informer(&resource.gvr)).collect();
    let world = Arc::new(World { resources, views, graph: Graph::default() });
    for (index, view) in world.views.iter().enumerate() {
        let (world, queue) = (world.clone(), wiring.queue());
        view.on_change(move |change| world.observe(index, change, &queue));
    }
    let client = wiring.client();
    wiring.run(Controller { world, client }, context.config.concurrency.gc);
}

impl World {
    /// Keeps the graph and marks what a change may concern.
    fn observe(&self, index: usize, change: &Change<'_, Metadata>, queue: &Queue) {
        let place = Place { resource: index, key: change.key.clone() };
        let old = change.old.map(|object| &object.metadata);
        let new = change.new.map(|object| &object.metadata);
        self.graph.observe(&place, old, new);
        if new.is_some_and(|new| new.owner_references.is_some() || waits(new)) {
            queue.add(&place.to_key());
        }
        let gone = old.filter(|old| new.is_none_or(|new| new.uid != old.uid));
        let began = new.filter(|new| has(new, FOREGROUND) && old.is_none_or(|old| !has(old, FOREGROUND)));
        for owner in gone.into_iter().chain(began) {
            let dependents = self.graph.dependents(owner.uid.as_deref().unwrap_or_default());
            dependents.iter().for_each(|dependent| queue.add(&dependent.to_key()));
        }
        // Owners that wait in the foreground look again when the last dependent that blocks them goes or lets go.
        for reference in old.iter().flat_map(|old| old.owner_references.iter().flatten()) {
            let owner = self.graph.place(&reference.uid).filter(|_| !self.graph.is_blocked(&reference.uid));
            if let Some(owner) =
                owner.filter(|owner| self.metadata(owner).is_some_and(|meta| has(&meta.metadata, FOREGROUND)))
            {
                queue.add(&owner.to_key());
            }
        }
    }

    fn metadata(&self, place: &Place) -> Option<Arc<Metadata>> {
        self.views[place.resource].get(&place.key)
    }

    fn dependents(&self, uid: &str) -> Vec<(&Resource, Arc<Metadata>)> {
        let places = self.graph.dependents(uid);
        let found = places.iter().filter_map(|place| Some((&self.resources[place.resource], self.metadata(place)?)));
        found.collect()
    }
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
        let Some(object) = self.world.metadata(&place) else { return Ok(None) };
        let resource = self.world.resources[place.resource].clone();
        let meta = &object.metadata;
        if meta.deletion_timestamp.is_some() {
            return Ok(self.gather_deleting(resource, meta));
        }
        let references = meta.owner_references.as_deref().unwrap_or_default();
        if references.iter().all(|reference| self.is_solid(meta, reference)) {
            return Ok(None);
        }
        self.gather_live(resource, meta).await
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        decide::decide(view)
    }
}

impl Controller {
    fn gather_deleting(&self, resource: Resource, meta: &ObjectMeta) -> Option<View> {
        if !waits(meta) {
            return None;
        }
        let uid = meta.uid.as_deref().unwrap_or_default();
        if !has(meta, ORPHAN) {
            return (!self.world.graph.is_blocked(uid)).then(|| View::Waiting { resource, meta: meta.clone() });
        }
        let dependents = self.world.dependents(uid).into_iter();
        let dependents = dependents.map(|(resource, object)| (resource.clone(), object)).collect();
        Some(View::Orphaning { resource, meta: meta.clone(), dependents })
    }

    /// Whether the views know the owner, and that it keeps its dependents. What they do not know is asked of the server.
    fn is_solid(&self, meta: &ObjectMeta, reference: &OwnerReference) -> bool {
        let Some(place) = self.world.graph.place(&reference.uid) else { return false };
        let resource = &self.world.resources[place.resource];
        let Some(owner) = self.world.metadata(&place) else { return false };
        let owner = &owner.metadata;
        resource.is(&reference.api_version, &reference.kind)
            && owner.name.as_deref() == Some(&reference.name)
            && (!resource.namespaced || owner.namespace == meta.namespace)
            && !(owner.deletion_timestamp.is_some() && has(owner, FOREGROUND))
    }

    async fn gather_live(&self, resource: Resource, meta: &ObjectMeta) -> Result<Option<View>, Status> {
        let name = meta.name.as_deref().unwrap_or_default();
        let Some(latest) = self.live(&resource, meta.namespace.as_deref(), name).await? else { return Ok(None) };
        if latest.uid != meta.uid {
            return Ok(None);
        }
        let mut owners = Vec::new();
        for reference in latest.owner_references.iter().flatten() {
            owners.push((reference.clone(), self.owner(&latest, reference).await?));
        }
        let uid = latest.uid.as_deref().unwrap_or_default();
        let dependents = self.world.dependents(uid);
        let cycle = dependents.iter().any(|(_, it)| waits(&it.metadata) && has(&it.metadata, FOREGROUND));
        let has_dependents = !dependents.is_empty();
        Ok(Some(View::Owned { resource, meta: latest, owners, has_dependents, cycle }))
    }

    async fn owner(&self, dependent: &ObjectMeta, reference: &OwnerReference) -> Result<Owner, Status> {
        let found = self.world.resources.iter().find(|it| it.is(&reference.api_version, &reference.kind));
        let Some(resource) = found else {
            let (version, kind) = (&reference.api_version, &reference.kind);
            return Err(Status::internal(format!("unable to get REST mapping for {version}/{kind}.")));
        };
        if resource.namespaced && dependent.namespace.is_none() {
            return Ok(Owner::OutOfReach);
        }
        let namespace = dependent.namespace.as_deref().filter(|_| resource.namespaced);
        match self.live(resource, namespace, &reference.name).await? {
            Some(owner) if owner.uid.as_deref() == Some(&reference.uid) => {
                let waiting = owner.deletion_timestamp.is_some() && has(&owner, FOREGROUND);
                Ok(if waiting { Owner::Waiting } else { Owner::Solid })
            }
            _ => Ok(Owner::Absent { elsewhere: self.world.graph.place(&reference.uid).is_some() }),
        }
    }

    async fn live(
        &self,
        resource: &Resource,
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
