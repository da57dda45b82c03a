//! The Node authoriser: a kubelet reads what the pods bound to its node refer to, and its own objects
//! (`--authorization-mode=Node`, KEP-4601 for the selectors).
use super::{Attributes, Decision, bootstrap::cluster_role_rules, policy::Index, rbac::Rule};
use skeg_model::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An object that pods refer to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    resource: &'static str,
    namespace: String,
    name: String,
}

/// Which objects the pods of which node refer to.
#[derive(Debug)]
pub struct NodeGraph {
    rules: Vec<Rule>,
    /// Pod key -> (node, what it refers to).
    pods: BTreeMap<String, (String, BTreeSet<Object>)>,
    /// (object, node) -> number of pods that refer to it.
    edges: BTreeMap<(Object, String), usize>,
}

impl Default for NodeGraph {
    fn default() -> Self {
        Self { rules: cluster_role_rules("system:node"), pods: BTreeMap::new(), edges: BTreeMap::new() }
    }
}

impl Index for NodeGraph {
    fn rings(&self) -> &'static [&'static str] {
        &["/registry/pods/"]
    }

    fn apply(&mut self, _ring: &str, rest: &str, pod: Option<&Value>) {
        if let Some((node, objects)) = self.pods.remove(rest) {
            for object in objects {
                self.release((object, node.clone()));
            }
        }
        let node = pod.and_then(|p| p["spec"]["nodeName"].as_str()).unwrap_or_default();
        let Some(pod) = pod.filter(|_| !node.is_empty()) else { return };
        let objects = references(pod);
        for object in &objects {
            *self.edges.entry((object.clone(), node.to_owned())).or_default() += 1;
        }
        self.pods.insert(rest.to_owned(), (node.to_owned(), objects));
    }

    fn clear(&mut self) {
        self.pods.clear();
        self.edges.clear();
    }
}

/// Secrets, ConfigMaps, claims and the service account that a pod refers to. Mirror pods refer to nothing.
fn references(pod: &Value) -> BTreeSet<Object> {
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
    let mut out = BTreeSet::new();
    if pod["metadata"]["annotations"].get("kubernetes.io/config.mirror").is_some() {
        return out;
    }
    let mut add = |resource: &'static str, name: &Value| {
        if let Some(name) = name.as_str().filter(|n| !n.is_empty()) {
            out.insert(Object { resource, namespace: namespace.into(), name: name.into() });
        }
    };
    let spec = &pod["spec"];
    add("serviceaccounts", &spec["serviceAccountName"]);
    let items = |v: &'_ Value| -> Vec<Value> { v.as_array().cloned().unwrap_or_default() };
    for secret in items(&spec["imagePullSecrets"]) {
        add("secrets", &secret["name"]);
    }
    let containers = ["initContainers", "containers", "ephemeralContainers"].map(|list| items(&spec[list])).concat();
    for container in containers {
        for env in items(&container["env"]) {
            add("secrets", &env["valueFrom"]["secretKeyRef"]["name"]);
            add("configmaps", &env["valueFrom"]["configMapKeyRef"]["name"]);
        }
        for from in items(&container["envFrom"]) {
            add("secrets", &from["secretRef"]["name"]);
            add("configmaps", &from["configMapRef"]["name"]);
        }
    }
    for volume in items(&spec["volumes"]) {
        add("secrets", &volume["secret"]["secretName"]);
        add("configmaps", &volume["configMap"]["name"]);
        add("persistentvolumeclaims", &volume["persistentVolumeClaim"]["claimName"]);
        for source in items(&volume["projected"]["sources"]) {
            add("secrets", &source["secret"]["name"]);
            add("configmaps", &source["configMap"]["name"]);
        }
        for plugin in ["csi", "cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"] {
            let key = if plugin == "csi" { "nodePublishSecretRef" } else { "secretRef" };
            add("secrets", &volume[plugin][key]["name"]);
        }
        add("secrets", &volume["azureFile"]["secretName"]);
        if volume.get("ephemeral").is_some() {
            let pod_name = pod["metadata"]["name"].as_str().unwrap_or_default();
            let volume_name = volume["name"].as_str().unwrap_or_default();
            add("persistentvolumeclaims", &Value::from(format!("{pod_name}-{volume_name}")));
        }
    }
    out
}

