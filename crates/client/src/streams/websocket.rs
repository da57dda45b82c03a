//! The server's side of a WebSocket on a connection that hyper upgrades.
use http::{HeaderMap, HeaderValue, header};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

/// Clients send at most 32 KiB in a message of their own; some join them.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Headers of the answer (101) that opens a WebSocket.
#[derive(Debug)]
pub struct Handshake(pub HeaderMap);

impl Handshake {
    /// The answer to a request with these headers; None when it is no opening handshake of version 13.
    pub(super) fn accept(asked: &HeaderMap, protocol: Option<&str>) -> Option<Self> {
        let key = asked.get(header::SEC_WEBSOCKET_KEY)?;
        if asked.get(header::SEC_WEBSOCKET_VERSION)?.as_bytes() != b"13" {
            return None;
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        let accept = derive_accept_key(key.as_bytes());
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::try_from(accept).ok()?);
        if let Some(protocol) = protocol {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::try_from(protocol).ok()?);
        }
        Some(Self(headers))
    }
}

pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> WebSocketStream<S> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
        .max_write_buffer_size(2 * MESSAGE_BYTES_MAX);
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await
}

/// Takes leave normally: clients count a leave without a code as a broken connection.
pub(super) fn leave() -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))
}
