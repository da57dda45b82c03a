//! Namespace: a scope for names.
use super::{Kind, NameRule, Scope, Subresource, Verb, Version, texts};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Namespace")];

pub static KIND: Kind = Kind {
    short_names: &["ns"],
    verbs: &[Verb::Create, Verb::Delete, Verb::Get, Verb::List, Verb::Patch, Verb::Update, Verb::Watch],
    name_rule: NameRule::Dns1123Label,
    subresources: &[Subresource::of_parent("finalize", "Namespace", &[Verb::Update]), Subresource::Status],
    selectable: &["status.phase"],
    selectable_values: |ns| texts(ns, &[("status.phase", "/status/phase")]),
    reset_fields: &[("", &["status"]), ("status", &["spec"]), ("finalize", &["status"])],
    ..Kind::new("", "Namespace", "namespaces", "namespace", Scope::Cluster, "/registry/namespaces/", VERSIONS)
};
