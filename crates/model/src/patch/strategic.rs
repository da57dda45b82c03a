//! Strategic merge patch: merge patch that knows the lists' merge keys, with the directives `$patch`, `$retainKeys`,
//! `$setElementOrder/…` and `$deleteFromPrimitiveList/…` (upstream's `strategicpatch`).
use super::PatchError;
use crate::{
    Object, Value,
    schema::{Field, Strategy, Ty, Type},
};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE_PRIMITIVE: &str = "$deleteFromPrimitiveList/";

/// Applies `patch` to `target`, an object of type `ty`.
///
/// # Errors
/// A directive of unknown form, or a list item without its merge key.
pub fn apply(ty: &Type, target: &mut Value, patch: &Value) -> Result<(), PatchError> {
    let Value::Object(patch) = patch else {
        return Err(PatchError::Malformed("cannot unmarshal a patch that is no object".into()));
    };
    let original = std::mem::take(target);
    let original = if let Value::Object(map) = original { map } else { Object::new() };
    *target = Value::Object(merge_map(Some(ty), original, patch)?);
    Ok(())
}

/// What a field holds, as far as merging goes.
#[derive(Clone, Copy)]
struct Shape {
    ty: Option<&'static Type>,
    strategy: Strategy,
    merge_key: &'static str,
}

fn shape(ty: Option<&Type>, name: &str) -> Shape {
    match ty.and_then(|t| t.field(name)) {
        Some(Field { ty, strategy, merge_key, .. }) => Shape { ty: inner(*ty), strategy: *strategy, merge_key },
        None => Shape { ty: None, strategy: Strategy::None, merge_key: "" },
    }
}

fn inner(ty: Ty) -> Option<&'static Type> {
    match ty {
        Ty::Struct(t) => Some(t),
        Ty::List(element) => inner(*element),
        _ => None,
    }
}

fn merges(strategy: Strategy) -> bool {
    matches!(strategy, Strategy::Merge | Strategy::MergeRetainKeys)
}

fn bad(text: impl Into<String>) -> PatchError {
    PatchError::Malformed(text.into())
}

fn merge_map(ty: Option<&Type>, mut original: Object, patch: &Object) -> Result<Object, PatchError> {
    match patch.get(DIRECTIVE).map(Value::as_str) {
        None => {}
        Some(Some("replace")) => {
            return Ok(patch.iter().filter(|(k, _)| *k != DIRECTIVE).map(|(k, v)| (k.clone(), v.clone())).collect());
        }
        Some(Some("delete")) => return Ok(Object::new()),
        Some(other) => {
            let (other, whole) = (other.unwrap_or_default(), go_map(&Value::Object(patch.clone())));
            return Err(PatchError::Internal(format!("unknown patch type: {other} in map: {whole}")));
        }
    }
    retain_keys(&mut original, patch)?;
    for (name, value) in patch {
        if let Some(field) = name.strip_prefix(DELETE_PRIMITIVE) {
            delete_primitives(&mut original, field, value)?;
            continue;
        }
        if name.starts_with('$') {
            continue;
        }
        let order = patch.get(&format!("{ORDER}{name}"));
        merge_field(ty, &mut original, name, value, order)?;
    }
    reorder_untouched(ty, &mut original, patch)?;
    Ok(original)
}

fn merge_field(
    ty: Option<&Type>,
    original: &mut Object,
    name: &str,
    value: &Value,
    order: Option<&Value>,
) -> Result<(), PatchError> {
    if value.is_null() {
        original.remove(name);
        return Ok(());
    }
    let shape = shape(ty, name);
    let merged = match (original.remove(name), value) {
        (Some(Value::Object(old)), Value::Object(new)) if shape.strategy != Strategy::Replace => {
            Value::Object(merge_map(shape.ty, old, new)?)
        }
        (Some(Value::Array(old)), Value::Array(new)) if merges(shape.strategy) => {
            Value::Array(merge_list(shape, old, new, order)?)
        }
        // What is replaced whole is taken as it stands.
        (Some(_), new) if shape.strategy == Strategy::Replace || new.is_array() => new.clone(),
        (_, new) => match without_directives(new) {
            Some(new) => new,
            None => return Ok(()),
        },
    };
    original.insert(name.to_owned(), merged);
    Ok(())
}

