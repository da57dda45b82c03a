//! Counts that are given as such or as a percentage.
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// A number, or a percentage of `total` rounded as asked.
pub fn scaled(value: &IntOrString, total: i32, up: bool) -> i32 {
    match value {
        IntOrString::Int(count) => *count,
        IntOrString::String(text) => {
            let percent: i64 = text.strip_suffix('%').and_then(|number| number.parse().ok()).unwrap_or(0);
            let hundredfold = percent.saturating_mul(total.into());
            let whole = if up { hundredfold.saturating_add(99) / 100 } else { hundredfold / 100 };
            i32::try_from(whole).unwrap_or(i32::MAX)
        }
    }
}
