//! Exec and attach in the middle: the remote-command protocol of a WebSocket's channels, translated to SPDY streams.
use super::{
    CLOSING_PROTOCOL, PROTOCOL_VERSION,
    spdy::{self, Heard, Listener, Opener},
    websocket::{self, Handshake},
};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{Sink, SinkExt, Stream, StreamExt};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use skeg_model::status::{Cause, Details, Status};
use std::{future::Future, io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Channels of the WebSocket protocol.
const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
const RESIZE: u8 = 4;
/// In place of a channel: the client closes the channel that the next byte names.
const CLOSE: u8 = 255;
/// Frames that wait to be written to the far side.
const FRAMES_WAITING_MAX: usize = 4;
/// Longest outcome, or refusal, of the far side that is read.
const OUTCOME_BYTES_MAX: usize = 64 << 10;
/// The client is given this long to take leave, so that nothing that was sent to it is lost.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);
/// Versions that the far side may choose; their streams are the same.
const FAR_PROTOCOLS: &[&str] = &[CLOSING_PROTOCOL, "v4.channel.k8s.io"];

/// The streams that the client asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
    pub tty: bool,
}

/// The client's headers without those of its WebSocket, asking for SPDY.
pub(super) fn without_websocket(asked: &HeaderMap) -> HeaderMap {
    let mut headers = asked.clone();
    let extensions = header::SEC_WEBSOCKET_EXTENSIONS;
    for name in [header::SEC_WEBSOCKET_PROTOCOL, header::SEC_WEBSOCKET_KEY, header::SEC_WEBSOCKET_VERSION, extensions] {
        headers.remove(name);
    }
    headers.remove(PROTOCOL_VERSION);
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("SPDY/3.1"));
    headers
}

/// Headers that ask the far side for the streams of a command.
pub fn command_headers(asked: &HeaderMap) -> HeaderMap {
    let mut headers = without_websocket(asked);
    for protocol in FAR_PROTOCOLS {
        headers.append(PROTOCOL_VERSION, HeaderValue::from_static(protocol));
    }
    headers
}

impl Handshake {
    /// The answer to a client that asks for the closing protocol; None when its handshake is none.
    pub fn closing(asked: &HeaderMap) -> Option<Self> {
        Self::accept(asked, Some(CLOSING_PROTOCOL))
    }
}

/// Serves an upgraded client from the far side that `open` reaches, to the command's end. What goes wrong is told to the
/// client on its error channel.
///
/// # Errors
/// The client's connection broke.
pub async fn remote_command<C, O>(client: C, wanted: Wanted, open: O) -> Result<(), Error>
where
    C: AsyncRead + AsyncWrite + Unpin,
    O: Future<Output = Result<Response<Incoming>, Status>>,
{
    let (mut sink, mut messages) = websocket::serve(client).await.split();
    // An empty message says that the connection stands.
    let first = [(wanted.stdout, STDOUT), (wanted.stderr, STDERR)].into_iter().find(|(it, _)| *it);
    sink.send(message(first.map_or(ERROR, |(_, channel)| channel), b"")).await?;
    let outcome = match upgraded(open).await {
        Ok(far) => session(&mut sink, &mut messages, far, wanted).await,
        Err(status) => Outcome::Ended(status),
    };
    let Outcome::Ended(status) = outcome else { return Ok(()) };
    sink.send(message(ERROR, &outcome_json(&status))).await?;
    sink.send(websocket::leave()).await?;
    let leave = async { while let Some(Ok(_)) = messages.next().await {} };
    let _ = tokio::time::timeout(LEAVE_WITHIN, leave).await;
    Ok(())
}

fn message(channel: u8, data: &[u8]) -> Message {
    let mut bytes = BytesMut::with_capacity(1 + data.len());
    bytes.put_u8(channel);
    bytes.put_slice(data);
    Message::Binary(bytes.freeze())
}

/// A Status as Go writes it, which has metadata always.
fn outcome_json(status: &Status) -> Vec<u8> {
    let mut tree = serde_json::to_value(status).expect("a Status is JSON");
    tree["metadata"] = serde_json::json!({});
    tree.to_string().into_bytes()
}

/// The far side's connection once it has agreed to SPDY.
async fn upgraded(
    open: impl Future<Output = Result<Response<Incoming>, Status>>,
) -> Result<TokioIo<hyper::upgrade::Upgraded>, Status> {
    let mut answer = open.await?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        return hyper::upgrade::on(&mut answer).await.map(TokioIo::new).map_err(Status::internal);
    }
    let body = Limited::new(answer.into_body(), OUTCOME_BYTES_MAX).collect().await;
    let body = body.map(|it| it.to_bytes()).unwrap_or_default();
    Err(serde_json::from_slice::<Status>(&body).unwrap_or_else(|_| {
        Status::internal(format!("unable to upgrade connection: {}", String::from_utf8_lossy(&body).trim_end()))
    }))
}

#[derive(Debug)]
pub(super) enum Outcome {
    Ended(Status),
    /// The client has gone; there is nobody to tell.
    Left,
}

/// Ids of the streams that were opened.
struct Streams {
    error: u32,
    stdin: Option<u32>,
    stdout: Option<u32>,
    stderr: Option<u32>,
    resize: Option<u32>,
}

