//! Every node gets a range of pod addresses out of each cluster range.
use super::Context;
use crate::runner::{Action, Note, Plan, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, ObjectReference};
use parking_lot::Mutex;
use serde_json::json;
use skeg_client::{Informer, Key, Object};
use skeg_model::status::Status;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

/// An IP network. Invariant: no bits behind the mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Network {
    v6: bool,
    base: u128,
    mask: u8,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, mask) = text.split_once('/')?;
        let mask: u8 = mask.parse().ok()?;
        let (v6, bits, base): (_, u8, _) = match address.parse().ok()? {
            IpAddr::V4(ip) => (false, 32, u128::from(u32::from(ip))),
            IpAddr::V6(ip) => (true, 128, u128::from(ip)),
        };
        let host = u32::from(bits).checked_sub(u32::from(mask))?;
        let base = base.checked_shr(host).map_or(0, |base| base << host);
        Some(Self { v6, base, mask })
    }

    fn bits(self) -> u8 {
        if self.v6 { 128 } else { 32 }
    }

    /// Number of addresses; None for all of IPv6.
    fn size(self) -> Option<u128> {
        1_u128.checked_shl(u32::from(self.bits() - self.mask))
    }

    fn overlaps(self, other: Self) -> bool {
        let end = |it: Self| it.size().map(|size| it.base.saturating_add(size - 1)).unwrap_or(u128::MAX);
        self.v6 == other.v6 && self.base <= end(other) && other.base <= end(self)
    }

    /// The `number`th network of this size inside a larger one.
    fn part(self, mask: u8, number: u64) -> Option<Self> {
        let size = Self { mask, ..self }.size()?;
        let offset = size.checked_mul(u128::from(number))?;
        let base = self.base.checked_add(offset)?;
        let inside = self.size().is_none_or(|whole| offset < whole);
        inside.then_some(Self { base, mask, ..self })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.v6 {
            write!(f, "{}/{}", Ipv6Addr::from(self.base), self.mask)
        } else {
            let base = u32::try_from(self.base).unwrap_or(0);
            write!(f, "{}/{}", Ipv4Addr::from(base), self.mask)
        }
    }
}

/// One cluster range, cut into equal parts.
#[derive(Debug, Clone, Copy)]
struct Range {
    network: Network,
    part_mask: u8,
}

struct Controller {
    nodes: Informer<Node>,
    ranges: Vec<Range>,
    /// Ranges of Services: parts that overlap them are not handed out.
    reserved: Vec<Network>,
    /// Ranges that nodes hold, kept by the informer.
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    networks: BTreeSet<Network>,
    by_node: BTreeMap<Key, Vec<Network>>,
    /// Parts chosen for nodes that do not show them yet: a write that has to be tried again is about the same ones.
    offered: BTreeMap<Key, Vec<Network>>,
    /// Where the search in each range goes on: behind what was given last, as upstream's.
    next: BTreeMap<Network, u64>,
    /// Nodes that found a range used up.
    waiting: BTreeSet<Key>,
}

struct View {
    node: Arc<Node>,
    /// One free network per range, or None when a range is used up.
    free: Option<Vec<Network>>,
}

/// The node-ipam controller.
pub fn start(context: &Context) {
    let config = &context.config;
    let ranges = config.cluster_cidr.iter().filter_map(|text| Network::parse(text)).map(|network| {
        let mask = if network.v6 { config.node_cidr_mask_size_ipv6 } else { config.node_cidr_mask_size_ipv4 };
        Range { network, part_mask: mask.max(network.mask) }
    });
    let ranges: Vec<Range> = ranges.collect();
    let reserved = config.service_cidr.iter().filter_map(|text| Network::parse(text)).collect();
    let mut wiring = context.controller("node-controller", "cidrAllocator");
    let nodes = wiring.informer::<Node>();
    let taken: Arc<Mutex<Taken>> = Arc::default();
    let (queue, kept) = (wiring.queue(), taken.clone());
    nodes.on_change(move |change| {
        let next =
            kept.lock().set(change.key, change.new.map(|node| held(node)).unwrap_or_default(), change.new.is_none());
        let bare = change.new.is_some_and(|node| held(node).is_empty()).then(|| change.key.clone());
        next.into_iter().chain(bare).for_each(|key| queue.add(&key));
    });
    // Allocations are decided one after the other.
    wiring.run_alone(Controller { nodes, ranges, reserved, taken });
}

/// The ranges that a node holds.
fn held(node: &Node) -> Vec<Network> {
    let spec = node.spec.as_ref();
    let list = spec.and_then(|spec| spec.pod_cidrs.clone()).unwrap_or_default();
    let list = if list.is_empty() { spec.and_then(|spec| spec.pod_cidr.clone()).into_iter().collect() } else { list };
    list.iter().filter_map(|text| Network::parse(text)).collect()
}

impl Taken {
    /// Notes what a node holds; answers who of those that wait can have what became free.
    fn set(&mut self, node: &Key, networks: Vec<Network>, gone: bool) -> Option<Key> {
        self.waiting.remove(node);
        let mut old = self.by_node.remove(node).unwrap_or_default();
        if !networks.is_empty() || gone {
            old.extend(self.offered.remove(node).unwrap_or_default());
        }
        let freed = old.iter().any(|network| !networks.contains(network));
        old.iter().for_each(|network| {
            self.networks.remove(network);
        });
        if !networks.is_empty() {
            self.networks.extend(networks.iter().copied());
            self.by_node.insert(node.clone(), networks);
        }
        if freed { self.waiting.pop_first() } else { None }
    }

