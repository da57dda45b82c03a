//! What upstream's decoder and encoder, its protobuf storage between them, make of documents: byte for byte.
use skeg_model::{
    schema,
    wire::{self, json},
};

/// The canonical bytes, or the error; strict complaints behind a bar.
fn through(group: &str, version: &str, kind: &str, document: &str) -> String {
    let ty = schema::by_kind(group, version, kind).expect("a kind of the table");
    let raw = json::parse(document.as_bytes()).expect("JSON");
    match wire::decode(ty, raw) {
        Ok(decoded) => {
            let bytes = String::from_utf8(wire::encode(ty, &decoded.value)).expect("UTF-8");
            std::iter::once(bytes).chain(decoded.strict).collect::<Vec<_>>().join(" | ")
        }
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn core(kind: &str, document: &str, expected: &str) {
    assert_eq!(through("", "v1", kind, document), expected);
}

#[test]
fn presence_is_gos() {
    core("Pod", "{}", r#"{"metadata":{},"spec":{"containers":null},"status":{}}"#);
    core(
        "Pod",
        r#"{"spec":{"containers":[{"name":"a"}],"hostNetwork":false,"automountServiceAccountToken":false,"nodeSelector":{}}}"#,
        r#"{"metadata":{},"spec":{"containers":[{"name":"a","resources":{}}],"automountServiceAccountToken":false},"status":{}}"#,
    );
    core("Service", "{}", r#"{"metadata":{},"spec":{},"status":{"loadBalancer":{}}}"#);
    core(
        "Service",
        r#"{"spec":{"ports":[{"port":80}]}}"#,
        r#"{"metadata":{},"spec":{"ports":[{"port":80,"targetPort":0}]},"status":{"loadBalancer":{}}}"#,
    );
    let deployment =
        through("apps", "v1", "Deployment", r#"{"spec":{"replicas":0,"template":{"spec":{"containers":[]}}}}"#);
    assert_eq!(
        deployment,
        r#"{"metadata":{},"spec":{"replicas":0,"selector":null,"template":{"metadata":{},"spec":{"containers":null}},"strategy":{}},"status":{}}"#
    );
    let role = through("rbac.authorization.k8s.io", "v1", "Role", r#"{"rules":[]}"#);
    assert_eq!(role, r#"{"metadata":{},"rules":null}"#);
    let event = through("events.k8s.io", "v1", "Event", r#"{"regarding":{}}"#);
    assert_eq!(
        event,
        r#"{"metadata":{},"eventTime":null,"regarding":{},"deprecatedSource":{},"deprecatedFirstTimestamp":null,"deprecatedLastTimestamp":null}"#
    );
}

#[test]
fn values_take_their_canonical_form() {
    core(
        "ConfigMap",
        r#"{"apiVersion":"v1","kind":"ConfigMap","binaryData":{"b":"AA==","a":""},"data":{"z":"<&>\u2028","a":"\u0008\u007f","n":null},"immutable":false,"metadata":{"creationTimestamp":null,"generation":0,"labels":{}}}"#,
        "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{},\"immutable\":false,\"data\":{\"a\":\"\\b\u{7f}\",\"n\":\"\",\"z\":\"\\u003c\\u0026\\u003e\\u2028\"},\"binaryData\":{\"a\":\"\",\"b\":\"AA==\"}}",
    );
    core(
        "ResourceQuota",
        r#"{"metadata":{"creationTimestamp":"2026-01-01T01:00:00.5+01:00"},"spec":{"hard":{"cpu":"1000m","memory":"0.5Gi","pods":4}}}"#,
        r#"{"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"hard":{"cpu":"1","memory":"512Mi","pods":"4"}},"status":{}}"#,
    );
    let crd = through(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        r#"{"spec":{"versions":[{"name":"v1","schema":{"openAPIV3Schema":{"items":{"type":"string","typo":1},"additionalProperties":true,"default":null,"maximum":1.0}}}]}}"#,
    );
    assert_eq!(
        crd,
        r#"{"metadata":{},"spec":{"group":"","names":{"plural":"","kind":""},"scope":"","versions":[{"name":"v1","served":false,"storage":false,"schema":{"openAPIV3Schema":{"maximum":1,"items":{"type":"string"},"additionalProperties":true}}}]},"status":{"conditions":null,"acceptedNames":{"plural":"","kind":""},"storedVersions":null}}"#
    );
}

#[test]
fn strict_complaints_name_paths() {
    core(
        "Pod",
        r#"{"spec":{"containers":[{"name":"a","imagee":"c","env":[{"name":"X","valu":"y"}]}],"foo":{},"foo":1},"kind":"Pod","kind":"Pod","metadata":{"labels":{"a":"b","a":"c"}}}"#,
        concat!(
            r#"{"kind":"Pod","metadata":{"labels":{"a":"c"}},"spec":{"containers":[{"name":"a","env":[{"name":"X"}],"resources":{}}]},"status":{}}"#,
            r#" | unknown field "spec.containers[0].imagee" | unknown field "spec.containers[0].env[0].valu""#,
            r#" | unknown field "spec.foo" | duplicate field "kind" | duplicate field "metadata.labels.a""#
        ),
    );
}

#[test]
fn type_errors_are_gos() {
    let field = "json: cannot unmarshal";
    core(
        "ConfigMap",
        r#"{"data":["x"]}"#,
        &format!("{field} array into Go struct field ConfigMap.data of type map[string]string"),
    );
    core(
        "ConfigMap",
        r#"{"metadata":"x"}"#,
        &format!("{field} string into Go struct field ConfigMap.metadata of type v1.ObjectMeta"),
    );
    core("ConfigMap", r#"{"binaryData":{"k":"***"}}"#, "illegal base64 data at input byte 0");
    core("ConfigMap", "[]", &format!("{field} array into Go value of type v1.ConfigMap"));
    core(
        "Pod",
        r#"{"spec":{"volumes":[{"gcePersistentDisk":{"pdName":{}}}]}}"#,
        &format!(
            "{field} object into Go struct field GCEPersistentDiskVolumeSource.spec.volumes.VolumeSource.gcePersistentDisk.pdName of type string"
        ),
    );
    core(
        "Pod",
        r#"{"spec":{"priority":3000000000,"dnsPolicy":1}}"#,
        &format!("{field} number 3000000000 into Go struct field PodSpec.spec.priority of type int32"),
    );
    core(
        "Pod",
        r#"{"spec":{"dnsPolicy":1}}"#,
        &format!("{field} number into Go struct field PodSpec.spec.dnsPolicy of type v1.DNSPolicy"),
    );
    // A text that does not parse ends decoding and is told rather than an earlier mismatch.
    core(
        "Pod",
        r#"{"spec":{"priority":"x","overhead":{"cpu":"much"}}}"#,
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
    core(
        "Service",
        r#"{"spec":{"ports":[{"targetPort":true}]}}"#,
        &format!("{field} bool into Go struct field ServicePort.spec.ports.targetPort of type int32"),
    );
}
