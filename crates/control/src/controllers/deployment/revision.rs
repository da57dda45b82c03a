//! Revision numbers and the annotations that a ReplicaSet takes over from its Deployment.
use super::{
    numbers::{desired, max_surge},
    replica_set::{DESIRED_REPLICAS, MAX_REPLICAS},
};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use skeg_client::Object;
use std::collections::BTreeMap;

pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
pub(super) const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const HISTORY_CHARS_MAX: usize = 2000;

/// Annotations that say something about one object only.
const NOT_COPIED: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    ROLLBACK_TO,
];

/// 0 when there is none or it is no number.
pub(super) fn revision(object: &impl Object) -> i64 {
    parsed(object).unwrap_or(0)
}

/// 0 when there is none, None when it is no number.
pub(super) fn parsed(object: &impl Object) -> Option<i64> {
    object.annotation(REVISION).map_or(Some(0), |text| text.parse().ok())
}

/// Whether ReplicaSets share the annotation with their Deployment.
pub(super) fn is_copied(annotation: &str) -> bool {
    !NOT_COPIED.contains(&annotation)
}

/// The annotations that the newest ReplicaSet should have; `revision` is one above all older ones.
pub(super) fn annotations(
    deployment: &Deployment,
    current: Option<&BTreeMap<String, String>>,
    revision: i64,
) -> BTreeMap<String, String> {
    let mut annotations = current.cloned().unwrap_or_default();
    for (name, value) in deployment.metadata.annotations.iter().flatten() {
        if is_copied(name) {
            annotations.insert(name.clone(), value.clone());
        }
    }
    let old = annotations.get(REVISION).cloned();
    let old_number = match old.as_deref() {
        None | Some("") => 0,
        Some(text) => match text.parse::<i64>() {
            Ok(number) => number,
            // Somebody else's text: left as it is.
            Err(_) => return annotations,
        },
    };
    if old_number < revision {
        annotations.insert(REVISION.into(), revision.to_string());
        if let Some(old) = old {
            remember(&mut annotations, &old);
        }
    }
    annotations
}

/// Appends to the history; the oldest entries go when it grows too long.
fn remember(annotations: &mut BTreeMap<String, String>, old: &str) {
    let history = annotations.get(REVISION_HISTORY).cloned().unwrap_or_default();
    let mut entries: Vec<&str> = history.split(',').filter(|entry| !entry.is_empty()).collect();
    entries.push(old);
    while entries.len() > 1 && entries.iter().map(|entry| entry.len() + 1).sum::<usize>() > HISTORY_CHARS_MAX + 1 {
        entries.remove(0);
    }
    annotations.insert(REVISION_HISTORY.into(), entries.join(","));
}

/// The annotations that tell later scalings what the sizes were meant to be.
pub(super) fn set_sizes(deployment: &Deployment, annotations: &mut BTreeMap<String, String>) {
    let desired = desired(deployment);
    annotations.insert(DESIRED_REPLICAS.into(), desired.to_string());
    annotations.insert(MAX_REPLICAS.into(), (desired + max_surge(deployment)).to_string());
}

/// Whether those annotations are out of date.
pub(super) fn sizes_differ(deployment: &Deployment, set: &ReplicaSet) -> bool {
    let mut wanted = set.metadata.annotations.clone().unwrap_or_default();
    set_sizes(deployment, &mut wanted);
    set.metadata.annotations.as_ref() != Some(&wanted)
}
