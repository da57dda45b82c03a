//! One request on its way through the filters, in upstream's order.
use super::{
    ServerConfig,
    body::{self, Body},
    connect,
    discovery::{self, Discovery},
    failure,
    frames::SharedFrames,
    identity, impersonate,
    limits::{self, Limits},
    metrics::{Gauge, Labels, Metrics, Unknown},
    negotiate::{self, Format, wants_pretty},
    openapi::OpenApi,
    paths, respond,
    route::RequestInfo,
    url::{self, Query},
    verbs,
};
use crate::{
    auth::{Attributes, Authorizer, Decision, User},
    resources::Context,
};
use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header, request::Parts,
};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use skeg_model::{kinds::Verb, status::Status};
use std::{sync::Arc, time::Duration};
use tokio::{sync::OnceCell, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Longest `Audit-ID` taken over from a client, in bytes; upstream's.
const AUDIT_ID_MAX_BYTES: usize = 64;

/// So much of a body that nobody reads is taken in before the answer goes out; upstream's.
const DRAIN_MAX_BYTES: usize = 256 << 10;
/// And for so long.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// The running server: its configuration and what it keeps for itself.
#[derive(Debug)]
pub struct Server {
    pub config: ServerConfig,
    pub discovery: Discovery,
    pub openapi: OnceCell<OpenApi>,
    pub limits: Limits,
    pub metrics: Metrics,
    pub frames: SharedFrames,
    /// Ends watches and streams.
    pub token: CancellationToken,
    /// Everything that runs beside the requests; awaited at the end.
    pub tasks: TaskTracker,
}

/// A request whose user is known.
#[derive(Debug)]
pub struct Exchange {
    pub method: Method,
    pub headers: HeaderMap,
    pub info: RequestInfo,
    pub query: Query,
    pub user: Arc<User>,
}

impl Exchange {
    /// The caller of a request whose own verb has been authorised.
    pub fn context(&self, granted: Verb) -> Context {
        Context { granted: Some(granted), ..Context::new(self.user.clone(), self.user_agent()) }
    }

    pub fn user_agent(&self) -> &str {
        negotiate::text_of(&self.headers, header::USER_AGENT)
    }

    pub fn attributes(&self) -> Attributes<'_> {
        let info = &self.info;
        let selects = matches!(info.verb.as_str(), "list" | "watch" | "deletecollection") && !info.legacy_watch;
        Attributes {
            user: &self.user,
            verb: &info.verb,
            group: &info.group,
            version: &info.version,
            resource: &info.resource,
            subresource: &info.subresource,
            namespace: &info.namespace,
            name: &info.name,
            field_selector: if selects { self.query.first("fieldSelector").unwrap_or_default() } else { "" },
            path: (!info.is_resource).then_some(info.path.as_str()),
        }
    }

    /// Format of failures that come before negotiation.
    pub fn failure_format(&self) -> Format {
        failure_format(&self.headers, &self.query)
    }
}

/// A failure takes no other shape; who would take it in such a shape only, or in no form that there is, gets indented JSON.
fn failure_format(headers: &HeaderMap, query: &Query) -> Format {
    let (accept, pretty) = (negotiate::text_of(headers, header::ACCEPT), wants_pretty(headers, query));
    if accept.is_empty() {
        return Format::Json { pretty };
    }
    let formats =
        negotiate::clauses(accept).into_iter().filter(negotiate::Clause::is_plain).filter_map(|clause| {
            match (clause.kind, clause.sub) {
                ("application", "yaml") => Some(Format::Yaml),
                ("application", "vnd.kubernetes.protobuf") => Some(Format::Protobuf),
                ("application", "json" | "*") | ("*", "*") => Some(Format::Json { pretty }),
                _ => None,
            }
        });
    formats.into_iter().next().unwrap_or(Format::Json { pretty: true })
}

