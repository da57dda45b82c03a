//! States and goals of the controllers of bootstrap tokens and of tokens that older releases made.
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

const LAST_USED: &str = "kubernetes.io/legacy-token-last-used";
const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";
const LONG_PAST: &str = "2025-06-01";

/// An account of an older release, which names its tokens, and since when the use of tokens is known.
pub fn legacy_account() -> Objects {
    let (resource, mut bot) = account("bot");
    bot["secrets"] = json!([{ "name": "t0" }, { "name": "t1" }, { "name": "t2" }, { "name": "new" }]);
    let metadata = json!({
        "name": "kube-apiserver-legacy-service-account-token-tracking", "namespace": "kube-system"
    });
    vec![(resource, bot), ("configmaps", json!({ "metadata": metadata, "data": { "since": LONG_PAST } }))]
}

pub fn legacy_tokens(dice: &mut Dice) -> Objects {
    let mut objects = legacy_account();
    for index in 0..4 {
        let (resource, mut secret) = token_secret(&format!("t{index}"), "bot");
        let mut labels = json!({});
        if let Some(used) = dice.pick(&[None, Some(LONG_PAST), Some("2099-01-01"), Some("odd")]) {
            labels[LAST_USED] = used.into();
        }
        if dice.one_in(2) {
            labels[INVALID_SINCE] = LONG_PAST.into();
        }
        secret["metadata"]["labels"] = labels;
        objects.push((resource, secret));
    }
    let volumes = json!([{ "name": "token", "secret": { "secretName": "t0" } }]);
    let spec = json!({ "containers": [], "volumes": volumes });
    objects.push(("pods", json!({ "metadata": { "name": "user", "namespace": "n" }, "spec": spec })));
    objects
}

/// A pod uses t0, and nobody named t3: these stay as they are.
pub fn idle_tokens_are_marked_or_gone(lab: &Lab) {
    for secret in all(lab, "secrets") {
        let labels = &secret["metadata"]["labels"];
        let is_idle = ["t1", "t2"].map(Value::from).contains(&secret["metadata"]["name"])
            && (labels[LAST_USED].is_null() || labels[LAST_USED] == LONG_PAST);
        let marked = labels[INVALID_SINCE].as_str();
        assert!(!is_idle || marked.is_some_and(|day| day != LONG_PAST), "{secret}");
        assert!(is_idle || marked.is_none_or(|day| day == LONG_PAST), "{secret}");
    }
    let names: Vec<Value> = all(lab, "secrets").iter().map(|it| it["metadata"]["name"].clone()).collect();
    assert!(names.contains(&"t0".into()) && names.contains(&"t3".into()), "{names:?}");
}
