//! Namespaces that are being deleted: pods go first, then everything else, then the namespace itself.
mod conditions;

use super::{Context, common::pod};
use crate::runner::{Action, Order, Outcome, Plan, Reconciler};
use conditions::{Found, update};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Namespace, NamespaceStatus, Pod};
use skeg_client::{
    Client, Informer, Key, Object,
    discovery::{ApiResource, Served},
    object::target,
};
use skeg_model::{
    request::{DeleteOptions, ListOptions, Propagation},
    status::Status,
    stored::Stored,
};
use std::{sync::Arc, time::Duration};

/// Content that only waits for finalizers is looked at again after this long (halved, plus one second, as upstream).
const FINALIZER_ESTIMATE_SECONDS: u64 = 15;
const FINALIZER: &str = "kubernetes";
/// A namespace whose content cannot be deleted is tried at least this often, as upstream does.
const BACKOFF_MAX: Duration = Duration::from_secs(60);
const BACKOFF_FIRST: Duration = Duration::from_millis(5);

struct Controller {
    namespaces: Informer<Namespace>,
    client: Client,
}

struct View {
    namespace: Arc<Namespace>,
    /// What is left, by resource; pods alone as long as there are any.
    content: Vec<Content>,
    /// What discovery could not tell.
    undiscovered: Option<String>,
    /// Lists that failed.
    errors: Vec<Status>,
}

/// The objects of one resource.
struct Content {
    resource: ApiResource,
    items: Vec<Arc<Stored>>,
}

/// The namespace controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("namespace-controller", "namespace-controller");
    let namespaces = wiring.informer::<Namespace>();
    let pods = wiring.informer::<Pod>();
    let queue = wiring.queue();
    namespaces.on_change(move |change| {
        if change.new.is_some_and(|namespace| namespace.is_deleting()) {
            queue.add(change.key);
        }
    });
    let (queue, all) = (wiring.queue(), namespaces.clone());
    pods.on_change(move |change| {
        let namespace = change.key.split_once('/').map_or("", |(namespace, _)| namespace);
        if change.new.is_none() && all.get(namespace).is_some_and(|namespace| namespace.is_deleting()) {
            queue.add(&namespace.into());
        }
    });
    wiring.queue().back_off(BACKOFF_FIRST, BACKOFF_MAX);
    let client = wiring.client();
    wiring.run(Controller { namespaces, client }, context.config.concurrency.namespace);
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        if !self.namespaces.get(key).is_some_and(|namespace| namespace.is_deleting()) {
            return Ok(None);
        }
        let namespace = match self.client.get::<Namespace>(None, key).await {
            Ok(namespace) if namespace.is_deleting() => namespace,
            Ok(_) => return Ok(None),
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        if finalizers(&namespace).is_empty() {
            return Ok(None);
        }
        let (served, undiscovered) = match self.client.discover().await {
            Ok(answer) => {
                let undiscovered = conditions::incomplete(answer.served.failures());
                (answer.served, undiscovered)
            }
            Err(error) => (Arc::new(Served::default()), Some(error.message)),
        };
        let mut view = View { namespace, content: Vec::new(), undiscovered, errors: Vec::new() };
        let (pods, rest): (Vec<_>, Vec<_>) = served.preferred().filter(|it| is_emptied(it)).partition(|it| is_pods(it));
        self.list(key, &pods, &mut view).await;
        if view.content.is_empty() {
            self.list(key, &rest, &mut view).await;
        }
        Ok(Some(view))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        let namespace = &*view.namespace;
        let status = namespace.status.clone().unwrap_or_default();
        if status.phase.as_deref() != Some("Terminating") {
            let status = NamespaceStatus { phase: Some("Terminating".into()), ..status };
            let namespace = Namespace { status: Some(status), ..namespace.clone() };
            let mut plan = Plan::of(vec![Action::update_status(&namespace)]);
            plan.look_again_in(Duration::ZERO);
            return plan;
        }
        let deletions: Vec<Action> = view.content.iter().flat_map(|content| delete(namespace, content)).collect();
        let mut plan = Plan::default();
        if !deletions.is_empty() {
            plan.look_again_in(Duration::ZERO);
        }
        plan.then(deletions, Order::Together);
        plan
    }

    fn conclude(&self, view: &View, outcomes: &[Outcome], now: Timestamp) -> Plan {
        let mut errors: Vec<&Status> = outcomes.iter().filter_map(Outcome::error).collect();
        // What was just written or deleted is counted at the next look, when only what could not go is left.
        if !outcomes.is_empty() && errors.is_empty() {
            return Plan::default();
        }
        let namespace = &*view.namespace;
        let deleted = namespace.metadata.deletion_timestamp.as_ref().map_or(now, |time| time.0);
        let stuck: Vec<Status> =
            view.content.iter().filter_map(|content| content.stuck(namespace, deleted, now)).collect();
        errors.extend(view.errors.iter().chain(&stuck));
        let mut status = namespace.status.clone().unwrap_or_default();
        update(&mut status, &view.found(&errors), now);
        let mut plan = Plan::default();
        if namespace.status.as_ref() != Some(&status) {
            let namespace = Namespace { status: Some(status), ..namespace.clone() };
            plan.then(vec![Action::update_status(&namespace)], Order::Sequence);
            plan.look_again_in(Duration::ZERO);
        } else if view.content.is_empty() && errors.is_empty() && view.undiscovered.is_none() {
            return Plan::of(vec![finalize(namespace)]);
        }
        let undiscovered = view.undiscovered.as_ref().map(Status::internal);
        plan.problem = errors.first().map(|error| (*error).clone()).or(undiscovered);
        if plan.problem.is_none() && plan.look_again.is_none() {
            let estimate = view.content.iter().map(|content| content.estimate(deleted, now)).max().unwrap_or(0);
            plan.look_again_in(Duration::from_secs(estimate / 2 + 1));
        }
        plan
    }
}

