//! Which nodes a pod may go to and likes: node selector and node affinity.
use k8s_openapi::api::core::v1::{NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm, PodSpec};
use std::collections::BTreeMap;

/// A pod's demands and wishes about its node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeSelection {
    selector: BTreeMap<String, String>,
    /// None: no required affinity. Some: one of the terms must hold (none of an empty list does).
    required: Option<Vec<NodeSelectorTerm>>,
    preferred: Vec<(i64, NodeSelectorTerm)>,
}

impl NodeSelection {
    pub fn new(spec: &PodSpec) -> Self {
        let affinity = spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref());
        Self {
            selector: spec.node_selector.clone().unwrap_or_default(),
            ..affinity.map(Self::from).unwrap_or_default()
        }
    }

    /// The same with the wishes of `other`.
    #[must_use]
    pub fn wishing(mut self, other: &Self) -> Self {
        self.preferred.extend_from_slice(&other.preferred);
        self
    }

    /// Whether the node fulfils the selector and the required affinity.
    pub fn admits(&self, name: &str, labels: &BTreeMap<String, String>) -> bool {
        self.selector.iter().all(|(k, v)| labels.get(k) == Some(v))
            && self.required.as_ref().is_none_or(|terms| terms.iter().any(|t| term_holds(t, name, labels)))
    }

    /// Sum of the weights of the wishes that the node fulfils.
    pub fn liking(&self, name: &str, labels: &BTreeMap<String, String>) -> i64 {
        self.preferred.iter().filter(|(_, term)| term_holds(term, name, labels)).map(|(weight, _)| weight).sum()
    }

    /// The only nodes that the required affinity's `matchFields` leave, when every term names some.
    pub fn names(&self) -> Option<Vec<&str>> {
        let mut names = Vec::new();
        for term in self.required.as_deref()? {
            let fields = term.match_fields.iter().flatten();
            let lists = fields.filter(|f| f.key == "metadata.name" && f.operator == "In");
            let mut lists = lists.map(|f| f.values.as_deref().unwrap_or_default());
            let first = lists.next()?;
            let rest: Vec<_> = lists.collect();
            names.extend(first.iter().filter(|n| rest.iter().all(|l| l.contains(n))).map(String::as_str));
        }
        (!names.is_empty()).then_some(names)
    }

    pub fn has_preferences(&self) -> bool {
        !self.preferred.is_empty()
    }
}

impl From<&NodeAffinity> for NodeSelection {
    fn from(affinity: &NodeAffinity) -> Self {
        let required = affinity.required_during_scheduling_ignored_during_execution.as_ref();
        let preferred = affinity.preferred_during_scheduling_ignored_during_execution.iter().flatten();
        Self {
            selector: BTreeMap::new(),
            required: required.map(|r| r.node_selector_terms.clone()),
            preferred: preferred.map(|p| (i64::from(p.weight), p.preference.clone())).collect(),
        }
    }
}

fn term_holds(term: &NodeSelectorTerm, name: &str, labels: &BTreeMap<String, String>) -> bool {
    let (expressions, fields) = (term.match_expressions.as_deref(), term.match_fields.as_deref());
    if expressions.is_none_or(<[_]>::is_empty) && fields.is_none_or(<[_]>::is_empty) {
        return false;
    }
    let field = |key: &str| (key == "metadata.name").then_some(name);
    expressions.into_iter().flatten().all(|e| requirement_holds(e, labels.get(&e.key).map(String::as_str)))
        && fields.into_iter().flatten().all(|f| requirement_holds(f, field(&f.key)))
}

fn requirement_holds(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let listed = |v: &str| requirement.values.iter().flatten().any(|w| w == v);
    let number = |v: &str| v.parse::<i64>().ok();
    let bound = requirement.values.iter().flatten().next().and_then(|v| number(v));
    match requirement.operator.as_str() {
        "In" => value.is_some_and(listed),
        "NotIn" => !value.is_some_and(listed),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => matches!((value.and_then(number), bound), (Some(v), Some(b)) if v > b),
        "Lt" => matches!((value.and_then(number), bound), (Some(v), Some(b)) if v < b),
        _ => false,
    }
}
