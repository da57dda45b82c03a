//! What tells where a pod may run: affinity, tolerations, gates, spreading.
use crate::{
    Value,
    meta::{at::At, field_error::Errors, names, object_meta},
};
use std::collections::BTreeSet;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn affinity(at: &At, errors: &mut Errors) {
    let node = at.child("nodeAffinity");
    let required = node.child(REQUIRED);
    if !required.is_nil() {
        node_selector(&required, errors);
    }
    for preferred in node.child(PREFERRED).items() {
        weight(&preferred, errors);
        node_selector_term(&preferred.child("preference"), false, errors);
    }
    for side in ["podAffinity", "podAntiAffinity"] {
        let side = at.child(side);
        for term in side.child(REQUIRED).items() {
            pod_affinity_term(&term, errors);
        }
        for weighted in side.child(PREFERRED).items() {
            weight(&weighted, errors);
            pod_affinity_term(&weighted.child("podAffinityTerm"), errors);
        }
    }
}

fn weight(at: &At, errors: &mut Errors) {
    let weight = at.get("weight").as_i64().unwrap_or(0);
    if !(1..=100).contains(&weight) {
        errors.invalid(at.child("weight"), weight, "must be in the range 1-100");
    }
}

/// `ValidateNodeSelector`.
pub fn node_selector(at: &At, errors: &mut Errors) {
    let terms = at.child("nodeSelectorTerms");
    if terms.is_empty() {
        errors.required(terms, "must have at least one node selector term");
    }
    for term in terms.items() {
        node_selector_term(&term, true, errors);
    }
}

fn node_selector_term(at: &At, check_values: bool, errors: &mut Errors) {
    for requirement in at.child("matchExpressions").items() {
        node_requirement(&requirement, check_values, errors);
    }
    for requirement in at.child("matchFields").items() {
        node_field_requirement(&requirement, errors);
    }
}

