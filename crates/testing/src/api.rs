//! A small API server in memory behind [`Transport`], with faults: for tests of informers and controllers. It keeps the
//! rules that controllers lean on (revisions, uids, generateName, generations, preconditions, finalizers, watches) and
//! none of the kinds' own.
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use parking_lot::Mutex;
use serde_json::json;
use skeg_client::{
    Transport,
    discovery::{ApiResource, Discovered, Served},
};
use skeg_model::{
    Value,
    request::{Body, Call, DeleteOptions, Gvr, List, ListOptions, PatchKind, Propagation, Reply, Target, WatchEvent},
    status::Status,
    stored::Stored,
    time::{Clock, rfc3339_seconds},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::watch;

type ObjectKey = (Gvr, String);

#[derive(Debug, Clone)]
struct Logged {
    gvr: Gvr,
    namespace: String,
    revision: u64,
    event: WatchEvent,
}

#[derive(Debug, Default)]
struct State {
    revision: u64,
    uids: u64,
    objects: BTreeMap<ObjectKey, Arc<Stored>>,
    /// Top-level fields of the last configuration that was applied to each.
    applied: BTreeMap<ObjectKey, BTreeSet<String>>,
    log: Vec<Logged>,
    /// Watches that resume at or before this get 410.
    compacted: u64,
    writes: Vec<String>,
    calls: u64,
    listed: u64,
    writes_left: Option<usize>,
    refusals: Vec<(String, Status)>,
    frozen: bool,
}

/// The server; clones of the `Arc` are transports.
#[derive(Debug)]
pub struct FakeApi {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// The revision up to which watchers may read.
    shown: watch::Sender<u64>,
    served: watch::Sender<Arc<Served>>,
}

impl FakeApi {
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            state: Mutex::default(),
            shown: watch::channel(0).0,
            served: watch::channel(Served::builtin()).0,
        })
    }

    /// From now on these are served beside the built-in kinds; those of the failing group versions are left out.
    pub fn serve(&self, others: &[ApiResource], failures: &[(&str, &str)]) {
        let failures: BTreeMap<String, String> =
            failures.iter().map(|(version, why)| ((*version).into(), (*why).into())).collect();
        let builtin = Served::builtin();
        let resources = builtin.resources().iter().chain(others).filter(|it| !failures.contains_key(&it.api_version()));
        self.served.send_replace(Arc::new(Served::new(resources.cloned().collect(), failures.clone())));
    }

    fn open(
        self: &Arc<Self>,
        target: &Target,
        options: &ListOptions,
    ) -> Result<BoxStream<'static, Result<WatchEvent, Status>>, Status> {
        let after = options.resource_version.parse().unwrap_or(0);
        self.events_after(target, after).map(|_| stream_of(self.clone(), target.clone(), after))
    }

    fn discovered(&self) -> Discovered {
        let mut served = self.served.subscribe();
        let now = served.borrow_and_update().clone();
        let changed = async move {
            if served.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        Discovered { served: now, changed: Box::pin(changed) }
    }

    /// From now on only `count` more writes reach the server; the others fail as if the caller's process had died.
    pub fn cut_after(&self, count: usize) {
        self.state.lock().writes_left = Some(count);
    }

    /// Ends [`FakeApi::cut_after`].
    pub fn restore(&self) {
        self.state.lock().writes_left = None;
    }

    /// The next write whose log line (`verb resource key`) starts with `prefix` is refused.
    pub fn refuse(&self, prefix: &str, status: Status) {
        self.state.lock().refusals.push((prefix.into(), status));
    }

    /// Watches show nothing new until [`FakeApi::thaw`].
    pub fn freeze(&self) {
        self.state.lock().frozen = true;
    }

    pub fn thaw(&self) {
        let mut state = self.state.lock();
        state.frozen = false;
        self.shown.send_replace(state.revision);
    }

    /// Forgets the event log: who resumes from before now gets 410. Running watches end.
    pub fn compact(&self) {
        let mut state = self.state.lock();
        state.compacted = state.revision;
        state.log.clear();
        self.shown.send_modify(|_| {});
    }

    /// Takes the log of accepted writes: `verb resource[/subresource] key`.
    pub fn take_writes(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().writes)
    }

    /// How many writes [`FakeApi::take_writes`] would answer.
    pub fn writes(&self) -> usize {
        self.state.lock().writes.len()
    }

    /// Calls of [`FakeTransport`]s so far, and objects that lists answered with.
    pub fn calls(&self) -> (u64, u64) {
        let state = self.state.lock();
        (state.calls, state.listed)
    }

    /// Puts many objects in at once, before anybody watches.
    pub fn load(&self, objects: impl IntoIterator<Item = (Target, Value)>) {
        let mut state = self.state.lock();
        let now = rfc3339_seconds(self.clock.now());
        for (target, body) in objects {
            World { state: &mut state, now: &now, logged: false }
                .create(&target, body)
                .expect("loaded objects are new");
            state.log.clear();
        }
        self.shown.send_replace(state.revision);
    }

    pub fn revision(&self) -> u64 {
        self.state.lock().revision
    }

    /// Told of every revision that watchers may read.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shown.subscribe()
    }

    /// The resources of which there are or were objects.
    pub fn resources(&self) -> BTreeSet<String> {
        self.state.lock().objects.keys().map(|(gvr, _)| gvr.resource.to_string()).collect()
    }

    /// All objects of a resource in key order.
    pub fn objects(&self, resource: &str) -> Vec<Value> {
        let state = self.state.lock();
        state.objects.iter().filter(|((gvr, _), _)| gvr.resource == resource).map(|(_, o)| o.tree()).collect()
    }

    fn call_now(&self, target: &Target, call: Call, logged: bool) -> Result<Reply, Status> {
        let mut state = self.state.lock();
        let now = rfc3339_seconds(self.clock.now());
        let mut world = World { state: &mut state, now: &now, logged };
        let reply = world.call(target, call);
        if logged {
            state.calls += 1;
            if let Ok(Reply::List(list)) = &reply {
                state.listed += list.items.len() as u64;
            }
        }
        if !state.frozen {
            let revision = state.revision;
            self.shown.send_if_modified(|shown| std::mem::replace(shown, revision) != revision);
        }
        reply
    }

    /// Events after `after`, at most up to what is shown; 410 if they are gone.
    fn events_after(&self, target: &Target, after: u64) -> Result<(Vec<WatchEvent>, u64), Status> {
        let state = self.state.lock();
        let shown = *self.shown.borrow();
        if after < state.compacted {
            return Err(Status::failure(410, "Expired", "too old resource version"));
        }
        let wanted = |entry: &&Logged| {
            entry.gvr == target.gvr
                && entry.revision <= shown
                && target.namespace.as_ref().is_none_or(|namespace| *namespace == entry.namespace)
        };
        let news = &state.log[state.log.partition_point(|entry| entry.revision <= after)..];
        let events: Vec<_> = news.iter().filter(wanted).map(|entry| entry.event.clone()).collect();
        Ok((events, shown.max(after)))
    }
}

