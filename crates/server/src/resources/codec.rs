//! Bodies to trees and trees to canonical bytes, with upstream's refusals.
use super::{place::Place, tree};
use bytes::Bytes;
use skeg_model::{
    Value,
    kinds::Version,
    request::{Body, FieldValidation, PatchKind},
    schema::{self, Type},
    status::Status,
    stored::Stored,
    wire::{self, Raw},
};

/// Bytes of a body that upstream shows of one that it cannot read.
const SUMMARY_BYTES: usize = 30;
/// Where upstream's release builds say that their scheme is.
const SCHEME: &str = "pkg/api/legacyscheme/scheme.go:30";
/// The struct that upstream reads apiVersion and kind into, as its errors print it.
const HEADER: &str =
    "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }";

/// Group, version and kind of a body or a place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Gvk {
    group: String,
    version: String,
    kind: String,
}

/// What a body must be.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a> {
    ty: &'static Type,
    group: &'a str,
    version: &'a str,
    kind: &'a str,
}

/// Decodes a body into the served form of `place`'s kind and fills in defaults.
pub(super) fn decode(
    place: &Place<'_>,
    body: Body,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let wanted = Wanted {
        ty: place.version.schema(),
        group: place.kind.group,
        version: place.version.name,
        kind: place.kind.kind,
    };
    let mut object = read(wanted, body, validation, warnings)?;
    place.version.set_defaults(&mut object);
    Ok(object)
}

/// Decodes a body as the type of this OpenAPI name.
pub(super) fn decode_as(
    type_name: &str,
    body: Body,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let ty = schema::by_name(type_name).ok_or_else(|| Status::internal(format!("no schema for {type_name}")))?;
    let (group, version, kind) = ty.group_version_kind.unwrap_or_default();
    let mut object = read(Wanted { ty, group, version, kind }, body, validation, warnings)?;
    skeg_model::kinds::defaults::apply(ty, &mut object);
    Ok(object)
}

fn read(
    wanted: Wanted<'_>,
    body: Body,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let mut object = match &body {
        Body::Json(bytes) => {
            let raw = wire::json::parse(bytes).map_err(|e| {
                unrecognised(wanted, &format!("couldn't get version/kind; json parse error: {e}"), bytes)
            })?;
            read_raw(wanted, raw, bytes, validation, warnings)?
        }
        Body::Yaml(bytes) => {
            let tree = yaml(bytes).map_err(|e| unrecognised(wanted, &format!("yaml: {e}"), bytes))?;
            read_raw(wanted, Raw::of(&tree), bytes, validation, warnings)?
        }
        Body::Tree(tree) => read_raw(wanted, Raw::of(tree), b"", validation, warnings)?,
    };
    tree::set_type(&mut object, api_version(wanted.group, wanted.version), wanted.kind);
    Ok(object)
}

fn yaml(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "invalid leading UTF-8 octet".to_owned())?;
    serde_saphyr::from_str(text).map_err(|e| e.to_string())
}

fn read_raw(
    wanted: Wanted<'_>,
    raw: Raw<'_>,
    bytes: &[u8],
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let given = header(wanted, &raw).map_err(|why| unrecognised(wanted, &why, bytes))?;
    let named = raw.get("kind").is_some() || raw.get("apiVersion").is_some();
    let refuse = |why: &str| {
        if named {
            let Gvk { version, kind, .. } = &given;
            Status::bad_request(format!(
                "{kind} in version \"{version}\" cannot be handled as a {}: {why}",
                wanted.kind
            ))
        } else {
            unrecognised(wanted, why, bytes)
        }
    };
    check_kind(wanted, &given).map_err(|why| refuse(&why))?;
    if given.group != wanted.group || given.version != wanted.version {
        return Err(Status::bad_request(format!(
            "the API version in the data ({}) does not match the expected API version ({})",
            api_version(&given.group, &given.version),
            api_version(wanted.group, wanted.version)
        )));
    }
    let decoded = wire::decode(wanted.ty, raw).map_err(|e| refuse(&e.0))?;
    strict(&decoded.strict, validation, warnings).map_err(|why| refuse(&why))?;
    Ok(decoded.value)
}

