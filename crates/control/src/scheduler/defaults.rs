//! The default topology spread constraints (upstream's system defaulting): pods of one Service or controller that say nothing
//! about spreading are spread softly over hosts and zones.
use crate::placement::{PodFacts, Shape, Shapes};
use k8s_openapi::api::{
    apps::v1::ReplicaSet,
    core::v1::{Pod, ReplicationController, Service},
};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use skeg_client::{Client, Informer, Object, Selection, Tasks, informer::informer};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Answers kept; all are forgotten when there are more.
const ANSWERS_MAX: usize = 4096;

/// Shape and owner of the pods that an answer is for.
type Question = (Arc<str>, String);
/// How often selectors had changed, and the shape with its constraints if there are any.
type Answer = (u64, Option<Arc<Shape>>);

/// What selects pods.
#[derive(Debug)]
pub(super) struct Defaults {
    services: Informer<Service>,
    controllers: Informer<ReplicationController>,
    sets: Informer<ReplicaSet>,
    /// Counts changes of selectors.
    changes: Arc<AtomicU64>,
    answers: Mutex<FxHashMap<Question, Answer>>,
}

/// Counts the changes of what `selector` reads.
fn count<K: Object, S: PartialEq + 'static>(
    view: &Informer<K>,
    changes: &Arc<AtomicU64>,
    selector: fn(&K) -> Option<S>,
) {
    let changes = changes.clone();
    view.on_change(move |change| {
        let of = |object: Option<&Arc<K>>| object.map(|object| selector(object));
        if of(change.old) != of(change.new) {
            changes.fetch_add(1, Ordering::Relaxed);
        }
    });
}

impl Defaults {
    pub fn start(client: &Client, tasks: &Tasks, seed: u64) -> Self {
        let (one, two, three) = (seed ^ 3, seed ^ 4, seed ^ 5);
        let services = informer(client.clone(), Selection::default(), tasks, one);
        let controllers = informer(client.clone(), Selection::default(), tasks, two);
        let sets = informer(client.clone(), Selection::default(), tasks, three);
        let changes = Arc::new(AtomicU64::new(0));
        count(&services, &changes, |it: &Service| it.spec.as_ref()?.selector.clone());
        count(&controllers, &changes, |it: &ReplicationController| it.spec.as_ref()?.selector.clone());
        count(&sets, &changes, |it: &ReplicaSet| Some(it.spec.as_ref()?.selector.clone()));
        Self { services, controllers, sets, changes, answers: Mutex::default() }
    }

    /// Waits for the first lists; false when the views have ended before.
    pub async fn synced(&self) -> bool {
        self.services.synced().await.is_ok()
            && self.controllers.synced().await.is_ok()
            && self.sets.synced().await.is_ok()
    }

    /// The shape by which to decide about the pod, if it is spread by default.
    pub fn shape(&self, object: &Pod, pod: &PodFacts, shapes: &mut Shapes) -> Option<Arc<Shape>> {
        if pod.shape.spreads() {
            return None;
        }
        let owner = object.controller();
        let question = (pod.shape_id(), owner.map(|it| format!("{}/{}", it.kind, it.name)).unwrap_or_default());
        let changes = self.changes.load(Ordering::Relaxed);
        let mut answers = self.answers.lock();
        if let Some((_, known)) = answers.get(&question).filter(|(at, _)| *at == changes) {
            return known.clone();
        }
        if answers.len() >= ANSWERS_MAX {
            answers.clear();
        }
        let shape = self.selector(object).map(|selector| shapes.spread_by_default(&pod.shape, &selector));
        answers.insert(question, (changes, shape.clone()));
        shape
    }

    /// What selects the pod and those like it; None when nothing does.
    fn selector(&self, pod: &Pod) -> Option<Value> {
        let namespace = pod.namespace().unwrap_or_default();
        let none = BTreeMap::new();
        let labels = pod.metadata.labels.as_ref().unwrap_or(&none);
        let mut merged: BTreeMap<String, String> = BTreeMap::new();
        for service in self.services.list_in(namespace) {
            let Some(selector) = service.spec.as_ref().and_then(|s| s.selector.as_ref()) else { continue };
            if selector.iter().all(|(key, value)| labels.get(key) == Some(value)) {
                merged.extend(selector.clone());
            }
        }
        let mut expressions = Value::Null;
        let owner = pod.controller().map(|it| (it.api_version.as_str(), it.kind.as_str(), it.name.as_str()));
        match owner {
            Some(("v1", "ReplicationController", name)) => {
                let found = self.controllers.get_in(Some(namespace), name);
                merged.extend(found.and_then(|it| it.spec.as_ref()?.selector.clone()).into_iter().flatten());
            }
            Some(("apps/v1", "ReplicaSet", name)) => {
                let found = self.sets.get_in(Some(namespace), name);
                let selector = found.and_then(|it| Some(it.spec.as_ref()?.selector.clone())).unwrap_or_default();
                merged.extend(selector.match_labels.into_iter().flatten());
                expressions = json!(selector.match_expressions);
            }
            _ => {}
        }
        let empty = merged.is_empty() && expressions.as_array().is_none_or(Vec::is_empty);
        (!empty).then(|| json!({"matchLabels": merged, "matchExpressions": expressions}))
    }
}
