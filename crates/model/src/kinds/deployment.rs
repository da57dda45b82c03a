//! Deployment: rolls ReplicaSets of one pod template forward and back.
use super::{
    Column, Kind, Scope, Subresource, Version, checks,
    columns::{
        self,
        Doc::{Field, Text},
        column, int, wide,
    },
    pod, prepare,
};

use crate::{
    Value,
    meta::{
        at::At,
        field_error::Errors,
        go,
        object_meta::{self, semantic_eq},
        selector::LabelSelector,
    },
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.apps.v1.Deployment")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    warnings: pod::warnings::workload,
    validate,
    validate_update,
    validate_status,
    short_names: &["deploy"],
    categories: &["all"],
    subresources: &[
        Subresource::Scale { spec: ".spec.replicas", status: ".status.replicas", selector: ".spec.selector" },
        Subresource::Status,
    ],
    prepare_create: prepare::first_generation,
    prepare_update,
    prepare_status,
    reset_fields: &[("", &["status"]), ("status", &["spec", "metadata.labels"])],
    ..Kind::new(
        "apps",
        "Deployment",
        "deployments",
        "deployment",
        Scope::Namespaced,
        "/registry/deployments/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Ready", "string", Text("Number of the pod with ready state"), |d, _| {
        format!("{}/{}", int(d, "/status/readyReplicas"), int(d, "/spec/replicas")).into()
    }),
    column("Up-to-date", "string", Field("io.k8s.api.apps.v1.DeploymentStatus", "updatedReplicas"), |d, _| {
        int(d, "/status/updatedReplicas").into()
    }),
    column("Available", "string", Field("io.k8s.api.apps.v1.DeploymentStatus", "availableReplicas"), |d, _| {
        int(d, "/status/availableReplicas").into()
    }),
    columns::AGE,
    columns::CONTAINERS,
    columns::IMAGES,
    wide("Selector", "string", Field("io.k8s.api.apps.v1.DeploymentSpec", "selector"), |d, _| {
        LabelSelector::from_object(&d["spec"]["selector"]).map_or("<invalid>".into(), |s| s.to_string()).into()
    }),
];

/// Annotations count as well: they carry the rollout's change cause into revisions.
fn prepare_update(new: &mut Value, old: &Value) {
    prepare::spec_update(new, old);
    if !semantic_eq(&new["metadata"]["annotations"], &old["metadata"]["annotations"]) {
        prepare::next_generation(new, old, true);
    }
}

fn prepare_status(new: &mut Value, old: &Value) {
    prepare::status_update(new, old);
    prepare::keep_meta(new, old, "labels");
}

fn validate(deployment: &Value, errors: &mut Errors) {
    let root = At::root(deployment);
    let spec = root.child("spec");
    checks::nonnegative(&spec, &["replicas"], errors);
    checks::selector_and_template(&spec, errors);
    strategy(&spec.child("strategy"), errors);
    checks::nonnegative(&spec, &["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"], errors);
    let seconds = |field: &str| spec.get(field).as_i64();
    if let Some(deadline) = seconds("progressDeadlineSeconds").filter(|d| *d <= seconds("minReadySeconds").unwrap_or(0))
    {
        errors.invalid(spec.child("progressDeadlineSeconds"), deadline, "must be greater than minReadySeconds");
    }
}

fn strategy(at: &At, errors: &mut Errors) {
    let rolling = at.child("rollingUpdate");
    match at.text("type") {
        "Recreate" if !rolling.is_nil() => {
            errors.forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'");
        }
        "Recreate" => {}
        "RollingUpdate" if rolling.is_nil() => {
            errors.required(rolling, "this should be defaulted and never be nil");
        }
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.child("maxUnavailable"), rolling.child("maxSurge"));
            checks::int_or_percent(&unavailable, errors);
            checks::int_or_percent(&surge, errors);
            let none = |at: &At| checks::int_or_percent_value(at.value) == 0;
            if none(&unavailable) && none(&surge) {
                errors.invalid(unavailable, unavailable.value, "may not be 0 when `maxSurge` is 0");
            }
            if checks::percentage(unavailable.value).is_some_and(|percent| percent > 100) {
                errors.invalid(unavailable, unavailable.value, "must not be greater than 100%");
            }
        }
        _ => {
            let shown = go::internal("io.k8s.api.apps.v1.DeploymentStrategy", at.value);
            errors.not_supported(at, go::Printed(shown), &["Recreate", "RollingUpdate"]);
        }
    }
}

fn validate_update(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    validate(new, errors);
    let root = At::root(new);
    checks::selector_stays(&root.child("spec").child("selector"), &old["spec"]["selector"], errors);
}

fn validate_status(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let root = At::root(new);
    let status = root.child("status");
    let parts = ["updatedReplicas", "readyReplicas", "availableReplicas"];
    let others = ["unavailableReplicas", "terminatingReplicas", "collisionCount", "observedGeneration"];
    checks::replica_counts(&status, &parts, &others, errors);
    let collisions = |status: &Value| status["collisionCount"].as_i64();
    let (now, before) = (collisions(status.value).unwrap_or(0), collisions(&old["status"]));
    if before.is_some_and(|before| now < before) {
        errors.invalid(status.child("collisionCount"), now, "cannot be decremented");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::checks::tests::{create, update};
    use expect_test::expect;
    use serde_json::json;

    fn web() -> Value {
        json!({"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "a", "image": "i:1"}]}}}})
    }

    fn with(change: &Value) -> Value {
        let mut object = web();
        json_patch::merge(&mut object["spec"], change);
        object
    }

    #[test]
    fn creation() {
        create(&KIND, web(), &expect![""]);
        create(
            &KIND,
            with(&json!({"strategy": {"type": "Odd"}})),
            &expect![[
                r#"spec.strategy: Unsupported value: {"Type":"Odd","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate""#
            ]],
        );
        create(
            &KIND,
            with(&json!({"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}})),
            &expect![[
                r#"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0"#
            ]],
        );
        create(
            &KIND,
            with(&json!({"selector": null, "replicas": -1})),
            &expect![[
                r#"[spec.replicas: Invalid value: -1: must be greater than or equal to 0, spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`]"#
            ]],
        );
    }

    #[test]
    fn updates() {
        let change = json!({"spec": {"selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}}}}});
        update(
            &KIND,
            web(),
            &change,
            &expect![[r#"spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable"#]],
        );
        update(&KIND, web(), &json!({"spec": {"replicas": 3, "paused": true}}), &expect![""]);
    }
}
