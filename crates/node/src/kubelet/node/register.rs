//! Making the node known: its object is created, or brought up to date where it exists.
use super::status;
use crate::kubelet::shared::Shared;
use k8s_openapi::{
    api::{
        core::v1::{Node, NodeSpec},
        storage::v1::{CSINode, CSINodeSpec},
    },
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use serde_json::json;
use skeg_model::{request::PatchKind, status::Status};
use std::{collections::BTreeMap, time::Duration};

const RETRY_MIN: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(7);

pub(super) fn labels(shared: &Shared) -> BTreeMap<String, String> {
    let architecture = super::facts::identity().architecture;
    let mut labels: BTreeMap<String, String> = [
        ("beta.kubernetes.io/arch", architecture),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", architecture),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/hostname", shared.config.hostname.as_str()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect();
    labels.extend(shared.config.labels.clone());
    labels
}

const MANAGED_ATTACH: &str = "volumes.kubernetes.io/controller-managed-attach-detach";

async fn wanted(shared: &Shared) -> Node {
    Node {
        metadata: ObjectMeta {
            name: Some(shared.config.node_name.clone()),
            labels: Some(labels(shared)),
            annotations: Some(BTreeMap::from([(MANAGED_ATTACH.to_owned(), "true".to_owned())])),
            ..ObjectMeta::default()
        },
        spec: Some(NodeSpec {
            provider_id: shared.config.settings.provider_id.clone(),
            taints: (!shared.config.settings.taints.is_empty()).then(|| shared.config.settings.taints.clone()),
            ..NodeSpec::default()
        }),
        status: Some(status::compute(shared, None).await),
    }
}

async fn once(shared: &Shared) -> Result<(), Status> {
    let client = &shared.config.client;
    match client.create(&wanted(shared).await).await {
        Ok(_) => return Ok(()),
        Err(error) if error.is_already_exists() => {}
        Err(error) => return Err(error),
    }
    let patch = json!({"metadata": {"labels": labels(shared), "annotations": {MANAGED_ATTACH: "true"}}});
    client.patch::<Node>(None, &shared.config.node_name, None, PatchKind::Strategic, patch).await?;
    Ok(())
}

/// The object that tells of CSI drivers; there are none until one registers.
async fn csi_node(shared: &Shared) -> Result<(), Status> {
    let client = &shared.config.client;
    let name = &shared.config.node_name;
    let node = client.get::<Node>(None, name).await?;
    let made = CSINode {
        metadata: ObjectMeta {
            name: Some(name.clone()),
            owner_references: Some(vec![OwnerReference {
                api_version: "v1".into(),
                kind: "Node".into(),
                name: name.clone(),
                uid: node.metadata.uid.clone().unwrap_or_default(),
                ..OwnerReference::default()
            }]),
            ..ObjectMeta::default()
        },
        spec: CSINodeSpec::default(),
    };
    match client.create(&made).await {
        Err(error) if !error.is_already_exists() => Err(error),
        _ => Ok(()),
    }
}

async fn both(shared: &Shared) -> Result<(), Status> {
    once(shared).await?;
    csi_node(shared).await
}

/// Tries until it succeeds.
pub(in crate::kubelet) async fn register(shared: &Shared) {
    let mut wait = RETRY_MIN;
    while let Err(error) = both(shared).await {
        tracing::warn!(node = shared.config.node_name, %error, "the node cannot be registered yet");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(RETRY_MAX);
    }
    tracing::info!(node = shared.config.node_name, "node registered");
}
