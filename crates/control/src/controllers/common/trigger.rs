//! When the oldest change happened that a look at a Service brings to its endpoints, for measuring how long changes take
//! to reach the nodes. It is told in an annotation of Endpoints and EndpointSlices.
use super::pod;
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Pod, Service},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use skeg_client::{Key, Object};
use skeg_model::time::rfc3339_seconds;
use std::{collections::BTreeMap, sync::Arc};

const ANNOTATION: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// What earlier looks saw, by Service.
#[derive(Debug, Default)]
pub struct Triggers(Mutex<FxHashMap<Key, Seen>>);

#[derive(Debug, Default)]
struct Seen {
    service: Option<Timestamp>,
    /// When each pod became ready or ceased to be, by name.
    pods: BTreeMap<String, Timestamp>,
}

fn changed_at(pod: &Pod) -> Option<Timestamp> {
    pod::condition(pod, "Ready")?.last_transition_time.as_ref().map(|time| time.0)
}

impl Triggers {
    /// The time that this look at a Service and its pods answers to; None: to none that earlier ones did not.
    pub fn take(&self, service: &Service, pods: &[Arc<Pod>]) -> Option<Timestamp> {
        let created = service.meta().creation_timestamp.as_ref().map(|time| time.0);
        let pods = pods.iter().filter_map(|pod| Some((pod.name().to_owned(), changed_at(pod)?)));
        let now = Seen { service: created, pods: pods.collect() };
        let mut all = self.0.lock();
        let Some(before) = all.get(&service.key()) else {
            all.insert(service.key(), now);
            return created;
        };
        let news = now.pods.iter().filter(|(name, time)| before.pods.get(*name).is_none_or(|seen| *time > seen));
        let first =
            news.map(|(_, time)| *time).chain(created.filter(|time| before.service.is_none_or(|it| *time > it)));
        let first = first.min();
        all.insert(service.key(), now);
        first
    }

    pub fn forget(&self, service: &Key) {
        self.0.lock().remove(service);
    }
}

/// Tells the time on what is about to be written.
pub fn stamp(metadata: &mut ObjectMeta, trigger: Option<Timestamp>) {
    let annotations = metadata.annotations.get_or_insert_default();
    match trigger {
        Some(time) => annotations.insert(ANNOTATION.into(), rfc3339_seconds(time)),
        None => annotations.remove(ANNOTATION),
    };
    if annotations.is_empty() {
        metadata.annotations = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, time: &str) -> Arc<Pod> {
        let conditions = json!([{ "type": "Ready", "status": "True", "lastTransitionTime": time }]);
        let pod = json!({ "metadata": { "name": name }, "status": { "conditions": conditions } });
        Arc::new(serde_json::from_value(pod).unwrap())
    }

    #[test]
    fn the_oldest_news_is_told_once() {
        let triggers = Triggers::default();
        let meta = json!({ "name": "s", "namespace": "n", "creationTimestamp": "2026-01-01T00:00:00Z" });
        let service: Service = serde_json::from_value(json!({ "metadata": meta })).unwrap();
        let check = |pods: &[Arc<Pod>], expected: Option<&str>| {
            assert_eq!(triggers.take(&service, pods), expected.map(|text| text.parse().unwrap()));
        };
        let early = pod("a", "2026-01-01T00:00:05Z");
        check(std::slice::from_ref(&early), Some("2026-01-01T00:00:00Z"));
        check(std::slice::from_ref(&early), None);
        let news = [pod("a", "2026-01-01T00:00:20Z"), pod("b", "2026-01-01T00:00:10Z")];
        check(&news, Some("2026-01-01T00:00:10Z"));
        check(&news[..1], None);
        triggers.forget(&service.key());
        check(&[], Some("2026-01-01T00:00:00Z"));
    }
}
