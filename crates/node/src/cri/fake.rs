//! A container runtime in memory: it keeps what it is told to make, and a test says when a container ends.
use super::{ContainerRuntime, EventSource, ExecOutput, Result, RuntimeError, RuntimeSignal, api};
use futures::{StreamExt, stream::BoxStream};
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, watch};

/// Signals that a slow reader may be behind before further ones are dropped.
const SIGNALS_MAX: usize = 1024;

#[derive(Debug, Default)]
struct State {
    sandboxes: BTreeMap<String, api::PodSandboxStatus>,
    containers: BTreeMap<String, (api::ContainerStatus, String)>,
    images: BTreeMap<String, api::Image>,
    /// Operation -> error it answers with.
    faults: HashMap<&'static str, String>,
    exec: Option<ExecOutput>,
    calls: Vec<String>,
    next: u64,
    listeners: Vec<mpsc::Sender<RuntimeSignal>>,
}

/// See the module. Clones share one state. Its clock is a counter of nanoseconds that every call moves on.
#[derive(Debug, Clone, Default)]
pub struct FakeRuntime {
    state: Arc<Mutex<State>>,
    clock: Arc<AtomicI64>,
    /// Calls so far.
    called: watch::Sender<usize>,
}

impl FakeRuntime {
    /// A runtime that has these images.
    pub fn with_images(names: &[&str]) -> Self {
        let fake = Self::default();
        for name in names {
            let image = api::Image {
                id: format!("sha256:{name}"),
                repo_tags: vec![(*name).to_owned()],
                ..api::Image::default()
            };
            fake.state.lock().images.insert((*name).to_owned(), image);
        }
        fake
    }

    /// Lets `operation` fail with `message` from here on; an empty message heals it.
    pub fn fail(&self, operation: &'static str, message: &str) {
        let mut state = self.state.lock();
        if message.is_empty() {
            state.faults.remove(operation);
        } else {
            state.faults.insert(operation, message.to_owned());
        }
    }

    /// What the next commands answer with.
    pub fn answer_exec(&self, output: ExecOutput) {
        self.state.lock().exec = Some(output);
    }

    /// Ends the newest running container of this name.
    pub fn exit(&self, name: &str, code: i32) {
        let now = self.tick();
        let mut state = self.state.lock();
        let found = state.containers.values_mut().map(|(status, _)| status).find(|status| {
            status.metadata.as_ref().is_some_and(|metadata| metadata.name == name)
                && status.state() == api::ContainerState::ContainerRunning
        });
        if let Some(status) = found {
            finish(status, code, now);
        }
        notify(&mut state);
    }

    /// Every call so far, as `operation argument`.
    pub fn calls(&self) -> Vec<String> {
        self.state.lock().calls.clone()
    }

    /// Told of every call.
    pub fn changes(&self) -> watch::Receiver<usize> {
        self.called.subscribe()
    }

    /// Names of the running containers, sorted.
    pub fn running(&self) -> Vec<String> {
        let state = self.state.lock();
        let running =
            state.containers.values().filter(|(status, _)| status.state() == api::ContainerState::ContainerRunning);
        let mut names: Vec<String> =
            running.filter_map(|(status, _)| Some(status.metadata.as_ref()?.name.clone())).collect();
        names.sort();
        names
    }

    fn tick(&self) -> i64 {
        self.clock.fetch_add(1_000_000_000, Ordering::Relaxed) + 1_000_000_000
    }

    fn note(&self, operation: &'static str, argument: &str) -> Result<()> {
        let mut state = self.state.lock();
        state.calls.push(format!("{operation} {argument}"));
        self.called.send_replace(state.calls.len());
        match state.faults.get(operation) {
            Some(message) => Err(RuntimeError::new(operation, tonic::Status::unknown(message.clone()))),
            None => Ok(()),
        }
    }
}

fn finish(status: &mut api::ContainerStatus, code: i32, now: i64) {
    status.state = api::ContainerState::ContainerExited as i32;
    status.exit_code = code;
    status.finished_at = now;
    status.reason = if code == 0 { "Completed".into() } else { "Error".into() };
}

fn notify(state: &mut State) {
    state.listeners.retain(|listener| {
        !matches!(listener.try_send(RuntimeSignal::Something), Err(mpsc::error::TrySendError::Closed(_)))
    });
}

fn missing(operation: &'static str, id: &str) -> RuntimeError {
    RuntimeError::new(operation, tonic::Status::not_found(format!("{id}: not found")))
}

fn selects(selector: &HashMap<String, String>, labels: &HashMap<String, String>) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

#[tonic::async_trait]
impl ContainerRuntime for FakeRuntime {
    async fn version(&self) -> Result<api::VersionResponse> {
        self.note("Version", "")?;
        Ok(api::VersionResponse {
            version: "0.1.0".into(),
            runtime_name: "fake".into(),
            runtime_version: "1.0.0".into(),
            runtime_api_version: "v1".into(),
        })
    }

