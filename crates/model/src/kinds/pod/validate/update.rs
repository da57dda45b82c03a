//! What may change on a pod: through itself, its status, its ephemeral containers and its resize endpoint.
use super::{metadata_and_spec, scheduling};
use crate::{
    Value,
    kinds::pod::prepare::qos_class,
    meta::{
        at::At,
        diff,
        field_error::Errors,
        go, ip, names,
        object_meta::{self, semantic_eq, semantic_eq_as},
    },
    schema,
};
use std::collections::BTreeSet;

const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// `ValidatePodUpdate`.
pub(in crate::kinds::pod) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    common(new, old, errors);
    let (new_root, old_root) = (At::root(new), At::root(old));
    let (spec, old_spec) = (new_root.child("spec"), old_root.child("spec"));
    for field in ["containers", "initContainers"] {
        if !images(&spec.child(field), &old_spec.child(field), errors) {
            return;
        }
    }
    if !deadline(&spec.child("activeDeadlineSeconds"), &old_spec.child("activeDeadlineSeconds"), errors) {
        return;
    }
    scheduling::only_added_tolerations(&spec.child("tolerations"), &old_spec.child("tolerations"), errors);
    only_deleted_gates(&spec.child("schedulingGates"), &old_spec.child("schedulingGates"), errors);
    let same = |a: &Value, b: &Value| schema::by_name(POD_SPEC).is_some_and(|ty| semantic_eq_as(ty, a, b));
    if same(spec.value, old_spec.value) {
        return;
    }
    let mut munged = munge(spec.value, old_spec.value);
    if !old_spec.child("schedulingGates").is_empty() {
        gated(&spec, &old_spec, &mut munged, errors);
    }
    if !same(&munged, old_spec.value) {
        let change =
            diff::unified(&go::internal_pretty(POD_SPEC, old_spec.value), &go::internal_pretty(POD_SPEC, &munged));
        errors.forbidden(spec, format!("pod updates may not change fields other than {UPDATABLE}\n{change}"));
    }
}

const POD_SPEC: &str = "io.k8s.api.core.v1.PodSpec";

/// What every update of a whole pod is checked for first.
fn common(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    object_meta::validate(&crate::kinds::pod::KIND, new, errors);
    metadata_and_spec(new, errors);
    annotation_updates(new, old, errors);
}

/// Some annotations are part of what the pod is and stay.
fn annotation_updates(new: &Value, old: &Value, errors: &mut Errors) {
    let (new_root, old_root) = (At::root(new), At::root(old));
    let (meta, old_meta) = (new_root.child("metadata"), old_root.child("metadata"));
    let (annotations, before) = (meta.child("annotations"), old_meta.child("annotations"));
    for (key, value) in before.entries().filter(|(key, value)| annotations.get(key) != value.value) {
        if key.starts_with(APP_ARMOR) {
            errors.forbidden(annotations.key(key), "may not remove or update AppArmor annotations");
        }
        if key == super::MIRROR {
            errors.forbidden(annotations.key(key), "may not remove or update mirror pod annotation");
        }
        let _ = value;
    }
    for (key, value) in annotations.entries().filter(|(key, _)| !before.has(key)) {
        if key.starts_with(APP_ARMOR) {
            errors.forbidden(value, "may not add AppArmor annotations");
        }
        if key == super::MIRROR {
            errors.forbidden(value, "may not add mirror pod annotation");
        }
    }
    super::annotations(&meta, &new_root.child("spec"), errors);
}

/// Whether the comparison may go on: lists of one length.
fn images(new: &At, old: &At, errors: &mut Errors) -> bool {
    if new.len() != old.len() {
        errors.forbidden(new, "pod updates may not add or remove containers");
        return false;
    }
    for container in new.items() {
        if container.text("image").is_empty() {
            errors.required(container.child("image"), "");
        }
        super::container::only_for_pod(&container, errors);
    }
    true
}

fn deadline(new: &At, old: &At, errors: &mut Errors) -> bool {
    match (new.int(), old.int()) {
        (Some(seconds), _) if !(0..=i64::from(i32::MAX)).contains(&seconds) => {
            errors.invalid(new, seconds, names::inclusive_range(0, i64::from(i32::MAX)));
            return false;
        }
        (Some(seconds), Some(before)) if before < seconds => {
            errors.invalid(new, seconds, "must be less than or equal to previous value");
            return false;
        }
        (None, Some(_)) => errors.invalid(new, new.value, "must not update from a positive integer to nil value"),
        _ => {}
    }
    true
}

