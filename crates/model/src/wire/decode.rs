//! A document checked against its type: what Go's strict decoder would make of it, as a tree.
//!
//! Unknown fields are dropped and named, nulls mean "not set", quantities, times and bytes take their canonical form.
use super::{
    json::{DEPTH_MAX, SyntaxError},
    raw::Raw,
    time_text,
};
use crate::{
    Object, Value,
    meta::quantity,
    schema::{Field, Ty, Type},
};
use base64::Engine as _;
use std::{borrow::Cow, fmt::Write as _};

/// Upstream names at most so many unknown and duplicate fields.
const STRICT_ERRORS_MAX: usize = 100;

/// A document that fits its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    pub value: Value,
    /// `unknown field "…"` and `duplicate field "…"`, in the document's order.
    pub strict: Vec<String>,
}

/// Why a document does not fit its type: Go's whole message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TypeError(pub String);

/// Checks a document against `ty`.
///
/// # Errors
/// The first value, in the document's order, that does not fit.
pub fn decode(ty: &'static Type, raw: Raw<'_>) -> Result<Decoded, TypeError> {
    // Patches and other formats can nest deeper than any one JSON text may.
    if !raw.nests_within(DEPTH_MAX) {
        return Err(TypeError(SyntaxError::Depth(b'{').to_string()));
    }
    let mut decoder = Decoder { path: Vec::new(), strict: Vec::new(), struct_name: "", lenient: 0, mismatch: None };
    let value = match raw {
        Raw::Null => Value::Object(Object::new()),
        Raw::Object(entries) => decoder.structure(ty, entries)?,
        other => {
            return Err(TypeError(format!(
                "json: cannot unmarshal {} into Go value of type {}",
                other.go_kind(),
                ty.go
            )));
        }
    };
    match decoder.mismatch {
        Some(error) => Err(error),
        None => Ok(Decoded { value, strict: decoder.strict }),
    }
}

/// Checks a tree against `ty`, as [`decode`] does a document.
///
/// # Errors
/// As [`decode`].
pub fn decode_tree(ty: &'static Type, tree: &Value) -> Result<Decoded, TypeError> {
    decode(ty, Raw::of(tree))
}

enum Step {
    Field(&'static Field),
    Key(String),
    Index(usize),
}

struct Decoder {
    path: Vec<Step>,
    strict: Vec<String>,
    /// Innermost struct, as Go's errors name it.
    struct_name: &'static str,
    /// Inside types that decode themselves unknown and duplicate fields are not named.
    lenient: usize,
    /// The first value of a wrong type. Go goes on after it, since a text that does not parse later is told instead.
    mismatch: Option<TypeError>,
}

impl Decoder {
    fn structure(&mut self, ty: &'static Type, entries: Vec<(Cow<'_, str>, Raw<'_>)>) -> Result<Value, TypeError> {
        let outer = std::mem::replace(&mut self.struct_name, short(ty.go));
        let mut out = Object::new();
        let mut seen: u128 = 0;
        let mut next = 0;
        for (key, raw) in entries {
            let Some(at) = position(ty.fields, next, &key) else {
                self.complain("unknown", Step::Key(key.into_owned()));
                continue;
            };
            next = at + 1;
            let field = &ty.fields[at];
            let bit = 1u128.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or(0);
            let again = seen & bit != 0;
            if again {
                self.complain("duplicate", Step::Field(field));
            }
            seen |= bit;
            if raw == Raw::Null {
                continue;
            }
            self.path.push(Step::Field(field));
            let value = self.value(&field.ty, field.go_type, raw)?;
            self.path.pop();
            if again {
                merge(&mut out, field.json, value);
            } else {
                out.insert(field.json.into(), value);
            }
        }
        self.struct_name = outer;
        Ok(Value::Object(out))
    }

    fn value(&mut self, ty: &Ty, go_type: &'static str, raw: Raw<'_>) -> Result<Value, TypeError> {
        match (ty, raw) {
            (_, Raw::Null) => Ok(zero(ty)),
            (Ty::Bool, Raw::Bool(b)) => Ok(Value::Bool(b)),
            (Ty::String, Raw::String(text)) => Ok(Value::String(text.into_owned())),
            (Ty::Int32, Raw::Number(text)) => match text.parse::<i32>() {
                Ok(n) => Ok(Value::from(n)),
                Err(_) => Ok(self.mismatched(&format!("number {text}"), ty, go_type)),
            },
            (Ty::Int64, Raw::Number(text)) => match text.parse::<i64>() {
                Ok(n) => Ok(Value::from(n)),
                Err(_) => Ok(self.mismatched(&format!("number {text}"), ty, go_type)),
            },
            (Ty::Float64, Raw::Number(text)) => match text.parse::<f64>().ok().filter(|n| n.is_finite()) {
                Some(n) => Ok(Value::from(n)),
                None => Ok(self.mismatched(&format!("number {text}"), ty, go_type)),
            },
            (Ty::Struct(of), Raw::Object(entries)) => self.structure(of, entries),
            (Ty::List(of), Raw::Array(items)) => self.list(of, go_type, items),
            (Ty::Map(of), Raw::Object(entries)) => self.map(of, go_type, entries),
            (Ty::FieldsV1 | Ty::RawExtension | Ty::Json, raw) => Ok(raw.into_value()),
            (Ty::SchemaOrArray(of) | Ty::SchemaOrBool(of) | Ty::SchemaOrStrings(of), raw) => {
                self.schema_or(ty, of, raw)
            }
            (Ty::Bytes, Raw::Array(items)) => Ok(self.byte_list(items)),
            (Ty::Bytes, Raw::String(text)) => Ok(bytes(&text).unwrap_or_else(|error| self.remember(error))),
            (Ty::Quantity | Ty::IntOrString | Ty::Time | Ty::MicroTime | Ty::Duration, raw) => self.special(ty, raw),
            (_, raw) => Ok(self.mismatched(raw.go_kind(), ty, go_type)),
        }
    }

