//! Validation of `metadata`, alike for every kind.
use crate::{
    Value,
    kinds::{Kind, NameRule, Scope},
    meta::{at::At, field_error::Errors, go, names},
    schema::{Presence, Ty, Type},
};

const ANNOTATIONS_BYTES_MAX: usize = 256 * 1024;
const FIELD_MANAGER_BYTES_MAX: usize = 128;
const SUBRESOURCE_NAME_BYTES_MAX: usize = 256;
pub const IMMUTABLE: &str = "field is immutable";

/// What is wrong with a name under a rule. `prefix`: it is a generateName, whose trailing dash is allowed.
pub fn check_name(rule: NameRule, name: &str, prefix: bool) -> names::Messages {
    let masked = if prefix { names::mask_trailing_dash(name) } else { name.to_owned() };
    match rule {
        NameRule::Dns1123Subdomain => names::dns1123_subdomain(&masked),
        NameRule::Dns1123Label => names::dns1123_label(&masked),
        NameRule::Dns1035Label => names::dns1035_label(&masked),
        NameRule::PathSegment => names::path_segment(name),
        NameRule::LongName if prefix => names::Messages::new(),
        NameRule::LongName => names::dns1123_subdomain_bytes(name),
    }
}

/// Metadata of an object to be created, its name already generated.
pub fn validate(kind: &Kind, object: &Value, errors: &mut Errors) {
    let root = At::root(object);
    validate_at(&root.child("metadata"), kind.scope == Scope::Namespaced, kind.name_rule, errors);
}

/// The part of [`validate`] that the API server does for every kind besides the kind's own strategy: any path segment is a name.
pub fn common(kind: &Kind, object: &Value, errors: &mut Errors) {
    let root = At::root(object);
    common_at(&root.child("metadata"), kind.scope == Scope::Namespaced, NameRule::PathSegment, errors);
}

/// The same at any place: `metadata` of templates is checked less, see `pod::template`.
pub fn validate_at(meta: &At, namespaced: bool, rule: NameRule, errors: &mut Errors) {
    common_at(meta, namespaced, rule, errors);
    kube_finalizers(&meta.child("finalizers"), errors);
}

fn common_at(meta: &At, namespaced: bool, rule: NameRule, errors: &mut Errors) {
    let generate = meta.text("generateName");
    if !generate.is_empty() {
        errors.invalid_each(meta.child("generateName"), generate, check_name(rule, generate, true));
    }
    let name = meta.text("name");
    if name.is_empty() {
        errors.required(meta.child("name"), "name or generateName is required");
    } else {
        errors.invalid_each(meta.child("name"), name, check_name(rule, name, false));
    }
    let namespace = meta.text("namespace");
    if !namespaced && !namespace.is_empty() {
        errors.forbidden(meta.child("namespace"), "not allowed on this type");
    } else if namespaced && namespace.is_empty() {
        errors.required(meta.child("namespace"), "");
    } else if namespaced {
        errors.invalid_each(meta.child("namespace"), namespace, names::dns1123_label(namespace));
    }
    nonnegative(&meta.child("generation"), errors);
    labels(&meta.child("labels"), errors);
    annotations(&meta.child("annotations"), errors);
    owner_references(&meta.child("ownerReferences"), errors);
    finalizers(&meta.child("finalizers"), errors);
    managed_fields(&meta.child("managedFields"), errors);
}

/// Metadata of an object that replaces `old`.
pub fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    common_update(new, old, errors);
    let root = At::root(new);
    let meta = root.child("metadata");
    kube_finalizers(&meta.child("finalizers"), errors);
}

