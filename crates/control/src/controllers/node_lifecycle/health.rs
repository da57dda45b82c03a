//! When nodes were last heard of, by this process' own clock: node clocks need not agree with ours.
use super::condition;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use rustc_hash::FxHashMap;
use skeg_client::Object;

/// What is known of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Observed {
    /// When it was last heard of.
    pub probe: Timestamp,
    /// Whether its kubelet has ever reported.
    pub reported: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    uid: String,
    observed: Observed,
    heartbeat: Option<Timestamp>,
    renewed: Option<Timestamp>,
    /// Since when its pods are to be evicted and it has not been tainted for that.
    wanting: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub(super) struct Health {
    nodes: FxHashMap<String, Entry>,
    /// Nodes whose registration was announced: name to uid.
    known: FxHashMap<String, String>,
}

impl Health {
    /// Takes a node's change.
    pub(super) fn node(&mut self, name: &str, node: Option<&Node>, now: Timestamp) {
        let Some(node) = node else {
            self.nodes.remove(name);
            return;
        };
        let ready = condition(node, "Ready");
        let heartbeat = ready.and_then(|ready| ready.last_heartbeat_time.as_ref()).map(|time| time.0);
        let created = node.metadata.creation_timestamp.as_ref().map_or(now, |time| time.0);
        match self.nodes.get_mut(name).filter(|entry| entry.uid == node.uid()) {
            Some(entry) => {
                if entry.heartbeat != heartbeat || entry.observed.reported != ready.is_some() {
                    entry.observed.probe = now;
                }
                entry.observed.reported = ready.is_some();
                entry.heartbeat = heartbeat;
            }
            None => {
                let reported = ready.is_some();
                let observed = Observed { probe: if reported { now } else { created }, reported };
                let uid = node.uid().to_owned();
                let entry = Entry { uid, observed, heartbeat, renewed: None, wanting: None };
                self.nodes.insert(name.into(), entry);
            }
        }
    }

    /// Takes a renewal of a node's lease.
    pub(super) fn lease(&mut self, name: &str, renewed: Option<Timestamp>, now: Timestamp) {
        if let Some(entry) = self.nodes.get_mut(name)
            && renewed > entry.renewed
        {
            entry.renewed = renewed;
            entry.observed.probe = now;
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Observed> {
        self.nodes.get(name).map(|entry| entry.observed)
    }

    /// Whether this node was not announced yet; from now on it is.
    pub(super) fn register(&mut self, name: &str, uid: &str) -> bool {
        self.known.insert(name.into(), uid.into()).is_none()
    }

    /// The uid of an announced node that is gone.
    pub(super) fn forget(&mut self, name: &str) -> Option<String> {
        self.known.remove(name)
    }

    /// Takes down whether its pods are to be evicted; answers since when.
    pub(super) fn wanting(&mut self, name: &str, wants: bool, now: Timestamp) -> Option<Timestamp> {
        let wanting = &mut self.nodes.get_mut(name)?.wanting;
        *wanting = wants.then(|| wanting.unwrap_or(now));
        *wanting
    }

    /// Every node counts as heard of now.
    pub(super) fn restart(&mut self, now: Timestamp) {
        self.nodes.values_mut().for_each(|entry| entry.observed.probe = now);
    }
}
