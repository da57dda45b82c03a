//! Every namespace has its `default` ServiceAccount.
use super::{Context, common::namespace_is_terminating};
use crate::runner::{Action, Plan, Reconciler};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Namespace, ServiceAccount},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use skeg_client::{Informer, Key, Object, key};
use skeg_model::status::Status;

const NAME: &str = "default";

struct Controller {
    namespaces: Informer<Namespace>,
    accounts: Informer<ServiceAccount>,
}

/// The serviceaccount controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("service-account-controller", "service-account-controller");
    let namespaces = wiring.informer::<Namespace>();
    let accounts = wiring.informer::<ServiceAccount>();
    wiring.enqueue_changes(&namespaces);
    let queue = wiring.queue();
    accounts.on_change(move |change| {
        if let (None, Some(account)) = (change.new, change.old)
            && account.name() == NAME
        {
            queue.add(&account.namespace().unwrap_or_default().into());
        }
    });
    wiring.run_alone(Controller { namespaces, accounts });
}

impl Reconciler for Controller {
    /// The active namespace that lacks it.
    type View = String;

    async fn gather(&self, namespace: &Key) -> Result<Option<String>, Status> {
        let active = self.namespaces.get(namespace).is_some_and(|namespace| is_active(&namespace));
        let present = self.accounts.get(&key::key(Some(namespace), NAME)).is_some();
        Ok((active && !present).then(|| namespace.to_string()))
    }

    fn reconcile(&self, namespace: &String, _now: Timestamp) -> Plan {
        let account = ServiceAccount {
            metadata: ObjectMeta {
                name: Some(NAME.into()),
                namespace: Some(namespace.clone()),
                ..ObjectMeta::default()
            },
            ..ServiceAccount::default()
        };
        Plan::of(vec![Action::create(&account).accepting(is_void)])
    }
}

/// Somebody else was quicker, or the namespace goes.
fn is_void(error: &Status) -> bool {
    error.is_already_exists() || namespace_is_terminating(error)
}

pub(super) fn is_active(namespace: &Namespace) -> bool {
    namespace.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Active")
}
