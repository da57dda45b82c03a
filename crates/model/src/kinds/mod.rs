//! The registry: one file and one row per kind. Router, discovery, OpenAPI, RBAC names, printers, selectors and tests
//! loop over [`ALL`]; a row says only what differs between kinds.
use crate::{
    Value,
    meta::{field_error::Errors, object_meta},
    patch::managed,
    schema::{self, Type},
    wire,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

pub mod binding;
mod checks;
pub mod cluster_role;
pub mod cluster_role_binding;
mod column_doc;
pub mod columns;
pub mod config_map;
pub mod csi_node;
pub mod defaults;
pub mod deployment;
pub mod endpoint_slice;
pub mod endpoints;
pub mod event;
pub mod event_core;
pub mod lease;
pub mod limit_range;
pub mod local_subject_access_review;
pub mod namespace;
pub mod node;
pub mod pod;
pub mod pod_disruption_budget;
pub mod pod_template;
mod prepare;
pub mod priority_class;
pub mod replica_set;
pub mod replication_controller;
pub mod role;
pub mod role_binding;
mod rules;
pub mod runtime_class;
pub mod secret;
pub mod self_subject_access_review;
pub mod self_subject_review;
pub mod self_subject_rules_review;
pub mod service;
pub mod service_account;
pub mod subject_access_review;
mod subjects;
pub mod token_review;

/// Every built-in kind, in the order of discovery documents: core first, then groups by name.
pub static ALL: &[&Kind] = &[
    &binding::KIND,
    &config_map::KIND,
    &endpoints::KIND,
    &event_core::KIND,
    &limit_range::KIND,
    &namespace::KIND,
    &node::KIND,
    &pod::KIND,
    &pod_template::KIND,
    &replication_controller::KIND,
    &secret::KIND,
    &service::KIND,
    &service_account::KIND,
    &deployment::KIND,
    &replica_set::KIND,
    &self_subject_review::KIND,
    &token_review::KIND,
    &local_subject_access_review::KIND,
    &self_subject_access_review::KIND,
    &self_subject_rules_review::KIND,
    &subject_access_review::KIND,
    &lease::KIND,
    &endpoint_slice::KIND,
    &event::KIND,
    &runtime_class::KIND,
    &pod_disruption_budget::KIND,
    &cluster_role::KIND,
    &cluster_role_binding::KIND,
    &role::KIND,
    &role_binding::KIND,
    &priority_class::KIND,
    &csi_node::KIND,
];

/// The row that serves `resource` of `group`.
pub fn by_resource(group: &str, resource: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|k| k.resource == resource && k.group == group)
}

