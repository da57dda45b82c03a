//! The views of all resources that there are, kept in step with discovery, and who depends on whom.
use super::{
    FOREGROUND,
    graph::{Graph, Place},
    has, waits,
};
use crate::runner::{Informers, Queue};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use parking_lot::{Mutex, RwLock};
use skeg_client::{
    Change, Fence, Informer, Key,
    discovery::{ApiResource, Served},
    informer::Metadata,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Events are too many, too short-lived and owned by nobody.
const IGNORED: &[&str] = &["events", "events.events.k8s.io"];
const VERBS: [&str; 3] = ["delete", "list", "watch"];

/// apiVersion and kind, as references tell them.
type KindName = (String, String);

pub(super) struct World {
    informers: Arc<Informers>,
    queue: Arc<Queue>,
    monitors: RwLock<Monitors>,
    /// Objects whose owners' kinds are not served, by such a kind.
    strangers: Mutex<BTreeMap<KindName, BTreeSet<Key>>>,
    pub(super) graph: Graph,
}

#[derive(Default)]
struct Monitors {
    /// A resource that is no longer served leaves its number to the next new one.
    slots: Vec<Option<Monitor>>,
    served: Arc<Served>,
}

/// One resource and its metadata.
#[derive(Clone)]
pub(super) struct Monitor {
    pub resource: Arc<ApiResource>,
    pub view: Informer<Metadata>,
}

impl World {
    pub(super) fn new(informers: Arc<Informers>, queue: Arc<Queue>) -> Self {
        let (monitors, strangers) = (RwLock::default(), Mutex::default());
        Self { informers, queue, monitors, strangers, graph: Graph::default() }
    }

    /// Starts views of what is new, ends those of what is gone; group versions that fail keep what they have.
    pub(super) fn sync(self: &Arc<Self>, served: Arc<Served>) {
        let wanted: Vec<ApiResource> = served.preferred().filter(|it| is_collected(it)).cloned().collect();
        let mut monitors = self.monitors.write();
        let gone = |monitor: &Monitor| {
            !wanted.iter().any(|it| is_same(it, &monitor.resource))
                && !served.failures().contains_key(&monitor.resource.api_version())
        };
        for (index, slot) in monitors.slots.iter_mut().enumerate() {
            if let Some(monitor) = slot.take_if(|monitor| gone(monitor)) {
                self.informers.forget_metadata(&monitor.resource.gvr);
                self.graph.forget(index);
            }
        }
        let mut new = Vec::new();
        for resource in wanted {
            if !monitors.slots.iter().flatten().any(|monitor| is_same(&monitor.resource, &resource)) {
                let view = self.informers.metadata(&resource.gvr);
                new.push(monitors.put(Monitor { resource: Arc::new(resource), view }));
            }
        }
        monitors.served = served;
        drop(monitors);
        for (index, monitor) in new {
            let (world, resource) = (self.clone(), monitor.resource);
            monitor.view.on_change(move |change| world.observe(index, &resource, change));
        }
        self.meet_strangers();
    }

    /// Objects whose owners' kinds have become known are looked at.
    fn meet_strangers(&self) {
        let served = self.monitors.read().served.clone();
        self.strangers.lock().retain(|(api_version, kind), keys| {
            let met = served.by_kind(api_version, kind).is_some();
            if met {
                keys.iter().for_each(|key| self.queue.add(key));
            }
            !met
        });
    }

    /// The object is looked at again once there is such a kind.
    pub(super) fn await_kind(&self, api_version: &str, kind: &str, place: &Place) {
        let mut strangers = self.strangers.lock();
        strangers.entry((api_version.to_owned(), kind.to_owned())).or_default().insert(place.to_key());
    }

    /// Keeps the graph and marks what a change may concern.
    fn observe(&self, index: usize, resource: &Arc<ApiResource>, change: &Change<'_, Metadata>) {
        let place = Place { resource: index, key: change.key.clone() };
        let old = change.old.map(|object| &object.metadata);
        let new = change.new.map(|object| &object.metadata);
        {
            let monitors = self.monitors.read();
            if monitors.get(index).is_none_or(|monitor| !Arc::ptr_eq(&monitor.resource, resource)) {
                return;
            }
            self.graph.observe(&place, old, new);
        }
        if new.is_some_and(|new| new.owner_references.is_some() || waits(new)) {
            self.queue.add(&place.to_key());
        } else if new.is_none() {
            self.forget_stranger(&place, old);
        }
        let gone = old.filter(|old| new.is_none_or(|new| new.uid != old.uid));
        // The finalizer may have been there before the deletion was.
        let begins = |meta: &ObjectMeta| meta.deletion_timestamp.is_some() && has(meta, FOREGROUND);
        let began = new.filter(|new| begins(new) && old.is_none_or(|old| !begins(old)));
        for owner in gone.into_iter().chain(began) {
            let dependents = self.graph.dependents(owner.uid.as_deref().unwrap_or_default());
            dependents.iter().for_each(|dependent| self.queue.add(&dependent.to_key()));
        }
        // Owners that wait in the foreground look again when the last dependent that blocks them goes or lets go.
        for reference in old.iter().flat_map(|old| old.owner_references.iter().flatten()) {
            let owner = self.graph.place(&reference.uid).filter(|_| !self.graph.is_blocked(&reference.uid));
            if let Some(owner) =
                owner.filter(|owner| self.metadata(owner).is_some_and(|meta| has(&meta.metadata, FOREGROUND)))
            {
                self.queue.add(&owner.to_key());
            }
        }
    }

    fn forget_stranger(&self, place: &Place, old: Option<&ObjectMeta>) {
        let mut strangers = self.strangers.lock();
        if strangers.is_empty() {
            return;
        }
        for owner in old.iter().flat_map(|old| old.owner_references.iter().flatten()) {
            let kind = (owner.api_version.clone(), owner.kind.clone());
            if let Some(keys) = strangers.get_mut(&kind) {
                keys.remove(&place.to_key());
                if keys.is_empty() {
                    strangers.remove(&kind);
                }
            }
        }
    }

    /// Waits until all views that there are hold their first lists.
    pub(super) async fn ready(&self) {
        let views: Vec<_> = self.monitors.read().slots.iter().flatten().map(|monitor| monitor.view.clone()).collect();
        for view in views {
            // One that has ended was given up meanwhile.
            let _ended = Fence::ready(&view).await;
        }
    }

    pub(super) fn monitor(&self, place: &Place) -> Option<Monitor> {
        self.monitors.read().get(place.resource).cloned()
    }

    pub(super) fn metadata(&self, place: &Place) -> Option<Arc<Metadata>> {
        self.monitor(place)?.view.get(&place.key)
    }

    /// What a reference's apiVersion and kind mean.
    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<ApiResource> {
        self.monitors.read().served.by_kind(api_version, kind).cloned()
    }

    pub(super) fn dependents(&self, uid: &str) -> Vec<(Arc<ApiResource>, Arc<Metadata>)> {
        let found = self.graph.dependents(uid).into_iter().filter_map(|place| {
            let monitor = self.monitor(&place)?;
            Some((monitor.resource, monitor.view.get(&place.key)?))
        });
        found.collect()
    }
}

impl Monitors {
    fn get(&self, index: usize) -> Option<&Monitor> {
        self.slots.get(index)?.as_ref()
    }

    fn put(&mut self, monitor: Monitor) -> (usize, Monitor) {
        let free = self.slots.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[index] = Some(monitor.clone());
        (index, monitor)
    }
}

fn is_same(one: &ApiResource, other: &ApiResource) -> bool {
    (&one.gvr, &one.kind, one.namespaced) == (&other.gvr, &other.kind, other.namespaced)
}

fn is_collected(resource: &ApiResource) -> bool {
    VERBS.iter().all(|verb| resource.has(verb)) && !IGNORED.contains(&resource.group_resource().as_str())
}
