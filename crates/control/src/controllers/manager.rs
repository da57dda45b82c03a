//! Starts the controllers that are wanted and stops them together.
use super::{ABSENT, ALL, Context, Controller};
use crate::runner::Informers;
use skeg_client::{Client, Tasks};
use skeg_model::{status::Status, time::Clock};
use std::{fmt, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Signs a token that lives in a Secret: (namespace, secret, service account, its uid).
pub type SecretTokens = Arc<dyn Fn(&str, &str, &str, &str) -> Result<String, Status> + Send + Sync>;

/// Signs a text with a bootstrap token as a detached JWS: (text, token's id, token's secret).
pub type ClusterInfoSigner = Arc<dyn Fn(&str, &str, &str) -> Result<String, Status> + Send + Sync>;

/// What the controllers run with. Field names follow kube-controller-manager's flags.
#[derive(Clone)]
pub struct ControllerManagerConfig {
    /// Under `system:kube-controller-manager`: the shared informers list and watch with it.
    pub client: Client,
    /// A client under `system:serviceaccount:kube-system:<name>`.
    pub client_for: Arc<dyn Fn(&str) -> Client + Send + Sync>,
    pub clock: Arc<dyn Clock>,
    /// Spreads back-offs.
    pub seed: u64,
    /// PEM of the certificates that pods trust the API server by.
    pub root_ca_pem: String,
    /// Pod ranges, e.g. `10.244.0.0/16`; the first IPv4 one is handed out to nodes.
    pub cluster_cidr: Vec<String>,
    pub service_cidr: Vec<String>,
    pub node_cidr_mask_size_ipv4: u8,
    pub node_cidr_mask_size_ipv6: u8,
    /// Nodes are judged at multiples of this after the start; zero: each when its time is over.
    pub node_monitor_period: Duration,
    pub node_monitor_grace_period: Duration,
    pub node_startup_grace_period: Duration,
    /// Nodes per second whose pods may be evicted.
    pub node_eviction_rate: f64,
    /// The same in large zones that are partly out of order.
    pub secondary_node_eviction_rate: f64,
    /// Share of a zone's nodes (three at least) that makes it partly out of order.
    pub unhealthy_zone_threshold: f64,
    /// Zones of at most so many nodes evict nothing while they are partly out of order.
    pub large_cluster_size_threshold: usize,
    /// Ended pods that are kept; 0 keeps all.
    pub terminated_pod_gc_threshold: usize,
    pub max_endpoints_per_slice: usize,
    pub mirroring_max_endpoints_per_subset: usize,
    /// How long tokens in Secrets must be unused before they are marked invalid, and then before they go.
    pub legacy_token_clean_up_period: Duration,
    pub concurrency: Concurrency,
    /// `--service-account-private-key-file`; without it Secrets get no tokens.
    pub service_account_tokens: Option<SecretTokens>,
    /// Without it ConfigMap `cluster-info` is not signed.
    pub cluster_info_signer: Option<ClusterInfoSigner>,
    /// `*`, names, and `-name` to switch off.
    pub controllers: Vec<String>,
}

/// Objects that a controller works on at once: the `--concurrent-…-syncs` flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    pub deployment: usize,
    pub replicaset: usize,
    pub rc: usize,
    pub endpoint: usize,
    pub service_endpoint: usize,
    pub mirroring_service_endpoint: usize,
    pub namespace: usize,
    pub gc: usize,
    pub serviceaccount_token: usize,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self {
            deployment: 5,
            replicaset: 5,
            rc: 5,
            endpoint: 5,
            service_endpoint: 5,
            mirroring_service_endpoint: 5,
            namespace: 10,
            gc: 20,
            serviceaccount_token: 5,
        }
    }
}

impl ControllerManagerConfig {
    /// Upstream's defaults.
    pub fn new(
        client: Client,
        client_for: Arc<dyn Fn(&str) -> Client + Send + Sync>,
        clock: Arc<dyn Clock>,
        root_ca_pem: String,
    ) -> Self {
        Self {
            client,
            client_for,
            clock,
            seed: 0,
            root_ca_pem,
            cluster_cidr: vec!["10.244.0.0/16".into()],
            service_cidr: vec!["10.96.0.0/12".into()],
            node_cidr_mask_size_ipv4: 24,
            node_cidr_mask_size_ipv6: 64,
            node_monitor_period: Duration::from_secs(5),
            node_monitor_grace_period: Duration::from_secs(50),
            node_startup_grace_period: Duration::from_secs(60),
            node_eviction_rate: 0.1,
            secondary_node_eviction_rate: 0.01,
            unhealthy_zone_threshold: 0.55,
            large_cluster_size_threshold: 50,
            terminated_pod_gc_threshold: 12_500,
            max_endpoints_per_slice: 100,
            mirroring_max_endpoints_per_subset: 1000,
            legacy_token_clean_up_period: Duration::from_secs(365 * 24 * 60 * 60),
            concurrency: Concurrency::default(),
            service_account_tokens: None,
            cluster_info_signer: None,
            controllers: vec!["*".into()],
        }
    }
}

