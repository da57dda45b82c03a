//! Which thresholds are crossed, since when, and which of them cost a pod: decided from what is measured and the time.
use super::{Signal, measure::Measured, thresholds::Threshold};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What is measured, by signal.
pub type Found = BTreeMap<Signal, Measured>;

/// What is known of shortages from one look to the next.
#[derive(Debug, Default)]
pub struct Watch {
    /// When each of the node's conditions was last seen to hold.
    seen: BTreeMap<&'static str, Timestamp>,
    /// Thresholds that are crossed, and since when.
    crossed: Vec<(Threshold, Timestamp)>,
    /// Those among them whose grace period is over; they end only when enough is won back.
    acute: Vec<Threshold>,
}

fn is_crossed(threshold: &Threshold, found: &Found, again: bool) -> bool {
    found.get(&threshold.signal).is_some_and(|it| {
        let least = if again { threshold.least_again(it.capacity) } else { threshold.least(it.capacity) };
        it.available < least
    })
}

/// Whether enough of everything is available, with what must be won back beyond the thresholds.
pub fn is_over(all: &[Threshold], found: &Found) -> bool {
    !all.iter().any(|it| is_crossed(it, found, true))
}

impl Watch {
    /// Takes note of what was found; the thresholds that cost a pod now, memory first.
    pub fn look(&mut self, all: &[Threshold], found: &Found, now: Timestamp) -> Vec<Threshold> {
        let still = |it: &Threshold| self.acute.contains(it) && is_crossed(it, found, true);
        let crossed = all.iter().filter(|it| is_crossed(it, found, false) || still(it));
        let since = |it: &Threshold| self.crossed.iter().find(|(old, _)| old == it).map_or(now, |(_, at)| *at);
        self.crossed = crossed.map(|it| (*it, since(it))).collect();
        self.seen.extend(self.crossed.iter().map(|(it, _)| (it.signal.condition(), now)));
        let over = |(it, at): &&(Threshold, Timestamp)| {
            let grace = it.grace.map_or(SignedDuration::ZERO, |it| SignedDuration::try_from(it).unwrap_or_default());
            now.duration_since(*at) >= grace
        };
        self.acute = self.crossed.iter().filter(over).map(|(it, _)| *it).collect();
        let mut out = self.acute.clone();
        out.sort_by_key(|it| it.signal);
        out
    }

    /// Conditions that hold: once seen, for the transition period at least.
    pub fn conditions(&self, transition: SignedDuration, now: Timestamp) -> Vec<&'static str> {
        let recent = self.seen.iter().filter(|(_, at)| now.duration_since(**at) < transition);
        // What is crossed at this moment holds, however short the period is.
        let current = |condition: &str| self.crossed.iter().any(|(it, _)| it.signal.condition() == condition);
        let mut out: Vec<&'static str> = recent.map(|(condition, _)| *condition).collect();
        out.extend(self.seen.keys().filter(|it| current(it)));
        out.sort_unstable();
        out.dedup();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubelet::eviction::{Statements, thresholds};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn map(text: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("memory.available".to_owned(), text.to_owned())])
    }

    fn found(available: u64) -> Found {
        Found::from([(Signal::MemoryAvailable, Measured { available, capacity: 10_000 })])
    }

    #[test]
    fn a_soft_threshold_waits_for_its_grace_period() {
        let all = thresholds(&Statements {
            hard: map("100"),
            soft: map("1000"),
            soft_grace: map("30s"),
            ..Statements::default()
        });
        let all = all.unwrap();
        let mut watch = Watch::default();
        let mut look = |available, second| {
            let soft: Vec<bool> =
                watch.look(&all, &found(available), at(second)).iter().map(|it| it.grace.is_some()).collect();
            (soft, watch.conditions(SignedDuration::from_secs(60), at(second)))
        };
        let pressed = vec!["MemoryPressure"];
        assert_eq!(look(2000, 0), (vec![], vec![]));
        assert_eq!(look(500, 10), (vec![], pressed.clone()));
        assert_eq!(look(500, 39), (vec![], pressed.clone()));
        assert_eq!(look(500, 40), (vec![true], pressed.clone()));
        assert_eq!(look(50, 41), (vec![false, true], pressed.clone()));
        assert_eq!(look(2000, 42), (vec![], pressed.clone()));
        assert_eq!(look(500, 43), (vec![], pressed.clone()), "the grace period begins anew");
        assert_eq!(look(2000, 102), (vec![], pressed));
        assert_eq!(look(2000, 103), (vec![], vec![]), "a minute after it was last seen");
    }

    #[test]
    fn a_shortage_is_over_when_enough_is_won_back() {
        let all = thresholds(&Statements { hard: map("100"), reclaim: map("50"), ..Statements::default() }).unwrap();
        let mut watch = Watch::default();
        let mut acute = |available, second| watch.look(&all, &found(available), at(second)).len();
        assert_eq!(acute(120, 0), 0);
        assert_eq!(acute(90, 1), 1);
        assert_eq!(acute(120, 2), 1);
        assert_eq!(acute(150, 3), 0);
        assert_eq!(acute(120, 4), 0);
        assert!(!is_over(&all, &found(120)) && is_over(&all, &found(150)));
    }
}
