//! The cluster's own certificate authority and the certificates that its components show. Made at first start in
//! `<data-dir>/pki`, keys 0600; leaf certificates are made anew when less than a third of their life is left.
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use std::{
    fs, io,
    io::Write,
    net::IpAddr,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use time::OffsetDateTime;

const CA_DAYS: i64 = 3650;
const LEAF_DAYS: i64 = 365;

#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    #[error("cannot {what} {path}: {source}")]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{path} is not a usable certificate or key: {why}; move it away and start again to have it made anew")]
    Malformed { path: PathBuf, why: String },
    #[error("cannot make a certificate for {name}: {source}")]
    Make { name: String, source: rcgen::Error },
    #[error(
        "the machine's clock says {now}, before the cluster's certificate authority was made ({born}); set the clock and start again"
    )]
    ClockBeforeBirth { now: Timestamp, born: Timestamp },
}

/// A certificate and its private key, both PEM.
#[derive(Clone)]
pub struct Pair {
    pub cert_pem: String,
    pub key_pem: String,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pair(…)")
    }
}

/// What a leaf certificate says about its holder.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    pub common_name: String,
    pub organizations: Vec<String>,
    pub dns_names: Vec<String>,
    pub addresses: Vec<IpAddr>,
    pub server: bool,
    pub client: bool,
}

/// The certificate authority in `<data-dir>/pki`.
#[derive(Debug)]
pub struct ClusterPki {
    dir: PathBuf,
    ca_pem: String,
    ca_key_pem: String,
    now: Timestamp,
}

impl ClusterPki {
    /// Loads the authority of this data directory, or makes it.
    ///
    /// # Errors
    /// Unreadable or malformed files, or a clock before the authority's birth.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, PkiError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|source| PkiError::Io {
            what: "create",
            path: dir.into(),
            source,
        })?;
        let pair = match read_pair(dir, "ca")? {
            Some(pair) => pair,
            None => {
                let pair = make_ca(now)?;
                write_pair(dir, "ca", &pair)?;
                pair
            }
        };
        let (born, _) = validity(&dir.join("ca.crt"), &pair.cert_pem)?;
        if now < born {
            return Err(PkiError::ClockBeforeBirth { now, born });
        }
        Ok(Self { dir: dir.into(), ca_pem: pair.cert_pem, ca_key_pem: pair.key_pem, now })
    }

    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The certificate `<name>.crt` for this subject: the one on disk while it fits and lives, otherwise a new one.
    ///
    /// # Errors
    /// The files cannot be read or written.
    pub fn leaf(&self, name: &str, subject: &Subject) -> Result<Pair, PkiError> {
        let note = self.dir.join(format!("{name}.subject"));
        let wanted = format!("{subject:?}\n{}", self.ca_pem);
        if let Some(pair) = read_pair(&self.dir, name)?
            && fs::read_to_string(&note).is_ok_and(|have| have == wanted)
        {
            let (born, dies) = validity(&self.dir.join(format!("{name}.crt")), &pair.cert_pem)?;
            let third = dies.duration_since(born) / 3;
            if dies.duration_since(self.now) > third {
                return Ok(pair);
            }
        }
        let pair = self.issue(subject)?;
        write_pair(&self.dir, name, &pair)?;
        write_file(&note, wanted.as_bytes(), 0o600)?;
        Ok(pair)
    }

    /// A new certificate that is kept nowhere.
    ///
    /// # Errors
    /// The subject cannot stand in a certificate.
    pub fn issue(&self, subject: &Subject) -> Result<Pair, PkiError> {
        let fail = |source| PkiError::Make { name: subject.common_name.clone(), source };
        let ca_key = KeyPair::from_pem(&self.ca_key_pem).map_err(fail)?;
        let issuer = Issuer::from_ca_cert_pem(&self.ca_pem, ca_key).map_err(fail)?;
        let key = KeyPair::generate().map_err(fail)?;
        let cert = leaf_params(subject, self.now).map_err(fail)?.signed_by(&key, &issuer).map_err(fail)?;
        Ok(Pair { cert_pem: cert.pem(), key_pem: key.serialize_pem() })
    }

    /// The key that signs service-account tokens (ES256), made at first use.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn service_account_key(&self) -> Result<String, PkiError> {
        let path = self.dir.join("sa.key");
        match fs::read_to_string(&path) {
            Ok(pem) => Ok(pem),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let key = KeyPair::generate().map_err(|source| PkiError::Make { name: "sa".into(), source })?;
                write_file(&path, key.serialize_pem().as_bytes(), 0o600)?;
                write_file(&self.dir.join("sa.pub"), key.public_key_pem().as_bytes(), 0o644)?;
                Ok(key.serialize_pem())
            }
            Err(source) => Err(PkiError::Io { what: "read", path, source }),
        }
    }
}

/// The span from a minute before `now` (peers' clocks differ) to so many days after.
fn day_span(now: Timestamp, days: i64) -> (OffsetDateTime, OffsetDateTime) {
    let at = |t: Timestamp| OffsetDateTime::from_unix_timestamp(t.as_second()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    (at(now - SignedDuration::from_secs(60)), at(now + SignedDuration::from_hours(24 * days)))
}

fn make_ca(now: Timestamp) -> Result<Pair, PkiError> {
    let fail = |source| PkiError::Make { name: "the certificate authority".into(), source };
    let key = KeyPair::generate().map_err(fail)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "skeg-ca");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = day_span(now, CA_DAYS);
    let cert = params.self_signed(&key).map_err(fail)?;
    Ok(Pair { cert_pem: cert.pem(), key_pem: key.serialize_pem() })
}

