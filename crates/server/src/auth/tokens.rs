//! Service-account tokens: issuing, verifying, and the key set that others verify them with (KEP-1205, ES256; RS256 keys
//! given by flag are honoured).
use super::User;
use crate::resources::{IssuedToken, TokenIssuer, TokenSpec};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::Jwk};
use serde::{Deserialize, Serialize};
use skeg_model::{Value, status::Status};
use std::fmt;

/// A token is good this long before its `nbf` and after its `exp`: clocks differ.
const LEEWAY_SECONDS: u64 = 0;

#[derive(Debug, Serialize, Deserialize)]
struct Named {
    name: String,
    uid: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kubernetes {
    namespace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Named>,
    serviceaccount: Named,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnafter: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    aud: Audience,
    exp: i64,
    iat: i64,
    iss: String,
    jti: String,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes,
    nbf: i64,
    sub: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    Many(Vec<String>),
    One(String),
}

impl Audience {
    fn list(&self) -> &[String] {
        match self {
            Self::Many(list) => list,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

/// Issuer of tokens that live in Secrets and do not expire.
const LEGACY_ISSUER: &str = "kubernetes/serviceaccount";

/// Claims of a token that lives in a Secret.
#[derive(Debug, Serialize, Deserialize)]
struct LegacyClaims {
    iss: String,
    #[serde(rename = "kubernetes.io/serviceaccount/namespace")]
    namespace: String,
    #[serde(rename = "kubernetes.io/serviceaccount/secret.name")]
    secret: String,
    #[serde(rename = "kubernetes.io/serviceaccount/service-account.name")]
    name: String,
    #[serde(rename = "kubernetes.io/serviceaccount/service-account.uid")]
    uid: String,
    sub: String,
}

/// A verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub user: User,
    pub audiences: Vec<String>,
    pub expires: Timestamp,
    pub namespace: String,
    pub service_account: (String, String),
    /// (kind, name, uid) of the object that it lives with.
    pub bound: Option<(&'static str, String, String)>,
    /// Name of the Secret that must still hold this very token.
    pub kept_in: Option<String>,
}

/// Signs and verifies with one key.
pub struct TokenKey {
    issuer: String,
    audiences: Vec<String>,
    signing: EncodingKey,
    verifying: Vec<DecodingKey>,
    algorithm: Algorithm,
    jwk: Jwk,
    entropy: Box<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.issuer)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the service account signing key is not usable: {0}; give a PKCS #8 EC P-256 or RSA private key in PEM")]
pub struct BadKey(String);

impl TokenKey {
    /// `pem` is a private key; `audiences` empty means the issuer; `id` makes the tokens' `jti`.
    ///
    /// # Errors
    /// The key is neither P-256 nor RSA.
    pub fn new(
        pem: &str,
        issuer: &str,
        audiences: &[String],
        id: impl Fn() -> String + Send + Sync + 'static,
    ) -> Result<Self, BadKey> {
        let bad = |e: jsonwebtoken::errors::Error| BadKey(e.to_string());
        let (signing, algorithm) = match EncodingKey::from_ec_pem(pem.as_bytes()) {
            Ok(key) => (key, Algorithm::ES256),
            Err(_) => (EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(bad)?, Algorithm::RS256),
        };
        let mut jwk = Jwk::from_encoding_key(&signing, algorithm).map_err(bad)?;
        let verifying = vec![DecodingKey::from_jwk(&jwk).map_err(bad)?];
        jwk.common.key_id = Some(jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).map_err(bad)?);
        jwk.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        let audiences = if audiences.is_empty() { vec![issuer.to_owned()] } else { audiences.to_vec() };
        Ok(Self { issuer: issuer.into(), audiences, signing, verifying, algorithm, jwk, entropy: Box::new(id) })
    }

    /// The document behind `/openid/v1/jwks`.
    pub fn key_set(&self) -> Value {
        serde_json::json!({"keys": [self.jwk]})
    }

    /// The document behind `/.well-known/openid-configuration`.
    pub fn discovery(&self, base: &str) -> Value {
        serde_json::json!({
            "issuer": self.issuer, "jwks_uri": format!("{base}/openid/v1/jwks"), "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": [format!("{:?}", self.algorithm)],
        })
    }

    /// Whether the token claims to be ours; others are left to other authenticators.
    pub fn is_ours(&self, token: &str) -> bool {
        issuer_of(token).is_some_and(|issuer| issuer == self.issuer || issuer == LEGACY_ISSUER)
    }

    /// Checks signature, times and audience; whether the account and the bound object still exist is the caller's question.
    ///
    /// # Errors
    /// Why the token is refused, in upstream's words where it has them.
    pub fn verify(&self, token: &str, wanted: &[String], now: Timestamp) -> Result<Verified, String> {
        if issuer_of(token).as_deref() == Some(LEGACY_ISSUER) {
            return self.verify_legacy(token, wanted);
        }
        let mut rules = Validation::new(self.algorithm);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.leeway = LEEWAY_SECONDS;
        rules.set_issuer(&[&self.issuer]);
        let claims = self
            .verifying
            .iter()
            .find_map(|key| jsonwebtoken::decode::<Claims>(token, key, &rules).ok())
            .ok_or("invalid bearer token")?
            .claims;
        if now.as_second() > claims.exp {
            return Err("service account token has expired".into());
        }
        if now.as_second() < claims.nbf {
            return Err("service account token is not valid yet".into());
        }
        let asked = if wanted.is_empty() { &self.audiences } else { wanted };
        let audiences: Vec<String> = claims.aud.list().iter().filter(|a| asked.contains(a)).cloned().collect();
        if audiences.is_empty() {
            return Err(format!(
                "token audiences {:?} is invalid for the target audiences {asked:?}",
                claims.aud.list()
            ));
        }
        Ok(verified(claims, audiences))
    }
}

fn verified(claims: Claims, audiences: Vec<String>) -> Verified {
    let k = claims.kubernetes;
    let mut user = User {
        name: format!("system:serviceaccount:{}:{}", k.namespace, k.serviceaccount.name),
        uid: k.serviceaccount.uid.clone(),
        groups: vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{}", k.namespace)],
        ..User::default()
    };
    let mut extra = |key: &str, value: String| {
        user.extra.insert(format!("authentication.kubernetes.io/{key}"), vec![value]);
    };
    extra("credential-id", format!("JTI={}", claims.jti));
    if let Some(pod) = &k.pod {
        extra("pod-name", pod.name.clone());
        extra("pod-uid", pod.uid.clone());
    }
    if let Some(node) = &k.node {
        extra("node-name", node.name.clone());
        extra("node-uid", node.uid.clone());
    }
    let bound = match (k.pod, k.secret, k.node) {
        (Some(p), ..) => Some(("Pod", p.name, p.uid)),
        (None, Some(s), _) => Some(("Secret", s.name, s.uid)),
        (None, None, Some(n)) => Some(("Node", n.name, n.uid)),
        (None, None, None) => None,
    };
    Verified {
        user,
        audiences,
        expires: Timestamp::from_second(claims.exp).unwrap_or(Timestamp::MAX),
        namespace: k.namespace,
        service_account: (k.serviceaccount.name, k.serviceaccount.uid),
        bound,
        kept_in: None,
    }
}

/// Who issued a token, by its own account.
fn issuer_of(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issued {
        iss: String,
    }
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Issued>(&payload).ok().map(|claims| claims.iss)
}

impl TokenKey {
    /// A token for a Secret of type `kubernetes.io/service-account-token`; it does not expire.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn issue_legacy(&self, namespace: &str, secret: &str, account: &str, uid: &str) -> Result<String, Status> {
        let claims = LegacyClaims {
            iss: LEGACY_ISSUER.into(),
            namespace: namespace.into(),
            secret: secret.into(),
            name: account.into(),
            uid: uid.into(),
            sub: format!("system:serviceaccount:{namespace}:{account}"),
        };
        let mut header = Header::new(self.algorithm);
        header.typ = None;
        header.kid.clone_from(&self.jwk.common.key_id);
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(Status::internal)
    }

    fn verify_legacy(&self, token: &str, wanted: &[String]) -> Result<Verified, String> {
        let mut rules = Validation::new(self.algorithm);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        rules.set_issuer(&[LEGACY_ISSUER]);
        let mut decoded =
            self.verifying.iter().filter_map(|key| jsonwebtoken::decode::<LegacyClaims>(token, key, &rules).ok());
        let claims = decoded.next().ok_or("invalid bearer token")?.claims;
        if claims.sub != format!("system:serviceaccount:{}:{}", claims.namespace, claims.name) {
            return Err("sub claim is invalid".into());
        }
        let own = self.audiences.iter().filter(|audience| wanted.is_empty() || wanted.contains(audience));
        let audiences: Vec<String> = own.cloned().collect();
        if audiences.is_empty() {
            let own = &self.audiences;
            return Err(format!("token audiences {own:?} is invalid for the target audiences {wanted:?}"));
        }
        let user = User {
            name: claims.sub,
            uid: claims.uid.clone(),
            groups: vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{}", claims.namespace)],
            ..User::default()
        };
        Ok(Verified {
            user,
            audiences,
            expires: Timestamp::MAX,
            namespace: claims.namespace,
            service_account: (claims.name, claims.uid),
            bound: None,
            kept_in: Some(claims.secret),
        })
    }
}

impl TokenIssuer for TokenKey {
    fn default_audiences(&self) -> Vec<String> {
        self.audiences.clone()
    }

