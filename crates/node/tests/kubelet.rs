//! A whole kubelet on a runtime and an API in memory: pods come, run, crash, restart, end and go.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use skeg_client::Client;
use skeg_model::{request::DeleteOptions, time::SystemClock};
use skeg_node::{
    cri::fake::FakeRuntime,
    kubelet::{self, KubeletConfig, configuration::Configuration},
};
use skeg_testing::api::{FakeApi, FakeTransport};
use std::{net::Ipv4Addr, path::Path, sync::Arc, time::Duration};
use tokio::task::JoinHandle;
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

fn start(dir: &Path, client: &Client, runtime: &FakeRuntime, token: &CancellationToken) -> JoinHandle<()> {
    let configured = Configuration::default().with_defaults(&[
        ("failCgroupV1", false.into()),
        ("failSwapOn", false.into()),
        ("podLogsDir", dir.join("logs").display().to_string().into()),
        ("resolvConf", dir.join("resolv.conf").display().to_string().into()),
    ]);
    let mut config =
        KubeletConfig::new("n1", client.clone(), Ipv4Addr::LOCALHOST.into(), configured.settings().unwrap());
    config.root_dir = dir.join("kubelet");
    config.cgroup_mount = dir.join("cgroup");
    let (runtime, token) = (Arc::new(runtime.clone()), token.clone());
    tokio::spawn(async move { kubelet::run_with(config, runtime, token).await.unwrap() })
}

impl Lab {
    fn new() -> Self {
        let api = FakeApi::new(Arc::new(SystemClock));
        let client = Client::new(Arc::new(FakeTransport(api.clone())));
        let dir = tempfile::tempdir().unwrap();
        // No hierarchy is mounted there: a plain folder cannot play one.
        std::fs::create_dir_all(dir.path().join("cgroup")).unwrap();
        let runtime = FakeRuntime::with_images(&[IMAGE]);
        let token = CancellationToken::new();
        let kubelet = start(dir.path(), &client, &runtime, &token);
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
        self.kubelet = start(self.dir.path(), &self.client, &self.runtime, &self.token);
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
