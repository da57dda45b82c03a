//! YAML out, as upstream writes it: block style, keys in natural order, lists at their key's indentation, plain scalars
//! where they read back as the same text, literal blocks for several lines, lines folded past 80 columns.
use super::{Raw, yaml_scalar};
use crate::{Object, Value};
use std::cmp::Ordering;

/// Scalars are folded at the first blank past this column.
const WIDTH: usize = 80;
const INDENT: usize = 2;
/// Longer keys are written as explicit keys.
const SIMPLE_KEY_BYTES_MAX: usize = 128;

/// A document, newline at the end.
pub fn write(value: &Value) -> String {
    let mut emitter = Emitter { out: String::new(), column: 0, whitespace: true, indention: true };
    emitter.node(value, None, false);
    emitter.line(0);
    emitter.out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

struct Emitter {
    out: String,
    column: usize,
    /// Only blanks and indicators that need no blank after them precede on this line.
    whitespace: bool,
    /// Only indentation precedes on this line.
    indention: bool,
}

impl Emitter {
    /// `indent` is that of the block around, None at the root; `in_map` says that this is a map's value.
    fn node(&mut self, value: &Value, indent: Option<usize>, in_map: bool) {
        let deeper = indent.map_or(0, |indent| indent + INDENT);
        match value {
            Value::Object(map) if !map.is_empty() => self.map(map, deeper),
            Value::Array(items) if !items.is_empty() => {
                let indentless = in_map && !self.indention;
                self.list(items, if indentless { indent.unwrap_or(0) } else { deeper });
            }
            Value::Object(_) => self.word("{}"),
            Value::Array(_) => self.word("[]"),
            Value::Null => self.word("null"),
            Value::Bool(b) => self.word(if *b { "true" } else { "false" }),
            Value::Number(n) => self.word(&number(n)),
            Value::String(text) => self.scalar(text, indent.map_or(INDENT, |indent| indent + INDENT), false),
        }
    }

    fn map(&mut self, map: &Object, indent: usize) {
        let mut entries: Vec<(&String, &Value)> = map.iter().collect();
        sort(&mut entries);
        for (key, value) in entries {
            self.line(indent);
            if key.len() <= SIMPLE_KEY_BYTES_MAX && !key.chars().any(is_break) {
                self.scalar(key, indent + INDENT, true);
                self.indicator(":", false, false);
            } else {
                self.indicator("?", true, true);
                self.scalar(key, indent + INDENT, false);
                self.line(indent);
                self.indicator(":", true, true);
            }
            self.node(value, Some(indent), true);
        }
    }

    fn list(&mut self, items: &[Value], indent: usize) {
        for item in items {
            self.line(indent);
            self.indicator("-", true, true);
            self.node(item, Some(indent), false);
        }
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn end_line(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// Goes to this indentation, on a new line unless it stands there already.
    fn line(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.end_line();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, needs_blank: bool, is_indention: bool) {
        if needs_blank && !self.whitespace {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.whitespace = false;
        self.indention = self.indention && is_indention;
    }

    /// A scalar that is never quoted or folded.
    fn word(&mut self, text: &str) {
        self.indicator(text, true, false);
    }

    fn scalar(&mut self, text: &str, indent: usize, is_key: bool) {
        match style(text, is_key) {
            Style::Plain => {
                if !self.whitespace {
                    self.put(' ');
                }
                self.folded(text, indent, is_key, |c, _| c.to_string());
                self.whitespace = false;
                self.indention = false;
            }
            Style::Single => {
                self.indicator("'", true, false);
                self.single(text, indent, is_key);
                self.indicator("'", false, false);
            }
            Style::Double => {
                self.indicator("\"", true, false);
                self.double(text, indent, is_key);
                self.indicator("\"", false, false);
            }
            Style::Literal => self.literal(text, indent),
        }
    }

    /// A text of one line, broken at single blanks past the width.
    fn folded(&mut self, text: &str, indent: usize, is_key: bool, spell: impl Fn(char, usize) -> String) {
        let chars: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (i, &c) in chars.iter().enumerate() {
            if c != ' ' {
                spell(c, i).chars().for_each(|c| self.put(c));
                self.indention = false;
                spaces = false;
                continue;
            }
            let inside = i > 0 && i + 1 < chars.len();
            if !is_key && !spaces && self.column > WIDTH && inside && chars[i + 1] != ' ' {
                self.line(indent);
            } else {
                self.put(' ');
            }
            spaces = true;
        }
    }

    fn single(&mut self, text: &str, indent: usize, is_key: bool) {
        if !text.chars().any(is_break) {
            let doubled = |c: char, _| if c == '\'' { "''".to_owned() } else { c.to_string() };
            return self.folded(text, indent, is_key, doubled);
        }
        // Only U+2028 and U+2029 come here: other breaks make a literal or a double-quoted scalar.
        let mut after_break = false;
        for c in text.chars() {
            if is_break(c) {
                self.out.push(c);
                self.column = 0;
                self.indention = true;
            } else {
                if after_break {
                    self.line(indent);
                }
                if c == '\'' {
                    self.put('\'');
                }
                self.put(c);
                self.indention = false;
            }
            after_break = is_break(c);
        }
    }

    fn double(&mut self, text: &str, indent: usize, is_key: bool) {
        let chars: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (i, &c) in chars.iter().enumerate() {
            let inside = i > 0 && i + 1 < chars.len();
            if c == ' ' && !is_key && !spaces && self.column > WIDTH && inside {
                self.line(indent);
                if chars[i + 1] == ' ' {
                    self.put('\\');
                }
            } else {
                escaped(c).chars().for_each(|c| self.put(c));
            }
            spaces = c == ' ';
        }
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.indicator("|", true, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false);
        }
        let mut back = text.chars().rev();
        match (back.next().is_some_and(is_break), back.next()) {
            (false, _) => self.indicator("-", false, false),
            (true, None) => self.indicator("+", false, false),
            (true, Some(c)) if is_break(c) => self.indicator("+", false, false),
            (true, Some(_)) => {}
        }
        self.end_line();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.out.push(c);
                self.column = 0;
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.line(indent);
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What may stand unescaped.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..) && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn escaped(c: char) -> String {
    match c {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\0' => "\\0".into(),
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\u{b}' => "\\v".into(),
        '\u{c}' => "\\f".into(),
        '\r' => "\\r".into(),
        '\u{1b}' => "\\e".into(),
        '\u{85}' => "\\N".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        c if is_printable(c) => c.into(),
        c if u32::from(c) <= 0xff => format!("\\x{:02X}", u32::from(c)),
        c => format!("\\u{:04X}", u32::from(c)),
    }
}

/// What a scalar's text permits.
#[derive(Debug, Default)]
struct Shape {
    indicators: bool,
    special: bool,
    breaks: bool,
    leading: bool,
    trailing_space: bool,
    trailing_break: bool,
    /// A blank after a break.
    break_space: bool,
    /// A break after a blank.
    space_break: bool,
}

impl Shape {
    fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let is_blank = |c: Option<&char>| c.is_none_or(|c| matches!(c, ' ' | '\t' | '\0') || is_break(*c));
        let last = chars.len().saturating_sub(1);
        let mut shape = Self { indicators: text.starts_with("---") || text.starts_with("..."), ..Self::default() };
        for (i, &c) in chars.iter().enumerate() {
            let before = i.checked_sub(1).map(|i| chars[i]);
            let blank_after = is_blank(chars.get(i + 1));
            shape.indicators |= match c {
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => i == 0,
                '#' => is_blank(before.as_ref()),
                '?' | '-' => i == 0 && blank_after,
                ':' => blank_after,
                _ => false,
            };
            shape.special |= !is_printable(c);
            if c == ' ' {
                shape.leading |= i == 0;
                shape.trailing_space |= i == last;
                shape.break_space |= before.is_some_and(is_break);
            } else if is_break(c) {
                shape.breaks = true;
                shape.leading |= i == 0;
                shape.trailing_break |= i == last;
                shape.space_break |= before == Some(' ');
            }
        }
        shape
    }
}

fn style(text: &str, is_key: bool) -> Style {
    let shape = Shape::of(text);
    let odd = shape.special || shape.space_break;
    if text.contains('\n') {
        return if odd || shape.trailing_space || is_key { Style::Double } else { Style::Literal };
    }
    if text != "<<" && (!matches!(yaml_scalar::resolve(text), Raw::String(_)) || is_time(text) || is_base_60(text)) {
        return Style::Double;
    }
    let plain = !(odd
        || shape.breaks
        || shape.leading
        || shape.trailing_space
        || shape.trailing_break
        || shape.break_space
        || shape.indicators);
    match plain {
        true => Style::Plain,
        false if odd || shape.break_space => Style::Double,
        false => Style::Single,
    }
}

/// Texts that upstream's reader takes for a time: dates, dates with a time of day, instants with a zone.
fn is_time(text: &str) -> bool {
    if text.bytes().take_while(u8::is_ascii_digit).count() != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let (date, clock) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((&text[at..=at], &text[at + 1..]))),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = parts.next().and_then(|year| year.parse().ok());
    let (month, day, rest) = (parts.next().and_then(two_digits), parts.next().and_then(two_digits), parts.next());
    let dated = matches!((year, month, day, rest), (Some(y), Some(m), Some(d), None) if jiff::civil::Date::new(y, m, d).is_ok());
    dated
        && match clock {
            None => true,
            Some((" ", clock)) => is_clock(clock.trim_start_matches(' ')),
            Some((_, clock)) => match clock.find(['Z', '+', '-']) {
                Some(at) => is_clock(&clock[..at]) && is_zone(&clock[at..]),
                None => false,
            },
        }
}

/// A number of one or two digits.
fn two_digits(text: &str) -> Option<i8> {
    (matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `h:m:s` with an optional fraction.
fn is_clock(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Vec<Option<i8>> = clock.split(':').map(two_digits).collect();
    let fraction = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    fraction && matches!(parts.as_slice(), [Some(0..24), Some(0..60), Some(0..60)])
}

fn is_zone(text: &str) -> bool {
    let bytes = text.as_bytes();
    let offset = bytes.len() == 6 && bytes[3] == b':' && [1, 2, 4, 5].iter().all(|i| bytes[*i].is_ascii_digit());
    text == "Z" || (offset && bytes[0] != b'Z')
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: YAML 1.1's numbers to base 60.
fn is_base_60(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !rest.starts_with(|c: char| c.is_ascii_digit()) || !rest.contains(':') {
        return false;
    }
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut groups = whole.split(':');
    let head = groups.next().unwrap_or_default().bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let sixtieths = |group: &str| {
        matches!(group.len(), 1 | 2)
            && group.bytes().all(|b| b.is_ascii_digit())
            && group.parse::<u8>().is_ok_and(|n| n < 60)
    };
    head && groups.all(sixtieths) && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// Integers as they are, the rest in Go's shortest form: with an exponent below 1e-4 and from 1e6 on.
fn number(n: &serde_json::Number) -> String {
    let Some(float) = n.as_f64().filter(|_| n.is_f64()) else { return n.to_string() };
    let text = format!("{float:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return float.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

type Entry<'a> = (&'a String, &'a Value);

/// Sorts by [`natural`]. That order is not transitive for all texts, which the standard sort may answer with a panic:
/// short runs are inserted one by one, as upstream's sort does, longer ones merged.
fn sort(entries: &mut Vec<Entry<'_>>) {
    const INSERTED_MAX: usize = 12;
    if entries.len() <= INSERTED_MAX {
        for i in 1..entries.len() {
            let mut at = i;
            while at > 0 && natural(entries[at].0, entries[at - 1].0) == Ordering::Less {
                entries.swap(at, at - 1);
                at -= 1;
            }
        }
        return;
    }
    let mut right = entries.split_off(entries.len() / 2);
    let mut left = std::mem::take(entries);
    sort(&mut left);
    sort(&mut right);
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        let smaller = if natural(r.0, l.0) == Ordering::Less { &mut right } else { &mut left };
        entries.extend(smaller.next());
    }
    entries.extend(left);
    entries.extend(right);
}

/// Upstream's order of keys: letters after anything else, runs of digits by value.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for i in 0..a.len().min(b.len()) {
        let (x, y) = (a[i], b[i]);
        if x == y {
            continue;
        }
        return match (x.is_alphabetic(), y.is_alphabetic()) {
            (true, true) => x.cmp(&y),
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => by_value(&a, &b, i),
        };
    }
    a.len().cmp(&b.len())
}

/// Compares the runs of digits that begin (or go on) at `i`.
fn by_value(a: &[char], b: &[char], i: usize) -> Ordering {
    let zero = a[i] == '0' || b[i] == '0';
    let inside = zero && a[..i].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let run = |of: &[char]| {
        let digits = of[i..].iter().take_while(|c| c.is_ascii_digit());
        let start = (u64::from(inside), 0usize);
        digits.fold(start, |(value, length), c| {
            (value.wrapping_mul(10).wrapping_add(u64::from(c.to_digit(10).unwrap_or(0))), length + 1)
        })
    };
    run(a).cmp(&run(b)).then(a[i].cmp(&b[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(value: &Value, yaml: &str) {
        assert_eq!(write(value), yaml);
    }

    #[test]
    fn blocks() {
        check(
            &json!({"b": {"c": [1, {"d": [[], {}], "e": null}, ["x", ["y"]]]}, "a": true}),
            concat!("a: true\nb:\n  c:\n  - 1\n  - d:\n    - []\n    - {}\n    e: null\n", "  - - x\n    - - \"y\"\n",),
        );
        check(&json!([]), "[]\n");
        check(&json!("text"), "text\n");
        check(&json!({"f": 1.0, "g": 1e-7, "h": 1_234_567.5, "i": 12}), "f: 1\ng: 1e-07\nh: 1.2345675e+06\ni: 12\n");
    }

    #[test]
    fn scalars() {
        for (text, yaml) in [
            ("", "\"\""),
            ("true", "\"true\""),
            ("017", "\"017\""),
            ("2020-01-01", "\"2020-01-01\""),
            ("12:30:45", "\"12:30:45\""),
            ("a: b", "'a: b'"),
            ("a:b#c", "a:b#c"),
            ("- a", "'- a'"),
            ("it's", "it's"),
            ("'x", "'''x'"),
            (" a", "' a'"),
            ("a\tb", "\"a\\tb\""),
            ("\u{85}", "\"\\N\""),
            ("<<", "<<"),
            ("a\nb\n", "|\n  a\n  b"),
            ("a\nb", "|-\n  a\n  b"),
            ("\n a\n\n", "|2+\n\n   a\n"),
            ("a \nb", "\"a \\nb\""),
        ] {
            check(&json!({"k": text}), &format!("k: {yaml}\n"));
        }
        let words = vec!["word"; 20].join(" ");
        check(&json!({"k": &words}), &format!("k: {}\n  {}\n", &words[..79], &words[80..]));
    }

    #[test]
    fn keys() {
        check(
            &json!({"a10": 1, "a9": 2, "B": 3, "10": 4, "9": 5, "a b": 6}),
            "\"9\": 5\n\"10\": 4\nB: 3\na b: 6\na9: 2\na10: 1\n",
        );
        check(&json!({"a\nb": 1}), "? |-\n  a\n  b\n: 1\n");
        let long = "k".repeat(130);
        check(&Value::Object(Object::from_iter([(long.clone(), json!({"x": 1}))])), &format!("? {long}\n: x: 1\n"));
        let many: Object = (0..100).map(|i| (format!("k{i}"), Value::Null)).collect();
        let expected: String = (0..100).map(|i| format!("k{i}: null\n")).collect();
        check(&Value::Object(many), &expected);
    }
}
