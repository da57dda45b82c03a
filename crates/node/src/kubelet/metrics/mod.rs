//! What the kubelet counts of itself, under upstream's names: counters, gauges and histograms of the text exposition format.
mod families;

pub use families::*;

use parking_lot::Mutex;
use std::{collections::BTreeMap, fmt::Write, time::Instant};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Counter,
    Gauge,
    /// Upper bounds of the buckets.
    Histogram(&'static [f64]),
}

/// One metric and the names of its labels.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    pub name: &'static str,
    pub kind: Kind,
    pub help: &'static str,
    pub labels: &'static [&'static str],
}

#[derive(Debug, Clone, Default)]
struct Cell {
    /// Counter or gauge; of a histogram the sum.
    value: f64,
    count: u64,
    buckets: Vec<u64>,
}

/// Series of one metric at once; past it new label values are not counted.
const SERIES_MAX: usize = 4096;

type Series = BTreeMap<Vec<String>, Cell>;

/// The values of one kubelet.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<&'static str, Series>>);

impl Metrics {
    fn with(&self, family: &Family, labels: &[&str], change: impl FnOnce(&mut Cell)) {
        debug_assert_eq!(family.labels.len(), labels.len(), "{}", family.name);
        let mut all = self.0.lock();
        let series = all.entry(family.name).or_default();
        let key: Vec<String> = labels.iter().map(|it| (*it).to_owned()).collect();
        if series.len() >= SERIES_MAX && !series.contains_key(&key) {
            return;
        }
        change(series.entry(key).or_default());
    }

    pub fn count(&self, family: &Family, labels: &[&str]) {
        self.with(family, labels, |cell| cell.value += 1.0);
    }

    pub fn set(&self, family: &Family, labels: &[&str], value: f64) {
        self.with(family, labels, |cell| cell.value = value);
    }

    pub fn add(&self, family: &Family, labels: &[&str], value: f64) {
        self.with(family, labels, |cell| cell.value += value);
    }

    pub fn observe(&self, family: &Family, labels: &[&str], value: f64) {
        let Kind::Histogram(bounds) = family.kind else { return };
        self.with(family, labels, |cell| {
            cell.buckets.resize(bounds.len(), 0);
            for (bucket, bound) in cell.buckets.iter_mut().zip(bounds) {
                *bucket += u64::from(value <= *bound);
            }
            cell.value += value;
            cell.count += 1;
        });
    }

    /// Notes how long something took since `start`, in seconds.
    pub fn took(&self, family: &Family, labels: &[&str], start: Instant) {
        self.observe(family, labels, start.elapsed().as_secs_f64());
    }

    /// All families of `list` in the text format, with what stands in `now` for values that are read when asked for.
    pub fn text(&self, list: &[&Family], now: &Snapshot) -> String {
        let mut out = String::new();
        let all = self.0.lock();
        let none = Series::new();
        for family in list {
            let kind = match family.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram(_) => "histogram",
            };
            let _ = writeln!(out, "# HELP {} {}\n# TYPE {} {kind}", family.name, family.help, family.name);
            let series = now.0.get(family.name).or_else(|| all.get(family.name)).unwrap_or(&none);
            if series.is_empty() && family.labels.is_empty() {
                write_cell(&mut out, family, &[], &Cell::default());
            }
            for (labels, cell) in series {
                write_cell(&mut out, family, labels, cell);
            }
        }
        out
    }
}

/// Values read when they are asked for; they replace what was counted.
#[derive(Debug, Default)]
pub struct Snapshot(BTreeMap<&'static str, Series>);

impl Snapshot {
    pub fn set(&mut self, family: &Family, labels: &[&str], value: f64) {
        let key = labels.iter().map(|it| (*it).to_owned()).collect();
        self.0.entry(family.name).or_default().insert(key, Cell { value, ..Cell::default() });
    }
}

/// A label's value as the text format writes it.
pub fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn labels_text(names: &[&str], values: &[String], more: Option<(&str, String)>) -> String {
    let own = names.iter().zip(values).map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
    let all: Vec<String> = own.chain(more.map(|(name, value)| format!("{name}=\"{value}\""))).collect();
    if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) }
}

fn write_cell(out: &mut String, family: &Family, labels: &[String], cell: &Cell) {
    let plain = labels_text(family.labels, labels, None);
    let Kind::Histogram(bounds) = family.kind else {
        let _ = writeln!(out, "{}{plain} {}", family.name, cell.value);
        return;
    };
    for (at, bound) in bounds.iter().enumerate() {
        let count = cell.buckets.get(at).copied().unwrap_or(0);
        let labels = labels_text(family.labels, labels, Some(("le", bound.to_string())));
        let _ = writeln!(out, "{}_bucket{labels} {count}", family.name);
    }
    let all = labels_text(family.labels, labels, Some(("le", "+Inf".into())));
    let _ = writeln!(out, "{}_bucket{all} {}", family.name, cell.count);
    let _ = writeln!(out, "{}_sum{plain} {}\n{}_count{plain} {}", family.name, cell.value, family.name, cell.count);
}

#[cfg(test)]
mod tests {
    use super::*;

    static COUNTED: Family = Family { name: "a_total", kind: Kind::Counter, help: "A.", labels: &["x"] };
    static TIMED: Family = Family { name: "b_seconds", kind: Kind::Histogram(&[0.5, 1.0]), help: "B.", labels: &[] };
    static READ: Family = Family { name: "c", kind: Kind::Gauge, help: "C.", labels: &[] };

    #[test]
    fn the_text_format() {
        let metrics = Metrics::default();
        metrics.count(&COUNTED, &["a\"b"]);
        metrics.count(&COUNTED, &["a\"b"]);
        metrics.observe(&TIMED, &[], 0.75);
        let mut now = Snapshot::default();
        now.set(&READ, &[], 3.0);
        let want = "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"a\\\"b\"} 2\n\
                    # HELP b_seconds B.\n# TYPE b_seconds histogram\nb_seconds_bucket{le=\"0.5\"} 0\n\
                    b_seconds_bucket{le=\"1\"} 1\nb_seconds_bucket{le=\"+Inf\"} 1\nb_seconds_sum 0.75\nb_seconds_count 1\n\
                    # HELP c C.\n# TYPE c gauge\nc 3\n";
        assert_eq!(metrics.text(&[&COUNTED, &TIMED, &READ], &now), want);
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = ALL.iter().chain(PROBES).map(|it| it.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
