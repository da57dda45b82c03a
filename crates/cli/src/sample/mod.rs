//! `skeg sample`: deploys the sample application, waits with visible progress, and fetches an answer in every way that a
//! Service offers.
mod fetch;
mod objects;

use anyhow::{Context, bail};
use clap::Args;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use indicatif::{ProgressBar, ProgressStyle};
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Node, Pod, Service},
};
use objects::{MESSAGE, NAME, NAMESPACE, REPLICAS, VISITOR};
use serde_json::Value;
use skeg_client::{Client, Informer, Selection, Tasks, informer::informer, kubeconfig, object, rest::RestTransport};
use skeg_model::request::{DeleteOptions, Gvr, ListOptions, PatchKind};
use std::{
    future::Future,
    io::Write,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Pause between attempts to reach a server that is only starting; nothing can tell of its start but an answer.
const KNOCK_EVERY: Duration = Duration::from_millis(50);
const FETCH_ATTEMPTS: usize = 50;

#[derive(Debug, Args)]
pub struct SampleFlags {
    /// Kubeconfig of the cluster.
    #[arg(long, default_value = "/var/lib/skeg/admin.kubeconfig", value_name = "PATH")]
    pub kubeconfig: PathBuf,
    /// Wait for a server that is only starting.
    #[arg(long)]
    pub wait_for_server: bool,
    /// Give up after so many seconds.
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub timeout: u64,
}

/// Runs the whole of it.
pub async fn run(flags: SampleFlags) -> anyhow::Result<()> {
    let limit = Duration::from_secs(flags.timeout);
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {msg} ({elapsed})")?);
    bar.enable_steady_tick(Duration::from_millis(100));
    let token = CancellationToken::new();
    let tasks = Tasks::new(token.clone());
    let sample = Sample { bar: bar.clone(), tasks: tasks.clone() };
    let done = tokio::time::timeout(limit, sample.all(&flags)).await;
    let stood = bar.message();
    bar.finish_and_clear();
    tasks.shutdown().await;
    done.unwrap_or_else(|_| {
        bail!("not done after {limit:?} while: {stood}; look at the server's log and at 'kubectl get pods,events'")
    })
}

struct Sample {
    bar: ProgressBar,
    tasks: Tasks,
}

impl Sample {
    fn says(&self, text: impl Into<String>) {
        let text = text.into();
        if self.bar.is_hidden() {
            print(&text);
        }
        self.bar.set_message(text);
    }

    fn done(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        if self.bar.is_hidden() { print(text) } else { self.bar.println(text) }
    }

    async fn all(&self, flags: &SampleFlags) -> anyhow::Result<()> {
        let rest = Arc::new(self.connect(flags).await?);
        let client = Client::new(rest.clone()).with_field_manager("skeg-sample");
        self.wait_for_node(&client).await?;
        for tree in objects::application() {
            apply(&client, &tree).await?;
        }
        self.wait_for_replicas(&client).await?;
        let service = client.get::<Service>(Some(NAMESPACE), NAME).await?;
        self.visit_from_outside(&client, &service).await?;
        self.visit_from_a_pod(&client, &rest).await?;
        Ok(())
    }

    async fn connect(&self, flags: &SampleFlags) -> anyhow::Result<RestTransport> {
        self.says("waiting for the API server");
        loop {
            match reach(flags).await {
                Ok(rest) => return Ok(rest),
                Err(error) if !flags.wait_for_server => return Err(error),
                Err(_) => tokio::time::sleep(KNOCK_EVERY).await,
            }
        }
    }

    async fn wait_for_node(&self, client: &Client) -> anyhow::Result<()> {
        self.says("waiting for a node to be Ready");
        let nodes: Informer<Node> = informer(client.clone(), Selection::default(), &self.tasks, 1);
        let mut changes = nodes.subscribe();
        while !nodes.list().iter().any(|n| is_ready(n)) {
            changes.next().await;
        }
        self.done("a node is Ready");
        Ok(())
    }

    async fn wait_for_replicas(&self, client: &Client) -> anyhow::Result<()> {
        let selection = Selection { namespace: Some(NAMESPACE.into()), ..Selection::default() };
        let deployments: Informer<Deployment> = informer(client.clone(), selection, &self.tasks, 2);
        let mut changes = deployments.subscribe();
        loop {
            let ready = deployments.get_in(Some(NAMESPACE), NAME).map_or(0, |d| ready_replicas(&d));
            if ready >= REPLICAS {
                self.done(format!("{REPLICAS} replicas of Deployment {NAME} are ready"));
                return Ok(());
            }
            self.says(format!("waiting for Deployment {NAME}: {ready} of {REPLICAS} replicas are ready"));
            changes.next().await;
        }
    }

    /// Through the ClusterIP, the node's port, and the name that the cluster's DNS tells the host.
    async fn visit_from_outside(&self, client: &Client, service: &Service) -> anyhow::Result<()> {
        let spec = service.spec.clone().unwrap_or_default();
        let cluster_ip: IpAddr = spec.cluster_ip.unwrap_or_default().parse().context("the Service has no ClusterIP")?;
        let port = spec.ports.iter().flatten().find_map(|p| p.node_port).context("the Service has no node port")?;
        self.fetch("its ClusterIP", SocketAddr::new(cluster_ip, 80)).await?;
        let node = SocketAddr::new(node_address(client).await?, u16::try_from(port)?);
        self.fetch("its NodePort", node).await?;
        let name = format!("{NAME}.{NAMESPACE}.svc.cluster.local.");
        let dns = client.get::<Service>(Some("kube-system"), "kube-dns").await.context("finding the cluster's DNS")?;
        let server = dns.spec.as_ref().and_then(|s| s.cluster_ip.clone()).unwrap_or_default().parse()?;
        let found = self.retried("asking the cluster's DNS", || fetch::resolve(server, &name)).await?;
        if found != cluster_ip {
            bail!("the cluster's DNS says that {name} is {found}, the Service says {cluster_ip}");
        }
        self.fetch(&format!("its name {name}"), SocketAddr::new(found, 80)).await
    }

    async fn fetch(&self, way: &str, address: SocketAddr) -> anyhow::Result<()> {
        let body = self.retried(&format!("fetching through {way}"), || fetch::page(address)).await?;
        if !body.contains(MESSAGE) {
            bail!("through {way} ({address}) came another answer: {body:?}");
        }
        self.done(format!("through {way} ({address}): {}", body.lines().next().unwrap_or_default()));
        Ok(())
    }

    /// Rules reach the packet filter a moment after the endpoints are ready.
    async fn retried<T, F: Future<Output = anyhow::Result<T>>>(
        &self,
        what: &str,
        attempt: impl Fn() -> F,
    ) -> anyhow::Result<T> {
        self.says(what);
        let mut last = None;
        for _ in 0..FETCH_ATTEMPTS {
            match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(KNOCK_EVERY).await;
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("no attempt was made")).context(what.to_owned()))
    }

    /// A pod fetches through the Service's name; its log tells what it got.
    async fn visit_from_a_pod(&self, client: &Client, rest: &RestTransport) -> anyhow::Result<()> {
        self.says("a pod fetches through the Service's name");
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        remove(client, options.clone(), &self.tasks).await?;
        let url = format!("http://{NAME}.{NAMESPACE}.svc.cluster.local/");
        apply(client, &objects::visitor(&url)).await?;
        let selection = Selection {
            namespace: Some(NAMESPACE.into()),
            field_selector: format!("metadata.name={VISITOR}"),
            ..Selection::default()
        };
        let pods: Informer<Pod> = informer(client.clone(), selection, &self.tasks, 3);
        let key = format!("{NAMESPACE}/{VISITOR}");
        let ended = |pod: Option<&Arc<Pod>>| {
            pod.and_then(|p| p.status.as_ref()?.phase.clone()).is_some_and(|p| p == "Succeeded" || p == "Failed")
        };
        pods.wait_object(&key, ended).await?;
        let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{VISITOR}/log");
        let answer = rest.raw(Method::GET, &path, HeaderMap::new(), bytes::Bytes::new()).await?;
        let log = answer.into_body().collect().await?.to_bytes();
        let log = String::from_utf8_lossy(&log);
        remove(client, options, &self.tasks).await?;
        if !log.contains(MESSAGE) {
            bail!("the pod {VISITOR} got another answer from {url}: {log:?}");
        }
        self.done(format!("from a pod through {url}: {}", log.lines().next().unwrap_or_default()));
        Ok(())
    }
}

