//! ReplicationController: the older form of ReplicaSet.
use super::{Column, Kind, NameRule, SPEC_STATUS_RESET, Scope, Subresource, Version, checks, columns, pod, prepare};
use crate::{
    Value,
    meta::{at::At, field_error::Errors, object_meta, selector::LabelSelector},
};
use std::collections::BTreeMap;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.ReplicationController")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    warnings: pod::warnings::workload,
    validate,
    name_rule: NameRule::LongName,
    validate_update,
    validate_status,
    short_names: &["rc"],
    categories: &["all"],
    subresources: &[
        Subresource::Scale { spec: ".spec.replicas", status: ".status.replicas", selector: ".spec.selector" },
        Subresource::Status,
    ],
    selectable: &["status.replicas"],
    selectable_values,
    orphan_by_default: true,
    prepare_create: prepare::first_generation,
    prepare_update: prepare::spec_update,
    prepare_status: prepare::status_update,
    reset_fields: SPEC_STATUS_RESET,
    ..Kind::new(
        "",
        "ReplicationController",
        "replicationcontrollers",
        "replicationcontroller",
        Scope::Namespaced,
        "/registry/controllers/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &columns::of_replicas(
    "io.k8s.api.core.v1.ReplicationControllerSpec",
    "io.k8s.api.core.v1.ReplicationControllerStatus",
    |set, _| columns::labels(&set["spec"]["selector"]),
);

fn selectable_values(rc: &Value) -> BTreeMap<String, String> {
    let replicas = rc["status"]["replicas"].as_i64().unwrap_or(0);
    [("status.replicas".to_owned(), replicas.to_string())].into()
}

fn validate(controller: &Value, errors: &mut Errors) {
    let root = At::root(controller);
    let spec = root.child("spec");
    checks::nonnegative(&spec, &["minReadySeconds"], errors);
    let selector = spec.child("selector");
    if selector.is_empty() {
        errors.required(selector, "");
    }
    if spec.has("replicas") {
        checks::nonnegative(&spec, &["replicas"], errors);
    } else {
        errors.required(spec.child("replicas"), "");
    }
    let template = spec.child("template");
    if template.is_nil() {
        errors.required(template, "");
        return;
    }
    let parsed = LabelSelector::from_map(selector.entries().map(|(key, value)| (key, value.str())));
    checks::replicated_template(&template, &parsed, "ReplicationController", errors);
}

fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    validate(new, errors);
}

fn validate_status(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    let parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];
    checks::replica_counts(&root.child("status"), &parts, &["observedGeneration"], errors);
}
