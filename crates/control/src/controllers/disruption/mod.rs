//! PodDisruptionBudgets: how many of their pods may be taken away now, and pods that were to be evicted and were not.
mod decide;
mod scale;

use super::{
    Context,
    common::{
        pod,
        selector::{self, Selecting},
    },
};
use crate::runner::{Outcome, Plan, Queue, Reconciler};
use decide::Wanted;
use jiff::Timestamp;
use k8s_openapi::api::{core::v1::Pod, policy::v1::PodDisruptionBudget};
use scale::Scales;
use skeg_client::{Change, Informer, Key, Object};
use skeg_model::{meta::selector::LabelSelector, status::Status};
use std::sync::Arc;

const WORKERS: usize = 5;
/// What the queue puts before the key of a pod; no namespace begins so.
const POD: &str = "pod ";

struct Controller {
    budgets: Informer<PodDisruptionBudget>,
    pods: Informer<Pod>,
    scales: Scales,
}

enum View {
    Budget(decide::Budget),
    /// A pod that several budgets select, or that was told to go and stays.
    Pod {
        pod: Arc<Pod>,
        budgets: Vec<Arc<PodDisruptionBudget>>,
    },
}

impl Selecting for PodDisruptionBudget {
    fn selector(&self) -> Option<LabelSelector> {
        selector::of(self.spec.as_ref()?.selector.as_ref()?)
    }
}

/// The disruption controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("disruption-controller", "controllermanager");
    let budgets = wiring.informer::<PodDisruptionBudget>();
    let pods = wiring.informer::<Pod>();
    selector::index_labels(&pods);
    selector::index_selectors(&budgets);
    let scales = Scales::new(&mut wiring);
    wiring.enqueue_changes(&budgets);
    let (queue, all) = (wiring.queue(), budgets.clone());
    pods.on_change(move |change| observe(&queue, &all, change));
    wiring.run(Controller { budgets, pods, scales }, WORKERS);
}

fn observe(queue: &Queue, budgets: &Informer<PodDisruptionBudget>, change: &Change<'_, Pod>) {
    for pod in [change.old, change.new].into_iter().flatten() {
        let selecting = selector::selecting(budgets, &**pod);
        selecting.iter().for_each(|budget| queue.add(&budget.key()));
        if change.new.is_some() && (selecting.len() > 1 || decide::stale_since(pod).is_some()) {
            queue.add(&format!("{POD}{}", change.key).into());
        }
    }
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        if let Some(key) = key.strip_prefix(POD) {
            let Some(pod) = self.pods.get(key) else { return Ok(None) };
            let budgets = selector::selecting(&self.budgets, &*pod);
            return Ok(Some(View::Pod { pod, budgets }));
        }
        let Some(budget) = self.budgets.get(key) else { return Ok(None) };
        let selector = budget.selector();
        let pods = selector.map(|it| selector::selected(&self.pods, budget.namespace(), &it)).unwrap_or_default();
        let wanted = match decide::needs_scale(&budget) {
            false => Ok(Wanted::counted(&budget, &pods)),
            true => match self.scales.of(&pods).await {
                Ok(scale) => Ok(Wanted::scaled(&budget, &scale)),
                Err(why) => Err(why),
            },
        };
        Ok(Some(View::Budget(decide::Budget { budget, pods, wanted })))
    }

    fn reconcile(&self, view: &View, now: Timestamp) -> Plan {
        match view {
            View::Budget(budget) => budget.plan(now),
            View::Pod { pod, budgets } => decide::plan_pod(pod, budgets, now),
        }
    }

    fn conclude(&self, view: &View, _outcomes: &[Outcome], now: Timestamp) -> Plan {
        let mut plan = Plan::default();
        let next = match view {
            View::Budget(budget) => budget.recheck_at(now),
            View::Pod { pod, .. } => decide::stale_since(pod).map(|since| since + decide::STALE_AFTER),
        };
        if let Some(at) = next.filter(|at| *at > now) {
            plan.look_again_at(at, now);
        }
        plan
    }
}

/// Whether it counts as able to serve.
fn is_healthy(pod: &Pod) -> bool {
    !pod.is_deleting() && pod::is_ready(pod)
}
