//! Tells the cluster where its DNS is: Service `kube-dns` and this node's slice of its endpoints.
use super::server::DnsConfig;
use k8s_openapi::{
    api::{
        core::v1::{Service, ServicePort, ServiceSpec},
        discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice},
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};
use skeg_client::Client;
use skeg_model::status::Status;
use std::{net::SocketAddr, time::Duration};

const NAMESPACE: &str = "kube-system";
const NAME: &str = "kube-dns";
const PORT: i32 = 53;
/// `(name, protocol)` of the Service's ports.
const PORTS: [(&str, &str); 2] = [("dns", "UDP"), ("dns-tcp", "TCP")];
const RETRY_PAUSE: Duration = Duration::from_millis(200);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(30);

/// Writes both objects, again until it has worked.
pub async fn publish(config: DnsConfig, listen: SocketAddr) {
    let mut pause = RETRY_PAUSE;
    while let Err(error) = write(&config, listen).await {
        tracing::debug!(%error, "publishing the address of cluster DNS");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_PAUSE_MAX);
    }
}

async fn write(config: &DnsConfig, listen: SocketAddr) -> Result<(), Status> {
    let wanted = config.cluster_ip.to_string();
    // Asked for first: creating it again is refused for its address, which is allocated already.
    match config.client.get::<Service>(Some(NAMESPACE), NAME).await {
        Err(error) if error.is_not_found() => _ = config.client.create(&service(&wanted)).await?,
        Err(error) => return Err(error),
        Ok(present) => {
            let address = present.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref()).unwrap_or_default();
            if address != wanted {
                tracing::warn!("Service {NAMESPACE}/{NAME} has address {address}, pods are told {wanted}");
            }
        }
    }
    let slice = slice(&config.node_name, listen);
    match config.client.create(&slice).await {
        Err(error) if error.is_already_exists() => replace(&config.client, slice).await,
        other => other.map(drop),
    }
}

async fn replace(client: &Client, mut slice: EndpointSlice) -> Result<(), Status> {
    let name = slice.metadata.name.clone().unwrap_or_default();
    let present = client.get::<EndpointSlice>(Some(NAMESPACE), &name).await?;
    if present.endpoints == slice.endpoints && present.ports == slice.ports {
        return Ok(());
    }
    slice.metadata.resource_version.clone_from(&present.metadata.resource_version);
    client.update(&slice).await.map(drop)
}

fn service(cluster_ip: &str) -> Service {
    let labels =
        [("k8s-app", "kube-dns"), ("kubernetes.io/cluster-service", "true"), ("kubernetes.io/name", "KubeDNS")];
    let port = |(name, protocol): (&str, &str)| ServicePort {
        name: Some(name.into()),
        protocol: Some(protocol.into()),
        port: PORT,
        target_port: Some(IntOrString::Int(PORT)),
        ..ServicePort::default()
    };
    Service {
        metadata: ObjectMeta {
            name: Some(NAME.into()),
            namespace: Some(NAMESPACE.into()),
            labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            ..ObjectMeta::default()
        },
        spec: Some(ServiceSpec {
            cluster_ip: Some(cluster_ip.into()),
            ports: Some(PORTS.map(port).into()),
            ..ServiceSpec::default()
        }),
        status: None,
    }
}

fn slice(node: &str, listen: SocketAddr) -> EndpointSlice {
    let labels = [("kubernetes.io/service-name", NAME), ("endpointslice.kubernetes.io/managed-by", "dns.skeg.dev")];
    let port = |(name, protocol): (&str, &str)| EndpointPort {
        name: Some(name.into()),
        protocol: Some(protocol.into()),
        port: Some(listen.port().into()),
        app_protocol: None,
    };
    let ready = EndpointConditions { ready: Some(true), serving: Some(true), terminating: Some(false) };
    EndpointSlice {
        metadata: ObjectMeta {
            name: Some(format!("{NAME}-{node}")),
            namespace: Some(NAMESPACE.into()),
            labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            ..ObjectMeta::default()
        },
        address_type: if listen.is_ipv4() { "IPv4" } else { "IPv6" }.into(),
        endpoints: Some(vec![Endpoint {
            addresses: vec![listen.ip().to_string()],
            conditions: Some(ready),
            node_name: Some(node.into()),
            ..Endpoint::default()
        }]),
        ports: Some(PORTS.map(port).into()),
    }
}
