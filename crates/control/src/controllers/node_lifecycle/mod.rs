//! Node health: a node that stops reporting becomes Unknown, and taints follow its conditions.
mod decide;
mod health;
mod zones;

use super::Context;
use crate::runner::{Plan, Queue, Reconciler};
use health::{Health, Observed};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::{
    coordination::v1::Lease,
    core::v1::{Node, NodeCondition, Pod},
};
use parking_lot::Mutex;
use skeg_client::{Informer, Key, Object};
use skeg_model::{status::Status, time::Clock};
use std::{sync::Arc, time::Duration};
use zones::{Admission, Rates, Shift, Zones};

const LEASE_NAMESPACE: &str = "kube-node-lease";
const WORKERS: usize = 8;
/// Name of the pods' index by node.
const BY_NODE: &str = "node";

/// Evictions begin this long after the look that found them due, so that all nodes that the look found count together
/// (upstream's `NodeEvictionPeriod`).
const EVICTION_DELAY: SignedDuration = SignedDuration::from_millis(100);

/// How long a node may be silent, and when that is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grace {
    pub monitor: Duration,
    pub startup: Duration,
    /// Nodes are judged at multiples of this after the start: those lost in one period are lost together.
    pub period: Duration,
    pub started: Timestamp,
}

impl Grace {
    /// The first look at or after `at`.
    pub fn look(&self, at: Timestamp) -> Timestamp {
        let (since, period) = (at.duration_since(self.started).as_nanos(), self.period.as_nanos());
        let into = u128::try_from(since).ok().and_then(|since| since.checked_rem(period));
        // None before the start, and where there is no period.
        let wait = into.filter(|into| *into > 0).map_or(0, |into| period - into);
        at + SignedDuration::from_nanos(i64::try_from(wait).unwrap_or(i64::MAX))
    }
}

struct Controller {
    nodes: Informer<Node>,
    pods: Informer<Pod>,
    state: Arc<State>,
    grace: Grace,
}

/// What was observed of nodes since the start; a restart begins anew and gives every node its grace period.
struct State {
    health: Mutex<Health>,
    zones: Mutex<Zones>,
    clock: Arc<dyn Clock>,
}

/// A node as it is decided on.
struct View {
    node: Arc<Node>,
    observed: Observed,
    /// Seen for the first time.
    registered: bool,
    /// Pods on it; only read when the node is not ready.
    pods: Vec<Arc<Pod>>,
    admission: Admission,
}

enum Seen {
    Present(Box<View>),
    Removed { name: String, uid: String },
}

/// Indexes pods by the node they are bound to.
pub(super) fn index_pods(pods: &Informer<Pod>) {
    pods.index(BY_NODE, |pod| {
        let node = super::common::pod::node_name(pod);
        if node.is_empty() { Vec::new() } else { vec![node.to_owned()] }
    });
}

/// The pods that are bound to a node.
pub(super) fn pods_on(pods: &Informer<Pod>, node: &str) -> Vec<Arc<Pod>> {
    pods.by_index(BY_NODE, node)
}

/// The node-lifecycle controller.
pub fn start(context: &Context) {
    let config = &context.config;
    let mut wiring = context.controller("node-controller", "node-controller");
    let nodes = wiring.informer::<Node>();
    let leases = wiring.informer::<Lease>();
    let pods = wiring.informer::<Pod>();
    index_pods(&pods);
    let state = Arc::new(State {
        health: Mutex::default(),
        zones: Mutex::new(Zones::new(Rates {
            eviction: config.node_eviction_rate,
            secondary: config.secondary_node_eviction_rate,
            unhealthy_zone_threshold: config.unhealthy_zone_threshold,
            large_cluster_size_threshold: config.large_cluster_size_threshold,
        })),
        clock: config.clock.clone(),
    });
    let (queue, kept, all) = (wiring.queue(), state.clone(), nodes.clone());
    nodes.on_change(move |change| {
        let now = kept.clock.now();
        kept.health.lock().node(change.key, change.new.map(|node| &**node), now);
        let shift = kept.zones.lock().observe(change.key, change.new.map(|node| &**node));
        queue.add(change.key);
        if shift != Shift::None {
            kept.disruption_changed(shift, &all, &queue, now);
        }
    });
    let kept = state.clone();
    leases.on_change(move |change| {
        let Some(lease) = change.new.filter(|lease| lease.namespace() == Some(LEASE_NAMESPACE)) else { return };
        let renewed = lease.spec.as_ref().and_then(|spec| spec.renew_time.as_ref()).map(|time| time.0);
        kept.health.lock().lease(lease.name(), renewed, kept.clock.now());
    });
    let queue = wiring.queue();
    let all = nodes.clone();
    pods.on_change(move |change| {
        // A pod that arrives on a node that is not there to report on it.
        let node = |pod: Option<&Arc<Pod>>| pod.map(|pod| super::common::pod::node_name(pod).to_owned());
        let (old, new) = (node(change.old), node(change.new).unwrap_or_default());
        if !new.is_empty() && old.as_ref() != Some(&new) && all.get(&new).is_some_and(|node| !is_ready(&node)) {
            queue.add(&new.into());
        }
    });
    let grace = Grace {
        monitor: config.node_monitor_grace_period,
        startup: config.node_startup_grace_period,
        period: config.node_monitor_period,
        started: config.clock.now(),
    };
    wiring.run(Controller { nodes, pods, state, grace }, WORKERS);
}

