//! ReplicaSets and ReplicationControllers: as many pods of a template as wanted, adopted, created or deleted.
mod kind;
mod victims;

use super::common::{
    count_i32, namespace_is_terminating, nonzero,
    owner::{self, Claims},
    pod, selector,
};
use crate::{
    controllers::Context,
    runner::{Action, Note, Order, Outcome, Plan, Reconciler},
};
use jiff::Timestamp;
use k8s_openapi::{
    api::{
        apps::v1::ReplicaSet,
        core::v1::{Pod, ReplicationController},
    },
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use kind::{Condition, Replicated, Status};
use skeg_client::{Client, Informer, Key, Object, reference_to};
use skeg_model::{request::Propagation, status};
use std::sync::Arc;

/// Pods created or deleted at one look.
const BURST_PODS_MAX: usize = 500;

struct Controller<K> {
    owners: Informer<K>,
    pods: Informer<Pod>,
    client: Client,
}

struct View<K> {
    owner: Arc<K>,
    claims: Claims<Pod>,
    /// Pods on their way out that the selector still matches.
    terminating: usize,
    /// Pods of owners under the same controller, when some must go.
    related: Vec<Arc<Pod>>,
}

/// The replicaset controller.
pub fn start_replica_sets(context: &Context) {
    let name = "replicaset-controller";
    start::<ReplicaSet>(context, name, name, context.config.concurrency.replicaset);
}

/// The replicationcontroller controller.
pub fn start_replication_controllers(context: &Context) {
    let name = "replication-controller";
    start::<ReplicationController>(context, name, name, context.config.concurrency.rc);
}

fn start<K: Replicated>(context: &Context, account: &'static str, component: &'static str, workers: usize) {
    let mut wiring = context.controller(account, component);
    let owners = wiring.informer::<K>();
    let pods = wiring.informer::<Pod>();
    owner::index(&owners);
    owner::index(&pods);
    selector::index_labels(&pods);
    selector::index_selectors(&owners);
    let queue = wiring.queue();
    wiring.enqueue_changes(&owners);
    let by_name = (queue, owners.clone());
    pods.on_change(move |change| {
        let (queue, owners) = &by_name;
        let mut keys: Vec<Key> = Vec::new();
        for pod in [change.old, change.new].into_iter().flatten() {
            match owner::controller_key::<K>(&**pod) {
                Some(key) => keys.push(key),
                None if pod.controller().is_none() => {
                    keys.extend(selector::selecting(owners, &**pod).iter().map(|owner| owner.key()));
                }
                None => {}
            }
        }
        keys.sort();
        keys.dedup();
        keys.iter().for_each(|key| queue.add(key));
    });
    let reconciler = Controller { owners, pods, client: wiring.client() };
    wiring.run(reconciler, workers);
}

impl<K: Replicated> Reconciler for Controller<K> {
    type View = View<K>;

    async fn gather(&self, key: &Key) -> Result<Option<View<K>>, status::Status> {
        let Some(owner) = self.owners.get(key) else { return Ok(None) };
        let Some(selector) = owner.selector() else { return Ok(None) };
        let mut pods = owner::controlled(&self.pods, owner.uid());
        let terminating =
            pods.iter().filter(|pod| pod::is_terminating(pod) && selector::selects(&selector, &***pod)).count();
        pods.extend(selector::orphans(&self.pods, owner.namespace(), &selector));
        pods.retain(|pod| pod::is_active(pod));
        let claims = Claims::new(&*owner, &selector, pods);
        if !claims.adopt.is_empty() {
            // The view may lag behind a deletion of the owner: ask the server before taking orphans.
            let fresh = self.client.get::<K>(owner.namespace(), owner.name()).await?;
            if fresh.uid() != owner.uid() || fresh.is_deleting() {
                return Ok(None);
            }
        }
        let surplus = claims.claimed.len() > owner.replicas();
        let related = if surplus { self.related(&*owner) } else { Vec::new() };
        Ok(Some(View { owner, claims, terminating, related }))
    }

    fn reconcile(&self, view: &View<K>, now: Timestamp) -> Plan {
        if !view.claims.settled() {
            let mut plan = Plan::default();
            plan.then(view.claims.actions(&*view.owner), Order::Together);
            plan.look_again_in(std::time::Duration::ZERO);
            return plan;
        }
        if view.owner.is_deleting() {
            return Plan::default();
        }
        let (have, want) = (view.claims.claimed.len(), view.owner.replicas());
        let mut plan = Plan::default();
        if have < want {
            plan.then(creations(&*view.owner, (want - have).min(BURST_PODS_MAX)), Order::SlowStart);
        } else if have > want {
            let victims = victims::choose(&view.claims.claimed, &view.related, have - want, now);
            let deletions = victims.into_iter().take(BURST_PODS_MAX).map(|pod| deletion(&*view.owner, &pod));
            plan.then(deletions.collect(), Order::Together);
        }
        plan
    }

    fn conclude(&self, view: &View<K>, outcomes: &[Outcome], now: Timestamp) -> Plan {
        if !view.claims.settled() {
            return Plan::default();
        }
        let mut plan = Plan::default();
        let old = view.owner.status();
        let new = status_of(view, &old, outcomes.iter().find_map(Outcome::error), now);
        if new != old {
            plan.then(vec![Action::update_status(&view.owner.with_status(new))], Order::Sequence);
        }
        let min_ready = view.owner.min_ready_seconds();
        let next = view.claims.claimed.iter().filter_map(|pod| pod::available_at(pod, min_ready, now)).min();
        if let Some(next) = next {
            plan.look_again_at(next, now);
        }
        plan
    }
}

impl<K: Replicated> Controller<K> {
    /// Active and ended pods of all owners that share this owner's controller (a Deployment's ReplicaSets).
    fn related(&self, owner: &K) -> Vec<Arc<Pod>> {
        let siblings = match owner.controller() {
            Some(controller) => owner::controlled(&self.owners, &controller.uid),
            None => self.owners.get(&owner.key()).into_iter().collect(),
        };
        let mut pods: Vec<Arc<Pod>> = Vec::new();
        for selector in siblings.iter().filter_map(|sibling| sibling.selector()) {
            pods.extend(selector::selected(&self.pods, owner.namespace(), &selector));
        }
        pods.sort_by(|a, b| a.uid().cmp(b.uid()));
        pods.dedup_by(|a, b| a.uid() == b.uid());
        pods
    }
}

fn creations<K: Replicated>(owner: &K, count: usize) -> Vec<Action> {
    let about = reference_to(owner);
    let action = Action::create(&pod_of(owner))
        .noting(Note::normal(about.clone(), "SuccessfulCreate", "Created pod: ").with_name())
        .noting_failure(Note::warning(about, "FailedCreate", "Error creating: ").with_error())
        .accepting(namespace_is_terminating);
    vec![action; count]
}

fn deletion<K: Replicated>(owner: &K, pod: &Pod) -> Action {
    let about = reference_to(owner);
    let deleted = format!("Deleted pod: {}", pod.name());
    Action::delete(pod, None::<Propagation>)
        .noting(Note::normal(about.clone(), "SuccessfulDelete", deleted))
        .noting_failure(Note::warning(about, "FailedDelete", "Error deleting: ").with_error())
        .accepting(status::Status::is_not_found)
}

/// A pod of the owner's template.
fn pod_of<K: Replicated>(owner: &K) -> Pod {
    let template = owner.template();
    let meta = template.metadata.clone().unwrap_or_default();
    let prefix = format!("{}-", owner.name());
    Pod {
        metadata: ObjectMeta {
            // A name too long to take the dash does without.
            generate_name: Some(if prefix.len() <= 253 { prefix } else { owner.name().to_owned() }),
            namespace: owner.namespace().map(Into::into),
            labels: meta.labels,
            annotations: meta.annotations,
            finalizers: meta.finalizers,
            owner_references: Some(vec![owner::controller_reference(owner)]),
            ..ObjectMeta::default()
        },
        spec: template.spec,
        status: None,
    }
}

fn status_of<K: Replicated>(view: &View<K>, old: &Status, failure: Option<&status::Status>, now: Timestamp) -> Status {
    let pods = &view.claims.claimed;
    let template = view.owner.template().metadata.and_then(|meta| meta.labels).unwrap_or_default();
    let labelled = selector::of_map(&template);
    let min_ready = view.owner.min_ready_seconds();
    let count = |test: &dyn Fn(&Pod) -> bool| nonzero(pods.iter().filter(|pod| test(pod)).count());
    Status {
        replicas: count_i32(pods.len()),
        fully_labeled: count(&|pod| selector::selects(&labelled, pod)),
        ready: count(&pod::is_ready),
        available: count(&|pod| pod::is_available(pod, min_ready, now)),
        terminating: K::COUNTS_TERMINATING.then(|| count_i32(view.terminating)),
        observed_generation: view.owner.meta().generation,
        conditions: conditions_of(view, old, failure, now),
    }
}

fn conditions_of<K: Replicated>(
    view: &View<K>,
    old: &Status,
    failure: Option<&status::Status>,
    now: Timestamp,
) -> Vec<Condition> {
    const FAILURE: &str = "ReplicaFailure";
    let mut conditions = old.conditions.clone();
    let known = conditions.iter().any(|condition| condition.type_ == FAILURE);
    let creating = view.claims.claimed.len() < view.owner.replicas();
    match failure {
        Some(error) if !known => conditions.push(Condition {
            type_: FAILURE.into(),
            status: "True".into(),
            reason: Some(if creating { "FailedCreate" } else { "FailedDelete" }.into()),
            message: Some(if creating {
                error.message.clone()
            } else {
                format!("unable to delete pods: {}", error.message)
            }),
            last_transition_time: Some(Time(now)),
        }),
        None => conditions.retain(|condition| condition.type_ != FAILURE),
        Some(_) => {}
    }
    conditions
}
