//! A node changes only itself, its lease and the pods bound to it.
use super::{Operation, Prompt, Request};
use crate::resources::tree;
use skeg_model::{
    Value,
    kinds::{node, pod},
    meta::object_meta::semantic_eq,
    status::Status,
};
use skeg_storage::{Key, Store};
use std::collections::BTreeSet;

const NODE_LEASES: &str = "kube-node-lease";
const MIRROR: &str = "kubernetes.io/config.mirror";
const RESTRICTED: &str = "node-restriction.kubernetes.io";
/// Labels of Kubernetes' own domains that a kubelet may set on its node.
const KUBELET_LABELS: &[&str] = &[
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
];
const KUBELET_NAMESPACES: &[&str] = &["kubelet.kubernetes.io", "node.kubernetes.io"];

#[derive(Debug)]
pub(super) struct NodeRestriction;

impl Prompt for NodeRestriction {
    fn name(&self) -> &'static str {
        "NodeRestriction"
    }

    fn mutates(&self, operation: Operation) -> bool {
        matches!(operation, Operation::Create | Operation::Update | Operation::Delete)
    }

    fn mutate(&self, store: &dyn Store, request: &mut Request<'_>, object: &mut Value) -> Result<(), Status> {
        match node_name(request) {
            None => Ok(()),
            Some("") => {
                let why = format!("could not determine node from user {:?}", request.user.name);
                Err(request.forbidden(object, &why))
            }
            Some(node) => admit(store, request, node, object).map_err(|why| match why {
                Refusal::Why(why) => request.forbidden(object, &why),
                Refusal::Status(status) => status,
            }),
        }
    }
}

/// The node that asks; "" if it cannot be told; None if no node asks.
fn node_name<'r>(request: &Request<'r>) -> Option<&'r str> {
    if !request.user.in_group("system:nodes") {
        return None;
    }
    request.user.name.strip_prefix("system:node:")
}

enum Refusal {
    Why(String),
    Status(Status),
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self::Why(why)
    }
}

fn refuse<T>(why: String) -> Result<T, Refusal> {
    Err(Refusal::Why(why))
}

fn admit(store: &dyn Store, request: &Request<'_>, node: &str, object: &Value) -> Result<(), Refusal> {
    match (request.kind.group, request.kind.resource, request.subresource) {
        ("", "pods", "") => admit_pod(store, request, node, object),
        ("", "pods", "status") => admit_pod_status(request, node, object),
        ("", "pods", "eviction") => admit_eviction(store, request, node),
        ("", "pods", other) => {
            refuse(format!("unexpected pod subresource {other:?}, only 'status' and 'eviction' are allowed"))
        }
        ("", "nodes", _) => admit_node(request, node, object),
        ("", "serviceaccounts", "token") if request.operation == Operation::Create => {
            admit_token(store, request, node, object)
        }
        ("coordination.k8s.io", "leases", _) => admit_lease(request, node, object),
        ("storage.k8s.io", "csinodes", _) => admit_csi_node(request, node, object),
        _ => Ok(()),
    }
}

fn stored_pod(store: &dyn Store, namespace: &str, name: &str) -> Result<Value, Refusal> {
    let key = Key { ring: pod::KIND.prefix.into(), rest: format!("{namespace}/{name}").into() };
    let pod = store.get(&key).ok_or_else(|| Refusal::Status(Status::not_found("", "pods", name)))?;
    Ok(pod.tree())
}

fn admit_pod(store: &dyn Store, request: &Request<'_>, node: &str, pod: &Value) -> Result<(), Refusal> {
    match request.operation {
        Operation::Create => admit_mirror_pod(store, node, pod),
        Operation::Delete => {
            let bound = request.old.map(|old| tree::text(old, "/spec/nodeName"));
            if bound.is_some_and(|bound| bound != node) {
                return refuse(format!("node {node:?} can only delete pods with spec.nodeName set to itself"));
            }
            Ok(())
        }
        Operation::Update => {
            refuse(format!("unexpected operation \"UPDATE\", node {node:?} can only create and delete mirror pods"))
        }
        Operation::Connect => Ok(()),
    }
}

