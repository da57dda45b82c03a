//! The kubeconfig with full rights that a server writes.
use anyhow::Context;
use skeg_client::kubeconfig::{Kubeconfig, User};
use skeg_server::auth::pki::{ClusterPki, Subject};
use std::path::Path;

/// Writes `path` (0600) for the cluster's administrator, with a client certificate of the cluster's authority.
pub fn write(path: &Path, server: &str, pki: &ClusterPki) -> anyhow::Result<()> {
    let admin = pki.leaf(
        "admin",
        &Subject {
            common_name: "kubernetes-admin".into(),
            organizations: vec!["system:masters".into()],
            client: true,
            ..Subject::default()
        },
    )?;
    let user = User::certificate(admin.cert_pem.as_bytes(), admin.key_pem.as_bytes());
    let config = Kubeconfig::single("skeg", server, pki.ca_pem().as_bytes(), user);
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    config.write(path).context("cannot write --write-kubeconfig")
}
