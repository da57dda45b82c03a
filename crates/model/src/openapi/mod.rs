//! OpenAPI v3 documents of the served groups, made from the registry and the type table.
//!
//! They carry what clients act on: types, formats, required fields, defaults, enums, list types and keys, patch
//! strategies, kinds, and every path with its operations. Upstream's prose is not in them: descriptions are left out.
mod operations;
mod paths;
mod schemas;

use crate::{
    Value,
    kinds::{self, Kind},
};
use serde_json::{Map, json};
use std::collections::BTreeSet;

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
pub fn document(name: &str) -> Option<Value> {
    let mut parts = name.split('/');
    match (parts.next()?, parts.next(), parts.next(), parts.next()) {
        ("api", None, ..) => Some(plain("/api/", "core", "getCoreAPIVersions", "APIVersions")),
        ("apis", None, ..) => Some(plain("/apis/", "apis", "getAPIVersions", "APIGroupList")),
        ("version", None, ..) => Some(version()),
        ("api", Some(version), None, _) => group_version("", version),
        ("apis", Some(group), None, _) => {
            let served = kinds::ALL.iter().any(|kind| kind.group == group);
            let camel = paths::camel(group);
            let id = format!("get{}APIGroup", paths::capital(&camel));
            served.then(|| plain(&format!("/apis/{group}/"), &camel, &id, "APIGroup"))
        }
        ("apis", Some(group), Some(version), None) => group_version(group, version),
        _ => None,
    }
}

/// The document of a served group version; `group` is "" for core.
pub fn group_version(group: &str, version: &str) -> Option<Value> {
    let rows: Vec<&'static Kind> =
        kinds::ALL.iter().filter(|k| k.group == group && k.version(version).is_some()).copied().collect();
    (!rows.is_empty()).then(|| {
        let paths = paths::paths(group, version, &rows);
        let schemas = schemas::components(&Value::Object(paths.clone()), group, version);
        assemble(paths, schemas)
    })
}

fn assemble(paths: Map<String, Value>, schemas: Map<String, Value>) -> Value {
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "1.36"},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "BearerToken": {"type": "apiKey", "name": "authorization", "in": "header"},
            },
        },
    })
}

/// A document with one path that answers a discovery type.
fn plain(path: &str, tag: &str, id: &str, kind: &str) -> Value {
    let answer = operations::typed(&format!("{META}.{kind}"), operations::MEDIA);
    let operation = operations::discovery(tag, id, answer);
    let paths = Map::from_iter([(path.to_owned(), json!({ "get": operation }))]);
    let schemas = schemas::components(&Value::Object(paths.clone()), "", "v1");
    assemble(paths, schemas)
}

fn version() -> Value {
    const NAME: &str = "io.k8s.apimachinery.pkg.version.Info";
    let answer = operations::typed(NAME, &["application/json"]);
    let operation = operations::discovery("version", "getCodeVersion", answer);
    let paths = Map::from_iter([("/version/".to_owned(), json!({ "get": operation }))]);
    assemble(paths, Map::from_iter([(NAME.to_owned(), schemas::version_info())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_document() {
        for name in names() {
            let document = document(&name).expect(&name);
            assert!(!document["paths"].as_object().unwrap().is_empty(), "{name}");
        }
        assert_eq!(document("apis/nope/v1"), None);
        assert_eq!(document("api/v2"), None);
        assert_eq!(document("nope"), None);
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
        for name in names() {
            let document = document(&name).unwrap();
            let mut found = Vec::new();
            references(&document, &mut found);
            for reference in found {
                assert!(document["components"]["schemas"][&reference].is_object(), "{name}: {reference}");
            }
        }
    }

    #[test]
    fn schemas_carry_what_clients_act_on() {
        let document = document("apis/apps/v1").unwrap();
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
