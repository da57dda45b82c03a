//! Validation of Services, in upstream's order (`ValidateServiceCreate`, `ValidateServiceUpdate`).
use crate::{
    Value,
    kinds::{checks, pod},
    meta::{
        at::At,
        field_error::Errors,
        go::{self, Printed},
        ip, names, object_meta,
    },
};
use std::collections::BTreeSet;

const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
const TOPOLOGY_HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
const AFFINITY_SECONDS_MAX: i64 = 86400;

pub(super) fn create(service: &Value, errors: &mut Errors) {
    all(service, None, errors);
}

pub(super) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let (new_root, old_root) = (At::root(new), At::root(old));
    let (spec, old_spec) = (new_root.child("spec"), old_root.child("spec"));
    cluster_ips_update(&spec, &old_spec, errors);
    families_update(&spec, &old_spec, errors);
    load_balancer_class(&spec, Some(&old_spec), errors);
    let port = "healthCheckNodePort";
    if needs_health_check(&spec) && needs_health_check(&old_spec) && spec.get(port) != old_spec.get(port) {
        errors.forbidden(spec.child(port), "field is immutable");
    }
    all(new, Some(old), errors);
}

pub(super) fn status(new: &Value, old: &Value, errors: &mut Errors) {
    object_meta::validate_update(new, old, errors);
    let (new_root, old_root) = (At::root(new), At::root(old));
    let status = new_root.child("status");
    let balancer = status.child("loadBalancer");
    let list = balancer.child("ingress");
    if new_root.child("spec").text("type") != "LoadBalancer" && !list.is_empty() {
        errors.forbidden(list, "may only be used when `spec.type` is 'LoadBalancer'");
        return;
    }
    let old_status = old_root.child("status");
    let old_balancer = old_status.child("loadBalancer");
    let before = old_balancer.child("ingress");
    for ingress in list.items() {
        let (address, mode) = (ingress.text("ip"), ingress.child("ipMode"));
        let kept = before.items().any(|other| other.text("ip") == address);
        if !address.is_empty() && !kept {
            ip::legacy(ingress.child("ip"), address, errors);
        }
        if mode.is_nil() && !address.is_empty() {
            errors.required(mode, "must be specified when `ip` is set");
        } else if !mode.is_nil() && address.is_empty() {
            errors.forbidden(mode, "may not be specified when `ip` is not set");
        } else if !mode.is_nil() && !["Proxy", "VIP"].contains(&mode.str()) {
            errors.not_supported(mode, mode.str(), &["Proxy", "VIP"]);
        }
        let hostname = ingress.text("hostname");
        if !hostname.is_empty() {
            errors.invalid_each(ingress.child("hostname"), hostname, names::dns1123_subdomain(hostname));
            if ip::parse_sloppy(hostname).is_some() {
                errors.invalid(ingress.child("hostname"), hostname, "must be a DNS name, not an IP address");
            }
        }
    }
}

/// `validateService`.
fn all(service: &Value, old: Option<&Value>, errors: &mut Errors) {
    let root = At::root(service);
    let (meta, spec) = (root.child("metadata"), root.child("spec"));
    topology(&meta.child("annotations"), errors);
    let ports = spec.child("ports");
    if ports.is_empty() && !is_headless(&spec) && spec.text("type") != "ExternalName" {
        errors.required(ports, "");
    }
    by_type(&spec, errors);
    let mut seen = BTreeSet::new();
    for port in ports.items() {
        self::port(&port, ports.len() > 1, &mut seen, errors);
    }
    object_meta::labels(&spec.child("selector"), errors);
    affinity(&spec, errors);
    let old_spec = old.map_or(&Value::Null, |old| &old["spec"]);
    cluster_ips(service, old, errors);
    external_ips(&spec.child("externalIPs"), &old_spec["externalIPs"], errors);
    checks::one_of(&spec.child("type"), &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], errors);
    port_conflicts(&spec, errors);
    source_ranges(&meta, &spec, old, errors);
    let allocate = spec.child("allocateLoadBalancerNodePorts");
    let balanced = spec.text("type") == "LoadBalancer";
    if !allocate.is_nil() && !balanced {
        errors.forbidden(allocate, "may only be used when `type` is 'LoadBalancer'");
    }
    if balanced && allocate.is_nil() {
        errors.required("allocateLoadBalancerNodePorts", "");
    }
    load_balancer_class(&spec, None, errors);
    traffic(&spec, errors);
}

