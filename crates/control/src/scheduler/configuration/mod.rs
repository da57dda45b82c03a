//! `KubeSchedulerConfiguration` (kubescheduler.config.k8s.io/v1): read strictly, checked as upstream's scheduler checks it, and
//! what cannot be applied here is refused by name.
mod args;
mod connection;
mod plugins;

use crate::placement::Profile;
use args::PluginConfig;
use connection::{ClientConnection, LeaderElection};
pub use connection::{Elected, Pace};
use jiff::SignedDuration;
use plugins::Plugins;
use serde::{Deserialize, de::DeserializeOwned};
use skeg_model::{Value, meta::field_error::Errors, wire::yaml};

/// What the scheduler goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// Never empty; their names differ.
    pub profiles: Vec<Profile>,
    pub backoff: Backoff,
    /// How fast it may call the API; None: as fast as it can.
    pub pace: Option<Pace>,
    /// What the file says of electing a leader; None: nothing, or that there is no election.
    pub elected: Option<Elected>,
    /// Fields that were given and change nothing here; to be told to who runs this.
    pub without_effect: Vec<&'static str>,
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
        Self {
            profiles: vec![Profile::default()],
            backoff: Backoff::default(),
            pace: None,
            elected: None,
            without_effect: Vec::new(),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    #[error("{0}")]
    Yaml(String),
    #[error("{path}: {why}")]
    Malformed { path: String, why: String },
    /// What it says cannot be: field errors as upstream prints them.
    #[error("{0}")]
    Invalid(String),
    /// A profile of which no scheduler can be made.
    #[error("initializing profiles: creating profile for scheduler name {profile}: {why}")]
    Profile { profile: String, why: String },
    #[error("{path}: this scheduler does not apply it")]
    NotApplied { path: String },
}

type Result<T> = std::result::Result<T, ConfigurationError>;

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
    parallelism: Option<i64>,
    #[serde(default)]
    leader_election: LeaderElection,
    #[serde(default)]
    client_connection: ClientConnection,
    enable_profiling: Option<bool>,
    enable_contention_profiling: Option<bool>,
    percentage_of_nodes_to_score: Option<i64>,
    #[serde(default)]
    extenders: Vec<Value>,
    delay_cache_until_active: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProfileFile {
    scheduler_name: Option<String>,
    percentage_of_nodes_to_score: Option<i64>,
    #[serde(default)]
    plugins: Plugins,
    #[serde(default)]
    plugin_config: Vec<PluginConfig>,
}

fn read<T: DeserializeOwned>(path: &str, tree: Value) -> Result<T> {
    serde_json::from_value(tree).map_err(|error| {
        let text = error.to_string();
        // `unknown field `a`, expected …` in upstream's words.
        let unknown = text.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
        match unknown {
            Some((field, _)) => ConfigurationError::Yaml(format!("strict decoding error: unknown field \"{field}\"")),
            None => ConfigurationError::Malformed { path: path.to_owned(), why: text },
        }
    })
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
        let mut file: File = read("KubeSchedulerConfiguration", document.raw.into_value())?;
        if file.api_version != "kubescheduler.config.k8s.io/v1" || file.kind != "KubeSchedulerConfiguration" {
            let why = format!("no kind \"{}\" is registered for version \"{}\"", file.kind, file.api_version);
            return Err(ConfigurationError::Malformed { path: "KubeSchedulerConfiguration".into(), why });
        }
        file.name_the_only_profile();
        let args = file.read_args()?;
        let errors = file.problems(&args);
        if !errors.is_empty() {
            return Err(ConfigurationError::Invalid(errors.aggregate()));
        }
        if !file.extenders.is_empty() {
            return not_applied("extenders");
        }
        let without_effect = file.without_effect();
        let mut profiles = Vec::new();
        for (at, (profile, args)) in file.profiles.into_iter().zip(args).enumerate() {
            profiles.push(profile.made(&format!("profiles[{at}]"), &args)?);
        }
        let default = Backoff::default();
        Ok(Self {
            profiles,
            backoff: Backoff {
                first: file.pod_initial_backoff_seconds.map_or(default.first, SignedDuration::from_secs),
                max: file.pod_max_backoff_seconds.map_or(default.max, SignedDuration::from_secs),
            },
            pace: file.client_connection.pace(),
            elected: file.leader_election.elected(),
            without_effect,
        })
    }
}

