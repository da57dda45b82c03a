//! The kubelet: the shell around the pod's state machine. One task per pod, woken by changes of the API's pod, by the
//! runtime's events and by its probes.
mod admission;
mod allocation;
mod blocking;
pub mod cgroups;
mod config;
pub mod configuration;
pub mod eviction;
mod hooks;
mod images;
mod inotify;
mod limits;
pub mod logs;
pub mod make;
mod measured;
pub(crate) mod metrics;
mod mounts;
mod node;
mod objects;
pub mod observe;
mod probes;
mod registry;
mod relist;
mod server;
mod shared;
mod statics;
mod users;
mod volumes;
mod worker;

pub use config::{KubeletConfig, KubeletError, ServingTls, VERSION};

use crate::{
    cri::{ContainerRuntime, CriClient, api},
    pod::{qos::Qos, spec::spec},
};
use cgroups::{Limits, qos_path};
use k8s_openapi::api::{
    core::v1::{Node, ObjectReference, Pod, Service},
    node::v1::RuntimeClass,
};
use make::sandbox::POD_UID;
use registry::Registry;
use shared::Shared;
use skeg_client::{EventRecorder, EventType, Informer, Selection, Tasks, informer::informer};
use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Until a runtime that was just started answers.
const RUNTIME_WITHIN: Duration = Duration::from_secs(60);
const RUNTIME_RETRY: Duration = Duration::from_millis(50);
/// Between looks for sandboxes whose pod is unknown.
const ORPHANS_EVERY: Duration = Duration::from_secs(60);

/// Runs a kubelet on the real runtime until `token` is cancelled. Its pods run on.
///
/// # Errors
/// It cannot start.
pub async fn run(config: KubeletConfig, token: CancellationToken) -> Result<(), KubeletError> {
    let settings = &config.settings;
    let runtime = Arc::new(CriClient::new(&settings.runtime_endpoint).with_timeout(settings.runtime_request_timeout));
    run_with(config, runtime, token).await
}

/// As [`run`], on any runtime.
///
/// # Errors
/// It cannot start.
pub async fn run_with(
    config: KubeletConfig,
    runtime: Arc<dyn ContainerRuntime>,
    token: CancellationToken,
) -> Result<(), KubeletError> {
    if config.settings.fail_swap_on && node::facts::has_swap() {
        return Err(KubeletError::Swap);
    }
    if config.settings.fail_cgroup_v1 && cgroups::detect(&config.cgroup_mount).version() == 1 {
        return Err(KubeletError::CgroupV1);
    }
    let started = Instant::now();
    limits::apply(&config.settings);
    let Some(version) = token.run_until_cancelled(answering(&config, &*runtime)).await else { return Ok(()) };
    let version = version?;
    for path in [&config.root_dir, &config.settings.pod_logs_dir, &config.root_dir.join("pods")] {
        make_dir(path)?;
    }
    let tasks = Tasks::new(token.clone());
    let shared = share(config, runtime, version, &tasks);
    node_cgroups(&shared).map_err(KubeletError::Cgroups)?;
    enforce_reservations(&shared)?;
    node::refresh(&shared).await;
    if let Some(tls) = shared.config.tls.clone() {
        server::start(&shared, &tls).await?;
    }
    tasks.spawn(start(shared, started));
    token.cancelled().await;
    tasks.shutdown().await;
    Ok(())
}

async fn answering(
    config: &KubeletConfig,
    runtime: &dyn ContainerRuntime,
) -> Result<api::VersionResponse, KubeletError> {
    let deadline = tokio::time::Instant::now() + RUNTIME_WITHIN;
    loop {
        match runtime.version().await {
            Ok(version) => return Ok(version),
            Err(source) if tokio::time::Instant::now() > deadline => {
                return Err(KubeletError::Runtime { endpoint: config.settings.runtime_endpoint.clone(), source });
            }
            Err(_) => tokio::time::sleep(RUNTIME_RETRY).await,
        }
    }
}

fn make_dir(path: &Path) -> Result<(), KubeletError> {
    fs::create_dir_all(path).map_err(|source| KubeletError::Directory { path: path.to_owned(), source })
}

