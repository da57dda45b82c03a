//! By what one profile of the scheduler refuses and weighs nodes, and how many it tries to make room on (the part of a
//! `KubeSchedulerProfile` that placement goes by).
use super::affinity::NodeSelection;

/// One profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Pods with this `spec.schedulerName` are its.
    pub scheduler_name: String,
    pub filters: Filters,
    pub weights: Weights,
    /// Whether room is made by ending pods (`DefaultPreemption`).
    pub preempts: bool,
    /// What is demanded and wished of all nodes beside what pods say (`NodeAffinityArgs.addedAffinity`).
    pub added_affinity: Option<NodeSelection>,
    /// How pods of one Service or controller are spread that say nothing themselves (`PodTopologySpreadArgs`); None:
    /// softly over hosts and zones.
    pub default_constraints: Option<Vec<DefaultConstraint>>,
    /// Extended resources, and groups of them (`example.com`), that nodes need not have
    /// (`NodeResourcesFitArgs.ignoredResources`, `ignoredResourceGroups`).
    pub ignored_resources: Vec<String>,
    pub ignored_resource_groups: Vec<String>,
    pub fit: Fit,
    /// Resources that are best used evenly (`NodeResourcesBalancedAllocationArgs`).
    pub balanced: Vec<String>,
    /// The weight of a placed pod's required affinity in the score (`hardPodAffinityWeight`).
    pub hard_affinity_weight: i64,
    /// Pods that prefer nobody are not weighed by what others prefer (`ignorePreferredTermsOfExistingPods`).
    pub ignores_preferences: bool,
    /// Of the nodes on which ending pods may help, the share in percent that is tried, and how many at least
    /// (`minCandidateNodesPercentage`, `minCandidateNodesAbsolute`).
    pub candidates_percentage: usize,
    pub candidates_min: usize,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            scheduler_name: "default-scheduler".into(),
            filters: Filters::default(),
            weights: Weights::default(),
            preempts: true,
            added_affinity: None,
            default_constraints: None,
            ignored_resources: Vec::new(),
            ignored_resource_groups: Vec::new(),
            fit: Fit::default(),
            balanced: vec!["cpu".into(), "memory".into()],
            hard_affinity_weight: 1,
            ignores_preferences: false,
            candidates_percentage: 10,
            candidates_min: 100,
        }
    }
}

/// One filter; in upstream's words the plugin at the filter extension point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    Cordon,
    NodeName,
    Taints,
    NodeAffinity,
    Ports,
    Resources,
    Spread,
    PodAffinity,
}

/// The filters that a profile goes by: all, unless some are switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filters(u8);

impl Default for Filters {
    fn default() -> Self {
        Self(u8::MAX)
    }
}

impl Filters {
    pub fn has(self, filter: Filter) -> bool {
        self.0 & 1 << filter as u8 != 0
    }

    pub fn set(&mut self, filter: Filter, on: bool) {
        self.0 = self.0 & !(1 << filter as u8) | u8::from(on) << filter as u8;
    }
}

/// A constraint for pods that have none of their own; whom it counts follows from what selects the pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultConstraint {
    pub max_skew: i64,
    pub topology_key: String,
    /// `DoNotSchedule`.
    pub hard: bool,
    pub min_domains: usize,
    pub honours_affinity: bool,
    pub honours_taints: bool,
}

/// Weights of the scores; 0: the plugin does not score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    pub taints: i64,
    pub node_affinity: i64,
    pub fit: i64,
    pub spread: i64,
    pub pod_affinity: i64,
    pub balanced: i64,
    pub images: i64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { taints: 3, node_affinity: 2, fit: 1, spread: 2, pod_affinity: 2, balanced: 1, images: 1 }
    }
}

/// How a node is weighed by what would be used of it (`NodeResourcesFitArgs.scoringStrategy`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    pub strategy: Strategy,
    /// Names and weights.
    pub resources: Vec<(String, i64)>,
}

