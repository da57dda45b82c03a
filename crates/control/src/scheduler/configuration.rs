//! `KubeSchedulerConfiguration` (kubescheduler.config.k8s.io/v1): read strictly, and what is not applied is refused by name.
use crate::placement::{Fit, Profile, Strategy, Weights};
use jiff::SignedDuration;
use serde::{Deserialize, de::DeserializeOwned};
use skeg_model::{Value, wire::yaml};
use std::collections::BTreeMap;

/// Scores of a shape's points go up to this in a configuration, and to 100 here.
const SHAPE_SCORE_MAX: i64 = 10;

/// What the scheduler goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// Never empty; their names differ.
    pub profiles: Vec<Profile>,
    pub backoff: Backoff,
}

/// How long a pod that found no node waits at first and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first: SignedDuration,
    pub max: SignedDuration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: SignedDuration::from_secs(1), max: SignedDuration::from_secs(10) }
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Self { profiles: vec![Profile::default()], backoff: Backoff::default() }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    #[error("{0}")]
    Yaml(String),
    #[error("{path}: {why}")]
    Malformed { path: String, why: String },
    #[error("{path}: Invalid value: {value}: {why}")]
    Invalid { path: String, value: String, why: &'static str },
    #[error("{path}: this scheduler does not apply it")]
    NotApplied { path: String },
}

type Result<T> = std::result::Result<T, ConfigurationError>;

fn invalid<T>(path: impl Into<String>, value: impl ToString, why: &'static str) -> Result<T> {
    Err(ConfigurationError::Invalid { path: path.into(), value: value.to_string(), why })
}

