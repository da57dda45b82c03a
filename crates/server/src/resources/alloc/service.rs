//! Which addresses and ports a Service needs, and what it is told when it cannot have them.
use super::{super::tree, Allocator, Held, Reservation, pool::Refused};
use serde_json::json;
use skeg_model::{
    Value,
    meta::{field_error::Errors, go::Printed},
    status::Status,
};

/// Upstream's `None`: a headless Service.
const HEADLESS: &str = "None";

pub(super) fn begin_create(
    pools: &Allocator,
    service: &mut Value,
    reservation: &mut Reservation,
) -> Result<(), Status> {
    let given = tree::text(service, "/spec/clusterIP").to_owned();
    if tree::list(service, "/spec/clusterIPs").is_empty() && !given.is_empty() {
        tree::map_mut(service, "spec").insert("clusterIPs".into(), json!([given]));
    }
    let mut errors = Errors::new();
    allocate(pools, service, None, reservation, &mut errors);
    checked(service, errors)
}

pub(super) fn begin_update(
    pools: &Allocator,
    new: &mut Value,
    old: &Value,
    reservation: &mut Reservation,
) -> Result<(), Status> {
    patch_allocated(new, old);
    normalize_cluster_ips(new, old);
    let mut errors = Errors::new();
    allocate(pools, new, Some(old), reservation, &mut errors);
    checked(new, errors)?;
    let (before, after) = (pools.held(old), pools.held_after(new));
    let gone = |before: &[u64], after: &[u64]| before.iter().copied().filter(|n| !after.contains(n)).collect();
    reservation.leaves =
        Held { addresses: gone(&before.addresses, &after.addresses), ports: gone(&before.ports, &after.ports) };
    Ok(())
}

fn checked(service: &Value, errors: Errors) -> Result<(), Status> {
    if errors.is_empty() { Ok(()) } else { Err(errors.into_status("", "Service", tree::name(service))) }
}

fn needs_cluster_ip(service: &Value) -> bool {
    matches!(tree::text(service, "/spec/type"), "ClusterIP" | "NodePort" | "LoadBalancer")
}

fn needs_node_port(service: &Value) -> bool {
    matches!(tree::text(service, "/spec/type"), "NodePort" | "LoadBalancer")
}

/// Whether ports are dealt to those that name none.
fn deals_node_ports(service: &Value) -> bool {
    match tree::text(service, "/spec/type") {
        "NodePort" => true,
        "LoadBalancer" => service["spec"]["allocateLoadBalancerNodePorts"] != false,
        _ => false,
    }
}

fn needs_health_check_port(service: &Value) -> bool {
    tree::text(service, "/spec/type") == "LoadBalancer" && tree::text(service, "/spec/externalTrafficPolicy") == "Local"
}

fn is_headless(service: &Value) -> bool {
    tree::text(service, "/spec/clusterIP") == HEADLESS
        || tree::list(service, "/spec/clusterIPs").first().is_some_and(|ip| ip == HEADLESS)
}

