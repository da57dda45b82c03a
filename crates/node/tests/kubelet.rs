//! A whole kubelet on a runtime and an API in memory: pods come, run, crash, restart, end and go.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use skeg_client::Client;
use skeg_model::{request::DeleteOptions, time::SystemClock};
use skeg_node::{
    cri::fake::FakeRuntime,
    kubelet::{self, KubeletConfig, ServingTls, configuration::Configuration},
};
use skeg_testing::api::{FakeApi, FakeTransport};
use std::{net::Ipv4Addr, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

const IMAGE: &str = "app:1";
/// Longest wait for a condition; nothing waits for it when all is well.
const WITHIN: Duration = Duration::from_secs(30);

struct Lab {
    api: Arc<FakeApi>,
    client: Client,
    runtime: FakeRuntime,
    dir: tempfile::TempDir,
    token: CancellationToken,
    kubelet: JoinHandle<()>,
}

/// Files of a serving certificate, where the kubelet is to serve.
fn serving(dir: &Path) -> ServingTls {
    let file = |name: &str| dir.join(name);
    ServingTls { certificate: file("tls.crt"), key: file("tls.key"), client_ca: file("tls.crt") }
}

fn start(
    dir: &Path,
    client: &Client,
    runtime: &FakeRuntime,
    token: &CancellationToken,
    more: &[(&str, Value)],
) -> JoinHandle<()> {
    let configured = Configuration::default().with_defaults(&[
        ("failCgroupV1", false.into()),
        ("failSwapOn", false.into()),
        ("podLogsDir", dir.join("logs").display().to_string().into()),
        ("resolvConf", dir.join("resolv.conf").display().to_string().into()),
    ]);
    let configured = configured.with_defaults(more);
    let mut config =
        KubeletConfig::new("n1", client.clone(), Ipv4Addr::LOCALHOST.into(), configured.settings().unwrap());
    config.tls = dir.join("tls.crt").exists().then(|| serving(dir));
    config.root_dir = dir.join("kubelet");
    config.cgroup_mount = dir.join("cgroup");
    let (runtime, token) = (Arc::new(runtime.clone()), token.clone());
    tokio::spawn(async move { kubelet::run_with(config, runtime, token).await.unwrap() })
}

impl Lab {
    fn new() -> Self {
        Self::with(&[], |_| {})
    }

    /// With these settings, after the files are `prepared`.
    fn with(more: &[(&str, Value)], prepare: impl FnOnce(&Path)) -> Self {
        let api = FakeApi::new(Arc::new(SystemClock));
        let client = Client::new(Arc::new(FakeTransport(api.clone())));
        let dir = tempfile::tempdir().unwrap();
        // No hierarchy is mounted there: a plain folder cannot play one.
        std::fs::create_dir_all(dir.path().join("cgroup")).unwrap();
        let runtime = FakeRuntime::with_images(&[IMAGE]);
        let token = CancellationToken::new();
        prepare(dir.path());
        let kubelet = start(dir.path(), &client, &runtime, &token, more);
        Self { api, client, runtime, dir, token, kubelet }
    }

    async fn create(&self, name: &str, spec: Value) {
        let mut spec = spec;
        spec["nodeName"] = "n1".into();
        for container in spec["containers"].as_array_mut().unwrap() {
            container["image"] = IMAGE.into();
        }
        let pod: Pod =
            serde_json::from_value(json!({"metadata": {"name": name, "namespace": "ns"}, "spec": spec})).unwrap();
        self.client.create(&pod).await.unwrap();
    }

    fn pod(&self, name: &str) -> Option<Value> {
        self.api.objects("pods").into_iter().find(|pod| pod["metadata"]["name"] == name)
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let (mut api, mut runtime) = (self.api.changes(), self.runtime.changes());
        let reached = async {
            while !holds(self) {
                let told = tokio::select! {
                    told = api.changed() => told,
                    told = runtime.changed() => told,
                };
                told.unwrap();
            }
        };
        if tokio::time::timeout(WITHIN, reached).await.is_err() {
            panic!("never: {what}; pods: {:#?}; calls: {:#?}", self.api.objects("pods"), self.runtime.calls());
        }
    }

    async fn phase(&self, name: &str, phase: &str) {
        let what = format!("{name} is {phase}");
        self.until(&what, |lab| lab.pod(name).is_some_and(|pod| pod["status"]["phase"] == phase)).await;
    }

    async fn restart(&mut self) {
        self.token.cancel();
        (&mut self.kubelet).await.unwrap();
        self.token = CancellationToken::new();
        self.kubelet = start(self.dir.path(), &self.client, &self.runtime, &self.token, &[]);
    }

    fn count(&self, operation: &str) -> usize {
        self.runtime.calls().iter().filter(|call| call.starts_with(operation)).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_runs_restarts_and_goes() {
    let lab = Lab::new();
    lab.create("p", json!({"terminationGracePeriodSeconds": 1, "containers": [{"name": "a"}]})).await;
    lab.phase("p", "Running").await;
    lab.runtime.exit("a", 3);
    lab.until("a has restarted", |lab| {
        lab.pod("p").is_some_and(|pod| {
            let container = &pod["status"]["containerStatuses"][0];
            container["restartCount"] == 1
                && container["state"]["running"].is_object()
                && container["lastState"]["terminated"]["exitCode"] == 3
        })
    })
    .await;
    lab.client.delete::<Pod>(Some("ns"), "p", DeleteOptions::default()).await.unwrap();
    lab.until("p is gone", |lab| lab.pod("p").is_none()).await;
    lab.until("its sandbox is removed", |lab| lab.count("RemovePodSandbox") == 1).await;
    lab.token.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_ends_succeeds_and_is_left_alone() {
    let lab = Lab::new();
    lab.create("job", json!({"restartPolicy": "Never", "containers": [{"name": "a"}, {"name": "b"}]})).await;
    lab.phase("job", "Running").await;
    lab.runtime.exit("a", 0);
    lab.runtime.exit("b", 0);
    lab.phase("job", "Succeeded").await;
    assert_eq!(lab.count("StartContainer"), 2);
    lab.token.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_kubelet_restarts_nothing() {
    let mut lab = Lab::new();
    lab.create("p", json!({"containers": [{"name": "a"}, {"name": "b"}]})).await;
    lab.phase("p", "Running").await;
    let started = lab.count("StartContainer");
    let looked = lab.count("PodSandboxStatus");
    lab.restart().await;
    lab.until("the pod was looked at again", |lab| lab.count("PodSandboxStatus") > looked + 1).await;
    assert_eq!((lab.count("StartContainer"), lab.count("RunPodSandbox")), (started, 1));
    assert_eq!(lab.runtime.running(), ["a", "b"]);
    lab.token.cancel();
}

/// A port that nobody listens on at the moment.
async fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// Makes a certificate for localhost, with its key, in the place of the one that is there.
fn certify(dir: &Path) -> Vec<u8> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for (name, text) in [("tls.key", made.signing_key.serialize_pem()), ("tls.crt", made.cert.pem())] {
        std::fs::write(dir.join("new"), text).unwrap();
        std::fs::rename(dir.join("new"), dir.join(name)).unwrap();
    }
    made.cert.der().to_vec()
}

/// The certificate that the server shows to one who believes these.
async fn shown(port: u16, trusted: &[&[u8]]) -> Option<Vec<u8>> {
    let mut roots = rustls::RootCertStore::empty();
    trusted.iter().for_each(|it| roots.add(it.to_vec().into()).unwrap());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connector.connect("localhost".try_into().unwrap(), tcp).await.ok()?;
    stream.get_ref().1.peer_certificates()?.first().map(|it| it.to_vec())
}

async fn plain(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: n1\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let (secure, open) = (port().await, port().await);
    let settings = [
        ("address", "127.0.0.1".into()),
        ("port", secure.into()),
        ("healthzPort", 0.into()),
        ("readOnlyPort", open.into()),
    ];
    let mut first = Vec::new();
    let lab = Lab::with(&settings, |dir| first = certify(dir));
    lab.until("the node is there", |lab| !lab.api.objects("nodes").is_empty()).await;
    assert_eq!(shown(secure, &[&first]).await, Some(first.clone()));
    let second = certify(lab.dir.path());
    let renewed = async { while shown(secure, &[&first, &second]).await.as_ref() != Some(&second) {} };
    tokio::time::timeout(WITHIN, renewed).await.expect("the new certificate is shown");
    let check = async |path: &str, want: &str| {
        let answer = plain(open, path).await;
        assert!(answer.contains(want), "{path}: {answer}");
    };
    check("/healthz", "200 OK").await;
    check("/pods", "\"kind\":\"PodList\"").await;
    check("/metrics/probes", "200 OK").await;
    check("/configz", "404 Not Found").await;
    check("/runningpods/", "405 Method Not Allowed").await;
    check("/exec/ns/p/c", "405 Method Not Allowed").await;
    lab.token.cancel();
}

/// Answers TLS in the clear, as a plain server does; gives what else it is asked.
async fn plain_server(listener: TcpListener) -> String {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let count = stream.read(&mut asked).await.unwrap();
        let encrypted = asked[0] == 0x16;
        let status = if encrypted { "400 Bad Request" } else { "200 OK" };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        if !encrypted {
            return String::from_utf8_lossy(&asked[..count]).into_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_https_hook_falls_back_to_http() {
    let lab = Lab::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(plain_server(listener));
    let headers = json!([{"name": "Authorization", "value": "secret"}, {"name": "X-Own", "value": "kept"}]);
    let get = json!({"scheme": "HTTPS", "host": "127.0.0.1", "port": port, "path": "/started", "httpHeaders": headers});
    let container = json!({"name": "a", "lifecycle": {"postStart": {"httpGet": get}}});
    lab.create("p", json!({"containers": [container]})).await;
    lab.phase("p", "Running").await;
    let asked = tokio::time::timeout(WITHIN, server).await.unwrap().unwrap().to_lowercase();
    assert!(asked.starts_with("get /started http/1.1\r\n") && asked.contains("x-own: kept"), "{asked}");
    assert!(!asked.contains("authorization"), "credentials do not travel in the clear: {asked}");
    lab.until("the fallback is told", |lab| {
        let text =
            format!("request to HTTPS lifecycle hook 127.0.0.1:{port} got HTTP response, retry with HTTP succeeded");
        let told = |event: &Value| event["reason"] == "LifecycleHTTPFallback" && event["message"] == *text;
        lab.api.objects("events").iter().any(told)
    })
    .await;
    lab.token.cancel();
}
