//! How the watchers of a ring learn of new events, and how often: telling thousands of them costs milliseconds, so events
//! that come meanwhile wait and are handed out together, one write per watcher instead of one per event.
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Notify, futures::Notified};

/// What it costs to tell one watcher and to write what it sends, about.
const WATCHER_COST: Duration = Duration::from_micros(8);
/// Rings whose watchers cost less than this are told at once of every commit.
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// Longest pause that is reckoned beforehand.
const PAUSE_MAX: Duration = Duration::from_millis(10);
/// Longest time that an event waits for watchers who have not come by since they were last told: a busy machine's.
const BEHIND_MAX: Duration = Duration::from_millis(100);

/// The watchers of one ring.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    notify: Notify,
    watchers: AtomicUsize,
    asleep: AtomicUsize,
    /// Of those who slept when they were last told, how many have not come by; about.
    behind: AtomicUsize,
}

impl Wake {
    /// Wakes all that wait.
    pub fn tell(&self) {
        self.behind.store(self.asleep.load(Ordering::Relaxed), Ordering::Relaxed);
        self.notify.notify_waiters();
    }

    /// Counts a watcher that waits, until the guard is dropped.
    pub fn sleep(&self) -> Asleep<'_> {
        self.asleep.fetch_add(1, Ordering::Relaxed);
        Asleep(self)
    }

    fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed) > 0
    }

    pub fn told(&self) -> Notified<'_> {
        self.notify.notified()
    }

    /// How long the next telling is to wait after this one.
    fn pause(&self) -> Option<Duration> {
        let watchers = u32::try_from(self.watchers.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        let pause = WATCHER_COST.saturating_mul(watchers);
        (pause >= PAUSE_MIN).then_some(pause.min(PAUSE_MAX))
    }
}

/// A watcher that waits.
#[derive(Debug)]
pub(crate) struct Asleep<'w>(&'w Wake);

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.0.asleep.fetch_sub(1, Ordering::Relaxed);
        let one_less = |behind: usize| behind.checked_sub(1);
        let _ = self.0.behind.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
    }
}

/// One watcher's part in its ring's [`Wake`].
#[derive(Debug)]
pub(crate) struct Listening(Arc<Wake>);

impl Listening {
    pub fn new(wake: Arc<Wake>) -> Self {
        wake.watchers.fetch_add(1, Ordering::Relaxed);
        Self(wake)
    }

    pub fn wake(&self) -> Arc<Wake> {
        self.0.clone()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Rings that were told a moment ago. Bounded by the number of rings.
#[derive(Debug, Default)]
pub(crate) struct Pace(Vec<Told>);

#[derive(Debug)]
struct Told {
    wake: Arc<Wake>,
    /// Not to be told again before.
    quiet_until: Instant,
    /// When they were last told.
    told: Instant,
    /// Some were found behind since.
    late: bool,
    /// Something has been published since.
    pending: bool,
}

impl Pace {
    /// Tells the watchers of `wake` at once, or once their pause is over.
    pub fn published(&mut self, wake: Arc<Wake>, now: Instant) {
        if let Some(told) = self.0.iter_mut().find(|told| Arc::ptr_eq(&told.wake, &wake)) {
            told.pending = true;
            return;
        }
        wake.tell();
        if let Some(pause) = wake.pause() {
            self.0.push(Told { wake, quiet_until: now + pause, told: now, late: false, pending: false });
        }
    }

    /// When [`Self::tell_due`] has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.iter().filter(|told| told.pending).map(|told| told.quiet_until).min()
    }

    /// Tells those whose pause is over.
    pub fn tell_due(&mut self, now: Instant) {
        self.0.retain_mut(|told| {
            if told.quiet_until > now {
                return true;
            }
            let latest = told.told + BEHIND_MAX;
            if told.wake.is_behind() && latest > now {
                told.late = true;
                told.quiet_until = now + PAUSE_MIN;
                return true;
            }
            if std::mem::take(&mut told.late) && latest > now {
                // As long a rest as the telling took: a machine that is busy with it has to get to other work, too.
                told.quiet_until = (now + (now - told.told)).min(latest);
                return true;
            }
            if !std::mem::take(&mut told.pending) {
                return false;
            }
            told.wake.tell();
            told.quiet_until = now + told.wake.pause().unwrap_or_default();
            told.told = now;
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn ring(watchers: usize) -> (Arc<Wake>, Vec<Listening>) {
        let wake = Arc::new(Wake::default());
        let listening = (0..watchers).map(|_| Listening::new(wake.clone())).collect();
        (wake, listening)
    }

    /// Publishes at the given milliseconds; answers when the watchers were told.
    fn check(watchers: usize, published: &[u64], told: &[u64]) {
        let (wake, _listening) = ring(watchers);
        let mut pace = Pace::default();
        let start = Instant::now();
        let mut seen = Vec::new();
        for at in 0..100 {
            let now = start + Duration::from_millis(at);
            let waiting = wake.told();
            let mut waiting = std::pin::pin!(waiting);
            waiting.as_mut().enable();
            pace.tell_due(now);
            if published.contains(&at) {
                pace.published(wake.clone(), now);
            }
            if waiting.now_or_never().is_some() {
                seen.push(at);
            }
        }
        assert_eq!(seen, told, "{watchers} watchers");
        assert_eq!(pace.deadline(), None);
    }

    #[test]
    fn few_watchers_are_told_at_once() {
        check(3, &[1, 2, 3, 50], &[1, 2, 3, 50]);
    }

    #[test]
    fn many_watchers_are_told_together() {
        check(500, &[1, 2, 3, 4, 50], &[1, 5, 50]);
        check(1_000_000, &[1, 2, 12, 13], &[1, 11, 21]);
    }

    #[test]
    fn a_telling_waits_for_those_who_are_behind() {
        let (wake, _listening) = ring(500);
        let (mut pace, start) = (Pace::default(), Instant::now());
        let at = |millis: u64| start + Duration::from_millis(millis);
        let told = || !wake.is_behind();
        let slow = [wake.sleep(), wake.sleep()];
        pace.published(wake.clone(), at(0));
        assert!(!told(), "told, and nobody has come by");
        pace.published(wake.clone(), at(1));
        pace.tell_due(at(20));
        assert_eq!(pace.deadline(), Some(at(21)));
        drop(slow);
        pace.tell_due(at(22));
        assert_eq!(pace.deadline(), Some(at(44)), "a rest as long as the telling took");
        pace.tell_due(at(44));
        assert_eq!(pace.deadline(), None, "told again");
        let _stuck = wake.sleep();
        pace.published(wake.clone(), at(50));
        pace.tell_due(at(51));
        pace.published(wake.clone(), at(52));
        pace.tell_due(at(152));
        assert_eq!(pace.deadline(), None, "the stuck keep nobody waiting for ever");
    }

    #[test]
    fn watchers_that_left_cost_nothing() {
        let (wake, listening) = ring(1000);
        assert!(wake.pause().is_some());
        drop(listening);
        assert_eq!(wake.pause(), None);
    }
}
