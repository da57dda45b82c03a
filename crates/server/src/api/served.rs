//! Tests against a served instance on loopback, over TLS, with the in-memory store.
use super::{Health, KubeletClient, OpenId, ServerConfig, VersionInfo, serve};
use crate::{
    auth::{
        User,
        authn::Authenticator,
        pki::{ClusterPki, Subject},
        rbac::Superusers,
        tls,
        tokens::TokenKey,
    },
    resources::{Api, ApiConfig, Cidr, Entropy, SystemEntropy},
};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use skeg_model::{
    time::{Clock, SystemClock},
    wire::{proto_decode, proto_encode},
};
use skeg_storage::{Memory, Window};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::sync::CancellationToken;

mod hostile;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

struct Served {
    address: SocketAddr,
    client: Arc<rustls::ClientConfig>,
    kubelet: Arc<rustls::ServerConfig>,
    token: CancellationToken,
    serving: JoinHandle<()>,
    _pki: tempfile::TempDir,
}

struct Got {
    code: u16,
    headers: HeaderMap,
    body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    fn warnings(&self) -> usize {
        self.headers.get_all("warning").iter().count()
    }

    fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

fn subject(name: &str, server: bool) -> Subject {
    Subject { common_name: name.into(), addresses: vec![LOCALHOST], server, client: !server, ..Subject::default() }
}

async fn start() -> Served {
    start_with(|_| ()).await
}

async fn start_with(change: impl FnOnce(&mut ServerConfig)) -> Served {
    let dir = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let pki = ClusterPki::open(dir.path(), clock.now()).unwrap();
    let store = Arc::new(Memory::new(clock.clone(), Window::default()));
    let key =
        TokenKey::new(&pki.service_account_key().unwrap(), "https://issuer", &[], || SystemEntropy.uuid()).unwrap();
    let tokens = Arc::new(key);
    let known = vec![
        ("admin".to_owned(), User::component("admin", &["system:masters"])),
        ("alice".to_owned(), User::component("alice", &["devs"])),
    ];
    let authenticator = Arc::new(Authenticator::new(known, tokens.clone(), store.clone(), clock.clone(), true));
    let authorizer = Arc::new(Superusers);
    let api = Api::new(ApiConfig {
        store,
        authorizer: authorizer.clone(),
        admission: Vec::new(),
        clock: clock.clone(),
        entropy: Arc::new(SystemEntropy),
        tokens,
        reviewer: authenticator.clone(),
        service_cidr: Cidr::parse("10.96.0.0/16").unwrap(),
        node_port_range: 30000..=32767,
        allow_privileged: true,
    });
    let serving = pki.issue(&subject("kube-apiserver", true)).unwrap();
    let client = pki.issue(&subject("kube-apiserver-kubelet-client", false)).unwrap();
    let client = Arc::new(tls::client_config(&client, pki.ca_pem()).unwrap());
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut config = ServerConfig {
        api,
        authenticator,
        authorizer,
        tls: Arc::new(ArcSwap::from_pointee(tls::server_config(&serving, &[pki.ca_pem()]).unwrap())),
        listeners: vec![listener],
        kubelet: KubeletClient { tls: client.clone(), connect_timeout: Duration::from_secs(5) },
        clock,
        entropy: Arc::new(SystemEntropy),
        health: Arc::new(Health::default()),
        version: VersionInfo::new("test"),
        openid: Some(OpenId { configuration: "{}".into(), jwks: "{\"keys\":[]}".into() }),
        advertise_address: address.to_string(),
        max_requests_inflight: 10,
        max_mutating_requests_inflight: 10,
        request_timeout: Duration::from_secs(20),
        idle_timeout: Duration::from_secs(20),
        min_watch_timeout: Duration::from_secs(60),
    };
    change(&mut config);
    let kubelet = Arc::new(tls::server_config(&serving, &[pki.ca_pem()]).unwrap());
    let token = CancellationToken::new();
    let stop = token.clone();
    let serving = tokio::spawn(async move { serve(config, stop).await.unwrap() });
    // Without a certificate: it would speak before the token does.
    let anonymous = Arc::new(without_certificate(pki.ca_pem()));
    Served { address, client: anonymous, kubelet, token, serving, _pki: dir }
}

fn without_certificate(ca: &str) -> rustls::ClientConfig {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

impl Served {
    async fn connect(&self) -> tokio_rustls::client::TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        TlsConnector::from(self.client.clone()).connect(ServerName::IpAddress(LOCALHOST.into()), stream).await.unwrap()
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.connect().await)).await.unwrap();
        tokio::spawn(connection.with_upgrades());
        sender.send_request(request).await.unwrap()
    }

    /// `user METHOD /path`, further headers, a body.
    async fn ask(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Got {
        let request = request(line, headers, body.into());
        let response = self.send(request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Got { code: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    async fn get(&self, line: &str) -> Got {
        self.ask(line, &[], "").await
    }

    async fn post(&self, path: &str, object: &Value) -> Got {
        let json = [("content-type", "application/json")];
        self.ask(&format!("admin POST {path}"), &json, object.to_string()).await
    }

    async fn stop(self) {
        self.token.cancel();
        self.serving.await.unwrap();
    }
}

fn request(line: &str, headers: &[(&str, &str)], body: Bytes) -> Request<Full<Bytes>> {
    let parts: Vec<&str> = line.split(' ').collect();
    let [user, method, path] = parts[..] else { panic!("{line}") };
    let mut builder =
        Request::builder().method(method.parse::<Method>().unwrap()).uri(path).header("host", "localhost");
    if user != "anonymous" {
        builder = builder.header("authorization", format!("Bearer {user}"));
    }
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Full::new(body)).unwrap()
}

#[tokio::test]
async fn paths_outside_resources() {
    let served = start().await;
    let check = async |line: &str, code: u16, content: &str| {
        let got = served.get(line).await;
        assert_eq!(got.code, code, "{line}: {}", got.body);
        assert!(got.body.contains(content), "{line}: {}", got.body);
        assert!(got.headers.contains_key("audit-id"));
        assert!(got.headers.contains_key("content-length"), "{line}: ready answers say how long they are");
    };
    check("admin GET /version", 200, "\"minor\": \"36\"").await;
    check("admin GET /healthz", 200, "ok").await;
    check("admin GET /readyz?verbose", 200, "readyz check passed").await;
    check("admin GET /livez/ping", 200, "ok").await;
    check("admin GET /healthz/none", 404, "404 page not found\n").await;
    check("admin GET /metrics", 200, "process_resident_memory_bytes").await;
    check("admin GET /openid/v1/jwks", 200, "keys").await;
    check("admin GET /api", 200, "APIVersions").await;
    check("admin GET /apis/apps/v1", 200, "deployments/scale").await;
    check("admin GET /apis/apps/v9", 404, "could not find the requested resource").await;
    check("admin GET /apis/nope.example/v1", 404, "404 page not found\n").await;
    check("admin GET /openapi/v2", 200, "\"swagger\":\"2.0\"").await;
    check("admin GET /openapi/v3", 200, "/openapi/v3/apis/apps/v1?hash=").await;
    check("admin GET /openapi/v3/apis/apps/v1", 200, "io.k8s.api.apps.v1.Deployment").await;
    check("admin GET /openapi/v3/apis/apps/v1?hash=x", 301, "").await;
    check("admin GET /openapi/v3/nope/v1", 404, "").await;
    check("admin GET /nope", 404, "404 page not found\n").await;
    check("admin GET /", 200, "\"/apis/apps/v1\",").await;
    check("nobody GET /version", 401, "\"message\":\"Unauthorized\"").await;
    check("anonymous GET /api", 403, "forbidden: User \\\"system:anonymous\\\" cannot get path \\\"/api\\\"").await;
    check(
        "alice GET /apis/apps/v1/namespaces/a/deployments",
        403,
        "cannot list resource \\\"deployments\\\" in API group \\\"apps\\\" in the namespace \\\"a\\\"",
    )
    .await;
    served.stop().await;
}

#[tokio::test]
async fn aggregated_discovery_revalidates() {
    let served = start().await;
    let accept = ("accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json");
    let got = served.ask("admin GET /apis", &[accept], "").await;
    assert_eq!(got.json()["kind"], "APIGroupDiscoveryList");
    assert_eq!(got.headers["content-type"], "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    let etag = got.headers["etag"].to_str().unwrap().to_owned();
    let again = served.ask("admin GET /apis", &[accept, ("if-none-match", &etag)], "").await;
    assert_eq!((again.code, again.body.as_str()), (304, ""));
    assert_eq!(served.get("admin GET /apis").await.json()["kind"], "APIGroupList");
    served.stop().await;
}

#[tokio::test]
async fn bad_requests_are_refused_in_upstreams_words() {
    let served = start().await;
    let path = "/api/v1/namespaces/default/configmaps";
    let got = served
        .ask(
            &format!("admin POST {path}"),
            &[("content-type", "application/json")],
            vec![b' '; super::verbs::BODY_MAX_BYTES + 1],
        )
        .await;
    assert_eq!((got.code, got.message().as_str()), (413, "Request entity too large: limit is 3145728"));
    let got = served.ask(&format!("admin POST {path}"), &[("content-type", "text/plain")], "{}").await;
    assert_eq!((got.code, got.warnings()), (415, 0));
    // A kind that is deprecated warns, unless the route itself turns the request away.
    let old = "/api/v1/namespaces/default/endpoints";
    let table = "application/json;as=Table;v=v2;g=meta.k8s.io";
    for (method, header, value, code, warnings) in [
        ("POST", "content-type", "text/plain", 415, 1),
        ("GET", "accept", table, 406, 1),
        ("GET", "accept", "text/plain", 406, 0),
    ] {
        let got = served.ask(&format!("admin {method} {old}"), &[(header, value)], "").await;
        assert_eq!((got.code, got.warnings()), (code, warnings), "{method} {value}");
    }
    // A watch is asked as any list first, and then as a stream.
    let accepted = "only the following media types are accepted:";
    for (value, types) in [
        (table, "application/json, application/yaml, application/vnd.kubernetes.protobuf"),
        ("application/yaml", "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"),
    ] {
        let got = served.ask(&format!("admin GET {path}?watch=true"), &[("accept", value)], "").await;
        let text = got.body.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(got.code == 406 && text.contains(&format!("{accepted} {types}")), "{text}");
    }
    // A failure takes no other shape.
    for (accept, start) in [
        (table, "{\n  \"kind\": \"Status\""),
        ("text/plain", "{\n  \"kind\": \"Status\""),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "{\"kind\":\"Status\""),
        ("application/json;charset=utf-8", "{\"kind\":\"Status\""),
    ] {
        let got = served.ask(&format!("admin GET {path}/none"), &[("accept", accept)], "").await;
        assert!(got.body.starts_with(start), "{accept}: {}", got.body);
    }
    let events = "/apis/events.k8s.io/v1/events";
    let partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    let got = served.ask(&format!("admin GET {events}"), &[("accept", partial)], "").await;
    let text = "you requested PartialObjectMetadata, but the requested object is a list (*core.EventList)";
    assert_eq!((got.code, got.message().as_str()), (406, text));
    let got = served.ask(&format!("admin PATCH {path}/a"), &[("content-type", "application/json")], "{}").await;
    assert_eq!((got.code, got.message().as_str()), (415, "415: Unsupported Media Type"));
    let got = served.ask(&format!("admin GET {path}"), &[("accept", "application/xml")], "").await;
    assert_eq!(got.code, 406);
    let got = served.get(&format!("admin GET {path}?limit=abc")).await;
    assert_eq!((got.code, got.message().as_str()), (400, "strconv.ParseInt: parsing \"abc\": invalid syntax"));
    let got = served.get(&format!("admin OPTIONS {path}")).await;
    assert_eq!(got.code, 405);
    served.stop().await;
}

#[tokio::test]
async fn requests_in_flight_are_bounded() {
    let served = start_with(|config| config.max_requests_inflight = 0).await;
    let got = served.get("alice GET /api").await;
    assert_eq!((got.code, got.headers["retry-after"].to_str().unwrap()), (429, "1"));
    assert_eq!(served.get("admin GET /api").await.code, 200);
    served.stop().await;
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "v"}})
}

