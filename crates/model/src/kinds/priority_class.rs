//! PriorityClass: a named scheduling priority.
use super::{
    Column, Kind, Scope, Version, checks,
    columns::{self, Doc::Field, column, int, text},
    prepare,
};

use crate::{
    Value,
    meta::{at::At, field_error::Errors, object_meta},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.scheduling.v1.PriorityClass")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate,
    validate_update,
    prepare_create: prepare::first_generation,
    short_names: &["pc"],
    ..Kind::new(
        "scheduling.k8s.io",
        "PriorityClass",
        "priorityclasses",
        "priorityclass",
        Scope::Cluster,
        "/registry/priorityclasses/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Value", "integer", Field("io.k8s.api.scheduling.v1.PriorityClass", "value"), |class, _| {
        int(class, "/value").into()
    }),
    column(
        "Global-Default",
        "boolean",
        Field("io.k8s.api.scheduling.v1.PriorityClass", "globalDefault"),
        |class, _| class["globalDefault"].as_bool().unwrap_or(false).into(),
    ),
    columns::AGE,
    column(
        "PreemptionPolicy",
        "string",
        Field("io.k8s.api.scheduling.v1.PriorityClass", "preemptionPolicy"),
        |class, _| text(class, "/preemptionPolicy").into(),
    ),
];

/// The highest value of classes that users define.
const USER_VALUE_MAX: i64 = 1_000_000_000;
const SYSTEM: &[(&str, i64)] =
    &[("system-node-critical", 2 * USER_VALUE_MAX + 1000), ("system-cluster-critical", 2 * USER_VALUE_MAX)];

fn validate(class: &Value, errors: &mut Errors) {
    let root = At::root(class);
    let meta = root.child("metadata");
    let (name, value) = (meta.text("name"), root.get("value").as_i64().unwrap_or(0));
    if name.starts_with("system-") {
        let wrong = match SYSTEM.iter().find(|(known, _)| *known == name) {
            None => Some(format!("{name} is not a known system priority class")),
            Some((_, fixed)) if *fixed != value => Some(format!("value of {name} PriorityClass must be {fixed}")),
            Some(_) if root.flag("globalDefault") => {
                Some(format!("globalDefault of {name} PriorityClass must be false"))
            }
            Some(_) => None,
        };
        if let Some(wrong) = wrong {
            let why = "priority class names with 'system-' prefix are reserved for system use only. error: ";
            errors.forbidden(meta.child("name"), format!("{why}{wrong}"));
        }
    } else if value > USER_VALUE_MAX {
        let why = format!("maximum allowed value of a user defined priority is {USER_VALUE_MAX}");
        errors.forbidden(root.child("value"), why);
    }
    if root.has("preemptionPolicy") {
        checks::one_of(&root.child("preemptionPolicy"), &["PreemptLowerPriority", "Never"], errors);
    }
}

fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    if root.get("value") != &old["value"] {
        errors.forbidden(root.child("value"), "may not be changed in an update.");
    }
    object_meta::immutable(&root.child("preemptionPolicy"), &old["preemptionPolicy"], errors);
}
