//! The registry: one file and one row per kind. Router, discovery, OpenAPI, RBAC names, printers, selectors and tests
//! loop over [`ALL`]; a row says only what differs between kinds.
use crate::{Value, meta::field_error::Errors, schema::Type};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The facts of one kind. All functions work on the tree and are pure.
#[derive(Debug)]
pub struct Kind {
    /// "" for the core group.
    pub group: &'static str,
    /// Served versions, the storage version first. All share the hub form of `schema` unless `convert` says otherwise.
    pub versions: &'static [Version],
    pub kind: &'static str,
    /// Plural resource name, lower case.
    pub resource: &'static str,
    pub singular: &'static str,
    pub short_names: &'static [&'static str],
    pub categories: &'static [&'static str],
    pub scope: Scope,
    /// Prefix of its keys, upstream's own layout, e.g. `/registry/pods/`, `/registry/services/specs/`, `/registry/minions/`.
    pub prefix: &'static str,
    pub verbs: &'static [Verb],
    pub subresources: &'static [Subresource],
    /// How `metadata.name` is checked.
    pub name_rule: NameRule,
    /// Fills defaults of the served version into a decoded tree (`SetDefaults_*`), idempotent.
    pub default: fn(&mut Value),
    /// Strategy's `PrepareForCreate`: drops status, sets generation and the like.
    pub prepare_create: fn(&mut Value),
    /// Strategy's `PrepareForUpdate(new, old)`: keeps status, bumps generation when spec changed.
    pub prepare_update: fn(&mut Value, &Value),
    /// The same for the status subresource: keeps everything but status.
    pub prepare_status: fn(&mut Value, &Value),
    pub validate: fn(&Value, &mut Errors),
    /// (new, old); runs beside `validate`, object metadata is checked generically.
    pub validate_update: fn(&Value, &Value, &mut Errors),
    pub validate_status: fn(&Value, &Value, &mut Errors),
    /// `Warning:` headers for a create or (with the old object) an update.
    pub warnings: fn(&Value, Option<&Value>) -> Vec<String>,
    /// Selectable fields beyond `metadata.name` and `metadata.namespace`.
    pub selectable: &'static [&'static str],
    pub selectable_values: fn(&Value) -> BTreeMap<String, String>,
    pub columns: &'static [Column],
    /// Whether a PUT on a missing name creates (`AllowCreateOnUpdate`): Lease, Endpoints, EndpointSlice, Event, RBAC kinds, …
    pub create_on_update: bool,
    /// Whether a PUT without resourceVersion overwrites (`AllowUnconditionalUpdate`).
    pub unconditional_update: bool,
    /// Whether deletion is graceful: (object, requested seconds) -> seconds to wait, None when it ends at once.
    pub graceful: Option<fn(&Value, Option<i64>) -> i64>,
    /// Default propagation is orphan (only legacy kinds such as ReplicationController) instead of background.
    pub orphan_by_default: bool,
    /// Fields that this verb's writer never owns: (subresource or "", version) -> paths such as `status`.
    pub reset_fields: &'static [(&'static str, &'static [&'static str])],
    /// Events and node leases may ride the unsynced class.
    pub unsynced: fn(&Value) -> bool,
}

#[derive(Debug)]
pub struct Version {
    pub name: &'static str,
    /// Type table entry of this version.
    pub schema: &'static Type,
    /// (hub = storage version's tree) from and to this version; identity for most.
    pub to_hub: fn(&mut Value),
    pub from_hub: fn(&mut Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Namespaced,
    Cluster,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Create,
    Delete,
    DeleteCollection,
    Get,
    List,
    Patch,
    Update,
    Watch,
}

/// A subresource of a kind. What needs I/O (log, exec, …) is executed by a table of handlers beside the verbs, found by name.
#[derive(Debug, Clone, Copy)]
pub enum Subresource {
    Status,
    /// Paths of the spec's and status' replica counts and of the selector.
    Scale {
        spec: &'static str,
        status: &'static str,
        selector: &'static str,
    },
    /// Anything else, by name: binding, eviction, finalize, token, log, exec, attach, portforward, proxy, ephemeralcontainers, resize.
    Named {
        name: &'static str,
        kind: &'static str,
        group: &'static str,
        version: &'static str,
        verbs: &'static [Verb],
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    Dns1123Subdomain,
    Dns1123Label,
    Dns1035Label,
    /// `path.IsValidPathSegmentName`: RBAC kinds.
    PathSegment,
}

/// A column of the printed table, upstream's `pkg/printers/internalversion`.
#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    /// OpenAPI type: string, integer, number, boolean, date.
    pub ty: &'static str,
    pub format: &'static str,
    pub description: &'static str,
    /// 0: always shown, 1: with `-o wide`.
    pub priority: u8,
    pub cell: fn(&Value, Timestamp) -> Value,
}
