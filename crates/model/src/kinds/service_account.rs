//! ServiceAccount: an identity that pods run as.
use super::{
    Column, Kind, Scope, Subresource, Verb, Version,
    columns::{self},
};
use crate::{Object, Value, meta::object_meta};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.ServiceAccount")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    short_names: &["sa"],
    validate_update: |new, old, errors| {
        object_meta::validate_update(new, old, errors);
        object_meta::validate(&KIND, new, errors);
    },
    prepare_create: clean_secret_references,
    prepare_update: |account, _| clean_secret_references(account),
    warnings,
    subresources: &[Subresource::Named {
        name: "token",
        kind: "TokenRequest",
        group: "authentication.k8s.io",
        version: "v1",
        verbs: &[Verb::Create],
    }],
    shows_deleted: true,
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

const COLUMNS: &[Column] = &[columns::NAME, columns::AGE];

/// Only names of secrets are kept.
fn clean_secret_references(account: &mut Value) {
    let secrets = account.get_mut("secrets").and_then(Value::as_array_mut);
    for secret in secrets.into_iter().flatten() {
        let name = secret.as_object_mut().and_then(|secret| secret.remove("name"));
        *secret = Value::Object(name.map(|name| ("name".to_owned(), name)).into_iter().collect::<Object>());
    }
}

fn warnings(account: &Value, old: Option<&Value>) -> Vec<String> {
    const ENFORCE: &str = "kubernetes.io/enforce-mountable-secrets";
    let has = |account: &Value| account["metadata"]["annotations"].get(ENFORCE).is_some();
    if old.is_some_and(has) || !has(account) {
        return Vec::new();
    }
    vec![format!(
        "metadata.annotations[{ENFORCE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"
    )]
}
