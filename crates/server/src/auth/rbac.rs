//! Role-based access control: an index of roles by subject, and the pure questions asked of it
//! (`rbac.authorization.k8s.io/v1`).
use super::{Attributes, Authorizer, Decision, User};
use serde::Deserialize;
use skeg_model::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One `PolicyRule`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    #[serde(deserialize_with = "null_is_empty")]
    pub verbs: Vec<String>,
    #[serde(deserialize_with = "null_is_empty")]
    pub api_groups: Vec<String>,
    #[serde(deserialize_with = "null_is_empty")]
    pub resources: Vec<String>,
    #[serde(deserialize_with = "null_is_empty")]
    pub resource_names: Vec<String>,
    #[serde(rename = "nonResourceURLs", deserialize_with = "null_is_empty")]
    pub non_resource_urls: Vec<String>,
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

fn lists(list: &[String], wanted: &str) -> bool {
    list.iter().any(|entry| entry == "*" || entry == wanted)
}

impl Rule {
    /// Whether this rule allows the request (upstream's `RuleAllows`).
    pub fn allows(&self, a: &Attributes<'_>) -> bool {
        if !lists(&self.verbs, a.verb) {
            return false;
        }
        match a.path {
            Some(path) => self.non_resource_urls.iter().any(|url| url_matches(url, path)),
            None => {
                lists(&self.api_groups, a.group)
                    && self.resources.iter().any(|r| resource_matches(r, a.resource, a.subresource))
                    && (self.resource_names.is_empty() || self.resource_names.iter().any(|n| n == a.name))
            }
        }
    }
}

fn resource_matches(rule: &str, resource: &str, subresource: &str) -> bool {
    if rule == "*" {
        return true;
    }
    match (rule.split_once('/'), subresource) {
        (None, "") => rule == resource,
        (None, _) => false,
        (Some((r, s)), _) => (r == "*" || r == resource) && !subresource.is_empty() && s == subresource,
    }
}

fn url_matches(rule: &str, path: &str) -> bool {
    rule == "*" || rule == path || rule.strip_suffix('*').is_some_and(|start| path.starts_with(start))
}

/// The parts of `rule` that one verb, group, resource or URL names: what escalation checks compare piecewise.
fn pieces(rule: &Rule) -> Vec<Rule> {
    let one = |s: &String| vec![s.clone()];
    let mut out = Vec::new();
    for verb in &rule.verbs {
        for group in &rule.api_groups {
            for resource in &rule.resources {
                let base =
                    Rule { verbs: one(verb), api_groups: one(group), resources: one(resource), ..Rule::default() };
                if rule.resource_names.is_empty() {
                    out.push(base);
                } else {
                    out.extend(rule.resource_names.iter().map(|n| Rule { resource_names: one(n), ..base.clone() }));
                }
            }
        }
        out.extend(rule.non_resource_urls.iter().map(|url| Rule {
            verbs: one(verb),
            non_resource_urls: one(url),
            ..Rule::default()
        }));
    }
    out
}

/// Whether one rule that somebody has covers a single-piece rule that is to be granted.
fn rule_covers(owner: &Rule, piece: &Rule) -> bool {
    let has = |owned: &[String], wanted: &[String]| {
        owned.iter().any(|o| o == "*") || wanted.iter().all(|w| owned.iter().any(|o| o == w))
    };
    let resources = piece.resources.iter().all(|wanted| {
        owner.resources.iter().any(|owned| {
            owned == "*"
                || owned == wanted
                || matches!((owned.split_once('/'), wanted.split_once('/')), (Some(("*", o)), Some((_, w))) if o == w)
        })
    });
    let names = owner.resource_names.is_empty()
        || (!piece.resource_names.is_empty() && piece.resource_names.iter().all(|n| owner.resource_names.contains(n)));
    let urls = piece
        .non_resource_urls
        .iter()
        .all(|wanted| owner.non_resource_urls.iter().any(|owned| owned == wanted || url_matches(owned, wanted)));
    has(&owner.verbs, &piece.verbs) && has(&owner.api_groups, &piece.api_groups) && resources && names && urls
}

/// The pieces of `wanted` that no rule of `owned` covers; empty means that they may be granted (KEP-less rule of RBAC's
/// privilege escalation prevention).
pub fn uncovered(owned: &[Rule], wanted: &[Rule]) -> Vec<Rule> {
    wanted.iter().flat_map(pieces).filter(|piece| !owned.iter().any(|o| rule_covers(o, piece))).collect()
}

/// Who a binding is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Subject {
    User(String),
    Group(String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Binding {
    /// "" for a ClusterRoleBinding.
    namespace: String,
    name: String,
    /// Whether the role is a ClusterRole.
    cluster_role: bool,
    role: String,
    /// The subject as upstream's reasons print it, e.g. `Group "system:masters"`.
    subject: String,
}

/// Which of the four kinds a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Role,
    RoleBinding,
}

