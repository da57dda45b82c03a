//! The small HTTP client of probes and hooks: one request per connection, no certificate is verified, redirects are
//! followed on the same host only.
use super::run::authority;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{
    Method, Request,
    body::Bytes,
    header::{HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use k8s_openapi::{
    api::core::v1::{Container, HTTPHeader},
    apimachinery::pkg::util::intstr::IntOrString,
};
use parking_lot::Mutex;
use rustls::{ClientConfig, pki_types::ServerName};
use skeg_client::rest::{RestConfig, Trust};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Longest body that is read, in bytes.
const BODY_BYTES_MAX: usize = 10 << 10;
const REDIRECTS_MAX: usize = 10;
const VERSION: &str = "1.36";

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("{0}")]
    Dial(String),
    #[error("{0}")]
    Protocol(String),
    #[error("stopped after {REDIRECTS_MAX} redirects")]
    Redirects,
    #[error("http: server gave HTTP response to HTTPS client")]
    Plain,
}

/// Number of a port that may be given by the name it has in the container.
///
/// # Errors
/// No such name, or no port number.
pub fn port_number(port: &IntOrString, container: &Container) -> Result<u16, String> {
    let number = match port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => {
            let ports = container.ports.iter().flatten();
            let named = ports.clone().find(|it| it.name.as_deref() == Some(name)).map(|it| it.container_port);
            named.or_else(|| name.parse().ok())
        }
    };
    match (number, port) {
        (None, IntOrString::String(name)) => Err(format!("strconv.Atoi: parsing {name:?}: invalid syntax")),
        (number, _) => {
            let number = number.unwrap_or(0);
            let port = u16::try_from(number).ok().filter(|it| *it > 0);
            port.ok_or_else(|| format!("invalid port number: {number}"))
        }
    }
}

pub fn url(scheme: &str, host: &str, port: u16, path: &str) -> String {
    let slash = if path.starts_with('/') || path.is_empty() { "" } else { "/" };
    format!("{scheme}://{}{slash}{path}", authority(host, port))
}

/// As Go words a failed connection.
pub fn dial_text(address: &str, error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::ConnectionRefused => "connect: connection refused".to_owned(),
        io::ErrorKind::TimedOut => "i/o timeout".to_owned(),
        io::ErrorKind::HostUnreachable => "connect: no route to host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "connect: network is unreachable".to_owned(),
        io::ErrorKind::ConnectionReset => "connect: connection reset by peer".to_owned(),
        _ => error.to_string(),
    };
    format!("dial tcp {address}: {why}")
}

/// GETs it, following redirects that stay on the host.
///
/// # Errors
/// No connection, or no HTTP on it.
pub async fn get(url: &str, headers: &[HTTPHeader], agent: &str) -> Result<Response, HttpError> {
    let mut at = url.to_owned();
    for _ in 0..=REDIRECTS_MAX {
        let (response, location) = once(&at, headers, agent).await?;
        let Some(location) = location.filter(|_| matches!(response.status, 301 | 302 | 303 | 307 | 308)) else {
            return Ok(response);
        };
        match redirected(&at, &location) {
            Some(next) => at = next,
            None => return Ok(response),
        }
    }
    Err(HttpError::Redirects)
}

/// Where a redirect leads; None if to another host.
fn redirected(from: &str, location: &str) -> Option<String> {
    let from: http::Uri = from.parse().ok()?;
    let to: http::Uri = location.parse().ok()?;
    match to.authority() {
        None => {
            let path = to.path_and_query().map(ToString::to_string).unwrap_or_default();
            Some(format!("{}://{}{path}", from.scheme_str()?, from.authority()?))
        }
        Some(_) if to.host() == from.host() => Some(location.to_owned()),
        Some(_) => None,
    }
}

