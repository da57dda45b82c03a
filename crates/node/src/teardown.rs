//! Taking a node down for good: everything that the node's components leave running or set up on purpose when they end.
use crate::{
    net::{cni, netlink::route::Routing, proxy},
    runtime::{ContainerdConfig, stop},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What of a node is to go.
#[derive(Debug, Clone)]
pub struct Teardown {
    pub containerd: ContainerdConfig,
    /// Everything mounted below it is unmounted.
    pub data_dir: PathBuf,
    /// Cgroup below which the kubelet put `kubepods`; "" or "/name".
    pub cgroup_root: String,
}

/// Ends all containers and containerd, and removes their mounts, links, routes, packet-filter tables, addresses and
/// cgroups. What is gone already is fine, so it may be repeated; all steps are tried, the first error is returned.
pub fn teardown(what: &Teardown) -> io::Result<()> {
    let results = [
        stop::stop(&what.containerd, &what.data_dir),
        proxy::remove_tables(),
        remove_links_and_routes(),
        remove_cni_state(&what.containerd),
        stop::remove_cgroup_tree(Path::new("/sys/fs/cgroup"), &format!("{}/kubepods", what.cgroup_root)),
    ];
    results.into_iter().collect()
}

fn remove_links_and_routes() -> io::Result<()> {
    let mut routing = Routing::open()?;
    for link in routing.links()?.iter().filter(|link| link.name.starts_with(cni::LINK_PREFIX)) {
        routing.remove_link(&link.name)?;
    }
    let routes = routing.own_routes()?;
    routes.iter().try_for_each(|route| routing.remove_route(route))
}

fn remove_cni_state(config: &ContainerdConfig) -> io::Result<()> {
    let beside = config.cni_conf_dir.parent().unwrap_or(&config.cni_conf_dir);
    for dir in [beside.join("addresses"), config.cni_conf_dir.clone(), config.cni_bin_dir.clone()] {
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io::Error::new(error.kind(), format!("removing {}: {error}", dir.display())));
            }
            _ => {}
        }
    }
    Ok(())
}
