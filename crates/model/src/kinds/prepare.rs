//! What strategies share: keeping the old status or spec, resetting status, counting generations.
use crate::{Object, Value, meta::object_meta::semantic_eq};

/// The object in a field, made where there is none.
pub(super) fn object_in<'o>(parent: &'o mut Value, field: &str) -> &'o mut Object {
    if !parent.is_object() {
        *parent = Value::Object(Object::new());
    }
    let value = &mut parent[field];
    if !value.is_object() {
        *value = Value::Object(Object::new());
    }
    value.as_object_mut().expect("just made one")
}

/// Takes a field over from the old object, or removes it where the old one has none.
pub(super) fn keep(new: &mut Value, old: &Value, field: &str) {
    let Some(object) = new.as_object_mut() else { return };
    match old.get(field) {
        Some(value) => object.insert(field.into(), value.clone()),
        None => object.remove(field),
    };
}

/// The same for a field of `metadata`.
pub(super) fn keep_meta(new: &mut Value, old: &Value, field: &str) {
    let kept = old["metadata"].get(field).cloned();
    let metadata = object_in(new, "metadata");
    match kept {
        Some(value) => metadata.insert(field.into(), value),
        None => metadata.remove(field),
    };
}

fn set_generation(object: &mut Value, generation: i64) {
    object_in(object, "metadata").insert("generation".into(), generation.into());
}

fn generation(object: &Value) -> i64 {
    object["metadata"]["generation"].as_i64().unwrap_or(0)
}

/// A new object of a kind that counts generations, its status not yet written.
pub(super) fn first_generation(object: &mut Value) {
    set_generation(object, 1);
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
}

/// The old object's generation, one more where `changed`.
pub(super) fn next_generation(new: &mut Value, old: &Value, changed: bool) {
    set_generation(new, generation(old) + i64::from(changed));
}

/// The usual update: status stays, a changed spec counts.
pub(super) fn spec_update(new: &mut Value, old: &Value) {
    keep(new, old, "status");
    let changed = !semantic_eq(&new["spec"], &old["spec"]);
    next_generation(new, old, changed);
}

/// The usual status update: spec and generation stay.
pub(super) fn status_update(new: &mut Value, old: &Value) {
    keep(new, old, "spec");
    keep_meta(new, old, "generation");
}

/// A new object of a kind that counts no generations, its status not yet written.
pub(super) fn without_status(object: &mut Value) {
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_changed_specs_count() {
        let old = json!({"metadata": {"generation": 3}, "spec": {"a": 1, "l": []}, "status": {"x": 1}});
        let check = |mut new: Value, generation: i64| {
            spec_update(&mut new, &old);
            assert_eq!(new["metadata"]["generation"], generation);
            assert_eq!(new["status"], old["status"]);
        };
        check(json!({"metadata": {"generation": 9}, "spec": {"a": 1}, "status": {"x": 2}}), 3);
        check(json!({"spec": {"a": 2}}), 4);
    }
}
