//! Hints for keeping traffic close: `spec.trafficDistribution` (KEP 2433, KEP 3015), or by zones' CPU.
use super::{
    pack::Changes,
    topology::{self, Counts, Shares},
};
use crate::runner::Note;
use k8s_openapi::api::{
    core::v1::{ObjectReference, Service},
    discovery::v1::{Endpoint, EndpointHints, EndpointSlice, ForNode, ForZone},
};
use skeg_client::{Object, reference_to};
use std::collections::BTreeMap;

/// What was last decided on a Service's hints by zones' CPU.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Told {
    on: bool,
    by_family: BTreeMap<&'static str, Counts>,
}

impl Told {
    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    pub(super) fn is_overloaded(&self, shares: Option<&Shares>) -> bool {
        self.by_family.values().any(|counts| topology::is_overloaded(counts, shares))
    }

    fn forget(&mut self, family: &str) {
        self.on = false;
        self.by_family.remove(family);
    }
}

/// Sets the hints of all slices of one family, including those that nothing else would change; answers what is to be
/// said about it.
pub(super) fn apply(
    service: &Service,
    family: &'static str,
    shares: Option<&Shares>,
    existing: &[&EndpointSlice],
    changes: &mut Changes,
    told: &mut Told,
) -> Option<Note> {
    let note = if topology::wanted(service) {
        match topology::assign(shares, unchanged(existing, changes), changes) {
            Ok(counts) => {
                told.by_family.insert(family, counts);
                let on = std::mem::replace(&mut told.on, true);
                (!on).then(|| Note::normal(about(service), topology::ENABLED, text("has been enabled", family)))
            }
            Err(why) => {
                told.forget(family);
                set(existing, changes, false, false);
                let text = format!("{why}, addressType: {family}");
                Some(Note::warning(about(service), topology::DISABLED, text))
            }
        }
    } else {
        let on = told.on;
        told.forget(family);
        let distribution = service.spec.as_ref().and_then(|spec| spec.traffic_distribution.as_deref());
        match distribution {
            Some("PreferClose" | "PreferSameZone") => set(existing, changes, true, false),
            Some("PreferSameNode") => set(existing, changes, true, true),
            _ => set(existing, changes, false, false),
        }
        on.then(|| Note::warning(about(service), topology::DISABLED, text("has been disabled", family)))
    };
    // A slice that came in for its hints may turn out to have the right ones.
    changes.update.retain(|new| !existing.iter().any(|old| old.name() == new.name() && *old == new));
    note
}

fn about(service: &Service) -> ObjectReference {
    reference_to(service)
}

fn text(what: &str, family: &str) -> String {
    format!("Topology Aware Hints {what}, addressType: {family}")
}

fn unchanged<'a>(existing: &[&'a EndpointSlice], changes: &Changes) -> Vec<&'a EndpointSlice> {
    let touched = |slice: &EndpointSlice| {
        let mut others = changes.update.iter().chain(&changes.delete);
        others.any(|other| other.name() == slice.name())
    };
    existing.iter().filter(|slice| !touched(slice)).copied().collect()
}

fn set(existing: &[&EndpointSlice], changes: &mut Changes, zones: bool, nodes: bool) {
    let hinted = |slice: &EndpointSlice| {
        let mut slice = slice.clone();
        slice.endpoints.iter_mut().flatten().for_each(|endpoint| hint(endpoint, zones, nodes));
        slice
    };
    for slice in changes.create.iter_mut().chain(&mut changes.update) {
        *slice = hinted(slice);
    }
    let unchanged = unchanged(existing, changes).into_iter();
    let stale: Vec<_> = unchanged.map(|slice| (slice, hinted(slice))).filter(|(old, new)| *old != new).collect();
    changes.update.extend(stale.into_iter().map(|(_, new)| new));
}

fn hint(endpoint: &mut Endpoint, zones: bool, nodes: bool) {
    if !zones {
        endpoint.hints = None;
        return;
    }
    if endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) != Some(true) {
        return;
    }
    let for_zones = endpoint.zone.clone().map(|name| vec![ForZone { name }]);
    let for_nodes = endpoint.node_name.clone().filter(|_| nodes).map(|name| vec![ForNode { name }]);
    let hints = EndpointHints { for_zones, for_nodes };
    endpoint.hints = (hints.for_zones.is_some() || hints.for_nodes.is_some()).then_some(hints);
}
