//! Thresholds of eviction, as `evictionHard`, `evictionSoft` and what goes with them write them.
use crate::{kubelet::configuration::duration, pod::quantity};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::{collections::BTreeMap, time::Duration};

/// What is measured. Names are upstream's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    MemoryAvailable,
    AllocatableMemoryAvailable,
    NodeFsAvailable,
    NodeFsInodesFree,
    ImageFsAvailable,
    ImageFsInodesFree,
    ContainerFsAvailable,
    ContainerFsInodesFree,
    PidAvailable,
}

impl Signal {
    pub const ALL: [Self; 9] = [
        Self::MemoryAvailable,
        Self::AllocatableMemoryAvailable,
        Self::NodeFsAvailable,
        Self::NodeFsInodesFree,
        Self::ImageFsAvailable,
        Self::ImageFsInodesFree,
        Self::ContainerFsAvailable,
        Self::ContainerFsInodesFree,
        Self::PidAvailable,
    ];

    fn named(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| format!("unsupported eviction signal {name}"))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::MemoryAvailable => "memory.available",
            Self::AllocatableMemoryAvailable => "allocatableMemory.available",
            Self::NodeFsAvailable => "nodefs.available",
            Self::NodeFsInodesFree => "nodefs.inodesFree",
            Self::ImageFsAvailable => "imagefs.available",
            Self::ImageFsInodesFree => "imagefs.inodesFree",
            Self::ContainerFsAvailable => "containerfs.available",
            Self::ContainerFsInodesFree => "containerfs.inodesFree",
            Self::PidAvailable => "pid.available",
        }
    }

    /// Condition of the node while the threshold is crossed.
    pub fn condition(self) -> &'static str {
        match self {
            Self::MemoryAvailable | Self::AllocatableMemoryAvailable => "MemoryPressure",
            Self::PidAvailable => "PIDPressure",
            _ => "DiskPressure",
        }
    }

    /// Resource that is reclaimed.
    pub fn resource(self) -> &'static str {
        match self {
            Self::MemoryAvailable | Self::AllocatableMemoryAvailable => "memory",
            Self::NodeFsAvailable | Self::ImageFsAvailable | Self::ContainerFsAvailable => "ephemeral-storage",
            Self::NodeFsInodesFree | Self::ImageFsInodesFree | Self::ContainerFsInodesFree => "inodes",
            Self::PidAvailable => "pids",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Least {
    Amount(u64),
    /// Of the capacity, as a fraction.
    Share(f64),
}

/// At least this much must be available.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    pub signal: Signal,
    least: Least,
    /// How long it must be crossed before a pod goes; None: hard, at once.
    pub grace: Option<Duration>,
    /// What must be available beyond the threshold before the shortage counts as over.
    reclaim: Option<Least>,
}

impl Threshold {
    /// What must be available of this capacity.
    pub fn least(&self, capacity: u64) -> u64 {
        self.least.of(capacity)
    }

    /// As [`Threshold::least`], with what must be won back beyond it.
    pub fn least_again(&self, capacity: u64) -> u64 {
        self.least(capacity).saturating_add(self.reclaim.map_or(0, |it| it.of(capacity)))
    }
}

impl Least {
    fn of(self, capacity: u64) -> u64 {
        match self {
            Self::Amount(amount) => amount,
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a capacity is not finer than that; shares are between 0 and 1"
            )]
            Self::Share(share) => (capacity as f64 * share) as u64,
        }
    }
}

/// Thresholds that hold where none are given.
pub const DEFAULTS: &[(&str, &str)] = &[
    ("memory.available", "100Mi"),
    ("nodefs.available", "10%"),
    ("nodefs.inodesFree", "5%"),
    ("imagefs.available", "15%"),
    ("imagefs.inodesFree", "5%"),
];

/// None: the statement switches the threshold off.
fn one(name: &str, text: &str) -> Result<Option<Threshold>, String> {
    let signal = Signal::named(name)?;
    let made = |least| Some(Threshold { signal, least, grace: None, reclaim: None });
    if let Some(number) = text.strip_suffix('%') {
        if matches!(number, "0" | "100") {
            return Ok(None);
        }
        let share: f64 = number.parse().map_err(|_| format!("{name}: {text:?} is no percentage"))?;
        if !(0.0..100.0).contains(&share) {
            return Err(format!("eviction percentage threshold {name} must be >= 0% and < 100%: {text}"));
        }
        return Ok(made(Least::Share(share / 100.0)));
    }
    if !quantity::is_valid(text) {
        return Err(format!("{name}: {text:?} is neither a quantity nor a percentage"));
    }
    match u64::try_from(quantity::value(&Quantity(text.to_owned()))) {
        Ok(amount) if amount > 0 => Ok(made(Least::Amount(amount))),
        _ => Err(format!("eviction threshold {name} must be positive: {text}")),
    }
}

/// The statements in force: those given, the defaults where none are; both with `merge`.
pub fn statements(given: Option<&BTreeMap<String, String>>, merge: bool) -> BTreeMap<String, String> {
    let defaults = DEFAULTS.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    match given {
        None => defaults.collect(),
        Some(given) if merge => defaults.chain(given.clone()).collect(),
        Some(given) => given.clone(),
    }
}

