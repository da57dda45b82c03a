//! Containers, init containers and ephemeral containers.
use super::{Context, env, one_of, probes, resources, security};
use crate::{
    Value,
    meta::{at::At, field_error::Errors, names},
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn containers(spec: &At, context: &Context, errors: &mut Errors) {
    let list = spec.child("containers");
    if list.is_empty() {
        errors.required(list, "");
        return;
    }
    let mut seen = BTreeSet::new();
    for container in list.items() {
        common(&container, context, errors);
        if !seen.insert(container.text("name")) {
            errors.duplicate(container.child("name"), container.text("name"));
        }
        if container.has("lifecycle") {
            probes::lifecycle(&container.child("lifecycle"), context.grace, context.os, errors);
        }
        probes::probes(&container, context.grace, errors);
        restart_policy(&container, errors);
    }
    let mut ports = BTreeSet::new();
    for container in list.items() {
        host_ports(&container, &mut ports, errors);
    }
}

pub(super) fn init_containers(spec: &At, context: &Context, errors: &mut Errors) {
    let regular = spec.child("containers");
    let mut seen: BTreeSet<&str> = regular.items().map(|c| c.text("name")).collect();
    for container in spec.child("initContainers").items() {
        common(&container, context, errors);
        if container.has("restartPolicy") {
            restart_policy(&container, errors);
        } else if !container.child("restartPolicyRules").is_empty() {
            errors.required(container.child("restartPolicy"), "must specify restartPolicy when restart rules are used");
        }
        let name = container.text("name");
        if seen.contains(name) {
            errors.duplicate(container.child("name"), name);
        } else if !name.is_empty() {
            seen.insert(name);
        }
        host_ports(&container, &mut BTreeSet::new(), errors);
        if container.text("restartPolicy") == "Always" {
            if container.has("lifecycle") {
                probes::lifecycle(&container.child("lifecycle"), context.grace, context.os, errors);
            }
            probes::probes(&container, context.grace, errors);
            continue;
        }
        for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if container.has(field) {
                let why = "may not be set for init containers without restartPolicy=Always";
                errors.forbidden(container.child(field), why);
            }
        }
        for policy in container.child("resizePolicy").items().filter(|p| p.text("restartPolicy") == "RestartContainer")
        {
            let why = "must not be set to 'RestartContainer' for non-sidecar initContainers";
            errors.invalid(policy.child("restartPolicy"), "RestartContainer", why);
        }
    }
}

