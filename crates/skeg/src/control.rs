//! The flags of the controllers, by upstream's names and with its defaults, and what they make of them.
use anyhow::Context;
use clap::{ArgAction, Args};
use skeg_client::Client;
use skeg_control::{
    controllers::{Concurrency, ControllerManagerConfig},
    runner::leader::Election,
    scheduler::Elected,
};
use skeg_model::time::Clock;
use skeg_server::resources::Entropy;
use std::{sync::Arc, time::Duration};

#[derive(Debug, Args)]
#[command(next_help_heading = "Controllers")]
pub struct ControllerFlags {
    /// Controllers to run: `*`, `name`, `-name`.
    #[arg(long, default_value = "*", value_delimiter = ',', value_name = "NAME,…", allow_hyphen_values = true)]
    pub controllers: Vec<String>,
    /// Whether nodes are given ranges of --cluster-cidr.
    #[arg(long, default_value_t = true, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub allocate_node_cidrs: bool,
    /// Size of a node's range of IPv4 addresses.
    #[arg(long, visible_alias = "node-cidr-mask-size", default_value_t = 24, value_name = "BITS")]
    pub node_cidr_mask_size_ipv4: u8,
    /// Size of a node's range of IPv6 addresses.
    #[arg(long, default_value_t = 64, value_name = "BITS")]
    pub node_cidr_mask_size_ipv6: u8,
    /// Nodes are judged at multiples of this period, so that those lost within one are lost together. Nothing is done in
    /// between: a node is only looked at when its grace period has ended.
    #[arg(long, default_value = "5s", value_name = "DURATION")]
    pub node_monitor_period: String,
    /// How long a node may be silent before it counts as lost.
    #[arg(long, default_value = "50s", value_name = "DURATION")]
    pub node_monitor_grace_period: String,
    /// The same for a node that has never reported.
    #[arg(long, default_value = "1m", value_name = "DURATION")]
    pub node_startup_grace_period: String,
    /// Nodes a second whose pods are evicted when nodes are lost.
    #[arg(long, default_value_t = 0.1, value_name = "RATE")]
    pub node_eviction_rate: f64,
    /// The same in a large zone that is unhealthy.
    #[arg(long, default_value_t = 0.01, value_name = "RATE")]
    pub secondary_node_eviction_rate: f64,
    /// Share of a zone's nodes, three at least, that must be lost for the zone to be unhealthy.
    #[arg(long, default_value_t = 0.55, value_name = "SHARE")]
    pub unhealthy_zone_threshold: f64,
    /// Unhealthy zones of at most so many nodes evict nothing.
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub large_cluster_size_threshold: usize,
    /// Ended pods that are kept; 0 or less keeps all.
    #[arg(long, default_value_t = 12_500, value_name = "N", allow_negative_numbers = true)]
    pub terminated_pod_gc_threshold: i32,
    /// Endpoints in one EndpointSlice at most.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub max_endpoints_per_slice: u16,
    /// Endpoints mirrored from one subset of an Endpoints object at most.
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub mirroring_max_endpoints_per_subset: u16,
    /// How long tokens that older releases made for service accounts must be unused before they are marked invalid, and
    /// then before they are deleted.
    #[arg(long, default_value = "8760h", value_name = "DURATION")]
    pub legacy_service_account_token_clean_up_period: String,
    #[command(flatten)]
    pub concurrent: ConcurrencyFlags,
    #[command(flatten)]
    pub leader: LeaderFlags,
}

/// Election of one leader among several processes, for the controllers and the scheduler alike.
#[derive(Debug, Args)]
pub struct LeaderFlags {
    /// Whether controllers and scheduler wait until they lead. Unlike upstream's, off by default: a server whose API is
    /// its own has no rivals, and after a crash it would wait for its own old lease.
    #[arg(long, default_value_t = false, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    leader_elect: bool,
    /// How long others wait for a leader that no longer renews.
    #[arg(long, default_value = "15s", value_name = "DURATION")]
    leader_elect_lease_duration: String,
    /// How long a leader tries to renew before it gives up.
    #[arg(long, default_value = "10s", value_name = "DURATION")]
    leader_elect_renew_deadline: String,
    /// How long to wait between attempts.
    #[arg(long, default_value = "2s", value_name = "DURATION")]
    leader_elect_retry_period: String,
    /// Namespace of the leases kube-controller-manager and kube-scheduler.
    #[arg(long, default_value = "kube-system", value_name = "NAMESPACE")]
    leader_elect_resource_namespace: String,
}

impl LeaderFlags {
    /// A candidate for the lease that is called as its component; None when there is no election.
    pub fn election(
        &self,
        component: &'static str,
        client: Client,
        clock: Arc<dyn Clock>,
        entropy: &dyn Entropy,
    ) -> anyhow::Result<Option<Election>> {
        let lease_duration = duration("leader-elect-lease-duration", &self.leader_elect_lease_duration)?;
        let renew_deadline = duration("leader-elect-renew-deadline", &self.leader_elect_renew_deadline)?;
        let retry_period = duration("leader-elect-retry-period", &self.leader_elect_retry_period)?;
        // As upstream: a renewal that is late by its jitter must still find time for another one.
        anyhow::ensure!(lease_duration > renew_deadline, "leaseDuration must be greater than renewDeadline");
        anyhow::ensure!(
            renew_deadline > retry_period.mul_f64(1.2) && !retry_period.is_zero(),
            "renewDeadline must be greater than retryPeriod*JitterFactor"
        );
        if !self.leader_elect {
            return Ok(None);
        }
        Ok(Some(Election {
            client,
            clock,
            component,
            resource_namespace: self.leader_elect_resource_namespace.clone(),
            resource_name: component.into(),
            identity: identity(entropy),
            lease_duration,
            renew_deadline,
            retry_period,
            seed: entropy.u64(),
        }))
    }
}

