//! Tokens are deleted when they expire.
use super::{expiry, is_token};
use crate::{
    controllers::{Context, common},
    runner::{Action, Plan, Reconciler},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use skeg_client::{Informer, Key};
use skeg_model::{bootstrap_token::Expiry, status::Status};
use std::sync::Arc;

struct Controller {
    secrets: Informer<Secret>,
}

/// The token-cleaner controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("token-cleaner", "token-cleaner");
    let secrets = wiring.informer::<Secret>();
    let queue = wiring.queue();
    secrets.on_change(move |change| {
        if change.new.is_some_and(|secret| is_token(secret)) {
            queue.add(change.key);
        }
    });
    wiring.run_alone(Controller { secrets });
}

impl Reconciler for Controller {
    type View = Arc<Secret>;

    async fn gather(&self, key: &Key) -> Result<Option<Arc<Secret>>, Status> {
        Ok(self.secrets.get(key).filter(|secret| is_token(secret)))
    }

    fn reconcile(&self, secret: &Arc<Secret>, now: Timestamp) -> Plan {
        match expiry(secret, now) {
            Expiry::Never => Plan::default(),
            Expiry::In(left) => Plan::later(left),
            Expiry::Over => Plan::of(vec![Action::delete(&**secret, None).accepting(common::is_void)]),
        }
    }
}