/// A line on stdout; nobody may be reading any more, which is no reason to fail.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

async fn reach(flags: &SampleFlags) -> anyhow::Result<RestTransport> {
    let loaded = kubeconfig::Loaded::read(&flags.kubeconfig)?;
    let rest = RestTransport::new(loaded.resolve(None)?.rest)?;
    rest.get_json("/version").await?;
    Ok(rest)
}

/// Creates the object, or merges it into the one that is there.
async fn apply(client: &Client, tree: &Value) -> anyhow::Result<()> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let (gvr, name) = (gvr_of(tree)?, text(&tree["metadata"]["name"]));
    let collection = object::target(gvr.clone(), Some(NAMESPACE), None, None);
    match client.create_tree(&collection, tree.clone()).await {
        Err(status) if status.is_already_exists() => {
            let target = object::target(gvr, Some(NAMESPACE), Some(&name), None);
            client.patch_tree(&target, PatchKind::Strategic, tree.clone()).await.map(drop)
        }
        other => other.map(drop),
    }
    .with_context(|| format!("writing {} {name}", text(&tree["kind"])))
}

fn gvr_of(tree: &Value) -> anyhow::Result<Gvr> {
    Ok(match tree["kind"].as_str() {
        Some("ConfigMap") => Gvr::new("", "v1", "configmaps"),
        Some("Pod") => Gvr::new("", "v1", "pods"),
        Some("Service") => Gvr::new("", "v1", "services"),
        Some("Deployment") => Gvr::new("apps", "v1", "deployments"),
        other => bail!("the sample has no {other:?}"),
    })
}

