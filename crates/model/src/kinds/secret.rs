//! Secret: named bytes that only some may read.
use super::{Kind, Scope, Version, texts};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Secret")];

pub static KIND: Kind = Kind {
    selectable: &["type"],
    selectable_values: |secret| texts(secret, &[("type", "/type")]),
    ..Kind::new("", "Secret", "secrets", "secret", Scope::Namespaced, "/registry/secrets/", VERSIONS)
};
