//! Aggregated ClusterRoles hold the rules of all that their selectors match.
use super::{Context, common::selector};
use crate::runner::{Action, Plan, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule};
use skeg_client::{Informer, Key, Object};
use skeg_model::status::Status;
use std::sync::Arc;

const WORKERS: usize = 5;

struct Controller {
    roles: Informer<ClusterRole>,
}

struct View {
    role: Arc<ClusterRole>,
    rules: Vec<PolicyRule>,
}

/// The clusterrole-aggregation controller.
pub fn start(context: &Context) {
    let name = "clusterrole-aggregation-controller";
    let mut wiring = context.controller(name, name);
    let roles = wiring.informer::<ClusterRole>();
    roles.index("aggregated", |role| role.aggregation_rule.iter().map(|_| String::new()).collect());
    let (queue, all) = (wiring.queue(), roles.clone());
    roles.on_change(move |change| {
        // Any role may be part of any aggregate; there are few aggregates.
        all.by_index("aggregated", "").iter().for_each(|role| queue.add(&role.key()));
        queue.add(change.key);
    });
    wiring.run(Controller { roles }, WORKERS);
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(role) = self.roles.get(key) else { return Ok(None) };
        let Some(rule) = &role.aggregation_rule else { return Ok(None) };
        let mut rules: Vec<PolicyRule> = Vec::new();
        let all = self.roles.list();
        for wanted in rule.cluster_role_selectors.iter().flatten().filter_map(selector::of) {
            let parts = all.iter().filter(|part| part.name() != role.name() && selector::selects(&wanted, &***part));
            for rule in parts.flat_map(|part| part.rules.iter().flatten()) {
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
        Ok((role.rules.as_deref().unwrap_or_default() != rules).then_some(View { role, rules }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        let role = ClusterRole { rules: Some(view.rules.clone()), ..(*view.role).clone() };
        Plan::of(vec![Action::update(&role)])
    }
}
