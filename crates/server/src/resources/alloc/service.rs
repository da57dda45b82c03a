//! Which addresses and ports a Service needs, and what it is told when it cannot have them.
use super::{super::tree, Allocator, HEADLESS, Held, Reservation, families, pool::Refused};
use serde_json::json;
use skeg_model::{
    Value,
    meta::{field_error::Errors, go::Printed},
    status::Status,
};
use std::collections::BTreeMap;

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
    allocate(pools, service, None, reservation, &mut errors)?;
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
    allocate(pools, new, Some(old), reservation, &mut errors)?;
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

fn number_of(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
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
        if tree::list(new, "/spec/clusterIPs").is_empty() {
            tree::map_mut(new, "spec").insert("clusterIPs".into(), before["clusterIPs"].clone());
        }
    }
    if deals_node_ports(old) && deals_node_ports(new) {
        keep_node_ports(new, old);
    }
    if needs_health_check_port(old)
        && needs_health_check_port(new)
        && number_of(&new["spec"]["healthCheckNodePort"]) == 0
    {
        tree::map_mut(new, "spec").insert("healthCheckNodePort".into(), before["healthCheckNodePort"].clone());
    }
}

fn keep_node_ports(new: &mut Value, old: &Value) {
    let before = tree::list(old, "/spec/ports");
    let asked: Vec<i64> = tree::list(new, "/spec/ports").iter().map(|p| number_of(&p["nodePort"])).collect();
    let mut used: Vec<i64> =
        before.iter().map(|p| number_of(&p["nodePort"])).filter(|number| asked.contains(number)).collect();
    let Some(ports) = new.pointer_mut("/spec/ports").and_then(Value::as_array_mut) else { return };
    for port in ports {
        if number_of(&port["nodePort"]) != 0 {
            continue;
        }
        let name = |port: &Value| port["name"].as_str().unwrap_or_default().to_owned();
        let number = before.iter().rev().find(|b| name(b) == name(port)).map_or(0, |b| number_of(&b["nodePort"]));
        if number > 0 && !used.contains(&number) {
            used.push(number);
            port["nodePort"] = number.into();
        }
    }
}

/// A client that knows only `clusterIP` and changed it means `clusterIPs` too.
fn normalize_cluster_ips(new: &mut Value, old: &Value) {
    let now = tree::text(new, "/spec/clusterIP").to_owned();
    let untouched = tree::list(new, "/spec/clusterIPs") == tree::list(old, "/spec/clusterIPs");
    if now == tree::text(old, "/spec/clusterIP") || !untouched {
        return;
    }
    let spec = tree::map_mut(new, "spec");
    if now.is_empty() {
        spec.remove("clusterIPs");
    } else {
        spec.insert("clusterIPs".into(), json!([now]));
    }
}

