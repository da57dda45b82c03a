//! The Service proxy: follows Services and EndpointSlices and keeps the node's packet filter in step with them.
use super::{
    cni::config::Cidr,
    conntrack::{Front, forget_stale},
    health::{ProxyHealth, ServiceHealth, serve_proxy_health},
    netlink::route::Routing,
    nft::{Change, Kernel, PacketFilter, Start},
    services::{
        NodeView, Ruleset, TABLE, fragment,
        model::{self, Health},
        skeleton,
    },
    sysctl::{self, SysctlError},
};
use k8s_openapi::api::{
    core::v1::{Node, Service},
    discovery::v1::EndpointSlice,
};
use parking_lot::Mutex;
use skeg_client::{Client, EventRecorder, Informer, Selection, Tasks, informer::informer};
use skeg_model::time::Clock;
use std::{
    collections::{BTreeSet, HashMap},
    io,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";
const ZONE_LABEL: &str = "topology.kubernetes.io/zone";
const BY_SERVICE: &str = "service";
const PROBE_TABLE: &str = "skeg-probe";
/// Services taken into one transaction; the rest follow in the next.
const SERVICES_PER_CHANGE_MAX: usize = 1_000;
/// Pause after the kernel refused a change, before the table is made anew.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct ProxyConfig {
    pub client: Client,
    pub node_name: String,
    pub node_address: Option<Ipv4Addr>,
    pub cluster_cidr: Option<Cidr>,
    /// Networks whose addresses answer on node ports; none means all of the node's but loopback.
    pub node_port_addresses: Vec<Cidr>,
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
    node: AtomicBool,
    wake: Notify,
    health: Arc<ProxyHealth>,
}