/// The transport of those under test: their calls are counted and logged, and faults hit them.
#[derive(Debug, Clone)]
pub struct FakeTransport(pub Arc<FakeApi>);

/// The transport of everybody else: neither counted nor hit by faults.
#[derive(Debug, Clone)]
pub struct SilentTransport(pub Arc<FakeApi>);

impl Transport for SilentTransport {
    fn call<'a>(&'a self, target: &'a Target, call: Call) -> BoxFuture<'a, Result<Reply, Status>> {
        std::future::ready(self.0.call_now(target, call, false)).boxed()
    }

    fn watch<'a>(
        &'a self,
        target: &'a Target,
        options: ListOptions,
    ) -> BoxFuture<'a, Result<BoxStream<'static, Result<WatchEvent, Status>>, Status>> {
        std::future::ready(self.0.open(target, &options)).boxed()
    }

    fn discover(&self) -> BoxFuture<'_, Result<Discovered, Status>> {
        std::future::ready(Ok(self.0.discovered())).boxed()
    }
}

impl Transport for FakeTransport {
    fn call<'a>(&'a self, target: &'a Target, call: Call) -> BoxFuture<'a, Result<Reply, Status>> {
        async move {
            tokio::task::yield_now().await;
            self.0.call_now(target, call, true)
        }
        .boxed()
    }

    fn watch<'a>(
        &'a self,
        target: &'a Target,
        options: ListOptions,
    ) -> BoxFuture<'a, Result<BoxStream<'static, Result<WatchEvent, Status>>, Status>> {
        std::future::ready(self.0.open(target, &options)).boxed()
    }

    fn discover(&self) -> BoxFuture<'_, Result<Discovered, Status>> {
        std::future::ready(Ok(self.0.discovered())).boxed()
    }
}

