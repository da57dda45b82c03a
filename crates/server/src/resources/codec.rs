//! Bodies to trees and trees to canonical bytes, with upstream's refusals.
use super::place::Place;
use bytes::Bytes;
use skeg_model::{
    Value,
    kinds::Version,
    request::{Body, FieldValidation, PatchKind},
    status::Status,
    stored::Stored,
};

/// Decodes a body into the served form of `place`'s kind and fills in defaults.
pub(super) fn decode(
    place: &Place<'_>,
    body: Body,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let mut object = decode_as(place.version.type_name, body, validation, warnings)?;
    (place.kind.default)(&mut object);
    Ok(object)
}

/// Decodes a body as the type of this OpenAPI name.
pub(super) fn decode_as(
    _type_name: &str,
    body: Body,
    _validation: FieldValidation,
    _warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    match body {
        Body::Tree(tree) => Ok(tree),
        Body::Json(bytes) | Body::Yaml(bytes) => {
            serde_json::from_slice(&bytes).map_err(|e| Status::bad_request(e.to_string()))
        }
    }
}

/// Canonical bytes of a tree, resourceVersion left out.
pub(super) fn encode(_version: &Version, object: &Value) -> Result<Bytes, Status> {
    let mut object = object.clone();
    super::tree::set_meta(&mut object, "resourceVersion", None);
    serde_json::to_vec(&object).map(Bytes::from).map_err(Status::internal)
}

/// The tree as stored, without resourceVersion.
pub(super) fn stored_tree(stored: &Stored) -> Value {
    serde_json::from_slice(stored.bytes()).expect("stored bytes are canonical JSON")
}

/// Decodes a patched tree; the error is the text that upstream puts behind the patch.
pub(super) fn decode_patched(
    _type_name: &str,
    tree: Value,
    _validation: FieldValidation,
    _warnings: &mut Vec<String>,
) -> Result<Value, String> {
    Ok(tree)
}

/// A patch document: a list of operations, or an object.
pub(super) fn patch_document(kind: PatchKind, body: Body) -> Result<Value, Status> {
    let document = match body {
        Body::Tree(tree) => tree,
        Body::Json(bytes) | Body::Yaml(bytes) => {
            serde_json::from_slice(&bytes).map_err(|e| Status::bad_request(format!("error decoding patch: {e}")))?
        }
    };
    match (kind, &document) {
        (PatchKind::Merge, Value::Null) => Err(Status::bad_request("Invalid JSON Patch")),
        (PatchKind::Merge, other) if !other.is_object() => Err(Status::bad_request(format!(
            "error decoding patch: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            go_kind(other)
        ))),
        _ => Ok(document),
    }
}

fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// JSON as Go's encoder writes it.
pub(super) fn plain_json(value: &Value) -> String {
    skeg_model::meta::go::json(value)
}

/// A tree as Go's `%v` prints `map[string]interface{}`.
pub(super) fn go_map(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(s) => s.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_map).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            let entries: Vec<_> = entries.into_iter().map(|(key, value)| format!("{key}:{}", go_map(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
    }
}

/// A tree with its fields as the canonical encoder would write them.
pub(super) fn canonical_tree(_type_name: &str, tree: Value) -> Result<Value, Status> {
    Ok(tree)
}
