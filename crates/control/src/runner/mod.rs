//! The one runner: it takes keys from a queue, asks a [`Reconciler`] for a plan, has the [`actuator`] carry it out and
//! waits until the informers show the writes (the *fence*) before the key is looked at again.
pub mod actuator;
pub mod informers;
pub mod leader;
pub mod metrics;
pub mod plan;
pub mod queue;

pub use informers::Informers;
pub use plan::{Action, Message, Note, Order, Outcome, Plan, Stage};
pub use queue::Queue;

use actuator::Actuator;
use jiff::Timestamp;
use metrics::Metrics;
use skeg_client::{Key, Tasks};
use skeg_model::{status::Status, time::Clock};
use std::{future::Future, sync::Arc};

/// One controller: what it sees of a key, and what it wants done about it.
pub trait Reconciler: Send + Sync + 'static {
    type View: Send + Sync;

    /// Reads what the decision needs; None when there is nothing to decide.
    fn gather(&self, key: &Key) -> impl Future<Output = Result<Option<Self::View>, Status>> + Send;

    /// Pure: the same view and time give the same plan.
    fn reconcile(&self, view: &Self::View, now: Timestamp) -> Plan;

    /// Pure: what remains to be written once it is known how the plan went (statuses that tell of failures).
    fn conclude(&self, _view: &Self::View, _outcomes: &[Outcome], _now: Timestamp) -> Plan {
        Plan::default()
    }
}

/// What a controller runs with.
#[derive(Clone, Debug)]
pub struct Runtime {
    pub name: &'static str,
    pub clock: Arc<dyn Clock>,
    pub actuator: Actuator,
    pub tasks: Tasks,
    pub metrics: Arc<Metrics>,
}

/// Starts `workers` workers once `ready` has ended.
pub fn start<R: Reconciler>(
    runtime: Runtime,
    reconciler: Arc<R>,
    queue: Arc<Queue>,
    ready: impl Future<Output = ()> + Send + 'static,
    workers: usize,
) {
    let tasks = runtime.tasks.clone();
    tasks.clone().spawn(async move {
        ready.await;
        tracing::debug!(controller = runtime.name, "started");
        for _ in 0..workers {
            tasks.spawn(work(runtime.clone(), reconciler.clone(), queue.clone()));
        }
    });
}

async fn work<R: Reconciler>(runtime: Runtime, reconciler: Arc<R>, queue: Arc<Queue>) {
    loop {
        let key = queue.take().await;
        let result = step(&runtime, &*reconciler, &key).await;
        runtime.metrics.reconciled(result.is_ok());
        match result {
            Ok(look_again) => queue.done(&key, look_again),
            Err(error) => {
                tracing::debug!(controller = runtime.name, %key, %error, "will try again");
                queue.failed(&key);
            }
        }
    }
}

/// One look at one key: gather, decide, act, conclude, fence.
///
/// # Errors
/// The first write or read that failed; the key is then looked at again after its back-off.
pub async fn step<R: Reconciler>(
    runtime: &Runtime,
    reconciler: &R,
    key: &Key,
) -> Result<Option<std::time::Duration>, Status> {
    let Some(view) = reconciler.gather(key).await? else { return Ok(None) };
    let mut fence = actuator::Pending::default();
    let plan = reconciler.reconcile(&view, runtime.clock.now());
    let mut look_again = plan.look_again;
    let outcomes = runtime.actuator.carry_out(&plan, &mut fence).await;
    let conclusion = reconciler.conclude(&view, &outcomes, runtime.clock.now());
    look_again = [look_again, conclusion.look_again].into_iter().flatten().min();
    let concluded = runtime.actuator.carry_out(&conclusion, &mut fence).await;
    runtime.actuator.wait(fence).await?;
    let problem = plan.problem.or(conclusion.problem);
    match outcomes.into_iter().chain(concluded).find_map(Outcome::into_error).or(problem) {
        Some(error) => Err(error),
        None => Ok(look_again),
    }
}
