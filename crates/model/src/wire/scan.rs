//! Looks into canonical bytes without building a tree: the revision's place and the metadata that selection needs.
use super::json;
use crate::stored::Meta;
use bytes::Bytes;

/// Keys of `metadata` that Go's struct order writes before `resourceVersion`.
const BEFORE_REVISION: [&[u8]; 5] = [b"name", b"generateName", b"namespace", b"selfLink", b"uid"];

/// Puts `"resourceVersion":"N"` where canonical order wants it in `metadata`: after `uid`, before `generation`, or by the
/// alphabet where the object is untyped and its maps are sorted. Revision 0 means "not stored" and adds nothing.
pub fn splice_resource_version(canonical: &[u8], revision: u64) -> Bytes {
    let Some(place) = revision_place(canonical).filter(|_| revision != 0) else {
        return Bytes::copy_from_slice(canonical);
    };
    let mut out = Vec::with_capacity(canonical.len() + MEMBER_BYTES_MAX);
    out.extend_from_slice(&canonical[..place.at]);
    place.write(revision, &mut out);
    out.extend_from_slice(&canonical[place.at..]);
    out.into()
}

/// The same as three pieces of which the outer two share the canonical bytes; empty ones where nothing is put in.
pub fn resource_version_parts(canonical: &Bytes, revision: u64) -> [Bytes; 3] {
    let Some(place) = revision_place(canonical).filter(|_| revision != 0) else {
        return [canonical.clone(), Bytes::new(), Bytes::new()];
    };
    let mut member = Vec::with_capacity(MEMBER_BYTES_MAX);
    place.write(revision, &mut member);
    [canonical.slice(..place.at), member.into(), canonical.slice(place.at..)]
}

/// `,"resourceVersion":"18446744073709551615"`.
const MEMBER_BYTES_MAX: usize = 41;

struct Place {
    at: usize,
    comma_before: bool,
    comma_after: bool,
}

impl Place {
    fn write(&self, revision: u64, out: &mut Vec<u8>) {
        if self.comma_before {
            out.push(b',');
        }
        out.extend_from_slice(b"\"resourceVersion\":\"");
        out.extend_from_slice(itoa::Buffer::new().format(revision).as_bytes());
        out.push(b'"');
        if self.comma_after {
            out.push(b',');
        }
    }
}

fn revision_place(canonical: &[u8]) -> Option<Place> {
    let mut scan = Scan::new(canonical);
    let is_sorted = canonical.starts_with(b"{\"apiVersion\"");
    scan.enter()?;
    while let Some(key) = scan.key() {
        if key != b"metadata" {
            scan.skip()?;
            continue;
        }
        scan.enter()?;
        let mut comma_before = false;
        loop {
            // `at` stands before the comma, or right after the opening brace.
            let at = scan.at;
            let Some(key) = scan.key() else { return Some(Place { at, comma_before, comma_after: false }) };
            let precedes = if is_sorted { key < b"resourceVersion".as_slice() } else { BEFORE_REVISION.contains(&key) };
            if !precedes {
                return Some(Place { at, comma_before, comma_after: !comma_before });
            }
            comma_before = true;
            scan.skip()?;
        }
    }
    None
}

/// Reads name, namespace, uid, labels, owners, finalizers and deletion time of canonical bytes without building a tree.
pub fn read_meta(canonical: &[u8]) -> Meta {
    let mut meta = Meta::default();
    let mut scan = Scan::new(canonical);
    let _ = scan.enter().and_then(|()| {
        while let Some(key) = scan.key() {
            if key == b"metadata" {
                return scan.metadata(&mut meta);
            }
            scan.skip()?;
        }
        None
    });
    meta
}

