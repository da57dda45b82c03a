//! The rules by type: upstream's `SetDefaults_*` that are not plain facts of a field.
use super::{object_at, object_in, objects_at, or_set, or_set_nil, pod, text, twice};
use crate::{
    Object, Value,
    meta::image,
    schema::{Presence, Ty, Type},
};
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

type Rule = fn(&mut Object);

const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// (type, its rule).
const RULES: &[(&str, Rule)] = &[
    ("io.k8s.api.apps.v1.DaemonSet", daemon_set),
    ("io.k8s.api.apps.v1.Deployment", deployment),
    ("io.k8s.api.apps.v1.ReplicaSet", |set| or_set_nil(object_in(set, "spec"), "replicas", 1)),
    ("io.k8s.api.apps.v1.StatefulSet", stateful_set),
    ("io.k8s.api.core.v1.ConfigMapVolumeSource", default_mode),
    ("io.k8s.api.core.v1.Container", container),
    ("io.k8s.api.core.v1.DownwardAPIVolumeSource", default_mode),
    ("io.k8s.api.core.v1.EndpointPort", |port| or_set(port, "protocol", "TCP")),
    ("io.k8s.api.core.v1.EphemeralContainer", container),
    ("io.k8s.api.core.v1.HTTPGetAction", http_get),
    ("io.k8s.api.core.v1.HostPathVolumeSource", |source| or_set_nil(source, "type", "")),
    ("io.k8s.api.core.v1.LimitRangeItem", limit_range_item),
    ("io.k8s.api.core.v1.Namespace", namespace),
    ("io.k8s.api.core.v1.NamespaceStatus", |status| or_set(status, "phase", "Active")),
    ("io.k8s.api.core.v1.NodeSpec", twice::node_spec),
    ("io.k8s.api.core.v1.NodeStatus", node_status),
    ("io.k8s.api.core.v1.ObjectFieldSelector", |selector| or_set(selector, "apiVersion", "v1")),
    ("io.k8s.api.core.v1.PersistentVolume", persistent_volume),
    ("io.k8s.api.core.v1.PersistentVolumeClaim", |claim| or_set(object_in(claim, "status"), "phase", "Pending")),
    ("io.k8s.api.core.v1.PersistentVolumeClaimSpec", |spec| or_set_nil(spec, "volumeMode", "Filesystem")),
    ("io.k8s.api.core.v1.Pod", pod::pod),
    ("io.k8s.api.core.v1.PodSpec", pod::spec),
    ("io.k8s.api.core.v1.PodStatus", twice::pod_status),
    ("io.k8s.api.core.v1.Probe", probe),
    ("io.k8s.api.core.v1.ProjectedVolumeSource", default_mode),
    ("io.k8s.api.core.v1.ReplicationController", replication_controller),
    ("io.k8s.api.core.v1.Secret", twice::secret),
    ("io.k8s.api.core.v1.SecretVolumeSource", default_mode),
    ("io.k8s.api.core.v1.Service", service),
    ("io.k8s.api.core.v1.ServiceAccountTokenProjection", |token| or_set_nil(token, "expirationSeconds", 3600)),
    ("io.k8s.api.core.v1.Volume", pod::volume),
    ("io.k8s.api.discovery.v1.EndpointPort", endpoint_port),
    ("io.k8s.api.rbac.v1.ClusterRoleBinding", role_ref),
    ("io.k8s.api.rbac.v1.RoleBinding", role_ref),
    ("io.k8s.api.rbac.v1.Subject", subject),
    ("io.k8s.api.scheduling.v1.PriorityClass", |class| or_set_nil(class, "preemptionPolicy", "PreemptLowerPriority")),
];

/// The rule of a type.
pub(super) fn rule(name: &str) -> Option<Rule> {
    static BY_NAME: OnceLock<FxHashMap<&str, Rule>> = OnceLock::new();
    BY_NAME.get_or_init(|| RULES.iter().copied().collect()).get(name).copied()
}

