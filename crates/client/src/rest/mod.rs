//! The API over HTTPS: one HTTP/2 connection for calls and one for watches (HTTP/1.1 where the server has no HTTP/2),
//! client certificates or bearer tokens, and raw requests for logs, exec and port-forward.
mod config;
mod connect;
mod decode;
mod discover;
mod path;
mod pool;
mod slice;
#[cfg(test)]
mod tests;
mod upgrade;
mod watch;

pub use config::{ConfigError, Identity, RestConfig, ServerName, Token, Trust};
pub use connect::Stream;
pub use path::{path, percent_encode};
pub use upgrade::Upgraded;

use crate::{Transport, discovery::Discovered};
use bytes::Bytes;
use config::Credentials;
use connect::Dialer;
use futures::{future::BoxFuture, stream::BoxStream};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use path::Prepared;
use pool::Lane;
use skeg_model::{
    Value,
    request::{Call, ListOptions, Reply, Target, WatchEvent},
    status::Status,
};
use std::time::Duration;

/// A larger answer is refused; lists of more are to be read in pages.
const ANSWER_BYTES_MAX: usize = 1 << 30;
/// An error's text is shortened to this.
const ERROR_TEXT_BYTES_MAX: usize = 2048;

/// A way to one API server under one identity. Connections are made when they are needed, kept, and end with the last
/// handle to the transport and its streams.
#[derive(Debug)]
pub struct RestTransport {
    base: Uri,
    credentials: Credentials,
    user_agent: HeaderValue,
    timeout: Duration,
    dialer: Dialer,
    calls: Lane,
    watches: Lane,
    discovery: discover::Cache,
}

impl RestTransport {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// The configuration holds no usable address, certificate or key.
    pub fn new(config: RestConfig) -> Result<Self, ConfigError> {
        let base = config.base()?;
        let user_agent = HeaderValue::from_str(&config.user_agent).map_err(|_| ConfigError::UserAgent)?;
        Ok(Self {
            dialer: Dialer::new(&base, &config)?,
            base,
            credentials: Credentials::new(config.token)?,
            user_agent,
            timeout: config.timeout,
            calls: Lane::default(),
            watches: Lane::default(),
            discovery: discover::Cache::default(),
        })
    }

    async fn request(&self, prepared: Prepared) -> Result<Request<Full<Bytes>>, Status> {
        let Prepared { method, path, accept, content_type, body } = prepared;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = self.uri(&path)?;
        let headers = request.headers_mut();
        self.identify(headers).await?;
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Ok(request)
    }

    fn uri(&self, path: &str) -> Result<Uri, Status> {
        let prefix = self.base.path().trim_end_matches('/');
        let mut parts = self.base.clone().into_parts();
        let path = format!("{prefix}{path}").parse();
        parts.path_and_query = Some(path.map_err(|e| Status::bad_request(format!("invalid request path: {e}")))?);
        Uri::from_parts(parts).map_err(Status::internal)
    }

