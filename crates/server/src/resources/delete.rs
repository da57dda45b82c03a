//! Deletion: preconditions, grace, finalizers, propagation; collections and namespaces.
use super::{
    Answer, Api, Context, codec, convert,
    place::Place,
    tree,
    write::{Write, unavailable},
};
use crate::admission::Operation;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use skeg_model::{
    Value,
    kinds::{Kind, Verb},
    request::{DeleteOptions, List, ListOptions, Propagation, Reply, WriteOptions},
    status::Status,
    stored::Stored,
    time::rfc3339_seconds,
};
use skeg_storage::{Change, CommitError, Expect, Op, Txn};
use std::sync::Arc;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";
const SYSTEM_PRIORITY_CLASSES: [&str; 2] = ["system-cluster-critical", "system-node-critical"];
/// Objects of one collection that are deleted at the same time.
const COLLECTION_PARALLEL_MAX: usize = 8;
/// How often a deletion that lost a race is decided anew.
const DELETE_ATTEMPTS_MAX: usize = 100;

/// What the next step of a deletion is; decided from the object's newest state.
#[derive(Debug)]
enum Step {
    /// Nothing changes: deletion is already under way.
    Pending,
    /// The object is marked or its finalizers change; it stays.
    Mark(Value),
    /// The object is marked and then removed (graceful kinds with no grace left).
    MarkAndRemove(Value),
    Remove,
}

impl Api {
    pub(super) async fn delete(
        &self,
        ctx: &Context,
        place: Place<'_>,
        options: &DeleteOptions,
    ) -> Result<Answer, Status> {
        place.allow(Verb::Delete)?;
        self.authorise(ctx, "delete", &place, place.name)?;
        let write = WriteOptions { dry_run: options.dry_run, ..WriteOptions::default() };
        let mut w = self.write(ctx, place, &write);
        let reply = self.delete_object(&mut w, options).await?;
        Ok(Answer { reply, warnings: w.warnings })
    }

    /// Deletes one object; the caller has been authorised.
    pub(super) async fn delete_object(&self, w: &mut Write<'_>, options: &DeleteOptions) -> Result<Reply, Status> {
        if w.place.kind.resource == "priorityclasses" && SYSTEM_PRIORITY_CLASSES.contains(&w.place.name) {
            let why = "this is a system priority class and cannot be deleted";
            return Err(Status::forbidden(w.place.kind.group, w.place.kind.resource, w.place.name, why));
        }
        let key = w.place.key();
        for _ in 0..DELETE_ATTEMPTS_MAX {
            let current = self.config.store.get(&key).ok_or_else(|| w.place.not_found())?;
            if let Some(reply) = self.try_delete(w, options, &current).await? {
                return Ok(reply);
            }
        }
        Err(w.place.modified())
    }

    /// One attempt; None when somebody else wrote in between.
    async fn try_delete(
        &self,
        w: &mut Write<'_>,
        options: &DeleteOptions,
        current: &Arc<Stored>,
    ) -> Result<Option<Reply>, Status> {
        let place = w.place;
        let old = current.tree();
        let is_namespace = place.kind.group.is_empty() && place.kind.resource == "namespaces";
        check_preconditions(&place, &old, options)?;
        self.mutate(w, Operation::Delete, place.name, Some(&old), &mut Value::Null).await?;
        self.validate(w, Operation::Delete, place.name, Some(&old), &Value::Null).await?;
        let step = if is_namespace {
            namespace_step(&old, options, w.now)
        } else {
            next_step(place.kind, &old, options, w.now)
        };
        match step {
            Step::Pending => self.finished(&place, current).map(Some),
            Step::Remove => self.remove(w, current, current).await,
            Step::Mark(mut marked) => {
                let Some(stored) = self.put_marked(w, current, &mut marked).await? else { return Ok(None) };
                convert::reply(&place, &stored, false).map(Some)
            }
            Step::MarkAndRemove(mut marked) => {
                let Some(stored) = self.put_marked(w, current, &mut marked).await? else { return Ok(None) };
                if w.options.dry_run {
                    return self.finished(&place, &stored).map(Some);
                }
                // Who came in between has changed it: the next attempt sees. Or removed what was marked here: it is done.
                let removed = self.remove(w, &stored, &stored).await?;
                let now = self.config.store.get(&place.key());
                match removed {
                    None if now.is_none_or(|now| now.meta().uid != stored.meta().uid) => {
                        self.finished(&place, &stored).map(Some)
                    }
                    other => Ok(other),
                }
            }
        }
    }

