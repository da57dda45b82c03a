//! What each pod was granted of the node, kept on disk so that it outlives this process; and the resizes that wait.
use super::{
    admission::{self, Verdict},
    metrics::{DEFERRED_ACCEPTED, REQUESTED_RESIZES},
    registry::{Entry, Update},
    shared::Shared,
};
use crate::pod::{
    resize::{Allocation, Conditions, Resource, message, order},
    spec::{full_name, generation, is_deleted, is_terminal},
};
use k8s_openapi::api::core::v1::Pod;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use skeg_client::{EventType, reference_to};
use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    allocated: Allocation,
    /// What containers have where that is not what was allocated yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actuated: Option<Allocation>,
}

/// One pod's grant; shared by its worker and the admission of others.
#[derive(Debug)]
pub struct Grant {
    path: PathBuf,
    kept: Mutex<Kept>,
    conditions: Mutex<Conditions>,
}

impl Grant {
    /// As an earlier kubelet noted it, else what the pod asks for at present.
    pub(super) fn load(path: PathBuf, pod: &Pod) -> Self {
        let noted = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let kept = noted.unwrap_or_else(|| Kept { allocated: Allocation::of(pod), actuated: None });
        let conditions = Mutex::new(Conditions::reported(pod.status.as_ref()));
        Self { path, kept: Mutex::new(kept), conditions }
    }

    /// Notes it on disk: whole, or not at all.
    pub(super) fn save(&self) -> io::Result<()> {
        let text = serde_json::to_vec(&*self.kept.lock())?;
        if let Some(dir) = self.path.parent() {
            fs::create_dir_all(dir)?;
        }
        let draft = self.path.with_extension("new");
        fs::write(&draft, text)?;
        fs::rename(&draft, &self.path)
    }

    /// The pod as if it asked for what it was granted.
    pub(super) fn applied(&self, pod: &Arc<Pod>) -> Arc<Pod> {
        let kept = self.kept.lock();
        if kept.allocated.covers(pod) { pod.clone() } else { Arc::new(kept.allocated.applied(pod)) }
    }

    /// The pod as if it asked for what its containers have; None where that is what was granted.
    pub(super) fn actuated(&self, pod: &Pod) -> Option<Pod> {
        self.kept.lock().actuated.as_ref().map(|it| it.applied(pod))
    }

    /// Notes a change of what containers have; once all have what was granted, nothing is left to note.
    pub(super) fn note(&self, change: impl FnOnce(&mut Allocation, &Allocation)) {
        let mut kept = self.kept.lock();
        let allocated = kept.allocated.clone();
        let Some(actuated) = kept.actuated.as_mut() else { return };
        change(actuated, &allocated);
        if *actuated == allocated {
            kept.actuated = None;
        }
        drop(kept);
        if let Err(error) = self.save() {
            tracing::warn!(path = %self.path.display(), %error, "a pod's resources cannot be noted");
        }
    }

    /// The pod as its containers have it, with one container's one resource as it was granted.
    pub(super) fn with(&self, pod: &Pod, name: &str, resource: Resource) -> Pod {
        let kept = self.kept.lock();
        let mut mixed = kept.actuated.clone().unwrap_or_else(|| kept.allocated.clone());
        mixed.take(&kept.allocated, name, resource);
        mixed.applied(pod)
    }

    /// What was granted before the last change.
    fn before(&self) -> Allocation {
        let kept = self.kept.lock();
        kept.actuated.clone().unwrap_or_else(|| kept.allocated.clone())
    }

    fn grant(&self, pod: &Pod) -> io::Result<()> {
        {
            let mut kept = self.kept.lock();
            let before = std::mem::replace(&mut kept.allocated, Allocation::of(pod));
            kept.actuated.get_or_insert(before);
        }
        self.save()
    }

    pub(super) fn conditions(&self) -> Conditions {
        self.conditions.lock().clone()
    }

    pub(super) fn with_conditions<T>(&self, change: impl FnOnce(&mut Conditions) -> T) -> T {
        change(&mut self.conditions.lock())
    }
}

/// Counts what a resize asks for.
fn note_request(shared: &Shared, grant: &Grant, pod: &Pod) {
    for (resource, requirement, operation) in grant.before().changes(&Allocation::of(pod)) {
        shared.metrics.count(&REQUESTED_RESIZES, &[resource, requirement, operation]);
    }
}

/// Tries to grant what the pod asks for at present. Says whether its worker must look again.
fn consider(shared: &Shared, uid: &str, trigger: &str) -> bool {
    let Some((pod, grant)) = shared.registry.granted(uid) else { return false };
    let now = shared.config.clock.now();
    if is_deleted(&pod) || is_terminal(&pod) {
        return false;
    }
    if grant.kept.lock().allocated.covers(&pod) {
        return grant.with_conditions(|it| it.pending.take().is_some());
    }
    let about = reference_to(&*pod);
    match admission::admit_resize(shared, &pod) {
        Verdict::Admitted => {
            if let Err(error) = grant.grant(&pod) {
                tracing::warn!(pod = full_name(&pod), %error, "a pod's resources cannot be noted");
            }
            if grant.conditions().is_deferred() {
                shared.metrics.count(&DEFERRED_ACCEPTED, &[trigger]);
            } else {
                note_request(shared, &grant, &pod);
            }
            grant.with_conditions(|it| it.start(&pod, now));
            let text = message("Pod resize started", &pod, generation(&pod).unwrap_or_default(), "");
            shared.recorder.event(&about, EventType::Normal, "ResizeStarted", text);
            true
        }
        Verdict::Refused(reason, why) => {
            let before = grant.conditions();
            if grant.with_conditions(|it| it.set_pending(&pod, &reason, &why, now)) {
                note_request(shared, &grant, &pod);
                let prefix = format!("Pod resize {reason}");
                let text = message(&prefix, &pod, generation(&pod).unwrap_or_default(), &why);
                shared.recorder.event(&about, EventType::Warning, "ResizeDeferred", text);
            }
            before.pending.is_none() || before.pending.map(|it| it.message) != Some(Some(why))
        }
    }
}

/// Looks at one pod that was changed in the API.
pub(super) fn changed(shared: &Shared, uid: &str) {
    if consider(shared, uid, "pod_updated") {
        shared.registry.regrant(uid);
        // What this one gave back may be what another waits for.
        shared.registry.freed.notify_one();
    }
}

/// Looks at all that wait, in their order. Called by the task that admits pods, and no other.
pub(super) fn retry(shared: &Shared) {
    let mut waiting = shared.registry.waiting();
    waiting.sort_by(|a, b| order((&a.1, &a.2, &a.3), (&b.1, &b.2, &b.3)));
    for (uid, ..) in waiting {
        if consider(shared, &uid, "pods_removed") {
            shared.registry.regrant(&uid);
        }
    }
}

impl Entry {
    /// Sends the pod to its worker, with what it was granted.
    pub(super) fn send(&self) {
        self.update.send_replace(Update::Pod(self.grant.applied(&self.pod)));
    }

    pub(super) fn wake_for_news(&self) {
        self.news.store(true, Ordering::Release);
        self.wake.notify_one();
    }
}
