//! Names of the engine's files.

pub(crate) const IDENTITY: &str = "identity";
/// Claims room that is given up when deletions need it.
pub(crate) const RESERVE: &str = "reserve";
const LOG: &str = "log-";
const SNAPSHOT: &str = "snapshot-";
const TEMPORARY: &str = ".tmp";

pub(crate) fn log(number: u64) -> String {
    format!("{LOG}{number:020}")
}

/// The state before segment `number`.
pub(crate) fn snapshot(number: u64) -> String {
    format!("{SNAPSHOT}{number:020}")
}

pub(crate) fn temporary(name: &str) -> String {
    format!("{name}{TEMPORARY}")
}

fn number(name: &str, prefix: &str) -> Option<u64> {
    name.strip_prefix(prefix).filter(|digits| digits.len() == 20)?.parse().ok()
}

fn is_ours(name: &str) -> bool {
    name == IDENTITY || number(name, LOG).or(number(name, SNAPSHOT)).is_some()
}

/// The engine's files of a directory.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Ascending.
    pub logs: Vec<u64>,
    /// Ascending.
    pub snapshots: Vec<u64>,
    pub temporaries: Vec<String>,
    pub identity: bool,
    pub reserve: bool,
    /// The first entry that is none of ours.
    pub foreign: Option<String>,
}

impl Listing {
    pub fn of(mut names: Vec<String>) -> Self {
        names.sort();
        let mut listing = Self::default();
        for name in names {
            match name.as_str() {
                IDENTITY => listing.identity = true,
                RESERVE => listing.reserve = true,
                super::disk::LOCK | "lost+found" => {}
                _ => listing.add(name),
            }
        }
        listing
    }

    fn add(&mut self, name: String) {
        if let Some(n) = number(&name, LOG) {
            self.logs.push(n);
        } else if let Some(n) = number(&name, SNAPSHOT) {
            self.snapshots.push(n);
        } else if name.strip_suffix(TEMPORARY).is_some_and(is_ours) {
            self.temporaries.push(name);
        } else {
            self.foreign.get_or_insert(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_names() {
        let names = [log(2), log(1), snapshot(2), temporary(&log(3)), "lock".into(), "identity".into(), "x.tmp".into()];
        let listing = Listing::of(names.to_vec());
        assert_eq!((listing.logs, listing.snapshots), (vec![1, 2], vec![2]));
        assert_eq!((listing.temporaries, listing.identity), (vec![temporary(&log(3))], true));
        assert_eq!(listing.foreign.as_deref(), Some("x.tmp"));
    }
}
