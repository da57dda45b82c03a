//! Deployments: ReplicaSets of one pod template after another, rolled forward within the bounds of the strategy.
mod numbers;
mod replica_set;
mod revision;
mod rollback;
mod rollout;
mod status;

use super::common::{
    owner::{self, Claims},
    pod,
    selector::{self, Selecting},
};
use crate::{
    controllers::Context,
    runner::{Action, Note, Order, Outcome, Plan, Reconciler},
};
use jiff::Timestamp;
use k8s_openapi::api::{
    apps::v1::{Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet},
    core::v1::Pod,
};
use rollout::Rollout;
use skeg_client::{Client, Informer, Key, Object, key, reference_to};
use skeg_model::{meta::selector::LabelSelector, status::Status};
use std::{sync::Arc, time::Duration};

struct Controller {
    deployments: Informer<Deployment>,
    replica_sets: Informer<ReplicaSet>,
    pods: Informer<Pod>,
    client: Client,
}

struct View {
    deployment: Arc<Deployment>,
    claims: Claims<ReplicaSet>,
    /// Uids of ReplicaSets with pods that have not ended; asked by the Recreate strategy only.
    running: Vec<String>,
    /// Who has the name that a new ReplicaSet would get.
    occupant: Option<Arc<ReplicaSet>>,
}

/// The deployment controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("deployment-controller", "deployment-controller");
    let deployments = wiring.informer::<Deployment>();
    let replica_sets = wiring.informer::<ReplicaSet>();
    let pods = wiring.informer::<Pod>();
    owner::index(&replica_sets);
    owner::index(&pods);
    selector::index_selectors(&deployments);
    wiring.enqueue_changes(&deployments);
    wiring.enqueue_owners::<Deployment, _>(&replica_sets);
    let (queue, all) = (wiring.queue(), deployments.clone());
    replica_sets.on_change(move |change| {
        let orphan = change.new.filter(|set| set.controller().is_none());
        let selecting = orphan.into_iter().flat_map(|set| selector::selecting(&all, &**set));
        selecting.for_each(|deployment| queue.add(&deployment.key()));
    });
    let (queue, sets) = (wiring.queue(), replica_sets.clone());
    pods.on_change(move |change| {
        // Only the last pod's end matters, and only to the Recreate strategy.
        let ended = change.new.is_none_or(|pod| pod::is_terminal(pod));
        let pod = change.old.filter(|_| ended);
        let set = pod.and_then(|pod| owner::controller_key::<ReplicaSet>(&**pod)).and_then(|key| sets.get(&key));
        if let Some(key) = set.and_then(|set| owner::controller_key::<Deployment>(&*set)) {
            queue.add(&key);
        }
    });
    let client = wiring.client();
    let workers = context.config.concurrency.deployment;
    wiring.run(Controller { deployments, replica_sets, pods, client }, workers);
}

impl Selecting for Deployment {
    fn selector(&self) -> Option<LabelSelector> {
        selector::of(&self.spec.as_ref()?.selector).filter(|selector| !selector.is_everything())
    }
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(deployment) = self.deployments.get(key) else { return Ok(None) };
        let Some(spec) = &deployment.spec else { return Ok(None) };
        let Some(selector) = selector::of(&spec.selector) else { return Ok(None) };
        let mut sets = owner::controlled(&self.replica_sets, deployment.uid());
        sets.extend(selector::orphans(&self.replica_sets, deployment.namespace(), &selector));
        let claims = Claims::new(&*deployment, &selector, sets);
        if !claims.adopt.is_empty() {
            // The view may lag behind a deletion of the owner: ask the server before taking orphans.
            let fresh = self.client.get::<Deployment>(deployment.namespace(), deployment.name()).await?;
            if fresh.uid() != deployment.uid() || fresh.is_deleting() {
                return Ok(None);
            }
        }
        let name = replica_set::name_of(&deployment);
        let occupant = self.replica_sets.get(&key::key(deployment.namespace(), &name));
        let sets = claims.claimed.iter().filter(|_| !numbers::is_rolling(&deployment));
        let running = sets.map(|set| set.uid().to_owned()).filter(|uid| self.has_pods(uid)).collect();
        Ok(Some(View { deployment, claims, running, occupant }))
    }

    fn reconcile(&self, view: &View, now: Timestamp) -> Plan {
        let Some(spec) = &view.deployment.spec else { return Plan::default() };
        if spec.selector == Default::default() {
            return selecting_all(&view.deployment);
        }
        if !view.claims.settled() {
            let mut plan = Plan::default();
            plan.then(view.claims.actions(&*view.deployment), Order::Together);
            plan.look_again_in(Duration::ZERO);
            return plan;
        }
        rollout_of(view, now).plan()
    }

    fn conclude(&self, view: &View, outcomes: &[Outcome], now: Timestamp) -> Plan {
        if !view.claims.settled() {
            return Plan::default();
        }
        rollout_of(view, now).after_creation(outcomes, view.occupant.as_deref())
    }
}

impl Controller {
    fn has_pods(&self, replica_set: &str) -> bool {
        owner::controlled(&self.pods, replica_set).iter().any(|pod| !pod::is_terminal(pod))
    }
}

fn rollout_of(view: &View, now: Timestamp) -> Rollout<'_> {
    Rollout::new(&view.deployment, &view.claims.claimed, &view.running, now)
}

/// A selector that matches everything is a mistake; only the generation is acknowledged.
fn selecting_all(deployment: &Deployment) -> Plan {
    let text = "This deployment is selecting all pods. A non-empty selector is required.";
    let mut actions = vec![Action::note(Note::warning(reference_to(deployment), "SelectingAll", text))];
    let status = deployment.status.clone().unwrap_or_default();
    if status.observed_generation < deployment.metadata.generation {
        let status = DeploymentStatus { observed_generation: deployment.metadata.generation, ..status };
        actions.push(Action::update_status(&Deployment { status: Some(status), ..deployment.clone() }));
    }
    Plan::of(actions)
}

fn spec_of(deployment: &Deployment) -> &DeploymentSpec {
    deployment.spec.as_ref().expect("gather leaves deployments without a spec alone")
}
