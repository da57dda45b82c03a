//! ConfigMap: named texts and bytes for pods.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, column},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.ConfigMap")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    short_names: &["cm"],
    ..Kind::new("", "ConfigMap", "configmaps", "configmap", Scope::Namespaced, "/registry/configmaps/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column(
        "Data",
        "string",
        "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
        |map, _| {
            ["data", "binaryData"]
                .into_iter()
                .filter_map(|f| map[f].as_object())
                .map(serde_json::Map::len)
                .sum::<usize>()
                .into()
        },
    ),
    columns::AGE,
];
