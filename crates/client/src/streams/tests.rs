use super::{
    Middle,
    remote::{Outcome, Wanted, decide, session},
    spdy::{self, Heard, Listener, Opener},
    websocket,
};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue};
use skeg_model::status::Status;
use std::io::Cursor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))).collect()
}

#[test]
fn what_a_request_needs_in_the_middle() {
    let asking = |upgrade: &'static str, protocols: &'static str| {
        headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", upgrade), ("sec-websocket-protocol", protocols)])
    };
    let both = asking("websocket", "v5.channel.k8s.io, v4.channel.k8s.io");
    assert_eq!(Middle::of_command(&both), Middle::Translate);
    assert_eq!(Middle::of_command(&asking("WebSocket", "v4.channel.k8s.io")), Middle::Carry);
    assert_eq!(Middle::of_command(&asking("SPDY/3.1", "v5.channel.k8s.io")), Middle::Carry);
    let tunnelled = asking("websocket", "SPDY/3.1+portforward.k8s.io");
    assert_eq!(Middle::of_forwarding(&tunnelled), Middle::Unpack(vec!["portforward.k8s.io".into()]));
    assert_eq!(Middle::of_forwarding(&asking("websocket", "SPDY/3.1+other")), Middle::Carry);
    assert_eq!(Middle::of_forwarding(&asking("websocket", "v4.channel.k8s.io")), Middle::Carry);
}

#[test]
fn how_a_command_ended() {
    let check = |said: &str, status: &str, reason: &str, message: &str| {
        let told = decide(said.as_bytes());
        assert_eq!((told.status.as_str(), told.reason.as_str(), told.message.as_str()), (status, reason, message));
    };
    check("", "Success", "", "");
    check(r#"{"metadata":{},"status":"Success"}"#, "Success", "", "");
    check(
        r#"{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"42"}]}}"#,
        "Failure",
        "NonZeroExitCode",
        "command terminated with non-zero exit code: command terminated with exit code 42",
    );
    check(
        r#"{"status":"Failure","reason":"InternalError","message":"no such program"}"#,
        "Failure",
        "InternalError",
        "Internal error occurred: no such program",
    );
    check(
        r#"{"status":"Failure","reason":"NonZeroExitCode"}"#,
        "Failure",
        "InternalError",
        "Internal error occurred: error stream protocol error: details must be set",
    );
}

#[tokio::test]
async fn frames_come_in_pieces_of_any_size() {
    let long = vec![7; spdy::PIECE_BYTES + 1];
    let wire = [spdy::data(1, &long, true), spdy::pong(2), spdy::data(3, b"", true)].concat();
    for chunk in [1, 3, wire.len()] {
        let (mut to, from) = tokio::io::duplex(chunk);
        let sent = wire.clone();
        let sending = async move { to.write_all(&sent).await.unwrap() };
        let hearing = async {
            let mut listener = Listener::new(from);
            let mut heard = Vec::new();
            while let Some(it) = listener.next().await.unwrap() {
                heard.push(it);
            }
            heard
        };
        let ((), heard) = tokio::join!(sending, hearing);
        let piece = |bytes: &[u8]| Heard::Data { stream: 1, piece: Bytes::copy_from_slice(bytes) };
        let ends = [Heard::End { stream: 1 }, Heard::Ping(2), Heard::End { stream: 3 }];
        assert_eq!(heard[..2], [piece(&long[1..]), piece(&[7])]);
        assert_eq!(heard[2..], ends);
    }
}

#[tokio::test]
async fn what_is_no_spdy_is_refused() {
    for wire in
        [&b"\x80\x02\x00\x01\x00\x00\x00\x00"[..], b"\x80\x03\x00\x04\x00\xff\xff\xff", b"\x00\x00\x00\x01\x00\x00"]
    {
        let done = Listener::new(Cursor::new(wire)).next().await;
        assert!(done.is_err() || wire.len() < 8, "{wire:?}: {done:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_upset_the_listener(wire: Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut listener = Listener::new(Cursor::new(wire));
            while let Ok(Some(_)) = listener.next().await {}
        });
    }
}

