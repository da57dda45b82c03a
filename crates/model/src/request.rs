//! A call on the API as a value, independent of HTTP: the HTTP router parses into it, the resource verbs execute it,
//! in-process clients build it directly.
use crate::{Value, status::Status, stored::Stored};
use std::{borrow::Cow, sync::Arc};

/// Name of a resource type: group ("" for core), version, plural.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gvr {
    pub group: Cow<'static, str>,
    pub version: Cow<'static, str>,
    pub resource: Cow<'static, str>,
}

impl Gvr {
    pub const fn new(group: &'static str, version: &'static str, resource: &'static str) -> Self {
        Self { group: Cow::Borrowed(group), version: Cow::Borrowed(version), resource: Cow::Borrowed(resource) }
    }
}

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub gvr: Gvr,
    /// None for cluster-scoped kinds and for lists across all namespaces.
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub subresource: Option<Cow<'static, str>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FieldValidation {
    Ignore,
    /// Upstream's default.
    #[default]
    Warn,
    Strict,
}

/// Options that every write takes.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    pub dry_run: bool,
    /// Empty: derived from the user agent by the HTTP layer, required for apply.
    pub field_manager: String,
    pub field_validation: FieldValidation,
    /// Server-side apply only.
    pub force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    Orphan,
    Background,
    Foreground,
}

#[derive(Debug, Clone, Default)]
pub struct DeleteOptions {
    pub dry_run: bool,
    pub grace_period_seconds: Option<i64>,
    pub propagation: Option<Propagation>,
    pub precondition_uid: Option<String>,
    pub precondition_resource_version: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionMatch {
    NotOlderThan,
    Exact,
}

/// Options of get, list and watch, as their texts came; parsed where they are executed so that errors are upstream's.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    pub label_selector: String,
    pub field_selector: String,
    /// "" = most recent; "0" = any.
    pub resource_version: String,
    pub version_match: Option<VersionMatch>,
    pub limit: u64,
    pub continue_token: String,
    pub allow_bookmarks: bool,
    pub send_initial_events: Option<bool>,
    pub timeout_seconds: Option<u64>,
    /// The caller reads metadata only: over HTTP it asks for `PartialObjectMetadata`; in process it shares whole objects,
    /// which costs nothing.
    pub metadata_only: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchKind {
    Json,
    Merge,
    Strategic,
    /// Server-side apply; the patch is the applied configuration.
    Apply,
}

/// The body of a write. HTTP hands over the bytes as they came; in-process callers a tree.
#[derive(Debug, Clone)]
pub enum Body {
    Json(bytes::Bytes),
    Yaml(bytes::Bytes),
    Tree(Value),
}

#[derive(Debug, Clone)]
pub enum Call {
    Get { resource_version: String },
    List(ListOptions),
    Create { body: Body, options: WriteOptions },
    Update { body: Body, options: WriteOptions },
    Patch { kind: PatchKind, body: Body, options: WriteOptions },
    Delete(DeleteOptions),
    DeleteCollection { list: ListOptions, options: DeleteOptions },
}

/// What a call answers with. Objects are shared, never copied.
#[derive(Debug, Clone)]
pub enum Reply {
    Object(Arc<Stored>),
    /// Created anew (HTTP 201).
    Created(Arc<Stored>),
    /// Deletion was accepted and goes on (HTTP 202 only where upstream says so).
    List(List),
    /// A tree that is not an object of the store: Scale, TokenRequest, reviews, dry-run results with their HTTP code.
    Tree {
        value: Value,
        code: u16,
    },
    Status(Status),
}

#[derive(Debug, Clone)]
pub struct List {
    pub items: Vec<Arc<Stored>>,
    pub resource_version: u64,
    pub continue_token: String,
    pub remaining_item_count: Option<u64>,
}

/// One event of a watch as its client sees it.
#[derive(Debug, Clone)]
pub enum WatchEvent {
    Added(Arc<Stored>),
    Modified(Arc<Stored>),
    /// The last state, with the deletion's revision as its resourceVersion.
    Deleted(Arc<Stored>),
    /// All up to this revision has been sent; `initial_done` marks the end of the initial events.
    Bookmark {
        revision: u64,
        initial_done: bool,
    },
}
