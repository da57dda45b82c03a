//! Event of events.k8s.io: the newer form of what is stored as a core Event.
use super::{Kind, Scope, Version, event_core};
use crate::{
    Value,
    meta::{
        at::At,
        field_error::Errors,
        go,
        object_meta::{self, semantic_eq},
    },
};

const VERSIONS: &[Version] =
    &[Version { name: "v1", type_name: "io.k8s.api.events.v1.Event", to_hub: to_core, from_hub: from_core }];

pub static KIND: Kind = Kind {
    columns: event_core::COLUMNS,
    validate,
    validate_update,
    short_names: &["ev"],
    hub: Some(&event_core::KIND),
    selectable: &[
        "reason",
        "regarding.kind",
        "regarding.namespace",
        "regarding.name",
        "regarding.uid",
        "regarding.apiVersion",
        "regarding.resourceVersion",
        "regarding.fieldPath",
        "reportingController",
        "type",
    ],
    selectable_values: event_core::selectable_values,
    create_on_update: true,
    unsynced: |_| true,
    ..Kind::new("events.k8s.io", "Event", "events", "event", Scope::Namespaced, "/registry/events/", VERSIONS)
};

/// (events.k8s.io name, core name) of the fields that differ in name only.
const RENAMED: &[(&str, &str)] = &[
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
];

fn to_core(event: &mut Value) {
    if let Some(fields) = event.as_object_mut() {
        for (new, core) in RENAMED {
            if let Some(value) = fields.remove(*new) {
                fields.insert((*core).to_owned(), value);
            }
        }
    }
}

fn from_core(event: &mut Value) {
    if let Some(fields) = event.as_object_mut() {
        for (new, core) in RENAMED {
            if let Some(value) = fields.remove(*core) {
                fields.insert((*new).to_owned(), value);
            }
        }
    }
}

/// Objects come in the stored form, and so do the names in errors.
fn validate(event: &Value, errors: &mut Errors) {
    event_core::legacy(event, "reportingController", errors);
    let root = At::root(event);
    series(event, errors);
    if root.text("eventTime").is_empty() {
        errors.required(root.child("eventTime"), "");
    }
    let ty = root.text("type");
    if ty != "Normal" && ty != "Warning" {
        errors.invalid(root.child("type"), "", format!("has invalid value: {ty}"));
    }
    for field in ["firstTimestamp", "lastTimestamp"].into_iter().filter(|field| root.has(field)) {
        errors.invalid(root.child(field), "", "needs to be unset");
    }
    if root.get("count").as_i64().unwrap_or(0) != 0 {
        errors.invalid(root.child("count"), "", "needs to be unset");
    }
    let source = root.child("source");
    if !source.text("component").is_empty() || !source.text("host").is_empty() {
        errors.invalid(source, "", "needs to be unset");
    }
}

fn series(event: &Value, errors: &mut Errors) {
    let root = At::root(event);
    let series = root.child("series");
    if series.is_nil() {
        return;
    }
    if series.get("count").as_i64().unwrap_or(0) < 2 {
        errors.invalid(series.child("count"), "", "should be at least 2");
    }
    if series.text("lastObservedTime").is_empty() {
        errors.required(series.child("lastObservedTime"), "");
    }
}

/// An event of this group is what it was, but for its series.
const IMMUTABLE: &[(&str, &str)] = &[
    ("involvedObject", "involvedObject"),
    ("reason", "reason"),
    ("message", "message"),
    ("source", "source"),
    ("firstTimestamp", "firstTimestamp"),
    ("lastTimestamp", "lastTimestamp"),
    ("count", "count"),
    ("reason", "reason"),
    ("type", "type"),
    ("eventTime", "eventTime"),
    ("action", "action"),
    ("related", "related"),
    ("reportingComponent", "reportingController"),
    ("reportingInstance", "reportingInstance"),
];

fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    event_core::legacy(new, "reportingController", errors);
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    if !object_meta::semantic_eq(&new["series"], &old["series"]) {
        series(new, errors);
    }
    for (field, shown) in IMMUTABLE {
        let at = root.renamed(field, shown);
        if !semantic_eq(at.value, &old[*field]) {
            let shown = go::internal_field("io.k8s.api.core.v1.Event", field, at.value);
            errors.invalid(at, go::Printed(shown), object_meta::IMMUTABLE);
        }
    }
}
