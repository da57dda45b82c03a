//! The contract of every engine, as tests over `dyn Store`.
use crate::{Change, CommitError, Durability, Expect, Expired, Key, Op, Revision, Store, Txn};
use bytes::Bytes;
use futures::{FutureExt, executor::block_on};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use skeg_model::{stored::Event, time::Clock};
use std::sync::Arc;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct Hand(Mutex<Timestamp>);

impl Hand {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::from_second(1_800_000_000).unwrap())))
    }
    pub fn forward(&self, by: SignedDuration) {
        let mut now = self.0.lock();
        *now = now.checked_add(by).unwrap();
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}

pub(crate) const PODS: &str = "/registry/pods/";
pub(crate) const LEASES: &str = "/registry/leases/";

pub(crate) fn key(ring: &str, rest: &str) -> Key {
    Key { ring: ring.into(), rest: rest.into() }
}

pub(crate) fn put(ring: &str, rest: &str, expect: Expect, value: &str) -> Op {
    Op { key: key(ring, rest), expect, change: Change::Put(Bytes::from(format!("{{\"v\":\"{value}\"}}"))) }
}

pub(crate) fn delete(ring: &str, rest: &str, expect: Expect) -> Op {
    Op { key: key(ring, rest), expect, change: Change::Delete }
}

pub(crate) fn commit(store: &dyn Store, ops: Vec<Op>) -> Result<Revision, CommitError> {
    block_on(store.commit(Txn { ops, durability: Durability::Synced })).map(|c| c.revision)
}

fn tell(events: &[Arc<Event>]) -> Vec<String> {
    let revision = |s: &Option<Arc<skeg_model::stored::Stored>>| s.as_ref().map_or(0, |s| s.revision());
    events.iter().map(|e| format!("{} {} {}->{}", e.revision, e.key, revision(&e.old), revision(&e.new))).collect()
}

/// All that the engines have in common, on an empty store whose window is two events and no time.
pub(crate) fn contract(store: &dyn Store) {
    transactions(store);
    reads_and_watches(store);
    block_on(store.close());
    assert!(matches!(commit(store, vec![put(PODS, "x", Expect::Any, "x")]), Err(CommitError::Closed)));
    assert!(store.health().is_err());
}

fn transactions(store: &dyn Store) {
    assert_eq!(store.revision(), 1);
    assert_eq!(commit(store, vec![put(PODS, "a/x", Expect::Absent, "1")]).unwrap(), 2);
    match commit(store, vec![put(PODS, "a/y", Expect::Any, "1"), put(PODS, "a/x", Expect::Absent, "2")]) {
        Err(CommitError::Conflict { index: 1, key, current: Some(now) }) => {
            assert_eq!((&*key.rest, now.revision()), ("a/x", 2));
        }
        other => panic!("{other:?}"),
    }
    assert!(store.get(&key(PODS, "a/y")).is_none(), "a refused transaction leaves nothing");
    let both = vec![put(PODS, "b/z", Expect::Absent, "1"), put(LEASES, "n", Expect::Absent, "1")];
    assert_eq!(commit(store, both).unwrap(), 3);
    assert_eq!(store.get(&key(LEASES, "n")).unwrap().revision(), 3);
    assert_eq!(commit(store, vec![delete(PODS, "nothing", Expect::Any)]).unwrap(), 3, "nothing changed");
    let wrong = commit(store, vec![delete(PODS, "a/x", Expect::Revision(3))]);
    assert!(matches!(wrong, Err(CommitError::Conflict { index: 0, .. })));
    let huge = "x".repeat(crate::TXN_BYTES_MAX);
    assert!(matches!(commit(store, vec![put(PODS, "h", Expect::Any, &huge)]), Err(CommitError::TooLarge { .. })));
    assert_eq!(store.stats().rings.iter().map(|r| r.keys).sum::<usize>(), 3);
}

fn reads_and_watches(store: &dyn Store) {
    let mut watch = store.watch(PODS, 1).unwrap();
    assert_eq!(watch.position(), 1);
    let first = block_on(watch.next(1)).unwrap();
    assert_eq!((tell(&first), watch.position()), (vec!["2 a/x 0->2".to_owned()], 2));
    assert_eq!(tell(&block_on(watch.next(9)).unwrap()), ["3 b/z 0->3"]);
    assert!(watch.next(9).now_or_never().is_none(), "nothing is ready");
    let before = store.snapshot(PODS);
    assert_eq!(commit(store, vec![put(PODS, "a/x", Expect::Revision(2), "2")]).unwrap(), 4);
    assert_eq!(commit(store, vec![delete(PODS, "b/z", Expect::Revision(3))]).unwrap(), 5);
    assert_eq!(commit(store, vec![put(LEASES, "n", Expect::Any, "2")]).unwrap(), 6);
    assert_eq!((before.revision, before.map.len()), (3, 2), "later commits do not show");
    assert_eq!(before.range("a/", None).map(|(k, _)| &**k).collect::<Vec<_>>(), ["a/x"]);
    assert_eq!(before.range("", Some("a/y")).map(|(k, _)| &**k).collect::<Vec<_>>(), ["b/z"]);
    let past = store.snapshot_at(PODS, 3).unwrap();
    assert_eq!((past.revision, past.map["a/x"].revision(), past.map["b/z"].revision()), (3, 2, 3));
    assert_eq!(tell(&block_on(watch.next(9)).unwrap()), ["4 a/x 2->4", "5 b/z 3->0"]);
    assert_eq!(watch.position(), 6, "the lease did not concern this ring");
    let mut slow = store.watch(PODS, 4).unwrap();
    for value in ["3", "4", "5"] {
        commit(store, vec![put(PODS, "a/x", Expect::Any, value)]).unwrap();
    }
    assert_eq!(block_on(slow.next(9)).unwrap_err(), Expired { requested: 4, oldest: 7 });
    assert_eq!(store.snapshot_at(PODS, 6).unwrap_err(), Expired { requested: 6, oldest: 7 });
    assert!(store.snapshot_at(PODS, 7).is_ok());
    assert!(store.watch(PODS, 10).is_err(), "never handed out");
    assert!(store.watch("/registry/unknown/", 9).is_ok());
    let mut end = store.watch(PODS, 9).unwrap();
    let waiting = async {
        let (events, ()) = futures::join!(end.next(1), store.close());
        assert!(events.unwrap().is_empty(), "closed");
    };
    block_on(waiting);
}
