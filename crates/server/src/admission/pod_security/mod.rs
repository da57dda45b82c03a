//! Pod Security Standards by namespace label (KEP-2579): refused, or only warned about.
mod checks;
mod registry;

use super::{Operation, Prompt, Request, look_up};
use crate::resources::tree;
use checks::Level;
use k8s_openapi::api::core::v1::Namespace;
use skeg_model::{
    Value,
    kinds::{namespace, pod},
    meta::{field_error::Errors, object_meta::semantic_eq},
    status::Status,
};
use skeg_storage::Store;
use std::collections::BTreeMap;

const LABELS: &str = "pod-security.kubernetes.io/";
/// Pods of a namespace that are looked at when its level changes (upstream's `namespaceMaxPodsToCheck`).
const EXISTING_PODS_MAX: usize = 3000;

#[derive(Debug)]
pub(super) struct PodSecurity;

impl Prompt for PodSecurity {
    fn name(&self) -> &'static str {
        "PodSecurity"
    }

    fn validates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update)
    }

    fn validate(&self, store: &dyn Store, request: &mut Request<'_>, object: &Value) -> Result<(), Status> {
        if !matches!(request.operation, Operation::Create | Operation::Update) {
            return Ok(());
        }
        match (request.kind.group, request.kind.resource, request.subresource) {
            ("", "namespaces", "") => namespace(store, request, object),
            ("", "pods", "" | "ephemeralcontainers") => pod(store, request, object),
            ("" | "apps" | "batch", resource, "") => match template(resource) {
                Some(pointer) => controller(store, request, object.pointer(pointer)),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// Where a kind that makes pods keeps their template.
fn template(resource: &str) -> Option<&'static str> {
    match resource {
        "deployments" | "replicasets" | "replicationcontrollers" | "daemonsets" | "statefulsets" | "jobs" => {
            Some("/spec/template")
        }
        "cronjobs" => Some("/spec/jobTemplate/spec/template"),
        "podtemplates" => Some("/template"),
        _ => None,
    }
}

/// A level with the version it is pinned to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Policy {
    level: Level,
    version: String,
}

/// The policy that a namespace's labels ask for under `mode`; without a label, or with a bad one, privileged for
/// enforcement as for the others.
fn policy<'l>(label: impl Fn(&str) -> Option<&'l str>, mode: &str) -> Policy {
    let level = label(&format!("{LABELS}{mode}")).map_or(Some(Level::Privileged), Level::parse);
    let version = label(&format!("{LABELS}{mode}-version")).filter(|v| is_version(v)).unwrap_or("latest");
    // An unknown level must not open what it was meant to close.
    Policy { level: level.unwrap_or(Level::Restricted), version: version.to_owned() }
}

fn is_version(text: &str) -> bool {
    let minor = text.strip_prefix("v1.");
    text == "latest" || minor.is_some_and(|m| !m.is_empty() && m.len() < 5 && m.bytes().all(|b| b.is_ascii_digit()))
}

/// The policy to warn of: what the namespace enforces where it asks for no warnings.
fn warned<'l>(label: impl Fn(&str) -> Option<&'l str> + Copy) -> Policy {
    let (level, version) = (label(&format!("{LABELS}warn")), label(&format!("{LABELS}warn-version")));
    let mut warned = policy(label, "warn");
    if level.is_some_and(|level| Level::parse(level).is_none()) {
        warned.level = Level::Privileged;
    }
    let enforced = label(&format!("{LABELS}enforce")).and_then(Level::parse);
    if let (None, Some(enforced)) = (level, enforced.filter(|enforced| *enforced > warned.level)) {
        warned.level = enforced;
        if version.is_none() {
            warned.version = policy(label, "enforce").version;
        }
    }
    warned
}

fn of_namespace(store: &dyn Store, name: &str, mode: &str) -> Option<Policy> {
    let namespace = look_up::<Namespace>(store, &namespace::KIND, "", name)?;
    let labels = namespace.metadata.labels.as_ref();
    let label = |key: &str| labels?.get(key).map(String::as_str);
    Some(if mode == "warn" { warned(label) } else { policy(label, mode) })
}

impl Policy {
    /// None for the latest version.
    fn minor(&self) -> Option<u32> {
        self.version.strip_prefix("v1.")?.parse().ok()
    }

    /// What of a pod violates this policy, as upstream writes it.
    fn violations(&self, metadata: &Value, spec: &Value) -> Option<String> {
        let found = registry::run(self.level, self.minor(), metadata, spec);
        if found.is_empty() {
            return None;
        }
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        Some(format!("PodSecurity \"{}:{}\": {}", self.level, self.version, texts.join(", ")))
    }
}

