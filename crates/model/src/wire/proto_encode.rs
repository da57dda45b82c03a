//! Trees of API objects out as protobuf: upstream's `generated.proto` through the schema table, the inverse of
//! [`super::proto_decode`]. Zero values of fields that are not pointers are left out, which readers cannot tell from zeroes.
use super::proto_decode::MAGIC;
use crate::{
    Object, Value,
    schema::{self, Field, Ty, Type},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;

/// Media type of objects in protobuf.
pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// The object in its envelope; None if its kind has no protobuf form.
pub fn encode(object: &Value) -> Option<Vec<u8>> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let ty = schema::by_kind(group, version, kind)?;
    Some(envelope(api_version, kind, &encode_message(ty, object)))
}

/// A message in the envelope that names its kind.
pub fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let mut meta = Vec::with_capacity(api_version.len() + kind.len() + 4);
    bytes(&mut meta, 1, api_version.as_bytes());
    bytes(&mut meta, 2, kind.as_bytes());
    let mut out = Vec::with_capacity(raw.len() + meta.len() + 24);
    out.extend_from_slice(MAGIC);
    bytes(&mut out, 1, &meta);
    bytes(&mut out, 2, raw);
    bytes(&mut out, 3, b"");
    bytes(&mut out, 4, b"");
    out
}

/// The message of an object of a known type, without envelope.
pub fn encode_message(ty: &Type, object: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    if let Value::Object(object) = object {
        structure(ty, &[], object, &mut out);
    }
    out
}

