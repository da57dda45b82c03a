//! Kubeconfig files: read into a transport's configuration, and written. What cannot be honoured (exec plugins,
//! passwords, impersonation, proxies) is refused by name instead of being left out.
use crate::rest::{Identity, RestConfig, Token, Trust};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A larger file is no kubeconfig.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// A whole file. Fields that are not known here are passed over, as by kubectl.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Kubeconfig {
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    pub kind: String,
    pub clusters: Vec<ClusterEntry>,
    pub users: Vec<UserEntry>,
    pub contexts: Vec<ContextEntry>,
    pub current_context: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClusterEntry {
    pub name: String,
    pub cluster: Cluster,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserEntry {
    pub name: String,
    #[serde(default)]
    pub user: User,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ContextEntry {
    pub name: String,
    pub context: Context,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Cluster {
    pub server: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_authority: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_authority_data: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub insecure_skip_tls_verify: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_server_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_url: Option<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct User {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(rename = "tokenFile", skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing)]
    pub exec: Option<serde_json::Value>,
    #[serde(skip_serializing)]
    pub auth_provider: Option<serde_json::Value>,
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub impersonate: Option<String>,
}

impl fmt::Debug for User {
    /// Never prints tokens and keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User(..)")
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Context {
    pub cluster: String,
    pub user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

fn is_false(b: &bool) -> bool {
    !*b
}

/// Why a kubeconfig cannot be used; each names the file or the entry.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    #[error("kubeconfig {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("kubeconfig {}: {why}", path.display())]
    Parse { path: PathBuf, why: String },
    #[error("kubeconfig {}: no {what} is named {name:?}", path.display())]
    Missing { path: PathBuf, what: &'static str, name: String },
    #[error("kubeconfig {}: it names no current-context; give one with --context", path.display())]
    NoContext { path: PathBuf },
    #[error("kubeconfig {}: {what} is not supported", path.display())]
    Unsupported { path: PathBuf, what: &'static str },
}

/// A context's meaning: how to reach its cluster, and its namespace ("default" if it names none).
#[derive(Debug, Clone)]
pub struct Resolved {
    pub rest: RestConfig,
    pub namespace: String,
}

/// A parsed file, which paths in it are relative to.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Kubeconfig,
    path: PathBuf,
}

impl Loaded {
    /// # Errors
    /// The file cannot be read or is no kubeconfig.
    pub fn read(path: &Path) -> Result<Self, KubeconfigError> {
        let failed = |source| KubeconfigError::Io { path: path.to_owned(), source };
        if fs::metadata(path).map_err(failed)?.len() > FILE_BYTES_MAX {
            return Err(KubeconfigError::Parse { path: path.to_owned(), why: "the file is too large".into() });
        }
        Self::parse(path, &fs::read_to_string(path).map_err(failed)?)
    }

    /// # Errors
    /// The text is no kubeconfig.
    pub fn parse(path: &Path, text: &str) -> Result<Self, KubeconfigError> {
        let wrong = |why: String| KubeconfigError::Parse { path: path.to_owned(), why };
        let config: Kubeconfig = serde_saphyr::from_str(text).map_err(|e| wrong(e.to_string()))?;
        if !config.kind.is_empty() && config.kind != "Config" {
            return Err(wrong(format!("its kind is {:?}, not \"Config\"", config.kind)));
        }
        Ok(Self { config, path: path.to_owned() })
    }

    /// The meaning of `context`, or of the current one.
    ///
    /// # Errors
    /// An entry is missing, a file of it cannot be read, or it asks for what is not supported.
    pub fn resolve(&self, context: Option<&str>) -> Result<Resolved, KubeconfigError> {
        let name = context.unwrap_or(&self.config.current_context);
        if name.is_empty() {
            return Err(KubeconfigError::NoContext { path: self.path.clone() });
        }
        let config = &self.config;
        let context = &self.find("context", &config.contexts, |e| &e.name, name)?.context;
        let cluster = &self.find("cluster", &config.clusters, |e| &e.name, &context.cluster)?.cluster;
        let mut rest = RestConfig::new(&cluster.server, self.trust(cluster)?);
        rest.server_name.clone_from(&cluster.tls_server_name);
        if !context.user.is_empty() {
            let user = &self.find("user", &config.users, |e| &e.name, &context.user)?.user;
            (rest.identity, rest.token) = self.identity(user)?;
        }
        let namespace = context.namespace.clone().filter(|ns| !ns.is_empty()).unwrap_or_else(|| "default".into());
        Ok(Resolved { rest, namespace })
    }

    fn find<'a, T>(
        &self,
        what: &'static str,
        list: &'a [T],
        name_of: fn(&T) -> &str,
        name: &str,
    ) -> Result<&'a T, KubeconfigError> {
        let missing = || KubeconfigError::Missing { path: self.path.clone(), what, name: name.to_owned() };
        list.iter().find(|entry| name_of(entry) == name).ok_or_else(missing)
    }

    fn trust(&self, cluster: &Cluster) -> Result<Trust, KubeconfigError> {
        if cluster.proxy_url.as_ref().is_some_and(|url| !url.is_empty()) {
            return Err(self.unsupported("proxy-url"));
        }
        let authorities = self.data_or_file(
            "certificate-authority-data",
            cluster.certificate_authority_data.as_ref(),
            cluster.certificate_authority.as_ref(),
        )?;
        match (cluster.insecure_skip_tls_verify, authorities) {
            (true, Some(_)) => Err(KubeconfigError::Parse {
                path: self.path.clone(),
                why: "specifying a root certificates file with the insecure flag is not allowed".into(),
            }),
            (true, None) => Ok(Trust::Anything),
            (false, Some(pem)) => Ok(Trust::Authorities(pem)),
            (false, None) => Ok(Trust::System),
        }
    }

    fn identity(&self, user: &User) -> Result<(Option<Identity>, Option<Token>), KubeconfigError> {
        let refused = [
            (user.exec.is_some(), "a user's exec plugin"),
            (user.auth_provider.is_some(), "a user's auth-provider"),
            (user.username.is_some(), "a user's name and password (Kubernetes has no basic authentication)"),
            (user.impersonate.is_some(), "impersonation (\"as\")"),
        ];
        if let Some((_, what)) = refused.into_iter().find(|(asked, _)| *asked) {
            return Err(self.unsupported(what));
        }
        let certificate = self.data_or_file(
            "client-certificate-data",
            user.client_certificate_data.as_ref(),
            user.client_certificate.as_ref(),
        )?;
        let key = self.data_or_file("client-key-data", user.client_key_data.as_ref(), user.client_key.as_ref())?;
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
            (None, None) => None,
            _ => {
                let why = "a user has a client certificate without its key, or the reverse".into();
                return Err(KubeconfigError::Parse { path: self.path.clone(), why });
            }
        };
        // As in client-go, the file wins over the token beside it.
        let file = user.token_file.as_ref().map(|file| Token::File(self.beside(file)));
        let token = file.or_else(|| user.token.clone().filter(|t| !t.is_empty()).map(Token::Text));
        Ok((identity, token))
    }

    /// Data wins over the file, as in client-go.
    fn data_or_file(
        &self,
        name: &'static str,
        data: Option<&String>,
        file: Option<&PathBuf>,
    ) -> Result<Option<Vec<u8>>, KubeconfigError> {
        if let Some(data) = data.filter(|d| !d.is_empty()) {
            let decoded = BASE64_STANDARD.decode(data.trim().replace(['\n', '\r', ' '], ""));
            let wrong = |e| KubeconfigError::Parse { path: self.path.clone(), why: format!("{name}: {e}") };
            return decoded.map(Some).map_err(wrong);
        }
        let Some(file) = file.filter(|f| !f.as_os_str().is_empty()) else { return Ok(None) };
        let path = self.beside(file);
        fs::read(&path).map(Some).map_err(|source| KubeconfigError::Io { path, source })
    }

    fn beside(&self, file: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(file)
    }

    fn unsupported(&self, what: &'static str) -> KubeconfigError {
        KubeconfigError::Unsupported { path: self.path.clone(), what }
    }
}

impl Kubeconfig {
    /// One cluster, one user, one context, all of one name.
    pub fn single(name: &str, server: &str, authorities: &[u8], user: User) -> Self {
        let cluster = Cluster {
            server: server.to_owned(),
            certificate_authority_data: Some(BASE64_STANDARD.encode(authorities)),
            ..Cluster::default()
        };
        let context = Context { cluster: name.to_owned(), user: name.to_owned(), namespace: None };
        let named = || name.to_owned();
        Self {
            api_version: "v1".into(),
            kind: "Config".into(),
            clusters: vec![ClusterEntry { name: named(), cluster }],
            users: vec![UserEntry { name: named(), user }],
            contexts: vec![ContextEntry { name: named(), context }],
            current_context: named(),
        }
    }

    /// Writes the file whole or not at all, readable by its owner alone.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), KubeconfigError> {
        let text = serde_saphyr::to_string(self)
            .map_err(|e| KubeconfigError::Parse { path: path.to_owned(), why: e.to_string() })?;
        write_private(path, text.as_bytes()).map_err(|source| KubeconfigError::Io { path: path.to_owned(), source })
    }
}

impl User {
    /// A client certificate and its key, both PEM.
    pub fn certificate(certificate: &[u8], key: &[u8]) -> Self {
        Self {
            client_certificate_data: Some(BASE64_STANDARD.encode(certificate)),
            client_key_data: Some(BASE64_STANDARD.encode(key)),
            ..Self::default()
        }
    }

    pub fn token(token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::default() }
    }
}

fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const HEAD: &str = "apiVersion: v1\nkind: Config\npreferences: {}\ncurrent-context: c\ncontexts:\n- name: c\n  context: {cluster: k, user: u, namespace: n}\n";

    fn load(cluster: &str, user: &str) -> Result<Resolved, KubeconfigError> {
        let text = format!(
            "{HEAD}clusters:\n- name: k\n  cluster: {{server: 'https://h:1', {cluster}}}\nusers:\n- name: u\n  user: {{{user}}}\n"
        );
        Loaded::parse(Path::new("/nowhere/config"), &text)?.resolve(None)
    }

    #[test]
    fn contexts_are_resolved() {
        let resolved = load("certificate-authority-data: YWJj, tls-server-name: s", "token: t").unwrap();
        assert_eq!((&*resolved.namespace, &*resolved.rest.server), ("n", "https://h:1"));
        assert_eq!(resolved.rest.server_name.as_deref(), Some("s"));
        assert!(matches!(resolved.rest.trust, Trust::Authorities(pem) if pem == b"abc"));
        assert!(matches!(resolved.rest.token, Some(Token::Text(t)) if t == "t"));
        let resolved = load(
            "insecure-skip-tls-verify: true",
            "tokenFile: t, client-certificate-data: YQ==, client-key-data: Yg==",
        );
        let rest = resolved.unwrap().rest;
        assert!(matches!(rest.trust, Trust::Anything));
        assert!(matches!(rest.token, Some(Token::File(p)) if p == Path::new("/nowhere/t")));
        assert_eq!(rest.identity.unwrap().key, b"b");
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        let check = |cluster: &str, user: &str, why: &str| {
            let error = load(cluster, user).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
        check("", "exec: {command: aws}", "exec plugin is not supported");
        check("", "username: me, password: x", "basic authentication");
        check("", "as: someone", "impersonation");
        check("proxy-url: 'http://p'", "", "proxy-url");
        check("certificate-authority: ca.crt", "", "/nowhere/ca.crt");
        check("certificate-authority-data: '!'", "", "certificate-authority-data");
        check("", "client-certificate-data: YQ==", "without its key");
        let other = Loaded::parse(Path::new("x"), HEAD).unwrap();
        assert!(other.resolve(Some("z")).unwrap_err().to_string().contains("no context is named \"z\""));
        assert!(other.resolve(None).unwrap_err().to_string().contains("no cluster is named \"k\""));
        assert!(Loaded::parse(Path::new("x"), "kind: Pod").is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("admin.conf");
        let config = Kubeconfig::single("skeg", "https://h:6443", b"ca", User::certificate(b"cert", b"key"));
        config.write(&path).unwrap();
        config.write(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let resolved = Loaded::read(&path).unwrap().resolve(None).unwrap();
        assert_eq!((resolved.rest.identity.unwrap().certificate, &*resolved.namespace), (b"cert".to_vec(), "default"));
        assert!(matches!(resolved.rest.trust, Trust::Authorities(pem) if pem == b"ca"));
    }
}
