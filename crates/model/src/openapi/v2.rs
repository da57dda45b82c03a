//! The OpenAPI v2 document of everything served, made from the v3 documents. Like upstream's it has no defaults.
use super::{components, group_version_paths, names, own_paths};
use crate::{Value, schema::Descriptions};
use serde_json::{Map, json};

/// The document; `version` is the server's, e.g. `v1.36.3`.
pub fn document(version: &str, texts: &Descriptions) -> Value {
    let mut paths = Map::new();
    for name in names() {
        paths.extend(own_paths(&name).or_else(|| group_version_paths(&name)).unwrap_or_default());
    }
    let schemas = components(&Value::Object(paths.clone()), None, texts);
    let paths: Map<String, Value> = paths.into_iter().map(|(path, item)| (path, path_item(item))).collect();
    let definitions: Map<String, Value> = schemas.into_iter().map(|(name, it)| (name, schema(it))).collect();
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": version},
        "paths": paths,
        "definitions": definitions,
        "securityDefinitions": {
            "BearerToken": {
                "description": "Bearer Token authentication",
                "type": "apiKey",
                "name": "authorization",
                "in": "header",
            },
        },
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

fn path_item(item: Value) -> Value {
    let Value::Object(map) = item else { return item };
    let convert = |(key, value): (String, Value)| match key.as_str() {
        "parameters" => (key, parameters(&value, None)),
        _ => (key, operation(&value)),
    };
    map.into_iter().map(convert).collect()
}

fn operation(operation: &Value) -> Value {
    let body = operation.get("requestBody");
    let media = |content: &Value| -> Vec<String> {
        content.as_object().into_iter().flatten().map(|(m, _)| m.clone()).collect()
    };
    let answers = operation["responses"].as_object();
    let produces = answers.and_then(|all| all.values().find_map(|answer| answer.get("content"))).map(media);
    let response = |(code, answer): (&String, &Value)| {
        let mut out = json!({"description": answer["description"]});
        if let Some(content) = answer.get("content").and_then(first) {
            out["schema"] = schema(content["schema"].clone());
        }
        (code.clone(), out)
    };
    let mut out = json!({
        "consumes": body.map_or_else(|| vec!["*/*".to_owned()], |body| media(&body["content"])),
        "produces": produces.unwrap_or_default(),
        "responses": answers.into_iter().flatten().map(response).collect::<Map<_, _>>(),
        "schemes": ["https"],
    });
    if operation.get("parameters").is_some() || body.is_some() {
        out["parameters"] = parameters(&operation["parameters"], body);
    }
    for (key, value) in operation.as_object().into_iter().flatten() {
        if matches!(key.as_str(), "tags" | "operationId" | "description") || key.starts_with("x-") {
            out[key] = value.clone();
        }
    }
    out
}

fn first(content: &Value) -> Option<&Value> {
    content.as_object()?.values().next()
}

/// Parameters say their type themselves, and the body is one of them.
fn parameters(parameters: &Value, body: Option<&Value>) -> Value {
    let body = body.map(|body| {
        let mut out = json!({"name": "body", "in": "body"});
        out["schema"] = schema(first(&body["content"]).map(|content| content["schema"].clone()).unwrap_or_default());
        if body["required"] == true {
            out["required"] = true.into();
        }
        out
    });
    let plain = |parameter: &Value| {
        let mut out = parameter.clone();
        let schema = out.as_object_mut().and_then(|out| out.remove("schema"));
        for (key, value) in schema.iter().filter_map(Value::as_object).flatten() {
            out[key] = value.clone();
        }
        out
    };
    body.into_iter().chain(parameters.as_array().into_iter().flatten().map(plain)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_hold_all_kinds() {
        let document = document("v1.36.3", &Descriptions::load());
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
