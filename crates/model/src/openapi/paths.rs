//! Paths of a group version's rows.
use super::{
    META,
    operations::{self, Operation, Parameter},
};
use crate::{
    Value,
    kinds::{Kind, Subresource, Verb, Version},
    schema,
};
use serde_json::{Map, json};

/// Kinds whose deletion answers with the object.
const DELETE_ANSWERS_OBJECT: &[(&str, &str)] = &[
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("", "Pod"),
    ("", "PodTemplate"),
    ("", "ResourceQuota"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("resource.k8s.io", "DeviceClass"),
    ("resource.k8s.io", "ResourceClaim"),
    ("resource.k8s.io", "ResourceClaimTemplate"),
    ("resource.k8s.io", "ResourceSlice"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storage.k8s.io", "VolumeAttributesClass"),
];

/// Subresources that stream, with their methods.
const CONNECTS: &[(&str, &[&str])] = &[
    ("attach", &["get", "post"]),
    ("exec", &["get", "post"]),
    ("portforward", &["get", "post"]),
    ("proxy", &["delete", "get", "head", "options", "patch", "post", "put"]),
];

/// A group's name as operation ids and tags begin: `rbac.authorization.k8s.io` is `rbacAuthorization`.
pub fn camel(group: &str) -> String {
    let short = group.strip_suffix(".k8s.io").unwrap_or(group);
    let mut parts = if short.is_empty() { "core" } else { short }.split('.');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + &capital(part))
}

pub fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

type Gvk<'a> = (&'a str, &'a str, &'a str);

/// Collects the paths of one group version.
struct Writer<'a> {
    tag: String,
    /// Group and version in operation ids, e.g. `AppsV1`.
    id: String,
    root: String,
    group: &'a str,
    version: &'a str,
    out: Map<String, Value>,
}

