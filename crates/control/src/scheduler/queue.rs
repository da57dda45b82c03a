//! Pods that wait: ready ones by priority and age, ones that back off, ones that wait for the cluster to change.
use super::configuration::Backoff;
use crate::placement::{PodFacts, Reason};
use jiff::{SignedDuration, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};
use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

/// A pod that nothing woke is tried again after this (upstream's `podMaxInUnschedulablePodsDuration`).
const UNSCHEDULABLE_FOR: SignedDuration = SignedDuration::from_mins(5);

type Uid = Arc<str>;

#[derive(Debug, Clone)]
struct Waiting {
    pod: Arc<PodFacts>,
    /// Attempts that found no node, and the last ones in a row that failed otherwise.
    attempts: u32,
    errors: u32,
    /// When it came, or its last attempt ended; the order among equally important ones.
    since: Timestamp,
    /// Order of arrival among equals.
    arrival: u64,
    place: Place,
    /// What spoke against the nodes in the last attempt; none: anything may help.
    reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Ready,
    /// Ready again at this time; sooner when there is nothing else to do.
    BackOff(Timestamp),
    /// After an attempt that failed for another reason than the cluster's state: not before this time.
    Penalty(Timestamp),
    Unschedulable,
    /// An attempt or its binding is under way; it began when the cluster had changed so many times.
    Attempt {
        changes: u64,
    },
}

type Rank = (Reverse<i32>, Timestamp, u64, Uid);

impl Waiting {
    fn rank(&self) -> Rank {
        (Reverse(self.pod.priority), self.since, self.arrival, self.pod.uid.clone())
    }

    fn group(&self) -> GroupKey {
        (self.pod.shape_id(), self.reasons.clone())
    }
}

/// Shape and reasons: what helps one pod of the group helps all.
type GroupKey = (Arc<str>, Vec<Reason>);

#[derive(Debug)]
struct Group {
    sample: Arc<PodFacts>,
    members: FxHashSet<Uid>,
}

/// Invariant: every waiting pod is in `pods` and in exactly the index of its place.
#[derive(Debug, Default)]
pub struct Queue {
    limits: Backoff,
    pods: FxHashMap<Uid, Waiting>,
    ready: BTreeSet<Rank>,
    backoff: BTreeSet<(Timestamp, Rank)>,
    /// Pods that are ready at a time and not before: penalties, and the unschedulable that nothing woke.
    timed: BTreeSet<(Timestamp, u64, Uid)>,
    groups: FxHashMap<GroupKey, Group>,
    arrivals: u64,
    changes: u64,
    /// Groups that changes were held against so far.
    pub work: u64,
}

impl Queue {
    pub fn new(limits: Backoff) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes in a pod that has no node: new ones are ready at once, changed ones keep their place but for a changed spec,
    /// which may make them schedulable.
    pub fn set(&mut self, pod: Arc<PodFacts>, now: Timestamp) {
        let uid = pod.uid.clone();
        match self.take(&uid) {
            Some(mut waiting) => {
                let changed = waiting.pod.shape_id() != pod.shape_id();
                waiting.pod = pod;
                self.insert(waiting);
                if changed {
                    self.again(&uid, now);
                }
            }
            None => {
                self.arrivals += 1;
                self.insert(Waiting {
                    pod,
                    attempts: 0,
                    errors: 0,
                    since: now,
                    arrival: self.arrivals,
                    place: Place::Ready,
                    reasons: Vec::new(),
                });
            }
        }
    }

