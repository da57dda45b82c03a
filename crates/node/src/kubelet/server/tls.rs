//! The TLS of the node's server. It is made from files, and made anew when they change: connections that are accepted then
//! are shown the new certificate.
use crate::kubelet::{
    config::{KubeletError, ServingTls},
    configuration::Settings,
    inotify::{Change, Watch},
};
use arc_swap::ArcSwap;
use rustls::{
    ALL_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
    version::TLS13,
};
use std::{collections::BTreeSet, fmt::Display, fs, path::Path, sync::Arc, time::Duration};

/// Between looks at the files, whatever their watch tells.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What the files hold.
#[derive(Clone, PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Vec<u8>,
}

/// What a server is made from, and what it shows at the moment.
pub(super) struct Live {
    files: ServingTls,
    tls_13_only: bool,
    suites: Vec<String>,
    made_from: Contents,
    pub(super) current: Arc<ArcSwap<ServerConfig>>,
}

fn wrong(error: &dyn Display) -> KubeletError {
    KubeletError::Tls(error.to_string())
}

fn read(files: &ServingTls) -> Result<Contents, KubeletError> {
    let file = |path: &Path| fs::read(path).map_err(|error| wrong(&format!("{}: {error}", path.display())));
    Ok(Contents { certificate: file(&files.certificate)?, key: file(&files.key)?, client_ca: file(&files.client_ca)? })
}

/// Everything that this process can, or of TLS 1.2 only what is named; the suites of TLS 1.3 stay, as in Go.
fn provider(suites: &[String]) -> CryptoProvider {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    if !suites.is_empty() {
        let named = |id: rustls::CipherSuite| suites.iter().any(|it| Some(it.as_str()) == id.as_str());
        provider.cipher_suites.retain(|it| it.tls13().is_some() || named(it.suite()));
    }
    provider
}

/// Names of the suites of TLS 1.2 that can be asked for.
pub(in crate::kubelet) fn suites_known() -> Vec<&'static str> {
    let all = rustls::crypto::aws_lc_rs::default_provider().cipher_suites;
    all.iter().filter_map(|it| it.suite().as_str()).collect()
}

fn config(from: &Contents, tls_13_only: bool, suites: &[String]) -> Result<ServerConfig, KubeletError> {
    let certificates =
        |pem: &[u8]| CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(|error| wrong(&error));
    let key = PrivateKeyDer::from_pem_slice(&from.key).map_err(|error| wrong(&error))?;
    let provider = Arc::new(provider(suites));
    let versions: &[&SupportedProtocolVersion] = if tls_13_only { &[&TLS13] } else { ALL_VERSIONS };
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .map_err(|error| wrong(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&from.client_ca)? {
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    let builder = if roots.is_empty() {
        builder.with_no_client_auth()
    } else {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.allow_unauthenticated().build().map_err(|error| wrong(&error))?)
    };
    let mut config = builder.with_single_cert(certificates(&from.certificate)?, key).map_err(|error| wrong(&error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

impl Live {
    /// # Errors
    /// The files cannot be read, or do not make a server.
    pub(super) fn new(files: &ServingTls, settings: &Settings) -> Result<Self, KubeletError> {
        let made_from = read(files)?;
        let (tls_13_only, suites) = (settings.tls_13_only, settings.tls_suites.clone());
        let current = Arc::new(ArcSwap::from_pointee(config(&made_from, tls_13_only, &suites)?));
        Ok(Self { files: files.clone(), tls_13_only, suites, made_from, current })
    }

    /// Takes over what the files hold now. Files in the middle of a change are left for the next look.
    fn look(&mut self) {
        let found = match read(&self.files) {
            Ok(found) if found == self.made_from => return,
            Ok(found) => found,
            Err(error) => return tracing::debug!(%error, "the serving certificate cannot be read again yet"),
        };
        match config(&found, self.tls_13_only, &self.suites) {
            Ok(made) => {
                self.current.store(Arc::new(made));
                self.made_from = found;
                tracing::info!("the node's server shows a new certificate");
            }
            Err(error) => tracing::warn!(%error, "the serving certificate is not usable: the one before stays"),
        }
    }

    /// Follows the files until it is dropped.
    pub(super) async fn keep(mut self) {
        let paths = [&self.files.certificate, &self.files.key, &self.files.client_ca];
        // Files are replaced by others of their name: their folders tell.
        let folders: BTreeSet<_> = paths.iter().filter_map(|it| it.parent()).map(Path::to_owned).collect();
        let mut watch = None;
        loop {
            if watch.is_none() {
                watch = Watch::of(folders.iter().map(|it| &**it))
                    .inspect_err(|error| tracing::debug!(%error, "the serving certificate cannot be watched"))
                    .ok();
            }
            self.look();
            tokio::select! {
                change = Watch::next(watch.as_ref()) => if change == Change::Over {
                    watch = None;
                },
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_of_tls_1_2_can_be_chosen() {
        let one = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
        assert!(suites_known().contains(&one), "{:?}", suites_known());
        let chosen = provider(&[one.to_owned()]).cipher_suites;
        let old: Vec<_> = chosen.iter().filter(|it| it.tls13().is_none()).map(|it| it.suite().as_str()).collect();
        assert_eq!(old, [Some(one)]);
        assert!(chosen.len() > 1, "those of TLS 1.3 stay");
        assert_eq!(provider(&[]).cipher_suites.len(), suites_known().len());
    }
}