fn topology(annotations: &At, errors: &mut Errors) {
    let both = annotations.has(TOPOLOGY_HINTS) && annotations.has(TOPOLOGY_MODE);
    if both && annotations.text(TOPOLOGY_HINTS) != annotations.text(TOPOLOGY_MODE) {
        let why = format!("must match annotations[{TOPOLOGY_HINTS}] when both are specified");
        errors.invalid(annotations.key(TOPOLOGY_MODE), annotations.text(TOPOLOGY_MODE), why);
    }
}

/// `spec.clusterIPs` is `["None"]`.
fn is_headless(spec: &At) -> bool {
    let ips = spec.child("clusterIPs");
    ips.len() == 1 && ips.index(0).str() == "None"
}

fn by_type(spec: &At, errors: &mut Errors) {
    match spec.text("type") {
        ty @ ("LoadBalancer" | "NodePort") if is_headless(spec) => {
            let why = format!("may not be set to 'None' for {ty} services");
            errors.invalid(spec.child("clusterIPs").index(0), "None", why);
        }
        "ExternalName" => {
            for field in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if !spec.child(field).is_empty() {
                    errors.forbidden(spec.child(field), "may not be set for ExternalName services");
                }
            }
            let name = spec.text("externalName");
            let name = name.strip_suffix('.').unwrap_or(name);
            if name.is_empty() {
                errors.required(spec.child("externalName"), "");
            } else {
                errors.invalid_each(spec.child("externalName"), name, names::dns1123_subdomain(name));
            }
        }
        _ => {}
    }
}

fn port<'v>(port: &At<'v, '_>, need_name: bool, seen: &mut BTreeSet<&'v str>, errors: &mut Errors) {
    let name = port.text("name");
    if need_name && name.is_empty() {
        errors.required(port.child("name"), "");
    } else if !name.is_empty() {
        errors.invalid_each(port.child("name"), name, names::dns1123_label(name));
        if !seen.insert(name) {
            errors.duplicate(port.child("name"), name);
        }
    }
    let number = port.get("port").as_i64().unwrap_or(0);
    errors.invalid_each(port.child("port"), number, names::port_number(number));
    checks::one_of(&port.child("protocol"), &["SCTP", "TCP", "UDP"], errors);
    pod::validate::port(&port.child("targetPort"), errors);
    let application = port.child("appProtocol");
    if !application.is_nil() {
        errors.invalid_each(application, application.str(), names::qualified_name(application.str()));
    }
}

fn affinity(spec: &At, errors: &mut Errors) {
    let config = spec.child("sessionAffinityConfig");
    checks::one_of(&spec.child("sessionAffinity"), &["ClientIP", "None"], errors);
    match spec.text("sessionAffinity") {
        "ClientIP" => {
            let client = config.child("clientIP");
            let seconds = client.child("timeoutSeconds");
            if let Some(missing) = [config, client, seconds].into_iter().find(At::is_nil) {
                errors.required(missing, "when session affinity type is ClientIP");
            } else if let Some(value) = seconds.int().filter(|s| *s <= 0 || *s > AFFINITY_SECONDS_MAX) {
                let why = format!("must be greater than 0 and less than {AFFINITY_SECONDS_MAX}");
                errors.invalid(seconds, value, why);
            }
        }
        "None" if !config.is_nil() => errors.forbidden(config, "must not be set when session affinity is None"),
        _ => {}
    }
}

fn contains(list: &Value, text: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|item| item == text))
}

