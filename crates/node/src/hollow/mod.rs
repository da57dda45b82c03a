//! Simulated nodes: they are registered, send heartbeats as a kubelet does, and run pods in name only. A process holds
//! thousands of them: one watch shows all pods, and a node itself is a few words of memory.
mod addresses;
mod heartbeat;
mod node;
mod pod;
#[cfg(test)]
mod tests;

pub use addresses::{Range, RangeError};

use addresses::Pool;
use futures::{StreamExt, stream};
use k8s_openapi::api::{
    coordination::v1::Lease,
    core::v1::{Node, Pod, Taint},
};
use parking_lot::Mutex;
use pod::{Seen, Step};
use rustc_hash::FxHashMap;
use skeg_client::{Client, Informer, Selection, Tasks, backoff::Backoff, gvr_of};
use skeg_model::{
    request::{DeleteOptions, PatchKind},
    status::Status,
    time::Clock,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Writes about pods under way at once, and writes about nodes.
const POD_WRITES_MAX: usize = 64;
const NODE_WRITES_MAX: usize = 64;
/// First and longest wait before a failed write is tried again.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(10);
/// Tries to register one node before the simulation gives up.
const REGISTER_TRIES_MAX: usize = 8;

/// What the wiring gives.
#[derive(Debug, Clone)]
pub struct HollowConfig {
    pub client: Client,
    pub clock: Arc<dyn Clock>,
    /// How many nodes.
    pub nodes: u32,
    /// Node `i` is called `prefix-i`.
    pub prefix: String,
    /// What every node has, and offers to pods.
    pub capacity: BTreeMap<String, String>,
    pub labels: BTreeMap<String, String>,
    /// Dealt to the nodes in turn as `topology.kubernetes.io/zone`.
    pub zones: Vec<String>,
    pub taints: Vec<Taint>,
    /// Addresses of pods, and of nodes.
    pub pod_range: Range,
    pub node_range: Range,
    /// Life of a heartbeat's Lease; it is renewed four times in it.
    pub lease_duration: Duration,
    /// How often the status is written though nothing changed.
    pub report_every: Duration,
    /// Whether the nodes and their Leases are deleted at the end.
    pub remove: bool,
    /// Spreads retries.
    pub seed: u64,
}

/// Why a simulation did not start.
#[derive(Debug, thiserror::Error)]
pub enum HollowError {
    #[error("{wanted} nodes need more addresses than {range} has")]
    NodeRange { wanted: u32, range: Range },
    #[error("registering node {name}")]
    Register {
        name: String,
        #[source]
        source: Status,
    },
}

#[derive(Debug)]
struct Fleet {
    config: HollowConfig,
    names: FxHashMap<Arc<str>, u32>,
    pods: Informer<Seen>,
    addresses: Mutex<Pool>,
    heart: heartbeat::Heart,
}

/// Registers the nodes and keeps them alive until `token` is cancelled.
///
/// # Errors
/// A node cannot be registered.
pub async fn run(config: HollowConfig, token: CancellationToken) -> Result<(), HollowError> {
    if u64::from(config.nodes) > config.node_range.len() {
        return Err(HollowError::NodeRange { wanted: config.nodes, range: config.node_range });
    }
    let tasks = Tasks::new(token.clone());
    let began = config.clock.now();
    let names: Vec<Arc<str>> = (0..config.nodes).map(|i| node::name(&config, i).into()).collect();
    let registered = token.run_until_cancelled(register_all(&config)).await;
    let outcome = match registered {
        Some(Ok(heart)) => {
            let seconds = config.clock.now().duration_since(began).as_secs_f64();
            tracing::info!(target: "skeg", "{} nodes registered in {seconds:.1} s", config.nodes);
            let selection = Selection { field_selector: "spec.nodeName!=".into(), ..Selection::default() };
            let fleet = Arc::new(Fleet {
                names: names.iter().cloned().zip(0..).collect(),
                pods: Informer::start(
                    config.client.clone(),
                    gvr_of::<Pod>(),
                    selection,
                    &tasks,
                    config.seed,
                    pod::read,
                ),
                addresses: Mutex::new(Pool::new(config.pod_range)),
                heart,
                config: config.clone(),
            });
            fleet.hold_addresses();
            tasks.spawn(heartbeat::beat(fleet.clone(), tasks.clone()));
            tasks.spawn(fleet.live(tasks.clone()));
            token.cancelled().await;
            Ok(())
        }
        Some(Err(error)) => Err(error),
        None => Ok(()),
    };
    tasks.shutdown().await;
    if config.remove {
        remove_all(&config).await;
    }
    outcome
}

async fn register_all(config: &HollowConfig) -> Result<heartbeat::Heart, HollowError> {
    let heart = heartbeat::Heart::new(config.nodes);
    let mut done = stream::iter(0..config.nodes)
        .map(|index| async move { (index, register(config, index).await) })
        .buffer_unordered(NODE_WRITES_MAX);
    while let Some((index, registered)) = done.next().await {
        heart.set(index, registered?);
    }
    drop(done);
    Ok(heart)
}

async fn register(config: &HollowConfig, index: u32) -> Result<heartbeat::Pulse, HollowError> {
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX, config.seed ^ u64::from(index));
    let mut tries = 0;
    loop {
        tries += 1;
        match register_once(config, index).await {
            Ok(pulse) => return Ok(pulse),
            Err(source) if tries == REGISTER_TRIES_MAX => {
                return Err(HollowError::Register { name: node::name(config, index), source });
            }
            Err(error) => {
                tracing::debug!(index, %error, "a node cannot be registered yet");
                tokio::time::sleep(backoff.next_delay()).await;
            }
        }
    }
}