    /// A free part of each range for the node; None when one of them is used up.
    fn offer(&mut self, node: &Key, ranges: &[Range], reserved: &[Network]) -> Option<Vec<Network>> {
        if let Some(offered) = self.offered.get(node) {
            return Some(offered.clone());
        }
        let parts: Vec<_> = ranges.iter().map(|range| self.free(*range, reserved)).collect::<Option<_>>()?;
        self.networks.extend(parts.iter().copied());
        self.offered.insert(node.clone(), parts.clone());
        Some(parts)
    }

    /// The next part that nobody holds, round about. The walk costs what lies between two free parts.
    fn free(&mut self, range: Range, reserved: &[Network]) -> Option<Network> {
        let parts = 1_u64.checked_shl(u32::from(range.part_mask - range.network.mask)).unwrap_or(u64::MAX);
        let cursor = self.next.entry(range.network).or_default();
        for step in 0..parts {
            let number = (*cursor).wrapping_add(step) % parts;
            let part = range.network.part(range.part_mask, number)?;
            let taken = self.networks.contains(&part) || reserved.iter().any(|network| network.overlaps(part));
            if !taken {
                *cursor = (number + 1) % parts;
                return Some(part);
            }
        }
        None
    }
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(node) = self.nodes.get(key) else { return Ok(None) };
        if !held(&node).is_empty() || self.ranges.is_empty() {
            return Ok(None);
        }
        let mut taken = self.taken.lock();
        let free = taken.offer(key, &self.ranges, &self.reserved);
        if free.is_none() && !taken.waiting.insert(key.clone()) {
            return Ok(None);
        }
        Ok(Some(View { node, free }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        let node = &*view.node;
        let Some(free) = &view.free else {
            let text = format!("Node {} status is now: CIDRNotAvailable", node.name());
            return Plan::of(vec![Action::note(Note::normal(reference(node), "CIDRNotAvailable", text))]);
        };
        let cidrs: Vec<String> = free.iter().map(ToString::to_string).collect();
        Plan::of(vec![Action::patch(node, None, json!({ "spec": { "podCIDR": cidrs[0], "podCIDRs": cidrs } }))])
    }
}

/// Nodes in events: without a resourceVersion.
pub(super) fn reference(node: &Node) -> ObjectReference {
    ObjectReference {
        api_version: Some("v1".into()),
        kind: Some("Node".into()),
        name: node.metadata.name.clone(),
        uid: node.metadata.uid.clone(),
        ..ObjectReference::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range: &str, mask: u8, reserved: &str, taken: &[&str], expected: Option<&str>) {
        let range = Range { network: Network::parse(range).unwrap(), part_mask: mask };
        let reserved: Vec<_> = Network::parse(reserved).into_iter().collect();
        let mut state = Taken::default();
        for (number, text) in taken.iter().enumerate() {
            assert_eq!(state.set(&format!("n{number}").into(), vec![Network::parse(text).unwrap()], false), None);
        }
        assert_eq!(state.free(range, &reserved).map(|it| it.to_string()).as_deref(), expected);
    }

    #[test]
    fn who_waits_gets_what_becomes_free() {
        let range = Range { network: Network::parse("10.0.0.0/24").unwrap(), part_mask: 24 };
        let (mut state, node, late): (Taken, Key, Key) = (Taken::default(), "n".into(), "late".into());
        let part = state.free(range, &[]).unwrap();
        state.set(&node, vec![part], false);
        assert_eq!(state.free(range, &[]), None);
        state.waiting.insert(late.clone());
        assert_eq!(state.set(&node, Vec::new(), false), Some(late));
        assert_eq!(state.free(range, &[]), Some(part));
    }

    /// A node whose write failed gets what it was to get, and one that goes gives it back.
    #[test]
    fn an_offer_stands_until_it_is_taken_or_void() {
        let ranges = ["10.0.0.0/23", "fd00::/63"].map(|text| Network::parse(text).unwrap());
        let ranges = [Range { network: ranges[0], part_mask: 24 }, Range { network: ranges[1], part_mask: 64 }];
        let (mut state, one, two, late): (Taken, Key, Key, Key) =
            (Taken::default(), "a".into(), "b".into(), "c".into());
        let offer = |state: &mut Taken, node: &Key| {
            let parts = state.offer(node, &ranges, &[])?;
            Some(parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(offer(&mut state, &one).as_deref(), Some("10.0.0.0/24 fd00::/64"));
        assert_eq!(offer(&mut state, &one).as_deref(), Some("10.0.0.0/24 fd00::/64"));
        assert_eq!(offer(&mut state, &two).as_deref(), Some("10.0.1.0/24 fd00:0:0:1::/64"));
        assert_eq!(offer(&mut state, &late), None);
        state.waiting.insert(late.clone());
        // It changes, and still shows no range.
        assert_eq!(state.set(&one, Vec::new(), false), None);
        assert_eq!(state.set(&one, Vec::new(), true), Some(late.clone()));
        assert_eq!(offer(&mut state, &late).as_deref(), Some("10.0.0.0/24 fd00::/64"));
    }

    #[test]
    fn parts_are_given_in_turn() {
        check("10.244.0.0/16", 24, "", &[], Some("10.244.0.0/24"));
        check("10.244.0.0/16", 24, "", &["10.244.0.0/24", "10.244.2.0/24"], Some("10.244.1.0/24"));
        check("10.0.0.0/23", 24, "", &["10.0.0.0/24", "10.0.1.0/24"], None);
        check("10.0.0.0/16", 24, "10.0.0.0/20", &[], Some("10.0.16.0/24"));
        check("fd00::/48", 64, "", &["fd00::/64"], Some("fd00:0:0:1::/64"));
    }
}
