//! The managed-fields step of the pipeline.
use super::write::Write;
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
    let ty = schema::by_name(type_name).ok_or_else(|| Status::internal(format!("no schema for {type_name}")))?;
    let writer = Writer {
        manager: &manager(w),
        api_version,
        subresource: w.place.subresource,
        reset: reset_fields(w.place.kind, w.place.subresource),
        now: w.now,
    };
    managed::update(ty, live, new, writer);
    Ok(())
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
