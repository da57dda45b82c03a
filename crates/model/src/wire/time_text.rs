//! RFC 3339 texts of `Time` and `MicroTime`: canonical form and the errors of Go's `time.Parse`.
use crate::time::{rfc3339_micros, rfc3339_seconds};
use jiff::Timestamp;
use std::borrow::Cow;

const SECONDS: &str = "2006-01-02T15:04:05Z07:00";
const MICROS: &str = "2006-01-02T15:04:05.000000Z07:00";

/// Why a text is no time: Go's whole message.
pub type TimeError = String;

/// The text of a `Time` as Go decodes and encodes it: UTC, whole seconds.
pub fn seconds(text: &str) -> Result<Cow<'_, str>, TimeError> {
    if is_canonical_seconds(text.as_bytes()) && text.parse::<Timestamp>().is_ok() {
        return Ok(Cow::Borrowed(text));
    }
    parse(text, SECONDS).map(|t| Cow::Owned(rfc3339_seconds(t)))
}

/// The text of a `MicroTime`: UTC, six fractional digits, which the layout also asks of the input.
pub fn micros(text: &str) -> Result<Cow<'_, str>, TimeError> {
    parse(text, MICROS).map(|t| Cow::Owned(rfc3339_micros(t)))
}

/// `dddd-dd-ddTdd:dd:ddZ`.
fn is_canonical_seconds(text: &[u8]) -> bool {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:ddZ";
    text.len() == SHAPE.len()
        && text
            .iter()
            .zip(SHAPE)
            .all(|(byte, shape)| if *shape == b'd' { byte.is_ascii_digit() } else { byte == shape })
}

/// Walks the layout's elements so that the error names the first that does not match.
struct Walk<'a> {
    text: &'a str,
    rest: &'a str,
    layout: &'static str,
}

impl<'a> Walk<'a> {
    fn fail<T>(&self, element: &str) -> Result<T, TimeError> {
        Err(format!("parsing time {:?} as {:?}: cannot parse {:?} as {element:?}", self.text, self.layout, self.rest))
    }

    fn range<T>(&self, what: &str) -> Result<T, TimeError> {
        Err(format!("parsing time {:?}: {what} out of range", self.text))
    }

    fn literal(&mut self, text: &str) -> Result<(), TimeError> {
        match self.rest.strip_prefix(text) {
            Some(rest) => self.rest = rest,
            None => return self.fail(text),
        }
        Ok(())
    }

    fn digits(&mut self, count: usize, element: &str) -> Result<i32, TimeError> {
        match self.rest.get(..count).filter(|d| d.bytes().all(|b| b.is_ascii_digit())) {
            Some(digits) => {
                self.rest = &self.rest[count..];
                digits.parse().or_else(|_| self.fail(element))
            }
            None => self.fail(element),
        }
    }

    fn ranged(&mut self, element: &str, what: &str, max: i32, min: i32) -> Result<i8, TimeError> {
        let value = self.digits(2, element)?;
        if !(min..=max).contains(&value) {
            return self.range(what);
        }
        i8::try_from(value).or_else(|_| self.range(what))
    }

    /// A fraction of a second in nanoseconds; Go takes it after the seconds whatever the layout says.
    fn fraction(&mut self, exact: Option<usize>) -> Result<i32, TimeError> {
        let digits = self.rest.strip_prefix(['.', ',']).map(|r| r.bytes().take_while(u8::is_ascii_digit).count());
        let digits = match (digits.filter(|d| *d > 0), exact) {
            (None, None) => return Ok(0),
            (Some(found), Some(wanted)) if found < wanted => return self.fail(".000000"),
            (None, Some(_)) => return self.fail(".000000"),
            (Some(_), Some(wanted)) => wanted,
            (Some(found), None) => found,
        };
        let text = &self.rest[1..=digits];
        self.rest = &self.rest[digits + 1..];
        let nanos: String = text.chars().chain("000000000".chars()).take(9).collect();
        nanos.parse().or_else(|_| self.fail(".000000"))
    }

