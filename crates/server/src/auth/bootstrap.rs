//! The RBAC objects that a new cluster starts with, read from `policy.txt`, and what an upgrade adds to older ones
//! (`rbac.authorization.kubernetes.io/autoupdate`).
use super::rbac::{Rule, read_rules, uncovered};
use serde_json::{Map, Value, json};

const POLICY: &str = include_str!("policy.txt");
const GROUP: &str = "rbac.authorization.k8s.io";

/// All bootstrap roles and bindings as trees: ClusterRoles, Roles, then their bindings.
pub fn objects() -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for line in POLICY.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["role", name, labels @ ..] => out.push(role(name, labels)),
            ["binding", name, role, subjects @ ..] => out.push(binding(name, role, subjects)),
            rule => add_rule(out.last_mut().expect("a rule follows its role"), rule),
        }
    }
    out
}

/// The rules of one bootstrap ClusterRole, e.g. `system:node`.
pub fn cluster_role_rules(name: &str) -> Vec<Rule> {
    let found = objects().into_iter().find(|o| o["kind"] == "ClusterRole" && o["metadata"]["name"] == name);
    found.map(|o| read_rules(&o)).unwrap_or_default()
}

fn metadata(name: &str, labels: &[&str]) -> Value {
    let mut all = Map::new();
    all.insert("kubernetes.io/bootstrapping".into(), "rbac-defaults".into());
    for (key, value) in labels.iter().filter_map(|l| l.split_once('=')) {
        all.insert(key.into(), value.into());
    }
    let annotations = json!({"rbac.authorization.kubernetes.io/autoupdate": "true"});
    match name.split_once("//") {
        Some((namespace, name)) => {
            json!({"name": name, "namespace": namespace, "labels": all, "annotations": annotations})
        }
        None => json!({"name": name, "labels": all, "annotations": annotations}),
    }
}

fn role(name: &str, labels: &[&str]) -> Value {
    let kind = if name.contains("//") { "Role" } else { "ClusterRole" };
    json!({"apiVersion": format!("{GROUP}/v1"), "kind": kind, "metadata": metadata(name, labels), "rules": null})
}

fn binding(name: &str, role: &str, subjects: &[&str]) -> Value {
    let kind = if name.contains("//") { "RoleBinding" } else { "ClusterRoleBinding" };
    let (role_kind, role_name) = role.split_once('/').expect("KIND/ROLE");
    let subjects: Vec<Value> = subjects.iter().map(|s| subject(s)).collect();
    let mut object = json!({
        "apiVersion": format!("{GROUP}/v1"), "kind": kind, "metadata": metadata(name, &[]),
        "roleRef": {"apiGroup": GROUP, "kind": role_kind, "name": role_name},
    });
    if !subjects.is_empty() {
        object["subjects"] = subjects.into();
    }
    object
}

fn subject(text: &str) -> Value {
    let (kind, name) = text.split_once(':').expect("KIND:NAME");
    match (kind, name.split_once('/')) {
        ("ServiceAccount", Some((namespace, name))) => json!({"kind": kind, "name": name, "namespace": namespace}),
        _ => json!({"kind": kind, "apiGroup": GROUP, "name": name}),
    }
}

fn add_rule(role: &mut Value, words: &[&str]) {
    let list = |text: &str| -> Value {
        text.split(',').map(|w| if w == "core" { "" } else { w }).map(Value::from).collect::<Vec<_>>().into()
    };
    if let ["collects", label] = words {
        let (key, value) = label.split_once('=').expect("LABEL=VALUE");
        let selector = json!({"matchLabels": {key: value}});
        role["aggregationRule"]["clusterRoleSelectors"] = json!([selector]);
        return;
    }
    let rule = match words {
        [verbs, "at", urls] => json!({"verbs": list(verbs), "nonResourceURLs": list(urls)}),
        [verbs, "on", resources, "in", groups] => {
            json!({"verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources)})
        }
        [verbs, "on", resources, "in", groups, "named", names] => json!({
            "verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources), "resourceNames": list(names),
        }),
        other => unreachable!("policy.txt has a line of another form: {other:?}"),
    };
    match &mut role["rules"] {
        Value::Array(rules) => rules.push(rule),
        rules => *rules = json!([rule]),
    }
}

/// What must be written so that `have` grants at least what `want` does; None when it already does or when its owner
/// switched reconciliation off.
pub fn reconciled(have: &Value, want: &Value) -> Option<Value> {
    if have["metadata"]["annotations"]["rbac.authorization.kubernetes.io/autoupdate"] == "false" {
        return None;
    }
    let mut out = have.clone();
    if want.get("roleRef").is_some() {
        let wanted = want["subjects"].as_array().cloned().unwrap_or_default();
        let mut subjects = have["subjects"].as_array().cloned().unwrap_or_default();
        let before = subjects.len();
        subjects.extend(wanted.into_iter().filter(|s| !have["subjects"].as_array().is_some_and(|h| h.contains(s))));
        (subjects.len() > before).then(|| out["subjects"] = subjects.into())?;
        return Some(out);
    }
    if want.get("aggregationRule").is_some() {
        return None;
    }
    let missing = uncovered(&read_rules(have), &read_rules(want));
    if missing.is_empty() {
        return None;
    }
    let mut rules = have["rules"].as_array().cloned().unwrap_or_default();
    rules.extend(missing.iter().map(rule_tree));
    out["rules"] = rules.into();
    Some(out)
}

fn rule_tree(rule: &Rule) -> Value {
    let mut out = Map::new();
    out.insert("verbs".into(), rule.verbs.clone().into());
    let lists = [
        ("apiGroups", &rule.api_groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.resource_names),
        ("nonResourceURLs", &rule.non_resource_urls),
    ];
    for (name, list) in lists.into_iter().filter(|(_, l)| !l.is_empty()) {
        out.insert(name.into(), list.clone().into());
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_whole() {
        let all = objects();
        let count = |kind: &str| all.iter().filter(|o| o["kind"] == kind).count();
        assert_eq!(
            (count("ClusterRole"), count("Role"), count("ClusterRoleBinding"), count("RoleBinding")),
            (69, 7, 50, 7)
        );
        assert!(!cluster_role_rules("system:node").is_empty());
        let admin = all.iter().find(|o| o["metadata"]["name"] == "cluster-admin").unwrap();
        assert_eq!(admin["rules"][1], json!({"verbs": ["*"], "nonResourceURLs": ["*"]}));
    }

    #[test]
    fn an_older_role_gains_what_it_lacks_and_keeps_what_was_added() {
        let want =
            json!({"metadata": {}, "rules": [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}]});
        let have =
            json!({"metadata": {}, "rules": [{"verbs": ["get", "x"], "apiGroups": [""], "resources": ["pods"]}]});
        let new = reconciled(&have, &want).unwrap();
        assert_eq!(new["rules"].as_array().unwrap().len(), 2);
        assert_eq!(new["rules"][1]["verbs"], json!(["list"]));
        assert_eq!(reconciled(&new, &want), None);
        let mut off = have;
        off["metadata"]["annotations"]["rbac.authorization.kubernetes.io/autoupdate"] = "false".into();
        assert_eq!(reconciled(&off, &want), None);
    }
}
