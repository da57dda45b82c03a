//! The managed-fields step of the pipeline.
use super::{codec, place::Place, tree, write::Write};
use bytes::Bytes;
use skeg_model::{
    Value,
    kinds::Kind,
    patch::managed::{self, Writer},
    schema,
    status::Status,
};

/// Longest name of a manager that is taken from a user agent.
const MANAGER_CHARS_MAX: usize = 128;

/// Records who owns what after this write, between defaulting and admission. `live` is the current object; both are in
/// the served form.
pub(super) fn on_write(w: &Write<'_>, live: Option<&Value>, new: &mut Value) -> Result<(), Status> {
    on_write_as(w, w.place.version.type_name, &w.place.api_version(), live, new)
}

/// The same for a subresource with a type of its own.
pub(super) fn on_write_as(
    w: &Write<'_>,
    type_name: &str,
    api_version: &str,
    live: Option<&Value>,
    new: &mut Value,
) -> Result<(), Status> {
    if w.applied {
        return Ok(());
    }
    let ty = schema::by_name(type_name).ok_or_else(|| Status::internal(format!("no schema for {type_name}")))?;
    let writer = Writer {
        manager: &manager(w),
        api_version,
        subresource: w.place.subresource,
        reset: reset_fields(w.place.kind, w.place.subresource),
        now: w.now,
    };
    tree::meta_mut(new);
    managed::update(ty, live, new, writer);
    if w.place.subresource == "scale" {
        as_scale(live, new);
    }
    Ok(())
}

/// Through `scale`, ownership is kept on the Scale alone: a count of zero is not written there and so owned by nobody, and
/// where nobody owns the count before, tracking is off.
fn as_scale(live: Option<&Value>, new: &mut Value) {
    let owned = |object: &Value| {
        let entries = tree::list(object, "/metadata/managedFields");
        entries.iter().any(|entry| entry.pointer(REPLICAS).is_some())
    };
    let is_zero = new.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(0) == 0;
    keep_scale_times(live, new);
    if live.is_some_and(owned) && !is_zero {
        return;
    }
    let entries = tree::list_mut(tree::meta_mut(new), "managedFields");
    // The entry has nothing else to own.
    entries.retain(|entry| entry["subresource"] != "scale");
}

/// Entries of `scale` keep the time that they had before; a new one has none, as upstream's way through the Scale leaves it.
pub(super) fn keep_scale_times(live: Option<&Value>, new: &mut Value) {
    let before = live.map(|live| tree::list(live, "/metadata/managedFields")).unwrap_or_default();
    let same = |a: &Value, b: &Value| ["manager", "operation", "subresource"].iter().all(|key| a[*key] == b[*key]);
    for entry in tree::list_mut(tree::meta_mut(new), "managedFields") {
        if entry["subresource"] != "scale" {
            continue;
        }
        let time = before.iter().find(|it| same(it, entry)).and_then(|it| it.get("time")).cloned();
        if let Some(map) = entry.as_object_mut() {
            map.remove("time");
            map.extend(time.map(|time| ("time".to_owned(), time)));
        }
    }
}

/// An apply that changes nothing but times writes nothing: `bytes`, the encoded `new`, become the current ones.
pub(super) fn settle(place: &Place<'_>, old: &Value, current: &Bytes, new: &Value, bytes: &mut Bytes) {
    let owners = |object: &Value| {
        let mut entries = managed::read(object).unwrap_or_default();
        entries.iter_mut().for_each(|entry| entry.time.clear());
        entries.sort_by(|a, b| {
            (&a.manager, &a.operation, &a.subresource).cmp(&(&b.manager, &b.operation, &b.subresource))
        });
        entries
    };
    if owners(old) != owners(new) {
        return;
    }
    let mut settled = new.clone();
    tree::set_meta(&mut settled, "managedFields", old.pointer("/metadata/managedFields").cloned());
    let settled = codec::encode(&place.hub().versions[0], &mut settled);
    if settled == *current {
        *bytes = settled;
    }
}

/// Where an entry says that it owns the count.
const REPLICAS: &str = "/fieldsV1/f:spec/f:replicas";

pub(super) fn reset_fields(kind: &'static Kind, subresource: &str) -> &'static [&'static str] {
    kind.reset_fields.iter().find(|(of, _)| *of == subresource).map_or(&[], |(_, paths)| paths)
}

/// Name of the manager: the one given, else the program's part of the user agent.
fn manager(w: &Write<'_>) -> String {
    if !w.options.field_manager.is_empty() {
        return w.options.field_manager.clone();
    }
    let program = w.ctx.user_agent.split('/').next().unwrap_or_default();
    program.chars().filter(|c| !c.is_control()).take(MANAGER_CHARS_MAX).collect()
}