impl Server {
    pub fn new(config: ServerConfig, token: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            discovery: Discovery::new(&config.advertise_address),
            openapi: OnceCell::new(),
            limits: Limits::new(config.max_requests_inflight, config.max_mutating_requests_inflight),
            metrics: Metrics::default(),
            frames: SharedFrames::default(),
            token,
            tasks: TaskTracker::new(),
            config,
        })
    }

    /// Answers one request of a connection whose client certificate, if it has one, is that of `certified`.
    pub async fn handle(self: &Arc<Self>, request: Request<Incoming>, certified: Option<&Arc<User>>) -> Response<Body> {
        let started = Instant::now();
        let (parts, body) = request.into_parts();
        let mut body = Some(body);
        let audit_id = self.audit_id(&parts.headers);
        let query = Query::parse(parts.uri.query());
        let dry_run = query.first("dryRun").is_some_and(|v| v == "All");
        let info = url::decode_path(parts.uri.path())
            .ok_or_else(|| Status::bad_request("malformed escape in the path"))
            .and_then(|path| RequestInfo::parse(&parts.method, &path, &query).map_err(Status::internal));
        let mut response = match info {
            Ok(info) => {
                let labels = Labels::of(&info, dry_run);
                let response = self.answer(parts, &mut body, info, query, certified).await;
                self.metrics.request(labels.clone(), response.status().as_u16(), started.elapsed());
                if labels.reads() { self.sized(response, labels) } else { response }
            }
            Err(status) => respond::status(&status, failure_format(&parts.headers, &query)),
        };
        // What did not come in time is not waited for any longer.
        if let Some(rest) = body.filter(|_| response.status() != StatusCode::GATEWAY_TIMEOUT) {
            drain(rest).await;
        }
        let headers = response.headers_mut();
        headers.insert("audit-id", audit_id);
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache, private"));
        response
    }

    /// Counts the bytes of an answer: at once, or when they have been sent.
    fn sized(self: &Arc<Self>, response: Response<Body>, labels: Labels) -> Response<Body> {
        if let Some(bytes) = response.body().size_hint().exact() {
            self.metrics.answered(labels, bytes);
            return response;
        }
        let server = self.clone();
        response.map(|body| body::counted(body, move |bytes| server.metrics.answered(labels, bytes)))
    }

    /// Who asks, from what the request and its connection show.
    fn identify(&self, headers: &HeaderMap, certified: Option<&Arc<User>>) -> Option<Arc<User>> {
        let (now, token, started) = (self.config.clock.now(), identity::bearer(headers), Instant::now());
        let user = self.config.authenticator.authenticate(certified, token, now).ok();
        let unknown = if token.is_some() { Unknown::Unproven } else { Unknown::Nobody };
        self.metrics.authenticated(user.as_ref().map(|it| it.name.as_str()).ok_or(unknown), started.elapsed());
        user
    }

    fn audit_id(&self, headers: &HeaderMap) -> HeaderValue {
        let given = headers.get("audit-id").filter(|id| !id.is_empty() && id.len() <= AUDIT_ID_MAX_BYTES).cloned();
        given.unwrap_or_else(|| HeaderValue::try_from(self.config.entropy.uuid()).expect("a UUID is a header value"))
    }

    async fn answer(
        self: &Arc<Self>,
        parts: Parts,
        body: &mut Option<Incoming>,
        info: RequestInfo,
        query: Query,
        certified: Option<&Arc<User>>,
    ) -> Response<Body> {
        let Some(user) = self.identify(&parts.headers, certified) else {
            return respond::status(&failure::unauthorized(), failure_format(&parts.headers, &query));
        };
        let Parts { method, uri, version, headers, extensions, .. } = parts;
        let connecting = Connecting { uri, version, extensions };
        let mut exchange = Exchange { method, headers, info, query, user };
        match impersonate::impersonate(&exchange.headers, &exchange.attributes(), &*self.config.authorizer) {
            Ok(None) => {}
            Ok(Some(other)) => exchange.user = other,
            Err(status) => return respond::refused(&status, exchange.failure_format()),
        }
        if limits::is_long_running(&exchange.info) {
            let open = Counted::new(self, |metrics| &metrics.long_running);
            return self.authorised(connecting, body, &exchange).await.map(|body| body::holding(body, open));
        }
        let Some(place) = self.limits.enter(&exchange.info, exchange.user.in_group("system:masters")) else {
            return respond::too_many_requests();
        };
        let reads = matches!(exchange.info.verb.as_str(), "get" | "list");
        let running = Counted::new(self, if reads { |metrics| &metrics.reading } else { |metrics| &metrics.mutating });
        let limit = request_timeout(&exchange.query, self.config.request_timeout);
        let answer = self.authorised(connecting, body, &exchange);
        let response = tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| {
            let text = "Timeout: request did not complete within the allotted timeout";
            respond::status(&failure::routed(504, "Timeout", text), exchange.failure_format())
        });
        response.map(|body| body::holding(body, (place, running)))
    }

    async fn authorised(
        self: &Arc<Self>,
        connecting: Connecting,
        body: &mut Option<Incoming>,
        exchange: &Exchange,
    ) -> Response<Body> {
        let (attributes, started) = (exchange.attributes(), Instant::now());
        let decision = self.config.authorizer.authorize(&attributes);
        self.metrics.authorised(&decision, started.elapsed());
        if let Err(status) = verdict(decision, &attributes) {
            return respond::refused(&status, exchange.failure_format());
        }
        if !exchange.info.is_resource {
            return paths::answer(self, exchange).await;
        }
        if !discovery::serves_group(&exchange.info.group) {
            return respond::not_found();
        }
        let plan = match verbs::plan(&exchange.method, &exchange.info) {
            Ok(plan) => plan,
            Err(status) => return respond::status(&status, exchange.failure_format()),
        };
        let answer = if plan.connects() {
            let body = body.take().expect("only this branch takes the body");
            connect::answer(self, connecting.request(exchange, body), exchange, &plan).await
        } else {
            // What the route turns away has not come as far as the handler that warns.
            let patch = match verbs::route(exchange, &plan) {
                Ok(patch) => patch,
                Err(status) => return respond::status(&status, exchange.failure_format()),
            };
            let body = body.as_mut().expect("only the other branch takes the body");
            verbs::answer(self, body, exchange, &plan, patch).await
        };
        let mut response = answer.unwrap_or_else(|status| respond::status(&status, exchange.failure_format()));
        respond::warn(&mut response, plan.row.deprecation);
        response
    }

    /// # Errors
    /// 403 in upstream's words.
    pub fn authorise(&self, attributes: &Attributes<'_>) -> Result<(), Status> {
        authorise(&*self.config.authorizer, attributes)
    }
}