    async fn put_marked(
        &self,
        w: &Write<'_>,
        current: &Arc<Stored>,
        marked: &mut Value,
    ) -> Result<Option<Arc<Stored>>, Status> {
        let place = w.place;
        let bytes = codec::encode(&place.hub().versions[0], marked);
        if bytes == *current.bytes() {
            return Ok(Some(current.clone()));
        }
        if w.options.dry_run {
            return Ok(Some(Arc::new(Stored::new(bytes, current.revision()))));
        }
        let op = Op { key: place.key(), expect: Expect::Revision(current.revision()), change: Change::Put(bytes) };
        match self.commit(op, w.durability(marked)).await {
            Ok(stored) => Ok(stored),
            Err(CommitError::Conflict { .. }) => Ok(None),
            Err(other) => Err(unavailable(&other)),
        }
    }

    /// Takes the object out of the store; `shown` is what the answer speaks of.
    async fn remove(&self, w: &Write<'_>, current: &Arc<Stored>, shown: &Arc<Stored>) -> Result<Option<Reply>, Status> {
        let place = w.place;
        if !w.options.dry_run {
            let tree = codec::stored_tree(current);
            let op = Op { key: place.key(), expect: Expect::Revision(current.revision()), change: Change::Delete };
            let txn = Txn { ops: vec![op], durability: w.durability(&tree) };
            let committed = match self.config.store.commit(txn).await {
                Ok(committed) => committed,
                Err(CommitError::Conflict { .. }) => return Ok(None),
                Err(other) => return Err(unavailable(&other)),
            };
            self.allocator.release(place.hub(), &tree);
            return self.finished(&place, &shown.ended_at(committed.revision)).map(Some);
        }
        self.finished(&place, shown).map(Some)
    }

    /// The answer once nothing more is to be done: the object for kinds that show it, else a Status.
    fn finished(&self, place: &Place<'_>, stored: &Arc<Stored>) -> Result<Reply, Status> {
        if place.kind.shows_deleted {
            return convert::reply(place, stored, false);
        }
        Ok(Reply::Status(Status::deleted(place.kind.group, place.kind.resource, place.name, &stored.meta().uid)))
    }

    pub(super) async fn delete_collection(
        &self,
        ctx: &Context,
        place: Place<'_>,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Answer, Status> {
        place.allow(Verb::DeleteCollection)?;
        let pinned = super::select::pinned_name(&list.field_selector).unwrap_or_default();
        self.authorise_list(ctx, "deletecollection", &place, &pinned, &list.field_selector)?;
        let found: List = self.collect(&place, list)?;
        let write = WriteOptions { dry_run: options.dry_run, ..WriteOptions::default() };
        let write = &write;
        stream::iter(found.items.clone())
            .map(Ok)
            .try_for_each_concurrent(COLLECTION_PARALLEL_MAX, |object| async move {
                let meta = object.meta();
                let place = Place { namespace: &meta.namespace, name: &meta.name, ..place };
                let mut w = self.write(ctx, place, write);
                match self.delete_object(&mut w, options).await {
                    Err(status) if status.is_not_found() => Ok(()),
                    done => done.map(drop),
                }
            })
            .await?;
        Ok(Reply::List(found).into())
    }
}

fn check_preconditions(place: &Place<'_>, old: &Value, options: &DeleteOptions) -> Result<(), Status> {
    let is_namespace = place.kind.resource == "namespaces" && place.kind.group.is_empty();
    let have = |field: &str| tree::text(old, &format!("/metadata/{field}")).to_owned();
    // Upstream names the kind where the resource belongs.
    let conflict = |why: String| Status::conflict(place.kind.group, place.kind.kind, place.name, &why);
    if let Some(wanted) = options.precondition_uid.as_ref().filter(|u| **u != have("uid")) {
        let have = have("uid");
        return Err(if is_namespace {
            place.conflict(&format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {have}"))
        } else {
            conflict(format!(
                "the UID in the precondition ({wanted}) does not match the UID in record ({have}). The object might have \
                 been deleted and then recreated"
            ))
        });
    }
    if let Some(wanted) = options.precondition_resource_version.as_ref().filter(|v| **v != have("resourceVersion")) {
        let have = have("resourceVersion");
        return Err(if is_namespace {
            place.conflict(&format!(
                "Precondition failed: ResourceVersion in precondition: {wanted}, ResourceVersion in object meta: {have}"
            ))
        } else {
            conflict(format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({have}). The \
                 object might have been modified"
            ))
        });
    }
    Ok(())
}

/// Upstream's `BeforeDelete` and `updateForGracefulDeletionAndFinalizers`, decided at once.
fn next_step(kind: &Kind, old: &Value, options: &DeleteOptions, now: Timestamp) -> Step {
    let mut object = old.clone();
    let graceful = match begin_graceful(kind, &mut object, options, now) {
        Graceful::Pending => return Step::Pending,
        Graceful::No => None,
        Graceful::For(seconds) => Some(seconds),
    };
    if let Some(finalizers) = new_finalizers(kind, old, options.propagation) {
        let list = (!finalizers.is_empty()).then(|| json!(finalizers));
        tree::set_meta(&mut object, "finalizers", list);
    }
    let held = !tree::list(&object, "/metadata/finalizers").is_empty();
    match graceful {
        Some(seconds) if held || seconds > 0 => Step::Mark(object),
        Some(_) => Step::MarkAndRemove(object),
        None if held => {
            mark(&mut object, now);
            Step::Mark(object)
        }
        None => Step::Remove,
    }
}

