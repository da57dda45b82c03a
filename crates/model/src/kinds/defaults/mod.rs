//! Defaulting: one walk over a tree along its type. At each object the facts of the schema table come first, then the
//! rule of its type, if it has one (`SetDefaults_*`); a parent's rule runs before its children's. Idempotent.
mod pod;
mod rules;
mod twice;

pub use pod::aggregate;

use crate::{
    Object, Value,
    meta::quantity::Quantity,
    schema::{Field, Presence, Ty, Type},
};

/// Fills the defaults of `ty` into a decoded tree.
pub fn apply(ty: &'static Type, tree: &mut Value) {
    if let Some(object) = tree.as_object_mut() {
        object_defaults(ty, object);
    }
}

fn object_defaults(ty: &'static Type, object: &mut Object) {
    if let Some(rule) = rules::rule(ty.name) {
        rule(object);
    }
    for field in ty.fields {
        if !field.default.is_empty() {
            declared_default(field, object);
        }
        match object.get_mut(field.json) {
            Some(value) if !value.is_null() => value_defaults(&field.ty, value),
            _ => embedded_defaults(field, object),
        }
    }
}

/// The schema's own default, where the field is nil or, without a pointer, zero.
fn declared_default(field: &Field, object: &mut Object) {
    let unset = match object.get(field.json) {
        None | Some(Value::Null) => true,
        Some(value) => field.presence == Presence::OmitEmpty && is_zero(value),
    };
    if !unset {
        return;
    }
    let value: Value = serde_json::from_str(field.default).expect("defaults of the table are JSON");
    let pointer = matches!(field.presence, Presence::Pointer | Presence::AlwaysPointer);
    if pointer || !is_zero(&value) {
        object.insert(field.json.to_owned(), value);
    }
}

/// Structs without a pointer are there even when absent, and so are the defaults inside them.
fn embedded_defaults(field: &Field, object: &mut Object) {
    let Ty::Struct(ty) = field.ty else { return };
    if matches!(field.presence, Presence::Pointer | Presence::AlwaysPointer) || !rules::reaches_rule(ty) {
        return;
    }
    let mut embedded = Object::new();
    object_defaults(ty, &mut embedded);
    if !embedded.is_empty() {
        object.insert(field.json.to_owned(), Value::Object(embedded));
    }
}

fn value_defaults(ty: &'static Ty, value: &mut Value) {
    match (ty, value) {
        (Ty::Struct(ty), Value::Object(object)) => object_defaults(ty, object),
        (Ty::List(inner), Value::Array(items)) if is_composite(inner) => {
            items.iter_mut().for_each(|item| value_defaults(inner, item));
        }
        (Ty::Map(Ty::Quantity), Value::Object(map)) => map.values_mut().for_each(round_up_to_milli),
        (Ty::Map(inner), Value::Object(map)) if is_composite(inner) => {
            map.values_mut().for_each(|item| value_defaults(inner, item));
        }
        _ => {}
    }
}

fn is_composite(ty: &Ty) -> bool {
    matches!(ty, Ty::Struct(_) | Ty::List(_) | Ty::Map(_))
}

/// `SetDefaults_ResourceList`: nothing finer than a thousandth.
fn round_up_to_milli(value: &mut Value) {
    let Some(quantity) = value.as_str().and_then(|text| Quantity::parse(text).ok()) else { return };
    let rounded = quantity.rounded_up_to_milli();
    if rounded != quantity {
        *value = rounded.to_string().into();
    }
}

/// Go's zero value: what `omitempty` leaves out.
pub fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) => false,
    }
}

/// Sets a field whose value is zero or absent.
fn or_set(object: &mut Object, field: &str, value: impl Into<Value>) {
    if object.get(field).is_none_or(is_zero) {
        object.insert(field.to_owned(), value.into());
    }
}

/// Sets a pointer field that is nil.
fn or_set_nil(object: &mut Object, field: &str, value: impl Into<Value>) {
    if object.get(field).is_none_or(Value::is_null) {
        object.insert(field.to_owned(), value.into());
    }
}

/// The object in a field, made where there is none.
fn object_in<'o>(object: &'o mut Object, field: &str) -> &'o mut Object {
    let value = object.entry(field).or_insert(Value::Null);
    if !value.is_object() {
        *value = Value::Object(Object::new());
    }
    value.as_object_mut().expect("just made one")
}

/// The object in a field, if there is one.
fn object_at<'o>(object: &'o mut Object, field: &str) -> Option<&'o mut Object> {
    object.get_mut(field).and_then(Value::as_object_mut)
}

