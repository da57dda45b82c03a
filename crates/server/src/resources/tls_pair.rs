//! Whether a TLS Secret's key belongs to its certificate: people are warned when it does not.
use super::tree;
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::{
    SignatureAlgorithm,
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer},
    sign::SigningKey,
};
use skeg_model::{Value, kinds::Kind};
use std::sync::Arc;
use x509_parser::pem::Pem;

/// What upstream warns of, in the words of Go's `tls.X509KeyPair`; nothing of the key is in them.
pub(super) fn warning(kind: &Kind, object: &Value) -> Option<String> {
    let is_pair = kind.resource == "secrets" && kind.group.is_empty() && object["type"] == "kubernetes.io/tls";
    let data = |key: &str| STANDARD.decode(tree::text(&object["data"], key)).unwrap_or_default();
    is_pair.then(|| check(&data("/tls.crt"), &data("/tls.key")).err()).flatten()
}

fn check(certificate: &[u8], key: &[u8]) -> Result<(), String> {
    let certificate = certificate_in(certificate)?;
    let key = key_in(key)?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&certificate.contents)
        .map_err(|_| "x509: malformed certificate".to_owned())?;
    let public = &certificate.tbs_certificate.subject_pki;
    let algorithm = match public.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.1" => SignatureAlgorithm::RSA,
        "1.2.840.10045.2.1" => SignatureAlgorithm::ECDSA,
        "1.3.101.112" => SignatureAlgorithm::ED25519,
        _ => return Err("tls: unknown public key algorithm".into()),
    };
    let key = private(&key.contents).ok_or("tls: failed to parse private key")?;
    if key.algorithm() != algorithm {
        return Err("tls: private key type does not match public key type".into());
    }
    match key.public_key() {
        Some(own) if own.as_ref() != public.raw => Err("tls: private key does not match public key".into()),
        _ => Ok(()),
    }
}

fn blocks(bytes: &[u8]) -> impl Iterator<Item = Pem> {
    Pem::iter_from_buffer(bytes).filter_map(Result::ok)
}

fn certificate_in(bytes: &[u8]) -> Result<Pem, String> {
    let mut skipped = Vec::new();
    for block in blocks(bytes) {
        if block.label == "CERTIFICATE" {
            return Ok(block);
        }
        skipped.push(block.label);
    }
    Err(match skipped.as_slice() {
        [] => "tls: failed to find any PEM data in certificate input".into(),
        [one] if one.ends_with("PRIVATE KEY") => {
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been \
             switched"
                .into()
        }
        many => format!(
            "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: \
             [{}]",
            many.join(" ")
        ),
    })
}

fn key_in(bytes: &[u8]) -> Result<Pem, String> {
    let mut skipped = Vec::new();
    for block in blocks(bytes) {
        if block.label == "PRIVATE KEY" || block.label.ends_with(" PRIVATE KEY") {
            return Ok(block);
        }
        skipped.push(block.label);
    }
    Err(match skipped.as_slice() {
        [] => "tls: failed to find any PEM data in key input".into(),
        [one] if one == "CERTIFICATE" => {
            "tls: found a certificate rather than a key in the PEM for the private key".into()
        }
        many => format!(
            "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the \
             following types: [{}]",
            many.join(" ")
        ),
    })
}

/// The key in whichever of its three forms.
fn private(der: &[u8]) -> Option<Arc<dyn SigningKey>> {
    let forms = [
        PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der)),
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der)),
        PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(der)),
    ];
    forms.iter().find_map(|form| any_supported_type(form).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_checked_as_go_does() {
        let made = || {
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
            (certificate.pem(), key.serialize_pem())
        };
        let ((certificate, key), (_, other)) = (made(), made());
        let check = |certificate: &str, key: &str, wanted: &str| {
            assert_eq!(check(certificate.as_bytes(), key.as_bytes()).err().unwrap_or_default(), wanted);
        };
        check(&certificate, &key, "");
        check(&certificate, &other, "tls: private key does not match public key");
        check("a", &key, "tls: failed to find any PEM data in certificate input");
        check(&certificate, "a", "tls: failed to find any PEM data in key input");
        check(&certificate, &certificate, "tls: found a certificate rather than a key in the PEM for the private key");
        let switched = "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may \
                        have been switched";
        check(&key, &key, switched);
        let garbage = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
        check(garbage, &key, "x509: malformed certificate");
        let garbage = "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n";
        check(&certificate, garbage, "tls: failed to parse private key");
    }
}
