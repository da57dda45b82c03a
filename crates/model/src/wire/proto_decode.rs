//! Protobuf of API objects in, trees out: upstream's `generated.proto` through the schema table.
//!
//! An object travels as `k8s\0` and a `runtime.Unknown` that names its kind and holds the message. Go's encoder writes
//! fields that are not pointers even when they are zero; such zeroes are left out of the tree, as JSON would have them.
use crate::{
    Object, Value,
    schema::{self, Field, Presence, Ty, Type},
    time,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;

/// What every object in protobuf starts with.
pub const MAGIC: &[u8; 4] = b"k8s\0";
/// Messages nest no deeper than this.
const DEPTH_MAX: usize = 200;

/// Why bytes are not an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtoError {
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    NoMagic,
    #[error("unexpected EOF")]
    Truncated,
    #[error("proto: wrong wireType = {wire} for field {field}")]
    WrongType { field: String, wire: u8 },
    #[error("proto: illegal wireType {0}")]
    IllegalType(u8),
    #[error("proto: message nests too deep")]
    TooDeep,
    #[error("field {0} holds text that is not valid")]
    BadText(String),
    #[error("no kind {kind:?} is registered for version {api_version:?}")]
    UnknownKind { api_version: String, kind: String },
}

/// The envelope: kind, and the bytes of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    pub api_version: String,
    pub kind: String,
    pub raw: &'a [u8],
}

/// Opens the envelope.
///
/// # Errors
/// The bytes are no `runtime.Unknown`.
pub fn open(bytes: &[u8]) -> Result<Envelope<'_>, ProtoError> {
    let unknown = bytes.strip_prefix(MAGIC).ok_or(ProtoError::NoMagic)?;
    let mut envelope = Envelope { api_version: String::new(), kind: String::new(), raw: &[] };
    for part in Parts(unknown) {
        match part? {
            (1, Wire::Bytes(meta)) => {
                for part in Parts(meta) {
                    match part? {
                        (1, Wire::Bytes(text)) => envelope.api_version = string("apiVersion", text)?,
                        (2, Wire::Bytes(text)) => envelope.kind = string("kind", text)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(raw)) => envelope.raw = raw,
            _ => {}
        }
    }
    Ok(envelope)
}

/// The object that an envelope holds, kind and apiVersion included.
///
/// # Errors
/// The kind is unknown or its message malformed.
pub fn decode(bytes: &[u8]) -> Result<Value, ProtoError> {
    let envelope = open(bytes)?;
    let (group, version) = envelope.api_version.split_once('/').unwrap_or(("", &envelope.api_version));
    let ty = schema::by_kind(group, version, &envelope.kind).ok_or_else(|| ProtoError::UnknownKind {
        api_version: envelope.api_version.clone(),
        kind: envelope.kind.clone(),
    })?;
    let mut object = decode_message(ty, envelope.raw)?;
    object.insert("apiVersion".into(), envelope.api_version.into());
    object.insert("kind".into(), envelope.kind.into());
    Ok(Value::Object(object))
}

/// A message of a known type.
///
/// # Errors
/// The message is malformed.
pub fn decode_message(ty: &'static Type, message: &[u8]) -> Result<Object, ProtoError> {
    let mut object = Object::new();
    structure(ty, &[], message, &mut object, DEPTH_MAX)?;
    Ok(object)
}

/// A value on the wire.
#[derive(Debug, Clone, Copy)]
enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

impl Wire<'_> {
    fn number(self) -> u8 {
        match self {
            Self::Varint(_) => 0,
            Self::Fixed64(_) => 1,
            Self::Bytes(_) => 2,
            Self::Fixed32 => 5,
        }
    }
}

/// The fields of a message, one after the other.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn varint(&mut self) -> Result<u64, ProtoError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(ProtoError::Truncated)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ProtoError::Truncated)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], ProtoError> {
        let length = usize::try_from(length).map_err(|_| ProtoError::Truncated)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ProtoError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn part(&mut self) -> Result<(u64, Wire<'a>), ProtoError> {
        let tag = self.varint()?;
        let wire = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.take(8)?.try_into().expect("eight bytes were taken"))),
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => {
                self.take(4)?;
                Wire::Fixed32
            }
            other => return Err(ProtoError::IllegalType(u8::try_from(other).expect("three bits"))),
        };
        Ok((tag >> 3, wire))
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<(u64, Wire<'a>), ProtoError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let part = self.part();
        if part.is_err() {
            self.0 = &[];
        }
        Some(part)
    }
}

