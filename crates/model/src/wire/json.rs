//! JSON text to [`Raw`], with the error texts of Go's `encoding/json`.
use super::raw::Raw;
use std::borrow::Cow;

/// Documents nested deeper are refused. So far below the limit of `serde_json` (128), which reads stored bytes back, that
/// managed fields, lists and tables around an object stay below it too.
pub const DEPTH_MAX: usize = 110;

/// Why a text is not JSON, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    #[error("unexpected end of JSON input")]
    End,
    #[error("invalid character {} {context}", quote(*.byte))]
    Character { byte: u8, context: &'static str },
    #[error("invalid character {} in literal {literal} (expecting {})", quote(*.byte), quote(*.expected))]
    Literal { byte: u8, literal: &'static str, expected: u8 },
    #[error("invalid character {} exceeded max depth", quote(*.0))]
    Depth(u8),
}

/// A byte between single quotes, as Go prints it.
fn quote(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".into(),
        b'"' => "'\"'".into(),
        b'\\' => r"'\\'".into(),
        b'\n' => r"'\n'".into(),
        b'\r' => r"'\r'".into(),
        b'\t' => r"'\t'".into(),
        0x07 => r"'\a'".into(),
        0x08 => r"'\b'".into(),
        0x0b => r"'\v'".into(),
        0x0c => r"'\f'".into(),
        0x20..=0x7e => format!("'{}'", byte as char),
        0..=0x1f | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        _ => format!("'{}'", byte as char),
    }
}