fn share(
    mut config: KubeletConfig,
    runtime: Arc<dyn ContainerRuntime>,
    version: api::VersionResponse,
    tasks: &Tasks,
) -> Arc<Shared> {
    let heartbeat = config.client.clone();
    let pace = config.settings.api;
    config.client = heartbeat.paced(pace.per_second, pace.burst);
    let client = config.client.clone();
    let metrics = Arc::new(metrics::Metrics::default());
    let runtime = Arc::new(measured::Measured { runtime, metrics: metrics.clone() });
    let blocking = Arc::new(blocking::Blocking::default());
    let own = Selection { field_selector: format!("spec.nodeName={}", config.node_name), ..Selection::default() };
    let pods: Informer<Pod> = informer(client.clone(), own, tasks, config.seed);
    let only = Selection { field_selector: format!("metadata.name={}", config.node_name), ..Selection::default() };
    let nodes: Informer<Node> = informer(client.clone(), only, tasks, config.seed ^ 2);
    let services: Informer<Service> = informer(client.clone(), Selection::default(), tasks, config.seed ^ 1);
    let pace = config.settings.events;
    let events = heartbeat.paced(pace.per_second, pace.burst);
    let recorder = EventRecorder::new(events, "kubelet", &config.node_name, config.clock.clone(), tasks);
    Arc::new(Shared {
        users: users::Users::new(&config.root_dir.join("pods"), config.settings.user_ids_per_pod),
        volumes: volumes::Volumes::new(config.clone(), metrics.clone(), blocking.clone()),
        blocking,
        cgroups: cgroups::detect(&config.cgroup_mount),
        runtime,
        runtime_name: version.runtime_name,
        runtime_version: version.runtime_version,
        recorder,
        heartbeat,
        tasks: tasks.clone(),
        pulls: images::Pulls::new(config.settings.image_pulls),
        services,
        pods,
        nodes,
        registry: Registry::default(),
        objects: objects::Objects::default(),
        statics: statics::Statics::default(),
        eviction: eviction::State::default(),
        ready_once: CancellationToken::new(),
        first_started: AtomicBool::new(false),
        metrics,
        rates: server::Rates::default(),
        node: arc_swap::ArcSwap::from_pointee(make::fields::NodeView::default()),
        memory_bytes: node::facts::memory_bytes(),
        network_ready: AtomicBool::new(false),
        runtime_ready: AtomicBool::new(false),
        groups_policy: AtomicBool::new(false),
        recursive_read_only: AtomicBool::new(false),
        config,
    })
}

/// `kubepods` and the cgroups of the qualities of service below it.
fn node_cgroups(shared: &Shared) -> std::io::Result<()> {
    let settings = &shared.config.settings;
    let root = &settings.cgroup_root;
    let mut all = Limits { cpu_request_milli: node::facts::processors() * 1000, ..Limits::default() };
    if settings.enforce_allocatable {
        all.cpu_request_milli = (all.cpu_request_milli - settings.reserved.cpu_milli).max(0);
        all.memory_bytes = Some((shared.memory_bytes - settings.reserved.memory_bytes).max(0));
    }
    shared.cgroups.ensure(&qos_path(root, Qos::Guaranteed), &all)?;
    for qos in [Qos::Burstable, Qos::BestEffort] {
        shared.cgroups.ensure(&qos_path(root, qos), &Limits::default())?;
    }
    Ok(())
}

/// Holds the system's and Kubernetes' own components to what is reserved for them, where that is asked for.
fn enforce_reservations(shared: &Shared) -> Result<(), KubeletError> {
    let node = ObjectReference {
        kind: Some("Node".into()),
        name: Some(shared.config.node_name.clone()),
        uid: Some(shared.config.node_name.clone()),
        ..ObjectReference::default()
    };
    for it in &shared.config.settings.enforced {
        let memory = Some(it.amounts.memory_bytes).filter(|bytes| *bytes > 0 && !it.compressible);
        let bounded = if shared.cgroups.exists(&it.cgroup) {
            shared.cgroups.bound(&it.cgroup, it.amounts.cpu_milli, memory).map_err(|error| error.to_string())
        } else {
            Err(format!("cgroup {:?} does not exist", it.cgroup))
        };
        let (kind, reason, text) = match &bounded {
            Ok(()) => (
                EventType::Normal,
                "NodeAllocatableEnforced",
                format!("Updated limits on {} reserved cgroup {}", it.whose, it.cgroup),
            ),
            Err(why) => (EventType::Warning, "FailedNodeAllocatableEnforcement", it.failure(why)),
        };
        shared.recorder.event(&node, kind, reason, text);
        bounded.map_err(|why| KubeletError::Reserved(it.failure(&why)))?;
    }
    Ok(())
}

/// Notes when the node became ready for the first time.
async fn startup_over(shared: Arc<Shared>, registered: Instant) {
    shared.ready_once.cancelled().await;
    shared.metrics.set(&metrics::STARTUP_POST, &[], registered.elapsed().as_secs_f64());
    shared.metrics.set(&metrics::STARTUP, &[], node::facts::seconds_since_boot());
}

