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
use hyper::{body::Incoming, upgrade};
use hyper_util::rt::TokioIo;
use skeg_model::status::Status;
use std::sync::Arc;

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

pub fn wants_upgrade(headers: &HeaderMap) -> bool {
    let connection = headers.get_all(header::CONNECTION).iter().filter_map(|v| v.to_str().ok());
    let upgrades = connection.flat_map(|v| v.split(',')).any(|token| token.trim().eq_ignore_ascii_case("upgrade"));
    upgrades && headers.contains_key(header::UPGRADE)
}

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
    for name in [header::UPGRADE, header::CONTENT_LENGTH] {
        match incoming.headers().get(&name) {
            Some(value) if name == header::UPGRADE => drop(outgoing.headers_mut().insert(name, value.clone())),
            _ => drop(outgoing.headers_mut().remove(name)),
        }
    }
    let mut answer = backend.send(server, outgoing).await?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(relay(answer));
    }
    let (client, far) = (upgrade::on(&mut incoming), upgrade::on(&mut answer));
    let token = server.token.clone();
    server.tasks.spawn(async move {
        let copy = async {
            let (client, far) = tokio::try_join!(client, far)?;
            let (mut client, mut far) = (TokioIo::new(client), TokioIo::new(far));
            let copied = tokio::io::copy_bidirectional_with_sizes(&mut client, &mut far, COPY_BYTES, COPY_BYTES).await;
            Ok::<_, hyper::Error>(copied)
        };
        if let Some(Err(error)) = token.run_until_cancelled(copy).await {
            tracing::debug!(%error, "a stream could not be upgraded");
        }
    });
    let (parts, _) = answer.into_parts();
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = parts.headers;
    Ok(response)
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