impl State {
    /// Evictions are held back, or no longer are: everybody is looked at again. Nodes that come back from a time in which
    /// nothing could be told get a whole grace period.
    fn disruption_changed(&self, shift: Shift, nodes: &Informer<Node>, queue: &Queue, now: Timestamp) {
        if shift == Shift::All && !self.zones.lock().all_disrupted() {
            self.health.lock().restart(now);
        }
        nodes.keys().iter().for_each(|key| queue.add(key));
    }
}

pub(super) fn condition<'a>(node: &'a Node, name: &str) -> Option<&'a NodeCondition> {
    node.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == name)
}

pub(super) fn is_ready(node: &Node) -> bool {
    condition(node, "Ready").is_some_and(|ready| ready.status == "True")
}

impl Reconciler for Controller {
    type View = Seen;

    async fn gather(&self, key: &Key) -> Result<Option<Seen>, Status> {
        let now = self.state.clock.now();
        let mut health = self.state.health.lock();
        let Some(node) = self.nodes.get(key) else {
            return Ok(health.forget(key).map(|uid| Seen::Removed { name: key.to_string(), uid }));
        };
        let registered = health.register(key, node.uid());
        let Some(observed) = health.get(key) else { return Ok(None) };
        let wanting = health.wanting(key, decide::wants_eviction(&node), now);
        drop(health);
        let pods = if is_ready(&node) { Vec::new() } else { pods_on(&self.pods, key) };
        let admission = if let Some(since) = wanting {
            self.admission(&node, since, now)
        } else if self.state.zones.lock().all_disrupted() {
            Admission::Stopped
        } else {
            Admission::Granted
        };
        Ok(Some(Seen::Present(Box::new(View { node, observed, registered, pods, admission }))))
    }

    fn reconcile(&self, view: &Seen, now: Timestamp) -> Plan {
        match view {
            Seen::Present(view) => decide::decide(view, self.grace, now),
            Seen::Removed { name, uid } => decide::removed(name, uid),
        }
    }
}

impl Controller {
    /// Whether the node may be tainted for eviction, which has been due since then.
    fn admission(&self, node: &Node, since: Timestamp, now: Timestamp) -> Admission {
        // What this controller found itself, it found at a look; what a kubelet says waits for the next one.
        let found = condition(node, "Ready").is_some_and(|ready| ready.status == "Unknown");
        let look = if found { since } else { self.grace.look(since) };
        let begin = look + EVICTION_DELAY;
        if now < begin {
            return Admission::Later(begin.duration_since(now).as_secs_f64());
        }
        self.state.zones.lock().admit(node, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_periods_apart() {
        let started: Timestamp = "2024-01-01T00:00:03Z".parse().unwrap();
        let (monitor, startup) = (Duration::from_secs(50), Duration::from_secs(60));
        let check = |period: u64, at: &str, expected: &str| {
            let grace = Grace { monitor, startup, period: Duration::from_secs(period), started };
            let [at, expected] =
                [at, expected].map(|text| format!("2024-01-01T00:00:{text}Z").parse::<Timestamp>().unwrap());
            assert_eq!(grace.look(at), expected);
        };
        check(5, "03", "03");
        check(5, "03.5", "08");
        check(5, "08", "08");
        check(5, "12.999", "13");
        check(0, "12.999", "12.999");
        check(5, "01", "01");
    }
}
