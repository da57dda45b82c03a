//! What holds for every controller in the table.
use crate::{
    lab::{Lab, target_of_bystanders},
    scenarios::{ALL, Change, Scenario},
};
use skeg_control::controllers;
use skeg_testing::dice::Dice;
use std::{collections::BTreeSet, time::Duration};

const SEEDS: u64 = 12;
/// Of the seeds, those whose every crash is tried.
const CRASH_SEEDS: u64 = 3;
const BYSTANDERS: usize = 10_000;
/// Requests that one event may cause: emptying a namespace asks once or twice for each kind.
const REQUESTS_MAX: u64 = 100;

async fn each(mut check: impl AsyncFnMut(&Scenario, u64), seeds: u64) {
    for scenario in ALL {
        for seed in 0..seeds {
            check(scenario, seed).await;
        }
    }
}

fn lab(scenario: &Scenario, seed: u64) -> Lab {
    Lab::new(scenario.controllers, &(scenario.state)(&mut Dice::new(seed)))
}

#[test]
fn every_controller_is_in_the_table() {
    let known: BTreeSet<&str> = controllers::ALL.iter().map(|row| row.name).collect();
    let told: BTreeSet<&str> = ALL.iter().map(|scenario| scenario.controllers[0]).collect();
    assert_eq!(told, known);
}

#[tokio::test(start_paused = true)]
async fn each_converges_and_rests() {
    let check = async |scenario: &Scenario, seed: u64| {
        let mut lab = lab(scenario, seed);
        lab.settle().await;
        eprintln!("{:?} from seed {seed}", scenario.controllers);
        (scenario.goal)(&lab);
        lab.stop().await;
        lab.writes();
        lab.start();
        lab.settle().await;
        assert_eq!(lab.writes(), Vec::<String>::new(), "{:?} seed {seed} does not rest", scenario.controllers);
        lab.stop().await;
    };
    each(check, SEEDS).await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_two_writes_changes_nothing() {
    let check = async |scenario: &Scenario, seed: u64| {
        let mut calm = lab(scenario, seed);
        calm.settle().await;
        let (goal, writes) = (calm.world(), calm.writes().len());
        calm.stop().await;
        for cut in 0..writes {
            let mut lab = lab(scenario, seed);
            lab.api.cut_after(cut);
            tokio::time::sleep(Duration::from_secs(20)).await;
            lab.stop().await;
            lab.api.restore();
            lab.start();
            lab.settle().await;
            assert_eq!(lab.world(), goal, "{:?} seed {seed} cut after {cut} of {writes}", scenario.controllers);
            lab.stop().await;
        }
    };
    each(check, CRASH_SEEDS).await;
}

#[tokio::test(start_paused = true)]
async fn a_lagging_view_never_acts_twice() {
    let check = async |scenario: &Scenario, seed: u64| {
        let mut calm = lab(scenario, seed);
        calm.settle().await;
        let goal = calm.world();
        calm.stop().await;
        let mut lab = lab(scenario, seed);
        let mut writes = Vec::new();
        for _ in 0..40 {
            // Each thaw shows what was written since the last one, long after it was written.
            lab.api.freeze();
            tokio::time::sleep(Duration::from_secs(5)).await;
            lab.report().await;
            writes.extend(lab.writes());
            lab.api.thaw();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        lab.settle().await;
        writes.extend(lab.writes());
        let once = |line: &&String| line.starts_with("create ") || line.starts_with("delete ");
        let mut seen = BTreeSet::new();
        for line in writes.iter().filter(once) {
            assert!(seen.insert(line), "{:?} seed {seed}: {line} twice in {writes:#?}", scenario.controllers);
        }
        assert_eq!(lab.world(), goal, "{:?} seed {seed}", scenario.controllers);
        lab.stop().await;
    };
    each(check, CRASH_SEEDS).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_costs_what_it_changes() {
    for scenario in ALL {
        let mut lab = Lab::new(scenario.controllers, &[]);
        lab.stop().await;
        let bystanders = (0..BYSTANDERS).flat_map(scenario.bystander).take(BYSTANDERS).collect();
        lab.api.load(target_of_bystanders(bystanders));
        lab.api.load(target_of_bystanders((scenario.event.before)()));
        lab.start();
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (before, calls) = (lab.costs(), lab.api.calls());
        match &scenario.event.change {
            Change::Create(object) => {
                let (resource, object) = object();
                lab.create(resource, object).await;
            }
            Change::Update(resource, name, change) => lab.update(resource, name, change).await,
            Change::Delete(resource, name) => lab.delete(resource, None, name, None).await,
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (after, calls_after) = (lab.costs(), lab.api.calls());
        let reconciles = after.reconciles - before.reconciles;
        let (reads, requests) = (after.reads - before.reads, calls_after.0 - calls.0);
        let name = scenario.controllers[0];
        assert!(reconciles > 0, "{name} was not asked");
        assert!(reconciles <= 30, "{name}: {reconciles} looks");
        assert!(reads <= 300, "{name}: {reads} objects read");
        assert!(requests <= REQUESTS_MAX && calls_after.1 - calls.1 <= 30, "{name}: {requests} requests");
        lab.stop().await;
    }
}
