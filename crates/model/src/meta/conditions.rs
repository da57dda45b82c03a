//! `meta/v1` Conditions: how a status tells what holds of its object.
use super::{at::At, field_error::Errors, names, object_meta};

const REASON_BYTES_MAX: usize = 1024;
const MESSAGE_BYTES_MAX: usize = 32 * 1024;

/// Upstream's `ValidateConditions`.
pub fn validate(at: &At, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for condition in at.items() {
        let name = condition.text("type");
        if seen.contains(&name) {
            errors.duplicate(condition.child("type"), name);
        } else {
            seen.push(name);
        }
        validate_one(&condition, errors);
    }
}

fn validate_one(condition: &At, errors: &mut Errors) {
    const STATUSES: &[&str] = &["False", "True", "Unknown"];
    object_meta::label_name(&condition.child("type"), condition.text("type"), errors);
    let status = condition.text("status");
    if !STATUSES.contains(&status) {
        errors.not_supported(condition.child("status"), status, STATUSES);
    }
    object_meta::nonnegative(&condition.child("observedGeneration"), errors);
    if !condition.has("lastTransitionTime") {
        errors.required(condition.child("lastTransitionTime"), "");
    }
    let reason = condition.text("reason");
    if reason.is_empty() {
        errors.required(condition.child("reason"), "");
    } else {
        errors.invalid_each(condition.child("reason"), reason, names::condition_reason(reason));
        if reason.len() > REASON_BYTES_MAX {
            errors.too_long(condition.child("reason"), REASON_BYTES_MAX);
        }
    }
    if condition.text("message").len() > MESSAGE_BYTES_MAX {
        errors.too_long(condition.child("message"), MESSAGE_BYTES_MAX);
    }
}
