//! Checks an applied object against its type: structured-merge-diff's validation, with its texts.
use super::compare::{Walk, key_value, walk_of};
use crate::{
    Value,
    schema::{Field, Ty, Type},
};
use std::collections::BTreeSet;

/// What is wrong with `tree` as an object of type `ty`, as upstream prints it.
///
/// # Errors
/// Everything that is wrong, in one text.
pub fn check(ty: &'static Type, tree: &Value) -> Result<(), String> {
    let mut errors = Vec::new();
    object(ty, tree, "", &mut errors);
    match &errors[..] {
        [] => Ok(()),
        [one] => Err(one.clone()),
        many => Err(format!("errors:\n  {}", many.join("\n  "))),
    }
}

fn report(path: &str, text: &str, errors: &mut Vec<String>) {
    errors.push(if path.is_empty() { text.to_owned() } else { format!("{path}: {text}") });
}

/// A value as Go's `%#v` prints it inside an interface.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".into(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(it) => format!("{it:?}"),
        Value::Array(items) => {
            format!("[]interface {{}}{{{}}}", items.iter().map(go_syntax).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<String> = map.iter().map(|(k, v)| format!("{k:?}:{}", go_syntax(v))).collect();
            format!("map[string]interface {{}}{{{}}}", entries.join(", "))
        }
    }
}

/// The same as `%v` prints it.
fn go_plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(it) => it.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_plain).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let entries: Vec<String> = map.iter().map(|(k, v)| format!("{k}:{}", go_plain(v))).collect();
            format!("map[{}]", entries.join(" "))
        }
        other => other.to_string(),
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(it) if it.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn object(ty: &'static Type, tree: &Value, path: &str, errors: &mut Vec<String>) {
    let Value::Object(map) = tree else {
        if !tree.is_null() {
            report(path, &format!("expected map, got &{{{}}}", go_plain(tree)), errors);
        }
        return;
    };
    for (name, value) in map {
        let below = format!("{path}.{name}");
        let Some(field) = ty.field(name) else {
            // Upstream looks no further in this object.
            return report(&below, "field not declared in schema", errors);
        };
        visit(field.ty, Some(field), value, &below, errors);
    }
}

fn visit(ty: Ty, field: Option<&'static Field>, value: &Value, path: &str, errors: &mut Vec<String>) {
    if value.is_null() {
        return;
    }
    match ty {
        Ty::Bool if !value.is_boolean() => {
            report(path, &format!("expected boolean, got &{{{}}}", go_plain(value)), errors);
        }
        Ty::Int32 | Ty::Int64 | Ty::Float64 if !value.is_number() => {
            report(path, &format!("expected numeric (int or float), got {}", go_type(value)), errors);
        }
        Ty::String | Ty::Bytes if !value.is_string() => {
            let got = format!("expected string, got &value.valueUnstructured{{Value:{}}}", go_syntax(value));
            report(path, &got, errors);
        }
        Ty::Quantity | Ty::IntOrString | Ty::Time | Ty::MicroTime | Ty::Duration
            if value.is_array() || value.is_object() =>
        {
            report(path, &format!("expected any scalar, got &{{{}}}", go_plain(value)), errors);
        }
        Ty::Struct(inner) => object(inner, value, path, errors),
        Ty::Map(inner) => match value {
            Value::Object(map) => {
                map.iter().for_each(|(name, value)| visit(*inner, None, value, &format!("{path}.{name}"), errors));
            }
            _ => report(path, &format!("expected map, got &{{{}}}", go_plain(value)), errors),
        },
        Ty::List(inner) => match value {
            Value::Array(items) => list(*inner, walk_of(ty, field), items, path, errors),
            _ => report(path, &format!("expected list, got &{{{}}}", go_plain(value)), errors),
        },
        _ => {}
    }
}

fn list(inner: Ty, walk: Walk, items: &[Value], path: &str, errors: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let step = match element(inner, walk, index, item) {
            Ok(step) => step,
            Err(why) => return report(path, &format!("element {index}: {why}"), errors),
        };
        if !seen.insert(step.clone()) {
            report(path, &format!("duplicate entries for key {step}"), errors);
        }
        visit(inner, None, item, &format!("{path}{step}"), errors);
    }
}

/// How upstream names an item of a list in a path.
fn element(inner: Ty, walk: Walk, index: usize, item: &Value) -> Result<String, String> {
    match walk {
        Walk::Set => match item {
            Value::Object(_) => Err("associative list without keys has an element that's a map type".into()),
            Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
            Value::Null => Err("associative list without keys has an element that's an explicit null".into()),
            scalar => Ok(format!("[={scalar}]")),
        },
        Walk::List(_, keys) => {
            if item.is_null() {
                return Err("associative list with keys may not have a null element".into());
            }
            if !item.is_object() {
                return Err("associative list with keys may not have non-map elements".into());
            }
            let mut keys: Vec<&str> = keys.to_vec();
            let named = format!("[{}]", keys.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(" "));
            keys.sort_unstable();
            let values = keys.iter().filter_map(|key| Some(format!("{key}={}", key_value(inner, key, item)?)));
            let values: Vec<String> = values.collect();
            if values.is_empty() {
                return Err(format!(
                    "associative list with keys has an element that omits all key fields {named} (and doesn't have \
                     default values for any key fields)"
                ));
            }
            Ok(format!("[{}]", values.join(",")))
        }
        _ => Ok(format!("[{index}]")),
    }
}
