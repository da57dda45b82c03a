//! Component schemas of the types that a document's paths reach.
use super::META;
use crate::{
    Value,
    schema::{self, Described, Descriptions, Field, ListKind, Presence, Strategy, Ty, Type, Union},
};
use serde_json::{Map, json};

/// Groups and versions that a document is about.
type Homes<'h> = [(&'h str, &'h str)];

/// Schemas of everything that `root` refers to, directly or not, as a document about these group versions holds them.
pub fn components(root: &Value, homes: &Homes<'_>, texts: &Descriptions) -> Map<String, Value> {
    let mut schemas = Map::new();
    let mut queue = Vec::new();
    references(root, &mut queue);
    while let Some(name) = queue.pop() {
        if schemas.contains_key(&name) {
            continue;
        }
        let made = named(&name, homes, texts);
        references(&made, &mut queue);
        schemas.insert(name, made);
    }
    schemas
}

fn references(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "$ref" => out.extend(text.rsplit('/').next().map(str::to_owned)),
                    value => references(value, out),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, out)),
        _ => {}
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schema of a component. Types that the table does not hold have a form of their own.
fn named(name: &str, homes: &Homes<'_>, texts: &Descriptions) -> Value {
    let mut out = match schema::by_name(name) {
        Some(ty) => structure(ty, homes, texts),
        None => special_form(name),
    };
    if let Some(text) = texts.of(name).map(Described::text).filter(|text| !text.is_empty()) {
        out["description"] = text.into();
    }
    out
}

fn special_form(name: &str) -> Value {
    match name.rsplit('.').next().unwrap_or_default() {
        "Info" => version_info(),
        "Quantity" => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
        "IntOrString" => json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}),
        "Time" | "MicroTime" => json!({"type": "string", "format": "date-time"}),
        "Duration" => json!({"type": "string"}),
        "FieldsV1" | "RawExtension" | "Patch" => json!({"type": "object"}),
        _ => json!({}),
    }
}

fn structure(ty: &Type, homes: &Homes<'_>, texts: &Descriptions) -> Value {
    let mut out = Map::from_iter([("type".to_owned(), json!("object"))]);
    if !ty.fields.is_empty() {
        let described = texts.of(ty.name);
        let text = |field: &Field| described.and_then(|of| of.field(field.json)).or_else(|| common_text(field, texts));
        let property = |f: &Field| (f.json.to_owned(), property(f, text(f)));
        let properties: Map<String, Value> = ty.fields.iter().map(property).collect();
        out.insert("properties".into(), Value::Object(properties));
    }
    let mut required: Vec<&str> = ty.fields.iter().filter(|f| f.required).map(|f| f.json).collect();
    if !required.is_empty() {
        required.sort_unstable();
        out.insert("required".into(), json!(required));
    }
    let kinds = kinds(ty, homes);
    if !kinds.is_empty() {
        out.insert("x-kubernetes-group-version-kind".into(), Value::Array(kinds));
    }
    if ty.atomic {
        out.insert("x-kubernetes-map-type".into(), json!("atomic"));
    }
    if let Some(union) = union(ty) {
        out.insert("x-kubernetes-unions".into(), json!([union]));
    }
    Value::Object(out)
}

/// The texts of fields that all kinds and lists have alike; the dependency describes no list kinds.
fn common_text<'t>(field: &Field, texts: &'t Descriptions) -> Option<&'t str> {
    let is_list_meta = matches!(field.ty, Ty::Struct(ty) if ty.name.ends_with(".ListMeta"));
    let common = matches!(field.json, "kind" | "apiVersion") || (field.json == "metadata" && is_list_meta);
    texts.of(&format!("{META}.Status"))?.field(field.json).filter(|_| common)
}

/// The kinds that a type stands for. Deletions and watches speak these of meta/v1 under every group.
fn kinds(ty: &Type, homes: &Homes<'_>) -> Vec<Value> {
    let Some((own_group, own_version, kind)) = ty.group_version_kind else { return Vec::new() };
    let mut kinds = vec![json!({"group": own_group, "version": own_version, "kind": kind})];
    let everywhere = ty.name.starts_with(META) && matches!(kind, "DeleteOptions" | "WatchEvent");
    for (group, version) in homes.iter().filter(|home| everywhere && **home != (own_group, own_version)) {
        kinds.push(json!({"group": group, "version": version, "kind": kind}));
    }
    kinds
}

fn union(ty: &Type) -> Option<Value> {
    let members: Map<String, Value> =
        ty.fields.iter().filter(|f| f.union == Union::Member).map(|f| (f.json.to_owned(), json!(f.go))).collect();
    if members.is_empty() {
        return None;
    }
    let mut union = json!({ "fields-to-discriminateBy": members });
    if let Some(field) = ty.fields.iter().find(|f| f.union == Union::Discriminator) {
        union["discriminator"] = json!(field.json);
    }
    Some(union)
}

fn property(field: &Field, text: Option<&str>) -> Value {
    let is_value = !matches!(field.presence, Presence::Pointer | Presence::AlwaysPointer);
    let mut out = match &field.ty {
        Ty::Struct(of) if !is_value && !field.documented && field.strategy == Strategy::None => {
            return reference(of.name);
        }
        Ty::Struct(of) => embedded(of.name, is_value),
        Ty::List(of) => json!({"type": "array", "items": element(of, field)}),
        Ty::Map(of) => json!({"type": "object", "additionalProperties": element(of, field)}),
        ty => leaf(ty, field),
    };
    if !field.default.is_empty() {
        out["default"] = serde_json::from_str(field.default).expect("declared defaults are JSON");
    } else if let Some(zero) = zero(&field.ty).filter(|_| field.presence == Presence::Always) {
        out["default"] = zero;
    }
    if field.documented {
        describe(&mut out, field, text.unwrap_or_default());
    }
    extensions(&mut out, field);
    out
}

