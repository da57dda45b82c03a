//! Tokens are deleted when they expire.
use super::{expiry, is_token};
use crate::{
    controllers::Context,
    runner::{Action, Plan, Reconciler},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use skeg_client::{Informer, Key};
use skeg_model::{bootstrap_token::Expiry, status::Status};
use std::sync::Arc;

const WORKERS: usize = 1;

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
    wiring.run(Controller { secrets }, WORKERS);
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
            Expiry::Over => Plan::of(vec![Action::delete(&**secret, None).accepting(is_void)]),
        }
    }
}

/// It is gone, or another one has its name.
fn is_void(error: &Status) -> bool {
    error.is_not_found() || error.is_conflict()
}