/// A value that meets nothing to merge with: nulls of objects fall away, and so does whatever carries a directive.
fn without_directives(value: &Value) -> Option<Value> {
    match value {
        Value::Object(map) => {
            if map.contains_key(DIRECTIVE) {
                return None;
            }
            let fields = map.iter().filter(|(k, v)| !k.starts_with('$') && !v.is_null());
            Some(fields.filter_map(|(k, v)| Some((k.clone(), without_directives(v)?))).collect::<Object>().into())
        }
        Value::Array(items) => Some(items.iter().filter_map(without_directives).collect::<Vec<_>>().into()),
        other => Some(other.clone()),
    }
}

fn retain_keys(original: &mut Object, patch: &Object) -> Result<(), PatchError> {
    let Some(keys) = patch.get(RETAIN_KEYS) else { return Ok(()) };
    let keys = keys.as_array().ok_or_else(|| bad("invalid patch format of retainKeys"))?;
    let listed = |name: &str| keys.iter().any(|k| k.as_str() == Some(name));
    if patch.iter().any(|(name, value)| !name.starts_with('$') && !value.is_null() && !listed(name)) {
        return Err(bad("invalid patch format of retainKeys"));
    }
    original.retain(|name, _| listed(name));
    Ok(())
}

fn delete_primitives(original: &mut Object, field: &str, gone: &Value) -> Result<(), PatchError> {
    if let Some(Value::Array(items)) = original.get_mut(field) {
        let gone = gone.as_array().ok_or_else(|| bad("invalid patch format of primitive list"))?;
        items.retain(|item| !gone.contains(item));
    }
    Ok(())
}

/// Applies `$setElementOrder` to lists that the patch does not otherwise touch.
fn reorder_untouched(ty: Option<&Type>, original: &mut Object, patch: &Object) -> Result<(), PatchError> {
    for (name, order) in patch {
        let Some(field) = name.strip_prefix(ORDER) else { continue };
        if patch.contains_key(field) {
            continue;
        }
        let shape = shape(ty, field);
        if let Some(Value::Array(items)) = original.get_mut(field) {
            let taken = std::mem::take(items);
            *items = reorder(taken.clone(), &taken, shape.merge_key, order)?;
        }
    }
    Ok(())
}

fn merge_list(shape: Shape, old: Vec<Value>, patch: &[Value], order: Option<&Value>) -> Result<Vec<Value>, PatchError> {
    let before = old.clone();
    if let Some(order) = order {
        check_order(patch, shape.merge_key, order)?;
    }
    check_kinds(&old, patch)?;
    let merged = if patch.iter().chain(&old).any(Value::is_object) {
        merge_objects(shape, old, patch)?
    } else {
        let mut merged = old;
        for item in patch {
            if !merged.contains(item) {
                merged.push(item.clone());
            }
        }
        merged
    };
    match order {
        Some(order) => reorder(merged, &before, shape.merge_key, order),
        // The patch itself says how its items stand.
        None => reorder(merged, &before, shape.merge_key, &Value::Array(patch.to_vec())),
    }
}

/// What a patch sets must stand in `$setElementOrder`, in the same order.
fn check_order(patch: &[Value], merge_key: &str, order: &Value) -> Result<(), PatchError> {
    let listed = order.as_array().map_or(&[][..], Vec::as_slice);
    let is_deletion = |item: &&Value| item.get(DIRECTIVE).and_then(Value::as_str) == Some("delete");
    let mut kept = patch.iter().filter(|item| !is_deletion(item)).peekable();
    if listed.is_empty() {
        return Ok(());
    }
    let mut listed = listed.iter();
    while let Some(item) = kept.peek() {
        if item.get(DIRECTIVE).is_some() && listed.len() > 0 {
            kept.next();
            continue;
        }
        let Some(next) = listed.next() else { break };
        if id_of(item, merge_key)? == id_of(next, merge_key)? {
            kept.next();
        }
    }
    if kept.peek().is_none() {
        return Ok(());
    }
    let (patch, order) = (go_map(&Value::Array(patch.to_vec())), go_map(order));
    Err(PatchError::Internal(format!(
        "The order in patch list:\n{patch}\n doesn't match $setElementOrder list:\n{order}\n"
    )))
}

