//! Validation of pods and pod templates, in upstream's order and words (`ValidatePodSpec` and what it calls).
mod claim;
mod container;
mod env;
mod probes;
pub mod resources;
pub mod scheduling;
pub(super) mod security;
pub mod update;
mod volumes;

pub(crate) use probes::port;

use crate::{
    Value,
    kinds::NameRule,
    meta::{at::At, field_error::Errors, ip, names, object_meta, quantity::Quantity},
};
use std::collections::{BTreeMap, BTreeSet};

/// What the parts of a spec need to know of the whole.
struct Context<'v> {
    /// A pod, not a template.
    is_pod: bool,
    /// Valid volumes by name.
    volumes: BTreeMap<&'v str, &'v Value>,
    /// Names in `spec.resourceClaims`.
    claims: BTreeSet<&'v str>,
    grace: Option<i64>,
    restart_policy: &'v str,
    host_users: bool,
    os: Option<&'v str>,
}

/// `ValidatePodCreate` beyond the metadata every kind has.
pub(super) fn create(pod: &Value, errors: &mut Errors) {
    metadata_and_spec(pod, errors);
    let root = At::root(pod);
    let spec = root.child("spec");
    if !spec.child("ephemeralContainers").is_empty() {
        errors.forbidden(spec.child("ephemeralContainers"), "cannot be set on create");
    }
    if !spec.text("nodeName").is_empty() && !spec.child("schedulingGates").is_empty() {
        errors.forbidden(spec.child("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
}

/// What is checked of a pod both when it is created and when it is updated.
pub(super) fn metadata_and_spec(pod: &Value, errors: &mut Errors) {
    let root = At::root(pod);
    let (meta, spec) = (root.child("metadata"), root.child("spec"));
    annotations(&meta, &spec, errors);
    pod_spec(&spec, Some(&meta), errors);
    if spec.text("serviceAccountName").is_empty() {
        for volume in spec.child("volumes").items() {
            for source in volume.child("projected").child("sources").items() {
                if source.has("serviceAccountToken") {
                    let why = "must not be specified when serviceAccountName is not set";
                    errors.forbidden(source.child("serviceAccountToken"), why);
                }
            }
        }
    }
    for list in ["containers", "initContainers"] {
        for container in spec.child(list).items() {
            container::only_for_pod(&container, errors);
        }
    }
}

/// A pod template at `at`: `ValidatePodTemplateSpec`.
pub fn template(at: &At, errors: &mut Errors) {
    let (meta, spec) = (at.child("metadata"), at.child("spec"));
    // Upstream names these without the metadata they are in.
    object_meta::labels(&at.child("labels").with_value(meta.get("labels")), errors);
    object_meta::annotations(&at.child("annotations").with_value(meta.get("annotations")), errors);
    annotations(&at.with_value(meta.value), &spec, errors);
    pod_spec(&spec, None, errors);
    if !spec.child("ephemeralContainers").is_empty() {
        errors.forbidden(spec.child("ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }
}

const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Annotations that mean something for pods.
fn annotations(meta: &At, spec: &At, errors: &mut Errors) {
    let annotations = meta.child("annotations");
    if annotations.has(MIRROR) && spec.text("nodeName").is_empty() {
        let value = annotations.text(MIRROR);
        errors.invalid(annotations.key(MIRROR), value, "must set spec.nodeName if mirror pod annotation is set");
    }
    if annotations.has(DELETION_COST) {
        let cost = annotations.text(DELETION_COST);
        // A sign in front or a leading zero would make two texts of one number.
        let canonical = cost.parse::<i32>().is_ok_and(|number| number.to_string() == cost);
        if !canonical {
            errors.invalid(annotations.key(DELETION_COST), cost, "must be a 32bit integer");
        }
    }
}

/// `ValidatePodSpec`; `meta` is there for pods and absent for templates.
pub(super) fn pod_spec(spec: &At, meta: Option<&At>, errors: &mut Errors) {
    let grace = spec.get("terminationGracePeriodSeconds").as_i64();
    if grace.is_none() {
        errors.required(spec.child("terminationGracePeriodSeconds"), "");
    }
    let volumes = volumes::volumes(&spec.child("volumes"), meta, errors);
    let context = Context {
        is_pod: meta.is_some(),
        volumes,
        claims: spec.child("resourceClaims").items().map(|c| c.text("name")).filter(|n| !n.is_empty()).collect(),
        grace,
        restart_policy: spec.text("restartPolicy"),
        host_users: spec.get("hostUsers").as_bool().unwrap_or(true),
        os: spec.has("os").then(|| spec.child("os").text("name")),
    };
    resource_claims(&spec.child("resourceClaims"), meta, errors);
    container::containers(spec, &context, errors);
    container::init_containers(spec, &context, errors);
    container::ephemeral_containers(spec, &context, errors);
    if spec.has("resources") {
        resources::pod_level(spec, &context, errors);
    }
    host_network_ports(spec, &context, errors);
    one_of(&spec.child("restartPolicy"), &["Always", "OnFailure", "Never"], errors);
    one_of(&spec.child("dnsPolicy"), &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], errors);
    object_meta::labels(&spec.child("nodeSelector"), errors);
    security::pod(spec, errors);
    scheduling::affinity(&spec.child("affinity"), errors);
    dns_config(spec, errors);
    for gate in spec.child("readinessGates").items() {
        let condition = gate.text("conditionType");
        errors.invalid_each(gate.child("conditionType"), condition, names::qualified_name(condition));
    }
    scheduling::gates(&spec.child("schedulingGates"), errors);
    scheduling::spread_constraints(&spec.child("topologySpreadConstraints"), errors);
    host_users(spec, errors);
    host_name(spec, errors);
    references(spec, errors);
    if let Some(os) = context.os {
        operating_system(spec, os, errors);
    }
    file_key_volumes(spec, errors);
}

/// A required text out of a fixed set.
fn one_of(at: &At, values: &[&str], errors: &mut Errors) {
    match at.str() {
        "" => errors.required(at, ""),
        value if !values.contains(&value) => errors.not_supported(at, value, values),
        _ => {}
    }
}

/// Names and numbers at the end of the spec.
fn references(spec: &At, errors: &mut Errors) {
    let mut name = |field: &str, rule: NameRule| {
        let value = spec.text(field);
        if !value.is_empty() {
            errors.invalid_each(spec.child(field), value, object_meta::check_name(rule, value, false));
        }
    };
    name("serviceAccountName", NameRule::Dns1123Subdomain);
    name("nodeName", NameRule::Dns1123Subdomain);
    if let Some(deadline) = spec.get("activeDeadlineSeconds").as_i64() {
        let wrong = names::in_range(deadline, 1, i64::from(i32::MAX));
        errors.invalid_each(spec.child("activeDeadlineSeconds"), deadline, wrong);
    }
    let mut name = |field: &str, rule: NameRule| {
        let value = spec.text(field);
        if !value.is_empty() {
            errors.invalid_each(spec.child(field), value, object_meta::check_name(rule, value, false));
        }
    };
    name("hostname", NameRule::Dns1123Label);
    name("subdomain", NameRule::Dns1123Label);
    scheduling::tolerations(&spec.child("tolerations"), errors);
    for alias in spec.child("hostAliases").items() {
        ip::legacy(alias.child("ip"), alias.text("ip"), errors);
        for hostname in alias.child("hostnames").items() {
            errors.invalid_each(hostname, hostname.str(), names::dns1123_subdomain(hostname.str()));
        }
    }
    let class = spec.text("priorityClassName");
    if !class.is_empty() {
        errors.invalid_each(spec.child("priorityClassName"), class, names::dns1123_subdomain(class));
    }
    if spec.has("runtimeClassName") {
        let class = spec.text("runtimeClassName");
        errors.invalid_each(spec.child("runtimeClassName"), class, names::dns1123_subdomain(class));
    }
    if spec.has("preemptionPolicy") {
        one_of(&spec.child("preemptionPolicy"), &["PreemptLowerPriority", "Never"], errors);
    }
    if spec.has("overhead") {
        resources::amounts(&spec.child("overhead"), &spec.child("overhead").child("limits"), errors);
    }
}

/// `spec.resourceClaims`.
fn resource_claims(at: &At, meta: Option<&At>, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for claim in at.items() {
        if meta.is_some_and(|meta| meta.child("annotations").has(MIRROR)) {
            errors.forbidden("", "static pods do not support resource claims");
            continue;
        }
        let name = claim.text("name");
        if name.is_empty() {
            errors.required(claim.child("name"), "");
        } else if !seen.insert(name) {
            errors.duplicate(claim.child("name"), name);
        } else {
            errors.invalid_each(claim.child("name"), name, names::dns1123_label(name));
        }
        let sources = ["resourceClaimName", "resourceClaimTemplateName"];
        let shown = || {
            let text = |field: &str| crate::meta::go::json(claim.get(field));
            crate::meta::go::Printed(format!(
                "{{\"Name\":{},\"ResourceClaimName\":{},\"ResourceClaimTemplateName\":{}}}",
                text("name"),
                text(sources[0]),
                text(sources[1])
            ))
        };
        match sources.iter().filter(|source| claim.has(source)).count() {
            0 => {
                errors.invalid(claim, shown(), "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
            }
            1 => {}
            _ => errors.invalid(
                claim,
                shown(),
                "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
            ),
        }
        for source in sources.into_iter().filter(|source| claim.has(source)) {
            let name = claim.text(source);
            errors.invalid_each(claim.child(source), name, names::dns1123_subdomain(name));
        }
    }
}

fn host_network_ports(spec: &At, context: &Context, errors: &mut Errors) {
    if !spec.flag("hostNetwork") {
        return;
    }
    for container in spec.child("containers").items() {
        for port in container.child("ports").items() {
            let number = |field: &str| port.get(field).as_i64().unwrap_or(0);
            let host = number("hostPort");
            if (context.is_pod || host != 0) && host != number("containerPort") {
                errors.invalid(port.child("hostPort"), host, "must match `containerPort` when `hostNetwork` is true");
            }
        }
    }
}

const NAMESERVERS_MAX: usize = 3;
const SEARCH_PATHS_MAX: usize = 32;
const SEARCH_CHARACTERS_MAX: usize = 2048;

fn dns_config(spec: &At, errors: &mut Errors) {
    let config = spec.child("dnsConfig");
    let (servers, searches) = (config.child("nameservers"), config.child("searches"));
    if spec.text("dnsPolicy") == "None" {
        if config.is_nil() {
            errors.required(config, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if servers.is_empty() {
            errors.required(servers, "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }
    }
    if servers.len() > NAMESERVERS_MAX {
        errors.invalid(servers, servers.value, format!("must not have more than {NAMESERVERS_MAX} nameservers"));
    }
    for server in servers.items() {
        ip::legacy(server, server.str(), errors);
    }
    if searches.len() > SEARCH_PATHS_MAX {
        errors.invalid(searches, searches.value, format!("must not have more than {SEARCH_PATHS_MAX} search paths"));
    }
    let characters = searches.items().map(|s| s.len()).sum::<usize>() + searches.len().saturating_sub(1);
    if characters > SEARCH_CHARACTERS_MAX {
        let why =
            format!("must not have more than {SEARCH_CHARACTERS_MAX} characters (including spaces) in the search list");
        errors.invalid(searches, searches.value, why);
    }
    for search in searches.items().filter(|search| search.str() != ".") {
        let path = search.str().strip_suffix('.').unwrap_or(search.str());
        errors.invalid_each(search, path, names::dns1123_subdomain_with_underscore(path));
    }
    for option in config.child("options").items().filter(|option| option.text("name").is_empty()) {
        errors.required(option, "must not be empty");
    }
}

/// All containers of the three lists.
pub(in crate::kinds::pod) fn every_container(spec: &At, mut visit: impl FnMut(&At)) {
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in spec.child(list).items() {
            visit(&container);
        }
    }
}

fn host_users(spec: &At, errors: &mut Errors) {
    if spec.get("hostUsers").as_bool() != Some(false) {
        return;
    }
    let why = "when `hostUsers` is false";
    if spec.flag("hostNetwork") {
        errors.forbidden(spec.child("hostNetwork"), why);
    }
    if spec.flag("hostPID") {
        errors.forbidden(spec.child("HostPID"), why);
    }
    if spec.flag("hostIPC") {
        errors.forbidden(spec.child("HostIPC"), why);
    }
    every_container(spec, |container| {
        if !container.child("volumeDevices").is_empty() {
            errors.forbidden(container.child("volumeDevices"), why);
        }
    });
}

const HOSTNAME_OVERRIDE_BYTES_MAX: usize = 64;

fn host_name(spec: &At, errors: &mut Errors) {
    let name = spec.child("hostnameOverride");
    if name.is_nil() {
        return;
    }
    if spec.flag("setHostnameAsFQDN") {
        errors.forbidden(name, "may not be specified when setHostnameAsFQDN is true");
    }
    if spec.flag("hostNetwork") {
        errors.forbidden(name, "may not be specified when hostNetwork is true");
    }
    if name.len() > HOSTNAME_OVERRIDE_BYTES_MAX {
        errors.too_long(name, HOSTNAME_OVERRIDE_BYTES_MAX);
    }
    errors.invalid_each(name, name.str(), names::dns1123_subdomain(name.str()));
}

/// `spec.os` and the fields that do not fit it.
fn operating_system(spec: &At, os: &str, errors: &mut Errors) {
    let at = spec.child("os");
    match os {
        "" => errors.required(at.child("name"), ""),
        "linux" => {
            if spec.child("securityContext").has("windowsOptions") {
                let why = "windows options cannot be set for a linux pod";
                errors.forbidden(spec.child("securityContext").child("windowsOptions"), why);
            }
            every_container(spec, |container| {
                let security = container.child("securityContext");
                if security.has("windowsOptions") {
                    errors.forbidden(security.child("windowsOptions"), "windows options cannot be set for a linux pod");
                }
            });
        }
        "windows" => security::windows(spec, errors),
        other => errors.not_supported(at, other, &["linux", "windows"]),
    }
}

/// Volumes that environment variables are read from must be emptyDirs.
fn file_key_volumes(spec: &At, errors: &mut Errors) {
    let volumes = spec.child("volumes");
    every_container(spec, |container| {
        for variable in container.child("env").items() {
            let from = variable.child("valueFrom");
            let reference = from.child("fileKeyRef");
            if reference.is_nil() {
                continue;
            }
            let name = reference.text("volumeName");
            match volumes.items().find(|volume| volume.text("name") == name) {
                None => errors.not_found(reference.child("volumeName"), name),
                Some(volume) if !volume.has("emptyDir") => {
                    errors.invalid(reference.child("volumeName"), name, "referenced volume must be of type emptyDir");
                }
                Some(_) => {}
            }
        }
    });
}

/// The quantity at a place; texts that are none were refused when the object was decoded.
pub(in crate::kinds::pod) fn quantity(at: &At) -> Option<Quantity> {
    match at.value {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Number(number) => Quantity::parse(&number.to_string()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Value, kinds::pod::KIND};
    use expect_test::{Expect, expect};
    use serde_json::json;

    /// Fills `change` into the spec of a plain pod, defaults it and shows what is wrong with it.
    #[expect(clippy::needless_pass_by_value, reason = "tables of literals")]
    fn check(change: Value, want: Expect) {
        let mut pod = json!({"metadata": {"name": "p", "namespace": "n"},
            "spec": {"serviceAccountName": "default", "containers": [{"name": "a", "image": "i:1"}]}});
        json_patch::merge(&mut pod["spec"], &change);
        KIND.versions[0].set_defaults(&mut pod);
        want.assert_eq(&KIND.check_create(&pod).aggregate());
    }

    /// The same for the only container.
    fn check_container(mut change: Value, want: Expect) {
        for (field, value) in [("name", "a"), ("image", "i:1")] {
            if change[field].is_null() {
                change[field] = value.into();
            }
        }
        check(json!({"containers": [change]}), want);
    }

    #[test]
    fn plain_pods_pass() {
        check(json!({}), expect![""]);
        check(
            json!({"volumes": [{"name": "v"}], "containers": [{"name": "a", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
                "readinessProbe": {"httpGet": {"port": "http"}}}], "tolerations": [{"operator": "Exists"}]}),
            expect![""],
        );
    }

    #[test]
    fn specs() {
        check(json!({"containers": []}), expect!["spec.containers: Required value"]);
        check(
            json!({"restartPolicy": "Maybe", "dnsPolicy": "None"}),
            expect![[
                r#"[spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never", spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None]"#
            ]],
        );
        check(
            json!({"hostname": "a.b", "activeDeadlineSeconds": 0, "hostAliases": [{"ip": "x"}]}),
            expect![[
                r#"[spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive, spec.hostname: Invalid value: "a.b": must not contain dots, spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)]"#
            ]],
        );
        check(
            json!({"hostUsers": false, "hostPID": true, "os": {"name": "windows"}, "securityContext": {"runAsUser": 1}}),
            expect![
                "[spec.HostPID: Forbidden: when `hostUsers` is false, spec.hostUsers: Forbidden: cannot be set for a windows pod, spec.hostPID: Forbidden: cannot be set for a windows pod, spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod]"
            ],
        );
    }

    #[test]
    fn volumes() {
        check(
            json!({"volumes": [{"name": "a", "emptyDir": {}, "hostPath": {"path": "/x"}}, {"name": "b", "secret": {"items": [{"key": "k", "path": "../p"}]}}]}),
            expect![
                "[spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type, spec.volumes[1].secret.secretName: Required value, spec.volumes[1].secret.items[0].path: Invalid value: \"../p\": must not contain '..']"
            ],
        );
        check(
            json!({"volumes": [{"name": "p", "projected": {"sources": [{"serviceAccountToken": {"path": "", "expirationSeconds": 10}}]}}]}),
            expect![
                "[spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes, spec.volumes[0].projected.path: Required value]"
            ],
        );
    }

    #[test]
    fn containers() {
        check_container(
            json!({"name": "A", "ports": [{"containerPort": 1, "name": "x"}, {"containerPort": 70000, "name": "x"}]}),
            expect![[
                r#"[spec.containers[0].name: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?'), spec.containers[0].ports[1].name: Duplicate value: "x", spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive]"#
            ]],
        );
        check_container(
            json!({"env": [{"name": "A", "value": "v", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels"}}}]}),
            expect![[
                r#"[spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs", spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty]"#
            ]],
        );
        check_container(
            json!({"livenessProbe": {"exec": {"command": ["a"]}, "tcpSocket": {"port": 1}}, "lifecycle": {"preStop": {"sleep": {"seconds": 31}}}}),
            expect![
                "[spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30), spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type]"
            ],
        );
        check_container(
            json!({"resources": {"limits": {"memory": "1Mi", "disk": "1"}, "requests": {"memory": "2Mi"}}}),
            expect![[
                r#"[spec.containers[0].resources.limits[disk]: Invalid value: "disk": must be a standard resource type or fully qualified, spec.containers[0].resources.limits[disk]: Invalid value: "disk": must be a standard resource for containers, spec.containers[0].resources.requests[disk]: Invalid value: "disk": must be a standard resource type or fully qualified, spec.containers[0].resources.requests[disk]: Invalid value: "disk": must be a standard resource for containers, spec.containers[0].resources.requests: Invalid value: "2Mi": must be less than or equal to memory limit of 1Mi]"#
            ]],
        );
    }

    #[test]
    fn scheduling() {
        check(
            json!({"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "z", "whenUnsatisfiable": "Odd"}]}),
            expect![[
                r#"[spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero, spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Odd": supported values: "DoNotSchedule", "ScheduleAnyway"]"#
            ]],
        );
        check(
            json!({"tolerations": [{"operator": "Equal"}, {"key": "a", "operator": "Gt", "value": "1"}]}),
            expect![[
                r#"[spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys", spec.tolerations[1].operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"]"#
            ]],
        );
    }
}