/// The row of a kind's name; `version` must be served.
pub fn by_kind(group: &str, version: &str, kind: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|k| k.kind == kind && k.group == group && k.version(version).is_some())
}

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
    /// Whether objects are kept. Kinds that are only asked and answered (reviews, Binding) are not; their prefix is "".
    pub stored: bool,
    /// The row in whose form objects are stored, where that is another one (events.k8s.io stores core Events):
    /// `to_hub` and `from_hub` of this row's versions lead there. Prefix and defaults are that row's.
    pub hub: Option<&'static Kind>,
    /// Prefix of its keys, upstream's own layout, e.g. `/registry/pods/`, `/registry/services/specs/`, `/registry/minions/`.
    pub prefix: &'static str,
    pub verbs: &'static [Verb],
    pub subresources: &'static [Subresource],
    /// How `metadata.name` is checked.
    pub name_rule: NameRule,
    /// Whether the server names what comes without any name, by a uid.
    pub names_unnamed: bool,
    /// Strategy's `PrepareForCreate`: drops status, sets generation and the like.
    pub prepare_create: fn(&mut Value),
    /// Strategy's `PrepareForUpdate(new, old)`: keeps status, bumps generation when spec changed.
    pub prepare_update: fn(&mut Value, &Value),
    /// The same for the status subresource: keeps everything but status.
    pub prepare_status: fn(&mut Value, &Value),
    /// Checks of a new object beyond its metadata. Run through [`Kind::check_create`].
    pub validate: fn(&Value, &mut Errors),
    /// All that upstream's strategy checks on an update (new, old), the object metadata included; what it calls
    /// `validate` for, it calls itself. Run through [`Kind::check_update`].
    pub validate_update: fn(&Value, &Value, &mut Errors),
    pub validate_status: fn(&Value, &Value, &mut Errors),
    /// `Warning:` headers for a create or (with the old object) an update.
    pub warnings: fn(&Value, Option<&Value>) -> Vec<String>,
    /// Warnings that are due before `prepare_create` changes what they are about.
    pub early_warnings: fn(&Value) -> Vec<String>,
    /// Selectable fields beyond `metadata.name` and `metadata.namespace`.
    pub selectable: &'static [&'static str],
    /// Values of those fields (aliases included), from the stored form.
    pub selectable_values: fn(&Value) -> BTreeMap<String, String>,
    /// The same from the stored bytes, for kinds whose every change many watches ask; goes before.
    pub selectable_bytes: Option<ReadTexts>,
    pub columns: &'static [Column],
    /// `Warning:` header of every request for this API; "" unless it is deprecated.
    pub deprecation: &'static str,
    /// Conditions of an object's table row: finished pods are marked `Completed`.
    pub row_conditions: fn(&Value) -> Option<Value>,
    /// Whether a PUT on a missing name creates (`AllowCreateOnUpdate`): Lease, Endpoints, EndpointSlice, Event, RBAC kinds, …
    pub create_on_update: bool,
    /// Whether a PUT without resourceVersion overwrites (`AllowUnconditionalUpdate`).
    pub unconditional_update: bool,
    /// Whether deletion is graceful: (object, requested seconds) -> seconds to wait, None when it ends at once.
    pub graceful: Option<fn(&Value, Option<i64>) -> i64>,
    /// Default propagation is orphan (only legacy kinds such as ReplicationController) instead of background.
    pub orphan_by_default: bool,
    /// Whether a finished deletion answers with the object (`ReturnDeletedObject`) instead of a Status.
    pub shows_deleted: bool,
    /// Fields that this endpoint's writer never owns: (subresource or "", paths such as `status`), alike in all versions.
    pub reset_fields: &'static [(&'static str, &'static [&'static str])],
    /// Events and node leases may ride the unsynced class.
    pub unsynced: fn(&Value) -> bool,
}

#[derive(Debug)]
pub struct Version {
    pub name: &'static str,
    /// OpenAPI definition name of this version's type, e.g. `io.k8s.api.core.v1.Pod`.
    pub type_name: &'static str,
    /// (hub = storage version's tree) from and to this version; identity for most. They do not touch
    /// `apiVersion` and `kind`.
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
    /// `validate.LongName`: a subdomain whose length is told in bytes; generateName itself is not checked.
    LongName,
}

/// A column of the printed table, upstream's `pkg/printers/internalversion`.
#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    /// OpenAPI type: string, integer, number, boolean, date.
    pub ty: &'static str,
    pub format: &'static str,
    pub doc: columns::Doc,
    /// 0: always shown, 1: with `-o wide`.
    pub priority: u8,
    pub cell: fn(&Value, Timestamp) -> Value,
}

/// What every ordinary resource allows.
pub const ALL_VERBS: &[Verb] = &[
    Verb::Create,
    Verb::Delete,
    Verb::DeleteCollection,
    Verb::Get,
    Verb::List,
    Verb::Patch,
    Verb::Update,
    Verb::Watch,
];

/// Fields that the main endpoint and the status subresource reset for kinds with the usual split.
pub const SPEC_STATUS_RESET: &[(&str, &[&str])] = &[("", &["status"]), ("status", &["spec"])];

/// Verbs of proxy subresources, in the order of discovery.
const PROXY_VERBS: &[Verb] = &[Verb::Create, Verb::Delete, Verb::Get, Verb::Patch, Verb::Update];
/// Verbs of subresources that read and write the object itself.
const EDIT_VERBS: &[Verb] = &[Verb::Get, Verb::Patch, Verb::Update];