pub fn paths(group: &str, version: &str, rows: &[&'static Kind]) -> Map<String, Value> {
    let camel = camel(group);
    let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    let mut writer = Writer {
        tag: format!("{camel}_{version}"),
        id: format!("{}{}", capital(&camel), capital(version)),
        root,
        group,
        version,
        out: Map::new(),
    };
    let answer = operations::typed(&format!("{META}.APIResourceList"), operations::MEDIA);
    let id = format!("get{}APIResources", writer.id);
    let discovery = operations::discovery(&writer.tag, &id, answer);
    writer.out.insert(format!("{}/", writer.root), json!({ "get": discovery }));
    for row in rows {
        if let Some(of) = row.version(version) {
            writer.row(row, of);
        }
    }
    writer.out
}

impl Writer<'_> {
    fn row(&mut self, row: &Kind, version: &Version) {
        let has = |verb| row.verbs.contains(&verb);
        let ty = version.type_name;
        let list = format!("{ty}List");
        let gvk = (self.group, self.version, row.kind);
        let scope = if row.namespaced() { "Namespaced" } else { "" };
        let name = format!("{scope}{}", row.kind);
        let id = |verb: &str, rest: &str| format!("{verb}{}{rest}", self.id);
        let mut collection = Vec::new();
        if has(Verb::List) {
            collection.push(operations::list(id("list", &name), &list));
        }
        if has(Verb::Create) {
            collection.push(operations::create(id("create", &name), ty));
        }
        if has(Verb::DeleteCollection) {
            collection.push(operations::delete_collection(id("delete", &format!("Collection{name}"))));
        }
        let mut object = Vec::new();
        if has(Verb::Get) {
            object.push(operations::read(id("read", &name), ty));
        }
        if has(Verb::Update) {
            object.push(operations::replace(id("replace", &name), ty));
        }
        if has(Verb::Delete) {
            let status = format!("{META}.Status");
            let answers_object = DELETE_ANSWERS_OBJECT.contains(&(row.group, row.kind));
            object.push(operations::delete(id("delete", &name), if answers_object { ty } else { &status }));
        }
        if has(Verb::Patch) {
            object.push(operations::patch(id("patch", &name), ty));
        }
        let for_all = format!("{}ForAllNamespaces", row.kind);
        let across = (row.namespaced() && has(Verb::List)).then(|| operations::list(id("list", &for_all), &list));
        let watches = has(Verb::Watch).then(|| self.watches(row, &name));
        let folder = folder(row);
        self.put(format!("{folder}/{}", row.resource), collection, gvk);
        self.put(format!("{folder}/{}/{{name}}", row.resource), object, gvk);
        self.put(format!("/{}", row.resource), across.into_iter().collect(), gvk);
        for (path, operation) in watches.into_iter().flatten() {
            self.put(path, vec![operation], gvk);
        }
        for subresource in row.subresources {
            self.subresource(row, ty, &name, subresource);
        }
    }

    fn watches(&self, row: &Kind, name: &str) -> Vec<(String, Operation)> {
        let id = |rest: &str| format!("watch{}{rest}", self.id);
        let folder = format!("/watch{}/{}", folder(row), row.resource);
        let mut out = vec![
            (folder.clone(), operations::watch(id(&format!("{name}List")), false)),
            (format!("{folder}/{{name}}"), operations::watch(id(name), true)),
        ];
        if row.namespaced() {
            let across = id(&format!("{}ListForAllNamespaces", row.kind));
            out.push((format!("/watch/{}", row.resource), operations::watch(across, false)));
        }
        out
    }

    fn subresource(&mut self, row: &Kind, parent: &str, name: &str, subresource: &Subresource) {
        let called = subresource.name();
        let path = format!("{}/{}/{{name}}/{called}", folder(row), row.resource);
        let suffix = format!("{name}{}", capital(called));
        let gvk: Gvk<'_> = match subresource {
            Subresource::Status => (self.group, self.version, row.kind),
            Subresource::Scale { .. } => ("autoscaling", "v1", "Scale"),
            Subresource::Named { kind, .. } if *kind == row.kind => (self.group, self.version, row.kind),
            Subresource::Named { kind, group, version, .. } => (group, version, kind),
        };
        let id = |verb: &str| format!("{verb}{}{suffix}", self.id);
        if let Some((_, methods)) = CONNECTS.iter().find(|(name, _)| *name == called) {
            let of = |with: &str| {
                let id = |method: &str| format!("connect{}{}{suffix}{with}", self.id, capital(method));
                methods.iter().map(|method| operations::connect(method, id(method), gvk.2)).collect()
            };
            let (plain, with_path) = (of(""), of("WithPath"));
            if called == "proxy" {
                self.put(format!("{path}/{{path}}"), with_path, gvk);
            }
            return self.put(path, plain, gvk);
        }
        if called == "log" {
            return self.put(path, vec![operations::log(id("read"))], (self.group, self.version, row.kind));
        }
        let ty = match schema::by_kind(gvk.0, gvk.1, gvk.2) {
            Some(found) => found.name,
            None => parent,
        };
        let operations = subresource.verbs().iter().filter_map(|verb| match verb {
            Verb::Get => Some(operations::read(id("read"), ty)),
            Verb::Update => Some(operations::replace(id("replace"), ty)),
            Verb::Patch => Some(operations::patch(id("patch"), ty)),
            Verb::Create => Some(operations::create(id("create"), ty)),
            _ => None,
        });
        let operations = operations.collect();
        self.put(path, operations, gvk);
    }

    /// Writes one path. Parameters that all its operations share stand at the path.
    fn put(&mut self, path: String, operations: Vec<Operation>, gvk: Gvk<'_>) {
        let Some(first) = operations.first() else { return };
        let shared: Vec<Parameter> =
            first.query.iter().filter(|p| operations.iter().all(|o| o.query.contains(p))).cloned().collect();
        let mut item = Map::new();
        for operation in operations {
            let own: Vec<Parameter> = operation.query.into_iter().filter(|p| !shared.contains(p)).collect();
            let mut made = json!({
                "tags": [&self.tag],
                "operationId": operation.id,
                "responses": operation.responses,
                "x-kubernetes-action": operation.action,
                "x-kubernetes-group-version-kind": {"group": gvk.0, "version": gvk.1, "kind": gvk.2},
            });
            if !own.is_empty() {
                made["parameters"] = sorted(own.iter().map(query).collect());
            }
            if let Some(body) = operation.body {
                made["requestBody"] = body;
            }
            item.insert(operation.method.into(), made);
        }
        let in_path = ["name", "namespace", "path"].into_iter().filter(|name| path.contains(&format!("{{{name}}}")));
        let common: Vec<Value> = shared.iter().map(query).chain(in_path.map(path_parameter)).collect();
        if !common.is_empty() {
            item.insert("parameters".into(), sorted(common));
        }
        self.out.insert(format!("{}{path}", self.root), Value::Object(item));
    }
}

fn folder(row: &Kind) -> &'static str {
    if row.namespaced() { "/namespaces/{namespace}" } else { "" }
}

fn query(parameter: &Parameter) -> Value {
    json!({"name": parameter.name, "in": "query", "schema": {"type": parameter.ty, "uniqueItems": true}})
}

fn path_parameter(name: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "uniqueItems": true}})
}

fn sorted(mut parameters: Vec<Value>) -> Value {
    parameters.sort_by_key(|p| p["name"].as_str().unwrap_or_default().to_owned());
    Value::Array(parameters)
}
