//! Event of events.k8s.io: the newer form of what is stored as a core Event.
use super::{Kind, Scope, Version, event_core};
use crate::Value;

const VERSIONS: &[Version] =
    &[Version { name: "v1", type_name: "io.k8s.api.events.v1.Event", to_hub: to_core, from_hub: from_core }];

pub static KIND: Kind = Kind {
    columns: event_core::COLUMNS,
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