fn statements_of(statements: &BTreeMap<String, String>) -> Result<Vec<Threshold>, String> {
    let all = statements.iter().map(|(name, text)| one(name, text));
    all.filter_map(Result::transpose).collect()
}

fn reclaims(statements: &BTreeMap<String, String>) -> Result<BTreeMap<Signal, Least>, String> {
    let one = |(name, text): (&String, &String)| {
        let signal = Signal::named(name)?;
        if let Some(number) = text.strip_suffix('%') {
            let share: f64 = number.parse().map_err(|_| format!("{name}: {text:?} is no percentage"))?;
            let good = share > 0.0 && share <= 100.0;
            let wrong = || format!("eviction percentage minimum reclaim {name} must be positive: {text}");
            return if good { Ok((signal, Least::Share(share / 100.0))) } else { Err(wrong()) };
        }
        if !quantity::is_valid(text) {
            return Err(format!("{name}: {text:?} is neither a quantity nor a percentage"));
        }
        let amount = u64::try_from(quantity::value(&Quantity(text.clone())));
        amount
            .map(|amount| (signal, Least::Amount(amount)))
            .map_err(|_| format!("negative eviction minimum reclaim specified for {name}"))
    };
    statements.iter().map(one).collect()
}

/// What a configuration says of eviction.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    pub hard: BTreeMap<String, String>,
    pub soft: BTreeMap<String, String>,
    pub soft_grace: BTreeMap<String, String>,
    pub reclaim: BTreeMap<String, String>,
    /// Whether the pods' cgroup is bounded, so that it too can run short of memory.
    pub pods_bounded: bool,
}

/// # Errors
/// A statement cannot be understood, or a soft threshold has no grace period.
pub fn thresholds(from: &Statements) -> Result<Vec<Threshold>, String> {
    let mut all = statements_of(&from.hard)?;
    for name in from.soft_grace.keys() {
        Signal::named(name)?;
    }
    for mut soft in statements_of(&from.soft)? {
        let name = soft.signal.name();
        let text = from.soft_grace.get(name);
        let text =
            text.ok_or_else(|| format!("grace period must be specified for the soft eviction threshold {name}"))?;
        let grace = duration(text).ok_or_else(|| format!("time: invalid duration {text:?}"))?;
        soft.grace = Some(grace);
        all.push(soft);
    }
    let reclaims = reclaims(&from.reclaim)?;
    for threshold in &mut all {
        threshold.reclaim = reclaims.get(&threshold.signal).copied();
    }
    if from.pods_bounded
        && let Some(memory) = all.iter().find(|it| it.signal == Signal::MemoryAvailable && it.grace.is_none())
    {
        all.push(Threshold { signal: Signal::AllocatableMemoryAvailable, ..*memory });
    }
    // Images and writable layers lie on one file system: thresholds of the latter alone have no place.
    all.retain(|it| !matches!(it.signal, Signal::ContainerFsAvailable | Signal::ContainerFsInodesFree));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read() {
        let check = |text: &str, capacity: u64, least: Option<u64>| {
            let got = one("memory.available", text).unwrap();
            assert_eq!(got.map(|it| it.least(capacity)), least, "{text}");
        };
        check("100Mi", 1, Some(100 << 20));
        check("10%", 1000, Some(100));
        check("0%", 1000, None);
        check("100%", 1000, None);
        for wrong in ["0", "-1", "abc", "101%", "x%"] {
            assert!(one("memory.available", wrong).is_err(), "{wrong}");
        }
        assert_eq!(one("memory.free", "1").unwrap_err(), "unsupported eviction signal memory.free");
    }

    #[test]
    fn soft_thresholds_need_their_grace_period() {
        let map = |name: &str, text: &str| BTreeMap::from([(name.to_owned(), text.to_owned())]);
        let mut from = Statements {
            hard: map("memory.available", "100Mi"),
            soft: map("memory.available", "1Gi"),
            reclaim: map("memory.available", "50Mi"),
            pods_bounded: true,
            ..Statements::default()
        };
        let wrong = thresholds(&from).unwrap_err();
        assert_eq!(wrong, "grace period must be specified for the soft eviction threshold memory.available");
        from.soft_grace = map("memory.available", "1m30s");
        let all = thresholds(&from).unwrap();
        let shown: Vec<_> = all.iter().map(|it| (it.signal.name(), it.least_again(0) >> 20, it.grace)).collect();
        assert_eq!(
            shown,
            [
                ("memory.available", 150, None),
                ("memory.available", 1074, Some(Duration::from_secs(90))),
                ("allocatableMemory.available", 150, None),
            ]
        );
        from.reclaim = map("memory.available", "0%");
        let wrong = thresholds(&from).unwrap_err();
        assert_eq!(wrong, "eviction percentage minimum reclaim memory.available must be positive: 0%");
    }

    #[test]
    fn what_is_given_replaces_the_defaults() {
        let given = BTreeMap::from([("memory.available".to_owned(), "1Gi".to_owned())]);
        assert_eq!(statements(None, false).len(), DEFAULTS.len());
        assert_eq!(statements(Some(&given), false), given);
        assert_eq!(statements(Some(&given), true).len(), DEFAULTS.len());
        assert_eq!(statements(Some(&given), true)["memory.available"], "1Gi");
    }
}