impl Dirty {
    fn mark(&self, service: String) {
        self.health.queued();
        self.services.lock().insert(service);
        self.wake.notify_one();
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

    fn take(&self) -> Vec<String> {
        let mut services = self.services.lock();
        let mut taken = Vec::new();
        while let Some(service) = services.pop_first() {
            taken.push(service);
            if taken.len() == SERVICES_PER_CHANGE_MAX {
                self.wake.notify_one();
                break;
            }
        }
        taken
    }
}

/// `namespace/name` of the Service that a slice belongs to.
fn owner(slice: &EndpointSlice) -> Option<String> {
    let name = slice.metadata.labels.as_ref()?.get(SERVICE_NAME_LABEL)?;
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
    let proxy = follow(config, &tasks);
    serve_proxy_health(proxy.dirty.health.clone(), &tasks).await;
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
        node: AtomicBool::new(false),
        wake: Notify::new(),
        health: health.clone(),
    });
    let marks = dirty.clone();
    services.on_change(move |change| marks.mark(change.key.to_string()));
    let marks = dirty.clone();
    slices.on_change(move |change| {
        let both = change.old.into_iter().chain(change.new);
        both.filter_map(|slice| owner(slice)).for_each(|service| marks.mark(service));
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
    Proxy { node, services, slices, nodes, dirty, health, ruleset, udp, whole: true }
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
            let services = dirty.take();
            if services.is_empty() && !self.whole {
                woken.await;
                continue;
            }
            let (change, fronts, checks) = self.update(services);
            let (start, change) =
                if self.whole { (Start::Replace, self.everything()) } else { (Start::Present, change) };
            if !change.is_empty() {
                let (back, result) = apply(filter, start, change, fronts).await;
                filter = back;
                self.whole = result.is_err();
                if let Err(error) = result {
                    tracing::error!(%error, "the packet filter refused a change; making the table anew");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
            self.health.sync(checks).await;
            if !self.whole && self.dirty.is_empty() {
                self.dirty.health.updated();
            }
        }
    }

    /// Hints compare with the node's zone: another zone is another choice of endpoints for every Service.
    fn look_at_node(&mut self) {
        let node = self.nodes.get(&self.node.name);
        self.dirty.health.saw_node(node.as_deref());
        let zone = node.and_then(|node| node.metadata.labels.as_ref()?.get(ZONE_LABEL).cloned());
        if zone != self.node.zone {
            self.node.zone = zone;
            self.services.keys().iter().for_each(|key| self.dirty.mark(key.to_string()));
        }
    }

    /// The change for the packet filter, the UDP fronts that moved, and the health checks of these Services.
    #[expect(clippy::type_complexity, reason = "each part goes another way")]
    fn update(&mut self, services: Vec<String>) -> (Change, Vec<Front>, Vec<(String, Option<Health>)>) {
        let (mut fronts, mut checks) = (Vec::new(), Vec::new());
        let updates = services.into_iter().map(|key| {
            let service = self.service(&key);
            fronts.extend(self.changed_fronts(&key, service.as_ref()));
            checks.push((key.clone(), service.as_ref().and_then(|service| service.health.clone())));
            (key, service.map(|service| fragment(&service, &self.node)))
        });
        let updates = updates.collect();
        (self.ruleset.replace(updates), fronts, checks)
    }

    fn service(&self, key: &str) -> Option<model::Service> {
        let object = self.services.get(key)?;
        let slices = self.slices.by_index(BY_SERVICE, key);
        let slices: Vec<&EndpointSlice> = slices.iter().map(AsRef::as_ref).collect();
        model::service(&object, &slices, &self.node)
    }

    /// The UDP fronts of a Service whose connections may now lead to the wrong place.
    fn changed_fronts(&mut self, key: &str, service: Option<&model::Service>) -> Vec<Front> {
        let new = service.map(udp_fronts).unwrap_or_default();
        let old = if new.is_empty() { self.udp.remove(key) } else { self.udp.insert(key.to_owned(), new.clone()) };
        let old = old.unwrap_or_default();
        let gone =
            old.iter().filter(|front| !new.iter().any(|it| (it.address, it.port) == (front.address, front.port)));
        let gone: Vec<Front> = gone.map(|front| Front { endpoints: BTreeSet::new(), ..front.clone() }).collect();
        new.into_iter().filter(|front| !old.contains(front)).chain(gone).collect()
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
        let endpoints: BTreeSet<_> = port.endpoints.iter().chain(&port.local).map(|it| (it.address, it.port)).collect();
        let front = |address, port| Front { address, port, endpoints: endpoints.clone() };
        let addresses = service.outer_ips().chain([service.cluster_ip]);
        fronts.extend(addresses.map(|address| front(Some(address), port.port)));
        fronts.extend(port.node_port.map(|port| front(None, port)));
    }
    fronts
}

/// The kernel's answer takes milliseconds, thousands of Services' a second: not on the runtime's own threads.
async fn apply(
    mut filter: Box<dyn PacketFilter>,
    start: Start,
    change: Change,
    fronts: Vec<Front>,
) -> (Box<dyn PacketFilter>, io::Result<()>) {
    let work = tokio::task::spawn_blocking(move || {
        let result = filter.apply(start, &change);
        if result.is_ok() && !fronts.is_empty() {
            forget(&fronts);
        }
        (filter, result)
    });
    work.await.expect("applying a change does not panic")
}

fn forget(fronts: &[Front]) {
    let own = Routing::open().and_then(|mut routing| routing.addresses());
    let own = own.map(|addresses| addresses.into_iter().map(|(_, address)| address).collect());
    match own.and_then(|own| forget_stale(fronts, &own)) {
        Ok(0) => {}
        Ok(count) => tracing::debug!(count, "forgot UDP connections to endpoints that are gone"),
        Err(error) => tracing::warn!(%error, "UDP clients may stay connected to endpoints that are gone"),
    }
}

/// Removes the tables of Services and of the pods' network.
pub fn remove_tables() -> io::Result<()> {
    Kernel::open(TABLE)?.remove()?;
    Kernel::open(super::cni::hostports::TABLE)?.remove()
}
