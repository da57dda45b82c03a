//! The node's own HTTPS server: logs, streams into containers, statistics, health.
mod access;
mod cadvisor;
mod containers;
mod info;
mod metrics;
mod plain;
mod stats;
mod streams;
mod summary;
pub(super) mod tls;

use super::{
    config::{KubeletError, ServingTls},
    metrics::{HTTP_DURATION, HTTP_INFLIGHT, HTTP_REQUESTS, WEBSOCKETS},
    shared::Shared,
};
use access::{Access, Caller};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use std::{convert::Infallible, sync::Arc, time::Duration};
pub(super) use summary::Rates;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;

/// Connections at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 1024;
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
const HEADERS_WITHIN: Duration = Duration::from_secs(30);

pub(super) type Body = BoxBody<Bytes, Infallible>;
pub(super) type Answer = Response<Body>;

/// A text with a status, as Go's servers answer.
pub(super) fn text(code: StatusCode, text: impl Into<String>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text.into())).boxed());
    *answer.status_mut() = code;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}

pub(super) fn json(value: &impl serde::Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(bytes) => {
            let mut answer = Response::new(Full::new(Bytes::from(bytes)).boxed());
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            answer
        }
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

/// A request's path and query, taken apart.
#[derive(Debug)]
pub(super) struct Asked {
    pub parts: Vec<String>,
    pub query: Vec<(String, String)>,
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|it| std::str::from_utf8(it).ok());
        match (bytes[at], hex.and_then(|it| u8::from_str_radix(it, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                at += 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl Asked {
    fn parse(uri: &http::Uri) -> Self {
        let parts = uri.path().split('/').skip(1).map(|part| unescape(&part.replace('+', "%2B")));
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescape(key), unescape(value))
        };
        let query = uri.query().unwrap_or_default().split('&').filter(|it| !it.is_empty()).map(pair);
        Self { parts: parts.collect(), query: query.collect() }
    }

    pub fn first(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub fn flag(&self, key: &str) -> bool {
        matches!(self.first(key), Some("1" | "true" | "True" | "TRUE" | "t" | "T"))
    }
}

/// Binds the port and starts to serve.
///
/// # Errors
/// The port is taken, or the certificate cannot be used.
pub(super) async fn start(shared: &Arc<Shared>, files: &ServingTls) -> Result<(), KubeletError> {
    let live = tls::Live::new(files, &shared.config.settings)?;
    let address = shared.config.settings.listen;
    let listen =
        async |address| TcpListener::bind(address).await.map_err(|source| KubeletError::Listen { address, source });
    shared.tasks.spawn(accept(shared.clone(), listen(address).await?, live.current.clone()));
    shared.tasks.spawn(live.keep());
    if let Some(address) = shared.config.settings.healthz {
        shared.tasks.spawn(plain::serve(listen(address).await?, plain::Door::Health));
    }
    if let Some(address) = shared.config.settings.read_only {
        shared.tasks.spawn(plain::serve(listen(address).await?, plain::Door::ReadOnly(shared.clone())));
    }
    Ok(())
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, tls: Arc<ArcSwap<ServerConfig>>) {
    let access = Arc::new(Access::new(shared.clone()));
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (shared, access, acceptor) = (shared.clone(), access.clone(), TlsAcceptor::from(tls.load_full()));
        let tasks = shared.tasks.clone();
        tasks.spawn(async move {
            let _place = place;
            if let Err(error) = connection(shared, access, acceptor, stream).await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
}

async fn connection(
    shared: Arc<Shared>,
    access: Arc<Access>,
    acceptor: TlsAcceptor,
    stream: TcpStream,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let _ = stream.set_nodelay(true);
    let stream = tokio::time::timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await??;
    let caller = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).and_then(|it| Caller::of(it));
    let caller = Arc::new(caller);
    let service = service_fn(move |request: Request<Incoming>| {
        let (shared, access, caller) = (shared.clone(), access.clone(), caller.clone());
        async move { Ok::<_, Infallible>(answer(&shared, &access, caller.as_ref().as_ref(), request).await) }
    });
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await?;
    Ok(())
}

async fn answer(shared: &Arc<Shared>, access: &Access, caller: Option<&Caller>, request: Request<Incoming>) -> Answer {
    let who = match access.authenticate(caller, request.headers()).await {
        Some(who) => who,
        None => return text(StatusCode::UNAUTHORIZED, "Unauthorized"),
    };
    if let Err(refused) = access.authorise(&who, request.method(), request.uri().path()).await {
        return *refused;
    }
    route(shared, request, true).await
}

fn not_found() -> Answer {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// Methods and paths as the metrics of requests group them.
fn labels(request: &Request<Incoming>, whole: bool) -> [String; 4] {
    let path = request.uri().path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    let known = [
        "healthz",
        "pods",
        "runningpods",
        "configz",
        "metrics",
        "stats",
        "containerLogs",
        "exec",
        "attach",
        "portForward",
        "run",
        "checkpoint",
        "logs",
        "debug",
    ];
    let group = match first {
        "metrics" if ["metrics/cadvisor", "metrics/probes", "metrics/resource"].contains(&path) => path,
        first if known.contains(&first) => first,
        _ => "other",
    };
    let long = matches!(group, "exec" | "attach" | "portForward" | "debug");
    [
        if long { "true" } else { "false" }.into(),
        request.method().to_string(),
        group.into(),
        if whole { "readwrite" } else { "readonly" }.into(),
    ]
}

/// `whole`: with what only those may ask for who are known.
async fn route(shared: &Arc<Shared>, request: Request<Incoming>, whole: bool) -> Answer {
    let labels = labels(&request, whole);
    let labels = labels.each_ref().map(String::as_str);
    shared.metrics.count(&HTTP_REQUESTS, &labels);
    let upgrade = request.headers().get(header::UPGRADE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    if upgrade.eq_ignore_ascii_case("websocket") && ["exec", "attach", "portForward"].contains(&labels[2]) {
        shared.metrics.count(&WEBSOCKETS, &[labels[2]]);
    }
    shared.metrics.add(&HTTP_INFLIGHT, &labels, 1.0);
    let start = std::time::Instant::now();
    let answer = dispatch(shared, request, whole).await;
    shared.metrics.took(&HTTP_DURATION, &labels, start);
    shared.metrics.add(&HTTP_INFLIGHT, &labels, -1.0);
    answer
}

async fn dispatch(shared: &Arc<Shared>, request: Request<Incoming>, whole: bool) -> Answer {
    let asked = Asked::parse(request.uri());
    let parts: Vec<&str> = asked.parts.iter().map(String::as_str).collect();
    let get = matches!(*request.method(), Method::GET | Method::HEAD);
    let debugging =
        ["exec", "attach", "portForward", "run", "containerLogs", "runningpods", "logs"].contains(&parts[0]);
    if debugging && !(whole && shared.config.settings.debugging_handlers) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "Debug endpoints are disabled.\n");
    }
    match parts[..] {
        ["healthz"] | ["healthz", "ping" | "log" | "syncloop"] => text(StatusCode::OK, "ok"),
        ["pods"] if get => info::pods(shared),
        ["runningpods", ""] | ["runningpods"] if get => info::running_pods(shared).await,
        ["configz"] if get && whole => info::configz(shared),
        ["metrics"] if get => metrics::metrics(shared).await,
        ["metrics", "cadvisor"] if get => cadvisor::metrics(shared).await,
        ["metrics", "probes"] if get => metrics::probes(shared),
        ["metrics", "resource"] if get => stats::resource_metrics(shared).await,
        ["stats"] => info::redirect("/stats/"),
        ["stats", "summary"] => summary::summary(shared).await,
        ["containerLogs", namespace, pod, container] if get => {
            containers::logs(shared, namespace, pod, container, &asked).await
        }
        ["exec", namespace, pod, container] | ["exec", namespace, pod, _, container] => {
            streams::exec(shared, request, &asked, (namespace, pod, container)).await
        }
        ["attach", namespace, pod, container] | ["attach", namespace, pod, _, container] => {
            streams::attach(shared, request, &asked, (namespace, pod, container)).await
        }
        ["portForward", namespace, pod] | ["portForward", namespace, pod, _] => {
            streams::port_forward(shared, request, &asked, (namespace, pod)).await
        }
        ["run", namespace, pod, container] | ["run", namespace, pod, _, container] if !get => {
            containers::run(shared, namespace, pod, container, &asked).await
        }
        ["exec" | "attach" | "portForward" | "run" | "containerLogs", ..] => {
            text(StatusCode::NOT_FOUND, "404: Page Not Found")
        }
        ["checkpoint", ..] if get => text(StatusCode::METHOD_NOT_ALLOWED, "405: Method Not Allowed"),
        _ => not_found(),
    }
}
