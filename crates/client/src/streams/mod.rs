//! Streams of exec, attach and port-forward as they are carried by somebody in the middle: a WebSocket towards the
//! client, SPDY towards the container runtime.
//!
//! Runtimes speak SPDY and, at most, version 4 of the WebSocket protocol, in which standard input cannot be closed. A
//! client that asks for version 5 is served by translating ([`remote_command`]); one that sends port-forward's SPDY
//! inside WebSocket messages is served by unpacking ([`tunnel`]). Everything else may be carried as raw bytes.
mod remote;
mod spdy;
#[cfg(test)]
mod tests;
mod tunnel;
mod websocket;

pub use remote::{Wanted, command_headers, remote_command};
pub use tunnel::{tunnel, tunnel_headers};
pub use websocket::Handshake;

use http::{HeaderMap, HeaderName, header};

/// Asks for, or names, the protocol spoken inside a SPDY connection.
pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("x-stream-protocol-version");
/// The first version of the remote-command protocol in which a client can close a stream.
const CLOSING_PROTOCOL: &str = "v5.channel.k8s.io";
const TUNNEL_PREFIX: &str = "SPDY/3.1+";
const TUNNEL_SUFFIX: &str = ".k8s.io";

/// What a WebSocket request needs beyond carrying bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Middle {
    /// Nothing: the far side speaks what was asked for.
    Carry,
    /// The remote-command protocol whose streams can be closed.
    Translate,
    /// SPDY in messages, with these protocols inside.
    Unpack(Vec<String>),
}

impl Middle {
    /// What an exec or attach request asks for.
    pub fn of_command(headers: &HeaderMap) -> Self {
        let closing = is_websocket(headers) && protocols(headers).any(|it| it == CLOSING_PROTOCOL);
        if closing { Self::Translate } else { Self::Carry }
    }

    /// What a port-forward request asks for.
    pub fn of_forwarding(headers: &HeaderMap) -> Self {
        let inner = protocols(headers).filter_map(|it| it.strip_prefix(TUNNEL_PREFIX));
        let inner: Vec<String> = inner.filter(|it| it.ends_with(TUNNEL_SUFFIX)).map(str::to_owned).collect();
        if is_websocket(headers) && !inner.is_empty() { Self::Unpack(inner) } else { Self::Carry }
    }
}

/// The client asks for an upgraded connection, whatever it is to speak.
pub fn wants_upgrade(headers: &HeaderMap) -> bool {
    let connection = headers.get_all(header::CONNECTION).iter().filter_map(|it| it.to_str().ok());
    let upgrades = connection.flat_map(|it| it.split(',')).any(|it| it.trim().eq_ignore_ascii_case("upgrade"));
    upgrades && headers.contains_key(header::UPGRADE)
}

fn is_websocket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|it| it.to_str().ok());
    wants_upgrade(headers) && upgrade.is_some_and(|it| it.eq_ignore_ascii_case("websocket"))
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|it| it.to_str().ok());
    values.flat_map(|it| it.split(',')).map(str::trim)
}
