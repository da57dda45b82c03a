//! The cluster's domain as data: Services, endpoints and namespaces, indexed as questions ask for them. Kept up to date
//! object by object.
use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    net::{IpAddr, Ipv4Addr},
};

const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// Where a Service's name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Cluster(Vec<IpAddr>),
    Headless,
    External(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortEntry {
    pub name: String,
    /// In lower case.
    pub protocol: String,
    /// None: a slice without ports has addresses but no SRV records.
    pub port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceEntry {
    pub kind: Kind,
    pub ports: Vec<PortEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointEntry {
    pub address: IpAddr,
    /// The endpoint's own host name, or its address with dashes.
    pub host: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceEntry {
    /// `namespace/name` of the Service.
    pub service: String,
    pub endpoints: Vec<EndpointEntry>,
    pub ports: Vec<PortEntry>,
}

/// The domain's content.
#[derive(Debug)]
pub struct Zone {
    /// In lower case, without dots at its ends: `cluster.local`.
    pub domain: String,
    /// Addresses of this server, for questions about the domain's name server.
    pub servers: Vec<IpAddr>,
    /// All objects that there were at start are in.
    pub synced: bool,
    services: HashMap<String, ServiceEntry>,
    slices: HashMap<String, SliceEntry>,
    of_service: HashMap<String, BTreeSet<String>>,
    service_of_address: HashMap<IpAddr, BTreeSet<String>>,
    slices_of_address: HashMap<IpAddr, BTreeSet<String>>,
    namespaces: HashSet<String>,
    /// Counts changes: the SOA record's serial.
    pub serial: u32,
}

impl Zone {
    pub fn new(domain: &str, servers: Vec<IpAddr>) -> Self {
        Self {
            domain: domain.trim_matches('.').to_ascii_lowercase(),
            servers,
            synced: false,
            services: HashMap::new(),
            slices: HashMap::new(),
            of_service: HashMap::new(),
            service_of_address: HashMap::new(),
            slices_of_address: HashMap::new(),
            namespaces: HashSet::new(),
            serial: 1,
        }
    }

    pub fn set_namespace(&mut self, name: &str, exists: bool) {
        self.serial = self.serial.wrapping_add(1);
        if exists {
            self.namespaces.insert(name.to_owned());
        } else {
            self.namespaces.remove(name);
        }
    }

    pub fn set_service(&mut self, key: &str, entry: Option<ServiceEntry>) {
        self.serial = self.serial.wrapping_add(1);
        if let Some(ServiceEntry { kind: Kind::Cluster(addresses), .. }) = self.services.remove(key) {
            addresses.iter().for_each(|address| unlink(&mut self.service_of_address, address, key));
        }
        let Some(entry) = entry else { return };
        if let Kind::Cluster(addresses) = &entry.kind {
            for address in addresses {
                self.service_of_address.entry(*address).or_default().insert(key.to_owned());
            }
        }
        self.services.insert(key.to_owned(), entry);
    }

    pub fn set_slice(&mut self, key: &str, entry: Option<SliceEntry>) {
        self.serial = self.serial.wrapping_add(1);
        if let Some(old) = self.slices.remove(key) {
            old.endpoints.iter().for_each(|endpoint| unlink(&mut self.slices_of_address, &endpoint.address, key));
            unlink(&mut self.of_service, &old.service, key);
        }
        let Some(entry) = entry else { return };
        for endpoint in &entry.endpoints {
            self.slices_of_address.entry(endpoint.address).or_default().insert(key.to_owned());
        }
        self.of_service.entry(entry.service.clone()).or_default().insert(key.to_owned());
        self.slices.insert(key.to_owned(), entry);
    }

    pub fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name)
    }

    pub fn service(&self, namespace: &str, name: &str) -> Option<&ServiceEntry> {
        self.services.get(&format!("{namespace}/{name}"))
    }

    /// The slices of a Service, in name order.
    pub fn slices_of(&self, namespace: &str, name: &str) -> impl Iterator<Item = &SliceEntry> {
        let keys = self.of_service.get(&format!("{namespace}/{name}"));
        keys.into_iter().flatten().filter_map(|key| self.slices.get(key))
    }

    /// `namespace/name` of the Service that has an address.
    pub fn service_at(&self, address: IpAddr) -> Option<&str> {
        self.service_of_address.get(&address)?.first().map(String::as_str)
    }

    /// Host names and Services of the endpoints at an address.
    pub fn endpoints_at(&self, address: IpAddr) -> impl Iterator<Item = (&str, &str)> {
        let slices = self.slices_of_address.get(&address).into_iter().flatten().filter_map(|key| self.slices.get(key));
        slices.flat_map(move |slice| {
            let here = slice.endpoints.iter().filter(move |endpoint| endpoint.address == address);
            here.map(|endpoint| (endpoint.host.as_str(), slice.service.as_str()))
        })
    }
}

fn unlink<K: std::hash::Hash + Eq + Clone>(index: &mut HashMap<K, BTreeSet<String>>, at: &K, key: &str) {
    if let Some(keys) = index.get_mut(at) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(at);
        }
    }
}