impl File {
    /// Only where there is one profile may it go without a name.
    fn name_the_only_profile(&mut self) {
        if self.profiles.is_empty() {
            let (plugins, plugin_config) = (Plugins::default(), Vec::new());
            let (scheduler_name, percentage_of_nodes_to_score) = (None, None);
            self.profiles.push(ProfileFile { scheduler_name, percentage_of_nodes_to_score, plugins, plugin_config });
        }
        if let [only] = self.profiles.as_mut_slice() {
            only.scheduler_name.get_or_insert_with(|| Profile::default().scheduler_name);
        }
    }

    /// The arguments of each profile's plugins.
    fn read_args(&self) -> Result<Vec<Vec<args::Read>>> {
        let of = |(at, profile): (usize, &ProfileFile)| {
            let one =
                |(index, config): (usize, &PluginConfig)| config.read(&format!("profiles[{at}].pluginConfig[{index}]"));
            profile.plugin_config.iter().enumerate().map(one).collect::<Result<Vec<_>>>()
        };
        self.profiles.iter().enumerate().map(of).collect()
    }

    /// What upstream's validation says, in its order.
    fn problems(&self, args: &[Vec<args::Read>]) -> Errors {
        let mut errors = Errors::new();
        self.client_connection.check(&mut errors);
        self.leader_election.check(&mut errors);
        if let Some(count) = self.parallelism.filter(|count| *count <= 0) {
            errors.invalid("parallelism", count, "should be an integer value greater than zero");
        }
        for (at, (profile, args)) in self.profiles.iter().zip(args).enumerate() {
            let path = format!("profiles[{at}]");
            profile.check(&path, args, &mut errors);
            let same = |other: &ProfileFile| other.scheduler_name == profile.scheduler_name;
            if self.profiles[..at].iter().any(same) {
                // The value there is a path, which upstream prints so.
                errors.duplicate(format!("{path}.schedulerName"), &Value::Object(serde_json::Map::new()));
            }
        }
        percentage("percentageOfNodesToScore", self.percentage_of_nodes_to_score, &mut errors);
        let default = Backoff::default();
        let first = self.pod_initial_backoff_seconds.unwrap_or(default.first.as_secs());
        let max = self.pod_max_backoff_seconds.unwrap_or(default.max.as_secs());
        if first <= 0 {
            errors.invalid("podInitialBackoffSeconds", first, "must be greater than 0");
        }
        if max < first {
            let why = "must be greater than or equal to PodInitialBackoffSeconds";
            errors.invalid("podMaxBackoffSeconds", max, why);
        }
        errors
    }

    /// Given fields that say how upstream's process does its work, not what comes of it.
    fn without_effect(&self) -> Vec<&'static str> {
        let sampled = |share: Option<i64>| share.is_some_and(|share| share != 100);
        let profiles_sampled = self.profiles.iter().any(|profile| sampled(profile.percentage_of_nodes_to_score));
        let fields = [
            ("parallelism", self.parallelism.is_some()),
            // All nodes are looked at, whatever their number.
            ("percentageOfNodesToScore", sampled(self.percentage_of_nodes_to_score) || profiles_sampled),
            ("enableProfiling", self.enable_profiling == Some(true)),
            ("enableContentionProfiling", self.enable_contention_profiling == Some(true)),
            // Nothing is watched before this process leads.
            ("delayCacheUntilActive", self.delay_cache_until_active == Some(false)),
        ];
        let given = fields.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
        given.chain(self.client_connection.without_effect()).collect()
    }
}

fn percentage(path: &str, share: Option<i64>, errors: &mut Errors) {
    if let Some(share) = share.filter(|share| !(0..=100).contains(share)) {
        errors.invalid(path, share, "not in valid range [0-100]");
    }
}

