//! Making connections: TCP, TLS, and the HTTP version that the server chose.
use super::config::{ConfigError, RestConfig};
use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::ServerName;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that has been silent for this long is asked whether it is alive, as by client-go.
const PING_AFTER: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(15);
/// Flow-control windows: a list is not to wait for round trips.
const STREAM_WINDOW_BYTES: u32 = 4 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;

/// A connection, with or without TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why nothing could be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("connecting: {0}")]
    Tcp(io::Error),
    #[error("TLS: {0}")]
    Tls(io::Error),
    #[error("no connection within {} seconds", CONNECT_TIMEOUT.as_secs())]
    TimedOut,
    #[error(transparent)]
    Http(hyper::Error),
}

/// Where requests are put in.
#[derive(Debug)]
pub(super) enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

struct Secure {
    name: ServerName<'static>,
    /// Offers HTTP/2 and 1.1.
    any: TlsConnector,
    /// Offers HTTP/1.1, which alone can be upgraded.
    one: TlsConnector,
}

pub(super) struct Dialer {
    host: String,
    port: u16,
    secure: Option<Secure>,
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dialer({}:{})", self.host, self.port)
    }
}

impl Dialer {
    pub fn new(base: &Uri, config: &RestConfig) -> Result<Self, ConfigError> {
        let host = base.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if base.scheme_str() == Some("http") {
            return Ok(Self { host, port: base.port_u16().unwrap_or(80), secure: None });
        }
        let name = config.server_name.clone().unwrap_or_else(|| host.clone());
        let name = ServerName::try_from(name.clone())
            .map_err(|e| ConfigError::Server { server: config.server.clone(), why: format!("name {name:?}: {e}") })?;
        let secure = Secure {
            name,
            any: TlsConnector::from(Arc::new(config.tls(&["h2", "http/1.1"])?)),
            one: TlsConnector::from(Arc::new(config.tls(&["http/1.1"])?)),
        };
        Ok(Self { host, port: base.port_u16().unwrap_or(443), secure: Some(secure) })
    }

    /// A connection that speaks HTTP/1.1, before its first request.
    pub async fn plain(&self) -> Result<Box<dyn Stream>, ConnectError> {
        Ok(self.dial(|s| &s.one).await?.0)
    }

    /// The stream, and whether HTTP/2 was agreed on.
    async fn dial(&self, connector: fn(&Secure) -> &TlsConnector) -> Result<(Box<dyn Stream>, bool), ConnectError> {
        let dialing = async {
            let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(ConnectError::Tcp)?;
            tcp.set_nodelay(true).map_err(ConnectError::Tcp)?;
            let Some(secure) = &self.secure else { return Ok((Box::new(tcp) as Box<dyn Stream>, false)) };
            let tls = connector(secure).connect(secure.name.clone(), tcp).await.map_err(ConnectError::Tls)?;
            let two = tls.get_ref().1.alpn_protocol() == Some(b"h2");
            Ok((Box::new(tls) as Box<dyn Stream>, two))
        };
        tokio::time::timeout(CONNECT_TIMEOUT, dialing).await.unwrap_or(Err(ConnectError::TimedOut))
    }

    /// A connection ready for requests. Its task ends when the connection does, at the latest with the last handle.
    pub async fn connect(&self) -> Result<Sender, ConnectError> {
        let (stream, two) = self.dial(|s| &s.any).await?;
        let io = TokioIo::new(stream);
        if two {
            let (sender, connection) = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .initial_stream_window_size(STREAM_WINDOW_BYTES)
                .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
                .keep_alive_interval(PING_AFTER)
                .keep_alive_timeout(PING_TIMEOUT)
                .handshake(io)
                .await
                .map_err(ConnectError::Http)?;
            tokio::spawn(drive(connection));
            return Ok(Sender::Two(sender));
        }
        let (sender, connection) = http1::handshake(io).await.map_err(ConnectError::Http)?;
        tokio::spawn(drive(connection));
        Ok(Sender::One(sender))
    }
}

/// Moves a connection's bytes until it ends.
async fn drive(connection: impl Future<Output = hyper::Result<()>>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to the API server ended");
    }
}
