//! TLS settings of both sides, from PEM.
use super::pki::Pair;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, SignatureAlgorithm,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{what} is not usable PEM: {why}")]
    Pem { what: &'static str, why: String },
    #[error("the certificate and key do not make a TLS endpoint: {0}")]
    Config(String),
}

fn certificates(what: &'static str, pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let all = all.map_err(|e| TlsError::Pem { what, why: e.to_string() })?;
    if all.is_empty() {
        return Err(TlsError::Pem { what, why: "it holds no certificate".into() });
    }
    Ok(all)
}

fn roots(what: &'static str, pems: &[&str]) -> Result<Arc<RootCertStore>, TlsError> {
    let mut store = RootCertStore::empty();
    for pem in pems {
        for certificate in certificates(what, pem)? {
            store.add(certificate).map_err(|e| TlsError::Pem { what, why: e.to_string() })?;
        }
    }
    Ok(Arc::new(store))
}

fn key(pair: &Pair) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pair.key_pem.as_bytes())
        .map_err(|e| TlsError::Pem { what: "the private key", why: e.to_string() })
}

/// Whether the pair's key is RSA: signing a handshake with it costs many times what an elliptic curve costs.
pub fn is_rsa(pair: &Pair) -> bool {
    let signing = key(pair).ok().and_then(|key| aws_lc_rs::sign::any_supported_type(&key).ok());
    signing.is_some_and(|it| it.algorithm() == SignatureAlgorithm::RSA)
}

fn config_error(e: impl std::fmt::Display) -> TlsError {
    TlsError::Config(e.to_string())
}

/// A server that shows `pair` and believes client certificates of `client_cas`; clients need show none.
///
/// # Errors
/// Unusable PEM, or a key that is not the certificate's.
pub fn server_config(pair: &Pair, client_cas: &[&str]) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots("the client CA", client_cas)?, provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(config_error)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(config_error)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates("the serving certificate", &pair.cert_pem)?, key(pair)?)
        .map_err(config_error)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// A client that shows `pair` and believes servers of `ca_pem`.
///
/// # Errors
/// Unusable PEM, or a key that is not the certificate's.
pub fn client_config(pair: &Pair, ca_pem: &str) -> Result<ClientConfig, TlsError> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(config_error)?
        .with_root_certificates(roots("the CA", &[ca_pem])?)
        .with_client_auth_cert(certificates("the client certificate", &pair.cert_pem)?, key(pair)?)
        .map_err(config_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_keys_are_told_from_others() {
        let check = |algorithm, want| {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let pair = Pair { cert_pem: String::new(), key_pem: key.serialize_pem() };
            assert_eq!(is_rsa(&pair), want);
        };
        check(&rcgen::PKCS_RSA_SHA256, true);
        check(&rcgen::PKCS_ECDSA_P256_SHA256, false);
        assert!(!is_rsa(&Pair { cert_pem: String::new(), key_pem: "no key".into() }));
    }
}
