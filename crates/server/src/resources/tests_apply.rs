//! Server-side apply and who owns what, as the real API server answered the same requests.
use super::tests::{api_with, call};
use serde_json::json;
use skeg_model::{
    Value,
    request::{Body, Call, PatchKind, WriteOptions},
};

/// One request and what comes of it.
struct Step {
    by: &'static str,
    verb: Verb,
    path: &'static str,
    body: Value,
    want: &'static str,
}

#[derive(Clone, Copy)]
enum Verb {
    Create,
    Put,
    Merge,
    Apply,
    Force,
}
use Verb::{Apply, Create, Force, Merge, Put};

const fn step(by: &'static str, verb: Verb, path: &'static str, body: Value, want: &'static str) -> Step {
    Step { by, verb, path, body, want }
}

fn call_of(step: &Step) -> Call {
    let force = matches!(step.verb, Force);
    let options = WriteOptions { field_manager: step.by.into(), force, ..WriteOptions::default() };
    let body = Body::Tree(step.body.clone());
    match step.verb {
        Create => Call::Create { body, options },
        Put => Call::Update { body, options },
        Merge => Call::Patch { kind: PatchKind::Merge, body, options },
        Apply | Force => Call::Patch { kind: PatchKind::Apply, body, options },
    }
}

/// The count and who has it: `*` marks a manager who owns more than the count, `?` one whose time is not known.
fn shown(object: &Value) -> String {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let owners = entries.iter().map(|entry| {
        let fields = &entry["fieldsV1"];
        let counts = fields.pointer("/f:spec/f:replicas").is_some();
        let mut text = entry["manager"].as_str().unwrap().to_owned();
        text.push_str(if entry["operation"] == "Apply" { " applied" } else { " wrote" });
        if let Some(subresource) = entry["subresource"].as_str() {
            text.push_str(&format!(" {subresource}"));
        }
        text.push_str(match (counts, *fields == json!({"f:spec": {"f:replicas": {}}})) {
            (true, true) => "",
            (true, false) => "*",
            (false, _) => " the rest",
        });
        text.push_str(if entry.get("time").is_none() { "?" } else { "" });
        text
    });
    let owners: Vec<String> = owners.collect();
    format!("{}: {}", object["spec"]["replicas"], owners.join(", "))
}

/// Carries out the steps; each wants a refusal, or the deployment as [`shown`].
#[track_caller]
fn check(steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let api = api_with(Vec::new());
        for (at, step) in steps.iter().enumerate() {
            let got = match call(&api, step.path, call_of(step)).await {
                Ok(_) => {
                    shown(&call(&api, "deployments/d", Call::Get { resource_version: String::new() }).await.unwrap())
                }
                Err(refused) => refused,
            };
            assert_eq!(got, step.want, "step {at}");
        }
    });
}

fn deployment(replicas: Value) -> Value {
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let mut spec = json!({"selector": {"matchLabels": {"a": "b"}}, "template": template});
    if replicas != json!("unsaid") {
        spec["replicas"] = replicas;
    }
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec})
}

fn scale(replicas: Value) -> Value {
    let spec = if replicas == json!("unsaid") { json!({}) } else { json!({"replicas": replicas}) };
    json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"}, "spec": spec})
}

const D: &str = "deployments/d";
const SCALE: &str = "deployments/d/scale";

#[test]
fn a_scale_that_is_applied_owns_the_count() {
    check(&[
        step("one", Create, "deployments", deployment(json!(3)), "3: one wrote*"),
        // The one who wrote it is known twice from here on; read again, the later entry of the two counts.
        step("two", Apply, SCALE, scale(json!(3)), "3: two applied scale?, one wrote?, one wrote the rest"),
        step("two", Apply, SCALE, scale(json!(4)), "4: two applied scale?, one wrote the rest"),
        step(
            "three",
            Apply,
            SCALE,
            scale(json!(7)),
            "409 Apply failed with 1 conflict: conflict with \"two\" with subresource \"scale\": .spec.replicas",
        ),
    ]);
}

#[test]
fn a_scale_takes_the_count_from_who_applied_it() {
    let conflict = "409 Apply failed with 1 conflict: conflict with \"one\": .spec.replicas";
    check(&[
        step("one", Apply, D, deployment(json!(3)), "3: one applied*"),
        step("one", Apply, SCALE, scale(json!(5)), conflict),
        step("two", Apply, SCALE, scale(Value::Null), conflict),
        step("two", Force, SCALE, scale(json!(6)), "6: two applied scale?, one applied the rest"),
        step(
            "one",
            Apply,
            D,
            deployment(json!(3)),
            "409 Apply failed with 1 conflict: conflict with \"two\" with subresource \"scale\": .spec.replicas",
        ),
        step("one", Apply, D, deployment(json!("unsaid")), "6: two applied scale?, one applied the rest"),
        step("u", Put, SCALE, scale(json!(4)), "4: one applied the rest, u wrote scale?"),
        step("v", Merge, SCALE, json!({"spec": {"replicas": 0}}), "0: one applied the rest"),
    ]);
}

