//! The listening side: connections, TLS, HTTP/1.1 and 2, and the end of all that.
use super::{ServerConfig, body::Body, handler::Server};
use crate::auth::authn;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections open at once; further ones wait in the kernel's backlog.
const CONNECTIONS_MAX: usize = 8192;
/// A client that has not finished its TLS handshake by then is cut off.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Bytes of one request's headers.
const HEADER_BYTES_MAX: u32 = 64 << 10;
/// Requests at once on one HTTP/2 connection; upstream's.
const STREAMS_MAX: u32 = 250;
/// Streams that a client opened and reset before they were served; beyond that the connection ends (rapid reset).
const RESET_STREAMS_MAX: usize = 50;
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_ANSWER_MAX: Duration = Duration::from_secs(15);
/// Requests in flight get this long to finish once the server is told to stop.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// Pause after an accept that failed for want of file descriptors and the like.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the API server has nothing to listen on")]
    NoListener,
    #[error("a listening socket of the API server is unusable: {0}")]
    Listener(#[source] io::Error),
}

/// Serves until `token` is cancelled, then drains: no new connections, watches end, requests finish, within 10 s.
///
/// # Errors
/// There is no usable listener.
pub async fn serve(mut config: ServerConfig, token: CancellationToken) -> Result<(), ServeError> {
    let listeners = std::mem::take(&mut config.listeners);
    if listeners.is_empty() {
        return Err(ServeError::NoListener);
    }
    for listener in &listeners {
        listener.local_addr().map_err(ServeError::Listener)?;
    }
    let server = Server::new(config, token.clone());
    let tracker = server.tasks.clone();
    let abort = CancellationToken::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    for listener in listeners {
        let accept =
            Accept { server: server.clone(), tracker: tracker.clone(), abort: abort.clone(), room: room.clone() };
        tracker.spawn(accept.run(listener));
    }
    token.cancelled().await;
    server.config.health.begin_shutdown();
    tracker.close();
    if tokio::time::timeout(DRAIN_MAX, tracker.wait()).await.is_err() {
        tracing::warn!(connections = tracker.len(), "connections are cut off at the end of the drain");
        abort.cancel();
        tracker.wait().await;
    }
    Ok(())
}

struct Accept {
    server: Arc<Server>,
    tracker: TaskTracker,
    abort: CancellationToken,
    room: Arc<Semaphore>,
}

impl Accept {
    async fn run(self, listener: TcpListener) {
        let token = self.server.token.clone();
        loop {
            let room = self.room.clone();
            let accepted = async {
                let permit = room.acquire_owned().await.expect("the semaphore is never closed");
                (permit, listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                () = token.cancelled() => return,
                accepted = accepted => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = connection(self.server.clone(), stream, peer, self.abort.clone());
                    self.tracker.spawn(async move {
                        let _permit = permit;
                        connection.await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// What happens to a connection beside its requests.
enum Rare {
    /// The server is told to stop: requests finish.
    Stop,
    /// The drain is over, or the client asked nothing at all for too long.
    CutOff,
}

/// Waits for what is rare. Each is looked at only when it has happened, not whenever the connection has something to do:
/// watches by the thousand share the locks of one token.
fn rare(
    stop: CancellationToken,
    abort: CancellationToken,
    silent: BoxFuture<'static, ()>,
) -> FuturesUnordered<BoxFuture<'static, Rare>> {
    let stop = stop.cancelled_owned().map(|()| Rare::Stop).boxed();
    let abort = abort.cancelled_owned().map(|()| Rare::CutOff).boxed();
    [stop, abort, silent.map(|()| Rare::CutOff).boxed()].into_iter().collect()
}

async fn connection(server: Arc<Server>, stream: TcpStream, peer: SocketAddr, abort: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let acceptor = TlsAcceptor::from(server.config.tls.load_full());
    let handshake = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream));
    let Some(handshake) = abort.run_until_cancelled(handshake).await else { return };
    let stream = match handshake {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            server.metrics.tls_errors.increment();
            tracing::debug!(%peer, %error, "TLS handshake failed");
            return;
        }
        Err(_) => {
            server.metrics.tls_errors.increment();
            return;
        }
    };
    let certified = authn::certified(stream.get_ref().1.peer_certificates().unwrap_or_default());
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let idle_max = server.config.idle_timeout;
    let asked = Arc::new(AtomicBool::new(false));
    let mut rare = rare(server.token.clone(), abort, silence(asked.clone(), idle_max).boxed());
    // In a box of its own, a request's state costs memory only while it runs: an idle connection or a watch keeps none.
    let service = service_fn(move |request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let (server, certified) = (server.clone(), certified.clone());
        let answer = async move { Ok::<Response<Body>, Infallible>(server.handle(request, certified.as_ref()).await) };
        answer.boxed()
    });
    let builder = if is_http2 { builder(idle_max).http2_only() } else { builder(idle_max).http1_only() };
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let ended = loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => break ended,
            Some(rare) = rare.next() => match rare {
                Rare::Stop => connection.as_mut().graceful_shutdown(),
                Rare::CutOff => return,
            },
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

/// Comes when a client has asked nothing at all for so long; never once it has.
async fn silence(asked: Arc<AtomicBool>, idle_max: Duration) {
    tokio::time::sleep(idle_max).await;
    if asked.load(Ordering::Relaxed) {
        std::future::pending().await
    }
}

fn builder(idle_max: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(idle_max).max_buf_size(HEADER_BYTES_MAX as usize * 2);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX)
        .max_pending_accept_reset_streams(RESET_STREAMS_MAX)
        .adaptive_window(true)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER_MAX);
    builder
}
