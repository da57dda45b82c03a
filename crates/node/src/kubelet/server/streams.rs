//! Exec, attach and port-forward: the runtime opens a stream on its own loopback server, and bytes are carried between
//! it and the client as they come, whatever protocol the two agree on.
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
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
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

/// (stdin, stdout, stderr, tty) as the query asks for them.
fn wanted(asked: &Asked) -> (bool, bool, bool, bool) {
    let either = |old: &str, new: &str| asked.flag(old) || asked.flag(new);
    let tty = asked.flag("tty");
    (either("input", "stdin"), either("output", "stdout"), either("error", "stderr") && !tty, tty)
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
    let (stdin, stdout, stderr, tty) = wanted(asked);
    if !stdin && !stdout && !stderr {
        return text(StatusCode::BAD_REQUEST, "you must specify at least 1 of stdin, stdout, stderr");
    }
    let cmd = asked.all("command").map(str::to_owned).collect();
    let url = shared.runtime.exec(api::ExecRequest { container_id, cmd, tty, stdin, stdout, stderr }).await;
    carry(shared, request, url).await
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
    let (stdin, stdout, stderr, tty) = wanted(asked);
    let url = shared.runtime.attach(api::AttachRequest { container_id, stdin, tty, stdout, stderr }).await;
    carry(shared, request, url).await
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
    carry(shared, request, url).await
}

async fn carry(shared: &Arc<Shared>, request: Request<Incoming>, url: Result<String, RuntimeError>) -> Answer {
    let url = match url {
        Ok(url) => url,
        Err(error) => return failed(error.rpc_text()),
    };
    match forward(shared, request, &url).await {
        Ok(answer) => answer,
        Err(error) => failed(format!("the runtime's stream cannot be opened: {error}")),
    }
}

async fn forward(
    shared: &Arc<Shared>,
    mut request: Request<Incoming>,
    url: &str,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
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
    let mut onward = Request::builder().method(request.method()).uri(path).body(Empty::<Bytes>::new())?;
    *onward.headers_mut() = request.headers().clone();
    onward.headers_mut().remove(header::AUTHORIZATION);
    onward.headers_mut().remove(header::CONTENT_LENGTH);
    onward.headers_mut().insert(header::HOST, authority.as_str().parse()?);
    let mut response = sender.send_request(onward).await?;
    let (mut head, body) = {
        let upgraded =
            (response.status() == StatusCode::SWITCHING_PROTOCOLS).then(|| hyper::upgrade::on(&mut response));
        let (head, body) = response.into_parts();
        if let Some(theirs) = upgraded {
            let ours = hyper::upgrade::on(&mut request);
            shared.tasks.spawn(async move {
                if let Err(error) = join(ours, theirs).await {
                    tracing::debug!(%error, "a stream ended");
                }
            });
            return Ok(Response::from_parts(head, Empty::new().boxed()));
        }
        (head, body)
    };
    head.headers.remove(header::TRANSFER_ENCODING);
    head.headers.remove(header::CONNECTION);
    let body = Limited::new(body, REFUSAL_BYTES_MAX).collect().await.map(|it| it.to_bytes()).unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, body.len().into());
    Ok(Response::from_parts(head, Full::new(body).boxed()))
}

async fn join(ours: hyper::upgrade::OnUpgrade, theirs: hyper::upgrade::OnUpgrade) -> io::Result<()> {
    let ours = ours.await.map_err(io::Error::other)?;
    let theirs = theirs.await.map_err(io::Error::other)?;
    tokio::io::copy_bidirectional(&mut TokioIo::new(ours), &mut TokioIo::new(theirs)).await?;
    Ok(())
}
