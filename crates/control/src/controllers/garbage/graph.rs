//! Who depends on whom, by uid.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use skeg_client::Key;
use std::collections::{BTreeMap, BTreeSet};

/// Where an object lies: the resource's number and its key there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub resource: usize,
    pub key: Key,
}

impl Place {
    /// As the queue carries it.
    pub(super) fn to_key(&self) -> Key {
        format!("{} {}", self.resource, self.key).into()
    }

    pub(super) fn parse(key: &str) -> Option<Self> {
        let (resource, key) = key.split_once(' ')?;
        Some(Self { resource: resource.parse().ok()?, key: key.into() })
    }
}

#[derive(Debug, Default)]
pub(super) struct Graph {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    places: FxHashMap<String, Place>,
    dependents: FxHashMap<String, BTreeSet<Place>>,
    /// By which references an owner's deletion is blocked: how many of each dependent.
    blocking: FxHashMap<String, BTreeMap<Place, usize>>,
}

impl Graph {
    /// Takes one change of one object.
    pub(super) fn observe(&self, place: &Place, old: Option<&ObjectMeta>, new: Option<&ObjectMeta>) {
        let mut state = self.state.lock();
        if let Some(old) = old {
            state.remove(place, old);
        }
        if let Some(new) = new {
            state.add(place, new);
        }
    }

    /// Drops what is known of a resource's own objects. What depends on them stays: it is asked of the server.
    pub(super) fn forget(&self, resource: usize) {
        let mut state = self.state.lock();
        state.places.retain(|_, place| place.resource != resource);
        state.blocking.retain(|_, blockers| {
            blockers.retain(|place, _| place.resource != resource);
            !blockers.is_empty()
        });
        state.dependents.retain(|_, dependents| {
            dependents.retain(|place| place.resource != resource);
            !dependents.is_empty()
        });
    }

    /// Where the object with this uid lies.
    pub(super) fn place(&self, uid: &str) -> Option<Place> {
        self.state.lock().places.get(uid).cloned()
    }

    /// Whether dependents hold up the owner's deletion in the foreground.
    pub(super) fn is_blocked(&self, uid: &str) -> bool {
        self.state.lock().blocking.contains_key(uid)
    }

    pub(super) fn dependents(&self, uid: &str) -> Vec<Place> {
        self.state.lock().dependents.get(uid).into_iter().flatten().cloned().collect()
    }
}

impl State {
    fn add(&mut self, place: &Place, meta: &ObjectMeta) {
        if let Some(uid) = &meta.uid {
            self.places.insert(uid.clone(), place.clone());
        }
        for owner in meta.owner_references.iter().flatten() {
            self.dependents.entry(owner.uid.clone()).or_default().insert(place.clone());
            if owner.block_owner_deletion == Some(true) {
                *self.blocking.entry(owner.uid.clone()).or_default().entry(place.clone()).or_default() += 1;
            }
        }
    }

    fn remove(&mut self, place: &Place, meta: &ObjectMeta) {
        if let Some(uid) = &meta.uid {
            self.places.remove(uid);
        }
        for owner in meta.owner_references.iter().flatten() {
            if owner.block_owner_deletion == Some(true)
                && let Some(blockers) = self.blocking.get_mut(&owner.uid)
            {
                match blockers.get_mut(place) {
                    Some(count) if *count > 1 => *count -= 1,
                    _ => drop(blockers.remove(place)),
                }
                if blockers.is_empty() {
                    self.blocking.remove(&owner.uid);
                }
            }
            if let Some(dependents) = self.dependents.get_mut(&owner.uid) {
                dependents.remove(place);
                if dependents.is_empty() {
                    self.dependents.remove(&owner.uid);
                }
            }
        }
    }
}
