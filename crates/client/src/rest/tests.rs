//! The transport against a server in the test.
use super::*;
use futures::{SinkExt, StreamExt};
use http_body_util::{StreamBody, combinators::BoxBody};
use hyper::{body::Frame, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use parking_lot::Mutex;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use skeg_model::request::{Body, DeleteOptions, Gvr, PatchKind, WriteOptions};
use std::{collections::VecDeque, convert::Infallible, sync::Arc};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::{Message, protocol::Role};

type Answer = Response<BoxBody<Bytes, Infallible>>;

/// What a server saw of a request: version, method, path, headers that matter, body.
#[derive(Debug, Clone)]
struct Seen {
    line: String,
    headers: HeaderMap,
    body: String,
    client: bool,
}

/// A server that answers from a list and remembers what it was asked.
struct Server {
    address: String,
    ca: Vec<u8>,
    identity: Identity,
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    _tasks: JoinSet<()>,
}

fn whole(code: u16, body: &str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_owned())).boxed());
    *answer.status_mut() = StatusCode::from_u16(code).unwrap();
    answer
}

fn chunks(parts: &'static [&'static str]) -> Answer {
    let frames = parts.iter().map(|p| Ok(Frame::data(Bytes::from_static(p.as_bytes()))));
    Response::new(BodyExt::boxed(StreamBody::new(futures::stream::iter(frames))))
}

fn certificates(protocols: &[&str]) -> (rustls::ServerConfig, Vec<u8>, Identity) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_cert = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let issue = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let cert = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        (cert.pem(), key.serialize_pem())
    };
    let (server_cert, server_key) = issue("127.0.0.1");
    let (certificate, key) = issue("me");
    let mut roots = RootCertStore::empty();
    roots.add(ca_cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(server_cert.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(server_key.as_bytes()).unwrap(),
        )
        .unwrap();
    tls.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
    (tls, ca_cert.pem().into(), Identity { certificate: certificate.into(), key: key.into() })
}

impl Server {
    async fn start(protocols: &[&str], answers: impl IntoIterator<Item = Answer>) -> Self {
        let (tls, ca, identity) = certificates(protocols);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let mut tasks = JoinSet::new();
        let (log, queue) = (seen.clone(), answers.clone());
        tasks.spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(tls));
            let mut connections = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                let Ok(stream) = acceptor.accept(tcp).await else { continue };
                let client = stream.get_ref().1.peer_certificates().is_some();
                let (log, queue) = (log.clone(), queue.clone());
                let serve = service_fn(move |request| answer(request, client, log.clone(), queue.clone()));
                connections.spawn(async move {
                    let builder = auto::Builder::new(TokioExecutor::new());
                    drop(builder.serve_connection_with_upgrades(TokioIo::new(stream), serve).await);
                });
            }
        });
        Self { address, ca, identity, seen, answers, _tasks: tasks }
    }

    fn config(&self) -> RestConfig {
        RestConfig::new(&self.address, Trust::Authorities(self.ca.clone()))
    }

    fn last(&self) -> Seen {
        self.seen.lock().last().unwrap().clone()
    }
}

