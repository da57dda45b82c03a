//! Security contexts of pods and containers.
use crate::{
    Value,
    meta::{at::At, field_error::Errors, go, names},
};
use regex::Regex;
use std::{collections::BTreeSet, sync::OnceLock};

/// `spec.securityContext`.
pub(super) fn pod(spec: &At, errors: &mut Errors) {
    let at = spec.child("securityContext");
    if at.is_nil() {
        return;
    }
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(&at.child(field), errors);
    }
    for group in at.child("supplementalGroups").items() {
        id(&group, errors);
    }
    if spec.flag("shareProcessNamespace") && spec.flag("hostPID") {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(at.child("shareProcessNamespace"), true, why);
    }
    sysctls(&at.child("sysctls"), errors);
    known(&at.child("fsGroupChangePolicy"), &["Always", "OnRootMismatch"], errors);
    seccomp(&at.child("seccompProfile"), errors);
    app_armor(&at.child("appArmorProfile"), errors);
    known(&at.child("supplementalGroupsPolicy"), &["Merge", "Strict"], errors);
    known(&at.child("seLinuxChangePolicy"), &["MountOption", "Recursive"], errors);
}

/// `securityContext` of a container.
pub(super) fn container(at: &At, host_users: bool, errors: &mut Errors) {
    if at.is_nil() {
        return;
    }
    id(&at.child("runAsUser"), errors);
    id(&at.child("runAsGroup"), errors);
    let mount = at.child("procMount");
    known(&mount, &["Default", "Unmasked"], errors);
    if host_users && mount.str() == "Unmasked" {
        errors.invalid(mount, "Unmasked", "`hostUsers` must be false to use `Unmasked`");
    }
    seccomp(&at.child("seccompProfile"), errors);
    if at.get("allowPrivilegeEscalation").as_bool() == Some(false) {
        let shown = || go::Printed(crate::meta::go::internal("io.k8s.api.core.v1.SecurityContext", at.value));
        if at.flag("privileged") {
            let why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.invalid(at, shown(), why);
        }
        let added = at.child("capabilities");
        for _ in added.child("add").items().filter(|capability| capability.str() == "CAP_SYS_ADMIN") {
            let why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.invalid(at, shown(), why);
        }
    }
    app_armor(&at.child("appArmorProfile"), errors);
}

fn id(at: &At, errors: &mut Errors) {
    if let Some(id) = at.int() {
        errors.invalid_each(at, id, names::user_id(id));
    }
}

/// An optional text out of a fixed set.
fn known(at: &At, values: &[&str], errors: &mut Errors) {
    if !at.is_nil() && !values.contains(&at.str()) {
        errors.not_supported(at, at.str(), values);
    }
}

const SYSCTL: &str = r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const SYSCTL_MAX: usize = 253;

fn sysctls(at: &At, errors: &mut Errors) {
    static NAME: OnceLock<Regex> = OnceLock::new();
    let regex = NAME.get_or_init(|| Regex::new(SYSCTL).expect("the expression is a constant"));
    let mut seen = BTreeSet::new();
    for sysctl in at.items() {
        let name = sysctl.text("name");
        if name.is_empty() {
            errors.required(sysctl.child("name"), "");
        } else if name.len() > SYSCTL_MAX || !regex.is_match(name) {
            let why = format!("must have at most {SYSCTL_MAX} characters and match regex {SYSCTL}");
            errors.invalid(sysctl.child("name"), name, why);
        } else if seen.contains(name) {
            errors.duplicate(sysctl.child("name"), name);
        }
        seen.insert(name);
    }
}

fn seccomp(at: &At, errors: &mut Errors) {
    if at.is_nil() {
        return;
    }
    let types = ["Localhost", "RuntimeDefault", "Unconfined"];
    match at.text("type") {
        "" => errors.required(at.child("type"), "type is required when seccompProfile is set"),
        ty if !types.contains(&ty) => errors.not_supported(at.child("type"), ty, &types),
        _ => {}
    }
    let profile = at.child("localhostProfile");
    if at.text("type") != "Localhost" {
        if !profile.is_nil() {
            let shown = go::internal("io.k8s.api.core.v1.SeccompProfile", at.value);
            errors.invalid(profile, go::Printed(shown), "can only be set when seccomp type is Localhost");
        }
    } else if profile.is_nil() {
        errors.required(profile, "must be set when seccomp type is Localhost");
    } else {
        super::volumes::descending_path(&profile, errors);
    }
}

const PROFILE_BYTES_MAX: usize = 4095;

pub(in super::super) fn app_armor(at: &At, errors: &mut Errors) {
    if at.is_nil() {
        return;
    }
    let types = ["Localhost", "RuntimeDefault", "Unconfined"];
    let profile = at.child("localhostProfile");
    let required = "must be set when AppArmor type is Localhost";
    match at.text("type") {
        "Localhost" if profile.is_nil() => errors.required(profile, required),
        "Localhost" => {
            let name = profile.str();
            if name.trim().len() != name.len() {
                errors.invalid(profile, name, "must not be padded with whitespace");
            } else if name.is_empty() {
                errors.required(profile, required);
            }
            if name.len() > PROFILE_BYTES_MAX {
                errors.too_long(profile, PROFILE_BYTES_MAX);
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if !profile.is_nil() {
                errors.invalid(profile, profile.str(), "can only be set when AppArmor type is Localhost");
            }
        }
        "" => errors.required(at.child("type"), "type is required when appArmorProfile is set"),
        other => errors.not_supported(at.child("type"), other, &types),
    }
}

/// Fields of the pod and of containers that only Linux has, in the order upstream looks at them.
const LINUX_ONLY_POD: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "hostUsers",
    "hostPID",
    "hostIPC",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "shareProcessNamespace",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
];
const LINUX_ONLY_CONTAINER: &[&str] = &[
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
    "appArmorProfile",
];

/// What a pod for Windows may not have.
pub(super) fn windows(spec: &At, errors: &mut Errors) {
    let why = "cannot be set for a windows pod";
    let security = spec.child("securityContext");
    for field in LINUX_ONLY_POD {
        let (host, value) = (["hostUsers", "hostPID", "hostIPC"].contains(field), spec.get(field));
        if host {
            let set = value.as_bool().is_some_and(|on| on || *field == "hostUsers");
            if set {
                errors.forbidden(spec.child(field), why);
            }
        } else if *field == "shareProcessNamespace" {
            if spec.has(field) {
                errors.forbidden(security.child(field), why);
            }
        } else if is_set(security.get(field)) {
            errors.forbidden(security.child(field), why);
        }
    }
    super::every_container(spec, |container| {
        let security = container.child("securityContext");
        for field in LINUX_ONLY_CONTAINER.iter().filter(|field| security.has(field)) {
            errors.forbidden(security.child(field), why);
        }
    });
}

fn is_set(value: &Value) -> bool {
    !value.is_null() && !value.as_array().is_some_and(Vec::is_empty)
}
