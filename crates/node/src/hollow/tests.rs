use super::*;
use serde_json::{Value, json};
use skeg_client::object::target;
use skeg_model::request::Gvr;
use skeg_testing::{
    api::{FakeApi, FakeTransport},
    clock::FakeClock,
};
use tokio::task::JoinHandle;

const PODS: Gvr = Gvr::new("", "v1", "pods");

struct Lab {
    api: Arc<FakeApi>,
    client: Client,
    token: CancellationToken,
    running: JoinHandle<Result<(), HollowError>>,
}

fn config(client: &Client, clock: &Arc<FakeClock>) -> HollowConfig {
    HollowConfig {
        client: client.clone(),
        clock: clock.clone(),
        nodes: 3,
        prefix: "h".into(),
        capacity: BTreeMap::from([("cpu".into(), "4".into())]),
        labels: BTreeMap::new(),
        zones: vec!["za".into(), "zb".into()],
        taints: Vec::new(),
        pod_range: "10.0.0.0/29".parse().unwrap(),
        node_range: "172.16.0.0/24".parse().unwrap(),
        lease_duration: Duration::from_secs(40),
        report_every: Duration::from_secs(300),
        remove: false,
        seed: 1,
    }
}

fn start(change: impl FnOnce(&mut HollowConfig)) -> Lab {
    let clock = Arc::new(FakeClock::default());
    let api = FakeApi::new(clock.clone());
    let client = Client::new(Arc::new(FakeTransport(api.clone())));
    let mut config = config(&client, &clock);
    change(&mut config);
    let token = CancellationToken::new();
    let running = tokio::spawn(run(config, token.clone()));
    Lab { api, client, token, running }
}

impl Lab {
    async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    async fn create_pod(&self, name: &str, node: &str, spec: Value) {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "d"},
            "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}, "status": {"phase": "Pending"}});
        skeg_model::patch::merge::apply(&mut pod["spec"], &spec);
        self.client.create_tree(&target(PODS, Some("d"), None, None), pod).await.unwrap();
    }

    fn pod(&self, name: &str) -> Value {
        self.api.objects("pods").into_iter().find(|p| p["metadata"]["name"] == name).unwrap_or_default()
    }

    async fn stop(self) -> Arc<FakeApi> {
        self.token.cancel();
        self.running.await.unwrap().unwrap();
        self.api
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_are_registered_and_beat_in_turn() {
    let lab = start(|_| {});
    lab.pass(1).await;
    let zones: Vec<_> = lab.api.objects("nodes").iter().map(|n| n["metadata"]["labels"][node_zone()].clone()).collect();
    assert_eq!(zones, ["za", "zb", "za"]);
    lab.api.take_writes();
    lab.pass(10).await;
    let mut beats = lab.api.take_writes();
    beats.sort();
    beats.dedup();
    let lease = |i: u32| format!("update leases kube-node-lease/h-{i}");
    assert_eq!(beats, [lease(0), lease(1), lease(2)]);
    let api = lab.stop().await;
    assert_eq!(api.objects("nodes").len(), 3, "nodes stay as those of a kubelet that stops");
}

fn node_zone() -> &'static str {
    "topology.kubernetes.io/zone"
}

#[tokio::test(start_paused = true)]
async fn pods_run_with_addresses_and_end_when_deleted() {
    let lab = start(|_| {});
    let starting = json!({"initContainers": [{"name": "i", "image": "i"}]});
    lab.create_pod("a", "h-1", starting).await;
    lab.create_pod("host", "h-2", json!({"hostNetwork": true})).await;
    lab.create_pod("foreign", "other", json!({})).await;
    lab.pass(1).await;
    let a = lab.pod("a");
    let ready = a["status"]["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Ready").unwrap();
    assert_eq!((&a["status"]["phase"], &ready["status"]), (&json!("Running"), &json!("True")));
    assert_eq!(a["status"]["initContainerStatuses"][0]["state"]["terminated"]["reason"], "Completed");
    assert_eq!((&a["status"]["podIP"], &a["status"]["hostIP"]), (&json!("10.0.0.1"), &json!("172.16.0.2")));
    assert_eq!(lab.pod("host")["status"]["podIP"], "172.16.0.3");
    assert_eq!(lab.pod("foreign")["status"]["phase"], "Pending");
    let graceful = DeleteOptions { grace_period_seconds: Some(30), ..DeleteOptions::default() };
    lab.client.delete::<Pod>(Some("d"), "a", graceful).await.unwrap();
    lab.pass(1).await;
    assert_eq!(lab.pod("a"), Value::Null);
    lab.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_tried_again_and_what_was_registered_can_go() {
    let lab = start(|config| config.remove = true);
    lab.pass(1).await;
    lab.api.refuse("patch pods", Status::internal("not now"));
    lab.create_pod("a", "h-0", json!({})).await;
    lab.pass(20).await;
    assert_eq!(lab.pod("a")["status"]["phase"], "Running");
    let api = lab.stop().await;
    assert_eq!((api.objects("nodes").len(), api.objects("leases").len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_nodes_must_fit_their_range() {
    let lab = start(|config| config.nodes = 300);
    let error = lab.running.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "300 nodes need more addresses than 172.16.0.0/24 has");
}

#[test]
fn addresses_are_lent_once_and_come_back() {
    let mut pool = Pool::new("10.0.0.0/30".parse().unwrap());
    let uid = |text: &str| Arc::<str>::from(text);
    let first = pool.lend(&uid("a")).unwrap();
    assert_eq!(pool.lend(&uid("a")), Some(first));
    let second = pool.lend(&uid("b")).unwrap();
    assert_ne!(first, second);
    assert_eq!(pool.lend(&uid("c")), None);
    pool.release("a");
    assert_eq!(pool.lend(&uid("c")), Some(first));
    pool.take(&uid("d"), second);
    pool.release("b");
    assert_eq!(pool.lend(&uid("e")), Some(second));
}
