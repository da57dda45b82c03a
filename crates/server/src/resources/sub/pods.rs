//! Subresources of pods: binding, eviction, ephemeral containers, resize.
use super::{
    super::{
        Answer, Api, Context, codec,
        place::Place,
        strategy::Strategy,
        tree,
        write::{Write, unavailable},
    },
    budget::{self, Leave},
};
use crate::admission::Operation;
use serde_json::json;
use skeg_model::{
    Value,
    kinds::{
        Verb,
        pod::{prepare, validate},
    },
    meta::{field_error::Errors, object_meta},
    request::{Body, DeleteOptions, Propagation, Reply, WriteOptions},
    status::Status,
    time::rfc3339_seconds,
};
use skeg_storage::{Change, CommitError, Durability, Expect, Op};

const BINDING: &str = "io.k8s.api.core.v1.Binding";
const EVICTION: &str = "io.k8s.api.policy.v1.Eviction";
/// How often a change that lost a race is made anew.
const ATTEMPTS_MAX: usize = 100;

pub(in super::super) static EPHEMERAL: Strategy = Strategy {
    prepare: |_, new, old| prepare::ephemeral_containers(new, old),
    validate: |_, new, old| {
        let mut errors = Errors::new();
        object_meta::common_update(new, old, &mut errors);
        validate::update::ephemeral_containers(new, old, &mut errors);
        errors
    },
    may_create: false,
    makes_owners: false,
};

pub(in super::super) static RESIZE: Strategy = Strategy {
    prepare: |_, new, old| prepare::resize(new, old),
    validate: |_, new, old| {
        let mut errors = Errors::new();
        object_meta::common_update(new, old, &mut errors);
        validate::update::resize(new, old, &mut errors);
        errors
    },
    may_create: false,
    makes_owners: false,
};

/// `Success` with 201, which bindings and evictions answer with.
fn created() -> Reply {
    let mut status = Status::failure(201, "", "");
    status.status = "Success".into();
    Reply::Status(status)
}

impl Api {
    /// Creates a Binding: through `pods/NAME/binding`, or `bindings`, whose object names the pod.
    pub(in super::super) async fn bind(
        &self,
        ctx: &Context,
        place: Place<'_>,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let mut w = self.begin(ctx, place, Verb::Create, options)?;
        let mut binding = codec::decode_as(BINDING, &body, options.field_validation, &mut w.warnings)?;
        crate::resources::write::check_namespace(&mut binding, &place)?;
        let name = tree::name(&binding).to_owned();
        if !place.name.is_empty() && place.name != name {
            return Err(Status::bad_request("name in URL does not match name in Binding object"));
        }
        self.mutate(&mut w, Operation::Create, &name, None, &mut binding).await?;
        check_binding(&binding)?;
        self.validate(&mut w, Operation::Create, &name, None, &binding).await?;
        let pod = Place { kind: &skeg_model::kinds::pod::KIND, subresource: "binding", name: &name, ..place };
        let mut change = |pod_tree: &mut Value| assign(pod_tree, &binding, w.now);
        self.change_object(&pod, options.dry_run, &mut change).await?;
        Ok(Answer { reply: created(), warnings: w.warnings })
    }

