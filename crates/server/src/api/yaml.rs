//! YAML of answers: block style with sorted keys, scalars quoted where a reader would take them for something else.
use skeg_model::Value;

/// A document, newline at the end.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block(&mut out, value, 0),
        Value::Array(list) if !list.is_empty() => block(&mut out, value, 0),
        scalar => {
            inline(&mut out, scalar, 0);
            out.push('\n');
        }
    }
    out
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// A non-empty map or list whose first line is not indented by the caller.
fn block(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort_by(|a, b| natural(a, b));
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    indent(out, depth);
                }
                out.push_str(&scalar_text(key));
                out.push(':');
                member(out, &map[key], depth);
            }
        }
        Value::Array(list) => {
            for (i, item) in list.iter().enumerate() {
                if i > 0 {
                    indent(out, depth);
                }
                out.push_str("- ");
                if is_block(item) {
                    block(out, item, depth + 1);
                } else {
                    inline(out, item, depth);
                    out.push('\n');
                }
            }
        }
        _ => inline(out, value, depth),
    }
}

fn member(out: &mut String, value: &Value, depth: usize) {
    if !is_block(value) {
        out.push(' ');
        inline(out, value, depth);
        out.push('\n');
        return;
    }
    out.push('\n');
    // Lists inside maps keep the map's indentation.
    let depth = if value.is_array() { depth } else { depth + 1 };
    indent(out, depth);
    block(out, value, depth);
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    }
}

fn inline(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => out.push_str(&n.to_string()),
        Value::String(s) if s.contains('\n') && literal_fits(s) => literal(out, s, depth + 1),
        Value::String(s) => out.push_str(&scalar_text(s)),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// A literal block keeps the text only if all of it is printable and no line starts or ends the block with blanks.
fn literal_fits(text: &str) -> bool {
    let printable = |c: char| c == '\n' || c == '\t' || !(c.is_control() || c == '\u{feff}');
    text.chars().all(printable) && !text.starts_with([' ', '\t', '\n']) && !text.contains(" \n") && !text.ends_with(' ')
}

fn literal(out: &mut String, text: &str, depth: usize) {
    out.push('|');
    if !text.ends_with('\n') {
        out.push('-');
    } else if text.ends_with("\n\n") {
        out.push('+');
    }
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(out, depth);
            out.push_str(line);
        }
    }
}

/// A one-line scalar: plain where that reads back as the same string, quoted otherwise.
fn scalar_text(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{85}'))
        || reads_as_other(text)
    {
        return double_quoted(text);
    }
    if plain_fits(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            c if c.is_control() && u32::from(c) < 0x100 => out.push_str(&format!("\\x{:02X}", u32::from(c))),
            '\u{feff}' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a YAML 1.1 reader takes the plain text for null, a boolean, a number, a time or a merge key.
fn reads_as_other(text: &str) -> bool {
    const WORDS: &[&str] =
        &["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf", "+.inf", "-.inf", "<<"];
    if WORDS.contains(&text) || WORDS.contains(&text.to_ascii_lowercase().as_str()) {
        return true;
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return false;
    }
    let digits = text.replace('_', "");
    let unsigned = digits.trim_start_matches(['+', '-']);
    let radix = |prefix: &str, radix| {
        unsigned.strip_prefix(prefix).is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_digit(radix)))
    };
    let float = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.contains(|c: char| c.is_ascii_digit())
        && unsigned.parse::<f64>().is_ok();
    let sexagesimal = unsigned.contains(':')
        && unsigned.split(':').all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit() || c == '.'));
    float || radix("0x", 16) || radix("0b", 2) || radix("0o", 8) || sexagesimal || is_date(text)
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>, length: std::ops::RangeInclusive<usize>| {
        part.is_some_and(|p| length.contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    digits(parts.next(), 4..=4)
        && digits(parts.next(), 1..=2)
        && parts.next().is_some_and(|rest| {
            let day = rest.split(['T', 't', ' ']).next().unwrap_or_default();
            digits(Some(day), 1..=2)
        })
}

/// Whether the text may stand without quotes in block context.
fn plain_fits(text: &str) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let indicator =
        matches!(first, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`');
    let lone = matches!(first, '-' | '?' | ':') && text[1..].chars().next().is_none_or(|c| c == ' ');
    !(indicator
        || lone
        || text.starts_with("---")
        || text.starts_with("...")
        || text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || text.contains(" #"))
}

/// Key order of Go's encoder: runs of digits compare as numbers, letters come after other characters.
fn natural(a: &str, b: &str) -> std::cmp::Ordering {
    let (mut left, mut right) = (a.chars().peekable(), b.chars().peekable());
    loop {
        match (left.peek().copied(), right.peek().copied()) {
            (None, None) => return a.cmp(b),
            (None, _) => return std::cmp::Ordering::Less,
            (_, None) => return std::cmp::Ordering::Greater,
            (Some(l), Some(r)) if l.is_ascii_digit() && r.is_ascii_digit() => {
                let order = number(&mut left).cmp(&number(&mut right));
                if order.is_ne() {
                    return order;
                }
            }
            (Some(l), Some(r)) if l == r => {
                left.next();
                right.next();
            }
            (Some(l), Some(r)) => return l.is_alphabetic().cmp(&r.is_alphabetic()).then(l.cmp(&r)),
        }
    }
}

fn number(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> u128 {
    let mut n = 0_u128;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        n = n.saturating_mul(10).saturating_add(u128::from(digit));
        chars.next();
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn writes_like_upstream() {
        let value = json!({
            "metadata": {"name": "a", "creationTimestamp": "2026-01-02T03:04:05Z", "resourceVersion": "12", "labels": {}},
            "items": [{"a": 1, "b": [true, "true"]}, "x", []],
            "text": "one\ntwo\n", "short": "a: b", "star": "*", "bell": "\u{7}", "empty": "", "n": null, "k10": 1, "k9": 2,
        });
        let expected = "bell: \"\\x07\"\nempty: \"\"\nitems:\n- a: 1\n  b:\n  - true\n  - \"true\"\n- x\n- []\nk9: 2\nk10: 1\nmetadata:\n  creationTimestamp: \"2026-01-02T03:04:05Z\"\n  labels: {}\n  name: a\n  resourceVersion: \"12\"\n\"n\": null\nshort: 'a: b'\nstar: '*'\ntext: |\n  one\n  two\n";
        assert_eq!(write(&value), expected);
    }

    proptest! {
        #[test]
        fn reads_back(text in "[ -~\n\té☃]{0,20}", other in "[-+.0-9:eE_x]{0,8}") {
            let value = json!({"a": {"b": text, "c": [other]}});
            let back: Value = serde_saphyr::from_str(&write(&value)).unwrap();
            prop_assert_eq!(back, value);
        }
    }
}
