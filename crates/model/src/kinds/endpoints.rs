//! Endpoints: the addresses behind a Service, the older form of EndpointSlice.
use super::{
    Column, Kind, Scope, Version, checks,
    columns::{self, Doc::Field, column, int, items, text},
};
use crate::{
    Value,
    meta::{at::At, field_error::Errors, ip, names, object_meta},
};

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.core.v1.Endpoints")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    validate: |endpoints, errors| subsets(endpoints, None, errors),
    validate_update: |new, old, errors| {
        object_meta::validate_update(new, old, errors);
        object_meta::validate(&KIND, new, errors);
        subsets(new, Some(old), errors);
    },
    warnings,
    short_names: &["ep"],
    create_on_update: true,
    ..Kind::new("", "Endpoints", "endpoints", "endpoints", Scope::Namespaced, "/registry/services/endpoints/", VERSIONS)
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("Endpoints", "string", Field("io.k8s.api.core.v1.Endpoints", "subsets"), |endpoints, _| {
        addresses(endpoints).into()
    }),
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

/// What was wrong before may stay as it was.
fn subsets(endpoints: &Value, old: Option<&Value>, errors: &mut Errors) {
    let root = At::root(endpoints);
    let list = root.child("subsets");
    if old.is_some_and(|old| object_meta::semantic_eq(list.value, &old["subsets"])) {
        return;
    }
    for subset in list.items() {
        let (ready, not_ready, ports) =
            (subset.child("addresses"), subset.child("notReadyAddresses"), subset.child("ports"));
        if ready.is_empty() && not_ready.is_empty() {
            errors.required(subset, "must specify `addresses` or `notReadyAddresses`");
        }
        for address in ready.items().chain(not_ready.items()) {
            self::address(&address, errors);
        }
        for port in ports.items() {
            self::port(&port, ports.len() > 1, errors);
        }
    }
}

fn address(at: &At, errors: &mut Errors) {
    let value = at.text("ip");
    ip::legacy(at.child("ip"), value, errors);
    let hostname = at.text("hostname");
    if !hostname.is_empty() {
        errors.invalid_each(at.child("hostname"), hostname, names::dns1123_label(hostname));
    }
    if at.has("nodeName") {
        let node = at.text("nodeName");
        errors.invalid_each(at.child("nodeName"), node, names::dns1123_subdomain(node));
    }
    checks::endpoint_ip(at.child("ip"), value, errors);
}

fn port(at: &At, need_name: bool, errors: &mut Errors) {
    let name = at.text("name");
    if need_name && name.is_empty() {
        errors.required(at.child("name"), "");
    } else if !name.is_empty() {
        errors.invalid_each(at.child("name"), name, names::dns1123_label(name));
    }
    let number = at.get("port").as_i64().unwrap_or(0);
    errors.invalid_each(at.child("port"), number, names::port_number(number));
    checks::one_of(&at.child("protocol"), &["SCTP", "TCP", "UDP"], errors);
    let application = at.child("appProtocol");
    if !application.is_nil() {
        errors.invalid_each(application, application.str(), names::qualified_name(application.str()));
    }
}

/// Addresses in odd forms; the endpoints controller's own are in good form.
fn warnings(endpoints: &Value, _old: Option<&Value>) -> Vec<String> {
    let root = At::root(endpoints);
    if endpoints["metadata"]["labels"]["endpoints.kubernetes.io/managed-by"] == "endpoint-controller" {
        return Vec::new();
    }
    let mut out = Vec::new();
    for subset in root.child("subsets").items() {
        for list in ["addresses", "notReadyAddresses"] {
            for address in subset.child(list).items() {
                out.extend(ip::warning(&address.child("ip").path(), address.text("ip")));
            }
        }
    }
    out
}