fn only_deleted_gates(new: &At, old: &At, errors: &mut Errors) {
    for gate in new.items() {
        let name = gate.text("name");
        if !old.items().any(|other| other.text("name") == name) {
            let why = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            errors.forbidden(gate.child("name"), why);
        }
    }
}

/// The new spec with everything that may change put back.
fn munge(new: &Value, old: &Value) -> Value {
    let mut munged = new.clone();
    for field in ["containers", "initContainers"] {
        let before = old[field].as_array().map_or(&[][..], Vec::as_slice);
        let containers = munged.get_mut(field).and_then(Value::as_array_mut);
        for (container, before) in containers.into_iter().flatten().zip(before) {
            crate::kinds::prepare::keep(container, before, "image");
        }
    }
    for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        crate::kinds::prepare::keep(&mut munged, old, field);
    }
    let grace = |spec: &Value| spec["terminationGracePeriodSeconds"].as_i64();
    if grace(old).is_some_and(|seconds| seconds < 0) && grace(&munged) == Some(1) {
        crate::kinds::prepare::keep(&mut munged, old, "terminationGracePeriodSeconds");
    }
    munged
}

/// Gated pods may have their node selection narrowed.
fn gated(spec: &At, old: &At, munged: &mut Value, errors: &mut Errors) {
    let (selector, before) = (spec.child("nodeSelector"), old.child("nodeSelector"));
    if !semantic_eq(selector.value, before.value) {
        if before.entries().any(|(key, value)| selector.get(key) != value.value) {
            let why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
            errors.invalid(selector, selector.value, why);
        }
        crate::kinds::prepare::keep(munged, old.value, "nodeSelector");
    }
    let (affinity, old_affinity) = (spec.child("affinity"), old.child("affinity"));
    let (node, old_node) = (affinity.child("nodeAffinity"), old_affinity.child("nodeAffinity"));
    if semantic_eq(node.value, old_node.value) {
        return;
    }
    node_affinity(&node, &old_node, errors);
    let only_node = !affinity.has("podAffinity") && !affinity.has("podAntiAffinity");
    if old_affinity.is_nil() && only_node {
        crate::kinds::prepare::keep(munged, old.value, "affinity");
    } else if old_node.is_nil() {
        if let Some(affinity) = munged.get_mut("affinity").and_then(Value::as_object_mut) {
            affinity.remove("nodeAffinity");
        }
    } else {
        crate::kinds::prepare::object_in(munged, "affinity").insert("nodeAffinity".into(), old_node.value.clone());
    }
}

/// Required terms may only gain expressions.
fn node_affinity(new: &At, old: &At, errors: &mut Errors) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    let (required, old_required) = (new.child(REQUIRED), old.child(REQUIRED));
    let (terms, old_terms) = (required.child("nodeSelectorTerms"), old_required.child("nodeSelectorTerms"));
    let shown = |at: &At| {
        go::Printed(match at.value {
            Value::Array(items) => {
                let items: Vec<String> =
                    items.iter().map(|i| go::internal("io.k8s.api.core.v1.NodeSelectorTerm", i)).collect();
                format!("[{}]", items.join(","))
            }
            Value::Null => "null".into(),
            term => go::internal("io.k8s.api.core.v1.NodeSelectorTerm", term),
        })
    };
    if !old_terms.is_empty() && old_terms.len() != terms.len() {
        let why = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        errors.invalid(terms, shown(&terms), why);
        return;
    }
    let grown = |term: &At, before: &At| {
        let lists = ["matchExpressions", "matchFields"];
        if lists.iter().all(|field| before.child(field).is_empty()) {
            return lists.iter().all(|field| term.child(field).is_empty());
        }
        lists.iter().all(|field| {
            let (now, then) = (term.child(field), before.child(field));
            now.len() >= then.len() && then.items().zip(now.items()).all(|(a, b)| semantic_eq(a.value, b.value))
        })
    };
    for (term, before) in terms.items().zip(old_terms.items()).filter(|(term, before)| !grown(term, before)) {
        let _ = before;
        errors.invalid(term, shown(&term), "only additions are allowed (no mutations or deletions)");
    }
}