/// A cursor over JSON without white space between tokens.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Steps over the opening of an object or a list.
    fn enter(&mut self) -> Option<()> {
        matches!(self.peek()?, b'{' | b'[').then(|| self.at += 1)
    }

    /// The next key of the object that the cursor is in, the cursor then standing at its value; None at the end, the
    /// cursor then standing behind the object.
    fn key(&mut self) -> Option<&'a [u8]> {
        if !self.more()? {
            return None;
        }
        let start = self.at + 1;
        self.skip_string()?;
        let key = &self.text[start..self.at - 1];
        (self.peek()? == b':').then(|| self.at += 1)?;
        Some(key)
    }

    /// Whether another entry follows; steps over the comma, or over the closing.
    fn more(&mut self) -> Option<bool> {
        match self.peek()? {
            b',' => self.at += 1,
            b'}' | b']' => {
                self.at += 1;
                return Some(false);
            }
            _ => {}
        }
        Some(true)
    }

    fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at += memchr::memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
            if self.text[self.at] == b'"' {
                self.at += 1;
                return Some(());
            }
            self.at += 2;
        }
    }

    /// Steps over one value.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' => self.at += 1,
                _ => {
                    let rest = &self.text[self.at..];
                    self.at += rest.iter().position(|b| matches!(b, b',' | b'}' | b']')).unwrap_or(rest.len());
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// The text of the string at the cursor.
    fn string(&mut self) -> Option<String> {
        let start = self.at;
        if self.peek()? != b'"' {
            self.skip()?;
            return Some(String::new());
        }
        self.skip_string()?;
        let inner = &self.text[start + 1..self.at - 1];
        if memchr::memchr(b'\\', inner).is_none() {
            return Some(String::from_utf8_lossy(inner).into_owned());
        }
        match json::parse(&self.text[start..self.at]) {
            Ok(super::Raw::String(text)) => Some(text.into_owned()),
            _ => None,
        }
    }

    fn key_text(&mut self) -> Option<String> {
        if !self.more()? {
            return None;
        }
        let key = self.string()?;
        (self.peek()? == b':').then(|| self.at += 1)?;
        Some(key)
    }

    fn metadata(&mut self, meta: &mut Meta) -> Option<()> {
        self.enter()?;
        while let Some(key) = self.key() {
            match key {
                b"name" => meta.name = self.string()?,
                b"namespace" => meta.namespace = self.string()?,
                b"uid" => meta.uid = self.string()?,
                b"deletionTimestamp" => meta.deletion_timestamp = Some(self.string()?).filter(|t| !t.is_empty()),
                b"labels" if self.peek()? == b'{' => {
                    self.enter()?;
                    while let Some(key) = self.key_text() {
                        let value = self.string()?;
                        meta.labels.insert(key, value);
                    }
                }
                b"finalizers" if self.peek()? == b'[' => {
                    self.enter()?;
                    while self.more()? {
                        meta.finalizers.push(self.string()?);
                    }
                }
                b"ownerReferences" if self.peek()? == b'[' => {
                    self.enter()?;
                    while self.more()? {
                        meta.owners.push(self.owner()?);
                    }
                }
                _ => self.skip()?,
            }
        }
        Some(())
    }

    fn owner(&mut self) -> Option<(String, bool)> {
        let mut owner = (String::new(), false);
        self.enter()?;
        while let Some(key) = self.key() {
            match key {
                b"uid" => owner.0 = self.string()?,
                b"controller" => {
                    owner.1 = self.peek()? == b't';
                    self.skip()?;
                }
                _ => self.skip()?,
            }
        }
        Some(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(canonical: &str, revision: u64, wire: &str) {
        assert_eq!(splice_resource_version(canonical.as_bytes(), revision), wire);
    }

    #[test]
    fn revision_takes_its_place() {
        check(
            r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"n","uid":"u","generation":1},"spec":{}}"#,
            7,
            r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"7","generation":1},"spec":{}}"#,
        );
        check(r#"{"kind":"P","metadata":{}}"#, 7, r#"{"kind":"P","metadata":{"resourceVersion":"7"}}"#);
        check(r#"{"metadata":{"name":"a\"}"}}"#, 7, r#"{"metadata":{"name":"a\"}","resourceVersion":"7"}}"#);
        check(r#"{"metadata":{"labels":{}}}"#, 7, r#"{"metadata":{"resourceVersion":"7","labels":{}}}"#);
        check(r#"{"metadata":{"name":"a"}}"#, 0, r#"{"metadata":{"name":"a"}}"#);
        check(
            r#"{"apiVersion":"e/v1","kind":"X","metadata":{"generation":1,"name":"a","uid":"u"}}"#,
            7,
            r#"{"apiVersion":"e/v1","kind":"X","metadata":{"generation":1,"name":"a","resourceVersion":"7","uid":"u"}}"#,
        );
    }

    #[test]
    fn metadata_is_read() {
        let meta = read_meta(
            br#"{"kind":"Pod","apiVersion":"v1","spec":{"a":[{"b":"]}"}]},"metadata":{"name":"a","namespace":"n","uid":"u","deletionTimestamp":"2026-01-01T00:00:00Z","labels":{"k\u0041":"v","l":""},"annotations":{"x":"{\"y\":[1]}"},"ownerReferences":[{"apiVersion":"v1","kind":"K","name":"o","uid":"ou","controller":true,"blockOwnerDeletion":true},{"uid":"p"}],"finalizers":["f/a","b"]},"status":{}}"#,
        );
        assert_eq!((meta.name.as_str(), meta.namespace.as_str(), meta.uid.as_str()), ("a", "n", "u"));
        assert_eq!(meta.deletion_timestamp.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(
            meta.labels.into_iter().collect::<Vec<_>>(),
            [("kA".into(), "v".into()), ("l".into(), String::new())]
        );
        assert_eq!(meta.owners, [("ou".into(), true), ("p".into(), false)]);
        assert_eq!(meta.finalizers, ["f/a", "b"]);
    }

    #[test]
    fn broken_bytes_do_no_harm() {
        let text =
            br#"{"metadata":{"name":"a\"b","labels":{"a":"b"},"finalizers":["x"],"ownerReferences":[{"uid":"u"}]}}"#;
        for end in 0..text.len() {
            read_meta(&text[..end]);
            splice_resource_version(&text[..end], 9);
        }
    }
}
