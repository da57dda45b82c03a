//! How long kubelets may keep Secrets and ConfigMaps: an annotation of each node that grows with the cluster.
use super::Context;
use crate::runner::{Action, Plan, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use parking_lot::Mutex;
use serde_json::json;
use skeg_client::{Informer, Key, Object};
use skeg_model::status::Status;
use std::sync::Arc;

const ANNOTATION: &str = "node.alpha.kubernetes.io/ttl";
const WORKERS: usize = 2;

/// Nodes at least, nodes at most, seconds. The steps overlap so that the value does not flap.
const STEPS: &[(usize, usize, u32)] =
    &[(0, 100, 0), (90, 500, 15), (450, 1000, 30), (900, 2000, 60), (1800, usize::MAX, 300)];

struct Controller {
    nodes: Informer<Node>,
    step: Arc<Mutex<Step>>,
}

#[derive(Debug, Default)]
struct Step {
    nodes: usize,
    at: usize,
}

impl Step {
    fn added(&mut self) {
        self.nodes += 1;
        if self.nodes > STEPS[self.at].1 {
            self.at += 1;
        }
    }

    fn removed(&mut self) {
        self.nodes = self.nodes.saturating_sub(1);
        if self.nodes < STEPS[self.at].0 {
            self.at -= 1;
        }
    }
}

/// The ttl controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("ttl-controller", "ttl-controller");
    let nodes = wiring.informer::<Node>();
    let step: Arc<Mutex<Step>> = Arc::default();
    let (queue, kept) = (wiring.queue(), step.clone());
    nodes.on_change(move |change| {
        match (change.old, change.new) {
            (None, Some(_)) => kept.lock().added(),
            (Some(_), None) => kept.lock().removed(),
            _ => {}
        }
        queue.add(change.key);
    });
    wiring.run(Controller { nodes, step }, WORKERS);
}

impl Reconciler for Controller {
    /// The node and the value that it should have.
    type View = (Arc<Node>, String);

    async fn gather(&self, key: &Key) -> Result<Option<Self::View>, Status> {
        let wanted = STEPS[self.step.lock().at].2.to_string();
        let node = self.nodes.get(key).filter(|node| node.annotation(ANNOTATION) != Some(&wanted));
        Ok(node.map(|node| (node, wanted)))
    }

    fn reconcile(&self, (node, wanted): &Self::View, _now: Timestamp) -> Plan {
        let patch = json!({ "metadata": { "annotations": { ANNOTATION: wanted } } });
        Plan::of(vec![Action::patch(&**node, None, patch).accepting(Status::is_not_found)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_overlap() {
        let mut step = Step::default();
        (0..101).for_each(|_| step.added());
        assert_eq!(STEPS[step.at].2, 15);
        (0..11).for_each(|_| step.removed());
        assert_eq!(STEPS[step.at].2, 15, "90 nodes still belong to the higher step");
        step.removed();
        assert_eq!(STEPS[step.at].2, 0);
    }
}
