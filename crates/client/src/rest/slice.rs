//! Cuts JSON documents into the byte ranges of their parts without building trees.
use bytes::Bytes;
use serde::de::IgnoredAny;
use std::ops::Range;

/// A valid JSON document without white space between its tokens, as all functions here want it.
///
/// # Errors
/// It is not JSON.
pub(super) fn compact(text: Bytes) -> Result<Bytes, serde_json::Error> {
    serde_json::from_slice::<IgnoredAny>(&text)?;
    let trimmed = text.slice_ref(text.trim_ascii());
    let mut out = Vec::new();
    let (mut at, mut copied) = (0, 0);
    while at < trimmed.len() {
        match trimmed[at] {
            b'"' => at = string_end(&trimmed, at),
            b' ' | b'\n' | b'\r' | b'\t' => {
                out.extend_from_slice(&trimmed[copied..at]);
                at += 1;
                copied = at;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Ok(trimmed);
    }
    out.extend_from_slice(&trimmed[copied..]);
    Ok(out.into())
}

/// Index behind the string that begins at `at`.
fn string_end(text: &[u8], mut at: usize) -> usize {
    at += 1;
    while at < text.len() {
        match text[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// Index behind the value that begins at `at`.
fn value_end(text: &[u8], mut at: usize) -> usize {
    let mut depth = 0usize;
    while at < text.len() {
        match text[at] {
            b'"' => at = string_end(text, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b',' | b':' => at += 1,
            _ => {
                let rest = &text[at..];
                at += rest.iter().position(|b| matches!(b, b',' | b'}' | b']')).unwrap_or(rest.len());
            }
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// One entry of an object: its key as written (without quotes), the whole entry's range and its value's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub key: Range<usize>,
    pub value: Range<usize>,
}

/// Entries of the object that lies at `object`; none if it is no object.
pub(super) fn entries(text: &[u8], object: Range<usize>) -> impl Iterator<Item = Entry> + '_ {
    let mut at = if text.get(object.start) == Some(&b'{') { object.start + 1 } else { object.end };
    std::iter::from_fn(move || {
        if text.get(at) == Some(&b',') {
            at += 1;
        }
        if at >= object.end || text[at] != b'"' {
            return None;
        }
        let key_end = string_end(text, at);
        let value_start = key_end + 1;
        let end = value_end(text, value_start);
        let entry = Entry { key: at + 1..key_end - 1, value: value_start..end };
        at = end;
        Some(entry)
    })
}

/// Ranges of the elements of the list that lies at `list`; none if it is no list.
pub(super) fn elements(text: &[u8], list: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = if text.get(list.start) == Some(&b'[') { list.start + 1 } else { list.end };
    std::iter::from_fn(move || {
        if text.get(at) == Some(&b',') {
            at += 1;
        }
        if at >= list.end || text[at] == b']' {
            return None;
        }
        let element = at..value_end(text, at);
        at = element.end;
        Some(element)
    })
}

/// The value of `key` in the object at `object`.
pub(super) fn find(text: &[u8], object: Range<usize>, key: &str) -> Option<Range<usize>> {
    entries(text, object).find(|e| &text[e.key.clone()] == key.as_bytes()).map(|e| e.value)
}

/// The text of the string at `value`; None for anything else.
pub(super) fn string(text: &[u8], value: Range<usize>) -> Option<String> {
    serde_json::from_slice(&text[value]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn white_space_goes_only_between_tokens() {
        let text = Bytes::from_static(b" { \"a b\" : [ 1 , \"x \\\" y\" ] ,\n \"c\":{} }\n");
        assert_eq!(compact(text).unwrap(), r#"{"a b":[1,"x \" y"],"c":{}}"#);
        assert!(compact(Bytes::from_static(b"{\"a\":")).is_err());
    }

    #[test]
    fn parts_are_found() {
        let text = br#"{"kind":"L","metadata":{"a":"}\"]"},"items":[{"x":1},[2],"s",null]}"#;
        let all = 0..text.len();
        let items = find(text, all.clone(), "items").unwrap();
        let items: Vec<_> = elements(text, items).map(|r| std::str::from_utf8(&text[r]).unwrap()).collect();
        assert_eq!(items, [r#"{"x":1}"#, "[2]", "\"s\"", "null"]);
        assert_eq!(string(text, find(text, all, "kind").unwrap()).as_deref(), Some("L"));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ \"\\\\{}\\[\\],:a\n]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[ \"\\\\{}a]{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn cutting_agrees_with_parsing(value in json()) {
            let pretty = Bytes::from(serde_json::to_vec_pretty(&value).unwrap());
            let text = compact(pretty).unwrap();
            let expected = value.to_string();
            prop_assert_eq!(&text[..], expected.as_bytes());
            let parse = |r: Range<usize>| serde_json::from_slice::<Value>(&text[r]).unwrap();
            if let Value::Array(items) = &value {
                prop_assert_eq!(&elements(&text, 0..text.len()).map(parse).collect::<Vec<_>>(), items);
            }
            if let Value::Object(map) = &value {
                let cut: Vec<Value> = entries(&text, 0..text.len()).map(|e| parse(e.value)).collect();
                prop_assert_eq!(cut, map.values().cloned().collect::<Vec<_>>());
            }
        }
    }
}