fn stream_of(api: Arc<FakeApi>, target: Target, after: u64) -> BoxStream<'static, Result<WatchEvent, Status>> {
    let shown = api.shown.subscribe();
    let start = Some((api, target, after, shown));
    futures::stream::unfold(start, |state| async move {
        let (api, target, mut after, mut shown) = state?;
        loop {
            shown.borrow_and_update();
            match api.events_after(&target, after) {
                Err(gone) => return Some((vec![Err(gone)], None)),
                Ok((events, upto)) if upto > after => {
                    after = upto;
                    let bookmark = WatchEvent::Bookmark { revision: upto, initial_done: false };
                    let batch = events.into_iter().chain([bookmark]).map(Ok).collect::<Vec<_>>();
                    return Some((batch, Some((api, target, after, shown))));
                }
                Ok(_) => {}
            }
            if shown.changed().await.is_err() {
                return None;
            }
        }
    })
    .flat_map(futures::stream::iter)
    .boxed()
}

/// The state under the lock, with the time of the call.
struct World<'a> {
    state: &'a mut State,
    now: &'a str,
    logged: bool,
}

impl World<'_> {
    fn call(&mut self, target: &Target, call: Call) -> Result<Reply, Status> {
        let name = target.name.as_deref().unwrap_or_default();
        match call {
            Call::Get { .. } => self.get(target).map(Reply::Object),
            Call::List(_) => Ok(Reply::List(self.list(target))),
            Call::Create { body, .. } => {
                let mut body = tree_of(body)?;
                name_new(&mut body, self.state.uids);
                let name = text(&body, "/metadata/name");
                self.admit("create", target, &name)?;
                self.create(target, body)
            }
            Call::Update { body, .. } => {
                self.admit("update", target, name)?;
                let body = tree_of(body)?;
                self.update(target, body)
            }
            Call::Patch { kind, body, options } => {
                self.admit("patch", target, name)?;
                let patch = tree_of(body)?;
                self.patch(target, kind, &patch, &options.field_manager)
            }
            Call::Delete(options) => {
                self.admit("delete", target, name)?;
                self.delete(target, &options)
            }
            Call::DeleteCollection { options, .. } => {
                self.admit("deletecollection", target, "")?;
                for object in self.list(target).items {
                    let meta = object.meta();
                    let one = Target { name: Some(meta.name.clone()), ..target.clone() };
                    self.delete(&one, &options)?;
                }
                Ok(success())
            }
        }
    }

    /// Logs a write, or refuses it as told.
    fn admit(&mut self, verb: &str, target: &Target, name: &str) -> Result<(), Status> {
        if !self.logged {
            return Ok(());
        }
        let subresource = target.subresource.as_ref().map(|s| format!("/{s}")).unwrap_or_default();
        let line = format!("{verb} {}{subresource} {}", target.gvr.resource, key_of(target, name));
        if let Some(left) = &mut self.state.writes_left {
            if *left == 0 {
                return Err(Status::failure(503, "ServiceUnavailable", "the process is gone"));
            }
            *left -= 1;
        }
        if let Some(at) = self.state.refusals.iter().position(|(prefix, _)| line.starts_with(prefix.as_str())) {
            return Err(self.state.refusals.remove(at).1);
        }
        self.state.writes.push(line);
        Ok(())
    }

    fn get(&self, target: &Target) -> Result<Arc<Stored>, Status> {
        let name = target.name.as_deref().unwrap_or_default();
        let key = (target.gvr.clone(), key_of(target, name));
        let missing = || Status::not_found(&target.gvr.group, &target.gvr.resource, name);
        self.state.objects.get(&key).cloned().ok_or_else(missing)
    }

    fn list(&self, target: &Target) -> List {
        let wanted = |(gvr, _): &ObjectKey, object: &Stored| {
            *gvr == target.gvr && target.namespace.as_ref().is_none_or(|n| *n == object.meta().namespace)
        };
        let items = self.state.objects.iter().filter(|(key, object)| wanted(key, object));
        List {
            items: items.map(|(_, object)| object.clone()).collect(),
            resource_version: self.state.revision,
            continue_token: String::new(),
            remaining_item_count: None,
        }
    }

    fn create(&mut self, target: &Target, mut body: Value) -> Result<Reply, Status> {
        let name = text(&body, "/metadata/name");
        if target.subresource.as_deref() == Some("eviction") {
            return self.delete(target, &DeleteOptions::default());
        }
        if self.state.objects.contains_key(&(target.gvr.clone(), key_of(target, &name))) {
            return Err(Status::already_exists(&target.gvr.group, &target.gvr.resource, &name));
        }
        self.state.uids += 1;
        let meta = &mut body["metadata"];
        if self.logged || !meta["uid"].is_string() {
            meta["uid"] = format!("uid-{}", self.state.uids).into();
        }
        meta["creationTimestamp"] = self.now.into();
        meta["generation"] = 1.into();
        if let Some(namespace) = &target.namespace {
            meta["namespace"] = namespace.clone().into();
        }
        Ok(Reply::Created(self.put(target, &name, body, true)))
    }

    fn update(&mut self, target: &Target, mut body: Value) -> Result<Reply, Status> {
        let old = self.get(target)?;
        let tree = old.tree();
        let name = old.meta().name.clone();
        self.check(target, &tree, &text(&body, "/metadata/uid"), &text(&body, "/metadata/resourceVersion"))?;
        if target.subresource.as_deref() == Some("status") {
            let (status, annotations) = (body["status"].take(), body["metadata"]["annotations"].take());
            body = tree.clone();
            body["status"] = status;
            body["metadata"]["annotations"] = annotations;
        } else {
            body["status"] = tree["status"].clone();
        }
        for kept in ["uid", "creationTimestamp", "generation", "namespace", "deletionTimestamp"] {
            body["metadata"][kept] = tree["metadata"][kept].clone();
        }
        if body["spec"] != tree["spec"] {
            body["metadata"]["generation"] = (tree["metadata"]["generation"].as_u64().unwrap_or(0) + 1).into();
        }
        drop_nulls(&mut body);
        let finished = body["metadata"]["deletionTimestamp"].is_string() && finalizers(&body).is_empty();
        if finished && target.gvr.resource != "pods" && target.gvr.resource != "namespaces" {
            return Ok(Reply::Object(self.remove(target, &name, body)));
        }
        let (mut before, mut after) = (tree, body.clone());
        before["metadata"]["resourceVersion"].take();
        after["metadata"]["resourceVersion"].take();
        drop_nulls(&mut before);
        drop_nulls(&mut after);
        if before == after {
            return Ok(Reply::Object(old));
        }
        Ok(Reply::Object(self.put(target, &name, body, false)))
    }

    fn patch(&mut self, target: &Target, kind: PatchKind, patch: &Value, manager: &str) -> Result<Reply, Status> {
        let mut tree = self.get(target)?.tree();
        match kind {
            PatchKind::Json => return Err(Status::bad_request("the fake takes no JSON patches")),
            PatchKind::Apply => self.unapply(target, &mut tree, patch, manager),
            PatchKind::Merge | PatchKind::Strategic => {}
        }
        let (uid, revision) = (text(patch, "/metadata/uid"), text(patch, "/metadata/resourceVersion"));
        self.check(target, &tree, &uid, &revision)?;
        merge(&mut tree, patch);
        self.update(target, tree)
    }

    /// Drops those top-level fields that the last configuration held and this one does not; notes who holds which.
    fn unapply(&mut self, target: &Target, tree: &mut Value, configuration: &Value, manager: &str) {
        let key = (target.gvr.clone(), key_of(target, target.name.as_deref().unwrap_or_default()));
        let names = configuration.as_object().into_iter().flatten().map(|(name, _)| name.clone());
        let fields: BTreeSet<String> = names.collect();
        let last = self.state.applied.insert(key, fields.clone()).unwrap_or_default();
        if let Some(tree) = tree.as_object_mut() {
            tree.retain(|name, _| fields.contains(name) || !last.contains(name));
        }
        let held: BTreeMap<String, Value> = fields.iter().map(|name| (format!("f:{name}"), json!({}))).collect();
        tree["metadata"]["managedFields"] =
            json!([{ "manager": manager, "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": held }]);
    }

    fn delete(&mut self, target: &Target, options: &DeleteOptions) -> Result<Reply, Status> {
        let object = self.get(target)?;
        let mut tree = object.tree();
        let revision = options.precondition_resource_version.as_deref().unwrap_or_default();
        self.check(target, &tree, options.precondition_uid.as_deref().unwrap_or_default(), revision)?;
        let mut finalizers = finalizers(&tree);
        match options.propagation {
            Some(Propagation::Foreground) => finalizers.push("foregroundDeletion".into()),
            Some(Propagation::Orphan) => finalizers.push("orphan".into()),
            _ => {}
        }
        finalizers.sort();
        finalizers.dedup();
        let name = object.meta().name.clone();
        // Bound pods wait for their kubelet, namespaces for their controller.
        let graceful = (target.gvr.resource == "pods"
            && tree["spec"]["nodeName"].is_string()
            && options.grace_period_seconds != Some(0))
            || target.gvr.resource == "namespaces";
        if finalizers.is_empty() && !graceful {
            self.remove(target, &name, tree);
            return Ok(success());
        }
        if tree["metadata"]["deletionTimestamp"].is_string() && finalizers == self::finalizers(&tree) {
            return Ok(Reply::Object(object));
        }
        tree["metadata"]["deletionTimestamp"] = self.now.into();
        if target.gvr.resource == "namespaces" {
            tree["status"]["phase"] = "Terminating".into();
        }
        if !finalizers.is_empty() {
            tree["metadata"]["finalizers"] = json!(finalizers);
        }
        Ok(Reply::Object(self.put(target, &name, tree, false)))
    }

    fn check(&self, target: &Target, tree: &Value, uid: &str, revision: &str) -> Result<(), Status> {
        let conflict = |why: &str| {
            let name = text(tree, "/metadata/name");
            Err(Status::conflict(&target.gvr.group, &target.gvr.resource, &name, why))
        };
        if !uid.is_empty() && uid != text(tree, "/metadata/uid") {
            return conflict("the UID in the precondition does not match");
        }
        if !revision.is_empty() && revision != text(tree, "/metadata/resourceVersion") {
            return conflict(
                "the object has been modified; please apply your changes to the latest version and try again",
            );
        }
        Ok(())
    }

    fn put(&mut self, target: &Target, name: &str, tree: Value, new: bool) -> Arc<Stored> {
        let object = self.commit(tree);
        let (gvr, key) = (target.gvr.clone(), key_of(target, name));
        self.state.objects.insert((gvr, key), object.clone());
        let event = if new { WatchEvent::Added(object.clone()) } else { WatchEvent::Modified(object.clone()) };
        self.log(target, event);
        object
    }

    fn remove(&mut self, target: &Target, name: &str, tree: Value) -> Arc<Stored> {
        let object = self.commit(tree);
        self.state.objects.remove(&(target.gvr.clone(), key_of(target, name)));
        self.log(target, WatchEvent::Deleted(object.clone()));
        object
    }

    fn commit(&mut self, mut tree: Value) -> Arc<Stored> {
        self.state.revision += 1;
        if let Some(meta) = tree["metadata"].as_object_mut() {
            meta.remove("resourceVersion");
        }
        drop_nulls(&mut tree);
        let bytes = serde_json::to_vec(&tree).expect("trees have string keys");
        Arc::new(Stored::new(bytes.into(), self.state.revision))
    }

    fn log(&mut self, target: &Target, event: WatchEvent) {
        let namespace = target.namespace.clone().unwrap_or_default();
        let revision = self.state.revision;
        self.state.log.push(Logged { gvr: target.gvr.clone(), namespace, revision, event });
    }
}

