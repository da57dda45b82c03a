//! Nobody grants more than they have: what a writer of RBAC objects must be allowed to do (RBAC's privilege escalation
//! prevention, the verbs `escalate` and `bind`).
use super::{
    Attributes, Authorizer, Decision, User,
    rbac::{Rule, read_rules, uncovered},
};
use skeg_model::{Value, status::Status};
use std::collections::BTreeMap;

const GROUP: &str = "rbac.authorization.k8s.io";

/// A write of an RBAC object, mutated but not yet validated.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    pub user: &'a User,
    /// Plural resource name.
    pub resource: &'a str,
    /// "" for the cluster-scoped kinds.
    pub namespace: &'a str,
    pub name: &'a str,
    pub old: Option<&'a Value>,
    pub new: &'a Value,
}

/// Refuses a role or binding that gives rights which its writer has not.
///
/// # Errors
/// 403 that lists the missing rights, or 404 for a binding to a role that is not there.
pub fn check(authorizer: &dyn Authorizer, grant: &Grant<'_>) -> Result<(), Status> {
    if grant.user.in_group("system:masters") || only_collection_fields(grant) {
        return Ok(());
    }
    match grant.resource {
        "roles" | "clusterroles" => role(authorizer, grant),
        "rolebindings" | "clusterrolebindings" => binding(authorizer, grant),
        _ => Ok(()),
    }
}

/// The garbage collector may change owners and finalizers of what it could not have written.
fn only_collection_fields(grant: &Grant<'_>) -> bool {
    let Some(old) = grant.old else { return false };
    let bare = |object: &Value| {
        let mut object = object.clone();
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            for field in ["ownerReferences", "finalizers", "managedFields", "resourceVersion"] {
                metadata.remove(field);
            }
        }
        object
    };
    bare(old) == bare(grant.new)
}

fn may(authorizer: &dyn Authorizer, grant: &Grant<'_>, verb: &str, resource: &str, name: &str) -> bool {
    let attributes = Attributes {
        user: grant.user,
        verb,
        group: GROUP,
        version: "*",
        resource,
        subresource: "",
        namespace: grant.namespace,
        name,
        field_selector: "",
        path: None,
    };
    matches!(authorizer.authorize(&attributes), Decision::Allow(_))
}

fn role(authorizer: &dyn Authorizer, grant: &Grant<'_>) -> Result<(), Status> {
    if may(authorizer, grant, "escalate", grant.resource, grant.name) {
        return Ok(());
    }
    let aggregates = |object: &Value| object.get("aggregationRule").is_some_and(|r| !r.is_null());
    if aggregates(grant.new) || grant.old.is_some_and(aggregates) {
        let all = || vec!["*".to_owned()];
        let everything = [
            Rule { verbs: all(), api_groups: all(), resources: all(), ..Rule::default() },
            Rule { verbs: all(), non_resource_urls: all(), ..Rule::default() },
        ];
        if covered(authorizer, grant, &everything).is_err() {
            let why = "must have cluster-admin privileges to use the aggregationRule";
            return Err(Status::forbidden(GROUP, grant.resource, grant.name, why));
        }
    }
    refuse(grant, covered(authorizer, grant, &read_rules(grant.new)))
}

fn binding(authorizer: &dyn Authorizer, grant: &Grant<'_>) -> Result<(), Status> {
    let text = |field: &str| grant.new["roleRef"].get(field).and_then(Value::as_str).unwrap_or_default();
    let (cluster, name) = (text("kind") == "ClusterRole", text("name"));
    let resource = if cluster { "clusterroles" } else { "roles" };
    if may(authorizer, grant, "bind", resource, name) {
        return Ok(());
    }
    let home = if cluster { "" } else { grant.namespace };
    let rules = authorizer.role(home, name).ok_or_else(|| Status::not_found(GROUP, resource, name))?;
    refuse(grant, covered(authorizer, grant, &rules))
}