    /// Changes an object beside the write pipeline, as upstream's binding and eviction do: no admission, no managed
    /// fields.
    pub(super) async fn change_object(
        &self,
        pod: &Place<'_>,
        dry_run: bool,
        change: &mut (dyn FnMut(&mut Value) -> Result<(), Status> + Send),
    ) -> Result<(), Status> {
        let key = pod.key();
        for _ in 0..ATTEMPTS_MAX {
            let current = self.config.store.get(&key).ok_or_else(|| pod.not_found())?;
            let mut object = current.tree();
            change(&mut object)?;
            let bytes = codec::encode(&pod.kind.versions[0], &mut object);
            if dry_run || bytes == *current.bytes() {
                return Ok(());
            }
            let op = Op { key: key.clone(), expect: Expect::Revision(current.revision()), change: Change::Put(bytes) };
            match self.commit(op, Durability::Synced).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(other) => return Err(unavailable(&other)),
            }
        }
        Err(pod.modified())
    }

    /// Deletes a pod gracefully unless a disruption budget forbids it.
    pub(in super::super) async fn evict(
        &self,
        ctx: &Context,
        place: Place<'_>,
        body: Body,
        options: &WriteOptions,
    ) -> Result<Answer, Status> {
        let mut w = self.begin(ctx, place, Verb::Create, options)?;
        let mut eviction = codec::decode_as(EVICTION, &body, options.field_validation, &mut w.warnings)?;
        crate::resources::write::check_namespace(&mut eviction, &place)?;
        if tree::name(&eviction) != place.name {
            return Err(Status::bad_request("name in URL does not match name in Eviction object"));
        }
        let mut delete = delete_options(&eviction["deleteOptions"]);
        delete.dry_run |= options.dry_run;
        let pod = Place { subresource: "", ..place };
        self.config.store.get(&pod.key()).ok_or_else(|| pod.not_found())?;
        self.mutate(&mut w, Operation::Create, place.name, None, &mut eviction).await?;
        self.validate(&mut w, Operation::Create, place.name, None, &eviction).await?;
        let now = w.now;
        self.take_leave(&pod, &delete, now).await?;
        delete.precondition_resource_version = None;
        let write = WriteOptions { dry_run: delete.dry_run, ..WriteOptions::default() };
        let mut deletion: Write<'_> = self.write(ctx, pod, &write);
        self.delete_object(&mut deletion, &delete).await?;
        w.warnings.append(&mut deletion.warnings);
        Ok(Answer { reply: created(), warnings: w.warnings })
    }

    /// Has the budgets agree, then says on the pod why it goes.
    async fn take_leave(&self, pod: &Place<'_>, delete: &DeleteOptions, now: jiff::Timestamp) -> Result<(), Status> {
        for _ in 0..ATTEMPTS_MAX {
            let object = self.config.store.get(&pod.key()).ok_or_else(|| pod.not_found())?.tree();
            let seen = tree::text(&object, "/metadata/resourceVersion").to_owned();
            let leave = if budget::is_unguarded(&object) {
                Leave::Unguarded
            } else {
                self.spend(&object, delete.dry_run, now).await?
            };
            let mut overtaken = false;
            let mut change = |object: &mut Value| {
                check_delete_preconditions(pod, object, delete)?;
                match &leave {
                    Leave::Unguarded if !budget::is_unguarded(object) => {
                        overtaken = true;
                        return Err(pod.modified());
                    }
                    Leave::Unhealthy(budget) if tree::text(object, "/metadata/resourceVersion") != seen => {
                        return Err(budget::too_many(budget));
                    }
                    _ => {}
                }
                if !delete.dry_run {
                    set_condition(object, leaving(), now);
                }
                Ok(())
            };
            let changed = self.change_object(pod, delete.dry_run, &mut change).await;
            if !overtaken {
                return changed;
            }
        }
        Err(pod.modified())
    }
}

fn leaving() -> Value {
    json!({
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    })
}

fn check_delete_preconditions(pod: &Place<'_>, object: &Value, delete: &DeleteOptions) -> Result<(), Status> {
    let differs = |wanted: &Option<String>, field: &str, pointer: &str, why: &str| {
        let have = tree::text(object, pointer);
        let wanted = wanted.as_ref().filter(|wanted| !wanted.is_empty() && *wanted != have)?;
        let text = format!(
            "the {field} in the precondition ({wanted}) does not match the {field} in record ({have}). The object \
             might have been {why}"
        );
        Some(Status::conflict("", "Pod", pod.name, &text))
    };
    let (uid, revision) = (&delete.precondition_uid, &delete.precondition_resource_version);
    let uid = differs(uid, "UID", "/metadata/uid", "deleted and then recreated");
    match uid.or_else(|| differs(revision, "ResourceVersion", "/metadata/resourceVersion", "modified")) {
        Some(conflict) => Err(conflict),
        None => Ok(()),
    }
}

