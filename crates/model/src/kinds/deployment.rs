//! Deployment: rolls ReplicaSets of one pod template forward and back.
use super::{
    Column, Kind, Scope, Subresource, Version,
    columns::{self, column, int, wide},
    prepare,
};
use crate::{
    Value,
    meta::{object_meta::semantic_eq, selector::LabelSelector},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.apps.v1.Deployment")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
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

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Ready", "string", "Number of the pod with ready state", |d, _| {
        format!("{}/{}", int(d, "/status/readyReplicas"), int(d, "/spec/replicas")).into()
    }),
    column(
        "Up-to-date",
        "string",
        "Total number of non-terminating pods targeted by this deployment that have the desired template spec.",
        |d, _| int(d, "/status/updatedReplicas").into(),
    ),
    column(
        "Available",
        "string",
        "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.",
        |d, _| int(d, "/status/availableReplicas").into(),
    ),
    columns::AGE,
    columns::CONTAINERS,
    columns::IMAGES,
    wide(
        "Selector",
        "string",
        "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
        |d, _| LabelSelector::from_object(&d["spec"]["selector"]).map_or("<invalid>".into(), |s| s.to_string()).into(),
    ),
];

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
