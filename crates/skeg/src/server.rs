//! `skeg server`: the control plane and this machine's node in one process, each component under its own identity.
use crate::{
    apiserver::{self, Running},
    control::elected,
    flags::{CleanupFlags, Component, ServerFlags},
};
use anyhow::{Context, bail};
use serde_json::json;
use skeg_client::{Client, paced::paced};
use skeg_control::{
    controllers::{self, ControllerManagerConfig},
    runner::leader::lead,
    scheduler::{self, SchedulerConfig},
};
use skeg_model::time::Clock;
use skeg_node::{
    dns::{DnsConfig, run_dns},
    kubelet::{
        self, KubeletConfig, ServingTls,
        configuration::{Configuration, Settings},
    },
    net::{
        cni::Cidr,
        node::{NetworkConfig, run_network},
        proxy::{ProxyConfig, run_proxy},
    },
    runtime::{Containerd, ContainerdConfig, cgroup_root, programs},
    teardown::{Teardown, teardown},
};
use skeg_server::{
    auth::{
        User,
        pki::{ClusterPki, Subject},
    },
    resources::{Entropy, SystemEntropy, bootstrap},
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

type Components = JoinSet<anyhow::Result<()>>;

/// Runs everything that is not switched off until `token` is cancelled or a component fails. Containers run on.
pub async fn run(flags: ServerFlags, token: CancellationToken) -> anyhow::Result<()> {
    let configuration = configuration(&flags)?;
    let node = flags.on(Component::Kubelet).then(|| Node::of(&flags)).transpose()?;
    let runtime = async {
        match &node {
            Some(node) if !configuration.is_given(ENDPOINT) => node.start_runtime(&flags.api.data_dir).await.map(Some),
            _ => Ok(None),
        }
    };
    // Components end before the API server does, so that their last writes get through.
    let parts = token.child_token();
    let mut components = Components::new();
    // The runtime takes its time: what can do without it does not wait.
    let others = async {
        let running = apiserver::start(&flags.api, &token).await?;
        let settings = settings(configuration.clone(), &running)?;
        start_control(&flags, &running, &mut components, &parts)?;
        start_network(&flags, &running, &mut components, &parts)?;
        start_dns(&flags, &settings, &running, &mut components, &parts).await?;
        Ok((running, settings))
    };
    let ((running, settings), runtime) = tokio::try_join!(others, runtime)?;
    if let Some(node) = &node {
        node.start(&flags, settings, &running, runtime, &mut components, &parts)?;
    }
    let ended = first_end(&mut components, &token).await;
    token.cancel();
    while let Some(done) = components.join_next().await {
        if let Ok(Err(error)) = done {
            tracing::warn!(target: "skeg", "while stopping: {error:#}");
        }
    }
    running.finish().await?;
    ended
}

const ENDPOINT: &str = "containerRuntimeEndpoint";

fn scheduler_configuration(flags: &ServerFlags) -> anyhow::Result<scheduler::Configuration> {
    let Some(path) = &flags.scheduler_config else { return Ok(scheduler::Configuration::default()) };
    let context = || format!("failed to load scheduler config file, path: {}", path.display());
    let text = std::fs::read(path).with_context(context)?;
    let made = scheduler::Configuration::parse(&text).with_context(context)?;
    for field in &made.without_effect {
        tracing::warn!(field, "the scheduler's configuration says what makes no difference here");
    }
    Ok(made)
}

/// The kubelet's configuration as the file and the flags have it, over what suits a node that brings its own runtime.
fn configuration(flags: &ServerFlags) -> anyhow::Result<Configuration> {
    let data_dir = std::path::absolute(&flags.api.data_dir).context("finding the data directory")?;
    let runtime = ContainerdConfig::new(&data_dir, std::env::var_os("PATH").as_deref());
    let mut made = Configuration::default().with_defaults(&[
        (ENDPOINT, runtime.endpoint().into()),
        ("podLogsDir", data_dir.join("log/pods").display().to_string().into()),
        ("failSwapOn", false.into()),
        ("failCgroupV1", false.into()),
    ]);
    if let Some(path) = &flags.config {
        let context = || format!("failed to load kubelet config file, path: {}", path.display());
        made = made.with_file(path).with_context(context)?;
        made.clone().settings().with_context(context)?;
    }
    for (field, text) in &flags.kubelet.0 {
        made = made.with_flag(field, text)?;
    }
    // Whatever does not fit together is said before anything starts.
    made.clone().settings()?;
    Ok(made)
}

/// With what only a running API server knows.
fn settings(configuration: Configuration, running: &Running) -> anyhow::Result<Settings> {
    let dns = running.service_cidr.nth(10).filter(|_| !configuration.is_given("clusterDNS"));
    let made = match dns {
        Some(address) => configuration.with_defaults(&[("clusterDNS", json!([address]))]),
        None => configuration,
    };
    Ok(made.settings()?)
}

/// Waits for the stop, or for a component that ends before it.
async fn first_end(components: &mut Components, token: &CancellationToken) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            () = token.cancelled() => return Ok(()),
            Some(done) = components.join_next() => done.context("a component ended abnormally")??,
        }
    }
}