fn admit_mirror_pod(store: &dyn Store, node: &str, pod: &Value) -> Result<(), Refusal> {
    let annotations = &pod["metadata"]["annotations"];
    if annotations[MIRROR].is_null() {
        return refuse(format!("pod does not have {MIRROR:?} annotation, node {node:?} can only create mirror pods"));
    }
    if tree::text(pod, "/spec/nodeName") != node {
        return refuse(format!("node {node:?} can only create pods with spec.nodeName set to itself"));
    }
    let itself = format!("node {node:?} can only create pods with an owner reference set to itself");
    let owner = match tree::list(pod, "/metadata/ownerReferences") {
        [owner] => owner,
        [] => return refuse(itself),
        _ => return refuse(format!("node {node:?} can only create pods with a single owner reference set to itself")),
    };
    let is = |field: &str, wanted: &str| owner[field] == wanted;
    if !(is("apiVersion", "v1") && is("kind", "Node") && is("name", node)) {
        return refuse(itself);
    }
    if owner["controller"] != true {
        return refuse(format!("node {node:?} can only create pods with a controller owner reference set to itself"));
    }
    if owner["blockOwnerDeletion"] == true {
        return refuse(format!("node {node:?} must not set blockOwnerDeletion on an owner reference"));
    }
    let key = Key { ring: node::KIND.prefix.into(), rest: node.into() };
    let stored = store.get(&key).ok_or_else(|| Refusal::Status(Status::not_found("", "nodes", node)))?;
    let (have, given) = (&stored.meta().uid, owner["uid"].as_str().unwrap_or_default());
    if have != given {
        return refuse(format!("node {node} UID mismatch: expected {given} got {have}"));
    }
    references_nothing(node, pod)
}

/// A node's own pods refer to no objects of the API.
fn references_nothing(node: &str, pod: &Value) -> Result<(), Refusal> {
    let cannot = |what: &str| refuse(format!("node {node:?} can not create pods that reference {what}"));
    if !tree::text(pod, "/spec/serviceAccountName").is_empty() {
        return cannot("a service account");
    }
    if references(pod, "secretName", &["secretKeyRef", "secretRef", "secret"])
        || !tree::list(pod, "/spec/imagePullSecrets").is_empty()
    {
        return cannot("secrets");
    }
    if references(pod, "", &["configMapKeyRef", "configMapRef", "configMap"]) {
        return cannot("configmaps");
    }
    if references(pod, "", &["persistentVolumeClaim"]) {
        return cannot("persistentvolumeclaims");
    }
    Ok(())
}

/// Whether a pod's volumes or containers have one of these fields anywhere. `name` is one more field that counts alone.
pub(super) fn references(pod: &Value, name: &str, fields: &[&str]) -> bool {
    fn find(value: &Value, name: &str, fields: &[&str]) -> bool {
        match value {
            Value::Object(map) => map.iter().any(|(key, value)| {
                let hit = fields.contains(&key.as_str()) || (!name.is_empty() && key == name);
                (hit && !value.is_null()) || find(value, name, fields)
            }),
            Value::Array(items) => items.iter().any(|item| find(item, name, fields)),
            _ => false,
        }
    }
    ["volumes", "containers", "initContainers", "ephemeralContainers"]
        .iter()
        .any(|list| find(&pod["spec"][*list], name, fields))
}

fn admit_pod_status(request: &Request<'_>, node: &str, pod: &Value) -> Result<(), Refusal> {
    let Some(old) = request.old.filter(|_| request.operation == Operation::Update) else {
        return refuse("unexpected operation \"CREATE\"".into());
    };
    if tree::text(old, "/spec/nodeName") != node {
        return refuse(format!("node {node:?} can only update pod status for pods with spec.nodeName set to itself"));
    }
    if !semantic_eq(&pod["metadata"]["labels"], &old["metadata"]["labels"]) {
        return refuse(format!("node {node:?} cannot update labels through pod status"));
    }
    Ok(())
}

fn admit_eviction(store: &dyn Store, request: &Request<'_>, node: &str) -> Result<(), Refusal> {
    let pod = stored_pod(store, request.namespace, request.name)?;
    if tree::text(&pod, "/spec/nodeName") != node {
        return refuse(format!("node {node:?} can only evict pods with spec.nodeName set to itself"));
    }
    Ok(())
}