async fn answer(
    mut request: Request<Incoming>,
    client: bool,
    log: Arc<Mutex<Vec<Seen>>>,
    queue: Arc<Mutex<VecDeque<Answer>>>,
) -> Result<Answer, Infallible> {
    let path = request.uri().path_and_query().unwrap().as_str();
    let line = format!("{:?} {} {path}", request.version(), request.method());
    let headers = request.headers().clone();
    if headers.contains_key(header::UPGRADE) {
        log.lock().push(Seen { line, headers: headers.clone(), body: String::new(), client });
        return Ok(echo(&headers, hyper::upgrade::on(&mut request)));
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    log.lock().push(Seen { line, headers, body: String::from_utf8(body.to_vec()).unwrap(), client });
    Ok(queue.lock().pop_front().unwrap_or_else(|| whole(500, "no answer is left")))
}

/// Accepts a WebSocket whose first message it sends back.
fn echo(headers: &HeaderMap, upgrade: hyper::upgrade::OnUpgrade) -> Answer {
    tokio::spawn(async move {
        let io = TokioIo::new(upgrade.await.unwrap());
        let mut socket = tokio_tungstenite::WebSocketStream::from_raw_socket(io, Role::Server, None).await;
        let message = socket.next().await.unwrap().unwrap();
        socket.send(message).await.unwrap();
    });
    let key = tokio_tungstenite::tungstenite::handshake::derive_accept_key(headers["sec-websocket-key"].as_bytes());
    let mut answer = whole(101, "");
    let own = answer.headers_mut();
    own.insert("upgrade", HeaderValue::from_static("websocket"));
    own.insert("connection", HeaderValue::from_static("Upgrade"));
    own.insert("sec-websocket-accept", key.parse().unwrap());
    own.insert("sec-websocket-protocol", HeaderValue::from_static("v5.channel.k8s.io"));
    answer
}

fn pods(name: Option<&str>) -> Target {
    Target {
        gvr: Gvr::new("", "v1", "pods"),
        namespace: Some("default".into()),
        name: name.map(Into::into),
        subresource: None,
    }
}

const POD: &str = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"7"}}"#;

fn get() -> Call {
    Call::Get { resource_version: String::new() }
}

#[tokio::test]
async fn calls_go_over_one_http2_connection() {
    let server = Server::start(&["h2", "http/1.1"], [whole(200, POD), whole(201, POD), whole(200, POD)]).await;
    let config = RestConfig { token: Some(Token::Text("geheim".into())), ..server.config() };
    let transport = RestTransport::new(config).unwrap();
    let Reply::Object(pod) = transport.call(&pods(Some("a")), get()).await.unwrap() else { panic!() };
    assert_eq!((pod.revision(), pod.tree()["metadata"]["resourceVersion"].as_str()), (7, Some("7")));
    assert_eq!(server.last().line, "HTTP/2.0 GET /api/v1/namespaces/default/pods/a");
    assert_eq!(server.last().headers["authorization"], "Bearer geheim");
    let options = WriteOptions { dry_run: true, field_manager: "me & you".into(), ..WriteOptions::default() };
    let create = Call::Create { body: Body::Json(Bytes::from_static(b"{}")), options };
    assert!(matches!(transport.call(&pods(None), create).await.unwrap(), Reply::Created(_)));
    let seen = server.last();
    assert_eq!(seen.line, "HTTP/2.0 POST /api/v1/namespaces/default/pods?dryRun=All&fieldManager=me%20%26%20you");
    assert_eq!((seen.headers["content-type"].to_str().unwrap(), &*seen.body), ("application/json", "{}"));
    let delete =
        DeleteOptions { grace_period_seconds: Some(0), precondition_uid: Some("u".into()), ..Default::default() };
    transport.call(&pods(Some("a")), Call::Delete(delete)).await.unwrap();
    let expected = r#"{"apiVersion":"v1","gracePeriodSeconds":0,"kind":"DeleteOptions","preconditions":{"uid":"u"}}"#;
    let (sent, expected): (Value, Value) =
        (serde_json::from_str(&server.last().body).unwrap(), serde_json::from_str(expected).unwrap());
    assert_eq!(sent, expected);
    assert!(!server.last().client);
}

#[tokio::test]
async fn http1_connections_and_client_certificates_work() {
    let server = Server::start(&["http/1.1"], [whole(200, POD), whole(200, POD)]).await;
    let config = RestConfig { identity: Some(server.identity.clone()), ..server.config() };
    let transport = RestTransport::new(config).unwrap();
    for _ in 0..2 {
        let patch = Call::Patch {
            kind: PatchKind::Apply,
            body: Body::Tree(Value::Null),
            options: WriteOptions { force: true, field_manager: "m".into(), ..WriteOptions::default() },
        };
        transport.call(&pods(Some("a")), patch).await.unwrap();
    }
    let seen = server.last();
    assert_eq!(seen.line, "HTTP/1.1 PATCH /api/v1/namespaces/default/pods/a?fieldManager=m&force=true");
    assert_eq!(seen.headers["content-type"], "application/apply-patch+yaml");
    assert!(seen.client);
}

