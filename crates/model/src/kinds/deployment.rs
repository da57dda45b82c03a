//! Deployment: rolls ReplicaSets of one pod template forward and back.
use super::{Kind, Scope, Subresource, Version, prepare};
use crate::{Value, meta::object_meta::semantic_eq};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.apps.v1.Deployment")];

pub static KIND: Kind = Kind {
    short_names: &["deploy"],
    categories: &["all"],
    subresources: &[
        Subresource::Scale { spec: ".spec.replicas", status: ".status.replicas", selector: ".spec.selector" },
        Subresource::Status,
    ],
    prepare_create: prepare::first_generation,
    prepare_update,
    prepare_status,
    reset_fields: &[("", &["status"]), ("status", &["spec", "metadata.labels"])],
    ..Kind::new(
        "apps",
        "Deployment",
        "deployments",
        "deployment",
        Scope::Namespaced,
        "/registry/deployments/",
        VERSIONS,
    )
};

/// Annotations count as well: they carry the rollout's change cause into revisions.
fn prepare_update(new: &mut Value, old: &Value) {
    prepare::spec_update(new, old);
    if !semantic_eq(&new["metadata"]["annotations"], &old["metadata"]["annotations"]) {
        prepare::next_generation(new, old, true);
    }
}

fn prepare_status(new: &mut Value, old: &Value) {
    prepare::status_update(new, old);
    prepare::keep_meta(new, old, "labels");
}
