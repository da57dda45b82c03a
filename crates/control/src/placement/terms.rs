//! What a pod says about other pods: affinity, anti-affinity and topology spread constraints, compiled once.
use super::{
    pod::PodFacts,
    profile::{DefaultConstraint, Filter, Filters, Profile},
};
use k8s_openapi::{
    api::core::v1::{PodAffinityTerm, PodSpec, TopologySpreadConstraint},
    apimachinery::pkg::apis::meta::v1::LabelSelector as SelectorObject,
};
use rustc_hash::FxHashMap;
use skeg_model::meta::selector::{LabelSelector, Operator};
use std::{collections::BTreeMap, sync::Arc};

/// Labels of the namespaces, by name.
pub(super) type Namespaces = FxHashMap<String, BTreeMap<String, String>>;

/// Pods of some namespaces with some labels.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    namespaces: Vec<String>,
    namespace_selector: LabelSelector,
    selector: LabelSelector,
}

impl Group {
    fn has(&self, pod: &PodFacts, namespaces: &Namespaces) -> bool {
        let listed = self.namespaces.contains(&pod.namespace);
        let none = BTreeMap::new();
        let selected = || self.namespace_selector.matches(namespaces.get(&pod.namespace).unwrap_or(&none));
        self.selector.matches(&pod.labels) && (listed || selected())
    }
}

/// Pods that belong to all of some groups.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    /// Equal for equal matchers.
    pub id: Arc<str>,
    groups: Vec<Group>,
    /// Pods that are being deleted do not count.
    living: bool,
}

impl Matcher {
    fn new(groups: Vec<Group>, living: bool) -> Self {
        Self { id: format!("{living} {groups:?}").into(), groups, living }
    }

    pub fn matches(&self, pod: &PodFacts, namespaces: &Namespaces) -> bool {
        !(self.living && pod.terminating) && self.groups.iter().all(|g| g.has(pod, namespaces))
    }

    /// Whether it asks for labels of namespaces.
    pub fn asks_namespaces(&self) -> bool {
        self.groups.iter().any(|g| !g.namespace_selector.is_nothing())
    }

    /// A label that every pod it matches has, when there is one.
    pub fn equality(&self) -> Option<(&str, &str)> {
        let requirements = self.groups.iter().flat_map(|g| g.selector.requirements());
        requirements
            .filter(|r| matches!(r.operator, Operator::Equals | Operator::DoubleEquals | Operator::In))
            .find_map(|r| if let [value] = r.values.as_slice() { Some((r.key.as_str(), value.as_str())) } else { None })
    }
}

/// Pods and the topology in which they are near.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub matcher: Arc<Matcher>,
    pub topology_key: String,
}

/// How a pod's own term acts on the pods that come after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bearing {
    /// Required anti-affinity: keeps away.
    Repels,
    /// Required affinity: added to the score by the weight that the other pod's profile gives it.
    Follows,
    /// Added to the score, negative for anti-affinity.
    Attracts(i64),
}

impl Bearing {
    /// What the term adds to the score of the pods that it is about.
    pub fn weight(self, profile: &Profile) -> Option<i64> {
        match self {
            Self::Repels => None,
            Self::Follows => Some(profile.hard_affinity_weight),
            Self::Attracts(weight) => Some(weight),
        }
    }
}

/// A term that a placed pod carries.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    pub id: Arc<str>,
    pub term: Term,
    pub bearing: Bearing,
}

/// One topology spread constraint.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    pub max_skew: i64,
    pub min_domains: usize,
    pub topology_key: String,
    pub matcher: Arc<Matcher>,
    pub honours_affinity: bool,
    pub honours_taints: bool,
}

/// All that a pod says about others.
#[derive(Debug, Clone, Default)]
pub(super) struct Relations {
    /// Required affinity.
    pub near: Vec<Term>,
    /// The pods that fulfil all of `near`; set when there are some.
    pub near_all: Option<Arc<Matcher>>,
    /// Required anti-affinity.
    pub apart: Vec<Term>,
    /// Preferred affinity, and anti-affinity with a negative weight.
    pub preferred: Vec<(i64, Term)>,
    pub spread_hard: Vec<Spread>,
    pub spread_soft: Vec<Spread>,
    /// The pod says itself how it is spread.
    pub spreads: bool,
    /// Nodes that lack the label of a constraint take part for the others: the constraints are the defaults.
    pub any_label: bool,
    /// Its own terms as they act on others.
    pub carried: Vec<Carried>,
}

