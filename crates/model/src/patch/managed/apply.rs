//! Server-side apply (KEP-555): what somebody wants merged into what there is, with an owner for every field.
use super::{
    Entry, Writer, compare, compare::compare_merged, entry::write, merge, paths_of, read, set::Set, strip, typed,
    update, versions::Comparisons,
};
use crate::{Object, Value, schema::Type, time::rfc3339_seconds};
use std::collections::BTreeMap;

/// Where client-side apply keeps what was applied last.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The manager that may take over from client-side apply.
const KUBECTL: &str = "kubectl";
/// Annotations of one object together, upstream's limit.
const ANNOTATIONS_BYTES_MAX: usize = 256 << 10;
/// Owner of what was there before the first apply to an object without owners.
const BEFORE: &str = "before-first-apply";

/// A field that somebody else owns with another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// As in `.spec.replicas`.
    pub path: String,
    /// The other one, as upstream prints it.
    pub manager: String,
}

/// Applies `config`, checked by [`typed::check`], to `live` (None: there is no such object). The answer carries the new
/// managed fields.
///
/// # Errors
/// Fields of others that would change, unless `force`.
pub fn apply(
    ty: &'static Type,
    live: Option<&Value>,
    config: &Value,
    writer: Writer<'_>,
    force: bool,
) -> Result<Value, Vec<Conflict>> {
    let mut base = live.cloned().unwrap_or_else(|| Value::Object(Object::new()));
    let mut entries = read(&base).unwrap_or_default();
    if live.is_some() && entries.is_empty() {
        update(ty, None, &mut base, Writer { manager: BEFORE, ..writer });
        entries = read(&base).unwrap_or_default();
    }
    if let Some(metadata) = base.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    let step = Step { ty, base: &base, config, writer };
    let mut done = step.run(entries.clone(), force);
    if let (Err(conflicts), KUBECTL) = (&done, writer.manager)
        && let Some(allowed) = step.applied_by_client()
    {
        let left = left(conflicts, &allowed);
        done = if left.is_empty() { step.run(entries, true) } else { Err(left) };
    }
    let (mut object, entries) = done.map_err(|conflicts| {
        conflicts
            .iter()
            .flat_map(|(by, set)| {
                let manager = shown(by);
                set.paths().into_iter().map(move |path| Conflict { path, manager: manager.clone() })
            })
            .collect::<Vec<_>>()
    })?;
    if writer.manager == KUBECTL {
        record_last_applied(&mut object, config);
    }
    if let Some(map) = object.as_object_mut() {
        map.entry("metadata").or_insert_with(|| Value::Object(Object::new()));
    }
    write(&mut object, entries);
    Ok(object)
}

/// Who conflicts in what.
type Conflicts = Vec<(Entry, Set)>;

fn left(conflicts: &Conflicts, allowed: &Set) -> Conflicts {
    let left = conflicts.iter().map(|(by, set)| (by.clone(), set.difference(allowed)));
    left.filter(|(_, set)| !set.is_empty()).collect()
}

fn shown(by: &Entry) -> String {
    let mut text = format!("{:?}", by.manager);
    if !by.subresource.is_empty() {
        text.push_str(&format!(" with subresource {:?}", by.subresource));
    }
    if by.operation == "Update" {
        text.push_str(&format!(" using {}", by.api_version));
    }
    text
}

struct Step<'a> {
    ty: &'static Type,
    base: &'a Value,
    config: &'a Value,
    writer: Writer<'a>,
}