impl Default for Fit {
    fn default() -> Self {
        Self { strategy: Strategy::LeastAllocated, resources: vec![("cpu".into(), 1), ("memory".into(), 1)] }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    LeastAllocated,
    MostAllocated,
    /// Utilisation in percent and the score there (0 to 100), by ascending utilisation; never empty.
    RequestedToCapacityRatio(Vec<(i64, i64)>),
}

const SCORE_MAX: i64 = 100;

impl Profile {
    /// Whether nodes need not have the resource, of those that only some have.
    pub fn ignores(&self, resource: &str) -> bool {
        let group = resource.split_once('/').map(|(group, _)| group);
        // Kubernetes' own are no extended resources.
        group.is_some_and(|group| !group.ends_with("kubernetes.io"))
            && (self.ignored_resources.iter().any(|name| name == resource)
                || self.ignored_resource_groups.iter().any(|name| Some(&**name) == group))
    }
}

impl Fit {
    /// The score of a node; `of` gives for a resource what would be used and what there is, nothing for those that do not
    /// count.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "upstream rounds a float")]
    pub fn score(&self, of: impl Fn(&str) -> Option<(i64, i64)>) -> i64 {
        let (mut sum, mut weights) = (0, 0);
        for (name, weight) in &self.resources {
            let Some((used, has)) = of(name).filter(|(_, has)| *has > 0) else { continue };
            let score = self.strategy.score(used, has);
            if score > 0 || !matches!(self.strategy, Strategy::RequestedToCapacityRatio(_)) {
                (sum, weights) = (sum + score * weight, weights + weight);
            }
        }
        match self.strategy {
            _ if weights == 0 => 0,
            Strategy::RequestedToCapacityRatio(_) => (sum as f64 / weights as f64).round() as i64,
            _ => sum / weights,
        }
    }
}

impl Strategy {
    fn score(&self, used: i64, has: i64) -> i64 {
        match self {
            Self::LeastAllocated if used > has => 0,
            Self::LeastAllocated => (has - used) * SCORE_MAX / has,
            Self::MostAllocated => used.min(has) * SCORE_MAX / has,
            Self::RequestedToCapacityRatio(shape) => along(shape, used.min(has) * SCORE_MAX / has),
        }
    }
}

/// The value at `at` of the line through the points, level before the first and after the last.
fn along(shape: &[(i64, i64)], at: i64) -> i64 {
    let next = shape.iter().position(|(utilisation, _)| at <= *utilisation);
    match next {
        Some(0) => shape[0].1,
        Some(next) => {
            let ((x0, y0), (x1, y1)) = (shape[next - 1], shape[next]);
            y0 + (y1 - y0) * (at - x0) / (x1 - x0)
        }
        None => shape.last().map_or(0, |(_, score)| *score),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placement::{PodFacts, Shapes, tests};
    use k8s_openapi::api::core::v1::{Node, NodeAffinity, Pod};
    use serde_json::json;
    use std::sync::Arc;

    fn check(strategy: Strategy, weights: [i64; 2], expected: i64) {
        let resources = vec![("cpu".into(), weights[0]), ("memory".into(), weights[1]), ("gpu".into(), 9)];
        let fit = Fit { strategy, resources };
        let of = |name: &str| match name {
            "cpu" => Some((30, 100)),
            "memory" => Some((60, 100)),
            _ => None,
        };
        assert_eq!(fit.score(of), expected, "{fit:?}");
    }

    #[test]
    fn strategies_weigh_what_would_be_used() {
        check(Strategy::LeastAllocated, [1, 1], 55);
        check(Strategy::LeastAllocated, [3, 1], 62);
        check(Strategy::MostAllocated, [1, 1], 45);
        check(Strategy::MostAllocated, [1, 3], 52);
        let packing = || Strategy::RequestedToCapacityRatio(vec![(0, 0), (100, 100)]);
        check(packing(), [1, 1], 45);
        check(packing(), [1, 3], 53);
        check(Strategy::RequestedToCapacityRatio(vec![(40, 0), (50, 100)]), [1, 1], 100);
        check(Strategy::RequestedToCapacityRatio(vec![(20, 100), (40, 0)]), [1, 1], 50);
    }

    /// Where a pod of the profile goes, or why nowhere.
    fn check_pod(profile: Profile, spec: serde_json::Value, nodes: &[Node], expected: &str) {
        let pod =
            json!({"metadata": {"name": "p", "namespace": "d", "uid": "p", "labels": {"app": "x"}}, "spec": spec});
        let pod: Pod = serde_json::from_value(pod).unwrap();
        let pod = PodFacts::new(&pod, Shapes::new(vec![profile]).of(&pod));
        tests::check(&pod, &mut tests::cluster(nodes), expected);
    }

    fn without(filter: Filter) -> Profile {
        let mut profile = Profile::default();
        profile.filters.set(filter, false);
        profile
    }

    #[test]
    fn filters_that_are_off_refuse_nobody() {
        let containers = json!([{"name": "c", "resources": {"requests": {"cpu": "9"}}}]);
        let tainted = json!({"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}});
        let cordoned = json!({"spec": {"unschedulable": true}});
        let spread = json!([{"maxSkew": 1, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "x"}}}]);
        let near = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
            [{"topologyKey": "rack", "labelSelector": {"matchLabels": {"app": "y"}}}]}});
        let cases = [
            (Filter::Resources, json!({"containers": containers}), json!({}), "Insufficient cpu"),
            (Filter::Taints, json!({"containers": []}), tainted, "node(s) had untolerated taint(s)"),
            (Filter::Cordon, json!({"containers": []}), cordoned, "node(s) were unschedulable"),
            (
                Filter::NodeAffinity,
                json!({"containers": [], "nodeSelector": {"a": "b"}}),
                json!({}),
                "node(s) didn't match Pod's node affinity/selector",
            ),
            (
                Filter::Spread,
                json!({"containers": [], "topologySpreadConstraints": spread}),
                json!({}),
                "node(s) didn't match pod topology spread constraints (missing required label)",
            ),
            (
                Filter::PodAffinity,
                json!({"containers": [], "affinity": near}),
                json!({}),
                "node(s) didn't match pod affinity rules",
            ),
        ];
        for (filter, spec, patch, why) in cases {
            let nodes = [tests::node("a", patch)];
            let why = format!("0/1 nodes are available: 1 {why}.");
            check_pod(Profile::default(), spec.clone(), &nodes, &why);
            check_pod(without(filter), spec, &nodes, "a");
        }
    }

    #[test]
    fn a_profile_adds_its_own_affinity_and_overlooks_resources() {
        let nodes = [tests::node("a", json!({})), tests::node("b", json!({"metadata": {"labels": {"pool": "x"}}}))];
        let added: NodeAffinity = serde_json::from_value(json!({"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "Exists"}]}]}}))
        .unwrap();
        let profile = Profile { added_affinity: Some((&added).into()), ..Profile::default() };
        check_pod(profile.clone(), json!({"containers": []}), &nodes, "b");
        let why = "0/1 nodes are available: 1 node(s) didn't match scheduler-enforced node affinity.";
        check_pod(profile, json!({"containers": []}), &nodes[..1], why);
        let asks = json!({"containers": [{"name": "c", "resources": {"requests": {"a.b/c": "1"}}}]});
        check_pod(Profile::default(), asks.clone(), &nodes[..1], "0/1 nodes are available: 1 Insufficient a.b/c.");
        let ignored_resource_groups = vec!["a.b".to_owned()];
        check_pod(Profile { ignored_resource_groups, ..Profile::default() }, asks, &nodes[..1], "a");
    }

    #[test]
    fn default_constraints_of_a_profile_replace_upstreams() {
        let constraint = DefaultConstraint {
            max_skew: 1,
            topology_key: "rack".into(),
            hard: true,
            min_domains: 1,
            honours_affinity: true,
            honours_taints: false,
        };
        let profile = Profile { default_constraints: Some(vec![constraint]), ..Profile::default() };
        let mut shapes = Shapes::new(vec![profile]);
        let pod = |name: &str| -> Pod {
            let metadata = json!({"name": name, "namespace": "d", "uid": name, "labels": {"app": "x"}});
            serde_json::from_value(json!({"metadata": metadata, "spec": {"containers": []}})).unwrap()
        };
        let rack = |name: &str, rack: &str| tests::node(name, json!({"metadata": {"labels": {"rack": rack}}}));
        let mut cluster = tests::cluster(&[rack("a", "1"), rack("b", "2")]);
        let placed = pod("placed");
        cluster.set_pod(Arc::new(PodFacts::new(&placed, shapes.of(&placed))), "a");
        let next = pod("next");
        let shape = shapes.of(&next);
        let spread = shapes.spread_by_default(&shape, &json!({"matchLabels": {"app": "x"}}));
        tests::check(&PodFacts::new(&next, spread), &mut cluster, "b");
        assert!(!shape.spreads());
    }

    #[test]
    fn what_is_overfull_counts_as_full() {
        assert_eq!(Strategy::LeastAllocated.score(150, 100), 0);
        assert_eq!(Strategy::MostAllocated.score(150, 100), 100);
        assert_eq!(Strategy::RequestedToCapacityRatio(vec![(0, 7)]).score(150, 100), 7);
    }
}