fn client(running: &Running, user: User, agent: &str) -> Client {
    Client::new(running.transport(user, agent))
}

fn seed() -> u64 {
    SystemEntropy.u64()
}

/// Signs the tokens that live in Secrets.
fn secret_tokens(running: &Running) -> controllers::SecretTokens {
    let tokens = running.tokens.clone();
    Arc::new(move |namespace: &str, secret: &str, account: &str, uid: &str| {
        tokens.issue_legacy(namespace, secret, account, uid)
    })
}

fn start_control(
    flags: &ServerFlags,
    running: &Running,
    components: &mut Components,
    token: &CancellationToken,
) -> anyhow::Result<()> {
    if flags.on(Component::ControllerManager) {
        let (api, clock) = (running.api.clone(), running.clock.clone());
        let client_for = move |name: &str| {
            let user = User::component(
                &format!("system:serviceaccount:kube-system:{name}"),
                &["system:serviceaccounts", "system:serviceaccounts:kube-system"],
            );
            let agent = format!("kube-controller-manager/{name}");
            Client::new(Arc::new(skeg_server::resources::local::LocalTransport::new(api.clone(), user, agent)))
        };
        let own = client(running, User::component("system:kube-controller-manager", &[]), "kube-controller-manager");
        let leader = &flags.control.leader;
        let election = leader.election("kube-controller-manager", own.clone(), clock.clone(), &SystemEntropy)?;
        let base = ControllerManagerConfig::new(own, Arc::new(client_for), clock, running.pki.ca_pem().to_owned());
        let config = ControllerManagerConfig {
            seed: seed(),
            cluster_cidr: node_ranges(flags)?,
            service_cidr: vec![flags.api.service_cluster_ip_range.clone()],
            service_account_tokens: Some(secret_tokens(running)),
            cluster_info_signer: Some(Arc::new(skeg_server::auth::tokens::sign_detached)),
            ..flags.control.apply(base)?
        };
        let token = token.clone();
        let work = move |token| async move { Ok(controllers::run(config, token).await?) };
        components.spawn(lead(election, token, work));
    }
    if flags.on(Component::Scheduler) {
        start_scheduler(flags, running, components, token)?;
    }
    Ok(())
}

fn start_scheduler(
    flags: &ServerFlags,
    running: &Running,
    components: &mut Components,
    token: &CancellationToken,
) -> anyhow::Result<()> {
    let configuration = scheduler_configuration(flags)?;
    let transport = running.transport(User::component("system:kube-scheduler", &[]), "kube-scheduler");
    // Renewing a lease does not wait for its turn among the bindings.
    let (own, clock) = (Client::new(transport.clone()), running.clock.clone());
    let leader = &flags.control.leader;
    let election = match &configuration.elected {
        Some(given) => Some(elected(given, own, clock, &SystemEntropy)),
        None => leader.election("kube-scheduler", own, clock, &SystemEntropy)?,
    };
    let config = SchedulerConfig {
        client: Client::new(match configuration.pace {
            Some(pace) => paced(transport, pace.per_second, pace.burst),
            None => transport,
        }),
        clock: running.clock.clone(),
        seed: seed(),
        configuration,
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
    };
    let work = move |token| async move {
        scheduler::run(config, token).await;
        Ok(())
    };
    components.spawn(lead(election, token.clone(), work));
    Ok(())
}

