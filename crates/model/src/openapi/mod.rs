//! OpenAPI documents of the served groups, made from the registry and the type table.
//!
//! They carry what clients act on: types, formats, required fields, defaults, enums, list types and keys, patch
//! strategies, kinds, descriptions, and every path with its operations.
pub mod gnostic;
mod operations;
mod paths;
mod schemas;
mod shared;
pub mod v2;

use crate::{
    Value,
    kinds::{self, Kind},
    schema::Descriptions,
};
use serde_json::{Map, json};
use std::collections::BTreeSet;

const VERSION_INFO: &str = "io.k8s.apimachinery.pkg.version.Info";
const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// Paths of all documents as the index `/openapi/v3` names them, e.g. `api/v1`, `apis/apps`, `apis/apps/v1`.
pub fn names() -> BTreeSet<String> {
    let mut names = BTreeSet::from(["api".to_owned(), "apis".to_owned(), "version".to_owned()]);
    for kind in kinds::ALL {
        for version in kind.versions {
            if kind.group.is_empty() {
                names.insert(format!("api/{}", version.name));
            } else {
                names.insert(format!("apis/{}", kind.group));
                names.insert(format!("apis/{}/{}", kind.group, version.name));
            }
        }
    }
    names
}

/// The document of one name of [`names`].
pub fn document(name: &str, texts: &Descriptions) -> Option<Value> {
    let (home, paths) = match own_paths(name) {
        Some(paths) => (("", "v1"), paths),
        None => (group_version(name)?, group_version_paths(name)?),
    };
    let schemas = components(&Value::Object(paths.clone()), Some(home), texts);
    Some(assemble(paths, schemas))
}

/// Group and version of a name such as `api/v1` or `apis/apps/v1`.
fn group_version(name: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        ["api", version] => Some(("", version)),
        ["apis", group, version] if !group.is_empty() => Some((group, version)),
        _ => None,
    }
}

/// The paths of a served group version.
fn group_version_paths(name: &str) -> Option<Map<String, Value>> {
    let (group, version) = group_version(name)?;
    let rows: Vec<&'static Kind> =
        kinds::ALL.iter().filter(|k| k.group == group && k.version(version).is_some()).copied().collect();
    (!rows.is_empty()).then(|| paths::paths(group, version, &rows))
}

/// The one path of a document that is not a group version's.
fn own_paths(name: &str) -> Option<Map<String, Value>> {
    let one = |path: &str, operation: Value| Some(Map::from_iter([(path.to_owned(), json!({ "get": operation }))]));
    let discovers = |kind: &str| operations::typed(&format!("{META}.{kind}"), operations::MEDIA);
    match name.split('/').collect::<Vec<_>>()[..] {
        ["api"] => one("/api/", operations::discovery("core", "getCoreAPIVersions", discovers("APIVersions"))),
        ["apis"] => one("/apis/", operations::discovery("apis", "getAPIVersions", discovers("APIGroupList"))),
        ["version"] => {
            let answer = operations::typed(VERSION_INFO, &["application/json"]);
            one("/version/", operations::discovery("version", "getCodeVersion", answer))
        }
        ["apis", group] if kinds::ALL.iter().any(|kind| kind.group == group) && !group.is_empty() => {
            let camel = paths::camel(group);
            let id = format!("get{}APIGroup", paths::capital(&camel));
            one(&format!("/apis/{group}/"), operations::discovery(&camel, &id, discovers("APIGroup")))
        }
        _ => None,
    }
}

/// Component schemas of what these paths reach, for the document of a group version or for the one of all.
fn components(paths: &Value, home: Option<(&str, &str)>, texts: &Descriptions) -> Map<String, Value> {
    let all: Vec<(&str, &str)> = match home {
        Some(home) => vec![home],
        None => {
            let served = kinds::ALL.iter().flat_map(|kind| kind.versions.iter().map(|v| (kind.group, v.name)));
            served.collect::<BTreeSet<_>>().into_iter().collect()
        }
    };
    schemas::components(paths, &all, texts)
}

