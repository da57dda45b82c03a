use super::{Single, Versions, Writer, apply, check_typed, read, update};
use crate::{
    Value,
    schema::{self, Type},
};
use jiff::Timestamp;
use serde_json::json;

fn deployment() -> &'static Type {
    schema::by_kind("apps", "v1", "Deployment").unwrap()
}

fn config_map() -> &'static Type {
    schema::by_kind("", "v1", "ConfigMap").unwrap()
}

fn by(manager: &str, second: i64) -> Writer<'_> {
    let now = Timestamp::from_second(second).unwrap();
    Writer { manager, api_version: "v1", subresource: "", reset: &["status"], versions: &Single, now }
}

fn data(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data})
}

fn owned(object: &Value, manager: &str) -> Value {
    read(object).unwrap().iter().find(|e| e.manager == manager).map_or(Value::Null, |e| e.set.to_fields())
}

/// Applies data by a manager; the conflicts as text.
fn applied(live: Option<&Value>, wanted: &Value, manager: &str, force: bool) -> Result<Value, String> {
    apply(config_map(), live, &data(wanted), by(manager, 9), force).map_err(|conflicts| {
        conflicts.iter().map(|it| format!("{} {}", it.path, it.manager)).collect::<Vec<_>>().join(", ")
    })
}

#[test]
fn an_applier_owns_what_it_says_and_nothing_more() {
    let first = applied(None, &json!({"a": "1", "b": "2"}), "one", false).unwrap();
    assert_eq!(owned(&first, "one"), json!({"f:data": {"f:a": {}, "f:b": {}}}));
    let shared = applied(Some(&first), &json!({"a": "1"}), "two", false).unwrap();
    assert_eq!(shared["data"], json!({"a": "1", "b": "2"}));
    assert_eq!(read(&shared).unwrap().iter().find(|e| e.manager == "two").unwrap().time, "", "nothing was changed");
    let less = applied(Some(&shared), &json!({"b": "2"}), "one", false).unwrap();
    assert_eq!(less["data"], json!({"a": "1", "b": "2"}), "another one still owns it");
    let gone = applied(Some(&less), &json!({}), "two", false).unwrap();
    assert_eq!(gone["data"], json!({"b": "2"}));
}

#[test]
fn what_others_own_is_a_conflict_unless_forced() {
    let first = applied(None, &json!({"a": "1", "b": "2"}), "one", false).unwrap();
    let wanted = json!({"a": "9", "b": "2"});
    assert_eq!(applied(Some(&first), &wanted, "two", false), Err(".data.a \"one\"".into()));
    let forced = applied(Some(&first), &wanted, "two", true).unwrap();
    assert_eq!(forced["data"], wanted);
    assert_eq!(owned(&forced, "one"), json!({"f:data": {"f:b": {}}}));
    let mut plain = data(&json!({"a": "1"}));
    update(config_map(), None, &mut plain, Writer { subresource: "part", ..by("writer", 1) });
    let told = applied(Some(&plain), &json!({"a": "2"}), "two", false);
    assert_eq!(told, Err(".data.a \"writer\" with subresource \"part\" using v1".into()));
}

#[test]
fn what_nobody_owns_belongs_to_the_time_before() {
    let live = data(&json!({"a": "1"}));
    assert_eq!(
        applied(Some(&live), &json!({"a": "2"}), "one", false),
        Err(".data.a \"before-first-apply\" using v1".into())
    );
}

#[test]
fn kubectl_takes_over_from_its_client_side() {
    let mut live = data(&json!({"a": "1"}));
    let record = "kubectl.kubernetes.io/last-applied-configuration";
    live["metadata"]["annotations"] = json!({record: data(&json!({"a": "1"})).to_string()});
    update(config_map(), None, &mut live, by("kubectl-client-side-apply", 1));
    assert!(applied(Some(&live), &json!({"a": "2"}), "other", false).is_err());
    let taken = applied(Some(&live), &json!({"a": "2"}), "kubectl", false).unwrap();
    assert_eq!(taken["data"]["a"], "2");
    let kept: Value = serde_json::from_str(taken["metadata"]["annotations"][record].as_str().unwrap()).unwrap();
    assert_eq!(kept, data(&json!({"a": "2"})));
}

#[test]
fn items_are_merged_by_key_in_the_order_of_what_is_applied() {
    let spec = |containers: Value| {
        let template = json!({"spec": {"containers": containers}});
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"template": template}})
    };
    let live = spec(json!([{"name": "a", "image": "1"}, {"name": "b", "image": "1"}, {"name": "c", "image": "1"}]));
    let wanted = spec(json!([{"name": "c", "image": "2"}, {"name": "d"}, {"name": "a"}]));
    let merged = super::merge::merge(deployment(), &live, &wanted);
    let containers = merged["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    let names: Vec<&str> = containers.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["b", "c", "d", "a"]);
    assert_eq!((&containers[1]["image"], &containers[3]["image"]), (&json!("2"), &json!("1")));
}