    async fn identify(&self, headers: &mut HeaderMap) -> Result<(), Status> {
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        if let Some(value) = self.credentials.header().await.map_err(|e| unavailable(&self.base, &e))? {
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(())
    }

    /// Sends and waits for the head of the answer; an answer that is an error becomes one.
    async fn send(&self, lane: &Lane, request: Request<Full<Bytes>>) -> Result<pool::Answer, Status> {
        let answer = tokio::time::timeout(self.timeout, lane.send(&self.dialer, request)).await;
        let answer = match answer {
            Ok(sent) => sent.map_err(|e| unavailable(&self.base, &e))?,
            Err(_) => return Err(timed_out(self.timeout)),
        };
        let code = answer.response.status();
        if code.is_success() || code == StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        let body = collect(answer.response.into_body(), ERROR_TEXT_BYTES_MAX * 1024, self.timeout).await?;
        Err(decode::failure(code, &body))
    }

    async fn carry(&self, target: &Target, call: Call) -> Result<Reply, Status> {
        let request = self.request(path::call(target, call)?).await?;
        let answer = self.send(&self.calls, request).await?;
        let code = answer.response.status();
        warn(answer.response.headers());
        let (body, keep) = (answer.response.into_body(), answer.keep);
        let body = collect(body, ANSWER_BYTES_MAX, self.timeout).await?;
        self.calls.give_back(keep);
        decode::reply(code, body)
    }

    /// Sends any request and hands over the answer as it streams in: logs, metrics, discovery, proxied paths. `path`
    /// holds the query as well.
    ///
    /// # Errors
    /// The API's own Status, or `ServiceUnavailable` when nothing answered.
    pub async fn raw(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Incoming>, Status> {
        let prepared = Prepared { method, path: path.to_owned(), accept: path::JSON, content_type: None, body };
        let mut request = self.request(prepared).await?;
        request.headers_mut().extend(headers);
        Ok(self.send(&self.watches, request).await?.response)
    }

    /// Reads a JSON document: discovery, OpenAPI, version.
    ///
    /// # Errors
    /// As `raw`, or the answer is no JSON.
    pub async fn get_json(&self, path: &str) -> Result<Value, Status> {
        let response = self.raw(Method::GET, path, HeaderMap::new(), Bytes::new()).await?;
        let body = collect(response.into_body(), ANSWER_BYTES_MAX, self.timeout).await?;
        serde_json::from_slice(&body).map_err(|e| decode::not_understood(&e))
    }

    /// Opens a WebSocket: exec, attach, port-forward. `protocols` are offered in this order (`v5.channel.k8s.io`, …).
    ///
    /// # Errors
    /// The API's own Status, or `ServiceUnavailable` when nothing answered.
    pub async fn upgrade(&self, path: &str, protocols: &[&str]) -> Result<Upgraded, Status> {
        let mut headers = HeaderMap::new();
        self.identify(&mut headers).await?;
        let uri = self.uri(path)?;
        let opening = upgrade::open(&self.dialer, &uri, headers, protocols);
        match tokio::time::timeout(self.timeout, opening).await {
            Ok(opened) => opened,
            Err(_) => Err(timed_out(self.timeout)),
        }
    }
}

impl Transport for RestTransport {
    fn call<'a>(&'a self, target: &'a Target, call: Call) -> BoxFuture<'a, Result<Reply, Status>> {
        Box::pin(self.carry(target, call))
    }

    fn watch<'a>(
        &'a self,
        target: &'a Target,
        options: ListOptions,
    ) -> BoxFuture<'a, Result<BoxStream<'static, Result<WatchEvent, Status>>, Status>> {
        Box::pin(async move {
            let request = self.request(path::watch(target, &options)).await?;
            let answer = self.send(&self.watches, request).await?;
            warn(answer.response.headers());
            Ok(watch::events(answer.response.into_body()))
        })
    }

    fn discover(&self) -> BoxFuture<'_, Result<Discovered, Status>> {
        Box::pin(self.read_discovery())
    }
}

/// Reads a whole body, within bounds.
async fn collect(body: Incoming, bytes_max: usize, timeout: Duration) -> Result<Bytes, Status> {
    match tokio::time::timeout(timeout, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(e)) if e.is::<LengthLimitError>() => {
            Err(Status::internal(format!("the answer is larger than {bytes_max} bytes")))
        }
        Ok(Err(e)) => Err(Status::failure(503, "ServiceUnavailable", format!("reading the answer: {e}"))),
        Err(_) => Err(timed_out(timeout)),
    }
}

fn warn(headers: &HeaderMap) {
    for warning in headers.get_all(header::WARNING).iter().filter_map(|w| w.to_str().ok()) {
        tracing::warn!("{}", warning_text(warning));
    }
}

/// The text of `299 - "text"`.
fn warning_text(header: &str) -> String {
    let quoted = header.splitn(3, ' ').nth(2).unwrap_or(header);
    let inner = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap_or(quoted);
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}

fn unavailable(base: &Uri, error: &dyn std::error::Error) -> Status {
    let mut text =
        format!("The connection to the server {} failed: {error}", base.authority().map_or("", |a| a.as_str()));
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Status::failure(StatusCode::SERVICE_UNAVAILABLE.as_u16(), "ServiceUnavailable", text)
}

fn timed_out(after: Duration) -> Status {
    Status::failure(504, "Timeout", format!("the server did not answer within {} seconds", after.as_secs()))
}