impl Kind {
    /// A row with the behaviour most kinds share: no status, background deletion at once, nothing selectable.
    pub const fn new(
        group: &'static str,
        kind: &'static str,
        resource: &'static str,
        singular: &'static str,
        scope: Scope,
        prefix: &'static str,
        versions: &'static [Version],
    ) -> Self {
        Self {
            group,
            versions,
            kind,
            resource,
            singular,
            short_names: &[],
            categories: &[],
            scope,
            stored: true,
            hub: None,
            prefix,
            verbs: ALL_VERBS,
            subresources: &[],
            name_rule: NameRule::Dns1123Subdomain,
            prepare_create: |_| (),
            prepare_update: |_, _| (),
            prepare_status: |_, _| (),
            validate: |_, _| (),
            validate_update: object_meta::validate_update,
            validate_status: object_meta::validate_update,
            warnings: |_, _| Vec::new(),
            early_warnings: |_| Vec::new(),
            selectable: &[],
            selectable_values: |_| BTreeMap::new(),
            selectable_bytes: None,
            columns: columns::DEFAULT,
            deprecation: "",
            row_conditions: |_| None,
            create_on_update: false,
            unconditional_update: true,
            graceful: None,
            orphan_by_default: false,
            shows_deleted: false,
            reset_fields: &[],
            unsynced: |_| false,
            names_unnamed: false,
        }
    }

    /// A kind that is only created and answered, never kept.
    pub const fn answered(
        group: &'static str,
        kind: &'static str,
        resource: &'static str,
        singular: &'static str,
        scope: Scope,
        versions: &'static [Version],
    ) -> Self {
        Self {
            stored: false,
            verbs: &[Verb::Create],
            ..Self::new(group, kind, resource, singular, scope, "", versions)
        }
    }

    pub fn namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// A served version by name.
    pub fn version(&self, name: &str) -> Option<&'static Version> {
        self.versions.iter().find(|v| v.name == name)
    }

    /// The row whose form is stored: itself for nearly all.
    pub fn hub(&'static self) -> &'static Kind {
        self.hub.unwrap_or(self)
    }

    /// `apiVersion` of the stored form, e.g. `apps/v1`.
    pub fn storage_api_version(&'static self) -> String {
        let hub = self.hub();
        hub.versions[0].api_version(hub.group)
    }

    /// `apiVersion`s in which objects of this kind are served.
    pub fn api_versions(&self) -> Vec<String> {
        self.versions.iter().map(|it| it.api_version(self.group)).collect()
    }

    /// Everything upstream checks of a new object, in its order. Objects are in hub form.
    pub fn check_create(&self, object: &Value) -> Errors {
        let mut errors = Errors::new();
        object_meta::validate(self, object, &mut errors);
        (self.validate)(object, &mut errors);
        if errors.is_empty() {
            object_meta::common(self, object, &mut errors);
        }
        errors
    }

    /// Everything upstream checks when `new` replaces `old` through the main endpoint ("") or a subresource that writes
    /// the object. Common metadata is checked before the kind's own strategy repeats it, so causes may come twice.
    pub fn check_update(&self, subresource: &str, new: &Value, old: &Value) -> Errors {
        let mut errors = Errors::new();
        object_meta::common(self, new, &mut errors);
        object_meta::common_update(new, old, &mut errors);
        match subresource {
            "status" => (self.validate_status)(new, old, &mut errors),
            "finalize" => namespace::validate_finalize(new, old, &mut errors),
            "ephemeralcontainers" => pod::validate::update::ephemeral_containers(new, old, &mut errors),
            "resize" => pod::validate::update::resize(new, old, &mut errors),
            _ => (self.validate_update)(new, old, &mut errors),
        }
        errors
    }

    /// The subresource of this name.
    pub fn subresource(&self, name: &str) -> Option<&'static Subresource> {
        self.subresources.iter().find(|s| s.name() == name)
    }
}

impl managed::Versions for Kind {
    /// Versions of this row alone: upstream finds no way between the groups that serve one kind.
    fn convert(&self, object: &Value, from: &str, to: &str) -> Option<(&'static Type, Value)> {
        let find = |wanted: &str| self.versions.iter().find(|it| it.api_version(self.group) == wanted);
        let (from, version) = (find(from)?, find(to)?);
        let mut object = object.clone();
        (from.to_hub)(&mut object);
        (version.from_hub)(&mut object);
        object.as_object_mut()?.insert("apiVersion".into(), to.into());
        // What Go's types leave out is not there any more.
        let written = serde_json::from_slice(&wire::encode(version.schema(), &object)).ok()?;
        Some((version.schema(), written))
    }
}

impl Version {
    /// A version whose trees need no conversion.
    pub const fn new(name: &'static str, type_name: &'static str) -> Self {
        Self { name, type_name, to_hub: |_| (), from_hub: |_| () }
    }

