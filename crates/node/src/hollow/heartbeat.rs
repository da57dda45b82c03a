//! Heartbeats of all nodes, spread evenly over their period: Leases, and now and then a status that says nothing new.
use super::{Fleet, HollowConfig, NODE_WRITES_MAX, node};
use k8s_openapi::api::{coordination::v1::Lease, core::v1::Node};
use parking_lot::Mutex;
use serde_json::json;
use skeg_client::{Object, Tasks};
use skeg_model::{request::PatchKind, status::Status};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    time::{MissedTickBehavior, interval},
};

const RENEWALS_PER_LIFE: u32 = 4;
/// Nodes are dealt to so many beats of a period at most.
const BEATS_MAX: u32 = 1000;

/// What a node's next heartbeat needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Pulse {
    node_uid: Arc<str>,
    /// Of the Lease; 0: not known.
    revision: u64,
}

/// The pulses of all nodes, by index.
#[derive(Debug)]
pub(super) struct Heart(Mutex<Vec<Pulse>>);

impl Heart {
    pub fn new(nodes: u32) -> Self {
        Self(Mutex::new(vec![Pulse::default(); nodes as usize]))
    }

    pub fn set(&self, index: u32, pulse: Pulse) {
        self.0.lock()[index as usize] = pulse;
    }

    fn get(&self, index: u32) -> Pulse {
        self.0.lock()[index as usize].clone()
    }
}

/// The first heartbeat of a node that was just registered.
pub(super) async fn first(config: &HollowConfig, index: u32, node_uid: &str) -> Result<Pulse, Status> {
    renew(config, index, Pulse { node_uid: node_uid.into(), revision: 0 }).await
}

async fn renew(config: &HollowConfig, index: u32, pulse: Pulse) -> Result<Pulse, Status> {
    let (client, now) = (&config.client, config.clock.now());
    let of = |revision| node::lease(config, index, &pulse.node_uid, revision, now);
    if pulse.revision > 0 {
        match client.update(&of(pulse.revision)).await {
            Ok(lease) => return Ok(Pulse { revision: lease.revision(), ..pulse.clone() }),
            Err(error) if error.is_conflict() || error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    let name = node::name(config, index);
    let lease = match client.get::<Lease>(Some(node::LEASES), &name).await {
        Ok(found) => client.update(&of(found.revision())).await?,
        Err(error) if error.is_not_found() => client.create(&of(0)).await?,
        Err(error) => return Err(error),
    };
    Ok(Pulse { revision: lease.revision(), ..pulse.clone() })
}

/// Writes the status.
pub(super) async fn report(config: &HollowConfig, index: u32) -> Result<Arc<Node>, Status> {
    let name = node::name(config, index);
    let known = config.client.get::<Node>(None, &name).await?;
    let before = known.status.as_ref().and_then(|s| s.conditions.as_deref()).unwrap_or_default();
    let status = node::status(config, index, before, config.clock.now());
    config.client.patch::<Node>(None, &name, Some("status"), PatchKind::Strategic, json!({"status": status})).await
}

/// Beats for all nodes until it is dropped.
pub(super) async fn beat(fleet: Arc<Fleet>, tasks: Tasks) {
    let config = &fleet.config;
    let permits = Arc::new(Semaphore::new(NODE_WRITES_MAX));
    tokio::join!(
        round(&fleet, config.lease_duration / RENEWALS_PER_LIFE, &permits, &tasks, true),
        round(&fleet, config.report_every, &permits, &tasks, false),
    );
}

/// Goes round all nodes once every `period`.
async fn round(fleet: &Arc<Fleet>, period: Duration, permits: &Arc<Semaphore>, tasks: &Tasks, leases: bool) {
    let beats = fleet.config.nodes.clamp(1, BEATS_MAX);
    let mut ticks = interval((period / beats).max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut beat = 0;
    loop {
        ticks.tick().await;
        for index in (beat..fleet.config.nodes).step_by(beats as usize) {
            let Ok(permit) = permits.clone().acquire_owned().await else { return };
            let fleet = fleet.clone();
            tasks.spawn(async move {
                fleet.pulse(index, leases).await;
                drop(permit);
            });
        }
        beat = (beat + 1) % beats;
    }
}

impl Fleet {
    /// A heartbeat that fails is left out; the next one comes in time.
    async fn pulse(&self, index: u32, lease: bool) {
        let done = if lease {
            renew(&self.config, index, self.heart.get(index)).await.map(|pulse| self.heart.set(index, pulse))
        } else {
            report(&self.config, index).await.map(drop)
        };
        if let Err(error) = done {
            tracing::debug!(index, %error, "a heartbeat was left out");
        }
    }
}
