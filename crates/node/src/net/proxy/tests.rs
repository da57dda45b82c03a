use super::*;
use crate::net::health::{HEALTHZ_ADDRESS, METRICS_ADDRESS};
use serde_json::{Value, json};
use skeg_client::object::target;
use skeg_model::request::Gvr;
use skeg_testing::{
    api::{FakeApi, FakeTransport},
    clock::TokioClock,
};
use tokio::sync::mpsc;
use tokio::time::Instant as Moment;

const SERVICES: Gvr = Gvr::new("", "v1", "services");
const SLICES: Gvr = Gvr::new("discovery.k8s.io", "v1", "endpointslices");

/// A packet filter that tells of every change, and refuses as many as it is told to.
#[derive(Debug)]
struct Told {
    changes: mpsc::UnboundedSender<(Moment, Start, Change)>,
    refuses: usize,
}

impl PacketFilter for Told {
    fn apply(&mut self, start: Start, change: &Change) -> io::Result<()> {
        self.changes.send((Moment::now(), start, change.clone())).unwrap();
        if self.refuses > 0 {
            self.refuses -= 1;
            return Err(io::Error::other("refused"));
        }
        Ok(())
    }

    fn remove(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn service(n: usize) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": format!("web-{n}"), "namespace": "d"},
        "spec": {"clusterIP": format!("10.96.{}.{}", n / 250, n % 250 + 1), "ports": [{"name": "http", "port": 80}]},
    })
}

fn slice(n: usize, endpoints: &[&str]) -> Value {
    let endpoints: Vec<Value> = endpoints.iter().map(|address| json!({"addresses": [address]})).collect();
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": format!("web-{n}-1"), "namespace": "d", "labels": {"kubernetes.io/service-name": format!("web-{n}")},
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": endpoints,
    })
}

struct Lab {
    api: Arc<FakeApi>,
    client: Client,
    changes: mpsc::UnboundedReceiver<(Moment, Start, Change)>,
    _tasks: Tasks,
}

/// A proxy that follows so many Services of two endpoints.
fn lab(services: usize, refuses: usize) -> Lab {
    let clock = Arc::new(TokioClock::default());
    let api = FakeApi::new(clock.clone());
    api.load((0..services).flat_map(|n| {
        [
            (target(SERVICES, Some("d"), None, None), service(n)),
            (target(SLICES, Some("d"), None, None), slice(n, &["10.244.0.1", "10.244.0.2"])),
        ]
    }));
    let client = Client::new(Arc::new(FakeTransport(api.clone())));
    let config = ProxyConfig {
        client: client.clone(),
        node_name: "here".into(),
        node_address: None,
        cluster_cidr: None,
        node_port_addresses: Vec::new(),
        healthz_address: HEALTHZ_ADDRESS,
        metrics_address: METRICS_ADDRESS,
        clock,
        seed: 1,
    };
    let tasks = Tasks::new(CancellationToken::new());
    let proxy = follow(config, &tasks);
    let (changes, told) = mpsc::unbounded_channel();
    tasks.spawn(async move { proxy.run(Box::new(Told { changes, refuses })).await.unwrap() });
    Lab { api, client, changes: told, _tasks: tasks }
}

#[tokio::test(start_paused = true)]
async fn after_refusals_the_table_is_made_anew_at_growing_distance() {
    let mut lab = lab(1, 12);
    let mut told = Vec::new();
    for _ in 0..13 {
        told.push(lab.changes.recv().await.unwrap());
    }
    assert!(told.iter().all(|(_, start, change)| *start == Start::Replace && *change == told[0].2));
    let pauses: Vec<Duration> = told.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(pauses[0] <= RETRY_FIRST && pauses[11] >= RETRY_MAX / 2 && pauses[11] <= RETRY_MAX, "{pauses:?}");
    // Taken at last: changes are small again.
    lab.client.create_tree(&target(SERVICES, Some("d"), None, None), service(1)).await.unwrap();
    assert_eq!(lab.changes.recv().await.unwrap().1, Start::Present);
}

#[tokio::test(start_paused = true)]
async fn one_change_costs_the_same_among_many_services_as_among_few() {
    let mut sizes = Vec::new();
    for count in [2, 900] {
        let mut lab = lab(count, 0);
        let (_, start, all) = lab.changes.recv().await.unwrap();
        assert_eq!((start, all.add_elements.len()), (Start::Replace, 2 * count));
        let calls = lab.api.calls();
        let at = target(SLICES, Some("d"), Some("web-1-1"), None);
        lab.client.update_tree(&at, slice(1, &["10.244.0.2"])).await.unwrap();
        let (_, start, change) = lab.changes.recv().await.unwrap();
        assert_eq!(start, Start::Present);
        assert_eq!((change.rules.len(), change.add_elements.len(), change.remove_elements.len()), (1, 0, 0));
        // The update itself, nothing asked by the proxy.
        assert_eq!((lab.api.calls().0 - calls.0, lab.api.calls().1), (1, calls.1));
        sizes.push(change.to_script("t").len());
    }
    assert_eq!(sizes[0], sizes[1]);
}
