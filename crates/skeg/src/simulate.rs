//! `skeg simulate`: nodes that exist in name only, against any API server.
use anyhow::{Context, bail};
use clap::Args;
use k8s_openapi::api::core::v1::Taint;
use skeg_client::{Client, kubeconfig::Loaded, rest::RestTransport};
use skeg_model::{meta::quantity::Quantity, time::SystemClock};
use skeg_node::hollow::{self, HollowConfig};
use skeg_server::resources::{Entropy, SystemEntropy};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Time within which a write must be answered; an API server that is busy with thousands of nodes takes its time.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub struct SimulateFlags {
    /// How many nodes.
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub nodes: u32,
    /// Kubeconfig of the cluster; its user needs the rights of an administrator.
    #[arg(long, default_value = "/var/lib/skeg/admin.kubeconfig", value_name = "PATH")]
    pub kubeconfig: PathBuf,
    /// The nodes are called PREFIX-0, PREFIX-1, …
    #[arg(long, default_value = "hollow-node", value_name = "PREFIX")]
    pub name_prefix: String,
    /// What every node has, and offers to pods.
    #[arg(
        long,
        default_value = "cpu=32,memory=256Gi,ephemeral-storage=1Ti,pods=110",
        value_delimiter = ',',
        value_name = "RESOURCE=QUANTITY,…"
    )]
    pub capacity: Vec<String>,
    /// Labels of every node.
    #[arg(long, value_delimiter = ',', value_name = "KEY=VALUE,…")]
    pub node_labels: Vec<String>,
    /// Zones, dealt to the nodes in turn as label topology.kubernetes.io/zone.
    #[arg(long, value_delimiter = ',', value_name = "ZONE,…")]
    pub zones: Vec<String>,
    /// Taints of every node.
    #[arg(long, value_delimiter = ',', value_name = "KEY=VALUE:EFFECT,…")]
    pub register_with_taints: Vec<String>,
    /// Addresses of pods.
    #[arg(long, default_value = "10.128.0.0/9", value_name = "CIDR")]
    pub cluster_cidr: String,
    /// Addresses of nodes.
    #[arg(long, default_value = "172.16.0.0/12", value_name = "CIDR")]
    pub node_cidr: String,
    /// Life of a node's heartbeat, which is renewed four times in it.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..), value_name = "SECONDS")]
    pub node_lease_duration_seconds: u32,
    /// How often a node's status is written though nothing changed.
    #[arg(long, default_value = "5m", value_name = "DURATION")]
    pub node_status_report_frequency: String,
    /// Delete the nodes and their heartbeats at the end (otherwise they stay, and become NotReady).
    #[arg(long)]
    pub delete_nodes: bool,
}

/// Runs until `token` is cancelled.
pub async fn run(flags: SimulateFlags, token: CancellationToken) -> anyhow::Result<()> {
    let config = flags.config()?;
    hollow::run(config, token).await?;
    Ok(())
}

fn pairs(flag: &str, list: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let pair = |text: &String| {
        let (key, value) = text.split_once('=').with_context(|| format!("--{flag}: {text:?} is not KEY=VALUE"))?;
        Ok((key.to_owned(), value.to_owned()))
    };
    list.iter().map(pair).collect()
}

/// `key=value:effect` or `key:effect`, as kubelet reads it.
fn taint(text: &str) -> anyhow::Result<Taint> {
    let wrong = || format!("--register-with-taints: {text:?} is not KEY=VALUE:EFFECT or KEY:EFFECT");
    let (what, effect) = text.rsplit_once(':').with_context(wrong)?;
    if !matches!(effect, "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
        bail!("--register-with-taints: {effect:?} is none of NoSchedule, PreferNoSchedule, NoExecute");
    }
    let (key, value) = what.split_once('=').map_or((what, None), |(key, value)| (key, Some(value.to_owned())));
    Ok(Taint { key: key.into(), value, effect: effect.into(), time_added: None })
}

impl SimulateFlags {
    fn config(&self) -> anyhow::Result<HollowConfig> {
        let capacity = pairs("capacity", &self.capacity)?;
        for (name, amount) in &capacity {
            Quantity::parse(amount).with_context(|| format!("--capacity: {name}: {amount:?} is no quantity"))?;
        }
        let frequency = &self.node_status_report_frequency;
        let report: jiff::SignedDuration = frequency
            .parse()
            .with_context(|| format!("--node-status-report-frequency: {frequency:?} is no duration such as 5m"))?;
        let mut rest = Loaded::read(&self.kubeconfig)?.resolve(None)?.rest;
        rest.timeout = ANSWER_WITHIN;
        rest.user_agent = concat!("skeg-simulate/v", env!("CARGO_PKG_VERSION")).into();
        let client = Client::new(Arc::new(RestTransport::new(rest)?)).with_field_manager("kubelet");
        Ok(HollowConfig {
            client,
            clock: Arc::new(SystemClock),
            nodes: self.nodes,
            prefix: self.name_prefix.clone(),
            capacity,
            labels: pairs("node-labels", &self.node_labels)?,
            zones: self.zones.clone(),
            taints: self.register_with_taints.iter().map(|t| taint(t)).collect::<anyhow::Result<_>>()?,
            pod_range: self.cluster_cidr.parse().with_context(|| format!("--cluster-cidr: {:?}", self.cluster_cidr))?,
            node_range: self.node_cidr.parse().with_context(|| format!("--node-cidr: {:?}", self.node_cidr))?,
            lease_duration: Duration::from_secs(self.node_lease_duration_seconds.into()),
            report_every: Duration::try_from(report)
                .ok()
                .filter(|it| !it.is_zero())
                .context("--node-status-report-frequency must be positive")?,
            remove: self.delete_nodes,
            seed: SystemEntropy.u64(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(&str, Option<&str>, &str), &str>) {
        let got = taint(text);
        let got = got.as_ref().map(|t| (&*t.key, t.value.as_deref(), &*t.effect)).map_err(ToString::to_string);
        assert_eq!(got, expected.map_err(str::to_owned));
    }

    #[test]
    fn taints_are_read_as_kubelet_reads_them() {
        check("a=b:NoSchedule", Ok(("a", Some("b"), "NoSchedule")));
        check("a:NoExecute", Ok(("a", None, "NoExecute")));
        check("a=b", Err("--register-with-taints: \"a=b\" is not KEY=VALUE:EFFECT or KEY:EFFECT"));
        check("a:X", Err("--register-with-taints: \"X\" is none of NoSchedule, PreferNoSchedule, NoExecute"));
    }
}
