//! Bodies to trees and trees to canonical bytes, with upstream's refusals.
use super::{place::Place, tree};
use bytes::Bytes;
use skeg_model::{
    Value,
    kinds::{self, Version},
    request::{Body, FieldValidation, PatchKind},
    schema::{self, Type},
    status::Status,
    stored::Stored,
    wire::{self, Patched, Raw},
};

/// Decodes a body into the served form of `place`'s kind and fills in defaults.
pub(super) fn decode(
    place: &Place<'_>,
    body: &Body,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let mut object = read(place.version.schema(), body, validation, warnings)?;
    place.version.set_defaults(&mut object);
    Ok(object)
}

/// Decodes a body as the kind of this OpenAPI name and fills in defaults.
pub(super) fn decode_as(
    type_name: &str,
    body: &Body,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let ty = schema::by_name(type_name).ok_or_else(|| Status::internal(format!("no schema for {type_name}")))?;
    let mut object = read(ty, body, validation, warnings)?;
    kinds::defaults::apply(ty, &mut object);
    Ok(object)
}

fn read(
    ty: &'static Type,
    body: &Body,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let mut accepted = wire::read_body(ty, body, validation)?;
    warnings.append(&mut accepted.warnings);
    Ok(accepted.value)
}

/// Canonical bytes of a tree in the form of `version`, resourceVersion left out.
pub(super) fn encode(version: &Version, object: &mut Value) -> Bytes {
    let revision = tree::meta_mut(object).remove("resourceVersion");
    // Copied into room of exactly their size: what is kept does not keep the encoder's spare room.
    let bytes = Bytes::copy_from_slice(&wire::encode(version.schema(), object));
    if let Some(revision) = revision {
        tree::meta_mut(object).insert("resourceVersion".into(), revision);
    }
    bytes
}

/// The tree as stored, without resourceVersion.
pub(super) fn stored_tree(stored: &Stored) -> Value {
    serde_json::from_slice(stored.bytes()).expect("stored bytes are canonical JSON")
}

/// Decodes a patched tree; the error is the text that upstream puts behind the patch.
pub(super) fn decode_patched(
    ty: &'static Type,
    tree: &Value,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, String> {
    let (group, version, kind) = ty.group_version_kind.unwrap_or_default();
    let mut accepted = match wire::patched_type(ty, tree)? {
        Patched::Internal => wire::read_internal(tree, validation)?,
        Patched::Of(named) => {
            // A patch that changes the kind is read as that kind first, and fails there if its fields do not fit.
            let accepted = wire::read_patched(named, tree, validation)?;
            if !std::ptr::eq(named, ty) {
                return Err(format!("converting ({}) to ({kind}): unknown conversion", named.go));
            }
            accepted
        }
    };
    warnings.append(&mut accepted.warnings);
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    tree::set_type(&mut accepted.value, api_version, kind);
    Ok(accepted.value)
}

/// Decodes a tree that was merged as untyped maps, whatever kind it says it is; the error is the text that upstream puts
/// behind the patch.
pub(super) fn decode_merged(
    ty: &'static Type,
    tree: &Value,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, String> {
    let mut tree = tree.clone();
    wire::convert_unstructured(ty, &mut tree)?;
    let (group, version, kind) = ty.group_version_kind.unwrap_or_default();
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    tree::set_type(&mut tree, api_version, kind);
    let mut accepted = wire::read_patched(ty, &tree, validation)?;
    warnings.append(&mut accepted.warnings);
    Ok(accepted.value)
}

/// A patch document: a list of operations, or an object.
pub(super) fn patch_document(kind: PatchKind, body: Body) -> Result<Value, Status> {
    let strategic = kind == PatchKind::Strategic;
    let prefix = if strategic { "" } else { "error decoding patch: " };
    let bad = |why: String| Status::bad_request(format!("{prefix}{why}"));
    let document = match body {
        Body::Tree(tree) => tree,
        Body::Json(bytes) | Body::Yaml(bytes) => {
            wire::json::parse(&bytes).map_err(|e| bad(e.to_string()))?.into_value()
        }
    };
    match (kind, &document) {
        (PatchKind::Merge, Value::Null) => Err(Status::bad_request("Invalid JSON Patch")),
        (PatchKind::Merge | PatchKind::Strategic, other) if !other.is_object() => Err(bad(format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            Raw::of(other).go_kind()
        ))),
        _ => Ok(document),
    }
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
