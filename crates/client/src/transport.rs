//! What carries calls to an API server.
use crate::discovery::Discovered;
use futures::{future::BoxFuture, stream::BoxStream};
use skeg_model::{
    request::{Call, ListOptions, Reply, Target, WatchEvent},
    status::Status,
};
use std::sync::Arc;

/// A way to an API server under one identity. Implementations: HTTPS (`client::rest`) and a direct call into the API's
/// pipeline (`server::local`), which shares the stored objects instead of copying them.
pub trait Transport: Send + Sync + std::fmt::Debug + 'static {
    /// Carries one call; errors are the API's own Status, or one with reason `ServiceUnavailable` when nothing answered.
    fn call<'a>(&'a self, target: &'a Target, call: Call) -> BoxFuture<'a, Result<Reply, Status>>;

    /// Opens a watch; the stream ends when the server ends it. An `Err` item ends it too (410 for a fallen-off cursor).
    fn watch<'a>(
        &'a self,
        target: &'a Target,
        options: ListOptions,
    ) -> BoxFuture<'a, Result<BoxStream<'static, Result<WatchEvent, Status>>, Status>>;

    /// What the server serves now, and a way to learn of changes.
    fn discover(&self) -> BoxFuture<'_, Result<Discovered, Status>>;
}

/// Shared handle to a transport.
pub type SharedTransport = Arc<dyn Transport>;
