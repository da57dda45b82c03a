//! ConfigMap `cluster-info` in `kube-public` tells strangers how to reach the cluster; each token that may sign puts a
//! detached signature of the kubeconfig in, by which its holder knows that the text is the cluster's.
use super::{INDEX, expiry, index, is_token, value};
use crate::{
    controllers::{ClusterInfoSigner, Context, common},
    runner::{Action, Plan, Reconciler},
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use skeg_client::{Informer, Key, Object, key};
use skeg_model::{
    bootstrap_token::{Expiry, ID, SECRET, USED_FOR_SIGNING, id_of_name},
    status::Status,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const NAMESPACE: &str = "kube-public";
const NAME: &str = "cluster-info";
const CONTENT: &str = "kubeconfig";
const SIGNATURE_PREFIX: &str = "jws-kubeconfig-";

struct Controller {
    config_maps: Informer<ConfigMap>,
    secrets: Informer<Secret>,
    sign: ClusterInfoSigner,
}

struct View {
    info: Arc<ConfigMap>,
    content: String,
    tokens: Vec<Arc<Secret>>,
    sign: ClusterInfoSigner,
}

/// The bootstrap-signer controller; off without a means to sign.
pub fn start(context: &Context) {
    let Some(sign) = context.config.cluster_info_signer.clone() else {
        tracing::warn!("bootstrap-signer-controller is off: there is nothing to sign with");
        return;
    };
    let mut wiring = context.controller("bootstrap-signer", "bootstrap-signer");
    let config_maps = wiring.informer::<ConfigMap>();
    let secrets = wiring.informer::<Secret>();
    index(&secrets);
    let the_one = key::key(Some(NAMESPACE), NAME);
    let (queue, wanted) = (wiring.queue(), the_one.clone());
    config_maps.on_change(move |change| {
        if *change.key == wanted {
            queue.add(&wanted);
        }
    });
    let queue = wiring.queue();
    secrets.on_change(move |change| {
        if [change.old, change.new].into_iter().flatten().any(|secret| is_token(secret)) {
            queue.add(&the_one);
        }
    });
    wiring.run_alone(Controller { config_maps, secrets, sign });
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(info) = self.config_maps.get(key) else { return Ok(None) };
        let Some(content) = info.data.as_ref().and_then(|data| data.get(CONTENT)).cloned() else { return Ok(None) };
        let tokens = self.secrets.by_index(INDEX, "");
        Ok(Some(View { info, content, tokens, sign: self.sign.clone() }))
    }

    fn reconcile(&self, view: &View, now: Timestamp) -> Plan {
        let mut data = view.info.data.clone().unwrap_or_default();
        data.retain(|name, _| !name.starts_with(SIGNATURE_PREFIX));
        let mut plan = Plan::default();
        for (id, (secret, left)) in signing(&view.tokens, now) {
            match (view.sign)(&view.content, id, secret) {
                Ok(signature) => drop(data.insert(format!("{SIGNATURE_PREFIX}{id}"), signature)),
                Err(error) => plan.problem = Some(error),
            }
            left.into_iter().for_each(|left| plan.look_again_in(left));
        }
        if view.info.data.as_ref() != Some(&data) {
            let info = ConfigMap { data: Some(data), ..(*view.info).clone() };
            plan.then(vec![Action::update(&info).accepting(common::is_void)], crate::runner::Order::Sequence);
        }
        plan
    }
}

/// Secret and remaining time of each token that may sign, by its id.
fn signing(tokens: &[Arc<Secret>], now: Timestamp) -> BTreeMap<&str, (&str, Option<Duration>)> {
    let mut signing = BTreeMap::new();
    for token in tokens {
        let (id, secret) = (value(token, ID), value(token, SECRET));
        let left = match expiry(token, now) {
            Expiry::Never => None,
            Expiry::In(left) => Some(left),
            Expiry::Over => continue,
        };
        let named = !id.is_empty() && id_of_name(token.name()) == Some(id);
        if named && !secret.is_empty() && value(token, USED_FOR_SIGNING) == "true" {
            signing.insert(id, (secret, left));
        }
    }
    signing
}
