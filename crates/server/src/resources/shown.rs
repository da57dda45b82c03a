//! A patched object as upstream's errors show it: parts that the patch did not touch stand as they were stored, in the
//! order of their type's fields; objects that it went into have their keys sorted.
use skeg_model::{
    Value,
    meta::go,
    schema::{Ty, Type},
    wire,
};

/// The patched object `new` made from `old`, both of type `ty`.
pub(super) fn patched(ty: &Type, old: &Value, new: &Value) -> String {
    let (Some(was), Some(is)) = (old.as_object(), new.as_object()) else { return go::json(new) };
    let fields: Vec<String> = is
        .iter()
        .map(|(key, value)| {
            let field = ty.field(key);
            let text = match (was.get(key), field) {
                (Some(before), Some(field)) => member(field.ty, before, value),
                _ => go::json(value),
            };
            format!("{}:{text}", go::json(&Value::String(key.clone())))
        })
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn member(ty: Ty, old: &Value, new: &Value) -> String {
    match ty {
        _ if old == new => canonical(ty, new),
        Ty::Struct(ty) => patched(ty, old, new),
        Ty::List(element) => list(*element, old, new),
        _ => go::json(new),
    }
}

/// Items that were there before stand as they were.
fn list(element: Ty, old: &Value, new: &Value) -> String {
    let (Some(was), Some(is)) = (old.as_array(), new.as_array()) else { return go::json(new) };
    let items: Vec<String> = is
        .iter()
        .enumerate()
        .map(|(i, item)| match was.get(i) {
            _ if was.contains(item) => canonical(element, item),
            Some(before) if was.len() == is.len() => member(element, before, item),
            _ => go::json(item),
        })
        .collect();
    format!("[{}]", items.join(","))
}

fn canonical(ty: Ty, value: &Value) -> String {
    match (ty, value) {
        (Ty::Struct(ty), Value::Object(_)) => String::from_utf8_lossy(&wire::encode(ty, value)).into_owned(),
        (Ty::List(element), Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| canonical(*element, item)).collect();
            format!("[{}]", items.join(","))
        }
        _ => go::json(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn untouched_parts_keep_their_order() {
        let ty = skeg_model::schema::by_name("io.k8s.api.core.v1.ConfigMap").unwrap();
        let old =
            json!({"kind": "ConfigMap", "metadata": {"name": "b", "uid": "a", "namespace": "c"}, "data": {"x": "y"}});
        let mut new = old.clone();
        new["data"] = json!(1);
        let want = r#"{"data":1,"kind":"ConfigMap","metadata":{"name":"b","namespace":"c","uid":"a"}}"#;
        assert_eq!(patched(ty, &old, &new), want);
        let ty = skeg_model::schema::by_name("io.k8s.api.rbac.v1.RoleBinding").unwrap();
        let old = json!({"subjects": [{"kind": "User", "name": "u"}, {"kind": "Group", "name": "g"}]});
        let mut new = old.clone();
        new["subjects"][1]["name"] = json!(7);
        let want = r#"{"subjects":[{"kind":"User","name":"u"},{"kind":"Group","name":7}]}"#;
        assert_eq!(patched(ty, &old, &new), want);
    }
}