async fn start(shared: Arc<Shared>, started: Instant) {
    let begun = Instant::now();
    let set = |family, seconds: f64| shared.metrics.set(family, &[], seconds);
    let machine = node::facts::seconds_since_boot() - begun.duration_since(started).as_secs_f64();
    set(&metrics::STARTUP_PRE_KUBELET, machine.max(0.0));
    set(&metrics::STARTUP_PRE_REGISTRATION, begun.duration_since(started).as_secs_f64());
    if shared.config.settings.register_node {
        node::register(&shared).await;
    }
    set(&metrics::STARTUP_REGISTRATION, begun.elapsed().as_secs_f64());
    shared.tasks.spawn(startup_over(shared.clone(), Instant::now()));
    shared.tasks.spawn(node::renew(shared.clone()));
    shared.tasks.spawn(node::keep_status(shared.clone()));
    let mut changes = shared.pods.subscribe();
    if shared.pods.synced().await.is_err() || shared.services.synced().await.is_err() {
        return;
    }
    shared.config.may_start_pods.cancelled().await;
    statics::read(&shared).await;
    shared.tasks.spawn(statics::keep(shared.clone()));
    shared.tasks.spawn(statics::keep_mirrors(shared.clone()));
    shared.tasks.spawn(relist::run(shared.clone()));
    shared.tasks.spawn(logs::keep_rotating(shared.clone()));
    shared.tasks.spawn(remove_orphans(shared.clone()));
    shared.tasks.spawn(eviction::run(shared.clone()));
    shared.tasks.spawn(eviction::collect_images(shared.clone()));
    let own = shared.statics.take_changed();
    for key in shared.pods.keys().into_iter().chain(own) {
        registry::changed(&shared, &key).await;
    }
    loop {
        tokio::select! {
            key = changes.next() => registry::changed(&shared, &key).await,
            () = shared.registry.freed.notified() => {
                allocation::retry(&shared);
                shared.statics.again();
                shared.statics.mirrors.notify_one();
            }
            () = shared.statics.told.notified() => {
                for key in shared.statics.take_changed() {
                    registry::changed(&shared, &key).await;
                }
            }
        }
    }
}

/// Whether the runtime has anything of this pod.
pub(crate) async fn runtime_knows(shared: &Shared, uid: &str) -> bool {
    let label_selector = HashMap::from([(POD_UID.to_owned(), uid.to_owned())]);
    let filter = api::PodSandboxFilter { label_selector, ..Default::default() };
    shared.runtime.list_sandboxes(Some(filter)).await.is_ok_and(|found| !found.is_empty())
}

/// Ends what belongs to pods that neither the API nor a worker knows.
async fn remove_orphans(shared: Arc<Shared>) {
    loop {
        let (mut cleaned, mut kept) = (0_u32, 0_u32);
        for uid in relist::pods_in_runtime(&shared).await {
            let known = shared.registry.knows(&uid)
                || shared.statics.all().iter().any(|(_, pod)| pod.metadata.uid.as_deref() == Some(&uid))
                || shared.pods.list().iter().any(|pod| pod.metadata.uid.as_deref() == Some(&uid));
            if known {
                continue;
            }
            match remove_orphan(&shared, &uid).await {
                Ok(()) => cleaned += 1,
                Err(error) => {
                    kept += 1;
                    tracing::warn!(uid, %error, "what is left of an unknown pod cannot be removed yet");
                }
            }
        }
        shared.metrics.set(&metrics::ORPHAN_VOLUMES, &[], f64::from(cleaned));
        shared.metrics.set(&metrics::ORPHAN_VOLUME_ERRORS, &[], f64::from(kept));
        tokio::time::sleep(ORPHANS_EVERY).await;
    }
}

async fn remove_orphan(shared: &Shared, uid: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tracing::info!(uid, "removing what is left of a pod that is gone");
    let label_selector = HashMap::from([(POD_UID.to_owned(), uid.to_owned())]);
    let filter = api::PodSandboxFilter { label_selector, ..Default::default() };
    shared.metrics.count(&metrics::ORPHANED_PODS, &[]);
    for sandbox in shared.runtime.list_sandboxes(Some(filter)).await? {
        shared.runtime.stop_sandbox(&sandbox.id).await?;
        shared.runtime.remove_sandbox(&sandbox.id).await?;
        if let Some(metadata) = sandbox.metadata {
            let logs = shared.config.pod_logs(&metadata.namespace, &metadata.name, uid);
            let _ = shared.blocking.run(|| fs::remove_dir_all(logs)).await;
        }
    }
    let remove_rest = || {
        shared.volumes.teardown(uid)?;
        shared.users.release(uid);
        for qos in [Qos::Guaranteed, Qos::Burstable, Qos::BestEffort] {
            let path = cgroups::pod_path(&shared.config.settings.cgroup_root, qos, uid);
            cgroups::destroy(&*shared.cgroups, &path)?;
        }
        Ok(())
    };
    shared.blocking.run(remove_rest).await
}

impl Shared {
    /// The runtime's handler for the pod's runtime class; "" for none.
    pub(crate) async fn runtime_handler(&self, pod: &Pod) -> Result<String, String> {
        let Some(name) = spec(pod).runtime_class_name.as_deref().filter(|it| !it.is_empty()) else {
            return Ok(String::new());
        };
        let found = self.config.client.get::<RuntimeClass>(None, name).await;
        found.map(|class| class.handler.clone()).map_err(|error| error.to_string())
    }
}
