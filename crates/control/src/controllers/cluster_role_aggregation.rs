//! Aggregated ClusterRoles hold the rules of all that their selectors match.
use super::{Context, common::selector};
use crate::runner::{Action, Plan, Reconciler};
use jiff::Timestamp;
use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule};
use serde_json::json;
use skeg_client::{Informer, Key, Object};
use skeg_model::{meta::selector::LabelSelector, status::Status};
use std::sync::Arc;

const AGGREGATED: &str = "aggregated";
const MANAGER: &str = "clusterrole-aggregation-controller";
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
    let mut wiring = context.controller(MANAGER, MANAGER);
    let roles = wiring.informer::<ClusterRole>();
    selector::index_labels(&roles);
    roles.index(AGGREGATED, |role| role.aggregation_rule.iter().map(|_| String::new()).collect());
    let (queue, all) = (wiring.queue(), roles.clone());
    roles.on_change(move |change| {
        queue.add(change.key);
        // There are few aggregates; those that took the role in, or do now, are looked at.
        for aggregate in all.by_index(AGGREGATED, "") {
            let mut sides = [change.old, change.new].into_iter().flatten();
            if sides.any(|role| selectors(&aggregate).any(|selector| selector::selects(&selector, &**role))) {
                queue.add(&aggregate.key());
            }
        }
    });
    wiring.run(Controller { roles }, WORKERS);
}

fn selectors(role: &ClusterRole) -> impl Iterator<Item = LabelSelector> {
    let rule = role.aggregation_rule.iter();
    rule.flat_map(|rule| rule.cluster_role_selectors.iter().flatten()).filter_map(selector::of)
}

/// Whether the rules are this controller's: to apply none takes away no more than it has applied before.
fn holds_rules(role: &ClusterRole) -> bool {
    let mut held = role.metadata.managed_fields.iter().flatten();
    held.any(|entry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
        entry.manager.as_deref() == Some(MANAGER)
            && entry.operation.as_deref() == Some("Apply")
            && fields.is_some_and(|fields| !fields["f:rules"].is_null())
    })
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(role) = self.roles.get(key).filter(|role| role.aggregation_rule.is_some()) else { return Ok(None) };
        let mut rules: Vec<PolicyRule> = Vec::new();
        for wanted in selectors(&role) {
            let mut parts = selector::selected(&self.roles, None, &wanted);
            parts.retain(|part| part.name() != role.name());
            parts.sort_by(|a, b| a.name().cmp(b.name()));
            for rule in parts.iter().flat_map(|part| part.rules.iter().flatten()) {
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
        let settled = role.rules.as_deref().unwrap_or_default() == rules || (rules.is_empty() && !holds_rules(&role));
        Ok((!settled).then_some(View { role, rules }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        let rules = if view.rules.is_empty() { json!({}) } else { json!({ "rules": view.rules }) };
        Plan::of(vec![Action::apply::<ClusterRole>(None, view.role.name(), MANAGER, rules)])
    }
}
