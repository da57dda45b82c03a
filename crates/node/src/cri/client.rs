//! CRI v1 over a Unix socket.
use super::{
    ContainerRuntime, EventSource, ExecOutput, Result, RuntimeError, RuntimeSignal, api,
    api::{image_service_client::ImageServiceClient, runtime_service_client::RuntimeServiceClient},
    events,
};
use futures::stream::BoxStream;
use hyper_util::rt::TokioIo;
use std::{path::PathBuf, time::Duration};
use tokio::net::UnixStream;
use tonic::{
    Request,
    transport::{Channel, Endpoint, Uri},
};

/// Longest message that a runtime may answer with, in bytes.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// `runtimeRequestTimeout` where nothing else is said.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// A lazily connected, shared client; reconnects by itself.
#[derive(Debug, Clone)]
pub struct CriClient {
    channel: Channel,
    /// Of one request; also what the runtime gets on top of a grace period or a command's own timeout.
    timeout: Duration,
}

impl CriClient {
    /// `endpoint` is a path or `unix:///path`. Nothing is contacted yet.
    ///
    /// # Panics
    /// Never: the URI below is constant.
    pub fn new(endpoint: &str) -> Self {
        let path = PathBuf::from(endpoint.strip_prefix("unix://").unwrap_or(endpoint));
        let connector = tower::service_fn(move |_: Uri| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        let channel = Endpoint::from_static("http://runtime.invalid").connect_with_connector_lazy(connector);
        Self { channel, timeout: REQUEST_TIMEOUT }
    }

    /// With another bound of one request.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn runtime(&self) -> RuntimeServiceClient<Channel> {
        RuntimeServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    fn quick<T>(&self, message: T) -> Request<T> {
        bounded(message, self.timeout)
    }

    fn images(&self) -> ImageServiceClient<Channel> {
        ImageServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }
}

fn bounded<T>(message: T, timeout: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}

fn failed(operation: &'static str) -> impl Fn(tonic::Status) -> RuntimeError {
    move |status| RuntimeError::new(operation, status)
}

fn lacks(operation: &'static str, what: &str) -> RuntimeError {
    RuntimeError::new(operation, tonic::Status::internal(format!("the runtime's answer has no {what}")))
}

#[tonic::async_trait]
impl ContainerRuntime for CriClient {
    async fn version(&self) -> Result<api::VersionResponse> {
        let request = api::VersionRequest { version: "v1".into() };
        Ok(self.runtime().version(self.quick(request)).await.map_err(failed("Version"))?.into_inner())
    }

    async fn status(&self) -> Result<api::StatusResponse> {
        let request = api::StatusRequest { verbose: false };
        Ok(self.runtime().status(self.quick(request)).await.map_err(failed("Status"))?.into_inner())
    }

    async fn run_sandbox(&self, config: api::PodSandboxConfig, handler: &str) -> Result<String> {
        let request = api::RunPodSandboxRequest { config: Some(config), runtime_handler: handler.into() };
        let request = bounded(request, self.timeout * 2);
        let reply = self.runtime().run_pod_sandbox(request).await.map_err(failed("RunPodSandbox"))?;
        Ok(reply.into_inner().pod_sandbox_id)
    }

    async fn stop_sandbox(&self, id: &str) -> Result<()> {
        let request = self.quick(api::StopPodSandboxRequest { pod_sandbox_id: id.into() });
        self.runtime().stop_pod_sandbox(request).await.map_err(failed("StopPodSandbox"))?;
        Ok(())
    }

    async fn remove_sandbox(&self, id: &str) -> Result<()> {
        let request = self.quick(api::RemovePodSandboxRequest { pod_sandbox_id: id.into() });
        self.runtime().remove_pod_sandbox(request).await.map_err(failed("RemovePodSandbox"))?;
        Ok(())
    }

    async fn sandbox_status(&self, id: &str) -> Result<api::PodSandboxStatus> {
        let request = api::PodSandboxStatusRequest { pod_sandbox_id: id.into(), verbose: false };
        let reply = self.runtime().pod_sandbox_status(self.quick(request)).await.map_err(failed("PodSandboxStatus"))?;
        reply.into_inner().status.ok_or_else(|| lacks("PodSandboxStatus", "status"))
    }

    async fn list_sandboxes(&self, filter: Option<api::PodSandboxFilter>) -> Result<Vec<api::PodSandbox>> {
        let request = self.quick(api::ListPodSandboxRequest { filter });
        let reply = self.runtime().list_pod_sandbox(request).await.map_err(failed("ListPodSandbox"))?;
        Ok(reply.into_inner().items)
    }

    async fn create_container(
        &self,
        sandbox: &str,
        config: api::ContainerConfig,
        sandbox_config: api::PodSandboxConfig,
    ) -> Result<String> {
        let request = api::CreateContainerRequest {
            pod_sandbox_id: sandbox.into(),
            config: Some(config),
            sandbox_config: Some(sandbox_config),
        };
        let reply = self.runtime().create_container(self.quick(request)).await.map_err(failed("CreateContainer"))?;
        Ok(reply.into_inner().container_id)
    }

    async fn start_container(&self, id: &str) -> Result<()> {
        let request = self.quick(api::StartContainerRequest { container_id: id.into() });
        self.runtime().start_container(request).await.map_err(failed("StartContainer"))?;
        Ok(())
    }

