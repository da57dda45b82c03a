//! Connections from the API server to kubelets, pods and services: one request each, HTTP/1.1.
use super::super::{KubeletClient, body::Body, handler::Server};
use http::{HeaderValue, Request, Response, header};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use skeg_model::status::Status;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// Connecting to a pod takes no longer than this.
const CONNECT_MAX: Duration = Duration::from_secs(30);

/// Somebody to forward to.
#[derive(Debug, Clone)]
pub struct Backend {
    pub address: SocketAddr,
    /// None: plain HTTP.
    tls: Option<KubeletClient>,
}

impl Backend {
    pub fn tls(address: SocketAddr, client: KubeletClient) -> Self {
        Self { address, tls: Some(client) }
    }

    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// Sends one request. Its connection lives until the answer's body, or the upgraded stream, ends.
    ///
    /// # Errors
    /// 500 when the backend cannot be reached or does not answer in HTTP.
    pub async fn send(&self, server: &Arc<Server>, mut request: Request<Body>) -> Result<Response<Incoming>, Status> {
        let host = HeaderValue::try_from(self.address.to_string()).expect("an address is a header value");
        request.headers_mut().insert(header::HOST, host);
        let limit = self.tls.as_ref().map_or(CONNECT_MAX, |tls| tls.connect_timeout);
        let dialled = tokio::time::timeout(limit, TcpStream::connect(self.address)).await;
        let stream = match dialled {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.unreachable(&dial_text(&error))),
            Err(_) => return Err(self.unreachable("i/o timeout")),
        };
        let _ = stream.set_nodelay(true);
        let Some(client) = &self.tls else { return exchange(server, stream, request).await };
        let connector = TlsConnector::from(client.tls.clone());
        let name = ServerName::IpAddress(self.address.ip().into());
        match tokio::time::timeout(limit, connector.connect(name, stream)).await {
            Ok(Ok(stream)) => exchange(server, stream, request).await,
            Ok(Err(error)) => Err(Status::internal(format!("error dialing backend: {error}"))),
            Err(_) => Err(Status::internal("error dialing backend: net/http: TLS handshake timeout")),
        }
    }

    fn unreachable(&self, why: &str) -> Status {
        Status::internal(format!("error dialing backend: dial tcp {}: {why}", self.address))
    }
}

fn dial_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connect: connection refused".into(),
        std::io::ErrorKind::HostUnreachable => "connect: no route to host".into(),
        std::io::ErrorKind::NetworkUnreachable => "connect: network is unreachable".into(),
        _ => format!("connect: {error}"),
    }
}

async fn exchange<S>(server: &Arc<Server>, stream: S, request: Request<Body>) -> Result<Response<Incoming>, Status>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| Status::internal(format!("error talking to the backend: {error}"));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let token = server.token.clone();
    server.tasks.spawn(async move {
        if let Some(Err(error)) = token.run_until_cancelled(connection.with_upgrades()).await {
            tracing::debug!(%error, "connection to a backend ended");
        }
    });
    sender.send_request(request).await.map_err(failed)
}
