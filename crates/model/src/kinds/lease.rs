//! Lease: a lock or heartbeat that must be renewed.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, Doc::Field, column, text},
};

use crate::{
    Value,
    meta::{at::At, field_error::Errors, object_meta},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.coordination.v1.Lease")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate,
    validate_update: |new, old, errors| {
        object_meta::validate_update(new, old, errors);
        validate(new, errors);
    },
    prepare_create: |lease| drop_coordination(lease, None),
    prepare_update: |lease, old| drop_coordination(lease, Some(old)),
    create_on_update: true,
    unconditional_update: false,
    unsynced: |lease| lease["metadata"]["namespace"] == "kube-node-lease",
    ..Kind::new("coordination.k8s.io", "Lease", "leases", "lease", Scope::Namespaced, "/registry/leases/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Holder", "string", Field("io.k8s.api.coordination.v1.LeaseSpec", "holderIdentity"), |lease, _| {
        text(lease, "/spec/holderIdentity").into()
    }),
    columns::AGE,
];

/// Coordinated leader election is behind a gate that is off; its fields survive only where they already were.
fn drop_coordination(lease: &mut Value, old: Option<&Value>) {
    for field in ["strategy", "preferredHolder"] {
        let in_use = old.is_some_and(|old| !old["spec"][field].is_null());
        if !in_use && let Some(spec) = lease.get_mut("spec").and_then(Value::as_object_mut) {
            spec.remove(field);
        }
    }
}

fn validate(lease: &Value, errors: &mut Errors) {
    let root = At::root(lease);
    let spec = root.child("spec");
    let number = |field: &str| spec.get(field).as_i64();
    if let Some(seconds) = number("leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        errors.invalid(spec.child("leaseDurationSeconds"), seconds, "must be greater than 0");
    }
    object_meta::nonnegative(&spec.child("leaseTransitions"), errors);
    if spec.has("strategy") && spec.text("strategy") != "OldestEmulationVersion" {
        errors.not_supported(spec.child("strategy"), spec.text("strategy"), &["OldestEmulationVersion"]);
    }
    if !spec.text("preferredHolder").is_empty() && spec.text("strategy").is_empty() {
        errors.forbidden(spec.child("preferredHolder"), "may only be specified if `strategy` is defined");
    }
}
