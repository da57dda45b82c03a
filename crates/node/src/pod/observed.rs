//! What the runtime shows of one pod.
use k8s_openapi::api::core::v1::ContainerUser;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Created,
    Running,
    Exited,
    Unknown,
}

impl State {
    /// As upstream's events write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Exited => "exited",
            Self::Unknown => "unknown",
        }
    }
}

/// One sandbox of the pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sandbox {
    pub id: String,
    pub attempt: u32,
    pub ready: bool,
    /// Whether it lives in the node's network namespace.
    pub host_network: bool,
    pub ips: Vec<String>,
    /// Nanoseconds since the epoch, as the runtime counts them.
    pub created_at: i64,
}

/// Resources that a running container has, as the runtime reports them; None where it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActualResources {
    pub cpu_request_milli: Option<i64>,
    pub cpu_limit_milli: Option<i64>,
    pub memory_limit_bytes: Option<i64>,
}

/// One container of the pod, running or not. Times are nanoseconds since the epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// As the runtime names it.
    pub id: String,
    pub sandbox_id: String,
    pub name: String,
    pub state: State,
    pub created_at: i64,
    pub started_at: i64,
    pub finished_at: i64,
    pub exit_code: i32,
    pub reason: String,
    pub message: String,
    pub image: String,
    pub image_id: String,
    /// Restarts before this one.
    pub restart_count: i32,
    /// Fingerprint of the spec that it was made from.
    pub hash: String,
    pub user: Option<ContainerUser>,
    pub resources: Option<ActualResources>,
    pub stop_signal: Option<String>,
    pub log_path: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

/// All of one pod, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// Name of the runtime: the scheme of container ids.
    pub runtime: String,
    pub sandboxes: Vec<Sandbox>,
    pub containers: Vec<Container>,
}

impl Observed {
    /// Newest container of this name.
    pub fn container(&self, name: &str) -> Option<&Container> {
        self.containers.iter().find(|container| container.name == name)
    }

    pub fn by_id(&self, id: &str) -> Option<&Container> {
        self.containers.iter().find(|container| container.id == id)
    }

    pub fn any_running(&self) -> bool {
        self.containers.iter().any(|container| container.state == State::Running)
    }

    /// The newest sandbox, if it can take containers.
    pub fn ready_sandbox(&self) -> Option<&Sandbox> {
        self.sandboxes.first().filter(|sandbox| sandbox.ready)
    }

    /// Containers that live in the ready sandbox.
    pub fn active(&self) -> impl Iterator<Item = &Container> {
        let sandbox = self.ready_sandbox().map(|sandbox| sandbox.id.clone()).unwrap_or_default();
        self.containers.iter().filter(move |container| container.sandbox_id == sandbox)
    }

    /// `containerd://id`, as the API writes it.
    pub fn container_id(&self, container: &Container) -> String {
        format!("{}://{}", self.runtime, container.id)
    }

    /// Sorts into the order that everything else relies on.
    pub fn sort(&mut self) {
        self.sandboxes.sort_by_key(|sandbox| std::cmp::Reverse(sandbox.created_at));
        self.containers.sort_by_key(|container| std::cmp::Reverse(container.created_at));
    }
}

/// A container with nothing known of it, for tests.
#[cfg(test)]
pub(crate) fn blank() -> Container {
    Container {
        id: String::new(),
        sandbox_id: "s".into(),
        name: String::new(),
        state: State::Created,
        created_at: 0,
        started_at: 0,
        finished_at: 0,
        exit_code: 0,
        reason: String::new(),
        message: String::new(),
        image: String::new(),
        image_id: String::new(),
        restart_count: 0,
        hash: String::new(),
        user: None,
        resources: None,
        stop_signal: None,
        log_path: String::new(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    }
}
