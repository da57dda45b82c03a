//! Service-account tokens of pods: asked for through the API, renewed before they end.
use crate::pod::spec::{name, namespace, spec, uid};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::{
    authentication::v1::TokenRequest,
    core::v1::{Pod, ServiceAccount, ServiceAccountTokenProjection},
};
use parking_lot::Mutex;
use serde_json::json;
use skeg_client::Client;
use skeg_model::status::Status;
use std::collections::HashMap;

/// A token is renewed after this share of its life, and after a day at the latest.
const RENEW_AT_PERCENT: i32 = 80;
const RENEW_AFTER_MAX: SignedDuration = SignedDuration::from_hours(24);
const SECONDS_DEFAULT: i64 = 3600;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    pod: String,
    audience: String,
    seconds: i64,
}

struct Token {
    text: String,
    renew_at: Timestamp,
    expires: Timestamp,
}

/// Tokens in use, by pod and what was asked for.
#[derive(Default)]
pub(super) struct Tokens {
    known: Mutex<HashMap<Key, Token>>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.known.lock().len())
    }
}

impl Tokens {
    pub(super) fn next_renewal(&self, pod: &str) -> Option<Timestamp> {
        let known = self.known.lock();
        known.iter().filter(|(key, _)| key.pod == pod).map(|(_, token)| token.renew_at).min()
    }

    pub(super) fn forget(&self, pod: &str) {
        self.known.lock().retain(|key, _| key.pod != pod);
    }

    /// A token that holds; an old one serves on while it is valid and a new one cannot be had.
    pub(super) async fn get(
        &self,
        client: &Client,
        pod: &Pod,
        wanted: &ServiceAccountTokenProjection,
        now: Timestamp,
    ) -> Result<String, Status> {
        let seconds = wanted.expiration_seconds.unwrap_or(SECONDS_DEFAULT);
        let audience = wanted.audience.clone().unwrap_or_default();
        let key = Key { pod: uid(pod).to_owned(), audience, seconds };
        let usable = self.known.lock().get(&key).map(|it| (it.text.clone(), it.renew_at, it.expires));
        if let Some((text, renew_at, _)) = &usable
            && now < *renew_at
        {
            return Ok(text.clone());
        }
        match request(client, pod, &key).await {
            Ok((text, expires)) => {
                let life = expires.duration_since(now);
                let wait = (life * RENEW_AT_PERCENT / 100).min(RENEW_AFTER_MAX);
                let renew_at = now.checked_add(wait).unwrap_or(expires);
                self.known.lock().insert(key, Token { text: text.clone(), renew_at, expires });
                Ok(text)
            }
            Err(error) => match usable {
                Some((text, _, expires)) if now < expires && !error.is_not_found() => {
                    tracing::warn!(pod = name(pod), %error, "a token cannot be renewed yet");
                    Ok(text)
                }
                _ => Err(error),
            },
        }
    }
}

async fn request(client: &Client, pod: &Pod, key: &Key) -> Result<(String, Timestamp), Status> {
    let account = spec(pod).service_account_name.as_deref().filter(|it| !it.is_empty()).unwrap_or("default");
    let audiences: Vec<&str> = if key.audience.is_empty() { Vec::new() } else { vec![&key.audience] };
    let body = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "metadata": {"creationTimestamp": null},
        "spec": {
            "audiences": audiences,
            "expirationSeconds": key.seconds,
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": name(pod), "uid": uid(pod)},
        },
    });
    let answer: TokenRequest =
        client.create_subresource::<ServiceAccount, TokenRequest>(Some(namespace(pod)), account, "token", body).await?;
    let status = answer.status.and_then(|it| it.token.zip(it.expiration_timestamp));
    let (token, expires) = status.ok_or_else(|| Status::internal("a token request was answered without a token"))?;
    Ok((token, expires.0))
}
