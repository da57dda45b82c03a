//! What a CNI call brings along, the errors it may answer with, and the configuration that Skeg writes for the runtime.
use crate::runtime::process::write_atomically;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    fs, io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

pub const INPUT_BYTES_MAX: u64 = 1 << 20;
/// The one network configuration in the runtime's folder.
pub const CONFIG_FILE: &str = "10-skeg.conflist";

/// Error codes of the specification, and ours from 100 on.
pub mod code {
    pub const INCOMPATIBLE_VERSION: u32 = 1;
    pub const INVALID_ENVIRONMENT: u32 = 4;
    pub const IO: u32 = 5;
    pub const DECODE: u32 = 6;
    pub const INVALID_CONFIG: u32 = 7;
    pub const NOT_AVAILABLE: u32 = 50;
    pub const NETWORK: u32 = 100;
    pub const NO_ADDRESS: u32 = 101;
    pub const CHECK: u32 = 102;
}

#[derive(Debug, thiserror::Error)]
#[error("{what}: {cause}")]
pub struct CniError {
    pub code: u32,
    pub what: String,
    pub cause: String,
}

impl CniError {
    pub fn new(code: u32, what: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self { code, what: what.into(), cause: cause.to_string() }
    }

    /// For `map_err` on a step of setting up the network.
    pub fn network<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Self {
        move |error| Self::new(code::NETWORK, what, error)
    }

    pub fn to_json(&self) -> Value {
        json!({"cniVersion": "1.0.0", "code": self.code, "msg": self.what, "details": self.cause})
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Add,
    Delete,
    Check,
    Version,
    Status,
    /// `GC`: all attachments but the listed ones are gone.
    Collect,
}

/// The call's environment variables.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    pub command: String,
    pub container: String,
    pub netns: String,
    pub interface: String,
}

impl Environment {
    pub fn from_process() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        Self {
            command: variable("CNI_COMMAND"),
            container: variable("CNI_CONTAINERID"),
            netns: variable("CNI_NETNS"),
            interface: variable("CNI_IFNAME"),
        }
    }

    pub fn command(&self) -> Result<Command, CniError> {
        let needs_container = |command| {
            if self.container.is_empty() || self.interface.is_empty() {
                return Err(CniError::new(code::INVALID_ENVIRONMENT, "CNI_CONTAINERID and CNI_IFNAME must be set", ""));
            }
            Ok(command)
        };
        match self.command.as_str() {
            "ADD" => needs_container(Command::Add),
            "DEL" => needs_container(Command::Delete),
            "CHECK" => needs_container(Command::Check),
            "VERSION" => Ok(Command::Version),
            "STATUS" => Ok(Command::Status),
            "GC" => Ok(Command::Collect),
            other => Err(CniError::new(code::INVALID_ENVIRONMENT, "unknown CNI_COMMAND", other)),
        }
    }
}

/// A network in prefix notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    pub address: Ipv4Addr,
    pub prefix: u8,
}

impl Cidr {
    pub fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0)
    }

    pub fn contains(self, address: Ipv4Addr) -> bool {
        (u32::from(address) ^ u32::from(self.address)) & self.mask() == 0
    }
}

impl std::str::FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || format!("{text} is no IPv4 network");
        let (address, prefix) = text.split_once('/').ok_or_else(malformed)?;
        let (address, prefix) = (address.parse::<Ipv4Addr>(), prefix.parse::<u8>());
        match (address, prefix) {
            (Ok(address), Ok(prefix)) if prefix <= 32 => {
                let whole = Self { address, prefix };
                Ok(Self { address: Ipv4Addr::from(u32::from(address) & whole.mask()), prefix })
            }
            _ => Err(malformed()),
        }
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A port of the node that leads to a port of the pod. The specification writes names like `hostPort`; containerd sends
/// `HostPort`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PortMapping {
    #[serde(default, alias = "HostPort")]
    pub host_port: u16,
    #[serde(alias = "ContainerPort")]
    pub container_port: u16,
    #[serde(alias = "Protocol")]
    pub protocol: String,
    #[serde(default, rename = "hostIP", alias = "HostIP", skip_serializing_if = "String::is_empty")]
    pub host_ip: String,
}

/// The configuration on standard input.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    #[serde(default = "oldest")]
    pub cni_version: String,
    #[serde(rename = "podCIDR")]
    pub pod_cidr: Cidr,
    /// Traffic of pods to addresses outside of it leaves under the node's address.
    #[serde(default, rename = "clusterCIDR")]
    pub cluster_cidr: Option<Cidr>,
    pub state_dir: PathBuf,
    #[serde(default = "usual_mtu")]
    pub mtu: u32,
    #[serde(default)]
    pub runtime_config: RuntimeConfig,
    #[serde(default, rename = "cni.dev/valid-attachments")]
    pub valid_attachments: Vec<Attachment>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeConfig {
    #[serde(default)]
    pub port_mappings: Vec<PortMapping>,
}