fn start_network(
    flags: &ServerFlags,
    running: &Running,
    components: &mut Components,
    token: &CancellationToken,
) -> anyhow::Result<()> {
    if !flags.on(Component::Proxy) {
        return Ok(());
    }
    let node_address = match flags.node_ip.unwrap_or(running.advertise.ip()) {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    };
    let config = ProxyConfig {
        client: client(running, User::component("system:kube-proxy", &[]), "kube-proxy"),
        node_name: node_name(flags)?,
        node_address,
        clock: running.clock.clone(),
        cluster_cidr: Some(cluster_cidr(flags)?),
        node_port_addresses: node_port_addresses(&flags.nodeport_addresses, node_address)?,
        healthz_address: flags.proxy_healthz_bind_address,
        metrics_address: flags.proxy_metrics_bind_address,
        seed: seed(),
    };
    let token = token.clone();
    components.spawn(async move { run_proxy(config, token).await.context("kube-proxy") });
    Ok(())
}

fn node_port_addresses(given: &[String], own: Option<Ipv4Addr>) -> anyhow::Result<Vec<Cidr>> {
    let network = |text: &String| match (text.as_str(), own) {
        ("primary", Some(address)) => Ok(Cidr { address, prefix: 32 }),
        (text, _) => text.parse().map_err(|error: String| anyhow::anyhow!("--nodeport-addresses: {error}")),
    };
    given.iter().map(network).collect()
}

/// The cluster's DNS with rights of its own: it reads what names stand for and publishes its one Service.
async fn start_dns(
    flags: &ServerFlags,
    settings: &Settings,
    running: &Running,
    components: &mut Components,
    token: &CancellationToken,
) -> anyhow::Result<()> {
    if !flags.on(Component::Dns) {
        return Ok(());
    }
    bootstrap::ensure_all(&running.api, dns_rights()).await.context("granting the cluster's DNS its rights")?;
    let user = User::component(
        "system:serviceaccount:kube-system:kube-dns",
        &["system:serviceaccounts", "system:serviceaccounts:kube-system"],
    );
    let config = DnsConfig {
        client: client(running, user, "skeg-dns"),
        listen: SocketAddr::new(flags.node_ip.unwrap_or(running.advertise.ip()), 0),
        cluster_ip: *settings
            .cluster_dns
            .first()
            .context("--service-cluster-ip-range has no tenth address: give --cluster-dns")?,
        domain: settings.cluster_domain.clone(),
        node_name: node_name(flags)?,
        resolv_conf: "/etc/resolv.conf".into(),
        seed: seed(),
    };
    let token = token.clone();
    components.spawn(async move { Ok(run_dns(config, token).await?) });
    Ok(())
}

fn dns_rights() -> Vec<serde_json::Value> {
    let (group, name) = ("rbac.authorization.k8s.io", "system:skeg:dns");
    let rule = |groups: &[&str], resources: &[&str], verbs: &[&str]| json!({"apiGroups": groups, "resources": resources, "verbs": verbs});
    let read = ["get", "list", "watch"];
    let subjects = json!([{"kind": "ServiceAccount", "name": "kube-dns", "namespace": "kube-system"}]);
    let object = |kind: &str, namespace: Option<&str>, mut rest: serde_json::Value| {
        rest["apiVersion"] = format!("{group}/v1").into();
        rest["kind"] = kind.into();
        rest["metadata"] = json!({"name": name});
        if let Some(namespace) = namespace {
            rest["metadata"]["namespace"] = namespace.into();
        }
        rest
    };
    let reads = json!([
        rule(&[""], &["services", "pods", "namespaces", "endpoints", "nodes"], &read),
        rule(&["discovery.k8s.io"], &["endpointslices"], &read),
    ]);
    let publishes = json!([
        rule(&[""], &["services"], &["create", "get"]),
        rule(&["discovery.k8s.io"], &["endpointslices"], &["create", "get", "update"]),
    ]);
    let role_ref = |kind: &str| json!({"apiGroup": group, "kind": kind, "name": name});
    vec![
        object("ClusterRole", None, json!({"rules": reads})),
        object("Role", Some("kube-system"), json!({"rules": publishes})),
        object("ClusterRoleBinding", None, json!({"roleRef": role_ref("ClusterRole"), "subjects": subjects})),
        object("RoleBinding", Some("kube-system"), json!({"roleRef": role_ref("Role"), "subjects": subjects})),
    ]
}

