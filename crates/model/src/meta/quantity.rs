//! `resource.Quantity`: exact fixed-point amounts with their suffix families, canonical text and arithmetic.
use std::{cmp::Ordering, fmt, ops::Add};

/// Units of 10^-9 in one: nothing finer is kept.
const NANO: i128 = 1_000_000_000;
/// The largest amount: 2^63-1 whole units. Larger texts are cut to it, as upstream does.
const MAX_NANOS: i128 = i64::MAX as i128 * NANO;

/// An amount. Equality and order look at the value only; the suffix family is for printing.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    nanos: i128,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// `Ki`, `Mi`, …
    Binary,
    /// `m`, `k`, `M`, …
    Decimal,
    /// `e3`, `e6`, …
    Exponent,
}

/// Why a text is no quantity; upstream's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

impl Quantity {
    pub const ZERO: Self = Self { nanos: 0, format: Format::Decimal };

    /// Parses any accepted text, rounding what is finer than 10^-9 away from zero.
    ///
    /// # Errors
    /// The text is none.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(QuantityError::Format);
        }
        let (format, factor, power) = parse_suffix(suffix)?;
        let magnitude = scale(whole, fraction, factor, power).min(MAX_NANOS);
        Ok(Self { nanos: if negative { -magnitude } else { magnitude }, format })
    }

    pub fn whole(units: i64) -> Self {
        Self { nanos: i128::from(units) * NANO, format: Format::Decimal }
    }

    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// Whether it has no fraction.
    pub fn is_integer(self) -> bool {
        self.nanos % NANO == 0
    }

    /// Whole units, fractions rounded away from zero: `Value()`.
    pub fn value(self) -> i64 {
        i64::try_from(div_away(self.nanos, NANO)).unwrap_or(i64::MAX)
    }

    /// Thousandths, rounded away from zero: `MilliValue()`.
    pub fn milli_value(self) -> i64 {
        i64::try_from(div_away(self.nanos, NANO / 1000)).unwrap_or(i64::MAX)
    }

    /// Rounded away from zero to thousandths: what API defaulting does to resource lists.
    #[must_use]
    pub fn rounded_up_to_milli(self) -> Self {
        let milli = NANO / 1000;
        Self { nanos: div_away(self.nanos, milli) * milli, ..self }
    }

    /// Whether a multiple of this many units.
    pub fn is_multiple_of(self, units: i64) -> bool {
        units != 0 && self.nanos % (i128::from(units) * NANO) == 0
    }
}

fn div_away(value: i128, by: i128) -> i128 {
    value / by + if value % by == 0 { 0 } else { value.signum() }
}

