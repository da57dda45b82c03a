//! The record of tokens that live in Secrets: a label of each Secret tells on which day its token was last shown, and a
//! ConfigMap since when such labels are kept. Upstream's legacy token cleaner goes by both.
use super::User;
use crate::resources::{Api, Context};
use futures::StreamExt;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use skeg_model::{
    request::{Body, Call, Gvr, ListOptions, PatchKind, Reply, Target, WatchEvent, WriteOptions},
    status::Status,
    time::Clock,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Uses that wait to be noted; further ones are noted when the token is shown again.
const USES_MAX: usize = 256;
const LAST_USED: &str = "kubernetes.io/legacy-token-last-used";
/// Tokens of Secrets with this label are refused.
pub(super) const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";
const NAME: &str = "kube-apiserver-legacy-service-account-token-tracking";
const SINCE: &str = "since";
/// A ConfigMap that somebody deletes comes back no sooner than this after it was made: another API server may be one that
/// keeps no record.
const CREATION_PERIOD: Duration = Duration::from_secs(30 * 60);
const RETRY: Duration = Duration::from_secs(1);

/// The token of this Secret was shown.
#[derive(Debug)]
pub struct Use {
    pub namespace: String,
    pub secret: String,
}

/// Where uses are told, and where they are read.
pub fn uses() -> (mpsc::Sender<Use>, mpsc::Receiver<Use>) {
    mpsc::channel(USES_MAX)
}

/// The day in UTC.
pub fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// Whether a Secret's label tells of another day than this one.
pub fn is_unnoted(secret: &Value, now: Timestamp) -> bool {
    secret["metadata"]["labels"][LAST_USED] != day(now).to_string()
}

/// Keeps the record until nobody tells of uses any more.
pub async fn track(api: Arc<Api>, clock: Arc<dyn Clock>, mut uses: mpsc::Receiver<Use>) {
    let mut context = Context::new(User::component("system:apiserver", &["system:masters"]), "kube-apiserver");
    context.authorise = false;
    let mut created: Option<Instant> = None;
    loop {
        let mut due = match ensure(&api, &context, created, clock.now()).await {
            Ok(Next::Made) => {
                created = Some(Instant::now());
                None
            }
            Ok(Next::There) => None,
            Ok(Next::Later(at)) => Some(at),
            Err(error) => {
                tracing::warn!(%error, "the record of legacy tokens could not be kept");
                Some(Instant::now() + RETRY)
            }
        };
        let options = ListOptions { field_selector: format!("metadata.name={NAME}"), ..ListOptions::default() };
        let mut changes = match api.watch(&context, &target(Some("kube-system"), "configmaps", None), options).await {
            Ok(changes) => changes.boxed(),
            Err(error) => {
                tracing::debug!(%error, "the record of legacy tokens cannot be watched");
                due = Some(Instant::now() + RETRY);
                futures::stream::pending().boxed()
            }
        };
        loop {
            tokio::select! {
                used = uses.recv() => {
                    let Some(used) = used else { return };
                    if let Err(error) = note(&api, &context, &used, clock.now()).await {
                        tracing::debug!(%error, secret = %used.secret, "the use of a token could not be noted");
                    }
                }
                change = changes.next() => match change {
                    Some(Ok(WatchEvent::Added(map) | WatchEvent::Modified(map))) if since(&map.tree()).is_some() => {}
                    Some(Ok(WatchEvent::Bookmark { .. })) => {}
                    _ => break,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => break,
            }
        }
    }
}

enum Next {
    Made,
    There,
    Later(Instant),
}

fn target(namespace: Option<&str>, resource: &'static str, name: Option<&str>) -> Target {
    Target {
        gvr: Gvr::new("", "v1", resource),
        namespace: namespace.map(Into::into),
        name: name.map(Into::into),
        subresource: None,
    }
}

fn since(map: &Value) -> Option<Date> {
    map["data"][SINCE].as_str()?.parse().ok()
}

/// Makes the ConfigMap, or puts its day right.
async fn ensure(api: &Api, context: &Context, created: Option<Instant>, now: Timestamp) -> Result<Next, Status> {
    let at = target(Some("kube-system"), "configmaps", Some(NAME));
    let today = day(now).to_string();
    match api.call(context, &at, Call::Get { resource_version: String::new() }).await {
        Ok(answer) => {
            let Reply::Object(stored) = answer.reply else { return Ok(Next::There) };
            let mut map = stored.tree();
            if since(&map).is_none() {
                map["data"][SINCE] = today.into();
                let call = Call::Update { body: Body::Tree(map), options: WriteOptions::default() };
                api.call(context, &at, call).await.map(drop).or_else(void)?;
            }
            Ok(Next::There)
        }
        Err(error) if error.is_not_found() => {
            let next = created.map(|created| created + CREATION_PERIOD);
            if let Some(next) = next.filter(|next| *next > Instant::now()) {
                return Ok(Next::Later(next));
            }
            let metadata = json!({ "name": NAME, "namespace": "kube-system" });
            let map =
                json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": { SINCE: today } });
            let call = Call::Create { body: Body::Tree(map), options: WriteOptions::default() };
            let made = api.call(context, &Target { name: None, ..at }, call).await;
            made.map(|_| Next::Made)
                .or_else(|error| if error.is_already_exists() { Ok(Next::There) } else { Err(error) })
        }
        Err(error) => Err(error),
    }
}

/// Somebody else was quicker: the watch tells of it.
fn void(error: Status) -> Result<(), Status> {
    if error.is_conflict() || error.is_not_found() { Ok(()) } else { Err(error) }
}

async fn note(api: &Api, context: &Context, used: &Use, now: Timestamp) -> Result<(), Status> {
    let at = target(Some(&used.namespace), "secrets", Some(&used.secret));
    let patch = json!({ "metadata": { "labels": { LAST_USED: day(now).to_string() } } });
    let options = WriteOptions { field_manager: "kube-apiserver".into(), ..WriteOptions::default() };
    let call = Call::Patch { kind: PatchKind::Merge, body: Body::Tree(patch), options };
    api.call(context, &at, call).await.map(drop).or_else(void)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::tests::{api_with, call, context, create};

    #[derive(Debug)]
    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            "2026-05-01T12:00:00Z".parse().unwrap()
        }
    }

    /// The first state of an object that a watch shows and `wanted` accepts.
    async fn shown(api: &Api, at: Target, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut changes = api.watch(&context(), &at, ListOptions::default()).await.unwrap().boxed();
        loop {
            match changes.next().await.unwrap().unwrap() {
                WatchEvent::Added(object) | WatchEvent::Modified(object) if wanted(&object.tree()) => {
                    return object.tree();
                }
                _ => {}
            }
        }
    }

    #[tokio::test]
    async fn uses_are_recorded_from_a_day_on() {
        let api = api_with(Vec::new());
        let (told, read) = uses();
        let tracking = tokio::spawn(track(api.clone(), Arc::new(Noon), read));
        let maps = || target(Some("kube-system"), "configmaps", None);
        let map = shown(&api, maps(), |map| since(map).is_some()).await;
        assert_eq!((&map["metadata"]["name"], &map["data"][SINCE]), (&json!(NAME), &json!("2026-05-01")));
        let body = Body::Tree(json!({ "data": { SINCE: "odd" } }));
        let spoil = Call::Patch { kind: PatchKind::Merge, body, options: WriteOptions::default() };
        api.call(&context(), &Target { name: Some(NAME.into()), ..maps() }, spoil).await.unwrap();
        shown(&api, maps(), |map| since(map).is_some()).await;
        call(&api, "secrets", create(json!({ "metadata": { "name": "t" } }))).await.unwrap();
        told.send(Use { namespace: "ns".into(), secret: "t".into() }).await.unwrap();
        let used = |secret: &Value| secret["metadata"]["labels"][LAST_USED] == "2026-05-01";
        let secret = shown(&api, target(Some("ns"), "secrets", None), used).await;
        assert!(!is_unnoted(&secret, Noon.now()));
        drop(told);
        tracking.await.unwrap();
    }
}
