//! `kill -9` at random points under load: what a child process acknowledged over a pipe is found by the next one.
//! `SKEG_KILL_ROUNDS` sets the number of rounds, `SKEG_KILL_SEED` where the points lie.
#![expect(clippy::unwrap_used, reason = "a test with a main of its own")]
use skeg_model::time::SystemClock;
use skeg_storage::{
    Change, Durability, Embedded, Expect, Key, Op, Options, Store, Txn, Window, embedded::REVISION_JUMP,
};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

const ROUNDS: u64 = 200;
/// Directories that are tried at the same time: most of a round is waiting for the disk.
const LANES: u64 = 4;
const WRITERS: u64 = 8;
const CHILD: &str = "SKEG_KILL_CHILD_DIR";
const RINGS: [&str; 2] = ["/registry/pods/", "/registry/services/specs/"];

fn main() {
    match std::env::var_os(CHILD) {
        Some(dir) => child(Path::new(&dir)),
        None => parent(),
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

/// What a child told: `found W N` at its start, `revision R` once it has read everything, `wrote W N R` after each
/// acknowledgement, `seen R` after each unsynced one.
#[derive(Debug, Default)]
struct Told {
    found: BTreeMap<u64, u64>,
    start: u64,
    wrote: BTreeMap<u64, u64>,
    newest: u64,
}

impl Told {
    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let n = |at: usize| words[at].parse::<u64>().unwrap();
        match words[0] {
            "found" => drop(self.found.insert(n(1), n(2))),
            "revision" => self.start = n(1),
            "wrote" => {
                self.wrote.insert(n(1), n(2));
                self.newest = self.newest.max(n(3));
            }
            "seen" => self.newest = self.newest.max(n(1)),
            other => panic!("{other}"),
        }
    }
}

fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

fn parent() {
    let rounds = number("SKEG_KILL_ROUNDS", ROUNDS);
    let seed = number("SKEG_KILL_SEED", 0x5EED);
    std::thread::scope(|scope| {
        for lane in 0..LANES {
            let share = rounds / LANES + u64::from(lane < rounds % LANES);
            scope.spawn(move || lives(share, (seed + lane) << 1 | 1));
        }
    });
    println!("{rounds} rounds of kill -9, nothing acknowledged was lost");
}

/// Kills one store after the other in a directory of its own.
fn lives(rounds: u64, mut seed: u64) {
    let dir = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut newest, mut total) = (BTreeMap::<u64, u64>::new(), 0, 0);
    for round in 0..rounds {
        let told = one_life(&dir.path().join("store"), random(&mut seed) % 250);
        if told.start > 0 {
            for (writer, n) in &acknowledged {
                let found = told.found.get(writer).copied().unwrap_or(0);
                assert!(found >= *n, "round {round}: writer {writer} acknowledged {n}, found {found}");
                assert!(found <= n + 1, "round {round}: writer {writer} sent {}, found {found}", n + 1);
            }
            assert!(told.start > newest, "round {round}: revision {newest} was seen, goes on at {}", told.start);
            acknowledged = told.found.clone();
        }
        total += told.wrote.len() as u64;
        acknowledged.extend(told.wrote);
        newest = newest.max(told.newest);
    }
    assert!(total > 0 || rounds < 10, "no child lived long enough to write");
}

/// Starts a child, kills it after `lines` lines, and reads what it had still said.
fn one_life(dir: &Path, lines: u64) -> Told {
    let exe = std::env::current_exe().unwrap();
    let mut child = Command::new(exe).env(CHILD, dir).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut told = Told::default();
    let mut line = String::new();
    for at in 0.. {
        if at == lines {
            child.kill().unwrap();
        }
        line.clear();
        if output.read_line(&mut line).unwrap() == 0 {
            break;
        }
        // Killed in the middle of a line: the acknowledgement was not given.
        if let Some(whole) = line.strip_suffix('\n') {
            told.line(whole);
        }
    }
    let status = child.wait().unwrap();
    assert!(status.code().is_none(), "the child ended by itself: {status}");
    told
}

fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).expect("the parent reads");
}

fn key(ring: &str, rest: String) -> Key {
    Key { ring: ring.into(), rest: rest.into() }
}

fn count_of(store: &dyn Store, ring: &str, writer: u64) -> u64 {
    let Some(stored) = store.get(&key(ring, format!("w{writer}"))) else { return 0 };
    let tree: serde_json::Value = serde_json::from_slice(stored.bytes()).unwrap();
    tree["n"].as_u64().unwrap()
}

fn child(dir: &Path) {
    let window = Window { time_min: jiff::SignedDuration::ZERO, ..Window::default() };
    let small = Options {
        window,
        snapshot_log_bytes_min: 48 << 10,
        segment_bytes_max: 24 << 10,
        ..Options::new(Arc::new(SystemClock), [3; 16])
    };
    let store = Arc::new(Embedded::open(dir, small).unwrap_or_else(|e| panic!("{e}")));
    assert!(store.revision() == 1 || store.revision() > REVISION_JUMP);
    for writer in 0..WRITERS {
        let found = RINGS.map(|ring| count_of(&*store, ring, writer));
        assert_eq!(found[0], found[1], "a transaction is whole");
        say(&format!("found {writer} {}", found[0]));
    }
    say(&format!("revision {}", store.revision()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            tasks.spawn(write(store.clone(), writer));
        }
        tasks.spawn(beat(store.clone()));
        tasks.join_all().await;
    });
}

async fn write(store: Arc<Embedded>, writer: u64) {
    for n in count_of(&*store, RINGS[0], writer) + 1.. {
        let value = format!("{{\"n\":{n},\"fill\":\"{}\"}}", "x".repeat(usize::try_from(n % 700).unwrap()));
        let put = |ring| Op {
            key: key(ring, format!("w{writer}")),
            expect: Expect::Any,
            change: Change::Put(value.clone().into()),
        };
        let txn = Txn { ops: RINGS.map(put).to_vec(), durability: Durability::Synced };
        let committed = store.commit(txn).await.unwrap();
        say(&format!("wrote {writer} {n} {}", committed.revision));
    }
}

async fn beat(store: Arc<Embedded>) {
    loop {
        let op = Op {
            key: key("/registry/leases/", "kube-node-lease/n".into()),
            expect: Expect::Any,
            change: Change::Put("{}".into()),
        };
        let committed = store.commit(Txn { ops: vec![op], durability: Durability::Unsynced }).await.unwrap();
        say(&format!("seen {}", committed.revision));
        tokio::task::yield_now().await;
    }
}
