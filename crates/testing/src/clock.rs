//! A clock that moves when told.
use jiff::{SignedDuration, Timestamp};
use skeg_model::time::Clock;
use std::sync::atomic::{AtomicI64, Ordering};

/// Starts at a fixed time; whole seconds.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl Default for FakeClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_750_000_000))
    }
}

impl FakeClock {
    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("test times lie in range")
    }
}

/// Follows tokio's clock, paused or not, from a fixed start; it can also be moved ahead.
#[derive(Debug)]
pub struct TokioClock {
    start: tokio::time::Instant,
    ahead: AtomicI64,
}

impl Default for TokioClock {
    fn default() -> Self {
        Self { start: tokio::time::Instant::now(), ahead: AtomicI64::new(1_750_000_000) }
    }
}

impl TokioClock {
    pub fn advance(&self, by: SignedDuration) {
        self.ahead.fetch_add(by.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let start = Timestamp::from_second(self.ahead.load(Ordering::SeqCst)).expect("test times lie in range");
        start + SignedDuration::try_from(self.start.elapsed()).expect("tests end before that")
    }
}
