//! Affinity and anti-affinity between pods (upstream's `InterPodAffinity`).
use super::{
    census::PerNode,
    cluster::{Cluster, NodeFacts},
    explain::Reason,
    pod::PodFacts,
    profile::Filter,
    terms::Bearing,
};
use rustc_hash::{FxHashMap, FxHashSet};

/// Pods per value of a topology label.
pub(super) type PerValue<'a> = FxHashMap<&'a str, i64>;

/// Sums counts of nodes by their value of a label; nodes without the label are left out.
pub(super) fn by_value<'a>(cluster: &'a Cluster, nodes: &PerNode, key: &str) -> PerValue<'a> {
    let mut sums = PerValue::default();
    for (id, count) in nodes {
        if let Some(value) = cluster.node(*id).labels.get(key) {
            *sums.entry(value).or_default() += count;
        }
    }
    sums
}

/// What the filter asks of every node, gathered once per decision.
pub(super) struct Neighbours<'a> {
    near: Vec<(&'a str, PerValue<'a>)>,
    /// The pod may be the first of its kind: nobody fulfils its affinity, but it would itself.
    first: bool,
    apart: Vec<(&'a str, PerValue<'a>)>,
    repelled: FxHashMap<&'a str, FxHashSet<&'a str>>,
}

impl<'a> Neighbours<'a> {
    pub fn gather(pod: &'a PodFacts, cluster: &'a Cluster) -> Self {
        let relations = &pod.relations;
        let mut near = Vec::new();
        let mut first = false;
        if let Some(all) = &relations.near_all {
            let nodes = cluster.census.of(all);
            near =
                relations.near.iter().map(|t| (&*t.topology_key, by_value(cluster, nodes, &t.topology_key))).collect();
            first = near.iter().all(|(_, values)| values.is_empty()) && all.matches(pod, &cluster.namespaces);
        }
        let apart = relations.apart.iter();
        let apart =
            apart.map(|t| (&*t.topology_key, by_value(cluster, cluster.census.of(&t.matcher), &t.topology_key)));
        let mut repelled: FxHashMap<&str, FxHashSet<&str>> = FxHashMap::default();
        let heeds = pod.profile.filters.has(Filter::PodAffinity);
        for (carried, nodes) in cluster.census.about(pod, &cluster.namespaces) {
            if heeds && carried.bearing == Bearing::Repels {
                let key = &*carried.term.topology_key;
                let values = nodes.keys().filter_map(|id| cluster.node(*id).labels.get(key)).map(String::as_str);
                repelled.entry(key).or_default().extend(values);
            }
        }
        Self { near, first, apart: apart.collect(), repelled }
    }

    pub fn refuse(&self, node: &NodeFacts) -> Option<Reason> {
        let value = |key: &str| node.labels.get(key).map(String::as_str);
        let labelled = self.near.iter().all(|(key, _)| value(key).is_some());
        let together = || self.near.iter().all(|(key, pods)| value(key).is_some_and(|v| pods.contains_key(v)));
        if !labelled || !(self.first || together()) {
            return Some(Reason::PodAffinity);
        }
        if self.apart.iter().any(|(key, pods)| value(key).is_some_and(|v| pods.contains_key(v))) {
            return Some(Reason::PodAntiAffinity);
        }
        if self.repelled.iter().any(|(key, values)| value(key).is_some_and(|v| values.contains(v))) {
            return Some(Reason::Repelled);
        }
        None
    }
}