    fn issue(&self, spec: &TokenSpec) -> Result<IssuedToken, Status> {
        let expires = spec.now + SignedDuration::from_secs(spec.expiration_seconds);
        let (mut pod, mut secret, mut node) = (None, None, None);
        if let Some(bound) = &spec.bound {
            let named = Some(Named { name: bound.name.clone(), uid: bound.uid.clone() });
            match bound.kind.as_str() {
                "Pod" => pod = named,
                "Secret" => secret = named,
                _ => node = named,
            }
        }
        if let Some((name, uid)) = &spec.node {
            node = Some(Named { name: name.clone(), uid: uid.clone() });
        }
        let now = spec.now.as_second();
        let account = Named { name: spec.service_account.clone(), uid: spec.service_account_uid.clone() };
        let warnafter = spec.warn_after_seconds.map(|s| now + s);
        let namespace = spec.namespace.clone();
        let claims = Claims {
            aud: Audience::Many(spec.audiences.clone()),
            exp: expires.as_second(),
            iat: now,
            iss: self.issuer.clone(),
            jti: (self.entropy)(),
            sub: format!("system:serviceaccount:{namespace}:{}", account.name),
            kubernetes: Kubernetes { namespace, node, pod, secret, serviceaccount: account, warnafter },
            nbf: now,
        };
        let mut header = Header::new(self.algorithm);
        header.typ = None;
        header.kid.clone_from(&self.jwk.common.key_id);
        let token = jsonwebtoken::encode(&header, &claims, &self.signing).map_err(Status::internal)?;
        Ok(IssuedToken { token, expires })
    }
}

/// Signs a text with a bootstrap token (HS256) and leaves the text out: `header..signature`.
///
/// # Errors
/// The signer's own.
pub fn sign_detached(text: &str, id: &str, secret: &str) -> Result<String, Status> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"HS256","kid":{}}}"#, serde_json::Value::from(id)));
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(text));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).map_err(Status::internal)?;
    Ok(format!("{header}..{signature}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::BoundObject;

    fn key() -> TokenKey {
        let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
        TokenKey::new(&pem, "https://issuer", &[], || "id-1".into()).unwrap()
    }

    fn spec() -> TokenSpec {
        TokenSpec {
            namespace: "a".into(),
            service_account: "bot".into(),
            service_account_uid: "u1".into(),
            audiences: vec!["https://issuer".into()],
            expiration_seconds: 600,
            warn_after_seconds: None,
            bound: Some(BoundObject {
                kind: "Pod".into(),
                api_version: "v1".into(),
                name: "p".into(),
                uid: "u2".into(),
            }),
            node: Some(("n1".into(), "u3".into())),
            now: Timestamp::from_second(1_800_000_000).unwrap(),
        }
    }

    #[test]
    fn tokens_of_secrets_do_not_expire() {
        let key = key();
        let token = key.issue_legacy("n", "s", "bot", "uid-1").unwrap();
        assert!(key.is_ours(&token));
        let seen = key.verify(&token, &[], Timestamp::MAX).unwrap();
        assert_eq!((seen.user.name.as_str(), seen.kept_in.as_deref()), ("system:serviceaccount:n:bot", Some("s")));
        assert!(key.verify(&token, &["other".into()], Timestamp::MAX).is_err());
    }

    #[test]
    fn what_is_issued_verifies_until_it_expires() {
        let key = key();
        let token = key.issue(&spec()).unwrap().token;
        assert!(key.is_ours(&token));
        let seen = key.verify(&token, &[], spec().now).unwrap();
        assert_eq!(seen.user.name, "system:serviceaccount:a:bot");
        assert_eq!(seen.bound, Some(("Pod", "p".into(), "u2".into())));
        assert_eq!(seen.user.extra["authentication.kubernetes.io/node-name"], ["n1"]);
        let later = spec().now + SignedDuration::from_secs(601);
        assert_eq!(key.verify(&token, &[], later).unwrap_err(), "service account token has expired");
        assert!(key.verify(&token, &["other".into()], spec().now).is_err());
    }

    #[test]
    fn another_key_or_a_changed_token_is_refused() {
        let token = key().issue(&spec()).unwrap().token;
        assert_eq!(key().verify(&token, &[], spec().now).unwrap_err(), "invalid bearer token");
        let key = key();
        let token = key.issue(&spec()).unwrap().token;
        let cut = &token[..token.len() - 4];
        assert_eq!(key.verify(cut, &[], spec().now).unwrap_err(), "invalid bearer token");
    }

    #[test]
    fn detached_signatures_are_upstreams() {
        let text = "Hello from the other side. I must have called a thousand times.";
        let check = |text: &str, secret: &str, expected: &str| {
            let header = "eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9";
            assert_eq!(sign_detached(text, "joshua", secret).unwrap(), format!("{header}..{expected}"));
        };
        check(text, "my voice is my passcode", "VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8");
        check("", "my voice is my passcode", "7Ui1ALizW4jXphVUB7xUqC9vLYLL9RZeOFfVLoB7Tgk");
    }
}
