//! States and goals of the controllers of bootstrap tokens.
use crate::{lab::Lab, objects::*, states::all};
use k8s_openapi::ByteString;
use serde_json::{Value, json};
use skeg_testing::dice::Dice;

const PAST: &str = "2020-01-01T00:00:00Z";

/// A token that expires at a time ("": never) and signs or not.
pub fn bootstrap_token(id: &str, expiration: &str, signs: bool) -> (&'static str, Value) {
    let mut data = json!({});
    let values = [
        ("token-id", id),
        ("token-secret", "0123456789abcdef"),
        ("expiration", expiration),
        ("usage-bootstrap-signing", if signs { "true" } else { "false" }),
    ];
    for (key, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
        data[key] = serde_json::to_value(ByteString(value.as_bytes().to_vec())).unwrap();
    }
    let metadata = json!({ "name": format!("bootstrap-token-{id}"), "namespace": "kube-system" });
    ("secrets", json!({ "metadata": metadata, "type": "bootstrap.kubernetes.io/token", "data": data }))
}

pub fn cluster_info() -> (&'static str, Value) {
    let data = json!({ "kubeconfig": "text", "jws-kubeconfig-oldold": "stale" });
    ("configmaps", json!({ "metadata": { "name": "cluster-info", "namespace": "kube-public" }, "data": data }))
}

pub fn bootstrap_tokens(dice: &mut Dice) -> Objects {
    let mut objects = vec![cluster_info()];
    for index in 0..dice.roll(5) {
        let expiration = dice.pick(&["", PAST, "2099-01-01T00:00:00Z"]);
        objects.push(bootstrap_token(&format!("token{index}"), expiration, !dice.one_in(3)));
    }
    objects
}

pub fn info_is_signed(lab: &Lab) {
    let mut wanted = json!({ "kubeconfig": "text" });
    for secret in all(lab, "secrets") {
        let signs = bootstrap_token("", "", true).1["data"]["usage-bootstrap-signing"].clone();
        let past = bootstrap_token("", PAST, true).1["data"]["expiration"].clone();
        if secret["data"]["usage-bootstrap-signing"] == signs && secret["data"]["expiration"] != past {
            let id = secret["metadata"]["name"].as_str().unwrap().trim_start_matches("bootstrap-token-");
            wanted[format!("jws-kubeconfig-{id}")] = format!("{id} 0123456789abcdef text").into();
        }
    }
    assert_eq!(all(lab, "configmaps")[0]["data"], wanted);
}

pub fn none_has_expired(lab: &Lab) {
    let past = bootstrap_token("", PAST, true).1["data"]["expiration"].clone();
    assert!(all(lab, "secrets").iter().all(|secret| secret["data"]["expiration"] != past));
}
