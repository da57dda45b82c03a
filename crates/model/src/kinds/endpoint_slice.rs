//! EndpointSlice: a share of the addresses behind a Service.
use super::{
    Column, Kind, Scope, Version, checks,
    columns::{self, Doc::Field, column, items, text},
    prepare,
};
use crate::{
    Value,
    meta::{
        at::At,
        field_error::Errors,
        ip, names,
        object_meta::{self, semantic_eq},
    },
};
use std::collections::BTreeSet;

const VERSIONS: &[Version] = &[Version::new("v1", "io.k8s.api.discovery.v1.EndpointSlice")];

pub static KIND: Kind = Kind {
    columns: COLUMNS,
    validate: |slice, errors| validate(slice, None, errors),
    validate_update: |new, old, errors| {
        object_meta::validate(&KIND, new, errors);
        validate(new, Some(old), errors);
        let root = At::root(new);
        if root.text("addressType") != old["addressType"].as_str().unwrap_or_default() {
            errors.invalid(root.child("addressType"), root.text("addressType"), object_meta::IMMUTABLE);
        }
    },
    warnings,
    prepare_create: |slice| {
        prepare::first_generation(slice);
        drop_topology(slice, None);
    },
    prepare_update,
    ..Kind::new(
        "discovery.k8s.io",
        "EndpointSlice",
        "endpointslices",
        "endpointslice",
        Scope::Namespaced,
        "/registry/endpointslices/",
        VERSIONS,
    )
};

const COLUMNS: &[Column] = &[
    columns::NAME,
    column("AddressType", "string", Field("io.k8s.api.discovery.v1.EndpointSlice", "addressType"), |slice, _| {
        text(slice, "/addressType").into()
    }),
    column("Ports", "string", Field("io.k8s.api.discovery.v1.EndpointSlice", "ports"), |slice, _| ports(slice).into()),
    column("Endpoints", "string", Field("io.k8s.api.discovery.v1.EndpointSlice", "endpoints"), |slice, _| {
        addresses(slice).into()
    }),
    columns::AGE,
];

fn ports(slice: &Value) -> String {
    let ports: Vec<String> = items(slice, "/ports")
        .iter()
        .map(|port| match (port["port"].as_i64(), port["name"].as_str()) {
            (Some(number), _) => number.to_string(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => "*".into(),
        })
        .collect();
    first_three_or_unset(&ports)
}

fn addresses(slice: &Value) -> String {
    let endpoints = items(slice, "/endpoints").iter();
    let all: Vec<String> = endpoints
        .flat_map(|e| items(e, "/addresses"))
        .map(|address| address.as_str().unwrap_or_default().to_owned())
        .collect();
    first_three_or_unset(&all)
}

fn first_three_or_unset(texts: &[String]) -> String {
    if texts.is_empty() { "<unset>".into() } else { columns::first_three(texts) }
}

/// Everything but metadata counts, and of metadata the labels, which tell the Service.
fn prepare_update(new: &mut Value, old: &Value) {
    let same = |field: &str| semantic_eq(&new[field], &old[field]);
    let changed = !["addressType", "endpoints", "ports"].into_iter().all(same)
        || !semantic_eq(&new["metadata"]["labels"], &old["metadata"]["labels"]);
    prepare::next_generation(new, old, changed);
    drop_topology(new, Some(old));
}

/// The old map of topology labels is read-only: a slice that changes loses it, and keeps of it the node's name.
fn drop_topology(new: &mut Value, old: Option<&Value>) {
    if old.is_some_and(|old| semantic_eq(&new["endpoints"], &old["endpoints"])) {
        return;
    }
    const HOST: &str = "kubernetes.io/hostname";
    let known: BTreeSet<&str> = items(old.unwrap_or(&Value::Null), "/endpoints")
        .iter()
        .filter_map(|endpoint| endpoint["deprecatedTopology"][HOST].as_str())
        .collect();
    for endpoint in new.get_mut("endpoints").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(endpoint) = endpoint.as_object_mut() else { continue };
        let Some(topology) = endpoint.remove("deprecatedTopology") else { continue };
        let node =
            topology[HOST].as_str().filter(|node| known.contains(node) && names::dns1123_subdomain(node).is_empty());
        if let (Some(node), None) = (node, endpoint.get("nodeName").filter(|name| !name.is_null())) {
            endpoint.insert("nodeName".into(), node.into());
        }
    }
}

const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const ADDRESSES_MAX: usize = 100;
const PORTS_MAX: usize = 20_000;
const ENDPOINTS_MAX: usize = 1000;
const TOPOLOGY_LABELS_MAX: usize = 16;
const HINTS_MAX: usize = 8;