/// Whether an absent struct of this type could gain anything: it, or a struct embedded in it, has a rule or a default.
pub(super) fn reaches_rule(ty: &'static Type) -> bool {
    rule(ty.name).is_some()
        || ty.fields.iter().any(|field| {
            let pointer = matches!(field.presence, Presence::Pointer | Presence::AlwaysPointer);
            !field.default.is_empty() || matches!(field.ty, Ty::Struct(inner) if !pointer && reaches_rule(inner))
        })
}

/// 0644, for files of volumes.
fn default_mode(source: &mut Object) {
    or_set_nil(source, "defaultMode", 0o644);
}

fn container(container: &mut Object) {
    let latest = image::is_latest(text(container, "image"));
    or_set(container, "imagePullPolicy", if latest { "Always" } else { "IfNotPresent" });
    or_set(container, "terminationMessagePath", "/dev/termination-log");
    or_set(container, "terminationMessagePolicy", "File");
}

fn probe(probe: &mut Object) {
    or_set(probe, "timeoutSeconds", 1);
    or_set(probe, "periodSeconds", 10);
    or_set(probe, "successThreshold", 1);
    or_set(probe, "failureThreshold", 3);
}

fn http_get(action: &mut Object) {
    or_set(action, "path", "/");
    or_set(action, "scheme", "HTTP");
}

