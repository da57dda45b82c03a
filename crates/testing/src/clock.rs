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