/// Parses a whole document.
///
/// # Errors
/// The text is not one JSON value, or nests too deep.
pub fn parse(text: &[u8]) -> Result<Raw<'_>, SyntaxError> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(DEPTH_MAX)?;
    match parser.peek() {
        None => Ok(value),
        Some(byte) => Err(SyntaxError::Character { byte, context: "after top-level value" }),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// The next byte, whatever it is.
    fn next(&mut self) -> Result<u8, SyntaxError> {
        let byte = *self.text.get(self.at).ok_or(SyntaxError::End)?;
        self.at += 1;
        Ok(byte)
    }

    fn value(&mut self, depth: usize) -> Result<Raw<'a>, SyntaxError> {
        match self.peek().ok_or(SyntaxError::End)? {
            b'{' => self.object(depth.checked_sub(1).ok_or(SyntaxError::Depth(b'{'))?),
            b'[' => self.array(depth.checked_sub(1).ok_or(SyntaxError::Depth(b'['))?),
            b'"' => Ok(Raw::String(self.string()?)),
            b'-' | b'0'..=b'9' => Ok(Raw::Number(self.number()?)),
            b't' => self.literal("true", Raw::Bool(true)),
            b'f' => self.literal("false", Raw::Bool(false)),
            b'n' => self.literal("null", Raw::Null),
            byte => Err(SyntaxError::Character { byte, context: "looking for beginning of value" }),
        }
    }

    fn literal(&mut self, literal: &'static str, value: Raw<'a>) -> Result<Raw<'a>, SyntaxError> {
        for expected in literal.bytes() {
            let byte = self.next()?;
            if byte != expected {
                let name = literal;
                return Err(SyntaxError::Literal { byte, literal: name, expected });
            }
        }
        Ok(value)
    }

    fn object(&mut self, depth: usize) -> Result<Raw<'a>, SyntaxError> {
        self.at += 1;
        let mut entries = Vec::new();
        if self.peek().ok_or(SyntaxError::End)? == b'}' {
            self.at += 1;
            return Ok(Raw::Object(entries));
        }
        loop {
            match self.peek().ok_or(SyntaxError::End)? {
                b'"' => {}
                byte => {
                    return Err(SyntaxError::Character { byte, context: "looking for beginning of object key string" });
                }
            }
            let key = self.string()?;
            match self.peek().ok_or(SyntaxError::End)? {
                b':' => self.at += 1,
                byte => return Err(SyntaxError::Character { byte, context: "after object key" }),
            }
            entries.push((key, self.value(depth)?));
            match self.peek().ok_or(SyntaxError::End)? {
                b',' => self.at += 1,
                b'}' => break,
                byte => return Err(SyntaxError::Character { byte, context: "after object key:value pair" }),
            }
        }
        self.at += 1;
        Ok(Raw::Object(entries))
    }

    fn array(&mut self, depth: usize) -> Result<Raw<'a>, SyntaxError> {
        self.at += 1;
        let mut items = Vec::new();
        if self.peek().ok_or(SyntaxError::End)? == b']' {
            self.at += 1;
            return Ok(Raw::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            match self.peek().ok_or(SyntaxError::End)? {
                b',' => self.at += 1,
                b']' => break,
                byte => return Err(SyntaxError::Character { byte, context: "after array element" }),
            }
        }
        self.at += 1;
        Ok(Raw::Array(items))
    }

    fn digits(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    /// At least one digit, or the error that Go gives at this place.
    fn some_digits(&mut self, context: &'static str) -> Result<(), SyntaxError> {
        let byte = self.next()?;
        if !byte.is_ascii_digit() {
            return Err(SyntaxError::Character { byte, context });
        }
        self.digits();
        Ok(())
    }

    fn number(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        let start = self.at;
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        match self.next()? {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            byte => return Err(SyntaxError::Character { byte, context: "in numeric literal" }),
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.some_digits("after decimal point in numeric literal")?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits("in exponent of numeric literal")?;
        }
        Ok(String::from_utf8_lossy(&self.text[start..self.at]))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.next()? {
                b'"' => return Ok(String::from_utf8_lossy(&self.text[start..self.at - 1])),
                b'\\' => break,
                byte @ 0..0x20 => return Err(SyntaxError::Character { byte, context: "in string literal" }),
                _ => {}
            }
        }
        self.at -= 1;
        let mut out = self.text[start..self.at].to_vec();
        loop {
            match self.next()? {
                b'"' => return Ok(Cow::Owned(lossy(out))),
                b'\\' => self.escape(&mut out)?,
                byte @ 0..0x20 => return Err(SyntaxError::Character { byte, context: "in string literal" }),
                byte => out.push(byte),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let byte = match self.next()? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let unit = self.hex4()?;
                let char = self.code_point(unit);
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            byte => return Err(SyntaxError::Character { byte, context: "in string escape code" }),
        };
        out.push(byte);
        Ok(())
    }

    /// Joins a surrogate pair; a lone surrogate becomes U+FFFD.
    fn code_point(&mut self, unit: u32) -> char {
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        let back = self.at;
        if self.text.get(self.at..self.at + 2) == Some(br"\u") {
            self.at += 2;
            if let Ok(low @ 0xDC00..0xE000) = self.hex4() {
                let point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
        }
        self.at = back;
        char::REPLACEMENT_CHARACTER
    }

    fn hex4(&mut self) -> Result<u32, SyntaxError> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.next()?;
            let digit = char::from(byte)
                .to_digit(16)
                .ok_or(SyntaxError::Character { byte, context: r"in \u hexadecimal character escape" })?;
            unit = unit * 16 + digit;
        }
        Ok(unit)
    }
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, error: &str) {
        assert_eq!(parse(text.as_bytes()).expect_err(text).to_string(), error, "{text}");
    }

    #[test]
    fn errors_are_gos() {
        check("", "unexpected end of JSON input");
        check(r#"{"apiVersion": "v1", "#, "unexpected end of JSON input");
        check(r#"{"a":1} trailing"#, "invalid character 't' after top-level value");
        check("x", "invalid character 'x' looking for beginning of value");
        check(r#"{"a":1,}"#, "invalid character '}' looking for beginning of object key string");
        check(r#"{"a" 1}"#, "invalid character '1' after object key");
        check(r#"{"a":1 "b"}"#, "invalid character '\"' after object key:value pair");
        check("[1 2]", "invalid character '2' after array element");
        check("[1,]", "invalid character ']' looking for beginning of value");
        check("trux", "invalid character 'x' in literal true (expecting 'e')");
        check("-x", "invalid character 'x' in numeric literal");
        check("01", "invalid character '1' after top-level value");
        check("1.x", "invalid character 'x' after decimal point in numeric literal");
        check("1e+x", "invalid character 'x' in exponent of numeric literal");
        check("\"a\nb\"", r"invalid character '\n' in string literal");
        check(r#""\q""#, "invalid character 'q' in string escape code");
        check(r#""\u12g4""#, r"invalid character 'g' in \u hexadecimal character escape");
        check(&"[".repeat(DEPTH_MAX + 1), "invalid character '[' exceeded max depth");
    }

    #[test]
    fn strings_are_unescaped() {
        let raw = parse(r#""a\u00e9\ud83d\ude00\ud800x\n\/""#.as_bytes()).unwrap();
        assert_eq!(raw, Raw::String(Cow::Borrowed("aé😀\u{fffd}x\n/")));
    }

    #[test]
    fn duplicates_and_literals_are_kept() {
        let raw = parse(br#" {"a":1.50,"a":-0,"b":[true,null]} "#).unwrap();
        assert_eq!(
            format!("{raw:?}"),
            r#"Object([("a", Number("1.50")), ("a", Number("-0")), ("b", Array([Bool(true), Null]))])"#
        );
    }
}
