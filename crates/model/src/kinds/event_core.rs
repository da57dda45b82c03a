//! Event of the core group: what happened to an object. The form in which all events are stored.
use super::{
    Column, Kind, NameRule, Scope, Version,
    columns::{self, Doc::Field, column, int, text, wide},
};
use crate::{
    Value,
    meta::{at::At, field_error::Errors, names},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Event")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    name_rule: NameRule::PathSegment,
    validate: |event, errors| legacy(event, "reportingComponent", errors),
    validate_update: |new, _, errors| legacy(new, "reportingComponent", errors),
    short_names: &["ev"],
    selectable: &[
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ],
    selectable_values,
    create_on_update: true,
    unsynced: |_| true,
    ..Kind::new("", "Event", "events", "event", Scope::Namespaced, "/registry/events/", VERSIONS)
};

pub(super) const COLUMNS: &[Column] = &[
    column("Last Seen", "string", Field("io.k8s.api.core.v1.Event", "lastTimestamp"), |event, now| {
        last_seen(event, now).into()
    }),
    column("Type", "string", Field("io.k8s.api.core.v1.Event", "type"), |event, _| text(event, "/type").into()),
    column("Reason", "string", Field("io.k8s.api.core.v1.Event", "reason"), |event, _| text(event, "/reason").into()),
    column("Object", "string", Field("io.k8s.api.core.v1.Event", "involvedObject"), |event, _| about(event).into()),
    wide("Subobject", "string", Field("io.k8s.api.core.v1.ObjectReference", "fieldPath"), |event, _| {
        text(event, "/involvedObject/fieldPath").into()
    }),
    wide("Source", "string", Field("io.k8s.api.core.v1.Event", "source"), |event, _| source(event).into()),
    column("Message", "string", Field("io.k8s.api.core.v1.Event", "message"), |event, _| {
        text(event, "/message").trim().into()
    }),
    wide("First Seen", "string", Field("io.k8s.api.core.v1.Event", "firstTimestamp"), |event, now| {
        first_seen(event, now).into()
    }),
    wide("Count", "string", Field("io.k8s.api.core.v1.Event", "count"), |event, _| count(event).into()),
    Column { priority: 1, ..columns::NAME },
];

fn first_seen(event: &Value, now: Timestamp) -> String {
    let times = [&event["firstTimestamp"], &event["eventTime"]];
    columns::since(times.into_iter().find_map(Value::as_str), now)
}

fn last_seen(event: &Value, now: Timestamp) -> String {
    if event["series"].is_object() {
        return columns::since(event["series"]["lastObservedTime"].as_str(), now);
    }
    match event["lastTimestamp"].as_str() {
        Some(time) => columns::since(Some(time), now),
        None => first_seen(event, now),
    }
}

fn count(event: &Value) -> i64 {
    match event["series"].is_object() {
        true => int(event, "/series/count"),
        false => int(event, "/count").max(1),
    }
}

fn about(event: &Value) -> String {
    let kind = text(event, "/involvedObject/kind").to_lowercase();
    let name = text(event, "/involvedObject/name");
    if name.is_empty() { kind } else { format!("{kind}/{name}") }
}

fn source(event: &Value) -> String {
    let first = |a: &str, b: &str| Some(text(event, a)).filter(|t| !t.is_empty()).unwrap_or_else(|| text(event, b));
    let component = first("/source/component", "/reportingComponent");
    let instance = first("/source/host", "/reportingInstance");
    if instance.is_empty() { component } else { format!("{component}, {instance}") }
}

/// Values under the labels of both groups, since both rows share the stored objects.
pub(super) fn selectable_values(event: &Value) -> BTreeMap<String, String> {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut values = BTreeMap::new();
    for field in ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] {
        let value = text(&format!("/involvedObject/{field}"));
        values.insert(format!("regarding.{field}"), value.clone());
        values.insert(format!("involvedObject.{field}"), value);
    }
    let controller = text("/reportingComponent");
    let component = text("/source/component");
    values.insert("source".into(), if component.is_empty() { controller.clone() } else { component });
    values.insert("reportingController".into(), controller.clone());
    values.insert("reportingComponent".into(), controller);
    values.insert("reason".into(), text("/reason"));
    values.insert("type".into(), text("/type"));
    values
}

const TEXT_MAX: usize = 128;
const MESSAGE_MAX: usize = 1024;

/// `legacyValidateEvent`: what both groups check. Events with an event time are of the newer kind.
pub(super) fn legacy(event: &Value, controller: &str, errors: &mut Errors) {
    let root = At::root(event);
    let involved = root.child("involvedObject");
    let (namespace, about) = (root.child("metadata").text("namespace"), involved.text("namespace"));
    let mismatch = if !root.text("eventTime").is_empty() {
        about.is_empty() && !matches!(namespace, "default" | "kube-system")
    } else if about.is_empty() {
        !matches!(namespace, "" | "default")
    } else {
        namespace != about
    };
    if mismatch {
        errors.invalid(involved.child("namespace"), about, "does not match event.namespace");
    }
    if !root.text("eventTime").is_empty() {
        let reporter = root.text("reportingComponent");
        if reporter.is_empty() {
            errors.required(controller, "");
        }
        errors.invalid_each(controller, reporter, names::qualified_name(reporter));
        for field in ["reportingInstance", "action", "reason"] {
            if root.text(field).is_empty() {
                errors.required(root.child(field), "");
            }
            if root.text(field).len() > TEXT_MAX {
                errors.invalid(root.child(field), "", format!("can have at most {TEXT_MAX} characters"));
            }
        }
        if root.text("message").len() > MESSAGE_MAX {
            errors.invalid(root.child("message"), "", format!("can have at most {MESSAGE_MAX} characters"));
        }
    }
    errors.invalid_each("namespace", namespace, names::dns1123_subdomain(namespace));
}