/// `ValidatePodEphemeralContainersUpdate`.
pub fn ephemeral_containers(new: &Value, old: &Value, errors: &mut Errors) {
    if !old["metadata"]["annotations"][super::MIRROR].is_null() {
        errors.forbidden("", "static pods do not support ephemeral containers");
        return;
    }
    common(new, old, errors);
    let root = At::root(new);
    let spec = root.child("spec");
    let list = spec.child("ephemeralContainers");
    let before = old["spec"]["ephemeralContainers"].as_array().map_or(&[][..], Vec::as_slice);
    for container in before {
        let name = go::quote(container["name"].as_str().unwrap_or_default());
        match list.items().find(|other| other.get("name") == &container["name"]) {
            None => errors.forbidden(list, format!("existing ephemeral containers {name} may not be removed\n")),
            Some(other) if !semantic_eq(other.value, container) => {
                let ty = "io.k8s.api.core.v1.EphemeralContainer";
                let change = diff::unified(&go::internal_pretty(ty, container), &go::internal_pretty(ty, other.value));
                errors.forbidden(list, format!("existing ephemeral containers {name} may not be changed\n{change}"));
            }
            Some(_) => {}
        }
    }
}

/// `ValidatePodResize`.
pub fn resize(new: &Value, old: &Value, errors: &mut Errors) {
    if !old["metadata"]["annotations"][super::MIRROR].is_null() {
        errors.forbidden("", "static pods cannot be resized");
        return;
    }
    if old["spec"]["os"]["name"] == "windows" {
        errors.forbidden("", "windows pods cannot be resized");
        return;
    }
    object_meta::validate_update(new, old, errors);
    object_meta::validate(&crate::kinds::pod::KIND, new, errors);
    metadata_and_spec(new, errors);
    let (new_root, old_root) = (At::root(new), At::root(old));
    let (spec, old_spec) = (new_root.child("spec"), old_root.child("spec"));
    let class = old["status"]["qosClass"].as_str().unwrap_or_else(|| qos_class(old));
    if class != qos_class(new) {
        errors.invalid(spec, class, "Pod QOS Class may not change as a result of resizing");
    }
    let before = errors.len();
    for field in ["containers", "initContainers"] {
        ordering(field, &spec.child(field), &old_spec.child(field), errors);
    }
    if errors.len() > before {
        return;
    }
    for (field, only_sidecars) in [("initContainers", true), ("containers", false)] {
        let (list, old_list) = (spec.child(field), old_spec.child(field));
        for (container, old) in list.items().zip(old_list.items()) {
            if !only_sidecars || old.text("restartPolicy") == "Always" {
                container_resize(&container, &old.child("resources"), errors);
            }
        }
    }
    immutable_rest(&spec, &old_spec, errors);
}

fn ordering(field: &str, list: &At, old: &At, errors: &mut Errors) {
    if list.len() != old.len() {
        errors.forbidden(list, format!("{field} may not be added or removed on resize"));
        return;
    }
    for (container, old) in list.items().zip(old.items()).filter(|(c, old)| c.get("name") != old.get("name")) {
        let _ = old;
        errors.forbidden(container.child("name"), format!("{field} may not be renamed or reordered on resize"));
    }
}

fn container_resize(container: &At, old: &At, errors: &mut Errors) {
    let resources = container.child("resources");
    for (field, what) in [("requests", "requests"), ("limits", "limits")] {
        let (now, then) = (resources.child(field), old.child(field));
        if then.entries().any(|(name, _)| !now.has(name)) {
            errors.forbidden(now, format!("resource {what} cannot be removed"));
        }
    }
}

/// Apart from cpu and memory nothing may change.
fn immutable_rest(spec: &At, old: &At, errors: &mut Errors) {
    let without_compute = |container: &At| {
        let mut rest = container.value.clone();
        for side in ["requests", "limits"] {
            if let Some(amounts) = rest.pointer_mut(&format!("/resources/{side}")).and_then(Value::as_object_mut) {
                amounts.retain(|name, _| name != "cpu" && name != "memory");
            }
        }
        if let Some(fields) = rest.as_object_mut() {
            fields.remove("resizePolicy");
        }
        rest
    };
    for (container, old) in spec.child("containers").items().zip(old.child("containers").items()) {
        if !semantic_eq(&without_compute(&container), &without_compute(&old)) {
            errors.forbidden(spec, "only cpu and memory resources are mutable");
        }
    }
    for (container, old) in spec.child("initContainers").items().zip(old.child("initContainers").items()) {
        if old.text("restartPolicy") != "Always" {
            if !semantic_eq(container.value, old.value) {
                errors.forbidden(spec, "resources for non-sidecar init containers are immutable");
            }
        } else if !semantic_eq(&without_compute(&container), &without_compute(&old)) {
            let why = "only cpu and memory resources for init or sidecar containers are mutable";
            errors.forbidden(container, why);
        }
    }
}

