//! Mutated data directories: a store opens with a state that it once had, or refuses with a reason; it never panics and
//! never invents.
use skeg_model::time::SystemClock;
use skeg_storage::{Change, Durability, Embedded, Expect, Key, Op, Options, Store, Txn, Window, embedded::FakeDisk};
use skeg_testing::fuzz;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const ROUNDS: usize = 300;
const RING: &str = "/registry/pods/";

type State = BTreeMap<String, Vec<u8>>;

/// Small segments and snapshots, so that every kind of file is there.
fn options() -> Options {
    let window = Window { time_min: jiff::SignedDuration::ZERO, ..Window::default() };
    Options {
        window,
        snapshot_log_bytes_min: 600,
        segment_bytes_max: 400,
        keep_free_bytes: 0,
        reserve_bytes: 0,
        ..Options::new(Arc::new(SystemClock), [7; 16])
    }
}

fn state(store: &Embedded) -> State {
    let map = store.snapshot(RING).map;
    map.iter().map(|(key, stored)| (key.to_string(), stored.bytes().to_vec())).collect()
}

/// A directory with some history, left as a crash leaves it, and all states that it has had.
fn history() -> (FakeDisk, BTreeSet<State>) {
    let disk = FakeDisk::new();
    let store = Embedded::open_disk(Arc::new(disk.clone()), options()).expect("an empty disk opens");
    let mut states = BTreeSet::from([State::new()]);
    for n in 0..60_u32 {
        let key = Key { ring: RING.into(), rest: format!("ns/p{}", n % 5).into() };
        let change = if n % 7 == 6 { Change::Delete } else { Change::Put(format!("{{\"n\":{n}}}").into()) };
        let op = Op { key, expect: Expect::Any, change };
        let txn = Txn { ops: vec![op], durability: Durability::Synced };
        futures::executor::block_on(store.commit(txn)).expect("the disk is sound");
        states.insert(state(&store));
    }
    (disk.crash(0), states)
}

#[test]
fn data_directories() {
    let (disk, states) = history();
    let mut opened = 0;
    let rounds = fuzz::fuzz(0x5EED_0010, ROUNDS, |dice| {
        let copy = disk.crash(0);
        let files: Vec<(String, Vec<u8>)> = copy.files().into_iter().collect();
        for _ in 0..=dice.roll(3) {
            let (name, mut bytes) = dice.pick(&files);
            fuzz::mutate(&mut bytes, &[], dice);
            copy.put(&name, bytes);
        }
        if let Ok(store) = Embedded::open_disk(Arc::new(copy), options()) {
            assert!(states.contains(&state(&store)), "a state that never was: {:?}", state(&store));
            opened += 1;
        }
    });
    println!("{rounds} directories, {opened} opened");
}
