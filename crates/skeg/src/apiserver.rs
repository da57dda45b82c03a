//! `skeg apiserver`, and the same API server inside `skeg server`.
use crate::{
    flags::{ApiFlags, Datastore},
    kubeconfig,
};
use anyhow::{Context, bail};
use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use skeg_model::time::{Clock, MonotonicClock, SystemClock};
use skeg_server::{
    api::{self, Health, KubeletClient, OpenId, ServerConfig, VersionInfo},
    auth::{
        Authorizer, User,
        authn::{Authenticator, read_token_file},
        legacy,
        node::NodeGraph,
        pki::{ClusterPki, Pair, Subject},
        policy::{AlwaysAllow, AlwaysDeny, Chain, Live},
        rbac::{Policy, Superusers},
        tls,
        tokens::TokenKey,
    },
    resources::{Api, ApiConfig, Cidr, Entropy, SystemEntropy, local::LocalTransport},
};
use skeg_storage::{Embedded, Store};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// A clock that is further behind the last stored write than this is refused.
const CLOCK_BEHIND_MAX: SignedDuration = SignedDuration::from_hours(1);

/// A running API server with what other components need of it.
pub struct Running {
    pub api: Arc<Api>,
    pub pki: ClusterPki,
    pub tokens: Arc<TokenKey>,
    pub clock: Arc<dyn Clock>,
    pub service_cidr: Cidr,
    /// Address at which nodes and pods reach this server.
    pub advertise: SocketAddr,
    store: Arc<dyn Store>,
    serving: JoinHandle<Result<(), api::ServeError>>,
    /// Keeps the record of tokens that live in Secrets.
    tracking: JoinHandle<Option<()>>,
}

impl Running {
    /// An in-process way into the API for a component.
    pub fn transport(&self, user: User, agent: &str) -> skeg_client::SharedTransport {
        Arc::new(LocalTransport::new(self.api.clone(), user, agent))
    }

    /// Waits for the end of serving, then flushes and closes the store.
    pub async fn finish(self) -> anyhow::Result<()> {
        let served = self.serving.await.context("the API server's task ended abnormally")?;
        self.tracking.await.context("the task that tracks tokens ended abnormally")?;
        self.store.close().await;
        served.context("serving the API")
    }
}

/// Runs the API server until `token` is cancelled.
pub async fn run(flags: ApiFlags, token: CancellationToken) -> anyhow::Result<()> {
    start(&flags, &token).await?.finish().await
}

/// Everything up to a listening, ready server.
pub async fn start(flags: &ApiFlags, token: &CancellationToken) -> anyhow::Result<Running> {
    let listener = listen(flags).await?;
    let advertise = SocketAddr::new(advertise_address(flags)?, listener.local_addr()?.port());
    let service_cidr = Cidr::parse(&flags.service_cluster_ip_range).with_context(|| {
        format!(
            "--service-cluster-ip-range: {:?} is no IPv4 network such as 10.96.0.0/16",
            flags.service_cluster_ip_range
        )
    })?;
    let (store, clock) = open_store(flags).await?;
    let pki = ClusterPki::open(&flags.data_dir.join("pki"), clock.now())?;
    let authorizer = authorizer(&flags.authorization_mode, &store)?;
    let tokens = Arc::new(token_key(flags, &pki)?);
    let authenticator = authenticator(flags, &tokens, &store, &clock)?;
    let api = Api::new(ApiConfig {
        store: store.clone(),
        authorizer: authorizer.clone(),
        admission: skeg_server::admission::chain(&flags.enable_admission_plugins, &flags.disable_admission_plugins)?,
        clock: clock.clone(),
        entropy: Arc::new(SystemEntropy),
        tokens: tokens.clone(),
        reviewer: authenticator.clone(),
        service_cidr,
        node_port_range: port_range(&flags.service_node_port_range)?,
        allow_privileged: flags.allow_privileged,
    });
    let health = Arc::new(Health::default());
    let checked = store.clone();
    health.check("etcd", move || checked.health());
    let hooks = [
        "start-system-namespaces-controller",
        "bootstrap-controller",
        "rbac/bootstrap-roles",
        "scheduling/bootstrap-system-priority-classes",
        "start-cluster-authentication-info-controller",
        "start-legacy-token-tracking-controller",
    ];
    let hooks = hooks.map(|name| health.hook(name));
    let (uses, told) = legacy::uses();
    authenticator.tell_uses(uses);
    let serving = serve(
        flags,
        &pki,
        Parts { api: &api, authenticator, authorizer, tokens: tokens.clone(), clock: &clock, health },
        listener,
        advertise,
        token,
    )?;
    skeg_server::resources::bootstrap::run(&api, advertise, &client_authorities(flags, &pki)?)
        .await
        .context("writing the objects that every cluster starts with")?;
    let track = legacy::track(api.clone(), clock.clone(), told);
    let tracking = tokio::spawn(token.clone().run_until_cancelled_owned(track));
    for hook in &hooks {
        hook.done();
    }
    if let Some(path) = &flags.write_kubeconfig {
        kubeconfig::write(path, &reachable(flags, advertise), &pki)?;
    }
    tracing::info!(target: "skeg", address = %advertise, "API server is ready");
    Ok(Running { api, pki, tokens, clock, service_cidr, advertise, store, serving, tracking })
}

