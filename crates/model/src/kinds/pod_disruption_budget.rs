//! PodDisruptionBudget: how many pods of an application may be taken away at once on purpose.
use super::{
    Column, Kind, SPEC_STATUS_RESET, Scope, Subresource, Version, checks,
    columns::{self, Doc::Text, column, int},
    prepare,
};
use crate::{
    Value,
    meta::{at::At, conditions, field_error::Errors, object_meta},
};
use serde_json::json;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.policy.v1.PodDisruptionBudget")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate,
    validate_update,
    validate_status,
    short_names: &["pdb"],
    subresources: &[Subresource::Status],
    prepare_create: prepare::first_generation,
    prepare_update: prepare::spec_update,
    prepare_status: prepare::status_update,
    reset_fields: SPEC_STATUS_RESET,
    unconditional_update: false,
    ..Kind::new(
        "policy",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "poddisruptionbudget",
        Scope::Namespaced,
        "/registry/poddisruptionbudgets/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Min Available", "string", Text("The minimum number of pods that must be available."), |budget, _| {
        bound(&budget["spec"]["minAvailable"])
    }),
    column("Max Unavailable", "string", Text("The maximum number of pods that may be unavailable."), |budget, _| {
        bound(&budget["spec"]["maxUnavailable"])
    }),
    column(
        "Allowed Disruptions",
        "integer",
        Text("Calculated number of pods that may be disrupted at this time."),
        |budget, _| int(budget, "/status/disruptionsAllowed").into(),
    ),
    columns::AGE,
];

/// A count or percentage as a text.
fn bound(value: &Value) -> Value {
    match value {
        Value::Null => "N/A".into(),
        Value::String(text) => text.clone().into(),
        number => number.to_string().into(),
    }
}

fn validate(budget: &Value, errors: &mut Errors) {
    const POLICIES: &[&str] = &["AlwaysAllow", "IfHealthyBudget"];
    let root = At::root(budget);
    let spec = root.child("spec");
    if spec.has("minAvailable") && spec.has("maxUnavailable") {
        let why = "minAvailable and maxUnavailable cannot be both set";
        errors.invalid(spec, &internal(spec.value), why);
    }
    for field in ["minAvailable", "maxUnavailable"].into_iter().filter(|field| spec.has(field)) {
        let at = spec.child(field);
        checks::int_or_percent(&at, errors);
        if checks::percentage(at.value).is_some_and(|percent| percent > 100) {
            errors.invalid(at, at.value, "must not be greater than 100%");
        }
    }
    object_meta::label_selector(&spec.child("selector"), errors);
    if spec.has("unhealthyPodEvictionPolicy") && !POLICIES.contains(&spec.text("unhealthyPodEvictionPolicy")) {
        let policy = spec.text("unhealthyPodEvictionPolicy");
        errors.not_supported(spec.child("unhealthyPodEvictionPolicy"), policy, POLICIES);
    }
}

/// The spec as upstream's error shows it: by the names of its internal type.
fn internal(spec: &Value) -> Value {
    json!({
        "MinAvailable": spec["minAvailable"],
        "Selector": spec["selector"],
        "MaxUnavailable": spec["maxUnavailable"],
        "UnhealthyPodEvictionPolicy": spec["unhealthyPodEvictionPolicy"],
    })
}

fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    validate(new, errors);
}

fn validate_status(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    let status = root.child("status");
    conditions::validate(&status.child("conditions"), errors);
    let counts = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];
    checks::nonnegative(&status, &counts, errors);
}
