//! Mutated data directories: a store opens with a state that it once had, or refuses with a reason; it never panics and
//! never invents. Seeded; bounded by rounds, or by time where `SKEG_FUZZ_SECONDS` says how long.
use skeg_model::time::SystemClock;
use skeg_storage::{Change, Durability, Embedded, Expect, Key, Op, Options, Store, Txn, Window, embedded::FakeDisk};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

const ROUNDS: usize = 300;
const RING: &str = "/registry/pods/";

type State = BTreeMap<String, Vec<u8>>;

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).expect("31 bits") % below
    }
}

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

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return bytes.push(0);
    }
    let at = random.next(bytes.len());
    let to = (at + random.next(24)).min(bytes.len());
    match random.next(5) {
        0 => bytes[at] ^= 1 << random.next(8),
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..to)),
        3 => {
            let piece = bytes[at..to].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => bytes[at] = u8::try_from(random.next(256)).expect("below 256"),
    }
}

#[test]
fn data_directories() {
    let (disk, states) = history();
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let mut random = Random(0x5EED_0010 ^ number("SKEG_FUZZ_SEED").unwrap_or(0));
    let until = number("SKEG_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let (mut rounds, mut opened) = (0, 0);
    while until.map_or(rounds < ROUNDS, |until| Instant::now() < until) {
        let copy = disk.crash(0);
        let files: Vec<(String, Vec<u8>)> = copy.files().into_iter().collect();
        for _ in 0..=random.next(3) {
            let (name, bytes) = &files[random.next(files.len())];
            let mut bytes = bytes.clone();
            mutate(&mut bytes, &mut random);
            copy.put(name, bytes);
        }
        if let Ok(store) = Embedded::open_disk(Arc::new(copy), options()) {
            assert!(states.contains(&state(&store)), "round {rounds}: a state that never was: {:?}", state(&store));
            opened += 1;
        }
        rounds += 1;
    }
    println!("{rounds} directories, {opened} opened");
}
