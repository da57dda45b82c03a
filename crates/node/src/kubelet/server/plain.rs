//! The plain endpoints beside the node's HTTPS server, without credentials: health alone, on loopback by default, and
//! `readOnlyPort`, where nothing can be changed.
use super::{Body, not_found, route, text};
use crate::kubelet::shared::Shared;
use http::{Request, Response, StatusCode};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinSet};

/// Connections at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 64;
const HEADERS_WITHIN: Duration = Duration::from_secs(10);

/// What can be asked for.
#[derive(Clone)]
pub(super) enum Door {
    Health,
    ReadOnly(Arc<Shared>),
}

async fn answer(door: &Door, request: Request<Incoming>) -> Response<Body> {
    match door {
        Door::Health => match request.uri().path() {
            "/healthz" | "/healthz/ping" | "/healthz/syncloop" => text(StatusCode::OK, "ok"),
            _ => not_found(),
        },
        Door::ReadOnly(shared) => route(shared, request, false).await,
    }
}

/// Runs until it is dropped.
pub(super) async fn serve(listener: TcpListener, door: Door) {
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
        let door = door.clone();
        connections.spawn(async move {
            let service = service_fn(|request| async { Ok::<_, Infallible>(answer(&door, request).await) });
            let served = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_WITHIN)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = served.await {
                tracing::debug!(%error, "a plain request ended early");
            }
        });
    }
}
