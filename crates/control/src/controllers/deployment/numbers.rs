//! The arithmetic of rollouts.
use super::{replica_set::MAX_REPLICAS, spec_of};
use crate::controllers::common::numbers::scaled;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, RollingUpdateDeployment};
use skeg_client::Object;

pub(super) fn desired(deployment: &Deployment) -> i32 {
    spec_of(deployment).replicas.unwrap_or(1)
}

pub(super) fn size(set: &ReplicaSet) -> i32 {
    set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

pub(super) fn actual(set: &ReplicaSet) -> i32 {
    set.status.as_ref().map_or(0, |status| status.replicas)
}

pub(super) fn ready(set: &ReplicaSet) -> i32 {
    set.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0)
}

pub(super) fn available(set: &ReplicaSet) -> i32 {
    set.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0)
}

pub(super) fn is_rolling(deployment: &Deployment) -> bool {
    rolling(deployment).is_some()
}

fn rolling(deployment: &Deployment) -> Option<RollingUpdateDeployment> {
    let strategy = spec_of(deployment).strategy.as_ref()?;
    (strategy.type_.as_deref() == Some("RollingUpdate")).then(|| strategy.rolling_update.clone().unwrap_or_default())
}

/// (maxSurge, maxUnavailable) in pods; both zero would stop every rollout, so one may then be unavailable.
fn fenceposts(rolling: &RollingUpdateDeployment, desired: i32) -> (i32, i32) {
    let surge = rolling.max_surge.as_ref().map_or(0, |value| scaled(value, desired, true));
    let unavailable = rolling.max_unavailable.as_ref().map_or(0, |value| scaled(value, desired, false));
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

pub(super) fn max_surge(deployment: &Deployment) -> i32 {
    rolling(deployment).map_or(0, |rolling| fenceposts(&rolling, desired(deployment)).0)
}

pub(super) fn max_unavailable(deployment: &Deployment) -> i32 {
    let desired = desired(deployment);
    match rolling(deployment) {
        Some(rolling) if desired > 0 => fenceposts(&rolling, desired).1.min(desired),
        _ => 0,
    }
}

/// How large the new ReplicaSet may be now, given the sizes of all.
pub(super) fn new_size(deployment: &Deployment, total: i32, current: i32) -> i32 {
    let desired = desired(deployment);
    let Some(rolling) = rolling(deployment) else { return desired };
    // Unlike the fenceposts, this is the surge as written.
    let surge = rolling.max_surge.as_ref().map_or(0, |value| scaled(value, desired, true));
    let room = desired + surge - total;
    if room <= 0 { current } else { current + room.min(desired - current) }
}

/// A ReplicaSet's share of `to_add` replicas (negative: to take away), of which `added` are given away.
pub(super) fn proportion(deployment: &Deployment, set: &ReplicaSet, to_add: i32, added: i32) -> i32 {
    if size(set) == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let (fraction, allowed) = (fraction(deployment, set), to_add - added);
    if to_add > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
}

fn fraction(deployment: &Deployment, set: &ReplicaSet) -> i32 {
    let (desired, size) = (desired(deployment), size(set));
    if desired == 0 {
        return -size;
    }
    let before = set.annotation(MAX_REPLICAS).and_then(|text| text.parse::<i32>().ok()).filter(|max| *max > 0);
    let before = before.or_else(|| deployment.status.as_ref().and_then(|status| status.replicas)).unwrap_or(0);
    if before == 0 {
        return 0;
    }
    let wanted = f64::from(size) * f64::from(desired + max_surge(deployment)) / f64::from(before);
    #[expect(clippy::cast_possible_truncation, reason = "replica counts are far below 2^31")]
    let rounded = wanted.round() as i32;
    rounded - size
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

    #[test]
    fn percentages_round_as_upstream() {
        let percent = |text: &str| IntOrString::String(text.into());
        assert_eq!(scaled(&percent("25%"), 10, true), 3);
        assert_eq!(scaled(&percent("25%"), 10, false), 2);
        assert_eq!(scaled(&percent("0%"), 10, true), 0);
        assert_eq!(scaled(&IntOrString::Int(4), 10, true), 4);
    }

    #[test]
    fn a_rollout_can_always_move() {
        assert_eq!(fenceposts(&RollingUpdateDeployment::default(), 5), (0, 1));
    }
}