#[tokio::test]
async fn watches_stream_events_until_an_error() {
    const LINES: &[&str] = &[
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resource",
        "Version\":\"5\"}}}\n{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"6\"}}}\n",
        "{\"type\":\"ERROR\",\"object\":{\"status\":\"Failure\",\"reason\":\"Expired\",\"message\":\"old\",\"code\":410}}\n",
        "{\"type\":\"ADDED\",\"object\":{}}\n",
    ];
    for protocol in ["h2", "http/1.1"] {
        let server = Server::start(&[protocol], [chunks(LINES)]).await;
        let transport = RestTransport::new(server.config()).unwrap();
        let options = ListOptions { resource_version: "4".into(), allow_bookmarks: true, ..ListOptions::default() };
        let events: Vec<_> = transport.watch(&pods(None), options).await.unwrap().collect().await;
        assert!(matches!(&events[0], Ok(WatchEvent::Added(pod)) if pod.revision() == 5));
        assert!(matches!(&events[1], Ok(WatchEvent::Bookmark { revision: 6, initial_done: false })));
        assert!(matches!(&events[2], Err(status) if status.is_expired()));
        assert_eq!(events.len(), 3, "an error ends the watch");
        let line = server.last().line;
        assert!(line.ends_with("pods?watch=true&resourceVersion=4&allowWatchBookmarks=true"), "{line}");
    }
}

#[tokio::test]
async fn metadata_alone_is_asked_for() {
    const LIST: &str = r#"{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1",
        "metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"a","resourceVersion":"7"}}]}"#;
    let server = Server::start(&["h2"], [whole(200, LIST), chunks(&[])]).await;
    let transport = RestTransport::new(server.config()).unwrap();
    let options = ListOptions { metadata_only: true, ..ListOptions::default() };
    let Reply::List(list) = transport.call(&pods(None), Call::List(options.clone())).await.unwrap() else { panic!() };
    assert_eq!((list.items[0].meta().name.as_str(), list.items[0].revision()), ("a", 7));
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    assert_eq!(server.last().headers["accept"], accept);
    drop(transport.watch(&pods(None), options).await.unwrap());
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    assert_eq!(server.last().headers["accept"], accept);
}

#[tokio::test]
async fn discovery_is_revalidated() {
    const CORE: &str = r#"{"kind":"APIGroupDiscoveryList","items":[{"versions":[{"version":"v1","resources":[
        {"resource":"pods","responseKind":{"kind":"Pod"},"scope":"Namespaced"}]}]}]}"#;
    let tagged = |body: &str| {
        let mut answer = whole(200, body);
        answer.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"tag\""));
        answer
    };
    let apis = CORE.replace("\"versions\"", "\"metadata\":{\"name\":\"x.io\"},\"versions\"");
    let answers =
        [tagged(CORE), tagged(&apis), whole(304, ""), whole(304, ""), whole(200, "{\"kind\":\"APIVersions\"}")];
    let server = Server::start(&["h2"], answers).await;
    let transport = RestTransport::new(server.config()).unwrap();
    let first = transport.discover().await.unwrap().served;
    assert!(first.by_kind("v1", "Pod").is_some() && first.by_kind("x.io/v1", "Pod").is_some());
    assert_eq!(server.last().headers["accept"], "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    let second = transport.discover().await.unwrap().served;
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    assert_eq!(server.last().headers["if-none-match"], "\"tag\"");
    assert!(transport.discover().await.is_err(), "a server without aggregated discovery is told apart");
}

