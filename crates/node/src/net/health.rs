//! What load balancers ask of a node: whether a Service has endpoints here (`healthCheckNodePort`), and whether the node's
//! proxy keeps up (`/healthz` and `/livez` on port 10256). And what the node's own administrators ask: its metrics and mode.
use super::{
    metrics::{Changed, ProxyMetrics},
    services::model::Health,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, ObjectReference};
use parking_lot::Mutex;
use skeg_client::{EventRecorder, EventType, Tasks};
use skeg_model::time::Clock;
use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    fmt::Write,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
};
use tokio_util::sync::CancellationToken;

/// Upstream's defaults of `healthzBindAddress` and `metricsBindAddress`.
pub const HEALTHZ_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 10_256);
pub const METRICS_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 10_249);
/// A change that is not in force after this long makes the proxy unhealthy: twice upstream's sync period.
const HEALTHY_WITHIN: Duration = Duration::from_secs(60);
/// Connections that one port serves at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 64;
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// The cluster autoscaler's mark of a node that is about to go.
const TO_BE_DELETED_TAINT: &str = "ToBeDeletedByClusterAutoscaler";

type Answer = Response<Full<Bytes>>;
type Handler = Arc<dyn Fn(&str) -> Answer + Send + Sync>;

/// Whether the packet filter follows the API.
#[derive(Debug)]
pub struct ProxyHealth {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    pub(super) metrics: ProxyMetrics,
}

#[derive(Debug, Default)]
struct State {
    updated: Option<Timestamp>,
    /// Since when a change waits.
    waiting: Option<Timestamp>,
    /// The node is there and not about to go.
    eligible: bool,
}