impl Step<'_> {
    fn run(&self, mut entries: Vec<Entry>, force: bool) -> Result<(Value, Vec<Entry>), Conflicts> {
        let itself = self.fresh();
        entries.retain_mut(|it| match self.is_served(&it.api_version) {
            true => true,
            false if it.same_manager(&itself) => {
                // Nothing of it counts but when it was.
                it.set = Set::default();
                true
            }
            false => false,
        });
        let reset = Set::of_paths(self.writer.reset);
        let set = paths_of(self.ty, self.config).recursive_difference(&reset);
        let own = self.own(&mut entries);
        let applied = Entry { set, api_version: self.writer.api_version.into(), ..entries[own].clone() };
        let last = std::mem::replace(&mut entries[own], applied);
        let merged = merge::merge(self.ty, self.base, self.config);
        let object = if last.set.is_empty() { merged } else { self.prune(merged, &last, &entries) };
        let changes = compare_merged(self.ty, self.base, &object).without(&reset);
        let mut comparisons = Comparisons::new(self.base, &object, self.writer, changes);
        let mut conflicts = Conflicts::new();
        for entry in entries.iter_mut().enumerate().filter(|(at, _)| *at != own).map(|(_, it)| it) {
            let Some(changes) = comparisons.in_version(&entry.api_version) else { continue };
            let conflict = entry.set.intersection(&changes.modified.clone().union(&changes.added));
            entry.set = entry.set.difference(&conflict).difference(&changes.removed);
            if !conflict.is_empty() {
                conflicts.push((entry.clone(), conflict));
            }
        }
        if !force && !conflicts.is_empty() {
            conflicts.sort_by(|(a, _), (b, _)| (&a.manager, &a.operation).cmp(&(&b.manager, &b.operation)));
            return Err(conflicts);
        }
        entries[own].set = strip(std::mem::take(&mut entries[own].set));
        if object != *self.base {
            entries[own].time = rfc3339_seconds(self.writer.now);
        }
        Ok((object, entries))
    }

    fn is_served(&self, version: &str) -> bool {
        version == self.writer.api_version
            || self.writer.versions.convert(self.base, self.writer.api_version, version).is_some()
    }

    /// The place of this applier's entry, made when there is none.
    fn own(&self, entries: &mut Vec<Entry>) -> usize {
        let fresh = self.fresh();
        let found = entries.iter().position(|it| it.same_manager(&fresh));
        found.unwrap_or_else(|| {
            entries.push(fresh);
            entries.len() - 1
        })
    }

    /// This applier, who owns nothing yet.
    fn fresh(&self) -> Entry {
        Entry {
            manager: self.writer.manager.into(),
            operation: "Apply".into(),
            api_version: self.writer.api_version.into(),
            subresource: self.writer.subresource.into(),
            time: String::new(),
            set: Set::default(),
        }
    }

    /// Takes out what was applied last time and is not any more, unless somebody owns it. It is looked at as it was
    /// applied: in the version of `last`.
    fn prune(&self, merged: Value, last: &Entry, entries: &[Entry]) -> Value {
        let own = Form { ty: self.ty, version: self.writer.api_version, tree: merged };
        let Some(merged) = self.form(&own, &last.api_version) else { return own.tree };
        let last_set = merge::named_fields(merged.ty, &last.set);
        let pruned = merged.without(&last_set);
        let pruned = self.with_owned(merged.clone(), pruned, entries);
        let Some(pruned) = self.form(&pruned, merged.version) else { return own.tree };
        // Whatever the applier did not own stays.
        let pruned = merged.without(&merged.paths().difference(&pruned.paths()).intersection(&last_set));
        self.form(&pruned, own.version).map_or(own.tree, |it| it.tree)
    }

    /// What somebody owns comes back into `pruned`, in the form in which it is owned: first in that of `pruned` itself.
    fn with_owned<'v>(&self, mut merged: Form<'v>, mut pruned: Form<'v>, entries: &'v [Entry]) -> Form<'v> {
        let mut owned: BTreeMap<&'v str, Set> = BTreeMap::new();
        for entry in entries {
            let set = owned.entry(&entry.api_version).or_default();
            *set = std::mem::take(set).union(&entry.set);
        }
        let mut owned: Vec<_> = owned.into_iter().collect();
        owned.sort_by_key(|(version, _)| *version != pruned.version);
        for (version, owned) in owned {
            let (Some(all), Some(less)) = (self.form(&merged, version), self.form(&pruned, version)) else { continue };
            let kept = less.paths().union(&merge::named_fields(all.ty, &owned));
            pruned = all.without(&all.paths().difference(&kept));
            merged = all;
        }
        pruned
    }

    /// The same object in another version.
    fn form<'v>(&self, form: &Form<'_>, version: &'v str) -> Option<Form<'v>> {
        if form.version == version {
            return Some(Form { ty: form.ty, version, tree: form.tree.clone() });
        }
        let (ty, tree) = self.writer.versions.convert(&form.tree, form.version, version)?;
        Some(Form { ty, version, tree })
    }

    /// What client-side apply set and nobody has changed since.
    fn applied_by_client(&self) -> Option<Set> {
        let text = self.base["metadata"]["annotations"][LAST_APPLIED].as_str().filter(|it| !it.is_empty())?;
        let applied: Value = serde_json::from_str(text).ok()?;
        if applied["apiVersion"] != self.writer.api_version || typed::check(self.ty, &applied).is_err() {
            return None;
        }
        let changes = compare(self.ty, &applied, self.base);
        let set = paths_of(self.ty, &applied);
        Some(set.difference(&changes.modified).difference(&changes.added).difference(&changes.removed))
    }
}

/// An object in one of its versions.
#[derive(Clone)]
struct Form<'v> {
    ty: &'static Type,
    version: &'v str,
    tree: Value,
}

impl Form<'_> {
    /// All paths, those of the fields on the way included.
    fn paths(&self) -> Set {
        merge::named_fields(self.ty, &paths_of(self.ty, &self.tree))
    }

    fn without(&self, gone: &Set) -> Self {
        Self { tree: merge::without(self.ty, &self.tree, gone), ..*self }
    }
}

/// Client-side apply finds what kubectl applied on the server, where it kept such a record before.
fn record_last_applied(object: &mut Value, config: &Value) {
    let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) else { return };
    if annotations.get(LAST_APPLIED).and_then(Value::as_str).is_none_or(str::is_empty) {
        return;
    }
    let mut config = config.clone();
    if let Some(own) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        own.remove(LAST_APPLIED);
        if own.is_empty()
            && let Some(metadata) = config["metadata"].as_object_mut()
        {
            metadata.remove("annotations");
        }
    }
    annotations.insert(LAST_APPLIED.into(), format!("{config}\n").into());
    let bytes: usize = annotations.iter().map(|(k, v)| k.len() + v.as_str().map_or(0, str::len)).sum();
    if bytes > ANNOTATIONS_BYTES_MAX {
        annotations.remove(LAST_APPLIED);
    }
}
