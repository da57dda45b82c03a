//! Bodies of writes: from bytes to a checked tree of the expected kind, with upstream's refusals.
use super::{
    Decoded, Raw,
    decode::{decode, decode_tree},
    json, yaml,
};
use crate::{
    Value,
    request::{Body, FieldValidation},
    schema::{self, Type},
    status::Status,
};

/// Upstream shows so many bytes of a body that it does not recognise.
const SUMMARY_BYTES: usize = 30;

/// A body that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// `kind` and `apiVersion` are filled in.
    pub value: Value,
    /// Texts of `Warning:` headers.
    pub warnings: Vec<String>,
}

/// Reads a body as the kind `ty`.
///
/// # Errors
/// 400 with upstream's text: not JSON or YAML, another kind, a value of the wrong type, or (Strict) unknown or duplicate
/// fields.
///
/// # Panics
/// `ty` is not a kind.
pub fn read_body(ty: &'static Type, body: &Body, validation: FieldValidation) -> Result<Accepted, Status> {
    let (group, version, kind) = ty.group_version_kind.expect("bodies are kinds");
    let content: &[u8] = if let Body::Json(bytes) | Body::Yaml(bytes) = body { bytes } else { &[] };
    let unrecognised = |why: String| unrecognised(kind, content, &why);
    let (raw, duplicates) = parse(body).map_err(unrecognised)?;
    let found = Found::of(&raw).map_err(unrecognised)?.or(group, version, kind);
    let refuse = |why: &str| {
        let text = format!("{} in version {:?} cannot be handled as a {kind}: {why}", found.kind, found.version);
        Status::bad_request(text)
    };
    let actual = found.schema(ty).ok_or_else(|| refuse(&found.not_registered()))?;
    let Some(actual) = actual else {
        return Err(refuse(&format!("converting (v1.List) to ({}): unknown conversion", internal(ty))));
    };
    let decoded = decode(actual, raw).map_err(|e| refuse(&e.0))?;
    let strict: Vec<String> = duplicates.into_iter().chain(decoded.strict).collect();
    if validation == FieldValidation::Strict && !strict.is_empty() {
        return Err(refuse(&format!("strict decoding error: {}", strict.join(", "))));
    }
    if !std::ptr::eq(actual, ty) {
        if found.kind == kind && (found.group == group || kind == "Event") {
            return Err(Status::bad_request(format!(
                "the API version in the data ({}) does not match the expected API version ({})",
                api_version(&found.group, &found.version),
                api_version(group, version)
            )));
        }
        return Err(refuse(&format!("converting ({}) to ({}): unknown conversion", actual.go, internal(ty))));
    }
    let mut value = decoded.value;
    if let Value::Object(object) = &mut value {
        object.insert("kind".into(), kind.into());
        object.insert("apiVersion".into(), api_version(group, version).into());
    }
    let warnings = if validation == FieldValidation::Warn { warnings(&strict) } else { Vec::new() };
    Ok(Accepted { value, warnings })
}

/// Reads the body of a deletion: options of whatever group and version it names.
///
/// # Errors
/// Upstream's text: not JSON or YAML, another kind, a value of the wrong type.
///
/// # Panics
/// Never: the type table has DeleteOptions.
pub fn read_delete_options(body: &Body) -> Result<Value, String> {
    const KIND: &str = "DeleteOptions";
    let ty = schema::by_name("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions").expect("the table has it");
    let (raw, _) = parse(body)?;
    let found = Found::of(&raw)?.or("meta.k8s.io", "v1", KIND);
    if found.kind != KIND {
        return Err(found.not_registered());
    }
    decode(ty, raw).map(|decoded| decoded.value).map_err(|e| e.0)
}

/// Texts of warnings: of duplicate keys in YAML each line is one.
fn warnings(strict: &[String]) -> Vec<String> {
    let of = |text: &str| match text.strip_prefix("yaml: unmarshal errors:\n") {
        Some(lines) => lines.lines().map(|line| line.trim_start().to_owned()).collect(),
        None => vec![text.to_owned()],
    };
    strict.iter().flat_map(|text| of(text)).collect()
}

/// Checks a tree that a patch made; the error is the text that upstream puts behind the patch.
///
/// # Errors
/// A value of the wrong type, or (Strict) unknown fields.
pub fn read_patched(ty: &'static Type, tree: &Value, validation: FieldValidation) -> Result<Accepted, String> {
    let Decoded { value, strict } = decode_tree(ty, tree).map_err(|e| e.0)?;
    match validation {
        FieldValidation::Strict if !strict.is_empty() => Err(format!("strict decoding error: {}", strict.join(", "))),
        FieldValidation::Warn => Ok(Accepted { value, warnings: strict }),
        _ => Ok(Accepted { value, warnings: Vec::new() }),
    }
}

