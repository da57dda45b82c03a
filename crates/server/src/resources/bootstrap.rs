//! What every cluster starts with: system namespaces, priority classes, RBAC's policy, the `kubernetes` Service. Run at each
//! start: what is missing is made, what an older version left incomplete is completed, what users changed stays.
use super::{Api, Context};
use crate::auth::{User, bootstrap};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use skeg_model::{
    Value, kinds,
    request::{Body, Call, Gvr, Reply, Target, WriteOptions},
    status::Status,
};
use std::net::{IpAddr, SocketAddr};

/// Objects written at once, so that one fsync carries many.
const WRITES_AT_ONCE: usize = 64;
const AUTHENTICATION: &str = "extension-apiserver-authentication";
const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Makes sure of all of it. `advertise` is where members of the cluster reach this API server, `client_ca_pem` whom it
/// believes client certificates from.
///
/// # Errors
/// The first write that failed.
pub async fn run(api: &Api, advertise: SocketAddr, client_ca_pem: &str) -> Result<(), Status> {
    let namespace = |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    ensure_all(api, NAMESPACES.map(namespace).to_vec()).await?;
    ensure_all(api, bootstrap::objects()).await?;
    ensure_all(api, priority_classes()).await?;
    ensure_all(api, vec![authentication(client_ca_pem)]).await?;
    ensure_all(api, kubernetes_service(api.config.service_cidr.nth(1).map(IpAddr::V4), advertise)).await
}

/// Creates what is missing of `objects` and completes what is there, as the API server itself.
///
/// # Errors
/// The first write that failed.
pub async fn ensure_all(api: &Api, objects: Vec<Value>) -> Result<(), Status> {
    let mut context = Context::new(User::component("system:apiserver", &["system:masters"]), "kube-apiserver");
    context.authorise = false;
    let context = &context;
    stream::iter(objects)
        .map(move |object| async move { ensure(api, context, object).await })
        .buffer_unordered(WRITES_AT_ONCE)
        .try_for_each(|()| std::future::ready(Ok(())))
        .await
}

fn priority_classes() -> Vec<Value> {
    let class = |name: &str, value: i64, description: &str| {
        json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
            "value": value, "description": description,
        })
    };
    vec![
        class(
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        class(
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ]
}

/// From here servers behind the aggregation layer and others that authenticate as this one does learn whom to believe.
fn authentication(client_ca_pem: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": AUTHENTICATION, "namespace": "kube-system"},
        "data": {"client-ca-file": client_ca_pem},
    })
}

/// The Service under which pods find the API server, with its endpoints in both forms.
fn kubernetes_service(address: Option<IpAddr>, advertise: SocketAddr) -> Vec<Value> {
    let ip = advertise.ip().to_string();
    let labels = json!({"component": "apiserver", "provider": "kubernetes"});
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
        "spec": {
            "clusterIP": address.map(|a| a.to_string()).unwrap_or_default(), "type": "ClusterIP", "sessionAffinity": "None",
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": advertise.port()}],
        },
    });
    // A loopback address is refused in endpoints: such a server serves this machine only.
    if advertise.ip().is_loopback() || advertise.ip().is_unspecified() {
        return vec![service];
    }
    let slice_labels = json!({"kubernetes.io/service-name": "kubernetes"});
    let skip = json!({"endpointslice.kubernetes.io/skip-mirror": "true"});
    let port = json!({"name": "https", "port": advertise.port(), "protocol": "TCP"});
    vec![
        service,
        json!({
            "apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"name": "kubernetes", "namespace": "default", "labels": skip},
            "subsets": [{"addresses": [{"ip": ip}], "ports": [port]}],
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": "kubernetes", "namespace": "default", "labels": slice_labels},
            "endpoints": [{"addresses": [ip], "conditions": {"ready": true}}], "ports": [port],
        }),
    ]
}

/// Creates the object, or brings what is there up to it.
async fn ensure(api: &Api, context: &Context, object: Value) -> Result<(), Status> {
    let target = target_of(&object)?;
    let have = match api.call(context, &target, Call::Get { resource_version: String::new() }).await {
        Ok(answer) => match answer.reply {
            Reply::Object(stored) => stored.tree(),
            _ => return Err(Status::internal("a get answered with something else")),
        },
        Err(status) if status.is_not_found() => {
            let collection = Target { name: None, ..target };
            let call = Call::Create { body: Body::Tree(object), options: WriteOptions::default() };
            return match api.call(context, &collection, call).await {
                Err(status) if !status.is_already_exists() => Err(status),
                _ => Ok(()),
            };
        }
        Err(status) => return Err(status),
    };
    let Some(wanted) = completed(&have, &object) else { return Ok(()) };
    let call = Call::Update { body: Body::Tree(wanted), options: WriteOptions::default() };
    api.call(context, &target, call).await.map(drop)
}

/// What an existing object must become; None when it is right already.
fn completed(have: &Value, want: &Value) -> Option<Value> {
    let replace = |field: &str| {
        let mut out = have.clone();
        (have[field] != want[field]).then(|| {
            out[field] = want[field].clone();
            out
        })
    };
    match want["kind"].as_str().unwrap_or_default() {
        "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding" => bootstrap::reconciled(have, want),
        // Others add keys of their own.
        "ConfigMap" => {
            let mut out = have.clone();
            for (key, value) in want["data"].as_object().into_iter().flatten() {
                out["data"][key] = value.clone();
            }
            (out != *have).then_some(out)
        }
        "Endpoints" => replace("subsets"),
        "EndpointSlice" if have["endpoints"][0]["addresses"] != want["endpoints"][0]["addresses"] => {
            replace("endpoints")
        }
        "EndpointSlice" => replace("ports"),
        _ => None,
    }
}

fn target_of(object: &Value) -> Result<Target, Status> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let api_version = text(&object["apiVersion"]);
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let kind = kinds::by_kind(group, version, &text(&object["kind"]))
        .ok_or_else(|| Status::internal(format!("no row for {api_version} {}", object["kind"])))?;
    let namespace = object["metadata"]["namespace"].as_str().map(ToOwned::to_owned);
    let gvr = Gvr { group: kind.group.into(), version: version.to_owned().into(), resource: kind.resource.into() };
    Ok(Target { gvr, namespace, name: Some(text(&object["metadata"]["name"])), subresource: None })
}
