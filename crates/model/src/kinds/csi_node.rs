//! CSINode: which CSI drivers are on a node.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, Doc::Text, column, items},
};
use crate::{
    Value,
    meta::{at::At, field_error::Errors, names, object_meta},
};
use std::collections::BTreeSet;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.storage.v1.CSINode")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate,
    validate_update: |new, old, errors| {
        object_meta::validate(&KIND, new, errors);
        validate(new, errors);
        object_meta::validate_update(new, old, errors);
        drivers_stay(new, old, errors);
    },
    unconditional_update: false,
    ..Kind::new("storage.k8s.io", "CSINode", "csinodes", "csinode", Scope::Cluster, "/registry/csinodes/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column(
        "Drivers",
        "integer",
        Text("Drivers indicates the number of CSI drivers registered on the node"),
        |node, _| items(node, "/spec/drivers").len().into(),
    ),
    columns::AGE,
];

/// Longest id that a driver gives a node, in bytes.
const NODE_ID_BYTES_MAX: usize = 256;
const NAME_BYTES_MAX: usize = 63;

fn validate(node: &Value, errors: &mut Errors) {
    let root = At::root(node);
    let spec = root.child("spec");
    let mut seen = BTreeSet::new();
    for driver in spec.child("drivers").items() {
        let name = driver.text("name");
        driver_name(&driver.child("name"), name, errors);
        node_id(&driver, errors);
        object_meta::nonnegative(&driver.child("allocatable").child("count"), errors);
        if !seen.insert(name) {
            errors.duplicate(driver.child("name"), name);
        }
        topology_keys(&driver, errors);
    }
}

fn driver_name(at: &At, name: &str, errors: &mut Errors) {
    if name.is_empty() {
        return errors.required(at, "");
    }
    if name.len() > NAME_BYTES_MAX {
        errors.too_long(at, NAME_BYTES_MAX);
    }
    errors.invalid_each(at, name, names::dns1123_subdomain(&name.to_lowercase()));
}

fn node_id(driver: &At, errors: &mut Errors) {
    let id = driver.text("nodeID");
    if id.is_empty() {
        errors.required(driver.child("nodeID"), "");
    }
    if id.len() > NODE_ID_BYTES_MAX {
        errors.invalid(driver.child("nodeID"), id, format!("must be {NODE_ID_BYTES_MAX} characters or less"));
    }
}

fn topology_keys(driver: &At, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for key in driver.child("topologyKeys").items() {
        let text = key.str();
        if text.is_empty() {
            errors.required(driver, text);
        }
        if !seen.insert(text) {
            errors.duplicate(driver, text);
        }
        errors.invalid_each(driver, text, names::qualified_name(text));
    }
}

/// Of a driver that stays only the count of its volumes may change.
fn drivers_stay(new: &Value, old: &Value, errors: &mut Errors) {
    let root = At::root(new);
    let spec = root.child("spec");
    let bare = |driver: &Value| {
        let mut driver = driver.clone();
        if let Some(map) = driver.as_object_mut() {
            map.remove("allocatable");
        }
        driver
    };
    for before in items(old, "/spec/drivers") {
        for driver in spec.child("drivers").items().filter(|driver| driver.value["name"] == before["name"]) {
            if !object_meta::semantic_eq(&bare(driver.value), &bare(before)) {
                errors.invalid(spec.child("drivers"), driver.value, object_meta::IMMUTABLE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(drivers: Value, want: &str) {
        let mut errors = Errors::new();
        validate(&json!({"metadata": {"name": "n"}, "spec": {"drivers": drivers}}), &mut errors);
        assert_eq!(errors.aggregate(), want);
    }

    #[test]
    fn drivers_have_names_and_ids() {
        check(json!([{"name": "a.example", "nodeID": "n", "topologyKeys": ["example.com/zone"]}]), "");
        check(
            json!([{"name": "", "nodeID": ""}]),
            "[spec.drivers[0].name: Required value, spec.drivers[0].nodeID: Required value]",
        );
        check(
            json!([{"name": "a", "nodeID": "n"}, {"name": "a", "nodeID": "n"}]),
            "spec.drivers[1].name: Duplicate value: \"a\"",
        );
    }
}
