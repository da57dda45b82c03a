//! The node's own part of the pod network: the runtime's configuration once the node has a network for its pods, and
//! routes to the pods of other nodes.
use super::{
    cni::{self, NodeNetwork, config::Cidr, hostports},
    netlink::route::{Route, Routing},
    nft::{Kernel, PacketFilter, Start},
    sysctl::{self, SysctlError},
};
use k8s_openapi::api::core::v1::Node;
use skeg_client::{Client, Informer, Key, Selection, Tasks, backoff::Backoff, informer::informer};
use std::{
    collections::{BTreeSet, HashMap},
    io,
    net::Ipv4Addr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Pause after a failure before everything is looked at again, doubled each time up to the maximum.
const RETRY_MIN: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(30);
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
    /// Told whenever the runtime's configuration was written.
    pub written: Arc<Notify>,
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
    token.run_until_cancelled(follow(Arc::new(config), nodes)).await;
    tasks.shutdown().await;
    Ok(())
}

async fn follow(config: Arc<NetworkConfig>, nodes: Informer<Node>) {
    let mut changes = nodes.subscribe();
    if nodes.synced().await.is_err() {
        return;
    }
    let mut routes = Routes::default();
    let mut written = None;
    let mut whole = true;
    let mut waiting = None;
    let mut backoff = Backoff::new(RETRY_MIN, RETRY_MAX, config.seed);
    loop {
        let mut step = Step { whole, ..Step::default() };
        while let Some(key) = waiting.take().or_else(|| changes.try_next()) {
            let node = nodes.get(&key);
            let node = node.as_deref();
            routes.update(&key, node.filter(|_| *key != *config.node_name).and_then(route_to), &mut step);
        }
        if step.whole {
            step.set = routes.0.values().copied().collect();
        }
        step.pod_cidr =
            nodes.get(&config.node_name).and_then(|node| pod_cidr(&node)).filter(|cidr| Some(*cidr) != written);
        let work = (config.clone(), step.clone());
        let done = tokio::task::spawn_blocking(move || carry_out(&work.0, &work.1)).await;
        match done.expect("setting up the network does not panic") {
            Ok(()) => {
                whole = false;
                backoff.reset();
                if step.pod_cidr.is_some() {
                    written = step.pod_cidr;
                    config.written.notify_one();
                }
                waiting = Some(changes.next().await);
            }
            Err(error) => {
                tracing::error!(%error, "setting up the pod network");
                whole = true;
                tokio::time::sleep(backoff.next_delay()).await;
            }
        }
    }
}

/// Ways to the pods of other nodes, by node.
#[derive(Debug, Default)]
struct Routes(HashMap<Key, Route>);

/// What is to be done in the kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Step {
    /// `set` is everything: other routes of Skeg's go.
    whole: bool,
    set: Vec<Route>,
    remove: Vec<Route>,
    /// The node's own pod network, if it is to be written.
    pod_cidr: Option<Cidr>,
}

impl Routes {
    fn update(&mut self, node: &Key, route: Option<Route>, step: &mut Step) {
        let old = match route {
            Some(route) => self.0.insert(node.clone(), route),
            None => self.0.remove(node),
        };
        if old == route {
            return;
        }
        step.remove.extend(old);
        step.set.extend(route);
    }
}

