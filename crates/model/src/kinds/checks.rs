//! Checks that several kinds share.
use super::pod;
use crate::{
    Value,
    meta::{
        at::{At, Place},
        field_error::Errors,
        go::Printed,
        ip, names, object_meta,
        selector::LabelSelector,
    },
    schema, wire,
};

/// Fields that may not be negative.
pub(super) fn nonnegative(at: &At, fields: &[&str], errors: &mut Errors) {
    for field in fields {
        object_meta::nonnegative(&at.child(field), errors);
    }
}

/// The counts of a replica status: none negative, none above what it is a part of.
pub(super) fn replica_counts(status: &At, parts: &[&str], others: &[&str], errors: &mut Errors) {
    nonnegative(status, &["replicas"], errors);
    nonnegative(status, parts, errors);
    nonnegative(status, others, errors);
    let count = |field: &str| status.get(field).as_i64().unwrap_or(0);
    for part in parts.iter().filter(|part| count(part) > count("replicas")) {
        errors.invalid(status.child(part), count(part), "cannot be greater than status.replicas");
    }
    if count("availableReplicas") > count("readyReplicas") {
        let available = count("availableReplicas");
        errors.invalid(status.child("availableReplicas"), available, "cannot be greater than readyReplicas");
    }
}

/// A label selector as upstream's struct prints.
fn shown(selector: &Value) -> Printed {
    let ty = schema::by_name("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector").expect("the table holds meta/v1");
    Printed(String::from_utf8_lossy(&wire::encode(ty, selector)).into_owned())
}

/// A selector that may not change.
pub(super) fn selector_stays(new: &At, old: &Value, errors: &mut Errors) {
    if !object_meta::semantic_eq(new.value, old) {
        let text = if new.is_nil() { Printed("null".into()) } else { shown(new.value) };
        errors.invalid(new, text, object_meta::IMMUTABLE);
    }
}

/// A label selector that must be there and select something, and the pod template that it must select.
pub(super) fn selector_and_template(spec: &At, errors: &mut Errors) {
    let selector = spec.child("selector");
    if selector.is_nil() {
        errors.required(selector, "");
    } else {
        object_meta::label_selector(&selector, errors);
        if selector.child("matchLabels").is_empty() && selector.child("matchExpressions").is_empty() {
            errors.invalid(selector, shown(selector.value), "empty selector is invalid for deployment");
        }
    }
    let mut wrong = Errors::new();
    object_meta::label_selector(&selector, &mut wrong);
    match LabelSelector::from_object(selector.value) {
        Err(_) => errors.invalid(selector, shown(selector.value), "invalid label selector"),
        Ok(_) if !wrong.is_empty() => errors.invalid(selector, shown(selector.value), "invalid label selector"),
        Ok(parsed) => replicated_template(&spec.child("template"), &parsed, "ReplicaSet", errors),
    }
}

/// A pod template whose pods are kept at a number: it must be selected, and its pods must run for ever.
pub(super) fn replicated_template(at: &At, selector: &LabelSelector, owner: &str, errors: &mut Errors) {
    let meta = at.child("metadata");
    let labels = meta.child("labels");
    if !selector.is_everything() && !selector.matches_value(labels.value) {
        errors.invalid(labels, labels.value, "`selector` does not match template `labels`");
    }
    pod::validate::template(at, errors);
    let spec = at.child("spec");
    if spec.text("restartPolicy") != "Always" {
        errors.not_supported(spec.child("restartPolicy"), spec.text("restartPolicy"), &["Always"]);
    }
    if spec.has("activeDeadlineSeconds") {
        let why = format!("activeDeadlineSeconds in {owner} is not Supported");
        errors.forbidden(spec.child("activeDeadlineSeconds"), why);
    }
}

/// A count or a percentage.
pub(super) fn int_or_percent(at: &At, errors: &mut Errors) {
    match at.value {
        Value::String(text) => errors.invalid_each(at, text, names::percent(text)),
        _ => object_meta::nonnegative(at, errors),
    }
}

/// The percentage of an int-or-percent, if it is one.
pub(super) fn percentage(value: &Value) -> Option<i64> {
    value.as_str()?.strip_suffix('%')?.parse().ok()
}

/// The number, percentages by their figure; 0 where there is none.
pub(super) fn int_or_percent_value(value: &Value) -> i64 {
    percentage(value)
        .or_else(|| value.as_i64())
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
        .unwrap_or(0)
}

/// `ValidateEndpointIP`: an address that traffic may be sent to.
pub(super) fn endpoint_ip(at: impl Place + Clone, value: &str, errors: &mut Errors) {
    use std::net::IpAddr;
    let Some(address) = ip::parse_sloppy(value) else {
        errors.invalid(at, value, "must be a valid IP address");
        return;
    };
    if address.is_unspecified() {
        errors.invalid(at.clone(), value, format!("may not be unspecified ({value})"));
    }
    if address.is_loopback() {
        errors.invalid(at.clone(), value, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    let (unicast, multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), matches!(v4.octets(), [224, 0, 0, _])),
        IpAddr::V6(v6) => (v6.segments()[0] & 0xffc0 == 0xfe80, v6.segments()[0] & 0xff0f == 0xff02),
    };
    if unicast {
        let why = "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
        errors.invalid(at.clone(), value, why);
    }
    if multicast {
        let why = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
        errors.invalid(at, value, why);
    }
}

/// A required text out of a fixed set.
pub(super) fn one_of(at: &At, values: &[&str], errors: &mut Errors) {
    match at.str() {
        "" => errors.required(at, ""),
        value if !values.contains(&value) => errors.not_supported(at, value, values),
        _ => {}
    }
}

/// Fields that an object marked immutable may not change any more.
pub(super) fn frozen(new: &Value, old: &Value, fields: &[&str], errors: &mut Errors) {
    const WHY: &str = "field is immutable when `immutable` is set";
    if old["immutable"] != true {
        return;
    }
    if new["immutable"] != true {
        errors.forbidden("immutable", WHY);
    }
    for field in fields.iter().filter(|field| !object_meta::semantic_eq(&new[**field], &old[**field])) {
        errors.forbidden(*field, WHY);
    }
}

/// Bytes that a base64 text stands for.
pub(super) fn decoded_len(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|b| *b == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

#[cfg(test)]
pub(super) mod tests {
    use crate::{Value, kinds::Kind};
    use expect_test::Expect;

    /// What is wrong with a new object of the kind, defaulted and prepared.
    pub fn create(kind: &'static Kind, mut object: Value, want: &Expect) {
        named(kind, &mut object);
        kind.versions[0].set_defaults(&mut object);
        (kind.versions[0].to_hub)(&mut object);
        (kind.prepare_create)(&mut object);
        want.assert_eq(&kind.check_create(&object).aggregate());
    }

    /// What is wrong with an update that merges `change` into an object.
    pub fn update(kind: &'static Kind, mut old: Value, change: &Value, want: &Expect) {
        named(kind, &mut old);
        old["metadata"]["resourceVersion"] = "1".into();
        kind.versions[0].set_defaults(&mut old);
        (kind.prepare_create)(&mut old);
        let mut new = old.clone();
        json_patch::merge(&mut new, change);
        (kind.prepare_update)(&mut new, &old);
        want.assert_eq(&kind.check_update("", &new, &old).aggregate());
    }

    fn named(kind: &Kind, object: &mut Value) {
        if object["metadata"]["name"].is_null() {
            object["metadata"]["name"] = "x".into();
        }
        if kind.namespaced() {
            object["metadata"]["namespace"] = "ns".into();
        }
    }
}
