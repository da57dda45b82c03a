//! The in-memory engine: the reference that every other engine is tested against, and a store for tests.
use crate::{
    CommitError, Committed, Cursor, Expired, Key, Revision, Snapshot, Stats, Store, Txn,
    shared::Shared,
    world::{Planner, Window, World},
};
use futures::future::BoxFuture;
use skeg_model::{stored::Stored, time::Clock};
use std::sync::Arc;

/// Keeps everything in memory and nothing beyond the process; every commit counts as durable at once.
#[derive(Debug)]
pub struct Memory {
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
}

impl Memory {
    pub fn new(clock: Arc<dyn Clock>, window: Window) -> Self {
        Self::with_world(clock, World::new(window))
    }

    pub(crate) fn with_world(clock: Arc<dyn Clock>, world: World) -> Self {
        Self { shared: Shared::new(world), clock }
    }

    fn commit_now(&self, txn: &Txn) -> Result<Committed, CommitError> {
        let now = self.clock.now();
        let (committed, wakers) = {
            let mut world = self.shared.world.write();
            if world.closed {
                return Err(CommitError::Closed);
            }
            let planned = Planner::new(&world).plan(txn)?;
            let mut woken = Vec::new();
            if !planned.effects.is_empty() {
                world.apply(planned.committed.revision, planned.effects, now, &mut woken);
                world.durable = world.revision;
            }
            (planned.committed, world.wakers(&woken))
        };
        wakers.iter().for_each(|w| w.tell());
        Ok(committed)
    }
}

impl Store for Memory {
    fn revision(&self) -> Revision {
        self.shared.revision()
    }

    fn get(&self, key: &Key) -> Option<Arc<Stored>> {
        self.shared.get(key)
    }

    fn snapshot(&self, ring: &str) -> Snapshot {
        self.shared.snapshot(ring)
    }

    fn snapshot_at(&self, ring: &str, revision: Revision) -> Result<Snapshot, Expired> {
        self.shared.snapshot_at(ring, revision)
    }

    fn watch(&self, ring: &str, after: Revision) -> Result<Box<dyn Cursor>, Expired> {
        self.shared.watch(ring, after)
    }

    fn commit(&self, txn: Txn) -> BoxFuture<'_, Result<Committed, CommitError>> {
        Box::pin(async move { self.commit_now(&txn) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move { self.shared.close() })
    }

    fn health(&self) -> Result<(), String> {
        if self.shared.world.read().closed { Err("the store is shutting down".into()) } else { Ok(()) }
    }

    fn stats(&self) -> Stats {
        self.shared.world.read().stats()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Hand, PODS, commit, contract, put};
    use crate::{Expect, store::Durability};
    use jiff::SignedDuration;

    #[test]
    fn keeps_the_contract() {
        let window = Window { events_max: 2, bytes_max: 1 << 20, time_min: SignedDuration::ZERO };
        contract(&Memory::new(Hand::new(), window));
    }

    #[test]
    fn the_window_keeps_young_events_whatever_their_number() {
        let clock = Hand::new();
        let window = Window { events_max: 1, bytes_max: 1, time_min: SignedDuration::from_secs(60) };
        let store = Memory::new(clock.clone(), window);
        for value in ["1", "2", "3"] {
            commit(&store, vec![put(PODS, "a", Expect::Any, value)]).unwrap();
        }
        assert!(store.watch(PODS, 1).is_ok());
        clock.forward(SignedDuration::from_secs(61));
        commit(&store, vec![put(PODS, "a", Expect::Any, "4")]).unwrap();
        assert_eq!(store.watch(PODS, 1).err().unwrap().oldest, 4, "bytes_max leaves only what is young");
    }

    #[tokio::test]
    async fn one_commit_wakes_many_watchers() {
        let store = Arc::new(Memory::new(Hand::new(), Window::default()));
        let mut watchers = tokio::task::JoinSet::new();
        for _ in 0..1000 {
            let mut cursor = store.watch(PODS, 1).unwrap();
            watchers.spawn(async move { cursor.next(16).await.unwrap().len() });
        }
        tokio::task::yield_now().await;
        let txn = Txn { ops: vec![put(PODS, "a", Expect::Absent, "1")], durability: Durability::Synced };
        store.commit(txn).await.unwrap();
        assert!(watchers.join_all().await.iter().all(|n| *n == 1));
    }
}