/// What a patched tree says that it is.
#[derive(Debug, Clone, Copy)]
pub enum Patched {
    Of(&'static Type),
    /// Nothing of a version that is served. Upstream reads its internal form then, which knows no field by these names.
    Internal,
}

/// What a patched tree of kind `ty` says that it is; the error is the text that upstream puts behind the patch.
///
/// # Errors
/// No such kind is known.
///
/// # Panics
/// `ty` is not a kind.
pub fn patched_type(ty: &'static Type, tree: &Value) -> Result<Patched, String> {
    let (group, _, kind) = ty.group_version_kind.expect("patched objects are kinds");
    let found = Found::of(&Raw::of(tree))?.or(group, INTERNAL, kind);
    let internal = matches!(found.version.as_str(), "" | INTERNAL);
    match found.schema(ty).flatten() {
        Some(ty) => Ok(Patched::Of(ty)),
        None if internal && (found.group.as_str(), found.kind.as_str()) == (group, kind) => Ok(Patched::Internal),
        None => Err(found.not_registered()),
    }
}

/// Reads a tree as an internal form, of which nothing is known; see [`read_patched`].
///
/// # Errors
/// Any field (Strict).
pub fn read_internal(tree: &Value, validation: FieldValidation) -> Result<Accepted, String> {
    let value = Value::Object(crate::Object::new());
    let fields = tree.as_object().into_iter().flat_map(crate::Object::keys);
    let mut unknown: Vec<&String> = fields.filter(|it| !matches!(it.as_str(), "apiVersion" | "kind")).collect();
    unknown.sort();
    let strict: Vec<String> = unknown.into_iter().map(|it| format!("unknown field {it:?}")).collect();
    match validation {
        FieldValidation::Strict if !strict.is_empty() => Err(format!("strict decoding error: {}", strict.join(", "))),
        FieldValidation::Warn => Ok(Accepted { value, warnings: strict }),
        _ => Ok(Accepted { value, warnings: Vec::new() }),
    }
}

/// The document, and upstream's message about duplicate keys in YAML.
fn parse(body: &Body) -> Result<(Raw<'_>, Option<String>), String> {
    match body {
        Body::Json(bytes) => json::parse(bytes)
            .map(|raw| (raw, None))
            .map_err(|e| format!("couldn't get version/kind; json parse error: {e}")),
        Body::Yaml(bytes) => yaml::parse(bytes).map(|d| (d.raw, d.duplicates)).map_err(|e| e.0),
        Body::Tree(tree) => Ok((Raw::of(tree), None)),
    }
}

/// The refusal of a body that is no document of its format, or names no kind.
pub fn unrecognised(kind: &str, body: &[u8], why: &str) -> Status {
    let summary = summary(body);
    Status::bad_request(format!("the object provided is unrecognized (must be of type {kind}): {why} ({summary})"))
}

fn summary(bytes: &[u8]) -> String {
    let (shown, more) = if bytes.len() > SUMMARY_BYTES { (&bytes[..SUMMARY_BYTES], " ...") } else { (bytes, "") };
    match shown.first() {
        None => "<empty>".into(),
        Some(b'{') => format!("{}{more}", String::from_utf8_lossy(shown)),
        Some(_) => shown.iter().map(|byte| format!("{byte:02x}")).chain([more.to_owned()]).collect(),
    }
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// Upstream's name of the internal type.
fn internal(ty: &Type) -> String {
    let (group, _, kind) = ty.group_version_kind.unwrap_or_default();
    let package = group.split('.').next().filter(|g| !g.is_empty()).unwrap_or("core");
    format!("{package}.{kind}")
}

/// The version of Go's internal forms.
const INTERNAL: &str = "__internal";

/// What a body says that it is.
struct Found {
    group: String,
    version: String,
    kind: String,
}

impl Found {
    fn of(raw: &Raw<'_>) -> Result<Self, String> {
        const FAILED: &str = "couldn't get version/kind; json parse error: json: cannot unmarshal";
        if !matches!(raw, Raw::Object(_) | Raw::Null) {
            let into = r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;
            return Err(format!("{FAILED} {} into Go value of type {into}", raw.go_kind()));
        }
        let text = |key: &str| match raw.get(key) {
            None | Some(Raw::Null) => Ok(String::new()),
            Some(Raw::String(text)) => Ok(text.to_string()),
            Some(other) => Err(format!("{FAILED} {} into Go struct field .{key} of type string", other.go_kind())),
        };
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        if version.contains('/') {
            return Err(format!("unexpected GroupVersion string: {api_version}"));
        }
        Ok(Self { group: group.into(), version: version.into(), kind })
    }

    /// Fills in what the body leaves out.
    fn or(mut self, group: &str, version: &str, kind: &str) -> Self {
        if self.kind.is_empty() {
            self.kind = kind.into();
        }
        if self.version.is_empty() && self.group.is_empty() {
            self.group = group.into();
            self.version = version.into();
        }
        self
    }

    /// The type that the body says it is: None where there is none, Some(None) for `v1.List`, which holds anything.
    #[expect(clippy::option_option, reason = "unknown, known without a type, known with a type")]
    fn schema(&self, expected: &'static Type) -> Option<Option<&'static Type>> {
        let is = |gvk| gvk == (self.group.as_str(), self.version.as_str(), self.kind.as_str());
        if expected.group_version_kind.is_some_and(is) {
            return Some(Some(expected));
        }
        if is(("", "v1", "List")) {
            return Some(None);
        }
        schema::by_kind(&self.group, &self.version, &self.kind).map(Some)
    }

    fn not_registered(&self) -> String {
        let version = match self.version.as_str() {
            INTERNAL => format!("the internal version of group {:?}", self.group),
            version => format!("version {:?}", api_version(&self.group, version)),
        };
        format!("no kind {:?} is registered for {version} in scheme \"pkg/api/legacyscheme/scheme.go:30\"", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_map() -> &'static Type {
        schema::by_kind("", "v1", "ConfigMap").unwrap()
    }

    #[track_caller]
    fn refused(body: &str, text: &str) {
        let body = Body::Json(bytes::Bytes::copy_from_slice(body.as_bytes()));
        let status = read_body(config_map(), &body, FieldValidation::Strict).unwrap_err();
        assert_eq!((status.code, status.message.as_str()), (400, text));
    }

    #[test]
    fn refusals_are_upstreams() {
        let must = "the object provided is unrecognized (must be of type ConfigMap):";
        let json = "couldn't get version/kind; json parse error:";
        let as_map = r#"ConfigMap in version "v1" cannot be handled as a ConfigMap:"#;
        refused("", &format!("{must} {json} unexpected end of JSON input (<empty>)"));
        refused(
            r#"{"apiVersion": "v1"} trailing"#,
            &format!(r#"{must} {json} invalid character 't' after top-level value ({{"apiVersion": "v1"}} trailing)"#),
        );
        refused(
            r#"{"apiVersion":"a/b/c","kind":"ConfigMap"}"#,
            &format!(r#"{must} unexpected GroupVersion string: a/b/c ({{"apiVersion":"a/b/c","kind":" ...)"#),
        );
        refused(
            "[]",
            &format!(
                r#"{must} {json} json: cannot unmarshal array into Go value of type struct {{ APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }} (5b5d)"#
            ),
        );
        refused(
            r#"{"kind":"Gizmo"}"#,
            r#"Gizmo in version "v1" cannot be handled as a ConfigMap: no kind "Gizmo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30""#,
        );
        refused(
            r#"{"kind":"List","items":[]}"#,
            r#"List in version "v1" cannot be handled as a ConfigMap: converting (v1.List) to (core.ConfigMap): unknown conversion"#,
        );
        refused(
            r#"{"kind":"Secret"}"#,
            r#"Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion"#,
        );
        refused(
            r#"{"data":{"k":1}}"#,
            &format!("{as_map} json: cannot unmarshal number into Go struct field ConfigMap.data of type string"),
        );
        refused(
            r#"{"kind":"ConfigMap","kind":"ConfigMap","metadata":{"name":"b","bogus":1,"name":"c"}}"#,
            &format!(
                r#"{as_map} strict decoding error: duplicate field "kind", unknown field "metadata.bogus", duplicate field "metadata.name""#
            ),
        );
    }

    #[test]
    fn names_of_the_kind_are_filled_in() {
        let body = Body::Json(bytes::Bytes::from_static(br#"{"metadata":{"name":"a","x":1}}"#));
        let accepted = read_body(config_map(), &body, FieldValidation::Warn).unwrap();
        assert_eq!(accepted.value.to_string(), r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#);
        assert_eq!(accepted.warnings, [r#"unknown field "metadata.x""#]);
    }

    #[test]
    fn yaml_is_checked_in_the_order_of_its_keys() {
        let text = "kind: ConfigMap\nmetadata:\n  name: b\n  labelz: {}\nextra: 1\ndata:\n  k: a\n  k: b\n";
        let body = Body::Yaml(bytes::Bytes::from_static(text.as_bytes()));
        let accepted = read_body(config_map(), &body, FieldValidation::Warn).unwrap();
        assert_eq!(
            accepted.warnings,
            ["line 8: key \"k\" already set in map", r#"unknown field "extra""#, r#"unknown field "metadata.labelz""#]
        );
    }

    #[test]
    fn patched_trees() {
        let tree = serde_json::json!({"kind": "ConfigMap", "data": {"a": null, "b": "c"}, "dat": 1});
        let accepted = read_patched(config_map(), &tree, FieldValidation::Warn).unwrap();
        assert_eq!(accepted.value.to_string(), r#"{"data":{"a":"","b":"c"},"kind":"ConfigMap"}"#);
        assert_eq!(accepted.warnings, [r#"unknown field "dat""#]);
        assert_eq!(
            read_patched(config_map(), &tree, FieldValidation::Strict),
            Err(r#"strict decoding error: unknown field "dat""#.into())
        );
    }
}
