//! Making room for a pod by ending less important ones (upstream's `DefaultPreemption`), decided on the columns: pods are taken
//! out and put back, and the cluster is left as it was found. Victims that a disruption budget protects are chosen last.
use super::{
    cluster::{Cluster, NodeId},
    explain::{Diagnosis, Reason},
    filter,
    pod::PodFacts,
};
use jiff::Timestamp;
use std::{cmp::Reverse, sync::Arc};

/// What preemption came to.
pub(super) enum Outcome {
    Room {
        node: NodeId,
        victims: Vec<Arc<PodFacts>>,
    },
    /// No room; why, in upstream's words. `tried`: a nomination that the pod has is void.
    None {
        message: String,
        tried: bool,
    },
}

struct Candidate {
    node: NodeId,
    /// The most important first.
    victims: Vec<Arc<PodFacts>>,
    /// Victims whose end violates a disruption budget.
    violations: usize,
}

pub(super) fn run(pod: &PodFacts, cluster: &mut Cluster, refused: &[(NodeId, Vec<Reason>)], seed: u64) -> Outcome {
    if let Some(why) = ineligible(pod, cluster, refused) {
        return Outcome::None { message: format!("preemption: {why}"), tried: false };
    }
    let curable: Vec<NodeId> =
        refused.iter().filter(|(_, reasons)| reasons.iter().all(Reason::curable)).map(|(node, _)| *node).collect();
    let profile = &pod.profile;
    let wanted = (curable.len() * profile.candidates_percentage / 100).max(profile.candidates_min);
    let offset = usize::try_from(seed % (curable.len().max(1) as u64)).unwrap_or(0);
    let (mut candidates, mut harmless, mut failed) = (Vec::new(), false, Vec::new());
    for node in curable[offset..].iter().chain(&curable[..offset]) {
        match dry_run(pod, cluster, *node) {
            Ok(candidate) => {
                harmless |= candidate.violations == 0;
                candidates.push(candidate);
            }
            Err(reasons) => failed.push(reasons),
        }
        // As long as every candidate violates a budget, one that does not is looked for.
        if harmless && candidates.len() >= wanted {
            break;
        }
    }
    match candidates.into_iter().min_by_key(cost) {
        Some(best) => Outcome::Room { node: best.node, victims: best.victims },
        None => {
            let hopeless = refused.len() - failed.len();
            let all = failed.into_iter().chain((0..hopeless).map(|_| vec![Reason::NotHelpful]));
            let message = Diagnosis::new(cluster.len(), all).filters();
            Outcome::None { message: format!("preemption: {message}"), tried: true }
        }
    }
}

/// Why the pod may not preempt at all.
fn ineligible(pod: &PodFacts, cluster: &Cluster, refused: &[(NodeId, Vec<Reason>)]) -> Option<&'static str> {
    if !pod.preempts {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let node = cluster.nomination(&pod.uid)?;
    let hopeless = refused.iter().any(|(id, reasons)| *id == node && !reasons.iter().all(Reason::curable));
    let ending = |p: &Arc<PodFacts>| p.priority < pod.priority && p.terminating && p.preempted;
    (!hopeless && cluster.pods[node.row()].iter().any(ending))
        .then_some("not eligible due to a terminating pod on the nominated node.")
}

/// The more important, and among equally important ones the longer running, goes first.
fn importance(pod: &Arc<PodFacts>) -> (Reverse<i32>, Timestamp) {
    (Reverse(pod.priority), pod.started.unwrap_or(Timestamp::MAX))
}

/// The pods of one node that must end, or why that would not help.
fn dry_run(pod: &PodFacts, cluster: &mut Cluster, node: NodeId) -> Result<Candidate, Vec<Reason>> {
    let mut lower: Vec<_> = cluster.pods[node.row()].iter().filter(|p| p.priority < pod.priority).cloned().collect();
    if lower.is_empty() {
        return Err(vec![Reason::NoVictims]);
    }
    lower.sort_by_key(importance);
    lower.iter().for_each(|p| cluster.displace(&p.uid));
    let reasons = filter::refuse_one(pod, cluster, node);
    if !reasons.is_empty() {
        lower.into_iter().for_each(|p| cluster.place(node, p));
        return Err(reasons);
    }
    let (protected, others) = cluster.budgets.part(lower);
    let (mut victims, mut violations) = (Vec::new(), 0);
    for (pods, violates) in [(protected, 1), (others, 0)] {
        for spared in pods {
            cluster.place(node, spared.clone());
            if !filter::refuse_one(pod, cluster, node).is_empty() {
                cluster.displace(&spared.uid);
                victims.push(spared);
                violations += violates;
            }
        }
    }
    victims.iter().for_each(|victim| cluster.place(node, victim.clone()));
    victims.sort_by_key(importance);
    Ok(Candidate { node, victims, violations })
}

/// Nodes are compared by violations of budgets, their most important victim, the sum of priorities, the number of victims, and
/// how long the most important ones ran: the later they started the better.
fn cost(candidate: &Candidate) -> (usize, i32, i64, usize, Reverse<Timestamp>) {
    let victims = &candidate.victims;
    let highest = victims.iter().map(|v| v.priority).max().unwrap_or(i32::MIN);
    let sum = victims.iter().map(|v| i64::from(v.priority) - i64::from(i32::MIN)).sum();
    let started = victims.iter().filter(|v| v.priority == highest).filter_map(|v| v.started).min();
    (candidate.violations, highest, sum, victims.len(), Reverse(started.unwrap_or(Timestamp::MAX)))
}