/// The rights among `wanted` that the writer has not, as text.
fn covered(authorizer: &dyn Authorizer, grant: &Grant<'_>, wanted: &[Rule]) -> Result<(), String> {
    let (owned, errors) = authorizer.rules_for(grant.user, grant.namespace);
    let missing = uncovered(&owned, wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let mut lines: Vec<String> = compact(missing).iter().map(shown).collect();
    lines.sort();
    lines.dedup();
    let resolution =
        if errors.is_empty() { String::new() } else { format!("; resolution errors: [{}]", errors.join(", ")) };
    Err(format!(
        "user {:?} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}{resolution}",
        grant.user.name,
        quoted(&grant.user.groups),
        lines.join("\n"),
    ))
}

fn refuse(grant: &Grant<'_>, covered: Result<(), String>) -> Result<(), Status> {
    covered.map_err(|why| Status::forbidden(GROUP, grant.resource, grant.name, &why))
}

/// Rules about one resource gathered over their verbs.
fn compact(rules: Vec<Rule>) -> Vec<Rule> {
    /// Groups, resources, names.
    type About = (Vec<String>, Vec<String>, Vec<String>);
    let mut simple: BTreeMap<About, Rule> = BTreeMap::new();
    let mut rest = Vec::new();
    for rule in rules {
        if !rule.non_resource_urls.is_empty() {
            rest.push(rule);
            continue;
        }
        let key = (rule.api_groups.clone(), rule.resources.clone(), rule.resource_names.clone());
        match simple.get_mut(&key) {
            Some(found) => {
                found.verbs.extend(rule.verbs.into_iter().filter(|v| !found.verbs.contains(v)).collect::<Vec<_>>())
            }
            None => {
                simple.insert(key, rule);
            }
        }
    }
    simple.into_values().chain(rest).collect()
}

/// A rule as upstream's messages print it.
fn shown(rule: &Rule) -> String {
    let parts = [
        ("APIGroups", &rule.api_groups),
        ("Resources", &rule.resources),
        ("NonResourceURLs", &rule.non_resource_urls),
        ("ResourceNames", &rule.resource_names),
        ("Verbs", &rule.verbs),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| format!("{name}:{}", quoted(list)))
        .collect();
    format!("{{{}}}", parts.join(", "))
}

/// Strings as Go's `%q` prints a list of them.
fn quoted(list: &[String]) -> String {
    format!("[{}]", list.iter().map(|s| format!("{s:?}")).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::rbac::{Part, Policy};
    use serde_json::json;

    #[derive(Debug)]
    struct Fixed(Policy);

    impl Authorizer for Fixed {
        fn authorize(&self, a: &Attributes<'_>) -> Decision {
            self.0.decide(a)
        }
        fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule>, Vec<String>) {
            self.0.rules_for(user, namespace)
        }
        fn role(&self, namespace: &str, name: &str) -> Option<Vec<Rule>> {
            self.0.role(namespace, name).map(<[Rule]>::to_vec)
        }
    }

    fn authorizer() -> Fixed {
        let mut policy = Policy::default();
        let rules = json!({"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]});
        policy.apply(Part::Role, "", "small", Some(&rules));
        policy.apply(
            Part::Role,
            "",
            "big",
            Some(&json!({"rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]})),
        );
        let to_alice = json!({"roleRef": {"kind": "ClusterRole", "name": "small"}, "subjects": [{"kind": "User", "name": "alice"}]});
        policy.apply(Part::RoleBinding, "", "b", Some(&to_alice));
        Fixed(policy)
    }

    fn check_grant(resource: &str, new: Value, expected: &str) {
        let user = User { name: "alice".into(), groups: vec!["devs".into()], ..User::default() };
        let grant = Grant { user: &user, resource, namespace: "a", name: "x", old: None, new: &new };
        let got = check(&authorizer(), &grant).map_or_else(|status| status.message, |()| "ok".into());
        assert_eq!(got, expected);
    }

    #[test]
    fn roles_and_bindings_give_no_more_than_their_writer_has() {
        let rule = |verbs: &[&str]| json!({"rules": [{"verbs": verbs, "apiGroups": [""], "resources": ["pods"]}]});
        check_grant("roles", rule(&["get"]), "ok");
        let refused = "is forbidden: user \"alice\" (groups=[\"devs\"]) is attempting to grant RBAC permissions not currently held:\n";
        let lacking = format!(
            "roles.rbac.authorization.k8s.io \"x\" {refused}{{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\" \"watch\"]}}"
        );
        check_grant("roles", rule(&["get", "list", "watch"]), &lacking);
        check_grant("rolebindings", json!({"roleRef": {"kind": "ClusterRole", "name": "small"}}), "ok");
        check_grant(
            "rolebindings",
            json!({"roleRef": {"kind": "Role", "name": "none"}}),
            "roles.rbac.authorization.k8s.io \"none\" not found",
        );
        let all = format!(
            "rolebindings.rbac.authorization.k8s.io \"x\" {refused}{{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}}"
        );
        check_grant("rolebindings", json!({"roleRef": {"kind": "ClusterRole", "name": "big"}}), &all);
        check_grant(
            "clusterroles",
            json!({"aggregationRule": {}}),
            "clusterroles.rbac.authorization.k8s.io \"x\" is forbidden: must have cluster-admin privileges to use the aggregationRule",
        );
    }
}
