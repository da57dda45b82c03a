//! Authentication: client certificates, the static token file, bootstrap tokens, service-account tokens; anonymous when nothing is shown.
use super::{
    User,
    legacy::{self, Use},
    tokens::{TokenKey, Verified},
};
use crate::resources::TokenReviewer;
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use skeg_model::{
    bootstrap_token::{self, Expiry},
    time::Clock,
};
use skeg_storage::{Key, Store};
use std::sync::{Arc, OnceLock};
use tokio::sync::mpsc;

/// Verified tokens kept so that a signature is checked once; oldest half goes at the bound.
const CACHE_TOKENS_MAX: usize = 4096;
/// How long a verified token is believed without a new check of its signature.
const CACHE_FOR: SignedDuration = SignedDuration::from_secs(10 * 60);

/// The credentials are of nobody: 401.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unauthorized")]
pub struct Unauthenticated;

#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    #[error("cannot read the token file {0}: {1}")]
    Read(String, std::io::Error),
    #[error("token file {file}, line {line}: {why}; a line is token,user,uid[,\"group1,group2\"]")]
    Line { file: String, line: usize, why: &'static str },
}

/// Everybody whom this server knows.
#[derive(Debug)]
pub struct Authenticator {
    static_tokens: FxHashMap<[u8; 32], User>,
    tokens: Arc<TokenKey>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    cache: Mutex<FxHashMap<[u8; 32], (Timestamp, Verified)>>,
    anonymous: bool,
    bootstrap_tokens: bool,
    /// Where the use of tokens that live in Secrets is told.
    uses: OnceLock<mpsc::Sender<Use>>,
}

impl Authenticator {
    /// `static_tokens` as [`parse_token_file`] reads them.
    pub fn new(
        static_tokens: Vec<(String, User)>,
        tokens: Arc<TokenKey>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        anonymous: bool,
    ) -> Self {
        let static_tokens = static_tokens.into_iter().map(|(t, u)| (digest(&t), u)).collect();
        Self {
            static_tokens,
            tokens,
            store,
            clock,
            cache: Mutex::default(),
            anonymous,
            bootstrap_tokens: false,
            uses: OnceLock::new(),
        }
    }

    /// Knows bootstrap tokens as well.
    #[must_use]
    pub fn with_bootstrap_tokens(self) -> Self {
        Self { bootstrap_tokens: true, ..self }
    }

    /// Tells from now on of tokens that live in Secrets when they are shown; the first receiver counts.
    pub fn tell_uses(&self, uses: mpsc::Sender<Use>) {
        drop(self.uses.set(uses));
    }

