//! Addresses of the node's pod network: one file per address in use, named by it, whole or not there. A lock orders
//! allocations; addresses are handed out in turn so that a freed one rests for a while.
use super::config::{Cidr, PortMapping};
use crate::runtime::process::write_atomically;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

/// What an address is used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub container: String,
    pub interface: String,
    #[serde(default)]
    pub ports: Vec<PortMapping>,
}

#[derive(Debug, thiserror::Error)]
pub enum IpamError {
    #[error("no address is free in {0}")]
    Full(Cidr),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
}

/// The folder of leases, locked for this process until dropped.
#[derive(Debug)]
pub struct Addresses {
    dir: PathBuf,
    leases: BTreeMap<Ipv4Addr, Lease>,
    _lock: fs::File,
}

const LAST: &str = "last";

impl Addresses {
    pub fn lock(dir: &Path) -> Result<Self, IpamError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| IpamError::File { path, source }
        };
        fs::create_dir_all(dir).map_err(at(dir))?;
        let path = dir.join("lock");
        let lock = fs::File::options().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|errno| at(&path)(errno.into()))?;
        let mut leases = BTreeMap::new();
        for entry in fs::read_dir(dir).map_err(at(dir))? {
            let path = entry.map_err(at(dir))?.path();
            let address = path.file_name().and_then(|name| name.to_str()?.parse::<Ipv4Addr>().ok());
            let Some(address) = address else { continue };
            let text = fs::read(&path).map_err(at(&path))?;
            let lease = serde_json::from_slice(&text).map_err(|error| at(&path)(error.into()))?;
            leases.insert(address, lease);
        }
        Ok(Self { dir: dir.to_owned(), leases, _lock: lock })
    }

    pub fn of(&self, container: &str, interface: &str) -> Option<(Ipv4Addr, &Lease)> {
        let mine = |lease: &Lease| lease.container == container && lease.interface == interface;
        self.leases.iter().find(|(_, lease)| mine(lease)).map(|(address, lease)| (*address, lease))
    }

    pub fn leases(&self) -> impl Iterator<Item = (Ipv4Addr, &Lease)> {
        self.leases.iter().map(|(address, lease)| (*address, lease))
    }

    /// Takes the next free address of the network.
    pub fn allocate(&mut self, network: Cidr, lease: Lease) -> Result<Ipv4Addr, IpamError> {
        let last = fs::read_to_string(self.dir.join(LAST)).ok().and_then(|text| text.trim().parse().ok());
        let address =
            next_free(network, last, |address| self.leases.contains_key(&address)).ok_or(IpamError::Full(network))?;
        self.write(&address.to_string(), &serde_json::to_vec(&lease).expect("a lease is plain data"))?;
        self.write(LAST, address.to_string().as_bytes())?;
        self.leases.insert(address, lease);
        Ok(address)
    }

    pub fn release(&mut self, address: Ipv4Addr) -> Result<(), IpamError> {
        let path = self.dir.join(address.to_string());
        fs::remove_file(&path).map_err(|source| IpamError::File { path, source })?;
        self.leases.remove(&address);
        Ok(())
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), IpamError> {
        let path = self.dir.join(name);
        write_atomically(&path, content).map_err(|source| IpamError::File { path, source })
    }
}

/// The first free address after `last`, going round; the network's own and the broadcast address are never given.
fn next_free(network: Cidr, last: Option<Ipv4Addr>, used: impl Fn(Ipv4Addr) -> bool) -> Option<Ipv4Addr> {
    let first = u32::from(network.address) + 1;
    let count = (!network.mask()).checked_sub(1)?;
    let start = last.filter(|last| network.contains(*last)).map_or(0, |last| u32::from(last) + 1 - first);
    (0..count).map(|step| Ipv4Addr::from(first + (start + step) % count)).find(|address| !used(*address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn lease(container: &str) -> Lease {
        Lease { container: container.into(), interface: "eth0".into(), ports: Vec::new() }
    }

    #[test]
    fn addresses_go_round() {
        let check = |network: &str, last: Option<&str>, used: &[&str], expected: Option<&str>| {
            let parse = |text: &str| text.parse::<Ipv4Addr>().unwrap();
            let used: BTreeSet<_> = used.iter().map(|text| parse(text)).collect();
            let found = next_free(network.parse().unwrap(), last.map(parse), |address| used.contains(&address));
            assert_eq!(found, expected.map(parse), "{network} {last:?}");
        };
        check("10.0.0.0/24", None, &[], Some("10.0.0.1"));
        check("10.0.0.0/24", Some("10.0.0.7"), &["10.0.0.8"], Some("10.0.0.9"));
        check("10.0.0.0/30", Some("10.0.0.2"), &[], Some("10.0.0.1"));
        check("10.0.0.0/30", Some("10.9.0.2"), &["10.0.0.1"], Some("10.0.0.2"));
        check("10.0.0.0/30", None, &["10.0.0.1", "10.0.0.2"], None);
        check("10.0.0.0/31", None, &[], None);
        check("10.0.0.0/32", None, &[], None);
    }

    #[test]
    fn leases_survive_and_are_found_by_container() {
        let dir = tempfile::tempdir().unwrap();
        let network = "10.1.0.0/29".parse().unwrap();
        let mut addresses = Addresses::lock(dir.path()).unwrap();
        let one = addresses.allocate(network, lease("a")).unwrap();
        let two = addresses.allocate(network, lease("b")).unwrap();
        assert_ne!(one, two);
        drop(addresses);
        let mut addresses = Addresses::lock(dir.path()).unwrap();
        assert_eq!(addresses.of("a", "eth0").map(|(address, _)| address), Some(one));
        addresses.release(one).unwrap();
        assert_eq!(addresses.of("a", "eth0"), None);
        let three = addresses.allocate(network, lease("c")).unwrap();
        assert!(three != one && three != two, "a freed address rests");
    }
}
