//! The end of a pod: its processes first, then the last status, its volumes and cgroup, and with its deletion all that
//! is left of it.
use super::{Next, RETRY, Worker, sync::SyncError};
use crate::{
    kubelet::{
        cgroups::{destroy, pod_path},
        metrics::CGROUP_MANAGER_DURATION,
    },
    pod::{
        qos::qos,
        spec::{full_name, is_deleted, name, namespace, uid},
        status_merge,
    },
};
use k8s_openapi::api::core::v1::Pod;
use skeg_model::request::DeleteOptions;
use std::{io, time::Duration};

/// Until the API's answer to the deletion must have been seen.
const DELETED_WITHIN: Duration = Duration::from_secs(30);

impl Worker {
    /// Ends what runs and says so.
    pub(super) async fn end(&mut self) -> Result<Next, SyncError> {
        self.probes.stop_liveness_and_startup();
        let observed = self.observe().await?;
        self.status = self.compute(&observed, false);
        self.show(true);
        // What is evicted goes at once.
        let grace = self.eviction.get().filter(|_| !is_deleted(&self.pod)).map(|it| it.grace);
        self.end_processes(grace).await?;
        let observed = self.observe().await?;
        if observed.any_running() {
            return Ok(Next::Wait(RETRY));
        }
        self.probes.stop();
        self.shared.objects.forget(self.uid());
        self.status = self.compute(&observed, true);
        self.status = status_merge::terminate(&self.pod, self.status.clone(), self.now());
        let unmounted = self.shared.blocking.run(|| self.shared.volumes.unmount(self.uid())).await;
        if let Err(error) = unmounted {
            tracing::warn!(pod = full_name(&self.pod), %error, "volumes cannot be taken down yet");
            return Ok(Next::Wait(RETRY));
        }
        // The kernel may not have let go of the last process yet; the pod's removal tries again.
        if let Err(error) = self.shared.blocking.run(|| self.remove_cgroup()).await {
            tracing::debug!(pod = full_name(&self.pod), %error, "the pod's cgroup is still in use");
        }
        self.show(false);
        self.ended = true;
        Ok(Next::Again)
    }

    fn remove_cgroup(&self) -> io::Result<()> {
        let path = pod_path(&self.shared.config.settings.cgroup_root, qos(&self.pod), self.uid());
        let start = std::time::Instant::now();
        let removed = destroy(&*self.shared.cgroups, &path);
        self.shared.metrics.took(&CGROUP_MANAGER_DURATION, &["destroy"], start);
        removed
    }

    /// The pod has ended and is to go: from the runtime, from the API, from the disk.
    pub(super) async fn leave(&mut self) -> Result<Next, SyncError> {
        self.report.flush().await;
        if !self.gone && is_deleted(&self.pod) {
            self.delete_from_api().await;
            let gone = tokio::time::timeout(DELETED_WITHIN, self.updates.changed()).await;
            self.take_update();
            if !self.gone {
                // Finalizers hold it: the next change says more.
                let wait = if gone.is_ok() { Duration::from_secs(3600) } else { RETRY };
                return Ok(Next::Wait(wait));
            }
        }
        let observed = self.observe().await?;
        for container in &observed.containers {
            self.shared.runtime.remove_container(&container.id).await?;
        }
        for sandbox in &observed.sandboxes {
            self.shared.runtime.stop_sandbox(&sandbox.id).await?;
            self.shared.runtime.remove_sandbox(&sandbox.id).await?;
        }
        let logs = self.shared.config.pod_logs(namespace(&self.pod), name(&self.pod), self.uid());
        let remove_rest = || {
            self.shared.volumes.teardown(self.uid())?;
            self.shared.users.release(self.uid());
            self.remove_cgroup()?;
            match std::fs::remove_dir_all(logs) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        };
        self.shared.blocking.run(remove_rest).await?;
        Ok(Next::Done)
    }

    async fn delete_from_api(&self) {
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            precondition_uid: Some(uid(&self.pod).to_owned()),
            ..DeleteOptions::default()
        };
        let client = &self.shared.config.client;
        match client.delete::<Pod>(Some(namespace(&self.pod)), name(&self.pod), options).await {
            Ok(_) => {}
            Err(error) if error.is_not_found() || error.is_conflict() => {}
            Err(error) => tracing::warn!(pod = full_name(&self.pod), %error, "the pod cannot be deleted yet"),
        }
    }
}
