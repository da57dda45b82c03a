//! How many pods of each wanted set are on each node, and which terms the placed pods carry: kept up to date pod by pod, so
//! that decisions about affinity and spreading look at no pod.
use super::{
    cluster::NodeId,
    pod::PodFacts,
    terms::{Carried, Matcher, Namespaces},
};
use rustc_hash::FxHashMap;
use std::{collections::BTreeMap, sync::Arc};

/// Sets of pods counted at once; the one that no decision asked for longest goes, and is counted again when asked for.
const COUNTED_SETS_MAX: usize = 4096;

/// Pods per node; nodes without are left out.
pub(super) type PerNode = FxHashMap<NodeId, i64>;

#[derive(Debug)]
struct Counted {
    matcher: Arc<Matcher>,
    nodes: PerNode,
    asked: u64,
}

#[derive(Debug)]
struct Bearer {
    carried: Carried,
    nodes: PerNode,
}

/// Finds the matchers that a pod's labels can fulfil by a label they insist on.
#[derive(Debug, Default)]
struct ByLabel {
    pairs: FxHashMap<String, FxHashMap<String, Vec<Arc<str>>>>,
    loose: Vec<Arc<str>>,
}

impl ByLabel {
    fn list(&mut self, matcher: &Matcher) -> &mut Vec<Arc<str>> {
        match matcher.equality() {
            Some((key, value)) => self.pairs.entry(key.to_owned()).or_default().entry(value.to_owned()).or_default(),
            None => &mut self.loose,
        }
    }

    fn add(&mut self, matcher: &Matcher, id: &Arc<str>) {
        self.list(matcher).push(id.clone());
    }

    fn remove(&mut self, matcher: &Matcher, id: &Arc<str>) {
        self.list(matcher).retain(|known| known != id);
        let Some((key, value)) = matcher.equality() else { return };
        if let Some(values) = self.pairs.get_mut(key) {
            if values.get(value).is_some_and(Vec::is_empty) {
                values.remove(value);
            }
            if values.is_empty() {
                self.pairs.remove(key);
            }
        }
    }

    fn candidates<'a>(&'a self, labels: &'a BTreeMap<String, String>) -> impl Iterator<Item = &'a Arc<str>> {
        let listed = labels.iter().filter_map(|(k, v)| self.pairs.get(k)?.get(v));
        listed.flatten().chain(&self.loose)
    }
}

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Census {
    counted: FxHashMap<Arc<str>, Counted>,
    counted_by: ByLabel,
    bearers: FxHashMap<Arc<str>, Bearer>,
    bearers_by: ByLabel,
    /// Counts how often a carried term came or went.
    bearers_epoch: u64,
    asked: u64,
}

fn change(nodes: &mut PerNode, node: NodeId, by: i64) {
    let count = nodes.entry(node).or_default();
    *count += by;
    if *count <= 0 {
        nodes.remove(&node);
    }
}

impl Census {
    /// Counts one pod in (`by` 1) or out (-1).
    pub fn count(&mut self, node: NodeId, pod: &PodFacts, by: i64, namespaces: &Namespaces) {
        for id in self.counted_by.candidates(&pod.labels) {
            let Some(counted) = self.counted.get_mut(id) else { continue };
            if counted.matcher.matches(pod, namespaces) {
                change(&mut counted.nodes, node, by);
            }
        }
        for carried in &pod.relations.carried {
            if !self.bearers.contains_key(&carried.id) {
                self.bearers_epoch += 1;
                self.bearers_by.add(&carried.term.matcher, &carried.id);
                self.bearers.insert(carried.id.clone(), Bearer { carried: carried.clone(), nodes: PerNode::default() });
            }
            let Some(bearer) = self.bearers.get_mut(&carried.id) else { continue };
            change(&mut bearer.nodes, node, by);
            if bearer.nodes.is_empty() {
                self.bearers_epoch += 1;
                self.bearers.remove(&carried.id);
                self.bearers_by.remove(&carried.term.matcher, &carried.id);
            }
        }
    }

    /// Starts to count a set; `all` are the placed pods.
    pub fn start<'a, I: Iterator<Item = (NodeId, &'a Arc<PodFacts>)>>(
        &mut self,
        matcher: &Arc<Matcher>,
        all: impl FnOnce() -> I,
        namespaces: &Namespaces,
    ) {
        self.asked += 1;
        if let Some(known) = self.counted.get_mut(&matcher.id) {
            known.asked = self.asked;
            return;
        }
        if self.counted.len() >= COUNTED_SETS_MAX
            && let Some(oldest) = self.counted.values().min_by_key(|c| c.asked).map(|c| c.matcher.clone())
        {
            self.stop(&oldest);
        }
        let mut nodes = PerNode::default();
        for (node, _) in all().filter(|(_, pod)| matcher.matches(pod, namespaces)) {
            change(&mut nodes, node, 1);
        }
        self.counted_by.add(matcher, &matcher.id);
        let counted = Counted { matcher: matcher.clone(), nodes, asked: self.asked };
        self.counted.insert(matcher.id.clone(), counted);
    }

    fn stop(&mut self, matcher: &Arc<Matcher>) {
        self.counted.remove(&matcher.id);
        self.counted_by.remove(matcher, &matcher.id);
    }

    /// Labels of a namespace changed: what asks for them is counted anew when it is asked for.
    pub fn namespaces_changed(&mut self) {
        let asking: Vec<_> = self.counted.values().map(|c| c.matcher.clone()).filter(|m| m.asks_namespaces()).collect();
        asking.iter().for_each(|matcher| self.stop(matcher));
    }

    /// Pods of the set per node; the set has been started.
    pub fn of(&self, matcher: &Matcher) -> &PerNode {
        &self.counted.get(&matcher.id).expect("decisions start the sets they ask for").nodes
    }

    /// Pods of the set on one node; the set has been started.
    pub fn count_at(&self, matcher: &Matcher, node: NodeId) -> i64 {
        self.of(matcher).get(&node).copied().unwrap_or(0)
    }

    /// Pods on one node that carry a term.
    pub fn bearers_at(&self, carried: &str, node: NodeId) -> i64 {
        self.bearers.get(carried).and_then(|bearer| bearer.nodes.get(&node)).copied().unwrap_or(0)
    }

    pub fn bearers_epoch(&self) -> u64 {
        self.bearers_epoch
    }

    /// The carried terms that are about this pod, with the nodes of their bearers.
    pub fn about<'a>(
        &'a self,
        pod: &'a PodFacts,
        namespaces: &'a Namespaces,
    ) -> impl Iterator<Item = (&'a Carried, &'a PerNode)> {
        let bearers = self.bearers_by.candidates(&pod.labels).filter_map(|id| self.bearers.get(id));
        bearers
            .filter(move |b| b.carried.term.matcher.matches(pod, namespaces))
            .map(|bearer| (&bearer.carried, &bearer.nodes))
    }
}