/// `ValidateServiceClusterIPsRelatedFields`.
pub fn cluster_ips(service: &Value, old: Option<&Value>, errors: &mut Errors) {
    let root = At::root(service);
    let spec = &root.child("spec");
    let before = old.map_or(&Value::Null, |old| &old["spec"]["clusterIPs"]);
    if spec.text("type") == "ExternalName" {
        return;
    }
    let (ips, families, policy) = (spec.child("clusterIPs"), spec.child("ipFamilies"), spec.child("ipFamilyPolicy"));
    let first = spec.text("clusterIP");
    if first.is_empty() && !ips.is_empty() {
        errors.invalid(ips, ips.value, "must be empty when `clusterIP` is not specified");
    } else if !first.is_empty() && ips.is_empty() {
        errors.required(ips, "");
    } else if !first.is_empty() && ips.index(0).str() != first {
        errors.invalid(ips, ips.value, "first value must match `clusterIP`");
    }
    let mut seen = BTreeSet::new();
    for family in families.items() {
        if !["IPv4", "IPv6"].contains(&family.str()) {
            errors.not_supported(family, family.str(), &["IPv4", "IPv6"]);
        }
        if !seen.insert(family.str()) {
            errors.duplicate(family, family.str());
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if !policy.is_nil() && !policies.contains(&policy.str()) {
        errors.not_supported(policy, policy.str(), &policies);
    }
    let (start, mut two_nones) = (errors.len(), false);
    for (i, address) in ips.items().enumerate() {
        if i == 0 && address.str() == "None" {
            if ips.len() > 1 {
                two_nones = true;
                errors.invalid(ips, ips.value, "'None' must be the first and only value");
            }
        } else if !contains(before, address.str()) {
            ip::legacy(address, address.str(), errors);
        }
    }
    let has_invalid = errors.len() > start || two_nones;
    if ips.len() > 2 {
        errors.invalid(ips, ips.value, "may only hold up to 2 values");
    }
    if has_invalid {
        return;
    }
    let is_v6 = |at: &At| at.str().contains(':');
    if ips.len() > 1 && ips.items().map(|ip| is_v6(&ip)).collect::<BTreeSet<_>>().len() != 2 {
        errors.invalid(ips, ips.value, "may specify no more than one IP for each IP family");
    }
    if is_headless(spec) {
        return;
    }
    for (i, (address, family)) in ips.items().zip(families.items()).enumerate() {
        let expected = if is_v6(&address) { "IPv6" } else { "IPv4" };
        if family.str() != expected && ["IPv4", "IPv6"].contains(&family.str()) {
            let why = format!("expected an {} value as indicated by `ipFamilies[{i}]`", family.str());
            errors.invalid(address, address.str(), why);
        }
    }
}

fn external_ips(at: &At, before: &Value, errors: &mut Errors) {
    for address in at.items() {
        let start = errors.len();
        if !contains(before, address.str()) {
            ip::legacy(address, address.str(), errors);
        }
        if errors.len() == start {
            checks::endpoint_ip(address, address.str(), errors);
        }
    }
}

fn port_conflicts(spec: &At, errors: &mut Errors) {
    let number = |port: &At, field: &str| port.get(field).as_i64().unwrap_or(0);
    let ports = spec.child("ports");
    for port in ports.items().filter(|port| spec.text("type") == "ClusterIP" && number(port, "nodePort") != 0) {
        errors.forbidden(port.child("nodePort"), "may not be used when `type` is 'ClusterIP'");
    }
    let mut seen = BTreeSet::new();
    for port in ports.items().filter(|port| number(port, "nodePort") != 0) {
        let node_port = number(&port, "nodePort");
        if !seen.insert((port.text("protocol"), node_port)) {
            errors.duplicate(port.child("nodePort"), node_port);
        }
    }
    let mut seen = BTreeSet::new();
    for port in ports.items() {
        let key = (port.text("protocol"), number(&port, "port"));
        if !seen.insert(key) {
            let plain = serde_json::json!({"protocol": key.0, "port": key.1});
            errors.duplicate(port, Printed(go::internal("io.k8s.api.core.v1.ServicePort", &plain)));
        }
    }
}

fn source_ranges(meta: &At, spec: &At, old: Option<&Value>, errors: &mut Errors) {
    let why = "may only be used when `type` is 'LoadBalancer'";
    let balanced = spec.text("type") == "LoadBalancer";
    let ranges = spec.renamed("loadBalancerSourceRanges", "LoadBalancerSourceRanges");
    let annotations = meta.child("annotations");
    if !ranges.is_empty() {
        if !balanced {
            errors.forbidden(ranges, why);
        }
        let before = old.map_or(&Value::Null, |old| &old["spec"]["loadBalancerSourceRanges"]);
        for range in ranges.items() {
            let text = range.str().trim();
            let kept = before.as_array().is_some_and(|b| b.iter().any(|v| v.as_str().map(str::trim) == Some(text)));
            if !kept {
                ip::legacy_cidr(range, text, errors);
            }
        }
    } else if annotations.has(SOURCE_RANGES) {
        if !balanced {
            errors.forbidden(annotations.key(SOURCE_RANGES), why);
        }
        let text = annotations.text(SOURCE_RANGES);
        let same = old.is_some_and(|old| old["metadata"]["annotations"][SOURCE_RANGES] == text);
        let ranges = text.trim();
        for range in ranges.split(',').map(str::trim).filter(|_| !same && !ranges.is_empty()) {
            ip::legacy_cidr(annotations.key(SOURCE_RANGES), range, errors);
        }
    }
}

fn load_balancer_class(spec: &At, old: Option<&At>, errors: &mut Errors) {
    let class = spec.child("loadBalancerClass");
    let balanced = |spec: &At| spec.text("type") == "LoadBalancer";
    if let Some(old) = old
        && balanced(old)
        && balanced(spec)
        && old.get("loadBalancerClass") != class.value
    {
        errors.invalid(class, class.value, "may not change once set");
    }
    if class.is_nil() {
        return;
    }
    if balanced(spec) {
        errors.invalid_each(class, class.str(), names::qualified_name(class.str()));
    } else {
        errors.forbidden(class, "may only be used when `type` is 'LoadBalancer'");
    }
}

fn needs_health_check(spec: &At) -> bool {
    spec.text("type") == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local"
}

fn traffic(spec: &At, errors: &mut Errors) {
    let (ty, external) = (spec.text("type"), spec.child("externalTrafficPolicy"));
    let reachable =
        matches!(ty, "NodePort" | "LoadBalancer") || (ty == "ClusterIP" && !spec.child("externalIPs").is_empty());
    if reachable {
        checks::one_of(&external, &["Cluster", "Local"], errors);
    } else if !external.is_empty() {
        errors.invalid(external, external.str(), "may only be set for externally-accessible services");
    }
    let port = spec.child("healthCheckNodePort");
    let number = port.int().unwrap_or(0);
    if needs_health_check(spec) {
        if number == 0 {
            errors.required(port, "");
        } else {
            errors.invalid_each(port, number, names::port_number(number));
        }
    } else if number != 0 {
        let why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        errors.invalid(port, number, why);
    }
    let internal = spec.child("internalTrafficPolicy");
    if internal.is_nil() && matches!(ty, "NodePort" | "LoadBalancer" | "ClusterIP") {
        errors.required(internal, "");
    }
    if !internal.is_nil() && !["Cluster", "Local"].contains(&internal.str()) {
        errors.not_supported(internal, internal.str(), &["Cluster", "Local"]);
    }
    let distribution = spec.child("trafficDistribution");
    let known = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if !distribution.is_nil() && !known.contains(&distribution.str()) {
        errors.not_supported(distribution, distribution.str(), &known);
    }
}

/// Addresses stay, but for the second, which may come and go.
fn cluster_ips_update(spec: &At, old: &At, errors: &mut Errors) {
    if spec.text("type") == "ExternalName" || old.text("type") == "ExternalName" {
        return;
    }
    if is_headless(spec) && is_headless(old) {
        return;
    }
    stays(spec, &spec.child("clusterIPs"), &old.child("clusterIPs"), "clusterIP", errors);
}

fn families_update(spec: &At, old: &At, errors: &mut Errors) {
    if spec.text("type") == "ExternalName" || old.text("type") == "ExternalName" {
        return;
    }
    if is_headless(spec) || is_headless(old) {
        return;
    }
    stays(spec, &spec.child("ipFamilies"), &old.child("ipFamilies"), "ipFamily", errors);
}

fn stays(spec: &At, new: &At, old: &At, what: &str, errors: &mut Errors) {
    let once_set = "may not change once set";
    let first_changed = !old.is_empty() && !new.is_empty() && new.index(0).str() != old.index(0).str();
    if new.len() == old.len() {
        for (i, _) in old.items().enumerate().filter(|(i, before)| new.index(*i).str() != before.str()) {
            let place = if what == "ipFamily" { 0 } else { i };
            errors.invalid(new.index(place), new.value, once_set);
        }
        return;
    }
    if old.len() > new.len() && new.is_empty() {
        errors.invalid(new.index(0), new.value, format!("primary {what} can not be unset"));
    }
    if first_changed {
        errors.invalid(new.index(0), new.value, once_set);
    }
    let policy = spec.child("ipFamilyPolicy");
    if old.len() > new.len() && new.len() == 1 && policy.str() != "SingleStack" {
        let why = format!("must be set to 'SingleStack' when releasing the secondary {what}");
        errors.invalid(policy, policy.value, why);
    }
}

/// `GetWarningsForService`.
pub(super) fn warnings(service: &Value, _old: Option<&Value>) -> Vec<String> {
    let root = At::root(service);
    let (meta, spec) = (root.child("metadata"), root.child("spec"));
    let mut out = Vec::new();
    if meta.child("annotations").has(TOPOLOGY_HINTS) {
        out.push(format!("annotation {TOPOLOGY_HINTS} is deprecated, please use {TOPOLOGY_MODE} instead"));
    }
    let headless = is_headless(&spec);
    let external = spec.child("externalIPs");
    if !headless {
        out.extend(spec.child("clusterIPs").items().filter_map(|ip| ip::warning(&ip.path(), ip.str())));
    }
    if headless {
        let ignored = [
            ("loadBalancerIP", !spec.text("loadBalancerIP").is_empty()),
            ("externalIPs", !external.is_empty()),
            ("SessionAffinity", spec.text("sessionAffinity") != "None"),
        ];
        let set = ignored.into_iter().filter(|(_, set)| *set);
        out.extend(set.map(|(field, _)| format!("spec.{field} is ignored for headless services")));
    }
    out.extend(external.items().filter_map(|ip| ip::warning(&ip.path(), ip.str())));
    let named = spec.text("type") == "ExternalName";
    if !external.is_empty() && !headless && !named {
        out.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters".into());
    }
    let balancer = spec.child("loadBalancerIP");
    out.extend(ip::warning(&balancer.path(), balancer.str()));
    if named && !external.is_empty() {
        out.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".into());
    }
    if !named && !spec.text("externalName").is_empty() {
        out.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".into());
    }
    if spec.text("trafficDistribution") == "PreferClose" {
        out.push("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"".into());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{
        checks::tests::{create, update},
        service::KIND,
    };
    use expect_test::{Expect, expect};
    use serde_json::json;

    fn check(spec: &Value, want: &Expect) {
        let mut service = json!({"spec": {"ports": [{"port": 80}]}});
        json_patch::merge(&mut service["spec"], spec);
        create(&KIND, service, want);
    }

    #[test]
    fn creation() {
        check(&json!({}), &expect![""]);
        check(
            &json!({"ports": [], "type": "Odd"}),
            &expect![[
                r#"[spec.ports: Required value, spec.type: Unsupported value: "Odd": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]"#
            ]],
        );
        check(
            &json!({"ports": [{"port": 80, "name": "a"}, {"port": 80, "name": "a"}]}),
            &expect![[
                r#"[spec.ports[1].name: Duplicate value: "a", spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}]"#
            ]],
        );
        check(
            &json!({"clusterIP": "None", "clusterIPs": ["None"], "type": "NodePort"}),
            &expect![[r#"spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services"#]],
        );
        check(
            &json!({"externalTrafficPolicy": "Local", "externalIPs": []}),
            &expect![[
                r#"spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services"#
            ]],
        );
        check(
            &json!({"clusterIP": "x", "clusterIPs": ["x"], "externalIPs": ["127.0.0.1"]}),
            &expect![[
                r#"[spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)]"#
            ]],
        );
        check(
            &json!({"type": "ExternalName", "externalName": "A_"}),
            &expect![[
                r#"spec.externalName: Invalid value: "A_": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
            ]],
        );
    }

    #[test]
    fn addresses_stay() {
        let old = json!({"spec": {"ports": [{"port": 80}], "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ipFamilies": ["IPv4"]}});
        let change = json!({"spec": {"clusterIP": "10.0.0.2", "clusterIPs": ["10.0.0.2"]}});
        update(
            &KIND,
            old.clone(),
            &change,
            &expect![[r#"spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set"#]],
        );
        update(
            &KIND,
            old,
            &json!({"spec": {"ports": [{"port": 81, "protocol": "TCP", "targetPort": 81}]}}),
            &expect![""],
        );
    }
}