/// Items of one list are of one kind.
fn check_kinds(old: &[Value], patch: &[Value]) -> Result<(), PatchError> {
    let kind = |item: &Value| (std::mem::discriminant(item), item.is_f64());
    let mut items = old.iter().chain(patch);
    let Some(first) = items.next().filter(|first| !first.is_array()) else { return Ok(()) };
    if items.all(|item| kind(item) == kind(first)) {
        return Ok(());
    }
    let both = [old, patch].map(|items| go_map(&Value::Array(items.to_vec()))).join(" ");
    Err(PatchError::Internal(format!("list element types are not identical: [{both}]")))
}

/// What tells an item from others: its merge key's value, or itself.
fn id_of<'a>(item: &'a Value, merge_key: &str) -> Result<&'a Value, PatchError> {
    if item.is_object() { key_of(item, merge_key) } else { Ok(item) }
}

fn merge_objects(shape: Shape, mut old: Vec<Value>, patch: &[Value]) -> Result<Vec<Value>, PatchError> {
    if shape.merge_key.is_empty() {
        return Err(bad("cannot merge a list of objects without a merge key"));
    }
    let mut replaces = false;
    for item in patch {
        match item.get(DIRECTIVE).map(|d| d.as_str().unwrap_or_default()) {
            None => {}
            Some("delete") => {
                let key = key_of(item, shape.merge_key)?;
                old.retain(|o| o.get(shape.merge_key) != Some(key));
            }
            Some("replace") => replaces = true,
            Some("merge") => {
                return Err(PatchError::Internal("merging lists cannot yet be specified in the patch".into()));
            }
            Some(other) => {
                return Err(PatchError::Internal(format!("unknown patch type: {other} in map: {}", go_map(item))));
            }
        }
    }
    let plain = patch.iter().filter(|item| item.get(DIRECTIVE).is_none());
    if replaces {
        return plain.map(|item| key_of(item, shape.merge_key).map(|_| item.clone())).collect();
    }
    for item in plain {
        let key = key_of(item, shape.merge_key)?;
        let fields = item.as_object().ok_or_else(|| bad("a list holds objects and other values"))?;
        match old.iter_mut().find(|o| o.get(shape.merge_key) == Some(key)) {
            Some(found) => {
                let map = if let Value::Object(map) = std::mem::take(found) { map } else { Object::new() };
                *found = Value::Object(merge_map(shape.ty, map, fields)?);
            }
            None => old.extend(without_directives(item)),
        }
    }
    Ok(old)
}

fn key_of<'a>(item: &'a Value, merge_key: &str) -> Result<&'a Value, PatchError> {
    item.get(merge_key).ok_or_else(|| {
        PatchError::Internal(format!("map: {} does not contain declared merge key: {merge_key}", go_map(item)))
    })
}

/// An object as Go's `%v` prints a map: `map[a:1 b:x]`.
fn go_map(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields: Vec<String> = map.iter().map(|(k, v)| format!("{k}:{}", go_map(v))).collect();
            format!("map[{}]", fields.join(" "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(go_map).collect::<Vec<_>>().join(" ")),
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".into(),
        other => other.to_string(),
    }
}

