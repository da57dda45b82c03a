//! The arguments of plugins (`pluginConfig`), each read as its own kind.
use super::{ConfigurationError, Result, not_applied, plugins, read};
use crate::placement::{DefaultConstraint, Fit, Profile, Strategy};
use k8s_openapi::api::core::v1::NodeAffinity;
use serde::Deserialize;
use skeg_model::{
    Value,
    meta::{field_error::Errors, names},
};

/// Scores of a shape's points go up to this in a configuration, and to 100 here.
const SHAPE_SCORE_MAX: i64 = 10;
/// In the order in which upstream lists them.
const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PluginConfig {
    name: String,
    #[serde(default)]
    args: Value,
}

/// The arguments of one plugin, and where they stand.
#[derive(Debug)]
pub(super) struct Read {
    path: String,
    args: Args,
}

#[derive(Debug)]
enum Args {
    Fit(FitArgs),
    Balanced(BalancedArgs),
    PodAffinity(PodAffinityArgs),
    NodeAffinity(Box<NodeAffinityArgs>),
    Spread(SpreadArgs),
    Preemption(PreemptionArgs),
    Volumes(VolumeArgs),
    Unread,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct FitArgs {
    ignored_resources: Vec<String>,
    ignored_resource_groups: Vec<String>,
    scoring_strategy: Option<ScoringStrategy>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BalancedArgs {
    resources: Vec<Resource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct PodAffinityArgs {
    hard_pod_affinity_weight: Option<i64>,
    ignore_preferred_terms_of_existing_pods: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct NodeAffinityArgs {
    added_affinity: Option<NodeAffinity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct SpreadArgs {
    default_constraints: Vec<Constraint>,
    defaulting_type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Constraint {
    max_skew: i64,
    topology_key: String,
    when_unsatisfiable: String,
    label_selector: Option<Value>,
    min_domains: Option<i64>,
    node_affinity_policy: Option<String>,
    node_taints_policy: Option<String>,
    match_label_keys: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct PreemptionArgs {
    min_candidate_nodes_percentage: Option<i64>,
    min_candidate_nodes_absolute: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct VolumeArgs {
    bind_timeout_seconds: i64,
    shape: Vec<Point>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ScoringStrategy {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    resources: Vec<Resource>,
    requested_to_capacity_ratio: Option<Ratio>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ratio {
    #[serde(default)]
    shape: Vec<Point>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Point {
    utilization: i64,
    score: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Resource {
    name: String,
    weight: i64,
}

impl Resource {
    fn weight(&self) -> i64 {
        if self.weight == 0 { 1 } else { self.weight }
    }
}

/// What upstream says of `pluginConfig`.
pub(super) fn check_all(profile: &str, configs: &[PluginConfig], args: &[Read], errors: &mut Errors) {
    for (at, (config, args)) in configs.iter().zip(args).enumerate() {
        let path = format!("{profile}.pluginConfig[{at}]");
        if configs[..at].iter().any(|other| other.name == config.name) {
            errors.duplicate(path.as_str(), config.name.as_str());
        }
        plugins::was_removed(&path, &config.name, errors);
        args.check(errors);
    }
}

impl PluginConfig {
    pub fn read(&self, path: &str) -> Result<Read> {
        let path = format!("{path}.args");
        let mut tree = if self.args.is_null() { Value::Object(serde_json::Map::new()) } else { self.args.clone() };
        let kind = format!("{}Args", self.name);
        for (field, expected) in [("apiVersion", "kubescheduler.config.k8s.io/v1"), ("kind", kind.as_str())] {
            let given = tree.as_object_mut().and_then(|map| map.remove(field));
            if given.is_some_and(|given| given.as_str() != Some(expected)) {
                let why = format!("must be {expected}");
                return Err(ConfigurationError::Malformed { path: format!("{path}.{field}"), why });
            }
        }
        let args = match &*self.name {
            "NodeResourcesFit" => Args::Fit(read(&path, tree)?),
            "NodeResourcesBalancedAllocation" => Args::Balanced(read(&path, tree)?),
            "InterPodAffinity" => Args::PodAffinity(read(&path, tree)?),
            "NodeAffinity" => Args::NodeAffinity(read(&path, tree)?),
            "PodTopologySpread" => Args::Spread(read(&path, tree)?),
            "DefaultPreemption" => Args::Preemption(read(&path, tree)?),
            "VolumeBinding" => Args::Volumes(read(&path, tree)?),
            // Arguments of plugins that do not run are nobody's business, as upstream.
            _ => Args::Unread,
        };
        Ok(Read { path, args })
    }
}

impl Read {
    /// What upstream's validation says of the arguments.
    pub fn check(&self, errors: &mut Errors) {
        let at = |field: &str| format!("{}.{field}", self.path);
        match &self.args {
            // Upstream looks at these only when it makes the plugin.
            Args::Fit(_) | Args::Unread => {}
            Args::Balanced(args) => args.check(&at("resources"), errors),
            Args::PodAffinity(args) => {
                let weight = args.hard_pod_affinity_weight.unwrap_or(1);
                if !(0..=100).contains(&weight) {
                    errors.invalid(at("hardPodAffinityWeight"), weight, "not in valid range [0, 100]");
                }
            }
            Args::NodeAffinity(args) => args.check(&at("addedAffinity"), errors),
            Args::Spread(args) => args.check(&at, errors),
            Args::Preemption(args) => args.check(&at, errors),
            Args::Volumes(args) => {
                if args.bind_timeout_seconds < 0 {
                    let why = "invalid BindTimeoutSeconds, should not be a negative value";
                    errors.invalid(at("bindTimeoutSeconds"), args.bind_timeout_seconds, why);
                }
            }
        }
    }

    pub fn apply(&self, out: &mut Profile) -> Result<()> {
        match &self.args {
            Args::Fit(args) => return args.apply(out),
            Args::Balanced(args) if args.resources.is_empty() => {}
            Args::Balanced(args) => out.balanced = args.resources.iter().map(|it| it.name.clone()).collect(),
            Args::PodAffinity(args) => {
                out.hard_affinity_weight = args.hard_pod_affinity_weight.unwrap_or(out.hard_affinity_weight);
                out.ignores_preferences = args.ignore_preferred_terms_of_existing_pods;
            }
            Args::NodeAffinity(args) => {
                out.added_affinity = args.added_affinity.as_ref().map(Into::into);
            }
            Args::Spread(args) if args.defaulting_type == "List" => {
                let constraints = args.default_constraints.iter().enumerate();
                let made = constraints.map(|(at, it)| it.made(&format!("{}.defaultConstraints[{at}]", self.path)));
                out.default_constraints = Some(made.collect::<Result<_>>()?);
            }
            Args::Preemption(args) => {
                let count = |given: Option<i64>, default| given.map_or(default, |it| usize::try_from(it).unwrap_or(0));
                out.candidates_percentage = count(args.min_candidate_nodes_percentage, out.candidates_percentage);
                out.candidates_min = count(args.min_candidate_nodes_absolute, out.candidates_min);
            }
            Args::Volumes(args) if !args.shape.is_empty() => return not_applied(format!("{}.shape", self.path)),
            // Nothing is bound to volumes here that could take time.
            Args::Spread(_) | Args::Volumes(_) | Args::Unread => {}
        }
        Ok(())
    }
}

impl BalancedArgs {
    fn check(&self, path: &str, errors: &mut Errors) {
        for (at, resource) in self.resources.iter().enumerate() {
            if self.resources[..at].iter().any(|other| other.name == resource.name) {
                errors.duplicate(format!("{path}[{at}].name"), resource.name.as_str());
            }
            if resource.weight() != 1 {
                errors.invalid(format!("{path}[{at}].weight"), resource.weight(), "must be 1");
            }
        }
    }
}

impl PreemptionArgs {
    fn check(&self, at: &impl Fn(&str) -> String, errors: &mut Errors) {
        let share = self.min_candidate_nodes_percentage.unwrap_or(10);
        let least = self.min_candidate_nodes_absolute.unwrap_or(100);
        let (share_at, least_at) = (at("minCandidateNodesPercentage"), at("minCandidateNodesAbsolute"));
        if !(0..=100).contains(&share) {
            errors.invalid(share_at.as_str(), share, "not in valid range [0, 100]");
        }
        if least < 0 {
            errors.invalid(least_at.as_str(), least, "not in valid range [0, inf)");
        }
        if share == 0 && least == 0 {
            errors.invalid(share_at, share, "cannot be zero at the same time as minCandidateNodesAbsolute");
            errors.invalid(least_at, least, "cannot be zero at the same time as minCandidateNodesPercentage");
        }
    }
}

impl NodeAffinityArgs {
    fn check(&self, path: &str, errors: &mut Errors) {
        let Some(added) = &self.added_affinity else { return };
        let required = added.required_during_scheduling_ignored_during_execution.as_ref();
        let preferred = added.preferred_during_scheduling_ignored_during_execution.as_ref();
        let required = required.into_iter().flat_map(|it| &it.node_selector_terms).enumerate();
        let required = required.map(|(at, term)| {
            (format!("{path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[{at}]"), term)
        });
        let preferred = preferred.into_iter().flatten().enumerate();
        let preferred = preferred
            .map(|(at, it)| (format!("{path}.preferredDuringSchedulingIgnoredDuringExecution[{at}]"), &it.preference));
        for (path, term) in required.chain(preferred) {
            for (at, expression) in term.match_expressions.iter().flatten().enumerate() {
                if !OPERATORS.contains(&&*expression.operator) {
                    let at = format!("{path}.matchExpressions[{at}].operator");
                    errors.not_supported(at, expression.operator.as_str(), OPERATORS);
                }
            }
            for (at, field) in term.match_fields.iter().flatten().enumerate() {
                if !["In", "NotIn"].contains(&&*field.operator) {
                    let at = format!("{path}.matchFields[{at}].operator");
                    errors.not_supported(at, field.operator.as_str(), &["In", "NotIn"]);
                }
            }
        }
    }
}

impl SpreadArgs {
    fn check(&self, at: &impl Fn(&str) -> String, errors: &mut Errors) {
        let kind = if self.defaulting_type.is_empty() { "System" } else { &self.defaulting_type };
        match kind {
            "System" if !self.default_constraints.is_empty() => {
                errors.invalid(at("defaultingType"), kind, "when .defaultConstraints are not empty");
            }
            "System" | "List" => {}
            _ => errors.not_supported(at("defaultingType"), kind, &["System", "List"]),
        }
        for (index, constraint) in self.default_constraints.iter().enumerate() {
            let path = at(&format!("defaultConstraints[{index}]"));
            constraint.check(&path, errors);
            let same = |other: &Constraint| {
                (&other.topology_key, &other.when_unsatisfiable)
                    == (&constraint.topology_key, &constraint.when_unsatisfiable)
            };
            if self.default_constraints[..index].iter().any(same) {
                let text = format!("{{{}, {}}}", constraint.topology_key, constraint.when_unsatisfiable);
                errors.duplicate(path, text.as_str());
            }
        }
    }
}

impl Constraint {
    fn check(&self, path: &str, errors: &mut Errors) {
        if self.max_skew <= 0 {
            errors.invalid(format!("{path}.maxSkew"), self.max_skew, "not in valid range (0, inf)");
        }
        let key = format!("{path}.topologyKey");
        if self.topology_key.is_empty() {
            errors.required(key, "can not be empty");
        } else {
            errors.invalid_each(key, self.topology_key.as_str(), names::qualified_name(&self.topology_key));
        }
        let when = format!("{path}.whenUnsatisfiable");
        match &*self.when_unsatisfiable {
            "" => errors.required(when, "can not be empty"),
            "DoNotSchedule" | "ScheduleAnyway" => {}
            other => errors.not_supported(when, other, &["DoNotSchedule", "ScheduleAnyway"]),
        }
        if self.label_selector.is_some() {
            let why = "constraint must not define a selector, as they deduced for each pod";
            errors.forbidden(format!("{path}.labelSelector"), why);
        }
    }

    fn made(&self, path: &str) -> Result<DefaultConstraint> {
        if !self.match_label_keys.is_empty() {
            return not_applied(format!("{path}.matchLabelKeys"));
        }
        Ok(DefaultConstraint {
            max_skew: self.max_skew,
            topology_key: self.topology_key.clone(),
            hard: self.when_unsatisfiable == "DoNotSchedule",
            min_domains: self.min_domains.and_then(|it| usize::try_from(it).ok()).unwrap_or(1),
            honours_affinity: self.node_affinity_policy.as_deref() != Some("Ignore"),
            honours_taints: self.node_taints_policy.as_deref() == Some("Honor"),
        })
    }
}

impl FitArgs {
    /// Field paths begin at the arguments here, as upstream's do.
    fn problems(&self) -> Errors {
        let mut errors = Errors::new();
        let lists =
            [("ignoredResources", &self.ignored_resources), ("ignoredResourceGroups", &self.ignored_resource_groups)];
        for (field, list) in lists {
            for (at, name) in list.iter().enumerate() {
                let path = format!("{field}[{at}]");
                if field == "ignoredResourceGroups" && name.contains('/') {
                    errors.invalid(path.as_str(), name.as_str(), "resource group name can't contain '/'");
                }
                errors.invalid_each(path, name.as_str(), names::qualified_name(name));
            }
        }
        if let Some(strategy) = &self.scoring_strategy {
            strategy.check(&mut errors);
        }
        errors
    }

    fn apply(&self, out: &mut Profile) -> Result<()> {
        let problems = self.problems();
        if !problems.is_empty() {
            let why = format!("initializing plugin \"NodeResourcesFit\": {}", problems.aggregate());
            return Err(ConfigurationError::Profile { profile: out.scheduler_name.clone(), why });
        }
        out.ignored_resources.clone_from(&self.ignored_resources);
        out.ignored_resource_groups.clone_from(&self.ignored_resource_groups);
        if let Some(strategy) = &self.scoring_strategy {
            out.fit = strategy.made();
        }
        Ok(())
    }
}

impl ScoringStrategy {
    fn check(&self, errors: &mut Errors) {
        let known = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"];
        if !known.contains(&&*self.kind) {
            errors.not_supported("scoringStrategy.type", self.kind.as_str(), &known);
        }
        for (at, resource) in self.resources.iter().enumerate() {
            if !(1..=100).contains(&resource.weight()) {
                let why = format!("resource weight of {} not in valid range (0, 100]", resource.name);
                errors.invalid(format!("scoringStrategy.resources[{at}].weight"), resource.weight(), why);
            }
        }
        let at = "scoringStrategy.requestedToCapacityRatio";
        match (&self.requested_to_capacity_ratio, self.kind == "RequestedToCapacityRatio") {
            (Some(ratio), true) => check_shape(&format!("{at}.shape"), &ratio.shape, errors),
            (None, true) => errors.required(at, "must be specified when type is RequestedToCapacityRatio"),
            (Some(_), false) => errors.forbidden(at, "must be nil when type is not RequestedToCapacityRatio"),
            (None, false) => {}
        }
    }

    /// Valid after [`Self::check`].
    fn made(&self) -> Fit {
        let default = Fit::default();
        let strategy = match (&*self.kind, &self.requested_to_capacity_ratio) {
            ("MostAllocated", _) => Strategy::MostAllocated,
            (_, Some(ratio)) => {
                let points = ratio.shape.iter();
                let points = points.map(|point| (point.utilization, point.score * (100 / SHAPE_SCORE_MAX)));
                Strategy::RequestedToCapacityRatio(points.collect())
            }
            _ => default.strategy,
        };
        let resources: Vec<_> = self.resources.iter().map(|it| (it.name.clone(), it.weight())).collect();
        Fit { strategy, resources: if resources.is_empty() { default.resources } else { resources } }
    }
}

fn check_shape(path: &str, shape: &[Point], errors: &mut Errors) {
    if shape.is_empty() {
        errors.required(path, "at least one point must be specified");
        return;
    }
    if let Some(at) = (1..shape.len()).find(|at| shape[at - 1].utilization >= shape[*at].utilization) {
        let why = "values must be sorted in increasing order";
        errors.invalid(format!("{path}[{at}].utilization"), shape[at].utilization, why);
    }
    for (at, point) in shape.iter().enumerate() {
        if !(0..=100).contains(&point.utilization) {
            errors.invalid(format!("{path}[{at}].utilization"), point.utilization, "not in valid range [0, 100]");
        }
        if !(0..=SHAPE_SCORE_MAX).contains(&point.score) {
            errors.invalid(format!("{path}[{at}].score"), point.score, "not in valid range [0, 10]");
        }
    }
}