    async fn stop_container(&self, id: &str, grace: Duration) -> Result<()> {
        let timeout = i64::try_from(grace.as_secs()).unwrap_or(i64::MAX);
        let request = api::StopContainerRequest { container_id: id.into(), timeout };
        let request = bounded(request, grace.saturating_add(self.timeout));
        self.runtime().stop_container(request).await.map_err(failed("StopContainer"))?;
        Ok(())
    }

    async fn remove_container(&self, id: &str) -> Result<()> {
        let request = self.quick(api::RemoveContainerRequest { container_id: id.into() });
        self.runtime().remove_container(request).await.map_err(failed("RemoveContainer"))?;
        Ok(())
    }

    async fn list_containers(&self, filter: Option<api::ContainerFilter>) -> Result<Vec<api::Container>> {
        let request = self.quick(api::ListContainersRequest { filter });
        let reply = self.runtime().list_containers(request).await.map_err(failed("ListContainers"))?;
        Ok(reply.into_inner().containers)
    }

    async fn container_status(&self, id: &str) -> Result<api::ContainerStatus> {
        let request = api::ContainerStatusRequest { container_id: id.into(), verbose: false };
        let reply = self.runtime().container_status(self.quick(request)).await.map_err(failed("ContainerStatus"))?;
        reply.into_inner().status.ok_or_else(|| lacks("ContainerStatus", "status"))
    }

    async fn update_container(&self, id: &str, resources: api::LinuxContainerResources) -> Result<()> {
        let request = api::UpdateContainerResourcesRequest {
            container_id: id.into(),
            linux: Some(resources),
            ..api::UpdateContainerResourcesRequest::default()
        };
        let operation = failed("UpdateContainerResources");
        self.runtime().update_container_resources(self.quick(request)).await.map_err(operation)?;
        Ok(())
    }

    async fn update_sandbox(&self, id: &str, resources: api::LinuxContainerResources) -> Result<()> {
        let request = api::UpdatePodSandboxResourcesRequest {
            pod_sandbox_id: id.into(),
            overhead: None,
            resources: Some(resources),
        };
        let operation = failed("UpdatePodSandboxResources");
        self.runtime().update_pod_sandbox_resources(self.quick(request)).await.map_err(operation)?;
        Ok(())
    }

    async fn reopen_log(&self, id: &str) -> Result<()> {
        let request = self.quick(api::ReopenContainerLogRequest { container_id: id.into() });
        self.runtime().reopen_container_log(request).await.map_err(failed("ReopenContainerLog"))?;
        Ok(())
    }

    async fn exec_sync(&self, id: &str, command: Vec<String>, timeout: Duration) -> Result<ExecOutput> {
        let seconds = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
        let message = api::ExecSyncRequest { container_id: id.into(), cmd: command, timeout: seconds };
        let request = if timeout.is_zero() {
            Request::new(message)
        } else {
            bounded(message, timeout.saturating_add(self.timeout))
        };
        let reply = self.runtime().exec_sync(request).await.map_err(failed("ExecSync"))?.into_inner();
        Ok(ExecOutput { stdout: reply.stdout, stderr: reply.stderr, exit_code: reply.exit_code })
    }

    async fn exec(&self, request: api::ExecRequest) -> Result<String> {
        Ok(self.runtime().exec(self.quick(request)).await.map_err(failed("Exec"))?.into_inner().url)
    }

    async fn attach(&self, request: api::AttachRequest) -> Result<String> {
        Ok(self.runtime().attach(self.quick(request)).await.map_err(failed("Attach"))?.into_inner().url)
    }

    async fn port_forward(&self, request: api::PortForwardRequest) -> Result<String> {
        Ok(self.runtime().port_forward(self.quick(request)).await.map_err(failed("PortForward"))?.into_inner().url)
    }

    async fn list_container_stats(
        &self,
        filter: Option<api::ContainerStatsFilter>,
    ) -> Result<Vec<api::ContainerStats>> {
        let request = self.quick(api::ListContainerStatsRequest { filter });
        let reply = self.runtime().list_container_stats(request).await.map_err(failed("ListContainerStats"))?;
        Ok(reply.into_inner().stats)
    }

    async fn image_status(&self, image: api::ImageSpec) -> Result<Option<api::Image>> {
        let request = api::ImageStatusRequest { image: Some(image), verbose: false };
        let reply = self.images().image_status(self.quick(request)).await.map_err(failed("ImageStatus"))?;
        Ok(reply.into_inner().image)
    }

    async fn pull_image(&self, request: api::PullImageRequest) -> Result<String> {
        let reply = self.images().pull_image(Request::new(request)).await.map_err(failed("PullImage"))?;
        Ok(reply.into_inner().image_ref)
    }

    async fn list_images(&self) -> Result<Vec<api::Image>> {
        let request = self.quick(api::ListImagesRequest { filter: None });
        Ok(self.images().list_images(request).await.map_err(failed("ListImages"))?.into_inner().images)
    }

    async fn remove_image(&self, image: api::ImageSpec) -> Result<()> {
        let request = self.quick(api::RemoveImageRequest { image: Some(image) });
        self.images().remove_image(request).await.map_err(failed("RemoveImage"))?;
        Ok(())
    }

    async fn image_fs_info(&self) -> Result<api::ImageFsInfoResponse> {
        let request = self.quick(api::ImageFsInfoRequest {});
        Ok(self.images().image_fs_info(request).await.map_err(failed("ImageFsInfo"))?.into_inner())
    }

    async fn signals(&self) -> Result<(EventSource, BoxStream<'static, RuntimeSignal>)> {
        events::subscribe(self.runtime(), self.channel.clone()).await
    }
}
