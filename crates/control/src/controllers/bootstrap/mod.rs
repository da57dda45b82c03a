//! Bootstrap tokens: ConfigMap `cluster-info` is signed with each that may sign, and those that have expired are deleted.
pub(super) mod cleaner;
pub(super) mod signer;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use skeg_client::{Informer, Object};
use skeg_model::bootstrap_token::{self, EXPIRATION, Expiry};

const INDEX: &str = "bootstrap-token";

fn is_token(secret: &Secret) -> bool {
    secret.type_.as_deref() == Some(bootstrap_token::SECRET_TYPE)
        && secret.namespace() == Some(bootstrap_token::NAMESPACE)
}

/// Indexes the tokens among the Secrets under "".
fn index(secrets: &Informer<Secret>) {
    secrets.index(INDEX, |secret| if is_token(secret) { vec![String::new()] } else { Vec::new() });
}

/// A value of the Secret; "" if there is none.
fn value<'a>(secret: &'a Secret, key: &str) -> &'a str {
    let bytes = secret.data.as_ref().and_then(|data| data.get(key));
    bytes.and_then(|bytes| std::str::from_utf8(&bytes.0).ok()).unwrap_or_default()
}

fn expiry(secret: &Secret, now: Timestamp) -> Expiry {
    bootstrap_token::expiry(value(secret, EXPIRATION), now)
}
