//! What calls do to the objects.
use super::{Logged, ObjectKey, State};
use serde_json::json;
use skeg_model::{
    Value,
    request::{Body, Call, DeleteOptions, List, PatchKind, Propagation, Reply, Target, WatchEvent},
    status::Status,
    stored::Stored,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The state under the lock, with the time of the call.
pub(super) struct World<'a> {
    pub state: &'a mut State,
    pub now: &'a str,
    pub logged: bool,
}

impl World<'_> {
    pub fn call(&mut self, target: &Target, call: Call) -> Result<Reply, Status> {
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

    pub fn create(&mut self, target: &Target, mut body: Value) -> Result<Reply, Status> {
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