/// The objects in a list field.
fn objects_at<'o>(object: &'o mut Object, field: &str) -> impl Iterator<Item = &'o mut Object> {
    let list = object.get_mut(field).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn text<'o>(object: &'o Object, field: &str) -> &'o str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use serde_json::json;

    /// Defaults `given` as the kind of this type and compares; a second pass must change nothing.
    #[expect(clippy::needless_pass_by_value, reason = "tables of literals")]
    fn check(ty: &str, given: Value, want: Value) {
        let ty = schema::by_name(ty).unwrap();
        let mut tree = given;
        apply(ty, &mut tree);
        assert_eq!(tree, want);
        apply(ty, &mut tree);
        assert_eq!(tree, want, "not idempotent");
    }

    #[test]
    fn pods() {
        check(
            "io.k8s.api.core.v1.Pod",
            json!({"spec": {"hostNetwork": true, "containers": [
                {"name": "a", "image": "x", "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1"}}},
                {"name": "b", "image": "x:1", "livenessProbe": {"httpGet": {"port": 1}},
                 "env": [{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]},
            ], "volumes": [{"name": "v"}, {"name": "s", "secret": {"secretName": "s"}}, {"name": "h", "hostPath": {"path": "/"}}]}}),
            json!({"spec": {"hostNetwork": true, "containers": [
                {"name": "a", "image": "x", "imagePullPolicy": "Always", "terminationMessagePath": "/dev/termination-log",
                 "terminationMessagePolicy": "File", "ports": [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}],
                 "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}},
                {"name": "b", "image": "x:1", "imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/dev/termination-log",
                 "terminationMessagePolicy": "File",
                 "livenessProbe": {"httpGet": {"port": 1, "path": "/", "scheme": "HTTP"}, "timeoutSeconds": 1,
                    "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
                 "env": [{"name": "N", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}}]},
            ], "volumes": [{"name": "v", "emptyDir": {}}, {"name": "s", "secret": {"secretName": "s", "defaultMode": 420}},
                {"name": "h", "hostPath": {"path": "/", "type": ""}}],
            "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "securityContext": {}, "schedulerName": "default-scheduler",
            "terminationGracePeriodSeconds": 30, "enableServiceLinks": true}}),
        );
    }

    #[test]
    fn pod_level_resources_are_completed() {
        let ty = schema::by_name("io.k8s.api.core.v1.Pod").unwrap();
        let mut pod = json!({"spec": {"resources": {"limits": {"cpu": "1", "memory": "128Mi"}}, "containers": [
            {"name": "a", "resources": {"requests": {"cpu": "100m"}}}, {"name": "b", "resources": {"requests": {"cpu": "50m"}}}],
            "initContainers": [{"name": "i", "resources": {"requests": {"cpu": "120m"}}}]}});
        apply(ty, &mut pod);
        assert_eq!(pod["spec"]["resources"]["requests"], json!({"cpu": "150m", "memory": "128Mi"}));
    }

    #[test]
    fn templates_have_no_pod_defaults() {
        let ty = schema::by_name("io.k8s.api.apps.v1.Deployment").unwrap();
        let mut tree = json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "x:1"}]}}}});
        apply(ty, &mut tree);
        let spec = &tree["spec"];
        assert_eq!(spec["replicas"], 1);
        assert_eq!(
            spec["strategy"],
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}})
        );
        assert_eq!((&spec["revisionHistoryLimit"], &spec["progressDeadlineSeconds"]), (&json!(10), &json!(600)));
        assert_eq!(spec["template"]["spec"]["restartPolicy"], "Always");
        assert_eq!(spec["template"]["spec"]["enableServiceLinks"], Value::Null);
    }

    #[test]
    fn smaller_kinds() {
        check(
            "io.k8s.api.core.v1.Service",
            json!({"spec": {"ports": [{"port": 80}]}}),
            json!({"spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}], "type": "ClusterIP",
                "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"}}),
        );
        check(
            "io.k8s.api.core.v1.Service",
            json!({"spec": {"type": "LoadBalancer", "sessionAffinity": "ClientIP"}}),
            json!({"spec": {"type": "LoadBalancer", "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}, "internalTrafficPolicy": "Cluster",
                "externalTrafficPolicy": "Cluster", "allocateLoadBalancerNodePorts": true}}),
        );
        check(
            "io.k8s.api.core.v1.Namespace",
            json!({"metadata": {"name": "n"}}),
            json!({"metadata": {"name": "n", "labels": {"kubernetes.io/metadata.name": "n"}}, "status": {"phase": "Active"}}),
        );
        check("io.k8s.api.core.v1.Secret", json!({}), json!({"type": "Opaque"}));
        check(
            "io.k8s.api.rbac.v1.RoleBinding",
            json!({"roleRef": {"kind": "Role", "name": "r"}, "subjects": [{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s"}]}),
            json!({"roleRef": {"kind": "Role", "name": "r", "apiGroup": "rbac.authorization.k8s.io"},
                "subjects": [{"kind": "User", "name": "u", "apiGroup": "rbac.authorization.k8s.io"}, {"kind": "ServiceAccount", "name": "s"}]}),
        );
        check(
            "io.k8s.api.discovery.v1.EndpointSlice",
            json!({"ports": [{"port": 80}]}),
            json!({"ports": [{"port": 80, "name": "", "protocol": "TCP"}]}),
        );
        check(
            "io.k8s.api.core.v1.Node",
            json!({"status": {"capacity": {"cpu": "1100u"}}}),
            json!({"status": {"capacity": {"cpu": "2m"}, "allocatable": {"cpu": "2m"}}}),
        );
        check(
            "io.k8s.api.core.v1.LimitRange",
            json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"}}]}}),
            json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"memory": "1Mi"},
                "default": {"cpu": "2"}, "defaultRequest": {"cpu": "2", "memory": "1Mi"}}]}}),
        );
    }
}
