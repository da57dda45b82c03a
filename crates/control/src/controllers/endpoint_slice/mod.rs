//! EndpointSlices of Services with a selector: where their pods are, and whether they may be sent traffic.
mod endpoint;
mod hints;
pub mod mirror;
mod pack;
mod topology;

use super::{
    Context,
    common::{
        owner,
        selector::{self, Selecting},
        service,
        trigger::{self, Triggers},
    },
};
use crate::runner::{Action, Note, Order, Outcome, Plan, Queue, Reconciler, plan::Write};
use endpoint::Ports;
use hints::Told;
use jiff::Timestamp;
use k8s_openapi::{
    api::{
        core::v1::{Node, Pod, Service},
        discovery::v1::{Endpoint, EndpointSlice},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use skeg_client::{Informer, Key, Object, key, reference_to};
use skeg_model::{request::Target, status::Status};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use topology::{Shares, Zones};

pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";
pub(super) const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
pub(super) const HEADLESS: &str = "service.kubernetes.io/headless";
/// A Service that could not be brought up to date is looked at again after this long, then more and more seldom.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(1000);
const INDEX: &str = "service";
const NAME_CHARS_MAX: usize = 253;

struct Controller {
    services: Informer<Service>,
    pods: Informer<Pod>,
    nodes: Informer<Node>,
    slices: Informer<EndpointSlice>,
    topology: Arc<Topology>,
    triggers: Triggers,
    /// `--max-endpoints-per-slice`.
    most: usize,
}

/// What hints by zones' CPU rest on.
#[derive(Default)]
struct Topology {
    zones: Mutex<Zones>,
    /// By Service; only those that have or had such hints.
    told: Mutex<FxHashMap<Key, Told>>,
}

struct View {
    service: Arc<Service>,
    pods: Vec<Arc<Pod>>,
    /// The nodes of those pods by name.
    nodes: BTreeMap<String, Arc<Node>>,
    slices: Vec<Arc<EndpointSlice>>,
    told: Told,
    /// Zones' shares of CPU; only where the Service asks for hints by them.
    shares: Option<Shares>,
    /// What the writes answer to.
    trigger: Option<Timestamp>,
}

/// The endpointslice controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("endpointslice-controller", "endpoint-slice-controller");
    let services = wiring.informer::<Service>();
    let pods = wiring.informer::<Pod>();
    let nodes = wiring.informer::<Node>();
    let slices = wiring.informer::<EndpointSlice>();
    selector::index_labels(&pods);
    selector::index_selectors(&services);
    slices.index(INDEX, |slice| service_of(slice, MANAGER).map(|key| key.to_string()).into_iter().collect());
    wiring.enqueue_changes(&services);
    let (queue, all) = (wiring.queue(), services.clone());
    pods.on_change(move |change| service::enqueue_for_pod(&queue, &all, change));
    let queue = wiring.queue();
    slices.on_change(move |change| {
        for key in [change.old, change.new].into_iter().flatten().filter_map(|slice| service_of(slice, MANAGER)) {
            queue.add(&key);
        }
    });
    let topology: Arc<Topology> = Arc::default();
    let (queue, kept) = (wiring.queue(), topology.clone());
    nodes.on_change(move |change| kept.observe(change.key, change.new.map(|node| &**node), &queue));
    let most = context.config.max_endpoints_per_slice;
    let workers = context.config.concurrency.service_endpoint;
    wiring.queue().back_off(BACKOFF_FIRST, BACKOFF_MAX);
    let triggers = Triggers::default();
    wiring.run(Controller { services, pods, nodes, slices, topology, triggers, most }, workers);
}

impl Topology {
    /// Takes a node's change; Services whose hints now overload a zone are looked at again.
    fn observe(&self, key: &Key, node: Option<&Node>, queue: &Queue) {
        let mut zones = self.zones.lock();
        if !zones.observe(key, node) {
            return;
        }
        let told = self.told.lock();
        if told.is_empty() {
            return;
        }
        let shares = zones.shares();
        told.iter().filter(|(_, told)| told.is_overloaded(shares.as_ref())).for_each(|(key, _)| queue.add(key));
    }
}

/// The Service of a slice that `manager` looks after.
fn service_of(slice: &EndpointSlice, manager: &str) -> Option<Key> {
    let ours = slice.label(MANAGED_BY) == Some(manager);
    slice.label(SERVICE_NAME).filter(|_| ours).map(|name| key::key(slice.namespace(), name))
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(service) = self.services.get(key) else {
            self.topology.told.lock().remove(key);
            self.triggers.forget(key);
            return Ok(None);
        };
        let Some(selector) = service.selector() else { return Ok(None) };
        let pods = selector::selected(&self.pods, service.namespace(), &selector);
        let names: BTreeSet<&str> = pods.iter().map(|pod| super::common::pod::node_name(pod)).collect();
        let nodes = names.into_iter().filter_map(|name| Some((name.to_owned(), self.nodes.get(name)?))).collect();
        let mut slices = self.slices.by_index(INDEX, key);
        slices.retain(|slice| !slice.is_deleting());
        let told = self.topology.told.lock().get(key).cloned().unwrap_or_default();
        let shares = if topology::wanted(&service) { self.topology.zones.lock().shares() } else { None };
        let trigger = self.triggers.take(&service, &pods);
        Ok(Some(View { service, pods, nodes, slices, told, shares, trigger }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        decide(view, self.most).0
    }

    fn conclude(&self, view: &View, _outcomes: &[Outcome], _now: Timestamp) -> Plan {
        if view.told.is_on() || topology::wanted(&view.service) {
            let told = decide(view, self.most).1;
            let mut all = self.topology.told.lock();
            if told.is_on() {
                all.insert(view.service.key(), told);
            } else {
                all.remove(&view.service.key());
            }
        }
        Plan::default()
    }
}

/// The writes, and what is then told of the Service's hints.
fn decide(view: &View, most: usize) -> (Plan, Told) {
    let (mut plan, mut told) = (Plan::default(), view.told.clone());
    let (mut actions, mut notes) = (Vec::new(), Vec::new());
    let mut skipped = Vec::new();
    let families = endpoint::address_types(&view.service);
    for family in &families {
        let wanted = desired(view, family, &mut skipped);
        let (writes, note) = reconcile_family(view, family, wanted, most, &mut told);
        actions.extend(writes);
        notes.extend(note.map(Action::note));
    }
    let stale = view.slices.iter().filter(|slice| !families.contains(&slice.address_type.as_str()));
    actions.extend(stale.map(|slice| {
        let failed = failure_note(&view.service, &format!("error deleting {} EndpointSlice", slice.name()));
        Action::delete(&**slice, None).accepting(Status::is_not_found).noting_failure(failed)
    }));
    if !skipped.is_empty() {
        let list = if let [one] = &skipped[..] { one.clone() } else { format!("[{}]", skipped.join(", ")) };
        notes.push(Action::note(Note::warning(reference_to(&*view.service), FAILED, failure(&view.service, &list))));
        plan.problem = Some(Status::internal(list));
    }
    plan.then(notes, Order::Sequence);
    plan.then(actions, Order::Sequence);
    (plan, told)
}

const FAILED: &str = "FailedToUpdateEndpointSlices";

fn failure(service: &Service, what: &str) -> String {
    let (namespace, name) = (service.namespace().unwrap_or_default(), service.name());
    format!("Error updating Endpoint Slices for Service {namespace}/{name}: {what}")
}

/// Said when a write fails; the error follows.
fn failure_note(service: &Service, what: &str) -> Note {
    let (namespace, name) = (service.namespace().unwrap_or_default(), service.name());
    let text = failure(service, &format!("{what} for Service {namespace}/{name}: "));
    Note::warning(reference_to(service), FAILED, text).with_error()
}

/// The endpoints of one address family by their ports. Pods whose node is unknown are left out, and said to be.
fn desired(view: &View, family: &str, skipped: &mut Vec<String>) -> BTreeMap<Ports, Vec<Endpoint>> {
    let mut wanted: BTreeMap<Ports, Vec<Endpoint>> = BTreeMap::new();
    for pod in view.pods.iter().filter(|pod| service::belongs(pod, true)) {
        let endpoints = wanted.entry(endpoint::ports(&view.service, pod)).or_default();
        let name = super::common::pod::node_name(pod);
        let node = view.nodes.get(name);
        if node.is_none() && !service::publishes_not_ready(&view.service) {
            let service = view.service.key();
            let text = format!("skipping Pod {} for Service {service}: Node {name} Not Found", pod.name());
            if !skipped.contains(&text) {
                skipped.push(text);
            }
            continue;
        }
        endpoints.extend(endpoint::of(pod, node.map(|node| &**node), &view.service, family));
    }
    wanted
}

fn reconcile_family(
    view: &View,
    family: &'static str,
    wanted: BTreeMap<Ports, Vec<Endpoint>>,
    most: usize,
    told: &mut Told,
) -> (Vec<Action>, Option<Note>) {
    let existing: Vec<&EndpointSlice> =
        view.slices.iter().map(|slice| &**slice).filter(|slice| slice.address_type == family).collect();
    let mut changes = pack::Changes::default();
    let mut by_ports: BTreeMap<Ports, Vec<&EndpointSlice>> = BTreeMap::new();
    for slice in &existing {
        if owned(slice, &view.service) {
            by_ports.entry(Ports::of_slice(slice)).or_default().push(slice);
        } else {
            changes.delete.push((*slice).clone());
        }
    }
    for (ports, endpoints) in wanted {
        let slices = by_ports.remove(&ports).unwrap_or_default();
        let fresh = || new_slice(&view.service, family, &ports);
        pack::pack(&slices, endpoints, &labels(&view.service), &fresh, most, &mut changes);
    }
    changes.delete.extend(by_ports.into_values().flatten().cloned());
    if existing.len() == changes.delete.len() && changes.create.is_empty() {
        keep_empty_slice(view, family, &mut changes);
    }
    let note = hints::apply(&view.service, family, view.shares.as_ref(), &existing, &mut changes, told);
    (write(view, changes), note)
}

/// A Service without endpoints keeps one empty slice.
fn keep_empty_slice(view: &View, family: &str, changes: &mut pack::Changes) {
    let empty = new_slice(&view.service, family, &Ports::default());
    let kept = matches!(&changes.delete[..], [one] if one.metadata.labels == empty.metadata.labels
        && pack::endpoints_of(one).is_empty()
        && one.ports.iter().flatten().next().is_none()
        && one.metadata.owner_references == empty.metadata.owner_references);
    if kept {
        changes.delete.clear();
    } else {
        changes.create.push(empty);
    }
}

fn owned(slice: &EndpointSlice, service: &Service) -> bool {
    let mut owners = slice.metadata.owner_references.iter().flatten();
    owners.any(|owner| owner.uid == service.uid() && owner.kind == "Service" && owner.api_version == "v1")
}

fn write(view: &View, mut changes: pack::Changes) -> Vec<Action> {
    changes.recycle(|slice| owned(slice, &view.service));
    let stamp = |slice: &EndpointSlice| {
        let mut slice = slice.clone();
        trigger::stamp(&mut slice.metadata, view.trigger);
        slice
    };
    changes.create = changes.create.iter().filter(|_| !view.service.is_deleting()).map(stamp).collect();
    changes.update = changes.update.iter().map(stamp).collect();
    let told = |action: Action| {
        let what = match &action.write {
            Write::Update { target, .. } => format!("failed to update {} EndpointSlice", named(target)),
            Write::Delete { target, .. } => format!("failed to delete {} EndpointSlice", named(target)),
            _ => "failed to create EndpointSlice".into(),
        };
        action.noting_failure(failure_note(&view.service, &what))
    };
    changes.actions().into_iter().map(told).collect()
}

fn named(target: &Target) -> &str {
    target.name.as_deref().unwrap_or_default()
}

fn is_reserved(label: &str) -> bool {
    matches!(label, SERVICE_NAME | MANAGED_BY | HEADLESS)
}

/// The labels of a Service's slices: its own and the reserved ones.
fn labels(service: &Service) -> BTreeMap<String, String> {
    let own = service.metadata.labels.iter().flatten().filter(|(name, _)| !is_reserved(name));
    let mut labels: BTreeMap<String, String> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
    if !service::has_cluster_ip(service) {
        labels.insert(HEADLESS.into(), String::new());
    }
    labels.insert(SERVICE_NAME.into(), service.name().into());
    labels.insert(MANAGED_BY.into(), MANAGER.into());
    labels
}

/// What generated names of slices begin with; a name too long to take the dash does without.
fn name_prefix(service: &str) -> String {
    let prefix = format!("{service}-");
    if prefix.len() <= NAME_CHARS_MAX { prefix } else { service.to_owned() }
}

fn new_slice(service: &Service, family: &str, ports: &Ports) -> EndpointSlice {
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(name_prefix(service.name())),
            namespace: service.namespace().map(Into::into),
            labels: Some(labels(service)),
            owner_references: Some(vec![owner::controller_reference(service)]),
            ..ObjectMeta::default()
        },
        address_type: family.into(),
        endpoints: None,
        ports: ports.to_typed(),
    }
}
