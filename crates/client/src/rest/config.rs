//! Where the API server is, whom to trust, and who we are.
use http::{HeaderValue, Uri};
use parking_lot::Mutex;
use rustls::{
    ClientConfig, RootCertStore,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
};
use std::{fmt, io, path::PathBuf, sync::Arc, time::Duration};
use tokio::time::Instant;

pub use rustls::pki_types::ServerName;

/// A token file is read again after this, as by client-go: kubelets replace projected tokens in place.
const TOKEN_FILE_AGE_MAX: Duration = Duration::from_secs(60);
/// Where Debian and its relatives keep the certificates of public authorities.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Which server certificates are believed.
#[derive(Debug, Clone)]
pub enum Trust {
    /// PEM bundle of authorities.
    Authorities(Vec<u8>),
    /// The machine's bundle.
    System,
    /// Any; only where the user asked for it.
    Anything,
}

/// A client certificate chain and its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// A bearer token.
#[derive(Clone)]
pub enum Token {
    Text(String),
    /// Read again when it is a minute old.
    File(PathBuf),
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Token(..)"),
            Self::File(path) => write!(f, "Token(file {})", path.display()),
        }
    }
}

#[derive(Debug, Clone)]
pub struct RestConfig {
    /// `https://host:port`, with a path prefix if there is one; `http://` for a proxy on this machine.
    pub server: String,
    pub trust: Trust,
    /// Name that the server's certificate must be for, if it is not the host.
    pub server_name: Option<String>,
    pub identity: Option<Identity>,
    pub token: Option<Token>,
    pub user_agent: String,
    /// For the head of every answer, and for the whole of those that are not streams.
    pub timeout: Duration,
}

impl RestConfig {
    pub fn new(server: impl Into<String>, trust: Trust) -> Self {
        Self {
            server: server.into(),
            trust,
            server_name: None,
            identity: None,
            token: None,
            user_agent: concat!("skeg/v", env!("CARGO_PKG_VERSION")).into(),
            timeout: Duration::from_secs(60),
        }
    }

    pub(super) fn base(&self) -> Result<Uri, ConfigError> {
        let invalid = |why: &str| ConfigError::Server { server: self.server.clone(), why: why.to_owned() };
        let text = if self.server.contains("://") { self.server.clone() } else { format!("https://{}", self.server) };
        let uri: Uri = text.parse().map_err(|e: http::uri::InvalidUri| invalid(&e.to_string()))?;
        match (uri.scheme_str(), uri.host()) {
            (Some("https" | "http"), Some(host)) if !host.is_empty() => Ok(uri),
            _ => Err(invalid("it is not of the form https://host:port")),
        }
    }

    /// TLS for this configuration, offering `protocols` (ALPN).
    ///
    /// # Errors
    /// Authorities or an identity that cannot be used.
    pub fn tls(&self, protocols: &[&str]) -> Result<ClientConfig, ConfigError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(ConfigError::Tls)?;
        let builder = match &self.trust {
            Trust::Authorities(pem) => builder.with_webpki_verifier(verifier(pem, provider)?),
            Trust::System => {
                let pem = std::fs::read(SYSTEM_ROOTS)
                    .map_err(|source| ConfigError::Read { path: SYSTEM_ROOTS.into(), source })?;
                builder.with_webpki_verifier(verifier(&pem, provider)?)
            }
            Trust::Anything => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anything(provider))),
        };
        let mut tls = match &self.identity {
            Some(Identity { certificate, key }) => {
                let chain = certificates(certificate, "client certificate")?;
                let key = PrivateKeyDer::from_pem_slice(key)
                    .map_err(|e| ConfigError::Pem { what: "client key", why: e.to_string() })?;
                builder.with_client_auth_cert(chain, key).map_err(ConfigError::Tls)?
            }
            None => builder.with_no_client_auth(),
        };
        tls.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        Ok(tls)
    }
}

/// What a configuration lacks.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("server {server:?}: {why}")]
    Server { server: String, why: String },
    #[error("the {what} is not PEM: {why}")]
    Pem { what: &'static str, why: String },
    #[error("certificate authorities: {0}")]
    Authorities(String),
    #[error("TLS: {0}")]
    Tls(rustls::Error),
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the user agent is not a header's text")]
    UserAgent,
    #[error("the token is not a header's text")]
    Token,
}

fn certificates(pem: &[u8], what: &'static str) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let bad = |why: String| ConfigError::Pem { what, why };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|e| bad(e.to_string()))?;
    if chain.is_empty() { Err(bad("it holds no certificate".into())) } else { Ok(chain) }
}

fn verifier(pem: &[u8], provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, ConfigError> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(pem, "certificate authority")?);
    if added == 0 {
        return Err(ConfigError::Authorities("none can be used".into()));
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|e| ConfigError::Authorities(e.to_string()))
}

/// Believes every certificate; the signature must still be its owner's.
#[derive(Debug)]
struct Anything(Arc<CryptoProvider>);

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The Authorization header, kept as fresh as its file.
pub(super) struct Credentials {
    fixed: Option<HeaderValue>,
    file: Option<(PathBuf, Mutex<Option<Read>>)>,
}

/// When a token file was read, and what it held.
type Read = (Instant, HeaderValue);

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl Credentials {
    pub fn new(token: Option<Token>) -> Result<Self, ConfigError> {
        Ok(match token {
            None => Self { fixed: None, file: None },
            Some(Token::Text(text)) => Self { fixed: Some(bearer(&text)?), file: None },
            Some(Token::File(path)) => Self { fixed: None, file: Some((path, Mutex::new(None))) },
        })
    }

    pub async fn header(&self) -> Result<Option<HeaderValue>, ConfigError> {
        let Some((path, kept)) = &self.file else { return Ok(self.fixed.clone()) };
        if let Some((read, value)) = &*kept.lock()
            && read.elapsed() < TOKEN_FILE_AGE_MAX
        {
            return Ok(Some(value.clone()));
        }
        let text = tokio::fs::read_to_string(path).await;
        let text = text.map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        let value = bearer(&text)?;
        *kept.lock() = Some((Instant::now(), value.clone()));
        Ok(Some(value))
    }
}

fn bearer(token: &str) -> Result<HeaderValue, ConfigError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|_| ConfigError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}
