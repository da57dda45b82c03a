//! Compares the table with published OpenAPI v3 documents: names, required fields, enums, list types, kinds.
use crate::schema::resolve::{Field, List, Type};
use anyhow::{Result, bail};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// # Errors
/// Names every difference.
pub fn check(types: &BTreeMap<String, Type>, dir: &Path) -> Result<()> {
    let mut differences = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let document: Value = serde_json::from_slice(&std::fs::read(entry?.path())?)?;
        let Some(schemas) = document["components"]["schemas"].as_object() else { continue };
        for (name, schema) in schemas {
            match types.get(name) {
                Some(ty) => check_type(ty, schema, &mut differences),
                None if schema["properties"].is_object() && !name.ends_with("version.Info") => {
                    differences.push(format!("{name}: missing"))
                }
                None => {}
            }
        }
    }
    differences.sort();
    differences.dedup();
    if differences.is_empty() { Ok(()) } else { bail!("{}", differences.join("\n")) }
}

fn check_type(ty: &Type, schema: &Value, differences: &mut Vec<String>) {
    let empty = serde_json::Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    let mut differ = |what: String| differences.push(format!("{}: {what}", ty.name));
    if (schema["x-kubernetes-map-type"] == "atomic") != ty.atomic {
        differ("map type".into());
    }
    for field in &ty.fields {
        let Some(property) = properties.get(&field.json) else {
            differ(format!("{} is not published", field.json));
            continue;
        };
        let required = schema["required"].as_array().is_some_and(|r| r.iter().any(|v| v == field.json.as_str()));
        if required != field.required {
            differ(format!("{} required {required}", field.json));
        }
        check_field(field, property, &mut differ);
    }
    for name in properties.keys().filter(|name| !ty.fields.iter().any(|f| f.json == **name)) {
        differ(format!("{name} is missing"));
    }
}

fn check_field(field: &Field, property: &Value, differ: &mut impl FnMut(String)) {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(Into::into)).collect()
    };
    let mut published = texts(&property["enum"]);
    published.extend(texts(&property["items"]["enum"]));
    published.sort();
    if published != field.enumeration {
        differ(format!("{} enum {published:?} not {:?}", field.json, field.enumeration));
    }
    let list = match property["x-kubernetes-list-type"].as_str() {
        Some("set") => List::Set,
        Some("map") => List::Map(texts(&property["x-kubernetes-list-map-keys"])),
        _ => List::Atomic,
    };
    if list != field.list {
        differ(format!("{} list {list:?} not {:?}", field.json, field.list));
    }
    if (property["x-kubernetes-map-type"] == "atomic") != field.map_atomic {
        differ(format!("{} map type", field.json));
    }
    if property["x-kubernetes-patch-merge-key"].as_str().unwrap_or_default() != field.merge_key {
        differ(format!("{} merge key", field.json));
    }
    let default = property["default"].to_string();
    if !["null", "{}", "\"\"", "0", "false"].contains(&default.as_str()) && default != field.default {
        differ(format!("{} default {default} not {}", field.json, field.default));
    }
}
