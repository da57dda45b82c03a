//! RuntimeClass: which handler of the container runtime runs a pod.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, Doc::Text, column, text},
    pod,
};

use crate::{
    Value,
    meta::{at::At, field_error::Errors, go, names, object_meta},
};
use std::collections::BTreeSet;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.node.v1.RuntimeClass")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate,
    validate_update: |new, old, errors| {
        object_meta::validate(&KIND, new, errors);
        validate(new, errors);
        object_meta::validate_update(new, old, errors);
        let root = At::root(new);
        let handler = root.text("handler");
        if handler != old["handler"].as_str().unwrap_or_default() {
            errors.invalid(root.child("handler"), handler, object_meta::IMMUTABLE);
        }
    },
    create_on_update: true,
    unconditional_update: false,
    ..Kind::new(
        "node.k8s.io",
        "RuntimeClass",
        "runtimeclasses",
        "runtimeclass",
        Scope::Cluster,
        "/registry/runtimeclasses/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] =
    &[columns::NAME, column("Handler", "string", Text(""), |class, _| text(class, "/handler").into()), columns::AGE];

fn validate(class: &Value, errors: &mut Errors) {
    let root = At::root(class);
    let handler = root.text("handler");
    if handler.is_empty() {
        errors.required(root.child("handler"), "");
    } else {
        errors.invalid_each(root.child("handler"), handler, names::dns1123_label(handler));
    }
    let overhead = root.child("overhead");
    pod::validate::resources::amounts(&overhead.child("podFixed"), &overhead.child("limits"), errors);
    let scheduling = root.child("scheduling");
    object_meta::labels(&scheduling.child("nodeSelector"), errors);
    let tolerations = scheduling.child("tolerations");
    pod::validate::scheduling::tolerations(&tolerations, errors);
    let mut seen = BTreeSet::new();
    for toleration in tolerations.items() {
        let text = |field: &str| toleration.text(field);
        if !seen.insert([text("key"), text("operator"), text("value"), text("effect")]) {
            let shown = go::internal("io.k8s.api.core.v1.Toleration", toleration.value);
            errors.duplicate(toleration, go::Printed(shown));
        }
    }
}
