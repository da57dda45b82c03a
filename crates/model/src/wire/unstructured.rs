//! What Go's conversion of untyped maps into a type refuses: strategic merge patch and apply go that way, and word their
//! refusals otherwise than JSON decoding does.
use super::decode::decode_tree;
use crate::{
    Value,
    schema::{Ty, Type},
};
use std::borrow::Cow;

/// Turns `tree` into what a `ty` holds: numbers take the width of their fields, as Go's conversion has them wrap.
///
/// # Errors
/// Upstream's text of the first thing that cannot be turned.
pub fn convert(ty: &'static Type, tree: &mut Value) -> Result<(), String> {
    if tree.is_object() {
        for field in ["kind", "apiVersion"] {
            if let Some(value) = tree.get_mut(field) {
                simple(Ty::String, "string".into(), value)?;
            }
        }
    }
    structure(ty, tree)?;
    // What is left are types that read themselves; their own errors are all that is said.
    decode_tree(ty, tree).map(drop).map_err(|e| {
        let base64 = base64_error(&e.0);
        if base64 { format!("error decoding from json: {}", e.0) } else { of_value(&e.0) }
    })
}

/// A type that reads itself does not know in which field it stands.
fn of_value(text: &str) -> String {
    match (text.split_once(" into Go struct field "), text.rsplit_once(" of type ")) {
        (Some((what, _)), Some((_, ty))) => format!("{what} into Go value of type {ty}"),
        _ => text.to_owned(),
    }
}

fn base64_error(text: &str) -> bool {
    text.starts_with("illegal base64 data")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}

fn structure(ty: &'static Type, value: &mut Value) -> Result<(), String> {
    let Value::Object(map) = value else { return Err(format!("cannot restore struct from: {}", kind(value))) };
    for field in ty.fields {
        if let Some(value) = map.get_mut(field.json) {
            member(field.ty, field.go_ty(), value)?;
        }
    }
    Ok(())
}

fn member(ty: Ty, named: Cow<'static, str>, value: &mut Value) -> Result<(), String> {
    if value.is_null() {
        return Ok(());
    }
    match ty {
        Ty::Bool | Ty::Int32 | Ty::Int64 | Ty::Float64 | Ty::String => simple(ty, named, value),
        Ty::Struct(inner) => structure(inner, value),
        Ty::List(inner) => match value {
            Value::Array(items) => items.iter_mut().try_for_each(|item| member(*inner, inner.go(), item)),
            other => Err(format!("cannot restore slice from {}", kind(other))),
        },
        Ty::Map(inner) => match value {
            Value::Object(map) => map.values_mut().try_for_each(|item| member(*inner, inner.go(), item)),
            other => Err(format!("cannot restore map from {}", kind(other))),
        },
        Ty::Bytes if !value.is_string() && !value.is_array() => {
            Err(format!("cannot restore slice from {}", kind(value)))
        }
        _ => Ok(()),
    }
}

/// Numbers become texts in Go's own conversion, which is refused by its name; all else has no conversion.
fn simple(ty: Ty, named: Cow<'static, str>, value: &mut Value) -> Result<(), String> {
    let wanted = ty.go();
    match (ty, &*value) {
        (_, Value::Null) | (Ty::Bool, Value::Bool(_)) | (Ty::String, Value::String(_)) => Ok(()),
        (Ty::Float64, Value::Number(_)) => Ok(()),
        (Ty::Int32 | Ty::Int64, Value::Number(number)) => {
            let whole = whole(number).ok_or_else(|| format!("cannot convert float64 to {named}"))?;
            *value = if matches!(ty, Ty::Int32) { wrapped(whole).into() } else { whole.into() };
            Ok(())
        }
        (Ty::String, Value::Number(number)) if !number.is_f64() => Err(format!("cannot convert int64 to {named}")),
        _ => Err(format!("unrecognized type: {wanted}")),
    }
}

fn whole(number: &serde_json::Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be whole; beyond the range it is cut as Go cuts it"
    )]
    number.as_f64().filter(|amount| amount.fract() == 0.0).map(|amount| amount as i64)
}

#[expect(clippy::cast_possible_truncation, reason = "Go's conversion keeps the low bits")]
fn wrapped(whole: i64) -> i32 {
    whole as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use serde_json::json;

    #[test]
    fn refusals_are_those_of_the_conversion() {
        let pod = |tree: Value, want: &str| {
            let ty = schema::by_kind("", "v1", "Pod").unwrap();
            let mut converted = tree.clone();
            assert_eq!(convert(ty, &mut converted).err().unwrap_or_default(), want, "{tree}");
        };
        pod(json!({"kind": "Any", "metadata": null, "spec": {"containers": [{"name": "a"}, null]}}), "");
        pod(json!({"kind": 7}), "cannot convert int64 to string");
        pod(json!({"spec": []}), "cannot restore struct from: slice");
        pod(json!({"spec": {"containers": {}}}), "cannot restore slice from map");
        pod(json!({"spec": {"nodeSelector": "s"}}), "cannot restore map from string");
        pod(json!({"spec": {"nodeSelector": {"a": true}}}), "unrecognized type: string");
        pod(json!({"spec": {"restartPolicy": 7}}), "cannot convert int64 to v1.RestartPolicy");
        pod(json!({"spec": {"priority": "x"}}), "unrecognized type: int32");
        pod(json!({"spec": {"priority": 1.5}}), "cannot convert float64 to int32");
        pod(json!({"spec": {"priority": 2.0}}), "");
        pod(json!({"spec": {"hostNetwork": "x"}}), "unrecognized type: bool");
        pod(
            json!({"metadata": {"creationTimestamp": 7}}),
            "json: cannot unmarshal number into Go value of type string",
        );
        let mut wide = json!({"spec": {"priority": 2_147_483_648_u64}});
        convert(schema::by_kind("", "v1", "Pod").unwrap(), &mut wide).unwrap();
        assert_eq!(wide["spec"]["priority"], -2_147_483_648_i64);
        let secret = |tree: Value, want: &str| {
            let ty = schema::by_kind("", "v1", "Secret").unwrap();
            let mut converted = tree.clone();
            assert_eq!(convert(ty, &mut converted).err().unwrap_or_default(), want, "{tree}");
        };
        secret(json!({"data": {"a": "!"}}), "error decoding from json: illegal base64 data at input byte 0");
        secret(json!({"data": {"a": 7}}), "cannot restore slice from int64");
    }
}