fn success() -> Reply {
    Reply::Status(Status {
        status: "Success".into(),
        message: String::new(),
        reason: String::new(),
        details: None,
        code: 200,
    })
}

fn key_of(target: &Target, name: &str) -> String {
    skeg_client::key::key(target.namespace.as_deref(), name).to_string()
}

fn text(tree: &Value, pointer: &str) -> String {
    tree.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn finalizers(tree: &Value) -> Vec<String> {
    let list = tree.pointer("/metadata/finalizers").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect()
}

fn name_new(body: &mut Value, counter: u64) {
    if text(body, "/metadata/name").is_empty() {
        let prefix = text(body, "/metadata/generateName");
        body["metadata"]["name"] = format!("{prefix}{counter:05}").into();
    }
}

fn tree_of(body: Body) -> Result<Value, Status> {
    match body {
        Body::Tree(tree) => Ok(tree),
        Body::Json(bytes) => serde_json::from_slice(&bytes).map_err(|e| Status::bad_request(e.to_string())),
        Body::Yaml(_) => Err(Status::bad_request("the fake takes no YAML")),
    }
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            target.as_object_mut().expect("made an object above").remove(name);
        } else {
            merge(&mut target[name], value);
        }
    }
}

fn drop_nulls(tree: &mut Value) {
    if let Value::Object(fields) = tree {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(drop_nulls);
    }
}
