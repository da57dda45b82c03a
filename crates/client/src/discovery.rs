//! What a server serves: resources by group and version, for those who work on kinds that they have never heard of.
use crate::{backoff::Backoff, client::Client, tasks::Tasks};
use futures::future::BoxFuture;
use serde::Deserialize;
use skeg_model::{
    kinds::{self, Scope},
    request::Gvr,
    status::Status,
};
use std::{
    borrow::Cow,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::sync::watch;

/// Where nothing tells of changes, the server is asked again after this long, as upstream's garbage collector does.
pub const RESYNC: Duration = Duration::from_secs(30);
/// First and longest wait after a failure.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);

type Text = Cow<'static, str>;

/// One resource in one of its versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiResource {
    pub gvr: Gvr,
    pub kind: Text,
    pub namespaced: bool,
    pub verbs: Vec<Text>,
    pub subresources: Vec<Text>,
}

impl ApiResource {
    pub fn has(&self, verb: &str) -> bool {
        self.verbs.iter().any(|it| it == verb)
    }

    /// e.g. `apps/v1`.
    pub fn api_version(&self) -> String {
        api_version(&self.gvr.group, &self.gvr.version)
    }

    /// e.g. `deployments.apps`; `pods` in the core group.
    pub fn group_resource(&self) -> String {
        let Gvr { group, resource, .. } = &self.gvr;
        if group.is_empty() { resource.to_string() } else { format!("{resource}.{group}") }
    }
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// All that a server serves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    /// The preferred version of each group before its others.
    resources: Vec<ApiResource>,
    /// Group versions whose resources are not known just now, and why.
    failures: BTreeMap<String, String>,
}

/// What [`crate::Transport::discover`] answers with.
pub struct Discovered {
    pub served: Arc<Served>,
    /// Ends when it is worth asking again.
    pub changed: BoxFuture<'static, ()>,
}

impl fmt::Debug for Discovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Discovered").field(&self.served.resources.len()).finish()
    }
}

impl Served {
    pub fn new(resources: Vec<ApiResource>, failures: BTreeMap<String, String>) -> Self {
        Self { resources, failures }
    }

    /// The kinds of the registry, which every Skeg server serves.
    pub fn builtin() -> Arc<Self> {
        static BUILTIN: LazyLock<Arc<Served>> = LazyLock::new(|| Arc::new(Served::new(registry(), BTreeMap::new())));
        BUILTIN.clone()
    }

    pub fn failures(&self) -> &BTreeMap<String, String> {
        &self.failures
    }

    pub fn resources(&self) -> &[ApiResource] {
        &self.resources
    }

    /// Each resource once, in the version that its group prefers (or the first one that has it).
    pub fn preferred(&self) -> impl Iterator<Item = &ApiResource> {
        let mut seen = BTreeSet::new();
        self.resources.iter().filter(move |it| seen.insert((&it.gvr.group, &it.gvr.resource)))
    }

    /// What `apiVersion` and `kind` of an object mean.
    pub fn by_kind(&self, api_version: &str, kind: &str) -> Option<&ApiResource> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        self.resources.iter().find(|it| it.kind == kind && it.gvr.group == group && it.gvr.version == version)
    }
}

fn registry() -> Vec<ApiResource> {
    let rows = kinds::ALL.iter().flat_map(|row| {
        row.versions.iter().map(|version| ApiResource {
            gvr: Gvr::new(row.group, version.name, row.resource),
            kind: row.kind.into(),
            namespaced: row.scope == Scope::Namespaced,
            verbs: row.verbs.iter().map(|verb| verb.as_str().into()).collect(),
            subresources: row.subresources.iter().map(|sub| sub.name().into()).collect(),
        })
    });
    let mut resources: Vec<ApiResource> = rows.collect();
    resources.sort_by_cached_key(|it| (it.gvr.group.clone(), Reverse(kinds::version_rank(&it.gvr.version))));
    resources
}

/// Follows what the server serves until the tasks end; None until it has answered once.
pub fn follow(client: Client, tasks: &Tasks, seed: u64) -> watch::Receiver<Option<Arc<Served>>> {
    let (report, served) = watch::channel(None);
    tasks.spawn(async move {
        let mut backoff = Backoff::new(BACKOFF_FIRST, RESYNC, seed);
        loop {
            match client.discover().await {
                Ok(answer) => {
                    backoff.reset();
                    let news = Some(answer.served);
                    report.send_if_modified(|known| *known != news && std::mem::replace(known, news.clone()) != news);
                    answer.changed.await;
                }
                Err(error) => {
                    tracing::warn!(%error, "discovery failed");
                    tokio::time::sleep(backoff.next_delay()).await;
                }
            }
        }
    });
    served
}

