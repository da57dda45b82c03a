//! What the proxy counts of itself, under upstream's names.
use super::services::model::Service;
use crate::kubelet::metrics::{Family, Kind, Metrics, Snapshot};
use jiff::Timestamp;
use parking_lot::Mutex;
use std::{collections::HashMap, time::Duration};

const IPV4: &[&str] = &["IPv4"];
const FAMILY: &[&str] = &["ip_family"];
/// From 1 ms, each twice the one before.
const DOUBLED: &[f64] =
    &[0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384];
/// Nothing, a quarter, half a second, then by seconds to a minute, by fives to two minutes, by thirties to five.
const PROGRAMMING: &[f64] = &{
    let mut bounds = [0.0; 81];
    let (mut at, mut bound) = (1, 0.0);
    while at < bounds.len() {
        bound += match at {
            1 | 2 => 0.25,
            3 => 0.5,
            4..=62 => 1.0,
            63..=74 => 5.0,
            _ => 30.0,
        };
        bounds[at] = bound;
        at += 1;
    }
    bounds
};

const fn family(name: &'static str, kind: Kind, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, kind, help, labels }
}

static SYNC: Family = family(
    "kubeproxy_sync_proxy_rules_duration_seconds",
    Kind::Histogram(DOUBLED),
    FAMILY,
    "Time of changes of the packet filter.",
);
static FULL_SYNC: Family = family(
    "kubeproxy_sync_full_proxy_rules_duration_seconds",
    Kind::Histogram(DOUBLED),
    FAMILY,
    "Time of making the packet filter's table anew.",
);
static PARTIAL_SYNC: Family = family(
    "kubeproxy_sync_partial_proxy_rules_duration_seconds",
    Kind::Histogram(DOUBLED),
    FAMILY,
    "Time of changes of the packet filter that are not the whole table.",
);
static LAST_SYNC: Family = family(
    "kubeproxy_sync_proxy_rules_last_timestamp_seconds",
    Kind::Gauge,
    FAMILY,
    "When the packet filter last took a change.",
);
static LAST_QUEUED: Family = family(
    "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
    Kind::Gauge,
    FAMILY,
    "When a change of the packet filter was last asked for.",
);
static FAILURES: Family = family(
    "kubeproxy_sync_proxy_rules_nftables_sync_failures_total",
    Kind::Counter,
    FAMILY,
    "Changes that the packet filter refused.",
);
static CLEANUP_FAILURES: Family = family(
    "kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total",
    Kind::Counter,
    FAMILY,
    "Chains left over that could not be removed; here they go with the change that no longer needs them.",
);
static ENDPOINT_CHANGES: Family = family(
    "kubeproxy_sync_proxy_rules_endpoint_changes_total",
    Kind::Counter,
    &[],
    "Changes of EndpointSlices that were seen.",
);
static ENDPOINT_CHANGES_PENDING: Family = family(
    "kubeproxy_sync_proxy_rules_endpoint_changes_pending",
    Kind::Gauge,
    &[],
    "Changes of EndpointSlices that are not in force yet.",
);
static SERVICE_CHANGES: Family = family(
    "kubeproxy_sync_proxy_rules_service_changes_total",
    Kind::Counter,
    &[],
    "Changes of Services that were seen.",
);
static SERVICE_CHANGES_PENDING: Family = family(
    "kubeproxy_sync_proxy_rules_service_changes_pending",
    Kind::Gauge,
    &[],
    "Changes of Services that are not in force yet.",
);
static NO_LOCAL_ENDPOINTS: Family = family(
    "kubeproxy_sync_proxy_rules_no_local_endpoints_total",
    Kind::Gauge,
    &["traffic_policy", "ip_family"],
    "Ports of Services under a policy Local that have endpoints, but none on this node.",
);
static NETWORK_PROGRAMMING: Family = family(
    "kubeproxy_network_programming_duration_seconds",
    Kind::Histogram(PROGRAMMING),
    FAMILY,
    "Time from a change of a Service or pod until the packet filter follows.",
);
static CONNTRACK: Family = family(
    "kubeproxy_conntrack_reconciler_sync_duration_seconds",
    Kind::Histogram(DOUBLED),
    FAMILY,
    "Time of looking for UDP connections to endpoints that are gone.",
);
static CONNTRACK_DELETED: Family = family(
    "kubeproxy_conntrack_reconciler_deleted_entries_total",
    Kind::Counter,
    FAMILY,
    "UDP connections forgotten because their endpoint was gone.",
);
static HEALTHZ: Family =
    family("kubeproxy_proxy_healthz_total", Kind::Counter, &["code"], "Answers of /healthz, by their status code.");