#[derive(Debug, Deserialize)]
pub struct Attachment {
    #[serde(rename = "containerID")]
    pub container: String,
    pub ifname: String,
}

fn oldest() -> String {
    "0.3.0".into()
}

fn usual_mtu() -> u32 {
    1500
}

impl Network {
    pub fn parse(input: &[u8]) -> Result<Self, CniError> {
        version_of(input)?;
        serde_json::from_slice(input).map_err(|error| CniError::new(code::DECODE, "network configuration", error))
    }
}

/// The configuration's version, if the plugin speaks it.
pub fn version_of(input: &[u8]) -> Result<String, CniError> {
    let tree: Value =
        serde_json::from_slice(input).map_err(|error| CniError::new(code::DECODE, "network configuration", error))?;
    let version = tree["cniVersion"].as_str().unwrap_or("0.3.0");
    if super::VERSIONS.contains(&version) {
        Ok(version.to_owned())
    } else {
        Err(CniError::new(code::INCOMPATIBLE_VERSION, "CNI version is not supported", version))
    }
}

/// What the node's network configuration is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeNetwork {
    pub pod_cidr: Cidr,
    pub cluster_cidr: Option<Cidr>,
    pub mtu: u32,
    pub state_dir: PathBuf,
}

/// The text of the runtime's network configuration.
pub fn conflist(network: &NodeNetwork) -> String {
    let mut plugin = json!({
        "type": super::PLUGIN,
        "podCIDR": network.pod_cidr.to_string(),
        "stateDir": network.state_dir,
        "mtu": network.mtu,
        "capabilities": {"portMappings": true},
    });
    if let Some(cidr) = network.cluster_cidr {
        plugin["clusterCIDR"] = cidr.to_string().into();
    }
    let list = json!({"cniVersion": "1.0.0", "name": "skeg", "plugins": [plugin]});
    format!("{list:#}\n")
}

/// Puts the plugins into the runtime's folder, as links to `program`.
pub fn install(program: &Path, bin_dir: &Path) -> io::Result<()> {
    fs::create_dir_all(bin_dir)?;
    for name in [super::PLUGIN, super::LOOPBACK] {
        let (path, fresh) = (bin_dir.join(name), bin_dir.join(format!("{name}.new")));
        if fs::read_link(&path).is_ok_and(|target| target == program) {
            continue;
        }
        _ = fs::remove_file(&fresh);
        std::os::unix::fs::symlink(program, &fresh)?;
        fs::rename(&fresh, &path)?;
    }
    Ok(())
}

/// Gives the runtime its network; from then on the node is ready for pods.
pub fn write_conflist(network: &NodeNetwork, conf_dir: &Path) -> io::Result<()> {
    fs::create_dir_all(conf_dir)?;
    fs::create_dir_all(&network.state_dir)?;
    let (path, text) = (conf_dir.join(CONFIG_FILE), conflist(network));
    if fs::read_to_string(&path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    write_atomically(&path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_normalised() {
        let check = |text: &str, expected: &str| {
            let cidr = text.parse::<Cidr>().map_or_else(|error| error, |cidr| cidr.to_string());
            assert_eq!(cidr, expected);
        };
        check("10.244.3.7/24", "10.244.3.0/24");
        check("0.0.0.0/0", "0.0.0.0/0");
        check("10.0.0.0/33", "10.0.0.0/33 is no IPv4 network");
        check("fd00::/8", "fd00::/8 is no IPv4 network");
    }

    #[test]
    fn what_is_written_can_be_read() {
        let network = NodeNetwork {
            pod_cidr: "10.244.0.0/24".parse().unwrap(),
            cluster_cidr: "10.244.0.0/16".parse().ok(),
            mtu: 1450,
            state_dir: "/d/cni/addresses".into(),
        };
        let list: Value = serde_json::from_str(&conflist(&network)).unwrap();
        let mut plugin = list["plugins"][0].clone();
        plugin["cniVersion"] = list["cniVersion"].clone();
        plugin["runtimeConfig"] =
            json!({"portMappings": [{"hostPort": 80, "containerPort": 8080, "protocol": "tcp", "hostIP": ""}]});
        let read = Network::parse(plugin.to_string().as_bytes()).unwrap();
        assert_eq!((read.pod_cidr, read.cluster_cidr), (network.pod_cidr, network.cluster_cidr));
        assert_eq!((read.mtu, read.runtime_config.port_mappings[0].container_port), (1450, 8080));
    }

    #[test]
    fn unknown_versions_and_commands_are_refused() {
        let error = version_of(br#"{"cniVersion":"9.0.0"}"#).unwrap_err();
        assert_eq!(error.to_json()["code"], code::INCOMPATIBLE_VERSION);
        let environment = Environment { command: "PLAY".into(), ..Environment::default() };
        assert_eq!(environment.command().unwrap_err().code, code::INVALID_ENVIRONMENT);
        let environment = Environment { command: "ADD".into(), ..Environment::default() };
        assert_eq!(environment.command().unwrap_err().code, code::INVALID_ENVIRONMENT);
    }
}
