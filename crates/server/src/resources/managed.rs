//! The managed-fields step of the pipeline.
use super::{tree, write::Write};
use skeg_model::Value;

/// Records who owns what after this write, between defaulting and admission. `live` is the current object, both in the
/// served form.
pub(super) fn on_write(_w: &Write<'_>, live: Option<&Value>, new: &mut Value) {
    let kept = live.and_then(|l| l.pointer("/metadata/managedFields")).cloned();
    tree::set_meta(new, "managedFields", kept);
}

/// Name of the manager: the one given, else the program's part of the user agent.
#[expect(dead_code, reason = "the field sets that carry it come from model::patch")]
fn manager(w: &Write<'_>) -> String {
    if !w.options.field_manager.is_empty() {
        return w.options.field_manager.clone();
    }
    let program = w.ctx.user_agent.split('/').next().unwrap_or_default();
    program.chars().filter(|c| !c.is_control()).take(MANAGER_CHARS_MAX).collect()
}

/// Longest name of a manager that is taken from a user agent.
const MANAGER_CHARS_MAX: usize = 128;