/// What can be listed and deleted within a namespace.
fn is_emptied(resource: &ApiResource) -> bool {
    resource.namespaced && resource.has("delete") && resource.has("list")
}

fn is_pods(resource: &ApiResource) -> bool {
    resource.gvr.group.is_empty() && resource.gvr.resource == "pods"
}

/// Discovery told of something that is not there.
fn is_unsupported(error: &Status) -> bool {
    error.is_not_found() || error.code == 405
}

impl Controller {
    async fn list(&self, namespace: &str, resources: &[&ApiResource], view: &mut View) {
        for resource in resources {
            // How long pods take to end is in their specs.
            let options = ListOptions { metadata_only: !is_pods(resource), ..ListOptions::default() };
            match self.client.list_stored(resource.gvr.clone(), Some(namespace), options).await {
                Ok(list) if list.items.is_empty() => {}
                Ok(list) => view.content.push(Content { resource: (*resource).clone(), items: list.items }),
                Err(error) if is_unsupported(&error) => {}
                Err(error) => view.errors.push(error),
            }
        }
    }
}

impl View {
    /// What the conditions tell.
    fn found<'a>(&'a self, errors: &[&'a Status]) -> Found<'a> {
        let mut found = Found { undiscovered: self.undiscovered.as_deref(), ..Found::default() };
        found.errors = errors.iter().map(|error| error.message.as_str()).collect();
        // As long as pods remain, upstream says nothing of content.
        if self.content.iter().all(|content| is_pods(&content.resource)) {
            return found;
        }
        for Content { resource, items } in &self.content {
            found.resources.push((&resource.gvr, items.len()));
            for finalizer in items.iter().flat_map(|item| &item.meta().finalizers) {
                *found.finalizers.entry(finalizer).or_default() += 1;
            }
        }
        found
    }
}

impl Content {
    fn has_finalizers(&self) -> bool {
        self.items.iter().any(|item| !item.meta().finalizers.is_empty())
    }

    /// Seconds that pods may still take.
    fn grace(&self, deleted: Timestamp, now: Timestamp) -> u64 {
        if !is_pods(&self.resource) {
            return 0;
        }
        let pods = self.items.iter().filter_map(|pod| pod.typed::<Pod>().ok()).filter(|pod| !pod::is_terminal(pod));
        let grace = pods.filter_map(|pod| pod.spec.as_ref()?.termination_grace_period_seconds).max().unwrap_or(0);
        let over = now.duration_since(deleted) >= SignedDuration::from_secs(grace);
        if over { 0 } else { u64::try_from(grace).unwrap_or(0) }
    }

    /// Seconds until it may be gone.
    fn estimate(&self, deleted: Timestamp, now: Timestamp) -> u64 {
        match self.grace(deleted, now) {
            0 if self.has_finalizers() => FINALIZER_ESTIMATE_SECONDS,
            grace => grace,
        }
    }

    /// An error if nothing explains why it is still there.
    fn stuck(&self, namespace: &Namespace, deleted: Timestamp, now: Timestamp) -> Option<Status> {
        let explained = self.has_finalizers() || self.grace(deleted, now) > 0;
        let (name, gvr) = (namespace.name(), &self.resource.gvr);
        let message = format!(
            "unexpected items still remain in namespace: {name} for gvr: {}/{}, Resource={}",
            gvr.group, gvr.version, gvr.resource
        );
        (!explained).then(|| Status::failure(500, "InternalError", message))
    }
}

fn finalizers(namespace: &Namespace) -> &[String] {
    namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_deref()).unwrap_or_default()
}

fn finalize(namespace: &Namespace) -> Action {
    let mut namespace = namespace.clone();
    if let Some(finalizers) = namespace.spec.as_mut().and_then(|spec| spec.finalizers.as_mut()) {
        finalizers.retain(|finalizer| finalizer != FINALIZER);
    }
    Action::update_at(&namespace, Some("finalize")).accepting(Status::is_not_found)
}

/// Deletes the objects of one resource, at once where it can, unless all are on their way.
fn delete(namespace: &Namespace, content: &Content) -> Vec<Action> {
    let Content { resource, items } = content;
    let mut fresh = items.iter().filter(|item| item.meta().deletion_timestamp.is_none()).peekable();
    if fresh.peek().is_none() {
        return Vec::new();
    }
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    let at = |name: Option<&str>| target(resource.gvr.clone(), Some(namespace.name()), name, None);
    if resource.has("deletecollection") {
        return vec![Action::delete_all(at(None), options)];
    }
    let names = fresh.map(|item| item.meta().name.clone());
    names.map(|name| Action::delete_with(at(Some(&name)), options.clone()).accepting(is_unsupported)).collect()
}