fn not_applied<T>(path: impl Into<String>) -> Result<T> {
    Err(ConfigurationError::NotApplied { path: path.into() })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    api_version: String,
    kind: String,
    #[serde(default)]
    profiles: Vec<ProfileFile>,
    pod_initial_backoff_seconds: Option<i64>,
    pod_max_backoff_seconds: Option<i64>,
    parallelism: Option<Value>,
    leader_election: Option<Value>,
    client_connection: Option<Value>,
    enable_profiling: Option<Value>,
    enable_contention_profiling: Option<Value>,
    percentage_of_nodes_to_score: Option<i64>,
    extenders: Option<Value>,
    delay_cache_until_active: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProfileFile {
    scheduler_name: Option<String>,
    percentage_of_nodes_to_score: Option<i64>,
    #[serde(default)]
    plugins: BTreeMap<String, PluginSet>,
    #[serde(default)]
    plugin_config: Vec<PluginConfig>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PluginSet {
    enabled: Vec<Plugin>,
    disabled: Vec<Plugin>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plugin {
    name: String,
    weight: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PluginConfig {
    name: String,
    #[serde(default)]
    args: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Args {
    api_version: Option<String>,
    kind: Option<String>,
    scoring_strategy: Option<ScoringStrategy>,
    resources: Option<Vec<Resource>>,
    hard_pod_affinity_weight: Option<i64>,
    ignore_preferred_terms_of_existing_pods: Option<bool>,
    min_candidate_nodes_percentage: Option<i64>,
    min_candidate_nodes_absolute: Option<i64>,
    ignored_resources: Option<Value>,
    ignored_resource_groups: Option<Value>,
    default_constraints: Option<Value>,
    defaulting_type: Option<String>,
    added_affinity: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ScoringStrategy {
    #[serde(rename = "type")]
    kind: Option<String>,
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    utilization: i64,
    score: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resource {
    name: String,
    weight: Option<i64>,
}

fn read<T: DeserializeOwned>(path: &str, tree: Value) -> Result<T> {
    serde_json::from_value(tree)
        .map_err(|error| ConfigurationError::Malformed { path: path.to_owned(), why: error.to_string() })
}

impl Configuration {
    /// Reads a file's content.
    ///
    /// # Errors
    /// It is no such configuration, or says what cannot be or what this scheduler does not apply.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let document = yaml::parse(text).map_err(|error| ConfigurationError::Yaml(error.0))?;
        if let Some(duplicates) = document.duplicates {
            return Err(ConfigurationError::Yaml(duplicates));
        }
        let file: File = read("KubeSchedulerConfiguration", document.raw.into_value())?;
        if file.api_version != "kubescheduler.config.k8s.io/v1" {
            return invalid("apiVersion", file.api_version, "must be kubescheduler.config.k8s.io/v1");
        }
        if file.kind != "KubeSchedulerConfiguration" {
            return invalid("kind", file.kind, "must be KubeSchedulerConfiguration");
        }
        refuse_given(&[
            ("parallelism", file.parallelism.is_some()),
            ("leaderElection", file.leader_election.is_some()),
            ("clientConnection", file.client_connection.is_some()),
            ("enableProfiling", file.enable_profiling.is_some()),
            ("enableContentionProfiling", file.enable_contention_profiling.is_some()),
            ("extenders", file.extenders.is_some()),
            ("delayCacheUntilActive", file.delay_cache_until_active.is_some()),
        ])?;
        every_node("percentageOfNodesToScore", file.percentage_of_nodes_to_score)?;
        let backoff = backoff(file.pod_initial_backoff_seconds, file.pod_max_backoff_seconds)?;
        let mut profiles = Vec::new();
        for (at, profile) in file.profiles.into_iter().enumerate() {
            // The first profile may go without a name.
            profiles.push(profile.read(&format!("profiles[{at}]"), at == 0)?);
        }
        for (at, profile) in profiles.iter().enumerate() {
            if profiles[..at].iter().any(|other: &Profile| other.scheduler_name == profile.scheduler_name) {
                return invalid(format!("profiles[{at}].schedulerName"), &profile.scheduler_name, "Duplicate value");
            }
        }
        if profiles.is_empty() {
            profiles.push(Profile::default());
        }
        Ok(Self { profiles, backoff })
    }
}

fn refuse_given(fields: &[(&str, bool)]) -> Result<()> {
    match fields.iter().find(|(_, given)| *given) {
        Some((path, _)) => not_applied(*path),
        None => Ok(()),
    }
}

/// All nodes are looked at, whatever their number.
fn every_node(path: &str, percentage: Option<i64>) -> Result<()> {
    match percentage {
        None | Some(100) => Ok(()),
        Some(value) if !(0..=100).contains(&value) => invalid(path, value, "not in valid range [0-100]"),
        Some(_) => not_applied(path),
    }
}

fn backoff(first: Option<i64>, max: Option<i64>) -> Result<Backoff> {
    let default = Backoff::default();
    let made = Backoff {
        first: first.map_or(default.first, SignedDuration::from_secs),
        max: max.map_or(default.max, SignedDuration::from_secs),
    };
    if made.first <= SignedDuration::ZERO {
        return invalid("podInitialBackoffSeconds", made.first.as_secs(), "must be greater than 0");
    }
    if made.max < made.first {
        let why = "must be greater than or equal to PodInitialBackoffSeconds";
        return invalid("podMaxBackoffSeconds", made.max.as_secs(), why);
    }
    Ok(made)
}

impl ProfileFile {
    fn read(self, path: &str, may_be_unnamed: bool) -> Result<Profile> {
        let mut out = Profile::default();
        match self.scheduler_name {
            Some(name) if name.is_empty() => return invalid(format!("{path}.schedulerName"), "\"\"", "Required value"),
            Some(name) => out.scheduler_name = name,
            None if may_be_unnamed => {}
            None => return invalid(format!("{path}.schedulerName"), "\"\"", "Required value"),
        }
        every_node(&format!("{path}.percentageOfNodesToScore"), self.percentage_of_nodes_to_score)?;
        // What is said of all points goes before what is said of scores.
        for point in ["multiPoint", "score"] {
            if let Some(set) = self.plugins.get(point) {
                set.apply(&format!("{path}.plugins.{point}"), point == "score", &mut out.weights)?;
            }
        }
        if let Some(other) = self.plugins.keys().find(|point| !matches!(point.as_str(), "multiPoint" | "score")) {
            return not_applied(format!("{path}.plugins.{other}"));
        }
        for (at, config) in self.plugin_config.into_iter().enumerate() {
            let path = format!("{path}.pluginConfig[{at}]");
            let tree = if config.args.is_null() { Value::Object(serde_json::Map::new()) } else { config.args };
            let args: Args = read(&format!("{path}.args"), tree)?;
            args.apply(&path, &config.name, &mut out)?;
        }
        Ok(out)
    }
}

/// The weight of a plugin that scores; None for all others.
fn weight<'a>(weights: &'a mut Weights, plugin: &str) -> Option<&'a mut i64> {
    Some(match plugin {
        "TaintToleration" => &mut weights.taints,
        "NodeAffinity" => &mut weights.node_affinity,
        "NodeResourcesFit" => &mut weights.fit,
        "PodTopologySpread" => &mut weights.spread,
        "InterPodAffinity" => &mut weights.pod_affinity,
        "NodeResourcesBalancedAllocation" => &mut weights.balanced,
        "ImageLocality" => &mut weights.images,
        _ => return None,
    })
}

impl PluginSet {
    fn apply(&self, path: &str, scores: bool, weights: &mut Weights) -> Result<()> {
        for (at, plugin) in self.disabled.iter().enumerate() {
            let only_scores = scores || matches!(&*plugin.name, "NodeResourcesBalancedAllocation" | "ImageLocality");
            match weight(weights, &plugin.name) {
                Some(weight) if only_scores => *weight = 0,
                _ if scores && plugin.name == "*" => {
                    *weights = Weights {
                        taints: 0,
                        node_affinity: 0,
                        fit: 0,
                        spread: 0,
                        pod_affinity: 0,
                        balanced: 0,
                        images: 0,
                    };
                }
                _ => return not_applied(format!("{path}.disabled[{at}]: {}", plugin.name)),
            }
        }
        for (at, plugin) in self.enabled.iter().enumerate() {
            let given = plugin.weight.unwrap_or(0);
            match weight(weights, &plugin.name) {
                _ if given < 0 => {
                    return invalid(format!("{path}.enabled[{at}].weight"), given, "must not be negative");
                }
                Some(weight) => *weight = given.max(1),
                None => return not_applied(format!("{path}.enabled[{at}]: {}", plugin.name)),
            }
        }
        Ok(())
    }
}

impl Args {
    fn apply(self, path: &str, plugin: &str, out: &mut Profile) -> Result<()> {
        if self.api_version.as_deref().is_some_and(|version| version != "kubescheduler.config.k8s.io/v1") {
            return invalid(format!("{path}.args.apiVersion"), self.api_version.unwrap_or_default(), "is not known");
        }
        if self.kind.as_deref().is_some_and(|kind| kind != format!("{plugin}Args")) {
            return invalid(format!("{path}.args.kind"), self.kind.unwrap_or_default(), "is not the plugin's");
        }
        let at = |field: &str| format!("{path}.args.{field}");
        self.refuse_others(&at, plugin)?;
        match plugin {
            "NodeResourcesFit" => {
                if let Some(strategy) = self.scoring_strategy {
                    out.fit = strategy.read(&at("scoringStrategy"))?;
                }
            }
            "NodeResourcesBalancedAllocation" => {
                if let Some(resources) = self.resources {
                    let weighed = weighed(&at("resources"), resources)?;
                    if let Some((_, weight)) = weighed.iter().find(|(_, weight)| *weight != 1) {
                        return invalid(at("resources"), weight, "resource weight not valid, must be 1");
                    }
                    out.balanced = weighed.into_iter().map(|(name, _)| name).collect();
                }
            }
            "InterPodAffinity" => {
                let weight = self.hard_pod_affinity_weight.unwrap_or(out.hard_affinity_weight);
                if !(0..=100).contains(&weight) {
                    return invalid(at("hardPodAffinityWeight"), weight, "not in valid range [0-100]");
                }
                out.hard_affinity_weight = weight;
                out.ignores_preferences = self.ignore_preferred_terms_of_existing_pods.unwrap_or(false);
            }
            "DefaultPreemption" => {
                let number = |field: &str, given: Option<i64>, default: usize, max: i64| match given {
                    Some(value) if !(0..=max).contains(&value) => invalid(at(field), value, "is out of range"),
                    Some(value) => Ok(usize::try_from(value).unwrap_or(usize::MAX)),
                    None => Ok(default),
                };
                let (share, least) = (self.min_candidate_nodes_percentage, self.min_candidate_nodes_absolute);
                out.candidates_percentage = number("minCandidateNodesPercentage", share, 10, 100)?;
                out.candidates_min = number("minCandidateNodesAbsolute", least, 100, i64::from(i32::MAX))?;
                if out.candidates_percentage == 0 && out.candidates_min == 0 {
                    return invalid(at("minCandidateNodesAbsolute"), 0, "both minimums cannot be zero");
                }
            }
            "PodTopologySpread" if self.defaulting_type.as_deref().is_none_or(|kind| kind == "System") => {}
            "PodTopologySpread" => return not_applied(at("defaultingType")),
            _ => return not_applied(format!("{path}: {plugin}")),
        }
        Ok(())
    }

    /// Fields that belong to another plugin, or are not applied.
    fn refuse_others(&self, at: &impl Fn(&str) -> String, plugin: &str) -> Result<()> {
        let of = |owner: &str, given: bool| given && owner != plugin;
        let fields = [
            ("scoringStrategy", of("NodeResourcesFit", self.scoring_strategy.is_some())),
            ("resources", of("NodeResourcesBalancedAllocation", self.resources.is_some())),
            ("hardPodAffinityWeight", of("InterPodAffinity", self.hard_pod_affinity_weight.is_some())),
            (
                "ignorePreferredTermsOfExistingPods",
                of("InterPodAffinity", self.ignore_preferred_terms_of_existing_pods.is_some()),
            ),
            ("minCandidateNodesPercentage", of("DefaultPreemption", self.min_candidate_nodes_percentage.is_some())),
            ("minCandidateNodesAbsolute", of("DefaultPreemption", self.min_candidate_nodes_absolute.is_some())),
            ("defaultingType", of("PodTopologySpread", self.defaulting_type.is_some())),
            ("ignoredResources", self.ignored_resources.is_some()),
            ("ignoredResourceGroups", self.ignored_resource_groups.is_some()),
            ("defaultConstraints", self.default_constraints.is_some()),
            ("addedAffinity", self.added_affinity.is_some()),
        ];
        match fields.iter().find(|(_, refused)| *refused) {
            Some((field, _)) => not_applied(at(field)),
            None => Ok(()),
        }
    }
}

fn weighed(path: &str, resources: Vec<Resource>) -> Result<Vec<(String, i64)>> {
    let mut out = Vec::new();
    for (at, resource) in resources.into_iter().enumerate() {
        let weight = resource.weight.filter(|weight| *weight != 0).unwrap_or(1);
        if !(1..=100).contains(&weight) {
            return invalid(format!("{path}[{at}].weight"), weight, "resource weight not in valid range (0, 100]");
        }
        out.push((resource.name, weight));
    }
    Ok(out)
}

impl ScoringStrategy {
    fn read(self, path: &str) -> Result<Fit> {
        let default = Fit::default();
        let resources = weighed(&format!("{path}.resources"), self.resources)?;
        let kind = self.kind.as_deref().unwrap_or("LeastAllocated");
        let strategy = match (kind, self.requested_to_capacity_ratio) {
            ("LeastAllocated", None) => Strategy::LeastAllocated,
            ("MostAllocated", None) => Strategy::MostAllocated,
            ("RequestedToCapacityRatio", Some(ratio)) => Strategy::RequestedToCapacityRatio(shape(
                &format!("{path}.requestedToCapacityRatio.shape"),
                &ratio.shape,
            )?),
            ("RequestedToCapacityRatio", None) => {
                return invalid(format!("{path}.requestedToCapacityRatio"), "null", "Required value");
            }
            ("LeastAllocated" | "MostAllocated", Some(_)) => {
                return not_applied(format!("{path}.requestedToCapacityRatio"));
            }
            _ => return invalid(format!("{path}.type"), kind, "is not a strategy"),
        };
        Ok(Fit { strategy, resources: if resources.is_empty() { default.resources } else { resources } })
    }
}

fn shape(path: &str, points: &[Point]) -> Result<Vec<(i64, i64)>> {
    if points.is_empty() {
        return invalid(path, "[]", "at least one point must be specified");
    }
    for (at, point) in points.iter().enumerate() {
        if !(0..=100).contains(&point.utilization) {
            return invalid(format!("{path}[{at}].utilization"), point.utilization, "not in valid range [0-100]");
        }
        if at > 0 && point.utilization <= points[at - 1].utilization {
            let why = "utilization values must be sorted in increasing order";
            return invalid(format!("{path}[{at}].utilization"), point.utilization, why);
        }
        if !(0..=SHAPE_SCORE_MAX).contains(&point.score) {
            return invalid(format!("{path}[{at}].score"), point.score, "not in valid range [0-10]");
        }
    }
    Ok(points.iter().map(|point| (point.utilization, point.score * (100 / SHAPE_SCORE_MAX))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

    fn parse(rest: &str) -> std::result::Result<Configuration, String> {
        Configuration::parse(format!("{HEAD}{rest}").as_bytes()).map_err(|error| error.to_string())
    }

    fn check_error(rest: &str, expected: &str) {
        assert_eq!(parse(rest).unwrap_err(), expected, "{rest}");
    }

    #[test]
    fn profiles_strategies_and_weights_are_read() {
        assert_eq!(parse("").unwrap(), Configuration::default());
        let made = parse(
            "podInitialBackoffSeconds: 2\nprofiles:\n- schedulerName: pack\n  plugins:\n    score:\n      enabled:\n      \
             - {name: NodeResourcesFit, weight: 5}\n      disabled:\n      - {name: ImageLocality}\n  pluginConfig:\n  \
             - name: NodeResourcesFit\n    args:\n      scoringStrategy:\n        type: RequestedToCapacityRatio\n        \
             resources: [{name: gpu, weight: 3}]\n        requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, \
             {utilization: 100, score: 10}]}\n  - name: DefaultPreemption\n    args: {minCandidateNodesAbsolute: 7}\n\
             - schedulerName: other\n",
        )
        .unwrap();
        let pack = &made.profiles[0];
        assert_eq!((&*pack.scheduler_name, pack.weights.fit, pack.weights.images), ("pack", 5, 0));
        let strategy = Strategy::RequestedToCapacityRatio(vec![(0, 0), (100, 100)]);
        assert_eq!(pack.fit, Fit { strategy, resources: vec![("gpu".into(), 3)] });
        assert_eq!((pack.candidates_min, made.backoff.first.as_secs()), (7, 2));
        assert_eq!(made.profiles[1], Profile { scheduler_name: "other".into(), ..Profile::default() });
    }

    #[test]
    fn what_is_not_applied_is_refused() {
        check_error("extenders: []", "extenders: this scheduler does not apply it");
        check_error("percentageOfNodesToScore: 30", "percentageOfNodesToScore: this scheduler does not apply it");
        let filter = "profiles: [{plugins: {filter: {disabled: [{name: NodePorts}]}}}]";
        check_error(filter, "profiles[0].plugins.filter: this scheduler does not apply it");
        let ports = "profiles: [{plugins: {multiPoint: {disabled: [{name: NodePorts}]}}}]";
        check_error(ports, "profiles[0].plugins.multiPoint.disabled[0]: NodePorts: this scheduler does not apply it");
        let affinity = "profiles: [{pluginConfig: [{name: NodeAffinity, args: {addedAffinity: {}}}]}]";
        check_error(affinity, "profiles[0].pluginConfig[0].args.addedAffinity: this scheduler does not apply it");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        check_error("profiles: [{}, {}]", "profiles[1].schedulerName: Invalid value: \"\": Required value");
        let backwards = "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: RequestedToCapacityRatio, \
            requestedToCapacityRatio: {shape: [{utilization: 9, score: 1}, {utilization: 9, score: 1}]}}}}]}]";
        let at = "profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio.shape[1].utilization";
        check_error(
            backwards,
            &format!("{at}: Invalid value: 9: utilization values must be sorted in increasing order"),
        );
        assert!(parse("prifiles: []").unwrap_err().contains("unknown field `prifiles`"));
    }
}
