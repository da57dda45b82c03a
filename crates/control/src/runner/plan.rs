//! What a controller wants done, as data.
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use skeg_client::{
    EventType, Object,
    object::{target, target_of},
};
use skeg_model::{
    Value,
    request::{DeleteOptions, PatchKind, Propagation, Target},
    status::Status,
    stored::Stored,
};
use std::{sync::Arc, time::Duration};

/// Stages run one after the other; the first failure ends the plan.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub stages: Vec<Stage>,
    /// Time will change the decision: look at the key again after this long.
    pub look_again: Option<Duration>,
    /// Why the goal cannot be reached now: the key is looked at again after its back-off.
    pub problem: Option<Status>,
}

#[derive(Debug, Clone)]
pub struct Stage {
    pub actions: Vec<Action>,
    pub order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// One after the other.
    Sequence,
    /// All at once (bounded); a failure does not stop the others.
    Together,
    /// In growing batches of 1, 2, 4, …; a batch with a failure is the last.
    SlowStart,
}

#[derive(Debug, Clone)]
pub struct Action {
    pub write: Write,
    /// The event when it worked.
    pub done: Option<Note>,
    /// The event when it failed.
    pub failed: Option<Note>,
    /// Errors that mean the goal is reached or void.
    pub accept: fn(&Status) -> bool,
}

#[derive(Debug, Clone)]
pub enum Write {
    Create {
        target: Target,
        body: Value,
    },
    Update {
        target: Target,
        body: Value,
    },
    Patch {
        target: Target,
        kind: PatchKind,
        body: Value,
    },
    /// Server-side apply, taking over fields that others hold.
    Apply {
        target: Target,
        manager: &'static str,
        configuration: Value,
    },
    Delete {
        target: Target,
        options: DeleteOptions,
    },
    DeleteAll {
        target: Target,
        options: DeleteOptions,
    },
    /// Only the event.
    Nothing,
}

/// An event about an object.
#[derive(Debug, Clone)]
pub struct Note {
    pub about: ObjectReference,
    pub kind: EventType,
    pub reason: &'static str,
    pub message: Message,
}

#[derive(Debug, Clone)]
pub enum Message {
    Text(String),
    /// Followed by the name of the object that the answer holds.
    WithName(String),
    /// Followed by the error.
    WithError(String),
}

/// How an action went.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With the object, where the answer holds one.
    Done(Option<Arc<Stored>>),
    Failed(Status),
    /// Failed in a way that the action accepts.
    Accepted(Status),
    /// An earlier one failed.
    Skipped,
}

impl Outcome {
    pub fn error(&self) -> Option<&Status> {
        match self {
            Self::Failed(status) => Some(status),
            _ => None,
        }
    }

    pub fn into_error(self) -> Option<Status> {
        match self {
            Self::Failed(status) => Some(status),
            _ => None,
        }
    }
}

impl Plan {
    /// Nothing but to look again.
    pub fn later(after: Duration) -> Self {
        Self { look_again: Some(after), ..Self::default() }
    }

    /// The given actions one after the other.
    pub fn of(actions: Vec<Action>) -> Self {
        let mut plan = Self::default();
        plan.then(actions, Order::Sequence);
        plan
    }

    /// Adds a stage unless it is empty.
    pub fn then(&mut self, actions: Vec<Action>, order: Order) {
        if !actions.is_empty() {
            self.stages.push(Stage { actions, order });
        }
    }

    /// Look again no later than `after`.
    pub fn look_again_in(&mut self, after: Duration) {
        self.look_again = Some(self.look_again.map_or(after, |old| old.min(after)));
    }

    /// Look again no later than at `at`.
    pub fn look_again_at(&mut self, at: Timestamp, now: Timestamp) {
        let after = at.duration_since(now).try_into().unwrap_or(Duration::ZERO);
        self.look_again_in(after);
    }

    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.stages.iter().flat_map(|stage| &stage.actions)
    }

    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }
}

fn never(_: &Status) -> bool {
    false
}

fn to_tree<K: Object>(object: &K) -> Value {
    serde_json::to_value(object).expect("typed objects have string keys and no failing serialisers")
}

impl Action {
    fn new(write: Write) -> Self {
        Self { write, done: None, failed: None, accept: never }
    }

    /// Creates in the object's namespace.
    pub fn create<K: Object>(object: &K) -> Self {
        Self::new(Write::Create { target: target_of::<K>(object.namespace(), None, None), body: to_tree(object) })
    }

