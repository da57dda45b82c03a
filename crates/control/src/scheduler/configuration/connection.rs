//! How the scheduler calls the API, and how it is elected: `clientConnection` and `leaderElection`.
use serde::Deserialize;
use skeg_model::meta::field_error::Errors;
use std::time::Duration;

/// Calls a second, and how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub per_second: u32,
    pub burst: u32,
}

/// An election of the leader among several schedulers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elected {
    pub lease_duration: Duration,
    pub renew_deadline: Duration,
    pub retry_period: Duration,
    pub resource_namespace: String,
    pub resource_name: String,
}

/// Upstream's rates where only one of both is given.
const PER_SECOND: u32 = 50;
const BURST: u32 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ClientConnection {
    kubeconfig: String,
    accept_content_types: String,
    content_type: String,
    qps: Option<f64>,
    burst: Option<i64>,
}

impl ClientConnection {
    pub fn check(&self, errors: &mut Errors) {
        if let Some(burst) = self.burst.filter(|burst| *burst < 0) {
            errors.invalid("clientConnection.burst", burst, "must be non-negative");
        }
    }

    /// None where the file does not ask for a limit (a negative rate is none).
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the rate is clamped to what fits")]
    pub fn pace(&self) -> Option<Pace> {
        let (qps, burst) = (self.qps.filter(|qps| *qps != 0.0), self.burst.filter(|burst| *burst != 0));
        if qps.is_some_and(|qps| qps < 0.0) || (qps.is_none() && burst.is_none()) {
            return None;
        }
        // Less than one call a second is not told apart from one.
        let per_second = qps.map_or(PER_SECOND, |qps| qps.clamp(1.0, f64::from(u32::MAX)) as u32);
        let burst = burst.map_or(BURST, |burst| u32::try_from(burst).unwrap_or(u32::MAX));
        Some(Pace { per_second, burst })
    }

    /// The scheduler calls the API of its own process, without a connection.
    pub fn without_effect(&self) -> impl Iterator<Item = &'static str> {
        let fields = [
            ("clientConnection.kubeconfig", &self.kubeconfig),
            ("clientConnection.acceptContentTypes", &self.accept_content_types),
            ("clientConnection.contentType", &self.content_type),
        ];
        fields.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, _)| name)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct LeaderElection {
    leader_elect: bool,
    lease_duration: Span,
    renew_deadline: Span,
    retry_period: Span,
    resource_lock: String,
    resource_name: String,
    resource_namespace: String,
}

/// A duration as Go writes it; none and zero ask for the default.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Span(jiff::SignedDuration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom(format!("time: invalid duration \"{text}\""));
        text.parse().map(Self).map_err(|_| wrong())
    }
}

impl Span {
    fn or_seconds(self, seconds: i64) -> jiff::SignedDuration {
        if self.0.is_zero() { jiff::SignedDuration::from_secs(seconds) } else { self.0 }
    }
}

fn given<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

impl LeaderElection {
    /// How long others wait, how long renewing is tried, and how long between attempts.
    fn times(&self) -> [jiff::SignedDuration; 3] {
        [self.lease_duration.or_seconds(15), self.renew_deadline.or_seconds(10), self.retry_period.or_seconds(2)]
    }

    pub fn check(&self, errors: &mut Errors) {
        if !self.leader_elect {
            return;
        }
        let times @ [lease, renew, _] = self.times();
        for (name, time) in ["leaseDuration", "renewDeadline", "retryPeriod"].into_iter().zip(times) {
            if !time.is_positive() {
                errors.invalid(format!("leaderElection.{name}"), go(time).as_str(), "must be greater than zero");
            }
        }
        if lease <= renew {
            let why = "must be greater than `RenewDeadline`";
            errors.invalid("leaderElection.leaseDuration", go(renew).as_str(), why);
        }
        let lock = given(&self.resource_lock, "leases");
        if lock != "leases" {
            errors.invalid("leaderElection.resourceLock", lock, "resourceLock value must be \"leases\"");
        }
    }

    /// None without an election. Valid after [`Self::check`].
    pub fn elected(&self) -> Option<Elected> {
        let span = |time| Duration::try_from(time).unwrap_or_default();
        let [lease_duration, renew_deadline, retry_period] = self.times().map(span);
        self.leader_elect.then(|| Elected {
            lease_duration,
            renew_deadline,
            retry_period,
            resource_namespace: given(&self.resource_namespace, "kube-system").into(),
            resource_name: given(&self.resource_name, "kube-scheduler").into(),
        })
    }
}

/// As Go prints durations of whole seconds and parts of them: `10s`, `1m30s`, `1.5s`.
fn go(time: jiff::SignedDuration) -> String {
    let sign = if time.is_negative() { "-" } else { "" };
    let (seconds, nanos) = (time.as_secs().unsigned_abs(), time.subsec_nanos().unsigned_abs());
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let mut text = sign.to_owned();
    if hours > 0 {
        text += &format!("{hours}h");
    }
    if seconds >= 60 {
        text += &format!("{minutes}m");
    }
    text += &format!("{}", seconds % 60);
    if nanos > 0 {
        text += format!(".{nanos:09}").trim_end_matches('0');
    }
    text + "s"
}