/// The part of [`validate_update`] that the API server does for every kind before the kind's own strategy repeats it.
pub fn common_update(new: &Value, old: &Value, errors: &mut Errors) {
    let (new_root, old_root) = (At::root(new), At::root(old));
    let (meta, old_meta) = (new_root.child("metadata"), old_root.child("metadata"));
    if old_meta.has("deletionTimestamp") {
        no_new_finalizers(&meta.child("finalizers"), old_meta.get("finalizers"), errors);
    }
    if meta.text("resourceVersion").is_empty() {
        errors.invalid(meta.child("resourceVersion"), "", "must be specified for an update");
    }
    let generation = |at: &At| at.get("generation").as_i64().unwrap_or(0);
    if generation(&meta) < generation(&old_meta) {
        errors.invalid(meta.child("generation"), generation(&meta), "must not be decremented");
    }
    for field in ["name", "namespace", "uid"] {
        if meta.text(field) != old_meta.text(field) {
            errors.invalid(meta.child(field), meta.text(field), IMMUTABLE);
        }
    }
    for field in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        immutable(&meta.child(field), old_meta.get(field), errors);
    }
    labels(&meta.child("labels"), errors);
    annotations(&meta.child("annotations"), errors);
    owner_references(&meta.child("ownerReferences"), errors);
    managed_fields(&meta.child("managedFields"), errors);
}

/// `ValidateImmutableField`: equal up to Go's semantic equality, in which nil and empty are alike.
pub fn immutable(new: &At, old: &Value, errors: &mut Errors) {
    if !semantic_eq(new.value, old) {
        errors.invalid(new, new.value, IMMUTABLE);
    }
}

/// `equality.Semantic.DeepEqual` on trees: nil, `[]` and `{}` are alike, and so are an absent field and a null one.
pub fn semantic_eq(a: &Value, b: &Value) -> bool {
    let is_empty = |v: &Value| match v {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.values().all(Value::is_null),
        _ => false,
    };
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let half = |x: &crate::Object, y: &crate::Object| {
                x.iter().all(|(key, value)| semantic_eq(value, y.get(key).unwrap_or(&Value::Null)))
            };
            half(x, y) && y.iter().all(|(key, value)| x.contains_key(key) || semantic_eq(value, &Value::Null))
        }
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| semantic_eq(a, b)),
        _ if is_empty(a) && is_empty(b) => true,
        _ => a == b,
    }
}