/// The node that a kubelet's user name names.
pub fn node_of(user: &super::User) -> Option<&str> {
    user.name.strip_prefix("system:node:").filter(|_| user.in_group("system:nodes"))
}

impl NodeGraph {
    fn release(&mut self, edge: (Object, String)) {
        if let Some(count) = self.edges.get_mut(&edge) {
            *count -= 1;
            if *count == 0 {
                self.edges.remove(&edge);
            }
        }
    }

    /// The decision with upstream's reason.
    pub fn decide(&self, a: &Attributes<'_>) -> Decision {
        let Some(node) = node_of(a.user) else { return Decision::NoOpinion(String::new()) };
        if node.is_empty() {
            return no(format!("unknown node for user {:?}", a.user.name));
        }
        if a.path.is_none() {
            match (a.group, a.resource) {
                ("", "secrets") => return self.read_referred("secrets", node, a),
                ("", "configmaps") => return self.read_referred("configmaps", node, a),
                ("", "persistentvolumeclaims") if a.subresource == "status" => {
                    return self.claim_status(node, a);
                }
                ("", "persistentvolumeclaims") => return self.read_referred("persistentvolumeclaims", node, a),
                ("", "serviceaccounts") => return self.service_account(node, a),
                ("coordination.k8s.io", "leases") => return lease(node, a),
                ("", "nodes") => return self.own_node(node, a),
                ("", "pods") => return self.own_pods(node, a),
                ("storage.k8s.io", "csinodes") => return csi_node(node, a),
                _ => {}
            }
        }
        self.by_rules(a)
    }

    fn by_rules(&self, a: &Attributes<'_>) -> Decision {
        if self.rules.iter().any(|r| r.allows(a)) { Decision::Allow(String::new()) } else { no("") }
    }

    fn refers(&self, resource: &'static str, node: &str, a: &Attributes<'_>) -> Decision {
        if a.name.is_empty() {
            return no("No Object name found");
        }
        let object = Object { resource, namespace: a.namespace.into(), name: a.name.into() };
        if self.edges.contains_key(&(object, node.to_owned())) {
            Decision::Allow(String::new())
        } else {
            no(format!("no relationship found between node '{node}' and this object"))
        }
    }

    fn read_referred(&self, resource: &'static str, node: &str, a: &Attributes<'_>) -> Decision {
        match a.verb {
            "get" | "list" | "watch" => {}
            _ => return no("can only read resources of this type"),
        }
        if !a.subresource.is_empty() {
            return no("cannot read subresource");
        }
        if a.namespace.is_empty() {
            return no("can only read namespaced object of this type");
        }
        self.refers(resource, node, a)
    }

    fn claim_status(&self, node: &str, a: &Attributes<'_>) -> Decision {
        match a.verb {
            "update" | "patch" if !a.name.is_empty() => self.refers("persistentvolumeclaims", node, a),
            _ => no("can only get individual resources of this type"),
        }
    }

    fn service_account(&self, node: &str, a: &Attributes<'_>) -> Decision {
        match (a.verb, a.subresource) {
            ("create", "token") if !a.name.is_empty() => self.refers("serviceaccounts", node, a),
            ("create", "token") => no("No Object name found"),
            ("get", "") if !a.name.is_empty() => self.refers("serviceaccounts", node, a),
            _ => no("can only create tokens for individual service accounts"),
        }
    }

    fn own_node(&self, node: &str, a: &Attributes<'_>) -> Decision {
        let by_rules = self.by_rules(a);
        if !matches!(by_rules, Decision::Allow(_)) {
            return by_rules;
        }
        match a.verb {
            "get" if a.name != node && a.subresource.is_empty() => {
                no(format!("node '{node}' cannot read '{}', only its own Node object", a.name))
            }
            "list" | "watch" if a.name != node && selected(a, "metadata.name") != Some(node) => {
                no(format!("node '{node}' cannot read all nodes, only its own Node object"))
            }
            _ => by_rules,
        }
    }

