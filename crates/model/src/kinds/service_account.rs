//! ServiceAccount: an identity that pods run as.
use super::{Kind, Scope, Subresource, Verb, Version};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.ServiceAccount")];

pub static KIND: Kind = Kind {
    short_names: &["sa"],
    subresources: &[Subresource::Named {
        name: "token",
        kind: "TokenRequest",
        group: "authentication.k8s.io",
        version: "v1",
        verbs: &[Verb::Create],
    }],
    ..Kind::new(
        "",
        "ServiceAccount",
        "serviceaccounts",
        "serviceaccount",
        Scope::Namespaced,
        "/registry/serviceaccounts/",
        VERSIONS,
    )
};
