//! Streams to nodes: log, exec, attach, port-forward and proxying. Authorised here, executed by the kubelet or the pod.
//!
//! What is asked of whom is decided purely ([`place`]); this module looks the objects up and carries bytes ([`forward`]).
mod backend;
mod forward;
mod log;
mod place;
mod proxy;

use super::{
    body::Body,
    handler::{Exchange, Server},
    verbs::Plan,
};
use crate::{
    auth::{Attributes, User},
    resources::Context,
};
use backend::Backend;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use skeg_client::streams::{self, Middle};
use skeg_model::{
    Value,
    request::{Call, Gvr, Reply, Target},
    status::Status,
};
use std::{borrow::Cow, sync::Arc};

/// Carries a stream out.
///
/// # Errors
/// The Status to answer with.
pub async fn answer(
    server: &Arc<Server>,
    request: Request<Incoming>,
    exchange: &Exchange,
    plan: &Plan,
) -> Result<Response<Body>, Status> {
    let subresource = plan.subresource.map_or("", |sub| sub.name());
    match (plan.row.resource, subresource) {
        ("pods", "log") => log::answer(server, exchange).await,
        ("pods", "exec" | "attach" | "portforward") => stream(server, request, exchange, subresource).await,
        (resource, _) => proxy::answer(server, request, exchange, resource).await,
    }
}

/// exec, attach and portforward: the connection is upgraded and carried through to the kubelet.
async fn stream(
    server: &Arc<Server>,
    request: Request<Incoming>,
    exchange: &Exchange,
    subresource: &str,
) -> Result<Response<Body>, Status> {
    if exchange.method == Method::GET {
        // A browser can be made to open a WebSocket by GET: what changes things needs the right to create.
        server.authorise(&Attributes { verb: "create", ..exchange.attributes() })?;
    }
    let pod = pod(server, exchange).await?;
    let path = place::stream_path(&pod, subresource, &exchange.query)?;
    let node = place::node_of(&pod)
        .ok_or_else(|| Status::bad_request(format!("pod {} does not have a host assigned", exchange.info.name)))?;
    if !streams::wants_upgrade(request.headers()) {
        return Err(Status::bad_request("Upgrade request required"));
    }
    let node = lookup(server, "nodes", None, node).await?;
    let backend = Backend::tls(place::kubelet_address(&node)?, server.config.kubelet.clone());
    let middle = match subresource {
        // Such a kubelet does it itself.
        _ if place::declares(&node, "ExtendWebSocketsToKubelet") => Middle::Carry,
        "portforward" => Middle::of_forwarding(request.headers()),
        _ => Middle::of_command(request.headers()),
    };
    match middle {
        Middle::Carry => forward::upgrade(server, request, &backend, &path).await,
        Middle::Unpack(inner) => forward::unpack(server, request, &backend, &path, &inner).await,
        Middle::Translate => {
            let wanted = place::wanted(&exchange.query);
            forward::translate(server, request, backend, &path, wanted)
        }
    }
}

async fn pod(server: &Server, exchange: &Exchange) -> Result<Value, Status> {
    lookup(server, "pods", Some(&exchange.info.namespace), &exchange.info.name).await
}

/// The kubelet of a node.
async fn kubelet(server: &Server, node: &str) -> Result<Backend, Status> {
    let node = lookup(server, "nodes", None, node).await?;
    let address = place::kubelet_address(&node)?;
    Ok(Backend::tls(address, server.config.kubelet.clone()))
}

/// A core object, read with the server's own rights: the caller's were checked on the subresource.
async fn lookup(server: &Server, resource: &'static str, namespace: Option<&str>, name: &str) -> Result<Value, Status> {
    let own =
        Context { authorise: false, ..Context::new(User::component("system:apiserver", &["system:masters"]), "skeg") };
    let target = Target {
        gvr: Gvr { group: Cow::Borrowed(""), version: Cow::Borrowed("v1"), resource: Cow::Borrowed(resource) },
        namespace: namespace.map(str::to_owned),
        name: Some(name.to_owned()),
        subresource: None,
    };
    match server.config.api.call(&own, &target, Call::Get { resource_version: String::new() }).await?.reply {
        Reply::Object(object) | Reply::Created(object) => Ok(object.tree()),
        Reply::Tree { value, .. } => Ok(value),
        Reply::List(_) | Reply::Status(_) => Err(Status::internal("a get answered with something that is no object")),
    }
}
