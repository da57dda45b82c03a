//! The OpenAPI v2 document of everything served, made from the v3 documents. Like upstream's it has no defaults.
use super::{components, group_version_paths, names, own_paths, shared};
use crate::{Value, schema::Descriptions};
use serde_json::{Map, json};

/// The document.
pub fn document(texts: &Descriptions) -> Value {
    let mut paths = Map::new();
    for name in names() {
        paths.extend(own_paths(&name).or_else(|| group_version_paths(&name)).unwrap_or_default());
    }
    let schemas = components(&Value::Object(paths.clone()), None, texts);
    let mut shared = Shared::default();
    let paths: Map<String, Value> = paths.into_iter().map(|(path, item)| (path, shared.path_item(&item))).collect();
    let definitions: Map<String, Value> = schemas.into_iter().map(|(name, it)| (name, schema(it))).collect();
    json!({
        "swagger": "2.0",
        "info": super::info(),
        "paths": paths,
        "definitions": definitions,
        "parameters": shared.parameters,
        "securityDefinitions": super::security(),
        "security": [{"BearerToken": []}],
    })
}

/// A schema in the form of v2: references stand beside what is said of them, and there is no choice of types.
fn schema(value: Value) -> Value {
    let Value::Object(map) = value else { return value };
    let mut out = Map::new();
    for (key, value) in map {
        match key.as_str() {
            "default" => {}
            "allOf" => {
                if let Value::Object(of) = schema(value[0].clone()) {
                    out.extend(of);
                }
            }
            "oneOf" => _ = out.insert("type".into(), json!("string")),
            "$ref" => _ = out.insert(key, reference(&value)),
            "properties" => _ = out.insert(key, properties(value)),
            "items" | "additionalProperties" => _ = out.insert(key, schema(value)),
            _ => _ = out.insert(key, value),
        }
    }
    Value::Object(out)
}

fn properties(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().map(|(name, value)| (name, schema(value))).collect(),
        other => other,
    }
}

fn reference(value: &Value) -> Value {
    value.as_str().unwrap_or_default().replace("#/components/schemas/", "#/definitions/").into()
}

/// Parameters that operations share, by name.
#[derive(Default)]
struct Shared {
    parameters: Map<String, Value>,
}

impl Shared {
    fn path_item(&mut self, item: &Value) -> Value {
        let empty = Map::new();
        let members = item.as_object().unwrap_or(&empty);
        let mut out = Map::new();
        for (key, value) in members.iter().filter(|(key, _)| *key != "parameters") {
            out.insert(key.clone(), self.operation(value));
        }
        if let Some(common) = members.get("parameters") {
            // All operations of a path are about one kind.
            let kind = members.values().find_map(kind_of).unwrap_or_default();
            out.insert("parameters".into(), self.parameters(common, None, &[kind]));
        }
        Value::Object(out)
    }

    fn operation(&mut self, operation: &Value) -> Value {
        let body = operation.get("requestBody");
        let answers = operation["responses"].as_object();
        let produces = answers.and_then(|all| all.values().find_map(|answer| answer.get("content"))).map(media);
        let produces = produces.unwrap_or_default();
        let response = |(code, answer): (&String, &Value)| {
            let mut out = json!({"description": answer["description"]});
            if let Some(content) = answer.get("content").and_then(first) {
                out["schema"] = schema(content["schema"].clone());
            }
            (code.clone(), out)
        };
        let kind = kind_of(operation);
        let consumes = match body.map(|body| media(&body["content"])) {
            Some(media) => media,
            // Discovery takes what it gives.
            None if kind.is_none() => produces.clone(),
            None => vec!["*/*".to_owned()],
        };
        let mut out = json!({
            "consumes": consumes,
            "produces": produces,
            "responses": answers.into_iter().flatten().map(response).collect::<Map<_, _>>(),
            "schemes": ["https"],
        });
        if operation.get("parameters").is_some() || body.is_some() {
            let of = [operation["x-kubernetes-action"].as_str().unwrap_or_default(), kind.unwrap_or_default()];
            out["parameters"] = self.parameters(&operation["parameters"], body, &of);
        }
        for (key, value) in operation.as_object().into_iter().flatten() {
            if matches!(key.as_str(), "tags" | "operationId" | "description") || key.starts_with("x-") {
                out[key] = value.clone();
            }
        }
        out
    }

    /// Parameters say their type themselves, the body is one of them, and most are told once for all operations.
    fn parameters(&mut self, parameters: &Value, body: Option<&Value>, of: &[&str]) -> Value {
        let all = body.map(body_parameter).into_iter().chain(parameters.as_array().into_iter().flatten().map(plain));
        let mut out = Vec::new();
        for parameter in all {
            let text = |key: &str| parameter[key].as_str().unwrap_or_default();
            match shared::name(text("name"), &[&[text("in")], of].concat()) {
                Some(name) => {
                    out.push(json!({ "$ref": format!("#/parameters/{name}") }));
                    self.parameters.insert(name, parameter);
                }
                None => out.push(parameter),
            }
        }
        Value::Array(out)
    }
}

fn kind_of(operation: &Value) -> Option<&str> {
    operation["x-kubernetes-group-version-kind"]["kind"].as_str()
}

fn media(content: &Value) -> Vec<String> {
    content.as_object().into_iter().flatten().map(|(media, _)| media.clone()).collect()
}

fn first(content: &Value) -> Option<&Value> {
    content.as_object()?.values().next()
}

fn body_parameter(body: &Value) -> Value {
    let of = first(&body["content"]).map(|content| content["schema"].clone()).unwrap_or_default();
    let mut out = json!({"name": "body", "in": "body", "schema": schema(of)});
    if body["required"] == true {
        out["required"] = true.into();
    }
    out
}

fn plain(parameter: &Value) -> Value {
    let mut out = parameter.clone();
    let schema = out.as_object_mut().and_then(|out| out.remove("schema"));
    for (key, value) in schema.iter().filter_map(Value::as_object).flatten() {
        out[key] = value.clone();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_hold_all_kinds() {
        let document = document(&Descriptions::load());
        let definitions = &document["definitions"];
        let mut status = definitions["io.k8s.api.core.v1.Pod"]["properties"]["status"].clone();
        assert!(status["description"].is_string());
        status["description"] = Value::Null;
        assert_eq!(status, json!({"$ref": "#/definitions/io.k8s.api.core.v1.PodStatus", "description": null}));
        assert_eq!(definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"]["type"], "string");
        assert_eq!(definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"]["format"], "int-or-string");
        let kinds =
            &definitions["io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"]["x-kubernetes-group-version-kind"];
        let apps = json!({"group": "apps", "version": "v1", "kind": "DeleteOptions"});
        assert!(kinds.as_array().unwrap().contains(&apps), "{kinds}");
        let create = &document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments"]["post"];
        assert_eq!(create["consumes"], json!(["*/*"]));
        assert_eq!(create["parameters"][0]["name"], "body");
        assert_eq!(create["parameters"][0]["schema"]["$ref"], "#/definitions/io.k8s.api.apps.v1.Deployment");
        assert_eq!(create["responses"]["201"]["schema"]["$ref"], "#/definitions/io.k8s.api.apps.v1.Deployment");
        assert!(!document.to_string().contains("#/components"));
    }
}
