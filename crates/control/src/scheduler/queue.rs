//! Pods that wait: ready ones by priority and age, ones that back off, ones that wait for the cluster to change.
use crate::placement::{PodFacts, Reason};
use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const BACKOFF_FIRST: SignedDuration = SignedDuration::from_secs(1);
const BACKOFF_MAX: SignedDuration = SignedDuration::from_secs(10);
/// A pod that nothing woke is tried again after this (upstream's `podMaxInUnschedulablePodsDuration`).
const UNSCHEDULABLE_FOR: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, Clone)]
struct Waiting {
    pod: Arc<PodFacts>,
    /// Failed attempts so far.
    attempts: u32,
    /// Order of arrival among equals.
    arrival: u64,
    place: Place,
    /// What spoke against the nodes in the last attempt; none: anything may help.
    reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Ready,
    /// Ready again at this time.
    BackOff(Timestamp),
    /// Found unschedulable at this time.
    Unschedulable(Timestamp),
    /// An attempt or its binding is under way; `moved` remembers that the cluster changed meanwhile.
    Attempt {
        moved: bool,
    },
}

/// Invariant: every waiting pod is in `pods` and in exactly the index of its place.
#[derive(Debug, Default)]
pub struct Queue {
    pods: FxHashMap<String, Waiting>,
    ready: BTreeSet<(std::cmp::Reverse<i32>, u64, String)>,
    timed: BTreeMap<(Timestamp, u64), String>,
    arrivals: u64,
}

impl Queue {
    /// Takes in a pod that has no node: new ones are ready at once, changed ones keep their place but for a changed spec,
    /// which may make them schedulable.
    pub fn set(&mut self, pod: Arc<PodFacts>, now: Timestamp) {
        let uid = pod.uid.clone();
        match self.pods.get_mut(&uid) {
            Some(waiting) => {
                let changed = changed(&waiting.pod, &pod);
                waiting.pod = pod;
                if changed {
                    self.again(&uid, now);
                }
            }
            None => {
                self.arrivals += 1;
                let waiting =
                    Waiting { pod, attempts: 0, arrival: self.arrivals, place: Place::Ready, reasons: Vec::new() };
                self.insert(uid, waiting);
            }
        }
    }

    fn insert(&mut self, uid: String, waiting: Waiting) {
        match waiting.place {
            Place::Ready => {
                self.ready.insert((std::cmp::Reverse(waiting.pod.priority), waiting.arrival, uid.clone()));
            }
            Place::BackOff(at) => {
                self.timed.insert((at, waiting.arrival), uid.clone());
            }
            Place::Unschedulable(since) => {
                self.timed.insert((since + UNSCHEDULABLE_FOR, waiting.arrival), uid.clone());
            }
            Place::Attempt { .. } => {}
        }
        self.pods.insert(uid, waiting);
    }

    /// Forgets a pod: bound, gone, or no longer ours.
    pub fn remove(&mut self, uid: &str) -> Option<Arc<PodFacts>> {
        self.take(uid).map(|w| w.pod)
    }

    fn take(&mut self, uid: &str) -> Option<Waiting> {
        let waiting = self.pods.remove(uid)?;
        match waiting.place {
            Place::Ready => {
                self.ready.remove(&(std::cmp::Reverse(waiting.pod.priority), waiting.arrival, uid.to_owned()));
            }
            Place::BackOff(at) => {
                self.timed.remove(&(at, waiting.arrival));
            }
            Place::Unschedulable(since) => {
                self.timed.remove(&(since + UNSCHEDULABLE_FOR, waiting.arrival));
            }
            Place::Attempt { .. } => {}
        }
        Some(waiting)
    }

    /// The next pod to try; it stays in the queue as being tried.
    pub fn pop(&mut self, now: Timestamp) -> Option<Arc<PodFacts>> {
        self.wake_timed(now);
        let (_, _, uid) = self.ready.first()?.clone();
        let mut waiting = self.take(&uid)?;
        waiting.place = Place::Attempt { moved: false };
        let pod = waiting.pod.clone();
        self.insert(uid, waiting);
        Some(pod)
    }

    fn wake_timed(&mut self, now: Timestamp) {
        while let Some(((at, _), uid)) = self.timed.first_key_value() {
            if *at > now {
                return;
            }
            let uid = uid.clone();
            let Some(mut waiting) = self.take(&uid) else { return };
            waiting.place = Place::Ready;
            self.insert(uid, waiting);
        }
    }

    /// When a pod becomes ready by itself next.
    pub fn next_time(&self) -> Option<Timestamp> {
        self.timed.first_key_value().map(|((at, _), _)| *at)
    }