static LIVEZ: Family =
    family("kubeproxy_proxy_livez_total", Kind::Counter, &["code"], "Answers of /livez, by their status code.");

static ALL: &[&Family] = &[
    &CONNTRACK_DELETED,
    &CONNTRACK,
    &NETWORK_PROGRAMMING,
    &HEALTHZ,
    &LIVEZ,
    &FULL_SYNC,
    &PARTIAL_SYNC,
    &SYNC,
    &ENDPOINT_CHANGES_PENDING,
    &ENDPOINT_CHANGES,
    &LAST_QUEUED,
    &LAST_SYNC,
    &CLEANUP_FAILURES,
    &FAILURES,
    &NO_LOCAL_ENDPOINTS,
    &SERVICE_CHANGES_PENDING,
    &SERVICE_CHANGES,
];

/// What was changed that the packet filter is to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Service,
    Endpoints,
}

#[derive(Debug, Default)]
struct Counts {
    endpoints_pending: u32,
    services_pending: u32,
    /// Ports without local endpoints under policy Local, inside and outside, of the Services that have such.
    without_local: HashMap<String, (u32, u32)>,
    without_local_all: (u32, u32),
}

#[derive(Debug, Default)]
pub struct ProxyMetrics {
    metrics: Metrics,
    counts: Mutex<Counts>,
}

impl ProxyMetrics {
    pub fn queued(&self, what: Changed, now: Timestamp) {
        let mut counts = self.counts.lock();
        let (family, pending) = match what {
            Changed::Service => (&SERVICE_CHANGES, &mut counts.services_pending),
            Changed::Endpoints => (&ENDPOINT_CHANGES, &mut counts.endpoints_pending),
        };
        *pending = pending.saturating_add(1);
        self.metrics.count(family, &[]);
        self.metrics.set(&LAST_QUEUED, IPV4, seconds(now));
    }

    /// All changes so far were taken up.
    pub fn taken(&self) {
        let mut counts = self.counts.lock();
        (counts.endpoints_pending, counts.services_pending) = (0, 0);
    }

    /// The packet filter took a change, or refused it.
    pub fn synced(&self, whole: bool, took: Duration, taken: bool, now: Timestamp) {
        let took = took.as_secs_f64();
        self.metrics.observe(&SYNC, IPV4, took);
        self.metrics.observe(if whole { &FULL_SYNC } else { &PARTIAL_SYNC }, IPV4, took);
        if taken {
            self.metrics.set(&LAST_SYNC, IPV4, seconds(now));
        } else {
            self.metrics.count(&FAILURES, IPV4);
        }
    }

    /// What began then is in force now.
    pub fn programmed(&self, began: Timestamp, now: Timestamp) {
        self.metrics.observe(&NETWORK_PROGRAMMING, IPV4, now.duration_since(began).as_secs_f64());
    }

    pub fn forgot(&self, took: Duration, connections: usize) {
        self.metrics.observe(&CONNTRACK, IPV4, took.as_secs_f64());
        self.metrics.add(&CONNTRACK_DELETED, IPV4, f64::from(u32::try_from(connections).unwrap_or(u32::MAX)));
    }