    fn insert(&mut self, waiting: Waiting) {
        let uid = waiting.pod.uid.clone();
        match waiting.place {
            Place::Ready => {
                self.ready.insert(waiting.rank());
            }
            Place::BackOff(at) => {
                self.backoff.insert((at, waiting.rank()));
            }
            Place::Penalty(at) => {
                self.timed.insert((at, waiting.arrival, uid.clone()));
            }
            Place::Unschedulable => {
                self.timed.insert((waiting.since + UNSCHEDULABLE_FOR, waiting.arrival, uid.clone()));
                let new = || Group { sample: waiting.pod.clone(), members: FxHashSet::default() };
                self.groups.entry(waiting.group()).or_insert_with(new).members.insert(uid.clone());
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
                self.ready.remove(&waiting.rank());
            }
            Place::BackOff(at) => {
                self.backoff.remove(&(at, waiting.rank()));
            }
            Place::Penalty(at) => {
                self.timed.remove(&(at, waiting.arrival, waiting.pod.uid.clone()));
            }
            Place::Unschedulable => {
                self.timed.remove(&(waiting.since + UNSCHEDULABLE_FOR, waiting.arrival, waiting.pod.uid.clone()));
                let key = waiting.group();
                if let Some(group) = self.groups.get_mut(&key) {
                    group.members.remove(uid);
                    if group.members.is_empty() {
                        self.groups.remove(&key);
                    }
                }
            }
            Place::Attempt { .. } => {}
        }
        Some(waiting)
    }

    fn put(&mut self, uid: &str, place: Place) {
        if let Some(mut waiting) = self.take(uid) {
            waiting.place = place;
            self.insert(waiting);
        }
    }

    /// A waiting pod.
    pub fn get(&self, uid: &str) -> Option<Arc<PodFacts>> {
        self.pods.get(uid).map(|waiting| waiting.pod.clone())
    }

    /// The next pod to try; it stays in the queue as being tried. With nothing ready the pod whose back-off ends first goes
    /// (KEP-5142).
    pub fn pop(&mut self, now: Timestamp) -> Option<Arc<PodFacts>> {
        self.wake(now);
        let first = self.ready.first().or_else(|| self.backoff.first().map(|(_, rank)| rank));
        let uid = first?.3.clone();
        self.put(&uid, Place::Attempt { changes: self.changes });
        self.pods.get(&uid).map(|waiting| waiting.pod.clone())
    }

    fn wake(&mut self, now: Timestamp) {
        while let Some((at, _, uid)) = self.timed.first()
            && *at <= now
        {
            let uid = uid.clone();
            self.put(&uid, Place::Ready);
        }
        while let Some((at, rank)) = self.backoff.first()
            && *at < second(now)
        {
            let uid = rank.3.clone();
            self.put(&uid, Place::Ready);
        }
    }

    /// When a pod becomes ready by itself next.
    pub fn next_time(&self) -> Option<Timestamp> {
        self.timed.first().map(|(at, _, _)| *at)
    }

    /// The attempt found no node: the pod waits for a change, or backs off when one came during the attempt.
    pub fn unschedulable(&mut self, uid: &str, reasons: Vec<Reason>, now: Timestamp) {
        let Some(mut waiting) = self.take(uid) else { return };
        waiting.attempts += 1;
        (waiting.errors, waiting.since) = (0, now);
        waiting.place = match waiting.place {
            Place::Attempt { changes } if changes != self.changes => Place::BackOff(self.back_off_end(&waiting)),
            _ => Place::Unschedulable,
        };
        waiting.reasons = reasons;
        self.insert(waiting);
    }

    /// The attempt failed for another reason than the cluster's state: again after a while.
    pub fn failed(&mut self, uid: &str, now: Timestamp) {
        let Some(mut waiting) = self.take(uid) else { return };
        waiting.errors += 1;
        waiting.since = now;
        waiting.place = Place::Penalty(now + self.back_off(waiting.errors));
        self.insert(waiting);
    }

    /// The cluster changed: pods that it `helps`, given what spoke against their nodes, are tried again, but not `except`.
    pub fn cluster_changed(&mut self, now: Timestamp, except: &str, helps: impl Fn(&PodFacts, &[Reason]) -> bool) {
        self.changes += 1;
        self.work += self.groups.len() as u64;
        let helped = self.groups.iter().filter(|((_, reasons), g)| reasons.is_empty() || helps(&g.sample, reasons));
        let ids: Vec<Uid> = helped.flat_map(|(_, group)| group.members.iter().cloned()).collect();
        ids.iter().filter(|uid| &***uid != except).for_each(|uid| self.again(uid, now));
    }

