//! Host names of pods and the hosts file that they see.
use crate::pod::spec::{name, namespace, spec};
use k8s_openapi::api::core::v1::{HostAlias, Pod};
use std::fmt::Write;

/// Longest host name that the kernel takes, in bytes.
const HOSTNAME_MAX: usize = 63;
/// Longest fully qualified one.
const FQDN_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("hostname for pod \"{pod}\" was invalid: \"{hostname}\"")]
    Invalid { pod: String, hostname: String },
    #[error("failed to construct FQDN from pod hostname and cluster domain, FQDN {fqdn} is too long ({FQDN_MAX} characters is the max, {} characters requested)", fqdn.len())]
    TooLong { fqdn: String },
}

fn truncated(pod: &Pod, hostname: &str) -> Result<String, NameError> {
    if hostname.len() <= HOSTNAME_MAX {
        return Ok(hostname.to_owned());
    }
    let cut = hostname.get(..HOSTNAME_MAX).unwrap_or_default().trim_end_matches(['-', '.']);
    if cut.is_empty() {
        return Err(NameError::Invalid { pod: name(pod).to_owned(), hostname: hostname.to_owned() });
    }
    Ok(cut.to_owned())
}

/// (host name, domain) of a pod in the cluster's domain.
///
/// # Errors
/// Nothing is left of the name once it is cut to length.
pub fn hostname_and_domain(pod: &Pod, cluster_domain: &str) -> Result<(String, String), NameError> {
    let spec = spec(pod);
    if let Some(own) = spec.hostname_override.as_deref() {
        return Ok((truncated(pod, own)?, String::new()));
    }
    let wanted = spec.hostname.as_deref().filter(|it| !it.is_empty()).unwrap_or_else(|| name(pod));
    let domain = match spec.subdomain.as_deref().filter(|it| !it.is_empty()) {
        Some(subdomain) => format!("{subdomain}.{}.svc.{cluster_domain}", namespace(pod)),
        None => String::new(),
    };
    Ok((truncated(pod, wanted)?, domain))
}

/// What the kernel of the sandbox is given as its name.
///
/// # Errors
/// The fully qualified name is asked for and too long.
pub fn kernel_name(pod: &Pod, hostname: &str, domain: &str) -> Result<String, NameError> {
    if spec(pod).set_hostname_as_fqdn != Some(true) || domain.is_empty() {
        return Ok(hostname.to_owned());
    }
    let fqdn = format!("{hostname}.{domain}");
    if fqdn.len() > FQDN_MAX { Err(NameError::TooLong { fqdn }) } else { Ok(fqdn) }
}

fn aliases(list: &[HostAlias]) -> String {
    if list.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n# Entries added by HostAliases.\n");
    for alias in list {
        let _ =
            writeln!(out, "{}\t{}", alias.ip, alias.hostnames.iter().flatten().cloned().collect::<Vec<_>>().join("\t"));
    }
    out
}

/// The hosts file of a pod with its own network.
pub fn hosts_file(ips: &[String], hostname: &str, domain: &str, host_aliases: &[HostAlias]) -> String {
    let mut out = String::from(
        "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n\
         fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
    );
    for ip in ips {
        let _ = if domain.is_empty() {
            writeln!(out, "{ip}\t{hostname}")
        } else {
            writeln!(out, "{ip}\t{hostname}.{domain}\t{hostname}")
        };
    }
    out + &aliases(host_aliases)
}

/// The hosts file of a pod in the node's network: the node's own.
pub fn host_network_hosts_file(of_node: &str, host_aliases: &[HostAlias]) -> String {
    format!("# Kubernetes-managed hosts file (host network).\n{of_node}{}", aliases(host_aliases))
}
