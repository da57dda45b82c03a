//! Mirror pods: made, made again, and removed with their static pod.
use crate::{
    kubelet::shared::Shared,
    pod::spec::{MIRROR_ANNOTATION, full_name, is_deleted, is_mirror, name, namespace, uid},
};
use k8s_openapi::{
    api::core::v1::{Node, Pod},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use skeg_client::key::{Key, key};
use skeg_model::{request::DeleteOptions, status::Status};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

const RETRY: Duration = Duration::from_secs(1);
/// Without news.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What has to be done about one name.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    Make,
    Remove,
}

/// `ends`: a static pod of this name has not ended yet.
fn step(wanted: Option<&Pod>, found: Option<&Pod>, ends: bool) -> Step {
    let hash = |pod: &Pod| pod.metadata.annotations.as_ref().and_then(|it| it.get(MIRROR_ANNOTATION).cloned());
    match (wanted, found) {
        (Some(_), None) => Step::Make,
        (_, Some(found)) if !is_mirror(found) => Step::Nothing,
        (Some(wanted), Some(found)) if !is_deleted(found) && hash(found).as_deref() == Some(uid(wanted)) => {
            Step::Nothing
        }
        (Some(_), Some(_)) => Step::Remove,
        (None, Some(_)) if !ends => Step::Remove,
        (None, _) => Step::Nothing,
    }
}

/// The picture of a static pod: the pod as it is, owned by its node.
fn picture(pod: &Pod, node: &Node) -> Pod {
    let mut made = pod.clone();
    let hash = uid(pod).to_owned();
    made.metadata.annotations.get_or_insert_default().insert(MIRROR_ANNOTATION.to_owned(), hash);
    made.metadata.uid = None;
    made.metadata.owner_references = Some(vec![OwnerReference {
        api_version: "v1".into(),
        kind: "Node".into(),
        name: node.metadata.name.clone().unwrap_or_default(),
        uid: node.metadata.uid.clone().unwrap_or_default(),
        controller: Some(true),
        ..OwnerReference::default()
    }]);
    made
}

async fn make(shared: &Shared, pod: &Pod) -> Result<(), Status> {
    let client = &shared.config.client;
    let node = client.get::<Node>(None, &shared.config.node_name).await?;
    match client.create(&picture(pod, &node)).await {
        Err(error) if error.reason != "AlreadyExists" => Err(error),
        _ => Ok(()),
    }
}

async fn remove(shared: &Shared, found: &Pod) -> Result<(), Status> {
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        precondition_uid: found.metadata.uid.clone(),
        ..DeleteOptions::default()
    };
    let removed = shared.config.client.delete::<Pod>(Some(namespace(found)), name(found), options).await;
    match removed {
        Err(error) if !error.is_not_found() && !error.is_conflict() => Err(error),
        _ => Ok(()),
    }
}

/// Goes over all names once; says whether all went well.
async fn look(shared: &Shared) -> bool {
    let own = shared.statics.all().into_iter().map(|(key, _)| key);
    let mirrors = shared.pods.list().into_iter().filter(|pod| is_mirror(pod));
    let keys: BTreeSet<Key> =
        own.chain(mirrors.map(|pod| key(pod.metadata.namespace.as_deref(), name(&pod)))).collect();
    let mut good = true;
    for of in keys {
        let (wanted, found) = (shared.statics.get(&of), shared.pods.get(&of));
        let done = match (step(wanted.as_deref(), found.as_deref(), shared.registry.has(&of)), wanted, found) {
            (Step::Make, Some(wanted), _) => make(shared, &wanted).await,
            (Step::Remove, _, Some(found)) => remove(shared, &found).await,
            _ => Ok(()),
        };
        if let Err(error) = done {
            tracing::warn!(pod = %of, %error, "the mirror of a static pod cannot be brought up to date yet");
            good = false;
        }
    }
    good
}

/// Runs until it is dropped.
pub async fn keep(shared: Arc<Shared>) {
    loop {
        let good = look(&shared).await;
        tokio::select! {
            () = shared.statics.mirrors.notified() => {}
            () = tokio::time::sleep(if good { LOOK_EVERY } else { RETRY }) => {}
        }
    }
}

impl Shared {
    /// The API's picture of a static pod, if it is there and shows this one.
    pub fn mirror_of(&self, pod: &Pod) -> Option<Arc<Pod>> {
        let found = self.pods.get(&key(pod.metadata.namespace.as_deref(), name(pod)))?;
        let shows = step(Some(pod), Some(&found), false) == Step::Nothing && is_mirror(&found);
        if !shows {
            tracing::debug!(pod = full_name(pod), "its mirror is not there yet");
        }
        shows.then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(uid: &str, mirrors: Option<&str>, deleted: bool) -> Pod {
        let mut tree = json!({"metadata": {"name": "p", "uid": uid, "annotations": {}}});
        if let Some(hash) = mirrors {
            tree["metadata"]["annotations"][MIRROR_ANNOTATION] = hash.into();
        }
        if deleted {
            tree["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        serde_json::from_value(tree).unwrap()
    }

    #[test]
    fn mirrors_follow_their_pods() {
        let own = pod("h1", None, false);
        let check = |wanted: Option<&Pod>, found: Option<Pod>, ends: bool, want: Step| {
            assert_eq!(step(wanted, found.as_ref(), ends), want, "{wanted:?} {found:?}");
        };
        check(Some(&own), None, false, Step::Make);
        check(Some(&own), Some(pod("m", Some("h1"), false)), false, Step::Nothing);
        check(Some(&own), Some(pod("m", Some("h1"), true)), false, Step::Remove);
        check(Some(&own), Some(pod("m", Some("h0"), false)), false, Step::Remove);
        check(Some(&own), Some(pod("x", None, false)), false, Step::Nothing);
        check(None, Some(pod("m", Some("h1"), false)), true, Step::Nothing);
        check(None, Some(pod("m", Some("h1"), false)), false, Step::Remove);
        check(None, Some(pod("x", None, false)), false, Step::Nothing);
    }

    #[test]
    fn the_picture_belongs_to_the_node() {
        let node: Node = serde_json::from_value(json!({"metadata": {"name": "n", "uid": "u"}})).unwrap();
        let made = picture(&pod("h1", None, false), &node);
        assert_eq!((made.metadata.uid.as_deref(), is_mirror(&made)), (None, true));
        let owner = &made.metadata.owner_references.unwrap()[0];
        assert_eq!((owner.kind.as_str(), owner.name.as_str(), owner.controller), ("Node", "n", Some(true)));
    }
}
