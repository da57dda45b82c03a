//! Hints for keeping traffic close: `spec.trafficDistribution` (KEP 2433, KEP 3015).
use super::pack::Changes;
use k8s_openapi::api::{
    core::v1::Service,
    discovery::v1::{Endpoint, EndpointHints, EndpointSlice, ForNode, ForZone},
};
use skeg_client::Object;

/// Sets the hints of all slices, including those that nothing else would change.
pub(super) fn apply(service: &Service, existing: &[&EndpointSlice], changes: &mut Changes) {
    let distribution = service.spec.as_ref().and_then(|spec| spec.traffic_distribution.as_deref());
    let (zones, nodes) = match distribution {
        Some("PreferClose" | "PreferSameZone") => (true, false),
        Some("PreferSameNode") => (true, true),
        _ => (false, false),
    };
    let hinted = |slice: &EndpointSlice| {
        let mut slice = slice.clone();
        slice.endpoints.iter_mut().flatten().for_each(|endpoint| hint(endpoint, zones, nodes));
        slice
    };
    for slice in changes.create.iter_mut().chain(&mut changes.update) {
        *slice = hinted(slice);
    }
    let touched = |slice: &EndpointSlice| {
        let mut others = changes.update.iter().chain(&changes.delete);
        others.any(|other| other.name() == slice.name())
    };
    let untouched = existing.iter().filter(|slice| !touched(slice));
    let stale: Vec<_> = untouched.map(|slice| (*slice, hinted(slice))).filter(|(old, new)| *old != new).collect();
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
