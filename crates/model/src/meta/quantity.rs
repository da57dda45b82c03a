//! `resource.Quantity`: exact decimal amounts with upstream's suffixes, canonical form and rounding.
use std::{borrow::Cow, cmp::Ordering, fmt};

/// An exact amount down to one billionth.
///
/// Finer digits round away from zero when parsed, as upstream does. Equality and order look at the amount only.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quantity {
    nano: i128,
    format: Format,
}

/// The family of suffixes that a quantity was written with and prints with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// `m`, `k`, `M`, …
    #[default]
    DecimalSi,
    /// `Ki`, `Mi`, …
    BinarySi,
    /// `e3`, `E6`, …
    DecimalExponent,
}

/// Why a text is not a quantity, in upstream's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    #[error("unable to parse quantity's suffix")]
    Suffix,
    /// Also given for amounts beyond 10^29, which upstream's arbitrary precision would take.
    #[error("unable to parse numeric part of quantity")]
    Numeric,
}

const NANO: i128 = 1_000_000_000;
/// Upstream caps amounts with binary suffixes here.
const BINARY_MAX: i128 = i64::MAX as i128 * NANO;

/// Powers of ten of the decimal suffixes.
const DECIMAL: &[(&str, i32)] =
    &[("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
/// Powers of two of the binary suffixes.
const BINARY: &[(&str, i32)] = &[("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// The parts of a quantity's text.
struct Parts<'a> {
    negative: bool,
    /// Digits before the point, without leading zeros; "0" where none are left.
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

impl Quantity {
    pub const ZERO: Self = Self { nano: 0, format: Format::DecimalSi };

    /// A whole amount that prints with decimal suffixes.
    pub const fn whole(units: i64) -> Self {
        Self { nano: units as i128 * NANO, format: Format::DecimalSi }
    }

    /// A whole amount that prints with binary suffixes.
    pub const fn binary(units: i64) -> Self {
        Self { nano: units as i128 * NANO, format: Format::BinarySi }
    }

    /// Thousandths.
    pub const fn milli(amount: i64) -> Self {
        Self { nano: amount as i128 * (NANO / 1000), format: Format::DecimalSi }
    }

    /// # Errors
    /// The text is not a quantity.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        parse(text).map(|(quantity, _)| quantity)
    }

    pub fn format(self) -> Format {
        self.format
    }

    /// The amount, fractions rounded away from zero; beyond `i64` it saturates.
    pub fn value(self) -> i64 {
        clamp(div_away(self.nano, NANO))
    }

    /// The amount in thousandths, finer digits rounded away from zero; beyond `i64` it saturates.
    pub fn milli_value(self) -> i64 {
        clamp(div_away(self.nano, NANO / 1000))
    }

    pub fn is_zero(self) -> bool {
        self.nano == 0
    }

    pub fn is_negative(self) -> bool {
        self.nano < 0
    }

    /// Whether it has no fraction.
    pub fn is_integer(self) -> bool {
        self.nano % NANO == 0
    }

    /// Rounded away from zero to thousandths: what API defaulting does to resource lists.
    #[must_use]
    pub fn rounded_up_to_milli(self) -> Self {
        Self { nano: div_away(self.nano, NANO / 1000) * (NANO / 1000), ..self }
    }

    /// Whether a multiple of this many units.
    pub fn is_multiple_of(self, units: i64) -> bool {
        units != 0 && self.nano % (i128::from(units) * NANO) == 0
    }

    /// The amount as a floating point number, as upstream's `AsApproximateFloat64`.
    #[expect(clippy::cast_precision_loss, reason = "an approximation is asked for")]
    pub fn approximate(self) -> f64 {
        self.nano as f64 / NANO as f64
    }

    /// Multiplies by a whole number; saturates.
    #[must_use]
    pub fn times(self, factor: i64) -> Self {
        Self { nano: self.nano.saturating_mul(i128::from(factor)), ..self }
    }

    /// A zero takes over the other's suffix family, as upstream's `Add`.
    fn with_sum(self, nano: i128, other: Self) -> Self {
        Self { nano, format: if self.nano == 0 { other.format } else { self.format } }
    }

    fn print_decimal(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut mantissa, mut exponent) = (self.nano, -9i32);
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        let largest = if self.format == Format::DecimalSi { 18 } else { i32::MAX };
        let shown = (exponent - exponent.rem_euclid(3)).min(largest);
        let excess = exponent - shown;
        exponent = shown;
        for _ in 0..excess {
            mantissa *= 10;
        }
        write!(f, "{mantissa}")?;
        if self.format == Format::DecimalExponent {
            return if exponent == 0 { Ok(()) } else { write!(f, "e{exponent}") };
        }
        let suffix = DECIMAL.iter().find(|(_, e)| *e == exponent).map_or("", |(s, _)| s);
        f.write_str(suffix)
    }
}

impl std::ops::Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.with_sum(self.nano.saturating_add(other.nano), other)
    }
}

impl std::ops::Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.with_sum(self.nano.saturating_sub(other.nano), other)
    }
}

