//! Coalesced change notifications by key.
use crate::key::Key;
use parking_lot::Mutex;
use rustc_hash::FxHashSet;
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::Notify;

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    order: VecDeque<Key>,
    members: FxHashSet<Key>,
    closed: bool,
}

/// Where changed keys are read from. A key that changes again before it was read is read once.
#[derive(Debug)]
pub struct Subscription {
    shared: Arc<Shared>,
}

pub(super) struct Sender {
    shared: Arc<Shared>,
}

pub(super) fn channel() -> (Sender, Subscription) {
    let shared = Arc::new(Shared::default());
    (Sender { shared: shared.clone() }, Subscription { shared })
}

impl Sender {
    pub(super) fn mark(&self, key: &Key) {
        let mut waiting = self.shared.waiting.lock();
        if !waiting.closed && waiting.members.insert(key.clone()) {
            waiting.order.push_back(key.clone());
            self.shared.wake.notify_one();
        }
    }
}

impl Subscription {
    /// The next changed key. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Key {
        loop {
            let shared = self.shared.clone();
            let woken = shared.wake.notified();
            if let Some(key) = self.try_next() {
                return key;
            }
            woken.await;
        }
    }

    /// The next changed key if one waits.
    pub fn try_next(&mut self) -> Option<Key> {
        let mut waiting = self.shared.waiting.lock();
        let key = waiting.order.pop_front()?;
        waiting.members.remove(&key);
        Some(key)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        *self.shared.waiting.lock() = Waiting { closed: true, ..Waiting::default() };
    }
}