    /// Who shows this bearer token on a connection whose client certificate, if it has one, is that of `certified`.
    ///
    /// # Errors
    /// A token that nobody knows, or nothing shown where anonymous requests are off.
    pub fn authenticate(
        &self,
        certified: Option<&Arc<User>>,
        bearer: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<User>, Unauthenticated> {
        if let Some(user) = certified {
            return Ok(user.clone());
        }
        match bearer {
            Some(token) => self.token_user(token, now).map(authenticated).map(Arc::new).ok_or(Unauthenticated),
            None if self.anonymous => Ok(Arc::new(User::anonymous())),
            None => Err(Unauthenticated),
        }
    }

    fn token_user(&self, token: &str, now: Timestamp) -> Option<User> {
        if let Some(user) = self.opaque(token, now) {
            return Some(user);
        }
        let verified = self.service_account(token, &[], now).ok()?;
        Some(verified.user)
    }

    /// Who a token belongs to that says nothing by itself: a static or a bootstrap token.
    fn opaque(&self, token: &str, now: Timestamp) -> Option<User> {
        self.static_tokens.get(&digest(token)).cloned().or_else(|| self.bootstrap_token(token, now))
    }

    fn bootstrap_token(&self, token: &str, now: Timestamp) -> Option<User> {
        let (id, secret) = bootstrap_token::parse(token).filter(|_| self.bootstrap_tokens)?;
        let rest = format!("{}/{}", bootstrap_token::NAMESPACE, bootstrap_token::secret_name(id));
        let stored = self.store.get(&Key { ring: "/registry/secrets/".into(), rest: rest.into() })?;
        let tree = stored.tree();
        let value = |key: &str| {
            let bytes = tree["data"][key].as_str().and_then(|text| STANDARD.decode(text).ok());
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
        };
        let good = stored.meta().deletion_timestamp.is_none()
            && tree["type"] == bootstrap_token::SECRET_TYPE
            // Digests are compared so that the time taken tells nothing of the token.
            && digest(&value(bootstrap_token::SECRET)) == digest(secret)
            && value(bootstrap_token::ID) == id
            && bootstrap_token::expiry(&value(bootstrap_token::EXPIRATION), now) != Expiry::Over
            && value(bootstrap_token::USED_FOR_AUTHENTICATION) == "true";
        let groups = bootstrap_token::groups(&value(bootstrap_token::EXTRA_GROUPS)).filter(|_| good)?;
        Some(User { name: format!("system:bootstrap:{id}"), groups, ..User::default() })
    }

    /// The service account behind a token, looked up so that tokens of deleted accounts and pods end with them.
    fn service_account(&self, token: &str, audiences: &[String], now: Timestamp) -> Result<Verified, String> {
        if !self.tokens.is_ours(token) {
            return Err("invalid bearer token".into());
        }
        let key = digest(token);
        let cached = self.cache.lock().get(&key).filter(|(until, _)| audiences.is_empty() && now < *until).cloned();
        let verified = match cached {
            Some((_, verified)) => verified,
            None => {
                let verified = self.tokens.verify(token, audiences, now)?;
                if audiences.is_empty() {
                    self.remember(key, &verified, now);
                }
                verified
            }
        };
        self.still_exists(&verified)?;
        if let Some(secret) = &verified.kept_in {
            self.still_kept(&verified, secret, token, now)?;
        }
        Ok(verified)
    }

    fn remember(&self, key: [u8; 32], verified: &Verified, now: Timestamp) {
        let mut cache = self.cache.lock();
        if cache.len() >= CACHE_TOKENS_MAX {
            let mut ends: Vec<Timestamp> = cache.values().map(|(until, _)| *until).collect();
            ends.sort_unstable();
            let middle = ends[ends.len() / 2];
            cache.retain(|_, (until, _)| *until > middle);
        }
        cache.insert(key, ((now + CACHE_FOR).min(verified.expires), verified.clone()));
    }

    fn still_exists(&self, verified: &Verified) -> Result<(), String> {
        let (name, uid) = &verified.service_account;
        let home = &verified.namespace;
        self.has("/registry/serviceaccounts/", &format!("{home}/{name}"), uid)
            .ok_or_else(|| format!("service account {home}/{name} has been deleted"))?;
        match &verified.bound {
            Some(("Pod", name, uid)) => self.has("/registry/pods/", &format!("{home}/{name}"), uid),
            Some(("Secret", name, uid)) => self.has("/registry/secrets/", &format!("{home}/{name}"), uid),
            Some((_, name, uid)) => self.has("/registry/minions/", name, uid),
            None => Some(()),
        }
        .ok_or_else(|| "the object that this token is bound to has been deleted".into())
    }

    /// A token that lives in a Secret ends with it.
    fn still_kept(&self, verified: &Verified, secret: &str, token: &str, now: Timestamp) -> Result<(), String> {
        let (namespace, account) = (&verified.namespace, &verified.service_account.0);
        let key = Key { ring: "/registry/secrets/".into(), rest: format!("{namespace}/{secret}").into() };
        let stored = self.store.get(&key).filter(|stored| stored.meta().deletion_timestamp.is_none());
        let tree = stored.ok_or("Token has been invalidated")?.tree();
        let kept = tree["data"]["token"].as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        // Digests are compared so that the time taken tells nothing of the token.
        if digest(token) != <[u8; 32]>::from(Sha256::digest(&kept)) {
            return Err("Token does not match server's copy".into());
        }
        if tree["metadata"]["labels"][legacy::INVALID_SINCE].is_string() {
            return Err(format!(
                "the token in secret {namespace}/{secret} for service account {namespace}/{account} has been marked invalid. \
                 Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '{}' label \
                 from the secret to temporarily allow use of this token",
                legacy::INVALID_SINCE
            ));
        }
        if let Some(uses) = self.uses.get().filter(|_| legacy::is_unnoted(&tree, now)) {
            // Beyond the bound it is told when the token is shown again.
            drop(uses.try_send(Use { namespace: namespace.clone(), secret: secret.to_owned() }));
        }
        Ok(())
    }

    fn has(&self, ring: &str, rest: &str, uid: &str) -> Option<()> {
        let stored = self.store.get(&Key { ring: ring.into(), rest: rest.into() })?;
        (stored.meta().uid == uid).then_some(())
    }
}

impl TokenReviewer for Authenticator {
    fn review<'a>(
        &'a self,
        token: &'a str,
        audiences: &'a [String],
    ) -> BoxFuture<'a, Result<Option<(User, Vec<String>)>, String>> {
        Box::pin(async move {
            if let Some(user) = self.opaque(token, self.clock.now()) {
                // These know no audiences: they are good for the server's own.
                let own = crate::resources::TokenIssuer::default_audiences(self.tokens.as_ref());
                let good: Vec<String> =
                    own.into_iter().filter(|a| audiences.is_empty() || audiences.contains(a)).collect();
                return Ok((!good.is_empty()).then(|| (authenticated(user), good)));
            }
            if !self.tokens.is_ours(token) {
                return Ok(None);
            }
            let verified = self.service_account(token, audiences, self.clock.now())?;
            Ok(Some((authenticated(verified.user), verified.audiences)))
        })
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn authenticated(mut user: User) -> User {
    if user.name != "system:anonymous" && !user.in_group("system:authenticated") {
        user.groups.push("system:authenticated".into());
    }
    user
}

/// Whose client certificate it is that TLS has already verified: read once for a connection.
pub fn certified(shown: &[CertificateDer<'_>]) -> Option<Arc<User>> {
    shown.first().and_then(certificate_user).map(authenticated).map(Arc::new)
}

/// Common name and organisations of a client certificate.
fn certificate_user(der: &CertificateDer<'_>) -> Option<User> {
    let (_, cert) = x509_parser::parse_x509_certificate(der).ok()?;
    let subject = cert.subject();
    let name = subject.iter_common_name().next()?.as_str().ok()?.to_owned();
    let groups = subject.iter_organization().filter_map(|o| o.as_str().ok()).map(ToOwned::to_owned).collect();
    let mut user = User { name, groups, ..User::default() };
    let hash: String = Sha256::digest(der).iter().map(|b| format!("{b:02x}")).collect();
    user.extra.insert("authentication.kubernetes.io/credential-id".into(), vec![format!("X509SHA256={hash}")]);
    Some(user)
}

/// Reads upstream's static token file: `token,user,uid[,"group1,group2"]` per line.
///
/// # Errors
/// An unreadable file or a line of another form.
pub fn read_token_file(path: &std::path::Path) -> Result<Vec<(String, User)>, TokenFileError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| TokenFileError::Read(file.clone(), e))?;
    parse_token_file(&file, &text)
}