/// Items named by `order` stand in that order; the others keep their places relative to their old neighbours.
fn reorder(items: Vec<Value>, before: &[Value], merge_key: &str, order: &Value) -> Result<Vec<Value>, PatchError> {
    let order = order.as_array().ok_or_else(|| bad("invalid patch format of setElementOrder list"))?;
    let id = |item: &Value| {
        if item.is_object() { item.get(merge_key).cloned().unwrap_or(Value::Null) } else { item.clone() }
    };
    let wanted: Vec<Value> = order.iter().map(id).collect();
    let old: Vec<Value> = before.iter().map(id).collect();
    let place = |list: &[Value], item: &Value| list.iter().position(|i| *i == id(item));
    let (mut listed, others): (Vec<Value>, Vec<Value>) = items.into_iter().partition(|i| place(&wanted, i).is_some());
    listed.sort_by_key(|i| place(&wanted, i));
    let mut out = Vec::with_capacity(listed.len() + others.len());
    let (mut listed, mut others) = (listed.into_iter().peekable(), others.into_iter().peekable());
    while let (Some(l), Some(o)) = (listed.peek(), others.peek()) {
        // Only an item that stood before the listed one goes before it.
        let first = match (place(&old, l), place(&old, o)) {
            (Some(l), Some(o)) => l < o,
            _ => true,
        };
        out.extend(if first { listed.next() } else { others.next() });
    }
    out.extend(listed.chain(others));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Presence;
    use serde_json::json;

    const fn field(json: &'static str, ty: Ty, strategy: Strategy, merge_key: &'static str) -> Field {
        Field { strategy, merge_key, ..Field::new(json, "", ty, 0, Presence::OmitEmpty) }
    }
    const fn of(fields: &'static [Field]) -> Type {
        Type { name: "", go: "", fields, atomic: false, group_version_kind: None }
    }
    static PORT: Type = of(&[]);
    static ITEM: Type = of(&[
        field("name", Ty::String, Strategy::None, ""),
        field("ports", Ty::List(&Ty::Struct(&PORT)), Strategy::Merge, "port"),
    ]);
    static OBJECT: Type = of(&[
        field("items", Ty::List(&Ty::Struct(&ITEM)), Strategy::Merge, "name"),
        field("finalizers", Ty::List(&Ty::String), Strategy::Merge, ""),
        field("args", Ty::List(&Ty::String), Strategy::None, ""),
        field("strategy", Ty::Struct(&PORT), Strategy::RetainKeys, ""),
    ]);

    fn check(target: Value, patch: Value, expected: Value) {
        let mut target = target;
        apply(&OBJECT, &mut target, &patch).unwrap();
        assert_eq!(target, expected);
    }

    #[test]
    fn lists_merge_by_key_and_directives_act() {
        let old = json!({"items": [{"name": "a", "v": 1}, {"name": "b", "v": 2}]});
        check(
            old.clone(),
            json!({"items": [{"name": "b", "v": 3}, {"name": "c"}]}),
            json!({"items": [{"name": "a", "v": 1}, {"name": "b", "v": 3}, {"name": "c"}]}),
        );
        check(
            old.clone(),
            json!({"items": [{"name": "a", "$patch": "delete"}]}),
            json!({"items": [{"name": "b", "v": 2}]}),
        );
        check(old.clone(), json!({"items": [{"$patch": "replace"}, {"name": "z"}]}), json!({"items": [{"name": "z"}]}));
        check(
            old.clone(),
            json!({"$setElementOrder/items": [{"name": "b"}, {"name": "a"}]}),
            json!({"items": [{"name": "b", "v": 2}, {"name": "a", "v": 1}]}),
        );
        check(old, json!({"items": null}), json!({}));
    }

    #[test]
    fn primitives_maps_and_retained_keys() {
        check(
            json!({"finalizers": ["a", "b"], "args": [1]}),
            json!({"finalizers": ["b", "c"], "args": [2]}),
            json!({"finalizers": ["a", "b", "c"], "args": [2]}),
        );
        check(
            json!({"finalizers": ["a", "b"]}),
            json!({"$deleteFromPrimitiveList/finalizers": ["a"]}),
            json!({"finalizers": ["b"]}),
        );
        check(
            json!({"strategy": {"type": "R", "rolling": 1}}),
            json!({"strategy": {"$retainKeys": ["type"], "type": "X"}}),
            json!({"strategy": {"type": "X"}}),
        );
        check(json!({"m": {"a": 1}}), json!({"m": {"$patch": "replace", "b": 2}}), json!({"m": {"b": 2}}));
        check(json!({}), json!({"m": {"a": null, "b": {"c": null}}}), json!({"m": {"b": {}}}));
    }

    #[test]
    fn items_of_one_list_are_of_one_kind() {
        let error = apply(&OBJECT, &mut json!({"items": [{"name": "a"}]}), &json!({"items": ["s"]})).unwrap_err();
        assert_eq!(error.to_string(), "list element types are not identical: [[map[name:a]] [s]]");
    }

    #[test]
    fn an_item_without_its_key_is_malformed() {
        let error = apply(&OBJECT, &mut json!({"items": []}), &json!({"items": [{"v": 1}]})).unwrap_err();
        assert_eq!(error.to_string(), "map: map[v:1] does not contain declared merge key: name");
    }
}
