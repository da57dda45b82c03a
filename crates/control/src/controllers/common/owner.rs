//! Ownership by controller reference: who owns what, adoption of orphans and release of what no longer matches.
use super::selector;
use crate::runner::Action;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::json;
use skeg_client::{Informer, Key, Object, key};
use skeg_model::{meta::selector::LabelSelector, status::Status};
use std::sync::Arc;

/// Name of the index kept by [`index`].
const INDEX: &str = "controller";

/// The reference of a dependent to its controller.
pub fn controller_reference<K: Object>(owner: &K) -> OwnerReference {
    OwnerReference {
        api_version: K::API_VERSION.into(),
        kind: K::KIND.into(),
        name: owner.name().into(),
        uid: owner.uid().into(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// Indexes a view by controller uid, and what nobody controls by its labels.
pub fn index<K: Object>(informer: &Informer<K>) {
    informer.index(INDEX, |object| object.controller().map(|owner| owner.uid.clone()).into_iter().collect());
    selector::index_orphans(informer);
}

/// What the owner controls, from an indexed view.
pub fn controlled<K: Object>(informer: &Informer<K>, uid: &str) -> Vec<Arc<K>> {
    informer.by_index(INDEX, uid)
}

/// The key of an object's controller if it is a `K`.
pub fn controller_key<K: Object>(dependent: &impl Object) -> Option<Key> {
    let owner = dependent.controller()?;
    (owner.kind == K::KIND && owner.api_version == K::API_VERSION).then(|| key::key(dependent.namespace(), &owner.name))
}

/// What an owner has, wants and no longer wants.
#[derive(Debug)]
pub struct Claims<T> {
    pub claimed: Vec<Arc<T>>,
    pub adopt: Vec<Arc<T>>,
    pub release: Vec<Arc<T>>,
}

impl<T> Default for Claims<T> {
    fn default() -> Self {
        Self { claimed: Vec::new(), adopt: Vec::new(), release: Vec::new() }
    }
}

impl<T: Object> Claims<T> {
    /// Sorts candidates: an owner that is being deleted neither adopts nor releases.
    pub fn new<O: Object>(owner: &O, selector: &LabelSelector, candidates: Vec<Arc<T>>) -> Self {
        let mut claims = Self::default();
        for candidate in candidates {
            let matches = selector::selects(selector, &*candidate);
            match candidate.controller() {
                Some(reference) if reference.uid != owner.uid() => {}
                Some(_) if matches => claims.claimed.push(candidate),
                Some(_) if !owner.is_deleting() => claims.release.push(candidate),
                None if matches && !owner.is_deleting() && !candidate.is_deleting() => claims.adopt.push(candidate),
                _ => {}
            }
        }
        claims
    }

    /// Whether nothing must change hands.
    pub fn settled(&self) -> bool {
        self.adopt.is_empty() && self.release.is_empty()
    }

    /// The patches that settle them.
    pub fn actions<O: Object>(&self, owner: &O) -> Vec<Action> {
        let adopt = self.adopt.iter().map(|object| adopt(&**object, owner));
        let release = self.release.iter().map(|object| release(&**object, owner.uid()));
        adopt.chain(release).collect()
    }
}

fn adopt<T: Object, O: Object>(object: &T, owner: &O) -> Action {
    let mut references = object.meta().owner_references.clone().unwrap_or_default();
    references.retain(|reference| reference.uid != owner.uid());
    references.push(controller_reference(owner));
    replace(object, &references)
}

fn release<T: Object>(object: &T, owner: &str) -> Action {
    let mut references = object.meta().owner_references.clone().unwrap_or_default();
    references.retain(|reference| reference.uid != owner);
    replace(object, &references)
}

fn replace<T: Object>(object: &T, references: &[OwnerReference]) -> Action {
    let references = if references.is_empty() { json!(null) } else { json!(references) };
    Action::patch(object, None, json!({ "metadata": { "ownerReferences": references } }))
        .accepting(Status::is_not_found)
}
