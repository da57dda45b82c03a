//! The command line. Flags that upstream's components have too bear their names, meanings and defaults.
use crate::control::ControllerFlags;
use crate::kubelet_flags::KubeletFlags;
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use skeg_node::net::health::{HEALTHZ_ADDRESS, METRICS_ADDRESS};
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

/// A complete Kubernetes in one binary.
#[derive(Debug, Parser)]
#[command(name = "skeg", version, about, max_term_width = 120, disable_help_subcommand = true)]
pub struct Program {
    #[command(subcommand)]
    pub command: Command,
    /// How much to log: 0 (problems and milestones) to 6 (everything).
    #[arg(long = "v", global = true, default_value_t = 0, value_name = "LEVEL")]
    pub verbosity: u8,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a whole cluster: control plane and this machine as its node.
    Server(Box<ServerFlags>),
    /// Run the API server alone on the embedded store.
    Apiserver(Box<ApiFlags>),
    /// Deploy the sample application, wait for it and fetch an answer through its Service.
    Sample(skeg_cli::sample::SampleFlags),
    /// Register simulated nodes that run pods in name only, with any API server.
    Simulate(crate::simulate::SimulateFlags),
    /// Remove everything that a server started on this machine: containers, networks, processes, mounts.
    Cleanup(CleanupFlags),
    /// Print the completion script of a shell.
    Completion { shell: clap_complete::Shell },
}

/// Which store keeps the cluster's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Datastore {
    Embedded,
    Etcd,
}

#[derive(Debug, Args)]
pub struct ApiFlags {
    /// Directory of all state: storage, certificates, containers.
    #[arg(long, default_value = "/var/lib/skeg", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// Where the cluster's state is kept.
    #[arg(long, value_enum, default_value_t = Datastore::Embedded)]
    pub datastore: Datastore,
    /// Address to listen on.
    #[arg(long, default_value = "0.0.0.0", value_name = "IP")]
    pub bind_address: IpAddr,
    /// Address at which members of the cluster reach this API server (default: that of the default route's interface).
    #[arg(long, value_name = "IP")]
    pub advertise_address: Option<IpAddr>,
    /// Port to serve HTTPS on.
    #[arg(long, default_value_t = 6443, value_name = "PORT")]
    pub secure_port: u16,
    /// Addresses of Services.
    #[arg(long, default_value = "10.96.0.0/16", value_name = "CIDR")]
    pub service_cluster_ip_range: String,
    /// Ports of Services of type NodePort.
    #[arg(long, default_value = "30000-32767", value_name = "FIRST-LAST")]
    pub service_node_port_range: String,
    /// Certificates of the authorities whose client certificates are believed, beside the cluster's own.
    #[arg(long, value_name = "FILE")]
    pub client_ca_file: Option<PathBuf>,
    /// Serving certificate (default: one of the cluster's authority).
    #[arg(long, value_name = "FILE", requires = "tls_private_key_file")]
    pub tls_cert_file: Option<PathBuf>,
    /// Key of --tls-cert-file.
    #[arg(long, value_name = "FILE", requires = "tls_cert_file")]
    pub tls_private_key_file: Option<PathBuf>,
    /// Static tokens: lines of token,user,uid[,"group1,group2"].
    #[arg(long, value_name = "FILE")]
    pub token_auth_file: Option<PathBuf>,
    /// Authorisers in order: AlwaysAllow, AlwaysDeny, Node, RBAC.
    #[arg(long, default_value = "Node,RBAC", value_delimiter = ',', value_name = "MODE,…")]
    pub authorization_mode: Vec<String>,
    /// Admission plugins beyond those on by default.
    #[arg(long, value_delimiter = ',', value_name = "PLUGIN,…")]
    pub enable_admission_plugins: Vec<String>,
    /// Admission plugins to leave out.
    #[arg(long, value_delimiter = ',', value_name = "PLUGIN,…")]
    pub disable_admission_plugins: Vec<String>,
    /// Whether privileged containers are allowed.
    #[arg(long, default_value_t = true, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub allow_privileged: bool,
    /// Whether requests without credentials are answered as system:anonymous.
    #[arg(long, default_value_t = true, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub anonymous_auth: bool,
    /// Whether bootstrap tokens (Secrets of type bootstrap.kubernetes.io/token in kube-system) are known.
    #[arg(long, default_value_t = false, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub enable_bootstrap_token_auth: bool,
    /// Issuer of service-account tokens.
    #[arg(long, default_value = "https://kubernetes.default.svc.cluster.local", value_name = "URL")]
    pub service_account_issuer: String,
    /// Key that signs service-account tokens (default: made in the data directory).
    #[arg(long, value_name = "FILE")]
    pub service_account_signing_key_file: Option<PathBuf>,
    /// Audiences of service-account tokens (default: the issuer).
    #[arg(long, value_delimiter = ',', value_name = "AUDIENCE,…")]
    pub api_audiences: Vec<String>,
    /// Non-mutating requests served at once, beyond them 429.
    #[arg(long, default_value_t = 400, value_name = "N")]
    pub max_requests_inflight: usize,
    /// Mutating requests served at once, beyond them 429.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub max_mutating_requests_inflight: usize,
    /// Write a kubeconfig with full rights to this file.
    #[arg(long, value_name = "PATH")]
    pub write_kubeconfig: Option<PathBuf>,
}