#[test]
fn streams_are_opened_in_one_compressed_stream() {
    let mut opener = Opener::default();
    let (first, frame) = opener.open("streamtype", "error");
    assert_eq!(first, 1);
    assert_eq!(frame[..8], [0x80, 3, 0, 1, 0, 0, 0, frame.len() as u8 - 8]);
    // Stream, associated stream, priority; then zlib's header and a stored block.
    assert_eq!(frame[8..21], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x78, 1, 0]);
    assert_eq!(frame[frame.len() - 5..], [0, 0, 0, 0xff, 0xff]);
    let (second, frame) = opener.open("streamtype", "stdin");
    assert_eq!((second, &frame[18..19]), (3, &[0][..]));
}

/// Reads frames of a client until the streams that `count` names are open.
async fn opened(far: &mut (impl AsyncRead + Unpin), count: usize) {
    for _ in 0..count {
        let mut head = [0; 8];
        far.read_exact(&mut head).await.unwrap();
        let mut body = vec![0; usize::from(head[6]) << 8 | usize::from(head[7])];
        far.read_exact(&mut body).await.unwrap();
    }
}

#[tokio::test]
async fn a_command_is_translated_to_its_end() {
    let (client, server) = tokio::io::duplex(1 << 10);
    let (far, mut runtime) = tokio::io::duplex(1 << 10);
    let mut client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
    let wanted = Wanted { stdin: true, stdout: true, stderr: true, tty: false };
    let serving = async {
        let (mut sink, mut messages) = websocket::serve(server).await.split();
        session(&mut sink, &mut messages, far, wanted).await
    };
    let runtime = async {
        opened(&mut runtime, 4).await;
        let mut typed = Vec::new();
        let (from, mut to) = tokio::io::split(runtime);
        let mut listener = Listener::new(from);
        loop {
            match listener.next().await.unwrap().unwrap() {
                Heard::Data { stream: 3, piece } => typed.extend_from_slice(&piece),
                Heard::End { stream: 3 } => break,
                other => panic!("{other:?}"),
            }
        }
        let outcome = br#"{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}"#;
        let said = [
            spdy::data(5, &typed, true),
            spdy::data(7, b"oh", false),
            spdy::data(7, b"", true),
            spdy::data(1, outcome, true),
        ];
        to.write_all(&said.concat()).await.unwrap();
        (listener, to)
    };
    let using = async {
        for message in [&b"\x00ty"[..], b"\x00ped", b"\xff\x00", b"\x00late"] {
            client.send(Message::binary(message.to_vec())).await.unwrap();
        }
        [client.next().await.unwrap().unwrap().into_data(), client.next().await.unwrap().unwrap().into_data()]
    };
    let (outcome, _open, seen) = tokio::join!(serving, runtime, using);
    assert_eq!(seen, [&b"\x01typed"[..], b"\x02oh"]);
    let Outcome::Ended(Status { details: Some(details), .. }) = outcome else { panic!("no outcome") };
    assert_eq!(details.causes[0].message, "3");
}

#[tokio::test]
async fn a_client_that_goes_ends_its_session() {
    let (client, server) = tokio::io::duplex(1 << 10);
    let (far, _runtime) = tokio::io::duplex(1 << 10);
    let (mut sink, mut messages) = websocket::serve(server).await.split();
    drop(client);
    let wanted = Wanted { stdin: true, stdout: true, stderr: false, tty: true };
    assert!(matches!(session(&mut sink, &mut messages, far, wanted).await, Outcome::Left));
}

#[tokio::test]
async fn port_forward_is_unpacked_and_packed() {
    let (client, server) = tokio::io::duplex(64);
    let (far, mut runtime) = tokio::io::duplex(64);
    let mut client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
    let using = async {
        client.send(Message::binary(b"there".to_vec())).await.unwrap();
        let mut there = [0; 5];
        runtime.read_exact(&mut there).await.unwrap();
        runtime.write_all(b"and back").await.unwrap();
        drop(runtime);
        (there, client.next().await.unwrap().unwrap().into_data())
    };
    let (done, (there, back)) = tokio::join!(super::tunnel(server, far), using);
    done.unwrap();
    assert_eq!((&there[..], &back[..]), (&b"there"[..], &b"and back"[..]));
}
