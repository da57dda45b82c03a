//! Managed fields (`metadata.managedFields`): who set what, kept up to date at every write (KEP-555).
mod apply;
mod compare;
mod entry;
mod merge;
mod scale;
mod set;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_apply;
mod typed;
mod versions;

pub use apply::{Conflict, apply};
pub use compare::{Comparison, compare, paths_of};
pub use entry::{Entry, read};
pub use scale::Scaled;
pub use set::Set;
pub use typed::check as check_typed;
pub use versions::{Single, Versions};

use crate::{Value, schema::Type, time::rfc3339_seconds};
use entry::{add, cap, write};
use jiff::Timestamp;
use serde_json::json;
use versions::Comparisons;

/// Fields that belong to the system and are never tracked.
const SYSTEM_FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata.name",
    "metadata.namespace",
    "metadata.creationTimestamp",
    "metadata.selfLink",
    "metadata.uid",
    "metadata.clusterName",
    "metadata.generation",
    "metadata.managedFields",
    "metadata.resourceVersion",
];

/// Who writes now.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    pub manager: &'a str,
    pub api_version: &'a str,
    pub subresource: &'a str,
    /// Fields that this way of writing never owns, e.g. `status` for the object itself.
    pub reset: &'a [&'a str],
    /// The other forms of the object, in which others may own parts of it.
    pub versions: &'a dyn Versions,
    pub now: Timestamp,
}

/// Brings `new`'s managed fields up to date for a create (`old` None) or an update by `writer`. `new` and `old` are decoded
/// and defaulted trees of type `ty`; what the client sent as managedFields still stands in `new`.
pub fn update(ty: &'static Type, old: Option<&Value>, new: &mut Value, writer: Writer<'_>) {
    let before = old.and_then(read).unwrap_or_default();
    // Through a subresource nobody writes the list itself.
    let sent = if writer.subresource.is_empty() { new["metadata"].get("managedFields") } else { None };
    let cleared = sent.and_then(Value::as_array).is_some_and(|l| l.is_empty() || l.as_slice() == [json!({})]);
    if cleared && old.is_some() {
        write(new, Vec::new());
        return;
    }
    let sent = sent.and_then(|_| read(new)).filter(|l| !l.is_empty());
    if old.is_some() && sent.is_none() && before.is_empty() {
        // Somebody switched tracking off for this object by clearing the list; an apply switches it on again.
        write(new, Vec::new());
        return;
    }
    let mut entries = sent.unwrap_or(before);
    let nothing = Value::Object(crate::Object::new());
    let comparison = compare(ty, old.unwrap_or(&nothing), new);
    if comparison.keyless {
        // Tracking ends for an object whose parts have no names.
        write(new, Vec::new());
        return;
    }
    // What this way of writing resets changes nobody's ownership.
    let comparison = comparison.without(&Set::of_paths(writer.reset));
    let taken = comparison.modified.clone().union(&comparison.added);
    let mut comparisons = Comparisons::new(old.unwrap_or(&nothing), new, writer, comparison);
    entries.retain_mut(|entry| {
        let Some(changes) = comparisons.in_version(&entry.api_version) else { return false };
        entry.set = entry.set.difference(&changes.modified).difference(&changes.added).difference(&changes.removed);
        true
    });
    let taken = strip(taken);
    if !taken.is_empty() {
        let own = Entry {
            manager: entry::name(writer.manager),
            operation: "Update".into(),
            api_version: writer.api_version.into(),
            subresource: writer.subresource.into(),
            time: rfc3339_seconds(writer.now),
            set: taken,
        };
        add(&mut entries, own);
    }
    entries.retain(|e| !e.set.is_empty());
    cap(&mut entries);
    write(new, entries);
}

fn strip(set: Set) -> Set {
    let mut left = set.recursive_difference(&Set::of_paths(SYSTEM_FIELDS));
    if let Some(metadata) = left.children.get_mut("f:metadata") {
        metadata.member = false;
        if metadata.is_empty() {
            left.children.remove("f:metadata");
        }
    }
    left
}
