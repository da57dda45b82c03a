//! Environment variables and what they may be taken from.
use crate::meta::{at::At, field_error::Errors, names};

/// Fields of the pod that variables may show, sorted as errors list them.
const VARIABLE_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields of the pod that downward volumes may show.
pub(super) const VOLUME_FIELDS: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

const CONTAINER_RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

pub(super) fn variables(at: &At, errors: &mut Errors) {
    for variable in at.items() {
        let name = variable.text("name");
        if name.is_empty() {
            errors.required(variable.child("name"), "");
        } else {
            errors.invalid_each(variable.child("name"), name, names::env_var(name));
        }
        value_from(&variable, errors);
    }
}

fn value_from(variable: &At, errors: &mut Errors) {
    let from = variable.child("valueFrom");
    if from.is_nil() {
        return;
    }
    let mut sources = 0;
    if from.has("fieldRef") {
        sources += 1;
        field_ref(&from.child("fieldRef"), VARIABLE_FIELDS, errors);
    }
    if from.has("resourceFieldRef") {
        sources += 1;
        resource_field_ref(&from.child("resourceFieldRef"), false, errors);
    }
    for reference in ["configMapKeyRef", "secretKeyRef"] {
        if from.has(reference) {
            sources += 1;
            key_ref(&from.child(reference), errors);
        }
    }
    if from.has("fileKeyRef") {
        sources += 1;
        file_key_ref(&from.child("fileKeyRef"), errors);
    }
    if sources == 0 {
        let why =
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        errors.invalid(from, "", why);
    } else if !variable.text("value").is_empty() {
        errors.invalid(from, "", "may not be specified when `value` is not empty");
    } else if sources > 1 {
        errors.invalid(from, "", "may not have more than one field specified at a time");
    }
}

/// `metadata.labels['key']` in its two parts.
fn subscripted(path: &str) -> Option<(&str, &str)> {
    let inner = path.strip_suffix("']")?;
    inner.split_once("['").filter(|(name, _)| !name.is_empty())
}

pub(super) fn field_ref(at: &At, fields: &[&str], errors: &mut Errors) {
    let (version, path) = (at.text("apiVersion"), at.text("fieldPath"));
    if version.is_empty() {
        errors.required(at.child("apiVersion"), "");
        return;
    }
    if path.is_empty() {
        errors.required(at.child("fieldPath"), "");
        return;
    }
    let known = [
        "metadata.annotations",
        "metadata.labels",
        "spec.restartPolicy",
        "spec.schedulerName",
        "status.phase",
        "spec.host",
    ];
    let unknown = if version != "v1" {
        Some(format!("unsupported pod version: {version}"))
    } else if let Some((name, _)) = subscripted(path) {
        (!matches!(name, "metadata.annotations" | "metadata.labels"))
            .then(|| format!("field label does not support subscript: {path}"))
    } else {
        (!known.contains(&path) && !VARIABLE_FIELDS.contains(&path))
            .then(|| format!("field label not supported: {path}"))
    };
    if let Some(why) = unknown {
        errors.invalid(at.child("fieldPath"), path, format!("error converting fieldPath: {why}"));
        return;
    }
    let path = if path == "spec.host" { "spec.nodeName" } else { path };
    match subscripted(path) {
        Some(("metadata.annotations", key)) => {
            let key = key.to_lowercase();
            errors.invalid_each(at, &key, names::qualified_name(&key));
        }
        Some((_, key)) => errors.invalid_each(at, key, names::qualified_name(key)),
        None if !fields.contains(&path) => errors.not_supported(at.child("fieldPath"), path, fields),
        None => {}
    }
}

pub(super) fn resource_field_ref(at: &At, volume: bool, errors: &mut Errors) {
    let resource = at.text("resource");
    let huge = resource.starts_with("requests.hugepages-") || resource.starts_with("limits.hugepages-");
    if volume && at.text("containerName").is_empty() {
        errors.required(at.child("containerName"), "");
    } else if resource.is_empty() {
        errors.required(at.child("resource"), "");
    } else if !CONTAINER_RESOURCES.contains(&resource) && !huge {
        errors.not_supported(at.child("resource"), resource, CONTAINER_RESOURCES);
    }
    divisor(at, resource, huge, errors);
}

fn divisor(at: &At, resource: &str, huge: bool, errors: &mut Errors) {
    const SIZES: &[&str] = &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
    let Some(divisor) = super::quantity(&at.child("divisor")).filter(|d| !d.is_zero()) else { return };
    let text = divisor.to_string();
    let mut refuse = |why: String| errors.invalid(at.child("divisor"), resource, why);
    let sizes = SIZES.join(", ");
    match resource {
        "limits.cpu" | "requests.cpu" if text != "1m" && text != "1" => {
            refuse("only divisor's values 1m and 1 are supported with the cpu resource".into());
        }
        "limits.memory" | "requests.memory" if !SIZES.contains(&text.as_str()) => {
            refuse(format!("only divisor's values {sizes} are supported with the memory resource"));
        }
        "limits.ephemeral-storage" | "requests.ephemeral-storage" if !SIZES.contains(&text.as_str()) => {
            refuse(format!("only divisor's values {sizes} are supported with the local ephemeral storage resource"));
        }
        _ if huge && !SIZES.contains(&text.as_str()) => {
            refuse(format!("only divisor's values {sizes} are supported with the hugepages resource"));
        }
        _ => {}
    }
}

/// A key of a ConfigMap or Secret.
fn key_ref(at: &At, errors: &mut Errors) {
    let (name, key) = (at.text("name"), at.text("key"));
    errors.invalid_each(at.child("name"), name, names::dns1123_subdomain(name));
    if key.is_empty() {
        errors.required(at.child("key"), "");
    } else {
        errors.invalid_each(at.child("key"), key, names::config_map_key(key));
    }
}

fn file_key_ref(at: &At, errors: &mut Errors) {
    let mut text = |field: &str, rule: fn(&str) -> names::Messages| {
        let value = at.text(field);
        if value.is_empty() {
            errors.required(at.child(field), "");
        } else {
            errors.invalid_each(at.child(field), value, rule(value));
        }
    };
    text("key", names::env_var);
    text("volumeName", names::dns1123_label);
    if at.text("path").is_empty() {
        errors.required(at.child("path"), "");
    } else {
        super::volumes::path_without_backsteps(&at.child("path"), errors);
    }
}

pub(super) fn env_from(at: &At, errors: &mut Errors) {
    for source in at.items() {
        let prefix = source.text("prefix");
        if !prefix.is_empty() {
            errors.invalid_each(source.child("prefix"), prefix, names::env_var(prefix));
        }
        let mut sources = 0;
        for reference in ["configMapRef", "secretRef"] {
            let reference = source.child(reference);
            if reference.is_nil() {
                continue;
            }
            sources += 1;
            let name = reference.text("name");
            if name.is_empty() {
                errors.required(reference.child("name"), "");
            } else {
                let masked = names::mask_trailing_dash(name);
                errors.invalid_each(reference.child("name"), name, names::dns1123_subdomain(&masked));
            }
        }
        if sources == 0 {
            errors.invalid(at, "", "must specify one of: `configMapRef` or `secretRef`");
        } else if sources > 1 {
            errors.invalid(at, "", "may not have more than one field specified at a time");
        }
    }
}
