//! The container runtime as the kubelet sees it: CRI v1 behind one trait, with the client that speaks it over a Unix
//! socket and an in-memory runtime that tests drive.
mod client;
mod events;
pub mod fake;

pub use client::CriClient;
pub use events::{EventSource, RuntimeSignal};

/// Messages of CRI v1, generated from `proto/cri.proto`.
#[expect(clippy::doc_markdown, reason = "generated")]
pub mod api {
    tonic::include_proto!("runtime.v1");
}

/// Event service of containerd, generated.
pub(crate) mod containerd {
    tonic::include_proto!("containerd.services.events.v1");
}

/// gRPC health checking, generated; gRPC probes speak it.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}

use futures::stream::BoxStream;
use std::time::Duration;

/// A call on the runtime that failed: which one, and the runtime's own status.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {}", status.message())]
pub struct RuntimeError {
    pub operation: &'static str,
    #[source]
    pub status: tonic::Status,
}

impl RuntimeError {
    pub fn new(operation: &'static str, status: tonic::Status) -> Self {
        Self { operation, status }
    }

    /// The runtime's own words, as they appear in statuses and events.
    pub fn message(&self) -> &str {
        self.status.message()
    }

    pub fn is_not_found(&self) -> bool {
        self.status.code() == tonic::Code::NotFound
    }

    pub fn is_unimplemented(&self) -> bool {
        self.status.code() == tonic::Code::Unimplemented
    }

    pub fn is_timeout(&self) -> bool {
        matches!(self.status.code(), tonic::Code::DeadlineExceeded | tonic::Code::Cancelled)
    }

    /// As gRPC errors read where upstream prints them whole.
    pub fn rpc_text(&self) -> String {
        format!("rpc error: code = {} desc = {}", code_name(self.status.code()), self.status.message())
    }
}

fn code_name(code: tonic::Code) -> &'static str {
    match code {
        tonic::Code::Ok => "OK",
        tonic::Code::Cancelled => "Canceled",
        tonic::Code::Unknown => "Unknown",
        tonic::Code::InvalidArgument => "InvalidArgument",
        tonic::Code::DeadlineExceeded => "DeadlineExceeded",
        tonic::Code::NotFound => "NotFound",
        tonic::Code::AlreadyExists => "AlreadyExists",
        tonic::Code::PermissionDenied => "PermissionDenied",
        tonic::Code::ResourceExhausted => "ResourceExhausted",
        tonic::Code::FailedPrecondition => "FailedPrecondition",
        tonic::Code::Aborted => "Aborted",
        tonic::Code::OutOfRange => "OutOfRange",
        tonic::Code::Unimplemented => "Unimplemented",
        tonic::Code::Internal => "Internal",
        tonic::Code::Unavailable => "Unavailable",
        tonic::Code::DataLoss => "DataLoss",
        tonic::Code::Unauthenticated => "Unauthenticated",
    }
}

pub type Result<T> = std::result::Result<T, RuntimeError>;

/// What a command run to its end left behind.
#[derive(Debug, Clone, Default)]
pub struct ExecOutput {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub exit_code: i32,
}

/// CRI v1 as the kubelet uses it. Two implementations: [`CriClient`] and [`fake::FakeRuntime`].
#[tonic::async_trait]
pub trait ContainerRuntime: Send + Sync + std::fmt::Debug + 'static {
    async fn version(&self) -> Result<api::VersionResponse>;
    async fn status(&self) -> Result<api::StatusResponse>;

    async fn run_sandbox(&self, config: api::PodSandboxConfig, handler: &str) -> Result<String>;
    async fn stop_sandbox(&self, id: &str) -> Result<()>;
    async fn remove_sandbox(&self, id: &str) -> Result<()>;
    async fn sandbox_status(&self, id: &str) -> Result<api::PodSandboxStatus>;
    async fn list_sandboxes(&self, filter: Option<api::PodSandboxFilter>) -> Result<Vec<api::PodSandbox>>;

    async fn create_container(
        &self,
        sandbox: &str,
        config: api::ContainerConfig,
        sandbox_config: api::PodSandboxConfig,
    ) -> Result<String>;
    async fn start_container(&self, id: &str) -> Result<()>;
    /// Asks it to end, and after `grace` ends it.
    async fn stop_container(&self, id: &str, grace: Duration) -> Result<()>;
    async fn remove_container(&self, id: &str) -> Result<()>;
    async fn list_containers(&self, filter: Option<api::ContainerFilter>) -> Result<Vec<api::Container>>;
    async fn container_status(&self, id: &str) -> Result<api::ContainerStatus>;
    async fn update_container(&self, id: &str, resources: api::LinuxContainerResources) -> Result<()>;
    /// Tells the runtime what the pod as a whole may use.
    async fn update_sandbox(&self, id: &str, resources: api::LinuxContainerResources) -> Result<()>;
    async fn reopen_log(&self, id: &str) -> Result<()>;

    /// Runs a command to its end; `timeout` of zero means none.
    async fn exec_sync(&self, id: &str, command: Vec<String>, timeout: Duration) -> Result<ExecOutput>;
    /// URL of the runtime's streaming server for this request.
    async fn exec(&self, request: api::ExecRequest) -> Result<String>;
    async fn attach(&self, request: api::AttachRequest) -> Result<String>;
    async fn port_forward(&self, request: api::PortForwardRequest) -> Result<String>;

    async fn list_container_stats(&self, filter: Option<api::ContainerStatsFilter>)
    -> Result<Vec<api::ContainerStats>>;

    async fn image_status(&self, image: api::ImageSpec) -> Result<Option<api::Image>>;
    /// Reference of what was pulled.
    async fn pull_image(&self, request: api::PullImageRequest) -> Result<String>;
    async fn list_images(&self) -> Result<Vec<api::Image>>;
    async fn remove_image(&self, image: api::ImageSpec) -> Result<()>;
    async fn image_fs_info(&self) -> Result<api::ImageFsInfoResponse>;

    /// Signals that something changed; the stream ends when the runtime goes away.
    async fn signals(&self) -> Result<(EventSource, BoxStream<'static, RuntimeSignal>)>;
}
