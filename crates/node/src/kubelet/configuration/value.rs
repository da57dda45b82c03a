//! Values of settings: what JSON type each has, how a flag writes it, and Go's durations.
use serde_json::{Map, Value};
use std::time::Duration;

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int32,
    Int64,
    Float,
    Text,
    /// Go's duration, as a text such as `1m30s`.
    Duration,
    Texts,
    /// Texts by key.
    TextMap,
    /// Switches by key.
    BoolMap,
    /// Taints of a node.
    Taints,
    /// Something of an inner structure that is not read here.
    Other,
}

/// Nanoseconds of a duration in Go's notation.
fn go_nanos(text: &str) -> Option<i128> {
    const UNITS: &[(&str, i128)] = &[
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i128;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, after) = tail.split_at(unit_end);
        let scale = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.len() > 18 {
            return None;
        }
        let parsed = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
        total = total.checked_add(parsed(whole)?.checked_mul(scale)?)?;
        let places = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        total = total.checked_add(parsed(fraction)?.checked_mul(scale)? / places)?;
        rest = after;
    }
    Some(sign * total)
}

/// A duration of Go's notation that is not negative.
pub fn duration(text: &str) -> Option<Duration> {
    u64::try_from(go_nanos(text)?).ok().map(Duration::from_nanos)
}

/// As Go prints it: `1m0s`, `100ms`, `0s`.
pub fn go_text(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let fraction = |unit: u128, name: &str| {
        let digits = unit.ilog10() as usize;
        let text = format!("{}.{:0digits$}", nanos / unit, nanos % unit);
        format!("{}{name}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match nanos {
        0 => "0s".into(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => fraction(1_000, "µs"),
        1_000_000..1_000_000_000 => fraction(1_000_000, "ms"),
        _ => {
            let (hours, minutes) = (duration.as_secs() / 3600, duration.as_secs() / 60 % 60);
            let rest = nanos % 60_000_000_000;
            let text = format!("{}.{:09}", rest / 1_000_000_000, rest % 1_000_000_000);
            let seconds = text.trim_end_matches('0').trim_end_matches('.');
            match (hours, minutes) {
                (0, 0) => format!("{seconds}s"),
                (0, _) => format!("{minutes}m{seconds}s"),
                _ => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

impl Kind {
    /// The value as it is kept: durations in Go's own spelling. The error names what is wanted.
    pub(super) fn check(self, value: &Value) -> Result<Value, &'static str> {
        let texts = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        let object = |each: fn(&Value) -> bool| value.as_object().is_some_and(|map| map.values().all(each));
        let (good, wanted) = match self {
            Self::Bool => (value.is_boolean(), "must be true or false"),
            Self::Int32 => {
                (value.as_i64().is_some_and(|it| i32::try_from(it).is_ok()), "must be an integer of 32 bits")
            }
            Self::Int64 => (value.as_i64().is_some(), "must be an integer"),
            Self::Float => (value.is_number(), "must be a number"),
            Self::Text => (value.is_string(), "must be a text"),
            Self::Duration => {
                let nanos = value.as_str().and_then(go_nanos).ok_or("must be a duration such as 10s or 5m")?;
                let nanos = u64::try_from(nanos).map_err(|_| "must not be negative")?;
                return Ok(go_text(Duration::from_nanos(nanos)).into());
            }
            Self::Texts => (texts(value), "must be a list of texts"),
            Self::TextMap => (object(Value::is_string), "must map texts to texts"),
            Self::BoolMap => (object(Value::is_boolean), "must map texts to true or false"),
            Self::Taints => {
                let parsed: Result<Vec<k8s_openapi::api::core::v1::Taint>, _> = serde_json::from_value(value.clone());
                let whole = |list: Vec<k8s_openapi::api::core::v1::Taint>| {
                    list.iter().all(|it| {
                        let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&it.effect.as_str());
                        !it.key.is_empty() && known && it.time_added.is_none()
                    })
                };
                (parsed.is_ok_and(whole), "must be a list of taints, each with a key and an effect")
            }
            Self::Other => (true, ""),
        };
        if good { Ok(value.clone()) } else { Err(wanted) }
    }

    /// The value that a flag's text stands for. `between` parts the key from the value in maps.
    pub(super) fn of_flag(self, text: &str, between: char) -> Result<Value, &'static str> {
        let parts = || text.split(',').filter(|part| !part.is_empty());
        let pairs = || -> Option<Map<String, Value>> {
            parts().map(|part| part.split_once(between).map(|(key, value)| (key.to_owned(), value.into()))).collect()
        };
        let value = match self {
            Self::Bool => text.parse::<bool>().map(Value::from).map_err(|_| "must be true or false")?,
            Self::Int32 | Self::Int64 => text.parse::<i64>().map(Value::from).map_err(|_| "must be an integer")?,
            Self::Float => text.parse::<f64>().map(Value::from).map_err(|_| "must be a number")?,
            Self::Text | Self::Duration => text.into(),
            Self::Texts => parts().collect::<Vec<_>>().into(),
            Self::TextMap => pairs().ok_or("must be a list of key and value")?.into(),
            Self::Taints => parts().map(taint).collect::<Option<Vec<_>>>().ok_or("must be KEY=VALUE:EFFECT,…")?.into(),
            Self::BoolMap | Self::Other => return Err("has no flag"),
        };
        self.check(&value)
    }
}

/// `key=value:effect` or `key:effect`.
fn taint(text: &str) -> Option<Value> {
    let (left, effect) = text.rsplit_once(':')?;
    let (key, value) = left.split_once('=').unwrap_or((left, ""));
    let mut made = serde_json::json!({"key": key, "effect": effect});
    if !value.is_empty() {
        made["value"] = value.into();
    }
    Some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_go_s() {
        let check = |text: &str, out: Option<&str>| assert_eq!(duration(text).map(go_text).as_deref(), out, "{text}");
        check("1m", Some("1m0s"));
        check("90s", Some("1m30s"));
        check("1.5h", Some("1h30m0s"));
        check("100ms", Some("100ms"));
        check("0", Some("0s"));
        check("2m0.5s", Some("2m0.5s"));
        check("10", None);
        check("-1s", None);
        check("", None);
        check("1d", None);
    }

    #[test]
    fn flags_become_values() {
        let check = |kind: Kind, text: &str, out: Value| assert_eq!(kind.of_flag(text, '<').unwrap(), out, "{text}");
        check(
            Kind::TextMap,
            "memory.available<1Gi,nodefs.available<5%",
            serde_json::json!({"memory.available": "1Gi", "nodefs.available": "5%"}),
        );
        check(
            Kind::Taints,
            "a=b:NoSchedule,c:NoExecute",
            serde_json::json!([{"key": "a", "value": "b", "effect": "NoSchedule"}, {"key": "c", "effect": "NoExecute"}]),
        );
        check(Kind::Texts, "a,b", serde_json::json!(["a", "b"]));
        check(Kind::Duration, "90s", "1m30s".into());
        assert!(Kind::Int32.of_flag("x", '=').is_err());
        assert!(Kind::Taints.of_flag("a=b", '=').is_err());
    }
}