/// What of a request only streams to nodes need.
struct Connecting {
    uri: Uri,
    version: Version,
    extensions: Extensions,
}

impl Connecting {
    /// The request as it came.
    fn request(self, exchange: &Exchange, body: Incoming) -> Request<Incoming> {
        let mut request = Request::new(body);
        *request.method_mut() = exchange.method.clone();
        *request.uri_mut() = self.uri;
        *request.version_mut() = self.version;
        *request.headers_mut() = exchange.headers.clone();
        *request.extensions_mut() = self.extensions;
        request
    }
}

/// One more in a gauge until this is dropped.
struct Counted {
    server: Arc<Server>,
    gauge: fn(&Metrics) -> &Gauge,
}

impl Counted {
    fn new(server: &Arc<Server>, gauge: fn(&Metrics) -> &Gauge) -> Self {
        gauge(&server.metrics).increment();
        Self { server: server.clone(), gauge }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.gauge)(&self.server.metrics).decrement();
    }
}

fn authorise(authorizer: &dyn Authorizer, attributes: &Attributes<'_>) -> Result<(), Status> {
    verdict(authorizer.authorize(attributes), attributes)
}

fn verdict(decision: Decision, attributes: &Attributes<'_>) -> Result<(), Status> {
    match decision {
        Decision::Allow(_) => Ok(()),
        Decision::Deny(reason) | Decision::NoOpinion(reason) => Err(failure::forbidden(attributes, &reason)),
    }
}

/// Takes in what a refused request still sends, within limits, so that its connection can go on.
async fn drain(mut body: Incoming) {
    let take = async {
        let mut taken = 0;
        while let Some(Ok(frame)) = body.frame().await {
            taken += frame.data_ref().map_or(0, bytes::Bytes::len);
            if taken > DRAIN_MAX_BYTES {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_MAX, take).await;
}

/// `?timeout=34s` may shorten the server's own limit.
fn request_timeout(query: &Query, limit: Duration) -> Duration {
    let wanted = query.first("timeout").and_then(|text| text.strip_suffix('s')).and_then(|s| s.parse().ok());
    wanted.map(Duration::from_secs).filter(|wanted| *wanted > Duration::ZERO && *wanted < limit).unwrap_or(limit)
}

/// An answer without content, for HEAD and 304.
pub fn bare(code: u16) -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = http::StatusCode::from_u16(code).expect("codes of this crate are valid");
    response
}
