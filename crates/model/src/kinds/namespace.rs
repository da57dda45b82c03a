//! Namespace: a scope for names.
use super::{
    Column, Kind, NameRule, Scope, Subresource, Verb, Version,
    columns::{self, Doc::Text, column, text},
    prepare, texts,
};
use crate::{
    Value,
    meta::{at::At, field_error::Errors, names, object_meta},
};
use serde_json::json;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Namespace")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    short_names: &["ns"],
    verbs: &[Verb::Create, Verb::Delete, Verb::Get, Verb::List, Verb::Patch, Verb::Update, Verb::Watch],
    name_rule: NameRule::Dns1123Label,
    subresources: &[Subresource::of_parent("finalize", "Namespace", &[Verb::Update]), Subresource::Status],
    selectable: &["status.phase"],
    selectable_values: |ns| texts(ns, &[("status.phase", "/status/phase")]),
    validate,
    validate_update: |new, old, errors| {
        object_meta::validate(&KIND, new, errors);
        validate(new, errors);
        object_meta::validate_update(new, old, errors);
    },
    validate_status,
    prepare_create,
    prepare_update: |new, old| {
        let finalizers = old["spec"].get("finalizers").cloned();
        let spec = prepare::object_in(new, "spec");
        match finalizers {
            Some(finalizers) => spec.insert("finalizers".into(), finalizers),
            None => spec.remove("finalizers"),
        };
        prepare::keep(new, old, "status");
    },
    prepare_status: |new, old| prepare::keep(new, old, "spec"),
    reset_fields: &[("", &["status"]), ("status", &["spec"]), ("finalize", &["status"])],
    ..Kind::new("", "Namespace", "namespaces", "namespace", Scope::Cluster, "/registry/namespaces/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Status", "string", Text("The status of the namespace"), |ns, _| text(ns, "/status/phase").into()),
    columns::AGE,
];

/// A new namespace is active and held by Kubernetes' own finalizer, which the namespace controller takes off.
fn prepare_create(namespace: &mut Value) {
    namespace["status"] = json!({"phase": "Active"});
    let finalizers = prepare::object_in(namespace, "spec").entry("finalizers").or_insert(json!([]));
    if finalizers.is_null() {
        *finalizers = json!([]);
    }
    if let Some(list) = finalizers.as_array_mut().filter(|list| !list.contains(&json!("kubernetes"))) {
        list.push("kubernetes".into());
    }
}

/// Errors of finalizers name the list.
fn validate(namespace: &Value, errors: &mut Errors) {
    let root = At::root(namespace);
    let spec = root.child("spec");
    let list = spec.child("finalizers");
    for finalizer in list.items() {
        finalizer_name(&list, finalizer.str(), errors);
    }
}

fn finalizer_name(at: &At, name: &str, errors: &mut Errors) {
    errors.invalid_each(at, name, names::qualified_name(name));
    if !name.contains('/') && !object_meta::is_standard_finalizer(name) {
        errors.invalid(at, name, "name is neither a standard finalizer name nor is it fully qualified");
    }
}

/// `namespaces/finalize`; here errors name the finalizer.
pub(super) fn validate_finalize(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    let spec = root.child("spec");
    for finalizer in spec.child("finalizers").items() {
        finalizer_name(&finalizer, finalizer.str(), errors);
    }
}

fn validate_status(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    let status = root.child("status");
    let phase = status.text("phase");
    let deleted = root.child("metadata").has("deletionTimestamp");
    if !deleted && phase != "Active" {
        errors.invalid(status.child("Phase"), phase, "may only be 'Active' if `deletionTimestamp` is empty");
    } else if deleted && phase != "Terminating" {
        errors.invalid(status.child("Phase"), phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
    }
}
