//! What a plain YAML scalar stands for, by YAML 1.1 as upstream's reader knows it.
use super::raw::Raw;
use base64::Engine as _;
use std::borrow::Cow;

fn text(text: &str) -> Raw<'static> {
    Raw::String(Cow::Owned(text.to_owned()))
}

fn number(text: impl Into<String>) -> Raw<'static> {
    Raw::Number(Cow::Owned(text.into()))
}

/// The value of a plain scalar. Times stay texts.
pub fn resolve(plain: &str) -> Raw<'static> {
    match plain {
        "" | "~" | "null" | "Null" | "NULL" => Raw::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Raw::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Raw::Bool(false),
        ".nan" | ".NaN" | ".NAN" => number("NaN"),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => number("inf"),
        "-.inf" | "-.Inf" | "-.INF" => number("-inf"),
        _ if plain.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => {
            numeric(plain).unwrap_or_else(|| text(plain))
        }
        _ => text(plain),
    }
}

/// A scalar under one of the core schema's tags; None where it does not fit.
pub fn tagged(tag: &str, scalar: &str) -> Option<Raw<'static>> {
    match (tag, resolve(scalar)) {
        ("str", _) => Some(text(scalar)),
        ("float", value @ Raw::Number(_)) => Some(value),
        ("int", Raw::Number(digits)) if !digits.contains(['.', 'e', 'n']) => Some(Raw::Number(digits)),
        ("bool", value @ Raw::Bool(_)) | ("null", value @ Raw::Null) => Some(value),
        _ => None,
    }
}

/// A `!!binary` scalar as the text that its bytes spell.
pub fn binary(scalar: &str) -> Option<Raw<'static>> {
    let joined: String = scalar.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(joined).ok()?;
    Some(text(&String::from_utf8_lossy(&bytes)))
}

/// An integer or float in JSON's spelling.
fn numeric(plain: &str) -> Option<Raw<'static>> {
    let joins = plain.contains('_') && !plain.starts_with('.');
    let joined: Cow<'_, str> = if joins { plain.replace('_', "").into() } else { plain.into() };
    if let Some(value) = integer(&joined) {
        return Some(number(value));
    }
    if !is_float(&joined) {
        return None;
    }
    let value: f64 = joined.parse().ok()?;
    if value.is_infinite() {
        return None;
    }
    let mut spelled = Vec::new();
    super::encode::float(&mut spelled, value);
    Some(number(String::from_utf8(spelled).ok()?))
}

/// An integer that fits 64 bits, with Go's prefixes for other bases; a leading zero means octal.
fn integer(plain: &str) -> Option<String> {
    let (negative, digits) = match plain.as_bytes().first()? {
        b'-' => (true, &plain[1..]),
        b'+' => (false, &plain[1..]),
        _ => (false, plain),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some(prefix) if prefix.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -value } else { value };
    let signed = plain.starts_with(['-', '+']);
    let max = if signed { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
    (i128::from(i64::MIN)..=max).contains(&value).then(|| value.to_string())
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(plain: &str) -> bool {
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let rest = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    let whole = digits(rest);
    let mut rest = &rest[whole..];
    let mut fraction = 0;
    if let Some(after) = rest.strip_prefix('.') {
        fraction = digits(after);
        rest = &after[fraction..];
    }
    if whole == 0 && fraction == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        None => rest.is_empty(),
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars() {
        for (plain, json) in [
            ("y", "true"),
            ("Off", "false"),
            ("~", "null"),
            ("TRUE", "true"),
            ("017", "15"),
            ("0x1f", "31"),
            ("0b11", "3"),
            ("0o17", "15"),
            ("1_000", "1000"),
            ("1.5", "1.5"),
            ("1e3", "1000.0"),
            (".5", "0.5"),
            ("1.", "1.0"),
            ("+1", "1"),
            ("-0", "0"),
            ("09", "9.0"),
            ("0x", "\"0x\""),
            ("0b2", "\"0b2\""),
            ("_1", "\"_1\""),
            ("-0b11", "-3"),
            ("2020-01-01", "\"2020-01-01\""),
            ("12:30:45", "\"12:30:45\""),
            ("18446744073709551615", "18446744073709551615"),
            ("1.2.3", "\"1.2.3\""),
            ("=", "\"=\""),
        ] {
            let value = resolve(plain).into_value();
            let wanted: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(value.as_f64(), wanted.as_f64(), "{plain}");
            if !value.is_number() {
                assert_eq!(value, wanted, "{plain}");
            }
        }
    }
}