/// Roles and bindings, indexed by subject. Namespace "" stands for the cluster-scoped kinds.
#[derive(Debug, Default)]
pub struct Policy {
    roles: BTreeMap<(String, String), Vec<Rule>>,
    by_subject: BTreeMap<Subject, BTreeSet<Binding>>,
    subjects_of: BTreeMap<(String, String), Vec<(Subject, Binding)>>,
}

impl Policy {
    /// Takes in the new state of a role or binding; None when it is gone.
    pub fn apply(&mut self, part: Part, namespace: &str, name: &str, object: Option<&Value>) {
        let key = (namespace.to_owned(), name.to_owned());
        match part {
            Part::Role => {
                self.roles.remove(&key);
                if let Some(object) = object {
                    self.roles.insert(key, read_rules(object));
                }
            }
            Part::RoleBinding => {
                for (subject, binding) in self.subjects_of.remove(&key).unwrap_or_default() {
                    if let Some(set) = self.by_subject.get_mut(&subject) {
                        set.remove(&binding);
                    }
                }
                let entries = object.map(|o| read_binding(namespace, name, o)).unwrap_or_default();
                for (subject, binding) in &entries {
                    self.by_subject.entry(subject.clone()).or_default().insert(binding.clone());
                }
                if !entries.is_empty() {
                    self.subjects_of.insert(key, entries);
                }
            }
        }
    }

    fn bindings<'a>(&'a self, user: &'a User, namespace: &'a str) -> impl Iterator<Item = &'a Binding> {
        let subjects = std::iter::once(Subject::User(user.name.clone()))
            .chain(user.groups.iter().map(|g| Subject::Group(g.clone())));
        subjects
            .filter_map(|s| self.by_subject.get(&s))
            .flatten()
            .filter(move |b| b.namespace.is_empty() || (!namespace.is_empty() && b.namespace == namespace))
    }

    /// The rules of a role; None when there is no such role.
    pub fn role(&self, namespace: &str, name: &str) -> Option<&[Rule]> {
        self.roles.get(&(namespace.to_owned(), name.to_owned())).map(Vec::as_slice)
    }

    fn rules_of(&self, binding: &Binding) -> Option<&[Rule]> {
        self.role(if binding.cluster_role { "" } else { &binding.namespace }, &binding.role)
    }

    /// Everything that `user` may do in `namespace` ("" for the cluster only), and the names of roles that are missing.
    pub fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule>, Vec<String>) {
        let (mut rules, mut missing) = (Vec::new(), Vec::new());
        for binding in self.bindings(user, namespace) {
            match self.rules_of(binding) {
                Some(found) => rules.extend_from_slice(found),
                None => missing.push(missing_role(binding)),
            }
        }
        (rules, missing)
    }

    /// The decision with upstream's reason.
    pub fn decide(&self, a: &Attributes<'_>) -> Decision {
        let mut missing = Vec::new();
        for binding in self.bindings(a.user, a.namespace) {
            match self.rules_of(binding) {
                Some(rules) if rules.iter().any(|r| r.allows(a)) => return Decision::Allow(reason(binding)),
                Some(_) => {}
                None => missing.push(missing_role(binding)),
            }
        }
        missing.sort();
        missing.dedup();
        let text = match missing.as_slice() {
            [] => String::new(),
            [one] => format!("RBAC: {one}"),
            many => format!("RBAC: [{}]", many.join(", ")),
        };
        Decision::NoOpinion(text)
    }
}

fn missing_role(b: &Binding) -> String {
    let resource = if b.cluster_role { "clusterrole" } else { "role" };
    format!("{resource}.rbac.authorization.k8s.io {:?} not found", b.role)
}

fn reason(b: &Binding) -> String {
    let role = if b.cluster_role { "ClusterRole" } else { "Role" };
    let (kind, name) = if b.namespace.is_empty() {
        ("ClusterRoleBinding", b.name.clone())
    } else {
        ("RoleBinding", format!("{}/{}", b.name, b.namespace))
    };
    format!("RBAC: allowed by {kind} {name:?} of {role} {:?} to {}", b.role, b.subject)
}

/// The rules of a Role or ClusterRole tree.
pub fn read_rules(role: &Value) -> Vec<Rule> {
    let rules = role.get("rules").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    rules.iter().filter_map(|r| Rule::deserialize(r).ok()).collect()
}