    fn again(&mut self, uid: &str, now: Timestamp) {
        let Some(waiting) = self.pods.get(uid).filter(|w| w.place == Place::Unschedulable) else { return };
        let end = self.back_off_end(waiting);
        self.put(uid, if end < second(now) { Place::Ready } else { Place::BackOff(end) });
    }

    /// Back-offs end by whole seconds, in which the more important pods go first.
    fn back_off_end(&self, waiting: &Waiting) -> Timestamp {
        second(waiting.since + self.back_off(waiting.attempts))
    }

    fn back_off(&self, attempts: u32) -> SignedDuration {
        let doubled = 1_i32.checked_shl(attempts.saturating_sub(1).min(30)).unwrap_or(i32::MAX);
        self.limits.first.checked_mul(doubled).unwrap_or(self.limits.max).min(self.limits.max)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.pods.len()
    }
}

fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placement::Shapes;
    use serde_json::json;

    fn pod(uid: &str, priority: i32) -> Arc<PodFacts> {
        let tree = json!({"metadata": {"uid": uid, "name": uid}, "spec": {"containers": [], "priority": priority}});
        let pod = serde_json::from_value(tree).unwrap();
        Arc::new(PodFacts::new(&pod, Shapes::default().of(&pod)))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn popped(queue: &mut Queue, now: i64) -> Option<String> {
        queue.pop(at(now)).map(|p| p.uid.to_string())
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
        queue.cluster_changed(at(60), "", |_, _| false);
        assert_eq!(popped(&mut queue, 60), None, "what does not help wakes nobody");
        queue.cluster_changed(at(60), "", |_, reasons| reasons == [Reason::Ports]);
        assert_eq!(popped(&mut queue, 60), Some("a".into()));
        queue.cluster_changed(at(61), "", |_, reasons| reasons == [Reason::Ports]);
        queue.unschedulable("a", vec![Reason::Ports], at(61));
        queue.set(pod("b", 0), at(61));
        assert_eq!(popped(&mut queue, 62), Some("b".into()), "the second back-off lasts two seconds");
        assert_eq!(popped(&mut queue, 62), Some("a".into()), "but nobody waits for nothing");
        queue.unschedulable("a", vec![Reason::Ports], at(63));
        assert_eq!(popped(&mut queue, 63 + 299), None);
        assert_eq!(popped(&mut queue, 63 + 301), Some("a".into()), "after five minutes it is tried anyway");
    }

    #[test]
    fn an_attempt_that_failed_waits_its_time() {
        let mut queue = Queue::default();
        queue.set(pod("a", 0), at(0));
        popped(&mut queue, 0);
        queue.failed("a", at(0));
        assert_eq!((popped(&mut queue, 0), queue.next_time()), (None, Some(at(1))));
        assert_eq!(popped(&mut queue, 1), Some("a".into()));
        queue.failed("a", at(1));
        assert_eq!((popped(&mut queue, 2), popped(&mut queue, 3)), (None, Some("a".into())));
    }

    #[test]
    fn pods_of_one_sort_are_asked_about_once() {
        let mut queue = Queue::default();
        for i in 0..10_000 {
            let uid = format!("p{i}");
            queue.set(pod(&uid, 0), at(0));
            popped(&mut queue, 0);
            queue.unschedulable(&uid, vec![Reason::Ports], at(0));
        }
        queue.cluster_changed(at(1), "", |_, _| false);
        assert_eq!(queue.work, 1);
        queue.cluster_changed(at(9), "p7", |_, _| true);
        let woken = std::iter::from_fn(|| popped(&mut queue, 9)).count();
        assert_eq!(woken, 9_999);
    }

    #[test]
    fn what_is_removed_never_comes_back() {
        let mut queue = Queue::default();
        queue.set(pod("a", 0), at(0));
        popped(&mut queue, 0);
        queue.remove("a");
        queue.failed("a", at(0));
        queue.cluster_changed(at(9), "", |_, reasons| reasons == [Reason::Ports]);
        assert_eq!((popped(&mut queue, 99), queue.len()), (None, 0));
    }
}
