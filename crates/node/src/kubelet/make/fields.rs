//! What the downward API shows of a pod: fields and resources.
use crate::pod::{
    qos::qos,
    quantity::{milli, value},
    resources::ResourceList,
    spec::{find, spec},
};
use k8s_openapi::{
    api::core::v1::{Pod, ResourceFieldSelector},
    apimachinery::pkg::api::resource::Quantity,
};
use std::{collections::BTreeMap, fmt::Write};

/// What of the node the downward API falls back on and shows.
#[derive(Debug, Clone, Default)]
pub struct NodeView {
    pub name: String,
    pub ips: Vec<String>,
    pub allocatable: ResourceList,
    pub labels: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FieldError {
    #[error("unsupported fieldPath: {0}")]
    Unsupported(String),
    #[error("unsupported container resource : {0}")]
    Resource(String),
    #[error("container {0} not found")]
    Container(String),
    #[error("quantities cannot be divided by {0}")]
    Divisor(String),
}

/// `key="value"` lines, sorted, values quoted as Go quotes.
pub fn format_map(map: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for (key, value) in map {
        let _ = writeln!(out, "{key}={}", go_quote(value));
    }
    out.truncate(out.trim_end_matches('\n').len());
    out
}

/// As Go's `%q`.
pub fn go_quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if c.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn subscript<'a>(path: &'a str, field: &str) -> Option<&'a str> {
    path.strip_prefix(field)?.strip_prefix("['")?.strip_suffix("']")
}

/// Value of a `fieldRef`. `ips` are the pod's addresses.
///
/// # Errors
/// The path is none that the downward API knows.
pub fn field(pod: &Pod, path: &str, node: &NodeView, ips: &[String]) -> Result<String, FieldError> {
    let meta = &pod.metadata;
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    let in_map = |map: &Option<BTreeMap<String, String>>, key: &str| {
        map.as_ref().and_then(|map| map.get(key)).cloned().unwrap_or_default()
    };
    if let Some(key) = subscript(path, "metadata.annotations") {
        return Ok(in_map(&meta.annotations, key));
    }
    if let Some(key) = subscript(path, "metadata.labels") {
        return Ok(in_map(&meta.labels, key));
    }
    Ok(match path {
        "metadata.name" => text(&meta.name),
        "metadata.namespace" => text(&meta.namespace),
        "metadata.uid" => text(&meta.uid),
        "metadata.labels" => format_map(&meta.labels.clone().unwrap_or_default()),
        "metadata.annotations" => format_map(&meta.annotations.clone().unwrap_or_default()),
        "spec.nodeName" => node.name.clone(),
        "spec.serviceAccountName" => text(&spec(pod).service_account_name),
        "status.hostIP" => node.ips.first().cloned().unwrap_or_default(),
        "status.hostIPs" => node.ips.join(","),
        "status.podIP" => ips.first().cloned().unwrap_or_default(),
        "status.podIPs" => ips.join(","),
        "status.qosClass" => qos(pod).name().to_owned(),
        _ => return Err(FieldError::Unsupported(path.to_owned())),
    })
}

fn divided(amount: i64, divisor: i64) -> i64 {
    let divisor = divisor.max(1);
    amount / divisor + i64::from(amount % divisor != 0)
}

/// Value of a `resourceFieldRef`; limits that are not set show what the node can give.
///
/// # Errors
/// The container or the resource is unknown.
pub fn resource(
    pod: &Pod,
    own_container: Option<&str>,
    selector: &ResourceFieldSelector,
    node: &NodeView,
) -> Result<String, FieldError> {
    let named = selector.container_name.as_deref().filter(|name| !name.is_empty()).or(own_container);
    let name = named.unwrap_or_default();
    let (_, container) = find(pod, name).ok_or_else(|| FieldError::Container(name.to_owned()))?;
    let requirements = container.resources.clone().unwrap_or_default();
    let (of_limits, kind) = match selector.resource.split_once('.') {
        Some(("limits", kind)) => (true, kind),
        Some(("requests", kind)) => (false, kind),
        _ => return Err(FieldError::Resource(selector.resource.clone())),
    };
    let known = matches!(kind, "cpu" | "memory" | "ephemeral-storage") || kind.starts_with("hugepages-");
    if !known {
        return Err(FieldError::Resource(selector.resource.clone()));
    }
    let get = |list: &Option<ResourceList>| list.as_ref().and_then(|list| list.get(kind)).cloned();
    let amount = if of_limits {
        get(&requirements.limits).or_else(|| node.allocatable.get(kind).cloned())
    } else {
        get(&requirements.requests)
    };
    let amount = amount.unwrap_or_else(|| Quantity("0".into()));
    let one = Quantity("1".into());
    let divisor = selector.divisor.as_ref().filter(|it| milli(it) != 0).unwrap_or(&one);
    let shown = match kind {
        "cpu" => divided(milli(&amount), milli(divisor)),
        _ => divided(value(&amount), value(divisor)),
    };
    Ok(shown.to_string())
}