/// Different for every process.
fn identity(entropy: &dyn Entropy) -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{host}_{:016x}{:016x}", entropy.u64(), entropy.u64())
}

/// A candidate as the scheduler's configuration has it, which goes before the flags.
pub fn elected(elected: &Elected, client: Client, clock: Arc<dyn Clock>, entropy: &dyn Entropy) -> Election {
    Election {
        client,
        clock,
        component: "kube-scheduler",
        resource_namespace: elected.resource_namespace.clone(),
        resource_name: elected.resource_name.clone(),
        identity: identity(entropy),
        lease_duration: elected.lease_duration,
        renew_deadline: elected.renew_deadline,
        retry_period: elected.retry_period,
        seed: entropy.u64(),
    }
}

/// Objects that one controller works on at once.
#[derive(Debug, Args)]
pub struct ConcurrencyFlags {
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = workers)]
    concurrent_deployment_syncs: usize,
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = workers)]
    concurrent_replicaset_syncs: usize,
    #[arg(long = "concurrent_rc_syncs", default_value_t = 5, value_name = "N", value_parser = workers)]
    concurrent_rc_syncs: usize,
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = workers)]
    concurrent_endpoint_syncs: usize,
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = workers)]
    concurrent_service_endpoint_syncs: usize,
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = workers)]
    mirroring_concurrent_service_endpoint_syncs: usize,
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = workers)]
    concurrent_namespace_syncs: usize,
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = workers)]
    concurrent_gc_syncs: usize,
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = workers)]
    concurrent_serviceaccount_token_syncs: usize,
}

/// Workers of one controller at most: beyond that they only wait for each other.
const WORKERS_MAX: usize = 1000;

fn workers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=WORKERS_MAX) => Ok(count),
        _ => Err(format!("not a number from 1 to {WORKERS_MAX}")),
    }
}

pub fn duration(flag: &str, text: &str) -> anyhow::Result<Duration> {
    let span: jiff::SignedDuration =
        text.parse().with_context(|| format!("--{flag}: {text:?} is no duration such as 10s or 5m"))?;
    Duration::try_from(span).with_context(|| format!("--{flag}: {text:?} is negative"))
}

impl ControllerFlags {
    /// The configuration with what the flags say.
    pub fn apply(&self, base: ControllerManagerConfig) -> anyhow::Result<ControllerManagerConfig> {
        let ended = usize::try_from(self.terminated_pod_gc_threshold).unwrap_or(0);
        let flag = "legacy-service-account-token-clean-up-period";
        let clean_up = duration(flag, &self.legacy_service_account_token_clean_up_period)?;
        anyhow::ensure!(!clean_up.is_zero(), "--{flag}: must be longer than nothing");
        Ok(ControllerManagerConfig {
            controllers: self.controllers.clone(),
            node_cidr_mask_size_ipv4: self.node_cidr_mask_size_ipv4,
            node_cidr_mask_size_ipv6: self.node_cidr_mask_size_ipv6,
            node_monitor_period: duration("node-monitor-period", &self.node_monitor_period)?,
            node_monitor_grace_period: duration("node-monitor-grace-period", &self.node_monitor_grace_period)?,
            node_startup_grace_period: duration("node-startup-grace-period", &self.node_startup_grace_period)?,
            node_eviction_rate: self.node_eviction_rate,
            secondary_node_eviction_rate: self.secondary_node_eviction_rate,
            unhealthy_zone_threshold: self.unhealthy_zone_threshold,
            large_cluster_size_threshold: self.large_cluster_size_threshold,
            terminated_pod_gc_threshold: ended,
            max_endpoints_per_slice: self.max_endpoints_per_slice.into(),
            mirroring_max_endpoints_per_subset: self.mirroring_max_endpoints_per_subset.into(),
            legacy_token_clean_up_period: clean_up,
            concurrency: self.concurrent.to_config(),
            ..base
        })
    }
}

impl ConcurrencyFlags {
    fn to_config(&self) -> Concurrency {
        Concurrency {
            deployment: self.concurrent_deployment_syncs,
            replicaset: self.concurrent_replicaset_syncs,
            rc: self.concurrent_rc_syncs,
            endpoint: self.concurrent_endpoint_syncs,
            service_endpoint: self.concurrent_service_endpoint_syncs,
            mirroring_service_endpoint: self.mirroring_concurrent_service_endpoint_syncs,
            namespace: self.concurrent_namespace_syncs,
            gc: self.concurrent_gc_syncs,
            serviceaccount_token: self.concurrent_serviceaccount_token_syncs,
        }
    }
}