impl ProfileFile {
    fn check(&self, path: &str, args: &[args::Read], errors: &mut Errors) {
        if self.scheduler_name.as_deref().unwrap_or_default().is_empty() {
            errors.required(format!("{path}.schedulerName"), "");
        }
        percentage(&format!("{path}.percentageOfNodesToScore"), self.percentage_of_nodes_to_score, errors);
        self.plugins.check(path, errors);
        args::check_all(path, &self.plugin_config, args, errors);
    }

    fn made(self, path: &str, args: &[args::Read]) -> Result<Profile> {
        let scheduler_name = self.scheduler_name.unwrap_or_default();
        let mut out = Profile { scheduler_name, ..Profile::default() };
        for args in args {
            args.apply(&mut out)?;
        }
        self.plugins.apply(path, &mut out)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placement::{Filter, Fit, Strategy, Weights};

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
        check_error("extenders: [{urlPrefix: a}]", "extenders: this scheduler does not apply it");
        let gates = "profiles: [{plugins: {preEnqueue: {disabled: [{name: SchedulingGates}]}}}]";
        let at = "profiles[0].plugins.preEnqueue.disabled: SchedulingGates: this scheduler does not apply it";
        check_error(gates, at);
        let half = "profiles: [{plugins: {preFilter: {disabled: [{name: NodePorts}]}}}]";
        let at = "profiles[0].plugins: NodePorts at one of preFilter and filter: this scheduler does not apply it";
        check_error(half, at);
    }

    #[test]
    fn filters_scores_and_preemption_are_switched() {
        let made = parse(
            "profiles: [{plugins: {filter: {disabled: [{name: TaintToleration}]}, score: {disabled: [{name: '*'}], \
             enabled: [{name: ImageLocality, weight: 7}]}, postFilter: {disabled: [{name: DefaultPreemption}]}, \
             multiPoint: {disabled: [{name: NodePorts}]}}}]",
        )
        .unwrap();
        let profile = &made.profiles[0];
        let off = [Filter::Taints, Filter::Ports];
        let on = [Filter::Cordon, Filter::NodeName, Filter::NodeAffinity, Filter::Resources, Filter::Spread];
        assert!(off.iter().all(|filter| !profile.filters.has(*filter)), "{profile:?}");
        assert!(on.iter().all(|filter| profile.filters.has(*filter)), "{profile:?}");
        let weights =
            Weights { taints: 0, node_affinity: 0, fit: 0, spread: 0, pod_affinity: 0, balanced: 0, images: 7 };
        assert_eq!((profile.weights, profile.preempts), (weights, false));
    }

