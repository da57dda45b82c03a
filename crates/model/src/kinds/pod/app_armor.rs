//! AppArmor profiles that old clients choose by annotation: a new pod gets the field that says the same.
use super::validate::security;
use crate::{
    Value,
    kinds::prepare,
    meta::{at::At, field_error::Errors, object_meta::semantic_eq},
};
use serde_json::json;

/// Prefix of the annotation's key; the container's name follows.
pub(super) const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// The field that an annotation's value stands for.
pub(super) fn profile_of(annotation: &str) -> Option<Value> {
    match annotation {
        "unconfined" => Some(json!({"type": "Unconfined"})),
        "runtime/default" => Some(json!({"type": "RuntimeDefault"})),
        other => {
            other.strip_prefix("localhost/").map(|profile| json!({"type": "Localhost", "localhostProfile": profile}))
        }
    }
}

/// What is to be done about one container's annotation.
enum Step {
    /// The pod's own profile says it already, or nothing is annotated.
    Nothing,
    /// The annotation means no profile.
    Ignore,
    Set(Value),
}

fn step(pod: &Value, container: &Value) -> Step {
    let key = format!("{ANNOTATION}{}", container["name"].as_str().unwrap_or_default());
    let Some(annotation) = pod["metadata"]["annotations"][&key].as_str() else { return Step::Nothing };
    let windows = pod["spec"]["os"]["name"] == "windows";
    if windows || !container["securityContext"]["appArmorProfile"].is_null() {
        return Step::Nothing;
    }
    let Some(profile) = profile_of(annotation).filter(is_valid) else { return Step::Ignore };
    let same = semantic_eq(&profile, &pod["spec"]["securityContext"]["appArmorProfile"]);
    if same { Step::Nothing } else { Step::Set(profile) }
}

fn is_valid(profile: &Value) -> bool {
    let mut errors = Errors::new();
    security::app_armor(&At::root(profile), &mut errors);
    errors.is_empty()
}

fn containers(pod: &Value) -> impl Iterator<Item = (&'static str, usize, &Value)> {
    LISTS.into_iter().flat_map(|list| {
        let items = pod["spec"][list].as_array().map_or(&[][..], Vec::as_slice);
        items.iter().enumerate().map(move |(i, container)| (list, i, container))
    })
}

/// Copies profiles from annotations.
pub(super) fn settle(pod: &mut Value) {
    let steps: Vec<_> = containers(pod).map(|(list, i, container)| (list, i, step(pod, container))).collect();
    for (list, i, step) in steps {
        if let Step::Set(profile) = step {
            let container = &mut pod["spec"][list][i];
            prepare::object_in(container, "securityContext").insert("appArmorProfile".into(), profile);
        }
    }
}

/// Annotations that a field should replace.
pub(super) fn warnings(pod: &Value) -> Vec<String> {
    containers(pod)
        .filter(|(_, _, container)| !matches!(step(pod, container), Step::Nothing))
        .map(|(_, _, container)| {
            let name = container["name"].as_str().unwrap_or_default();
            format!(
                "metadata.annotations[{ANNOTATION}{name}]: deprecated since v1.30; use the \"appArmorProfile\" field instead"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_become_fields() {
        let check = |annotation: &str, own: Value, pods: Value, wanted: Value, warned: bool| {
            let mut pod = json!({
                "metadata": {"annotations": {format!("{ANNOTATION}c"): annotation}},
                "spec": {"containers": [{"name": "c", "securityContext": own}], "securityContext": {"appArmorProfile": pods}},
            });
            assert_eq!(!warnings(&pod).is_empty(), warned, "{annotation}");
            settle(&mut pod);
            assert_eq!(pod["spec"]["containers"][0]["securityContext"]["appArmorProfile"], wanted, "{annotation}");
        };
        let (default, unconfined) = (json!({"type": "RuntimeDefault"}), json!({"type": "Unconfined"}));
        check("unconfined", json!({}), Value::Null, unconfined.clone(), true);
        check("runtime/default", json!({}), default.clone(), Value::Null, false);
        check("runtime/default", json!({}), unconfined.clone(), default.clone(), true);
        check("localhost/p", json!({}), Value::Null, json!({"type": "Localhost", "localhostProfile": "p"}), true);
        check("localhost/", json!({}), Value::Null, Value::Null, true);
        check("bogus", json!({}), Value::Null, Value::Null, true);
        check("unconfined", json!({"appArmorProfile": default}), Value::Null, default.clone(), false);
    }
}
