//! The plain health endpoint beside the node's HTTPS server: `/healthz` without credentials, on loopback by default.
use super::{Body, not_found, text};
use crate::kubelet::config::KubeletError;
use http::{Request, Response, StatusCode};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, task::JoinSet};

/// Connections at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 64;
const HEADERS_WITHIN: Duration = Duration::from_secs(10);

pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, KubeletError> {
    TcpListener::bind(address).await.map_err(|source| KubeletError::Listen { address, source })
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    Ok(match request.uri().path() {
        "/healthz" | "/healthz/ping" | "/healthz/syncloop" => text(StatusCode::OK, "ok"),
        _ => not_found(),
    })
}

/// Runs until it is dropped.
pub(super) async fn serve(listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= CONNECTIONS_MAX {
            connections.join_next().await;
        }
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        connections.spawn(async move {
            let served = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_WITHIN)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service_fn(answer));
            if let Err(error) = served.await {
                tracing::debug!(%error, "a health check ended early");
            }
        });
    }
}
