//! Claims that a pod carries for its ephemeral volumes (`ValidatePersistentVolumeClaimTemplate`).
use super::quantity;
use crate::meta::{at::At, field_error::Errors, names, object_meta};

const ACCESS_MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const VOLUME_MODES: &[&str] = &["Block", "Filesystem"];
const STORAGE: &str = "storage";

/// The source of an ephemeral volume.
pub(super) fn ephemeral(source: &At, errors: &mut Errors) {
    let template = source.child("volumeClaimTemplate");
    if template.is_nil() {
        errors.required(template, "");
        return;
    }
    let meta = template.child("metadata");
    object_meta::annotations(&meta.child("annotations"), errors);
    object_meta::labels(&meta.child("labels"), errors);
    for (field, value) in meta.entries().filter(|(field, _)| !matches!(*field, "annotations" | "labels")) {
        if !value.is_nil() {
            errors.forbidden(meta.child(field), "cannot be set");
        }
    }
    spec(&template.child("spec"), errors);
}

fn spec(spec: &At, errors: &mut Errors) {
    let modes = spec.child("accessModes");
    if modes.is_empty() {
        errors.required(modes, "at least 1 access mode is required");
    }
    let selector = spec.child("selector");
    if !selector.is_nil() {
        object_meta::label_selector(&selector, errors);
    }
    for mode in modes.items().filter(|mode| !ACCESS_MODES.contains(&mode.str())) {
        errors.not_supported(modes, mode.str(), ACCESS_MODES);
    }
    let is_single = |mode: &At| mode.str() == "ReadWriteOncePod";
    let is_other = |mode: &At| ACCESS_MODES.contains(&mode.str()) && !is_single(mode);
    if modes.items().any(|mode| is_single(&mode)) && modes.items().any(|mode| is_other(&mode)) {
        errors.forbidden(modes, "may not use ReadWriteOncePod with other access modes");
    }
    storage(spec, errors);
    for (field, values) in [("storageClassName", None), ("volumeMode", Some(VOLUME_MODES))] {
        let value = spec.child(field);
        match values {
            None if !value.str().is_empty() => {
                errors.invalid_each(value, value.str(), names::dns1123_subdomain(value.str()));
            }
            Some(values) if !value.is_nil() && !values.contains(&value.str()) => {
                errors.not_supported(value, value.str(), values);
            }
            _ => {}
        }
    }
    sources(spec, errors);
    let class = spec.child("volumeAttributesClassName");
    if !class.str().is_empty() {
        errors.invalid_each(class, class.str(), names::dns1123_subdomain(class.str()));
    }
}

fn storage(spec: &At, errors: &mut Errors) {
    let resources = spec.child("resources");
    let requests = resources.child("requests");
    let amount = requests.key(STORAGE);
    let Some(wanted) = quantity(&amount) else {
        errors.required(resources.key(STORAGE), "");
        return;
    };
    if wanted.milli_value() <= 0 {
        errors.invalid(resources.key(STORAGE), wanted.to_string().as_str(), "must be greater than zero");
    } else if wanted.milli_value() % 1000 != 0 {
        errors.invalid(resources.key(STORAGE), wanted.to_string().as_str(), "must be an integer");
    }
}

/// What the volume is filled from: named in the old way, in the new one, or alike in both.
fn sources(spec: &At, errors: &mut Errors) {
    let (old, new) = (spec.child("dataSource"), spec.child("dataSourceRef"));
    for source in [&old, &new].into_iter().filter(|source| !source.is_nil()) {
        data_source(source, errors);
    }
    if old.is_nil() || new.is_nil() {
        return;
    }
    let why = if !new.text("namespace").is_empty() {
        "may not be specified when dataSourceRef.namespace is specified"
    } else if ["apiGroup", "kind", "name"].into_iter().any(|field| old.get(field) != new.get(field)) {
        "must match dataSourceRef"
    } else {
        return;
    };
    errors.invalid(spec, old.path().as_str(), why);
}

fn data_source(source: &At, errors: &mut Errors) {
    for field in ["name", "kind"] {
        if source.text(field).is_empty() {
            errors.required(source.child(field), "");
        }
    }
    let (group, kind) = (source.text("apiGroup"), source.text("kind"));
    if group.is_empty() && kind != "PersistentVolumeClaim" {
        errors.invalid(source, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    } else if !group.is_empty() {
        errors.invalid_each(source.child("apiGroup"), group, names::dns1123_subdomain(group));
    }
}