fn string(field: &str, bytes: &[u8]) -> Result<String, ProtoError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| ProtoError::BadText(field.to_owned()))
}

/// Adds the fields of a message to an object; `within` is the path of embedded messages that JSON flattens.
fn structure(
    ty: &'static Type,
    within: &[u16],
    message: &[u8],
    object: &mut Object,
    depth: usize,
) -> Result<(), ProtoError> {
    let depth = depth.checked_sub(1).ok_or(ProtoError::TooDeep)?;
    for part in Parts(message) {
        let (number, wire) = part?;
        let found = ty.fields.iter().find(|f| f.proto_in == within && u64::from(f.proto) == number && number != 0);
        if let Some(field) = found {
            insert(field, wire, object, depth)?;
            continue;
        }
        let Ok(number) = u16::try_from(number) else { continue };
        let mut path = within.to_vec();
        path.push(number);
        if let (Wire::Bytes(inner), true) = (wire, ty.fields.iter().any(|f| f.proto_in.starts_with(&path))) {
            structure(ty, &path, inner, object, depth)?;
        }
    }
    Ok(())
}

fn insert(field: &'static Field, wire: Wire<'_>, object: &mut Object, depth: usize) -> Result<(), ProtoError> {
    match field.ty {
        Ty::List(of) => {
            let item = value(field, *of, wire, depth)?;
            let list = object.entry(field.json).or_insert_with(|| Value::Array(Vec::new()));
            list.as_array_mut().expect("only this branch fills the field").push(item);
        }
        Ty::Map(of) => {
            let (key, item) = entry(field, *of, wire, depth)?;
            let map = object.entry(field.json).or_insert_with(|| Value::Object(Object::new()));
            map.as_object_mut().expect("only this branch fills the field").insert(key, item);
        }
        ty => {
            let value = value(field, ty, wire, depth)?;
            let pointer = matches!(field.presence, Presence::Pointer | Presence::AlwaysPointer);
            if pointer && !value.is_null() || !is_zero(&value) {
                object.insert(field.json.into(), value);
            }
        }
    }
    Ok(())
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Number(n) => n.as_f64() == Some(0.0),
        Value::String(s) => s.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// A map's entry; a value that is a list is wrapped in a message of its own.
fn entry(field: &'static Field, of: Ty, wire: Wire<'_>, depth: usize) -> Result<(String, Value), ProtoError> {
    let Wire::Bytes(message) = wire else { return Err(wrong(field, wire)) };
    let mut key = String::new();
    let mut item = None;
    for part in Parts(message) {
        match part? {
            (1, Wire::Bytes(text)) => key = string(field.json, text)?,
            (2, wire) => {
                item = Some(match (of, wire) {
                    (Ty::List(of), Wire::Bytes(message)) => items(field, *of, message, depth)?,
                    _ => value(field, of, wire, depth)?,
                });
            }
            _ => {}
        }
    }
    Ok((key, item.unwrap_or_else(|| zero(of))))
}

fn items(field: &'static Field, of: Ty, message: &[u8], depth: usize) -> Result<Value, ProtoError> {
    let mut list = Vec::new();
    for part in Parts(message) {
        if let (1, wire) = part? {
            list.push(value(field, of, wire, depth)?);
        }
    }
    Ok(list.into())
}

/// What an entry without a value holds.
fn zero(ty: Ty) -> Value {
    match ty {
        Ty::Bool => false.into(),
        Ty::Int32 | Ty::Int64 | Ty::Float64 => 0.into(),
        Ty::String | Ty::Bytes => "".into(),
        Ty::Quantity => "0".into(),
        Ty::List(_) => Value::Array(Vec::new()),
        Ty::Struct(_) | Ty::Map(_) => Value::Object(Object::new()),
        _ => Value::Null,
    }
}

fn wrong(field: &Field, wire: Wire<'_>) -> ProtoError {
    ProtoError::WrongType { field: field.go.to_owned(), wire: wire.number() }
}

fn value(field: &'static Field, ty: Ty, wire: Wire<'_>, depth: usize) -> Result<Value, ProtoError> {
    Ok(match (ty, wire) {
        (Ty::Bool, Wire::Varint(n)) => (n != 0).into(),
        (Ty::Int32, Wire::Varint(n)) => i64::from(n.cast_signed() as i32).into(),
        (Ty::Int64, Wire::Varint(n)) => n.cast_signed().into(),
        (Ty::Float64, Wire::Fixed64(bits)) => f64::from_bits(bits).into(),
        (Ty::String, Wire::Bytes(text)) => string(field.json, text)?.into(),
        (Ty::Bytes, Wire::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (Ty::Struct(ty), Wire::Bytes(message)) => {
            let mut object = Object::new();
            structure(ty, &[], message, &mut object, depth)?;
            object.into()
        }
        (ty, Wire::Bytes(message)) => special(field, ty, message, depth)?,
        _ => return Err(wrong(field, wire)),
    })
}

/// Types whose message is not their JSON form.
fn special(field: &'static Field, ty: Ty, message: &[u8], depth: usize) -> Result<Value, ProtoError> {
    match ty {
        Ty::Quantity => match single(message, 1)? {
            Some(Wire::Bytes(text)) => Ok(string(field.json, text)?.into()),
            _ => Ok("0".into()),
        },
        Ty::IntOrString => int_or_string(field, message),
        Ty::Time => Ok(timestamp(field, message)?.map_or(Value::Null, |t| time::rfc3339_seconds(t).into())),
        Ty::MicroTime => Ok(timestamp(field, message)?.map_or(Value::Null, |t| time::rfc3339_micros(t).into())),
        Ty::Duration => match single(message, 1)? {
            Some(Wire::Varint(n)) => Ok(duration_text(n.cast_signed()).into()),
            _ => Ok("0s".into()),
        },
        Ty::FieldsV1 | Ty::RawExtension | Ty::Json => match single(message, 1)? {
            Some(Wire::Bytes(raw)) if !raw.is_empty() => {
                serde_json::from_slice(raw).map_err(|_| ProtoError::BadText(field.json.to_owned()))
            }
            _ => Ok(Value::Null),
        },
        Ty::SchemaOrArray(ty) => schema_or(field, ty, message, depth, 1),
        Ty::SchemaOrStrings(ty) => schema_or(field, ty, message, depth, 1),
        Ty::SchemaOrBool(ty) => schema_or(field, ty, message, depth, 2),
        _ => Err(wrong(field, Wire::Bytes(message))),
    }
}

/// `JSONSchemaPropsOr…`: a schema under `schema_at`, or the alternative under the other number.
fn schema_or(
    field: &'static Field,
    ty: &'static Type,
    message: &[u8],
    depth: usize,
    schema_at: u64,
) -> Result<Value, ProtoError> {
    let mut list = Vec::new();
    let mut allows = false;
    for part in Parts(message) {
        match part? {
            (at, wire) if at == schema_at => return value(field, Ty::Struct(ty), wire, depth),
            (_, Wire::Varint(n)) => allows = n != 0,
            (_, wire @ Wire::Bytes(_)) => {
                let of = if matches!(field.ty, Ty::SchemaOrStrings(_)) { Ty::String } else { Ty::Struct(ty) };
                list.push(value(field, of, wire, depth)?);
            }
            _ => {}
        }
    }
    Ok(if schema_at == 2 { allows.into() } else { list.into() })
}

/// The last value under a number.
fn single(message: &[u8], number: u64) -> Result<Option<Wire<'_>>, ProtoError> {
    let mut found = None;
    for part in Parts(message) {
        let (at, wire) = part?;
        if at == number {
            found = Some(wire);
        }
    }
    Ok(found)
}

fn int_or_string(field: &Field, message: &[u8]) -> Result<Value, ProtoError> {
    let (mut is_text, mut number, mut text) = (false, 0, String::new());
    for part in Parts(message) {
        match part? {
            (1, Wire::Varint(kind)) => is_text = kind == 1,
            (2, Wire::Varint(n)) => number = n.cast_signed() as i32,
            (3, Wire::Bytes(bytes)) => text = string(field.json, bytes)?,
            _ => {}
        }
    }
    Ok(if is_text { text.into() } else { number.into() })
}

/// None for the zero time, which is an empty message.
fn timestamp(field: &Field, message: &[u8]) -> Result<Option<Timestamp>, ProtoError> {
    if message.is_empty() {
        return Ok(None);
    }
    let (mut seconds, mut nanos) = (0_i64, 0_i32);
    for part in Parts(message) {
        match part? {
            (1, Wire::Varint(n)) => seconds = n.cast_signed(),
            (2, Wire::Varint(n)) => nanos = n.cast_signed() as i32,
            _ => {}
        }
    }
    Timestamp::new(seconds, nanos).map(Some).map_err(|_| ProtoError::BadText(field.json.to_owned()))
}

/// Nanoseconds as Go prints a `time.Duration`, e.g. `1h0m0s` or `1.5s`.
pub fn duration_text(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let all = nanos.unsigned_abs();
    let fraction = |whole: u64, rest: u64, digits: usize| {
        let text = format!("{whole}.{rest:0digits$}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let text = match all {
        0 => "0s".to_owned(),
        1..1_000 => format!("{all}ns"),
        1_000..1_000_000 => format!("{}µs", fraction(all / 1_000, all % 1_000, 3)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(all / 1_000_000, all % 1_000_000, 6)),
        _ => {
            let (total, rest) = (all / 1_000_000_000, all % 1_000_000_000);
            let (hours, minutes) = (total / 3600, total / 60 % 60);
            let seconds = fraction(total % 60, rest, 9);
            match (hours, minutes) {
                (0, 0) => format!("{seconds}s"),
                (0, _) => format!("{minutes}m{seconds}s"),
                _ => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[number << 3 | 2, length], content].concat()
    }

    fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &meta), field(2, raw)].concat()
    }

    #[test]
    fn config_maps_decode() {
        let metadata = [field(1, b"cm"), field(2, b""), field(3, b"ns"), field(8, b"")].concat();
        let data = [field(1, b"k"), field(2, b"v")].concat();
        let binary = [field(1, b"b"), field(2, &[0, 255])].concat();
        let raw = [field(1, &metadata), field(2, &data), field(3, &binary), vec![4 << 3, 1]].concat();
        let got = decode(&envelope("v1", "ConfigMap", &raw)).unwrap();
        let expected = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm", "namespace": "ns"},
            "data": {"k": "v"}, "binaryData": {"b": "AP8="}, "immutable": true,
        });
        assert_eq!(got, expected);
    }

    #[test]
    fn embedded_messages_are_flattened() {
        // SecretKeySelector: the name lies in an embedded LocalObjectReference.
        let selector = [field(1, &field(1, b"secret")), field(2, b"key")].concat();
        let ty = schema::by_name("io.k8s.api.core.v1.SecretKeySelector").unwrap();
        let got = decode_message(ty, &selector).unwrap();
        assert_eq!(Value::Object(got), json!({"name": "secret", "key": "key"}));
    }

    #[test]
    fn special_values() {
        let ty = schema::by_name("io.k8s.api.core.v1.ServicePort").unwrap();
        let target = |raw: &[u8]| decode_message(ty, &field(4, raw)).unwrap().get("targetPort").cloned();
        assert_eq!(target(&[8, 0, 16, 80]), Some(json!(80)));
        assert_eq!(target(&[&[8, 1][..], &field(3, b"web")].concat()), Some(json!("web")));
        let durations = [
            (0, "0s"),
            (1_500_000_000, "1.5s"),
            (3_600_000_000_000, "1h0m0s"),
            (-90_000_000_000, "-1m30s"),
            (2_500, "2.5µs"),
        ];
        for (nanos, text) in durations {
            assert_eq!(duration_text(nanos), text);
        }
    }

    #[test]
    fn malformed_bytes_are_refused() {
        assert_eq!(decode(b"{}"), Err(ProtoError::NoMagic));
        assert_eq!(decode(&envelope("v1", "ConfigMap", &[10, 9, 1])), Err(ProtoError::Truncated));
        assert!(matches!(decode(&envelope("v1", "Gizmo", &[])), Err(ProtoError::UnknownKind { .. })));
    }

    proptest! {
        #[test]
        fn never_panics(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            let ty = schema::by_name("io.k8s.api.core.v1.Pod").unwrap();
            let _ = decode_message(ty, &raw);
            let _ = decode(&[MAGIC.to_vec(), raw].concat());
        }
    }
}