    async fn status(&self) -> Result<api::StatusResponse> {
        self.note("Status", "")?;
        let ready = |kind: &str| api::RuntimeCondition { r#type: kind.into(), status: true, ..Default::default() };
        let conditions = vec![ready("RuntimeReady"), ready("NetworkReady")];
        Ok(api::StatusResponse { status: Some(api::RuntimeStatus { conditions }), ..Default::default() })
    }

    async fn run_sandbox(&self, config: api::PodSandboxConfig, handler: &str) -> Result<String> {
        let name = config.metadata.as_ref().map(|metadata| metadata.name.clone()).unwrap_or_default();
        self.note("RunPodSandbox", &name)?;
        let created_at = self.tick();
        let mut state = self.state.lock();
        state.next += 1;
        let id = format!("sandbox-{}", state.next);
        let ip = format!("10.0.0.{}", state.next);
        let sandbox = api::PodSandboxStatus {
            id: id.clone(),
            metadata: config.metadata,
            created_at,
            network: Some(api::PodSandboxNetworkStatus { ip, additional_ips: Vec::new() }),
            labels: config.labels,
            annotations: config.annotations,
            runtime_handler: handler.into(),
            ..Default::default()
        };
        state.sandboxes.insert(id.clone(), sandbox);
        notify(&mut state);
        Ok(id)
    }

    async fn stop_sandbox(&self, id: &str) -> Result<()> {
        self.note("StopPodSandbox", id)?;
        let now = self.tick();
        let mut state = self.state.lock();
        for (status, _) in state.containers.values_mut().filter(|(_, sandbox)| sandbox == id) {
            if status.state() == api::ContainerState::ContainerRunning {
                finish(status, 137, now);
            }
        }
        if let Some(sandbox) = state.sandboxes.get_mut(id) {
            sandbox.state = api::PodSandboxState::SandboxNotready as i32;
        }
        notify(&mut state);
        Ok(())
    }

    async fn remove_sandbox(&self, id: &str) -> Result<()> {
        self.note("RemovePodSandbox", id)?;
        let mut state = self.state.lock();
        state.sandboxes.remove(id);
        state.containers.retain(|_, (_, sandbox)| sandbox != id);
        Ok(())
    }

    async fn sandbox_status(&self, id: &str) -> Result<api::PodSandboxStatus> {
        self.note("PodSandboxStatus", id)?;
        self.state.lock().sandboxes.get(id).cloned().ok_or_else(|| missing("PodSandboxStatus", id))
    }

    async fn list_sandboxes(&self, filter: Option<api::PodSandboxFilter>) -> Result<Vec<api::PodSandbox>> {
        self.note("ListPodSandbox", "")?;
        let selector = filter.map(|filter| filter.label_selector).unwrap_or_default();
        let state = self.state.lock();
        let chosen = state.sandboxes.values().filter(|sandbox| selects(&selector, &sandbox.labels));
        Ok(chosen
            .map(|sandbox| api::PodSandbox {
                id: sandbox.id.clone(),
                metadata: sandbox.metadata.clone(),
                state: sandbox.state,
                created_at: sandbox.created_at,
                labels: sandbox.labels.clone(),
                annotations: sandbox.annotations.clone(),
                runtime_handler: sandbox.runtime_handler.clone(),
            })
            .collect())
    }

    async fn create_container(
        &self,
        sandbox: &str,
        config: api::ContainerConfig,
        _sandbox_config: api::PodSandboxConfig,
    ) -> Result<String> {
        let name = config.metadata.as_ref().map(|metadata| metadata.name.clone()).unwrap_or_default();
        self.note("CreateContainer", &name)?;
        let created_at = self.tick();
        let mut state = self.state.lock();
        state.next += 1;
        let id = format!("container-{}", state.next);
        let image = config.image.clone().unwrap_or_default().image;
        let status = api::ContainerStatus {
            id: id.clone(),
            metadata: config.metadata,
            created_at,
            image: config.image,
            image_ref: image.clone(),
            image_id: image,
            labels: config.labels,
            annotations: config.annotations,
            ..Default::default()
        };
        state.containers.insert(id.clone(), (status, sandbox.to_owned()));
        Ok(id)
    }

    async fn start_container(&self, id: &str) -> Result<()> {
        self.note("StartContainer", id)?;
        let now = self.tick();
        let mut state = self.state.lock();
        let (status, _) = state.containers.get_mut(id).ok_or_else(|| missing("StartContainer", id))?;
        status.state = api::ContainerState::ContainerRunning as i32;
        status.started_at = now;
        notify(&mut state);
        Ok(())
    }

    async fn stop_container(&self, id: &str, grace: Duration) -> Result<()> {
        self.note("StopContainer", &format!("{id} {}", grace.as_secs()))?;
        let now = self.tick();
        let mut state = self.state.lock();
        let (status, _) = state.containers.get_mut(id).ok_or_else(|| missing("StopContainer", id))?;
        if status.state() == api::ContainerState::ContainerRunning {
            finish(status, 143, now);
        }
        notify(&mut state);
        Ok(())
    }

    async fn remove_container(&self, id: &str) -> Result<()> {
        self.note("RemoveContainer", id)?;
        self.state.lock().containers.remove(id);
        Ok(())
    }

    async fn list_containers(&self, filter: Option<api::ContainerFilter>) -> Result<Vec<api::Container>> {
        self.note("ListContainers", "")?;
        let selector = filter.map(|filter| filter.label_selector).unwrap_or_default();
        let state = self.state.lock();
        let chosen = state.containers.values().filter(|(status, _)| selects(&selector, &status.labels));
        Ok(chosen
            .map(|(status, sandbox)| api::Container {
                id: status.id.clone(),
                pod_sandbox_id: sandbox.clone(),
                metadata: status.metadata.clone(),
                image: status.image.clone(),
                image_ref: status.image_ref.clone(),
                state: status.state,
                created_at: status.created_at,
                labels: status.labels.clone(),
                annotations: status.annotations.clone(),
                image_id: status.image_id.clone(),
            })
            .collect())
    }

    async fn container_status(&self, id: &str) -> Result<api::ContainerStatus> {
        self.note("ContainerStatus", id)?;
        let found = self.state.lock().containers.get(id).map(|(status, _)| status.clone());
        found.ok_or_else(|| missing("ContainerStatus", id))
    }

    async fn update_container(&self, id: &str, _resources: api::LinuxContainerResources) -> Result<()> {
        self.note("UpdateContainerResources", id)
    }

    async fn update_sandbox(&self, id: &str, _resources: api::LinuxContainerResources) -> Result<()> {
        self.note("UpdatePodSandboxResources", id)
    }

    async fn reopen_log(&self, id: &str) -> Result<()> {
        self.note("ReopenContainerLog", id)
    }

    async fn exec_sync(&self, id: &str, command: Vec<String>, _timeout: Duration) -> Result<ExecOutput> {
        self.note("ExecSync", &format!("{id} {}", command.join(" ")))?;
        Ok(self.state.lock().exec.clone().unwrap_or_default())
    }

    async fn exec(&self, request: api::ExecRequest) -> Result<String> {
        self.note("Exec", &request.container_id)?;
        Ok(format!("http://127.0.0.1:0/exec/{}", request.container_id))
    }

    async fn attach(&self, request: api::AttachRequest) -> Result<String> {
        self.note("Attach", &request.container_id)?;
        Ok(format!("http://127.0.0.1:0/attach/{}", request.container_id))
    }

    async fn port_forward(&self, request: api::PortForwardRequest) -> Result<String> {
        self.note("PortForward", &request.pod_sandbox_id)?;
        Ok(format!("http://127.0.0.1:0/portforward/{}", request.pod_sandbox_id))
    }

    async fn list_container_stats(
        &self,
        _filter: Option<api::ContainerStatsFilter>,
    ) -> Result<Vec<api::ContainerStats>> {
        self.note("ListContainerStats", "")?;
        Ok(Vec::new())
    }

    async fn image_status(&self, image: api::ImageSpec) -> Result<Option<api::Image>> {
        self.note("ImageStatus", &image.image)?;
        Ok(self.state.lock().images.get(&image.image).cloned())
    }

    async fn pull_image(&self, request: api::PullImageRequest) -> Result<String> {
        let name = request.image.unwrap_or_default().image;
        self.note("PullImage", &name)?;
        let image = api::Image { id: format!("sha256:{name}"), repo_tags: vec![name.clone()], ..Default::default() };
        let id = image.id.clone();
        self.state.lock().images.insert(name, image);
        Ok(id)
    }

    async fn list_images(&self) -> Result<Vec<api::Image>> {
        self.note("ListImages", "")?;
        Ok(self.state.lock().images.values().cloned().collect())
    }

    async fn remove_image(&self, image: api::ImageSpec) -> Result<()> {
        self.note("RemoveImage", &image.image)?;
        self.state.lock().images.remove(&image.image);
        Ok(())
    }

    async fn image_fs_info(&self) -> Result<api::ImageFsInfoResponse> {
        self.note("ImageFsInfo", "")?;
        Ok(api::ImageFsInfoResponse::default())
    }

    async fn signals(&self) -> Result<(EventSource, BoxStream<'static, RuntimeSignal>)> {
        self.note("GetContainerEvents", "")?;
        let (sender, receiver) = mpsc::channel(SIGNALS_MAX);
        self.state.lock().listeners.push(sender);
        let stream = futures::stream::unfold(receiver, |mut receiver| async move {
            let signal = receiver.recv().await?;
            Some((signal, receiver))
        });
        Ok((EventSource::Containerd, stream.boxed()))
    }
}
