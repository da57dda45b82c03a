//! Hints that share traffic out over zones by their CPU (`service.kubernetes.io/topology-mode: Auto`, KEP 2433).
use super::pack::Changes;
use crate::controllers::node_lifecycle::is_ready;
use k8s_openapi::api::{
    core::v1::{Node, Service},
    discovery::v1::{Endpoint, EndpointHints, EndpointSlice, ForZone},
};
use rustc_hash::FxHashMap;
use skeg_client::{Key, Object};
use skeg_model::meta::quantity::Quantity;
use std::collections::BTreeMap;

const MODE: &str = "service.kubernetes.io/topology-mode";
/// The older name; it counts first.
const MODE_OLD: &str = "service.kubernetes.io/topology-aware-hints";
const ZONE: &str = "topology.kubernetes.io/zone";
/// By how much an endpoint may get more than its share of traffic.
const OVERLOAD: f64 = 0.2;

pub(super) const ENABLED: &str = "TopologyAwareHintsEnabled";
pub(super) const DISABLED: &str = "TopologyAwareHintsDisabled";

/// Each zone's share of the cluster's CPU.
pub(super) type Shares = BTreeMap<String, f64>;
/// Endpoints by the zone that they are hinted to.
pub(super) type Counts = BTreeMap<String, usize>;

/// Whether a Service asks for such hints.
pub(super) fn wanted(service: &Service) -> bool {
    let mode = service.annotation(MODE_OLD).or_else(|| service.annotation(MODE));
    matches!(mode, Some("Auto" | "auto"))
}

/// What a node adds to the shares.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Cpu {
        zone: String,
        millis: i128,
    },
    /// A node without zone or CPU makes all shares unknown.
    Unknown,
}

/// The CPU of ready nodes by zone, kept node by node.
#[derive(Debug, Default)]
pub(super) struct Zones {
    nodes: FxHashMap<Key, Part>,
    millis: BTreeMap<String, i128>,
    counts: BTreeMap<String, usize>,
    unknown: usize,
}

impl Zones {
    /// Takes a node's change; answers whether shares may have changed.
    pub(super) fn observe(&mut self, key: &Key, node: Option<&Node>) -> bool {
        let new = node.and_then(part);
        if self.nodes.get(key) == new.as_ref() {
            return false;
        }
        match self.nodes.remove(key) {
            Some(Part::Cpu { zone, millis }) => self.change(&zone, -millis, false),
            Some(Part::Unknown) => self.unknown -= 1,
            None => {}
        }
        match &new {
            Some(Part::Cpu { zone, millis }) => self.change(&zone.clone(), *millis, true),
            Some(Part::Unknown) => self.unknown += 1,
            None => {}
        }
        if let Some(new) = new {
            self.nodes.insert(key.clone(), new);
        }
        true
    }

    fn change(&mut self, zone: &str, millis: i128, more: bool) {
        let count = self.counts.entry(zone.into()).or_default();
        *count = if more { *count + 1 } else { *count - 1 };
        if *count == 0 {
            self.counts.remove(zone);
            self.millis.remove(zone);
        } else {
            *self.millis.entry(zone.into()).or_default() += millis;
        }
    }

    /// None while they are unknown or there is but one zone.
    pub(super) fn shares(&self) -> Option<Shares> {
        let total: i128 = self.millis.values().sum();
        if self.unknown > 0 || total == 0 || self.millis.len() < 2 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
        Some(self.millis.iter().map(|(zone, millis)| (zone.clone(), *millis as f64 / total as f64)).collect())
    }
}

fn part(node: &Node) -> Option<Part> {
    let excluded = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
    if excluded.iter().any(|label| node.label(label).is_some()) || !is_ready(node) {
        return None;
    }
    let cpu = node.status.as_ref().and_then(|status| status.allocatable.as_ref()?.get("cpu"));
    let millis = cpu.and_then(|cpu| cpu.0.parse::<Quantity>().ok()).map_or(0, |cpu| i128::from(cpu.milli_value()));
    let zone = node.label(ZONE).unwrap_or_default();
    Some(if zone.is_empty() || millis == 0 { Part::Unknown } else { Part::Cpu { zone: zone.into(), millis } })
}

/// Whether hints given out so far overload a zone by today's shares.
pub(super) fn is_overloaded(counts: &Counts, shares: Option<&Shares>) -> bool {
    if counts.is_empty() {
        return false;
    }
    let Some(shares) = shares else { return true };
    let total: usize = counts.values().sum();
    shares.iter().any(|(zone, share)| counts.get(zone).is_none_or(|count| *count < least(total, *share)))
}

/// The endpoints that a zone needs at least.
#[expect(clippy::cast_precision_loss, reason = "endpoint counts are far below 2^52")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small count")]
fn least(total: usize, share: f64) -> usize {
    (total as f64 * share * (1.0 / (1.0 + OVERLOAD))).ceil() as usize
}

