//! Managed fields (`metadata.managedFields`): who set what, kept up to date at every write (KEP-555).
mod apply;
mod compare;
mod merge;
mod set;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_apply;
mod typed;

pub use apply::{Conflict, apply};
pub use compare::{Comparison, compare, paths_of};
pub use set::Set;
pub use typed::check as check_typed;

use crate::{Value, schema::Type, time::rfc3339_seconds};
use jiff::Timestamp;
use serde_json::json;

/// Managers by update at most; older ones are gathered under `ancient-changes`.
const UPDATE_MANAGERS_MAX: usize = 10;
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

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    pub api_version: String,
    pub subresource: String,
    /// RFC 3339; "" where unknown.
    pub time: String,
    pub set: Set,
}

impl Entry {
    fn same_manager(&self, other: &Self) -> bool {
        self.manager == other.manager
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == "Apply" || self.api_version == other.api_version)
    }
}

/// Who writes now.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    pub manager: &'a str,
    pub api_version: &'a str,
    pub subresource: &'a str,
    /// Fields that this way of writing never owns, e.g. `status` for the object itself.
    pub reset: &'a [&'a str],
    pub now: Timestamp,
}

/// The entries of an object's `managedFields`; None when one is malformed.
pub fn read(object: &Value) -> Option<Vec<Entry>> {
    let Some(list) = object["metadata"].get("managedFields").and_then(Value::as_array) else { return Some(Vec::new()) };
    list.iter().map(read_entry).collect()
}

fn read_entry(entry: &Value) -> Option<Entry> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let known = entry.get("fieldsType").and_then(Value::as_str) == Some("FieldsV1");
    let operation = text("operation");
    (known && matches!(operation.as_str(), "Apply" | "Update")).then(|| Entry {
        manager: text("manager"),
        operation,
        api_version: text("apiVersion"),
        subresource: text("subresource"),
        time: text("time"),
        set: Set::from_fields(entry.get("fieldsV1").unwrap_or(&Value::Null)),
    })
}

fn write(object: &mut Value, mut entries: Vec<Entry>) {
    entries.retain(|e| !e.set.is_empty());
    entries.sort_by(|a, b| {
        let key = |e: &Entry| {
            (e.operation.clone(), e.time.clone(), e.manager.clone(), e.api_version.clone(), e.subresource.clone())
        };
        key(a).cmp(&key(b))
    });
    let list: Vec<Value> = entries.iter().map(entry_tree).collect();
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if list.is_empty() {
        metadata.remove("managedFields");
    } else {
        metadata.insert("managedFields".into(), list.into());
    }
}

fn entry_tree(entry: &Entry) -> Value {
    let mut tree = json!({
        "manager": entry.manager, "operation": entry.operation, "apiVersion": entry.api_version,
        "fieldsType": "FieldsV1", "fieldsV1": entry.set.to_fields(),
    });
    if !entry.time.is_empty() {
        tree["time"] = entry.time.clone().into();
    }
    if !entry.subresource.is_empty() {
        tree["subresource"] = entry.subresource.clone().into();
    }
    tree
}

/// Brings `new`'s managed fields up to date for a create (`old` None) or an update by `writer`. `new` and `old` are decoded
/// and defaulted trees of type `ty`; what the client sent as managedFields still stands in `new`.
pub fn update(ty: &'static Type, old: Option<&Value>, new: &mut Value, writer: Writer<'_>) {
    let sent = new["metadata"].get("managedFields").and_then(Value::as_array);
    let cleared = sent.is_some_and(|l| l.is_empty() || l.as_slice() == [json!({})]);
    if cleared && old.is_some() {
        write(new, Vec::new());
        return;
    }
    let sent = read(new).filter(|l| !l.is_empty());
    let before = old.and_then(read).unwrap_or_default();
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
    let reset = Set::of_paths(writer.reset);
    let [modified, added, removed] =
        [comparison.modified, comparison.added, comparison.removed].map(|set| set.recursive_difference(&reset));
    for entry in &mut entries {
        entry.set = entry.set.difference(&modified).difference(&added).difference(&removed);
    }
    let taken = strip(modified.union(&added));
    if !taken.is_empty() {
        let own = Entry {
            manager: writer.manager.into(),
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

fn add(entries: &mut Vec<Entry>, own: Entry) {
    match entries.iter_mut().find(|e| e.same_manager(&own)) {
        Some(entry) => {
            entry.set = std::mem::take(&mut entry.set).union(&own.set);
            entry.time = own.time;
        }
        None => entries.push(own),
    }
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

/// Keeps the number of update managers bounded by gathering the oldest of a version under one name.
fn cap(entries: &mut Vec<Entry>) {
    const ANCIENT: &str = "ancient-changes";
    let updates = entries.iter().filter(|e| e.operation == "Update" && e.manager != ANCIENT).count();
    if updates <= UPDATE_MANAGERS_MAX {
        return;
    }
    let mut oldest: Vec<usize> =
        (0..entries.len()).filter(|i| entries[*i].operation == "Update" && entries[*i].manager != ANCIENT).collect();
    oldest.sort_by_key(|i| entries[*i].time.clone());
    oldest.truncate(updates - UPDATE_MANAGERS_MAX + 1);
    oldest.sort_unstable_by(|a, b| b.cmp(a));
    for index in oldest {
        let mut old = entries.remove(index);
        old.manager = ANCIENT.into();
        old.subresource = String::new();
        let time = old.time.clone();
        add(entries, old);
        if let Some(ancient) = entries.iter_mut().find(|e| e.manager == ANCIENT) {
            ancient.time = ancient.time.clone().max(time);
        }
    }
}
