//! Port-forward inside a WebSocket: each message holds bytes of a SPDY connection, which the far side speaks bare.
use super::{PROTOCOL_VERSION, TUNNEL_PREFIX, spdy, websocket};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Response, header};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

/// Headers that ask the far side for SPDY, in place of those that asked for a WebSocket.
pub fn tunnel_headers(asked: &HeaderMap, inner: &[String]) -> HeaderMap {
    let mut headers = super::remote::without_websocket(asked);
    inner.iter().filter_map(|it| HeaderValue::try_from(it).ok()).for_each(|it| {
        headers.append(PROTOCOL_VERSION, it);
    });
    headers
}

impl websocket::Handshake {
    /// The answer to a client whose far side has opened its SPDY connection with `far`; None when either is no upgrade.
    pub fn tunnelled<B>(asked: &HeaderMap, far: &Response<B>) -> Option<Self> {
        let text = |name| far.headers().get(name).and_then(|it: &HeaderValue| it.to_str().ok()).map(str::trim);
        text(header::UPGRADE).filter(|it| it.eq_ignore_ascii_case("SPDY/3.1"))?;
        let inner = text(PROTOCOL_VERSION).filter(|it| !it.is_empty()).map(|it| format!("{TUNNEL_PREFIX}{it}"));
        Self::accept(asked, inner.as_deref())
    }
}

/// Carries bytes between an upgraded client and an upgraded far side until either ends.
///
/// # Errors
/// Either connection broke.
pub async fn tunnel<C, F>(client: C, far: F) -> io::Result<()>
where
    C: AsyncRead + AsyncWrite + Unpin,
    F: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sink, mut messages) = websocket::serve(client).await.split();
    let (mut from, mut to) = tokio::io::split(far);
    let outward = async {
        while let Some(message) = messages.next().await {
            match message.map_err(io::Error::other)? {
                Message::Binary(bytes) => to.write_all(&bytes).await?,
                Message::Close(_) => break,
                Message::Text(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of text")),
                _ => {}
            }
        }
        to.shutdown().await
    };
    let inward = async {
        let mut buffer = vec![0; spdy::PIECE_BYTES];
        loop {
            match from.read(&mut buffer).await? {
                0 => break sink.send(websocket::leave()).await.map_err(io::Error::other),
                n => {
                    let message = Message::Binary(Bytes::copy_from_slice(&buffer[..n]));
                    sink.send(message).await.map_err(io::Error::other)?;
                }
            }
        }
    };
    tokio::select! { done = outward => done, done = inward => done }
}
