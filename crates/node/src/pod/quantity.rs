//! Numbers in resource quantities, as the node needs them: whole units and thousandths, rounded up.
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Billionths; None for a text that is no quantity.
fn nanos(text: &str) -> Option<i128> {
    const BILLION: i128 = 1_000_000_000;
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let unit: i128 = match suffix {
        "" => BILLION,
        "n" => 1,
        "u" => 1_000,
        "m" => 1_000_000,
        "k" => BILLION * 1_000,
        "M" => BILLION * 1_000_000,
        "G" => BILLION * BILLION,
        "T" => BILLION * 1_000_000_000_000,
        "P" => BILLION * 1_000_000_000_000_000,
        "E" => BILLION * 1_000_000_000_000_000_000,
        "Ki" => BILLION << 10,
        "Mi" => BILLION << 20,
        "Gi" => BILLION << 30,
        "Ti" => BILLION << 40,
        "Pi" => BILLION << 50,
        "Ei" => BILLION << 60,
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            let scale = 10_i128.checked_pow(power.unsigned_abs())?;
            if power >= 0 { BILLION.checked_mul(scale)? } else { BILLION.checked_div(scale)? }
        }
    };
    let (sign, digits) = match number.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut total = whole.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.chars() {
        place /= 10;
        total = total.checked_add(i128::from(digit.to_digit(10)?) * place)?;
    }
    Some(sign * total)
}

fn ceil(nanos: i128, unit: i128) -> i64 {
    let rounded = nanos.div_euclid(unit) + i128::from(nanos.rem_euclid(unit) != 0);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// Whether the text is a quantity.
pub fn is_valid(text: &str) -> bool {
    nanos(text).is_some()
}

/// Whether a resource of this name is Kubernetes' own: of no domain, or of its.
pub fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Whole units, rounded up; 0 for what is no quantity (the API admits none).
pub fn value(quantity: &Quantity) -> i64 {
    ceil(nanos(&quantity.0).unwrap_or(0), 1_000_000_000)
}

/// Thousandths, rounded up.
pub fn milli(quantity: &Quantity) -> i64 {
    ceil(nanos(&quantity.0).unwrap_or(0), 1_000_000)
}

/// `1500m`, `2`: processors in their canonical form.
pub fn from_milli(milli: i64) -> Quantity {
    Quantity(if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") })
}

/// `64Mi`, `100`: bytes in their canonical binary form.
pub fn from_bytes(bytes: i64) -> Quantity {
    const SUFFIXES: &[&str] = &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let mut rest = bytes;
    let mut step = 0;
    while rest != 0 && rest % 1024 == 0 && step + 1 < SUFFIXES.len() {
        rest /= 1024;
        step += 1;
    }
    Quantity(format!("{rest}{}", SUFFIXES[step]))
}

/// `12k`, `1500`: a count in its canonical decimal form.
pub fn from_count(count: i64) -> Quantity {
    const SUFFIXES: &[&str] = &["", "k", "M", "G", "T", "P", "E"];
    let mut rest = count;
    let mut step = 0;
    while rest != 0 && rest % 1000 == 0 && step + 1 < SUFFIXES.len() {
        rest /= 1000;
        step += 1;
    }
    Quantity(format!("{rest}{}", SUFFIXES[step]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers() {
        let check = |text: &str, whole: i64, thousandths: i64| {
            let quantity = Quantity(text.into());
            assert_eq!((value(&quantity), milli(&quantity)), (whole, thousandths), "{text}");
        };
        check("100m", 1, 100);
        check("1.5", 2, 1500);
        check("64Mi", 67_108_864, 67_108_864_000);
        check("1e3", 1000, 1_000_000);
        check("0.5Gi", 536_870_912, 536_870_912_000);
        check("nonsense", 0, 0);
        check("1n", 1, 1);
        assert_eq!(from_bytes(67_108_864).0, "64Mi");
        assert_eq!(from_bytes(1000).0, "1000");
        assert_eq!((from_count(12_000).0, from_count(1500).0), ("12k".into(), "1500".into()));
        assert_eq!(from_milli(1500).0, "1500m");
        assert_eq!(from_milli(2000).0, "2");
    }
}
