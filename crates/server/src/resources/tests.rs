//! The verbs against the in-memory store, every policy allowing.
use super::{Answer, Api, ApiConfig, Cidr, Context, Entropy, IssuedToken, TokenIssuer, TokenReviewer, TokenSpec};
use crate::{
    admission::Plugin,
    auth::{User, policy::AlwaysAllow},
};
use futures::{StreamExt, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use skeg_model::{
    Value, kinds,
    request::{
        Body, Call, DeleteOptions, Gvr, ListOptions, PatchKind, Propagation, Reply, Target, WatchEvent, WriteOptions,
    },
    status::Status,
    time::Clock,
};
use skeg_storage::{Memory, Store, Window};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }
}

/// Counts up, so that names and uids differ and tests repeat.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(n.iter().cycle()).for_each(|(b, n)| *b = *n);
    }
}

#[derive(Debug)]
struct Tokens;

impl TokenIssuer for Tokens {
    fn default_audiences(&self) -> Vec<String> {
        vec!["api".into()]
    }
    fn issue(&self, spec: &TokenSpec) -> Result<IssuedToken, Status> {
        let expires = spec.now + SignedDuration::from_secs(spec.expiration_seconds);
        Ok(IssuedToken { token: format!("token-of-{}", spec.service_account), expires })
    }
}

impl TokenReviewer for Tokens {
    fn review<'a>(&'a self, token: &'a str, audiences: &'a [String]) -> BoxFuture<'a, super::Reviewed> {
        let user = (token == "good").then(|| (User::component("alice", &[]), audiences.to_vec()));
        Box::pin(std::future::ready(Ok(user)))
    }
}

/// An API over an empty store with the given plugins.
pub(crate) fn api_with(admission: Vec<Box<dyn Plugin>>) -> Arc<Api> {
    api_over(store(), admission)
}

pub(super) fn store() -> Arc<dyn Store> {
    Arc::new(Memory::new(Arc::new(Fixed), Window::default()))
}

/// An API that starts over what another one has left.
pub(super) fn api_over(store: Arc<dyn Store>, admission: Vec<Box<dyn Plugin>>) -> Arc<Api> {
    Api::new(ApiConfig {
        store,
        authorizer: Arc::new(AlwaysAllow),
        admission,
        clock: Arc::new(Fixed),
        entropy: Arc::new(Counting::default()),
        tokens: Arc::new(Tokens),
        reviewer: Arc::new(Tokens),
        service_cidr: Cidr::parse("10.96.0.0/16").unwrap(),
        node_port_range: 30000..=32767,
        allow_privileged: true,
    })
}

fn api() -> Arc<Api> {
    api_with(Vec::new())
}

pub(crate) fn context() -> Context {
    Context::new(User::component("admin", &["system:masters"]), "tests/1")
}

/// `pods/p`, `deployments/d/scale`, or a plural alone; in namespace `ns` where the kind is namespaced.
pub(crate) fn target(path: &str) -> Target {
    let mut parts = path.splitn(3, '/');
    let resource = parts.next().unwrap_or_default();
    let kind = kinds::ALL.iter().find(|k| k.resource == resource).unwrap();
    Target {
        gvr: Gvr { group: kind.group.into(), version: kind.versions[0].name.into(), resource: kind.resource.into() },
        namespace: kind.namespaced().then(|| "ns".into()),
        name: parts.next().map(str::to_owned),
        subresource: parts.next().map(|s| s.to_owned().into()),
    }
}

pub(crate) fn create(object: Value) -> Call {
    Call::Create { body: Body::Tree(object), options: WriteOptions::default() }
}

fn update(object: Value) -> Call {
    Call::Update { body: Body::Tree(object), options: WriteOptions::default() }
}

fn merge(patch: Value) -> Call {
    Call::Patch { kind: PatchKind::Merge, body: Body::Tree(patch), options: WriteOptions::default() }
}

fn delete() -> Call {
    Call::Delete(DeleteOptions::default())
}

fn get() -> Call {
    Call::Get { resource_version: String::new() }
}

