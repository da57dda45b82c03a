//! How fast nodes may be given up: per zone, slower where many fail at once, not at all where all do (it is then more
//! likely that the control plane is cut off).
use super::is_ready;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use rustc_hash::FxHashMap;
use skeg_client::Object;

/// Fewer nodes out of order never count as a disruption.
const UNHEALTHY_NODES_MIN: usize = 3;
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";

/// May a node's pods be evicted now?
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Admission {
    Granted,
    /// Seconds until it may.
    Later(f64),
    /// Too much of its zone is out of order; a [`Shift`] tells when that ends.
    Held,
    /// All zones are out of order: nobody is evicted, and taints for it are taken back.
    Stopped,
}

/// What a node's change did to the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shift {
    None,
    /// Its zone began or ceased to hold evictions back.
    Zone,
    /// "Everything is out of order" began or ended.
    All,
}

/// How fast evictions go, and when slower: the flags of these names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    /// Nodes per second.
    pub eviction: f64,
    /// The same in a large zone that is partly out of order.
    pub secondary: f64,
    pub unhealthy_zone_threshold: f64,
    /// Zones of at most so many nodes evict nothing while they are partly out of order.
    pub large_cluster_size_threshold: usize,
}

#[derive(Debug, Default)]
struct Zone {
    ready: usize,
    not_ready: usize,
    tokens: f64,
    filled: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Zones {
    rates: Rates,
    zones: FxHashMap<String, Zone>,
    /// Zone and readiness of each node that counts.
    nodes: FxHashMap<String, (String, bool)>,
    all_disrupted: bool,
}

/// Region and zone, under their older names where both are given so.
fn zone_of(node: &Node) -> String {
    let label = |name: &str| {
        let older = node.label(&format!("failure-domain.beta.kubernetes.io/{name}"));
        older.or_else(|| node.label(&format!("topology.kubernetes.io/{name}"))).unwrap_or_default()
    };
    format!("{}:\u{0}:{}", label("region"), label("zone"))
}

impl Zones {
    pub(super) fn new(rates: Rates) -> Self {
        Self { rates, zones: FxHashMap::default(), nodes: FxHashMap::default(), all_disrupted: false }
    }

    /// Takes a node's change.
    pub(super) fn observe(&mut self, name: &str, node: Option<&Node>) -> Shift {
        let held = self.held();
        if let Some((zone, ready)) = self.nodes.remove(name) {
            let counts = self.zones.get_mut(&zone).expect("zones outlive their nodes");
            *counts.side(ready) -= 1;
            if counts.ready + counts.not_ready == 0 {
                self.zones.remove(&zone);
            }
        }
        if let Some(node) = node.filter(|node| node.label(EXCLUDED).is_none()) {
            let (zone, ready) = (zone_of(node), is_ready(node));
            *self.zones.entry(zone.clone()).or_default().side(ready) += 1;
            self.nodes.insert(name.into(), (zone, ready));
        }
        let all = !self.zones.is_empty() && self.zones.values().all(|zone| zone.ready == 0);
        if std::mem::replace(&mut self.all_disrupted, all) != all {
            return Shift::All;
        }
        if self.held() == held { Shift::None } else { Shift::Zone }
    }

    /// Zones that hold evictions back.
    fn held(&self) -> usize {
        self.zones.values().filter(|zone| zone.rate(&self.rates) <= 0.0).count()
    }

    pub(super) fn all_disrupted(&self) -> bool {
        self.all_disrupted
    }

    /// Takes one eviction out of the zone's allowance.
    pub(super) fn admit(&mut self, node: &Node, now: Timestamp) -> Admission {
        if self.all_disrupted {
            return Admission::Stopped;
        }
        let zone = self.zones.entry(zone_of(node)).or_default();
        let rate = zone.rate(&self.rates);
        let elapsed = zone.filled.map_or(f64::INFINITY, |filled| now.duration_since(filled).as_secs_f64());
        zone.tokens = (zone.tokens + (elapsed * rate).max(0.0)).min(1.0);
        if zone.filled.is_none() {
            zone.tokens = 1.0;
        }
        zone.filled = Some(now);
        if rate <= 0.0 {
            return Admission::Held;
        }
        if zone.tokens < 1.0 {
            return Admission::Later((1.0 - zone.tokens) / rate);
        }
        zone.tokens -= 1.0;
        Admission::Granted
    }
}

impl Zone {
    fn side(&mut self, ready: bool) -> &mut usize {
        if ready { &mut self.ready } else { &mut self.not_ready }
    }

    fn rate(&self, rates: &Rates) -> f64 {
        let nodes = self.ready + self.not_ready;
        #[expect(clippy::cast_precision_loss, reason = "node counts are far below 2^52")]
        let share = self.not_ready as f64 / nodes.max(1) as f64;
        let many = self.not_ready >= UNHEALTHY_NODES_MIN && share >= rates.unhealthy_zone_threshold;
        // A zone without any ready node is given up at the full rate: only "all zones" speaks for a cut-off control plane.
        match self.ready > 0 && many {
            false => rates.eviction,
            true if nodes > rates.large_cluster_size_threshold => rates.secondary,
            true => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ready: usize, not_ready: usize, expected: f64) {
        let rates =
            Rates { eviction: 0.1, secondary: 0.01, unhealthy_zone_threshold: 0.55, large_cluster_size_threshold: 50 };
        let rate = Zone { ready, not_ready, ..Zone::default() }.rate(&rates);
        assert!((rate - expected).abs() < 1e-9, "{ready} ready, {not_ready} not: {rate}");
    }

    #[test]
    fn disrupted_zones_slow_down() {
        check(10, 0, 0.1);
        check(1, 2, 0.1);
        check(10, 9, 0.1);
        check(4, 6, 0.0);
        check(20, 31, 0.01);
        check(0, 51, 0.1);
    }
}
