//! Unified diffs of two texts, three lines of context, as some error texts show what changed.
use std::fmt::Write;

const CONTEXT_LINES: usize = 3;
/// Changed regions longer than this are shown as replaced whole, which bounds the work.
const REGION_LINES_MAX: usize = 2000;

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

/// The edit script: common ends first, the rest by longest common subsequence.
fn script<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_mid, new_mid) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let mut lines: Vec<Line> = old[..head].iter().copied().map(Line::Same).collect();
    middle(old_mid, new_mid, &mut lines);
    lines.extend(old[old.len() - tail..].iter().copied().map(Line::Same));
    lines
}

fn middle<'t>(old: &[&'t str], new: &[&'t str], lines: &mut Vec<Line<'t>>) {
    if old.len().max(new.len()) > REGION_LINES_MAX {
        lines.extend(old.iter().copied().map(Line::Removed));
        lines.extend(new.iter().copied().map(Line::Added));
        return;
    }
    // common[i][j]: length of the longest common subsequence of old[i..] and new[j..].
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] =
                if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push(Line::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(Line::Removed(old[i]));
            i += 1;
        } else {
            lines.push(Line::Added(new[j]));
            j += 1;
        }
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
