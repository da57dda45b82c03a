//! Pod: containers that run together on one node.
mod app_armor;
pub mod prepare;
mod print;
mod selectable;
pub mod validate;
pub(crate) mod warnings;

use super::{EDIT_VERBS, Kind, PROXY_VERBS, Scope, Subresource, Verb, Version};
use crate::Value;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Pod")];

pub static KIND: Kind = Kind {
    short_names: &["po"],
    categories: &["all"],
    subresources: SUBRESOURCES,
    selectable: &[
        "spec.nodeName",
        "spec.host",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ],
    selectable_bytes: Some(selectable::values),
    prepare_create: prepare::create,
    prepare_update: prepare::update,
    prepare_status: prepare::status,
    warnings: warnings::pod,
    early_warnings: app_armor::warnings,
    validate: validate::create,
    validate_update: validate::update::update,
    validate_status: validate::update::status,
    columns: print::COLUMNS,
    row_conditions: print::conditions,
    graceful: Some(grace_period),
    reset_fields: &[("", &["status"]), ("status", &["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"])],
    shows_deleted: true,
    ..Kind::new("", "Pod", "pods", "pod", Scope::Namespaced, "/registry/pods/", VERSIONS)
};

const CONNECT_VERBS: &[Verb] = &[Verb::Create, Verb::Get];

const SUBRESOURCES: &[Subresource] = &[
    Subresource::of_parent("attach", "PodAttachOptions", CONNECT_VERBS),
    Subresource::of_parent("binding", "Binding", &[Verb::Create]),
    Subresource::of_parent("ephemeralcontainers", "Pod", EDIT_VERBS),
    Subresource::Named { name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: &[Verb::Create] },
    Subresource::of_parent("exec", "PodExecOptions", CONNECT_VERBS),
    Subresource::of_parent("log", "Pod", &[Verb::Get]),
    Subresource::of_parent("portforward", "PodPortForwardOptions", CONNECT_VERBS),
    Subresource::of_parent("proxy", "PodProxyOptions", PROXY_VERBS),
    Subresource::of_parent("resize", "Pod", EDIT_VERBS),
    Subresource::Status,
];

/// Seconds a deleted pod is given: what is asked, else the spec's; none for pods that never reached a node or have
/// ended. Negative periods mean one second.
fn grace_period(pod: &Value, requested: Option<i64>) -> i64 {
    let asked = requested.or_else(|| pod["spec"]["terminationGracePeriodSeconds"].as_i64());
    let Some(asked) = asked else { return 0 };
    let unbound = pod["spec"]["nodeName"].as_str().is_none_or(str::is_empty);
    let ended = matches!(pod["status"]["phase"].as_str(), Some("Failed" | "Succeeded"));
    if unbound || ended {
        0
    } else if asked < 0 {
        1
    } else {
        asked
    }
}
