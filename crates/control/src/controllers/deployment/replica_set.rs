//! The ReplicaSet of a pod template: its name, its making, and how it is recognised.
use super::{numbers, revision, spec_of};
use crate::controllers::common::{fnv32a, owner, safe_encode};
use k8s_openapi::{
    api::{
        apps::v1::{Deployment, ReplicaSet, ReplicaSetSpec},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use skeg_client::Object;
use std::collections::BTreeMap;

pub(super) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
pub(super) const TEMPLATE_HASH: &str = "pod-template-hash";
const NAME_CHARS_MAX: usize = 253;

/// A short text that depends on the template and on how often such a text was found taken.
fn hash_of(deployment: &Deployment) -> String {
    let template = serde_json::to_vec(&spec_of(deployment).template).expect("typed templates serialise");
    let collisions = deployment.status.as_ref().and_then(|status| status.collision_count);
    let collisions = collisions.map(|count| i64::from(count).to_le_bytes()).into_iter().flatten();
    safe_encode(&fnv32a(template.into_iter().chain(collisions)).to_string())
}

/// The name that the Deployment's newest ReplicaSet gets.
pub(super) fn name_of(deployment: &Deployment) -> String {
    let hash = hash_of(deployment);
    let room = NAME_CHARS_MAX - 1 - hash.len();
    let name = deployment.name();
    format!("{}-{hash}", name.get(..room).unwrap_or(name))
}

/// The ReplicaSet of the Deployment's template, sized `replicas`.
pub(super) fn new(deployment: &Deployment, number: i64, replicas: i32) -> ReplicaSet {
    let hash = hash_of(deployment);
    let spec = spec_of(deployment);
    let mut template = spec.template.clone();
    let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
    labels.insert(TEMPLATE_HASH.into(), hash.clone());
    let labels = labels.clone();
    let mut selector = spec.selector.clone();
    selector.match_labels.get_or_insert_default().insert(TEMPLATE_HASH.into(), hash);
    let mut annotations = revision::annotations(deployment, None, number);
    revision::set_sizes(deployment, &mut annotations);
    ReplicaSet {
        metadata: ObjectMeta {
            name: Some(name_of(deployment)),
            namespace: deployment.metadata.namespace.clone(),
            labels: Some(labels),
            annotations: Some(annotations),
            owner_references: Some(vec![owner::controller_reference(deployment)]),
            ..ObjectMeta::default()
        },
        spec: Some(ReplicaSetSpec {
            replicas: Some(replicas),
            min_ready_seconds: spec.min_ready_seconds.filter(|seconds| *seconds != 0),
            selector,
            template: Some(template),
        }),
        status: None,
    }
}

/// The same ReplicaSet at another size.
pub(super) fn resized(deployment: &Deployment, set: &ReplicaSet, replicas: i32) -> ReplicaSet {
    let mut set = set.clone();
    set.spec.get_or_insert_default().replicas = Some(replicas);
    revision::set_sizes(deployment, set.metadata.annotations.get_or_insert_default());
    set
}

/// Whether the ReplicaSet is of the Deployment's template.
pub(super) fn is_of(deployment: &Deployment, set: &ReplicaSet) -> bool {
    let Some(theirs) = set.spec.as_ref().and_then(|spec| spec.template.as_ref()) else { return false };
    let ours = &spec_of(deployment).template;
    theirs.spec == ours.spec && same_metadata(ours, theirs)
}

fn same_metadata(ours: &PodTemplateSpec, theirs: &PodTemplateSpec) -> bool {
    let plain = |template: &PodTemplateSpec| {
        let mut meta = template.metadata.clone().unwrap_or_default();
        let mut labels: BTreeMap<_, _> = meta.labels.take().unwrap_or_default();
        labels.remove(TEMPLATE_HASH);
        (labels, meta)
    };
    plain(ours) == plain(theirs)
}

/// Older first, then by name.
pub(super) fn by_age(a: &ReplicaSet, b: &ReplicaSet) -> std::cmp::Ordering {
    let age = |set: &ReplicaSet| set.metadata.creation_timestamp.as_ref().map(|time| time.0);
    age(a).cmp(&age(b)).then_with(|| a.name().cmp(b.name()))
}

pub(super) fn is_active(set: &ReplicaSet) -> bool {
    numbers::size(set) > 0
}
