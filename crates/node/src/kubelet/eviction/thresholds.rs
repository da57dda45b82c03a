//! Thresholds of eviction, as `evictionHard` writes them.
use crate::pod::quantity;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

/// What is measured. Names are upstream's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    MemoryAvailable,
    NodeFsAvailable,
    NodeFsInodesFree,
    ImageFsAvailable,
    ImageFsInodesFree,
    PidAvailable,
}

impl Signal {
    pub const ALL: [Self; 6] = [
        Self::MemoryAvailable,
        Self::NodeFsAvailable,
        Self::NodeFsInodesFree,
        Self::ImageFsAvailable,
        Self::ImageFsInodesFree,
        Self::PidAvailable,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::MemoryAvailable => "memory.available",
            Self::NodeFsAvailable => "nodefs.available",
            Self::NodeFsInodesFree => "nodefs.inodesFree",
            Self::ImageFsAvailable => "imagefs.available",
            Self::ImageFsInodesFree => "imagefs.inodesFree",
            Self::PidAvailable => "pid.available",
        }
    }

    /// Condition of the node while the threshold is crossed.
    pub fn condition(self) -> &'static str {
        match self {
            Self::MemoryAvailable => "MemoryPressure",
            Self::PidAvailable => "PIDPressure",
            _ => "DiskPressure",
        }
    }

    /// Resource that is reclaimed.
    pub fn resource(self) -> &'static str {
        match self {
            Self::MemoryAvailable => "memory",
            Self::NodeFsAvailable | Self::ImageFsAvailable => "ephemeral-storage",
            Self::NodeFsInodesFree | Self::ImageFsInodesFree => "inodes",
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
}

impl Threshold {
    /// What must be available of this capacity.
    pub fn least(&self, capacity: u64) -> u64 {
        match self.least {
            Least::Amount(amount) => amount,
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a capacity is not finer than that; shares are between 0 and 1"
            )]
            Least::Share(share) => (capacity as f64 * share) as u64,
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
    let signal = Signal::ALL.into_iter().find(|it| it.name() == name);
    let signal = signal.ok_or_else(|| format!("unsupported eviction signal {name}"))?;
    if let Some(number) = text.strip_suffix('%') {
        if matches!(number, "0" | "100") {
            return Ok(None);
        }
        let share: f64 = number.parse().map_err(|_| format!("{name}: {text:?} is no percentage"))?;
        if !(0.0..100.0).contains(&share) {
            return Err(format!("eviction percentage threshold {name} must be >= 0% and < 100%: {text}"));
        }
        return Ok(Some(Threshold { signal, least: Least::Share(share / 100.0) }));
    }
    if !quantity::is_valid(text) {
        return Err(format!("{name}: {text:?} is neither a quantity nor a percentage"));
    }
    match u64::try_from(quantity::value(&Quantity(text.to_owned()))) {
        Ok(amount) if amount > 0 => Ok(Some(Threshold { signal, least: Least::Amount(amount) })),
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

/// # Errors
/// A statement cannot be understood.
pub fn thresholds(statements: &BTreeMap<String, String>) -> Result<Vec<Threshold>, String> {
    let all = statements.iter().map(|(name, text)| one(name, text));
    all.filter_map(Result::transpose).collect()
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
    fn what_is_given_replaces_the_defaults() {
        let given = BTreeMap::from([("memory.available".to_owned(), "1Gi".to_owned())]);
        assert_eq!(statements(None, false).len(), DEFAULTS.len());
        assert_eq!(statements(Some(&given), false), given);
        assert_eq!(statements(Some(&given), true).len(), DEFAULTS.len());
        assert_eq!(statements(Some(&given), true)["memory.available"], "1Gi");
    }
}