/// `APIGroupDiscoveryList`, version 2, as far as it matters here.
#[derive(Debug, Deserialize)]
struct GroupList {
    kind: String,
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Name,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Debug, Default, Deserialize)]
struct Name {
    #[serde(default)]
    name: String,
}

#[derive(Debug, Deserialize)]
struct Version {
    version: String,
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    freshness: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    resource: String,
    #[serde(default)]
    response_kind: Option<ResponseKind>,
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    subresources: Vec<Subresource>,
}

#[derive(Debug, Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

#[derive(Debug, Deserialize)]
struct Subresource {
    subresource: String,
}

/// Reads the aggregated documents of `/api` and `/apis`.
///
/// # Errors
/// A document that is something else.
pub fn read_aggregated(documents: &[&[u8]]) -> Result<Served, Status> {
    let mut served = Served::default();
    for document in documents {
        let list: GroupList = serde_json::from_slice(document).map_err(Status::internal)?;
        if list.kind != "APIGroupDiscoveryList" {
            return Err(Status::internal(format!("the server has no aggregated discovery: it answered {}", list.kind)));
        }
        for group in list.items {
            for version in group.versions {
                if version.freshness == "Stale" {
                    let name = api_version(&group.metadata.name, &version.version);
                    served.failures.insert(name.clone(), format!("stale GroupVersion discovery: {name}"));
                }
                let resources = version.resources.into_iter();
                served.resources.extend(resources.map(|it| it.read(&group.metadata.name, &version.version)));
            }
        }
    }
    Ok(served)
}

impl Resource {
    fn read(self, group: &str, version: &str) -> ApiResource {
        let owned = |text: &str| Cow::Owned(text.to_owned());
        ApiResource {
            gvr: Gvr { group: owned(group), version: owned(version), resource: self.resource.into() },
            kind: self.response_kind.map_or_else(String::new, |it| it.kind).into(),
            namespaced: self.scope == "Namespaced",
            verbs: self.verbs.into_iter().map(Into::into).collect(),
            subresources: self.subresources.into_iter().map(|it| it.subresource.into()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_prefers_stable_versions() {
        let served = Served::builtin();
        let pods = served.by_kind("v1", "Pod").unwrap();
        assert!(pods.namespaced && pods.has("deletecollection") && pods.subresources.contains(&"eviction".into()));
        let mut seen = BTreeSet::new();
        assert!(served.preferred().all(|it| seen.insert(it.group_resource())));
        assert!(served.by_kind("apps/v1", "Pod").is_none());
        assert_eq!(served.by_kind("apps/v1", "Deployment").unwrap().group_resource(), "deployments.apps");
    }

    #[test]
    fn aggregated_documents_are_read() {
        let core =
            br#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{},"versions":[{"version":"v1","resources":[
            {"resource":"pods","responseKind":{"kind":"Pod"},"scope":"Namespaced","verbs":["delete","list","watch"],
             "subresources":[{"subresource":"log","verbs":["get"]}]}],"freshness":"Current"}]}]}"#;
        let groups = br#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"x.io"},"versions":[
            {"version":"v1","resources":[{"resource":"as","responseKind":{"kind":"A"},"scope":"Cluster"}]},
            {"version":"v1beta1","resources":[{"resource":"as","responseKind":{"kind":"A"},"scope":"Cluster"},
              {"resource":"bs","responseKind":{"kind":"B"},"scope":"Cluster"}],"freshness":"Stale"}]}]}"#;
        let served = read_aggregated(&[core, groups]).unwrap();
        let told: Vec<String> = served.preferred().map(|it| format!("{} {}", it.api_version(), it.kind)).collect();
        assert_eq!(told, ["v1 Pod", "x.io/v1 A", "x.io/v1beta1 B"]);
        assert_eq!(served.by_kind("x.io/v1beta1", "A").unwrap().gvr.version, "v1beta1");
        assert_eq!(served.failures()["x.io/v1beta1"], "stale GroupVersion discovery: x.io/v1beta1");
        let old = read_aggregated(&[br#"{"kind":"APIVersions"}"#]).unwrap_err();
        assert!(old.message.ends_with("the server has no aggregated discovery: it answered APIVersions"), "{old}");
    }
}
