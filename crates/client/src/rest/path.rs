//! From calls to HTTP requests: method, path, query, body. Pure.
use bytes::Bytes;
use http::Method;
use serde_json::json;
use skeg_model::{
    request::{
        Body, Call, DeleteOptions, FieldValidation, ListOptions, PatchKind, Propagation, Target, VersionMatch,
        WriteOptions,
    },
    status::Status,
};
use std::fmt::Write;

pub(super) const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// A request without its identity.
#[derive(Debug)]
pub(super) struct Prepared {
    pub method: Method,
    /// With the query.
    pub path: String,
    pub accept: &'static str,
    pub content_type: Option<&'static str>,
    pub body: Bytes,
}

impl Prepared {
    fn get(path: String) -> Self {
        Self { method: Method::GET, path, accept: JSON, content_type: None, body: Bytes::new() }
    }

    /// A list or a watch, of metadata alone if the options say so.
    fn listing(path: String, options: &ListOptions, metadata: &'static str) -> Self {
        Self { accept: if options.metadata_only { metadata } else { JSON }, ..Self::get(path) }
    }
}

/// The path of a target below the server's address.
pub fn path(target: &Target) -> String {
    let gvr = &target.gvr;
    let mut path = match &*gvr.group {
        "" => format!("/api/{}", gvr.version),
        group => format!("/apis/{group}/{}", gvr.version),
    };
    let mut segment = |text: &str| {
        path.push('/');
        path.push_str(&percent_encode(text));
    };
    if let Some(namespace) = target.namespace.as_deref().filter(|ns| !ns.is_empty()) {
        segment("namespaces");
        segment(namespace);
    }
    segment(&gvr.resource);
    if let Some(name) = &target.name {
        segment(name);
    }
    // A proxied path is part of the subresource's text.
    for part in target.subresource.iter().flat_map(|s| s.split('/')) {
        segment(part);
    }
    path
}

/// A text as a path segment or a query value.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes all");
        }
    }
    out
}

/// A query that grows; empty values are left out.
#[derive(Debug, Default)]
struct Query(String);

impl Query {
    fn add(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push(if self.0.is_empty() { '?' } else { '&' });
            self.0.push_str(name);
            self.0.push('=');
            self.0.push_str(&percent_encode(value));
        }
        self
    }

    fn flag(self, name: &str, value: bool) -> Self {
        self.add(name, if value { "true" } else { "" })
    }

    fn dry_run(self, value: bool) -> Self {
        self.add("dryRun", if value { "All" } else { "" })
    }

    fn number(self, name: &str, value: Option<u64>) -> Self {
        self.add(name, &value.map_or(String::new(), |n| n.to_string()))
    }

    fn list(self, options: &ListOptions) -> Self {
        let version_match = match options.version_match {
            None => "",
            Some(VersionMatch::Exact) => "Exact",
            Some(VersionMatch::NotOlderThan) => "NotOlderThan",
        };
        let initial = options.send_initial_events.map_or(String::new(), |b| b.to_string());
        self.add("labelSelector", &options.label_selector)
            .add("fieldSelector", &options.field_selector)
            .add("resourceVersion", &options.resource_version)
            .add("resourceVersionMatch", version_match)
            .number("limit", Some(options.limit).filter(|n| *n > 0))
            .add("continue", &options.continue_token)
            .flag("allowWatchBookmarks", options.allow_bookmarks)
            .add("sendInitialEvents", &initial)
            .number("timeoutSeconds", options.timeout_seconds)
    }

    fn write(self, options: &WriteOptions) -> Self {
        let validation = match options.field_validation {
            FieldValidation::Ignore => "Ignore",
            FieldValidation::Warn => "",
            FieldValidation::Strict => "Strict",
        };
        self.dry_run(options.dry_run)
            .add("fieldManager", &options.field_manager)
            .add("fieldValidation", validation)
            .flag("force", options.force)
    }
}

pub(super) fn watch(target: &Target, options: &ListOptions) -> Prepared {
    let query = Query::default().add("watch", "true").list(options);
    Prepared::listing(path(target) + &query.0, options, METADATA)
}

pub(super) fn call(target: &Target, call: Call) -> Result<Prepared, Status> {
    let at = path(target);
    let write = |method, body, options: &WriteOptions| {
        let (content_type, body) = encode(body)?;
        let path = at.clone() + &Query::default().write(options).0;
        Ok(Prepared { method, path, accept: JSON, content_type: Some(content_type), body })
    };
    Ok(match call {
        Call::Get { resource_version } => {
            Prepared::get(at + &Query::default().add("resourceVersion", &resource_version).0)
        }
        Call::List(options) => Prepared::listing(at + &Query::default().list(&options).0, &options, METADATA_LIST),
        Call::Create { body, options } => return write(Method::POST, body, &options),
        Call::Update { body, options } => return write(Method::PUT, body, &options),
        Call::Patch { kind, body, options } => {
            let patch = write(Method::PATCH, body, &options)?;
            Prepared { content_type: Some(patch_type(kind)), ..patch }
        }
        Call::Delete(options) => delete(at, &options),
        Call::DeleteCollection { list, options } => delete(at + &Query::default().list(&list).0, &options),
    })
}

fn patch_type(kind: PatchKind) -> &'static str {
    match kind {
        PatchKind::Json => "application/json-patch+json",
        PatchKind::Merge => "application/merge-patch+json",
        PatchKind::Strategic => "application/strategic-merge-patch+json",
        PatchKind::Apply => "application/apply-patch+yaml",
    }
}

fn encode(body: Body) -> Result<(&'static str, Bytes), Status> {
    Ok(match body {
        Body::Json(bytes) => (JSON, bytes),
        Body::Yaml(bytes) => (YAML, bytes),
        Body::Tree(tree) => (JSON, serde_json::to_vec(&tree).map_err(Status::internal)?.into()),
    })
}

fn delete(path: String, options: &DeleteOptions) -> Prepared {
    let mut body = json!({"kind": "DeleteOptions", "apiVersion": "v1"});
    if let Some(seconds) = options.grace_period_seconds {
        body["gracePeriodSeconds"] = seconds.into();
    }
    if options.dry_run {
        body["dryRun"] = json!(["All"]);
    }
    if let Some(propagation) = options.propagation {
        body["propagationPolicy"] = match propagation {
            Propagation::Orphan => "Orphan",
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
        }
        .into();
    }
    if let Some(uid) = &options.precondition_uid {
        body["preconditions"]["uid"] = uid.as_str().into();
    }
    if let Some(revision) = &options.precondition_resource_version {
        body["preconditions"]["resourceVersion"] = revision.as_str().into();
    }
    let body = body.to_string().into();
    Prepared { method: Method::DELETE, path, accept: JSON, content_type: Some(JSON), body }
}
