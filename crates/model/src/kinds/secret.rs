//! Secret: named bytes that only some may read.
use super::{Kind, Scope, Version, prepare, texts};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Secret")];

pub static KIND: Kind = Kind {
    prepare_update: |new, old| {
        if new["type"].as_str().is_none_or(str::is_empty) {
            prepare::keep(new, old, "type");
        }
    },
    selectable: &["type"],
    selectable_values: |secret| texts(secret, &[("type", "/type")]),
    ..Kind::new("", "Secret", "secrets", "secret", Scope::Namespaced, "/registry/secrets/", VERSIONS)
};
