//! The OpenAPI v2 document as protobuf: gnostic's `openapi.v2.Document`, which older clients ask for.
//!
//! A [`Shape`] says how the members of a JSON object become numbered fields; what it does not name and begins with `x-` is a
//! vendor extension, whose value travels as YAML text.
use crate::{
    Value,
    wire::{
        proto_encode::{bytes, number},
        yaml,
    },
};
use serde_json::Map;

/// Media type as answers name it.
pub const MEDIA_TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/// As older clients ask for it.
pub const OLD_MEDIA_TYPE: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/// How a JSON value is written.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Flag,
    /// A message.
    Of(&'static Shape),
    /// A repeated field; a single value counts as one.
    Each(&'static Form),
    /// A message whose field 1 is a list of texts.
    Texts,
    /// A message that wraps another in this field.
    In(u16, &'static Form),
    /// A message whose field 1 or other number holds named values: messages of name and value.
    Named(u16, &'static Form),
    /// Any value, as YAML.
    Any,
    /// A parameter of the body, the path or the query.
    Parameter,
    /// One of a list of parameters, which may be told elsewhere.
    Listed,
}

/// Fields of a message by JSON name.
struct Shape {
    fields: &'static [(&'static str, u16, Form)],
    /// The field of vendor extensions; 0 for none.
    extensions: u16,
}

use Form::{Any, Each, Flag, In, Listed, Named, Of, Parameter, Text, Texts};

static DOCUMENT: Shape = Shape {
    fields: &[
        ("swagger", 1, Text),
        ("info", 2, Of(&INFO)),
        ("paths", 8, Named(2, &Of(&PATH_ITEM))),
        ("definitions", 9, Named(1, &Of(&SCHEMA))),
        ("parameters", 10, Named(1, &Parameter)),
        ("security", 12, Each(&Named(1, &Texts))),
        ("securityDefinitions", 13, Named(1, &In(2, &Of(&API_KEY)))),
    ],
    extensions: 16,
};
static INFO: Shape = Shape { fields: &[("title", 1, Text), ("version", 2, Text)], extensions: 7 };
static API_KEY: Shape =
    Shape { fields: &[("type", 1, Text), ("name", 2, Text), ("in", 3, Text), ("description", 4, Text)], extensions: 5 };
static PATH_ITEM: Shape = Shape {
    fields: &[
        ("get", 2, Of(&OPERATION)),
        ("put", 3, Of(&OPERATION)),
        ("post", 4, Of(&OPERATION)),
        ("delete", 5, Of(&OPERATION)),
        ("options", 6, Of(&OPERATION)),
        ("head", 7, Of(&OPERATION)),
        ("patch", 8, Of(&OPERATION)),
        ("parameters", 9, Each(&Listed)),
    ],
    extensions: 10,
};
static OPERATION: Shape = Shape {
    fields: &[
        ("tags", 1, Each(&Text)),
        ("description", 3, Text),
        ("operationId", 5, Text),
        ("produces", 6, Each(&Text)),
        ("consumes", 7, Each(&Text)),
        ("parameters", 8, Each(&Listed)),
        ("responses", 9, Named(1, &In(1, &Of(&RESPONSE)))),
        ("schemes", 10, Each(&Text)),
    ],
    extensions: 13,
};
static RESPONSE: Shape =
    Shape { fields: &[("description", 1, Text), ("schema", 2, In(1, &Of(&SCHEMA)))], extensions: 5 };
static SCHEMA: Shape = Shape {
    fields: &[
        ("$ref", 1, Text),
        ("format", 2, Text),
        ("description", 4, Text),
        ("required", 19, Each(&Text)),
        ("enum", 20, Each(&Any)),
        ("additionalProperties", 21, In(1, &Of(&SCHEMA))),
        ("type", 22, Texts),
        ("items", 23, In(1, &Of(&SCHEMA))),
        ("properties", 25, Named(1, &Of(&SCHEMA))),
    ],
    extensions: 31,
};
static BODY_PARAMETER: Shape = Shape {
    fields: &[
        ("description", 1, Text),
        ("name", 2, Text),
        ("in", 3, Text),
        ("required", 4, Flag),
        ("schema", 5, Of(&SCHEMA)),
    ],
    extensions: 6,
};
static QUERY_PARAMETER: Shape = Shape {
    fields: &[
        ("required", 1, Flag),
        ("in", 2, Text),
        ("description", 3, Text),
        ("name", 4, Text),
        ("type", 6, Text),
        ("format", 7, Text),
        ("uniqueItems", 20, Flag),
    ],
    extensions: 23,
};
static PATH_PARAMETER: Shape = Shape {
    fields: &[
        ("required", 1, Flag),
        ("in", 2, Text),
        ("description", 3, Text),
        ("name", 4, Text),
        ("type", 5, Text),
        ("format", 6, Text),
        ("uniqueItems", 19, Flag),
    ],
    extensions: 22,
};

static REFERENCE: Shape = Shape { fields: &[("$ref", 1, Text)], extensions: 0 };
static IN_PATH: Form = Of(&PATH_PARAMETER);
static IN_QUERY: Form = Of(&QUERY_PARAMETER);

/// The message of a document of [`super::v2::document`].
pub fn encode(document: &Value) -> Vec<u8> {
    message(&DOCUMENT, document)
}

fn message(shape: &Shape, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let empty = Map::new();
    let members = value.as_object().unwrap_or(&empty);
    for (name, at, form) in shape.fields {
        if let Some(value) = members.get(*name) {
            field(&mut out, *at, form, value);
        }
    }
    for (name, value) in members.iter().filter(|(name, _)| name.starts_with("x-")) {
        bytes(&mut out, shape.extensions, &named(name, &Any, value));
    }
    out
}

fn field(out: &mut Vec<u8>, at: u16, form: &Form, value: &Value) {
    match form {
        Text => bytes(out, at, value.as_str().unwrap_or_default().as_bytes()),
        Flag => number(out, at, u64::from(value == true)),
        Each(form) => {
            for value in value.as_array().into_iter().flatten() {
                field(out, at, form, value);
            }
        }
        form => bytes(out, at, &inner(form, value)),
    }
}

/// The content of a field that is a message.
fn inner(form: &Form, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    match form {
        Text | Flag | Each(_) => field(&mut out, 1, form, value),
        Of(shape) => return message(shape, value),
        Texts if value.is_array() => field(&mut out, 1, &Each(&Text), value),
        Texts => field(&mut out, 1, &Text, value),
        In(at, form) => field(&mut out, *at, form, value),
        Named(at, form) => {
            for (name, value) in value.as_object().into_iter().flatten() {
                bytes(&mut out, *at, &named(name, form, value));
            }
        }
        Any => field(&mut out, 2, &Text, &yaml::write(value).into()),
        Parameter => match value["in"].as_str() {
            Some("body") => field(&mut out, 1, &Of(&BODY_PARAMETER), value),
            Some("path") => field(&mut out, 2, &In(4, &IN_PATH), value),
            _ => field(&mut out, 2, &In(3, &IN_QUERY), value),
        },
        Listed if value.get("$ref").is_some() => field(&mut out, 2, &Of(&REFERENCE), value),
        Listed => field(&mut out, 1, &Parameter, value),
    }
    out
}

fn named(name: &str, form: &Form, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    bytes(&mut out, 1, name.as_bytes());
    field(&mut out, 2, form, value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_numbered() {
        let check = |value: Value, want: &[u8]| assert_eq!(encode(&value), want);
        check(json!({"swagger": "2.0"}), b"\x0a\x032.0");
        check(json!({"info": {"title": "K", "version": "v"}}), b"\x12\x06\x0a\x01K\x12\x01v");
        check(json!({"security": [{"B": []}]}), b"\x62\x07\x0a\x05\x0a\x01B\x12\x00");
        check(json!({"x-a": 1}), b"\x82\x01\x0b\x0a\x03x-a\x12\x04\x12\x021\n");
    }

    #[test]
    fn parameters_are_wrapped() {
        let parameter = |value: Value| inner(&Listed, &value);
        assert_eq!(parameter(json!({"in": "body", "name": "b"})), b"\x0a\x0b\x0a\x09\x12\x01b\x1a\x04body");
        let path = parameter(json!({"in": "path", "name": "n", "required": true}));
        assert_eq!(path, b"\x0a\x0f\x12\x0d\x22\x0b\x08\x01\x12\x04path\x22\x01n");
    }
}
