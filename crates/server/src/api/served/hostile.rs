//! What clients do wrong, by accident or on purpose: each gets upstream's answer or a bounded refusal, nothing is
//! written, and others are served all the while.
use super::*;

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// Nothing of all this was written, and the server still serves.
async fn rests(served: &Served) {
    let list = served.get(&format!("admin GET {CONFIG_MAPS}")).await;
    assert_eq!((list.code, list.json()["items"].as_array().map(Vec::len)), (200, Some(0)), "{}", list.body);
}

fn object(members: &str) -> Vec<u8> {
    format!("{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"a\"}}{members}}}").into_bytes()
}

#[tokio::test]
async fn bodies_that_are_no_objects() {
    let served = start().await;
    let check = async |media: &str, body: Vec<u8>, code: u16, text: &str| {
        let line = format!("admin POST {CONFIG_MAPS}?fieldValidation=Strict");
        let got = served.ask(&line, &[("content-type", media)], body).await;
        assert_eq!(got.code, code, "{text}: {}", got.body);
        assert!(got.message().contains(text), "{text}: {}", got.body);
        assert!(got.body.len() < 1000, "the body is not sent back");
    };
    let (json, yaml, protobuf) = ("application/json", "application/yaml", proto_encode::MEDIA_TYPE);
    let unknown = "the object provided is unrecognized (must be of type ConfigMap): ";
    let syntax = |why: &str| format!("{unknown}couldn't get version/kind; json parse error: {why}");
    check(json, Vec::new(), 400, &syntax("unexpected end of JSON input (<empty>)")).await;
    check(json, b"{\"kind\":".to_vec(), 400, &syntax("unexpected end of JSON input")).await;
    check(json, object(",\"data\":{\"a\":\"\0\"}"), 400, &syntax("invalid character '\\x00' in string literal")).await;
    check(json, [object(""), b" x".to_vec()].concat(), 400, &syntax("invalid character 'x' after top-level")).await;
    check(json, b"17".to_vec(), 400, &syntax("json: cannot unmarshal number into Go value of type struct")).await;
    let deep = object(&format!(",\"x\":{}{}", "[".repeat(50_000), "]".repeat(50_000)));
    check(json, deep.clone(), 400, &syntax("invalid character '[' exceeded max depth")).await;
    check(yaml, deep, 400, unknown).await;
    check(
        json,
        object(",\"data\":{\"a\":\"1\",\"a\":\"2\"}"),
        400,
        "strict decoding error: duplicate field \"data.a\"",
    )
    .await;
    check(json, object(",\"metadata\":{\"name\":\"b\\ufffd\"}"), 400, "duplicate field \"metadata\"").await;
    let invalid = b"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\xff\"}}".to_vec();
    check(json, invalid, 422, "metadata.name: Invalid value: \"a\u{fffd}\"").await;
    let names = "abcdefgh".chars().collect::<Vec<_>>();
    let bomb: String = names
        .windows(2)
        .map(|two| format!("{}: &{} [{}]\n", two[1], two[1], vec![format!("*{}", two[0]); 9].join(",")))
        .collect();
    let bomb = format!("apiVersion: v1\nkind: ConfigMap\na: &a [x]\n{bomb}");
    check(yaml, bomb.into_bytes(), 400, "yaml: document contains excessive aliasing").await;
    check(protobuf, b"garbage".to_vec(), 400, &format!("{unknown}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (67617262616765)")).await;
    check(protobuf, b"k8s\0\x0a\xff\xff\xff\xff\x0f".to_vec(), 400, &format!("{unknown}unexpected EOF")).await;
    rests(&served).await;
    served.stop().await;
}

