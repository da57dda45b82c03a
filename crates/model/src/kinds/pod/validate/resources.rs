//! Resource names and amounts of containers and pods.
use super::{Context, quantity};
use crate::meta::{at::At, field_error::Errors, names, quantity::Quantity};
use std::collections::BTreeSet;

type NameCheck = fn(&str, &At, &mut Errors);

const INTEGER: &str = "must be an integer";
const NOT_NEGATIVE: &str = "must be greater than or equal to 0";

pub fn is_huge_page(resource: &str) -> bool {
    resource.starts_with("hugepages-")
}

fn is_native(resource: &str) -> bool {
    !resource.contains('/') || resource.contains("kubernetes.io/")
}

/// Anything of a domain of its own, such as `example.com/gpu`.
pub fn is_extended(resource: &str) -> bool {
    !is_native(resource)
        && !resource.starts_with("requests.")
        && names::qualified_name(&format!("requests.{resource}")).is_empty()
}

pub fn is_overcommitted(resource: &str) -> bool {
    is_native(resource) && !is_huge_page(resource)
}

/// Counted in whole units.
pub fn is_integer_only(resource: &str) -> bool {
    const COUNTED: &[&str] = &[
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    ];
    COUNTED.contains(&resource) || is_extended(resource)
}

const STANDARD: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];

/// Whether the name may stand as a resource at all; answers whether it was fine.
pub fn any_name(name: &str, at: &At, errors: &mut Errors) -> bool {
    let wrong = names::qualified_name(name);
    let fine = wrong.is_empty();
    errors.invalid_each(at, name, wrong);
    let standard = STANDARD.contains(&name) || is_huge_page(name) || name.starts_with("requests.hugepages-");
    if fine && !name.contains('/') && !standard {
        errors.invalid(at, name, "must be a standard resource type or fully qualified");
        return false;
    }
    fine
}