/// The `DeleteOptions` inside an Eviction.
fn delete_options(tree: &Value) -> DeleteOptions {
    let text = |pointer: &str| tree.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let propagation = match tree["propagationPolicy"].as_str() {
        Some("Orphan") => Some(Propagation::Orphan),
        Some("Foreground") => Some(Propagation::Foreground),
        Some("Background") => Some(Propagation::Background),
        _ => None,
    };
    DeleteOptions {
        dry_run: tree["dryRun"].as_array().is_some_and(|l| l.iter().any(|v| v == "All")),
        grace_period_seconds: tree["gracePeriodSeconds"].as_i64(),
        propagation,
        precondition_uid: text("/preconditions/uid"),
        precondition_resource_version: text("/preconditions/resourceVersion"),
    }
}

fn check_binding(binding: &Value) -> Result<(), Status> {
    let mut errors = Errors::new();
    let kind = tree::text(binding, "/target/kind");
    if !kind.is_empty() && kind != "Node" {
        errors.not_supported("target.kind", kind, &["Node", "<empty>"]);
    }
    if tree::text(binding, "/target/name").is_empty() {
        errors.required("target.name", "");
    }
    if errors.is_empty() { Ok(()) } else { Err(Status::failure(500, "", errors.aggregate())) }
}

/// Gives the pod its node.
fn assign(pod: &mut Value, binding: &Value, now: jiff::Timestamp) -> Result<(), Status> {
    let name = tree::name(pod).to_owned();
    let conflict = |why: String| Err(Status::conflict("", "pods/binding", &name, &why));
    for (field, pointer) in [("UID", "/metadata/uid"), ("ResourceVersion", "/metadata/resourceVersion")] {
        let (wanted, have) = (tree::text(binding, pointer), tree::text(pod, pointer));
        if !wanted.is_empty() && wanted != have {
            return Err(Status::conflict(
                "",
                "pods",
                &name,
                &format!("Precondition failed: {field} in precondition: {wanted}, {field} in object meta: {have}"),
            ));
        }
    }
    if tree::is_terminating(pod) {
        return conflict(format!("pod {name} is being deleted, cannot be assigned to a host"));
    }
    let node = tree::text(pod, "/spec/nodeName");
    if !node.is_empty() {
        return conflict(format!("pod {name} is already assigned to node \"{node}\""));
    }
    if !tree::list(pod, "/spec/schedulingGates").is_empty() {
        return conflict(format!("pod {name} has non-empty .spec.schedulingGates"));
    }
    tree::map_mut(pod, "spec").insert("nodeName".into(), binding["target"]["name"].clone());
    for field in ["annotations", "labels"] {
        if let Some(given) = binding["metadata"][field].as_object() {
            let have = tree::meta_mut(pod).entry(field).or_insert_with(|| json!({}));
            if let Some(have) = have.as_object_mut() {
                have.extend(given.clone());
            }
        }
    }
    // A nomination has served its purpose.
    tree::map_mut(pod, "status").remove("nominatedNodeName");
    set_condition(pod, json!({"type": "PodScheduled", "status": "True"}), now);
    Ok(())
}

/// Puts a condition into the status; its transition time moves only when its status does.
fn set_condition(pod: &mut Value, mut condition: Value, now: jiff::Timestamp) {
    let conditions = tree::list_mut(tree::map_mut(pod, "status"), "conditions");
    condition["lastProbeTime"] = Value::Null;
    condition["lastTransitionTime"] = rfc3339_seconds(now).into();
    match conditions.iter_mut().find(|c| c["type"] == condition["type"]) {
        Some(have) => {
            if have["status"] == condition["status"] {
                condition["lastTransitionTime"] = have["lastTransitionTime"].clone();
            }
            *have = condition;
        }
        None => conditions.push(condition),
    }
}
