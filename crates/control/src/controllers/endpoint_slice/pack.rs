//! Spreads endpoints over slices with as few writes as possible.
use crate::{controllers::common::namespace_is_terminating, runner::Action};
use k8s_openapi::{
    api::{
        core::v1::ObjectReference,
        discovery::v1::{Endpoint, EndpointSlice},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use skeg_client::Object;
use skeg_model::status::Status;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Changes {
    pub create: Vec<EndpointSlice>,
    pub update: Vec<EndpointSlice>,
    pub delete: Vec<EndpointSlice>,
}

impl Changes {
    /// Slices to delete are reused for slices to create where that is possible: one write instead of two.
    pub(super) fn recycle(&mut self, reusable: impl Fn(&EndpointSlice) -> bool) {
        for old in std::mem::take(&mut self.delete) {
            let fits = |new: &mut EndpointSlice| reusable(&old) && new.address_type == old.address_type;
            match self.create.pop_if(fits) {
                Some(new) => {
                    let metadata = ObjectMeta {
                        labels: new.metadata.labels,
                        owner_references: new.metadata.owner_references,
                        ..old.metadata
                    };
                    self.update.push(EndpointSlice { metadata, ..new });
                }
                None => self.delete.push(old),
            }
        }
    }

    /// The writes, in the order in which traffic is lost least.
    pub(super) fn actions(&self) -> Vec<Action> {
        let creations = self.create.iter().map(|slice| Action::create(slice).accepting(namespace_is_terminating));
        let updates = self.update.iter().map(Action::update);
        let deletions = self.delete.iter().map(|slice| Action::delete(slice, None).accepting(Status::is_not_found));
        creations.chain(updates).chain(deletions).collect()
    }
}

/// What makes two endpoints the same one.
type Identity = (Vec<String>, Option<String>, Option<String>);

fn identity(endpoint: &Endpoint) -> Identity {
    let uid = endpoint.target_ref.as_ref().and_then(|target| target.uid.clone());
    (endpoint.addresses.clone(), endpoint.hostname.clone(), uid)
}

/// Equal but for hints, which are decided later.
fn same(a: &Endpoint, b: &Endpoint) -> bool {
    let target = |endpoint: &Endpoint| {
        endpoint.target_ref.clone().map(|target| ObjectReference { resource_version: None, ..target })
    };
    a.node_name == b.node_name && a.zone == b.zone && a.conditions == b.conditions && target(a) == target(b)
}

/// Whether two slices hold the same endpoints; their order means nothing.
pub(super) fn same_endpoints(a: &EndpointSlice, b: &EndpointSlice) -> bool {
    let known: BTreeMap<Identity, &Endpoint> = endpoints_of(a).iter().map(|it| (identity(it), it)).collect();
    let wanted: BTreeMap<Identity, &Endpoint> = endpoints_of(b).iter().map(|it| (identity(it), it)).collect();
    endpoints_of(a).len() == wanted.len()
        && wanted.iter().all(|(identity, new)| known.get(identity).is_some_and(|old| same(old, new)))
}

/// Packs the endpoints of one port set, at most `most` into a slice. First each existing slice loses and refreshes what changed; then changed slices
/// are filled, then one unchanged slice that can take the whole rest, then new ones.
pub(super) fn pack(
    existing: &[&EndpointSlice],
    endpoints: Vec<Endpoint>,
    labels: &BTreeMap<String, String>,
    fresh: &dyn Fn() -> EndpointSlice,
    most: usize,
    changes: &mut Changes,
) {
    let mut wanted: BTreeMap<Identity, Endpoint> =
        endpoints.into_iter().map(|endpoint| (identity(&endpoint), endpoint)).collect();
    let (mut changed, mut unchanged) = (Vec::new(), Vec::new());
    for slice in existing {
        let mut differs = false;
        let mut kept = Vec::with_capacity(endpoints_of(slice).len());
        for old in endpoints_of(slice) {
            if let Some(new) = wanted.remove(&identity(old)) {
                differs |= !same(&new, old);
                kept.push(new);
            }
        }
        differs |= kept.len() != endpoints_of(slice).len();
        if differs && kept.is_empty() {
            changes.delete.push((*slice).clone());
        } else if differs || own_labels(slice) != own_labels_of(labels) {
            changed.push(with(slice, kept, labels));
        } else {
            unchanged.push(*slice);
        }
    }
    let mut rest = wanted.into_values().collect::<Vec<_>>().into_iter().peekable();
    changed.sort_by_key(|slice| std::cmp::Reverse(endpoints_of(slice).len()));
    for slice in &mut changed {
        fill(slice, most, &mut rest);
    }
    while rest.peek().is_some() {
        let left = rest.len();
        let fits = unchanged.iter().copied().filter(|slice| endpoints_of(slice).len() + left <= most);
        let target = fits.filter(|_| left < most).max_by_key(|slice| endpoints_of(slice).len());
        match target {
            Some(slice) => {
                let mut filled = with(slice, endpoints_of(slice).to_vec(), labels);
                unchanged.retain(|other| other.name() != slice.name());
                fill(&mut filled, most, &mut rest);
                changed.push(filled);
            }
            None => {
                let mut slice = fresh();
                fill(&mut slice, most, &mut rest);
                changes.create.push(slice);
            }
        }
    }
    changes.update.extend(changed);
}

pub(super) fn endpoints_of(slice: &EndpointSlice) -> &[Endpoint] {
    slice.endpoints.as_deref().unwrap_or_default()
}

fn fill(slice: &mut EndpointSlice, most: usize, rest: &mut impl Iterator<Item = Endpoint>) {
    let room = most.saturating_sub(endpoints_of(slice).len());
    slice.endpoints.get_or_insert_default().extend(rest.take(room));
}

fn with(slice: &EndpointSlice, endpoints: Vec<Endpoint>, labels: &BTreeMap<String, String>) -> EndpointSlice {
    let mut slice = EndpointSlice { endpoints: Some(endpoints), ..slice.clone() };
    slice.metadata.labels = Some(labels.clone());
    slice
}

fn own_labels(slice: &EndpointSlice) -> BTreeMap<&str, &str> {
    slice.metadata.labels.as_ref().map(own_labels_of).unwrap_or_default()
}

/// Labels but the reserved ones.
fn own_labels_of(labels: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    let own = labels.iter().filter(|(name, _)| !super::is_reserved(name));
    own.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
