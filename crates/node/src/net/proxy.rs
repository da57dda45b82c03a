//! The Service proxy: follows Services and EndpointSlices and keeps the node's packet filter in step with them.
use super::{
    cni::config::Cidr,
    nft::{Change, Kernel, PacketFilter, Start},
    services::{NodeView, Ruleset, TABLE, fragment, model, skeleton},
    sysctl::{self, SysctlError},
};
use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use parking_lot::Mutex;
use skeg_client::{Client, Informer, Selection, Tasks, informer::informer};
use std::{collections::BTreeSet, io, sync::Arc, time::Duration};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";
const BY_SERVICE: &str = "service";
/// Services taken into one transaction; the rest follow in the next.
const SERVICES_PER_CHANGE_MAX: usize = 1_000;
/// Pause after the kernel refused a change, before the table is made anew.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub struct ProxyConfig {
    pub client: Client,
    pub node_name: String,
    pub cluster_cidr: Option<Cidr>,
    /// Networks whose addresses answer on node ports; none means all of the node's but loopback.
    pub node_port_addresses: Vec<Cidr>,
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

/// Services whose rules may be out of date.
#[derive(Debug, Default)]
struct Dirty {
    services: Mutex<BTreeSet<String>>,
    wake: Notify,
}

impl Dirty {
    fn mark(&self, service: String) {
        self.services.lock().insert(service);
        self.wake.notify_one();
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
    sysctl::prepare_node()?;
    let mut kernel = Kernel::open(TABLE).map_err(ProxyError::PacketFilter)?;
    warn_of_foreign_drops(&mut kernel);
    let tasks = Tasks::new(token.child_token());
    let services = informer::<Service>(config.client.clone(), Selection::default(), &tasks, config.seed);
    let slices = informer::<EndpointSlice>(config.client.clone(), Selection::default(), &tasks, config.seed ^ 1);
    slices.index(BY_SERVICE, |slice| owner(slice).into_iter().collect());
    let dirty = Arc::new(Dirty::default());
    let marks = dirty.clone();
    services.on_change(move |change| marks.mark(change.key.to_string()));
    let marks = dirty.clone();
    slices.on_change(move |change| {
        let both = change.old.into_iter().chain(change.new);
        both.filter_map(|slice| owner(slice)).for_each(|service| marks.mark(service));
    });
    let node = NodeView {
        name: config.node_name,
        cluster_cidr: config.cluster_cidr,
        node_port_addresses: config.node_port_addresses,
    };
    let proxy = Proxy { node, services, slices, dirty, ruleset: Ruleset::default(), whole: true };
    let run = proxy.run(Box::new(kernel));
    let result = token.run_until_cancelled(run).await;
    tasks.shutdown().await;
    result.unwrap_or(Ok(()))
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
    dirty: Arc<Dirty>,
    ruleset: Ruleset,
    /// The kernel's table is not known to be the ruleset's.
    whole: bool,
}

impl Proxy {
    async fn run(mut self, mut filter: Box<dyn PacketFilter>) -> Result<(), ProxyError> {
        // Rules made before all is known would cut connections that an earlier run's rules still serve.
        if self.services.synced().await.is_err() || self.slices.synced().await.is_err() {
            return Ok(());
        }
        loop {
            let woken = self.dirty.wake.notified();
            let services = self.dirty.take();
            if services.is_empty() && !self.whole {
                woken.await;
                continue;
            }
            let updates = services.into_iter().map(|key| {
                let fragment = self.fragment_of(&key);
                (key, fragment)
            });
            let change = self.ruleset.replace(updates.collect());
            let (start, change) =
                if self.whole { (Start::Replace, self.everything()) } else { (Start::Present, change) };
            if change.is_empty() {
                continue;
            }
            let (back, result) = apply(filter, start, change).await;
            filter = back;
            self.whole = result.is_err();
            if let Err(error) = result {
                tracing::error!(%error, "the packet filter refused a change; making the table anew");
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        }
    }

    fn fragment_of(&self, key: &str) -> Option<super::services::Fragment> {
        let object = self.services.get(key)?;
        let slices = self.slices.by_index(BY_SERVICE, key);
        let slices: Vec<&EndpointSlice> = slices.iter().map(AsRef::as_ref).collect();
        let service = model::service(&object, &slices, &self.node)?;
        Some(fragment(&service, &self.node))
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

/// The kernel's answer takes milliseconds, thousands of Services' a second: not on the runtime's own threads.
async fn apply(
    mut filter: Box<dyn PacketFilter>,
    start: Start,
    change: Change,
) -> (Box<dyn PacketFilter>, io::Result<()>) {
    let work = tokio::task::spawn_blocking(move || {
        let result = filter.apply(start, &change);
        (filter, result)
    });
    work.await.expect("applying a change does not panic")
}

/// Removes the tables of Services and of the pods' network.
pub fn remove_tables() -> io::Result<()> {
    Kernel::open(TABLE)?.remove()?;
    Kernel::open(super::cni::hostports::TABLE)?.remove()
}
