//! JSON merge patch (RFC 7386).
use crate::Value;

/// Applies `patch` to `target`: null deletes, objects merge, all else replaces.
pub fn apply(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(object) = target else { return };
    for (name, value) in fields {
        if value.is_null() {
            object.remove(name);
        } else {
            apply(object.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_examples_of_the_rfc_hold() {
        let check = |mut target: Value, patch: Value, expected: Value| {
            apply(&mut target, &patch);
            assert_eq!(target, expected);
        };
        check(
            json!({"a": "b", "c": {"d": "e", "f": "g"}}),
            json!({"a": "z", "c": {"f": null}}),
            json!({"a": "z", "c": {"d": "e"}}),
        );
        check(json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]}));
        check(json!({"a": "b"}), json!({"a": {"b": {"c": null}}}), json!({"a": {"b": {}}}));
        check(json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"}));
    }
}
