//! Operations of a path: ids, parameters, bodies and answers of each verb.
use crate::{
    Value,
    schema::{self, Ty},
};
use serde_json::{Map, json};

/// Media types of answers.
pub const MEDIA: &[&str] = &["application/json", "application/vnd.kubernetes.protobuf", "application/yaml"];
const WATCH_MEDIA: &[&str] = &[
    "application/json",
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf",
    "application/vnd.kubernetes.protobuf;stream=watch",
    "application/yaml",
];
const PATCH_MEDIA: &[&str] = &[
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];
const LIST_PARAMETERS: &[&str] = &[
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "shardSelector",
    "timeoutSeconds",
    "watch",
];
const WRITE_PARAMETERS: &[&str] = &["dryRun", "fieldManager", "fieldValidation"];
const DELETE_PARAMETERS: &[&str] = &[
    "dryRun",
    "gracePeriodSeconds",
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "orphanDependents",
    "propagationPolicy",
];
const BOOLEANS: &[&str] = &[
    "allowWatchBookmarks",
    "force",
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "orphanDependents",
    "sendInitialEvents",
    "watch",
];
const INTEGERS: &[&str] = &["gracePeriodSeconds", "limit", "timeoutSeconds"];

/// An operation of one method of a path.
#[derive(Debug)]
pub struct Operation {
    pub method: &'static str,
    pub id: String,
    /// `x-kubernetes-action`.
    pub action: &'static str,
    pub query: Vec<Parameter>,
    pub body: Option<Value>,
    pub responses: Map<String, Value>,
}

/// A query parameter with its OpenAPI type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub ty: &'static str,
}

impl Parameter {
    fn new(name: &str) -> Self {
        let ty = if BOOLEANS.contains(&name) {
            "boolean"
        } else if INTEGERS.contains(&name) {
            "integer"
        } else {
            "string"
        };
        Self { name: name.into(), ty }
    }
}

fn parameters(lists: &[&[&str]]) -> Vec<Parameter> {
    lists.concat().into_iter().chain(["pretty"]).map(Parameter::new).collect()
}

/// Content of these media types, all of one type.
pub fn typed(name: &str, media: &[&str]) -> Value {
    content(&json!({ "$ref": format!("#/components/schemas/{name}") }), media)
}

fn content(schema: &Value, media: &[&str]) -> Value {
    Value::Object(media.iter().map(|media| ((*media).to_owned(), json!({ "schema": schema }))).collect())
}

fn responses(codes: &[&str], content: &Value) -> Map<String, Value> {
    let says = |code: &str| match code {
        "201" => "Created",
        "202" => "Accepted",
        _ => "OK",
    };
    let mut out: Map<String, Value> =
        codes.iter().map(|code| ((*code).to_owned(), json!({"description": says(code), "content": content}))).collect();
    out.insert("401".into(), json!({"description": "Unauthorized"}));
    out
}

/// An operation on a discovery document.
pub fn discovery(tag: &str, id: &str, content: Value) -> Value {
    json!({"tags": [tag], "operationId": id, "responses": responses(&["200"], &content)})
}

fn meta(kind: &str) -> String {
    format!("{}.{kind}", super::META)
}

pub fn read(id: String, ty: &str) -> Operation {
    let responses = responses(&["200"], &typed(ty, MEDIA));
    Operation { method: "get", id, action: "get", query: parameters(&[]), body: None, responses }
}

pub fn list(id: String, list: &str) -> Operation {
    let responses = responses(&["200"], &typed(list, WATCH_MEDIA));
    Operation { method: "get", id, action: "list", query: parameters(&[LIST_PARAMETERS]), body: None, responses }
}

/// The old watch paths; `one` object or a list of them.
pub fn watch(id: String, one: bool) -> Operation {
    let responses = responses(&["200"], &typed(&meta("WatchEvent"), WATCH_MEDIA));
    let action = if one { "watch" } else { "watchlist" };
    Operation { method: "get", id, action, query: parameters(&[LIST_PARAMETERS]), body: None, responses }
}

pub fn create(id: String, ty: &str) -> Operation {
    Operation {
        method: "post",
        id,
        action: "post",
        query: parameters(&[WRITE_PARAMETERS]),
        body: Some(json!({"content": typed(ty, &["*/*"]), "required": true})),
        responses: responses(&["200", "201", "202"], &typed(ty, MEDIA)),
    }
}

pub fn replace(id: String, ty: &str) -> Operation {
    Operation {
        method: "put",
        id,
        action: "put",
        query: parameters(&[WRITE_PARAMETERS]),
        body: Some(json!({"content": typed(ty, &["*/*"]), "required": true})),
        responses: responses(&["200", "201"], &typed(ty, MEDIA)),
    }
}

pub fn patch(id: String, ty: &str) -> Operation {
    Operation {
        method: "patch",
        id,
        action: "patch",
        query: parameters(&[WRITE_PARAMETERS, &["force"]]),
        body: Some(json!({"content": typed(&meta("Patch"), PATCH_MEDIA), "required": true})),
        responses: responses(&["200", "201"], &typed(ty, MEDIA)),
    }
}

/// `answer` is the type that a deletion answers with: the object's or `Status`.
pub fn delete(id: String, answer: &str) -> Operation {
    Operation {
        method: "delete",
        id,
        action: "delete",
        query: parameters(&[DELETE_PARAMETERS]),
        body: Some(json!({ "content": typed(&meta("DeleteOptions"), &["*/*"]) })),
        responses: responses(&["200", "202"], &typed(answer, MEDIA)),
    }
}

pub fn delete_collection(id: String) -> Operation {
    let lists: Vec<&str> =
        LIST_PARAMETERS.iter().filter(|name| !matches!(**name, "allowWatchBookmarks" | "watch")).copied().collect();
    Operation {
        method: "delete",
        id,
        action: "deletecollection",
        query: parameters(&[&lists, DELETE_PARAMETERS]),
        body: Some(json!({ "content": typed(&meta("DeleteOptions"), &["*/*"]) })),
        responses: responses(&["200"], &typed(&meta("Status"), MEDIA)),
    }
}

/// A pod's log: text, asked for by the options' fields.
pub fn log(id: String) -> Operation {
    let media = [MEDIA, &["text/plain"]].concat();
    let mut query = options("PodLogOptions");
    query.push(Parameter::new("pretty"));
    let responses = responses(&["200"], &content(&json!({"type": "string"}), &media));
    Operation { method: "get", id, action: "get", query, body: None, responses }
}

/// A stream through the API server, asked for by the fields of an options kind.
pub fn connect(method: &'static str, id: String, options_kind: &str) -> Operation {
    let responses = responses(&["200"], &content(&json!({"type": "string"}), &["*/*"]));
    Operation { method, id, action: "connect", query: options(options_kind), body: None, responses }
}

/// Fields of an options kind of core as query parameters.
fn options(kind: &str) -> Vec<Parameter> {
    let fields = schema::by_kind("", "v1", kind).map_or(&[][..], |ty| ty.fields);
    let ty = |ty: &Ty| match ty {
        Ty::Bool => "boolean",
        Ty::Int32 | Ty::Int64 | Ty::List(Ty::Int32) => "integer",
        _ => "string",
    };
    fields
        .iter()
        .filter(|f| !matches!(f.json, "kind" | "apiVersion" | "sinceTime"))
        .map(|f| Parameter { name: f.json.into(), ty: ty(&f.ty) })
        .collect()
}