/// Carries out a call; the object, or the message of the refusal.
pub(crate) async fn call(api: &Api, path: &str, call: Call) -> Result<Value, String> {
    let answer: Answer =
        api.call(&context(), &target(path), call).await.map_err(|s| format!("{} {}", s.code, s.message))?;
    Ok(match answer.reply {
        Reply::Object(stored) | Reply::Created(stored) => stored.tree(),
        Reply::Tree { value, .. } => value,
        Reply::Status(status) => serde_json::to_value(status).unwrap(),
        Reply::List(list) => {
            let names: Vec<_> = list.items.iter().map(|i| i.meta().name.clone()).collect();
            json!({"names": names, "continue": list.continue_token, "remaining": list.remaining_item_count})
        }
    })
}

fn config_map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn pod(name: &str, extra: Value) -> Value {
    let mut spec = json!({"containers": [{"name": "c", "image": "i"}]});
    spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
}

#[tokio::test]
async fn life_of_a_config_map() {
    let api = api();
    let made = call(&api, "configmaps", create(config_map("a", json!({"x": "1"})))).await.unwrap();
    assert_eq!(made["metadata"]["creationTimestamp"], "2026-01-02T03:04:05Z");
    assert_eq!(made["metadata"]["namespace"], "ns");
    assert_eq!(made["metadata"]["managedFields"][0]["manager"], "tests");
    let again = call(&api, "configmaps", create(config_map("a", json!({})))).await;
    assert_eq!(again, Err("409 configmaps \"a\" already exists".into()));
    let same = call(&api, "configmaps/a", update(config_map("a", json!({"x": "1"})))).await.unwrap();
    assert_eq!(same, made, "an update without change writes nothing");
    let patched = call(&api, "configmaps/a", merge(json!({"data": {"y": "2"}}))).await.unwrap();
    assert_eq!(patched["data"], json!({"x": "1", "y": "2"}));
    let stale = call(&api, "configmaps/a", update(made)).await;
    let why = "the object has been modified; please apply your changes to the latest version and try again";
    assert_eq!(stale, Err(format!("409 Operation cannot be fulfilled on configmaps \"a\": {why}")));
    assert_eq!(call(&api, "configmaps/a", get()).await.unwrap(), patched);
    let gone = call(&api, "configmaps/a", delete()).await.unwrap();
    assert_eq!(gone["details"]["kind"], "configmaps");
    assert_eq!(call(&api, "configmaps/a", get()).await, Err("404 configmaps \"a\" not found".into()));
}

#[tokio::test]
async fn updates_cannot_begin_a_deletion() {
    let api = api();
    call(&api, "configmaps", create(config_map("a", json!({})))).await.unwrap();
    let begun = merge(json!({"metadata": {"deletionTimestamp": "2001-01-01T00:00:00Z"}}));
    let why = "metadata.deletionTimestamp: Invalid value: \"2001-01-01T00:00:00Z\": field is immutable";
    messages(call(&api, "configmaps/a", begun).await, &format!("422 ConfigMap \"a\" is invalid: {why}"));
}

#[tokio::test]
async fn deleted_objects_are_shared_by_their_watchers() {
    let api = api();
    call(&api, "configmaps", create(config_map("a", json!({})))).await.unwrap();
    let open = || async { api.watch(&context(), &target("configmaps"), ListOptions::default()).await.unwrap() };
    let (one, two) = (open().await, open().await);
    call(&api, "configmaps/a", delete()).await.unwrap();
    let last = |watch: super::Watch| async {
        match watch.skip(1).boxed().next().await {
            Some(Ok(WatchEvent::Deleted(object))) => object,
            other => panic!("{other:?}"),
        }
    };
    assert!(Arc::ptr_eq(&last(one).await, &last(two).await));
}

#[tokio::test]
async fn watchers_with_one_question_share_batches() {
    let api = api();
    let open = |labels: &str| {
        let options = ListOptions { label_selector: labels.into(), ..ListOptions::default() };
        let api = api.clone();
        async move { api.watch(&context(), &target("configmaps"), options).await.unwrap() }
    };
    let mut watches = [open("").await, open("").await, open("x!=y").await];
    for name in ["a", "b"] {
        call(&api, "configmaps", create(config_map(name, json!({})))).await.unwrap();
    }
    let mut batches = Vec::new();
    for watch in &mut watches {
        batches.push(std::future::poll_fn(|cx| watch.poll_batch(cx)).await.unwrap().unwrap());
        let rest = watch.poll_batch(&mut std::task::Context::from_waker(futures::task::noop_waker_ref()));
        assert!(rest.is_pending(), "one batch for all that was ready");
    }
    let names = |batch: &super::Batch| batch.events.iter().map(seen).collect::<Vec<_>>();
    assert!(batches.iter().all(|batch| names(batch) == ["ADDED a", "ADDED b"]));
    assert!(Arc::ptr_eq(&batches[0], &batches[1]), "one question, one batch");
    assert!(!Arc::ptr_eq(&batches[0], &batches[2]), "another question");
    drop(watches);
    assert_eq!(api.questions.len(), 0, "forgotten with the last watch");
}

