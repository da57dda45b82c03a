//! The authorisers as they run: indexes kept up to date from the store's rings, and the chain that asks them in order.
use super::{
    Attributes, Authorizer, Decision, User,
    node::NodeGraph,
    rbac::{Part, Policy, Rule},
};
use parking_lot::RwLock;
use skeg_model::Value;
use skeg_storage::{Cursor, Store};
use std::{fmt, sync::Arc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

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

/// Shared index that follows the store.
pub struct Live<I>(Arc<RwLock<I>>);

impl<I> Clone for Live<I> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<I> fmt::Debug for Live<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Live(…)")
    }
}

impl<I: Index> Live<I> {
    /// Fills the index now and follows the store's rings until `token` is cancelled.
    pub fn follow(index: I, store: &Arc<dyn Store>, tasks: &TaskTracker, token: &CancellationToken) -> Self {
        let live = Self(Arc::new(RwLock::new(index)));
        let rings = live.0.read().rings();
        for ring in rings {
            let cursor = live.fill(store.as_ref(), ring);
            let (live, store, token) = (live.clone(), store.clone(), token.clone());
            tasks.spawn(async move {
                token.run_until_cancelled(live.drain(store, ring, cursor)).await;
            });
        }
        live
    }

    /// Takes in a ring's whole content and returns a cursor behind it.
    fn fill(&self, store: &dyn Store, ring: &'static str) -> Box<dyn Cursor> {
        loop {
            let snapshot = store.snapshot(ring);
            let Ok(cursor) = store.watch(ring, snapshot.revision) else { continue };
            let mut index = self.0.write();
            for (rest, object) in &snapshot.map {
                index.apply(ring, rest, Some(&object.tree()));
            }
            return cursor;
        }
    }

    async fn drain(&self, store: Arc<dyn Store>, ring: &'static str, mut cursor: Box<dyn Cursor>) {
        loop {
            match cursor.next(BATCH_EVENTS_MAX).await {
                Ok(events) if events.is_empty() => return,
                Ok(events) => {
                    let mut index = self.0.write();
                    for event in &events {
                        let rest = event.key.strip_prefix(ring).unwrap_or(&event.key);
                        index.apply(ring, rest, event.new.as_ref().map(|o| o.tree()).as_ref());
                    }
                }
                // Fell off the ring: all rings are read anew so that nothing deleted stays.
                Err(_) => {
                    self.0.write().clear();
                    let rings = self.0.read().rings();
                    for other in rings.iter().filter(|r| **r != ring) {
                        drop(self.fill(store.as_ref(), other));
                    }
                    cursor = self.fill(store.as_ref(), ring);
                }
            }
        }
    }

    pub fn read(&self) -> parking_lot::RwLockReadGuard<'_, I> {
        self.0.read()
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
