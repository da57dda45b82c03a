//! Tokens that older releases made for every service account and that nobody has used for long are marked invalid, and
//! deleted when nobody has missed them for as long again.
use super::{
    Context, common,
    service_account_token::{ACCOUNT, ACCOUNT_UID, TYPE},
};
use crate::runner::{Action, Plan, Reconciler};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret, ServiceAccount, Volume};
use serde_json::json;
use skeg_client::{Informer, Key, Object, key, object::target_of};
use skeg_model::{
    request::{DeleteOptions, PatchKind},
    status::Status,
};
use std::{sync::Arc, time::Duration};

/// The API server tells here since when it has been noting the use of such tokens.
const TRACKING: &str = "kube-system/kube-apiserver-legacy-service-account-token-tracking";
const SINCE: &str = "since";
const LAST_USED: &str = "kubernetes.io/legacy-token-last-used";
const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";
/// Tokens are looked at again after this long, as upstream does: what counts are days.
const RESYNC: Duration = Duration::from_secs(24 * 60 * 60);
const USERS: &str = "secrets-of-pods";

struct Controller {
    secrets: Informer<Secret>,
    accounts: Informer<ServiceAccount>,
    pods: Informer<Pod>,
    config_maps: Informer<ConfigMap>,
    /// `--legacy-service-account-token-clean-up-period`.
    period: SignedDuration,
}

struct View {
    secret: Arc<Secret>,
    tracked_since: Option<Date>,
    /// Made for its account by an older release, and used by no pod.
    idle: bool,
    period: SignedDuration,
}

/// The legacy-service-account-token-cleaner controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("legacy-service-account-token-cleaner", "legacy-service-account-token-cleaner");
    let secrets = wiring.informer::<Secret>();
    let accounts = wiring.informer::<ServiceAccount>();
    let pods = wiring.informer::<Pod>();
    let config_maps = wiring.informer::<ConfigMap>();
    pods.index(USERS, |pod| {
        let namespace = pod.namespace().unwrap_or_default();
        secrets_of(pod).into_iter().map(|name| format!("{namespace}/{name}")).collect()
    });
    let queue = wiring.queue();
    secrets.on_change(move |change| {
        if change.new.is_some_and(|secret| is_token(secret)) {
            queue.add(change.key);
        }
    });
    let period = SignedDuration::try_from(context.config.legacy_token_clean_up_period).unwrap_or(SignedDuration::MAX);
    wiring.run_alone(Controller { secrets, accounts, pods, config_maps, period });
}

fn is_token(secret: &Secret) -> bool {
    secret.type_.as_deref() == Some(TYPE)
}

/// The names of the Secrets that a pod reads.
fn secrets_of(pod: &Pod) -> Vec<String> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let mut names: Vec<String> = spec.image_pull_secrets.iter().flatten().map(|it| it.name.clone()).collect();
    let containers = spec.containers.iter().chain(spec.init_containers.iter().flatten());
    for container in containers {
        let all = container.env_from.iter().flatten().filter_map(|it| it.secret_ref.as_ref());
        names.extend(all.map(|it| it.name.clone()));
        let single = container.env.iter().flatten().filter_map(|it| it.value_from.as_ref()?.secret_key_ref.as_ref());
        names.extend(single.map(|it| it.name.clone()));
    }
    names.extend(spec.volumes.iter().flatten().flat_map(secrets_of_volume));
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    names
}

