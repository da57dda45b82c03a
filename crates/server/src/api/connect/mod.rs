//! Streams to nodes: log, exec, attach, port-forward and proxying. Authorised here, executed by the kubelet.
use super::{
    body::Body,
    handler::{Exchange, Server},
    verbs::Plan,
};
use http::{Request, Response};
use hyper::body::Incoming;
use skeg_model::status::Status;
use std::sync::Arc;

/// # Errors
/// The Status to answer with.
pub async fn answer(
    server: &Arc<Server>,
    request: Request<Incoming>,
    exchange: &Exchange,
    plan: &Plan,
) -> Result<Response<Body>, Status> {
    let _ = (server, request, exchange);
    let name = plan.subresource.map_or("", |sub| sub.name());
    Err(Status::failure(501, "NotImplemented", format!("streams to nodes are not served yet: {name}")))
}