/// The text, and the values of an enumeration below it.
fn describe(out: &mut Value, field: &Field, text: &str) {
    let mut text = text.to_owned();
    if !field.enumeration.is_empty() && matches!(field.ty, Ty::String) {
        let values: Vec<String> = field.enumeration.iter().map(|value| format!(" - `{value:?}`")).collect();
        text.push_str(&format!("\n\nPossible enum values:\n{}", values.join("\n")));
    }
    if !text.is_empty() {
        out["description"] = text.into();
    }
}

fn extensions(out: &mut Value, field: &Field) {
    match field.list {
        ListKind::Set => out["x-kubernetes-list-type"] = json!("set"),
        ListKind::Map(keys) => {
            out["x-kubernetes-list-type"] = json!("map");
            out["x-kubernetes-list-map-keys"] = json!(keys);
        }
        ListKind::Atomic if field.list_atomic => out["x-kubernetes-list-type"] = json!("atomic"),
        ListKind::Atomic => {}
    }
    if field.map_atomic {
        out["x-kubernetes-map-type"] = json!("atomic");
    }
    if field.map_granular {
        out["x-kubernetes-map-type"] = json!("granular");
    }
    let strategy = match field.strategy {
        Strategy::None => "",
        Strategy::Merge => "merge",
        Strategy::Replace => "replace",
        Strategy::RetainKeys => "retainKeys",
        Strategy::MergeRetainKeys => "merge,retainKeys",
    };
    if !strategy.is_empty() {
        out["x-kubernetes-patch-strategy"] = json!(strategy);
    }
    if !field.merge_key.is_empty() {
        out["x-kubernetes-patch-merge-key"] = json!(field.merge_key);
    }
}

/// A struct inside another; plain values default to the empty object.
fn embedded(name: &str, is_value: bool) -> Value {
    let mut out = json!({ "allOf": [reference(name)] });
    if is_value {
        out["default"] = json!({});
    }
    out
}

/// An element of a list or map.
fn element(of: &Ty, field: &Field) -> Value {
    match of {
        Ty::Struct(of) => embedded(of.name, true),
        Ty::List(of) => json!({"type": "array", "items": element(of, field)}),
        Ty::Map(of) => json!({"type": "object", "additionalProperties": element(of, field)}),
        of => {
            let mut out = match special(of) {
                Some(name) => return reference(name),
                None => leaf(of, field),
            };
            if let Some(zero) = zero(of) {
                out["default"] = zero;
            }
            out
        }
    }
}

fn leaf(ty: &Ty, field: &Field) -> Value {
    let mut out = match ty {
        Ty::Bool => json!({"type": "boolean"}),
        Ty::Int32 => json!({"type": "integer", "format": "int32"}),
        Ty::Int64 => json!({"type": "integer", "format": "int64"}),
        Ty::Float64 => json!({"type": "number", "format": "double"}),
        Ty::Bytes => json!({"type": "string", "format": "byte"}),
        Ty::Json if field.go_type == "interface {}" => json!({"type": "object"}),
        ty => match special(ty) {
            Some(name) => json!({ "allOf": [reference(name)] }),
            None => json!({"type": "string"}),
        },
    };
    if !field.enumeration.is_empty() {
        out["enum"] = json!(field.enumeration);
    }
    out
}

/// Component names of types with a JSON form of their own.
fn special(ty: &Ty) -> Option<&'static str> {
    Some(match ty {
        Ty::Quantity => "io.k8s.apimachinery.pkg.api.resource.Quantity",
        Ty::IntOrString => "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        Ty::Time => "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
        Ty::MicroTime => "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
        Ty::Duration => "io.k8s.apimachinery.pkg.apis.meta.v1.Duration",
        Ty::FieldsV1 => "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
        Ty::RawExtension => "io.k8s.apimachinery.pkg.runtime.RawExtension",
        Ty::Json => "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
        Ty::SchemaOrArray(_) => "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray",
        Ty::SchemaOrBool(_) => "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
        Ty::SchemaOrStrings(_) => {
            "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray"
        }
        _ => return None,
    })
}

/// The default that upstream publishes of a scalar which is always written.
fn zero(ty: &Ty) -> Option<Value> {
    match ty {
        Ty::Bool => Some(json!(false)),
        Ty::Int32 | Ty::Int64 | Ty::Float64 => Some(json!(0)),
        Ty::String => Some(json!("")),
        _ => None,
    }
}

/// `version.Info`, which is no API type.
fn version_info() -> Value {
    let required =
        ["buildDate", "compiler", "gitCommit", "gitTreeState", "gitVersion", "goVersion", "major", "minor", "platform"];
    let optional = ["emulationMajor", "emulationMinor", "minCompatibilityMajor", "minCompatibilityMinor"];
    let mut properties: Map<String, Value> =
        required.iter().map(|name| ((*name).to_owned(), json!({"type": "string", "default": ""}))).collect();
    properties.extend(optional.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))));
    json!({"type": "object", "required": required, "properties": properties})
}
