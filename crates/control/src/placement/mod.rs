//! Scheduling as a pure function: which node a pod goes to, given the nodes and what is placed on them.
//!
//! State is kept in columns indexed by [`NodeId`], so that a filter is a pass over dense arrays; it changes by the events of
//! the API, never by looking at the world again.
mod affinity;
mod census;
mod cluster;
mod explain;
mod filter;
mod interpod;
mod pod;
mod resources;
mod score;
mod spread;
mod terms;
#[cfg(test)]
mod tests;

pub use cluster::{Cluster, NodeId};
pub use explain::Diagnosis;
pub use pod::PodFacts;
pub use resources::Amounts;

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Bind { node: NodeId, name: std::sync::Arc<str>, feasible: usize, evaluated: usize },
    Unschedulable(Diagnosis),
}

/// Chooses the node for `pod`. Among the best nodes `seed` decides, so that the same inputs give the same answer.
/// The cluster changes only in which sets of pods it counts.
pub fn schedule(pod: &PodFacts, cluster: &mut Cluster, seed: u64) -> Decision {
    cluster.prepare(pod);
    let cluster = &*cluster;
    let filtered = filter::run(pod, cluster);
    if filtered.feasible.is_empty() {
        return Decision::Unschedulable(filtered.diagnosis(cluster));
    }
    let node = score::best(pod, cluster, &filtered.feasible, seed);
    let name = cluster.name(node).clone();
    Decision::Bind { node, name, feasible: filtered.feasible.len(), evaluated: cluster.len() }
}