impl std::ops::Neg for Quantity {
    type Output = Self;
    fn neg(self) -> Self {
        Self { nano: -self.nano, ..self }
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, std::ops::Add::add)
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
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
        self.nano.cmp(&other.nano)
    }
}

impl std::str::FromStr for Quantity {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::parse(text)
    }
}

/// The canonical form: the largest suffix that leaves a whole number.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nano == 0 {
            return f.write_str("0");
        }
        let small = self.nano.abs() < 1024 * NANO;
        if self.format != Format::BinarySi || small || self.nano % NANO != 0 {
            let format = if self.format == Format::BinarySi { Format::DecimalSi } else { self.format };
            return Self { format, ..*self }.print_decimal(f);
        }
        let (mut mantissa, mut suffix) = (self.nano / NANO, "");
        for (name, _) in BINARY {
            if mantissa % 1024 != 0 {
                break;
            }
            mantissa /= 1024;
            suffix = name;
        }
        write!(f, "{mantissa}{suffix}")
    }
}

/// The text that upstream's decoder and encoder make of a quantity's text.
///
/// # Errors
/// The text is not a quantity.
pub fn canonical(text: &str) -> Result<Cow<'_, str>, QuantityError> {
    let text = text.trim();
    let (quantity, keeps) = parse(text)?;
    Ok(if keeps { Cow::Borrowed(text) } else { Cow::Owned(quantity.to_string()) })
}

/// The amount, and whether upstream takes the text itself for canonical.
fn parse(text: &str) -> Result<(Quantity, bool), QuantityError> {
    if text == "0" {
        return Ok((Quantity::ZERO, true));
    }
    let parts = split(text)?;
    let (exponent, format) = suffix(parts.suffix)?;
    let digits = || parts.whole.bytes().chain(parts.fraction.bytes());
    let keeps = keeps(&parts, exponent, format);
    let mut mantissa: i128 = 0;
    let mut scale = -i32::try_from(parts.fraction.len()).map_err(|_| QuantityError::Numeric)?;
    for digit in digits() {
        mantissa = mantissa
            .checked_mul(10)
            .and_then(|m| m.checked_add(i128::from(digit - b'0')))
            .ok_or(QuantityError::Numeric)?;
    }
    let mut format = format;
    if format == Format::BinarySi {
        mantissa = mantissa.checked_mul(1 << exponent).ok_or(QuantityError::Numeric)?;
    } else {
        scale = scale.saturating_add(exponent);
    }
    let mut nano = scaled(mantissa, scale.saturating_add(9))?;
    if format == Format::BinarySi {
        nano = nano.min(BINARY_MAX);
        if nano > 0 && nano < NANO {
            format = Format::DecimalSi;
        }
    }
    Ok((Quantity { nano: if parts.negative { -nano } else { nano }, format }, keeps))
}

/// `mantissa * 10^power`, rounded away from zero.
fn scaled(mantissa: i128, power: i32) -> Result<i128, QuantityError> {
    if mantissa == 0 {
        return Ok(0);
    }
    if power >= 0 {
        let factor = 10i128.checked_pow(power.unsigned_abs()).ok_or(QuantityError::Numeric)?;
        return mantissa.checked_mul(factor).ok_or(QuantityError::Numeric);
    }
    Ok(10i128.checked_pow(power.unsigned_abs()).map_or(1, |divisor| div_away(mantissa, divisor)))
}

fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    if text.is_empty() {
        return Err(QuantityError::Format);
    }
    let negative = text.starts_with('-');
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start_matches('0');
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = rest.split_at(digits(rest));
    let whole = if whole.is_empty() { "0" } else { whole };
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    let letters = suffix.bytes().take_while(|b| b"eEinumkKMGTP".contains(b)).count();
    let exponent = &suffix[letters..];
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if digits(exponent) != exponent.len() {
        return Err(QuantityError::Format);
    }
    Ok(Parts { negative, whole, fraction, suffix })
}

/// Exponent (of ten, or of two for binary suffixes) and family.
fn suffix(text: &str) -> Result<(i32, Format), QuantityError> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(s, _)| *s == text) {
        return Ok((*exponent, Format::DecimalSi));
    }
    if let Some((_, exponent)) = BINARY.iter().find(|(s, _)| *s == text) {
        return Ok((*exponent, Format::BinarySi));
    }
    let exponent = text.strip_prefix(['e', 'E']).ok_or(QuantityError::Suffix)?;
    exponent.parse().map(|exponent| (exponent, Format::DecimalExponent)).map_err(|_| QuantityError::Suffix)
}

