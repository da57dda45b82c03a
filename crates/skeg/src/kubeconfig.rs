//! The kubeconfig with full rights that a server writes.
use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use skeg_server::auth::pki::{ClusterPki, Subject, write_file};
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
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: skeg\nclusters:\n- name: skeg\n  cluster:\n    server: {server}\n    \
         certificate-authority-data: {}\nusers:\n- name: admin\n  user:\n    client-certificate-data: {}\n    \
         client-key-data: {}\ncontexts:\n- name: skeg\n  context:\n    cluster: skeg\n    user: admin\n",
        STANDARD.encode(pki.ca_pem()),
        STANDARD.encode(&admin.cert_pem),
        STANDARD.encode(&admin.key_pem),
    );
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    write_file(path, text.as_bytes(), 0o600).context("cannot write --write-kubeconfig")
}
