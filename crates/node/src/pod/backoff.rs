//! Exponential back-off as the kubelet counts it for container restarts and for image pulls.
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// First wait of both kinds.
pub const INITIAL: SignedDuration = SignedDuration::from_secs(10);
/// Longest wait of both kinds where nothing else is said.
pub const LIMIT: SignedDuration = SignedDuration::from_secs(300);

#[derive(Debug, Clone, Copy)]
struct Entry {
    delay: SignedDuration,
    updated: Timestamp,
}

/// Waits by key. An entry that was not needed for twice the limit starts over.
#[derive(Debug, Clone)]
pub struct Backoff {
    limit: SignedDuration,
    entries: HashMap<String, Entry>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::up_to(LIMIT)
    }
}

impl Backoff {
    /// Waits of at most `limit`.
    pub fn up_to(limit: SignedDuration) -> Self {
        Self { limit, entries: HashMap::new() }
    }

    /// Whether an entry was not needed for so long that it starts over.
    fn expired(&self, entry: &Entry, since: Timestamp) -> bool {
        since.duration_since(entry.updated) > self.limit * 2
    }

    /// The wait still owed at `now` after something that happened at `since`; None when it may be tried.
    pub fn owed(&self, key: &str, since: Timestamp, now: Timestamp) -> Option<(SignedDuration, Timestamp)> {
        let entry = self.entries.get(key)?;
        if self.expired(entry, since) {
            return None;
        }
        let until = since.checked_add(entry.delay).unwrap_or(Timestamp::MAX);
        (now < until).then_some((entry.delay, until))
    }

    /// As [`Backoff::owed`], counted from the entry's own last change: what image pulls do.
    pub fn owed_since_update(&self, key: &str, now: Timestamp) -> Option<(SignedDuration, Timestamp)> {
        let entry = self.entries.get(key)?;
        self.owed(key, entry.updated, now)
    }

    /// Notes one more try because of something that happened at `since`.
    pub fn next(&mut self, key: &str, since: Timestamp, now: Timestamp) {
        let entry = self.entries.get(key).filter(|entry| !self.expired(entry, since));
        let delay = entry.map_or(INITIAL, |entry| entry.delay * 2).min(self.limit);
        self.entries.insert(key.to_owned(), Entry { delay, updated: now });
    }

    pub fn forget(&mut self, key: &str) {
        self.entries.remove(key);
    }
}

/// `10s`, `2m40s`: as Go prints a whole number of seconds.
pub fn go_duration(delay: SignedDuration) -> String {
    let seconds = delay.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}