impl Relations {
    pub fn new(spec: &PodSpec, namespace: &str) -> Self {
        let mut out = Self::default();
        let affinity = spec.affinity.as_ref();
        let (to, from) =
            (affinity.and_then(|a| a.pod_affinity.as_ref()), affinity.and_then(|a| a.pod_anti_affinity.as_ref()));
        let near = to.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_deref());
        let groups: Vec<_> = near.unwrap_or_default().iter().map(|t| group(t, namespace)).collect();
        out.near = near.unwrap_or_default().iter().map(|t| term(t, namespace)).collect();
        out.near_all = (!groups.is_empty()).then(|| Arc::new(Matcher::new(groups, false)));
        let apart = from.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_deref());
        out.apart = apart.unwrap_or_default().iter().map(|t| term(t, namespace)).collect();
        let liked = to.and_then(|a| a.preferred_during_scheduling_ignored_during_execution.as_deref());
        let disliked = from.and_then(|a| a.preferred_during_scheduling_ignored_during_execution.as_deref());
        for (sign, terms) in [(1, liked), (-1, disliked)] {
            let weighed = terms.unwrap_or_default().iter();
            out.preferred.extend(weighed.map(|w| (sign * i64::from(w.weight), term(&w.pod_affinity_term, namespace))));
        }
        for constraint in spec.topology_spread_constraints.iter().flatten() {
            let hard = constraint.when_unsatisfiable == "DoNotSchedule";
            let list = if hard { &mut out.spread_hard } else { &mut out.spread_soft };
            list.push(spread(constraint, namespace));
        }
        out.spreads = !out.spread_hard.is_empty() || !out.spread_soft.is_empty();
        out.carried = out.as_carried();
        out
    }

    fn as_carried(&self) -> Vec<Carried> {
        let carry = |term: &Term, bearing: Bearing| Carried {
            id: format!("{bearing:?} {} {}", term.topology_key, term.matcher.id).into(),
            term: term.clone(),
            bearing,
        };
        let repels = self.apart.iter().map(|t| carry(t, Bearing::Repels));
        let required = self.near.iter().map(|t| carry(t, Bearing::Follows));
        let preferred = self.preferred.iter().map(|(weight, t)| carry(t, Bearing::Attracts(*weight)));
        repels.chain(required).chain(preferred).collect()
    }

    /// Every set of pods that a decision about this pod counts.
    pub fn matchers(&self) -> impl Iterator<Item = &Arc<Matcher>> {
        let spread = self.spread_hard.iter().chain(&self.spread_soft).map(|s| &s.matcher);
        let apart = self.apart.iter().map(|t| &t.matcher);
        let preferred = self.preferred.iter().map(|(_, t)| &t.matcher);
        self.near_all.iter().chain(apart).chain(preferred).chain(spread)
    }
}

/// Topology key and `maxSkew` of the default constraints (upstream's `systemDefaultConstraints`).
const SPREAD_DEFAULTS: [(&str, i64); 2] = [("kubernetes.io/hostname", 3), ("topology.kubernetes.io/zone", 5)];

fn system_default((key, max_skew): (&str, i64)) -> DefaultConstraint {
    DefaultConstraint {
        max_skew,
        topology_key: key.to_owned(),
        hard: false,
        min_domains: 1,
        honours_affinity: true,
        honours_taints: false,
    }
}

impl Relations {
    /// The same, spread by the profile's defaults among the pods that `selector` (a label selector object) selects.
    pub fn spread_by_default(&self, namespace: &str, selector: &serde_json::Value, profile: &Profile) -> Self {
        let selector = LabelSelector::from_object(selector).unwrap_or_else(|_| LabelSelector::nothing());
        let spread = |constraint: &DefaultConstraint| Spread {
            max_skew: constraint.max_skew,
            min_domains: constraint.min_domains,
            topology_key: constraint.topology_key.clone(),
            matcher: Arc::new(Matcher::new(vec![in_namespace(namespace, selector.clone())], true)),
            honours_affinity: constraint.honours_affinity,
            honours_taints: constraint.honours_taints,
        };
        let system = || SPREAD_DEFAULTS.map(system_default).into();
        let constraints = profile.default_constraints.clone().unwrap_or_else(system);
        let of = |hard: bool| constraints.iter().filter(move |it| it.hard == hard).map(spread).collect();
        let hard = if profile.filters.has(Filter::Spread) { of(true) } else { Vec::new() };
        let any_label = profile.default_constraints.is_none();
        Self { spread_hard: hard, spread_soft: of(false), any_label, ..self.clone() }
    }

    /// Without what the profile's filters do not heed.
    pub fn heeded(mut self, filters: Filters) -> Self {
        if !filters.has(Filter::Spread) {
            self.spread_hard.clear();
        }
        if !filters.has(Filter::PodAffinity) {
            self.near.clear();
            self.near_all = None;
            self.apart.clear();
        }
        self
    }
}

fn in_namespace(namespace: &str, selector: LabelSelector) -> Group {
    Group { namespaces: vec![namespace.to_owned()], namespace_selector: LabelSelector::nothing(), selector }
}

/// None selects nothing, as does a selector that the API would not admit.
pub(super) fn compile(selector: Option<&SelectorObject>) -> LabelSelector {
    let Some(selector) = selector else { return LabelSelector::nothing() };
    let tree = serde_json::to_value(selector).unwrap_or_default();
    LabelSelector::from_object(&tree).unwrap_or_else(|_| LabelSelector::nothing())
}

fn group(term: &PodAffinityTerm, namespace: &str) -> Group {
    let mut namespaces = term.namespaces.clone().unwrap_or_default();
    if namespaces.is_empty() && term.namespace_selector.is_none() {
        namespaces.push(namespace.to_owned());
    }
    namespaces.sort();
    Group {
        namespaces,
        namespace_selector: compile(term.namespace_selector.as_ref()),
        selector: compile(term.label_selector.as_ref()),
    }
}

fn term(term: &PodAffinityTerm, namespace: &str) -> Term {
    Term {
        matcher: Arc::new(Matcher::new(vec![group(term, namespace)], false)),
        topology_key: term.topology_key.clone(),
    }
}

fn spread(constraint: &TopologySpreadConstraint, namespace: &str) -> Spread {
    let group = in_namespace(namespace, compile(constraint.label_selector.as_ref()));
    Spread {
        max_skew: i64::from(constraint.max_skew),
        min_domains: constraint.min_domains.and_then(|n| usize::try_from(n).ok()).unwrap_or(1),
        topology_key: constraint.topology_key.clone(),
        matcher: Arc::new(Matcher::new(vec![group], true)),
        honours_affinity: constraint.node_affinity_policy.as_deref() != Some("Ignore"),
        honours_taints: constraint.node_taints_policy.as_deref() == Some("Honor"),
    }
}
