//! Which plugins of a profile work at which extension point (`plugins`), and what follows for filters and scores. Filters
//! keep upstream's default order; it only decides which of several reasons a node is refused for.
use super::{ConfigurationError, Result, not_applied};
use crate::placement::{Filter, Profile, Weights};
use serde::Deserialize;
use skeg_model::meta::field_error::Errors;

/// Upstream's word for each point in errors; the order is the one in which a scheduler is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    PreFilter,
    Filter,
    PostFilter,
    Reserve,
    PreScore,
    Score,
    PreBind,
    Bind,
    PostBind,
    Permit,
    PreEnqueue,
    QueueSort,
}
use Point::{Bind, PostFilter, PreBind, PreEnqueue, PreFilter, PreScore, QueueSort, Reserve, Score};

/// Plugins and the points that they work at, as upstream's default profile has them.
static PLUGINS: &[(&str, &[Point])] = &[
    ("SchedulingGates", &[PreEnqueue]),
    ("PrioritySort", &[QueueSort]),
    ("NodeUnschedulable", &[Point::Filter]),
    ("NodeName", &[Point::Filter]),
    ("TaintToleration", &[Point::Filter, PreScore, Score]),
    ("NodeAffinity", &[PreFilter, Point::Filter, PreScore, Score]),
    ("NodePorts", &[PreFilter, Point::Filter]),
    ("NodeResourcesFit", &[PreFilter, Point::Filter, PreScore, Score]),
    ("VolumeRestrictions", &[PreFilter, Point::Filter]),
    ("NodeVolumeLimits", &[PreFilter, Point::Filter]),
    ("VolumeBinding", &[PreFilter, Point::Filter, Reserve, PreScore, Score, PreBind]),
    ("VolumeZone", &[PreFilter, Point::Filter]),
    ("PodTopologySpread", &[PreFilter, Point::Filter, PreScore, Score]),
    ("InterPodAffinity", &[PreFilter, Point::Filter, PreScore, Score]),
    ("DynamicResources", &[PreEnqueue, PreFilter, Point::Filter, PostFilter, Reserve, Score, PreBind]),
    ("DefaultPreemption", &[PostFilter]),
    ("NodeResourcesBalancedAllocation", &[PreScore, Score]),
    ("ImageLocality", &[Score]),
    ("DefaultBinder", &[Bind]),
];

/// Plugins of earlier releases.
const REMOVED: &[&str] = &["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"];

