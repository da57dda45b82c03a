//! Commits per second and CPU per commit of the embedded engine: `commits DIR [SECONDS]`.
use skeg_model::time::SystemClock;
use skeg_storage::{Change, Durability, Embedded, Expect, Key, Op, Options, Store, Txn};
use std::{path::Path, sync::Arc, time::Duration};

const VALUE_BYTES: usize = 1024;
const KEYS_PER_WRITER: u64 = 100;

fn main() {
    let mut args = std::env::args().skip(1);
    let dir = args.next().expect("usage: commits DIR [SECONDS]");
    let seconds = args.next().map_or(3, |s| s.parse().expect("a number of seconds"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("threads");
    println!("{:>7} {:>10} {:>12} {:>14} {:>10}", "writers", "class", "commits/s", "CPU us/commit", "per fsync");
    for (writers, durability) in [(1, Durability::Synced), (32, Durability::Synced), (32, Durability::Unsynced)] {
        let place = Path::new(&dir).join(format!("{writers}-{durability:?}"));
        let store = Embedded::open(&place, Options::new(Arc::new(SystemClock), [1; 16])).expect("a directory");
        let store = Arc::new(store);
        let before = cpu_ticks();
        let commits: u64 = runtime.block_on(load(&store, writers, durability, Duration::from_secs(seconds)));
        let cpu_us = (cpu_ticks() - before) * 10_000;
        let fsyncs = store.stats().fsyncs.max(1);
        let class = format!("{durability:?}");
        let (rate, cpu, group) = (commits / seconds, cpu_us as f64 / commits as f64, commits as f64 / fsyncs as f64);
        println!("{writers:>7} {class:>10} {rate:>12} {cpu:>14.1} {group:>10.1}");
    }
}

async fn load(store: &Arc<Embedded>, writers: u64, durability: Durability, time: Duration) -> u64 {
    let mut tasks = tokio::task::JoinSet::new();
    let end = tokio::time::Instant::now() + time;
    for writer in 0..writers {
        let store = store.clone();
        tasks.spawn(async move {
            let mut n = 0;
            while tokio::time::Instant::now() < end {
                let rest = format!("default/w{writer}-{}", n % KEYS_PER_WRITER).into();
                let key = Key { ring: "/registry/configmaps/".into(), rest };
                let change = Change::Put(vec![b'x'; VALUE_BYTES].into());
                let ops = vec![Op { key, expect: Expect::Any, change }];
                store.commit(Txn { ops, durability }).await.expect("a commit");
                n += 1;
            }
            n
        });
    }
    tasks.join_all().await.into_iter().sum()
}

/// User and system time of this process so far, in ticks of 10 ms.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("procfs");
    let after_name = stat.rsplit(')').next().expect("a line");
    after_name.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().expect("a number")).sum()
}