async fn listen(flags: &ApiFlags) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::new(flags.bind_address, flags.secure_port);
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: is another server running? Choose another --secure-port or --bind-address")
    })
}

/// Where clients on this machine reach the server.
fn reachable(flags: &ApiFlags, advertise: SocketAddr) -> String {
    let ip = if flags.bind_address.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { flags.bind_address };
    format!("https://{}", SocketAddr::new(ip, advertise.port()))
}

fn advertise_address(flags: &ApiFlags) -> anyhow::Result<IpAddr> {
    if let Some(given) = flags.advertise_address {
        return Ok(given);
    }
    if !flags.bind_address.is_unspecified() {
        return Ok(flags.bind_address);
    }
    // Connecting a datagram socket sends nothing: it only asks the routing table for the source address.
    let source = UdpSocket::bind("0.0.0.0:0").and_then(|s| s.connect("192.0.2.1:9").and_then(|()| s.local_addr()));
    match source {
        Ok(address) if !address.ip().is_unspecified() => Ok(address.ip()),
        _ => bail!("this machine has no default route to take its address from: give --advertise-address"),
    }
}

async fn open_store(flags: &ApiFlags) -> anyhow::Result<(Arc<dyn Store>, Arc<dyn Clock>)> {
    if flags.datastore == Datastore::Etcd {
        bail!("--datastore=etcd cannot be used in this version: use --datastore=embedded");
    }
    let dir = flags.data_dir.join("storage");
    let mut identity = [0; 16];
    SystemEntropy.fill(&mut identity);
    let options = skeg_storage::Options::new(Arc::new(SystemClock), identity);
    let opening = dir.clone();
    let engine = tokio::task::spawn_blocking(move || Embedded::open(&opening, options)).await??;
    let (now, last) = (SystemClock.now(), engine.last_write_time().unwrap_or(Timestamp::UNIX_EPOCH));
    check_clock(now, last, &dir)?;
    Ok((Arc::new(engine), Arc::new(MonotonicClock::new(SystemClock, last))))
}

/// Refuses a clock far behind the last stored write: certificates, leases and object times would all be wrong.
fn check_clock(now: Timestamp, last: Timestamp, dir: &Path) -> anyhow::Result<()> {
    let behind = last.duration_since(now);
    if behind > CLOCK_BEHIND_MAX {
        let place = dir.display();
        bail!("the machine's clock says {now}, but {place} was last written at {last}: set the clock and start again");
    }
    if behind > SignedDuration::ZERO {
        tracing::warn!(target: "skeg", %now, %last, "the clock is behind the last stored write; time stands still until then");
    }
    Ok(())
}

fn authorizer(modes: &[String], store: &Arc<dyn Store>) -> anyhow::Result<Arc<dyn Authorizer>> {
    let mut chain: Vec<Arc<dyn Authorizer>> = vec![Arc::new(Superusers)];
    for mode in modes {
        chain.push(match mode.as_str() {
            "AlwaysAllow" => Arc::new(AlwaysAllow),
            "AlwaysDeny" => Arc::new(AlwaysDeny),
            "Node" => Arc::new(Live::new(NodeGraph::default(), store.clone())),
            "RBAC" => Arc::new(Live::new(Policy::default(), store.clone())),
            other => {
                bail!("--authorization-mode: {other:?} is not served; choose from AlwaysAllow, AlwaysDeny, Node, RBAC")
            }
        });
    }
    Ok(Arc::new(Chain(chain)))
}

fn token_key(flags: &ApiFlags, pki: &ClusterPki) -> anyhow::Result<TokenKey> {
    let pem = match &flags.service_account_signing_key_file {
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("cannot read --service-account-signing-key-file {}", path.display()))?,
        None => pki.service_account_key()?,
    };
    Ok(TokenKey::new(&pem, &flags.service_account_issuer, &flags.api_audiences, || SystemEntropy.uuid())?)
}

fn authenticator(
    flags: &ApiFlags,
    tokens: &Arc<TokenKey>,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Arc<Authenticator>> {
    let known = flags.token_auth_file.as_deref().map(read_token_file).transpose()?.unwrap_or_default();
    let known = Authenticator::new(known, tokens.clone(), store.clone(), clock.clone(), flags.anonymous_auth);
    Ok(Arc::new(if flags.enable_bootstrap_token_auth { known.with_bootstrap_tokens() } else { known }))
}

fn port_range(text: &str) -> anyhow::Result<RangeInclusive<u16>> {
    let parsed = text.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match parsed {
        Some((first, last)) if 0 < first && first <= last => Ok(first..=last),
        _ => bail!("--service-node-port-range: {text:?} is no range such as 30000-32767"),
    }
}

struct Parts<'a> {
    api: &'a Arc<Api>,
    authenticator: Arc<Authenticator>,
    authorizer: Arc<dyn Authorizer>,
    tokens: Arc<TokenKey>,
    clock: &'a Arc<dyn Clock>,
    health: Arc<Health>,
}

