//! The managed-fields step of the pipeline.
use super::{codec, place::Place, tree, write::Write};
use bytes::Bytes;
use skeg_model::{
    Value,
    kinds::Kind,
    patch::managed::{self, Single, Writer},
    schema,
    status::Status,
};

/// Longest name of a manager that is taken from a user agent.
const MANAGER_CHARS_MAX: usize = 128;

/// Records who owns what after this write, between defaulting and admission. `live` is the current object; both are in
/// the served form.
pub(super) fn on_write(w: &Write<'_>, live: Option<&Value>, new: &mut Value) -> Result<(), Status> {
    if w.owners_made {
        return Ok(());
    }
    let (manager, api_version) = (manager(w), w.place.api_version());
    update(w.place.version.type_name, writer(w, &manager, &api_version), live, new)
}

/// The same for a request that stands beside the object, with a type of its own.
pub(super) fn on_request(w: &Write<'_>, type_name: &str, api_version: &str, request: &mut Value) -> Result<(), Status> {
    let manager = manager(w);
    let writer = Writer { api_version, versions: &Single, ..writer(w, &manager, api_version) };
    update(type_name, writer, None, request)
}

/// The same for the Scale of an object, both with the managed fields that the Scale has.
pub(super) fn on_scale(w: &Write<'_>, type_name: &str, live: &Value, new: &mut Value) -> Result<(), Status> {
    let manager = manager(w);
    update(type_name, writer(w, &manager, "").of_scale(), Some(live), new)
}

fn update(type_name: &str, writer: Writer<'_>, live: Option<&Value>, new: &mut Value) -> Result<(), Status> {
    let ty = schema::by_name(type_name).ok_or_else(|| Status::internal(format!("no schema for {type_name}")))?;
    tree::meta_mut(new);
    managed::update(ty, live, new, writer);
    Ok(())
}

/// Who writes, under the name of `manager`.
pub(super) fn writer<'a>(w: &Write<'a>, manager: &'a str, api_version: &'a str) -> Writer<'a> {
    let (kind, subresource) = (w.place.kind, w.place.subresource);
    Writer { manager, api_version, subresource, reset: reset_fields(kind, subresource), versions: kind, now: w.now }
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

fn reset_fields(kind: &'static Kind, subresource: &str) -> &'static [&'static str] {
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