    /// Offset from UTC in seconds.
    fn zone(&mut self) -> Result<i32, TimeError> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(0);
        }
        let bytes = self.rest.as_bytes();
        let shaped = bytes.len() >= 6
            && matches!(bytes[0], b'+' | b'-')
            && bytes[3] == b':'
            && [1, 2, 4, 5].iter().all(|i| bytes[*i].is_ascii_digit());
        if !shaped {
            return self.fail("Z07:00");
        }
        let two = |at: usize| i32::from(bytes[at] - b'0') * 10 + i32::from(bytes[at + 1] - b'0');
        let (hours, minutes) = (two(1), two(4));
        if hours > 24 {
            return self.range("time zone offset hour");
        }
        if minutes > 60 {
            return self.range("time zone offset minute");
        }
        let sign = if bytes[0] == b'-' { -1 } else { 1 };
        self.rest = &self.rest[6..];
        Ok(sign * (hours * 3600 + minutes * 60))
    }
}

fn parse(text: &str, layout: &'static str) -> Result<Timestamp, TimeError> {
    let mut walk = Walk { text, rest: text, layout };
    let year = walk.digits(4, "2006")?;
    walk.literal("-")?;
    let month = walk.ranged("01", "month", 12, 1)?;
    walk.literal("-")?;
    let day = walk.ranged("02", "day", 31, 0)?;
    walk.literal("T")?;
    let hour = walk.ranged("15", "hour", 23, 0)?;
    walk.literal(":")?;
    let minute = walk.ranged("04", "minute", 59, 0)?;
    walk.literal(":")?;
    let second = walk.ranged("05", "second", 59, 0)?;
    let nanos = walk.fraction((layout == MICROS).then_some(6))?;
    let offset = walk.zone()?;
    if !walk.rest.is_empty() {
        return Err(format!("parsing time {text:?}: extra text: {:?}", walk.rest));
    }
    let year = i16::try_from(year).or_else(|_| walk.range("year"))?;
    let date = jiff::civil::Date::new(year, month, day).or_else(|_| walk.range("day"))?;
    let local = date.at(hour, minute, second, nanos);
    let utc = local.to_zoned(jiff::tz::TimeZone::UTC).or_else(|_| walk.range("year"))?.timestamp();
    utc.checked_sub(jiff::SignedDuration::from_secs(offset.into())).or_else(|_| walk.range("year"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms() {
        for (text, printed) in [
            ("2026-11-21T18:00:00Z", "2026-11-21T18:00:00Z"),
            ("2026-11-21T18:00:00.123456789Z", "2026-11-21T18:00:00Z"),
            ("2026-11-21T18:00:00+02:00", "2026-11-21T16:00:00Z"),
            ("2026-11-21T00:00:00-01:30", "2026-11-21T01:30:00Z"),
        ] {
            assert_eq!(seconds(text).as_deref(), Ok(printed));
        }
        assert_eq!(micros("2026-11-21T18:00:00.000001+01:00").as_deref(), Ok("2026-11-21T17:00:00.000001Z"));
    }

    #[test]
    fn errors_are_gos() {
        let layout = r#"as "2006-01-02T15:04:05Z07:00": cannot parse"#;
        for (text, error) in [
            ("", format!(r#"parsing time "" {layout} "" as "2006""#)),
            ("soon", format!(r#"parsing time "soon" {layout} "soon" as "2006""#)),
            ("2026-11-21", format!(r#"parsing time "2026-11-21" {layout} "" as "T""#)),
            ("2026-13-21T00:00:00Z", r#"parsing time "2026-13-21T00:00:00Z": month out of range"#.into()),
            ("2026-02-30T00:00:00Z", r#"parsing time "2026-02-30T00:00:00Z": day out of range"#.into()),
            ("2026-02-03T00:00:00Zx", r#"parsing time "2026-02-03T00:00:00Zx": extra text: "x""#.into()),
        ] {
            assert_eq!(seconds(text), Err(error));
        }
    }
}