fn serve(
    flags: &ApiFlags,
    pki: &ClusterPki,
    parts: Parts<'_>,
    listener: TcpListener,
    advertise: SocketAddr,
    token: &CancellationToken,
) -> anyhow::Result<JoinHandle<Result<(), api::ServeError>>> {
    let kubelet_client = pki.leaf(
        "apiserver-kubelet-client",
        &Subject {
            common_name: "kube-apiserver-kubelet-client".into(),
            organizations: vec!["system:masters".into()],
            client: true,
            ..Subject::default()
        },
    )?;
    let config = ServerConfig {
        api: parts.api.clone(),
        authenticator: parts.authenticator,
        authorizer: parts.authorizer,
        tls: Arc::new(ArcSwap::from_pointee(serving_tls(flags, pki, advertise)?)),
        listeners: vec![listener],
        kubelet: KubeletClient {
            tls: Arc::new(tls::client_config(&kubelet_client, pki.ca_pem())?),
            connect_timeout: Duration::from_secs(10),
        },
        clock: parts.clock.clone(),
        entropy: Arc::new(SystemEntropy),
        health: parts.health,
        version: VersionInfo::new(env!("CARGO_PKG_VERSION")),
        openid: Some(OpenId {
            configuration: parts.tokens.discovery(&format!("https://{advertise}")).to_string().into(),
            jwks: parts.tokens.key_set().to_string().into(),
        }),
        advertise_address: advertise.to_string(),
        max_requests_inflight: flags.max_requests_inflight,
        max_mutating_requests_inflight: flags.max_mutating_requests_inflight,
        request_timeout: Duration::from_secs(60),
        idle_timeout: Duration::from_secs(90),
        min_watch_timeout: Duration::from_secs(1800),
    };
    Ok(tokio::spawn(api::serve(config, token.clone())))
}

fn serving_tls(flags: &ApiFlags, pki: &ClusterPki, advertise: SocketAddr) -> anyhow::Result<rustls::ServerConfig> {
    let pair = match (&flags.tls_cert_file, &flags.tls_private_key_file) {
        (Some(cert), Some(key)) => Pair { cert_pem: read(cert)?, key_pem: read(key)? },
        _ => pki.leaf("apiserver", &serving_subject(flags, advertise))?,
    };
    if tls::is_rsa(&pair) {
        tracing::warn!(target: "skeg", "the TLS key is RSA: a connection costs many times what an elliptic-curve key would cost");
    }
    let foreign = flags.client_ca_file.as_ref().map(read).transpose()?;
    let authorities: Vec<&str> = std::iter::once(pki.ca_pem()).chain(foreign.as_deref()).collect();
    Ok(tls::server_config(&pair, &authorities)?)
}

/// Certificates of everybody whose client certificates count, one after the other.
fn client_authorities(flags: &ApiFlags, pki: &ClusterPki) -> anyhow::Result<String> {
    let foreign = flags.client_ca_file.as_ref().map(read).transpose()?.unwrap_or_default();
    Ok(format!("{}{foreign}", pki.ca_pem()))
}

fn read(path: &PathBuf) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn serving_subject(flags: &ApiFlags, advertise: SocketAddr) -> Subject {
    let names = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
    ];
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let mut dns_names: Vec<String> = names.into_iter().map(ToOwned::to_owned).collect();
    // Certificates hold only names of DNS' form; a machine's own name may be of another.
    if !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        && host != "localhost"
    {
        dns_names.push(host);
    }
    let service = Cidr::parse(&flags.service_cluster_ip_range).and_then(|c| c.nth(1)).map(IpAddr::V4);
    let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), advertise.ip()];
    addresses.extend(service);
    if !flags.bind_address.is_unspecified() {
        addresses.push(flags.bind_address);
    }
    addresses.sort_unstable();
    addresses.dedup();
    Subject { common_name: "kube-apiserver".into(), dns_names, addresses, server: true, ..Subject::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_far_behind_the_last_write_is_refused() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let check = |now| check_clock(at(now), at(1_800_000_000), Path::new("d"));
        assert!(check(1_800_000_001).is_ok());
        assert!(check(1_800_000_000 - 3599).is_ok());
        let error = check(1_800_000_000 - 3601).unwrap_err().to_string();
        assert!(error.contains("set the clock and start again"), "{error}");
    }

    #[test]
    fn node_ports_are_a_range() {
        assert_eq!(port_range("30000-32767").unwrap(), 30000..=32767);
        for wrong in ["", "5", "9-3", "0-9", "a-b", "1-70000"] {
            assert!(port_range(wrong).is_err(), "{wrong}");
        }
    }
}
