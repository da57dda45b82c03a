//! The world behind one lock, and what every engine answers from it: reads, snapshots and cursors.
use crate::{
    Cursor, Expired, Key, Revision, Snapshot,
    wake::Listening,
    world::{Look, World},
};
use futures::future::BoxFuture;
use parking_lot::RwLock;
use skeg_model::stored::{Event, Stored};
use std::sync::Arc;

/// Publication of a commit and every read take this lock for as long as memory needs, never across I/O.
#[derive(Debug)]
pub(crate) struct Shared {
    pub world: RwLock<World>,
}

impl Shared {
    pub fn new(world: World) -> Arc<Self> {
        Arc::new(Self { world: RwLock::new(world) })
    }

    pub fn revision(&self) -> Revision {
        self.world.read().revision
    }

    pub fn get(&self, key: &Key) -> Option<Arc<Stored>> {
        self.world.read().get(key)
    }

    pub fn snapshot(&self, ring: &str) -> Snapshot {
        self.world.read().snapshot(ring)
    }

    pub fn snapshot_at(&self, ring: &str, revision: Revision) -> Result<Snapshot, Expired> {
        let (mut snapshot, undo) = self.world.read().undo_list(ring, revision)?;
        for event in undo {
            match &event.old {
                Some(old) => drop(snapshot.map.insert(event.key.clone(), old.clone())),
                None => drop(snapshot.map.remove::<str>(&event.key)),
            }
        }
        snapshot.revision = revision;
        Ok(snapshot)
    }

    pub fn watch(self: &Arc<Self>, ring: &str, after: Revision) -> Result<Box<dyn Cursor>, Expired> {
        let known = self.world.read().find_watch(ring, after)?;
        let (ring, wake, next) = match known {
            Some(found) => found,
            None => self.world.write().start_watch(ring, after)?,
        };
        Ok(Box::new(RingCursor { shared: self.clone(), ring, wake: Listening::new(wake), next, seen: after }))
    }

    /// Ends all watches once they have handed out what is ready.
    pub fn close(&self) {
        let wakers = {
            let mut world = self.world.write();
            world.closed = true;
            world.all_wakers()
        };
        wakers.iter().for_each(|w| w.tell());
    }
}

/// A position in a ring: no queue, no copy; the events lie in the ring.
#[derive(Debug)]
struct RingCursor {
    shared: Arc<Shared>,
    ring: usize,
    wake: Listening,
    /// Number of the next event to hand out.
    next: u64,
    /// Revision of the last event handed out, at first where the watch began.
    seen: Revision,
}

impl RingCursor {
    /// None: nothing is ready.
    fn take(&mut self, max: usize) -> Option<Result<Vec<Arc<Event>>, Expired>> {
        let look = self.shared.world.read().look(self.ring, self.next, max);
        match look {
            Look::Events(events) => {
                self.next += events.len() as u64;
                self.seen = events.last().map_or(self.seen, |e| e.revision);
                Some(Ok(events))
            }
            Look::Nothing => None,
            Look::Closed => Some(Ok(Vec::new())),
            Look::FellOff { oldest } => Some(Err(Expired { requested: self.seen, oldest })),
        }
    }

    fn has_something(&self) -> bool {
        self.shared.world.read().has_something(self.ring, self.next)
    }
}

impl Cursor for RingCursor {
    fn next(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Arc<Event>>, Expired>> {
        Box::pin(async move {
            loop {
                if let Some(taken) = self.take(max) {
                    return taken;
                }
                self.ready().await;
            }
        })
    }

    fn ready(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            while !self.has_something() {
                let wake = self.wake.wake();
                let mut woken = std::pin::pin!(wake.told());
                woken.as_mut().enable();
                // Published between the first look and `enable`?
                if self.has_something() {
                    return;
                }
                let _asleep = wake.sleep();
                woken.await;
            }
        })
    }

    fn place(&self) -> u64 {
        self.next
    }

    fn go_on(&mut self, place: u64, seen: Revision) {
        (self.next, self.seen) = (place, seen);
    }

    fn position(&self) -> Revision {
        let world = self.shared.world.read();
        world.position(self.ring, self.next).unwrap_or_else(|| self.seen.min(world.durable))
    }
}