    #[test]
    fn what_plugins_are_told_is_read() {
        let made = parse(
            "profiles: [{pluginConfig: [{name: PodTopologySpread, args: {defaultingType: List, defaultConstraints: \
             [{maxSkew: 2, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]}}, {name: NodeResourcesFit, args: \
             {ignoredResources: [a.b/c], ignoredResourceGroups: [d.e]}}, {name: NodeAffinity, args: {addedAffinity: \
             {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: \
             [{key: pool, operator: Exists}]}]}}}}]}]",
        )
        .unwrap();
        let profile = &made.profiles[0];
        let constraints = profile.default_constraints.as_ref().unwrap();
        assert_eq!((constraints[0].max_skew, constraints[0].hard, constraints[0].min_domains), (2, true, 1));
        assert!(["a.b/c", "d.e/f"].iter().all(|name| profile.ignores(name)) && !profile.ignores("a.b/d"));
        let admits = |labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
            profile.added_affinity.as_ref().unwrap().admits("n", &labels)
        };
        assert!(admits(&[("pool", "x")]) && !admits(&[]));
    }

    #[test]
    fn sections_of_upstreams_samples_are_taken() {
        let made = parse(
            "clientConnection: {kubeconfig: /etc/srv/kubernetes/kube-scheduler/kubeconfig, qps: 20, burst: 40}\n\
             leaderElection: {leaderElect: true, leaseDuration: 30s, resourceName: mine}\nparallelism: 8\n\
             enableProfiling: false\n",
        )
        .unwrap();
        assert_eq!(made.pace, Some(Pace { per_second: 20, burst: 40 }));
        let elected = made.elected.unwrap();
        assert_eq!((elected.lease_duration.as_secs(), elected.renew_deadline.as_secs()), (30, 10));
        assert_eq!((&*elected.resource_namespace, &*elected.resource_name), ("kube-system", "mine"));
        assert_eq!(made.without_effect, ["parallelism", "clientConnection.kubeconfig"]);
        assert_eq!(parse("leaderElection: {leaderElect: false}").unwrap(), Configuration::default());
        assert_eq!(parse("clientConnection: {qps: -1}").unwrap().pace, None);
    }

    /// Texts as the real kube-scheduler 1.36.3 gave them.
    #[test]
    fn what_cannot_be_is_refused() {
        check_error(
            "parallelism: 0\npodInitialBackoffSeconds: 0\npodMaxBackoffSeconds: -1\npercentageOfNodesToScore: 101\n\
             profiles: [{}, {schedulerName: x, percentageOfNodesToScore: -3}, {schedulerName: x}]",
            "[parallelism: Invalid value: 0: should be an integer value greater than zero, \
             profiles[0].schedulerName: Required value, \
             profiles[1].percentageOfNodesToScore: Invalid value: -3: not in valid range [0-100], \
             profiles[2].schedulerName: Duplicate value: {}, \
             percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100], \
             podInitialBackoffSeconds: Invalid value: 0: must be greater than 0, \
             podMaxBackoffSeconds: Invalid value: -1: must be greater than or equal to PodInitialBackoffSeconds]",
        );
        check_error(
            "leaderElection: {leaderElect: true, leaseDuration: 5s, renewDeadline: 90s, retryPeriod: -1500ms, \
             resourceLock: endpoints}",
            "[leaderElection.retryPeriod: Invalid value: \"-1.5s\": must be greater than zero, \
             leaderElection.leaseDuration: Invalid value: \"1m30s\": must be greater than `RenewDeadline`, \
             leaderElection.resourceLock: Invalid value: \"endpoints\": resourceLock value must be \"leases\"]",
        );
        check_error("clientConnection: {burst: -1}", "clientConnection.burst: Invalid value: -1: must be non-negative");
        check_error("prifiles: []", "strict decoding error: unknown field \"prifiles\"");
        check_error(
            "profiles: [{plugins: {score: {enabled: [{name: EBSLimits}]}}, pluginConfig: [{name: EBSLimits}]}]",
            "[profiles[0].plugins.score.enabled[0]: Invalid value: \"EBSLimits\": was invalid in version \"v1\" \
             (KubeSchedulerConfiguration is version \"kubescheduler.config.k8s.io/v1\"), \
             profiles[0].pluginConfig[0]: Invalid value: \"EBSLimits\": was invalid in version \"v1\" \
             (KubeSchedulerConfiguration is version \"kubescheduler.config.k8s.io/v1\")]",
        );
    }

    #[test]
    fn arguments_that_cannot_be_are_refused() {
        let check =
            |config: &str, expected: &str| check_error(&format!("profiles: [{{pluginConfig: {config}}}]"), expected);
        let fit = "initializing profiles: creating profile for scheduler name default-scheduler: \
            initializing plugin \"NodeResourcesFit\": ";
        check(
            "[{name: NodeResourcesFit, args: {scoringStrategy: {type: RequestedToCapacityRatio, \
             requestedToCapacityRatio: {shape: [{utilization: 9, score: 1}, {utilization: 9, score: 11}]}}}}]",
            &format!(
                "{fit}[scoringStrategy.requestedToCapacityRatio.shape[1].utilization: Invalid value: 9: values must be \
                 sorted in increasing order, scoringStrategy.requestedToCapacityRatio.shape[1].score: Invalid value: 11: \
                 not in valid range [0, 10]]"
            ),
        );
        check(
            "[{name: PodTopologySpread, args: {defaultConstraints: [{maxSkew: 0, topologyKey: '', whenUnsatisfiable: Odd, \
             labelSelector: {}}, {maxSkew: 1, topologyKey: z, whenUnsatisfiable: ''}, \
             {maxSkew: 2, topologyKey: z, whenUnsatisfiable: ''}]}}]",
            "[profiles[0].pluginConfig[0].args.defaultingType: Invalid value: \"System\": when .defaultConstraints are not \
             empty, profiles[0].pluginConfig[0].args.defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range \
             (0, inf), profiles[0].pluginConfig[0].args.defaultConstraints[0].topologyKey: Required value: can not be \
             empty, profiles[0].pluginConfig[0].args.defaultConstraints[0].whenUnsatisfiable: Unsupported value: \"Odd\": \
             supported values: \"DoNotSchedule\", \"ScheduleAnyway\", \
             profiles[0].pluginConfig[0].args.defaultConstraints[0].labelSelector: Forbidden: constraint must not define a \
             selector, as they deduced for each pod, profiles[0].pluginConfig[0].args.defaultConstraints[1]\
             .whenUnsatisfiable: Required value: can not be empty, profiles[0].pluginConfig[0].args.defaultConstraints[2]\
             .whenUnsatisfiable: Required value: can not be empty, profiles[0].pluginConfig[0].args.defaultConstraints[2]: \
             Duplicate value: \"{z, }\"]",
        );
        check(
            "[{name: NodeAffinity, args: {addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
             {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: Exists}]}]}, \
             preferredDuringSchedulingIgnoredDuringExecution: \
             [{weight: 1, preference: {matchExpressions: [{key: a, operator: Bad}]}}]}}}]",
            "[profiles[0].pluginConfig[0].args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution\
             .nodeSelectorTerms[0].matchFields[0].operator: Unsupported value: \"Exists\": supported values: \"In\", \
             \"NotIn\", profiles[0].pluginConfig[0].args.addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]\
             .matchExpressions[0].operator: Unsupported value: \"Bad\": supported values: \"In\", \"NotIn\", \"Exists\", \
             \"DoesNotExist\", \"Gt\", \"Lt\"]",
        );
        check(
            "[{name: DefaultPreemption, args: {minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}}, \
             {name: DefaultPreemption}, {name: InterPodAffinity, args: {hardPodAffinityWeight: 101}}, \
             {name: NodeResourcesBalancedAllocation, args: {resources: [{name: cpu, weight: 2}, {name: cpu}]}}]",
            "[profiles[0].pluginConfig[0].args.minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same \
             time as minCandidateNodesAbsolute, profiles[0].pluginConfig[0].args.minCandidateNodesAbsolute: Invalid value: \
             0: cannot be zero at the same time as minCandidateNodesPercentage, profiles[0].pluginConfig[1]: Duplicate \
             value: \"DefaultPreemption\", profiles[0].pluginConfig[2].args.hardPodAffinityWeight: Invalid value: 101: not \
             in valid range [0, 100], profiles[0].pluginConfig[3].args.resources[0].weight: Invalid value: 2: must be 1, \
             profiles[0].pluginConfig[3].args.resources[1].name: Duplicate value: \"cpu\"]",
        );
    }

    #[test]
    fn profiles_that_make_no_scheduler_are_refused() {
        let check = |plugins: &str, why: &str| {
            let head = "initializing profiles: creating profile for scheduler name default-scheduler: ";
            check_error(&format!("profiles: [{{plugins: {plugins}}}]"), &format!("{head}{why}"));
        };
        check("{filter: {enabled: [{name: Foo}]}}", "FilterPlugin \"Foo\" does not exist");
        check("{multiPoint: {enabled: [{name: Foo}]}}", "PreFilterPlugin \"Foo\" does not exist");
        check("{score: {enabled: [{name: NodePorts}]}}", "plugin \"NodePorts\" does not extend ScorePlugin plugin");
        let twice = "{filter: {enabled: [{name: NodePorts}, {name: NodePorts}]}}";
        check(twice, "plugin \"NodePorts\" already registered as \"FilterPlugin\"");
        let unbound = "at least one bind plugin is needed for profile with scheduler name \"default-scheduler\"";
        check("{bind: {disabled: [{name: '*'}]}}", unbound);
        let unsorted =
            "only one queue sort plugin required for profile with scheduler name \"default-scheduler\", but got 0";
        check("{multiPoint: {disabled: [{name: '*'}]}}", unsorted);
    }
}
