//! Secrets of type `kubernetes.io/service-account-token` hold a token of their account, and go with it.
use super::{Context, SecretTokens, common};
use crate::runner::{Action, Plan, Reconciler};
use jiff::Timestamp;
use k8s_openapi::{
    ByteString,
    api::core::v1::{Secret, ServiceAccount},
};
use skeg_client::{Client, Informer, Key, Object, key};
use skeg_model::status::Status;
use std::{collections::BTreeMap, sync::Arc};

pub(super) const TYPE: &str = "kubernetes.io/service-account-token";
pub(super) const ACCOUNT: &str = "kubernetes.io/service-account.name";
pub(super) const ACCOUNT_UID: &str = "kubernetes.io/service-account.uid";
const INDEX: &str = "token-of";

struct Controller {
    secrets: Informer<Secret>,
    accounts: Informer<ServiceAccount>,
    client: Client,
    sign: SecretTokens,
    root_ca: Vec<u8>,
}

struct View {
    secret: Arc<Secret>,
    /// None: the account is gone.
    account: Option<Arc<ServiceAccount>>,
    /// What the Secret should hold.
    data: BTreeMap<String, ByteString>,
}

/// The serviceaccount-token controller; off without a key to sign with.
pub fn start(context: &Context) {
    let Some(sign) = context.config.service_account_tokens.clone() else {
        tracing::warn!("serviceaccount-token-controller is off: there is no key to sign with");
        return;
    };
    let mut wiring = context.root_controller("tokens-controller");
    let secrets = wiring.informer::<Secret>();
    let accounts = wiring.informer::<ServiceAccount>();
    secrets.index(INDEX, |secret| account_of(secret).map(|key| key.to_string()).into_iter().collect());
    let queue = wiring.queue();
    secrets.on_change(move |change| {
        if change.new.is_some_and(|secret| account_of(secret).is_some()) {
            queue.add(change.key);
        }
    });
    let (queue, all) = (wiring.queue(), secrets.clone());
    accounts.on_change(move |change| {
        if change.old.map(|old| old.uid()) != change.new.map(|new| new.uid()) {
            all.by_index(INDEX, change.key).iter().for_each(|secret| queue.add(&secret.key()));
        }
    });
    let client = wiring.client();
    let root_ca = context.config.root_ca_pem.clone().into_bytes();
    let workers = context.config.concurrency.serviceaccount_token;
    wiring.run(Controller { secrets, accounts, client, sign, root_ca }, workers);
}

/// The account that a token Secret names.
fn account_of(secret: &Secret) -> Option<Key> {
    let name = secret.annotation(ACCOUNT).filter(|name| !name.is_empty())?;
    (secret.type_.as_deref() == Some(TYPE)).then(|| key::key(secret.namespace(), name))
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(secret) = self.secrets.get(key).filter(|secret| !secret.is_deleting()) else { return Ok(None) };
        let Some(account_key) = account_of(&secret) else { return Ok(None) };
        let mut data = secret.data.clone().unwrap_or_default();
        let Some(account) = self.account(&secret, &account_key).await? else {
            return Ok(Some(View { secret, account: None, data }));
        };
        data.insert("ca.crt".into(), ByteString(self.root_ca.clone()));
        let namespace = secret.namespace().unwrap_or_default();
        let entry = data.entry("namespace".into()).or_default();
        if entry.0.is_empty() {
            entry.0 = namespace.as_bytes().to_vec();
        }
        if data.get("token").is_none_or(|token| token.0.is_empty()) {
            let token = (self.sign)(namespace, secret.name(), account.name(), account.uid())?;
            data.insert("token".into(), ByteString(token.into_bytes()));
        }
        Ok(Some(View { secret, account: Some(account), data }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        let secret = &*view.secret;
        let Some(account) = &view.account else {
            return Plan::of(vec![Action::delete(secret, None).accepting(common::is_void)]);
        };
        let told = secret.annotation(ACCOUNT_UID) == Some(account.uid());
        if told && secret.data.as_ref() == Some(&view.data) {
            return Plan::default();
        }
        let mut secret = Secret { data: Some(view.data.clone()), ..secret.clone() };
        secret.metadata.annotations.get_or_insert_default().insert(ACCOUNT_UID.into(), account.uid().into());
        Plan::of(vec![Action::update(&secret).accepting(common::is_void)])
    }
}

impl Controller {
    /// The account, of the uid that the Secret names if it does; asked of the server before it counts as gone.
    async fn account(&self, secret: &Secret, key: &Key) -> Result<Option<Arc<ServiceAccount>>, Status> {
        let wanted = |account: &Arc<ServiceAccount>| {
            secret.annotation(ACCOUNT_UID).is_none_or(|uid| uid.is_empty() || uid == account.uid())
        };
        if let Some(account) = self.accounts.get(key).filter(wanted) {
            return Ok(Some(account));
        }
        let (namespace, name) = key::split(key);
        match self.client.get::<ServiceAccount>(namespace, name).await {
            Ok(account) => Ok(Some(account).filter(wanted)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
