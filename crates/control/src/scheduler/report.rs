//! What the scheduler writes about pods that found no node, and about those that end for them.
use super::Shared;
use crate::placement::{Diagnosis, PodFacts};
use k8s_openapi::api::core::v1::{Pod, PodCondition};
use serde_json::json;
use skeg_client::{EventType, Said, reference_to};
use skeg_model::{
    request::{DeleteOptions, PatchKind},
    time::rfc3339_seconds,
};
use std::sync::Arc;

fn condition<'a>(pod: &'a Pod, kind: &str) -> Option<&'a PodCondition> {
    pod.status.as_ref()?.conditions.as_ref()?.iter().find(|c| c.type_ == kind)
}

impl Shared {
    /// The object, as long as it is the same pod.
    fn object(&self, pod: &PodFacts) -> Option<Arc<Pod>> {
        self.pods.get(&pod.key).filter(|p| p.metadata.uid.as_deref() == Some(&pod.uid))
    }

    async fn patch_status(&self, pod: &PodFacts, status: serde_json::Value, what: &str) {
        let name = pod.name();
        let patch = json!({"metadata": {"uid": &*pod.uid}, "status": status});
        let namespace = Some(pod.namespace.as_str());
        let written =
            self.config.client.patch::<Pod>(namespace, name, Some("status"), PatchKind::Strategic, patch).await;
        if let Err(status) = written {
            tracing::debug!(pod = %pod.key, %status, "{what} could not be written");
        }
    }

    /// Writes the condition and the event of a pod that found no node, and the node that it will get.
    pub(super) async fn report(&self, pod: &PodFacts, why: &Diagnosis, nominated: Option<&str>) {
        let Some(object) = self.object(pod) else { return };
        let had = object.status.as_ref().and_then(|s| s.nominated_node_name.as_deref()).unwrap_or("");
        let node = nominated.unwrap_or(if why.void_nomination { "" } else { had });
        self.tell(pod, &object, "Unschedulable", why.message(), node).await;
    }

    /// Writes that an attempt failed for another reason than the cluster's state.
    pub(super) async fn report_error(&self, pod: &PodFacts, message: String) {
        let Some(object) = self.object(pod) else { return };
        let had = object.status.as_ref().and_then(|s| s.nominated_node_name.as_deref()).unwrap_or("");
        self.tell(pod, &object, "SchedulerError", message, had).await;
    }

    async fn tell(&self, pod: &PodFacts, object: &Pod, reason: &str, message: String, node: &str) {
        let (kind, action) = (EventType::Warning, "Scheduling");
        let said = Said { related: None, kind, reason: "FailedScheduling", action, note: message.clone() };
        self.events.record(&pod.profile.scheduler_name, &reference_to(object), said).await;
        let had = object.status.as_ref().and_then(|s| s.nominated_node_name.as_deref()).unwrap_or("");
        let old = condition(object, "PodScheduled").filter(|c| c.status == "False");
        let same = |c: &PodCondition| c.message.as_deref() == Some(&message) && c.reason.as_deref() == Some(reason);
        if old.is_some_and(same) && node == had {
            return;
        }
        let since = old.and_then(|c| c.last_transition_time.as_ref()).map_or_else(|| self.config.clock.now(), |t| t.0);
        let condition = json!({
            "type": "PodScheduled", "status": "False", "reason": reason, "message": message,
            "lastProbeTime": null, "lastTransitionTime": rfc3339_seconds(since),
            "observedGeneration": object.metadata.generation,
        });
        let node = if node.is_empty() { serde_json::Value::Null } else { json!(node) };
        self.patch_status(pod, json!({"conditions": [condition], "nominatedNodeName": node}), "the condition").await;
    }

    /// Ends the victims, and the promises of the node to less important pods.
    pub(super) async fn preempt(&self, pod: &PodFacts, node: &str, victims: &[Arc<PodFacts>]) {
        for victim in victims {
            self.end(victim, pod, node).await;
        }
        let outbid = self.state.lock().cluster.outbid(node, pod.priority);
        for other in outbid {
            self.state.lock().cluster.withdraw(&other.uid);
            self.patch_status(&other, json!({"nominatedNodeName": null}), "the end of a nomination").await;
        }
    }

    async fn end(&self, victim: &PodFacts, pod: &PodFacts, node: &str) {
        let Some(object) = self.object(victim) else { return };
        if object.metadata.deletion_timestamp.is_some() {
            return;
        }
        let text = format!("{}: preempting to accommodate a higher priority pod", pod.profile.scheduler_name);
        let condition = json!({
            "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": text,
            "lastProbeTime": null, "lastTransitionTime": rfc3339_seconds(self.config.clock.now()),
            "observedGeneration": object.metadata.generation,
        });
        self.patch_status(victim, json!({"conditions": [condition]}), "the victim's condition").await;
        let name = victim.name();
        let options = DeleteOptions { precondition_uid: Some(victim.uid.to_string()), ..DeleteOptions::default() };
        match self.config.client.delete::<Pod>(Some(&victim.namespace), name, options).await {
            Ok(_) => {
                let note = format!("Preempted by pod {} on node {node}", pod.uid);
                let (kind, reason, action) = (EventType::Normal, "Preempted", "Preempting");
                let related = self.object(pod).map(|object| reference_to(object.as_ref()));
                let said = Said { related, kind, reason, action, note };
                self.events.record(&pod.profile.scheduler_name, &reference_to(object.as_ref()), said).await;
            }
            Err(status) => tracing::debug!(pod = %victim.key, %status, "the victim could not be deleted"),
        }
    }
}
