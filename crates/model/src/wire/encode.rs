//! The canonical bytes of a tree: what Go's `encoding/json` would write for the same object.
//!
//! Struct order, presence rules, sorted maps, HTML escaping. Lists that are written although empty read `null`, because
//! upstream's storage does not tell an empty list from none.
use crate::{
    Object, Value,
    schema::{Field, Presence, Ty, Type},
};

/// Canonical JSON of an object of type `ty`, without trailing newline. What the type does not know is left out.
pub fn encode(ty: &Type, value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    match value {
        Value::Object(object) => structure(&mut out, ty, object),
        _ => structure(&mut out, ty, &Object::new()),
    }
    out
}

/// JSON of any tree as Go writes untyped data: maps sorted by key.
pub fn encode_untyped(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    untyped(&mut out, value);
    out
}

fn structure(out: &mut Vec<u8>, ty: &Type, object: &Object) {
    out.push(b'{');
    let start = out.len();
    for field in ty.fields {
        let value = object.get(field.json).filter(|value| !value.is_null());
        if !is_written(field, value) {
            continue;
        }
        if out.len() > start {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(field.json.as_bytes());
        out.extend_from_slice(b"\":");
        match value {
            Some(value) => typed(out, &field.ty, value, field.presence),
            None if field.presence == Presence::AlwaysPointer => out.extend_from_slice(b"null"),
            None => zero(out, &field.ty),
        }
    }
    out.push(b'}');
}

fn is_written(field: &Field, value: Option<&Value>) -> bool {
    match field.presence {
        Presence::Always | Presence::AlwaysPointer => true,
        Presence::Pointer => value.is_some(),
        Presence::OmitZero => value.is_some_and(|value| !is_empty(value)),
        Presence::OmitEmpty => match field.ty {
            Ty::Bool | Ty::Int32 | Ty::Int64 | Ty::Float64 | Ty::String | Ty::Bytes | Ty::List(_) | Ty::Map(_) => {
                value.is_some_and(|value| !is_empty(value))
            }
            _ => true,
        },
    }
}

/// What `omitempty` leaves out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Number(n) => n.as_i64() == Some(0) || n.as_f64() == Some(0.0),
        Value::String(s) => s.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

fn typed(out: &mut Vec<u8>, ty: &Ty, value: &Value, presence: Presence) {
    match (ty, value) {
        (Ty::Struct(of), Value::Object(object)) => structure(out, of, object),
        (Ty::List(of), Value::Array(items)) => {
            if items.is_empty() && presence == Presence::Always {
                return out.extend_from_slice(b"null");
            }
            list(out, of, items);
        }
        (Ty::Map(of), Value::Object(map)) => {
            if map.is_empty() && presence == Presence::Always {
                return out.extend_from_slice(b"null");
            }
            sorted(out, map, |out, value| typed(out, of, value, Presence::Pointer));
        }
        (Ty::SchemaOrArray(of) | Ty::SchemaOrBool(of) | Ty::SchemaOrStrings(of), Value::Object(object)) => {
            structure(out, of, object);
        }
        (Ty::SchemaOrArray(of), Value::Array(items)) => list(out, &Ty::Struct(of), items),
        (Ty::Float64, Value::Number(n)) => float(out, n.as_f64().unwrap_or(0.0)),
        (_, Value::Null) => zero(out, ty),
        (_, value) => untyped(out, value),
    }
}

fn list(out: &mut Vec<u8>, of: &Ty, items: &[Value]) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        typed(out, of, item, Presence::Pointer);
    }
    out.push(b']');
}

/// Go's zero value.
fn zero(out: &mut Vec<u8>, ty: &Ty) {
    let text: &[u8] = match ty {
        Ty::Bool => b"false",
        Ty::Int32 | Ty::Int64 | Ty::Float64 | Ty::IntOrString => b"0",
        Ty::String => b"\"\"",
        Ty::Quantity => b"\"0\"",
        Ty::Duration => b"\"0s\"",
        Ty::Struct(of) => return structure(out, of, &Object::new()),
        _ => b"null",
    };
    out.extend_from_slice(text);
}

/// Entries by key. The tree's maps are sorted already unless a dependency turns on insertion order.
fn sorted(out: &mut Vec<u8>, map: &Object, mut write: impl FnMut(&mut Vec<u8>, &Value)) {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    if !entries.is_sorted_by_key(|(key, _)| *key) {
        entries.sort_by_key(|(key, _)| *key);
    }
    out.push(b'{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        string(out, key);
        out.push(b':');
        write(out, value);
    }
    out.push(b'}');
}

fn untyped(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(n) => match (n.as_i64(), n.as_u64(), n.as_f64()) {
            (Some(n), _, _) => out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()),
            (_, Some(n), _) => out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()),
            (_, _, n) => float(out, n.unwrap_or(0.0)),
        },
        Value::String(text) => string(out, text),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                untyped(out, item);
            }
            out.push(b']');
        }
        Value::Object(map) => sorted(out, map, untyped),
    }
}

/// ES6 form, as Go writes it: exponents below 1e-6 and from 1e21 on, with at least one digit and no leading zero.
pub(super) fn float(out: &mut Vec<u8>, n: f64) {
    let size = n.abs();
    let text = if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{n:e}");
        match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            _ => text,
        }
    } else {
        format!("{n}")
    };
    out.extend_from_slice(text.as_bytes());
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Bytes that a JSON string of Go's may not hold as they are. 0xE2 begins U+2028 and U+2029.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    let mut rest: &[u8] = b"\"\\<>&\xE2";
    while let [byte, tail @ ..] = rest {
        table[*byte as usize] = true;
        rest = tail;
    }
    table
};

/// A JSON string with Go's escapes, those for HTML included.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    out.push(b'"');
    while let Some(at) = rest.iter().position(|byte| SPECIAL[usize::from(*byte)]) {
        out.extend_from_slice(&rest[..at]);
        rest = escape(out, &rest[at..]);
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Writes the first character of `rest` and says what is left.
fn escape<'t>(out: &mut Vec<u8>, rest: &'t [u8]) -> &'t [u8] {
    let byte = rest[0];
    let short: &[u8] = match byte {
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        b'\n' => b"\\n",
        b'\r' => b"\\r",
        b'\t' => b"\\t",
        0x08 => b"\\b",
        0x0c => b"\\f",
        0xE2 if rest.starts_with(b"\xE2\x80\xA8") || rest.starts_with(b"\xE2\x80\xA9") => {
            out.extend_from_slice(b"\\u202");
            out.push(HEX[usize::from(rest[2] & 15)]);
            return &rest[3..];
        }
        0xE2 => b"\xE2",
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            return &rest[1..];
        }
    };
    out.extend_from_slice(short);
    &rest[1..]
}