#[tokio::test]
async fn a_watch_from_a_later_revision_takes_no_older_batch() {
    let api = api();
    let first = call(&api, "configmaps", create(config_map("a", json!({})))).await.unwrap();
    let from = |revision: u64| {
        let options = ListOptions { resource_version: revision.to_string(), ..ListOptions::default() };
        let api = api.clone();
        async move { api.watch(&context(), &target("configmaps"), options).await.unwrap() }
    };
    let base: u64 = first["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
    let (old, new) = (from(base).await, from(base + 1).await);
    for name in ["b", "c"] {
        call(&api, "configmaps", create(config_map(name, json!({})))).await.unwrap();
    }
    let names = |watch: super::Watch, count| watch.take(count).map(|e| seen(&e.unwrap())).collect::<Vec<_>>();
    assert_eq!(names(old, 2).await, ["ADDED b", "ADDED c"]);
    assert_eq!(names(new, 1).await, ["ADDED c"]);
}

#[tokio::test]
async fn names_are_generated() {
    let api = api();
    let object = json!({"metadata": {"generateName": "x-"}});
    let name = |v: Value| v["metadata"]["name"].as_str().unwrap().to_owned();
    let (a, b) =
        (call(&api, "configmaps", create(object.clone())).await, call(&api, "configmaps", create(object)).await);
    let (a, b) = (name(a.unwrap()), name(b.unwrap()));
    assert!(a.len() == 7 && a.starts_with("x-") && a != b, "{a} {b}");
}

#[track_caller]
fn messages(got: Result<Value, String>, want: &str) {
    assert_eq!(got.unwrap_err(), want);
}

#[tokio::test]
async fn refusals_read_as_upstreams() {
    let api = api();
    messages(
        call(&api, "configmaps", create(json!({}))).await,
        "422 ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required",
    );
    messages(
        call(&api, "configmaps/cm", update(config_map("other", json!({})))).await,
        "400 the name of the object (other) does not match the name on the URL (cm)",
    );
    messages(
        call(&api, "configmaps", create(json!({"kind": "Gizmo"}))).await,
        "400 Gizmo in version \"v1\" cannot be handled as a ConfigMap: no kind \"Gizmo\" is registered for version \"v1\" in \
         scheme \"pkg/api/legacyscheme/scheme.go:30\"",
    );
    messages(call(&api, "configmaps/none", merge(json!({}))).await, "404 configmaps \"none\" not found");
}

#[tokio::test]
async fn pods_end_gracefully() {
    let api = api();
    let spec = json!({"nodeName": "n", "terminationGracePeriodSeconds": 7});
    call(&api, "pods", create(pod("p", spec))).await.unwrap();
    let ending = call(&api, "pods/p", delete()).await.unwrap();
    assert_eq!(ending["metadata"]["deletionTimestamp"], "2026-01-02T03:04:12Z");
    assert_eq!(ending["metadata"]["deletionGracePeriodSeconds"], 7);
    assert_eq!(ending["metadata"]["generation"], 2);
    assert_eq!(call(&api, "pods/p", delete()).await.unwrap(), ending, "pending");
    let longer = Call::Delete(DeleteOptions { grace_period_seconds: Some(60), ..DeleteOptions::default() });
    assert_eq!(call(&api, "pods/p", longer).await.unwrap(), ending);
    let now = Call::Delete(DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() });
    let ended = call(&api, "pods/p", now).await.unwrap();
    assert_eq!(ended["metadata"]["deletionGracePeriodSeconds"], 0);
    messages(call(&api, "pods/p", get()).await, "404 pods \"p\" not found");
    call(&api, "pods", create(pod("q", json!({})))).await.unwrap();
    let at_once = call(&api, "pods/q", delete()).await.unwrap();
    assert_eq!(at_once["kind"], "Pod");
    messages(call(&api, "pods/q", get()).await, "404 pods \"q\" not found");
}