/// Unknown and duplicate fields: an error, warnings, or nothing.
fn strict(found: &[String], validation: FieldValidation, warnings: &mut Vec<String>) -> Result<(), String> {
    match validation {
        FieldValidation::Strict if !found.is_empty() => Err(format!("strict decoding error: {}", found.join(", "))),
        FieldValidation::Warn => {
            warnings.extend_from_slice(found);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// apiVersion and kind of a body; what it leaves out is as wanted.
fn header(wanted: Wanted<'_>, raw: &Raw<'_>) -> Result<Gvk, String> {
    let prefix = "couldn't get version/kind; json parse error: json: cannot unmarshal";
    if !matches!(raw, Raw::Object(_) | Raw::Null) {
        return Err(format!("{prefix} {} into Go value of type {HEADER}", raw.go_kind()));
    }
    let text = |field: &str| match raw.get(field) {
        None | Some(Raw::Null) => Ok(String::new()),
        Some(Raw::String(text)) => Ok(text.clone().into_owned()),
        Some(other) => Err(format!("{prefix} {} into Go struct field .{field} of type string", other.go_kind())),
    };
    let (version, kind) = (text("apiVersion")?, text("kind")?);
    let (mut group, mut version) = match version.matches('/').count() {
        0 => (String::new(), version),
        1 => version.split_once('/').map(|(g, v)| (g.to_owned(), v.to_owned())).unwrap_or_default(),
        _ => return Err(format!("unexpected GroupVersion string: {version}")),
    };
    if version.is_empty() && (group.is_empty() || group == wanted.group) {
        group = wanted.group.to_owned();
        version = wanted.version.to_owned();
    }
    let kind = if kind.is_empty() { wanted.kind.to_owned() } else { kind };
    Ok(Gvk { group, version, kind })
}

/// The body's kind must be known, and the one wanted.
fn check_kind(wanted: Wanted<'_>, given: &Gvk) -> Result<(), String> {
    let Gvk { group, version, kind } = given;
    let list = group.is_empty() && version == "v1" && kind == "List";
    let Some(ty) = schema::by_kind(group, version, kind).map(|t| t.go).or(list.then_some("v1.List")) else {
        return Err(format!(
            "no kind \"{kind}\" is registered for version \"{}\" in scheme \"{SCHEME}\"",
            api_version(group, version)
        ));
    };
    if kind == wanted.kind {
        return Ok(());
    }
    let internal = match wanted.group {
        "" => "core",
        group => group.split('.').next().unwrap_or(group),
    };
    Err(format!("converting ({ty}) to ({internal}.{}): unknown conversion", wanted.kind))
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// A body whose kind cannot be told.
fn unrecognised(wanted: Wanted<'_>, why: &str, bytes: &[u8]) -> Status {
    let shown = &bytes[..bytes.len().min(SUMMARY_BYTES)];
    let more = if bytes.len() > SUMMARY_BYTES { " ..." } else { "" };
    let summary = match bytes.first() {
        None => "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(shown).into_owned(),
        Some(_) => shown.iter().map(|b| format!("{b:02x}")).collect(),
    };
    Status::bad_request(format!(
        "the object provided is unrecognized (must be of type {}): {why} ({summary}{more})",
        wanted.kind
    ))
}

/// Canonical bytes of a tree in the form of `version`, resourceVersion left out.
pub(super) fn encode(version: &Version, object: &mut Value) -> Bytes {
    let revision = tree::meta_mut(object).remove("resourceVersion");
    let bytes = wire::encode(version.schema(), object).into();
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
    type_name: &str,
    tree: &Value,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, String> {
    let ty = schema::by_name(type_name).ok_or_else(|| format!("no schema for {type_name}"))?;
    let (group, version, kind) = ty.group_version_kind.unwrap_or_default();
    let wanted = Wanted { ty, group, version, kind };
    let raw = Raw::of(tree);
    let given = header(wanted, &raw)?;
    check_kind(wanted, &given)?;
    let decoded = wire::decode(ty, raw).map_err(|e| e.0)?;
    strict(&decoded.strict, validation, warnings)?;
    let mut object = decoded.value;
    tree::set_type(&mut object, api_version(group, version), kind);
    Ok(object)
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
