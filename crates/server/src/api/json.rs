//! Ready JSON bytes: escaping like Go's encoder, indentation, looking up a member without building a tree.
use bytes::Bytes;
use serde::Serialize;

/// JSON as Go's `encoding/json` writes it (`<`, `>`, `&`, U+2028 and U+2029 escaped), without a trailing newline.
pub fn encode(value: &impl Serialize) -> Vec<u8> {
    go_escape(serde_json::to_vec(value).expect("values of this crate are maps with string keys"))
}

/// [`encode`] and the newline that ends every answer.
pub fn encode_line(value: &impl Serialize) -> Bytes {
    let mut out = encode(value);
    out.push(b'\n');
    out.into()
}

/// Escapes what Go escapes inside strings. These bytes occur nowhere else in JSON.
fn go_escape(json: Vec<u8>) -> Vec<u8> {
    let plain = |b: &u8| !matches!(b, b'<' | b'>' | b'&' | 0xe2);
    if json.iter().all(plain) {
        return json;
    }
    let mut out = Vec::with_capacity(json.len() + 64);
    let mut rest = &json[..];
    while let Some(&b) = rest.first() {
        let (text, used): (&[u8], usize) = match b {
            b'<' => (b"\\u003c", 1),
            b'>' => (b"\\u003e", 1),
            b'&' => (b"\\u0026", 1),
            0xe2 if rest.starts_with(b"\xe2\x80\xa8") => (b"\\u2028", 3),
            0xe2 if rest.starts_with(b"\xe2\x80\xa9") => (b"\\u2029", 3),
            _ => (&rest[..1], 1),
        };
        out.extend_from_slice(text);
        rest = &rest[used..];
    }
    out
}

/// Compact JSON indented by two spaces, as `?pretty=true` answers: no newline at the end.
pub fn pretty(compact: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(compact.len() * 2);
    let mut depth = 0_usize;
    let mut at = 0;
    while at < compact.len() {
        match compact[at] {
            b'"' => {
                let end = string_end(compact, at);
                out.extend_from_slice(&compact[at..end]);
                at = end;
                continue;
            }
            open @ (b'{' | b'[') => {
                out.push(open);
                if matches!(compact.get(at + 1), Some(b'}' | b']')) {
                    out.push(compact[at + 1]);
                    at += 2;
                    continue;
                }
                depth += 1;
                newline(&mut out, depth);
            }
            close @ (b'}' | b']') => {
                depth = depth.saturating_sub(1);
                newline(&mut out, depth);
                out.push(close);
            }
            b',' => {
                out.push(b',');
                newline(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            b'\n' => {}
            other => out.push(other),
        }
        at += 1;
    }
    out
}

fn newline(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + depth * 2, b' ');
}

/// Index behind the string that starts at `at`.
fn string_end(json: &[u8], at: usize) -> usize {
    let mut i = at + 1;
    while i < json.len() {
        match json[i] {
            b'\\' => i += 2,
            b'"' => return i + 1,
            _ => i += 1,
        }
    }
    json.len()
}

/// Index behind the value that starts at `at`, in valid compact JSON.
fn value_end(json: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut i = at;
    while i < json.len() {
        match json[i] {
            b'"' => {
                i = string_end(json, i);
                if depth == 0 {
                    return i;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => return i,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
        i += 1;
    }
    json.len()
}

/// The value of a top-level member of a compact JSON object, sharing its bytes.
pub fn member(object: &Bytes, key: &str) -> Option<Bytes> {
    let mut at = 1;
    while at < object.len() && object[at] == b'"' {
        let key_end = string_end(object, at);
        let end = value_end(object, key_end + 1);
        if &object[at + 1..key_end - 1] == key.as_bytes() {
            return Some(object.slice(key_end + 1..end));
        }
        at = end + 1;
    }
    None
}

/// An object without its leading `kind` and `apiVersion`: how items of a typed list are written.
pub fn without_type(object: &Bytes) -> Option<Bytes> {
    let mut at = 1;
    for key in ["kind", "apiVersion"] {
        if object.get(at) != Some(&b'"') {
            return None;
        }
        let key_end = string_end(object, at);
        if &object[at + 1..key_end - 1] != key.as_bytes() {
            return None;
        }
        at = value_end(object, key_end + 1) + 1;
    }
    (at < object.len()).then(|| object.slice(at..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn escapes_like_go() {
        assert_eq!(
            encode(&json!({"a": "<b>&\u{2028}é"})),
            br#"{"a":"\u003cb\u003e\u0026\u2028"#.iter().copied().chain("é\"}".bytes()).collect::<Vec<_>>()
        );
    }

    #[test]
    fn indents_like_go() {
        let compact = br#"{"a":{},"b":[],"c":[1,{"d":"x,\"y:{"}],"e":null}"#;
        let expected = "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1,\n    {\n      \"d\": \"x,\\\"y:{\"\n    }\n  ],\n  \"e\": null\n}";
        assert_eq!(String::from_utf8(pretty(compact)).unwrap(), expected);
    }

    #[test]
    fn finds_members() {
        let object =
            Bytes::from_static(br#"{"kind":"A","apiVersion":"v1","metadata":{"name":"}\"x"},"n":12,"l":[{"a":1}]}"#);
        let get = |key| member(&object, key).map(|b| String::from_utf8(b.to_vec()).unwrap());
        assert_eq!(get("metadata").as_deref(), Some(r#"{"name":"}\"x"}"#));
        assert_eq!(get("n").as_deref(), Some("12"));
        assert_eq!(get("l").as_deref(), Some(r#"[{"a":1}]"#));
        assert_eq!(get("x"), None);
        let rest = without_type(&object).unwrap();
        assert!(rest.starts_with(br#""metadata":{"#));
        assert_eq!(without_type(&Bytes::from_static(br#"{"metadata":{}}"#)), None);
    }
}