fn leaf_params(subject: &Subject, now: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(subject.dns_names.clone())?;
    params.subject_alt_names.extend(subject.addresses.iter().copied().map(SanType::IpAddress));
    params.distinguished_name = rcgen::DistinguishedName::new();
    for organization in &subject.organizations {
        params.distinguished_name.push(DnType::OrganizationName, organization.as_str());
    }
    params.distinguished_name.push(DnType::CommonName, subject.common_name.as_str());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if subject.server {
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    }
    if subject.client {
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
    }
    (params.not_before, params.not_after) = day_span(now, LEAF_DAYS);
    Ok(params)
}

/// Both times of the first certificate in a PEM text.
fn validity(path: &Path, pem: &str) -> Result<(Timestamp, Timestamp), PkiError> {
    let malformed = |why: String| PkiError::Malformed { path: path.into(), why };
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).map_err(|e| malformed(e.to_string()))?;
    let cert = block.parse_x509().map_err(|e| malformed(e.to_string()))?;
    let at =
        |t: x509_parser::time::ASN1Time| Timestamp::from_second(t.timestamp()).map_err(|e| malformed(e.to_string()));
    Ok((at(cert.validity().not_before)?, at(cert.validity().not_after)?))
}

fn read_pair(dir: &Path, name: &str) -> Result<Option<Pair>, PkiError> {
    let read = |path: PathBuf| match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PkiError::Io { what: "read", path, source }),
    };
    let cert = read(dir.join(format!("{name}.crt")))?;
    let key = read(dir.join(format!("{name}.key")))?;
    match (cert, key) {
        (Some(cert_pem), Some(key_pem)) => Ok(Some(Pair { cert_pem, key_pem })),
        // A crash between the two writes leaves a key alone: it was never used.
        (None, _) => Ok(None),
        (Some(_), None) => {
            Err(PkiError::Malformed { path: dir.join(format!("{name}.crt")), why: "its key is missing".into() })
        }
    }
}

fn write_pair(dir: &Path, name: &str, pair: &Pair) -> Result<(), PkiError> {
    let cert = dir.join(format!("{name}.crt"));
    // The old certificate goes first so that a crash never leaves it beside another key.
    match fs::remove_file(&cert) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(PkiError::Io { what: "replace", path: cert, source });
        }
        _ => {}
    }
    write_file(&dir.join(format!("{name}.key")), pair.key_pem.as_bytes(), 0o600)?;
    write_file(&cert, pair.cert_pem.as_bytes(), 0o644)
}

/// Writes a file whole or not at all: a temporary neighbour, synced, renamed, directory synced.
///
/// # Errors
/// Whatever the file system says, with the path.
pub fn write_file(path: &Path, content: &[u8], mode: u32) -> Result<(), PkiError> {
    let fail = |source| PkiError::Io { what: "write", path: path.into(), source };
    let temporary = path.with_extension("new");
    let _ = fs::remove_file(&temporary);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary).map_err(fail)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(fail)?;
    fs::rename(&temporary, path).map_err(fail)?;
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::File::open(parent).and_then(|dir| dir.sync_all()).map_err(fail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    fn server() -> Subject {
        Subject {
            common_name: "kube-apiserver".into(),
            dns_names: vec!["localhost".into()],
            server: true,
            ..Subject::default()
        }
    }

    #[test]
    fn a_second_start_finds_the_same_authority_and_leaf() {
        let dir = tempfile::tempdir().unwrap();
        let first = ClusterPki::open(dir.path(), at(1_800_000_000)).unwrap();
        let leaf = first.leaf("apiserver", &server()).unwrap();
        let second = ClusterPki::open(dir.path(), at(1_800_000_100)).unwrap();
        assert_eq!(first.ca_pem(), second.ca_pem());
        assert_eq!(leaf.cert_pem, second.leaf("apiserver", &server()).unwrap().cert_pem);
    }

    #[test]
    fn a_leaf_is_renewed_when_old_or_when_its_subject_changes() {
        let dir = tempfile::tempdir().unwrap();
        let leaf = ClusterPki::open(dir.path(), at(1_800_000_000)).unwrap().leaf("a", &server()).unwrap();
        let later = ClusterPki::open(dir.path(), at(1_800_000_000 + 86_400 * 300)).unwrap();
        assert_ne!(leaf.cert_pem, later.leaf("a", &server()).unwrap().cert_pem);
        let renamed = Subject { common_name: "other".into(), ..server() };
        let now = ClusterPki::open(dir.path(), at(1_800_000_000)).unwrap();
        assert_ne!(now.leaf("a", &server()).unwrap().cert_pem, now.leaf("a", &renamed).unwrap().cert_pem);
    }

    #[test]
    fn keys_are_for_their_owner_only_and_an_early_clock_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        ClusterPki::open(dir.path(), at(1_800_000_000)).unwrap().service_account_key().unwrap();
        for name in ["ca.key", "sa.key"] {
            assert_eq!(fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        let error = ClusterPki::open(dir.path(), at(1_700_000_000)).unwrap_err();
        assert!(matches!(error, PkiError::ClockBeforeBirth { .. }), "{error}");
    }
}