#[tokio::test]
async fn patches_that_are_none() {
    let served = start().await;
    let check = async |media: &str, body: &str, codes: &[u16]| {
        let line = format!("admin PATCH {CONFIG_MAPS}/a");
        let got = served.ask(&line, &[("content-type", media)], body.to_owned()).await;
        assert!(codes.contains(&got.code), "{media} {body}: {} {}", got.code, got.body);
    };
    let deep = format!("{{\"data\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    for media in
        ["application/merge-patch+json", "application/strategic-merge-patch+json", "application/json-patch+json"]
    {
        for body in ["", "{", "null", "7", "[[]]", "[{\"op\":\"copy\"}]", &deep] {
            check(media, body, &[400, 404]).await;
        }
    }
    rests(&served).await;
    served.stop().await;
}

/// Too much without saying so beforehand: the length is not known until it has been sent.
#[tokio::test]
async fn endless_bodies_are_cut_off() {
    let served = start().await;
    let mut stream = served.connect().await;
    let head = format!(
        "POST {CONFIG_MAPS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = tokio::io::split(stream);
    let sending = tokio::spawn(async move {
        let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
        while write.write_all(&chunk).await.is_ok() {}
    });
    let mut answer = Vec::new();
    // The connection may end with a reset, since the client goes on sending.
    let _ = read.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("Request entity too large: limit is 3145728"), "{answer}");
    sending.await.unwrap();
    rests(&served).await;
    served.stop().await;
}

/// All that the server says until it ends the connection.
async fn said(served: &Served, words: &[u8]) -> String {
    let mut stream = served.connect().await;
    stream.write_all(words).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let served = start_with(|config| {
        config.idle_timeout = Duration::from_millis(50);
        config.request_timeout = Duration::from_millis(50);
    })
    .await;
    assert_eq!(said(&served, b"").await, "", "nothing asked");
    assert_eq!(said(&served, b"GET /version HTTP/1.1\r\nhost: x\r\nx-slow: ").await, "", "a head that does not end");
    let slow = format!(
        "POST {CONFIG_MAPS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n\r\n{{"
    );
    let answer = said(&served, slow.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
    assert!(answer.contains("Timeout: request did not complete within the allotted timeout"), "{answer}");
    served.stop().await;
}

#[tokio::test]
async fn heads_that_are_no_requests() {
    let served = start().await;
    let check = async |words: Vec<u8>, code: &str| {
        let answer = said(&served, &words).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {code} ")), "{answer}");
    };
    check(b"\0\x01\x02 garbage\r\n\r\n".to_vec(), "400").await;
    check(b"GET / HTTP/9.9\r\n\r\n".to_vec(), "400").await;
    let many: String = (0..500).map(|n| format!("x-{n}: y\r\n")).collect();
    check(format!("GET /version HTTP/1.1\r\nhost: x\r\n{many}\r\n").into_bytes(), "431").await;
    let lengths = "content-length: 5\r\ncontent-length: 6\r\n";
    check(format!("POST {CONFIG_MAPS} HTTP/1.1\r\nhost: x\r\n{lengths}\r\nhello").into_bytes(), "400").await;
    check(format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(200 << 10)).into_bytes(), "431").await;
    rests(&served).await;
    served.stop().await;
}

#[tokio::test]
async fn idle_connections_keep_nobody_out() {
    let served = start().await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(served.connect().await);
    }
    rests(&served).await;
    drop(idle);
    served.stop().await;
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Streams that are reset as soon as they are opened (CVE-2023-44487): the connection is ended, others go on.
#[tokio::test]
async fn rapid_resets_end_their_connection() {
    let served = start().await;
    let mut client = (*served.client).clone();
    client.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(served.address).await.unwrap();
    let name = ServerName::IpAddress(LOCALHOST.into());
    let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    let (mut read, mut write) = tokio::io::split(stream);
    let sending = tokio::spawn(async move {
        let mut flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        flood.extend(frame(SETTINGS, 0, 0, &[]));
        // :method GET, :scheme https, :path /, :authority x; the stream and its headers end here.
        let request = [0x82, 0x87, 0x84, 0x41, 0x01, b'x'];
        for stream in (1..20_000).step_by(2) {
            flood.extend(frame(HEADERS, 0x5, stream, &request));
            flood.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        }
        // Ends in an error once the server has ended the connection.
        let _ = write.write_all(&flood).await;
        write
    });
    let mut seen = Vec::new();
    let mut head = [0; 9];
    while read.read_exact(&mut head).await.is_ok() {
        seen.push(head[3]);
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        if head[3] == GOAWAY || read.read_exact(&mut vec![0; length]).await.is_err() {
            break;
        }
    }
    assert_eq!(seen.last(), Some(&GOAWAY), "{seen:?}");
    drop(read);
    drop(sending.await.unwrap());
    rests(&served).await;
    served.stop().await;
}

/// A client that speaks HTTP/2 and then says nothing is cut off like any other.
#[tokio::test]
async fn silent_http2_clients_are_cut_off() {
    let served = start_with(|config| config.idle_timeout = Duration::from_millis(50)).await;
    let mut client = (*served.client).clone();
    client.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(served.address).await.unwrap();
    let name = ServerName::IpAddress(LOCALHOST.into());
    let mut stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    served.stop().await;
}