/// The filters by the plugins that bring them.
static FILTERS: &[(&str, Filter)] = &[
    ("NodeUnschedulable", Filter::Cordon),
    ("NodeName", Filter::NodeName),
    ("TaintToleration", Filter::Taints),
    ("NodeAffinity", Filter::NodeAffinity),
    ("NodePorts", Filter::Ports),
    ("NodeResourcesFit", Filter::Resources),
    ("PodTopologySpread", Filter::Spread),
    ("InterPodAffinity", Filter::PodAffinity),
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Plugins {
    multi_point: PluginSet,
    pre_enqueue: PluginSet,
    queue_sort: PluginSet,
    pre_filter: PluginSet,
    filter: PluginSet,
    post_filter: PluginSet,
    pre_score: PluginSet,
    score: PluginSet,
    reserve: PluginSet,
    permit: PluginSet,
    pre_bind: PluginSet,
    bind: PluginSet,
    post_bind: PluginSet,
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

impl PluginSet {
    fn enables(&self, plugin: &str) -> Option<&Plugin> {
        self.enabled.iter().find(|it| it.name == plugin)
    }

    fn disables(&self, plugin: &str) -> bool {
        self.disabled.iter().any(|it| it.name == plugin || it.name == "*")
    }
}

fn implements(plugin: &str, point: Point) -> bool {
    PLUGINS.iter().any(|(name, points)| *name == plugin && points.contains(&point))
}

pub(super) fn was_removed(path: &str, name: &str, errors: &mut Errors) {
    if REMOVED.contains(&name) {
        let why = "was invalid in version \"v1\" \
            (KubeSchedulerConfiguration is version \"kubescheduler.config.k8s.io/v1\")";
        errors.invalid(path, name, why);
    }
}

impl Plugins {
    /// Each point with its name in the file.
    fn points(&self) -> [(Point, &'static str, &PluginSet); 12] {
        [
            (PreFilter, "preFilter", &self.pre_filter),
            (Point::Filter, "filter", &self.filter),
            (PostFilter, "postFilter", &self.post_filter),
            (Reserve, "reserve", &self.reserve),
            (PreScore, "preScore", &self.pre_score),
            (Score, "score", &self.score),
            (PreBind, "preBind", &self.pre_bind),
            (Bind, "bind", &self.bind),
            (Point::PostBind, "postBind", &self.post_bind),
            (Point::Permit, "permit", &self.permit),
            (PreEnqueue, "preEnqueue", &self.pre_enqueue),
            (QueueSort, "queueSort", &self.queue_sort),
        ]
    }

    pub fn check(&self, profile: &str, errors: &mut Errors) {
        for (_, name, set) in self.points() {
            for (at, plugin) in set.enabled.iter().enumerate() {
                was_removed(&format!("{profile}.plugins.{name}.enabled[{at}]"), &plugin.name, errors);
            }
        }
    }

    fn works(&self, plugin: &str, point: Point) -> bool {
        let (.., set) = self.points().into_iter().find(|(it, ..)| *it == point).expect("the table has every point");
        let everywhere = self.multi_point.enables(plugin).is_some() || !self.multi_point.disables(plugin);
        implements(plugin, point) && (set.enables(plugin).is_some() || (everywhere && !set.disables(plugin)))
    }

    /// What upstream finds when it makes a scheduler of the profile.
    fn assemble(&self) -> std::result::Result<(), String> {
        for (point, _, set) in self.points() {
            for (at, plugin) in set.enabled.iter().enumerate() {
                let name = &plugin.name;
                if !PLUGINS.iter().any(|(known, _)| known == name) {
                    return Err(format!("{point:?}Plugin \"{name}\" does not exist"));
                }
                if !implements(name, point) {
                    return Err(format!("plugin \"{name}\" does not extend {point:?}Plugin plugin"));
                }
                if set.enabled[..at].iter().any(|other| other.name == *name) {
                    return Err(format!("plugin \"{name}\" already registered as \"{point:?}Plugin\""));
                }
            }
        }
        if let Some(unknown) =
            self.multi_point.enabled.iter().find(|it| !PLUGINS.iter().any(|(known, _)| *known == it.name))
        {
            return Err(format!("PreFilterPlugin \"{}\" does not exist", unknown.name));
        }
        Ok(())
    }

    /// Takes over into the profile what its plugins decide by.
    pub fn apply(&self, path: &str, out: &mut Profile) -> Result<()> {
        let fail = |why: String| Err(ConfigurationError::Profile { profile: out.scheduler_name.clone(), why });
        let named = || format!("for profile with scheduler name \"{}\"", out.scheduler_name);
        if let Err(why) = self.assemble() {
            return fail(why);
        }
        if !self.works("PrioritySort", QueueSort) {
            return fail(format!("only one queue sort plugin required {}, but got 0", named()));
        }
        if !self.works("DefaultBinder", Bind) {
            return fail(format!("at least one bind plugin is needed {}", named()));
        }
        if !self.works("SchedulingGates", PreEnqueue) {
            return not_applied(format!("{path}.plugins.preEnqueue.disabled: SchedulingGates"));
        }
        for (plugin, filter) in FILTERS {
            let works = self.works(plugin, Point::Filter);
            // A filter needs what is gathered for it, and that of node affinity already leaves nodes out.
            let gathers = !implements(plugin, PreFilter) || self.works(plugin, PreFilter);
            if works && !gathers || !works && gathers && *filter == Filter::NodeAffinity {
                return not_applied(format!("{path}.plugins: {plugin} at one of preFilter and filter"));
            }
            out.filters.set(*filter, works);
        }
        out.preempts = self.works("DefaultPreemption", PostFilter);
        for (plugin, weight) in weights(&mut out.weights) {
            if !self.works(plugin, Score) {
                *weight = 0;
                continue;
            }
            if implements(plugin, PreScore) && !self.works(plugin, PreScore) {
                return not_applied(format!("{path}.plugins: {plugin} at one of preScore and score"));
            }
            let given = self.score.enables(plugin).or_else(|| self.multi_point.enables(plugin));
            if let Some(given) = given {
                *weight = weight_of(path, given)?;
            }
        }
        Ok(())
    }
}

/// None and zero count as one.
fn weight_of(path: &str, plugin: &Plugin) -> Result<i64> {
    match plugin.weight.unwrap_or(0) {
        negative if negative < 0 => not_applied(format!("{path}.plugins: {} with a negative weight", plugin.name)),
        weight => Ok(weight.max(1)),
    }
}

/// The weights by the plugins that score.
fn weights(weights: &mut Weights) -> [(&'static str, &mut i64); 7] {
    [
        ("TaintToleration", &mut weights.taints),
        ("NodeAffinity", &mut weights.node_affinity),
        ("NodeResourcesFit", &mut weights.fit),
        ("PodTopologySpread", &mut weights.spread),
        ("InterPodAffinity", &mut weights.pod_affinity),
        ("NodeResourcesBalancedAllocation", &mut weights.balanced),
        ("ImageLocality", &mut weights.images),
    ]
}