enum Graceful {
    /// Deletion with a grace period that is no longer than the one asked for is under way.
    Pending,
    /// This deletion knows no grace.
    No,
    /// The object has been given this many seconds.
    For(i64),
}

fn begin_graceful(kind: &Kind, object: &mut Value, options: &DeleteOptions, now: Timestamp) -> Graceful {
    let Some(period) = kind.graceful else { return Graceful::No };
    let wanted = options.grace_period_seconds.map(|s| if s < 0 { 1 } else { s });
    let deletion = tree::text(object, "/metadata/deletionTimestamp").to_owned();
    if !deletion.is_empty() {
        let given = object.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(0);
        if given == 0 {
            return Graceful::No;
        }
        let Some(wanted) = wanted.filter(|w| *w < given) else { return Graceful::Pending };
        let began = deletion.parse::<Timestamp>().unwrap_or(now) - SignedDuration::from_secs(given);
        set_deletion(object, began, wanted);
        return Graceful::For(wanted);
    }
    let seconds = period(object, wanted);
    set_deletion(object, now, seconds);
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(0);
    if generation > 0 {
        tree::set_meta(object, "generation", Some((generation + 1).into()));
    }
    Graceful::For(seconds)
}

fn set_deletion(object: &mut Value, began: Timestamp, seconds: i64) {
    let at = began + SignedDuration::from_secs(seconds);
    tree::set_meta(object, "deletionTimestamp", Some(rfc3339_seconds(at).into()));
    tree::set_meta(object, "deletionGracePeriodSeconds", Some(seconds.into()));
}

/// Marks an object whose finalizers hold it: its deletion has begun, without grace.
fn mark(object: &mut Value, now: Timestamp) {
    let first = object.pointer("/metadata/deletionGracePeriodSeconds").is_none_or(Value::is_null);
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or(0);
    if first && generation > 0 {
        tree::set_meta(object, "generation", Some((generation + 1).into()));
    }
    let at = tree::text(object, "/metadata/deletionTimestamp").parse::<Timestamp>();
    if at.is_err() || at.is_ok_and(|at| at > now) {
        tree::set_meta(object, "deletionTimestamp", Some(rfc3339_seconds(now).into()));
    }
    tree::set_meta(object, "deletionGracePeriodSeconds", Some(0.into()));
}

/// The finalizers that the propagation policy demands; None when they are what they should be. Events take no part in
/// garbage collection.
fn new_finalizers(kind: &Kind, old: &Value, policy: Option<Propagation>) -> Option<Vec<String>> {
    if kind.resource == "events" {
        return None;
    }
    let have = tree::texts(old, "/metadata/finalizers");
    let has = |name: &str| have.contains(&name);
    let (orphan, foreground) = match policy {
        Some(policy) => (policy == Propagation::Orphan, policy == Propagation::Foreground),
        None if has(ORPHAN) => (true, false),
        None if has(FOREGROUND) => (false, true),
        None => (kind.orphan_by_default, false),
    };
    let mut wanted: Vec<String> =
        have.iter().filter(|f| **f != ORPHAN && **f != FOREGROUND).map(|f| (*f).to_owned()).collect();
    wanted.extend(orphan.then(|| ORPHAN.to_owned()));
    wanted.extend(foreground.then(|| FOREGROUND.to_owned()));
    (orphan != has(ORPHAN) || foreground != has(FOREGROUND)).then_some(wanted)
}

/// A namespace terminates first; it is removed once `spec.finalizers` is empty.
fn namespace_step(old: &Value, options: &DeleteOptions, now: Timestamp) -> Step {
    if tree::is_terminating(old) {
        if !tree::list(old, "/spec/finalizers").is_empty() {
            return Step::Mark(old.clone());
        }
        return next_step(&skeg_model::kinds::namespace::KIND, old, options, now);
    }
    let mut object = old.clone();
    tree::set_meta(&mut object, "deletionTimestamp", Some(rfc3339_seconds(now).into()));
    tree::map_mut(&mut object, "status").insert("phase".into(), "Terminating".into());
    if let Some(finalizers) = new_finalizers(&skeg_model::kinds::namespace::KIND, old, options.propagation) {
        tree::set_meta(&mut object, "finalizers", (!finalizers.is_empty()).then(|| json!(finalizers)));
    }
    Step::Mark(object)
}