/// Removes an earlier visitor and waits until it is gone.
async fn remove(client: &Client, options: DeleteOptions, tasks: &Tasks) -> anyhow::Result<()> {
    match client.delete::<Pod>(Some(NAMESPACE), VISITOR, options).await {
        Err(status) if status.is_not_found() => return Ok(()),
        other => other.map(drop)?,
    }
    let selection = Selection {
        namespace: Some(NAMESPACE.into()),
        field_selector: format!("metadata.name={VISITOR}"),
        ..Selection::default()
    };
    let pods: Informer<Pod> = informer(client.clone(), selection, tasks, 4);
    pods.synced().await?;
    Ok(pods.wait_object(&format!("{NAMESPACE}/{VISITOR}"), |pod| pod.is_none()).await?)
}

fn is_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|s| s.conditions.as_ref());
    conditions.into_iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True")
}

fn ready_replicas(deployment: &Deployment) -> i64 {
    i64::from(deployment.status.as_ref().and_then(|s| s.ready_replicas).unwrap_or(0))
}

async fn node_address(client: &Client) -> anyhow::Result<IpAddr> {
    let nodes = client.list::<Node>(None, ListOptions::default()).await?;
    let addresses = nodes.items.iter().filter_map(|n| n.status.as_ref()?.addresses.as_ref()).flatten();
    let internal = addresses.filter(|a| a.type_ == "InternalIP").find_map(|a| a.address.parse().ok());
    internal.context("no node tells its address")
}
