//! Time as a value. Only a [`Clock`] handed in by the wiring knows what time it is.
use jiff::Timestamp;

/// Source of the present. The real one lives in the binary's wiring, fakes in tests.
pub trait Clock: Send + Sync + std::fmt::Debug {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// `metav1.Time` as written on the wire: RFC 3339, UTC, whole seconds.
pub fn rfc3339_seconds(t: Timestamp) -> String {
    t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `metav1.MicroTime` as written on the wire: six fractional digits.
pub fn rfc3339_micros(t: Timestamp) -> String {
    t.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// A clock that never goes back: after the machine's clock was set back it stands still until it is caught up.
#[derive(Debug)]
pub struct MonotonicClock<C> {
    inner: C,
    newest_nanos: std::sync::atomic::AtomicI64,
}

impl<C: Clock> MonotonicClock<C> {
    /// Never tells a time before `floor`.
    pub fn new(inner: C, floor: Timestamp) -> Self {
        Self { inner, newest_nanos: nanos(floor).into() }
    }
}

impl<C: Clock> Clock for MonotonicClock<C> {
    fn now(&self) -> Timestamp {
        let now = nanos(self.inner.now());
        let newest = self.newest_nanos.fetch_max(now, std::sync::atomic::Ordering::Relaxed).max(now);
        Timestamp::from_nanosecond(i128::from(newest)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// Nanoseconds since 1970; the years that an `i64` cannot hold (after 2262) count as its end.
fn nanos(t: Timestamp) -> i64 {
    i64::try_from(t.as_nanosecond()).unwrap_or(i64::MAX)
}
