//! Where a stream goes: container, path at the kubelet, address of a node or a pod. Pure.
use super::super::{
    failure,
    url::{self, Query},
};
use skeg_client::streams::Wanted;
use skeg_model::{Value, status::Status};
use std::net::{IpAddr, SocketAddr};

/// Port of a kubelet whose node does not name one.
const KUBELET_PORT: u16 = 10250;

/// Name of the node that runs the pod.
pub fn node_of(pod: &Value) -> Option<&str> {
    pod["spec"]["nodeName"].as_str().filter(|node| !node.is_empty())
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn container_names<'a>(pod: &'a Value, lists: &[&str]) -> Vec<&'a str> {
    let containers = |list: &&str| pod["spec"][*list].as_array().map(Vec::as_slice).unwrap_or_default();
    lists.iter().flat_map(containers).filter_map(|c| c["name"].as_str()).collect()
}

/// The container that is meant: the one named, or the only one.
///
/// # Errors
/// 400 when the choice is open or the name is nobody's.
pub fn container<'a>(pod: &'a Value, wanted: &'a str) -> Result<&'a str, Status> {
    let name = text(pod, "/metadata/name");
    let all = container_names(pod, &["initContainers", "containers", "ephemeralContainers"]);
    if !wanted.is_empty() {
        let known = all.contains(&wanted);
        return known
            .then_some(wanted)
            .ok_or_else(|| Status::bad_request(format!("container {wanted} is not valid for pod {name}")));
    }
    match container_names(pod, &["containers"])[..] {
        [only] => Ok(only),
        [] => Err(Status::bad_request(format!("a container name must be specified for pod {name}"))),
        _ => Err(Status::bad_request(format!(
            "a container name must be specified for pod {name}, choose one of: [{}]",
            all.join(" ")
        ))),
    }
}

/// Path and query at the kubelet of exec, attach or portforward.
///
/// # Errors
/// 400 for a container that is not there or ports that are none.
pub fn stream_path(pod: &Value, subresource: &str, query: &Query) -> Result<String, Status> {
    let (namespace, name) = (text(pod, "/metadata/namespace"), text(pod, "/metadata/name"));
    let mut params = Params::default();
    if subresource == "portforward" {
        let ports: Vec<&str> = query.all("ports").collect();
        if let Some(bad) = ports.iter().find(|port| port.parse::<i32>().is_err()) {
            let text = format!("strconv.ParseInt: parsing {}: invalid syntax", failure::quoted(bad));
            return Err(Status::bad_request(text));
        }
        if !ports.is_empty() {
            params.add("port", &ports.join(","));
        }
        return Ok(params.behind(&format!("/portForward/{namespace}/{name}")));
    }
    let container = container(pod, query.first("container").unwrap_or_default())?;
    if subresource == "exec" {
        query.all("command").for_each(|word| params.add("command", word));
    }
    for (from, to) in [("stderr", "error"), ("stdin", "input"), ("stdout", "output"), ("tty", "tty")] {
        if query.flag(from) {
            params.add(to, "1");
        }
    }
    Ok(params.behind(&format!("/{subresource}/{namespace}/{name}/{container}")))
}

/// The streams that exec or attach asks for.
pub fn wanted(query: &Query) -> Wanted {
    let [stdin, stdout, stderr, tty] = ["stdin", "stdout", "stderr", "tty"].map(|name| query.flag(name));
    Wanted { stdin, stdout, stderr, tty }
}

/// The kubelet of this node says that it has a feature.
pub fn declares(node: &Value, feature: &str) -> bool {
    let declared = node.pointer("/status/declaredFeatures").and_then(Value::as_array);
    declared.is_some_and(|all| all.iter().any(|it| it == feature))
}

/// Path and query at the kubelet of a container's log.
///
/// # Errors
/// 400 for what does not parse, 422 for values out of range.
pub fn log_path(pod: &Value, query: &Query) -> Result<String, Status> {
    let (namespace, name) = (text(pod, "/metadata/namespace"), text(pod, "/metadata/name"));
    let container = container(pod, query.first("container").unwrap_or_default())?;
    let mut params = Params::default();
    for flag in ["follow", "previous", "timestamps"] {
        if query.flag(flag) {
            params.add(flag, "true");
        }
    }
    for number in ["sinceSeconds", "tailLines", "limitBytes"] {
        if let Some(value) = query.first(number) {
            params.add(number, value);
        }
    }
    if let Some(value) = query.first("sinceTime").filter(|v| !v.is_empty()) {
        params.add("sinceTime", value);
    }
    Ok(params.behind(&format!("/containerLogs/{namespace}/{name}/{container}")))
}

