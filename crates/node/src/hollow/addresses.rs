//! Addresses of simulated nodes and pods.
use rustc_hash::{FxHashMap, FxHashSet};
use std::{fmt, net::Ipv4Addr, str::FromStr, sync::Arc};

/// A range of IPv4 addresses; its first and last are not given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: u32,
    /// Invariant: at most 30.
    prefix: u8,
}

/// A text is no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an IPv4 range such as 10.0.0.0/8 with at least four addresses")]
pub struct RangeError;

impl Range {
    /// How many addresses it gives out.
    pub fn len(self) -> u64 {
        (1_u64 << (32 - self.prefix)) - 2
    }

    pub fn is_empty(self) -> bool {
        false
    }

    /// The address number `index`, counted round and round.
    pub fn address(self, index: u64) -> Ipv4Addr {
        let offset = u32::try_from(index % self.len() + 1).expect("a range has fewer than 2^32 addresses");
        Ipv4Addr::from(self.first + offset)
    }
}

impl FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let (address, prefix) = text.split_once('/').ok_or(RangeError)?;
        let address: Ipv4Addr = address.parse().map_err(|_| RangeError)?;
        let prefix: u8 = prefix.parse().map_err(|_| RangeError)?;
        if !(1..=30).contains(&prefix) {
            return Err(RangeError);
        }
        Ok(Self { first: u32::from(address) & (u32::MAX << (32 - prefix)), prefix })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.first), self.prefix)
    }
}

/// Which pod (by uid) has which address of a range.
#[derive(Debug)]
pub(super) struct Pool {
    range: Range,
    next: u64,
    of: FxHashMap<Arc<str>, Ipv4Addr>,
    used: FxHashSet<Ipv4Addr>,
}

impl Pool {
    pub fn new(range: Range) -> Self {
        Self { range, next: 0, of: FxHashMap::default(), used: FxHashSet::default() }
    }

    /// The pod's address, a new one if it has none; None when all are in use.
    pub fn lend(&mut self, uid: &Arc<str>) -> Option<Ipv4Addr> {
        if let Some(ip) = self.of.get(uid) {
            return Some(*ip);
        }
        if self.used.len() as u64 >= self.range.len() {
            return None;
        }
        loop {
            let ip = self.range.address(self.next);
            self.next += 1;
            if self.used.insert(ip) {
                self.of.insert(uid.clone(), ip);
                return Some(ip);
            }
        }
    }

    /// Notes an address that a pod has already.
    pub fn take(&mut self, uid: &Arc<str>, ip: Ipv4Addr) {
        if self.of.get(uid) != Some(&ip) {
            self.release(uid);
            self.used.insert(ip);
            self.of.insert(uid.clone(), ip);
        }
    }

    pub fn release(&mut self, uid: &str) {
        if let Some(ip) = self.of.remove(uid) {
            self.used.remove(&ip);
        }
    }
}
