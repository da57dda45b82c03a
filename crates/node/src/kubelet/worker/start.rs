//! Starting: the sandbox, then containers with their image, configuration and postStart hook.
use super::{Worker, sync::SyncError};
use crate::{
    cri::api,
    kubelet::{
        hooks::{Hook, run_hook},
        make::{
            container::{self, container_config},
            dns::{parse_resolv_conf, pod_dns},
            names::{NameError, hostname_and_domain, kernel_name},
            sandbox::{self, sandbox_config},
            security::verify_non_root,
        },
        metrics::{
            CONTAINER_START_ERRORS, IMAGE_VOLUME_ERRORS, IMAGE_VOLUME_GOOD, IMAGE_VOLUME_REQUESTED, POD_START_ERRORS,
            RUN_SANDBOX, RUN_SANDBOX_ERRORS, USERNS_POD_ERRORS, USERNS_PODS,
        },
        mounts,
        shared::container_reference,
        users::{self, UsersError},
        volumes::{Mounted, singular},
    },
    pod::{
        Observed, Plan, State,
        backoff::go_duration,
        plan::KillReason,
        qos::qos,
        spec::{
            Role, as_container, containers, ephemeral_containers, full_name, init_containers, is_sidecar, name,
            namespace, spec, uid,
        },
    },
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ConfigMap, Container, ObjectReference, Secret};
use skeg_client::{EventType, reference_to};
use std::time::{Duration, Instant};

/// What came of the starts of one plan.
#[derive(Debug, Default)]
pub(super) struct Starts {
    pub started: bool,
    /// Until the first that failed may be tried again.
    pub retry: Option<Duration>,
}

impl Starts {
    fn failed(&mut self, wait: Duration) {
        self.retry = Some(self.retry.map_or(wait, |own| own.min(wait)));
    }
}

/// Reason and message that the container's status shows, and the wait before the next try.
struct Failure {
    reason: String,
    message: String,
    wait: Duration,
}

impl Failure {
    fn new(reason: &str, message: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: message.into(), wait: super::RETRY }
    }
}

/// What all containers started by one plan share.
struct Ready {
    sandbox_id: String,
    config: api::PodSandboxConfig,
    ips: Vec<String>,
    hostname: String,
    domain: String,
}

impl Worker {
    pub(super) async fn start_all(&mut self, plan: &Plan, observed: &Observed) -> Result<Starts, SyncError> {
        let mut out = Starts::default();
        let wanted = plan.start_ephemeral.len() + plan.start_init.len() + plan.start.len();
        if plan.create_sandbox.is_none() && (wanted == 0 || plan.kill_pod) {
            return Ok(out);
        }
        if let Some(attempt) = plan.create_sandbox
            && attempt > 0
        {
            self.purge_init(observed).await?;
        }
        let Some(ready) = self.ready_sandbox(plan, observed, &mut out).await? else { return Ok(out) };
        let pod = self.pod.clone();
        for index in &plan.start_ephemeral {
            let Some(it) = ephemeral_containers(&pod).get(*index) else { continue };
            let target = it.target_container_name.clone();
            self.start(&ready, Role::Ephemeral, &as_container(it), target, observed, &mut out).await;
        }
        for index in &plan.start_init {
            let Some(container) = init_containers(&pod).get(*index) else { continue };
            let good = self.start(&ready, Role::Init, container, None, observed, &mut out).await;
            if !good && !is_sidecar(container) {
                return Ok(out);
            }
        }
        for index in &plan.start {
            let Some(container) = containers(&pod).get(*index) else { continue };
            self.start(&ready, Role::Regular, container, None, observed, &mut out).await;
        }
        self.prune(observed).await;
        Ok(out)
    }

    /// A pod that begins anew forgets what its init containers did.
    async fn purge_init(&self, observed: &Observed) -> Result<(), SyncError> {
        let init = init_containers(&self.pod);
        for found in observed.containers.iter().filter(|it| init.iter().any(|own| own.name == it.name)) {
            self.shared.runtime.remove_container(&found.id).await?;
        }
        Ok(())
    }

    /// Of each container's ended runs only the last is kept.
    async fn prune(&self, observed: &Observed) {
        for (at, found) in observed.containers.iter().enumerate() {
            let newer = observed.containers[..at].iter().any(|it| it.name == found.name && it.state == State::Exited);
            if newer
                && found.state == State::Exited
                && let Err(error) = self.shared.runtime.remove_container(&found.id).await
            {
                tracing::info!(container = found.name, %error, "an old container cannot be removed");
            }
        }
    }

