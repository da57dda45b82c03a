//! Connections that are kept: one of HTTP/2 is shared, those of HTTP/1.1 are lent to one request at a time.
use super::connect::{ConnectError, Dialer, Sender};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use parking_lot::Mutex;

/// Idle HTTP/1.1 connections beyond these are closed.
const IDLE_MAX: usize = 8;

type One = http1::SendRequest<Full<Bytes>>;
type Two = http2::SendRequest<Full<Bytes>>;

/// An answer's head and, where the connection can serve again once the body is read, the connection.
pub(super) struct Answer {
    pub response: Response<Incoming>,
    pub keep: Option<One>,
}

/// Connections for one sort of requests, so that streams do not take the places of calls.
#[derive(Debug, Default)]
pub(super) struct Lane {
    shared: tokio::sync::Mutex<Option<Two>>,
    idle: Mutex<Vec<One>>,
}

impl Lane {
    /// Sends a request. One that a kept connection could not even take goes over a new one.
    pub async fn send(&self, dialer: &Dialer, request: Request<Full<Bytes>>) -> Result<Answer, ConnectError> {
        let uri = request.uri().clone();
        let mut request = request;
        loop {
            *request.uri_mut() = uri.clone();
            let (sender, fresh) = match self.kept().await {
                Some(kept) => (kept, false),
                None => (self.connect(dialer).await?, true),
            };
            match attempt(sender, request).await {
                Ok(answer) => return Ok(answer),
                Err((_, Some(unsent))) if !fresh => request = unsent,
                Err((error, _)) => return Err(ConnectError::Http(error)),
            }
        }
    }

    async fn kept(&self) -> Option<Sender> {
        if let Some(two) = self.shared.lock().await.as_ref().filter(|two| !two.is_closed()) {
            return Some(Sender::Two(two.clone()));
        }
        let mut idle = self.idle.lock();
        idle.retain(|one| !one.is_closed());
        idle.pop().map(Sender::One)
    }

    /// At most one connection is being made at a time, so that a shared one is not made twice.
    async fn connect(&self, dialer: &Dialer) -> Result<Sender, ConnectError> {
        let mut shared = self.shared.lock().await;
        if let Some(two) = shared.as_ref().filter(|two| !two.is_closed()) {
            return Ok(Sender::Two(two.clone()));
        }
        let sender = dialer.connect().await?;
        *shared = match &sender {
            Sender::Two(two) => Some(two.clone()),
            Sender::One(_) => None,
        };
        Ok(sender)
    }

    /// The body is read: the connection may serve again.
    pub fn give_back(&self, keep: Option<One>) {
        let mut idle = self.idle.lock();
        if let Some(one) = keep.filter(|one| !one.is_closed())
            && idle.len() < IDLE_MAX
        {
            idle.push(one);
        }
    }
}

type Unsent = (hyper::Error, Option<Request<Full<Bytes>>>);

async fn attempt(sender: Sender, request: Request<Full<Bytes>>) -> Result<Answer, Unsent> {
    let unsent = |mut e: hyper::client::conn::TrySendError<_>| {
        let request = e.take_message();
        (e.into_error(), request)
    };
    match sender {
        Sender::Two(mut two) => {
            if let Err(error) = two.ready().await {
                return Err((error, Some(request)));
            }
            let response = two.try_send_request(request).await.map_err(unsent)?;
            Ok(Answer { response, keep: None })
        }
        Sender::One(mut one) => {
            if let Err(error) = one.ready().await {
                return Err((error, Some(request)));
            }
            let response = one.try_send_request(origin_form(request)).await.map_err(unsent)?;
            Ok(Answer { response, keep: Some(one) })
        }
    }
}

/// HTTP/1.1 names the host in a header and only the path in the request line.
fn origin_form(mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let uri = request.uri().clone();
    if let Some(authority) = uri.authority()
        && let Ok(host) = http::HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(http::header::HOST, host);
    }
    let mut parts = http::uri::Parts::default();
    parts.path_and_query = uri.path_and_query().cloned();
    *request.uri_mut() = http::Uri::from_parts(parts).expect("a path alone is a URI");
    request
}
