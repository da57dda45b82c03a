//! Secret: named bytes that only some may read.
use super::{
    Column, Kind, Scope, Version, checks,
    columns::{self, Doc::Field, column, text},
    prepare, texts,
};

use crate::{
    Value,
    meta::{at::At, field_error::Errors, names, object_meta},
    wire::{Raw, json},
};
use base64::Engine;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Secret")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate,
    validate_update,
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
    column("Type", "string", Field("io.k8s.api.core.v1.Secret", "type"), |secret, _| text(secret, "/type").into()),
    column("Data", "string", Field("io.k8s.api.core.v1.Secret", "data"), |secret, _| {
        secret["data"].as_object().map_or(0, serde_json::Map::len).into()
    }),
    columns::AGE,
];

const BYTES_MAX: usize = 1024 * 1024;

fn validate(secret: &Value, errors: &mut Errors) {
    let root = At::root(secret);
    let data = root.child("data");
    let mut bytes = 0;
    for (key, value) in data.entries() {
        errors.invalid_each(value, key, names::config_map_key(key));
        bytes += checks::decoded_len(value.str());
    }
    if bytes > BYTES_MAX {
        errors.too_long(data, BYTES_MAX);
    }
    let mut required = |keys: &[&str]| {
        for key in keys.iter().filter(|key| !data.has(key)) {
            errors.required(data.key(key), "");
        }
    };
    match root.text("type") {
        "kubernetes.io/tls" => required(&["tls.crt", "tls.key"]),
        "kubernetes.io/basic-auth" if !data.has("username") && !data.has("password") => {
            required(&["username", "password"])
        }
        "kubernetes.io/ssh-auth" if data.text("ssh-privatekey").is_empty() => {
            errors.required(data.key("ssh-privatekey"), "");
        }
        "kubernetes.io/dockercfg" => docker_config(&data, ".dockercfg", errors),
        "kubernetes.io/dockerconfigjson" => docker_config(&data, ".dockerconfigjson", errors),
        "kubernetes.io/service-account-token" => {
            const NAME: &str = "kubernetes.io/service-account.name";
            let meta = root.child("metadata");
            let annotations = meta.child("annotations");
            if annotations.text(NAME).is_empty() {
                errors.required(annotations.key(NAME), "");
            }
        }
        _ => {}
    }
}

/// A JSON object of registry credentials; what is wrong with it never shows what is in it.
fn docker_config(data: &At, key: &str, errors: &mut Errors) {
    if !data.has(key) {
        errors.required(data.key(key), "");
        return;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(data.text(key)).unwrap_or_default();
    let why = match json::parse(&bytes) {
        Ok(Raw::Object(_) | Raw::Null) => return,
        Ok(other) => {
            format!("json: cannot unmarshal {} into Go value of type map[string]interface {{}}", other.go_kind())
        }
        Err(error) => error.to_string(),
    };
    errors.invalid(data.key(key), "<secret contents redacted>", why);
}

fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    if root.text("type") != old["type"].as_str().unwrap_or_default() {
        errors.invalid(root.child("type"), root.text("type"), object_meta::IMMUTABLE);
    }
    checks::frozen(new, old, &["data"], errors);
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
    fn types_ask_for_keys() {
        create(&KIND, json!({"type": "x.example/y"}), &expect![""]);
        create(
            &KIND,
            json!({"type": "kubernetes.io/tls"}),
            &expect!["[data[tls.crt]: Required value, data[tls.key]: Required value]"],
        );
        create(&KIND, json!({"type": "kubernetes.io/basic-auth", "data": {"username": "eA=="}}), &expect![""]);
        create(
            &KIND,
            json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30="}}),
            &expect![""],
        );
        create(&KIND, json!({"data": {"..": ""}}), &expect![[r#"data[..]: Invalid value: "..": must not be '..'"#]]);
        update(
            &KIND,
            json!({"immutable": true, "data": {"a": "eA=="}}),
            &json!({"type": "t", "data": {"a": "eQ=="}}),
            &expect![[
                r#"[type: Invalid value: "t": field is immutable, data: Forbidden: field is immutable when `immutable` is set]"#
            ]],
        );
    }
}
