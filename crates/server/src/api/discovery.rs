//! Discovery documents, derived from the registry: `/api`, `/apis`, group versions, and the aggregated form (v2).
use super::json;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json as tree};
use sha2::{Digest, Sha256, Sha512};
use skeg_model::kinds::{self, Kind, Scope, Subresource, Verb, version_rank};
use std::{cmp::Reverse, collections::BTreeMap};

/// Groups in the order in which upstream lists them; others follow by name.
const GROUP_ORDER: &[&str] = &[
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
];

/// A document with the tag that clients revalidate it by.
#[derive(Debug, Clone)]
pub struct Tagged {
    pub body: Bytes,
    pub etag: String,
}

/// All documents of the built-in kinds, made once.
#[derive(Debug)]
pub struct Discovery {
    documents: BTreeMap<String, Bytes>,
    pub core_aggregated: Tagged,
    pub groups_aggregated: Tagged,
}

impl Discovery {
    /// `advertise` is the `host:port` that clients are told.
    pub fn new(advertise: &str) -> Self {
        let groups = groups();
        let mut documents = BTreeMap::new();
        let mut put = |path: String, value: &Value| {
            documents.insert(path, json::encode_line(value));
        };
        put("/api".into(), &api_versions(advertise));
        let list: Vec<Value> = groups.iter().filter(|g| !g.name.is_empty()).map(Group::document).collect();
        put("/apis".into(), &tree!({"kind": "APIGroupList", "apiVersion": "v1", "groups": list}));
        for group in &groups {
            if !group.name.is_empty() {
                let mut document = tree!({"kind": "APIGroup", "apiVersion": "v1"});
                merge(&mut document, group.document());
                put(format!("/apis/{}", group.name), &document);
            }
            for version in &group.versions {
                let prefix = if group.name.is_empty() { "/api".to_owned() } else { format!("/apis/{}", group.name) };
                put(format!("{prefix}/{version}"), &group.resources(version));
            }
        }
        let (core, named): (Vec<_>, Vec<_>) = groups.iter().partition(|g| g.name.is_empty());
        Self { documents, core_aggregated: aggregated(&core), groups_aggregated: aggregated(&named) }
    }

    /// The document at a path such as `/apis/apps/v1`.
    pub fn document(&self, path: &str) -> Option<&Bytes> {
        self.documents.get(path)
    }

    /// Paths of the documents, for `/`.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }
}

/// Whether any kind of this group is served.
pub fn serves_group(group: &str) -> bool {
    kinds::ALL.iter().any(|k| k.group == group)
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

struct Group {
    name: &'static str,
    /// The preferred one first.
    versions: Vec<&'static str>,
    rows: Vec<&'static Kind>,
}

fn groups() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in kinds::ALL {
        if !groups.iter().any(|g| g.name == row.group) {
            groups.push(Group { name: row.group, versions: Vec::new(), rows: Vec::new() });
        }
        let group = groups.iter_mut().find(|g| g.name == row.group).expect("it was just added");
        group.rows.push(row);
        for version in row.versions {
            if !group.versions.contains(&version.name) {
                group.versions.push(version.name);
            }
        }
    }
    let rank = |name: &str| GROUP_ORDER.iter().position(|g| *g == name).unwrap_or(GROUP_ORDER.len());
    groups.sort_by_key(|g| (rank(g.name), g.name));
    for group in &mut groups {
        group.rows.sort_by_key(|row| row.resource);
        group.versions.sort_by_key(|version| Reverse(version_rank(version)));
    }
    groups
}

fn api_versions(advertise: &str) -> Value {
    tree!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": advertise}],
    })
}

impl Group {
    fn group_version(&self, version: &str) -> String {
        if self.name.is_empty() { version.to_owned() } else { format!("{}/{version}", self.name) }
    }

    /// The group without kind and apiVersion, as `/apis` lists it.
    fn document(&self) -> Value {
        let version = |v: &&str| tree!({"groupVersion": self.group_version(v), "version": v});
        let versions: Vec<Value> = self.versions.iter().map(version).collect();
        tree!({"name": self.name, "versions": versions, "preferredVersion": versions[0]})
    }

    fn rows(&self, version: &str) -> impl Iterator<Item = &'static Kind> {
        self.rows.iter().copied().filter(move |row| row.version(version).is_some())
    }

    fn resources(&self, version: &str) -> Value {
        let resources: Vec<Value> = self.rows(version).flat_map(|row| resource_entries(row, version)).collect();
        let mut list =
            tree!({"kind": "APIResourceList", "groupVersion": self.group_version(version), "resources": resources});
        // The core group's list is older than this field.
        if !self.name.is_empty() {
            list["apiVersion"] = "v1".into();
        }
        list
    }

    fn aggregated(&self) -> Value {
        let version = |v: &&str| {
            let resources: Vec<Value> = self.rows(v).map(|row| aggregated_resource(row, v)).collect();
            tree!({"version": v, "resources": resources, "freshness": "Current"})
        };
        let versions: Vec<Value> = self.versions.iter().map(version).collect();
        let metadata = if self.name.is_empty() { tree!({}) } else { tree!({"name": self.name}) };
        tree!({"metadata": metadata, "versions": versions})
    }
}