    fn sandbox_request(
        &self,
        attempt: u32,
        users: api::UserNamespace,
    ) -> Result<(api::PodSandboxConfig, String, String), NameError> {
        let config = &self.shared.config;
        let (hostname, domain) = hostname_and_domain(&self.pod, &config.settings.cluster_domain)?;
        let kernel = kernel_name(&self.pod, &hostname, &domain)?;
        let host = parse_resolv_conf(&std::fs::read_to_string(&config.settings.resolv_conf).unwrap_or_default());
        let servers: Vec<String> = config.settings.cluster_dns.iter().map(ToString::to_string).collect();
        let dns = pod_dns(&self.pod, host, &servers, &config.settings.cluster_domain);
        for (reason, text) in dns.warnings {
            self.shared.recorder.event(&reference_to(&*self.pod), EventType::Warning, reason, text);
        }
        let around = sandbox::Surroundings {
            dns: dns.config,
            hostname: &kernel,
            cgroup_parent: &crate::kubelet::cgroups::pod_path(&config.settings.cgroup_root, qos(&self.pod), self.uid()),
            log_directory: self.log_directory().display().to_string(),
            users,
        };
        Ok((sandbox_config(&self.pod, attempt, around), hostname, domain))
    }

    fn log_directory(&self) -> std::path::PathBuf {
        self.shared.config.pod_logs(namespace(&self.pod), name(&self.pod), uid(&self.pod))
    }

    /// The sandbox to start containers in, made if the plan says so; None if that failed.
    async fn ready_sandbox(
        &self,
        plan: &Plan,
        observed: &Observed,
        out: &mut Starts,
    ) -> Result<Option<Ready>, SyncError> {
        let attempt = plan.create_sandbox.or_else(|| observed.ready_sandbox().map(|it| it.attempt)).unwrap_or(0);
        let about = reference_to(&*self.pod);
        let fail = |out: &mut Starts, message: String| {
            self.shared.recorder.event(&about, EventType::Warning, "FailedCreatePodSandBox", message);
            out.failed(super::RETRY);
        };
        let handler = match self.shared.runtime_handler(&self.pod).await {
            Ok(handler) => handler,
            Err(text) => {
                fail(out, format!("Failed to create pod sandbox: {text}"));
                return Ok(None);
            }
        };
        let users = match self.users(&handler) {
            Ok(users) => users,
            Err(error) => {
                self.shared.metrics.count(&USERNS_POD_ERRORS, &[]);
                fail(out, format!("Failed to create pod sandbox: {error}"));
                return Ok(None);
            }
        };
        let (config, hostname, domain) = match self.sandbox_request(attempt, users) {
            Ok(made) => made,
            Err(error) => {
                fail(out, format!("Failed to create pod sandbox: {error}"));
                return Ok(None);
            }
        };
        let made = |sandbox_id: String, ips: Vec<String>| Ready {
            sandbox_id,
            config: config.clone(),
            ips,
            hostname: hostname.clone(),
            domain: domain.clone(),
        };
        if plan.create_sandbox.is_none() {
            return Ok(observed.ready_sandbox().map(|it| made(it.id.clone(), self.ips(observed))));
        }
        let log_directory = self.log_directory();
        self.shared.blocking.run(|| std::fs::create_dir_all(log_directory)).await?;
        let start = Instant::now();
        let run = self.shared.runtime.run_sandbox(config.clone(), &handler).await;
        self.note_sandbox(&handler, start, run.is_ok());
        match run {
            Ok(id) => {
                out.started = true;
                let status = self.shared.runtime.sandbox_status(&id).await?;
                let ip = status.network.map(|network| network.ip).filter(|ip| !ip.is_empty());
                let own = if crate::pod::spec::host_network(&self.pod) {
                    self.ips(observed)
                } else {
                    ip.into_iter().collect()
                };
                Ok(Some(made(id, own)))
            }
            Err(error) => {
                fail(out, format!("Failed to create pod sandbox: {}", error.rpc_text()));
                Ok(None)
            }
        }
    }

    /// The pod's own user namespace, or the node's.
    fn users(&self, handler: &str) -> Result<api::UserNamespace, UsersError> {
        match spec(&self.pod).host_users {
            Some(false) => self.shared.users.own(self.uid(), handler),
            _ => Ok(users::of_the_node()),
        }
    }

    fn note_sandbox(&self, handler: &str, start: Instant, good: bool) {
        let metrics = &self.shared.metrics;
        metrics.took(&RUN_SANDBOX, &[handler], start);
        let own_users = spec(&self.pod).host_users == Some(false);
        if own_users {
            metrics.count(if good { &USERNS_PODS } else { &USERNS_POD_ERRORS }, &[]);
        }
        if !good {
            metrics.count(&RUN_SANDBOX_ERRORS, &[handler]);
            metrics.count(&POD_START_ERRORS, &[]);
        }
    }