#[tokio::test]
async fn objects_in_every_form() {
    let served = start().await;
    assert_eq!(served.post("/api/v1/namespaces", &namespace("a")).await.code, 201);
    let path = "/api/v1/namespaces/a/configmaps";
    let created = served.post(path, &config_map("one")).await;
    assert_eq!(created.code, 201, "{}", created.body);
    assert!(
        created.body.starts_with("{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"one\"")
            && created.body.ends_with("}\n")
    );
    let list = served.get(&format!("admin GET {path}")).await;
    assert!(
        list.body.starts_with("{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\""),
        "{}",
        list.body
    );
    assert!(list.json()["items"][0].get("kind").is_none());
    let meta = ("accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
    let partial = served.ask(&format!("admin GET {path}"), &[meta], "").await.json();
    assert_eq!(partial["items"][0]["kind"], "PartialObjectMetadata");
    assert!(partial["items"][0].get("data").is_none());
    let table = ("accept", "application/json;as=Table;g=meta.k8s.io;v=v1,application/json");
    let table = served.ask(&format!("admin GET {path}"), &[table], "").await.json();
    assert_eq!((&table["kind"], &table["rows"][0]["cells"][0]), (&json!("Table"), &json!("one")));
    let yaml = served.ask(&format!("admin GET {path}/one"), &[("accept", "application/yaml")], "").await;
    assert!(yaml.body.starts_with("apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\n"), "{}", yaml.body);
    let gone = served.get(&format!("admin DELETE {path}/one")).await;
    assert_eq!((gone.code, gone.json()["status"].clone()), (200, json!("Success")));
    served.stop().await;
}

#[tokio::test]
async fn watches_stream_and_end_with_the_server() {
    let served = start().await;
    served.post("/api/v1/namespaces", &namespace("a")).await;
    let watch = request("admin GET /api/v1/namespaces/a/configmaps?watch=1", &[], Bytes::new());
    let response = served.send(watch).await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut events = response.into_body();
    served.post("/api/v1/namespaces/a/configmaps", &config_map("one")).await;
    let frame = events.frame().await.unwrap().unwrap().into_data().unwrap();
    let event: Value = serde_json::from_slice(&frame).unwrap();
    assert_eq!((&event["type"], &event["object"]["metadata"]["name"]), (&json!("ADDED"), &json!("one")));
    served.stop().await;
    assert!(events.frame().await.is_none(), "the watch ends");
}

/// Answers logs, and upgrades everything else to an echo.
async fn fake_kubelet(tls: Arc<rustls::ServerConfig>) -> u16 {
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = TlsAcceptor::from(tls.clone());
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await.unwrap();
                let service =
                    service_fn(
                        |request: Request<Incoming>| async move { Ok::<_, hyper::Error>(kubelet_answer(request)) },
                    );
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .with_upgrades()
                    .await;
            });
        }
    });
    port
}

