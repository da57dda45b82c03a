//! Carrying a request through: headers, bodies, and upgraded connections as raw bytes.
use super::{
    super::{
        body::{self, Body, BrokenStream},
        handler::Server,
    },
    backend::Backend,
};
use futures::TryStreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, BodyStream};
use hyper::{
    body::Incoming,
    upgrade::{self, OnUpgrade},
};
use hyper_util::rt::TokioIo;
use skeg_client::streams::{self, Handshake, Wanted};
use skeg_model::status::Status;
use std::{io, sync::Arc};

/// Buffer of each direction of an upgraded stream.
const COPY_BYTES: usize = 32 << 10;
/// Of one connection only, never forwarded; upgrades set theirs anew.
const HOP_HEADERS: &[HeaderName] = &[
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::PROXY_AUTHORIZATION,
];
/// The caller's credentials end here.
const CREDENTIALS: &[&str] = &["authorization", "impersonate-user", "impersonate-group", "impersonate-uid"];

/// The caller's headers as a backend may see them.
fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let mut out = headers.clone();
    HOP_HEADERS.iter().for_each(|name| drop(out.remove(name)));
    CREDENTIALS.iter().for_each(|name| drop(out.remove(*name)));
    let extra: Vec<HeaderName> = out.keys().filter(|k| k.as_str().starts_with("impersonate-extra-")).cloned().collect();
    extra.iter().for_each(|name| drop(out.remove(name)));
    out
}

/// A request to a backend with the caller's headers.
///
/// # Errors
/// 400 when the path is no path.
pub fn request(method: Method, path: &str, headers: &HeaderMap, body: Body) -> Result<Request<Body>, Status> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .body(body)
        .map_err(|error| Status::bad_request(format!("cannot forward to {path}: {error}")))?;
    *request.headers_mut() = forwarded(headers);
    Ok(request)
}

/// Upgrades both sides and copies bytes both ways until either ends or the server stops.
///
/// # Errors
/// 500 when the backend does not answer.
pub async fn upgrade(
    server: &Arc<Server>,
    mut incoming: Request<Incoming>,
    backend: &Backend,
    path: &str,
) -> Result<Response<Body>, Status> {
    let mut outgoing = request(incoming.method().clone(), path, incoming.headers(), body::empty())?;
    outgoing.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    outgoing.headers_mut().remove(header::CONTENT_LENGTH);
    if let Some(wanted) = incoming.headers().get(header::UPGRADE) {
        outgoing.headers_mut().insert(header::UPGRADE, wanted.clone());
    }
    let mut answer = backend.send(server, outgoing).await?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(relay(answer));
    }
    let (client, far) = (upgrade::on(&mut incoming), upgrade::on(&mut answer));
    carry(server, async {
        let (mut client, mut far) = upgraded(client, far).await?;
        tokio::io::copy_bidirectional_with_sizes(&mut client, &mut far, COPY_BYTES, COPY_BYTES).await.map(drop)
    });
    let (parts, _) = answer.into_parts();
    Ok(switching(parts.headers))
}

/// Serves port-forward's SPDY inside a WebSocket from a backend that speaks it bare.
///
/// # Errors
/// 400 for a handshake that is none, 500 when the backend does not answer.
pub async fn unpack(
    server: &Arc<Server>,
    mut incoming: Request<Incoming>,
    backend: &Backend,
    path: &str,
    inner: &[String],
) -> Result<Response<Body>, Status> {
    let outgoing = spdy_request(path, &incoming, |headers| streams::tunnel_headers(headers, inner))?;
    let mut answer = backend.send(server, outgoing).await?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(relay(answer));
    }
    let handshake = Handshake::tunnelled(incoming.headers(), &answer)
        .ok_or_else(|| Status::internal("unable to upgrade: missing upgrade headers in response"))?;
    let (client, far) = (upgrade::on(&mut incoming), upgrade::on(&mut answer));
    carry(server, async {
        let (client, far) = upgraded(client, far).await?;
        streams::tunnel(client, far).await
    });
    Ok(switching(handshake.0))
}

/// Serves the remote-command protocol whose streams can be closed from a backend that speaks SPDY.
///
/// # Errors
/// 400 for a handshake that is none. What the backend refuses is told inside the protocol.
pub fn translate(
    server: &Arc<Server>,
    mut incoming: Request<Incoming>,
    backend: Backend,
    path: &str,
    wanted: Wanted,
) -> Result<Response<Body>, Status> {
    let handshake =
        Handshake::closing(incoming.headers()).ok_or_else(|| Status::bad_request("bad WebSocket handshake"))?;
    let outgoing = spdy_request(path, &incoming, streams::command_headers)?;
    let client = upgrade::on(&mut incoming);
    let dialling = server.clone();
    carry(server, async move {
        let client = TokioIo::new(client.await.map_err(io::Error::other)?);
        let open = async { backend.send(&dialling, outgoing).await };
        streams::remote_command(client, wanted, open).await.map_err(io::Error::other)
    });
    Ok(switching(handshake.0))
}

fn spdy_request(
    path: &str,
    incoming: &Request<Incoming>,
    headers: impl FnOnce(&HeaderMap) -> HeaderMap,
) -> Result<Request<Body>, Status> {
    let mut outgoing = request(Method::POST, path, incoming.headers(), body::empty())?;
    outgoing.headers_mut().remove(header::CONTENT_LENGTH);
    *outgoing.headers_mut() = headers(outgoing.headers());
    Ok(outgoing)
}

type Stream = TokioIo<upgrade::Upgraded>;

async fn upgraded(client: OnUpgrade, far: OnUpgrade) -> io::Result<(Stream, Stream)> {
    let (client, far) = tokio::try_join!(client, far).map_err(io::Error::other)?;
    Ok((TokioIo::new(client), TokioIo::new(far)))
}

/// Runs a stream beside the requests, until it ends or the server stops.
fn carry(server: &Arc<Server>, stream: impl Future<Output = io::Result<()>> + Send + 'static) {
    let token = server.token.clone();
    server.tasks.spawn(async move {
        if let Some(Err(error)) = token.run_until_cancelled(stream).await {
            tracing::debug!(%error, "a stream ended");
        }
    });
}

fn switching(headers: HeaderMap) -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = headers;
    response
}

/// A backend's answer as ours; its body streams through.
pub fn relay(answer: Response<Incoming>) -> Response<Body> {
    let (parts, content) = answer.into_parts();
    let mut response = Response::new(content.map_err(BrokenStream::from).boxed_unsync());
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    HOP_HEADERS.iter().for_each(|name| drop(response.headers_mut().remove(name)));
    response
}

/// A request's body as a backend's, streamed.
pub fn streamed(content: Incoming) -> Body {
    let chunks = BodyStream::new(content).try_filter_map(|frame| async move { Ok(frame.into_data().ok()) });
    body::streamed(chunks.map_err(BrokenStream::from))
}
