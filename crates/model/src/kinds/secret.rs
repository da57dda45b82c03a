//! Secret: named bytes that only some may read.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, column, text},
    prepare, texts,
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Secret")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    prepare_update: |new, old| {
        if new["type"].as_str().is_none_or(str::is_empty) {
            prepare::keep(new, old, "type");
        }
    },
    selectable: &["type"],
    selectable_values: |secret| texts(secret, &[("type", "/type")]),
    ..Kind::new("", "Secret", "secrets", "secret", Scope::Namespaced, "/registry/secrets/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column(
        "Type",
        "string",
        "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
        |secret, _| text(secret, "/type").into(),
    ),
    column(
        "Data",
        "string",
        "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
        |secret, _| secret["data"].as_object().map_or(0, serde_json::Map::len).into(),
    ),
    columns::AGE,
];
