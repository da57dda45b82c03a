//! Service: a stable address in front of pods.
mod validate;

use super::{
    Column, Kind, NameRule, PROXY_VERBS, SPEC_STATUS_RESET, Scope, Subresource, Version,
    columns::{self, Doc::Field, column, int, items, text, wide},
    prepare, texts,
};
use crate::Value;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Service")];

pub use validate::cluster_ips as validate_cluster_ips;

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    short_names: &["svc"],
    categories: &["all"],
    name_rule: NameRule::Dns1123Label,
    validate: validate::create,
    validate_update: validate::update,
    validate_status: validate::status,
    warnings: validate::warnings,
    subresources: &[Subresource::of_parent("proxy", "ServiceProxyOptions", PROXY_VERBS), Subresource::Status],
    selectable: &["spec.clusterIP", "spec.type"],
    selectable_values: |svc| texts(svc, &[("spec.clusterIP", "/spec/clusterIP"), ("spec.type", "/spec/type")]),
    prepare_create: prepare::without_status,
    prepare_update,
    prepare_status: |new, old| prepare::keep(new, old, "spec"),
    create_on_update: true,
    reset_fields: SPEC_STATUS_RESET,
    shows_deleted: true,
    ..Kind::new("", "Service", "services", "service", Scope::Namespaced, "/registry/services/specs/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Type", "string", Field("io.k8s.api.core.v1.ServiceSpec", "type"), |svc, _| text(svc, "/spec/type").into()),
    column("Cluster-IP", "string", Field("io.k8s.api.core.v1.ServiceSpec", "clusterIP"), |svc, _| {
        columns::text_or(svc, "/spec/clusterIPs/0", "<none>")
    }),
    column("External-IP", "string", Field("io.k8s.api.core.v1.ServiceSpec", "externalIPs"), |svc, _| {
        external_ip(svc).into()
    }),
    column("Port(s)", "string", Field("io.k8s.api.core.v1.ServiceSpec", "ports"), |svc, _| ports(svc).into()),
    columns::AGE,
    wide("Selector", "string", Field("io.k8s.api.core.v1.ServiceSpec", "selector"), |svc, _| {
        columns::labels(&svc["spec"]["selector"])
    }),
];

fn external_ip(service: &Value) -> String {
    let external: Vec<String> =
        items(service, "/spec/externalIPs").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let or = |ips: Vec<String>, none: &str| if ips.is_empty() { none.to_owned() } else { ips.join(",") };
    match text(service, "/spec/type").as_str() {
        "ClusterIP" | "NodePort" => or(external, "<none>"),
        "LoadBalancer" => {
            let ingress = items(service, "/status/loadBalancer/ingress").iter();
            let mut ips: Vec<String> = ingress
                .map(|i| Some(text(i, "/ip")).filter(|ip| !ip.is_empty()).unwrap_or_else(|| text(i, "/hostname")))
                .filter(|ip| !ip.is_empty())
                .collect();
            ips.sort();
            ips.dedup();
            ips.extend(external);
            or(ips, "<pending>")
        }
        "ExternalName" => text(service, "/spec/externalName"),
        _ => "<unknown>".into(),
    }
}

fn ports(service: &Value) -> String {
    let pieces: Vec<String> = items(service, "/spec/ports")
        .iter()
        .map(|port| {
            let (number, node, protocol) = (int(port, "/port"), int(port, "/nodePort"), text(port, "/protocol"));
            if node > 0 { format!("{number}:{node}/{protocol}") } else { format!("{number}/{protocol}") }
        })
        .collect();
    if pieces.is_empty() { "<none>".into() } else { pieces.join(",") }
}

/// Status stays; what only the old type had use for is dropped unless the client changed it.
fn prepare_update(new: &mut Value, old: &Value) {
    prepare::keep(new, old, "status");
    drop_type_dependent_fields(new, old);
}

fn drop_type_dependent_fields(new: &mut Value, old: &Value) {
    let old_spec = &old["spec"];
    let spec = prepare::object_in(new, "spec");
    let same = |spec: &crate::Object, field: &str| spec.get(field).unwrap_or(&Value::Null) == &old_spec[field];
    let of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (new_type, old_type) = (of(spec.get("type").unwrap_or(&Value::Null)), of(&old_spec["type"]));
    let changed = |need: fn(&str) -> bool| need(&old_type) && !need(&new_type);
    if changed(|ty| ty != "ExternalName") {
        if same(spec, "clusterIP") && same(spec, "clusterIPs") {
            spec.remove("clusterIP");
            spec.remove("clusterIPs");
        }
        for field in ["ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"] {
            if same(spec, field) {
                spec.remove(field);
            }
        }
    }
    if changed(has_node_ports)
        && node_ports(spec.get("ports")).iter().all(|p| node_ports(old_spec.get("ports")).contains(p))
    {
        let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
        ports.into_iter().flatten().filter_map(Value::as_object_mut).for_each(|port| drop(port.remove("nodePort")));
    }
    let local = |policy: &Value| policy == "Local";
    let old_health = old_type == "LoadBalancer" && local(&old_spec["externalTrafficPolicy"]);
    let new_health = new_type == "LoadBalancer" && spec.get("externalTrafficPolicy").is_some_and(local);
    if old_health && !new_health && same(spec, "healthCheckNodePort") {
        spec.remove("healthCheckNodePort");
    }
    if changed(|ty| ty == "LoadBalancer") {
        for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
            if same(spec, field) {
                spec.remove(field);
            }
        }
    }
    let outside = |ty: &str, ips: Option<&Value>| {
        has_node_ports(ty) || (ty == "ClusterIP" && ips.and_then(Value::as_array).is_some_and(|ips| !ips.is_empty()))
    };
    let leaves = outside(&old_type, old_spec.get("externalIPs")) && !outside(&new_type, spec.get("externalIPs"));
    if leaves && same(spec, "externalTrafficPolicy") {
        spec.remove("externalTrafficPolicy");
    }
    // Upstream shows none for this type, whatever is stored; here none is stored.
    if new_type == "ExternalName" {
        spec.remove("internalTrafficPolicy");
    }
    if new_type != "LoadBalancer" {
        prepare::object_in(new, "status").insert("loadBalancer".into(), Value::Object(crate::Object::new()));
    }
}

fn has_node_ports(ty: &str) -> bool {
    ty == "NodePort" || ty == "LoadBalancer"
}

fn node_ports(ports: Option<&Value>) -> Vec<i64> {
    let ports = ports.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    ports.iter().filter_map(|port| port["nodePort"].as_i64()).filter(|port| *port != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_changed_type_drops_what_it_cannot_have() {
        let old = json!({"spec": {"type": "NodePort", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"],
            "externalTrafficPolicy": "Cluster", "ports": [{"port": 80, "nodePort": 30080}]}, "status": {"loadBalancer": {}}});
        let check = |ty: &str, want: Value| {
            let mut new = old.clone();
            new["spec"]["type"] = ty.into();
            prepare_update(&mut new, &old);
            assert_eq!(new["spec"], want);
        };
        check("NodePort", old["spec"].clone());
        check(
            "ClusterIP",
            json!({"type": "ClusterIP", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": [{"port": 80}]}),
        );
        check("ExternalName", json!({"type": "ExternalName", "ports": [{"port": 80}]}));
    }
}