/// Parts of `skeg server` that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Component {
    Kubelet,
    Proxy,
    Dns,
    ControllerManager,
    Scheduler,
}

#[derive(Debug, Args)]
pub struct ServerFlags {
    #[command(flatten)]
    pub api: ApiFlags,
    /// Components to leave out.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "COMPONENT,…")]
    pub disable: Vec<Component>,
    /// Addresses of pods.
    #[arg(long, default_value = "10.244.0.0/16", value_name = "CIDR")]
    pub cluster_cidr: String,
    /// Name of this machine's node (default: the host name).
    #[arg(long, value_name = "NAME")]
    pub hostname_override: Option<String>,
    /// Address of this machine's node (default: --advertise-address).
    #[arg(long, value_name = "IP")]
    pub node_ip: Option<IpAddr>,
    /// Labels of this machine's node.
    #[arg(long, value_delimiter = ',', value_name = "KEY=VALUE,…")]
    pub node_labels: Vec<String>,
    /// Networks of the addresses that node ports answer on, or 'primary' for the node's own address (default: every address
    /// but loopback).
    #[arg(long, value_delimiter = ',', value_name = "CIDR,…")]
    pub nodeport_addresses: Vec<String>,
    /// Where load balancers ask for the proxy's /healthz and /livez.
    #[arg(long, default_value_t = HEALTHZ_ADDRESS, value_name = "IP:PORT")]
    pub proxy_healthz_bind_address: SocketAddr,
    /// Where the proxy tells its /metrics and /proxyMode.
    #[arg(long, default_value_t = METRICS_ADDRESS, value_name = "IP:PORT")]
    pub proxy_metrics_bind_address: SocketAddr,
    #[command(flatten)]
    pub control: ControllerFlags,
    /// KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): profiles, plugins and their arguments, call rates, leader
    /// election.
    #[arg(long, value_name = "FILE")]
    pub scheduler_config: Option<PathBuf>,
    /// KubeletConfiguration (kubelet.config.k8s.io/v1beta1) of this machine's kubelet; flags go before it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub kubelet: KubeletFlags,
}

#[derive(Debug, Args)]
pub struct CleanupFlags {
    /// Data directory of the server whose leftovers go.
    #[arg(long, default_value = "/var/lib/skeg", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// The server's --cgroup-root.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "CGROUP")]
    pub cgroup_root: String,
    /// Remove the data directory too.
    #[arg(long)]
    pub purge: bool,
}

/// Writes the completion script for `shell` to stdout.
pub fn print_completion(shell: clap_complete::Shell) {
    clap_complete::generate(shell, &mut Program::command(), "skeg", &mut std::io::stdout());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Program::command().debug_assert();
    }

    #[test]
    fn upstreams_ways_to_write_flags_are_understood() {
        let line = "skeg apiserver --data-dir D --bind-address 127.0.0.1 --secure-port 1 --authorization-mode Node,RBAC \
                    --allow-privileged --anonymous-auth=false";
        let Program { command: Command::Apiserver(flags), .. } = Program::parse_from(line.split_whitespace()) else {
            panic!("another command");
        };
        assert_eq!(flags.authorization_mode, ["Node", "RBAC"]);
        assert!(flags.allow_privileged && !flags.anonymous_auth);
        let line = "skeg server --disable=kubelet,proxy,dns --controllers=*,-ttl";
        let Program { command: Command::Server(flags), .. } = Program::parse_from(line.split_whitespace()) else {
            panic!("another command");
        };
        assert_eq!(flags.disable, [Component::Kubelet, Component::Proxy, Component::Dns]);
        assert_eq!(flags.control.controllers, ["*", "-ttl"]);
        let line =
            "skeg server --max-pods 30 --register-node=false --fail-swap-on --eviction-hard=memory.available<1Gi";
        let Program { command: Command::Server(flags), .. } = Program::parse_from(line.split_whitespace()) else {
            panic!("another command");
        };
        let given: Vec<(&str, &str)> =
            flags.kubelet.0.iter().map(|(field, text)| (field.name, text.as_str())).collect();
        let hard = ("evictionHard", "memory.available<1Gi");
        assert_eq!(given, [("maxPods", "30"), hard, ("failSwapOn", "true"), ("registerNode", "false")]);
    }
}