/// The same for two values of type `ty`, where a pointer to nothing differs from one to an empty struct.
pub fn semantic_eq_as(ty: &Type, a: &Value, b: &Value) -> bool {
    if a.is_null() && b.is_null() {
        return true;
    }
    ty.fields.iter().all(|field| {
        let (a, b) = (&a[field.json], &b[field.json]);
        match field.ty {
            Ty::Struct(_) if field.presence == Presence::Pointer && a.is_null() != b.is_null() => false,
            Ty::Struct(inner) => semantic_eq_as(inner, a, b),
            Ty::List(Ty::Struct(inner)) => match (a.as_array(), b.as_array()) {
                (Some(x), Some(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| semantic_eq_as(inner, a, b)),
                _ => semantic_eq(a, b),
            },
            _ => semantic_eq(a, b),
        }
    })
}

pub fn nonnegative(at: &At, errors: &mut Errors) {
    if let Some(value) = at.int().filter(|v| *v < 0) {
        errors.invalid(at, value, "must be greater than or equal to 0");
    }
}

pub fn label_name(at: &At, name: &str, errors: &mut Errors) {
    errors.invalid_each(at, name, names::qualified_name(name));
}

/// A map of labels, all errors at the map itself.
pub fn labels(at: &At, errors: &mut Errors) {
    for (key, value) in at.entries() {
        label_name(at, key, errors);
        errors.invalid_each(at, value.str(), names::label_value(value.str()));
    }
}

pub fn annotations(at: &At, errors: &mut Errors) {
    let mut bytes = 0;
    for (key, value) in at.entries() {
        errors.invalid_each(at, key, names::qualified_name(&key.to_lowercase()));
        bytes += key.len() + value.str().len();
    }
    if bytes > ANNOTATIONS_BYTES_MAX {
        errors.too_long(at, ANNOTATIONS_BYTES_MAX);
    }
}

fn owner_references(at: &At, errors: &mut Errors) {
    let mut controller: Option<String> = None;
    for owner in at.items() {
        // Upstream names the list's own path here, without the index.
        let (api_version, kind) = (owner.text("apiVersion"), owner.text("kind"));
        if version_of(api_version).is_empty() {
            errors.invalid(at.child("apiVersion"), api_version, "version must not be empty");
        }
        for field in ["kind", "name", "uid"] {
            if owner.text(field).is_empty() {
                errors.invalid(at.child(field), "", "must not be empty");
            }
        }
        if api_version == "v1" && kind == "Event" {
            errors.invalid(at, owner.value, "/v1, Kind=Event is disallowed from being an owner");
        }
        if owner.flag("controller") {
            let name = format!("{kind}/{}", owner.text("name"));
            match &controller {
                None => controller = Some(name),
                Some(first) => errors.invalid(
                    at,
                    at.value,
                    format!("Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"),
                ),
            }
        }
    }
}

/// The version of an `apiVersion`, "" where it cannot be read.
fn version_of(api_version: &str) -> &str {
    match api_version.split_once('/') {
        None => api_version,
        Some((_, version)) if !version.contains('/') => version,
        Some(_) => "",
    }
}

fn finalizers(at: &At, errors: &mut Errors) {
    let (mut orphan, mut foreground) = (false, false);
    for finalizer in at.items() {
        let name = finalizer.str();
        errors.invalid_each(at, name, names::qualified_name(name));
        orphan |= name == "orphan";
        foreground |= name == "foregroundDeletion";
    }
    if orphan && foreground {
        errors.invalid(at, at.value, "finalizer orphan and foregroundDeletion cannot be both set");
    }
}

/// Finalizers that Kubernetes itself gives a meaning.
pub fn is_standard_finalizer(name: &str) -> bool {
    matches!(name, "kubernetes" | "orphan" | "foregroundDeletion")
}

/// Built-in kinds allow unqualified finalizers only where Kubernetes itself gives them a meaning.
fn kube_finalizers(at: &At, errors: &mut Errors) {
    for finalizer in at.items() {
        let name = finalizer.str();
        if !name.contains('/') && !is_standard_finalizer(name) {
            errors.invalid(finalizer, name, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
}

fn no_new_finalizers(at: &At, old: &Value, errors: &mut Errors) {
    let old: Vec<&str> = old.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str).collect();
    let mut added: Vec<&str> = at.items().map(|f| f.str()).filter(|f| !old.contains(f)).collect();
    added.sort_unstable();
    added.dedup();
    if !added.is_empty() {
        let shown = go::string_slice(&added);
        let why =
            format!("no new finalizers can be added if the object is being deleted, found new finalizers {shown}");
        errors.forbidden(at, why);
    }
}

fn managed_fields(at: &At, errors: &mut Errors) {
    for entry in at.items() {
        let operation = entry.text("operation");
        if operation != "Apply" && operation != "Update" {
            errors.invalid(entry.child("operation"), operation, "must be `Apply` or `Update`");
        }
        let fields_type = entry.text("fieldsType");
        if !fields_type.is_empty() && fields_type != "FieldsV1" {
            errors.invalid(entry.child("fieldsType"), fields_type, "must be `FieldsV1`");
        }
        if entry.text("manager").len() > FIELD_MANAGER_BYTES_MAX {
            errors.too_long(entry.child("manager"), FIELD_MANAGER_BYTES_MAX);
        }
        if entry.text("subresource").len() > SUBRESOURCE_NAME_BYTES_MAX {
            errors.too_long(entry.child("subresource"), SUBRESOURCE_NAME_BYTES_MAX);
        }
    }
}

/// A `LabelSelector` object: `ValidateLabelSelector`.
pub fn label_selector(at: &At, errors: &mut Errors) {
    labels(&at.child("matchLabels"), errors);
    for requirement in at.child("matchExpressions").items() {
        let values = requirement.child("values");
        match requirement.text("operator") {
            "In" | "NotIn" if values.is_empty() => {
                errors.required(values, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "In" | "NotIn" => {}
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                errors.forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "Exists" | "DoesNotExist" => {}
            other => errors.invalid(requirement.child("operator"), other, "not a valid selector operator"),
        }
        label_name(&requirement.child("key"), requirement.text("key"), errors);
        for value in requirement.child("values").items() {
            errors.invalid_each(&value, value.str(), names::label_value(value.str()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{config_map, namespace, pod};
    use expect_test::{Expect, expect};
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals")]
    fn check(kind: &Kind, metadata: Value, want: Expect) {
        let mut errors = Errors::new();
        validate(kind, &json!({"metadata": metadata}), &mut errors);
        want.assert_eq(&errors.aggregate());
    }

    #[test]
    fn a_pointer_to_nothing_is_not_one_to_an_empty_struct() {
        let check = |a: Value, b: Value, want: bool| {
            let ty = crate::schema::by_name("io.k8s.api.core.v1.PodSpec").unwrap();
            assert_eq!((semantic_eq_as(ty, &a, &b), semantic_eq_as(ty, &b, &a)), (want, want), "{a} {b}");
        };
        let term = |extra: Value| {
            let mut term = json!({"topologyKey": "t"});
            term.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            json!({"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}})
        };
        check(term(json!({})), term(json!({"namespaceSelector": {}})), false);
        check(term(json!({"namespaceSelector": {}})), term(json!({"namespaceSelector": {"matchLabels": {}}})), true);
        check(term(json!({})), term(json!({"namespaces": []})), true);
        check(json!({"nodeSelector": {}}), json!({}), true);
        check(json!({"containers": [{"name": "a"}]}), json!({"containers": [{"name": "a", "resources": {}}]}), true);
        check(json!({"securityContext": {}}), json!({}), false);
    }

    #[test]
    fn metadata_of_new_objects() {
        check(&pod::KIND, json!({"name": "a.b", "namespace": "ns", "labels": {"a": "b"}}), expect![""]);
        check(
            &pod::KIND,
            json!({"namespace": ""}),
            expect![
                "[metadata.name: Required value: name or generateName is required, metadata.namespace: Required value]"
            ],
        );
        check(
            &namespace::KIND,
            json!({"name": "a", "namespace": "b"}),
            expect!["metadata.namespace: Forbidden: not allowed on this type"],
        );
        check(
            &config_map::KIND,
            json!({"name": "a", "namespace": "b", "finalizers": ["x", "orphan"], "ownerReferences": [{}]}),
            expect![[
                r#"[metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty, metadata.ownerReferences.kind: Invalid value: "": must not be empty, metadata.ownerReferences.name: Invalid value: "": must not be empty, metadata.ownerReferences.uid: Invalid value: "": must not be empty, metadata.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified]"#
            ]],
        );
    }

    #[test]
    fn metadata_of_updates() {
        let old = json!({"metadata": {"name": "a", "uid": "u", "resourceVersion": "1", "deletionTimestamp": "t", "finalizers": ["a/b"]}});
        let mut errors = Errors::new();
        common_update(&old, &old, &mut errors);
        assert_eq!(errors.aggregate(), "");
        let new =
            json!({"metadata": {"name": "b", "uid": "v", "finalizers": ["a/b", "c/d"], "deletionTimestamp": "t"}});
        common_update(&new, &old, &mut errors);
        expect![[r#"[metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}, metadata.resourceVersion: Invalid value: "": must be specified for an update, metadata.name: Invalid value: "b": field is immutable, metadata.uid: Invalid value: "v": field is immutable]"#]]
            .assert_eq(&errors.aggregate());
    }

    #[test]
    fn nil_and_empty_are_alike() {
        let check = |a: Value, b: Value, want: bool| assert_eq!(semantic_eq(&a, &b), want, "{a} {b}");
        check(json!({"a": []}), json!({}), true);
        check(json!({"a": null}), json!({}), true);
        check(json!({"a": {}}), json!({"a": null}), true);
        check(json!({"a": [1]}), json!({"a": [2]}), false);
        check(json!({"a": ""}), json!({}), false);
    }
}
