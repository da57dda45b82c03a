//! Who asks, and whether they may: authentication, RBAC and Node authorisation as pure decisions.
pub mod authn;
pub mod bootstrap;
pub mod escalation;
pub mod legacy;
pub mod node;
pub mod pki;
pub mod policy;
pub mod rbac;
pub mod tls;
pub mod tokens;

use std::{collections::BTreeMap, fmt};

/// An authenticated identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// `system:anonymous` in `system:unauthenticated`.
    pub fn anonymous() -> Self {
        Self { name: "system:anonymous".into(), groups: vec!["system:unauthenticated".into()], ..Self::default() }
    }

    /// A component's identity; `system:authenticated` is added.
    pub fn component(name: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().copied().chain(["system:authenticated"]).map(Into::into).collect();
        Self { name: name.into(), groups, ..Self::default() }
    }

    pub fn in_group(&self, group: &str) -> bool {
        self.groups.iter().any(|g| g == group)
    }
}

/// What is asked for, in RBAC's terms.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    pub user: &'a User,
    /// get, list, watch, create, update, patch, delete, deletecollection, …; the lower-case HTTP method for paths.
    pub verb: &'a str,
    pub group: &'a str,
    pub version: &'a str,
    pub resource: &'a str,
    pub subresource: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
    /// The list's or watch's field selector as it came, "" where none (KEP-4601).
    pub field_selector: &'a str,
    /// Set for requests that are not about resources, e.g. `/healthz`.
    pub path: Option<&'a str>,
}

impl<'a> Attributes<'a> {
    /// A verb on one object, or on part of it, of v1 of `[group, resource, subresource]`.
    pub fn on(
        user: &'a User,
        verb: &'a str,
        [group, resource, subresource]: [&'a str; 3],
        namespace: &'a str,
        name: &'a str,
    ) -> Self {
        Self {
            user,
            verb,
            group,
            version: "v1",
            resource,
            subresource,
            namespace,
            name,
            field_selector: "",
            path: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The reason stands in reviews' answers.
    Allow(String),
    /// The reason is shown to the user behind upstream's sentence.
    Deny(String),
    NoOpinion(String),
}

/// Decides from what it keeps in memory; never blocks.
pub trait Authorizer: Send + Sync + fmt::Debug {
    fn authorize(&self, attributes: &Attributes<'_>) -> Decision;

    /// All that `user` may do in `namespace`, with the errors met while asking (SelfSubjectRulesReview, escalation checks).
    fn rules_for(&self, _user: &User, _namespace: &str) -> (Vec<rbac::Rule>, Vec<String>) {
        (Vec::new(), Vec::new())
    }

    /// The rules of a Role ("" namespace: a ClusterRole); None where this authoriser knows no such role.
    fn role(&self, _namespace: &str, _name: &str) -> Option<Vec<rbac::Rule>> {
        None
    }
}