fn secrets_of_volume(volume: &Volume) -> Vec<String> {
    let mut names: Vec<String> = volume.secret.iter().filter_map(|it| it.secret_name.clone()).collect();
    let projected = volume.projected.iter().filter_map(|it| it.sources.as_ref()).flatten();
    names.extend(projected.filter_map(|it| it.secret.as_ref()).map(|it| it.name.clone()));
    names.extend(volume.azure_file.iter().map(|it| it.secret_name.clone()));
    let references = [
        volume.cephfs.as_ref().and_then(|it| it.secret_ref.as_ref()),
        volume.cinder.as_ref().and_then(|it| it.secret_ref.as_ref()),
        volume.flex_volume.as_ref().and_then(|it| it.secret_ref.as_ref()),
        volume.rbd.as_ref().and_then(|it| it.secret_ref.as_ref()),
        volume.iscsi.as_ref().and_then(|it| it.secret_ref.as_ref()),
        volume.storageos.as_ref().and_then(|it| it.secret_ref.as_ref()),
        volume.csi.as_ref().and_then(|it| it.node_publish_secret_ref.as_ref()),
        volume.scale_io.as_ref().map(|it| &it.secret_ref),
    ];
    names.extend(references.into_iter().flatten().map(|it| it.name.clone()));
    names
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let secret = self.secrets.get(key).filter(|secret| is_token(secret) && !secret.is_deleting());
        let Some(secret) = secret else { return Ok(None) };
        let tracking = self.config_maps.get(TRACKING);
        let tracked_since = tracking.and_then(|map| map.data.as_ref()?.get(SINCE)?.parse().ok());
        let idle = self.is_made_for_account(&secret) && self.pods.count_index(USERS, key) == 0;
        Ok(Some(View { secret, tracked_since, idle, period: self.period }))
    }

    fn reconcile(&self, view: &View, now: Timestamp) -> Plan {
        let mut plan = Plan::of(actions(view, now));
        plan.look_again_in(RESYNC);
        // Too young a token is looked at when it is old enough.
        let created = view.secret.meta().creation_timestamp.as_ref();
        if let Some(due) = created.and_then(|time| time.0.checked_add(view.period).ok()).filter(|due| *due >= now) {
            plan.look_again_at(due + SignedDuration::from_millis(10), now);
        }
        plan
    }
}

impl Controller {
    /// Only accounts of older releases name their tokens' Secrets.
    fn is_made_for_account(&self, secret: &Secret) -> bool {
        let Some(name) = secret.annotation(ACCOUNT) else { return false };
        let Some(account) = self.accounts.get(&key::key(secret.namespace(), name)) else { return false };
        let same = secret.annotation(ACCOUNT_UID).is_none_or(|uid| uid.is_empty() || uid == account.uid());
        same && account.secrets.iter().flatten().any(|it| it.name.as_deref() == Some(secret.name()))
    }
}

fn actions(view: &View, now: Timestamp) -> Vec<Action> {
    let secret = &*view.secret;
    let Ok(limit) = now.checked_sub(view.period) else { return Vec::new() };
    // The day after tracking began is the first one that is known as a whole.
    let tracked_since = view.tracked_since.and_then(|date| date.tomorrow().ok());
    let tracked_since = tracked_since.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    let tracked_long_enough = tracked_since.is_some_and(|since| since.timestamp() <= limit);
    let old = secret.meta().creation_timestamp.as_ref().is_some_and(|time| time.0 < limit);
    if !tracked_long_enough || !old || !view.idle {
        return Vec::new();
    }
    let (today, limit) = (day(now), day(limit));
    match secret.label(LAST_USED).map(str::parse::<Date>) {
        Some(Ok(used)) if used < limit => {}
        // A text that is no day tells nothing.
        Some(_) => return Vec::new(),
        None => {}
    }
    let invalid_since = secret.label(INVALID_SINCE).and_then(|text| text.parse::<Date>().ok());
    let target = target_of::<Secret>(secret.namespace(), Some(secret.name()), None);
    match invalid_since {
        None => {
            let metadata = json!({ "uid": secret.uid(), "labels": { INVALID_SINCE: today.to_string() } });
            let patch = Action::patch_target(target, PatchKind::Merge, json!({ "metadata": metadata }));
            vec![patch.accepting(common::is_void)]
        }
        Some(since) if since < limit => {
            let options = DeleteOptions {
                precondition_resource_version: Some(secret.revision().to_string()),
                ..DeleteOptions::default()
            };
            vec![Action::delete_with(target, options).accepting(common::is_void)]
        }
        Some(_) => Vec::new(),
    }
}

fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}