#[derive(Debug, Default)]
struct Params(String);

impl Params {
    fn add(&mut self, key: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(key);
        self.0.push('=');
        self.0.push_str(&url::escape(value));
    }

    fn behind(self, path: &str) -> String {
        if self.0.is_empty() { path.to_owned() } else { format!("{path}?{}", self.0) }
    }
}

/// Where a node's kubelet listens. Only addresses count: names would need a resolver that the server does not have.
///
/// # Errors
/// 500 when the node has no address yet.
pub fn kubelet_address(node: &Value) -> Result<SocketAddr, Status> {
    let addresses = node["status"]["addresses"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_type = |wanted: &str| {
        let all = addresses.iter().filter(|a| a["type"] == wanted);
        all.filter_map(|a| a["address"].as_str()?.parse::<IpAddr>().ok()).next()
    };
    let ip = ["InternalIP", "Hostname", "ExternalIP"].into_iter().find_map(of_type).ok_or_else(|| {
        let known: Vec<String> =
            addresses.iter().map(|a| format!("{{{} {}}}", text(a, "/type"), text(a, "/address"))).collect();
        Status::internal(format!("no preferred addresses found; known addresses: [{}]", known.join(" ")))
    })?;
    let port = node.pointer("/status/daemonEndpoints/kubeletEndpoint/Port").and_then(Value::as_u64);
    let port = port.and_then(|p| u16::try_from(p).ok()).filter(|p| *p > 0).unwrap_or(KUBELET_PORT);
    Ok(SocketAddr::new(ip, port))
}

/// `[scheme:]name[:port]` of a proxy path.
#[derive(Debug, PartialEq, Eq)]
pub struct Named<'a> {
    pub https: bool,
    pub name: &'a str,
    pub port: &'a str,
}

/// Takes `[scheme:]name[:port]` apart; None if it is malformed.
pub fn named(id: &str) -> Option<Named<'_>> {
    let parts: Vec<&str> = id.split(':').collect();
    let (scheme, name, port) = match parts[..] {
        [name] => ("", name, ""),
        [name, port] => ("", name, port),
        [scheme, name, port] => (scheme, name, port),
        _ => return None,
    };
    let known = matches!(scheme, "" | "http" | "https");
    (known && !name.is_empty()).then_some(Named { https: scheme == "https", name, port })
}

/// Address of a pod's port: the one named by number, or the first that it declares.
///
/// # Errors
/// 400 when the pod has no address that may be proxied to.
pub fn pod_address(pod: &Value, port: &str) -> Result<SocketAddr, Status> {
    let refused = || Status::bad_request("address not allowed");
    let ip: IpAddr = text(pod, "/status/podIP").parse().map_err(|_| refused())?;
    if !reachable(ip) {
        return Err(refused());
    }
    let declared = || {
        let containers = pod["spec"]["containers"].as_array()?;
        containers.iter().find_map(|c| c["ports"].get(0)?["containerPort"].as_u64())
    };
    let port = if port.is_empty() { declared().unwrap_or(80).to_string() } else { port.to_owned() };
    let port = port.parse().map_err(|_| Status::bad_request(format!("invalid port {}", failure::quoted(&port))))?;
    Ok(SocketAddr::new(ip, port))
}