fn kubelet_answer(mut request: Request<Incoming>) -> Response<Full<Bytes>> {
    assert!(!request.headers().contains_key("authorization"), "credentials end at the API server");
    let path = request.uri().to_string();
    if request.headers().get("upgrade").is_none() {
        return Response::new(Full::new(path.into()));
    }
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let mut stream = TokioIo::new(upgrade.await.unwrap());
        stream.write_all(path.as_bytes()).await.unwrap();
        let mut word = [0; 4];
        stream.read_exact(&mut word).await.unwrap();
        stream.write_all(&word).await.unwrap();
    });
    let switching = Response::builder().status(101).header("connection", "Upgrade").header("upgrade", "SPDY/3.1");
    switching.body(Full::default()).unwrap()
}

async fn with_running_pod(served: &Served) {
    let port = fake_kubelet(served.kubelet.clone()).await;
    served.post("/api/v1/namespaces", &namespace("a")).await;
    let status = json!({"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}});
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "status": status});
    let created = served.post("/api/v1/nodes", &node).await;
    assert_eq!(created.code, 201, "{}", created.body);
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}});
    let created = served.post("/api/v1/namespaces/a/pods", &pod).await;
    assert_eq!(created.code, 201, "{}", created.body);
}

#[tokio::test]
async fn logs_and_streams_reach_the_kubelet() {
    let served = start().await;
    with_running_pod(&served).await;
    let pod = "/api/v1/namespaces/a/pods/p";
    let log = served.get(&format!("admin GET {pod}/log?tailLines=5")).await;
    assert_eq!((log.code, log.body.as_str()), (200, "/containerLogs/a/p/c?tailLines=5"));
    let refused = served.get(&format!("admin GET {pod}/log?container=x")).await;
    assert_eq!((refused.code, refused.message().as_str()), (400, "container x is not valid for pod p"));
    let plain = served.get(&format!("admin POST {pod}/exec?command=ls")).await;
    assert_eq!((plain.code, plain.message().as_str()), (400, "Upgrade request required"));
    let upgrade = [("connection", "Upgrade"), ("upgrade", "SPDY/3.1")];
    let exec = request(&format!("admin POST {pod}/exec?command=ls&stdout=true"), &upgrade, Bytes::new());
    let mut response = served.send(exec).await;
    assert_eq!((response.status().as_u16(), response.headers()["upgrade"].to_str().unwrap()), (101, "SPDY/3.1"));
    let mut stream = TokioIo::new(hyper::upgrade::on(&mut response).await.unwrap());
    let mut path = vec![0; "/exec/a/p/c?command=ls&output=1".len()];
    stream.read_exact(&mut path).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&path), "/exec/a/p/c?command=ls&output=1");
    stream.write_all(b"ping").await.unwrap();
    let mut echo = [0; 4];
    stream.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"ping");
    drop(stream);
    let proxied = served.get("admin GET /api/v1/nodes/n/proxy/pods?x=1").await;
    assert_eq!((proxied.code, proxied.body.as_str()), (200, "/pods?x=1"));
    served.stop().await;
}

