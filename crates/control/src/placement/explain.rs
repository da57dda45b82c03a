//! Why no node would do, in upstream's words.
use std::collections::{BTreeMap, BTreeSet};

/// Why one node was refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    Cordoned,
    OtherName,
    Tainted,
    NodeAffinity,
    /// The affinity that the profile adds to every pod's.
    AddedAffinity,
    Ports,
    TooManyPods,
    /// Preemption: nobody on the node is less important.
    NoVictims,
    /// Preemption: ending pods does not cure what is wrong with the node.
    NotHelpful,
    PodAffinity,
    PodAntiAffinity,
    /// A placed pod's anti-affinity.
    Repelled,
    Spread,
    SpreadLabel,
    /// Node affinity names the nodes, and this is not one.
    NotNamed,
    /// `ever`: an empty node of this size would do.
    Insufficient {
        resource: String,
        ever: bool,
    },
}

impl Reason {
    fn text(&self) -> String {
        match self {
            Self::Cordoned => "node(s) were unschedulable".into(),
            Self::OtherName => "node(s) didn't match the requested node name".into(),
            Self::Tainted => "node(s) had untolerated taint(s)".into(),
            Self::NodeAffinity => "node(s) didn't match Pod's node affinity/selector".into(),
            Self::AddedAffinity => "node(s) didn't match scheduler-enforced node affinity".into(),
            Self::Ports => "node(s) didn't have free ports for the requested pod ports".into(),
            Self::NoVictims => "No preemption victims found for incoming pod".into(),
            Self::NotHelpful => "Preemption is not helpful for scheduling".into(),
            Self::PodAffinity => "node(s) didn't match pod affinity rules".into(),
            Self::PodAntiAffinity => "node(s) didn't match pod anti-affinity rules".into(),
            Self::Repelled => "node(s) didn't satisfy existing pods anti-affinity rules".into(),
            Self::Spread => "node(s) didn't match pod topology spread constraints".into(),
            Self::SpreadLabel => "node(s) didn't match pod topology spread constraints (missing required label)".into(),
            Self::NotNamed => "node(s) didn't satisfy plugin(s) [NodeAffinity]".into(),
            Self::TooManyPods => "Too many pods".into(),
            Self::Insufficient { resource, .. } => format!("Insufficient {resource}"),
        }
    }

    /// Whether ending pods of the node could help.
    pub fn curable(&self) -> bool {
        match self {
            Self::Ports | Self::TooManyPods | Self::PodAntiAffinity | Self::Repelled | Self::Spread => true,
            Self::Insufficient { ever, .. } => *ever,
            _ => false,
        }
    }
}

/// The reasons of all nodes, gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    nodes: usize,
    reasons: BTreeMap<String, usize>,
    /// Each reason once.
    causes: BTreeSet<Reason>,
    /// What was tried after the filters, and how it ended; "" when it helped.
    afterwards: String,
    /// A nomination that the pod has is void.
    pub void_nomination: bool,
}

impl Diagnosis {
    pub(super) fn new(nodes: usize, refused: impl Iterator<Item = impl AsRef<[Reason]>>) -> Self {
        let mut out = Self {
            nodes,
            reasons: BTreeMap::new(),
            causes: BTreeSet::new(),
            afterwards: String::new(),
            void_nomination: false,
        };
        for reasons in refused {
            for reason in reasons.as_ref() {
                if !out.causes.contains(reason) {
                    out.causes.insert(reason.clone());
                }
                *out.reasons.entry(reason.text()).or_default() += 1;
            }
        }
        out
    }

    /// What spoke against the nodes, each reason once.
    pub fn causes(&self) -> Vec<Reason> {
        self.causes.iter().cloned().collect()
    }

    /// Adds how preemption ended. Nothing has claims on devices here, which upstream says first.
    pub(super) fn after_preemption(self, message: String, void_nomination: bool) -> Self {
        Self { afterwards: format!("no new claims to deallocate, {message}"), void_nomination, ..self }
    }

    pub fn message(&self) -> String {
        let filters = self.filters();
        if self.afterwards.is_empty() { filters } else { format!("{filters} {}", self.afterwards) }
    }

    /// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).`
    pub(super) fn filters(&self) -> String {
        if self.nodes == 0 {
            return "no nodes available to schedule pods".into();
        }
        let mut counted: Vec<String> = self.reasons.iter().map(|(text, count)| format!("{count} {text}")).collect();
        counted.sort();
        format!("0/{} nodes are available: {}.", self.nodes, counted.join(", "))
    }
}