    pub fn answered(&self, is_healthz: bool, code: u16) {
        self.metrics.count(if is_healthz { &HEALTHZ } else { &LIVEZ }, &[&code.to_string()]);
    }

    /// A Service as it is now.
    pub fn saw(&self, key: &str, service: Option<&Service>) {
        let new = service.map(without_local).unwrap_or_default();
        let mut counts = self.counts.lock();
        let old = match new {
            (0, 0) => counts.without_local.remove(key),
            _ => counts.without_local.insert(key.to_owned(), new),
        };
        let (old, all) = (old.unwrap_or_default(), &mut counts.without_local_all);
        *all = (all.0 + new.0 - old.0, all.1 + new.1 - old.1);
    }

    pub fn text(&self) -> String {
        let mut now = Snapshot::default();
        let counts = self.counts.lock();
        now.set(&ENDPOINT_CHANGES_PENDING, &[], counts.endpoints_pending.into());
        now.set(&SERVICE_CHANGES_PENDING, &[], counts.services_pending.into());
        now.set(&NO_LOCAL_ENDPOINTS, &["internal", "IPv4"], counts.without_local_all.0.into());
        now.set(&NO_LOCAL_ENDPOINTS, &["external", "IPv4"], counts.without_local_all.1.into());
        self.metrics.text(ALL, &now)
    }
}

fn without_local(service: &Service) -> (u32, u32) {
    let is_outer = |node_port: Option<u16>| node_port.is_some() || service.outer_ips().next().is_some();
    let ports = service.ports.iter().filter(|port| port.local.is_empty() && !port.endpoints.is_empty());
    ports.fold((0, 0), |(internal, external), port| {
        let outside = service.external_local && is_outer(port.node_port);
        (internal + u32::from(service.internal_local), external + u32::from(outside))
    })
}

fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_upstreams() {
        assert_eq!(PROGRAMMING[..5], [0.0, 0.25, 0.5, 1.0, 2.0]);
        assert_eq!(PROGRAMMING[61..64], [59.0, 60.0, 65.0]);
        assert_eq!(PROGRAMMING[73..], [115.0, 120.0, 150.0, 180.0, 210.0, 240.0, 270.0, 300.0]);
    }

    #[test]
    fn names_are_unique_and_sorted() {
        let names: Vec<&str> = ALL.iter().map(|it| it.name).collect();
        assert!(names.is_sorted() && names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn what_is_counted_is_told() {
        let (metrics, now) = (ProxyMetrics::default(), Timestamp::from_second(1_750_000_000).unwrap());
        metrics.queued(Changed::Endpoints, now);
        metrics.queued(Changed::Service, now);
        let has = |line: &str| assert!(metrics.text().lines().any(|it| it == line), "{line}\n{}", metrics.text());
        has("kubeproxy_sync_proxy_rules_endpoint_changes_pending 1");
        metrics.taken();
        metrics.synced(true, Duration::from_millis(3), false, now);
        metrics.synced(true, Duration::from_millis(3), true, now);
        metrics.forgot(Duration::ZERO, 4);
        metrics.programmed(now - Duration::from_millis(300), now);
        metrics.answered(true, 503);
        for line in [
            "kubeproxy_sync_proxy_rules_endpoint_changes_pending 0",
            "kubeproxy_sync_proxy_rules_service_changes_total 1",
            "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family=\"IPv4\"} 1750000000",
            "kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.002\"} 0",
            "kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.004\"} 2",
            "kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"} 2",
            "kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family=\"IPv4\"} 1",
            "kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family=\"IPv4\"} 4",
            "kubeproxy_network_programming_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.25\"} 0",
            "kubeproxy_network_programming_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.5\"} 1",
            "kubeproxy_sync_proxy_rules_no_local_endpoints_total{traffic_policy=\"internal\",ip_family=\"IPv4\"} 0",
            "kubeproxy_proxy_healthz_total{code=\"503\"} 1",
        ] {
            has(line);
        }
    }
}