fn carry_out(config: &NetworkConfig, step: &Step) -> Result<(), NetworkError> {
    let mut routing = Routing::open().map_err(failed("netlink"))?;
    if let Some(pod_cidr) = step.pod_cidr {
        let network = NodeNetwork {
            pod_cidr,
            cluster_cidr: config.cluster_cidr,
            mtu: smallest_mtu(&mut routing).map_err(failed("reading the links"))?,
            state_dir: config.cni_dir.join("addresses"),
        };
        write_network(config, &network)?;
    }
    let done = if step.whole {
        sync_routes(&mut routing, &step.set.iter().copied().collect())
    } else {
        // A destination that moved to another gateway is replaced; it must not be removed afterwards.
        let gone = step.remove.iter().filter(|old| !step.set.iter().any(|new| new.destination == old.destination));
        let removed: io::Result<()> = gone.into_iter().try_for_each(|route| routing.remove_route(route));
        removed.and_then(|()| step.set.iter().try_for_each(|route| routing.set_route(route)))
    };
    done.map_err(failed("routes to other nodes"))
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

fn pod_cidr(node: &Node) -> Option<Cidr> {
    let spec = node.spec.as_ref()?;
    spec.pod_cidrs.iter().flatten().chain(&spec.pod_cidr).find_map(|text| text.parse().ok())
}

/// The way to another node's pods.
fn route_to(node: &Node) -> Option<Route> {
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
    let destinations: BTreeSet<_> = wanted.iter().map(|route| route.destination).collect();
    for route in ours.difference(wanted).filter(|route| !destinations.contains(&route.destination)) {
        routing.remove_route(route)?;
    }
    wanted.difference(&ours).try_for_each(|route| routing.set_route(route))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(cidr: &str, address: &str) -> Node {
        let addresses = json!([{"type": "Hostname", "address": "n"}, {"type": "InternalIP", "address": address}]);
        serde_json::from_value(json!({"spec": {"podCIDR": cidr}, "status": {"addresses": addresses}})).unwrap()
    }

    fn route(cidr: &str, gateway: &str) -> Route {
        let cidr: Cidr = cidr.parse().unwrap();
        Route { destination: (cidr.address, cidr.prefix), gateway: gateway.parse().ok(), link: 0 }
    }

    #[test]
    fn nodes_with_network_and_address_have_routes() {
        assert_eq!(route_to(&node("10.244.1.0/24", "192.0.2.1")), Some(route("10.244.1.0/24", "192.0.2.1")));
        assert_eq!(route_to(&node("10.244.1.0/24", "fd00::1")), None);
        assert_eq!(route_to(&node("", "192.0.2.1")), None);
        assert_eq!(route_to(&Node::default()), None);
    }

    #[test]
    fn only_changes_are_carried_out() {
        let (mut routes, key) = (Routes::default(), Key::from("n"));
        let mut check = |new: Option<Route>, set: &[Route], remove: &[Route]| {
            let mut step = Step::default();
            routes.update(&key, new, &mut step);
            assert_eq!((&step.set[..], &step.remove[..]), (set, remove));
        };
        let (one, two) = (route("10.244.1.0/24", "192.0.2.1"), route("10.244.1.0/24", "192.0.2.2"));
        check(Some(one), &[one], &[]);
        check(Some(one), &[], &[]);
        check(Some(two), &[two], &[one]);
        check(None, &[], &[two]);
        check(None, &[], &[]);
    }

    #[test]
    fn routes_are_brought_in_step() {
        crate::net::testing::in_new_network(|| {
            let mut routing = Routing::open().unwrap();
            let lo = routing.link("lo").unwrap().unwrap().index;
            routing.set_up(lo).unwrap();
            routing
                .set_route(&Route { destination: (Ipv4Addr::new(192, 0, 2, 0), 24), gateway: None, link: lo })
                .unwrap();
            let (one, two) = (route("10.244.1.0/24", "192.0.2.1"), route("10.244.2.0/24", "192.0.2.2"));
            let moved = route("10.244.1.0/24", "192.0.2.3");
            for wanted in [vec![one, two], vec![moved, two], vec![two], vec![]] {
                sync_routes(&mut routing, &wanted.iter().copied().collect()).unwrap();
                let mut present = routing.own_routes().unwrap();
                present.retain(|route| route.gateway.is_some());
                let present: BTreeSet<Route> = present.into_iter().map(|route| Route { link: 0, ..route }).collect();
                assert_eq!(present, wanted.into_iter().collect());
            }
        });
    }
}