    /// Starts one container, if its back-off allows; says whether it runs.
    async fn start(
        &mut self,
        ready: &Ready,
        role: Role,
        container: &Container,
        target: Option<String>,
        observed: &Observed,
        out: &mut Starts,
    ) -> bool {
        let about = container_reference(&self.pod, role, &container.name);
        let result = match self.backed_off(container, observed, &about) {
            Some(failure) => Err(failure),
            None => self.make_and_start(ready, container, target, observed, &about).await,
        };
        match result {
            Ok(()) => {
                self.reasons.remove(&container.name);
                self.note_started(role);
                self.grant.note(|actuated, allocated| {
                    if let Some(own) = allocated.containers.get(&container.name) {
                        actuated.containers.insert(container.name.clone(), own.clone());
                    }
                });
                out.started = true;
                true
            }
            Err(failure) => {
                if failure.reason != "CrashLoopBackOff" {
                    let labels = [failure.reason.as_str(), super::count::kind(role)];
                    self.shared.metrics.count(&CONTAINER_START_ERRORS, &labels);
                }
                self.reasons.insert(container.name.clone(), (failure.reason, failure.message));
                out.failed(failure.wait);
                false
            }
        }
    }

    fn backed_off(&mut self, container: &Container, observed: &Observed, about: &ObjectReference) -> Option<Failure> {
        let ended = observed.containers.iter().find(|it| it.name == container.name && it.state == State::Exited)?;
        let since = Timestamp::from_nanosecond(i128::from(ended.finished_at)).unwrap_or(Timestamp::UNIX_EPOCH);
        let now = self.now();
        let Some((delay, until)) = self.backoff.owed(&container.name, since, now) else {
            self.backoff.next(&container.name, since, now);
            return None;
        };
        let pod = full_name(&self.pod);
        let text = format!("Back-off restarting failed container {} in pod {pod}", container.name);
        self.shared.recorder.event(about, EventType::Warning, "BackOff", text);
        let message =
            format!("back-off {} restarting failed container={} pod={pod}", go_duration(delay), container.name);
        let left = until.duration_since(now).max(SignedDuration::ZERO);
        let wait = Duration::try_from(left).unwrap_or(Duration::ZERO);
        Some(Failure { reason: "CrashLoopBackOff".into(), message, wait })
    }

    async fn make_and_start(
        &self,
        ready: &Ready,
        container: &Container,
        target: Option<String>,
        observed: &Observed,
        about: &ObjectReference,
    ) -> Result<(), Failure> {
        let warn = |text: &str| {
            self.shared.recorder.event(about, EventType::Warning, "Failed", format!("Error: {text}"));
        };
        let image = self.shared.ensure_image(&self.pod, container, about, &ready.config).await.map_err(|error| {
            warn(error.reason);
            Failure::new(error.reason, error.message)
        })?;
        self.image_volumes(ready, container).await?;
        let config = self.configure(ready, container, target, observed, &image).await.map_err(|text| {
            warn(&text);
            Failure::new("CreateContainerConfigError", text)
        })?;
        let created = self.shared.runtime.create_container(&ready.sandbox_id, config, ready.config.clone()).await;
        let id = created.map_err(|error| {
            warn(error.message());
            Failure::new("CreateContainerError", error.message())
        })?;
        self.shared.recorder.event(about, EventType::Normal, "Created", "Container created");
        self.shared.runtime.start_container(&id).await.map_err(|error| {
            warn(error.message());
            Failure::new("RunContainerError", error.message())
        })?;
        self.shared.recorder.event(about, EventType::Normal, "Started", "Container started");
        self.post_start(ready, container, &id, about).await
    }

    /// Images that the container mounts as volumes.
    async fn image_volumes(&self, ready: &Ready, container: &Container) -> Result<(), Failure> {
        let about = reference_to(&*self.pod);
        let mounts = container.volume_mounts.iter().flatten();
        let images = mounts.filter_map(|mount| match self.volumes.as_ref()?.get(&mount.name)? {
            Mounted::Image { reference, pull_policy } => Some((reference.clone(), pull_policy.clone())),
            Mounted::Path { .. } => None,
        });
        for (image, policy) in images {
            let wanted = Container { image: Some(image), image_pull_policy: Some(policy), ..Container::default() };
            let pulled = self.shared.ensure_image(&self.pod, &wanted, &about, &ready.config).await;
            self.shared.metrics.count(&IMAGE_VOLUME_REQUESTED, &[]);
            self.shared.metrics.count(if pulled.is_ok() { &IMAGE_VOLUME_GOOD } else { &IMAGE_VOLUME_ERRORS }, &[]);
            pulled.map_err(|error| Failure::new(error.reason, error.message))?;
        }
        Ok(())
    }

