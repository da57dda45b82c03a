//! Address families of a Service in a cluster with IPv4 only.
use super::{super::tree, HEADLESS};
use serde_json::json;
use skeg_model::{
    Value,
    kinds::service::validate_cluster_ips,
    meta::{field_error::Errors, go::Printed},
};

const POLICY: &str = "spec.ipFamilyPolicy";
const IPS: &str = "/spec/clusterIPs";
const FAMILIES: &str = "/spec/ipFamilies";

/// Fills in `ipFamilies` and `ipFamilyPolicy`. A headless Service without selector may name both families.
pub(super) fn init(service: &mut Value, old: Option<&Value>, errors: &mut Errors) {
    if old.is_some_and(|old| still_prefers_dual(service, old)) {
        return;
    }
    if service["spec"]["ipFamilyPolicy"].is_null() {
        let policy = default_policy(service, old);
        tree::map_mut(service, "spec").insert("ipFamilyPolicy".into(), policy.into());
    }
    validate_cluster_ips(service, old, errors);
    if !errors.is_empty() {
        return;
    }
    let policy = tree::text(service, "/spec/ipFamilyPolicy").to_owned();
    if let Some(old) = old {
        reduce(service, old, &policy, errors);
    }
    if policy == "SingleStack" {
        for (list, what) in [(IPS, "cluster IPs"), (FAMILIES, "IP families")] {
            if tree::list(service, list).len() == 2 {
                let why = format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
                errors.invalid(POLICY, policy.as_str(), why);
            }
        }
    }
    let mut families = of_addresses(service, errors);
    if !errors.is_empty() {
        return;
    }
    if is_selectorless(service) {
        if families.is_empty() {
            families.push("IPv4".into());
        }
        if families.len() == 1 && policy != "SingleStack" {
            families.push(if families[0] == "IPv4" { "IPv6".into() } else { "IPv4".into() });
        }
        return set(service, &families);
    }
    if policy == "RequireDualStack" {
        errors.invalid(POLICY, policy.as_str(), "this cluster is not configured for dual-stack services");
    }
    for (i, family) in families.iter().enumerate().filter(|(_, family)| *family != "IPv4") {
        errors.invalid(format!("spec.ipFamilies[{i}]"), family.as_str(), "not configured on this cluster");
    }
    if errors.is_empty() {
        if families.is_empty() {
            families.push("IPv4".into());
        }
        set(service, &families);
    }
}

fn set(service: &mut Value, families: &[String]) {
    tree::map_mut(service, "spec").insert("ipFamilies".into(), json!(families));
}

/// Headless, and nobody fills its endpoints but the user.
fn is_selectorless(service: &Value) -> bool {
    tree::text(service, "/spec/clusterIP") == HEADLESS
        && service["spec"]["selector"].as_object().is_none_or(serde_json::Map::is_empty)
}

fn default_policy(service: &Value, old: Option<&Value>) -> String {
    let before = old.and_then(|old| old["spec"]["ipFamilyPolicy"].as_str());
    let new = if is_selectorless(service) { "RequireDualStack" } else { "SingleStack" };
    before.unwrap_or(new).to_owned()
}

/// A Service that prefers dual stack stays as it is until its addresses or families are changed.
fn still_prefers_dual(service: &Value, old: &Value) -> bool {
    const PREFER: &str = "PreferDualStack";
    let before = old["spec"]["ipFamilyPolicy"].as_str();
    tree::text(service, "/spec/type") == tree::text(old, "/spec/type")
        && tree::text(service, "/spec/ipFamilyPolicy") == PREFER
        && before.is_none_or(|policy| policy == PREFER)
        && [IPS, FAMILIES].into_iter().all(|list| tree::list(service, list) == tree::list(old, list))
}

/// Going to a single family gives the second ones up; otherwise they may not be left out.
fn reduce(service: &mut Value, old: &Value, policy: &str, errors: &mut Errors) {
    for (field, what) in [("clusterIPs", "cluster IP"), ("ipFamilies", "IP family")] {
        let list = format!("/spec/{field}");
        let (now, before) = (tree::list(service, &list), tree::list(old, &list));
        if policy != "SingleStack" {
            if !now.is_empty() && now.len() < before.len() {
                errors.invalid(POLICY, policy, format!("must be 'SingleStack' to release the secondary {what}"));
            }
        } else if now == before && now.len() > 1 {
            tree::list_mut(tree::map_mut(service, "spec"), field).truncate(1);
        }
    }
}

/// The families named, and those of addresses without one.
fn of_addresses(service: &Value, errors: &mut Errors) -> Vec<String> {
    let mut families: Vec<String> = tree::texts(service, FAMILIES).into_iter().map(str::to_owned).collect();
    let ips = tree::texts(service, IPS);
    for (i, ip) in ips.iter().enumerate().take_while(|(_, ip)| **ip != HEADLESS).skip(families.len()) {
        if ip.contains(':') {
            let shown = skeg_model::meta::go::json(&service["spec"]["clusterIPs"]);
            errors.invalid(format!("spec.clusterIPs[{i}]"), Printed(shown), "IPv6 is not configured on this cluster");
        } else {
            families.push("IPv4".into());
        }
    }
    families
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(service: &Value, old: Option<&Value>, wanted: Result<(&str, &[&str]), &str>) {
        let mut service = json!({"spec": service});
        let old = old.map(|old| json!({"spec": old}));
        let mut errors = Errors::new();
        init(&mut service, old.as_ref(), &mut errors);
        match wanted {
            Ok((policy, families)) => {
                assert_eq!(errors.aggregate(), "");
                assert_eq!(tree::text(&service, "/spec/ipFamilyPolicy"), policy);
                assert_eq!(tree::texts(&service, FAMILIES), families);
            }
            Err(why) => assert_eq!(errors.aggregate(), why),
        }
    }

    #[test]
    fn families_of_new_services() {
        let headless = json!({"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]});
        check(&json!({"type": "ClusterIP"}), None, Ok(("SingleStack", &["IPv4"])));
        check(&headless, None, Ok(("RequireDualStack", &["IPv4", "IPv6"])));
        let why = "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services";
        check(&json!({"type": "ClusterIP", "ipFamilyPolicy": "RequireDualStack"}), None, Err(why));
        let why = "spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster";
        check(&json!({"type": "ClusterIP", "ipFamilies": ["IPv6"]}), None, Err(why));
    }

    #[test]
    fn second_families_are_released_on_purpose_only() {
        let both = json!({"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"], "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack"});
        let with = |field: &str, value: Value| {
            let mut changed = both.clone();
            changed[field] = value;
            changed
        };
        check(&with("ipFamilyPolicy", json!("SingleStack")), Some(&both), Ok(("SingleStack", &["IPv4"])));
        let why = "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be 'SingleStack' to release the secondary IP family";
        check(&with("ipFamilies", json!(["IPv4"])), Some(&both), Err(why));
        check(&with("ipFamilyPolicy", Value::Null), Some(&both), Ok(("RequireDualStack", &["IPv4", "IPv6"])));
    }
}
