//! Addresses and ports of Services: what is free, and who gets it.
//!
//! The store is the truth: pools are rebuilt from it at start, so nothing leaks over a restart. While a write is on its
//! way its addresses are held by a [`Reservation`], which gives them back unless the write committed.
mod families;
mod pool;
mod service;

use super::config::{Cidr, Entropy};
use parking_lot::Mutex;
use pool::Pool;
use skeg_model::{Value, kinds::Kind, status::Status};
use skeg_storage::Store;
use std::{ops::RangeInclusive, sync::Arc};

/// Upstream's `None`: a headless Service.
const HEADLESS: &str = "None";

/// Hands out cluster IPs and node ports.
#[derive(Debug)]
pub(super) struct Allocator {
    pools: Arc<Mutex<Pools>>,
    cidr: Cidr,
    ports: RangeInclusive<u16>,
    entropy: Arc<dyn Entropy>,
}

#[derive(Debug)]
struct Pools {
    /// Offsets in the network.
    addresses: Pool,
    ports: Pool,
}

/// What a Service holds: offsets of addresses, and ports.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Held {
    addresses: Vec<u64>,
    ports: Vec<u64>,
}

/// Addresses and ports taken by a write on its way.
#[must_use]
#[derive(Debug)]
pub(super) struct Reservation {
    pools: Arc<Mutex<Pools>>,
    taken: Held,
    /// Given back once the write has committed.
    leaves: Held,
    /// Nothing is taken: the write only shows what would become of it.
    dry_run: bool,
    /// Ports that a dry run would have taken.
    shown_ports: Vec<i64>,
}

impl Allocator {
    /// Rebuilds what is taken from the Services in the store.
    pub fn new(cidr: Cidr, ports: RangeInclusive<u16>, entropy: Arc<dyn Entropy>, store: &dyn Store) -> Self {
        let count = u64::from(ports.end().saturating_sub(*ports.start())) + 1;
        let first = u64::from(*ports.start());
        let pools = Pools {
            addresses: Pool::new(1, cidr.size().saturating_sub(2), pool::address_band(cidr.size())),
            ports: Pool::new(first, count, pool::port_band(count)),
        };
        let allocator = Self { pools: Arc::new(Mutex::new(pools)), cidr, ports, entropy };
        let snapshot = store.snapshot(skeg_model::kinds::service::KIND.prefix);
        for stored in snapshot.map.values() {
            let held = allocator.held(&stored.tree());
            allocator.pools.lock().take(&held);
        }
        allocator
    }

    /// Fills in what a new Service needs; other kinds need nothing.
    pub fn begin_create(&self, kind: &Kind, object: &mut Value, dry_run: bool) -> Result<Reservation, Status> {
        let mut reservation = self.empty(dry_run);
        if is_service(kind) {
            service::begin_create(self, object, &mut reservation)?;
        }
        Ok(reservation)
    }

    pub fn begin_update(
        &self,
        kind: &Kind,
        new: &mut Value,
        old: &Value,
        dry_run: bool,
    ) -> Result<Reservation, Status> {
        let mut reservation = self.empty(dry_run);
        if is_service(kind) {
            service::begin_update(self, new, old, &mut reservation)?;
        }
        Ok(reservation)
    }

    /// The object is gone from the store.
    pub fn release(&self, kind: &Kind, object: &Value) {
        if is_service(kind) {
            let held = self.held(object);
            self.pools.lock().give_back(&held);
        }
    }

    fn empty(&self, dry_run: bool) -> Reservation {
        Reservation {
            pools: self.pools.clone(),
            taken: Held::default(),
            leaves: Held::default(),
            dry_run,
            shown_ports: Vec::new(),
        }
    }
}

fn is_service(kind: &Kind) -> bool {
    kind.group.is_empty() && kind.resource == "services"
}

impl Pools {
    fn take(&mut self, held: &Held) {
        held.addresses.iter().for_each(|a| _ = self.addresses.take(*a));
        held.ports.iter().for_each(|p| _ = self.ports.take(*p));
    }

    fn give_back(&mut self, held: &Held) {
        held.addresses.iter().for_each(|a| self.addresses.give_back(*a));
        held.ports.iter().for_each(|p| self.ports.give_back(*p));
    }
}

impl Reservation {
    /// The write committed: what it took stays taken, what it gave up is free.
    pub fn keep(mut self) {
        self.taken = Held::default();
        let leaves = std::mem::take(&mut self.leaves);
        self.pools.lock().give_back(&leaves);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.taken != Held::default() {
            self.pools.lock().give_back(&self.taken);
        }
    }
}