struct Allocation {
    least: usize,
    most: usize,
    desired: f64,
}

/// What each zone should get; Err says why that cannot be told.
#[expect(clippy::cast_precision_loss, reason = "endpoint counts are far below 2^52")]
fn allocations(endpoints: usize, shares: Option<&Shares>) -> Result<BTreeMap<String, Allocation>, String> {
    let Some(shares) = shares else {
        return Err("Insufficient Node information: allocatable CPU or zone not specified on one or more nodes".into());
    };
    let zones = shares.len();
    if zones > endpoints {
        return Err(format!("Insufficient number of endpoints ({endpoints} endpoints, {zones} zones)"));
    }
    let of = |share: &f64| {
        let least = least(endpoints, *share);
        Allocation { least, most: 0, desired: (share * endpoints as f64).max(least as f64) }
    };
    let mut all: BTreeMap<String, Allocation> = shares.iter().map(|(zone, share)| (zone.clone(), of(share))).collect();
    let needed: usize = all.values().map(|it| it.least).sum();
    let Some(spare) = endpoints.checked_sub(needed) else {
        let why = "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold";
        return Err(format!("{why} ({endpoints} endpoints, {zones} zones)"));
    };
    all.values_mut().for_each(|it| it.most = it.least + spare);
    Ok(all)
}

fn is_up(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) == Some(true)
}

fn up(slice: &EndpointSlice) -> impl Iterator<Item = &Endpoint> {
    slice.endpoints.iter().flatten().filter(|endpoint| is_up(endpoint))
}

fn hint(zone: &str) -> Option<EndpointHints> {
    Some(EndpointHints { for_zones: Some(vec![ForZone { name: zone.into() }]), for_nodes: None })
}

/// Sets the hints of all slices of one family that need new ones; Err says why there can be none.
pub(super) fn assign(
    shares: Option<&Shares>,
    unchanged: Vec<&EndpointSlice>,
    changes: &mut Changes,
) -> Result<Counts, String> {
    let changed = || changes.create.iter().chain(&changes.update);
    let endpoints = changed().chain(unchanged.iter().copied()).map(|slice| up(slice).count()).sum();
    let allocations = allocations(endpoints, shares)?;
    let mut counts = Counts::new();
    for slice in unchanged {
        match hinted(slice, &counts, &allocations) {
            Some(more) => more.into_iter().for_each(|(zone, count)| *counts.entry(zone).or_default() += count),
            None => changes.update.push(slice.clone()),
        }
    }
    let mut slices: Vec<&mut EndpointSlice> = changes.create.iter_mut().chain(&mut changes.update).collect();
    for slice in &mut slices {
        for endpoint in slice.endpoints.iter_mut().flatten().filter(|endpoint| is_up(endpoint)) {
            let zone = endpoint.zone.as_deref().filter(|zone| !zone.is_empty());
            let zone = zone.ok_or("One or more endpoints do not have a zone specified")?.to_owned();
            endpoint.hints = hint(&zone);
            *counts.entry(zone).or_default() += 1;
        }
    }
    redistribute(&mut slices, &allocations, &mut counts);
    if counts.is_empty() { Err("No hints allocated for zones".into()) } else { Ok(counts) }
}

/// The hints that a slice has, if they may stay.
fn hinted(slice: &EndpointSlice, counts: &Counts, allocations: &BTreeMap<String, Allocation>) -> Option<Counts> {
    let mut own = Counts::new();
    for endpoint in up(slice) {
        let zones = endpoint.hints.as_ref()?.for_zones.as_ref().filter(|zones| !zones.is_empty())?;
        for zone in zones {
            allocations.get(&zone.name)?;
            *own.entry(zone.name.clone()).or_default() += 1;
        }
    }
    let fits = |(zone, count): (&String, &usize)| count + counts.get(zone).unwrap_or(&0) <= allocations[zone].most;
    own.iter().all(fits).then_some(own)
}

/// Moves hints from zones with too many endpoints to zones with too few.
fn redistribute(slices: &mut [&mut EndpointSlice], allocations: &BTreeMap<String, Allocation>, counts: &mut Counts) {
    let (mut giving, mut receiving) = transfers(allocations, counts);
    let endpoints = slices.iter_mut().flat_map(|slice| slice.endpoints.iter_mut().flatten());
    for endpoint in endpoints.filter(|endpoint| is_up(endpoint)) {
        let Some(from) = endpoint.zone.clone().filter(|zone| giving.contains_key(zone)) else { continue };
        let Some(to) = receiving.keys().next().cloned() else { return };
        endpoint.hints = hint(&to);
        take_one(&mut giving, &from);
        take_one(&mut receiving, &to);
        *counts.entry(to).or_default() += 1;
        take_one(counts, &from);
    }
}

fn take_one(counts: &mut Counts, zone: &str) {
    if let Some(count) = counts.get_mut(zone) {
        *count -= 1;
        if *count == 0 {
            counts.remove(zone);
        }
    }
}

