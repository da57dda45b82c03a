//! Small steps on object trees that every verb takes.
use skeg_model::{Object, Value};

/// The text at a JSON pointer, "" where there is none.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of the list at a JSON pointer.
pub(crate) fn texts<'v>(value: &'v Value, pointer: &str) -> Vec<&'v str> {
    list(value, pointer).iter().filter_map(Value::as_str).collect()
}

/// The list at a JSON pointer, empty where there is none.
pub(crate) fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The map at `field`, made if it is missing or null.
pub(crate) fn map_mut<'v>(value: &'v mut Value, field: &str) -> &'v mut Object {
    if !value.is_object() {
        *value = Value::Object(Object::new());
    }
    let object = value.as_object_mut().expect("made an object just above");
    let place = object.entry(field).or_insert(Value::Null);
    if !place.is_object() {
        *place = Value::Object(Object::new());
    }
    place.as_object_mut().expect("made an object just above")
}

/// The list at `field`, made if it is missing or null.
pub(crate) fn list_mut<'v>(object: &'v mut Object, field: &str) -> &'v mut Vec<Value> {
    let place = object.entry(field).or_insert(Value::Null);
    if !place.is_array() {
        *place = Value::Array(Vec::new());
    }
    place.as_array_mut().expect("made a list just above")
}

/// `metadata`, made if it is missing.
pub(crate) fn meta_mut(value: &mut Value) -> &mut Object {
    map_mut(value, "metadata")
}

/// Sets a field of `metadata`, or removes it.
pub(crate) fn set_meta(value: &mut Value, field: &str, to: Option<Value>) {
    let meta = meta_mut(value);
    match to {
        Some(to) => {
            meta.insert(field.to_owned(), to);
        }
        None => {
            meta.remove(field);
        }
    }
}

pub(crate) fn name(value: &Value) -> &str {
    text(value, "/metadata/name")
}

pub(crate) fn generate_name(value: &Value) -> &str {
    text(value, "/metadata/generateName")
}

/// Whether deletion has begun.
pub(crate) fn is_terminating(value: &Value) -> bool {
    !text(value, "/metadata/deletionTimestamp").is_empty()
}

/// `apiVersion` and `kind` of an object that changes its form.
pub(crate) fn set_type(value: &mut Value, api_version: String, kind: &str) {
    if let Some(object) = value.as_object_mut() {
        object.insert("apiVersion".into(), Value::String(api_version));
        object.insert("kind".into(), Value::String(kind.into()));
    }
}
