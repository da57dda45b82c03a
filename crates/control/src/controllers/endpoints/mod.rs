//! Endpoints (the older form of EndpointSlices) of Services with a selector.
pub(super) mod subsets;

use super::{
    Context,
    common::{
        namespace_is_terminating,
        selector::{self, Selecting},
        service,
        trigger::{self, Triggers},
    },
    endpoint_slice::HEADLESS,
};
use crate::runner::{Action, Note, Plan, Reconciler};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Endpoints, Pod, Service},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use skeg_client::{Informer, Key, Object, key, reference_to};
use skeg_model::{request::DeleteOptions, status::Status};
use std::{collections::BTreeMap, sync::Arc};

const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const MANAGER: &str = "endpoint-controller";
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";

struct Controller {
    services: Informer<Service>,
    pods: Informer<Pod>,
    endpoints: Informer<Endpoints>,
    triggers: Triggers,
}

enum View {
    /// The Service is gone.
    Leftover(Arc<Endpoints>),
    Of {
        service: Arc<Service>,
        pods: Vec<Arc<Pod>>,
        current: Option<Arc<Endpoints>>,
        trigger: Option<Timestamp>,
    },
}

/// The endpoints controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("endpoint-controller", MANAGER);
    let services = wiring.informer::<Service>();
    let pods = wiring.informer::<Pod>();
    let endpoints = wiring.informer::<Endpoints>();
    selector::index_labels(&pods);
    selector::index_selectors(&services);
    wiring.enqueue_changes(&services);
    let (queue, all) = (wiring.queue(), services.clone());
    pods.on_change(move |change| service::enqueue_for_pod(&queue, &all, change));
    let queue = wiring.queue();
    endpoints.on_change(move |change| {
        // Also what a Service left behind while nobody watched; others' Endpoints without a Service are theirs.
        let ours = change.new.is_some_and(|endpoints| endpoints.label(MANAGED_BY) == Some(MANAGER));
        if change.new.is_none() || (ours && change.old.is_none()) {
            queue.add(change.key);
        }
    });
    let triggers = Triggers::default();
    wiring.run(Controller { services, pods, endpoints, triggers }, context.config.concurrency.endpoint);
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let current = self.endpoints.get(key);
        let Some(service) = self.services.get(key) else {
            self.triggers.forget(key);
            return Ok(current.map(View::Leftover));
        };
        let Some(selector) = service.selector() else { return Ok(None) };
        let pods = selector::selected(&self.pods, service.namespace(), &selector);
        let trigger = self.triggers.take(&service, &pods);
        Ok(Some(View::Of { service, pods, current, trigger }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        match view {
            View::Leftover(endpoints) => Plan::of(vec![delete(endpoints)]),
            View::Of { service, pods, current, trigger } => reconcile(service, pods, current.as_deref(), *trigger),
        }
    }
}

fn delete(endpoints: &Endpoints) -> Action {
    let target = skeg_client::object::target_of::<Endpoints>(endpoints.namespace(), Some(endpoints.name()), None);
    let options = DeleteOptions { precondition_uid: Some(endpoints.uid().to_owned()), ..DeleteOptions::default() };
    Action::delete_with(target, options).accepting(Status::is_not_found)
}

fn reconcile(service: &Service, pods: &[Arc<Pod>], current: Option<&Endpoints>, trigger: Option<Timestamp>) -> Plan {
    let all = subsets::of(service, pods);
    let (subsets, truncated) = subsets::truncate(all);
    let wanted = (!subsets.is_empty()).then_some(subsets);
    let labels = labels(service);
    let mut endpoints = current.cloned().unwrap_or_else(|| Endpoints {
        metadata: ObjectMeta {
            name: service.metadata.name.clone(),
            namespace: service.metadata.namespace.clone(),
            ..ObjectMeta::default()
        },
        subsets: None,
    });
    let marked = endpoints.annotation(OVER_CAPACITY).is_some();
    let same_labels = endpoints.metadata.labels.as_ref() == Some(&labels);
    let same = current.is_some() && subsets::same(endpoints.subsets.as_ref(), wanted.as_ref());
    if same && same_labels && marked == truncated {
        return Plan::default();
    }
    endpoints.subsets = wanted;
    endpoints.metadata.labels = Some(labels);
    let annotations = endpoints.metadata.annotations.get_or_insert_default();
    if truncated {
        annotations.insert(OVER_CAPACITY.into(), "truncated".into());
    } else {
        annotations.remove(OVER_CAPACITY);
    }
    trigger::stamp(&mut endpoints.metadata, trigger);
    Plan::of(vec![write(service, &endpoints, current.is_none())])
}

fn write(service: &Service, endpoints: &Endpoints, new: bool) -> Action {
    let about = reference_to(endpoints);
    let key = key::key(service.namespace(), service.name());
    if new {
        let text = format!("Failed to create endpoint for service {key}: ");
        let note = Note::warning(about, "FailedToCreateEndpoint", text).with_error();
        return Action::create(endpoints).accepting(namespace_is_terminating).noting_failure(note);
    }
    let text = format!("Failed to update endpoint {key}: ");
    Action::update(endpoints).noting_failure(Note::warning(about, "FailedToUpdateEndpoint", text).with_error())
}

fn labels(service: &Service) -> BTreeMap<String, String> {
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    if service::has_cluster_ip(service) {
        labels.remove(HEADLESS);
    } else {
        labels.insert(HEADLESS.into(), String::new());
    }
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    labels
}
