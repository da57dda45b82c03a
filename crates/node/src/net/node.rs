//! The node's own part of the pod network: the runtime's configuration once the node has a network for its pods, and
//! routes to the pods of other nodes.
use super::{
    cni::{self, NodeNetwork, config::Cidr, hostports},
    netlink::route::{Route, Routing},
    nft::{Kernel, PacketFilter, Start},
    sysctl::{self, SysctlError},
};
use k8s_openapi::api::core::v1::Node;
use skeg_client::{Client, Informer, Selection, Tasks, informer::informer};
use std::{collections::BTreeSet, io, net::Ipv4Addr, path::PathBuf, time::Duration};
use tokio_util::sync::CancellationToken;

/// Pause after a failure before everything is looked at again.
const RETRY_PAUSE: Duration = Duration::from_secs(2);
const POD_LINK_PREFIX_BITS: u8 = 32;

#[derive(Debug, Clone)]
pub struct NetworkConfig {
    pub client: Client,
    pub node_name: String,
    pub cluster_cidr: Option<Cidr>,
    /// The program that the runtime calls as plugin: this one.
    pub program: PathBuf,
    /// `cni` in the data directory.
    pub cni_dir: PathBuf,
    pub seed: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    #[error(transparent)]
    Sysctl(#[from] SysctlError),
    #[error("{what}: {source}")]
    Io { what: &'static str, source: io::Error },
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> NetworkError {
    move |source| NetworkError::Io { what, source }
}

/// Runs until the token is cancelled; the network stays then.
pub async fn run_network(config: NetworkConfig, token: CancellationToken) -> Result<(), NetworkError> {
    sysctl::prepare_node()?;
    cni::install(&config.program, &config.cni_dir.join("bin")).map_err(failed("installing the network plugin"))?;
    let tasks = Tasks::new(token.child_token());
    let nodes = informer::<Node>(config.client.clone(), Selection::default(), &tasks, config.seed);
    let mut changes = nodes.subscribe();
    let run = async {
        if nodes.synced().await.is_err() {
            return;
        }
        let mut written = None;
        loop {
            while changes.try_next().is_some() {}
            match update(&config, &nodes, &mut written) {
                Ok(()) => _ = changes.next().await,
                Err(error) => {
                    tracing::error!(%error, "setting up the pod network");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    };
    token.run_until_cancelled(run).await;
    tasks.shutdown().await;
    Ok(())
}

fn update(
    config: &NetworkConfig,
    nodes: &Informer<Node>,
    written: &mut Option<NodeNetwork>,
) -> Result<(), NetworkError> {
    let all = nodes.list();
    let mut routing = Routing::open().map_err(failed("netlink"))?;
    if let Some(pod_cidr) = all.iter().find(|node| name(node) == config.node_name).and_then(|node| pod_cidr(node)) {
        let network = NodeNetwork {
            pod_cidr,
            cluster_cidr: config.cluster_cidr,
            mtu: smallest_mtu(&mut routing).map_err(failed("reading the links"))?,
            state_dir: config.cni_dir.join("addresses"),
        };
        if written.as_ref() != Some(&network) {
            write_network(config, &network)?;
            *written = Some(network);
        }
    }
    let wanted: BTreeSet<Route> = all.iter().filter_map(|node| route_to(node, &config.node_name)).collect();
    sync_routes(&mut routing, &wanted).map_err(failed("routes to other nodes"))
}

/// Rules first: the configuration tells the runtime that pods can come.
fn write_network(config: &NetworkConfig, network: &NodeNetwork) -> Result<(), NetworkError> {
    let mut table = hostports::table(network.pod_cidr, network.cluster_cidr);
    let addresses =
        cni::ipam::Addresses::lock(&network.state_dir).map_err(|error| failed("addresses")(io::Error::other(error)))?;
    for (address, lease) in addresses.leases() {
        let elements = hostports::elements(address, &lease.ports).map_err(failed("host ports"))?;
        table.add_elements.extend(elements.into_iter().map(|(set, key, data)| (set.into(), key, data)));
    }
    let kernel = Kernel::open(hostports::TABLE).and_then(|mut kernel| kernel.apply(Start::Replace, &table));
    kernel.map_err(failed("packet filter of the pod network"))?;
    drop(addresses);
    cni::config::write_conflist(network, &config.cni_dir.join("conf"))
        .map_err(failed("writing the network's configuration"))
}

fn name(node: &Node) -> &str {
    node.metadata.name.as_deref().unwrap_or_default()
}

fn pod_cidr(node: &Node) -> Option<Cidr> {
    let spec = node.spec.as_ref()?;
    spec.pod_cidrs.iter().flatten().chain(&spec.pod_cidr).find_map(|text| text.parse().ok())
}

/// The way to another node's pods.
fn route_to(node: &Node, own: &str) -> Option<Route> {
    if name(node) == own {
        return None;
    }
    let cidr = pod_cidr(node)?;
    let addresses = node.status.as_ref()?.addresses.iter().flatten();
    let internal = addresses.filter(|address| address.type_ == "InternalIP");
    let gateway: Ipv4Addr = internal.filter_map(|address| address.address.parse().ok()).next()?;
    Some(Route { destination: (cidr.address, cidr.prefix), gateway: Some(gateway), link: 0 })
}

/// Pods may not send larger packets than any link of the node carries on.
fn smallest_mtu(routing: &mut Routing) -> io::Result<u32> {
    const USUAL: u32 = 1500;
    const LEAST: u32 = 1280;
    let used: BTreeSet<u32> = routing.addresses()?.into_iter().map(|(link, _)| link).collect();
    let links = routing.links()?;
    let outward = links.iter().filter(|link| used.contains(&link.index) && link.name != "lo" && link.mtu >= LEAST);
    Ok(outward.map(|link| link.mtu).min().unwrap_or(USUAL))
}

/// Brings Skeg's routes through gateways in step; those to this node's own pods are the plugin's.
fn sync_routes(routing: &mut Routing, wanted: &BTreeSet<Route>) -> io::Result<()> {
    let present = routing.own_routes()?;
    let ours = present.iter().filter(|route| route.destination.1 != POD_LINK_PREFIX_BITS && route.gateway.is_some());
    let ours: BTreeSet<Route> = ours.map(|route| Route { link: 0, ..*route }).collect();
    for route in ours.difference(wanted) {
        routing.remove_route(route)?;
    }
    wanted.difference(&ours).try_for_each(|route| routing.set_route(route))
}
