//! What becomes of one object, given its owners and dependents.
use super::{FOREGROUND, ORPHAN, has};
use crate::runner::{Action, Note, Order, Plan};
use k8s_openapi::{
    api::core::v1::ObjectReference,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use serde_json::{Value, json};
use skeg_client::{discovery::ApiResource, informer::Metadata, object::target};
use skeg_model::{
    request::{DeleteOptions, PatchKind, Propagation, Target},
    status::Status,
};
use std::sync::Arc;

#[derive(Debug)]
pub(super) enum View {
    /// Being deleted, and its dependents are to stay.
    Orphaning { resource: Arc<ApiResource>, meta: ObjectMeta, dependents: Vec<(Arc<ApiResource>, Arc<Metadata>)> },
    /// Being deleted in the foreground, and nothing blocks it any more.
    Waiting { resource: Arc<ApiResource>, meta: ObjectMeta },
    /// Has owners of which at least one may be gone.
    Owned {
        resource: Arc<ApiResource>,
        meta: ObjectMeta,
        owners: Vec<(OwnerReference, Owner)>,
        has_dependents: bool,
        /// A dependent waits in the foreground itself.
        cycle: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Solid,
    /// Waits in the foreground for its dependents.
    Waiting,
    /// Not there; `misplaced`: it was seen in another namespace.
    Absent {
        misplaced: bool,
    },
    /// A namespaced owner of a cluster-scoped object: such a reference means nothing.
    OutOfReach {
        misplaced: bool,
    },
}

pub(super) fn decide(view: &View) -> Plan {
    match view {
        View::Orphaning { resource, meta, dependents } => orphan(resource, meta, dependents),
        View::Waiting { resource, meta } => Plan::of(vec![remove_finalizer(resource, meta, FOREGROUND)]),
        View::Owned { resource, meta, owners, has_dependents, cycle } => {
            let mut plan = Plan::of(notes(resource, meta, owners));
            if owners.iter().any(|(_, owner)| matches!(owner, Owner::OutOfReach { .. })) {
                return plan;
            }
            let actions = collect(resource, meta, owners, *has_dependents, *cycle);
            plan.then(actions, Order::Sequence);
            plan
        }
    }
}

/// Cuts the ties of all dependents, then lets the owner go.
fn orphan(resource: &ApiResource, meta: &ObjectMeta, dependents: &[(Arc<ApiResource>, Arc<Metadata>)]) -> Plan {
    let uid = meta.uid.as_deref().unwrap_or_default();
    let cuts = dependents.iter().map(|(resource, dependent)| {
        let kept = references(&dependent.metadata, |reference| reference.uid != uid);
        replace_references(resource, &dependent.metadata, &kept)
    });
    let mut plan = Plan::default();
    plan.then(cuts.collect(), Order::Together);
    plan.then(vec![remove_finalizer(resource, meta, ORPHAN)], Order::Sequence);
    plan
}

fn collect(
    resource: &ApiResource,
    meta: &ObjectMeta,
    owners: &[(OwnerReference, Owner)],
    has_dependents: bool,
    cycle: bool,
) -> Vec<Action> {
    if owners.is_empty() {
        return Vec::new();
    }
    let is = |wanted: Owner| owners.iter().any(|(_, owner)| *owner == wanted);
    if is(Owner::Solid) {
        let solid = |reference: &OwnerReference| {
            owners.iter().any(|(it, owner)| it.uid == reference.uid && *owner == Owner::Solid)
        };
        let kept = references(meta, solid);
        if kept.len() == owners.len() {
            return Vec::new();
        }
        return vec![replace_references(resource, meta, &kept)];
    }
    if is(Owner::Waiting) && has_dependents {
        // Two that wait for each other would wait for ever.
        let mut actions = Vec::new();
        if cycle {
            let freed = references(meta, |_| true).into_iter();
            let freed = freed.map(|reference| OwnerReference { block_owner_deletion: Some(false), ..reference });
            actions.push(replace_references(resource, meta, &freed.collect::<Vec<_>>()));
        }
        actions.push(delete(resource, meta, Propagation::Foreground, !cycle));
        return actions;
    }
    let propagation = if has(meta, ORPHAN) {
        Propagation::Orphan
    } else if has(meta, FOREGROUND) {
        Propagation::Foreground
    } else {
        Propagation::Background
    };
    vec![delete(resource, meta, propagation, true)]
}

/// References into another namespace are reported.
fn notes(resource: &ApiResource, meta: &ObjectMeta, owners: &[(OwnerReference, Owner)]) -> Vec<Action> {
    let namespace = meta.namespace.as_deref().unwrap_or_default();
    let about = ObjectReference {
        api_version: Some(resource.api_version()),
        kind: Some(resource.kind.to_string()),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        uid: meta.uid.clone(),
        ..ObjectReference::default()
    };
    let misplaced =
        |owner: &Owner| matches!(owner, Owner::OutOfReach { misplaced: true } | Owner::Absent { misplaced: true });
    let notes = owners.iter().filter(|(_, owner)| misplaced(owner)).map(|(reference, _)| {
        let OwnerReference { api_version, kind, name, uid, .. } = reference;
        let text = format!(
            "ownerRef [{api_version}/{kind}, namespace: {namespace}, name: {name}, uid: {uid}] does not exist in \
             namespace {namespace:?}"
        );
        Action::note(Note::warning(about.clone(), "OwnerRefInvalidNamespace", text))
    });
    notes.collect()
}

fn references(meta: &ObjectMeta, keep: impl Fn(&OwnerReference) -> bool) -> Vec<OwnerReference> {
    meta.owner_references.iter().flatten().filter(|reference| keep(reference)).cloned().collect()
}

fn target_of(resource: &ApiResource, meta: &ObjectMeta) -> Target {
    target(resource.gvr.clone(), meta.namespace.as_deref(), meta.name.as_deref(), None)
}

/// Merge patch under uid and resourceVersion; an object that is gone needs none.
fn patch(resource: &ApiResource, meta: &ObjectMeta, mut fields: Value) -> Action {
    fields["uid"] = json!(meta.uid);
    fields["resourceVersion"] = json!(meta.resource_version);
    Action::patch_target(target_of(resource, meta), PatchKind::Merge, json!({ "metadata": fields }))
        .accepting(Status::is_not_found)
}

fn replace_references(resource: &ApiResource, meta: &ObjectMeta, references: &[OwnerReference]) -> Action {
    let references = if references.is_empty() { Value::Null } else { json!(references) };
    patch(resource, meta, json!({ "ownerReferences": references }))
}

fn remove_finalizer(resource: &ApiResource, meta: &ObjectMeta, finalizer: &str) -> Action {
    let kept: Vec<_> = meta.finalizers.iter().flatten().filter(|it| *it != finalizer).collect();
    let kept = if kept.is_empty() { Value::Null } else { json!(kept) };
    patch(resource, meta, json!({ "finalizers": kept }))
}

fn delete(resource: &ApiResource, meta: &ObjectMeta, propagation: Propagation, at_revision: bool) -> Action {
    let options = DeleteOptions {
        propagation: Some(propagation),
        precondition_uid: meta.uid.clone(),
        precondition_resource_version: meta.resource_version.clone().filter(|_| at_revision),
        ..DeleteOptions::default()
    };
    Action::delete_with(target_of(resource, meta), options).accepting(Status::is_not_found)
}