    /// The attempt found no node: the pod waits for a change, or backs off when one came during the attempt.
    pub fn unschedulable(&mut self, uid: &str, reasons: Vec<Reason>, now: Timestamp) {
        let Some(mut waiting) = self.take(uid) else { return };
        waiting.attempts += 1;
        waiting.place = match waiting.place {
            Place::Attempt { moved: true } => Place::BackOff(now + backoff(waiting.attempts)),
            _ => Place::Unschedulable(now),
        };
        waiting.reasons = reasons;
        self.insert(uid.to_owned(), waiting);
    }

    /// The attempt failed for another reason than the cluster's state: again after a while.
    pub fn failed(&mut self, uid: &str, now: Timestamp) {
        let Some(mut waiting) = self.take(uid) else { return };
        waiting.attempts += 1;
        waiting.place = Place::BackOff(now + backoff(waiting.attempts));
        self.insert(uid.to_owned(), waiting);
    }

    /// The cluster changed: pods that it `helps`, given what spoke against their nodes, are tried again.
    pub fn cluster_changed(&mut self, now: Timestamp, helps: impl Fn(&PodFacts, &[Reason]) -> bool) {
        let concerned = |w: &Waiting| match w.place {
            Place::Unschedulable(_) => w.reasons.is_empty() || helps(&w.pod, &w.reasons),
            Place::Attempt { .. } => true,
            Place::Ready | Place::BackOff(_) => false,
        };
        let ids: Vec<String> = self.pods.iter().filter(|(_, w)| concerned(w)).map(|(uid, _)| uid.clone()).collect();
        ids.iter().for_each(|uid| self.again(uid, now));
    }

    fn again(&mut self, uid: &str, now: Timestamp) {
        let Some(mut waiting) = self.take(uid) else { return };
        waiting.place = match waiting.place {
            Place::Unschedulable(since) => {
                let at = since + backoff(waiting.attempts);
                if at <= now { Place::Ready } else { Place::BackOff(at) }
            }
            Place::Attempt { .. } => Place::Attempt { moved: true },
            other => other,
        };
        self.insert(uid.to_owned(), waiting);
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.pods.len()
    }
}

/// Whether the pod asks for something else than before.
fn changed(old: &PodFacts, new: &PodFacts) -> bool {
    old.labels != new.labels || old.tolerations != new.tolerations || old.requests != new.requests
}

fn backoff(attempts: u32) -> SignedDuration {
    let doubled = 1_i32.checked_shl(attempts.saturating_sub(1).min(10)).unwrap_or(i32::MAX);
    (BACKOFF_FIRST * doubled).min(BACKOFF_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(uid: &str, priority: i32) -> Arc<PodFacts> {
        let tree = json!({"metadata": {"uid": uid, "name": uid}, "spec": {"containers": [], "priority": priority}});
        Arc::new(PodFacts::new(&serde_json::from_value(tree).unwrap()))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn popped(queue: &mut Queue, now: i64) -> Option<String> {
        queue.pop(at(now)).map(|p| p.uid.clone())
    }

    #[test]
    fn priority_goes_before_age() {
        let mut queue = Queue::default();
        queue.set(pod("a", 0), at(0));
        queue.set(pod("b", 0), at(0));
        queue.set(pod("c", 9), at(0));
        let order: Vec<_> = (0..4).map(|_| popped(&mut queue, 0)).collect();
        assert_eq!(order, [Some("c".into()), Some("a".into()), Some("b".into()), None]);
    }

    #[test]
    fn the_unschedulable_wait_for_a_change_and_back_off() {
        let mut queue = Queue::default();
        queue.set(pod("a", 0), at(0));
        popped(&mut queue, 0);
        queue.unschedulable("a", vec![Reason::Ports], at(0));
        assert_eq!(popped(&mut queue, 60), None);
        queue.cluster_changed(at(60), |_, _| false);
        assert_eq!(popped(&mut queue, 60), None, "what does not help wakes nobody");
        queue.cluster_changed(at(60), |_, reasons| reasons == [Reason::Ports]);
        assert_eq!(popped(&mut queue, 60), Some("a".into()));
        queue.cluster_changed(at(61), |_, reasons| reasons == [Reason::Ports]);
        queue.unschedulable("a", vec![Reason::Ports], at(61));
        assert_eq!(popped(&mut queue, 62), None, "the second back-off lasts two seconds");
        assert_eq!(popped(&mut queue, 63), Some("a".into()));
        queue.unschedulable("a", vec![Reason::Ports], at(63));
        assert_eq!(popped(&mut queue, 63 + 301), Some("a".into()), "after five minutes it is tried anyway");
    }

    #[test]
    fn what_is_removed_never_comes_back() {
        let mut queue = Queue::default();
        queue.set(pod("a", 0), at(0));
        popped(&mut queue, 0);
        queue.remove("a");
        queue.failed("a", at(0));
        queue.cluster_changed(at(9), |_, reasons| reasons == [Reason::Ports]);
        assert_eq!((popped(&mut queue, 99), queue.len()), (None, 0));
    }
}
