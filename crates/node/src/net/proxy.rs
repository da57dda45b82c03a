//! The Service proxy: follows Services and EndpointSlices and keeps the node's packet filter in step with them.
use super::{
    cni::config::Cidr,
    conntrack::{Front, forget_stale},
    health::{ProxyHealth, ServiceHealth, serve_proxy},
    metrics::Changed,
    netlink::route::Routing,
    nft::{Change, Kernel, PacketFilter, Start},
    services::{
        NodeView, Ruleset, TABLE, fragment,
        model::{self, Health, PROXY_NAME_LABEL},
        skeleton,
    },
    sysctl::{self, SysctlError},
};
use jiff::Timestamp;
use k8s_openapi::api::{
    core::v1::{Node, Service},
    discovery::v1::EndpointSlice,
};
use parking_lot::Mutex;
use skeg_client::{Client, EventRecorder, Informer, Selection, Tasks, backoff::Backoff, informer::informer};
use skeg_model::time::Clock;
use std::{
    collections::{BTreeSet, HashMap},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";
const HEADLESS_LABEL: &str = "service.kubernetes.io/headless";
const ZONE_LABEL: &str = "topology.kubernetes.io/zone";
const TRIGGER_ANNOTATION: &str = "endpoints.kubernetes.io/last-change-trigger-time";
const BY_SERVICE: &str = "service";
const PROBE_TABLE: &str = "skeg-probe";
/// Services taken into one transaction; the rest follow in the next.
const SERVICES_PER_CHANGE_MAX: usize = 1_000;
/// Beginnings of changes noted at once; past it changes are not measured.
const BEGINNINGS_MAX: usize = 10_000;
/// First and longest pause after the kernel refused a change, before the table is made anew.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub struct ProxyConfig {
    pub client: Client,
    pub node_name: String,
    pub node_address: Option<Ipv4Addr>,
    pub cluster_cidr: Option<Cidr>,
    /// Networks whose addresses answer on node ports; none means all of the node's but loopback.
    pub node_port_addresses: Vec<Cidr>,
    /// Where load balancers ask for the proxy's health.
    pub healthz_address: SocketAddr,
    /// Where the node's administrators ask for its metrics.
    pub metrics_address: SocketAddr,
    pub clock: Arc<dyn Clock>,
    /// Spreads back-off between nodes.
    pub seed: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    #[error(transparent)]
    Sysctl(#[from] SysctlError),
    #[error("the kernel's packet filter (nf_tables, Linux 5.13 or newer, CAP_NET_ADMIN) is needed for Services: {0}")]
    PacketFilter(io::Error),
}

/// What may be out of date: Services' rules, and what is known of the node.
#[derive(Debug)]
struct Dirty {
    services: Mutex<BTreeSet<String>>,
    /// When what led to the waiting changes of endpoints began.
    began: Mutex<Vec<Timestamp>>,
    started: Timestamp,
    node: AtomicBool,
    wake: Notify,
    health: Arc<ProxyHealth>,
}

impl Dirty {
    fn mark(&self, service: String, what: Changed) {
        self.health.queued(what);
        self.services.lock().insert(service);
        self.wake.notify_one();
    }

    /// Notes when the change of a slice began, if it says so.
    fn note_beginning(&self, old: Option<&EndpointSlice>, new: Option<&EndpointSlice>) {
        let text =
            |slice: Option<&EndpointSlice>| slice?.metadata.annotations.as_ref()?.get(TRIGGER_ANNOTATION).cloned();
        let new = text(new);
        if new == text(old) {
            return;
        }
        let mut began = self.began.lock();
        let at = new.and_then(|text| text.parse::<Timestamp>().ok());
        // What was there before this process says nothing of it.
        if let Some(at) = at.filter(|at| *at > self.started && began.len() < BEGINNINGS_MAX) {
            began.push(at);
        }
    }

    fn mark_node(&self) {
        self.node.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// Whether the node changed since this was last asked.
    fn take_node(&self) -> bool {
        self.node.swap(false, Ordering::AcqRel)
    }

    fn is_empty(&self) -> bool {
        self.services.lock().is_empty()
    }

    /// Services to look at, and when their changes began; all that there are where the table is made anew.
    fn take(&self, whole: bool) -> (Vec<String>, Vec<Timestamp>) {
        let mut services = self.services.lock();
        let most = if whole { usize::MAX } else { SERVICES_PER_CHANGE_MAX };
        let taken: Vec<String> = std::iter::from_fn(|| services.pop_first()).take(most).collect();
        if !services.is_empty() {
            self.wake.notify_one();
            return (taken, Vec::new());
        }
        self.health.metrics.taken();
        (taken, std::mem::take(&mut *self.began.lock()))
    }
}

/// `namespace/name` of the Service that a slice belongs to, unless its endpoints are not to be proxied, or by somebody else.
fn owner(slice: &EndpointSlice) -> Option<String> {
    let labels = slice.metadata.labels.as_ref()?;
    if labels.contains_key(PROXY_NAME_LABEL) || labels.contains_key(HEADLESS_LABEL) {
        return None;
    }
    let name = labels.get(SERVICE_NAME_LABEL)?;
    Some(format!("{}/{name}", slice.metadata.namespace.as_deref().unwrap_or_default()))
}

/// Runs until the token is cancelled. The rules stay then, so that traffic flows on while Skeg restarts.
pub async fn run_proxy(config: ProxyConfig, token: CancellationToken) -> Result<(), ProxyError> {
    let opened = tokio::task::spawn_blocking(|| {
        sysctl::prepare_node()?;
        let mut kernel = Kernel::open(TABLE).map_err(ProxyError::PacketFilter)?;
        // A transaction that leaves nothing shows whether the kernel takes any.
        Kernel::open(PROBE_TABLE).and_then(|mut probe| probe.remove()).map_err(ProxyError::PacketFilter)?;
        warn_of_foreign_drops(&mut kernel);
        Ok::<_, ProxyError>(kernel)
    });
    let kernel = opened.await.expect("opening the packet filter does not panic")?;
    let tasks = Tasks::new(token.child_token());
    let (healthz, metrics) = (config.healthz_address, config.metrics_address);
    let proxy = follow(config, &tasks);
    serve_proxy(proxy.dirty.health.clone(), healthz, metrics, &tasks).await;
    let run = proxy.run(Box::new(kernel));
    let result = token.run_until_cancelled(run).await;
    tasks.shutdown().await;
    result.unwrap_or(Ok(()))
}

/// A proxy whose informers are on their way.
fn follow(config: ProxyConfig, tasks: &Tasks) -> Proxy {
    let client = &config.client;
    let own_node = Selection { field_selector: format!("metadata.name={}", config.node_name), ..Selection::default() };
    let services = informer::<Service>(client.clone(), Selection::default(), tasks, config.seed);
    let slices = informer::<EndpointSlice>(client.clone(), Selection::default(), tasks, config.seed ^ 1);
    let nodes = informer::<Node>(client.clone(), own_node, tasks, config.seed ^ 2);
    slices.index(BY_SERVICE, |slice| owner(slice).into_iter().collect());
    let health = Arc::new(ProxyHealth::new(config.clock.clone()));
    let dirty = Arc::new(Dirty {
        services: Mutex::default(),
        began: Mutex::default(),
        started: config.clock.now(),
        node: AtomicBool::new(false),
        wake: Notify::new(),
        health: health.clone(),
    });
    let marks = dirty.clone();
    services.on_change(move |change| marks.mark(change.key.to_string(), Changed::Service));
    let marks = dirty.clone();
    slices.on_change(move |change| {
        marks.note_beginning(change.old.map(AsRef::as_ref), change.new.map(AsRef::as_ref));
        let both = change.old.into_iter().chain(change.new);
        both.filter_map(|slice| owner(slice)).for_each(|service| marks.mark(service, Changed::Endpoints));
    });
    let marks = dirty.clone();
    nodes.on_change(move |_| marks.mark_node());
    let recorder = EventRecorder::new(config.client, "kube-proxy", &config.node_name, config.clock, tasks);
    let health = ServiceHealth::new(health, recorder, &config.node_name, tasks);
    let node = NodeView {
        name: config.node_name,
        address: config.node_address,
        zone: None,
        cluster_cidr: config.cluster_cidr,
        node_port_addresses: config.node_port_addresses,
    };
    let (ruleset, udp) = (Ruleset::default(), HashMap::new());
    let backoff = Backoff::new(RETRY_FIRST, RETRY_MAX, config.seed ^ 3);
    Proxy {
        node,
        services,
        slices,
        nodes,
        dirty,
        health,
        ruleset,
        udp,
        moved: Vec::new(),
        backoff,
        began: Vec::new(),
        whole: true,
    }
}

fn warn_of_foreign_drops(kernel: &mut Kernel) {
    for (table, chain) in kernel.dropping_forward_chains().unwrap_or_default() {
        tracing::warn!(
            table,
            chain,
            "this chain drops forwarded packets, among them the pods': let it accept the pods' network"
        );
    }
}

struct Proxy {
    node: NodeView,
    services: Informer<Service>,
    slices: Informer<EndpointSlice>,
    /// This node alone.
    nodes: Informer<Node>,
    dirty: Arc<Dirty>,
    health: ServiceHealth,
    ruleset: Ruleset,
    /// Fronts of the Services that have UDP ports.
    udp: HashMap<String, Vec<Front>>,
    /// Fronts whose stale connections are to be forgotten once the rules are in force, newest first.
    moved: Vec<Front>,
    backoff: Backoff,
    /// When the changes began that are not in force yet.
    began: Vec<Timestamp>,
    /// The kernel's table is not known to be the ruleset's.
    whole: bool,
}

impl Proxy {
    async fn run(mut self, mut filter: Box<dyn PacketFilter>) -> Result<(), ProxyError> {
        // Rules made before all is known would cut connections that an earlier run's rules still serve.
        let synced = (self.services.synced().await, self.slices.synced().await, self.nodes.synced().await);
        let (Ok(()), Ok(()), Ok(())) = synced else { return Ok(()) };
        self.dirty.mark_node();
        loop {
            let dirty = self.dirty.clone();
            let woken = dirty.wake.notified();
            if dirty.take_node() {
                self.look_at_node();
            }
            let (services, began) = dirty.take(self.whole);
            if services.is_empty() && !self.whole {
                woken.await;
                continue;
            }
            self.began.extend(began);
            let (change, checks) = self.update(services);
            filter = self.apply(filter, change).await;
            self.health.sync(checks).await;
            if self.whole {
                tokio::time::sleep(self.backoff.next_delay()).await;
                continue;
            }
            self.backoff.reset();
            if self.dirty.is_empty() {
                self.dirty.health.updated();
            }
        }
    }

    /// Puts a change in force, or the whole where that is needed.
    async fn apply(&mut self, filter: Box<dyn PacketFilter>, change: Change) -> Box<dyn PacketFilter> {
        let (start, change) = if self.whole { (Start::Replace, self.everything()) } else { (Start::Present, change) };
        let (health, moved) = (self.dirty.health.clone(), std::mem::take(&mut self.moved));
        // The kernel's answer takes milliseconds, thousands of Services' a second: not on the runtime's own threads.
        let work = tokio::task::spawn_blocking(move || apply(filter, start, &change, moved, &health));
        let (filter, result) = work.await.expect("applying a change does not panic");
        self.whole = result.is_err();
        match result {
            Ok(()) => {
                let health = &self.dirty.health;
                self.began.drain(..).for_each(|at| health.metrics.programmed(at, health.now()));
            }
            Err((error, moved)) => {
                tracing::error!(%error, "the packet filter refused a change; making the table anew");
                self.moved = moved;
            }
        }
        filter
    }

    /// Hints compare with the node's zone: another zone is another choice of endpoints for every Service.
    fn look_at_node(&mut self) {
        let node = self.nodes.get(&self.node.name);
        self.dirty.health.saw_node(node.as_deref());
        let zone = node.and_then(|node| node.metadata.labels.as_ref()?.get(ZONE_LABEL).cloned());
        if zone != self.node.zone {
            self.node.zone = zone;
            self.services.keys().iter().for_each(|key| self.dirty.mark(key.to_string(), Changed::Service));
        }
    }

    /// The change for the packet filter, and the health checks of these Services; notes the UDP fronts that moved.
    fn update(&mut self, services: Vec<String>) -> (Change, Vec<(String, Option<Health>)>) {
        let (mut fronts, mut checks) = (Vec::new(), Vec::new());
        let updates = services.into_iter().map(|key| {
            let service = self.service(&key);
            self.dirty.health.metrics.saw(&key, service.as_ref());
            fronts.extend(self.changed_fronts(&key, service.as_ref()));
            checks.push((key.clone(), service.as_ref().and_then(|service| service.health.clone())));
            (key, service.map(|service| fragment(&service, &self.node)))
        });
        let updates = updates.collect();
        fronts.append(&mut self.moved);
        self.moved = fronts;
        (self.ruleset.replace(updates), checks)
    }

    fn service(&self, key: &str) -> Option<model::Service> {
        let object = self.services.get(key)?;
        let slices = self.slices.by_index(BY_SERVICE, key);
        let slices: Vec<&EndpointSlice> = slices.iter().map(AsRef::as_ref).collect();
        model::service(&object, &slices, &self.node)
    }

    /// The UDP fronts of a Service whose connections may now lead to the wrong place. Where nothing serves, and where a front
    /// is gone, connections are left as they are, as those over TCP are.
    fn changed_fronts(&mut self, key: &str, service: Option<&model::Service>) -> Vec<Front> {
        let new = service.map(udp_fronts).unwrap_or_default();
        let old = if new.is_empty() { self.udp.remove(key) } else { self.udp.insert(key.to_owned(), new.clone()) };
        let old = old.unwrap_or_default();
        new.into_iter().filter(|front| !front.endpoints.is_empty() && !old.contains(front)).collect()
    }

    fn everything(&self) -> Change {
        let (mut all, own) = (skeleton(&self.node), self.ruleset.whole());
        all.add_sets.extend(own.add_sets);
        all.add_chains.extend(own.add_chains);
        all.rules.extend(own.rules);
        all.add_elements.extend(own.add_elements);
        all
    }
}

fn udp_fronts(service: &model::Service) -> Vec<Front> {
    const UDP: u8 = 17;
    let mut fronts = Vec::new();
    for port in service.ports.iter().filter(|port| port.protocol == UDP) {
        let front = |address, number| Front { address, port: number, endpoints: port.serving.clone() };
        let addresses = service.outer_ips().chain([service.cluster_ip]);
        fronts.extend(addresses.map(|address| front(Some(address), port.port)));
        fronts.extend(port.node_port.map(|port| front(None, port)));
    }
    fronts
}

type Applied = (Box<dyn PacketFilter>, Result<(), (io::Error, Vec<Front>)>);

/// Changes the packet filter, then forgets connections of the fronts; those are given back where the change is refused.
fn apply(
    mut filter: Box<dyn PacketFilter>,
    start: Start,
    change: &Change,
    moved: Vec<Front>,
    health: &ProxyHealth,
) -> Applied {
    if !change.is_empty() {
        let begin = Instant::now();
        let result = filter.apply(start, change);
        health.metrics.synced(start == Start::Replace, begin.elapsed(), result.is_ok(), health.now());
        if let Err(error) = result {
            return (filter, Err((error, moved)));
        }
    }
    if !moved.is_empty() {
        let begin = Instant::now();
        let count = forget(&moved);
        health.metrics.forgot(begin.elapsed(), count);
    }
    (filter, Ok(()))
}

/// How many connections were forgotten.
fn forget(fronts: &[Front]) -> usize {
    let own = Routing::open().and_then(|mut routing| routing.addresses());
    let own = own.map(|addresses| addresses.into_iter().map(|(_, address)| address).collect());
    own.and_then(|own| forget_stale(fronts, &own)).unwrap_or_else(|error| {
        tracing::warn!(%error, "UDP clients may stay connected to endpoints that are gone");
        0
    })
}

/// Removes the tables of Services and of the pods' network.
pub fn remove_tables() -> io::Result<()> {
    Kernel::open(TABLE)?.remove()?;
    Kernel::open(super::cni::hostports::TABLE)?.remove()
}

#[cfg(test)]
mod tests;
