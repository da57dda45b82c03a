//! Merging what somebody applies into the live object, and taking paths out of a tree again: structured-merge-diff's
//! `Merge` and `RemoveItems`.
use super::{
    compare::{Walk, field_walk, is_empty, key_step, set_step, walk_of},
    set::Set,
};
use crate::{Object, Value, schema::Type};
use std::collections::{BTreeMap, BTreeSet};

/// The live object with everything that `applied` says. Nothing is ever taken away by merging.
pub fn merge(ty: &'static Type, live: &Value, applied: &Value) -> Value {
    both(Walk::Struct(ty), Some(live), Some(applied)).unwrap_or_else(|| Value::Object(Object::new()))
}

fn both(walk: Walk, live: Option<&Value>, applied: Option<&Value>) -> Option<Value> {
    let newer = || applied.or(live).cloned();
    let is_leaf = |value: Option<&Value>| value.is_some_and(|it| !it.is_object() && !it.is_array() && !it.is_null());
    if matches!(walk, Walk::Leaf) || is_leaf(applied) || (is_empty(live) && is_empty(applied)) {
        return newer();
    }
    match walk {
        Walk::Deduced if applied.is_some_and(Value::is_array) => newer(),
        Walk::Deduced if is_empty(applied) && live.is_some_and(Value::is_array) => newer(),
        Walk::Struct(_) | Walk::Map(_) | Walk::Deduced | Walk::Leaf => keys(walk, live, applied),
        Walk::Set => items(live, applied, set_step, Walk::Leaf),
        Walk::List(ty, keys) => items(live, applied, |item| key_step(ty, keys, item), walk_of(ty, None)),
    }
}

fn keys(walk: Walk, live: Option<&Value>, applied: Option<&Value>) -> Option<Value> {
    let (live, applied) = (live.and_then(Value::as_object), applied.and_then(Value::as_object));
    let names: BTreeSet<&String> = [live, applied].into_iter().flatten().flat_map(Object::keys).collect();
    let mut out = Object::new();
    for name in names {
        let (was, wanted) = (live.and_then(|it| it.get(name)), applied.and_then(|it| it.get(name)));
        if let Some(value) = both(field_walk(walk, name), was, wanted) {
            out.insert(name.clone(), value);
        }
    }
    (!out.is_empty()).then_some(Value::Object(out))
}

/// An item of a list with its step; None for an item whose step occurs twice, which is merged with nothing.
type Seen<'v> = BTreeMap<String, Option<&'v Value>>;

fn seen<'v>(items: &[(String, &'v Value)]) -> Seen<'v> {
    let mut seen = Seen::new();
    for (step, item) in items {
        seen.entry(step.clone()).and_modify(|it| *it = None).or_insert(Some(*item));
    }
    seen
}

/// Items in the order of what is applied, those of the live object alone staying where they were between them.
fn items(live: Option<&Value>, applied: Option<&Value>, step: impl Fn(&Value) -> String, walk: Walk) -> Option<Value> {
    let list =
        |value: Option<&'_ Value>| -> Vec<Value> { value.and_then(Value::as_array).cloned().unwrap_or_default() };
    let (live, applied) = (list(live), list(applied));
    let live: Vec<(String, &Value)> = live.iter().map(|it| (step(it), it)).collect();
    let applied: Vec<(String, &Value)> = applied.iter().map(|it| (step(it), it)).collect();
    let (ours, theirs) = (seen(&live), seen(&applied));
    let mut shared = applied.iter().map(|(step, _)| step).filter(|step| ours.contains_key(*step));
    let mut next = shared.next();
    let (mut out, mut merged) = (Vec::new(), BTreeSet::new());
    let one = |step: &String| both(walk, ours.get(step).copied().flatten(), theirs.get(step).copied().flatten());
    let (mut at, mut taken) = (0, 0);
    while at < live.len() || taken < applied.len() {
        let (mine, wanted) = (live.get(at), applied.get(taken));
        if let (Some((mine, _)), Some((wanted, _))) = (mine, wanted) {
            if mine == wanted {
                merged.insert(mine);
                out.extend(one(mine));
                (at, taken, next) = (at + 1, taken + 1, shared.next());
                continue;
            }
            if theirs.contains_key(mine) && next.is_some_and(|it| it != mine) {
                // It comes later, where what is applied has it.
                at += 1;
                continue;
            }
        }
        match mine {
            Some((mine, item)) if !theirs.contains_key(mine) => {
                out.extend(both(walk, Some(item), None));
                at += 1;
                continue;
            }
            Some((mine, _)) if merged.contains(mine) => at += 1,
            _ => {}
        }
        if let Some((wanted, _)) = wanted {
            merged.insert(wanted);
            out.extend(one(wanted));
            taken += 1;
            if next == Some(wanted) {
                next = shared.next();
            }
        }
    }
    (!out.is_empty()).then_some(Value::Array(out))
}

/// The tree without the paths of `gone`. What loses all that it held stays as null.
pub fn without(ty: &'static Type, tree: &Value, gone: &Set) -> Value {
    strip(Walk::Struct(ty), tree, gone)
}

fn strip(walk: Walk, tree: &Value, gone: &Set) -> Value {
    match (walk, tree) {
        (Walk::Struct(_) | Walk::Map(_) | Walk::Deduced, Value::Object(map)) => {
            let mut out = Object::new();
            for (name, value) in map {
                let below = gone.children.get(&format!("f:{name}"));
                if let Some(kept) = keep(field_walk(walk, name), value, below) {
                    out.insert(name.clone(), kept);
                }
            }
            if out.is_empty() { Value::Null } else { Value::Object(out) }
        }
        (Walk::Set, Value::Array(items)) => strip_items(items, gone, set_step, Walk::Leaf),
        (Walk::List(ty, keys), Value::Array(items)) => {
            strip_items(items, gone, |item| key_step(ty, keys, item), walk_of(ty, None))
        }
        _ => tree.clone(),
    }
}

fn strip_items(items: &[Value], gone: &Set, step: impl Fn(&Value) -> String, walk: Walk) -> Value {
    let kept: Vec<Value> = items.iter().filter_map(|item| keep(walk, item, gone.children.get(&step(item)))).collect();
    if kept.is_empty() { Value::Null } else { Value::Array(kept) }
}

fn keep(walk: Walk, value: &Value, gone: Option<&Set>) -> Option<Value> {
    match gone {
        Some(gone) if gone.member => None,
        Some(gone) if !gone.is_empty() => Some(strip(walk, value, gone)),
        _ => Some(value.clone()),
    }
}

/// The set with every named field on the way to a path as a path of its own.
pub fn named_fields(ty: &'static Type, set: &Set) -> Set {
    named(Walk::Struct(ty), set)
}

fn named(walk: Walk, set: &Set) -> Set {
    let below = |(step, child): (&String, &Set)| {
        let name = step.strip_prefix("f:");
        let inner = match (walk, name) {
            (_, Some(name)) => field_walk(walk, name),
            (Walk::List(ty, _), None) => walk_of(ty, None),
            _ => Walk::Leaf,
        };
        let mut child = named(inner, child);
        child.member |= match (walk, name) {
            (Walk::Struct(ty), Some(name)) => !child.is_empty() && ty.field(name).is_some(),
            _ => false,
        };
        (step.clone(), child)
    };
    Set { member: set.member, children: set.children.iter().map(below).collect() }
}
