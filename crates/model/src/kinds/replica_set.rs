//! ReplicaSet: keeps a number of like pods.
use super::{Column, Kind, SPEC_STATUS_RESET, Scope, Subresource, Version, checks, columns, pod, prepare};

use crate::{
    Value,
    meta::{at::At, field_error::Errors, object_meta},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.apps.v1.ReplicaSet")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    warnings: pod::warnings::workload,
    validate,
    validate_update,
    validate_status,
    short_names: &["rs"],
    categories: &["all"],
    subresources: &[
        Subresource::Scale { spec: ".spec.replicas", status: ".status.replicas", selector: ".spec.selector" },
        Subresource::Status,
    ],
    prepare_create: prepare::first_generation,
    prepare_update: prepare::spec_update,
    prepare_status: prepare::status_update,
    reset_fields: SPEC_STATUS_RESET,
    ..Kind::new(
        "apps",
        "ReplicaSet",
        "replicasets",
        "replicaset",
        Scope::Namespaced,
        "/registry/replicasets/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] =
    &columns::of_replicas("io.k8s.api.apps.v1.ReplicaSetSpec", "io.k8s.api.apps.v1.ReplicaSetStatus", |set, _| {
        columns::selector(&set["spec"]["selector"])
    });

fn validate(set: &Value, errors: &mut Errors) {
    let root = At::root(set);
    let spec = root.child("spec");
    checks::nonnegative(&spec, &["replicas", "minReadySeconds"], errors);
    checks::selector_and_template(&spec, errors);
}

fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    validate(new, errors);
    let root = At::root(new);
    checks::selector_stays(&root.child("spec").child("selector"), &old["spec"]["selector"], errors);
}

fn validate_status(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    let parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];
    checks::replica_counts(&root.child("status"), &parts, &["observedGeneration", "terminatingReplicas"], errors);
}
