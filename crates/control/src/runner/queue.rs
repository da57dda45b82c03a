//! Keys to look at: each waits at most once, is in one worker's hands at most, and comes back after its back-off.
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};
use skeg_client::Key;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// Per-key back-off after failures: first and longest.
const BACKOFF_FIRST: Duration = Duration::from_millis(5);
const BACKOFF_MAX: Duration = Duration::from_secs(1000);

/// Bounded by the number of distinct keys: a key is in `ready` or `delayed` at most once each.
#[derive(Debug)]
pub struct Queue {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug)]
struct State {
    /// First and longest.
    backoff: (Duration, Duration),
    ready: VecDeque<Key>,
    waiting: FxHashSet<Key>,
    working: FxHashSet<Key>,
    /// Keys that came while they were worked on.
    again: FxHashSet<Key>,
    delayed: BTreeMap<(Instant, u64), Key>,
    delays: FxHashMap<Key, (Instant, u64)>,
    failures: FxHashMap<Key, u32>,
    sequence: u64,
}

impl Default for Queue {
    fn default() -> Self {
        let state = State {
            backoff: (BACKOFF_FIRST, BACKOFF_MAX),
            ready: VecDeque::new(),
            waiting: FxHashSet::default(),
            working: FxHashSet::default(),
            again: FxHashSet::default(),
            delayed: BTreeMap::new(),
            delays: FxHashMap::default(),
            failures: FxHashMap::default(),
            sequence: 0,
        };
        Self { state: Mutex::new(state), wake: Notify::new() }
    }
}

impl Queue {
    /// How long keys that fail wait: at first, and at most.
    pub fn back_off(&self, first: Duration, max: Duration) {
        self.state.lock().backoff = (first, max);
    }

    /// Marks a key; marking it again before it is taken changes nothing.
    pub fn add(&self, key: &Key) {
        self.state.lock().add(key);
        self.wake.notify_one();
    }

    /// Marks a key after a while; the earlier of two times counts.
    pub fn add_after(&self, key: &Key, after: Duration) {
        self.state.lock().delay(key, Instant::now() + after);
        self.wake.notify_one();
    }

    /// The next key. It stays in the caller's hands until [`Queue::done`] or [`Queue::failed`].
    pub async fn take(&self) -> Key {
        loop {
            let woken = self.wake.notified();
            let next = self.state.lock().next(Instant::now());
            match next {
                Next::Key { key, more } => {
                    if more {
                        self.wake.notify_one();
                    }
                    return key;
                }
                Next::At(at) => {
                    tokio::select! {
                        () = woken => {}
                        () = tokio::time::sleep_until(at) => {}
                    }
                }
                Next::Nothing => woken.await,
            }
        }
    }

    /// The key was looked at; its back-off starts anew.
    pub fn done(&self, key: &Key, look_again: Option<Duration>) {
        let mut state = self.state.lock();
        state.failures.remove(key);
        if let Some(after) = look_again {
            state.delay(key, Instant::now() + after);
        }
        state.release(key);
        drop(state);
        self.wake.notify_one();
    }

    /// The look failed; the key comes back after its back-off.
    pub fn failed(&self, key: &Key) {
        let mut state = self.state.lock();
        let (first, longest) = state.backoff;
        let failures = state.failures.entry(key.clone()).or_default();
        let after = first.saturating_mul(1_u32.checked_shl(*failures).unwrap_or(u32::MAX)).min(longest);
        *failures = (*failures + 1).min(31);
        state.delay(key, Instant::now() + after);
        state.release(key);
        drop(state);
        self.wake.notify_one();
    }

    /// Keys that wait now.
    pub fn len(&self) -> usize {
        self.state.lock().ready.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether nothing waits, is delayed for less than `within`, or is worked on.
    pub fn is_idle(&self, within: Duration) -> bool {
        let state = self.state.lock();
        let soon = Instant::now() + within;
        let delayed = state.delayed.first_key_value().is_some_and(|((at, _), _)| *at <= soon);
        state.ready.is_empty() && state.working.is_empty() && !delayed
    }
}

enum Next {
    Key { key: Key, more: bool },
    At(Instant),
    Nothing,
}

impl State {
    fn add(&mut self, key: &Key) {
        if self.working.contains(key) {
            self.again.insert(key.clone());
        } else if self.waiting.insert(key.clone()) {
            self.ready.push_back(key.clone());
        }
    }

    fn delay(&mut self, key: &Key, at: Instant) {
        match self.delays.get(key) {
            Some((earlier, _)) if *earlier <= at => return,
            Some(later) => {
                self.delayed.remove(later);
            }
            None => {}
        }
        self.sequence += 1;
        self.delays.insert(key.clone(), (at, self.sequence));
        self.delayed.insert((at, self.sequence), key.clone());
    }

    fn next(&mut self, now: Instant) -> Next {
        while let Some(entry) = self.delayed.first_entry()
            && entry.key().0 <= now
        {
            let key = entry.remove();
            self.delays.remove(&key);
            self.add(&key);
        }
        if let Some(key) = self.ready.pop_front() {
            self.waiting.remove(&key);
            self.working.insert(key.clone());
            return Next::Key { key, more: !self.ready.is_empty() };
        }
        self.delayed.first_key_value().map_or(Next::Nothing, |((at, _), _)| Next::At(*at))
    }

    fn release(&mut self, key: &Key) {
        self.working.remove(key);
        if self.again.remove(key) {
            self.add(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_waits_once_and_comes_back_if_it_changed_meanwhile() {
        let queue = Queue::default();
        queue.add(&key("a"));
        queue.add(&key("a"));
        let taken = queue.take().await;
        assert!(queue.is_empty());
        queue.add(&taken);
        assert!(queue.is_empty(), "in hand: not ready for another worker");
        queue.done(&taken, None);
        assert_eq!(&*queue.take().await, "a");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_double_the_wait_and_success_resets_it() {
        let queue = Queue::default();
        queue.add(&key("a"));
        let mut waits = Vec::new();
        for _ in 0..4 {
            let key = queue.take().await;
            let before = Instant::now();
            queue.failed(&key);
            let key = queue.take().await;
            waits.push(before.elapsed().as_millis());
            queue.add(&key);
            queue.failed(&key);
        }
        assert!(waits.is_sorted() && waits[0] >= 5, "{waits:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_earlier_delay_counts() {
        let queue = Queue::default();
        let start = Instant::now();
        queue.add_after(&key("a"), Duration::from_secs(9));
        queue.add_after(&key("a"), Duration::from_secs(3));
        queue.add_after(&key("a"), Duration::from_secs(5));
        queue.take().await;
        assert_eq!(start.elapsed().as_secs(), 3);
    }
}