fn admit_node(request: &Request<'_>, node: &str, object: &Value) -> Result<(), Refusal> {
    let named = if request.name.is_empty() { tree::name(object) } else { request.name };
    if named != node {
        return refuse(format!("node {node:?} is not allowed to modify node {named:?}"));
    }
    let nothing = Value::Null;
    match request.operation {
        Operation::Create => {
            let labels = forbidden_labels(&object["metadata"]["labels"], &nothing);
            if !labels.is_empty() {
                return refuse(format!("node {node:?} is not allowed to set the following labels: {labels}"));
            }
        }
        Operation::Update => {
            let old = request.old.unwrap_or(&nothing);
            if !semantic_eq(&object["spec"]["taints"], &old["spec"]["taints"]) {
                return refuse(format!("node {node:?} is not allowed to modify taints"));
            }
            let labels = forbidden_labels(&object["metadata"]["labels"], &old["metadata"]["labels"]);
            if !labels.is_empty() {
                return refuse(format!("is not allowed to modify labels: {labels}"));
            }
            let owners = |node: &Value| node["metadata"]["ownerReferences"].clone();
            if !semantic_eq(&owners(object), &owners(old)) {
                return refuse(format!("node {node:?} is not allowed to modify ownerReferences"));
            }
        }
        Operation::Delete | Operation::Connect => {}
    }
    Ok(())
}

/// The changed labels that a kubelet may not change, sorted and joined.
fn forbidden_labels(new: &Value, old: &Value) -> String {
    let keys = |labels: &Value| labels.as_object().into_iter().flatten().map(|(k, _)| k.clone()).collect::<Vec<_>>();
    let changed: BTreeSet<String> =
        keys(new).into_iter().chain(keys(old)).filter(|key| new[key.as_str()] != old[key.as_str()]).collect();
    changed.into_iter().filter(|label| is_forbidden(label)).collect::<Vec<_>>().join(", ")
}

fn is_forbidden(label: &str) -> bool {
    let namespace = label.split_once('/').map_or("", |(namespace, _)| namespace);
    let within =
        |domain: &str| namespace == domain || namespace.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let of_kubernetes = within("kubernetes.io") || within("k8s.io");
    let of_kubelets = KUBELET_LABELS.contains(&label) || KUBELET_NAMESPACES.iter().any(|domain| within(domain));
    within(RESTRICTED) || (of_kubernetes && !of_kubelets)
}

fn admit_token(store: &dyn Store, request: &Request<'_>, node: &str, token: &Value) -> Result<(), Refusal> {
    let bound = |field: &str| tree::text(token, &format!("/spec/boundObjectRef/{field}"));
    if bound("apiVersion") != "v1" || bound("kind") != "Pod" || bound("name").is_empty() {
        return refuse("node requested token not bound to a pod".into());
    }
    let uid = bound("uid");
    if uid.is_empty() {
        return refuse("node requested token with a pod binding without a uid".into());
    }
    let pod = stored_pod(store, request.namespace, bound("name"))?;
    if uid != tree::text(&pod, "/metadata/uid") {
        return refuse(format!(
            "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted \
             and then recreated"
        ));
    }
    if tree::text(&pod, "/spec/nodeName") != node {
        return refuse("node requested token bound to a pod scheduled on a different node".into());
    }
    Ok(())
}

fn admit_lease(request: &Request<'_>, node: &str, lease: &Value) -> Result<(), Refusal> {
    if request.namespace != NODE_LEASES {
        return refuse(format!("can only access leases in the {NODE_LEASES:?} system namespace"));
    }
    let named = if request.operation == Operation::Create { tree::name(lease) } else { request.name };
    if named != node {
        return refuse("can only access node lease with the same name as the requesting node".into());
    }
    Ok(())
}

fn admit_csi_node(request: &Request<'_>, node: &str, object: &Value) -> Result<(), Refusal> {
    let named = if request.operation == Operation::Create { tree::name(object) } else { request.name };
    if named != node {
        return refuse("can only access CSINode with the same name as the requesting node".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_kubernetes_are_kept_from_kubelets() {
        let check = |label: &str, forbidden: bool| assert_eq!(is_forbidden(label), forbidden, "{label}");
        check("app", false);
        check("kubernetes.io/hostname", false);
        check("x.node.kubernetes.io/y", false);
        check("node-restriction.kubernetes.io/y", true);
        check("node-role.kubernetes.io/control-plane", true);
        check("example.com/y", false);
        check("foo.k8s.io/y", true);
    }
}