#[tokio::test]
async fn protobuf_both_ways() {
    let served = start().await;
    served.post("/api/v1/namespaces", &namespace("a")).await;
    let path = "/api/v1/namespaces/a/configmaps";
    let media = proto_encode::MEDIA_TYPE;
    let body = proto_encode::encode(&config_map("one")).unwrap();
    let created = served.ask(&format!("admin POST {path}"), &[("content-type", media)], body).await;
    assert_eq!((created.code, created.json()["data"].clone()), (201, json!({"k": "v"})), "{}", created.body);
    let response = served.send(request(&format!("admin GET {path}/one"), &[("accept", media)], Bytes::new())).await;
    assert_eq!(response.headers()["content-type"].to_str().unwrap(), media);
    let got = proto_decode::decode(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!((&got["data"], &got["metadata"]["name"]), (&json!({"k": "v"}), &json!("one")));
    let list = served.send(request(&format!("admin GET {path}"), &[("accept", media)], Bytes::new())).await;
    let list = proto_decode::decode(&list.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!((&list["kind"], &list["items"][0]["metadata"]["name"]), (&json!("ConfigMapList"), &json!("one")));
    let watch = format!("admin GET {path}?watch=1&resourceVersion=0");
    let mut events = served.send(request(&watch, &[("accept", media)], Bytes::new())).await.into_body();
    let frame = events.frame().await.unwrap().unwrap().into_data().unwrap();
    let length = u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize;
    assert_eq!(length, frame.len() - 4);
    assert!(frame[4..].starts_with(b"\x0a\x05ADDED"));
    served.stop().await;
}

#[tokio::test]
async fn hostile_bodies_and_headers_are_bounded() {
    let served = start().await;
    let path = "/api/v1/namespaces/default/configmaps";
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let check = async |line: String, media: &str, code: u16| {
        let got = served.ask(&line, &[("content-type", media)], deep.clone()).await;
        assert_eq!(got.code, code, "{line}: {}", got.body);
        assert!(got.body.len() < 1000, "the body is not sent back");
    };
    check(format!("admin POST {path}"), "application/json", 400).await;
    check(format!("admin POST {path}"), "application/yaml", 400).await;
    check(format!("admin POST {path}"), proto_encode::MEDIA_TYPE, 400).await;
    check(format!("admin DELETE {path}/x"), "application/json", 400).await;
    let long = "a".repeat(200 << 10);
    let response = served.send(request("admin GET /version", &[("x-long", &long)], Bytes::new())).await;
    assert_eq!(response.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(served.get("admin GET /healthz").await.code, 200);
    served.stop().await;
}

/// An object is only stored if it can be read back: patches add depth to depth.
#[tokio::test]
async fn patches_cannot_nest_an_object_without_end() {
    let served = start().await;
    served.post("/api/v1/namespaces", &namespace("a")).await;
    let nested = |levels: usize| (0..levels).fold(json!({}), |inner, _| json!({ "f:a": inner }));
    let entry = json!({"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "time": "2026-01-01T00:00:00Z", "fieldsV1": nested(100)});
    let mut object = config_map("deep");
    object["metadata"]["managedFields"] = json!([entry]);
    let created = served.post("/api/v1/namespaces/a/configmaps", &object).await;
    assert_eq!(created.code, 201, "{}", created.body);
    let path = format!("/metadata/managedFields/0/fieldsV1{}/f:b", "/f:a".repeat(100));
    let patch = json!([{"op": "add", "path": path, "value": nested(100)}]).to_string();
    let line = "admin PATCH /api/v1/namespaces/a/configmaps/deep";
    let refused = served.ask(line, &[("content-type", "application/json-patch+json")], patch).await;
    assert!((400..500).contains(&refused.code), "{}", refused.body);
    let yaml = [("accept", "application/yaml")];
    assert_eq!(served.ask("admin GET /api/v1/namespaces/a/configmaps/deep", &yaml, "").await.code, 200);
    let table = [("accept", "application/yaml;as=Table;g=meta.k8s.io;v=v1")];
    let path = "admin GET /api/v1/namespaces/a/configmaps?includeObject=Object";
    assert_eq!(served.ask(path, &table, "").await.code, 200);
    served.stop().await;
}

/// A request that is refused unread does not cost its connection.
#[tokio::test]
async fn connections_survive_refusals() {
    let served = start().await;
    let (mut sender, connection) = http1::handshake(TokioIo::new(served.connect().await)).await.unwrap();
    tokio::spawn(connection);
    for (line, code) in [
        ("nobody POST /api/v1/namespaces/a/configmaps", 401),
        ("alice POST /api/v1/namespaces/a/configmaps", 403),
        ("admin POST /api/v1/namespaces/a/gizmos", 404),
        ("admin POST /nope", 404),
        ("admin POST /version", 200),
    ] {
        let body = Bytes::from(vec![b'x'; 100 << 10]);
        let response = sender.send_request(request(line, &[], body)).await.unwrap();
        assert_eq!(response.status().as_u16(), code, "{line}");
        response.into_body().collect().await.unwrap();
        sender.ready().await.unwrap();
    }
    drop(sender);
    served.stop().await;
}