pub fn container_name(name: &str, at: &At, errors: &mut Errors) {
    any_name(name, at, errors);
    if !name.contains('/') {
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !is_huge_page(name) {
            errors.invalid(at, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        errors.invalid(at, name, "doesn't follow extended resource name standard");
    }
}

fn pod_name(name: &str, at: &At, errors: &mut Errors) {
    if any_name(name, at, errors) && !matches!(name, "cpu" | "memory") && !is_huge_page(name) {
        errors.not_supported(at, name, &["cpu", "hugepages-", "memory"]);
    }
}

/// `ValidateResourceQuantityValue`.
pub fn amount(name: &str, at: &At, errors: &mut Errors) {
    let Some(amount) = quantity(at) else { return };
    if amount.is_negative() {
        errors.invalid(at, amount.to_string(), NOT_NEGATIVE);
    }
    if is_integer_only(name) && amount.milli_value() % 1000 != 0 {
        errors.invalid(at, amount.to_string(), INTEGER);
    }
}

fn huge_page_amount(name: &str, at: &At, errors: &mut Errors) {
    let (Some(amount), Some(page)) = (quantity(at), name.strip_prefix("hugepages-")) else { return };
    let page = Quantity::parse(page).map_or(0, Quantity::value);
    if page <= 0 || !amount.is_multiple_of(page) {
        let text = amount.to_string();
        errors.invalid(at, text.clone(), format!("{text} is not positive integer multiple of {name}"));
    }
}

/// `limits` and `requests` of a container or pod.
pub(super) fn requirements(at: &At, context: &Context, name_check: NameCheck, errors: &mut Errors) {
    let (limits, requests) = (at.child("limits"), at.child("requests"));
    let is_compute = |name: &str| matches!(name, "cpu" | "memory");
    let (mut has_huge, mut has_compute) = (false, false);
    for (name, limit) in limits.entries() {
        name_check(name, &limit, errors);
        amount(name, &limit, errors);
        if is_huge_page(name) {
            has_huge = true;
            huge_page_amount(name, &limit, errors);
        }
        has_compute |= is_compute(name);
    }
    for (name, request) in requests.entries() {
        name_check(name, &request, errors);
        amount(name, &request, errors);
        compare(name, &request, &requests, &limits, errors);
        if is_huge_page(name) {
            has_huge = true;
            huge_page_amount(name, &request, errors);
        }
        has_compute |= is_compute(name);
    }
    if has_huge && !has_compute {
        errors.forbidden(at, "HugePages require cpu or memory");
    }
    claims(&at.child("claims"), context, errors);
}

/// Overhead is checked as limits without requests.
pub fn amounts(at: &At, place: &At, errors: &mut Errors) {
    let limits = place.with_value(at.value);
    for (name, limit) in limits.entries() {
        container_name(name, &limit, errors);
        amount(name, &limit, errors);
    }
}

fn compare(name: &str, request: &At, requests: &At, limits: &At, errors: &mut Errors) {
    let (Some(wanted), limit) = (quantity(request), quantity(&limits.key(name))) else { return };
    match limit {
        Some(limit) if wanted != limit && !is_overcommitted(name) => {
            errors.invalid(requests, wanted.to_string(), format!("must be equal to {name} limit of {limit}"));
        }
        Some(limit) if wanted > limit => {
            let why = format!("must be less than or equal to {name} limit of {limit}");
            errors.invalid(requests, wanted.to_string(), why);
        }
        None if !is_overcommitted(name) => {
            errors.required(limits, "Limit must be set for non overcommitable resources");
        }
        _ => {}
    }
}

/// Claims that a container uses must be the pod's.
fn claims(at: &At, context: &Context, errors: &mut Errors) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for claim in at.items() {
        let (name, request) = (claim.text("name"), claim.text("request"));
        if name.is_empty() {
            errors.required(claim, "");
            continue;
        }
        if seen.contains(name) {
            errors.duplicate(claim, name);
        } else {
            let mut key = name.to_owned();
            if !request.is_empty() {
                errors.invalid_each(claim.child("request"), request, names::dns1123_label(request));
                key = format!("{name}/{request}");
            }
            if seen.contains(&key) {
                errors.duplicate(claim, key.clone());
            } else if request.is_empty() {
                let of_name = |k: &&String| k.split_once('/').is_some_and(|(claim, _)| claim == name);
                for _ in seen.iter().filter(of_name) {
                    errors.duplicate(claim, name);
                }
            }
            seen.insert(key);
        }
        if !context.claims.contains(name) {
            errors.not_found(claim, name);
            let known: Vec<&str> = context.claims.iter().copied().collect();
            let detail = if known.is_empty() { " which is empty".into() } else { format!(": {}", known.join(", ")) };
            if let Some(last) = errors.0.last_mut() {
                last.message += &format!(": must be one of the names in pod.spec.resourceClaims{detail}");
            }
        }
    }
}

/// `spec.resources`: the pod as a whole (KEP-2837).
pub(super) fn pod_level(spec: &At, context: &Context, errors: &mut Errors) {
    let at = spec.child("resources");
    if context.os == Some("windows") {
        errors.forbidden(at, "may not be set for a windows pod");
        return;
    }
    if at.has("claims") {
        errors.forbidden(at.child("claims"), "claims may not be set for Resources at pod-level");
    }
    requirements(&at, context, pod_name, errors);
    let requests = at.child("requests");
    for (name, sum) in crate::kinds::defaults::aggregate(spec.value, "requests") {
        let own = requests.key(&name);
        if let Some(request) = quantity(&own).filter(|request| sum > *request) {
            let why = format!("must be greater than or equal to aggregate container requests of {sum}");
            errors.invalid(own, request.to_string(), why);
        }
    }
    let limits = at.child("limits");
    for (name, sum) in crate::kinds::defaults::aggregate(spec.value, "limits") {
        let own = limits.key(&name);
        if let Some(limit) = quantity(&own).filter(|limit| is_huge_page(&name) && sum > *limit) {
            let why = format!("must be greater than or equal to aggregate container limits of {sum}");
            errors.invalid(own, limit.to_string(), why);
        }
    }
    for (i, container) in spec.child("containers").items().enumerate() {
        for (name, own) in container.child("resources").child("limits").entries() {
            let (Some(own), Some(limit)) = (quantity(&own), quantity(&limits.key(name))) else { continue };
            if own > limit {
                let place = format!("{}.containers[{i}][{name}].limits", at.path());
                errors.invalid(place, own.to_string(), format!("must be less than or equal to pod limits of {limit}"));
            }
        }
    }
}
