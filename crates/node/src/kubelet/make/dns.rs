//! The resolver configuration that a pod sees.
use crate::{
    cri::api::DnsConfig,
    pod::spec::{host_network, namespace, spec},
};
use k8s_openapi::api::core::v1::{Pod, PodDNSConfig};

/// Upstream's bounds on what goes into a resolver configuration.
const NAMESERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;
const SEARCH_CHARS_MAX: usize = 2048;

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

/// What the pod is given. `host` is the node's own configuration.
pub fn pod_dns(pod: &Pod, host: DnsConfig, cluster_dns: &[String], cluster_domain: &str) -> DnsConfig {
    let policy = spec(pod).dns_policy.as_deref().unwrap_or("ClusterFirst");
    let cluster = match policy {
        "ClusterFirst" => !host_network(pod),
        "ClusterFirstWithHostNet" => true,
        _ => false,
    };
    let mut config = if policy == "None" { DnsConfig::default() } else { host };
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
    limited(config)
}

fn limited(mut config: DnsConfig) -> DnsConfig {
    config.servers.truncate(NAMESERVERS_MAX);
    config.searches.truncate(SEARCHES_MAX);
    let mut used = 0;
    config.searches.retain(|search| {
        used += search.len() + 1;
        used <= SEARCH_CHARS_MAX + 1
    });
    config
}
