//! Unified diffs of two texts, three lines of context, as some error texts show what changed.
use std::{collections::HashMap, fmt::Write, ops::Range};

const CONTEXT_LINES: usize = 3;
/// Of longer texts only the ends are compared, which bounds the work.
const TEXT_LINES_MAX: usize = 20_000;
/// From this length on lines that make up more than a hundredth of the text begin no run.
const POPULAR_FROM_LINES: usize = 200;

/// One line of the diff: its mark and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'t> {
    Same(&'t str),
    Removed(&'t str),
    Added(&'t str),
}

/// Hunks of lines from `old` to `new`; "" when they are equal.
pub fn unified(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let lines = script(&old, &new);
    let changes: Vec<usize> =
        lines.iter().enumerate().filter(|(_, l)| !matches!(l, Line::Same(_))).map(|(i, _)| i).collect();
    let mut out = String::new();
    let mut next = 0;
    while let Some(first) = changes.get(next).copied() {
        let mut last = first;
        while let Some(further) = changes.get(next).copied().filter(|c| *c <= last + 2 * CONTEXT_LINES + 1) {
            last = further;
            next += 1;
        }
        hunk(&lines, first.saturating_sub(CONTEXT_LINES), (last + CONTEXT_LINES + 1).min(lines.len()), &mut out);
    }
    out
}

fn hunk(lines: &[Line], from: usize, to: usize, out: &mut String) {
    let count = |lines: &[Line], ours: fn(&Line) -> bool| lines.iter().filter(|l| ours(l)).count();
    let in_old: fn(&Line) -> bool = |l| !matches!(l, Line::Added(_));
    let in_new: fn(&Line) -> bool = |l| !matches!(l, Line::Removed(_));
    let range = |side: fn(&Line) -> bool| {
        let (before, length) = (count(&lines[..from], side), count(&lines[from..to], side));
        match length {
            1 => format!("{}", before + 1),
            0 => format!("{before},0"),
            length => format!("{},{length}", before + 1),
        }
    };
    let _ = writeln!(out, "@@ -{} +{} @@", range(in_old), range(in_new));
    for line in &lines[from..to] {
        let _ = match line {
            Line::Same(text) => writeln!(out, " {text}"),
            Line::Removed(text) => writeln!(out, "-{text}"),
            Line::Added(text) => writeln!(out, "+{text}"),
        };
    }
}

/// The edit script: the longest equal run first, then the same on both sides of it, as `difflib`'s matcher does.
fn script<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::with_capacity(old.len().max(new.len()));
    let runs = if old.len().max(new.len()) > TEXT_LINES_MAX { ends(old, new) } else { Matcher::new(old, new).runs() };
    let end = Run { old: old.len(), new: new.len(), length: 0 };
    for run in runs.into_iter().chain([end]) {
        lines.extend(old[i..run.old].iter().copied().map(Line::Removed));
        lines.extend(new[j..run.new].iter().copied().map(Line::Added));
        lines.extend(old[run.old..run.old + run.length].iter().copied().map(Line::Same));
        (i, j) = (run.old + run.length, run.new + run.length);
    }
    lines
}

/// Equal lines: `length` of them from these places on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    old: usize,
    new: usize,
    length: usize,
}

/// What is equal at both ends.
fn ends(old: &[&str], new: &[&str]) -> Vec<Run> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    vec![Run { old: 0, new: 0, length: head }, Run { old: old.len() - tail, new: new.len() - tail, length: tail }]
}

struct Matcher<'t> {
    old: &'t [&'t str],
    new: &'t [&'t str],
    /// Places of each line of `new`; those that come too often begin no run.
    places: HashMap<&'t str, Vec<usize>>,
}

impl<'t> Matcher<'t> {
    fn new(old: &'t [&'t str], new: &'t [&'t str]) -> Self {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, line) in new.iter().enumerate() {
            places.entry(line).or_default().push(at);
        }
        if new.len() >= POPULAR_FROM_LINES {
            places.retain(|_, at| at.len() <= new.len() / 100 + 1);
        }
        Self { old, new, places }
    }

    /// All equal runs, in order. Runs that touch are told apart, which changes nothing in what is shown.
    fn runs(&self) -> Vec<Run> {
        let mut found = Vec::new();
        let mut open = vec![(0..self.old.len(), 0..self.new.len())];
        while let Some((old, new)) = open.pop() {
            let run = self.longest(old.clone(), new.clone());
            if run.length == 0 {
                continue;
            }
            found.push(run);
            open.push((old.start..run.old, new.start..run.new));
            open.push((run.old + run.length..old.end, run.new + run.length..new.end));
        }
        found.sort_unstable();
        found
    }

    /// The longest run in these ranges, the first one in `old` and then in `new` of those.
    fn longest(&self, old: Range<usize>, new: Range<usize>) -> Run {
        let mut best = Run { old: old.start, new: new.start, length: 0 };
        // By end in `new`: how long a run ends there and at the line of `old` before.
        let mut ending: HashMap<usize, usize> = HashMap::new();
        for i in old.clone() {
            let mut next = HashMap::new();
            let places = self.places.get(self.old[i]).map_or(&[][..], Vec::as_slice);
            for j in places.iter().copied().filter(|j| new.contains(j)) {
                let length = j.checked_sub(1).and_then(|before| ending.get(&before)).map_or(1, |before| before + 1);
                next.insert(j, length);
                if length > best.length {
                    best = Run { old: i + 1 - length, new: j + 1 - length, length };
                }
            }
            ending = next;
        }
        while best.old > old.start && best.new > new.start && self.old[best.old - 1] == self.new[best.new - 1] {
            best = Run { old: best.old - 1, new: best.new - 1, length: best.length + 1 };
        }
        let end = |run: &Run| (run.old + run.length, run.new + run.length);
        while end(&best).0 < old.end && end(&best).1 < new.end && self.old[end(&best).0] == self.new[end(&best).1] {
            best.length += 1;
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks() {
        let check = |old: &str, new: &str, want: &str| assert_eq!(unified(old, new), want);
        check("a\nb", "a\nb", "");
        check("a\nb\nc", "a\nx\ny\nc", "@@ -1,3 +1,4 @@\n a\n-b\n+x\n+y\n c\n");
        check("a\nb\nc\na\nb\nc\nd", "a\nb\nc\nd", "@@ -1,6 +1,3 @@\n-a\n-b\n-c\n a\n b\n c\n");
        let old: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let mut new = old.clone();
        new[1] = "x".into();
        new[15] = "y".into();
        check(
            &old.join("\n"),
            &new.join("\n"),
            "@@ -1,5 +1,5 @@\n 0\n-1\n+x\n 2\n 3\n 4\n@@ -13,7 +13,7 @@\n 12\n 13\n 14\n-15\n+y\n 16\n 17\n 18\n",
        );
    }
}
