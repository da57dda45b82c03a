//! The two ways to the server: of those under test, and of everybody else.
use super::FakeApi;
use futures::{FutureExt, future::BoxFuture, stream::BoxStream};
use skeg_client::{Transport, discovery::Discovered};
use skeg_model::{
    request::{Call, ListOptions, Reply, Target, WatchEvent},
    status::Status,
};
use std::sync::Arc;

/// The transport of those under test: their calls are counted and logged, and faults hit them.
#[derive(Debug, Clone)]
pub struct FakeTransport(pub Arc<FakeApi>);

/// The transport of everybody else: neither counted nor hit by faults.
#[derive(Debug, Clone)]
pub struct SilentTransport(pub Arc<FakeApi>);

impl Transport for SilentTransport {
    fn call<'a>(&'a self, target: &'a Target, call: Call) -> BoxFuture<'a, Result<Reply, Status>> {
        std::future::ready(self.0.call_now(target, call, false)).boxed()
    }

    fn watch<'a>(
        &'a self,
        target: &'a Target,
        options: ListOptions,
    ) -> BoxFuture<'a, Result<BoxStream<'static, Result<WatchEvent, Status>>, Status>> {
        std::future::ready(self.0.open(target, &options)).boxed()
    }

    fn discover(&self) -> BoxFuture<'_, Result<Discovered, Status>> {
        std::future::ready(Ok(self.0.discovered())).boxed()
    }
}

impl Transport for FakeTransport {
    fn call<'a>(&'a self, target: &'a Target, call: Call) -> BoxFuture<'a, Result<Reply, Status>> {
        async move {
            tokio::task::yield_now().await;
            self.0.call_now(target, call, true)
        }
        .boxed()
    }

    fn watch<'a>(
        &'a self,
        target: &'a Target,
        options: ListOptions,
    ) -> BoxFuture<'a, Result<BoxStream<'static, Result<WatchEvent, Status>>, Status>> {
        std::future::ready(self.0.open(target, &options)).boxed()
    }

    fn discover(&self) -> BoxFuture<'_, Result<Discovered, Status>> {
        std::future::ready(Ok(self.0.discovered())).boxed()
    }
}