    fn own_pods(&self, node: &str, a: &Attributes<'_>) -> Decision {
        let by_rules = self.by_rules(a);
        if !matches!(by_rules, Decision::Allow(_)) || !a.subresource.is_empty() {
            return by_rules;
        }
        match a.verb {
            "get" if a.name.is_empty() => no("No Object name found"),
            "get" => {
                let key = format!("{}/{}", a.namespace, a.name);
                match self.pods.get(&key) {
                    Some((bound, _)) if bound == node => by_rules,
                    _ => no(format!("no relationship found between node '{node}' and this object")),
                }
            }
            "list" | "watch" if selected(a, "spec.nodeName") != Some(node) => {
                no("can only list/watch pods with spec.nodeName field selector")
            }
            _ => by_rules,
        }
    }
}

/// The value that the field selector demands of `field`.
fn selected<'a>(a: &Attributes<'a>, field: &str) -> Option<&'a str> {
    a.field_selector.split(',').find_map(|term| {
        let (name, value) = term.split_once('=').filter(|(name, _)| !name.ends_with('!'))?;
        (name.trim() == field).then(|| value.trim_start_matches('=').trim())
    })
}

fn lease(node: &str, a: &Attributes<'_>) -> Decision {
    if !matches!(a.verb, "get" | "create" | "update" | "patch" | "delete") {
        return no("can only get, create, update, patch, or delete a node lease");
    }
    if a.namespace != "kube-node-lease" {
        return no("can only access leases in the \"kube-node-lease\" system namespace");
    }
    if a.verb != "create" && a.name != node {
        return no("can only access node lease with the same name as the requesting node");
    }
    Decision::Allow(String::new())
}

fn csi_node(node: &str, a: &Attributes<'_>) -> Decision {
    if !matches!(a.verb, "get" | "create" | "update" | "patch" | "delete") {
        return no("can only get, create, update, patch, or delete a CSINode");
    }
    if !a.subresource.is_empty() {
        return no("cannot authorize CSINode subresources");
    }
    if a.verb != "create" && a.name != node {
        return no("can only access CSINode with the same name as the requesting node");
    }
    Decision::Allow(String::new())
}

fn no(reason: impl Into<String>) -> Decision {
    Decision::NoOpinion(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::User;
    use serde_json::json;

    fn graph() -> NodeGraph {
        let mut graph = NodeGraph::default();
        let pod = json!({"metadata": {"name": "p", "namespace": "a"}, "spec": {"nodeName": "n1", "serviceAccountName": "bot",
            "volumes": [{"secret": {"secretName": "s"}}, {"projected": {"sources": [{"configMap": {"name": "c"}}]}}]}});
        graph.apply("/registry/pods/", "a/p", Some(&pod));
        graph
    }

    fn check(graph: &NodeGraph, verb: &str, resource: &str, name: &str, selector: &str, expected: &str) {
        let user = User::component("system:node:n1", &["system:nodes"]);
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        let of = [group, resource, subresource];
        let a = Attributes { field_selector: selector, ..Attributes::on(&user, verb, of, namespace, name) };
        let got = match graph.decide(&a) {
            Decision::Allow(_) => "yes".to_owned(),
            Decision::Deny(reason) | Decision::NoOpinion(reason) => reason,
        };
        assert_eq!(got, expected, "{verb} {resource} {name}");
    }

    #[test]
    fn a_node_reads_what_its_pods_refer_to() {
        let mut graph = graph();
        check(&graph, "get", "secrets", "a/s", "", "yes");
        check(&graph, "watch", "configmaps", "a/c", "", "yes");
        check(&graph, "create", "serviceaccounts/token", "a/bot", "", "yes");
        let none = "no relationship found between node 'n1' and this object";
        check(&graph, "get", "secrets", "a/other", "", none);
        check(&graph, "delete", "secrets", "a/s", "", "can only read resources of this type");
        graph.apply("/registry/pods/", "a/p", None);
        check(&graph, "get", "secrets", "a/s", "", none);
    }

    #[test]
    fn a_node_sees_itself_and_its_pods_only() {
        let graph = graph();
        check(&graph, "get", "nodes", "n1", "", "yes");
        check(&graph, "get", "nodes", "n2", "", "node 'n1' cannot read 'n2', only its own Node object");
        check(&graph, "list", "pods", "", "spec.nodeName=n1", "yes");
        check(&graph, "list", "pods", "", "", "can only list/watch pods with spec.nodeName field selector");
        check(&graph, "update", "leases.coordination.k8s.io", "kube-node-lease/n1", "", "yes");
    }
}