/// Fields that ephemeral containers may not have, by their Go order.
const NOT_EPHEMERAL: &[&str] = &[
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

pub(super) fn ephemeral_containers(spec: &At, context: &Context, errors: &mut Errors) {
    let (regular, init) = (spec.child("containers"), spec.child("initContainers"));
    let others: BTreeSet<&str> = regular.items().chain(init.items()).map(|c| c.text("name")).collect();
    let mut seen = others.clone();
    let why = "cannot be set for an Ephemeral Container";
    for container in spec.child("ephemeralContainers").items() {
        common(&container, context, errors);
        only_for_pod(&container, errors);
        if !seen.insert(container.text("name")) {
            errors.duplicate(container.child("name"), container.text("name"));
        }
        let target = container.text("targetContainerName");
        if !target.is_empty() && !others.contains(target) {
            errors.not_found(container.child("targetContainerName"), target);
        }
        for field in NOT_EPHEMERAL {
            let value = container.child(field);
            if !value.is_nil() && !(value.is_empty() && (value.value.is_object() || value.value.is_array())) {
                errors.forbidden(value, why);
            }
        }
        for mount in container.child("volumeMounts").items() {
            for field in ["subPath", "subPathExpr"].into_iter().filter(|field| !mount.text(field).is_empty()) {
                errors.forbidden(mount.child(field), why);
            }
        }
    }
}

/// `validateContainerCommon`.
fn common(container: &At, context: &Context, errors: &mut Errors) {
    let name = container.text("name");
    if name.is_empty() {
        errors.required(container.child("name"), "");
    } else {
        errors.invalid_each(container.child("name"), name, names::dns1123_label(name));
    }
    // Templates may leave the image to whoever makes pods of them; upstream asks for it alike.
    if container.text("image").is_empty() {
        errors.required(container.child("image"), "");
    }
    one_of(&container.child("terminationMessagePolicy"), &["File", "FallbackToLogsOnError"], errors);
    ports(&container.child("ports"), errors);
    env::variables(&container.child("env"), errors);
    env::env_from(&container.child("envFrom"), errors);
    mounts(container, context, errors);
    devices(container, context, errors);
    pull_policy(&container.child("imagePullPolicy"), errors);
    resources::requirements(&container.child("resources"), context, resources::container_name, errors);
    resize_policy(&container.child("resizePolicy"), context, errors);
    security::container(&container.child("securityContext"), context.host_users, errors);
}

pub(super) fn only_for_pod(container: &At, errors: &mut Errors) {
    let image = container.text("image");
    if image.trim().len() != image.len() {
        errors.invalid(container.child("image"), image, "must not have leading or trailing whitespace");
    }
}

pub(super) fn pull_policy(at: &At, errors: &mut Errors) {
    one_of(at, &["Always", "IfNotPresent", "Never"], errors);
}

fn ports(at: &At, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for port in at.items() {
        let name = port.text("name");
        if !name.is_empty() {
            let wrong = names::port_name(name);
            if !wrong.is_empty() {
                errors.invalid_each(port.child("name"), name, wrong);
            } else if !seen.insert(name) {
                errors.duplicate(port.child("name"), name);
            }
        }
        match port.get("containerPort").as_i64().unwrap_or(0) {
            0 => errors.required(port.child("containerPort"), ""),
            number => errors.invalid_each(port.child("containerPort"), number, names::port_number(number)),
        }
        let host = port.get("hostPort").as_i64().unwrap_or(0);
        if host != 0 {
            errors.invalid_each(port.child("hostPort"), host, names::port_number(host));
        }
        one_of(&port.child("protocol"), &["SCTP", "TCP", "UDP"], errors);
    }
}

fn host_ports(container: &At, seen: &mut BTreeSet<String>, errors: &mut Errors) {
    for port in container.child("ports").items() {
        let host = port.get("hostPort").as_i64().unwrap_or(0);
        let taken = format!("{}/{}/{host}", port.text("protocol"), port.text("hostIP"));
        if host != 0 && !seen.insert(taken.clone()) {
            errors.duplicate(port.child("hostPort"), taken);
        }
    }
}

fn mounts(container: &At, context: &Context, errors: &mut Errors) {
    let devices = container.child("volumeDevices");
    let list = container.child("volumeMounts");
    let mut seen = BTreeSet::new();
    for mount in list.items() {
        let (name, path) = (mount.text("name"), mount.text("mountPath"));
        if name.is_empty() {
            errors.required(mount.child("name"), "");
        }
        if !context.volumes.contains_key(name) {
            errors.not_found(mount.child("name"), name);
        }
        if path.is_empty() {
            errors.required(mount.child("mountPath"), "");
        }
        if !seen.insert(path) {
            errors.invalid(mount.child("mountPath"), path, "must be unique");
        }
        if devices.items().any(|device| device.text("name") == name) {
            errors.invalid(mount.child("name"), name, "must not already exist in volumeDevices");
        }
        if devices.items().any(|device| device.text("devicePath") == path) {
            errors.invalid(mount.child("mountPath"), path, "must not already exist as a path in volumeDevices");
        }
        mount_options(container, &list, &mount, errors);
    }
}

/// Errors of these fields name the list, without the index.
fn mount_options(container: &At, list: &At, mount: &At, errors: &mut Errors) {
    let here = |field: &'static str| list.child(field).with_value(mount.get(field));
    if !mount.text("subPath").is_empty() {
        super::volumes::descending_path(&here("subPath"), errors);
    }
    let expression = mount.text("subPathExpr");
    if !expression.is_empty() {
        if !mount.text("subPath").is_empty() {
            errors.invalid(mount.child("subPathExpr"), expression, "subPathExpr and subPath are mutually exclusive");
        }
        super::volumes::descending_path(&here("subPathExpr"), errors);
    }
    let propagation = mount.text("mountPropagation");
    if mount.has("mountPropagation") {
        let modes = ["Bidirectional", "HostToContainer", "None"];
        if !modes.contains(&propagation) {
            errors.not_supported(here("mountPropagation"), propagation, &modes);
        }
        if propagation == "Bidirectional" && !container.child("securityContext").flag("privileged") {
            let why = "Bidirectional mount propagation is available only to privileged containers";
            errors.forbidden(here("mountPropagation"), why);
        }
    }
    match mount.get("recursiveReadOnly").as_str() {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if !mount.flag("readOnly") {
                errors.forbidden(here("recursiveReadOnly"), "may only be specified when readOnly is true");
            }
            if mount.has("mountPropagation") && propagation != "None" {
                let why = "may only be specified when mountPropagation is None or not specified";
                errors.forbidden(here("recursiveReadOnly"), why);
            }
        }
        Some(other) => errors.not_supported(here("recursiveReadOnly"), other, &["Disabled", "Enabled", "IfPossible"]),
    }
}

