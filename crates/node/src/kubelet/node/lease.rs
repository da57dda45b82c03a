//! The node's heartbeat: its Lease in `kube-node-lease`, renewed four times in its life.
use crate::kubelet::shared::Shared;
use k8s_openapi::{
    api::{
        coordination::v1::{Lease, LeaseSpec},
        core::v1::Node,
    },
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta, OwnerReference},
};
use skeg_model::status::Status;
use std::{sync::Arc, time::Duration};

const NAMESPACE: &str = "kube-node-lease";
const RENEWALS_PER_LIFE: u32 = 4;
const RETRY: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(7);

async fn owner(shared: &Shared) -> Option<Vec<OwnerReference>> {
    let node = shared.heartbeat.get::<Node>(None, &shared.config.node_name).await.ok()?;
    Some(vec![OwnerReference {
        api_version: "v1".into(),
        kind: "Node".into(),
        name: shared.config.node_name.clone(),
        uid: node.metadata.uid.clone()?,
        ..OwnerReference::default()
    }])
}

fn renewed(shared: &Shared, lease: &mut Lease) {
    let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
    spec.holder_identity = Some(shared.config.node_name.clone());
    spec.lease_duration_seconds = i32::try_from(shared.config.settings.lease_duration.as_secs()).ok();
    spec.renew_time = Some(MicroTime(shared.config.clock.now()));
}

async fn once(shared: &Shared, last: Option<Arc<Lease>>) -> Result<Arc<Lease>, Status> {
    let client = &shared.heartbeat;
    let found = match last {
        Some(lease) => Some(lease),
        None => match client.get::<Lease>(Some(NAMESPACE), &shared.config.node_name).await {
            Ok(lease) => Some(lease),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        },
    };
    let fresh = found.is_none();
    let mut lease = found.map_or_else(
        || Lease {
            metadata: ObjectMeta {
                name: Some(shared.config.node_name.clone()),
                namespace: Some(NAMESPACE.into()),
                ..ObjectMeta::default()
            },
            spec: None,
        },
        |lease| (*lease).clone(),
    );
    if lease.metadata.owner_references.as_ref().is_none_or(Vec::is_empty) {
        lease.metadata.owner_references = owner(shared).await;
    }
    renewed(shared, &mut lease);
    if fresh { client.create(&lease).await } else { client.update(&lease).await }
}

/// Runs until it is dropped.
pub(in crate::kubelet) async fn renew(shared: Arc<Shared>) {
    let life = Duration::try_from(shared.config.settings.lease_duration).unwrap_or(Duration::from_secs(40));
    let mut last = None;
    let mut retry = RETRY;
    loop {
        match once(&shared, last.take()).await {
            Ok(lease) => {
                last = Some(lease);
                retry = RETRY;
                tokio::time::sleep(life / RENEWALS_PER_LIFE).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the node's lease cannot be renewed yet");
                tokio::time::sleep(retry).await;
                retry = (retry * 2).min(RETRY_MAX);
            }
        }
    }
}
