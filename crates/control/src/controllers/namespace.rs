//! Namespaces that are being deleted: pods go first, then everything else, then the namespace itself.
use super::{
    Context,
    common::{
        pod,
        resource::{self, Resource},
    },
};
use crate::runner::{Action, Order, Outcome, Plan, Reconciler};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::core::v1::{Namespace, NamespaceCondition, NamespaceStatus, Pod},
    apimachinery::pkg::apis::meta::v1::Time,
};
use skeg_client::{Client, Informer, Key, Object, object::target};
use skeg_model::{
    kinds::Verb,
    request::{DeleteOptions, ListOptions, Propagation},
    status::Status,
    stored::Stored,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Content that only waits for finalizers is looked at again after this long (halved, plus one second, as upstream).
const FINALIZER_ESTIMATE_SECONDS: u64 = 15;
const FINALIZER: &str = "kubernetes";

struct Controller {
    namespaces: Informer<Namespace>,
    client: Client,
    resources: Vec<Resource>,
}

struct View {
    namespace: Arc<Namespace>,
    /// What is left, by resource; pods alone as long as there are any.
    content: Vec<(Resource, Vec<Arc<Stored>>)>,
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
    let client = wiring.client();
    let resources = resource::all().into_iter().filter(|resource| resource.namespaced).collect();
    wiring.run(Controller { namespaces, client, resources }, context.config.concurrency.namespace);
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
        let (pods, rest): (Vec<_>, Vec<_>) = self.resources.iter().partition(|it| it.gvr.resource == "pods");
        let mut content = self.list(key, &pods).await?;
        if content.is_empty() {
            content = self.list(key, &rest).await?;
        }
        Ok(Some(View { namespace, content }))
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
        if view.content.is_empty() {
            return Plan::of(vec![finalize(namespace)]);
        }
        let fresh = |items: &[Arc<Stored>]| items.iter().any(|item| item.meta().deletion_timestamp.is_none());
        let deletions = view.content.iter().filter(|(_, items)| fresh(items));
        let deletions: Vec<Action> =
            deletions.flat_map(|(resource, items)| delete(namespace, resource, items)).collect();
        let mut plan = Plan::default();
        if !deletions.is_empty() {
            plan.look_again_in(Duration::ZERO);
        }
        plan.then(deletions, Order::Together);
        plan
    }

    fn conclude(&self, view: &View, outcomes: &[Outcome], now: Timestamp) -> Plan {
        let errors: Vec<&Status> = outcomes.iter().filter_map(Outcome::error).collect();
        // What was just deleted is counted at the next look, when only what could not go is left.
        if view.content.is_empty() || (!outcomes.is_empty() && errors.is_empty()) {
            return Plan::default();
        }
        let namespace = &*view.namespace;
        let mut status = namespace.status.clone().unwrap_or_default();
        update_conditions(&mut status, &remaining(view), &errors, now);
        let mut plan = Plan::default();
        if namespace.status.as_ref() != Some(&status) {
            plan.then(
                vec![Action::update_status(&Namespace { status: Some(status), ..namespace.clone() })],
                Order::Sequence,
            );
        }
        plan.look_again_in(Duration::from_secs(estimate(view, now) / 2 + 1));
        plan
    }
}

