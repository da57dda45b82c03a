//! Counts and distributions, written in the text format under upstream's names.
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use std::{
    fmt::{Debug, Write},
    hash::Hash,
};

/// How values of one label set are distributed over `N` bounds.
#[derive(Debug, Clone)]
pub(crate) struct Series<const N: usize> {
    pub count: u64,
    pub sum: f64,
    buckets: [u64; N],
}

impl<const N: usize> Default for Series<N> {
    fn default() -> Self {
        Self { count: 0, sum: 0.0, buckets: [0; N] }
    }
}

impl<const N: usize> Series<N> {
    /// `bounds` are upper ones, ascending.
    pub fn observe(&mut self, bounds: &[f64; N], value: f64) {
        self.count += 1;
        self.sum += value;
        if let Some(at) = bounds.iter().position(|bound| value <= *bound) {
            self.buckets[at] += 1;
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.buckets.iter_mut().zip(other.buckets).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// The lines of one histogram; `labels` as in `verb="GET"`.
    pub fn write(&self, out: &mut String, name: &str, labels: &str, bounds: &[f64; N]) {
        let mut below = 0;
        for (bound, count) in bounds.iter().zip(self.buckets) {
            below += count;
            let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{}\"}} {below}", bound_text(*bound));
        }
        let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(out, "{name}_sum{{{labels}}} {}", self.sum);
        let _ = writeln!(out, "{name}_count{{{labels}}} {}", self.count);
    }
}

/// A bound as Go prints it: with an exponent from a million on.
fn bound_text(bound: f64) -> String {
    if bound < 1e6 {
        return bound.to_string();
    }
    let text = format!("{bound:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{digits}e+{exponent:0>2}")
}

/// A histogram by labels. Invariant: labels come from closed sets, so that the number of series is bounded.
pub(crate) struct Histogram<L, const N: usize> {
    bounds: &'static [f64; N],
    series: Mutex<FxHashMap<L, Series<N>>>,
}

impl<L: Debug, const N: usize> Debug for Histogram<L, N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Histogram").field("series", &self.series.lock().len()).finish_non_exhaustive()
    }
}

impl<L: Hash + Ord + Clone, const N: usize> Histogram<L, N> {
    pub fn new(bounds: &'static [f64; N]) -> Self {
        Self { bounds, series: Mutex::default() }
    }

    pub fn observe(&self, labels: L, value: f64) {
        self.series.lock().entry(labels).or_default().observe(self.bounds, value);
    }

    /// What was observed, by labels in their order.
    pub fn sorted(&self) -> Vec<(L, Series<N>)> {
        let mut all: Vec<_> = self.series.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    pub fn write(&self, out: &mut String, name: &str, help: &str, text: impl Fn(&L) -> String) {
        head(out, name, "histogram", help);
        for (labels, series) in self.sorted() {
            series.write(out, name, &text(&labels), self.bounds);
        }
    }
}

/// What stands above the lines of one metric.
pub(crate) fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_from_below() {
        static BOUNDS: [f64; 3] = [0.5, 1_000.0, 1_050_000.0];
        let histogram = Histogram::new(&BOUNDS);
        [0.25, 0.5, 7.0, 2e6].into_iter().for_each(|value| histogram.observe("a", value));
        let mut text = String::new();
        histogram.write(&mut text, "m", "H.", |label| format!("x=\"{label}\""));
        let wanted = "# HELP m H.\n# TYPE m histogram\nm_bucket{x=\"a\",le=\"0.5\"} 2\nm_bucket{x=\"a\",le=\"1000\"} 3\n\
                      m_bucket{x=\"a\",le=\"1.05e+06\"} 3\nm_bucket{x=\"a\",le=\"+Inf\"} 4\nm_sum{x=\"a\"} 2000007.75\n\
                      m_count{x=\"a\"} 4\n";
        assert_eq!(text, wanted);
    }
}
