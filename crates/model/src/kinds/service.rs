//! Service: a stable address in front of pods.
use super::{Kind, NameRule, PROXY_VERBS, SPEC_STATUS_RESET, Scope, Subresource, Version, prepare, texts};
use crate::Value;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Service")];

pub static KIND: Kind = Kind {
    short_names: &["svc"],
    categories: &["all"],
    name_rule: NameRule::Dns1035Label,
    subresources: &[Subresource::of_parent("proxy", "ServiceProxyOptions", PROXY_VERBS), Subresource::Status],
    selectable: &["spec.clusterIP", "spec.type"],
    selectable_values: |svc| texts(svc, &[("spec.clusterIP", "/spec/clusterIP"), ("spec.type", "/spec/type")]),
    prepare_create: prepare::without_status,
    prepare_update,
    prepare_status: |new, old| prepare::keep(new, old, "spec"),
    create_on_update: true,
    reset_fields: SPEC_STATUS_RESET,
    ..Kind::new("", "Service", "services", "service", Scope::Namespaced, "/registry/services/specs/", VERSIONS)
};

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
        for field in ["ipFamilies", "ipFamilyPolicy"] {
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
