//! Secrets of type `kubernetes.io/service-account-token` hold a token of their account, and go with it.
use super::{Context, SecretTokens, common};
use crate::runner::{Action, Plan, Reconciler};
use jiff::Timestamp;
use k8s_openapi::{
    ByteString,
    api::core::v1::{Secret, ServiceAccount},
};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
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
    gone: Arc<Gone>,
}

/// Token Secrets that went, until their accounts no longer list them.
type Gone = Mutex<FxHashMap<Key, Arc<Secret>>>;

enum View {
    Token {
        secret: Arc<Secret>,
        /// None: the account is gone.
        account: Option<Arc<ServiceAccount>>,
        /// What the Secret should hold.
        data: BTreeMap<String, ByteString>,
    },
    /// An account lists a token Secret of this name that went.
    Listed(Arc<ServiceAccount>, String),
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
    let gone: Arc<Gone> = Arc::default();
    let (queue, kept) = (wiring.queue(), gone.clone());
    secrets.on_change(move |change| {
        match (change.new, change.old.filter(|secret| account_of(secret).is_some())) {
            (None, Some(old)) => drop(kept.lock().insert(change.key.clone(), old.clone())),
            (Some(new), _) if account_of(new).is_some() => drop(kept.lock().remove(change.key)),
            _ => return,
        }
        queue.add(change.key);
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
    wiring.run(Controller { secrets, accounts, client, sign, root_ca, gone }, workers);
}

/// The account that a token Secret names.
fn account_of(secret: &Secret) -> Option<Key> {
    let name = secret.annotation(ACCOUNT).filter(|name| !name.is_empty())?;
    (secret.type_.as_deref() == Some(TYPE)).then(|| key::key(secret.namespace(), name))
}

impl Reconciler for Controller {
    type View = View;

    async fn gather(&self, key: &Key) -> Result<Option<View>, Status> {
        let Some(secret) = self.secrets.get(key) else { return Ok(self.listed(key)) };
        if secret.is_deleting() {
            return Ok(None);
        }
        let Some(account_key) = account_of(&secret) else { return Ok(None) };
        let mut data = secret.data.clone().unwrap_or_default();
        let Some(account) = self.account(&secret, &account_key).await? else {
            return Ok(Some(View::Token { secret, account: None, data }));
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
        Ok(Some(View::Token { secret, account: Some(account), data }))
    }

    fn reconcile(&self, view: &View, _now: Timestamp) -> Plan {
        let (secret, account, data) = match view {
            View::Token { secret, account, data } => (&**secret, account, data),
            View::Listed(account, name) => return Plan::of(vec![unlist(account, name)]),
        };
        let Some(account) = account else {
            return Plan::of(vec![Action::delete(secret, None).accepting(common::is_void)]);
        };
        let told = secret.annotation(ACCOUNT_UID) == Some(account.uid());
        if told && secret.data.as_ref() == Some(data) {
            return Plan::default();
        }
        let mut secret = Secret { data: Some(data.clone()), ..secret.clone() };
        secret.metadata.annotations.get_or_insert_default().insert(ACCOUNT_UID.into(), account.uid().into());
        Plan::of(vec![Action::update(&secret).accepting(common::is_void)])
    }
}

/// The account without the Secret in its list. A conflict shows in the account, and is tried again.
fn unlist(account: &ServiceAccount, name: &str) -> Action {
    let mut account = account.clone();
    let listed = account.secrets.take().unwrap_or_default();
    let rest: Vec<_> = listed.into_iter().filter(|it| it.name.as_deref() != Some(name)).collect();
    account.secrets = (!rest.is_empty()).then_some(rest);
    Action::update(&account).accepting(Status::is_not_found)
}

impl Controller {
    /// What is left to do about a Secret that went: its account may still list it.
    fn listed(&self, key: &Key) -> Option<View> {
        let mut gone = self.gone.lock();
        let secret = gone.get(key)?;
        let same = |account: &Arc<ServiceAccount>| {
            let lists = account.secrets.iter().flatten().any(|it| it.name.as_deref() == Some(secret.name()));
            lists && secret.annotation(ACCOUNT_UID).is_none_or(|uid| uid.is_empty() || uid == account.uid())
        };
        match account_of(secret).and_then(|account| self.accounts.get(&account)).filter(same) {
            Some(account) => Some(View::Listed(account, secret.name().to_owned())),
            None => {
                gone.remove(key);
                None
            }
        }
    }

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