    /// Replaces; the object's resourceVersion is the precondition.
    pub fn update<K: Object>(object: &K) -> Self {
        Self::update_at(object, None)
    }

    /// Replaces the status under the object's resourceVersion.
    pub fn update_status<K: Object>(object: &K) -> Self {
        Self::update_at(object, Some("status"))
    }

    /// Replaces through a subresource.
    pub fn update_at<K: Object>(object: &K, subresource: Option<&str>) -> Self {
        let target = target_of::<K>(object.namespace(), Some(object.name()), subresource);
        Self::new(Write::Update { target, body: to_tree(object) })
    }

    /// Merge patch under the object's uid and resourceVersion.
    pub fn patch<K: Object>(object: &K, subresource: Option<&str>, mut patch: Value) -> Self {
        patch["metadata"]["uid"] = object.uid().into();
        patch["metadata"]["resourceVersion"] = object.revision().to_string().into();
        let target = target_of::<K>(object.namespace(), Some(object.name()), subresource);
        Self::new(Write::Patch { target, kind: PatchKind::Merge, body: patch })
    }

    /// Any patch without preconditions.
    pub fn patch_target(target: Target, kind: PatchKind, patch: Value) -> Self {
        Self::new(Write::Patch { target, kind, body: patch })
    }

    /// Applies a configuration (server-side) of a `K` as `manager`.
    pub fn apply<K: Object>(
        namespace: Option<&str>,
        name: &str,
        manager: &'static str,
        mut configuration: Value,
    ) -> Self {
        configuration["apiVersion"] = K::API_VERSION.into();
        configuration["kind"] = K::KIND.into();
        configuration["metadata"]["name"] = name.into();
        if let Some(namespace) = namespace {
            configuration["metadata"]["namespace"] = namespace.into();
        }
        Self::new(Write::Apply { target: target_of::<K>(namespace, Some(name), None), manager, configuration })
    }

    /// Deletes exactly this object (by uid).
    pub fn delete<K: Object>(object: &K, propagation: Option<Propagation>) -> Self {
        let options =
            DeleteOptions { propagation, precondition_uid: Some(object.uid().to_owned()), ..DeleteOptions::default() };
        Self::delete_with(target_of::<K>(object.namespace(), Some(object.name()), None), options)
    }

    pub fn delete_with(target: Target, options: DeleteOptions) -> Self {
        Self::new(Write::Delete { target, options })
    }

    /// Deletes everything in a collection.
    pub fn delete_all(target: Target, options: DeleteOptions) -> Self {
        Self::new(Write::DeleteAll { target, options })
    }

    /// Only an event.
    pub fn note(note: Note) -> Self {
        Self { done: Some(note), ..Self::new(Write::Nothing) }
    }

    /// With an event when it worked.
    #[must_use]
    pub fn noting(mut self, note: Note) -> Self {
        self.done = Some(note);
        self
    }

    /// With an event when it failed.
    #[must_use]
    pub fn noting_failure(mut self, note: Note) -> Self {
        self.failed = Some(note);
        self
    }

    /// With errors that count as done.
    #[must_use]
    pub fn accepting(mut self, accept: fn(&Status) -> bool) -> Self {
        self.accept = accept;
        self
    }

    /// A target for resources known by name only.
    pub fn target(
        gvr: skeg_model::request::Gvr,
        namespace: Option<&str>,
        name: Option<&str>,
        subresource: Option<&str>,
    ) -> Target {
        target(gvr, namespace, name, subresource)
    }
}

impl Note {
    pub fn normal(about: ObjectReference, reason: &'static str, message: impl Into<String>) -> Self {
        Self { about, kind: EventType::Normal, reason, message: Message::Text(message.into()) }
    }

    pub fn warning(about: ObjectReference, reason: &'static str, message: impl Into<String>) -> Self {
        Self { about, kind: EventType::Warning, reason, message: Message::Text(message.into()) }
    }

    /// The message followed by the name of the object that the answer holds.
    #[must_use]
    pub fn with_name(self) -> Self {
        Self { message: Message::WithName(self.text()), ..self }
    }

    /// The message followed by the error.
    #[must_use]
    pub fn with_error(self) -> Self {
        Self { message: Message::WithError(self.text()), ..self }
    }

    fn text(&self) -> String {
        match &self.message {
            Message::Text(text) | Message::WithName(text) | Message::WithError(text) => text.clone(),
        }
    }
}
