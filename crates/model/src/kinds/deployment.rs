//! Deployment: rolls ReplicaSets of one pod template forward and back.
use super::{Kind, Scope, Subresource, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.apps.v1.Deployment")];

pub static KIND: Kind = Kind {
    short_names: &["deploy"],
    categories: &["all"],
    subresources: &[
        Subresource::Scale { spec: ".spec.replicas", status: ".status.replicas", selector: ".spec.selector" },
        Subresource::Status,
    ],
    reset_fields: &[("", &["status"]), ("status", &["spec", "metadata.labels"])],
    ..Kind::new(
        "apps",
        "Deployment",
        "deployments",
        "deployment",
        Scope::Namespaced,
        "/registry/deployments/",
        VERSIONS,
    )
};
