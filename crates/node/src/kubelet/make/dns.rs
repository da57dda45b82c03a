//! The resolver configuration that a pod sees.
use crate::{
    cri::api::DnsConfig,
    pod::spec::{full_name, host_network, namespace, spec},
};
use k8s_openapi::api::core::v1::{Pod, PodDNSConfig};

/// Upstream's bounds on what goes into a resolver configuration.
const NAMESERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;
const SEARCH_CHARS_MAX: usize = 2048;
const SEARCH_DOMAIN_CHARS_MAX: usize = 253;

/// Reads a `resolv.conf`.
pub fn parse_resolv_conf(text: &str) -> DnsConfig {
    let mut config = DnsConfig::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => config.servers.extend(words.next().map(str::to_owned)),
            Some("search") => config.searches = words.map(|it| trim_dot(it).to_owned()).collect(),
            Some("options") => config.options = words.map(str::to_owned).collect(),
            _ => {}
        }
    }
    config
}

fn trim_dot(domain: &str) -> &str {
    if domain == "." { domain } else { domain.trim_end_matches('.') }
}

fn unique(list: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(list.len());
    for item in list {
        if !out.contains(&item) {
            out.push(item);
        }
    }
    out
}

/// Options by name, the pod's own win.
fn merged_options(base: Vec<String>, own: &PodDNSConfig) -> Vec<String> {
    let name_of = |option: &str| option.split(':').next().unwrap_or_default().to_owned();
    let mut all: Vec<String> = Vec::new();
    let own = own.options.iter().flatten().map(|option| {
        let name = option.name.clone().unwrap_or_default();
        match option.value.as_deref() {
            Some(value) if !value.is_empty() => format!("{name}:{value}"),
            _ => name,
        }
    });
    for option in base.into_iter().chain(own) {
        let name = name_of(&option);
        match all.iter_mut().find(|it| name_of(it) == name) {
            Some(place) => *place = option,
            None => all.push(option),
        }
    }
    all
}

/// What a pod is given, and what its owner is to be told about it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Made {
    pub config: DnsConfig,
    /// (reason, message) of the pod's events.
    pub warnings: Vec<(&'static str, String)>,
}

/// `host` is the node's own configuration.
pub fn pod_dns(pod: &Pod, host: DnsConfig, cluster_dns: &[String], cluster_domain: &str) -> Made {
    let policy = spec(pod).dns_policy.as_deref().unwrap_or("ClusterFirst");
    let cluster = match policy {
        "ClusterFirst" => !host_network(pod),
        "ClusterFirstWithHostNet" => true,
        _ => false,
    };
    let mut warnings = Vec::new();
    let mut config = if policy == "None" { DnsConfig::default() } else { host };
    if cluster && cluster_dns.is_empty() {
        let text = format!(
            "pod: {:?}. kubelet does not have ClusterDNS IP configured and cannot create Pod using \"ClusterFirst\" policy. \
             Falling back to \"Default\" policy.",
            full_name(pod)
        );
        warnings.push(("MissingClusterDNS", text));
    }
    if cluster && !cluster_dns.is_empty() {
        let mut searches = Vec::new();
        if !cluster_domain.is_empty() {
            let namespace = namespace(pod);
            searches.push(format!("{namespace}.svc.{cluster_domain}"));
            searches.push(format!("svc.{cluster_domain}"));
            searches.push(cluster_domain.to_owned());
        }
        searches.append(&mut config.searches);
        config.servers = cluster_dns.to_vec();
        config.searches = unique(searches);
        config.options = vec!["ndots:5".to_owned()];
    }
    if let Some(own) = spec(pod).dns_config.as_ref() {
        config.servers.extend(own.nameservers.iter().flatten().cloned());
        config.servers = unique(config.servers);
        config.searches.extend(own.searches.iter().flatten().cloned());
        config.searches = unique(config.searches);
        config.options = merged_options(config.options, own);
    }
    limit(&mut config, &mut warnings);
    Made { config, warnings }
}

/// Leaves out what no resolver takes, the last first, and says so.
fn limit(config: &mut DnsConfig, warnings: &mut Vec<(&'static str, String)>) {
    const REASON: &str = "DNSConfigForming";
    if config.servers.len() > NAMESERVERS_MAX {
        config.servers.truncate(NAMESERVERS_MAX);
        let text =
            "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ";
        warnings.push((REASON, text.to_owned() + &config.servers.join(" ")));
    }
    let asked = config.searches.len();
    config.searches.truncate(SEARCHES_MAX);
    config.searches.retain(|search| search.len() <= SEARCH_DOMAIN_CHARS_MAX);
    while config.searches.join(" ").len() > SEARCH_CHARS_MAX {
        config.searches.pop();
    }
    if config.searches.len() < asked {
        let text =
            "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ";
        warnings.push((REASON, text.to_owned() + &config.searches.join(" ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn made(spec: &Value, cluster_dns: &[String]) -> Made {
        let tree = json!({"metadata": {"name": "p", "namespace": "ns", "uid": "u"}, "spec": spec});
        let host = parse_resolv_conf("search host.example\nnameserver 192.0.2.1\n");
        pod_dns(&serde_json::from_value(tree).unwrap(), host, cluster_dns, "cluster.local")
    }

    #[test]
    fn what_is_left_out_is_said() {
        let dns = ["10.96.0.10".to_owned()];
        let servers: Vec<String> = (1..5).map(|n| format!("192.0.2.{n}")).collect();
        let got = made(&json!({"containers": [], "dnsPolicy": "None", "dnsConfig": {"nameservers": servers}}), &dns);
        assert_eq!(got.config.servers.len(), 3);
        let text = "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: \
                    192.0.2.1 192.0.2.2 192.0.2.3";
        assert_eq!(got.warnings, [("DNSConfigForming", text.to_owned())]);
        let searches: Vec<String> = (0..40).map(|n| format!("d{n}.example")).collect();
        let got = made(&json!({"containers": [], "dnsConfig": {"searches": searches}}), &dns);
        assert_eq!((got.config.searches.len(), got.warnings.len()), (32, 1));
        assert!(got.warnings[0].1.ends_with("d26.example d27.example"), "{:?}", got.warnings);
        let long: Vec<String> = (0..20).map(|n| format!("{n}.{}", "x".repeat(200))).collect();
        let got = made(&json!({"containers": [], "dnsConfig": {"searches": long}}), &dns);
        assert!(got.config.searches.join(" ").len() <= SEARCH_CHARS_MAX && got.warnings.len() == 1);
        assert_eq!(made(&json!({"containers": []}), &dns).warnings, []);
    }

    #[test]
    fn without_a_cluster_dns_the_node_s_is_used() {
        let got = made(&json!({"containers": []}), &[]);
        assert_eq!((got.config.servers, got.config.searches), (vec!["192.0.2.1".into()], vec!["host.example".into()]));
        let text = "pod: \"p_ns(u)\". kubelet does not have ClusterDNS IP configured and cannot create Pod using \
                    \"ClusterFirst\" policy. Falling back to \"Default\" policy.";
        assert_eq!(got.warnings, [("MissingClusterDNS", text.to_owned())]);
    }
}