/// `ValidatePodStatusUpdate`.
pub(in crate::kinds::pod) fn status(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    annotation_updates(new, old, errors);
    let (new_root, old_root) = (At::root(new), At::root(old));
    let (status, old_status) = (new_root.child("status"), old_root.child("status"));
    for condition in status.child("conditions").items() {
        observed_generation(&condition, errors);
        let ty = condition.text("type");
        if !matches!(ty, "PodScheduled" | "Ready" | "Initialized") {
            errors.invalid_each(condition.child("Type"), ty, names::qualified_name(ty));
        }
    }
    let (nominated, before) = (status.text("nominatedNodeName"), old_status.text("nominatedNodeName"));
    if nominated != before && !nominated.is_empty() {
        errors.invalid_each(status.child("nominatedNodeName"), nominated, names::dns1123_subdomain(nominated));
        if !old_root.child("spec").text("nodeName").is_empty() {
            let why = "may not be set on pods that are already bound to a node";
            errors.forbidden(status.child("nominatedNodeName"), why);
        }
    }
    observed_generation(&status, errors);
    if status.text("qosClass") != old_status.text("qosClass") {
        errors.invalid(status.child("qosClass"), status.text("qosClass"), object_meta::IMMUTABLE);
    }
    transitions(&status, &old_status, old, errors);
    claim_statuses(&status, &new_root.child("spec"), errors);
    addresses(&status, &old_status, errors);
}

fn observed_generation(at: &At, errors: &mut Errors) {
    if let Some(generation) = at.get("observedGeneration").as_i64().filter(|generation| *generation < 0) {
        errors.invalid(at.child("observedGeneration"), generation, "must be a non-negative integer");
    }
}

/// A container that has ended stays ended, unless its policy restarts it.
fn transitions(status: &At, old: &At, old_pod: &Value, errors: &mut Errors) {
    let lists = [
        ("containerStatuses", Some("containers")),
        ("initContainerStatuses", Some("initContainers")),
        ("ephemeralContainerStatuses", None),
    ];
    for (field, specs) in lists {
        let list = status.child(field);
        for (i, before) in old.child(field).items().enumerate() {
            let ended = before.child("state");
            let code = ended.child("terminated").get("exitCode").as_i64().unwrap_or(0);
            let now = list.items().find(|now| now.get("name") == before.get("name"));
            let revived = ended.has("terminated") && now.is_some_and(|now| !now.child("state").has("terminated"));
            let may_restart = || specs.is_some_and(|specs| restarts(old_pod, specs, before.text("name"), code));
            if revived && !may_restart() {
                errors.forbidden(list.index(i).child("state"), "may not be transitioned to non-terminated state");
            }
        }
    }
}

/// Whether a container is run again after it ended with this code.
fn restarts(pod: &Value, list: &str, name: &str, code: i64) -> bool {
    let spec = &pod["spec"];
    let every = ["containers", "initContainers"].into_iter().filter_map(|list| spec[list].as_array()).flatten();
    let rules = |container: &Value| container["restartPolicyRules"].as_array().cloned().unwrap_or_default();
    if every.clone().any(|container| rules(container).iter().any(|rule| rule["action"] == "RestartAllContainers")) {
        return true;
    }
    let Some(container) = spec[list].as_array().into_iter().flatten().find(|c| c["name"] == name) else { return false };
    for rule in rules(container) {
        let codes = rule["exitCodes"]["values"].as_array().cloned().unwrap_or_default();
        let listed = codes.iter().any(|value| value.as_i64() == Some(code));
        if listed == (rule["exitCodes"]["operator"] == "In") {
            return true;
        }
    }
    match container["restartPolicy"].as_str().or(spec["restartPolicy"].as_str()) {
        Some("Always") => true,
        Some("OnFailure") => code != 0,
        _ => false,
    }
}

fn claim_statuses(status: &At, spec: &At, errors: &mut Errors) {
    let claims = spec.child("resourceClaims");
    let mut seen = BTreeSet::new();
    for claim in status.child("resourceClaimStatuses").items() {
        let name = claim.text("name");
        if !claims.items().any(|own| own.text("name") == name) {
            errors.invalid(claim.child("name"), name, "must match the name of an entry in `spec.resourceClaims`");
        }
        if !seen.insert(name) {
            errors.duplicate(claim.child("name"), name);
        }
        if claim.has("resourceClaimName") {
            let of = claim.text("resourceClaimName");
            errors.invalid_each(claim.child("resourceClaimName"), of, names::dns1123_subdomain(of));
        }
    }
}