/// How many endpoints which zones give and receive.
#[expect(clippy::cast_precision_loss, reason = "endpoint counts are far below 2^52")]
fn transfers(allocations: &BTreeMap<String, Allocation>, counts: &Counts) -> (Counts, Counts) {
    let mut surplus: BTreeMap<&str, f64> = BTreeMap::new();
    let mut lack: BTreeMap<&str, f64> = BTreeMap::new();
    for (zone, allocation) in allocations {
        let difference = *counts.get(zone).unwrap_or(&0) as f64 - allocation.desired;
        if difference > 0.0 {
            surplus.insert(zone, difference);
        } else if difference < 0.0 {
            lack.insert(zone, -difference);
        }
    }
    let (mut giving, mut receiving) = (Counts::new(), Counts::new());
    while let (Some((from, much)), Some((to, little))) = (largest(&surplus), largest(&lack)) {
        // Half an endpoint moves only where the other side has a whole one to move.
        if much.min(little) < 0.5 || much.max(little) < 1.0 {
            break;
        }
        *giving.entry(from.to_owned()).or_default() += 1;
        *receiving.entry(to.to_owned()).or_default() += 1;
        surplus.insert(from, much - 1.0);
        lack.insert(to, little - 1.0);
    }
    (giving, receiving)
}

/// The zone with the largest number above zero, the first of equal ones.
fn largest<'a>(zones: &BTreeMap<&'a str, f64>) -> Option<(&'a str, f64)> {
    let mut largest: Option<(&str, f64)> = None;
    for (zone, number) in zones {
        if *number > largest.map_or(0.0, |(_, most)| most) {
            largest = Some((zone, *number));
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn slice(zones: &[&str]) -> EndpointSlice {
        let endpoints: Vec<_> = zones
            .iter()
            .map(|zone| json!({ "addresses": ["10.0.0.1"], "zone": zone, "conditions": { "ready": true } }))
            .collect();
        let slice = json!({ "metadata": { "name": "s" }, "addressType": "IPv4", "endpoints": endpoints });
        serde_json::from_value(slice).unwrap()
    }

    fn check(shares: &[(&str, f64)], zones: &[&str], expected: Result<&[(&str, usize)], &str>) {
        let shares: Shares = shares.iter().map(|(zone, share)| ((*zone).to_owned(), *share)).collect();
        let mut changes = Changes { create: vec![slice(zones)], ..Changes::default() };
        let counts = assign(Some(&shares).filter(|shares| !shares.is_empty()), Vec::new(), &mut changes);
        let expected = expected.map(|counts| counts.iter().map(|(zone, n)| ((*zone).to_owned(), *n)).collect());
        assert_eq!(counts, expected.map_err(ToOwned::to_owned));
        if let Ok(counts) = counts {
            let hinted = up(&changes.create[0]).filter_map(|it| it.hints.clone()?.for_zones?.pop());
            let mut seen = Counts::new();
            hinted.for_each(|zone| *seen.entry(zone.name).or_default() += 1);
            assert_eq!(seen, counts);
            assert!(!is_overloaded(&counts, Some(&shares)));
        }
    }

    #[test]
    fn zones_get_their_share() {
        let halves = &[("a", 0.5), ("b", 0.5)];
        check(halves, &["a", "a", "b", "b"], Ok(&[("a", 2), ("b", 2)]));
        check(halves, &["a", "a", "a", "b"], Ok(&[("a", 2), ("b", 2)]));
        check(halves, &["a"], Err("Insufficient number of endpoints (1 endpoints, 2 zones)"));
        check(halves, &["a", "b", "", "b"], Err("One or more endpoints do not have a zone specified"));
        let why = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes";
        check(&[], &["a", "b"], Err(why));
        let why = "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold \
                   (2 endpoints, 2 zones)";
        check(&[("a", 0.9), ("b", 0.1)], &["a", "b"], Err(why));
    }

    #[test]
    fn shares_follow_the_nodes() {
        let node = |zone: &str, cpu: &str| -> Node {
            serde_json::from_value(json!({
                "metadata": { "name": "n", "labels": { ZONE: zone } },
                "status": { "allocatable": { "cpu": cpu }, "conditions": [{ "type": "Ready", "status": "True" }] },
            }))
            .unwrap()
        };
        let mut zones = Zones::default();
        assert!(zones.observe(&"1".into(), Some(&node("a", "3"))));
        assert_eq!(zones.shares(), None);
        assert!(zones.observe(&"2".into(), Some(&node("b", "1000m"))));
        assert!(!zones.observe(&"2".into(), Some(&node("b", "1"))), "the same CPU");
        assert_eq!(zones.shares(), Some([("a".to_owned(), 0.75), ("b".to_owned(), 0.25)].into()));
        zones.observe(&"3".into(), Some(&node("", "1")));
        assert_eq!(zones.shares(), None);
        zones.observe(&"3".into(), None);
        assert!(zones.shares().is_some());
    }
}