#[test]
fn what_does_not_fit_the_type() {
    let check = |tree: Value, text: &str| assert_eq!(check_typed(config_map(), &tree).unwrap_err(), text);
    check(json!({"extra": 1}), ".extra: field not declared in schema");
    check(
        json!({"data": {"a": 1, "b": true}}),
        "errors:\n  .data.a: expected string, got &value.valueUnstructured{Value:1}\n  .data.b: expected string, got \
         &value.valueUnstructured{Value:true}",
    );
    check(json!({"immutable": "x"}), ".immutable: expected boolean, got &{x}");
    let pod = schema::by_kind("", "v1", "Pod").unwrap();
    let twice = json!({"spec": {"containers": [{"name": "a"}, {"name": "a"}]}});
    assert_eq!(check_typed(pod, &twice).unwrap_err(), ".spec.containers: duplicate entries for key [name=\"a\"]");
    let nameless = json!({"spec": {"containers": [{"image": "a"}]}});
    assert_eq!(check_typed(pod, &nameless), Ok(()), "the default of a name is none");
    let nameless = json!({"spec": {"containers": [{}, {}]}});
    assert_eq!(check_typed(pod, &nameless).unwrap_err(), ".spec.containers: duplicate entries for key [name=\"\"]");
}

/// `data` in v1 is `binaryData` in v2.
#[derive(Debug)]
struct Renamed;

impl Versions for Renamed {
    fn convert(&self, object: &Value, from: &str, to: &str) -> Option<(&'static Type, Value)> {
        let mut object = object.clone();
        let (old, new) = match (from, to) {
            ("v1", "v2") => ("data", "binaryData"),
            ("v2", "v1") => ("binaryData", "data"),
            _ => return None,
        };
        let map = object.as_object_mut()?;
        if let Some(value) = map.remove(old) {
            map.insert(new.into(), value);
        }
        Some((config_map(), object))
    }
}

#[test]
fn owners_in_another_version_are_asked_in_that_one() {
    let by = |api_version| Writer { api_version, versions: &Renamed, ..by("two", 9) };
    let owners = json!([
        {"manager": "one", "operation": "Apply", "apiVersion": "v2", "fieldsType": "FieldsV1",
         "fieldsV1": {"f:binaryData": {"f:a": {}, "f:b": {}}}},
        {"manager": "old", "operation": "Apply", "apiVersion": "v0", "fieldsType": "FieldsV1",
         "fieldsV1": {"f:data": {"f:a": {}}}},
    ]);
    let mut live = data(&json!({"a": "1", "b": "2"}));
    live["metadata"]["managedFields"] = owners;
    let wanted = data(&json!({"a": "9"}));
    let refused = apply(config_map(), Some(&live), &wanted, by("v1"), false).unwrap_err();
    assert_eq!((refused.len(), refused[0].path.as_str()), (1, ".binaryData.a"));
    let forced = apply(config_map(), Some(&live), &wanted, by("v1"), true).unwrap();
    assert_eq!(owned(&forced, "one"), json!({"f:binaryData": {"f:b": {}}}));
    assert_eq!(owned(&forced, "old"), Value::Null, "no such version");
    // The same one applies less, in the other version: what only it owned goes.
    let less = json!({"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "x"}, "binaryData": {"c": "3"}});
    let (_, other) = Renamed.convert(&forced, "v1", "v2").unwrap();
    let pruned = apply(config_map(), Some(&other), &less, by("v2"), false).unwrap();
    assert_eq!(pruned["binaryData"], json!({"b": "2", "c": "3"}));
    // Who applied in a version that is gone owns nothing there any more, and is known by when that was.
    let mut gone = data(&json!({"a": "1"}));
    gone["metadata"]["managedFields"] = json!([
        {"manager": "two", "operation": "Apply", "apiVersion": "v0", "fieldsType": "FieldsV1", "time": "2024-01-01T00:00:00Z",
         "fieldsV1": {"f:data": {"f:a": {}}}},
    ]);
    let same = apply(config_map(), Some(&gone), &data(&json!({})), by("v1"), false).unwrap();
    assert_eq!(same["data"], json!({"a": "1"}));
    let said = apply(config_map(), Some(&gone), &data(&json!({"a": "1"})), by("v1"), false).unwrap();
    let entry = &read(&said).unwrap()[0];
    assert_eq!((entry.api_version.as_str(), entry.time.as_str()), ("v1", "2024-01-01T00:00:00Z"));
    let mut changed = live.clone();
    changed["data"]["b"] = "3".into();
    update(config_map(), Some(&live), &mut changed, by("v1"));
    assert_eq!(owned(&changed, "one"), json!({"f:binaryData": {"f:a": {}}}));
}

#[test]
fn a_key_that_is_left_out_has_its_default() {
    let pod = schema::by_kind("", "v1", "Pod").unwrap();
    let mut new = json!({"metadata": {"name": "p"}, "spec": {"imagePullSecrets": [{}, {"name": "a"}]}});
    update(pod, None, &mut new, by("one", 1));
    let keys = [r#"k:{"name":""}"#, r#"k:{"name":"a"}"#];
    let secrets = &owned(&new, "one")["f:spec"]["f:imagePullSecrets"];
    assert!(keys.iter().all(|key| secrets.get(*key).is_some()), "{secrets}");
}
