//! A runtime that counts and times what is asked of it.
use super::metrics::{Metrics, RUNTIME_DURATION, RUNTIME_ERRORS, RUNTIME_OPERATIONS};
use crate::cri::{ContainerRuntime, EventSource, ExecOutput, Result, RuntimeSignal, api};
use futures::stream::BoxStream;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

#[derive(Debug)]
pub struct Measured {
    pub runtime: Arc<dyn ContainerRuntime>,
    pub metrics: Arc<Metrics>,
}

impl Measured {
    async fn note<T>(&self, operation: &'static str, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let start = Instant::now();
        let result = call.await;
        self.metrics.count(&RUNTIME_OPERATIONS, &[operation]);
        self.metrics.took(&RUNTIME_DURATION, &[operation], start);
        if result.is_err() {
            self.metrics.count(&RUNTIME_ERRORS, &[operation]);
        }
        result
    }
}

#[tonic::async_trait]
impl ContainerRuntime for Measured {
    async fn version(&self) -> Result<api::VersionResponse> {
        self.note("version", self.runtime.version()).await
    }

    async fn status(&self) -> Result<api::StatusResponse> {
        self.note("status", self.runtime.status()).await
    }

    async fn run_sandbox(&self, config: api::PodSandboxConfig, handler: &str) -> Result<String> {
        self.note("run_podsandbox", self.runtime.run_sandbox(config, handler)).await
    }

    async fn stop_sandbox(&self, id: &str) -> Result<()> {
        self.note("stop_podsandbox", self.runtime.stop_sandbox(id)).await
    }

    async fn remove_sandbox(&self, id: &str) -> Result<()> {
        self.note("remove_podsandbox", self.runtime.remove_sandbox(id)).await
    }

    async fn sandbox_status(&self, id: &str) -> Result<api::PodSandboxStatus> {
        self.note("podsandbox_status", self.runtime.sandbox_status(id)).await
    }

    async fn list_sandboxes(&self, filter: Option<api::PodSandboxFilter>) -> Result<Vec<api::PodSandbox>> {
        self.note("list_podsandbox", self.runtime.list_sandboxes(filter)).await
    }

    async fn create_container(
        &self,
        sandbox: &str,
        config: api::ContainerConfig,
        sandbox_config: api::PodSandboxConfig,
    ) -> Result<String> {
        self.note("create_container", self.runtime.create_container(sandbox, config, sandbox_config)).await
    }

    async fn start_container(&self, id: &str) -> Result<()> {
        self.note("start_container", self.runtime.start_container(id)).await
    }

    async fn stop_container(&self, id: &str, grace: Duration) -> Result<()> {
        self.note("stop_container", self.runtime.stop_container(id, grace)).await
    }

    async fn remove_container(&self, id: &str) -> Result<()> {
        self.note("remove_container", self.runtime.remove_container(id)).await
    }

    async fn list_containers(&self, filter: Option<api::ContainerFilter>) -> Result<Vec<api::Container>> {
        self.note("list_containers", self.runtime.list_containers(filter)).await
    }

    async fn container_status(&self, id: &str) -> Result<api::ContainerStatus> {
        self.note("container_status", self.runtime.container_status(id)).await
    }

    async fn update_container(&self, id: &str, resources: api::LinuxContainerResources) -> Result<()> {
        self.note("update_container", self.runtime.update_container(id, resources)).await
    }

    async fn update_sandbox(&self, id: &str, resources: api::LinuxContainerResources) -> Result<()> {
        self.note("update_podsandbox_resources", self.runtime.update_sandbox(id, resources)).await
    }

    async fn reopen_log(&self, id: &str) -> Result<()> {
        self.note("reopen_container_log", self.runtime.reopen_log(id)).await
    }

    async fn exec_sync(&self, id: &str, command: Vec<String>, timeout: Duration) -> Result<ExecOutput> {
        self.note("exec_sync", self.runtime.exec_sync(id, command, timeout)).await
    }

    async fn exec(&self, request: api::ExecRequest) -> Result<String> {
        self.note("exec", self.runtime.exec(request)).await
    }

    async fn attach(&self, request: api::AttachRequest) -> Result<String> {
        self.note("attach", self.runtime.attach(request)).await
    }

    async fn port_forward(&self, request: api::PortForwardRequest) -> Result<String> {
        self.note("port_forward", self.runtime.port_forward(request)).await
    }

    async fn list_container_stats(
        &self,
        filter: Option<api::ContainerStatsFilter>,
    ) -> Result<Vec<api::ContainerStats>> {
        self.note("list_container_stats", self.runtime.list_container_stats(filter)).await
    }

    async fn image_status(&self, image: api::ImageSpec) -> Result<Option<api::Image>> {
        self.note("image_status", self.runtime.image_status(image)).await
    }

    async fn pull_image(&self, request: api::PullImageRequest) -> Result<String> {
        self.note("pull_image", self.runtime.pull_image(request)).await
    }

    async fn list_images(&self) -> Result<Vec<api::Image>> {
        self.note("list_images", self.runtime.list_images()).await
    }

    async fn remove_image(&self, image: api::ImageSpec) -> Result<()> {
        self.note("remove_image", self.runtime.remove_image(image)).await
    }

    async fn image_fs_info(&self) -> Result<api::ImageFsInfoResponse> {
        self.note("image_fs_info", self.runtime.image_fs_info()).await
    }

    async fn signals(&self) -> Result<(EventSource, BoxStream<'static, RuntimeSignal>)> {
        self.note("get_container_events", self.runtime.signals()).await
    }
}