impl fmt::Debug for ControllerManagerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControllerManagerConfig").field("controllers", &self.controllers).finish_non_exhaustive()
    }
}

/// A name in `--controllers` that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownController {
    #[error("{0:?} is not in the list of known controllers")]
    Nobody(String),
    #[error("{0:?} is a controller of upstream's that Skeg does not have")]
    Absent(String),
}

/// The rows that the selection asks for. What is switched off may be a controller that only upstream has.
///
/// # Errors
/// A name that no controller has, or only one of upstream's.
pub fn selected(wanted: &[String]) -> Result<Vec<&'static Controller>, UnknownController> {
    let row_of = |name: &str| ALL.iter().find(|row| row.name == name || (!name.is_empty() && row.alias == name));
    let (mut all, mut on, mut off) = (false, Vec::new(), Vec::new());
    for text in wanted {
        let (list, name) = match text.strip_prefix('-') {
            Some(name) => (&mut off, name),
            None => (&mut on, text.as_str()),
        };
        match row_of(name) {
            Some(row) => list.push(row.name),
            None if text == "*" => all = true,
            None if name.is_empty() || !ABSENT.iter().any(|(long, short)| [long, short].contains(&&name)) => {
                return Err(UnknownController::Nobody(text.clone()));
            }
            None if name.len() == text.len() => return Err(UnknownController::Absent(text.clone())),
            None => {}
        }
    }
    let is_on = |row: &&Controller| on.contains(&row.name) || (all && row.default && !off.contains(&row.name));
    Ok(ALL.iter().filter(is_on).collect())
}

/// Controllers that run.
#[derive(Debug)]
pub struct Running {
    context: Context,
}

/// What controllers have done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// Looks taken at keys.
    pub reconciles: u64,
    /// Objects that the informers gave out.
    pub reads: u64,
}

/// Starts the controllers; they end when the token is cancelled.
///
/// # Errors
/// The selection names a controller that does not exist.
pub fn start(config: ControllerManagerConfig, token: &CancellationToken) -> Result<Running, UnknownController> {
    let rows = selected(&config.controllers)?;
    let tasks = Tasks::new(token.child_token());
    let informers = Arc::new(Informers::new(config.client.clone(), tasks.clone(), config.seed));
    let context = Context { config, informers, tasks, metrics: parking_lot::Mutex::default() };
    for row in rows {
        (row.start)(&context);
    }
    Ok(Running { context })
}

impl Running {
    pub fn costs(&self) -> Costs {
        let reconciles = self.context.metrics.lock().values().map(|metrics| metrics.reconciles()).sum();
        Costs { reconciles, reads: self.context.informers.reads() }
    }

    /// Stops the controllers and waits for them.
    pub async fn stop(self) {
        self.context.tasks.shutdown().await;
    }
}

/// Runs the controllers until the token is cancelled, then waits for them.
///
/// # Errors
/// The selection names a controller that does not exist.
pub async fn run(config: ControllerManagerConfig, token: CancellationToken) -> Result<(), UnknownController> {
    let running = start(config, &token)?;
    token.cancelled().await;
    running.stop().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &[&str], expected: Option<usize>) {
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(selected(&wanted).ok().map(|rows| rows.len()), expected, "{wanted:?}");
    }

    #[test]
    fn selection_follows_upstreams_syntax() {
        let default = ALL.iter().filter(|row| row.default).count();
        check(&["*"], Some(default));
        check(&["*", "-deployment-controller"], Some(default - 1));
        check(&["deployment-controller"], Some(1));
        check(&["*", "-podgc", "-ttl-controller"], Some(default - 2));
        check(&["-*"], None);
        check(&["no-such-controller"], None);
        check(&["*", "bootstrapsigner", "token-cleaner-controller"], Some(default + 2));
        check(&["*", "-cronjob", "-selinux-warning-controller"], Some(default));
        check(&["*", "cronjob"], None);
        check(&[], Some(0));
    }
}
