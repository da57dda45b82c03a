//! Taking a node down for good: everything that the node's components leave running or set up on purpose when they end.
use crate::{
    net::{cni, netlink::route::Routing, proxy},
    runtime::{ContainerdConfig, cgroup_root, stop},
};
use std::{
    collections::BTreeSet,
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
        cgroup_root::release(&what.containerd.cgroup_root_record()),
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

/// Removes the notes about containers that had an address here; those of containers that were removed are gone already.
fn remove_results(results: &Path, addresses: &Path) -> io::Result<()> {
    if !addresses.is_dir() {
        return Ok(());
    }
    let held = cni::ipam::Addresses::lock(addresses).map_err(io::Error::other)?;
    let containers: BTreeSet<&str> = held.leases().map(|(_, lease)| lease.container.as_str()).collect();
    for entry in fs::read_dir(results).into_iter().flatten().flatten() {
        let name = entry.file_name();
        // `network-container-interface`
        if name.to_string_lossy().split('-').any(|part| containers.contains(part)) {
            fs::remove_file(entry.path())?;
        }
    }
    stop::remove_empty(results, 2);
    Ok(())
}

fn remove_cni_state(config: &ContainerdConfig) -> io::Result<()> {
    let beside = config.cni_conf_dir.parent().unwrap_or(&config.cni_conf_dir);
    remove_results(Path::new(cni::RESULTS), &beside.join("addresses"))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_notes_about_own_containers_go() {
        let dir = tempfile::tempdir().unwrap();
        let (results, addresses) = (dir.path().join("cni/results"), dir.path().join("addresses"));
        fs::create_dir_all(&results).unwrap();
        remove_results(&results, &addresses).unwrap();
        let lease = cni::ipam::Lease { container: "abc".into(), interface: "eth0".into(), ports: Vec::new() };
        let mut held = cni::ipam::Addresses::lock(&addresses).unwrap();
        held.allocate("10.0.0.0/24".parse().unwrap(), lease).unwrap();
        drop(held);
        for name in ["skeg-abc-eth0", "cni-loopback-abc-lo", "other-abcd-eth0"] {
            fs::write(results.join(name), "").unwrap();
        }
        remove_results(&results, &addresses).unwrap();
        let left: Vec<_> = fs::read_dir(&results).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["other-abcd-eth0"]);
        fs::remove_file(results.join("other-abcd-eth0")).unwrap();
        remove_results(&results, &addresses).unwrap();
        assert!(!dir.path().join("cni").exists() && dir.path().exists());
    }
}