fn resource_entries(row: &'static Kind, version: &str) -> Vec<Value> {
    let mut main = tree!({
        "name": row.resource,
        "singularName": row.singular,
        "namespaced": row.namespaced(),
        "kind": row.kind,
        "verbs": verbs(row.verbs),
    });
    if !row.short_names.is_empty() {
        main["shortNames"] = tree!(row.short_names);
    }
    if !row.categories.is_empty() {
        main["categories"] = tree!(row.categories);
    }
    if row.stored {
        main["storageVersionHash"] = storage_version_hash(row).into();
    }
    std::iter::once(main).chain(subresources(row).into_iter().map(|sub| subresource_entry(row, version, sub))).collect()
}

fn subresources(row: &'static Kind) -> Vec<&'static Subresource> {
    let mut subs: Vec<_> = row.subresources.iter().collect();
    subs.sort_by_key(|sub| sub.name());
    subs
}

/// (group, version, kind) of what a subresource reads and writes; group and version are empty where they are the parent's.
fn subresource_kind(row: &Kind, version: &str, sub: &Subresource) -> (&'static str, &'static str, &'static str) {
    match sub {
        Subresource::Status => ("", "", row.kind),
        Subresource::Scale { .. } => ("autoscaling", "v1", "Scale"),
        Subresource::Named { kind, group, version: v, .. } if *group == row.group && *v == version => ("", "", kind),
        Subresource::Named { kind, group: "", .. } => ("", "", kind),
        Subresource::Named { kind, group, version, .. } => (group, version, kind),
    }
}

fn subresource_entry(row: &'static Kind, version: &str, sub: &Subresource) -> Value {
    let (group, version, kind) = subresource_kind(row, version, sub);
    let mut entry = tree!({
        "name": format!("{}/{}", row.resource, sub.name()),
        "singularName": "",
        "namespaced": row.namespaced(),
        "kind": kind,
        "verbs": verbs(sub.verbs()),
    });
    if !version.is_empty() {
        entry["group"] = group.into();
        entry["version"] = version.into();
    }
    entry
}

fn aggregated_resource(row: &'static Kind, version: &str) -> Value {
    let scope = if row.scope == Scope::Namespaced { "Namespaced" } else { "Cluster" };
    let mut entry = tree!({
        "resource": row.resource,
        "responseKind": {"group": "", "version": "", "kind": row.kind},
        "scope": scope,
        "singularResource": row.singular,
        "verbs": verbs(row.verbs),
    });
    if !row.short_names.is_empty() {
        entry["shortNames"] = tree!(row.short_names);
    }
    if !row.categories.is_empty() {
        entry["categories"] = tree!(row.categories);
    }
    let sub = |sub: &'static Subresource| {
        let (group, version, kind) = subresource_kind(row, version, sub);
        tree!({
            "subresource": sub.name(),
            "responseKind": {"group": group, "version": version, "kind": kind},
            "verbs": verbs(sub.verbs()),
        })
    };
    let subs: Vec<Value> = subresources(row).into_iter().map(sub).collect();
    if !subs.is_empty() {
        entry["subresources"] = subs.into();
    }
    entry
}

fn verbs(verbs: &[Verb]) -> Vec<&'static str> {
    let mut names: Vec<_> = verbs.iter().map(|v| v.as_str()).collect();
    names.sort_unstable();
    names
}

/// Upstream's hash of group, version and kind in which objects are stored.
fn storage_version_hash(row: &'static Kind) -> String {
    let hub = row.hub();
    let text = format!("{}/{}/{}", hub.group, hub.versions[0].name, hub.kind);
    STANDARD.encode(&Sha256::digest(text.as_bytes())[..8])
}

fn aggregated(groups: &[&Group]) -> Tagged {
    let items: Vec<Value> = groups.iter().map(|g| g.aggregated()).collect();
    let list = tree!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items});
    let body = json::encode_line(&list);
    let etag = Sha512::digest(&body).iter().map(|b| format!("{b:02X}")).collect::<String>();
    Tagged { body, etag: format!("\"{etag}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_storage_hash_is_upstreams() {
        let config_map = kinds::by_resource("", "configmaps").unwrap();
        assert_eq!(storage_version_hash(config_map), "qFsyl6wFWjQ=");
    }

    #[test]
    fn documents_exist_for_every_row() {
        let discovery = Discovery::new("127.0.0.1:6443");
        for row in kinds::ALL {
            for version in row.versions {
                let path = if row.group.is_empty() {
                    format!("/api/{}", version.name)
                } else {
                    format!("/apis/{}/{}", row.group, version.name)
                };
                let document: Value = serde_json::from_slice(discovery.document(&path).unwrap()).unwrap();
                let names: Vec<&str> =
                    document["resources"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
                assert!(names.contains(&row.resource), "{path} lists {}", row.resource);
            }
        }
    }
}
