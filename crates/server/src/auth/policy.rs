//! The authorisers as they run: indexes over the store's rings, and the chain that asks them in order.
use super::{
    Attributes, Authorizer, Decision, User,
    node::NodeGraph,
    rbac::{Part, Policy, Rule},
};
use futures::FutureExt;
use parking_lot::{Mutex, RwLock};
use skeg_model::Value;
use skeg_storage::{Cursor, Expired, Store};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Events taken in with one lock.
const BATCH_EVENTS_MAX: usize = 256;

/// An index over some rings of the store.
pub trait Index: Send + Sync + 'static {
    /// The rings it reads.
    fn rings(&self) -> &'static [&'static str];
    /// Takes in the state of one key; None when it is gone.
    fn apply(&mut self, ring: &str, rest: &str, object: Option<&Value>);
    /// Forgets everything, before it is filled anew.
    fn clear(&mut self);
}

impl Index for Policy {
    fn rings(&self) -> &'static [&'static str] {
        &["/registry/clusterroles/", "/registry/clusterrolebindings/", "/registry/roles/", "/registry/rolebindings/"]
    }

    fn apply(&mut self, ring: &str, rest: &str, object: Option<&Value>) {
        let part = if ring.ends_with("roles/") { Part::Role } else { Part::RoleBinding };
        let (namespace, name) =
            if ring.starts_with("/registry/cluster") { ("", rest) } else { rest.split_once('/').unwrap_or(("", rest)) };
        Policy::apply(self, part, namespace, name, object);
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// An index that is as new as the store whenever it is asked: what was acknowledged counts in the next decision.
pub struct Live<I> {
    index: RwLock<I>,
    store: Arc<dyn Store>,
    following: Mutex<Vec<(&'static str, Box<dyn Cursor>)>>,
    /// Revision of the store up to which everything is taken in.
    seen: AtomicU64,
}

impl<I> fmt::Debug for Live<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Live(…)")
    }
}

impl<I: Index> Live<I> {
    /// Fills the index from the store's rings.
    pub fn new(index: I, store: Arc<dyn Store>) -> Self {
        let live = Self { index: RwLock::new(index), store, following: Mutex::default(), seen: AtomicU64::new(0) };
        live.fill(&mut live.following.lock());
        live
    }

    /// Takes in all rings' whole content, with a cursor behind each.
    fn fill(&self, following: &mut Vec<(&'static str, Box<dyn Cursor>)>) {
        let mut index = self.index.write();
        index.clear();
        following.clear();
        for ring in index.rings() {
            let (snapshot, cursor) = loop {
                let snapshot = self.store.snapshot(ring);
                if let Ok(cursor) = self.store.watch(ring, snapshot.revision) {
                    break (snapshot, cursor);
                }
            };
            for (rest, object) in &snapshot.map {
                index.apply(ring, rest, Some(&object.tree()));
            }
            following.push((ring, cursor));
        }
    }

    /// Takes in what was committed since the last question; nothing waits, all of it is in memory.
    fn catch_up(&self) {
        let newest = self.store.revision();
        if self.seen.load(Ordering::Acquire) == newest {
            return;
        }
        let mut following = self.following.lock();
        let fell_off = following.iter_mut().any(|(ring, cursor)| self.drain(ring, cursor.as_mut()).is_err());
        if fell_off {
            self.fill(&mut following);
        }
        self.seen.store(newest, Ordering::Release);
    }

    fn drain(&self, ring: &str, cursor: &mut dyn Cursor) -> Result<(), Expired> {
        while let Some(events) = cursor.next(BATCH_EVENTS_MAX).now_or_never().transpose()?.filter(|e| !e.is_empty()) {
            let mut index = self.index.write();
            for event in &events {
                let rest = event.key.strip_prefix(ring).unwrap_or(&event.key);
                index.apply(ring, rest, event.new.as_ref().map(|o| o.tree()).as_ref());
            }
        }
        Ok(())
    }

    pub fn read(&self) -> parking_lot::RwLockReadGuard<'_, I> {
        self.catch_up();
        self.index.read()
    }
}

impl Authorizer for Live<Policy> {
    fn authorize(&self, attributes: &Attributes<'_>) -> Decision {
        self.read().decide(attributes)
    }

    fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule>, Vec<String>) {
        self.read().rules_for(user, namespace)
    }

    fn role(&self, namespace: &str, name: &str) -> Option<Vec<Rule>> {
        self.read().role(namespace, name).map(<[Rule]>::to_vec)
    }
}

impl Authorizer for Live<NodeGraph> {
    fn authorize(&self, attributes: &Attributes<'_>) -> Decision {
        // What pods refer to matters to nodes only: the requests of others do not pay for following them.
        if super::node::node_of(attributes.user).is_none() {
            return Decision::NoOpinion(String::new());
        }
        self.read().decide(attributes)
    }
}

/// Allows everything (`--authorization-mode=AlwaysAllow`).
#[derive(Debug)]
pub struct AlwaysAllow;

impl Authorizer for AlwaysAllow {
    fn authorize(&self, _: &Attributes<'_>) -> Decision {
        Decision::Allow(String::new())
    }
}

/// Refuses everything (`--authorization-mode=AlwaysDeny`).
#[derive(Debug)]
pub struct AlwaysDeny;

impl Authorizer for AlwaysDeny {
    fn authorize(&self, _: &Attributes<'_>) -> Decision {
        Decision::NoOpinion("Everything is forbidden.".into())
    }
}

/// Asks each in order: the first that allows or denies decides; otherwise all reasons stand together.
#[derive(Debug)]
pub struct Chain(pub Vec<Arc<dyn Authorizer>>);

impl Authorizer for Chain {
    fn authorize(&self, attributes: &Attributes<'_>) -> Decision {
        let mut reasons = Vec::new();
        for authorizer in &self.0 {
            match authorizer.authorize(attributes) {
                Decision::NoOpinion(reason) if reason.is_empty() => {}
                Decision::NoOpinion(reason) => reasons.push(reason),
                decided => return decided,
            }
        }
        Decision::NoOpinion(reasons.join("\n"))
    }

    fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule>, Vec<String>) {
        let mut all = (Vec::new(), Vec::new());
        for authorizer in &self.0 {
            let (rules, errors) = authorizer.rules_for(user, namespace);
            all.0.extend(rules);
            all.1.extend(errors);
        }
        all
    }

    fn role(&self, namespace: &str, name: &str) -> Option<Vec<Rule>> {
        self.0.iter().find_map(|a| a.role(namespace, name))
    }
}