fn pod(store: &dyn Store, request: &mut Request<'_>, pod: &Value) -> Result<(), Status> {
    let insignificant = request.subresource.is_empty()
        && request.operation == Operation::Update
        && request.old.is_some_and(|old| !is_significant(pod, old));
    if insignificant {
        return Ok(());
    }
    let Some(enforce) = of_namespace(store, request.namespace, "enforce") else { return Ok(()) };
    if let Some(violations) = enforce.violations(&pod["metadata"], &pod["spec"]) {
        return Err(request.forbidden(pod, &format!("violates {violations}")));
    }
    warn(store, request, &pod["metadata"], &pod["spec"]);
    Ok(())
}

/// Of what may change in a pod only images, tolerations apart, matter: upstream looks again when a container's image did.
fn is_significant(new: &Value, old: &Value) -> bool {
    let images = |pod: &Value| -> Vec<Value> {
        ["initContainers", "containers", "ephemeralContainers"]
            .iter()
            .flat_map(|list| tree::list(&pod["spec"], &format!("/{list}")))
            .map(|container| container["image"].clone())
            .collect()
    };
    images(new) != images(old) || !semantic_eq(&new["metadata"]["annotations"], &old["metadata"]["annotations"])
}

fn controller(store: &dyn Store, request: &mut Request<'_>, template: Option<&Value>) -> Result<(), Status> {
    if let Some(template) = template {
        warn(store, request, &template["metadata"], &template["spec"]);
    }
    Ok(())
}

fn warn(store: &dyn Store, request: &mut Request<'_>, metadata: &Value, spec: &Value) {
    let Some(policy) = of_namespace(store, request.namespace, "warn") else { return };
    if let Some(violations) = policy.violations(metadata, spec) {
        request.warnings.push(format!("would violate {violations}"));
    }
}

/// A namespace's own labels: bad ones are refused when they are new; a stricter level warns about pods that are there.
fn namespace(store: &dyn Store, request: &mut Request<'_>, object: &Value) -> Result<(), Status> {
    let label = |of: &'_ Value, key: &str| of["metadata"]["labels"][key].as_str().map(str::to_owned);
    let mut errors = Errors::new();
    for mode in ["enforce", "audit", "warn"] {
        let (level, version) = (format!("{LABELS}{mode}"), format!("{LABELS}{mode}-version"));
        if let Some(value) = label(object, &level).filter(|v| Level::parse(v).is_none()) {
            let why = "must be one of privileged, baseline, restricted";
            errors.invalid(format!("metadata.labels[{level}]"), value.as_str(), why);
        }
        if let Some(value) = label(object, &version).filter(|v| !is_version(v)) {
            let why = "must be \"latest\" or \"v1.x\"";
            errors.invalid(format!("metadata.labels[{version}]"), value.as_str(), why);
        }
    }
    let same = request.old.is_some_and(|old| semantic_eq(&old["metadata"]["labels"], &object["metadata"]["labels"]));
    if !errors.is_empty() && !same {
        return Err(errors.into_status("", "Namespace", tree::name(object)));
    }
    let Some(old) = request.old else { return Ok(()) };
    let of = |of: &Value| policy(|key| of["metadata"]["labels"][key].as_str(), "enforce");
    let (before, after) = (of(old), of(object));
    if after != before && after.level > before.level {
        let found = existing(store, tree::name(object), &after);
        request.warnings.extend(found);
    }
    Ok(())
}

/// Warnings about the namespace's pods, those with the same violations gathered under the first name.
fn existing(store: &dyn Store, namespace: &str, policy: &Policy) -> Vec<String> {
    let snapshot = store.snapshot(pod::KIND.prefix);
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let prefix = format!("{namespace}/");
    for (_, stored) in snapshot.range(&prefix, None).take(EXISTING_PODS_MAX) {
        let pod = stored.tree();
        let found = registry::run(policy.level, policy.minor(), &pod["metadata"], &pod["spec"]);
        if !found.is_empty() {
            let reasons = found.iter().map(|v| v.reason).collect::<Vec<_>>().join(", ");
            groups.entry(reasons).or_default().push(stored.meta().name.clone());
        }
    }
    if groups.is_empty() {
        return Vec::new();
    }
    let mut warnings = vec![format!(
        "existing pods in namespace \"{namespace}\" violate the new PodSecurity enforce level \"{}:{}\"",
        policy.level, policy.version
    )];
    let mut named: Vec<(Vec<String>, String)> = groups.into_iter().map(|(reasons, names)| (names, reasons)).collect();
    named.sort();
    warnings.extend(named.into_iter().map(|(names, reasons)| {
        let first = &names[0];
        match names.len() {
            1 => format!("{first}: {reasons}"),
            2 => format!("{first} (and 1 other pod): {reasons}"),
            n => format!("{first} (and {} other pods): {reasons}", n - 1),
        }
    }));
    warnings
}