fn parse_token_file(file: &str, text: &str) -> Result<Vec<(String, User)>, TokenFileError> {
    let mut out = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let fields = csv_fields(line);
        let bad = |why| TokenFileError::Line { file: file.into(), line: index + 1, why };
        let [token, name, uid, rest @ ..] = fields.as_slice() else { return Err(bad("fewer than three columns")) };
        if token.is_empty() {
            return Err(bad("an empty token"));
        }
        let groups =
            rest.first().map(|g| g.split(',').map(|g| g.trim().to_owned()).filter(|g| !g.is_empty()).collect());
        let user = User { name: name.clone(), uid: uid.clone(), groups: groups.unwrap_or_default(), ..User::default() };
        out.push((token.clone(), user));
    }
    Ok(out)
}

/// Splits a line of comma separated values; a field in double quotes may hold commas, `""` is a quote.
fn csv_fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.trim_end().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field).trim().to_owned()),
            other => field.push(other),
        }
    }
    fields.push(field.trim().to_owned());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_files_are_read_as_upstream_reads_them() {
        let users = parse_token_file("f", "t1,alice,u1,\"devs,testers\"\n\nt2,bob,u2\n").unwrap();
        assert_eq!(users[0].1.groups, ["devs", "testers"]);
        assert_eq!((users[1].0.as_str(), users[1].1.name.as_str()), ("t2", "bob"));
        let error = parse_token_file("f", "t1,alice").unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }

    fn token_secret(changes: &[(&str, &str)]) -> serde_json::Value {
        let mut data = serde_json::json!({});
        let whole = [
            ("token-id", "abcdef"),
            ("token-secret", "0123456789abcdef"),
            ("usage-bootstrap-authentication", "true"),
            ("auth-extra-groups", "system:bootstrappers:kubeadm"),
            ("expiration", "2030-01-01T00:00:00Z"),
        ];
        for (key, value) in whole.iter().chain(changes) {
            data[*key] = STANDARD.encode(value).into();
        }
        let metadata = serde_json::json!({ "name": "bootstrap-token-abcdef", "namespace": "kube-system" });
        serde_json::json!({ "metadata": metadata, "type": "bootstrap.kubernetes.io/token", "data": data })
    }

    /// Who shows the token, if the Secret differs from a good one by `changes`.
    async fn shown(token: &str, changes: &[(&str, &str)], enabled: bool) -> Option<User> {
        let dir = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(skeg_model::time::SystemClock);
        let store = Arc::new(skeg_storage::Memory::new(clock.clone(), skeg_storage::Window::default()));
        let key = Key { ring: "/registry/secrets/".into(), rest: "kube-system/bootstrap-token-abcdef".into() };
        let bytes = serde_json::to_vec(&token_secret(changes)).unwrap();
        let put = skeg_storage::Op {
            key,
            expect: skeg_storage::Expect::Absent,
            change: skeg_storage::Change::Put(bytes.into()),
        };
        store.commit(skeg_storage::Txn { ops: vec![put], ..skeg_storage::Txn::default() }).await.unwrap();
        let pki = crate::auth::pki::ClusterPki::open(dir.path(), clock.now()).unwrap();
        let tokens = TokenKey::new(&pki.service_account_key().unwrap(), "https://issuer", &[], || "id".into()).unwrap();
        let known = Authenticator::new(Vec::new(), Arc::new(tokens), store, clock, true);
        let known = if enabled { known.with_bootstrap_tokens() } else { known };
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        known.authenticate(None, Some(token), now).ok().map(|user| (*user).clone())
    }

    #[tokio::test]
    async fn bootstrap_tokens_are_known_while_they_count() {
        const GOOD: &str = "abcdef.0123456789abcdef";
        let user = shown(GOOD, &[], true).await.unwrap();
        assert_eq!(user.name, "system:bootstrap:abcdef");
        assert_eq!(user.groups, ["system:bootstrappers", "system:bootstrappers:kubeadm", "system:authenticated"]);
        assert!(shown(GOOD, &[], false).await.is_none());
        assert!(shown("abcdef.0123456789abcdee", &[], true).await.is_none());
        for change in [
            ("expiration", "2020-01-01T00:00:00Z"),
            ("usage-bootstrap-authentication", "no"),
            ("auth-extra-groups", "system:masters"),
            ("token-id", "abcdeg"),
        ] {
            assert!(shown(GOOD, &[change], true).await.is_none(), "{change:?}");
        }
    }
}