impl Controller {
    async fn list(
        &self,
        namespace: &str,
        resources: &[&Resource],
    ) -> Result<Vec<(Resource, Vec<Arc<Stored>>)>, Status> {
        let mut content = Vec::new();
        for resource in resources {
            let list = self.client.list_stored(resource.gvr.clone(), Some(namespace), ListOptions::default()).await?;
            if !list.items.is_empty() {
                content.push(((*resource).clone(), list.items));
            }
        }
        Ok(content)
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

/// Deletes all objects of one resource, at once where it can.
fn delete(namespace: &Namespace, resource: &Resource, items: &[Arc<Stored>]) -> Vec<Action> {
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    let at = |name: Option<&str>| target(resource.gvr.clone(), Some(namespace.name()), name, None);
    if resource.has(Verb::DeleteCollection) {
        return vec![Action::delete_all(at(None), options)];
    }
    let names = items.iter().map(|item| item.meta().name.clone());
    names.map(|name| Action::delete_with(at(Some(&name)), options.clone()).accepting(Status::is_not_found)).collect()
}

/// Seconds until what remains may be gone.
fn estimate(view: &View, now: Timestamp) -> u64 {
    let pods = view.content.iter().filter(|(resource, _)| resource.gvr.resource == "pods").flat_map(|(_, pods)| pods);
    let pods = pods.filter_map(|pod| pod.typed::<Pod>().ok()).filter(|pod| !pod::is_terminal(pod));
    let grace = pods.filter_map(|pod| pod.spec.as_ref()?.termination_grace_period_seconds).max().unwrap_or(0);
    let deleted = view.namespace.metadata.deletion_timestamp.as_ref().map_or(now, |time| time.0);
    let over = now.duration_since(deleted) >= SignedDuration::from_secs(grace);
    if over { FINALIZER_ESTIMATE_SECONDS } else { u64::try_from(grace).unwrap_or(0) }
}

/// Counts for the conditions' messages: by resource, and by finalizer.
struct Remaining {
    resources: Vec<String>,
    finalizers: Vec<String>,
}

fn remaining(view: &View) -> Remaining {
    let mut finalizers: BTreeMap<&str, usize> = BTreeMap::new();
    for item in view.content.iter().flat_map(|(_, items)| items) {
        for finalizer in &item.meta().finalizers {
            *finalizers.entry(finalizer).or_default() += 1;
        }
    }
    let pods_only = view.content.iter().all(|(resource, _)| resource.gvr.resource == "pods");
    let mut resources: Vec<_> = view
        .content
        .iter()
        .map(|(it, items)| format!("{}.{} has {} resource instances", it.gvr.resource, it.gvr.group, items.len()))
        .collect();
    resources.sort();
    let finalizers = finalizers.into_iter().map(|(name, count)| format!("{name} in {count} resource instances"));
    // As long as pods remain, upstream says nothing of content.
    if pods_only {
        return Remaining { resources: Vec::new(), finalizers: Vec::new() };
    }
    Remaining { resources, finalizers: finalizers.collect() }
}

fn update_conditions(status: &mut NamespaceStatus, remaining: &Remaining, errors: &[&Status], now: Timestamp) {
    let ok = |name: &str, reason: &str, text: &str| (name.to_owned(), "False", reason.to_owned(), text.to_owned());
    let bad = |name: &str, reason: &str, text: String| (name.to_owned(), "True", reason.to_owned(), text);
    let mut messages: Vec<_> = errors.iter().map(|error| error.message.clone()).collect();
    messages.sort();
    let (count, joined) = (errors.len(), messages.join(", "));
    let text = "All resources successfully discovered";
    let discovery = ok("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", text);
    let text = "All legacy kube types successfully parsed";
    let parsing = ok("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", text);
    let deletion = if errors.is_empty() {
        let text = "All content successfully deleted, may be waiting on finalization";
        ok("NamespaceDeletionContentFailure", "ContentDeleted", text)
    } else {
        let text = format!("Failed to delete all resource types, {count} remaining: {joined}");
        bad("NamespaceDeletionContentFailure", "ContentDeletionFailed", text)
    };
    let content = if remaining.resources.is_empty() {
        ok("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed")
    } else {
        let text = format!("Some resources are remaining: {}", remaining.resources.join(", "));
        bad("NamespaceContentRemaining", "SomeResourcesRemain", text)
    };
    let finalizers = if remaining.finalizers.is_empty() {
        ok("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished")
    } else {
        let list = remaining.finalizers.join(", ");
        let text = format!("Some content in the namespace has finalizers remaining: {list}");
        bad("NamespaceFinalizersRemaining", "SomeFinalizersRemain", text)
    };
    for (name, value, reason, message) in [discovery, parsing, deletion, content, finalizers] {
        set_condition(status, &name, value, reason, message, now);
    }
}

fn set_condition(
    status: &mut NamespaceStatus,
    name: &str,
    value: &str,
    reason: String,
    message: String,
    now: Timestamp,
) {
    let conditions = status.conditions.get_or_insert_default();
    let new = NamespaceCondition {
        type_: name.into(),
        status: value.into(),
        reason: Some(reason),
        message: Some(message),
        last_transition_time: Some(Time(now)),
    };
    match conditions.iter_mut().find(|condition| condition.type_ == name) {
        None => conditions.push(new),
        Some(old) if old.status == new.status => {
            *old = NamespaceCondition { last_transition_time: old.last_transition_time.clone(), ..new };
        }
        Some(old) => *old = new,
    }
}
