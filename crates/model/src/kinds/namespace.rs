//! Namespace: a scope for names.
use super::{
    Column, Kind, NameRule, Scope, Subresource, Verb, Version,
    columns::{self, column, text},
    prepare, texts,
};
use crate::Value;
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
    column("Status", "string", "The status of the namespace", |ns, _| text(ns, "/status/phase").into()),
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
