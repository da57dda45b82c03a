//! Exec, attach and port-forward: the runtime opens a stream on its own loopback server, and bytes are carried between
//! it and the client as they come, or translated where the client's protocol is newer than the runtime's.
use super::{
    Answer, Asked,
    containers::{lookup, observed},
    text,
};
use crate::{
    cri::{RuntimeError, api},
    kubelet::shared::Shared,
    pod::State,
};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use skeg_client::streams::{self, Handshake, Middle, Wanted};
use skeg_model::status::Status;
use std::{io, sync::Arc};
use tokio::net::TcpStream;

/// Longest refusal of the runtime's server that is handed on, in bytes.
const REFUSAL_BYTES_MAX: usize = 64 << 10;

fn failed(message: impl Into<String>) -> Answer {
    text(StatusCode::INTERNAL_SERVER_ERROR, message)
}

async fn running(shared: &Arc<Shared>, (namespace, pod, container): (&str, &str, &str)) -> Result<String, Box<Answer>> {
    let found = lookup(shared, namespace, pod, container)?;
    let observed = observed(shared, &found).await?;
    let running = observed.container(container).filter(|it| it.state == State::Running);
    running.map(|it| it.id.clone()).ok_or_else(|| failed(format!("container not found (\"{container}\")")).into())
}

/// The streams that the query asks for.
fn wanted(asked: &Asked) -> Wanted {
    let either = |old: &str, new: &str| asked.flag(old) || asked.flag(new);
    let tty = asked.flag("tty");
    Wanted {
        stdin: either("input", "stdin"),
        stdout: either("output", "stdout"),
        stderr: either("error", "stderr") && !tty,
        tty,
    }
}

pub(super) async fn exec(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    asked: &Asked,
    whose: (&str, &str, &str),
) -> Answer {
    let container_id = match running(shared, whose).await {
        Ok(id) => id,
        Err(answer) => return *answer,
    };
    let streams = wanted(asked);
    let Wanted { stdin, stdout, stderr, tty } = streams;
    if !stdin && !stdout && !stderr {
        return text(StatusCode::BAD_REQUEST, "you must specify at least 1 of stdin, stdout, stderr");
    }
    let cmd = asked.all("command").map(str::to_owned).collect();
    let url = shared.runtime.exec(api::ExecRequest { container_id, cmd, tty, stdin, stdout, stderr }).await;
    command(shared, request, streams, url).await
}

pub(super) async fn attach(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    asked: &Asked,
    whose: (&str, &str, &str),
) -> Answer {
    let container_id = match running(shared, whose).await {
        Ok(id) => id,
        Err(answer) => return *answer,
    };
    let streams = wanted(asked);
    let Wanted { stdin, stdout, stderr, tty } = streams;
    let url = shared.runtime.attach(api::AttachRequest { container_id, stdin, tty, stdout, stderr }).await;
    command(shared, request, streams, url).await
}

