//! Every namespace has the ConfigMap `kube-root-ca.crt`, by which pods trust the API server.
use super::{Context, common::namespace_is_terminating, service_account::is_active};
use crate::runner::{Action, Plan, Reconciler};
use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{ConfigMap, Namespace},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use skeg_client::{Informer, Key, Object, key};
use skeg_model::status::Status;
use std::{collections::BTreeMap, sync::Arc};

const NAME: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "kubernetes.io/description";
const DESCRIPTION_TEXT: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal \
                                endpoints such as the internal service IP or kubernetes.default.svc. No other usage is \
                                guaranteed across distributions of Kubernetes clusters.";

struct Controller {
    namespaces: Informer<Namespace>,
    config_maps: Informer<ConfigMap>,
    root_ca: String,
}

/// The root-ca-certificate-publisher controller.
pub fn start(context: &Context) {
    let mut wiring = context.controller("root-ca-cert-publisher", "root-ca-cert-publisher");
    let namespaces = wiring.informer::<Namespace>();
    let config_maps = wiring.informer::<ConfigMap>();
    wiring.enqueue_changes(&namespaces);
    let queue = wiring.queue();
    config_maps.on_change(move |change| {
        if let Some(old) = change.old.filter(|map| map.name() == NAME) {
            queue.add(&old.namespace().unwrap_or_default().into());
        }
    });
    let root_ca = context.config.root_ca_pem.clone();
    wiring.run_alone(Controller { namespaces, config_maps, root_ca });
}

struct View {
    namespace: String,
    current: Option<Arc<ConfigMap>>,
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, namespace: &Key) -> Result<Option<View>, Status> {
        let active = self.namespaces.get(namespace).is_some_and(|namespace| is_active(&namespace));
        let current = self.config_maps.get(&key::key(Some(namespace), NAME));
        Ok(active.then(|| View { namespace: namespace.to_string(), current }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        let data = BTreeMap::from([("ca.crt".to_owned(), self.root_ca.clone())]);
        let described = |map: &ConfigMap| map.annotation(DESCRIPTION).is_some_and(|text| !text.is_empty());
        let description = (DESCRIPTION.to_owned(), DESCRIPTION_TEXT.to_owned());
        match view.current.as_deref() {
            Some(map) if map.data.as_ref() == Some(&data) && described(map) => Plan::default(),
            Some(map) => {
                let mut map = ConfigMap { data: Some(data), ..map.clone() };
                map.metadata.annotations.get_or_insert_default().extend([description]);
                Plan::of(vec![Action::update(&map)])
            }
            None => {
                let metadata = ObjectMeta {
                    name: Some(NAME.into()),
                    namespace: Some(view.namespace.clone()),
                    annotations: Some(BTreeMap::from([description])),
                    ..ObjectMeta::default()
                };
                let map = ConfigMap { metadata, data: Some(data), ..ConfigMap::default() };
                Plan::of(vec![Action::create(&map).accepting(is_void)])
            }
        }
    }
}

/// The namespace is gone or goes.
fn is_void(error: &Status) -> bool {
    error.is_not_found() || namespace_is_terminating(error)
}