fn node_requirement(at: &At, check_values: bool, errors: &mut Errors) {
    let values = at.child("values");
    match at.text("operator") {
        "In" | "NotIn" if values.is_empty() => {
            errors.required(values, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            errors.forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "Gt" | "Lt" if values.len() != 1 => {
            errors.required(values, "must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        other => errors.invalid(at.child("operator"), other, "not a valid selector operator"),
    }
    object_meta::label_name(&at.child("key"), at.text("key"), errors);
    for value in values.items().filter(|_| check_values) {
        errors.invalid_each(value, value.str(), names::label_value(value.str()));
    }
}

fn node_field_requirement(at: &At, errors: &mut Errors) {
    let values = at.child("values");
    match at.text("operator") {
        "In" | "NotIn" if values.len() != 1 => {
            let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(values, why);
        }
        "In" | "NotIn" => {}
        other => errors.invalid(at.child("operator"), other, "not a valid selector operator"),
    }
    if at.text("key") != "metadata.name" {
        errors.invalid(at.child("key"), at.text("key"), "not a valid field selector key");
        return;
    }
    for value in values.items() {
        errors.invalid_each(value, value.str(), names::dns1123_subdomain(value.str()));
    }
}

fn pod_affinity_term(at: &At, errors: &mut Errors) {
    object_meta::label_selector(&at.child("labelSelector"), errors);
    object_meta::label_selector(&at.child("namespaceSelector"), errors);
    for namespace in at.child("namespaces").items() {
        errors.invalid_each(at.child("namespace"), namespace.str(), names::dns1123_label(namespace.str()));
    }
    label_keys(at, errors);
    let key = at.child("topologyKey");
    if key.is_empty() {
        errors.required(key, "can not be empty");
    }
    object_meta::label_name(&key, key.str(), errors);
}

/// `ValidateMatchLabelKeysAndMismatchLabelKeys`.
fn label_keys(at: &At, errors: &mut Errors) {
    let selector = at.child("labelSelector");
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        let keys = at.child(field);
        if !keys.is_empty() && selector.is_nil() {
            errors.forbidden(keys, "must not be specified when labelSelector is not set");
            continue;
        }
        for key in keys.items() {
            object_meta::label_name(&key, key.str(), errors);
        }
    }
    let (wanted, unwanted) = (at.child("matchLabelKeys"), at.child("mismatchLabelKeys"));
    let mut seen: BTreeSet<&str> = selector.child("matchLabels").entries().map(|(key, _)| key).collect();
    for expression in selector.child("matchExpressions").items() {
        let key = expression.text("key");
        if let Some(position) = wanted.items().position(|k| k.str() == key)
            && seen.contains(key)
        {
            errors.invalid(at.index(position), key, "exists in both matchLabelKeys and labelSelector");
        }
        seen.insert(key);
    }
    for key in wanted.items().filter(|key| unwanted.items().any(|other| other.str() == key.str())) {
        errors.invalid(key, key.str(), "exists in both matchLabelKeys and mismatchLabelKeys");
    }
}

const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// `ValidateTolerations`.
pub fn tolerations(at: &At, errors: &mut Errors) {
    for toleration in at.items() {
        let text = |field: &str| toleration.text(field);
        let (key, operator, value, effect) = (text("key"), text("operator"), text("value"), text("effect"));
        if !key.is_empty() {
            object_meta::label_name(&toleration.child("key"), key, errors);
        }
        if key.is_empty() && operator != "Exists" {
            let why = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid(toleration.child("operator"), operator, why);
        }
        if toleration.has("tolerationSeconds") && effect != "NoExecute" {
            let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(toleration.child("effect"), effect, why);
        }
        match operator {
            "" | "Equal" => {
                let wrong = names::label_value(value);
                if !wrong.is_empty() {
                    errors.invalid(toleration.child("operator"), value, wrong.join(";"));
                }
            }
            "Exists" if value.is_empty() => {}
            "Exists" => {
                errors.invalid(toleration.child("operator"), value, "value must be empty when `operator` is 'Exists'");
            }
            // Comparisons are behind a gate that is off.
            "Lt" | "Gt" => {
                errors.not_supported(toleration.child("operator"), operator, &["Equal", "Exists", "Lt", "Gt"])
            }
            other => errors.not_supported(toleration.child("operator"), other, &["Equal", "Exists"]),
        }
        if !effect.is_empty() && !EFFECTS.contains(&effect) {
            errors.not_supported(toleration.child("effect"), effect, EFFECTS);
        }
    }
}

/// The effect of a taint, which must be there.
pub fn taint_effect(at: &At, errors: &mut Errors) {
    super::one_of(at, EFFECTS, errors);
}

pub(super) fn gates(at: &At, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for gate in at.items() {
        let name = gate.text("name");
        errors.invalid_each(gate, name, names::qualified_name(name));
        if !seen.insert(name) {
            errors.duplicate(gate, name);
        }
    }
}

pub(super) fn spread_constraints(at: &At, errors: &mut Errors) {
    for (i, constraint) in at.items().enumerate() {
        let skew = constraint.get("maxSkew").as_i64().unwrap_or(0);
        if skew <= 0 {
            errors.invalid(constraint.child("maxSkew"), skew, "must be greater than zero");
        }
        let (key, action) = (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable"));
        if key.is_empty() {
            errors.required(constraint.child("topologyKey"), "can not be empty");
        }
        if !["DoNotSchedule", "ScheduleAnyway"].contains(&action) {
            let actions = ["DoNotSchedule", "ScheduleAnyway"];
            errors.not_supported(constraint.child("whenUnsatisfiable"), action, &actions);
        }
        let same = |other: &At| other.text("topologyKey") == key && other.text("whenUnsatisfiable") == action;
        if at.items().skip(i + 1).any(|other| same(&other)) {
            errors.duplicate(constraint.child("{topologyKey, whenUnsatisfiable}"), format!("{{{key}, {action}}}"));
        }
        if let Some(domains) = constraint.get("minDomains").as_i64() {
            if domains <= 0 {
                errors.invalid(constraint.child("minDomains"), domains, "must be greater than zero");
            }
            if action != "DoNotSchedule" {
                let why = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.invalid(constraint.child("minDomains"), domains, why);
            }
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let policy = constraint.child(field);
            if !policy.is_nil() && !["Honor", "Ignore"].contains(&policy.str()) {
                errors.not_supported(policy, policy.str(), &["Honor", "Ignore"]);
            }
        }
        label_keys(&constraint, errors);
        object_meta::label_selector(&constraint.child("labelSelector"), errors);
    }
}

/// Old tolerations must stay, but for their seconds; new ones are checked.
pub(in crate::kinds::pod) fn only_added_tolerations(new: &At, old: &At, errors: &mut Errors) {
    let without_seconds = |toleration: &At| {
        let mut plain = toleration.value.clone();
        if let Some(fields) = plain.as_object_mut() {
            fields.remove("tolerationSeconds");
            fields.retain(|_, value| !crate::kinds::defaults::is_zero(value));
        }
        plain
    };
    let kept: Vec<Value> = new.items().map(|toleration| without_seconds(&toleration)).collect();
    if old.items().any(|toleration| !kept.contains(&without_seconds(&toleration))) {
        errors.forbidden(new, "existing toleration can not be modified except its tolerationSeconds");
        return;
    }
    tolerations(new, errors);
}
