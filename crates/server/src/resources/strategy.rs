//! What one endpoint of an object may change: the object itself, its status, or the part of a subresource.
use super::{sub, tree};
use skeg_model::{
    Value,
    kinds::Kind,
    meta::{field_error::Errors, object_meta},
};

/// How an endpoint prepares and checks an update; (kind, new, old).
#[derive(Debug)]
pub(super) struct Strategy {
    pub prepare: fn(&'static Kind, &mut Value, &Value),
    pub validate: fn(&'static Kind, &Value, &Value) -> Errors,
    /// Whether a missing object may be created where the row allows it.
    pub may_create: bool,
}

static MAIN: Strategy = Strategy {
    prepare: |kind, new, old| (kind.prepare_update)(new, old),
    validate: |kind, new, old| kind.check_update("", new, old),
    may_create: true,
};

static STATUS: Strategy = Strategy {
    prepare: |kind, new, old| (kind.prepare_status)(new, old),
    validate: |kind, new, old| kind.check_update("status", new, old),
    may_create: false,
};

/// `namespaces/finalize`: only `spec.finalizers` counts.
static FINALIZE: Strategy = Strategy {
    prepare: |_, new, old| {
        let finalizers = new.pointer("/spec/finalizers").cloned().unwrap_or(Value::Null);
        keep_all_but(new, old, &[]);
        tree::map_mut(new, "spec").insert("finalizers".into(), finalizers);
    },
    validate: |_, new, old| metadata_update(new, old),
    may_create: false,
};

/// What is checked of metadata in every update: by the server, then by the kind's own strategy.
fn metadata_update(new: &Value, old: &Value) -> Errors {
    let mut errors = Errors::new();
    object_meta::common_update(new, old, &mut errors);
    object_meta::validate_update(new, old, &mut errors);
    errors
}

/// The strategy of a subresource that edits its parent; "" is the object itself.
pub(super) fn of(kind: &Kind, subresource: &str) -> &'static Strategy {
    match (kind.resource, subresource) {
        (_, "status") => &STATUS,
        ("namespaces", "finalize") => &FINALIZE,
        ("pods", "ephemeralcontainers") => &sub::pods::EPHEMERAL,
        ("pods", "resize") => &sub::pods::RESIZE,
        _ => &MAIN,
    }
}

/// Puts the old object in the new one's place, its managed fields and the metadata fields named excepted.
pub(super) fn keep_all_but(new: &mut Value, old: &Value, fields: &[&str]) {
    let mut kept = old.clone();
    for field in fields.iter().chain(&["managedFields", "resourceVersion"]) {
        let value = new.pointer(&format!("/metadata/{field}")).cloned();
        tree::set_meta(&mut kept, field, value);
    }
    *new = kept;
}