/// Addresses that were there may stay as they are; new ones must be proper, one of each family.
fn addresses(status: &At, old: &At, errors: &mut Errors) {
    let hosts = status.child("hostIPs");
    let first = hosts.index(0);
    if !hosts.is_empty() && status.text("hostIP") != first.text("ip") {
        errors.invalid(first.child("ip"), first.text("ip"), "must be equal to `hostIP`");
    }
    for field in ["podIPs", "hostIPs"] {
        let (list, before) = (status.child(field), old.child(field));
        let mut families = BTreeSet::new();
        for address in list.items() {
            let text = address.text("ip");
            let kept = before.items().any(|other| other.text("ip") == text);
            let parsed = if kept { ip::parse_sloppy(text) } else { ip::legacy(&address, text, errors) };
            families.insert(parsed.map(|ip| ip.is_ipv4()));
        }
        if list.len() > 1
            && let Some((i, wrong)) =
                list.items().enumerate().find(|(_, address)| ip::parse_sloppy(address.text("ip")).is_none())
        {
            let why = format!("failed to check for dual stack with error:invalid IP[{i}]: {}", wrong.text("ip"));
            errors.internal(list, why);
        }
        if list.len() > 1 && (families.len() != 2 || families.contains(&None) || list.len() > 2) {
            let shown: Vec<String> = list.items().map(|a| format!("{{\"IP\":{:?}}}", a.text("ip"))).collect();
            let why = "may specify no more than one IP for each IP family";
            errors.invalid(list, go::Printed(format!("[{}]", shown.join(","))), why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::pod::KIND;
    use expect_test::{Expect, expect};
    use serde_json::json;

    fn pod() -> Value {
        let mut pod = json!({"metadata": {"name": "p", "namespace": "n", "uid": "u", "resourceVersion": "1"},
            "spec": {"serviceAccountName": "default", "containers": [{"name": "a", "image": "i:1"}]}});
        KIND.versions[0].set_defaults(&mut pod);
        pod
    }

    /// Merges `change` into the pod and shows what is wrong with the update.
    #[expect(clippy::needless_pass_by_value, reason = "tables of literals")]
    fn check(subresource: &str, old: Value, change: Value, want: Expect) {
        let mut new = old.clone();
        json_patch::merge(&mut new, &change);
        want.assert_eq(&KIND.check_update(subresource, &new, &old).aggregate());
    }

    #[test]
    fn little_may_change() {
        let image = json!([{"name": "a", "image": "i:2", "imagePullPolicy": "Always", "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}]);
        let mut old = pod();
        old["spec"]["containers"][0]["imagePullPolicy"] = "Always".into();
        check("", old, json!({"spec": {"containers": image}}), expect![""]);
        check(
            "",
            pod(),
            json!({"spec": {"tolerations": [{"operator": "Exists"}], "activeDeadlineSeconds": 5}}),
            expect![""],
        );
        check(
            "",
            pod(),
            json!({"spec": {"nodeName": "x"}}),
            expect![[r#"
                spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)
                @@ -42,7 +42,7 @@
                  "NodeSelector": null,
                  "ServiceAccountName": "default",
                  "AutomountServiceAccountToken": null,
                - "NodeName": "",
                + "NodeName": "x",
                  "SecurityContext": {
                   "HostNetwork": false,
                   "HostPID": false,
            "#]],
        );
        check(
            "",
            pod(),
            json!({"spec": {"containers": []}}),
            expect![
                "[spec.containers: Required value, spec.containers: Forbidden: pod updates may not add or remove containers]"
            ],
        );
        check(
            "",
            pod(),
            json!({"spec": {"schedulingGates": [{"name": "a.b/c"}]}}),
            expect![
                "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a.b/c'"
            ],
        );
    }

    #[test]
    fn statuses() {
        let mut old = pod();
        old["status"] = json!({"qosClass": "BestEffort", "containerStatuses": [{"name": "a", "state": {"terminated": {"exitCode": 1}}}]});
        check(
            "status",
            old.clone(),
            json!({"status": {"containerStatuses": [{"name": "a", "state": {"running": {}}}]}}),
            expect![""],
        );
        old["spec"]["restartPolicy"] = "Never".into();
        check(
            "status",
            old.clone(),
            json!({"status": {"qosClass": "Burstable", "podIPs": [{"ip": "x"}], "containerStatuses": [{"name": "a", "state": {"running": {}}}]}}),
            expect![[
                r#"[status.qosClass: Invalid value: "Burstable": field is immutable, status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state, status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)]"#
            ]],
        );
    }
}