fn port_of(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

impl Allocator {
    /// What a stored Service holds of the pools.
    pub(super) fn held(&self, service: &Value) -> Held {
        let addresses = tree::texts(service, "/spec/clusterIPs")
            .into_iter()
            .filter_map(|ip| self.cidr.offset(ip.parse().ok()?))
            .collect();
        let mut ports: Vec<u64> =
            tree::list(service, "/spec/ports").iter().map(|p| port_of(&p["nodePort"])).filter(|p| *p > 0).collect();
        ports.extend(Some(port_of(&service["spec"]["healthCheckNodePort"])).filter(|p| *p > 0));
        ports.dedup();
        Held { addresses, ports }
    }

    /// What a Service will hold once fields that its type does not have are dropped.
    fn held_after(&self, service: &Value) -> Held {
        let mut held = self.held(service);
        if !needs_cluster_ip(service) {
            held.addresses.clear();
        }
        if !needs_node_port(service) {
            held.ports.clear();
        }
        held
    }
}

/// Allocated values that a client left out stay what they were.
fn patch_allocated(new: &mut Value, old: &Value) {
    let before = old["spec"].clone();
    if needs_cluster_ip(old) && needs_cluster_ip(new) {
        if tree::text(new, "/spec/clusterIP").is_empty() {
            tree::map_mut(new, "spec").insert("clusterIP".into(), before["clusterIP"].clone());
        }
        let same = new["spec"]["clusterIP"] == before["clusterIP"];
        if same && tree::list(new, "/spec/clusterIPs").is_empty() {
            tree::map_mut(new, "spec").insert("clusterIPs".into(), before["clusterIPs"].clone());
        }
    }
    if needs_node_port(old) && needs_node_port(new) {
        keep_node_ports(new, old);
    }
    if needs_health_check_port(old) && needs_health_check_port(new) && port_of(&new["spec"]["healthCheckNodePort"]) == 0
    {
        tree::map_mut(new, "spec").insert("healthCheckNodePort".into(), before["healthCheckNodePort"].clone());
    }
}

fn keep_node_ports(new: &mut Value, old: &Value) {
    let before = tree::list(old, "/spec/ports");
    let used: Vec<u64> = tree::list(new, "/spec/ports").iter().map(|p| port_of(&p["nodePort"])).collect();
    let Some(ports) = new.pointer_mut("/spec/ports").and_then(Value::as_array_mut) else { return };
    for port in ports {
        if port_of(&port["nodePort"]) != 0 {
            continue;
        }
        let same = before.iter().find(|b| b["port"] == port["port"] && b["protocol"] == port["protocol"]);
        let number = same.map_or(0, |b| port_of(&b["nodePort"]));
        if number > 0 && !used.contains(&number) {
            port["nodePort"] = number.into();
        }
    }
}

/// A client that knows only `clusterIP` and changed it means the first of `clusterIPs`.
fn normalize_cluster_ips(new: &mut Value, old: &Value) {
    let (now, was) = (new["spec"]["clusterIP"].clone(), &old["spec"]["clusterIP"]);
    let untouched = new["spec"]["clusterIPs"] == old["spec"]["clusterIPs"];
    if now == *was || !untouched {
        return;
    }
    let spec = tree::map_mut(new, "spec");
    match now.as_str() {
        Some("") | None => _ = spec.remove("clusterIPs"),
        Some(ip) => {
            let ip = Value::from(ip);
            match tree::list_mut(spec, "clusterIPs").first_mut() {
                Some(first) => *first = ip,
                None => tree::list_mut(spec, "clusterIPs").push(ip),
            }
        }
    }
}

fn allocate(
    pools: &Allocator,
    service: &mut Value,
    old: Option<&Value>,
    reservation: &mut Reservation,
    errors: &mut Errors,
) {
    if needs_cluster_ip(service) {
        init_families(service, errors);
        if errors.is_empty() && !is_headless(service) {
            allocate_address(pools, service, old, reservation, errors);
        }
    }
    if errors.is_empty() && needs_node_port(service) {
        allocate_ports(pools, service, old, reservation, errors);
    }
    if errors.is_empty() && needs_health_check_port(service) {
        allocate_health_check(pools, service, old, reservation, errors);
    }
}

/// `ipFamilies` and `ipFamilyPolicy` of a cluster with IPv4 only. A headless Service without selector may name both families.
fn init_families(service: &mut Value, errors: &mut Errors) {
    let selectorless =
        is_headless(service) && service["spec"]["selector"].as_object().is_none_or(serde_json::Map::is_empty);
    let policy = tree::text(service, "/spec/ipFamilyPolicy").to_owned();
    let families: Vec<String> = tree::texts(service, "/spec/ipFamilies").into_iter().map(str::to_owned).collect();
    if selectorless {
        let policy = if policy.is_empty() { "RequireDualStack".to_owned() } else { policy };
        let mut families = if families.is_empty() { vec!["IPv4".to_owned()] } else { families };
        if families.len() == 1 && policy != "SingleStack" {
            families.push(if families[0] == "IPv4" { "IPv6".into() } else { "IPv4".into() });
        }
        set_families(service, &policy, &families);
        return;
    }
    if policy == "RequireDualStack" || families.len() > 1 && policy != "PreferDualStack" && !policy.is_empty() {
        errors.invalid(
            "spec.ipFamilyPolicy",
            policy.as_str(),
            "this cluster is not configured for dual-stack services",
        );
        return;
    }
    if let Some(at) = families.iter().position(|f| f == "IPv6") {
        errors.invalid(format!("spec.ipFamilies[{at}]"), "IPv6", "not configured on this cluster");
        return;
    }
    let policy = if policy.is_empty() { "SingleStack".to_owned() } else { policy };
    let families = if families.is_empty() { vec!["IPv4".to_owned()] } else { families };
    set_families(service, &policy, &families);
}

fn set_families(service: &mut Value, policy: &str, families: &[String]) {
    let spec = tree::map_mut(service, "spec");
    spec.insert("ipFamilyPolicy".into(), policy.into());
    spec.insert("ipFamilies".into(), json!(families));
}

fn allocate_address(
    pools: &Allocator,
    service: &mut Value,
    old: Option<&Value>,
    reservation: &mut Reservation,
    errors: &mut Errors,
) {
    let wanted = tree::text(service, "/spec/clusterIP").to_owned();
    if old.is_some_and(|old| needs_cluster_ip(old) && !wanted.is_empty()) {
        return;
    }
    if wanted.is_empty() {
        let Some(offset) = pools.pools.lock().addresses.take_any(pools.entropy.u64()) else {
            let why = "failed to allocate a serviceIP: range is full";
            errors.internal("spec.clusterIPs", why);
            return;
        };
        reservation.taken.addresses.push(offset);
        let ip = pools.cidr.nth(offset).expect("pools deal offsets of the network").to_string();
        let spec = tree::map_mut(service, "spec");
        spec.insert("clusterIP".into(), ip.clone().into());
        spec.insert("clusterIPs".into(), json!([ip]));
        return;
    }
    // Not an address at all: validation says so.
    let Ok(ip) = wanted.parse() else { return };
    let taken = match pools.cidr.offset(ip) {
        Some(offset) => pools.pools.lock().addresses.take(offset).map(|()| offset),
        None => Err(Refused::OutOfRange),
    };
    match taken {
        Ok(offset) => reservation.taken.addresses.push(offset),
        Err(refused) => {
            let why = match refused {
                Refused::Taken => "provided IP is already allocated".to_owned(),
                Refused::OutOfRange => format!(
                    "the provided IP ({wanted}) is not in the valid range. The range of valid IPs is {}",
                    pools.cidr
                ),
            };
            let shown = skeg_model::meta::go::json(&service["spec"]["clusterIPs"]);
            errors.invalid("spec.clusterIPs", Printed(shown), format!("failed to allocate IP {wanted}: {why}"));
        }
    }
}

fn allocate_ports(
    pools: &Allocator,
    service: &mut Value,
    old: Option<&Value>,
    reservation: &mut Reservation,
    errors: &mut Errors,
) {
    let before = old.map(|o| pools.held(o).ports).unwrap_or_default();
    let deals = deals_node_ports(service);
    let mut seen: Vec<(u64, String)> = Vec::new();
    let Some(ports) = service.pointer_mut("/spec/ports").and_then(Value::as_array_mut) else { return };
    for (i, port) in ports.iter_mut().enumerate() {
        let protocol = port["protocol"].as_str().unwrap_or_default().to_owned();
        let mut number = port_of(&port["nodePort"]);
        // A port of this Service may be used once more under another protocol.
        let shared = seen.iter().any(|(n, p)| *n == number && *p != protocol);
        if number == 0 && deals {
            match deal_port(pools, reservation) {
                Some(dealt) => number = dealt,
                None => {
                    errors
                        .internal(format!("spec.ports[{i}].nodePort"), "failed to allocate a nodePort: range is full");
                    return;
                }
            }
            port["nodePort"] = number.into();
        } else if number > 0 && !shared && !before.contains(&number) {
            take_port(pools, number, &format!("spec.ports[{i}].nodePort"), reservation, errors);
            if !errors.is_empty() {
                return;
            }
        }
        if number > 0 {
            seen.push((number, protocol));
        }
    }
}

fn allocate_health_check(
    pools: &Allocator,
    service: &mut Value,
    old: Option<&Value>,
    reservation: &mut Reservation,
    errors: &mut Errors,
) {
    let number = port_of(&service["spec"]["healthCheckNodePort"]);
    let before = old.map(|o| port_of(&o["spec"]["healthCheckNodePort"])).unwrap_or_default();
    if number == 0 {
        match deal_port(pools, reservation) {
            Some(dealt) => _ = tree::map_mut(service, "spec").insert("healthCheckNodePort".into(), dealt.into()),
            None => errors.internal("spec.healthCheckNodePort", "failed to allocate a nodePort: range is full"),
        }
    } else if number != before {
        take_port(pools, number, "spec.healthCheckNodePort", reservation, errors);
    }
}

fn deal_port(pools: &Allocator, reservation: &mut Reservation) -> Option<u64> {
    let dealt = pools.pools.lock().ports.take_any(pools.entropy.u64())?;
    reservation.taken.ports.push(dealt);
    Some(dealt)
}

fn take_port(pools: &Allocator, number: u64, field: &str, reservation: &mut Reservation, errors: &mut Errors) {
    let shown = i64::try_from(number).unwrap_or(i64::MAX);
    match pools.pools.lock().ports.take(number) {
        Ok(()) => reservation.taken.ports.push(number),
        Err(Refused::Taken) => errors.invalid(field, shown, "provided port is already allocated"),
        Err(Refused::OutOfRange) => errors.invalid(
            field,
            shown,
            format!(
                "provided port is not in the valid range. The range of valid ports is {}-{}",
                pools.ports.start(),
                pools.ports.end()
            ),
        ),
    }
}
