//! Wakes the workers of pods whose containers changed: on the runtime's own events where it names the pod or a container
//! that is known, else by listing and comparing.
use super::{
    make::sandbox::POD_UID,
    metrics::{
        EVENTED_PLEG_ERRORS, EVENTED_PLEG_LATENCY, EVENTED_PLEG_SUCCESS, PLEG_INTERVAL, PLEG_LAST_SEEN, PLEG_RELIST,
    },
    shared::Shared,
};
use crate::cri::{EventSource, RuntimeSignal, api};
use futures::StreamExt;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, sleep, sleep_until};

/// Looks that follow a signal: the event may be out before the listing shows it.
const AFTER_SIGNAL: [Duration; 3] = [Duration::from_millis(10), Duration::from_millis(100), Duration::from_millis(600)];
/// Looks at single pods that may be to come.
const DUE_MAX: usize = 1024;
/// Between lists without a signal, by how much the signals can be relied on.
const IDLE_WITH_CRI: Duration = Duration::from_secs(300);
const IDLE_WITH_CONTAINERD: Duration = Duration::from_secs(30);
const IDLE_WITHOUT: Duration = Duration::from_secs(1);
const RECONNECT: Duration = Duration::from_secs(1);

/// State of everything that was listed, by id: whose it is and how it is.
type Seen = HashMap<String, (String, i32)>;

async fn list(shared: &Shared) -> Option<Seen> {
    let sandboxes = shared.runtime.list_sandboxes(None).await;
    let containers = shared.runtime.list_containers(None).await;
    let (Ok(sandboxes), Ok(containers)) = (sandboxes, containers) else { return None };
    let of = |labels: &HashMap<String, String>| labels.get(POD_UID).cloned().unwrap_or_default();
    // Sandboxes count from a range of their own, so that no state of theirs equals one of a container's.
    let sandboxes = sandboxes.into_iter().map(|it| (it.id, (of(&it.labels), 100 + it.state)));
    let containers = containers.into_iter().map(|it: api::Container| (it.id, (of(&it.labels), it.state)));
    Some(sandboxes.chain(containers).collect())
}

fn changed(before: &Seen, now: &Seen) -> BTreeSet<String> {
    let differs = |(id, it): (&String, &(String, i32))| (before.get(id) != Some(it)).then(|| it.0.clone());
    let gone = |(id, it): (&String, &(String, i32))| (!now.contains_key(id)).then(|| it.0.clone());
    now.iter().filter_map(differs).chain(before.iter().filter_map(gone)).collect()
}

/// Uids of pods that the runtime has something of.
pub(super) async fn pods_in_runtime(shared: &Shared) -> BTreeSet<String> {
    let seen = list(shared).await.unwrap_or_default();
    seen.into_values().map(|(uid, _)| uid).filter(|uid| !uid.is_empty()).collect()
}

async fn relist(shared: &Shared, seen: &mut Seen, last: &mut Option<Instant>) {
    let start = std::time::Instant::now();
    let Some(now) = list(shared).await else { return };
    shared.metrics.took(&PLEG_RELIST, &[], start);
    if let Some(before) = last.replace(Instant::now()) {
        shared.metrics.observe(&PLEG_INTERVAL, &[], before.elapsed().as_secs_f64());
    }
    #[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
    shared.metrics.set(&PLEG_LAST_SEEN, &[], shared.config.clock.now().as_second() as f64);
    for uid in changed(seen, &now) {
        shared.registry.wake(&uid);
    }
    *seen = now;
}

/// Runs until it is dropped.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut seen = Seen::new();
    let mut last = None;
    loop {
        let start = std::time::Instant::now();
        match shared.runtime.signals().await {
            Ok((source, signals)) => {
                shared.metrics.count(&EVENTED_PLEG_SUCCESS, &[]);
                shared.metrics.took(&EVENTED_PLEG_LATENCY, &[], start);
                // What failed because the runtime was away need not wait any longer.
                shared.registry.wake_all_for_news();
                follow(&shared, &mut seen, &mut last, source, signals).await;
            }
            Err(error) => {
                shared.metrics.count(&EVENTED_PLEG_ERRORS, &[]);
                tracing::warn!(%error, "the runtime's events cannot be followed");
            }
        }
        relist(&shared, &mut seen, &mut last).await;
        sleep(RECONNECT).await;
    }
}

async fn follow(
    shared: &Shared,
    seen: &mut Seen,
    last: &mut Option<Instant>,
    source: EventSource,
    mut signals: futures::stream::BoxStream<'static, RuntimeSignal>,
) {
    let idle = match source {
        EventSource::Cri => IDLE_WITH_CRI,
        EventSource::Containerd => IDLE_WITH_CONTAINERD,
        EventSource::None => IDLE_WITHOUT,
    };
    relist(shared, seen, last).await;
    let mut due = Due::default();
    loop {
        let next = due.next().unwrap_or_else(|| Instant::now() + idle);
        tokio::select! {
            signal = signals.next() => match signal {
                None => return,
                Some(RuntimeSignal::Pod { uid }) => shared.registry.wake(&uid),
                // One that no list has shown yet is found by the next.
                Some(RuntimeSignal::Container { id }) => due.add(seen.get(&id).map(|(uid, _)| uid.clone())),
                Some(RuntimeSignal::Something) => due.add(None),
            },
            () = sleep_until(next) => match due.take(next) {
                Some(Some(uid)) => shared.registry.wake(&uid),
                Some(None) | None => relist(shared, seen, last).await,
            },
        }
    }
}

/// Looks to come: at one pod, or (None) at all.
#[derive(Debug, Default)]
struct Due(BTreeSet<(Instant, Option<String>)>);

impl Due {
    /// Looks after a signal. While too many are to come, one at all serves for each.
    fn add(&mut self, mut whose: Option<String>) {
        let now = Instant::now();
        if self.0.len() >= DUE_MAX {
            whose = None;
        }
        // A look that is due anyway serves this signal too; the later ones start over.
        self.0.retain(|(at, whom)| *whom != whose || *at <= now + AFTER_SIGNAL[0]);
        self.0.extend(AFTER_SIGNAL.iter().map(|wait| (now + *wait, whose.clone())));
    }

    fn next(&self) -> Option<Instant> {
        self.0.first().map(|(at, _)| *at)
    }

    /// The first look, if it is due at this time.
    fn take(&mut self, at: Instant) -> Option<Option<String>> {
        self.0.first().is_some_and(|(due, _)| *due <= at).then(|| self.0.pop_first())?.map(|(_, whose)| whose)
    }
}
