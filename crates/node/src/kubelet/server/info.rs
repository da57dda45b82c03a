//! What the kubelet tells of itself: its pods, its configuration.
use super::{Answer, json, text};
use crate::{
    cri::api,
    kubelet::{
        make::sandbox::{POD_NAME, POD_NAMESPACE, POD_UID},
        shared::Shared,
    },
};
use http::{HeaderValue, StatusCode, header};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json as value};
use std::{collections::BTreeMap, sync::Arc};

fn list(items: Vec<Value>) -> Answer {
    json(&value!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}))
}

fn bare(pod: &Pod) -> Value {
    let mut tree = serde_json::to_value(pod).unwrap_or_default();
    if let Some(map) = tree.as_object_mut() {
        map.remove("kind");
        map.remove("apiVersion");
    }
    tree
}

pub(super) fn pods(shared: &Arc<Shared>) -> Answer {
    list(shared.registry.pods().iter().map(|pod| bare(pod)).collect())
}

/// Pods as the runtime alone knows them.
pub(super) async fn running_pods(shared: &Arc<Shared>) -> Answer {
    let containers = match shared.runtime.list_containers(None).await {
        Ok(containers) => containers,
        Err(error) => return text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    let mut pods: BTreeMap<String, (Value, Vec<Value>)> = BTreeMap::new();
    for container in containers.iter().filter(|it| it.state() == api::ContainerState::ContainerRunning) {
        let label = |key: &str| container.labels.get(key).cloned().unwrap_or_default();
        let metadata = value!({"name": label(POD_NAME), "namespace": label(POD_NAMESPACE), "uid": label(POD_UID)});
        let name = container.metadata.as_ref().map(|it| it.name.clone()).unwrap_or_default();
        let entry = pods.entry(label(POD_UID)).or_insert_with(|| (metadata, Vec::new()));
        entry.1.push(value!({"name": name, "image": container.image_ref, "resources": {}}));
    }
    let items = pods.into_values();
    list(items.map(|(meta, all)| value!({"metadata": meta, "spec": {"containers": all}, "status": {}})).collect())
}

/// As Go's server redirects.
pub(super) fn redirect(to: &'static str) -> Answer {
    let mut answer = text(StatusCode::TEMPORARY_REDIRECT, format!("<a href=\"{to}\">Temporary Redirect</a>.\n\n"));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static(to));
    answer
}

/// The KubeletConfiguration in force.
pub(super) fn configz(shared: &Arc<Shared>) -> Answer {
    json(&value!({"kubeletconfig": shared.config.settings.effective}))
}
