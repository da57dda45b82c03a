//! The admission chain in upstream's order. A plugin mutates or refuses; what it must look up it reads through the store.
mod default_tolerations;
mod limit_ranger;
pub(crate) mod metrics;
mod namespace_lifecycle;
mod node_restriction;
mod pod_resize;
mod pod_security;
mod priority;
mod runtime_class;
mod service_account;
mod taint_nodes;
#[cfg(test)]
mod tests;
mod topology_labels;

use crate::{
    auth::User,
    resources::{Entropy, tree},
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use skeg_model::{Value, kinds::Kind, status::Status};
use skeg_storage::{Key, Store};
use std::sync::Arc;

/// What happens to the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Create,
    Update,
    Delete,
    Connect,
}

impl Operation {
    /// As metrics and webhooks name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// One request as the plugins see it.
#[derive(Debug)]
pub struct Request<'a> {
    pub user: &'a User,
    pub kind: &'static Kind,
    pub operation: Operation,
    pub namespace: &'a str,
    pub name: &'a str,
    /// "" for the object itself.
    pub subresource: &'a str,
    pub old: Option<&'a Value>,
    pub dry_run: bool,
    pub now: Timestamp,
    /// Source of generated names.
    pub entropy: &'a dyn Entropy,
    /// `Warning:` headers that plugins add.
    pub warnings: &'a mut Vec<String>,
}

/// A plugin of the chain. `object` is the tree about to be written (the options object's place is null for DELETE).
pub trait Plugin: Send + Sync + std::fmt::Debug {
    /// Upstream's name, as `--enable-admission-plugins` takes it.
    fn name(&self) -> &'static str;

    /// Whether it may change or refuse an object of this operation before validation.
    fn mutates(&self, operation: Operation) -> bool;

    /// Whether it may refuse an object of this operation after validation.
    fn validates(&self, operation: Operation) -> bool;

    /// Changes the object before validation.
    fn mutate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a mut Value,
    ) -> BoxFuture<'a, Result<(), Status>>;

    /// Refuses the object after validation.
    fn validate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a Value,
    ) -> BoxFuture<'a, Result<(), Status>>;
}

impl Request<'_> {
    /// Whether this is about an object of the core group's `resource` itself.
    fn is_core(&self, resource: &str) -> bool {
        self.kind.group.is_empty() && self.kind.resource == resource && self.subresource.is_empty()
    }

    /// 403 about the object, which may have no name yet.
    fn forbidden(&self, object: &Value, why: &str) -> Status {
        let given = [self.name, tree::name(object), tree::generate_name(object)];
        let name = given.into_iter().find(|n| !n.is_empty()).unwrap_or_default();
        Status::forbidden(self.kind.group, self.kind.resource, name, why)
    }
}

/// A decoded object of the store, shared.
fn look_up<T: DeserializeOwned + Send + Sync + 'static>(
    store: &dyn Store,
    kind: &'static Kind,
    namespace: &str,
    name: &str,
) -> Option<Arc<T>> {
    let rest = if kind.namespaced() { format!("{namespace}/{name}") } else { name.to_owned() };
    store.get(&Key { ring: kind.prefix.into(), rest: rest.into() })?.typed::<T>().ok()
}

/// A plugin that has its verdict without waiting.
trait Prompt: Send + Sync + std::fmt::Debug {
    fn name(&self) -> &'static str;

    fn mutates(&self, _operation: Operation) -> bool {
        false
    }

    fn validates(&self, _operation: Operation) -> bool {
        false
    }

    fn mutate(&self, _: &dyn Store, _: &mut Request<'_>, _: &mut Value) -> Result<(), Status> {
        Ok(())
    }

    fn validate(&self, _: &dyn Store, _: &mut Request<'_>, _: &Value) -> Result<(), Status> {
        Ok(())
    }
}

impl<P: Prompt> Plugin for P {
    fn name(&self) -> &'static str {
        Prompt::name(self)
    }

    fn mutates(&self, operation: Operation) -> bool {
        Prompt::mutates(self, operation)
    }

    fn validates(&self, operation: Operation) -> bool {
        Prompt::validates(self, operation)
    }

    fn mutate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a mut Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        Box::pin(std::future::ready(Prompt::mutate(self, store, request, object)))
    }

    fn validate<'a>(
        &'a self,
        store: &'a dyn Store,
        request: &'a mut Request<'_>,
        object: &'a Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        Box::pin(std::future::ready(Prompt::validate(self, store, request, object)))
    }
}

/// A plugin named by a flag that this server does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("admission plugin {0:?} is not served; there are {names}", names = NAMES.join(", "))]
pub struct UnknownPlugin(pub String);

/// The plugins served, in upstream's order; all are on by default.
const NAMES: &[&str] = &[
    "NamespaceLifecycle",
    "LimitRanger",
    "ServiceAccount",
    "NodeRestriction",
    "TaintNodesByCondition",
    "PodSecurity",
    "Priority",
    "DefaultTolerationSeconds",
    "RuntimeClass",
    "PodTopologyLabels",
    "PodResizeValidator",
];

/// The chain as the flags `--enable-admission-plugins` and `--disable-admission-plugins` want it.
///
/// # Errors
/// A flag names a plugin that is not served.
pub fn chain(enable: &[String], disable: &[String]) -> Result<Vec<Box<dyn Plugin>>, UnknownPlugin> {
    if let Some(unknown) = enable.iter().chain(disable).find(|name| !NAMES.contains(&name.as_str())) {
        return Err(UnknownPlugin(unknown.clone()));
    }
    let all: Vec<Box<dyn Plugin>> = vec![
        Box::new(namespace_lifecycle::NamespaceLifecycle),
        Box::new(limit_ranger::LimitRanger),
        Box::new(service_account::ServiceAccount),
        Box::new(node_restriction::NodeRestriction),
        Box::new(taint_nodes::TaintNodesByCondition),
        Box::new(pod_security::PodSecurity),
        Box::new(priority::Priority),
        Box::new(default_tolerations::DefaultTolerationSeconds),
        Box::new(runtime_class::RuntimeClass),
        Box::new(topology_labels::PodTopologyLabels),
        Box::new(pod_resize::PodResizeValidator),
    ];
    Ok(all.into_iter().filter(|plugin| !disable.iter().any(|name| name == plugin.name())).collect())
}
