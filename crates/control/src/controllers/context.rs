//! What every controller is started with, and how it is wired to informers, queue and runner.
use super::common;
use crate::runner::{self, Informers, Queue, Reconciler, Runtime, actuator::Actuator, metrics::Metrics};
use skeg_client::{Client, EventRecorder, Fence, Informer, Object, Tasks};
use skeg_model::time::Clock;
use std::{collections::BTreeMap, future::Future, sync::Arc};

use super::ControllerManagerConfig;

/// Shared by all controllers of the process.
#[derive(Debug)]
pub struct Context {
    pub config: ControllerManagerConfig,
    pub informers: Arc<Informers>,
    pub tasks: Tasks,
    pub metrics: parking_lot::Mutex<BTreeMap<&'static str, Arc<Metrics>>>,
}

impl Context {
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.config.clock
    }

    /// Starts the wiring of a controller that acts as the service account `account` of `kube-system` and reports events
    /// as `component`.
    pub fn controller(&self, account: &'static str, component: &'static str) -> Wiring<'_> {
        self.wiring((self.config.client_for)(account), account, component)
    }

    /// The same for a controller that acts as the controller manager itself.
    pub fn root_controller(&self, name: &'static str) -> Wiring<'_> {
        self.wiring(self.config.client.clone(), name, name)
    }

    fn wiring(&self, client: Client, account: &'static str, component: &'static str) -> Wiring<'_> {
        let client = client.with_field_manager("kube-controller-manager");
        Wiring { context: self, account, component, client, queue: Arc::default(), sources: Vec::new() }
    }
}

/// One controller being wired.
pub struct Wiring<'a> {
    context: &'a Context,
    account: &'static str,
    component: &'static str,
    client: Client,
    queue: Arc<Queue>,
    sources: Vec<Arc<dyn Fence>>,
}

impl Wiring<'_> {
    /// The shared view of a kind; the controller starts once it holds its first list.
    pub fn informer<K: Object>(&mut self) -> Informer<K> {
        let informer = self.context.informers.get::<K>();
        self.sources.push(Arc::new(informer.clone()));
        informer
    }

    /// A client under the controller's identity, for what must be read fresh.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    pub fn queue(&self) -> Arc<Queue> {
        self.queue.clone()
    }

    /// Looks at an object whenever it changes.
    pub fn enqueue_changes<K: Object>(&self, informer: &Informer<K>) {
        let queue = self.queue.clone();
        informer.on_change(move |change| queue.add(change.key));
    }

    /// Looks at what an object's controller reference names (if it is a `K`) whenever the object changes.
    pub fn enqueue_owners<K: Object, D: Object>(&self, dependents: &Informer<D>) {
        let queue = self.queue.clone();
        dependents.on_change(move |change| {
            for dependent in [change.old, change.new].into_iter().flatten() {
                if let Some(key) = common::owner::controller_key::<K>(&**dependent) {
                    queue.add(&key);
                }
            }
        });
    }

    /// The same for a controller that works on one object at a time.
    pub fn run_alone<R: Reconciler>(self, reconciler: R) {
        self.run(reconciler, 1);
    }

    /// Starts the runner once the views hold their first lists.
    pub fn run<R: Reconciler>(mut self, reconciler: R, workers: usize) {
        let sources = std::mem::take(&mut self.sources);
        let ready = async move {
            for source in &sources {
                if source.ready().await.is_err() {
                    // The process is stopping.
                    std::future::pending::<()>().await;
                }
            }
        };
        self.run_when(ready, reconciler, workers);
    }

    /// Starts the runner once `ready` has ended.
    pub fn run_when<R: Reconciler>(
        self,
        ready: impl Future<Output = ()> + Send + 'static,
        reconciler: R,
        workers: usize,
    ) {
        let Context { config, informers, tasks, metrics } = self.context;
        let counters: Arc<Metrics> = metrics.lock().entry(self.account).or_default().clone();
        let recorder = EventRecorder::new(self.client.clone(), self.component, "", config.clock.clone(), tasks);
        let actuator =
            Actuator { client: self.client, recorder, informers: informers.clone(), metrics: counters.clone() };
        let runtime = Runtime {
            name: self.account,
            clock: config.clock.clone(),
            actuator,
            tasks: tasks.clone(),
            metrics: counters,
        };
        runner::start(runtime, Arc::new(reconciler), self.queue, ready, workers);
    }
}
