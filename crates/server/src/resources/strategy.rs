//! What one endpoint of an object may change: the object itself, its status, or the part of a subresource.
use super::sub;
use skeg_model::{Value, kinds::Kind, meta::field_error::Errors};

/// How an endpoint prepares and checks an update; (kind, new, old).
#[derive(Debug)]
pub(super) struct Strategy {
    pub prepare: fn(&'static Kind, &mut Value, &Value),
    pub validate: fn(&'static Kind, &Value, &Value) -> Errors,
    /// Whether a missing object may be created where the row allows it.
    pub may_create: bool,
    /// What it makes carries its managed fields already.
    pub makes_owners: bool,
}

static MAIN: Strategy = Strategy {
    prepare: |kind, new, old| (kind.prepare_update)(new, old),
    validate: |kind, new, old| kind.check_update("", new, old),
    may_create: true,
    makes_owners: false,
};

/// `scale`, whose managed fields come from the Scale.
static SCALE: Strategy = Strategy {
    prepare: |kind, new, old| (kind.prepare_update)(new, old),
    validate: |kind, new, old| kind.check_update("", new, old),
    may_create: false,
    makes_owners: true,
};

static STATUS: Strategy = Strategy {
    prepare: |kind, new, old| (kind.prepare_status)(new, old),
    validate: |kind, new, old| kind.check_update("status", new, old),
    may_create: false,
    makes_owners: false,
};

/// `namespaces/finalize`: all but the status counts, `spec.finalizers` above all.
static FINALIZE: Strategy = Strategy {
    prepare: |_, new, old| {
        if let (Some(object), Some(status)) = (new.as_object_mut(), old.get("status")) {
            object.insert("status".into(), status.clone());
        }
    },
    validate: |kind, new, old| kind.check_update("finalize", new, old),
    may_create: false,
    makes_owners: false,
};

/// The strategy of a subresource that edits its parent; "" is the object itself.
pub(super) fn of(kind: &Kind, subresource: &str) -> &'static Strategy {
    match (kind.resource, subresource) {
        (_, "status") => &STATUS,
        (_, "scale") => &SCALE,
        ("namespaces", "finalize") => &FINALIZE,
        ("pods", "ephemeralcontainers") => &sub::pods::EPHEMERAL,
        ("pods", "resize") => &sub::pods::RESIZE,
        _ => &MAIN,
    }
}
