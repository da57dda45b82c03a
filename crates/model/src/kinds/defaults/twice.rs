//! What v1 keeps under two names, folded as decoding into upstream's internal form and encoding back does: one of the
//! two wins, and both are written.
use super::{or_set, text};
use crate::{Object, Value};
use base64::Engine;
use serde_json::json;

/// `stringData` is only ever written; it becomes `data`.
pub(super) fn secret(secret: &mut Object) {
    or_set(secret, "type", "Opaque");
    let Some(Value::Object(plain)) = secret.remove("stringData") else { return };
    if plain.is_empty() {
        return;
    }
    let data = super::object_in(secret, "data");
    for (key, value) in plain {
        let bytes = value.as_str().unwrap_or_default();
        data.insert(key, base64::engine::general_purpose::STANDARD.encode(bytes).into());
    }
}

/// `serviceAccount` is the older name of `serviceAccountName`.
pub(super) fn service_account(spec: &mut Object) {
    let (name, older) = (text(spec, "serviceAccountName").to_owned(), text(spec, "serviceAccount").to_owned());
    let wins = if name.is_empty() { older } else { name };
    if !wins.is_empty() {
        spec.insert("serviceAccountName".into(), wins.clone().into());
        spec.insert("serviceAccount".into(), wins.into());
    }
}

/// `podIP` wins over `podIPs`, of which it is the first.
pub(super) fn pod_status(status: &mut Object) {
    let first = status.get("podIPs").and_then(|ips| ips.pointer("/0/ip")).and_then(Value::as_str).map(str::to_owned);
    let single = text(status, "podIP").to_owned();
    if single.is_empty() {
        if let Some(first) = first.filter(|ip| !ip.is_empty()) {
            status.insert("podIP".into(), first.into());
        }
    } else if first.as_deref() != Some(single.as_str()) {
        status.insert("podIPs".into(), json!([{"ip": single}]));
    }
}

/// `podCIDR` wins over `podCIDRs`, of which it is the first.
pub(super) fn node_spec(spec: &mut Object) {
    let first = spec.get("podCIDRs").and_then(|ranges| ranges.get(0)).and_then(Value::as_str).map(str::to_owned);
    let single = text(spec, "podCIDR").to_owned();
    if single.is_empty() {
        if let Some(first) = first.filter(|range| !range.is_empty()) {
            spec.insert("podCIDR".into(), first.into());
        }
    } else if first.as_deref() != Some(single.as_str()) {
        spec.insert("podCIDRs".into(), json!([single]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals")]
    fn check(rule: fn(&mut Object), mut given: Value, want: Value) {
        for _ in 0..2 {
            rule(given.as_object_mut().unwrap());
            assert_eq!(given, want);
        }
    }

    #[test]
    fn both_names_are_kept_in_step() {
        check(
            secret,
            json!({"stringData": {"a": "x"}, "data": {"a": "eQ==", "b": ""}}),
            json!({"type": "Opaque", "data": {"a": "eA==", "b": ""}}),
        );
        check(
            service_account,
            json!({"serviceAccount": "old"}),
            json!({"serviceAccount": "old", "serviceAccountName": "old"}),
        );
        check(
            service_account,
            json!({"serviceAccount": "old", "serviceAccountName": "new"}),
            json!({"serviceAccount": "new", "serviceAccountName": "new"}),
        );
        check(
            pod_status,
            json!({"podIP": "1.1.1.1", "podIPs": [{"ip": "2.2.2.2"}, {"ip": "::1"}]}),
            json!({"podIP": "1.1.1.1", "podIPs": [{"ip": "1.1.1.1"}]}),
        );
        check(
            pod_status,
            json!({"podIPs": [{"ip": "2.2.2.2"}]}),
            json!({"podIP": "2.2.2.2", "podIPs": [{"ip": "2.2.2.2"}]}),
        );
        check(
            node_spec,
            json!({"podCIDR": "10.0.0.0/24"}),
            json!({"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24"]}),
        );
    }
}
