//! Endpoints: the addresses behind a Service, the older form of EndpointSlice.
use super::{
    Column, Kind, Scope, Version,
    columns::{self, column, int, items, text},
};
use crate::Value;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Endpoints")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    short_names: &["ep"],
    create_on_update: true,
    ..Kind::new("", "Endpoints", "endpoints", "endpoints", Scope::Namespaced, "/registry/services/endpoints/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column(
        "Endpoints",
        "string",
        "The set of all endpoints is the union of all subsets. Addresses are placed into subsets according to the IPs they share. A single address with multiple ports, some of which are ready and some of which are not (because they come from different containers) will result in the address being displayed in different subsets for the different ports. No address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of addresses and ports that comprise a service.",
        |endpoints, _| addresses(endpoints).into(),
    ),
    columns::AGE,
];

/// Every address with every port of its subset, bracketed where it has colons.
fn addresses(endpoints: &Value) -> String {
    let subsets = items(endpoints, "/subsets");
    if subsets.is_empty() {
        return "<none>".into();
    }
    let mut all = Vec::new();
    for subset in subsets {
        let ips = || items(subset, "/addresses").iter().map(|a| text(a, "/ip"));
        if items(subset, "/ports").is_empty() {
            all.extend(ips());
        }
        for port in items(subset, "/ports") {
            let number = int(port, "/port");
            all.extend(
                ips().map(|ip| if ip.contains(':') { format!("[{ip}]:{number}") } else { format!("{ip}:{number}") }),
            );
        }
    }
    columns::first_three(&all)
}