fn service(service: &mut Object) {
    let spec = object_in(service, "spec");
    or_set(spec, "sessionAffinity", "None");
    if text(spec, "sessionAffinity") == "None" {
        spec.remove("sessionAffinityConfig");
    } else if text(spec, "sessionAffinity") == "ClientIP" {
        let config = object_in(spec, "sessionAffinityConfig");
        or_set_nil(object_in(config, "clientIP"), "timeoutSeconds", 10800);
    }
    or_set(spec, "type", "ClusterIP");
    for port in objects_at(spec, "ports") {
        or_set(port, "protocol", "TCP");
        let number = port.get("port").cloned().unwrap_or_else(|| 0.into());
        or_set(port, "targetPort", number);
    }
    let kind = text(spec, "type").to_owned();
    let has_external_ips = spec.get("externalIPs").and_then(Value::as_array).is_some_and(|ips| !ips.is_empty());
    let outside = kind == "LoadBalancer" || kind == "NodePort";
    if outside || (kind == "ClusterIP" && has_external_ips) {
        or_set(spec, "externalTrafficPolicy", "Cluster");
    }
    if outside || kind == "ClusterIP" {
        or_set_nil(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        or_set_nil(spec, "allocateLoadBalancerNodePorts", true);
        if let Some(balancer) = object_at(service, "status").and_then(|s| object_at(s, "loadBalancer")) {
            for ingress in objects_at(balancer, "ingress").filter(|i| !text(i, "ip").is_empty()) {
                or_set_nil(ingress, "ipMode", "VIP");
            }
        }
    }
}

fn namespace(namespace: &mut Object) {
    let Some(metadata) = object_at(namespace, "metadata") else { return };
    let name = text(metadata, "name").to_owned();
    if !name.is_empty() {
        object_in(metadata, "labels").insert("kubernetes.io/metadata.name".into(), name.into());
    }
}

fn node_status(status: &mut Object) {
    let is_unset = status.get("allocatable").and_then(Value::as_object).is_none_or(Object::is_empty);
    if let Some(capacity) = status.get("capacity").filter(|capacity| is_unset && !capacity.is_null()).cloned() {
        status.insert("allocatable".into(), capacity);
    }
}

fn limit_range_item(item: &mut Object) {
    if text(item, "type") != "Container" {
        return;
    }
    let amounts = |item: &Object, field: &str| item.get(field).and_then(Value::as_object).cloned().unwrap_or_default();
    let (max, min) = (amounts(item, "max"), amounts(item, "min"));
    let mut default = amounts(item, "default");
    for (name, amount) in max {
        default.entry(name).or_insert(amount);
    }
    let mut request = amounts(item, "defaultRequest");
    for (name, amount) in default.clone().into_iter().chain(min) {
        request.entry(name).or_insert(amount);
    }
    for (field, amounts) in [("default", default), ("defaultRequest", request)] {
        if !amounts.is_empty() {
            item.insert(field.into(), Value::Object(amounts));
        }
    }
}

fn persistent_volume(volume: &mut Object) {
    or_set(object_in(volume, "status"), "phase", "Pending");
    let spec = object_in(volume, "spec");
    or_set(spec, "persistentVolumeReclaimPolicy", "Retain");
    or_set_nil(spec, "volumeMode", "Filesystem");
}

/// Selector and labels come from the template's labels.
fn replication_controller(controller: &mut Object) {
    let template = controller.get("spec").and_then(|spec| spec.get("template"));
    let labels = template.and_then(|t| t.pointer("/metadata/labels")).filter(|l| !l.is_null()).cloned();
    if let Some(labels) = labels.filter(|l| l.as_object().is_some_and(|l| !l.is_empty())) {
        or_set(object_in(controller, "spec"), "selector", labels.clone());
        or_set(object_in(controller, "metadata"), "labels", labels);
    }
}

fn deployment(deployment: &mut Object) {
    let spec = object_in(deployment, "spec");
    or_set_nil(spec, "replicas", 1);
    let strategy = object_in(spec, "strategy");
    or_set(strategy, "type", "RollingUpdate");
    if text(strategy, "type") == "RollingUpdate" {
        let rolling = object_in(strategy, "rollingUpdate");
        or_set_nil(rolling, "maxUnavailable", "25%");
        or_set_nil(rolling, "maxSurge", "25%");
    }
    or_set_nil(spec, "revisionHistoryLimit", 10);
    or_set_nil(spec, "progressDeadlineSeconds", 600);
}

fn daemon_set(set: &mut Object) {
    let spec = object_in(set, "spec");
    let strategy = object_in(spec, "updateStrategy");
    or_set(strategy, "type", "RollingUpdate");
    if text(strategy, "type") == "RollingUpdate" {
        let rolling = object_in(strategy, "rollingUpdate");
        or_set_nil(rolling, "maxUnavailable", 1);
        or_set_nil(rolling, "maxSurge", 0);
    }
    or_set_nil(spec, "revisionHistoryLimit", 10);
}

fn stateful_set(set: &mut Object) {
    let spec = object_in(set, "spec");
    or_set(spec, "podManagementPolicy", "OrderedReady");
    let strategy = object_in(spec, "updateStrategy");
    if text(strategy, "type").is_empty() {
        strategy.insert("type".into(), "RollingUpdate".into());
        object_in(strategy, "rollingUpdate");
    }
    if text(strategy, "type") == "RollingUpdate"
        && let Some(rolling) = object_at(strategy, "rollingUpdate")
    {
        or_set_nil(rolling, "partition", 0);
        or_set_nil(rolling, "maxUnavailable", 1);
    }
    let retention = object_in(spec, "persistentVolumeClaimRetentionPolicy");
    or_set(retention, "whenDeleted", "Retain");
    or_set(retention, "whenScaled", "Retain");
    or_set_nil(spec, "replicas", 1);
    or_set_nil(spec, "revisionHistoryLimit", 10);
}

fn endpoint_port(port: &mut Object) {
    or_set_nil(port, "name", "");
    or_set_nil(port, "protocol", "TCP");
}

fn role_ref(binding: &mut Object) {
    or_set(object_in(binding, "roleRef"), "apiGroup", RBAC_GROUP);
}

fn subject(subject: &mut Object) {
    if matches!(text(subject, "kind"), "User" | "Group") {
        or_set(subject, "apiGroup", RBAC_GROUP);
    }
}