/// A node of the same name that is there already is taken over, as a kubelet does that starts again.
async fn register_once(config: &HollowConfig, index: u32) -> Result<heartbeat::Pulse, Status> {
    let wanted = node::object(config, index, config.clock.now());
    let made = match config.client.create(&wanted).await {
        Err(error) if error.is_already_exists() => {
            let labels = serde_json::json!({"metadata": {"labels": wanted.metadata.labels}});
            let name = node::name(config, index);
            config.client.patch::<Node>(None, &name, None, PatchKind::Strategic, labels).await?;
            heartbeat::report(config, index).await?
        }
        other => other?,
    };
    heartbeat::first(config, index, made.metadata.uid.as_deref().unwrap_or_default()).await
}

async fn remove_all(config: &HollowConfig) {
    let remove = |index: u32| async move {
        let name = node::name(config, index);
        let node = config.client.delete::<Node>(None, &name, DeleteOptions::default()).await.map(drop);
        let lease = config.client.delete::<Lease>(Some(node::LEASES), &name, DeleteOptions::default()).await.map(drop);
        [node, lease].into_iter().filter_map(Result::err).filter(|e| !e.is_not_found()).count()
    };
    let failed: usize =
        stream::iter(0..config.nodes).map(remove).buffer_unordered(NODE_WRITES_MAX).fold(0, async |a, b| a + b).await;
    if failed > 0 {
        tracing::warn!(target: "skeg", "{failed} nodes or leases could not be deleted");
    }
}

impl Fleet {
    /// Keeps the pool in step with the addresses that pods have.
    fn hold_addresses(self: &Arc<Self>) {
        let fleet = Arc::downgrade(self);
        self.pods.on_change(move |change| {
            let Some(fleet) = fleet.upgrade() else { return };
            let mut pool = fleet.addresses.lock();
            let uid = |seen: &Arc<Seen>| seen.uid.clone();
            match (change.old.map(uid), change.new) {
                (Some(old), None) => pool.release(&old),
                (Some(old), Some(new)) if old != new.uid => pool.release(&old),
                _ => {}
            }
            if let Some(ip) = change.new.and_then(|seen| seen.ip) {
                pool.take(&change.new.map_or_else(|| "".into(), uid), ip);
            }
        });
    }

    /// Gives every pod of the fleet what is due to it, as long as the process lives.
    async fn live(self: Arc<Self>, tasks: Tasks) {
        let permits = Arc::new(Semaphore::new(POD_WRITES_MAX));
        let mut changes = self.pods.subscribe();
        loop {
            let key = changes.next().await;
            if self.due(&key).is_none() {
                continue;
            }
            let Ok(permit) = permits.clone().acquire_owned().await else { return };
            let fleet = self.clone();
            tasks.spawn(async move {
                fleet.settle(&key).await;
                drop(permit);
            });
        }
    }

    fn due(&self, key: &str) -> Option<(u32, Arc<Seen>)> {
        let seen = self.pods.get(key)?;
        let node = *self.names.get(&*seen.node)?;
        (!matches!(seen.step, Step::Rest)).then_some((node, seen))
    }

    /// Does what is due to one pod, again and again until it is done or no longer due.
    async fn settle(&self, key: &str) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX, self.config.seed);
        while let Some((node, seen)) = self.due(key) {
            match self.act(key, node, &seen).await {
                Ok(()) => return,
                Err(error) if error.is_not_found() => return,
                Err(error) => {
                    tracing::debug!(pod = key, %error, "a pod's state cannot be written yet");
                    tokio::time::sleep(backoff.next_delay()).await;
                }
            }
        }
    }

    async fn act(&self, key: &str, node: u32, seen: &Seen) -> Result<(), Status> {
        let (namespace, name) = key.split_once('/').unwrap_or_default();
        let client = &self.config.client;
        match &seen.step {
            Step::Rest => Ok(()),
            Step::End => {
                let options = DeleteOptions {
                    grace_period_seconds: Some(0),
                    precondition_uid: Some(seen.uid.to_string()),
                    ..DeleteOptions::default()
                };
                client.delete::<Pod>(Some(namespace), name, options).await.map(drop)
            }
            Step::Start(pod) => {
                let host = self.config.node_range.address(node.into());
                let Some(ip) = self.addresses.lock().lend(&seen.uid) else {
                    return Err(Status::internal("no address is left for the pod"));
                };
                let patch = pod::running(pod, host, ip, self.config.clock.now()).map_err(Status::internal)?;
                client.patch::<Pod>(Some(namespace), name, Some("status"), PatchKind::Strategic, patch).await.map(drop)
            }
        }
    }
}
