//! ReplicationController: the older form of ReplicaSet.
use super::{Kind, SPEC_STATUS_RESET, Scope, Subresource, Version, prepare};
use crate::Value;
use std::collections::BTreeMap;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.ReplicationController")];

pub static KIND: Kind = Kind {
    short_names: &["rc"],
    categories: &["all"],
    subresources: &[
        Subresource::Scale { spec: ".spec.replicas", status: ".status.replicas", selector: ".spec.selector" },
        Subresource::Status,
    ],
    selectable: &["status.replicas"],
    selectable_values,
    orphan_by_default: true,
    prepare_create: prepare::first_generation,
    prepare_update: prepare::spec_update,
    prepare_status: prepare::status_update,
    reset_fields: SPEC_STATUS_RESET,
    ..Kind::new(
        "",
        "ReplicationController",
        "replicationcontrollers",
        "replicationcontroller",
        Scope::Namespaced,
        "/registry/controllers/",
        VERSIONS,
    )
};

fn selectable_values(rc: &Value) -> BTreeMap<String, String> {
    let replicas = rc["status"]["replicas"].as_i64().unwrap_or(0);
    [("status.replicas".to_owned(), replicas.to_string())].into()
}
