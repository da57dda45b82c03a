//! The embedded engine against the contract, against the reference, and against faults.
use super::*;
use crate::{
    Durability, Expect, Op,
    contract::{Hand, LEASES, PODS, commit, contract, delete, key, put},
    memory::Memory,
    world::World,
};
use futures::{FutureExt, executor::block_on, future::join_all};
use jiff::SignedDuration;
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;

fn options() -> Options {
    Options {
        flush_after: Duration::from_secs(3600),
        keep_free_bytes: 0,
        reserve_bytes: 0,
        ..Options::new(Hand::new(), [7; 16])
    }
}

fn open(disk: &FakeDisk) -> Embedded {
    Embedded::open_disk(Arc::new(disk.clone()), options()).unwrap()
}

fn open_error(disk: &FakeDisk) -> String {
    Embedded::open_disk(Arc::new(disk.clone()), options()).unwrap_err().to_string()
}

fn unsynced(store: &dyn Store, ops: Vec<Op>) -> Revision {
    block_on(store.commit(Txn { ops, durability: Durability::Unsynced })).unwrap().revision
}

fn last_log(disk: &FakeDisk) -> String {
    disk.files().into_keys().rfind(|n| n.starts_with("log-")).unwrap()
}

#[test]
fn keeps_the_contract() {
    let window = Window { events_max: 2, bytes_max: 1 << 20, time_min: SignedDuration::ZERO };
    let disk = Arc::new(FakeDisk::new());
    contract(&Embedded::open_disk(disk, Options { window, ..options() }).unwrap());
}

#[test]
fn watches_resume_after_a_restart() {
    let disk = FakeDisk::new();
    let store = open(&disk);
    for value in ["1", "2", "3"] {
        commit(&store, vec![put(PODS, "a", Expect::Any, value)]).unwrap();
    }
    block_on(store.close());
    drop(store);
    let store = open(&disk);
    assert_eq!(store.revision(), 4, "a clean stop takes no revision");
    let events = block_on(store.watch(PODS, 2).unwrap().next(9)).unwrap();
    let seen: Vec<_> = events.iter().map(|e| (e.revision, e.old.as_ref().unwrap().revision())).collect();
    assert_eq!(seen, [(3, 2), (4, 3)]);
    assert_eq!(store.snapshot_at(PODS, 3).unwrap().map["a"].revision(), 3);
    assert_eq!(store.last_write_time(), Some(options().clock.now()));
}

#[test]
fn a_revision_is_never_handed_out_twice() {
    let disk = FakeDisk::new();
    let store = open(&disk);
    assert_eq!(commit(&store, vec![put(PODS, "a", Expect::Any, "1")]).unwrap(), 2);
    let cursor = store.watch(LEASES, 1).unwrap();
    assert_eq!(unsynced(&store, vec![put(LEASES, "n", Expect::Any, "1")]), 3);
    assert_eq!(store.get(&key(LEASES, "n")).unwrap().revision(), 3);
    assert_eq!((store.revision(), cursor.position()), (3, 2), "bookmarks stay behind the durable mark");
    // Seed 0 loses all that was not synced.
    let lost = (0..).map(|seed| disk.crash(seed)).find(|d| d.files()[&last_log(d)].len() < 120).unwrap();
    let after = open(&lost);
    assert_eq!(after.revision(), 2 + REVISION_JUMP);
    assert!(after.get(&key(LEASES, "n")).is_none());
    assert!(after.watch(PODS, 2).is_ok(), "what was durable goes on");
    assert!(after.watch(PODS, 3).is_err(), "this one may have been seen, and is gone");
    assert!(after.snapshot_at(PODS, 3).is_err());
    assert!(commit(&after, vec![put(PODS, "a", Expect::Any, "2")]).unwrap() > 3);
    drop(after);
    assert!(open(&lost).watch(PODS, 3).is_err(), "the gap is remembered");
}