fn allocate(
    pools: &Allocator,
    service: &mut Value,
    old: Option<&Value>,
    reservation: &mut Reservation,
    errors: &mut Errors,
) -> Result<(), Status> {
    if needs_cluster_ip(service) {
        families::init(service, old, errors);
        if errors.is_empty() && !is_headless(service) {
            allocate_address(pools, service, old, reservation, errors);
        }
    }
    if errors.is_empty() && needs_node_port(service) {
        match old {
            None => first_ports(pools, service, reservation, errors),
            Some(old) => changed_ports(pools, service, old, reservation, errors)?,
        }
    }
    if errors.is_empty() && needs_health_check_port(service) {
        allocate_health_check(pools, service, old, reservation)?;
    }
    Ok(())
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
    if wanted.is_empty() && reservation.dry_run {
        // Which address it would be is not looked for: the network's own stands for it.
        set_address(service, &pools.cidr.nth(0).expect("networks have a first address").to_string());
        return;
    }
    if wanted.is_empty() {
        let Some(offset) = pools.pools.lock().addresses.take_any(pools.entropy.u64()) else {
            let why = "failed to allocate a serviceIP: range is full";
            errors.internal("spec.clusterIPs", why);
            return;
        };
        reservation.taken.addresses.push(offset);
        set_address(service, &pools.cidr.nth(offset).expect("pools deal offsets of the network").to_string());
        return;
    }
    // Not an address at all: validation says so.
    let Ok(ip) = wanted.parse() else { return };
    let taken = match pools.cidr.offset(ip) {
        None => Err(Refused::OutOfRange),
        Some(offset) if reservation.dry_run && pools.pools.lock().addresses.contains(offset) => Ok(()),
        Some(offset) => pools.pools.lock().addresses.take(offset).map(|()| reservation.taken.addresses.push(offset)),
    };
    if let Err(refused) = taken {
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

fn set_address(service: &mut Value, ip: &str) {
    let spec = tree::map_mut(service, "spec");
    spec.insert("clusterIP".into(), ip.into());
    spec.insert("clusterIPs".into(), json!([ip]));
}

/// Node ports of a new Service: the same port under several protocols gets one number.
fn first_ports(pools: &Allocator, service: &mut Value, reservation: &mut Reservation, errors: &mut Errors) {
    let deals = deals_node_ports(service);
    let Some(ports) = service.pointer_mut("/spec/ports").and_then(Value::as_array_mut) else { return };
    let asked: Vec<(i64, i64)> =
        ports.iter().map(|port| (number_of(&port["port"]), number_of(&port["nodePort"]))).collect();
    let mut given: BTreeMap<i64, i64> = BTreeMap::new();
    for (i, port) in ports.iter_mut().enumerate() {
        let (of, own) = asked[i];
        if own == 0 && !deals {
            continue;
        }
        let number = match given.get(&of) {
            Some(number) if own == 0 || own == *number => *number,
            Some(_) => {
                take_port(pools, own, &format!("spec.ports[{i}].nodePort"), reservation, errors);
                own
            }
            None => {
                let wanted = asked[i..].iter().find(|(port, number)| *port == of && *number != 0);
                let number = match wanted {
                    Some((_, wanted)) => {
                        take_port(pools, *wanted, &format!("spec.ports[{i}].nodePort"), reservation, errors);
                        *wanted
                    }
                    None => deal_port(pools, &format!("spec.ports[{i}].nodePort"), reservation, errors),
                };
                given.insert(of, number);
                number
            }
        };
        if !errors.is_empty() {
            return;
        }
        port["nodePort"] = number.into();
    }
}

/// Node ports of a Service that changed: it keeps what it had, and a number may be used under several protocols.
fn changed_ports(
    pools: &Allocator,
    service: &mut Value,
    old: &Value,
    reservation: &mut Reservation,
    errors: &mut Errors,
) -> Result<(), Status> {
    let before: Vec<i64> = if needs_node_port(old) {
        tree::list(old, "/spec/ports").iter().map(|port| number_of(&port["nodePort"])).collect()
    } else {
        Vec::new()
    };
    let deals = deals_node_ports(service);
    let mut taken: Vec<i64> = Vec::new();
    let mut seen: Vec<(String, i64)> = Vec::new();
    let Some(ports) = service.pointer_mut("/spec/ports").and_then(Value::as_array_mut) else { return Ok(()) };
    for (i, port) in ports.iter_mut().enumerate() {
        let number = number_of(&port["nodePort"]);
        let field = format!("spec.ports[{i}].nodePort");
        if number == 0 && !deals {
            continue;
        }
        if number == 0 {
            port["nodePort"] = deal_port(pools, &field, reservation, errors).into();
        } else if !before.contains(&number) && !taken.contains(&number) {
            take_port(pools, number, &field, reservation, errors);
            taken.push(number);
        }
        if !errors.is_empty() {
            return Ok(());
        }
        let of = (port["protocol"].as_str().unwrap_or_default().to_owned(), number_of(&port["nodePort"]));
        if seen.contains(&of) {
            return Err(Status::failure(500, "", format!("duplicate nodePort: {{{} {}}}", of.0, of.1)));
        }
        seen.push(of);
    }
    Ok(())
}

fn allocate_health_check(
    pools: &Allocator,
    service: &mut Value,
    old: Option<&Value>,
    reservation: &mut Reservation,
) -> Result<(), Status> {
    if old.is_some_and(needs_health_check_port) {
        // It stays what it is, which validation sees to.
        return Ok(());
    }
    let number = number_of(&service["spec"]["healthCheckNodePort"]);
    if number != 0 {
        return reserve_port(pools, number, reservation).map_err(|why| {
            Status::internal(format!("failed to allocate requested HealthCheck NodePort {number}: {why}"))
        });
    }
    let dealt = next_port(pools, reservation)
        .ok_or_else(|| Status::internal("failed to allocate a HealthCheck NodePort 0: range is full"))?;
    tree::map_mut(service, "spec").insert("healthCheckNodePort".into(), dealt.into());
    Ok(())
}

/// Above every real port: where dry runs begin to count.
const SHOWN_PORTS_FROM: i64 = 32_769;

fn next_port(pools: &Allocator, reservation: &mut Reservation) -> Option<i64> {
    if reservation.dry_run {
        let next = reservation.shown_ports.iter().max().map_or(SHOWN_PORTS_FROM, |last| last.max(&0) + 1);
        reservation.shown_ports.push(next);
        return Some(next);
    }
    let dealt = pools.pools.lock().ports.take_any(pools.entropy.u64())?;
    reservation.taken.ports.push(dealt);
    Some(i64::try_from(dealt).expect("ports are small"))
}

fn deal_port(pools: &Allocator, field: &str, reservation: &mut Reservation, errors: &mut Errors) -> i64 {
    next_port(pools, reservation).unwrap_or_else(|| {
        errors.internal(field, "failed to allocate a nodePort: range is full");
        0
    })
}

fn take_port(pools: &Allocator, number: i64, field: &str, reservation: &mut Reservation, errors: &mut Errors) {
    if let Err(why) = reserve_port(pools, number, reservation) {
        errors.invalid(field, number, why);
    }
}

/// Takes a port for this write, or says why it cannot have it.
fn reserve_port(pools: &Allocator, number: i64, reservation: &mut Reservation) -> Result<(), String> {
    let offset = u64::try_from(number).ok();
    let taken = if reservation.dry_run {
        let is_taken = offset.is_some_and(|offset| pools.pools.lock().ports.is_taken(offset));
        if is_taken || reservation.shown_ports.contains(&number) {
            Err(Refused::Taken)
        } else {
            reservation.shown_ports.push(number);
            Ok(())
        }
    } else {
        let taken =
            offset.ok_or(Refused::OutOfRange).and_then(|port| pools.pools.lock().ports.take(port).map(|()| port));
        taken.map(|port| reservation.taken.ports.push(port))
    };
    taken.map_err(|refused| match refused {
        Refused::Taken => "provided port is already allocated".to_owned(),
        Refused::OutOfRange => format!(
            "provided port is not in the valid range. The range of valid ports is {}-{}",
            pools.ports.start(),
            pools.ports.end()
        ),
    })
}