fn protocol(protocol: Option<&str>) -> String {
    protocol.unwrap_or("TCP").to_ascii_lowercase()
}

/// What the domain needs of a Service; None for one that has neither addresses nor another name.
pub fn service_entry(service: &Service) -> Option<ServiceEntry> {
    let spec = service.spec.as_ref()?;
    let kind = if spec.type_.as_deref() == Some("ExternalName") {
        Kind::External(spec.external_name.clone().filter(|name| !name.is_empty())?)
    } else if spec.cluster_ip.as_deref() == Some("None") {
        Kind::Headless
    } else {
        let several = spec.cluster_ips.iter().flatten();
        let mut addresses: Vec<IpAddr> = several.filter_map(|text| text.parse().ok()).collect();
        if addresses.is_empty() {
            addresses.extend(spec.cluster_ip.as_ref().and_then(|text| text.parse::<IpAddr>().ok()));
        }
        if addresses.is_empty() {
            return None;
        }
        Kind::Cluster(addresses)
    };
    let ports = spec.ports.iter().flatten().map(|port| PortEntry {
        name: port.name.clone().unwrap_or_default(),
        protocol: protocol(port.protocol.as_deref()),
        port: u16::try_from(port.port).ok(),
    });
    Some(ServiceEntry { kind, ports: ports.collect() })
}

/// What the domain needs of a slice: its ready endpoints.
pub fn slice_entry(slice: &EndpointSlice) -> Option<SliceEntry> {
    let name = slice.metadata.labels.as_ref()?.get(SERVICE_NAME_LABEL)?;
    if slice.address_type == "FQDN" {
        return None;
    }
    let ready = slice
        .endpoints
        .iter()
        .flatten()
        .filter(|endpoint| endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true));
    let endpoints = ready.flat_map(|endpoint| {
        let host = endpoint.hostname.clone().filter(|host| !host.is_empty());
        endpoint.addresses.iter().filter_map(move |text| {
            let address = text.parse::<IpAddr>().ok()?;
            Some(EndpointEntry { address, host: host.clone().unwrap_or_else(|| dashed(address)) })
        })
    });
    let mut ports: Vec<PortEntry> = slice
        .ports
        .iter()
        .flatten()
        .map(|port| PortEntry {
            name: port.name.clone().unwrap_or_default(),
            protocol: protocol(port.protocol.as_deref()),
            port: port.port.and_then(|port| u16::try_from(port).ok()),
        })
        .collect();
    if ports.is_empty() {
        ports.push(PortEntry { name: String::new(), protocol: String::new(), port: None });
    }
    Some(SliceEntry {
        service: format!("{}/{name}", slice.metadata.namespace.as_deref().unwrap_or_default()),
        endpoints: endpoints.collect(),
        ports,
    })
}

/// The host name of an endpoint that has none.
fn dashed(address: IpAddr) -> String {
    let text = address.to_string().replace(['.', ':'], "-");
    if text.ends_with('-') { format!("{text}0") } else { text }
}

/// The address that a pod's name stands for: `10-244-0-7`, `fd00--7`.
pub fn undashed(name: &str) -> Option<IpAddr> {
    if name.matches('-').count() == 3 && !name.contains("--") {
        return name.replace('-', ".").parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    }
    name.replace('-', ":").parse().ok()
}