impl ProxyHealth {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), metrics: ProxyMetrics::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A change waits to be put in force.
    pub(super) fn queued(&self, what: Changed) {
        let now = self.clock.now();
        self.metrics.queued(what, now);
        self.state.lock().waiting.get_or_insert(now);
    }

    /// All changes so far are in force.
    pub fn updated(&self) {
        let mut state = self.state.lock();
        state.updated = Some(self.clock.now());
        state.waiting = None;
    }

    pub fn saw_node(&self, node: Option<&Node>) {
        let eligible = node.is_some_and(|node| {
            let mut taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
            node.metadata.deletion_timestamp.is_none() && !taints.any(|taint| taint.key == TO_BE_DELETED_TAINT)
        });
        self.state.lock().eligible = eligible;
    }

    pub fn is_healthy(&self) -> bool {
        let waiting = self.state.lock().waiting;
        waiting.is_none_or(|since| self.clock.now().duration_since(since).unsigned_abs() < HEALTHY_WITHIN)
    }

    fn answer(&self, path: &str) -> Answer {
        let (is_healthz, now, healthy) = (path == "/healthz", self.clock.now(), self.is_healthy());
        if !is_healthz && path != "/livez" {
            return text(StatusCode::NOT_FOUND, "404 page not found\n");
        }
        let state = self.state.lock();
        let good = healthy && (!is_healthz || state.eligible);
        let updated = state.updated.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), |at| at.to_string());
        let last = if good { now.to_string() } else { updated.clone() };
        // Fields in upstream's order.
        let mut body = format!(r#"{{"lastUpdated":"{last}","currentTime":"{now}","#);
        if is_healthz {
            _ = write!(body, r#""nodeEligible":{},"#, state.eligible);
        }
        _ = write!(body, r#""healthy":{healthy}"#);
        if state.updated.is_some() {
            _ = write!(body, r#","status":{{"IPv4":{{"lastUpdated":"{updated}","healthy":{healthy}}}}}"#);
        }
        body.push('}');
        let code = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        self.metrics.answered(is_healthz, code.as_u16());
        as_json(Response::builder().status(code), body)
    }

    fn answer_administrator(&self, path: &str) -> Answer {
        let body = match path {
            "/metrics" => self.metrics.text(),
            "/proxyMode" => "nftables".to_owned(),
            "/healthz" => "ok".to_owned(),
            _ => return text(StatusCode::NOT_FOUND, "404 page not found\n"),
        };
        text(StatusCode::OK, body)
    }
}

fn as_json(builder: http::response::Builder, body: String) -> Answer {
    let builder = builder.header(header::CONTENT_TYPE, "application/json").header("X-Content-Type-Options", "nosniff");
    builder.body(Full::from(body)).expect("the headers are well formed")
}

fn text(code: StatusCode, body: impl Into<Bytes>) -> Answer {
    let builder = Response::builder().status(code).header(header::CONTENT_TYPE, "text/plain; charset=utf-8");
    builder
        .header("X-Content-Type-Options", "nosniff")
        .body(Full::new(body.into()))
        .expect("the headers are well formed")
}

/// Upstream's text, whatever is asked for.
fn service_answer(key: &str, local_endpoints: usize, proxy_healthy: bool) -> Answer {
    let (namespace, name) = key.split_once('/').unwrap_or_default();
    let good = local_endpoints != 0 && proxy_healthy;
    let code = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let builder = Response::builder().status(code).header("X-Load-Balancing-Endpoint-Weight", local_endpoints);
    let body = format!(
        "{{\n\t\"service\": {{\n\t\t\"namespace\": \"{namespace}\",\n\t\t\"name\": \"{name}\"\n\t}},\n\
         \t\"localEndpoints\": {local_endpoints},\n\t\"serviceProxyHealthy\": {proxy_healthy}\n}}"
    );
    as_json(builder, body)
}

/// A port that answers for one Service.
#[derive(Debug)]
struct Open {
    port: u16,
    local_endpoints: Arc<AtomicUsize>,
    token: CancellationToken,
    ended: oneshot::Receiver<()>,
}

/// The ports of all Services that ask for one.
#[derive(Debug)]
pub struct ServiceHealth {
    proxy: Arc<ProxyHealth>,
    recorder: EventRecorder,
    node_name: String,
    tasks: Tasks,
    open: HashMap<String, Open>,
    /// Ports that could not be had; tried again with the next change.
    wanted: BTreeMap<String, Health>,
}

impl ServiceHealth {
    pub fn new(proxy: Arc<ProxyHealth>, recorder: EventRecorder, node_name: &str, tasks: &Tasks) -> Self {
        let (open, wanted) = (HashMap::new(), BTreeMap::new());
        Self { proxy, recorder, node_name: node_name.to_owned(), tasks: tasks.clone(), open, wanted }
    }

    /// Takes over what changed Services (`namespace/name`) ask for. Ports are given up before others are taken.
    pub async fn sync(&mut self, changed: Vec<(String, Option<Health>)>) {
        for (key, health) in changed {
            let port = self.open.get(&key).map(|open| open.port);
            if port.is_some() && port != health.as_ref().map(|health| health.port) {
                self.close(&key).await;
            }
            match (self.open.get(&key), health) {
                (Some(open), Some(health)) => open.local_endpoints.store(health.local_endpoints, Ordering::Relaxed),
                (_, Some(health)) => _ = self.wanted.insert(key, health),
                (_, None) => _ = self.wanted.remove(&key),
            }
        }
        for (key, health) in std::mem::take(&mut self.wanted) {
            if let Err(error) = self.listen(&key, &health).await {
                self.tell(&key, health.port, &error);
                self.wanted.insert(key, health);
            }
        }
    }

    async fn close(&mut self, key: &str) {
        if let Some(open) = self.open.remove(key) {
            open.token.cancel();
            // The sender is dropped with the listener.
            _ = open.ended.await;
        }
    }

    async fn listen(&mut self, key: &str, health: &Health) -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, health.port)).await?;
        let local_endpoints = Arc::new(AtomicUsize::new(health.local_endpoints));
        let (proxy, count, name) = (self.proxy.clone(), local_endpoints.clone(), key.to_owned());
        let handler: Handler =
            Arc::new(move |_| service_answer(&name, count.load(Ordering::Relaxed), proxy.is_healthy()));
        let (token, (done, ended)) = (CancellationToken::new(), oneshot::channel());
        let (tasks, stop) = (self.tasks.clone(), token.clone());
        self.tasks.spawn(async move {
            _ = stop.run_until_cancelled(serve(listener, handler, tasks, stop.clone())).await;
            drop(done);
        });
        self.open.insert(key.to_owned(), Open { port: health.port, local_endpoints, token, ended });
        Ok(())
    }

    fn tell(&self, key: &str, port: u16, error: &io::Error) {
        let node = &self.node_name;
        tracing::warn!(service = key, port, %error, "the health check's port cannot be served");
        let (namespace, name) = key.split_once('/').unwrap_or_default();
        let about = ObjectReference {
            api_version: Some("v1".into()),
            kind: Some("Service".into()),
            namespace: Some(namespace.into()),
            name: Some(name.into()),
            ..ObjectReference::default()
        };
        let message = format!("node {node} failed to start healthcheck \"{key}\" on port {port}: {error}");
        self.recorder.event(&about, EventType::Warning, "FailedToStartServiceHealthcheck", message);
    }
}