#[tokio::test]
async fn errors_are_the_servers_own() {
    let refused = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods \"a\" not found","reason":"NotFound","code":404}"#;
    let server = Server::start(&["h2"], [whole(404, refused), whole(403, "no")]).await;
    let transport = RestTransport::new(server.config()).unwrap();
    assert!(transport.call(&pods(Some("a")), get()).await.unwrap_err().is_not_found());
    let denied = transport.call(&pods(Some("a")), get()).await.unwrap_err();
    assert_eq!((denied.code, &*denied.reason), (403, "Forbidden"));
    assert_eq!(server.answers.lock().len(), 0);
    let stranger =
        RestTransport::new(RestConfig::new(&server.address, Trust::Authorities(certificates(&[]).1))).unwrap();
    let untrusted = stranger.call(&pods(None), get()).await.unwrap_err();
    assert!(untrusted.code == 503 && untrusted.message.contains("TLS"), "{untrusted}");
    let gone = RestTransport::new(RestConfig::new("https://127.0.0.1:1", Trust::Anything)).unwrap();
    let gone = gone.call(&pods(None), get()).await.unwrap_err();
    assert!(gone.reason == "ServiceUnavailable" && gone.message.contains("127.0.0.1:1"), "{gone}");
}

#[tokio::test]
async fn a_token_file_is_read_again() {
    let server = Server::start(&["h2"], [whole(200, POD), whole(200, POD), whole(200, POD)]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "one\n").unwrap();
    let config = RestConfig { token: Some(Token::File(file.path().into())), ..server.config() };
    let transport = RestTransport::new(config).unwrap();
    let mut sent = Vec::new();
    for token in ["one", "two", "two"] {
        std::fs::write(file.path(), token).unwrap();
        transport.call(&pods(Some("a")), get()).await.unwrap();
        sent.push(server.last().headers["authorization"].to_str().unwrap().to_owned());
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(40)).await;
        tokio::time::resume();
    }
    assert_eq!(sent, ["Bearer one", "Bearer one", "Bearer two"]);
}

#[tokio::test]
async fn raw_answers_stream_and_sockets_open() {
    let server = Server::start(&["h2", "http/1.1"], [chunks(&["line 1\n", "line 2\n"])]).await;
    let transport = RestTransport::new(RestConfig { server_name: None, ..server.config() }).unwrap();
    let log = transport.raw(Method::GET, "/api/v1/x/log?follow=true", HeaderMap::new(), Bytes::new()).await.unwrap();
    let text = collect(log.into_body(), 100, Duration::from_secs(5)).await.unwrap();
    assert_eq!(text, "line 1\nline 2\n");
    let path = "/api/v1/namespaces/default/pods/a/exec?command=ls";
    let Upgraded { mut socket, protocol } = transport.upgrade(path, &["v5.channel.k8s.io"]).await.unwrap();
    assert_eq!(protocol, "v5.channel.k8s.io");
    socket.send(Message::binary(vec![0, 1])).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::binary(vec![0, 1]));
    assert!(server.last().line.starts_with("HTTP/1.1 GET /api/v1/namespaces/default/pods/a/exec"));
}

#[test]
fn paths_are_upstreams() {
    let check =
        |group: &'static str, ns: Option<&str>, name: Option<&str>, sub: Option<&'static str>, expected: &str| {
            let target = Target {
                gvr: Gvr::new(group, "v1", "things"),
                namespace: ns.map(Into::into),
                name: name.map(Into::into),
                subresource: sub.map(Into::into),
            };
            assert_eq!(path(&target), expected);
        };
    check("", None, None, None, "/api/v1/things");
    check("apps", Some("n"), Some("a"), Some("status"), "/apis/apps/v1/namespaces/n/things/a/status");
    check(
        "rbac.authorization.k8s.io",
        None,
        Some("system:a/b"),
        None,
        "/apis/rbac.authorization.k8s.io/v1/things/system:a%2Fb",
    );
    check("", Some("n"), Some("a"), Some("proxy/x y"), "/api/v1/namespaces/n/things/a/proxy/x%20y");
}

#[test]
fn warnings_are_read() {
    assert_eq!(warning_text(r#"299 - "use \"v2\" instead""#), r#"use "v2" instead"#);
    assert_eq!(warning_text("odd"), "odd");
}