/// The ranges that nodes get theirs of: at most one of each family.
fn node_ranges(flags: &ServerFlags) -> anyhow::Result<Vec<String>> {
    if !flags.control.allocate_node_cidrs {
        return Ok(Vec::new());
    }
    let mut seen = Vec::new();
    for text in flags.cluster_cidr.split(',') {
        let range = text.split_once('/').and_then(|(ip, bits)| {
            let ip: IpAddr = ip.parse().ok()?;
            let bits: u8 = bits.parse().ok()?;
            (bits <= if ip.is_ipv6() { 128 } else { 32 }).then_some(ip.is_ipv6())
        });
        match range {
            None => anyhow::bail!("--cluster-cidr: invalid CIDR address: {text}"),
            Some(v6) if seen.contains(&v6) => anyhow::bail!("--cluster-cidr: more than one range of a family"),
            Some(v6) => seen.push(v6),
        }
    }
    Ok(flags.cluster_cidr.split(',').map(Into::into).collect())
}

fn cluster_cidr(flags: &ServerFlags) -> anyhow::Result<Cidr> {
    flags.cluster_cidr.parse().map_err(|why| anyhow::anyhow!("--cluster-cidr: {:?}: {why}", flags.cluster_cidr))
}

/// Name of this machine's node: upstream's rule, the host name in lower case.
fn node_name(flags: &ServerFlags) -> anyhow::Result<String> {
    let name = match &flags.hostname_override {
        Some(name) => name.clone(),
        None => rustix::system::uname().nodename().to_string_lossy().trim().to_lowercase(),
    };
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
    if name.is_empty() || !name.bytes().all(fits) {
        bail!(
            "the host name {name:?} cannot name a node: give --hostname-override with lower-case letters, digits, '-' and '.'"
        );
    }
    Ok(name)
}

/// This machine as a node.
struct Node {
    name: String,
    labels: Vec<(String, String)>,
}

impl Node {
    fn of(flags: &ServerFlags) -> anyhow::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            bail!(
                "containers and networks need root: run as root, or add --disable=kubelet,proxy,dns for a control plane alone"
            );
        }
        let label = |text: &String| {
            let (key, value) =
                text.split_once('=').with_context(|| format!("--node-labels: {text:?} is not KEY=VALUE"))?;
            Ok((key.to_owned(), value.to_owned()))
        };
        let labels = flags.node_labels.iter().map(label).collect::<anyhow::Result<_>>()?;
        Ok(Self { name: node_name(flags)?, labels })
    }

    /// Starts or adopts containerd.
    async fn start_runtime(&self, data_dir: &Path) -> anyhow::Result<Containerd> {
        let data_dir = std::path::absolute(data_dir).context("finding the data directory")?;
        let config = ContainerdConfig::new(&data_dir, std::env::var_os("PATH").as_deref());
        Ok(Containerd::start(config).await?)
    }

    fn start(
        &self,
        flags: &ServerFlags,
        settings: Settings,
        running: &Running,
        runtime: Option<Containerd>,
        components: &mut Components,
        token: &CancellationToken,
    ) -> anyhow::Result<()> {
        let data_dir = std::path::absolute(&flags.api.data_dir).context("finding the data directory")?;
        let layout = ContainerdConfig::new(&data_dir, None);
        cgroup_root::claim(Path::new("/sys/fs/cgroup"), &settings.cgroup_root, &layout.cgroup_root_record())
            .context("--cgroup-root")?;
        let mut config = self.kubelet(flags, settings, running, &data_dir)?;
        if let Some(containerd) = runtime {
            let (containerd, supervised) = (Arc::new(containerd), token.clone());
            config.may_start_pods = CancellationToken::new();
            let (images, stop) = (import_images(containerd.clone(), config.may_start_pods.clone()), token.clone());
            components.spawn(async move { stop.run_until_cancelled(images).await.unwrap_or(Ok(())) });
            components.spawn(async move {
                containerd.supervise(supervised).await;
                Ok(())
            });
            let network = NetworkConfig {
                client: client(running, User::component("system:kube-proxy", &[]), "skeg-network"),
                node_name: self.name.clone(),
                cluster_cidr: Some(cluster_cidr(flags)?),
                program: std::env::current_exe().context("finding this program's own file")?,
                cni_dir: data_dir.join("cni"),
                written: config.network.clone(),
                seed: seed(),
            };
            let token = token.clone();
            components.spawn(async move { run_network(network, token).await.context("the pod network") });
        }
        if config.settings.tls_files.is_none() {
            let ip = flags.node_ip.unwrap_or(running.advertise.ip());
            let renewed = renew_serving(running.pki.dir().to_owned(), self.serving(ip), running.clock.clone());
            let stop = token.clone();
            components.spawn(async move {
                stop.run_until_cancelled(renewed).await;
                Ok(())
            });
        }
        let token = token.clone();
        components.spawn(async move { kubelet::run(config, token).await.context("kubelet") });
        Ok(())
    }

    fn kubelet(
        &self,
        flags: &ServerFlags,
        mut settings: Settings,
        running: &Running,
        data_dir: &Path,
    ) -> anyhow::Result<KubeletConfig> {
        let user = format!("system:node:{}", self.name);
        let ip = flags.node_ip.unwrap_or(running.advertise.ip());
        let (certificate, key) = match &settings.tls_files {
            Some(files) => files.clone(),
            None => {
                running.pki.leaf(SERVING, &self.serving(ip))?;
                let file = |end: &str| running.pki.dir().join(format!("{SERVING}.{end}"));
                settings.effective["tlsCertFile"] = file("crt").display().to_string().into();
                settings.effective["tlsPrivateKeyFile"] = file("key").display().to_string().into();
                (file("crt"), file("key"))
            }
        };
        let client_ca = settings.client_ca_file.clone().unwrap_or_else(|| running.pki.dir().join("ca.crt"));
        let own = client(running, User::component(&user, &["system:nodes"]), "kubelet");
        Ok(KubeletConfig {
            root_dir: data_dir.join("kubelet"),
            tls: Some(ServingTls { certificate, key, client_ca }),
            labels: self.labels.iter().cloned().collect(),
            clock: running.clock.clone(),
            seed: seed(),
            ..KubeletConfig::new(&self.name, own, ip, settings)
        })
    }

    /// What the certificate of this node's own server says.
    fn serving(&self, ip: IpAddr) -> Subject {
        Subject {
            common_name: format!("system:node:{}", self.name),
            organizations: vec!["system:nodes".into()],
            dns_names: vec![self.name.clone()],
            addresses: vec![ip],
            server: true,
            client: false,
        }
    }
}

