//! Watchers who ask the same question and stand at the same place get the same batch: events are filtered and turned into
//! what clients see once, not once for each of thousands of watchers.
use super::place::Place;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use skeg_model::request::{ListOptions, WatchEvent};
use skeg_storage::Revision;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Weak},
};

/// Batches kept for those who come after, of one question: watchers are told together and come by within moments.
const BATCHES_MAX: usize = 4;

/// Events that go to a client in one step, oldest first.
#[derive(Debug, Default)]
pub struct Batch {
    pub events: Vec<WatchEvent>,
    /// Bytes of all objects.
    pub bytes: usize,
}

impl Batch {
    pub(super) fn of(events: Vec<WatchEvent>) -> Arc<Self> {
        let size = |event: &WatchEvent| match event {
            WatchEvent::Added(o) | WatchEvent::Modified(o) | WatchEvent::Deleted(o) => o.bytes().len(),
            WatchEvent::Bookmark { .. } => 0,
        };
        let bytes = events.iter().map(size).sum();
        Arc::new(Self { events, bytes })
    }
}

/// What a cursor's step brought, and where it led.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// Place of the cursor before and after.
    pub from: u64,
    pub to: u64,
    /// Revision of the first and the last event taken.
    pub first: Revision,
    pub seen: Revision,
    /// Revision of the last event that lay under the watched prefix, 0 if none.
    pub sent: Revision,
    pub batch: Arc<Batch>,
}

/// All that the events of a watch depend on beside its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    group: &'static str,
    resource: &'static str,
    version: &'static str,
    prefix: String,
    name: String,
    labels: String,
    fields: String,
}

/// The questions that watches ask at present.
#[derive(Debug, Default)]
pub(super) struct Questions(Mutex<FxHashMap<Question, Weak<Asked>>>);

impl Questions {
    /// The question of a watch, shared with those who ask the same.
    pub fn ask(self: &Arc<Self>, place: &Place<'_>, options: &ListOptions) -> Arc<Asked> {
        let question = Question {
            group: place.kind.group,
            resource: place.kind.resource,
            version: place.version.name,
            prefix: place.list_prefix(),
            name: place.name.to_owned(),
            labels: options.label_selector.clone(),
            fields: options.field_selector.clone(),
        };
        let mut known = self.0.lock();
        if let Some(asked) = known.get(&question).and_then(Weak::upgrade) {
            return asked;
        }
        let asked = Arc::new(Asked { question: question.clone(), home: self.clone(), recent: Mutex::default() });
        known.insert(question, Arc::downgrade(&asked));
        asked
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }
}

/// One question and the newest steps of those who ask it.
pub(super) struct Asked {
    question: Question,
    home: Arc<Questions>,
    recent: Mutex<VecDeque<Step>>,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("question", &self.question).finish_non_exhaustive()
    }
}

impl Asked {
    /// The step that another watcher took from this place.
    pub fn find(self: &Arc<Self>, from: u64) -> Option<Step> {
        if self.is_alone() {
            return None;
        }
        self.recent.lock().iter().rev().find(|step| step.from == from).cloned()
    }

    /// Keeps a step for the others, if there are any.
    pub fn keep(self: &Arc<Self>, step: &Step) {
        if self.is_alone() {
            return;
        }
        let mut recent = self.recent.lock();
        if recent.len() == BATCHES_MAX {
            recent.pop_front();
        }
        recent.push_back(step.clone());
    }

    fn is_alone(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut known = self.home.0.lock();
        // Somebody may have asked again since the last one went.
        if known.get(&self.question).is_some_and(|asked| asked.strong_count() == 0) {
            known.remove(&self.question);
        }
    }
}