impl Streams {
    /// Opens what is wanted, in the order in which upstream's client does.
    fn open(wanted: Wanted) -> (Self, BytesMut) {
        let (mut opener, mut frames) = (Opener::default(), BytesMut::new());
        let mut open = |kind: &str| {
            let (id, frame) = opener.open("streamtype", kind);
            frames.put_slice(&frame);
            id
        };
        let streams = Self {
            error: open("error"),
            stdin: wanted.stdin.then(|| open("stdin")),
            stdout: wanted.stdout.then(|| open("stdout")),
            stderr: (wanted.stderr && !wanted.tty).then(|| open("stderr")),
            resize: wanted.tty.then(|| open("resize")),
        };
        (streams, frames)
    }
}

pub(super) async fn session<C, F>(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    messages: &mut C,
    far: F,
    wanted: Wanted,
) -> Outcome
where
    C: Stream<Item = Result<Message, Error>> + Unpin,
    F: AsyncRead + AsyncWrite,
{
    let (from, mut to) = tokio::io::split(far);
    let (streams, opening) = Streams::open(wanted);
    let (frames, mut waiting) = mpsc::channel::<Bytes>(FRAMES_WAITING_MAX);
    let writing = async {
        let written: io::Result<()> = async {
            to.write_all(&opening).await?;
            while let Some(frame) = waiting.recv().await {
                to.write_all(&frame).await?;
            }
            Ok(())
        }
        .await;
        if let Err(error) = written {
            tracing::debug!(%error, "the far side of a stream takes no more");
        }
        // What the far side still says decides how this ends.
        std::future::pending::<()>().await;
    };
    let typing = from_client(messages, &streams, frames.clone());
    let listening = from_far(Listener::new(from), sink, &streams, &frames);
    tokio::select! {
        outcome = listening => outcome,
        () = typing => Outcome::Left,
        () = writing => Outcome::Left,
    }
}

/// Hands the client's input on until the client goes.
async fn from_client<C>(messages: &mut C, streams: &Streams, frames: mpsc::Sender<Bytes>)
where
    C: Stream<Item = Result<Message, Error>> + Unpin,
{
    let mut stdin = streams.stdin;
    while let Some(Ok(message)) = messages.next().await {
        let bytes: Bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Text(text) => text.into(),
            Message::Close(_) => break,
            _ => continue,
        };
        let frame = match bytes[..] {
            [CLOSE, STDIN] => stdin.take().map(|id| spdy::data(id, b"", true)),
            [CLOSE, ERROR | RESIZE | STDOUT | STDERR] | [] => None,
            [CLOSE, ..] => break,
            [STDIN, ref data @ ..] => stdin.map(|id| spdy::data(id, data, false)),
            [RESIZE, ref size @ ..] => streams.resize.map(|id| spdy::data(id, size, false)),
            _ => None,
        };
        if let Some(frame) = frame
            && frames.send(frame).await.is_err()
        {
            break;
        }
    }
}

/// Hands the command's output on; the outcome comes when all its streams have ended.
async fn from_far<R: AsyncRead + Unpin>(
    mut listener: Listener<R>,
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    streams: &Streams,
    frames: &mpsc::Sender<Bytes>,
) -> Outcome {
    let mut open: Vec<u32> = [Some(streams.error), streams.stdout, streams.stderr].into_iter().flatten().collect();
    let mut outcome = Vec::new();
    while !open.is_empty() {
        let heard = match listener.next().await {
            Ok(Some(heard)) => heard,
            Ok(None) => break,
            Err(error) => {
                tracing::debug!(%error, "the far side of a stream broke off");
                break;
            }
        };
        match heard {
            Heard::Data { stream, piece } if stream == streams.error => {
                outcome.extend_from_slice(&piece[..piece.len().min(OUTCOME_BYTES_MAX - outcome.len())]);
            }
            Heard::Data { stream, piece } => {
                let channel = if streams.stdout == Some(stream) { STDOUT } else { STDERR };
                let known = [streams.stdout, streams.stderr].contains(&Some(stream));
                if known && sink.send(message(channel, &piece)).await.is_err() {
                    return Outcome::Left;
                }
            }
            Heard::End { stream } => open.retain(|it| *it != stream),
            // Somebody who pings while so much input waits will ping again.
            Heard::Ping(id) => drop(frames.try_send(spdy::pong(id))),
        }
    }
    Outcome::Ended(decide(&outcome))
}

/// What the client is told about how the command ended, given what the far side said about it.
pub(super) fn decide(said: &[u8]) -> Status {
    let success = Status { status: "Success".into(), ..Status::failure(0, "", "") };
    if said.is_empty() {
        return success;
    }
    let breach = |text: String| Status::internal(format!("error stream protocol error: {text}"));
    let status = match serde_json::from_slice::<Status>(said) {
        Ok(status) => status,
        Err(error) => return breach(format!("{error} in {:?}", String::from_utf8_lossy(said))),
    };
    match (status.status.as_str(), status.reason.as_str()) {
        ("Success", _) => success,
        ("Failure", "NonZeroExitCode") => exit_code(status.details.as_deref()).unwrap_or_else(breach),
        ("Failure", _) => Status::internal(status.message),
        _ => breach("unknown error".into()),
    }
}

fn exit_code(details: Option<&Details>) -> Result<Status, String> {
    let causes = &details.ok_or("details must be set")?.causes;
    let cause = causes.iter().find(|it| it.reason == "ExitCode").ok_or("no ExitCode cause given")?;
    let code: u8 = cause.message.parse().map_err(|_| format!("invalid exit code value {:?}", cause.message))?;
    let text = format!("command terminated with non-zero exit code: command terminated with exit code {code}");
    let cause = Cause { reason: "ExitCode".into(), message: code.to_string(), field: String::new() };
    let details = Some(Box::new(Details { causes: vec![cause], ..Details::default() }));
    Ok(Status { details, ..Status::failure(0, "NonZeroExitCode", text) })
}