/// A `WatchEvent` with an object in its envelope, framed by its length as streams carry it.
pub fn watch_frame(kind: &str, object: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(object.len() + 8);
    bytes(&mut raw, 1, object);
    let mut event = Vec::with_capacity(raw.len() + kind.len() + 16);
    bytes(&mut event, 1, kind.as_bytes());
    bytes(&mut event, 2, &raw);
    let length = u32::try_from(event.len()).expect("objects are smaller than 4 GiB");
    [&length.to_be_bytes()[..], &event].concat()
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn number(out: &mut Vec<u8>, field: u16, value: u64) {
    varint(out, u64::from(field) << 3);
    varint(out, value);
}

pub(crate) fn bytes(out: &mut Vec<u8>, field: u16, content: &[u8]) {
    varint(out, u64::from(field) << 3 | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// Writes the fields that lie under the embedded messages `within`, by number.
fn structure(ty: &Type, within: &[u16], object: &Object, out: &mut Vec<u8>) {
    let mut parts: Vec<(u16, Vec<u8>)> = Vec::new();
    for field in ty.fields.iter().filter(|f| f.proto != 0 && f.proto_in.starts_with(within)) {
        if let Some(embedded) = field.proto_in.get(within.len()) {
            if !parts.iter().any(|(number, _)| number == embedded) {
                let path = [within, &[*embedded]].concat();
                let mut inner = Vec::new();
                structure(ty, &path, object, &mut inner);
                let mut part = Vec::new();
                if !inner.is_empty() {
                    bytes(&mut part, *embedded, &inner);
                }
                parts.push((*embedded, part));
            }
        } else if let Some(value) = object.get(field.json).filter(|v| !v.is_null()) {
            let mut part = Vec::new();
            member(field, value, &mut part);
            parts.push((field.proto, part));
        }
    }
    parts.sort_by_key(|(number, _)| *number);
    parts.iter().for_each(|(_, part)| out.extend_from_slice(part));
}

fn member(field: &Field, value: &Value, out: &mut Vec<u8>) {
    match (field.ty, value) {
        (Ty::List(of), Value::Array(items)) => items.iter().for_each(|item| single(field.proto, *of, item, out)),
        (Ty::Map(of), Value::Object(map)) => {
            for (key, item) in map {
                let mut entry = Vec::new();
                bytes(&mut entry, 1, key.as_bytes());
                match (of, item) {
                    (Ty::List(of), Value::Array(items)) => {
                        let mut list = Vec::new();
                        items.iter().for_each(|item| single(1, **of, item, &mut list));
                        bytes(&mut entry, 2, &list);
                    }
                    _ => single(2, *of, item, &mut entry),
                }
                bytes(out, field.proto, &entry);
            }
        }
        (ty, value) => single(field.proto, ty, value, out),
    }
}

fn single(field: u16, ty: Ty, value: &Value, out: &mut Vec<u8>) {
    let text = || value.as_str().unwrap_or_default();
    let mut inner = Vec::new();
    match ty {
        Ty::Bool => return number(out, field, u64::from(value.as_bool().unwrap_or_default())),
        Ty::Int32 | Ty::Int64 => return number(out, field, value.as_i64().unwrap_or_default().cast_unsigned()),
        Ty::Float64 => {
            varint(out, u64::from(field) << 3 | 1);
            return out.extend_from_slice(&value.as_f64().unwrap_or_default().to_le_bytes());
        }
        Ty::String => return bytes(out, field, text().as_bytes()),
        Ty::Bytes => return bytes(out, field, &STANDARD.decode(text()).unwrap_or_default()),
        Ty::Struct(ty) => inner = encode_message(ty, value),
        Ty::Quantity => match value {
            Value::String(text) => bytes(&mut inner, 1, text.as_bytes()),
            other => bytes(&mut inner, 1, other.to_string().as_bytes()),
        },
        Ty::IntOrString => int_or_string(value, &mut inner),
        Ty::Time | Ty::MicroTime => timestamp(text(), &mut inner),
        Ty::Duration => number(&mut inner, 1, duration_nanos(text()).cast_unsigned()),
        Ty::FieldsV1 | Ty::RawExtension | Ty::Json => bytes(&mut inner, 1, &super::encode_untyped(value)),
        Ty::SchemaOrArray(ty) | Ty::SchemaOrStrings(ty) => schema_or(ty, value, 1, 2, &mut inner),
        Ty::SchemaOrBool(ty) => schema_or(ty, value, 2, 1, &mut inner),
        // Lists of lists and of maps occur in no API type.
        Ty::List(_) | Ty::Map(_) => return,
    }
    bytes(out, field, &inner);
}

fn int_or_string(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::String(text) => {
            number(out, 1, 1);
            number(out, 2, 0);
            bytes(out, 3, text.as_bytes());
        }
        other => {
            number(out, 1, 0);
            number(out, 2, other.as_i64().unwrap_or_default().cast_unsigned());
            bytes(out, 3, b"");
        }
    }
}

fn timestamp(text: &str, out: &mut Vec<u8>) {
    if let Ok(time) = text.parse::<Timestamp>() {
        number(out, 1, time.as_second().cast_unsigned());
        number(out, 2, i64::from(time.subsec_nanosecond()).cast_unsigned());
    }
}

fn schema_or(ty: &Type, value: &Value, schema_at: u16, other_at: u16, out: &mut Vec<u8>) {
    match value {
        Value::Bool(allows) => number(out, other_at, u64::from(*allows)),
        Value::Array(items) => items.iter().for_each(|item| match item {
            Value::String(text) => bytes(out, other_at, text.as_bytes()),
            schema => bytes(out, other_at, &encode_message(ty, schema)),
        }),
        schema => {
            if schema_at == 2 {
                number(out, other_at, 1);
            }
            bytes(out, schema_at, &encode_message(ty, schema));
        }
    }
}

/// Nanoseconds of a Go duration text such as `1h0m0.5s`; what does not parse is zero.
fn duration_nanos(text: &str) -> i64 {
    const UNITS: &[(&str, f64)] =
        &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut nanos = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (amount, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else { return 0 };
        nanos += amount.parse::<f64>().unwrap_or(0.0) * scale;
        rest = tail;
    }
    let nanos = nanos.round() as i64;
    if negative { -nanos } else { nanos }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::proto_decode::decode;
    use serde_json::json;

    fn check(object: Value) {
        let encoded = encode(&object).unwrap();
        assert_eq!(decode(&encoded).unwrap(), object);
    }

    #[test]
    fn objects_read_back() {
        check(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "y"}, "creationTimestamp": "2026-01-02T03:04:05Z"},
            "data": {"k": "v"}, "binaryData": {"b": "AP8="}, "immutable": false,
        }));
        check(json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "d", "generation": 3, "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}]},
            "spec": {
                "replicas": 0, "selector": {"matchLabels": {"a": "b"}},
                "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
                "template": {"spec": {"containers": [{
                    "name": "c",
                    "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": true}}}],
                    "livenessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 5},
                    "resources": {"limits": {"cpu": "100m", "memory": "1Gi"}},
                }], "volumes": [{"name": "v", "emptyDir": {}}], "terminationGracePeriodSeconds": 30}},
            },
        }));
        check(json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
            "spec": {"renewTime": "2026-01-02T03:04:05.000006Z", "leaseDurationSeconds": 40},
        }));
        check(json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
            "status": {"user": {"username": "u", "extra": {"a": ["b", "c"]}}},
        }));
    }

    #[test]
    fn durations() {
        for (text, nanos) in
            [("1h0m0s", 3_600_000_000_000), ("-1m30s", -90_000_000_000), ("1.5s", 1_500_000_000), ("2.5µs", 2500)]
        {
            assert_eq!(duration_nanos(text), nanos, "{text}");
        }
    }

    #[test]
    fn frames_start_with_their_length() {
        let frame = watch_frame("ADDED", b"x");
        assert_eq!(u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize, frame.len() - 4);
    }
}
