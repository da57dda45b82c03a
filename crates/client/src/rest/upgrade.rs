//! WebSockets to the API server: exec, attach and port-forward.
use super::{
    ERROR_TEXT_BYTES_MAX,
    connect::{Dialer, Stream},
    decode, unavailable,
};
use http::{HeaderMap, HeaderValue, Request, Uri, header};
use skeg_model::status::Status;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, handshake::client::generate_key, protocol::WebSocketConfig},
};

/// Messages of the remote-command protocol are at most 32 KiB; servers may join some.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// An open WebSocket and the protocol that the server chose ("" if it chose none).
pub struct Upgraded {
    pub socket: WebSocketStream<Box<dyn Stream>>,
    pub protocol: String,
}

impl std::fmt::Debug for Upgraded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upgraded({})", self.protocol)
    }
}

pub(super) async fn open(
    dialer: &Dialer,
    uri: &Uri,
    headers: HeaderMap,
    protocols: &[&str],
) -> Result<Upgraded, Status> {
    let stream = dialer.plain().await.map_err(|e| unavailable(uri, &e))?;
    let request = request(uri, headers, protocols)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
        .max_write_buffer_size(2 * MESSAGE_BYTES_MAX);
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, response)) => {
            let chosen = response.headers().get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|p| p.to_str().ok());
            Ok(Upgraded { socket, protocol: chosen.unwrap_or_default().to_owned() })
        }
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            Err(decode::failure(response.status(), &body[..body.len().min(ERROR_TEXT_BYTES_MAX * 1024)]))
        }
        Err(error) => Err(unavailable(uri, &error)),
    }
}

fn request(uri: &Uri, headers: HeaderMap, protocols: &[&str]) -> Result<Request<()>, Status> {
    let scheme = if uri.scheme_str() == Some("http") { "ws" } else { "wss" };
    let mut parts = uri.clone().into_parts();
    parts.scheme = Some(scheme.parse().map_err(Status::internal)?);
    let mut request = Request::new(());
    *request.uri_mut() = Uri::from_parts(parts).map_err(Status::internal)?;
    let own = request.headers_mut();
    own.extend(headers);
    let mut text = |name, value: &str| {
        let value = HeaderValue::from_str(value).map_err(|e| Status::bad_request(e.to_string()))?;
        own.insert(name, value);
        Ok::<_, Status>(())
    };
    text(header::HOST, uri.authority().map_or("", |a| a.as_str()))?;
    text(header::CONNECTION, "Upgrade")?;
    text(header::UPGRADE, "websocket")?;
    text(header::SEC_WEBSOCKET_VERSION, "13")?;
    text(header::SEC_WEBSOCKET_KEY, &generate_key())?;
    if !protocols.is_empty() {
        text(header::SEC_WEBSOCKET_PROTOCOL, &protocols.join(", "))?;
    }
    Ok(request)
}
