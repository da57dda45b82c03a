//! Who asks, and may they: a client certificate of the cluster or a token that the API knows; then the API's word on
//! what they may do, remembered for a while.
use super::{Answer, text};
use crate::kubelet::{configuration::Authorization, shared::Shared};
use http::{HeaderMap, Method, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use skeg_model::request::{Gvr, Reply, Target};
use std::{collections::HashMap, hash::Hash, sync::Arc};

/// Answers remembered at once; past it all are forgotten.
const REMEMBERED_MAX: usize = 4096;

/// An identity as the API names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Caller {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
}

impl Caller {
    /// The subject of a verified certificate.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let subject = parsed.subject();
        let name = subject.iter_common_name().find_map(|it| it.as_str().ok())?.to_owned();
        let mut groups: Vec<String> =
            subject.iter_organization().filter_map(|it| it.as_str().ok().map(str::to_owned)).collect();
        groups.push("system:authenticated".to_owned());
        Some(Self { name, uid: String::new(), groups })
    }
}

struct Memory<K, V>(Mutex<HashMap<K, (Timestamp, V)>>);

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        self.0.lock().get(key).filter(|(until, _)| now < *until).map(|(_, value)| value.clone())
    }

    fn put(&self, key: K, value: V, now: Timestamp, kept: SignedDuration) {
        let mut map = self.0.lock();
        if map.len() >= REMEMBERED_MAX {
            map.clear();
        }
        map.insert(key, (now.checked_add(kept).unwrap_or(now), value));
    }
}

type Question = (Caller, String, String);

pub(super) struct Access {
    shared: Arc<Shared>,
    /// By the token's digest: tokens themselves are not kept.
    tokens: Memory<[u8; 32], Option<Caller>>,
    answers: Memory<Question, bool>,
}

/// Verb of a method, as attributes have it.
fn verb(method: &Method) -> &'static str {
    match *method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "get",
    }
}

/// Subresources of `nodes` of which one must be allowed.
fn subresources(path: &str) -> Vec<&'static str> {
    let under = |prefix: &str| path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
    if under("/stats") {
        vec!["stats"]
    } else if under("/metrics") {
        vec!["metrics"]
    } else if under("/logs") {
        vec!["log"]
    } else if under("/checkpoint") {
        vec!["checkpoint"]
    } else if under("/configz") {
        vec!["configz", "proxy"]
    } else if under("/healthz") {
        vec!["healthz", "proxy"]
    } else if under("/pods") || under("/runningpods") {
        vec!["pods", "proxy"]
    } else {
        vec!["proxy"]
    }
}

fn review(gvr: Gvr) -> Target {
    Target { gvr, namespace: None, name: None, subresource: None }
}

fn tree(reply: Reply) -> Option<Value> {
    match reply {
        Reply::Tree { value, .. } => Some(value),
        Reply::Object(stored) | Reply::Created(stored) => Some(stored.tree()),
        Reply::List(_) | Reply::Status(_) => None,
    }
}

impl Access {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, tokens: Memory::new(), answers: Memory::new() }
    }

    pub(super) async fn authenticate(&self, certified: Option<&Caller>, headers: &HeaderMap) -> Option<Caller> {
        if let Some(caller) = certified {
            return Some(caller.clone());
        }
        let Some(value) = headers.get(header::AUTHORIZATION) else { return self.anonymous() };
        let value = value.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
            return None;
        }
        let token = token.trim();
        let now = self.shared.config.clock.now();
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(known) = self.tokens.get(&key, now) {
            return known;
        }
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "metadata": {"creationTimestamp": null},
            "spec": {"token": token},
        });
        let target = review(Gvr::new("authentication.k8s.io", "v1", "tokenreviews"));
        let answer = match self.shared.config.client.create_tree(&target, body).await {
            Ok(reply) => tree(reply)?,
            Err(error) => {
                tracing::warn!(%error, "a token cannot be reviewed");
                return None;
            }
        };
        let caller = reviewed(&answer);
        self.tokens.put(key, caller.clone(), now, self.shared.config.settings.token_kept);
        caller
    }

    /// Who asks without credentials, where that is allowed.
    fn anonymous(&self) -> Option<Caller> {
        self.shared.config.settings.anonymous.then(|| Caller {
            name: "system:anonymous".into(),
            uid: String::new(),
            groups: vec!["system:unauthenticated".into()],
        })
    }

    pub(super) async fn authorise(&self, who: &Caller, method: &Method, path: &str) -> Result<(), Box<Answer>> {
        if self.shared.config.settings.authorization == Authorization::AlwaysAllow {
            return Ok(());
        }
        let verb = verb(method);
        let subresources = subresources(path);
        for subresource in &subresources {
            match self.allowed(who, verb, subresource).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => {
                    let message = format!(
                        "Authorization error (user={}, verb={verb}, resource=nodes, subresource={subresource})",
                        who.name
                    );
                    tracing::warn!(%error, "a request cannot be authorised");
                    return Err(text(StatusCode::INTERNAL_SERVER_ERROR, message + "\n").into());
                }
            }
        }
        let list = subresources.join(" ");
        let message = format!("Forbidden (user={}, verb={verb}, resource=nodes, subresource(s)=[{list}])\n", who.name);
        Err(text(StatusCode::FORBIDDEN, message).into())
    }

    async fn allowed(&self, who: &Caller, verb: &str, subresource: &str) -> Result<bool, skeg_model::status::Status> {
        let now = self.shared.config.clock.now();
        let key = (who.clone(), verb.to_owned(), subresource.to_owned());
        if let Some(known) = self.answers.get(&key, now) {
            return Ok(known);
        }
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "metadata": {"creationTimestamp": null},
            "spec": {
                "user": who.name,
                "uid": who.uid,
                "groups": who.groups,
                "resourceAttributes": {
                    "verb": verb,
                    "version": "v1",
                    "resource": "nodes",
                    "subresource": subresource,
                    "name": self.shared.config.node_name,
                },
            },
        });
        let target = review(Gvr::new("authorization.k8s.io", "v1", "subjectaccessreviews"));
        let answer = tree(self.shared.config.client.create_tree(&target, body).await?).unwrap_or_default();
        let allowed = answer["status"]["allowed"].as_bool().unwrap_or(false);
        let settings = &self.shared.config.settings;
        self.answers.put(key, allowed, now, if allowed { settings.allowed_kept } else { settings.denied_kept });
        Ok(allowed)
    }
}

fn reviewed(answer: &Value) -> Option<Caller> {
    let status = &answer["status"];
    if status["authenticated"].as_bool() != Some(true) {
        return None;
    }
    let user = &status["user"];
    let groups = user["groups"].as_array().into_iter().flatten();
    Some(Caller {
        name: user["username"].as_str().unwrap_or_default().to_owned(),
        uid: user["uid"].as_str().unwrap_or_default().to_owned(),
        groups: groups.filter_map(|it| it.as_str().map(str::to_owned)).collect(),
    })
}
