//! The CNI plugin (specification 1.0 and 1.1): each pod gets one address and a routed pair of links, no bridge. It is this
//! same program under the name `skeg-cni`; under the name `loopback` it is the plugin that containerd wants for `lo`.
pub mod config;
pub mod hostports;
pub mod ipam;
mod pod;

use config::{CniError, Command, Environment, Network};
use serde_json::{Value, json};
use std::{io::Write, path::Path, process::ExitCode};

pub use config::{CONFIG_FILE, Cidr, NodeNetwork, conflist, install};
pub use pod::{LINK_PREFIX, remove};

/// Under this name the program is the pod network's plugin.
pub const PLUGIN: &str = "skeg-cni";
/// Under this name it sets up the loopback link.
pub const LOOPBACK: &str = "loopback";
/// Where libcni notes what plugins answered, for the day on which it undoes it.
pub const RESULTS: &str = "/var/lib/cni/results";
const VERSIONS: &[&str] = &["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

/// Runs as a plugin if the program was called by a plugin's name: the process's exit code then.
pub fn run_if_plugin(program: &Path) -> Option<ExitCode> {
    let plugin = match program.file_name()?.to_str()? {
        PLUGIN => run as fn(&Environment, &[u8]) -> Result<Option<Value>, CniError>,
        LOOPBACK => run_loopback,
        _ => return None,
    };
    let environment = Environment::from_process();
    let mut input = Vec::new();
    let read =
        std::io::Read::read_to_end(&mut std::io::Read::take(std::io::stdin(), config::INPUT_BYTES_MAX), &mut input);
    let result = match read {
        Ok(_) => plugin(&environment, &input),
        Err(error) => Err(CniError::new(config::code::IO, "reading the configuration", error)),
    };
    let (text, code) = match result {
        Ok(Some(answer)) => (answer.to_string(), ExitCode::SUCCESS),
        Ok(None) => (String::new(), ExitCode::SUCCESS),
        Err(error) => (error.to_json().to_string(), ExitCode::FAILURE),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => Some(code),
        Err(_) => Some(ExitCode::FAILURE),
    }
}

fn versions() -> Value {
    json!({"cniVersion": "1.1.0", "supportedVersions": VERSIONS})
}

fn run(environment: &Environment, input: &[u8]) -> Result<Option<Value>, CniError> {
    let command = environment.command()?;
    if command == Command::Version {
        return Ok(Some(versions()));
    }
    let network = Network::parse(input)?;
    match command {
        Command::Add => pod::add(environment, &network).map(Some),
        Command::Delete => pod::delete(environment, &network).map(|()| None),
        Command::Check => pod::check(environment, &network).map(|()| None),
        Command::Status => pod::status(&network).map(|()| None),
        Command::Collect => pod::collect(&network).map(|()| None),
        Command::Version => Ok(Some(versions())),
    }
}

fn run_loopback(environment: &Environment, input: &[u8]) -> Result<Option<Value>, CniError> {
    match environment.command()? {
        Command::Version => Ok(Some(versions())),
        Command::Add => {
            let version = config::version_of(input)?;
            pod::loopback_up(environment)?;
            Ok(Some(json!({
                "cniVersion": version,
                "interfaces": [{"name": "lo", "mac": "00:00:00:00:00:00", "sandbox": environment.netns}],
                "ips": [{"address": "127.0.0.1/8", "interface": 0}],
                "dns": {},
            })))
        }
        Command::Check => pod::loopback_up(environment).map(|()| None),
        Command::Delete | Command::Status | Command::Collect => Ok(None),
    }
}