    fn list(&mut self, of: &Ty, go_type: &'static str, items: Vec<Raw<'_>>) -> Result<Value, TypeError> {
        let go_type = go_type.strip_prefix("[]").unwrap_or_default();
        let mut out = Vec::with_capacity(items.len());
        for (index, raw) in items.into_iter().enumerate() {
            self.path.push(Step::Index(index));
            out.push(self.value(of, go_type, raw)?);
            self.path.pop();
        }
        Ok(Value::Array(out))
    }

    fn map(
        &mut self,
        of: &Ty,
        go_type: &'static str,
        entries: Vec<(Cow<'_, str>, Raw<'_>)>,
    ) -> Result<Value, TypeError> {
        let go_type = go_type.strip_prefix("map[").and_then(|t| t.split_once(']')).map_or("", |(_, of)| of);
        let mut out = Object::new();
        for (key, raw) in entries {
            self.path.push(Step::Key(key.into_owned()));
            let value = self.value(of, go_type, raw)?;
            let Some(Step::Key(key)) = self.path.pop() else { unreachable!("every push has its pop") };
            if out.contains_key(&key) {
                self.complain("duplicate", Step::Key(key.clone()));
            }
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }

    /// Bytes may also come as a list of numbers.
    fn byte_list(&mut self, items: Vec<Raw<'_>>) -> Value {
        let mut data = Vec::with_capacity(items.len());
        for raw in items {
            match raw {
                Raw::Null => data.push(0),
                Raw::Number(text) => match text.parse() {
                    Ok(byte) => data.push(byte),
                    Err(_) => return self.mismatched(&format!("number {text}"), &Ty::Bytes, "uint8"),
                },
                raw => return self.mismatched(raw.go_kind(), &Ty::Bytes, "uint8"),
            }
        }
        Value::String(base64::engine::general_purpose::STANDARD.encode(data))
    }

    /// Types of `apiextensions` that hold a schema or something simpler.
    fn schema_or(&mut self, ty: &Ty, of: &'static Type, raw: Raw<'_>) -> Result<Value, TypeError> {
        self.lenient += 1;
        let value = match (ty, raw) {
            (_, Raw::Object(entries)) => self.structure(of, entries),
            (Ty::SchemaOrBool(_), Raw::Bool(b)) => Ok(Value::Bool(b)),
            (Ty::SchemaOrArray(_), Raw::Array(items)) => self.list(&Ty::Struct(of), "", items),
            (Ty::SchemaOrStrings(_), Raw::Array(items)) => self.list(&Ty::String, "", items),
            (Ty::SchemaOrBool(_), _) => Err(TypeError("boolean or JSON schema expected".into())),
            (Ty::SchemaOrStrings(_), _) => Err(TypeError("object or array of strings expected".into())),
            // Upstream looks at objects and lists only.
            _ => Ok(Value::Null),
        };
        self.lenient -= 1;
        value
    }

    /// Types whose JSON form is a text (or number) of their own.
    fn special(&self, ty: &Ty, raw: Raw<'_>) -> Result<Value, TypeError> {
        let text =
            |result: Result<Cow<'_, str>, String>| result.map(|t| Value::String(t.into_owned())).map_err(TypeError);
        match (ty, raw) {
            (Ty::Quantity, Raw::String(s) | Raw::Number(s)) => text(quantity::canonical(&s).map_err(|e| e.to_string())),
            (Ty::Quantity, _) => Err(TypeError(quantity::QuantityError::Format.to_string())),
            (Ty::IntOrString, Raw::String(s)) => Ok(Value::String(s.into_owned())),
            (Ty::IntOrString, raw) => self.int(raw),
            (Ty::Time, Raw::String(s)) => text(time_text::seconds(&s)),
            (Ty::MicroTime, Raw::String(s)) => text(time_text::micros(&s)),
            (_, Raw::String(s)) => Ok(Value::String(s.into_owned())),
            (_, raw) => Err(self.mismatch(raw.go_kind(), &Ty::String, "")),
        }
    }

    fn int(&self, raw: Raw<'_>) -> Result<Value, TypeError> {
        match raw {
            Raw::Number(text) => match text.parse::<i32>() {
                Ok(n) => Ok(Value::from(n)),
                Err(_) => Err(self.mismatch(&format!("number {text}"), &Ty::Int32, "")),
            },
            raw => Err(self.mismatch(raw.go_kind(), &Ty::Int32, "")),
        }
    }

    fn mismatch(&self, found: &str, ty: &Ty, go_type: &str) -> TypeError {
        let mut field = String::new();
        for step in &self.path {
            let Step::Field(step) = step else { continue };
            for name in [step.embedded, step.json] {
                if !name.is_empty() {
                    field.push('.');
                    field.push_str(name);
                }
            }
        }
        let go: Cow<'_, str> = if go_type.is_empty() { ty.go() } else { Cow::Borrowed(go_type) };
        TypeError(format!(
            "json: cannot unmarshal {found} into Go struct field {}{field} of type {go}",
            self.struct_name
        ))
    }

    /// Keeps the first error of its sort and goes on.
    fn remember(&mut self, error: TypeError) -> Value {
        self.mismatch.get_or_insert(error);
        Value::Null
    }

    fn mismatched(&mut self, found: &str, ty: &Ty, go_type: &str) -> Value {
        if self.mismatch.is_none() {
            self.mismatch = Some(self.mismatch(found, ty, go_type));
        }
        Value::Null
    }

    fn complain(&mut self, what: &str, step: Step) {
        if self.lenient > 0 || self.strict.len() >= STRICT_ERRORS_MAX {
            return;
        }
        self.path.push(step);
        let text = format!("{what} field {:?}", path_text(&self.path));
        self.path.pop();
        if !self.strict.contains(&text) {
            self.strict.push(text);
        }
    }
}

/// The field with this name. Most documents come in the struct's order: the search begins at `next`.
fn position(fields: &[Field], next: usize, name: &str) -> Option<usize> {
    let is = |field: &Field| field.json == name;
    fields[next..].iter().position(is).map(|at| at + next).or_else(|| fields[..next].iter().position(is))
}

/// A repeated struct or map merges into the first, as Go decodes in place; anything else replaces it.
fn merge(out: &mut Object, key: &str, value: Value) {
    match (out.get_mut(key), value) {
        (Some(Value::Object(old)), Value::Object(new)) => {
            for (key, value) in new {
                merge(old, &key, value);
            }
        }
        (_, value) => {
            out.insert(key.into(), value);
        }
    }
}

fn path_text(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        let name = match step {
            Step::Field(field) => field.json,
            Step::Key(name) => name.as_str(),
            Step::Index(index) => {
                let _ = write!(out, "[{index}]");
                continue;
            }
        };
        if !out.is_empty() {
            out.push('.');
        }
        out.push_str(name);
    }
    out
}

/// `v1.PodSpec` without its package.
fn short(go: &'static str) -> &'static str {
    go.rsplit('.').next().unwrap_or(go)
}

/// Go's zero value of a list's or map's element.
fn zero(ty: &Ty) -> Value {
    match ty {
        Ty::Bool => Value::Bool(false),
        Ty::Int32 | Ty::Int64 | Ty::Float64 | Ty::IntOrString => Value::from(0),
        Ty::String | Ty::Bytes | Ty::Duration => Value::String(String::new()),
        Ty::Quantity => Value::String("0".into()),
        Ty::Struct(_) => Value::Object(Object::new()),
        _ => Value::Null,
    }
}

/// Base64 text checked and brought into its one canonical spelling.
fn bytes(text: &str) -> Result<Value, TypeError> {
    let engine = base64::engine::general_purpose::STANDARD;
    let joined: Cow<'_, str> =
        if text.contains(['\r', '\n']) { text.replace(['\r', '\n'], "").into() } else { text.into() };
    match engine.decode(joined.as_bytes()) {
        Ok(data) if joined.len() == text.len() && data.len() % 3 == 0 => Ok(Value::String(text.into())),
        Ok(data) => Ok(Value::String(engine.encode(data))),
        Err(_) => Err(TypeError(format!("illegal base64 data at input byte {}", corrupt_at(text.as_bytes())))),
    }
}

/// Where Go's decoder stops: the first byte that cannot stand there, or the start of a group that is cut short.
fn corrupt_at(text: &[u8]) -> usize {
    let mut group = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'\r' | b'\n' => {}
            b'=' => {
                let filled = group % 4;
                if filled < 2 {
                    return at;
                }
                let rest = &text[at + 1..];
                return match (filled, rest.first()) {
                    (2, Some(b'=')) => at + 2,
                    (2, _) => text.len(),
                    _ => at + 1,
                };
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => group += 1,
            _ => return at,
        }
    }
    text.len() - group % 4
}