pub(super) async fn port_forward(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    asked: &Asked,
    (namespace, pod): (&str, &str),
) -> Answer {
    let found = match lookup(shared, namespace, pod, "") {
        Ok(found) => found,
        Err(answer) => return *answer,
    };
    let observed = match observed(shared, &found).await {
        Ok(observed) => observed,
        Err(answer) => return *answer,
    };
    let Some(sandbox) = observed.ready_sandbox() else {
        return failed(format!("sandbox of pod \"{pod}\" is not running"));
    };
    let ports = asked.all("port").chain(asked.all("ports")).flat_map(|it| it.split(','));
    let port: Vec<i32> = ports.filter_map(|it| it.parse().ok()).collect();
    let request_to = api::PortForwardRequest { pod_sandbox_id: sandbox.id.clone(), port };
    let url = shared.runtime.port_forward(request_to).await;
    let url = match url {
        Ok(url) => url,
        Err(error) => return failed(error.rpc_text()),
    };
    let done = match Middle::of_forwarding(request.headers()) {
        Middle::Unpack(inner) => unpack(shared, request, &url, &inner).await,
        Middle::Carry | Middle::Translate => carry(shared, request, &url).await,
    };
    done.unwrap_or_else(|error| failed(format!("the runtime's stream cannot be opened: {error}")))
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Carries exec or attach between the client and the runtime's stream, in the client's protocol.
async fn command(
    shared: &Arc<Shared>,
    mut request: Request<Incoming>,
    wanted: Wanted,
    url: Result<String, RuntimeError>,
) -> Answer {
    let url = match url {
        Ok(url) => url,
        Err(error) => return failed(error.rpc_text()),
    };
    if Middle::of_command(request.headers()) == Middle::Carry {
        let done = carry(shared, request, &url).await;
        return done.unwrap_or_else(|error| failed(format!("the runtime's stream cannot be opened: {error}")));
    }
    let Some(handshake) = Handshake::closing(request.headers()) else {
        return text(StatusCode::BAD_REQUEST, "bad WebSocket handshake");
    };
    let headers = streams::command_headers(request.headers());
    let client = hyper::upgrade::on(&mut request);
    let far = shared.clone();
    shared.tasks.spawn(async move {
        let Ok(client) = client.await else { return };
        let open = async { open(&far, Method::POST, &headers, &url).await.map_err(Status::internal) };
        if let Err(error) = streams::remote_command(TokioIo::new(client), wanted, open).await {
            tracing::debug!(%error, "a stream ended");
        }
    });
    switching(handshake)
}

fn switching(handshake: Handshake) -> Answer {
    let mut answer = Response::new(Empty::new().boxed());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *answer.headers_mut() = handshake.0;
    answer
}

/// Asks the runtime's stream server for an upgrade.
async fn open(
    shared: &Arc<Shared>,
    method: Method,
    headers: &HeaderMap,
    url: &str,
) -> Result<Response<Incoming>, Broken> {
    let url: Uri = url.parse()?;
    let authority = url.authority().ok_or("the runtime's URL has no host")?.clone();
    let stream = TcpStream::connect(authority.as_str()).await?;
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    shared.tasks.spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "a stream of the runtime ended early");
        }
    });
    let path = url.path_and_query().map_or("/", |it| it.as_str());
    let mut onward = Request::builder().method(method).uri(path).body(Empty::<Bytes>::new())?;
    *onward.headers_mut() = headers.clone();
    onward.headers_mut().remove(header::AUTHORIZATION);
    onward.headers_mut().remove(header::CONTENT_LENGTH);
    onward.headers_mut().insert(header::HOST, authority.as_str().parse()?);
    Ok(sender.send_request(onward).await?)
}

/// Port-forward whose SPDY comes inside messages of a WebSocket.
async fn unpack(
    shared: &Arc<Shared>,
    mut request: Request<Incoming>,
    url: &str,
    inner: &[String],
) -> Result<Answer, Broken> {
    let headers = streams::tunnel_headers(request.headers(), inner);
    let mut response = open(shared, Method::POST, &headers, url).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(refusal(response).await);
    }
    let handshake = Handshake::tunnelled(request.headers(), &response).ok_or("missing upgrade headers in response")?;
    let (client, far) = (hyper::upgrade::on(&mut request), hyper::upgrade::on(&mut response));
    shared.tasks.spawn(async move {
        let (Ok(client), Ok(far)) = (client.await, far.await) else { return };
        if let Err(error) = streams::tunnel(TokioIo::new(client), TokioIo::new(far)).await {
            tracing::debug!(%error, "a stream ended");
        }
    });
    Ok(switching(handshake))
}

/// Carries bytes as they come: client and runtime agree on a protocol between them.
async fn carry(shared: &Arc<Shared>, mut request: Request<Incoming>, url: &str) -> Result<Answer, Broken> {
    let mut response = open(shared, request.method().clone(), request.headers(), url).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(refusal(response).await);
    }
    let (ours, theirs) = (hyper::upgrade::on(&mut request), hyper::upgrade::on(&mut response));
    shared.tasks.spawn(async move {
        if let Err(error) = join(ours, theirs).await {
            tracing::debug!(%error, "a stream ended");
        }
    });
    let (head, _) = response.into_parts();
    Ok(Response::from_parts(head, Empty::new().boxed()))
}

/// The runtime's refusal, handed on.
async fn refusal(response: Response<Incoming>) -> Answer {
    let (mut head, body) = response.into_parts();
    head.headers.remove(header::TRANSFER_ENCODING);
    head.headers.remove(header::CONNECTION);
    let body = Limited::new(body, REFUSAL_BYTES_MAX).collect().await.map(|it| it.to_bytes()).unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, body.len().into());
    Response::from_parts(head, Full::new(body).boxed())
}

async fn join(ours: hyper::upgrade::OnUpgrade, theirs: hyper::upgrade::OnUpgrade) -> io::Result<()> {
    let ours = ours.await.map_err(io::Error::other)?;
    let theirs = theirs.await.map_err(io::Error::other)?;
    tokio::io::copy_bidirectional(&mut TokioIo::new(ours), &mut TokioIo::new(theirs)).await?;
    Ok(())
}