fn devices(container: &At, context: &Context, errors: &mut Errors) {
    let mounts = container.child("volumeMounts");
    let mounted: BTreeMap<&str, &str> = mounts.items().map(|m| (m.text("name"), m.text("mountPath"))).collect();
    let (mut paths, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for device in container.child("volumeDevices").items() {
        let (name, path) = (device.text("name"), device.text("devicePath"));
        let mut refuse = |field: &str, value: &str, why: &str| errors.invalid(device.child(field), value, why);
        let volume = context.volumes.get(name);
        let is_claim = |v: &&&Value| !v["persistentVolumeClaim"].is_null() || !v["ephemeral"].is_null();
        let refused = volume.is_some() && volume.filter(is_claim).is_none();
        if name.is_empty() {
            errors.required(device.child("name"), "");
        } else if !seen.insert(name) {
            refuse("name", name, "must be unique");
        }
        if refused {
            let why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
            errors.invalid(device.child("name"), name, why);
        }
        if volume.is_none() {
            errors.not_found(device.child("name"), name);
        }
        if path.is_empty() {
            errors.required(device.child("devicePath"), "");
        }
        let mut refuse = |field: &str, value: &str, why: &str| errors.invalid(device.child(field), value, why);
        if paths.contains(path) {
            refuse("devicePath", path, "must be unique");
        }
        if path.split('/').any(|part| part == "..") {
            refuse("devicePath", path, "can not contain backsteps ('..')");
        } else {
            paths.insert(path);
        }
        if mounted.contains_key(name) {
            refuse("name", name, "must not already exist in volumeMounts");
        }
        if mounted.values().any(|mount| *mount == path) {
            refuse("devicePath", path, "must not already exist as a path in volumeMounts");
        }
    }
}

fn resize_policy(at: &At, context: &Context, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for policy in at.items() {
        let (resource, restart) = (policy.text("resourceName"), policy.text("restartPolicy"));
        if !seen.insert(resource) {
            errors.duplicate(policy, resource);
        }
        match resource {
            "cpu" | "memory" => {}
            "" => errors.required(at, ""),
            other => errors.not_supported(at, other, &["cpu", "memory"]),
        }
        match restart {
            "NotRequired" | "RestartContainer" => {}
            "" => errors.required(at, ""),
            other => errors.not_supported(at, other, &["NotRequired", "RestartContainer"]),
        }
        if context.restart_policy == "Never" && restart != "NotRequired" {
            errors.invalid(at, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }
}

const RESTART_RULES_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;

/// A container's own restart policy and rules (KEP-5307).
fn restart_policy(container: &At, errors: &mut Errors) {
    let policy = container.child("restartPolicy");
    let rules = container.child("restartPolicyRules");
    if policy.is_nil() {
        if rules.is_empty() {
            return;
        }
        errors.required(policy, "must specify restartPolicy when restart rules are used");
    } else if !["Always", "Never", "OnFailure"].contains(&policy.str()) {
        errors.not_supported(policy, policy.str(), &["Always", "Never", "OnFailure"]);
    }
    if rules.len() > RESTART_RULES_MAX {
        errors.too_many(rules, rules.len(), RESTART_RULES_MAX);
    }
    for rule in rules.items() {
        let actions = ["Restart", "RestartAllContainers"];
        if !actions.contains(&rule.text("action")) {
            errors.not_supported(rule.child("action"), rule.text("action"), &actions);
        }
        let codes = rule.child("exitCodes");
        if codes.is_nil() {
            errors.required(codes, "must be specified");
            continue;
        }
        if !["In", "NotIn"].contains(&codes.text("operator")) {
            errors.not_supported(codes.child("operator"), codes.text("operator"), &["In", "NotIn"]);
        }
        let values = codes.child("values");
        if values.len() > EXIT_CODES_MAX {
            errors.too_many(values, values.len(), EXIT_CODES_MAX);
        }
    }
}
