//! Entries of `managedFields`, read and written as upstream does.
use super::Set;
use crate::Value;
use serde_json::json;

/// Managers by update at most; older ones are gathered under [`ANCIENT`].
pub(super) const UPDATE_MANAGERS_MAX: usize = 10;
const ANCIENT: &str = "ancient-changes";

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
    /// Whether both are what upstream knows as one manager.
    pub(super) fn same_manager(&self, other: &Self) -> bool {
        self.manager == other.manager
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == "Apply" || self.api_version == other.api_version)
    }
}

/// The name of a manager; nobody is `unknown`.
pub(super) fn name(manager: &str) -> String {
    if manager.is_empty() { "unknown".into() } else { manager.into() }
}

/// The entries of an object's `managedFields`, the last of each manager; None when one is malformed.
pub fn read(object: &Value) -> Option<Vec<Entry>> {
    let list = object["metadata"].get("managedFields").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut entries: Vec<Entry> = Vec::with_capacity(list.len());
    for entry in list {
        let entry = read_entry(entry)?;
        match entries.iter_mut().find(|it| it.same_manager(&entry)) {
            Some(earlier) => *earlier = entry,
            None => entries.push(entry),
        }
    }
    Some(entries)
}

fn read_entry(entry: &Value) -> Option<Entry> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let known = entry.get("fieldsType").and_then(Value::as_str) == Some("FieldsV1");
    let (operation, api_version) = (text("operation"), text("apiVersion"));
    if !known || api_version.is_empty() || !matches!(operation.as_str(), "Apply" | "Update") {
        return None;
    }
    Some(Entry {
        manager: text("manager"),
        operation,
        api_version,
        subresource: text("subresource"),
        time: text("time"),
        set: Set::from_fields(entry.get("fieldsV1").unwrap_or(&Value::Null))?,
    })
}

/// Puts the entries that own something into `object`, in upstream's order.
pub(super) fn write(object: &mut Value, entries: Vec<Entry>) {
    let list = trees(entries);
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if list.is_empty() {
        metadata.remove("managedFields");
    } else {
        metadata.insert("managedFields".into(), list.into());
    }
}

/// The entries that own something as trees, in upstream's order.
pub(super) fn trees(mut entries: Vec<Entry>) -> Vec<Value> {
    entries.retain(|e| !e.set.is_empty());
    entries.sort_by(|a, b| {
        let key = |e: &Entry| {
            (e.operation.clone(), e.time.clone(), e.manager.clone(), e.api_version.clone(), e.subresource.clone())
        };
        key(a).cmp(&key(b))
    });
    entries.iter().map(entry_tree).collect()
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

/// Gives `own` to its manager, beside what that one has.
pub(super) fn add(entries: &mut Vec<Entry>, own: Entry) {
    match entries.iter_mut().find(|e| e.same_manager(&own)) {
        Some(entry) => {
            entry.set = std::mem::take(&mut entry.set).union(&own.set);
            entry.time = own.time;
        }
        None => entries.push(own),
    }
}

/// Keeps the number of update managers bounded: the oldest of a version are gathered under one name.
pub(super) fn cap(entries: &mut Vec<Entry>) {
    let mut oldest: Vec<Entry> = entries.iter().filter(|e| e.operation == "Update").cloned().collect();
    let mut count = oldest.len();
    if count <= UPDATE_MANAGERS_MAX {
        return;
    }
    oldest.sort_by(|a, b| (&a.time, identifier(a)).cmp(&(&b.time, identifier(b))));
    let mut first_of_version: Vec<&Entry> = Vec::new();
    for old in &oldest {
        if count <= UPDATE_MANAGERS_MAX {
            break;
        }
        let Some(first) = first_of_version.iter().find(|it| it.api_version == old.api_version) else {
            first_of_version.push(old);
            continue;
        };
        let bucket = Entry { manager: ANCIENT.into(), subresource: String::new(), ..old.clone() };
        if !entries.iter().any(|it| it.same_manager(&bucket))
            && let Some(first) = entries.iter_mut().find(|it| it.same_manager(first))
        {
            ANCIENT.clone_into(&mut first.manager);
            first.subresource.clear();
        }
        entries.retain(|it| !it.same_manager(old));
        add(entries, bucket);
        count -= 1;
    }
}

/// What upstream orders managers of one second by.
fn identifier(entry: &Entry) -> String {
    let mut tree = format!(
        "{{\"manager\":{},\"operation\":\"{}\",\"apiVersion\":\"{}\"",
        json!(entry.manager),
        entry.operation,
        entry.api_version
    );
    if !entry.subresource.is_empty() {
        tree.push_str(&format!(",\"subresource\":{}", json!(entry.subresource)));
    }
    tree + "}"
}