/// (family, factor, power of ten) of a suffix.
fn parse_suffix(suffix: &str) -> Result<(Format, i128, i32), QuantityError> {
    const DECIMAL: [(&str, i32); 10] =
        [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some((_, power)) = DECIMAL.iter().find(|(s, _)| *s == suffix) {
        return Ok((Format::Decimal, 1, *power));
    }
    if let Some(at) = BINARY.iter().position(|s| *s == suffix) {
        return Ok((Format::Binary, 1 << (10 * (at + 1)), 0));
    }
    if let Some(exponent) = suffix.strip_prefix(['e', 'E']) {
        return exponent.parse().map(|power| (Format::Exponent, 1, power)).map_err(|_| QuantityError::Suffix);
    }
    let letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let digits = letters.strip_prefix(['+', '-']).unwrap_or(letters);
    let in_grammar = digits.bytes().all(|b| b.is_ascii_digit());
    Err(if in_grammar { QuantityError::Suffix } else { QuantityError::Format })
}

/// `whole.fraction * factor * 10^power` in nano units, rounded up, saturating.
fn scale(whole: &str, fraction: &str, factor: i128, power: i32) -> i128 {
    let fraction = fraction.trim_end_matches('0');
    let mut mantissa: i128 = 0;
    // Past this many digits a fraction cannot matter but for rounding up, and a whole number is over the bound anyway.
    let mut dropped = false;
    let mut kept_fraction = 0_i32;
    for (i, digit) in whole.bytes().chain(fraction.bytes()).enumerate() {
        if mantissa > 10_i128.pow(27) {
            if i < whole.len() {
                return MAX_NANOS;
            }
            dropped |= digit != b'0';
            continue;
        }
        mantissa = mantissa * 10 + i128::from(digit - b'0');
        kept_fraction += i32::from(i >= whole.len());
    }
    if mantissa == 0 {
        return i128::from(dropped);
    }
    let Some(product) = mantissa.checked_mul(factor) else { return MAX_NANOS };
    let shift = power.saturating_sub(kept_fraction).saturating_add(9);
    if shift >= 0 {
        let power = u32::try_from(shift).ok().and_then(|s| 10_i128.checked_pow(s));
        return power.and_then(|p| product.checked_mul(p)).unwrap_or(MAX_NANOS).saturating_add(i128::from(dropped));
    }
    match u32::try_from(-shift).ok().and_then(|s| 10_i128.checked_pow(s)) {
        Some(divisor) => div_away(product, divisor).max(i128::from(dropped)),
        None => 1,
    }
}

impl Add for Quantity {
    type Output = Self;

    /// The sum in the family of the left side, or the right's where the left is zero.
    fn add(self, other: Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self { nanos: (self.nanos + other.nanos).clamp(-MAX_NANOS, MAX_NANOS), format }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}
impl Eq for Quantity {}
impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for Quantity {
    /// The canonical text: no fraction, the largest suffix of the family that allows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let binary = self.format == Format::Binary && self.is_integer() && self.nanos.abs() >= 1024 * NANO;
        if binary {
            let mut amount = self.nanos / NANO;
            let mut suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter();
            let mut suffix = suffixes.next();
            while amount % 1024 == 0 && suffix != Some(&"Ei") {
                amount /= 1024;
                suffix = suffixes.next();
            }
            return write!(f, "{amount}{}", suffix.expect("the loop ends at the last suffix"));
        }
        let (mut amount, mut exponent) = (self.nanos, -9_i32);
        while amount % 1000 == 0 && exponent < 18 {
            amount /= 1000;
            exponent += 3;
        }
        if self.format == Format::Exponent {
            return if exponent == 0 { write!(f, "{amount}") } else { write!(f, "{amount}e{exponent}") };
        }
        let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
        let at = usize::try_from(exponent / 3 + 3).expect("the exponent is -9 to 18");
        write!(f, "{amount}{}", suffixes[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_texts() {
        let check = |text: &str, want: &str| assert_eq!(Quantity::parse(text).unwrap().to_string(), want, "{text}");
        for (text, want) in [
            ("0", "0"),
            ("0Ki", "0"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("1.", "1"),
            ("100m", "100m"),
            ("1000m", "1"),
            ("1000", "1k"),
            ("1500", "1500"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1023Ki", "1023Ki"),
            ("512", "512"),
            ("0.5Ki", "512"),
            ("0.1Ki", "102400m"),
            ("1e3", "1e3"),
            ("1E3", "1e3"),
            ("12e2", "1200"),
            ("1E", "1E"),
            ("-2Mi", "-2Mi"),
            ("+3", "3"),
            ("1n", "1n"),
            ("0.1n", "1n"),
            ("9999999999999999999999", "9223372036854775807"),
            ("1e-20", "1e-9"),
            ("128974848", "128974848"),
        ] {
            check(text, want);
        }
    }

    #[test]
    fn bad_texts() {
        let check = |text: &str, want: QuantityError| assert_eq!(Quantity::parse(text).unwrap_err(), want, "{text}");
        check("", QuantityError::Format);
        check("1.2.3", QuantityError::Format);
        check("abc", QuantityError::Format);
        check("1ki", QuantityError::Suffix);
        check("1Kii", QuantityError::Suffix);
        check("1 Gi", QuantityError::Format);
    }

    #[test]
    fn arithmetic() {
        let q = |text: &str| Quantity::parse(text).unwrap();
        assert_eq!(q("0.5"), q("500m"));
        assert!(q("1Ki") > q("1k"));
        assert_eq!((q("1Gi") + q("512Mi")).to_string(), "1536Mi");
        assert_eq!(q("1100u").rounded_up_to_milli().to_string(), "2m");
        assert_eq!(q("1.1").value(), 2);
        assert_eq!(q("-1.1").value(), -2);
        assert_eq!(q("100m").milli_value(), 100);
        assert!(q("4Mi").is_multiple_of(2 << 20));
    }

    proptest::proptest! {
        #[test]
        fn canonical_texts_keep_the_value(text in "[+-]?[0-9]{1,6}(\\.[0-9]{1,12})?(n|u|m|k|M|G|Ki|Mi|Gi|e[0-9])?") {
            let quantity = Quantity::parse(&text).unwrap();
            let again = Quantity::parse(&quantity.to_string()).unwrap();
            proptest::prop_assert_eq!(quantity, again);
            proptest::prop_assert_eq!(quantity.to_string(), again.to_string());
        }
    }
}