    /// The type table's entry of this version.
    ///
    /// # Panics
    /// Never for rows of [`ALL`], as a test says.
    pub fn schema(&self) -> &'static Type {
        schema::by_name(self.type_name).expect("types of rows are in the table")
    }

    /// Fills this version's defaults into a decoded tree in its served form; idempotent.
    pub fn set_defaults(&self, tree: &mut Value) {
        defaults::apply(self.schema(), tree);
    }

    /// `apiVersion` as objects carry it: `v1`, or `apps/v1`.
    pub fn api_version(&self, group: &str) -> String {
        if group.is_empty() { self.name.to_owned() } else { format!("{group}/{}", self.name) }
    }
}

impl Subresource {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Scale { .. } => "scale",
            Self::Named { name, .. } => name,
        }
    }

    /// Verbs as discovery lists them.
    pub fn verbs(&self) -> &'static [Verb] {
        match self {
            Self::Status | Self::Scale { .. } => EDIT_VERBS,
            Self::Named { verbs, .. } => verbs,
        }
    }

    /// Reads and writes objects of its own parent's kind under another name.
    const fn of_parent(name: &'static str, kind: &'static str, verbs: &'static [Verb]) -> Self {
        Self::Named { name, kind, group: "", version: "v1", verbs }
    }
}

impl Verb {
    /// The verb as discovery and authorisation write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
            Self::Get => "get",
            Self::List => "list",
            Self::Patch => "patch",
            Self::Update => "update",
            Self::Watch => "watch",
        }
    }
}

/// Reads texts by label from an object's stored bytes.
pub type ReadTexts = fn(&[u8]) -> BTreeMap<String, String>;

/// Texts at JSON pointers, "" where absent: what most `selectable_values` are.
fn texts(object: &Value, fields: &[(&str, &str)]) -> BTreeMap<String, String> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    fields.iter().map(|(label, pointer)| ((*label).to_owned(), text(pointer))).collect()
}

/// How far along a version is: stable ranks above beta above alpha, then the number counts.
pub fn version_rank(version: &str) -> (u8, u32, u32) {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
    let rest = version.trim_start_matches('v');
    let major = digits(rest);
    match (rest.find("beta"), rest.find("alpha")) {
        (Some(at), _) => (1, major, digits(&rest[at + 4..])),
        (_, Some(at)) => (0, major, digits(&rest[at + 5..])),
        _ => (2, major, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_stable_versions_come_first() {
        let mut versions = vec!["v1alpha1", "v1", "v1beta2", "v2", "v1beta1"];
        versions.sort_by_key(|v| std::cmp::Reverse(version_rank(v)));
        assert_eq!(versions, ["v2", "v1", "v1beta2", "v1beta1", "v1alpha1"]);
    }

    #[test]
    fn rows_are_named_once_and_consistently() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in ALL {
            assert!(seen.insert((kind.group, kind.resource)), "{} twice", kind.resource);
            assert_eq!(kind.singular, kind.kind.to_lowercase());
            assert_eq!(kind.resource, kind.resource.to_lowercase());
            assert_eq!(kind.stored, kind.prefix.starts_with("/registry/") && kind.prefix.ends_with('/'));
            assert!(!kind.versions.is_empty());
            assert!(std::ptr::eq(by_resource(kind.group, kind.resource).unwrap(), *kind));
            for version in kind.versions {
                assert!(version.type_name.ends_with(&format!(".{}.{}", version.name, kind.kind)));
                assert_eq!(version.schema().group_version_kind, Some((kind.group, version.name, kind.kind)));
                assert!(std::ptr::eq(by_kind(kind.group, version.name, kind.kind).unwrap(), *kind));
            }
        }
    }

    #[test]
    fn pod_deletion_is_graceful_only_where_something_runs() {
        let check = |pod: Value, asked: Option<i64>, seconds: i64| {
            assert_eq!((pod::KIND.graceful.unwrap())(&pod, asked), seconds, "{pod} {asked:?}");
        };
        let bound = |phase: &str| serde_json::json!({"spec": {"nodeName": "n", "terminationGracePeriodSeconds": 30}, "status": {"phase": phase}});
        check(bound("Running"), None, 30);
        check(bound("Running"), Some(5), 5);
        check(bound("Running"), Some(-7), 1);
        check(bound("Failed"), Some(5), 0);
        check(serde_json::json!({"spec": {"terminationGracePeriodSeconds": 30}}), None, 0);
    }
}
