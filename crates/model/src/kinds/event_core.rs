//! Event of the core group: what happened to an object. The form in which all events are stored.
use super::{Kind, Scope, Version};
use crate::Value;
use std::collections::BTreeMap;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Event")];

pub static KIND: Kind = Kind {
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
