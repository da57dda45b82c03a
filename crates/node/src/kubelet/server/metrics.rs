//! `/metrics` and `/metrics/probes`: what was counted, with what can be read now.
use super::{Answer, text};
use crate::{
    cri::api,
    kubelet::{
        config::VERSION,
        metrics::{
            ACTIVE_PODS, ALL, BUILD_INFO, CGROUP_VERSION, CONTAINER_LOG_BYTES, CPU_SHARED_POOL, DESIRED_PODS,
            EPHEMERAL_CONTAINERS, IN_PROGRESS_RESIZES, METRICS_PROVIDER, MIRROR_PODS, NODE_NAME, PROBES,
            RUNNING_CONTAINERS, RUNNING_PODS, Snapshot, WORKING_PODS,
        },
        node::facts,
        shared::Shared,
    },
    pod::{
        quantity::milli,
        spec::{self, ephemeral_containers, init_containers},
    },
};
use http::StatusCode;
use std::{path::PathBuf, sync::Arc};

#[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
fn float(count: usize) -> f64 {
    count as f64
}

async fn runtime_now(shared: &Shared, now: &mut Snapshot) {
    let sandboxes = shared.runtime.list_sandboxes(None).await.unwrap_or_default();
    let containers = shared.runtime.list_containers(None).await.unwrap_or_default();
    let ready = sandboxes.iter().filter(|it| it.state() == api::PodSandboxState::SandboxReady).count();
    now.set(&RUNNING_PODS, &[], float(ready));
    for (state, name) in [
        (api::ContainerState::ContainerCreated, "created"),
        (api::ContainerState::ContainerExited, "exited"),
        (api::ContainerState::ContainerRunning, "running"),
        (api::ContainerState::ContainerUnknown, "unknown"),
    ] {
        now.set(&RUNNING_CONTAINERS, &[name], float(containers.iter().filter(|it| it.state() == state).count()));
    }
}

fn pods_now(shared: &Shared, now: &mut Snapshot) {
    let (active, all) = (shared.registry.active(), shared.registry.pods());
    let of_node = active.iter().filter(|pod| spec::is_static(pod)).count();
    now.set(&ACTIVE_PODS, &[""], float(active.len() - of_node));
    now.set(&ACTIVE_PODS, &["true"], float(of_node));
    let (statics, listed) = (shared.statics.all().len(), shared.pods.list());
    let mirrors = listed.iter().filter(|pod| spec::is_mirror(pod)).count();
    now.set(&DESIRED_PODS, &[""], float(listed.len() - mirrors));
    now.set(&DESIRED_PODS, &["true"], float(statics));
    now.set(&MIRROR_PODS, &[], float(mirrors));
    let ephemeral = all.iter().map(|pod| ephemeral_containers(pod).len()).sum();
    now.set(&EPHEMERAL_CONTAINERS, &[], float(ephemeral));
    now.set(&IN_PROGRESS_RESIZES, &[], float(shared.registry.resizing()));
    let wanted = |pod: &k8s_openapi::api::core::v1::Pod| {
        shared.pods.list().iter().any(|other| other.metadata.uid == pod.metadata.uid)
    };
    for (lifecycle, of) in [
        ("sync", (|pod| !spec::is_deleted(pod) && !spec::is_terminal(pod)) as fn(&_) -> bool),
        ("terminating", |pod| spec::is_deleted(pod) && !spec::is_terminal(pod)),
        ("terminated", |pod| spec::is_terminal(pod)),
    ] {
        for (config, is_wanted) in [("desired", true), ("orphan", false)] {
            let count = all.iter().filter(|pod| of(pod) && wanted(pod) == is_wanted).count();
            now.set(&WORKING_PODS, &[config, lifecycle, ""], float(count));
        }
    }
}

async fn logs_now(shared: &Shared, now: &mut Snapshot) {
    let mut places: Vec<([String; 4], PathBuf)> = Vec::new();
    for pod in shared.registry.active() {
        let (uid, namespace, name) = (spec::uid(&pod), spec::namespace(&pod), spec::name(&pod));
        let dir = shared.config.pod_logs(namespace, name, uid);
        for container in init_containers(&pod).iter().chain(spec::containers(&pod)) {
            let labels = [uid, namespace, name, &container.name].map(str::to_owned);
            places.push((labels, dir.join(&container.name)));
        }
    }
    let measured = tokio::task::spawn_blocking(move || {
        let sized = places.into_iter().filter(|(_, path)| path.is_dir());
        sized.map(|(labels, path)| (labels, crate::kubelet::eviction::disk_usage(&path).0)).collect::<Vec<_>>()
    });
    for (labels, bytes) in measured.await.unwrap_or_default() {
        #[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
        now.set(&CONTAINER_LOG_BYTES, &labels.each_ref().map(String::as_str), bytes as f64);
    }
}

pub(super) async fn metrics(shared: &Arc<Shared>) -> Answer {
    let mut now = Snapshot::default();
    runtime_now(shared, &mut now).await;
    pods_now(shared, &mut now);
    logs_now(shared, &mut now).await;
    now.set(&CGROUP_VERSION, &[], f64::from(shared.cgroups.version()));
    now.set(&NODE_NAME, &[&shared.config.node_name], 1.0);
    now.set(&METRICS_PROVIDER, &["cri"], 1.0);
    let (major, rest) = VERSION.trim_start_matches('v').split_once('.').unwrap_or((VERSION, ""));
    let minor = rest.split('.').next().unwrap_or_default();
    let platform = format!("linux/{}", facts::identity().architecture);
    now.set(&BUILD_INFO, &[&shared.config.version, major, minor, &platform], 1.0);
    let shares = shared.node.load().allocatable.get("cpu").map_or(0, milli);
    now.set(&CPU_SHARED_POOL, &[], float(usize::try_from(shares).unwrap_or(0)));
    text(StatusCode::OK, shared.metrics.text(ALL, &now))
}

pub(super) fn probes(shared: &Arc<Shared>) -> Answer {
    text(StatusCode::OK, shared.metrics.text(PROBES, &Snapshot::default()))
}
