//! A transport that keeps to a number of calls a second, as upstream's clients do: a bucket of tokens that fills steadily.
//! Callers wait for their turn in the order in which they came; watches pass freely.
use crate::{
    discovery::Discovered,
    transport::{SharedTransport, Transport},
};
use futures::{future::BoxFuture, stream::BoxStream};
use parking_lot::Mutex;
use skeg_model::{
    request::{Call, ListOptions, Reply, Target, WatchEvent},
    status::Status,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// When each call may go; pure, so that time is an argument.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Between two tokens.
    every: Duration,
    /// How far ahead of its time the bucket may be filled.
    ahead: Duration,
    /// When the bucket would be empty if nothing more were taken.
    empty_at: Instant,
}

impl Bucket {
    fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let every = Duration::from_secs(1) / per_second.max(1);
        let ahead = every * burst.max(1);
        Self { every, ahead, empty_at: now.checked_sub(ahead).unwrap_or(now) }
    }

    /// Takes a token; says when it counts.
    fn take(&mut self, now: Instant) -> Instant {
        let full = now.checked_sub(self.ahead).unwrap_or(now);
        self.empty_at = self.empty_at.max(full) + self.every;
        self.empty_at.max(now)
    }
}

#[derive(Debug)]
struct Paced {
    inner: SharedTransport,
    bucket: Mutex<Bucket>,
}

/// The transport with at most `per_second` calls, `burst` at once. 0 calls a second: no limit.
pub fn paced(inner: SharedTransport, per_second: u32, burst: u32) -> SharedTransport {
    if per_second == 0 {
        return inner;
    }
    Arc::new(Paced { inner, bucket: Mutex::new(Bucket::new(per_second, burst, Instant::now())) })
}

impl Transport for Paced {
    fn call<'a>(&'a self, target: &'a Target, call: Call) -> BoxFuture<'a, Result<Reply, Status>> {
        Box::pin(async move {
            let turn = self.bucket.lock().take(Instant::now());
            tokio::time::sleep_until(turn).await;
            self.inner.call(target, call).await
        })
    }

    fn discover(&self) -> BoxFuture<'_, Result<Discovered, Status>> {
        self.inner.discover()
    }

    fn watch<'a>(
        &'a self,
        target: &'a Target,
        options: ListOptions,
    ) -> BoxFuture<'a, Result<BoxStream<'static, Result<WatchEvent, Status>>, Status>> {
        self.inner.watch(target, options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_in_step() {
        let start = Instant::now() + Duration::from_secs(100);
        let mut bucket = Bucket::new(10, 3, start);
        let waits: Vec<u128> = (0..5).map(|_| (bucket.take(start) - start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        let later = start + Duration::from_secs(60);
        assert_eq!((0..3).map(|_| bucket.take(later)).filter(|turn| *turn == later).count(), 3, "it fills up again");
        assert!(bucket.take(later) > later);
    }
}
