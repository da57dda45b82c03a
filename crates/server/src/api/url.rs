//! Paths and queries of request lines, decoded as Go's `net/url` decodes them.

/// Percent-decodes a path; None if an escape is malformed or the result is not UTF-8.
pub fn decode_path(raw: &str) -> Option<String> {
    if !raw.contains('%') {
        return Some(raw.to_owned());
    }
    String::from_utf8(unescape(raw, false)?).ok()
}

fn unescape(raw: &str, plus_is_space: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                out.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits fit a byte"));
            }
            b'+' if plus_is_space => out.push(b' '),
            other => out.push(other),
        }
    }
    Some(out)
}

/// Percent-encodes everything but unreserved characters, for a query or a path segment.
pub fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

/// Query parameters in the order given. Pairs that do not decode are dropped, as are those with a `;`.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(raw: Option<&str>) -> Self {
        let pairs = raw.unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !pair.contains(';'));
        Self(pairs.filter_map(decode_pair).collect())
    }

    /// Value of the first parameter of this name.
    pub fn first(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    pub fn text(&self, key: &str) -> String {
        self.first(key).unwrap_or_default().to_owned()
    }

    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    pub fn has(&self, key: &str) -> bool {
        self.first(key).is_some()
    }

    /// A boolean as upstream's conversion reads it: present and neither `false` nor `0`.
    pub fn flag(&self, key: &str) -> bool {
        self.first(key).is_some_and(|v| !v.eq_ignore_ascii_case("false") && v != "0")
    }
}

fn decode_pair(pair: &str) -> Option<(String, String)> {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let decode = |text| String::from_utf8(unescape(text, true)?).ok();
    Some((decode(key)?, decode(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_decode_like_go() {
        let query = Query::parse(Some("a=1&b=x%20y+z&a=2&c&bad=%zz&d=1;2&continue=%%%"));
        assert_eq!(query.first("a"), Some("1"));
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(query.first("b"), Some("x y z"));
        assert_eq!(query.first("c"), Some(""));
        assert!(!query.has("bad") && !query.has("d") && !query.has("continue"));
        assert!(query.flag("c") && query.flag("a"));
        assert!(!Query::parse(Some("watch=False")).flag("watch"));
    }

    #[test]
    fn paths_decode() {
        assert_eq!(decode_path("/a%2Fb").as_deref(), Some("/a/b"));
        assert_eq!(decode_path("/a%2"), None);
        assert_eq!(decode_path("/%ff"), None);
        assert_eq!(escape("a b/c"), "a%20b%2Fc");
    }
}
