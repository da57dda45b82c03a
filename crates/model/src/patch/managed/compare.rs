//! What changed between two trees of one type, as sets of paths: the comparison of upstream's structured-merge-diff.
use super::set::Set;
use crate::{
    Value,
    schema::{Field, ListKind, Presence, Ty, Type},
};

/// Paths that only the new tree has, that differ, and that only the old tree had.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Comparison {
    pub added: Set,
    pub modified: Set,
    pub removed: Set,
    /// An item of the new tree lacks a key of its list, so that its path cannot be told.
    pub keyless: bool,
}

impl Comparison {
    /// The same without `paths` and what is below them.
    pub(super) fn without(self, paths: &Set) -> Self {
        let [added, modified, removed] =
            [self.added, self.modified, self.removed].map(|set| set.recursive_difference(paths));
        Self { added, modified, removed, ..self }
    }

    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }
}

/// How a value is walked.
#[derive(Clone, Copy)]
pub(super) enum Walk {
    /// One whole: scalars, atomic lists and maps.
    Leaf,
    Struct(&'static Type),
    /// Keys with values of one kind.
    Map(Ty),
    Set,
    List(Ty, &'static [&'static str]),
    /// No schema: objects by key, lists whole.
    Deduced,
}

pub(super) fn walk_of(ty: Ty, field: Option<&Field>) -> Walk {
    match ty {
        Ty::Struct(t) if t.atomic || field.is_some_and(|f| f.map_atomic) => Walk::Leaf,
        Ty::Struct(t) => Walk::Struct(t),
        Ty::Map(_) if field.is_some_and(|f| f.map_atomic) => Walk::Leaf,
        Ty::Map(value) => Walk::Map(*value),
        Ty::List(element) => match field.map(|f| f.list) {
            Some(ListKind::Set) => Walk::Set,
            Some(ListKind::Map(keys)) => Walk::List(*element, keys),
            _ => Walk::Leaf,
        },
        Ty::Json | Ty::RawExtension => Walk::Deduced,
        _ => Walk::Leaf,
    }
}

/// How the value behind a key is walked.
pub(super) fn field_walk(walk: Walk, name: &str) -> Walk {
    match walk {
        Walk::Struct(ty) => ty.field(name).map_or(Walk::Deduced, |field| walk_of(field.ty, Some(field))),
        Walk::Map(value) => walk_of(value, None),
        _ => Walk::Deduced,
    }
}

static NULL: Value = Value::Null;

/// Fields that Go writes even when nothing was set are there on both sides.
fn always_written(field: &Field) -> bool {
    let is_struct = matches!(field.ty, Ty::Struct(_) | Ty::Time | Ty::MicroTime);
    matches!(field.presence, Presence::Always | Presence::AlwaysPointer)
        || (field.presence == Presence::OmitEmpty && is_struct)
}

/// What Go leaves out is not there, however it was sent: nulls, and zero values of fields with `omitempty`.
fn written<'a>(field: &Field, value: Option<&'a Value>) -> Option<&'a Value> {
    let leaves_zero = field.presence == Presence::OmitEmpty && !always_written(field);
    value.filter(|value| match value {
        Value::Null => always_written(field),
        Value::Bool(b) => *b || !leaves_zero,
        Value::Number(n) => n.as_f64() != Some(0.0) || !leaves_zero,
        Value::String(s) => !s.is_empty() || !leaves_zero,
        Value::Array(items) => !items.is_empty() || !leaves_zero,
        Value::Object(map) => !map.is_empty() || !leaves_zero,
    })
}

/// Compares two objects of type `ty`.
pub fn compare(ty: &'static Type, old: &Value, new: &Value) -> Comparison {
    compared(ty, old, new, false)
}

/// The same for an object that an apply has merged: it has not gone through Go's types, and zero values are still there.
pub fn compare_merged(ty: &'static Type, old: &Value, new: &Value) -> Comparison {
    compared(ty, old, new, true)
}

fn compared(ty: &'static Type, old: &Value, new: &Value, keeps_zero: bool) -> Comparison {
    let mut out = Comparison::default();
    let mut path = Vec::new();
    Walker { out: &mut out, path: &mut path, keeps_zero }.visit(Walk::Struct(ty), Some(old), Some(new));
    out
}

/// All paths of one tree (structured-merge-diff's `ToFieldSet`).
pub fn paths_of(ty: &'static Type, tree: &Value) -> Set {
    let mut set = Set::default();
    own_paths(Walk::Struct(ty), tree, &mut set);
    set
}