fn read_binding(namespace: &str, name: &str, object: &Value) -> Vec<(Subject, Binding)> {
    let text = |v: &Value, field: &str| v.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let role_ref = object.get("roleRef").unwrap_or(&Value::Null);
    let subjects = object.get("subjects").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let subject = |s: &Value| -> Option<(Subject, String)> {
        let of = text(s, "name");
        match text(s, "kind").as_str() {
            "User" => Some((Subject::User(of.clone()), format!("User {of:?}"))),
            "Group" => Some((Subject::Group(of.clone()), format!("Group {of:?}"))),
            "ServiceAccount" => {
                let own = text(s, "namespace");
                let home = if own.is_empty() { namespace.to_owned() } else { own };
                let shown = format!("ServiceAccount \"{of}/{home}\"");
                (!home.is_empty()).then(|| (Subject::User(format!("system:serviceaccount:{home}:{of}")), shown))
            }
            _ => None,
        }
    };
    let binding = |shown| Binding {
        namespace: namespace.into(),
        name: name.into(),
        cluster_role: text(role_ref, "kind") == "ClusterRole",
        role: text(role_ref, "name"),
        subject: shown,
    };
    subjects.iter().filter_map(subject).map(|(s, shown)| (s, binding(shown))).collect()
}

/// Members of `system:masters` may do anything.
#[derive(Debug)]
pub struct Superusers;

impl Authorizer for Superusers {
    fn authorize(&self, a: &Attributes<'_>) -> Decision {
        if a.user.in_group("system:masters") {
            Decision::Allow(String::new())
        } else {
            Decision::NoOpinion(String::new())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy() -> Policy {
        let mut policy = Policy::default();
        policy.apply(
            Part::Role,
            "",
            "view",
            Some(&json!({"rules": [
                {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log", "*/scale"]},
                {"verbs": ["get"], "nonResourceURLs": ["/healthz/*", "/version"]},
            ]})),
        );
        policy.apply(
            Part::Role,
            "a",
            "one",
            Some(&json!({"rules": [
                {"verbs": ["*"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"]},
            ]})),
        );
        let to = |kind: &str, name: &str| json!([{"kind": kind, "name": name}]);
        policy.apply(
            Part::RoleBinding,
            "",
            "v",
            Some(&json!({"roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": to("Group", "devs")})),
        );
        policy.apply(
            Part::RoleBinding,
            "a",
            "o",
            Some(&json!({"roleRef": {"kind": "Role", "name": "one"}, "subjects": to("ServiceAccount", "bot")})),
        );
        policy.apply(
            Part::RoleBinding,
            "a",
            "gone",
            Some(&json!({"roleRef": {"kind": "Role", "name": "nil"}, "subjects": to("User", "bob")})),
        );
        policy
    }

    /// `asked` is "verb group/resource/subresource/namespace/name" or "verb /path".
    fn check(user: &User, asked: &str, expected: &str) {
        let (verb, rest) = asked.split_once(' ').unwrap();
        let parts: Vec<&str> = rest.split('/').chain([""; 5]).collect();
        let path = rest.starts_with('/').then_some(rest);
        let a = Attributes {
            user,
            verb,
            group: parts[0].trim_start_matches("core"),
            version: "v1",
            resource: parts[1],
            subresource: parts[2],
            namespace: parts[3],
            name: parts[4],
            path,
            field_selector: "",
        };
        let got = match policy().decide(&a) {
            Decision::Allow(reason) => format!("yes {reason}"),
            Decision::Deny(reason) | Decision::NoOpinion(reason) => format!("no {reason}"),
        };
        assert_eq!(got.trim(), expected, "{asked}");
    }

    #[test]
    fn decisions_and_their_reasons() {
        let dev = User { name: "alice".into(), groups: vec!["devs".into()], ..User::default() };
        let by_view = r#"yes RBAC: allowed by ClusterRoleBinding "v" of ClusterRole "view" to Group "devs""#;
        check(&dev, "get core/pods//a/x", by_view);
        check(&dev, "list core/pods/log/a/", by_view);
        check(&dev, "get core/rs/scale/a/", by_view);
        check(&dev, "get core/pods/exec/a/x", "no");
        check(&dev, "delete core/pods//a/x", "no");
        check(&dev, "get /healthz/etcd", by_view);
        check(&dev, "get /metrics", "no");
        let bot = User { name: "system:serviceaccount:a:bot".into(), ..User::default() };
        let by_one = r#"yes RBAC: allowed by RoleBinding "o/a" of Role "one" to ServiceAccount "bot/a""#;
        check(&bot, "patch apps/deployments//a/web", by_one);
        check(&bot, "patch apps/deployments//a/db", "no");
        check(&bot, "patch apps/deployments//b/web", "no");
        let bob = User { name: "bob".into(), ..User::default() };
        check(&bob, "get core/pods//a/x", r#"no RBAC: role.rbac.authorization.k8s.io "nil" not found"#);
    }

    #[test]
    fn granting_more_than_one_has_is_found() {
        let rule = |v: Value| Rule::deserialize(v).unwrap();
        let owned = [rule(json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]}))];
        let wanted = [rule(
            json!({"verbs": ["get", "delete"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["x"]}),
        )];
        let left = uncovered(&owned, &wanted);
        assert_eq!(
            left,
            [rule(json!({"verbs": ["delete"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["x"]}))]
        );
        assert!(
            uncovered(&[rule(json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}))], &wanted).is_empty()
        );
    }
}