    async fn configure(
        &self,
        ready: &Ready,
        container: &Container,
        target: Option<String>,
        observed: &Observed,
        image: &crate::kubelet::images::Present,
    ) -> Result<api::ContainerConfig, String> {
        let user = (image.uid, image.username.as_str());
        let environment = self.environment(container, &ready.ips).await.map_err(|error| error.to_string())?;
        let log_dir = self.log_directory().join(&container.name);
        let before = observed.container(&container.name);
        let prepare = || -> std::io::Result<_> {
            std::fs::create_dir_all(&log_dir)?;
            let restart_count = match before {
                Some(before) => before.restart_count + 1,
                None => mounts::next_log_number(&log_dir),
            };
            let hosts = self.shared.volumes.hosts_file(&self.pod, &ready.ips, &ready.hostname, &ready.domain)?;
            Ok((restart_count, hosts))
        };
        let (restart_count, hosts) = self.shared.blocking.run(prepare).await.map_err(|error| error.to_string())?;
        let volumes = self.volumes.clone().unwrap_or_default();
        let stamp = format!("{:08x}", self.now().as_nanosecond() & 0xffff_ffff);
        let made =
            mounts::Wanted { pod: &self.pod, container, volumes: &volumes, environment: &environment, hosts, stamp };
        let mounts = self.shared.blocking.run(|| self.shared.container_mounts(&made)).await?;
        let target = match target.filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => match observed.container(&name) {
                Some(found) => Some(found.id.clone()),
                None => return Err(format!("unable to find target container {name}")),
            },
        };
        verify_non_root(&self.pod, container, user)?;
        let around = container::Surroundings {
            restart_count,
            image_ref: &image.id,
            image_user: user,
            environment,
            mounts,
            target,
            node_memory_bytes: self.shared.memory_bytes,
            root: &self.shared.config.root_dir,
            cpu_quota: self.shared.config.settings.cpu_quota,
            seccomp_default: self.shared.config.settings.seccomp_default,
            users: self.shared.users.of(self.uid()).unwrap_or_else(users::of_the_node),
        };
        container_config(&self.pod, container, around)
    }

    async fn post_start(
        &self,
        ready: &Ready,
        container: &Container,
        id: &str,
        about: &ObjectReference,
    ) -> Result<(), Failure> {
        let hook = container.lifecycle.as_ref().and_then(|it| it.post_start.as_ref());
        let Some(handler) = hook else { return Ok(()) };
        let pod_ip = ready.ips.first().map(String::as_str).unwrap_or_default();
        let hook = Hook { pod: &self.pod, container, container_id: id, pod_ip, handler };
        let Err(message) = run_hook(&self.shared, &hook).await else { return Ok(()) };
        self.shared.recorder.event(about, EventType::Warning, "FailedPostStartHook", "PostStartHook failed");
        if let Ok(status) = self.shared.runtime.container_status(id).await {
            let found = crate::kubelet::observe::one(status, &ready.sandbox_id);
            if let Err(error) = self.kill_container(&found, "FailedPostStartHook", KillReason::Other, None).await {
                tracing::warn!(container = container.name, %error, "a container whose hook failed cannot be ended");
            }
        }
        Err(Failure::new("PostStartHookError", message))
    }

    async fn environment(
        &self,
        container: &Container,
        ips: &[String],
    ) -> Result<Vec<(String, String)>, crate::kubelet::make::env::EnvError> {
        use crate::kubelet::make::env::{Context, EnvError, Objects, environment, referenced, service_variables};
        if !self.shared.services.is_synced() {
            let text = "services have not yet been read at least once, cannot construct envvars";
            return Err(EnvError::Field(text.into()));
        }
        let home = namespace(&self.pod);
        let (config_maps, secrets) = referenced(container);
        let mut objects = Objects::default();
        let client = &self.shared.config.client;
        for name in config_maps {
            let found = client.get::<ConfigMap>(Some(home), &name).await;
            let found = found.map_err(|status| singular::<ConfigMap>(&name, status));
            objects.config_maps.insert(name, found);
        }
        for name in secrets {
            let found = client.get::<Secret>(Some(home), &name).await;
            let found = found.map_err(|status| singular::<Secret>(&name, status));
            objects.secrets.insert(name, found);
        }
        objects.files = mounts::file_values(container, self.volumes.as_ref());
        let links = spec(&self.pod).enable_service_links.unwrap_or(true);
        let services = service_variables(&self.shared.services.list(), home, links);
        let node = self.shared.node.load_full();
        let context = Context { pod: &self.pod, node: &node, ips, services: &services, objects: &objects };
        environment(&context, container)
    }
}