fn assemble(paths: Map<String, Value>, schemas: Map<String, Value>) -> Value {
    json!({
        "openapi": "3.0.0",
        "info": info(),
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": security()},
    })
}

fn info() -> Value {
    json!({"title": "Kubernetes", "version": "1.36"})
}

fn security() -> Value {
    json!({
        "BearerToken": {
            "description": "Bearer Token authentication",
            "type": "apiKey",
            "name": "authorization",
            "in": "header",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_document() {
        let texts = Descriptions::load();
        for name in names() {
            let document = document(&name, &texts).expect(&name);
            assert!(!document["paths"].as_object().unwrap().is_empty(), "{name}");
        }
        assert_eq!(document("apis/nope/v1", &texts), None);
        assert_eq!(document("api/v2", &texts), None);
        assert_eq!(document("nope", &texts), None);
    }

    #[test]
    fn references_resolve() {
        fn references(value: &Value, out: &mut Vec<String>) {
            match value {
                Value::Object(map) => map.iter().for_each(|(key, value)| match value {
                    Value::String(text) if key == "$ref" => out.push(text.replace("#/components/schemas/", "")),
                    value => references(value, out),
                }),
                Value::Array(items) => items.iter().for_each(|item| references(item, out)),
                _ => {}
            }
        }
        let texts = Descriptions::load();
        for name in names() {
            let document = document(&name, &texts).unwrap();
            let mut found = Vec::new();
            references(&document, &mut found);
            for reference in found {
                assert!(document["components"]["schemas"][&reference].is_object(), "{name}: {reference}");
            }
        }
    }

    /// Takes descriptions out of schemas and counts them.
    fn described(value: &mut Value) -> usize {
        match value {
            Value::Object(map) => {
                let own = map.get("description").is_some_and(Value::is_string).then(|| map.remove("description"));
                usize::from(own.is_some()) + map.values_mut().map(described).sum::<usize>()
            }
            Value::Array(items) => items.iter_mut().map(described).sum(),
            _ => 0,
        }
    }

    #[test]
    fn enumerations_are_told_below_the_text() {
        let document = document("api/v1", &Descriptions::load()).unwrap();
        let schemas = &document["components"]["schemas"];
        let text = schemas["io.k8s.api.core.v1.ContainerPort"]["properties"]["protocol"]["description"].as_str();
        let (own, values) = text.unwrap().split_once("\n\n").unwrap();
        assert!(own.starts_with("Protocol for port."), "{own}");
        assert_eq!(values, "Possible enum values:\n - `\"SCTP\"`\n - `\"TCP\"`\n - `\"UDP\"`");
        assert!(schemas["io.k8s.api.core.v1.Pod"]["description"].is_string());
    }

    #[test]
    fn schemas_carry_what_clients_act_on() {
        let mut document = document("apis/apps/v1", &Descriptions::load()).unwrap();
        let texts = described(&mut document);
        assert!(texts > 500, "{texts}");
        let schemas = &document["components"]["schemas"];
        assert_eq!(
            schemas["io.k8s.api.apps.v1.Deployment"]["x-kubernetes-group-version-kind"],
            json!([{"group": "apps", "version": "v1", "kind": "Deployment"}])
        );
        let containers = &schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"];
        assert_eq!(
            *containers,
            json!({
                "type": "array",
                "items": {"default": {}, "allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"}]},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "x-kubernetes-patch-strategy": "merge",
                "x-kubernetes-patch-merge-key": "name",
            })
        );
        let port = &schemas["io.k8s.api.core.v1.ContainerPort"];
        assert_eq!(port["required"], json!(["containerPort"]));
        assert_eq!(
            port["properties"]["protocol"],
            json!({"type": "string", "default": "TCP", "enum": ["SCTP", "TCP", "UDP"]})
        );
    }
}
