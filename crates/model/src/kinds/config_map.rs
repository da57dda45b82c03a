//! ConfigMap: named texts and bytes for pods.
use super::{
    Column, Kind, Scope, Version, checks,
    columns::{self, Doc::Field, column},
};

use crate::{
    Value,
    meta::{at::At, field_error::Errors, names, object_meta},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.ConfigMap")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate,
    validate_update,
    short_names: &["cm"],
    ..Kind::new("", "ConfigMap", "configmaps", "configmap", Scope::Namespaced, "/registry/configmaps/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Data", "string", Field("io.k8s.api.core.v1.ConfigMap", "data"), |map, _| {
        ["data", "binaryData"]
            .into_iter()
            .filter_map(|f| map[f].as_object())
            .map(serde_json::Map::len)
            .sum::<usize>()
            .into()
    }),
    columns::AGE,
];

const BYTES_MAX: usize = 1024 * 1024;

fn validate(map: &Value, errors: &mut Errors) {
    let root = At::root(map);
    let (data, binary) = (root.child("data"), root.child("binaryData"));
    let mut bytes = 0;
    for (key, value) in data.entries() {
        errors.invalid_each(value, key, names::config_map_key(key));
        if binary.has(key) {
            errors.invalid(value, key, "duplicate of key present in binaryData");
        }
        bytes += value.len();
    }
    for (key, value) in binary.entries() {
        errors.invalid_each(value, key, names::config_map_key(key));
        bytes += checks::decoded_len(value.str());
    }
    if bytes > BYTES_MAX {
        // The path of the whole object, as upstream writes it.
        errors.too_long("[]", BYTES_MAX);
    }
}

fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    checks::frozen(new, old, &["data", "binaryData"], errors);
    object_meta::validate(&KIND, new, errors);
    validate(new, errors);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::checks::tests::{create, update};
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn keys_sizes_and_freezing() {
        create(
            &KIND,
            json!({"data": {"a": "x"}, "binaryData": {"a": "eA=="}}),
            &expect![[r#"data[a]: Invalid value: "a": duplicate of key present in binaryData"#]],
        );
        create(
            &KIND,
            json!({"data": {"a": "x".repeat(BYTES_MAX + 1)}}),
            &expect!["[]: Too long: may not be more than 1048576 bytes"],
        );
        let frozen = json!({"immutable": true, "data": {"a": "b"}});
        update(
            &KIND,
            frozen,
            &json!({"immutable": null, "data": {"a": "c"}}),
            &expect![
                "[immutable: Forbidden: field is immutable when `immutable` is set, data: Forbidden: field is immutable when `immutable` is set]"
            ],
        );
    }
}