struct Walker<'a> {
    out: &'a mut Comparison,
    path: &'a mut Vec<String>,
    /// Zero values of the new object count as written.
    keeps_zero: bool,
}

pub(super) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

impl Walker<'_> {
    fn visit(&mut self, walk: Walk, old: Option<&Value>, new: Option<&Value>) {
        if old.is_none() && new.is_none() {
            return;
        }
        let scalar = |v: Option<&Value>| v.is_some_and(|v| !v.is_object() && !v.is_array() && !v.is_null());
        let empty = is_empty(old) && is_empty(new) && !matches!(walk, Walk::Struct(_));
        if matches!(walk, Walk::Leaf) || scalar(old) || scalar(new) || empty {
            return self.leaf(old, new);
        }
        match walk {
            Walk::Struct(ty) => {
                let bare = !ty.fields.iter().any(always_written);
                if bare && is_empty(old) && is_empty(new) && (old.is_none() || new.is_none()) {
                    return self.leaf(old, new);
                }
                self.fields(ty, old, new);
            }
            Walk::Map(ty) => self.keys(walk_of(ty, None), old, new),
            Walk::Deduced if old.or(new).is_some_and(Value::is_array) => return self.leaf(old, new),
            Walk::Deduced => self.keys(Walk::Deduced, old, new),
            Walk::Set => self.items(old, new, set_step, Walk::Leaf),
            Walk::List(ty, keys) => {
                let walk = walk_of(ty, None);
                let items = new.and_then(Value::as_array).into_iter().flatten();
                let lacks_key = |item: &Value| keys.iter().any(|key| live_key(ty, key, item).is_none());
                self.out.keyless |= items.into_iter().any(lacks_key);
                self.items(old, new, |v| live_key_step(ty, keys, v), walk);
            }
            Walk::Leaf => {}
        }
        self.one_sided(old, new);
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(a), Some(b)) if a != b => mark(&mut self.out.modified, self.path),
            (Some(_), Some(_)) => {}
            _ => self.one_sided(old, new),
        }
    }

    fn one_sided(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (None, Some(_)) => mark(&mut self.out.added, self.path),
            (Some(_), None) => mark(&mut self.out.removed, self.path),
            _ => {}
        }
    }

    fn step(&mut self, step: String, walk: Walk, old: Option<&Value>, new: Option<&Value>) {
        self.path.push(step);
        self.visit(walk, old, new);
        self.path.pop();
    }

    fn fields(&mut self, ty: &'static Type, old: Option<&Value>, new: Option<&Value>) {
        for field in ty.fields {
            let was = old.and_then(|tree| written(field, tree.get(field.json)));
            let is = new.and_then(|tree| {
                let value = tree.get(field.json);
                if self.keeps_zero { value } else { written(field, value) }
            });
            let implied = always_written(field).then_some(&NULL);
            let was = was.or(implied.filter(|_| old.is_some()));
            let is = is.or(implied.filter(|_| new.is_some()));
            if was.is_none_or(Value::is_null) && is.is_none_or(Value::is_null) && was.is_some() && is.is_some() {
                continue;
            }
            let (was, is) = (zero_as_null(field, was), zero_as_null(field, is));
            self.step(format!("f:{}", field.json), walk_of(field.ty, Some(field)), was, is);
        }
    }

    fn keys(&mut self, walk: Walk, old: Option<&Value>, new: Option<&Value>) {
        let names = |v: Option<&Value>| -> Vec<String> {
            v.and_then(Value::as_object).map(|m| m.keys().cloned().collect()).unwrap_or_default()
        };
        let mut all = names(old);
        all.extend(names(new));
        all.sort();
        all.dedup();
        for name in all {
            let (was, is) = (old.and_then(|o| o.get(&name)), new.and_then(|n| n.get(&name)));
            self.step(format!("f:{name}"), walk, was, is);
        }
    }

    fn items(&mut self, old: Option<&Value>, new: Option<&Value>, step: impl Fn(&Value) -> String, walk: Walk) {
        let list = |v: Option<&'_ Value>| -> Vec<(String, Value)> {
            let items = v.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            items.iter().map(|i| (step(i), i.clone())).collect()
        };
        let (was, is) = (list(old), list(new));
        for (at, (name, item)) in is.iter().enumerate() {
            // Items that cannot be told apart are owned as one.
            if is.iter().filter(|(other, _)| other == name).count() > 1 {
                if is[..at].iter().all(|(other, _)| other != name) {
                    self.step(name.clone(), Walk::Leaf, None, Some(item));
                }
                continue;
            }
            let before = was.iter().find(|(n, _)| n == name).map(|(_, v)| v);
            self.step(name.clone(), walk, before, Some(item));
        }
        for (name, item) in was.iter().filter(|(n, _)| !is.iter().any(|(m, _)| m == n)) {
            self.step(name.clone(), walk, Some(item), None);
        }
    }
}