async fn once(url: &str, headers: &[HTTPHeader], agent: &str) -> Result<(Response, Option<String>), HttpError> {
    let uri: http::Uri = url.parse().map_err(|error| HttpError::Protocol(format!("{error}")))?;
    let secure = uri.scheme_str() == Some("https");
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let address = authority(&host, port);
    let tcp = TcpStream::connect(&address).await;
    let tcp = tcp.map_err(|error| HttpError::Dial(dial_text(&address, &error)))?;
    let request = request(&uri, headers, agent)?;
    if secure {
        let name = ServerName::try_from(host).map_err(|error| HttpError::Protocol(error.to_string()))?;
        let connector = tokio_rustls::TlsConnector::from(tls_config()?);
        let begun = Arc::new(Mutex::new(Vec::new()));
        let stream = connector.connect(name, Noted { inner: tcp, begun: begun.clone() }).await;
        let stream = stream.map_err(|error| {
            if begun.lock().starts_with(PLAIN) { HttpError::Plain } else { HttpError::Protocol(error.to_string()) }
        })?;
        exchange(stream, request).await
    } else {
        exchange(tcp, request).await
    }
}

/// How an answer begins that was not encrypted.
const PLAIN: &[u8] = b"HTTP/";

/// A connection that remembers the first bytes that came over it.
struct Noted {
    inner: TcpStream,
    begun: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Noted {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, into);
        let mut begun = self.begun.lock();
        if begun.len() < PLAIN.len() {
            begun.extend(into.filled()[before..].iter().take(PLAIN.len()));
        }
        polled
    }
}

impl AsyncWrite for Noted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

fn request(uri: &http::Uri, headers: &[HTTPHeader], agent: &str) -> Result<Request<Empty<Bytes>>, HttpError> {
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    let wrong = |error: http::Error| HttpError::Protocol(error.to_string());
    let own = |name: &str| headers.iter().any(|it| it.name.eq_ignore_ascii_case(name));
    let mut request = Request::builder().method(Method::GET).uri(path).body(Empty::new()).map_err(wrong)?;
    let map = request.headers_mut();
    let mut add = |name: &str, value: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            map.append(name, value);
        }
    };
    match headers.iter().find(|it| it.name.eq_ignore_ascii_case("host")) {
        Some(host) => add("host", &host.value),
        None => add("host", uri.authority().map_or("", |it| it.as_str())),
    }
    if !own("user-agent") {
        add("user-agent", &format!("{agent}/{VERSION}"));
    }
    let given = headers.iter().filter(|it| !it.name.eq_ignore_ascii_case("host") && !it.value.is_empty());
    let mut rest: Vec<(String, &str)> = given.map(|it| (it.name.to_ascii_lowercase(), it.value.as_str())).collect();
    if !own("accept") {
        rest.push(("accept".to_owned(), "*/*"));
    }
    rest.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, value) in rest {
        add(&name, value);
    }
    add("connection", "close");
    Ok(request)
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Empty<Bytes>>,
) -> Result<(Response, Option<String>), HttpError> {
    let wrong = |error: hyper::Error| {
        HttpError::Protocol(if error.is_incomplete_message() { "EOF".to_owned() } else { error.to_string() })
    };
    let builder = || hyper::client::conn::http1::Builder::new();
    let (mut sender, connection) =
        builder().title_case_headers(true).handshake(TokioIo::new(stream)).await.map_err(wrong)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(wrong)?;
        let status = response.status().as_u16();
        let location = response.headers().get("location").and_then(|it| it.to_str().ok()).map(str::to_owned);
        let body = Limited::new(response.into_body(), BODY_BYTES_MAX).collect().await;
        let body = body.map(|it| String::from_utf8_lossy(&it.to_bytes()).into_owned()).unwrap_or_default();
        Ok((Response { status, body }, location))
    };
    let driver = async {
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        done = exchange => done,
        () = driver => Err(HttpError::Protocol("EOF".to_owned())),
    }
}

/// A pod's certificate is nobody's business here: probes ask whether it answers.
fn tls_config() -> Result<Arc<ClientConfig>, HttpError> {
    let config = RestConfig::new("", Trust::Anything).tls(&[]);
    config.map(Arc::new).map_err(|error| HttpError::Protocol(error.to_string()))
}
