//! The admission chain in upstream's order. A plugin mutates or refuses; what it must look up it reads through the store.
use crate::auth::User;
use futures::future::BoxFuture;
use jiff::Timestamp;
use skeg_model::{Value, kinds::Kind, status::Status};
use skeg_storage::Store;

/// What happens to the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Create,
    Update,
    Delete,
    Connect,
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
    /// `Warning:` headers that plugins add.
    pub warnings: &'a mut Vec<String>,
}

/// A plugin of the chain. `object` is the tree about to be written (the options object's place is null for DELETE).
pub trait Plugin: Send + Sync + std::fmt::Debug {
    /// Upstream's name, as `--enable-admission-plugins` takes it.
    fn name(&self) -> &'static str;

    /// Changes the object before validation.
    fn mutate<'a>(
        &'a self,
        _store: &'a dyn Store,
        _request: &'a mut Request<'_>,
        _object: &'a mut Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Refuses the object after validation.
    fn validate<'a>(
        &'a self,
        _store: &'a dyn Store,
        _request: &'a mut Request<'_>,
        _object: &'a Value,
    ) -> BoxFuture<'a, Result<(), Status>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
