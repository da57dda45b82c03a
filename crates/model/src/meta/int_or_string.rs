//! `intstr.IntOrString` as it stands in the tree: a number or a text, often a percentage of a total.
use crate::Value;

/// Why an int-or-string has no amount, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScaleError {
    #[error("invalid value for IntOrString: invalid type: string is not a percentage")]
    NotPercentage,
    #[error("invalid value for IntOrString: strconv.Atoi: parsing {0:?}: invalid syntax")]
    NotNumber(String),
    #[error("invalid value for IntOrString: invalid type: neither int nor percentage")]
    Type,
}

/// The number before `%`; None when the text is not a percentage.
pub fn percentage(text: &str) -> Option<i64> {
    text.strip_suffix('%')?.parse().ok()
}

/// The amount that `value` means out of `total`: itself, or a percentage rounded up or down.
///
/// # Errors
/// A text without `%`, or neither number nor text.
pub fn scaled(value: &Value, total: i64, round_up: bool) -> Result<i64, ScaleError> {
    match value {
        Value::Number(n) => n.as_i64().ok_or(ScaleError::Type),
        Value::String(text) => {
            let number = text.strip_suffix('%').ok_or(ScaleError::NotPercentage)?;
            let percent: i64 = number.parse().map_err(|_| ScaleError::NotNumber(number.into()))?;
            let hundredths = percent.saturating_mul(total);
            let floor = hundredths.div_euclid(100);
            Ok(if round_up && hundredths.rem_euclid(100) != 0 { floor + 1 } else { floor })
        }
        _ => Err(ScaleError::Type),
    }
}

/// How upstream's `String()` prints it.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts() {
        for (value, total, up, amount) in [
            (json!(3), 10, true, Ok(3)),
            (json!("25%"), 10, true, Ok(3)),
            (json!("25%"), 10, false, Ok(2)),
            (json!("100%"), 7, false, Ok(7)),
            (json!("x"), 7, false, Err(ScaleError::NotPercentage)),
            (json!("x%"), 7, false, Err(ScaleError::NotNumber("x".into()))),
            (json!(null), 7, false, Err(ScaleError::Type)),
        ] {
            assert_eq!(scaled(&value, total, up), amount, "{value}");
        }
    }
}