/// Not loopback, link-local, multicast or unspecified: a pod cannot make the server talk to its own host.
fn reachable(ip: IpAddr) -> bool {
    let local = match ip {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !(ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || local)
}

/// Addresses behind a service's port, of endpoints that are pods.
///
/// # Errors
/// 503 when the service has no such port or nobody behind it.
pub fn service_addresses(
    service: Option<&Value>,
    endpoints: &Value,
    id: &str,
    name: &str,
    port: &str,
) -> Result<Vec<SocketAddr>, Status> {
    let unavailable = |text: String| Status::failure(503, "ServiceUnavailable", text);
    let port_name = match (port.parse::<i64>(), service) {
        (Ok(number), Some(service)) => {
            let ports = service["spec"]["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
            let found = ports.iter().find(|p| p["port"].as_i64() == Some(number));
            let found = found.ok_or_else(|| {
                unavailable(format!("no service port {number} found for service {}", failure::quoted(name)))
            })?;
            text(found, "/name")
        }
        _ => port,
    };
    let subsets = endpoints["subsets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::new();
    for subset in subsets {
        let ports = subset["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
        let Some(port) = ports.iter().find(|p| text(p, "/name") == port_name).and_then(|p| p["port"].as_u64()) else {
            continue;
        };
        let addresses = subset["addresses"].as_array().map(Vec::as_slice).unwrap_or_default();
        for address in addresses.iter().filter(|a| a["targetRef"]["kind"] == "Pod") {
            if let (Ok(ip), Ok(port)) = (text(address, "/ip").parse::<IpAddr>(), u16::try_from(port))
                && reachable(ip)
            {
                found.push(SocketAddr::new(ip, port));
            }
        }
    }
    let shown = if subsets.is_empty() { name } else { id };
    if found.is_empty() {
        Err(unavailable(format!("no endpoints available for service {}", failure::quoted(shown))))
    } else {
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(containers: &[&str]) -> Value {
        let containers: Vec<Value> = containers.iter().map(|name| json!({"name": name})).collect();
        json!({
            "metadata": {"name": "p", "namespace": "n"},
            "spec": {"nodeName": "a", "initContainers": [{"name": "setup"}], "containers": containers},
        })
    }

    #[test]
    fn containers_are_chosen_like_upstream() {
        let choose = |containers: &[&str], wanted: &str| {
            container(&pod(containers), wanted).map(str::to_owned).map_err(|s| s.message)
        };
        assert_eq!(choose(&["a"], ""), Ok("a".into()));
        assert_eq!(choose(&["a", "b"], "setup"), Ok("setup".into()));
        assert_eq!(
            choose(&["a", "b"], ""),
            Err("a container name must be specified for pod p, choose one of: [setup a b]".into())
        );
        assert_eq!(choose(&["a"], "x"), Err("container x is not valid for pod p".into()));
    }

    #[test]
    fn paths_at_the_kubelet() {
        let query =
            Query::parse(Some("container=a&command=sh&command=-c&command=a+b%26c&stdin=true&stdout=true&tty=false"));
        assert_eq!(
            stream_path(&pod(&["a"]), "exec", &query).unwrap(),
            "/exec/n/p/a?command=sh&command=-c&command=a%20b%26c&input=1&output=1"
        );
        assert_eq!(
            stream_path(&pod(&["a"]), "portforward", &Query::parse(Some("ports=80&ports=81"))).unwrap(),
            "/portForward/n/p?port=80%2C81"
        );
        let query = Query::parse(Some("follow=true&tailLines=5&sinceTime=2026-01-01T00:00:00Z"));
        assert_eq!(
            log_path(&pod(&["a"]), &query).unwrap(),
            "/containerLogs/n/p/a?follow=true&tailLines=5&sinceTime=2026-01-01T00%3A00%3A00Z"
        );
    }

    #[test]
    fn addresses_of_kubelets_and_pods() {
        let node = json!({"status": {"addresses": [{"type": "Hostname", "address": "n1"}, {"type": "InternalIP", "address": "10.0.0.7"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": 10251}}}});
        assert_eq!(kubelet_address(&node).unwrap().to_string(), "10.0.0.7:10251");
        assert!(kubelet_address(&json!({"status": {}})).is_err());
        let pod =
            json!({"spec": {"containers": [{"ports": [{"containerPort": 8080}]}]}, "status": {"podIP": "10.1.0.2"}});
        assert_eq!(pod_address(&pod, "").unwrap().to_string(), "10.1.0.2:8080");
        assert!(pod_address(&json!({"status": {"podIP": "127.0.0.1"}}), "80").is_err());
        assert_eq!(named("https:a:1"), Some(Named { https: true, name: "a", port: "1" }));
        assert_eq!(named("ftp:a:1"), None);
    }

    #[test]
    fn services_lead_to_their_pods() {
        let service = json!({"spec": {"ports": [{"name": "web", "port": 80}]}});
        let endpoints = json!({"subsets": [{"ports": [{"name": "web", "port": 8080}], "addresses": [{"ip": "10.1.0.2", "targetRef": {"kind": "Pod"}}, {"ip": "10.9.9.9"}]}]});
        let addresses =
            |port: &str| service_addresses(Some(&service), &endpoints, "s", "s", port).map_err(|s| s.message);
        assert_eq!(addresses("80").unwrap(), ["10.1.0.2:8080".parse().unwrap()]);
        assert_eq!(addresses("web").unwrap().len(), 1);
        assert_eq!(addresses("81").unwrap_err(), "no service port 81 found for service \"s\"");
        assert_eq!(addresses("x").unwrap_err(), "no endpoints available for service \"s\"");
    }
}
