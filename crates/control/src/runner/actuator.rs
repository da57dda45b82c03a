//! Carries plans out under one identity and remembers what the informers must show before the next look.
use super::{
    informers::Informers,
    metrics::Metrics,
    plan::{Action, Message, Note, Order, Outcome, Plan, Stage, Write},
};
use futures::future::join_all;
use skeg_client::{Client, EventRecorder, key};
use skeg_model::{
    request::{DeleteOptions, Gvr, ListOptions, Reply, Target},
    status::Status,
    stored::Stored,
};
use std::{collections::BTreeMap, sync::Arc};

/// Writes of one stage that are under way at once.
const CONCURRENT_WRITES_MAX: usize = 64;

#[derive(Clone, Debug)]
pub struct Actuator {
    pub client: Client,
    pub recorder: EventRecorder,
    pub informers: Arc<Informers>,
    pub metrics: Arc<Metrics>,
}

/// What the informers must show.
#[derive(Debug, Default)]
pub struct Pending {
    revisions: BTreeMap<Gvr, u64>,
    /// (resource, key, uid) of what was deleted at once; such an answer carries no revision.
    gone: Vec<(Gvr, String, String)>,
}

impl Pending {
    fn wrote(&mut self, gvr: &Gvr, revision: u64) {
        let highest = self.revisions.entry(gvr.clone()).or_default();
        *highest = revision.max(*highest);
    }
}

impl Actuator {
    /// Runs the stages in order; answers how each action went, in the plan's order.
    pub async fn carry_out(&self, plan: &Plan, pending: &mut Pending) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let mut failed = false;
        for stage in &plan.stages {
            if failed {
                outcomes.extend(stage.actions.iter().map(|_| Outcome::Skipped));
                continue;
            }
            let results = self.carry_out_stage(stage).await;
            for (action, outcome) in stage.actions.iter().zip(&results) {
                note_pending(action, outcome, pending);
                failed |= outcome.error().is_some();
            }
            outcomes.extend(results);
        }
        outcomes
    }

    async fn carry_out_stage(&self, stage: &Stage) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(stage.actions.len());
        let mut batch = match stage.order {
            Order::Together => CONCURRENT_WRITES_MAX,
            Order::Sequence | Order::SlowStart => 1,
        };
        let mut rest = &stage.actions[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(batch.min(rest.len()));
            let mut writes = Vec::with_capacity(now.len());
            for action in now {
                writes.push(self.act(action));
            }
            let done = join_all(writes).await;
            let failed = done.iter().any(|outcome| outcome.error().is_some());
            outcomes.extend(done);
            if failed && stage.order != Order::Together {
                outcomes.extend(later.iter().map(|_| Outcome::Skipped));
                break;
            }
            if stage.order == Order::SlowStart {
                batch = (batch * 2).min(CONCURRENT_WRITES_MAX);
            }
            rest = later;
        }
        outcomes
    }

    async fn act(&self, action: &Action) -> Outcome {
        let result = match &action.write {
            Write::Nothing => {
                self.note(action.done.as_ref(), None, None);
                return Outcome::Done(None);
            }
            Write::Create { target, body } => self.client.create_tree(target, body.clone()).await,
            Write::Update { target, body } => self.client.update_tree(target, body.clone()).await,
            Write::Patch { target, kind, body } => self.client.patch_tree(target, *kind, body.clone()).await,
            Write::Apply { target, manager, configuration } => {
                self.client.with_field_manager(manager).apply_tree(target, configuration.clone()).await
            }
            Write::Delete { target, options } => self.client.delete_target(target, options.clone()).await,
            Write::DeleteAll { target, options } => {
                let (gvr, namespace) = (target.gvr.clone(), target.namespace.as_deref());
                self.client.delete_collection(gvr, namespace, ListOptions::default(), options.clone()).await
            }
        };
        self.metrics.wrote();
        match result.map(object_of) {
            Ok(object) => {
                self.note(action.done.as_ref(), object.as_deref(), None);
                Outcome::Done(object)
            }
            Err(error) if (action.accept)(&error) => Outcome::Accepted(error),
            Err(error) => {
                self.note(action.failed.as_ref(), None, Some(&error));
                Outcome::Failed(error)
            }
        }
    }

    fn note(&self, note: Option<&Note>, object: Option<&Stored>, error: Option<&Status>) {
        let Some(note) = note else { return };
        let message = match &note.message {
            Message::Text(text) => text.clone(),
            Message::WithName(text) => format!("{text}{}", object.map_or("", |object| &object.meta().name)),
            Message::WithError(text) => format!("{text}{}", error.map_or("", |error| &error.message)),
        };
        self.recorder.event(&note.about, note.kind, note.reason, message);
    }

    /// Waits until the informers show all that was written.
    ///
    /// # Errors
    /// The informers have ended: the process is stopping.
    pub async fn wait(&self, pending: Pending) -> Result<(), Status> {
        let stopped = |error| Status::failure(503, "ServiceUnavailable", format!("{error}"));
        for (gvr, revision) in &pending.revisions {
            for fence in self.informers.fences(gvr) {
                fence.reached(*revision).await.map_err(stopped)?;
            }
        }
        for (gvr, key, uid) in &pending.gone {
            for fence in self.informers.fences(gvr) {
                fence.gone(key, uid).await.map_err(stopped)?;
            }
        }
        Ok(())
    }
}

fn object_of(reply: Reply) -> Option<Arc<Stored>> {
    match reply {
        Reply::Object(object) | Reply::Created(object) => Some(object),
        reply @ Reply::Tree { .. } => skeg_client::client::stored(reply).ok(),
        Reply::List(_) | Reply::Status(_) => None,
    }
}

fn note_pending(action: &Action, outcome: &Outcome, pending: &mut Pending) {
    let Outcome::Done(object) = outcome else { return };
    match &action.write {
        Write::Create { target, .. }
        | Write::Update { target, .. }
        | Write::Patch { target, .. }
        | Write::Apply { target, .. } => {
            // Subresources such as eviction answer with something that is not the object.
            if let Some(object) = object.as_ref().filter(|_| answers_object(target)) {
                pending.wrote(&target.gvr, object.revision());
            }
        }
        Write::Delete { target, options } => note_deletion(target, options, object.as_deref(), pending),
        Write::DeleteAll { .. } | Write::Nothing => {}
    }
}

fn note_deletion(target: &Target, options: &DeleteOptions, object: Option<&Stored>, pending: &mut Pending) {
    if let Some(object) = object {
        pending.wrote(&target.gvr, object.revision());
    }
    if let (Some(name), Some(uid)) = (&target.name, &options.precondition_uid) {
        let key = key::key(target.namespace.as_deref(), name);
        pending.gone.push((target.gvr.clone(), key.to_string(), uid.clone()));
    }
}

fn answers_object(target: &Target) -> bool {
    matches!(target.subresource.as_deref(), None | Some("status" | "finalize"))
}