/// Answers for the proxy itself, to balancers and to administrators, at the addresses that are free.
pub async fn serve_proxy(health: Arc<ProxyHealth>, healthz: SocketAddr, metrics: SocketAddr, tasks: &Tasks) {
    let about = health.clone();
    open(healthz, Arc::new(move |path| about.answer(path)), tasks).await;
    open(metrics, Arc::new(move |path| health.answer_administrator(path)), tasks).await;
}

async fn open(address: SocketAddr, handler: Handler, tasks: &Tasks) {
    match TcpListener::bind(address).await {
        Ok(listener) => tasks.spawn(serve(listener, handler, tasks.clone(), CancellationToken::new())),
        Err(error) => tracing::warn!(%address, %error, "the proxy cannot be asked for its health or metrics here"),
    }
}

async fn serve(listener: TcpListener, handler: Handler, tasks: Tasks, stop: CancellationToken) {
    const PAUSE: Duration = Duration::from_millis(100);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (handler, stop) = (handler.clone(), stop.clone());
                tasks.spawn(async move {
                    // A client that goes away ends its connection.
                    _ = stop.run_until_cancelled(converse(stream, handler)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "accepting a health check");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, handler: Handler) -> Result<(), hyper::Error> {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = handler(request.uri().path());
        async move { Ok::<_, Infallible>(answer) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    builder.serve_connection(TokioIo::new(stream), service).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[derive(Debug)]
    struct Set(Mutex<Timestamp>);

    impl Clock for Set {
        fn now(&self) -> Timestamp {
            *self.0.lock()
        }
    }

    async fn shown(answer: Answer) -> (u16, String) {
        let code = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (code, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_service_answers_as_upstream_does() {
        let answer = service_answer("default/web", 2, true);
        let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header("x-load-balancing-endpoint-weight"), "2");
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let (code, body) = shown(answer).await;
        assert_eq!(code, 200);
        let lines = [
            "{",
            "\t\"service\": {",
            "\t\t\"namespace\": \"default\",",
            "\t\t\"name\": \"web\"",
            "\t},",
            "\t\"localEndpoints\": 2,",
            "\t\"serviceProxyHealthy\": true",
            "}",
        ];
        assert_eq!(body, lines.join("\n"));
        assert_eq!(shown(service_answer("default/web", 0, true)).await.0, 503);
        assert_eq!(shown(service_answer("default/web", 1, false)).await.0, 503);
    }

    #[tokio::test]
    async fn a_proxy_that_falls_behind_is_unhealthy() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Arc::new(Set(Mutex::new(start)));
        let health = ProxyHealth::new(clock.clone());
        assert_eq!(shown(health.answer("/healthz")).await.0, 503);
        assert_eq!(shown(health.answer("/livez")).await.0, 200);
        health.saw_node(Some(&Node::default()));
        health.updated();
        let (code, body) = shown(health.answer("/healthz")).await;
        let expected = r#"{"lastUpdated":"2026-01-01T00:00:00Z","currentTime":"2026-01-01T00:00:00Z","nodeEligible":true,"healthy":true,"status":{"IPv4":{"lastUpdated":"2026-01-01T00:00:00Z","healthy":true}}}"#;
        assert_eq!((code, body.as_str()), (200, expected));
        health.queued(Changed::Service);
        *clock.0.lock() = start + jiff::SignedDuration::from_secs(59);
        assert!(health.is_healthy());
        *clock.0.lock() = start + jiff::SignedDuration::from_secs(60);
        assert_eq!(shown(health.answer("/livez")).await.0, 503);
        health.updated();
        assert_eq!(shown(health.answer("/livez")).await.0, 200);
        assert_eq!(shown(health.answer("/metrics")).await.0, 404);
        assert_eq!(shown(health.answer_administrator("/proxyMode")).await, (200, "nftables".into()));
        let (code, told) = shown(health.answer_administrator("/metrics")).await;
        assert!(code == 200 && told.contains("kubeproxy_proxy_livez_total{code=\"503\"} 1\n"), "{told}");
        assert_eq!(shown(health.answer_administrator("/other")).await.0, 404);
    }
}
