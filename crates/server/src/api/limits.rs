//! Requests in flight, bounded as upstream's `--max-requests-inflight` bounds them. Long-running requests are aside.
use super::route::RequestInfo;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Debug)]
pub struct Limits {
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
}

/// A place among the requests in flight, given back on drop.
#[derive(Debug)]
#[must_use]
pub struct Place(#[expect(dead_code, reason = "held for its drop")] Option<OwnedSemaphorePermit>);

impl Limits {
    pub fn new(reads: usize, writes: usize) -> Self {
        Self { reads: Arc::new(Semaphore::new(reads)), writes: Arc::new(Semaphore::new(writes)) }
    }

    /// None when all places are taken: the client gets 429. Members of `system:masters` are always served.
    pub fn enter(&self, info: &RequestInfo, privileged: bool) -> Option<Place> {
        let semaphore = if is_read(&info.verb) { &self.reads } else { &self.writes };
        match semaphore.clone().try_acquire_owned() {
            Ok(permit) => Some(Place(Some(permit))),
            Err(_) if privileged => Some(Place(None)),
            Err(_) => None,
        }
    }
}

fn is_read(verb: &str) -> bool {
    matches!(verb, "get" | "list" | "watch")
}

/// Whether the request lives as long as its client wants: watches and streams to nodes.
pub fn is_long_running(info: &RequestInfo) -> bool {
    let streams = matches!(info.subresource.as_str(), "attach" | "exec" | "log" | "portforward" | "proxy");
    info.is_resource && (matches!(info.verb.as_str(), "watch" | "proxy") || streams)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_have_their_own_places() {
        let limits = Limits::new(1, 1);
        let info = |verb: &str| RequestInfo { verb: verb.into(), ..RequestInfo::default() };
        let place = limits.enter(&info("list"), false);
        assert!(place.is_some());
        assert!(limits.enter(&info("get"), false).is_none());
        assert!(limits.enter(&info("get"), true).is_some());
        assert!(limits.enter(&info("create"), false).is_some());
        drop(place);
        assert!(limits.enter(&info("get"), false).is_some());
    }
}
