//! The in-process door: calls under one identity go straight into the pipeline and share the stored objects.
use super::{Api, Context};
use crate::auth::User;
use futures::{
    future::BoxFuture,
    stream::{BoxStream, StreamExt},
};
use skeg_client::{
    Transport,
    discovery::{Discovered, Served},
};
use skeg_model::{
    request::{Call, ListOptions, Reply, Target, WatchEvent},
    status::Status,
};
use std::sync::Arc;

/// A transport into `api` as `context`'s user.
#[derive(Debug, Clone)]
pub struct LocalTransport {
    api: Arc<Api>,
    context: Arc<Context>,
}

impl LocalTransport {
    /// `agent` is the program's name as a user agent would tell it.
    pub fn new(api: Arc<Api>, user: User, agent: impl Into<String>) -> Self {
        Self { api, context: Arc::new(Context::new(user, agent)) }
    }
}

impl Transport for LocalTransport {
    fn call<'a>(&'a self, target: &'a Target, call: Call) -> BoxFuture<'a, Result<Reply, Status>> {
        Box::pin(async move { Ok(self.api.call(&self.context, target, call).await?.reply) })
    }

    fn watch<'a>(
        &'a self,
        target: &'a Target,
        options: ListOptions,
    ) -> BoxFuture<'a, Result<BoxStream<'static, Result<WatchEvent, Status>>, Status>> {
        Box::pin(async move { Ok(self.api.watch(&self.context, target, options).await?.boxed()) })
    }

    /// The kinds are part of the program: they do not change while it runs.
    fn discover(&self) -> BoxFuture<'_, Result<Discovered, Status>> {
        let discovered = Discovered { served: Served::builtin(), changed: Box::pin(std::future::pending()) };
        Box::pin(std::future::ready(Ok(discovered)))
    }
}
