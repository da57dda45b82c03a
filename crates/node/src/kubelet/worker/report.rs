//! Brings a pod's status to the API, the newest only, and says when it has arrived.
use super::Update;
use crate::{
    kubelet::{metrics::STATUS_SYNC, shared::Shared},
    pod::{
        spec::{full_name, is_mirror, is_static, name, namespace, uid},
        status_merge::{delay_end, patch},
    },
};
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use skeg_client::Object;
use skeg_model::request::PatchKind;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

const RETRY_MIN: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Default)]
struct Wanted {
    number: u64,
    status: Arc<PodStatus>,
    could_run: bool,
}

#[derive(Debug)]
pub(super) struct Reporter {
    wanted: watch::Sender<Wanted>,
    arrived: watch::Receiver<u64>,
}

impl Reporter {
    /// The task ends with the worker.
    pub(super) fn start(shared: &Arc<Shared>, pod: Arc<Pod>, updates: watch::Receiver<Update>) -> Self {
        let (wanted, receiver) = watch::channel(Wanted::default());
        let (sender, arrived) = watch::channel(0);
        shared.tasks.spawn(carry(shared.clone(), pod, updates, receiver, sender));
        Self { wanted, arrived }
    }

    pub(super) fn send(&self, status: Arc<PodStatus>, could_run: bool) {
        self.wanted.send_modify(|wanted| {
            wanted.number += 1;
            wanted.status = status;
            wanted.could_run = could_run;
        });
    }

    /// Waits until all that was sent has arrived (or the pod is gone).
    pub(super) async fn flush(&mut self) {
        let number = self.wanted.borrow().number;
        // An error means that the task has ended: there is nobody left to tell.
        let _ = self.arrived.wait_for(|arrived| *arrived >= number).await;
    }
}

async fn carry(
    shared: Arc<Shared>,
    first: Arc<Pod>,
    updates: watch::Receiver<Update>,
    mut wanted: watch::Receiver<Wanted>,
    arrived: watch::Sender<u64>,
) {
    let mut last = first;
    while wanted.changed().await.is_ok() {
        let start = std::time::Instant::now();
        let mut wait = RETRY_MIN;
        loop {
            let now = wanted.borrow_and_update().clone();
            if let Update::Pod(pod) = updates.borrow().clone()
                && pod.revision() > last.revision()
            {
                last = pod;
            }
            match write(&shared, &last, now.clone()).await {
                Ok(Some(pod)) => {
                    last = pod;
                    shared.metrics.took(&STATUS_SYNC, &[], start);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(pod = full_name(&last), %error, "the status cannot be reported yet");
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        _ = wanted.changed() => {}
                    }
                    wait = (wait * 2).min(RETRY_MAX);
                    continue;
                }
            }
            arrived.send_replace(now.number);
            break;
        }
    }
}

/// The pod as the API answers; None where nothing was to be written or there is no such pod any more.
async fn write(
    shared: &Shared,
    pod: &Arc<Pod>,
    wanted: Wanted,
) -> Result<Option<Arc<Pod>>, skeg_model::status::Status> {
    if is_static(pod) && !is_mirror(pod) {
        // Its mirror shows the status; one that is made later is told of by itself.
        let Some(mirror) = shared.mirror_of(pod) else { return Ok(None) };
        return write_to(shared, &mirror, wanted).await.map(|_| None);
    }
    write_to(shared, pod, wanted).await
}

async fn write_to(
    shared: &Shared,
    pod: &Arc<Pod>,
    wanted: Wanted,
) -> Result<Option<Arc<Pod>>, skeg_model::status::Status> {
    let api = pod.status.clone().unwrap_or_default();
    let status = delay_end(&api, (*wanted.status).clone(), wanted.could_run);
    let Some(patch) = patch(pod, &api, &status) else { return Ok(None) };
    let client = &shared.config.client;
    let result =
        client.patch::<Pod>(Some(namespace(pod)), name(pod), Some("status"), PatchKind::Strategic, patch).await;
    match result {
        Ok(written) if uid(&written) == uid(pod) => Ok(Some(written)),
        Ok(_) => Ok(None),
        Err(error) if error.is_not_found() => Ok(None),
        // Another pod has the name now: a patch that names the uid conflicts.
        Err(error) if error.is_conflict() => {
            let found = client.get::<Pod>(Some(namespace(pod)), name(pod)).await;
            match found {
                Ok(found) if uid(&found) == uid(pod) => Err(error),
                Ok(_) => Ok(None),
                Err(lookup) if lookup.is_not_found() => Ok(None),
                Err(lookup) => Err(lookup),
            }
        }
        Err(error) => Err(error),
    }
}