/// Name of the certificate of the node's own server among the cluster's.
const SERVING: &str = "kubelet";

/// Makes the certificate of the node's own server anew when it grows old, until it is dropped. The server follows the file.
async fn renew_serving(pki: PathBuf, subject: Subject, clock: Arc<dyn Clock>) {
    const LOOK_EVERY: Duration = Duration::from_secs(3600);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let (pki, subject, now) = (pki.clone(), subject.clone(), clock.now());
        let looked =
            tokio::task::spawn_blocking(move || ClusterPki::open(&pki, now)?.leaf(SERVING, &subject).map(|_| ())).await;
        if let Ok(Err(error)) = looked {
            tracing::warn!(target: "skeg", %error, "the node's serving certificate cannot be renewed yet");
        }
    }
}

/// Makes sure of the images that Skeg brings along; no pod starts without the sandboxes'.
async fn import_images(containerd: Arc<Containerd>, may_start_pods: CancellationToken) -> anyhow::Result<()> {
    let (pause, web) = (programs::pause(), programs::web());
    tokio::try_join!(
        async {
            containerd.ensure_image(&pause).await?;
            may_start_pods.cancel();
            anyhow::Ok(())
        },
        async { Ok(containerd.ensure_image(&web).await?) },
    )?;
    Ok(())
}

impl ServerFlags {
    fn on(&self, component: Component) -> bool {
        !self.disable.contains(&component)
    }
}

/// Removes what a server of this data directory left on the machine.
pub fn cleanup(flags: &CleanupFlags) -> anyhow::Result<()> {
    let data_dir = std::path::absolute(&flags.data_dir).context("finding the data directory")?;
    let config = ContainerdConfig::new(&data_dir, std::env::var_os("PATH").as_deref());
    let what = Teardown { containerd: config, data_dir: data_dir.clone(), cgroup_root: flags.cgroup_root.clone() };
    teardown(&what).context("taking the node down")?;
    if flags.purge {
        match std::fs::remove_dir_all(&data_dir) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(e).with_context(|| format!("cannot remove {}", data_dir.display()));
            }
            _ => {}
        }
    }
    Ok(())
}
