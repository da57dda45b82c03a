//! What the HTTP server is made of.
use super::Health;
use crate::{
    auth::{Authorizer, authn::Authenticator},
    resources::{Api, Entropy},
};
use arc_swap::ArcSwap;
use bytes::Bytes;
use serde::Serialize;
use skeg_model::time::Clock;
use std::{sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// How the API server reaches kubelets.
#[derive(Clone, Debug)]
pub struct KubeletClient {
    /// Client certificate `kube-apiserver-kubelet-client` and the CA that kubelets' certificates come from.
    pub tls: Arc<rustls::ClientConfig>,
    /// For connecting and for the TLS handshake.
    pub connect_timeout: Duration,
}

/// Documents of service-account issuer discovery.
#[derive(Clone, Debug)]
pub struct OpenId {
    /// `/.well-known/openid-configuration`
    pub configuration: Bytes,
    /// `/openid/v1/jwks`
    pub jwks: Bytes,
}

/// The answer of `/version`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionInfo {
    pub major: String,
    pub minor: String,
    pub emulation_major: String,
    pub emulation_minor: String,
    pub min_compatibility_major: String,
    pub min_compatibility_minor: String,
    pub git_version: String,
    pub git_commit: String,
    pub git_tree_state: String,
    pub build_date: String,
    /// The toolchain; the field's name is Kubernetes' own.
    pub go_version: String,
    pub compiler: String,
    pub platform: String,
}

impl VersionInfo {
    /// The Kubernetes release that is spoken, with this build behind the `+`.
    pub fn new(build: &str) -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Self {
            major: "1".into(),
            minor: "36".into(),
            emulation_major: "1".into(),
            emulation_minor: "36".into(),
            min_compatibility_major: "1".into(),
            min_compatibility_minor: "35".into(),
            git_version: format!("v1.36.3+skeg.{build}"),
            git_commit: String::new(),
            git_tree_state: String::new(),
            build_date: String::new(),
            go_version: String::new(),
            compiler: "rustc".into(),
            platform: format!("{}/{architecture}", std::env::consts::OS),
        }
    }
}

/// Everything that [`super::serve`] needs.
#[derive(Debug)]
pub struct ServerConfig {
    pub api: Arc<Api>,
    pub authenticator: Arc<Authenticator>,
    pub authorizer: Arc<dyn Authorizer>,
    /// Read for every new connection, so that certificates rotate live. ALPN must offer `h2` and `http/1.1`.
    pub tls: Arc<ArcSwap<rustls::ServerConfig>>,
    /// Already bound, so that a port in use is found before anything else starts.
    pub listeners: Vec<TcpListener>,
    pub kubelet: KubeletClient,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub health: Arc<Health>,
    pub version: VersionInfo,
    pub openid: Option<OpenId>,
    /// `host:port` that `/api` tells clients.
    pub advertise_address: String,
    /// `--max-requests-inflight`; upstream's default is 400.
    pub max_requests_inflight: usize,
    /// `--max-mutating-requests-inflight`; upstream's default is 200.
    pub max_mutating_requests_inflight: usize,
    /// `--request-timeout`; upstream's default is 60 s. Watches and streams are aside.
    pub request_timeout: Duration,
    /// A client that has not sent the head of its next request by then is cut off; upstream's is 90 s.
    pub idle_timeout: Duration,
    /// `--min-request-timeout`: a watch without a timeout of its own ends after this to twice this; 1800 s.
    pub min_watch_timeout: Duration,
}
