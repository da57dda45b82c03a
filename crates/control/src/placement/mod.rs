//! Scheduling as a pure function: which node a pod goes to, given the nodes and what is placed on them.
//!
//! State is kept in columns indexed by [`NodeId`], so that a filter is a pass over dense arrays; it changes by the events of
//! the API, never by looking at the world again.
mod affinity;
mod budget;
mod census;
mod cluster;
mod explain;
mod filter;
mod hint;
mod interpod;
mod lens;
#[cfg(test)]
mod naive;
mod pod;
mod preempt;
mod profile;
mod requests;
mod resources;
mod score;
mod shape;
mod spread;
mod tally;
mod terms;
#[cfg(test)]
mod tests;

pub use cluster::{Cluster, NodeBefore, NodeId};
pub use explain::{Diagnosis, Reason};
pub use hint::{Hint, helps};
pub use pod::PodFacts;
pub use profile::{DefaultConstraint, Filter, Filters, Fit, Profile, Strategy, Weights};
pub use resources::Amounts;
pub use shape::{Shape, Shapes};

use std::sync::Arc;

/// What became of one attempt.
#[derive(Debug, Clone)]
pub enum Decision {
    Bind {
        node: NodeId,
        name: Arc<str>,
        feasible: usize,
        evaluated: usize,
    },
    /// No node would do, but `node` will once `victims` are gone.
    Preempt {
        why: Diagnosis,
        node: NodeId,
        name: Arc<str>,
        victims: Vec<Arc<PodFacts>>,
    },
    Unschedulable(Diagnosis),
}

/// Chooses the node for `pod`. Among the best nodes `seed` decides, so that the same inputs give the same answer.
/// The cluster changes only in which sets of pods it counts.
pub fn schedule(pod: &PodFacts, cluster: &mut Cluster, seed: u64) -> Decision {
    cluster.prepare(pod);
    if let Some(node) = cluster.nomination(&pod.uid).filter(|node| filter::refuse_one(pod, cluster, *node).is_empty()) {
        return Decision::Bind { node, name: cluster.name(node).clone(), feasible: 1, evaluated: 1 };
    }
    match lens::choose(pod, cluster, seed) {
        Some(lens::Choice { node, feasible }) => {
            Decision::Bind { node, name: cluster.name(node).clone(), feasible, evaluated: cluster.len() }
        }
        None => {
            let filtered = filter::run(pod, cluster);
            make_room(pod, cluster, filtered, seed)
        }
    }
}

fn make_room(pod: &PodFacts, cluster: &mut Cluster, filtered: filter::Filtered, seed: u64) -> Decision {
    if cluster.is_empty() || !pod.profile.preempts {
        return Decision::Unschedulable(filtered.diagnosis(cluster));
    }
    match preempt::run(pod, cluster, &filtered.refused, seed) {
        preempt::Outcome::Room { node, victims } => {
            let name = cluster.name(node).clone();
            Decision::Preempt { why: filtered.diagnosis(cluster), node, name, victims }
        }
        preempt::Outcome::None { message, tried } => {
            Decision::Unschedulable(filtered.diagnosis(cluster).after_preemption(message, tried))
        }
    }
}