#[test]
fn the_unsynced_class_is_flushed_by_time_and_by_close() {
    let disk = FakeDisk::new();
    let prompt = Options { flush_after: Duration::ZERO, ..options() };
    let store = Embedded::open_disk(Arc::new(disk.clone()), prompt).unwrap();
    unsynced(&store, vec![put(LEASES, "n", Expect::Any, "1")]);
    let cursor = store.watch(LEASES, 2).unwrap();
    while cursor.position() < 2 {
        std::thread::yield_now();
    }
    assert!(open(&disk.crash(0)).get(&key(LEASES, "n")).is_some());
    drop(store);
    let store = open(&disk);
    unsynced(&store, vec![put(LEASES, "m", Expect::Any, "1")]);
    drop(store);
    assert!(open(&disk.crash(0)).get(&key(LEASES, "m")).is_some());
}

#[test]
fn a_failed_sync_refuses_writes_and_keeps_reads() {
    let disk = FakeDisk::new();
    let store = open(&disk);
    commit(&store, vec![put(PODS, "a", Expect::Any, "1")]).unwrap();
    disk.set(Fault::Sync { after: 0 });
    for name in ["b", "c"] {
        match commit(&store, vec![put(PODS, name, Expect::Any, "1")]) {
            Err(CommitError::Unavailable(why)) => assert!(why.contains("sync failed"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(store.health().unwrap_err().contains("Check the disk"));
    assert_eq!(store.snapshot(PODS).map.len(), 1);
    let mut watch = store.watch(PODS, 1).unwrap();
    assert_eq!(block_on(watch.next(9)).unwrap().len(), 1);
    drop(store);
    for seed in 0..20 {
        let after = open(&disk.crash(seed));
        assert!(after.get(&key(PODS, "a")).is_some());
        assert!(after.get(&key(PODS, "c")).is_none());
    }
}

#[test]
fn on_a_full_disk_deletions_work() {
    let disk = FakeDisk::new();
    let roomy = Options { keep_free_bytes: 4 << 10, reserve_bytes: 16 << 10, ..options() };
    let store = Embedded::open_disk(Arc::new(disk.clone()), roomy).unwrap();
    commit(&store, vec![put(PODS, "a", Expect::Any, "1")]).unwrap();
    assert!(disk.files().contains_key("reserve"));
    let used: usize = disk.files().values().map(Vec::len).sum();
    disk.set(Fault::Capacity { bytes: (16 << 10) + used as u64 + 10_000 });
    let value = "x".repeat(3000);
    let mut refused = None;
    for at in 0..10 {
        match commit(&store, vec![put(PODS, &format!("p{at}"), Expect::Any, &value)]) {
            Ok(_) => {}
            Err(CommitError::Unavailable(why)) => refused = Some(why),
            Err(other) => panic!("{other:?}"),
        }
    }
    let why = refused.expect("the disk is full");
    assert!(why.contains("is full") && store.health().unwrap_err().contains("is full"), "{why}");
    assert!(store.get(&key(PODS, "p0")).is_some());
    commit(&store, vec![delete(PODS, "p0", Expect::Any)]).unwrap();
    assert!(store.get(&key(PODS, "p0")).is_none());
    disk.enlarge();
    commit(&store, vec![put(PODS, "b", Expect::Any, "1")]).unwrap();
    assert!(store.health().is_ok());
    drop(store);
    let store = open(&disk);
    assert!(store.get(&key(PODS, "p0")).is_none() && store.get(&key(PODS, "b")).is_some());
}

#[test]
fn a_disk_full_of_old_versions_heals_itself() {
    let disk = FakeDisk::new();
    let keeping = Options { keep_free_bytes: 8 << 10, ..options() };
    let store = Embedded::open_disk(Arc::new(disk.clone()), keeping).unwrap();
    disk.set(Fault::Capacity { bytes: 30_000 });
    let value = "x".repeat(1000);
    let mut refusals = 0;
    for _ in 0..200 {
        while let Err(error) = commit(&store, vec![put(PODS, "a", Expect::Any, &value)]) {
            assert!(matches!(error, CommitError::Unavailable(_)), "{error}");
            refusals += 1;
            std::thread::yield_now();
        }
    }
    assert!(refusals > 0 && store.revision() == 201);
    drop(store);
    assert_eq!(open(&disk).get(&key(PODS, "a")).unwrap().revision(), 201);
}

#[test]
fn directories_are_told_apart() {
    let disk = FakeDisk::new();
    disk.put("precious.txt", vec![1]);
    assert!(open_error(&disk).contains("\"precious.txt\", which is not Skeg's"));
    let disk = FakeDisk::new();
    let store = open(&disk);
    assert!(open_error(&disk).contains("in use by process 1"));
    drop(store);
    let other = FakeDisk::new();
    let foreign = Options { identity: [8; 16], ..options() };
    drop(Embedded::open_disk(Arc::new(other.clone()), foreign).unwrap());
    let log = last_log(&other);
    disk.put(&log, other.files().remove(&log).unwrap());
    assert!(open_error(&disk).contains("belongs to another data directory"));
    let disk = FakeDisk::new();
    drop(open(&disk));
    let mut newer = disk.files().remove("identity").unwrap();
    newer[8] = 2;
    let crc = crc32c::crc32c(&newer[..format::HEADER_BYTES]);
    newer[format::HEADER_BYTES..].copy_from_slice(&crc.to_le_bytes());
    disk.put("identity", newer);
    assert!(open_error(&disk).contains("format version 2"));
}

#[test]
fn a_real_directory_is_private_and_claimed() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("a/store");
    let real = || Embedded::open(&dir, Options { reserve_bytes: 4096, ..options() });
    let store = real().unwrap();
    commit(&store, vec![put(PODS, "a", Expect::Any, "1")]).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    let files: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(files.len() == 4 && files.iter().all(|f| mode(f) == 0o600), "{files:?}");
    let taken = real().unwrap_err().to_string();
    assert!(taken.contains(&format!("in use by process {}:", std::process::id())), "{taken}");
    drop(store);
    assert!(real().unwrap().get(&key(PODS, "a")).is_some());
    let foreign = Embedded::open(parent.path(), options()).unwrap_err().to_string();
    assert!(foreign.contains("which is not Skeg's"), "{foreign}");
    let left: Vec<_> = std::fs::read_dir(parent.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "a foreign directory is not touched");
}

#[test]
fn damage_in_the_middle_refuses_the_start() {
    let disk = FakeDisk::new();
    let store = open(&disk);
    let mut ends = Vec::new();
    for value in ["1", "2", "3"] {
        commit(&store, vec![put(PODS, "a", Expect::Any, value)]).unwrap();
        ends.push(disk.files()[&last_log(&disk)].len());
    }
    let crashed = disk.crash(0);
    // The last write has nothing after it that vouches for it; all before has.
    for byte in 0..ends[1] {
        let copy = crashed.crash(0);
        copy.flip(&last_log(&copy), byte, byte as u8);
        let error = open_error(&copy);
        assert!(error.contains("damaged at byte") || error.contains("not the one expected"), "{byte}: {error}");
        assert_eq!(copy.files().len(), crashed.files().len(), "nothing was changed");
    }
    let copy = crashed.crash(0);
    copy.flip(&last_log(&copy), ends[1] + 30, 0);
    assert_eq!(open(&copy).get(&key(PODS, "a")).unwrap().revision(), 3, "as a torn end");
}

/// Encrypts by turning every bit.
#[derive(Debug)]
struct Turn;

impl Transformer for Turn {
    fn seal(&self, key: &Key, plain: &[u8]) -> Result<Option<Vec<u8>>, String> {
        Ok((&*key.ring == PODS).then(|| plain.iter().map(|b| !b).collect()))
    }
    fn open(&self, _: &Key, sealed: &[u8]) -> Result<Bytes, String> {
        Ok(sealed.iter().map(|b| !b).collect())
    }
}

#[test]
fn values_are_sealed_at_rest() {
    let disk = FakeDisk::new();
    let sealing = || Options { transformer: Some(Arc::new(Turn)), snapshot_log_bytes_min: 1, ..snapping() };
    let store = Embedded::open_disk(Arc::new(disk.clone()), sealing()).unwrap();
    commit(&store, vec![put(PODS, "a", Expect::Any, "geheim"), put(LEASES, "a", Expect::Any, "offen")]).unwrap();
    commit(&store, vec![put(PODS, "b", Expect::Any, "geheim")]).unwrap();
    drop(store);
    let holds = |text: &str| disk.files().values().any(|f| f.windows(text.len()).any(|w| w == text.as_bytes()));
    assert!(disk.files().keys().any(|n| n.starts_with("snapshot-")));
    assert!(holds("offen") && !holds("geheim"));
    assert!(open_error(&disk).contains("configure the keys"));
    let store = Embedded::open_disk(Arc::new(disk.clone()), sealing()).unwrap();
    assert_eq!(store.get(&key(PODS, "a")).unwrap().bytes(), "{\"v\":\"geheim\"}");
}

/// Options under which every few commits make a segment and a snapshot.
fn snapping() -> Options {
    let window = Window { time_min: SignedDuration::ZERO, ..Window::default() };
    Options { snapshot_log_bytes_min: 600, segment_bytes_max: 400, window, ..options() }
}

#[test]
fn a_bad_snapshot_is_passed_over() {
    let disk = FakeDisk::new();
    let store = Embedded::open_disk(Arc::new(disk.clone()), snapping()).unwrap();
    for at in 0..200 {
        commit(&store, vec![put(PODS, &format!("p{}", at % 7), Expect::Any, &at.to_string())]).unwrap();
    }
    let before = state(&store);
    drop(store);
    let snapshots: Vec<_> = disk.files().into_keys().filter(|n| n.starts_with("snapshot-")).collect();
    assert_eq!(snapshots.len(), 2, "older ones are removed");
    for bad in &snapshots {
        let copy = disk.crash(0);
        copy.flip(bad, 60, 1);
        assert_eq!(state(&open(&copy)), before);
    }
    let copy = disk.crash(0);
    snapshots.iter().for_each(|bad| copy.flip(bad, 60, 1));
    assert!(open_error(&copy).contains("damaged at byte"));
}

type State = BTreeMap<(String, String), (Revision, Bytes)>;

fn state(store: &dyn Store) -> State {
    let entries = |ring: &'static str| {
        let map = store.snapshot(ring).map;
        let one =
            |(k, v): (&Arc<str>, &Arc<Stored>)| ((ring.to_owned(), k.to_string()), (v.revision(), v.bytes().clone()));
        map.iter().map(one).collect::<Vec<_>>()
    };
    [PODS, LEASES].into_iter().flat_map(entries).collect()
}

/// A store in memory that goes on from a state.
fn reference(state: &State, revision: Revision) -> Memory {
    let mut world = World::new(Window::default());
    for ((ring, rest), (revision, bytes)) in state {
        let stored = Arc::new(Stored::new(bytes.clone(), *revision));
        world.load(&ring.as_str().into(), &rest.as_str().into(), stored);
    }
    world.start_at(revision, None);
    Memory::with_world(Hand::new(), world)
}

#[derive(Debug, Clone)]
struct Step {
    ops: Vec<(bool, u8, u8, u8)>,
    unsynced: bool,
}

impl Step {
    /// Expectations mostly hold: they are made from the present state.
    fn txn(&self, now: &State) -> Txn {
        let mut ops = Vec::new();
        for (at, (lease, name, kind, value)) in self.ops.iter().enumerate() {
            let (ring, rest) = (if *lease { LEASES } else { PODS }, format!("ns/k{}", name % 5));
            let revision = now.get(&(ring.to_owned(), rest.clone())).map(|(r, _)| *r);
            let expect = match (kind % 4, revision) {
                (0, _) => Expect::Any,
                (1, _) => Expect::Absent,
                (_, Some(r)) => Expect::Revision(r),
                (_, None) => Expect::Absent,
            };
            ops.push(match kind / 64 {
                0 => delete(ring, &rest, expect),
                1 if at > 0 => Op { change: crate::Change::Check, ..delete(ring, &rest, expect) },
                _ => put(ring, &rest, expect, &"v".repeat(usize::from(*value))),
            });
        }
        let durability = if self.unsynced { Durability::Unsynced } else { Durability::Synced };
        Txn { ops, durability }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let op = (any::<bool>(), any::<u8>(), any::<u8>(), any::<u8>());
    (vec(op, 1..4), prop::bool::weighted(0.3)).prop_map(|(ops, unsynced)| Step { ops, unsynced })
}

#[derive(Debug, Clone)]
struct Epoch {
    steps: Vec<Step>,
    /// Steps are submitted together in groups of this size.
    together: usize,
    power_off_after: u64,
    sync_fails_after: Option<u64>,
    clean: bool,
    seed: u64,
}

fn epoch() -> impl Strategy<Value = Epoch> {
    let faults = (0u64..120, prop::option::weighted(0.2, 0u64..20), prop::bool::weighted(0.2), any::<u64>());
    (vec(step(), 1..40), 1usize..5, faults).prop_map(|(steps, together, (off, fails, clean, seed))| Epoch {
        steps,
        together,
        power_off_after: off,
        sync_fails_after: fails,
        clean,
        seed,
    })
}

/// The states that a crash may leave, by revision, and the oldest one that it must not fall behind.
struct History {
    states: BTreeMap<Revision, State>,
    acknowledged: Revision,
}

/// Runs an epoch's steps on the store and, in the order of revisions, on the reference.
fn run(store: &dyn Store, epoch: &Epoch, history: &mut History) {
    let model = reference(&history.states[&store.revision()], store.revision());
    for group in epoch.steps.chunks(epoch.together) {
        let now = state(&model);
        let txns: Vec<Txn> = group.iter().map(|s| s.txn(&now)).collect();
        let answers = block_on(join_all(txns.iter().map(|t| store.commit(t.clone()))));
        let mut done: Vec<_> = txns.iter().zip(answers).collect();
        if epoch.together == 1 {
            check_alone(done[0].0, &done[0].1, &model);
        }
        let failed: Vec<&Txn> =
            done.iter().filter(|(_, a)| matches!(a, Err(CommitError::Unavailable(_)))).map(|(txn, _)| *txn).collect();
        done.sort_by_key(|(_, answer)| answer.as_ref().map_or(u64::MAX, |c| c.revision));
        for (txn, answer) in &done {
            match answer {
                Ok(committed) => {
                    let model_answer = block_on(model.commit((*txn).clone())).unwrap();
                    if epoch.together == 1 || model_answer.puts.iter().any(Option::is_some) {
                        assert_eq!(model_answer.revision, committed.revision);
                    }
                    history.states.insert(model.revision(), state(&model));
                    if txn.durability == Durability::Synced && model_answer.puts.iter().any(Option::is_some) {
                        history.acknowledged = history.acknowledged.max(committed.revision);
                    }
                }
                Err(CommitError::Unavailable(_) | CommitError::Conflict { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(state(store), state(&model));
        unacknowledged(&model, &failed, history);
        if store.health().is_err() {
            return;
        }
    }
}

fn check_alone(txn: &Txn, answer: &Result<Committed, CommitError>, model: &Memory) {
    let twin = reference(&state(model), model.revision());
    match (answer, block_on(twin.commit(txn.clone()))) {
        (Ok(a), Ok(b)) => assert_eq!(a.revision, b.revision),
        (Err(CommitError::Conflict { index: a, .. }), Err(CommitError::Conflict { index: b, .. })) => assert_eq!(*a, b),
        (Err(CommitError::Unavailable(_)), _) => {}
        other => panic!("{other:?}"),
    }
}

/// A batch that failed may still be found: the states it would have led to, in the order it was sent.
fn unacknowledged(model: &Memory, txns: &[&Txn], history: &mut History) {
    let twin = reference(&state(model), model.revision());
    for txn in txns {
        if block_on(twin.commit((*txn).clone())).is_ok() {
            history.states.entry(twin.revision()).or_insert_with(|| state(&twin));
        }
    }
}

fn check_crashes(epochs: &[Epoch]) {
    let mut disk = FakeDisk::new();
    let mut history = History { states: BTreeMap::from([(1, State::new())]), acknowledged: 1 };
    for epoch in epochs {
        let store = Embedded::open_disk(Arc::new(disk.clone()), snapping()).unwrap();
        let found = state(&store);
        let base = history.states.range(..=store.revision()).rev().find(|(_, s)| **s == found);
        let (revision, _) = base.unwrap_or_else(|| panic!("no such state: {found:?}"));
        assert!(*revision >= history.acknowledged, "acknowledged {}, found {revision}", history.acknowledged);
        history = History { states: BTreeMap::from([(store.revision(), found)]), acknowledged: store.revision() };
        if !epoch.clean {
            disk.set(Fault::PowerOff { after: epoch.power_off_after });
            epoch.sync_fails_after.iter().for_each(|n| disk.set(Fault::Sync { after: *n }));
        }
        run(&store, epoch, &mut history);
        if epoch.clean {
            block_on(store.close());
            assert!(store.commit(Txn::default()).now_or_never().is_some());
            history.acknowledged = store.revision();
        } else {
            // Nothing reaches the disk any more, so dropping the store adds nothing.
            disk.set(Fault::PowerOff { after: 0 });
        }
        drop(store);
        disk = disk.crash(epoch.seed);
    }
    drop(Embedded::open_disk(Arc::new(disk), snapping()).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn crashes_lose_nothing_acknowledged(epochs in vec(epoch(), 1..5)) {
        check_crashes(&epochs);
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in vec(any::<u8>(), 0..400)) {
        let header = Header { kind: FileKind::Log, identity: [7; 16], number: 1, revision: 1 };
        drop(Record::decode(&bytes));
        drop(Header::decode(FileKind::Log, &bytes));
        let mut file = header.encode();
        file.extend_from_slice(&bytes);
        assert!(format::scan(&header, &file).frames.is_empty());
    }

    #[test]
    fn flipped_bits_never_change_what_is_read(at in any::<prop::sample::Index>(), bit in any::<u8>()) {
        let disk = FakeDisk::new();
        let store = Embedded::open_disk(Arc::new(disk.clone()), snapping()).unwrap();
        let mut states = vec![state(&store)];
        for n in 0..30u32 {
            commit(&store, vec![put(PODS, &format!("p{}", n % 4), Expect::Any, &n.to_string())]).unwrap();
            states.push(state(&store));
        }
        drop(store);
        let files: Vec<(String, usize)> = disk.files().into_iter().filter(|(_, f)| !f.is_empty()).map(|(n, f)| (n, f.len())).collect();
        let total: usize = files.iter().map(|(_, len)| len).sum();
        let mut byte = at.index(total);
        for (name, len) in files {
            if byte < len {
                disk.flip(&name, byte, bit);
                break;
            }
            byte -= len;
        }
        if let Ok(store) = Embedded::open_disk(Arc::new(disk), snapping()) {
            // The clean stop's mark is the only thing after the last write: its loss is a torn end.
            assert!(states.last() == Some(&state(&store)), "{:?}", state(&store));
        }
    }
}
