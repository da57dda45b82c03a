//! An object at rest, shared by everybody in the process.
use crate::Value;
use bytes::Bytes;
use parking_lot::RwLock;
use serde::de::DeserializeOwned;
use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock},
};

/// An object in its canonical form: JSON bytes **without** `metadata.resourceVersion`, plus the revision of its last
/// write. Everything else is a lazily filled cell.
pub struct Stored {
    bytes: Bytes,
    revision: u64,
    meta: OnceLock<Meta>,
    typed: RwLock<Option<Arc<dyn Any + Send + Sync>>>,
    /// Texts of the selectable fields of the kind, filled by whoever knows the kind.
    fields: OnceLock<BTreeMap<String, String>>,
    /// This object under the revision that ended it, shared by all who tell of its end.
    ended: OnceLock<Arc<Stored>>,
}

/// The part of an object's metadata that selection, authorisation and garbage collection look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    pub name: String,
    pub namespace: String,
    pub uid: String,
    pub labels: BTreeMap<String, String>,
    pub deletion_timestamp: Option<String>,
    pub finalizers: Vec<String>,
    /// (uid, controller?) of every owner.
    pub owners: Vec<(String, bool)>,
}

impl Stored {
    /// `bytes` are canonical JSON without `metadata.resourceVersion`; `revision` is that of the commit (0: not stored).
    pub fn new(bytes: Bytes, revision: u64) -> Self {
        Self {
            bytes,
            revision,
            meta: OnceLock::new(),
            typed: RwLock::new(None),
            fields: OnceLock::new(),
            ended: OnceLock::new(),
        }
    }

    /// Canonical bytes as they lie in the store.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The same object under another revision: what a DELETED event carries.
    #[must_use]
    pub fn at_revision(&self, revision: u64) -> Self {
        Self::new(self.bytes.clone(), revision)
    }

    /// What an event that ends this object's state at `revision` shows of it. A state ends once, so the first asker makes
    /// what all the others share.
    pub fn ended_at(&self, revision: u64) -> Arc<Self> {
        let ended = self.ended.get_or_init(|| Arc::new(self.at_revision(revision)));
        if ended.revision == revision { ended.clone() } else { Arc::new(self.at_revision(revision)) }
    }

    /// Canonical bytes with the resourceVersion spliced in, as GET answers (no trailing newline). Made anew at each call:
    /// an object is kept once.
    pub fn wire_json(&self) -> Bytes {
        crate::wire::splice_resource_version(&self.bytes, self.revision)
    }

    /// The same in pieces that share the stored bytes; some may be empty.
    pub fn wire_parts(&self) -> [Bytes; 3] {
        crate::wire::resource_version_parts(&self.bytes, self.revision)
    }

    /// The tree, resourceVersion included. Made anew at each call.
    pub fn tree(&self) -> Value {
        serde_json::from_slice(&self.wire_json()).expect("stored bytes are canonical JSON")
    }

    pub fn meta(&self) -> &Meta {
        self.meta.get_or_init(|| crate::wire::read_meta(&self.bytes))
    }

    /// The typed struct, resourceVersion included, decoded at most once while it is held.
    ///
    /// # Errors
    /// The bytes are not a `T`.
    pub fn typed<T: DeserializeOwned + Send + Sync + 'static>(&self) -> Result<Arc<T>, serde_json::Error> {
        if let Some(cell) = self.typed.read().clone()
            && let Ok(typed) = cell.downcast::<T>()
        {
            return Ok(typed);
        }
        let typed: Arc<T> = Arc::new(serde_json::from_slice(&self.wire_json())?);
        *self.typed.write() = Some(typed.clone());
        Ok(typed)
    }

    /// Values of the kind's selectable fields; `make` runs at most once.
    pub fn selectable(&self, make: impl FnOnce(&Self) -> BTreeMap<String, String>) -> &BTreeMap<String, String> {
        self.fields.get_or_init(|| make(self))
    }
}

impl fmt::Debug for Stored {
    /// Never prints the content: it may be a Secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meta = self.meta();
        write!(f, "Stored({}/{} @{}, {} bytes)", meta.namespace, meta.name, self.revision, self.bytes.len())
    }
}

/// One committed change of one key: what the store publishes to its watchers.
#[derive(Debug, Clone)]
pub struct Event {
    pub key: Arc<str>,
    pub revision: u64,
    /// State before; None for a creation.
    pub old: Option<Arc<Stored>>,
    /// State after; None for a deletion.
    pub new: Option<Arc<Stored>>,
}