#[test]
fn a_scale_is_of_its_object() {
    let with = |key: &str, value: &str| {
        let mut scale = scale(json!(3));
        scale["metadata"][key] = value.into();
        scale
    };
    let namespace = "400 the namespace of the provided object does not match the namespace sent on the request";
    let uid = "409 Operation cannot be fulfilled on deployments/scale.apps \"d\": Precondition failed: UID in precondition: x, \
               UID in object meta: 00000000-0000-4000-8000-000000000000";
    // A PUT's uid is a precondition of the store.
    let stored = "409 Operation cannot be fulfilled on deployments.apps \"d\": StorageError: invalid object, Code: 4, Key: \
                  /registry/deployments/ns/d, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in \
                  precondition: x, UID in object meta: 00000000-0000-4000-8000-000000000000";
    check(&[
        step("one", Create, "deployments", deployment(json!(3)), "3: one wrote*"),
        step("two", Apply, SCALE, with("namespace", "other"), namespace),
        step("two", Apply, SCALE, with("uid", "x"), uid),
        step("two", Put, SCALE, with("uid", "x"), stored),
        step("two", Apply, SCALE, deployment(json!(3)), "400 invalid object type: apps/v1, Kind=Deployment"),
    ]);
}

#[test]
fn what_nobody_owns_was_there_before_the_first_apply() {
    let reset = || json!({"metadata": {"managedFields": [{}]}});
    check(&[
        step("one", Create, "deployments", deployment(json!(3)), "3: one wrote*"),
        step("one", Merge, D, reset(), "3: "),
        step(
            "two",
            Apply,
            D,
            deployment(json!(4)),
            "409 Apply failed with 1 conflict: conflict with \"before-first-apply\" using apps/v1: .spec.replicas",
        ),
        step("two", Force, D, deployment(json!(4)), "4: two applied*, before-first-apply wrote the rest"),
        step("one", Merge, D, reset(), "4: "),
        step(
            "two",
            Apply,
            SCALE,
            scale(json!(5)),
            "409 Apply failed with 1 conflict: conflict with \"before-first-apply\" with subresource \"scale\" using \
             autoscaling/v1: .spec.replicas",
        ),
        step("two", Force, SCALE, scale(json!(5)), "5: two applied scale?"),
    ]);
}

#[test]
fn a_null_is_another_value() {
    let conflict = |who: &'static str| match who {
        "one" => "409 Apply failed with 1 conflict: conflict with \"one\": .spec.replicas",
        _ => "409 Apply failed with 1 conflict: conflict with \"two\": .spec.replicas",
    };
    check(&[
        step("one", Apply, D, deployment(json!(3)), "3: one applied*"),
        step("two", Apply, D, deployment(Value::Null), conflict("one")),
        step("two", Force, D, deployment(Value::Null), "1: one applied the rest, two applied*"),
        step("one", Apply, D, deployment(Value::Null), conflict("two")),
    ]);
}

#[test]
fn managers_of_versions_that_are_not_served_are_forgotten() {
    let entry = |manager: &str, version: &str| {
        json!({"manager": manager, "operation": "Update", "apiVersion": version, "fieldsType": "FieldsV1",
               "fieldsV1": {"f:spec": {"f:replicas": {}}}, "time": "2024-01-01T00:00:00Z"})
    };
    let sent = json!({"metadata": {"managedFields": [entry("old", "apps/v1beta2"), entry("other", "v1")]}});
    let mut both = sent.clone();
    both["metadata"]["managedFields"].as_array_mut().unwrap().push(entry("new", "apps/v1"));
    check(&[
        step("one", Create, "deployments", deployment(json!(3)), "3: one wrote*"),
        step("one", Merge, D, both, "3: new wrote"),
        step("one", Merge, "deployments/d/status", sent.clone(), "3: new wrote"),
        step("one", Merge, D, sent, "3: "),
    ]);
}

#[test]
fn a_patch_that_leaves_no_version_is_refused() {
    let unnamed = "400 the name of the object (d based on URL) was undeterminable: name must be provided";
    check(&[
        step("one", Create, "deployments", deployment(json!(3)), "3: one wrote*"),
        step("one", Merge, D, json!({"apiVersion": ""}), unnamed),
        step("one", Merge, D, json!({"apiVersion": null, "kind": null, "spec": 7}), unnamed),
        step("one", Merge, D, json!({"apiVersion": "apps/"}), unnamed),
        step("one", Merge, SCALE, json!({"apiVersion": ""}), unnamed),
        step("one", Merge, D, json!({"kind": ""}), "3: one wrote*"),
    ]);
}