fn validate(slice: &Value, old: Option<&Value>, errors: &mut Errors) {
    let root = At::root(slice);
    checks::one_of(&root.child("addressType"), &["FQDN", "IPv4", "IPv6"], errors);
    validate_ports(&root.child("ports"), errors);
    let endpoints = root.child("endpoints");
    if old.is_some_and(|old| semantic_eq(endpoints.value, &old["endpoints"])) {
        return;
    }
    if endpoints.len() > ENDPOINTS_MAX {
        errors.too_many(endpoints, endpoints.len(), ENDPOINTS_MAX);
        return;
    }
    for endpoint in endpoints.items() {
        validate_endpoint(&endpoint, root.text("addressType"), errors);
    }
}

fn validate_ports(at: &At, errors: &mut Errors) {
    if at.len() > PORTS_MAX {
        errors.too_many(at, at.len(), PORTS_MAX);
        return;
    }
    let mut seen = BTreeSet::new();
    for port in at.items() {
        let name = port.text("name");
        if !name.is_empty() {
            errors.invalid_each(port.child("name"), name, names::dns1123_label(name));
        }
        if !seen.insert(name) {
            errors.duplicate(port.child("name"), name);
        }
        let protocol = port.child("protocol");
        if protocol.is_nil() {
            errors.required(protocol, "");
        } else if !PROTOCOLS.contains(&protocol.str()) {
            errors.not_supported(protocol, protocol.str(), PROTOCOLS);
        }
        let application = port.child("appProtocol");
        if !application.is_nil() {
            errors.invalid_each(application, application.str(), names::qualified_name(application.str()));
        }
    }
}

fn validate_endpoint(at: &At, ty: &str, errors: &mut Errors) {
    let list = at.child("addresses");
    if list.is_empty() {
        errors.required(list, "must contain at least 1 address");
    } else if list.len() > ADDRESSES_MAX {
        errors.too_many(list, list.len(), ADDRESSES_MAX);
    }
    for address in list.items() {
        validate_address(&list, &address, ty, errors);
    }
    if at.has("nodeName") {
        let node = at.text("nodeName");
        errors.invalid_each(at.child("nodeName"), node, names::dns1123_subdomain(node));
    }
    let topology = at.child("deprecatedTopology");
    if topology.len() > TOPOLOGY_LABELS_MAX {
        errors.too_many(topology, topology.len(), TOPOLOGY_LABELS_MAX);
    }
    object_meta::labels(&topology, errors);
    if at.has("hostname") {
        let hostname = at.text("hostname");
        errors.invalid_each(at.child("hostname"), hostname, names::dns1123_label(hostname));
    }
    let hints = at.child("hints");
    for (field, rule) in
        [("forZones", names::label_value as fn(&str) -> names::Messages), ("forNodes", names::dns1123_subdomain)]
    {
        let list = hints.child(field);
        if list.len() > HINTS_MAX {
            errors.too_many(list, list.len(), HINTS_MAX);
            return;
        }
        let mut seen = BTreeSet::new();
        for hint in list.items() {
            let name = hint.text("name");
            if !seen.insert(name) {
                errors.duplicate(hint.child("name"), name);
            }
            errors.invalid_each(hint.child("name"), name, rule(name));
        }
    }
}

fn validate_address(list: &At, at: &At, ty: &str, errors: &mut Errors) {
    let text = at.str();
    let start = errors.len();
    match ty {
        "IPv4" | "IPv6" => {
            let parsed = if ty == "IPv4" { ip::legacy(at, text, errors) } else { ip::strict(at, text, errors) };
            let Some(parsed) = parsed.filter(|_| errors.len() == start) else { return };
            if parsed.is_ipv4() != (ty == "IPv4") {
                errors.invalid(list, text, format!("must be an {ty} address"));
            }
            checks::endpoint_ip(at, text, errors);
        }
        "FQDN" => domain_name(at, errors),
        _ => {}
    }
}

/// `IsFullyQualifiedDomainName`.
fn domain_name(at: &At, errors: &mut Errors) {
    let name = at.str().strip_suffix('.').unwrap_or(at.str());
    let wrong = names::dns1123_subdomain(name);
    if at.is_empty() {
        errors.required(at, "");
    } else if !wrong.is_empty() {
        errors.invalid(at, name, wrong.join(","));
    } else if !name.contains('.') {
        errors.invalid(at, name, "should be a domain with at least two segments separated by dots");
    } else if let Some(label) = name.split('.').find(|label| !names::dns1123_label(label).is_empty()) {
        errors.invalid(at, label, names::dns1123_label(label).join(","));
    }
}

fn warnings(slice: &Value, old: Option<&Value>) -> Vec<String> {
    let root = At::root(slice);
    let mut out = Vec::new();
    if old.is_none() && root.text("addressType") == "FQDN" {
        out.push("spec.addressType: FQDN endpoints are deprecated".into());
    }
    // Our own controllers write addresses in their best form.
    let manager = slice["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"].as_str();
    if matches!(manager, Some("endpointslice-controller.k8s.io" | "endpointslicemirroring-controller.k8s.io")) {
        return out;
    }
    for endpoint in root.child("endpoints").items() {
        for address in endpoint.child("addresses").items() {
            out.extend(ip::warning(&address.path(), address.str()));
        }
    }
    out
}