#[tokio::test]
async fn finalizers_hold_and_policies_set_them() {
    let api = api();
    call(&api, "configmaps", create(config_map("a", json!({})))).await.unwrap();
    let with = |policy| Call::Delete(DeleteOptions { propagation: Some(policy), ..DeleteOptions::default() });
    let held = call(&api, "configmaps/a", with(Propagation::Foreground)).await.unwrap();
    assert_eq!(held["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    assert_eq!(held["metadata"]["deletionGracePeriodSeconds"], 0);
    let held = call(&api, "configmaps/a", with(Propagation::Orphan)).await.unwrap();
    assert_eq!(held["metadata"]["finalizers"], json!(["orphan"]));
    let freed = call(&api, "configmaps/a", merge(json!({"metadata": {"finalizers": null}}))).await.unwrap();
    assert_eq!(freed["metadata"]["resourceVersion"], held["metadata"]["resourceVersion"]);
    messages(call(&api, "configmaps/a", get()).await, "404 configmaps \"a\" not found");
}

#[tokio::test]
async fn namespaces_terminate_before_they_go() {
    let api = api();
    call(&api, "namespaces", create(json!({"metadata": {"name": "n"}}))).await.unwrap();
    let ending = call(&api, "namespaces/n", delete()).await.unwrap();
    assert_eq!(
        (&ending["status"]["phase"], &ending["spec"]["finalizers"][0]),
        (&json!("Terminating"), &json!("kubernetes"))
    );
    let finalized = json!({"metadata": {"name": "n"}, "spec": {"finalizers": []}});
    call(&api, "namespaces/n/finalize", update(finalized)).await.unwrap();
    messages(call(&api, "namespaces/n", get()).await, "404 namespaces \"n\" not found");
}

#[tokio::test]
async fn lists_are_paged_at_one_revision() {
    let api = api();
    for name in ["a", "b", "c", "d"] {
        let mut object = config_map(name, json!({}));
        object["metadata"]["labels"] = json!({"odd": (name == "a" || name == "c").to_string()});
        call(&api, "configmaps", create(object)).await.unwrap();
    }
    let list = |options| Call::List(options);
    let page = call(&api, "configmaps", list(ListOptions { limit: 3, ..ListOptions::default() })).await.unwrap();
    assert_eq!((&page["names"], &page["remaining"]), (&json!(["a", "b", "c"]), &json!(1)));
    call(&api, "configmaps/d", delete()).await.unwrap();
    let token = page["continue"].as_str().unwrap().to_owned();
    let rest = ListOptions { limit: 3, continue_token: token, ..ListOptions::default() };
    let rest = call(&api, "configmaps", list(rest)).await.unwrap();
    assert_eq!((&rest["names"], &rest["continue"]), (&json!(["d"]), &json!("")));
    let odd = ListOptions { label_selector: "odd=true".into(), ..ListOptions::default() };
    assert_eq!(call(&api, "configmaps", list(odd)).await.unwrap()["names"], json!(["a", "c"]));
    let all = call(
        &api,
        "configmaps",
        Call::DeleteCollection { list: ListOptions::default(), options: DeleteOptions::default() },
    );
    assert_eq!(all.await.unwrap()["names"], json!(["a", "b", "c"]));
    assert_eq!(call(&api, "configmaps", list(ListOptions::default())).await.unwrap()["names"], json!([]));
}

fn seen(event: &WatchEvent) -> String {
    match event {
        WatchEvent::Added(o) => format!("ADDED {}", o.meta().name),
        WatchEvent::Modified(o) => format!("MODIFIED {}", o.meta().name),
        WatchEvent::Deleted(o) => format!("DELETED {} {}", o.meta().name, o.revision()),
        WatchEvent::Bookmark { initial_done, .. } => format!("BOOKMARK {initial_done}"),
    }
}

#[tokio::test]
async fn a_watch_shows_what_enters_and_leaves_its_selection() {
    let api = api();
    let labelled = |value: &str| {
        let mut object = config_map("a", json!({}));
        object["metadata"]["labels"] = json!({"s": value});
        object
    };
    call(&api, "configmaps", create(labelled("yes"))).await.unwrap();
    let options = ListOptions {
        label_selector: "s=yes".into(),
        version_match: Some(skeg_model::request::VersionMatch::NotOlderThan),
        send_initial_events: Some(true),
        allow_bookmarks: true,
        ..ListOptions::default()
    };
    let watch = api.watch(&context(), &target("configmaps"), options).await.unwrap();
    call(&api, "configmaps/a", update(labelled("no"))).await.unwrap();
    call(&api, "configmaps/a", merge(json!({"data": {"x": "y"}}))).await.unwrap();
    call(&api, "configmaps/a", update(labelled("yes"))).await.unwrap();
    call(&api, "configmaps/a", merge(json!({"data": {"x": "y"}}))).await.unwrap();
    call(&api, "configmaps/a", delete()).await.unwrap();
    let got: Vec<String> = watch.take(6).map(|e| seen(&e.unwrap())).collect().await;
    let want = ["ADDED a", "BOOKMARK true", "DELETED a 3", "ADDED a", "MODIFIED a", "DELETED a 7"];
    assert_eq!(got, want);
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_on_time_behind_a_bookmark() {
    let api = api();
    let options = ListOptions { timeout_seconds: Some(90), allow_bookmarks: true, ..ListOptions::default() };
    let watch = api.watch(&context(), &target("pods"), options).await.unwrap();
    let got: Vec<String> = watch.map(|e| seen(&e.unwrap())).collect().await;
    assert_eq!(got, ["BOOKMARK false", "BOOKMARK false"]);
}

#[tokio::test]
async fn services_get_addresses_and_ports() {
    let api = api();
    let service = |name: &str, spec: Value| json!({"metadata": {"name": name}, "spec": spec});
    let ports = json!([{"port": 80}]);
    let one = service("one", json!({"ports": ports, "clusterIP": "10.96.0.10"}));
    let one = call(&api, "services", create(one)).await.unwrap();
    assert_eq!(one["spec"]["clusterIPs"], json!(["10.96.0.10"]));
    assert_eq!(one["spec"]["ipFamilies"], json!(["IPv4"]));
    let taken = service("two", json!({"ports": ports, "clusterIP": "10.96.0.10"}));
    messages(
        call(&api, "services", create(taken.clone())).await,
        "422 Service \"two\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: failed to allocate IP 10.96.0.10: \
         provided IP is already allocated",
    );
    call(&api, "services/one", delete()).await.unwrap();
    call(&api, "services", create(taken)).await.unwrap();
    let node_port = service("three", json!({"type": "NodePort", "ports": ports}));
    let three = call(&api, "services", create(node_port)).await.unwrap();
    assert!(three["spec"]["ports"][0]["nodePort"].as_i64().unwrap() >= 30000);
    let back = call(&api, "services/three", merge(json!({"spec": {"type": "ClusterIP"}}))).await.unwrap();
    assert_eq!(back["spec"]["ports"][0].get("nodePort"), None);
    assert_eq!(back["spec"]["clusterIP"], three["spec"]["clusterIP"]);
}

#[tokio::test]
async fn scale_is_the_replica_count_alone() {
    let api = api();
    let template =
        json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let set = json!({"metadata": {"name": "x"}, "spec": {"replicas": 2, "template": template,
        "selector": {"matchLabels": {"app": "web"}}}});
    call(&api, "replicasets", create(set)).await.unwrap();
    let scale = call(&api, "replicasets/x/scale", get()).await.unwrap();
    assert_eq!(
        (&scale["spec"], &scale["status"]),
        (&json!({"replicas": 2}), &json!({"replicas": 0, "selector": "app=web"}))
    );
    let put = json!({"metadata": {"name": "x"}, "spec": {"replicas": 5}});
    call(&api, "replicasets/x/scale", update(put)).await.unwrap();
    let patched = call(&api, "replicasets/x/scale", merge(json!({"spec": {"replicas": 0}}))).await.unwrap();
    assert_eq!(patched["spec"], json!({}));
    assert_eq!(call(&api, "replicasets/x", get()).await.unwrap()["metadata"]["generation"], 3);
}

#[tokio::test]
async fn pods_are_bound_once() {
    let api = api();
    call(&api, "pods", create(pod("p", json!({})))).await.unwrap();
    let binding = json!({"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}});
    let done = call(&api, "pods/p/binding", create(binding.clone())).await.unwrap();
    assert_eq!((&done["status"], &done["code"]), (&json!("Success"), &json!(201)));
    let bound = call(&api, "pods/p", get()).await.unwrap();
    assert_eq!(bound["spec"]["nodeName"], "n");
    assert_eq!(bound["status"]["conditions"][0]["type"], "PodScheduled");
    messages(
        call(&api, "pods/p/binding", create(binding)).await,
        "409 Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"n\"",
    );
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    call(&api, "pods/p/eviction", create(eviction)).await.unwrap();
    let evicted = call(&api, "pods/p", get()).await.unwrap();
    assert_eq!(evicted["metadata"]["deletionGracePeriodSeconds"], 30);
}

#[tokio::test]
async fn tokens_and_reviews_are_answered() {
    let api = api();
    call(&api, "serviceaccounts", create(json!({"metadata": {"name": "sa"}}))).await.unwrap();
    let token = call(&api, "serviceaccounts/sa/token", create(json!({"spec": {"audiences": []}}))).await.unwrap();
    assert_eq!(token["status"]["token"], "token-of-sa");
    assert_eq!(token["status"]["expirationTimestamp"], "2026-01-02T04:04:05Z");
    let review = json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}});
    let allowed = call(&api, "selfsubjectaccessreviews", create(review)).await.unwrap();
    assert_eq!(allowed["status"], json!({"allowed": true}));
    let reviewed = call(&api, "tokenreviews", create(json!({"spec": {"token": "good"}}))).await.unwrap();
    assert_eq!(reviewed["status"]["user"]["username"], "alice");
}

#[tokio::test]
async fn dry_runs_leave_nothing() {
    let api = api();
    let options = WriteOptions { dry_run: true, ..WriteOptions::default() };
    let body = Body::Tree(config_map("a", json!({})));
    let made = call(&api, "configmaps", Call::Create { body, options }).await.unwrap();
    assert_eq!(made["metadata"].get("resourceVersion"), None);
    messages(call(&api, "configmaps/a", get()).await, "404 configmaps \"a\" not found");
}

#[tokio::test]
async fn a_cluster_starts_with_its_objects_once() {
    let api = api_with(crate::admission::chain(&[], &[]).unwrap());
    for _ in 0..2 {
        super::bootstrap::run(&api, "192.0.2.7:6443".parse().unwrap(), "CA").await.unwrap();
    }
    let default = |path: &str| Target { namespace: Some("default".into()), ..target(path) };
    let answer = api.call(&context(), &default("services/kubernetes"), get()).await.unwrap();
    let Reply::Object(service) = answer.reply else { panic!("no object") };
    assert_eq!(service.tree()["spec"]["clusterIP"], "10.96.0.1");
    assert_eq!(
        service.revision(),
        api.config()
            .store
            .get(&super::place::Place::of(&default("services/kubernetes")).unwrap().key())
            .unwrap()
            .revision()
    );
    let answer = api.call(&context(), &default("endpoints/kubernetes"), get()).await.unwrap();
    let Reply::Object(endpoints) = answer.reply else { panic!("no object") };
    assert_eq!(endpoints.tree()["subsets"][0]["addresses"][0]["ip"], "192.0.2.7");
}

#[tokio::test(start_paused = true)]
async fn reads_wait_for_a_revision_to_come() {
    let api = api();
    let at = |revision: u64| Call::Get { resource_version: revision.to_string() };
    call(&api, "configmaps", create(config_map("a", json!({})))).await.unwrap();
    let next = api.config().store.revision() + 1;
    let (read, _) = tokio::join!(
        call(&api, "configmaps/b", at(next)),
        call(&api, "configmaps", create(config_map("b", json!({}))))
    );
    assert_eq!(read.unwrap()["metadata"]["name"], "b");
    let began = tokio::time::Instant::now();
    let refused = call(&api, "configmaps/a", at(next + 100)).await;
    assert_eq!(began.elapsed().as_secs(), 3);
    messages(refused, &format!("504 Timeout: Too large resource version: {}, current: {next}", next + 100));
}
