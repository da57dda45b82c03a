//! Starts the controllers that are wanted and stops them together.
use super::{ALL, Context, Controller};
use crate::runner::Informers;
use skeg_client::{Client, Tasks};
use skeg_model::{status::Status, time::Clock};
use std::{fmt, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Signs a token that lives in a Secret: (namespace, secret, service account, its uid).
pub type SecretTokens = Arc<dyn Fn(&str, &str, &str, &str) -> Result<String, Status> + Send + Sync>;

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
    pub node_cidr_mask_size: u8,
    pub node_monitor_period: Duration,
    pub node_monitor_grace_period: Duration,
    pub node_startup_grace_period: Duration,
    /// Nodes per second whose pods may be evicted.
    pub node_eviction_rate: f64,
    /// `--service-account-private-key-file`; without it Secrets get no tokens.
    pub service_account_tokens: Option<SecretTokens>,
    /// `*`, names, and `-name` to switch off.
    pub controllers: Vec<String>,
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
            node_cidr_mask_size: 24,
            node_monitor_period: Duration::from_secs(5),
            node_monitor_grace_period: Duration::from_secs(50),
            node_startup_grace_period: Duration::from_secs(60),
            node_eviction_rate: 0.1,
            service_account_tokens: None,
            controllers: vec!["*".into()],
        }
    }
}

impl fmt::Debug for ControllerManagerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControllerManagerConfig").field("controllers", &self.controllers).finish_non_exhaustive()
    }
}

/// A name in `--controllers` that no controller has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not in the list of known controllers")]
pub struct UnknownController(pub String);

/// The rows that the selection asks for.
///
/// # Errors
/// A name that no controller has.
pub fn selected(wanted: &[String]) -> Result<Vec<&'static Controller>, UnknownController> {
    for name in wanted {
        let name = name.strip_prefix('-').unwrap_or(name);
        if name != "*" && !ALL.iter().any(|row| row.name == name) {
            return Err(UnknownController(name.into()));
        }
    }
    let has = |name: &str| wanted.iter().any(|wanted| wanted == name);
    let on = |row: &&Controller| has(row.name) || (!has(&format!("-{}", row.name)) && has("*") && row.default);
    Ok(ALL.iter().filter(on).collect())
}

/// Runs the controllers until the token is cancelled, then waits for them.
///
/// # Errors
/// The selection names a controller that does not exist.
pub async fn run(config: ControllerManagerConfig, token: CancellationToken) -> Result<(), UnknownController> {
    let rows = selected(&config.controllers)?;
    let tasks = Tasks::new(token.child_token());
    let informers = Arc::new(Informers::new(config.client.clone(), tasks.clone(), config.seed));
    let context = Context { config, informers, tasks: tasks.clone(), metrics: parking_lot::Mutex::default() };
    for row in rows {
        (row.start)(&context);
    }
    token.cancelled().await;
    tasks.shutdown().await;
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
        check(&["no-such-controller"], None);
        check(&[], Some(0));
    }
}
