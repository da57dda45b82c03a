use super::{entry::UPDATE_MANAGERS_MAX, *};
use crate::schema::{Field, ListKind, Presence, Ty};

const fn field(json: &'static str, ty: Ty, presence: Presence, list: ListKind) -> Field {
    Field { list, ..Field::new(json, "", ty, 0, presence) }
}

const fn of(fields: &'static [Field]) -> Type {
    Type { name: "", go: "", fields, atomic: false, group_version_kind: None }
}

static META: Type = of(&[
    field("name", Ty::String, Presence::OmitEmpty, ListKind::Atomic),
    field("labels", Ty::Map(&Ty::String), Presence::OmitEmpty, ListKind::Atomic),
    field("managedFields", Ty::List(&Ty::Json), Presence::OmitEmpty, ListKind::Atomic),
]);
static ITEM: Type = of(&[
    field("name", Ty::String, Presence::Always, ListKind::Atomic),
    field("image", Ty::String, Presence::OmitEmpty, ListKind::Atomic),
    field("resources", Ty::Struct(&EMPTY), Presence::OmitEmpty, ListKind::Atomic),
]);
static EMPTY: Type = of(&[]);
static SPEC: Type = of(&[
    field("items", Ty::List(&Ty::Struct(&ITEM)), Presence::Always, ListKind::Map(&["name"])),
    field("replicas", Ty::Int32, Presence::Pointer, ListKind::Atomic),
]);
static OBJECT: Type = of(&[
    field("metadata", Ty::Struct(&META), Presence::OmitEmpty, ListKind::Atomic),
    field("spec", Ty::Struct(&SPEC), Presence::OmitEmpty, ListKind::Atomic),
    field("data", Ty::Map(&Ty::String), Presence::OmitEmpty, ListKind::Atomic),
]);

fn by(manager: &str, second: i64) -> Writer<'_> {
    let now = Timestamp::from_second(second).unwrap();
    Writer { manager, api_version: "v1", subresource: "", reset: &["status"], versions: &Single, now }
}

fn owned(object: &Value, manager: &str) -> Value {
    read(object).unwrap().iter().find(|e| e.manager == manager).map_or(Value::Null, |e| e.set.to_fields())
}

#[test]
fn a_create_owns_what_it_set_as_upstream_shows_it() {
    let mut new = json!({
        "metadata": {"name": "x", "labels": {"a": "b"}}, "data": {"k": "v"},
        "spec": {"items": [{"name": "c", "image": "i", "resources": {}}], "replicas": 0},
    });
    update(&OBJECT, None, &mut new, by("kubectl", 1));
    assert_eq!(
        owned(&new, "kubectl"),
        json!({
            "f:metadata": {"f:labels": {".": {}, "f:a": {}}}, "f:data": {".": {}, "f:k": {}},
            "f:spec": {"f:items": {"k:{\"name\":\"c\"}": {".": {}, "f:image": {}, "f:name": {}, "f:resources": {}}}, "f:replicas": {}},
        })
    );
}

#[test]
fn another_writer_takes_over_what_it_changes() {
    let mut old = json!({"metadata": {"name": "x"}, "data": {"a": "1", "b": "2"}});
    update(&OBJECT, None, &mut old, by("one", 1));
    let mut new = old.clone();
    new["data"] = json!({"a": "9", "c": "3"});
    update(&OBJECT, Some(&old), &mut new, by("two", 2));
    assert_eq!(owned(&new, "one"), json!({"f:data": {".": {}}}).as_object().map(|_| json!({"f:data": {}})).unwrap());
    assert_eq!(owned(&new, "two"), json!({"f:data": {"f:a": {}, "f:c": {}}}));
}

#[test]
fn an_update_that_changes_nothing_keeps_the_entries() {
    let mut old = json!({"metadata": {"name": "x"}, "data": {"a": "1"}});
    update(&OBJECT, None, &mut old, by("one", 1));
    let mut new = old.clone();
    update(&OBJECT, Some(&old), &mut new, by("two", 2));
    assert_eq!(old, new);
}

#[test]
fn clearing_the_list_switches_tracking_off() {
    let mut old = json!({"metadata": {"name": "x"}, "data": {"a": "1"}});
    update(&OBJECT, None, &mut old, by("one", 1));
    let mut new = old.clone();
    new["metadata"]["managedFields"] = json!([{}]);
    update(&OBJECT, Some(&old), &mut new, by("two", 2));
    assert_eq!(new["metadata"], json!({"name": "x"}));
    let mut later = new.clone();
    later["data"]["b"] = "2".into();
    update(&OBJECT, Some(&new), &mut later, by("two", 3));
    assert_eq!(later["metadata"], json!({"name": "x"}));
}

#[test]
fn the_number_of_managers_is_bounded() {
    let mut object = json!({"metadata": {"name": "x"}, "data": {"k": "v"}});
    update(&OBJECT, None, &mut object, by("first", 1));
    for n in 0..14 {
        let mut new = object.clone();
        new["data"][format!("k{n}")] = "v".into();
        update(&OBJECT, Some(&object), &mut new, by(&format!("m{n}"), 2 + n));
        object = new;
    }
    let entries = read(&object).unwrap();
    assert_eq!(entries.len(), UPDATE_MANAGERS_MAX);
    assert_eq!(entries.iter().filter(|e| e.manager == "ancient-changes").count(), 1);
}