/// An always written scalar that was not set is its zero value on the wire: it equals an explicit zero.
fn zero_as_null<'a>(field: &Field, value: Option<&'a Value>) -> Option<&'a Value> {
    if field.presence != Presence::Always {
        return value;
    }
    match value {
        Some(Value::String(s)) if s.is_empty() => Some(&NULL),
        Some(Value::Bool(false)) => Some(&NULL),
        Some(Value::Number(n)) if n.as_i64() == Some(0) => Some(&NULL),
        other => other,
    }
}

fn mark(set: &mut Set, path: &[String]) {
    path.iter().fold(set, |at, step| at.below(step)).member = true;
}

/// The step of an item of a set.
pub(super) fn set_step(item: &Value) -> String {
    format!("v:{item}")
}

/// The step of an item of a list with keys, e.g. `k:{"containerPort":80,"protocol":"TCP"}`; keys that are not set count
/// with their default.
pub(super) fn key_step(ty: Ty, keys: &[&str], item: &Value) -> String {
    let map: crate::Object = keys.iter().filter_map(|k| Some(((*k).to_owned(), key_value(ty, k, item)?))).collect();
    format!("k:{}", Value::Object(map))
}

/// The key of an item of a live object, where Go writes zero values of some fields; None where a key is missing.
fn live_key(ty: Ty, key: &str, item: &Value) -> Option<Value> {
    // Go leaves the zero value of a key out, so that the item has none.
    let left_out = |value: &Value| matches!(ty, Ty::Struct(of) if of.field(key).is_some_and(|f| written(f, Some(value)).is_none()));
    let own = item.get(key).filter(|value| !value.is_null() && !left_out(value)).cloned();
    own.or_else(|| key_value(ty, key, &Value::Null))
}

fn live_key_step(ty: Ty, keys: &[&str], item: &Value) -> String {
    let map: crate::Object =
        keys.iter().filter_map(|key| Some(((*key).to_owned(), live_key(ty, key, item)?))).collect();
    format!("k:{}", Value::Object(map))
}

/// What an item has under a key of its list, if only by default.
pub(super) fn key_value(ty: Ty, key: &str, item: &Value) -> Option<Value> {
    if let Some(value) = item.get(key) {
        return Some(value.clone());
    }
    let Ty::Struct(of) = ty else { return None };
    let field = of.field(key)?;
    match field.ty {
        _ if !field.default.is_empty() => serde_json::from_str(field.default).ok(),
        // Upstream's schema has Go's zero value as the default of what is always written.
        Ty::String if always_written(field) => Some("".into()),
        Ty::Int32 | Ty::Int64 if always_written(field) => Some(0.into()),
        _ => None,
    }
}

fn own_paths(walk: Walk, value: &Value, set: &mut Set) {
    match (walk, value) {
        (Walk::Struct(ty), Value::Object(map)) => {
            for (name, value) in map {
                let field = ty.field(name);
                let walk = field.map_or(Walk::Deduced, |f| walk_of(f.ty, Some(f)));
                descend(walk, value, set.below(&format!("f:{name}")), field.is_none());
            }
        }
        (Walk::Map(ty), Value::Object(map)) => {
            for (name, value) in map {
                descend(walk_of(ty, None), value, set.below(&format!("f:{name}")), true);
            }
        }
        (Walk::Deduced, Value::Object(map)) => {
            for (name, value) in map {
                descend(Walk::Deduced, value, set.below(&format!("f:{name}")), true);
            }
        }
        (Walk::Set, Value::Array(items)) => {
            for item in items {
                set.below(&set_step(item)).member = true;
            }
        }
        (Walk::List(ty, keys), Value::Array(items)) => {
            for item in items {
                let below = set.below(&key_step(ty, keys, item));
                below.member = true;
                own_paths(walk_of(ty, None), item, below);
            }
        }
        _ => set.member = true,
    }
}

fn descend(walk: Walk, value: &Value, set: &mut Set, itself: bool) {
    if itself || value.is_null() || value.as_object().is_some_and(crate::Object::is_empty) {
        set.member = true;
    }
    own_paths(walk, value, set);
}
