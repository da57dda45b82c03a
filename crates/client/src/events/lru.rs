//! A small map that forgets what was used longest ago.
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

#[derive(Debug)]
pub(super) struct Lru<V> {
    entries: FxHashMap<String, (u64, V)>,
    by_use: BTreeMap<u64, String>,
    uses: u64,
    entries_max: usize,
}

impl<V> Lru<V> {
    pub(super) fn new(entries_max: usize) -> Self {
        Self { entries: FxHashMap::default(), by_use: BTreeMap::new(), uses: 0, entries_max }
    }

    /// Takes an entry out.
    pub(super) fn take(&mut self, key: &str) -> Option<V> {
        let (used, value) = self.entries.remove(key)?;
        self.by_use.remove(&used);
        Some(value)
    }

    /// All keys, the one that was used longest ago first.
    pub(super) fn keys(&self) -> Vec<String> {
        self.by_use.values().cloned().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts an entry as the newest.
    pub(super) fn put(&mut self, key: String, value: V) {
        self.take(&key);
        self.uses += 1;
        self.by_use.insert(self.uses, key.clone());
        self.entries.insert(key, (self.uses, value));
        while self.entries.len() > self.entries_max
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.entries.remove(&oldest);
        }
    }
}