/// Upstream's quick test for a text that it keeps without formatting it again.
fn keeps(parts: &Parts<'_>, exponent: i32, format: Format) -> bool {
    let length = parts.whole.len() + parts.fraction.len();
    if format == Format::BinarySi {
        let budget = 14 - i32::try_from(parts.whole.len()).unwrap_or(i32::MAX) - exponent * 3 / 10;
        let odd = parts.whole.parse::<u64>().is_ok_and(|v| v & 7 != 0);
        return budget >= 0 && parts.fraction.is_empty() && odd;
    }
    let scale = exponent.saturating_sub(i32::try_from(parts.fraction.len()).unwrap_or(i32::MAX));
    let thousands = if parts.fraction.len() >= 3 {
        parts.fraction.ends_with("000")
    } else {
        length >= 3 && parts.whole.bytes().chain(parts.fraction.bytes()).skip(length - 3).all(|b| b == b'0')
    };
    length <= 18 && scale >= -9 && scale % 3 == 0 && !thousands && !parts.whole.starts_with('0')
}

/// Division that rounds away from zero; `divisor` is positive.
fn div_away(value: i128, divisor: i128) -> i128 {
    value / divisor + (value % divisor).signum()
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, prints: &str, value: i64) {
        assert_eq!(canonical(text).as_deref(), Ok(prints), "{text}");
        assert_eq!(Quantity::parse(text.trim()).unwrap().value(), value, "{text}");
    }

    #[test]
    fn canonical_forms() {
        for (text, prints, value) in [
            ("0", "0", 0),
            ("100m", "100m", 1),
            ("1000m", "1", 1),
            ("0.5", "500m", 1),
            (".5", "500m", 1),
            ("5.", "5.", 5),
            ("1.5Gi", "1536Mi", 1_610_612_736),
            ("1024", "1024", 1024),
            ("1024Ki", "1Mi", 1_048_576),
            ("1023Mi", "1023Mi", 1_072_693_248),
            ("0.5Ki", "512", 512),
            ("1e3", "1e3", 1000),
            ("1E3", "1E3", 1000),
            ("1E", "1E", 1_000_000_000_000_000_000),
            ("1e4", "10e3", 10000),
            ("1500M", "1500M", 1_500_000_000),
            ("1000k", "1M", 1_000_000),
            ("1000", "1k", 1000),
            ("0.1n", "1n", 1),
            ("1.1n", "2n", 1),
            ("-100m", "-100m", -1),
            ("-0.5Gi", "-512Mi", -536_870_912),
            ("+5", "+5", 5),
            (" 1 ", "1", 1),
            ("Ki", "0", 0),
            ("9223372036854775807", "9223372036854775807", i64::MAX),
            ("10Ei", "9223372036854775807", i64::MAX),
            ("7Ei", "7Ei", 8_070_450_532_247_928_832),
            ("1e-10", "1e-9", 1),
            ("1.2345678901234567890", "1234567891n", 2),
            ("00012", "00012", 12),
            ("0.0", "0", 0),
            ("0Mi", "0", 0),
            ("1.0000000001Gi", "1073741824107374183n", 1_073_741_825),
            ("1e+3", "1e+3", 1000),
            ("1500u", "1500u", 1),
            ("0.1Mi", "104857600m", 104_858),
            ("1e-1000", "1e-9", 1),
            ("1.500", "1.500", 2),
        ] {
            check(text, prints, value);
        }
    }

    #[test]
    fn errors_are_upstreams() {
        for (text, error) in [
            ("", QuantityError::Format),
            ("a", QuantityError::Format),
            ("1Kib", QuantityError::Format),
            ("1.2.3", QuantityError::Format),
            ("0x10", QuantityError::Format),
            ("1ki", QuantityError::Suffix),
            ("1K", QuantityError::Suffix),
            ("1e", QuantityError::Suffix),
            ("--1", QuantityError::Suffix),
        ] {
            assert_eq!(Quantity::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn arithmetic_keeps_the_first_suffix_family() {
        let q = |text| Quantity::parse(text).unwrap();
        assert_eq!((q("1Gi") + q("1k")).to_string(), "1073742824");
        assert_eq!((q("500m") + q("500m")).to_string(), "1");
        assert_eq!((Quantity::ZERO + q("1Gi")).to_string(), "1Gi");
        assert_eq!((q("1") - q("1500m")).to_string(), "-500m");
        assert_eq!(q("1.5").milli_value(), 1500);
        assert!(q("1Ki") > q("1k"));
        assert_eq!(["1", "2", "250m"].map(q).into_iter().sum::<Quantity>().to_string(), "3250m");
    }

    proptest! {
        #[test]
        fn never_panics_and_rests(text in r"[+-]?[0-9.]{0,20}[eEinumkKMGTP]{0,2}[-+]?[0-9]{0,4}") {
            if let Ok(q) = Quantity::parse(&text) {
                let once = q.to_string();
                let again = Quantity::parse(&once).unwrap();
                prop_assert_eq!(again, q);
                prop_assert_eq!(again.to_string(), once);
            }
        }

        #[test]
        fn sums_are_exact(a in any::<i32>(), b in any::<i32>()) {
            let sum = Quantity::milli(a.into()) + Quantity::milli(b.into());
            prop_assert_eq!(sum.milli_value(), i64::from(a) + i64::from(b));
            prop_assert_eq!(sum - Quantity::milli(b.into()), Quantity::milli(a.into()));
        }
    }
}
